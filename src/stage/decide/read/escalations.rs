//! The escalations of an account, and the episode that has just ended: in both, each row names one item.

use std::collections::HashMap;

use super::Rows;
use crate::domain::money::Amount;
use crate::domain::portfolio::{Ended, Escalation, EscalationKind, Item};
use crate::error::Result;

/// Debtor, company and currency.
pub(super) type Key = (String, String, String);

pub(super) fn key(debtor: &str, company: &str, currency: &str) -> Key {
    (debtor.to_owned(), company.to_owned(), currency.to_owned())
}

/// The escalations of each account, in order, each with what it names.
pub(super) fn escalations(rows: &Rows) -> Result<HashMap<Key, Vec<Escalation>>> {
    let (debtor, company, currency) = (rows.texts("debtor_id")?, rows.texts("company_id")?, rows.texts("currency")?);
    let (kind, id, counterpart) = (rows.texts("kind")?, rows.texts("entry_id")?, rows.texts("counterpart")?);
    let (since, requested, done) = (rows.dates("since_on")?, rows.dates("requested_on")?, rows.dates("done_on")?);
    let (paid, unknown, actor) = (rows.flags("is_paid")?, rows.flags("is_unknown")?, rows.texts("actor_id")?);
    let asked = rows.flags("is_asked")?;
    let items = items(rows)?;
    let mut escalations: HashMap<Key, Vec<Escalation>> = HashMap::new();
    for (row, item) in items.into_iter().enumerate() {
        let kind = EscalationKind::parse(kind.get(row)).ok_or_else(|| rows.lacks("kind"))?;
        let of_account = escalations.entry(key(debtor.get(row), company.get(row), currency.get(row))).or_default();
        match of_account
            .last_mut()
            .filter(|e| e.kind == kind && e.source_id == id.get(row) && e.actor_id == actor.get(row))
        {
            Some(escalation) => {
                escalation.names_unknown |= unknown.value(row);
                escalation.items.push(item);
            }
            None => of_account.push(Escalation {
                source_id: id.get(row).to_owned(),
                actor_id: actor.get(row).to_owned(),
                kind,
                counterpart: counterpart.get(row).to_owned(),
                since: since(row).ok_or_else(|| rows.lacks("since_on"))?,
                is_asked: asked.value(row),
                requested_on: requested(row),
                done_on: done(row),
                is_paid: paid.value(row),
                names_unknown: unknown.value(row),
                items: vec![item],
            }),
        }
    }
    Ok(escalations)
}

/// A listing of what nobody knows may be about another company than it seems: it is in the way at every account of its debtor,
/// as one that is only asked for, so that it is ended and counted once.
pub(super) fn share_unknown(of_accounts: &mut [&mut Vec<Escalation>]) {
    let is_unknown =
        |e: &&Escalation| e.names_unknown && e.done_on.is_none() && e.kind != EscalationKind::AgencyPlacement;
    let unknown: Vec<Escalation> = of_accounts.iter().flat_map(|own| own.iter()).filter(is_unknown).cloned().collect();
    for own in of_accounts {
        let is_new = |e: &&Escalation| !own.iter().any(|o| (&o.source_id, o.kind) == (&e.source_id, e.kind));
        let others: Vec<Escalation> = unknown.iter().filter(is_new).cloned().collect();
        own.extend(others.into_iter().map(|e| Escalation { is_asked: true, ..e }));
    }
}

/// The episode that has just ended of each account that has one, with what was paid in it.
pub(super) fn ended(rows: &Rows) -> Result<HashMap<Key, Ended>> {
    let (debtor, company, currency) = (rows.texts("debtor_id")?, rows.texts("company_id")?, rows.texts("currency")?);
    let (start, on) = (rows.dates("episode_start")?, rows.dates("ended_on")?);
    let items = items(rows)?;
    let mut episodes: HashMap<Key, Ended> = HashMap::new();
    for (row, item) in items.into_iter().enumerate() {
        let (Some(start), Some(on)) = (start(row), on(row)) else { return Err(rows.lacks("episode_start")) };
        let key = key(debtor.get(row), company.get(row), currency.get(row));
        episodes.entry(key).or_insert_with(|| Ended { start, on, items: Vec::new() }).items.push(item);
    }
    Ok(episodes)
}

/// The item of each row; what speaks for leaving an open item alone is not asked here.
fn items(rows: &Rows) -> Result<Vec<Item>> {
    let (id, number) = (rows.texts("invoice_id")?, rows.ints("installment_no")?);
    let (issued, due, days) = (rows.dates("issue_date")?, rows.dates("due_date")?, rows.ints("days_past_due")?);
    let payable = rows.dates("payable_on")?;
    let (original, open) = (rows.amounts("original_amount")?, rows.amounts("open_amount")?);
    let item = |row| -> Option<Item> {
        let (original, open): (Amount, Amount) = (original(row)?, open(row)?);
        Some(Item {
            invoice_id: id.get(row).to_owned(),
            installment_no: number.value(row),
            issue_date: issued(row)?,
            due_date: due(row)?,
            // What is escalated or paid already has no payable day to wait for.
            payable_on: payable(row)?,
            days_past_due: days.value(row),
            bucket_no: 0,
            bucket: String::new(),
            original,
            applied: original - open,
            open,
            expected: None,
            regua: None,
            step_override: None,
            payment_reference: None,
            payment_link: None,
            collector_id: None,
            is_blocked: false,
            grace_until: None,
            is_disputed: false,
            is_returned: false,
            in_kept_agreement: false,
            promise_pending: false,
            promise_until: None,
            agency_id: None,
        })
    };
    (0..rows.len()).map(|row| item(row).ok_or_else(|| rows.lacks("a value that may not be null"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_of_what_nobody_knows_is_in_the_way_at_every_account_and_counted_at_one() {
        let escalation = |id: &str, names_unknown: bool| Escalation {
            source_id: id.to_owned(),
            actor_id: "D1".to_owned(),
            kind: EscalationKind::BureauListing,
            counterpart: "serasa".to_owned(),
            since: chrono::NaiveDate::default(),
            is_asked: false,
            requested_on: None,
            done_on: None,
            is_paid: true,
            names_unknown,
            items: Vec::new(),
        };
        let (mut one, mut other) = (vec![escalation("L1", true), escalation("L2", false)], Vec::new());
        share_unknown(&mut [&mut one, &mut other]);
        let told = |own: &[Escalation]| own.iter().map(|e| (e.source_id.clone(), e.is_asked)).collect::<Vec<_>>();
        assert_eq!(told(&one), [("L1".to_owned(), false), ("L2".to_owned(), false)]);
        assert_eq!(told(&other), [("L1".to_owned(), true)]);
    }
}
