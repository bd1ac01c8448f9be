//! Percentages: shares and rates, read as decimal text and kept as whole numbers.

use std::fmt;
use std::str::FromStr;

use super::{in_coins, to_minor};
use crate::domain::money::{Amount, Rounding, parse_scaled};

/// Units of [`Percent`] in one per cent, and in the whole (100 %).
const UNITS_PER_POINT: i64 = 100_000_000;
pub(super) const UNITS_PER_WHOLE: i128 = 100 * UNITS_PER_POINT as i128;
const POINTS_MAX: i64 = 1_000;

/// A share or a rate, in whole units of 10⁻⁸ of a per cent, at most 1,000 % either way.
///
/// ```
/// use regua::domain::charge::Percent;
/// assert_eq!("2.5".parse::<Percent>().unwrap().to_string(), "2.5");
/// assert_eq!("8".parse(), Ok(Percent::points(8)));
/// assert!("1.123456789".parse::<Percent>().is_err(), "nine decimals would have to be rounded");
/// assert!("1000.01".parse::<Percent>().is_err());
/// assert!("2%".parse::<Percent>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Percent(i64);

/// The text is no percentage that Régua can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a percentage from -1000 to 1000; use a point and at most eight decimals, such as \"2.5\"")]
pub struct BadPercent(pub String);

impl Percent {
    /// 0 %.
    pub const ZERO: Percent = Percent(0);

    /// Whole percentage points.
    pub const fn points(points: u8) -> Percent {
        Percent(points as i64 * UNITS_PER_POINT)
    }

    /// From units of 10⁻⁸ of a per cent; `None` beyond 1,000 % either way.
    pub fn from_units(units: i64) -> Option<Percent> {
        let fits = units.unsigned_abs() <= (POINTS_MAX * UNITS_PER_POINT).unsigned_abs();
        fits.then_some(Percent(units))
    }

    /// This share of an amount, in minor units; `None` where it does not fit 64 bits.
    pub fn of(self, amount: Amount, rounding: Rounding) -> Option<Amount> {
        self.of_coins(amount, rounding, 1)
    }

    /// This share of an amount in whole coins of so many minor units; `None` where it does not fit 64 bits.
    pub(super) fn of_coins(self, amount: Amount, rounding: Rounding, coin: i64) -> Option<Amount> {
        let exact = i128::from(amount.0) * i128::from(self.0);
        to_minor(in_coins(exact, UNITS_PER_WHOLE, rounding, coin)).ok()
    }

    /// In units of 10⁻⁸ of a per cent.
    pub(crate) fn units(self) -> i128 {
        self.0.into()
    }
}

impl FromStr for Percent {
    type Err = BadPercent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let units = parse_scaled(text, 8).and_then(|units| i64::try_from(units).ok());
        units.and_then(Percent::from_units).ok_or_else(|| BadPercent(text.to_owned()))
    }
}

impl fmt::Display for Percent {
    /// Plain decimal without the sign of a per cent and without trailing zeros: `2.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (points, rest) =
            (self.0.unsigned_abs() / UNITS_PER_POINT as u64, self.0.unsigned_abs() % UNITS_PER_POINT as u64);
        let decimals = format!("{rest:08}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{sign}{points}"),
            decimals => write!(f, "{sign}{points}.{decimals}"),
        }
    }
}
