//! Converts values to the contract's types, however a tool encodes them: numeric identifiers, whole floats, letters for
//! booleans, decimals of any scale. A value that cannot be read without loss makes a bad row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use super::columns::decimal_scale;
use super::rows::{RowRules, Tally, UNKNOWN_CHANNEL};
use crate::config::InputPlan;
use crate::contract::{AMOUNT_MINOR_MAX, Column, Kind, MONEY_PRECISION};
use crate::domain::money::Rounding;
use crate::error::{Error, Result, Unreadable};

/// Above it, floats skip whole numbers: what they hold may be another identifier.
const WHOLE_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;
const DECIMAL_DIGITS: u8 = 38;
/// Columns in which ERPs write a nought, a dash or a word of nothing where they refer to nothing.
const REFERENCES: [&str; 2] = ["reverses", "original_invoice_id"];
/// "Does it reverse anything? No."
const NOTHING: [&str; 12] = ["-", "n", "não", "nao", "no", "n/a", "na", "null", "none", "nil", "false", "f"];

fn is_none(reference: &str) -> bool {
    reference.bytes().all(|b| b == b'0') || NOTHING.contains(&reference.to_lowercase().as_str())
}

impl InputPlan {
    /// The contract value of a file's value.
    fn mapped<'a>(&'a self, column: &str, value: &'a str) -> &'a str {
        self.values.get(column).and_then(|values| values.get(value)).map_or(value, String::as_str)
    }
}

impl RowRules {
    /// A column as texts, whatever carries it: whole numbers are written plainly, `1.0` as `1`.
    pub(super) fn plain_texts(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<StringArray> {
        let kind = array.data_type();
        let texts = if kind.is_floating() || decimal_scale(kind).is_some() {
            let whole = self.whole(column, array, tally)?;
            let mut texts = StringBuilder::with_capacity(whole.len(), whole.len() * 8);
            whole.iter().for_each(|number| texts.append_option(number.map(|n| n.to_string())));
            texts.finish()
        } else {
            let texts = self.cast(column, array, &DataType::Utf8)?.as_string::<i32>().clone();
            if texts.null_count() > array.null_count() {
                let lost = (0..array.len()).filter(|row| texts.is_null(*row) && array.is_valid(*row));
                lost.for_each(|row| tally.faults.add(row, column, "not text", "unreadable_text"));
            }
            texts
        };
        Ok(self.texts(column, texts))
    }

    /// Texts with the values mapped. What surrounds a text is no part of it (exports pad their columns), and an empty
    /// text is no value: `""` for a reversed payment would turn every payment of a CSV-made export into a reversal.
    fn texts(&self, column: &Column, texts: StringArray) -> StringArray {
        let is_reference = REFERENCES.contains(&column.name);
        let is_plain =
            |text: &str| !text.is_empty() && text.len() == text.trim().len() && !(is_reference && is_none(text));
        if !self.input.values.contains_key(column.name) && texts.iter().flatten().all(is_plain) {
            return texts;
        }
        let mut mapped = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
        for text in texts.iter() {
            let text = text.map(|t| self.input.mapped(column.name, t.trim())).filter(|t| !t.is_empty());
            mapped.append_option(text.filter(|t| !(is_reference && is_none(t))));
        }
        mapped.finish()
    }

    /// The words of a list, in any case. Rows with an unknown channel are skipped.
    pub(super) fn words(
        &self,
        column: &Column,
        words: &[&'static str],
        texts: StringArray,
        tally: &mut Tally,
    ) -> StringArray {
        let mut last = None;
        let (mut is_other_case, mut known) = (false, Vec::with_capacity(texts.len()));
        for (row, text) in texts.iter().enumerate() {
            let word = match (text, last) {
                (None, _) => None,
                (Some(text), Some((before, word))) if before == text => Some(word),
                (Some(text), _) => {
                    let word = words.iter().copied().find(|word| word.eq_ignore_ascii_case(text));
                    if let Some(word) = word {
                        last = Some((text, word));
                    } else if column.name == "channel" {
                        tally.pass_over(row, UNKNOWN_CHANNEL);
                    } else {
                        tally.faults.add(row, column, "unknown word", "unknown_value");
                    }
                    word
                }
            };
            is_other_case |= word.is_some() && word != text;
            known.push(word);
        }
        if is_other_case { StringArray::from(known) } else { texts }
    }

    /// Whole numbers, from numbers of any kind and from digits.
    pub(super) fn integers(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<ArrayRef> {
        let kind = array.data_type();
        if kind.is_floating() || decimal_scale(kind).is_some() {
            return Ok(Arc::new(self.whole(column, array, tally)?));
        }
        if kind.is_integer() {
            let numbers = self.cast(column, array, &DataType::Int64)?;
            if numbers.null_count() > array.null_count() {
                let lost = (0..array.len()).filter(|row| numbers.is_null(*row) && array.is_valid(*row));
                lost.for_each(|row| tally.faults.add(row, column, "above 64 bits", "no_whole_number"));
            }
            return Ok(numbers);
        }
        let texts = self.plain_texts(column, array, tally)?;
        let mut numbers = Vec::with_capacity(texts.len());
        for (row, text) in texts.iter().enumerate() {
            let number = text.and_then(|text| text.parse::<i64>().ok());
            if text.is_some() && number.is_none() {
                tally.faults.add(row, column, "not a whole number", "no_whole_number");
            }
            numbers.push(number);
        }
        Ok(Arc::new(Int64Array::from(numbers)))
    }

    /// The whole numbers of a column of floats or decimals. Not a number is how some tools write null.
    fn whole(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<Int64Array> {
        let mut numbers: Vec<Option<i64>> = Vec::with_capacity(array.len());
        if array.data_type().is_floating() {
            let floats = self.cast(column, array, &DataType::Float64)?;
            for (row, float) in floats.as_primitive::<Float64Type>().iter().enumerate() {
                let float = float.filter(|float| !float.is_nan());
                let whole = float.filter(|float| float.fract() == 0.0 && float.abs() < WHOLE_FLOAT_MAX);
                if float.is_some() && whole.is_none() {
                    tally.faults.add(row, column, "not a whole number", "no_whole_number");
                }
                numbers.push(whole.map(|whole| whole as i64));
            }
        } else {
            let scale = decimal_scale(array.data_type()).unwrap_or(0);
            let divisor = 10i128.pow(u32::from(scale.unsigned_abs()));
            let wide = self.cast(column, array, &DataType::Decimal128(DECIMAL_DIGITS, scale))?;
            for (row, value) in wide.as_primitive::<Decimal128Type>().iter().enumerate() {
                let whole = value.filter(|v| v % divisor == 0).and_then(|v| i64::try_from(v / divisor).ok());
                if array.is_valid(row) && whole.is_none() {
                    tally.faults.add(row, column, "not a whole number", "no_whole_number");
                }
                numbers.push(whole);
            }
        }
        Ok(Int64Array::from(numbers))
    }

    /// Booleans, from 0 and 1, `true` and `false` in any case, and what `values` makes of other letters.
    pub(super) fn booleans(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<ArrayRef> {
        if matches!(array.data_type(), DataType::Boolean) {
            return Ok(Arc::clone(array));
        }
        let texts = self.plain_texts(column, array, tally)?;
        let mut flags = Vec::with_capacity(texts.len());
        for (row, text) in texts.iter().enumerate() {
            let flag = match text {
                Some("1") => Some(true),
                Some("0") => Some(false),
                Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
                Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            };
            if text.is_some() && flag.is_none() {
                tally.faults.add(row, column, "neither true nor false", "unknown_value");
            }
            flags.push(flag);
        }
        Ok(Arc::new(BooleanArray::from(flags)))
    }

    /// Decimals at a fixed scale; what would have to be rounded is bad, unless floats were opted in.
    pub(super) fn decimals(&self, column: &Column, array: &ArrayRef, scale: i8, tally: &mut Tally) -> Result<ArrayRef> {
        let kind = array.data_type();
        let mut values: Vec<Option<i128>> = Vec::with_capacity(array.len());
        if kind.is_floating() {
            let floats = self.cast(column, array, &DataType::Float64)?;
            let rounding = self.input.amount_from_float.unwrap_or(Rounding::HalfEven);
            for (row, float) in floats.as_primitive::<Float64Type>().iter().enumerate() {
                let float = float.filter(|float| !float.is_nan());
                let value = float.and_then(|f| from_float(f, scale, rounding));
                if float.is_some() && value.is_none() {
                    tally.faults.add(row, column, "not a finite amount", "amount_out_of_range");
                }
                tally.rounded += u64::from(value.is_some_and(|(_, was_rounded)| was_rounded));
                values.push(value.map(|(v, _)| v));
            }
        } else {
            let from = decimal_scale(kind).unwrap_or(0);
            let wide = self.cast(column, array, &DataType::Decimal128(DECIMAL_DIGITS, from))?;
            let wide = wide.as_primitive::<Decimal128Type>();
            let power = |places: i8| 10i128.pow(u32::from(places.max(0).unsigned_abs()));
            let (up, down) = (power(scale - from), power(from - scale));
            for (row, value) in wide.iter().enumerate() {
                let exact = value.filter(|v| v % down == 0).and_then(|v| (v / down).checked_mul(up));
                if array.is_valid(row) && exact.is_none() {
                    tally.faults.add(row, column, format!("scale above {scale}"), "too_much_scale");
                }
                values.push(exact);
            }
        }
        if column.kind == Kind::Money {
            for (row, value) in
                values.iter_mut().enumerate().filter(|(_, v)| v.is_some_and(|v| v.abs() >= AMOUNT_MINOR_MAX))
            {
                tally.faults.add(row, column, "10^13 or more", "amount_out_of_range");
                *value = None;
            }
        }
        let decimals = Decimal128Array::from(values).with_precision_and_scale(MONEY_PRECISION, scale);
        decimals.map(|a| Arc::new(a) as ArrayRef).map_err(|_| self.internal("an amount does not fit its type"))
    }

    /// The engine's own words can hold values, and are not told.
    pub(super) fn cast(&self, column: &Column, array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
        let failed = |_| Error::InputUnreadable {
            object: format!("{} snapshot", self.input.table.name),
            why: Unreadable::ColumnType {
                column: column.name.to_owned(),
                found: array.data_type().to_string(),
                expected: to.to_string(),
            },
        };
        cast(array, to).map_err(failed)
    }

    /// The integers of a column that `integers` has made.
    pub(super) fn numbers(array: &ArrayRef) -> &Int64Array {
        array.as_primitive::<Int64Type>()
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
