//! The KPI tables and the position as Delta tables: all dates in one table, with its history, for readers that speak
//! Delta Lake.
//!
//! One more projection of the log: each record becomes one commit in each table that it publishes, in the order of the
//! log. A commit holds the number of its record as a transaction of the application `regua`, so a table itself says how
//! far it has followed, and nothing is committed twice. Whatever is missing can be made up for at any time.

mod columns;
mod table;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::runtime::Handle;

use self::table::Table;
use super::log::{Log, PublishedFile, Record, key_of};
use super::store::Store;
use crate::contract;
use crate::domain::action::sha256_hex;
use crate::error::{Error, Result};

/// Tables that are looked at, or committed to, side by side: nearly all of the time goes to waiting for the store.
const TABLES_AT_ONCE: usize = 8;

/// The prefix of the Delta tables, one folder a table.
#[derive(Debug)]
pub struct Delta {
    prefix: Store,
    pool: ThreadPool,
}

impl Delta {
    /// Opens the prefix; no table needs to be there.
    ///
    /// # Errors
    /// As `Store::open`; `File` where no threads can be had.
    pub fn open(url: &str, runtime: &Handle) -> Result<Delta> {
        let pool = ThreadPoolBuilder::new().num_threads(TABLES_AT_ONCE).build();
        let pool = pool.map_err(|e| Error::file("the thread pool")(std::io::Error::other(e)))?;
        Ok(Delta { prefix: Store::open(url, runtime)?, pool })
    }

    /// Would the tables take this record? A prefix that does not answer now is no reason to publish nothing: the record is
    /// made up for later.
    ///
    /// # Errors
    /// `DeltaTable` where one would not, `PublishedDamaged` where a file of the record cannot be read.
    pub fn check(&self, output: &Store, record: &Record) -> Result<()> {
        let id = log_id(output)?;
        let check = |name: &&str| self.table(name, id.as_deref())?.check(output, record);
        match self.pool.install(|| tables_of(record).par_iter().try_for_each(check)) {
            Err(Error::Unavailable { .. }) => Ok(()),
            checked => checked,
        }
    }

    /// Commits what the tables lack of the log: a new prefix gets all of it. Tables that stand where the log does cost a look.
    ///
    /// # Errors
    /// `DeltaTable` where a table cannot follow, `PublishedDamaged` where a published file is gone or changed,
    /// `Unavailable`.
    pub fn project(&self, output: &Store, log: &Log) -> Result<()> {
        let id = log_id(output)?;
        let opened = newest(log).into_par_iter().map(|(name, seq)| Ok((self.table(name, id.as_deref())?, seq)));
        let opened: Vec<(Table<'_>, u64)> = self.pool.install(|| opened.collect::<Result<_>>())?;
        let lacking: Vec<Table<'_>> = opened.into_iter().filter(|(t, seq)| t.done() < *seq).map(|(t, _)| t).collect();
        let Some(done) = lacking.iter().map(Table::done).min() else { return Ok(()) };
        let log = back_to(output, log, done + 1)?;
        self.pool.install(|| lacking.into_par_iter().try_for_each(|table| table.follow(output, &log)))
    }

    fn table<'a>(&'a self, name: &'a str, log_id: Option<&'a str>) -> Result<Table<'a>> {
        Table::open(&self.prefix, name, log_id)
    }
}

/// The log, with older records where some that are wanted were not read.
fn back_to<'a>(output: &Store, log: &'a Log, seq: u64) -> Result<Cow<'a, Log>> {
    let reaches = |log: &Log| log.records.first().is_none_or(|first| first.seq <= seq);
    match reaches(log) {
        true => Ok(Cow::Borrowed(log)),
        false => Log::read_until(output, reaches).map(Cow::Owned),
    }
}

/// Tells this log from that of any other output: the SHA-256 of its first record; `None` before there is one.
fn log_id(output: &Store) -> Result<Option<String>> {
    Ok(output.get(&key_of(1))?.map(|first| sha256_hex(&first)))
}

/// Table = the newest record that publishes it. Whatever decided last is among the records that are read, so no table is
/// missing here that any run publishes.
fn newest(log: &Log) -> BTreeMap<&str, u64> {
    let mut newest = BTreeMap::new();
    for record in &log.records {
        newest.extend(tables_of(record).into_iter().map(|name| (name, record.seq)));
    }
    newest
}

fn tables_of(record: &Record) -> BTreeSet<&str> {
    record.files.iter().filter_map(table_of).collect()
}

/// The table that a published file is of: a KPI table, or one of the position.
fn table_of(file: &PublishedFile) -> Option<&str> {
    // runs/{as_of}/{run_id}/...
    let below = file.path.splitn(4, '/').nth(3)?;
    match below.split_once('/')? {
        ("kpi", name) => name.strip_suffix(".parquet"),
        (name, _) => [contract::ITEMS.name, contract::DEBTORS.name].contains(&name).then_some(name),
    }
}

#[cfg(test)]
mod tests;
