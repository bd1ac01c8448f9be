//! Airflow as users run it: the module and the DAG of `pipelines/airflow`, by `airflow dags test`, which needs neither a
//! scheduler nor a network. `pipelines/airflow/README.md` promises what is tested here.

mod rig;

use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{House, as_of};
use rig::{Rig, Told};

fn conf() -> Value {
    json!({"as_of": as_of()})
}

fn record(rig: &Rig, seq: u64) -> Value {
    serde_json::from_str(&rig.house.read(&format!("output/_log/{seq:020}.json"))).expect("a record")
}

fn is_published(rig: &Rig) -> bool {
    glob::glob(&rig.house.path("output/_log/*.json").to_string_lossy()).expect("a pattern").flatten().next().is_some()
}

/// The shipped DAG over a house of one invoice. The gateway passes at noon of the day, whenever the test runs.
fn shipped() -> Rig {
    let rig = Rig::new(House::of_one_invoice());
    let now = "{{ ti.start_date.strftime('%Y-%m-%dT%H:%M:%SZ') }}";
    rig.house.edit("airflow/dags/regua_daily.py", now, "2026-06-30T15:00:00Z");
    rig
}

/// What is read of a day until it is published: each task's call, stages and result.
const DAY: &str = r#"
regua inputs HOME/pipelines/daily.toml --as-of 2026-06-30 --output json
{"outcome": "ready"}
Success criteria met. Exiting.
regua plan HOME/pipelines/daily.toml --as-of 2026-06-30 --output json
warning: no file was found for contact_log, agreements, agreement_items, promises, disputes, listings, placements: read as empty; if there should be one, correct its path (`regua inputs` shows where it was looked for)
spread begins (3)
spread ends after N s
shards begins (1)
shards ends after N s
{"outcome": "planned", "as_of": "2026-06-30", "kind": "actions", "revision": 0, "kept": null, "counts": {"actions": 1, "contact_state": 1, "debtors": 1, "decisions": 1, "experiment_members": 0, "item_flows": 0, "items": 1, "quarantine": 0}, "control_totals": {"BRL": "100.00"}, "notes": []}
regua run HOME/pipelines/daily.toml --as-of 2026-06-30 --output json
warning: no file was found for contact_log, agreements, agreement_items, promises, disputes, listings, placements: read as empty; if there should be one, correct its path (`regua inputs` shows where it was looked for)
spread begins (3)
spread ends after N s
shards begins (1)
shards ends after N s
publish begins (1)
publish ends after N s
{"as_of": "2026-06-30", "control_totals": {"BRL": "100.00"}, "counts": {"actions": 1, "contact_state": 1, "debtors": 1, "decisions": 1, "experiment_members": 0, "item_flows": 0, "items": 1, "quarantine": 0}, "kind": "actions", "outcome": "published", "record": "HOME/output/_log/00000000000000000001.json", "revision": 0, "run_id": "ID", "seq": 1}
"#;

const REPORT: &str =
    "regua report HOME/output --as-of 2026-06-30 --file HOME/reports/regua-2026-06-30.html --output json";

#[test]
fn a_day_goes_through_the_dag_and_once_more() {
    let rig = shipped();
    let told = rig.test("regua_daily", &conf());
    assert!(told.is_success, "{}", told.log);
    let known = rig.known("regua_daily");
    let once = "success 1";
    let tasks = json!({"inputs": once, "plan": once, "run": once, "report": once, "gateway": once});
    assert_eq!((&known["state"], &known["tasks"]), (&"success".into(), &tasks));
    let read = rig.read(&told);
    let until_published = read.iter().position(|line| line.contains("\"published\"")).map_or(0, |last| last + 1);
    assert_eq!(read[..until_published].join("\n"), DAY.trim());
    // The gateway and the report come in either order.
    for line in [
        r#"{"outcome": "done", "provider": "FakeProvider", "recovered": 0, "events": 1, "actions": {"sent": 1}}"#,
        REPORT,
    ] {
        assert!(read[until_published..].iter().any(|known| known == line), "no {line} in {read:?}");
    }

    let (record, xcom) = (record(&rig, 1), &known["xcom"]);
    for name in ["as_of", "kind", "revision", "run_id", "seq", "counts", "control_totals"] {
        assert_eq!(xcom["run"][name], record[name], "{name}");
    }
    assert_eq!((&xcom["plan"]["counts"], &xcom["plan"]["difference"]), (&record["counts"], &Value::Null));
    assert_eq!(xcom["gateway"]["actions"], json!({"sent": 1}));
    assert!(rig.house.path("reports/regua-2026-06-30.html").exists());
    let by = json!({"dag_id": "regua_daily", "task_id": "run", "dag_run_id": known["run_id"], "try_number": "1"});
    assert_eq!(record["ran_by"], by);
    let event = |outcome: &str| json!({"as_of": as_of(), "seq": 1, "run_id": record["run_id"], "revision": 0, "outcome": outcome});
    let events = known["events"].as_object().expect("events");
    assert_eq!(events.len(), 4);
    assert!(events.values().all(|extra| *extra == event("published")), "{events:?}");
    assert!(events.keys().any(|uri| uri.ends_with("/output/_log")), "{events:?}");

    // A worker that was lost after the record: the event comes again, and names the same record.
    let told = rig.test("regua_daily", &conf());
    assert!(told.is_success, "{}", told.log);
    let known = rig.known("regua_daily");
    let events = known["events"].as_object().expect("events");
    assert!(events.len() == 4 && events.values().all(|extra| *extra == event("already_published")), "{events:?}");
    assert_eq!(known["xcom"]["gateway"]["actions"], json!({}), "nothing goes out twice");
}

/// As a backfill does: its dates go forward, and each would write to everybody who was late then.
#[test]
fn figures_alone_write_to_nobody() {
    let rig = shipped();
    let told = rig.test("regua_daily", &json!({"as_of": as_of(), "kpi_only": true}));
    assert!(told.is_success, "{}", told.log);
    let known = rig.known("regua_daily");
    assert_eq!(known["xcom"]["plan"]["kind"], "kpi_only");
    assert_eq!((&known["xcom"]["run"]["kind"], &record(&rig, 1)["kind"]), (&"kpi_only".into(), &"kpi_only".into()));
    assert_eq!(known["xcom"]["gateway"]["actions"], json!({}));
    assert!(!rig.house.path("output/outbox").exists());
}

const NO_COLUMN: &str = r#"
regua run HOME/pipelines/daily.toml --as-of 2026-06-30 --output json
AirflowFailException: regua exit code 3: invoices snapshot HOME/input/invoices.parquet: column "nope" is missing (the file has invoice_id, debtor_id, issue_date, due_date, amount); add it to the export or map debtor_id in [inputs.invoices.columns]
"#;
const AUDIT: &str = "-- Purpose: nobody owes anything.
-- Grain: none; one row per finding
-- Reads: out_items
-- Units: numbers of rows
-- Nulls: none
-- Kind: audit
select invoice_id as subject, '0' as expected, '1' as actual, '1' as difference from out_items
";
const FAILED_AUDIT: &str = "
regua run HOME/pipelines/daily.toml --as-of 2026-06-30 --output json
warning: no file was found for contact_log, agreements, agreement_items, promises, disputes, listings, placements: read as empty; if there should be one, correct its path (`regua inputs` shows where it was looked for)
spread begins (3)
spread ends after N s
shards begins (1)
shards ends after N s
AirflowFailException: regua exit code 3: nothing was published: an audit failed
audit 90_nothing_owed (sha256 c2818bc4e5ec...): expected 0, actual 1, difference 1
";

#[test]
fn what_cannot_succeed_is_tried_once_and_says_why() {
    let rig = Rig::new(House::of_one_invoice());
    let fails = |expected: &str| {
        let told = rig.test("run", &conf());
        assert!(!told.is_success, "{}", told.log);
        assert_eq!(rig.known("run")["tasks"], json!({"run": "failed 1"}));
        assert_eq!(rig.read(&told).join("\n"), expected.trim());
    };
    rig.house.edit("pipelines/daily.toml", "[inputs.invoices]", "[inputs.invoices]\ncolumns.debtor_id = \"nope\"");
    fails(NO_COLUMN);
    rig.house.edit("pipelines/daily.toml", "\ncolumns.debtor_id = \"nope\"", "");
    rig.house.edit("pipelines/daily.toml", "[pipeline]", "[pipeline]\nsql_dir = \"../sql\"");
    std::fs::create_dir_all(rig.house.path("sql/50_audits")).expect("a folder");
    rig.house.write_file("sql/50_audits/audit_90_nothing_owed.sql", AUDIT);
    fails(FAILED_AUDIT);
    assert!(!is_published(&rig));
}

#[test]
fn the_sensor_waits_until_the_export_is_there() {
    let rig = Rig::new(House::of_one_invoice());
    let (there, away) = (rig.house.path("input/invoices.parquet"), rig.house.path("invoices.parquet"));
    std::fs::rename(&there, &away).expect("moved");
    let mut child = rig.start("inputs", &conf());
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut log = String::new();
    for line in lines {
        log.push_str(&format!("{line}\n"));
        // Two looks before it comes.
        if line.contains("waiting: ") && log.matches("waiting: ").count() == 2 {
            std::fs::rename(&away, &there).expect("moved");
        }
    }
    assert!(child.wait().expect("it ends").success(), "{log}");
    assert_eq!(rig.known("inputs")["tasks"], json!({"inputs": "success 1"}), "to wait is no try");
    let read = rig.read(&Told { is_success: true, log });
    let call = "regua inputs HOME/pipelines/daily.toml --as-of 2026-06-30 --output json";
    let waiting = "waiting: invoices snapshot HOME/input/invoices.parquet: nothing is there; wait for the export, \
                   or correct [inputs.invoices].path";
    assert_eq!(read[..4], [call, waiting, call, waiting]);
    assert_eq!(read[read.len() - 3..], [call, "{\"outcome\": \"ready\"}", "Success criteria met. Exiting."]);
}

/// It fails twice in a way that may be over by the next try.
const FLAKY: &str = r#"#!/bin/sh
echo x >>"$REGUA_HOME/tries"
[ "$(wc -l <"$REGUA_HOME/tries")" -gt 2 ] || exit 1
exec "$REGUA_REAL" "$@"
"#;

#[test]
fn what_may_succeed_is_tried_again() {
    let mut rig = Rig::new(House::of_one_invoice());
    rig.put_before_regua(FLAKY);
    let told = rig.test("run", &conf());
    assert!(told.is_success, "{}", told.log);
    assert_eq!(rig.known("run")["tasks"], json!({"run": "success 3"}));
    assert_eq!(told.log.matches("AirflowException: regua exit code 1: it does not say why").count(), 2, "{}", told.log);
    assert_eq!(record(&rig, 1)["ran_by"]["try_number"], "3");
}

/// The first try is ended by a signal to the worker, the second by `execution_timeout`.
#[test]
fn a_task_that_is_ended_publishes_nothing_and_the_next_try_does() {
    let mut rig = Rig::new(House::of_one_invoice());
    rig.put_before_regua(include_str!("airflow/frozen.py"));
    let mut child = rig.start("limited", &conf());
    let mut log = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut so_far = String::new();
    while !so_far.contains("spread begins") {
        assert!(log.read_line(&mut so_far).expect("a line") > 0, "{so_far}");
    }
    assert!(!is_published(&rig));
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(killed.expect("it starts").success());
    log.read_to_string(&mut so_far).expect("the rest");
    assert!(child.wait().expect("it ends").success(), "{so_far}");
    assert_eq!(rig.known("limited")["tasks"], json!({"run": "success 3"}));
    let read = rig.read(&Told { is_success: true, log: so_far });
    let call = "HOME/bin/regua run HOME/pipelines/daily.toml --as-of 2026-06-30 --output json";
    // What it still begins before the signal comes to it is no matter.
    let is_told = |line: &&String| line.contains(" run ") || line.contains("interrupted");
    let read: Vec<&String> = read.iter().filter(is_told).collect();
    let (ended, over) = (
        "AirflowException: regua exit code 143: interrupted: nothing was published",
        "error: interrupted: nothing was published",
    );
    assert_eq!(read, [call, ended, call, over, call]);
    assert_eq!((&record(&rig, 1)["seq"], &record(&rig, 1)["ran_by"]["try_number"]), (&1.into(), &"3".into()));
}

/// Schedule, zone, moment, kind of run and conf; the date, and whether only figures are published.
const DATES: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("0 6 * * 1-5", "America/Sao_Paulo", "2026-06-30T09:00Z", "scheduled", "{}", "2026-06-30"),
    // The day in UTC is the next one already.
    ("0 22 * * *", "America/Sao_Paulo", "2026-07-01T01:00Z", "scheduled", "{}", "2026-06-30"),
    ("0 22 * * *", "America/Sao_Paulo", "2026-07-01T01:00Z", "manual", r#"{"as_of": "2026-06-15"}"#, "2026-06-15"),
    // Half past midnight, before and after the clocks go forward on 29 March, and back on 25 October.
    ("30 0 * * *", "Europe/Lisbon", "2026-03-29T00:30Z", "scheduled", "{}", "2026-03-29"),
    ("30 0 * * *", "Europe/Lisbon", "2026-03-29T23:30Z", "scheduled", "{}", "2026-03-30"),
    ("30 0 * * *", "Europe/Lisbon", "2026-10-24T23:30Z", "scheduled", "{}", "2026-10-25"),
    ("30 0 * * *", "Europe/Lisbon", "2026-10-26T00:30Z", "scheduled", "{}", "2026-10-26"),
    // A run that an asset asks for has no interval.
    ("", "America/Sao_Paulo", "2026-07-01T02:59Z", "asset_triggered", "{}", "2026-06-30"),
    ("", "America/Sao_Paulo", "2026-07-01T03:00Z", "asset_triggered", "{}", "2026-07-01"),
    ("0 22 * * *", "America/Sao_Paulo", "2026-02-01T01:00Z", "backfill", "{}", "2026-01-31 kpi-only"),
    ("", "America/Sao_Paulo", "2026-07-01T03:00Z", "manual", r#"{"kpi_only": true}"#, "2026-07-01 kpi-only"),
];

/// The module does without a provider for lineage, too: none is installed here.
#[test]
fn the_date_of_a_run_is_the_day_of_its_zone() {
    let rig = Rig::new(House::of_one_invoice());
    let line = |(schedule, zone, moment, kind, conf, _): &(&str, &str, &str, &str, &str, &str)| {
        let schedule = Some(schedule).filter(|schedule| !schedule.is_empty());
        let conf: Value = serde_json::from_str(conf).expect("JSON");
        format!("{}\n", json!([schedule, zone, moment, kind, conf]))
    };
    let dates = rig.python("dates.py", &[], &DATES.iter().map(line).collect::<String>());
    for (position, case) in DATES.iter().enumerate() {
        assert_eq!(dates.get(position).map(String::as_str), Some(case.5), "{case:?}");
    }
}

/// Workers that a service manager starts often lack the PATH of a shell; to try again would not help.
#[test]
fn a_program_that_is_not_there_is_named_with_the_remedy() {
    let told = Rig::new(House::of_one_invoice()).python("absent.py", &[], "");
    let expected = "regua-of-nobody is not there: put it on the PATH of the workers, or name it by its path (REGUA_BINARY in the shipped DAG)";
    assert!(told.iter().any(|line| line == expected), "{told:?}");
}

/// The events of a run name its task as their parent, where the provider for OpenLineage is installed.
#[test]
fn a_run_is_told_its_parent() {
    let rig = Rig::new(House::of_one_invoice());
    let run = "regua run p --as-of 2026-06-30 --output json";
    let parent = "--openlineage-parent default/regua_daily.run/0197c1a0-7c2e-7d3c-9a51-3f2f6c2b8a10";
    let plan = "regua plan p --as-of 2026-06-30 --output json";
    let told = rig.python("lineage.py", &[], "");
    let commands: Vec<&String> = told.iter().filter(|line| line.starts_with("regua ")).collect();
    // Without a provider, with one, of a plan, and where the provider fails.
    assert_eq!(commands, [run, &format!("{run} {parent}"), plan, run]);
    assert!(told.iter().any(|line| line.contains("the run will name no parent in OpenLineage")), "{told:?}");
}

#[test]
fn the_dags_are_parsed_and_have_their_shape() {
    let rig = Rig::new(House::of_one_invoice());
    // Airflow reads a file only where it names both words.
    rig.house.write_file("airflow/dags/broken.py", "import nothing_of_that_name  # a dag of airflow\n");
    let parsed = rig.airflow(&["dags", "reserialize"]);
    assert!(parsed.is_success, "{}", parsed.log);
    let errors = rig.airflow(&["dags", "list-import-errors", "--output", "json"]);
    let errors = errors.log.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()).expect("a list");
    let files: Vec<&Value> = errors.as_array().into_iter().flatten().map(|error| &error["filepath"]).collect();
    assert_eq!(files, ["broken.py"], "{errors}");
    let common = ["gateway", "inputs plan", "report", "run gateway report", "America/Sao_Paulo False 1 3"];
    let tables =
        ["_log", "kpi/kpi_portfolio", "kpi/kpi_aging", "kpi/kpi_actions"].map(|t| format!("s3://bucket/out/{t}"));
    for (approve, more) in [(None, &["plan run"][..]), (Some("1"), &["approve run", "plan approve"][..])] {
        let mut environment = vec![("REGUA_OUTPUT", "s3://bucket/out")];
        environment.extend(approve.map(|value| ("REGUA_APPROVE", value)));
        let shape = rig.python("shape.py", &environment, "");
        for line in common.iter().chain(more) {
            assert!(shape.iter().any(|known| known == line), "no {line:?} in {shape:?}");
        }
        assert_eq!((shape.len(), shape.last()), (common.len() + more.len() + 1, Some(&tables.join(" "))), "{shape:?}");
    }
}
