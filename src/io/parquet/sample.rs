//! A first look into a Parquet object. Pages are fetched as they are decoded, so the first rows of a row group cost a page
//! or two of each column, however large the group is.

use std::io::{BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use tokio::runtime::Handle;

use super::{PinnedReader, Source, decoded, reader};
use crate::error::Result;

/// Bytes that are fetched at once of a page that is read from its start.
const WINDOW_BYTES: usize = 128 * 1024;

impl Source {
    /// Some rows of these columns: the first of the file, and the first of its last row group.
    ///
    /// # Errors
    /// As `for_each_batch`.
    pub fn sample(&self, columns: &[usize], rows_max: usize) -> Result<Vec<RecordBatch>> {
        let at = (self.origin, self.object.url.as_str());
        let groups = self.metadata.metadata().num_row_groups();
        let picked = if groups > 1 { vec![0, groups - 1] } else { (0..groups).collect() };
        let rows = rows_max / picked.len().max(1);
        let mut batches = Vec::new();
        for group in picked {
            let pages = Pages {
                reader: Arc::new(reader(&self.store, &self.object)),
                runtime: self.store.runtime().clone(),
                failed: Arc::default(),
            };
            let failed = Arc::clone(&pages.failed);
            // Of an error below it Arrow keeps the words alone.
            let cause = |error: ArrowError| {
                let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
                failed.unwrap_or_else(|| ParquetError::from(error))
            };
            let mut read = decoded(at, || {
                let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(pages, self.metadata.clone());
                let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
                let builder = builder.with_projection(mask).with_row_groups(vec![group]);
                builder.with_limit(rows).with_batch_size(rows).build()
            })?;
            while let Some(batch) = decoded(at, || read.next().transpose().map_err(&cause))? {
                batches.push(batch);
            }
        }
        Ok(batches)
    }
}

/// The bytes of a pinned object, for a decoder that asks for them page by page.
struct Pages {
    reader: Arc<PinnedReader>,
    runtime: Handle,
    /// Why the store did not give them.
    failed: Arc<Mutex<Option<ParquetError>>>,
}

impl Pages {
    fn fetch(&self, from: u64, bytes: u64) -> parquet::errors::Result<Bytes> {
        // A page of nulls has no bytes, and a store refuses to read none.
        if bytes == 0 {
            return Ok(Bytes::new());
        }
        self.runtime.block_on(self.reader.get(from..from + bytes)).map_err(|error| {
            let words = ParquetError::General(error.to_string());
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            words
        })
    }
}

impl Length for Pages {
    fn len(&self) -> u64 {
        self.reader.object.size
    }
}

impl ChunkReader for Pages {
    type T = BufReader<FromHere>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let pages =
            Pages { reader: Arc::clone(&self.reader), runtime: self.runtime.clone(), failed: Arc::clone(&self.failed) };
        Ok(BufReader::with_capacity(WINDOW_BYTES, FromHere { pages, at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        self.fetch(start, length as u64)
    }
}

/// Reads on from a place, a window at a time.
struct FromHere {
    pages: Pages,
    at: u64,
}

impl Read for FromHere {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = self.pages.len().saturating_sub(self.at);
        let bytes = left.min(into.len() as u64);
        if bytes == 0 {
            return Ok(0);
        }
        let fetched = self.pages.fetch(self.at, bytes).map_err(std::io::Error::other)?;
        into[..fetched.len()].copy_from_slice(&fetched);
        self.at += fetched.len() as u64;
        Ok(fetched.len())
    }
}
