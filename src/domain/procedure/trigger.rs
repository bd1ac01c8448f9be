//! Triggers: when a step is due, and the facts that they look at.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::money::{Amount, Currency};

/// When a step is due. "Equal or exceed", unless strict.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// Every part holds; no parts = always.
    All(Vec<Trigger>),
    /// At least one part holds.
    Any(Vec<Trigger>),
    /// Calendar days since the due date; below zero before it.
    DaysPastDue {
        /// Below zero: so many days before the due date.
        days: i64,
        /// True = more than `days`; false = `days` is enough.
        strictly: bool,
    },
    /// Calendar days since the day of issue.
    DaysSinceIssue {
        /// Counted from the day of issue.
        days: i64,
        /// True = more than `days`; false = `days` is enough.
        strictly: bool,
    },
    /// On or after the last day of the month in which due date + days falls.
    EndOfMonthAfter {
        /// Added to the due date before the end of the month is taken.
        days: i64,
    },
    /// Days since the last step was sent for the item; it never holds before the first.
    DaysSincePrevious {
        /// Counted from that step.
        days: i64,
        /// True = more than `days`; false = `days` is enough.
        strictly: bool,
    },
    /// All that is open and eligible, due or not.
    OpenBalance {
        /// By currency; one that is not here never reaches it.
        least: BTreeMap<Currency, Amount>,
        /// True = more than `least`; false = `least` is enough.
        strictly: bool,
    },
    /// What of it is overdue.
    OverdueBalance {
        /// By currency; one that is not here never reaches it.
        least: BTreeMap<Currency, Amount>,
        /// True = more than `least`; false = `least` is enough.
        strictly: bool,
    },
    /// Items that are open and eligible, due or not.
    OpenItems {
        /// At least this many.
        least: u32,
    },
    /// Items that are overdue and eligible.
    OverdueItems {
        /// At least this many.
        least: u32,
    },
    /// The chance that the item is paid late; it never holds without a model.
    LateChance {
        /// At least this, from 0 to 1.
        least: f64,
    },
    /// A promise was broken in this arrears episode.
    PromiseBroken,
    /// An agreement was broken in this arrears episode.
    AgreementBroken,
    /// Of duties only, which `decision/duty.rs` decides: what is listed, protested or with an agency is paid.
    PaidWhileListed,
    /// Of receipts only, which `decision/receipt.rs` decides: everything that was due is paid.
    AllPaid,
}

/// The facts a trigger looks at; of one item, or of an account as its oldest due item.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The date of the run.
    pub as_of: NaiveDate,
    /// Calendar days; never above 0 for what is not overdue yet by the rule for non-business days.
    pub days_past_due: i64,
    /// As the contract has it.
    pub due_date: NaiveDate,
    /// Of the invoice.
    pub issue_date: NaiveDate,
    /// Since when a step without a day of its own (a balance, a broken promise) can have been about this item.
    pub own_since: NaiveDate,
    /// Of the amounts here.
    pub currency: Currency,
    /// Open and eligible, of the whole account.
    pub open: Amount,
    /// Number of open and eligible items.
    pub open_items: u32,
    /// What of it is overdue.
    pub overdue: Amount,
    /// Number of those that are overdue.
    pub overdue_items: u32,
    /// The step at which a person let the item begin; `None` = at the first.
    pub begins_at: Option<String>,
    /// Day of the last step that was sent for the item; `None` = none was.
    pub previous_on: Option<NaiveDate>,
    /// Chance that it is paid late, from 0 to 1; `None` without a model.
    pub late_chance: Option<f64>,
    /// In this arrears episode.
    pub promise_broken: bool,
    /// In this arrears episode.
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
    /// Does it hold on the day of these facts?
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
            Trigger::LateChance { least } => facts.late_chance.is_some_and(|chance| chance >= *least),
            Trigger::PromiseBroken => facts.promise_broken,
            Trigger::AgreementBroken => facts.agreement_broken,
            Trigger::PaidWhileListed | Trigger::AllPaid => false,
        }
    }

    /// Does it look at what a model expects?
    pub fn looks_at_chances(&self) -> bool {
        match self {
            Trigger::All(parts) | Trigger::Any(parts) => parts.iter().any(Trigger::looks_at_chances),
            other => matches!(other, Trigger::LateChance { .. }),
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
