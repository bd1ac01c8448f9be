//! Is the snapshot complete, and is what would go out usual? Compares this run with what earlier ones published.
//!
//! An export that lost a file looks like a portfolio that was paid; one without its payments looks like one that nobody
//! pays. No single row breaks a rule, so the totals are compared, and a large change needs a reason from the operator.

mod payments;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

pub use self::payments::{Seen, Unidentified, cash, gaps, unidentified_notes};
use super::{Materialized, Revision, Snapshot, Snapshots, Vanished};
use crate::config::Limits;
use crate::domain::money::Amount;
use crate::error::{Error, Result};
use crate::io::log::{ColumnFiles, InputObject, Log, Record, RecordKind};
use crate::text::plural;

/// Runs that say what is usual, and how many of them there have to be.
const SURGE_RUNS: usize = 14;
const SURGE_RUNS_MIN: usize = 3;
/// So many actions are no surge, whatever is usual.
const SURGE_ACTIONS_MIN: u64 = 50;
/// So many rows, items or debtors more or less are no sign of anything, nor what so few items amount to.
const ROWS_MIN: u64 = 20;
/// What protects somebody is missed sooner: so few rows less are no sign.
const PROTECTED_MIN: u64 = 5;
/// Inputs that never become empty by themselves: what was paid stays paid, and who opted out stays opted out.
const NEVER_EMPTY: [&str; 5] = ["invoices", "payments", "debtors", "contact_points", "contact_log"];
/// The facts that tell what is missing of the payments.
pub const FACTS: [&str; 3] = ["fct_ledger", "fct_months", "fct_paid_days"];
/// Inputs whose rows protect somebody, and go one by one.
const PROTECTING: [&str; 5] = ["disputes", "promises", "agreements", "agreement_items", "placements"];

/// Says so where there are far more actions than usual: whoever halved a threshold by mistake writes to everybody.
///
/// Usual is the median of the last runs that sent any; a portfolio without such a past, and a handful of actions, are
/// let through.
pub fn surge(log: &Log, revision: &Revision, actions: u64, percent_max: u32) -> Option<String> {
    let is_usual = |r: &&Record| r.kind == RecordKind::Actions && r.revision == 0;
    let counts = log.records.iter().rev().filter(is_usual).filter_map(|r| r.counts.get("actions").copied());
    let mut past: Vec<u64> = counts.filter(|n| *n > 0).take(SURGE_RUNS).collect();
    past.sort_unstable();
    let usual = *past.get(past.len() / 2).filter(|_| past.len() >= SURGE_RUNS_MIN)?;
    let most = usual.saturating_mul(u64::from(percent_max) + 100) / 100;
    let is_surge = revision.kind == RecordKind::Actions && actions > most.max(SURGE_ACTIONS_MIN);
    is_surge.then(|| {
        format!(
            "{actions} actions, but {usual} are usual and at most {most} are allowed (limits.volume_percent_max = \
             {percent_max})"
        )
    })
}

/// Changes since the newest published run that an operator must accept: inputs that shrank or lost a column, a position
/// that moved.
pub fn changes(
    previous: Option<&Record>,
    snapshots: &Snapshots,
    materialized: &Materialized,
    limits: &Limits,
) -> Vec<String> {
    let mut changes = of_inputs(previous, snapshots, limits);
    let Some(previous) = previous else { return changes };
    changes.extend(emptied(previous, &materialized.stated, limits.rows_percent_min));
    changes.extend(moved(previous, materialized, limits.position_percent_max));
    changes
}

/// Those of them that the snapshots tell alone: an input, a file or a column that is gone, and far fewer rows.
pub fn of_inputs(previous: Option<&Record>, snapshots: &Snapshots, limits: &Limits) -> Vec<String> {
    let Some(previous) = previous else { return Vec::new() };
    let mut changes = shrunk(previous, snapshots, limits.rows_percent_min);
    changes.extend(without_files(previous, snapshots, limits.rows_percent_min));
    changes.extend(without_columns(previous, snapshots, limits.rows_percent_min));
    changes
}

/// The record with which a date is compared.
pub fn previous(log: &Log, as_of: NaiveDate) -> Option<&Record> {
    // Earlier dates that are made up for one after another are compared with one another.
    let is_newest = log.newest_date().is_none_or(|newest| newest <= as_of);
    let previous = if is_newest { log.newest() } else { log.head() };
    // A revision is made of a later export, which may be the incomplete one.
    previous.filter(|record| record.as_of <= as_of)
}

/// What is strange is let through only where somebody says why; the reason with what it is for, none where nothing is.
///
/// # Errors
/// `Surge` where nobody says why.
pub fn accepted(surprises: Vec<String>, why: Option<&str>) -> Result<Option<String>> {
    match why {
        _ if surprises.is_empty() => Ok(None),
        Some(why) => Ok(Some(format!("{why} ({})", surprises.join("; ")))),
        None => Err(Error::Surge(surprises)),
    }
}

fn shrunk(previous: &Record, snapshots: &Snapshots, percent_min: u32) -> Vec<String> {
    let mut before: BTreeMap<&str, u64> = BTreeMap::new();
    let exports = previous.inputs.iter().filter(|input| input.is_export());
    exports.for_each(|input| *before.entry(&input.table).or_default() += input.rows);
    let mut found = Vec::new();
    for (table, before) in before {
        let now = snapshots.get(table).map_or(0, |s| s.rows());
        if !snapshots.get(table).is_some_and(Snapshot::is_there) && percent_min > 0 {
            found.push(format!(
                "the {table} snapshot is gone: the run of {} read {} of it; check its path",
                previous.as_of,
                plural(before, "row", "rows")
            ));
            continue;
        }
        let is_emptied = now == 0 && before > 0 && percent_min > 0 && NEVER_EMPTY.contains(&table);
        let is_short = before.saturating_sub(now) > ROWS_MIN && now * 100 < before * u64::from(percent_min);
        if is_emptied || is_short || (PROTECTING.contains(&table) && percent_min > 0 && has_fallen(before, now)) {
            found.push(format!(
                "the {table} snapshot has {now} rows, but had {before} when {} was published \
                 (limits.rows_percent_min = {percent_min}): the export may be incomplete",
                previous.as_of
            ));
        }
    }
    found
}

/// Did nearly all of it go at once?
fn has_fallen(before: u64, now: u64) -> bool {
    before.saturating_sub(now) > PROTECTED_MIN && now * 4 < before
}

/// A file of several that is there no more, while the input became smaller: what it said nobody says. Where files are written
/// anew their names change, or the rows are in another.
fn without_files(previous: &Record, snapshots: &Snapshots, percent_min: u32) -> Vec<String> {
    let mut found = Vec::new();
    for snapshot in snapshots.tables.iter().filter(|snapshot| snapshot.is_there() && percent_min > 0) {
        let table = snapshot.table.name;
        let before: Vec<&InputObject> = previous.inputs.iter().filter(|input| input.table == table).collect();
        let now: BTreeSet<&str> = snapshot.urls().collect();
        let (stay, gone): (Vec<&InputObject>, Vec<&InputObject>) =
            before.iter().copied().partition(|input| now.contains(input.url.as_str()));
        let is_less = snapshot.rows() < before.iter().map(|input| input.rows).sum::<u64>();
        // Of a window the oldest go as new ones come.
        let came = now.len() - stay.len();
        let last_gone = gone.iter().map(|input| &input.url).max();
        let is_window = came > 0 && stay.iter().all(|input| Some(&input.url) > last_gone);
        if let (true, false, false, Some(first)) = (is_less, stay.is_empty(), is_window, gone.first()) {
            let more = if gone.len() > 1 { format!(" and {} more", gone.len() - 1) } else { String::new() };
            found.push(format!(
                "the {table} snapshot lacks {}{more}, which the run of {} read, and has fewer rows: the export may be incomplete",
                first.url, previous.as_of
            ));
        }
    }
    found
}

/// Says so where most of those who were written to last are debtors no more: under a new id nobody knows what was sent to them.
fn vanished(vanished: Vanished) -> Option<String> {
    let Vanished { actions, gone } = vanished;
    (gone > ROWS_MIN && gone * 4 > actions * 3).then(|| {
        format!(
            "the debtors of {gone} of the {actions} actions of the newest date are not in the debtors snapshot any more, and nobody owes \
             their invoices at their addresses: if their ids and invoice numbers have changed, all of them would be written to \
             again. Keep the old ids, or export what was sent in contact_log under the new ones"
        )
    })
}

/// A column that stated something for many rows, and states it for next to none of them now.
fn emptied(previous: &Record, stated: &BTreeMap<String, u64>, percent_min: u32) -> Vec<String> {
    let fallen = previous.stated.iter().filter_map(|(column, before)| {
        let now = stated.get(column).copied().unwrap_or(0);
        (percent_min > 0 && has_fallen(*before, now)).then(|| {
            format!(
                "{column} says something in {}, but did in {before} when {} was published: whom it protected would be written to; \
                 the column may be empty in the export",
                plural(now, "row", "rows"),
                previous.as_of
            )
        })
    });
    fallen.collect()
}

/// Who was opted out, blocked or insolvent by a column is so no more where the column is gone, or is missing in a file that
/// had it. A new file beside it that never had it says nothing.
fn without_columns(previous: &Record, snapshots: &Snapshots, percent_min: u32) -> Vec<String> {
    let is_short =
        |before: u64, now: u64| before.saturating_sub(now) > ROWS_MIN && now * 100 < before * u64::from(percent_min);
    let is_lost = |before: &ColumnFiles, now: Option<&ColumnFiles>| {
        now.is_none_or(|now| {
            let is_in_some = now.without > 0;
            is_in_some && ((now.with < before.with && now.without > before.without) || is_short(before.rows, now.rows))
        })
    };
    let gone = previous.column_files.iter().filter_map(|(table, before)| {
        let snapshot = snapshots.get(table).filter(|snapshot| snapshot.is_there())?;
        let now = snapshot.column_files();
        let lost = before.iter().filter(|(column, files)| is_lost(files, now.get(*column)));
        let lost: Vec<&str> = lost.map(|(column, _)| column.as_str()).collect();
        (!lost.is_empty()).then(|| {
            format!(
                "the {table} snapshot, or one of its files, lacks {}, which the run of {} read: if it has another name \
                 now, say so in [inputs.{table}.columns]",
                lost.join(", "),
                previous.as_of
            )
        })
    });
    gone.collect()
}

fn moved(previous: &Record, materialized: &Materialized, percent_max: u32) -> Vec<String> {
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
        ["items", "debtors"].map(|table| (count(&previous.counts, table), count(&materialized.counts, table)));
    for (what, (before, now)) in [("items", items), ("debtors", debtors)] {
        if before.abs_diff(now) > ROWS_MIN && before > 0 && is_moved(before, now) {
            tell(what, before.to_string(), now.to_string());
        }
    }
    let now = (materialized.control_totals(), materialized.open_items());
    for (currency, before) in &previous.control_totals {
        let items = |items: &BTreeMap<String, u64>| items.get(currency).copied().unwrap_or(0);
        if items(&previous.open_items).max(items(&now.1)) <= ROWS_MIN {
            continue;
        }
        let minor = |text: &str| text.parse::<Amount>().map_or(0, |amount| amount.0.unsigned_abs());
        let (before, now) = (minor(before), now.0.get(currency).map_or(0, |text| minor(text)));
        if before > 0 && is_moved(before, now) {
            let text = |minor: u64| Amount(i64::try_from(minor).unwrap_or(i64::MAX)).to_string();
            tell(&format!("{currency} open"), text(before), text(now));
        }
    }
    found
}
