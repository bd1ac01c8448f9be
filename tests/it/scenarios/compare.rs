//! Expected against actual: partial rows, sets of rows, and what differs, in words.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use serde_json::Value;

use super::format::Row;

/// A published value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    List(Vec<Cell>),
    Struct(BTreeMap<String, Cell>),
}

/// The rows of some batches, each a struct of its columns.
pub fn rows(batches: &[RecordBatch]) -> Vec<Cell> {
    let row = |batch: &RecordBatch, row: usize| {
        let schema = batch.schema();
        let fields = schema.fields().iter().zip(batch.columns());
        Cell::Struct(fields.map(|(field, array)| (field.name().clone(), cell(array, row))).collect())
    };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |at| row(batch, at))).collect()
}

fn cell(array: &dyn Array, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>().value(row);
            Cell::List((0..list.len()).map(|at| cell(&list, at)).collect())
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            Cell::Struct(fields.iter().zip(columns).map(|(f, c)| (f.name().clone(), cell(c, row))).collect())
        }
        _ => Cell::Text(array_value_to_string(array, row).expect("a value")),
    }
}

impl Cell {
    pub fn get(&self, name: &str) -> &Cell {
        match self {
            Cell::Struct(fields) => fields.get(name).unwrap_or(&Cell::Null),
            _ => &Cell::Null,
        }
    }

    /// The text of a plain value; `-` for null.
    pub fn text(&self) -> String {
        match self {
            Cell::Null => "-".to_owned(),
            Cell::Text(text) => text.clone(),
            Cell::List(cells) => format!("[{}]", cells.iter().map(Cell::text).collect::<Vec<_>>().join(", ")),
            Cell::Struct(fields) => match self.item_name() {
                Some(name) => name,
                None => {
                    let fields = fields.iter().map(|(name, cell)| format!("{name} = {}", cell.text()));
                    format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
                }
            },
        }
    }

    /// `invoice/instalment`, of what looks like an item.
    fn item_name(&self) -> Option<String> {
        match (self.get("invoice_id"), self.get("installment_no")) {
            (Cell::Text(invoice), Cell::Text(number)) => Some(format!("{invoice}/{number}")),
            _ => None,
        }
    }
}

/// A plain TOML value as text.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let fields = map.iter().map(|(name, value)| format!("{name} = {}", plain(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// What a value lacks to be the expected one, a line each; nothing where it fits.
///
/// `"-"` expects null, `{ contains = "..." }` a text with that part. A list of items may be given as the names of the
/// items, or as item = step.
pub fn differences(expected: &Value, actual: &Cell, name: &str) -> Vec<String> {
    match (expected, actual) {
        (Value::Object(wanted), Cell::Text(text)) if wanted.contains_key("contains") => {
            let part = plain(&wanted["contains"]);
            let is_in = text.contains(&part);
            if is_in { Vec::new() } else { vec![format!("{name}: {text:?} does not contain {part:?}")] }
        }
        (Value::Object(wanted), Cell::Struct(_)) => {
            let of_field = |(key, value): (&String, &Value)| differences(value, actual.get(key), &at(name, key));
            wanted.iter().flat_map(of_field).collect()
        }
        (Value::Object(wanted), Cell::List(items)) => {
            let step = |item: &Cell| (item.item_name().unwrap_or_default(), item.get("step_id").text());
            let actual: BTreeMap<String, String> = items.iter().map(step).collect();
            let wanted: BTreeMap<String, String> = wanted.iter().map(|(k, v)| (with_number(k), plain(v))).collect();
            if wanted == actual { Vec::new() } else { vec![told(name, &format!("{wanted:?}"), &format!("{actual:?}"))] }
        }
        (Value::Array(wanted), Cell::List(cells)) => {
            let (missing, unexpected) = unmatched(wanted, cells);
            if missing.is_empty() && unexpected.is_empty() {
                return Vec::new();
            }
            vec![told(name, &plain(expected), &actual.text())]
        }
        (Value::String(wanted), Cell::Struct(_)) => {
            let found = actual.item_name().unwrap_or_default();
            if with_number(wanted) == found { Vec::new() } else { vec![told(name, wanted, &found)] }
        }
        _ => {
            let (wanted, found) = (plain(expected), actual.text());
            if wanted == found { Vec::new() } else { vec![told(name, &wanted, &found)] }
        }
    }
}

fn at(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

fn with_number(item: &str) -> String {
    if item.contains('/') { item.to_owned() } else { format!("{item}/1") }
}

/// `open_amount: expected 300.00, actual 360.00, difference 60.00`
pub fn told(name: &str, expected: &str, actual: &str) -> String {
    let difference = match (minor(expected), minor(actual)) {
        (Some(expected), Some(actual)) => {
            let minor = actual - expected;
            let sign = if minor < 0 { "-" } else { "" };
            format!(", difference {sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100)
        }
        _ => String::new(),
    };
    format!("{name}: expected {expected}, actual {actual}{difference}")
}

fn minor(text: &str) -> Option<i64> {
    let (units, cents) = text.split_once('.')?;
    (cents.len() == 2).then(|| format!("{units}{cents}").parse().ok()).flatten()
}

/// The positions of expected rows that no row fits, and of rows that none expects, under the best pairing.
fn unmatched(expected: &[Value], actual: &[Cell]) -> (Vec<usize>, Vec<usize>) {
    let fits: Vec<Vec<usize>> = expected
        .iter()
        .map(|wanted| (0..actual.len()).filter(|at| differences(wanted, &actual[*at], "").is_empty()).collect())
        .collect();
    let mut taken_by: Vec<Option<usize>> = vec![None; actual.len()];
    let missing: Vec<usize> =
        (0..expected.len()).filter(|at| !pair(*at, &fits, &mut taken_by, &mut BTreeSet::new())).collect();
    let unexpected = (0..actual.len()).filter(|at| taken_by[*at].is_none()).collect();
    (missing, unexpected)
}

/// Finds a row for an expectation, moving others to another row where that helps.
fn pair(wanted: usize, fits: &[Vec<usize>], taken_by: &mut [Option<usize>], seen: &mut BTreeSet<usize>) -> bool {
    for &row in &fits[wanted] {
        if seen.insert(row) && taken_by[row].is_none_or(|other| pair(other, fits, taken_by, seen)) {
            taken_by[row] = Some(wanted);
            return true;
        }
    }
    false
}

/// How the rows of a table differ from the expected ones, a line each; nothing where they are those very rows.
///
/// A row that nobody expects is shown by the columns that the others name, and by its key.
pub fn compare(expected: &[Value], actual: &[Cell], key: &[&str]) -> Vec<String> {
    let (missing, unexpected) = unmatched(expected, actual);
    let mut columns: BTreeSet<&str> = key.iter().copied().collect();
    expected.iter().filter_map(Value::as_object).for_each(|row: &Row| columns.extend(row.keys().map(String::as_str)));
    let mut lines = Vec::new();
    let mut left = unexpected;
    for at in missing {
        lines.push(format!("expected {}", plain(&expected[at])));
        let nearest = left.iter().copied().min_by_key(|row| differences(&expected[at], &actual[*row], "").len());
        match nearest {
            Some(row) => {
                lines
                    .extend(differences(&expected[at], &actual[row], "").into_iter().map(|line| format!("    {line}")));
                left.retain(|other| *other != row);
            }
            None => lines.push("    there is no such row".to_owned()),
        }
    }
    for row in left {
        let cells: Vec<String> =
            columns.iter().map(|name| format!("{name} = {}", actual[row].get(name).text())).collect();
        lines.push(format!("not expected {{ {} }}", cells.join(", ")));
    }
    lines
}
