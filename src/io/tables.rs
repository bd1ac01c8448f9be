//! The tables of one run, wherever they are: below the output folder once published, in scratch before that.
//!
//! They are streamed, batch by batch and only the columns that are asked for: a report of ten million items needs no
//! more memory than one of ten.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::log::Record;
use super::parquet::Source;
use super::store::Store;
use crate::domain::money::Amount;
use crate::error::{Damage, Error, Result};

/// Where the files of one run are, by their path below the run's folder: `actions/part-00000.parquet`.
#[derive(Debug)]
pub struct Tables {
    store: Store,
    keys: BTreeMap<String, String>,
}

impl Tables {
    /// Path below the run's folder = key in the store.
    pub fn new(store: Store, keys: impl IntoIterator<Item = (String, String)>) -> Tables {
        Tables { store, keys: keys.into_iter().collect() }
    }

    /// The tables that a record names.
    pub fn of_record(store: &Store, record: &Record) -> Tables {
        let folder = format!("{}/", record.run_id);
        let below = |path: &str| path.split_once(&folder).map(|(_, below)| (below.to_owned(), path.to_owned()));
        Tables::new(store.clone(), record.files.iter().filter_map(|f| below(&f.path)))
    }

    /// Reads these columns of a table; nothing where the run has no such table.
    ///
    /// ```
    /// use regua::contract;
    /// use regua::io::{parquet::TableWriter, store::Store, tables::Tables};
    /// let (runtime, folder) = (tokio::runtime::Runtime::new()?, tempfile::tempdir()?);
    /// TableWriter::create(&folder.path().join("items.parquet"), contract::ITEMS.schema())?.finish()?;
    /// let store = Store::open(folder.path().to_str().unwrap(), runtime.handle())?;
    /// let key = |file: &str| ("items/part-00000.parquet".to_owned(), file.to_owned());
    /// let read = |file, column| Tables::new(store.clone(), [key(file)]).for_each_batch("items", &[column], |_| Ok(()));
    /// assert!(read("items.parquet", "bucket").is_ok());
    /// let refused = read("items.parquet", "buckets").unwrap_err().to_string();
    /// assert!(refused.ends_with("column buckets is missing; restore the file from a backup"), "{refused}");
    /// let refused = read("lost.parquet", "bucket").unwrap_err().to_string();
    /// assert!(refused.ends_with("a published file is gone; restore it from a backup"), "{refused}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `PublishedDamaged` where a file is gone or lacks a column, or what `each` returns.
    pub fn for_each_batch(
        &self,
        table: &str,
        columns: &[&str],
        each: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let Some((key, source)) = self.source(table)? else { return Ok(()) };
        let missing = |column: &str| Error::PublishedDamaged {
            object: self.store.url_of(key),
            damage: Damage::ColumnMissing { column: column.to_owned() },
        };
        let position = |name: &&str| source.schema().index_of(name).map_err(|_| missing(name));
        let mut positions = columns.iter().map(position).collect::<Result<Vec<usize>>>()?;
        positions.sort_unstable();
        source.for_each_batch(&positions, each)
    }

    /// Rows of a table; `None` where the run has no such table.
    ///
    /// # Errors
    /// `PublishedDamaged` where the file is gone or unreadable.
    pub fn count(&self, table: &str) -> Result<Option<u64>> {
        Ok(self.source(table)?.map(|(_, source)| source.rows()))
    }

    /// The file of a table, and its key.
    fn source(&self, table: &str) -> Result<Option<(&str, Source)>> {
        let path = if table.starts_with("kpi_") {
            format!("kpi/{table}.parquet")
        } else {
            format!("{table}/part-00000.parquet")
        };
        let Some(key) = self.keys.get(&path) else { return Ok(None) };
        let gone = || Error::PublishedDamaged { object: self.store.url_of(key), damage: Damage::Gone };
        let pinned = self.store.pin_one(key)?.ok_or_else(gone)?;
        Source::open_published(&self.store, pinned).map(|source| Some((key.as_str(), source)))
    }

    /// Reads these columns of a table row by row.
    ///
    /// # Errors
    /// As `for_each_batch`.
    pub fn for_each_row(
        &self,
        table: &str,
        columns: &[&str],
        mut each: impl FnMut(Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_batch(table, columns, |batch| rows(&[batch]).try_for_each(&mut each))
    }
}

/// One row of a table; a null reads as an empty text, 0 or `None`.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a>(pub &'a RecordBatch, pub usize);

/// Every row of some batches.
pub fn rows(batches: &[RecordBatch]) -> impl Iterator<Item = Row<'_>> {
    batches.iter().flat_map(|b| (0..b.num_rows()).map(move |row| Row(b, row)))
}

impl<'a> Row<'a> {
    /// The column's array, where the row has a value in it.
    pub fn array(&self, name: &str) -> Option<&'a dyn Array> {
        self.0.column_by_name(name).map(AsRef::as_ref).filter(|a: &&dyn Array| a.is_valid(self.1))
    }

    /// A text.
    pub fn str(&self, name: &str) -> &'a str {
        self.array(name).and_then(|a| a.as_string_opt::<i32>()).map_or("", |a| a.value(self.1))
    }

    /// A text, as a value of its own.
    pub fn text(&self, name: &str) -> String {
        self.str(name).to_owned()
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> i64 {
        self.array(name).and_then(|a| a.as_primitive_opt::<Int64Type>()).map_or(0, |a| a.value(self.1))
    }

    /// A ratio.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.array(name).and_then(|a| a.as_primitive_opt::<Float64Type>()).map(|a| a.value(self.1))
    }

    /// An amount in minor units; 128 bits, because sums over a portfolio may need them.
    pub fn amount(&self, name: &str) -> i128 {
        self.array(name).and_then(|a| a.as_primitive_opt::<Decimal128Type>()).map_or(0, |a| a.value(self.1))
    }

    /// An amount; the largest there is where it does not fit 64 bits.
    pub fn minor(&self, name: &str) -> Amount {
        Amount(i64::try_from(self.amount(name)).unwrap_or(i64::MAX))
    }

    /// A date.
    pub fn date(&self, name: &str) -> Option<NaiveDate> {
        let days = self.array(name).and_then(|a| a.as_primitive_opt::<Date32Type>()).map(|a| a.value(self.1))?;
        let distance = Days::new(u64::from(days.unsigned_abs()));
        let epoch = NaiveDate::default();
        if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) }
    }

    /// An instant, to the microsecond.
    pub fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        let micros = self.array(name).and_then(|a| a.as_primitive_opt::<TimestampMicrosecondType>());
        micros.and_then(|a| DateTime::from_timestamp_micros(a.value(self.1)))
    }

    /// A JSON list of texts.
    pub fn list(&self, name: &str) -> Vec<String> {
        serde_json::from_str(self.str(name)).unwrap_or_default()
    }
}
