//! Scenarios as files: every `tests/scenarios/*.toml` is a whole miniature that the real program is run on, date after date.
//! `tests/scenarios/README.md` says how to write one; `REGUA_SCENARIOS=DIR` runs another folder.

mod compare;
mod format;
mod stage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use regua::contract;
use serde_json::Value;

use crate::support::{Ended, root};
use compare::{Cell, compare, plain, told};
use format::{After, RawRun, Scenario};
use stage::Stage;

/// What came of one scenario: what failed, a line each.
struct Played {
    file: PathBuf,
    runs: usize,
    failures: Vec<String>,
}

fn play(file: &Path) -> Played {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let (runs, failures) = match Scenario::parse(file, &text) {
        Ok(scenario) => (scenario.raw.run.len(), play_scenario(&scenario)),
        Err(faults) => (0, faults.iter().map(ToString::to_string).collect()),
    };
    Played { file: file.to_owned(), runs, failures }
}

fn play_scenario(scenario: &Scenario) -> Vec<String> {
    let mut stage = Stage::new(&scenario.raw);
    let otherwise = After::All("sent".to_owned());
    stage.add(&scenario.raw.tables, &scenario.raw.run[0].as_of);
    stage.add_again(&scenario.raw.again, &scenario.raw.run[0].as_of);
    let mut failures = Vec::new();
    for (position, run) in scenario.raw.run.iter().enumerate() {
        stage.take_out(&run.gone);
        stage.add(&run.tables, &run.as_of);
        stage.add_again(&run.again, &run.as_of);
        let fail = |what: &str, lines: Vec<String>| {
            let at =
                scenario.document.fault(&format!("/run/{position}/expect/{what}"), format!("{} {what}", run.as_of));
            std::iter::once(at.to_string())
                .chain(lines.into_iter().map(|line| format!("    {line}")))
                .collect::<Vec<_>>()
        };
        let ended = match stage.run(&run.as_of) {
            Ok(ended) => ended,
            Err(what) => return [failures, fail("tables", vec![what])].concat(),
        };
        let refused = refusal(run, &ended);
        if !refused.is_empty() || ended.code != 0 {
            failures.extend(if refused.is_empty() { Vec::new() } else { fail("exit", refused) });
            if ended.code != 0 && run.expect.0.get("exit").is_none() {
                return failures;
            }
            continue;
        }
        let mut table = |name: &str| stage.published(name);
        for (what, expected) in run.expect.0.iter().filter(|(what, _)| *what != "exit" && *what != "error") {
            let lines = check(what, expected, &mut table);
            if !lines.is_empty() {
                failures.extend(fail(what, lines));
            }
        }
        let actions = table("actions");
        stage.report(&run.as_of, stage::after(&scenario.raw, run, &otherwise), &actions);
    }
    failures
}

/// What is wrong with how the program ended.
fn refusal(run: &RawRun, ended: &Ended) -> Vec<String> {
    let expected = run.expect.0.get("exit").and_then(Value::as_i64).unwrap_or(0);
    let message = run.expect.0.get("error").map(plain).unwrap_or_default();
    let mut lines = Vec::new();
    if i64::from(ended.code) != expected {
        lines.push(told("exit", &expected.to_string(), &ended.code.to_string()));
    }
    if !ended.stderr.contains(&message) {
        lines.push(format!("error: {message:?} is not in what it says"));
    }
    if !lines.is_empty() {
        lines.extend(ended.stderr.lines().map(|line| format!("| {line}")));
    }
    lines
}

/// One expectation of a run against what was published.
fn check(what: &str, expected: &Value, table: &mut dyn FnMut(&str) -> Vec<Cell>) -> Vec<String> {
    match (what, expected) {
        ("aging", Value::Object(_)) => {
            let key = |row: &Cell| vec![row.get("currency").text(), row.get("bucket").text()];
            totals(what, expected, &table("kpi_aging"), key, 2)
        }
        ("open", _) => totals(what, expected, &table("items"), |row| vec![row.get("currency").text()], 1),
        (_, Value::Array(rows)) => {
            let key = ["debtor_id", "invoice_id", "installment_no", "currency", "step_id"];
            let known = contract::OUTPUTS.iter().chain(contract::KPIS).find(|t| t.name == what);
            let has = |column: &&str| known.is_some_and(|t| t.column(column).is_some());
            let key: Vec<&str> = key.into_iter().filter(has).collect();
            let mut lines = compare(rows, &table(what), &key);
            if !lines.is_empty() && (what == "actions" || what == "decisions") {
                let columns = ["debtor_id", "currency", "outcome", "reason", "regua", "step_id", "detail"];
                let row = |row: Cell| columns.map(|name| row.get(name).text()).join(" ");
                lines.push("what was decided:".to_owned());
                lines.extend(table("decisions").into_iter().map(|decision| format!("    {}", row(decision))));
            }
            lines
        }
        _ => vec![format!("{what} is a list of rows")],
    }
}

/// Sums of `open_amount` against the expected ones. The currency need not be named where there is only one.
fn totals(
    what: &str,
    expected: &Value,
    rows: &[Cell],
    key: impl Fn(&Cell) -> Vec<String>,
    depth: usize,
) -> Vec<String> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows {
        let minor: i64 = row.get("open_amount").text().replace('.', "").parse().expect("an amount");
        *sums.entry(key(row).join(" ")).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    let mut wanted = BTreeMap::new();
    gather(expected, "", &mut wanted);
    let is_short = wanted.keys().all(|name| name.split(' ').filter(|part| !part.is_empty()).count() < depth);
    let currencies: Vec<&str> = sums.keys().filter_map(|name| name.split(' ').next()).collect();
    if is_short && currencies.windows(2).any(|pair| pair[0] != pair[1]) {
        return vec![format!("{what}: there are several currencies; write EUR = ..., USD = ...")];
    }
    let short = |name: &String| {
        if is_short { name.split_once(' ').map_or("", |(_, rest)| rest).to_owned() } else { name.clone() }
    };
    let text =
        |minor: i64| format!("{}{}.{:02}", if minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100);
    let actual: BTreeMap<String, String> = sums.iter().map(|(name, minor)| (short(name), text(*minor))).collect();
    wanted.retain(|_, amount| amount != "0.00");
    let names: std::collections::BTreeSet<&String> = wanted.keys().chain(actual.keys()).collect();
    let zero = "0.00".to_owned();
    let pairs = names.iter().map(|name| (name, wanted.get(*name).unwrap_or(&zero), actual.get(*name).unwrap_or(&zero)));
    pairs
        .filter(|(_, wanted, actual)| wanted != actual)
        .map(|(name, wanted, actual)| told(format!("{what} {name}").trim(), wanted, actual))
        .collect()
}

/// The leaves of nested tables, by their path.
fn gather(value: &Value, path: &str, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| gather(value, format!("{path} {key}").trim(), leaves)),
        leaf => drop(leaves.insert(path.to_owned(), plain(leaf))),
    }
}

/// Plays every scenario of a folder, several at once, and gives them in the order of their names.
fn play_all(folder: &Path) -> Vec<Played> {
    let pattern = format!("{}/**/*.toml", glob::Pattern::escape(&folder.to_string_lossy()));
    let files: Vec<PathBuf> = glob::glob(&pattern).expect("a pattern").flatten().collect();
    let (next, played) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = play(file);
                    played.lock().expect("no worker fails").push(one);
                }
            });
        }
    });
    let mut played = played.into_inner().expect("no worker fails");
    played.sort_by(|a, b| a.file.cmp(&b.file));
    played
}

/// The folder that `REGUA_SCENARIOS` names, else the scenarios of the project.
fn folder() -> PathBuf {
    std::env::var_os("REGUA_SCENARIOS").map_or_else(|| root().join("tests/scenarios"), PathBuf::from)
}

/// A scenario of one invoice, thirty days past due, with what it expects of its run.
fn scenario_with(expect: &str) -> String {
    format!(
        r#"id = "scenario"
title = "-"
source = "-"
[[regua]]
id = "any"
steps = [{{ id = "l1", kind = "reminder", trigger = {{ days_past_due = 10 }}, channels = ["email"] }}]
[tables]
invoices = [{{ invoice_id = "I1", debtor_id = "Acme", due_date = 2026-05-31, amount = "100.00" }}]
[[run]]
as_of = 2026-06-30
[run.expect]
{expect}"#
    )
}

/// A folder with one scenario in it.
fn folder_with(scenario: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("scenario.toml"), scenario).expect("a scenario");
    folder
}

#[test]
fn what_is_wrong_fails_and_says_by_how_much() {
    let expect = r#"open = "99.00"
aging = { "1-30" = "60.00", "31-60" = "40.00" }
actions = [{ debtor_id = "Acme", step_id = "l2", items = ["I1", "I2"], body = { contains = "EUR" } }]
decisions = []
debtors = [{ debtor_id = "Acme", risk_band = "high" }, { debtor_id = "Other" }]
items = [{ invoice_id = "I1", open_amount = "100.00" }]"#;
    let folder = folder_with(&scenario_with(expect));
    let failures = play(&folder.path().join("scenario.toml")).failures.join("\n");
    for part in [
        "scenario.toml:12: 2026-06-30 open\n    open: expected 99.00, actual 100.00, difference 1.00",
        "scenario.toml:13: 2026-06-30 aging\n    aging 1-30: expected 60.00, actual 100.00, difference 40.00",
        "    aging 31-60: expected 40.00, actual 0.00, difference -40.00",
        "        step_id: expected l2, actual l1",
        "        items: expected [I1, I2], actual [I1/1]",
        "        body: \"I1/1: €100.00\\n",
        "scenario.toml:15: 2026-06-30 decisions\n    not expected { currency = EUR, debtor_id = Acme, step_id = l1 }",
        "    what was decided:\n        Acme EUR action step_due any l1 -",
        "        risk_band: expected high, actual -",
        "    expected { debtor_id = Other }\n        there is no such row",
    ] {
        assert!(failures.contains(part), "no {part:?} in\n{failures}");
    }
    assert!(!failures.contains("scenario.toml:17"), "what holds is not told\n{failures}");
}

#[test]
fn a_refusal_is_expected_or_a_failure() {
    let wrong_step = scenario_with("actions = []").replace(r#"channels = ["email"]"#, "channels = []");
    let folder = folder_with(&wrong_step);
    let failures = play(&folder.path().join("scenario.toml")).failures.join("\n");
    assert!(failures.contains("exit: expected 0, actual 2"), "{failures}");
    assert!(failures.contains("step `l1` contacts the debtor, so it needs `channels`"), "{failures}");
    let expected = wrong_step.replace("actions = []", "exit = 2\nerror = \"needs `channels`\"");
    assert_eq!(play(&folder_with(&expected).path().join("scenario.toml")).failures, [""; 0]);
}

/// An unknown key, its line, and the key that was meant.
#[test]
fn what_is_not_known_is_an_error_with_its_line() {
    let known = scenario_with("open = \"100.00\"");
    let table = [
        ("title = \"-\"", "titel = \"-\"", "scenario.toml:2: unknown key `titel`; did you mean `title`?"),
        ("channels", "chanels", "scenario.toml:6: unknown key `chanels`; did you mean `channels`?"),
        (
            "debtor_id = \"Acme\"",
            "debtorid = \"Acme\"",
            "scenario.toml:8: unknown key `debtorid`; did you mean `debtor_id`?",
        ),
        ("open = ", "opened = ", "scenario.toml:12: unknown key `opened`; did you mean `open`?"),
        ("[tables]", "[pipeline.duning]\n[tables]", "scenario.toml:7: unknown key `duning`; did you mean `dunning`?"),
        ("[tables]", "[calendar.windos]\n[tables]", "scenario.toml:7: unknown key `windos`; did you mean `windows`?"),
        ("invoices = ", "invoice = ", "scenario.toml:8: unknown key `invoice`; did you mean `invoices`?"),
        ("id = \"scenario\"", "id = \"other\"", "scenario.toml:1: the id is `other`, the file is `scenario.toml`"),
        ("\"100.00\" }", "\"100.001\" }", "invoices.amount: 100.001 has more than two decimal places"),
        ("2026-05-31", "\"May\"", "invoices.due_date: Cast error: Cannot cast string 'May' to value of Date32 type"),
    ];
    for (from, to, expected) in table {
        let folder = folder_with(&known.replacen(from, to, 1));
        let failures = play(&folder.path().join("scenario.toml")).failures.join("\n");
        assert!(failures.contains(expected), "no {expected:?} in\n{failures}");
    }
}

#[test]
fn regua_cases_names_another_folder() {
    let run = |folder: &Path| {
        let mut command = std::process::Command::new(std::env::current_exe().expect("the tests themselves"));
        command.args(["--exact", "scenarios::every_scenario_holds", "--nocapture"]).env("REGUA_SCENARIOS", folder);
        let output = command.output().expect("the tests start");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let good = folder_with(&scenario_with("open = \"100.00\""));
    let (holds, said) = run(good.path());
    assert!(holds && said.contains("scenario.toml (1 runs)"), "{said}");
    let bad = folder_with(&scenario_with("open = \"1.00\""));
    let (holds, said) = run(bad.path());
    assert!(!holds && said.contains("1 of 1 scenarios failed"), "{said}");
    let empty = tempfile::tempdir().expect("a temporary folder");
    let (holds, said) = run(empty.path());
    assert!(!holds && said.contains("there is no *.toml in"), "{said}");
}

#[test]
fn every_scenario_holds() {
    let folder = folder();
    let played = play_all(&folder);
    assert!(!played.is_empty(), "there is no *.toml in {}", folder.display());
    for scenario in &played {
        let verdict = if scenario.failures.is_empty() { "ok" } else { "FAILED" };
        println!("{verdict:<6} {} ({} runs)", scenario.file.display(), scenario.runs);
    }
    let failed: Vec<&Played> = played.iter().filter(|scenario| !scenario.failures.is_empty()).collect();
    let report: Vec<String> = failed.iter().flat_map(|scenario| scenario.failures.iter().cloned()).collect();
    assert!(failed.is_empty(), "{} of {} scenarios failed\n{}", failed.len(), played.len(), report.join("\n"));
}
