//! Limits of a run: what it may use, and from when on what it finds is no portfolio but a broken export.

use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Memory that the run may use, in megabytes.
    #[schemars(range(min = 256))]
    pub memory_mb_max: Option<u64>,
    /// Rows of all inputs that one shard should hold.
    #[schemars(range(min = 1))]
    pub shard_rows_max: Option<u64>,
    /// Number of shards; none = from the rows.
    #[schemars(range(min = 1, max = 4096))]
    pub shards: Option<u32>,
    /// Shards that run side by side; none = one per core.
    #[schemars(range(min = 1, max = 256))]
    pub workers: Option<u32>,
    /// More bad rows than this share of an input stop the run, rows that contradict each other among them; none = 0.01.
    pub quarantine_share_max: Option<f64>,
    /// So many bad rows of an input never stop a run; none = 20.
    pub quarantine_rows_min: Option<u64>,
    /// An input with fewer rows than so many percent of those that the newest published run read stops the run; none = 80.
    #[schemars(range(max = 100))]
    pub rows_percent_min: Option<u32>,
    /// A position whose open amount, debtors or items moved by more than so many percent since the newest published run
    /// stops the run; none = 50.
    #[schemars(range(min = 1, max = 100000))]
    pub position_percent_max: Option<u32>,
    /// Payments that name no known invoice, and negative ones that reverse nothing, above so many percent of all that
    /// was paid stop the run; none = 5.
    #[schemars(range(max = 100))]
    pub unmatched_percent_max: Option<u32>,
    /// A group of more than 100 debtors that holds more than so many percent of them all stops the run as a placeholder;
    /// none = 5.
    #[schemars(range(max = 100))]
    pub group_debtors_percent_max: Option<u32>,
    /// Days back for which contact_log is read; at least the longest window of caps, gaps and answers.
    #[schemars(range(min = 1, max = 3650))]
    pub history_days: Option<u32>,
    /// Days for which an action that nobody reported on is remembered once nothing that it named is open any more; none =
    /// 90. An invoice that is reopened later begins its steps anew.
    #[schemars(range(min = 1, max = 3650))]
    pub remembered_days: Option<u32>,
    /// More actions than so many percent above the usual number stop the run; none = 200. The usual number is the
    /// median of the last runs that sent any.
    #[schemars(range(min = 10, max = 100000))]
    pub volume_percent_max: Option<u32>,
    /// Folder for scratch files; none = the system's.
    pub scratch_dir: Option<String>,
}
