//! int_outreach_days: to which contact each day of the log belongs, where no action says it.

use std::cmp::Reverse;
use std::sync::Arc;

use arrow::array::{AsArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Date32Type;

use super::Columns;
use crate::domain::sessions::{ContactDay, contact_days};
use crate::error::Result;

/// What the log tells of a day, a channel and a company.
#[derive(Clone, Copy)]
struct Day<'b> {
    debtor_id: &'b str,
    channel: &'b str,
    on: i32,
    /// Empty where nobody says which.
    company_key: &'b str,
    /// Something was sent, or somebody was called.
    opens: bool,
}

/// A day, with the contact that it belongs to: the day of that, and its thread.
type Placed<'b> = (Day<'b>, i32, i64);

/// Every day, in order.
pub(super) fn days(selected: &Columns<'_>) -> Result<RecordBatch> {
    let mut days = Vec::new();
    for batch in selected.batches {
        let text = |name| selected.texts(batch, name);
        let (debtors, channels, companies) = (text("debtor_id")?, text("channel")?, text("company_key")?);
        let on = selected.of::<Date32Type>(batch, "occurred_on")?;
        let opens = selected.array(batch, "opens")?.as_boolean_opt().ok_or_else(|| selected.lacks("opens"))?;
        days.extend((0..batch.num_rows()).map(|row| Day {
            debtor_id: debtors.value(row),
            channel: channels.value(row),
            on: on.value(row),
            company_key: companies.value(row),
            opens: opens.value(row),
        }));
    }
    // Of one day what opens comes first: the rest answers it.
    days.sort_unstable_by_key(|day| (day.debtor_id, day.channel, day.on, Reverse(day.opens), day.company_key));
    let mut placed = Vec::with_capacity(days.len());
    for of_channel in days.chunk_by(|a, b| (a.debtor_id, a.channel) == (b.debtor_id, b.channel)) {
        place(of_channel, &mut placed);
    }
    table(selected, &placed)
}

/// The days of a debtor on a channel.
fn place<'b>(days: &[Day<'b>], placed: &mut Vec<Placed<'b>>) {
    let company = |day: &Day<'b>| Some(day.company_key).filter(|company| !company.is_empty());
    let in_order: Vec<ContactDay<'b>> =
        days.iter().map(|day| ContactDay { on: day.on, company: company(day), opens: day.opens }).collect();
    let contacts = contact_days(&in_order).into_iter();
    placed.extend(days.iter().zip(contacts).map(|(day, (contact_day, thread))| (*day, contact_day, thread as i64)));
}

fn table(selected: &Columns<'_>, placed: &[Placed<'_>]) -> Result<RecordBatch> {
    fn texts<'b>(placed: &[Placed<'b>], of: fn(&Day<'b>) -> &'b str) -> StringArray {
        StringArray::from_iter_values(placed.iter().map(|(day, _, _)| of(day)))
    }
    let days = |of: fn(&Placed<'_>) -> i32| Date32Array::from_iter_values(placed.iter().map(of));
    let columns: [(&str, arrow::array::ArrayRef); 6] = [
        ("debtor_id", Arc::new(texts(placed, |day| day.debtor_id))),
        ("channel", Arc::new(texts(placed, |day| day.channel))),
        ("occurred_on", Arc::new(days(|(day, _, _)| day.on))),
        ("company_key", Arc::new(texts(placed, |day| day.company_key))),
        ("contact_day", Arc::new(days(|(_, contact_day, _)| *contact_day))),
        ("thread_no", Arc::new(Int64Array::from_iter_values(placed.iter().map(|(_, _, thread)| *thread)))),
    ];
    RecordBatch::try_from_iter(columns).map_err(|e| selected.failed(&e))
}
