//! `regua schema`: JSON Schema of every file and table, and the tables of the README.

use clap::Args;
use serde_json::{Value, json};

use super::say;
use crate::config::document::schema_of;
use crate::config::raw::charges::RawRates;
use crate::config::raw::{RawCalendar, RawPipeline, RawRegua, RawWords};
use crate::contract::{self, Column, Kind, Table};
use crate::domain::hold::HoldReason;
use crate::domain::message::fields;
use crate::error::{Error, Result};
use crate::io::log::Record;

/// Prints the JSON Schema of a configuration file, of the commit record, or of a table
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua schema pipeline > pipeline.schema.json     (for the editor)
  regua schema actions                             (a table)
  regua schema template-fields                     (what a message may name, as Markdown)
  regua schema --markdown                          (all tables, as in the README)")]
pub(super) struct Schema {
    /// pipeline, regua, calendar, rates, words, record, template-fields, or the name of a table
    #[arg(required_unless_present = "markdown")]
    name: Option<String>,
    /// Every table and hold reason as Markdown
    #[arg(long)]
    markdown: bool,
}

impl Schema {
    pub(super) fn execute(self) -> Result<()> {
        if self.markdown {
            say(markdown().trim_end());
            return Ok(());
        }
        let name = self.name.unwrap_or_default();
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
            "record" => schema_of::<Record>(),
            table => tables().find(|t| t.name == table).map(table_schema).ok_or_else(|| {
                let files = ["pipeline", "regua", "calendar", "rates", "words", "record", TEMPLATE_FIELDS];
                let known: Vec<&str> = files.into_iter().chain(tables().map(|t| t.name)).collect();
                Error::Usage(crate::config::document::unknown("schema", table, known.into_iter()))
            })?,
        };
        say(&serde_json::to_string_pretty(&schema).unwrap_or_default());
        Ok(())
    }
}

const TEMPLATE_FIELDS: &str = "template-fields";

fn tables() -> impl Iterator<Item = &'static Table> {
    contract::INPUTS.iter().chain(contract::OUTPUTS).chain(contract::KPIS)
}

fn table_schema(table: &Table) -> Value {
    let properties: serde_json::Map<String, Value> =
        table.columns.iter().map(|c| (c.name.to_owned(), column_schema(c))).collect();
    let required: Vec<&str> = table.columns.iter().filter(|c| c.required).map(|c| c.name).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.name,
        "description": format!("One row per {}.", table.row),
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

fn column_schema(column: &Column) -> Value {
    let mut schema = match column.kind {
        Kind::Str => json!({"type": "string"}),
        Kind::Enum(words) => json!({"enum": words}),
        Kind::Int => json!({"type": "integer"}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Ts => json!({"type": "string", "format": "date-time"}),
        Kind::Money => json!({"type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$"}),
        Kind::Rate | Kind::Float => json!({"type": "number"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Items => json!({"type": "array", "items": {"type": "object"}}),
        Kind::Offer => json!({"type": ["object", "null"]}),
    };
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".into(), column.doc.into());
    }
    schema
}

/// The tables of the README.
pub(super) fn markdown() -> String {
    let mut text = String::new();
    let sections: [(&str, &[Table]); 3] =
        [("Inputs", contract::INPUTS), ("Published tables", contract::OUTPUTS), ("KPI tables", contract::KPIS)];
    for (title, tables) in sections {
        text.push_str(&format!("### {title}\n\n"));
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

fn table_markdown(table: &Table) -> String {
    let key = if table.key.is_empty() { String::new() } else { format!(" Key: {}.", table.key.join(", ")) };
    let required = if table.required { "" } else { " Optional." };
    let mut text = format!(
        "<details><summary><b>{}</b>: one row per {}</summary>\n\n{}\n\n| column | type | meaning |\n|---|---|---|\n",
        table.name,
        table.row,
        format!("{key}{required}").trim()
    );
    for column in table.columns {
        let mark = if column.required { "" } else { "?" };
        text.push_str(&format!(
            "| {}{mark} | {} | {} |\n",
            column.name,
            column.kind.word(),
            column.doc.replace('|', "\\|")
        ));
    }
    text.push_str("\n</details>\n\n");
    text
}
