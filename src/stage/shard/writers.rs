//! Rows on their way to scratch: gathered, sorted by shard, and appended shard by shard.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};

use super::outcome::Outcome;
use super::segments::{Rows, RowsWriter};
use super::spread::Spreader;
use super::{failed, shard_of, with_column};
use crate::error::Result;
use crate::runtime::progress::Progress;

/// Rows that are gathered before they are cut by shard: few large writes instead of many small ones.
const GATHER_ROWS: usize = 65_536;

/// The rows of one table, gathered and cut by shard.
pub(super) struct Writers<'a> {
    progress: &'a dyn Progress,
    table: &'static str,
    shards: u32,
    gathered: Vec<RecordBatch>,
    keys: Vec<i64>,
    rows: RowsWriter,
}

impl<'a> Writers<'a> {
    pub(super) fn new(spreader: &Spreader<'a>, table: &'static str) -> Result<Writers<'a>> {
        Writers::create(spreader.folder, table, table, spreader.shards, spreader.progress)
    }

    pub(super) fn create(
        folder: &Path,
        table: &'static str,
        file: &str,
        shards: u32,
        progress: &'a dyn Progress,
    ) -> Result<Writers<'a>> {
        let rows = RowsWriter::create(folder, file, shards)?;
        Ok(Writers { progress, table, shards, gathered: Vec::new(), keys: Vec::new(), rows })
    }

    /// Adds rows with the groups that they travel by.
    pub(super) fn push(&mut self, batch: RecordBatch, keys: Vec<i64>) -> Result<()> {
        self.progress.advance(keys.len() as u64);
        let column: ArrayRef = Arc::new(Int64Array::from(keys.clone()));
        self.gathered.push(with_column(&batch, "group_key", column)?);
        self.keys.extend(keys);
        if self.keys.len() >= GATHER_ROWS { self.flush() } else { Ok(()) }
    }

    /// Sorts the gathered rows by shard (a counting sort) and appends each shard's slice.
    fn flush(&mut self) -> Result<()> {
        let Some(first) = self.gathered.first() else { return Ok(()) };
        let all = concat_batches(&first.schema(), &self.gathered).map_err(failed)?;
        let of_row: Vec<u32> = self.keys.iter().map(|key| shard_of(*key, self.shards)).collect();
        let mut ends = vec![0usize; self.shards as usize + 1];
        of_row.iter().for_each(|shard| ends[*shard as usize + 1] += 1);
        (1..ends.len()).for_each(|i| ends[i] += ends[i - 1]);
        let mut next = ends.clone();
        let mut order = vec![0u32; of_row.len()];
        for (row, shard) in of_row.iter().enumerate() {
            order[next[*shard as usize]] = row as u32;
            next[*shard as usize] += 1;
        }
        let sorted = take_record_batch(&all, &UInt32Array::from(order)).map_err(failed)?;
        for shard in 0..self.shards {
            let (start, end) = (ends[shard as usize], ends[shard as usize + 1]);
            if start < end {
                self.rows.write(shard, &sorted.slice(start, end - start))?;
            }
        }
        self.gathered.clear();
        self.keys.clear();
        Ok(())
    }

    /// The rows, to be read shard by shard.
    pub(super) fn rows(mut self) -> Result<Rows> {
        self.flush()?;
        self.rows.finish()
    }

    pub(super) fn finish(self, outcome: &mut Outcome) -> Result<()> {
        let table = self.table;
        outcome.tables.insert(table, self.rows()?);
        Ok(())
    }
}
