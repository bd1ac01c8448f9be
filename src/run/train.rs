//! The path of `regua train`: load and spread as a run does, the bills and contacts of every shard, three passes over the bills, and the
//! model is published.

use chrono::NaiveDate;
use tokio::runtime::Handle;

use crate::config::Plan;
use crate::error::{Error, Result};
use crate::io::engine::{Engine, Models};
use crate::io::learnt::{self, Stored};
use crate::io::log::{Log, halt};
use crate::io::store::Store;
use crate::runtime::parallel::map_ordered;
use crate::runtime::progress::Progress;
use crate::stage::learn::{Bills, Origin};
use crate::stage::publish::{self, Provenance};
use crate::stage::shard::BadShare;
use crate::stage::{Facts, History, Shard, Snapshots, gates, load, materialize, shard, transform};

/// What is asked of a training besides its plan.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// What is dated later does not exist.
    pub as_of: NaiveDate,
    /// Random hexadecimal digits.
    pub nonce: &'r str,
    /// Why payments or exports that look incomplete are right.
    pub accept_volume: Option<&'r str>,
}

/// A model, and where it stands.
#[derive(Clone, Debug)]
pub struct Trained {
    /// What was learnt.
    pub stored: Stored,
    /// The very same model was there already.
    pub was_published: bool,
}

/// Learns from all that is known by a date, and publishes the model.
///
/// # Errors
/// Those of reading, as in a run; `Contract`, `Incomplete` where payments or exports look incomplete; `ModelStands` where another model of
/// the date stands; `Halted`, `OtherTenant`.
pub fn train(plan: &mut Plan, request: &Request<'_>, runtime: &Handle, progress: &dyn Progress) -> Result<Trained> {
    let as_of = request.as_of;
    refuse_open_items(plan)?;
    let output = Store::open(&plan.output, runtime)?;
    publish::probe(&output, request.nonce)?;
    let log = Log::read_until(&output, |_| true)?;
    refuse_stranger(&output, &log, plan)?;
    let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
    let snapshots = load::load(plan, as_of, runtime)?;
    let (holidays, left_out) = load::holidays(&snapshots, as_of)?;
    plan.rules.calendar.add(holidays);
    load::left_out(&left_out).iter().for_each(|note| progress.note(note));
    let changes = gates::of_inputs(gates::previous(&log, as_of), &snapshots, &plan.limits);
    let (bills, gaps) = bills(plan, as_of, &snapshots, &models, runtime, progress)?;
    // Half of the payments teach that everybody is late, and runs would believe it for weeks.
    let accepted = gates::accepted([changes, gaps].concat(), request.accept_volume).map_err(of_training)?;
    let input_digest = Provenance::digest_of(&snapshots.objects()?);
    let (tenant, outcome_days) = (plan.rules.tenant.clone(), plan.rules.response_model.outcome_days);
    let model = bills.learn(Origin { tenant, as_of, accepted, input_digest, outcome_days }, progress)?;
    snapshots.check_unmoved()?;
    if let Some(object) = halt(&output)? {
        return Err(Error::Halted { object });
    }
    let (stored, was_published) = learnt::publish(&output, &model)?;
    Ok(Trained { stored, was_published })
}

/// A training writes to nobody: there is no plan to look at.
fn of_training(error: Error) -> Error {
    match error {
        Error::Surge(surprises) => Error::Incomplete(surprises),
        error => error,
    }
}

/// Of an export of open items nobody can tell when the others were paid.
fn refuse_open_items(plan: &Plan) -> Result<()> {
    let given = "[inputs.invoices].scope = \"open\"".to_owned();
    let why = "an export of open items does not say when bills were paid; train on one of all items".to_owned();
    if plan.has_open_scope() { Err(Error::Argument { given, why }) } else { Ok(()) }
}

/// An output belongs to the tenant that publishes to it; where nobody has yet, to whoever trained for it. A model of another tenant beside
/// published runs is no owner: runs pass it over.
fn refuse_stranger(output: &Store, log: &Log, plan: &Plan) -> Result<()> {
    let of_log = log.head().map(|record| record.tenant.clone());
    let newest = match learnt::dates(output)?.last().filter(|_| of_log.is_none()) {
        None => None,
        Some(date) => match learnt::read(output, *date) {
            // One that nobody can read tells no owner, and another is trained to stand in its place.
            Err(Error::PublishedDamaged { .. }) => None,
            read => read?.map(|stored| stored.model.tenant),
        },
    };
    output.refuse_other_tenant(of_log.or(newest).as_deref(), &plan.rules.tenant)
}

/// The bills of every account, in scratch, with what contacts led to, and why the payments look incomplete.
fn bills(
    plan: &Plan,
    as_of: NaiveDate,
    snapshots: &Snapshots,
    models: &Models,
    runtime: &Handle,
    progress: &dyn Progress,
) -> Result<(Bills, Vec<String>)> {
    let shards = shard::spread(plan, as_of, snapshots, &History::default(), progress)?;
    BadShare::of(&shards.bad).check(&plan.limits, snapshots)?;
    let seen = transform::Seen { from: None, is_past: shards.paid.is_past() };
    let engine = Engine::new(runtime, plan.limits.memory_bytes_max, transform::variables(plan, as_of, seen))?
        .led_by_the_first_shard();
    let mut bills = Bills::new(plan.limits.scratch_dir.as_deref(), shards.count(), plan.limits.workers)?;
    let (mut facts, mut unidentified) = (Facts::new(), gates::Unidentified::new());
    progress.begin("bills", u64::from(shards.count()));
    let mut kept = Vec::new();
    let of_shard = |number| {
        let (session, mut shard): (_, Shard) = (engine.session_of(number), shards.open(number)?);
        let lessons = transform::lessons((plan, as_of), models, (&session, &gates::FACTS), &mut shard)?;
        let facts = materialize::some_facts(models, &session, &gates::FACTS)?;
        Ok((bills.keep(number, &lessons, &plan.rules.calendar)?, facts, shard.unidentified))
    };
    map_ordered(shards.count(), plan.limits.workers, of_shard, |(of_shard, own_facts, own_unidentified)| {
        kept.push(of_shard);
        own_unidentified.into_iter().for_each(|(key, sum)| *unidentified.entry(key).or_default() += sum);
        progress.advance(1);
        materialize::add_facts(&mut facts, own_facts)
    })?;
    kept.iter().for_each(|of_shard| bills.add(of_shard));
    gates::cash(plan, &shards.paid.cash, &unidentified, &facts)?;
    let seen = gates::Seen::of((&shards.paid.days, shards.vanished), snapshots, 0);
    Ok((bills, gates::gaps(&seen, (&facts, None), as_of, plan)))
}
