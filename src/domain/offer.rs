//! Offers: what a debtor may choose instead of paying the whole at once.
//!
//! An [`OfferRule`] is what the configuration allows, checked; [`offer`] turns it into the one offer to an account, or
//! none. An offer never costs the creditor more than its cap, never asks for an instalment that the account has shown
//! it cannot pay, and adds up to the cent. Dates are calendar dates; one that falls on a day without banking is paid on
//! the next business day, like any other due date.

pub mod policy;

use chrono::{Days, Months, NaiveDate};

pub use self::policy::{OfferCondition, OfferPolicy, Prospect};
use crate::domain::charge::Percent;
use crate::domain::money::{Amount, Rounding, divide};

/// The most instalments that a rule may allow: ten years of months.
pub const INSTALMENTS_MAX: u32 = 120;
/// The longest validity and the longest extension, in days.
pub const OFFER_DAYS_MAX: u32 = 366;

/// What kind of offer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// Less, for payment at once.
    Discount,
    /// The whole in monthly parts.
    Instalments,
    /// The whole, later.
    Extension,
}

impl OfferKind {
    /// As messages, tables and the configuration write it.
    pub fn as_str(self) -> &'static str {
        match self {
            OfferKind::Discount => "discount",
            OfferKind::Instalments => "instalments",
            OfferKind::Extension => "extension",
        }
    }
}

/// What the configuration says of an offer, before it is checked. Amounts are minor units of the account's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferTerms {
    /// Less for payment at once: `percent` of the total, cut off to whole minor units.
    Discount {
        /// Of the total, up to `percent_max`.
        percent: Percent,
        /// The cap on `percent`, at most 100.
        percent_max: Percent,
        /// The floor: what is left to pay is never less; the discount shrinks to keep it.
        pay_min: Amount,
        /// From the as-of date, from 0 to [`OFFER_DAYS_MAX`].
        valid_days: u32,
    },
    /// Monthly instalments, as many as fit.
    Instalments {
        /// From 2 to [`INSTALMENTS_MAX`], the down payment not counted.
        count_max: u32,
        /// No instalment is below this.
        instalment_min: Amount,
        /// Share of the total, below 100, that is due when the offer is accepted.
        down_payment: Percent,
        /// Simple interest on each share of the principal for the months until it is due.
        interest_per_month: Percent,
        /// Of the down payment and of the interest.
        rounding: Rounding,
        /// From the as-of date, from 0 to [`OFFER_DAYS_MAX`].
        valid_days: u32,
    },
    /// The same total, `extension_days` after the as-of date.
    Extension {
        /// From 1 to [`OFFER_DAYS_MAX`].
        extension_days: u32,
        /// From the as-of date; at most `extension_days`.
        valid_days: u32,
    },
}

/// Terms that cannot be offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferRuleError {
    /// An amount or a share is below zero.
    #[error("{what} is below zero; leave it at zero or above")]
    Negative {
        /// In words, such as `the discount`.
        what: &'static str,
    },
    /// A share is above its cap.
    #[error("{what} of {percent} % is above {max} %; lower it")]
    AboveMax {
        /// In words, such as `the discount`.
        what: &'static str,
        /// As it was written.
        percent: Percent,
        /// The most that is allowed.
        max: Percent,
    },
    /// A discount is above the cap that is written beside it.
    #[error("`percent` = {percent} is above `percent_max` = {percent_max}; lower one or raise the other")]
    AboveCap {
        /// `percent`.
        percent: Percent,
        /// `percent_max`.
        percent_max: Percent,
    },
    /// A count of days or instalments is too small or too large.
    #[error("{what} of {found} is not from {min} to {max}")]
    OutOfRange {
        /// In words, or by its key.
        what: &'static str,
        /// As it was written.
        found: u32,
        /// The least that is allowed.
        min: u32,
        /// The most that is allowed.
        max: u32,
    },
}

/// Offer terms that have passed every check.
///
/// ```
/// use regua::domain::charge::Percent;
/// use regua::domain::money::Amount;
/// use regua::domain::offer::{OfferRule, OfferTerms};
/// let discount = |percent| OfferTerms::Discount {
///     percent: Percent::points(percent),
///     percent_max: Percent::points(10),
///     pay_min: Amount(5_000),
///     valid_days: 5,
/// };
/// assert!(OfferRule::new(discount(10)).is_ok());
/// assert!(OfferRule::new(discount(11)).is_err(), "above its cap");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferRule(OfferTerms);

impl OfferRule {
    /// Checks the terms.
    ///
    /// # Errors
    /// Every figure below zero, above its cap or out of its range, all at once.
    pub fn new(terms: OfferTerms) -> Result<OfferRule, Vec<OfferRuleError>> {
        const WHOLE: Percent = Percent::points(100);
        let errors: Vec<OfferRuleError> = match terms {
            OfferTerms::Discount { percent, percent_max, pay_min, valid_days } => [
                discount(percent, percent_max),
                share("the cap of the discount", percent_max, WHOLE),
                amount("the floor of the discount", pay_min),
                range("valid_days", valid_days, 0, OFFER_DAYS_MAX),
            ]
            .into_iter()
            .flatten()
            .collect(),
            OfferTerms::Instalments {
                count_max, instalment_min, down_payment, interest_per_month, valid_days, ..
            } => [
                range("the number of instalments", count_max, 2, INSTALMENTS_MAX),
                amount("the least instalment", instalment_min),
                share("the down payment", down_payment, WHOLE),
                share("the interest per month", interest_per_month, WHOLE),
                range("valid_days", valid_days, 0, OFFER_DAYS_MAX),
            ]
            .into_iter()
            .flatten()
            .collect(),
            OfferTerms::Extension { extension_days, valid_days } => {
                let extension = range("days", extension_days, 1, OFFER_DAYS_MAX);
                extension.into_iter().chain(range("valid_days", valid_days, 0, extension_days)).collect()
            }
        };
        if errors.is_empty() { Ok(OfferRule(terms)) } else { Err(errors) }
    }

    /// The terms as they were accepted.
    pub fn terms(&self) -> &OfferTerms {
        &self.0
    }
}

fn share(what: &'static str, percent: Percent, max: Percent) -> Option<OfferRuleError> {
    match percent {
        _ if percent < Percent::ZERO => Some(OfferRuleError::Negative { what }),
        _ if percent > max => Some(OfferRuleError::AboveMax { what, percent, max }),
        _ => None,
    }
}

fn discount(percent: Percent, percent_max: Percent) -> Option<OfferRuleError> {
    match percent {
        _ if percent < Percent::ZERO => Some(OfferRuleError::Negative { what: "the discount" }),
        _ if percent > percent_max => Some(OfferRuleError::AboveCap { percent, percent_max }),
        _ => None,
    }
}

fn amount(what: &'static str, amount: Amount) -> Option<OfferRuleError> {
    (amount < Amount::ZERO).then_some(OfferRuleError::Negative { what })
}

fn range(what: &'static str, found: u32, min: u32, max: u32) -> Option<OfferRuleError> {
    (!(min..=max).contains(&found)).then_some(OfferRuleError::OutOfRange { what, found, min, max })
}

/// One offer to one account, in minor units of its currency.
///
/// `total = open total − discount + interest`, and `down_payment` with all `instalments` is `total`, to the cent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Discount, instalments or extension.
    pub kind: OfferKind,
    /// All that is to be paid.
    pub total: Amount,
    /// What is given up; zero for the other kinds.
    pub discount: Amount,
    /// Of the instalments; zero for the other kinds.
    pub interest: Amount,
    /// Due on `valid_until`; zero where there is none.
    pub down_payment: Amount,
    /// The last day on which it can be accepted, never before the as-of date.
    pub valid_until: NaiveDate,
    /// Due date and amount of each payment after the down payment, in order of date. A discount and an extension are
    /// one payment.
    pub instalments: Vec<(NaiveDate, Amount)>,
}

/// The offer that the rule makes on `open_total` minor units, or `None`.
///
/// There is none where nothing is open, where the discount comes to nothing, where no allowed number of instalments
/// fits, or where a date or an amount would leave the calendar or 64 bits.
///
/// `largest_payment` is the most that the account has ever paid at once: neither the down payment nor an instalment
/// is above it, and the number of instalments is the greatest that keeps to it and to the least instalment. `None`
/// means that no payment is known, and does not bound: a new account is not treated as one that cannot pay. A
/// discount and an extension are not bounded by it, since they ask for no more than is owed anyway.
///
/// The first instalment falls one month after `valid_until`. Interest is simple: each equal share of the principal
/// bears the rate for the months until it is due, which for `n` instalments is `principal × rate × (n + 1) / 2`,
/// spread evenly. The cents that do not divide are on the first instalment.
///
/// ```
/// use chrono::NaiveDate;
/// use regua::domain::charge::Percent;
/// use regua::domain::money::{Amount, Rounding};
/// use regua::domain::offer::{OfferRule, OfferTerms, offer};
/// let rule = OfferRule::new(OfferTerms::Instalments {
///     count_max: 3,
///     instalment_min: Amount(2_000),
///     down_payment: Percent::ZERO,
///     interest_per_month: Percent::ZERO,
///     rounding: Rounding::HalfUp,
///     valid_days: 5,
/// })
/// .unwrap();
/// let as_of = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
/// let made = offer(&rule, Amount(10_000), None, as_of).unwrap();
/// let amounts: Vec<i64> = made.instalments.iter().map(|(_, amount)| amount.0).collect();
/// assert_eq!(amounts, [3_334, 3_333, 3_333]);
/// assert!(offer(&rule, Amount(10_000), Some(Amount(3_333)), as_of).is_none(), "the first is above what was ever paid");
/// ```
pub fn offer(rule: &OfferRule, open_total: Amount, largest_payment: Option<Amount>, as_of: NaiveDate) -> Option<Offer> {
    if open_total <= Amount::ZERO {
        return None;
    }
    let after = |days: u32| as_of.checked_add_days(Days::new(days.into()));
    match *rule.terms() {
        OfferTerms::Discount { percent, pay_min, valid_days, .. } => {
            let room = Amount(open_total.0.saturating_sub(pay_min.0));
            let discount = percent.of(open_total, Rounding::Truncate)?.min(room);
            let total = Amount(open_total.0.checked_sub(discount.0)?);
            if discount <= Amount::ZERO || total <= Amount::ZERO {
                return None;
            }
            let valid_until = after(valid_days)?;
            Some(Offer { discount, ..at_once(OfferKind::Discount, total, valid_until, valid_until) })
        }
        OfferTerms::Extension { extension_days, valid_days } => {
            Some(at_once(OfferKind::Extension, open_total, after(valid_days)?, after(extension_days)?))
        }
        OfferTerms::Instalments { valid_days, .. } => {
            instalments(rule.terms(), open_total, largest_payment, after(valid_days)?)
        }
    }
}

fn at_once(kind: OfferKind, total: Amount, valid_until: NaiveDate, due: NaiveDate) -> Offer {
    let nothing = Amount::ZERO;
    let instalments = vec![(due, total)];
    Offer { kind, total, discount: nothing, interest: nothing, down_payment: nothing, valid_until, instalments }
}

fn instalments(
    terms: &OfferTerms,
    open_total: Amount,
    largest_payment: Option<Amount>,
    valid_until: NaiveDate,
) -> Option<Offer> {
    let OfferTerms::Instalments { count_max, instalment_min, down_payment, interest_per_month, rounding, .. } = *terms
    else {
        return None;
    };
    let down_payment = down_payment.of(open_total, rounding)?;
    let financed = i128::from(open_total.0) - i128::from(down_payment.0);
    let payment_max = largest_payment.map_or(i128::MAX, |largest| largest.0.into());
    if financed <= 0 || i128::from(down_payment.0) > payment_max {
        return None;
    }
    // One instalment with nothing down would be an extension.
    let count_min = if down_payment > Amount::ZERO { 1 } else { 2 };
    let instalment_min = i128::from(instalment_min.0.max(1));
    let rate_units = interest_per_month.units();
    (count_min..=count_max).rev().map(i128::from).find_map(|count| {
        let interest = divide(financed * rate_units * (count + 1), 2 * Percent::points(100).units(), rounding);
        let owed = financed + interest;
        let (each, cents_left) = (owed / count, owed % count);
        if each < instalment_min || each + cents_left > payment_max {
            return None;
        }
        let amount_of = |n: i128| minor(if n == 1 { each + cents_left } else { each });
        let instalments = (1..=count)
            .map(|n| Some((valid_until.checked_add_months(Months::new(u32::try_from(n).ok()?))?, amount_of(n)?)))
            .collect::<Option<Vec<_>>>()?;
        Some(Offer {
            kind: OfferKind::Instalments,
            total: minor(owed + i128::from(down_payment.0))?,
            discount: Amount::ZERO,
            interest: minor(interest)?,
            down_payment,
            valid_until,
            instalments,
        })
    })
}

fn minor(amount: i128) -> Option<Amount> {
    i64::try_from(amount).ok().map(Amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn discount(percent: u8, percent_max: u8, pay_min: i64) -> Result<OfferRule, Vec<OfferRuleError>> {
        let (percent, percent_max) = (Percent::points(percent), Percent::points(percent_max));
        OfferRule::new(OfferTerms::Discount { percent, percent_max, pay_min: Amount(pay_min), valid_days: 5 })
    }

    fn monthly(count_max: u32, least: i64, down: u8, rate: u8) -> Result<OfferRule, Vec<OfferRuleError>> {
        OfferRule::new(OfferTerms::Instalments {
            count_max,
            instalment_min: Amount(least),
            down_payment: Percent::points(down),
            interest_per_month: Percent::points(rate),
            rounding: Rounding::HalfUp,
            valid_days: 5,
        })
    }

    #[test]
    fn discounts() {
        // (open, percent, floor, discount)
        for (open, percent, pay_min, expected) in [
            (10_000, 10, 0, Some(1_000)),
            (99, 10, 0, Some(9)), // cut off: never above the cap
            (10_000, 10, 9_500, Some(500)),
            (10_000, 10, 10_000, None),
            (10_000, 10, 20_000, None),
            (9, 10, 0, None),
            (10_000, 0, 0, None),
            (0, 10, 0, None),
            (-10_000, 10, 0, None),
        ] {
            let made =
                offer(&discount(percent, 10, pay_min).unwrap(), Amount(open), Some(Amount(1)), day("2026-12-29"));
            assert_eq!(made.as_ref().map(|made| made.discount.0), expected, "{open} {percent} {pay_min}");
            if let Some(made) = made {
                assert_eq!(made.valid_until, day("2027-01-03"));
                assert_eq!(made.instalments, [(made.valid_until, Amount(open - made.discount.0))]);
            }
        }
    }

    #[test]
    fn instalments_as_many_as_fit() {
        // (open, most, least, down %, rate %, largest payment, (down, total, instalments))
        for (open, most, least, down, rate, largest, expected) in [
            (10_000, 3, 0, 0, 0, None, Some((0, 10_000, vec![3_334, 3_333, 3_333]))),
            (10_000, 3, 4_000, 0, 0, None, Some((0, 10_000, vec![5_000, 5_000]))),
            (10_000, 3, 6_000, 0, 0, None, None),
            (10_000, 3, 4_000, 20, 0, None, Some((2_000, 10_000, vec![4_000, 4_000]))),
            (10_000, 3, 6_000, 20, 0, None, Some((2_000, 10_000, vec![8_000]))),
            (10_000, 2, 0, 0, 0, Some(5_000), Some((0, 10_000, vec![5_000, 5_000]))),
            (10_000, 2, 0, 0, 0, Some(4_999), None),
            (10_000, 4, 0, 50, 0, Some(4_999), None), // the down payment too
            (10_000, 4, 0, 50, 0, Some(5_000), Some((5_000, 10_000, vec![1_250; 4]))),
            (10_000, 4, 0, 0, 0, Some(0), None),
            (30_000, 3, 0, 0, 2, None, Some((0, 31_200, vec![10_400, 10_400, 10_400]))), // 300 × 2 % × (1+2+3)/3
            (1, 3, 0, 0, 0, None, None),
            (0, 3, 0, 0, 0, None, None),
            // Fewer fit where the cents left would lift the first one above what was ever paid.
            (100, 60, 0, 0, 0, Some(2), Some((0, 100, vec![2; 50]))),
        ] {
            let rule = monthly(most, least, down, rate).unwrap();
            let made = offer(&rule, Amount(open), largest.map(Amount), day("2026-11-20"));
            let found = made.map(|made| {
                let amounts: Vec<i64> = made.instalments.iter().map(|(_, amount)| amount.0).collect();
                (made.down_payment.0, made.total.0, amounts)
            });
            assert_eq!(found, expected, "{open} {most} {least} {down} {rate} {largest:?}");
        }
    }

    #[test]
    fn instalments_fall_on_the_same_day_of_each_month() {
        let made = offer(&monthly(3, 0, 0, 0).unwrap(), Amount(9_000), None, day("2026-12-26")).unwrap();
        let dates: Vec<NaiveDate> = made.instalments.iter().map(|(on, _)| *on).collect();
        assert_eq!(made.valid_until, day("2026-12-31"));
        assert_eq!(dates, [day("2027-01-31"), day("2027-02-28"), day("2027-03-31")]);
    }

    #[test]
    fn extensions() {
        let rule = OfferRule::new(OfferTerms::Extension { extension_days: 10, valid_days: 3 }).unwrap();
        let made = offer(&rule, Amount(10_000), Some(Amount(1)), day("2026-12-29")).unwrap();
        assert_eq!((made.valid_until, made.total), (day("2027-01-01"), Amount(10_000)));
        assert_eq!(made.instalments, [(day("2027-01-08"), Amount(10_000))]);
        assert_eq!(offer(&rule, Amount(10_000), None, NaiveDate::MAX), None);
    }

    #[test]
    fn terms_are_refused_all_at_once() {
        assert_eq!(discount(101, 100, -1).unwrap_err().len(), 2);
        assert_eq!(discount(10, 101, 0).unwrap_err().len(), 1);
        assert_eq!(monthly(1, -1, 101, 101).unwrap_err().len(), 4);
        assert_eq!(monthly(INSTALMENTS_MAX + 1, 0, 0, 0).unwrap_err().len(), 1);
        let below_zero: Percent = "-0.1".parse().unwrap();
        let (percent, percent_max, pay_min) = (below_zero, Percent::ZERO, Amount::ZERO);
        let negative = OfferRuleError::Negative { what: "the discount" };
        let terms = OfferTerms::Discount { percent, percent_max, pay_min, valid_days: 5 };
        assert_eq!(OfferRule::new(terms), Err(vec![negative]));
        for (extension_days, valid_days, refused) in [(10, 10, false), (10, 11, true), (0, 0, true), (400, 1, true)] {
            let terms = OfferTerms::Extension { extension_days, valid_days };
            assert_eq!(OfferRule::new(terms).is_err(), refused, "{extension_days} {valid_days}");
        }
    }

    fn any_rule() -> impl Strategy<Value = OfferRule> {
        let days = 0..=OFFER_DAYS_MAX;
        let discount =
            (0..=100u8, 0..=100u8, 0..20_000_i64, days.clone()).prop_map(|(percent, more, least, valid_days)| {
                OfferTerms::Discount {
                    percent: Percent::points(percent),
                    percent_max: Percent::points(percent.saturating_add(more).min(100)),
                    pay_min: Amount(least),
                    valid_days,
                }
            });
        let rounding = prop_oneof![Just(Rounding::HalfUp), Just(Rounding::HalfEven), Just(Rounding::Truncate)];
        let instalments = (2..=INSTALMENTS_MAX, 0..5_000_i64, 0..=100u8, 0..=20u8, rounding, days.clone()).prop_map(
            |(count_max, least, down, rate, rounding, valid_days)| OfferTerms::Instalments {
                count_max,
                instalment_min: Amount(least),
                down_payment: Percent::points(down),
                interest_per_month: Percent::points(rate),
                rounding,
                valid_days,
            },
        );
        let extension = (1..=OFFER_DAYS_MAX, days).prop_map(|(extension_days, valid)| OfferTerms::Extension {
            extension_days,
            valid_days: valid.min(extension_days),
        });
        prop_oneof![discount, instalments, extension].prop_map(|terms| OfferRule::new(terms).unwrap())
    }

    proptest! {
        #[test]
        fn an_offer_adds_up_and_keeps_to_its_bounds(
            rule in any_rule(),
            open in prop_oneof![-5..20_000_i64, 1..100_000_000_000_i64, Just(i64::MAX)],
            largest in proptest::option::of(0..10_000_000_i64),
            offset in 0..20_000u64,
        ) {
            let as_of = day("2000-01-31") + Days::new(offset);
            let Some(made) = offer(&rule, Amount(open), largest.map(Amount), as_of) else { return Ok(()) };
            let amounts = made.instalments.iter().map(|(_, amount)| i128::from(amount.0));
            prop_assert_eq!(i128::from(made.down_payment.0) + amounts.clone().sum::<i128>(), made.total.0.into());
            prop_assert_eq!(made.total.0 - made.interest.0, open - made.discount.0);
            prop_assert!(amounts.clone().all(|amount| amount > 0) && made.down_payment.0 >= 0);
            prop_assert!(made.discount.0 >= 0 && made.interest.0 >= 0);
            prop_assert!(made.valid_until >= as_of);
            prop_assert!(made.instalments.iter().all(|(on, _)| *on >= made.valid_until));
            prop_assert!(made.instalments.is_sorted());
            match *rule.terms() {
                OfferTerms::Discount { percent_max, pay_min, .. } => {
                    let discount_units = i128::from(made.discount.0) * Percent::points(100).units();
                    prop_assert!(discount_units <= i128::from(open) * percent_max.units());
                    prop_assert!(made.total >= pay_min);
                }
                OfferTerms::Instalments { count_max, instalment_min, .. } => {
                    prop_assert!(made.instalments.len() <= count_max as usize);
                    prop_assert!(amounts.clone().all(|amount| amount >= instalment_min.0.into()));
                    let paid_max = amounts.max().unwrap_or(0).max(made.down_payment.0.into());
                    prop_assert!(largest.is_none_or(|largest| paid_max <= largest.into()));
                }
                OfferTerms::Extension { .. } => prop_assert_eq!(made.total, Amount(open)),
            }
        }
    }
}
