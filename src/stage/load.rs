//! Load: finds the snapshots, pins their objects, and checks their columns before any work is done.
//!
//! Every mismatch of every input is reported at once. Rows are read later, once, by the spreading pass, through
//! `Snapshot::for_each_batch`, which hands out rows under the contract and names the bad ones.

mod ages;
mod checks;
mod columns;
mod dates;
mod hashes;
mod profile;
mod reference;
mod replay;
mod rows;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::sync::mpsc;

use arrow::array::{AsArray, StringArray};
use chrono::{DateTime, NaiveDate, Utc};
use tokio::runtime::Handle;

use crate::config::{InputPlan, Plan};
use crate::contract::{self, Table};
use crate::error::{Error, Lines, Result};
use crate::io::log::{ColumnFiles, InputObject};
use crate::io::parquet::Source;
use crate::io::store::{Pinned, Store, split_glob};
use crate::text::plural;
pub use profile::{Matched, Placeholder, Profile, Range, profile};
pub use reference::{add_rates, holidays, left_out};
pub use replay::Replay;
pub use rows::{BadRow, Conformed, NO_ADDRESS, Silence, UNKNOWN_CHANNEL, UNKNOWN_REGUA, UNKNOWN_STEP, ZERO_AMOUNT};

/// Batches that wait to be taken while the next one is read.
const BATCHES_AHEAD: usize = 2;

/// One input: its pinned objects and how their columns become those of the contract.
#[derive(Debug)]
pub struct Snapshot {
    /// Of the contract.
    pub table: &'static Table,
    sources: Vec<Source>,
    rules: rows::RowRules,
    /// Its rows, where they are read again and again.
    held: Option<Vec<Conformed>>,
    /// The day of which it shows the rows; `None` = all of them.
    replay: Option<Replay>,
}

/// All inputs of a run, pinned and on contract.
#[derive(Debug, Default)]
pub struct Snapshots {
    /// One of each input of the contract; empty where nothing is there.
    pub tables: Vec<Snapshot>,
    /// Columns that no mapping uses, by table: told, not refused.
    pub unused: Vec<(&'static str, Vec<String>)>,
    /// What a reader may not expect of how the inputs were read, a sentence each: told once.
    pub notes: Vec<String>,
    /// Inputs that are named and have no file: told on the way, for it says nothing of what comes out.
    pub unfound: Option<String>,
}

impl Snapshot {
    /// Rows of all its files, the bad ones included.
    pub fn rows(&self) -> u64 {
        self.sources.iter().map(Source::rows).sum()
    }

    /// Where its files stand.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|s| s.object.url.as_str())
    }

    /// Is there any file of it?
    pub fn is_there(&self) -> bool {
        !self.sources.is_empty()
    }

    /// The columns that something reads and any file has, each with the files that have it.
    pub fn column_files(&self) -> BTreeMap<String, ColumnFiles> {
        let mut found = BTreeMap::new();
        for column in self.table.columns.iter().filter(|column| !column.is_unread && !column.is_figure) {
            let mapped = self.rules.input.columns.get(column.name).map_or(column.name, String::as_str);
            let has = |s: &&Source| columns::position_in(s.schema(), mapped).is_some();
            let (with, without): (Vec<&Source>, Vec<&Source>) = self.sources.iter().partition(has);
            if !with.is_empty() {
                let rows = with.iter().map(|s| s.rows()).sum();
                let files = ColumnFiles { with: with.len() as u64, without: without.len() as u64, rows };
                found.insert(column.name.to_owned(), files);
            }
        }
        found
    }

    /// Name and type of each column that any of its files has; and, of the contract, those with another name there.
    pub fn columns_of_files(&self) -> (Vec<(String, String)>, BTreeMap<String, String>) {
        let (mut fields, mut renamed) = (Vec::<(String, String)>::new(), BTreeMap::new());
        for schema in self.sources.iter().map(Source::schema) {
            for field in
                schema.fields().iter().filter(|f| !fields.iter().any(|(name, _)| name == f.name())).collect::<Vec<_>>()
            {
                fields.push((field.name().clone(), field.data_type().to_string()));
            }
            for column in self.table.columns {
                let mapped = self.rules.input.columns.get(column.name).map_or(column.name, String::as_str);
                let found = columns::position_in(schema, mapped).map(|at| schema.field(at).name());
                renamed.extend(
                    found.filter(|name| *name != column.name).map(|name| (column.name.to_owned(), name.clone())),
                );
            }
        }
        (fields, renamed)
    }

    /// URL of the object with that number.
    pub fn url(&self, file_no: usize) -> &str {
        self.sources.get(file_no).map_or("", |s| &s.object.url)
    }

    /// Reads every row once, as the contract has it; bad rows are taken out and named. A thread of its own decodes and
    /// checks a batch while the caller works on the one before.
    ///
    /// # Errors
    /// As reading does, and those of `each`.
    pub fn for_each_batch(&self, each: impl FnMut(Conformed) -> Result<()>) -> Result<()> {
        let (made, taken) = mpsc::sync_channel(BATCHES_AHEAD);
        std::thread::scope(|scope| {
            // If the receiver is gone the caller has failed, and returns its own error.
            let reading = scope.spawn(move || self.batches(|batch| Ok(made.send(batch).is_ok())));
            let outcome = taken.into_iter().try_for_each(each);
            let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome.and(read)
        })
    }

    /// Every batch of its files in order, for as long as `each` wants more.
    fn read(&self, mut each: impl FnMut(Conformed) -> Result<bool>) -> Result<()> {
        for (file_no, source) in self.sources.iter().enumerate() {
            let columns = columns::resolve(&self.rules.input, source.schema(), &source.object.url)
                .map_err(|errors| Error::Contract(Lines(errors)))?;
            let mut row_no = 0;
            source.for_batches(&columns.projection(), |batch| {
                let conformed = self.rules.conform(&columns, &batch, file_no, row_no)?;
                row_no += batch.num_rows() as i64;
                each(conformed)
            })?;
        }
        Ok(())
    }

    /// Every value of one column of texts, as it is read, a batch at a time; no other column is.
    ///
    /// # Errors
    /// `Contract` where the column is missing or no text; else as `Source::for_batches`.
    pub fn for_each_text(&self, name: &str, mut each: impl FnMut(&StringArray)) -> Result<()> {
        if self.replay.is_some() {
            return self.for_each_batch(|conformed| {
                let texts = conformed.batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
                texts.into_iter().for_each(&mut each);
                Ok(())
            });
        }
        for source in &self.sources {
            let columns = columns::resolve(&self.rules.input, source.schema(), &source.object.url)
                .map_err(|errors| Error::Contract(Lines(errors)))?;
            let found = columns.found.iter().find(|(column, _)| column.name == name);
            let Some((column, Some(at))) = found else { continue };
            source.for_each_batch(&[*at], |batch| {
                let texts = self.rules.column(column, batch.column(0), &mut rows::Tally::default())?;
                texts.as_string_opt::<i32>().into_iter().for_each(&mut each);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Does any of its files have the column?
    fn has_column(&self, name: &str) -> bool {
        let mapped = self.rules.input.columns.get(name).map_or(name, String::as_str);
        self.sources.iter().any(|source| columns::position_in(source.schema(), mapped).is_some())
    }

    /// Finds which dates a tool wrote as midnights of UTC, and says so.
    fn find_midnights(&mut self) -> Result<Vec<String>> {
        let found = dates::midnights(&self.rules, &self.sources, false)?;
        self.rules.utc_days = found.columns_of_days();
        let what = "values that are midnight UTC are read as the dates that they show";
        Ok(found.utc.keys().map(|column| format!("{} snapshot: {column}: {what}", self.table.name)).collect())
    }

    /// What the commit record says of this input.
    fn objects(&self) -> impl Iterator<Item = Result<InputObject>> + '_ {
        self.sources.iter().map(|source| {
            let Pinned { url, size, e_tag, version, .. } = source.object.clone();
            let (table, rows, sha256) = (self.table.name.to_owned(), source.rows(), source.sha256_where_local()?);
            Ok(InputObject { table, url, size, e_tag, version, rows, sha256 })
        })
    }
}

impl Snapshots {
    /// Rows of all inputs, the bad ones included.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(Snapshot::rows).sum()
    }

    /// The input of that name.
    pub fn get(&self, name: &str) -> Option<&Snapshot> {
        self.tables.iter().find(|t| t.table.name == name)
    }

    /// # Errors
    /// `Moved` where an object is not what it was when it was pinned.
    pub fn check_unmoved(&self) -> Result<()> {
        self.tables.iter().flat_map(|table| &table.sources).try_for_each(Source::check_unmoved)
    }

    /// Every pinned object, in a fixed order.
    ///
    /// # Errors
    /// `Unavailable` where a local file cannot be read.
    pub fn objects(&self) -> Result<Vec<InputObject>> {
        let mut objects = self.tables.iter().flat_map(Snapshot::objects).collect::<Result<Vec<InputObject>>>()?;
        objects.sort();
        Ok(objects)
    }
}

/// One input as it was found.
#[derive(Debug)]
pub struct InputStatus {
    /// What can be read of it.
    pub snapshot: Snapshot,
    /// Where it was looked for.
    pub path: String,
    /// Columns of the files that no mapping uses.
    pub unused: Vec<String>,
    /// Why it cannot be read yet: it is not there, or too old.
    pub missing: Option<String>,
    /// Why it cannot be read at all.
    pub errors: Vec<String>,
}

impl InputStatus {
    /// Files that its path matches.
    pub fn objects(&self) -> usize {
        self.snapshot.sources.len()
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.snapshot.sources.iter().map(|s| s.object.size).sum()
    }

    /// When the newest of its objects was written.
    pub fn modified(&self) -> Option<DateTime<Utc>> {
        self.snapshot.sources.iter().map(|s| s.object.modified).max()
    }
}

/// Pins and checks every input.
///
/// # Errors
/// `InputsMissing` where a required input is not there or one is too old, `Contract` with every mismatch of every file.
pub fn load(plan: &Plan, as_of: NaiveDate, runtime: &Handle) -> Result<Snapshots> {
    let seen = input_statuses(plan, as_of, runtime)?;
    refuse(&seen)?;
    let mut snapshots = Snapshots { unfound: nothing_there(&seen), ..Snapshots::default() };
    for mut input in seen {
        let table = input.snapshot.table.name;
        snapshots.unused.extend((!input.unused.is_empty()).then_some((table, input.unused)));
        snapshots.notes.extend(input.snapshot.find_midnights()?);
        snapshots.tables.push(input.snapshot);
    }
    snapshots.tables.extend(absent(plan, as_of, &snapshots.tables));
    Ok(snapshots)
}

/// The note about rows of an input that were skipped.
pub fn passed_over(table: &str, why: &str, rows: u64) -> String {
    let are = |one: &str, many: &str| plural(rows, one, many);
    match why {
        ZERO_AMOUNT => {
            let rows = are("row with an amount of 0.00 is", "rows with an amount of 0.00 are");
            format!("{table}: {rows} skipped")
        }
        UNKNOWN_CHANNEL => {
            let known = "with a channel that Régua does not know";
            let rows = are(&format!("row {known} is"), &format!("rows {known} are"));
            format!("{table}: {rows} skipped; if it means a known one, map it in [inputs.{table}.values.channel]")
        }
        NO_ADDRESS => {
            let rows =
                are("row holds no address, or several in one cell", "rows hold no address, or several in one cell");
            format!("{table}: {rows}: nothing is sent there; write one address a row")
        }
        UNKNOWN_REGUA | UNKNOWN_STEP => {
            let (column, what) = if why == UNKNOWN_REGUA { ("regua", "régua") } else { ("step_override", "step") };
            let lacks = format!("in `{column}` a {what} that the pipeline does not have");
            let rows = are(&format!("row names {lacks}"), &format!("rows name {lacks}"));
            format!("{table}: {rows}; what they are about is left alone (regua_none)")
        }
        _ => format!("{table}: {} skipped ({why})", are("row is", "rows are")),
    }
}

/// Looks at every input that the plan names: what is there, how old it is, and whether it is on contract.
///
/// # Errors
/// `Unavailable` where the store cannot be asked; what is wrong with an input stands in it.
pub fn input_statuses(plan: &Plan, as_of: NaiveDate, runtime: &Handle) -> Result<Vec<InputStatus>> {
    let seen = plan.inputs.iter().map(|input| input_status(plan, input, as_of, runtime));
    let mut seen = seen.collect::<Result<Vec<InputStatus>>>()?;
    ages::check(&mut seen, plan, as_of);
    Ok(seen)
}

/// # Errors
/// What keeps these inputs from being read: first what time may mend, then what it cannot.
pub fn refuse(seen: &[InputStatus]) -> Result<()> {
    let missing: Vec<String> = seen.iter().filter_map(|input| input.missing.clone()).collect();
    if !missing.is_empty() {
        return Err(Error::InputsMissing(Lines(missing)));
    }
    let errors: Vec<String> = seen.iter().flat_map(|input| input.errors.clone()).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
}

fn input_status(plan: &Plan, input: &InputPlan, as_of: NaiveDate, runtime: &Handle) -> Result<InputStatus> {
    let input = plan.with_also_read(input);
    let path = input.path.replace("{as_of}", &as_of.to_string());
    let (mut sources, mut unused, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let (store, objects) = pin(&path, runtime)?;
    if objects.is_empty() && !path.contains(['*', '?', '[']) && !pin(&format!("{path}/*"), runtime)?.1.is_empty() {
        let table = input.table.name;
        errors
            .push(format!("{table} snapshot {path}: it is a folder; end the path with /*.parquet in [inputs.{table}]"));
    }
    for object in objects {
        let url = object.url.clone();
        let source = match Source::open(&store, object) {
            Err(error @ Error::InputUnreadable { .. }) => {
                errors.push(error.to_string());
                continue;
            }
            opened => opened?,
        };
        match columns::resolve(&input, source.schema(), &url) {
            Ok(resolved) if !resolved.unused.is_empty() => unused = resolved.unused,
            Ok(_) => {}
            Err(found) => errors.extend(found),
        }
        sources.push(source);
    }
    let table = input.table;
    let rules = rows::RowRules::new(input, rows::Defaults::new(plan, as_of));
    let snapshot = Snapshot { table, sources, rules, held: None, replay: None };
    Ok(InputStatus { snapshot, path, unused, missing: None, errors })
}

/// The note about inputs that are named and have no file: who disputes, say, is not known to.
fn nothing_there(seen: &[InputStatus]) -> Option<String> {
    const TELLS_NOTHING: [&str; 3] = ["fx_rates", "index_rates", "holidays"];
    let names = seen.iter().filter(|input| input.objects() == 0).map(|i| i.snapshot.table.name);
    let names: Vec<&str> = names.filter(|name| !TELLS_NOTHING.contains(name)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "no file was found for {}: read as empty; if there should be one, correct its path (`regua inputs` shows where \
             it was looked for)",
            names.join(", ")
        )
    })
}

/// An optional input that no one named is an empty table.
fn absent(plan: &Plan, as_of: NaiveDate, present: &[Snapshot]) -> Vec<Snapshot> {
    let is_absent = |table: &&Table| !present.iter().any(|s| s.table.name == table.name);
    let empty = |table: &'static Table| {
        let rules = rows::RowRules::new(InputPlan::new(table, String::new()), rows::Defaults::new(plan, as_of));
        Snapshot { table, sources: Vec::new(), rules, held: None, replay: None }
    };
    contract::INPUTS.iter().filter(is_absent).map(empty).collect()
}

/// The objects that a path or a glob names, pinned.
fn pin(path: &str, runtime: &Handle) -> Result<(Store, Vec<Pinned>)> {
    let (folder, name) = split_glob(path);
    let store = Store::open(&folder, runtime)?;
    let objects = if name.contains(['*', '?', '[']) {
        let pattern =
            glob::Pattern::new(&name).map_err(|e| Error::Location { location: path.to_owned(), why: e.to_string() })?;
        store.pin(&pattern)?
    } else {
        store.pin_one(&name)?.into_iter().collect()
    };
    Ok((store, objects))
}
