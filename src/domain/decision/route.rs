//! How an action goes out: the channel, the address and the hour.
//!
//! Among the addresses on the step's channels the one comes first on whose channel the debtor is expected to answer
//! most (`Reach::odds`: its own answers and its stated preference, tempered by the prior), then the cheaper one, then
//! the one that the step names first. A notice that the law asks for goes by the step's order alone: what counts there
//! is proof that it was sent, not an answer. What cannot be used is passed over, and the trace says why.

use std::cmp::{Ordering, Reverse};

use chrono::Timelike;

use super::{Contact, HoldReason, Matter, Reasons, Step};
use crate::domain::answers::{ChannelAnswers, Odds};
use crate::domain::calendar::{Place, Slot};
use crate::domain::case::{ContactPoint, Debtor, Validity};
use crate::domain::money::Minor;
use crate::domain::procedure::{Channel, StepKind};

/// Days for which an instruction to a bureau, registry or agency may be carried out.
const INSTRUCTION_DAYS: u64 = 5;

/// Days in which the next lawful hour is looked for, to say when one comes.
const NEXT_SLOT_DAYS: u32 = 14;

/// How an action goes out.
pub(super) struct Route<'a> {
    pub(super) channel: Channel,
    pub(super) point: Option<&'a ContactPoint>,
    pub(super) validity: Validity,
}

/// An address with what speaks for it.
struct Candidate<'a> {
    point: &'a ContactPoint,
    known: ChannelAnswers,
    /// `None`: the step's order decides.
    odds: Option<Odds>,
    cost: Minor,
    /// Place of the channel in the step.
    position: usize,
}

impl<'a> Matter<'a> {
    /// Channel, address and hour; where there is none, every reason is noted.
    pub(super) fn route(&mut self, step: &Step, contacts: &[Contact], reasons: &mut Reasons) -> Option<Route<'a>> {
        if step.kind.is_instruction() {
            let validity = instruction_validity(self.as_of);
            return Some(Route { channel: Channel::Instruction, point: None, validity });
        }
        let address = self.address(step, contacts);
        let place = self.place();
        let slot = self.slot(&place);
        if slot.is_none() {
            let next = self.rules.calendar.slot(self.as_of, NEXT_SLOT_DAYS, &place, None);
            let day = next.map(|slot| slot.not_before.with_timezone(&place.zone).date_naive());
            reasons.because(HoldReason::NoLegalSlot, day.map(|day| format!("next lawful hour from {day}")));
        }
        let (channel, point) = address.map_err(|(reason, why)| reasons.because(reason, why)).ok()?;
        let slot = slot?;
        let validity = Validity { not_before: slot.not_before, expires_at: slot.expires_at };
        Some(Route { channel, point: Some(point), validity })
    }

    /// The address to use: the first that may be used.
    fn address(
        &mut self,
        step: &Step,
        contacts: &[Contact],
    ) -> Result<(Channel, &'a ContactPoint), (HoldReason, Option<String>)> {
        let candidates = self.candidates(step);
        let (mut opted_out, mut capped, mut today) = (false, false, false);
        for (place, candidate) in candidates.iter().enumerate() {
            let (point, channel) = (candidate.point, candidate.point.channel);
            let same = |is: fn(&ContactPoint) -> bool| {
                candidates.iter().any(|other| is(other.point) && other.point.is_same_address(point))
            };
            let refusal = match point {
                _ if same(|p| p.opted_out) => "opted out",
                _ if same(|p| !p.is_valid) => "bounced or known to be wrong",
                _ if same(|p| !p.is_authorized) && self.names_debt(step, channel) => {
                    "not authorised to hear about the debt"
                }
                _ if !self.has_template(step, channel) => "no template",
                _ if self.is_written_today(channel, contacts) => "written to today already",
                _ if self.is_channel_capped(channel, contacts) => "cap reached",
                _ => {
                    self.trace.push(candidate.won_over(&candidates[place..]));
                    return Ok((channel, point));
                }
            };
            opted_out |= refusal == "opted out";
            capped |= refusal == "cap reached";
            today |= refusal == "written to today already";
            self.trace.push(format!("{} passed over: {refusal}", channel.as_str()));
        }
        let names: Vec<&str> = step.channels.iter().map(|c| c.as_str()).collect();
        let looked_at = format!("looked at {}", names.join(", "));
        if today && !capped {
            let why = format!("one message a day on each channel; {looked_at}");
            return Err((HoldReason::FrequencyCap, Some(why)));
        }
        let reason = match (capped, opted_out) {
            (true, _) => HoldReason::FrequencyCap,
            (false, true) => HoldReason::OptedOut,
            (false, false) => HoldReason::NoContactPoint,
        };
        Err((reason, Some(looked_at)))
    }

    fn names_debt(&self, step: &Step, channel: Channel) -> bool {
        self.rules.templates.names_debt(self.language(), &step.template, channel)
    }

    /// The debtor's addresses on the step's channels, the best first.
    fn candidates(&self, step: &Step) -> Vec<Candidate<'a>> {
        let debtor: &'a Debtor = self.debtor;
        let reach = &self.rules.reach;
        let by_order = matches!(step.kind, StepKind::NegativacaoNotice | StepKind::ProtestoNotice);
        let candidate = |point: &'a ContactPoint| {
            let position = step.channels.iter().position(|c| *c == point.channel)?;
            let known = debtor.answers.on(point.channel);
            let odds = (!by_order).then(|| reach.odds(known, &self.standing.segment, point.preference_rank));
            Some(Candidate { point, known, odds, cost: reach.cost(point.channel), position })
        };
        let mut candidates: Vec<Candidate<'a>> = debtor.points.iter().filter_map(candidate).collect();
        candidates.sort_by(Candidate::order);
        candidates
    }

    fn has_template(&self, step: &Step, channel: Channel) -> bool {
        let templates = &self.rules.templates;
        templates.has(self.language(), &step.template, channel)
            || templates.has(&self.rules.default_language, &step.template, channel)
    }

    fn place(&self) -> Place<'a> {
        let debtor: &'a Debtor = self.debtor;
        let zone = self.rules.calendar.zone_of(debtor.time_zone.as_deref(), debtor.state.as_deref());
        Place { state: debtor.state.as_deref(), city: debtor.city.as_deref(), zone }
    }

    /// The slot at the hour that the account answers best, else its segment's, else as the window opens.
    ///
    /// An hour before the window opens means: as early as may be. One after it has closed is none.
    fn slot(&mut self, place: &Place<'_>) -> Option<Slot> {
        let slot_at = |hour| self.rules.calendar.slot(self.as_of, self.rules.slot_days, place, hour);
        let own = self.debtor.answers.best_hour(self.rules.reach.hour_answers_min);
        let own = own.map(|(hour, answers)| (hour, format!("hour {hour}: {answers} answers")));
        let of_segment = self.rules.reach.best_hours.get(&self.standing.segment);
        let of_segment = of_segment.map(|hour| (*hour, format!("hour {hour}: best of the segment")));
        for (hour, why) in own.into_iter().chain(of_segment) {
            let slot = slot_at(Some(hour))?;
            if slot.not_before.with_timezone(&place.zone).hour() >= hour {
                self.trace.push(why);
                return Some(slot);
            }
        }
        slot_at(None)
    }
}

impl Candidate<'_> {
    fn order(a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        let expected = |c: &Candidate<'_>| Reverse(c.odds);
        let by_cost = |c: &Candidate<'_>| c.odds.map(|_| c.cost);
        let key = |c: &Candidate<'_>| (expected(c), by_cost(c), c.position);
        key(a).cmp(&key(b)).then_with(|| {
            let of_point = |c: &Candidate<'_>| (c.point.preference_rank.unwrap_or(i64::MAX), c.point.address.clone());
            of_point(a).cmp(&of_point(b))
        })
    }

    /// Why this one: what is known of its channel, and what set it before the next on another.
    fn won_over(&self, from_here: &[Candidate<'_>]) -> String {
        let channel = self.point.channel;
        let Some(odds) = self.odds else { return format!("channel {}: by the step's order", channel.as_str()) };
        let preferred = self.point.preference_rank.map_or(String::new(), |rank| format!("preferred ({rank}), "));
        let ChannelAnswers { contacts, answered, .. } = self.known;
        let why = format!(
            "channel {}: {preferred}{answered} of {contacts} answered, smoothed {} %",
            channel.as_str(),
            odds.percent()
        );
        let Some(next) = from_here.iter().find(|c| c.point.channel != channel) else { return why };
        let name = next.point.channel.as_str();
        match next.odds.filter(|other| *other != odds) {
            Some(other) => format!("{why}; {name} {} %", other.percent()),
            None if next.cost != self.cost => format!("{why}; {name} as much, but dearer"),
            None => format!("{why}; {name} as much, but later in the step"),
        }
    }
}

/// No debtor is addressed, so no contact window binds: from the start of the day, for some days.
pub(super) fn instruction_validity(as_of: chrono::NaiveDate) -> Validity {
    let midnight = as_of.and_time(chrono::NaiveTime::MIN).and_utc();
    Validity { not_before: midnight, expires_at: midnight + chrono::Days::new(INSTRUCTION_DAYS) }
}
