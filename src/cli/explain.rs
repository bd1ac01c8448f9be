//! `regua explain`: why a debtor is contacted or left in peace, from published files alone.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type};
use chrono::{Days, NaiveDate};
use clap::Args;
use serde_json::{Value, json};

use super::{Voice, date, runtime, say};
use crate::domain::hold::HoldReason;
use crate::domain::message::money_text;
use crate::domain::money::Minor;
use crate::error::{Error, Result};
use crate::io::log::{Log, Record};
use crate::io::parquet::read_published_where;
use crate::io::store::Store;

/// Tells what a debtor owes, which steps were considered, and which rule decided
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua explain D0000042 --from demo/output
  regua explain D0000042 --from s3://bucket/regua --as-of 2026-06-30
  regua explain 3f0c9a52c7e14d1b8a6f0e2d4c5b6a79 --from demo/output     (an action_id)")]
pub(super) struct Explain {
    /// debtor_id or action_id
    subject: String,
    /// Output folder or URL of the pipeline
    #[arg(long)]
    from: String,
    /// Published date; the newest where it is not given
    #[arg(long, value_parser = date)]
    as_of: Option<NaiveDate>,
}

/// The published rows about one debtor.
struct Found {
    debtors: Vec<RecordBatch>,
    items: Vec<RecordBatch>,
    decisions: Vec<RecordBatch>,
    actions: Vec<RecordBatch>,
}

impl Explain {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let runtime = runtime()?;
        let store = Store::open(&self.from, runtime.handle())?;
        let log = Log::read(&store)?;
        let record = record_of(&log, self.as_of, &self.from)?;
        let debtor = self.debtor(&store, record)?;
        let rows = |table: &str| {
            read_published_where(&store, record, &format!("{table}/part-00000.parquet"), "debtor_id", &debtor)
        };
        let found = Found {
            debtors: rows("debtors")?,
            items: rows("items")?,
            decisions: rows("decisions")?,
            actions: rows("actions")?,
        };
        if found.decisions.is_empty() {
            let message = format!(
                "{debtor} owes nothing on {}, or is not known; was the id written as in the source?",
                record.as_of
            );
            return Err(Error::Usage(message));
        }
        let text =
            if voice.json { found.as_json(&debtor, record).to_string() } else { found.as_text(voice, &debtor, record) };
        say(&text);
        Ok(())
    }

    /// An action_id stands for its debtor.
    fn debtor(&self, store: &Store, record: &Record) -> Result<String> {
        let is_action = self.subject.len() == 32 && self.subject.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_action {
            return Ok(self.subject.clone());
        }
        let rows = read_published_where(store, record, "actions/part-00000.parquet", "action_id", &self.subject)?;
        Ok(rows.first().map_or_else(|| self.subject.clone(), |batch| Row(batch, 0).text("debtor_id")))
    }
}

/// The record of a date, or the newest.
pub(super) fn record_of<'l>(log: &'l Log, as_of: Option<NaiveDate>, from: &str) -> Result<&'l Record> {
    let record = match as_of {
        Some(as_of) => log.of_date(as_of),
        None => log.head(),
    };
    record.ok_or_else(|| {
        let what = as_of.map_or("nothing".to_owned(), |d| format!("no run for {d}"));
        Error::Usage(format!("{from}: {what} is published there; `regua run` publishes"))
    })
}

/// One row with its values as a person reads them.
pub(super) struct Row<'a>(&'a RecordBatch, usize);

impl Row<'_> {
    fn array(&self, name: &str) -> Option<&dyn Array> {
        self.0.column_by_name(name).map(AsRef::as_ref).filter(|a: &&dyn Array| a.is_valid(self.1))
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.array(name).and_then(|a| a.as_string_opt::<i32>()).map_or(String::new(), |a| a.value(self.1).to_owned())
    }

    fn int(&self, name: &str) -> i64 {
        self.array(name).and_then(|a| a.as_primitive_opt::<Int64Type>()).map_or(0, |a| a.value(self.1))
    }

    fn float(&self, name: &str) -> Option<f64> {
        self.array(name).and_then(|a| a.as_primitive_opt::<Float64Type>()).map(|a| a.value(self.1))
    }

    fn minor(&self, name: &str) -> Minor {
        let value =
            self.array(name).and_then(|a| a.as_primitive_opt::<Decimal128Type>()).map_or(0, |a| a.value(self.1));
        Minor(i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn money(&self, name: &str) -> String {
        money_text("en", &self.text("currency"), self.minor(name))
    }

    fn date(&self, name: &str) -> String {
        let days = self.array(name).and_then(|a| a.as_primitive_opt::<Date32Type>()).map(|a| a.value(self.1));
        let day = days.and_then(|d| NaiveDate::default().checked_add_days(Days::new(u64::try_from(d).ok()?)));
        day.map_or("-".to_owned(), |d| d.to_string())
    }

    /// A JSON list of texts.
    fn list(&self, name: &str) -> Vec<String> {
        serde_json::from_str(&self.text(name)).unwrap_or_default()
    }
}

pub(super) fn rows(batches: &[RecordBatch]) -> impl Iterator<Item = Row<'_>> {
    batches.iter().flat_map(|b| (0..b.num_rows()).map(move |row| Row(b, row)))
}

impl Found {
    fn as_text(&self, voice: Voice, debtor: &str, record: &Record) -> String {
        let mut lines = vec![voice.bold(&format!("{debtor} on {} (run {})", record.as_of, record.run_id))];
        for account in rows(&self.debtors) {
            let (company, currency) = (account.text("company_id"), account.text("currency"));
            lines.push(String::new());
            lines.push(voice.bold(&format!("Account with company {company} in {currency}")));
            lines.extend(account_lines(&account));
            let of_account = |r: &Row<'_>| r.text("company_id") == company && r.text("currency") == currency;
            for item in rows(&self.items).filter(of_account) {
                lines.push(item_line(&item));
            }
            for decision in rows(&self.decisions).filter(of_account) {
                lines.extend(decision_lines(&decision));
            }
            for action in rows(&self.actions).filter(of_account) {
                lines.extend(action_lines(&action));
            }
        }
        lines.join("\n")
    }

    fn as_json(&self, debtor: &str, record: &Record) -> Value {
        let decision = |r: Row<'_>| {
            json!({"company_id": r.text("company_id"), "currency": r.text("currency"), "outcome": r.text("outcome"),
                "reason": r.text("reason"), "detail": r.text("detail"), "regua": r.text("regua"), "step_id": r.text("step_id"),
                "segment": r.text("segment"), "open_amount": r.minor("open_amount").to_string(), "trace": r.list("rule_trace")})
        };
        let item = |r: Row<'_>| {
            json!({"invoice_id": r.text("invoice_id"), "installment_no": r.int("installment_no"), "due_date": r.date("due_date"),
                "days_past_due": r.int("days_past_due"), "bucket": r.text("bucket"), "currency": r.text("currency"),
                "open_amount": r.minor("open_amount").to_string(), "hold": r.text("item_hold")})
        };
        json!({"debtor_id": debtor, "as_of": record.as_of, "run_id": record.run_id,
            "decisions": rows(&self.decisions).map(decision).collect::<Vec<_>>(),
            "items": rows(&self.items).map(item).collect::<Vec<_>>(),
            "actions": rows(&self.actions).map(|r| r.text("action_id")).collect::<Vec<_>>()})
    }
}

fn account_lines(account: &Row<'_>) -> Vec<String> {
    let late = account.float("late_ratio").map_or("no history".to_owned(), |r| format!("{:.0} % late", r * 100.0));
    let average = account.float("days_late_avg").map_or(String::new(), |d| format!(", {d:.1} days late on average"));
    vec![
        format!(
            "  owes {} in {} items, of which {} in {} items is past due; credit {}",
            account.money("open_amount"),
            account.int("open_items"),
            account.money("overdue_amount"),
            account.int("overdue_items"),
            account.money("credit_amount")
        ),
        format!(
            "  segment {}, tier {}, risk {}: {} items due in the window, {late}{average}, {} broken promises",
            account.text("segment"),
            account.text("tier"),
            account.text("risk_band"),
            account.int("items_due_in_window"),
            account.int("broken_promises")
        ),
    ]
}

fn item_line(item: &Row<'_>) -> String {
    let hold = item.text("item_hold");
    let hold = if hold.is_empty() { String::new() } else { format!(", left out: {hold}") };
    format!(
        "    {} / {}   due {}   {:>5} days   {:>16}   {}{hold}",
        item.text("invoice_id"),
        item.int("installment_no"),
        item.date("due_date"),
        item.int("days_past_due"),
        item.money("open_amount"),
        item.text("bucket")
    )
}

fn decision_lines(decision: &Row<'_>) -> Vec<String> {
    let (reason, detail, step) = (decision.text("reason"), decision.text("detail"), decision.text("step_id"));
    let mut lines: Vec<String> = decision.list("rule_trace").into_iter().map(|rule| format!("  {rule}")).collect();
    let why = HoldReason::parse(&reason).map_or("the step is due", HoldReason::text);
    let step = if step.is_empty() { String::new() } else { format!(" (step {step})") };
    let detail = if detail.is_empty() { String::new() } else { format!("; {detail}") };
    lines.push(format!("  => {} {reason}{step}: {why}{detail}", decision.text("outcome")));
    lines
}

/// What is asked for beside the principal, and the offer.
fn claim_lines(action: &Row<'_>) -> Vec<String> {
    let parts = [("fine", "fine_amount"), ("interest", "interest_amount"), ("fee", "fee_amount")];
    let parts = parts.into_iter().chain([("charges of items paid late", "residual_amount")]);
    let charged: Vec<String> = parts
        .filter(|(_, column)| action.minor(column) != Minor::ZERO)
        .map(|(what, column)| format!(" + {what} {}", action.money(column)))
        .collect();
    let dunned = match action.text("dunning_currency") {
        currency if currency.is_empty() => String::new(),
        currency => format!(
            ", dunned as {} at the rate of {}",
            money_text("en", &currency, action.minor("dunning_amount")),
            action.date("fx_date")
        ),
    };
    let total = action.money("total_due");
    let mut lines = vec![format!("    asks for {}{} = {total}{dunned}", action.money("open_amount"), charged.concat())];
    if action.minor("waived_amount") != Minor::ZERO {
        lines.push(format!("    waives charges of items paid late: {}", action.money("waived_amount")));
    }
    lines.extend(offer_line(action));
    lines
}

fn offer_line(action: &Row<'_>) -> Option<String> {
    let offer = action.array("offer")?.as_struct_opt()?;
    let offer = RecordBatch::from(offer.slice(action.1, 1));
    let offer = Row(&offer, 0);
    let currency = action.text("currency");
    let money = |amount: Minor| money_text("en", &currency, amount);
    let instalments = offer.array("instalments")?.as_list_opt::<i32>()?.value(0);
    let instalments = RecordBatch::from(instalments.as_struct_opt()?.clone());
    let later = rows(std::slice::from_ref(&instalments))
        .map(|part| format!("{} on {}", money(part.minor("amount")), part.date("due_date")))
        .collect::<Vec<_>>();
    let down = match offer.minor("down_payment") {
        Minor::ZERO => String::new(),
        down => format!("{} down, ", money(down)),
    };
    Some(format!(
        "    offers {}: {} until {}: {down}{}",
        offer.text("kind"),
        money(offer.minor("total")),
        offer.date("valid_until"),
        later.join(", ")
    ))
}

fn action_lines(action: &Row<'_>) -> Vec<String> {
    let mut lines = vec![format!(
        "  action {} by {} in {}, tone {}, template {} {}",
        action.text("action_id"),
        action.text("channel"),
        action.text("language"),
        action.text("tone"),
        action.text("template_id"),
        action.text("template_version")
    )];
    lines.extend(claim_lines(action));
    let subject = action.text("subject");
    if !subject.is_empty() {
        lines.push(format!("  | {subject}\n  |"));
    }
    lines.extend(action.text("body").lines().map(|line| format!("  | {line}")));
    lines
}
