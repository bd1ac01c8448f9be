//! The KPI tables in the tools that read them: `pipelines/bi` against the contract, and what it promises against what is published.

mod ddl;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use regua::contract::{Column, KPIS, Measure};
use serde_json::{Map, Value, json};

use crate::servers::Server;
use crate::support::{Ended, House, as_of, root, test_venv};
use ddl::{DIALECTS, type_of};

/// The day after the demo's.
const NEXT: &str = "2026-07-01";

/// A demo of a month end and two days, made once: what every test reads.
fn demo() -> &'static Path {
    static DEMO: OnceLock<PathBuf> = OnceLock::new();
    DEMO.get_or_init(|| {
        // Nothing drops what is static: the next run of the tests takes the same place.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bi");
        let _ = std::fs::remove_dir_all(&folder);
        let dir = folder.to_string_lossy().into_owned();
        let made = regua(&["demo", "--dir", &dir, "--invoices", "4000", "--months", "1"], &[]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let next = regua(&["run", &format!("{dir}/pipelines/daily.toml"), "--as-of", NEXT], &[]);
        assert_eq!(next.code, 0, "{}", next.stderr);
        std::fs::write(folder.join("contract.json"), contract().to_string()).expect("written");
        folder
    })
}

fn regua(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regua"));
    command.args(arguments).env_remove("REGUA_DATA").env_remove("REGUA_OUTPUT").envs(environment.iter().copied());
    ended(&mut command)
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("it starts");
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The KPI tables for the script: names, types and marks.
fn contract() -> Value {
    let column = |column: &Column| {
        let (measure, of) = match column.measure {
            Some(Measure::Ratio(of, over)) => ("ratio", vec![of, over]),
            Some(Measure::Share(of, within)) => ("share", [&[of], within].concat()),
            Some(Measure::Average(weight)) => ("average", vec![weight]),
            Some(_) => ("other", Vec::new()),
            None => ("none", Vec::new()),
        };
        let within = column.additive_within();
        let kind = type_of(column, "varchar");
        json!({"name": column.name, "type": kind, "measure": measure, "of": of, "additive_within": within})
    };
    let tables = KPIS.iter().map(|table| {
        let columns: Vec<Value> = table.columns.iter().map(column).collect();
        (table.name.to_owned(), json!({"key": table.key, "columns": columns}))
    });
    Value::Object(tables.collect::<Map<_, _>>())
}

/// The script that drives the tools.
fn script(what: &str) -> Command {
    let mut command = Command::new(test_venv().join("bin/python"));
    command.arg(root().join("tests/it/bi/check.py")).arg(what).arg(demo()).arg(root().join("pipelines/bi"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// What it says of the demo.
fn check(what: &str) -> Value {
    result(&ended(&mut script(what)))
}

/// `regua diff` reads what is published as another program does.
#[test]
fn what_moved_between_two_dates_is_what_duckdb_counts() {
    let output = demo().join("output").to_string_lossy().into_owned();
    let found = result(&regua(&["diff", &format!("{output}@2026-06-30"), &format!("@{NEXT}")], &[]));
    let mut script = Command::new(test_venv().join("bin/python"));
    script.arg(root().join("tests/it/bi/moved.py")).args([&output, "2026-06-30", NEXT]);
    let counted = result(&ended(&mut script));
    assert_eq!(found["owed"], counted["owed"]);
    assert_eq!(found["moves"], counted["moves"]);
    assert!(found["moves"].as_array().is_some_and(|moves| moves.len() > 10), "{}", found["moves"]);
}

fn result(told: &Ended) -> Value {
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    serde_json::from_str(told.stdout.lines().last().unwrap_or_default()).expect("JSON")
}

#[test]
fn the_sql_has_every_table_of_the_contract() {
    for dialect in DIALECTS {
        let (made, found) = dialect.compared();
        let remedy = "REGUA_WRITE=1 cargo test --locked --test it bi::";
        assert!(found == made, "pipelines/bi/{} is not up to date: {remedy}", dialect.file);
    }
    // What was written by hand is the same in all of them.
    let by_hand: Vec<String> = DIALECTS.iter().map(|dialect| by_hand(&dialect.compared().1)).collect();
    assert!(by_hand.iter().all(|own| own == &by_hand[0] && own.contains("regua_trend")));
}

fn by_hand(text: &str) -> String {
    text.split_once("written by hand.\n").expect("a part of its own").1.to_owned()
}

/// Every number that is no key says what a chart may do with it, and nothing else does.
#[test]
fn every_number_is_marked() {
    for table in KPIS {
        for column in table.columns {
            let is_number = !matches!(type_of(column, "varchar").as_str(), "varchar" | "date" | "boolean");
            let is_measure = is_number && !table.key.contains(&column.name) && column.name != "fx_rate";
            assert_eq!(
                column.measure.is_some(),
                is_measure && column.name != "bucket_no",
                "{}.{}",
                table.name,
                column.name
            );
        }
    }
}

/// For a tool that reads the schema.
#[test]
fn the_schema_prints_the_marks() {
    let printed = |table: &str, column: &str| {
        let schema: Value = serde_json::from_str(&regua(&["schema", table], &[]).stdout).expect("JSON");
        schema["properties"][column]["x-measure"].clone()
    };
    let within = json!(["as_of_date", "currency"]);
    let amount = json!({"is": "additive within a date and currency", "additive_within": within});
    assert_eq!(printed("kpi_aging", "open_amount"), amount);
    assert_eq!(printed("kpi_actions", "actions"), json!({"is": "additive", "additive_within": []}));
    let is = "ratio of answered and contacts";
    let rate = json!({"is": is, "numerator": "answered", "denominator": "contacts"});
    assert_eq!(printed("kpi_channels", "answer_rate"), rate);
    assert_eq!(printed("kpi_recovery", "debtors"), json!({"is": "count of distinct debtors"}));
    assert_eq!(printed("kpi_aging", "currency"), Value::Null);
    assert_eq!(printed("kpi_roll_rates", "rate")["is"], "share of amount within a company_id, currency and from_state");
}

#[test]
fn numbers_add_up_as_they_are_marked() {
    let told = check("marks");
    assert!(told[0].as_u64() > Some(40) && told[1].as_u64() > Some(1_000), "{told}");
}

/// Types and sums, by table.
#[test]
fn every_tool_reads_the_same() {
    assert_eq!(check("tools"), KPIS.len());
}

#[test]
fn trino_and_athena_have_the_views_of_duckdb() {
    let told = check("views");
    let by_hand = 3;
    assert_eq!(told[0], 2 * (KPIS.len() + by_hand), "{told}");
    assert!(told[1].as_u64() >= Some(13), "{told}");
}

/// tests/bi/run opens it in Superset.
#[test]
fn the_superset_bundle_names_what_the_views_have() {
    assert_eq!(check("bundle"), 8, "charts");
}

#[test]
fn a_newest_date_may_have_no_rows_and_an_old_one_fewer_columns() {
    assert!(check("other_days").as_u64() > Some(0), "what is listed on the date before");
}

/// A hundred reads of a date that a revision replaces, all whole: by one request, or of the files that the record names.
#[test]
fn what_is_read_while_a_run_replaces_it_is_whole() {
    let (server, dir) = (Server::moto(), demo().to_string_lossy().into_owned());
    let endpoint = server.endpoint();
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("NO_PROXY", "127.0.0.1"),
        ("REGUA_DATA", &dir),
        ("REGUA_OUTPUT", "s3://regua/out"),
    ];
    let house = House::new();
    let pipeline = house.path("pipelines/daily.toml").to_string_lossy().into_owned();
    let run = ["run", &pipeline, "--as-of", as_of()];
    let first = regua(&run, &environment);
    assert_eq!(first.code, 0, "{}", first.stderr);

    let mut reader = script("replaced");
    reader.envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = reader.spawn().expect("python starts");
    let mut told = BufReader::new(reader.stdout.take().expect("a pipe"));
    let mut line = String::new();
    told.read_line(&mut line).expect("a line");
    if line == "reading\n" {
        house.edit("pipelines/daily.toml", "buckets = [0, 30,", "buckets = [0, 15, 30,");
        let second = regua(&[&run[..], &["--revise", "--reason", "finer buckets"]].concat(), &environment);
        assert_eq!(second.code, 0, "{}", second.stderr);
    }
    drop(reader.stdin.take());
    told.read_to_string(&mut line).expect("the rest");
    let output = reader.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = result(&Ended { code: output.status.code().unwrap_or(-1), stdout: line, stderr });
    let reads = |when: &str| told[when].as_u64().expect("a number");
    assert!(reads("before") > 0 && reads("after") > 0 && reads("before") + reads("after") >= 100, "{told}");
}
