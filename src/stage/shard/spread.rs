//! The one pass over the inputs: rows are gathered, sorted by shard, and appended to that shard's scratch file.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;

use super::claims::ClaimWriter;
use super::{Groups, History, Totals, group_key, group_text, hash_of, history, scratch_path, shard_of, totals};
use crate::error::{Error, Result};
use crate::io::parquet::Source;
use crate::progress::Progress;
use crate::stage::{BadRow, Snapshot, Snapshots};

/// Rows that are gathered before they are cut by shard: few large writes instead of many small ones.
const GATHER_ROWS: usize = 65_536;
/// Tables without a debtor: every shard would need all of them, and no shard model reads them.
const SHARED: [&str; 3] = ["fx_rates", "index_rates", "holidays"];

pub(super) struct Spreader<'a> {
    pub folder: &'a Path,
    pub shards: u32,
    pub progress: &'a dyn Progress,
    pub default_currency: &'a str,
    pub as_of_day: i32,
}

/// What the pass found.
#[derive(Default)]
pub(super) struct Outcome {
    pub bad: Vec<BadRow>,
    pub totals: Totals,
    pub rounded: u64,
    pub schemas: BTreeMap<&'static str, SchemaRef>,
}

impl Spreader<'_> {
    /// Debtors and agreements first, because the other tables travel with them; then the rest, side by side.
    pub(super) fn all(&self, snapshots: &Snapshots, history: &History, workers: usize) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        let (mut groups, mut agreements) = (Groups::default(), HashMap::new());
        if let Some(debtors) = snapshots.get("debtors") {
            self.debtors(debtors, &mut groups, &mut outcome)?;
        }
        if let Some(table) = snapshots.get("agreements") {
            self.agreements(table, &groups, &mut agreements, &mut outcome)?;
        }
        let done = ["debtors", "agreements"];
        let mut rest: Vec<&Snapshot> = snapshots
            .tables
            .iter()
            .filter(|t| !done.contains(&t.table.name) && !SHARED.contains(&t.table.name))
            .collect();
        rest.sort_by_key(|t| t.rows());
        let queue = Mutex::new(rest);
        let outcomes: Vec<Result<Outcome>> = std::thread::scope(|scope| {
            let work = || {
                let mut outcome = Outcome::default();
                // A statement of its own: in the head of a loop the lock would be held through the body.
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some(snapshot) = next() {
                    self.by_debtor(snapshot, &groups, &agreements, &mut outcome)?;
                }
                Ok(outcome)
            };
            let threads: Vec<_> = (0..workers.max(1)).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        for found in outcomes {
            outcome.merge(found?);
        }
        self.history(&history.actions, &groups, &mut outcome)?;
        self.positions(&history.positions, &groups, &mut outcome)?;
        outcome.bad.sort();
        Ok(outcome)
    }

    fn debtors(&self, snapshot: &Snapshot, groups: &mut Groups, outcome: &mut Outcome) -> Result<()> {
        let mut writers = Writers::new(self, "debtors");
        snapshot.for_each_batch(|conformed| {
            outcome.take(conformed.bad, conformed.rounded);
            let text = |name: &str| conformed.batch.column_by_name(name).map(|c| c.as_string::<i32>().clone());
            let (ids, named, taxes) = (text("debtor_id"), text("group_id"), text("tax_id"));
            let optional =
                |a: &Option<StringArray>, row| a.as_ref().filter(|a| a.is_valid(row)).map(|a| a.value(row).to_owned());
            let mut texts = Vec::with_capacity(conformed.batch.num_rows());
            let mut keys = Vec::with_capacity(conformed.batch.num_rows());
            for row in 0..conformed.batch.num_rows() {
                let id = optional(&ids, row).unwrap_or_default();
                let text = group_text(&id, optional(&named, row).as_deref(), optional(&taxes, row).as_deref());
                let key = group_key(&text);
                groups.0.insert(hash_of(&id), key);
                keys.push(key);
                texts.push(text);
            }
            let texts: ArrayRef = Arc::new(StringArray::from(texts));
            writers.push(with_column(&conformed.batch, "group_text", texts)?, keys)
        })?;
        writers.finish(outcome)
    }

    fn agreements(
        &self,
        snapshot: &Snapshot,
        groups: &Groups,
        agreements: &mut HashMap<u64, i64>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut writers = Writers::new(self, "agreements");
        snapshot.for_each_batch(|conformed| {
            outcome.take(conformed.bad, conformed.rounded);
            let keys = debtor_keys(&conformed.batch, groups);
            if let Some(ids) = conformed.batch.column_by_name("agreement_id") {
                let ids = ids.as_string::<i32>();
                agreements.extend(ids.iter().zip(&keys).filter_map(|(id, key)| Some((hash_of(id?), *key))));
            }
            writers.push(conformed.batch, keys)
        })?;
        writers.finish(outcome)
    }

    fn by_debtor(
        &self,
        snapshot: &Snapshot,
        groups: &Groups,
        agreements: &HashMap<u64, i64>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut writers = Writers::new(self, snapshot.table.name);
        let mut claims = ClaimWriter::new(self.folder, snapshot.table.name, self.shards, self.default_currency);
        snapshot.for_each_batch(|conformed| {
            outcome.take(conformed.bad, conformed.rounded);
            let batch = &conformed.batch;
            totals::add(snapshot.table.name, batch, self.as_of_day, self.default_currency, &mut outcome.totals);
            claims.push(batch)?;
            let keys = match conformed.batch.column_by_name("debtor_id") {
                Some(_) => debtor_keys(&conformed.batch, groups),
                None => agreement_keys(&conformed.batch, agreements),
            };
            writers.push(conformed.batch, keys)
        })?;
        claims.finish()?;
        writers.finish(outcome)
    }

    /// The actions of earlier runs and what they named, as tables of their own.
    fn history(&self, sources: &[Source], groups: &Groups, outcome: &mut Outcome) -> Result<()> {
        let (mut actions, mut items) = (Writers::new(self, "actions"), Writers::new(self, "action_items"));
        for source in sources {
            for_each_batch(source, &history::columns(), |batch| {
                actions.push(history::actions(&batch)?, debtor_keys(&batch, groups))?;
                let named = history::action_items(&batch)?;
                let keys = debtor_keys(&named, groups);
                items.push(named, keys)
            })?;
        }
        actions.finish(outcome)?;
        items.finish(outcome)?;
        outcome.schemas.insert("actions", history::actions_schema());
        outcome.schemas.insert("action_items", history::action_items_schema());
        Ok(())
    }

    /// Where the accounts stood in the last run, as a table of its own.
    fn positions(&self, sources: &[Source], groups: &Groups, outcome: &mut Outcome) -> Result<()> {
        let mut writers = Writers::new(self, "positions");
        for source in sources {
            for_each_batch(source, &history::position_columns(), |batch| {
                let keys = debtor_keys(&batch, groups);
                writers.push(history::positions(&batch)?, keys)
            })?;
        }
        writers.finish(outcome)?;
        outcome.schemas.insert("positions", history::positions_schema());
        Ok(())
    }
}

/// Reads these columns of a published table.
fn for_each_batch(source: &Source, columns: &[String], each: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let mut positions: Vec<usize> = columns.iter().filter_map(|n| source.schema().index_of(n).ok()).collect();
    positions.sort_unstable();
    source.for_each_batch(&positions, each)
}

impl Outcome {
    fn take(&mut self, bad: Vec<BadRow>, rounded: u64) {
        self.bad.extend(bad);
        self.rounded += rounded;
    }

    fn merge(&mut self, other: Outcome) {
        self.take(other.bad, other.rounded);
        for (key, sum) in other.totals {
            *self.totals.entry(key).or_default() += sum;
        }
        self.schemas.extend(other.schemas);
    }
}

fn debtor_keys(batch: &RecordBatch, groups: &Groups) -> Vec<i64> {
    let Some(ids) = batch.column_by_name("debtor_id") else { return vec![0; batch.num_rows()] };
    ids.as_string::<i32>().iter().map(|id| groups.key_of(id.unwrap_or_default())).collect()
}

/// Items of an agreement travel with the debtor who agreed; without one they reach nobody.
fn agreement_keys(batch: &RecordBatch, agreements: &HashMap<u64, i64>) -> Vec<i64> {
    let Some(ids) = batch.column_by_name("agreement_id") else { return vec![0; batch.num_rows()] };
    let key = |id: Option<&str>| id.and_then(|id| agreements.get(&hash_of(id)).copied()).unwrap_or(0);
    ids.as_string::<i32>().iter().map(key).collect()
}

fn with_column(batch: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let mut fields = batch.schema().fields().to_vec();
    fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
    let columns = batch.columns().iter().cloned().chain([column]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(failed)
}

fn failed(error: arrow::error::ArrowError) -> Error {
    Error::columns("scratch", &error)
}

/// The scratch files of one table, one per shard, opened when the first row comes.
struct Writers<'a> {
    spreader: &'a Spreader<'a>,
    table: &'static str,
    gathered: Vec<RecordBatch>,
    keys: Vec<i64>,
    schema: Option<SchemaRef>,
    files: Vec<Option<StreamWriter<BufWriter<File>>>>,
}

impl<'a> Writers<'a> {
    fn new(spreader: &'a Spreader<'a>, table: &'static str) -> Self {
        let files = (0..spreader.shards).map(|_| None).collect();
        Writers { spreader, table, gathered: Vec::new(), keys: Vec::new(), schema: None, files }
    }

    fn push(&mut self, batch: RecordBatch, keys: Vec<i64>) -> Result<()> {
        self.spreader.progress.advance(keys.len() as u64);
        let column: ArrayRef = Arc::new(Int64Array::from(keys.clone()));
        self.gathered.push(with_column(&batch, "group_key", column)?);
        self.keys.extend(keys);
        if self.keys.len() >= GATHER_ROWS { self.flush() } else { Ok(()) }
    }

    /// Sorts the gathered rows by shard (a counting sort) and appends each shard's slice to its file.
    fn flush(&mut self) -> Result<()> {
        let Some(first) = self.gathered.first() else { return Ok(()) };
        let schema = first.schema();
        let all = concat_batches(&schema, &self.gathered).map_err(failed)?;
        let shards = self.spreader.shards;
        let of_row: Vec<u32> = self.keys.iter().map(|key| shard_of(*key, shards)).collect();
        let mut ends = vec![0usize; shards as usize + 1];
        of_row.iter().for_each(|shard| ends[*shard as usize + 1] += 1);
        (1..ends.len()).for_each(|i| ends[i] += ends[i - 1]);
        let mut next = ends.clone();
        let mut order = vec![0u32; of_row.len()];
        for (row, shard) in of_row.iter().enumerate() {
            order[next[*shard as usize]] = row as u32;
            next[*shard as usize] += 1;
        }
        let sorted = take_record_batch(&all, &UInt32Array::from(order)).map_err(failed)?;
        for shard in 0..shards {
            let (start, end) = (ends[shard as usize], ends[shard as usize + 1]);
            if start < end {
                self.file(shard, &schema)?.write(&sorted.slice(start, end - start)).map_err(failed)?;
            }
        }
        self.schema = Some(schema);
        self.gathered.clear();
        self.keys.clear();
        Ok(())
    }

    fn file(&mut self, shard: u32, schema: &SchemaRef) -> Result<&mut StreamWriter<BufWriter<File>>> {
        let slot = &mut self.files[shard as usize];
        if slot.is_none() {
            let path = scratch_path(self.spreader.folder, self.table, shard);
            let file = File::create(&path).map_err(Error::file(&path))?;
            *slot = Some(StreamWriter::try_new(BufWriter::with_capacity(1 << 16, file), schema).map_err(failed)?);
        }
        slot.as_mut().ok_or_else(|| failed(arrow::error::ArrowError::IpcError("no writer".to_owned())))
    }

    fn finish(mut self, outcome: &mut Outcome) -> Result<()> {
        self.flush()?;
        for file in self.files.iter_mut().flatten() {
            file.finish().map_err(failed)?;
        }
        outcome.schemas.insert(self.table, self.schema.take().unwrap_or_else(|| empty_schema(self.table)));
        Ok(())
    }
}

/// The schema of a table without rows: the contract's columns, and those that this pass adds.
fn empty_schema(table: &str) -> SchemaRef {
    let columns = crate::contract::input(table).map_or(&[][..], |t| t.columns);
    let mut fields: Vec<Field> = columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect();
    let ints = ["source_row", "key_hash", "group_key"];
    fields.extend(ints.map(|name| Field::new(name, DataType::Int64, false)));
    fields.push(Field::new("occurred_on", DataType::Date32, true));
    fields.push(Field::new("group_text", DataType::Utf8, true));
    Arc::new(Schema::new(fields))
}
