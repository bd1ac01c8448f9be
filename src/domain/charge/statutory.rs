//! Interest and fixed sums that the law sets for late payment between firms, and the table of rates they need.
//!
//! - Brazil: the taxa legal of each month, a share for each day of the month, simple; below zero is zero; no fixed sum
//!   (Código Civil art. 406 with Lei 14.905/2024, Res. CMN 5.171/2024 art. 6).
//! - EU: the reference rate in force on 1 January or 1 July of each half-year, plus 8 points (Directive 2011/7/EU
//!   art. 2(6)-(7)); 40.00 for each late payment (art. 6; CJEU C-370/21).
//! - Ireland: as the EU, but the rate of the half-year in which the item became overdue holds for all its days, as the
//!   Department of Enterprise applies S.I. 580/2012; 40.00, above 1,000.00 70.00, above 10,000.00 100.00 (reg. 9).
//! - United Kingdom: the base rate of the 30 June or 31 December before interest starts to run, plus 8 points, for all
//!   days (S.I. 2002/1675); 40.00, from 1,000.00 70.00, from 10,000.00 100.00 (Late Payment of Commercial Debts
//!   (Interest) Act 1998 s. 5A).
//!
//! The first day with interest is the one after the due date, the last is the as-of date. A year has 365 days. The
//! figures of the indices are data; only the rules above are code. This is no legal advice.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};

use super::{ChargeError, ChargeRuleError, Percent};
use crate::domain::money::{Amount, Currency, MINOR_PER_UNIT, Rounding};

/// A number that the length of every month divides, so that shares of months add up exactly.
const MONTH_SHARES: i128 = 377_580;
const DAYS_PER_YEAR: i128 = 365;
const MONTHS_PER_HALF_YEAR: u32 = 6;
const MARGIN: Percent = Percent::points(8);
/// 1,000.00 and 10,000.00, where the British and the Irish fixed sum rise.
const TIER_ONE: Amount = Amount(1_000 * MINOR_PER_UNIT);
const TIER_TWO: Amount = Amount(10_000 * MINOR_PER_UNIT);
const SUM_LOW: Amount = Amount(40 * MINOR_PER_UNIT);
const SUM_MIDDLE: Amount = Amount(70 * MINOR_PER_UNIT);
const SUM_HIGH: Amount = Amount(100 * MINOR_PER_UNIT);

/// A law of late payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statute {
    /// Brazil: Código Civil art. 406, the monthly taxa legal.
    BrTaxaLegal,
    /// Directive 2011/7/EU, as a member state has taken it over.
    EuLatePayment,
    /// Ireland: S.I. 580/2012.
    IeLatePayment,
    /// United Kingdom: Late Payment of Commercial Debts (Interest) Act 1998.
    UkLatePayment,
}

impl Statute {
    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Statute::BrTaxaLegal => "br_taxa_legal",
            Statute::EuLatePayment => "eu_late_payment",
            Statute::IeLatePayment => "ie_late_payment",
            Statute::UkLatePayment => "uk_late_payment",
        }
    }

    /// The index it reads where the configuration names no other.
    pub fn index(self) -> &'static str {
        match self {
            Statute::BrTaxaLegal => "taxa_legal",
            Statute::EuLatePayment | Statute::IeLatePayment => "ecb",
            Statute::UkLatePayment => "boe",
        }
    }
}

/// A statute with the index that it reads and the choices that it leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statutory {
    /// The rules by which rates become interest.
    pub statute: Statute,
    /// Name of the index in the [`RateTable`].
    pub index: String,
    /// Points above the reference rate, for the EU only: member states may set more than 8.
    pub margin: Option<Percent>,
    /// For the EU only: what a member state sets in its own currency; none = 40.00 euros.
    pub fixed_sum: Option<(Currency, Amount)>,
    /// Of the interest.
    pub rounding: Rounding,
}

impl Statutory {
    /// The statute as the law has it, with no choice of one's own.
    pub fn of(statute: Statute, index: impl Into<String>, rounding: Rounding) -> Statutory {
        Statutory { statute, index: index.into(), margin: None, fixed_sum: None, rounding }
    }

    pub(super) fn errors(&self) -> Vec<ChargeRuleError> {
        let mut errors = Vec::new();
        let statute = self.statute;
        if statute != Statute::EuLatePayment {
            let set = [("the margin", self.margin.is_some()), ("the fixed sum", self.fixed_sum.is_some())];
            let fixed = set.into_iter().filter(|(_, is_set)| *is_set);
            errors.extend(fixed.map(|(what, _)| ChargeRuleError::FixedByStatute { what, statute }));
            return errors;
        }
        if let Some(margin) = self.margin.filter(|margin| *margin < MARGIN) {
            errors.push(ChargeRuleError::MarginBelowDirective { margin });
        }
        if self.fixed_sum.is_some_and(|(_, sum)| sum < Amount::ZERO) {
            errors.push(ChargeRuleError::Negative { what: "the fixed sum" });
        }
        errors
    }

    /// The sum of each day's rate, in units of [`Percent`], and the days of the period that the rates are for.
    pub(super) fn accrued(
        &self,
        rates: &RateTable,
        due: NaiveDate,
        as_of: NaiveDate,
        max_per_month: Option<Percent>,
    ) -> Result<(i128, i128), ChargeError> {
        let first = due.succ_opt().ok_or(ChargeError::TooLarge)?;
        let cap = max_per_month.map_or(i128::MAX, Percent::units);
        let yearly = |reference: Percent| {
            let margin = self.margin.unwrap_or(MARGIN);
            (reference.units() + margin.units()).clamp(0, cap.saturating_mul(12))
        };
        let days = i128::from((as_of - due).num_days());
        match self.statute {
            Statute::BrTaxaLegal => sum_by_period(first, as_of, 1, |from, days| {
                let rate = rates.rate_of_month(&self.index, from)?.units().clamp(0, cap);
                Ok(rate * days * (MONTH_SHARES / i128::from(from.num_days_in_month())))
            })
            .map(|sum| (sum, MONTH_SHARES)),
            Statute::EuLatePayment => sum_by_period(first, as_of, MONTHS_PER_HALF_YEAR, |from, days| {
                let reference_day = period_start(from, MONTHS_PER_HALF_YEAR).ok_or(ChargeError::TooLarge)?;
                Ok(yearly(rates.rate_on(&self.index, reference_day)?) * days)
            })
            .map(|sum| (sum, DAYS_PER_YEAR)),
            Statute::IeLatePayment => {
                let reference_day = period_start(first, MONTHS_PER_HALF_YEAR).ok_or(ChargeError::TooLarge)?;
                Ok((yearly(rates.rate_on(&self.index, reference_day)?) * days, DAYS_PER_YEAR))
            }
            Statute::UkLatePayment => {
                let half_year = period_start(first, MONTHS_PER_HALF_YEAR);
                let reference_day = half_year.and_then(|day| day.pred_opt()).ok_or(ChargeError::TooLarge)?;
                Ok((yearly(rates.rate_on(&self.index, reference_day)?) * days, DAYS_PER_YEAR))
            }
        }
    }

    /// The reference day and the rate, without the margin, that the last day of interest was worked out with.
    pub(super) fn rate_at_end(
        &self,
        rates: &RateTable,
        due: NaiveDate,
        as_of: NaiveDate,
    ) -> Option<(NaiveDate, Percent)> {
        let first = due.succ_opt()?;
        let day = match self.statute {
            Statute::BrTaxaLegal => period_start(as_of, 1)?.max(first),
            Statute::EuLatePayment => period_start(as_of.max(first), MONTHS_PER_HALF_YEAR)?,
            Statute::IeLatePayment => period_start(first, MONTHS_PER_HALF_YEAR)?,
            Statute::UkLatePayment => period_start(first, MONTHS_PER_HALF_YEAR)?.pred_opt()?,
        };
        let rate = match self.statute {
            Statute::BrTaxaLegal => rates.rate_of_month(&self.index, day),
            _ => rates.rate_on(&self.index, day),
        };
        rate.ok().map(|rate| (day, rate))
    }

    /// The currency in which the fixed sum may be claimed: nobody set one in any other.
    pub(super) fn sum_currency(&self) -> &str {
        match (self.statute, &self.fixed_sum) {
            (Statute::UkLatePayment, _) => "GBP",
            (Statute::EuLatePayment, Some((currency, _))) => currency.as_str(),
            _ => "EUR",
        }
    }

    /// The fixed sum on `principal` minor units. What was paid before lowers the tier, in the debtor's favour.
    pub(super) fn fixed_sum_of(&self, principal: Amount) -> Amount {
        let (is_above_one, is_above_two) = match self.statute {
            Statute::BrTaxaLegal => return Amount::ZERO,
            Statute::EuLatePayment => return self.fixed_sum.map_or(SUM_LOW, |(_, sum)| sum),
            Statute::IeLatePayment => (principal > TIER_ONE, principal > TIER_TWO),
            Statute::UkLatePayment => (principal >= TIER_ONE, principal >= TIER_TWO),
        };
        match (is_above_one, is_above_two) {
            (_, true) => SUM_HIGH,
            (true, false) => SUM_MIDDLE,
            (false, false) => SUM_LOW,
        }
    }
}

/// First day of the month or half-year that `day` is in.
fn period_start(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year(), day.month0() / months * months + 1, 1)
}

/// Adds `of_days(first day, days)` over the parts of `first..=last` that lie in one month or half-year each.
fn sum_by_period(
    first: NaiveDate,
    last: NaiveDate,
    months: u32,
    of_days: impl Fn(NaiveDate, i128) -> Result<i128, ChargeError>,
) -> Result<i128, ChargeError> {
    let mut sum: i128 = 0;
    let mut from = Some(first);
    while let Some(day) = from.filter(|day| *day <= last) {
        let next = period_start(day, months).and_then(|start| start.checked_add_months(Months::new(months)));
        let days_left = (last - day).num_days() + 1;
        let days = next.map_or(days_left, |next| days_left.min((next - day).num_days()));
        sum = sum.checked_add(of_days(day, days.into())?).ok_or(ChargeError::TooLarge)?;
        from = next;
    }
    Ok(sum)
}

/// Rates by index: each holds from its date until the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateTable {
    by_index: BTreeMap<String, Series>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Series {
    rates: Vec<(NaiveDate, Percent)>,
    known_until: Option<NaiveDate>,
}

/// The rates are no series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateTableError {
    /// Two files, or two tables of one, name the index.
    #[error("the rate table has index {index:?} twice; merge the two")]
    DuplicateIndex {
        /// As rates and charges name it, such as `ecb`.
        index: String,
    },
    /// The list is empty.
    #[error("index {index:?} has no rates; add them or leave the index out")]
    NoRates {
        /// As rates and charges name it, such as `ecb`.
        index: String,
    },
    /// A date is not after the one before it.
    #[error("index {index:?}: {from} does not come after the date before it; sort the rates, one per date")]
    NotAscending {
        /// As rates and charges name it, such as `ecb`.
        index: String,
        /// The date that is out of order.
        from: NaiveDate,
    },
    /// Two sources do not agree on a day.
    #[error("index {index:?} has two rates for {from}, {one} and {other}; correct the one that is wrong")]
    Contradiction {
        /// As rates and charges name it, such as `ecb`.
        index: String,
        /// The day that has two rates.
        from: NaiveDate,
        /// The rate that was known first.
        one: Percent,
        /// The rate that came after it.
        other: Percent,
    },
}

impl RateTable {
    /// Adds an index: per month for Brazil's taxa legal, else the reference rate per year without the margin.
    ///
    /// Dates ascend. A monthly index needs a rate dated the first of each month (2024-08-30 for the very first), so
    /// that a month missing is an error. `known_until` is the last day that the table vouches for a reference rate;
    /// without it the last one holds for ever.
    ///
    /// # Errors
    /// An index that stands there already, has no rates, or is not in ascending order of dates.
    ///
    /// ```
    /// use regua::domain::charge::RateTable;
    /// let mut table = RateTable::default();
    /// let rate = |from: &str, percent: &str| (from.parse().unwrap(), percent.parse().unwrap());
    /// table.insert("ecb", vec![rate("2026-01-01", "2.15"), rate("2026-07-01", "2.15")], None).unwrap();
    /// assert!(table.insert("boe", vec![rate("2026-07-01", "4"), rate("2026-01-01", "4.5")], None).is_err());
    /// assert!(table.rate_on("ecb", "2025-12-31".parse().unwrap()).is_err(), "before the first rate");
    /// ```
    pub fn insert(
        &mut self,
        index: impl Into<String>,
        rates: Vec<(NaiveDate, Percent)>,
        known_until: Option<NaiveDate>,
    ) -> Result<(), RateTableError> {
        let index = index.into();
        if self.by_index.contains_key(&index) {
            return Err(RateTableError::DuplicateIndex { index });
        }
        if rates.is_empty() {
            return Err(RateTableError::NoRates { index });
        }
        if let Some(pair) = rates.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            return Err(RateTableError::NotAscending { index, from: pair[1].0 });
        }
        self.by_index.insert(index, Series { rates, known_until });
        Ok(())
    }

    /// Adds rates that came with the data. Each vouches for its day, and so for all days before it.
    ///
    /// # Errors
    /// The same index with two rates for one day.
    ///
    /// ```
    /// use regua::domain::charge::RateTable;
    /// let mut table = RateTable::default();
    /// let row = |from: &str, percent: &str| ("ecb".to_owned(), from.parse().unwrap(), percent.parse().unwrap());
    /// table.extend([row("2026-07-01", "2.15"), row("2026-01-01", "2.15")]).unwrap();
    /// assert!(table.rate_on("ecb", "2026-03-01".parse().unwrap()).is_ok());
    /// assert!(table.rate_on("ecb", "2026-07-02".parse().unwrap()).is_err(), "nobody vouches for it yet");
    /// assert!(table.extend([row("2026-01-01", "2.40")]).is_err(), "the sources contradict each other");
    /// ```
    pub fn extend(
        &mut self,
        rows: impl IntoIterator<Item = (String, NaiveDate, Percent)>,
    ) -> Result<(), RateTableError> {
        for (index, from, percent) in rows {
            let empty = || Series { rates: Vec::new(), known_until: Some(from) };
            let series = self.by_index.entry(index.clone()).or_insert_with(empty);
            match series.rates.binary_search_by_key(&from, |(on, _)| *on) {
                Ok(at) if series.rates[at].1 != percent => {
                    let one = series.rates[at].1;
                    return Err(RateTableError::Contradiction { index, from, one, other: percent });
                }
                Ok(_) => {}
                Err(at) => series.rates.insert(at, (from, percent)),
            }
            series.known_until = series.known_until.map(|until| until.max(from));
        }
        Ok(())
    }

    /// Is there any rate of the index?
    pub fn has(&self, index: &str) -> bool {
        self.by_index.contains_key(index)
    }

    /// The rate in force on a day.
    ///
    /// # Errors
    /// The index is unknown, or the day is before its first rate or after the last day it vouches for.
    pub fn rate_on(&self, index: &str, on: NaiveDate) -> Result<Percent, ChargeError> {
        let vouched = |series: &Series| series.known_until.is_none_or(|until| on <= until);
        match self.by_index.get(index).is_some_and(vouched) {
            true => self.entry_on(index, on).map(|(_, rate)| rate),
            false => Err(ChargeError::NoRate { index: index.to_owned(), on }),
        }
    }

    /// The rate dated in the month of `on`, at or before it: a month without its own has none.
    fn rate_of_month(&self, index: &str, on: NaiveDate) -> Result<Percent, ChargeError> {
        match self.entry_on(index, on)? {
            (from, rate) if (from.year(), from.month()) == (on.year(), on.month()) => Ok(rate),
            _ => Err(ChargeError::NoRate { index: index.to_owned(), on }),
        }
    }

    fn entry_on(&self, index: &str, on: NaiveDate) -> Result<(NaiveDate, Percent), ChargeError> {
        let entry = self.by_index.get(index).and_then(|Series { rates, .. }| {
            let entries_until = rates.partition_point(|(from, _)| *from <= on);
            rates[..entries_until].last()
        });
        entry.copied().ok_or_else(|| ChargeError::NoRate { index: index.to_owned(), on })
    }
}
