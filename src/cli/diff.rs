//! `regua diff`: what changed between two published runs.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::explain::{decided, record_of};
use super::{Voice, create, distinct, published, runtime, say, show};
use crate::error::{Error, Result};
use crate::io::log::{Log, Record};
use crate::io::store::Store;
use crate::report::{Comparison, Published};

/// Shows what changed between two published runs: what is owed, what goes out, why others are left alone, the messages
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua diff demo/output@2026-06-29 @2026-06-30            two dates of one output
  regua diff demo/output@2026-06-29 demo/output            a date, and the newest that decided
  regua diff s3://bucket/regua@41 @42                      two places in the log, as `regua log` numbers them
  regua diff output trial --report diff.html --messages 5  two outputs: the same date with another configuration

A run is OUTPUT, OUTPUT@DATE (its newest revision that decided) or OUTPUT@NUMBER (a place in the log). The second may be \
@DATE or @NUMBER alone, for the same output. It reads what is published and writes nothing but its own page. Debtors are \
named by their ids; messages, which are personal data, are shown only where --messages asks for them.")]
pub(super) struct Diff {
    /// The run to compare with, such as demo/output@2026-06-29
    then: String,
    /// The run to look at, such as demo/output or @2026-06-30
    now: String,
    /// Number of messages to show of those that read otherwise
    #[arg(long, default_value_t = 0)]
    messages: usize,
    /// Also write one page of HTML to this file
    #[arg(long)]
    report: Option<PathBuf>,
    /// Also write the result line to this file
    #[arg(long)]
    result_file: Option<PathBuf>,
}

/// A run as it is named on the command line.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    output: &'a str,
    /// A date or a number.
    which: Option<&'a str>,
}

impl Diff {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let (then, now) = (Named::of(&self.then), Named::of(&self.now));
        let now = match (now.output, now.which) {
            ("", Some(_)) => Named { output: then.output, ..now },
            _ => now,
        };
        for (named, given) in [(&then, &self.then), (&now, &self.now)] {
            if named.output.is_empty() {
                let why = "name the output of the first run, such as demo/output@2026-06-29".to_owned();
                return Err(Error::Argument { given: format!("{given:?}"), why });
            }
        }
        let runtime = runtime()?;
        let open = |named: &Named<'_>| {
            let output = Store::open(named.output, runtime.handle())?;
            published(&output).map(|log| (output, log))
        };
        let ((then_output, then_log), (now_output, now_log)) = (open(&then)?, open(&now)?);
        let then = Published::of(&then_output, &then_log, then.record(&then_log)?);
        let now = Published::of(&now_output, &now_log, now.record(&now_log)?);
        distinct(&[("--report", self.report.as_deref()), ("--result-file", self.result_file.as_deref())])?;
        let page = create("--report", self.report.as_deref())?;
        let result_file = create("--result-file", self.result_file.as_deref())?;
        let comparison = Comparison::of(&then, &now, self.messages)?;
        if let Some((mut file, path)) = page.zip(self.report.as_ref()) {
            file.write_all(comparison.html()?.as_bytes()).map_err(Error::file(path))?;
        }
        let result = serde_json::to_string(&comparison).unwrap_or_default();
        if let Some((mut file, path)) = result_file.zip(self.result_file.as_ref()) {
            writeln!(file, "{result}").map_err(Error::file(path))?;
        }
        say(&if voice.json { result } else { show::comparison(voice, &comparison) });
        Ok(())
    }
}

impl<'a> Named<'a> {
    /// What stands behind the last `@`, where it is a date or a number: an address may hold an `@` of its own.
    fn of(text: &'a str) -> Named<'a> {
        let is_run = |which: &str| !which.is_empty() && which.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        match text.rsplit_once('@') {
            Some((output, which)) if is_run(which) => Named { output, which: Some(which) },
            _ => Named { output: text, which: None },
        }
    }

    fn record<'l>(&self, log: &'l Log) -> Result<&'l Record> {
        let Some(which) = self.which else { return record_of(log, None, self.output) };
        if let Ok(as_of) = which.parse() {
            return record_of(log, Some(as_of), self.output).map(|record| decided(log, record));
        }
        let by_number = which.parse().ok().and_then(|seq: u64| log.records.iter().find(|r| r.seq == seq));
        by_number.ok_or_else(|| Error::Unknown {
            what: format!("{}: {which:?} is not a published date or record; `regua log {0}` lists them", self.output),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_an_output_and_what_stands_behind_its_last_at_sign() {
        let cases = [
            ("demo/output", "demo/output", None),
            ("demo/output@2026-06-30", "demo/output", Some("2026-06-30")),
            ("s3://bucket/regua@41", "s3://bucket/regua", Some("41")),
            ("@42", "", Some("42")),
            ("abfss://data@house.dfs.core.windows.net/regua", "abfss://data@house.dfs.core.windows.net/regua", None),
            (
                "abfss://data@house.dfs.core.windows.net/regua@7",
                "abfss://data@house.dfs.core.windows.net/regua",
                Some("7"),
            ),
            ("back@up/output", "back@up/output", None),
        ];
        for (text, output, which) in cases {
            assert_eq!(Named::of(text), Named { output, which }, "{text}");
        }
    }
}
