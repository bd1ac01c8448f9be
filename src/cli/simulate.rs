//! `regua simulate`: what a policy would have done with the history, and another beside it.

use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;
use tokio::runtime::Handle;

use super::show::Bars;
use super::{
    PipelineArg, Voice, beside, create, date, distinct, folder_of, refuse_needed, runtime, say, unwritable, variable,
};
use crate::config::Plan;
use crate::error::{Error, Result};
use crate::io::parquet::{Source, TableWriter};
use crate::io::store::Store;
use crate::report::simulation::Uplift;
use crate::runtime::signals;
use crate::simulate::{Request, prepare, rows_columns};

/// Replays history day by day with a policy, and shows what it would have done; with --against beside another
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua simulate pipelines/daily.toml --from 2026-01-01 --to 2026-06-30
  regua simulate pipelines/daily.toml --from 2026-01-01 --to 2026-06-30 --against pipelines/gentler.toml
  regua simulate pipelines/daily.toml --from 2026-06-01 --to 2026-06-30 --against pipelines/gentler.toml --out differences.csv --report both.html
  regua simulate pipelines/daily.toml --from 2026-01-01 --to 2026-06-30 --uplift 2.5 --output json

Every day is decided on the rows that were known by then: what is dated later does not exist. The policy's own messages \
stand for those that the contact log holds from --from on; they count as delivered on their day, and unanswered. What \
debtors did (payments, replies, promises, disputes, opt-outs) stays. Writes nothing but the files that are named here.

What would have been recovered is not in the history: --uplift assumes it, and an experiment measures it.")]
pub(super) struct Simulate {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// First day to simulate; what was published before it counts
    #[arg(long, value_parser = date, value_name = "DATE")]
    from: NaiveDate,
    /// Last day to simulate; the exports are those of this day
    #[arg(long, value_parser = date, value_name = "DATE")]
    to: NaiveDate,
    /// Pipeline to compare with, over the same inputs
    #[arg(long, value_name = "PIPELINE")]
    against: Option<PathBuf>,
    /// Assume that the first message about an invoice brings in so many per cent of what it owes; 0 is shown beside it
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    uplift: Option<Uplift>,
    /// Write every action by invoice and day to this file (.csv or .parquet); with --against what only one of the two does
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write one page of HTML to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Also write the result line to this file
    #[arg(long, value_name = "FILE")]
    result_file: Option<PathBuf>,
}

impl Simulate {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let mut plan = Plan::load(&self.pipeline.pipeline, &variable)?;
        let mut other = self.against.as_deref().map(|file| Plan::load(file, &variable)).transpose()?;
        distinct(&[
            ("--out", self.out.as_deref()),
            ("--report", self.report.as_deref()),
            ("--result-file", self.result_file.as_deref()),
        ])?;
        let kind = self.out.as_deref().map(Kind::of).transpose()?;
        signals::watch().map_err(Error::file("signal handler"))?;
        let (runtime, bars) = (runtime()?, Bars::new(voice));
        let request = Request { from: self.from, to: self.to, uplift: self.uplift };
        let prepared = prepare(&mut plan, other.as_mut(), request, runtime.handle(), &bars)?;
        // What is there is not emptied for days that cannot be simulated.
        let out =
            self.out.as_deref().zip(kind).map(|(path, kind)| Out::open(path, kind, runtime.handle())).transpose()?;
        let report = create("--report", self.report.as_deref())?;
        let result_file = create("--result-file", self.result_file.as_deref())?;
        let simulated = prepared.replay(runtime.handle(), &bars);
        bars.finish();
        let simulated = simulated?;
        if voice.json {
            tracing::info!(seconds = %json!(simulated.seconds), "simulated");
        }
        if let Some(out) = out {
            out.write(&simulated.rows)?;
        }
        if let Some((mut file, path)) = report.zip(self.report.as_ref()) {
            file.write_all(simulated.simulation.html()?.as_bytes()).map_err(Error::file(path))?;
        }
        let failed = |e: serde_json::Error| Error::Internal { object: "the result".to_owned(), what: e.to_string() };
        let result = serde_json::to_string(&simulated.simulation).map_err(failed)?;
        if let Some((mut file, path)) = result_file.zip(self.result_file.as_ref()) {
            writeln!(file, "{result}").map_err(Error::file(path))?;
        }
        let out = self.out.as_deref();
        say(&if voice.json { result } else { super::show::simulation(voice, &simulated.simulation, out) });
        Ok(())
    }
}

/// How the rows are written.
#[derive(Clone, Copy)]
enum Kind {
    Csv,
    Parquet,
}

impl Kind {
    fn of(path: &Path) -> Result<Kind> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Kind::Csv),
            Some("parquet") => Ok(Kind::Parquet),
            _ => Err(Error::Argument {
                given: format!("--out {}", path.display()),
                why: "name a file that ends with .csv or .parquet".to_owned(),
            }),
        }
    }

    fn write(self, rows: &RecordBatch, path: &Path) -> Result<()> {
        match self {
            Kind::Csv => std::fs::write(path, csv(rows)).map_err(Error::file(path)),
            Kind::Parquet => {
                let mut writer = TableWriter::create(path, rows.schema())?;
                writer.write(rows)?;
                writer.finish().map(drop)
            }
        }
    }
}

/// Where the rows go: an earlier file of this kind stays whole until this one is.
struct Out {
    kind: Kind,
    path: PathBuf,
}

impl Out {
    fn open(path: &Path, kind: Kind, runtime: &Handle) -> Result<Out> {
        refuse_needed("--out", path, |path| is_earlier_out(path, runtime).unwrap_or(false))?;
        if path.is_dir() {
            let is_folder = std::io::Error::other("it is a folder");
            return Err(unwritable("--out", path, is_folder));
        }
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // A folder that cannot be written is told before the work.
        beside(&path).map(drop).map_err(|why| unwritable("--out", &path, why))?;
        Ok(Out { kind, path })
    }

    fn write(self, rows: &RecordBatch) -> Result<()> {
        let file = beside(&self.path).map_err(Error::file(&self.path))?;
        self.kind.write(rows, file.path())?;
        file.persist(&self.path).map(drop).map_err(|failed| Error::file(&self.path)(failed.error))
    }
}

/// Has the file the columns that a simulation writes, and no others?
fn is_earlier_out(path: &Path, runtime: &Handle) -> Result<bool> {
    let path = path.canonicalize().map_err(Error::file(path))?;
    let store = Store::open(&folder_of(&path).to_string_lossy(), runtime)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(object) = store.pin_one(&name)? else { return Ok(false) };
    let found = Source::open(&store, object)?;
    let names: Vec<&str> = found.schema().fields().iter().map(|field| field.name().as_str()).collect();
    Ok([false, true].iter().any(|is_pair| names == rows_columns(*is_pair)))
}

/// The rows as RFC 4180 has them, a null as an empty field.
fn csv(rows: &RecordBatch) -> String {
    let schema = rows.schema();
    let mut text = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(",");
    for row in 0..rows.num_rows() {
        let cell = |column| array_value_to_string(column, row).unwrap_or_default();
        let cells: Vec<String> = rows.columns().iter().map(|column| quoted(&cell(column))).collect();
        text.push_str("\r\n");
        text.push_str(&cells.join(","));
    }
    text.push_str("\r\n");
    text
}

fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};

    use super::*;

    #[test]
    fn a_field_that_holds_a_separator_is_quoted() {
        let ids: ArrayRef = Arc::new(StringArray::from(vec![Some("a,b"), Some("say \"x\""), None]));
        let plain: ArrayRef = Arc::new(StringArray::from(vec!["1", "2", "3"]));
        let rows = RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("no", plain, false)]).unwrap();
        assert_eq!(csv(&rows), "id,no\r\n\"a,b\",1\r\n\"say \"\"x\"\"\",2\r\n,3\r\n");
    }
}
