//! int_payment_applications: the postings of each invoice settle its items.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};

use super::Columns;
use crate::contract::{MONEY_PRECISION, MONEY_SCALE};
use crate::domain::settlement::{Application, Installment, Posting, settle};
use crate::error::Result;

/// Every posting settles items of its invoice.
pub(super) fn applications(selected: &Columns<'_>) -> Result<RecordBatch> {
    let (mut postings, mut items) = (Vec::new(), Vec::new());
    for batch in selected.batches {
        let ints = |name| selected.of::<Int64Type>(batch, name);
        let (keys, invoices, numbers) = (ints("item_key")?, ints("invoice_key")?, ints("installment_no")?);
        let days = selected.of::<Date32Type>(batch, "on_day")?;
        let amounts = selected.of::<Decimal128Type>(batch, "amount")?;
        for row in 0..batch.num_rows() {
            let (invoice, on, amount) = (invoices.value(row), days.value(row), amounts.value(row));
            let number = numbers.is_valid(row).then(|| numbers.value(row));
            if keys.is_valid(row) {
                let number = number.ok_or_else(|| selected.lacks("installment_no"))?;
                items.push((invoice, Installment { key: keys.value(row), number, due_on: on, amount }));
            } else {
                postings.push((invoice, Posting { on, installment: number, amount }));
            }
        }
    }
    table(selected, &applied(items, postings))
}

/// Settles each invoice that anything was posted to, in the order of their keys.
fn applied(mut items: Vec<(i64, Installment)>, mut postings: Vec<(i64, Posting)>) -> Vec<Application> {
    items.sort_by_key(|(invoice, _)| *invoice);
    postings.sort_by_key(|(invoice, _)| *invoice);
    let mut items = items.into_iter().peekable();
    let (mut of_invoice, mut paid) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    for posted in postings.chunk_by(|(invoice, _), (next, _)| invoice == next) {
        let invoice = posted[0].0;
        of_invoice.clear();
        paid.clear();
        while items.next_if(|(at, _)| *at < invoice).is_some() {}
        of_invoice.extend(std::iter::from_fn(|| items.next_if(|(at, _)| *at == invoice)).map(|(_, item)| item));
        paid.extend(posted.iter().map(|(_, posting)| *posting));
        found.extend(settle(&mut of_invoice, &mut paid));
    }
    found
}

fn table(selected: &Columns<'_>, applications: &[Application]) -> Result<RecordBatch> {
    let amounts = Decimal128Array::from_iter_values(applications.iter().map(|a| a.amount));
    let amounts = amounts.with_precision_and_scale(MONEY_PRECISION, MONEY_SCALE).map_err(|e| selected.failed(&e))?;
    let columns: [(&str, ArrayRef); 3] = [
        ("item_key", Arc::new(Int64Array::from_iter_values(applications.iter().map(|a| a.key)))),
        ("paid_on", Arc::new(Date32Array::from_iter_values(applications.iter().map(|a| a.on)))),
        ("applied_amount", Arc::new(amounts)),
    ];
    RecordBatch::try_from_iter(columns).map_err(|e| selected.failed(&e))
}
