//! Parquet in and out: streams of batches from pinned objects, and files that are the same bytes every time.

mod sample;

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{BatchCoalescer, cast, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use bytes::Bytes;
use chrono::NaiveDate;
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use object_store::{GetOptions, GetRange, ObjectStore, coalesce_ranges};
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, Type as PhysicalType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use sha2::{Digest, Sha256};

use super::log::Record;
use super::store::{Pinned, Store};
use crate::domain::action::hex;
use crate::error::{Damage, Error, Result, Unreadable};
use crate::runtime::panics;

/// Rows of one batch that is read.
const BATCH_ROWS: usize = 32_768;
/// Rows of one written chunk and of one row group: fixed, so that the bytes do not depend on how rows arrive.
const CHUNK_ROWS: usize = 8_192;
/// A row group is held in memory until it is full, one for each table; readers decode several side by side.
const ROW_GROUP_ROWS: usize = 131_072;
/// Rows above which a file is asked how many of them one byte holds.
const MANY_ROWS: u64 = 1_048_576;
/// Bytes from the end of a file that are read at once, in the hope that the footer is among them.
const FOOTER_BYTES: usize = 64 * 1024;
/// Bytes that are read and thrown away rather than asked around.
const GAP_BYTES: u64 = 256 * 1024;
/// Rows that one byte may hold, in files of more than a million: every row has a key of its own, so a file that claims
/// more repeats its pages to look like a portfolio of billions.
const ROWS_PER_BYTE_MAX: u64 = 64;
const CREATED_BY: &str = concat!("regua version ", env!("CARGO_PKG_VERSION"));

/// Who made a file, and so who can mend it.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// An export.
    Input,
    /// An earlier run.
    Published,
}

impl Origin {
    fn unreadable(self, url: &str, why: Unreadable) -> Error {
        let object = url.to_owned();
        match self {
            Origin::Input => Error::InputUnreadable { object, why },
            Origin::Published => Error::PublishedDamaged { object, damage: Damage::Unreadable(why) },
        }
    }
}

/// A pinned Parquet object whose footer has been read.
#[derive(Clone, Debug)]
pub struct Source {
    origin: Origin,
    /// The object as it was when it was opened.
    pub object: Pinned,
    metadata: ArrowReaderMetadata,
    store: Store,
}

impl Source {
    /// Reads the footer.
    ///
    /// ```
    /// use regua::io::{parquet::Source, store::Store};
    /// let (runtime, folder) = (tokio::runtime::Runtime::new()?, tempfile::tempdir()?);
    /// let store = Store::open(folder.path().to_str().unwrap(), runtime.handle())?;
    /// store.put("invoices.parquet", "invoice_id;amount\nNF-1;10.00\n".into())?;
    /// let pinned = store.pin_one("invoices.parquet")?.expect("it was just put there");
    /// let refused = Source::open(&store, pinned).unwrap_err().to_string();
    /// assert!(refused.ends_with("it is not a Parquet file, or it is damaged; export it again"), "{refused}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InputUnreadable` where the object is no Parquet file, `Moved` where it changed since it was pinned.
    pub fn open(store: &Store, object: Pinned) -> Result<Source> {
        Source::open_as(Origin::Input, store, object)
    }

    /// As `open`, of a file that an earlier run published: nobody can export that again.
    ///
    /// # Errors
    /// `PublishedDamaged` where it is no Parquet file, `Moved` where it changed since it was pinned.
    pub fn open_published(store: &Store, object: Pinned) -> Result<Source> {
        Source::open_as(Origin::Published, store, object)
    }

    fn open_as(origin: Origin, store: &Store, object: Pinned) -> Result<Source> {
        let mut reader = reader(store, &object);
        let load = async {
            let metadata = reader.get_metadata(None).await?;
            let read =
                ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new().with_skip_arrow_metadata(false))?;
            with_wide_instants(read)
        };
        let metadata = decoded((origin, &object.url), || store.runtime().block_on(load))?;
        let source = Source { origin, object, metadata, store: store.clone() };
        let (rows, size) = (source.rows(), source.object.size);
        if rows > MANY_ROWS && rows / ROWS_PER_BYTE_MAX > size {
            return Err(origin.unreadable(&source.object.url, Unreadable::TooManyRows { rows, bytes: size }));
        }
        Ok(source)
    }

    /// Its columns, as the footer has them.
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// # Errors
    /// `Moved` where it is not what it was when it was pinned.
    pub fn check_unmoved(&self) -> Result<()> {
        let moved = || Error::Moved { object: self.object.url.clone() };
        if self.store.is_unmoved(&self.object)? { Ok(()) } else { Err(moved()) }
    }

    /// SHA-256 of a local file; `None` elsewhere.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be read.
    pub fn sha256_where_local(&self) -> Result<Option<String>> {
        self.store.sha256_where_local(&self.object)
    }

    /// Rows, as the footer claims.
    pub fn rows(&self) -> u64 {
        self.metadata.metadata().file_metadata().num_rows().max(0) as u64
    }

    /// The first day of a column of dates, by the statistics of the file; none where it holds none, or does not say.
    ///
    /// # Errors
    /// `InputUnreadable` or `PublishedDamaged` where there is no such column.
    pub fn first_day(&self, column: &str) -> Result<Option<NaiveDate>> {
        let metadata = self.metadata.metadata();
        let schema = metadata.file_metadata().schema_descr();
        let mins = decoded((self.origin, self.object.url.as_str()), || {
            StatisticsConverter::try_new(column, self.schema(), schema)?.row_group_mins(metadata.row_groups())
        })?;
        let days = mins.as_primitive_opt::<Date32Type>().and_then(arrow::compute::min);
        Ok(days.and_then(Date32Type::to_naive_date_opt))
    }

    /// Reads these top-level columns, batch by batch; they come in the order of the file.
    ///
    /// # Errors
    /// `InputUnreadable` (`PublishedDamaged` of a published file), `Moved`, or what `each` returns.
    pub fn for_each_batch(&self, columns: &[usize], mut each: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        self.for_batches(columns, |batch| each(batch).map(|()| true))
    }

    /// As `for_each_batch`, for as long as `each` wants more.
    ///
    /// # Errors
    /// As there.
    pub fn for_batches(&self, columns: &[usize], mut each: impl FnMut(RecordBatch) -> Result<bool>) -> Result<()> {
        let at = (self.origin, self.object.url.as_str());
        let mut stream = decoded(at, || {
            let reader = reader(&self.store, &self.object);
            let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, self.metadata.clone());
            let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
            builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()
        })?;
        while let Some(batch) = decoded(at, || self.store.runtime().block_on(stream.try_next()))? {
            if !each(batch)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Every row of a published table, by its path below the run's folder; empty where the run has no such table.
///
/// # Errors
/// `PublishedDamaged` where the file is gone or unreadable, `Moved`, `Unavailable`.
pub fn read_published(store: &Store, record: &Record, path: &str) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    published(store, record, path, |batch| {
        batches.push(batch);
        Ok(())
    })?;
    Ok(batches)
}

/// The rows of a published table that hold this text in this column.
///
/// # Errors
/// As `read_published`.
pub fn read_published_where(
    store: &Store,
    record: &Record,
    path: &str,
    column: &str,
    text: &str,
) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    published(store, record, path, |batch| {
        let found = batch.column_by_name(column).map(|c| c.as_string::<i32>());
        let mask: BooleanArray =
            found.into_iter().flat_map(|c| c.iter()).map(|value| Some(value == Some(text))).collect();
        if mask.true_count() > 0 {
            let failed = |e: ArrowError| Error::columns(path, &e);
            batches.push(filter_record_batch(&batch, &mask).map_err(failed)?);
        }
        Ok(())
    })?;
    Ok(batches)
}

fn published(store: &Store, record: &Record, path: &str, each: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let ending = format!("{}/{path}", record.run_id);
    let Some(file) = record.files.iter().find(|f| f.path.ends_with(&ending)) else { return Ok(()) };
    let gone = || Error::PublishedDamaged { object: store.url_of(&file.path), damage: Damage::Gone };
    let source = Source::open_published(store, store.pin_one(&file.path)?.ok_or_else(gone)?)?;
    let all: Vec<usize> = (0..source.schema().fields().len()).collect();
    source.for_each_batch(&all, each)
}

/// Spark writes instants as INT96 unless it is told otherwise. As nanoseconds they end in 2262, and 9999-12-31 would come
/// round as a day in 1816: they are read as microseconds of UTC.
fn with_wide_instants(metadata: ArrowReaderMetadata) -> parquet::errors::Result<ArrowReaderMetadata> {
    let schema = metadata.schema();
    let roots = metadata.metadata().file_metadata().schema_descr().root_schema().get_fields();
    let is_int96: Vec<bool> =
        roots.iter().map(|root| root.is_primitive() && root.get_physical_type() == PhysicalType::INT96).collect();
    if !is_int96.contains(&true) || roots.len() != schema.fields().len() {
        return Ok(metadata);
    }
    let kind = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let widened = |(field, is_int96): (&Arc<Field>, &bool)| match is_int96 {
        true => Arc::new(field.as_ref().clone().with_data_type(kind.clone())),
        false => Arc::clone(field),
    };
    let fields: Vec<Arc<Field>> = schema.fields().iter().zip(&is_int96).map(widened).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), ArrowReaderOptions::new().with_schema(schema))
}

fn reader(store: &Store, object: &Pinned) -> PinnedReader {
    PinnedReader { store: Arc::clone(store.objects()), object: object.clone() }
}

/// Reads ranges of a pinned object; every read carries `if_match`, so bytes of two versions are never mixed.
struct PinnedReader {
    store: Arc<dyn ObjectStore>,
    object: Pinned,
}

impl PinnedReader {
    /// A store gives what there is of a range; the decoder takes it for granted that it is all.
    async fn get(&self, range: Range<u64>) -> parquet::errors::Result<Bytes> {
        if range.end > self.object.size {
            let what = format!("bytes {range:?} of {}", self.object.size);
            return Err(ParquetError::EOF(what));
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: self.object.e_tag.clone(),
            version: self.object.version.clone(),
            ..Default::default()
        };
        let found = self.store.get_opts(&self.object.path, options).await;
        found.map_err(external)?.bytes().await.map_err(external)
    }
}

impl AsyncFileReader for PinnedReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.get(range).boxed()
    }

    /// The column chunks of a row group lie side by side: together they are a read or two, not one each.
    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        let this = &*self;
        async move { coalesce_ranges(&ranges, |range| this.get(range), GAP_BYTES).await }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let size = self.object.size;
            let reader = ParquetMetaDataReader::new().with_prefetch_hint(Some(FOOTER_BYTES));
            reader.load_and_finish(self, size).await.map(Arc::new)
        }
        .boxed()
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// What the decoder makes of a file; it panics at some that are damaged.
fn decoded<T>(at: (Origin, &str), decode: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T> {
    let panicked = || Err(ParquetError::General("the decoder panicked".to_owned()));
    panics::contain(decode).unwrap_or_else(panicked).map_err(|e| read_error(at, &e))
}

/// Tells a moved object from a damaged one; the engine's own text can hold values and is not shown.
fn read_error((origin, url): (Origin, &str), error: &ParquetError) -> Error {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        match cause.downcast_ref::<object_store::Error>() {
            Some(object_store::Error::Precondition { .. } | object_store::Error::NotFound { .. }) => {
                return Error::Moved { object: url.to_owned() };
            }
            Some(_) => {
                return Error::Unavailable { object: url.to_owned(), what: "reading failed".to_owned() };
            }
            None => source = cause.source(),
        }
    }
    let why = match error {
        ParquetError::EOF(_) => Unreadable::CutShort,
        ParquetError::NYI(_) => Unreadable::UnknownFeature,
        _ => Unreadable::NotParquet,
    };
    origin.unreadable(url, why)
}

/// What a finished file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it stands, in scratch.
    pub path: PathBuf,
    /// Rows or lines.
    pub rows: u64,
    /// Bytes.
    pub size: u64,
    /// Of its bytes, as hex.
    pub sha256: String,
}

/// A file that hashes what goes through it.
pub struct HashingFile {
    file: std::io::BufWriter<File>,
    hasher: Sha256,
    size: u64,
}

impl HashingFile {
    /// # Errors
    /// `File` where it cannot be created.
    pub fn create(path: &FilePath) -> Result<HashingFile> {
        let file = File::create(path).map_err(Error::file(path))?;
        Ok(HashingFile { file: std::io::BufWriter::with_capacity(1 << 20, file), hasher: Sha256::new(), size: 0 })
    }

    /// Flushes; returns size and SHA-256 of everything written.
    ///
    /// # Errors
    /// That of the last write, such as a full disk.
    pub fn finish(mut self) -> std::io::Result<(u64, String)> {
        self.file.flush()?;
        Ok((self.size, hex(&self.hasher.finalize())))
    }
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Writes one table into one file; the same rows give the same bytes, however they are cut into batches.
pub struct TableWriter {
    path: PathBuf,
    schema: SchemaRef,
    chunks: BatchCoalescer,
    writer: ArrowWriter<HashingFile>,
    rows: u64,
}

impl TableWriter {
    /// Opens the file before the work starts, so that a full disk shows early.
    ///
    /// # Errors
    /// `File` where it cannot be created.
    pub fn create(path: &FilePath, schema: SchemaRef) -> Result<TableWriter> {
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        let options = parquet::arrow::arrow_writer::ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true);
        let file = HashingFile::create(path)?;
        let writer =
            ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options).map_err(|e| failed(path, &e))?;
        let chunks = BatchCoalescer::new(Arc::clone(&schema), CHUNK_ROWS);
        Ok(TableWriter { path: path.to_owned(), schema, chunks, writer, rows: 0 })
    }

    /// Adds rows; their columns are found by name and may stand in any order.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    /// use regua::{contract, io::parquet::TableWriter};
    /// let folder = tempfile::tempdir()?;
    /// let mut writer = TableWriter::create(&folder.path().join("items.parquet"), contract::ITEMS.schema())?;
    /// let rows = RecordBatch::try_from_iter([("bucket_no", Arc::new(Int64Array::from(vec![0])) as ArrayRef)])?;
    /// let refused = writer.write(&rows).unwrap_err().to_string();
    /// assert!(refused.contains("column as_of_date is missing"), "{refused}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Internal` where the rows do not fit the schema, `File` where the disk is full.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = conformed(batch, &self.schema).map_err(|e| self.refused(&e))?;
        self.rows += batch.num_rows() as u64;
        self.chunks.push_batch(batch).map_err(|e| self.refused(&e))?;
        self.drain()
    }

    fn refused(&self, error: &ArrowError) -> Error {
        Error::columns(self.path.display().to_string(), error)
    }

    fn drain(&mut self) -> Result<()> {
        while let Some(chunk) = self.chunks.next_completed_batch() {
            self.writer.write(&chunk).map_err(|e| failed(&self.path, &e))?;
        }
        Ok(())
    }

    /// # Errors
    /// As `write`.
    pub fn finish(mut self) -> Result<Written> {
        self.chunks.finish_buffered_batch().map_err(|e| self.refused(&e))?;
        self.drain()?;
        let file = self.writer.into_inner().map_err(|e| failed(&self.path, &e))?;
        let (size, sha256) = file.finish().map_err(Error::file(&self.path))?;
        Ok(Written { path: self.path, rows: self.rows, size, sha256 })
    }
}

/// The batch under the contract's schema: the same columns by name, cast where the engine widened them.
///
/// # Errors
/// Where a column is missing or cannot be cast without loss.
pub fn conformed(batch: &RecordBatch, schema: &SchemaRef) -> arrow::error::Result<RecordBatch> {
    let column = |field: &Arc<Field>| {
        let column = batch
            .column_by_name(field.name())
            .ok_or_else(|| arrow::error::ArrowError::SchemaError(format!("column {} is missing", field.name())))?;
        match column.data_type() == field.data_type() {
            true => Ok(Arc::clone(column)),
            false => cast(column, field.data_type()),
        }
    };
    let columns: arrow::error::Result<Vec<_>> = schema.fields().iter().map(column).collect();
    RecordBatch::try_new(Arc::clone(schema), columns?)
}

fn failed(path: &FilePath, error: &ParquetError) -> Error {
    // The writer's own text may quote what it was writing; a full disk is what a person can do something about.
    match error {
        ParquetError::External(source) => {
            Error::File { path: path.to_owned(), source: std::io::Error::other(source.to_string()) }
        }
        _ => Error::Internal { object: path.display().to_string(), what: "its rows do not fit the table".to_owned() },
    }
}
