//! A simulation: what a policy would have done, day by day, had it been in use; and where another would have done otherwise.
//!
//! ```text
//! load once ──► for each day: show what was known ──► spread ──► per shard: transform, decide, audit ──► remember
//! ```
//!
//! A simulated day is a run of that day on the rows that were known by then, with what the days before it decided as its
//! history. It goes the stages of `run.rs` as far as the decision, and publishes nothing. docs/simulate.md has the rules.

mod model;
mod past;
mod propensity;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use chrono::{Days, NaiveDate};
use tokio::runtime::Handle;

use self::model::Learnt;
use self::past::{Past, Start};
use self::propensity::Beside;
pub use self::tally::rows_columns;
use self::tally::{Names, Tally};
use crate::config::Plan;
use crate::error::{Error, Finding, Result};
use crate::io::engine::{Engine, Layer, Model, Models, Variables};
use crate::report::simulation::{Simulation, Uplift};
use crate::runtime::parallel::map_ordered;
use crate::runtime::progress::{Progress, Silent};
use crate::runtime::timings::StageTimings;
use crate::stage::load::Replay;
use crate::stage::{
    Decided, Remembered, Revision, Shard, Snapshots, audit, decide, load, materialize, remember, shard, transform,
};

/// Days that run the same plans. They are made by the sizes of the first of them, and a portfolio grows.
const DAYS_A_PLAN: usize = 200;
/// Bytes that a row takes in memory, roughly.
const ROW_BYTES: u64 = 300;

/// What is asked of a simulation besides its policies.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The first day and the last, both simulated.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// What is assumed of a contact, in hundredths of a per cent; `None` = nothing is.
    pub uplift: Option<Uplift>,
}

/// What came of it.
#[derive(Debug)]
pub struct Simulated {
    pub simulation: Simulation,
    /// By invoice and day: every action; of two policies those that only one of them has.
    pub rows: RecordBatch,
    /// Stage = wall-clock seconds; of those inside the shards summed over the workers.
    pub seconds: BTreeMap<String, f64>,
}

/// A policy with the inputs as it reads them.
struct Policy<'a> {
    plan: &'a mut Plan,
    snapshots: Snapshots,
    /// What its last days rest on, where nothing but payments is dated so late.
    of_payments_alone: Option<String>,
}

/// Policies that can be simulated: the days are known, and both read the same files.
pub struct Prepared<'a> {
    policies: Vec<Policy<'a>>,
    start: Start,
    request: Request,
}

/// Reads what one policy, or two, are simulated on.
///
/// # Errors
/// `Argument` where the days or the policies cannot be simulated; else as loading does.
pub fn prepare<'a>(
    plan: &'a mut Plan,
    other: Option<&'a mut Plan>,
    request: Request,
    runtime: &Handle,
    progress: &dyn Progress,
) -> Result<Prepared<'a>> {
    let mut policies = vec![Policy::read(plan, &request, runtime)?];
    if let Some(other) = other {
        policies.push(Policy::read(other, &request, runtime)?);
        refuse_other_inputs(&policies)?;
    }
    let start = Start::before(policies[0].plan, &request, runtime)?;
    policies.iter().try_for_each(|policy| start.refuse_other_tenant(policy.plan))?;
    // Models are those of the first one's output, so there they are trained.
    let first = policies[0].plan.file.display().to_string();
    for policy in &mut policies {
        model::refuse_blind(policy, (&start, &first), &request)?.iter().for_each(|note| progress.note(note));
    }
    let snapshots = &policies[0].snapshots;
    snapshots.notes.iter().chain(&snapshots.unfound).for_each(|note| progress.note(note));
    snapshots.undated()?.iter().for_each(|note| progress.note(note));
    policies[0].of_payments_alone.iter().for_each(|note| progress.note(note));
    Ok(Prepared { policies, start, request })
}

impl Prepared<'_> {
    /// Replays a policy, and another beside it.
    ///
    /// # Errors
    /// As the stages of a run.
    pub fn replay(mut self, runtime: &Handle, progress: &dyn Progress) -> Result<Simulated> {
        let Request { from, to, uplift } = self.request;
        let days: Vec<NaiveDate> = from.iter_days().take_while(|day| *day <= to).collect();
        progress.begin("simulate", (self.policies.len() * days.len()) as u64);
        let (mut names, timings) = (Names::default(), StageTimings::default());
        let drawn = std::mem::take(&mut self.start.drawn);
        let judged = timings.time("judge", || drawn.judged(&self.policies[0], to, runtime))?;
        let (mut tallies, mut by_propensity) = (Vec::new(), Vec::new());
        for policy in &mut self.policies {
            let mut beside = Beside::new(&judged);
            tallies.push(policy.replay(
                (&self.start, &days),
                (&mut names, &mut beside),
                runtime,
                (&timings, progress),
            )?);
            by_propensity.push(beside.told(policy.plan));
        }
        let told = self.policies.iter().zip(&tallies).map(|(policy, tally)| tally.told(policy.plan)).collect();
        let (rows, differences) = tally::compared(&tallies, &names)?;
        let simulation = Simulation::new((from, to), told, differences, (uplift, by_propensity));
        Ok(Simulated { simulation, rows, seconds: timings.seconds() })
    }
}

/// Two policies are compared on one history.
fn refuse_other_inputs(policies: &[Policy<'_>]) -> Result<()> {
    let read = |policy: &Policy<'_>| -> BTreeMap<&str, BTreeSet<String>> {
        let tables = policy.snapshots.tables.iter().filter(|snapshot| snapshot.is_there());
        tables.map(|snapshot| (snapshot.table.name, snapshot.urls().map(str::to_owned).collect())).collect()
    };
    let (one, other) = (read(&policies[0]), read(&policies[1]));
    let names: BTreeSet<&str> = one.keys().chain(other.keys()).copied().collect();
    let differ: Vec<&str> = names.into_iter().filter(|name| one.get(name) != other.get(name)).collect();
    if differ.is_empty() {
        return Ok(());
    }
    Err(Error::Argument {
        given: format!("--against {}", policies[1].plan.file.display()),
        why: format!(
            "it reads other files ({}); two policies are compared on one history: give both the same [inputs]",
            differ.join(", ")
        ),
    })
}

impl<'a> Policy<'a> {
    /// Loads the inputs once for all days.
    fn read(plan: &'a mut Plan, request: &Request, runtime: &Handle) -> Result<Policy<'a>> {
        let refused = |given: String, why: &str| Err(Error::Argument { given, why: why.to_owned() });
        if request.from > request.to {
            return refused(format!("--from {}", request.from), &format!("it is after --to {}; swap them", request.to));
        }
        if plan.has_open_scope() {
            let why = "its invoices are an export of open items, which does not show what was open earlier; simulate with \
                       an export of all items (scope = \"all\")";
            return refused(plan.file.display().to_string(), why);
        }
        let mut snapshots = load::load(plan, request.to, runtime)?;
        if snapshots.rows().saturating_mul(ROW_BYTES) < plan.limits.memory_bytes_max / 4 {
            snapshots.hold()?;
        }
        let of_payments_alone = refuse_unknown_days(&snapshots, request)?;
        let workers = plan.limits.workers as u64;
        let shards = snapshots.rows().div_ceil(plan.limits.shard_rows_max).max(workers).min(SHARDS_MAX);
        plan.limits.shards = Some(plan.limits.shards.unwrap_or(shards as u32));
        let (holidays, _) = load::holidays(&snapshots, request.to)?;
        plan.rules.calendar.add(holidays);
        Ok(Policy { plan, snapshots, of_payments_alone })
    }

    fn replay(
        &mut self,
        (start, days): (&Start, &[NaiveDate]),
        (names, beside): (&mut Names, &mut Beside<'_>),
        runtime: &Handle,
        (timings, progress): (&StageTimings, &dyn Progress),
    ) -> Result<Tally> {
        let Policy { plan, snapshots, .. } = self;
        let models =
            Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?.leading_to(is_simulated);
        let mut replay = Replay::begin(snapshots, days[0], start.known_actions.clone())?;
        let (mut past, mut tally) = (Past::after(start, plan, runtime)?, Tally::default());
        let (rates, quotes) = (plan.rules.rates.clone(), plan.rules.quotes.clone());
        let mut learnt = Learnt::of(plan, start)?;
        for days in days.chunks(DAYS_A_PLAN) {
            let mut variables = |day: NaiveDate| -> Result<Variables> {
                learnt.give(plan, day)?.iter().for_each(|note| progress.note(note));
                Ok(transform::variables(plan, day, transform::Seen::default()))
            };
            let ends = (variables(days[0])?, variables(days[days.len() - 1])?);
            let engine = Engine::between(runtime, plan.limits.memory_bytes_max, ends)?.led_by_the_first_shard();
            engine.plan_ahead(&models);
            for day in days {
                replay.go_to(*day);
                snapshots.show(&replay);
                (plan.rules.rates, plan.rules.quotes) = (rates.clone(), quotes.clone());
                load::add_rates(&mut plan.rules, snapshots, *day)?;
                learnt.give(plan, *day)?.iter().for_each(|note| progress.note(note));
                engine.set(transform::variables(plan, *day, transform::Seen::default()));
                tally.uses(plan.rules.model.as_ref());
                let run = Day { plan, models: &models, engine: &engine, day: *day, past: &past, timings };
                let done = run.decide(snapshots)?;
                for of_shard in &done {
                    tally.add(*day, of_shard, names)?;
                    beside.add(*day, &of_shard.decided.new_actions);
                    replay.report(snapshots, &of_shard.decided.new_actions)?;
                }
                timings.time("carry", || past.remember(&done))?;
                progress.advance(1);
            }
        }
        Ok(tally)
    }
}

/// A ledger in which nothing is billed or said for longer has ended.
const SILENT_DAYS: u64 = 31;
/// As many as `shard` makes at most.
const SHARDS_MAX: u64 = 4_096;

/// What lies before the first invoice, or after the ledger has ended, is no history. Payments may be dated ahead, so they alone do not make
/// it longer; a note says so where they are all that is dated so late.
fn refuse_unknown_days(snapshots: &Snapshots, request: &Request) -> Result<Option<String>> {
    let refused = |given: String, why: String| Err(Error::Argument { given, why });
    let [first, last, paid] = snapshots.days()?;
    let Some((first, last)) = first.zip(last) else {
        let why = "the invoices are empty, so there is no history; correct [inputs.invoices]";
        return refused(format!("--from {}", request.from), why.to_owned());
    };
    if request.from < first {
        let why = format!("the first invoice is of {first}; begin on that day or later");
        return refused(format!("--from {}", request.from), why);
    }
    let ahead = paid.filter(|paid| *paid > last);
    if request.to <= last + Days::new(SILENT_DAYS) {
        return Ok(ahead.filter(|_| request.to > last).map(|paid| {
            format!(
                "after {last} there are no invoices and no contacts, only payments (to {paid}), which may be scheduled; end \
                 with --to {last} to simulate known days alone"
            )
        }));
    }
    let but = ahead.map(|paid| format!(" but payments (to {paid}), which may be scheduled")).unwrap_or_default();
    refused(
        format!("--to {}", request.to),
        format!(
            "the exports say nothing after {last}{but}, so what came then is not known; end at most {SILENT_DAYS} days later"
        ),
    )
}

/// What is asked of the models on a simulated day: what decisions are made of, who is in which arm, and the audits of both. Figures are
/// not made, so what they add up to is not looked at.
fn is_simulated(model: &Model) -> bool {
    match model.layer {
        Layer::Candidates => true,
        Layer::Facts => model.name == materialize::MEMBERS,
        Layer::Audits => !model.reads.iter().any(|table| table.starts_with("fct_")),
        Layer::Staging | Layer::Intermediate | Layer::Kpis => false,
    }
}

/// One day of a policy.
struct Day<'a> {
    plan: &'a Plan,
    models: &'a Models,
    engine: &'a Engine,
    day: NaiveDate,
    past: &'a Past,
    timings: &'a StageTimings,
}

/// What one shard comes to on a day.
struct DoneShard {
    decided: Decided,
    remembered: Remembered,
    /// Who is in which arm of an experiment.
    members: Vec<RecordBatch>,
    findings: Vec<Finding>,
}

impl Day<'_> {
    /// Every shard, in order.
    fn decide(&self, snapshots: &Snapshots) -> Result<Vec<DoneShard>> {
        let (plan, history, timings) = (self.plan, &self.past.history, self.timings);
        let shards = timings.time("spread", || shard::spread(plan, self.day, snapshots, history, &Silent))?;
        let revision = Revision { forgotten_on: self.past.forgotten_on, ..Revision::first() };
        let mut done = Vec::new();
        let make = |number| {
            let opened = timings.time("open", || shards.open(number))?;
            let voided = history.voided.iter().cloned().collect();
            self.decide_shard(Shard { voided, ..opened }, &revision)
        };
        map_ordered(shards.count(), plan.limits.workers, make, |of_shard| {
            done.push(of_shard);
            Ok(())
        })?;
        Ok(done)
    }

    fn decide_shard(&self, mut shard: Shard, revision: &Revision) -> Result<DoneShard> {
        let (rules, session) = (&self.plan.rules, self.engine.session_of(shard.number));
        let (timings, of_models) = (self.timings, StageTimings::default());
        timings.time("transform", || {
            transform::transform((self.plan, self.day), self.models, &session, &mut shard, &of_models)
        })?;
        let decided = timings.time("decide", || decide::decide(rules, self.day, revision, &session))?;
        let remembered = timings.time("remember", || remember::remember(&session, &decided))?;
        materialize::register(&session, &decided)?;
        let mut members = Vec::new();
        for model in self.models.of(Layer::Facts) {
            session.run(model)?;
            members = session.table(&model.name)?.1;
        }
        let audits = self.models.of(Layer::Audits);
        let findings = timings.time("audit", || audit::findings(audits, &rules.calendar, &session))?;
        Ok(DoneShard { decided, remembered, members, findings })
    }
}
