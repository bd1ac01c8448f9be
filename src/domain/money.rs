//! Money: whole minor units with their currency, checked, rounded only by name.
//!
//! Inside Régua every amount is hundredths (`Decimal128(18, 2)` in files), whatever the currency's own minor unit;
//! an input with more decimals than its currency has is a bad row, never silently rounded.

use std::fmt;
use std::str::FromStr;

/// Hundredths in one unit of any currency.
pub const MINOR_PER_UNIT: i64 = 100;

/// An ISO 4217 code that Régua can carry (at most two decimal places).
///
/// ```
/// use regua::domain::money::Currency;
/// assert_eq!("BRL".parse::<Currency>().unwrap().decimals(), 2);
/// assert_eq!("JPY".parse::<Currency>().unwrap().decimals(), 0);
/// assert!("brl".parse::<Currency>().is_err());
/// assert!("KWD".parse::<Currency>().is_err(), "three decimals do not fit Decimal(18,2)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// The text is no currency that Régua can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ISO 4217 currency with at most two decimal places")]
pub struct UnknownCurrency(pub String);

/// Current ISO 4217 codes with two decimal places, space separated. Source: ISO 4217 list one, 2025-05.
const TWO_DECIMALS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
    CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS \
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD \
    NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP \
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG BGN CUC ANG XCG";
/// Codes without decimal places.
const NO_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";

impl Currency {
    /// Three capital letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII letters")
    }

    /// Decimal places of the currency's own minor unit.
    pub fn decimals(&self) -> u8 {
        if is_listed(NO_DECIMALS, self.as_str()) { 0 } else { 2 }
    }

    /// Hundredths in the smallest amount that can be paid: what is worked out is rounded to it.
    pub fn coin(&self) -> i64 {
        if self.decimals() == 0 { MINOR_PER_UNIT } else { 1 }
    }
}

fn is_listed(list: &str, code: &str) -> bool {
    list.split_ascii_whitespace().any(|c| c == code)
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = is_listed(TWO_DECIMALS, text) || is_listed(NO_DECIMALS, text);
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if known => Ok(Currency(code)),
            _ => Err(UnknownCurrency(text.to_owned())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a quotient becomes whole minor units. There is no default: every call names its rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest, halves away from zero.
    HalfUp,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
    /// Toward zero.
    Truncate,
}

/// `numerator / denominator` as a whole number, halves away from zero, to even, or cut off.
///
/// ```
/// use regua::domain::money::{Rounding, divide};
/// assert_eq!(divide(50, 3, Rounding::Truncate), 16);
/// assert_eq!(divide(50, 3, Rounding::HalfUp), 17);
/// assert_eq!(divide(5, 2, Rounding::HalfEven), 2);
/// assert_eq!(divide(-5, 2, Rounding::HalfUp), -3);
/// ```
///
/// # Panics
/// When `denominator` is not above zero: a programming error.
pub fn divide(numerator: i128, denominator: i128, rounding: Rounding) -> i128 {
    assert!(denominator > 0, "divide: denominator {denominator} is not above zero");
    let quotient = numerator / denominator;
    let twice_rest = (numerator % denominator).abs() * 2;
    let away = quotient + numerator.signum();
    match rounding {
        Rounding::Truncate => quotient,
        _ if twice_rest > denominator => away,
        _ if twice_rest < denominator => quotient,
        Rounding::HalfUp => away,
        Rounding::HalfEven => quotient + quotient % 2,
    }
}

/// An amount of money as a whole number of hundredths of one unit of its currency, even where that currency has no
/// decimal places: ¥ 5 and € 5 are both `Amount(500)`. What calls itself `_minor` is in the same hundredths.
///
/// The currency stands once, at the account; amounts of two accounts are never added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(pub i64);

impl Amount {
    /// Nothing, in any currency.
    pub const ZERO: Amount = Amount(0);

    /// Sum; `None` on overflow.
    pub fn checked_add(self, other: Amount) -> Option<Amount> {
        self.0.checked_add(other.0).map(Amount)
    }
}

impl std::ops::Add for Amount {
    type Output = Amount;

    /// # Panics
    /// On overflow. Amounts are below 10^15 minor units, so it takes 9,000 of the largest in one account.
    fn add(self, other: Amount) -> Amount {
        self.checked_add(other).expect("sum of amounts fits 64 bits")
    }
}

impl std::ops::Sub for Amount {
    type Output = Amount;

    fn sub(self, other: Amount) -> Amount {
        Amount(self.0.checked_sub(other.0).expect("difference of amounts fits 64 bits"))
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(iter: I) -> Amount {
        iter.fold(Amount::ZERO, |a, b| a + b)
    }
}

impl fmt::Display for Amount {
    /// Plain decimal, for logs, JSON and traces: `-1234.56`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        write!(f, "{sign}{units}.{rest:02}")
    }
}

/// The text is no amount with at most two decimal places.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an amount with at most two decimal places, such as \"50.00\"")]
pub struct BadAmount(pub String);

impl FromStr for Amount {
    type Err = BadAmount;

    /// Reads `50`, `50.5` and `-50.25`; refuses anything that it would have to round.
    ///
    /// ```
    /// use regua::domain::money::Amount;
    /// assert_eq!("50.5".parse(), Ok(Amount(5050)));
    /// assert!("50.001".parse::<Amount>().is_err());
    /// assert!("1e3".parse::<Amount>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_scaled(text, 2).and_then(|v| i64::try_from(v).ok()).map(Amount).ok_or_else(|| BadAmount(text.to_owned()))
    }
}

/// A decimal text as a whole number of `10^-scale`; `None` where it is no decimal or has more places.
pub fn parse_scaled(text: &str, scale: usize) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > scale || whole.len() > 20 {
        return None;
    }
    if digits.ends_with('.') {
        return None;
    }
    let value: i128 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_as_they_are_read() {
        for text in ["0.00", "0.01", "-0.01", "1234567.89", "-50.00"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "5.", ".5", "1,00", "R$ 5", "0.001", "--1", "+1", "9999999999999999999999"] {
            assert!(text.parse::<Amount>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_decimal_has_twenty_digits_at_most_before_its_point() {
        for (text, scale, expected) in [
            ("12", 4, Some(120_000)),
            ("-1.5", 1, Some(-15)),
            ("1.55", 1, None),
            ("12345678901234567890.5", 1, Some(123_456_789_012_345_678_905)),
            ("123456789012345678901", 0, None),
        ] {
            assert_eq!(parse_scaled(text, scale), expected, "{text:?} {scale}");
        }
    }

    #[test]
    fn currencies_have_two_decimals_or_none() {
        for (code, known) in [
            ("BRL", Some((2, 1))),
            ("XCG", Some((2, 1))),
            ("JPY", Some((0, 100))),
            ("CLP", Some((0, 100))),
            ("KWD", None), // three decimals do not fit Decimal(18,2)
            ("brl", None),
            ("BR", None),
            ("", None),
        ] {
            let currency = code.parse::<Currency>().ok();
            assert_eq!(currency.map(|c| (c.decimals(), c.coin())), known, "{code:?}");
            assert!(currency.is_none_or(|c| c.to_string() == code && format!("{c:?}") == code), "{code:?}");
        }
    }

    #[test]
    fn rounding_by_name() {
        // (numerator, denominator, half_up, half_even, truncate)
        for (n, d, up, even, cut) in
            [(1, 2, 1, 0, 0), (3, 2, 2, 2, 1), (-1, 2, -1, 0, 0), (-3, 2, -2, -2, -1), (7, 3, 2, 2, 2), (8, 3, 3, 3, 2)]
        {
            assert_eq!(divide(n, d, Rounding::HalfUp), up, "{n}/{d} half_up");
            assert_eq!(divide(n, d, Rounding::HalfEven), even, "{n}/{d} half_even");
            assert_eq!(divide(n, d, Rounding::Truncate), cut, "{n}/{d} truncate");
        }
    }
}
