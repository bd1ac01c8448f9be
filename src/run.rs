//! The one path: load, shard, transform, decide, materialize, audit, publish.
//!
//! A run is a function of its pinned inputs, its configuration, the as-of date and the code. Data moves one way.
//! `prepare` is all of it but the last stage; `run` publishes what it made, `plan` only tells.

mod files;
mod lineage;
mod model;
mod notes;
mod origins;
mod page;
mod rejected;
mod train;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use tokio::runtime::Handle;

use self::model::InUse;
use self::rejected::{RejectedRows, quarantined};
pub use self::train::{Request as TrainRequest, Trained, train};
use crate::config::Plan;
use crate::error::{Error, Result};
use crate::io::delta::Delta;
use crate::io::engine::{Engine, Models};
use crate::io::log::{InputObject, Log, Record, RecordKind, halt};
use crate::io::outbox::VOIDS;
use crate::io::projection::{self, Target};
use crate::io::store::Store;
use crate::io::tables::Tables;
use crate::report::kpi::Told;
use crate::report::lineage::{Described, Teller};
pub use crate::report::results::RunResults;
use crate::runtime::parallel::map_ordered;
use crate::runtime::progress::Progress;
use crate::runtime::timings::StageTimings;
pub use crate::stage::load::{InputStatus, Profile};
use crate::stage::materialize::{Facts, OutputWriter, Reporting};
use crate::stage::publish::{DateStatus, Provenance, Revision};
use crate::stage::shard::{BadShare, Shards};
use crate::stage::{
    Audited, Decided, History, Materialized, OutputFile, Remembered, Shard, Snapshots, audit, decide, drift, gates,
    load, materialize, publish, remember, shard, transform,
};
use crate::text::plural;

/// What is asked of a run besides its plan.
#[derive(Clone, Debug)]
pub struct Request {
    pub as_of: NaiveDate,
    /// Random hexadecimal digits: the only thing in which two equal runs differ.
    pub nonce: String,
    pub ran_by: BTreeMap<String, String>,
    /// Why the date may be published again, as a revision, from other inputs or another configuration.
    pub revise: Option<String>,
    /// Why far more actions than usual are right.
    pub accept_volume: Option<String>,
    /// Only the position and its KPI tables, as of an earlier date than the newest: nobody is written to.
    pub kpi_only: bool,
    /// Somebody is told where each column comes from.
    pub teller: Option<Teller>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ran {
    pub record: Record,
    /// The identical run was there already.
    pub was_published: bool,
    /// As `run_results.json` has them; none where this run has not published it.
    pub results: Option<RunResults>,
    /// Of its datasets, what the record does not say.
    pub described: Described,
}

impl Ran {
    /// What is said of it in one word.
    pub fn outcome(&self) -> &'static str {
        if self.was_published { "already_published" } else { "published" }
    }
}

/// A run as it stands before it publishes.
#[derive(Debug)]
pub enum Planned {
    /// The identical run is published: there is nothing to do.
    Nothing(Box<Record>),
    Ready(Box<Prepared>),
}

/// All that a run is about to publish, audited; it stands in scratch and goes with this value.
#[derive(Debug)]
pub struct Prepared {
    audited: Audited,
    provenance: Provenance,
    log: Log,
    revision: Revision,
    /// Why the payments look incomplete.
    gaps: Vec<String>,
    pub results: RunResults,
    /// What a person should know besides.
    pub notes: Vec<String>,
    described: Described,
}

/// Runs the pipeline for one date.
///
/// # Errors
/// As each stage says; nothing is visible to any reader unless this returns `Ok`, or `Unfinished`, which says so.
pub fn run(plan: &mut Plan, request: &Request, runtime: &Handle, progress: &dyn Progress) -> Result<Ran> {
    let output = Store::open(&plan.output, runtime)?;
    let delta = plan.delta.as_deref().map(|url| Delta::open(url, runtime)).transpose()?;
    let target = Target { output, delta };
    publish::probe(&target.output, &request.nonce)?;
    let prepared = prepare(plan, request, &target.output, runtime, progress);
    if let Err(Error::Conflict { .. } | Error::Undecided { .. } | Error::Overtaken { .. }) = &prepared {
        // The run that published it may have died before its copies stood, and its inputs have changed since.
        publish::complete_newest(&target)?;
    }
    match prepared? {
        Planned::Nothing(record) => {
            publish::complete(&target, &record).map_err(|error| error.after(record.seq))?;
            Ok(Ran { record: *record, was_published: true, results: None, described: lineage::named(plan) })
        }
        Planned::Ready(prepared) => {
            let mut prepared = *prepared;
            prepared.accept(plan, request)?;
            let Prepared { audited, provenance, log, revision, results, described, .. } = prepared;
            progress.begin("publish", 1);
            let own = |record: &Record| files::files(record, &results, (request.teller.as_ref(), &described));
            let record = publish::publish(&target, (&log, &revision), &provenance, &audited, own)?;
            // Another process may have published the same run in between.
            let was_published = record.nonce != provenance.nonce;
            Ok(Ran { record, was_published, results: Some(results), described })
        }
    }
}

/// Goes the path of `run` up to what it would publish, and writes nothing to the output.
///
/// # Errors
/// Those of `run` for the same date; `WouldRefuse` around those that the log is the reason of.
pub fn plan(plan: &mut Plan, request: &Request, runtime: &Handle, progress: &dyn Progress) -> Result<Planned> {
    let output = Store::open(&plan.output, runtime)?;
    let mut planned = prepare(plan, request, &output, runtime, progress).map_err(|error| match error {
        Error::Conflict { .. } | Error::Undecided { .. } | Error::Overtaken { .. } => {
            Error::WouldRefuse(Box::new(error))
        }
        other => other,
    })?;
    if let Planned::Ready(prepared) = &mut planned {
        prepared.notes.extend(prepared.revision_note());
        let surprises = prepared.surprises(plan).into_iter();
        prepared.notes.extend(surprises.map(|what| format!("`regua run` would stop: {what}")));
        let halt = halt(&output)?;
        prepared
            .notes
            .extend(halt.map(|object| format!("{object} stops all publication: `regua run` would publish nothing")));
    }
    Ok(planned)
}

/// Looks at every input, and says what keeps a run from reading them; reads no rows.
///
/// # Errors
/// `Unavailable` where the store cannot be asked.
pub fn inputs(plan: &Plan, as_of: NaiveDate, runtime: &Handle) -> Result<(Vec<InputStatus>, Result<()>)> {
    let seen = load::input_statuses(plan, as_of, runtime)?;
    let refused = load::refuse(&seen);
    Ok((seen, refused))
}

/// Reads every input that is ready, and says what it holds.
///
/// # Errors
/// As reading does.
pub fn profile(seen: &mut [InputStatus]) -> Result<Vec<Profile>> {
    load::profile(seen)
}

/// Every stage but the last.
fn prepare(
    plan: &mut Plan,
    request: &Request,
    output: &Store,
    runtime: &Handle,
    progress: &dyn Progress,
) -> Result<Planned> {
    let (as_of, timings) = (request.as_of, StageTimings::of_stages());
    let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
    let cards = page::own(plan)?;
    let snapshots = timings.count("load", Snapshots::rows, || load::load(plan, as_of, runtime))?;
    let in_use = InUse::of(plan, output, as_of)?;
    let provenance = provenance(plan, request, snapshots, in_use.inputs())?;
    let snapshots = &provenance.snapshots;
    let (log, mut revision) =
        match publish::date_status(output, &provenance, request.revise.as_deref(), request.kpi_only)? {
            DateStatus::Open(log, revision) => (log, revision),
            DateStatus::Published(record) => return Ok(Planned::Nothing(record)),
        };
    revision.voided = projection::voided(output, &log, as_of)?;
    plan.rules.begin_experiments(&mut revision.experiments, as_of);
    let history = publish::history(output, &log, as_of, plan.has_open_scope())?;
    let (holidays, mut left_out) = load::holidays(snapshots, as_of)?;
    plan.rules.calendar.add(holidays);
    left_out.extend(load::add_rates(&mut plan.rules, snapshots, as_of)?);
    let mut notes = notes::of_start(plan, (as_of, snapshots), &log, &revision);
    notes.extend(in_use.give(plan, output, &log, as_of)?);
    notes.extend(notes::without_chances(plan));
    notes.extend(load::left_out(&left_out));
    notes.iter().chain(&snapshots.unfound).for_each(|note| progress.note(note));

    let rows_read = snapshots.rows() + history.rows();
    let shards =
        timings.count("spread", |_| rows_read, || shard::spread(plan, as_of, snapshots, &history, progress))?;
    let runner = ShardRunner::set_up(plan, (as_of, &history, &shards), &revision, models, runtime, &timings, progress)?;
    BadShare::of(&shards.bad).check(&plan.limits, snapshots)?;
    let (writer, rejected) = timings.time("shards", || runner.run_all(&shards, snapshots))?;
    let quarantined = quarantined(&shards, &rejected, snapshots);
    let mut materialized = timings.count("measure", Materialized::rows, || {
        let reporting = Reporting { currency: plan.reporting_currency(), quotes: &plan.rules.quotes, as_of };
        writer.finish(&runner.models, &runner.engine, (transform::periods(plan, as_of)?, reporting), &quarantined)
    })?;
    materialized.stated.clone_from(&shards.stated);
    gates::cash(plan, &shards.paid.cash, &rejected.unidentified, &materialized.facts)?;
    let totals = (&shards.totals, &rejected.set_aside);
    let mut audited = timings.time("audit", || audit::audit(&runner.models, totals, materialized))?;
    let passed = shards.passed_over.iter().map(|((table, why), rows)| load::passed_over(table, why, *rows)).collect();
    let drifting = drift::note(audited.materialized(), plan.rules.model.as_ref()).into_iter().collect();
    let told = [passed, shards.notes.clone(), rejected.notes(), notes::unmatched(&audited, plan), drifting].concat();
    told.iter().for_each(|note| progress.note(note));
    let told = Told { notes: [notes, told].concat(), cards };
    timings.time("report", || page::add(plan, (&provenance, &revision), &mut audited, &told))?;
    let described = request.teller.as_ref().map_or_else(Described::default, |_| {
        lineage::described(plan, snapshots, &history, (&runner.engine, &runner.models), &audited)
    });
    let (notes, results) = (told.notes.clone(), runner.results(&shards, snapshots, &audited, told));
    let seen = gates::Seen::of((&shards.paid.days, shards.vanished), snapshots, rejected.copies_of("invoices"));
    // Of a company for which nothing is sent it is no matter.
    let (facts, acting) = (&audited.materialized().facts, audited.materialized().acting());
    let gaps = gates::gaps(&seen, (facts, Some(&acting)), as_of, plan);
    Ok(Planned::Ready(Box::new(Prepared { audited, provenance, log, revision, gaps, results, notes, described })))
}

impl Prepared {
    pub fn as_of(&self) -> NaiveDate {
        self.provenance.as_of
    }

    /// What a gate finds strange is published only where somebody says why.
    fn accept(&mut self, plan: &Plan, request: &Request) -> Result<()> {
        let accepted = gates::accepted(self.surprises(plan), request.accept_volume.as_deref())?;
        self.revision.overrides.extend(accepted.map(|why| ("volume".to_owned(), why)));
        Ok(())
    }

    fn surprises(&self, plan: &Plan) -> Vec<String> {
        let actions = self.results.counts.get("actions").copied().unwrap_or(0);
        let surge = gates::surge(&self.log, &self.revision, actions, plan.limits.volume_percent_max);
        let sends = actions > 0 && self.revision.kind == RecordKind::Actions;
        let previous = gates::previous(&self.log, self.as_of());
        let (snapshots, materialized) = (&self.provenance.snapshots, self.audited.materialized());
        surge
            .into_iter()
            .chain(plan.sample_creditors(Some(&materialized.acting())).filter(|_| sends))
            .chain(self.gaps.iter().filter(|_| sends).cloned())
            .chain(gates::changes(previous, snapshots, materialized, &plan.limits))
            .collect()
    }

    /// What a revision would do.
    fn revision_note(&self) -> Option<String> {
        let number = self.revision.number;
        let count = |table: &str| self.results.counts.get(table).copied().unwrap_or(0);
        let what = match self.kept() {
            Some(kept) => {
                let new = plural(count("actions"), "new action", "new actions");
                format!("{new}, {kept} kept, {} taken back", count(VOIDS))
            }
            None => "no action is added or taken back".to_owned(),
        };
        (number > 0).then(|| format!("revision {number} of {}: {what}", self.as_of()))
    }

    /// 0 = the first publication of the date.
    pub fn revision_number(&self) -> u32 {
        self.revision.number
    }

    /// Actions of earlier revisions of the date that stand as they are; none where there is nothing to keep them of.
    pub fn kept(&self) -> Option<u64> {
        let new = self.results.counts.get("actions").copied().unwrap_or(0);
        let may_keep = self.revision.kind == RecordKind::Actions && self.revision.number > 0;
        may_keep.then(|| self.audited.materialized().standing().saturating_sub(new))
    }

    /// What the record would say: its kind, and the rows of what is published.
    pub fn told(&self) -> (RecordKind, BTreeMap<String, u64>) {
        publish::told(&self.revision, &self.audited)
    }

    /// The newest published run of those that decided, which this one would follow.
    pub fn previous(&self) -> Option<&Record> {
        self.log.newest_decided()
    }

    /// The revisions of its date, itself the last.
    pub fn revisions(&self) -> Vec<&Record> {
        self.previous().map_or(Vec::new(), |record| self.log.revisions(record.as_of))
    }

    /// Currency = open amount, as the record would have it.
    pub fn control_totals(&self) -> BTreeMap<String, String> {
        self.audited.materialized().control_totals()
    }

    /// Table = SHA-256 of its file: what the record would name, and so what a run that follows can be checked against.
    /// What is taken back is left out: its lines hold the reason of the revision, which only the run is given.
    pub fn logical_digests(&self) -> BTreeMap<String, String> {
        let voids = format!("outbox/{VOIDS}/");
        let published = publish::to_publish(&self.revision, &self.audited);
        let digested = published.filter(|a| publish::is_digested(&a.path) && !a.path.starts_with(&voids));
        digested.map(|a| (a.path.clone(), a.written.sha256.clone())).collect()
    }

    /// The tables as they would be published.
    ///
    /// # Errors
    /// Where the scratch folder cannot be opened.
    pub fn tables(&self, runtime: &Handle) -> Result<Tables> {
        let materialized = self.audited.materialized();
        let store = Store::open(&materialized.scratch.path().to_string_lossy(), runtime)?;
        let name = |a: &OutputFile| Some((a.path.clone(), a.written.path.file_name()?.to_string_lossy().into_owned()));
        Ok(Tables::new(store, self.audited.files().iter().filter_map(name)))
    }

    /// Actions that an earlier run published on this day, and how many of them nobody has reported on; `None` where
    /// the models do not count them.
    pub fn reports_on(&self, day: NaiveDate) -> Option<(u64, u64)> {
        self.audited.materialized().reports_on(day)
    }
}

/// What every shard is worked on with.
struct ShardRunner<'a> {
    plan: &'a Plan,
    as_of: NaiveDate,
    revision: &'a Revision,
    voided: Vec<String>,
    models: Models,
    engine: Engine,
    timings: &'a StageTimings,
    model_timings: StageTimings,
    progress: &'a dyn Progress,
}

impl<'a> ShardRunner<'a> {
    fn set_up(
        plan: &'a Plan,
        (as_of, history, shards): (NaiveDate, &History, &Shards),
        revision: &'a Revision,
        models: Models,
        runtime: &Handle,
        timings: &'a StageTimings,
        progress: &'a dyn Progress,
    ) -> Result<ShardRunner<'a>> {
        let seen = transform::Seen { from: history.seen_from, is_past: shards.paid.is_past() };
        let engine = Engine::new(runtime, plan.limits.memory_bytes_max, transform::variables(plan, as_of, seen))?
            .led_by_the_first_shard();
        engine.plan_ahead(&models);
        Ok(ShardRunner {
            plan,
            as_of,
            revision,
            voided: history.voided.iter().cloned().collect(),
            models,
            engine,
            timings,
            model_timings: StageTimings::default(),
            progress,
        })
    }

    /// Several shards at a time; their rows are written in order.
    fn run_all(&self, shards: &Shards, snapshots: &Snapshots) -> Result<(OutputWriter, RejectedRows)> {
        self.progress.begin("shards", u64::from(shards.count()));
        let mut writer = OutputWriter::open(self.as_of, self.revision, self.plan.limits.scratch_dir.as_deref())?;
        let (mut rejected, mut share) = (RejectedRows::default(), BadShare::of(&shards.bad));
        map_ordered(
            shards.count(),
            self.plan.limits.workers,
            |number| self.run_shard(shards, number),
            |(decided, remembered, facts, of_shard)| {
                self.timings.time("write", || writer.append(&decided, &remembered, facts))?;
                of_shard
                    .clashes
                    .iter()
                    .filter(|clash| clash.is_bad())
                    .for_each(|clash| share.add(clash.table, "", clash.reason));
                // As soon as there are too many: a broken export must not fill the memory first.
                share.check(&self.plan.limits, snapshots)?;
                rejected.add(of_shard);
                self.progress.advance(1);
                Ok(())
            },
        )?;
        Ok((writer, rejected))
    }

    /// One shard: transform, decide, materialize, audit.
    fn run_shard(&self, shards: &Shards, number: u32) -> Result<(Decided, Remembered, Facts, RejectedRows)> {
        let (plan, models, timings) = (self.plan, &self.models, self.timings);
        let session = self.engine.session_of(number);
        let mut shard =
            Shard { voided: self.voided.clone(), ..timings.count("open", Shard::rows, || shards.open(number))? };
        timings.time("transform", || {
            transform::transform((plan, self.as_of), models, &session, &mut shard, &self.model_timings)
        })?;
        let decided = timings
            .count("decide", Decided::rows, || decide::decide(&plan.rules, self.as_of, self.revision, &session))?;
        let remembered = timings.time("remember", || remember::remember(&session, &decided))?;
        let facts = timings.time("facts", || materialize::facts(models, &session, &decided, &self.model_timings))?;
        timings.time("audit", || audit::check_shard(models, &plan.rules.calendar, &session))?;
        let Shard { clashes, repeated, set_aside, unidentified, .. } = shard;
        Ok((decided, remembered, facts, RejectedRows { clashes, repeated, set_aside, unidentified }))
    }
}

impl ShardRunner<'_> {
    fn results(&self, shards: &Shards, snapshots: &Snapshots, audited: &Audited, told: Told) -> RunResults {
        let materialized = audited.materialized();
        RunResults {
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            as_of: self.as_of,
            shards: shards.count(),
            rows_read: snapshots.rows(),
            rows_quarantined: materialized.rows_quarantined,
            amounts_rounded: shards.rounded,
            seconds: self.timings.seconds(),
            peak_megabytes: self.timings.peaks(),
            model_seconds: self.model_timings.seconds(),
            counts: materialized.counts.clone(),
            told,
        }
    }
}

fn provenance(
    plan: &Plan,
    request: &Request,
    snapshots: Snapshots,
    models: impl Iterator<Item = InputObject>,
) -> Result<Provenance> {
    let inputs = snapshots.objects()?.into_iter().chain(models).collect::<Vec<_>>();
    Ok(Provenance {
        tenant: plan.rules.tenant.clone(),
        as_of: request.as_of,
        input_digest: Provenance::digest_of(&inputs),
        inputs,
        snapshots,
        config_digest: plan.digest.clone(),
        nonce: request.nonce.clone(),
        ran_by: request.ran_by.clone(),
    })
}
