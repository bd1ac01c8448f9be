//! What the rows that were read say of one column: counts, dates, codes. Values are compared as hashes and counted; the
//! only ones that can leave this file are codes of a column that has few of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use chrono::{Datelike, NaiveDate};
use twox_hash::XxHash64;

use crate::domain::tax_id::{CNPJ_LENGTH, Cnpj};

/// How text dates are written, in the order in which they are tried.
const FORMATS: [&str; 14] = [
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d%m%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%d/%m/%Y %H:%M:%S",
];
/// Years of dates that can be due dates and payments.
const YEARS: std::ops::RangeInclusive<i32> = 1950..=2150;
/// Codes of a column are told apart up to so many.
const CODES_MAX: usize = 24;
/// Characters of a code.
const CODE_CHARS_MAX: usize = 24;
/// A code that nobody knows is shown up to so many characters, and where it comes so often: never a name.
const SHOWN_CHARS_MAX: usize = 3;
const SHOWN_ROWS_MIN: usize = 3;

/// What carries the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Text,
    /// Whole numbers.
    Integer,
    /// With so many places.
    Decimal(i8),
    Float,
    Bool,
    Date,
    Instant,
    /// A column of nothing.
    Null,
    /// Bytes, durations and what else no column of the contract can be.
    Other,
}

/// One column, as far as it was read.
#[derive(Debug)]
pub struct Facts {
    /// As the file has it.
    pub name: String,
    pub carrier: Carrier,
    /// That were read.
    pub rows: usize,
    /// That hold something: no null, no blank, no date of noughts.
    pub filled: usize,
    /// Of the filled ones.
    pub distinct: usize,
    /// Date formats that read every filled value.
    pub formats: Vec<&'static str>,
    /// Of each row, in days since the common era.
    pub days: Vec<Option<i32>>,
    /// Filled values with a CNPJ in them, with right check digits; also where a number has lost its zeros.
    pub cnpjs: usize,
    /// With an `@`.
    pub emails: usize,
    /// Of several words.
    pub spaced: usize,
    /// Of two letters.
    pub pairs: usize,
    /// Whole numbers from 0 to 999.
    pub small_numbers: usize,
    /// Below zero.
    pub negative: usize,
    /// Neither blank nor zero.
    pub nonzero: usize,
    /// Value and rows, where there are few values.
    codes: Option<BTreeMap<String, usize>>,
    /// Of each row; 0 = nothing.
    hashes: Vec<u64>,
}

impl Facts {
    /// Reads what was sampled.
    pub fn of(name: &str, kind: &DataType, arrays: &[ArrayRef]) -> Facts {
        let mut facts = Facts {
            name: name.to_owned(),
            carrier: carrier(kind),
            rows: 0,
            filled: 0,
            distinct: 0,
            formats: Vec::new(),
            days: Vec::new(),
            cnpjs: 0,
            emails: 0,
            spaced: 0,
            pairs: 0,
            small_numbers: 0,
            negative: 0,
            nonzero: 0,
            codes: None,
            hashes: Vec::new(),
        };
        let is_dateable = matches!(facts.carrier, Carrier::Text | Carrier::Integer);
        facts.formats = if is_dateable { FORMATS.to_vec() } else { Vec::new() };
        let mut codes: HashMap<String, usize> = HashMap::new();
        for array in arrays {
            let Ok(texts) = cast(array, &DataType::Utf8) else {
                facts.rows += array.len();
                facts.hashes.resize(facts.rows, 0);
                continue;
            };
            for text in texts.as_string::<i32>() {
                let text = text.map(str::trim).unwrap_or_default();
                facts.take(text.strip_suffix(".0").unwrap_or(text), &mut codes);
            }
        }
        facts.distinct = facts.hashes.iter().filter(|hash| **hash != 0).collect::<HashSet<_>>().len();
        if facts.filled == 0 {
            facts.formats = Vec::new();
        }
        facts.days = facts.days_of(arrays);
        let is_coded = codes.len() <= CODES_MAX && codes.keys().all(|code| code.chars().count() <= CODE_CHARS_MAX);
        facts.codes = is_coded.then(|| codes.into_iter().collect());
        facts
    }

    fn take(&mut self, text: &str, codes: &mut HashMap<String, usize>) {
        self.rows += 1;
        // `00000000` and `00/00/0000` are how some systems write that there is no date; `0` is a code.
        let is_blank = text.is_empty() || (text.len() >= 8 && text.bytes().all(|b| matches!(b, b'0' | b'/' | b'-')));
        if is_blank {
            self.hashes.push(0);
            return;
        }
        self.filled += 1;
        self.hashes.push(XxHash64::oneshot(0, text.as_bytes()).max(1));
        self.formats.retain(|format| day_by(text, format).is_some());
        self.cnpjs += usize::from(is_cnpj(text, self.carrier));
        self.emails += usize::from(text.contains('@'));
        self.spaced += usize::from(text.contains(' '));
        self.pairs += usize::from(text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()));
        self.small_numbers += usize::from(text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()));
        self.negative += usize::from(self.is_number() && text.starts_with('-'));
        self.nonzero += usize::from(text.bytes().any(|b| matches!(b, b'1'..=b'9')));
        if codes.len() <= CODES_MAX {
            *codes.entry(text.to_owned()).or_default() += 1;
        }
    }

    fn days_of(&self, arrays: &[ArrayRef]) -> Vec<Option<i32>> {
        let mut days = Vec::new();
        for array in arrays {
            match self.carrier {
                Carrier::Date | Carrier::Instant => {
                    let Ok(dates) = cast(array, &DataType::Date32) else { return Vec::new() };
                    let day = |day| Date32Type::to_naive_date_opt(day).map(|date| date.num_days_from_ce());
                    days.extend(dates.as_primitive::<Date32Type>().iter().map(|date| date.and_then(day)));
                }
                _ => {
                    let (Some(format), Ok(texts)) = (self.formats.first(), cast(array, &DataType::Utf8)) else { break };
                    let texts = texts.as_string::<i32>();
                    days.extend(texts.iter().map(|text| text.and_then(|text| day_by(text.trim(), format))));
                }
            }
        }
        days
    }

    fn is_number(&self) -> bool {
        matches!(self.carrier, Carrier::Integer | Carrier::Decimal(_) | Carrier::Float)
    }

    /// At least so many of a hundred filled values; of a column of nothing none.
    pub fn is_mostly(&self, count: usize, percent: usize) -> bool {
        self.filled > 0 && count * 100 >= self.filled * percent
    }

    /// Its values, for comparing them with another column's.
    pub fn ids(&self) -> HashSet<u64> {
        self.hashes.iter().copied().filter(|hash| *hash != 0).collect()
    }

    /// How many of its filled values are among these, of a hundred.
    pub fn percent_in(&self, ids: &HashSet<u64>) -> usize {
        let found = self.hashes.iter().filter(|hash| **hash != 0 && ids.contains(hash)).count();
        (found * 100).checked_div(self.filled).unwrap_or(0)
    }

    /// Of each row, its value as a number that says no more than whether two are equal; 0 = nothing.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// Its first and last day.
    pub fn range(&self) -> Option<(i32, i32)> {
        let days = || self.days.iter().flatten().copied();
        days().min().zip(days().max())
    }

    /// Its codes, where it has few values.
    pub fn codes(&self) -> Codes<'_> {
        Codes { codes: self.codes.as_ref() }
    }
}

/// The values of a column that has few of them. They are handed to whoever knows what they mean, and shown only if they
/// cannot be personal.
#[derive(Clone, Copy, Debug)]
pub struct Codes<'a> {
    codes: Option<&'a BTreeMap<String, usize>>,
}

/// What became of the codes of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Code of the export, and what it means.
    pub known: Vec<(String, &'static str)>,
    /// Codes that nobody knows, so short and frequent that they are no names.
    pub unknown: Vec<String>,
    /// Further values, which may be personal and are not shown.
    pub hidden: usize,
    /// Rows with a code that is known.
    pub rows_known: usize,
}

impl Codes<'_> {
    /// Are there few enough to be codes?
    pub fn are_few(self) -> bool {
        self.codes.is_some_and(|codes| !codes.is_empty())
    }

    /// Is one of them such? Of a column with many values nobody knows, and it may be.
    pub fn may_hold(self, is_such: impl Fn(&str) -> bool) -> bool {
        self.codes.is_none_or(|codes| codes.keys().any(|code| is_such(code)))
    }

    /// Sorts them by what they mean.
    pub fn read(self, meaning: impl Fn(&str) -> Option<&'static str>) -> Read {
        let mut read = Read::default();
        for (code, rows) in self.codes.into_iter().flatten() {
            let is_plain = code.chars().all(|c| c.is_ascii_alphanumeric() || "-+*$/.".contains(c));
            match meaning(code) {
                Some(means) => {
                    read.rows_known += rows;
                    read.known.push((code.clone(), means));
                }
                None if is_plain && code.len() <= SHOWN_CHARS_MAX && *rows >= SHOWN_ROWS_MIN => {
                    read.unknown.push(code.clone());
                }
                None => read.hidden += 1,
            }
        }
        read
    }
}

fn carrier(kind: &DataType) -> Carrier {
    match kind {
        DataType::Dictionary(_, values) => carrier(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Carrier::Text,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Carrier::Text,
        DataType::Decimal32(_, s)
        | DataType::Decimal64(_, s)
        | DataType::Decimal128(_, s)
        | DataType::Decimal256(_, s) => Carrier::Decimal(*s),
        DataType::Boolean => Carrier::Bool,
        DataType::Date32 | DataType::Date64 => Carrier::Date,
        DataType::Timestamp(..) => Carrier::Instant,
        DataType::Null => Carrier::Null,
        kind if kind.is_integer() => Carrier::Integer,
        kind if kind.is_floating() => Carrier::Float,
        _ => Carrier::Other,
    }
}

fn day_by(text: &str, format: &str) -> Option<i32> {
    // Nine digits are a number, and seven are one that chrono would read as a date.
    if matches!(format, "%Y%m%d" | "%d%m%Y") && text.len() != 8 {
        return None;
    }
    let date = NaiveDate::parse_from_str(text, format).ok()?;
    YEARS.contains(&date.year()).then(|| date.num_days_from_ce())
}

fn is_cnpj(text: &str, carrier: Carrier) -> bool {
    let is_bare_number = matches!(carrier, Carrier::Integer | Carrier::Decimal(_)) && text.len() >= CNPJ_LENGTH - 3;
    if is_bare_number { Cnpj::parse(&format!("{text:0>CNPJ_LENGTH$}")).is_some() } else { Cnpj::parse(text).is_some() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    fn texts(values: &[&str]) -> Facts {
        let array: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        Facts::of("x", &DataType::Utf8, &[array])
    }

    #[test]
    fn dates_are_read_in_every_way_that_fits_all_of_them() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["2026-06-30", ""], &["%Y-%m-%d"]),
            (&["30/06/2026", "01/02/2026"], &["%d/%m/%Y"]),
            (&["06/30/2026", "01/02/2026"], &["%m/%d/%Y"]),
            (&["05/06/2026", "01/02/2026"], &["%d/%m/%Y", "%m/%d/%Y"]),
            (&["20260630", "00000000"], &["%Y%m%d"]),
            (&["30/06/26"], &["%d/%m/%y"]),
            (&["2026-06-30 00:00:00"], &["%Y-%m-%d %H:%M:%S%.f"]),
            (&["1234567"], &[]),
            (&["Acme", "30/06/2026"], &[]),
            (&["", "00/00/0000"], &[]),
        ];
        for (values, expected) in cases {
            assert_eq!(texts(values).formats, *expected, "{values:?}");
        }
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![20_260_630, 20_260_101]));
        assert_eq!(Facts::of("x", &DataType::Int64, &[numbers]).formats, ["%Y%m%d"]);
    }

    #[test]
    fn a_cnpj_is_known_by_its_check_digits() {
        let facts = texts(&["11.222.333/0001-81", "11222333000181", "11222333000180", "Acme"]);
        assert_eq!(facts.cnpjs, 2);
        let number: ArrayRef = Arc::new(Int64Array::from(vec![191]));
        assert_eq!(Facts::of("x", &DataType::Int64, &[number]).cnpjs, 0, "three digits are none");
        let number: ArrayRef = Arc::new(Int64Array::from(vec![11_222_333_000_181_i64]));
        assert_eq!(Facts::of("x", &DataType::Int64, &[number]).cnpjs, 1);
    }

    /// A short code that comes often is one; what is long, rare or has a blank may be a name.
    #[test]
    fn what_may_be_personal_is_never_shown() {
        let mut values = vec!["NF"; 5];
        values.extend(["ZX"; 3]);
        values.extend(["QY", "Maria", "A B"]);
        let facts = texts(&values);
        let read = facts.codes().read(|code| (code == "NF").then_some("invoice"));
        let expected = Read {
            known: vec![("NF".to_owned(), "invoice")],
            unknown: vec!["ZX".to_owned()],
            hidden: 3,
            rows_known: 5,
        };
        assert_eq!(read, expected);
        let many: Vec<String> = (0..100).map(|n| format!("D{n}")).collect();
        assert!(!texts(&many.iter().map(String::as_str).collect::<Vec<_>>()).codes().are_few());
    }
}
