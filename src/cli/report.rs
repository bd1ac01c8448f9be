//! `regua report`: the page of a published date, made from its KPI tables.

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use super::explain::record_of;
use super::{Voice, create, date, published, runtime, say};
use crate::domain::language::Language;
use crate::error::{Error, Result};
use crate::io::log::{Log, Record};
use crate::io::store::Store;
use crate::io::tables::Tables;
use crate::report::kpi::{self, Options, Published, Sources};

/// Makes one page of what is published: what is owed, whether it gets better, what works and what asks for a decision
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua report demo/output                              the newest date, to ./report-2026-06-30.html
  regua report demo/output --language en --file report.html
  regua report s3://bucket/regua --as-of 2026-05-31 --company BR01
  regua report demo/output --between 2026-05-31 2026-06-30
  regua report demo/output --with-top-debtors=10

Every run writes the same page as report.html into its folder, as `[report]` in the pipeline says. It is made of KPI \
tables alone: no names, numbers or addresses of debtors. Amounts of fewer debtors than --min-cell are withheld. Only \
--with-top-debtors shows accounts, by their ids, and says so on the page.")]
pub(super) struct Report {
    /// Output folder or URL of the pipeline
    output_folder: String,
    /// Published date [default: the newest with decisions]
    #[arg(long, value_parser = date)]
    as_of: Option<NaiveDate>,
    /// Two published dates: the page of the second, with the changes since the first
    #[arg(long, num_args = 2, value_names = ["A", "B"], value_parser = date, conflicts_with = "as_of")]
    between: Vec<NaiveDate>,
    /// Language of the page: pt-BR or en
    #[arg(long, default_value_t = Language::default())]
    language: Language,
    /// One company alone
    #[arg(long)]
    company: Option<String>,
    /// Withhold amounts of fewer debtors than this; 0 shows all
    #[arg(long, default_value_t = Options::default().min_cell, value_parser = clap::value_parser!(i64).range(0..=1000))]
    min_cell: i64,
    /// Do not show collectors and agencies by id
    #[arg(long)]
    no_collectors: bool,
    /// Show the accounts with the most overdue by their ids; the page is personal data then
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "20", value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=500))]
    with_top_debtors: Option<u16>,
    /// File to write [default: report-<date>.html in the current folder]
    #[arg(long)]
    file: Option<PathBuf>,
}

impl Report {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let runtime = runtime()?;
        let output = Store::open(&self.output_folder, runtime.handle())?;
        let log = published(&output)?;
        let (before, record) = self.records(&log)?;
        let now = kpi::published(&output, record)?;
        self.check_company(&now)?;
        let before = before.map(|record| Ok((record.as_of, kpi::published(&output, record)?.kpis))).transpose()?;
        let options = self.options();
        let tables = Tables::of_record(&output, record);
        let debtors = match self.with_top_debtors {
            Some(number) => kpi::top_debtors(&tables, number.into(), self.company.as_deref())?,
            None => Vec::new(),
        };
        let html = kpi::page(&Sources {
            run: &now.run,
            kpis: &now.kpis,
            before: before.as_ref().map(|(date, kpis)| (*date, kpis)),
            own: &now.own,
            debtors: &debtors,
            options: &options,
        })?;
        let path = self.file.clone().unwrap_or_else(|| PathBuf::from(format!("report-{}.html", record.as_of)));
        if let Some(mut file) = create("--file", Some(&path))? {
            file.write_all(html.as_bytes()).map_err(Error::file(&path))?;
        }
        let Record { as_of, revision, run_id, seq, .. } = record;
        if voice.json {
            let file = path.display().to_string();
            say(&json!({"outcome": "written", "file": file, "bytes": html.len(), "as_of": as_of, "revision": revision,
                "run_id": run_id, "seq": seq, "language": self.language.code()})
            .to_string());
        } else {
            say(&format!(
                "{}: receivables on {as_of}, {} kB; open it in a browser",
                path.display(),
                html.len().div_ceil(1000)
            ));
        }
        Ok(())
    }

    /// What is compared with, where two dates are asked for, and what the page is of.
    fn records<'l>(&self, log: &'l Log) -> Result<(Option<&'l Record>, &'l Record)> {
        match self.between.as_slice() {
            [from, to] if from < to => Ok((
                Some(record_of(log, Some(*from), &self.output_folder)?),
                record_of(log, Some(*to), &self.output_folder)?,
            )),
            [from, to] => Err(Error::Argument {
                given: format!("--between {from} {to}"),
                why: "name the earlier date first, and another one after it".to_owned(),
            }),
            _ => Ok((None, record_of(log, self.as_of, &self.output_folder)?)),
        }
    }

    fn options(&self) -> Options {
        Options {
            language: self.language,
            company: self.company.clone(),
            min_cell: self.min_cell,
            collectors: !self.no_collectors,
        }
    }

    fn check_company(&self, published: &Published) -> Result<()> {
        let Some(company) = &self.company else { return Ok(()) };
        let known = published.companies();
        if known.contains(company) {
            return Ok(());
        }
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        let as_of = published.run.as_of;
        let what = format!("--company {company}: there is no such company on {as_of}; there are: {known}");
        Err(Error::Unknown { what })
    }
}
