//! A model that was learnt on an earlier day, tried on what came after it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::{Basis, Learnt, Sight, each_sight, sights};
use super::receipts::{Band, PARTS, Week};
use super::{Bill, VIEWS, View, is_late};
use crate::domain::money::Currency;

/// A chance is counted in steps of a thousandth, so that what is counted is exact.
const STEPS: usize = 1_000;
/// Days between two days on which the cash to come is compared.
const CASH_EVERY: i32 = 30;
/// Days ahead of which the cash is compared.
const CASH_DAYS: [i32; 2] = [7, 30];
/// Weeks ahead whose receipts are compared one by one: those that end within the days above.
const CASH_WEEKS: usize = 4;

/// Chances that were told, and what came.
#[derive(Clone, Debug)]
struct Ranking {
    came: Vec<u64>,
    not: Vec<u64>,
}

impl Default for Ranking {
    fn default() -> Ranking {
        Ranking { came: vec![0; STEPS + 1], not: vec![0; STEPS + 1] }
    }
}

impl Ranking {
    fn add(&mut self, chance: f64, came: bool) {
        let step = (chance * STEPS as f64).round().clamp(0.0, STEPS as f64) as usize;
        if came { self.came[step] += 1 } else { self.not[step] += 1 }
    }

    fn merge(&mut self, other: &Ranking) {
        self.came.iter_mut().zip(&other.came).for_each(|(sum, other)| *sum += other);
        self.not.iter_mut().zip(&other.not).for_each(|(sum, other)| *sum += other);
    }

    fn count(&self) -> u64 {
        self.steps().map(|(_, came, not)| came + not).sum()
    }

    fn steps(&self) -> impl Iterator<Item = (f64, u64, u64)> + '_ {
        self.came.iter().zip(&self.not).enumerate().map(|(at, (came, not))| (at as f64 / STEPS as f64, *came, *not))
    }

    /// The chance that of one that came and one that did not the first was told the higher chance.
    fn auc(&self) -> Option<f64> {
        let (mut below, mut halves) = (0u128, 0u128);
        for (_, came, not) in self.steps() {
            halves += u128::from(came) * (2 * below + u128::from(not));
            below += u128::from(not);
        }
        let came: u64 = self.came.iter().sum();
        let pairs = u128::from(came) * below;
        (pairs > 0).then(|| halves as f64 / (2 * pairs) as f64)
    }

    /// Of those told a chance or a higher one, the share that came, on average over all that came (average precision, the area below
    /// the precision–recall curve): where few come it says more than `auc`.
    fn precision(&self) -> Option<f64> {
        let (mut told, mut found, mut sum) = (0u64, 0u64, 0.0);
        for (came, not) in self.came.iter().zip(&self.not).rev() {
            told += came + not;
            found += came;
            if *came > 0 {
                sum += *came as f64 * found as f64 / told as f64;
            }
        }
        (found > 0).then(|| sum / found as f64)
    }

    /// Mean of the squared differences between what was told and what came.
    fn brier(&self) -> Option<f64> {
        let squares = self.steps().fold(0.0, |sum, (chance, came, not)| {
            sum + came as f64 * (1.0 - chance) * (1.0 - chance) + not as f64 * chance * chance
        });
        (self.count() > 0).then(|| squares / self.count() as f64)
    }

    /// By tenths of the bills, the lowest chances first: bills, mean chance told, share that came.
    fn tenths(&self) -> Vec<Tenth> {
        let (all, mut before) = (self.count(), 0);
        let mut sums = vec![(0u64, 0.0, 0u64); 10];
        for (chance, came, not) in self.steps().filter(|(_, came, not)| came + not > 0) {
            let (bills, chances, late) = &mut sums[(10 * before / all).min(9) as usize];
            *bills += came + not;
            *chances += chance * (came + not) as f64;
            *late += came;
            before += came + not;
        }
        let filled = sums.into_iter().filter(|(bills, ..)| *bills > 0);
        filled
            .map(|(bills, chances, late)| Tenth {
                bills,
                told: chances / bills as f64,
                came: late as f64 / bills as f64,
            })
            .collect()
    }
}

/// A tenth of the bills by the chance that was told of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tenth {
    /// How many they are.
    pub bills: u64,
    /// Mean chance of being late that was told.
    pub told: f64,
    /// Share that was late.
    pub came: f64,
}

/// What was tried of one view.
#[derive(Clone, Debug, Default)]
struct Trial {
    late: Ranking,
    counted: Ranking,
    base: Ranking,
    late_15: Ranking,
    /// Days between the expected day of payment and the real one, and between the payable day and the real one, of bills paid.
    missed: u64,
    missed_by_due: u64,
    paid: u64,
    /// Of those, paid between the days that stand for one and nine tenths.
    covered: u64,
}

/// Receipts of some days: what was expected, in parts of minor units, and what came.
type Cash = [(i128, i128); CASH_DAYS.len()];

/// The days of a trial.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The model was learnt by the end of this day.
    pub from: i32,
    /// It is tried on bills seen after that, until the end of this day.
    pub to: i32,
    /// What became of them is known until the end of this day.
    pub known: i32,
}

/// Everything that is tried, added up over accounts.
#[derive(Clone, Debug, Default)]
pub struct Backtest {
    trials: [Trial; 2],
    cash: BTreeMap<(Currency, i32), Cash>,
    weeks: BTreeMap<(Currency, i32), [Week; CASH_WEEKS]>,
}

impl Backtest {
    /// Tries a model on the bills of an account as they are known in the end.
    pub fn add(&mut self, bills: &[Bill], currency: Currency, learnt: &Learnt, window: Window) {
        let Window { from, to, known } = window;
        let new: Vec<Sight> = sights(bills, to).into_iter().filter(|sight| sight.day > from).collect();
        each_sight(bills, &new, |sight, bill, habits| {
            let Some(is_late_at_all) = is_late(bill, 0, known) else { return };
            let told = |basis| learnt.outlook(habits, bill, sight.day - 1, basis);
            let (model, trial) = (told(Basis::Model), &mut self.trials[sight.view as usize]);
            trial.late.add(model.late(0), is_late_at_all);
            trial.counted.add(told(Basis::Counting).late(0), is_late_at_all);
            trial.base.add(learnt.late_share(), is_late_at_all);
            is_late(bill, 15, known).into_iter().for_each(|is_late| trial.late_15.add(model.late(15), is_late));
            if let Some((delay, expected)) = bill.delay().zip(model.paid_within(0.5)) {
                let is_after = |chance: f64| model.paid_within(chance).is_none_or(|days| delay <= days);
                trial.paid += 1;
                trial.missed += u64::from(delay.abs_diff(expected));
                trial.missed_by_due += u64::from(delay.unsigned_abs());
                trial.covered += u64::from(is_after(0.9) && model.paid_within(0.1).is_some_and(|days| delay >= days));
            }
        });
        for day in (from..=to.min(known - CASH_DAYS[1])).step_by(CASH_EVERY as usize) {
            self.add_cash(bills, currency, learnt, day);
        }
    }

    /// What was open at the end of a day, and came in the days after it.
    fn add_cash(&mut self, bills: &[Bill], currency: Currency, learnt: &Learnt, day: i32) {
        let is_open = |bill: &Bill| bill.issued <= day && bill.known_on(day).is_some_and(|bill| bill.ended.is_none());
        let open = (0..bills.len()).filter(|at| is_open(&bills[*at]));
        let sights: Vec<Sight> = open.map(|bill| Sight { bill, view: View::AtIssue, day: day + 1 }).collect();
        let sums = self.cash.entry((currency, day)).or_default();
        let weeks = self.weeks.entry((currency, day)).or_default();
        each_sight(bills, &sights, |_, bill, habits| {
            let model = learnt.outlook(habits, bill, day, Basis::Model);
            for ((week, chance), from) in weeks.iter_mut().zip(model.paid_in_weeks(day)).zip((day..).step_by(7)) {
                let came = |ended: i32| bill.is_paid && ended > from && ended <= from + 7;
                week.receipts.add(bill.amount, chance);
                week.came += if bill.ended.is_some_and(came) { i128::from(bill.amount) } else { 0 };
            }
            for ((expected, came), days) in sums.iter_mut().zip(CASH_DAYS) {
                let share = ((1.0 - model.late(day + days - bill.payable)) * PARTS).round() as i128;
                let is_paid = bill.is_paid && bill.ended.is_some_and(|ended| ended <= day + days);
                *expected += i128::from(bill.amount) * share;
                *came += if is_paid { i128::from(bill.amount) } else { 0 };
            }
        });
    }

    /// Those of other accounts.
    pub fn merge(&mut self, other: &Backtest) {
        for (trial, other) in self.trials.iter_mut().zip(&other.trials) {
            let pairs = [
                (&mut trial.late, &other.late),
                (&mut trial.counted, &other.counted),
                (&mut trial.base, &other.base),
                (&mut trial.late_15, &other.late_15),
            ];
            pairs.into_iter().for_each(|(sums, others)| sums.merge(others));
            trial.missed += other.missed;
            trial.missed_by_due += other.missed_by_due;
            trial.paid += other.paid;
            trial.covered += other.covered;
        }
        for (key, cash) in &other.cash {
            let sums = self.cash.entry(*key).or_default();
            sums.iter_mut().zip(cash).for_each(|(sum, other)| *sum = (sum.0 + other.0, sum.1 + other.1));
        }
        for (key, weeks) in &other.weeks {
            self.weeks.entry(*key).or_default().iter_mut().zip(weeks).for_each(|(sum, other)| sum.merge(other));
        }
    }

    /// What a person is told of it.
    pub fn figures(&self) -> Figures {
        let [at_issue, before_due] = VIEWS.map(|view| self.trials[view as usize].figures());
        let mut cash: BTreeMap<String, CashFigures> = BTreeMap::new();
        for currency in self.cash.keys().map(|(currency, _)| *currency) {
            let of = || self.cash.iter().filter(move |((own, _), _)| *own == currency).map(|(_, cash)| cash);
            let missed = |at: usize| {
                let off = of().fold(0.0, |sum, cash| sum + (cash[at].0 as f64 / PARTS - cash[at].1 as f64).abs());
                let came: i128 = of().map(|cash| cash[at].1).sum();
                (came > 0).then(|| off / came as f64)
            };
            let of_weeks = self.weeks.iter().filter(|((own, _), _)| *own == currency).flat_map(|(_, weeks)| weeks);
            let band = Band::of(of_weeks);
            cash.insert(
                currency.to_string(),
                CashFigures { missed_7_days: missed(0), missed_30_days: missed(1), band },
            );
        }
        Figures { at_issue, before_due, cash }
    }
}

impl Trial {
    fn figures(&self) -> ViewFigures {
        let mean = |days: u64| (self.paid > 0).then(|| days as f64 / self.paid as f64);
        ViewFigures {
            bills: self.late.count(),
            late: self.late.came.iter().sum(),
            auc: self.late.auc(),
            brier: self.late.brier(),
            counting_auc: self.counted.auc(),
            counting_brier: self.counted.brier(),
            base_brier: self.base.brier(),
            late_15_auc: self.late_15.auc(),
            late_15_precision: self.late_15.precision(),
            missed_days: mean(self.missed),
            missed_days_by_due: mean(self.missed_by_due),
            coverage: mean(self.covered),
            tenths: self.late.tenths(),
        }
    }
}

/// What a backtest found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Of bills as they are issued.
    pub at_issue: ViewFigures,
    /// Of bills that are unpaid seven days before they are due.
    pub before_due: ViewFigures,
    /// By currency.
    pub cash: BTreeMap<String, CashFigures>,
}

impl Figures {
    /// A squared error over the bills of both views; `None` where there were none.
    pub fn brier(&self, of: impl Fn(&ViewFigures) -> Option<f64>) -> Option<f64> {
        let views = [&self.at_issue, &self.before_due].map(|view| (view.bills as f64, of(view)));
        let known = || views.iter().filter_map(|(bills, brier)| Some((*bills, (*brier)?)));
        let bills: f64 = known().map(|(bills, _)| bills).sum();
        (bills > 0.0).then(|| known().map(|(bills, brier)| bills * brier).sum::<f64>() / bills)
    }
}

/// What was found of bills of one view; `None` where there were none to tell by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewFigures {
    /// Bills whose outcome is known.
    pub bills: u64,
    /// Of those, late ones.
    pub late: u64,
    /// Chance that a late bill was ranked above one in time; 0.5 = by a coin.
    pub auc: Option<f64>,
    /// Mean squared error of the chance of being late; lower is better.
    pub brier: Option<f64>,
    /// The same of the share that each account was late with before.
    pub counting_auc: Option<f64>,
    /// See `counting_auc`.
    pub counting_brier: Option<f64>,
    /// The same of one share for all.
    pub base_brier: Option<f64>,
    /// As `auc`, of being more than 15 days late.
    pub late_15_auc: Option<f64>,
    /// Of bills told a chance of that or a higher one, the share that were, on average over those that were (PR-AUC); a coin has their share.
    pub late_15_precision: Option<f64>,
    /// Days between the expected and the real day of payment, on average.
    pub missed_days: Option<f64>,
    /// The same if the payable day is expected.
    pub missed_days_by_due: Option<f64>,
    /// Share of payments within the days that should hold eight of ten.
    pub coverage: Option<f64>,
    /// Chances told beside what came, by tenths.
    pub tenths: Vec<Tenth>,
}

/// How far the expected receipts were off, as a share of what came; `None` where nothing came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CashFigures {
    /// Of the next seven days.
    pub missed_7_days: Option<f64>,
    /// Of the next thirty days.
    pub missed_30_days: Option<f64>,
    /// How far the receipts of a week are from what is expected; `None` where no week could be tried.
    #[serde(default)]
    pub band: Option<Band>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rankings_are_worked_out_by_hand() {
        let mut ranking = Ranking::default();
        // Late: 0.9, 0.5; in time: 0.5, 0.1. Pairs: 0.9 wins both, 0.5 ties one and wins one: 3.5 of 4.
        let told = [(0.9, true), (0.5, true), (0.5, false), (0.1, false)];
        told.into_iter().for_each(|(chance, came)| ranking.add(chance, came));
        assert_eq!(ranking.auc(), Some(0.875));
        // (0.01 + 0.25 + 0.25 + 0.01) / 4
        assert!((ranking.brier().unwrap() - 0.13).abs() < 1e-12);
        // Of one told 0.9 or more one came; of three told 0.5 or more two.
        assert!((ranking.precision().unwrap() - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(Ranking::default().precision(), None);
        assert_eq!(Ranking::default().auc(), None);
        assert_eq!(Ranking::default().brier(), None);
    }
}
