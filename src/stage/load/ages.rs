//! Is an input there, recent enough for the date, and not too far behind the invoices? Ages are measured against the
//! as-of date and against each other, never against a clock.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::InputStatus;
use crate::config::{InputPlan, Plan};
use crate::domain::procedure::days_before;

/// Notes in each input why it cannot be read yet.
pub(super) fn check(seen: &mut [InputStatus], plan: &Plan, as_of: NaiveDate) {
    let day = |modified: DateTime<Utc>| modified.with_timezone(&plan.zone).date_naive();
    let invoices = seen.iter().find(|input| input.snapshot.table.name == "invoices");
    let invoices = invoices.and_then(InputStatus::modified).map(day);
    for input in seen {
        let rules = &input.snapshot.rules.input;
        input.missing = missing(input, rules, as_of, plan.zone).or_else(|| lagging(input, rules, invoices, plan.zone));
    }
}

/// Missing, or last written before it could contain the as-of date?
fn missing(seen: &InputStatus, input: &InputPlan, as_of: NaiveDate, zone: Tz) -> Option<String> {
    let (table, path) = (input.table.name, &seen.path);
    let Some(modified) = seen.modified() else {
        let is_missing = input.table.required && seen.errors.is_empty();
        return is_missing.then(|| {
            format!("{table} snapshot {path}: nothing is there; wait for the export, or correct [inputs.{table}].path")
        });
    };
    let days = input.max_age_days?;
    let (written, oldest) = (modified.with_timezone(&zone).date_naive(), days_before(as_of, days));
    (written < oldest).then(|| {
        format!(
            "{table} snapshot {path}: last written on {written}, but [inputs.{table}].max_age_days = {days} needs one from \
             {oldest} or later; wait for the export, or name an earlier date"
        )
    })
}

/// Payments, promises and all that protects somebody, of an earlier day than the invoices: whoever paid or promised in
/// between would be dunned.
fn lagging(seen: &InputStatus, input: &InputPlan, invoices: Option<NaiveDate>, zone: Tz) -> Option<String> {
    let (table, path, days) = (input.table.name, &seen.path, input.lag_days_max?);
    let (written, invoices) = (seen.modified()?.with_timezone(&zone).date_naive(), invoices?);
    (written < days_before(invoices, days)).then(|| {
        format!(
            "{table} snapshot {path}: last written on {written}, but the invoices on {invoices}, and \
             [inputs.{table}].lag_days_max = {days}; wait for the export, or raise lag_days_max if it is written less \
             often"
        )
    })
}
