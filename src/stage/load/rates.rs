//! Rates that come with the data: of indices for statutory interest, and of exchange.
//!
//! Both are small tables that no debtor owns. A wrong one would make every amount wrong, so a bad row stops the run.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type};
use chrono::NaiveDate;

use super::{BadRow, Snapshot, Snapshots};
use crate::domain::charge::Percent;
use crate::domain::decision::Rules;
use crate::domain::exchange::Quote;
use crate::domain::money::Currency;
use crate::error::{Error, Lines, Result};

/// Days from the common era to 1970.
const EPOCH_DAYS: i32 = 719_163;

/// Adds the rates of both inputs to the rules, as of a date.
///
/// # Errors
/// `Contract` where a row is bad, out of range, or contradicts another.
pub fn add_rates(rules: &mut Rules, snapshots: &Snapshots, as_of: NaiveDate) -> Result<()> {
    if let Some(snapshot) = snapshots.get("index_rates") {
        let mut rows = Vec::new();
        rows_of(snapshot, &["index"], |on, names, units| {
            let percent = i64::try_from(units).ok().and_then(Percent::from_units);
            let percent = percent.ok_or_else(|| refused(snapshot, &format!("a rate for {on} is above 1,000 per cent")));
            rows.push((names[0].to_owned(), on, percent?));
            Ok(())
        })?;
        rules.rates.extend(rows).map_err(|e| refused(snapshot, &e.to_string()))?;
    }
    if let Some(snapshot) = snapshots.get("fx_rates") {
        let mut quotes = Vec::new();
        rows_of(snapshot, &["from_currency", "to_currency"], |on, names, units| {
            let pair = names[0].parse::<Currency>().ok().zip(names[1].parse::<Currency>().ok());
            let Some((from, to)) = pair else { return Ok(()) };
            let rate_units = i64::try_from(units);
            let rate_units = rate_units
                .map_err(|_| refused(snapshot, &format!("the rate from {from} to {to} on {on} is too large")))?;
            quotes.push((from, to, Quote { rate_units, on }));
            Ok(())
        })?;
        rules.quotes.add(quotes, as_of).map_err(|e| refused(snapshot, &e.to_string()))?;
    }
    Ok(())
}

fn refused(snapshot: &Snapshot, what: &str) -> Error {
    Error::Contract(Lines(vec![format!("{} snapshot {}: {what}", snapshot.table.name, snapshot.url(0))]))
}

/// Hands out each row: its day, the named texts, and its rate in units of 10⁻⁸.
fn rows_of(
    snapshot: &Snapshot,
    names: &[&str],
    mut each: impl FnMut(NaiveDate, &[&str], i128) -> Result<()>,
) -> Result<()> {
    snapshot.for_each_batch(|conformed| {
        // A currency that no account can be in is no fault of a table of rates.
        let is_foreign = |bad: &BadRow| bad.reason == "unknown_currency";
        if let Some(bad) = conformed.bad.iter().find(|bad| !is_foreign(bad)) {
            let what = format!("row {}: column {:?} is {}", bad.row_no, bad.column, bad.value_class);
            return Err(refused(snapshot, &format!("{what}; correct the export")));
        }
        let batch: &RecordBatch = &conformed.batch;
        let column = |name: &str| batch.column_by_name(name).map(AsRef::as_ref);
        let days = column("date").and_then(|c| c.as_primitive_opt::<Date32Type>());
        let rates = column("rate").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let texts: Option<Vec<_>> = names.iter().map(|n| column(n).and_then(|c| c.as_string_opt::<i32>())).collect();
        let Some(((days, rates), texts)) = days.zip(rates).zip(texts) else { return Ok(()) };
        for row in 0..batch.num_rows() {
            let Some(on) = NaiveDate::from_num_days_from_ce_opt(days.value(row) + EPOCH_DAYS) else { continue };
            let values: Vec<&str> = texts.iter().map(|text| text.value(row)).collect();
            each(on, &values, rates.value(row))?;
        }
        Ok(())
    })
}
