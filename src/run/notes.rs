//! What a person should know about a run besides its tables. No note stops a run.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::config::Plan;
use crate::io::log::{Log, RecordKind};
use crate::stage::publish::Revision;
use crate::stage::{Audited, Snapshots};
use crate::text::plural;

/// What is no error and may still be none of the user's intentions.
pub(super) fn of_start(
    plan: &Plan,
    (as_of, snapshots): (NaiveDate, &Snapshots),
    log: &Log,
    revision: &Revision,
) -> Vec<String> {
    let later = log.newest_date().filter(|date| revision.kind == RecordKind::KpiOnly && *date > as_of);
    let later = later.map(|date| {
        format!("{date} is already published, so for this earlier date only the position and its KPI tables will be published; nobody is written to")
    });
    let halted = plan.rules.halted.then(|| {
        "[dunning].halted is true: every account is held, and removals and recalls wait with the letters; only figures go on"
            .to_owned()
    });
    let mut notes: Vec<String> = later.into_iter().chain(halted).collect();
    let unused = snapshots.unused.iter();
    notes.extend(
        unused.map(|(table, columns)| format!("{table} snapshot: nothing reads the columns {}", columns.join(", "))),
    );
    notes.extend(snapshots.notes.iter().cloned());
    let replaced = plan.replaced_models();
    notes.extend((!replaced.is_empty()).then(|| {
        format!(
            "sql_dir replaces the shipped {}: audits that read a replaced model cannot notice a debtor it fails to protect",
            replaced.join(", ")
        )
    }));
    notes
}

/// Rules that nothing can fit because nobody has learnt what they look at.
pub(super) fn without_chances(plan: &Plan) -> Option<String> {
    (plan.rules.model.is_none() && plan.rules.looks_at_chances()).then(|| {
        "rules look at late_chance or late_30_chance, and this run uses no model: such steps do not come, and such segments, \
         tiers and points fit nobody; `regua train` makes one for later dates"
            .to_owned()
    })
}

/// A mistyped number makes a paid invoice look open; an archived invoice is no fault. Only the user can tell.
pub(super) fn unmatched(audited: &Audited, plan: &Plan) -> Vec<String> {
    let unknown = |(currency, amount)| {
        format!(
            "payments: {currency} {amount} are for invoices that are not in the invoices snapshot; those made since \
             the oldest open item was issued count as credit, because the invoice number may be mistyped"
        )
    };
    let unmatched = |(currency, amount)| {
        format!(
            "payments: {currency} {amount} settle nothing (unknown or written-off invoices), net of refunds and reversals \
             that match nothing either"
        )
    };
    let materialized = audited.materialized();
    let unknown = materialized.unknown().into_iter().filter(|_| !plan.has_open_scope()).map(unknown);
    unknown.chain(materialized.unmatched().into_iter().map(unmatched)).collect()
}

/// Rows that say again what another says, by table.
pub(super) fn copies(repeated: &BTreeMap<&'static str, u64>) -> Vec<String> {
    let text = |(table, rows): (&&str, &u64)| match *table {
        "contact_points" => {
            let rows = plural(
                *rows,
                "row repeats an address of its debtor and is",
                "rows repeat an address of their debtor and are",
            );
            format!("{table} snapshot: {rows} ignored")
        }
        _ => {
            let rows =
                plural(*rows, "row is an exact copy of another and is", "rows are exact copies of others and are");
            format!("{table} snapshot: {rows} ignored")
        }
    };
    repeated.iter().map(text).collect()
}
