//! One AsyncAPI 3.0 document for whoever writes a gateway: which lines stand where, and which events come back.

use serde_json::{Map, Value, json};

use super::published;

/// Channel, its address below the output folder, what stands there, and whether Régua writes or reads it.
const CHANNELS: [(&str, &str, &str, &str, &str); 7] = [
    ("log", "_log/{seq}.json", "record", "send", "Commit records, chained by hash: the only truth, and the order."),
    (
        "manifests",
        "outbox/dt={as_of}/channel={channel}/_manifest.json",
        "manifest",
        "send",
        "Beside the parts, written last.",
    ),
    ("actions", "outbox/dt={as_of}/channel={channel}/{part}.ndjson", "action_event", "send", "A line per action."),
    (
        "revision_manifests",
        "outbox/dt={as_of}/revision={revision}/{folder}/_manifest.json",
        "manifest",
        "send",
        "Beside the parts of a revision, written last.",
    ),
    (
        "revision_actions",
        "outbox/dt={as_of}/revision={revision}/channel={channel}/{part}.ndjson",
        "action_event",
        "send",
        "What a revision adds.",
    ),
    (
        "revision_voids",
        "outbox/dt={as_of}/revision={revision}/voids/{part}.ndjson",
        "void_event",
        "send",
        "What a revision takes back: to be applied before its actions.",
    ),
    (
        "contact_log",
        "contact_log",
        "contact_log",
        "receive",
        "Events of gateways, as rows of a Parquet snapshot; the path is an input of the pipeline.",
    ),
];

const PARAMETERS: [(&str, &str); 6] = [
    ("seq", "number of the record, twenty digits"),
    ("as_of", "date of the run, such as 2026-06-30"),
    ("revision", "revision of that date, from 1"),
    ("channel", "email, whatsapp, sms, phone, letter, portal or instruction"),
    ("folder", "channel={channel}, or voids"),
    ("part", "part-00000 and so on"),
];

const MESSAGES: [&str; 5] = ["record", "manifest", "action_event", "void_event", "contact_log"];

pub(super) fn document() -> Value {
    let channels: Map<String, Value> = CHANNELS
        .iter()
        .map(|(name, address, message, _, why)| ((*name).to_owned(), channel(address, message, why)))
        .collect();
    let operations: Map<String, Value> = CHANNELS
        .iter()
        .map(|(name, _, message, action, _)| (format!("{action}_{name}"), operation(name, message, action)))
        .collect();
    let messages: Map<String, Value> = MESSAGES.iter().map(|name| ((*name).to_owned(), message(name))).collect();
    let schemas: Map<String, Value> = MESSAGES.iter().map(|name| ((*name).to_owned(), schema(name))).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Régua",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What Régua publishes to message gateways, as objects in a store, and what they report back.",
            "license": {"name": env!("CARGO_PKG_LICENSE")},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    })
}

fn channel(address: &str, message: &str, description: &str) -> Value {
    let named = PARAMETERS.iter().filter(|(name, _)| address.contains(&format!("{{{name}}}")));
    let parameters: Map<String, Value> =
        named.map(|(name, what)| ((*name).to_owned(), json!({"description": what}))).collect();
    let messages = json!({message: {"$ref": format!("#/components/messages/{message}")}});
    json!({"address": address, "description": description, "messages": messages, "parameters": parameters})
}

fn operation(channel: &str, message: &str, action: &str) -> Value {
    json!({
        "action": action,
        "channel": {"$ref": format!("#/channels/{channel}")},
        "messages": [{"$ref": format!("#/channels/{channel}/messages/{message}")}],
    })
}

fn message(name: &str) -> Value {
    let content = match name {
        "action_event" | "void_event" => "application/cloudevents+json",
        "contact_log" => "application/vnd.apache.parquet",
        _ => "application/json",
    };
    json!({"name": name, "contentType": content, "payload": {"$ref": format!("#/components/schemas/{name}")}})
}

/// The very schema that `regua schema {name}` prints; a document names its dialect itself.
fn schema(name: &str) -> Value {
    let mut schema = published(name).unwrap_or_default();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    schema
}
