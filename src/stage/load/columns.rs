//! Which column of a file is which column of the contract, and whether its type will do.

use arrow::datatypes::{DECIMAL128_MAX_SCALE, DataType, Schema};

use super::rows::decimal_scale;
use crate::config::InputPlan;
use crate::contract::{Column, Kind};

/// The columns of one file that are read, in the order of the contract.
#[derive(Debug)]
pub(super) struct Columns {
    /// Contract column and its position in the file; `None` = the file does not have it.
    pub(super) found: Vec<(&'static Column, Option<usize>)>,
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

/// Finds every column of the contract in a file.
///
/// # Errors
/// One line per column that is missing or has a type that will not do.
pub(super) fn resolve(input: &InputPlan, schema: &Schema, url: &str) -> Result<Columns, Vec<String>> {
    let table = input.table.name;
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for column in input.table.columns {
        let mapped = input.columns.get(column.name);
        let name = mapped.map_or(column.name, String::as_str);
        let position = names.iter().position(|n| *n == name);
        let at = format!("{table} snapshot {url}: column {name:?}");
        match position {
            None if column.required || mapped.is_some() => {
                let there = names.join(", ");
                errors.push(format!(
                    "{at} is missing (the file has {there}); add it to the export or map {} in [inputs.{table}.columns]",
                    column.name
                ));
            }
            None => {}
            Some(position) => {
                if let Err(expected) = accepts(input, column, schema.field(position).data_type()) {
                    let found = schema.field(position).data_type();
                    errors.push(format!("{at} is {found}, expected {expected}; cast it in the export or map another column in [inputs.{table}.columns]"));
                }
            }
        }
        found.push((column, position));
    }
    let is_used = |i: &usize| found.iter().any(|(_, position)| *position == Some(*i));
    let unused = (0..names.len()).filter(|i| !is_used(i)).map(|i| names[i].to_owned()).collect();
    if errors.is_empty() { Ok(Columns { found, unused }) } else { Err(errors) }
}

/// Whether a file's type can carry the column without loss; else what it should be.
fn accepts(input: &InputPlan, column: &Column, found: &DataType) -> Result<(), String> {
    let found = match found {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    let fits = match column.kind {
        Kind::Str | Kind::Enum(_) => matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
        Kind::Int => found.is_integer(),
        Kind::Date => matches!(found, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)),
        Kind::Ts => matches!(found, DataType::Timestamp(..)),
        Kind::Bool => matches!(found, DataType::Boolean),
        Kind::Money if found.is_floating() => input.amount_from_float.is_some(),
        Kind::Rate if found.is_floating() => true,
        Kind::Rate | Kind::Money => decimal_scale(found).is_some_and(|s| (0..=DECIMAL128_MAX_SCALE).contains(&s)),
        Kind::Float => found.is_floating(),
        Kind::Items | Kind::NamedItems | Kind::Offer => false,
    };
    let expected = match column.kind {
        Kind::Str | Kind::Enum(_) => "a string",
        Kind::Int => "an integer",
        Kind::Date => "Date32 or a timestamp",
        Kind::Ts => "a timestamp",
        Kind::Bool => "Boolean",
        Kind::Money if found.is_floating() => {
            return if fits {
                Ok(())
            } else {
                Err(format!(
                    "a decimal (or opt in to floats: amount_from_float = \"half_even\" in [inputs.{}])",
                    input.table.name
                ))
            };
        }
        _ if found.is_decimal() => "a decimal of 0 to 38 places",
        _ => "a decimal",
    };
    if fits { Ok(()) } else { Err(expected.to_owned()) }
}

impl InputPlan {
    /// The contract value of a file's value.
    pub(super) fn mapped<'a>(&'a self, column: &str, value: &'a str) -> &'a str {
        self.values.get(column).and_then(|values| values.get(value)).map_or(value, String::as_str)
    }
}
