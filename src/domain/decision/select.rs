//! Which régua applies, which items may be named, and which of them the account climbs by.

use super::{HoldReason, Item, Matter, Minor, Procedure, REGUA_NONE, Rules, Step};
use crate::domain::case::{Account, Debtor, UnappliedCredits};
use crate::domain::procedure::{DisputeScope, Facts, Sent};

/// The régua of an account and the scope that named it: the most specific wins.
///
/// A name that no régua file defines (it came with the data) counts as `none`: nobody is dunned by accident.
pub(super) fn regua(rules: &Rules, debtor: &Debtor, account: &Account, segment: &str) -> (String, &'static str) {
    let of_item = account.items.iter().filter(|i| i.is_overdue).find_map(|i| i.regua.as_deref());
    let choices = [
        ("item", of_item),
        ("debtor", debtor.regua.as_deref()),
        ("segment", rules.regua_by_segment.get(segment).map(String::as_str)),
        ("company", rules.regua_by_company.get(&account.company_id).map(String::as_str)),
        ("default", Some(rules.regua.as_str())),
    ];
    let (scope, name) =
        choices.into_iter().find_map(|(scope, name)| Some((scope, name?))).unwrap_or(("default", REGUA_NONE));
    if name == REGUA_NONE || rules.procedures.contains_key(name) {
        (name.to_owned(), scope)
    } else {
        (REGUA_NONE.to_owned(), "an unknown name in the data")
    }
}

/// The item by which the account climbs: the oldest that is overdue, else the next to fall due.
pub(super) fn anchor<'a>(eligible: &[&'a Item]) -> Option<&'a Item> {
    eligible.iter().copied().min_by_key(|item| (!item.is_overdue, item.due_date, &item.invoice_id, item.installment_no))
}

/// The items that the message names: all that are overdue or, before that, all that the step's days reach.
pub(super) fn cited<'a>(eligible: &[&'a Item], anchor: &Item, step: &Step) -> Vec<&'a Item> {
    let reached = step.trigger.days_past_due().unwrap_or(anchor.days_past_due).min(anchor.days_past_due);
    let is_cited = |item: &&&Item| match anchor.is_overdue {
        true => item.is_overdue,
        false => item.days_past_due >= reached,
    };
    eligible.iter().filter(is_cited).copied().collect()
}

impl Matter<'_> {
    /// Why each item is left out of messages.
    pub(super) fn item_holds(&self, procedure: Option<&Procedure>) -> Vec<Option<HoldReason>> {
        let account_dispute = procedure.is_some_and(|p| p.dispute_scope == DisputeScope::Account);
        let items = &self.account.items;
        let any_disputed = account_dispute && items.iter().any(|i| i.is_disputed);
        let mut credit = match self.rules.unapplied_credits {
            UnappliedCredits::Net => self.account.credit,
            _ => Minor::ZERO,
        };
        let mut holds = Vec::with_capacity(items.len());
        for item in items {
            let covered = item.open <= credit;
            credit = if covered { credit - item.open } else { credit };
            holds.push(self.item_hold(item, any_disputed, covered));
        }
        holds
    }

    fn item_hold(&self, item: &Item, any_disputed: bool, covered: bool) -> Option<HoldReason> {
        let reasons = [
            (item.is_blocked, HoldReason::BlockedItem),
            (item.grace_until.is_some_and(|until| self.as_of <= until), HoldReason::GraceUntil),
            (item.is_disputed || any_disputed, HoldReason::DisputeOpen),
            (item.is_returned, HoldReason::GoodsReturnOpen),
            (item.in_kept_agreement, HoldReason::AgreementKept),
            (item.promise_pending, HoldReason::PromisePending),
            (covered, HoldReason::CreditCovers),
            (item.regua.as_deref() == Some(REGUA_NONE), HoldReason::ReguaNone),
            (item.agency_id.is_some(), HoldReason::WithAgency),
        ];
        reasons.into_iter().find(|(applies, _)| *applies).map(|(_, reason)| reason)
    }

    pub(super) fn facts(&self, anchor: &Item, eligible: &[&Item], sent: &[Sent]) -> Facts {
        let due = eligible.iter().filter(|i| i.is_overdue == anchor.is_overdue);
        Facts {
            as_of: self.as_of,
            days_past_due: if anchor.is_overdue { anchor.days_past_due } else { anchor.days_past_due.min(0) },
            due_date: anchor.due_date,
            issue_date: anchor.issue_date,
            currency: self.account.currency,
            open: due.clone().map(|i| i.open).sum(),
            open_items: due.count() as u32,
            previous_on: sent.iter().filter(|s| s.counts).map(|s| s.on).max(),
            promise_broken: self.account.promise_broken,
            agreement_broken: self.account.agreement_broken,
            paid_while_listed: self.account.paid_while_listed,
        }
    }
}
