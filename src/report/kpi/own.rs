//! Cards of the user's own KPI tables: a file in `sql_dir` with a title, a kind of picture and a format in its header.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int64Type};
use arrow::util::display::array_value_to_string;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{Card, Cell, Picture, Section, Table};
use super::view::View;
use crate::contract;
use crate::error::{Error, Result};
use crate::io::tables::{Row, rows};
use crate::report::chart::{self, Series};
use crate::report::numbers::NONE;

/// Columns that every KPI table has and that the page says elsewhere.
const COMMON: [&str; 3] = ["as_of_date", "reporting_currency", "fx_rate"];
/// Columns that count who stands behind a row, so that few can be withheld.
const COUNTS: [&str; 4] = ["debtors", "accounts", "groups", "groups_total"];
const ROWS_MAX: usize = 50;

/// A KPI table of the user's own, and how it is to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnCard {
    /// Its KPI table.
    pub table: String,
    /// `-- Title: …`
    pub title: String,
    /// `-- Picture: table|bars|lines`
    pub shape: Shape,
    /// `-- Format: money|percent|days|count`: of its last column of numbers; none = as its type is.
    pub format: Option<Format>,
}

/// How a card shows its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    #[default]
    Table,
    Bars,
    Lines,
}

/// How a card writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Money,
    Percent,
    Days,
    Count,
}

impl OwnCard {
    /// A table about which its file says nothing.
    pub fn of_table(table: &str) -> OwnCard {
        let title = table.trim_start_matches("kpi_").replace('_', " ");
        OwnCard { table: table.to_owned(), title, shape: Shape::default(), format: None }
    }

    /// Reads the lines of an SQL file's header: `-- Title: Late fees`. What it does not say stays as it would be.
    pub fn of_header(table: &str, sql: &str) -> OwnCard {
        let mut card = OwnCard::of_table(table);
        for line in header(sql) {
            match line {
                ("Title", title) if !title.is_empty() => card.title = title.to_owned(),
                ("Picture", "bars") => card.shape = Shape::Bars,
                ("Picture", "lines") => card.shape = Shape::Lines,
                ("Format", "money") => card.format = Some(Format::Money),
                ("Format", "percent") => card.format = Some(Format::Percent),
                ("Format", "days") => card.format = Some(Format::Days),
                ("Format", "count") => card.format = Some(Format::Count),
                _ => {}
            }
        }
        card
    }
}

/// The keys and values of an SQL file's header.
fn header(sql: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = sql.lines().map_while(|line| line.strip_prefix("--"));
    lines.filter_map(|line| line.split_once(':').map(|(key, value)| (key.trim(), value.trim())))
}

/// What a header says of a card that no card can be: an unknown picture, or one of what is no table.
fn header_fault(sql: &str) -> Option<String> {
    let words = [("Picture", "table, bars or lines"), ("Format", "money, percent, days or count")];
    for (key, value) in header(sql) {
        let known = words.iter().find(|(word, _)| *word == key).map(|(_, known)| *known);
        let is_known = |known: &&str| known.replace(" or ", ", ").split(", ").any(|word| word == value);
        if let Some(known) = known.filter(|known| !is_known(known)) {
            return Some(format!("its {key} is {value}; write {known}"));
        }
    }
    let (key, _) = header(sql).find(|(key, _)| ["Title", "Picture", "Format"].contains(key))?;
    let (_, kind) = header(sql).find(|(key, kind)| *key == "Kind" && *kind != "table")?;
    Some(format!("its {key} is for the page, and a {kind} is not published; write Kind: table, or take the {key} out"))
}

/// The cards of SQL files, by their path and text: of those that are no tables of the contract.
///
/// # Errors
/// `Model` for a header that says what no card can be.
pub fn own_cards<'a>(models: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Vec<OwnCard>> {
    let mut cards = Vec::new();
    for (path, sql) in models {
        if let Some(what) = header_fault(sql) {
            return Err(Error::Model { model: path.to_owned(), what });
        }
        let file = path.rsplit('/').next().unwrap_or(path);
        let table = file.strip_suffix(".sql").unwrap_or(file);
        if contract::kpi(table).is_none() {
            cards.push(OwnCard::of_header(table, sql));
        }
    }
    Ok(cards)
}

/// Nothing where the user has no tables of their own.
pub fn section(view: &View<'_>, own: &[OwnCard]) -> Option<Section> {
    // A model may be a view, or tell of decisions on a date that has none.
    let cards: Vec<Card> = own.iter().filter(|card| view.data.has(&card.table)).map(|card| of(view, card)).collect();
    if cards.is_empty() {
        return None;
    }
    Some(Section {
        id: "own".to_owned(),
        question: view.say("E os seus próprios indicadores?", "And your own figures?"),
        answer: String::new(),
        cards,
    })
}

/// What a cell holds, whatever its type in the table.
enum Value {
    Text(String),
    Amount(i128),
    Number(f64),
    Count(i64),
    Nothing,
}

impl Value {
    fn of(array: &dyn Array, row: usize) -> Value {
        if array.is_null(row) {
            return Value::Nothing;
        }
        // Cast one cell: a page has few, and every width of a number then reads alike.
        let to = |kind: &DataType| cast(&array.slice(row, 1), kind).ok();
        let found = match array.data_type() {
            kind if kind.is_integer() => {
                to(&DataType::Int64).map(|a| Value::Count(a.as_primitive::<Int64Type>().value(0)))
            }
            kind if kind.is_floating() => {
                to(&DataType::Float64).map(|a| Value::Number(a.as_primitive::<Float64Type>().value(0)))
            }
            DataType::Decimal128(..) | DataType::Decimal256(..) => {
                to(&DataType::Decimal128(38, 2)).map(|a| Value::Amount(a.as_primitive::<Decimal128Type>().value(0)))
            }
            _ => array_value_to_string(array, row).ok().map(Value::Text),
        };
        found.unwrap_or(Value::Nothing)
    }

    fn number(&self) -> Option<f64> {
        match self {
            Value::Amount(minor) => Some(*minor as f64 / 100.0),
            Value::Number(number) => Some(*number),
            Value::Count(count) => Some(*count as f64),
            Value::Text(_) | Value::Nothing => None,
        }
    }
}

/// Columns that are shown, and which of them is the figure of the picture.
struct Columns<'a> {
    names: Vec<&'a str>,
    /// The last column of numbers that is no key.
    figure: Option<&'a str>,
}

fn columns<'a>(batch: &'a RecordBatch, view: &View<'_>) -> Columns<'a> {
    let schema = batch.schema_ref();
    let is_one = |name: &str| name == "company_id" && view.options.company.is_some();
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|f| f.name().as_str())
        .filter(|name| !COMMON.contains(name) && !is_one(name))
        .collect();
    let is_number = |name: &&&str| batch.column_by_name(name).is_some_and(|a| a.data_type().is_numeric());
    let figure = names.iter().rev().find(is_number).copied();
    Columns { names, figure }
}

fn of(view: &View<'_>, own: &OwnCard) -> Card {
    let batches = view.data.kpis.get(&own.table).map_or(&[][..], Vec::as_slice);
    let company = view.options.company.as_deref();
    let rows: Vec<Row<'_>> = rows(batches)
        .filter(|row| {
            company.is_none_or(|company| row.array("company_id").is_none() || row.str("company_id") == company)
        })
        .collect();
    let Some(first) = rows.first() else { return Card::missing(&*own.title, view.why_missing(&own.table)) };
    let columns = columns(first.0, view);
    let drawn = match own.shape {
        Shape::Table => None,
        Shape::Bars => bars(view, own, &columns, &rows),
        Shape::Lines => lines(view, own, &columns, &rows),
    };
    let table = table(view, own, &columns, &rows);
    let title = own.title.clone();
    match drawn {
        Some(picture) => {
            let fold = Some((view.say("Em tabela", "As a table"), table));
            Card { title, picture, source: own.table.clone(), fold, ..Card::default() }
        }
        None => Card { title, picture: Picture::Table { table }, source: own.table.clone(), ..Card::default() },
    }
}

/// Too few stand behind this row to show its figures, or nobody knows how many.
fn is_few(view: &View<'_>, row: Row<'_>) -> bool {
    let schema = row.0.schema_ref();
    let counts = schema.fields().iter().zip(row.0.columns()).filter(|(field, _)| is_count(field.name()));
    let few = |value: Value| match value {
        Value::Text(text) => text.trim().parse().ok(),
        value => value.number(),
    };
    counts.map(|(_, array)| few(Value::of(array, row.1))).any(|count| count.is_none_or(|n| view.is_few(n as i64)))
}

/// Does a column say who stands behind a row?
fn is_count(name: &str) -> bool {
    COUNTS.contains(&name.to_lowercase().as_str())
}

fn cell(view: &View<'_>, own: &OwnCard, columns: &Columns<'_>, row: Row<'_>, name: &str) -> Cell {
    let language = view.language;
    let value = row.0.column_by_name(name).map_or(Value::Nothing, |array| Value::of(array, row.1));
    let format = own.format.filter(|_| columns.figure == Some(name));
    let currency = if row.str("currency").is_empty() { view.currency } else { row.str("currency") };
    match (value, format) {
        (Value::Nothing, _) => Cell::text(NONE),
        (Value::Text(text), _) => Cell::text(text),
        // An average of few, times their number, is their sum.
        (Value::Amount(_) | Value::Number(_), _) | (Value::Count(_), Some(Format::Money))
            if !is_count(name) && is_few(view, row) =>
        {
            view.withheld()
        }
        (Value::Amount(minor), None | Some(Format::Money)) => Cell::number(language.money(currency, minor)),
        (Value::Count(count), None | Some(Format::Count)) => Cell::number(language.count(count)),
        (value, format) => {
            let number = value.number().unwrap_or(0.0);
            Cell::number(written(view, currency, format, number))
        }
    }
}

fn written(view: &View<'_>, currency: &str, format: Option<Format>, number: f64) -> String {
    let language = view.language;
    if !number.is_finite() {
        return NONE.to_owned();
    }
    match format {
        Some(Format::Money) => language.money(currency, (number * 100.0).round() as i128),
        Some(Format::Percent) => language.percent(number),
        Some(Format::Days) => language.days_exact(number),
        Some(Format::Count) => language.fixed(number.round() as i128, 0),
        None => language.fixed((number * 100.0).round() as i128, 2),
    }
}

fn table(view: &View<'_>, own: &OwnCard, columns: &Columns<'_>, rows: &[Row<'_>]) -> Table {
    let is_number = |name: &str| {
        rows.first().and_then(|row| row.0.column_by_name(name)).is_some_and(|array| array.data_type().is_numeric())
    };
    let head = columns.names.iter().map(|name| {
        let text = name.replace('_', " ");
        if is_number(name) { Cell::number(text) } else { Cell::text(text) }
    });
    let line = |row: &Row<'_>| columns.names.iter().map(|name| cell(view, own, columns, *row, name)).collect();
    let cut = rows.len().saturating_sub(ROWS_MAX);
    let said = view.language.pick(format!("… e mais {cut} linhas"), format!("… and {cut} more rows"));
    Table {
        caption: own.title.clone(),
        head: head.collect(),
        rows: rows.iter().take(ROWS_MAX).map(line).collect(),
        cut: if cut > 0 { said } else { String::new() },
        ..Table::default()
    }
}

/// The name of a row: its texts, one after another.
fn name_of(view: &View<'_>, columns: &Columns<'_>, row: Row<'_>) -> String {
    let text = |name: &&str| match Value::of(row.0.column_by_name(name)?, row.1) {
        Value::Text(text) if *name != "currency" || text != view.currency => Some(text),
        _ => None,
    };
    columns.names.iter().filter_map(text).collect::<Vec<_>>().join(" · ")
}

fn figure(columns: &Columns<'_>, row: Row<'_>) -> Option<f64> {
    let array = row.0.column_by_name(columns.figure?)?;
    Value::of(array, row.1).number()
}

fn bars(view: &View<'_>, own: &OwnCard, columns: &Columns<'_>, rows: &[Row<'_>]) -> Option<Picture> {
    let name = columns.figure?;
    let figure = |row: Row<'_>| figure(columns, row).filter(|number| number.is_finite());
    let longest = rows.iter().filter_map(|row| figure(*row)).fold(0.0, f64::max);
    let line = |row: &Row<'_>| {
        let cell = cell(view, own, columns, *row, name);
        let share = figure(*row).filter(|_| longest > 0.0 && !is_few(view, *row)).map(|number| number / longest);
        vec![
            Cell::text(name_of(view, columns, *row)),
            match share {
                Some(share) => cell.with_bar(share),
                None => cell,
            },
        ]
    };
    let rows = rows.iter().take(ROWS_MAX).map(line).collect();
    let table = Table { caption: own.title.clone(), class: "bars", rows, ..Table::default() };
    Some(Picture::Table { table })
}

/// By the first column of dates; one line for each name.
fn lines(view: &View<'_>, own: &OwnCard, columns: &Columns<'_>, rows: &[Row<'_>]) -> Option<Picture> {
    let is_date = |name: &&&str| {
        rows.first()
            .and_then(|row| row.0.column_by_name(name))
            .is_some_and(|a| matches!(a.data_type(), DataType::Date32))
    };
    let date = columns.names.iter().find(is_date).copied()?;
    let day = |row: &Row<'_>| row.array(date).and_then(|a| a.as_primitive_opt::<Date32Type>()).map(|a| a.value(row.1));
    let mut days: Vec<i32> = rows.iter().filter_map(day).collect();
    days.sort_unstable();
    days.dedup();
    let named = Columns {
        names: columns.names.iter().filter(|name| **name != date).copied().collect(),
        figure: columns.figure,
    };
    let mut names: Vec<String> = rows.iter().map(|row| name_of(view, &named, *row)).collect();
    names.sort();
    names.dedup();
    // More lines than that nobody can tell apart.
    names.truncate(3);
    let values: Vec<Vec<Option<f64>>> = names
        .iter()
        .map(|name| {
            let at = |wanted: &i32| {
                let row = rows.iter().find(|row| day(row) == Some(*wanted) && name_of(view, &named, **row) == *name)?;
                figure(columns, *row).filter(|number| number.is_finite() && !is_few(view, *row))
            };
            days.iter().map(at).collect()
        })
        .collect();
    let points: Vec<String> = rows_dates(view, rows, date, &days);
    let say = |number: f64| written(view, view.currency, own.format, number);
    let short = |number: f64| match own.format {
        Some(Format::Money) => view.short((number * 100.0).round() as i128),
        _ => say(number),
    };
    let series: Vec<Series<'_>> = names
        .iter()
        .zip(&values)
        .zip(["s1", "s2", "s3"])
        .map(|((name, values), class)| Series { name, class, values })
        .collect();
    let picture = chart::Picture { label: own.title.clone(), points: &points, axis: &short, say: &short };
    chart::lines(&picture, &series, true).map(|svg| Picture::Drawing { svg, legend: Vec::new() })
}

fn rows_dates(view: &View<'_>, rows: &[Row<'_>], date: &str, days: &[i32]) -> Vec<String> {
    let of = |day: &i32| {
        let row = rows.iter().find(|row| {
            row.array(date).and_then(|a| a.as_primitive_opt::<Date32Type>()).is_some_and(|a| a.value(row.1) == *day)
        })?;
        Some(view.language.date_short(row.date(date)?))
    };
    days.iter().map(|day| of(day).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_how_a_table_of_the_users_own_is_shown() {
        let sql =
            "-- Title: Late fees: by month\n-- Picture: lines\n-- Format: money\n-- Purpose: x\nselect 1\n-- Title: no";
        let card = OwnCard::of_header("kpi_late_fees", sql);
        assert_eq!(
            (card.title.as_str(), card.shape, card.format),
            ("Late fees: by month", Shape::Lines, Some(Format::Money))
        );
        let plain = OwnCard::of_header("kpi_late_fees", "select 1");
        assert_eq!((plain.title.as_str(), plain.shape, plain.format), ("late fees", Shape::Table, None));
    }
}
