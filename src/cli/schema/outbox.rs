//! JSON Schema of what is in the log and the outbox: the commit record, the manifest and the two kinds of line; and of the
//! results of a run.
//!
//! The schemas are strict: only what is named here is published, and a reader that finds more is reading another
//! version. A field that is published only where the configuration asks for it (`provider_template`) is among them, so
//! using it needs no new version.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::table::{DIALECT, row_schema};
use crate::contract::ACTIONS;
use crate::domain::message::provider;
use crate::io::log::Record;
use crate::io::outbox::Manifest;
use crate::run::RunResults;

/// Columns of `actions` that are not in `data`: the hash of `data` stands beside it, and what a provider need not know
/// stays in the archive.
const NOT_IN_DATA: [&str; 3] = ["payload_sha256", "template_params", "rule_trace"];

const HASH: &str = "^[0-9a-f]{64}$";
const ACTION_ID: &str = "^[0-9a-f]{32}$";

pub(super) fn schema(name: &str) -> Option<Value> {
    match name {
        "record" => Some(derived::<Record>()),
        "manifest" => Some(derived::<Manifest>()),
        "run_results" => Some(derived::<RunResults>()),
        "action_event" => Some(action_event()),
        "void_event" => Some(void_event()),
        _ => None,
    }
}

/// The schema of a type that is written as JSON: nulls are written too, and nothing is defined elsewhere.
fn derived<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true).for_serialize();
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// A line of `channel={channel}/part-*.ndjson`.
fn action_event() -> Value {
    let in_data = ACTIONS.columns.iter().filter(|c| !NOT_IN_DATA.contains(&c.name));
    let mut data = row_schema(in_data);
    data["additionalProperties"] = false.into();
    data["properties"]["action_id"]["pattern"] = ACTION_ID.into();
    data["properties"][provider::TEMPLATE] = json!({
        "type": "string",
        "minLength": 1,
        "description": "the provider's template that `body` stands for; absent where the message names none",
    });
    data["properties"][provider::PARAMETERS] = json!({
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "what goes into its placeholders, in their order",
    });
    data["dependentRequired"] =
        json!({provider::TEMPLATE: [provider::PARAMETERS], provider::PARAMETERS: [provider::TEMPLATE]});
    let mut event = event("regua.action.v1", "One action to send: the event's id is its action_id.", ACTION_ID, data);
    let hash = json!({
        "type": "string",
        "pattern": HASH,
        "description": "SHA-256 of `data` as it is in the line: the same id with another one is a conflict, not a second send",
    });
    event["properties"]["payloadsha256"] = hash;
    if let Some(required) = event["required"].as_array_mut() {
        required.push("payloadsha256".into());
    }
    event
}

/// A line of `voids/part-*.ndjson`.
fn void_event() -> Value {
    let data = json!({
        "type": "object",
        "properties": {
            "action_id": {"type": "string", "pattern": ACTION_ID, "description": "not to be sent any more"},
            "voided_by_revision": {"type": "integer", "minimum": 1, "description": "revision of the date that says so"},
            "reason": {"type": "string", "description": "why, as given with `--reason`"},
        },
        "required": ["action_id", "voided_by_revision", "reason"],
        "additionalProperties": false,
    });
    event("regua.void.v1", "An action that a revision takes back, if it is not sent yet.", "^void-[0-9a-f]{32}$", data)
}

/// A CloudEvents 1.0 event in JSON.
fn event(kind: &str, description: &str, id: &str, data: Value) -> Value {
    json!({
        "$schema": DIALECT,
        "title": kind,
        "description": description,
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "type": {"const": kind},
            "source": {"type": "string", "pattern": "^/regua/.+$", "description": "the tenant"},
            "id": {"type": "string", "pattern": id},
            "datacontenttype": {"const": "application/json"},
            "data": data,
        },
        "required": ["specversion", "type", "source", "id", "datacontenttype", "data"],
        "additionalProperties": false,
    })
}
