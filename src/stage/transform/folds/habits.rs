//! int_habits: how each account has paid by the end of the as-of date.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};

use super::{Columns, bills};
use crate::domain::learning::habits::{FIGURES, Habits, OLDEST, walk};
use crate::error::Result;

/// One row per account, in the order of their keys.
pub(super) fn habits(selected: &Columns<'_>, as_of: i32) -> Result<RecordBatch> {
    let mut found: Vec<(i64, Habits)> = Vec::new();
    for of_account in bills::by_account(selected)? {
        // What is known before the next day.
        walk(&of_account.bills, &[as_of + 1], |_, habits| found.push((of_account.key, *habits)));
    }
    let days = |at: usize| -> ArrayRef {
        Arc::new(found.iter().map(|(_, habits)| habits.oldest[at]).collect::<Date32Array>())
    };
    let figure = |of: fn(&mut Habits) -> &mut i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(found.iter().map(|(_, habits)| *of(&mut habits.clone()))))
    };
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(found.iter().map(|(account, _)| *account)));
    let columns = [("account_key", keys)].into_iter().chain(FIGURES.map(|(name, of)| (name, figure(of))));
    let columns = columns.chain([(OLDEST[0], days(0)), (OLDEST[1], days(1))]);
    RecordBatch::try_from_iter_with_nullable(
        columns.map(|(name, column)| (name, Arc::clone(&column), column.is_nullable())),
    )
    .map_err(|e| selected.failed(&e))
}

/// The habits that stand in the columns of each row of a model.
///
/// # Errors
/// `Model` where a column is not there.
pub(in crate::stage) fn habits_of(model: &str, batch: &RecordBatch) -> Result<Vec<Habits>> {
    let selected = Columns::new(model, std::slice::from_ref(batch));
    let mut found = vec![Habits::default(); batch.num_rows()];
    for (name, of) in FIGURES {
        let figures = selected.of::<Int64Type>(batch, name)?;
        found.iter_mut().zip(figures.values()).for_each(|(habits, figure)| *of(habits) = *figure);
    }
    for (at, name) in OLDEST.iter().enumerate() {
        let days = selected.of::<Date32Type>(batch, name)?;
        found.iter_mut().zip(days).for_each(|(habits, day)| habits.oldest[at] = day);
    }
    Ok(found)
}
