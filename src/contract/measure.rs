//! What a chart may do with the numbers of a KPI table. Each is marked beside its column: `regua schema` prints the mark, and
//! a test compares it with data.
//!
//! A first chart adds up whatever it is given, over dates and currencies too. Amounts never add up over currencies, so that
//! of theirs is not repeated in each mark.

use super::{Column, Kind};

/// What becomes of a number where rows become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// It adds up over everything, dates too.
    Additive,
    /// It adds up over rows of one date (of amounts: and currency) that are alike in these columns.
    AdditiveWithin(&'static [&'static str]),
    /// It counts these, each once in a row; one may stand in several rows, so it adds up over nothing.
    Distinct(&'static str),
    /// Both are sums of additive columns: add each up, then divide.
    Ratio(&'static str, &'static str),
    /// Of the sum of the first column over rows that are alike in the others.
    Share(&'static str, &'static [&'static str]),
    /// Of several rows, the average weighted by this column.
    Average(&'static str),
    /// Of several rows, the highest.
    Highest,
    /// It says something of its row alone.
    Alone,
}

impl Column {
    /// A number that adds up over dates, too.
    pub(crate) const fn additive(self) -> Self {
        self.measured(Measure::Additive)
    }

    /// A number of a date.
    pub(crate) const fn adds(self) -> Self {
        self.adds_within(&[])
    }

    /// A number of a date that adds up only over rows that are alike in these columns.
    pub(crate) const fn adds_within(self, columns: &'static [&'static str]) -> Self {
        self.measured(Measure::AdditiveWithin(columns))
    }

    /// A number of what may stand in several rows.
    pub(crate) const fn distinct(self, what: &'static str) -> Self {
        self.measured(Measure::Distinct(what))
    }

    pub(crate) const fn ratio(self, of: &'static str, over: &'static str) -> Self {
        self.measured(Measure::Ratio(of, over))
    }

    pub(crate) const fn share(self, of: &'static str, within: &'static [&'static str]) -> Self {
        self.measured(Measure::Share(of, within))
    }

    pub(crate) const fn average(self, weight: &'static str) -> Self {
        self.measured(Measure::Average(weight))
    }

    pub(crate) const fn highest(self) -> Self {
        self.measured(Measure::Highest)
    }

    /// A number that cannot be made of those of several rows.
    pub(crate) const fn alone(self) -> Self {
        self.measured(Measure::Alone)
    }

    const fn measured(mut self, measure: Measure) -> Self {
        self.measure = Some(measure);
        self
    }

    /// The columns in which rows are alike that may be added up; `None`: none may.
    pub fn additive_within(&self) -> Option<Vec<&'static str>> {
        match self.measure? {
            Measure::Additive => Some(self.unit()),
            Measure::AdditiveWithin(more) => {
                Some(["as_of_date"].into_iter().chain(self.unit()).chain(more.iter().copied()).collect())
            }
            _ => None,
        }
    }

    /// Of an amount, the column that says in what it is.
    fn unit(&self) -> Vec<&'static str> {
        if self.kind == Kind::Money { vec!["currency"] } else { Vec::new() }
    }

    /// The mark in words; `None`: it is no measure.
    pub fn measure_in_words(&self) -> Option<String> {
        Some(match self.measure? {
            Measure::Additive | Measure::AdditiveWithin(_) => match self.additive_within()?.as_slice() {
                [] => "additive".to_owned(),
                within => format!("additive within a {}", and(within).replacen("as_of_date", "date", 1)),
            },
            Measure::Distinct(what) => format!("count of distinct {what}"),
            Measure::Ratio(of, over) => format!("ratio of {of} and {over}"),
            Measure::Share(of, within) => format!("share of {of} within a {}", and(within)),
            Measure::Average(weight) => format!("average, weighted by {weight}"),
            Measure::Highest => "highest".to_owned(),
            Measure::Alone => "of its row alone".to_owned(),
        })
    }
}

fn and(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.join(""),
    }
}
