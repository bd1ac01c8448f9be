//! Numbers as a reader of the page's language writes them: short in tiles and axes, to the cent in tables.
//!
//! Amounts are whole numbers of minor units from the table to the text; only rates, which are floats in the tables
//! already, are worked out in floating point. A line never breaks between a number and its unit, and a minus is a minus
//! sign, not a hyphen.

use chrono::{Datelike, NaiveDate};

use crate::domain::language::Language;
use crate::domain::message::{currency_symbol, date_text};
use crate::domain::money::{Currency, MINOR_PER_UNIT, Rounding, divide};

/// The space between a number and its unit, at which no line breaks.
pub const GAP: char = '\u{a0}';
const MINUS: &str = "\u{2212}";
/// What stands where there is no figure.
pub const NONE: &str = "–";

/// Units of one thousand and more, with their words.
const SCALES: [(i128, &str, &str); 4] =
    [(1_000, "mil", "k"), (1_000_000, "mi", "m"), (1_000_000_000, "bi", "bn"), (1_000_000_000_000, "tri", "tn")];
/// Below so many units an amount is written out.
const WHOLE_UNITS_MAX: i128 = 10_000;

const MONTHS: [(&str, &str); 12] = [
    ("janeiro", "January"),
    ("fevereiro", "February"),
    ("março", "March"),
    ("abril", "April"),
    ("maio", "May"),
    ("junho", "June"),
    ("julho", "July"),
    ("agosto", "August"),
    ("setembro", "September"),
    ("outubro", "October"),
    ("novembro", "November"),
    ("dezembro", "December"),
];

impl Language {
    /// `6.580.115,05`: a whole number of which the last digits are decimals.
    pub fn fixed(self, value: i128, decimals: u32) -> String {
        let (thousands, point) = self.pick(('.', ','), (',', '.'));
        let one = 10_u128.pow(decimals);
        let (whole, rest) = (value.unsigned_abs() / one, value.unsigned_abs() % one);
        let digits = whole.to_string();
        let mut text = if value < 0 { MINUS.to_owned() } else { String::new() };
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                text.push(thousands);
            }
            text.push(digit);
        }
        if decimals > 0 {
            text.push_str(&format!("{point}{rest:0width$}", width = decimals as usize));
        }
        text
    }

    /// `2.417`
    pub fn count(self, number: i64) -> String {
        self.fixed(i128::from(number), 0)
    }

    /// `R$ 6.580.115,05`: to the cent; a currency without decimals shows them only where there are some.
    pub fn money(self, currency: &str, minor: i128) -> String {
        self.with_symbol(currency, minor < 0, &self.digits(currency, minor.abs()))
    }

    /// `R$ 6,58 mi`: three significant figures; up to ten thousand the whole units.
    pub fn money_short(self, currency: &str, minor: i128) -> String {
        self.with_symbol(currency, minor < 0, &self.short_digits(currency, minor.abs()))
    }

    /// `6,58 mi`: the same where the currency is said elsewhere.
    pub fn amount_short(self, currency: &str, minor: i128) -> String {
        let sign = if minor < 0 { MINUS } else { "" };
        format!("{sign}{}", self.short_digits(currency, minor.abs()))
    }

    fn digits(self, currency: &str, amount: i128) -> String {
        let one = i128::from(MINOR_PER_UNIT);
        let is_whole = amount % one == 0 && currency.parse::<Currency>().is_ok_and(|c| c.decimals() == 0);
        if is_whole { self.fixed(amount / one, 0) } else { self.fixed(amount, 2) }
    }

    fn short_digits(self, currency: &str, amount: i128) -> String {
        let one = i128::from(MINOR_PER_UNIT);
        let units = divide(amount, one, Rounding::HalfUp);
        match amount {
            0 => "0".to_owned(),
            _ if amount < 100 * one => self.digits(currency, amount),
            _ if units < WHOLE_UNITS_MAX => self.fixed(units, 0),
            _ => self.scaled(amount),
        }
    }

    /// `6,58 mi` of an amount of minor units.
    fn scaled(self, amount: i128) -> String {
        for (units, pt_br, en) in SCALES {
            for decimals in [2_u32, 1, 0] {
                let places = 10_i128.pow(decimals);
                let rounded = divide(amount * places, units * i128::from(MINOR_PER_UNIT), Rounding::HalfUp);
                if rounded < 1_000 || (decimals == 0 && pt_br == "tri") {
                    return format!("{}{GAP}{}", self.fixed(rounded, decimals), self.pick(pt_br, en));
                }
            }
        }
        self.fixed(amount, 2)
    }

    fn with_symbol(self, currency: &str, is_negative: bool, digits: &str) -> String {
        let sign = if is_negative { MINUS } else { "" };
        format!("{sign}{}{GAP}{digits}", currency_symbol(self.code(), currency))
    }

    /// `27,7 %` of a rate between 0 and 1.
    pub fn percent(self, rate: f64) -> String {
        self.with_percent(&self.fixed(tenths(rate * 100.0), 1))
    }

    /// `28 %`, where there is little room; `<1 %` of what is not nothing.
    pub fn percent_whole(self, rate: f64) -> String {
        let whole = (rate * 100.0).round() as i128;
        if whole == 0 && rate > 0.0 { self.with_percent("<1") } else { self.with_percent(&self.fixed(whole, 0)) }
    }

    fn with_percent(self, digits: &str) -> String {
        self.pick(format!("{digits}{GAP}%"), format!("{digits}%"))
    }

    /// `2,3 p.p.`: the distance between two rates, in percentage points.
    pub fn points(self, rate: f64) -> String {
        let number = tenths(rate * 100.0);
        let word = if number.abs() == 10 { "point" } else { "points" };
        format!("{}{GAP}{}", self.fixed(number, 1), self.pick("p.p.", word))
    }

    /// `80,3`
    pub fn tenth(self, number: f64) -> String {
        self.fixed(tenths(number), 1)
    }

    /// `80 dias`
    pub fn days(self, days: f64) -> String {
        let whole = days.round() as i128;
        format!("{}{GAP}{}", self.fixed(whole, 0), self.day_word(whole.abs() == 1))
    }

    /// `3,5 dias`
    pub fn days_exact(self, days: f64) -> String {
        // "1,3 dia", but "1.3 days".
        let is_one = match self {
            Language::PtBr => tenths(days).abs() < 20,
            Language::En => tenths(days).abs() == 10,
        };
        format!("{}{GAP}{}", self.tenth(days), self.day_word(is_one))
    }

    fn day_word(self, is_one: bool) -> &'static str {
        if is_one { self.pick("dia", "day") } else { self.pick("dias", "days") }
    }

    /// `30/06/2026`
    pub fn date(self, day: NaiveDate) -> String {
        date_text(self.code(), day).replace(' ', "\u{a0}")
    }

    /// `30/06`
    pub fn date_short(self, day: NaiveDate) -> String {
        let (_, month) = MONTHS[day.month0() as usize];
        self.pick(format!("{:02}/{:02}", day.day(), day.month()), format!("{}{GAP}{}", day.day(), first_letters(month)))
    }

    /// `30 de junho de 2026`
    pub fn date_long(self, day: NaiveDate) -> String {
        let month = self.month_name(day);
        self.pick(
            format!("{} de {month} de {}", day.day(), day.year()),
            format!("{} {month} {}", day.day(), day.year()),
        )
    }

    /// `jun/26`
    pub fn month(self, day: NaiveDate) -> String {
        let (pt_br, en) = MONTHS[day.month0() as usize];
        let year = day.year().rem_euclid(100);
        self.pick(format!("{}/{year:02}", first_letters(pt_br)), format!("{}{GAP}{year:02}", first_letters(en)))
    }

    /// `junho`
    pub fn month_name(self, day: NaiveDate) -> &'static str {
        let (pt_br, en) = MONTHS[day.month0() as usize];
        self.pick(pt_br, en)
    }
}

fn first_letters(month: &str) -> String {
    month.chars().take(3).collect()
}

/// In tenths, halves away from zero.
fn tenths(number: f64) -> i128 {
    (number * 10.0).round() as i128
}

/// Part over whole, where there is a whole.
pub fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// No-break spaces are spaces here, for a reader.
    fn plain(text: String) -> String {
        text.replace(GAP, " ")
    }

    #[test]
    fn amounts_have_three_figures_in_tiles_and_cents_in_tables() {
        let cases = [
            (0, "R$ 0", "R$ 0", "R$ 0,00"),
            (237, "R$ 2,37", "R$ 2.37", "R$ 2,37"),
            (9_999, "R$ 99,99", "R$ 99.99", "R$ 99,99"),
            (10_050, "R$ 101", "R$ 101", "R$ 100,50"),
            (786_104, "R$ 7.861", "R$ 7,861", "R$ 7.861,04"),
            (999_950, "R$ 10,0 mil", "R$ 10.0 k", "R$ 9.999,50"),
            (9_995_000, "R$ 100 mil", "R$ 100 k", "R$ 99.950,00"),
            (43_763_549, "R$ 438 mil", "R$ 438 k", "R$ 437.635,49"),
            (99_949_999, "R$ 999 mil", "R$ 999 k", "R$ 999.499,99"),
            (99_950_000, "R$ 1,00 mi", "R$ 1.00 m", "R$ 999.500,00"),
            (658_011_505, "R$ 6,58 mi", "R$ 6.58 m", "R$ 6.580.115,05"),
            (-24_681_360, "−R$ 247 mil", "−R$ 247 k", "−R$ 246.813,60"),
            (120_000_000_000, "R$ 1,20 bi", "R$ 1.20 bn", "R$ 1.200.000.000,00"),
            (1_000_000_000_000_000, "R$ 10,0 tri", "R$ 10.0 tn", "R$ 10.000.000.000.000,00"),
            (123_456_000_000_000_000, "R$ 1.235 tri", "R$ 1,235 tn", "R$ 1.234.560.000.000.000,00"),
        ];
        for (minor, short, short_en, full) in cases {
            assert_eq!(plain(Language::PtBr.money_short("BRL", minor)), short);
            assert_eq!(plain(Language::En.money_short("BRL", minor)), short_en);
            assert_eq!(plain(Language::PtBr.money("BRL", minor)), full);
        }
        assert_eq!(plain(Language::En.money("JPY", 123_400)), "¥ 1,234");
        assert_eq!(plain(Language::PtBr.money("USD", 150)), "US$ 1,50");
        assert_eq!(plain(Language::En.money("CHF", 150)), "CHF 1.50");
    }

    #[test]
    fn rates_days_and_dates() {
        let (pt, en) = (Language::PtBr, Language::En);
        let cases = [
            (pt.percent(0.2766), "27,7 %"),
            (en.percent(0.2766), "27.7%"),
            (pt.percent(-0.001), "−0,1 %"),
            (pt.percent_whole(0.004), "<1 %"),
            (en.percent_whole(0.0), "0%"),
            (pt.points(0.0231), "2,3 p.p."),
            (en.points(0.01), "1.0 point"),
            (en.points(-0.02), "−2.0 points"),
            (pt.days(80.3), "80 dias"),
            (pt.days(1.2), "1 dia"),
            (en.days(0.0), "0 days"),
            (pt.days_exact(3.54), "3,5 dias"),
            (en.days_exact(1.0), "1.0 day"),
            (pt.date(day("2026-06-30")), "30/06/2026"),
            (en.date(day("2026-06-03")), "3 Jun 2026"),
            (pt.date_short(day("2026-05-31")), "31/05"),
            (en.date_short(day("2026-05-31")), "31 May"),
            (pt.date_long(day("2026-06-30")), "30 de junho de 2026"),
            (en.date_long(day("2026-06-30")), "30 June 2026"),
            (pt.month(day("2026-06-01")), "jun/26"),
            (en.month(day("2026-02-01")), "Feb 26"),
            (pt.count(20_000), "20.000"),
            (en.count(-1_234_567), "−1,234,567"),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected);
        }
        assert_eq!((ratio(1, 4), ratio(1, 0), ratio(0, -1)), (Some(0.25), None, None));
    }
}
