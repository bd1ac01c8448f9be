//! Figures of a run for Prometheus, in its text format: what the textfile collector of node_exporter reads.
//!
//! A file has two parts. How the last attempt ended is written every time; the figures of the last run that published stay
//! until the next one does.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::results::RunResults;
use crate::io::log::Record;

/// Between the two parts of a file.
const OF_SUCCESS: &str = "# What follows is of the last run that published, or found itself published.\n";

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Empty where the pipeline could not be read.
    pub tenant: &'a str,
    /// `published`, `already_published` or `failed`.
    pub outcome: &'a str,
    /// Of the process.
    pub exit_code: u8,
    /// How long it took.
    pub seconds: f64,
    /// Seconds since 1970.
    pub ended_at: f64,
}

/// The file after an attempt that published nothing: what it had of the last success stays as it was.
pub fn failed(attempt: &Attempt<'_>, before: &str) -> String {
    let kept = before.find(OF_SUCCESS).map_or("", |at| &before[at..]);
    format!("{}{kept}", of_attempt(attempt))
}

/// The file after a run that published, or found itself published; then it has no times of stages.
pub fn succeeded(attempt: &Attempt<'_>, record: &Record, results: Option<&RunResults>) -> String {
    let mut text = Text::of(attempt.tenant);
    text.family("last_success_timestamp_seconds", "when it ended, in seconds since 1970");
    text.sample("last_success_timestamp_seconds", &[], attempt.ended_at);
    format!("{}{OF_SUCCESS}{}{}", of_attempt(attempt), text.0, of_run(record, results))
}

fn of_attempt(attempt: &Attempt<'_>) -> String {
    let mut text = Text::of(attempt.tenant);
    text.family("exit_code", "exit code of the last attempt; docs/operations.md says what to do");
    text.sample("exit_code", &[("outcome", attempt.outcome)], f64::from(attempt.exit_code));
    text.family("duration_seconds", "how long the last attempt took");
    text.sample("duration_seconds", &[("outcome", attempt.outcome)], attempt.seconds);
    text.family("end_timestamp_seconds", "when the last attempt ended, in seconds since 1970");
    text.sample("end_timestamp_seconds", &[("outcome", attempt.outcome)], attempt.ended_at);
    text.0
}

/// What the record and the results of a run say.
pub fn of_run(record: &Record, results: Option<&RunResults>) -> String {
    let mut text = Text::of(&record.tenant);
    let midnight = record.as_of.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    text.family("as_of_timestamp_seconds", "midnight UTC of the date of the run, in seconds since 1970");
    text.sample("as_of_timestamp_seconds", &[], midnight as f64);
    let (mut rows, mut bytes) = (BTreeMap::<&str, u64>::new(), BTreeMap::<&str, u64>::new());
    for object in &record.inputs {
        *rows.entry(&object.table).or_default() += object.rows;
        *bytes.entry(&object.table).or_default() += object.size;
    }
    text.by("table", "input_rows", "rows of an input, the bad ones included", rows.into_iter().map(of_count));
    text.by("table", "input_bytes", "size of the files of an input", bytes.into_iter().map(of_count));
    let counts = record.counts.iter().map(|(table, rows)| of_count((table, *rows)));
    text.by("table", "output_rows", "rows of a published table", counts);
    let amounts =
        record.control_totals.iter().filter_map(|(currency, amount)| Some((currency.as_str(), amount.parse().ok()?)));
    text.by("currency", "open_amount", "what is owed, in units of the currency", amounts);
    let items = record.open_items.iter().map(|(currency, items)| of_count((currency, *items)));
    text.by("currency", "open_items", "open items", items);
    if let Some(results) = results {
        let seconds = results.seconds.iter().map(|(stage, seconds)| (stage.as_str(), *seconds));
        let what = "wall-clock time of a stage; of stages inside the shards, summed over the workers";
        text.by("stage", "stage_seconds", what, seconds);
        let peaks = results.peak_megabytes.iter().map(|(stage, megabytes)| (stage.as_str(), megabytes * 1_048_576.0));
        text.by("stage", "stage_peak_memory_bytes", "the most memory held by the end of a stage", peaks);
    }
    text.0
}

fn of_count((name, count): (&str, u64)) -> (&str, f64) {
    (name, count as f64)
}

/// Samples of one tenant under way.
struct Text<'a>(String, &'a str);

impl<'a> Text<'a> {
    fn of(tenant: &'a str) -> Text<'a> {
        Text(String::new(), tenant)
    }

    fn family(&mut self, name: &str, help: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.0, "# HELP regua_run_{name} {help}\n# TYPE regua_run_{name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let tenant = [("tenant", self.1)];
        let labels = tenant.iter().chain(labels).map(|(label, of)| format!("{label}=\"{}\"", escaped(of)));
        let _ = writeln!(self.0, "regua_run_{name}{{{}}} {value}", labels.collect::<Vec<_>>().join(","));
    }

    /// A family with one label besides.
    fn by<'s>(&mut self, label: &str, name: &str, help: &str, samples: impl IntoIterator<Item = (&'s str, f64)>) {
        self.family(name, help);
        samples.into_iter().for_each(|(of, value)| self.sample(name, &[(label, of)], value));
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
