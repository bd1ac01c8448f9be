//! Candidate rows become cases. All tables are sorted the same way, so one walk through them gathers each group.

mod answers;
mod charges;
mod escalations;
mod expected;

use std::collections::{BTreeSet, HashMap};

use arrow::array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type};
use chrono::{Days, NaiveDate};

use crate::domain::decision::Rules;
use crate::domain::decision::revision::{Fate, Published};
use crate::domain::experiment::Draw;
use crate::domain::learning::model::PaymentModel;
use crate::domain::learning::responses::Outcomes;
use crate::domain::money::Amount;
use crate::domain::names::{is_name, is_placeholder};
use crate::domain::pii::Pii;
use crate::domain::portfolio::{Account, Contact, ContactPoint, ContactState, Debtor, Group, Item, NamedItem, Profile};
use crate::domain::procedure::Channel;
use crate::domain::responses::ResponseHistory;
use crate::error::{Error, Result};
use crate::io::engine::Session;

/// One candidate table with its columns by name.
struct Rows {
    name: &'static str,
    batch: RecordBatch,
}

impl Rows {
    fn of(session: &Session, name: &'static str) -> Result<Rows> {
        let (schema, batches) = session.table(name)?;
        let batch = concat_batches(&schema, &batches);
        let batch = batch.map_err(|e| Error::Model { model: name.to_owned(), what: e.to_string() })?;
        Ok(Rows { name, batch })
    }

    fn len(&self) -> usize {
        self.batch.num_rows()
    }

    fn array(&self, column: &str) -> Result<&dyn Array> {
        let array = self.batch.column_by_name(column).map(AsRef::as_ref);
        array.ok_or_else(|| self.lacks(column))
    }

    fn lacks(&self, column: &str) -> Error {
        let what =
            format!("it lacks the column {column}, or has it under another type; compare it with the shipped model");
        Error::Model { model: self.name.to_owned(), what }
    }

    fn texts(&self, column: &str) -> Result<Texts<'_>> {
        self.array(column)?.as_string_opt::<i32>().map(Texts).ok_or_else(|| self.lacks(column))
    }

    fn ints(&self, column: &str) -> Result<&Int64Array> {
        self.array(column)?.as_primitive_opt::<Int64Type>().ok_or_else(|| self.lacks(column))
    }

    fn flags(&self, column: &str) -> Result<&BooleanArray> {
        self.array(column)?.as_boolean_opt().ok_or_else(|| self.lacks(column))
    }

    fn dates(&self, column: &str) -> Result<impl Fn(usize) -> Option<NaiveDate> + '_> {
        let days = self.array(column)?.as_primitive_opt::<Date32Type>().ok_or_else(|| self.lacks(column))?;
        Ok(move |row| days.is_valid(row).then(|| date_of(days.value(row))).flatten())
    }

    fn amounts(&self, column: &str) -> Result<impl Fn(usize) -> Option<Amount> + '_> {
        let values = self.array(column)?.as_primitive_opt::<Decimal128Type>().ok_or_else(|| self.lacks(column))?;
        Ok(move |row| values.is_valid(row).then(|| values.value(row)).and_then(|v| i64::try_from(v).ok()).map(Amount))
    }

    fn floats(&self, column: &str) -> Result<impl Fn(usize) -> Option<f64> + '_> {
        let values = self.array(column)?.as_primitive_opt::<Float64Type>().ok_or_else(|| self.lacks(column))?;
        Ok(move |row| values.is_valid(row).then(|| values.value(row)))
    }
}

/// A text column.
#[derive(Clone, Copy)]
struct Texts<'a>(&'a StringArray);

impl Texts<'_> {
    fn get(&self, row: usize) -> &str {
        self.0.value(row)
    }

    fn some(&self, row: usize) -> Option<&str> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }

    fn owned(&self, row: usize) -> Option<String> {
        self.some(row).map(str::to_owned)
    }
}

fn date_of(days: i32) -> Option<NaiveDate> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    match u64::try_from(days) {
        Ok(days) => epoch.checked_add_days(Days::new(days)),
        Err(_) => epoch.checked_sub_days(Days::new(u64::from(days.unsigned_abs()))),
    }
}

fn int(ints: &Int64Array, row: usize) -> Option<i64> {
    ints.is_valid(row).then(|| ints.value(row))
}

/// Debtor = the arms in which earlier runs drew it.
fn arms(rows: &Rows) -> Result<HashMap<String, Vec<Draw>>> {
    let [id, experiment, arm] = [rows.texts("debtor_id")?, rows.texts("experiment")?, rows.texts("arm")?];
    let mut arms: HashMap<String, Vec<Draw>> = HashMap::new();
    for row in 0..rows.len() {
        let draw = Draw { experiment: experiment.get(row).to_owned(), arm: arm.get(row).to_owned() };
        arms.entry(id.get(row).to_owned()).or_default().push(draw);
    }
    Ok(arms)
}

/// Every group of the shard with its key, in order.
pub(super) fn groups(session: &Session, rules: &Rules, as_of: NaiveDate) -> Result<Vec<(i64, Group)>> {
    let debtors = Rows::of(session, "cnd_debtors")?;
    let mut points = points(&Rows::of(session, "cnd_contact_points")?)?;
    let mut accounts = accounts(session, rules.model.as_ref().map(|model| (model, as_of)))?;
    let named = named_items(&Rows::of(session, "cnd_contact_items")?)?;
    let mut contacts = contacts(&Rows::of(session, "cnd_contacts")?, named)?;
    let keys = debtors.ints("group_key")?;
    let mut of_rows = debtor_rows(&debtors)?;
    answers::fill(session, &rules.calendar, &mut of_rows)?;
    let mut arms = arms(&Rows::of(session, "cnd_experiment_members")?)?;
    let mut groups: Vec<(i64, Group)> = Vec::new();
    let mut last: Option<(i64, String)> = None;
    for (row, mut debtor) in of_rows.into_iter().enumerate() {
        debtor.points = points.remove(&debtor.debtor_id).unwrap_or_default();
        debtor.arms = arms.remove(&debtor.debtor_id).unwrap_or_default();
        let of_debtor = accounts.remove(&debtor.debtor_id).unwrap_or_default();
        let identity = (keys.value(row), debtor.group_id.clone());
        if last.as_ref() != Some(&identity) {
            // Two groups may share a key, once in billions: then both count the contacts of either.
            let before = groups.last().filter(|(key, _)| *key == identity.0).map(|(_, group)| group.contacts.clone());
            let contacts = before.or_else(|| contacts.remove(&identity.0)).unwrap_or_default();
            groups.push((identity.0, Group { debtors: Vec::new(), contacts, forgotten_on: None }));
            last = Some(identity);
        }
        if let Some((_, group)) = groups.last_mut() {
            group.debtors.push((debtor, of_debtor));
        }
    }
    Ok(groups)
}

/// What an earlier revision of this date published, by group.
pub(super) fn published(session: &Session, voided: &BTreeSet<String>) -> Result<HashMap<i64, Vec<Published>>> {
    let rows = Rows::of(session, "cnd_published")?;
    let (key, id, fate) = (rows.ints("group_key")?, rows.texts("action_id")?, rows.texts("fate")?);
    let (sha256, channel, level) = (rows.texts("payload_sha256")?, rows.texts("channel")?, rows.ints("level")?);
    let mut published: HashMap<i64, Vec<Published>> = HashMap::new();
    for row in 0..rows.len() {
        let action_id = id.get(row).to_owned();
        published.entry(key.value(row)).or_default().push(Published {
            payload_sha256: sha256.get(row).to_owned(),
            level: u32::try_from(level.value(row)).unwrap_or_default(),
            channel: channel.get(row).to_owned(),
            fate: match fate.some(row) {
                None => Fate::Unreported,
                Some("not_sent") => Fate::NotSent,
                Some(_) => Fate::Sent,
            },
            is_voided: voided.contains(&action_id),
            action_id,
        });
    }
    Ok(published)
}

fn debtor_rows(rows: &Rows) -> Result<Vec<Debtor>> {
    let (id, group, name) = (rows.texts("debtor_id")?, rows.texts("group_id")?, rows.texts("legal_name")?);
    let (language, country) = (rows.texts("language")?, rows.texts("country")?);
    let (state, city) = (rows.texts("state")?, rows.texts("city")?);
    let (zone, regua, block) = (rows.texts("time_zone")?, rows.texts("regua")?, rows.texts("dunning_block")?);
    let (insolvent, held) = (rows.flags("is_insolvent")?, rows.flags("is_held")?);
    let (collector, tier) = (rows.texts("collector_id")?, rows.texts("tier")?);
    let debtor = |row| Debtor {
        debtor_id: id.get(row).to_owned(),
        group_id: group.get(row).to_owned(),
        legal_name: name.owned(row).unwrap_or_default().into(),
        language: language.owned(row),
        country: country.owned(row),
        state: state.owned(row),
        city: city.owned(row),
        time_zone: zone.owned(row),
        regua: regua.owned(row),
        dunning_block: block.owned(row),
        is_insolvent: insolvent.value(row),
        is_held: held.value(row),
        collector_id: collector.owned(row),
        tier: tier.owned(row),
        points: Vec::new(),
        responses: ResponseHistory::default(),
        outcomes: Outcomes::default(),
        arms: Vec::new(),
    };
    Ok((0..rows.len()).map(debtor).collect())
}

fn points(rows: &Rows) -> Result<HashMap<String, Vec<ContactPoint>>> {
    let (id, channel, address) = (rows.texts("debtor_id")?, rows.texts("channel")?, rows.texts("address")?);
    let (name, rank) = (rows.texts("contact_name")?, rows.ints("preference_rank")?);
    let (authorized, opted_out, valid) =
        (rows.flags("is_authorized")?, rows.flags("opted_out")?, rows.flags("is_valid")?);
    let mut points: HashMap<String, Vec<ContactPoint>> = HashMap::new();
    for row in 0..rows.len() {
        let Some(channel) = Channel::parse(channel.get(row)) else { continue };
        let point = ContactPoint {
            channel,
            address: address.get(row).into(),
            contact_name: said(name.owned(row).filter(|name| is_name(name))),
            is_authorized: authorized.value(row),
            opted_out: opted_out.value(row),
            is_valid: valid.value(row),
            preference_rank: int(rank, row),
        };
        points.entry(id.get(row).to_owned()).or_default().push(point);
    }
    Ok(points)
}

/// What each published action named.
fn named_items(rows: &Rows) -> Result<HashMap<String, Vec<NamedItem>>> {
    let (action, invoice) = (rows.texts("action_id")?, rows.texts("invoice_id")?);
    let (number, step) = (rows.ints("installment_no")?, rows.texts("step_id")?);
    let left_due = rows.dates("left_due_date")?;
    let mut named: HashMap<String, Vec<NamedItem>> = HashMap::new();
    for row in 0..rows.len() {
        let (invoice_id, installment_no) = (invoice.get(row).to_owned(), int(number, row));
        let item = NamedItem { invoice_id, installment_no, step_id: step.owned(row), left_due: left_due(row) };
        named.entry(action.get(row).to_owned()).or_default().push(item);
    }
    Ok(named)
}

fn contacts(rows: &Rows, mut named: HashMap<String, Vec<NamedItem>>) -> Result<HashMap<i64, Vec<Contact>>> {
    let (key, id) = (rows.ints("group_key")?, rows.texts("debtor_id")?);
    let (company, currency, cycle) = (rows.texts("company_id")?, rows.texts("currency")?, rows.texts("cycle_id")?);
    let (regua, step, occurrence) = (rows.texts("regua")?, rows.texts("step_id")?, rows.ints("occurrence")?);
    let (channel, on) = (rows.texts("channel")?, rows.dates("contacted_on")?);
    let (invoice, destination) = (rows.texts("invoice_id")?, rows.texts("destination")?);
    let (state, action, answered) = (rows.texts("state")?, rows.texts("action_id")?, rows.dates("answered_on")?);
    let mut contacts: HashMap<i64, Vec<Contact>> = HashMap::new();
    for row in 0..rows.len() {
        let (Some(channel), Some(on)) = (Channel::parse(channel.get(row)), on(row)) else { continue };
        let of_action = action.some(row).and_then(|id| named.remove(id));
        let of_log = invoice.owned(row).map(|invoice_id| {
            vec![NamedItem { invoice_id, installment_no: None, step_id: step.owned(row), left_due: None }]
        });
        let contact = Contact {
            debtor_id: id.get(row).to_owned(),
            company_id: company.owned(row),
            currency: currency.owned(row),
            cycle_id: cycle.owned(row),
            regua: regua.owned(row),
            step_id: step.owned(row),
            occurrence: int(occurrence, row).unwrap_or(1),
            channel,
            on,
            state: ContactState::parse(state.get(row)).unwrap_or(ContactState::Unreported),
            action_id: action.owned(row),
            destination: destination.owned(row).map(Pii::from),
            answered_on: answered(row),
            items: of_action.or(of_log).unwrap_or_default(),
        };
        contacts.entry(key.value(row)).or_default().push(contact);
    }
    Ok(contacts)
}

/// What a message shows as it is: not the word that a register writes where it knows nothing.
fn said(text: Option<String>) -> Option<Pii<String>> {
    text.filter(|text| !is_placeholder(text)).map(Pii::from)
}

/// Is it a web link, with or without a scheme? `host:8080` is not a scheme.
fn is_link(text: &str) -> bool {
    let is_web =
        |scheme: &str| scheme.contains('.') || ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str());
    text.split_once(':').is_none_or(|(scheme, _)| is_web(scheme))
}

/// The accounts of each debtor with their items, both in order.
fn accounts(session: &Session, model: Option<(&PaymentModel, NaiveDate)>) -> Result<HashMap<String, Vec<Account>>> {
    let rows = Rows::of(session, "cnd_accounts")?;
    let mut items = ItemRows::of(session)?;
    let mut escalations = escalations::escalations(&Rows::of(session, "cnd_entries")?)?;
    let mut ended = escalations::ended(&Rows::of(session, "cnd_paid_items")?)?;
    let (id, company, currency) = (rows.texts("debtor_id")?, rows.texts("company_id")?, rows.texts("currency")?);
    let (credit, shared) = (rows.amounts("credit_amount")?, rows.amounts("shared_credit_amount")?);
    let (rank, start) = (rows.ints("account_rank")?, rows.dates("episode_start")?);
    let (promise, agreement) = (rows.flags("promise_broken")?, rows.flags("agreement_broken")?);
    let previous = rows.texts("previous_segment")?;
    let profiles = profiles(&rows)?;
    let mut left = charges::Left::of(session)?;
    let mut habits = expected::HabitsOf::of(session)?;
    let mut accounts: HashMap<String, Vec<Account>> = HashMap::new();
    for (row, profile) in profiles.into_iter().enumerate() {
        let code = currency.get(row).parse();
        let currency = code.map_err(|_| rows.lacks("currency"))?;
        let (late_items, charges_paid) = left.take(id.get(row), company.get(row), rows.texts("currency")?.get(row));
        let mut items = items.take(id.get(row), company.get(row), rows.texts("currency")?.get(row))?;
        let key = escalations::key(id.get(row), company.get(row), rows.texts("currency")?.get(row));
        if let Some(model) = model {
            expected::expect(model, &habits.take(&key), &mut items);
        }
        let account = Account {
            company_id: company.get(row).to_owned(),
            currency,
            items,
            credit: credit(row).unwrap_or_default(),
            credit_reach: reach(credit(row), shared(row), int(rank, row)),
            profile,
            previous_segment: previous.owned(row),
            late_items,
            charges_paid,
            episode_start: start(row).ok_or_else(|| rows.lacks("episode_start"))?,
            promise_broken: promise.value(row),
            agreement_broken: agreement.value(row),
            escalations: escalations.remove(&key).unwrap_or_default(),
            ended: ended.remove(&key),
        };
        accounts.entry(id.get(row).to_owned()).or_default().push(account);
    }
    for of_debtor in accounts.values_mut() {
        escalations::share_unknown(&mut of_debtor.iter_mut().map(|a| &mut a.escalations).collect::<Vec<_>>());
    }
    Ok(accounts)
}

/// What may cover an account: what names no company stands at the first account of the debtor already.
fn reach(credit: Option<Amount>, shared: Option<Amount>, rank: Option<i64>) -> Amount {
    let shared = shared.filter(|_| rank != Some(1));
    credit.unwrap_or_default() + shared.unwrap_or_default()
}

fn profiles(rows: &Rows) -> Result<Vec<Profile>> {
    let (months, due) = (rows.ints("months_as_customer")?, rows.ints("items_due")?);
    let (on_time, late) = (rows.ints("paid_on_time")?, rows.ints("paid_late")?);
    let (ratio, average, worst) =
        (rows.floats("late_ratio")?, rows.floats("days_late_avg")?, rows.ints("days_late_max")?);
    let (last, largest) = (rows.dates("last_payment_on")?, rows.amounts("largest_payment")?);
    let (promises, agreements) = (rows.ints("broken_promises")?, rows.ints("broken_agreements")?);
    let (contacts, answered, bounces) = (rows.ints("contacts")?, rows.floats("answer_ratio")?, rows.ints("bounces")?);
    let (since, next) = (rows.ints("last_payment_days")?, rows.dates("next_payment_on")?);
    let profile = |row| Profile {
        months_as_customer: int(months, row),
        items_due: int(due, row).unwrap_or(0),
        paid_on_time: int(on_time, row).unwrap_or(0),
        paid_late: int(late, row).unwrap_or(0),
        late_ratio: ratio(row),
        days_late_avg: average(row),
        days_late_max: int(worst, row),
        last_payment_on: last(row),
        largest_payment: largest(row),
        next_payment_on: next(row),
        broken_promises: int(promises, row).unwrap_or(0),
        broken_agreements: int(agreements, row).unwrap_or(0),
        last_payment_days: int(since, row),
        contacts: int(contacts, row).unwrap_or(0),
        answer_ratio: answered(row),
        bounces: int(bounces, row).unwrap_or(0),
    };
    Ok((0..rows.len()).map(profile).collect())
}

/// The items, walked through in the order of the accounts.
struct ItemRows {
    rows: Rows,
    next: usize,
}

impl ItemRows {
    fn of(session: &Session) -> Result<ItemRows> {
        Ok(ItemRows { rows: Rows::of(session, "cnd_items")?, next: 0 })
    }

    /// The items of the next account.
    fn take(&mut self, debtor: &str, company: &str, currency: &str) -> Result<Vec<Item>> {
        let rows = &self.rows;
        let keys = (rows.texts("debtor_id")?, rows.texts("company_id")?, rows.texts("currency")?);
        let is_same =
            |row: usize| keys.0.get(row) == debtor && keys.1.get(row) == company && keys.2.get(row) == currency;
        let start = self.next;
        let end = (start..rows.len()).find(|row| !is_same(*row)).unwrap_or(rows.len());
        let items = items(rows, start, end)?;
        self.next = end;
        Ok(items)
    }
}

fn items(rows: &Rows, start: usize, end: usize) -> Result<Vec<Item>> {
    let (id, number) = (rows.texts("invoice_id")?, rows.ints("installment_no")?);
    let (issued, due, payable) = (rows.dates("issue_date")?, rows.dates("due_date")?, rows.dates("payable_on")?);
    let days = rows.ints("days_past_due")?;
    let (bucket_no, bucket, original) =
        (rows.ints("bucket_no")?, rows.texts("bucket")?, rows.amounts("original_amount")?);
    let (applied, open) = (rows.amounts("applied_amount")?, rows.amounts("open_amount")?);
    let (reference, link) = (rows.texts("payment_reference")?, rows.texts("payment_link")?);
    let (block, grace, regua) = (rows.texts("dunning_block")?, rows.dates("grace_until")?, rows.texts("regua")?);
    let (step, collector, agency) =
        (rows.texts("step_override")?, rows.texts("collector_id")?, rows.texts("agency_id")?);
    let (disputed, returned) = (rows.flags("is_disputed")?, rows.flags("is_returned")?);
    let (kept, promised) = (rows.flags("in_kept_agreement")?, rows.flags("promise_pending")?);
    let promise_until = rows.dates("promise_until")?;
    let item = |row| -> Option<Item> {
        Some(Item {
            invoice_id: id.get(row).to_owned(),
            installment_no: number.value(row),
            issue_date: issued(row)?,
            due_date: due(row)?,
            payable_on: payable(row)?,
            days_past_due: days.value(row),
            bucket_no: bucket_no.value(row),
            bucket: bucket.get(row).to_owned(),
            expected: None,
            original: original(row)?,
            applied: applied(row)?,
            open: open(row)?,
            regua: regua.owned(row),
            step_override: step.owned(row),
            payment_reference: said(reference.owned(row)),
            payment_link: said(link.owned(row).filter(|link| is_link(link))),
            collector_id: collector.owned(row),
            is_blocked: block.some(row).is_some(),
            grace_until: grace(row),
            is_disputed: disputed.value(row),
            is_returned: returned.value(row),
            in_kept_agreement: kept.value(row),
            promise_pending: promised.value(row),
            promise_until: promise_until(row),
            agency_id: agency.owned(row),
        })
    };
    (start..end).map(|row| item(row).ok_or_else(|| rows.lacks("a value that may not be null"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_nothing_is_not_shown() {
        let shown = ["N/A", "0", "-", "Ana", "03399.1"].map(|text| said(Some(text.to_owned())).is_some());
        assert_eq!(shown, [false, false, false, true, true]);
        let names = ["Ana", "Dr. 2 Irmãos", "fin@empresa.example", "11 99999-9999"].map(is_name);
        assert_eq!(names, [true, true, false, false]);
        let links = [
            "https://pay.example/1",
            "HTTP://pay.example",
            "pay.example:8443/1",
            "javascript:alert(1)",
            "data:text/html,x",
        ];
        assert_eq!(links.map(is_link), [true, true, true, false, false]);
    }
}
