//! Which régua applies, which items may be named, and which of them the account climbs by.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::{AccountContext, Amount, HoldReason, Item, Procedure, REGUA_NONE, Rules, Step};
use crate::domain::portfolio::{Account, Debtor, UnappliedCredits};
use crate::domain::procedure::{DisputeScope, Facts, LevelOf, Sent};

/// The régua of an account and the scope that named it: the most specific wins.
///
/// A name that no régua file defines (it came with the data) counts as `none`: nobody is dunned by accident.
pub(super) fn regua(
    rules: &Rules,
    debtor: &Debtor,
    account: &Account,
    segment: &str,
    tier: &str,
) -> (String, &'static str) {
    // An item without a régua that exists is left out by itself (`item_reasons`); it does not silence the others.
    let has_one = |item: &&Item| item.regua.as_ref().is_some_and(|name| rules.procedures.contains_key(name));
    let leading = account.items.iter().filter(has_one).min_by_key(|i| (!i.is_overdue(), i.due_date));
    let any_overdue = account.items.iter().any(|i| i.is_overdue());
    let of_item = leading.filter(|i| i.is_overdue() || !any_overdue).and_then(|i| i.regua.as_deref());
    let choices = [
        ("item", of_item),
        ("debtor", debtor.regua.as_deref()),
        ("group", rules.regua_by_group.get(group_name(&debtor.group_id)).map(String::as_str)),
        ("segment and tier", by_choice(rules, segment, tier)),
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

/// The first choice that fits the segment and the tier.
fn by_choice<'r>(rules: &'r Rules, segment: &str, tier: &str) -> Option<&'r str> {
    let fits = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|name| name == found);
    let choice = rules.regua_by_choice.iter().find(|c| fits(&c.segment, segment) && fits(&c.tier, tier));
    choice.map(|c| c.regua.as_str())
}

/// A group as the configuration names it: the source's `group_id`, or the CNPJ root, without the word of its kind.
fn group_name(group_id: &str) -> &str {
    group_id.split_once(':').map_or(group_id, |(_, name)| name)
}

/// The item by which the account climbs: the oldest that is overdue, else the next to fall due. A rest of some cents
/// leads only where there is nothing else: old as it may be, it is no reason to be formal.
pub(super) fn anchor<'a>(eligible: &[&'a Item], is_rest: impl Fn(Amount) -> bool) -> Option<&'a Item> {
    let rank = |item: &&&'a Item| {
        (!item.is_overdue(), is_rest(item.open), item.due_date, item.invoice_id.as_str(), item.installment_no)
    };
    eligible.iter().min_by(|a, b| rank(a).cmp(&rank(b))).copied()
}

/// The items that the message names: all that are overdue or, before that, all that the step's days reach.
pub(super) fn cited<'a>(eligible: &[&'a Item], anchor: &Item, step: &Step) -> Vec<&'a Item> {
    let reached = step.trigger.days_past_due().unwrap_or(anchor.days_past_due).min(anchor.days_past_due);
    let is_cited = |item: &&&Item| match anchor.is_overdue() {
        true => item.is_overdue(),
        false => item.days_past_due >= reached,
    };
    eligible.iter().filter(is_cited).copied().collect()
}

/// What would be asked for of items that nothing speaks against: those that are overdue or, where none is, all.
pub(super) fn asked_for(items: &[Item], holds: &[Vec<HoldReason>]) -> Amount {
    let free = || items.iter().zip(holds).filter(|(_, holds)| holds.is_empty()).map(|(item, _)| item);
    match free().any(Item::is_overdue) {
        true => free().filter(|item| item.is_overdue()).map(|item| item.open).sum(),
        false => free().map(|item| item.open).sum(),
    }
}

/// The items as dunning sees them, and what was taken off: with `net`, what is not applied to anything goes to the
/// oldest of those that a message may name, and only then to those that it may not.
pub(super) fn netted<'a>(rules: &Rules, account: &'a Account, holds: &[Vec<HoldReason>]) -> (Cow<'a, [Item]>, Amount) {
    let mut credit = account.credit;
    if rules.unapplied_credits != UnappliedCredits::Net || credit <= Amount::ZERO {
        return (Cow::Borrowed(&account.items), Amount::ZERO);
    }
    let mut items = account.items.clone();
    let mut by_age: Vec<(bool, &mut Item)> =
        items.iter_mut().zip(holds).map(|(item, holds)| (!holds.is_empty(), item)).collect();
    by_age.sort_by(|(held, a), (also, b)| {
        (held, a.due_date, &a.invoice_id, a.installment_no).cmp(&(also, b.due_date, &b.invoice_id, b.installment_no))
    });
    let mut netted = Amount::ZERO;
    for (is_held, item) in by_age {
        let part = item.open.min(credit).max(Amount::ZERO);
        item.open = item.open - part;
        credit = credit - part;
        netted = netted + if is_held { Amount::ZERO } else { part };
    }
    (Cow::Owned(items), netted)
}

/// What of an account may be named, in sum.
#[derive(Clone, Copy)]
pub(super) struct Balance {
    open: Amount,
    open_items: u32,
    overdue: Amount,
    overdue_items: u32,
}

impl Balance {
    pub(super) fn of(eligible: &[&Item]) -> Balance {
        let overdue = || eligible.iter().filter(|i| i.is_overdue());
        Balance {
            open: eligible.iter().map(|i| i.open).sum(),
            open_items: eligible.len() as u32,
            overdue: overdue().map(|i| i.open).sum(),
            overdue_items: overdue().count() as u32,
        }
    }
}

impl AccountContext<'_> {
    /// Every reason not to cite each item, in order of precedence, whatever its amount.
    pub(super) fn spoken_for(&self, procedure: Option<&Procedure>) -> Vec<Vec<HoldReason>> {
        let account_dispute = procedure.is_some_and(|p| p.dispute_scope == DisputeScope::Account);
        let any_disputed = account_dispute && self.items.iter().any(|i| i.is_disputed);
        self.items.iter().map(|item| self.item_reasons(procedure, item, any_disputed)).collect()
    }

    /// Why each item is left out of messages: also because a credit has covered it, or because it is too little.
    pub(super) fn item_holds(
        &self,
        procedure: Option<&Procedure>,
        mut holds: Vec<Vec<HoldReason>>,
    ) -> Vec<Vec<HoldReason>> {
        let by_item = procedure.is_some_and(|p| p.level_of == LevelOf::Item);
        let covered = self.items.iter().zip(&mut holds).filter(|(item, _)| item.open <= Amount::ZERO);
        covered.for_each(|(_, holds)| {
            holds.push(HoldReason::CreditCovers);
            holds.sort_unstable();
        });
        // A rest of some cents is not dunned because other invoices, not due yet, lift the account over the tolerance.
        let due =
            |(item, holds): (&Item, &Vec<HoldReason>)| (item.is_overdue() && holds.is_empty()).then_some(item.open);
        let sum: Amount = self.items.iter().zip(&holds).filter_map(due).sum();
        let is_rest = |amount: Amount| self.is_below(procedure, &self.rules.tolerance, amount);
        let is_below = |item: &Item| item.is_overdue() && (is_rest(sum) || (by_item && is_rest(item.open)));
        let free = self.items.iter().zip(&mut holds).filter(|(_, holds)| holds.is_empty());
        free.filter(|(item, _)| is_below(item)).for_each(|(_, holds)| holds.push(HoldReason::BelowTolerance));
        holds
    }

    fn item_reasons(&self, procedure: Option<&Procedure>, item: &Item, any_disputed: bool) -> Vec<HoldReason> {
        // A name that nobody knows came with the data: nobody is dunned by accident.
        let has_no_step = item.step_override.as_ref().is_some_and(|id| procedure.is_some_and(|p| p.step(id).is_none()));
        let has_no_regua = item.regua.as_ref().is_some_and(|name| !self.rules.procedures.contains_key(name));
        let reasons = [
            (item.is_blocked, HoldReason::BlockedItem),
            (item.grace_until.is_some_and(|until| self.as_of <= until), HoldReason::GraceUntil),
            (item.is_disputed || any_disputed, HoldReason::DisputeOpen),
            (item.is_returned, HoldReason::GoodsReturnOpen),
            (item.in_kept_agreement, HoldReason::AgreementKept),
            (item.promise_pending, HoldReason::PromisePending),
            (has_no_regua || has_no_step, HoldReason::ReguaNone),
            (item.agency_id.is_some(), HoldReason::WithAgency),
        ];
        reasons.into_iter().filter(|(applies, _)| *applies).map(|(_, reason)| reason).collect()
    }

    /// A name in the data that the configuration does not know: whoever wrote it meant something by it.
    pub(super) fn unknown_regua(&self) -> Option<String> {
        let procedures = &self.rules.procedures;
        let is_unknown = |name: &&String| *name != REGUA_NONE && !procedures.contains_key(*name);
        let regua = self.debtor.regua.iter().chain(self.items.iter().filter_map(|i| i.regua.as_ref())).find(is_unknown);
        let is_no_step = |id: &&String| procedures.values().all(|p| p.step(id).is_none());
        let step = || self.items.iter().filter_map(|i| i.step_override.as_ref()).find(is_no_step);
        let regua = regua.map(|name| format!("no régua file is named {name:?}"));
        regua.or_else(|| step().map(|id| format!("no régua has a step {id:?}")))
    }

    pub(super) fn facts(&self, procedure: &Procedure, anchor: &Item, balance: Balance, sent: &[Sent<'_>]) -> Facts {
        // Before the episode this item led the account; within it another one did, until this one fell due.
        let has_led = !anchor.is_overdue() || anchor.due_date <= self.account.episode_start;
        let own_since = if has_led { anchor.issue_date } else { anchor.due_date };
        self.facts_since(own_since, procedure, anchor, balance, sent)
    }

    /// Of an item that climbs on its own.
    pub(super) fn facts_of_item(
        &self,
        procedure: &Procedure,
        item: &Item,
        balance: Balance,
        sent: &[Sent<'_>],
    ) -> Facts {
        self.facts_since(item.issue_date, procedure, item, balance, sent)
    }

    fn facts_since(
        &self,
        own_since: NaiveDate,
        procedure: &Procedure,
        item: &Item,
        balance: Balance,
        sent: &[Sent<'_>],
    ) -> Facts {
        let Balance { open, open_items, overdue, overdue_items } = balance;
        let mut facts = Facts {
            as_of: self.as_of,
            days_past_due: item.days_past_due,
            due_date: item.due_date,
            issue_date: item.issue_date,
            own_since,
            currency: self.account.currency,
            open,
            open_items,
            overdue,
            overdue_items,
            begins_at: item.step_override.clone(),
            previous_on: None,
            late_chance: item.expected.as_ref().map(|expected| expected.late),
            promise_broken: self.account.promise_broken,
            agreement_broken: self.account.agreement_broken,
        };
        facts.previous_on = procedure.previous_on(&facts, sent);
        facts
    }
}
