//! int_payment_applications: the postings of each invoice settle its items.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};

use super::Columns;
use crate::contract::{MONEY_PRECISION, MONEY_SCALE};
use crate::domain::settlement::{Application, Change, Family, Installment, Posting, changes, settle};
use crate::error::Result;

/// The families by the numbers that the query gives them.
const FAMILIES: [Family; 3] = [Family::Paid, Family::Credited, Family::WrittenOff];

/// What one day brought to one item.
struct Day {
    key: i64,
    on: i32,
    /// Never taken back since, whatever it came from.
    applied: i128,
    /// By family; below zero where it was taken back.
    changed: [i128; FAMILIES.len()],
    /// Of what was paid, what was never taken back since.
    kept: i128,
}

/// Every posting settles items of its invoice.
pub(super) fn applications(selected: &Columns<'_>) -> Result<RecordBatch> {
    let (mut postings, mut items) = (Vec::new(), Vec::new());
    for batch in selected.batches {
        let ints = |name| selected.of::<Int64Type>(batch, name);
        let (keys, invoices, numbers) = (ints("item_key")?, ints("invoice_key")?, ints("installment_no")?);
        let families = ints("family_no")?;
        let days = selected.of::<Date32Type>(batch, "on_day")?;
        let of_days = selected.of::<Date32Type>(batch, "of_day")?;
        let amounts = selected.of::<Decimal128Type>(batch, "amount")?;
        for row in 0..batch.num_rows() {
            let (invoice, on, amount) = (invoices.value(row), days.value(row), amounts.value(row));
            let number = numbers.is_valid(row).then(|| numbers.value(row));
            if keys.is_valid(row) {
                let number = number.ok_or_else(|| selected.lacks("installment_no"))?;
                items.push((invoice, Installment { key: keys.value(row), number, due_on: on, amount }));
            } else {
                let family = usize::try_from(families.value(row)).ok().and_then(|no| FAMILIES.get(no));
                let family = *family.ok_or_else(|| selected.lacks("family_no"))?;
                let of = of_days.is_valid(row).then(|| of_days.value(row));
                postings.push((invoice, Posting { on, family, installment: number, amount, of }));
            }
        }
    }
    table(selected, &applied(items, postings))
}

/// Settles each invoice that anything was posted to, in the order of their keys.
fn applied(mut items: Vec<(i64, Installment)>, mut postings: Vec<(i64, Posting)>) -> Vec<Day> {
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
        add_days(&mut of_invoice, &mut paid, &mut found);
    }
    found
}

/// The days of the items of one invoice.
fn add_days(items: &mut [Installment], postings: &mut [Posting], found: &mut Vec<Day>) {
    let first = found.len();
    for Change { key, on, family, amount, kept } in changes(items, postings) {
        if found[first..].last().is_none_or(|day| (day.key, day.on) != (key, on)) {
            found.push(Day { key, on, applied: 0, changed: [0; FAMILIES.len()], kept: 0 });
        }
        let Some(day) = found.last_mut() else { continue };
        day.changed[family as usize] = amount;
        if family == Family::Paid {
            day.kept = kept;
        }
    }
    for Application { key, on, amount } in settle(items, postings) {
        match found[first..].binary_search_by_key(&(key, on), |day| (day.key, day.on)) {
            Ok(at) => found[first + at].applied = amount,
            // There was no room on its day: what was there bounced later.
            Err(at) => {
                found.insert(first + at, Day { key, on, applied: amount, changed: [0; FAMILIES.len()], kept: 0 })
            }
        }
    }
}

fn table(selected: &Columns<'_>, found: &[Day]) -> Result<RecordBatch> {
    let money = |of: fn(&Day) -> i128| -> Result<ArrayRef> {
        let amounts = Decimal128Array::from_iter_values(found.iter().map(of));
        let amounts = amounts.with_precision_and_scale(MONEY_PRECISION, MONEY_SCALE);
        Ok(Arc::new(amounts.map_err(|e| selected.failed(&e))?))
    };
    let columns: [(&str, ArrayRef); 7] = [
        ("item_key", Arc::new(Int64Array::from_iter_values(found.iter().map(|day| day.key)))),
        ("paid_on", Arc::new(Date32Array::from_iter_values(found.iter().map(|day| day.on)))),
        ("applied_amount", money(|day| day.applied)?),
        ("paid_amount", money(|day| day.changed[Family::Paid as usize])?),
        ("credited_amount", money(|day| day.changed[Family::Credited as usize])?),
        ("written_off_amount", money(|day| day.changed[Family::WrittenOff as usize])?),
        ("kept_amount", money(|day| day.kept)?),
    ];
    RecordBatch::try_from_iter(columns).map_err(|e| selected.failed(&e))
}
