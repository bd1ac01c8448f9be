//! What a model looks at: numbers made of an account's habits and of the bill itself.

use chrono::{Datelike, Days, NaiveDate};

use super::habits::{Habits, size};
use super::{Bill, DELAY_MIN};

/// A new account counts as if so many bills had been paid as everybody pays them.
pub(super) const PRIOR_BILLS: f64 = 2.0;
/// Variance of the days late of those bills.
const PRIOR_VARIANCE: f64 = 100.0;
/// The days late of an account spread by two days at least.
const VARIANCE_MIN: f64 = 4.0;
/// A feature is a whole number of these parts, so that sums are exact.
pub(super) const PARTS: i64 = 1024;

/// What the person who reads a reason is told of together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// How it has always paid.
    Usual,
    /// How it has paid lately.
    Lately,
    /// What it owes besides.
    Debts,
    /// How large the bill is beside its others.
    Amount,
    /// How long it has to pay.
    Term,
    /// The month in which it is due.
    Month,
}

/// Name and topic of each feature; the first stands for one and has no topic.
pub const FEATURES: [(&str, Topic); 28] = [
    ("one", Topic::Usual),
    ("delay", Topic::Usual),
    ("newness", Topic::Usual),
    ("recent_delay", Topic::Lately),
    ("late_share", Topic::Usual),
    ("late_15_share", Topic::Usual),
    ("recent_late_share", Topic::Lately),
    ("spread", Topic::Usual),
    ("paid", Topic::Usual),
    ("open", Topic::Debts),
    ("overdue", Topic::Debts),
    ("overdue_days", Topic::Debts),
    ("overdue_share", Topic::Debts),
    ("size", Topic::Amount),
    ("days_late", Topic::Usual),
    ("term", Topic::Term),
    ("month_01", Topic::Month),
    ("month_02", Topic::Month),
    ("month_03", Topic::Month),
    ("month_04", Topic::Month),
    ("month_05", Topic::Month),
    ("month_06", Topic::Month),
    ("month_07", Topic::Month),
    ("month_08", Topic::Month),
    ("month_09", Topic::Month),
    ("month_10", Topic::Month),
    ("month_11", Topic::Month),
    ("month_12", Topic::Month),
];
const MONTHS_FROM: usize = 16;

/// The features of one bill on one day, in 1/1024.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    pub(super) values: [i64; FEATURES.len()],
}

impl Features {
    /// Of a bill that is asked about on a day, by the habits known before that day.
    pub fn of(habits: &Habits, bill: &Bill, day: i32) -> Features {
        let paid = habits.paid as f64;
        let weight = paid + PRIOR_BILLS;
        let delays = habits.delays as f64;
        let delay = delays / weight;
        let squares = habits.delay_squares as f64 - 2.0 * delay * delays + paid * delay * delay;
        let deviation = ((squares + PRIOR_BILLS * PRIOR_VARIANCE) / weight).max(VARIANCE_MIN).sqrt();
        let late_share = habits.late as f64 / weight;
        let (recent_delay, recent_share) = recent(habits, delay, late_share);
        let others = Others::of(habits, bill, day);
        let own = [
            1.0,
            delay,
            PRIOR_BILLS / weight,
            recent_delay,
            late_share,
            habits.late_15 as f64 / weight,
            recent_share,
            deviation,
            paid.min(30.0).sqrt(),
            others.open.min(100.0).sqrt(),
            others.overdue.min(100.0).sqrt(),
            f64::from(others.overdue_days.min(-DELAY_MIN)),
            others.overdue / (others.open + 1.0),
            (paid * size(bill.amount) as f64 - habits.sizes as f64) / (PARTS as f64 * weight),
            habits.days_late as f64 / weight,
            f64::from((bill.payable - bill.issued).clamp(0, 180)),
        ];
        let mut values = [0; FEATURES.len()];
        values.iter_mut().zip(own).for_each(|(value, own)| *value = parts(own));
        values[MONTHS_FROM + month_of(bill.payable)] = PARTS;
        Features { values }
    }
}

fn parts(value: f64) -> i64 {
    (value * PARTS as f64).round() as i64
}

/// From 0.
fn month_of(day: i32) -> usize {
    let epoch = NaiveDate::default();
    let days = Days::new(u64::from(day.unsigned_abs()));
    let date = if day < 0 { epoch.checked_sub_days(days) } else { epoch.checked_add_days(days) };
    date.map_or(0, |date| date.month0() as usize)
}

/// Days late and share of late ones among the recent bills, drawn towards all of them.
fn recent(habits: &Habits, delay: f64, late_share: f64) -> (f64, f64) {
    let drawn = |sum: i64, usual: f64| (sum as f64 + 2.0 * usual) / (habits.recent as f64 + 2.0);
    (drawn(habits.recent_delays, delay), drawn(habits.recent_late, late_share))
}

/// The open bills of the account but the one that is asked about.
struct Others {
    open: f64,
    overdue: f64,
    overdue_days: i32,
}

impl Others {
    fn of(habits: &Habits, bill: &Bill, day: i32) -> Others {
        let is_among = bill.issued < day;
        let is_overdue = is_among && bill.payable < day;
        let is_oldest = is_among && habits.oldest[0] == Some(bill.payable);
        let oldest = habits.oldest[usize::from(is_oldest)].filter(|due| *due < day);
        Others {
            open: (habits.open - i64::from(is_among)).max(0) as f64,
            overdue: (habits.overdue - i64::from(is_overdue)).max(0) as f64,
            overdue_days: oldest.map_or(0, |due| day - due),
        }
    }
}
