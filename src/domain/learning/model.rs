//! A model: what was learnt, and what it says of an open bill.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::backtest::Figures;
use super::curve::{Curves, SpellsByRank};
use super::features::{FEATURES, Features, Topic};
use super::habits::{Habits, walk};
use super::receipts::{Band, WEEKS};
use super::responses::Responses;
use super::ridge::{Fit, Moments};
use super::{Bill, VIEWS, View, clamped, is_late};

/// Chances are told of being late by more days than these.
pub const LATE_DAYS: [i32; 3] = [0, 15, 30];
/// A bill that is not expected to be paid within so many days has no expected day.
const DAYS_MAX: i32 = 730;
/// Fewer debtors or late bills teach nothing.
pub const DEBTORS_MIN: u64 = 20;
/// See `DEBTORS_MIN`.
pub const LATE_BILLS_MIN: u64 = 30;

/// A question to an account's history: which bill, how it is seen, on which day.
pub(super) struct Sight {
    pub bill: usize,
    pub view: View,
    pub day: i32,
}

/// What the first pass over the bills adds up.
#[derive(Clone, Debug, Default)]
pub struct Lesson {
    moments: [Moments; 2],
    /// Bills whose payable day was over for so many days, and how many of them were late by more; see `LATE_DAYS`.
    due: [u64; LATE_DAYS.len()],
    late: [u64; LATE_DAYS.len()],
    /// Debtors with a bill that is paid.
    pub debtors: u64,
}

impl Lesson {
    /// Adds the bills of one account as they are known at the end of a day.
    pub fn add(&mut self, bills: &[Bill], known: i32) {
        let sights = sights(bills, known);
        each_sight(bills, &sights, |sight, bill, habits| {
            if let Some(delay) = bill.delay() {
                self.moments[sight.view as usize].add(&Features::of(habits, bill, sight.day), clamped(delay));
            }
        });
        for bill in bills {
            for (at, days) in LATE_DAYS.iter().enumerate() {
                if let Some(is_late) = is_late(bill, *days, known) {
                    self.due[at] += 1;
                    self.late[at] += u64::from(is_late);
                }
            }
        }
    }

    /// Those of other accounts.
    pub fn merge(&mut self, other: &Lesson) {
        self.moments.iter_mut().zip(&other.moments).for_each(|(sums, others)| sums.merge(others));
        self.due.iter_mut().zip(other.due).for_each(|(sum, other)| *sum += other);
        self.late.iter_mut().zip(other.late).for_each(|(sum, other)| *sum += other);
        self.debtors += other.debtors;
    }

    /// Bills that fell due.
    pub fn bills(&self) -> u64 {
        self.due[0]
    }

    /// Of those, bills that were not paid in time.
    pub fn late_bills(&self) -> u64 {
        self.late[0]
    }

    /// The days late that are expected and their rank, by view.
    pub fn fit(&self) -> [Fit; 2] {
        self.moments.each_ref().map(Moments::fit)
    }

    /// Share of bills that are late by more than each number of days; half where nobody knows. Each is of other bills, and still none
    /// is above the one before it.
    pub fn shares(&self) -> [f64; LATE_DAYS.len()] {
        let mut least = 0.5;
        std::array::from_fn(|at| {
            let share = (self.due[at] > 0).then(|| self.late[at] as f64 / self.due[at] as f64);
            least = if at == 0 { share.unwrap_or(least) } else { share.unwrap_or(least).min(least) };
            least
        })
    }
}

/// What the second pass adds up, once it is known how bills rank.
#[derive(Clone, Debug, Default)]
pub struct Leftover {
    spells: [SpellsByRank; 2],
}

impl Leftover {
    /// Adds the bills of one account as they are known at the end of a day.
    pub fn add(&mut self, bills: &[Bill], known: i32, fitted: &[Fit; 2]) {
        let sights = sights(bills, known);
        each_sight(bills, &sights, |sight, bill, habits| {
            let rank = fitted[sight.view as usize].rank.predict(&Features::of(habits, bill, sight.day));
            // What was written off was unpaid on the day before.
            let last_seen = bill.ended_on().map_or(known, |day| day - 1) - bill.payable;
            let days = (sight.day - 1 - bill.payable, bill.delay().unwrap_or(last_seen));
            self.spells[sight.view as usize].add(rank, days, bill.delay().is_some());
        });
    }

    /// Those of other accounts.
    pub fn merge(&mut self, other: &Leftover) {
        self.spells.iter_mut().zip(&other.spells).for_each(|(sums, others)| sums.merge(others));
    }
}

/// Every bill at each of its own instants that had come by the end of a day.
pub(super) fn sights(bills: &[Bill], known: i32) -> Vec<Sight> {
    let of = |bill: usize, view: View| bills[bill].seen_on(view).map(|day| Sight { bill, view, day });
    let all = (0..bills.len()).flat_map(|bill| VIEWS.map(|view| of(bill, view))).flatten();
    all.filter(|sight| sight.day <= known).collect()
}

pub(super) fn each_sight(bills: &[Bill], sights: &[Sight], mut each: impl FnMut(&Sight, &Bill, &Habits)) {
    let days: Vec<i32> = sights.iter().map(|sight| sight.day).collect();
    walk(bills, &days, |at, habits| each(&sights[at], &bills[sights[at].bill], habits));
}

/// What was learnt of one view.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Fitted {
    fit: Fit,
    curves: Curves,
}

/// What was learnt of the bills that were known on a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learnt {
    views: [Fitted; 2],
    /// Share of bills that are late by more than each of `LATE_DAYS`.
    shares: [f64; LATE_DAYS.len()],
}

/// By what a chance is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The regression and its curve.
    Model,
    /// The share of the account's bills that were late, drawn towards that of all: the regression was refused.
    Counting,
}

impl Basis {
    /// As tables have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::Model => "model",
            Basis::Counting => "counting",
        }
    }
}

/// What is expected of one open bill.
#[derive(Clone, Debug)]
pub struct Outlook<'m> {
    learnt: &'m Learnt,
    habits: &'m Habits,
    features: Features,
    view: View,
    /// By which its curve is chosen.
    rank: f64,
    basis: Basis,
    payable: i32,
    /// It is unpaid so many days after its payable day.
    age: i32,
    /// The same where habits count it.
    stood: Option<i32>,
}

impl Learnt {
    /// From both passes.
    pub fn of(lesson: &Lesson, fitted: [Fit; 2], leftover: &Leftover) -> Learnt {
        let mut curves = leftover.spells.iter().map(SpellsByRank::curves);
        let views = fitted.map(|fit| Fitted { fit, curves: curves.next().unwrap_or_default() });
        Learnt { views, shares: lesson.shares() }
    }

    /// Are all of its numbers numbers, and as many as there should be?
    pub fn is_whole(&self) -> bool {
        let shares = self.shares.iter().all(|share| (0.0..=1.0).contains(share));
        let are_whole =
            |view: &Fitted| [&view.fit.days, &view.fit.rank].iter().all(|c| c.is_whole()) && view.curves.is_whole();
        shares && self.views.iter().all(are_whole)
    }

    /// Share of all bills that are late.
    pub fn late_share(&self) -> f64 {
        self.shares[0]
    }

    /// What is expected of a bill that is open at the end of a day, by the habits known by then.
    pub fn outlook<'m>(&'m self, habits: &'m Habits, bill: &Bill, as_of: i32, basis: Basis) -> Outlook<'m> {
        let day = as_of + 1;
        let (features, view) = (Features::of(habits, bill, day), bill.view_on(day));
        let rank = self.views[view as usize].fit.rank.predict(&features);
        let age = as_of - bill.payable;
        let (payable, stood) = (bill.payable, (bill.issued < day).then_some(age));
        Outlook { learnt: self, habits, features, view, rank, basis, payable, age, stood }
    }
}

impl Outlook<'_> {
    /// Of a bill that is payable today nobody can say that it is late: the money may still come.
    fn with_today_left(mut self) -> Self {
        self.age -= 1;
        self
    }

    /// The chance that it is paid more than so many days after its payable day, from 0 to 1; it never rises with them.
    pub fn late(&self, days: i32) -> f64 {
        match self.basis {
            _ if days <= self.age => 1.0,
            Basis::Model => (self.unpaid(days) / self.unpaid(self.age).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0),
            Basis::Counting => self.counted(days),
        }
    }

    fn unpaid(&self, days: i32) -> f64 {
        self.learnt.views[self.view as usize].curves.unpaid(self.rank, days)
    }

    fn counted(&self, days: i32) -> f64 {
        let share = |at: usize| {
            let asked = self.stood.is_some_and(|stood| stood >= LATE_DAYS[at]);
            self.habits.late_share(LATE_DAYS[at], self.learnt.shares[at], asked)
        };
        let at = |days: i32| LATE_DAYS.iter().rposition(|late| *late <= days);
        let known = at(self.age).map_or(1.0, share);
        at(days).map_or(1.0, |at| if known > 0.0 { (share(at) / known).clamp(0.0, 1.0) } else { 0.0 })
    }

    /// Days after the payable day by which it is paid with this chance; `None` where that is further off than two years, or
    /// counting is used, which knows no days.
    pub fn paid_within(&self, chance: f64) -> Option<i32> {
        if self.basis == Basis::Counting || self.late(self.age + DAYS_MAX) > 1.0 - chance {
            return None;
        }
        let (mut unpaid, mut paid) = (self.age, self.age + DAYS_MAX);
        while paid - unpaid > 1 {
            let between = unpaid + (paid - unpaid) / 2;
            if self.late(between) > 1.0 - chance { unpaid = between } else { paid = between }
        }
        Some(paid)
    }

    /// The chances that it is paid in the weeks after this day, at whose end it is open.
    pub fn paid_in_weeks(&self, as_of: i32) -> [f64; WEEKS] {
        let mut left = 1.0;
        std::array::from_fn(|week| {
            let before = left;
            left = self.late(as_of + 7 * (week as i32 + 1) - self.payable).min(before);
            before - left
        })
    }

    /// What the expected days late are made of, exactly: how it usually pays, and the days that each other topic adds. Empty where
    /// counting is used.
    pub fn reasons(&self) -> Vec<(Topic, f64)> {
        if self.basis == Basis::Counting {
            return Vec::new();
        }
        let coefficients = &self.learnt.views[self.view as usize].fit.days;
        let mut days = vec![(Topic::Usual, coefficients.average())];
        for (at, (_, topic)) in FEATURES.iter().enumerate() {
            let own = coefficients.contribution(&self.features, at);
            match days.iter_mut().find(|(known, _)| known == topic) {
                Some((_, sum)) => *sum += own,
                None => days.push((*topic, own)),
            }
        }
        days
    }
}

/// The version of what a model looks at: another is not understood.
pub const MODEL_VERSION: u32 = 2;
/// A model that ranks bills as well as this at their issue has most likely been shown what was to come.
const LEAK_AUC: f64 = 0.9;

/// A model as it is published: what was learnt, of how much, and how well it did when it was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentModel {
    /// See `MODEL_VERSION`.
    pub model_version: u32,
    /// Whose output it belongs to.
    pub tenant: String,
    /// Nothing dated later has taken part.
    pub as_of: NaiveDate,
    /// May its chances be used?
    pub quality: Quality,
    /// Why it was refused, or looks too good.
    pub remarks: Vec<String>,
    /// What was strange about its inputs, and why somebody said that it was right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// Debtors who had paid something.
    pub debtors: u64,
    /// Bills that had fallen due.
    pub bills: u64,
    /// Of those, bills not paid in time.
    pub late_bills: u64,
    /// Until this day bills were learnt from for the trial, and on those after it it was tried.
    pub tried_from: NaiveDate,
    /// What the trial found.
    pub figures: Figures,
    /// SHA-256 over the inputs that it was learnt from.
    pub input_digest: String,
    /// Names of the features, in the order of the coefficients.
    pub features: Vec<String>,
    /// Coefficients, curves and shares.
    pub learnt: Learnt,
    /// What contacts lead to; models of earlier versions have none.
    #[serde(default)]
    pub responses: Responses,
}

/// Is a model better than counting?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// It is.
    Good,
    /// It is not, or there is too little to learn from: counting is used.
    Refused,
}

impl PaymentModel {
    /// Refuses what is too small or no better than counting, and says what looks too good.
    pub fn judge(lesson: &Lesson, figures: &Figures) -> (Quality, Vec<String>) {
        let mut refusals = Vec::new();
        if lesson.debtors < DEBTORS_MIN || lesson.late_bills() < LATE_BILLS_MIN {
            refusals.push(format!(
                "at least {DEBTORS_MIN} debtors who have paid and {LATE_BILLS_MIN} late bills are needed, and there are {} and {}",
                lesson.debtors,
                lesson.late_bills()
            ));
        }
        match (figures.brier(|view| view.brier), figures.brier(|view| view.counting_brier)) {
            (Some(model), Some(counting)) if model >= counting => refusals.push(format!(
                "its chances are no nearer to what came ({model:.4}) than the share of late bills of each account ({counting:.4})"
            )),
            (Some(model), Some(_)) => {
                let one_for_all = figures.brier(|view| view.base_brier).filter(|base| model >= *base);
                refusals.extend(one_for_all.map(|base| {
                    format!("its chances are no nearer to what came ({model:.4}) than one share of late bills for all ({base:.4})")
                }));
            }
            _ => refusals.push(
                "no bill fell due after the days that it was learnt from: there is nothing to try it on".to_owned(),
            ),
        }
        // Where counting ranks as well, debtors are as different as that.
        let is_leak =
            |auc: &f64| *auc > LEAK_AUC && figures.at_issue.counting_auc.is_none_or(|counting| counting <= LEAK_AUC);
        let leaks = figures.at_issue.auc.filter(is_leak).map(|auc| {
            format!("it ranks bills at their issue better ({auc:.3}) than anybody should be able to: look whether an input tells what came later")
        });
        let quality = if refusals.is_empty() { Quality::Good } else { Quality::Refused };
        (quality, refusals.into_iter().chain(leaks).collect())
    }

    /// Why its chances are not used; `None` = they are.
    pub fn refusal(&self) -> Option<String> {
        (self.quality == Quality::Refused).then(|| self.remarks.join("; "))
    }

    /// By what its chances are told.
    pub fn basis(&self) -> Basis {
        match self.quality {
            Quality::Good => Basis::Model,
            Quality::Refused => Basis::Counting,
        }
    }

    /// Can this program use it?
    pub fn is_whole(&self) -> bool {
        let are_whole = self.figures.cash.values().all(|cash| cash.band.as_ref().is_none_or(Band::is_whole));
        self.model_version == MODEL_VERSION
            && self.features == feature_names()
            && self.learnt.is_whole()
            && self.responses.is_whole()
            && are_whole
    }

    /// What is expected of an open bill.
    pub fn expect(&self, habits: &Habits, bill: &Bill, as_of: i32) -> Expected {
        let outlook = self.learnt.outlook(habits, bill, as_of, self.basis()).with_today_left();
        let [late, late_15, late_30] = LATE_DAYS.map(|days| outlook.late(days));
        let on = |chance| outlook.paid_within(chance).map(|days| bill.payable + days);
        Expected {
            late,
            late_15,
            late_30,
            from: on(0.1),
            on: on(0.5),
            to: on(0.9),
            basis: self.basis(),
            paid: habits.paid,
            delays: habits.delays,
            overdue: habits.overdue,
            reasons: outlook.reasons(),
        }
    }
}

/// Names of the features, in their order.
pub fn feature_names() -> Vec<String> {
    FEATURES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// What is expected of one open bill, in days since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Chance that it is paid after its payable day, from 0 to 1; 1 where that day is over.
    pub late: f64,
    /// More than 15 days after it.
    pub late_15: f64,
    /// More than 30 days after it.
    pub late_30: f64,
    /// Day by which it is paid with a chance of one in ten; `None` = not within two years, or only counting is used.
    pub from: Option<i32>,
    /// Of one in two.
    pub on: Option<i32>,
    /// Of nine in ten.
    pub to: Option<i32>,
    /// By what it is told.
    pub basis: Basis,
    /// Bills that the account has paid.
    pub paid: i64,
    /// Their days late, added up; early counts below zero.
    pub delays: i64,
    /// Its bills that are open and past their payable day.
    pub overdue: i64,
    /// The days that each topic adds to what is expected at first.
    pub reasons: Vec<(Topic, f64)>,
}

impl Expected {
    /// Why so late, as a person would say it: first how the account has paid, which is a fact, then what the model makes of it:
    /// `24 bills paid, 6 days late on average; the model starts from 5 days late, 3 later in December, 2 earlier lately`.
    pub fn in_words(&self, month: &str) -> String {
        if self.paid == 0 {
            let why = if self.overdue > 0 { "none of its bills is paid yet" } else { "a new account" };
            return format!("{why}: as everybody pays");
        }
        let days =
            |topic: Topic| self.reasons.iter().find(|(own, _)| *own == topic).map(|(_, days)| days.round() as i64);
        let plural = |n: i64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
        let late = |days: i64| match days {
            0 => "on the day".to_owned(),
            1.. => format!("{} late", plural(days, "day")),
            _ => format!("{} early", plural(-days, "day")),
        };
        let paid = plural(self.paid, "bill");
        let average = late((self.delays as f64 / self.paid as f64).round() as i64);
        let fact = format!("{paid} paid, {average} on average");
        let Some(usual) = days(Topic::Usual) else { return format!("{fact}; by the share of them that were late") };
        let from = if usual == 0 { "the payable day".to_owned() } else { late(usual) };
        let mut said = vec![format!("{fact}; the model starts from {from}")];
        let others = [
            (Topic::Month, format!("in {month}")),
            (Topic::Lately, "lately".to_owned()),
            (Topic::Debts, "for how much else it owes".to_owned()),
            (Topic::Amount, "for the size of the bill".to_owned()),
            (Topic::Term, "for the days it has to pay".to_owned()),
        ];
        for (topic, when) in others {
            match days(topic).unwrap_or(0) {
                0 => {}
                more @ 1.. => said.push(format!("{more} later {when}")),
                less => said.push(format!("{} earlier {when}", -less)),
            }
        }
        said.join(", ")
    }
}
