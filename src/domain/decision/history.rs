//! What earlier contacts allow: the cycle, the steps sent in it, gaps, caps, answers and notices.
//!
//! A published action that nobody reported on may have been sent, so it counts like one that was.

use chrono::{Days, NaiveDate};

use super::ladder::{Cited, Rung};
use super::trace::for_days;
use super::{Cap, HoldReason, Item, Matter, Minor, Procedure, Reasons, Rules, Step};
use crate::domain::action::{Action, CitedItem, cycle_id, is_duty_cycle};
use crate::domain::case::{Account, Contact, ContactState, Debtor, NamedItem};
use crate::domain::procedure::{CapScope, Channel, Sent};

impl Contact {
    /// Did (or may) it have reached the debtor?
    pub(super) fn counts(&self) -> bool {
        self.state != ContactState::NotSent
    }

    /// A removal, a release or a recall: it is no step against the debtor, and holds none up.
    fn is_duty(&self) -> bool {
        self.cycle_id.as_deref().is_some_and(is_duty_cycle)
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
    let lead = Days::new(u64::from(rules.lead_days()));
    let may_be_forgotten = forgotten_on.is_some_and(|day| start <= day.checked_add_days(lead).unwrap_or(day));
    if may_be_forgotten { as_of } else { start }
}

/// The cycle of an account: the one its last action in the present episode was published under, so that a payment
/// posted late cannot give an old episode a new name; else one named after the day on which it starts.
pub(super) fn cycle_of(
    rules: &Rules,
    debtor: &Debtor,
    account: &Account,
    contacts: &[Contact],
    start: NaiveDate,
) -> String {
    let in_episode =
        contacts.iter().filter(|c| c.is_of(debtor, account) && !c.is_duty() && c.on >= account.episode_start);
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
        answered_on: None,
        items: action.items.iter().map(named_item).collect(),
    })
}

pub(super) fn named_item(item: &CitedItem) -> NamedItem {
    let (invoice_id, step_id) = (item.invoice_id.clone(), item.step_id.clone());
    NamedItem { invoice_id, installment_no: Some(item.installment_no), step_id }
}

fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days()
}

impl Matter<'_> {
    fn own<'c>(&self, contacts: &'c [Contact]) -> impl Iterator<Item = &'c Contact> {
        contacts.iter().filter(|c| c.is_of(self.debtor, self.account) && !c.is_duty())
    }

    /// A contact that only the log knows has no cycle; what is older than every open item was about other debts.
    fn is_of_cycle(&self, contact: &Contact) -> bool {
        let can_be_about = |item: &Item| contact.on >= item.issue_date;
        match &contact.cycle_id {
            Some(id) => *id == self.cycle_id,
            None => self.items.iter().any(can_be_about),
        }
    }

    /// What went out in the present cycle, or may have.
    pub(super) fn counted_in_cycle<'c>(&self, contacts: &'c [Contact]) -> impl Iterator<Item = &'c Contact> {
        self.own(contacts).filter(|c| c.counts() && self.is_of_cycle(c))
    }

    /// The steps that went out in the present cycle, whatever the régua was: its steps have the same ids, so an
    /// account that changes its régua does not hear the same words again.
    ///
    /// A reminder before the due date belongs to its item rather than to an episode, whose name changes while
    /// nothing is due yet; that it was for this item, its day says.
    pub(super) fn sent_in_cycle(&self, procedure: &Procedure, contacts: &[Contact]) -> Vec<Sent> {
        let is_before_due = |id: &String| {
            let days = procedure.step(id).and_then(|step| step.trigger.days_past_due());
            days.is_some_and(|days| days <= 0)
        };
        self.own(contacts)
            .filter(|c| self.is_of_cycle(c) || c.step_id.as_ref().is_some_and(is_before_due))
            .filter_map(|c| Some(Sent { step_id: c.step_id.clone()?, on: c.on, counts: c.counts(), is_named: false }))
            .collect()
    }

    /// The steps that an item took. What is only logged, without an item, counts for all that existed then.
    pub(super) fn sent_of_item(&self, item: &Item, contacts: &[Contact]) -> Vec<Sent> {
        let sent = |contact: &Contact| {
            let (step_id, is_named) = match contact.items.as_slice() {
                [] => (contact.step_id.as_ref().filter(|_| contact.on >= item.issue_date)?, false),
                items => (items.iter().find(|named| named.is(item))?.step_id.as_ref()?, true),
            };
            Some(Sent { step_id: step_id.clone(), on: contact.on, counts: contact.counts(), is_named })
        };
        self.own(contacts).filter_map(sent).collect()
    }

    /// One more than was ever published for this step and cycle, whatever became of it.
    pub(super) fn next_occurrence(&self, step: &Step, contacts: &[Contact]) -> u32 {
        let of_cycle = self.own(contacts).filter(|c| self.is_of_cycle(c));
        let published = of_cycle.filter(|c| c.step_id.as_ref() == Some(&step.id)).map(|c| c.occurrence);
        published.max().map_or(1, |n| u32::try_from(n.max(0)).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// Under way, too recent, or answered.
    pub(super) fn note_contact_reasons(&self, procedure: &Procedure, contacts: &[Contact], reasons: &mut Reasons) {
        let age = |c: &Contact| days_between(c.on, self.as_of);
        let under_way =
            |c: &&Contact| c.state == ContactState::Unreported && age(c) < i64::from(self.rules.unreported_days);
        if let Some(contact) = self.own(contacts).find(under_way) {
            let why = for_days(format!("published on {}", contact.on), contact.on, self.rules.unreported_days);
            reasons.because(HoldReason::PreviousUnreported, why);
        }
        // A gap lies between any two steps, an instruction too; a removal that is owed is no step against the debtor.
        let is_duty = |id: &String| procedure.step(id).is_some_and(|step| step.kind.is_duty());
        let last =
            self.own(contacts).filter(|c| c.counts() && !c.step_id.as_ref().is_some_and(is_duty)).max_by_key(|c| c.on);
        if let Some(last) = last.filter(|c| age(c) < i64::from(procedure.min_gap_days)) {
            let why = for_days(format!("last contact on {}", last.on), last.on, procedure.min_gap_days);
            reasons.because(HoldReason::MinGap, why);
        }
        let answered = self.own(contacts).filter_map(|c| c.answered_on).max();
        let of_segment = self.rules.response_windows.get(&self.standing.segment).copied();
        let window = of_segment.unwrap_or(self.rules.response_window_days);
        if let Some(on) = answered.filter(|on| days_between(*on, self.as_of) < i64::from(window)) {
            reasons.because(HoldReason::ResponseWindow, for_days(format!("answered on {on}"), on, window));
        }
    }

    /// A cap on contacts, whatever the channel.
    pub(super) fn note_cap(&self, contacts: &[Contact], reasons: &mut Reasons) {
        let mut capped = self.rules.caps.iter().filter(|cap| cap.channel.is_none());
        if let Some(cap) = capped.find(|cap| self.is_reached(cap, contacts)) {
            let why = format!("{} contacts in {} days", cap.contacts_max, cap.days);
            // It is over when the oldest of those that fill it leaves the window.
            let mut days = self.counted(cap, contacts);
            days.sort_unstable_by_key(|on| std::cmp::Reverse(*on));
            let oldest = (cap.contacts_max as usize).checked_sub(1).and_then(|place| days.get(place));
            let why = oldest.and_then(|on| for_days(why.clone(), *on, cap.days)).or(Some(why));
            reasons.because(HoldReason::FrequencyCap, why);
        }
    }

    /// A message to the same debtor on the same channel and day.
    pub(super) fn is_written_today(&self, channel: Channel, contacts: &[Contact]) -> bool {
        let of_debtor = |c: &&Contact| c.debtor_id == self.debtor.debtor_id && c.channel == channel;
        contacts.iter().filter(of_debtor).any(|c| c.on == self.as_of && c.counts())
    }

    /// A cap on this very channel.
    pub(super) fn is_channel_capped(&self, channel: Channel, contacts: &[Contact]) -> bool {
        let mut capped = self.rules.caps.iter().filter(|cap| cap.channel == Some(channel));
        capped.any(|cap| self.is_reached(cap, contacts))
    }

    fn is_reached(&self, cap: &Cap, contacts: &[Contact]) -> bool {
        let is_for = cap.segment.as_ref().is_none_or(|s| *s == self.standing.segment);
        is_for && self.counted(cap, contacts).len() >= cap.contacts_max as usize
    }

    /// The days of the contacts that a cap counts.
    fn counted(&self, cap: &Cap, contacts: &[Contact]) -> Vec<NaiveDate> {
        let in_scope = |c: &&Contact| match cap.scope {
            CapScope::Account => c.is_of(self.debtor, self.account),
            CapScope::Debtor => c.debtor_id == self.debtor.debtor_id,
            CapScope::Group => true,
        };
        let in_window = |c: &&Contact| days_between(c.on, self.as_of) < i64::from(cap.days);
        let on_channel = |c: &&Contact| cap.channel.is_none_or(|channel| c.channel == channel);
        let counted = contacts.iter().filter(|c| c.counts() && c.channel.addresses_debtor());
        counted.filter(in_scope).filter(in_window).filter(on_channel).map(|c| c.on).collect()
    }

    /// Too little to write about.
    pub(super) fn note_minimum(&self, procedure: &Procedure, rung: &Rung<'_>, reasons: &mut Reasons) {
        let sum: Minor = rung.cited.iter().map(|c| c.item.open).sum();
        reasons.note(self.is_below(Some(procedure), &procedure.minimum, sum), HoldReason::BelowMinimum);
    }

    /// What the step's notice announced, and long enough ago: the other items are left out.
    ///
    /// That an action may have been sent protects the debtor from a second one; it is no proof that the debtor was told.
    /// So only a notice that was reported as sent begins its days. A notice that named nothing of what is due now is
    /// given anew, for what is due.
    pub(super) fn announced<'r>(
        &mut self,
        procedure: &'r Procedure,
        mut rung: Rung<'r>,
        contacts: &[Contact],
        reasons: &mut Reasons,
    ) -> Rung<'r> {
        let Some((notice, days)) = &rung.step.after_notice else { return rung };
        let of_notice = |c: &&Contact| c.counts() && c.step_id.as_ref() == Some(notice) && self.is_of_cycle(c);
        let notices: Vec<&Contact> = self.own(contacts).filter(of_notice).collect();
        let Some(last) = notices.iter().map(|c| c.on).max() else {
            reasons.because(HoldReason::NoticePeriod, Some(format!("{notice} was not sent")));
            return rung;
        };
        let any_named = |c: &&&Contact| rung.cited.iter().any(|cited| self.named(c, cited.item));
        if !notices.iter().any(|c| any_named(&c)) {
            let Some(step) = procedure.step(notice) else { return rung };
            let occurrence = self.next_occurrence(step, contacts);
            self.trace.push(format!("{notice} of {last} named nothing that is due now: it is given anew"));
            let cited = rung.cited.iter().map(|cited| Cited { item: cited.item, takes: Some(step) }).collect();
            return Rung { step, occurrence, cited, ..rung };
        }
        let was_sent = |c: &&&Contact| matches!(c.state, ContactState::Sent | ContactState::Answered);
        let sent: Vec<&Contact> = notices.iter().filter(was_sent).copied().collect();
        let noticed_on = |item: &Item| sent.iter().filter(|c| self.named(c, item)).map(|c| c.on).min();
        let has_run = |on: NaiveDate| days_between(on, self.as_of) >= i64::from(*days);
        let ripe = |cited: &&Cited<'r>| noticed_on(cited.item).is_some_and(has_run);
        let announced: Vec<Cited<'r>> = rung.cited.iter().filter(ripe).copied().collect();
        if !announced.is_empty() {
            rung.cited = announced;
        } else {
            // It has run for the first of the items that it named, whenever the last notice went out.
            let why = match rung.cited.iter().filter_map(|c| noticed_on(c.item)).min() {
                Some(on) => for_days(format!("{notice} was sent on {on}, {days} days"), on, *days),
                None => Some(format!("{notice} of {last} was not reported as sent")),
            };
            reasons.because(HoldReason::NoticePeriod, why);
        }
        rung
    }

    /// Did the contact name the item? Where that is not known: what was not overdue on its day was not in it.
    fn named(&self, contact: &Contact, item: &Item) -> bool {
        match contact.items.as_slice() {
            [] => self.rules.calendar.next_business_day(item.due_date) < contact.on,
            items => items.iter().any(|named| named.is(item)),
        }
    }
}
