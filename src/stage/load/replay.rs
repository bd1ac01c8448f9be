//! Replay: the inputs as an earlier day knew them, out of exports of a later one.
//!
//! A row that is dated after the day is left out, good or bad, before anything is made of it. A date in a row of the time
//! before, such as the end of a dispute, is looked at by the models, which compare it with `@as_of`. What has no date is
//! taken as the export says it: debtors, their addresses, holidays, and what an invoice says of itself.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch, StringArray, new_null_array};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type};
use chrono::NaiveDate;

use super::dates::{date_of, day_number};
use super::{Conformed, Snapshot, Snapshots};
use crate::error::{Error, Result};
use crate::text::plural;

/// The column that says since when a row is known; an input that is not here has none.
const KNOWN_SINCE: [(&str, &str); 10] = [
    ("invoices", "issue_date"),
    ("payments", "paid_on"),
    (LOG, "occurred_on"),
    ("agreements", "agreed_on"),
    ("promises", "promised_on"),
    ("disputes", "opened_on"),
    ("listings", "included_on"),
    ("placements", "placed_on"),
    ("index_rates", "date"),
    ("fx_rates", "date"),
];
const LOG: &str = "contact_log";
/// Reports are put together once there are more batches of them.
const REPORTS_MAX: usize = 32;
/// What follows the agreement that it is an item of.
const ITEMS: &str = "agreement_items";
/// What a debtor did, and what is known of an address since: it stands whoever wrote. All else is of the contact.
const OF_THE_DEBTOR: [&str; 7] =
    ["replied", "answered", "promised", "disputed", "opted_out", "complained", "wrong_party"];

/// The column that says since when a row of an input is known.
pub(super) fn known_since(table: &str) -> Option<&'static str> {
    KNOWN_SINCE.iter().find(|(of, _)| *of == table).map(|(_, column)| *column)
}

/// A day in the past, as the inputs knew it, with the contacts of another policy from `from` on.
#[derive(Clone, Debug)]
pub struct Replay {
    /// From this day on the contacts of the log are left out, and those that are reported stand for them.
    from: NaiveDate,
    day: NaiveDate,
    /// Actions that were published before: what the log says of them stands.
    known_actions: Arc<HashSet<String>>,
    /// Agreement = the first day on which anybody knew of it.
    agreed_on: Arc<HashMap<String, i32>>,
    /// Rows of the log that no file holds.
    reports: Vec<RecordBatch>,
}

impl Replay {
    /// # Errors
    /// As reading the agreements does.
    pub fn begin(snapshots: &Snapshots, from: NaiveDate, known_actions: HashSet<String>) -> Result<Replay> {
        let mut agreed_on: HashMap<String, i32> = HashMap::new();
        let mut undated: HashSet<String> = HashSet::new();
        if let Some(agreements) = snapshots.get("agreements") {
            agreements.for_each_batch(|conformed| {
                let batch = &conformed.batch;
                for (row, id) in texts(batch, "agreement_id").into_iter().flatten().enumerate() {
                    match (id, day_in(batch, "agreed_on", row)) {
                        (Some(id), Some(day)) => {
                            let known = agreed_on.entry(id.to_owned()).or_insert(day);
                            *known = day.min(*known);
                        }
                        (Some(id), None) => drop(undated.insert(id.to_owned())),
                        (None, _) => {}
                    }
                }
                Ok(())
            })?;
        }
        agreed_on.retain(|id, _| !undated.contains(id));
        let (known_actions, agreed_on) = (Arc::new(known_actions), Arc::new(agreed_on));
        Ok(Replay { from, day: from, known_actions, agreed_on, reports: Vec::new() })
    }

    /// Goes on to another day.
    pub fn go_to(&mut self, day: NaiveDate) {
        self.day = day;
    }

    /// Reports actions to the log as a gateway does: delivered at the hour that they were for. Nobody answers.
    ///
    /// # Errors
    /// `Internal` where the actions lack a column.
    pub fn report(&mut self, snapshots: &Snapshots, actions: &RecordBatch) -> Result<()> {
        let Some(log) = snapshots.get(LOG).filter(|_| actions.num_rows() > 0) else { return Ok(()) };
        let of_actions = [
            ("event_id", "action_id"),
            ("action_id", "action_id"),
            ("debtor_id", "debtor_id"),
            ("company_id", "company_id"),
            ("channel", "channel"),
            ("address", "destination"),
            ("occurred_at", "not_before"),
            ("regua", "regua"),
            ("step_id", "step_id"),
        ];
        let rows = actions.num_rows();
        let column = |name: &str, kind: &DataType| -> ArrayRef {
            let own = of_actions.iter().find(|(to, _)| *to == name).and_then(|(_, from)| actions.column_by_name(from));
            match name {
                "status" => Arc::new(StringArray::from(vec!["delivered"; rows])),
                "direction" => Arc::new(StringArray::from(vec!["outbound"; rows])),
                _ => own.cloned().unwrap_or_else(|| new_null_array(kind, rows)),
            }
        };
        let known: usize = self.reports.iter().map(RecordBatch::num_rows).sum();
        let arrays = log.rules.columns.iter().map(|c| column(c.name, &c.data_type())).collect();
        self.reports.push(log.rules.placed(arrays, rows, (log.sources.len(), known as i64))?);
        if self.reports.len() > REPORTS_MAX {
            self.reports = vec![concat_batches(self.reports[0].schema_ref(), &self.reports).map_err(failed)?];
        }
        Ok(())
    }

    /// Reports up to the day: one of a message for Monday comes on Monday.
    fn reported(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        known_by(batch, "occurred_on", day_number(self.day))
    }

    /// What of the rows of an input was known on the day.
    fn known(&self, table: &str, conformed: Conformed) -> Result<Conformed> {
        let Conformed { batch, mut bad, rounded, passed_over, null_dates } = conformed;
        bad.retain(|row| row.on.is_none_or(|on| on <= self.day) || table == "holidays");
        let day = day_number(self.day);
        let batch = match (table, known_since(table)) {
            (LOG, _) => self.known_events(&batch)?,
            (ITEMS, _) => {
                let ids = texts(&batch, "agreement_id");
                let agreed = |row: usize| self.agreed_on.get(ids.filter(|ids| ids.is_valid(row))?.value(row));
                kept(&batch, |row| agreed(row).is_none_or(|agreed| *agreed <= day))?
            }
            (_, Some(column)) => known_by(&batch, column, day)?,
            (_, None) => batch,
        };
        Ok(Conformed { batch, bad, rounded, passed_over, null_dates })
    }

    /// Events up to the day. From the first day on, of what another policy sent only that which the debtor did is left, as if
    /// unasked.
    fn known_events(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let (from, day) = (day_number(self.from), day_number(self.day));
        let batch = &known_by(batch, "occurred_on", day)?;
        let is_of_another = |batch: &RecordBatch| -> Vec<bool> {
            let (days, actions) = (days(batch, "occurred_on"), texts(batch, "action_id"));
            let is_new = |row: usize| days.is_some_and(|days| days.is_valid(row) && days.value(row) >= from);
            let action = |row: usize| actions.filter(|ids| ids.is_valid(row)).map(|ids| ids.value(row));
            let is_known = |row: usize| action(row).is_some_and(|action| self.known_actions.contains(action));
            (0..batch.num_rows()).map(|row| is_new(row) && !is_known(row)).collect()
        };
        let of_another = is_of_another(batch);
        if !of_another.contains(&true) {
            return Ok(batch.clone());
        }
        // A chat's export calls what came in delivered or read.
        let is_inbound = |row| value(batch, "direction", row) == Some("inbound");
        let is_of_debtor =
            |row| is_inbound(row) || value(batch, "status", row).is_some_and(|status| OF_THE_DEBTOR.contains(&status));
        let batch = &kept(batch, |row| !of_another[row] || is_of_debtor(row))?;
        let changed = is_of_another(batch);
        let text = |name: &str, instead: Option<&'static str>| -> ArrayRef {
            let own = |row: usize| if changed[row] { instead } else { value(batch, name, row) };
            Arc::new((0..batch.num_rows()).map(own).collect::<StringArray>())
        };
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| match field.name().as_str() {
            "action_id" => text("action_id", None),
            "direction" => text("direction", Some("inbound")),
            _ => Arc::clone(column),
        });
        RecordBatch::try_new(batch.schema(), columns.collect()).map_err(failed)
    }
}

impl Snapshot {
    /// Every batch in order, of the day that is replayed where one is, for as long as `each` wants more.
    pub(super) fn batches(&self, mut each: impl FnMut(Conformed) -> Result<bool>) -> Result<()> {
        let replay = self.replay.as_ref();
        let mut goes_on = true;
        let mut known = |conformed| {
            let known = match replay {
                Some(replay) => replay.known(self.table.name, conformed)?,
                None => conformed,
            };
            goes_on = goes_on && each(known)?;
            Ok(goes_on)
        };
        match &self.held {
            Some(held) => held.iter().cloned().try_for_each(|conformed| known(conformed).map(drop))?,
            None => self.read(&mut known)?,
        }
        let reports = replay.filter(|_| self.table.name == LOG && goes_on).into_iter();
        let mut reported = reports.flat_map(|replay| replay.reports.iter().map(|batch| replay.reported(batch)));
        reported.try_for_each(|batch| each(Conformed::of(batch?)).map(drop))
    }
}

impl Snapshots {
    /// Keeps all rows in memory, for whoever reads them again and again.
    ///
    /// # Errors
    /// As reading does.
    pub fn hold(&mut self) -> Result<()> {
        for snapshot in &mut self.tables {
            let mut held = Vec::new();
            snapshot.read(|conformed| {
                held.push(conformed);
                Ok(true)
            })?;
            snapshot.held = Some(held);
        }
        Ok(())
    }

    /// From now on the rows are those of the day that is replayed.
    pub fn show(&mut self, replay: &Replay) {
        self.tables.iter_mut().for_each(|snapshot| snapshot.replay = Some(replay.clone()));
    }

    /// The first day on which anything was billed, the last of which invoices or contacts speak, and the last payment.
    ///
    /// # Errors
    /// As reading does.
    pub fn days(&self) -> Result<[Option<NaiveDate>; 3]> {
        let of = |table: &str, column: &str| -> Result<BTreeSet<i32>> {
            let mut found = BTreeSet::new();
            let Some(snapshot) = self.get(table) else { return Ok(found) };
            snapshot.for_each_batch(|conformed| {
                found.extend(days(&conformed.batch, column).into_iter().flatten().flatten());
                Ok(())
            })?;
            Ok(found)
        };
        let billed = of("invoices", "issue_date")?;
        let last = billed.last().copied().max(of(LOG, "occurred_on")?.last().copied());
        let paid = of("payments", "paid_on")?.last().copied();
        Ok([billed.first().copied(), last, paid].map(|day| day.and_then(date_of)))
    }

    /// What a person should know of rows without the date since when they are known, a sentence for each input.
    ///
    /// # Errors
    /// As reading does.
    pub fn undated(&self) -> Result<Vec<String>> {
        let mut told = Vec::new();
        for (table, column) in KNOWN_SINCE {
            let Some(snapshot) = self.get(table) else { continue };
            let mut rows = 0;
            snapshot.for_each_batch(|conformed| {
                rows += conformed.batch.column_by_name(column).map_or(0, |dates| dates.null_count() as u64);
                Ok(())
            })?;
            if rows > 0 {
                let (one, many) = (format!("row without {column} counts"), format!("rows without {column} count"));
                told.push(format!("{table}: {} from the first day on", plural(rows, &one, &many)));
            }
        }
        Ok(told)
    }
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>())
}

fn value<'b>(batch: &'b RecordBatch, name: &str, row: usize) -> Option<&'b str> {
    texts(batch, name).filter(|c| c.is_valid(row)).map(|c| c.value(row))
}

fn days<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b Date32Array> {
    batch.column_by_name(name)?.as_primitive_opt::<Date32Type>()
}

fn day_in(batch: &RecordBatch, name: &str, row: usize) -> Option<i32> {
    let days = days(batch, name)?;
    days.is_valid(row).then(|| days.value(row))
}

/// Rows whose date is not after the day, or that have none.
fn known_by(batch: &RecordBatch, name: &str, day: i32) -> Result<RecordBatch> {
    let Some(days) = days(batch, name) else { return Ok(batch.clone()) };
    let is_known = |row: usize| days.is_null(row) || days.value(row) <= day;
    // Most batches are of the past as a whole.
    if (0..batch.num_rows()).all(is_known) { Ok(batch.clone()) } else { kept(batch, is_known) }
}

fn kept(batch: &RecordBatch, is_kept: impl Fn(usize) -> bool) -> Result<RecordBatch> {
    let mask: BooleanArray = (0..batch.num_rows()).map(|row| Some(is_kept(row))).collect();
    filter_record_batch(batch, &mask).map_err(failed)
}

fn failed(error: arrow::error::ArrowError) -> Error {
    Error::columns("the replayed inputs", &error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{self, Kind};

    #[test]
    fn since_when_a_row_is_known_is_a_date_of_its_table() {
        for (table, column) in KNOWN_SINCE.into_iter().filter(|(table, _)| *table != LOG) {
            let found = contract::input(table).and_then(|table| table.column(column));
            assert!(found.is_some_and(|column| matches!(column.kind, Kind::Date)), "{table}.{column}");
        }
        let log = contract::input(LOG).and_then(|table| table.column("occurred_at"));
        assert!(log.is_some_and(|column| matches!(column.kind, Kind::Ts)), "its local date is occurred_on");
    }

    /// An input with a new date is one that a replay has to cut, or says why not.
    #[test]
    fn every_input_is_known_since_a_day_or_has_none() {
        let undated = ["debtors", "contact_points", "holidays", ITEMS];
        let all: Vec<&str> = contract::INPUTS.iter().map(|table| table.name).collect();
        let dated: Vec<&str> = all.iter().copied().filter(|table| known_since(table).is_some()).collect();
        assert_eq!(dated.len(), KNOWN_SINCE.len());
        assert_eq!(dated.len() + undated.len(), all.len(), "{all:?}");
    }
}
