//! What is owed to the debtor after a payment: a listing is removed, a protest released, a placement recalled.
//!
//! Duties go out beside the one dunning action and pass every hold but `halted`. A block, an opt-out or a régua of
//! `none` silences messages, but no law lets a paid debt stay listed because of them.
//!
//! Quarantined input stops no duty either. If it hides a payment, the duty merely comes later. If it hides the reversal
//! of a payment, something is removed that may have to be listed again. To leave a paid debt listed is the greater harm
//! (Súmula 548 of the STJ: five business days from full payment), so the duty goes out, and the trace says so.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::charges::Claim;
use super::ladder::Rung;
use super::route::{Route, instruction_validity};
use super::{AccountContext, MessageError, Procedure, Step};
use crate::domain::action::{Action, duty_cycle_id};
use crate::domain::portfolio::{Escalation, EscalationKind};
use crate::domain::procedure::{Channel, StepKind};

/// Súmula 548 of the STJ; the other duties have no term of their own.
const REMOVAL_BUSINESS_DAYS: u32 = 5;

/// One instruction that is owed, and why.
#[derive(Clone, Debug)]
pub struct Duty {
    /// On the channel `instruction`, about items that are paid or, for a recall, disputed.
    pub action: Action,
    /// Paid on which day, to be done by which, and how late it is.
    pub detail: String,
}

/// What a template may say of a duty.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DutyFields {
    /// listing_id or placement_id of the source.
    pub(super) entry_id: String,
    pub(super) since: String,
    /// Paid in full; of a placement also: disputed.
    pub(super) done_on: String,
    pub(super) deadline: Option<String>,
    pub(super) overdue_days: i64,
}

/// Duties with, for each escalation, the day by which it has to have ended.
pub(super) type Duties = (Vec<Duty>, Vec<Option<NaiveDate>>);

fn kind_of(escalation: &Escalation) -> StepKind {
    match escalation.kind {
        EscalationKind::BureauListing => StepKind::NegativacaoRemoval,
        EscalationKind::Protest => StepKind::ProtestoRelease,
        EscalationKind::AgencyPlacement => StepKind::AgencyRecall,
    }
}

impl<'a> AccountContext<'a> {
    /// One instruction for every escalation that is paid and that nobody has been asked to end; each is traced.
    pub(super) fn duties(&mut self, regua: &str) -> Result<Duties, MessageError> {
        let (mut duties, mut deadlines) = (Vec::new(), Vec::new());
        let account = self.account;
        let before = self.trace.clone();
        for escalation in &account.escalations {
            let found = self.duty_step(regua, kind_of(escalation));
            let deadline =
                escalation.done_on.and_then(|done| self.deadline(escalation, done, found.map(|(_, step)| step)));
            deadlines.push(deadline);
            let Some(done) = escalation.done_on else { continue };
            let detail = self.owed(escalation, done, deadline);
            let (silent, occurrence) = self.already(escalation);
            let line = match (&silent, found) {
                (Some(why), _) => format!("{detail}; {why}"),
                (None, None) => format!("{detail}; no régua has a step of kind {}", kind_of(escalation).as_str()),
                (None, Some((procedure, step))) => {
                    let action =
                        self.instruct((procedure, step), escalation, (done, deadline), occurrence, (&before, &detail))?;
                    duties.push(Duty { action, detail: detail.clone() });
                    detail
                }
            };
            self.aside(line);
        }
        self.end_asides();
        Ok((duties, deadlines))
    }

    /// The step of the account's régua; where that has none, the default's, or the first that has.
    fn duty_step(&self, regua: &str, kind: StepKind) -> Option<(&'a Procedure, &'a Step)> {
        let procedures = &self.rules.procedures;
        let named = [regua, &self.rules.regua].into_iter().filter_map(|id| procedures.get(id));
        named.chain(procedures.values()).find_map(|p| Some((p, p.steps.iter().find(|s| s.kind == kind)?)))
    }

    fn deadline(&self, escalation: &Escalation, done: NaiveDate, step: Option<&Step>) -> Option<NaiveDate> {
        let of_law = (escalation.kind == EscalationKind::BureauListing).then_some(REMOVAL_BUSINESS_DAYS);
        let days = step.and_then(|s| s.deadline_business_days).or(of_law)?;
        Some(self.rules.calendar.add_business_days(done, days))
    }

    fn overdue_days(&self, deadline: Option<NaiveDate>) -> i64 {
        deadline.map_or(0, |day| (self.as_of - day).num_days().max(0))
    }

    /// `listing L1 with serasa: paid on 2026-11-03, remove by 2026-11-10, overdue by 7 days`
    fn owed(&self, escalation: &Escalation, done: NaiveDate, deadline: Option<NaiveDate>) -> String {
        let (noun, verb) = match escalation.kind {
            EscalationKind::BureauListing => ("listing", "remove"),
            EscalationKind::Protest => ("protest", "release"),
            EscalationKind::AgencyPlacement => ("placement", "recall"),
        };
        let what = if escalation.is_paid { "paid on" } else { "disputed since" };
        let mut text = format!("{noun} {} with {}: {what} {done}", escalation.source_id, escalation.counterpart);
        if let Some(day) = deadline {
            text.push_str(&format!(", {verb} by {day}"));
        }
        match self.overdue_days(deadline) {
            0 => {}
            1 => text.push_str(", overdue by 1 day"),
            days => text.push_str(&format!(", overdue by {days} days")),
        }
        if self.debtor.is_held {
            text.push_str("; a bad input row can touch this debtor");
        }
        text
    }

    /// Why nothing goes out, and else under which number: one more than was ever published for this escalation.
    fn already(&self, escalation: &Escalation) -> (Option<String>, u32) {
        let cycle = self.duty_cycle(escalation);
        let of_escalation = || self.past.of_duty(&cycle).iter();
        // Where what was published for it may be forgotten: more than the days since, one of which had one at most.
        let may_be_forgotten = self.forgotten_on.is_some_and(|day| escalation.since <= day);
        let since = || if may_be_forgotten { (self.as_of - escalation.since).num_days() } else { 0 };
        let last = of_escalation().map(|c| c.occurrence).max().unwrap_or_else(since);
        let occurrence = u32::try_from(last.max(0)).unwrap_or(u32::MAX).saturating_add(1);
        let published = of_escalation().find(|c| c.counts()).map(|c| c.on);
        let silent = match (self.rules.halted, escalation.requested_on, published) {
            (true, _, _) => Some("halted".to_owned()),
            (false, Some(on), _) => Some(format!("asked for on {on}")),
            (false, None, Some(on)) => Some(format!("instructed on {on}")),
            (false, None, None) => None,
        };
        (silent, occurrence)
    }

    fn duty_cycle(&self, escalation: &Escalation) -> String {
        duty_cycle_id(&self.rules.tenant, escalation.kind, &escalation.actor_id, &escalation.source_id)
    }

    fn instruct(
        &mut self,
        (procedure, step): (&Procedure, &Step),
        escalation: &'a Escalation,
        (done, deadline): (NaiveDate, Option<NaiveDate>),
        occurrence: u32,
        (before, detail): (&[String], &str),
    ) -> Result<Action, MessageError> {
        let (is_agency, counterpart) = (escalation.kind == EscalationKind::AgencyPlacement, &escalation.counterpart);
        let bureau = (!is_agency).then(|| counterpart.clone());
        let step = Step { bureau, agency: is_agency.then(|| counterpart.clone()), ..step.clone() };
        let fields = DutyFields {
            entry_id: escalation.source_id.clone(),
            since: escalation.since.to_string(),
            done_on: done.to_string(),
            deadline: deadline.map(|d| d.to_string()),
            overdue_days: self.overdue_days(deadline),
        };
        let mut validity = instruction_validity(self.as_of, step.kind);
        // It is owed after its day too, so the day never shortens the time in which it may be carried out.
        let end_of_deadline = deadline.map(|d| (d + Days::new(1)).and_time(chrono::NaiveTime::MIN).and_utc());
        validity.expires_at = end_of_deadline.map_or(validity.expires_at, |end| end.max(validity.expires_at));
        let route = Route { channel: Channel::Instruction, point: None, validity, propensity: None };
        // What led to this one alone: with all before it, many duties would be many times as long.
        let trace = before.iter().cloned().chain([detail.to_owned(), format!("step {} is owed", step.id)]).collect();
        let cycle_id = self.duty_cycle(escalation);
        self.duty = Some(fields);
        let composed = self.compose_as(cycle_id, trace, |context| {
            let rung = Rung::about(&step, occurrence, &escalation.items);
            context.compose(procedure, rung, route, Claim::default())
        });
        self.duty = None;
        composed
    }

    /// Composes under another cycle and trace than the account's own.
    pub(super) fn compose_as(
        &mut self,
        cycle_id: String,
        trace: Vec<String>,
        compose: impl FnOnce(&mut Self) -> Result<Action, MessageError>,
    ) -> Result<Action, MessageError> {
        let own = (std::mem::replace(&mut self.cycle_id, cycle_id), std::mem::replace(&mut self.trace, trace));
        let composed = compose(self);
        (self.cycle_id, self.trace) = own;
        composed
    }
}
