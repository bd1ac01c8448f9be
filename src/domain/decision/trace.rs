//! The trace of a decision: one short text for each rule that had a say, in order.
//!
//! The first word of a text says what it is about: `segment`, `régua`, `cycle`, `left out`, `steps:`, `step`,
//! `channel`, `hold`, `hours narrowed`, `slot`, `template`. A hold with a known end names it: `until` a day, that day
//! included, or `from` the day on which it is over. `regua explain` turns the texts into sentences.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::route::Route;
use super::{AccountContext, HoldReason, Item, Reasons, Step};
use crate::domain::message::Rendered;
use crate::domain::procedure::Facts;

/// Items that a text names; more are counted.
const ITEMS_MAX: usize = 5;
/// Lines of one kind that a trace holds; more are counted.
const LINES_MAX: usize = 20;

/// `last contact on 2026-06-29, until 2026-07-01`: the last of so many days that begin with that one.
pub(super) fn for_days(why: String, from: NaiveDate, days: u32) -> Option<String> {
    let last = from.checked_add_days(Days::new(u64::from(days)))?.pred_opt()?;
    Some(format!("{why}, until {last}"))
}

impl Reasons {
    /// Every reason that applies, with what was looked at.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(reason, why)| match why {
            Some(why) => format!("hold {}: {why}", reason.as_str()),
            None => format!("hold {}", reason.as_str()),
        })
    }
}

/// The first of many texts, and how many there are besides.
pub(super) fn listed(texts: &[String]) -> String {
    texts[..texts.len().min(ITEMS_MAX)].join(", ") + &and_more(texts.len())
}

fn and_more(count: usize) -> String {
    match count.saturating_sub(ITEMS_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

impl AccountContext<'_> {
    /// One of many lines of a kind: the first ones are kept, the others counted.
    pub(super) fn aside(&mut self, line: String) {
        self.asides += 1;
        if self.asides <= LINES_MAX {
            self.trace.push(line);
        }
    }

    /// That was all of this kind.
    pub(super) fn end_asides(&mut self) {
        let more = std::mem::take(&mut self.asides).saturating_sub(LINES_MAX);
        if more > 0 {
            self.trace.push(format!("and {more} more lines like these"));
        }
    }

    /// Which items no message may name, and why.
    pub(super) fn trace_left_out(&mut self, item_holds: &[Vec<HoldReason>]) {
        let mut by_reason: BTreeMap<HoldReason, Vec<&Item>> = BTreeMap::new();
        for (item, holds) in self.items.iter().zip(item_holds) {
            holds.iter().for_each(|reason| by_reason.entry(*reason).or_default().push(item));
        }
        for (reason, items) in by_reason {
            let text = |item: &&Item| {
                let until = item_until(item, reason).map_or(String::new(), |day| format!(" until {day}"));
                format!("{} / {}{until}", item.invoice_id, item.installment_no)
            };
            let first: Vec<String> = items.iter().take(ITEMS_MAX).map(text).collect();
            self.trace.push(format!("left out by {}: {}{}", reason.as_str(), first.join(", "), and_more(items.len())));
        }
    }

    /// Until when the first of the items that are held for this reason is held, where that is known of all.
    pub(super) fn until_of_items(&self, reason: HoldReason, item_holds: &[Vec<HoldReason>]) -> Option<String> {
        let held = self.items.iter().zip(item_holds).filter(|(_, holds)| holds.contains(&reason));
        let ends: Option<Vec<NaiveDate>> = held.map(|(item, _)| item_until(item, reason)).collect();
        ends?.into_iter().min().map(|day| format!("until {day}"))
    }

    /// `next is d+15 from 2026-07-05`
    pub(super) fn next_text(&self, step: &Step, facts: &Facts) -> String {
        let repeated = || {
            let repeat = step.repeat?;
            facts.previous_on?.checked_add_days(Days::new(u64::from(repeat.every_days) + u64::from(repeat.strictly)))
        };
        let day = step.first_day(facts).into_iter().chain(repeated()).find(|day| *day > self.as_of);
        let from = day.map_or(String::new(), |day| format!(" from {day}"));
        format!("next is {}{from}", step.id)
    }

    /// When it goes out, and in which words.
    pub(super) fn trace_message(&mut self, route: &Route<'_>, template: &str, rendered: &Rendered) {
        let minute = "%Y-%m-%dT%H:%MZ";
        let (from, to) = (route.validity.not_before.format(minute), route.validity.expires_at.format(minute));
        self.trace.push(format!("slot {from} to {to}"));
        self.trace.push(format!("template {template} {} in {}", rendered.version, rendered.language));
    }
}

/// The last day on which this item is held for this reason; `None` where that is open.
fn item_until(item: &Item, reason: HoldReason) -> Option<NaiveDate> {
    match reason {
        HoldReason::GraceUntil => item.grace_until,
        HoldReason::PromisePending => item.promise_until,
        _ => None,
    }
}
