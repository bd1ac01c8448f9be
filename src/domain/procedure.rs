//! The régua: steps, what triggers them, and how an account climbs from one to the next.
//!
//! A procedure is data; `next_step` is the only place that reads it. It looks at facts that are already worked out
//! (days past due, what was sent, what was broken) and never at a clock or a table.

mod kinds;
mod trigger;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::kinds::{Channel, StepKind};
use self::trigger::reaches;
pub use self::trigger::{Facts, Trigger};
use super::charge::{ChargePolicy, StepFee};
use super::fx::DunningCurrency;
use super::money::{Amount, Currency};

/// What climbs the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LevelOf {
    /// The account as a whole, by its oldest item.
    #[default]
    Account,
    /// Every item on its own; one of them carries the message.
    Item,
}

/// How the next step is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advance {
    /// The next one after the last that was sent.
    #[default]
    Sequential,
    /// The highest whose trigger holds.
    HighestDue,
}

/// With items that climb on their own: which of them sets the level of the one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// The one whose due step is the highest; of equals the oldest.
    #[default]
    MaxLevel,
    /// The one that fell due first, or falls due next.
    OldestItem,
    /// The one with the most open; overdue ones come first.
    LargestItem,
}

/// What an open dispute holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeScope {
    /// The disputed item alone.
    #[default]
    Item,
    /// Every item of the account.
    Account,
}

/// Whose contacts a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapScope {
    /// Debtor with one company in one currency.
    Account,
    /// All its accounts, with every company and in every currency.
    Debtor,
    /// All debtors of one group or CNPJ root.
    Group,
}

impl CapScope {
    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            CapScope::Account => "account",
            CapScope::Debtor => "debtor",
            CapScope::Group => "group",
        }
    }
}

/// The same step again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Days since it was last sent.
    pub every_days: u32,
    /// True = more than `every_days`; false = `every_days` is enough.
    pub strictly: bool,
    /// Occurrences at the most, the first included.
    pub max: u32,
}

/// One rung of the ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Unique in its régua, and part of every action_id.
    pub id: String,
    /// Position, from 1.
    pub level: u32,
    /// What comes out of it.
    pub kind: StepKind,
    /// When it is due.
    pub trigger: Trigger,
    /// In the order of preference; empty for instructions.
    pub channels: Vec<Channel>,
    /// Name of the template, without language and channel.
    pub template: String,
    /// `None` = firm.
    pub tone: Option<super::message::Tone>,
    /// Days after its day in which it is still sent; `None` = always.
    pub catch_up_days: Option<u32>,
    /// `None` = once in an episode.
    pub repeat: Option<Repeat>,
    /// Only for these segments; none = all.
    pub segments: Option<Vec<String>>,
    /// Notices: days that the debtor has before the announced step.
    pub notice_days: Option<u32>,
    /// The step whose notice must have been sent, and the days that must have passed since.
    pub after_notice: Option<(String, u32)>,
    /// Listings and protests: the bureau or registry that gets the instruction.
    pub bureau: Option<String>,
    /// Placements: the agency that gets the items.
    pub agency: Option<String>,
    /// Duties: business days from full payment; `None` = what the law sets, or no term.
    pub deadline_business_days: Option<u32>,
    /// Listings, protests and their notices: what fell due more years ago is left out; `None` = 5.
    pub listing_years_max: Option<u32>,
    /// What the step itself costs the debtor.
    pub fee: Option<StepFee>,
}

/// One régua.
#[derive(Clone, Debug)]
pub struct Procedure {
    /// Unique, and never `none`.
    pub id: String,
    /// What climbs the steps.
    pub level_of: LevelOf,
    /// How the next step is found.
    pub advance: Advance,
    /// With `LevelOf::Item`: which item sets the step of the one message.
    pub carrier: Carrier,
    /// Days between two steps.
    pub min_gap_days: u32,
    /// By currency: least sum of due items for which it acts; a currency that is not here has no minimum.
    pub minimum: BTreeMap<Currency, Amount>,
    /// What an open dispute holds.
    pub dispute_scope: DisputeScope,
    /// Terms of its own; none = those of the company.
    pub charges: Option<ChargePolicy>,
    /// None = every account is dunned in its own currency.
    pub dunning_currency: Option<DunningCurrency>,
    /// From level 1 up, with duties and receipts among them.
    pub steps: Vec<Step>,
}

/// A step that was sent in this cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent<'a> {
    /// Possibly of a régua that the account was under before.
    pub step_id: &'a str,
    /// In the pipeline's zone.
    pub on: NaiveDate,
    /// False: it is known to have failed or to have been ignored; it is proposed again and does not escalate.
    pub counts: bool,
    /// It took the very item of the facts up this step. Otherwise its day must tell whether it can have been for it.
    pub is_named: bool,
    /// The item of the facts was in it not long ago, beside the one that led to it: neither it nor anything gentler is said
    /// of it again so soon.
    pub was_heard: bool,
}

/// What the ladder says.
#[derive(Clone, Debug, PartialEq)]
pub enum Next<'a> {
    /// This step is due today.
    Due {
        /// What to send.
        step: &'a Step,
        /// From 1: one more than the times that it was sent before in the cycle.
        occurrence: u32,
    },
    /// The next step is known, its time has not come.
    NotYet {
        /// What is waited for.
        step: &'a Step,
    },
    /// Every step was sent, or passed by.
    Exhausted,
}

impl Procedure {
    /// The step of this id; `None` where there is none, as with an id that came with the data.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }

    /// The next step for an account (or item) with these facts and this history of its cycle.
    pub fn next_step(&self, facts: &Facts, segment: &str, history: &[Sent<'_>]) -> Next<'_> {
        let counted = history.iter().filter(|s| s.counts).filter_map(|s| Some((s, self.step(s.step_id)?)));
        let last = counted.filter(|(sent, s)| s.was_for(facts, sent)).map(|(_, s)| s).max_by_key(|s| s.level);
        let above = last.map_or(0, |s| s.level);
        let heard = history.iter().filter(|sent| sent.counts && sent.was_heard);
        let heard_level = heard.filter_map(|sent| Some(self.step(sent.step_id)?.level)).max().unwrap_or(0);
        let is_heard = |s: &Step| s.level <= heard_level;
        let begins_at = self.begins_at(facts).filter(|s| s.level > above && !is_heard(s));
        if let Some(step) = begins_at.filter(|s| s.begins_with(facts)) {
            return Next::Due { step, occurrence: occurrence(step, history) };
        }
        let floor = begins_at.map_or(0, |s| s.level);
        let ladder = self.ladder().filter(|s| s.level > above && s.level >= floor);
        let open: Vec<&Step> = ladder.filter(|s| s.is_for(segment) && !s.is_missed(facts) && !is_heard(s)).collect();
        let awaited = open.iter().find(|s| s.trigger.holds_in_time(facts));
        let found = match self.advance {
            Advance::Sequential => awaited.filter(|s| s.trigger.holds(facts)),
            Advance::HighestDue => open.iter().rev().find(|s| s.trigger.holds(facts)),
        };
        if let Some(step) = found {
            return Next::Due { step, occurrence: occurrence(step, history) };
        }
        let again = last.filter(|s| s.is_for(segment)).and_then(|step| repeat_due(step, facts, history));
        match (again, awaited.or(open.first())) {
            (Some(next), _) => next,
            (None, Some(step)) => Next::NotYet { step },
            (None, None) => Next::Exhausted,
        }
    }

    /// What an account climbs; duties are owed beside it, and thanks come after it.
    fn ladder(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.steps.iter().filter(|s| s.kind.is_rung())
    }

    /// The step that a person set for the item: it goes out at once, as soon as the item is overdue, and what stands
    /// below it is passed by. One that speaks of a due date to come is not said of what is overdue; the next one is.
    fn begins_at(&self, facts: &Facts) -> Option<&Step> {
        let id = facts.begins_at.as_ref()?;
        self.ladder().find(|s| s.id == *id)
    }

    /// The state of a customer by what it owes now, whatever was sent: the highest step whose trigger holds.
    pub fn state(&self, facts: &Facts, segment: &str) -> Option<&Step> {
        self.ladder().rev().find(|s| s.is_for(segment) && s.trigger.holds(facts))
    }

    /// The day of the last step that was sent for the item of these facts.
    pub fn previous_on(&self, facts: &Facts, history: &[Sent<'_>]) -> Option<NaiveDate> {
        let was_for = |sent: &&Sent<'_>| match self.step(sent.step_id) {
            Some(step) => step.was_for(facts, sent),
            None => sent.is_named || sent.on >= facts.own_since,
        };
        history.iter().filter(|s| s.counts).filter(was_for).map(|s| s.on).max()
    }

    /// One word on every step, in order, for the trace: sent, passed, for others, due, or not due.
    pub fn considered(&self, facts: &Facts, segment: &str, history: &[Sent<'_>]) -> String {
        let last_sent = |step: &Step| {
            let is_it = |s: &&Sent<'_>| s.counts && s.step_id == step.id && (s.was_heard || step.was_for(facts, s));
            history.iter().filter(is_it).map(|s| s.on).max()
        };
        let mut text = String::from("steps:");
        for (position, step) in self.ladder().enumerate() {
            let gap = if position == 0 { "" } else { "," };
            let verdict = match last_sent(step) {
                Some(on) => format!("sent {on}"),
                None if !step.is_for(segment) => "for other segments".to_owned(),
                None if step.is_missed(facts) => "too late".to_owned(),
                None if step.trigger.holds(facts) => "due".to_owned(),
                None => "not due".to_owned(),
            };
            text.push_str(&format!("{gap} {} {verdict}", step.id));
        }
        text
    }
}

impl Step {
    /// May accounts of this segment get it?
    pub fn is_for(&self, segment: &str) -> bool {
        self.segments.as_ref().is_none_or(|names| names.iter().any(|n| n == segment))
    }

    /// Does the ladder begin with it, where a person said so?
    fn begins_with(&self, facts: &Facts) -> bool {
        let is_overdue = facts.days_past_due > 0;
        let is_before = self.trigger.days_past_due().is_some_and(|days| days <= 0);
        if is_overdue { !is_before } else { self.trigger.holds(facts) }
    }

    /// The first day on which it can be due for the item of these facts, where its days say so.
    pub fn first_day(&self, facts: &Facts) -> Option<NaiveDate> {
        self.trigger.first_day(facts)
    }

    /// Was it sent for what is now the oldest item? A D+30 notice about an invoice that has since been paid does not
    /// put the next invoice on D+30: paying the oldest item re-anchors the account at once.
    fn was_for(&self, facts: &Facts, sent: &Sent<'_>) -> bool {
        let begins_here = facts.begins_at.as_ref() == Some(&self.id);
        let first_day = self.trigger.first_day(facts).filter(|_| !begins_here);
        sent.is_named || sent.on >= first_day.unwrap_or(facts.own_since)
    }

    /// Its day is so long gone that it would be out of place now: a D−3 reminder is not sent on D+10, and whatever its
    /// `catch_up_days` no word of a due date to come is said of what is overdue.
    fn is_missed(&self, facts: &Facts) -> bool {
        let Some(days) = self.trigger.days_past_due() else { return false };
        let is_late = |catch_up: u32| facts.days_past_due > days.saturating_add(i64::from(catch_up));
        self.catch_up_days.is_some_and(is_late) || (days <= 0 && facts.days_past_due > 0)
    }
}

/// One more than the times it went out before, whatever became of them: an id is never used twice.
fn occurrence(step: &Step, history: &[Sent<'_>]) -> u32 {
    1 + history.iter().filter(|s| s.step_id == step.id).count() as u32
}

fn repeat_due<'a>(step: &'a Step, facts: &Facts, history: &[Sent<'_>]) -> Option<Next<'a>> {
    let repeat = step.repeat?;
    let sent = history.iter().filter(|s| s.counts && s.step_id == step.id && step.was_for(facts, s));
    if sent.clone().count() as u32 >= repeat.max {
        return None;
    }
    let last_on = sent.map(|s| s.on).max()?;
    let days = (facts.as_of - last_on).num_days();
    let is_due = reaches(days, i64::from(repeat.every_days), repeat.strictly);
    let occurrence = occurrence(step, history);
    Some(if is_due && step.trigger.holds(facts) { Next::Due { step, occurrence } } else { Next::NotYet { step } })
}

/// `n` days before `day`, or the earliest date there is.
pub fn days_before(day: NaiveDate, n: u32) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(n))).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests;
