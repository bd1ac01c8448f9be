//! Learning when bills are paid, from how their account has paid before; and, in `responses`, by which channel and at which hour contacts lead
//! to payment.
//!
//! Each bill is seen at two of its own instants: when it is issued, and seven days before it is due if it is still unpaid. At each,
//! what was known of its account by then (`habits`) becomes numbers (`features`); a ridge regression (`ridge`) says how
//! many days late it will be paid and how it ranks, and the curve of the bills of its rank (`curve`) how many are unpaid after so many
//! days, with bills that are still open as what they are: unpaid so far. `backtest` tries a model on what came after it was learnt, beside counting alone; where it is
//! not better it is refused, and counting is used. `weighing` says what past contacts would have come to under another policy.
//!
//! Sums are of whole numbers, so no order of rows, shards or threads changes a bit, and floats go through + - * /, the square
//! root and rounding alone, which every machine does alike.

pub mod backtest;
pub mod curve;
pub mod features;
pub mod habits;
pub mod model;
pub mod receipts;
pub mod responses;
pub mod ridge;
#[cfg(test)]
mod tests;
pub mod told;
pub mod weighing;

/// Was a bill late by more than so many days, as far as is known at the end of a day? `None` = nobody knows yet, or it ended
/// unpaid before that.
fn is_late(bill: &Bill, days: i32, known: i32) -> Option<bool> {
    let ended = bill.ended_on().filter(|day| *day <= known);
    let is_past = |day: i32| day - bill.payable > days;
    match ended {
        Some(day) if bill.is_paid => is_past(known).then(|| is_past(day)),
        Some(day) => is_past(day - 1).then_some(true),
        None => is_past(known).then_some(true),
    }
}

/// When a bill is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// On its day of issue, and until the other.
    AtIssue = 0,
    /// Seven days before it is due, and from then on.
    BeforeDue = 1,
}

impl View {
    /// As tables have it.
    pub fn as_str(self) -> &'static str {
        match self {
            View::AtIssue => "at_issue",
            View::BeforeDue => "before_due",
        }
    }
}

/// Both, in the order of the arrays of a model.
pub const VIEWS: [View; 2] = [View::AtIssue, View::BeforeDue];
/// Days before it is due from which a bill is seen again.
pub const LEAD_DAYS: i32 = 7;
/// Days late, clamped: beyond, one bill would outweigh a hundred.
const DELAY_MIN: i32 = -60;
const DELAY_MAX: i32 = 90;

/// One item of an account, in days since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bill {
    /// Unknown before it.
    pub issued: i32,
    /// Paid on this day it is paid in time.
    pub payable: i32,
    /// In minor units.
    pub amount: i64,
    /// Day on which nothing was left of it; `None` = something is.
    pub ended: Option<i32>,
    /// It ended by payments; else it was written off or credited, and nobody knows when it would have been paid.
    pub is_paid: bool,
}

impl Bill {
    /// What is paid in advance is settled when it is issued.
    fn ended_on(&self) -> Option<i32> {
        self.ended.map(|day| day.max(self.issued))
    }

    /// Days from the payable day to its payment; below zero = early.
    pub fn delay(&self) -> Option<i32> {
        self.ended_on().filter(|_| self.is_paid).map(|day| day - self.payable)
    }

    /// Its day of this view; `None` where it is settled by then, or issued later.
    pub fn seen_on(&self, view: View) -> Option<i32> {
        let day = match view {
            View::AtIssue => self.issued,
            View::BeforeDue => self.payable - LEAD_DAYS,
        };
        let is_open = self.ended_on().is_none_or(|ended| ended >= day);
        let is_new = view == View::AtIssue || day > self.issued;
        (is_new && is_open).then_some(day)
    }

    /// The view whose figures hold for a bill that is open on this day.
    pub fn view_on(&self, day: i32) -> View {
        let before_due = self.payable - LEAD_DAYS;
        if before_due > self.issued && day >= before_due { View::BeforeDue } else { View::AtIssue }
    }

    /// The bill as it was known at the end of this day; `None` where it was not issued yet.
    pub fn known_on(mut self, day: i32) -> Option<Bill> {
        self.ended = self.ended.filter(|ended| *ended <= day);
        (self.issued <= day).then_some(self)
    }
}

fn clamped(delay: i32) -> i64 {
    i64::from(delay.clamp(DELAY_MIN, DELAY_MAX))
}
