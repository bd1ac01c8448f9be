//! Rows in, rows out: what a model makes of given rows, as text. `regua check` runs the `.spec` files of `sql_dir`, and the
//! tests of the shipped models are written in the same words.
//!
//! ```text
//! -- A partial payment leaves the rest open.
//! as of 2026-06-30
//! invoices: invoice_id due_date amount            a table that a model reads: its columns, then its rows
//!     I1 2026-06-20 100.00
//! payments: payment_id invoice_id paid_on amount
//!     P1 I1 2026-06-25 40.00
//! int_items = invoice_id open_amount              the rows of a model, in any order; `==` asks for this very order
//!     I1 60.00
//! ```
//!
//! An input goes by its name in the contract, and so does `held_debtors`, `actions`, the log of what was published, and
//! `positions`, the accounts of the last run; what was decided goes by `out_actions` and so on. A model that is given
//! rows is not run: they stand in for it. A cell is a word, or a text in double quotes; `-` is null. Tables that are not
//! given are empty, and the date is 2026-06-30 where none is said. What a row need not say: debtor D1 of group 1, issued
//! on 2026-01-01 for 100.00, by e-mail, under cycle C1; the number in a debtor's name is the number of its group.
//!
//! Rows come as the spreading pass leaves them: about whoever owes the invoice that they name, and of its company.
//! Unless a row says otherwise the debtor acted itself, what is due is payable on that very day, a payment that reverses
//! another takes it back, and nobody knows anything of an address. `open items only` in place of a table says that the
//! snapshot holds no invoice that was settled and that nothing was seen before; `open items since 2026-06-01`, that runs
//! have seen it since then.

mod given;

use std::collections::BTreeMap;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::array_value_to_string;
use chrono::NaiveDate;
use tokio::runtime::Handle;

use crate::config::Plan;
use crate::error::{Error, Fault, Lines, Result};
use crate::io::engine::{Layer, Model, Models};

pub use given::Given;

/// The models of a pipeline, to be tried with given rows.
pub struct Specifications<'p> {
    plan: &'p Plan,
    models: Models,
    runtime: Handle,
}

/// A line of a specification that does not hold, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// From 1.
    pub line: usize,
    /// What differs, or what is wrong with the line.
    pub what: String,
}

/// What a line says.
enum Line {
    /// `as of 2026-06-30`
    AsOf(NaiveDate),
    /// `open items only`, or since a date.
    OpenItems(Option<NaiveDate>),
    /// `invoices: invoice_id due_date`
    Table(String, Vec<String>),
    /// `int_items = invoice_id open_amount`; `true` where the order counts.
    Expectation(String, bool, Vec<String>),
    /// The cells of a table or of an expectation.
    Row(Vec<String>),
}

/// The rows that a model should make.
struct Expectation {
    line: usize,
    model: String,
    is_ordered: bool,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Runs the `.spec` files of a pipeline.
///
/// # Returns
/// How many there are.
///
/// # Errors
/// `Configuration` with every line that does not hold, of all files; `Model`.
pub fn check_all(plan: &Plan, runtime: &Handle) -> Result<usize> {
    if plan.specifications.is_empty() {
        return Ok(0);
    }
    let specifications = Specifications::of(plan, runtime)?;
    let mut faults = Vec::new();
    for file in &plan.specifications {
        let text = std::fs::read_to_string(file).map_err(Error::file(file))?;
        let fault = |m: Mismatch| Fault { file: file.clone(), line: m.line, message: m.what };
        faults.extend(specifications.check(&text).into_iter().map(fault));
    }
    match faults.is_empty() {
        true => Ok(plan.specifications.len()),
        false => Err(Error::Configuration(Lines(faults))),
    }
}

impl<'p> Specifications<'p> {
    /// The models of a pipeline, its own and the shipped ones.
    ///
    /// # Errors
    /// `Model` where they cannot be read.
    pub fn of(plan: &'p Plan, runtime: &Handle) -> Result<Specifications<'p>> {
        let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
        Ok(Specifications { plan, models, runtime: runtime.clone() })
    }

    /// Every model, in the order in which they run.
    pub fn models(&self) -> &Models {
        &self.models
    }

    fn all_models(&self) -> impl DoubleEndedIterator<Item = &Model> {
        let all: Vec<&Model> = Layer::ALL.iter().flat_map(|(layer, _)| self.models.of(*layer)).collect();
        all.into_iter()
    }

    /// Runs a specification: every expectation over the tables given before it.
    pub fn check(&self, text: &str) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        let mut given = Given::nothing(self);
        let mut expected: Option<Expectation> = None;
        let mut expectations = 0;
        for (line, words) in lines(text) {
            let said = match read(&words) {
                Ok(Line::Row(cells)) => match &mut expected {
                    Some(expectation) => {
                        expectation.rows.push(cells);
                        Ok(())
                    }
                    None => given.add_row(cells),
                },
                Ok(other) => {
                    mismatches.extend(expected.take().and_then(|e| e.mismatch(&given)));
                    match other {
                        Line::Expectation(model, is_ordered, columns) => {
                            expectations += 1;
                            expected = Some(Expectation { line, model, is_ordered, columns, rows: Vec::new() });
                            Ok(())
                        }
                        other => given.add(other),
                    }
                }
                Err(what) => Err(what),
            };
            mismatches.extend(said.err().map(|what| Mismatch { line, what }));
        }
        mismatches.extend(expected.take().and_then(|e| e.mismatch(&given)));
        if expectations == 0 {
            let what = "it expects nothing; name a model and its columns, such as `kpi_aging = bucket open_amount`";
            mismatches.push(Mismatch { line: 1, what: what.to_owned() });
        }
        mismatches
    }

    /// The tables of a specification without expectations.
    ///
    /// # Errors
    /// `Mismatch` of the first line that cannot be read.
    pub fn given(&self, text: &str) -> std::result::Result<Given<'_>, Mismatch> {
        let mut given = Given::nothing(self);
        for (line, words) in lines(text) {
            let added = read(&words).and_then(|said| match said {
                Line::Row(cells) => given.add_row(cells),
                other => given.add(other),
            });
            added.map_err(|what| Mismatch { line, what })?;
        }
        Ok(given)
    }
}

/// Rows from which most models make something, with the table that holds them: an invoice paid in part, one that is not due,
/// and what was decided about them.
const SAMPLE: [(&str, &str); 5] = [
    ("raw_invoices", "invoices: invoice_id due_date amount\n    I1 2026-06-20 100.00\n    I2 2026-07-20 50.00\n"),
    ("raw_payments", "payments: payment_id invoice_id paid_on amount\n    P1 I1 2026-06-25 40.00\n"),
    (
        "out_items",
        "out_items: company_id currency debtor_id invoice_id installment_no segment bucket_no bucket days_past_due open_amount\n    \
         1 BRL D1 I1 1 novo 1 1-30 10 60.00\n    1 BRL D1 I2 1 novo 0 not_due -20 50.00\n",
    ),
    (
        "out_debtors",
        "out_debtors: company_id currency debtor_id segment open_items open_amount overdue_amount credit_amount\n    \
         1 BRL D1 novo 2 110.00 60.00 0.00\n",
    ),
    (
        "out_actions",
        "out_actions: action_id company_id currency debtor_id regua step_id step_kind channel open_amount\n    \
         A1 1 BRL D1 b2b d+5 reminder email 60.00\n",
    ),
];

/// A specification of a model as it stands, to be gone on with: what it makes of two invoices and a payment.
///
/// # Errors
/// `Model` where the models of the pipeline cannot be read or run.
pub fn sample(plan: &Plan, runtime: &Handle, name: &str) -> Result<String> {
    let specifications = Specifications::of(plan, runtime)?;
    let refuse = |what: String| Error::Model { model: name.to_owned(), what };
    let is_read = |table: &str| specifications.models.depends_on(name, &[table]);
    let sample: String = SAMPLE.iter().filter(|(table, _)| is_read(table)).map(|(_, text)| *text).collect();
    let given = specifications.given(&sample).map_err(|mismatch| refuse(mismatch.what))?;
    let batches = given.batches_of(name).map_err(refuse)?;
    let model = specifications.all_models().find(|model| model.name == name);
    let (reads, grain) = model.map_or((String::new(), Vec::new()), |m| (m.reads.join(", "), m.grain.clone()));
    let is_told = |field: &str| {
        let arrays = batches.iter().filter_map(|batch| batch.column_by_name(field));
        arrays.into_iter().any(|array| !array.data_type().is_nested() && array.null_count() < array.len())
    };
    let told = batches.first().map_or(Vec::new(), |batch| {
        batch.schema().fields().iter().map(|f| f.name().clone()).filter(|name| is_told(name)).collect()
    });
    let columns = if told.is_empty() { grain } else { told };
    let quoted = |cell: &String| match cell.is_empty() || cell.contains(char::is_whitespace) {
        true => format!("\"{cell}\""),
        false => cell.clone(),
    };
    let rows = cells(&batches, &columns).map_err(refuse)?;
    let rows: String =
        rows.iter().map(|row| format!("    {}\n", row.iter().map(quoted).collect::<Vec<_>>().join(" "))).collect();
    Ok(format!(
        "-- What {name} makes of given rows; `regua check` runs this file, and docs/first-change.md says how it is written.\n\
         -- It reads {reads}. A table that is given rows is not computed: they stand in for it.\n\n\
         as of {}\n{sample}{name} = {}\n{rows}",
        given.as_of(),
        columns.join(" ")
    ))
}

impl Expectation {
    fn mismatch(self, given: &Given<'_>) -> Option<Mismatch> {
        let Expectation { line, model, .. } = &self;
        let what = match given.batches_of(model) {
            Ok(batches) => self.difference(&batches)?,
            Err(what) => what,
        };
        Some(Mismatch { line: *line, what: format!("{model} as of {}: {what}", given.as_of()) })
    }

    /// What is missing, what was not expected, and in which order it comes.
    fn difference(&self, batches: &[RecordBatch]) -> Option<String> {
        if let Some(row) = self.rows.iter().find(|row| row.len() != self.columns.len()) {
            return Some(format!("{} cells for {} columns in {}", row.len(), self.columns.len(), row.join(" ")));
        }
        let actual = match cells(batches, &self.columns) {
            Ok(actual) => actual,
            Err(what) => return Some(what),
        };
        if actual == self.rows {
            return None;
        }
        let mut counts: BTreeMap<&[String], i64> = BTreeMap::new();
        self.rows.iter().for_each(|row| *counts.entry(row).or_default() += 1);
        actual.iter().for_each(|row| *counts.entry(row).or_default() -= 1);
        let list = |is_wanted: fn(i64) -> bool, what: &str| {
            let found = counts.iter().filter(|(_, count)| is_wanted(**count)).map(|(row, _)| row.join(" "));
            let found: Vec<String> = found.collect();
            (!found.is_empty()).then(|| format!("{what} {}", found.join(", ")))
        };
        let wrong = [list(|count| count > 0, "expected"), list(|count| count < 0, "found")];
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        match wrong.is_empty() {
            false => Some(wrong.join("; ")),
            true if self.is_ordered => {
                let order: Vec<String> = actual.iter().map(|row| row.join(" ")).collect();
                Some(format!("its rows come in another order: {}", order.join(", ")))
            }
            true => None,
        }
    }
}

/// The cells of some columns, as a specification writes them.
fn cells(batches: &[RecordBatch], columns: &[String]) -> std::result::Result<Vec<Vec<String>>, String> {
    let mut rows = Vec::new();
    for batch in batches {
        let missing = columns.iter().find(|name| batch.schema_ref().index_of(name).is_err());
        if let Some(missing) = missing {
            return Err(format!("it has no column {missing}"));
        }
        let cell = |name: &String, row: usize| {
            let array = batch.column_by_name(name).filter(|array| array.is_valid(row));
            array.and_then(|array| array_value_to_string(array, row).ok()).unwrap_or_else(|| "-".to_owned())
        };
        rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|name| cell(name, row)).collect()));
    }
    Ok(rows)
}

/// Lines that say something, with their number and their words.
fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<String>)> {
    let lines = (1..).zip(text.lines()).map(|(line, text)| (line, text.trim()));
    lines.filter(|(_, text)| !text.is_empty() && !text.starts_with("--")).map(|(line, text)| (line, words(text)))
}

/// Words, and texts in double quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut is_quoted, mut is_open) = (Vec::<String>::new(), false, false);
    for letter in line.chars() {
        match letter {
            '"' => {
                if !is_quoted && !is_open {
                    words.push(String::new());
                }
                (is_quoted, is_open) = (!is_quoted, true);
            }
            letter if letter.is_whitespace() && !is_quoted => is_open = false,
            letter => {
                if !is_open {
                    words.push(String::new());
                    is_open = true;
                }
                if let Some(word) = words.last_mut() {
                    word.push(letter);
                }
            }
        }
    }
    words
}

fn read(words: &[String]) -> std::result::Result<Line, String> {
    let date =
        |text: &str| text.parse::<NaiveDate>().map_err(|_| format!("{text:?} is not a date; write it like 2026-06-30"));
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(match all.as_slice() {
        ["as", "of", day] => Line::AsOf(date(day)?),
        ["open", "items", "only"] => Line::OpenItems(None),
        ["open", "items", "since", day] => Line::OpenItems(Some(date(day)?)),
        [model, sign @ ("=" | "=="), columns @ ..] => {
            let columns = columns.iter().map(|column| (*column).to_owned()).collect();
            Line::Expectation((*model).to_owned(), *sign == "==", columns)
        }
        [table, ..] if table.ends_with(':') => Line::Table(table.trim_end_matches(':').to_owned(), words[1..].to_vec()),
        _ => Line::Row(words.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_word_or_a_quoted_text() {
        for (line, expected) in [
            ("a  b", vec!["a", "b"]),
            ("\"Acme Ltda.\" -", vec!["Acme Ltda.", "-"]),
            ("\"\" x", vec!["", "x"]),
            ("são \"a  b\"c", vec!["são", "a  bc"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
