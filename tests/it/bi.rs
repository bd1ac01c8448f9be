//! The KPI tables in the tools that read them: `pipelines/bi` against the contract, and what it promises against what is published.

mod ddl;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use regua::contract::{Column, KPIS, Measure};
use serde_json::{Map, Value, json};

use crate::support::{Ended, root, test_venv};
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

/// What the script says of the demo.
fn check(what: &str) -> Value {
    let mut command = Command::new(test_venv().join("bin/python"));
    command.arg(root().join("tests/it/bi/check.py")).args([what, &demo().to_string_lossy()]);
    let told = ended(command.env("PYTHONDONTWRITEBYTECODE", "1").arg(root().join("pipelines/bi")));
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

#[test]
fn numbers_add_up_as_they_are_marked() {
    let told = check("marks");
    assert!(told[0].as_u64() > Some(40) && told[1].as_u64() > Some(1_000), "{told}");
}
