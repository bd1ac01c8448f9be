//! `regua check`: validates the configuration without touching data or store.

use clap::Args;
use serde_json::json;

use super::{PipelineArg, Voice, runtime, say, variable};
use crate::config::Plan;
use crate::error::Result;
use crate::io::engine::Models;
use crate::rehearsal::rehearse;
use crate::report::kpi::own_cards;
use crate::specification;
use crate::text::plural;

/// Validates a pipeline and every file that it names, with SQL of its own run over empty tables; touches no data
#[derive(Debug, Args)]
#[command(after_help = "Example:
  regua check pipelines/daily.toml")]
pub(super) struct Check {
    #[command(flatten)]
    pipeline: PipelineArg,
}

impl Check {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let plan = Plan::load(&self.pipeline.pipeline, &variable)?;
        Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
        own_cards(plan.own_sql())?;
        // The shipped ones are tested with the program.
        if plan.sql.iter().any(|file| file.is_own) {
            rehearse(&plan, runtime()?.handle())?;
            let replaced = plan.replaced_models();
            if !voice.json && !replaced.is_empty() {
                say(&format!("note: sql_dir replaces the shipped {}", replaced.join(", ")));
            }
        }
        let specifications = specification::check_all(&plan, runtime()?.handle())?;
        let steps: usize = plan.rules.procedures.values().map(|p| p.steps.len()).sum();
        let templates = plan.rules.templates.names().count();
        if voice.json {
            let notes: Vec<String> =
                plan.notes.iter().map(ToString::to_string).chain(plan.sample_creditors(None)).collect();
            let (inputs, reguas, models) = (plan.inputs.len(), plan.rules.procedures.len(), plan.sql.len());
            let result = json!({"outcome": "valid", "config_digest": plan.digest, "inputs": inputs, "reguas": reguas,
                "steps": steps, "templates": templates, "models": models, "specifications": specifications, "notes": notes});
            say(&result.to_string());
        } else {
            let notes = plan.notes.iter().map(ToString::to_string).chain(plan.sample_creditors(None));
            notes.for_each(|note| say(&format!("note: {note}")));
            let specified = match specifications {
                0 => String::new(),
                n => format!(", {}", plural(n as u64, "specification holds", "specifications hold")),
            };
            say(&format!(
                "{} is valid: {}, {} with {}, {}, {} SQL models{specified}",
                self.pipeline.pipeline.display(),
                plural(plan.inputs.len() as u64, "input", "inputs"),
                plural(plan.rules.procedures.len() as u64, "régua", "réguas"),
                plural(steps as u64, "step", "steps"),
                plural(templates as u64, "template", "templates"),
                plan.sql.len()
            ));
        }
        Ok(())
    }
}
