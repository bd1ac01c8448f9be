//! Inputs that belong to no debtor: holidays, index rates for statutory interest, and exchange rates.
//!
//! A wrong row could move every due date or every amount, so it stops the run; the error gives its place and class. A
//! wrong row that this date cannot need (from years ago, or in a currency that no account has) is left out with a note.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use chrono::{Months, NaiveDate};

use super::dates::date_of;
use super::{BadRow, Snapshot, Snapshots};
use crate::domain::calendar::{Scope, UnknownScope, state_of_brazil};
use crate::domain::charge::Percent;
use crate::domain::decision::Rules;
use crate::domain::fx::Quote;
use crate::domain::money::Currency;
use crate::error::{Error, Lines, Result};

/// What is older, or further ahead, moves nothing that a run decides.
const MONTHS_NEEDED: Months = Months::new(24);

/// The days that a run may need; a row of another day cannot stop it.
#[derive(Clone, Copy)]
struct Needed {
    from: NaiveDate,
    to: NaiveDate,
}

impl Needed {
    fn around(as_of: NaiveDate) -> Needed {
        let from = as_of.checked_sub_months(MONTHS_NEEDED).unwrap_or(NaiveDate::MIN);
        Needed { from, to: as_of.checked_add_months(MONTHS_NEEDED).unwrap_or(NaiveDate::MAX) }
    }

    fn holds(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// One row of a reference table, and where it stands.
struct Place<'a> {
    snapshot: &'a Snapshot,
    file_no: usize,
    row_no: i64,
    on: NaiveDate,
}

impl Place<'_> {
    fn bad(&self, column: &'static str, value_class: &str, reason: &'static str) -> BadRow {
        BadRow {
            table: self.snapshot.table.name,
            file_no: self.file_no,
            row_no: self.row_no,
            column,
            value_class: value_class.to_owned(),
            reason,
            debtor_id: None,
            is_warning: false,
            company_id: None,
            invoice_id: None,
            agreement_id: None,
            on: Some(self.on),
            reverses: None,
            silences: None,
            insolvent: None,
        }
    }
}

/// A day, and where it is one.
pub type Holiday = (NaiveDate, Scope);

/// The holidays that came with the data, and the rows that were left out.
///
/// # Errors
/// `Contract` where a row that a run may need is bad, or its scope is none of the known kinds: a wrong calendar moves
/// every due date.
pub fn holidays(snapshots: &Snapshots, as_of: NaiveDate) -> Result<(Vec<Holiday>, Vec<BadRow>)> {
    let (needed, mut holidays, mut told) = (Needed::around(as_of), Vec::new(), Vec::new());
    if let Some(snapshot) = snapshots.get("holidays") {
        each_row(snapshot, needed, &mut told, |place, batch, row| {
            match scope_of(text(batch, "scope", row)) {
                Ok(scope) => holidays.push((place.on, scope)),
                Err(_) => return Some(place.bad("scope", SCOPE_CLASS, "unknown_value")),
            }
            None
        })?;
    }
    Ok((holidays, told))
}

/// A scope in any case: `State:sp` is `state:SP`, and so are `state:35` and `state:São Paulo`.
fn scope_of(text: &str) -> std::result::Result<Scope, UnknownScope> {
    match text.split_once(':') {
        None => text.to_lowercase().parse(),
        Some((kind, code)) => {
            let (kind, code) = (kind.trim().to_lowercase(), code.trim());
            let state = (kind == "state").then(|| state_of_brazil(code)).flatten();
            format!("{kind}:{}", state.map_or_else(|| code.to_uppercase(), str::to_owned)).parse()
        }
    }
}

const SCOPE_CLASS: &str = "not a holiday scope (write national, bank, state:SP, city:3550308 or city:Santos)";

/// Adds the rates of both inputs to the rules, as of a date; returns the rows that were left out.
///
/// # Errors
/// `Contract` where a row that a run may need is bad or out of range, or contradicts another.
pub fn add_rates(rules: &mut Rules, snapshots: &Snapshots, as_of: NaiveDate) -> Result<Vec<BadRow>> {
    let (needed, mut told) = (Needed::around(as_of), Vec::new());
    if let Some(snapshot) = snapshots.get("index_rates") {
        let mut rows = Vec::new();
        each_row(snapshot, needed, &mut told, |place, batch, row| {
            match i64::try_from(rate(batch, row)).ok().and_then(Percent::from_units) {
                Some(percent) => rows.push((text(batch, "index", row).to_owned(), place.on, percent)),
                None => return Some(place.bad("rate", "above 1,000 per cent", "rate_out_of_range")),
            }
            None
        })?;
        let twice = "two rates of one index on one day, in the export or in a file of rates";
        rules.rates.extend(rows).map_err(|_| refused(snapshot, twice))?;
    }
    if let Some(snapshot) = snapshots.get("fx_rates") {
        // What comes after the date does not exist yet.
        let (needed, mut quotes) = (Needed { to: as_of, ..needed }, Vec::new());
        each_row(snapshot, needed, &mut told, |place, batch, row| {
            let currency = |name: &str| text(batch, name, row).parse::<Currency>().ok();
            let (from, to) = currency("from_currency").zip(currency("to_currency"))?;
            match i64::try_from(rate(batch, row)) {
                Ok(rate_units) if rate_units > 0 => quotes.push((from, to, Quote { rate_units, on: place.on })),
                Ok(_) => return Some(place.bad("rate", "not above zero", "rate_out_of_range")),
                Err(_) => return Some(place.bad("rate", "too large", "rate_out_of_range")),
            }
            None
        })?;
        quotes.retain(|(_, _, quote)| needed.holds(quote.on));
        let twice = "two different rates of one currency pair on one day";
        rules.quotes.add(quotes, as_of).map_err(|_| refused(snapshot, twice))?;
    }
    Ok(told)
}

/// Hands out each good row, which may still turn out to be bad.
fn each_row(
    snapshot: &Snapshot,
    needed: Needed,
    told: &mut Vec<BadRow>,
    mut each: impl FnMut(Place<'_>, &RecordBatch, usize) -> Option<BadRow>,
) -> Result<()> {
    snapshot.for_each_batch(|conformed| {
        let batch = &conformed.batch;
        let column = |name: &str| batch.column_by_name(name).map(AsRef::as_ref);
        let days = column("date").and_then(|c| c.as_primitive_opt::<Date32Type>());
        let origins = column("source_row").and_then(|c| c.as_primitive_opt::<Int64Type>());
        let mut bad = conformed.bad.clone();
        for (row, (day, origin)) in
            days.zip(origins).into_iter().flat_map(|(d, o)| d.iter().zip(o.values())).enumerate()
        {
            let Some(on) = day.and_then(date_of) else { continue };
            let (file_no, row_no) = ((origin >> 40) as usize, origin & 0xff_ffff_ffff);
            bad.extend(each(Place { snapshot, file_no, row_no, on }, batch, row));
        }
        for mut row in bad {
            // A currency that no account can be in is no fault of a table of rates.
            let is_foreign = row.reason == "unknown_currency";
            if !row.is_warning && !is_foreign && row.on.is_none_or(|on| needed.holds(on)) {
                return Err(stopped(snapshot, &row));
            }
            row.is_warning = true;
            told.push(row);
        }
        Ok(())
    })
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> &'a str {
    batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).map_or("", |texts| texts.value(row))
}

fn rate(batch: &RecordBatch, row: usize) -> i128 {
    batch
        .column_by_name("rate")
        .and_then(|c| c.as_primitive_opt::<Decimal128Type>())
        .map_or(0, |rates| rates.value(row))
}

fn stopped(snapshot: &Snapshot, bad: &BadRow) -> Error {
    let (table, url) = (snapshot.table.name, snapshot.url(bad.file_no));
    let what = format!("row {}: column {:?} is {}", bad.row_no, bad.column, bad.value_class);
    Error::Contract(Lines(vec![format!("{table} snapshot {url}: {what}; correct the export")]))
}

fn refused(snapshot: &Snapshot, what: &str) -> Error {
    let (table, url) = (snapshot.table.name, snapshot.url(0));
    Error::Contract(Lines(vec![format!("{table} snapshot {url}: {what}; correct the one that is wrong")]))
}

/// The notes about rows that were left out because no run for the date can need them.
pub fn left_out(told: &[BadRow]) -> Vec<String> {
    let is_worth_it = |row: &&BadRow| row.reason != "unknown_currency";
    let mut notes = Vec::new();
    for table in ["holidays", "index_rates", "fx_rates"] {
        let mut rows = told.iter().filter(|row| row.table == table).filter(is_worth_it);
        let Some(first) = rows.next() else { continue };
        notes.push(format!(
            "{table}: {} bad rows that this date does not need are left out; the first is row {}: column {:?} is {}",
            1 + rows.count(),
            first.row_no,
            first.column,
            first.value_class
        ));
    }
    notes
}
