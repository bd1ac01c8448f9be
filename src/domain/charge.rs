//! Charges on an overdue item: fine, interest and fees, exact to the cent.
//!
//! A [`ChargeRule`] is what the contract or the law says, already checked against the caps; [`charges`] is what an
//! item owes under it. Interest is simple, on the open amount, from the original due date; nothing compounds. All
//! arithmetic is whole numbers of 128 bits and rounds once per amount, by name. What the statutes say stands in
//! [`statutory`]. Whether an item is overdue in law on a day without banking is the calendar's
//! ([`payable_on`](crate::domain::calendar::Calendar::payable_on)): ask it first.

mod percent;
pub mod policy;
pub mod statutory;

use chrono::NaiveDate;

use self::percent::UNITS_PER_WHOLE;
pub use self::percent::{BadPercent, Percent};
pub use self::policy::{ChargePolicy, StepFee};
pub use self::statutory::{RateTable, RateTableError, Statute, Statutory};
use crate::domain::money::{Amount, Currency, Rounding, divide};

/// What a contractual rate counts over. Days are calendar days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterestPeriod {
    /// Per month, a thirtieth for each day.
    PerMonth,
    /// Per year, a 365th for each day, in leap years too.
    PerYear,
}

/// What becomes of charges that are left when the principal is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResidualCharges {
    /// They are added to the next message of the account.
    Claim,
    /// They are in no total; the message says what is waived.
    Waive,
}

/// A fine (multa): once, on the open amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fine {
    /// Of the open amount.
    pub percent: Percent,
    /// To the smallest coin of the currency.
    pub rounding: Rounding,
}

/// Interest on arrears (juros de mora), by contract or by statute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interest {
    /// By contract.
    Simple {
        /// For one whole period.
        percent: Percent,
        /// What `percent` counts over.
        period: InterestPeriod,
        /// To the smallest coin of the currency.
        rounding: Rounding,
    },
    /// By law: the rates come from the [`RateTable`].
    Statutory(Statutory),
}

/// The fee of the step being decided: an amount once per message, and a share of each item's principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// Minor units of the message's currency.
    pub fixed: Amount,
    /// Of the principal of each overdue item.
    pub percent: Percent,
    /// Of that share, to the smallest coin of the currency.
    pub rounding: Rounding,
}

/// What the configuration says of charges, before it is checked. What is absent is not charged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeTerms {
    /// Once per item.
    pub fine: Option<Fine>,
    /// Simple, for each day after the due date.
    pub interest: Option<Interest>,
    /// Fee of the step. A policy has none; [`ChargeRule::for_message`] adds it.
    pub fee: Option<Fee>,
}

/// The most that may be charged; an absent cap does not bind.
///
/// Contractual terms above a cap are refused. A statutory rate moves, so it is cut to the cap when it is charged; the
/// fixed sums of the statutes are no interest and have no cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Of the open amount.
    pub fine_max: Option<Percent>,
    /// Per month; a yearly rate may be twelve times as high.
    pub interest_max_per_month: Option<Percent>,
}

/// Terms that cannot be charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChargeRuleError {
    /// A rate, an amount or a cap is below zero.
    #[error("{what} is below zero; leave it out to charge none")]
    Negative {
        /// In words, such as `the fine`.
        what: &'static str,
    },
    /// The contract asks for a higher fine than the configuration allows.
    #[error("the fine of {fine} % is above `caps.fine_max` = {cap}; lower one or raise the other")]
    FineAboveCap {
        /// As it was written.
        fine: Percent,
        /// `fine_max` of the caps.
        cap: Percent,
    },
    /// The contract asks for more interest than the configuration allows.
    #[error(
        "interest of {interest} % {period} is above `caps.interest_max_per_month` = {cap}; lower one or raise the other"
    )]
    InterestAboveCap {
        /// As it was written.
        interest: Percent,
        /// `per month` or `per year`.
        period: &'static str,
        /// `interest_max_per_month` of the caps.
        cap: Percent,
    },
    /// The EU sets a least margin, and this is less.
    #[error("a margin of {margin} points is below the 8 of Directive 2011/7/EU art. 2(6); raise it or leave it out")]
    MarginBelowDirective {
        /// As it was written, in percentage points.
        margin: Percent,
    },
    /// The configuration sets what this law leaves no choice about.
    #[error("{what} is fixed by the statute {statute:?}; leave it out")]
    FixedByStatute {
        /// In words: `the margin` or `the fixed sum`.
        what: &'static str,
        /// The law that sets it.
        statute: Statute,
    },
}

/// Charge terms that have passed every check.
///
/// ```
/// use regua::domain::charge::{Caps, ChargeRule, ChargeTerms, Fine};
/// use regua::domain::money::Rounding;
/// let fine = |percent: &str| Some(Fine { percent: percent.parse().unwrap(), rounding: Rounding::HalfUp });
/// let caps = Caps { fine_max: Some("2".parse().unwrap()), ..Caps::default() };
/// assert!(ChargeRule::new(ChargeTerms { fine: fine("2"), ..ChargeTerms::default() }, caps).is_ok());
/// assert!(ChargeRule::new(ChargeTerms { fine: fine("2.01"), ..ChargeTerms::default() }, caps).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRule {
    terms: ChargeTerms,
    interest_max_per_month: Option<Percent>,
    /// Minor units of the smallest amount that can be paid.
    coin: i64,
    claims_fixed_sum: bool,
}

impl Default for ChargeRule {
    /// Charges nothing.
    fn default() -> Self {
        ChargeRule { terms: ChargeTerms::default(), interest_max_per_month: None, coin: 1, claims_fixed_sum: false }
    }
}

impl ChargeRule {
    /// Checks the terms against the caps.
    ///
    /// # Errors
    /// Every term that is below zero, above its cap or not the configuration's to set, all at once.
    pub fn new(terms: ChargeTerms, caps: Caps) -> Result<ChargeRule, Vec<ChargeRuleError>> {
        let mut errors: Vec<ChargeRuleError> = negatives(&terms, &caps)
            .into_iter()
            .filter(|(_, is_negative)| *is_negative)
            .map(|(what, _)| ChargeRuleError::Negative { what })
            .collect();
        if let (Some(Fine { percent: fine, .. }), Some(cap)) = (terms.fine, caps.fine_max)
            && fine > cap
        {
            errors.push(ChargeRuleError::FineAboveCap { fine, cap });
        }
        match &terms.interest {
            Some(Interest::Simple { percent, period, .. }) => {
                errors.extend(above_cap(*percent, *period, caps.interest_max_per_month));
            }
            Some(Interest::Statutory(statutory)) => errors.extend(statutory.errors()),
            None => {}
        }
        match errors.is_empty() {
            true => {
                let interest_max_per_month = caps.interest_max_per_month;
                Ok(ChargeRule { terms, interest_max_per_month, coin: 1, claims_fixed_sum: true })
            }
            false => Err(errors),
        }
    }

    /// The same terms for a message in a currency, with the fee of its step.
    ///
    /// Amounts come in whole coins of the currency, and the fixed sum of a statute is claimed only in the currency
    /// that the statute names.
    pub fn for_message(&self, currency: Currency, fee: Option<Fee>) -> ChargeRule {
        let claims_fixed_sum = match &self.terms.interest {
            Some(Interest::Statutory(law)) => law.sum_currency() == currency.as_str(),
            _ => false,
        };
        ChargeRule {
            terms: ChargeTerms { fee, ..self.terms.clone() },
            interest_max_per_month: self.interest_max_per_month,
            coin: currency.coin(),
            claims_fixed_sum,
        }
    }

    /// The terms as they were accepted.
    pub fn terms(&self) -> &ChargeTerms {
        &self.terms
    }

    /// Interest on `open` from the day after `due` to `as_of`.
    fn interest(
        &self,
        rates: &RateTable,
        open: Amount,
        due: NaiveDate,
        as_of: NaiveDate,
    ) -> Result<Amount, ChargeError> {
        let (rate_sum, days_of_period, rounding) = match &self.terms.interest {
            None => return Ok(Amount::ZERO),
            Some(Interest::Simple { percent, period, rounding }) => {
                let days_of_period = if *period == InterestPeriod::PerMonth { 30 } else { 365 };
                (percent.units() * i128::from((as_of - due).num_days()), days_of_period, *rounding)
            }
            Some(Interest::Statutory(law)) => {
                let (rate_sum, days_of_period) = law.accrued(rates, due, as_of, self.interest_max_per_month)?;
                (rate_sum, days_of_period, law.rounding)
            }
        };
        let exact = i128::from(open.0).checked_mul(rate_sum).ok_or(ChargeError::TooLarge)?;
        to_minor(in_coins(exact, UNITS_PER_WHOLE * days_of_period, rounding, self.coin))
    }

    fn fine(&self, principal: Amount) -> Result<Amount, ChargeError> {
        self.terms
            .fine
            .map_or(Some(Amount::ZERO), |fine| fine.percent.of_coins(principal, fine.rounding, self.coin))
            .ok_or(ChargeError::TooLarge)
    }

    fn fixed_sum(&self, principal: Amount) -> Amount {
        match &self.terms.interest {
            Some(Interest::Statutory(law)) if self.claims_fixed_sum => law.fixed_sum_of(principal),
            _ => Amount::ZERO,
        }
    }

    fn fee(&self, principal: Amount, with_fixed: bool) -> Result<Amount, ChargeError> {
        let Some(fee) = self.terms.fee else { return Ok(Amount::ZERO) };
        let share = fee.percent.of_coins(principal, fee.rounding, self.coin).ok_or(ChargeError::TooLarge)?;
        share.checked_add(if with_fixed { fee.fixed } else { Amount::ZERO }).ok_or(ChargeError::TooLarge)
    }
}

fn negatives(terms: &ChargeTerms, caps: &Caps) -> [(&'static str, bool); 6] {
    let is_negative = |percent: Option<Percent>| percent.is_some_and(|percent| percent < Percent::ZERO);
    let interest = match terms.interest {
        Some(Interest::Simple { percent, .. }) => Some(percent),
        _ => None,
    };
    [
        ("the fine", is_negative(terms.fine.map(|fine| fine.percent))),
        ("the interest", is_negative(interest)),
        ("the fixed fee", terms.fee.is_some_and(|fee| fee.fixed < Amount::ZERO)),
        ("the fee on the principal", is_negative(terms.fee.map(|fee| fee.percent))),
        ("the cap of the fine", is_negative(caps.fine_max)),
        ("the cap of the interest", is_negative(caps.interest_max_per_month)),
    ]
}

fn above_cap(interest: Percent, period: InterestPeriod, cap: Option<Percent>) -> Option<ChargeRuleError> {
    let (months, period) = match period {
        InterestPeriod::PerMonth => (1, "per month"),
        InterestPeriod::PerYear => (12, "per year"),
    };
    let cap = cap.filter(|cap| interest.units() > cap.units() * months)?;
    Some(ChargeRuleError::InterestAboveCap { interest, period, cap })
}

/// A quotient in minor units, rounded to whole coins.
fn in_coins(numerator: i128, denominator: i128, rounding: Rounding, coin: i64) -> i128 {
    let coin = i128::from(coin);
    divide(numerator, denominator * coin, rounding) * coin
}

fn to_minor(amount: i128) -> Result<Amount, ChargeError> {
    i64::try_from(amount).map(Amount).map_err(|_| ChargeError::TooLarge)
}

/// What an item owes beside its principal, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charges {
    /// Once, on the open amount.
    pub fine: Amount,
    /// From the day after the due date to the as-of date.
    pub interest: Amount,
    /// The fixed sum of a statute and the fee of the step.
    pub fee: Amount,
}

impl Charges {
    /// All three together; `None` where the sum does not fit 64 bits.
    pub fn total(&self) -> Option<Amount> {
        self.fine.checked_add(self.interest)?.checked_add(self.fee)
    }

    /// Each with its like; `None` where a sum does not fit 64 bits.
    pub fn checked_add(self, other: Charges) -> Option<Charges> {
        Some(Charges {
            fine: self.fine.checked_add(other.fine)?,
            interest: self.interest.checked_add(other.interest)?,
            fee: self.fee.checked_add(other.fee)?,
        })
    }
}

/// Why an item cannot be charged. It is never charged at another rate instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChargeError {
    /// A day of the arrears has no reference rate.
    #[error("index {index:?} has no rate for {on}; add it to the rate table")]
    NoRate {
        /// By its name in the [`RateTable`].
        index: String,
        /// The day whose rate is asked for.
        on: NaiveDate,
    },
    /// A product or a sum leaves the numbers that amounts are kept in.
    #[error("a charge does not fit 64 bits of minor units; check the amount and the due date")]
    TooLarge,
}

/// What an item with `open` minor units, due on `due`, owes beside its principal on `as_of`.
///
/// All zero where it is not overdue (`as_of` not after `due`) or nothing is open. The fee includes the step's fixed
/// amount: for a message over several items use [`charges_of_items`], which claims it once.
///
/// # Errors
/// No statutory rate for a day of the arrears, or an amount above 64 bits.
///
/// ```
/// use chrono::NaiveDate;
/// use regua::domain::charge::*;
/// use regua::domain::money::{Amount, Rounding};
/// let rounding = Rounding::HalfUp;
/// let interest = Interest::Simple { percent: Percent::points(1), period: InterestPeriod::PerMonth, rounding };
/// let fine = Some(Fine { percent: Percent::points(2), rounding });
/// let terms = ChargeTerms { fine, interest: Some(interest), fee: None };
/// let rule = ChargeRule::new(terms, Caps::default()).unwrap();
/// let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
/// let owed = charges(&rule, &RateTable::default(), Amount(10_000), day(10), day(15)).unwrap();
/// assert_eq!((owed.fine, owed.interest), (Amount(200), Amount(17)));
/// assert_eq!(charges(&rule, &RateTable::default(), Amount(10_000), day(10), day(10)), Ok(Charges::default()));
///
/// let law = Statutory::of(Statute::BrTaxaLegal, "taxa_legal", rounding);
/// let terms = ChargeTerms { interest: Some(Interest::Statutory(law)), ..ChargeTerms::default() };
/// let rule = ChargeRule::new(terms, Caps::default()).unwrap();
/// assert!(charges(&rule, &RateTable::default(), Amount(10_000), day(10), day(15)).is_err(), "no rate is no zero");
/// ```
pub fn charges(
    rule: &ChargeRule,
    rates: &RateTable,
    open: Amount,
    due: NaiveDate,
    as_of: NaiveDate,
) -> Result<Charges, ChargeError> {
    item_charges(rule, rates, open, due, as_of, true)
}

/// The charges of each item (open amount, due date) of one message, in order.
///
/// As [`charges`], but the step's fixed fee stands once, on the first item that is overdue.
///
/// # Errors
/// As [`charges`], for the first item that has one.
pub fn charges_of_items(
    rule: &ChargeRule,
    rates: &RateTable,
    items: impl IntoIterator<Item = (Amount, NaiveDate)>,
    as_of: NaiveDate,
) -> Result<Vec<Charges>, ChargeError> {
    let mut with_fixed = true;
    let of_item = |(open, due): (Amount, NaiveDate)| {
        let owed = item_charges(rule, rates, open, due, as_of, with_fixed)?;
        with_fixed &= !is_overdue(open, due, as_of);
        Ok(owed)
    };
    items.into_iter().map(of_item).collect()
}

fn is_overdue(open: Amount, due: NaiveDate, as_of: NaiveDate) -> bool {
    as_of > due && open > Amount::ZERO
}

fn item_charges(
    rule: &ChargeRule,
    rates: &RateTable,
    open: Amount,
    due: NaiveDate,
    as_of: NaiveDate,
    with_fixed: bool,
) -> Result<Charges, ChargeError> {
    if !is_overdue(open, due, as_of) {
        return Ok(Charges::default());
    }
    let fee = rule.fee(open, with_fixed)?.checked_add(rule.fixed_sum(open)).ok_or(ChargeError::TooLarge)?;
    Ok(Charges { fine: rule.fine(open)?, interest: rule.interest(rates, open, due, as_of)?, fee })
}

/// Principal of an item that was paid, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrincipalPayment {
    /// The part that went to principal, in minor units.
    pub principal: Amount,
    /// The day that counts for interest.
    pub paid_on: NaiveDate,
}

/// Charges left on paid principal: what had accrued, and what of it is claimed or waived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Residual {
    /// By kind, as if nothing had been paid on charges.
    pub accrued: Charges,
    /// What the next message asks for; zero under `Waive`.
    pub claimed: Amount,
    /// What is given up; zero under `Claim`.
    pub waived: Amount,
}

/// What is left of the charges on principal that was paid after `due`, claimed or waived by `policy`.
///
/// Each late payment carries the fine, and interest up to the day it was paid; the fixed sum of a statute counts once,
/// on all that was paid late. Fees of steps are not accrued here: they belong to the messages that claimed them.
/// `claimed + waived` is what accrued less `charges_paid`, never below zero.
///
/// # Errors
/// As [`charges`].
pub fn residual(
    policy: ResidualCharges,
    rule: &ChargeRule,
    rates: &RateTable,
    due: NaiveDate,
    payments: &[PrincipalPayment],
    charges_paid: Amount,
) -> Result<Residual, ChargeError> {
    let (mut accrued, mut late) = (Charges::default(), Amount::ZERO);
    for PrincipalPayment { principal, paid_on } in payments.iter().filter(|p| is_overdue(p.principal, due, p.paid_on)) {
        let interest = rule.interest(rates, *principal, due, *paid_on)?;
        let of_payment = Charges { fine: rule.fine(*principal)?, interest, fee: Amount::ZERO };
        accrued = accrued.checked_add(of_payment).ok_or(ChargeError::TooLarge)?;
        late = late.checked_add(*principal).ok_or(ChargeError::TooLarge)?;
    }
    if late > Amount::ZERO {
        accrued.fee = rule.fixed_sum(late);
    }
    let total = accrued.total().ok_or(ChargeError::TooLarge)?;
    let left = Amount(total.0.saturating_sub(charges_paid.0).clamp(0, total.0));
    Ok(match policy {
        ResidualCharges::Claim => Residual { accrued, claimed: left, waived: Amount::ZERO },
        ResidualCharges::Waive => Residual { accrued, claimed: Amount::ZERO, waived: left },
    })
}

#[cfg(test)]
mod tests;
