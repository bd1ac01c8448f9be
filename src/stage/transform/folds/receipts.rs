//! int_expected_receipts: what may come in of open items week by week, by what is expected of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type};

use super::Columns;
use super::habits::habits_of;
use crate::domain::learning::Bill;
use crate::domain::learning::model::{Basis, PaymentModel};
use crate::domain::learning::receipts::{Receipts, WEEKS};
use crate::error::Result;

/// One row per book, source and week, in that order; none where no model is used, or counting, which knows no days.
pub(super) fn receipts(selected: &Columns<'_>, model: Option<&PaymentModel>, as_of: i32) -> Result<RecordBatch> {
    let mut found: BTreeMap<(i64, String), [Receipts; WEEKS]> = BTreeMap::new();
    let model = model.filter(|model| model.basis() == Basis::Model);
    for (model, batch) in model.iter().flat_map(|model| selected.batches.iter().map(move |batch| (model, batch))) {
        let (books, sources) = (selected.of::<Int64Type>(batch, "book_key")?, selected.texts(batch, "source")?);
        let days = |name| selected.of::<Date32Type>(batch, name);
        let (issued, payable) = (days("issue_date")?, days("payable_on")?);
        let amounts = |name| selected.of::<Int64Type>(batch, name);
        let (original, parts) = (amounts("original_amount")?, amounts("part_amount")?);
        for (row, habits) in habits_of(selected.model, batch)?.iter().enumerate() {
            let (issued, payable, amount) = (issued.value(row), payable.value(row), original.value(row));
            let bill = Bill { issued, payable, amount, ended: None, is_paid: false };
            let chances = model.learnt.outlook(habits, &bill, as_of, Basis::Model).paid_in_weeks(as_of);
            let weeks = found.entry((books.value(row), sources.value(row).to_owned())).or_default();
            weeks.iter_mut().zip(chances).for_each(|(week, chance)| week.add(parts.value(row), chance));
        }
    }
    let rows: Vec<(i64, &str, i64, &Receipts)> = found
        .iter()
        .flat_map(|((book, source), weeks)| (1..).zip(weeks).map(move |(no, week)| (*book, source.as_str(), no, week)))
        .collect();
    let money = |scale: i8, of: fn(&Receipts) -> i128| -> ArrayRef {
        let values = Decimal128Array::from_iter_values(rows.iter().map(|(.., week)| of(week)));
        Arc::new(values.with_data_type(DataType::Decimal128(38, scale)))
    };
    let columns: [(&str, ArrayRef); 5] = [
        ("book_key", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(book, ..)| *book)))),
        ("source", Arc::new(StringArray::from_iter_values(rows.iter().map(|(_, source, ..)| source)))),
        ("week_no", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(.., no, _)| *no)))),
        ("expected_amount", money(2, Receipts::expected)),
        ("variance", money(0, Receipts::variance)),
    ];
    let columns = columns.map(|(name, column)| (name, Arc::clone(&column), column.is_nullable()));
    RecordBatch::try_from_iter_with_nullable(columns).map_err(|e| selected.failed(&e))
}
