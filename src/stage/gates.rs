//! Is the snapshot complete? Compares what this run read and found with the newest published run.
//!
//! An export that lost a file looks like a portfolio that was paid; one without its payments looks like one that nobody
//! pays. No single row breaks a rule, so the totals are compared, and a large change needs a reason from the operator.

use std::collections::BTreeMap;

use super::{Measured, Snapshots};
use crate::config::Limits;
use crate::domain::money::Minor;
use crate::error::{Error, Lines, Result};
use crate::io::log::Record;

/// So many rows, items or debtors more or less are no sign of anything.
const ROWS_MIN: u64 = 20;
/// Amounts of fewer items jump by themselves.
const ITEMS_MIN: u64 = 50;
/// Inputs that never become empty by themselves: what was paid stays paid.
const NEVER_EMPTY: [&str; 3] = ["invoices", "payments", "debtors"];

/// Changes since the newest published run that an operator must accept: inputs that shrank, a position that moved.
pub fn changes(previous: Option<&Record>, snapshots: &Snapshots, measured: &Measured, limits: &Limits) -> Vec<String> {
    let Some(previous) = previous else { return Vec::new() };
    let mut changes = shrunk(previous, snapshots, limits.rows_percent_min);
    changes.extend(moved(previous, measured, limits.position_percent_max));
    changes
}

fn shrunk(previous: &Record, snapshots: &Snapshots, percent_min: u32) -> Vec<String> {
    let mut before: BTreeMap<&str, u64> = BTreeMap::new();
    previous.inputs.iter().for_each(|input| *before.entry(&input.table).or_default() += input.rows);
    let mut found = Vec::new();
    for (table, before) in before {
        let now = snapshots.get(table).map_or(0, |s| s.rows());
        let is_emptied = now == 0 && before > 0 && percent_min > 0 && NEVER_EMPTY.contains(&table);
        let is_short = before.saturating_sub(now) > ROWS_MIN && now * 100 < before * u64::from(percent_min);
        if is_emptied || is_short {
            found.push(format!(
                "the {table} snapshot has {now} rows, but had {before} when {} was published \
                 (limits.rows_percent_min = {percent_min}): is the export complete?",
                previous.as_of
            ));
        }
    }
    found
}

fn moved(previous: &Record, measured: &Measured, percent_max: u32) -> Vec<String> {
    let is_moved = |before: u64, now: u64| before.abs_diff(now) * 100 > before * u64::from(percent_max);
    let count = |counts: &BTreeMap<String, u64>, table: &str| counts.get(table).copied().unwrap_or(0);
    let mut found = Vec::new();
    let mut tell = |what: &str, before: String, now: String| {
        found.push(format!(
            "the position has {now} {what}, but had {before} when {} was published (limits.position_percent_max = \
             {percent_max})",
            previous.as_of
        ));
    };
    let [items, debtors] =
        ["items", "debtors"].map(|table| (count(&previous.counts, table), count(&measured.counts, table)));
    for (what, (before, now)) in [("items", items), ("debtors", debtors)] {
        if before.abs_diff(now) > ROWS_MIN && before > 0 && is_moved(before, now) {
            tell(what, before.to_string(), now.to_string());
        }
    }
    if items.0 < ITEMS_MIN {
        return found;
    }
    let now = measured.control_totals();
    for (currency, before) in &previous.control_totals {
        let minor = |text: &str| text.parse::<Minor>().map_or(0, |amount| amount.0.unsigned_abs());
        let (before, now) = (minor(before), now.get(currency).map_or(0, |text| minor(text)));
        if before > 0 && is_moved(before, now) {
            let text = |minor: u64| Minor(i64::try_from(minor).unwrap_or(i64::MAX)).to_string();
            tell(&format!("{currency} open"), text(before), text(now));
        }
    }
    found
}

/// Payments that pay nothing: they name no invoice that is there, or are below zero and take nothing back.
///
/// # Errors
/// `Contract` where they are too much of what was paid for a portfolio to be dunned by.
pub fn unmatched(measured: &Measured, negative: &BTreeMap<String, i128>, percent_max: u32) -> Result<()> {
    let mut errors = Vec::new();
    for (currency, paid) in measured.paid() {
        let unknown = measured.ledger_sum("unmatched_amount", &currency).unsigned_abs();
        let negative = negative.get(&currency).copied().unwrap_or(0).unsigned_abs();
        let doubtful = unknown + negative;
        if doubtful * 100 > paid.unsigned_abs().max(doubtful) * u128::from(percent_max) {
            let text = |minor: u128| Minor(i64::try_from(minor).unwrap_or(i64::MAX)).to_string();
            errors.push(format!(
                "payments snapshot: of {currency} {} paid, {currency} {} is for invoices that are not in the invoices \
                 snapshot, and {currency} {} is negative but reverses nothing: more than \
                 limits.unmatched_percent_max = {percent_max} allows. Likely causes: payments are written below zero \
                 (set sign = \"negative\" in [inputs.payments]), invoice numbers lost their leading zeros, or paid \
                 invoices are no longer exported (set scope = \"open\" in [inputs.invoices]). \
                 `regua inputs --profile` shows the shares",
                text(paid.unsigned_abs().max(doubtful)),
                text(unknown),
                text(negative),
            ));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
}

/// Payments that name neither a debtor nor a known invoice, by company and currency.
pub fn unidentified(sums: &BTreeMap<(String, String), i128>) -> Vec<String> {
    let text = |((company, currency), minor): (&(String, String), &i128)| {
        let amount = Minor(i64::try_from(*minor).unwrap_or(i64::MAX));
        format!(
            "payments snapshot: {currency} {amount} of company {company} name neither a debtor nor a known invoice and \
             pay nothing (unidentified_amount in kpi_portfolio)"
        )
    };
    sums.iter().map(text).collect()
}
