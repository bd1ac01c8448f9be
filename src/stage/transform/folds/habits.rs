//! int_habits: how each account has paid by the end of the as-of date.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch};
use arrow::datatypes::Date32Type;

use super::{Columns, bills};
use crate::domain::learning::habits::{Habits, walk};
use crate::error::Result;

/// A figure of an account's habits by its column.
type Figure = (&'static str, fn(&Habits) -> i64);

const FIGURES: [Figure; 13] = [
    ("paid", |habits| habits.paid),
    ("delays", |habits| habits.delays),
    ("delay_squares", |habits| habits.delay_squares),
    ("days_late", |habits| habits.days_late),
    ("late", |habits| habits.late),
    ("late_15", |habits| habits.late_15),
    ("late_30", |habits| habits.late_30),
    ("sizes", |habits| habits.sizes),
    ("recent", |habits| habits.recent),
    ("recent_delays", |habits| habits.recent_delays),
    ("recent_late", |habits| habits.recent_late),
    ("open", |habits| habits.open),
    ("overdue", |habits| habits.overdue),
];

/// One row per account, in the order of their keys.
pub(super) fn habits(selected: &Columns<'_>) -> Result<RecordBatch> {
    let mut found: Vec<(i64, Habits)> = Vec::new();
    let first = selected.batches.iter().find(|batch| batch.num_rows() > 0);
    let as_of =
        first.map(|batch| selected.of::<Date32Type>(batch, "as_of_date").map(|days| days.value(0))).transpose()?;
    for of_account in bills::by_account(selected)? {
        // What is known before the next day.
        let days: Vec<i32> = as_of.iter().map(|day| day + 1).collect();
        walk(&of_account.bills, &days, |_, habits| found.push((of_account.key, *habits)));
    }
    let days = |at: usize| -> ArrayRef {
        Arc::new(found.iter().map(|(_, habits)| habits.oldest[at]).collect::<Date32Array>())
    };
    let figure = |of: fn(&Habits) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(found.iter().map(|(_, habits)| of(habits))))
    };
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(found.iter().map(|(account, _)| *account)));
    let columns = [("account_key", keys)].into_iter().chain(FIGURES.map(|(name, of)| (name, figure(of))));
    let columns = columns.chain([("oldest_payable_on", days(0)), ("second_payable_on", days(1))]);
    RecordBatch::try_from_iter_with_nullable(
        columns.map(|(name, column)| (name, Arc::clone(&column), column.is_nullable())),
    )
    .map_err(|e| selected.failed(&e))
}
