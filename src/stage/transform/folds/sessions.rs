//! int_contact_sessions: the events of the log become contacts, each with what it came to.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Int64Type};
use foldhash::HashMap;

use super::Columns;
use crate::domain::portfolio::ContactState;
use crate::domain::sessions::{About, Event, Status, outcome, session_ends, threads};
use crate::error::Result;

/// One event of the log.
#[derive(Clone, Copy)]
struct Logged<'b> {
    group_key: i64,
    event_id: &'b str,
    action_id: Option<&'b str>,
    /// By which channel the action was to go, where it was published.
    action_channel: Option<&'b str>,
    debtor_id: &'b str,
    company_id: Option<&'b str>,
    channel: &'b str,
    address: Option<&'b str>,
    regua: Option<&'b str>,
    step_id: Option<&'b str>,
    invoice_id: Option<&'b str>,
    is_outbound: bool,
    event: Event,
}

/// Whose events belong together: those of an action, or of a debtor, a channel and a step.
#[derive(PartialEq, Eq, Hash)]
enum Key<'b> {
    Action(&'b str),
    Unnamed(&'b str, &'b str, Option<&'b str>),
}

impl<'b> Logged<'b> {
    fn about(&self) -> About<'b> {
        About::of(self.company_id, self.invoice_id, self.address)
    }
}

/// What the events of one contact say together.
struct Contact<'b> {
    /// Its first event.
    at: i64,
    group_key: i64,
    action_id: Option<&'b str>,
    debtor_id: &'b str,
    company_id: Option<&'b str>,
    channel: &'b str,
    destination: Option<&'b str>,
    regua: Option<&'b str>,
    step_id: Option<&'b str>,
    invoice_id: Option<&'b str>,
    occurred_on: Option<i32>,
    answered_on: Option<i32>,
    state: ContactState,
}

impl<'b> Contact<'b> {
    fn about(&self) -> About<'b> {
        About::of(self.company_id, self.invoice_id, self.destination)
    }
}

/// Every event becomes part of a contact.
pub(super) fn contacts(selected: &Columns<'_>) -> Result<RecordBatch> {
    let mut keys: HashMap<Key<'_>, usize> = HashMap::default();
    let mut logged: Vec<(usize, Logged<'_>)> = Vec::new();
    for batch in selected.batches {
        for event in events(selected, batch)? {
            let next = keys.len();
            logged.push((*keys.entry(key(&event)).or_insert(next), event));
        }
    }
    logged.sort_by_key(|(place, _)| *place);
    let mut found = Vec::new();
    for of_key in logged.chunk_by_mut(|(a, _), (b, _)| a == b) {
        if of_key[0].1.action_id.is_some() {
            found.push(contact(of_key));
            continue;
        }
        of_key.sort_by_key(|(_, l)| (l.event.at, l.event.status.rank(), l.event_id));
        let abouts: Vec<About<'_>> = of_key.iter().map(|(_, l)| l.about()).collect();
        let mut in_threads: Vec<(usize, Logged<'_>)> =
            threads(&abouts).into_iter().zip(of_key.iter().map(|(_, l)| *l)).collect();
        in_threads.sort_by_key(|(thread, _)| *thread);
        for thread in in_threads.chunk_by(|(a, _), (b, _)| a == b) {
            let in_order: Vec<Event> = thread.iter().map(|(_, l)| l.event).collect();
            let mut start = 0;
            for end in session_ends(&in_order) {
                found.push(contact(&thread[start..end]));
                start = end;
            }
        }
    }
    lose(&mut found);
    RecordBatch::try_from_iter_with_nullable(columns(&found)).map_err(|e| selected.failed(&e))
}

/// A loss that names no step may be of the last contact of its channel: that one still counts, so that nobody is written to
/// twice, but it has told the debtor nothing.
fn lose(found: &mut [Contact<'_>]) {
    let is_loss = |c: &Contact<'_>| c.step_id.is_none() && c.state == ContactState::NotSent;
    let unnamed = || (0..found.len()).filter(|place| found[*place].action_id.is_none());
    let mut steps: HashMap<(&str, &str), Vec<usize>> = HashMap::default();
    for place in unnamed().filter(|place| found[*place].step_id.is_some()) {
        steps.entry((found[place].debtor_id, found[place].channel)).or_default().push(place);
    }
    let last_before = |loss: &Contact<'_>| {
        let of_channel = steps.get(&(loss.debtor_id, loss.channel)).into_iter().flatten().copied();
        let may_be_it = |place: &usize| found[*place].at <= loss.at && found[*place].about().agrees(&loss.about());
        of_channel.filter(may_be_it).max_by_key(|place| found[*place].at)
    };
    let lost: Vec<usize> =
        unnamed().map(|place| &found[place]).filter(|c| is_loss(c)).filter_map(last_before).collect();
    for place in lost {
        if matches!(found[place].state, ContactState::Sent | ContactState::Unreported) {
            found[place].state = ContactState::Undelivered;
        }
    }
}

fn key<'b>(event: &Logged<'b>) -> Key<'b> {
    event.action_id.map_or(Key::Unnamed(event.debtor_id, event.channel, event.step_id), Key::Action)
}

fn events<'b>(selected: &Columns<'b>, batch: &'b RecordBatch) -> Result<impl Iterator<Item = Logged<'b>>> {
    let text = |name| selected.texts(batch, name);
    let (ids, actions, action_channels) = (text("event_id")?, text("action_id")?, text("action_channel")?);
    let (debtors, companies) = (text("debtor_id")?, text("company_id")?);
    let (channels, addresses, reguas, steps) = (text("channel")?, text("address")?, text("regua")?, text("step_id")?);
    let (invoices, directions, statuses) = (text("invoice_id")?, text("direction")?, text("status")?);
    let (groups, at) = (selected.of::<Int64Type>(batch, "group_key")?, selected.of::<Int64Type>(batch, "occurred_at")?);
    let on = selected.of::<Date32Type>(batch, "occurred_on")?;
    let some = |column: &'b StringArray, row| column.is_valid(row).then(|| column.value(row));
    Ok((0..batch.num_rows()).map(move |row| Logged {
        group_key: groups.value(row),
        event_id: ids.value(row),
        action_id: some(actions, row),
        action_channel: some(action_channels, row),
        debtor_id: debtors.value(row),
        company_id: some(companies, row),
        channel: channels.value(row),
        address: some(addresses, row),
        regua: some(reguas, row),
        step_id: some(steps, row),
        invoice_id: some(invoices, row),
        is_outbound: directions.value(row) == "outbound",
        event: Event {
            at: at.value(row),
            on: on.value(row),
            status: Status::parse(statuses.value(row)).unwrap_or(Status::Sent),
        },
    }))
}

/// One contact; of several words for the same the first in alphabetical order.
fn contact<'b>(logged: &[(usize, Logged<'b>)]) -> Contact<'b> {
    let all = || logged.iter().map(|(_, l)| l);
    let first = &logged[0].1;
    let least = |of: fn(&Logged<'b>) -> Option<&'b str>| all().filter_map(of).min();
    let channel = all().map(|l| l.channel).min().unwrap_or(first.channel);
    let opened = all().min_by_key(|l| (l.event.at, l.event.status.rank(), l.event_id)).unwrap_or(first);
    let own_channel = first.action_channel.unwrap_or(opened.channel);
    let events = |is_own: bool| -> Vec<Event> {
        all().filter(|l| (l.channel == own_channel) == is_own).map(|l| l.event).collect()
    };
    let answered = all().filter(|l| l.event.status.answers());
    Contact {
        at: opened.event.at,
        group_key: all().map(|l| l.group_key).min().unwrap_or(first.group_key),
        action_id: first.action_id,
        debtor_id: all().map(|l| l.debtor_id).min().unwrap_or(first.debtor_id),
        // Of one contact the events name one company and one address, or nobody knows which.
        company_id: sole(all().filter_map(|l| l.company_id)),
        channel,
        destination: sole(all().filter(|l| l.is_outbound).filter_map(|l| l.address)),
        regua: least(|l| l.regua),
        step_id: least(|l| l.step_id),
        // Where every event names the same invoice, the contact was about that one.
        invoice_id: sole(all().filter_map(|l| l.invoice_id)).filter(|_| all().all(|l| l.invoice_id.is_some())),
        occurred_on: all().filter(|l| l.is_outbound).map(|l| l.event.on).min(),
        answered_on: answered.map(|l| l.event.on).max(),
        state: outcome(&events(true), &events(false)),
    }
}

/// The one value of all, if they are equal.
fn sole<'b>(mut values: impl Iterator<Item = &'b str>) -> Option<&'b str> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn columns(contacts: &[Contact<'_>]) -> Vec<(&'static str, ArrayRef, bool)> {
    fn texts<'c>(values: impl Iterator<Item = Option<&'c str>>) -> ArrayRef {
        Arc::new(values.collect::<StringArray>())
    }
    fn days(values: impl Iterator<Item = Option<i32>>) -> ArrayRef {
        Arc::new(values.collect::<Date32Array>())
    }
    let all = || contacts.iter();
    vec![
        ("group_key", Arc::new(Int64Array::from_iter_values(all().map(|c| c.group_key))), true),
        ("action_id", texts(all().map(|c| c.action_id)), true),
        ("debtor_id", texts(all().map(|c| Some(c.debtor_id))), true),
        ("company_id", texts(all().map(|c| c.company_id)), true),
        ("channel", texts(all().map(|c| Some(c.channel))), true),
        ("destination", texts(all().map(|c| c.destination)), true),
        ("regua", texts(all().map(|c| c.regua)), true),
        ("step_id", texts(all().map(|c| c.step_id)), true),
        ("invoice_id", texts(all().map(|c| c.invoice_id)), true),
        ("occurred_on", days(all().map(|c| c.occurred_on)), true),
        ("answered_on", days(all().map(|c| c.answered_on)), true),
        ("state", texts(all().map(|c| Some(c.state.as_str()))), true),
    ]
}
