//! A proposal for `[inputs.*]`: which of the user's files is which input, and which of its columns is which.
//!
//! Every table of an export is sampled (`exports`), every column described (`content`), and every column of every input
//! compared with it by name (`names`, names.md) and by content (`score`). Each input takes the export that fits it best
//! (`inputs`), and each of its columns the column that fits it best (`columns`, `values`). What the configuration cannot
//! say is to be prepared in the export (`upstream`). `writer` makes the pipeline of it. Where two answers are as good, it
//! takes the one that protects the debtor, or leaves a `TODO` that `regua check` names.

mod columns;
mod content;
mod exports;
mod inputs;
mod names;
mod score;
mod status;
#[cfg(test)]
mod tests;
mod upstream;
mod values;
mod writer;

use chrono::{Days, NaiveDate};
use tokio::runtime::Handle;

pub use crate::contract::TODO;
pub use names::loss;
pub use score::Level;
pub use writer::pipeline;

use crate::contract::{self, Column, Table};
use crate::error::{Error, Lines, Result};
use exports::Export;

/// What is proposed for a column of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A column of the export.
    Theirs {
        /// As the file has it.
        name: String,
        /// How sure it is.
        level: Level,
    },
    /// It is needed, and which column it is cannot be told: what to choose from, or what to do.
    Todo(String),
    /// It is optional, and no column is it.
    Absent,
}

/// One column of an input.
#[derive(Clone, Debug)]
pub struct ColumnProposal {
    /// Of the contract.
    pub column: &'static Column,
    /// What is proposed.
    pub answer: Answer,
    /// In words, for the table and the comment.
    pub why: String,
    /// Other columns that may be it.
    pub others: Vec<String>,
    /// Value of the export = ours, or a `TODO`.
    pub values: Vec<(String, String)>,
}

/// A key of `[inputs.X]` beside `path`, such as `date_format`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProposal {
    /// Its name.
    pub key: &'static str,
    /// Its value as TOML.
    pub value: String,
    /// How sure it is; none = it is to be decided.
    pub level: Option<Level>,
    /// In words.
    pub why: String,
}

/// One input.
#[derive(Debug)]
pub struct InputProposal {
    /// Of the contract.
    pub table: &'static Table,
    /// Where its files are, from where `regua init` runs.
    pub path: String,
    /// Its file, for tables.
    pub file: String,
    /// Other files that fit as well: which one it is, is to be decided.
    pub rivals: Vec<String>,
    /// Rows, as the footers say.
    pub rows: u64,
    /// Rows that were read.
    pub rows_read: usize,
    /// Every column of the contract that something reads.
    pub columns: Vec<ColumnProposal>,
    /// Columns of the export that nothing here names.
    pub unread: Vec<String>,
    /// Keys beside the path.
    pub keys: Vec<KeyProposal>,
    /// Is its file another input, too?
    pub is_shared: bool,
}

/// All that was found out.
#[derive(Debug)]
pub struct Proposal {
    /// In the order of the contract.
    pub inputs: Vec<InputProposal>,
    /// Inputs that no file is.
    pub absent: Vec<&'static Table>,
    /// Files that are no input, and why.
    pub unused: Vec<(String, String)>,
    /// ERPs whose names were seen.
    pub systems: Vec<&'static str>,
    /// What the configuration cannot say: to be prepared in the export.
    pub upstream: Vec<String>,
    /// A date to try it with: of the snapshot, or else the newest day of its rows.
    pub as_of: NaiveDate,
}

impl Proposal {
    /// Rows that were read, and rows that there are.
    pub fn rows(&self) -> (u64, u64) {
        // A file that is several inputs is read once.
        let is_first = |at: usize| !self.inputs[..at].iter().any(|other| other.path == self.inputs[at].path);
        let of = |rows: fn(&InputProposal) -> u64| {
            self.inputs.iter().enumerate().filter(|(at, _)| is_first(*at)).map(|(_, input)| rows(input)).sum()
        };
        (of(|input| input.rows_read as u64), of(|input| input.rows))
    }

    /// What `regua check` will ask for, a line each.
    pub fn todos(&self) -> Vec<String> {
        let of_input = |input: &InputProposal| {
            let name = input.table.name;
            let mut todos = Vec::new();
            if !input.rivals.is_empty() {
                todos.push(format!("[inputs.{name}] path: {} or {}", input.file, input.rivals.join(" or ")));
            }
            let open = input.keys.iter().filter(|key| key.level.is_none());
            todos.extend(open.map(|key| format!("[inputs.{name}] {}: {}", key.key, key.why)));
            for column in &input.columns {
                if let Answer::Todo(what) = &column.answer {
                    todos.push(format!("{name}.{}: {what}", column.column.name));
                }
                let open = column.values.iter().filter(|(_, ours)| ours.starts_with(TODO));
                let codes: Vec<String> = open.map(|(code, _)| format!("{code:?}")).collect();
                if !codes.is_empty() {
                    todos.push(format!("{name}.{}: what does {} mean?", column.column.name, codes.join(", ")));
                }
            }
            todos
        };
        let missing = self.absent.iter().filter(|table| table.required);
        let missing = missing.map(|table| format!("[inputs.{}] path: no file fits", table.name));
        self.inputs.iter().flat_map(of_input).chain(missing).collect()
    }
}

/// Looks at the files and folders, and proposes how to read them.
///
/// # Errors
/// `NoExports` where there is nothing to look at, `NoneRecognised` where nothing is an input, else as the store.
pub fn propose(places: &[String], runtime: &Handle) -> Result<Proposal> {
    let found = exports::find(places, runtime)?;
    let matches = inputs::matches(&found.exports);
    let is_used = |at: usize| matches.iter().any(|m| m.export == at || m.rivals.contains(&at));
    let mut unused = found.left;
    let others = (0..found.exports.len()).filter(|at| !is_used(*at));
    unused.extend(others.map(|at| (found.exports[at].path.clone(), why_unused(&found.exports[at]))));
    if !matches.iter().any(|m| m.table.required) {
        let lines = unused.into_iter().map(|(file, why)| format!("{file}: {why}")).collect();
        return Err(Error::NoneRecognised(Lines(lines)));
    }
    let mut inputs: Vec<InputProposal> = matches.iter().map(|m| columns::input(m, &found.exports)).collect();
    expect_settled(&mut inputs);
    let is_absent = |table: &&Table| !matches.iter().any(|m| m.table.name == table.name);
    let names = found.exports.iter().flat_map(|export| export.columns.iter().map(|facts| facts.name.as_str()));
    Ok(Proposal {
        absent: contract::INPUTS.iter().filter(is_absent).collect(),
        systems: names::systems(names),
        upstream: upstream::all(&inputs, &matches, &found.exports),
        as_of: as_of(&inputs, &matches, &found.exports),
        unused,
        inputs,
    })
}

/// Of open items alone, what was paid is gone: that payments name other invoices is no doubt.
fn expect_settled(inputs: &mut [InputProposal]) {
    let is_open = is_of_open_items(inputs);
    let payments = inputs.iter_mut().filter(|input| is_open && input.table.name == "payments");
    for column in payments.flat_map(|input| &mut input.columns).filter(|c| c.column.name == "invoice_id") {
        if column.why.contains("of its values are among") {
            column.why.push_str(": with open items alone, as it should be");
        }
    }
}

fn why_unused(export: &Export) -> String {
    match inputs::nearest(export) {
        None if export.columns.is_empty() => "it has no column that could be read".to_owned(),
        None => format!("none of its {} columns is known", export.columns.len()),
        Some((table, there, lacking)) if lacking.is_empty() => {
            format!("it may be {table} ({}), but another file fits better", there.join(", "))
        }
        Some((table, there, lacking)) => {
            format!("closest to {table}: it has {}, but lacks {}", there.join(", "), lacking.join(", "))
        }
    }
}

/// The date of the snapshot; where no path has one, the newest day of the rows that were read; where they have none, the
/// day on which the youngest file was written.
fn as_of(inputs: &[InputProposal], matches: &[inputs::Match], exports: &[Export]) -> NaiveDate {
    let dated = matches.iter().filter_map(|m| exports[m.export].dated).max();
    let written = matches.iter().map(|m| exports[m.export].written).max().unwrap_or_default();
    let last = |table: &str, column: &str| {
        let days =
            inputs.iter().zip(matches).filter(|(input, _)| input.table.name == table).filter_map(|(input, m)| {
                let found =
                    input.columns.iter().find(|c| c.column.name == column && !c.why.contains(columns::STANDS_IN))?;
                let Answer::Theirs { name, .. } = &found.answer else { return None };
                let facts = exports[m.export].columns.iter().find(|facts| facts.name == *name)?;
                NaiveDate::from_num_days_from_ce_opt(facts.range()?.1)
            });
        // A date far ahead is mistyped, and nothing has happened there yet.
        days.filter(|day| *day <= written + Days::new(1)).max()
    };
    let told = last("invoices", "issue_date").max(last("contact_log", "occurred_at"));
    dated.or(newest_day(told, last("payments", "paid_on"), is_of_open_items(inputs))).unwrap_or(written)
}

/// The last day of invoices and contacts. Payments that are alone beyond it may be scheduled; but of open items alone the
/// last invoices may be settled and gone, and the payments say so.
fn newest_day(told: Option<NaiveDate>, paid: Option<NaiveDate>, is_open: bool) -> Option<NaiveDate> {
    if is_open { told.max(paid) } else { told.or(paid) }
}

fn is_of_open_items(inputs: &[InputProposal]) -> bool {
    inputs.iter().any(|input| input.keys.iter().any(|key| key.key == "scope"))
}
