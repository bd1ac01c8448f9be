//! Materialize: the position and the decisions become files and KPI tables, in scratch, not yet visible to anybody.
//!
//! Each shard adds its rows to one file per table, in shard order, and its sums to the facts; the KPI models then run
//! once over the facts of all shards.

mod facts;
mod materialized;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono::NaiveDate;

pub use self::facts::{DayCounts, MonthCounts, add as add_facts, days_of, ledger_sum, months_of};
pub use self::materialized::Materialized;
use super::{Decided, Periods, QuarantinedRow, Remembered, Revision, day_number, quarantine_rows};
use crate::contract::{self, Table};
use crate::domain::fx::Quotes;
use crate::domain::money::Currency;
use crate::error::{Error, Result};
use crate::io::engine::{Engine, Layer, Models, Session};
use crate::io::outbox::{self, VOIDS};
use crate::io::parquet::{HashingFile, TableWriter, Written, conformed};
use crate::runtime::scratch::Scratch;
use crate::runtime::timings::StageTimings;

/// Tables that say what was decided, or follow from it.
const OF_DECISIONS: [&str; 2] = ["out_actions", "out_decisions"];
/// The model of who is in which arm.
pub const MEMBERS: &str = "fct_experiment_members";
/// Lines of one part of a gateway batch.
const LINES_MAX: u64 = 10_000;

/// The sums of one shard, by fact table.
pub type Facts = BTreeMap<String, (SchemaRef, Vec<RecordBatch>)>;

/// A finished file and where it is to stand.
#[derive(Clone, Debug)]
pub struct OutputFile {
    /// Where it stands in scratch, and what it holds.
    pub written: Written,
    /// Below the run's folder.
    pub path: String,
    /// Below the output folder, for readers that do not follow the log.
    pub copy_to: Option<String>,
    /// Depends on decisions, so it is left out when a later date is already published.
    pub is_of_decisions: bool,
}

/// The currency in which a group adds up its companies, and the rates that lead to it.
#[derive(Clone, Copy, Debug)]
pub struct Reporting<'a> {
    /// The currency of `fx_rate`.
    pub currency: Currency,
    /// Rates of exchange as of the date.
    pub quotes: &'a Quotes,
    /// The date that the run looks at.
    pub as_of: NaiveDate,
}

/// The files under way.
pub struct OutputWriter {
    scratch: Scratch,
    as_of: NaiveDate,
    revision: u32,
    tables: BTreeMap<&'static str, TableWriter>,
    batches: BTreeMap<&'static str, OutboxBatch>,
    facts: Facts,
    forgotten_on: Option<i32>,
}

/// The gateway batch of one channel: parts of at most `LINES_MAX` lines.
struct OutboxBatch {
    folder: PathBuf,
    channel: &'static str,
    open: Option<(HashingFile, u64)>,
    done: Vec<Written>,
}

/// Registers what was decided beside the shard's own tables.
///
/// # Errors
/// `Model` where a table has other columns than in another shard.
pub fn register(session: &Session, decided: &Decided) -> Result<()> {
    let tables = [
        ("out_actions", &decided.actions),
        ("out_decisions", &decided.decisions),
        ("out_items", &decided.items),
        ("out_debtors", &decided.debtors),
        ("out_action_items", &decided.action_items),
        ("out_listings", &decided.listings),
        ("out_action_offers", &decided.action_offers),
    ];
    for (name, batch) in tables {
        session.register(name, batch.schema(), vec![batch.clone()])?;
    }
    Ok(())
}

/// Registers what was decided and runs the fact models.
///
/// # Errors
/// `Model` where a model fails.
pub fn facts(models: &Models, session: &Session, decided: &Decided, timings: &StageTimings) -> Result<Facts> {
    register(session, decided)?;
    run_facts(models, session, timings, |_| true)
}

/// Runs some of the fact models, of those that need no decision.
///
/// # Errors
/// As `facts`.
pub fn some_facts(models: &Models, session: &Session, names: &[&str]) -> Result<Facts> {
    run_facts(models, session, &StageTimings::default(), |name| names.contains(&name))
}

fn run_facts(
    models: &Models,
    session: &Session,
    timings: &StageTimings,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Facts> {
    let mut facts = Facts::new();
    for model in models.of(Layer::Facts).filter(|model| is_wanted(&model.name)) {
        timings.time(&model.name, || session.run(model))?;
        session.finish(model)?;
        facts.insert(model.name.clone(), session.table(&model.name)?);
    }
    Ok(facts)
}

impl OutputWriter {
    /// Opens every file before the work starts.
    ///
    /// # Errors
    /// `File` where scratch cannot be written.
    pub fn open(as_of: NaiveDate, revision: &Revision, scratch_dir: Option<&Path>) -> Result<OutputWriter> {
        let scratch = Scratch::new(scratch_dir)?;
        let mut tables = BTreeMap::new();
        for table in contract::OUTPUTS {
            let path = scratch.path().join(format!("{}.parquet", table.name));
            tables.insert(table.name, TableWriter::create(&path, table.schema())?);
        }
        let revision = revision.number;
        let (batches, facts) = (BTreeMap::new(), Facts::new());
        Ok(OutputWriter { scratch, as_of, revision, tables, batches, facts, forgotten_on: None })
    }

    /// Adds one shard; shards come in order.
    ///
    /// # Errors
    /// `File` where the disk is full, `Internal` where rows do not fit their table.
    pub fn append(&mut self, decided: &Decided, remembered: &Remembered, mut facts: Facts) -> Result<()> {
        self.write(&contract::CONTACT_STATE, &remembered.state)?;
        self.write(&contract::ITEM_FLOWS, &remembered.flows)?;
        self.forgotten_on = self.forgotten_on.max(remembered.forgotten_on);
        self.write(&contract::ACTIONS, &decided.new_actions)?;
        self.write(&contract::DECISIONS, &decided.decisions)?;
        self.write(&contract::ITEMS, &decided.items)?;
        self.write(&contract::DEBTORS, &decided.debtors)?;
        for (channel, line) in &decided.lines {
            let folder = self.scratch.path().to_owned();
            let batch = self.batches.entry(channel).or_insert_with(|| OutboxBatch {
                folder,
                channel,
                open: None,
                done: Vec::new(),
            });
            batch.push(line)?;
        }
        // Rows of debtors, no sums: they are published and not kept.
        let (_, members) = facts.remove(MEMBERS).unwrap_or_else(|| (contract::EXPERIMENT_MEMBERS.schema(), Vec::new()));
        for batch in &members {
            let own = conformed(batch, &contract::EXPERIMENT_MEMBERS.schema());
            self.write(
                &contract::EXPERIMENT_MEMBERS,
                &own.map_err(|e| of_model(MEMBERS, Error::columns(MEMBERS, &e)))?,
            )?;
        }
        add_facts(&mut self.facts, facts)
    }

    fn write(&mut self, table: &Table, batch: &RecordBatch) -> Result<()> {
        match self.tables.get_mut(table.name) {
            Some(writer) => writer.write(batch),
            None => Ok(()),
        }
    }

    /// Closes the files and works out the KPI tables.
    ///
    /// # Errors
    /// `Model` where a KPI model fails or breaks its grain; else as `append`.
    pub fn finish(
        mut self,
        models: &Models,
        engine: &Engine,
        (periods, reporting): (Periods, Reporting<'_>),
        quarantined: &[QuarantinedRow],
    ) -> Result<Materialized> {
        self.write(&contract::QUARANTINE, &quarantine_rows(self.as_of, quarantined)?)?;
        let (mut files, mut counts) = (Vec::new(), BTreeMap::new());
        for (name, writer) in std::mem::take(&mut self.tables) {
            let written = writer.finish()?;
            counts.insert(name.to_owned(), written.rows);
            let of_decisions =
                [contract::ACTIONS, contract::DECISIONS, contract::CONTACT_STATE, contract::EXPERIMENT_MEMBERS];
            let is_of_decisions = of_decisions.iter().any(|table| table.name == name);
            let path = format!("{name}/part-00000.parquet");
            files.push(OutputFile { written, path, copy_to: None, is_of_decisions });
        }
        for batch in std::mem::take(&mut self.batches).into_values() {
            let of_batch = batch.finish(self.as_of, self.revision)?;
            let rows: u64 = of_batch.iter().map(|a| a.written.rows).sum();
            counts.extend(of_batch.first().filter(|a| a.path.contains(VOIDS)).map(|_| (VOIDS.to_owned(), rows)));
            files.extend(of_batch);
        }
        let kpis = self.kpis(models, engine, periods, reporting)?;
        for (name, batches) in &kpis {
            let written = self.write_kpi(name, batches)?;
            counts.insert(name.clone(), written.rows);
            let copy_to = Some(format!("kpi/{name}/dt={}/part-00000.parquet", self.as_of));
            let is_of_decisions = models.depends_on(name, &OF_DECISIONS);
            files.push(OutputFile { written, path: format!("kpi/{name}.parquet"), copy_to, is_of_decisions });
        }
        let rows_quarantined = quarantined.len() as u64;
        let OutputWriter { scratch, facts, forgotten_on, .. } = self;
        let forgotten_on = forgotten_on.and_then(date_of);
        Ok(Materialized {
            scratch,
            files,
            facts,
            kpis,
            counts,
            rows_quarantined,
            stated: BTreeMap::new(),
            forgotten_on,
        })
    }

    fn kpis(
        &self,
        models: &Models,
        engine: &Engine,
        periods: Periods,
        reporting: Reporting<'_>,
    ) -> Result<BTreeMap<String, Vec<RecordBatch>>> {
        let session = engine.session();
        for (name, (schema, batch)) in periods {
            session.register(name, schema, vec![batch])?;
        }
        for (name, (schema, batches)) in &self.facts {
            session.register(name, SchemaRef::clone(schema), batches.clone())?;
        }
        let mut kpis = BTreeMap::new();
        for model in models.of(Layer::Kpis) {
            session.run(model)?;
            if !model.kind.has_rows() && contract::kpi(&model.name).is_some() {
                let what = "a table of this name is published, so its Kind is table".to_owned();
                return Err(Error::Model { model: model.name.clone(), what });
            }
            // What several tables share is a view, and is no table itself.
            if model.kind.has_rows() {
                let (schema, mut batches) = session.table(&model.name)?;
                if let Some(column) = model.grain.iter().find(|column| schema.index_of(column).is_err()) {
                    let what = format!("its Grain names `{column}`, which it does not select");
                    return Err(Error::Model { model: model.name.clone(), what });
                }
                if session.repeated_keys(&model.name, &model.grain)? > 0 {
                    let what = format!("some of its rows have the same {}; correct its Grain", model.grain.join(", "));
                    return Err(Error::Model { model: model.name.clone(), what });
                }
                // A table without rows has columns all the same.
                if batches.is_empty() {
                    batches.push(RecordBatch::new_empty(schema));
                }
                dated(&model.name, &batches, reporting.as_of)?;
                let rated = batches.iter().map(|batch| reporting.rated(batch)).collect::<Result<_>>()?;
                kpis.insert(model.name.clone(), rated);
            }
        }
        Ok(kpis)
    }

    /// A KPI table under its contract; a model of the user's own is written as it comes.
    fn write_kpi(&self, name: &str, batches: &[RecordBatch]) -> Result<Written> {
        let own = || batches.first().map(RecordBatch::schema);
        let schema = contract::kpi(name).map(Table::schema).or_else(own).unwrap_or_else(|| Arc::new(Schema::empty()));
        let lacking =
            batches.first().and_then(|b| schema.fields().iter().find(|f| b.column_by_name(f.name()).is_none()));
        if let Some(column) = lacking {
            let what = format!("it lacks the column {}, which the table of that name has", column.name());
            return Err(Error::Model { model: name.to_owned(), what });
        }
        let path = self.scratch.path().join(format!("{name}.parquet"));
        let mut writer = TableWriter::create(&path, schema)?;
        batches.iter().try_for_each(|batch| writer.write(batch)).map_err(|error| of_model(name, error))?;
        writer.finish()
    }
}

/// Every table says the day of its rows, and it is that of the run: a reader finds a day by it.
fn dated(name: &str, batches: &[RecordBatch], as_of: NaiveDate) -> Result<()> {
    let refused = |what: &str| {
        let what = format!("{what}; select `@as_of as as_of_date`");
        Err(Error::Model { model: name.to_owned(), what })
    };
    for batch in batches {
        let Some(days) = batch.column_by_name("as_of_date").and_then(|c| c.as_primitive_opt::<Date32Type>()) else {
            return refused("a KPI table has a column as_of_date, a date");
        };
        let is_other = |day: Option<i32>| day != Some(day_number(as_of));
        if days.iter().any(is_other) {
            return refused("its as_of_date is not the day of the run");
        }
    }
    Ok(())
}

impl Reporting<'_> {
    /// The rows of a table with amounts, each with the rate of its currency; those of another as they are.
    fn rated(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let [name, rate] = [contract::REPORTING_CURRENCY, contract::FX_RATE];
        let has_amounts = batch.columns().iter().any(|c| matches!(c.data_type(), DataType::Decimal128(..)));
        let currencies = batch.column_by_name("currency").and_then(|c| c.as_string_opt::<i32>());
        let Some(currencies) = currencies.filter(|_| has_amounts && batch.column_by_name(rate.name).is_none()) else {
            return Ok(batch.clone());
        };
        let units = |code: Option<&str>| {
            let from = code.and_then(|code| code.parse().ok())?;
            self.quotes.rate_units(from, self.currency, self.as_of).map(i128::from)
        };
        let rates: Decimal128Array = currencies.iter().map(units).collect();
        let failed = |e: ArrowError| Error::columns("the KPI tables", &e);
        let rates = rates.with_data_type(rate.data_type());
        let names = StringArray::from(vec![self.currency.to_string(); batch.num_rows()]);
        let mut fields = batch.schema().fields().to_vec();
        fields.extend([&name, &rate].map(|column| Arc::new(Field::new(column.name, column.data_type(), true))));
        let added: [ArrayRef; 2] = [Arc::new(names), Arc::new(rates)];
        let columns = batch.columns().iter().cloned().chain(added).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(failed)
    }
}

/// A batch in the memory that its rows need: the engine's has room for thousands, and a fact has a few rows for each shard.
fn trimmed(batch: RecordBatch) -> Result<RecordBatch> {
    let (schema, mut columns, _) = batch.into_parts();
    columns.iter_mut().for_each(Array::shrink_to_fit);
    RecordBatch::try_new(schema, columns).map_err(|e| Error::columns("the facts", &e))
}

/// What does not fit a table that a model makes is a fault of the model, which may be the user's own.
fn of_model(model: &str, error: Error) -> Error {
    match error {
        Error::Internal { what, .. } => {
            Error::Model { model: model.to_owned(), what: format!("{what}; compare it with the shipped model") }
        }
        other => other,
    }
}

/// The date of a day as Arrow counts it.
fn date_of(day: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(i64::from(day)))
}

impl OutboxBatch {
    fn push(&mut self, line: &str) -> Result<()> {
        if self.open.as_ref().is_some_and(|(_, lines)| *lines >= LINES_MAX) {
            self.close()?;
        }
        let path = self.path();
        let (file, lines) = match &mut self.open {
            Some(open) => open,
            None => self.open.insert((HashingFile::create(&path)?, 0)),
        };
        file.write_all(line.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(Error::file(path))?;
        *lines += 1;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}-{:05}.ndjson", self.channel, self.done.len()))
    }

    fn close(&mut self) -> Result<()> {
        let path = self.path();
        let Some((file, rows)) = self.open.take() else { return Ok(()) };
        let (size, sha256) = file.finish().map_err(Error::file(&path))?;
        self.done.push(Written { path, rows, size, sha256 });
        Ok(())
    }

    fn finish(mut self, as_of: NaiveDate, revision: u32) -> Result<Vec<OutputFile>> {
        self.close()?;
        let output_file = |(written, part_no): (Written, usize)| {
            let name = format!("{}/part-{part_no:05}.ndjson", outbox::folder(self.channel));
            let copy_to = Some(format!("{}/{name}", outbox::revision_folder(as_of, revision)));
            OutputFile { written, path: format!("outbox/{name}"), copy_to, is_of_decisions: true }
        };
        Ok(self.done.into_iter().zip(0..).map(output_file).collect())
    }
}
