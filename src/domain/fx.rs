//! Rates of exchange: what an amount is in the currency that a régua duns in.
//!
//! Only the quoted direction counts: the inverse of a rate is another rate, which nobody published. A quote that is too
//! old does not count either. Without a quote nothing is converted, and the account is held.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::money::{Amount, Currency, Rounding, divide};

/// Units of a rate in one: eight decimal places, as the input has them.
const UNITS_PER_ONE: i128 = 100_000_000;

/// The currency in which a régua duns, and how amounts in others become it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DunningCurrency {
    /// What every amount becomes.
    pub currency: Currency,
    /// To its smallest coin.
    pub rounding: Rounding,
}

/// A rate of exchange and its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Units of 10⁻⁸ of the currency asked for, for one unit of the other; above zero.
    pub rate_units: i64,
    /// The day that it was quoted for.
    pub on: NaiveDate,
}

/// An amount in the dunning currency, with the quote that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dunned {
    /// The dunning currency.
    pub currency: Currency,
    /// Rounded to the smallest coin of the currency.
    pub amount: Amount,
    /// The rate that made it.
    pub quote: Quote,
}

/// Why an amount cannot be converted. It is never converted at another rate instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FxError {
    /// The pair has no quote that is young enough.
    #[error("fx_rates has no rate from {from} to {to} from {since} to {as_of}; add it to the input")]
    NoQuote {
        /// The account's currency.
        from: Currency,
        /// The currency that is wanted.
        to: Currency,
        /// The first day on which a quote would have counted.
        since: NaiveDate,
        /// The last such day, which is the date of the run.
        as_of: NaiveDate,
    },
    /// The converted amount leaves 64 bits.
    #[error("an amount in {to} does not fit 64 bits of minor units; check the rate from {from}")]
    TooLarge {
        /// The account's currency.
        from: Currency,
        /// The currency that is wanted.
        to: Currency,
    },
}

/// A quote that cannot stand beside the others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuote {
    /// A rate of zero or less.
    #[error("the rate from {from} to {to} on {on} is not above zero")]
    NotPositive {
        /// The rate is for one unit of this currency.
        from: Currency,
        /// The currency that the rate is in.
        to: Currency,
        /// The day of the rate.
        on: NaiveDate,
    },
    /// Two rates for one pair and day.
    #[error("there are two rates from {from} to {to} on {on}; correct the one that is wrong")]
    Contradiction {
        /// The rates are for one unit of this currency.
        from: Currency,
        /// The currency that the rates are in.
        to: Currency,
        /// The day of the rates.
        on: NaiveDate,
    },
}

/// The latest quote of each pair as of one date.
#[derive(Clone, Debug, Default)]
pub struct Quotes {
    /// A quote older than so many days is none.
    pub days_max: u32,
    latest: BTreeMap<(Currency, Currency), Quote>,
}

impl Quotes {
    /// No quotes yet, and how old one may be.
    pub fn new(days_max: u32) -> Quotes {
        Quotes { days_max, latest: BTreeMap::new() }
    }

    /// Adds quotes, in any order; the latest of each pair stays. What is dated after `as_of` does not exist.
    ///
    /// # Errors
    /// A rate that is not above zero, or two rates of a pair for one day.
    pub fn add(&mut self, mut quotes: Vec<(Currency, Currency, Quote)>, as_of: NaiveDate) -> Result<(), BadQuote> {
        quotes.sort_by_key(|(from, to, quote)| (*from, *to, quote.on, quote.rate_units));
        for (from, to, quote) in quotes.into_iter().filter(|(_, _, quote)| quote.on <= as_of) {
            let on = quote.on;
            if quote.rate_units <= 0 {
                return Err(BadQuote::NotPositive { from, to, on });
            }
            let before = self.latest.insert((from, to), quote);
            if before.is_some_and(|before| before.on == on && before != quote) {
                return Err(BadQuote::Contradiction { from, to, on });
            }
        }
        Ok(())
    }

    /// The latest quote from one currency to another.
    ///
    /// # Errors
    /// There is none, or it is older than `days_max`.
    ///
    /// ```
    /// use regua::domain::fx::{Quote, Quotes};
    /// let (eur, chf) = ("EUR".parse().unwrap(), "CHF".parse().unwrap());
    /// let day = |text: &str| text.parse().unwrap();
    /// let mut quotes = Quotes::new(7);
    /// let quote = Quote { rate_units: 150_000_000, on: day("2026-06-30") };
    /// quotes.add(vec![(eur, chf, quote)], day("2026-07-07")).unwrap();
    /// assert!(quotes.find(eur, chf, day("2026-07-07")).is_ok());
    /// assert!(quotes.find(eur, chf, day("2026-07-08")).is_err(), "too old");
    /// assert!(quotes.find(chf, eur, day("2026-07-07")).is_err(), "not the quoted direction");
    /// ```
    pub fn find(&self, from: Currency, to: Currency, as_of: NaiveDate) -> Result<Quote, FxError> {
        let since = as_of.checked_sub_days(chrono::Days::new(self.days_max.into())).unwrap_or(NaiveDate::MIN);
        let quote = self.latest.get(&(from, to)).filter(|quote| quote.on >= since && quote.on <= as_of);
        quote.copied().ok_or(FxError::NoQuote { from, to, since, as_of })
    }

    /// Every pair with a quote that is young enough: from, to, and units of 10⁻⁸.
    pub fn rates(&self, as_of: NaiveDate) -> impl Iterator<Item = (Currency, Currency, i64)> {
        let rate =
            move |(from, to): &(Currency, Currency)| Some((*from, *to, self.find(*from, *to, as_of).ok()?.rate_units));
        self.latest.keys().filter_map(rate)
    }

    /// Units of 10⁻⁸ of one currency for one of another; of a currency itself, one.
    pub fn rate_units(&self, from: Currency, to: Currency, as_of: NaiveDate) -> Option<i64> {
        if from == to { Some(UNITS_PER_ONE as i64) } else { self.find(from, to, as_of).ok().map(|q| q.rate_units) }
    }

    /// An amount in another currency, in its whole coins.
    ///
    /// # Errors
    /// As [`Quotes::find`], or an amount above 64 bits.
    pub fn convert(
        &self,
        amount: Amount,
        from: Currency,
        to: DunningCurrency,
        as_of: NaiveDate,
    ) -> Result<Dunned, FxError> {
        let DunningCurrency { currency, rounding } = to;
        let quote = self.find(from, currency, as_of)?;
        let coin = i128::from(currency.coin());
        let exact = i128::from(amount.0) * i128::from(quote.rate_units);
        let minor = divide(exact, UNITS_PER_ONE * coin, rounding) * coin;
        let amount = i64::try_from(minor).map_err(|_| FxError::TooLarge { from, to: currency })?;
        Ok(Dunned { currency, amount: Amount(amount), quote })
    }
}

impl std::fmt::Display for Quote {
    /// The rate as a plain decimal without trailing zeros: `1.5`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (i128::from(self.rate_units) / UNITS_PER_ONE, i128::from(self.rate_units) % UNITS_PER_ONE);
        match format!("{rest:08}").trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{decimals}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    /// Euros in a currency, on a day, in units of 10⁻⁸.
    fn euros_in(to: &str, on: &str, rate_units: i64) -> (Currency, Currency, Quote) {
        (currency("EUR"), currency(to), Quote { rate_units, on: day(on) })
    }

    fn quotes(rows: &[(Currency, Currency, Quote)]) -> Result<Quotes, BadQuote> {
        let mut quotes = Quotes::new(7);
        quotes.add(rows.to_vec(), day("2026-07-10")).map(|()| quotes)
    }

    #[test]
    fn the_latest_quote_counts_unless_it_is_too_old() {
        let rows = [euros_in("CHF", "2026-07-03", 150_000_000), euros_in("CHF", "2026-07-01", 140_000_000)];
        let quotes = quotes(&rows).unwrap();
        let rate = |from: &str, to: &str, as_of: &str| {
            quotes.find(currency(from), currency(to), day(as_of)).ok().map(|quote| quote.rate_units)
        };
        for (from, to, as_of, expected) in [
            ("EUR", "CHF", "2026-07-02", None), // what is dated later does not exist
            ("EUR", "CHF", "2026-07-03", Some(150_000_000)),
            ("EUR", "CHF", "2026-07-10", Some(150_000_000)),
            ("EUR", "CHF", "2026-07-11", None), // eight days old
            ("CHF", "EUR", "2026-07-03", None), // the inverse of a rate is another rate
            ("EUR", "USD", "2026-07-03", None),
        ] {
            assert_eq!(rate(from, to, as_of), expected, "{from} {to} {as_of}");
        }
    }

    #[test]
    fn quotes_that_cannot_stand_beside_each_other() {
        let (from, to, on) = (currency("EUR"), currency("CHF"), day("2026-07-03"));
        let first = euros_in("CHF", "2026-07-03", 150_000_000);
        let contradiction = || Err(BadQuote::Contradiction { from, to, on });
        for (name, second, expected) in [
            ("the same twice", first, Ok(())),
            ("another for that day", euros_in("CHF", "2026-07-03", 140_000_000), contradiction()),
            ("another for another day", euros_in("CHF", "2026-07-04", 140_000_000), Ok(())),
            ("another for another pair", euros_in("USD", "2026-07-03", 140_000_000), Ok(())),
            ("nothing", euros_in("CHF", "2026-07-03", 0), Err(BadQuote::NotPositive { from, to, on })),
            ("less than nothing", euros_in("CHF", "2026-07-03", -1), Err(BadQuote::NotPositive { from, to, on })),
            ("dated later: it does not exist", euros_in("CHF", "2026-07-11", 0), Ok(())),
        ] {
            assert_eq!(quotes(&[first, second]).map(drop), expected, "{name}");
        }
        assert_eq!(quotes(&[euros_in("CHF", "2026-07-03", 1)]).map(drop), Ok(()), "the smallest rate");
    }

    #[test]
    fn an_amount_becomes_whole_coins_of_the_other_currency() {
        let rows = [
            euros_in("CHF", "2026-07-10", 95_500_000),
            euros_in("JPY", "2026-07-10", 16_250_000_000),
            euros_in("USD", "2026-07-10", i64::MAX),
        ];
        let quotes = quotes(&rows).unwrap();
        let convert = |amount, to: &str, rounding| {
            let to = DunningCurrency { currency: currency(to), rounding };
            quotes.convert(Amount(amount), currency("EUR"), to, day("2026-07-10"))
        };
        for (amount, to, rounding, expected) in [
            (10_000, "CHF", Rounding::HalfUp, 9_550),
            (-10_000, "CHF", Rounding::HalfUp, -9_550),
            (10, "CHF", Rounding::HalfUp, 10), // 9.55
            (10, "CHF", Rounding::Truncate, 9),
            (101, "JPY", Rounding::HalfUp, 16_400), // 164.125 yen
            (101, "JPY", Rounding::Truncate, 16_400),
            (60, "JPY", Rounding::HalfUp, 9_800), // 97.5 yen
            (60, "JPY", Rounding::Truncate, 9_700),
        ] {
            assert_eq!(
                convert(amount, to, rounding).map(|d| d.amount),
                Ok(Amount(expected)),
                "{amount} {to} {rounding:?}"
            );
        }
        let too_large = FxError::TooLarge { from: currency("EUR"), to: currency("USD") };
        assert_eq!(convert(i64::MAX, "USD", Rounding::HalfUp), Err(too_large));
    }

    #[test]
    fn a_rate_prints_as_a_plain_decimal() {
        for (rate_units, expected) in
            [(150_000_000, "1.5"), (100_000_000, "1"), (1, "0.00000001"), (1_000_000_000, "10"), (95_500_000, "0.955")]
        {
            assert_eq!(Quote { rate_units, on: day("2026-07-10") }.to_string(), expected);
        }
    }
}
