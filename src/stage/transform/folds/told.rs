//! int_told_chances: what models told of bills while they were in use.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};

use super::{Columns, bills};
use crate::domain::learning::model::PaymentModel;
use crate::domain::learning::told::{Told, WHOLE, told};
use crate::error::Result;
use crate::stage::day_number;

/// Account, whether the model in use told it, view, chance that was told, and whether it came.
type Key = (i64, bool, &'static str, i64, bool);

/// One row per account, model in use or not, view, chance and outcome, in that order.
pub(super) fn chances(selected: &Columns<'_>, models: &[PaymentModel], as_of: i32) -> Result<RecordBatch> {
    let models: Vec<(i32, &PaymentModel)> = models.iter().map(|model| (day_number(model.as_of), model)).collect();
    let mut found: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
    for of_account in bills::by_account(selected)? {
        for Told { is_in_use, view, chance, counted, is_late } in told(&of_account.bills, &models, as_of) {
            let (bills, errors) = found.entry((of_account.key, is_in_use, view.as_str(), chance, is_late)).or_default();
            *bills += 1;
            *errors += (i64::from(is_late) * WHOLE - counted).pow(2);
        }
    }
    let of_keys = |of: fn(&Key) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(found.keys().map(of))) };
    let sums =
        |of: fn(&(i64, i64)) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(found.values().map(of))) };
    let columns: [(&str, ArrayRef); 7] = [
        ("account_key", of_keys(|(account, ..)| *account)),
        ("is_in_use", Arc::new(found.keys().map(|(_, is_in_use, ..)| Some(*is_in_use)).collect::<BooleanArray>())),
        ("seen", Arc::new(StringArray::from_iter_values(found.keys().map(|(_, _, view, ..)| view)))),
        ("chance", of_keys(|(.., chance, _)| *chance)),
        ("is_late", Arc::new(found.keys().map(|(.., is_late)| Some(*is_late)).collect::<BooleanArray>())),
        ("bills", sums(|(bills, _)| *bills)),
        ("counting_errors", sums(|(_, errors)| *errors)),
    ];
    let columns = columns.map(|(name, column)| (name, Arc::clone(&column), column.is_nullable()));
    RecordBatch::try_from_iter_with_nullable(columns).map_err(|e| selected.failed(&e))
}
