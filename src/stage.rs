//! The stages of a run, in order. Each takes what the one before it made; none calls back, none calls another.
//!
//! What one stage hands to the next is named here, so that a stage imports `super::Shard`, never `super::shard::...`.

pub mod audit;
pub mod decide;
pub mod drift;
pub mod gates;
pub mod learn;
pub mod load;
pub mod materialize;
pub mod publish;
pub mod quarantine;
pub mod remember;
pub mod shard;
pub mod transform;

use arrow::array::Date32Array;
use chrono::{Datelike, NaiveDate};

pub use audit::Audited;
pub use decide::Decided;
pub use load::{BadRow, NO_ADDRESS, Silence, Snapshot, Snapshots, UNKNOWN_REGUA, UNKNOWN_STEP};
pub use materialize::{DayCounts, Facts, Materialized, MonthCounts, OutputFile};
use materialize::{days_of, ledger_sum, months_of};
pub use publish::Revision;
pub use quarantine::Row as QuarantinedRow;
use quarantine::rows as quarantine_rows;
pub use remember::Remembered;
pub use shard::action_items as published_items;
use shard::actions as published_actions;
pub use shard::{Cash, Clash, Held, History, PaidDays, Shard, Totals, Vanished};
use transform::folds::bills::{AccountBills, account_bills};
use transform::folds::habits::habits_of;
use transform::folds::responses::{Contacted, outcomes};
pub use transform::{Lessons, Periods};

/// Days since 1970, as Arrow counts them.
pub fn day_number(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - 719_163
}

/// A column of one date; models compare with it, never with a clock.
fn date_column(day: NaiveDate, rows: usize) -> Date32Array {
    Date32Array::from_value(day_number(day), rows)
}
