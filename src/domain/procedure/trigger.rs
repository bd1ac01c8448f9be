//! Triggers: when a step is due, and the facts that they look at.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::money::{Amount, Currency};

/// When a step is due. "Equal or exceed", unless strict.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    All(Vec<Trigger>),
    Any(Vec<Trigger>),
    DaysPastDue {
        days: i64,
        strictly: bool,
    },
    DaysSinceIssue {
        days: i64,
        strictly: bool,
    },
    /// On or after the last day of the month in which due date + days falls.
    EndOfMonthAfter {
        days: i64,
    },
    DaysSincePrevious {
        days: i64,
        strictly: bool,
    },
    /// All that is open and eligible, due or not.
    OpenBalance {
        least: BTreeMap<Currency, Amount>,
        strictly: bool,
    },
    /// What of it is overdue.
    OverdueBalance {
        least: BTreeMap<Currency, Amount>,
        strictly: bool,
    },
    OpenItems {
        least: u32,
    },
    OverdueItems {
        least: u32,
    },
    PromiseBroken,
    AgreementBroken,
    /// Of duties only, which `decision/duty.rs` decides: what is listed, protested or with an agency is paid.
    PaidWhileListed,
    /// Of receipts only, which `decision/receipt.rs` decides: everything that was due is paid.
    AllPaid,
}

/// The facts a trigger looks at; of one item, or of an account as its oldest due item.
#[derive(Clone, Debug)]
pub struct Facts {
    pub as_of: NaiveDate,
    /// Calendar days; never above 0 for what is not overdue yet by the rule for non-business days.
    pub days_past_due: i64,
    pub due_date: NaiveDate,
    pub issue_date: NaiveDate,
    /// Since when a step without a day of its own (a balance, a broken promise) can have been about this item.
    pub own_since: NaiveDate,
    pub currency: Currency,
    /// Open and eligible, of the whole account.
    pub open: Amount,
    pub open_items: u32,
    /// What of it is overdue.
    pub overdue: Amount,
    pub overdue_items: u32,
    /// The step at which a person let the item begin.
    pub begins_at: Option<String>,
    pub previous_on: Option<NaiveDate>,
    pub promise_broken: bool,
    pub agreement_broken: bool,
}

impl Facts {
    /// A currency without a threshold never reaches it.
    fn reach(&self, amount: Amount, least: &BTreeMap<Currency, Amount>, strictly: bool) -> bool {
        least.get(&self.currency).is_some_and(|least| reaches(amount, *least, strictly))
    }
}

pub(super) fn reaches<T: PartialOrd>(value: T, least: T, strictly: bool) -> bool {
    if strictly { value > least } else { value >= least }
}

pub(super) fn end_of_month(day: NaiveDate) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(day.year(), day.month(), 1)?;
    first.checked_add_months(chrono::Months::new(1))?.pred_opt()
}

pub(super) fn plus_days(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    day.checked_add_signed(chrono::TimeDelta::try_days(days)?)
}

impl Trigger {
    pub fn holds(&self, facts: &Facts) -> bool {
        match self {
            Trigger::All(parts) => parts.iter().all(|t| t.holds(facts)),
            Trigger::Any(parts) => parts.iter().any(|t| t.holds(facts)),
            Trigger::DaysPastDue { days, strictly } => reaches(facts.days_past_due, *days, *strictly),
            Trigger::DaysSinceIssue { days, strictly } => {
                reaches((facts.as_of - facts.issue_date).num_days(), *days, *strictly)
            }
            Trigger::EndOfMonthAfter { days } => {
                plus_days(facts.due_date, *days).and_then(end_of_month).is_some_and(|last| facts.as_of >= last)
            }
            Trigger::DaysSincePrevious { days, strictly } => {
                facts.previous_on.is_some_and(|on| reaches((facts.as_of - on).num_days(), *days, *strictly))
            }
            Trigger::OpenBalance { least, strictly } => facts.reach(facts.open, least, *strictly),
            Trigger::OverdueBalance { least, strictly } => facts.reach(facts.overdue, least, *strictly),
            Trigger::OpenItems { least } => facts.open_items >= *least,
            Trigger::OverdueItems { least } => facts.overdue_items >= *least,
            Trigger::PromiseBroken => facts.promise_broken,
            Trigger::AgreementBroken => facts.agreement_broken,
            Trigger::PaidWhileListed | Trigger::AllPaid => false,
        }
    }

    /// Days past due at which the trigger first can hold, where it depends on them.
    pub fn days_past_due(&self) -> Option<i64> {
        match self {
            Trigger::DaysPastDue { days, strictly } => Some(days.saturating_add(i64::from(*strictly))),
            Trigger::All(parts) => parts.iter().filter_map(Trigger::days_past_due).max(),
            Trigger::Any(parts) => parts.iter().map(Trigger::days_past_due).min().flatten(),
            _ => None,
        }
    }

    /// The first day on which it can hold for the item of these facts; `None` where it can hold on any day.
    pub(super) fn first_day(&self, facts: &Facts) -> Option<NaiveDate> {
        match self {
            Trigger::All(parts) => parts.iter().filter_map(|t| t.first_day(facts)).max(),
            Trigger::Any(parts) => parts.iter().map(|t| t.first_day(facts)).min().flatten(),
            Trigger::DaysPastDue { days, strictly } => {
                plus_days(facts.due_date, days.saturating_add(i64::from(*strictly)))
            }
            Trigger::DaysSinceIssue { days, strictly } => {
                plus_days(facts.issue_date, days.saturating_add(i64::from(*strictly)))
            }
            Trigger::EndOfMonthAfter { days } => plus_days(facts.due_date, *days).and_then(end_of_month),
            _ => None,
        }
    }

    /// Will it hold in time, if nothing but time passes? What will not (a balance too small, no promise broken) is
    /// passed over, else the ladder would stand still there for good.
    pub(super) fn holds_in_time(&self, facts: &Facts) -> bool {
        match self {
            Trigger::All(parts) => parts.iter().all(|t| t.holds_in_time(facts)),
            Trigger::Any(parts) => parts.iter().any(|t| t.holds_in_time(facts)),
            Trigger::DaysPastDue { .. } | Trigger::DaysSinceIssue { .. } | Trigger::EndOfMonthAfter { .. } => true,
            Trigger::DaysSincePrevious { .. } => facts.previous_on.is_some(),
            _ => self.holds(facts),
        }
    }
}
