//! `regua plan`: what a run would publish, shown before anything is published.

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::show::Bars;
use super::{PipelineArg, Voice, create, date, distinct, run, runtime, say, variable};
use crate::config::Plan as Pipeline;
use crate::error::{Error, Result};
use crate::io::store::Store;
use crate::report::{Before, Report, Sources};
use crate::run::{Planned, Prepared, Request};
use crate::runtime::signals;

/// Messages that a person is shown who does not say how many.
const MESSAGES: usize = 3;

/// Shows what a run would publish, and how it differs from the last one; writes nothing but its own report
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua plan pipelines/daily.toml --as-of 2026-06-30
  regua plan pipelines/daily.toml --as-of 2026-06-30 --report plan.html --messages 10
  regua plan pipelines/daily.toml --as-of $AS_OF --output json --result-file plan.json   (in Airflow: see `regua run`)

Does everything `regua run` does up to the audits. If a run would need --accept-volume, or would be stopped by HALT, the \
plan says so in a line that begins with `!` and still exits with 0; otherwise its exit codes are those of `regua run`. \
JSON holds messages, which are personal data, only where --messages asks for them.")]
pub(super) struct Plan {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// Date of the position: what is dated later does not exist
    #[arg(long, value_parser = date)]
    as_of: NaiveDate,
    /// Show what a revision of a published date would add and take back
    #[arg(long)]
    revise: bool,
    /// Show what a run with --kpi-only would publish
    #[arg(long)]
    kpi_only: bool,
    /// Number of rendered messages to show, one per step and channel, the most frequent first [default: 3, in JSON 0]
    #[arg(long)]
    messages: Option<usize>,
    /// Also write one page of HTML to this file, with the messages
    #[arg(long)]
    report: Option<PathBuf>,
    /// Also write the result line to this file
    #[arg(long)]
    result_file: Option<PathBuf>,
}

impl Plan {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let mut plan = Pipeline::load(&self.pipeline.pipeline, &variable)?;
        distinct(&[("--report", self.report.as_deref()), ("--result-file", self.result_file.as_deref())])?;
        let page = create("--report", self.report.as_deref())?;
        let result_file = create("--result-file", self.result_file.as_deref())?;
        let mut report = self.make(&mut plan, voice)?;
        if let Some((mut file, path)) = page.zip(self.report.as_ref()) {
            file.write_all(report.html()?.as_bytes()).map_err(Error::file(path))?;
        }
        let text = (!voice.json).then(|| super::show::plan(voice, &report, &self.command(&report)));
        report.messages.truncate(self.messages.unwrap_or(0));
        let result = result_of(&report);
        if let Some((mut file, path)) = result_file.zip(self.result_file.as_ref()) {
            writeln!(file, "{result}").map_err(Error::file(path))?;
        }
        say(&text.unwrap_or(result));
        Ok(())
    }

    fn make(&self, plan: &mut Pipeline, voice: Voice) -> Result<Report> {
        signals::watch().map_err(Error::file("signal handler"))?;
        let runtime = runtime()?;
        let bars = Bars::new(voice);
        let planned = crate::run::plan(plan, &self.request(), runtime.handle(), &bars);
        bars.finish();
        let prepared = match planned? {
            Planned::Nothing(record) => return Ok(Report::of_published(&record)),
            Planned::Ready(prepared) => prepared,
        };
        let output = Store::open(&plan.output, runtime.handle())?;
        Report::of(self.sources(plan, &prepared, &output, &runtime)?)
    }

    /// What would publish it.
    fn command(&self, report: &Report) -> String {
        let revise = if report.revision > 0 { " --revise --reason \"why\"" } else { "" };
        let kpi_only = if self.kpi_only { " --kpi-only" } else { "" };
        format!("regua run {} --as-of {}{revise}{kpi_only}", self.pipeline.pipeline.display(), self.as_of)
    }

    fn request(&self) -> Request {
        let revise = self.revise.then(|| "plan".to_owned());
        Request { revise, kpi_only: self.kpi_only, ..run::request(self.as_of) }
    }

    fn sources<'a>(
        &self,
        plan: &'a Pipeline,
        prepared: &'a Prepared,
        output: &'a Store,
        runtime: &tokio::runtime::Runtime,
    ) -> Result<Sources<'a>> {
        let (kind, counts) = prepared.told();
        let mut notes = prepared.notes.clone();
        let rounded = prepared.results.amounts_rounded;
        notes.extend(
            (rounded > 0)
                .then(|| format!("{rounded} amounts had more decimal places than money has, and were rounded")),
        );
        Ok(Sources {
            as_of: prepared.as_of(),
            kind,
            revision: prepared.revision_number(),
            kept: prepared.kept(),
            tenant: &plan.rules.tenant,
            counts,
            control_totals: prepared.control_totals(),
            logical_digests: prepared.logical_digests(),
            tables: prepared.tables(runtime.handle())?,
            before: Before { store: output, revisions: prepared.revisions() },
            reports: prepared.previous().and_then(|record| prepared.reports_on(record.as_of)),
            notes,
            messages: self.messages.unwrap_or(MESSAGES),
        })
    }
}

/// The report as one JSON line.
fn result_of(report: &Report) -> String {
    serde_json::to_string(report).unwrap_or_default()
}
