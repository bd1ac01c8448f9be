//! `regua schema`: JSON Schema of every file, table and line, and the page of all tables.

mod asyncapi;
mod outbox;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::{runtime, say, variable};
use crate::config::Plan;
use crate::config::document::schema_of;
use crate::config::raw::charges::RawRates;
use crate::config::raw::{RawCalendar, RawPipeline, RawRegua, RawWords};
use crate::contract::{self, Table};
use crate::domain::hold::HoldReason;
use crate::domain::message::fields;
use crate::error::{Error, Result};
use crate::rehearsal::rehearse;

/// Prints the JSON Schema of a configuration file, of a table, or of what gateways read
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua schema                                     (every name, with what it is of)
  regua schema pipeline > pipeline.schema.json     (for the editor)
  regua schema actions                             (a table)
  regua schema template-fields                     (what a message may name, as Markdown)
  regua schema action_event                        (a line of the outbox)
  regua schema asyncapi > regua.asyncapi.json      (all that gateways read and write)
  regua schema kpi_mine --pipeline pipelines/daily.toml   (a KPI table of your own)
  regua schema --markdown                          (all tables, as in docs/reference/tables.md)")]
pub(super) struct Schema {
    /// What to print the schema of; every name is listed where none is given
    name: Option<String>,
    /// Pipeline whose `sql_dir` makes the table
    #[arg(long)]
    pipeline: Option<PathBuf>,
    /// A table as Markdown; without a name every table and hold reason
    #[arg(long)]
    markdown: bool,
}

impl Schema {
    pub(super) fn execute(self) -> Result<()> {
        if self.markdown {
            let page = self.name.as_deref().map_or_else(|| Ok(markdown()), page_of);
            say(page?.trim_end());
            return Ok(());
        }
        let Some(name) = self.name else {
            say(names().trim_end());
            return Ok(());
        };
        if name == TEMPLATE_FIELDS {
            say(fields_markdown().trim_end());
            return Ok(());
        }
        let schema = match name.as_str() {
            "pipeline" => schema_of::<RawPipeline>(),
            "regua" => schema_of::<RawRegua>(),
            "calendar" => schema_of::<RawCalendar>(),
            "rates" => schema_of::<RawRates>(),
            "words" => schema_of::<RawWords>(),
            "asyncapi" => asyncapi::document(),
            name => match published(name) {
                Some(schema) => schema,
                None => own_table(name, self.pipeline.as_deref())?,
            },
        };
        say(&serde_json::to_string_pretty(&schema).unwrap_or_default());
        Ok(())
    }
}

const TEMPLATE_FIELDS: &str = "template-fields";
/// What has a schema beside the tables, and what that is.
const FILES: &[(&str, &str)] = &[
    ("pipeline", "the pipeline file"),
    ("regua", "a régua file: steps, and when they are due"),
    ("calendar", "a calendar file: holidays, and hours in which a debtor may be written to"),
    ("rates", "a file of reference rates"),
    ("words", "a file of words that no message may hold"),
    (TEMPLATE_FIELDS, "what a message may name, as Markdown"),
    ("record", "a commit record of the log"),
    ("manifest", "what lies beside the parts of a gateway's batch"),
    ("action_event", "a line of the outbox: an action"),
    ("void_event", "a line of the outbox: an action that is taken back"),
    ("run_results", "run_results.json of a run: seconds, memory and rows"),
    ("asyncapi", "all that gateways read and write, as one AsyncAPI document"),
];

/// Every name, a line each.
fn names() -> String {
    let of_tables = tables().map(|(name, table)| (name, format!("table: one row per {}", table.row)));
    let all: Vec<(&str, String)> =
        FILES.iter().map(|(name, what)| (*name, (*what).to_owned())).chain(of_tables).collect();
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    all.iter().map(|(name, what)| format!("{name:width$}   {what}\n")).collect()
}

/// The schema of a KPI table that a pipeline makes by SQL of its own.
fn own_table(name: &str, pipeline: Option<&Path>) -> Result<Value> {
    let own = match pipeline {
        Some(pipeline) => rehearse(&Plan::load(pipeline, &variable)?, runtime()?.handle())?,
        None => BTreeMap::new(),
    };
    let unknown = || {
        let known = FILES.iter().map(|(name, _)| *name).chain(tables().map(|(name, _)| name));
        let unknown = crate::config::document::unknown("schema", name, known.chain(own.keys().map(String::as_str)));
        Error::Unknown { what: format!("{unknown} (`regua schema` lists them all; one of your own needs --pipeline)") }
    };
    own.get(name).map(|table| table::own(name, table)).ok_or_else(unknown)
}

/// The schema of a table, or of a file or line beside the tables.
fn published(name: &str) -> Option<Value> {
    outbox::schema(name).or_else(|| table_of(name).map(table::schema))
}

/// The published table whose name is also that of an input, and how it is asked for.
const PUBLISHED_DEBTORS: (&str, &str) = ("debtors", "published_debtors");

/// Every table by the name that it is asked for by.
fn tables() -> impl Iterator<Item = (&'static str, &'static Table)> {
    let published = contract::OUTPUTS.iter().map(|table| match table.name {
        name if name == PUBLISHED_DEBTORS.0 => (PUBLISHED_DEBTORS.1, table),
        name => (name, table),
    });
    let named = |table: &'static Table| (table.name, table);
    contract::INPUTS.iter().map(named).chain(published).chain(contract::KPIS.iter().map(named))
}

fn table_of(name: &str) -> Option<&'static Table> {
    tables().find(|(of, _)| *of == name).map(|(_, table)| table)
}

/// The section of one table.
fn page_of(name: &str) -> Result<String> {
    let no_table = || Error::Unknown {
        what: format!(
            "--markdown shows tables, and {name:?} is none that is shipped; `regua schema` lists them, and --pipeline shows one of your own without it"
        ),
    };
    table_of(name).map(table_markdown).ok_or_else(no_table)
}

/// The page docs/reference/tables.md.
pub(super) fn markdown() -> String {
    let mut text = String::new();
    let sections: [(&str, &[Table]); 3] =
        [("Inputs", contract::INPUTS), ("Published tables", contract::OUTPUTS), ("KPI tables", contract::KPIS)];
    for (title, tables) in sections {
        text.push_str(&format!("### {title}\n\n"));
        if tables.iter().any(has_measures) {
            text.push_str(MEASURES);
        }
        for table in tables {
            text.push_str(&table_markdown(table));
        }
    }
    text.push_str("### Hold reasons, in order of precedence\n\n| reason | why nothing is done |\n|---|---|\n");
    for (_, name, why) in HoldReason::ALL {
        text.push_str(&format!("| {name} | {why} |\n"));
    }
    text.push_str("\n<details><summary><b>Fields of a message</b>: what a template may name</summary>\n\n");
    text.push_str(&fields_markdown());
    text.push_str("\n</details>\n");
    text
}

/// What a message may name.
fn fields_markdown() -> String {
    let mut text = "| field | type | meaning |\n|---|---|---|\n".to_owned();
    for (name, kind, nullable, meaning) in fields::rows() {
        let mark = if nullable { "?" } else { "" };
        text.push_str(&format!("| {name}{mark} | {kind} | {meaning} |\n"));
    }
    text
}

/// Stands above the KPI tables.
const MEASURES: &str = "\
*adds up?* says what a chart may do with a number. **additive**: add it up, over dates too. **additive within ...**: only over rows
that are alike in these columns, so filter by each of them, or group by it. **count of distinct ...**: show it, never add it up.
**ratio of a and b**: add up both, each by its own mark, over the rows that have the ratio; then divide. **average**: multiply by
the weight, add up, and divide by the sum of the weights. **of its row alone**: of several rows it cannot be made. Without a mark it
is not a measure. Amounts add up over currencies only where each row was multiplied by its `fx_rate`.

";

fn has_measures(table: &Table) -> bool {
    table.columns.iter().any(|column| column.measure.is_some())
}

fn table_markdown(table: &Table) -> String {
    let key = if table.key.is_empty() { String::new() } else { format!(" Key: {}.", table.key.join(", ")) };
    let required = if table.required { "" } else { " Optional." };
    let head = if has_measures(table) {
        "| column | type | adds up? | meaning |\n|---|---|---|---|"
    } else {
        "| column | type | meaning |\n|---|---|---|"
    };
    let mut text = format!(
        "<details><summary><b>{}</b>: one row per {}</summary>\n\n{}\n\n{head}\n",
        table.name,
        table.row,
        format!("{key}{required}").trim()
    );
    for column in table.columns {
        let mark = if column.required { "" } else { "?" };
        let unread = if column.is_unread { "; read only where a model of your own names it" } else { "" };
        let measure = if has_measures(table) {
            format!(" {} |", column.measure_in_words().unwrap_or_default())
        } else {
            String::new()
        };
        text.push_str(&format!(
            "| {}{mark} | {} |{measure} {}{unread} |\n",
            column.name,
            column.kind.word(),
            column.doc.replace('|', "\\|")
        ));
    }
    text.push_str("\n</details>\n\n");
    text
}
