//! The tables as a reader finds them: dates side by side, revisions, kills, races, other stores, other columns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::house;
use crate::servers::{AZURE_ACCOUNT, AZURE_KEY, BUCKET, Server};
use crate::support::{Ended, House, root};

const DAYS: [&str; 3] = ["2026-06-29", "2026-06-30", "2026-07-01"];

/// What `tests/it/delta/tables.py` says.
fn python(arguments: &[&str], environment: &[(&str, &str)]) -> Value {
    let venv = std::env::var_os("REGUA_TEST_DELTA");
    let venv = PathBuf::from(venv.expect("REGUA_TEST_DELTA is not set: start these tests by tests/delta/run"));
    let mut command = Command::new(venv.join("bin/python"));
    command.arg(root().join("tests/it/delta/tables.py")).args(arguments).envs(environment.iter().copied());
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().expect("python starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Table = its version, its transaction and the rows of each date, as `deltalake` reads them.
fn state(delta: &str, tables: &[String], environment: &[(&str, &str)]) -> BTreeMap<String, Value> {
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    let told = python(&[&["state", delta], &names[..]].concat(), environment);
    serde_json::from_value(told).expect("a table a name")
}

fn local(house: &House) -> (String, Vec<String>) {
    let delta = house.path("delta").to_string_lossy().into_owned();
    let folders = std::fs::read_dir(&delta).expect("tables").flatten();
    let mut tables: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    tables.sort();
    (delta, tables)
}

fn state_of(house: &House) -> BTreeMap<String, Value> {
    let (delta, tables) = local(house);
    state(&delta, &tables, &[])
}

/// Every row of every table against the published Parquet files, read by DuckDB alone.
fn assert_equals_what_is_published(house: &House) {
    let (output, delta) = (house.path("output"), house.path("delta"));
    let told = python(&["differences", &output.to_string_lossy(), &delta.to_string_lossy()], &[]);
    assert_eq!(told["differences"], json!({}));
    assert!(told["tables"].as_u64() > Some(20) && told["rows"].as_u64() > Some(0), "{told}");
}

fn run(house: &House, as_of: &str, more: &[&str]) -> Ended {
    house.regua(&[&["run", "pipelines/daily.toml", "--as-of", as_of], more].concat())
}

fn published(house: &House, as_of: &str) {
    let ended = run(house, as_of, &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

fn records(house: &House) -> usize {
    std::fs::read_dir(house.path("output/_log")).map_or(0, Iterator::count)
}

#[test]
fn dates_side_by_side_and_none_twice() {
    let house = house("../delta");
    DAYS.iter().for_each(|as_of| published(&house, as_of));
    assert_equals_what_is_published(&house);
    let before = state_of(&house);
    assert_eq!(before.keys().filter(|name| ["items", "debtors", "kpi_aging"].contains(&name.as_str())).count(), 3);
    for (name, table) in &before {
        assert_eq!((&table["version"], &table["transaction"]), (&json!(2), &json!(3)), "{name}");
    }
    let one = json!({"2026-06-29": 1, "2026-06-30": 1, "2026-07-01": 1});
    assert_eq!(before["items"]["rows"], one);

    assert!(run(&house, DAYS[2], &[]).stdout.contains("already_published"));
    assert_eq!(state_of(&house), before);

    let (delta, _) = local(&house);
    let then = python(&["at", &delta, "items", "0"], &[]);
    assert_eq!(then, json!({"2026-06-29": 1}), "time travel");
    let day = python(&["day", &delta, "items", "2026-06-30"], &[]);
    assert_eq!(day["rows"], json!([["I1", "100.00"]]));
    assert_eq!(day["files"], 1, "those of other days are skipped");
    let overdue = python(&["where", &delta, "items", "days_past_due > 9"], &[]);
    assert_eq!(overdue, json!({"arrow": 2, "engine": 2}), "by a column that is in no statistics");
}

#[test]
fn figures_of_an_earlier_date_come_too() {
    let house = house("../delta");
    published(&house, DAYS[2]);
    published(&house, DAYS[0]);
    let state = state_of(&house);
    assert_eq!(state["kpi_portfolio"]["rows"], json!({"2026-06-29": 1, "2026-07-01": 1}));
    assert_equals_what_is_published(&house);
}

/// Of the date that decided the tables of decisions are missing too, and the newest record has none of them.
#[test]
fn a_new_prefix_is_filled_whatever_the_newest_record_is() {
    let house = house("../delta");
    published(&house, DAYS[2]);
    published(&house, DAYS[0]);
    std::fs::remove_dir_all(house.path("delta")).expect("removed");
    assert!(run(&house, DAYS[0], &[]).stdout.contains("already_published"));
    assert_equals_what_is_published(&house);
    assert_eq!(state_of(&house)["kpi_actions"]["rows"].as_object().expect("dates").len(), 1);
}

#[test]
fn a_revision_takes_the_place_of_its_date() {
    let house = house("../delta");
    DAYS[..2].iter().for_each(|as_of| published(&house, as_of));
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-26 40.00");
    let revised = run(&house, DAYS[1], &["--revise", "--reason", "a payment came late"]);
    assert_eq!(revised.code, 0, "{}", revised.stderr);
    assert_equals_what_is_published(&house);
    let (delta, _) = local(&house);
    let open = |as_of: &str| python(&["day", &delta, "items", as_of], &[])["rows"].clone();
    assert_eq!((open(DAYS[0]), open(DAYS[1])), (json!([["I1", "100.00"]]), json!([["I1", "60.00"]])));
    let history = python(&["history", &delta, "items"], &[]);
    let newest = &history[0];
    assert_eq!((&newest["seq"], &newest["as_of"], &newest["revision"]), (&json!(3), &json!(DAYS[1]), &json!(1)));
    assert_eq!(python(&["at", &delta, "items", "1"], &[]), json!({"2026-06-29": 1, "2026-06-30": 1}));
}

/// Killed as soon as its record is there: what the Delta tables lack then, the same run again makes up for.
#[test]
fn a_kill_after_the_record_is_made_up_for() {
    let house = house("../delta");
    published(&house, DAYS[0]);
    let mut cut = 0;
    for seq in 2..6 {
        let as_of = format!("2026-07-{seq:02}");
        let mut process = Command::new(env!("CARGO_BIN_EXE_regua"));
        process.args(["run", "pipelines/daily.toml", "--as-of", &as_of]).current_dir(house.folder.path());
        let mut process = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let (record, begin) = (house.path(&format!("output/_log/{seq:020}.json")), Instant::now());
        while !record.exists() {
            assert!(begin.elapsed() < Duration::from_secs(120), "no record");
            std::thread::sleep(Duration::from_millis(1));
        }
        process.kill().expect("killed");
        process.wait().expect("ended");
        let behind = |table: &&Value| table["transaction"].as_u64() < Some(seq);
        cut += state_of(&house).values().filter(behind).count();
        assert!(run(&house, &as_of, &[]).stdout.contains("already_published"));
        assert_eq!(state_of(&house).values().filter(behind).count(), 0);
        assert_equals_what_is_published(&house);
    }
    assert!(cut > 0, "no kill came before the Delta tables were complete");
}

/// Where the tables cannot be written, a run publishes all the same, says that copies are missing, and is completed later.
#[test]
fn a_prefix_that_fails_stops_no_publication() {
    let house = house("../delta");
    std::fs::create_dir(house.path("delta")).expect("a folder");
    std::fs::write(house.path("delta/items"), "in the way").expect("a file");
    for (as_of, records_then) in [(DAYS[0], 1), (DAYS[1], 2)] {
        let ended = run(&house, as_of, &[]);
        assert_eq!(ended.code, 75, "{}", ended.stderr);
        let told = format!("it is published as record {records_then}, but some of its copies are missing");
        assert!(ended.stderr.contains(&told), "{}", ended.stderr);
        assert_eq!(records(&house), records_then);
    }
    assert!(house.path("output/kpi/kpi_aging/dt=2026-06-30/part-00000.parquet").exists(), "the other copies are there");
    std::fs::remove_file(house.path("delta/items")).expect("out of the way");
    let ended = run(&house, DAYS[1], &[]);
    assert!(ended.code == 0 && ended.stdout.contains("already_published"), "{}", ended.stderr);
    assert_equals_what_is_published(&house);
}

#[test]
fn halt_stops_them_as_it_stops_copies() {
    let house = house("../delta");
    published(&house, DAYS[0]);
    std::fs::remove_dir_all(house.path("delta")).expect("removed");
    house.write_file("output/_control/HALT", "wait");
    assert_eq!(run(&house, DAYS[0], &[]).code, 0);
    assert!(!house.path("delta").exists());
    std::fs::remove_file(house.path("output/_control/HALT")).expect("removed");
    assert_eq!(run(&house, DAYS[0], &[]).code, 0);
    assert_equals_what_is_published(&house);
}

/// Z-ORDER rewrites the file of each date, and a revision replaces what it made of one.
#[test]
fn what_another_program_rewrote_is_revised_all_the_same() {
    let house = house("../delta");
    DAYS[..2].iter().for_each(|as_of| published(&house, as_of));
    let (delta, _) = local(&house);
    assert_eq!(python(&["reorder", &delta, "items"], &[]), json!({"added": 2, "removed": 2}));
    assert_equals_what_is_published(&house);
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-26 40.00");
    let revised = run(&house, DAYS[1], &["--revise", "--reason", "a payment came late"]);
    assert_eq!(revised.code, 0, "{}", revised.stderr);
    assert_equals_what_is_published(&house);
    assert_eq!(python(&["day", &delta, "items", DAYS[1]], &[])["rows"], json!([["I1", "60.00"]]));
}

#[test]
fn a_table_of_another_output_is_refused_before_anything_is_published() {
    let house = house("../delta");
    published(&house, DAYS[0]);
    std::fs::remove_dir_all(house.path("output")).expect("removed");
    let refused = run(&house, DAYS[0], &[]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("this Delta table does not follow the log of this output"), "{}", refused.stderr);
    assert_eq!(records(&house), 0);
}

/// A KPI of the user's own, with the columns that are given.
fn own_kpi(columns: &str) -> String {
    format!(
        "-- Purpose: what each company is owed\n-- Grain: company_id\n-- Reads: fct_aging\n-- Units: none\n-- Nulls: none\n\
         -- Kind: table\nselect @as_of as as_of_date, company_id, {columns}\nfrom fct_aging\ngroup by company_id\n\
         order by company_id\n"
    )
}

#[test]
fn an_older_table_gains_a_column_and_no_other_type() {
    let house = house("../delta");
    house.edit("pipelines/daily.toml", "[pipeline]", "[pipeline]\nsql_dir = \"../sql\"");
    std::fs::create_dir_all(house.path("sql/40_kpis")).expect("a folder");
    let model = |columns: &str| house.write_file("sql/40_kpis/kpi_own.sql", &own_kpi(columns));
    model("sum(items) as items");
    published(&house, DAYS[0]);
    model("sum(items) as items, 'all' as scope");
    published(&house, DAYS[1]);
    let (delta, _) = local(&house);
    let rows = python(&["rows", &delta, "kpi_own", "as_of_date,items,scope"], &[]);
    assert_eq!(rows, json!([["2026-06-29", "1", null], ["2026-06-30", "1", "all"]]));

    model("cast(sum(items) as varchar) as items");
    let refused = run(&house, DAYS[2], &[]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let told = "delta/kpi_own: column items is string now and long in this Delta table; cast it in the model, or give the \
                model another name";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    assert_eq!(records(&house), 2, "nothing was published");
    model("sum(items) as items");
    published(&house, DAYS[2]);
    let rows = python(&["rows", &delta, "kpi_own", "as_of_date,items,scope"], &[]);
    assert_eq!(rows[2], json!(["2026-07-01", "1", null]), "a column that went is null");
}

/// Four processes at a time, on S3: each record is one commit of each table, whoever made it.
#[test]
fn writers_at_once_on_s3() {
    let server = Server::moto();
    let endpoint = server.endpoint();
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("NO_PROXY", "127.0.0.1"),
        ("REGUA_OUTPUT", "s3://regua/out"),
    ];
    let house = house("${REGUA_DELTA:-s3://regua/delta}");
    let at_once = |as_of: &str, more: &[(&str, &str)]| {
        let environment = [&environment, more].concat();
        let run = || house.regua_with(&["run", "pipelines/daily.toml", "--as-of", as_of], &environment);
        let ended: Vec<Ended> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
            runs.into_iter().map(|run| run.join().expect("it ends")).collect()
        });
        let refused: Vec<&Ended> = ended.iter().filter(|ended| ended.code != 0).collect();
        assert!(refused.is_empty(), "{refused:?}");
    };
    DAYS.iter().for_each(|as_of| at_once(as_of, &[]));
    // All of the log into a new prefix.
    at_once(DAYS[2], &[("REGUA_DELTA", "s3://regua/again")]);
    let tables = ["items", "debtors", "kpi_aging", "kpi_portfolio", "kpi_holds"].map(str::to_owned);
    for prefix in ["s3://regua/delta", "s3://regua/again"] {
        for (name, table) in state(prefix, &tables, &environment) {
            assert_eq!((&table["version"], &table["transaction"]), (&json!(2), &json!(3)), "{prefix}/{name}");
            assert_eq!(table["files"], 3, "{prefix}/{name}");
        }
        let items = &state(prefix, &tables, &environment)["items"];
        assert_eq!(items["rows"], json!({"2026-06-29": 1, "2026-06-30": 1, "2026-07-01": 1}));
    }
}

#[test]
fn on_azure() {
    let server = Server::azurite();
    let endpoint = format!("{}/{AZURE_ACCOUNT}", server.endpoint());
    let environment = [
        ("AZURE_STORAGE_ACCOUNT_NAME", AZURE_ACCOUNT),
        ("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY),
        ("AZURE_STORAGE_ENDPOINT", &endpoint),
        ("AZURE_ALLOW_HTTP", "true"),
        ("NO_PROXY", "127.0.0.1"),
    ];
    let delta = format!("az://{BUCKET}/delta");
    let house = house(&delta);
    for as_of in &DAYS[..2] {
        let ended = house.regua_with(&["run", "pipelines/daily.toml", "--as-of", as_of], &environment);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    let state = state(&delta, &["items".to_owned(), "kpi_aging".to_owned()], &environment);
    assert_eq!(state["items"]["rows"], json!({"2026-06-29": 1, "2026-06-30": 1}));
    assert_eq!((&state["kpi_aging"]["version"], &state["kpi_aging"]["transaction"]), (&json!(1), &json!(2)));
}

/// A checkpoint every tenth version, and a reader that needs it: the first commits are gone.
#[test]
fn checkpoints_are_written() {
    let house = house("../delta");
    (1..=11).for_each(|day| published(&house, &format!("2026-07-{day:02}")));
    let log = house.path("delta/items/_delta_log");
    let newest: Value =
        serde_json::from_slice(&std::fs::read(log.join("_last_checkpoint")).expect("a checkpoint")).expect("JSON");
    assert_eq!(newest["version"], 9);
    (0..9).for_each(|version: u32| remove(&log, version));
    let state = state_of(&house);
    assert_eq!((&state["items"]["version"], &state["items"]["transaction"]), (&json!(10), &json!(11)));
    published(&house, "2026-07-12");
    assert_equals_what_is_published(&house);
}

fn remove(log: &Path, version: u32) {
    std::fs::remove_file(log.join(format!("{version:020}.json"))).expect("removed");
}
