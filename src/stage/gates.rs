//! Is the snapshot complete, and is what would go out usual? Compares this run with what earlier ones published.
//!
//! An export that lost a file looks like a portfolio that was paid; one without its payments looks like one that nobody
//! pays. No single row breaks a rule, so the totals are compared, and a large change needs a reason from the operator.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::{Cash, Materialized, MonthCounts, Months, PaidDays, Revision, Snapshot, Snapshots};
use crate::config::{Limits, Plan};
use crate::domain::money::Amount;
use crate::error::{Error, Lines, Result};
use crate::io::log::{ColumnFiles, Log, Record, RecordKind};
use crate::text::plural;

/// Runs that say what is usual, and how many of them there have to be.
const SURGE_RUNS: usize = 14;
const SURGE_RUNS_MIN: usize = 3;
/// So many actions are no surge, whatever is usual.
const SURGE_ACTIONS_MIN: u64 = 50;
/// So many rows, items or debtors more or less are no sign of anything, nor what so few items amount to.
const ROWS_MIN: u64 = 20;
/// Fewer payments than these that match nothing are no sign of anything, whatever share of all they are.
const ODD_PAYMENTS_MIN: u64 = 3;
/// A week without payments is no sign of anything.
const SILENT_DAYS: usize = 7;
/// Months of due dates that are looked at before payments begin. The month just before may hold what is merely late.
const MONTHS_BEFORE: i64 = 3;
/// Inputs that never become empty by themselves: what was paid stays paid, and who opted out stays opted out.
const NEVER_EMPTY: [&str; 5] = ["invoices", "payments", "debtors", "contact_points", "contact_log"];

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

/// Says so where nobody has paid for longer than ever in the year before: whoever paid since the export would be asked again,
/// and a copied file is as young as its copy.
fn silence(paid: &PaidDays, as_of: NaiveDate) -> Option<String> {
    let (silent, longest) = paid.silence()?;
    let newest = as_of.checked_sub_days(Days::new(silent as u64))?;
    (silent > SILENT_DAYS && silent > 2 * longest).then(|| {
        format!(
            "the newest payment is of {newest}, {silent} days before {as_of}, and in the year before it payments were never \
             more than {longest} days apart: the payments snapshot may be of an earlier day; wait for the export, or \
             correct --as-of"
        )
    })
}

/// What is missing of the payments, as far as they tell it themselves: they end too early, or begin too late.
pub fn gaps(paid: &PaidDays, materialized: &Materialized, as_of: NaiveDate, plan: &Plan) -> Vec<String> {
    let percent_max = plan.limits.unpaid_start_percent_max;
    // Of open items nobody expects the payments of what is settled.
    let months = if plan.has_open_scope() { Months::new() } else { materialized.months() };
    let late = months.iter().filter_map(|(company, months)| late_start(company, months, as_of, percent_max));
    silence(paid, as_of).into_iter().chain(late).collect()
}

/// Says so where nearly all that fell due before a company's first payments stands as if it had never been paid. Of a ledger
/// that begins there, and of one that took over what was open in another system, little fell due before its first payment;
/// of an export of the newest payments alone, as much as ever.
fn late_start(
    company: &str,
    months: &BTreeMap<i64, MonthCounts>,
    as_of: NaiveDate,
    percent_max: u32,
) -> Option<String> {
    let this = i64::from(as_of.year()) * 12 + i64::from(as_of.month());
    let most = months.values().map(|counts| counts.paid).max().unwrap_or(0);
    // A few strays among them are no beginning.
    let is_paid = |counts: &MonthCounts| counts.paid > 0 && counts.paid * 10 >= most;
    let begins = months.iter().find(|(_, counts)| is_paid(counts)).map(|(month, _)| *month);
    let first = begins.unwrap_or(this);
    let sum = |from: i64, to: i64, of: fn(&MonthCounts) -> u64| -> u64 {
        months.iter().filter(|(month, _)| (from..=to).contains(*month)).map(|(_, counts)| of(counts)).sum()
    };
    let (from, to) = (first - 1 - MONTHS_BEFORE, first - 2);
    let (late, paid) = (sum(from, to, |counts| counts.late), sum(from, to, |counts| counts.paid));
    // In as many months since, as far as they have passed.
    let since = begins.map_or(late, |first| {
        let to = (first + MONTHS_BEFORE - 1).min(this - 1).max(first);
        sum(first, to, |counts| counts.billed) * MONTHS_BEFORE as u64 / (to - first + 1) as u64
    });
    if late <= ROWS_MIN || paid * 10 >= late || late * 100 <= since * u64::from(percent_max) || percent_max >= 100 {
        return None;
    }
    let name = |month: i64| format!("{}-{:02}", (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    let has = begins.map_or("no payments".to_owned(), |first| format!("payments only from {} on", name(first)));
    Some(format!(
        "company {company} has {has}, and next to none of its {late} items that fell due from {} to {} is paid: whoever paid \
         them would be asked again. Export the payments of all that the invoices hold; if they are complete, set \
         limits.unpaid_start_percent_max = 100 (it is {percent_max})",
        name(from),
        name(to),
    ))
}

/// Changes since the newest published run that an operator must accept: inputs that shrank or lost a column, a position
/// that moved.
pub fn changes(
    previous: Option<&Record>,
    snapshots: &Snapshots,
    materialized: &Materialized,
    limits: &Limits,
) -> Vec<String> {
    let Some(previous) = previous else { return Vec::new() };
    let mut changes = shrunk(previous, snapshots, limits.rows_percent_min);
    changes.extend(without_columns(previous, snapshots, limits.rows_percent_min));
    changes.extend(moved(previous, materialized, limits.position_percent_max));
    changes
}

fn shrunk(previous: &Record, snapshots: &Snapshots, percent_min: u32) -> Vec<String> {
    let mut before: BTreeMap<&str, u64> = BTreeMap::new();
    previous.inputs.iter().for_each(|input| *before.entry(&input.table).or_default() += input.rows);
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
        if is_emptied || is_short {
            found.push(format!(
                "the {table} snapshot has {now} rows, but had {before} when {} was published \
                 (limits.rows_percent_min = {percent_min}): the export may be incomplete",
                previous.as_of
            ));
        }
    }
    found
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

/// Payments that pay nothing here: too many of them, and the portfolio would be dunned for what it has paid.
///
/// # Errors
/// `Contract` where more of what was paid than the limit allows matches no invoice, or where cash is unidentified and the
/// pipeline stops on that.
pub fn cash(
    plan: &Plan,
    paid: &BTreeMap<String, Cash>,
    unidentified: &Unidentified,
    materialized: &Materialized,
) -> Result<()> {
    let mut errors = Vec::new();
    if plan.stops_on_unidentified() {
        let remedy = "correct the export, or set unidentified = \"count\" in [inputs.payments]";
        errors.extend(unidentified_notes(unidentified).into_iter().map(|what| format!("{what}; {remedy}")));
    }
    // Where the invoices hold open items only, what was paid earlier names invoices that are gone.
    for (currency, cash) in paid.iter().filter(|_| !plan.has_open_scope()) {
        // One odd payment speaks of itself, and so do a few of thousands.
        let odd_rows = cash.unknown_rows + cash.negative_rows;
        if odd_rows < ODD_PAYMENTS_MIN || (odd_rows <= ROWS_MIN && odd_rows * 100 <= cash.rows) {
            continue;
        }
        let unknown = materialized.ledger_sum("unknown_amount", currency).unsigned_abs();
        errors.extend(unmatched(currency, *cash, unknown, plan.limits.unmatched_percent_max));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
}

fn unmatched(currency: &str, cash: Cash, unknown: u128, percent_max: u32) -> Option<String> {
    let negative = cash.negative.unsigned_abs();
    let all = cash.paid.unsigned_abs() + negative;
    if (unknown + negative) * 100 <= all.max(unknown) * u128::from(percent_max) {
        return None;
    }
    let text = |minor: u128| Amount(i64::try_from(minor).unwrap_or(i64::MAX)).to_string();
    Some(format!(
        "payments snapshot: of {currency} {} paid, {currency} {} is for invoices that are not in the invoices snapshot, \
         and {currency} {} is negative but reverses nothing: more than limits.unmatched_percent_max = {percent_max} \
         allows. Likely causes: payments are written below zero (set sign = \"negative\" in [inputs.payments]), invoice \
         numbers lost their leading zeros, or paid invoices are no longer exported (set scope = \"open\" in \
         [inputs.invoices]). `regua inputs --profile` shows the shares",
        text(all),
        text(unknown),
        text(negative),
    ))
}

/// Company and currency = payments that name neither a debtor nor a known invoice, in minor units.
pub type Unidentified = BTreeMap<(String, String), i128>;

/// Notes about payments that name neither a debtor nor a known invoice.
pub fn unidentified_notes(sums: &Unidentified) -> Vec<String> {
    let text = |((company, currency), minor): (&(String, String), &i128)| {
        let amount = Amount(i64::try_from(*minor).unwrap_or(i64::MAX));
        format!(
            "payments snapshot: {currency} {amount} of company {company} name neither a debtor nor a known invoice and \
             pay nothing (unidentified_amount in kpi_portfolio)"
        )
    };
    sums.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A working week with payments on each day, up to so many days before the date; is it an earlier export?
    #[test]
    fn payments_that_stopped_are_those_of_an_earlier_export() {
        let as_of = NaiveDate::from_ymd_opt(2026, 6, 30).expect("a date");
        let paid = |from: i32, every: usize, days: i32| {
            let mut paid = PaidDays::default();
            (from..from + days).step_by(every).for_each(|day| paid.add(day));
            paid
        };
        for (case, paid, stops) in [
            ("paid today", paid(0, 1, 300), false),
            ("a week ago", paid(7, 1, 300), false),
            ("eight days ago", paid(8, 1, 300), true),
            ("a month ago", paid(31, 1, 300), true),
            ("every ten days, and the last twenty days ago", paid(20, 10, 300), false),
            ("every ten days, and the last three weeks ago", paid(21, 10, 300), true),
            ("too few to say", paid(31, 1, 19), false),
            ("nothing for more than a year", paid(400, 1, 300), false),
            ("payments to come are none yet", paid(-5, 1, 300), false),
        ] {
            assert_eq!(silence(&paid, as_of).is_some(), stops, "{case}: {:?}", paid.silence());
        }
    }

    /// What fell due and was billed each month, and from which month on it was paid; is it an export of the newest payments?
    #[test]
    fn payments_that_begin_too_late_are_those_of_a_window() {
        let as_of = NaiveDate::from_ymd_opt(2026, 6, 30).expect("a date");
        let this = 2026 * 12 + 6;
        let ledger = |(before, since): (u64, u64), paid: &[(i64, u64)]| {
            let mut months: BTreeMap<i64, MonthCounts> = (this - 11..=this)
                .map(|month| {
                    let due = if month < this - 5 { before } else { since };
                    (month, MonthCounts { billed: due, late: due, paid: 0 })
                })
                .collect();
            for (ago, payments) in paid {
                months.entry(this - ago).or_default().paid = *payments;
            }
            months
        };
        // Nine payments a month, and a hundred in the last: nine are less than a tenth.
        let grown: Vec<(i64, u64)> = (1..12).map(|ago| (ago, 9)).chain([(0, 100)]).collect();
        let half: Vec<(i64, u64)> = (0..6).map(|ago| (ago, 90)).collect();
        let whole: Vec<(i64, u64)> = (0..12).map(|ago| (ago, 90)).collect();
        for (case, due, paid, percent_max, stops) in [
            ("paid from the first month on", (100, 100), &whole[..], 50, false),
            ("half of the year was never paid", (100, 100), &half, 50, true),
            ("with a stray payment before", (100, 100), &[&half[..], &[(11, 1)]].concat(), 50, true),
            ("what was open was taken over from another system", (20, 100), &half, 50, false),
            ("a portfolio that grew", (60, 100), &half, 50, true),
            ("few payments that became many", (10, 10), &grown, 50, false),
            ("the limit is raised", (60, 100), &half, 60, false),
            ("too few to say", (6, 6), &half, 50, false),
            ("nothing was ever paid", (100, 100), &[], 50, true),
            ("nothing was ever paid, and that is right", (100, 100), &[], 100, false),
            ("all of it fell due long ago", (100, 0), &[], 50, false),
        ] {
            let months = ledger(due, paid);
            assert_eq!(late_start("C1", &months, as_of, percent_max).is_some(), stops, "{case}");
        }
    }

    /// Paid, below zero, unknown; does it stop a run at 5 per cent?
    #[test]
    fn payments_that_match_nothing_stop_a_run_above_their_share() {
        let table = [
            (10_000, 0, 0, false),
            (10_000, 0, 500, false),
            (10_000, 0, 501, true),
            (0, -10_000, 0, true),
            (9500, -500, 0, false),
            (9500, -500, 1, true),
            // Refunds do not make what was paid less.
            (100_000, 0, 500, false),
            (0, 0, 0, false),
            // Nothing but what takes back payments that are not there.
            (0, 0, 1, true),
        ];
        for (paid, negative, unknown, stops) in table {
            let cash = Cash { paid, negative, ..Cash::default() };
            assert_eq!(unmatched("BRL", cash, unknown, 5).is_some(), stops, "{cash:?} {unknown}");
        }
    }
}
