//! What earlier contacts allow: the cycle, the steps sent in it, gaps, caps, answers and notices.
//!
//! A published action that nobody reported on may have been sent, so it counts like one that was.

use chrono::NaiveDate;

use super::{Cap, HoldReason, Item, Matter, Minor, Procedure, Reasons, Rules, Step};
use crate::domain::action::{Action, cycle_id};
use crate::domain::case::{Account, Contact, ContactState, Debtor};
use crate::domain::procedure::{CapScope, Channel, Sent};

impl Contact {
    /// Did (or may) it have reached the debtor?
    fn counts(&self) -> bool {
        self.state != ContactState::NotSent
    }

    fn is_of(&self, debtor: &Debtor, account: &Account) -> bool {
        self.debtor_id == debtor.debtor_id
            && self.company_id.as_ref().is_none_or(|c| *c == account.company_id)
            && self.currency.as_ref().is_none_or(|c| c == account.currency.as_str())
    }
}

/// The cycle of an account: the one its last action in the present episode was published under, so that a payment
/// posted late cannot give an old episode a new name; else one named after the episode's first day.
pub(super) fn cycle_of(rules: &Rules, debtor: &Debtor, account: &Account, contacts: &[Contact]) -> String {
    let in_episode = contacts.iter().filter(|c| c.is_of(debtor, account) && c.on >= account.episode_start);
    let last = in_episode.filter(|c| c.cycle_id.is_some()).max_by_key(|c| (c.on, c.occurrence, c.action_id.as_deref()));
    match last.and_then(|c| c.cycle_id.clone()) {
        Some(id) => id,
        None => {
            cycle_id(&rules.tenant, &account.company_id, &debtor.debtor_id, account.currency, account.episode_start)
        }
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
    })
}

fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days()
}

impl Matter<'_> {
    fn own<'c>(&self, contacts: &'c [Contact]) -> impl Iterator<Item = &'c Contact> {
        contacts.iter().filter(|c| c.is_of(self.debtor, self.account))
    }

    fn of_cycle<'c>(&self, contacts: &'c [Contact]) -> impl Iterator<Item = &'c Contact> {
        self.own(contacts).filter(|c| c.cycle_id.as_ref().is_none_or(|id| *id == self.cycle_id))
    }

    /// The steps of this régua that went out in the present cycle.
    pub(super) fn sent_in_cycle(&self, procedure: &Procedure, contacts: &[Contact]) -> Vec<Sent> {
        let of_regua = |c: &&Contact| c.regua.as_ref().is_none_or(|r| *r == procedure.id);
        self.of_cycle(contacts)
            .filter(of_regua)
            .filter_map(|c| Some(Sent { step_id: c.step_id.clone()?, on: c.on, counts: c.counts() }))
            .collect()
    }

    /// One more than was ever published for this step and cycle, whatever became of it.
    pub(super) fn next_occurrence(&self, step: &Step, contacts: &[Contact]) -> u32 {
        let published = self.of_cycle(contacts).filter(|c| c.step_id.as_ref() == Some(&step.id));
        published.map(|c| c.occurrence).max().map_or(1, |n| n.max(0) as u32 + 1)
    }

    /// Under way, too recent, or answered.
    pub(super) fn note_contact_reasons(&self, procedure: &Procedure, contacts: &[Contact], reasons: &mut Reasons) {
        let age = |c: &Contact| days_between(c.on, self.as_of);
        let under_way =
            |c: &&Contact| c.state == ContactState::Unreported && age(c) < i64::from(self.rules.unreported_days);
        if let Some(contact) = self.own(contacts).find(under_way) {
            reasons.because(HoldReason::PreviousUnreported, Some(format!("published on {}", contact.on)));
        }
        let last = self.own(contacts).filter(|c| c.counts() && c.channel.addresses_debtor()).max_by_key(|c| c.on);
        if let Some(last) = last.filter(|c| age(c) < i64::from(procedure.min_gap_days)) {
            reasons.because(HoldReason::MinGap, Some(format!("last contact on {}", last.on)));
        }
        let answered = self.own(contacts).filter_map(|c| c.answered_on).max();
        if let Some(on) =
            answered.filter(|on| days_between(*on, self.as_of) < i64::from(self.rules.response_window_days))
        {
            reasons.because(HoldReason::ResponseWindow, Some(format!("answered on {on}")));
        }
        let mut capped = self.rules.caps.iter().filter(|cap| cap.channel.is_none());
        if let Some(cap) = capped.find(|cap| self.is_reached(cap, contacts)) {
            let why = format!("{} contacts in {} days", cap.contacts_max, cap.days);
            reasons.because(HoldReason::FrequencyCap, Some(why));
        }
    }

    /// A cap on this very channel, or a message to the same debtor on the same channel and day.
    pub(super) fn is_channel_capped(&self, channel: Channel, contacts: &[Contact]) -> bool {
        let capped = self.rules.caps.iter().filter(|cap| cap.channel == Some(channel));
        let today = |c: &Contact| {
            c.debtor_id == self.debtor.debtor_id && c.channel == channel && c.on == self.as_of && c.counts()
        };
        contacts.iter().any(today) || capped.into_iter().any(|cap| self.is_reached(cap, contacts))
    }

    fn is_reached(&self, cap: &Cap, contacts: &[Contact]) -> bool {
        if cap.segment.as_ref().is_some_and(|s| *s != self.standing.segment) {
            return false;
        }
        let in_scope = |c: &&Contact| match cap.scope {
            CapScope::Account => c.is_of(self.debtor, self.account),
            CapScope::Debtor => c.debtor_id == self.debtor.debtor_id,
            CapScope::Group => true,
        };
        let in_window = |c: &&Contact| days_between(c.on, self.as_of) < i64::from(cap.days);
        let on_channel = |c: &&Contact| cap.channel.is_none_or(|channel| c.channel == channel);
        let counted = contacts.iter().filter(|c| c.counts() && c.channel.addresses_debtor());
        counted.filter(in_scope).filter(in_window).filter(on_channel).count() as u32 >= cap.contacts_max
    }

    /// Too little to write about, or a notice that has not run its days.
    pub(super) fn note_step_reasons(
        &self,
        procedure: &Procedure,
        step: &Step,
        cited: &[&Item],
        contacts: &[Contact],
        reasons: &mut Reasons,
    ) {
        let sum: Minor = cited.iter().map(|i| i.open).sum();
        let minimum = procedure.minimum.get(&self.account.currency).copied().unwrap_or(Minor::ZERO);
        reasons.note(sum < minimum, HoldReason::BelowMinimum);
        let Some((notice, days)) = &step.after_notice else { return };
        let sent = self.sent_in_cycle(procedure, contacts);
        let notice_on = sent.iter().filter(|s| s.counts && s.step_id == *notice).map(|s| s.on).max();
        match notice_on {
            None => reasons.because(HoldReason::NoticePeriod, Some(format!("{notice} was not sent"))),
            Some(on) if days_between(on, self.as_of) < i64::from(*days) => {
                reasons.because(HoldReason::NoticePeriod, Some(format!("{notice} was sent on {on}, {days} days")));
            }
            Some(_) => {}
        }
    }
}
