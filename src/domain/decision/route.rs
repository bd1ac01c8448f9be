//! How an action goes out: the channel, the address and the hour.

use super::{Contact, Debtor, HoldReason, Matter, Reasons, Step};
use crate::domain::calendar::Place;
use crate::domain::case::{ContactPoint, Validity};
use crate::domain::procedure::Channel;

/// Days for which an instruction to a bureau, registry or agency may be carried out.
const INSTRUCTION_DAYS: u64 = 5;

/// How an action goes out.
pub(super) struct Route<'a> {
    pub(super) channel: Channel,
    pub(super) point: Option<&'a ContactPoint>,
    pub(super) validity: Validity,
}

impl<'a> Matter<'a> {
    /// Channel, address and hour; where there is none, every reason is noted.
    pub(super) fn route(&mut self, step: &Step, contacts: &[Contact], reasons: &mut Reasons) -> Option<Route<'a>> {
        if step.kind.is_instruction() {
            let validity = instruction_validity(self.as_of);
            return Some(Route { channel: Channel::Instruction, point: None, validity });
        }
        let address = self.address(step, contacts);
        let debtor = self.debtor;
        let calendar = &self.rules.calendar;
        let zone = calendar.zone_of(debtor.time_zone.as_deref(), debtor.state.as_deref());
        let place = Place { state: debtor.state.as_deref(), city: debtor.city.as_deref(), zone };
        let slot = calendar.slot(self.as_of, self.rules.slot_days, &place, None);
        if slot.is_none() {
            reasons.because(HoldReason::NoLegalSlot, Some(format!("from {}", self.as_of)));
        }
        let (channel, point) = address.map_err(|(reason, why)| reasons.because(reason, why)).ok()?;
        let slot = slot?;
        let validity = Validity { not_before: slot.not_before, expires_at: slot.expires_at };
        Some(Route { channel, point: Some(point), validity })
    }

    /// The address to use: what the debtor prefers, then what the step names first. What is passed over is traced.
    fn address(
        &mut self,
        step: &Step,
        contacts: &[Contact],
    ) -> Result<(Channel, &'a ContactPoint), (HoldReason, Option<String>)> {
        let debtor: &'a Debtor = self.debtor;
        let position = |p: &ContactPoint| step.channels.iter().position(|c| *c == p.channel);
        let mut points: Vec<&ContactPoint> = debtor.points.iter().filter(|p| position(p).is_some()).collect();
        points.sort_by_key(|p| (p.preference_rank.unwrap_or(i64::MAX), position(p), &p.address));
        let (mut opted_out, mut capped) = (false, false);
        for point in points {
            let channel = point.channel;
            let refusal = match point {
                p if p.opted_out => "opted out",
                p if !p.is_valid => "bounced or known to be wrong",
                p if !p.is_authorized && self.names_debt(step, channel) => "not authorised to hear about the debt",
                _ if !self.has_template(step, channel) => "no template",
                _ if self.is_channel_capped(channel, contacts) => "cap reached",
                _ => {
                    self.trace.push(format!("channel {}", channel.as_str()));
                    return Ok((channel, point));
                }
            };
            opted_out |= point.opted_out;
            capped |= refusal == "cap reached";
            self.trace.push(format!("{} passed over: {refusal}", channel.as_str()));
        }
        let names: Vec<&str> = step.channels.iter().map(|c| c.as_str()).collect();
        let reason = match (capped, opted_out) {
            (true, _) => HoldReason::FrequencyCap,
            (false, true) => HoldReason::OptedOut,
            (false, false) => HoldReason::NoContactPoint,
        };
        Err((reason, Some(format!("looked at {}", names.join(", ")))))
    }

    fn names_debt(&self, step: &Step, channel: Channel) -> bool {
        self.rules.templates.names_debt(self.language(), &step.template, channel)
    }

    fn has_template(&self, step: &Step, channel: Channel) -> bool {
        let templates = &self.rules.templates;
        templates.has(self.language(), &step.template, channel)
            || templates.has(&self.rules.default_language, &step.template, channel)
    }
}

/// No debtor is addressed, so no contact window binds: from the start of the day, for some days.
pub(super) fn instruction_validity(as_of: chrono::NaiveDate) -> Validity {
    let midnight = as_of.and_time(chrono::NaiveTime::MIN).and_utc();
    Validity { not_before: midnight, expires_at: midnight + chrono::Days::new(INSTRUCTION_DAYS) }
}
