//! Channels and hours, experiments, and réguas by group, segment and tier.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Document, PlanBuilder, unknown};
use crate::config::raw::{RawChannel, RawChannels, RawChoice, RawDunning, RawExperiment};
use crate::domain::decision::{Choice, REGUA_NONE};
use crate::domain::experiment::{ARMS_MAX, Arm, Experiment, SHARES_WHOLE};
use crate::domain::money::Amount;
use crate::domain::procedure::Channel;
use crate::domain::responses::{RATE_WHOLE, ResponseModel, ResponsePrior};
use crate::domain::tax_id::written_root;

const RESPONSE_DAYS_MAX: u32 = 90;

/// The names that a choice may refer to.
pub(super) struct Known<'n> {
    pub segments: &'n [&'n str],
    pub tiers: &'n [&'n str],
    pub reguas: &'n [&'n str],
}

/// What chooses between réguas, arms, channels and hours.
pub(super) struct Choosing {
    pub choices: Vec<Choice>,
    pub experiments: Vec<Experiment>,
    pub response_windows: BTreeMap<String, u32>,
    pub response_model: ResponseModel,
}

impl PlanBuilder<'_> {
    pub(super) fn choosing(
        &mut self,
        document: &Document,
        dunning: &RawDunning,
        channels: &RawChannels,
        experiments: &[RawExperiment],
        known: &Known<'_>,
    ) -> Choosing {
        for (group, root) in dunning.by_group.keys().filter_map(|group| Some((group, written_root(group)?))) {
            let message = format!("a group goes by the root of its CNPJ, without marks: write \"{root}\"");
            let at = format!("/dunning/by_group/{}", group.replace('~', "~0").replace('/', "~1"));
            self.refuse(document, &at, message);
        }
        for (scope, reguas) in [("by_group", &dunning.by_group), ("by_company", &dunning.by_company)] {
            for (name, regua) in reguas {
                self.known_regua(document, &format!("/dunning/{scope}/{name}"), regua, known.reguas);
            }
        }
        Choosing {
            choices: self.choices(document, &dunning.choose, known),
            experiments: self.experiments(document, experiments, known),
            response_windows: self.response_windows(document, &dunning.response_windows, known.segments),
            response_model: self.response_model(document, channels, known.segments),
        }
    }

    fn known_segment(&mut self, document: &Document, at: &str, name: &str, segments: &[&str]) {
        if !segments.contains(&name) {
            self.refuse(document, at, unknown("segment", name, segments.iter().copied()));
        }
    }

    /// The ordered list of réguas by segment and tier.
    fn choices(&mut self, document: &Document, raw: &[RawChoice], known: &Known<'_>) -> Vec<Choice> {
        for (position, choice) in raw.iter().enumerate() {
            let at = format!("/dunning/choose/{position}");
            self.known_regua(document, &format!("{at}/regua"), &choice.regua, known.reguas);
            if let Some(segment) = &choice.segment {
                self.known_segment(document, &format!("{at}/segment"), segment, known.segments);
            }
            if let Some(tier) = choice.tier.as_deref().filter(|t| !known.tiers.contains(t)) {
                self.refuse(document, &format!("{at}/tier"), unknown("tier", tier, known.tiers.iter().copied()));
            }
            if choice.segment.is_none() && choice.tier.is_none() {
                self.refuse(document, &at, "it names neither `segment` nor `tier`; for all accounts set dunning.regua");
            }
            let is_covered = |earlier: &RawChoice| {
                (earlier.segment.is_none() || earlier.segment == choice.segment)
                    && (earlier.tier.is_none() || earlier.tier == choice.tier)
            };
            if let Some(earlier) = raw[..position].iter().position(is_covered) {
                let message = format!("it never applies: line {} of the list comes first", earlier + 1);
                self.refuse(document, &at, message);
            }
        }
        let choice =
            |c: &RawChoice| Choice { segment: c.segment.clone(), tier: c.tier.clone(), regua: c.regua.clone() };
        raw.iter().map(choice).collect()
    }

    fn response_windows(
        &mut self,
        document: &Document,
        raw: &BTreeMap<String, u32>,
        segments: &[&str],
    ) -> BTreeMap<String, u32> {
        for (segment, days) in raw {
            let at = format!("/dunning/response_windows/{segment}");
            self.known_segment(document, &at, segment, segments);
            if *days > RESPONSE_DAYS_MAX {
                self.refuse(document, &at, format!("{days} days are more than {RESPONSE_DAYS_MAX}"));
            }
        }
        raw.clone()
    }

    fn experiments(&mut self, document: &Document, raw: &[RawExperiment], known: &Known<'_>) -> Vec<Experiment> {
        let mut experiments: Vec<Experiment> = Vec::new();
        for (position, experiment) in raw.iter().enumerate() {
            let at = format!("/experiments/{position}");
            self.check_arms(document, &at, experiment, known.reguas);
            let taking = experiment.segments.clone().unwrap_or_default();
            let starts_on = self.day(document, &format!("{at}/starts_on"), &experiment.starts_on);
            let ends_on = experiment.ends_on.as_ref().and_then(|day| self.day(document, &format!("{at}/ends_on"), day));
            for other in &experiments {
                if other.id == experiment.id {
                    self.refuse(document, &format!("{at}/id"), format!("the id `{}` is taken", other.id));
                } else if takes_the_same(other, (starts_on, ends_on), &taking) {
                    let message = format!(
                        "`{}` takes the same segments on the same days; an account is in one experiment at a time: begin one after the \
                         last day of the other, or name other segments",
                        other.id
                    );
                    self.refuse(document, &at, message);
                }
            }
            if experiment.segments.as_ref().is_some_and(Vec::is_empty) {
                self.refuse(
                    document,
                    &format!("{at}/segments"),
                    "no segment takes part; name some, or take the line out if all are meant",
                );
            }
            for name in &taking {
                self.known_segment(document, &format!("{at}/segments"), name, known.segments);
            }
            let arms = experiment.arms.iter().map(|arm| Arm {
                name: arm.name.clone(),
                share: arm.share,
                regua: arm.regua.clone(),
                hold_out: arm.hold_out,
            });
            let (id, arms) = (experiment.id.clone(), arms.collect());
            if id.trim().is_empty() {
                self.refuse(
                    document,
                    &format!("{at}/id"),
                    "an experiment has a name of its own; write id = \"2026-h2\"",
                );
            }
            let last = format!("{at}/ends_on");
            if starts_on.zip(ends_on).is_some_and(|(first, last)| last <= first) {
                self.refuse(
                    document,
                    &last,
                    "the last day must come after the first; `regua experiment plan` says how long",
                );
            }
            experiments.extend(starts_on.map(|starts_on| Experiment {
                id,
                starts_on,
                ends_on,
                segments: taking,
                arms,
            }));
        }
        experiments
    }

    fn day(&mut self, document: &Document, at: &str, text: &str) -> Option<NaiveDate> {
        let day = text.parse().ok();
        if day.is_none() {
            self.refuse(document, at, format!("{text:?} is not a date; write it as \"2026-07-01\""));
        }
        day
    }

    fn check_arms(&mut self, document: &Document, at: &str, raw: &RawExperiment, reguas: &[&str]) {
        let sum: u64 = raw.arms.iter().map(|arm| u64::from(arm.share)).sum();
        if raw.arms.len() < 2 {
            let message = "one arm is compared with nothing; write at least two, the champion first";
            self.refuse(document, &format!("{at}/arms"), message);
        } else if raw.arms.iter().all(|arm| arm.hold_out) {
            let message = "every arm holds out, so nobody is written to; let one arm go on";
            self.refuse(document, &format!("{at}/arms"), message);
        } else if sum != u64::from(SHARES_WHOLE) {
            self.refuse(document, &format!("{at}/arms"), format!("the shares add up to {sum}, not to {SHARES_WHOLE}"));
        }
        if raw.arms.len() > ARMS_MAX {
            self.refuse(
                document,
                &format!("{at}/arms"),
                format!("more than {ARMS_MAX} arms leave none with groups enough"),
            );
        }
        let mut names = BTreeSet::new();
        let acting: Vec<&str> = reguas.iter().copied().filter(|name| *name != REGUA_NONE).collect();
        for (position, arm) in raw.arms.iter().enumerate() {
            let at = format!("{at}/arms/{position}");
            if arm.name.trim().is_empty() {
                self.refuse(document, &at, "an arm has a name; write name = \"champion\"");
            } else if !names.insert(arm.name.trim().to_lowercase()) {
                self.refuse(document, &at, format!("there are two arms named `{}`; rename one", arm.name));
            }
            match &arm.regua {
                Some(_) if arm.hold_out => {
                    self.refuse(document, &at, "an arm that holds out sends nothing; take its `regua` out");
                }
                Some(name) if name == REGUA_NONE => {
                    self.refuse(document, &at, "for an arm that sends nothing write hold_out = true");
                }
                Some(name) => self.known_regua(document, &format!("{at}/regua"), name, &acting),
                None => {}
            }
        }
    }

    fn response_model(&mut self, document: &Document, raw: &RawChannels, segments: &[&str]) -> ResponseModel {
        for (segment, hour) in &raw.best_hours {
            let at = format!("/channels/best_hours/{segment}");
            self.known_segment(document, &at, segment, segments);
            if *hour > 23 {
                self.refuse(document, &at, format!("{hour} is not an hour of the day; write 0 to 23"));
            }
        }
        let named = [
            (Channel::Email, &raw.email),
            (Channel::Whatsapp, &raw.whatsapp),
            (Channel::Sms, &raw.sms),
            (Channel::Phone, &raw.phone),
            (Channel::Letter, &raw.letter),
            (Channel::Portal, &raw.portal),
        ];
        let priors = named.map(|(channel, raw)| (channel, self.prior(document, channel, raw, segments)));
        let usual = ResponseModel::default();
        ResponseModel {
            prior_weight: raw.prior_weight.unwrap_or(usual.prior_weight),
            hour_answers_min: raw.hour_answers_min.unwrap_or(usual.hour_answers_min),
            priors: priors.into(),
            best_hours: raw.best_hours.clone(),
            outcome_days: raw.outcome_days.unwrap_or(usual.outcome_days),
            contacts_min: raw.contacts_min.unwrap_or(usual.contacts_min),
            explore: raw.explore.map_or(usual.explore, basis_points),
        }
    }

    fn prior(&mut self, document: &Document, channel: Channel, raw: &RawChannel, segments: &[&str]) -> ResponsePrior {
        let at = format!("/channels/{}", channel.as_str());
        let mut prior = ResponsePrior::default();
        if let Some(rate) = raw.answer_rate {
            prior.answer_rate = basis_points(rate);
        }
        for (segment, rate) in &raw.by_segment {
            let at = format!("{at}/by_segment/{segment}");
            self.known_segment(document, &at, segment, segments);
            if !(0.0..=1.0).contains(rate) {
                self.refuse(document, &at, format!("{rate} is not a share; write 0 to 1, such as 0.2"));
            }
            prior.by_segment.insert(segment.clone(), basis_points(*rate));
        }
        let cost = raw.cost.as_deref().and_then(|text| self.parse::<Amount>(document, &format!("{at}/cost"), text));
        if cost.is_some_and(|cost| cost < Amount::ZERO) {
            self.refuse(document, &format!("{at}/cost"), "a cost is not below zero");
        }
        prior.cost = cost.unwrap_or(Amount::ZERO);
        prior
    }
}

/// Would an account be in both? One whose first or last day is not known is taken for one without an end.
fn takes_the_same(
    other: &Experiment,
    (starts_on, ends_on): (Option<NaiveDate>, Option<NaiveDate>),
    segments: &[String],
) -> bool {
    let is_after = |last: Option<NaiveDate>, first: Option<NaiveDate>| last.zip(first).is_some_and(|(l, f)| l < f);
    let are_apart = is_after(other.ends_on, starts_on) || is_after(ends_on, Some(other.starts_on));
    let are_all = segments.is_empty() || other.segments.is_empty();
    !are_apart && (are_all || other.segments.iter().any(|segment| segments.contains(segment)))
}

/// A share in basis points, rounded to the nearest.
fn basis_points(rate: f64) -> u32 {
    (rate.clamp(0.0, 1.0) * f64::from(RATE_WHOLE)).round() as u32
}
