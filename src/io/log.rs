//! The log of published runs: one record a run, created once, chained by hash. It is the only truth.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::{Created, Listed, Store};
use crate::contract;
use crate::domain::action::sha256_hex;
use crate::domain::experiment::Terms;
use crate::error::{Damage, Error, Result};

/// Of records and manifests; a reader refuses any that it does not know.
pub const FORMAT_VERSION: u32 = 1;
/// The folders of an output: nobody else writes into them.
pub const FOLDERS: [&str; 7] = ["runs", "models", "outbox", "kpi", "kpi_current", "_log", CONTROL];
/// Times that the same record is written again when it is not found afterwards.
const CREATE_ATTEMPTS: u32 = 5;
const PROBE_ATTEMPTS: u32 = 3;
/// Records that are read side by side, at first; then twice as many, up to a limit.
const RECORDS_AT_ONCE: u64 = 24;
const RECORDS_AT_ONCE_MAX: u64 = 768;
const CONTROL: &str = "_control";
const HALT: &str = "halt";

/// What a run published; no personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// `FORMAT_VERSION` of the program that wrote it.
    pub format_version: u32,
    /// Place in the log, from 1, without gaps.
    pub seq: u64,
    /// SHA-256 of the record before it; empty for the first.
    pub prev_sha256: String,
    /// Whose output this is.
    pub tenant: String,
    /// The date that the run looked at.
    pub as_of: NaiveDate,
    /// 0 = the first publication of the date.
    pub revision: u32,
    /// What gateways may take from it.
    pub kind: RecordKind,
    /// Why the date is published again; null for the first time.
    #[serde(default)]
    pub reason: Option<String>,
    /// What an operator overrode, and why: `volume` = more actions than usual.
    #[serde(default)]
    pub overrides: BTreeMap<String, String>,
    /// Digest of all that the run depends on, then its nonce.
    pub run_id: String,
    /// Tells this attempt's record from another's, whatever the store answers.
    pub nonce: String,
    /// SHA-256 over the pinned inputs.
    pub input_digest: String,
    /// SHA-256 over every configuration file.
    pub config_digest: String,
    /// Version of regua.
    pub code_version: String,
    /// Every object that was read.
    pub inputs: Vec<InputObject>,
    /// Input = the columns of the contract that were read, each with what had it.
    #[serde(default)]
    pub column_files: BTreeMap<String, BTreeMap<String, ColumnFiles>>,
    /// Every object that was published; none counts that is not named here.
    pub files: Vec<PublishedFile>,
    /// Table = SHA-256 of its file.
    pub logical_digests: BTreeMap<String, String>,
    /// Table = rows.
    pub counts: BTreeMap<String, u64>,
    /// Currency = open amount.
    pub control_totals: BTreeMap<String, String>,
    /// Currency = open items.
    #[serde(default)]
    pub open_items: BTreeMap<String, u64>,
    /// Table and column of the inputs = rows that stated something in it that protects somebody.
    #[serde(default)]
    pub stated: BTreeMap<String, u64>,
    /// Audits that held.
    pub audits: Vec<String>,
    /// Who ran it, where the scheduler says so.
    pub ran_by: BTreeMap<String, String>,
    /// The last day on which anything mattered that was published once and is no longer in `contact_state`.
    #[serde(default)]
    pub forgotten_on: Option<NaiveDate>,
    /// Experiment = what it began with, as the first run that knew of it had it.
    #[serde(default)]
    pub experiments: BTreeMap<String, Terms>,
}

/// In which of an input's files a column was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnFiles {
    /// Files that had it.
    pub with: u64,
    /// Files that had it not.
    pub without: u64,
    /// Rows of the files that had it.
    pub rows: u64,
}

impl InputObject {
    /// Is it of an export? A model of payment is read too, and has no rows and no path that could be wrong.
    pub fn is_export(&self) -> bool {
        contract::input(&self.table).is_some()
    }
}

impl Record {
    /// Did it decide nothing, where a run of this kind would?
    pub fn lacks(&self, kind: RecordKind) -> bool {
        self.kind == RecordKind::KpiOnly && kind != RecordKind::KpiOnly
    }

    /// As it stands in the log.
    fn bytes(&self) -> Result<Vec<u8>> {
        let failed = |e: serde_json::Error| Error::Internal { object: key_of(self.seq), what: e.to_string() };
        serde_json::to_vec_pretty(self).map_err(failed)
    }
}

/// What a run published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Actions to send, with the position and the KPI tables.
    Actions,
    /// A later date was published before, or no more was asked for: nobody is written to.
    KpiOnly,
    /// A revision that only takes back.
    Void,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordKind::Actions => "actions",
            RecordKind::KpiOnly => "kpi_only",
            RecordKind::Void => "void",
        })
    }
}

/// An object that a run read, pinned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct InputObject {
    /// The input of the contract.
    pub table: String,
    /// Where it stood.
    pub url: String,
    /// Bytes.
    pub size: u64,
    /// As the store gave it.
    pub e_tag: Option<String>,
    /// As the store gave it, where it keeps versions.
    pub version: Option<String>,
    /// Rows, the bad ones included.
    pub rows: u64,
    /// Of a local file, which is known by its content: its e_tag changes when it is copied or touched.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// An object that a run published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedFile {
    /// Below the output folder.
    pub path: String,
    /// The copy for readers that do not follow the log, where there is one.
    pub copy_to: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Of its bytes, as hex.
    pub sha256: String,
    /// Rows or lines; 0 where it is neither.
    pub rows: u64,
}

/// The log as it was read: its newest records, oldest first, their chain checked; all of them where it was read whole.
///
/// Whatever was read, some record among them is of the newest date that is published.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// In order; the newest last. Older ones may be unread.
    pub records: Vec<Record>,
    /// SHA-256 of the newest record's bytes; empty for an empty log.
    pub head_sha256: String,
}

/// `_log/00000000000000000001.json`
pub fn key_of(seq: u64) -> String {
    format!("_log/{seq:020}.json")
}

impl Log {
    /// Reads every record and checks the whole chain.
    ///
    /// ```
    /// use regua::io::{log::{Log, key_of, lost}, store::Store};
    /// let (runtime, folder) = (tokio::runtime::Runtime::new()?, tempfile::tempdir()?);
    /// let output = Store::open(folder.path().to_str().unwrap(), runtime.handle())?;
    /// let log = Log::read(&output)?;
    /// assert!(lost(&output, &log)?.is_none(), "nothing was ever published there");
    /// output.put("outbox/dt=2026-06-30/channel=email/part-00000.ndjson", "{}".into())?;
    /// let what = lost(&output, &log)?.expect("messages without a record").to_string();
    /// assert!(what.contains("it holds no record, but outbox/ holds messages of earlier runs"), "{what}");
    ///
    /// output.put(&key_of(2), "{}".into())?;
    /// let refused = Log::read(&output).unwrap_err().to_string();
    /// assert!(refused.contains("a record before it is missing"), "{refused}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `PublishedDamaged` where a record is missing, unreadable, of an unknown version or not the one its successor names.
    pub fn read(store: &Store) -> Result<Log> {
        Log::read_until(store, |_| false)
    }

    /// Reads back from the newest record until what was read is enough: a log of years costs a run no more than one of
    /// weeks. Which records there are, the listing tells; their chain is checked as far as it was read.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_until(store: &Store, is_enough: impl Fn(&Log) -> bool) -> Result<Log> {
        let mut unread = length(store)?;
        let (mut log, mut links) = (Log::default(), Links::default());
        let mut at_once = RECORDS_AT_ONCE;
        while unread > 0 && !(log.names_newest_date() && is_enough(&log)) {
            let from = unread.saturating_sub(at_once) + 1;
            let mut older = Log::default();
            let above = links.read(store, from, unread, &mut older)?;
            if log.records.is_empty() {
                log.head_sha256 = std::mem::take(&mut older.head_sha256);
            } else if links.below != older.head_sha256 {
                return Err(broken(store, unread + 1));
            }
            links.below = above;
            older.records.append(&mut log.records);
            log.records = older.records;
            unread = from - 1;
            at_once = (at_once * 2).min(RECORDS_AT_ONCE_MAX);
        }
        match unread == 0 && !links.below.is_empty() {
            true => Err(broken(store, 1)),
            false => Ok(log),
        }
    }

    /// The log as it stands now: the head is read again, and what has come since.
    ///
    /// # Errors
    /// As `read`; `PublishedDamaged` where what was read before is gone or changed.
    pub fn again(&self, store: &Store) -> Result<Log> {
        let (known, length) = (self.length(), length(store)?);
        let changed = |seq| damaged(store, &key_of(seq), Damage::ChangedSinceRead);
        if length < known {
            return Err(changed(known));
        }
        let mut since = Log::default();
        let mut links = Links::default();
        let below = links.read(store, known.max(1), length, &mut since)?;
        let mut now = self.clone();
        if known == 0 {
            return if below.is_empty() { Ok(since) } else { Err(broken(store, 1)) };
        }
        let found = links.sha256.first().filter(|sha256| **sha256 == self.head_sha256);
        found.ok_or_else(|| changed(known))?;
        now.records.extend(since.records.into_iter().skip(1));
        now.head_sha256 = since.head_sha256;
        Ok(now)
    }

    /// The log with the record that was appended to it.
    ///
    /// # Errors
    /// `Internal` where the record cannot be written as JSON.
    pub fn with(&self, record: &Record) -> Result<Log> {
        let mut log = self.clone();
        log.head_sha256 = sha256_hex(&record.bytes()?);
        log.records.push(record.clone());
        Ok(log)
    }

    /// Records that there are, read or not.
    pub fn length(&self) -> u64 {
        self.head().map_or(0, |record| record.seq)
    }

    /// The newest record.
    pub fn head(&self) -> Option<&Record> {
        self.records.last()
    }

    /// The newest record of the newest date.
    pub fn newest(&self) -> Option<&Record> {
        self.records.iter().max_by_key(|record| (record.as_of, record.seq))
    }

    /// The newest record of those that decided: whatever is made up for after it, or published for its figures alone,
    /// decides nothing.
    pub fn newest_decided(&self) -> Option<&Record> {
        self.records.iter().rev().find(|record| record.kind != RecordKind::KpiOnly)
    }

    /// The revisions of a date that decided, the newest last.
    pub fn revisions(&self, as_of: NaiveDate) -> Vec<&Record> {
        self.records.iter().filter(|r| r.as_of == as_of && r.kind != RecordKind::KpiOnly).collect()
    }

    /// The newest record of that date.
    pub fn of_date(&self, as_of: NaiveDate) -> Option<&Record> {
        self.records.iter().rev().find(|r| r.as_of == as_of)
    }

    /// The newest date that has a record.
    pub fn newest_date(&self) -> Option<NaiveDate> {
        self.records.iter().map(|r| r.as_of).max()
    }

    /// A record that could send is never of an earlier date than those before it.
    fn names_newest_date(&self) -> bool {
        self.newest_decided().is_some()
    }
}

/// How records hang together while they are read.
#[derive(Default)]
struct Links {
    /// What the oldest record that was read says of the one before it.
    below: String,
    /// Of the records that were read last, in their order.
    sha256: Vec<String>,
}

impl Links {
    /// Reads these records into a log, side by side; returns what the first of them says of the one before it.
    fn read(&mut self, store: &Store, from: u64, to: u64, log: &mut Log) -> Result<String> {
        self.sha256.clear();
        let keys: Vec<String> = (from..=to).map(key_of).collect();
        let mut below = String::new();
        for ((key, seq), bytes) in keys.iter().zip(from..).zip(store.get_all(&keys)?) {
            let damaged = |damage| damaged(store, key, damage);
            let bytes = bytes.ok_or_else(|| damaged(Damage::RecordGone))?;
            let record: Record = serde_json::from_slice(&bytes).map_err(|_| damaged(Damage::NotARecord))?;
            if record.format_version != FORMAT_VERSION {
                return Err(damaged(Damage::UnknownVersion));
            }
            if record.seq != seq {
                return Err(damaged(Damage::OtherRecord));
            }
            match seq == from {
                true => below.clone_from(&record.prev_sha256),
                false if record.prev_sha256 != log.head_sha256 => return Err(broken(store, seq)),
                false => {}
            }
            log.head_sha256 = sha256_hex(&bytes);
            self.sha256.push(log.head_sha256.clone());
            log.records.push(record);
        }
        Ok(below)
    }
}

fn broken(store: &Store, seq: u64) -> Error {
    damaged(store, &key_of(seq), Damage::ChainBroken)
}

fn damaged(store: &Store, key: &str, damage: Damage) -> Error {
    Error::PublishedDamaged { object: store.url_of(key), damage }
}

/// How many records there are: the listing has every one of them, or somebody took one away.
fn length(store: &Store) -> Result<u64> {
    let listed = store.list("_log")?;
    for (Listed { key, .. }, seq) in listed.iter().zip(1..) {
        let is_record = key.len() == key_of(1).len() && key.ends_with(".json");
        match *key == key_of(seq) {
            true => {}
            false if is_record => return Err(damaged(store, key, Damage::RecordMissing)),
            false => return Err(damaged(store, key, Damage::NotARecord)),
        }
    }
    Ok(listed.len() as u64)
}

/// How an attempt to append ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Appended {
    /// Our record stands in the log.
    Ours,
    /// Another record stands there.
    Other(Box<Record>),
}

/// Appends a record: creates its key, and then, whatever that call answered, reads it back.
///
/// # Errors
/// `Unavailable` where the store cannot tell what became of it.
pub fn append(store: &Store, record: &Record) -> Result<Appended> {
    let key = key_of(record.seq);
    let body = record.bytes()?;
    let mut last = None;
    for _ in 0..CREATE_ATTEMPTS {
        let answer: Result<Created> = store.create(&key, body.clone().into());
        last = answer.err();
        match store.get(&key)? {
            Some(found) if found == body => return Ok(Appended::Ours),
            Some(found) => {
                let damaged = |_| damaged(store, &key, Damage::NotARecord);
                let other: Record = serde_json::from_slice(&found).map_err(damaged)?;
                return Ok(Appended::Other(Box::new(other)));
            }
            None => continue,
        }
    }
    let what = "the record was written five times and is not there".to_owned();
    Err(last.unwrap_or(Error::Unavailable { object: store.url_of(&key), what }))
}

/// Refuses a store that lets a conditional create overwrite: two runs could both publish there.
///
/// `Exists` as the first answer proves nothing: the store's client may have written twice. Such a try is made again.
///
/// # Errors
/// `StoreRefused`; `Unavailable` where no try tells.
pub fn probe(store: &Store, nonce: &str) -> Result<()> {
    for attempt in 0..PROBE_ATTEMPTS {
        let key = format!("_control/probe-{nonce}-{attempt}");
        let answers = store.create(&key, "1".into()).and_then(|first| Ok((first, store.create(&key, "2".into())?)));
        let found = store.get(&key);
        store.delete(&key)?;
        match (answers?, found?.as_deref()) {
            ((_, Created::Exists), Some(b"1")) => return Ok(()),
            ((Created::Yes, _), Some(b"2")) => return Err(Error::StoreRefused { output: store.url().to_owned() }),
            _ => {}
        }
    }
    let what = "its answers to conditional writes say nothing".to_owned();
    Err(Error::Unavailable { object: store.url().to_owned(), what })
}

/// What an operator has put there to stop every run: whatever stands below `_control/` under a name that begins with
/// "halt" in any case. `halt`, `HALT.txt` and `HALT/why` are meant as `HALT` is, and whoever wrote them relies on it.
///
/// # Errors
/// `Unavailable`.
pub fn halt(output: &Store) -> Result<Option<String>> {
    let listed = output.list(CONTROL)?;
    Ok(listed.iter().find(|object| says_halt(&object.key)).map(|object| output.url_of(&object.key)))
}

fn says_halt(key: &str) -> bool {
    let name = key.strip_prefix(CONTROL).and_then(|rest| rest.strip_prefix('/'));
    name.and_then(|name| name.get(..HALT.len())).is_some_and(|begin| begin.eq_ignore_ascii_case(HALT))
}

/// What the log must have lost, and the remedy.
///
/// # Errors
/// `Unavailable`.
pub fn lost(output: &Store, log: &Log) -> Result<Option<Damage>> {
    let what = match log.newest_date().and_then(|date| date.succ_opt()) {
        None if !output.list("outbox")?.is_empty() => {
            "it holds no record, but outbox/ holds messages of earlier runs".to_owned()
        }
        // Whoever cleans outbox/, which holds copies, cleans what would have told.
        None if !output.list("kpi")?.is_empty() => {
            "it holds no record, but kpi/ holds tables of earlier runs".to_owned()
        }
        None => return Ok(None),
        Some(next) if output.list_after("outbox", &format!("outbox/dt={next}"))?.is_empty() => return Ok(None),
        Some(next) => format!("its newest record is older than messages in outbox/ of {next} or later"),
    };
    Ok(Some(Damage::LogLost { what }))
}

#[cfg(test)]
mod tests {
    use super::says_halt;

    #[test]
    fn near_misses_halt_too() {
        for (key, expected) in [
            ("_control/HALT", true),
            ("_control/halt", true),
            ("_control/Halt.txt", true),
            ("_control/HALT/x", true),
            ("_control/halted-by-ana", true),
            ("_control/probe-00ff", false),
            ("_control/clock-00ff", false),
            ("_control/notes/HALT", false),
            ("_control/hal", false),
            ("_control/haçt", false),
            ("HALT", false),
        ] {
            assert_eq!(says_halt(key), expected, "{key}");
        }
    }
}
