//! How a table is written down: types, order and files say nothing about what its rows mean.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use chrono::NaiveDate;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use regua::contract::{Kind, Table};
use serde_json::{Value, json};

use super::portfolio::Row;
use crate::support::write_parquet;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dates {
    #[default]
    Days,
    /// As Spark and BigQuery write them.
    UtcMidnights,
    /// As a timestamp without a zone.
    Midnights,
    /// `30/06/2026`, with a `date_format` in the input.
    Texts,
}

#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub dates: Dates,
    /// Ids whose values are all whole numbers are integers.
    pub integer_ids: bool,
    /// Whole numbers are floats.
    pub whole_floats: bool,
    /// Booleans are 0 and 1.
    pub zero_or_one: bool,
    /// Seed of the order of rows; 0 = as they are.
    pub order: u64,
    /// Files beside the first.
    pub more_files: usize,
    /// Every file but the first repeats the last row of the one before it.
    pub overlap: bool,
    /// A column that nothing reads, and one that hardly anything does.
    pub unread: bool,
}

impl Shape {
    /// What the pipeline must know to read it.
    pub fn configure(&self, input: &mut Value) {
        if self.dates == Dates::Texts {
            input["date_format"] = json!("%d/%m/%Y");
        }
    }

    /// Writes the rows as files of a folder, in place of what is there.
    pub fn write(&self, table: &Table, rows: &[Row], folder: &Path) {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).expect("a folder");
        let mut rows: Vec<&Row> = rows.iter().collect();
        if self.order > 0 {
            rows.shuffle(&mut ChaCha8Rng::seed_from_u64(self.order));
        }
        let length = rows.len().div_ceil(self.more_files + 1).max(1);
        for number in 0..=self.more_files {
            let (mut from, to) = ((number * length).min(rows.len()), ((number + 1) * length).min(rows.len()));
            if self.overlap && from > 0 {
                from -= 1;
            }
            // The last file comes first by its name.
            let file = folder.join(format!("{:02}.parquet", 50 - number));
            write_parquet(&file, &self.batch(table, &rows, from..to));
        }
    }

    /// Some of the rows; their types follow from all of them.
    fn batch(&self, table: &Table, rows: &[&Row], part: std::ops::Range<usize>) -> RecordBatch {
        let is_there = |name: &str| rows.iter().any(|row| row.contains_key(name));
        let columns = table.columns.iter().filter(|c| c.required || is_there(c.name));
        let mut arrays: Vec<(String, ArrayRef)> = columns
            .map(|column| {
                let texts: StringArray = rows.iter().map(|row| row.get(column.name)).collect();
                let array = self.array(table.name, column.name, column.kind, &texts, &column.data_type());
                (column.name.to_owned(), array.slice(part.start, part.len()))
            })
            .collect();
        if self.unread {
            let length = part.len();
            let notes: StringArray = part.map(|_| Some("0.0425")).collect();
            arrays.push(("observacao".to_owned(), Arc::new(notes)));
            // A tenth of a cent: what a message costs is nobody's debt.
            if table.name == "contact_log" {
                let costs = Decimal128Array::from_iter_values(std::iter::repeat_n(425, length));
                let costs = costs.with_precision_and_scale(18, 4).expect("four places");
                arrays.push(("cost".to_owned(), Arc::new(costs)));
            }
        }
        RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true)))
            .expect("columns of one length")
    }

    fn array(&self, table: &str, name: &str, kind: Kind, texts: &StringArray, to: &DataType) -> ArrayRef {
        let cast = |from: &dyn Array, to: &DataType| {
            let options = CastOptions { safe: false, ..CastOptions::default() };
            cast_with_options(from, to, &options).unwrap_or_else(|e| panic!("{table}.{name}: {e}"))
        };
        match kind {
            Kind::Str if self.integer_ids && name.ends_with("_id") && is_whole(texts) => cast(texts, &DataType::Int64),
            Kind::Int if self.whole_floats => cast(&cast(texts, to), &DataType::Float64),
            Kind::Bool if self.zero_or_one => cast(&cast(texts, to), &DataType::Int64),
            Kind::Date if self.dates == Dates::Texts => Arc::new(in_brazilian(texts)),
            Kind::Date if self.dates != Dates::Days => {
                let instants = cast(&cast(texts, to), &DataType::Timestamp(TimeUnit::Microsecond, None));
                let instants = instants.as_primitive::<TimestampMicrosecondType>().clone();
                let is_utc = self.dates == Dates::UtcMidnights;
                Arc::new(if is_utc { instants.with_timezone("UTC") } else { instants })
            }
            _ => cast(texts, to),
        }
    }
}

/// Nothing is lost when these texts are written as numbers.
fn is_whole(texts: &StringArray) -> bool {
    texts.iter().flatten().all(|text| text.parse::<i64>().is_ok_and(|number| number.to_string() == text))
}

fn in_brazilian(texts: &StringArray) -> StringArray {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date").format("%d/%m/%Y").to_string();
    texts.iter().map(|text| text.map(day)).collect()
}
