//! Folds: models whose rows are made by a rule that goes through rows in order, which SQL says at length and slowly.
//!
//! The query of such a model selects the rows; a rule of `domain`, by the name of the model, makes others of them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{ArrowPrimitiveType, Date32Type, Decimal128Type, Int64Type};
use foldhash::HashMap;

use crate::contract::{MONEY_PRECISION, MONEY_SCALE};
use crate::domain::settlement::{Application, Installment, Posting, settle};
use crate::error::{Error, Result};

/// The rows of a fold, from those that its query selected.
///
/// # Errors
/// `Model` where no rule has that name, or the query lacks a column.
pub(super) fn rows(model: &str, selected: &[RecordBatch]) -> Result<RecordBatch> {
    match model {
        "int_payment_applications" => payment_applications(&Columns { model, batches: selected }),
        _ => Err(refused(model, "its Kind is fold, but no rule has its name; make it a table")),
    }
}

fn refused(model: &str, what: impl Into<String>) -> Error {
    Error::Model { model: model.to_owned(), what: what.into() }
}

/// What the query of a model selected.
struct Columns<'b> {
    model: &'b str,
    batches: &'b [RecordBatch],
}

impl<'b> Columns<'b> {
    fn array(&self, batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
        batch.column_by_name(name).ok_or_else(|| self.lacks(name))
    }

    fn lacks(&self, name: &str) -> Error {
        refused(self.model, format!("it lacks the column {name}, or has it under another type"))
    }

    fn of<T: ArrowPrimitiveType>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b arrow::array::PrimitiveArray<T>> {
        self.array(batch, name)?.as_primitive_opt().ok_or_else(|| self.lacks(name))
    }

    fn texts(&self, batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray> {
        self.array(batch, name)?.as_string_opt().ok_or_else(|| self.lacks(name))
    }
}

/// Debtor, company, invoice and currency: what one sum of money can settle.
type InvoiceKey<'b> = [&'b str; 4];

/// Every posting settles items of its invoice.
fn payment_applications(selected: &Columns<'_>) -> Result<RecordBatch> {
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
    table(&applied(items, postings, invoices.len()))
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

fn table(applications: &[Application]) -> Result<RecordBatch> {
    let amounts = Decimal128Array::from_iter_values(applications.iter().map(|a| a.amount));
    let columns: [(&str, ArrayRef); 3] = [
        ("item_key", Arc::new(Int64Array::from_iter_values(applications.iter().map(|a| a.key)))),
        ("paid_on", Arc::new(Date32Array::from_iter_values(applications.iter().map(|a| a.on)))),
        ("applied_amount", Arc::new(amounts.with_precision_and_scale(MONEY_PRECISION, MONEY_SCALE).map_err(failed)?)),
    ];
    RecordBatch::try_from_iter(columns).map_err(failed)
}

fn failed(error: arrow::error::ArrowError) -> Error {
    refused("int_payment_applications", error.to_string())
}
