//! Personal data stays where it is needed: in the messages and the tables that hold them, and nowhere else.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::datatypes::DataType;
use regua::contract;

use crate::faults::Scale;
use crate::support::{Ended, House, as_of, read_parquet, rows, write_parquet};

const CANARY: &str = "CANARY";

/// Debtors whose every personal column holds a value that is found wherever it goes.
fn house(debtors: usize) -> House {
    let house = House::new();
    let table =
        |head: &str, row: &dyn Fn(usize) -> String| (0..debtors).fold(head.to_owned(), |text, n| text + "\n" + &row(n));
    house.write(
        "invoices",
        &table("invoice_id debtor_id issue_date due_date amount payment_reference payment_link", &|n| {
            format!("I{n} D{n} 2026-01-05 2026-06-20 {}.00 {CANARY}r{n} https://{CANARY}l{n}.example", 60 + n % 900)
        }),
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write(
        "debtors",
        &table("debtor_id legal_name state tax_id", &|n| format!("D{n} {CANARY}n{n} SP {CANARY}t{n}")),
    );
    house.write(
        "contact_points",
        &table("debtor_id channel address contact_name", &|n| {
            format!("D{n} email {CANARY}a{n}@x.example {CANARY}c{n}")
        }),
    );
    house
}

/// Every personal column of these inputs is among them, or a new one would go unwatched.
#[test]
fn every_personal_column_has_its_canary() {
    let house = house(1);
    for table in ["invoices", "debtors", "contact_points"] {
        let known = contract::input(table).expect("an input").columns.iter().filter(|column| column.personal);
        let written = read_parquet(&house.path(&format!("input/{table}.parquet")));
        for column in known {
            let found = rows(&written, column.name).concat();
            assert!(found.contains(CANARY), "{table}.{}: {found}", column.name);
        }
    }
}

fn silent(what: &str, text: &str) {
    let at = text.find(CANARY).map(|at| text[at..].chars().take(60).collect::<String>());
    assert_eq!(at, None, "{what}");
}

fn quiet(what: &str, ended: &Ended) {
    silent(&format!("{what}: stdout"), &ended.stdout);
    silent(&format!("{what}: stderr"), &ended.stderr);
}

/// All texts of a Parquet file.
fn texts(file: &Path) -> String {
    let batches = read_parquet(file);
    let schema = batches.first().map(|batch| batch.schema());
    let fields = schema.iter().flat_map(|schema| schema.fields());
    let names: Vec<&str> =
        fields.filter(|field| *field.data_type() == DataType::Utf8).map(|field| field.name().as_str()).collect();
    rows(&batches, &names.join(" ")).join("\n")
}

fn files(house: &House, pattern: &str) -> Vec<std::path::PathBuf> {
    let found = glob::glob(&house.path(pattern).to_string_lossy()).expect("a pattern").flatten();
    found.filter(|path| path.is_file()).collect()
}

#[test]
fn no_canary_leaves_the_messages() {
    let house = house(Scale::wanted().canaries / 6 + 1);
    for (name, arguments) in [
        ("check", &["check", "pipelines/daily.toml"][..]),
        ("inputs", &["inputs", "pipelines/daily.toml", "--as-of", as_of()]),
        ("plan", &["plan", "pipelines/daily.toml", "--as-of", as_of()]),
        ("run", &["run", "pipelines/daily.toml", "--as-of", as_of(), "--openlineage", "events.ndjson"]),
        ("run, as text", &["run", "pipelines/daily.toml", "--as-of", "2026-07-01", "--output", "text"]),
        ("log", &["log", "output"]),
        ("log --verify", &["log", "output", "--verify"]),
        ("gc", &["gc", "output"]),
    ] {
        let ended = house.regua(arguments);
        assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
        quiet(name, &ended);
    }
    let mut looked_at = BTreeSet::new();
    let texts_of = [
        "output/_log/*",
        "output/runs/*/*/run_results.json",
        "output/runs/*/*/metrics.prom",
        "output/runs/*/*/lineage.ndjson",
        "output/runs/*/*/report.html",
        "output/outbox/**/_manifest.json",
    ];
    for pattern in texts_of {
        for file in files(&house, pattern) {
            silent(pattern, &std::fs::read_to_string(&file).expect("text"));
            looked_at.insert(pattern);
        }
    }
    let tables = ["output/kpi/**/*.parquet", "output/kpi_current/*.parquet", "output/runs/*/*/quarantine/*.parquet"];
    let more =
        ["output/runs/*/*/items/*.parquet", "output/runs/*/*/decisions/*.parquet", "output/runs/*/*/debtors/*.parquet"];
    for pattern in tables.into_iter().chain(more) {
        for file in files(&house, pattern) {
            silent(pattern, &texts(&file));
            looked_at.insert(pattern);
        }
    }
    assert_eq!(looked_at.len(), 12, "{looked_at:?}");
    // The harness sees them where they belong.
    let actions = files(&house, "output/runs/2026-06-30/*/actions/*.parquet");
    assert!(texts(&actions[0]).contains(CANARY));
}

/// What is wrong with an input is said without its values.
#[test]
fn no_canary_in_what_is_said_of_bad_input() {
    let wrong: [(&str, &str); 4] = [
        ("debtors", "debtor_id legal_name state\nD0 CANARYn0 SP\nD0 CANARYn1 SP"),
        ("contact_points", "debtor_id channel address\nD0 CANARYchannel CANARYa0@x.example"),
        (
            "invoices",
            "invoice_id debtor_id issue_date due_date amount currency\nI0 D0 2026-01-05 2026-06-20 60.00 CANARYcurrency",
        ),
        ("contact_points", "debtor_id channel address\n- email CANARYa0@x.example"),
    ];
    for (table, text) in wrong {
        let house = house(3);
        house.edit("pipelines/daily.toml", "quarantine_share_max = 0.01", "quarantine_share_max = 1.0");
        house.write(table, text);
        let ended = house.run(as_of());
        quiet(&format!("{table}: {text}"), &ended);
        files(&house, "output/runs/*/*/quarantine/*.parquet").iter().for_each(|file| silent(text, &texts(file)));
    }
    // A text where an amount should be: the engine's own message would quote it.
    let house = house(3);
    let invoices = house.path("input/invoices.parquet");
    let batch = read_parquet(&invoices).remove(0);
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let as_text = field.name() == "amount";
        let canaries = arrow::array::StringArray::from(vec!["CANARYamount"; batch.num_rows()]);
        (field.name().clone(), if as_text { std::sync::Arc::new(canaries) } else { column.clone() }, true)
    });
    let batch = arrow::array::RecordBatch::try_from_iter_with_nullable(columns.collect::<Vec<_>>()).expect("a batch");
    write_parquet(&invoices, &batch);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    quiet("a text for an amount", &ended);
}
