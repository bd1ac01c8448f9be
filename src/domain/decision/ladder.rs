//! The ladder: which step comes next for an account, or for each of its items, and which items that step names.
//!
//! An account climbs by its oldest item. With `level_of = "item"` every item climbs on its own, one of them carries
//! the message, and the others are named in it with the step that they take themselves.

use std::cmp::Reverse;

use super::select::Balance;
use super::{AccountContext, Item, Procedure, Step, select};
use crate::domain::procedure::{Carrier, Facts, LevelOf, Next, StepKind};

/// An item that a message names.
#[derive(Clone, Copy)]
pub(super) struct Cited<'a> {
    pub item: &'a Item,
    /// The step that it takes with this message; `None`: it is listed beside others.
    pub takes: Option<&'a Step>,
}

/// The step that is due, and what it names.
pub(super) struct Rung<'a> {
    pub step: &'a Step,
    pub occurrence: u32,
    /// Of the item that led to it.
    pub days_past_due: i64,
    pub cited: Vec<Cited<'a>>,
}

impl<'a> Rung<'a> {
    /// A step beside the ladder, about items that take nothing with it.
    pub(super) fn about(step: &'a Step, occurrence: u32, items: &'a [Item]) -> Rung<'a> {
        let cited = items.iter().map(|item| Cited { item, takes: None }).collect();
        Rung { step, occurrence, days_past_due: 0, cited }
    }
}

/// What the ladder says.
pub(super) enum Climb<'a> {
    Due(Rung<'a>),
    /// Not yet, or no more.
    Wait(Waiting<'a>),
}

/// What an account waits for.
pub(super) struct Waiting<'a> {
    pub next: Next<'a>,
    /// The item that was looked at, and its facts.
    pub lead: &'a Item,
    pub facts: Facts,
    /// Why steps before it were passed by.
    pub passed: Option<String>,
}

impl<'a> AccountContext<'a> {
    /// The next step; `None` where there is no item to name.
    pub(super) fn climb(&mut self, procedure: &'a Procedure, eligible: &[&'a Item]) -> Option<Climb<'a>> {
        let climb = match procedure.level_of {
            LevelOf::Account => self.climb_by_account(procedure, eligible),
            LevelOf::Item => self.climb_by_item(procedure, eligible),
        };
        self.end_asides();
        climb
    }

    fn climb_by_account(&mut self, procedure: &'a Procedure, eligible: &[&'a Item]) -> Option<Climb<'a>> {
        let lead = select::anchor(eligible, |open| self.is_below(Some(procedure), &self.rules.tolerance, open))?;
        let sent = self.sent_in_cycle(procedure, lead);
        let facts = self.facts(procedure, lead, Balance::of(eligible), &sent);
        let segment = &self.classification.segment;
        self.trace.push(procedure.considered(&facts, segment, &sent));
        self.state = procedure.state(&facts, segment);
        let (next, cited, passed) =
            self.next_listable(procedure, &facts, &sent, &|step| select::cited(eligible, lead, step));
        Some(match next {
            Next::Due { step, occurrence } => {
                let occurrence = occurrence.max(self.next_occurrence(step));
                let cited = cited.into_iter().map(|item| Cited { item, takes: Some(step) }).collect();
                Climb::Due(Rung { step, occurrence, days_past_due: facts.days_past_due, cited })
            }
            next => Climb::Wait(Waiting { next, lead, facts, passed }),
        })
    }

    fn climb_by_item(&mut self, procedure: &'a Procedure, eligible: &[&'a Item]) -> Option<Climb<'a>> {
        let balance = Balance::of(eligible);
        let mut rungs: Vec<LadderPosition<'a>> = Vec::with_capacity(eligible.len());
        for item in eligible {
            let sent = self.sent_of_item(item);
            let facts = self.facts_of_item(procedure, item, balance, &sent);
            let state = procedure.state(&facts, &self.classification.segment);
            let (next, _, passed) = self.next_listable(procedure, &facts, &sent, &|_| vec![*item]);
            rungs.push(LadderPosition { item, next, passed, state });
        }
        self.state = rungs.iter().filter_map(|r| r.state).max_by_key(|step| step.level);
        let lead = carrier(procedure.carrier, &rungs)?;
        let (name, number) = (&lead.item.invoice_id, lead.item.installment_no);
        let sent = self.sent_of_item(lead.item);
        let facts = self.facts_of_item(procedure, lead.item, balance, &sent);
        self.trace.push(format!("carried by item {name}/{number}, {} to look at", rungs.len()));
        self.trace.push(procedure.considered(&facts, &self.classification.segment, &sent));
        let Next::Due { step, .. } = lead.next else {
            let (next, passed) = (lead.next.clone(), lead.passed.clone());
            return Some(Climb::Wait(Waiting { next, lead: lead.item, facts, passed }));
        };
        let occurrence = self.next_occurrence(step);
        let cited = rungs.iter().filter_map(|rung| rung.cited_with(lead, step)).collect();
        Some(Climb::Due(Rung { step, occurrence, days_past_due: facts.days_past_due, cited }))
    }
}

/// Where one item stands on the ladder.
struct LadderPosition<'a> {
    item: &'a Item,
    next: Next<'a>,
    passed: Option<String>,
    state: Option<&'a Step>,
}

impl<'a> LadderPosition<'a> {
    fn due(&self) -> Option<&'a Step> {
        match self.next {
            Next::Due { step, .. } => Some(step),
            _ => None,
        }
    }

    fn age(&self) -> (bool, chrono::NaiveDate, &str, i64) {
        (!self.item.is_overdue(), self.item.due_date, &self.item.invoice_id, self.item.installment_no)
    }

    /// Named beside the item that carries the message? It takes its own step, never one above the message's.
    ///
    /// A listing, a protest, an agency and the notices of them are about those items alone that came so far.
    fn cited_with(&self, lead: &LadderPosition<'a>, step: &'a Step) -> Option<Cited<'a>> {
        let takes = self.due().filter(|own| own.level <= step.level);
        let is_exclusive =
            step.kind.is_instruction() || matches!(step.kind, StepKind::NegativacaoNotice | StepKind::ProtestoNotice);
        let is_cited = match (is_exclusive, lead.item.is_overdue()) {
            (true, _) => takes == Some(step),
            (false, true) => self.item.is_overdue(),
            (false, false) => !self.item.is_overdue() && takes.is_some(),
        };
        is_cited.then_some(Cited { item: self.item, takes })
    }
}

/// The item that sets the step of the message.
fn carrier<'r, 'a>(by: Carrier, rungs: &'r [LadderPosition<'a>]) -> Option<&'r LadderPosition<'a>> {
    let oldest = || rungs.iter().min_by(|a, b| a.age().cmp(&b.age()));
    match by {
        Carrier::OldestItem => oldest(),
        Carrier::LargestItem => rungs.iter().max_by(|a, b| {
            let size = |r: &LadderPosition<'a>| (r.item.is_overdue(), r.item.open);
            size(a).cmp(&size(b)).then_with(|| b.age().cmp(&a.age()))
        }),
        Carrier::MaxLevel => {
            let due = rungs.iter().filter_map(|r| Some((r, r.due()?)));
            let highest = due.max_by(|(a, x), (b, y)| (x.level, Reverse(a.age())).cmp(&(y.level, Reverse(b.age()))));
            highest.map(|(rung, _)| rung).or_else(oldest)
        }
    }
}
