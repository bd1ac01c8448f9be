//! Réguas: steps, triggers and what they refer to.

use super::charges::KnownRates;
use super::{Document, PlanBuilder, unknown};
use crate::config::raw::{RawRegua, RawStep, RawTrigger};
use crate::domain::message::Tone;
use crate::domain::portfolio::EscalationKind;
use crate::domain::procedure::{LevelOf, Procedure, Repeat, Step, StepKind, Trigger};

const STEPS_MAX: usize = 200;

/// Longer ids of steps and réguas are mistakes.
const ID_CHARS_MAX: usize = 60;
/// Days after the last payment in which thanks are still in place; the régua's own catch-up is about its ladder.
const RECEIPT_DAYS: Option<u32> = Some(3);

impl PlanBuilder<'_> {
    pub(super) fn procedure(
        &mut self,
        document: &Document,
        raw: RawRegua,
        segments: &[&str],
        known: &KnownRates<'_>,
    ) -> Procedure {
        let minimum = self.amounts(document, "/minimum", &raw.minimum);
        self.id_is_readable(document, "/id", &raw.id);
        // A key that would be read and not obeyed is worse than one that is refused.
        if raw.level_of == LevelOf::Account && raw.carrier.is_some() {
            self.refuse(
                document,
                "/carrier",
                "`carrier` needs `level_of = \"item\"`: an account climbs by its oldest item",
            );
        }
        if raw.steps.is_empty() || raw.steps.len() > STEPS_MAX {
            self.refuse(document, "/steps", format!("a régua has 1 to {STEPS_MAX} steps"));
        }
        let mut steps: Vec<Step> = Vec::new();
        for (position, step) in raw.steps.iter().enumerate() {
            let at = format!("/steps/{position}");
            self.id_is_readable(document, &format!("{at}/id"), &step.id);
            if steps.iter().any(|s| s.id == step.id) {
                self.refuse(document, &at, format!("there are two steps named `{}`; rename one", step.id));
            }
            let level = position as u32 + 1;
            let step = self.step(document, &at, level, step, raw.catch_up_days, &steps, segments);
            steps.extend(step);
        }
        let charges = raw.charges.as_ref().and_then(|c| self.charges(document, "/charges", &raw.id, c, known));
        let dunning_currency = self.dunning_currency(document, raw.dunning_currency.as_ref(), raw.fx_rounding);
        Procedure {
            id: raw.id,
            level_of: raw.level_of,
            advance: raw.advance,
            carrier: raw.carrier.unwrap_or_default(),
            min_gap_days: raw.min_gap_days,
            minimum,
            dispute_scope: raw.dispute_scope,
            charges,
            dunning_currency,
            steps,
        }
    }

    fn segments_of_step(&mut self, document: &Document, at: &str, raw: &RawStep, segments: &[&str]) {
        let at = format!("{at}/segments");
        if raw.segments.as_ref().is_some_and(Vec::is_empty) {
            let message =
                format!("step `{}` is for no segment, so for nobody; name some, or leave `segments` out", raw.id);
            self.refuse(document, &at, message);
        }
        for name in raw.segments.iter().flatten().filter(|name| !segments.contains(&name.as_str())) {
            self.refuse(document, &at, unknown("segment", name, segments.iter().copied()));
        }
    }

    /// It is part of every action_id for ever, and stands in tables, file names and sentences.
    fn id_is_readable(&mut self, document: &Document, at: &str, id: &str) {
        let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | '"');
        let is_padded = id.trim() != id;
        if id.is_empty() || is_padded || id.chars().count() > ID_CHARS_MAX || id.contains(is_odd) {
            let message = format!(
                "{id:?} is not an id: it has 1 to {ID_CHARS_MAX} characters, no space at its ends and none of / \\ \"; write it like d+5"
            );
            self.refuse(document, at, message);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and each argument is a different kind of thing")]
    fn step(
        &mut self,
        document: &Document,
        at: &str,
        level: u32,
        raw: &RawStep,
        catch_up_days: Option<u32>,
        earlier: &[Step],
        segments: &[&str],
    ) -> Option<Step> {
        let kind = StepKind::parse(&raw.kind);
        if kind.is_none() {
            let message = unknown("kind of step", &raw.kind, StepKind::ALL.iter().map(|(_, name)| *name));
            self.refuse(document, &format!("{at}/kind"), message);
        }
        let tone = raw.tone.as_deref().and_then(|name| {
            let tone = Tone::ALL.into_iter().find(|t| t.as_str() == name);
            if tone.is_none() {
                let message = unknown("tone", name, Tone::ALL.into_iter().map(Tone::as_str));
                self.refuse(document, &format!("{at}/tone"), message);
            }
            tone
        });
        if let Some(kind) = kind {
            self.keys_of_kind(document, at, raw, kind);
        }
        self.segments_of_step(document, at, raw, segments);
        let mut channels = Vec::new();
        for (position, name) in raw.channels.iter().enumerate() {
            channels.extend(self.channel(document, &format!("{at}/channels/{position}"), name));
        }
        if raw.channels.is_empty() && kind.is_some_and(|k| !k.is_instruction()) {
            self.refuse(document, at, format!("step `{}` contacts the debtor, so it needs `channels`", raw.id));
        }
        let after_notice = self.after_notice(document, at, raw, earlier);
        let trigger = self.trigger(document, &format!("{at}/trigger"), &raw.trigger);
        let trigger = self.after_due(document, at, raw, kind, trigger);
        let fee = raw.fee.as_ref().and_then(|fee| self.fee(document, &format!("{at}/fee"), fee));
        let asks = kind.is_some_and(|kind| !kind.is_duty() && kind != StepKind::Receipt);
        if raw.fee.is_some() && (!asks || trigger.days_past_due().is_some_and(|days| days <= 0)) {
            let message = "a step that asks for nothing overdue bears no fee; take it out";
            self.refuse(document, &format!("{at}/fee"), message);
        }
        let kind = kind?;
        let repeat = raw.repeat.as_ref();
        Some(Step {
            id: raw.id.clone(),
            level,
            kind,
            trigger,
            channels,
            template: raw.template.clone().unwrap_or_else(|| kind.as_str().to_owned()),
            tone,
            catch_up_days: raw.catch_up_days.or(if kind == StepKind::Receipt { RECEIPT_DAYS } else { catch_up_days }),
            repeat: repeat.map(|r| Repeat { every_days: r.every_days, strictly: r.strictly, max: r.max }),
            segments: raw.segments.clone(),
            notice_days: raw.notice_days,
            after_notice,
            bureau: raw.bureau.clone(),
            agency: raw.agency.clone(),
            deadline_business_days: raw.deadline_business_days,
            listing_years_max: raw.listing_years_max,
            fee,
        })
    }

    /// The notice that must precede a step: an earlier step that says how many days it gives.
    fn after_notice(
        &mut self,
        document: &Document,
        at: &str,
        raw: &RawStep,
        earlier: &[Step],
    ) -> Option<(String, u32)> {
        let name = raw.after_notice.as_ref()?;
        let at = format!("{at}/after_notice");
        match earlier.iter().find(|s| s.id == *name) {
            None => {
                let message = unknown("earlier step", name, earlier.iter().map(|s| s.id.as_str()));
                self.refuse(document, &at, message);
                None
            }
            Some(notice) if notice.notice_days.is_none() => {
                self.refuse(document, &at, format!("the step `{name}` has no `notice_days`"));
                None
            }
            Some(notice) => {
                if let Some((said, listed)) = notice.bureau.as_ref().zip(raw.bureau.as_ref()).filter(|(a, b)| a != b) {
                    let message = format!(
                        "the step `{name}` gives notice of {said}, and this one is about {listed}; name one bureau in both"
                    );
                    self.refuse(document, &at, message);
                }
                let announced = StepKind::parse(&raw.kind).and_then(StepKind::escalation);
                if let Some(kind) = announced.filter(|kind| notice.kind.escalation() != Some(*kind)) {
                    let wanted = match kind {
                        EscalationKind::Protest => StepKind::ProtestoNotice,
                        _ => StepKind::NegativacaoNotice,
                    };
                    let message = format!(
                        "the step `{name}` is of kind {} and announces something else; name one of kind {}",
                        notice.kind.as_str(),
                        wanted.as_str()
                    );
                    self.refuse(document, &at, message);
                }
                notice.notice_days.map(|days| (name.clone(), days))
            }
        }
    }

    /// What speaks of arrears waits for them: a listing before the due date is refused, and one that is triggered by a
    /// balance or a promise is about what is overdue besides.
    fn after_due(
        &mut self,
        document: &Document,
        at: &str,
        raw: &RawStep,
        kind: Option<StepKind>,
        trigger: Trigger,
    ) -> Trigger {
        let Some(kind) = kind.filter(|kind| kind.is_of_arrears()) else { return trigger };
        if raw.trigger.days_past_due.is_some_and(|days| days < 1) {
            let message =
                format!("a step of kind {} is about what is overdue: its `days_past_due` is at least 1", kind.as_str());
            self.refuse(document, &format!("{at}/trigger/days_past_due"), message);
        }
        match trigger.days_past_due() {
            Some(1..) => trigger,
            _ => Trigger::All(vec![trigger, Trigger::DaysPastDue { days: 1, strictly: false }]),
        }
    }

    fn trigger(&mut self, document: &Document, at: &str, raw: &RawTrigger) -> Trigger {
        let strictly = raw.strictly;
        let mut parts = Vec::new();
        parts.extend(raw.days_past_due.map(|days| Trigger::DaysPastDue { days, strictly }));
        parts.extend(raw.days_since_issue.map(|days| Trigger::DaysSinceIssue { days, strictly }));
        parts.extend(raw.end_of_month_after.map(|days| Trigger::EndOfMonthAfter { days }));
        parts.extend(raw.days_since_previous.map(|days| Trigger::DaysSincePrevious { days, strictly }));
        if let Some(amounts) = &raw.open_balance {
            let least = self.amounts(document, &format!("{at}/open_balance"), amounts);
            parts.push(Trigger::OpenBalance { least, strictly });
        }
        if let Some(amounts) = &raw.overdue_balance {
            let least = self.amounts(document, &format!("{at}/overdue_balance"), amounts);
            parts.push(Trigger::OverdueBalance { least, strictly });
        }
        parts.extend(raw.open_items.map(|least| Trigger::OpenItems { least }));
        parts.extend(raw.overdue_items.map(|least| Trigger::OverdueItems { least }));
        if raw.late_chance.is_some() && raw.days_past_due.is_none_or(|days| days >= 0) {
            // Elsewhere it would hold before the due date and long after it, and no text is right on both sides.
            let message = "`late_chance` is for a call before the due date: write it beside a `days_past_due` below 0";
            self.refuse(document, &format!("{at}/late_chance"), message);
        }
        parts.extend(raw.late_chance.map(|least| Trigger::LateChance { least }));
        let flags = [
            (raw.promise_broken, Trigger::PromiseBroken),
            (raw.agreement_broken, Trigger::AgreementBroken),
            (raw.paid_while_listed, Trigger::PaidWhileListed),
            (raw.all_paid, Trigger::AllPaid),
        ];
        parts.extend(flags.into_iter().filter(|(flag, _)| *flag == Some(true)).map(|(_, trigger)| trigger));
        let nested = |builder: &mut Self, name: &str, list: &[RawTrigger]| -> Vec<Trigger> {
            let at = |position| format!("{at}/{name}/{position}");
            list.iter().enumerate().map(|(position, raw)| builder.trigger(document, &at(position), raw)).collect()
        };
        parts.extend(nested(self, "all", &raw.all));
        let any = nested(self, "any", &raw.any);
        if !any.is_empty() {
            parts.push(Trigger::Any(any));
        }
        match parts.len() {
            0 => {
                self.refuse(document, at, "a trigger needs a condition, such as { days_past_due = 5 }");
                Trigger::All(Vec::new())
            }
            1 => parts.remove(0),
            _ => Trigger::All(parts),
        }
    }
}
