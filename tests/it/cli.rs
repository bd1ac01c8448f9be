//! The edge between user and program: what is asked, what is answered, and with which exit code.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Ended, House, as_of, root, test_venv};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("no JSON ({e}): {text}"))
}

/// The result: the very last line of stdout.
fn result(ended: &Ended) -> Value {
    json(ended.stdout.lines().last().unwrap_or_default())
}

/// Commit records and attempts below the output folder.
fn published(house: &House) -> (usize, usize) {
    let count = |pattern: &str| glob::glob(&house.path(pattern).to_string_lossy()).expect("a pattern").count();
    (count("output/_log/*.json"), count("output/runs/*/*"))
}

/// Arguments, exit code, and what stdout and stderr must hold.
const ANSWERS: &[(&[&str], i32, &str, &str)] = &[
    (&[], 2, "", "Examples:"),
    (&["--help"], 0, "regua run pipelines/daily.toml --as-of 2026-06-30", ""),
    (&["--help"], 0, "75        inputs or store not available, or somebody halted it; retry later", ""),
    (&["--version"], 0, "regua 0.", ""),
    // A version is for a person, off a terminal too, unless JSON is asked for.
    (&["--version", "--output", "text"], 0, "regua 0.", ""),
    (&["--version", "run"], 0, "regua 0.", ""),
    (&["--output", "json", "-V"], 0, "{\"name\":\"regua\",\"version\":\"0.", ""),
    (&["--version", "--output", "yaml"], 0, "regua 0.", ""),
    (&["run", "--help"], 0, "astimezone(dag.timezone).date() }}", ""),
    (&["plan", "--help"], 0, "--as-of 2026-06-30 --report plan.html --messages 10", ""),
    (&["plan", "pipelines/daily.toml"], 2, "", "--as-of <AS_OF>"),
    (&["check", "--help"], 0, "regua check pipelines/daily.toml", ""),
    (&["demo", "--help"], 0, "regua demo --invoices 1000000", ""),
    (&["simulate", "--help"], 0, "regua simulate pipelines/daily.toml --from 2026-01-01 --to 2026-06-30 --against", ""),
    (&["explain", "--help"], 0, "regua explain D00001020 --from", ""),
    (&["schema", "--help"], 0, "regua schema --markdown", ""),
    (&["completions", "--help"], 0, "regua completions bash", ""),
    (&["man", "--help"], 0, "regua man", ""),
    (&["runn"], 2, "", "a similar subcommand exists: 'run'"),
    (&["run", "pipelines/daily.toml"], 2, "", "--as-of <AS_OF>"),
    (
        &["run", "pipelines/daily.toml", "--as-of", "30/06/2026"],
        2,
        "",
        "\"30/06/2026\" is not a date; write an existing day as YYYY-MM-DD, such as 2026-06-30",
    ),
    (
        &["run", "pipelines/none.toml", "--as-of", "2026-06-30"],
        2,
        "",
        "pipelines/none.toml: No such file or directory (os error 2); name a pipeline file",
    ),
    (&["check", "pipelines/daily.toml"], 0, "\"outcome\":\"valid\"", ""),
    (
        &["check", "pipelines/daily.toml", "--output", "text"],
        0,
        "pipelines/daily.toml is valid: 14 inputs, 1 régua with",
        "",
    ),
    (&["schema", "invoice"], 2, "", "unknown schema `invoice`; did you mean `invoices`?"),
    (&["schema", "zzzz"], 2, "", "known: pipeline, regua, calendar, rates, words, template-fields, record, manifest"),
    (&["schema"], 0, "   table: one row per open item: one instalment of an invoice", ""),
    (&["schema"], 0, "   a line of the outbox: an action\n", ""),
    (&["schema", "template-fields"], 0, "| debtor.contact_name? | text | person behind the address |", ""),
    (&["schema", "words"], 0, "names_debt", ""),
    (&["schema", "--markdown"], 0, "| invoice_id | ", ""),
    (&["schema", "record"], 0, "prev_sha256", ""),
    // An input and a published table have one name: each can be asked for, and listed once.
    (&["schema", "debtors"], 0, "legal_name", ""),
    (&["schema", "published_debtors"], 0, "days_late_avg", ""),
    (&["schema"], 0, "\npublished_debtors ", ""),
    (&["schema", "kpi_aging", "--markdown"], 0, "<b>kpi_aging</b>", ""),
    (&["schema", "words", "--markdown"], 2, "", "--markdown shows tables"),
    (&["completions", "bash"], 0, "complete -F _regua", ""),
    (&["completions", "zsh"], 0, "#compdef regua", ""),
    (&["completions", "fish"], 0, "complete -c regua", ""),
    (&["man"], 0, ".TH regua 1", ""),
    (&["eject"], 0, "sql/40_kpis/kpi_aging.sql", ""),
    (&["eject", "sql/40_kpis/kpi_aging.sql"], 0, "pipelines/sql/40_kpis/kpi_aging.sql", ""),
    (
        &["eject", "sql/40_kpis/kpi_aging.sql"],
        2,
        "",
        "is there already: change it, or remove it to have the shipped one",
    ),
    (&["eject", "sql/40_kpis/kpi_agin.sql"], 2, "", "did you mean `sql/40_kpis/kpi_aging.sql`?"),
    (&["eject", "../../etc/passwd"], 2, "", "is not shipped with regua; `regua eject` lists what is"),
    (
        &["eject", "pipelines/templates/en/_blocks/offer.j2", "--into", "mine"],
        0,
        "mine/templates/en/_blocks/offer.j2",
        "",
    ),
    (
        &["explain", "D1", "--from", "output"],
        2,
        "",
        "output: nothing is published there; correct the path, or publish with `regua run`",
    ),
    (
        &["explain", "D1", "--from", "output", "--as-of", "2026-06-30"],
        2,
        "",
        "no run for 2026-06-30 is published there; correct the path, or publish with `regua run`",
    ),
    (&["explain", "D1", "--from", "ftp://x/y"], 2, "", "unknown scheme ftp://; use a path, file://, s3://"),
];

#[test]
fn every_question_has_its_answer() {
    let house = House::new();
    for (arguments, code, stdout, stderr) in ANSWERS {
        let ended = house.regua(arguments);
        assert_eq!(ended.code, *code, "{arguments:?}\n{}\n{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.contains(stdout), "{arguments:?}: no {stdout:?} in\n{}", ended.stdout);
        // Off a terminal an error is a JSON line, with its quotes escaped.
        assert!(
            ended.stderr.replace("\\\"", "\"").contains(stderr),
            "{arguments:?}: no {stderr:?} in\n{}",
            ended.stderr
        );
    }
}

/// Inventories and fault reports: the versions are those that the build took, whatever Cargo.lock holds by then.
#[test]
fn the_version_as_json_says_what_the_program_is_built_of() {
    let house = House::new();
    let ended = house.regua(&["--version", "--output", "json"]);
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let locked = |name: &str| {
        let packages = lock["package"].as_array().unwrap();
        packages.iter().find(|p| p["name"].as_str() == Some(name)).unwrap()["version"].as_str().unwrap().to_owned()
    };
    let engine: serde_json::Map<String, Value> = ["arrow", "datafusion", "object_store", "parquet"]
        .map(|name| (name.to_owned(), locked(name).into()))
        .into_iter()
        .collect();
    let mut version = result(&ended);
    let features = version.as_object_mut().unwrap().remove("features").expect("the features of this build");
    let cargo: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let is_known =
        |name: &Value| cargo.get("features").is_some_and(|known| known.get(name.as_str().unwrap()).is_some());
    assert!(features.as_array().unwrap().iter().all(is_known), "{features}: Cargo.toml has others");
    let expected = serde_json::json!({
        "name": "regua",
        "version": locked("regua"),
        "engine": engine,
        "log_format_version": 1,
        "target": format!("{}-unknown-linux-gnu", std::env::consts::ARCH),
    });
    assert_eq!((ended.stdout.lines().count(), version, ended.code), (1, expected, 0));
    let text = house.regua(&["--version"]).stdout;
    assert_eq!(text, format!("regua {}\n", locked("regua")));
}

#[test]
fn every_manual_page_that_a_page_names_is_there() {
    let house = House::new();
    assert_eq!(house.regua(&["man", "--into", "share/man1"]).code, 0);
    let mut named = 0;
    for page in glob::glob(&house.path("share/man1/*.1").to_string_lossy()).expect("a pattern").flatten() {
        let page = std::fs::read_to_string(page).expect("a page");
        for name in page.lines().filter_map(|line| line.strip_suffix("(1)")).map(|name| name.replace("\\-", "-")) {
            assert!(house.path(&format!("share/man1/{name}.1")).exists(), "no page {name}(1)");
            named += 1;
        }
    }
    assert!(named > 10, "{named} pages are named");
}

/// An example that the parser refuses is worse than none: each is parsed, up to its `--help`.
#[test]
fn every_example_can_be_typed() {
    let house = House::new();
    let mut examples = 0;
    for command in [
        "",
        "plan",
        "run",
        "check",
        "demo",
        "init",
        "explain",
        "inputs",
        "log",
        "gc",
        "template",
        "template preview",
        "template list",
        "eject",
        "schema",
        "completions",
        "man",
    ] {
        let help =
            house.regua(&command.split(' ').chain(["--help"]).filter(|a| !a.is_empty()).collect::<Vec<_>>()).stdout;
        for line in help.lines().filter_map(|l| l.strip_prefix("  regua ")) {
            let typed = line.split("   ").next().unwrap_or(line).replace("$AS_OF", "2026-06-30");
            let typed = typed.split(" > ").next().unwrap_or_default().to_owned();
            let words: Vec<&str> = typed.split_whitespace().chain(["--help"]).collect();
            let ended = house.regua(&words);
            assert_eq!(ended.code, 0, "regua {typed}\n{}", ended.stderr);
            examples += 1;
        }
    }
    assert!(examples > 12, "{examples} examples");
}

#[test]
fn check_finds_every_error_at_once() {
    let house = House::new();
    let daily = "pipelines/daily.toml";
    let regua = "pipelines/reguas/b2b.toml";
    house.edit(daily, "tenant = \"demo\"", "tenant = \"${REGUA_NO_SUCH_VARIABLE}\"\nsql_dri = \"sql\"");
    house.edit(daily, "[\"calendars/br.toml\"]", "[\"calendars/br.toml\", \"calendars/pt.toml\"]");
    house.edit(daily, "window_months = 24", "window_months = \"24\"");
    house.edit(daily, "history_days = 730", "history_days = 0");
    house.edit(daily, "tolerance = { BRL = \"5.00\"", "tolerance = { BRL = \"5,00\"");
    house.edit(daily, "when = { late_ratio = \"> 0\" }", "when = { late_rato = \"> 0\" }");
    house.edit(regua, "kind = \"verification\"", "kind = \"verificaton\"");
    house.edit(regua, "template = \"formal_notice\"", "template = \"formal_notices\"");
    house.edit("pipelines/words/en.toml", "names_debt = [", "nams_debt = [");
    let ended = house.regua(&["check", daily, "--output", "text"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let expected = "\
error: pipelines/daily.toml:6: environment variable REGUA_NO_SUCH_VARIABLE is not set; set it, or write ${REGUA_NO_SUCH_VARIABLE:-default}
pipelines/daily.toml:7: unknown key `sql_dri`; did you mean `sql_dir`?
pipelines/daily.toml:9: cannot read pipelines/calendars/pt.toml: No such file or directory (os error 2); correct the path
pipelines/daily.toml:71: `window_months`: \"24\" is not of type \"integer\"
pipelines/daily.toml:85: unknown profile field `late_rato`; did you mean `late_ratio`?
pipelines/daily.toml:119: \"5,00\" is not an amount with at most two decimal places, such as \"50.00\"
pipelines/daily.toml:240: `history_days`: 0 is less than the minimum of 1
pipelines/reguas/b2b.toml:22: unknown kind of step `verificaton`; did you mean `verification`?
pipelines/reguas/b2b.toml:60: step `d+30`: unknown template `formal_notices`; did you mean `formal_notice`?
pipelines/words/en.toml:10: unknown key `nams_debt`; did you mean `names_debt`?";
    assert_eq!(ended.stderr.trim_end(), expected);
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_line() {
    let house = House::new();
    house.edit("pipelines/daily.toml", "time_zone = \"America/Sao_Paulo\"", "time_zone = America/Sao_Paulo");
    let ended = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.starts_with("error: pipelines/daily.toml:7: "), "{}", ended.stderr);
}

#[test]
fn the_result_is_the_last_line_and_the_same_run_changes_nothing() {
    let house = House::of_one_invoice();
    let run = ["run", "pipelines/daily.toml", "--as-of", as_of(), "--result-file", "result.json"];
    let first = house.regua(&run);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let told = result(&first);
    assert_eq!(told["outcome"], "published");
    assert_eq!(told["as_of"], as_of());
    assert_eq!(told["counts"]["actions"], 1);
    assert_eq!(told["control_totals"]["BRL"], "100.00");
    assert!(house.path(told["record"].as_str().expect("a record")).exists(), "{told}");
    let line = std::fs::read_to_string(house.path("result.json")).expect("a result file");
    assert_eq!(line.trim_end(), first.stdout.lines().last().unwrap_or_default());
    for line in first.stderr.lines() {
        json(line);
    }
    assert_eq!(published(&house), (1, 1));

    let again = house.regua(&run);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let mut told_again = result(&again);
    assert_eq!(told_again["outcome"], "already_published");
    told_again["outcome"] = "published".into();
    assert_eq!(told_again, told);
    assert_eq!(published(&house), (1, 1));

    let text = house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of(), "--output", "text"]);
    assert_eq!(text.code, 0);
    assert!(text.stdout.contains("2026-06-30 was already published; nothing new was written"), "{}", text.stdout);
    for ended in [&first, &again, &text] {
        assert!(!ended.stdout.contains('\x1b') && !ended.stderr.contains('\x1b'), "escape codes off a terminal");
    }
}

/// Exit codes of a run that is refused, each produced by what a scheduler will meet.
#[test]
fn each_refusal_has_its_exit_code() {
    let house = House::of_one_invoice();
    let run = |as_of| house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of, "--output", "text"]);
    std::fs::rename(house.path("input/debtors.parquet"), house.path("late.parquet")).expect("moved away");
    let missing = run(as_of());
    assert_eq!(missing.code, 75, "{}", missing.stderr);
    assert!(missing.stderr.contains("debtors snapshot input/debtors.parquet: nothing is there"));
    std::fs::rename(house.path("late.parquet"), house.path("input/debtors.parquet")).expect("moved back");

    house.write("payments", "payment_id debtor_id invoice_id amount");
    let contract = run(as_of());
    assert_eq!(contract.code, 3, "{}", contract.stderr);
    assert!(contract.stderr.contains("paid_on"), "{}", contract.stderr);
    std::fs::write(house.path("input/payments.parquet"), "PAR1 is not enough").expect("written");
    let damaged = run(as_of());
    assert_eq!(damaged.code, 3, "{}", damaged.stderr);
    assert!(damaged.stderr.contains("it is not a Parquet file, or it is damaged"), "{}", damaged.stderr);
    assert_eq!(published(&house), (0, 0), "nothing is published by a run that is refused");

    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    assert_eq!(run(as_of()).code, 0);
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 100.00");
    let conflict = run(as_of());
    assert_eq!(conflict.code, 4, "{}", conflict.stderr);
    assert!(conflict.stderr.contains("2026-06-30 is already published from other inputs"), "{}", conflict.stderr);
    assert_eq!(published(&house), (1, 1));

    std::fs::create_dir_all(house.path("output/_control")).expect("a folder");
    std::fs::write(house.path("output/_control/HALT"), "stop").expect("written");
    let halted = run("2026-07-01");
    assert_eq!(halted.code, 75, "{}", halted.stderr);
    assert!(halted.stderr.contains("_control/HALT stops all publication: nothing was published"), "{}", halted.stderr);
    assert_eq!(published(&house).0, 1);
    std::fs::remove_file(house.path("output/_control/HALT")).expect("removed");
    for near in ["halt", "HALT.txt", "Halted/why"] {
        let file = house.path(&format!("output/_control/{near}"));
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, "stop").expect("written");
        let halted = run("2026-07-01");
        assert_eq!(halted.code, 75, "{near}: {}", halted.stderr);
        assert!(halted.stderr.contains(&format!("_control/{near} stops all publication")), "{}", halted.stderr);
        std::fs::remove_file(&file).expect("removed");
    }
    let next = run("2026-07-01");
    assert_eq!(next.code, 0, "{}", next.stderr);
    assert_eq!(published(&house).0, 2);
}

#[test]
fn explain_says_why() {
    let house = House::of_one_invoice();
    assert_eq!(house.run(as_of()).code, 0);
    let from = ["--from", "output", "--output"];
    let explain = |subject: &str, format: &str| {
        let arguments: Vec<&str> = ["explain", subject].into_iter().chain(from).chain([format]).collect();
        house.regua(&arguments)
    };
    let text = explain("D1", "text");
    assert_eq!(text.code, 0, "{}", text.stderr);
    for part in ["D1 on 2026-06-30", "I1 / 1   due 2026-06-20", "10 days", "Step d+5 goes out by email in pt-BR"] {
        assert!(text.stdout.contains(part), "no {part:?} in\n{}", text.stdout);
    }
    let told = result(&explain("D1", "json"));
    assert_eq!(told["decisions"][0]["step_id"], "d+5");
    assert_eq!(told["items"][0]["open_amount"], "100.00");
    let action = told["actions"][0].as_str().expect("an action_id").to_owned();
    assert_eq!(result(&explain(&action, "json")), told, "an action_id stands for its debtor");
    let unknown = explain("D2", "text");
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("D2 owes nothing on 2026-06-30, or is not known"), "{}", unknown.stderr);
}

#[test]
fn the_schema_of_a_pipeline_accepts_the_shipped_one() {
    let house = House::new();
    for name in ["pipeline", "regua", "calendar", "record", "invoices", "actions", "kpi_aging"] {
        let schema = json(&house.regua(&["schema", name]).stdout);
        assert!(jsonschema::meta::is_valid(&schema), "{name} is no JSON Schema");
    }
    let schema = json(&house.regua(&["schema", "pipeline"]).stdout);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let text = std::fs::read_to_string(root().join("pipelines/daily.toml")).expect("the shipped pipeline");
    let table: toml::Table = text.parse().expect("TOML");
    let mut pipeline = serde_json::to_value(table).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&pipeline).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    pipeline["pipeline"]["tenent"] = "x".into();
    assert!(!validator.is_valid(&pipeline), "an unknown key is accepted");
}

/// On a terminal there is colour, unless NO_COLOR says otherwise; a redirected stderr has none.
#[test]
fn colour_is_for_terminals() {
    let house = House::new();
    let terminal = |shell: &str, environment: &[(&str, &str)]| {
        let spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
        let mut command = Command::new(test_venv().join("bin/python"));
        command.args(["-c", spawn, "sh", "-c", shell]).current_dir(house.folder.path()).env_remove("NO_COLOR");
        command.env("PATH_TO_REGUA", env!("CARGO_BIN_EXE_regua")).envs(environment.iter().copied());
        let output = command.stdin(Stdio::null()).output().expect("python starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let refused = "$PATH_TO_REGUA schema nothing";
    assert!(terminal(refused, &[]).contains("\x1b[1merror\x1b[0m: unknown schema"), "{}", terminal(refused, &[]));
    assert!(terminal(refused, &[("NO_COLOR", "1")]).contains("error: unknown schema"));
    assert!(!terminal(refused, &[("NO_COLOR", "1")]).contains('\x1b'));
    terminal("$PATH_TO_REGUA schema nothing 2>stderr.txt", &[]);
    let redirected = std::fs::read_to_string(house.path("stderr.txt")).expect("stderr");
    assert!(redirected.starts_with("error: unknown schema"), "{redirected:?}");
}

/// The signal comes when the work has begun, which the program itself says, and long before it could end.
#[test]
fn sigterm_publishes_nothing() {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "20000", "--dir", "."]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let scratch = house.path("scratch");
    std::fs::create_dir(&scratch).expect("a scratch folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_regua"));
    command.args(["run", "pipelines/daily.toml", "--as-of", as_of(), "--output", "json"]);
    command.current_dir(house.folder.path()).env("TMPDIR", &scratch).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let stderr = BufReader::new(child.stderr.take().expect("stderr"));
    let mut lines = stderr.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("\"stage\":\"shards\"")), "the shards never began");
    let sent = Instant::now();
    let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill starts");
    assert!(kill.success());
    let code = child.wait().expect("the program ends").code();
    assert_eq!(code, Some(143));
    assert!(sent.elapsed() < Duration::from_secs(10), "it took {:?}", sent.elapsed());
    assert!(lines.any(|line| line.contains("interrupted: nothing was published")));
    let mut stdout = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().expect("stdout"), &mut stdout).expect("stdout");
    assert_eq!(stdout, "");
    assert_eq!(published(&house), (0, 0));
    assert!(!house.path("output/outbox").exists() && !house.path("output/kpi").exists());
    let left: Vec<_> = std::fs::read_dir(&scratch).expect("the scratch folder").flatten().map(|e| e.path()).collect();
    assert!(left.is_empty(), "personal data stays behind in {left:?}");
}

#[test]
fn what_would_have_no_effect_is_refused_and_never_ignored() {
    let house = House::new();
    house.edit("pipelines/reguas/b2b.toml", "level_of = \"account\"", "carrier = \"max_level\"");
    house.edit("pipelines/reguas/b2b.toml", "kind = \"agency_placement\"", "kind = \"agency_recall\"");
    house.edit("pipelines/daily.toml", "slot_days = 1", "slot_days = 5");
    let ended = house.regua(&["check", "pipelines/daily.toml"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    for part in [
        "b2b.toml:5: `carrier` needs `level_of",
        "kind agency_recall has the trigger {",
        "slot_days above unreported_days",
    ] {
        assert!(ended.stderr.contains(part), "no {part:?} in {}", ended.stderr);
    }
}

/// A notice that names another bureau than the listing, or gives no day, and words that nobody looks for: each let through a
/// letter that the law forbids.
#[test]
fn a_listing_follows_the_notice_of_its_bureau_and_no_list_of_words_is_left_out() {
    let check = |file: &str, from: &str, to: &str| {
        let house = House::new();
        house.edit(file, from, to);
        house.regua(&["check", "pipelines/daily.toml", "--output", "text"])
    };
    for (from, to, refused) in [
        ("notice_days = 10", "notice_days = 0", "notice_days"),
        ("notice_days = 10\nbureau = \"serasa\"", "notice_days = 10\nbureau = \"spc\"", "gives notice of spc"),
    ] {
        let ended = check("pipelines/reguas/b2b.toml", from, to);
        assert_eq!(ended.code, 2, "{to}: {}", ended.stdout);
        assert!(ended.stderr.contains(refused), "no {refused:?} in {}", ended.stderr);
    }
    let house = House::new();
    let daily = std::fs::read_to_string(house.path("pipelines/daily.toml")).expect("a pipeline");
    let line = daily.lines().find(|line| line.starts_with("words = ")).expect("the key");
    house.edit("pipelines/daily.toml", line, "");
    assert_eq!(house.regua(&["check", "pipelines/daily.toml"]).code, 0);
    house.write_file("pipelines/templates/en/overdue_first.email.j2", "Subject: x\n\nPolice!\n{{ creditor.opt_out }}");
    let ended = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert_eq!(ended.code, 2, "{}", ended.stdout);
    assert!(ended.stderr.contains("\"police\""), "{}", ended.stderr);
}

/// Each of these was read as something else, and nobody was told.
#[test]
fn what_a_hurried_analyst_writes_is_refused_where_it_stands() {
    let daily = "pipelines/daily.toml";
    for (file, from, to, expected) in [
        (daily, "[dunning]\n", "[dunning]\nby_group = { \"12.345.678/0001-95\" = \"none\" }\n", "write \"12345678\""),
        (daily, "days_past_due_max = \"> 60\"", "open_amount = \">= 100.000\"", "no mark between thousands"),
        (daily, "days_past_due_max = \"> 60\"", "late_ratio = \">= 0,4\"", "\">= 0,4\" is not a comparison"),
        (
            daily,
            "days_past_due_max = \"> 60\"",
            "late_ratio = \">= 40\"",
            "late_ratio is a ratio from 0 to 1; 40 % is 0.4",
        ),
        (
            daily,
            "Distribuidora Exemplo Ltda.",
            "Cadeia de Farmácias",
            "every message names it, and \"cadeia\" threatens",
        ),
        (daily, "financeiro@exemplo.example", "TODO", "`email` is still to be decided"),
        (daily, "financeiro@exemplo.example", "?", "is not an e-mail address"),
        (daily, "\"Distribuidora Exemplo Ltda.\"", "\" \"", "`name` is empty; messages name it"),
        (daily, "https://portal.exemplo.example", "portal", "is not a link; begin it with https://"),
        ("pipelines/words/pt-BR.toml", "\"caloteir*\"", "\"*caloteir\"", "\"*caloteir\" would never be found"),
        ("pipelines/reguas/b2b.toml", "kind = \"receipt\"", "kind = \"receit\"", "unknown kind of step `receit`"),
    ] {
        let house = House::new();
        house.edit(file, from, to);
        let ended = house.regua(&["check", daily, "--output", "text"]);
        assert_eq!(ended.code, 2, "{to}: {}", ended.stdout);
        assert!(
            ended.stderr.contains(&format!("{file}:")) && ended.stderr.contains(expected),
            "{to}: {}",
            ended.stderr
        );
        // One mistake is one fault.
        assert!(!ended.stderr.contains("unknown régua"), "{to}: {}", ended.stderr);
        assert!(ended.stderr.lines().count() <= 2, "{to}: {}", ended.stderr);
    }
    let house = House::new();
    let told = || house.regua(&["check", daily, "--output", "text"]).stdout;
    assert!(!told().contains("still a sample"), "{}", told());
    house.edit(daily, "tenant = \"demo\"", "tenant = \"acme\"");
    assert!(told().contains("note: [creditors.default] is still a sample"), "{}", told());
}

/// "Step  goes out by email": an id is part of every action_id, and stands in sentences and file names.
#[test]
fn ids_of_steps_and_reguas_can_be_read() {
    for (from, to) in [
        ("id = \"d+5\"", "id = \"\""),
        ("id = \"d+5\"", "id = \" d+5\""),
        ("id = \"d+5\"", "id = \"../d+5\""),
        ("id = \"d+5\"", "id = \"d+5\\u0000\""),
        ("id = \"b2b\"", "id = \"b2b/novo\""),
    ] {
        let house = House::new();
        house.edit("pipelines/reguas/b2b.toml", from, to);
        let ended = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
        assert_eq!(ended.code, 2, "{to}: {}", ended.stdout);
        assert!(ended.stderr.contains("is not an id: it has 1 to 60 characters"), "{to}: {}", ended.stderr);
    }
}

/// Nothing is wrong with it, and something else is meant: a figure or a segment that nobody asked for.
#[test]
fn what_changes_the_meaning_of_a_list_is_noted() {
    let house = House::new();
    let notes = || house.regua(&["check", "pipelines/daily.toml", "--output", "text"]).stdout;
    assert!(!notes().contains("note: pipelines/daily.toml"), "{}", notes());
    house.edit("pipelines/daily.toml", "buckets = [0, 30, 60", "buckets = [30, 60");
    house.edit("pipelines/daily.toml", "name = \"em_dia\" ", "name = \"em_dia\"\nwhen = { late_ratio = \"<= 0\" } ");
    for note in ["no bucket ends at 0", "whom no segment fits is `unassigned`"] {
        assert!(notes().contains(note), "no {note:?} in {}", notes());
    }
    house.edit("pipelines/daily.toml", "when = { late_ratio = \">= 0.15\" }", "");
    assert!(notes().contains("nobody gets past `ocasional`, which has no condition"), "{}", notes());
}

/// The templates were looked for without the `./`, and none was found.
#[test]
fn a_pipeline_may_be_named_with_a_dot() {
    let house = House::new();
    for file in ["./pipelines/daily.toml", "pipelines/../pipelines/daily.toml", "././pipelines/./daily.toml"] {
        let checked = house.regua(&["check", file]);
        assert_eq!(checked.code, 0, "{file}: {}", checked.stderr);
    }
}

/// The pipeline waits for exports that are older than a week, and would have waited for those of the demo.
#[test]
fn a_demo_of_a_day_to_come_runs() {
    let house = House::new();
    let demo = ["demo", "--dir", "demo", "--invoices", "200", "--as-of", "2101-06-30", "--months", "2"];
    let ended = house.regua(&demo);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(result(&ended)["outcome"], "published");
    // The positions behind it are told to nobody, and write to nobody.
    let logged = house.regua(&["log", "demo/output", "--output", "json"]).stdout;
    let is = |date: &str, kind: &str| logged.lines().any(|line| line.contains(date) && line.contains(kind));
    assert!(
        is("2101-06-30", "\"actions\"") && is("2101-05-31", "kpi_only") && is("2101-04-30", "kpi_only"),
        "{logged}"
    );
}

/// As in a shell, `:-` stands in for what is set to nothing, too: the output went into `pipelines/`.
#[test]
fn an_empty_variable_is_no_value() {
    let (house, daily) = (House::of_one_invoice(), "pipelines/daily.toml");
    let run = ["run", daily, "--as-of", as_of()];
    let ended = house.regua_with(&run, &[("REGUA_DATA", ""), ("REGUA_OUTPUT", "")]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(house.path("output/_log").exists() && !house.path("pipelines/_log").exists());
    house.edit(daily, "tenant = \"demo\"", "tenant = \"${REGUA_TENANT}\"");
    let refused = house.regua_with(&["check", daily, "--output", "text"], &[("REGUA_TENANT", "")]);
    let expected = "error: pipelines/daily.toml:6: environment variable REGUA_TENANT is empty; set it, or write \
                    ${REGUA_TENANT:-default}";
    assert_eq!((refused.code, refused.stderr.trim_end()), (2, expected));
}

/// The hours of a state under another name than its code were lost without a word.
#[test]
fn an_unknown_state_of_a_calendar_is_refused() {
    const KNOWN: &str = "AC, AL, AM, AP, BA, CE, DF, ES, GO, MA, MG, MS, MT, PA, PB, PE, PI, PR, RJ, RN, RO, RR, RS, \
                         SC, SE, SP, TO";
    const CALENDAR: &str = "pipelines/calendars/br.toml";
    let zone = "RN = \"America/Fortaleza\"";
    for (from, to, state, known) in [
        ("[windows.states.RJ]", "[windows.states.\"Rio de Janeiro\"]", "Rio de Janeiro", KNOWN),
        ("[windows.states.RJ]", "[windows.states.XX]", "XX", KNOWN),
        (zone, "RGN = \"America/Fortaleza\"", "RGN", KNOWN),
        ("[windows.states.RJ]", "[windows.states.rj]", "", ""),
    ] {
        let house = House::new();
        house.edit(CALENDAR, from, to);
        let line = house.read(CALENDAR).lines().position(|l| l == to).expect("the line") + 1;
        let checked = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
        let expected = format!("error: {CALENDAR}:{line}: unknown state `{state}`; known: {known}");
        match state {
            "" => assert_eq!(checked.code, 0, "{}", checked.stderr),
            _ => assert_eq!((checked.code, checked.stderr.trim_end()), (2, expected.as_str())),
        }
    }
    // What Brazil does not know, another country may: by its zone.
    let house = House::new();
    house.edit(CALENDAR, "[windows.states.RJ]", "[windows.states.XX]");
    let text = house.read(CALENDAR);
    house.write_file(CALENDAR, &format!("countries = [\"AR\"]\n{text}"));
    let checked = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert!(checked.stderr.contains("unknown state `XX`; known by [zones]: AC, "), "{}", checked.stderr);
    house.write_file(CALENDAR, &format!("countries = [\"AR\"]\n{text}XX = \"America/Cordoba\"\n"));
    let checked = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
}

/// A full disk behind stderr ended a run by a signal, and one behind stdout lost the result with exit code 0.
#[test]
fn a_terminal_that_takes_nothing_stops_no_run_and_a_lost_result_is_told() {
    let house = House::of_one_invoice();
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
    let run = |output: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regua"));
        command.args(["run", "pipelines/daily.toml", "--as-of", as_of(), "--output", output]);
        command.current_dir(house.folder.path());
        command
    };
    for output in ["json", "text"] {
        let ended = run(output).stderr(full()).stdout(Stdio::piped()).output().expect("the program starts");
        assert_eq!(ended.status.code(), Some(0), "{output}");
        let ended = run(output).stdout(full()).stderr(Stdio::piped()).output().expect("the program starts");
        assert_eq!(ended.status.code(), Some(1), "{output}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("stdout: No space left"), "{ended:?}");
    }
    assert_eq!(published(&house).0, 1);
}

/// It is the daily pipeline but for two steps, and what the user has made of it stays.
#[test]
fn a_demo_brings_a_second_policy_to_simulate_against() {
    let house = House::new();
    let demo = ["demo", "--dir", ".", "--generate-only", "--invoices", "50"];
    assert_eq!(house.regua(&demo).code, 0);
    let otherwise = |one: &str, other: &str| -> Vec<String> {
        let (one, other) = (house.read(one), house.read(other));
        assert_eq!(one.lines().count(), other.lines().count());
        one.lines()
            .zip(other.lines())
            .filter(|(ours, theirs)| ours != theirs)
            .map(|(_, line)| line.to_owned())
            .collect()
    };
    let pipelines = otherwise("pipelines/daily.toml", "pipelines/gentler.toml");
    assert_eq!(pipelines, ["reguas = [\"reguas/gentler.toml\"]"]);
    let steps = otherwise("pipelines/reguas/b2b.toml", "pipelines/reguas/gentler.toml");
    assert_eq!(steps, ["trigger = { days_past_due = 8 }", "trigger = { days_past_due = 21 }"]);
    assert_eq!(house.regua(&["check", "pipelines/gentler.toml"]).code, 0);
    house.edit("pipelines/reguas/gentler.toml", "days_past_due = 21", "days_past_due = 20");
    assert_eq!(house.regua(&demo).code, 0);
    assert!(house.read("pipelines/reguas/gentler.toml").contains("days_past_due = 20"));
}

/// A demo of other arguments wrote over the inputs of the one before, and only then found that they had changed.
#[test]
fn a_demo_does_not_overwrite_what_it_did_not_make() {
    let house = House::new();
    let demo = |more: &[&str]| {
        let arguments = ["demo", "--dir", "sample", "--generate-only", "--invoices"];
        house.regua(&arguments.iter().chain(more).copied().collect::<Vec<_>>())
    };
    assert_eq!(demo(&["50"]).code, 0);
    assert_eq!(demo(&["50"]).code, 0, "the same again");
    let before = std::fs::read(house.path("sample/input/invoices/invoices.parquet"));
    for other in [["60", "--seed", "42"], ["50", "--seed", "7"], ["50", "--as-of", "2026-07-31"]] {
        let refused = demo(&other);
        assert_eq!(refused.code, 2, "{other:?}");
        assert!(
            refused.stderr.contains("sample/input holds another portfolio; name another --dir"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(before.ok(), std::fs::read(house.path("sample/input/invoices/invoices.parquet")).ok());
    std::fs::remove_file(house.path("sample/demo.txt")).expect("the mark");
    assert_eq!(demo(&["50"]).code, 2, "somebody's own input");
}

/// A slip of the keyboard must not empty an export or the pipeline.
#[test]
fn a_flag_that_names_a_source_empties_nothing() {
    let house = House::of_one_invoice();
    for (flag, file) in [("--report", "input/invoices.parquet"), ("--result-file", "pipelines/daily.toml")] {
        let before = std::fs::read(house.path(file)).unwrap();
        let ended = house.regua(&["plan", "pipelines/daily.toml", "--as-of", "2026-06-28", flag, file]);
        assert!(
            ended.code == 2 && ended.stderr.contains("an export, a pipeline or a template stands there"),
            "{}",
            ended.stderr
        );
        assert_eq!(std::fs::read(house.path(file)).unwrap(), before, "{file}");
    }
}

/// A model that was overwritten kept its date from ever being run again, and a record stopped every run.
#[test]
fn a_flag_that_names_a_file_of_an_output_empties_nothing() {
    let house = House::of_one_invoice();
    assert_eq!(house.run("2026-06-28").code, 0);
    std::fs::create_dir_all(house.path("output/models")).unwrap();
    std::fs::write(house.path("output/models/2026-06-27.json"), "a model").unwrap();
    for file in ["output/models/2026-06-27.json", "pipelines/../output/_log/00000000000000000001.json"] {
        let before = std::fs::read(house.path(file)).unwrap();
        for command in ["plan", "run", "train"] {
            let ended = house.regua(&[command, "pipelines/daily.toml", "--as-of", "2026-06-29", "--result-file", file]);
            assert!(ended.code == 2 && ended.stderr.contains("a file of an output stands there"), "{}", ended.stderr);
        }
        assert_eq!(std::fs::read(house.path(file)).unwrap(), before, "{file}");
    }
    let plan = ["plan", "pipelines/daily.toml", "--as-of", "2026-06-29", "--report", "output/plan.html"];
    let same = house.regua(&[&plan[..], &["--result-file", "output/plan.html"]].concat());
    assert!(same.code == 2 && same.stderr.contains("--report names that file too; name another"), "{}", same.stderr);
    // A page of their own folder is made anew every day, in the output and where somebody keeps logs.
    for folder in ["output/pages", "_log", "elsewhere/_log/kpi"] {
        std::fs::create_dir_all(house.path(folder)).unwrap();
        for _ in 0..2 {
            let page = format!("{folder}/plan.html");
            let again = house.regua(&[&plan[..5], &[&page]].concat());
            assert_eq!(again.code, 0, "{page}: {}", again.stderr);
        }
    }
    let beside = house.regua(&plan);
    assert_eq!(beside.code, 0, "{}", beside.stderr);
}
