//! `regua experiment`: how large an experiment has to be, and what one has shown, from what is published alone.

use std::path::Path;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::explain::{decided, record_of};
use super::{Voice, date, published, runtime, say, show, variable};
use crate::config::Plan as Pipeline;
use crate::domain::experiment::{ARMS_MAX, SHARES_WHOLE};
use crate::error::{Error, Result};
use crate::io::log::{Log, Record, RecordKind};
use crate::io::parquet::read_published;
use crate::io::store::Store;
use crate::io::tables::{Row, rows};
use crate::report::experiments::{Design, Experiment as Found, designs, experiments, sizes};

const EXPERIMENTS: &str = "kpi_experiments";
const GROUP_RATES: &str = "kpi_group_rates";

/// Plans experiments and says what they have shown: which arm collects more, and whether it harms anybody
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua experiment plan demo/output              how many groups for an effect of three points?
  regua experiment report demo/output            what have the experiments shown, and from which day is there a verdict?")]
pub(super) struct Experiment {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Plan(Plan),
    Report(Report),
}

/// Says how many groups of debtors an experiment needs to find an effect, and what its arms can find
///
/// From how groups paid in the last 30, 60, 90 and 180 days, and in as many days before. An effect is found four times out of five
/// (power 80 %); where there is no effect, one is reported one time in twenty (5 %).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua experiment plan demo/output                      an effect of 3 percentage points, two equal arms
  regua experiment plan demo/output --effect 5 --shares 80,15,5
  regua experiment plan pipelines/daily.toml             the arms and days of its [[experiments]], which may be still to come
  regua experiment plan s3://bucket/regua --company BR01 --as-of 2026-06-30 --output json")]
struct Plan {
    /// Pipeline file (.toml), or output folder or URL of a pipeline
    pipeline_or_output: String,
    /// The effect to find, in percentage points of the collection rate
    #[arg(long, default_value_t = 3.0, value_name = "POINTS", value_parser = points, allow_negative_numbers = true)]
    effect: f64,
    /// Shares of the arms in per cent, the champion first [default: those of the experiments, else 50,50]
    #[arg(long, value_delimiter = ',', value_parser = share, allow_negative_numbers = true)]
    shares: Vec<u32>,
    /// One company alone
    #[arg(long)]
    company: Option<String>,
    /// Published date [default: the newest with decisions]
    #[arg(long, value_parser = date)]
    as_of: Option<NaiveDate>,
}

/// Says what each experiment has shown, and the verdict once its last day is over
///
/// The difference of every arm to the champion with its 95 % interval, the groups of debtors being the clusters; the same with what
/// the groups paid before it began taken into account (CUPED); whether the arms are as large as their shares say; and whether debtors
/// fare worse. Until `ends_on` is over there is no verdict.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua experiment report demo/output
  regua experiment report demo/output --experiment 2026-h2 --as-of 2026-12-31
  regua experiment report s3://bucket/regua --output json")]
struct Report {
    /// Output folder or URL of the pipeline
    output_folder: String,
    /// One experiment alone
    #[arg(long, value_name = "ID")]
    experiment: Option<String>,
    /// Published date [default: the newest with decisions]
    #[arg(long, value_parser = date)]
    as_of: Option<NaiveDate>,
}

impl Experiment {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        match self.command {
            Command::Plan(plan) => plan.execute(voice),
            Command::Report(report) => report.execute(voice),
        }
    }
}

impl Plan {
    fn execute(self, voice: Voice) -> Result<()> {
        let pipeline = self.pipeline()?;
        let place = pipeline.as_ref().map_or(self.pipeline_or_output.as_str(), |pipeline| pipeline.output.as_str());
        let output = Output::open(place)?;
        let record = output.record(self.as_of)?;
        let (rates, experiments) = (output.table(record, GROUP_RATES)?, output.table(record, EXPERIMENTS)?);
        let is_asked = |row: &Row<'_>| self.company.as_ref().is_none_or(|company| row.str("company_id") == company);
        let rates: Vec<Row<'_>> = rows(&rates).filter(is_asked).collect();
        let designs = self.designs(pipeline.as_ref(), record, &rows(&experiments).collect::<Vec<_>>())?;
        let found = sizes(&rates, self.effect / 100.0, &designs);
        if found.is_empty() {
            return Err(self.nothing(record));
        }
        let text = if voice.json {
            let said = json!({"effect": self.effect / 100.0, "designs": designs, "companies": found});
            self::said("planned", record, said).to_string()
        } else {
            show::sizes(voice, (self.effect, record.as_of), &designs, &found)
        };
        say(&text);
        Ok(())
    }

    /// None where an output is named.
    fn pipeline(&self) -> Result<Option<Pipeline>> {
        let path = Path::new(&self.pipeline_or_output);
        let is_pipeline = path.extension().is_some_and(|extension| extension == "toml");
        is_pipeline.then(|| Pipeline::load(path, &variable)).transpose()
    }

    /// The arms that the question is about.
    fn designs(&self, pipeline: Option<&Pipeline>, record: &Record, published: &[Row<'_>]) -> Result<Vec<Design>> {
        if self.shares.len() > ARMS_MAX {
            let why = format!("more than {ARMS_MAX} arms leave none with groups enough");
            return Err(Error::Argument { given: "--shares".to_owned(), why });
        }
        let sum: u32 = self.shares.iter().sum();
        if !self.shares.is_empty() && sum != SHARES_WHOLE {
            let why = format!("the shares add up to {sum}, not to {SHARES_WHOLE}");
            return Err(Error::Argument { given: "--shares".to_owned(), why });
        }
        if !self.shares.is_empty() {
            return Ok(vec![Design::of_shares(&self.shares)]);
        }
        let found = match pipeline {
            Some(pipeline) => pipeline.rules.experiments.iter().map(Design::of).collect(),
            None => designs(published, &record.experiments),
        };
        Ok(if found.is_empty() { vec![Design::of_shares(&[50, 50])] } else { found })
    }

    fn nothing(&self, record: &Record) -> Error {
        let of = self.company.as_ref().map_or(String::new(), |company| format!(" of company {company}"));
        let as_of = record.as_of;
        Error::NothingToShow {
            why: format!(
                "{GROUP_RATES} of {as_of} has not two groups of debtors{of} that had anything to pay. An export of open items needs to be \
                 observed for 30 days; of a date that an earlier version published, run a newer one"
            ),
        }
    }
}

impl Report {
    fn execute(self, voice: Voice) -> Result<()> {
        let output = Output::open(&self.output_folder)?;
        let record = output.record(self.as_of)?;
        let batches = output.table(record, EXPERIMENTS)?;
        let all: Vec<Row<'_>> = rows(&batches).collect();
        if all.iter().any(|row| row.0.column_by_name("starts_on").is_none()) {
            let as_of = record.as_of;
            let why =
                format!("{as_of} was published by an earlier version, which knew of no last day; run a newer date");
            return Err(Error::NothingToShow { why });
        }
        let found = self.asked(experiments(&all, record.as_of, &record.experiments), &output.log, record)?;
        let text = if voice.json {
            let with_sentences: Vec<Value> = found.iter().map(with_sentences).collect();
            said("reported", record, json!({ "experiments": with_sentences })).to_string()
        } else {
            found.iter().map(|one| show::experiment(voice, one, record.as_of)).collect::<Vec<_>>().join("\n")
        };
        say(&text);
        Ok(())
    }

    fn asked(&self, found: Vec<Found>, log: &Log, record: &Record) -> Result<Vec<Found>> {
        let as_of = record.as_of;
        let is_asked = |id: &str| self.experiment.as_ref().is_none_or(|asked| asked == id);
        let begun: Vec<&str> = record.experiments.keys().map(String::as_str).collect();
        if let Some(id) = self.experiment.as_deref().filter(|id| !begun.is_empty() && !begun.contains(id)) {
            let what =
                format!("--experiment {id}: there is no such experiment on {as_of}; there are: {}", begun.join(", "));
            return Err(Error::Unknown { what });
        }
        let found: Vec<Found> = found.into_iter().filter(|one| is_asked(&one.experiment)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        // Whoever takes an experiment out of the file once it is decided finds it on the dates before.
        let has_shown = |r: &&Record| {
            r.as_of < as_of
                && r.counts.get(EXPERIMENTS).is_some_and(|rows| *rows > 0)
                && r.experiments.keys().any(|id| is_asked(id))
        };
        let last = log.records.iter().filter(has_shown).map(|record| record.as_of).max();
        let why = match last {
            Some(last) => format!(
                "no experiment has anything to show on {as_of}: none of [[experiments]] had drawn debtors with anything to pay by then; add \
                 --as-of {last}, the last date with something to show"
            ),
            None => format!(
                "no experiment has anything to show on {as_of}: no run has drawn debtors with anything to pay for one of \
                 [[experiments]]; `regua experiment plan` helps to begin one"
            ),
        };
        Err(Error::NothingToShow { why })
    }
}

/// What is published somewhere.
struct Output {
    // The store works on it.
    _runtime: Runtime,
    store: Store,
    log: Log,
    place: String,
}

impl Output {
    fn open(place: &str) -> Result<Output> {
        let runtime = runtime()?;
        let store = Store::open(place, runtime.handle())?;
        let log = published(&store)?;
        Ok(Output { _runtime: runtime, store, log, place: place.to_owned() })
    }

    /// The record of the date, or the newest that decided: without decisions nobody is in an arm.
    fn record(&self, as_of: Option<NaiveDate>) -> Result<&Record> {
        let record = decided(&self.log, record_of(&self.log, as_of, &self.place)?);
        if record.kind != RecordKind::KpiOnly {
            return Ok(record);
        }
        let decided = |r: &&Record| r.kind != RecordKind::KpiOnly && r.as_of < record.as_of;
        let before = self.log.records.iter().filter(decided).map(|record| record.as_of).max();
        let before = before.map_or("no date before it has decisions".to_owned(), |before| {
            format!("--as-of {before} is the newest date before it with decisions")
        });
        let why =
            format!("{} has figures alone: nobody was decided on, so nobody is in an arm; {before}", record.as_of);
        Err(Error::NothingToShow { why })
    }

    fn table(&self, record: &Record, name: &str) -> Result<Vec<RecordBatch>> {
        read_published(&self.store, record, &format!("kpi/{name}.parquet"))
    }
}

/// What is said, with the run that it is of.
fn said(outcome: &str, record: &Record, of: Value) -> Value {
    let run = json!({"outcome": outcome, "as_of": record.as_of, "run_id": record.run_id, "seq": record.seq});
    let objects = [run, of].into_iter().filter_map(|value| match value {
        Value::Object(object) => Some(object),
        _ => None,
    });
    Value::Object(objects.flatten().collect::<Map<_, _>>())
}

/// Each comparison with its verdict in words.
fn with_sentences(found: &Found) -> Value {
    let mut value = json!(found);
    let comparisons = value["comparisons"].as_array_mut().into_iter().flatten();
    for (one, comparison) in comparisons.zip(&found.comparisons) {
        one["sentence"] = show::verdict(found, comparison).into();
    }
    value
}

/// Per cent of an arm, as `--shares` takes them.
fn share(text: &str) -> std::result::Result<u32, String> {
    let share = text.parse().ok().filter(|share| (1..SHARES_WHOLE).contains(share));
    share.ok_or_else(|| {
        format!("{text:?} is not the share of an arm; write whole per cents with commas, such as 80,15,5")
    })
}

/// Percentage points, as `--effect` takes them.
fn points(text: &str) -> std::result::Result<f64, String> {
    let refused = || format!("{text:?} is not an effect; write percentage points from 0.1 to 100, such as 3");
    let points = text.parse::<f64>().map_err(|_| refused())?;
    if (0.1..=100.0).contains(&points) { Ok(points) } else { Err(refused()) }
}
