//! Experiments: which arm an account is in.
//!
//! The arm is drawn by a hash of the experiment and the group alone. So all companies of a group are treated alike, and
//! the same way every day, whoever else is in the portfolio and whatever other experiments run.

pub mod comparison;
pub mod size;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the shares of an experiment's arms add up to.
pub const SHARES_WHOLE: u32 = 100;
/// The most arms: more leave none with groups enough.
pub const ARMS_MAX: usize = 10;

/// Arms over some segments.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Enters the draw: another id draws anew.
    pub id: String,
    /// Before this day nobody is in an arm.
    pub starts_on: NaiveDate,
    /// The last day: after it nobody is in an arm, and there is a verdict. None = it goes on, without one.
    pub ends_on: Option<NaiveDate>,
    /// Segments that take part; empty = all.
    pub segments: Vec<String>,
    /// The champion first; their shares add up to `SHARES_WHOLE`.
    pub arms: Vec<Arm>,
}

/// What an experiment begins with. Whoever changes it later has seen figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Terms {
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day; null = none was fixed.
    pub ends_on: Option<NaiveDate>,
    /// Segments that take part; empty = all.
    pub segments: Vec<String>,
    /// The date of the first run that drew anybody; null = an earlier version did not keep it.
    #[serde(default)]
    pub first_run_on: Option<NaiveDate>,
    /// What each arm does, the champion first; empty = an earlier version did not keep it.
    #[serde(default)]
    pub arms: Vec<String>,
    /// The date of the first run whose arms did something else; null = none.
    #[serde(default)]
    pub arms_changed_on: Option<NaiveDate>,
    /// The date of the first of the runs, up to this one, that knew nothing of it; null = this one does.
    #[serde(default)]
    pub absent_since: Option<NaiveDate>,
    /// Of its days, those on which earlier runs knew nothing of it.
    #[serde(default)]
    pub absent_days: u32,
}

/// Days from its first one within which somebody must have been drawn: what nobody was put to for a week was no experiment.
const DRAWN_WITHIN_DAYS: i64 = 7;

impl Terms {
    /// The date of the first run, where it came so late that the days before it are of nobody's arm.
    pub fn began_late(&self) -> Option<NaiveDate> {
        self.first_run_on.filter(|day| (*day - self.starts_on).num_days() > DRAWN_WITHIN_DAYS)
    }

    /// Days on which it was not in the file, where they are so many that what came of them is of nobody's arm.
    pub fn was_absent(&self) -> Option<u32> {
        Some(self.absent_days).filter(|days| i64::from(*days) > DRAWN_WITHIN_DAYS)
    }

    /// Keeps that a run of this day knows nothing of it. One without a last day ends so.
    pub fn is_absent(&mut self, day: NaiveDate) {
        if self.starts_on <= day && self.ends_on.is_some_and(|last| day <= last) {
            self.absent_since.get_or_insert(day);
        }
    }

    /// Counts the days of its own that it was away until this one.
    pub fn is_back(&mut self, day: NaiveDate) {
        let end = self.ends_on.and_then(|last| last.succ_opt()).map_or(day, |end| end.min(day));
        if let Some(since) = self.absent_since.take() {
            self.absent_days += u32::try_from((end - since).num_days()).unwrap_or(0);
        }
    }

    /// Keeps the day on which the arms are first seen to do something else than they began with.
    pub fn look_at(&mut self, experiment: &Experiment, day: NaiveDate) {
        let arms = experiment.what_arms_do();
        if self.arms.is_empty() {
            self.arms = arms;
        } else if self.arms != arms {
            self.arms_changed_on.get_or_insert(day);
        }
    }
}

/// One arm.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Unique in its experiment.
    pub name: String,
    /// Per cent of the groups.
    pub share: u32,
    /// The régua of this arm; `None` = the one that applies without the experiment.
    pub regua: Option<String>,
    /// Nothing goes out.
    pub hold_out: bool,
}

/// The arm that an account is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Id of the experiment.
    pub experiment: String,
    /// The name of the arm.
    pub arm: String,
}

impl Experiment {
    /// As they are configured now, on the date of the first run that draws anybody.
    pub fn terms(&self, first_run_on: NaiveDate) -> Terms {
        Terms {
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            segments: self.segments.clone(),
            first_run_on: Some(first_run_on),
            arms: self.what_arms_do(),
            arms_changed_on: None,
            absent_since: None,
            absent_days: 0,
        }
    }

    /// Whatever an arm is called and however large it is.
    fn what_arms_do(&self) -> Vec<String> {
        let does = |arm: &Arm| match (arm.hold_out, &arm.regua) {
            (true, _) => format!("{} holds out", arm.name),
            (false, Some(regua)) => format!("{} takes {regua}", arm.name),
            (false, None) => format!("{} takes what applies without it", arm.name),
        };
        self.arms.iter().map(does).collect()
    }

    /// Does it run on this day, for accounts of this segment?
    pub fn takes(&self, as_of: NaiveDate, segment: &str) -> bool {
        self.runs_on(as_of) && (self.segments.is_empty() || self.segments.iter().any(|s| s == segment))
    }

    /// Is anybody in an arm on this day?
    fn runs_on(&self, day: NaiveDate) -> bool {
        self.starts_on <= day && self.ends_on.is_none_or(|last| day <= last)
    }

    /// The arm in which earlier runs drew somebody; `None` where they did not, or there is no such arm any more.
    pub fn arm_since(&self, as_of: NaiveDate, drawn: &[Draw]) -> Option<&Arm> {
        let before = drawn.iter().find(|draw| draw.experiment == self.id && self.runs_on(as_of))?;
        self.arms.iter().find(|arm| arm.name == before.arm)
    }

    /// The arm of a group; `None` only where the shares do not add up.
    pub fn arm_of(&self, group_id: &str) -> Option<&Arm> {
        let drawn = self.ticket(group_id);
        let mut upper = 0;
        self.arms.iter().find(|arm| {
            upper += arm.share;
            drawn < upper
        })
    }

    /// A number from 0 to 99, every one as likely as the next.
    fn ticket(&self, group_id: &str) -> u32 {
        let mut hasher = Sha256::new();
        for part in ["experiment", &self.id, group_id] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        let high = u64::from_be_bytes(*hasher.finalize().first_chunk().expect("SHA-256 has 32 bytes"));
        ((u128::from(high) * u128::from(SHARES_WHOLE)) >> 64) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn experiment(id: &str, shares: &[u32]) -> Experiment {
        let arm = |(position, share): (usize, &u32)| Arm {
            name: ["champion", "challenger", "hold_out"][position].to_owned(),
            share: *share,
            regua: None,
            hold_out: false,
        };
        let starts_on = NaiveDate::default();
        Experiment {
            id: id.to_owned(),
            starts_on,
            ends_on: None,
            segments: Vec::new(),
            arms: shares.iter().enumerate().map(arm).collect(),
        }
    }

    fn arms(experiment: &Experiment) -> Vec<&str> {
        (0..10_000).map(|n| experiment.arm_of(&format!("cnpj:{n:08}")).unwrap().name.as_str()).collect()
    }

    #[test]
    fn shares_are_kept_over_ten_thousand_groups() {
        for shares in [[80, 15, 5], [34, 33, 33], [1, 98, 1]] {
            let experiment = experiment("tone", &shares);
            let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
            arms(&experiment).into_iter().for_each(|arm| *counts.entry(arm).or_default() += 1);
            for arm in &experiment.arms {
                // Four standard deviations of a binomial.
                let (expected, share) = (f64::from(arm.share * 100), f64::from(arm.share) / 100.0);
                let spread = 4.0 * (expected * (1.0 - share)).sqrt();
                let count = f64::from(counts[arm.name.as_str()]);
                assert!((count - expected).abs() <= spread, "{}: {count} of {expected}", arm.name);
            }
        }
    }

    #[test]
    fn experiments_are_drawn_independently_of_each_other() {
        let (one, other) = (experiment("tone", &[50, 50]), experiment("hours", &[50, 50]));
        let same = arms(&one).iter().zip(arms(&other)).filter(|(a, b)| *a == b).count();
        assert!((4_800..=5_200).contains(&same), "{same} of 10,000 groups in the same arm of both");
    }

    /// The draw is a promise over months: a changed hash would move every account in the midst of an experiment.
    #[test]
    fn the_draw_is_the_same_for_ever() {
        let experiment = experiment("tone", &[80, 15, 5]);
        let tickets: Vec<u32> = (0..8).map(|n| experiment.ticket(&format!("cnpj:{n:08}"))).collect();
        assert_eq!(tickets, [63, 81, 51, 13, 62, 3, 21, 85]);
    }

    #[test]
    fn arms_that_do_something_else_are_noticed_on_the_first_day_of_it() {
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 6, day).unwrap();
        let began = experiment("tone", &[80, 20]);
        let changed = |change: fn(&mut Experiment)| {
            let (mut now, mut terms) = (began.clone(), began.terms(day(1)));
            terms.look_at(&now, day(2));
            change(&mut now);
            (3..5).for_each(|on| terms.look_at(&now, day(on)));
            terms.arms_changed_on
        };
        assert_eq!(changed(|_| {}), None);
        assert_eq!(changed(|now| now.arms[1].share = 30), None, "the sizes of arms tell that");
        for change in [
            (|now: &mut Experiment| now.arms[1].hold_out = true) as fn(&mut Experiment),
            |now| now.arms[1].regua = Some("padrao".to_owned()),
            |now| now.arms[1].name = "other".to_owned(),
            |now| now.arms.reverse(),
            |now| drop(now.arms.pop()),
        ] {
            assert_eq!(changed(change), Some(day(3)));
        }
        // What an earlier version kept says nothing of arms: they are those of the first run that looks.
        let mut terms = Terms { arms: Vec::new(), ..began.terms(day(1)) };
        (2..4).for_each(|on| terms.look_at(&began, day(on)));
        assert_eq!(terms.arms_changed_on, None);
    }

    #[test]
    fn days_on_which_nobody_was_in_an_arm_are_counted() {
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 6, day).unwrap();
        let began = || Experiment { ends_on: Some(day(20)), ..experiment("tone", &[80, 20]) }.terms(day(1));
        // Away on runs of these days, back on that one.
        for (away, back, absent_days, is_spoilt) in [
            (&[][..], 5, 0, false),
            (&[3], 4, 1, false),
            (&[3, 5, 9], 10, 7, false),
            (&[3, 5, 9], 11, 8, true),
            // Its last day is over before it is back, or before it was out.
            (&[10], 30, 11, true),
            (&[21, 25], 30, 0, false),
        ] {
            let mut terms = began();
            away.iter().for_each(|on| terms.is_absent(day(*on)));
            terms.is_back(day(back));
            assert_eq!((terms.absent_days, terms.was_absent().is_some()), (absent_days, is_spoilt), "{away:?} {back}");
            assert_eq!(terms.absent_since, None);
        }
        // Of one without a last day nobody knows that it was not meant.
        let mut endless = Terms { ends_on: None, ..began() };
        endless.is_absent(day(3));
        assert_eq!(endless.absent_since, None);
    }

    #[test]
    fn a_larger_share_takes_from_its_neighbour_only() {
        let (before, after) = (experiment("tone", &[80, 15, 5]), experiment("tone", &[70, 25, 5]));
        for (was, is) in arms(&before).into_iter().zip(arms(&after)) {
            assert!(was == is || (was, is) == ("champion", "challenger"), "{was} became {is}");
        }
    }
}
