//! What may not be listed, protested or announced for it: what is entered there, or was asked to be, and what is too old.
//!
//! A step that is left with nothing to list is passed by, and the ladder goes on to the next: an account whose items
//! somebody else has listed would stand on that rung for good.

use chrono::Months;

use super::{Contact, Item, Matter, Next, Procedure, Step};
use crate::domain::procedure::{Facts, Sent};

/// CDC art. 43 § 1: nothing negative is kept for longer; the term runs from the due date.
const LISTING_YEARS_MAX: u32 = 5;

/// Where a step stands, the items that it names, and why steps before it were passed by.
type Found<'p, 'i> = (Next<'p>, Vec<&'i Item>, Option<String>);

impl Matter<'_> {
    /// The next step with what it may name of the items that `cited` gives it.
    pub(super) fn next_listable<'p, 'i>(
        &mut self,
        procedure: &'p Procedure,
        facts: &Facts,
        sent: &[Sent],
        contacts: &[Contact],
        cited: &dyn Fn(&Step) -> Vec<&'i Item>,
    ) -> Found<'p, 'i> {
        let mut sent = sent.to_vec();
        let mut passed: Vec<String> = Vec::new();
        loop {
            let next = procedure.next_step(facts, &self.standing.segment, &sent);
            let why = || (!passed.is_empty()).then(|| passed.join(", "));
            let Next::Due { step, .. } = &next else { return (next, Vec::new(), why()) };
            match self.listable(step, contacts, cited(step)) {
                Ok(items) => return (next, items, why()),
                Err(reason) => {
                    let line = format!("{} passed by: {reason}", step.id);
                    // Twice the same step: nothing lies above it.
                    if passed.contains(&line) {
                        return (Next::Exhausted, Vec::new(), why());
                    }
                    self.trace.push(line.clone());
                    passed.push(line);
                    sent.push(Sent { step_id: step.id.clone(), on: self.as_of, counts: true, is_named: true });
                }
            }
        }
    }

    /// The items that a step may name; where none is left, why.
    fn listable<'i>(
        &mut self,
        step: &Step,
        contacts: &[Contact],
        cited: Vec<&'i Item>,
    ) -> Result<Vec<&'i Item>, String> {
        if step.kind.register().is_none() {
            return Ok(cited);
        }
        let (mut items, mut left_out) = (Vec::new(), Vec::new());
        for item in cited {
            match self.why_not_listed(step, contacts, item) {
                Some(why) => left_out.push(format!("{}/{} {why}", item.invoice_id, item.installment_no)),
                None => items.push(item),
            }
        }
        if items.is_empty() {
            return Err(left_out.join(", "));
        }
        // What led to the step may be left out of it: then something else must be as late.
        let days = step.trigger.days_past_due();
        if days.is_some_and(|days| items.iter().all(|item| item.days_past_due < days)) {
            left_out.push("nothing else is as late".to_owned());
            return Err(left_out.join(", "));
        }
        self.trace.extend(left_out.into_iter().map(|line| format!("left out: {line}")));
        Ok(items)
    }

    fn why_not_listed(&self, step: &Step, contacts: &[Contact], item: &Item) -> Option<String> {
        let kind = step.kind.register()?;
        // A step without a bureau means whichever there is.
        let is_there = |bureau: &str| step.bureau.as_ref().is_none_or(|own| own == bureau);
        let is_item =
            |other: &&Item| other.invoice_id == item.invoice_id && other.installment_no == item.installment_no;
        let mut entries = self.account.entries.iter().filter(|e| e.kind == kind && is_there(&e.counterpart));
        if let Some(entry) = entries.find(|e| e.items.iter().any(|i| is_item(&i))) {
            return Some(format!("is with {} since {}", entry.counterpart, entry.since));
        }
        if let Some(on) = self.asked_on(step, contacts, item) {
            return Some(format!("was instructed on {on}"));
        }
        let years = step.listing_years_max.unwrap_or(LISTING_YEARS_MAX);
        let last_day = item.due_date.checked_add_months(Months::new(years.saturating_mul(12)));
        last_day.is_some_and(|day| self.as_of > day).then(|| format!("was due more than {years} years ago"))
    }

    /// An instruction of this episode named the item, and is not known to have failed; the bureau has yet to report.
    fn asked_on(&self, step: &Step, contacts: &[Contact], item: &Item) -> Option<chrono::NaiveDate> {
        let instructed = |contact: &&Contact| {
            let procedure = contact.regua.as_ref().and_then(|id| self.rules.procedures.get(id));
            let earlier = procedure.zip(contact.step_id.as_ref()).and_then(|(p, id)| p.step(id));
            earlier.is_some_and(|e| {
                e.kind.is_instruction() && e.kind.register() == step.kind.register() && e.bureau == step.bureau
            })
        };
        let named = |contact: &&Contact| contact.items.iter().any(|named| named.is(item));
        let of_episode = self.counted_in_cycle(contacts);
        of_episode.filter(named).filter(instructed).map(|c| c.on).max()
    }
}
