//! The path of `regua train`: load and spread as a run does, the bills of every shard, three passes over them, and the model is
//! published.

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
use crate::stage::{History, Shard, Snapshots, load, shard, transform};

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
/// Those of reading, as in a run; `ModelStands` where another model of the date stands; `Halted`, `OtherTenant`.
pub fn train(
    plan: &mut Plan,
    (as_of, nonce): (NaiveDate, &str),
    runtime: &Handle,
    progress: &dyn Progress,
) -> Result<Trained> {
    refuse_open_items(plan)?;
    let output = Store::open(&plan.output, runtime)?;
    publish::probe(&output, nonce)?;
    refuse_stranger(&output, plan)?;
    let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
    let snapshots = load::load(plan, as_of, runtime)?;
    let (holidays, left_out) = load::holidays(&snapshots, as_of)?;
    plan.rules.calendar.add(holidays);
    load::left_out(&left_out).iter().for_each(|note| progress.note(note));
    let bills = bills(plan, as_of, &snapshots, &models, runtime, progress)?;
    let input_digest = Provenance::digest_of(&snapshots.objects()?);
    let model = bills.learn(Origin { tenant: plan.rules.tenant.clone(), as_of, input_digest }, progress)?;
    snapshots.check_unmoved()?;
    if let Some(object) = halt(&output)? {
        return Err(Error::Halted { object });
    }
    let (stored, was_published) = learnt::publish(&output, &model)?;
    Ok(Trained { stored, was_published })
}

/// Of an export of open items nobody can tell when the others were paid.
fn refuse_open_items(plan: &Plan) -> Result<()> {
    let given = "[inputs.invoices].scope = \"open\"".to_owned();
    let why = "an export of open items does not say when bills were paid; train on one of all items".to_owned();
    if plan.has_open_scope() { Err(Error::Argument { given, why }) } else { Ok(()) }
}

/// An output belongs to one tenant, whose model is of no use to another.
fn refuse_stranger(output: &Store, plan: &Plan) -> Result<()> {
    let log = Log::read_until(output, |_| true)?;
    let newest = match learnt::dates(output)?.last().map(|date| learnt::read(output, *date)) {
        // One that nobody can read tells no owner, and another is trained to stand in its place.
        None | Some(Err(Error::PublishedDamaged { .. })) => None,
        Some(read) => read?,
    };
    let owner = log.head().map(|record| record.tenant.clone()).or(newest.map(|stored| stored.model.tenant));
    match owner.filter(|owner| *owner != plan.rules.tenant) {
        Some(published) => Err(Error::OtherTenant {
            output: output.url().to_owned(),
            published,
            configured: plan.rules.tenant.clone(),
        }),
        None => Ok(()),
    }
}

/// The bills of every account, in scratch.
fn bills(
    plan: &Plan,
    as_of: NaiveDate,
    snapshots: &Snapshots,
    models: &Models,
    runtime: &Handle,
    progress: &dyn Progress,
) -> Result<Bills> {
    let shards = shard::spread(plan, as_of, snapshots, &History::default(), progress)?;
    BadShare::of(&shards.bad).check(&plan.limits, snapshots)?;
    let seen = transform::Seen { from: None, is_past: shards.paid.is_past() };
    let engine = Engine::new(runtime, plan.limits.memory_bytes_max, transform::variables(plan, as_of, seen))?
        .led_by_the_first_shard();
    let mut bills = Bills::new(plan.limits.scratch_dir.as_deref(), shards.count(), plan.limits.workers)?;
    let mut kept = Vec::new();
    progress.begin("bills", u64::from(shards.count()));
    let of_shard = |number| {
        let mut shard: Shard = shards.open(number)?;
        bills.keep(number, &transform::bills((plan, as_of), models, &engine.session_of(number), &mut shard)?)
    };
    map_ordered(shards.count(), plan.limits.workers, of_shard, |of_shard| {
        kept.push(of_shard);
        progress.advance(1);
        Ok(())
    })?;
    kept.iter().for_each(|of_shard| bills.add(of_shard));
    Ok(bills)
}
