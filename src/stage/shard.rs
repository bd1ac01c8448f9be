//! Shard: spreads the snapshots over shards by a stable hash of the debtor's group, so that each shard is a small
//! portfolio of its own.
//!
//! One streaming pass reads every input once and writes Arrow IPC into a scratch folder. A shard is a range of the
//! hash, so the shards in order are the portfolio in order, and one shard or a hundred give the same bytes. On the
//! way, control totals are taken from the rows themselves: the audits compare what SQL made of them.

mod claims;
mod history;
mod spread;
mod totals;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::{Int64Type, SchemaRef};
use arrow::ipc::reader::StreamReader;
use chrono::NaiveDate;
use twox_hash::XxHash64;

pub use history::{action_items_schema, actions_schema, positions_schema};
pub use totals::Totals;

use super::{BadRow, Snapshots, day_number};
use crate::config::{Limits, Plan};
use crate::domain::tax_id::Cnpj;
use crate::error::{Error, Lines, Result};
use crate::io::parquet::Source;
use crate::progress::Progress;
use crate::scratch::Scratch;

const SHARDS_MAX: u64 = 4_096;

/// The spread portfolio, in a scratch folder that goes when this value goes.
#[derive(Debug)]
pub struct Shards {
    folder: Scratch,
    count: u32,
    schemas: BTreeMap<&'static str, SchemaRef>,
    pub bad: Vec<BadRow>,
    /// Debtors that a bad row can touch.
    held: HashSet<String>,
    /// Hashes of invoices that more than one debtor, or currency, claims.
    contested: HashSet<u64>,
    /// What the inputs hold, for the audits to tie the result to.
    pub totals: Totals,
    pub rounded: u64,
    default_currency: String,
    as_of_day: i32,
}

/// What earlier runs published.
#[derive(Debug, Default)]
pub struct History {
    /// Every action that may still matter.
    pub actions: Vec<Source>,
    /// The accounts of the last run.
    pub positions: Vec<Source>,
}

/// One shard's tables in memory.
#[derive(Debug)]
pub struct Shard {
    pub number: u32,
    pub tables: Vec<(&'static str, SchemaRef, Vec<RecordBatch>)>,
    pub clashes: Vec<Clash>,
    /// What the rows with duplicate keys would have added to the control totals.
    pub duplicate_totals: Totals,
    /// Debtors that are held, with their group.
    pub held: Vec<(String, i64)>,
}

/// A row that is bad only in company: its key stands twice, or its invoice is another's.
#[derive(Clone, Debug)]
pub struct Clash {
    pub table: &'static str,
    /// File and row in one number.
    pub source_row: i64,
    pub debtor_id: Option<String>,
    pub reason: &'static str,
}

/// Which group a debtor belongs to: the hash by which its rows travel.
#[derive(Debug, Default)]
pub(super) struct Groups(HashMap<u64, i64>);

impl Groups {
    fn key_of(&self, debtor_id: &str) -> i64 {
        let hash = hash_of(debtor_id);
        self.0.get(&hash).copied().unwrap_or_else(|| group_key(&format!("debtor:{debtor_id}")))
    }
}

fn hash_of(text: &str) -> u64 {
    XxHash64::oneshot(0, text.as_bytes())
}

/// 63 bits, so that the order of the signed column is the order of the shards.
fn group_key(group: &str) -> i64 {
    (hash_of(group) >> 1) as i64
}

/// The shard of a key: shards are equal ranges of the hash.
fn shard_of(group_key: i64, shards: u32) -> u32 {
    ((group_key as u128 * u128::from(shards)) >> 63) as u32
}

/// Group of a debtor: the one the source names, else the CNPJ root, else itself.
fn group_text(debtor_id: &str, group_id: Option<&str>, tax_id: Option<&str>) -> String {
    match (group_id, tax_id.and_then(Cnpj::parse)) {
        (Some(group), _) => format!("group:{group}"),
        (None, Some(cnpj)) => format!("cnpj:{}", cnpj.root()),
        (None, None) => format!("debtor:{debtor_id}"),
    }
}

/// Number of shards: as the configuration says, else so many that one holds `shard_rows_max` rows.
fn shard_count(rows: u64, limits: &Limits) -> u32 {
    let count = rows.div_ceil(limits.shard_rows_max).clamp(1, SHARDS_MAX) as u32;
    limits.shards.unwrap_or(count)
}

/// Spreads every input, the actions published earlier, and the accounts of the last published run.
///
/// # Errors
/// `Contract` where a bad row names no debtor, or where there are more bad rows than the limit allows.
pub fn spread(
    plan: &Plan,
    as_of: NaiveDate,
    snapshots: &Snapshots,
    history: &History,
    progress: &dyn Progress,
) -> Result<Shards> {
    let folder = Scratch::new(plan.limits.scratch_dir.as_deref())?;
    let count = shard_count(snapshots.rows(), &plan.limits);
    progress.begin("spread", snapshots.rows());
    let default_currency = plan.default_currency.to_string();
    let as_of_day = day_number(as_of);
    let spreader = spread::Spreader {
        folder: folder.path(),
        shards: count,
        progress,
        default_currency: &default_currency,
        as_of_day,
    };
    let outcome = spreader.all(snapshots, history, plan.limits.workers)?;
    let faults: Vec<&BadRow> = outcome.bad.iter().filter(|bad| !bad.is_warning).collect();
    check_bad_rows(plan, snapshots, &faults)?;
    let held = outcome.bad.iter().filter_map(|b| b.debtor_id.clone()).collect();
    let contested = claims::contested(folder.path(), count)?;
    let spread::Outcome { bad, totals, rounded, schemas } = outcome;
    Ok(Shards { folder, count, schemas, bad, held, contested, totals, rounded, default_currency, as_of_day })
}

/// Bad rows hold their debtor. One that names none could be about anybody; too many speak of a broken export.
fn check_bad_rows(plan: &Plan, snapshots: &Snapshots, bad: &[&BadRow]) -> Result<()> {
    let place = |b: &BadRow| {
        let url = snapshots.get(b.table).map_or("", |s| s.url(b.file_no));
        format!("{} snapshot {url}: row {}: column {:?} is {}", b.table, b.row_no, b.column, b.value_class)
    };
    let nameless: Vec<String> = bad
        .iter()
        .filter(|b| b.debtor_id.is_none())
        .take(20)
        .map(|b| format!("{}, and the row names no debtor who could be held; correct the export", place(b)))
        .collect();
    if !nameless.is_empty() {
        return Err(Error::Contract(Lines(nameless)));
    }
    let mut by_table: BTreeMap<&str, Vec<&BadRow>> = BTreeMap::new();
    bad.iter().for_each(|b| by_table.entry(b.table).or_default().push(b));
    let share_max = plan.limits.quarantine_share_max;
    let mut errors = Vec::new();
    for (table, bad) in by_table {
        let rows = snapshots.get(table).map_or(0, |s| s.rows());
        if bad.len() as f64 > share_max * rows as f64 {
            errors.push(format!(
                "{table} snapshot: {} of {rows} rows are bad, more than limits.quarantine_share_max = {share_max} allows; \
                 the first: {}; correct the export",
                bad.len(),
                place(bad[0])
            ));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
}

impl Shards {
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Reads one shard, without the rows whose key stands more than once in it.
    pub fn open(&self, number: u32) -> Result<Shard> {
        let mut shard = Shard {
            number,
            tables: Vec::new(),
            clashes: Vec::new(),
            duplicate_totals: Totals::new(),
            held: Vec::new(),
        };
        for (table, schema) in &self.schemas {
            let batches = self.read(table, number)?;
            let (batches, twice, duplicates) = without_duplicates(table, batches)?;
            for batch in &twice {
                totals::add(table, batch, self.as_of_day, &self.default_currency, &mut shard.duplicate_totals);
            }
            shard.clashes.extend(duplicates);
            for batch in &batches {
                let rows = claims::rows_about(batch, &self.contested).into_iter();
                shard.clashes.extend(rows.filter_map(|row| clash(table, batch, row, "contested_invoice")));
            }
            shard.tables.push((table, Arc::clone(schema), batches));
        }
        let clashing = shard.clashes.iter().filter_map(|c| c.debtor_id.clone());
        let with_group = |debtor_id: String| (debtor_id.clone(), group_key(&format!("debtor:{debtor_id}")));
        shard.held = self.held.iter().cloned().chain(clashing).map(with_group).collect();
        shard.held.sort();
        shard.held.dedup();
        Ok(shard)
    }

    fn read(&self, table: &str, number: u32) -> Result<Vec<RecordBatch>> {
        let path = scratch_path(self.folder.path(), table, number);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::file(path)(e)),
        };
        let damaged =
            |e: arrow::error::ArrowError| Error::Damaged { object: path.display().to_string(), what: e.to_string() };
        let reader = StreamReader::try_new(BufReader::with_capacity(1 << 20, file), None).map_err(damaged)?;
        reader.collect::<std::result::Result<Vec<_>, _>>().map_err(damaged)
    }
}

fn scratch_path(folder: &std::path::Path, table: &str, shard: u32) -> PathBuf {
    folder.join(format!("{table}-{shard:05}.arrow"))
}

/// Takes out every row whose key stands more than once: which of them is right, nobody knows.
///
/// Returns the good rows, the others, and where the others came from.
fn without_duplicates(
    table: &'static str,
    batches: Vec<RecordBatch>,
) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>, Vec<Clash>)> {
    let mut seen: HashMap<i64, bool> = HashMap::new();
    for batch in &batches {
        let Some(keys) = batch.column_by_name("key_hash") else { return Ok((batches, Vec::new(), Vec::new())) };
        for key in keys.as_primitive::<Int64Type>().values() {
            seen.entry(*key).and_modify(|twice| *twice = true).or_insert(false);
        }
    }
    if !seen.values().any(|twice| *twice) {
        return Ok((batches, Vec::new(), Vec::new()));
    }
    let (mut good, mut twice, mut duplicates) = (Vec::with_capacity(batches.len()), Vec::new(), Vec::new());
    for batch in batches {
        let Some(keys) = batch.column_by_name("key_hash").map(|c| c.as_primitive::<Int64Type>()) else { continue };
        let is_twice = |key: &i64| seen.get(key).copied().unwrap_or(false);
        let rows = keys.values().iter().enumerate().filter(|(_, key)| is_twice(key)).map(|(row, _)| row);
        duplicates.extend(rows.filter_map(|row| clash(table, &batch, row, "duplicate_key")));
        let mask: BooleanArray = keys.values().iter().map(|key| Some(!is_twice(key))).collect();
        let failed = |e: arrow::error::ArrowError| Error::Damaged { object: table.to_owned(), what: e.to_string() };
        good.push(filter_record_batch(&batch, &mask).map_err(failed)?);
        let others = not(&mask).and_then(|mask| filter_record_batch(&batch, &mask));
        twice.push(others.map_err(failed)?);
    }
    Ok((good, twice, duplicates))
}

fn clash(table: &'static str, batch: &RecordBatch, row: usize, reason: &'static str) -> Option<Clash> {
    let source_row = batch.column_by_name("source_row")?.as_primitive::<Int64Type>().value(row);
    let debtors = batch.column_by_name("debtor_id").map(|c| c.as_string::<i32>());
    Some(Clash { table, source_row, debtor_id: debtors.map(|d| d.value(row).to_owned()), reason })
}
