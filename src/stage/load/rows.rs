//! Rows under the contract: cast without loss, values mapped, and every bad row named and taken out.
//!
//! Checks work on whole columns. A column without nulls costs nothing to check for nulls; words are looked up once
//! per distinct neighbour. What is wrong with a row is said by class, never by value.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
    StringBuilder, new_null_array,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float64Type, Int64Type, Schema, SchemaRef, TimeUnit,
    TimestampMicrosecondType,
};
use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use twox_hash::XxHash64;

use super::columns::Columns;
use crate::config::InputPlan;
use crate::contract::{AMOUNT_MINOR_MAX, Column, Kind, MONEY_PRECISION, MONEY_SCALE, RATE_SCALE};
use crate::domain::money::{Currency, Rounding};
use crate::domain::tax_id::{CNPJ_LENGTH, Cnpj};
use crate::error::{Error, Result};

/// Days since 1970 of the earliest and latest date that an input may hold: 1900-01-01 to 2199-12-31.
const DATE_MIN: i32 = -25_567;
const DATE_MAX: i32 = 84_005;

/// A row that is not as the contract asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadRow {
    pub table: &'static str,
    pub file_no: usize,
    /// From 0, in its file.
    pub row_no: i64,
    pub column: &'static str,
    pub value_class: String,
    pub reason: &'static str,
    pub debtor_id: Option<String>,
    /// It is told, and holds nobody: the row is read all the same.
    pub is_warning: bool,
}

/// A batch of good rows and the bad ones beside it.
#[derive(Debug)]
pub struct Conformed {
    /// The columns of the contract, then `source_row`, `key_hash` and, for instants, the local date.
    pub batch: RecordBatch,
    pub bad: Vec<BadRow>,
    /// Amounts that were rounded because they came as floats.
    pub rounded: u64,
}

/// How the rows of one input are read.
#[derive(Debug)]
pub(super) struct RowRules {
    pub(super) input: InputPlan,
    zone: Tz,
    schema: SchemaRef,
}

/// What is wrong with single rows of a batch, first fault first.
#[derive(Default)]
struct Faults(BTreeMap<usize, (&'static str, String, &'static str)>);

impl Faults {
    fn add(&mut self, row: usize, column: &Column, class: impl Into<String>, reason: &'static str) {
        self.0.entry(row).or_insert_with(|| (column.name, class.into(), reason));
    }
}

impl RowRules {
    pub(super) fn new(input: InputPlan, zone: Tz) -> RowRules {
        let mut fields: Vec<Field> =
            input.table.columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect();
        fields.push(Field::new("source_row", DataType::Int64, false));
        fields.push(Field::new("key_hash", DataType::Int64, false));
        for column in input.table.columns.iter().filter(|c| c.kind == Kind::Ts) {
            fields.push(Field::new(local_date_name(column.name), DataType::Date32, true));
        }
        RowRules { input, zone, schema: Arc::new(Schema::new(fields)) }
    }

    /// Reads one batch of a file.
    pub(super) fn conform(
        &self,
        columns: &Columns,
        batch: &RecordBatch,
        file_no: usize,
        first_row: i64,
    ) -> Result<Conformed> {
        let rows = batch.num_rows();
        let projection = columns.projection();
        let (mut faults, mut rounded) = (Faults::default(), 0);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for (column, position) in &columns.found {
            let array = match position.and_then(|p| projection.binary_search(&p).ok()) {
                None => new_null_array(&column.data_type(), rows),
                Some(at) => self.column(column, batch.column(at), &mut faults, &mut rounded)?,
            };
            if column.required && array.null_count() > 0 {
                (0..rows)
                    .filter(|row| array.is_null(*row))
                    .for_each(|row| faults.add(row, column, "null", "missing_value"));
            }
            arrays.push(array);
        }
        self.check_rows(&arrays, &mut faults);
        let warnings = self.warnings(&arrays);
        let origin = (file_no as i64) << 40;
        arrays.push(Arc::new(Int64Array::from_iter_values((0..rows as i64).map(|row| origin | (first_row + row)))));
        arrays.push(Arc::new(self.key_hashes(&arrays, rows)));
        for (array, column) in arrays.clone().iter().zip(self.input.table.columns) {
            if column.kind == Kind::Ts {
                arrays.push(Arc::new(local_dates(array, self.zone)));
            }
        }
        let conformed =
            RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|e| self.damaged(&e.to_string()))?;
        let mut conformed = self.split(conformed, faults, file_no, first_row, rounded)?;
        let is_bad = |row: i64| conformed.bad.iter().any(|bad| bad.row_no == row);
        let warned = warnings.into_iter().map(|(row, column, class, reason)| BadRow {
            table: self.input.table.name,
            file_no,
            row_no: first_row + row as i64,
            column,
            value_class: class.to_owned(),
            reason,
            debtor_id: None,
            is_warning: true,
        });
        let warned: Vec<BadRow> = warned.filter(|warning| !is_bad(warning.row_no)).collect();
        conformed.bad.extend(warned);
        Ok(conformed)
    }

    fn damaged(&self, what: &str) -> Error {
        Error::Damaged { object: format!("{} snapshot", self.input.table.name), what: what.to_owned() }
    }

    /// Takes the bad rows out and names them.
    fn split(
        &self,
        batch: RecordBatch,
        faults: Faults,
        file_no: usize,
        first_row: i64,
        rounded: u64,
    ) -> Result<Conformed> {
        if faults.0.is_empty() {
            return Ok(Conformed { batch, bad: Vec::new(), rounded });
        }
        let debtors = batch.column_by_name("debtor_id").map(|c| c.as_string::<i32>().clone());
        let debtor = |row: usize| debtors.as_ref().filter(|d| d.is_valid(row)).map(|d| d.value(row).to_owned());
        let bad = faults.0.iter().map(|(row, (column, value_class, reason))| BadRow {
            table: self.input.table.name,
            file_no,
            row_no: first_row + *row as i64,
            column,
            value_class: value_class.clone(),
            reason,
            debtor_id: debtor(*row),
            is_warning: false,
        });
        let bad = bad.collect();
        let good: BooleanArray = (0..batch.num_rows()).map(|row| Some(!faults.0.contains_key(&row))).collect();
        let batch = filter_record_batch(&batch, &good).map_err(|e| self.damaged(&e.to_string()))?;
        Ok(Conformed { batch, bad, rounded })
    }

    /// One column under the contract's type.
    fn column(&self, column: &Column, array: &ArrayRef, faults: &mut Faults, rounded: &mut u64) -> Result<ArrayRef> {
        let plain = match array.data_type() {
            DataType::Dictionary(_, values) => &cast(array, values).map_err(|e| self.damaged(&e.to_string()))?,
            _ => array,
        };
        let to = |kind: &DataType| cast(plain, kind).map_err(|e| self.damaged(&format!("column {}: {e}", column.name)));
        match column.kind {
            Kind::Str => Ok(Arc::new(self.texts(column, to(&DataType::Utf8)?))),
            Kind::Enum(words) => {
                let texts = self.texts(column, to(&DataType::Utf8)?);
                let mut last = None;
                for (row, text) in texts.iter().enumerate() {
                    let Some(text) = text.filter(|t| last != Some(*t)) else { continue };
                    if words.contains(&text) {
                        last = Some(text);
                    } else {
                        faults.add(row, column, "unknown word", "unknown_value");
                    }
                }
                Ok(Arc::new(texts))
            }
            Kind::Int | Kind::Bool | Kind::Float => to(&column.data_type()),
            Kind::Date => self.dates(column, plain, faults),
            Kind::Ts => to(&DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
            Kind::Money => self.money(column, plain, MONEY_SCALE, faults, rounded),
            Kind::Rate => self.money(column, plain, RATE_SCALE, faults, rounded),
            Kind::Items | Kind::NamedItems | Kind::Offer => Err(self.damaged("a nested column is no input")),
        }
    }

    /// Texts with the values mapped. What surrounds a text is no part of it (exports pad their columns), and an empty
    /// text is no value: `""` for a reversed payment would turn every payment of a CSV-made export into a reversal.
    fn texts(&self, column: &Column, array: ArrayRef) -> StringArray {
        let texts = array.as_string::<i32>();
        let is_plain = |text: &str| !text.is_empty() && text.len() == text.trim().len();
        if !self.input.values.contains_key(column.name) && texts.iter().flatten().all(is_plain) {
            return texts.clone();
        }
        let mut mapped = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
        for text in texts.iter() {
            mapped.append_option(text.map(|t| self.input.mapped(column.name, t.trim())).filter(|t| !t.is_empty()));
        }
        mapped.finish()
    }

    fn dates(&self, column: &Column, array: &ArrayRef, faults: &mut Faults) -> Result<ArrayRef> {
        let dates = match array.data_type() {
            DataType::Timestamp(_, zone) => {
                let zone = if zone.is_some() { self.zone } else { Tz::UTC };
                let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
                local_dates(&micros.map_err(|e| self.damaged(&e.to_string()))?, zone)
            }
            _ => cast(array, &DataType::Date32)
                .map_err(|e| self.damaged(&e.to_string()))?
                .as_primitive::<Date32Type>()
                .clone(),
        };
        for (row, day) in dates.iter().enumerate() {
            if day.is_some_and(|d| !(DATE_MIN..=DATE_MAX).contains(&d)) {
                faults.add(row, column, "outside 1900 to 2199", "date_out_of_range");
            }
        }
        Ok(Arc::new(dates))
    }

    /// Decimals at a fixed scale; what would have to be rounded is bad, unless floats were opted in.
    fn money(
        &self,
        column: &Column,
        array: &ArrayRef,
        scale: i8,
        faults: &mut Faults,
        rounded: &mut u64,
    ) -> Result<ArrayRef> {
        let rows = array.len();
        let mut values: Vec<Option<i128>> = Vec::with_capacity(rows);
        if array.data_type().is_floating() {
            let floats = cast(array, &DataType::Float64).map_err(|e| self.damaged(&e.to_string()))?;
            let rounding = self.input.amount_from_float.unwrap_or(Rounding::HalfEven);
            for (row, float) in floats.as_primitive::<Float64Type>().iter().enumerate() {
                let value = float.and_then(|f| from_float(f, scale, rounding));
                if float.is_some() && value.is_none() {
                    faults.add(row, column, "no finite amount", "amount_out_of_range");
                }
                *rounded += u64::from(value.is_some_and(|(_, was_rounded)| was_rounded));
                values.push(value.map(|(v, _)| v));
            }
        } else {
            let from = decimal_scale(array.data_type()).unwrap_or(0);
            let wide = cast(array, &DataType::Decimal128(38, from)).map_err(|e| self.damaged(&e.to_string()))?;
            let wide = wide.as_primitive::<Decimal128Type>();
            let (up, down) = (
                10i128.pow(u32::from((scale - from).max(0) as u8)),
                10i128.pow(u32::from((from - scale).max(0) as u8)),
            );
            for (row, value) in wide.iter().enumerate() {
                let exact = value.filter(|v| v % down == 0).and_then(|v| (v / down).checked_mul(up));
                if value.is_some() && exact.is_none() {
                    faults.add(row, column, format!("scale above {scale}"), "too_much_scale");
                }
                values.push(exact);
            }
        }
        if column.kind == Kind::Money {
            for (row, value) in
                values.iter_mut().enumerate().filter(|(_, v)| v.is_some_and(|v| v.abs() >= AMOUNT_MINOR_MAX))
            {
                faults.add(row, column, "10^13 or more", "amount_out_of_range");
                *value = None;
            }
        }
        let decimals = Decimal128Array::from(values).with_precision_and_scale(MONEY_PRECISION, scale);
        decimals.map(|a| Arc::new(a) as ArrayRef).map_err(|e| self.damaged(&e.to_string()))
    }

    /// Rules over several columns of a row: signs, currencies, the order of dates.
    fn check_rows(&self, arrays: &[ArrayRef], faults: &mut Faults) {
        let table = self.input.table;
        let find = |name: &str| table.columns.iter().zip(arrays).find(|(c, _)| c.name == name);
        for (column, array) in table.columns.iter().zip(arrays).filter(|(c, _)| c.name.ends_with("currency")) {
            check_currency(column, array, find("amount").map(|(_, a)| a), faults);
        }
        if let Some((column, array)) = find("amount") {
            // Sources write what takes back a payment with either sign.
            let may_be_negative = table.name == "payments";
            for (row, amount) in array.as_primitive::<Decimal128Type>().iter().enumerate() {
                match amount {
                    Some(0) => faults.add(row, column, "zero", "amount_out_of_range"),
                    Some(v) if v < 0 && !may_be_negative => faults.add(row, column, "negative", "amount_out_of_range"),
                    _ => {}
                }
            }
        }
        let pairs = [
            ("issue_date", "due_date"),
            ("promised_on", "pay_by"),
            ("opened_on", "closed_on"),
            ("placed_on", "recalled_on"),
        ];
        for (first, then) in pairs {
            let (Some((_, first)), Some((column, then))) = (find(first), find(then)) else { continue };
            let days = first.as_primitive::<Date32Type>().iter().zip(then.as_primitive::<Date32Type>().iter());
            for (row, (first, then)) in days.enumerate() {
                if first.zip(then).is_some_and(|(first, then)| then < first) {
                    faults.add(row, column, "before the earlier date", "dates_out_of_order");
                }
            }
        }
    }

    /// What looks like a CNPJ and is none: its company is not known by it, so it stands alone under the caps.
    fn warnings(&self, arrays: &[ArrayRef]) -> Vec<(usize, &'static str, &'static str, &'static str)> {
        let tax_id = self.input.table.columns.iter().zip(arrays).find(|(c, _)| c.name == "tax_id");
        let Some((column, array)) = tax_id else { return Vec::new() };
        let looks_like_one = |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).count() == CNPJ_LENGTH;
        let is_wrong = |text: &str| looks_like_one(text) && Cnpj::parse(text).is_none();
        let texts = array.as_string::<i32>().iter().enumerate();
        let wrong = texts.filter(|(_, text)| text.is_some_and(is_wrong));
        wrong.map(|(row, _)| (row, column.name, "no CNPJ: wrong check digits", "wrong_check_digits")).collect()
    }

    /// 64 bits over the columns of the key: a null is a value of its own.
    fn key_hashes(&self, arrays: &[ArrayRef], rows: usize) -> Int64Array {
        let key: Vec<&ArrayRef> = self
            .input
            .table
            .columns
            .iter()
            .zip(arrays)
            .filter(|(c, _)| self.input.table.key.contains(&c.name))
            .map(|(_, a)| a)
            .collect();
        let mut buffer = Vec::with_capacity(64);
        let hashes = (0..rows).map(|row| {
            buffer.clear();
            for array in &key {
                push_key(&mut buffer, array, row);
            }
            XxHash64::oneshot(0, &buffer) as i64
        });
        Int64Array::from_iter_values(hashes.collect::<Vec<_>>())
    }
}

fn push_key(buffer: &mut Vec<u8>, array: &ArrayRef, row: usize) {
    if array.is_null(row) {
        return buffer.push(0);
    }
    buffer.push(1);
    match array.data_type() {
        DataType::Utf8 => {
            let text = array.as_string::<i32>().value(row);
            buffer.extend((text.len() as u32).to_le_bytes());
            buffer.extend(text.as_bytes());
        }
        DataType::Int64 => buffer.extend(array.as_primitive::<Int64Type>().value(row).to_le_bytes()),
        DataType::Date32 => buffer.extend(array.as_primitive::<Date32Type>().value(row).to_le_bytes()),
        _ => {}
    }
}

fn check_currency(column: &Column, array: &ArrayRef, amounts: Option<&ArrayRef>, faults: &mut Faults) {
    let texts = array.as_string::<i32>();
    let amounts = amounts.map(|a| a.as_primitive::<Decimal128Type>());
    let mut last: Option<(&str, Option<Currency>)> = None;
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else { continue };
        let currency = match last {
            Some((known, currency)) if known == text => currency,
            _ => text.parse().ok(),
        };
        last = Some((text, currency));
        match currency {
            None => faults.add(row, column, "no known currency", "unknown_currency"),
            Some(currency) => {
                let has_cents = |v: i128| v % 100 != 0;
                if currency.decimals() == 0 && amounts.is_some_and(|a| a.is_valid(row) && has_cents(a.value(row))) {
                    faults.add(row, column, "decimals in a currency without", "too_much_scale");
                }
            }
        }
    }
}

/// Places of a decimal; `None` for what is none.
pub(super) fn decimal_scale(kind: &DataType) -> Option<i8> {
    match kind {
        DataType::Decimal32(_, s)
        | DataType::Decimal64(_, s)
        | DataType::Decimal128(_, s)
        | DataType::Decimal256(_, s) => Some(*s),
        _ => None,
    }
}

/// A float as a decimal: the shortest decimal that reads back as this float, then rounded by name.
fn from_float(float: f64, scale: i8, rounding: Rounding) -> Option<(i128, bool)> {
    if !float.is_finite() || float.abs() >= 1e15 {
        return None;
    }
    let text = format!("{float}");
    let places = text.split_once('.').map_or(0, |(_, f)| f.len());
    let exact = crate::domain::money::parse_scaled(&text, places)?;
    let (places, scale) = (places as u32, u32::from(scale.unsigned_abs()));
    if places <= scale {
        return Some((exact * 10i128.pow(scale - places), false));
    }
    let divisor = 10i128.checked_pow(places - scale)?;
    Some((crate::domain::money::divide(exact, divisor, rounding), exact % divisor != 0))
}

/// `occurred_on` for `occurred_at`.
fn local_date_name(name: &str) -> String {
    format!("{}_on", name.trim_end_matches("_at"))
}

/// The calendar day of each instant in a zone.
fn local_dates(array: &ArrayRef, zone: Tz) -> Date32Array {
    let micros = array.as_primitive::<TimestampMicrosecondType>();
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).map_or(0, |d| d.num_days_from_ce());
    let day = |micros: i64| -> Option<i32> {
        let instant: DateTime<Utc> = DateTime::from_timestamp_micros(micros)?;
        let offset = zone.offset_from_utc_datetime(&instant.naive_utc()).fix();
        Some((instant.naive_utc() + offset).date().num_days_from_ce() - epoch)
    };
    micros.iter().map(|m| m.and_then(day)).collect()
}
