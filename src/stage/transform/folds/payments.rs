//! int_payment_applications: the postings of each invoice settle its items.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use foldhash::HashMap;

use super::Columns;
use crate::contract::{MONEY_PRECISION, MONEY_SCALE};
use crate::domain::settlement::{Application, Installment, Posting, settle};
use crate::error::Result;

/// Debtor, company, invoice and currency: what one sum of money can settle.
type InvoiceKey<'b> = [&'b str; 4];

/// Every posting settles items of its invoice.
pub(super) fn applications(selected: &Columns<'_>) -> Result<RecordBatch> {
    let mut invoices: HashMap<InvoiceKey<'_>, usize> = HashMap::default();
    let (mut postings, mut items) = (Vec::new(), Vec::new());
    for is_item in [false, true] {
        for batch in selected.batches {
            let [debtors, companies, ids, currencies] = InvoiceColumns::of(selected, batch)?;
            let (keys, numbers) =
                (selected.of::<Int64Type>(batch, "item_key")?, selected.of::<Int64Type>(batch, "installment_no")?);
            let days = selected.of::<Date32Type>(batch, "on_day")?;
            let amounts = selected.of::<Decimal128Type>(batch, "amount")?;
            for row in (0..batch.num_rows()).filter(|row| keys.is_valid(*row) == is_item) {
                let invoice = [debtors, companies, ids, currencies].map(|column| column.value(row));
                let (on, amount) = (days.value(row), amounts.value(row));
                if is_item {
                    let Some(place) = invoices.get(&invoice) else { continue };
                    let (key, number) = (keys.value(row), numbers.value(row));
                    items.push((*place, Installment { key, number, due_on: on, amount }));
                } else {
                    let next = invoices.len();
                    let place = *invoices.entry(invoice).or_insert(next);
                    let installment = numbers.is_valid(row).then(|| numbers.value(row));
                    postings.push((place, Posting { on, installment, amount }));
                }
            }
        }
    }
    table(selected, &applied(items, postings, invoices.len()))
}

/// The columns of an `InvoiceKey`.
struct InvoiceColumns;

impl InvoiceColumns {
    fn of<'b>(selected: &Columns<'b>, batch: &'b RecordBatch) -> Result<[&'b StringArray; 4]> {
        let text = |name| selected.texts(batch, name);
        Ok([text("debtor_id")?, text("company_id")?, text("invoice_id")?, text("currency")?])
    }
}

/// Settles each invoice, in the order of their places.
fn applied(
    mut items: Vec<(usize, Installment)>,
    mut postings: Vec<(usize, Posting)>,
    invoices: usize,
) -> Vec<Application> {
    items.sort_by_key(|(place, _)| *place);
    postings.sort_by_key(|(place, _)| *place);
    let (mut items, mut postings) = (items.into_iter().peekable(), postings.into_iter().peekable());
    let (mut of_invoice, mut paid) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    for place in 0..invoices {
        of_invoice.clear();
        paid.clear();
        of_invoice.extend(std::iter::from_fn(|| items.next_if(|(at, _)| *at == place)).map(|(_, item)| item));
        paid.extend(std::iter::from_fn(|| postings.next_if(|(at, _)| *at == place)).map(|(_, posting)| posting));
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
