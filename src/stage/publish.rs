//! Publish: data first, under a path of this attempt's own; the commit record last, created once.
//!
//! The steps are those of `docs/publication.md`: look at the log before the work, write, read back, look again,
//! create the record, and believe only what is read. What stands in `outbox/`, `kpi/` and `kpi_current/` is copied
//! from the log afterwards and can always be made again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::json;

use super::{Audited, History, OutputFile, Snapshots};
use crate::contract;
use crate::domain::action::sha256_hex;
use crate::domain::experiment::Terms;
use crate::error::{Damage, Error, Result};
use crate::io::log::{
    self, Appended, ColumnFiles, FORMAT_VERSION, InputObject, Log, PublishedFile, Record, RecordKind, halt,
};
use crate::io::outbox::VOIDS;
use crate::io::parquet::Source;
use crate::io::projection::{Target, project, voided};
use crate::io::store::Store;
use crate::runtime::signals::{self, Commit};

/// Tables and batches: the same rows give the same bytes. A page names its configuration, and what a run says of itself
/// its times.
const DIGESTED: [&str; 2] = [".parquet", ".ndjson"];

/// What makes a run the same run: everything it depends on.
#[derive(Debug)]
pub struct Provenance {
    /// Whose pipeline it is.
    pub tenant: String,
    /// The date that the run looks at.
    pub as_of: NaiveDate,
    /// What is read, pinned.
    pub inputs: Vec<InputObject>,
    /// The same, to look at again.
    pub snapshots: Snapshots,
    /// SHA-256 over the inputs, as hex.
    pub input_digest: String,
    /// SHA-256 over every file of the configuration, as hex.
    pub config_digest: String,
    /// Random; names this attempt's folder and record, and nothing in any row.
    pub nonce: String,
    /// Who ran it, where the scheduler says so.
    pub ran_by: BTreeMap<String, String>,
}

/// What a run is to publish of its date.
#[derive(Clone, Debug)]
pub struct Revision {
    /// `KpiOnly` where a later date is published, or no more is asked for: then nobody is written to.
    pub kind: RecordKind,
    /// 0 = the first publication of the date.
    pub number: u32,
    /// Why it is published again.
    pub reason: Option<String>,
    /// What earlier revisions of the date took back.
    pub voided: BTreeSet<String>,
    /// What the operator overrode, and why.
    pub overrides: BTreeMap<String, String>,
    /// The last day on which anything mattered that was published once and is forgotten by now.
    pub forgotten_on: Option<NaiveDate>,
    /// Experiment = what it began with; of those that had begun.
    pub experiments: BTreeMap<String, Terms>,
}

impl Revision {
    /// The first revision of a date, the newest there is.
    pub fn first() -> Revision {
        Revision {
            kind: RecordKind::Actions,
            number: 0,
            reason: None,
            voided: BTreeSet::new(),
            overrides: BTreeMap::new(),
            forgotten_on: None,
            experiments: BTreeMap::new(),
        }
    }
}

/// What the log says about a date before the work starts.
#[derive(Debug)]
pub enum DateStatus {
    /// The very same run is published.
    Published(Box<Record>),
    /// There is something to publish; this is the log to append to.
    Open(Log, Revision),
}

impl Provenance {
    /// SHA-256 over the pinned inputs: local files by their content, wherever they stand; others by what their store
    /// tells them apart by.
    pub fn digest_of(inputs: &[InputObject]) -> String {
        let identity = |i: &InputObject| match &i.sha256 {
            Some(sha256) => json!([i.table, i.size, sha256]),
            None => json!([i.table, i.url, i.size, i.e_tag, i.version]),
        };
        let mut identities: Vec<String> = inputs.iter().map(|input| identity(input).to_string()).collect();
        identities.sort();
        sha256_hex(identities.join("\n").as_bytes())
    }

    /// Is it the record of this very run, whoever wrote it? What decided holds all that a run of this kind publishes
    /// which decides nothing, and not the other way round.
    fn is_same_run(&self, record: &Record, kind: RecordKind) -> bool {
        record.as_of == self.as_of
            && !record.lacks(kind)
            && record.input_digest == self.input_digest
            && record.config_digest == self.config_digest
    }

    /// What this run is made of otherwise than a published one, for an operator.
    fn differs_from(&self, record: &Record) -> Vec<String> {
        let tables: BTreeSet<&String> = self.inputs.iter().chain(&record.inputs).map(|object| &object.table).collect();
        let of =
            |all: &[InputObject], table: &str| all.iter().filter(|o| o.table == table).cloned().collect::<Vec<_>>();
        let digests = |table: &str| [&self.inputs, &record.inputs].map(|all| Provenance::digest_of(&of(all, table)));
        let inputs = tables.into_iter().filter(|table| digests(table)[0] != digests(table)[1]);
        let other = (self.config_digest != record.config_digest).then(|| "configuration".to_owned());
        inputs.map(|table| format!("{table} snapshot")).chain(other).collect()
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

/// Looks at the log, and writes nothing: is this date published, by this run or another? `reason` = it may be published
/// again, as a revision; `kpi_only` = nobody is written to, whatever the date.
///
/// # Errors
/// `Conflict` where the date was published from something else and no reason is given, `Undecided` where it was published
/// with `kpi_only` and this run would decide, `Overtaken` where only a later one was; `NothingToRevise` where a revision
/// is asked for of what was never published; `OtherTenant` where the log is another tenant's: its ids are made with the
/// tenant's name, so this one would publish under new names what that one has published already; `PublishedDamaged` where the log is lost.
pub fn date_status(
    output: &Store,
    provenance: &Provenance,
    reason: Option<&str>,
    kpi_only: bool,
) -> Result<DateStatus> {
    let (as_of, tenant) = (provenance.as_of, &provenance.tenant);
    let log = Log::read_until(output, |log| tells_all(log, as_of))?;
    refuse_lost(output, &log)?;
    output.refuse_other_tenant(log.records.iter().map(|record| record.tenant.as_str()), tenant)?;
    let is_newest = log.newest_date().is_none_or(|newest| newest <= as_of);
    let kind = if is_newest && !kpi_only { RecordKind::Actions } else { RecordKind::KpiOnly };
    let number = match (log.of_date(as_of), reason) {
        (Some(record), _) if provenance.is_same_run(record, kind) => {
            return Ok(DateStatus::Published(Box::new(record.clone())));
        }
        (Some(record), Some(_)) => record.revision + 1,
        (Some(record), None) if record.lacks(kind) => {
            return Err(Error::Undecided { as_of, record: output.url_of(&log::key_of(record.seq)) });
        }
        (Some(record), None) => return Err(conflict(output, provenance, record)),
        (None, Some(_)) => return Err(Error::NothingToRevise { as_of }),
        (None, None) => match overtaken_by(&log, as_of).filter(|_| !kpi_only) {
            Some(Record { as_of: later, seq, .. }) => {
                return Err(Error::Overtaken { as_of, later: *later, record: output.url_of(&log::key_of(*seq)) });
            }
            None => 0,
        },
    };
    let before = carried(&log, as_of).map(|(before, _)| (before.forgotten_on, before.experiments.clone()));
    let ((forgotten_on, experiments), reason) = (before.unwrap_or_default(), reason.map(str::to_owned));
    let revision = Revision { kind, number, reason, forgotten_on, experiments, ..Revision::first() };
    Ok(DateStatus::Open(log, revision))
}

/// The newest record, where it is of a later date and nothing from this date on has decided. Figures that were asked for alone
/// would otherwise silence every date before theirs, and a mistyped year all of them.
fn overtaken_by(log: &Log, as_of: NaiveDate) -> Option<&Record> {
    let has_decided = log.newest_decided().is_some_and(|record| record.as_of >= as_of);
    log.newest().filter(|newest| newest.as_of > as_of && !has_decided)
}

/// Copies are made after their record: where they stand without one, the log is lost, and with it who was written to.
fn refuse_lost(output: &Store, log: &Log) -> Result<()> {
    match log::lost(output, log)? {
        Some(damage) => Err(Error::PublishedDamaged { object: output.url_of("_log"), damage }),
        None => Ok(()),
    }
}

/// Do these newest records tell a run of this date all that it asks of the log: every revision of the date, and what the
/// dates before it carried forward? Only an output that does not carry it yet, and a date far back, ask for more.
fn tells_all(log: &Log, as_of: NaiveDate) -> bool {
    let is_newest = log.newest_date().is_none_or(|newest| newest < as_of);
    let has_first = |date: NaiveDate| log.records.iter().any(|r| r.as_of == date && r.revision == 0);
    // A plan is compared with every revision of the date that decided last.
    let has_last = log.newest_decided().is_none_or(|record| has_first(record.as_of));
    (is_newest || has_first(as_of)) && has_last && carried(log, as_of).is_some()
}

/// The newest record before a date that says what still mattered then of all that was ever published.
fn carried(log: &Log, as_of: NaiveDate) -> Option<(&Record, &PublishedFile)> {
    let folder = format!("/{}/", contract::CONTACT_STATE.name);
    let mut before = log.records.iter().rev().filter(|record| record.as_of < as_of);
    before.find_map(|record| Some((record, record.files.iter().find(|file| file.path.contains(&folder))?)))
}

fn conflict(output: &Store, provenance: &Provenance, other: &Record) -> Error {
    let (record, differs) = (output.url_of(&log::key_of(other.seq)), provenance.differs_from(other));
    Error::Conflict { as_of: other.as_of, record, run_id: other.run_id.clone(), differs }
}

/// What earlier runs published: the actions that still matter, since they may have been sent, and where the accounts
/// stood in the last run before this date.
///
/// The newest run before the date has carried forward what mattered then (`contact_state`); what was published since
/// is read besides: actions of this very date where it is revised, and of runs that carried nothing forward. What is
/// dated later does not exist. So a run opens a few objects, however old the output is.
///
/// # Errors
/// `PublishedDamaged` where a file that the log names is gone or changed, `Unavailable`.
pub fn history(output: &Store, log: &Log, as_of: NaiveDate, has_open_scope: bool) -> Result<History> {
    let carried = carried(log, as_of);
    let since = carried.map_or(0, |(record, _)| record.seq);
    let later = log.records.iter().filter(|r| r.seq > since && r.as_of <= as_of);
    let of = |record: &'_ Record, table: &contract::Table| {
        let folder = format!("/{}/", table.name);
        record.files.iter().filter(|f| f.path.contains(&folder) && f.rows > 0).cloned().collect::<Vec<_>>()
    };
    let published = later.flat_map(|record| of(record, &contract::ACTIONS));
    let actions = carried.map(|(_, file)| file.clone()).filter(|file| file.rows > 0).into_iter().chain(published);
    let last = log.records.iter().filter(|r| r.as_of < as_of).max_by_key(|r| (r.as_of, r.seq));
    let of_last = |table: &contract::Table| -> Result<Vec<Source>> {
        let files = last.map_or(Vec::new(), |record| of(record, table));
        files.iter().map(|file| source(output, file)).collect()
    };
    // A date that was made up for later has drawn nobody.
    let has_members = |r: &&Record| r.as_of < as_of && !of(r, &contract::EXPERIMENT_MEMBERS).is_empty();
    let members = log.records.iter().filter(has_members).max_by_key(|r| (r.as_of, r.seq));
    let members = members.map_or(Vec::new(), |record| of(record, &contract::EXPERIMENT_MEMBERS));
    let flows = if has_open_scope { of_last(&contract::ITEM_FLOWS)? } else { Vec::new() };
    let seen_from = flows.iter().map(|file| file.first_day("seen_on")).collect::<Result<Vec<_>>>()?;
    let earlier: BTreeSet<NaiveDate> = log.records.iter().map(|r| r.as_of).filter(|date| *date < as_of).collect();
    let voided = earlier.into_iter().map(|date| voided(output, log, date)).collect::<Result<Vec<_>>>()?;
    Ok(History {
        voided: voided.into_iter().flatten().collect(),
        actions: actions.map(|file| source(output, &file)).collect::<Result<_>>()?,
        positions: of_last(&contract::DEBTORS)?,
        flows,
        seen_from: seen_from.into_iter().flatten().min(),
        members: members.iter().map(|file| source(output, file)).collect::<Result<_>>()?,
    })
}

/// A published file, which must still be what was published.
fn source(output: &Store, file: &PublishedFile) -> Result<Source> {
    let damaged = |damage| Error::PublishedDamaged { object: output.url_of(&file.path), damage };
    let pinned = output.pin_one(&file.path)?.ok_or_else(|| damaged(Damage::Gone))?;
    if pinned.size != file.size {
        return Err(damaged(Damage::Changed));
    }
    Source::open_published(output, pinned)
}

/// What a run says of itself beside what it publishes: name and bytes. Its times are in them, so the record keeps no digest.
pub type OwnFiles = Vec<(&'static str, Vec<u8>)>;

/// Publishes what was audited, and what is said of it.
///
/// # Errors
/// Those of `own`.
/// `Torn` where what is read back is not what was written, or is gone before the record; `Moved` where an input is not
/// what was read; `Halted`; `HeadMoved` where another date went in meanwhile; `Conflict` where another run took the date;
/// `DeltaTable` where a Delta table would not take it. After the record only `Unfinished`.
pub fn publish(
    target: &Target,
    (log, revision): (&Log, &Revision),
    provenance: &Provenance,
    audited: &Audited,
    own: impl FnOnce(&Record) -> Result<OwnFiles>,
) -> Result<Record> {
    let (output, run_id) = (&target.output, provenance.run_id());
    let folder = format!("runs/{}/{run_id}", provenance.as_of);
    let mut files = Vec::new();
    for output_file in to_publish(revision, audited) {
        let file = published(&folder, output_file);
        output.upload(&file.path, &output_file.written.path)?;
        read_back(output, &file)?;
        files.push(file);
    }
    let mut record = record((log, revision), provenance, audited, run_id, files);
    for (name, bytes) in own(&record)? {
        record.files.push(write(output, format!("{folder}/{name}"), bytes)?);
    }
    // A run that died after its record may have left copies unmade. They are made before the next record is, so only the
    // newest record can ever lack some.
    refuse_halted(output)?;
    log.head().map_or(Ok(()), |head| project(output, log.clone(), head))?;
    target.delta.as_ref().map_or(Ok(()), |delta| delta.check(output, &record))?;
    let (published, log) = commit(output, log, provenance, &record)?;
    let unfinished = |error| Error::Unfinished { seq: published.seq, why: Box::new(error) };
    target.project(log, &published).map_err(unfinished)?;
    Ok(published)
}

/// Of an earlier date than the newest nothing is published that was decided, nor where no more is asked for.
pub fn to_publish<'a>(revision: &Revision, audited: &'a Audited) -> impl Iterator<Item = &'a OutputFile> {
    let decides = revision.kind == RecordKind::Actions;
    audited.files().iter().filter(move |output_file| decides || !output_file.is_of_decisions)
}

/// What the record says of it: its kind, and the rows of what is published.
pub fn told(revision: &Revision, audited: &Audited) -> (RecordKind, BTreeMap<String, u64>) {
    let paths: Vec<String> =
        to_publish(revision, audited).map(|output_file| format!("/{}", output_file.path)).collect();
    let counts = counts(&audited.materialized().counts, &paths);
    let rows = |table: &str| counts.get(table).copied().unwrap_or(0);
    let only_takes_back = rows(contract::ACTIONS.name) == 0 && rows(VOIDS) > 0;
    (if only_takes_back { RecordKind::Void } else { revision.kind }, counts)
}

/// Is it told by its digest what it holds?
pub fn is_digested(path: &str) -> bool {
    DIGESTED.iter().any(|ending| path.ends_with(ending))
}

fn published(folder: &str, output_file: &OutputFile) -> PublishedFile {
    let written = &output_file.written;
    PublishedFile {
        path: format!("{folder}/{}", output_file.path),
        copy_to: output_file.copy_to.clone(),
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

/// What was written and read back may have been collected since, where this process was stopped for days.
fn check_unchanged(output: &Store, file: &PublishedFile) -> Result<()> {
    let found = output.pin_one(&file.path)?.map(|object| object.size);
    let torn = |what: &str| Err(Error::Torn { object: output.url_of(&file.path), what: what.to_owned() });
    match found {
        Some(size) if size == file.size => Ok(()),
        Some(_) => torn("its size has changed"),
        None => torn("it is gone"),
    }
}

fn write(output: &Store, path: String, bytes: Vec<u8>) -> Result<PublishedFile> {
    let file = PublishedFile { path, copy_to: None, size: bytes.len() as u64, sha256: sha256_hex(&bytes), rows: 0 };
    output.put(&file.path, bytes.into())?;
    read_back(output, &file)?;
    Ok(file)
}

fn record(
    (log, revision): (&Log, &Revision),
    provenance: &Provenance,
    audited: &Audited,
    run_id: String,
    files: Vec<PublishedFile>,
) -> Record {
    let materialized = audited.materialized();
    let tables = files.iter().filter(|f| is_digested(&f.path));
    let prefix = format!("runs/{}/{run_id}/", provenance.as_of);
    let digest = |f: &PublishedFile| (f.path.trim_start_matches(&prefix).to_owned(), f.sha256.clone());
    let (kind, counts) = told(revision, audited);
    Record {
        format_version: FORMAT_VERSION,
        seq: log.length() + 1,
        prev_sha256: log.head_sha256.clone(),
        tenant: provenance.tenant.clone(),
        as_of: provenance.as_of,
        revision: revision.number,
        kind,
        reason: revision.reason.clone(),
        overrides: revision.overrides.clone(),
        nonce: provenance.nonce.clone(),
        input_digest: provenance.input_digest.clone(),
        config_digest: provenance.config_digest.clone(),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        inputs: provenance.inputs.clone(),
        column_files: column_files(&provenance.snapshots),
        logical_digests: tables.map(digest).collect(),
        counts,
        control_totals: materialized.control_totals(),
        open_items: materialized.open_items(),
        stated: materialized.stated.clone(),
        audits: audited.audits().to_vec(),
        ran_by: provenance.ran_by.clone(),
        forgotten_on: materialized.forgotten_on.max(revision.forgotten_on),
        experiments: revision.experiments.clone(),
        run_id,
        files,
    }
}

fn column_files(snapshots: &Snapshots) -> BTreeMap<String, BTreeMap<String, ColumnFiles>> {
    let found = snapshots.tables.iter().filter(|snapshot| snapshot.is_there());
    found.map(|snapshot| (snapshot.table.name.to_owned(), snapshot.column_files())).collect()
}

/// Completes the copies of a record whose run died after committing it. Does nothing while an operator has said halt, or
/// gateways would find a batch that was to be stopped.
///
/// # Errors
/// As `Target::project`.
pub fn complete(target: &Target, record: &Record) -> Result<()> {
    complete_since(target, Some(record.seq))
}

/// The same of the newest record, whatever it is.
///
/// # Errors
/// As `complete`.
pub fn complete_newest(target: &Target) -> Result<()> {
    complete_since(target, None)
}

fn complete_since(target: &Target, seq: Option<u64>) -> Result<()> {
    let output = &target.output;
    if halt(output)?.is_some() {
        return Ok(());
    }
    let log = Log::read_until(output, |log| log.records.first().is_none_or(|r| seq.is_none_or(|seq| r.seq <= seq)))?;
    let seq = seq.unwrap_or(log.length());
    let record = log.records.iter().find(|record| record.seq == seq).cloned();
    record.map_or(Ok(()), |record| target.project(log, &record))
}

/// The rows of what is published.
fn counts(counts: &BTreeMap<String, u64>, paths: &[String]) -> BTreeMap<String, u64> {
    let is_published = |table: &str| {
        let (folder, file) = (format!("/{table}/"), format!("/{table}.parquet"));
        paths.iter().any(|path| path.contains(&folder) || path.ends_with(&file))
    };
    counts.iter().filter(|(table, _)| is_published(table)).map(|(table, rows)| (table.clone(), *rows)).collect()
}

fn refuse_halted(output: &Store) -> Result<()> {
    halt(output)?.map_or(Ok(()), |object| Err(Error::Halted { object }))
}

/// Another's record of the same date: ours if inputs and configuration are the same. Where it decided nothing and ours
/// would, whether ours still may is for the next look at the log to say.
fn same_run_or_conflict(output: &Store, provenance: &Provenance, record: &Record, kind: RecordKind) -> Result<Record> {
    match provenance.is_same_run(record, kind) {
        true => Ok(record.clone()),
        false if record.lacks(kind) => Err(Error::HeadMoved { head: log::key_of(record.seq) }),
        false => Err(conflict(output, provenance, record)),
    }
}

/// Looks again, appends the record and finds out what became of it. No signal ends the process in between.
///
/// Returns what is published, and the log with it.
fn commit(output: &Store, log: &Log, provenance: &Provenance, record: &Record) -> Result<(Record, Log)> {
    let mut gate = signals::committing();
    record.files.iter().try_for_each(|file| check_unchanged(output, file))?;
    provenance.snapshots.check_unmoved()?;
    refuse_halted(output)?;
    let now = log.again(output)?;
    if now.length() != log.length() {
        let since = now.records.iter().filter(|r| r.seq >= record.seq);
        return match since.rev().find(|r| r.as_of == record.as_of) {
            Some(other) => Ok((same_run_or_conflict(output, provenance, other, record.kind)?, now)),
            None => Err(Error::HeadMoved { head: log::key_of(now.length()) }),
        };
    }
    match log::append(output, record)? {
        Appended::Ours => {
            *gate = Commit::Done;
            Ok((record.clone(), now.with(record)?))
        }
        Appended::Other(other) if other.as_of == provenance.as_of => {
            let ours = same_run_or_conflict(output, provenance, &other, record.kind)?;
            Ok((ours, log.again(output)?))
        }
        Appended::Other(other) => Err(Error::HeadMoved { head: log::key_of(other.seq) }),
    }
}
