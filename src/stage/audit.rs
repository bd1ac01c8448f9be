//! Audit: nothing is published that does not tie. Any row that an audit returns stops the run.
//!
//! Each shard is audited in its own session by `sql/50_audits`, over what was decided beside what was read; the whole
//! is then tied to control totals that the spreading pass took from the rows themselves, by other code. `Audited` has
//! no public constructor: only this module can say that something may be published.

mod ties;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use arrow::util::display::array_value_to_string;

use super::{Materialized, OutputFile, Totals};
use crate::config::shipped;
use crate::domain::action::sha256_hex;
use crate::domain::calendar::{Calendar, Slot, Whereabouts};
use crate::domain::money::Amount;
use crate::error::{Error, Finding, Lines, Result};
use crate::io::engine::{Layer, Model, Models, Session};
use crate::io::tables::{Row, rows};

pub use ties::ties;

/// What a row of an audit says.
const FINDING: [&str; 4] = ["subject", "expected", "actual", "difference"];
/// Findings that are listed; more say no more.
const FINDINGS_MAX: usize = 50;
const LAWFUL_HOURS: &str = "15 lawful hours";
/// What owes something, among the control totals.
const OWED: [&str; 3] = ["invoices.default", "invoices.invoice", "invoices.debit_note"];
/// Kinds of payment in the ledger with their control totals; a payment without a kind is a payment.
const PAID: [(&str, &[&str]); 7] = [
    ("payment", &["payments.default", "payments.payment"]),
    ("credit_note", &["payments.credit_note"]),
    ("write_off", &["payments.write_off"]),
    ("refund", &["payments.refund"]),
    ("chargeback", &["payments.chargeback"]),
    ("charges", &["payments.charges"]),
    ("credit_note_document", &["invoices.credit_note"]),
];

/// Audits whose findings are about a debtor: a log shows no value of the data.
const ABOUT_DEBTORS: [&str; 3] =
    ["audit_12_one_message_a_day", "audit_19_everybody_decided", "audit_20_nothing_crosses_companies"];

/// Output that may be published.
#[derive(Debug)]
pub struct Audited {
    materialized: Materialized,
    audits: Vec<String>,
}

impl Audited {
    /// Every file to publish.
    pub fn files(&self) -> &[OutputFile] {
        &self.materialized.files
    }

    /// What was audited, with the sums that the record tells.
    pub fn materialized(&self) -> &Materialized {
        &self.materialized
    }

    /// Adds the page that was made of what is audited.
    ///
    /// # Errors
    /// `File` where scratch cannot be written.
    pub fn add_page(&mut self, html: &str) -> Result<()> {
        self.materialized.add_page(html)
    }

    /// The audits that held.
    pub fn audits(&self) -> &[String] {
        &self.audits
    }
}

/// Every message that goes out now, with where its debtor is; what a revision keeps went by the calendar of its time.
const HOURS_QUERY: &str = "select a.action_id, a.not_before, a.expires_at, d.country, d.state, d.city, d.time_zone \
    from out_actions a left join cnd_debtors d on a.debtor_id = d.debtor_id \
    left anti join cnd_published p on a.action_id = p.action_id where a.channel <> 'instruction'";

/// Runs every audit model over one shard, and checks hours by the calendar.
///
/// # Errors
/// `Audit` with what was expected, what is, and the difference.
pub fn check_shard(models: &Models, calendar: &Calendar, session: &Session) -> Result<()> {
    refuse(findings(models.of(Layer::Audits), calendar, session)?)
}

/// What some audits find in a shard, and what goes out at an hour that is not lawful.
///
/// # Errors
/// `Model` where an audit cannot be run, or lacks a column.
pub fn findings<'a>(
    audits: impl Iterator<Item = &'a Model>,
    calendar: &Calendar,
    session: &Session,
) -> Result<Vec<Finding>> {
    let mut findings = unlawful_hours(calendar, session)?;
    for model in audits {
        let (schema, batches) = session.query(&model.name, &model.sql)?;
        if let Some(column) = FINDING.iter().find(|column| schema.index_of(column).is_err()) {
            let what = format!("an audit selects {}, and it has no {column}", FINDING.join(", "));
            return Err(Error::Model { model: model.name.clone(), what });
        }
        for batch in &batches {
            findings.extend(findings_of(&model.name, batch));
        }
    }
    Ok(findings)
}

/// Messages that would go out while nobody may be written to: hours are the calendar's, which no SQL knows.
fn unlawful_hours(calendar: &Calendar, session: &Session) -> Result<Vec<Finding>> {
    let (_, batches) = session.query(LAWFUL_HOURS, HOURS_QUERY)?;
    let is_lawful = |row: &Row<'_>| {
        // A null reads as an empty text, which says nothing.
        let [country, state, city, time_zone] =
            ["country", "state", "city", "time_zone"].map(|name| Some(row.str(name)));
        let place = calendar.place_of(Whereabouts { country, state, city, time_zone });
        let slot = row.time("not_before").zip(row.time("expires_at"));
        let slot = slot.map(|(not_before, expires_at)| Slot { not_before, expires_at });
        place.zip(slot).is_some_and(|(place, slot)| calendar.allows(slot, &place))
    };
    let finding = |row: Row<'_>| {
        let hours = ["not_before", "expires_at"].map(|name| row.time(name).map_or("none".into(), |at| at.to_rfc3339()));
        let (subject, actual) = (row.text("action_id"), hours.join(" to "));
        finding(LAWFUL_HOURS, &subject, "the hours of its debtor's day".to_owned(), actual, 1)
    };
    Ok(rows(&batches).filter(|row| !is_lawful(row)).take(FINDINGS_MAX).map(finding).collect())
}

fn findings_of(audit: &str, batch: &RecordBatch) -> Vec<Finding> {
    if batch.num_rows() == 0 {
        return Vec::new();
    }
    let text = |name: &str, row: usize| {
        let column = batch.column_by_name(name);
        column.and_then(|c| array_value_to_string(c, row).ok()).unwrap_or_default()
    };
    // What a finding of the user's own audits is about, nobody knows.
    let is_hidden = ABOUT_DEBTORS.contains(&audit) || !shipped::models().any(|model| model.stem() == audit);
    let subject = |row| match is_hidden {
        true => fingerprint(&text("subject", row)),
        false => text("subject", row),
    };
    let finding = |row| Finding {
        audit: audit.trim_start_matches("audit_").to_owned(),
        subject: subject(row),
        expected: text("expected", row),
        actual: text("actual", row),
        difference: text("difference", row),
    };
    (0..batch.num_rows().min(FINDINGS_MAX)).map(finding).collect()
}

/// Enough to find it again by, for whoever has the data.
fn fingerprint(subject: &str) -> String {
    format!("sha256 {}...", &sha256_hex(subject.as_bytes())[..12])
}

fn refuse(findings: Vec<Finding>) -> Result<()> {
    if findings.is_empty() { Ok(()) } else { Err(Error::Audit(Lines(findings))) }
}

/// Ties the whole: inputs to ledger, ledger to KPI tables, rows to rows.
///
/// # Errors
/// `Audit` with every total that does not tie.
///
/// `totals` are those of the inputs, and of the rows among them whose key stands more than once.
pub fn audit(models: &Models, (totals, duplicates): (&Totals, &Totals), materialized: Materialized) -> Result<Audited> {
    let mut findings = Vec::new();
    let inputs = Inputs { totals, duplicates };
    tie_payments(&mut findings, &inputs, &materialized);
    let ledger = sums(&materialized, "fct_ledger", "currency");
    let nothing = BTreeMap::new();
    // A currency that only one side knows was lost on the way.
    let currencies: BTreeSet<&str> = ledger.keys().map(String::as_str).chain(inputs.currencies(&OWED)).collect();
    for currency in currencies {
        let sums = ledger.get(currency).unwrap_or(&nothing);
        let sum = |column: &str| sums.get(column).copied().unwrap_or(0);
        let owed = inputs.sum(&OWED, currency);
        tie(&mut findings, "01 inputs to ledger", currency, owed, sum("original_amount"));
        tie(
            &mut findings,
            "01 ledger to buckets",
            currency,
            sum("original_amount") - sum("applied_amount"),
            sum("bucket_amount"),
        );
        let applied = sum("applied_amount") + sum("gone_amount");
        let split = applied + sum("credit_amount") + sum("unmatched_amount");
        tie(&mut findings, "02 payments applied, unapplied or unmatched", currency, sum("effect_amount"), split);
    }
    for (table, column) in [("kpi_portfolio", "open_amount"), ("kpi_aging", "open_amount")] {
        let kpis = kpi_sums(&materialized, table, column);
        for currency in ledger.keys().chain(kpis.keys()).collect::<BTreeSet<_>>() {
            let bucket = ledger.get(currency).and_then(|s| s.get("bucket_amount")).copied().unwrap_or(0);
            let kpi = kpis.get(currency).copied().unwrap_or(0);
            tie(&mut findings, &format!("06 ledger to {table}"), currency, bucket, kpi);
        }
    }
    // The page says both shares of what is open.
    let parts = ["current_amount", "overdue_amount"].map(|column| kpi_sums(&materialized, "kpi_portfolio", column));
    for (currency, open) in kpi_sums(&materialized, "kpi_portfolio", "open_amount") {
        let parts = parts.iter().filter_map(|part| part.get(&currency)).sum();
        tie(&mut findings, "06 open is current and overdue", &currency, open, parts);
    }
    let count = |table: &str| i128::from(materialized.counts.get(table).copied().unwrap_or(0));
    // Of the table of those that stand: a revision publishes again only what is new.
    let (actions, holds) =
        (kpi_count(&materialized, "kpi_actions", "actions"), kpi_count(&materialized, "kpi_holds", "debtors"));
    if actions + holds != count("decisions") {
        let (expected, actual) = (actions + holds, count("decisions"));
        findings.push(finding(
            "19 every decision is an action or a hold",
            "decisions",
            expected.to_string(),
            actual.to_string(),
            expected - actual,
        ));
    }
    findings.extend(ties(models, &materialized.kpis)?);
    refuse(findings)?;
    let names = models.of(Layer::Audits).map(|m| m.name.trim_start_matches("audit_").to_owned());
    let whole = ["01 inputs to ledger", "02 payments", "06 totals", LAWFUL_HOURS, "19 decisions"].map(str::to_owned);
    let tied = models.of(Layer::Kpis).flat_map(|model| model.ties.iter().map(|tie| tie.name(&model.name)));
    Ok(Audited { materialized, audits: names.chain(whole).chain(tied).collect() })
}

/// What the spreading pass counted, less the rows whose key stands more than once.
struct Inputs<'a> {
    totals: &'a Totals,
    duplicates: &'a Totals,
}

impl Inputs<'_> {
    fn sum(&self, keys: &[&str], currency: &str) -> i128 {
        let of = |t: &Totals, key: &str| t.get(&(key.to_owned(), currency.to_owned())).copied().unwrap_or(0);
        keys.iter().map(|key| of(self.totals, key) - of(self.duplicates, key)).sum()
    }

    /// The currencies in which there is anything under these keys.
    fn currencies<'a>(&'a self, keys: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let all = self.totals.keys().filter(|(key, _)| keys.contains(&key.as_str()));
        all.map(|(_, currency)| currency.as_str())
    }
}

/// Every payment of the file reaches the ledger, by kind and currency: a kind or a currency that SQL lost is found.
fn tie_payments(findings: &mut Vec<Finding>, inputs: &Inputs<'_>, materialized: &Materialized) {
    let ledger = sums(materialized, "fct_payments", "kind_and_currency");
    for (kind, keys) in PAID {
        let of_kind = ledger.keys().filter_map(|key| key.rsplit_once('_')).filter(|(name, _)| *name == kind);
        let currencies: BTreeSet<&str> = of_kind.map(|(_, currency)| currency).chain(inputs.currencies(keys)).collect();
        for currency in currencies {
            let key = format!("{kind}_{currency}");
            let stated = ledger.get(&key).and_then(|s| s.get("stated_amount")).copied().unwrap_or(0);
            tie(findings, "02 payments from file to ledger", &key, inputs.sum(keys, currency), stated);
        }
    }
}

fn tie(findings: &mut Vec<Finding>, audit: &str, currency: &str, expected: i128, actual: i128) {
    if expected != actual {
        findings.push(finding(audit, currency, money(expected), money(actual), money(actual - expected)));
    }
}

fn finding(audit: &str, subject: &str, expected: String, actual: String, difference: impl ToString) -> Finding {
    Finding {
        audit: audit.to_owned(),
        subject: subject.to_owned(),
        expected,
        actual,
        difference: difference.to_string(),
    }
}

fn money(minor: i128) -> String {
    i64::try_from(minor).map_or_else(|_| format!("{minor} minor units"), |m| Amount(m).to_string())
}

/// Every decimal column of a fact table, added up by a text column.
fn sums(materialized: &Materialized, table: &str, by: &str) -> BTreeMap<String, BTreeMap<String, i128>> {
    let batches = materialized.facts.get(table).map_or(&[][..], |(_, batches)| batches);
    let mut sums: BTreeMap<String, BTreeMap<String, i128>> = BTreeMap::new();
    for batch in batches {
        let Some(keys) = batch.column_by_name(by).and_then(|c| c.as_string_opt::<i32>()) else { continue };
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            if !matches!(column.data_type(), DataType::Decimal128(..)) {
                continue;
            }
            for (key, value) in keys.iter().zip(column.as_primitive::<Decimal128Type>().iter()) {
                let of_key = sums.entry(key.unwrap_or_default().to_owned()).or_default();
                *of_key.entry(field.name().clone()).or_default() += value.unwrap_or(0);
            }
        }
    }
    sums
}

/// One count of a KPI table, over all its rows.
fn kpi_count(materialized: &Materialized, table: &str, column: &str) -> i128 {
    let batches = materialized.kpis.get(table).into_iter().flatten();
    let columns = batches.filter_map(|b| b.column_by_name(column)?.as_primitive_opt::<Int64Type>());
    columns.flat_map(|c| c.iter().flatten()).map(i128::from).sum()
}

/// One amount of a KPI table by currency; credits stand in rows of their own and are left out.
fn kpi_sums(materialized: &Materialized, table: &str, column: &str) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for batch in materialized.kpis.get(table).into_iter().flatten() {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let amounts = batch.column_by_name(column).and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let (Some(currencies), Some(amounts)) = (text("currency"), amounts) else { continue };
        let buckets = text("bucket");
        for row in (0..batch.num_rows()).filter(|row| buckets.is_none_or(|b| b.value(*row) != "credits")) {
            let value = if amounts.is_valid(row) { amounts.value(row) } else { 0 };
            *sums.entry(currencies.value(row).to_owned()).or_insert(0) += value;
        }
    }
    sums
}
