//! Where rows go: one Parquet file per input table of the contract, written as the rows come.
//!
//! Rows are appended to column builders, handed to the writer by the batch and closed into row groups by the million,
//! so memory is bounded by one batch and one encoded row group per table, whatever the size of the portfolio. Nothing
//! in a file depends on clock, host or version of a library beyond the encoding itself.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, SchemaRef};
use chrono::{NaiveDate, NaiveTime};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::DemoError;
use super::values::Cell;
use crate::contract::{INPUTS, Table};

const BATCH_ROWS: usize = 65_536;
const ROW_GROUP_ROWS: usize = 1_000_000;
/// Fixed, so that a file does not change with the version of the Parquet library.
const CREATED_BY: &str = "regua demo";
/// Columns in which almost no value repeats: a dictionary of them costs time and saves nothing.
const WITHOUT_DICTIONARY: [&str; 8] =
    ["invoice_id", "payment_id", "event_id", "payment_reference", "payment_link", "address", "tax_id", "amount"];

/// A row of one input table.
pub(super) trait Row {
    /// Name of the table in the contract.
    const TABLE: &'static str;
    /// Its columns, in the order of the contract; a test compares them.
    #[cfg(test)]
    const COLUMNS: &'static [&'static str];
    /// Position of the table among the inputs; a table that the contract lacks does not compile.
    const POSITION: usize = position(Self::TABLE);

    fn append_to(&self, columns: &mut [ColumnBuilder]);
}

const fn position(name: &str) -> usize {
    let mut at = 0;
    while at < INPUTS.len() {
        if is_same(INPUTS[at].name.as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("the contract has no input table of that name")
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The open files of a portfolio, one per input table and in the order of the contract.
pub(super) struct Sink {
    files: Vec<TableFile>,
}

/// What became of one table.
pub(super) struct Written {
    pub table: &'static str,
    pub rows: u64,
    pub bytes: u64,
}

impl Sink {
    /// Creates `{dir}/input/` and an empty file per table; older files are replaced.
    pub(super) fn create(dir: &Path) -> Result<Self, DemoError> {
        let folder = dir.join("input");
        std::fs::create_dir_all(&folder).map_err(|source| DemoError::CreateFolder { path: folder.clone(), source })?;
        let files = INPUTS.iter().map(|table| TableFile::create(&folder, table)).collect::<Result<_, _>>()?;
        Ok(Sink { files })
    }

    pub(super) fn push<R: Row>(&mut self, row: &R) -> Result<(), DemoError> {
        let file = &mut self.files[R::POSITION];
        row.append_to(&mut file.columns);
        file.buffered += 1;
        if file.buffered == BATCH_ROWS { file.flush() } else { Ok(()) }
    }

    /// Rows of that table so far.
    pub(super) fn rows<R: Row>(&self) -> u64 {
        let file = &self.files[R::POSITION];
        file.flushed + file.buffered as u64
    }

    /// Closes the files, which are none older than that day: a portfolio of a day to come is an export of it.
    pub(super) fn finish(self, as_of: NaiveDate) -> Result<Vec<Written>, DemoError> {
        self.files.into_iter().map(|file| file.finish(as_of)).collect()
    }
}

struct TableFile {
    name: &'static str,
    path: PathBuf,
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    buffered: usize,
    flushed: u64,
    writer: ArrowWriter<File>,
}

impl TableFile {
    fn create(folder: &Path, table: &'static Table) -> Result<Self, DemoError> {
        let path = folder.join(format!("{}.parquet", table.name));
        let file = File::create(&path).map_err(|source| DemoError::CreateFile { path: path.clone(), source })?;
        let schema = table.schema();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(writer_properties()))
            .map_err(|source| DemoError::Write { path: path.clone(), source })?;
        let columns = schema.fields().iter().map(|field| ColumnBuilder::new(field.data_type())).collect();
        Ok(TableFile { name: table.name, path, schema, columns, buffered: 0, flushed: 0, writer })
    }

    fn flush(&mut self) -> Result<(), DemoError> {
        if self.buffered == 0 {
            return Ok(());
        }
        let arrays = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(|source| DemoError::Batch { path: self.path.clone(), source })?;
        self.writer.write(&batch).map_err(|source| DemoError::Write { path: self.path.clone(), source })?;
        self.flushed += self.buffered as u64;
        self.buffered = 0;
        Ok(())
    }

    fn finish(mut self, as_of: NaiveDate) -> Result<Written, DemoError> {
        self.flush()?;
        let path = self.path;
        let finished = self.writer.finish().and_then(|_| not_before(self.writer.inner(), as_of).map_err(Into::into));
        finished.map_err(|source| DemoError::Write { path, source })?;
        Ok(Written { table: self.name, rows: self.flushed, bytes: self.writer.bytes_written() as u64 })
    }
}

/// Gives a file the noon of a day, if it is older.
fn not_before(file: &File, day: NaiveDate) -> std::io::Result<()> {
    let noon = SystemTime::from(day.and_time(NaiveTime::MIN).and_utc()) + Duration::from_secs(12 * 3_600);
    if file.metadata()?.modified()? < noon { file.set_modified(noon) } else { Ok(()) }
}

fn writer_properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    for column in WITHOUT_DICTIONARY {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    properties.build()
}

/// The values of one column that are not yet written.
pub(super) enum ColumnBuilder {
    Str(StringBuilder),
    Int(Int64Builder),
    Date(Date32Builder),
    Ts(TimestampMicrosecondBuilder),
    Decimal(Decimal128Builder),
    Bool(BooleanBuilder),
}

impl ColumnBuilder {
    /// # Panics
    /// On a type that no input table has: a programming error, which every test of this module would show.
    fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 => Self::Str(StringBuilder::new()),
            DataType::Int64 => Self::Int(Int64Builder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(_, _) => Self::Ts(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone())),
            DataType::Decimal128(_, _) => Self::Decimal(Decimal128Builder::new().with_data_type(data_type.clone())),
            DataType::Boolean => Self::Bool(BooleanBuilder::new()),
            other => unreachable!("no input table has a column of type {other}"),
        }
    }

    /// # Panics
    /// When the value is not of the column's type: a programming error, which every test of this module would show.
    pub(super) fn append(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Str(column), Cell::Str(value)) => column.append_value(value),
            (Self::Int(column), Cell::Int(value)) => column.append_value(value),
            (Self::Date(column), Cell::Date(value)) => column.append_value(value),
            (Self::Ts(column), Cell::Ts(value)) => column.append_value(value),
            (Self::Decimal(column), Cell::Decimal(value)) => column.append_value(value),
            (Self::Bool(column), Cell::Bool(value)) => column.append_value(value),
            (Self::Str(column), Cell::Null) => column.append_null(),
            (Self::Int(column), Cell::Null) => column.append_null(),
            (Self::Date(column), Cell::Null) => column.append_null(),
            (Self::Ts(column), Cell::Null) => column.append_null(),
            (Self::Decimal(column), Cell::Null) => column.append_null(),
            (Self::Bool(column), Cell::Null) => column.append_null(),
            (_, cell) => unreachable!("{cell:?} in a column of another type"),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Str(column) => Arc::new(column.finish()),
            Self::Int(column) => Arc::new(column.finish()),
            Self::Date(column) => Arc::new(column.finish()),
            Self::Ts(column) => Arc::new(column.finish()),
            Self::Decimal(column) => Arc::new(column.finish()),
            Self::Bool(column) => Arc::new(column.finish()),
        }
    }
}
