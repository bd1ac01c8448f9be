//! Rows under the contract: read without loss, values mapped, and every bad row named and taken out.
//!
//! Checks work on whole columns. A column without nulls costs nothing to check for nulls; words are looked up once
//! per distinct neighbour. What is wrong with a row is said by class, never by value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use chrono::format::Item;
use chrono::{Months, NaiveDate};
use chrono_tz::Tz;

use super::columns::Columns;
use super::dates::{date_of, day_number, local_dates, read_formats};
use super::replay::known_since;
use crate::config::{InputPlan, Plan};
use crate::contract::{Column, Kind, MONEY_SCALE, RATE_SCALE};
use crate::domain::pii::Pii;
use crate::error::{Error, Result, Unreadable};

/// Why rows are skipped: 0.00 owes and pays nothing.
pub const ZERO_AMOUNT: &str = "zero_amount";
/// Why rows are skipped: fax, a visit, any channel that Régua does not know.
pub const UNKNOWN_CHANNEL: &str = "unknown_channel";
/// It names a régua that the pipeline does not have.
pub const UNKNOWN_REGUA: &str = "unknown_regua";
/// It begins at a step that the pipeline does not have.
pub const UNKNOWN_STEP: &str = "unknown_step";
/// Where an address should stand is none, or there are several.
pub const NO_ADDRESS: &str = "no_address";

/// A date of what has happened that lies further than this beyond the as-of date is mistyped: 2062 for 2026. It would never
/// be seen. Five years, for whoever runs an earlier day again over a snapshot of today.
const FUTURE_MONTHS: Months = Months::new(60);
/// A due date further ahead is mistyped too: nothing would ever be asked.
const DUE_MONTHS: Months = Months::new(240);

/// Inputs whose rows are about an invoice where they name one.
const ABOUT_INVOICES: [&str; 6] = ["invoices", "payments", "promises", "disputes", "listings", "placements"];

/// Columns of addresses and events that may ask to be left alone.
const ASKING: [&str; 3] = ["status", "opted_in", "opted_out_on"];

/// A row that is not as the contract asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadRow {
    /// The input.
    pub table: &'static str,
    /// Which of its files, from 0.
    pub file_no: usize,
    /// From 0, in its file.
    pub row_no: i64,
    /// The column that is wrong.
    pub column: &'static str,
    /// What stands there, never the value: "text", "10^13 or more".
    pub value_class: String,
    /// Of the contract's reasons for quarantine.
    pub reason: &'static str,
    /// Whom it names; null where that is what cannot be read.
    pub debtor_id: Option<String>,
    /// Only a warning: reported in `quarantine`, but the row is read and nobody is held.
    pub is_warning: bool,
    /// What else it names, so that whoever owns that can be held.
    pub company_id: Option<String>,
    /// The invoice that it names.
    pub invoice_id: Option<String>,
    /// The agreement that it names.
    pub agreement_id: Option<String>,
    /// The payment it reverses or restores.
    pub reverses: Option<String>,
    /// The day since when it is known, or that it speaks of.
    pub on: Option<NaiveDate>,
    /// Where it may ask for silence.
    pub silences: Option<Silence>,
    /// Whom it calls insolvent.
    pub insolvent: Option<String>,
}

/// What a row that may ask to be left alone is about: an address, on one channel or on any, or an action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silence {
    /// The channel that it names.
    pub channel: Option<String>,
    /// The address that it names, as it was written.
    pub address: Option<Pii<String>>,
    /// The action that it reports on.
    pub action_id: Option<String>,
}

impl BadRow {
    /// A row that is read all the same, and what is odd about it.
    pub fn warning(
        table: &'static str,
        source_row: i64,
        column: &'static str,
        value_class: &str,
        reason: &'static str,
    ) -> BadRow {
        BadRow {
            table,
            file_no: (source_row >> 40) as usize,
            row_no: source_row & 0xff_ffff_ffff,
            column,
            value_class: value_class.to_owned(),
            reason,
            debtor_id: None,
            is_warning: true,
            company_id: None,
            invoice_id: None,
            agreement_id: None,
            reverses: None,
            on: None,
            silences: None,
            insolvent: None,
        }
    }

    /// An item of an agreement that nobody signed: it covers nothing here, and its invoice is left alone.
    pub fn unknown_agreement(source_row: i64, invoice_id: Option<String>) -> BadRow {
        let class = "an agreement that is not in the snapshot";
        let warning = BadRow::warning("agreement_items", source_row, "agreement_id", class, "unknown_agreement");
        BadRow { invoice_id, ..warning }
    }

    /// An item of an agreement with a number that too many debtors use: it cannot be told whose it is.
    pub fn crowded_agreement(source_row: i64, invoice_id: Option<String>) -> BadRow {
        let class = "an agreement number that many debtors use";
        let warning = BadRow::warning("agreement_items", source_row, "agreement_id", class, "crowded_agreement");
        BadRow { invoice_id, ..warning }
    }

    /// An item of an agreement of which another row cannot be read: nobody knows whether it is kept.
    pub fn doubtful_agreement(source_row: i64, invoice_id: Option<String>) -> BadRow {
        let class = "an agreement with a row that cannot be read";
        let warning = BadRow::warning("agreement_items", source_row, "agreement_id", class, "doubtful_agreement");
        BadRow { invoice_id, ..warning }
    }

    /// Can it be about money that somebody owes or has paid? Then whoever owes the invoice that it names is held too.
    pub fn touches_an_invoice(&self) -> bool {
        const ABOUT_DEBTS: [&str; 5] = ["invoices", "payments", "promises", "disputes", "agreement_items"];
        let is_entry = ["listings", "placements"].contains(&self.table) && self.debtor_id.is_some();
        const UNPROTECTED: [&str; 3] = ["unknown_agreement", "crowded_agreement", "doubtful_agreement"];
        let holds = !self.is_warning || UNPROTECTED.contains(&self.reason);
        holds && self.invoice_id.is_some() && (is_entry || ABOUT_DEBTS.contains(&self.table))
    }
}

/// A batch of good rows and the bad ones beside it.
#[derive(Clone, Debug)]
pub struct Conformed {
    /// The columns of the contract that something reads, then `source_row`, `key_hash`, `content_hash` and, for
    /// instants, the local date.
    pub batch: RecordBatch,
    /// What could not be read.
    pub bad: Vec<BadRow>,
    /// Amounts that were rounded because they came as floats.
    pub rounded: u64,
    /// Rows that were skipped, by why.
    pub passed_over: BTreeMap<&'static str, u64>,
    /// Dates that mean "none".
    pub null_dates: u64,
}

/// What a pipeline says of rows that do not say it themselves.
#[derive(Clone, Debug)]
pub(super) struct Defaults {
    pub(super) zone: Tz,
    pub(super) company: String,
    pub(super) currency: String,
    /// Nothing has happened after this day, in days since 1970.
    pub(super) last_day: i32,
    /// Nothing falls due after this one.
    pub(super) last_due_day: i32,
}

impl Defaults {
    pub(super) fn new(plan: &Plan, as_of: NaiveDate) -> Defaults {
        let after = |months| day_number(as_of.checked_add_months(months).unwrap_or(NaiveDate::MAX));
        Defaults {
            zone: plan.zone,
            company: plan.default_company.clone(),
            currency: plan.default_currency.to_string(),
            last_day: after(FUTURE_MONTHS),
            last_due_day: after(DUE_MONTHS),
        }
    }
}

/// How the rows of one input are read.
#[derive(Debug)]
pub(super) struct RowRules {
    pub(super) input: InputPlan,
    pub(super) defaults: Defaults,
    /// The columns of the contract that something reads.
    pub(super) columns: Vec<&'static Column>,
    pub(super) date_formats: Vec<Vec<Item<'static>>>,
    /// `null_dates`, in days since 1970.
    pub(super) null_days: Vec<i32>,
    /// Columns of dates that came as midnights of UTC.
    pub(super) utc_days: BTreeSet<&'static str>,
    schema: SchemaRef,
}

/// What is wrong with single rows of a batch, first fault first.
#[derive(Default)]
pub(super) struct Faults {
    first: BTreeMap<usize, (&'static str, String, &'static str)>,
    /// Rows in which a column that may ask for silence cannot be read.
    may_ask: BTreeSet<usize>,
}

impl Faults {
    pub(super) fn add(&mut self, row: usize, column: &Column, class: impl Into<String>, reason: &'static str) {
        if ASKING.contains(&column.name) {
            self.may_ask.insert(row);
        }
        self.first.entry(row).or_insert_with(|| (column.name, class.into(), reason));
    }
}

/// What is found while a batch is read.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) faults: Faults,
    /// Rows to be skipped, and why: nothing is wrong with them.
    passed_over: BTreeMap<usize, &'static str>,
    pub(super) rounded: u64,
    pub(super) null_dates: u64,
}

impl Tally {
    pub(super) fn pass_over(&mut self, row: usize, why: &'static str) {
        self.passed_over.entry(row).or_insert(why);
    }

    /// An event that protects is not passed over for the channel that it came by: it is a bad row, and is obeyed as such.
    fn keep(&mut self, row: usize, column: &Column) {
        self.passed_over.remove(&row);
        self.faults.add(row, column, "unknown word", "unknown_value");
    }
}

impl Conformed {
    /// Good rows alone.
    pub(super) fn of(batch: RecordBatch) -> Conformed {
        Conformed { batch, bad: Vec::new(), rounded: 0, passed_over: BTreeMap::new(), null_dates: 0 }
    }
}

impl RowRules {
    pub(super) fn new(input: InputPlan, defaults: Defaults) -> RowRules {
        let columns: Vec<&'static Column> =
            input.table.columns.iter().filter(|c| !c.is_unread || input.also_read.contains(c.name)).collect();
        let mut fields: Vec<Field> = columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect();
        let ints = ["source_row", "key_hash", "content_hash"];
        fields.extend(ints.map(|name| Field::new(name, DataType::Int64, false)));
        for column in columns.iter().filter(|c| c.kind == Kind::Ts) {
            fields.push(Field::new(local_date_name(column.name), DataType::Date32, true));
        }
        RowRules {
            date_formats: read_formats(&input.date_formats),
            null_days: input.null_dates.iter().copied().map(day_number).collect(),
            utc_days: BTreeSet::new(),
            schema: Arc::new(Schema::new(fields)),
            input,
            defaults,
            columns,
        }
    }

    /// Reads one batch of a file.
    pub(super) fn conform(
        &self,
        columns: &Columns,
        batch: &RecordBatch,
        file_no: usize,
        first_row: i64,
    ) -> Result<Conformed> {
        let rows = batch.num_rows();
        let projection = columns.projection();
        let mut tally = Tally::default();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for (column, position) in &columns.found {
            let array = match position.and_then(|p| projection.binary_search(&p).ok()) {
                None => new_null_array(&column.data_type(), rows),
                Some(at) if column.spoils_no_row() => self.column(column, batch.column(at), &mut Tally::default())?,
                Some(at) => self.column(column, batch.column(at), &mut tally)?,
            };
            self.check_missing(column, &array, &mut tally);
            arrays.push(array);
        }
        self.check_debtors(&arrays, &mut tally);
        self.check_events(&arrays, &mut tally);
        self.check_rows(&mut arrays, &mut tally);
        let warnings = self.warnings(&arrays);
        let whole = self.placed(arrays, rows, (file_no, first_row))?;
        let bad_row = |row: usize, column, value_class: &str, reason, is_warning| {
            let text = |name: &str| text_of(&whole, name, row);
            BadRow {
                table: self.input.table.name,
                file_no,
                row_no: first_row + row as i64,
                column,
                value_class: value_class.to_owned(),
                reason,
                debtor_id: if is_warning { None } else { text("debtor_id") },
                is_warning,
                company_id: text("company_id"),
                // A credit note is about the invoice that it reduces.
                invoice_id: text("original_invoice_id").or_else(|| text("invoice_id")),
                agreement_id: text("agreement_id"),
                on: day_of(&whole, known_since(self.input.table.name).unwrap_or("date"), row),
                reverses: text("reverses"),
                silences: silence(&whole, row, tally.faults.may_ask.contains(&row)),
                insolvent: text("tax_id").filter(|_| is_true(&whole, "is_insolvent", row)),
            }
        };
        let is_read = |row: &usize| !tally.passed_over.contains_key(row);
        let faults = tally.faults.first.iter().filter(|(row, _)| is_read(row));
        let mut bad: Vec<BadRow> =
            faults.map(|(row, (column, class, reason))| bad_row(*row, *column, class, *reason, false)).collect();
        let told = warnings.into_iter().filter(|(row, ..)| is_read(row) && !tally.faults.first.contains_key(row));
        bad.extend(told.map(|(row, column, class, reason)| bad_row(row, column, class, reason, true)));
        self.split(whole, tally, bad)
    }

    /// Columns of the contract as a batch, each row with its place (`file_no`, and its number from `first_row` on), its hashes and
    /// its local dates.
    pub(super) fn placed(
        &self,
        mut arrays: Vec<ArrayRef>,
        rows: usize,
        (file_no, first_row): (usize, i64),
    ) -> Result<RecordBatch> {
        let (keys, contents) = self.hashes(&arrays, rows);
        let origin = (file_no as i64) << 40;
        let instants = self.columns.iter().zip(&arrays).filter(|(column, _)| column.kind == Kind::Ts);
        let days = instants.map(|(_, array)| Arc::new(local_dates(array, self.defaults.zone)) as ArrayRef);
        let days: Vec<ArrayRef> = days.collect();
        arrays.push(Arc::new(Int64Array::from_iter_values((0..rows as i64).map(|row| origin | (first_row + row)))));
        arrays.extend([Arc::new(keys) as ArrayRef, Arc::new(contents)]);
        arrays.extend(days);
        let whole = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        whole.map_err(|_| self.internal("its columns do not fit together"))
    }

    fn check_missing(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) {
        if !column.required || array.null_count() == 0 {
            return;
        }
        for row in (0..array.len()).filter(|row| array.is_null(*row) && !self.may_lack_debtor(column)) {
            // A word that nobody knows is no missing one.
            if column.name != "channel" || !tally.passed_over.contains_key(&row) {
                tally.faults.add(row, column, "null", "missing_value");
            }
        }
    }

    /// A row about an invoice is about whoever owes it, so it need not name anybody.
    fn may_lack_debtor(&self, column: &Column) -> bool {
        let table = self.input.table;
        column.name == "debtor_id" && table.name != "invoices" && ABOUT_INVOICES.contains(&table.name)
    }

    /// A row that names neither a debtor nor an invoice is about nobody; a payment without both is unidentified cash.
    fn check_debtors(&self, arrays: &[ArrayRef], tally: &mut Tally) {
        let find = |name: &str| self.columns.iter().zip(arrays).find(|(c, _)| c.name == name);
        let (Some((column, debtors)), Some((_, invoices))) = (find("debtor_id"), find("invoice_id")) else { return };
        if !self.may_lack_debtor(column) || self.input.table.name == "payments" {
            return;
        }
        let is_about_nobody = |row: &usize| debtors.is_null(*row) && invoices.is_null(*row);
        let nobodys = (0..debtors.len()).filter(is_about_nobody);
        nobodys.for_each(|row| tally.faults.add(row, column, "null", "missing_value"));
    }

    /// What somebody said is heard on whatever channel; what was sent on one that nobody knows is skipped.
    fn check_events(&self, arrays: &[ArrayRef], tally: &mut Tally) {
        const SAID: [&str; 5] = ["opted_out", "complained", "disputed", "promised", "wrong_party"];
        let find = |name: &str| self.columns.iter().zip(arrays).find(|(c, _)| c.name == name);
        let Some((column, _)) = find("channel") else { return };
        let array = |name: &str| find(name).map(|(_, array)| array);
        let statuses = array("status").and_then(|c| c.as_string_opt::<i32>());
        let is_said = |row: &usize| {
            statuses.is_some_and(|c| c.is_valid(*row) && SAID.contains(&c.value(*row)))
                || array("opted_out_on").is_some_and(|c| c.is_valid(*row))
        };
        let unknown = tally.passed_over.iter().filter(|(_, why)| **why == UNKNOWN_CHANNEL).map(|(row, _)| *row);
        let said: Vec<usize> = unknown.filter(is_said).collect();
        said.into_iter().for_each(|row| tally.keep(row, column));
    }

    /// Takes out the bad rows, and those to be skipped.
    fn split(&self, whole: RecordBatch, tally: Tally, bad: Vec<BadRow>) -> Result<Conformed> {
        let mut passed_over = BTreeMap::new();
        tally.passed_over.values().for_each(|why| *passed_over.entry(*why).or_default() += 1);
        let mut batch = whole;
        if !tally.faults.first.is_empty() || !tally.passed_over.is_empty() {
            // What is nought stays until the keys are compared: another row of its key may say an amount.
            let is_out = |why: &&str| *why != ZERO_AMOUNT;
            let is_passed = |row: usize| tally.passed_over.get(&row).is_some_and(is_out);
            let is_good = |row: usize| !tally.faults.first.contains_key(&row) && !is_passed(row);
            let good: BooleanArray = (0..batch.num_rows()).map(|row| Some(is_good(row))).collect();
            let filtered = filter_record_batch(&batch, &good);
            batch = filtered.map_err(|_| self.internal("its bad rows cannot be taken out"))?;
        }
        Ok(Conformed { batch, bad, rounded: tally.rounded, passed_over, null_dates: tally.null_dates })
    }

    pub(super) fn internal(&self, what: &str) -> Error {
        Error::Internal { object: format!("{} snapshot", self.input.table.name), what: what.to_owned() }
    }

    /// One column under the contract's type.
    pub(super) fn column(&self, column: &Column, array: &ArrayRef, tally: &mut Tally) -> Result<ArrayRef> {
        let array = &plain(array)?;
        if matches!(array.data_type(), DataType::Null) {
            return Ok(new_null_array(&column.data_type(), array.len()));
        }
        match column.kind {
            Kind::Str => Ok(Arc::new(self.plain_texts(column, array, tally)?)),
            Kind::Enum(words) => {
                let texts = self.plain_texts(column, array, tally)?;
                Ok(Arc::new(self.words(column, words, texts, tally)))
            }
            Kind::Int => self.integers(column, array, tally),
            Kind::Bool => self.booleans(column, array, tally),
            Kind::Float => self.cast(column, array, &column.data_type()),
            Kind::Date => self.dates(column, array, tally),
            Kind::Ts => self.instants(column, array, tally),
            Kind::Money => self.decimals(column, array, MONEY_SCALE, tally),
            Kind::Rate => self.decimals(column, array, RATE_SCALE, tally),
            Kind::Items | Kind::NamedItems | Kind::Offer => Err(self.internal("a nested column cannot be an input")),
        }
    }
}

/// The values of a dictionary, one a row; any other column as it is.
pub(super) fn plain(array: &ArrayRef) -> Result<ArrayRef> {
    let DataType::Dictionary(_, values) = array.data_type() else { return Ok(Arc::clone(array)) };
    let why = || Unreadable::Dictionary { values: values.to_string() };
    cast(array, values).map_err(|_| Error::InputUnreadable { object: "a snapshot".to_owned(), why: why() })
}

/// `occurred_on` for `occurred_at`.
fn local_date_name(name: &str) -> String {
    format!("{}_on", name.trim_end_matches("_at"))
}

/// What a bad row of addresses or events asks, or may ask, to leave alone.
fn silence(batch: &RecordBatch, row: usize, may_ask: bool) -> Option<Silence> {
    let text = |name: &str| text_of(batch, name, row);
    let is_there = |name: &str| batch.column_by_name(name).is_some_and(|c| c.is_valid(row));
    let flags = batch.column_by_name("opted_in").and_then(|c| c.as_boolean_opt());
    let asks = may_ask
        || text("status").is_some_and(|status| ["opted_out", "complained"].contains(&status.as_str()))
        || is_there("opted_out_on")
        || flags.is_some_and(|f| f.is_valid(row) && !f.value(row));
    asks.then(|| Silence {
        channel: text("channel"),
        address: text("address").map(Pii::from),
        action_id: text("action_id"),
    })
}

fn is_true(batch: &RecordBatch, name: &str, row: usize) -> bool {
    let flags = batch.column_by_name(name).and_then(|c| c.as_boolean_opt());
    flags.is_some_and(|f| f.is_valid(row) && f.value(row))
}

fn text_of(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let texts = batch.column_by_name(name)?.as_string_opt::<i32>()?;
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

fn day_of(batch: &RecordBatch, name: &str, row: usize) -> Option<NaiveDate> {
    let days = batch.column_by_name(name)?.as_primitive_opt::<Date32Type>()?;
    if days.is_valid(row) { date_of(days.value(row)) } else { None }
}
