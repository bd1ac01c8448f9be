//! Segments, value tiers and risk bands: ordered rules over an account's profile.
//!
//! A rule is a list of comparisons; a field without a value fits no comparison, so whoever is new is not judged.

use std::fmt;

use super::portfolio::{Account, Profile};

/// What a rule can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Whole months since `customer_since`; no value where the source does not say.
    MonthsAsCustomer,
    /// Items of the profile window whose payable day is over.
    ItemsDue,
    /// Of those, how many were paid by their payable day.
    PaidOnTime,
    /// Of those, how many were paid after it.
    PaidLate,
    /// Share of those that were paid late or not yet, from 0 to 1; no value without any.
    LateRatio,
    /// Days late of those that are paid, weighted by amount; in time counts as 0.
    DaysLateAvg,
    /// The most days late of those that are paid.
    DaysLateMax,
    /// Promises of the window that were not kept.
    BrokenPromises,
    /// Agreements of the window that were not kept.
    BrokenAgreements,
    /// The largest single payment, in units of the currency.
    LargestPayment,
    /// Open items of the account, due or not.
    OpenItems,
    /// What is open in all, in units of the currency.
    OpenAmount,
    /// Items past their payable day.
    OverdueItems,
    /// What is open of those, in units of the currency.
    OverdueAmount,
    /// Of the oldest open item; below zero where nothing is due yet, 0 without items.
    DaysPastDueMax,
    /// Days since the last payment; no value where none is known.
    LastPaymentDays,
    /// Contacts of the window that reached the debtor, or may have.
    Contacts,
    /// Share of those that it answered, from 0 to 1; no value without any.
    AnswerRatio,
    /// Messages of the window that came back.
    Bounces,
    /// The highest chance of being late among the items that are not late yet, from 0 to 1; no value without a model or such an item.
    LateChance,
    /// The highest chance of being more than 30 days late among all open items, from 0 to 1; no value without a model.
    Late30Chance,
}

impl Field {
    /// Each with its name in the configuration.
    pub const ALL: [(Field, &'static str); 21] = [
        (Field::MonthsAsCustomer, "months_as_customer"),
        (Field::ItemsDue, "items_due"),
        (Field::PaidOnTime, "paid_on_time"),
        (Field::PaidLate, "paid_late"),
        (Field::LateRatio, "late_ratio"),
        (Field::DaysLateAvg, "days_late_avg"),
        (Field::DaysLateMax, "days_late_max"),
        (Field::BrokenPromises, "broken_promises"),
        (Field::BrokenAgreements, "broken_agreements"),
        (Field::LargestPayment, "largest_payment"),
        (Field::OpenItems, "open_items"),
        (Field::OpenAmount, "open_amount"),
        (Field::OverdueItems, "overdue_items"),
        (Field::OverdueAmount, "overdue_amount"),
        (Field::DaysPastDueMax, "days_past_due_max"),
        (Field::LastPaymentDays, "last_payment_days"),
        (Field::Contacts, "contacts"),
        (Field::AnswerRatio, "answer_ratio"),
        (Field::Bounces, "bounces"),
        (Field::LateChance, "late_chance"),
        (Field::Late30Chance, "late_30_chance"),
    ];

    /// By its name; `None` for any other text.
    pub fn parse(text: &str) -> Option<Field> {
        Field::ALL.iter().find(|(_, name)| *name == text).map(|(f, _)| *f)
    }

    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        Field::ALL.iter().find(|(f, _)| *f == self).map_or("", |(_, name)| name)
    }

    /// From 0 to 1?
    pub fn is_ratio(self) -> bool {
        matches!(self, Field::LateRatio | Field::AnswerRatio | Field::LateChance | Field::Late30Chance)
    }

    /// Amounts in units of the account's currency, ratios from 0 to 1.
    fn value(self, account: &Account) -> Option<f64> {
        let Profile { months_as_customer, items_due, paid_on_time, paid_late, .. } = account.profile;
        let profile = &account.profile;
        let overdue = || account.items.iter().filter(|i| i.is_overdue()).count();
        Some(match self {
            Field::MonthsAsCustomer => months_as_customer? as f64,
            Field::ItemsDue => items_due as f64,
            Field::PaidOnTime => paid_on_time as f64,
            Field::PaidLate => paid_late as f64,
            Field::LateRatio => profile.late_ratio?,
            Field::DaysLateAvg => profile.days_late_avg?,
            Field::DaysLateMax => profile.days_late_max? as f64,
            Field::BrokenPromises => profile.broken_promises as f64,
            Field::BrokenAgreements => profile.broken_agreements as f64,
            Field::LargestPayment => profile.largest_payment?.0 as f64 / 100.0,
            Field::OpenItems => account.items.len() as f64,
            Field::OpenAmount => account.open().0 as f64 / 100.0,
            Field::OverdueItems => overdue() as f64,
            Field::OverdueAmount => account.overdue().0 as f64 / 100.0,
            Field::DaysPastDueMax => account.days_past_due_max() as f64,
            Field::LastPaymentDays => profile.last_payment_days? as f64,
            Field::Contacts => profile.contacts as f64,
            Field::AnswerRatio => profile.answer_ratio?,
            Field::Bounces => profile.bounces as f64,
            Field::LateChance => account.late_chance()?,
            Field::Late30Chance => account.late_30_chance()?,
        })
    }
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    /// `< x`
    Less(f64),
    /// `<= x`
    AtMost(f64),
    /// `= x`
    Equal(f64),
    /// `>= x`
    AtLeast(f64),
    /// `> x`
    Greater(f64),
}

/// `100.000` is a hundred to a machine and a hundred thousand to whoever wrote it; `0.125` is what it says.
fn is_written_in_thousands(number: &str) -> bool {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    decimals.len() == 3 && whole.parse::<i64>().is_ok_and(|whole| whole != 0)
}

impl Comparison {
    /// Reads `">= 0.1"`; `None` where the text is not a comparison with a number.
    ///
    /// ```
    /// use regua::domain::segment::Comparison;
    /// assert_eq!(Comparison::parse(">= 0.5"), Some(Comparison::AtLeast(0.5)));
    /// assert_eq!(Comparison::parse("about 3"), None);
    /// assert_eq!(Comparison::parse(">= 100.000"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Comparison> {
        let text = text.trim();
        type Kind = fn(f64) -> Comparison;
        let kinds: [(&str, Kind); 5] = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("=", Comparison::Equal),
        ];
        let (rest, kind) = kinds.iter().find_map(|(sign, kind)| Some((text.strip_prefix(sign)?, kind)))?;
        let is_number = |n: &f64| n.is_finite() && !is_written_in_thousands(rest.trim());
        rest.trim().parse().ok().filter(is_number).map(kind)
    }

    /// What is compared with.
    pub fn bound(self) -> f64 {
        let (Comparison::Less(x)
        | Comparison::AtMost(x)
        | Comparison::Equal(x)
        | Comparison::AtLeast(x)
        | Comparison::Greater(x)) = self;
        x
    }

    /// Does it hold for this value?
    pub fn holds(self, value: f64) -> bool {
        match self {
            Comparison::Less(x) => value < x,
            Comparison::AtMost(x) => value <= x,
            Comparison::Equal(x) => value == x,
            Comparison::AtLeast(x) => value >= x,
            Comparison::Greater(x) => value > x,
        }
    }
}

/// Comparisons that must all hold; none = always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition(pub Vec<(Field, Comparison)>);

impl Condition {
    /// Does it look at what a model expects?
    pub fn looks_at_chances(&self) -> bool {
        self.0.iter().any(|(field, _)| matches!(field, Field::LateChance | Field::Late30Chance))
    }

    /// Does it fit the account? A field without a value fits nothing.
    pub fn holds(&self, account: &Account) -> bool {
        self.0.iter().all(|(field, comparison)| field.value(account).is_some_and(|v| comparison.holds(v)))
    }
}

/// A name for the accounts that fit.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Of the segment or tier; unique in its list.
    pub name: String,
    /// No comparisons = it fits everybody.
    pub when: Condition,
}

/// Name of the first rule that fits.
pub fn first_fit<'a>(rules: &'a [Rule], account: &Account) -> Option<&'a str> {
    first_rule(rules, account).map(|r| r.name.as_str())
}

/// The first rule that fits.
pub fn first_rule<'a>(rules: &'a [Rule], account: &Account) -> Option<&'a Rule> {
    rules.iter().find(|r| r.when.holds(account))
}

/// A scorecard: points for every line that holds, and the bands that the sum falls in.
#[derive(Clone, Debug, Default)]
pub struct Scorecard {
    /// Points and the condition under which they are added; points may be below zero.
    pub lines: Vec<(i64, Condition)>,
    /// Least points and name, ascending.
    pub bands: Vec<(i64, String)>,
}

impl Scorecard {
    /// The highest band whose least points are reached; `None` where none is.
    pub fn band(&self, account: &Account) -> Option<&str> {
        let points: i64 = self.lines.iter().filter(|(_, when)| when.holds(account)).map(|(points, _)| points).sum();
        self.bands.iter().rev().find(|(least, _)| points >= *least).map(|(_, name)| name.as_str())
    }
}

/// `late_ratio >= 0.4 and items_due >= 4`; empty where it always holds.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (field, comparison)) in self.0.iter().enumerate() {
            let gap = if position == 0 { "" } else { " and " };
            write!(f, "{gap}{field} {comparison}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, value) = match self {
            Comparison::Less(x) => ("<", x),
            Comparison::AtMost(x) => ("<=", x),
            Comparison::Equal(x) => ("=", x),
            Comparison::AtLeast(x) => (">=", x),
            Comparison::Greater(x) => (">", x),
        };
        write!(f, "{sign} {value}")
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
