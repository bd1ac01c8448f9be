//! `regua run`: one date through the pipeline, and what came of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use rand::Rng;
use serde_json::json;
use tokio::runtime::Handle;

use super::observe::{Observe, Observer};
use super::show::Bars;
use super::{PipelineArg, Voice, create, date, reason, runtime, say, variable};
use crate::config::Plan;
use crate::error::{Error, Result};
use crate::run::{Ran, Request};
use crate::runtime::signals;
use crate::runtime::timings::SPANS;

/// Runs the pipeline for one date and publishes the result
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua run pipelines/daily.toml --as-of 2026-06-30
  regua run pipelines/daily.toml --as-of $AS_OF --output json --result-file result.json   (Airflow)
  regua run pipelines/daily.toml --as-of 2026-06-30 --revise --reason late-export
  regua run pipelines/daily.toml --as-of 2026-05-31 --kpi-only   (the figures of a past day; writes to nobody)

In Airflow, take AS_OF in the time zone of the DAG, never from {{ ds }}, which is the date in UTC:
  {{ (data_interval_end|default(dag_run.run_after, true)).astimezone(dag.timezone).date() }}

The same run again publishes nothing and prints the same record. A revision never writes to a group of debtors that a \
message of that date may have reached: it takes back what is not sent and no longer holds, and adds what is new. For a \
date earlier than the newest published one, a run publishes only the position and its KPI tables and writes to nobody; \
--kpi-only does the same for any date.")]
pub(super) struct Run {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// Date of the position: what is dated later does not exist
    #[arg(long, value_parser = date)]
    as_of: NaiveDate,
    /// Publish a date again from other inputs or another configuration: adds what is new and takes back what no longer
    /// holds
    #[arg(long, requires = "reason")]
    revise: bool,
    /// Why it is published again; the reason goes into the record and to the gateways
    #[arg(long, requires = "revise", value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    /// Publish despite far more actions than usual, shrunken inputs or a position that jumped; the reason goes into the
    /// record
    #[arg(long, value_name = "WHY", value_parser = reason)]
    accept_volume: Option<String>,
    /// Publish only the position and its KPI tables, as for a date before the newest; writes to nobody
    #[arg(long)]
    kpi_only: bool,
    /// Exit with 99 instead of 0 if the identical run is already published; Airflow marks the task as skipped
    #[arg(long)]
    skip_if_unchanged: bool,
    /// Also write the result line to this file
    #[arg(long)]
    result_file: Option<PathBuf>,
    #[command(flatten)]
    observe: Observe,
}

impl Run {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let runtime = runtime()?;
        let observer = self.observe.clone().begin(runtime.handle());
        let span = tracing::debug_span!(target: SPANS, "run", as_of = %self.as_of, exit_code = 0);
        let outcome = span.in_scope(|| self.observed(voice, runtime.handle(), &observer));
        if let Err(error) = &outcome {
            span.record("exit_code", i64::from(error.exit_code()));
        }
        observer.ended(&outcome);
        outcome
    }

    fn observed(self, voice: Voice, runtime: &Handle, observer: &Observer) -> Result<()> {
        let mut plan = Plan::load(&self.pipeline.pipeline, &variable)?;
        let mut request = Request {
            revise: self.reason.clone().filter(|_| self.revise),
            accept_volume: self.accept_volume.clone(),
            kpi_only: self.kpi_only,
            ..request(self.as_of)
        };
        let path = self.result_file.as_deref();
        let file = create("--result-file", path)?;
        request.teller = observer.started(&plan, &request);
        let ran = execute(&mut plan, &request, voice, runtime)?;
        observer.published(&ran);
        let result = result_of(&plan, &ran);
        if let Some((mut file, path)) = file.zip(path) {
            writeln!(file, "{result}").map_err(Error::file(path))?;
        }
        if self.skip_if_unchanged && ran.was_published {
            return Err(Error::Unchanged { as_of: self.as_of });
        }
        if !voice.json {
            say(&super::show::summary(voice, &plan, &ran)?);
        } else {
            say(&result.to_string());
        }
        Ok(())
    }
}

/// Runs a plan with bars or log lines, watching for signals.
pub(super) fn execute(plan: &mut Plan, request: &Request, voice: Voice, runtime: &Handle) -> Result<Ran> {
    signals::watch().map_err(Error::file("signal handler"))?;
    let bars = Bars::new(voice);
    let ran = crate::run::run(plan, request, runtime, &bars);
    bars.finish();
    ran
}

/// A run, or a plan, of this attempt's own.
pub(super) fn request(as_of: NaiveDate) -> Request {
    Request {
        as_of,
        nonce: nonce(),
        ran_by: scheduler(),
        revise: None,
        accept_volume: None,
        kpi_only: false,
        teller: None,
    }
}

/// Tells this process from any other that works on the same output.
pub(super) fn nonce() -> String {
    format!("{:08x}", rand::rng().random::<u32>())
}

/// Who asked, where Airflow says so.
fn scheduler() -> BTreeMap<String, String> {
    let names = ["dag_id", "task_id", "dag_run_id", "try_number"];
    let value = |name: &str| Some((name.to_owned(), variable(&format!("AIRFLOW_CTX_{}", name.to_uppercase()))?));
    names.iter().filter_map(|name| value(name)).collect()
}

/// The result as one JSON line.
pub(super) fn result_of(plan: &Plan, ran: &Ran) -> serde_json::Value {
    let record = &ran.record;
    json!({
        "outcome": ran.outcome(),
        "as_of": record.as_of,
        "revision": record.revision,
        "kind": record.kind,
        "run_id": record.run_id,
        "seq": record.seq,
        "record": format!("{}/{}", plan.output.trim_end_matches('/'), crate::io::log::key_of(record.seq)),
        "counts": record.counts,
        "control_totals": record.control_totals,
    })
}
