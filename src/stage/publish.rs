//! Publish: data first, under a path of this attempt's own; the commit record last, created once.
//!
//! The steps are those of `design/publication.md`: look at the log before the work, write, read back, look again,
//! create the record, and believe only what is read. What stands in `outbox/`, `kpi/` and `kpi_current/` is copied
//! from the log afterwards and can always be made again.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::NaiveDate;
use serde::Serialize;

use super::{Artifact, Audited, History};
use crate::domain::action::sha256_hex;
use crate::error::{Error, Result};
use crate::interrupt::{self, Commit};
use crate::io::log::{self, Appended, FORMAT_VERSION, InputObject, Log, PublishedFile, Record, RecordKind};
use crate::io::outbox;
use crate::io::parquet::Source;
use crate::io::store::{Created, Store};

/// What makes a run the same run: everything it depends on.
#[derive(Clone, Debug)]
pub struct Provenance {
    pub tenant: String,
    pub as_of: NaiveDate,
    pub inputs: Vec<InputObject>,
    pub input_digest: String,
    pub config_digest: String,
    /// Random; names this attempt's folder and record, and nothing in any row.
    pub nonce: String,
    pub ran_by: BTreeMap<String, String>,
}

/// What the log says about a date before the work starts.
#[derive(Debug)]
pub enum Outlook {
    /// The very same run is published.
    Published(Box<Record>),
    /// The date is free; this is the log to append to.
    Free(Log),
}

impl Provenance {
    /// SHA-256 over the pinned inputs.
    pub fn digest_of(inputs: &[InputObject]) -> String {
        sha256_hex(&serde_json::to_vec(inputs).unwrap_or_default())
    }

    fn run_id(&self) -> String {
        let basis =
            format!("{}|{}|{}|{}", self.as_of, self.input_digest, self.config_digest, env!("CARGO_PKG_VERSION"));
        format!("{}-{}", &sha256_hex(basis.as_bytes())[..16], self.nonce)
    }
}

/// Refuses a store that ignores conditions, before any work is done for it.
///
/// # Errors
/// `StoreRefused`.
pub fn probe(output: &Store, nonce: &str) -> Result<()> {
    log::probe(output, nonce)
}

/// Looks at the log, and writes nothing: is this date published, by this run or another?
///
/// # Errors
/// `Conflict` where the date was published from something else, `Earlier` where a later date was published.
pub fn look(output: &Store, provenance: &Provenance) -> Result<Outlook> {
    let log = Log::read(output)?;
    match log.of_date(provenance.as_of) {
        Some(record) => judge(output, provenance, record).map(|record| Outlook::Published(Box::new(record))),
        None => match log.newest_date().filter(|newest| *newest > provenance.as_of) {
            Some(newest) => Err(Error::Earlier { as_of: provenance.as_of, newest }),
            None => Ok(Outlook::Free(log)),
        },
    }
}

/// The record of the same date: ours if inputs and configuration are the same.
fn judge(output: &Store, provenance: &Provenance, record: &Record) -> Result<Record> {
    if record.input_digest == provenance.input_digest && record.config_digest == provenance.config_digest {
        Ok(record.clone())
    } else {
        Err(Error::Conflict {
            as_of: record.as_of,
            record: output.url_of(&log::key_of(record.seq)),
            run_id: record.run_id.clone(),
        })
    }
}

/// What earlier runs published: the actions that still matter, since they may have been sent, and where the accounts
/// stood in the last run before this date.
pub fn history(output: &Store, log: &Log, as_of: NaiveDate, days: u32) -> Result<History> {
    let recent = log.records.iter().filter(|r| (as_of - r.as_of).num_days() <= i64::from(days));
    let last = log.records.iter().filter(|r| r.as_of < as_of).max_by_key(|r| (r.as_of, r.seq));
    let open = |records: &[&Record], table: &str| {
        let files = records.iter().flat_map(|r| &r.files).filter(|f| f.path.contains(table) && f.rows > 0);
        files.map(|file| source(output, file)).collect::<Result<Vec<Source>>>()
    };
    let actions = open(&recent.collect::<Vec<_>>(), "/actions/")?;
    Ok(History { actions, positions: open(&last.into_iter().collect::<Vec<_>>(), "/debtors/")? })
}

/// A published file, which must still be what was published.
fn source(output: &Store, file: &PublishedFile) -> Result<Source> {
    let damaged = |what: &str| Error::Damaged { object: output.url_of(&file.path), what: what.to_owned() };
    let pinned = output.pin_one(&file.path)?;
    let pinned = pinned.ok_or_else(|| damaged("a published file is gone; restore it from a backup"))?;
    if pinned.size != file.size {
        return Err(damaged("a published file was changed; restore it from a backup"));
    }
    Source::open(output, pinned)
}

/// Publishes what was audited.
///
/// # Errors
/// `Torn` where what is read back is not what was written, `HeadMoved` where another date went in meanwhile,
/// `Conflict` where another run took the date.
pub fn publish(
    output: &Store,
    log: &Log,
    provenance: &Provenance,
    audited: &Audited,
    results: &impl Serialize,
) -> Result<Record> {
    let run_id = provenance.run_id();
    let folder = format!("runs/{}/{run_id}", provenance.as_of);
    let mut files = Vec::new();
    for artifact in audited.artifacts() {
        let file = published(&folder, artifact);
        output.upload(&file.path, &artifact.written.path)?;
        read_back(output, &file)?;
        files.push(file);
    }
    files.push(write_results(output, &folder, results)?);
    let record = record(log, provenance, audited, run_id, files);
    let published = commit(output, log, provenance, &record)?;
    project(output, &published)?;
    Ok(published)
}

fn published(folder: &str, artifact: &Artifact) -> PublishedFile {
    let written = &artifact.written;
    PublishedFile {
        path: format!("{folder}/{}", artifact.path),
        copy_to: artifact.copy_to.clone(),
        size: written.size,
        sha256: written.sha256.clone(),
        rows: written.rows,
    }
}

/// What was written is what stands there.
fn read_back(output: &Store, file: &PublishedFile) -> Result<()> {
    let torn = |what: &str| Error::Torn { object: output.url_of(&file.path), what: what.to_owned() };
    let (size, sha256) = output.digest(&file.path)?.ok_or_else(|| torn("it is not there"))?;
    if (size, &sha256) != (file.size, &file.sha256) {
        return Err(torn("size or SHA-256 differ"));
    }
    Ok(())
}

fn write_results(output: &Store, folder: &str, results: &impl Serialize) -> Result<PublishedFile> {
    let path = format!("{folder}/run_results.json");
    let failed = |e: serde_json::Error| Error::Damaged { object: path.clone(), what: e.to_string() };
    let body = serde_json::to_vec_pretty(results).map_err(failed)?;
    let file = PublishedFile { path, copy_to: None, size: body.len() as u64, sha256: sha256_hex(&body), rows: 0 };
    output.put(&file.path, body.into())?;
    read_back(output, &file)?;
    Ok(file)
}

fn record(log: &Log, provenance: &Provenance, audited: &Audited, run_id: String, files: Vec<PublishedFile>) -> Record {
    let measured = audited.measured();
    let tables = files.iter().filter(|f| f.path.ends_with(".parquet") || f.path.ends_with(".ndjson"));
    let prefix = format!("runs/{}/{run_id}/", provenance.as_of);
    let digest = |f: &PublishedFile| (f.path.trim_start_matches(&prefix).to_owned(), f.sha256.clone());
    Record {
        format_version: FORMAT_VERSION,
        seq: log.records.len() as u64 + 1,
        prev_sha256: log.head_sha256.clone(),
        tenant: provenance.tenant.clone(),
        as_of: provenance.as_of,
        revision: 0,
        kind: RecordKind::Actions,
        nonce: provenance.nonce.clone(),
        input_digest: provenance.input_digest.clone(),
        config_digest: provenance.config_digest.clone(),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        inputs: provenance.inputs.clone(),
        logical_digests: tables.map(digest).collect(),
        counts: measured.counts.clone(),
        control_totals: measured.control_totals(),
        audits: audited.audits().to_vec(),
        ran_by: provenance.ran_by.clone(),
        run_id,
        files,
    }
}

/// What an operator has put there to stop every run.
pub fn halt(output: &Store) -> Result<Option<String>> {
    Ok(output.get("_control/HALT")?.map(|_| output.url_of("_control/HALT")))
}

/// Looks again, appends the record and finds out what became of it. No signal ends the process in between.
fn commit(output: &Store, log: &Log, provenance: &Provenance, record: &Record) -> Result<Record> {
    let mut gate = interrupt::committing();
    if let Some(object) = halt(output)? {
        return Err(Error::Halted { object });
    }
    let now = Log::read(output)?;
    if now.head_sha256 != log.head_sha256 {
        return match now.of_date(provenance.as_of) {
            Some(other) => judge(output, provenance, other),
            None => Err(Error::HeadMoved { head: now.head().map_or(String::new(), |r| log::key_of(r.seq)) }),
        };
    }
    match log::append(output, record)? {
        Appended::Ours => {
            *gate = Commit::Done;
            Ok(record.clone())
        }
        Appended::Other(other) if other.as_of == provenance.as_of => judge(output, provenance, &other),
        Appended::Other(other) => Err(Error::HeadMoved { head: log::key_of(other.seq) }),
    }
}

/// A published file, as its record has it.
fn published_bytes(output: &Store, file: &PublishedFile) -> Result<Bytes> {
    let damaged = |what: &str| Error::Damaged { object: output.url_of(&file.path), what: what.to_owned() };
    let bytes = output.get(&file.path)?.ok_or_else(|| damaged("a published file is gone; restore it from a backup"))?;
    match sha256_hex(&bytes) == file.sha256 {
        true => Ok(bytes),
        false => Err(damaged("a published file was changed; restore it from a backup")),
    }
}

/// Copies what a record names to where readers look; what is there already and whole is left alone.
pub fn project(output: &Store, record: &Record) -> Result<()> {
    let newest = Log::read(output)?.newest_date() == Some(record.as_of);
    for file in &record.files {
        let Some(copy_to) = &file.copy_to else { continue };
        let bytes = published_bytes(output, file)?;
        if output.get(copy_to)?.as_ref() != Some(&bytes) {
            output.put(copy_to, bytes.clone())?;
        }
        if newest && !copy_to.starts_with("outbox/") {
            let table = copy_to.split('/').nth(1).unwrap_or_default();
            output.put(&format!("kpi_current/{table}.parquet"), bytes)?;
        }
    }
    for (key, manifest) in outbox::manifests(record) {
        let body = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        match output.create(&key, body.into())? {
            Created::Yes | Created::Exists => {}
        }
    }
    Ok(())
}
