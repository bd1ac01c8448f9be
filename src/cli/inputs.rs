//! `regua inputs`: are the inputs of a date there, recent enough, and as the contract says? And what do they hold?

mod profile;

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::{PipelineArg, Voice, date, runtime, say, show, variable};
use crate::config::Plan;
use crate::error::Result;
use crate::run::{self, InputStatus};

/// Checks that a date's inputs are present, recent and as the contract says; reads rows only with --profile
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua inputs pipelines/daily.toml --as-of 2026-06-30
  regua inputs pipelines/daily.toml --as-of 2026-06-30 --profile   (what do they hold? start here with a new export)
  regua inputs pipelines/daily.toml --as-of $AS_OF --output json   (a sensor in Airflow: 75 = wait, 3 = give up)

`regua run --help` shows how to get AS_OF in Airflow. `max_age_days` and `lag_days_max` in the section of an input \
limit how old it may be.")]
pub(super) struct Inputs {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// Date of the position
    #[arg(long, value_parser = date)]
    as_of: NaiveDate,
    /// Read every row, and print what each input holds: repeated keys, nulls, ranges, shares; never personal data
    #[arg(long)]
    profile: bool,
}

impl Inputs {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let plan = Plan::load(&self.pipeline.pipeline, &variable)?;
        let runtime = runtime()?;
        let (mut seen, refused) = run::inputs(&plan, self.as_of, runtime.handle())?;
        let profiles = if self.profile { run::profile(&mut seen)? } else { Vec::new() };
        if voice.json {
            let mut inputs: Vec<Value> = seen.iter().map(as_json).collect();
            for profile in &profiles {
                let of_table = inputs.iter_mut().find(|input| input["table"] == profile.table);
                of_table.into_iter().for_each(|input| input["profile"] = profile::as_json(profile));
            }
            let outcome = if refused.is_ok() { "ready" } else { "not_ready" };
            say(&json!({"outcome": outcome, "as_of": self.as_of, "inputs": inputs}).to_string());
        } else {
            say(&show::inputs(&seen));
            profiles.iter().for_each(|profile| say(&profile::text(voice, profile)));
        }
        refused
    }
}

fn as_json(seen: &InputStatus) -> Value {
    json!({
        "table": seen.snapshot.table.name, "path": seen.path, "objects": seen.objects(), "rows": seen.snapshot.rows(),
        "bytes": seen.size(), "modified": seen.modified(), "missing": seen.missing, "errors": seen.errors,
        "unused_columns": seen.unused,
    })
}
