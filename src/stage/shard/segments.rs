//! Scratch files in which rows lie by shard: one file per table, however many shards there are.
//!
//! A file per table and shard would need more open files than a process may have. Instead, every flush appends one
//! segment per shard, and where each lies is kept in memory: some sixteen bytes for thousands of rows.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::FileDecoder;
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions, write_message};
use arrow::ipc::{Block, MetadataVersion};

use crate::error::{Error, Result};

const BUFFER_BYTES: usize = 1 << 20;

/// Where one segment lies: offset, bytes of its head, bytes of its body.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    head: u32,
    body: u64,
}

/// A file that grows by segments.
struct Appender {
    path: PathBuf,
    file: BufWriter<File>,
    offset: u64,
}

impl Appender {
    fn create(path: PathBuf) -> Result<Appender> {
        let file = File::options().create_new(true).read(true).write(true).open(&path).map_err(Error::file(&path))?;
        Ok(Appender { path, file: BufWriter::with_capacity(BUFFER_BYTES, file), offset: 0 })
    }

    fn place(&mut self, head: usize, body: usize) -> Place {
        let place = Place { offset: self.offset, head: head as u32, body: body as u64 };
        self.offset += (head + body) as u64;
        place
    }

    fn finish(self) -> Result<(PathBuf, File)> {
        let Appender { path, file, .. } = self;
        let file = file.into_inner().map_err(|e| Error::file(&path)(e.into_error()))?;
        Ok((path, file))
    }
}

/// Writes the rows of one table by shard.
pub(super) struct RowsWriter {
    to: Appender,
    schema: Option<SchemaRef>,
    places: Vec<Vec<Place>>,
    options: IpcWriteOptions,
    context: IpcWriteContext,
}

/// The rows of one table, to be read shard by shard from any thread.
#[derive(Debug)]
pub(super) struct Rows {
    path: PathBuf,
    file: File,
    schema: Option<SchemaRef>,
    places: Vec<Vec<Place>>,
}

impl RowsWriter {
    pub(super) fn create(folder: &Path, table: &str, shards: u32) -> Result<RowsWriter> {
        let to = Appender::create(folder.join(format!("{table}.rows")))?;
        let places = vec![Vec::new(); shards as usize];
        Ok(RowsWriter { to, schema: None, places, options: IpcWriteOptions::default(), context: Default::default() })
    }

    pub(super) fn write(&mut self, shard: u32, batch: &RecordBatch) -> Result<()> {
        self.schema.get_or_insert_with(|| batch.schema());
        // No dictionary ever reaches scratch: texts are plain by the contract.
        let mut dictionaries = DictionaryTracker::new(true);
        let encoded = IpcDataGenerator::default().encode(batch, &mut dictionaries, &self.options, &mut self.context);
        let (_, encoded) = encoded.map_err(failed)?;
        let (head, body) = write_message(&mut self.to.file, encoded, &self.options).map_err(failed)?;
        let place = self.to.place(head, body);
        self.places[shard as usize].push(place);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Rows> {
        let (path, file) = self.to.finish()?;
        Ok(Rows { path, file, schema: self.schema, places: self.places })
    }
}

impl Rows {
    pub(super) fn has_any(&self, shard: u32) -> bool {
        !self.places[shard as usize].is_empty()
    }

    /// The rows of one shard, in the order in which they were written.
    pub(super) fn read(&self, shard: u32) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        self.for_each(shard, |batch| {
            batches.push(batch);
            Ok(())
        })?;
        Ok(batches)
    }

    /// The same, one batch after the other.
    pub(super) fn for_each(&self, shard: u32, mut each: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        let Some(schema) = &self.schema else { return Ok(()) };
        let decoder = FileDecoder::new(SchemaRef::clone(schema), MetadataVersion::V5);
        for place in &self.places[shard as usize] {
            let mut bytes = vec![0; place.head as usize + place.body as usize];
            self.file.read_exact_at(&mut bytes, place.offset).map_err(Error::file(&self.path))?;
            let block = Block::new(0, place.head as i32, place.body as i64);
            let batch = decoder.read_record_batch(&block, &Buffer::from_vec(bytes)).map_err(failed)?;
            batch.map_or(Ok(()), &mut each)?;
        }
        Ok(())
    }
}

/// Writes records of `N` numbers by partition; they are gathered and cut by partition now and then.
pub(super) struct RecordsWriter<const N: usize> {
    to: Appender,
    gathered: Vec<(u32, [u64; N])>,
    places: Vec<Vec<Place>>,
}

/// Records of `N` numbers, to be read partition by partition.
#[derive(Debug)]
pub(super) struct Records<const N: usize> {
    path: PathBuf,
    file: File,
    places: Vec<Vec<Place>>,
}

/// Records that are gathered before they are cut by partition.
const GATHER_RECORDS: usize = 1 << 16;

impl<const N: usize> RecordsWriter<N> {
    pub(super) fn create(folder: &Path, name: &str, partitions: u32) -> Result<RecordsWriter<N>> {
        let to = Appender::create(folder.join(format!("{name}.records")))?;
        Ok(RecordsWriter { to, gathered: Vec::new(), places: vec![Vec::new(); partitions as usize] })
    }

    pub(super) fn push(&mut self, partition: u32, record: [u64; N]) -> Result<()> {
        self.gathered.push((partition, record));
        if self.gathered.len() >= GATHER_RECORDS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        // Stable: within a partition the records stay in the order in which they came.
        self.gathered.sort_by_key(|(partition, _)| *partition);
        let gathered = std::mem::take(&mut self.gathered);
        for slice in gathered.chunk_by(|(a, _), (b, _)| a == b) {
            for number in slice.iter().flat_map(|(_, record)| record) {
                self.to.file.write_all(&number.to_le_bytes()).map_err(Error::file(&self.to.path))?;
            }
            let place = self.to.place(0, slice.len() * N * 8);
            self.places[slice[0].0 as usize].push(place);
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Records<N>> {
        self.flush()?;
        let (path, file) = self.to.finish()?;
        Ok(Records { path, file, places: self.places })
    }
}

impl<const N: usize> Records<N> {
    pub(super) fn is_empty(&self, partition: u32) -> bool {
        self.places[partition as usize].is_empty()
    }

    /// Hands out the records of one partition in the order in which they came.
    pub(super) fn for_each(&self, partition: u32, mut each: impl FnMut([u64; N])) -> Result<()> {
        let mut bytes = Vec::new();
        for place in &self.places[partition as usize] {
            bytes.resize(place.body as usize, 0);
            self.file.read_exact_at(&mut bytes, place.offset).map_err(Error::file(&self.path))?;
            for record in bytes.chunks_exact(N * 8) {
                let mut numbers = [0; N];
                for (number, bytes) in numbers.iter_mut().zip(record.chunks_exact(8)) {
                    *number = bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
                }
                each(numbers);
            }
        }
        Ok(())
    }
}

fn failed(error: ArrowError) -> Error {
    Error::columns("scratch", &error)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn batch(numbers: &[i64], texts: &[Option<&str>]) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        RecordBatch::try_from_iter_with_nullable([("number", numbers, true), ("text", texts, true)]).unwrap()
    }

    #[test]
    fn rows_come_back_by_shard_in_the_order_in_which_they_went() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = RowsWriter::create(folder.path(), "invoices", 3).unwrap();
        let all = batch(&[1, 2, 3, 4], &[Some("a"), None, Some(""), Some("Ação")]);
        writer.write(2, &all.slice(0, 1)).unwrap();
        writer.write(0, &all.slice(1, 1)).unwrap();
        writer.write(2, &all.slice(2, 2)).unwrap();
        let rows = writer.finish().unwrap();
        assert_eq!(rows.read(0).unwrap(), [batch(&[2], &[None])]);
        assert_eq!(rows.read(1).unwrap(), []);
        assert_eq!(rows.read(2).unwrap(), [batch(&[1], &[Some("a")]), batch(&[3, 4], &[Some(""), Some("Ação")])]);
    }

    #[test]
    fn records_come_back_by_partition() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = RecordsWriter::<2>::create(folder.path(), "keys", 5).unwrap();
        for n in 0..200_000u64 {
            writer.push((n % 4) as u32, [n, u64::MAX - n]).unwrap();
        }
        let records = writer.finish().unwrap();
        let mut third = Vec::new();
        records.for_each(3, |record| third.push(record)).unwrap();
        let expected: Vec<[u64; 2]> = (0..50_000).map(|n| [4 * n + 3, u64::MAX - (4 * n + 3)]).collect();
        assert_eq!(third, expected);
        assert!(records.is_empty(4));
    }
}
