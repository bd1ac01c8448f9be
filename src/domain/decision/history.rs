//! What earlier contacts allow: the cycle, the steps sent in it, gaps, caps, answers and notices.
//!
//! A published action that nobody reported on may have been sent, so it counts like one that was.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::ladder::{Cited, Rung};
use super::past::{Days, Named, Past};
use super::trace::for_days;
use super::{AccountContext, Amount, Cap, HoldReason, Item, Procedure, Reasons, Rules, Step};
use crate::domain::action::{Action, CitedItem, cycle_id, is_duty_cycle};
use crate::domain::portfolio::{Account, Contact, ContactPoint, ContactState, Debtor, NamedItem};
use crate::domain::procedure::{CapScope, Channel, Sent};

/// Days in which a step, or a gentler one, is not said again about an item that it named beside another.
const HEARD_DAYS: i64 = 30;

impl Contact {
    /// Did (or may) it have reached the debtor?
    pub(super) fn counts(&self) -> bool {
        !matches!(self.state, ContactState::NotSent | ContactState::Ignored)
    }

    /// It went out and has told the debtor nothing: somebody else was reached, or nobody after all.
    fn is_in_vain(&self) -> bool {
        matches!(self.state, ContactState::WrongParty | ContactState::Undelivered)
    }

    /// Does a cap count it?
    pub(super) fn is_counted(&self) -> bool {
        self.counts() && self.channel.addresses_debtor()
    }

    /// A removal, a release or a recall: it is no step against the debtor, and holds none up.
    pub(super) fn is_duty(&self) -> bool {
        self.cycle_id.as_deref().is_some_and(is_duty_cycle)
    }

    /// Is it known to have gone out?
    pub(super) fn was_sent(&self) -> bool {
        matches!(self.state, ContactState::Sent | ContactState::Answered)
    }

    pub(super) fn is_of(&self, debtor: &Debtor, account: &Account) -> bool {
        self.debtor_id == debtor.debtor_id
            && self.company_id.as_ref().is_none_or(|c| *c == account.company_id)
            && self.currency.as_ref().is_none_or(|c| c == account.currency.as_str())
    }
}

/// The day after which a new cycle of the account is named: the first of its episode. Where that is so long ago that a
/// cycle of this name may have been forgotten, today: what is published under it from now on is remembered, so it keeps
/// the name, and no id is given twice.
pub(super) fn cycle_start(
    rules: &Rules,
    as_of: NaiveDate,
    account: &Account,
    forgotten_on: Option<NaiveDate>,
) -> NaiveDate {
    let start = account.episode_start;
    let lead = chrono::Days::new(u64::from(rules.lead_days()));
    let may_be_forgotten = forgotten_on.is_some_and(|day| start <= day.checked_add_days(lead).unwrap_or(day));
    if may_be_forgotten { as_of } else { start }
}

/// The cycle of an account: the one its last action in the present episode was published under, so that a payment
/// posted late cannot give an old episode a new name; else one named after the day on which it starts.
pub(super) fn cycle_of(rules: &Rules, debtor: &Debtor, account: &Account, past: &Past<'_>, start: NaiveDate) -> String {
    // Two accounts never share a cycle, or two actions would have one id.
    let of_account = past.own.iter().filter(|c| c.is_of(debtor, account));
    let in_episode = of_account.filter(|c| c.on >= account.episode_start);
    let last = in_episode.filter(|c| c.cycle_id.is_some()).max_by_key(|c| (c.on, c.occurrence, c.action_id.as_deref()));
    match last.and_then(|c| c.cycle_id.clone()) {
        Some(id) => id,
        None => cycle_id(&rules.tenant, &account.company_id, &debtor.debtor_id, account.currency, start),
    }
}

/// The contact that an action of this run will be; instructions reach no debtor.
pub(super) fn contact_of(action: &Action) -> Option<Contact> {
    let channel = Channel::parse(action.channel).filter(|c| c.addresses_debtor())?;
    Some(Contact {
        debtor_id: action.debtor_id.clone(),
        company_id: Some(action.company_id.clone()),
        currency: Some(action.currency.to_string()),
        cycle_id: Some(action.cycle_id.clone()),
        regua: Some(action.regua.clone()),
        step_id: Some(action.step_id.clone()),
        occurrence: i64::from(action.occurrence),
        channel,
        on: action.as_of,
        state: ContactState::Unreported,
        action_id: Some(action.action_id.clone()),
        destination: action.destination.clone(),
        answered_on: None,
        items: action.items.iter().map(named_item).collect(),
    })
}

pub(super) fn named_item(item: &CitedItem) -> NamedItem {
    let (invoice_id, step_id) = (item.invoice_id.clone(), item.step_id.clone());
    NamedItem { invoice_id, installment_no: Some(item.installment_no), step_id, left_due: None }
}

pub(super) fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days()
}

impl<'a> AccountContext<'a> {
    /// A contact that only the log knows has no cycle; what is older than every open item was about other debts.
    fn is_of_cycle(&self, contact: &Contact) -> bool {
        match &contact.cycle_id {
            Some(id) => *id == self.cycle_id,
            None => self.first_issued.is_some_and(|day| contact.on >= day),
        }
    }

    /// What went out in the present cycle, or may have.
    pub(super) fn counted_in_cycle(&self) -> impl Iterator<Item = &'a Contact> {
        self.past.own.iter().copied().filter(|c| c.counts() && self.is_of_cycle(c))
    }

    /// The steps that went out in the present cycle, whatever the régua was: its steps have the same ids, so an
    /// account that changes its régua does not hear the same words again.
    ///
    /// What named the item that leads was sent for it whatever the cycle: an invoice that is reopened heard it already.
    /// A reminder before the due date belongs to its item too rather than to an episode, whose name changes while
    /// nothing is due yet. That it was for this item, and not for an older one beside it, its day says.
    pub(super) fn sent_in_cycle(&self, procedure: &Procedure, lead: &Item) -> Vec<Sent<'a>> {
        let is_before_due = |id: &String| {
            let days = procedure.step(id).and_then(|step| step.trigger.days_past_due());
            days.is_some_and(|days| days <= 0)
        };
        let is_about = |c: &Contact| {
            self.is_of_cycle(c)
                || c.step_id.as_ref().is_some_and(is_before_due)
                || c.items.iter().any(|named| named.is(lead))
        };
        let sent = |c: &'a Contact| {
            let step_id = c.step_id.as_deref()?;
            let is_heard = |named: &NamedItem| named.is(lead) && named.step_id.as_deref() == Some(step_id);
            let is_fresh = days_between(c.on, self.as_of) < HEARD_DAYS;
            let was_heard = is_fresh && c.items.iter().any(is_heard);
            Some(Sent { step_id, on: c.on, counts: c.counts(), is_named: false, was_heard })
        };
        let of_ladder = self.past.own.iter().copied().filter(|c| self.is_rung(c));
        of_ladder.filter(|c| is_about(c)).filter_map(sent).collect()
    }

    /// Is it a step of the ladder? Thanks stand beside it: whoever was thanked and owes again has no step behind them for
    /// that.
    fn is_rung(&self, contact: &Contact) -> bool {
        let own = contact.regua.as_ref().and_then(|regua| self.rules.procedures.get(regua));
        let step = own.zip(contact.step_id.as_ref()).and_then(|(procedure, id)| procedure.step(id));
        step.is_none_or(|step| step.kind.is_rung())
    }

    /// The steps that an item took. What is only logged, without an item, counts for all that existed then.
    pub(super) fn sent_of_item(&self, item: &Item) -> Vec<Sent<'a>> {
        let known = self.by_invoice();
        let about = known.about(&item.invoice_id, item.installment_no).into_iter();
        let named = about.filter(|(c, _)| self.is_rung(c)).filter_map(|(c, named)| {
            let step_id = named.step_id.as_deref()?;
            Some(Sent { step_id, on: c.on, counts: c.counts(), is_named: true, was_heard: true })
        });
        let unnamed = known.unnamed.iter().filter(|c| c.on >= item.issue_date && self.is_rung(c)).filter_map(|c| {
            let step_id = c.step_id.as_deref()?;
            Some(Sent { step_id, on: c.on, counts: c.counts(), is_named: false, was_heard: false })
        });
        named.chain(unnamed).collect()
    }

    /// One more than was ever published for this step and cycle, whatever became of it.
    pub(super) fn next_occurrence(&self, step: &Step) -> u32 {
        let of_cycle = self.past.own.iter().filter(|c| self.is_of_cycle(c));
        let published = of_cycle.filter(|c| c.step_id.as_ref() == Some(&step.id)).map(|c| c.occurrence);
        published.max().map_or(1, |n| u32::try_from(n.max(0)).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// How often the step failed at an address in the present cycle; a failure without an address counts for the whole
    /// channel.
    pub(super) fn failures(&self, step: &Step, point: &ContactPoint) -> usize {
        let is_lost = |c: &Contact| c.state == ContactState::NotSent || c.is_in_vain();
        let failed = self.past.own.iter().filter(|c| is_lost(c) && c.step_id.as_ref() == Some(&step.id));
        let there = failed.filter(|c| c.channel == point.channel && self.is_of_cycle(c));
        let there = there.filter(|c| c.destination.as_ref().is_none_or(|address| point.is_at(address)));
        // A day of sending that failed invoice by invoice failed once.
        let told: BTreeSet<(NaiveDate, Option<&str>)> = there.map(|c| (c.on, c.action_id.as_deref())).collect();
        told.len()
    }

    /// Notes `previous_unreported`, `min_gap` and `response_window`.
    pub(super) fn note_contact_reasons(&self, procedure: &Procedure, reasons: &mut Reasons) {
        let own = || self.past.own.iter().copied();
        let age = |c: &Contact| days_between(c.on, self.as_of);
        let under_way =
            |c: &&Contact| c.state == ContactState::Unreported && age(c) < i64::from(self.rules.unreported_days);
        if let Some(contact) = own().find(under_way) {
            let why = for_days(format!("published on {}", contact.on), contact.on, self.rules.unreported_days);
            reasons.because(HoldReason::PreviousUnreported, why);
        }
        // A gap lies between any two steps, an instruction too; a removal that is owed is no step against the debtor.
        let is_duty = |id: &String| procedure.step(id).is_some_and(|step| step.kind.is_duty());
        let last = own().filter(|c| c.counts() && !c.step_id.as_ref().is_some_and(is_duty)).max_by_key(|c| c.on);
        if let Some(last) = last.filter(|c| age(c) < i64::from(procedure.min_gap_days)) {
            let why = for_days(format!("last contact on {}", last.on), last.on, procedure.min_gap_days);
            reasons.because(HoldReason::MinGap, why);
        }
        self.note_room(reasons);
    }

    /// Room after the debtor has answered, and after it has paid; and before a payment that is known already.
    fn note_room(&self, reasons: &mut Reasons) {
        let answered = self.past.own.iter().filter_map(|c| c.answered_on).max();
        let of_segment = self.rules.response_windows.get(&self.classification.segment).copied();
        let window = of_segment.unwrap_or(self.rules.response_window_days);
        let paid = self.account.profile.last_payment_on;
        let rooms = [("answered", answered, window), ("paid", paid, self.rules.payment_window_days)];
        if let Some(on) = self.account.profile.next_payment_on {
            let why = for_days(format!("a payment is dated {on}"), on, self.rules.payment_window_days);
            return reasons.because(HoldReason::ResponseWindow, why);
        }
        let open = rooms.into_iter().filter_map(|(word, on, days)| {
            let on = on.filter(|on| days_between(*on, self.as_of) < i64::from(days))?;
            Some((on + chrono::TimeDelta::days(i64::from(days)), for_days(format!("{word} on {on}"), on, days)))
        });
        // The one that ends last says when it is over; of equals the answer.
        if let Some((_, why)) = open.rev().max_by_key(|(end, _)| *end) {
            reasons.because(HoldReason::ResponseWindow, why);
        }
    }

    /// A cap on contacts, whatever the channel.
    pub(super) fn note_cap(&self, reasons: &mut Reasons) {
        let mut capped = self.rules.caps.iter().filter(|cap| cap.channel.is_none());
        if let Some(cap) = capped.find(|cap| self.is_reached(cap)) {
            let why = format!("{} contacts in {} days", cap.contacts_max, cap.days);
            // It is over when the oldest of those that fill it leaves the window.
            let days = self.counted(cap);
            let oldest = days.len().checked_sub(cap.contacts_max as usize).and_then(|place| days.get(place));
            let why = oldest.and_then(|on| for_days(why.clone(), *on, cap.days)).or(Some(why));
            reasons.because(HoldReason::FrequencyCap, why);
        }
    }

    /// Was this debtor already written to today on this channel?
    pub(super) fn is_written_today(&self, channel: Channel) -> bool {
        !self.past.debtor_days().within(Some(channel), self.as_of, 1).is_empty()
    }

    /// A cap on this very channel.
    pub(super) fn is_channel_capped(&self, channel: Channel) -> bool {
        let mut capped = self.rules.caps.iter().filter(|cap| cap.channel == Some(channel));
        capped.any(|cap| self.is_reached(cap))
    }

    fn is_reached(&self, cap: &Cap) -> bool {
        let is_for = cap.segment.as_ref().is_none_or(|s| *s == self.classification.segment);
        is_for && self.counted(cap).len() >= cap.contacts_max as usize
    }

    /// The days of the contacts that a cap counts, in order.
    fn counted(&self, cap: &Cap) -> &[NaiveDate] {
        let days: &Days = match cap.scope {
            CapScope::Account => &self.past.days,
            CapScope::Debtor => self.past.debtor_days(),
            CapScope::Group => self.past.group_days,
        };
        days.within(cap.channel, self.as_of, cap.days)
    }

    /// Too little to write about.
    pub(super) fn note_minimum(&self, procedure: &Procedure, rung: &Rung<'_>, reasons: &mut Reasons) {
        let sum: Amount = rung.cited.iter().map(|c| c.item.open).sum();
        reasons.note(self.is_below(Some(procedure), &procedure.minimum, sum), HoldReason::BelowMinimum);
    }

    /// What the step's notice announced, and long enough ago: the other items are left out.
    ///
    /// That an action may have been sent protects the debtor from a second one; it is no proof that the debtor was told.
    /// So only a notice that was reported as sent begins its days. A notice that named nothing of what is due now is
    /// given anew, for what is due. One that named an item announced it whatever the cycle.
    pub(super) fn announced<'r>(
        &mut self,
        procedure: &'r Procedure,
        mut rung: Rung<'r>,
        reasons: &mut Reasons,
    ) -> Rung<'r> {
        let Some((notice, days)) = &rung.step.after_notice else { return rung };
        // A notice in vain is given anew.
        // One that may have been about another account announced nothing here.
        let is_notice = |c: &&'a Contact| c.counts() && c.step_id.as_ref() == Some(notice) && self.past.is_surely_of(c);
        let own = || self.past.own.iter().copied().filter(is_notice);
        let in_vain = own().filter(|c| c.is_in_vain()).map(|c| c.on).max();
        let notices = own().filter(|c| !c.is_in_vain());
        let notices: Vec<Named<'a>> = notices.map(Named::by).collect();
        let names_any = |n: &Named<'a>| rung.cited.iter().any(|cited| n.has(cited.item));
        let is_about = |n: &&Named<'a>| match n.contact.items.is_empty() {
            true => self.is_of_cycle(n.contact),
            false => self.is_of_cycle(n.contact) || names_any(n),
        };
        let notices: Vec<&Named<'a>> = notices.iter().filter(is_about).collect();
        let last = notices.iter().map(|n| n.contact.on).max();
        if !notices.iter().any(|n| names_any(n)) {
            let Some(step) = procedure.step(notice) else {
                reasons.because(HoldReason::NoticePeriod, Some(format!("{notice} was not sent")));
                return rung;
            };
            let occurrence = self.next_occurrence(step);
            self.trace.push(match (last, in_vain) {
                (Some(last), _) => format!("{notice} of {last} named nothing that is due now: it is given anew"),
                (None, Some(on)) => format!("{notice} of {on} did not reach the debtor: it is given anew"),
                (None, None) => format!("{notice} was not sent, and goes before {}", rung.step.id),
            });
            let cited = rung.cited.iter().map(|cited| Cited { item: cited.item, takes: Some(step) }).collect();
            return Rung { step, occurrence, cited, ..rung };
        }
        let sent: Vec<&Named<'a>> = notices.into_iter().filter(|n| n.contact.was_sent()).collect();
        let noticed_on = |item: &Item| sent.iter().filter(|n| n.has(item)).map(|n| n.contact.on).min();
        let has_run = |on: NaiveDate| days_between(on, self.as_of) >= i64::from(*days);
        let ripe = |cited: &&Cited<'r>| noticed_on(cited.item).is_some_and(has_run);
        let announced: Vec<Cited<'r>> = rung.cited.iter().filter(ripe).copied().collect();
        if !announced.is_empty() {
            rung.cited = announced;
        } else {
            // It has run for the first of the items that it named, whenever the last notice went out.
            let why = match rung.cited.iter().filter_map(|c| noticed_on(c.item)).min() {
                Some(on) => for_days(format!("{notice} was sent on {on}, {days} days"), on, *days),
                None => {
                    let last = last.map_or(String::new(), |last| format!(" of {last}"));
                    Some(format!("{notice}{last} was not reported as sent; contact_log must say so"))
                }
            };
            reasons.because(HoldReason::NoticePeriod, why);
        }
        rung
    }
}
