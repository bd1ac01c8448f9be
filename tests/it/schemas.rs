//! `regua schema` against what a run really publishes: every record, manifest, line and event passes, and what is
//! wrong in one place fails.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::{House, as_of};

fn schema(house: &House, name: &str) -> Value {
    let printed = house.regua(&["schema", name]);
    assert_eq!(printed.code, 0, "{name}: {}", printed.stderr);
    serde_json::from_str(&printed.stdout).expect("JSON")
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

/// The demo's portfolio, published: every channel and many steps.
fn published() -> House {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "400", "--dir", "."]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert_eq!(house.run(as_of()).code, 0);
    house
}

/// Every JSON value of the files that match: a file each, or a line each.
fn values(house: &House, pattern: &str) -> Vec<Value> {
    let files = glob::glob(&house.path(pattern).to_string_lossy()).expect("a pattern").flatten();
    let texts = files.map(|file| std::fs::read_to_string(file).expect("a file"));
    let parse = |text: &str| serde_json::from_str(text).expect("JSON");
    let is_lines = pattern.ends_with(".ndjson");
    texts.flat_map(|t| if is_lines { t.lines().map(parse).collect() } else { vec![parse(&t)] }).collect()
}

fn void() -> Value {
    json!({
        "specversion": "1.0",
        "type": "regua.void.v1",
        "source": "/regua/demo",
        "id": "void-0123456789abcdef0123456789abcdef",
        "datacontenttype": "application/json",
        "data": {"action_id": "0123456789abcdef0123456789abcdef", "voided_by_revision": 1, "reason": "wrong prices"},
    })
}

fn event() -> Value {
    json!({
        "event_id": "E1",
        "action_id": "0123456789abcdef0123456789abcdef",
        "debtor_id": "D1",
        "invoice_id": null,
        "channel": "instruction",
        "direction": "outbound",
        "occurred_at": "2026-06-30T15:00:00Z",
        "status": "sent",
        "cost": "0.35",
        "cost_currency": "BRL",
    })
}

/// Schema, a place in what it describes, and a value that must not stand there (null: the key is missing).
const WRONG: &[(&str, &str, &str)] = &[
    ("record", "/seq", "\"1\""),
    ("record", "/kind", "\"recall\""),
    ("record", "/files/0/size", "-1"),
    ("record", "/prev_sha256", "null"),
    ("manifest", "/format_version", "2"),
    ("manifest", "/revision", "null"),
    ("manifest", "/as_of", "\"30/06/2026\""),
    ("manifest", "/parts/0/sha256", "\"0\""),
    ("manifest", "/parts/0/rows", "1"),
    ("action_event", "/specversion", "\"2.0\""),
    ("action_event", "/type", "\"regua.void.v1\""),
    ("action_event", "/id", "\"1\""),
    ("action_event", "/payloadsha256", "null"),
    ("action_event", "/more", "1"),
    ("action_event", "/data/more", "1"),
    ("action_event", "/data/rule_trace", "\"[]\""),
    ("action_event", "/data/debtor_id", "null"),
    ("action_event", "/data/total_due", "100.5"),
    ("action_event", "/data/total_due", "\"100.5\""),
    ("action_event", "/data/not_before", "\"tomorrow\""),
    ("action_event", "/data/items/0/open_amount", "null"),
    ("action_event", "/data/items/0/more", "1"),
    ("void_event", "/id", "\"0123456789abcdef0123456789abcdef\""),
    ("void_event", "/data/voided_by_revision", "0"),
    ("void_event", "/data/reason", "null"),
    ("run_results", "/seconds/load", "\"0.1\""),
    ("run_results", "/shards", "-1"),
    ("run_results", "/rows_read", "null"),
    ("run_results", "/as_of", "\"30/06/2026\""),
    ("run_results", "/notes", "\"none\""),
    ("contact_log", "/channel", "\"pigeon\""),
    ("contact_log", "/status", "\"seen\""),
    ("contact_log", "/occurred_at", "\"30/06/2026\""),
    ("contact_log", "/cost", "0.35"),
    ("contact_log", "/debtor_id", "null"),
];

/// The value with another one, or none, at this place.
fn spoiled(value: &Value, place: &str, by: &str) -> Value {
    let mut value = value.clone();
    let (parent, key) = place.rsplit_once('/').expect("a place");
    let object = value.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    match serde_json::from_str(by).expect("a value") {
        Value::Null => assert!(object.remove(key).is_some(), "{place}"),
        by => drop(object.insert(key.to_owned(), by)),
    }
    value
}

#[test]
fn what_is_published_is_as_the_schemas_say() {
    let house = published();
    let real = [
        ("record", values(&house, "output/_log/*.json")),
        ("manifest", values(&house, "output/outbox/*/*/_manifest.json")),
        ("action_event", values(&house, "output/outbox/*/*/*.ndjson")),
        ("run_results", values(&house, "output/runs/*/*/run_results.json")),
        ("void_event", vec![void()]),
        ("contact_log", vec![event()]),
    ];
    for (name, values) in &real {
        let validator = validator(&schema(&house, name));
        assert!(!values.is_empty(), "{name}");
        for value in values {
            let errors: Vec<String> =
                validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
        for (_, place, by) in WRONG.iter().filter(|(of, _, _)| of == name) {
            let spoiled = spoiled(&values[0], place, by);
            assert!(!validator.is_valid(&spoiled), "{name} with {by} at {place} passes");
        }
    }
    assert!(real[2].1.len() > 3, "lines of several channels");
}

/// A provider that sends approved templates alone gets its name and parameters beside the text.
#[test]
fn a_line_carries_the_template_of_a_provider_where_the_message_names_one() {
    let house = House::of_one_invoice();
    let line = || values(&house, "output/outbox/*/*/*.ndjson").remove(0);
    let validator = validator(&schema(&house, "action_event"));
    assert_eq!(house.run(as_of()).code, 0);
    let plain = line();
    let file =
        format!("pipelines/templates/pt-BR/{}.email.j2", plain["data"]["template_id"].as_str().expect("a template"));
    let text = house.read(&file);
    let head = "{% set provider_template = \"overdue_v3\" %}\n\
                {% set provider_parameters = [debtor.name, items_count, open_amount | money] %}\n";
    house.write_file(&file, &format!("{head}{text}"));
    std::fs::remove_dir_all(house.path("output")).expect("what was published");
    assert_eq!(house.run(as_of()).code, 0);
    let named = line();
    assert_eq!(named["data"]["provider_template"], "overdue_v3");
    assert_eq!(named["data"]["provider_parameters"], json!(["Acme", "1", "R$ 100,00"]));
    for key in ["body", "subject", "action_id"] {
        assert_eq!(named["data"][key], plain["data"][key], "{key} is what it was");
    }
    assert!(plain["data"].get("provider_template").is_none(), "no key where nothing is named");
    for line in [&plain, &named] {
        assert!(validator.is_valid(line), "{line}");
    }
    for (place, by) in [
        ("/data/provider_parameters", "null"),
        ("/data/provider_template", "null"),
        ("/data/provider_template", "\"\""),
        ("/data/provider_parameters", "[\"Acme\", 1]"),
        ("/data/provider_parameters", "[\"\"]"),
    ] {
        assert!(!validator.is_valid(&spoiled(&named, place, by)), "{by} at {place} passes");
    }
    let shown = house.regua(&["template", "preview", &file, "--sample", "--output", "text"]).stdout;
    assert!(shown.contains("  provider_template overdue_v3\n    1: Comercial São João"), "{shown}");
}

/// A manifest says what the record says: a gateway may read either.
#[test]
fn manifests_name_the_parts_beside_them() {
    let house = published();
    let manifests = values(&house, "output/outbox/*/*/_manifest.json");
    let mut lines = 0;
    for manifest in &manifests {
        assert_eq!((&manifest["seq"], &manifest["revision"]), (&json!(1), &json!(0)));
        for part in manifest["parts"].as_array().expect("parts") {
            let channel = manifest["channel"].as_str().expect("a channel");
            let name = part["name"].as_str().expect("a name");
            let file = house.path(&format!("output/outbox/dt={}/channel={channel}/{name}", as_of()));
            let bytes = std::fs::read(file).expect("a part");
            assert_eq!(part["size"], bytes.len());
            assert_eq!(part["sha256"], regua::domain::action::sha256_hex(&bytes));
            lines += part["actions"].as_u64().expect("a number");
        }
    }
    assert_eq!(lines as usize, values(&house, "output/outbox/*/*/*.ndjson").len());
}

/// One document for whoever writes a gateway: all that it refers to is in it, and is what `regua schema` prints.
#[test]
fn the_asyncapi_document_is_whole() {
    let house = House::new();
    let document = schema(&house, "asyncapi");
    assert_eq!(document["asyncapi"], "3.0.0");
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 20, "{references:?}");
    for reference in &references {
        let place = reference.strip_prefix('#').expect("a place in the document");
        assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
    }
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    for (name, embedded) in schemas {
        let mut printed = schema(&house, name);
        printed.as_object_mut().expect("an object").remove("$schema");
        assert_eq!(embedded, &printed, "{name}");
        assert!(references.contains(&format!("#/components/schemas/{name}")), "{name} is no message");
    }
    for channel in document["channels"].as_object().expect("channels").values() {
        let address = channel["address"].as_str().expect("an address");
        let parameters = channel["parameters"].as_object().expect("parameters");
        assert_eq!(address.matches('{').count(), parameters.len(), "{address}");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| collect_references(v, found));
        }
        Value::Array(values) => values.iter().for_each(|v| collect_references(v, found)),
        _ => {}
    }
}
