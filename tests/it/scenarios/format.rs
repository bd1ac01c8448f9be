//! What a scenario file may say, and where it says it: read with the program's own reader of configuration, so that a
//! misspelt key is told with its file, its line and the key that was meant. `tests/scenarios/README.md` documents it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use regua::config::document::Document;
use regua::config::raw::{RawCalendar, RawPipeline, RawRegua};
use regua::contract;
use regua::error::Fault;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub type Row = Map<String, Value>;

/// One scenario, with the document that knows its lines.
pub struct Scenario {
    pub document: Document,
    pub raw: RawScenario,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScenario {
    /// The name of the file without its ending.
    pub id: String,
    #[expect(dead_code, reason = "for the reader")]
    title: String,
    /// Where the numbers come from.
    #[expect(dead_code, reason = "for the reader")]
    source: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader")]
    notes: String,
    /// Keys of a pipeline file, laid over the base pipeline.
    #[serde(default)]
    pub pipeline: Pipeline,
    /// Keys of a calendar file, laid over the base calendar.
    #[serde(default)]
    pub calendar: Calendar,
    /// Whole régua files; the first is the default régua.
    #[serde(default)]
    pub regua: Vec<Regua>,
    #[serde(default)]
    pub tables: Tables,
    /// Rows beside those of `tables`, whatever their keys: repeated, equal or not.
    #[serde(default)]
    pub again: Tables,
    /// What becomes of published actions: `sent` where nothing is said.
    pub after: Option<After>,
    pub run: Vec<RawRun>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRun {
    pub as_of: String,
    /// Rows that are there from this run on; a row with the key of an earlier one replaces it.
    #[serde(default)]
    pub tables: Tables,
    /// Rows beside them, whatever their keys.
    #[serde(default)]
    pub again: Tables,
    /// What is no longer exported from this run on: every row that has these values.
    #[serde(default)]
    pub gone: Tables,
    /// What becomes of this run's actions, instead of what the scenario says.
    pub after: Option<After>,
    #[serde(default)]
    pub expect: Expect,
}

/// What the gateways report: one word for every action, or a word for each that it picks.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum After {
    All(String),
    /// Columns of the action, with `status` and, if not that day, `on`; the first that fits an action counts.
    Picked(Vec<Row>),
}

#[derive(Debug, Default, Deserialize)]
pub struct Pipeline(pub Row);
#[derive(Debug, Default, Deserialize)]
pub struct Calendar(pub Row);
#[derive(Debug, Deserialize)]
pub struct Regua(pub Row);
/// Input tables by name.
#[derive(Debug, Default, Deserialize)]
pub struct Tables(pub BTreeMap<String, Vec<Row>>);
/// What must come out; what is not named is not looked at.
#[derive(Debug, Default, Deserialize)]
pub struct Expect(pub Row);

macro_rules! schema {
    ($name:ident, $schema:expr) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                Schema::try_from($schema).expect("a schema")
            }
        }
    };
}

schema!(Pipeline, part_of::<RawPipeline>());
schema!(Calendar, part_of::<RawCalendar>());
schema!(Tables, rows_of(contract::INPUTS.iter()));
schema!(Expect, expectations());

impl JsonSchema for Regua {
    fn schema_name() -> Cow<'static, str> {
        "Regua".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<RawRegua>()
    }
}

/// The schema of a file of which a part may be left out, because the base has it.
fn part_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    without_required(&mut schema);
    schema
}

fn without_required(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|key, value| !(key == "required" && value.is_array()) && key != "$schema");
            map.values_mut().for_each(without_required);
        }
        Value::Array(values) => values.iter_mut().for_each(without_required),
        _ => {}
    }
}

/// Tables as lists of rows that name only columns of the contract.
fn rows_of<'t>(tables: impl Iterator<Item = &'t contract::Table>) -> Value {
    let row = |table: &contract::Table| {
        let columns: Row = table.columns.iter().map(|c| (c.name.to_owned(), json!(true))).collect();
        json!({"type": "array", "items": {"type": "object", "properties": columns, "additionalProperties": false}})
    };
    let tables: Row = tables.map(|table| (table.name.to_owned(), row(table))).collect();
    json!({"type": "object", "properties": tables, "additionalProperties": false})
}

fn expectations() -> Value {
    let mut schema = rows_of(contract::OUTPUTS.iter().chain(contract::KPIS));
    let own = json!({
        "exit": {"type": "integer"},
        "error": {"type": "string"},
        "open": {"type": ["string", "object"]},
        "aging": {"type": "object"},
    });
    let properties = schema["properties"].as_object_mut().expect("properties");
    properties.extend(own.as_object().expect("an object").clone());
    schema
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Every key that is not known, lacks or has the wrong type, with its line.
    pub fn parse(file: &Path, text: &str) -> Result<Scenario, Vec<Fault>> {
        let document = Document::parse(file, text, &|_| None)?;
        let (raw, faults) = document.read::<RawScenario>();
        let Some(raw) = raw.filter(|_| faults.is_empty() && document.faults.is_empty()) else {
            return Err(document.faults.into_iter().chain(faults).collect());
        };
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        if raw.id != stem {
            return Err(vec![document.fault("/id", format!("the id is `{}`, the file is `{stem}.toml`", raw.id))]);
        }
        if raw.run.is_empty() {
            return Err(vec![document.fault("/run", "a scenario has at least one [[run]]")]);
        }
        Ok(Scenario { document, raw })
    }
}
