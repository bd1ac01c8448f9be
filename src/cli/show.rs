//! What a person sees of a run: bars while it works, and a summary that answers "what is owed, what goes out, and
//! why were the others left alone?".

mod comparison;
mod difference;
mod experiments;
mod plan;
mod simulation;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use arrow::array::AsArray;
use chrono::{Days, NaiveDate};
use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Voice, runtime};
use crate::config::Plan;
use crate::demo::DemoSummary;
use crate::domain::message::money_text;
use crate::domain::money::Amount;
use crate::error::Result;
use crate::io::log::{Record, RecordKind};
use crate::io::outbox::{VOIDS, revision_folder};
use crate::io::parquet::read_published;
use crate::io::store::Store;
use crate::io::tables::Tables;
use crate::report::{self, Aging, Holds, Sums, grouped};
use crate::run::{InputStatus, Ran};
use crate::runtime::progress::Progress;

pub(super) use comparison::comparison;
pub(super) use experiments::{experiment, sizes, verdict};
pub(super) use plan::plan;
pub(super) use simulation::simulation;

/// Instead of what goes out and why the others are left alone.
const POSITION_ONLY: &str = "No decisions: with --kpi-only, or once a later date has been published, a run publishes \
    only the position and its KPI tables\n";

/// Progress as bars on a terminal, else as log lines.
pub(super) struct Bars {
    voice: Voice,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub(super) fn new(voice: Voice) -> Bars {
        Bars { voice, bar: Mutex::new(None) }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = self.slot().take() {
            bar.finish_and_clear();
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Bars {
    fn begin(&self, stage: &'static str, steps: u64) {
        self.finish();
        if !self.voice.bars {
            tracing::info!(stage, steps, "stage begins");
            return;
        }
        let style = ProgressStyle::with_template("{prefix:>10} [{bar:40}] {human_pos}/{human_len} {elapsed} eta {eta}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
        let bar = ProgressBar::new(steps).with_style(style).with_prefix(stage);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        *self.slot() = Some(bar);
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = self.slot().as_ref() {
            bar.inc(steps);
        }
    }

    fn note(&self, message: &str) {
        tracing::warn!("{message}");
    }
}

/// What the generator wrote.
pub(super) fn portfolio(voice: Voice, summary: &DemoSummary) -> String {
    let mut table = plain_table(&["input", "rows"]);
    for (name, rows) in &summary.rows {
        table.add_row(vec![(*name).to_owned(), grouped(*rows as i64)]);
    }
    let title = format!("Sample portfolio in {} ({:.1} MB)", summary.folder.display(), summary.bytes as f64 / 1e6);
    format!("{}\n{}\n", voice.bold(&title), right_aligned(table, 1..2))
}

/// What is owed, what goes out, why the others are left alone, and where the files are.
pub(super) fn summary(voice: Voice, plan: &Plan, ran: &Ran) -> Result<String> {
    let runtime = runtime()?;
    let store = Store::open(&plan.output, runtime.handle())?;
    let record = &ran.record;
    let tables = Tables::of_record(&store, record);
    let keys = ["currency", "regua", "step_id", "channel"];
    let standing = report::sums(&tables, "kpi_actions", &keys, &["actions"], "open_amount")?;
    let decides = record.kind != RecordKind::KpiOnly;
    let kept = (decides && record.revision > 0).then(|| kept(record, &standing));
    let mut parts = vec![headline(voice, ran, kept), titled(voice, "What is owed", aging(&report::aging(&tables)?))];
    if decides {
        let title = if kept.is_some() { "What is published, new and kept" } else { "What goes out" };
        parts.push(titled(voice, title, actions(&standing)));
        parts.push(titled(voice, "Why the others are left alone", holds(&report::holds(&tables)?)));
    } else {
        parts.push(POSITION_ONLY.to_owned());
    }
    parts.push(overdue_removals(voice, &tables)?);
    parts.push(places(&store, record));
    Ok(parts.join("\n"))
}

/// Actions of earlier revisions of its date that a revision leaves as they are: the KPI tables count them too.
fn kept(record: &Record, standing: &Sums) -> u64 {
    let all: i64 = standing.values().map(|(numbers, _)| numbers[0]).sum();
    all.unsigned_abs().saturating_sub(record.counts.get("actions").copied().unwrap_or(0))
}

/// `3 actions`; of a revision what is new, kept and taken back.
fn acted(kind: RecordKind, new: u64, kept: Option<u64>, taken_back: u64) -> String {
    let count = |n: u64| grouped(n as i64);
    match (kind, kept) {
        (RecordKind::KpiOnly, _) => "nothing decided".to_owned(),
        (_, None) if new == 1 => "1 action".to_owned(),
        (_, None) => format!("{} actions", count(new)),
        (_, Some(kept)) => {
            format!("{} new actions, {} kept, {} taken back", count(new), count(kept), count(taken_back))
        }
    }
}

fn headline(voice: Voice, ran: &Ran, kept: Option<u64>) -> String {
    let record = &ran.record;
    let what = if ran.was_published { "was already published; nothing new was written" } else { "is published" };
    let rows = |table: &str| record.counts.get(table).copied().unwrap_or(0);
    let mut text = voice.bold(&format!("\n{} {what}", record.as_of));
    text.push_str(&format!(": {}\n", numbers(&rows, &acted(record.kind, rows("actions"), kept, rows(VOIDS)))));
    text
}

/// How much there is of everything; a duty is a decision beside the one on its account, so there are more decisions.
fn numbers(rows: &dyn Fn(&str) -> u64, acted: &str) -> String {
    let count = |table: &str, one: &str, many: &str| match rows(table) {
        1 => format!("1 {one}"),
        n => format!("{} {many}", grouped(n as i64)),
    };
    let decisions = match rows("decisions") {
        0 => acted.to_owned(),
        _ => format!("{} ({acted})", count("decisions", "decision", "decisions")),
    };
    let items = count("items", "open item", "open items");
    let accounts = count("debtors", "account with a balance", "accounts with a balance");
    format!("{items}, {accounts}, {decisions}, {}", count("quarantine", "quarantined row", "quarantined rows"))
}

fn titled(voice: Voice, title: &str, table: Option<Table>) -> String {
    match table {
        Some(table) => format!("{}\n{table}\n", voice.bold(title)),
        None => format!("{}\n  nothing\n", voice.bold(title)),
    }
}

/// Every input, a line each.
pub(super) fn inputs(seen: &[InputStatus]) -> String {
    let mut table = plain_table(&["input", "state", "objects", "rows", "MB", "written (UTC)", "path"]);
    for input in seen {
        let state = match (&input.missing, input.errors.is_empty(), input.objects()) {
            (Some(_), _, _) => "wait",
            (None, false, _) => "off contract",
            (None, true, 0) => "none",
            (None, true, _) => "ready",
        };
        table.add_row([
            input.snapshot.table.name.to_owned(),
            state.to_owned(),
            grouped(input.objects() as i64),
            grouped(input.snapshot.rows() as i64),
            format!("{:.1}", input.size() as f64 / 1e6),
            input.modified().map_or("-".to_owned(), |m| m.format("%F %R").to_string()),
            input.path.clone(),
        ]);
    }
    right_aligned(table, 2..5).to_string()
}

/// Every published run, a line each.
pub(super) fn log(records: &[Record]) -> String {
    let mut table = plain_table(&["seq", "as of", "revision", "kind", "actions", "open amount", "run"]);
    for record in records {
        let count = |table: &str| grouped(record.counts.get(table).copied().unwrap_or(0) as i64);
        let totals: Vec<String> =
            record.control_totals.iter().map(|(currency, sum)| format!("{currency} {sum}")).collect();
        table.add_row(vec![
            record.seq.to_string(),
            record.as_of.to_string(),
            record.revision.to_string(),
            record.kind.to_string(),
            count("actions"),
            totals.join(", "),
            record.run_id.clone(),
        ]);
    }
    if records.is_empty() { "nothing is published there".to_owned() } else { right_aligned(table, 4..6).to_string() }
}

pub(super) fn plain_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header.to_vec());
    table
}

pub(super) fn right_aligned(mut table: Table, columns: std::ops::Range<usize>) -> Table {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn amount(currency: &str, amount: Amount) -> String {
    money_text("en", currency, amount)
}

fn aging(rows: &[Aging]) -> Option<Table> {
    let mut table = plain_table(&["", "days past due", "items", "accounts", "amount"]);
    for row in rows {
        let total = amount(&row.currency, row.open_amount);
        table.add_row([row.currency.clone(), row.bucket.clone(), grouped(row.items), grouped(row.accounts), total]);
    }
    (!rows.is_empty()).then(|| right_aligned(table, 2..5))
}

fn actions(sums: &Sums) -> Option<Table> {
    let mut table = plain_table(&["", "régua", "step", "channel", "actions", "amount"]);
    for (key, (numbers, minor)) in sums {
        let [currency, regua, step, channel] = [0, 1, 2, 3].map(|i: usize| key[i].clone());
        let total = amount(&currency, Amount(i64::try_from(*minor).unwrap_or(i64::MAX)));
        table.add_row(vec![currency, regua, step, channel, grouped(numbers[0]), total]);
    }
    (!sums.is_empty()).then(|| right_aligned(table, 4..6))
}

fn holds(rows: &[Holds]) -> Option<Table> {
    let mut table = plain_table(&["reason", "", "accounts", "", "amount"]);
    for row in rows {
        let total = amount(&row.currency, row.open_amount);
        table.add_row([row.reason.clone(), row.why.to_owned(), grouped(row.accounts), row.currency.clone(), total]);
    }
    let table = right_aligned(table, 2..3);
    (!rows.is_empty()).then(|| right_aligned(table, 4..5))
}

/// Listings that had to be gone by law; nothing where there is none.
fn overdue_removals(voice: Voice, tables: &Tables) -> Result<String> {
    let (mut listings, mut days) = (0, 0);
    tables.for_each_row("kpi_listings", &["removals_overdue", "overdue_days_max"], |row| {
        listings += row.int("removals_overdue");
        days = days.max(row.int("overdue_days_max"));
        Ok(())
    })?;
    if listings == 0 {
        return Ok(String::new());
    }
    let text = format!(
        "Overdue removals: {} paid but still in force, the oldest {} days late; kpi_listings counts them by company",
        grouped(listings),
        grouped(days)
    );
    Ok(format!("{}\n", voice.bold(&text)))
}

/// Where the files are; a folder is named only where the run has put something there.
fn places(store: &Store, record: &Record) -> String {
    let seq = crate::io::log::key_of(record.seq);
    let has = |folder: &str| {
        let mut copies = record.files.iter().filter_map(|file| file.copy_to.as_deref());
        copies.any(|key| key.starts_with(folder))
    };
    let mut text = format!("Files below {}\n  {seq}   the commit record: the only truth\n", store.url());
    let batches = revision_folder(record.as_of, record.revision);
    if has(&format!("{batches}/channel=")) {
        text.push_str(&format!("  {batches}/   batches for gateways, one folder per channel\n"));
    }
    if has(&format!("{batches}/{VOIDS}/")) {
        text.push_str(&format!("  {batches}/{VOIDS}/   what gateways are not to send any more\n"));
    }
    text.push_str(match record.kind {
        RecordKind::KpiOnly => {
            "  kpi/   tables for BI; kpi_current/ stays as it is, with the newest date that decided\n"
        }
        RecordKind::Actions | RecordKind::Void => "  kpi/, kpi_current/   tables for BI\n",
    });
    text.push_str(&format!("  runs/{}/{}/   everything the record names", record.as_of, record.run_id));
    text
}

/// What to try after a demo.
pub(super) fn next_steps(
    voice: Voice,
    (pipeline, gentler): (&Path, &Path),
    as_of: NaiveDate,
    plan: &Plan,
    ran: &Ran,
) -> Result<String> {
    let runtime = runtime()?;
    let store = Store::open(&plan.output, runtime.handle())?;
    let batches = read_published(&store, &ran.record, "actions/part-00000.parquet")?;
    let first = batches.iter().find(|b| b.num_rows() > 0);
    let debtor = first.and_then(|b| b.column_by_name("debtor_id")).map(|c| c.as_string::<i32>().value(0).to_owned());
    let tomorrow = as_of.succ_opt().unwrap_or(as_of);
    let week = as_of - Days::new(6);
    let (pipeline, gentler) = (pipeline.display(), gentler.display());
    let mut text = voice.bold("\nTry next");
    if let Some(debtor) = debtor {
        text.push_str(&format!("\n  regua explain {debtor} --from {}   what this debtor gets, and why", store.url()));
    }
    if let Some(page) = ran.record.files.iter().find(|file| file.path.ends_with("/report.html")) {
        text.push_str(&format!(
            "\n  open {} in a browser   the figures of this run on one page",
            store.url_of(&page.path)
        ));
    }
    text.push_str(&format!("\n  regua run {pipeline} --as-of {as_of}   the same run again publishes nothing"));
    text.push_str(&format!("\n  regua plan {pipeline} --as-of {tomorrow}   what the next day would send"));
    text.push_str(&format!("\n  regua train {pipeline} --as-of {as_of}   learns who will pay late, and when"));
    text.push_str(&format!("\n  regua run {pipeline} --as-of {tomorrow}   the next day, with what was learnt"));
    text.push_str(&format!(
        "\n  regua simulate {pipeline} --against {gentler} --from {week} --to {as_of}   a week under two policies"
    ));
    text.push_str(&format!("\n  regua check {pipeline}   after you have changed a step or a message"));
    Ok(text)
}
