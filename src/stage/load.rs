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
use chrono::NaiveDate;
use chrono_tz::Tz;
use tokio::runtime::Handle;

use crate::config::{InputPlan, Plan};
use crate::contract::{self, Table};
use crate::domain::calendar::{Scope, UnknownScope};
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
#[derive(Debug)]
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
    pub fn objects(&self) -> impl Iterator<Item = InputObject> + '_ {
        self.sources.iter().map(|source| {
            let Pinned { url, size, e_tag, version, .. } = source.object.clone();
            InputObject { table: self.table.name.to_owned(), url, size, e_tag, version, rows: source.rows() }
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

    /// Every pinned object, in a fixed order.
    pub fn objects(&self) -> Vec<InputObject> {
        let mut objects: Vec<InputObject> = self.tables.iter().flat_map(Snapshot::objects).collect();
        objects.sort();
        objects
    }
}

/// Pins and checks every input.
///
/// # Errors
/// `InputsMissing` where a required input is not there, `Contract` with every mismatch of every file.
pub fn load(plan: &Plan, as_of: NaiveDate, runtime: &Handle) -> Result<Snapshots> {
    let (mut missing, mut errors) = (Vec::new(), Vec::new());
    let (mut tables, mut unused) = (Vec::new(), Vec::new());
    for input in &plan.inputs {
        let sources = open(input, as_of, runtime)?;
        if sources.is_empty() && input.table.required {
            missing.push(format!(
                "{} snapshot {}: nothing is there; wait for the export, or correct [inputs.{0}].path",
                input.table.name,
                input.path.replace("{as_of}", &as_of.to_string())
            ));
        }
        for source in &sources {
            match columns::resolve(input, source.schema(), &source.object.url) {
                Ok(resolved) if !resolved.unused.is_empty() => unused.push((input.table.name, resolved.unused)),
                Ok(_) => {}
                Err(found) => errors.extend(found),
            }
        }
        let rules = Arc::new(rows::RowRules::new(input.clone(), plan.zone));
        tables.push(Snapshot { table: input.table, sources, rules });
    }
    if !missing.is_empty() {
        return Err(Error::InputsMissing(Lines(missing)));
    }
    if !errors.is_empty() {
        return Err(Error::Contract(Lines(errors)));
    }
    tables.extend(absent(&tables, plan.zone));
    Ok(Snapshots { tables, unused })
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
        if let Some(bad) = conformed.bad.first() {
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
        };
        Snapshot { table, sources: Vec::new(), rules: Arc::new(rows::RowRules::new(input, zone)) }
    };
    contract::INPUTS.iter().filter(is_absent).map(empty).collect()
}

fn open(input: &InputPlan, as_of: NaiveDate, runtime: &Handle) -> Result<Vec<Source>> {
    let path = input.path.replace("{as_of}", &as_of.to_string());
    let (folder, name) = split_glob(&path);
    let store = Store::open(&folder, runtime)?;
    let objects = if name.contains(['*', '?', '[']) {
        let pattern = glob::Pattern::new(&name).map_err(|e| Error::Usage(format!("{path}: {e}")))?;
        store.pin(&pattern)?
    } else {
        store.pin_one(&name)?.into_iter().collect()
    };
    objects.into_iter().map(|object| Source::open(&store, object)).collect()
}
