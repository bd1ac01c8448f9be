//! Copies of what is published, for readers that do not follow the log: gateways read `outbox/`, BI reads `kpi/`,
//! `kpi_current/` and Delta tables. Every copy follows from the log, so any of them can be made again at any time.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::NaiveDate;

use super::delta::Delta;
use super::log::{Log, PublishedFile, Record};
use super::outbox::{self, VOIDS};
use super::store::Store;
use crate::domain::action::sha256_hex;
use crate::error::{Damage, Error, Result};

/// Where a run publishes.
#[derive(Debug)]
pub struct Target {
    /// Its log, and the copies beside it.
    pub output: Store,
    /// The Delta tables that follow the log, where the pipeline asks for them.
    pub delta: Option<Delta>,
}

impl Target {
    /// Makes the copies of this record, and of later ones, that do not stand, and whatever Delta tables lack of the log.
    ///
    /// # Errors
    /// As `project`, and those of `Delta::project`.
    pub fn project(&self, log: Log, record: &Record) -> Result<()> {
        project(&self.output, log.clone(), record)?;
        // Last: gateways wait for the outbox.
        self.delta.as_ref().map_or(Ok(()), |delta| delta.project(&self.output, &log))
    }
}

/// One object that readers look for.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Below the output folder.
    pub key: String,
    /// The record that it follows from.
    pub seq: u64,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// The same bytes as this file of a run.
    File(PublishedFile),
    /// A manifest: it stands last in its folder, so that who sees it sees the parts that it names.
    Manifest(Bytes),
}

impl Copy {
    fn sha256(&self) -> String {
        match &self.content {
            Content::File(file) => file.sha256.clone(),
            Content::Manifest(bytes) => sha256_hex(bytes),
        }
    }

    /// Does it stand where readers look, whole?
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn stands(&self, output: &Store) -> Result<bool> {
        Ok(output.digest(&self.key)?.is_some_and(|(_, sha256)| sha256 == self.sha256()))
    }

    /// Makes it.
    ///
    /// # Errors
    /// `PublishedDamaged` where the file that it copies is gone or changed.
    pub fn make(&self, output: &Store) -> Result<()> {
        let bytes = match &self.content {
            Content::File(file) => published_bytes(output, file)?,
            Content::Manifest(bytes) => bytes.clone(),
        };
        output.put(&self.key, bytes)
    }
}

/// Every copy that the records of the log ask for, in the order in which they are made.
pub fn copies(log: &Log) -> Vec<Copy> {
    let newest_of_date: BTreeMap<NaiveDate, u64> = log.records.iter().map(|r| (r.as_of, r.seq)).collect();
    // Of a later date that decided nothing some tables are not published: those that stand side by side are of one day.
    let newest = log.newest_decided().map(|record| record.seq);
    let mut copies = Vec::new();
    for record in &log.records {
        // A later revision of the date has KPI tables of its own.
        let is_newest_of_date = newest_of_date.get(&record.as_of) == Some(&record.seq);
        copies.extend(of_record(record, is_newest_of_date, newest == Some(record.seq)));
    }
    copies
}

fn of_record(record: &Record, is_newest_of_date: bool, is_newest: bool) -> Vec<Copy> {
    let seq = record.seq;
    let mut copies = Vec::new();
    for file in &record.files {
        let Some(key) = &file.copy_to else { continue };
        let content = Content::File(file.clone());
        if key.starts_with("outbox/") {
            copies.push(Copy { key: key.clone(), seq, content });
            continue;
        }
        if is_newest_of_date {
            copies.push(Copy { key: key.clone(), seq, content: content.clone() });
        }
        if is_newest {
            let table = key.split('/').nth(1).unwrap_or_default();
            copies.push(Copy { key: format!("kpi_current/{table}.parquet"), seq, content });
        }
    }
    for (key, manifest) in outbox::manifests(record) {
        let body = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        copies.push(Copy { key, seq, content: Content::Manifest(body.into()) });
    }
    copies
}

/// Makes the copies of a record, and of later ones, that do not stand.
///
/// # Errors
/// As `Copy::make`.
pub fn project(output: &Store, log: Log, record: &Record) -> Result<()> {
    follow(output, log, |copy| if copy.seq < record.seq { Ok(false) } else { repair(output, &copy) })
}

/// Does something to every copy that the log asks for, and again where it has changed any and the log has moved on
/// meanwhile: what was copied last from an older log may stand where a newer one wants something else.
///
/// # Errors
/// What `each` returns, which says whether it has made the copy.
pub fn follow(output: &Store, mut log: Log, mut each: impl FnMut(Copy) -> Result<bool>) -> Result<()> {
    loop {
        let mut has_made = false;
        for copy in copies(&log) {
            has_made |= each(copy)?;
        }
        if !has_made {
            return Ok(());
        }
        let now = log.again(output)?;
        if now.head_sha256 == log.head_sha256 {
            return Ok(());
        }
        log = now;
    }
}

/// Makes a copy that does not stand; says whether it had to.
///
/// # Errors
/// As `Copy::make`.
pub fn repair(output: &Store, copy: &Copy) -> Result<bool> {
    if copy.stands(output)? {
        return Ok(false);
    }
    copy.make(output).map(|()| true)
}

/// A published file, as its record has it.
///
/// ```
/// use regua::io::{log::PublishedFile, projection::published_bytes, store::Store};
/// let (runtime, folder) = (tokio::runtime::Runtime::new()?, tempfile::tempdir()?);
/// let output = Store::open(folder.path().to_str().unwrap(), runtime.handle())?;
/// let sha256 = regua::domain::action::sha256_hex(b"as published");
/// let file = PublishedFile { path: "runs/x.ndjson".into(), copy_to: None, size: 12, sha256, rows: 1 };
/// let refused = || published_bytes(&output, &file).unwrap_err().to_string();
/// assert!(refused().ends_with("a published file is gone; restore it from a backup"));
/// output.put(&file.path, "as edited".into())?;
/// assert!(refused().ends_with("a published file was changed; restore it from a backup"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `PublishedDamaged` where it is gone or has another SHA-256, `Unavailable`.
pub fn published_bytes(output: &Store, file: &PublishedFile) -> Result<Bytes> {
    let damaged = |damage| Error::PublishedDamaged { object: output.url_of(&file.path), damage };
    let bytes = output.get(&file.path)?.ok_or_else(|| damaged(Damage::Gone))?;
    match sha256_hex(&bytes) == file.sha256 {
        true => Ok(bytes),
        false => Err(damaged(Damage::Changed)),
    }
}

/// What earlier revisions of a date took back.
///
/// # Errors
/// `PublishedDamaged` where a file of voids is gone or changed.
pub fn voided(output: &Store, log: &Log, as_of: NaiveDate) -> Result<BTreeSet<String>> {
    let of_date = log.records.iter().filter(|r| r.as_of == as_of).flat_map(|r| &r.files);
    let mut voided = BTreeSet::new();
    for file in of_date.filter(|f| f.path.contains(&format!("/outbox/{VOIDS}/"))) {
        let bytes = published_bytes(output, file)?;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let event: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
            voided.extend(event["data"]["action_id"].as_str().map(str::to_owned));
        }
    }
    Ok(voided)
}
