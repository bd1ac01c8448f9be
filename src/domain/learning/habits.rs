//! How an account has paid, as it was known on a day.

use std::collections::{BTreeMap, VecDeque};

use super::features::PRIOR_BILLS;
use super::model::LATE_DAYS;
use super::{Bill, clamped};

/// So many payments are the recent ones.
const RECENT: usize = 5;

/// What is known of an account before a day: of its bills that are paid, and of those that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Bills paid.
    pub paid: i64,
    /// Their days late, added up; early counts below zero.
    pub delays: i64,
    /// The squares of those.
    pub delay_squares: i64,
    /// Of days late, those above zero.
    pub days_late: i64,
    /// Bills paid after their payable day.
    pub late: i64,
    /// Bills paid more than 15 days after it.
    pub late_15: i64,
    /// Bills paid more than 30 days after it.
    pub late_30: i64,
    /// Sizes of the paid bills, added up; see `size`.
    pub sizes: i64,
    /// The last bills paid, five at most.
    pub recent: i64,
    /// Their days late, added up.
    pub recent_delays: i64,
    /// Of them, bills paid late.
    pub recent_late: i64,
    /// Bills open.
    pub open: i64,
    /// Of those, bills past their payable day.
    pub overdue: i64,
    /// Of those, bills unpaid for more than 15 days after it.
    pub overdue_15: i64,
    /// Bills unpaid for more than 30 days after it.
    pub overdue_30: i64,
    /// Payable days of the two oldest open bills, in order: one may be the bill that is asked about.
    pub oldest: [Option<i32>; 2],
}

/// A figure by its column in tables.
pub type Figure = (&'static str, fn(&mut Habits) -> &mut i64);

/// All of habits but the oldest payable days.
pub const FIGURES: [Figure; 15] = [
    ("paid", |habits| &mut habits.paid),
    ("delays", |habits| &mut habits.delays),
    ("delay_squares", |habits| &mut habits.delay_squares),
    ("days_late", |habits| &mut habits.days_late),
    ("late", |habits| &mut habits.late),
    ("late_15", |habits| &mut habits.late_15),
    ("late_30", |habits| &mut habits.late_30),
    ("sizes", |habits| &mut habits.sizes),
    ("recent", |habits| &mut habits.recent),
    ("recent_delays", |habits| &mut habits.recent_delays),
    ("recent_late", |habits| &mut habits.recent_late),
    ("open", |habits| &mut habits.open),
    ("overdue", |habits| &mut habits.overdue),
    ("overdue_15", |habits| &mut habits.overdue_15),
    ("overdue_30", |habits| &mut habits.overdue_30),
];
/// Of the payable days of the two oldest open bills.
pub const OLDEST: [&str; 2] = ["oldest_payable_on", "second_payable_on"];

/// The binary logarithm of an amount in 1/1024, straight between powers of two: no library's logarithm, whose last bit differs.
pub fn size(amount: i64) -> i64 {
    let amount = amount.max(1) as u64;
    let power = i64::from(63 - amount.leading_zeros());
    let fraction = (u128::from(amount) << 10 >> power) as i64 - 1024;
    power * 1024 + fraction
}

/// What happens to a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Issued,
    /// It has stood for so many of `LATE_DAYS`: one = its payable day is over.
    Overdue(u8),
    Ended,
}

/// Walks through the bills of an account, and gives what was known before each day that is asked about, in the order of the
/// days: `each(position of the question, habits)`.
pub fn walk(bills: &[Bill], days: &[i32], mut each: impl FnMut(usize, &Habits)) {
    let mut events: Vec<(i32, Event, Bill, usize)> = Vec::with_capacity(bills.len() * 3);
    for (at, bill) in bills.iter().enumerate() {
        events.push((bill.issued, Event::Issued, *bill, at));
        for (count, days) in (1..).zip(LATE_DAYS) {
            // Most bills end before they are late by much.
            let day = bill.payable + days;
            let stands = count == 1 || bill.ended_on().is_none_or(|ended| ended > day);
            events.extend(stands.then_some((day, Event::Overdue(count), *bill, at)));
        }
        events.extend(bill.ended_on().map(|day| (day, Event::Ended, *bill, at)));
    }
    // Of bills that are alike in all, either may be the recent one.
    events.sort_unstable();
    let mut questions: Vec<usize> = (0..days.len()).collect();
    questions.sort_by_key(|at| days[*at]);
    let bills = vec![(false, 0); bills.len()];
    let mut state = State { habits: Habits::default(), recent: VecDeque::new(), dues: BTreeMap::new(), bills };
    let mut events = events.into_iter().peekable();
    for question in questions {
        while let Some((_, event, bill, at)) = events.next_if(|(day, ..)| *day < days[question]) {
            state.take(event, &bill, at);
        }
        each(question, &state.known());
    }
}

struct State {
    habits: Habits,
    /// Days late of the last bills paid, the youngest last.
    recent: VecDeque<i64>,
    /// Payable days of the open bills, with their number.
    dues: BTreeMap<i32, u32>,
    /// Of each bill: is it open, and for how many of `LATE_DAYS` has it stood?
    bills: Vec<(bool, u8)>,
}

impl State {
    fn take(&mut self, event: Event, bill: &Bill, at: usize) {
        let (is_open, overdue) = self.bills[at];
        match event {
            Event::Issued => {
                self.bills[at].0 = true;
                self.habits.open += 1;
                self.habits.count_overdue(0..overdue, 1);
                *self.dues.entry(bill.payable).or_default() += 1;
            }
            Event::Overdue(count) => {
                self.bills[at].1 = count;
                self.habits.count_overdue(overdue..count, i64::from(is_open));
            }
            Event::Ended => {
                self.bills[at].0 = false;
                self.habits.open -= 1;
                self.habits.count_overdue(0..overdue, -1);
                if let Some(left) = self.dues.get_mut(&bill.payable) {
                    *left -= 1;
                    if *left == 0 {
                        self.dues.remove(&bill.payable);
                    }
                }
                bill.delay().into_iter().for_each(|delay| self.paid(bill, delay));
            }
        }
    }

    fn paid(&mut self, bill: &Bill, delay: i32) {
        self.habits.add(bill, delay);
        self.recent.push_back(clamped(delay));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    fn known(&self) -> Habits {
        let mut dues = self.dues.iter().flat_map(|(due, bills)| std::iter::repeat_n(*due, (*bills).min(2) as usize));
        Habits {
            recent: self.recent.len() as i64,
            recent_delays: self.recent.iter().sum(),
            recent_late: self.recent.iter().filter(|days| **days > 0).count() as i64,
            oldest: [dues.next(), dues.next()],
            ..self.habits
        }
    }
}

impl Habits {
    fn add(&mut self, bill: &Bill, delay: i32) {
        let days = clamped(delay);
        self.paid += 1;
        self.delays += days;
        self.delay_squares += days * days;
        self.days_late += days.max(0);
        self.late += i64::from(delay > 0);
        self.late_15 += i64::from(delay > 15);
        self.late_30 += i64::from(delay > 30);
        self.sizes += size(bill.amount);
    }

    /// Another bill, or one less, that has stood for these of `LATE_DAYS`.
    fn count_overdue(&mut self, of: std::ops::Range<u8>, more: i64) {
        for at in of {
            *[&mut self.overdue, &mut self.overdue_15, &mut self.overdue_30][usize::from(at)] += more;
        }
    }

    /// Share of its bills that are late by more than so many days (0, 15 or 30), drawn towards a prior as if it had a few more bills like
    /// everybody. Bills that are paid count, and those that have stood so long: whoever pays nothing is late with all of it. `asked` = the
    /// bill that is asked about has stood so long itself, and does not count.
    pub fn late_share(&self, days: i32, prior: f64, asked: bool) -> f64 {
        let (late, overdue) = match days {
            30.. => (self.late_30, self.overdue_30),
            15.. => (self.late_15, self.overdue_15),
            _ => (self.late, self.overdue),
        };
        let stands = (overdue - i64::from(asked)).max(0);
        ((late + stands) as f64 + PRIOR_BILLS * prior) / ((self.paid + stands) as f64 + PRIOR_BILLS)
    }
}
