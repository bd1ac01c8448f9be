//! The one pass over the inputs: rows are gathered, sorted by shard, and appended to the scratch file of their table.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use chrono::NaiveDate;
use foldhash::{HashMap, HashSet};

use super::addresses::{AddressEvents, AddressReader, Destinations, add_debtors_at, add_destinations};
use super::claims::{ClaimWriter, Companies, is_nought};
use super::columns::{insolvent, replaced};
use super::doubts;
use super::outcome::Outcome;
use super::payers::Payers;
use super::renamed::{Renamed, Sought};
use super::signers::{Signers, signed};
use super::writers::Writers;
use super::{Groups, History, SHARED, group_key, group_text, hash_of, history, spelling, totals, with_column};
use crate::domain::calendar::{Calendar, Place, Whereabouts};
use crate::domain::procedure::Procedure;
use crate::domain::tax_id::legal_person;
use crate::error::Result;
use crate::io::parquet::Source;
use crate::runtime::progress::Progress;
use crate::stage::{BadRow, Snapshot, Snapshots, day_number};

/// The dates of which the last day in time is worked out: the column, and that day.
const LAST_DAYS: [(&str, &str, &str); 3] = [
    ("invoices", "due_date", "payable_on"),
    // With the grace, in which what was paid is still on its way.
    ("agreements", "due_date", "kept_until"),
    ("promises", "pay_by", "kept_until"),
];

pub(super) struct Spreader<'a> {
    pub folder: &'a Path,
    pub shards: u32,
    pub progress: &'a dyn Progress,
    pub default_currency: &'a str,
    pub as_of_day: i32,
    pub companies: &'a Companies,
    pub calendar: &'a Calendar,
    pub procedures: &'a BTreeMap<String, Procedure>,
    /// What is due on another day is payable on the next business day.
    pub due_on_business_day: bool,
    /// Business days after its last one for which what is promised or agreed is still kept.
    pub promise_grace_days: u32,
}

impl Spreader<'_> {
    /// Debtors and agreements first, because the other tables travel with them, and history, because the contact log
    /// speaks of it; then the rest, side by side.
    pub(super) fn all(&self, snapshots: &Snapshots, past: &History, workers: usize) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        if let Some(debtors) = snapshots.get("debtors") {
            self.debtors(debtors, &mut outcome)?;
        }
        let groups = std::mem::take(&mut outcome.groups);
        let mut destinations = Destinations::default();
        let owing = owing(snapshots, past)?;
        let renamed = self.history(&past.actions, (&groups, &owing), &mut destinations, &mut outcome)?;
        self.positions(past, &groups, &mut outcome)?;
        let mut signers = Signers::default();
        if let Some(table) = snapshots.get("agreements") {
            self.agreements(table, &groups, &mut signers, &mut outcome)?;
            outcome.touched.extend(signers.doubt(&outcome.bad));
        }
        let mut events = None;
        if let Some(log) = snapshots.get("contact_log") {
            events = Some(self.contact_log(log, &groups, &destinations, &mut outcome)?);
        }
        let done = ["debtors", "agreements", "contact_log"];
        let is_rest = |t: &&Snapshot| !done.contains(&t.table.name) && !SHARED.contains(&t.table.name);
        let mut rest: Vec<&Snapshot> = snapshots.tables.iter().filter(is_rest).collect();
        rest.sort_by_key(|t| t.rows());
        let queue = Mutex::new(rest);
        let silent = events.as_ref().map_or_else(HashSet::default, |events: &AddressEvents| events.silent.clone());
        let outcomes: Vec<Result<Outcome>> = std::thread::scope(|scope| {
            let work = || {
                let mut outcome = Outcome::default();
                // A statement of its own: in the head of a loop the lock would be held through the body.
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some(snapshot) = next() {
                    self.by_debtor(snapshot, (&groups, &signers, &renamed.sought, &silent), &mut outcome)?;
                }
                Ok(outcome)
            };
            let threads: Vec<_> = (0..workers.max(1)).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        for found in outcomes {
            outcome.merge(found?);
        }
        events.map_or(Ok(()), |events| events.enter(&mut outcome.addresses))?;
        for silence in outcome.bad.iter().filter_map(|bad| bad.silences.as_ref()) {
            outcome.addresses.silence(silence, &destinations);
        }
        let strange = spelling::all(&outcome, &groups);
        let alike = spelling::spelt_alike(snapshots, &strange)?;
        spelling::refuse_respelt(outcome.strangers.get("invoices"), &alike)?;
        for (debtor, warning) in alike {
            outcome.touched.insert(debtor);
            outcome.bad.push(warning);
        }
        outcome.groups = groups;
        outcome.renamed = Some(renamed);
        outcome.bad.sort();
        Ok(outcome)
    }

    fn debtors(&self, snapshot: &Snapshot, outcome: &mut Outcome) -> Result<()> {
        let mut writers = Writers::new(self, "debtors")?;
        let mut groups = Groups::default();
        snapshot.for_each_batch(|conformed| {
            let batch = &conformed.batch;
            let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
            let (ids, named, taxes) = (text("debtor_id"), text("group_id"), text("tax_id"));
            let insolvent = insolvent(batch);
            let optional =
                |a: Option<&StringArray>, row| a.filter(|a| a.is_valid(row)).map(|a| a.value(row).to_owned());
            let mut texts = Vec::with_capacity(batch.num_rows());
            let mut keys = Vec::with_capacity(batch.num_rows());
            for row in 0..batch.num_rows() {
                let id = optional(ids, row).unwrap_or_default();
                let text = group_text(&id, optional(named, row).as_deref(), optional(taxes, row).as_deref());
                let key = group_key(&text);
                if groups.0.insert(hash_of(&id), key).is_some_and(|known| known != key) {
                    outcome.conflicted.insert(id);
                }
                keys.push(key);
                texts.push(text);
                if insolvent.value(row) {
                    outcome
                        .insolvent
                        .extend(taxes.filter(|c| c.is_valid(row)).and_then(|c| legal_person(c.value(row))));
                }
            }
            let texts: ArrayRef = Arc::new(StringArray::from(texts));
            outcome.bad.extend(self.unknown_places(batch));
            doubts::count_unknown_names(("debtors", batch), self.procedures, &mut outcome.passed_over);
            outcome.count_stated("debtors", batch);
            // A row that cannot be read for another reason says so all the same.
            let unread = conformed.bad.iter().filter_map(|bad| bad.insolvent.as_deref());
            outcome.insolvent.extend(unread.filter_map(legal_person));
            let batch = with_column(&replaced(batch, "is_insolvent", Arc::new(insolvent))?, "group_text", texts)?;
            outcome.take(snapshot.table.name, conformed.bad, conformed.rounded, conformed.passed_over);
            writers.push(batch, keys)
        })?;
        // Whose row cannot be read is known all the same, and stands alone.
        for id in outcome.bad.iter().filter_map(|bad| bad.debtor_id.as_deref()) {
            groups.0.entry(hash_of(id)).or_insert_with(|| alone(id));
        }
        // It cannot be told which of its groups is the right one: it stands alone.
        for id in &outcome.conflicted {
            groups.0.insert(hash_of(id), alone(id));
        }
        outcome.groups = groups;
        writers.finish(outcome)
    }

    /// Debtors whose place is not known: their hours are narrowed, or they have none.
    fn unknown_places(&self, batch: &RecordBatch) -> Vec<BadRow> {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let columns = ["country", "state", "city", "time_zone"].map(text);
        let rows = batch.column_by_name("source_row").and_then(|c| c.as_primitive_opt::<Int64Type>());
        let mut warnings = Vec::new();
        for row in 0..batch.num_rows() {
            let [country, state, city, time_zone] =
                columns.map(|c| c.filter(|c| c.is_valid(row)).map(|c| c.value(row)));
            if country.is_none() && state.is_none() && time_zone.is_none() {
                continue;
            }
            let place = self.calendar.place_of(Whereabouts { country, state, city, time_zone });
            let column = match place.as_ref().map(Place::doubt) {
                Some(None) => continue,
                Some(Some("state not known")) => "state",
                Some(Some(_)) | None => "time_zone",
            };
            let class =
                if time_zone.is_none() && column == "time_zone" { "null, in another country" } else { "not known" };
            let place = rows.map_or(0, |rows| rows.value(row));
            warnings.push(BadRow::warning("debtors", place, column, class, "unknown_place"));
        }
        warnings
    }

    fn agreements(
        &self,
        snapshot: &Snapshot,
        groups: &Groups,
        signers: &mut Signers,
        outcome: &mut Outcome,
    ) -> Result<()> {
        self.each(snapshot, groups, outcome, |batch| {
            let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
            let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
            if let Some((ids, debtors)) = text("agreement_id").zip(text("debtor_id")) {
                let is_one = |row: &usize| ids.is_valid(*row) && debtors.is_valid(*row) && !is_nought(amounts, *row);
                for row in (0..batch.num_rows()).filter(is_one) {
                    let of_agreement = signers.by_agreement.entry(hash_of(ids.value(row))).or_default();
                    of_agreement.insert(debtors.value(row).to_owned());
                }
            }
            Ok(batch)
        })
    }

    /// The contact log, each event of an action with it.
    fn contact_log(
        &self,
        snapshot: &Snapshot,
        groups: &Groups,
        destinations: &Destinations,
        outcome: &mut Outcome,
    ) -> Result<AddressEvents> {
        let mut reader = AddressReader::new(self.folder, destinations)?;
        let mut writers = Writers::new(self, snapshot.table.name)?;
        snapshot.for_each_batch(|conformed| {
            let batch = reader.read(&conformed.batch)?;
            outcome.take(snapshot.table.name, conformed.bad, conformed.rounded, conformed.passed_over);
            outcome.count_strangers(snapshot.table.name, &batch, groups, &|action| destinations.knows(action));
            let mut keys = debtor_keys(&batch, groups);
            let (batch, echoes, of_rows) = reader.echoes(&batch)?;
            if !of_rows.is_empty() {
                writers.push(echoes, of_rows.iter().map(|row| keys[*row]).collect())?;
            }
            reader.travel(&batch, &mut keys);
            writers.push(batch, keys)
        })?;
        writers.finish(outcome)?;
        reader.finish()
    }

    /// Spreads a table whose rows name their debtor and claim no invoice.
    fn each(
        &self,
        snapshot: &Snapshot,
        groups: &Groups,
        outcome: &mut Outcome,
        mut see: impl FnMut(RecordBatch) -> Result<RecordBatch>,
    ) -> Result<()> {
        let mut writers = Writers::new(self, snapshot.table.name)?;
        snapshot.for_each_batch(|conformed| {
            let batch = see(self.with_last_day(snapshot.table.name, conformed.batch)?)?;
            outcome.count_strangers(snapshot.table.name, &batch, groups, &|_| false);
            outcome.take(snapshot.table.name, conformed.bad, conformed.rounded, conformed.passed_over);
            let keys = debtor_keys(&batch, groups);
            writers.push(batch, keys)
        })?;
        writers.finish(outcome)
    }

    fn by_debtor(
        &self,
        snapshot: &Snapshot,
        (groups, signers, sought, silent): (&Groups, &Signers, &Sought, &HashSet<u64>),
        outcome: &mut Outcome,
    ) -> Result<()> {
        let table = snapshot.table.name;
        let mut writers = Writers::new(self, table)?;
        let mut claims = ClaimWriter::new(self.folder, table, self.shards, self.companies, self.default_currency)?;
        let mut payers = if table == "payments" { Payers::of(self.folder, snapshot)? } else { None };
        snapshot.for_each_batch(|conformed| {
            let mut batch = self.with_last_day(table, conformed.batch)?;
            totals::add(table, &batch, self.as_of_day, self.default_currency, &mut outcome.totals);
            let mut bad = conformed.bad;
            doubts::count_unknown_names((table, &batch), self.procedures, &mut outcome.passed_over);
            outcome.count_stated(table, &batch);
            match table {
                "payments" => totals::add_paid(&batch, self.as_of_day, self.default_currency, &mut outcome.paid),
                "contact_points" => {
                    doubts::count_no_addresses(&batch, &mut outcome.passed_over);
                    outcome.addresses.read_points(&batch, self.as_of_day, silent);
                    add_debtors_at(&batch, &sought.addresses, &mut outcome.at_address);
                }
                "agreement_items" => {
                    let ids = batch.column_by_name("agreement_id").and_then(|c| c.as_string_opt::<i32>());
                    outcome.covering.extend(ids.into_iter().flatten().flatten().map(hash_of));
                    let doubtful = bad.iter().filter_map(|bad| bad.agreement_id.as_deref());
                    outcome.touched.extend(doubtful.flat_map(|id| signers.of(hash_of(id))));
                    batch = signed(&batch, signers, &mut bad)?;
                }
                _ => {}
            }
            if let Some(payers) = &mut payers {
                batch = payers.keep_back(&batch, &debtor_keys(&batch, groups))?;
            }
            outcome.count_strangers(table, &batch, groups, &|_| false);
            push(&batch, groups, &bad, (&mut writers, claims.as_mut()))?;
            outcome.take(table, bad, conformed.rounded, conformed.passed_over);
            Ok(())
        })?;
        if let Some(payers) = payers {
            for bad in outcome.bad.iter().filter(|bad| bad.table == table) {
                let behind = payers.behind(bad, groups);
                let reverses = || bad.reverses.clone().unwrap_or_default();
                outcome.unread_reversals.extend(behind.iter().map(|payer| (payer.clone(), reverses())));
                outcome.touched.extend(behind);
            }
            payers.for_each(groups, |found| {
                push(&found.batch, groups, &found.bad, (&mut writers, claims.as_mut()))?;
                outcome.bad.extend(found.bad);
                outcome.touched.extend(found.touched);
                outcome.readdressed += found.readdressed;
                Ok(())
            })?;
        }
        outcome.claims.extend(claims.map(ClaimWriter::finish).transpose()?);
        writers.finish(outcome)
    }

    /// Adds the last day on which what is due is paid in time.
    fn with_last_day(&self, table: &str, batch: RecordBatch) -> Result<RecordBatch> {
        let Some((_, from, to)) = LAST_DAYS.iter().find(|(name, _, _)| *name == table) else { return Ok(batch) };
        let dates = batch.column_by_name(from).and_then(|c| c.as_primitive_opt::<Date32Type>());
        let Some(dates) = dates.cloned() else { return Ok(batch) };
        let grace = if *to == "kept_until" { self.promise_grace_days } else { 0 };
        let last: ArrayRef = match (self.due_on_business_day, grace) {
            (false, 0) => Arc::new(dates),
            _ => {
                let mut known: HashMap<i32, i32> = HashMap::default();
                let mut last = |day: i32| *known.entry(day).or_insert_with(|| self.last_day(day, grace));
                Arc::new(dates.iter().map(|day| day.map(&mut last)).collect::<Date32Array>())
            }
        };
        with_column(&batch, to, last)
    }

    /// Banks clear on business days, wherever a weekend counts.
    fn last_day(&self, day: i32, grace: u32) -> i32 {
        let Some(date) = NaiveDate::default().checked_add_signed(chrono::Duration::days(i64::from(day))) else {
            return day;
        };
        let payable = self.calendar.payable_on(date, self.due_on_business_day);
        day_number(if grace > 0 { self.calendar.add_business_days(payable, grace) } else { payable })
    }

    /// The actions of earlier runs and what they named, as tables of their own; of debtors who owe nothing apart.
    fn history(
        &self,
        sources: &[Source],
        (groups, owing): (&Groups, &HashSet<u64>),
        destinations: &mut Destinations,
        outcome: &mut Outcome,
    ) -> Result<Renamed> {
        let mut renamed = Renamed::new(self.folder)?;
        let (mut actions, mut items) = (Writers::new(self, "actions")?, Writers::new(self, "action_items")?);
        for source in sources {
            for_each_batch(source, &history::columns(), |batch| {
                let published = history::actions(&batch)?;
                add_destinations(&published, &debtor_keys(&published, groups), destinations);
                renamed.count(&published, groups);
                let (published, named) = renamed.keep_back(published, history::action_items(&batch)?, owing)?;
                let (keys, of_items) = (debtor_keys(&published, groups), debtor_keys(&named, groups));
                actions.push(published, keys)?;
                items.push(named, of_items)
            })?;
        }
        actions.finish(outcome)?;
        items.finish(outcome)?;
        Ok(renamed)
    }

    /// What the last run published of accounts, items and arms, as tables of their own.
    fn positions(&self, past: &History, groups: &Groups, outcome: &mut Outcome) -> Result<()> {
        let tables = [
            ("positions", history::positions_schema(), &past.positions),
            ("item_flows", history::item_flows_schema(), &past.flows),
            ("experiment_members", history::experiment_members_schema(), &past.members),
        ];
        for (table, schema, sources) in tables {
            let mut writers = Writers::new(self, table)?;
            for source in sources {
                for_each_batch(source, &history::columns_of(&schema), |batch| {
                    let keys = debtor_keys(&batch, groups);
                    writers.push(history::rows_of(&batch, &schema)?, keys)
                })?;
            }
            writers.finish(outcome)?;
        }
        Ok(())
    }
}

/// Debtors of any invoice, by their hashes; nobody asks where nothing was published yet.
fn owing(snapshots: &Snapshots, past: &History) -> Result<HashSet<u64>> {
    let mut owing = HashSet::default();
    if let Some(invoices) = snapshots.get("invoices").filter(|_| !past.actions.is_empty()) {
        invoices.for_each_text("debtor_id", |ids| owing.extend(ids.iter().flatten().map(hash_of)))?;
    }
    Ok(owing)
}

/// The group of a debtor that belongs to none.
fn alone(debtor_id: &str) -> i64 {
    group_key(&format!("debtor:{debtor_id}"))
}

/// Adds rows to their table, and what they and the bad ones beside them claim.
fn push(
    batch: &RecordBatch,
    groups: &Groups,
    bad: &[BadRow],
    (writers, claims): (&mut Writers<'_>, Option<&mut ClaimWriter<'_>>),
) -> Result<()> {
    let keys = debtor_keys(batch, groups);
    if let Some(claims) = claims {
        claims.push(batch, &keys)?;
        for bad in bad.iter().filter(|bad| bad.touches_an_invoice()) {
            let debtor = bad.debtor_id.as_deref();
            let (hash, key) = debtor.map_or((0, 0), |id| (hash_of(id), groups.key_of(id)));
            let (invoice, company) = (bad.invoice_id.as_deref(), bad.company_id.as_deref());
            claims.push_doubtful(invoice.unwrap_or_default(), company, hash, key)?;
        }
    }
    writers.push(batch.clone(), keys)
}

/// Reads these columns of a published table.
fn for_each_batch(source: &Source, columns: &[String], each: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let mut positions: Vec<usize> = columns.iter().filter_map(|n| source.schema().index_of(n).ok()).collect();
    positions.sort_unstable();
    source.for_each_batch(&positions, each)
}

fn debtor_keys(batch: &RecordBatch, groups: &Groups) -> Vec<i64> {
    let Some(ids) = batch.column_by_name("debtor_id") else { return vec![0; batch.num_rows()] };
    ids.as_string::<i32>().iter().map(|id| id.map_or(0, |id| groups.key_of(id))).collect()
}
