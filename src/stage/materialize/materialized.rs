//! All that a run is about to publish, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::NaiveDate;

use super::facts::ledger_sums;
use super::{Facts, OutputFile};
use crate::domain::money::Amount;
use crate::error::{Error, Result};
use crate::io::parquet::{HashingFile, Written};
use crate::runtime::scratch::Scratch;
use crate::stage::day_number;

/// The page of a run.
const PAGE: &str = "report.html";

/// Everything that a run is about to publish, with what the audits need to judge it.
#[derive(Debug)]
pub struct Materialized {
    /// Holds the files; they go with it.
    pub scratch: Scratch,
    /// Every file to publish but `run_results.json`.
    pub files: Vec<OutputFile>,
    /// Sums of all shards.
    pub facts: Facts,
    /// KPI table = its rows.
    pub kpis: BTreeMap<String, Vec<RecordBatch>>,
    /// Table = rows written.
    pub counts: BTreeMap<String, u64>,
    /// Rows of inputs that count for nothing.
    pub rows_quarantined: u64,
    /// Table and column of the inputs = rows that state something in it that protects somebody.
    pub stated: BTreeMap<String, u64>,
    /// The last day on which anything mattered that this run forgets.
    pub forgotten_on: Option<NaiveDate>,
}

impl Materialized {
    /// Rows of all its tables.
    pub fn rows(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Currency = open amount, for the commit record.
    pub fn control_totals(&self) -> BTreeMap<String, String> {
        self.ledger("bucket_amount")
    }

    /// Adds the page of the run to what is published. It holds nothing that this revision does not publish, so it goes with
    /// every revision.
    ///
    /// # Errors
    /// `File` where scratch cannot be written.
    pub fn add_page(&mut self, html: &str) -> Result<()> {
        let path = self.scratch.path().join(PAGE);
        let mut file = HashingFile::create(&path)?;
        file.write_all(html.as_bytes()).map_err(Error::file(&path))?;
        let (size, sha256) = file.finish().map_err(Error::file(&path))?;
        let written = Written { path, rows: 0, size, sha256 };
        self.files.push(OutputFile { written, path: PAGE.to_owned(), copy_to: None, is_of_decisions: false });
        Ok(())
    }

    /// Currency = open items, for the commit record.
    pub fn open_items(&self) -> BTreeMap<String, u64> {
        let mut open_items: BTreeMap<String, u64> = BTreeMap::new();
        for batch in self.kpis.get("kpi_portfolio").into_iter().flatten() {
            let currencies = batch.column_by_name("currency").and_then(|c| c.as_string_opt::<i32>());
            let items = batch.column_by_name("items").and_then(|c| c.as_primitive_opt::<Int64Type>());
            let Some((currencies, items)) = currencies.zip(items) else { continue };
            for (currency, items) in currencies.iter().zip(items.iter()) {
                let of_currency = open_items.entry(currency.unwrap_or_default().to_owned()).or_default();
                *of_currency += items.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            }
        }
        open_items
    }

    /// Currency = what was paid, or taken back, and is neither applied to an invoice nor credit; none where that is nothing.
    pub fn unmatched(&self) -> BTreeMap<String, String> {
        self.ledger_but_noughts("unmatched_amount")
    }

    /// Currency = what was paid on invoices that the snapshot does not hold; none where that is nothing.
    pub fn unknown(&self) -> BTreeMap<String, String> {
        self.ledger_but_noughts("unknown_amount")
    }

    fn ledger_but_noughts(&self, column: &str) -> BTreeMap<String, String> {
        let mut sums = self.ledger(column);
        sums.retain(|_, amount| *amount != Amount::ZERO.to_string());
        sums
    }

    fn ledger(&self, column: &str) -> BTreeMap<String, String> {
        let text = |minor: i128| Amount(i64::try_from(minor).unwrap_or(i64::MAX)).to_string();
        ledger_sums(&self.facts, column).into_iter().map(|(currency, minor)| (currency, text(minor))).collect()
    }

    /// Companies for which anything is sent.
    pub fn acting(&self) -> BTreeSet<String> {
        let batches = self.kpis.get("kpi_actions").into_iter().flatten();
        let companies = batches.filter_map(|b| b.column_by_name("company_id")?.as_string_opt::<i32>());
        companies.flat_map(|c| c.iter().flatten()).map(str::to_owned).collect()
    }

    /// Actions that stand: those that are new, and those of earlier revisions that a revision keeps.
    pub fn standing(&self) -> u64 {
        let batches = self.kpis.get("kpi_actions").into_iter().flatten();
        let columns = batches.filter_map(|b| b.column_by_name("actions")?.as_primitive_opt::<Int64Type>());
        columns.flat_map(|c| c.iter().flatten()).map(i64::unsigned_abs).sum()
    }

    /// Actions published on this day by earlier runs, and those of them that nobody reported on.
    pub fn reports_on(&self, day: NaiveDate) -> Option<(u64, u64)> {
        let (_, batches) = self.facts.get("fct_reports")?;
        let mut sums = (0, 0);
        for batch in batches {
            let days = batch.column_by_name("published_on")?.as_primitive_opt::<Date32Type>()?;
            let int = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
            let (actions, unreported) = (int("actions")?, int("unreported")?);
            for row in (0..batch.num_rows()).filter(|row| days.value(*row) == day_number(day)) {
                sums.0 += actions.value(row) as u64;
                sums.1 += unreported.value(row) as u64;
            }
        }
        Some(sums)
    }
}
