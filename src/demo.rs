//! The sample portfolio: a seeded, made-up Brazilian B2B ledger as Parquet, one file per input table.
//!
//! It lets a newcomer see a whole run without data of their own, and gives benchmarks a portfolio of any size. The
//! same seed, size and as-of date give the same bytes. Debtors are drawn one at a time and written at once, so ten
//! million invoices need no more memory than ten thousand of one debtor.
//!
//! | file | owns |
//! |---|---|
//! | `debtor` | names, numbers, places, habits of paying |
//! | `ledger` | invoices, notes and their instalments |
//! | `payments` | how they are paid, or not |
//! | `exceptions` | agreements, promises, disputes, listings, placements |
//! | `contacts` | addresses and the contact log |
//! | `reference` | rates and holidays |
//! | `rows`, `sink` | the tables, and the files they go to |
//! | `values`, `dice`, `cnpj`, `words` | what all of them are made of |

mod cnpj;
mod contacts;
mod debtor;
mod dice;
mod exceptions;
mod ledger;
mod payments;
mod reference;
mod rows;
mod sink;
#[cfg(test)]
mod tests;
mod values;
mod words;

use std::path::PathBuf;

use chrono::NaiveDate;

use contacts::Points;
use debtor::{Debtor, FIRST_STREAM, Family};
use dice::Dice;
use ledger::{Counters, HISTORY_DAYS, Ledger, Texts};
use payments::CashBook;
use sink::Sink;
use values::Day;

/// From this size on one debtor has thousands of items.
const GIANT_FROM_INVOICES: u64 = 20_000;
/// The giant comes early, so that a pipeline meets it in its first minutes.
const GIANT_NO: u64 = 100;
/// Half of the old customers have fewer items than this; the mean of all is about ten.
const ITEMS_MEDIAN: f64 = 4.7;
const ITEMS_SIGMA: f64 = 1.32;
const ITEMS_MAX: f64 = 900.0;
/// `progress` is called after every so many invoices, and at the end.
const PROGRESS_INVOICES: u64 = 10_000;

/// A sample portfolio to be written.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// let demo = regua::demo::Demo {
///     dir: dir.path().to_owned(),
///     invoices: 500,
///     seed: 7,
///     as_of: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
/// };
/// let summary = demo.write(&mut |_invoices| ())?;
/// assert_eq!(summary.rows_of("invoices"), Some(500));
/// assert!(dir.path().join("input/payments.parquet").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Demo {
    /// The files go to `{dir}/input/`.
    pub dir: PathBuf,
    /// Rows of the invoices table, exactly.
    pub invoices: u64,
    /// Another seed draws other debtors, amounts and dates.
    pub seed: u64,
    /// The day on which the portfolio is to be looked at; a few invoices and payments are later.
    pub as_of: NaiveDate,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct DemoSummary {
    /// Folder of the files.
    pub folder: PathBuf,
    /// Rows per input table, in the order of the contract.
    pub rows: Vec<(&'static str, u64)>,
    /// Size of all files.
    pub bytes: u64,
}

impl DemoSummary {
    /// Rows of that table; none where the contract has no such input.
    pub fn rows_of(&self, table: &str) -> Option<u64> {
        self.rows.iter().find(|(name, _)| *name == table).map(|(_, rows)| *rows)
    }
}

/// Why a sample portfolio could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder of the input files.
    #[error("cannot create {}: {source}; choose a folder you can write to with --dir", path.display())]
    CreateFolder {
        /// `{dir}/input`.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// One of the Parquet files in it.
    #[error("cannot create {}: {source}; choose a folder you can write to with --dir", path.display())]
    CreateFile {
        /// `{dir}/input/{table}.parquet`.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Writing or closing one of the files failed.
    #[error("cannot write {}; is the disk full?", path.display())]
    Write {
        /// Of the file, which is left unfinished.
        path: PathBuf,
        /// What the Parquet writer says.
        source: parquet::errors::ParquetError,
    },
    /// A generated row does not have the types of the contract.
    #[error("rows for {} do not fit its schema; this is a bug of the generator", path.display())]
    Batch {
        /// Of the file that the rows were meant for.
        path: PathBuf,
        /// What Arrow says of columns and types.
        source: arrow::error::ArrowError,
    },
}

impl Demo {
    /// Writes the portfolio and reports the invoices written so far to `progress`.
    ///
    /// # Errors
    /// When a folder or file cannot be created or written. Files written until then stay behind, unfinished.
    pub fn write(&self, progress: &mut dyn FnMut(u64)) -> Result<DemoSummary, DemoError> {
        let mut sink = Sink::create(&self.dir)?;
        reference::write(self.as_of, &mut Dice::new(self.seed, 0), &mut sink)?;
        let mut portfolio = Portfolio::new(self);
        let mut reported = 0;
        while portfolio.written < self.invoices {
            portfolio.write_next_debtor(&mut sink)?;
            if portfolio.written - reported >= PROGRESS_INVOICES {
                reported = portfolio.written;
                progress(reported);
            }
        }
        progress(portfolio.written);
        let written = sink.finish(self.as_of)?;
        Ok(DemoSummary {
            folder: self.dir.join("input"),
            bytes: written.iter().map(|w| w.bytes).sum(),
            rows: written.into_iter().map(|w| (w.table, w.rows)).collect(),
        })
    }
}

/// What is carried from one debtor to the next.
struct Portfolio<'a> {
    demo: &'a Demo,
    as_of: Day,
    written: u64,
    debtors: u64,
    family: Option<Family>,
    counters: Counters,
    ledger: Ledger,
    texts: Texts,
}

impl<'a> Portfolio<'a> {
    fn new(demo: &'a Demo) -> Self {
        Portfolio {
            demo,
            as_of: Day::of(demo.as_of),
            written: 0,
            debtors: 0,
            family: None,
            counters: Counters::default(),
            ledger: Ledger::default(),
            texts: Texts::default(),
        }
    }

    /// Draws a debtor with its whole history and writes every row of it.
    fn write_next_debtor(&mut self, sink: &mut Sink) -> Result<(), DemoError> {
        self.debtors += 1;
        let as_of = self.as_of;
        let dice = &mut Dice::new(self.demo.seed, FIRST_STREAM + self.debtors);
        let is_giant = self.debtors == GIANT_NO && self.demo.invoices >= GIANT_FROM_INVOICES;
        let debtor = Debtor::draw(self.debtors, as_of, is_giant, &mut self.family, dice);
        let count = items_of(self.demo.invoices, is_giant, debtor.history_days(as_of), dice);
        let count = count.min(self.demo.invoices - self.written);

        sink.push(&debtor.row(dice))?;
        let points = Points::write(&debtor, as_of, dice, sink)?;
        let ledger = &mut self.ledger;
        ledger.draw(&debtor, count, as_of, &mut self.counters, dice);
        payments::plan(ledger, &debtor, dice);
        ledger.apply_credit_notes(as_of, dice);
        let mut book = CashBook { debtor: &debtor, as_of, counters: &mut self.counters, sink };
        payments::settle(ledger, &mut book, dice)?;
        exceptions::agree(ledger, &mut book, dice)?;
        ledger.write(&debtor, as_of, dice, &mut self.texts, sink)?;
        contacts::write_log(&debtor, ledger, &points, as_of, dice, sink)?;
        exceptions::write(ledger, &debtor, as_of, dice, sink)?;
        self.written += count;
        Ok(())
    }
}

/// How many rows of the invoices table a debtor has: many have one or two, a few have hundreds, one has thousands.
///
/// New customers buy at the pace of old ones, so they have as much less as their history is shorter.
fn items_of(invoices: u64, is_giant: bool, history_days: i32, dice: &mut Dice) -> u64 {
    if is_giant {
        return (invoices / 20).clamp(2_500, 20_000);
    }
    let part_of_history = f64::from(history_days) / f64::from(HISTORY_DAYS);
    (dice.log_normal(ITEMS_MEDIAN, ITEMS_SIGMA) * part_of_history).clamp(1.0, ITEMS_MAX).round() as u64
}
