//! The one path: load, shard, transform, decide, measure, audit, publish.
//!
//! A run is a function of its pinned inputs, its configuration, the as-of date and the code. Data moves one way.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use tokio::runtime::Handle;

use crate::config::Plan;
use crate::error::Result;
use crate::io::engine::{Engine, Models};
use crate::io::log::Record;
use crate::io::store::Store;
use crate::progress::Progress;
use crate::stage::measure::{Book, Facts};
use crate::stage::publish::{Outlook, Provenance};
use crate::stage::shard::{Duplicates, Shards};
use crate::stage::{
    Decided, QuarantinedRow, Snapshots, Totals, audit, decide, load, measure, publish, shard, transform,
};
use crate::work::{Clock, in_order};

/// What is asked of a run besides its plan.
#[derive(Clone, Debug)]
pub struct Request {
    pub as_of: NaiveDate,
    /// Random hexadecimal digits: the only thing in which two equal runs differ.
    pub nonce: String,
    pub ran_by: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub record: Record,
    /// The identical run was there already.
    pub was_published: bool,
}

/// What `run_results.json` says: where the time went, and what came of it.
#[derive(Debug, Default, Serialize)]
pub struct RunResults {
    pub code_version: &'static str,
    pub as_of: Option<NaiveDate>,
    pub shards: u32,
    pub rows_read: u64,
    pub rows_quarantined: u64,
    pub amounts_rounded: u64,
    /// Stage = wall-clock seconds; of stages inside the shards, summed over the workers.
    pub seconds: BTreeMap<&'static str, f64>,
    pub counts: BTreeMap<String, u64>,
}

/// What one shard leaves behind once its rows are in the book.
#[derive(Default)]
struct Ledger {
    duplicates: Duplicates,
    duplicate_totals: Totals,
}

/// Runs the pipeline for one date.
///
/// # Errors
/// As each stage says; nothing is visible to any reader unless this returns `Ok`.
pub fn run(plan: &mut Plan, request: &Request, runtime: &Handle, progress: &dyn Progress) -> Result<Ran> {
    let clock = Clock::default();
    let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
    let output = Store::open(&plan.output, runtime)?;
    let snapshots = clock.time("load", || load::load(plan, request.as_of, runtime))?;
    let provenance = provenance(plan, request, &snapshots);
    let log = match publish::look(&output, &provenance)? {
        Outlook::Published(record) => {
            publish::project(&output, &record)?;
            return Ok(Ran { record: *record, was_published: true });
        }
        Outlook::Free(log) => log,
    };
    tell(&snapshots, progress);
    plan.rules.calendar.add(load::holidays(&snapshots)?);
    let history = publish::history(&output, &log, request.as_of, plan.limits.history_days)?;
    let shards = clock.time("spread", || shard::spread(plan, request.as_of, &snapshots, &history, progress))?;
    let engine = Engine::new(runtime, plan.limits.memory_bytes_max, transform::variables(plan, request.as_of))?;
    let mut book = Book::open(request.as_of, plan.limits.scratch_dir.as_deref())?;
    let ledger = through_shards(plan, request.as_of, &models, &engine, &shards, &mut book, &clock, progress)?;
    let quarantined = quarantined(&shards, &ledger, &snapshots);
    let measured = clock.time("measure", || book.measure(&models, &engine, &quarantined))?;
    let audited = clock.time("audit", || audit::audit(&models, &shards.totals, &ledger.duplicate_totals, measured))?;
    let results = results(request, &shards, &snapshots, &clock, &audited);
    progress.begin("publish", 1);
    let record = publish::publish(&output, &log, &provenance, &audited, &results)?;
    Ok(Ran { record, was_published: false })
}

fn provenance(plan: &Plan, request: &Request, snapshots: &Snapshots) -> Provenance {
    let inputs = snapshots.objects();
    Provenance {
        tenant: plan.rules.tenant.clone(),
        as_of: request.as_of,
        input_digest: Provenance::digest_of(&inputs),
        inputs,
        config_digest: plan.digest.clone(),
        nonce: request.nonce.clone(),
        ran_by: request.ran_by.clone(),
    }
}

fn tell(snapshots: &Snapshots, progress: &dyn Progress) {
    for (table, columns) in &snapshots.unused {
        progress.note(&format!("{table} snapshot: nothing reads the columns {}", columns.join(", ")));
    }
}

/// Transform, decide, measure and audit, shard by shard, several at a time, their rows added in order.
#[expect(clippy::too_many_arguments, reason = "the parts of one run, handed over once")]
fn through_shards(
    plan: &Plan,
    as_of: NaiveDate,
    models: &Models,
    engine: &Engine,
    shards: &Shards,
    book: &mut Book,
    clock: &Clock,
    progress: &dyn Progress,
) -> Result<Ledger> {
    progress.begin("shards", u64::from(shards.count()));
    let one = |number: u32| -> Result<(Decided, Facts, Ledger)> {
        let shard = clock.time("open", || shards.open(number))?;
        let session = engine.session();
        clock.time("transform", || transform::transform(plan, models, &session, &shard))?;
        let decided =
            clock.time("decide", || decide::decide(&plan.rules, as_of, plan.due_on_business_day, &session))?;
        let facts = clock.time("facts", || measure::facts(models, &session, &decided))?;
        clock.time("audit", || audit::check_shard(models, &session))?;
        let ledger = Ledger { duplicates: shard.duplicates, duplicate_totals: shard.duplicate_totals };
        Ok((decided, facts, ledger))
    };
    let mut ledger = Ledger::default();
    in_order(shards.count(), plan.limits.workers, one, |(decided, facts, of_shard)| {
        clock.time("write", || book.append(&decided, facts))?;
        ledger.duplicates.extend(of_shard.duplicates);
        for (key, sum) in of_shard.duplicate_totals {
            *ledger.duplicate_totals.entry(key).or_default() += sum;
        }
        progress.advance(1);
        Ok(())
    })?;
    Ok(ledger)
}

fn quarantined(shards: &Shards, ledger: &Ledger, snapshots: &Snapshots) -> Vec<QuarantinedRow> {
    let bad = shards.bad.iter().map(|b| QuarantinedRow::of_bad_row(b, snapshots));
    let duplicates = ledger.duplicates.iter();
    let duplicates =
        duplicates.map(|(table, row, debtor)| QuarantinedRow::of_duplicate(table, *row, debtor.clone(), snapshots));
    let mut rows: Vec<QuarantinedRow> = bad.chain(duplicates).collect();
    rows.sort();
    rows
}

fn results(
    request: &Request,
    shards: &Shards,
    snapshots: &Snapshots,
    clock: &Clock,
    audited: &crate::stage::Audited,
) -> RunResults {
    let measured = audited.measured();
    RunResults {
        code_version: env!("CARGO_PKG_VERSION"),
        as_of: Some(request.as_of),
        shards: shards.count(),
        rows_read: snapshots.rows(),
        rows_quarantined: measured.rows_quarantined,
        amounts_rounded: shards.rounded,
        seconds: clock.seconds(),
        counts: measured.counts.clone(),
    }
}
