//! The small values that rows are made of: days, identifiers, amounts, and the cell that carries any of them.
//!
//! Ten million invoices are made of some hundred million values, so none of them allocates: a day is a number, an
//! identifier sits in a fixed array, and a cell borrows its text.

use chrono::{Datelike, NaiveDate};

use crate::domain::money::Amount;

/// A calendar day, counted from 1970-01-01 as Date32 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub i32);

/// Days of the common era before 1970-01-01.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;
const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl Day {
    pub(super) fn of(date: NaiveDate) -> Self {
        Day(date.num_days_from_ce() - EPOCH_DAYS_FROM_CE)
    }

    pub(super) fn plus(self, days: i32) -> Self {
        Day(self.0 + days)
    }

    /// Days from `earlier` to this day; below zero where `earlier` is later.
    pub(super) fn since(self, earlier: Day) -> i32 {
        self.0 - earlier.0
    }

    /// Days by which the weekday is past Friday: 1 on Saturday, 2 on Sunday, else 0.
    fn days_past_friday(self) -> i32 {
        // 1970-01-01 was a Thursday, so Monday is 0 three days earlier.
        ((self.0 + 3).rem_euclid(7) - 4).max(0)
    }

    /// The same day, or the Monday after a weekend: money moves and people call on weekdays.
    pub(super) fn or_monday(self) -> Self {
        match self.days_past_friday() {
            0 => self,
            past => self.plus(3 - past),
        }
    }

    /// The same day, or the Friday before a weekend.
    pub(super) fn or_friday(self) -> Self {
        self.plus(-self.days_past_friday())
    }

    pub(super) fn at_second(self, second_of_day: i32) -> Micros {
        Micros((i64::from(self.0) * SECONDS_PER_DAY + i64::from(second_of_day)) * MICROS_PER_SECOND)
    }
}

/// An instant in microseconds since 1970-01-01, UTC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Micros(pub i64);

/// A rate in units of 10^-8.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub i64);

/// An identifier such as `NF0000000042`: a prefix and a number with leading zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id {
    text: [u8; Id::LENGTH_MAX],
    length: usize,
}

impl Id {
    const LENGTH_MAX: usize = 16;

    /// # Panics
    /// When prefix and width are longer than sixteen characters together: a programming error.
    pub(super) fn new(prefix: &str, mut number: u64, width: usize) -> Self {
        let length = prefix.len() + width;
        let mut text = [b'0'; Self::LENGTH_MAX];
        text[..prefix.len()].copy_from_slice(prefix.as_bytes());
        for place in text[prefix.len()..length].iter_mut().rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
        Id { text, length }
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).expect("prefixes are ASCII")
    }
}

/// One value on its way into a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Str(&'a str),
    Int(i64),
    Date(i32),
    Ts(i64),
    /// An amount or a rate, in the unit of its column.
    Decimal(i128),
    Bool(bool),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(value: &'a str) -> Self {
        Cell::Str(value)
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Cell::Int(value)
    }
}

impl From<Day> for Cell<'_> {
    fn from(value: Day) -> Self {
        Cell::Date(value.0)
    }
}

impl From<Micros> for Cell<'_> {
    fn from(value: Micros) -> Self {
        Cell::Ts(value.0)
    }
}

impl From<Amount> for Cell<'_> {
    fn from(value: Amount) -> Self {
        Cell::Decimal(i128::from(value.0))
    }
}

impl From<Rate> for Cell<'_> {
    fn from(value: Rate) -> Self {
        Cell::Decimal(i128::from(value.0))
    }
}

impl From<bool> for Cell<'_> {
    fn from(value: bool) -> Self {
        Cell::Bool(value)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap())
    }

    #[test]
    fn days_count_from_1970() {
        assert_eq!(day(1970, 1, 1), Day(0));
        assert_eq!(day(2026, 11, 20), Day(20_777));
    }

    #[test]
    fn weekends_move_to_the_day_asked_for() {
        // 2026-11-20 is a Friday.
        let friday = day(2026, 11, 20);
        assert_eq!((friday.or_monday(), friday.or_friday()), (friday, friday));
        assert_eq!((friday.plus(1).or_monday(), friday.plus(1).or_friday()), (friday.plus(3), friday));
        assert_eq!((friday.plus(2).or_monday(), friday.plus(2).or_friday()), (friday.plus(3), friday));
        assert_eq!(friday.plus(3).or_friday(), friday.plus(3));
    }

    #[test]
    fn identifiers_keep_their_width() {
        assert_eq!(Id::new("NF", 42, 10).as_str(), "NF0000000042");
        assert_eq!(Id::new("C", 7, 2).as_str(), "C07");
    }
}
