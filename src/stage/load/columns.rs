//! Which column of a file is which column of the contract, and whether its type will do.

use arrow::datatypes::{DECIMAL128_MAX_SCALE, DataType, Schema};

use crate::config::InputPlan;
use crate::contract::{Column, Kind};

/// The columns of one file that are read, in the order of the contract.
#[derive(Debug)]
pub(super) struct Columns {
    /// Contract column and its position in the file; `None` = the file does not have it.
    pub(super) found: Vec<(&'static Column, Option<usize>)>,
    /// Columns of the file that neither the contract nor a mapping names.
    pub(super) unused: Vec<String>,
}

impl Columns {
    /// Positions in the file, ascending, as a projection wants them.
    pub(super) fn projection(&self) -> Vec<usize> {
        let mut positions: Vec<usize> = self.found.iter().filter_map(|(_, p)| *p).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

/// Finds every column of the contract in a file. What nothing reads yet may be there, or not, in any type.
///
/// # Errors
/// One line per column that is missing or has a type that will not do.
pub(super) fn resolve(input: &InputPlan, schema: &Schema, url: &str) -> Result<Columns, Vec<String>> {
    let table = input.table.name;
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let (mut found, mut errors, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for column in input.table.columns {
        let mapped = input.columns.get(column.name);
        let name = mapped.map_or(column.name, String::as_str);
        let position = position_in(schema, name);
        if column.is_unread && !input.also_read.contains(column.name) {
            unread.extend(position);
            continue;
        }
        let at = format!("{table} snapshot {url}: column {name:?}");
        let alike: Vec<String> = alike(schema, name).map(|at| format!("{:?}", names[at])).collect();
        if alike.len() > 1 && mapped.is_none() && !column.spoils_no_row() {
            // One of them may be empty, and the other one say who is to be left alone.
            errors.push(format!(
                "{at} may be any of {}; name the right one as {} in [inputs.{table}.columns]",
                alike.join(", "),
                column.name
            ));
        }
        match position {
            // Said already.
            None if alike.len() > 1 && mapped.is_none() => {}
            None if column.required || mapped.is_some() => {
                let there = names.join(", ");
                errors.push(format!(
                    "{at} is missing (the file has {there}); add it to the export or map {} in [inputs.{table}.columns]",
                    column.name
                ));
            }
            None => {}
            Some(position) => {
                let kind = schema.field(position).data_type();
                if column.spoils_no_row() && accepts(input, column, kind).is_err() {
                    found.push((column, None));
                    continue;
                }
                errors.extend(accepts(input, column, kind).err().map(|wrong| format!("{at} is {kind}, {wrong}")));
            }
        }
        found.push((column, position));
    }
    let is_used = |i: &usize| unread.contains(i) || found.iter().any(|(_, position)| *position == Some(*i));
    let unused = (0..names.len()).filter(|i| !is_used(i)).map(|i| names[i].to_owned()).collect();
    if errors.is_empty() { Ok(Columns { found, unused }) } else { Err(errors) }
}

/// Where a column stands: under its very name, or else under the only one that differs from it in capitals and blanks.
pub(super) fn position_in(schema: &Schema, name: &str) -> Option<usize> {
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let mut alike = alike(schema, name);
    let (first, second) = (alike.next(), alike.next());
    names.iter().position(|n| *n == name).or(first.filter(|_| second.is_none()))
}

/// The columns whose names differ from it in capitals and blanks alone.
fn alike<'s>(schema: &'s Schema, name: &str) -> impl Iterator<Item = usize> + use<'s> {
    let plain = |name: &str| name.trim().to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(name);
    schema.fields().iter().enumerate().filter(move |(_, f)| plain(f.name()) == wanted).map(|(at, _)| at)
}

/// Whether a file's type can carry the column without loss; else what it should be, and what to do.
fn accepts(input: &InputPlan, column: &Column, found: &DataType) -> Result<(), String> {
    let table = input.table.name;
    let found = values_of(found);
    // Some tools write texts without saying that they are; a column of nothing has no type at all.
    let is_bytes = matches!(found, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let is_text = is_bytes || matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    if matches!(found, DataType::Null) {
        return Ok(());
    }
    let is_decimal = decimal_scale(found).is_some_and(|s| (0..=DECIMAL128_MAX_SCALE).contains(&s));
    let is_whole = found.is_integer() || found.is_floating() || is_decimal;
    let fits = match column.kind {
        Kind::Str | Kind::Enum(_) | Kind::Int => is_text || is_whole,
        Kind::Bool => matches!(found, DataType::Boolean) || is_text || is_whole,
        Kind::Date if is_text || found.is_integer() => !input.date_formats.is_empty(),
        Kind::Date => matches!(found, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)),
        Kind::Ts => is_text || matches!(found, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)),
        Kind::Money if found.is_floating() => input.amount_from_float.is_some(),
        Kind::Rate if found.is_floating() => true,
        Kind::Rate | Kind::Money => is_decimal,
        Kind::Float => found.is_floating(),
        Kind::Items | Kind::NamedItems | Kind::Offer => false,
    };
    if fits {
        return Ok(());
    }
    let expected = match column.kind {
        Kind::Str | Kind::Enum(_) => "a string or whole numbers",
        Kind::Int => "whole numbers",
        Kind::Date if is_text || found.is_integer() => {
            let key = format!("date_format = \"%d/%m/%Y\" in [inputs.{table}]");
            return Err(format!(
                "expected Date32 or a timestamp; cast it in the export, or say how dates are written: {key}"
            ));
        }
        Kind::Date => "Date32 or a timestamp",
        Kind::Ts => "a timestamp",
        Kind::Bool => "Boolean, 0 and 1, or letters that `values` maps to true and false",
        Kind::Money if found.is_floating() => {
            let key = format!("amount_from_float = \"half_even\" in [inputs.{table}]");
            return Err(format!("expected a decimal; cast it in the export, or opt in to floats: {key}"));
        }
        _ if found.is_decimal() => "a decimal of 0 to 38 places",
        _ => "a decimal",
    };
    Err(format!("expected {expected}; cast it in the export or map another column in [inputs.{table}.columns]"))
}

/// The type that a dictionary stands for; any other as it is.
fn values_of(found: &DataType) -> &DataType {
    match found {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    }
}

/// A timestamp that says which instant it is, not only what a clock showed.
pub(super) fn is_zoned(found: &DataType) -> bool {
    matches!(values_of(found), DataType::Timestamp(_, Some(_)))
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
