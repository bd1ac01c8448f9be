//! Days and instants, however a tool wrote them: as dates, as timestamps, as UTC midnights, as text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, TimestampMicrosecondArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::checks::HAPPENED;
use super::columns::{self, is_zoned};
use super::rows::{RowRules, Tally, plain};
use crate::contract::{Column, Kind};
use crate::error::{Error, Lines, Result};
use crate::io::parquet::Source;

/// Days since 1970 of the earliest and latest date that an input may hold: 1900-01-01 to 2199-12-31.
const DATE_MIN: i32 = -25_567;
const DATE_MAX: i32 = 84_005;
/// Days from the common era to 1970.
const EPOCH_DAYS: i32 = 719_163;
const DAY_SECONDS: i64 = 86_400;
/// How instants are written as text where not as RFC 3339 has it; without an offset they are UTC, as timestamps are.
const INSTANT_FORMATS: [&str; 5] =
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y%m%dT%H%M%SZ"];

/// Columns of dates that came as instants, and hold midnights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Midnights {
    /// Of UTC: how many of how many values. A tool wrote dates as timestamps, and these are read as the dates that they
    /// show.
    pub utc: BTreeMap<&'static str, (u64, u64)>,
    /// Of the pipeline's zone, all of them.
    pub local: BTreeSet<&'static str>,
}

/// What is known so far of one column of instants, in values.
struct MidnightCounts {
    column: &'static str,
    all: u64,
    utc: u64,
    local: u64,
}

/// Which columns of dates hold midnights, over every file of an input; and the instants of a contact log, where they are
/// asked for.
///
/// # Errors
/// As reading does.
pub(super) fn midnights(rules: &RowRules, sources: &[Source], with_instants: bool) -> Result<Midnights> {
    let mut seen: Vec<MidnightCounts> = Vec::new();
    for source in sources {
        let columns = columns::resolve(&rules.input, source.schema(), &source.object.url)
            .map_err(|errors| Error::Contract(Lines(errors)))?;
        let kind_at = |at: usize| source.schema().field(at).data_type();
        // What a contact log has is an instant, whatever its type says; a date without a zone is itself.
        let is_instant = |kind: Kind, at: usize| match kind {
            Kind::Date => is_zoned(kind_at(at)),
            _ => with_instants && kind == Kind::Ts && is_of_time(kind_at(at)),
        };
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (column, at) in &columns.found {
            let Some(at) = at.filter(|at| is_instant(column.kind, *at)) else { continue };
            let known = seen.iter().position(|s| s.column == column.name).unwrap_or_else(|| {
                seen.push(MidnightCounts { column: column.name, all: 0, utc: 0, local: 0 });
                seen.len() - 1
            });
            places.push((at, known));
        }
        places.sort_unstable();
        let mut projection: Vec<usize> = places.iter().map(|(at, _)| *at).collect();
        projection.dedup();
        if projection.is_empty() {
            continue;
        }
        source.for_batches(&projection, |batch| {
            for (at, known) in &places {
                let array = projection.binary_search(at).map(|at| plain(batch.column(at)));
                if let Ok(array) = array.unwrap_or_else(|_| Err(rules.internal("a column is missing"))) {
                    rules.look_for_midnights(&array, &mut seen[*known]);
                }
            }
            Ok(true)
        })?;
    }
    let is_local = |s: &&MidnightCounts| s.all > 0 && s.local == s.all && s.utc == 0;
    Ok(Midnights {
        utc: seen.iter().filter(|s| s.utc > 0).map(|s| (s.column, (s.utc, s.all))).collect(),
        local: seen.iter().filter(is_local).map(|s| s.column).collect(),
    })
}

impl Midnights {
    /// The columns of which at least half of the values are midnight UTC.
    pub(super) fn columns_of_days(&self) -> BTreeSet<&'static str> {
        self.utc.iter().filter(|(_, (midnights, values))| midnights * 2 >= *values).map(|(column, _)| *column).collect()
    }
}

impl RowRules {
    /// Dates that mean "none", and those beyond any calendar, say nothing of how the others were written.
    fn look_for_midnights(&self, array: &ArrayRef, seen: &mut MidnightCounts) {
        for (seconds, rest) in instants(array).into_iter().flatten() {
            let day = day_of(seconds);
            if !(DATE_MIN..=DATE_MAX).contains(&day) || self.null_days.contains(&day) {
                continue;
            }
            seen.all += 1;
            seen.utc += u64::from(is_midnight((seconds, rest)));
            seen.local += u64::from(is_midnight((local(seconds, self.defaults.zone), rest)));
        }
    }

    /// Days, however they are written. `null_dates` are none where the column is optional.
    pub(super) fn dates(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<ArrayRef> {
        let dates = match array.data_type() {
            DataType::Date32 => array.as_primitive::<Date32Type>().clone(),
            DataType::Timestamp(_, zone) => {
                let zone = if zone.is_some() { self.defaults.zone } else { Tz::UTC };
                // What has happened is not seen before its day, and a payment must not come a day late: there, midnights
                // are dates only where they are at least half of the column.
                let are_days = !HAPPENED.contains(&column.name) || self.utc_days.contains(column.name);
                let day = |instant: (i64, u32)| {
                    let utc = day_of(instant.0);
                    let is_day = is_midnight(instant) && (are_days || self.null_days.contains(&utc));
                    if zone == Tz::UTC || is_day { utc } else { day_of(local(instant.0, zone)) }
                };
                instants(array).into_iter().map(|instant| instant.map(day)).collect()
            }
            DataType::Date64 => {
                let millis = array.as_primitive::<Date64Type>().iter();
                millis.map(|m| m.map(|m| day_of(m.div_euclid(1_000)))).collect()
            }
            _ => self.dates_of_texts(column, array, tally)?,
        };
        let is_usual = |day: &i32| (DATE_MIN..=DATE_MAX).contains(day) && !self.null_days.contains(day);
        if dates.iter().flatten().all(|day| is_usual(&day)) {
            return Ok(Arc::new(dates));
        }
        let mut checked = Vec::with_capacity(dates.len());
        for (row, day) in dates.iter().enumerate() {
            let is_none = day.is_some_and(|day| !column.required && self.null_days.contains(&day));
            tally.null_dates += u64::from(is_none);
            if !is_none && day.is_some_and(|day| !(DATE_MIN..=DATE_MAX).contains(&day)) {
                tally.faults.add(row, column, "outside 1900 to 2199", "date_out_of_range");
            }
            checked.push(day.filter(|_| !is_none));
        }
        Ok(Arc::new(Date32Array::from(checked)))
    }

    fn dates_of_texts(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<Date32Array> {
        let texts = self.plain_texts(column, array, tally)?;
        let mut days = Vec::with_capacity(texts.len());
        let mut last: Option<(&str, Option<i32>)> = None;
        for (row, text) in texts.iter().enumerate() {
            // `00000000` and `00/00/0000` are how some systems write that there is none.
            let Some(text) = text.filter(|t| column.required || t.bytes().any(|b| (b'1'..=b'9').contains(&b))) else {
                days.push(None);
                continue;
            };
            let day = match last {
                Some((known, day)) if known == text => day,
                _ => self.day_of_text(text),
            };
            if day.is_none() {
                tally.faults.add(row, column, "not in the date_format", "unreadable_date");
            }
            last = Some((text, day));
            days.push(day);
        }
        Ok(Date32Array::from(days))
    }

    /// Instants in microseconds of UTC.
    pub(super) fn instants(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<ArrayRef> {
        let found: Vec<Option<(i64, u32)>> = match array.data_type() {
            kind if is_of_time(kind) => instants(array),
            _ => {
                let texts = self.plain_texts(column, array, tally)?;
                let found: Vec<_> = texts.iter().map(|text| text.and_then(|text| self.instant_of(text))).collect();
                for (row, instant) in found.iter().enumerate() {
                    if instant.is_none() && texts.is_valid(row) {
                        let class = "neither an ISO 8601 instant or date, nor in the date_format";
                        tally.faults.add(row, column, class, "unreadable_instant");
                    }
                }
                found
            }
        };
        let mut micros = Vec::with_capacity(found.len());
        for (row, instant) in found.into_iter().enumerate() {
            let is_far = |(seconds, _): (i64, u32)| !(DATE_MIN..=DATE_MAX).contains(&day_of(seconds));
            if instant.is_some_and(is_far) {
                tally.faults.add(row, column, "outside 1900 to 2199", "date_out_of_range");
            }
            let near = instant.filter(|instant| !is_far(*instant));
            micros.push(near.map(|(seconds, nanos)| seconds * 1_000_000 + i64::from(nanos / 1_000)));
        }
        Ok(Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC")))
    }

    /// `%Y` reads 26 as the year 26: then another format may fit.
    fn day_of_text(&self, text: &str) -> Option<i32> {
        let days = || self.date_formats.iter().filter_map(|format| day_by(text, format));
        days().find(|day| (DATE_MIN..=DATE_MAX).contains(day)).or_else(|| days().next())
    }

    /// Of a date without an hour its midnight in UTC, which is read as that date.
    fn instant_of(&self, text: &str) -> Option<(i64, u32)> {
        let day = || {
            let iso = text.parse().ok().map(day_number);
            let day = iso.or_else(|| self.day_of_text(text))?;
            Some((i64::from(day) * DAY_SECONDS, 0))
        };
        instant_of(text).or_else(day)
    }
}

fn is_of_time(kind: &DataType) -> bool {
    matches!(kind, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

/// The formats of an input, read once; `check` has refused those that are none.
pub(super) fn read_formats(formats: &[String]) -> Vec<Vec<Item<'static>>> {
    formats.iter().filter_map(|format| StrftimeItems::new(format).parse_to_owned().ok()).collect()
}

/// Days since 1970 of a date.
pub(super) fn day_number(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH_DAYS
}

/// The date of a day since 1970.
pub(super) fn date_of(day: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day.checked_add(EPOCH_DAYS)?)
}

/// The calendar day of each instant in a zone. A midnight of UTC is a date that a tool wrote as an instant: the day that it
/// shows.
pub(super) fn local_dates(array: &ArrayRef, zone: Tz) -> Date32Array {
    let day = |instant: (i64, u32)| {
        let (seconds, _) = instant;
        day_of(if zone == Tz::UTC || is_midnight(instant) { seconds } else { local(seconds, zone) })
    };
    instants(array).into_iter().map(|instant| instant.map(day)).collect()
}

/// Seconds since 1970, and nanoseconds beyond them.
fn is_midnight((seconds, rest): (i64, u32)) -> bool {
    rest == 0 && seconds.rem_euclid(DAY_SECONDS) == 0
}

fn day_by(text: &str, format: &[Item<'static>]) -> Option<i32> {
    let mut parsed = Parsed::new();
    chrono::format::parse(&mut parsed, text, format.iter()).ok()?;
    parsed.to_naive_date().ok().map(day_number)
}

fn instant_of(text: &str) -> Option<(i64, u32)> {
    let with_offset = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc());
    let instant = with_offset.ok().or_else(|| {
        let read = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
        INSTANT_FORMATS.iter().find_map(read).map(|naive| naive.and_utc())
    })?;
    Some((instant.timestamp(), instant.timestamp_subsec_nanos()))
}

/// Seconds since 1970 of UTC and the nanoseconds beyond them, of timestamps of any unit.
fn instants(array: &ArrayRef) -> Vec<Option<(i64, u32)>> {
    fn of<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, per_second: i64) -> Vec<Option<(i64, u32)>> {
        let split = |value: i64| {
            let rest = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
            (value.div_euclid(per_second), rest as u32)
        };
        array.as_primitive::<T>().iter().map(|value| value.map(split)).collect()
    }
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => of::<TimestampSecondType>(array, 1),
        DataType::Timestamp(TimeUnit::Millisecond, _) => of::<TimestampMillisecondType>(array, 1_000),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of::<TimestampMicrosecondType>(array, 1_000_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => of::<TimestampNanosecondType>(array, 1_000_000_000),
        DataType::Date64 => {
            let millis = array.as_primitive::<Date64Type>().iter();
            millis.map(|m| m.map(|m| (i64::from(day_of(m.div_euclid(1_000))) * DAY_SECONDS, 0))).collect()
        }
        DataType::Date32 => {
            array.as_primitive::<Date32Type>().iter().map(|d| d.map(|d| (i64::from(d) * DAY_SECONDS, 0))).collect()
        }
        _ => vec![None; array.len()],
    }
}

/// The day of an instant; beyond what 32 bits hold the last one, which is out of every range.
fn day_of(seconds: i64) -> i32 {
    seconds.div_euclid(DAY_SECONDS).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// What a clock in the zone shows, as seconds; beyond any calendar what UTC shows.
fn local(seconds: i64, zone: Tz) -> i64 {
    let offset = DateTime::from_timestamp(seconds, 0)
        .map_or(0, |instant| i64::from(zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc()));
    seconds.saturating_add(offset)
}
