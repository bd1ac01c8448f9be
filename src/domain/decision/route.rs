//! How an action goes out: the channel, the address and the hour.
//!
//! The addresses on the step's channels are ranked: first by what is expected of the channel, then by cost, then by the order of
//! channels in the step. Expected is that the debtor pays or promises after it (`Responses::expected`) where a model has
//! learnt from contacts enough, else that it answers (`ResponseModel::expected_rate`); its stated preference weighs alike in both. A
//! notice that the law asks for follows the step's order alone: what counts is proof that it was sent, not an answer.
//!
//! Where a share of the choices is left to chance (`explore`), it is a choice among the channels that may be used, never of another.
//!
//! An address that cannot be used is passed over, and the trace says why. So is one at which the step has failed
//! `attempts_max` times: no step is repeated for ever.

use std::cmp::{Ordering, Reverse};

use chrono::Timelike;
use chrono_tz::Tz;

use super::{AccountContext, HoldReason, Reasons, Step, explore};
use crate::domain::address::is_address;
use crate::domain::calendar::{Place, Slot};
use crate::domain::learning::responses::{Expected, PARTS, part_of, part_text};
use crate::domain::money::Amount;
use crate::domain::portfolio::{ContactPoint, Debtor, Validity};
use crate::domain::procedure::{Channel, StepKind};
use crate::domain::responses::ResponseRate;

/// Days for which an instruction to a bureau, registry or agency may be carried out that is owed to the debtor.
const DUTY_DAYS: u64 = 5;
/// Days for which any other may be: what is paid or disputed tomorrow must not be listed after it.
const INSTRUCTION_DAYS: u64 = 1;

/// Days in which the next lawful hour is looked for, to say when one comes.
const NEXT_SLOT_DAYS: u32 = 14;

/// How an action goes out.
pub(super) struct Route<'a> {
    pub(super) channel: Channel,
    pub(super) point: Option<&'a ContactPoint>,
    pub(super) validity: Validity,
    /// The chance that this channel was chosen; `None` = nothing was left to chance.
    pub(super) propensity: Option<f64>,
}

/// An address that was chosen.
struct Picked<'a> {
    point: &'a ContactPoint,
    part: Option<u32>,
    propensity: Option<f64>,
}

/// An address with what speaks for it.
struct Candidate<'a> {
    point: &'a ContactPoint,
    known: Known,
    /// `None`: the step's order decides.
    rate: Option<ResponseRate>,
    /// The part of the day that promises most; `None`: nothing tells them apart.
    part: Option<u32>,
    cost: Amount,
    /// Place of the channel in the step.
    position: usize,
}

/// What the debtor has shown on a channel.
#[derive(Clone, Copy)]
struct Known {
    contacts: u64,
    successes: u64,
    /// Days within which it paid or promised; `None`: it answered.
    days: Option<u32>,
}

impl Known {
    fn text(self) -> String {
        let Known { contacts, successes, days } = self;
        match days {
            None => format!("{successes} of {contacts} answered"),
            Some(1) => format!("{successes} of {contacts} paid or promised within 1 day"),
            Some(days) => format!("{successes} of {contacts} paid or promised within {days} days"),
        }
    }
}

/// Why an address is not used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    OptedOut,
    Invalid,
    /// What stands there is no address, or several.
    Unreadable,
    Unauthorised,
    NoTemplate,
    /// The step failed this many times at the address.
    Failed(usize),
    Today,
    Capped,
}

impl Refusal {
    fn text(self) -> String {
        match self {
            Refusal::OptedOut => "opted out".to_owned(),
            Refusal::Invalid => "bounced or known to be wrong".to_owned(),
            Refusal::Unreadable => "what stands there is no address, or several in one".to_owned(),
            Refusal::Unauthorised => "not authorised to hear about the debt".to_owned(),
            Refusal::NoTemplate => "no template".to_owned(),
            Refusal::Failed(1) => "failed once".to_owned(),
            Refusal::Failed(times) => format!("failed {times} times"),
            Refusal::Today => "written to today already".to_owned(),
            Refusal::Capped => "cap reached".to_owned(),
        }
    }
}

impl<'a> AccountContext<'a> {
    /// Channel, address and hour; where there is none, every reason is noted.
    pub(super) fn route(&mut self, step: &Step, reasons: &mut Reasons) -> Option<Route<'a>> {
        if step.kind.is_instruction() {
            let validity = instruction_validity(self.as_of, step.kind);
            return Some(Route { channel: Channel::Instruction, point: None, validity, propensity: None });
        }
        let address = self.address(step);
        let best = address.as_ref().ok().and_then(|picked| Some((picked.point.channel, picked.part?)));
        let slot = self.lawful_slot(best, reasons);
        let Picked { point, propensity, .. } = address.map_err(|(reason, why)| reasons.because(reason, why)).ok()?;
        let slot = slot?;
        let validity = Validity { not_before: slot.not_before, expires_at: slot.expires_at };
        Some(Route { channel: point.channel, point: Some(point), validity, propensity })
    }

    /// The slot where the debtor is; the reason is noted where there is none.
    fn lawful_slot(&mut self, best: Option<(Channel, u32)>, reasons: &mut Reasons) -> Option<Slot> {
        let calendar = &self.rules.calendar;
        let Some(place) = calendar.place_of(self.debtor.whereabouts()) else {
            reasons.because(HoldReason::NoLegalSlot, Some("in another country, time zone not known".to_owned()));
            return None;
        };
        if let Some(doubt) = place.doubt() {
            self.trace.push(format!("hours narrowed to those lawful in every zone of the country: {doubt}"));
        }
        let slot = self.slot(&place, best);
        if slot.is_none() {
            let next = calendar.slot(self.as_of, NEXT_SLOT_DAYS, &place, None);
            let day = next.map(|slot| slot.not_before.with_timezone(&calendar.zone_at(&place)).date_naive());
            reasons.because(HoldReason::NoLegalSlot, day.map(|day| format!("next lawful hour from {day}")));
        }
        slot
    }

    /// The address to use: the first that may be used, or one that chance has drawn.
    fn address(&mut self, step: &Step) -> Result<Picked<'a>, (HoldReason, Option<String>)> {
        let candidates = self.candidates(step);
        let mut refused: Vec<(Channel, Refusal)> = Vec::new();
        for (place, candidate) in candidates.iter().enumerate() {
            let (point, channel) = (candidate.point, candidate.point.channel);
            let Some(refusal) = self.refusal(step, point, &candidates) else {
                return Ok(self.picked(step, &candidates, place));
            };
            self.trace.push(format!("{} passed over: {}", channel.as_str(), refusal.text()));
            refused.push((channel, refusal));
        }
        Err(no_address(step, &refused))
    }

    /// The best candidate or, where chance has it, the best on another channel that may be used.
    fn picked(&mut self, step: &Step, candidates: &[Candidate<'a>], best: usize) -> Picked<'a> {
        let share = if is_explored(step.kind) { self.rules.response_model.explore } else { 0 };
        let mut usable = vec![&candidates[best]];
        for other in candidates[best..].iter().filter(|_| share > 0) {
            let is_new = usable.iter().all(|known| known.point.channel != other.point.channel);
            if is_new && self.refusal(step, other.point, candidates).is_none() {
                usable.push(other);
            }
        }
        let account = self.account;
        let (currency, date) = (account.currency.to_string(), self.as_of.to_string());
        let identity = [&account.company_id, &self.debtor.debtor_id, &currency, &date, &step.id].map(String::as_str);
        let (taken, propensity) = explore::draw(share, usable.len(), &identity);
        let picked = usable[taken];
        self.trace.push(match taken {
            0 => picked.won_over(&candidates[best..]),
            _ => picked.tried_before(usable[0], propensity),
        });
        Picked { point: picked.point, part: picked.part, propensity }
    }

    fn refusal(&self, step: &Step, point: &ContactPoint, candidates: &[Candidate<'a>]) -> Option<Refusal> {
        let channel = point.channel;
        let same = |is: fn(&ContactPoint) -> bool| {
            candidates.iter().any(|other| is(other.point) && other.point.is_same_address(point))
        };
        let failures = || self.failures(step, point);
        match point {
            _ if same(|p| p.opted_out) => Some(Refusal::OptedOut),
            _ if same(|p| !p.is_valid) => Some(match is_address(channel.as_str(), point.address.expose()) {
                true => Refusal::Invalid,
                false => Refusal::Unreadable,
            }),
            _ if same(|p| !p.is_authorized) && self.names_debt(step, channel) => Some(Refusal::Unauthorised),
            _ if !self.has_template(step, channel) => Some(Refusal::NoTemplate),
            _ if failures() >= self.rules.attempts_max as usize => Some(Refusal::Failed(failures())),
            _ if self.is_written_today(channel) => Some(Refusal::Today),
            _ if self.is_channel_capped(channel) => Some(Refusal::Capped),
            _ => None,
        }
    }

    fn names_debt(&self, step: &Step, channel: Channel) -> bool {
        self.rules.templates.names_debt(self.language(), &step.template, channel)
    }

    /// The debtor's addresses on the step's channels, the best first.
    fn candidates(&self, step: &Step) -> Vec<Candidate<'a>> {
        let debtor: &'a Debtor = self.debtor;
        let parts = self.open_parts();
        let candidate = |point: &'a ContactPoint| {
            let position = step.channels.iter().position(|c| *c == point.channel)?;
            let (known, rate, part) = self.expected(point, &parts);
            let rate = (!is_by_order(step.kind)).then_some(rate);
            let cost = self.rules.response_model.cost(point.channel);
            Some(Candidate { point, known, rate, part: part.filter(|_| rate.is_some()), cost, position })
        };
        let mut candidates: Vec<Candidate<'a>> = debtor.points.iter().filter_map(candidate).collect();
        candidates.sort_by(Candidate::order);
        candidates
    }

    /// What the debtor has shown on the channel of an address, what is expected of it, and at which part of the day.
    fn expected(&self, point: &ContactPoint, parts: &[u32]) -> (Known, ResponseRate, Option<u32>) {
        let (channel, rank) = (point.channel, point.preference_rank);
        let model = &self.rules.response_model;
        let Some(learnt) = self.rules.responses() else {
            let own = self.debtor.responses.on(channel);
            let (contacts, successes) = (u64::from(own.contacts), u64::from(own.answered));
            let rate = model.expected_rate(own, &self.classification.segment, rank);
            return (Known { contacts, successes, days: None }, rate, None);
        };
        let Expected { rate, own, part } = learnt.expected(&self.debtor.outcomes, channel, parts);
        let known = Known { contacts: own.contacts, successes: own.successes, days: Some(learnt.days) };
        (known, rate.preferred(rank, own.contacts, model.prior_weight), part)
    }

    /// The parts of the debtor's day in which a lawful slot begins; none where its zone is not known, or nothing was learnt of them.
    fn open_parts(&self) -> Vec<u32> {
        let calendar = &self.rules.calendar;
        let place = self.rules.responses().and_then(|_| calendar.place_of(self.debtor.whereabouts()));
        let zoned = place.and_then(|place| place.zone().map(|zone| (place, zone)));
        let begins_in = |part: u32, (place, zone): &(Place, Tz)| {
            let slot = calendar.slot(self.as_of, self.rules.slot_days, place, Some(part));
            slot.is_some_and(|slot| part_of(slot.not_before.with_timezone(zone).hour()) == part)
        };
        zoned.iter().flat_map(|zoned| PARTS.into_iter().filter(|part| begins_in(*part, zoned))).collect()
    }

    fn has_template(&self, step: &Step, channel: Channel) -> bool {
        let templates = &self.rules.templates;
        templates.has(self.language(), &step.template, channel)
            || templates.has(&self.rules.default_language, &step.template, channel)
    }

    /// The slot at the best part of the day where that was learnt, else at the hour that the account answers best, else its segment's,
    /// else as the window opens.
    ///
    /// An hour before the window opens means: as early as may be. One after it has closed is none.
    fn slot(&mut self, place: &Place, best: Option<(Channel, u32)>) -> Option<Slot> {
        let zone = place.zone();
        let slot_at = |hour| self.rules.calendar.slot(self.as_of, self.rules.slot_days, place, hour);
        let learnt = best.map(|(channel, part)| {
            (part, format!("hour {}: the best part of its day on {}", part_text(part), channel.as_str()))
        });
        let own = self.debtor.responses.best_hour(self.rules.response_model.hour_answers_min);
        let own = own.map(|(hour, answers)| (hour, format!("hour {hour}: {answers} answers")));
        let of_segment = self.rules.response_model.best_hours.get(&self.classification.segment);
        let of_segment = of_segment.map(|hour| (*hour, format!("hour {hour}: best of the segment")));
        for (hour, why) in learnt.into_iter().chain(own).chain(of_segment).filter(|_| zone.is_some()) {
            let slot = slot_at(Some(hour))?;
            if zone.is_some_and(|zone| slot.not_before.with_timezone(&zone).hour() >= hour) {
                self.trace.push(why);
                return Some(slot);
            }
        }
        slot_at(None)
    }
}

impl Candidate<'_> {
    fn order(a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        let expected = |c: &Candidate<'_>| Reverse(c.rate);
        let by_cost = |c: &Candidate<'_>| c.rate.map(|_| c.cost);
        let key = |c: &Candidate<'_>| (expected(c), by_cost(c), c.position);
        key(a).cmp(&key(b)).then_with(|| {
            let of_point = |c: &Candidate<'_>| (c.point.preference_rank.unwrap_or(i64::MAX), c.point.address.clone());
            of_point(a).cmp(&of_point(b))
        })
    }

    /// Why this one: what is known of its channel, and what set it before the next on another.
    fn won_over(&self, from_here: &[Candidate<'_>]) -> String {
        let channel = self.point.channel;
        let Some(rate) = self.rate else { return format!("channel {}: by the step's order", channel.as_str()) };
        let preferred = self.point.preference_rank.map_or(String::new(), |rank| format!("preferred ({rank}), "));
        let why =
            format!("channel {}: {preferred}{}, smoothed {} %", channel.as_str(), self.known.text(), rate.percent());
        let Some(next) = from_here.iter().find(|c| c.point.channel != channel) else { return why };
        let name = next.point.channel.as_str();
        match next.rate.filter(|other| *other != rate) {
            Some(other) => format!("{why}; {name} {} %", other.percent()),
            None if next.cost != self.cost => format!("{why}; {name} as much, but dearer"),
            None => format!("{why}; {name} as much, but later in the step"),
        }
    }

    /// Chance has put it before the best.
    fn tried_before(&self, best: &Candidate<'_>, propensity: Option<f64>) -> String {
        let [channel, before] = [self, best].map(|c| c.point.channel.as_str());
        let of_best = best.rate.map_or(String::new(), |rate| format!(", smoothed {} %", rate.percent()));
        let chance = propensity.map_or(String::new(), |chance| format!(", with a chance of {:.1} %", chance * 100.0));
        format!("channel {channel}: drawn to be tried{chance}; {before} would be the best{of_best}")
    }
}

/// A notice that the law asks for goes by the order of the step.
fn is_by_order(kind: StepKind) -> bool {
    matches!(kind, StepKind::NegativacaoNotice | StepKind::ProtestoNotice)
}

/// Chance has no say in what the law asks for, and thanks lead to no payment.
fn is_explored(kind: StepKind) -> bool {
    !is_by_order(kind) && kind != StepKind::Receipt
}

/// Why no address of a step can be used; a cap and a message of today pass, and what failed too often comes before an
/// opt-out from the rest.
fn no_address(step: &Step, refused: &[(Channel, Refusal)]) -> (HoldReason, Option<String>) {
    let any = |is: Refusal| refused.iter().any(|(_, refusal)| *refusal == is);
    let names: Vec<&str> = step.channels.iter().map(|c| c.as_str()).collect();
    let looked_at = format!("looked at {}", names.join(", "));
    let failed = refused.iter().filter(|(_, refusal)| matches!(refusal, Refusal::Failed(_)));
    let failed: Vec<String> = failed.map(|(channel, why)| format!("{} {}", channel.as_str(), why.text())).collect();
    match (any(Refusal::Capped), any(Refusal::Today), failed.is_empty()) {
        (false, true, _) => (HoldReason::FrequencyCap, Some(format!("one message a day on each channel; {looked_at}"))),
        (true, _, _) => (HoldReason::FrequencyCap, Some(looked_at)),
        (false, false, false) => {
            (HoldReason::NoContactPoint, Some(format!("tried: {}; {looked_at}", failed.join(", "))))
        }
        (false, false, true) if any(Refusal::OptedOut) => (HoldReason::OptedOut, Some(looked_at)),
        (false, false, true) => (HoldReason::NoContactPoint, Some(looked_at)),
    }
}

/// No debtor is addressed, so no contact window binds: from the start of the day, for a day, or for some where it is owed.
pub(super) fn instruction_validity(as_of: chrono::NaiveDate, kind: StepKind) -> Validity {
    let midnight = as_of.and_time(chrono::NaiveTime::MIN).and_utc();
    let days = if kind.is_duty() { DUTY_DAYS } else { INSTRUCTION_DAYS };
    Validity { not_before: midnight, expires_at: midnight + chrono::Days::new(days) }
}
