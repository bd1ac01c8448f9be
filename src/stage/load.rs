//! Load: finds the snapshots, pins their objects, and checks their columns before any work is done.
//!
//! Every mismatch of every input is reported at once. Rows are read later, once, by the spreading pass, through
//! `Snapshot::for_each_batch`, which hands out rows under the contract and names the bad ones.

mod columns;
mod rates;
mod rows;

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Date32Type;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use tokio::runtime::Handle;

use crate::config::{InputPlan, Plan};
use crate::contract::{self, Table};
use crate::domain::calendar::{Scope, UnknownScope};
use crate::domain::procedure::days_before;
use crate::error::{Error, Lines, Result};
use crate::io::log::InputObject;
use crate::io::parquet::Source;
use crate::io::store::{Pinned, Store, split_glob};
pub use rates::add_rates;
pub use rows::{BadRow, Conformed};

/// One input: its pinned objects and how their columns become those of the contract.
#[derive(Debug)]
pub struct Snapshot {
    pub table: &'static Table,
    sources: Vec<Source>,
    rules: Arc<rows::RowRules>,
}

/// All inputs of a run, pinned and on contract.
#[derive(Debug, Default)]
pub struct Snapshots {
    pub tables: Vec<Snapshot>,
    /// Columns that no mapping uses, by table: told, not refused.
    pub unused: Vec<(&'static str, Vec<String>)>,
}

impl Snapshot {
    pub fn rows(&self) -> u64 {
        self.sources.iter().map(Source::rows).sum()
    }

    /// URL of the object with that number.
    pub fn url(&self, file_no: usize) -> &str {
        self.sources.get(file_no).map_or("", |s| &s.object.url)
    }

    /// Reads every row once, as the contract has it; bad rows are taken out and named.
    pub fn for_each_batch(&self, mut each: impl FnMut(Conformed) -> Result<()>) -> Result<()> {
        for (file_no, source) in self.sources.iter().enumerate() {
            let columns = columns::resolve(&self.rules.input, source.schema(), &source.object.url)
                .map_err(|errors| Error::Contract(Lines(errors)))?;
            let mut row_no = 0;
            source.for_each_batch(&columns.projection(), |batch| {
                let conformed = self.rules.conform(&columns, &batch, file_no, row_no)?;
                row_no += batch.num_rows() as i64;
                each(conformed)
            })?;
        }
        Ok(())
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
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(Snapshot::rows).sum()
    }

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
pub struct Seen {
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

impl Seen {
    pub fn objects(&self) -> usize {
        self.snapshot.sources.len()
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.snapshot.sources.iter().map(|s| s.object.size).sum()
    }

    /// When the youngest of its objects was written.
    pub fn modified(&self) -> Option<DateTime<Utc>> {
        self.snapshot.sources.iter().map(|s| s.object.modified).max()
    }
}

/// Pins and checks every input.
///
/// # Errors
/// `InputsMissing` where a required input is not there or one is too old, `Contract` with every mismatch of every file.
pub fn load(plan: &Plan, as_of: NaiveDate, runtime: &Handle) -> Result<Snapshots> {
    let seen = look(plan, as_of, runtime)?;
    refuse(&seen)?;
    let (mut tables, mut unused) = (Vec::new(), Vec::new());
    for input in seen {
        unused.extend((!input.unused.is_empty()).then_some((input.snapshot.table.name, input.unused)));
        tables.push(input.snapshot);
    }
    tables.extend(absent(&tables, plan.zone));
    Ok(Snapshots { tables, unused })
}

/// Looks at every input that the plan names: what is there, how old it is, and whether it is on contract.
///
/// # Errors
/// `Unavailable` where the store cannot be asked; what is wrong with an input stands in it.
pub fn look(plan: &Plan, as_of: NaiveDate, runtime: &Handle) -> Result<Vec<Seen>> {
    plan.inputs.iter().map(|input| look_at(plan, input, as_of, runtime)).collect()
}

/// # Errors
/// What keeps these inputs from being read: first what time may mend, then what it cannot.
pub fn refuse(seen: &[Seen]) -> Result<()> {
    let missing: Vec<String> = seen.iter().filter_map(|input| input.missing.clone()).collect();
    if !missing.is_empty() {
        return Err(Error::InputsMissing(Lines(missing)));
    }
    let errors: Vec<String> = seen.iter().flat_map(|input| input.errors.clone()).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
}

fn look_at(plan: &Plan, input: &InputPlan, as_of: NaiveDate, runtime: &Handle) -> Result<Seen> {
    let path = input.path.replace("{as_of}", &as_of.to_string());
    let (mut sources, mut unused, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let (store, objects) = pin(&path, runtime)?;
    for object in objects {
        let url = object.url.clone();
        let source = match Source::open(&store, object) {
            Err(error @ Error::Damaged { .. }) => {
                errors.push(error.to_string());
                continue;
            }
            opened => opened?,
        };
        match columns::resolve(input, source.schema(), &url) {
            Ok(resolved) if !resolved.unused.is_empty() => unused = resolved.unused,
            Ok(_) => {}
            Err(found) => errors.extend(found),
        }
        sources.push(source);
    }
    let rules = Arc::new(rows::RowRules::new(input.clone(), plan.zone));
    let snapshot = Snapshot { table: input.table, sources, rules };
    let mut seen = Seen { snapshot, path, unused, missing: None, errors };
    seen.missing = missing(&seen, input, as_of, plan.zone);
    Ok(seen)
}

/// Is it not there, or was it last written before it could know of the date? Measured against the date that is asked
/// for, never against a clock.
fn missing(seen: &Seen, input: &InputPlan, as_of: NaiveDate, zone: Tz) -> Option<String> {
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
            "{table} snapshot {path}: last written on {written}, and [inputs.{table}].max_age_days = {days} asks for \
             {oldest} or later; wait for the export"
        )
    })
}

/// The holidays that came with the data.
///
/// # Errors
/// `Contract` where a scope is none of the known kinds, or a row is bad: a wrong calendar moves every due date.
pub fn holidays(snapshots: &Snapshots) -> Result<Vec<(NaiveDate, Scope)>> {
    let mut holidays = Vec::new();
    let Some(snapshot) = snapshots.get("holidays") else { return Ok(holidays) };
    snapshot.for_each_batch(|conformed| {
        let refuse =
            |what: String| Error::Contract(Lines(vec![format!("holidays snapshot {}: {what}", snapshot.url(0))]));
        if let Some(bad) = conformed.bad.iter().find(|bad| !bad.is_warning) {
            return Err(refuse(format!("row {}: column {:?} is {}", bad.row_no, bad.column, bad.value_class)));
        }
        let column = |name: &str| conformed.batch.column_by_name(name).map(|c| c.as_ref());
        let dates = column("date").map(|c| c.as_primitive::<Date32Type>());
        let scopes = column("scope").map(|c| c.as_string::<i32>());
        let Some((dates, scopes)) = dates.zip(scopes) else { return Ok(()) };
        for (day, scope) in dates.iter().zip(scopes.iter()) {
            let scope: Scope = scope.unwrap_or_default().parse().map_err(|e: UnknownScope| refuse(e.to_string()))?;
            let day = day.and_then(|d| NaiveDate::from_num_days_from_ce_opt(d + 719_163));
            holidays.extend(day.map(|day| (day, scope)));
        }
        Ok(())
    })?;
    Ok(holidays)
}

/// An optional input that no one named is an empty table.
fn absent(present: &[Snapshot], zone: Tz) -> Vec<Snapshot> {
    let is_absent = |table: &&Table| !present.iter().any(|s| s.table.name == table.name);
    let empty = |table: &'static Table| {
        let input = InputPlan {
            table,
            path: String::new(),
            columns: Default::default(),
            values: Default::default(),
            amount_from_float: None,
            max_age_days: None,
        };
        Snapshot { table, sources: Vec::new(), rules: Arc::new(rows::RowRules::new(input, zone)) }
    };
    contract::INPUTS.iter().filter(is_absent).map(empty).collect()
}

/// The objects that a path or a glob names, pinned.
fn pin(path: &str, runtime: &Handle) -> Result<(Store, Vec<Pinned>)> {
    let (folder, name) = split_glob(path);
    let store = Store::open(&folder, runtime)?;
    let objects = if name.contains(['*', '?', '[']) {
        let pattern = glob::Pattern::new(&name).map_err(|e| Error::Usage(format!("{path}: {e}")))?;
        store.pin(&pattern)?
    } else {
        store.pin_one(&name)?.into_iter().collect()
    };
    Ok((store, objects))
}
