//! What may not be listed or protested, nor announced for it: items that are entered already or were asked to be, and
//! items that are too old.
//!
//! A step with nothing left to list is passed by, and the ladder goes on to the next: otherwise an account whose items
//! somebody else has listed would stay on that rung for good. A step is also passed by where the debtor has no address
//! on its channels, or every one was tried in vain, if a later step that is due has one.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{Months, NaiveDate};

use super::trace::listed;
use super::{AccountContext, Item, Next, Procedure, Step};
use crate::domain::names::folded;
use crate::domain::portfolio::{Contact, ContactPoint, Debtor, Escalation, EscalationKind};
use crate::domain::procedure::{Facts, Sent};

/// CDC art. 43 § 1: nothing negative is kept for longer; the term runs from the due date.
const LISTING_YEARS_MAX: u32 = 5;

/// The escalations of an account in force, and those asked for in this episode, by invoice.
pub(super) struct Escalated<'a> {
    /// With the instalment.
    in_force: HashMap<(&'a str, i64), Vec<&'a Escalation>>,
    instructions: HashMap<&'a str, Vec<Instruction<'a>>>,
}

const NO_ADDRESS: &str = "no address on its channels";
const TRIED: &str = "tried in vain at every address on its channels";

/// Are these the same bureau or registry, however they are written? `SERASA EXPERIAN` and `Serasa S.A.` are serasa: rather
/// once too few than twice.
fn is_same(own: &str, other: &str) -> bool {
    let plain = |name: &str| folded(name).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (own, other) = (plain(own), plain(other));
    own.starts_with(&other) || other.starts_with(&own)
}

/// An instruction that went to a bureau or a registry, or may have.
struct Instruction<'a> {
    kind: EscalationKind,
    bureau: Option<&'a str>,
    /// `None`: the whole invoice.
    installment_no: Option<i64>,
    on: NaiveDate,
}

/// Where a step stands, the items that it names, and why steps before it were passed by.
type Found<'p, 'i> = (Next<'p>, Vec<&'i Item>, Option<String>);

impl<'a> AccountContext<'a> {
    /// The next step with what it may name of the items that `cited` gives it.
    pub(super) fn next_listable<'i>(
        &mut self,
        procedure: &'a Procedure,
        facts: &Facts,
        sent: &[Sent<'a>],
        cited: &dyn Fn(&Step) -> Vec<&'i Item>,
    ) -> Found<'a, 'i> {
        let mut sent = Cow::Borrowed(sent);
        let mut passed: Vec<String> = Vec::new();
        let mut out_of_reach: Option<Found<'a, 'i>> = None;
        loop {
            let next = procedure.next_step(facts, &self.classification.segment, &sent);
            let why = || (!passed.is_empty()).then(|| passed.join(", "));
            let Next::Due { step, .. } = &next else { return out_of_reach.unwrap_or((next, Vec::new(), why())) };
            let reason = match self.listable(step, cited(step)) {
                // Nobody is entered or handed over by what they could not be told first.
                Ok(_) if step.kind.is_instruction() && out_of_reach.is_some() => None,
                Ok(items) if self.is_in_reach(step) => {
                    let is_reach = |line: &&String| line.ends_with(NO_ADDRESS) || line.ends_with(TRIED);
                    passed.iter().filter(is_reach).for_each(|line| self.aside(line.clone()));
                    return (next, items, why());
                }
                Ok(items) => {
                    out_of_reach.get_or_insert((next.clone(), items, None));
                    Some(if self.has_address(step) { TRIED } else { NO_ADDRESS }.to_owned())
                }
                Err(reason) => Some(reason),
            };
            let line = reason.map(|reason| format!("{} passed by: {reason}", step.id));
            // Twice the same step: nothing lies above it.
            let Some(line) = line.filter(|line| !passed.contains(line)) else {
                return out_of_reach.unwrap_or((Next::Exhausted, Vec::new(), why()));
            };
            if out_of_reach.is_none() {
                self.aside(line.clone());
            }
            passed.push(line);
            sent.to_mut().push(Sent {
                step_id: &step.id,
                on: self.as_of,
                counts: true,
                is_named: true,
                was_heard: true,
            });
        }
    }

    /// Can the step go out, to an address or to a bureau? Who has none for it (but by letter, say), or none that it was not
    /// tried at often enough, is not left on that rung for good. A notice that the law asks for is never passed by, and an
    /// opt-out makes nobody write more.
    fn is_in_reach(&self, step: &Step) -> bool {
        let may_try = |p: &ContactPoint| p.opted_out || self.failures(step, p) < self.rules.attempts_max as usize;
        step.kind.is_instruction() || step.kind.escalation().is_some() || self.addresses(step).any(may_try)
    }

    fn has_address(&self, step: &Step) -> bool {
        self.addresses(step).next().is_some()
    }

    fn addresses<'s>(&self, step: &'s Step) -> impl Iterator<Item = &'a ContactPoint> + use<'s, 'a> {
        let debtor: &'a Debtor = self.debtor;
        debtor.points.iter().filter(move |p| p.is_valid && step.channels.contains(&p.channel))
    }

    /// The items that a step may name; where none is left, why.
    fn listable<'i>(&mut self, step: &Step, cited: Vec<&'i Item>) -> Result<Vec<&'i Item>, String> {
        let Some(kind) = step.kind.escalation() else { return Ok(cited) };
        let (mut items, mut left_out) = (Vec::new(), Vec::new());
        for item in cited {
            match self.why_not_listed(step, kind, item) {
                Some(why) => left_out.push(format!("{}/{} {why}", item.invoice_id, item.installment_no)),
                None => items.push(item),
            }
        }
        if items.is_empty() {
            return Err(listed(&left_out));
        }
        // What led to the step may be left out of it: then something else must be as late.
        let days = step.trigger.days_past_due();
        if days.is_some_and(|days| items.iter().all(|item| item.days_past_due < days)) {
            let last = if left_out.is_empty() { "" } else { ", " };
            let days = days.unwrap_or_default();
            return Err(format!("{}{last}nothing else is {days} days late", listed(&left_out)));
        }
        left_out.into_iter().for_each(|line| self.aside(format!("left out: {line}")));
        Ok(items)
    }

    fn why_not_listed(&self, step: &Step, kind: EscalationKind, item: &Item) -> Option<String> {
        let escalated = self.escalated.get_or_init(|| self.escalated());
        // A step without a bureau means whichever there is.
        let is_there = |escalation: &&Escalation| {
            escalation.kind == kind && step.bureau.as_ref().is_none_or(|own| is_same(own, &escalation.counterpart))
        };
        let in_force = escalated.in_force.get(&(item.invoice_id.as_str(), item.installment_no));
        if let Some(escalation) = in_force.into_iter().flatten().copied().find(is_there) {
            let (counterpart, since) = (&escalation.counterpart, escalation.since);
            return Some(match escalation.is_asked {
                true => format!("is asked for at {counterpart} and not entered yet"),
                false => format!("is with {counterpart} since {since}"),
            });
        }
        let all = self.account.escalations.iter();
        if let Some(escalation) = all.filter(|e| e.names_unknown && e.done_on.is_none()).find(is_there) {
            let (id, since) = (&escalation.source_id, escalation.since);
            return Some(format!("may be what {id} names, which is with {} since {since}", escalation.counterpart));
        }
        let is_asked = |i: &&Instruction<'_>| {
            let is_item = i.installment_no.is_none_or(|no| no == item.installment_no);
            is_item && i.kind == kind && i.bureau == step.bureau.as_deref()
        };
        let asked = escalated.instructions.get(item.invoice_id.as_str()).into_iter().flatten().filter(is_asked);
        if let Some(on) = asked.map(|i| i.on).max() {
            return Some(format!("was instructed on {on}"));
        }
        let years = step.listing_years_max.unwrap_or(LISTING_YEARS_MAX);
        let last_day = item.due_date.checked_add_months(Months::new(years.saturating_mul(12)));
        last_day.is_some_and(|day| self.as_of > day).then(|| format!("was due more than {years} years ago"))
    }

    /// An instruction of this episode that is not known to have failed keeps what it named: the bureau has yet to report.
    fn escalated(&self) -> Escalated<'a> {
        let mut escalated = Escalated { in_force: HashMap::new(), instructions: HashMap::new() };
        for escalation in &self.account.escalations {
            for item in &escalation.items {
                escalated.in_force.entry((&item.invoice_id, item.installment_no)).or_default().push(escalation);
            }
        }
        for (contact, kind, bureau) in self.counted_in_cycle().filter_map(|c| self.instructed(c)) {
            for named in &contact.items {
                let (installment_no, on) = (named.installment_no, contact.on);
                let of_invoice = escalated.instructions.entry(&named.invoice_id).or_default();
                of_invoice.push(Instruction { kind, bureau, installment_no, on });
            }
        }
        escalated
    }

    /// The instruction behind a contact, with the kind of escalation and the bureau.
    fn instructed(&self, contact: &'a Contact) -> Option<(&'a Contact, EscalationKind, Option<&'a str>)> {
        let procedure = self.rules.procedures.get(contact.regua.as_ref()?)?;
        let step = procedure.step(contact.step_id.as_ref()?).filter(|step| step.kind.is_instruction())?;
        Some((contact, step.kind.escalation()?, step.bureau.as_deref()))
    }
}
