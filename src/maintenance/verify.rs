//! Verify: is everything there that the log names, is it whole, and does it hold what its record says?

use std::collections::{BTreeMap, BTreeSet};

use crate::contract;
use crate::domain::money::Amount;
use crate::error::{Damage, Error, Result};
use crate::io::learnt::{self, MODEL};
use crate::io::log::{InputObject, Log, Record, lost};
use crate::io::projection::{Copy, copies};
use crate::io::store::Store;
use crate::io::tables::{Tables, rows};
use crate::runtime::progress::Progress;

/// What was looked at, and what is wrong.
#[derive(Debug, Default)]
pub struct Verified {
    /// Records of the log.
    pub records: u64,
    /// Published files and models that were read.
    pub files: u64,
    /// Of these files.
    pub bytes: u64,
    /// Actions in them.
    pub actions: u64,
    /// What is lost or was changed, a line each, with the remedy.
    pub findings: Vec<String>,
    /// Copies that are missing or differ: `repair` makes them again.
    pub copies: Vec<Copy>,
}

/// Reads every published file of every record, and the models that it names: size, SHA-256, rows, control totals, and that
/// no action_id stands twice in the whole log. Memory: 16 bytes for each published action.
///
/// # Errors
/// `PublishedDamaged` where the log itself is no chain: nothing after the gap can be trusted. `Unavailable`.
pub fn verify(output: &Store, progress: &dyn Progress) -> Result<Verified> {
    let log = Log::read(output)?;
    let copies = copies(&log);
    let files = log.records.iter().map(|r| r.files.len()).sum::<usize>();
    progress.begin("verify", (files + copies.len()) as u64);
    let lost = lost(output, &log)?.map(|damage| format!("{}: {damage}", output.url_of("_log")));
    let mut verified = Verified { findings: lost.into_iter().collect(), ..Verified::default() };
    let (mut action_ids, mut models) = (Vec::new(), BTreeSet::new());
    for record in &log.records {
        verified.records += 1;
        for model in record.inputs.iter().filter(|input| input.table == MODEL && models.insert(&input.url)) {
            verified.model(output, record, model)?;
        }
        let is_whole = verified.files(output, record, progress)?;
        if is_whole {
            verified.tables(output, record, &mut action_ids)?;
        }
    }
    verified.actions = action_ids.len() as u64;
    verified.findings.extend(repeated(action_ids));
    for copy in copies {
        if !copy.stands(output)? {
            verified.copies.push(copy);
        }
        progress.advance(1);
    }
    Ok(verified)
}

impl Verified {
    /// Size and hash of every file; whether all of them hold.
    fn files(&mut self, output: &Store, record: &Record, progress: &dyn Progress) -> Result<bool> {
        let mut is_whole = true;
        for file in &record.files {
            is_whole &= self.holds(output, record, (&file.path, file.size, &file.sha256))?;
            progress.advance(1);
        }
        Ok(is_whole)
    }

    /// A model that the run looked at: its date cannot be run again without it.
    fn model(&mut self, output: &Store, record: &Record, model: &InputObject) -> Result<()> {
        if let Some((date, sha256)) = learnt::date_of(&model.url).zip(model.sha256.as_ref()) {
            self.holds(output, record, (&learnt::key_of(date), model.size, sha256))?;
        }
        Ok(())
    }

    /// Is an object there, and as the record says?
    fn holds(&mut self, output: &Store, record: &Record, (key, size, sha256): (&str, u64, &str)) -> Result<bool> {
        let wrong = match output.digest(key)? {
            None => Some("is gone".to_owned()),
            Some((found, _)) if found != size => Some(format!("has {found} bytes, not {size}")),
            Some((_, found)) if found != sha256 => Some("has another SHA-256: it was changed".to_owned()),
            Some(_) => None,
        };
        (self.files, self.bytes) = (self.files + 1, self.bytes + size);
        if let Some(what) = &wrong {
            let (object, seq) = (output.url_of(key), record.seq);
            self.findings.push(format!("record {seq}: {object} {what}; restore it from a backup"));
        }
        Ok(wrong.is_none())
    }

    /// What the tables hold against what the record says that they hold.
    fn tables(&mut self, output: &Store, record: &Record, action_ids: &mut Vec<u128>) -> Result<()> {
        let tables = Tables::of_record(output, record);
        let mut differ = |what: &str, stated: String, found: String| {
            if stated != found {
                let seq = record.seq;
                self.findings.push(format!("record {seq}: {what}: the record says {stated}, the table holds {found}"));
            }
        };
        for (table, stated) in &record.counts {
            let Some(found) = tables.count(table)? else { continue };
            differ(&format!("rows of {table}"), stated.to_string(), found.to_string());
        }
        let found = totals(&tables)?;
        for currency in
            record.control_totals.keys().chain(found.keys().filter(|c| !record.control_totals.contains_key(*c)))
        {
            let stated = record.control_totals.get(currency).cloned().unwrap_or_else(|| Amount::ZERO.to_string());
            let found = found.get(currency).copied().unwrap_or(Amount::ZERO);
            differ(&format!("open amount in {currency}"), stated, found.to_string());
        }
        tables.for_each_row(contract::ACTIONS.name, &["action_id"], |row| {
            let id = row.str("action_id");
            let id = u128::from_str_radix(id, 16).map_err(|_| Error::PublishedDamaged {
                object: output.url_of(&record.run_id),
                damage: Damage::ActionId,
            })?;
            action_ids.push(id);
            Ok(())
        })
    }
}

/// Currency = open amount of the items, from the KPI table.
fn totals(tables: &Tables) -> Result<BTreeMap<String, Amount>> {
    let mut totals: BTreeMap<String, Amount> = BTreeMap::new();
    tables.for_each_batch("kpi_aging", &["currency", "bucket_no", "open_amount"], |batch| {
        for row in rows(&[batch]).filter(|row| row.int("bucket_no") >= 0) {
            let total = totals.entry(row.text("currency")).or_insert(Amount::ZERO);
            *total = *total + row.minor("open_amount");
        }
        Ok(())
    })?;
    Ok(totals)
}

/// An action that two records publish would be sent twice.
fn repeated(mut action_ids: Vec<u128>) -> Vec<String> {
    action_ids.sort_unstable();
    let twice = action_ids.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    twice
        .map(|same| {
            let (id, times) = (same[0], same.len());
            format!("action_id {id:032x} is published {times} times; stop the gateways and ask what became of it")
        })
        .collect()
}
