//! `regua explain`: why a debtor is contacted or left in peace, from published files alone.

mod claim;
mod sentences;

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::{Voice, date, runtime, say};
use crate::domain::message::money_text;
use crate::error::{Error, Result};
use crate::io::log::{Log, Record, RecordKind};
use crate::io::parquet::read_published_where;
use crate::io::projection::voided;
use crate::io::store::Store;
use crate::io::tables::{Row, rows};

/// Explains what a debtor owes, which steps were considered, and which rule decided
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua explain D00001020 --from demo/output
  regua explain D00001020 --from s3://bucket/regua --as-of 2026-06-30
  regua explain 3f0c9a52c7e14d1b8a6f0e2d4c5b6a79 --from demo/output     (an action_id)")]
pub(super) struct Explain {
    /// debtor_id or action_id
    subject: String,
    /// Output folder or URL of the pipeline
    #[arg(long)]
    from: String,
    /// Published date [default: the newest with decisions; for an action_id, its own date]
    #[arg(long, value_parser = date)]
    as_of: Option<NaiveDate>,
}

const ACTIONS: &str = "actions/part-00000.parquet";
/// The id of an action, but perhaps of another date than the one that was asked for.
const OTHER_DATE: &str = " (without --as-of an action_id is looked up in every date)";

/// The published rows about one debtor.
struct Found {
    debtors: Vec<RecordBatch>,
    items: Vec<RecordBatch>,
    decisions: Vec<RecordBatch>,
    actions: Vec<RecordBatch>,
    /// Of the actions, what a revision took back.
    voided: BTreeSet<String>,
    /// Rows that could not be read, or contradict others.
    quarantine: Vec<RecordBatch>,
}

impl Explain {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let runtime = runtime()?;
        let store = Store::open(&self.from, runtime.handle())?;
        let log = Log::read(&store)?;
        let (as_of, debtor) = self.asked(&store, &log)?;
        let record = decided(&log, record_of(&log, as_of, &self.from)?);
        let rows = |table: &str| {
            read_published_where(&store, record, &format!("{table}/part-00000.parquet"), "debtor_id", &debtor)
        };
        let found = Found {
            debtors: rows("debtors")?,
            items: rows("items")?,
            decisions: rows("decisions")?,
            actions: self.actions(&store, &log, record, &debtor)?,
            voided: voided(&store, &log, record.as_of)?,
            quarantine: rows("quarantine")?,
        };
        if found.decisions.is_empty() {
            let quarantined: usize = found.quarantine.iter().map(RecordBatch::num_rows).sum();
            let hint = if self.may_be_action() && self.as_of.is_some() { OTHER_DATE } else { "" };
            return Err(Error::NothingToShow { why: why_nothing(&debtor, record, quarantined) + hint });
        }
        let text =
            if voice.json { found.as_json(&debtor, record).to_string() } else { found.as_text(voice, &debtor, record) };
        say(&text);
        Ok(())
    }

    /// What every revision of the date published: a revision keeps what an earlier one did.
    fn actions(&self, store: &Store, log: &Log, record: &Record, debtor: &str) -> Result<Vec<RecordBatch>> {
        let mut actions = Vec::new();
        for revision in log.records.iter().filter(|r| r.as_of == record.as_of) {
            actions.extend(read_published_where(store, revision, ACTIONS, "debtor_id", debtor)?);
        }
        Ok(actions)
    }

    fn may_be_action(&self) -> bool {
        self.subject.len() == 32 && self.subject.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// The date and the debtor that are asked for. An action_id stands for its own: every record that published any is
    /// looked through for it, the newest first.
    fn asked(&self, store: &Store, log: &Log) -> Result<(Option<NaiveDate>, String)> {
        let is_asked = |r: &&Record| self.as_of.is_none_or(|as_of| r.as_of == as_of);
        let may_name_it = |r: &&Record| r.counts.get("actions").is_some_and(|rows| *rows > 0);
        if !self.may_be_action() {
            return Ok((self.as_of, self.subject.clone()));
        }
        for record in log.records.iter().rev().filter(is_asked).filter(may_name_it) {
            let found = read_published_where(store, record, ACTIONS, "action_id", &self.subject)?;
            if let Some(action) = rows(&found).next() {
                return Ok((Some(record.as_of), action.text("debtor_id")));
            }
        }
        Ok((self.as_of, self.subject.clone()))
    }
}

/// There is no decision to explain.
fn why_nothing(debtor: &str, record: &Record, quarantined: usize) -> String {
    let as_of = record.as_of;
    if record.kind == RecordKind::KpiOnly {
        return format!(
            "nothing was decided for {as_of}: it was published with --kpi-only, or when a later date was already there"
        );
    }
    if quarantined > 0 {
        return format!(
            "{debtor} has no row on {as_of} that could be read: {quarantined} are in the quarantine table, with what is \
             wrong with them; correct the export"
        );
    }
    format!("{debtor} owes nothing on {as_of}, or is not known; was the id written as in the source?")
}

/// The revision of its date that decided: one with --kpi-only, or that came after a later date, did not.
pub(super) fn decided<'l>(log: &'l Log, record: &'l Record) -> &'l Record {
    let mut revisions = log.records.iter().rev().filter(|r| r.as_of == record.as_of && r.kind != RecordKind::KpiOnly);
    if record.kind == RecordKind::KpiOnly { revisions.next().unwrap_or(record) } else { record }
}

/// The record of a date, or the newest of those that decided; where none did, the newest.
pub(super) fn record_of<'l>(log: &'l Log, as_of: Option<NaiveDate>, from: &str) -> Result<&'l Record> {
    let record = match as_of {
        Some(as_of) => log.of_date(as_of),
        None => log.newest_decided().or_else(|| log.newest()),
    };
    record.ok_or_else(|| Error::NothingPublished { output: from.to_owned(), as_of })
}

impl Found {
    fn as_text(&self, voice: Voice, debtor: &str, record: &Record) -> String {
        let mut lines = vec![voice.bold(&format!("{debtor} on {} (run {})", record.as_of, record.run_id))];
        let mut accounts: Vec<(String, String)> =
            rows(&self.decisions).map(|d| (d.text("company_id"), d.text("currency"))).collect();
        accounts.dedup();
        for (company, currency) in accounts {
            lines.push(String::new());
            lines.push(voice.bold(&format!("Account with company {company} in {currency}")));
            let of_account = |r: &Row<'_>| r.text("company_id") == company && r.text("currency") == currency;
            let account = rows(&self.debtors).find(of_account);
            let owed = account.as_ref().map_or_else(|| self.of_nothing(debtor), sentences::of_account);
            lines.extend(owed.iter().map(|sentence| format!("  {sentence}")));
            for item in rows(&self.items).filter(of_account) {
                lines.push(item_line(&item));
                lines.extend(expectation(&item).map(|text| format!("      {text}")));
            }
            for decision in rows(&self.decisions).filter(of_account) {
                let action = self.action_of(&decision);
                let told = sentences::of_decision(account.as_ref(), &decision, action.as_ref());
                lines.extend(told.iter().map(|sentence| format!("  {sentence}")));
                lines.extend(action.iter().flat_map(action_lines));
            }
        }
        lines.extend(self.taken_back().map(|action| {
            let [id, step, channel] = ["action_id", "step_id", "channel"].map(|name| action.str(name));
            format!("  action {id} (step {step}, by {channel}) was published and a revision took it back")
        }));
        lines.extend(rows(&self.quarantine).map(|row| quarantine_line(&row)));
        lines.join("\n")
    }

    /// There is no account: nothing is owed, or what is cannot be read.
    fn of_nothing(&self, debtor: &str) -> Vec<String> {
        let is_held = rows(&self.decisions).any(|d| d.str("reason") == "quarantined_input");
        if is_held { sentences::of_nothing_readable(debtor) } else { sentences::of_nothing(debtor) }
    }

    fn action_of(&self, decision: &Row<'_>) -> Option<Row<'_>> {
        let id = decision.str("action_id");
        rows(&self.actions).find(|action| !id.is_empty() && action.str("action_id") == id)
    }

    fn taken_back(&self) -> impl Iterator<Item = Row<'_>> {
        rows(&self.actions).filter(|action| self.voided.contains(action.str("action_id")))
    }

    /// The sentences of one decision, for machines that show them to a person.
    fn told(&self, decision: &Row<'_>) -> Vec<String> {
        let key = |r: &Row<'_>| (r.text("company_id"), r.text("currency"));
        let account = rows(&self.debtors).find(|account| key(account) == key(decision));
        let action = self.action_of(decision);
        let owed = account.as_ref().map_or_else(|| self.of_nothing(decision.str("debtor_id")), sentences::of_account);
        owed.into_iter().chain(sentences::of_decision(account.as_ref(), decision, action.as_ref())).collect()
    }

    fn as_json(&self, debtor: &str, record: &Record) -> Value {
        let decision = |r: Row<'_>| {
            json!({"company_id": r.text("company_id"), "currency": r.text("currency"), "outcome": r.text("outcome"),
                "reason": r.text("reason"), "detail": r.text("detail"), "regua": r.text("regua"), "step_id": r.text("step_id"),
                "segment": r.text("segment"), "open_amount": r.minor("open_amount").to_string(), "trace": r.list("rule_trace"),
                "sentences": self.told(&r)})
        };
        let item = |r: Row<'_>| {
            json!({"invoice_id": r.text("invoice_id"), "installment_no": r.int("installment_no"), "due_date": day(&r, "due_date"),
                "days_past_due": r.int("days_past_due"), "bucket": r.text("bucket"), "currency": r.text("currency"),
                "open_amount": r.minor("open_amount").to_string(), "hold": r.text("item_hold"),
                "late_chance": r.float("late_chance"), "expected_on": r.date("expected_on"), "expected": expectation(&r)})
        };
        json!({"debtor_id": debtor, "as_of": record.as_of, "run_id": record.run_id,
            "decisions": rows(&self.decisions).map(decision).collect::<Vec<_>>(),
            "items": rows(&self.items).map(item).collect::<Vec<_>>(),
            "actions": rows(&self.actions).map(|r| r.text("action_id")).collect::<Vec<_>>(),
            "taken_back": self.taken_back().map(|r| r.text("action_id")).collect::<Vec<_>>()})
    }
}

fn day(row: &Row<'_>, name: &str) -> String {
    row.date(name).map_or("-".to_owned(), |day| day.to_string())
}

/// What the model of payment expects of an item, and why; none where the run used no model.
fn expectation(item: &Row<'_>) -> Option<String> {
    let chance = item.float("late_chance")?;
    let late = match item.int("days_past_due") {
        ..=0 => Some(format!("{:.0} % late", 100.0 * chance)),
        1..=30 => {
            Some(format!("{:.0} % more than 30 days late", 100.0 * item.float("late_30_chance").unwrap_or(chance)))
        }
        // It is that already.
        _ => None,
    };
    let on = item.date("expected_on").map(|day| format!("paid by {day} as likely as not"));
    let what: Vec<String> = late.into_iter().chain(on).collect();
    let what = if what.is_empty() { "nobody can say when it is paid".to_owned() } else { what.join(", ") };
    Some(format!("expected: {what} ({})", item.str("late_reason")))
}

fn item_line(item: &Row<'_>) -> String {
    let hold = item.text("item_hold");
    let hold = if hold.is_empty() { String::new() } else { format!(", left out: {hold}") };
    format!(
        "    {} / {}   due {}   {:>5} days   {:>16}   {}{hold}",
        item.text("invoice_id"),
        item.int("installment_no"),
        day(item, "due_date"),
        item.int("days_past_due"),
        money_text("en", item.str("currency"), item.minor("open_amount")),
        item.text("bucket")
    )
}

/// `  quarantine: promises, row 0 of .../promises.parquet: pay_by (null, missing_value)`
fn quarantine_line(row: &Row<'_>) -> String {
    let [table, file, column, class, reason] = ["table", "file", "column", "value_class", "reason"].map(|n| row.str(n));
    format!("  quarantine: {table}, row {} of {file}: {column} ({class}, {reason})", row.int("row"))
}

fn action_lines(action: &Row<'_>) -> Vec<String> {
    let mut lines = vec![format!(
        "  action {} to {}, template {} {}",
        action.text("action_id"),
        if action.str("destination").is_empty() { "no address" } else { action.str("destination") },
        action.text("template_id"),
        action.text("template_version")
    )];
    lines.extend(claim::lines(action));
    let subject = action.text("subject");
    if !subject.is_empty() {
        lines.push(format!("  | {subject}\n  |"));
    }
    lines.extend(action.text("body").lines().map(|line| format!("  | {line}")));
    lines
}
