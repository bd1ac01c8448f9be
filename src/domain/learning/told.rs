//! What models told of bills while they were in use, beside what became of those bills.
//!
//! A model is tried before it is used; whether it goes on being right only time tells. Each bill that has fallen due is seen again at its own
//! two instants, with what was known of its account by then, by the model that runs of that day used.

use super::model::{Basis, PaymentModel, Sight, each_sight, sights};
use super::{Bill, View, is_late};

/// Days back in which bills have fallen due that are looked at.
pub const TOLD_DAYS: i32 = 182;
/// Models that are looked at, the one in use the last of them.
pub const MODELS_MAX: usize = 27;
/// A chance is kept in thousandths.
pub const WHOLE: i64 = 1_000;

/// A model with the number of its day.
type Dated<'m> = (i32, &'m PaymentModel);

/// What was told of one bill at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// By the model that is in use now; else by one that earlier runs used.
    pub is_in_use: bool,
    /// The instant.
    pub view: View,
    /// Chance of being late that the model told, in thousandths.
    pub chance: i64,
    /// What the account's share of late bills told, in thousandths.
    pub counted: i64,
    /// It was paid after its payable day, or that day is over.
    pub is_late: bool,
}

/// Of the bills of an account as they are known at the end of a day, those that have fallen due in the days before it; models in the order
/// of their days, the one in use the last. A model is used by runs of later dates than its own; of a bill that was seen before the first nothing was told.
pub fn told(bills: &[Bill], models: &[Dated<'_>], as_of: i32) -> Vec<Told> {
    let Some((first, _)) = models.first() else { return Vec::new() };
    // What was known before its day is what the run of the day before knew.
    let run = |sight: &Sight| sight.day - 1;
    let is_asked = |sight: &Sight| {
        let payable = bills[sight.bill].payable;
        run(sight) > *first && payable < as_of && payable >= as_of - TOLD_DAYS
    };
    let asked: Vec<Sight> = sights(bills, as_of).into_iter().filter(is_asked).collect();
    let mut told = Vec::with_capacity(asked.len());
    if asked.is_empty() {
        return told;
    }
    each_sight(bills, &asked, |sight, bill, habits| {
        let used = models.iter().rposition(|(day, _)| *day < run(sight));
        let Some((at, is_late)) = used.zip(is_late(bill, 0, as_of)) else { return };
        let (_, model) = models[at];
        let chance = |basis| {
            let chance = model.learnt.outlook(habits, bill, run(sight), basis).late(0);
            (chance * WHOLE as f64).round() as i64
        };
        let (chance, counted) = (chance(model.basis()), chance(Basis::Counting));
        told.push(Told { is_in_use: at + 1 == models.len(), view: sight.view, chance, counted, is_late });
    });
    told
}

/// A model is told to drift where it is further from what came than counting, and is not used where that is by so many per cent, or
/// where one share for all bills is nearer by as much.
const WORSE_PERCENT: f64 = 10.0;
/// Fewer late bills, or fewer in time, say nothing of a model.
const BILLS_MIN: u64 = 30;

/// What a model says of bills, added up: squared errors of chances, beside those of counting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// By instant: a bill may be seen at both.
    seen: [Seen; 2],
}

/// At one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Seen {
    bills: u64,
    late: u64,
    chances: f64,
    errors: f64,
    counting_errors: f64,
}

/// Is a model as good as it was?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// As far as anybody can tell.
    Steady,
    /// It is further from what came than counting.
    Drifting,
    /// So far that counting is used.
    Lost,
}

impl Standing {
    /// Adds bills at an instant, of which the mean chance that was told and the mean squared errors of model and counting are known.
    pub fn add(&mut self, view: View, (bills, late): (u64, u64), (chance, error, counting_error): (f64, f64, f64)) {
        let seen = &mut self.seen[view as usize];
        seen.bills += bills;
        seen.late += late;
        seen.chances += bills as f64 * chance;
        seen.errors += bills as f64 * error;
        seen.counting_errors += bills as f64 * counting_error;
    }

    /// Too few bills tell nothing. A bill that is seen twice is one bill.
    pub fn drift(&self) -> Drift {
        let is_enough = self.seen.iter().any(|seen| seen.late.min(seen.bills - seen.late) >= BILLS_MIN);
        let [errors, counting, one_share] = self.errors();
        let worse_than = |other: f64| (errors - other) * 100.0 > other * WORSE_PERCENT;
        match is_enough {
            true if worse_than(counting) || worse_than(one_share) => Drift::Lost,
            true if errors > counting => Drift::Drifting,
            _ => Drift::Steady,
        }
    }

    /// Mean squared errors of the model, of counting, and of the share of late bills told of all alike.
    fn errors(&self) -> [f64; 3] {
        let mean = |of: fn(&Seen) -> f64| self.mean(of);
        let one_share = |seen: &Seen| {
            let late = seen.late as f64;
            late * (1.0 - late / seen.bills.max(1) as f64)
        };
        [mean(|seen| seen.errors), mean(|seen| seen.counting_errors), mean(one_share)]
    }

    /// Of all that was told.
    fn mean(&self, of: impl Fn(&Seen) -> f64) -> f64 {
        let told: u64 = self.seen.iter().map(|seen| seen.bills).sum();
        self.seen.iter().map(of).sum::<f64>() / told.max(1) as f64
    }

    /// What was told and what came, for a person: of the instant that shows most bills, for a bill that is seen twice is one bill.
    pub fn in_words(&self) -> String {
        let [at_issue, before_due] = &self.seen;
        let (seen, instant) = match at_issue.bills >= before_due.bills {
            true => (at_issue, "at issue"),
            false => (before_due, "seven days before"),
        };
        let [errors, counting, one_share] = self.errors();
        let percent = |sum: f64| sum / seen.bills.max(1) as f64 * 100.0;
        format!(
            "of {} bills that fell due in {TOLD_DAYS} days and were seen {instant} it said that {:.0} % would be late, and {:.0} % were; of all \
             that it said the squared error is {errors:.3}, that of each account's share of late bills {counting:.3}, and that of one share for \
             all {one_share:.3}",
            seen.bills,
            percent(seen.chances),
            percent(seen.late as f64),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_lost_where_it_is_a_tenth_worse_than_counting() {
        // Half of them of another company, and all of them seen twice.
        let standing = |bills: u64, late: u64, error, counting| {
            let mut standing = Standing::default();
            for view in [View::AtIssue, View::BeforeDue] {
                standing.add(view, (bills / 2, late / 2), (0.3, error, counting));
                standing.add(view, (bills - bills / 2, late - late / 2), (0.3, error, counting));
            }
            standing.drift()
        };
        let table = [
            ("better", (200, 60, 0.18, 0.20), Drift::Steady),
            ("as good", (200, 60, 0.20, 0.20), Drift::Steady),
            ("worse", (200, 60, 0.21, 0.20), Drift::Drifting),
            ("a tenth worse", (200, 60, 0.219, 0.20), Drift::Drifting),
            ("more than that", (200, 60, 0.221, 0.20), Drift::Lost),
            ("better than counting, and a tenth worse than one share", (200, 100, 0.28, 0.66), Drift::Lost),
            ("too few late bills", (200, 29, 0.4, 0.20), Drift::Steady),
            ("too few in time", (200, 171, 0.4, 0.20), Drift::Steady),
            ("nothing", (0, 0, 0.0, 0.0), Drift::Steady),
        ];
        for (name, (bills, late, error, counting), expected) in table {
            assert_eq!(standing(bills, late, error, counting), expected, "{name}");
        }
    }

    #[test]
    fn a_bill_that_is_seen_twice_is_told_once() {
        let mut standing = Standing::default();
        standing.add(View::AtIssue, (40, 24), (0.4, 0.3, 0.3));
        standing.add(View::BeforeDue, (36, 24), (0.4, 0.3, 0.3));
        let told = standing.in_words();
        assert!(
            told.starts_with(
                "of 40 bills that fell due in 182 days and were seen at issue it said that 40 % would be late, and 60 % were"
            ),
            "{told}"
        );
        assert!(told.ends_with("share of late bills 0.300, and that of one share for all 0.232"), "{told}");
    }
}
