//! The profile of one input, as text and as JSON.

use serde_json::{Map, Value, json};

use crate::cli::Voice;
use crate::cli::show::plain_table;
use crate::domain::money::Amount;
use crate::report::grouped;
use crate::run::Profile;

/// A table of what was found: what, where, how much.
pub(super) fn text(voice: Voice, profile: &Profile) -> String {
    let mut table = plain_table(&["what", "of", "found"]);
    for (what, of, found) in lines(profile) {
        table.add_row([what.to_owned(), of, found]);
    }
    let rows = format!("{}: {} rows", profile.table, grouped(profile.rows as i64));
    format!("\n{}\n{table}", voice.bold(&rows))
}

/// What there is to say; nothing of what is not there.
fn lines(profile: &Profile) -> Vec<(&'static str, String, String)> {
    let count = |rows: u64| grouped(rows as i64);
    let mut lines = Vec::new();
    let mut add = |what, of: &str, found: String| lines.push((what, of.to_owned(), found));
    for ((column, reason), rows) in &profile.bad {
        add("bad rows", column, format!("{} ({reason}): their debtors are held", count(*rows)));
    }
    if profile.repeated_equal > 0 {
        let found = format!("{} equal to others: they count once", count(profile.repeated_equal));
        add("repeated keys", "", found);
    }
    if profile.repeated_conflicting > 0 {
        let found = format!("{} that contradict others: their debtors are held", count(profile.repeated_conflicting));
        add("repeated keys", "", found);
    }
    for (column, range) in &profile.dates {
        add("dates", column, format!("{} to {}", range.from, range.to));
    }
    for (currency, range) in &profile.amounts {
        add("amounts", currency, format!("{} to {}", amount(range.from), amount(range.to)));
    }
    for (column, rows) in &profile.nulls {
        add("nulls", column, count(*rows));
    }
    if profile.null_dates > 0 {
        add("null dates", "", format!("{} values mean \"no date\" (null_dates)", count(profile.null_dates)));
    }
    for (why, rows) in &profile.passed_over {
        add("skipped", why, count(*rows));
    }
    for (column, (midnights, values)) in &profile.midnights.utc {
        let of = format!("{} of {} values are midnight UTC", count(*midnights), count(*values));
        add("time zone", column, format!("{of}: these are read as the dates that they show"));
    }
    for column in &profile.midnights.local {
        add("time zone", column, "every value is midnight in the pipeline's zone: read as its dates".to_owned());
    }
    for group in &profile.placeholders {
        let (debtors, all) = (count(group.debtors), count(profile.debtors));
        add("placeholder?", group.column, format!("one value for {debtors} of {all} debtors"));
    }
    if let Some(matched) = &profile.matched {
        let (rows, sum) =
            (share(matched.matched.into(), matched.naming.into()), share(matched.matched_minor, matched.naming_minor));
        let of = format!("{} rows that name an invoice", count(matched.naming));
        add("matched", &of, format!("{rows} % of them, {sum} % of their amount"));
    }
    lines
}

pub(super) fn as_json(profile: &Profile) -> Value {
    let object = |pairs: Vec<(String, Value)>| Value::Object(pairs.into_iter().collect::<Map<String, Value>>());
    let ranges = |from: String, to: String| json!({"from": from, "to": to});
    let bad =
        profile.bad.iter().map(|((column, reason), rows)| json!({"column": column, "reason": reason, "rows": rows}));
    let placeholders = profile.placeholders.iter().map(|g| json!({"column": g.column, "debtors": g.debtors}));
    let dates = profile.dates.iter().map(|(c, r)| ((*c).to_owned(), ranges(r.from.to_string(), r.to.to_string())));
    let amounts = profile.amounts.iter().map(|(c, r)| (c.clone(), ranges(amount(r.from), amount(r.to))));
    let matched = profile.matched.map(|m| {
        json!({
            "rows": m.naming, "matched_rows": m.matched,
            "amount": amount(m.naming_minor), "matched_amount": amount(m.matched_minor),
        })
    });
    json!({
        "rows": profile.rows,
        "bad": bad.collect::<Vec<Value>>(),
        "repeated_equal": profile.repeated_equal,
        "repeated_conflicting": profile.repeated_conflicting,
        "nulls": object(profile.nulls.iter().map(|(column, rows)| ((*column).to_owned(), json!(rows))).collect()),
        "dates": object(dates.collect()),
        "amounts": object(amounts.collect()),
        "passed_over": profile.passed_over,
        "null_dates": profile.null_dates,
        "midnights_utc": profile.midnights.utc.keys().collect::<Vec<_>>(),
        "midnights_local": profile.midnights.local,
        "placeholders": placeholders.collect::<Vec<Value>>(),
        "matched": matched,
    })
}

fn amount(minor: i128) -> String {
    i64::try_from(minor).map_or_else(|_| "beyond 64 bits".to_owned(), |minor| Amount(minor).to_string())
}

/// Per cent with one decimal, never rounded up to all.
fn share(part: i128, whole: i128) -> String {
    let permille = if whole == 0 { 1_000 } else { part * 1_000 / whole };
    format!("{}.{}", permille / 10, permille % 10)
}
