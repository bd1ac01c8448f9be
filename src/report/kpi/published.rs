//! What `regua report` reads of a published run: its KPI tables, its record, and the notes and cards that it left.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data::MONTHS;
use super::{Kpis, OwnCard, Run};
use crate::error::Result;
use crate::io::log::{InputObject, Record};
use crate::io::parquet::read_published;
use crate::io::projection::published_bytes;
use crate::io::store::Store;
use crate::io::tables::rows;

/// A published run, as a page is made of it.
#[derive(Debug)]
pub struct Published {
    pub run: Run,
    pub kpis: Kpis,
    pub own: Vec<OwnCard>,
}

/// What a run leaves in its results for its page: no table has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Told {
    /// What a person should know besides, a sentence each.
    pub notes: Vec<String>,
    /// Cards of the user's own KPI tables.
    pub cards: Vec<OwnCard>,
}

impl Published {
    /// Companies that the portfolio names, or a month that is shown.
    pub fn companies(&self) -> BTreeSet<String> {
        let batches = |table: &str| self.kpis.get(table).map_or(&[][..], Vec::as_slice);
        ["kpi_portfolio", MONTHS]
            .into_iter()
            .flat_map(|table| rows(batches(table)))
            .map(|row| row.text("company_id"))
            .collect()
    }
}

/// Reads what a record names.
///
/// # Errors
/// `PublishedDamaged` where a published file is gone or is not what was published.
pub fn published(store: &Store, record: &Record) -> Result<Published> {
    let mut kpis = Kpis::new();
    for file in &record.files {
        let Some((_, path)) = file.path.split_once(&format!("{}/", record.run_id)) else { continue };
        if let Some(table) = path.strip_prefix("kpi/").and_then(|name| name.strip_suffix(".parquet")) {
            kpis.insert(table.to_owned(), read_published(store, record, path)?);
        }
    }
    let told = told(store, record)?;
    Ok(Published { run: run(record, told.notes), kpis, own: told.cards })
}

/// Nothing where an older version wrote the results.
fn told(store: &Store, record: &Record) -> Result<Told> {
    let Some(file) = record.files.iter().find(|file| file.path.ends_with("/run_results.json")) else {
        return Ok(Told::default());
    };
    Ok(serde_json::from_slice(&published_bytes(store, file)?).unwrap_or_default())
}

/// Export = rows of all its files.
pub fn rows_read(inputs: &[InputObject]) -> BTreeMap<String, u64> {
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    for input in inputs.iter().filter(|input| input.is_export()) {
        *rows.entry(input.table.clone()).or_default() += input.rows;
    }
    rows
}

fn run(record: &Record, notes: Vec<String>) -> Run {
    Run {
        tenant: record.tenant.clone(),
        as_of: record.as_of,
        kind: record.kind,
        revision: record.revision,
        counts: record.counts.clone(),
        notes,
        experiments: record.experiments.clone(),
        audits: record.audits.len(),
        inputs: rows_read(&record.inputs),
        code_version: record.code_version.clone(),
        input_digest: record.input_digest.clone(),
        config_digest: record.config_digest.clone(),
    }
}
