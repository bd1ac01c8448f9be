//! A rehearsal: the whole path of a run over empty tables, so that a mistake in the user's own SQL is found by
//! `regua check` and not at night. It reads no data and publishes nothing.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use tokio::runtime::Handle;

use crate::config::Plan;
use crate::config::document::unknown;
use crate::error::{Error, Result};
use crate::io::engine::{Engine, Layer, ModelKind, Models};
use crate::runtime::timings::StageTimings;
use crate::stage::materialize::{OutputWriter, Reporting};
use crate::stage::{Revision, Shard, audit, decide, materialize, remember, transform};

/// A table that a KPI model of the pipeline makes.
#[derive(Clone, Debug)]
pub struct OwnTable {
    pub purpose: String,
    pub grain: Vec<String>,
    pub schema: SchemaRef,
}

/// Runs every model of a pipeline over empty tables.
///
/// # Returns
/// The KPI tables that are the pipeline's own, by name.
///
/// # Errors
/// `Model` where a model cannot be planned or run, or lacks a column that a stage reads.
pub fn rehearse(plan: &Plan, runtime: &Handle) -> Result<BTreeMap<String, OwnTable>> {
    rehearsed(plan, runtime).map_err(|error| match error {
        // Whoever wrote it looks for a file.
        Error::Model { model, what } => {
            let file = plan.sql.iter().find(|file| file.is_own && file.stem() == model);
            Error::Model { model: file.map_or(model, |file| file.path.clone()), what }
        }
        other => other,
    })
}

fn rehearsed(plan: &Plan, runtime: &Handle) -> Result<BTreeMap<String, OwnTable>> {
    // Any day will do: there is nothing that could be dated.
    let as_of = NaiveDate::default();
    let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
    own_reads_are_there(plan, &models)?;
    let engine = Engine::new(
        runtime,
        plan.limits.memory_bytes_max,
        transform::variables(plan, as_of, transform::Seen::default()),
    )?;
    let (session, revision) = (engine.session(), Revision::first());
    transform::transform((plan, as_of), &models, &session, &mut Shard::empty(), &StageTimings::default())?;
    let decided = decide::decide(&plan.rules, as_of, &revision, &session)?;
    let remembered = remember::remember(&session, &decided)?;
    let facts = materialize::facts(&models, &session, &decided, &StageTimings::default())?;
    audit::check_shard(&models, &plan.rules.calendar, &session)?;
    let mut writer = OutputWriter::open(as_of, &revision, plan.limits.scratch_dir.as_deref())?;
    writer.append(&decided, &remembered, facts)?;
    let reporting = Reporting { currency: plan.reporting_currency(), quotes: &plan.rules.quotes, as_of };
    let materialized = writer.finish(&models, &engine, (transform::periods(plan, as_of)?, reporting), &[])?;
    audit::ties(&models, &materialized.kpis)?;
    let own = plan.sql.iter().filter(|file| file.is_own && crate::contract::kpi(file.stem()).is_none());
    let mut tables = BTreeMap::new();
    for file in own {
        let model = models.of(Layer::Kpis).find(|m| m.name == file.stem() && m.kind == ModelKind::Table);
        let batch = materialized.kpis.get(file.stem()).and_then(|batches| batches.first());
        if let Some((model, batch)) = model.zip(batch) {
            let (purpose, grain) = (model.purpose.clone(), model.grain.clone());
            tables.insert(model.name.clone(), OwnTable { purpose, grain, schema: batch.schema() });
        }
    }
    Ok(tables)
}

/// A mistyped name in `Reads` would order nothing, and let go of nothing.
fn own_reads_are_there(plan: &Plan, models: &Models) -> Result<()> {
    let names: Vec<&str> =
        Layer::ALL.iter().flat_map(|(layer, _)| models.of(*layer)).map(|m| m.name.as_str()).collect();
    let is_model = |name: &str| MODELS.iter().any(|prefix| name.starts_with(prefix));
    for file in plan.sql.iter().filter(|file| file.is_own) {
        let model = Layer::ALL.iter().flat_map(|(layer, _)| models.of(*layer)).find(|m| m.name == file.stem());
        let unread = model.and_then(|m| m.reads.iter().find(|read| is_model(read) && !names.contains(&read.as_str())));
        if let Some(unread) = unread {
            let what = format!("its Reads: {}", unknown("model", unread, names.iter().copied()));
            return Err(Error::Model { model: file.path.clone(), what });
        }
    }
    Ok(())
}

/// How models are called; other tables are those of the run.
const MODELS: [&str; 6] = ["stg_", "int_", "cnd_", "fct_", "kpi_", "all_"];
