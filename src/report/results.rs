//! What a run says of itself in `run_results.json`: where the time went, and what came of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::kpi::Told;

/// Where the time and the memory of a run went, and how many rows came of it; no personal data.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunResults {
    /// Version of regua.
    pub code_version: String,
    /// The date that the run looked at.
    pub as_of: NaiveDate,
    /// Parts of the portfolio that were worked on by themselves.
    pub shards: u32,
    /// Rows of all inputs, the bad ones included.
    pub rows_read: u64,
    /// Of them, rows that count for nothing: `quarantine` says why.
    pub rows_quarantined: u64,
    /// Amounts that were rounded to cents as they were read.
    pub amounts_rounded: u64,
    /// Stage = wall-clock seconds, to the millisecond; of stages inside the shards (`open` to `audit`), summed over the workers.
    pub seconds: BTreeMap<String, f64>,
    /// Stage = the most memory that the process had held when it ended, in megabytes of 1,048,576 bytes; Linux only.
    pub peak_megabytes: BTreeMap<String, f64>,
    /// SQL model = seconds, to the millisecond, summed over the workers.
    pub model_seconds: BTreeMap<String, f64>,
    /// Table = rows that were worked out, published or not.
    pub counts: BTreeMap<String, u64>,
    /// What the page of the run says that no table has, so that it can be made again.
    #[serde(flatten)]
    pub told: Told,
}
