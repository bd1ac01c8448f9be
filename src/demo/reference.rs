//! Rates of exchange, statutory interest and holidays: what is the same for every debtor.

use chrono::{Datelike, Days, NaiveDate};

use super::DemoError;
use super::dice::Dice;
use super::ledger::HISTORY_DAYS;
use super::rows::{FxRateRow, HolidayRow, IndexRateRow};
use super::sink::Sink;
use super::values::{Day, Rate};

const RATE_ONE: f64 = 100_000_000.0;
const INDEX_MONTHS: i32 = 36;

pub(super) fn write(as_of: NaiveDate, dice: &mut Dice, sink: &mut Sink) -> Result<(), DemoError> {
    write_fx_rates(Day::of(as_of), dice, sink)?;
    write_index_rates(as_of, dice, sink)?;
    for year in as_of.year() - 2..=as_of.year() + 1 {
        write_holidays(year, sink)?;
    }
    Ok(())
}

/// USD to BRL for every calendar day: a walk that is drawn back to its mean.
fn write_fx_rates(as_of: Day, dice: &mut Dice, sink: &mut Sink) -> Result<(), DemoError> {
    let mean: f64 = 5.4;
    let mut rate = mean;
    for days_ago in (0..=HISTORY_DAYS).rev() {
        rate *= dice.log_normal(1.0, 0.006) * (mean / rate).powf(0.01);
        // Published with four decimal places.
        let published = (rate * 10_000.0).round() / 10_000.0;
        sink.push(&FxRateRow {
            date: as_of.plus(-days_ago),
            from_currency: "USD",
            to_currency: "BRL",
            rate: Rate((published * RATE_ONE).round() as i64),
        })?;
    }
    Ok(())
}

/// Taxa legal (Lei 14.905/2024): one figure per month, in per cent a month.
fn write_index_rates(as_of: NaiveDate, dice: &mut Dice, sink: &mut Sink) -> Result<(), DemoError> {
    for months_ago in (0..INDEX_MONTHS).rev() {
        let month = as_of.year() * 12 + as_of.month0() as i32 - months_ago;
        let first = NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
        let rate = Rate(i64::from(dice.between(4_500, 9_500)) * 10_000);
        if let Some(first) = first {
            sink.push(&IndexRateRow { date: Day::of(first), index: "taxa_legal", rate })?;
        }
    }
    Ok(())
}

/// Holidays on the same day every year: month, day, scope, name, first year.
const FIXED: &[(u32, u32, &str, &str, i32)] = &[
    (1, 1, "national", "Confraternização Universal", 0),
    (4, 21, "national", "Tiradentes", 0),
    (5, 1, "national", "Dia do Trabalho", 0),
    (9, 7, "national", "Independência do Brasil", 0),
    (10, 12, "national", "Nossa Senhora Aparecida", 0),
    (11, 2, "national", "Finados", 0),
    (11, 15, "national", "Proclamação da República", 0),
    // Lei 14.759/2023.
    (11, 20, "national", "Dia Nacional de Zumbi e da Consciência Negra", 2024),
    (12, 25, "national", "Natal", 0),
    (7, 9, "state:SP", "Revolução Constitucionalista", 0),
    (4, 23, "state:RJ", "Dia de São Jorge", 0),
    (9, 20, "state:RS", "Revolução Farroupilha", 0),
    (7, 2, "state:BA", "Independência da Bahia", 0),
    (3, 6, "state:PE", "Data Magna de Pernambuco", 0),
    (3, 25, "state:CE", "Data Magna do Ceará", 0),
    (1, 25, "city:3550308", "Aniversário de São Paulo", 0),
    (1, 20, "city:3304557", "Dia de São Sebastião", 0),
];

/// Holidays that move with Easter: days after Easter Sunday, scope, name.
const MOVABLE: &[(i64, &str, &str)] = &[
    (-48, "bank", "Carnaval (segunda-feira)"),
    (-47, "bank", "Carnaval (terça-feira)"),
    (-2, "national", "Sexta-feira da Paixão"),
    (60, "bank", "Corpus Christi"),
];

fn write_holidays(year: i32, sink: &mut Sink) -> Result<(), DemoError> {
    for &(month, day, scope, name, since) in FIXED {
        if let Some(date) = NaiveDate::from_ymd_opt(year, month, day).filter(|_| year >= since) {
            sink.push(&HolidayRow { date: Day::of(date), scope, name: Some(name) })?;
        }
    }
    for &(days, scope, name) in MOVABLE {
        if let Some(date) = easter(year).and_then(|sunday| shifted(sunday, days)) {
            sink.push(&HolidayRow { date: Day::of(date), scope, name: Some(name) })?;
        }
    }
    Ok(())
}

fn shifted(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) }
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let moon_shift = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_shift + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let sum = epact + weekday - 7 * late + 114;
    NaiveDate::from_ymd_opt(year, (sum / 31) as u32, (sum % 31 + 1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_falls_where_the_calendar_says() {
        for (year, month, day) in [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)] {
            assert_eq!(easter(year), NaiveDate::from_ymd_opt(year, month, day));
        }
    }
}
