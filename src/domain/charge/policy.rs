//! The charge terms of a company or of one régua: their name, their rule, and what becomes of charges that are left on
//! items paid late.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{ChargeRule, Interest, InterestPeriod, Percent, RateTable, ResidualCharges};
use crate::domain::money::{Amount, Currency, Rounding};

/// The charge terms of a company or of a régua.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargePolicy {
    /// `default`, the company, or the régua that has terms of its own.
    pub name: String,
    /// Terms that have passed every check, without the fee of a step.
    pub rule: ChargeRule,
    /// What becomes of charges left on items that were paid late.
    pub residual: ResidualCharges,
}

/// What a step costs the debtor, by the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFee {
    /// Once per message, by currency.
    pub fixed: BTreeMap<Currency, Amount>,
    /// Of the principal of each overdue item.
    pub percent: Percent,
    /// To the smallest coin of the message's currency.
    pub rounding: Rounding,
}

impl Rounding {
    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Rounding::HalfUp => "half_up",
            Rounding::HalfEven => "half_even",
            Rounding::Truncate => "truncate",
        }
    }
}

impl ChargePolicy {
    /// Which terms, rates and roundings apply to an item due on `due`, for the trace of a decision.
    pub fn in_words(&self, rates: &RateTable, due: NaiveDate, as_of: NaiveDate) -> String {
        let terms = self.rule.terms();
        let fine = terms.fine.map(|fine| format!("fine {} % {}", fine.percent, fine.rounding.as_str()));
        let interest = terms.interest.as_ref().map(|interest| match interest {
            Interest::Simple { percent, period, rounding } => {
                let period = if *period == InterestPeriod::PerMonth { "month" } else { "year" };
                format!("interest {percent} % per {period} {}", rounding.as_str())
            }
            Interest::Statutory(law) => {
                let rate = law.rate_at_end(rates, due, as_of);
                let rate = rate.map_or(String::new(), |(from, rate)| format!(" {rate} % of {from}"));
                let (statute, rounding) = (law.statute.as_str(), law.rounding.as_str());
                format!("interest by {statute} on {}{rate} {rounding}", law.index)
            }
        });
        let parts: Vec<String> = fine.into_iter().chain(interest).collect();
        format!("charges {}: {}", self.name, parts.join(", "))
    }
}
