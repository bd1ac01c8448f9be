//! What is published is corrected, looked after and made again: revisions, earlier dates, `regua log` and `regua gc`.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{Ended, House, as_of};

/// As many debtors with a reminder each, known to no other day.
fn crowd(house: &House, name: &str, debtors: usize) {
    let table = |head: &str, row: &dyn Fn(String) -> String| {
        (0..debtors).fold(head.to_owned(), |text, n| text + "\n" + &row(format!("{name}{n}")))
    };
    let invoices = table("invoice_id debtor_id issue_date due_date amount", &|id| {
        format!("I{id} {id} 2026-01-05 2026-06-20 100.00")
    });
    house.write("invoices", &invoices);
    house.write("debtors", &table("debtor_id legal_name state", &|id| format!("{id} Acme SP")));
    house.write("contact_points", &table("debtor_id channel address", &|id| format!("{id} email {id}@acme.example")));
}

const INVOICES: &str = "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-06-20 100.00";

/// Debtor D1 gets a reminder; D2 is not there yet.
fn house() -> House {
    let house = House::new();
    house.write("invoices", INVOICES);
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP\nD2 Beta SP");
    house.write("contact_points", "debtor_id channel address\nD1 email a@acme.example\nD2 email b@beta.example");
    house
}

fn published() -> House {
    let house = house();
    ok(house.run(as_of()));
    house
}

fn ok(ended: Ended) -> Value {
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let last = ended.stdout.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {}", ended.stdout))
}

fn revise(house: &House, as_of: &str) -> Value {
    ok(house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of, "--revise", "--reason", "late export"]))
}

fn paid(house: &House) {
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 100.00");
}

/// The lines below the outbox, by file.
fn outbox(house: &House) -> Vec<(String, Vec<Value>)> {
    let root = house.path("output/outbox");
    let files = glob::glob(&root.join("**/*.ndjson").to_string_lossy()).expect("a pattern").flatten();
    let mut found: Vec<(String, Vec<Value>)> = files
        .map(|file| {
            let name = file.strip_prefix(&root).expect("below it").display().to_string();
            let text = fs::read_to_string(&file).expect("text");
            (name, text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn verify(house: &House) -> Ended {
    house.regua(&["log", "output", "--verify"])
}

fn sound(house: &House) {
    assert_eq!(ok(verify(house))["outcome"], "sound");
}

#[test]
fn a_revision_takes_back_what_was_paid_and_writes_to_whom_nobody_wrote() {
    let house = published();
    let first = house.published("actions", "action_id").join("");
    paid(&house);
    house.write("invoices", &format!("{INVOICES}\nI2 D2 2026-01-05 2026-06-20 70.00"));
    let told = revise(&house, as_of());
    assert_eq!(
        (&told["revision"], &told["counts"]["actions"], &told["counts"]["voids"]),
        (&1.into(), &1.into(), &1.into())
    );
    let files = outbox(&house);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "dt=2026-06-30/channel=email/part-00000.ndjson",
        "dt=2026-06-30/revision=1/channel=email/part-00000.ndjson",
        "dt=2026-06-30/revision=1/voids/part-00000.ndjson",
    ];
    assert_eq!(names, expected);
    assert_eq!(files[1].1[0]["data"]["debtor_id"], "D2");
    let void = &files[2].1[0];
    assert_eq!(void["id"], format!("void-{first}"));
    assert_eq!(void["data"]["reason"], "late export");
    assert_eq!(house.published("decisions", "debtor_id outcome reason"), ["D2 action step_due", "D1 hold settled"]);
    sound(&house);
    // The same again publishes nothing, and a third edition knows what the second took back.
    assert_eq!(revise(&house, as_of())["outcome"], "already_published");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount kind\nP1 D1 I1 2026-06-20 1.00 charges");
    let told = revise(&house, as_of());
    assert_eq!((&told["revision"], &told["counts"]["actions"]), (&2.into(), &0.into()));
    assert_eq!(
        house.published("decisions", "debtor_id outcome reason detail"),
        ["D2 action step_due -", "D1 hold previous_unreported revision: an earlier revision took it back"]
    );
    assert_eq!(house.published("kpi_actions", "step_id actions"), ["d+5 1"], "what stands, not what is new");
    sound(&house);
}

#[test]
fn what_a_revision_took_back_is_decided_again_once_the_gateway_has_told() {
    let house = published();
    let first = house.published("actions", "action_id").join("");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 40.00");
    let told = revise(&house, as_of());
    assert_eq!((&told["kind"], &told["counts"]["voids"]), (&"void".into(), &1.into()), "the message asks for too much");
    ok(house.run("2026-07-01"));
    assert_eq!(house.published("decisions", "reason"), ["previous_unreported"], "it may have been sent all the same");
    house.write(
        "contact_log",
        &format!("event_id action_id debtor_id channel occurred_at status regua step_id\nE1 {first} D1 email 2026-07-01T15:00:00Z ignored b2b d+5"),
    );
    ok(house.run("2026-07-02"));
    assert_eq!(house.published("actions", "step_id occurrence open_amount"), ["d+5 2 60.00"]);
    sound(&house);
}

/// Without its records nobody knows who was written to.
#[test]
fn an_output_that_lost_its_log_is_refused() {
    let house = published();
    fs::remove_dir_all(house.path("output/_log")).unwrap();
    let ended = house.run("2026-07-01");
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("restore _log from a backup"), "{}", ended.stderr);
    // Whoever cleans the outbox too leaves the tables.
    fs::remove_dir_all(house.path("output/outbox")).unwrap();
    let ended = house.run("2026-07-01");
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("kpi/ holds tables of earlier runs"), "{}", ended.stderr);
}

/// Nor where the newest of them is gone: what it published would be published again.
#[test]
fn an_output_that_lost_its_newest_record_is_refused() {
    let house = published();
    ok(house.run("2026-07-01"));
    ok(house.run("2026-07-10"));
    let records = glob::glob(&house.path("output/_log/*.json").to_string_lossy()).expect("a pattern").flatten();
    fs::remove_file(records.max().expect("a record")).unwrap();
    let ended = house.run("2026-07-11");
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("of 2026-07-02 or later"), "{}", ended.stderr);
    let verified = house.regua(&["log", "output", "--verify"]);
    assert_eq!(verified.code, 3, "{}", verified.stdout);
}

/// A step put before the others moves the place of every one of them, and new words are no reason to leave somebody listed.
#[test]
fn a_step_that_is_added_and_a_text_that_is_edited_withdraw_nothing_else() {
    let house = house();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount
        I1 D1 2026-01-05 2026-06-20 100.00
        I2 D2 2026-01-05 2026-03-20 100.00",
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D2 I2 2026-06-29 100.00");
    house.write(
        "listings",
        "listing_id debtor_id invoice_id bureau kind included_on\nL1 D2 I2 serasa negativacao 2026-06-01",
    );
    ok(house.run(as_of()));
    assert_eq!(house.published("actions", "debtor_id step_kind"), ["D2 negativacao_removal", "D1 reminder"]);
    let step = "[[steps]]\nid = \"d+3\"\nkind = \"reminder\"\ntrigger = { days_past_due = 3 }\nchannels = [\"sms\"]\n\
                template = \"overdue_second\"\ntone = \"gentle\"\n\n[[steps]]\nid = \"d+5\"";
    house.edit("pipelines/reguas/b2b.toml", "[[steps]]\nid = \"d+5\"", step);
    let text = "pipelines/templates/pt-BR/negativacao_removal.instruction.j2";
    let removal = house.read(text);
    house.write_file(text, &format!("{removal}\nObrigado."));
    revise(&house, as_of());
    assert!(house.published("actions", "action_id").is_empty(), "nothing is new");
    let voids = outbox(&house).into_iter().filter(|(file, _)| file.contains("voids")).flat_map(|(_, lines)| lines);
    assert_eq!(voids.count(), 0, "and nothing is taken back");
}

/// An export without its payments took the removal back, and nobody reported on it: the debtor stayed listed for ever.
#[test]
fn a_removal_that_a_revision_took_back_is_asked_for_on_the_next_date() {
    let house = house();
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI2 D2 2026-01-05 2026-03-20 100.00");
    let payments = "payment_id debtor_id invoice_id paid_on amount\nP1 D2 I2 2026-06-29 100.00";
    house.write("payments", payments);
    house.write(
        "listings",
        "listing_id debtor_id invoice_id bureau kind included_on\nL1 D2 I2 serasa negativacao 2026-06-01",
    );
    ok(house.run(as_of()));
    let first = house.published("actions", "action_id step_kind occurrence").join("");
    assert!(first.ends_with("negativacao_removal 1"), "{first}");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    ok(house.regua(&[
        "run",
        "pipelines/daily.toml",
        "--as-of",
        as_of(),
        "--revise",
        "--reason",
        "x",
        "--accept-volume",
        "a test",
    ]));
    house.write("payments", payments);
    ok(house.regua(&["run", "pipelines/daily.toml", "--as-of", "2026-07-01", "--accept-volume", "a test"]));
    let again = house.published("actions", "action_id step_kind occurrence").join("");
    assert!(again.ends_with("negativacao_removal 2") && again != first, "{again}");
    assert_eq!(ok(verify(&house))["outcome"], "sound");
    ok(house.run("2026-07-02"));
    assert!(house.published("actions", "action_id").is_empty(), "once is enough");
}

/// The gateway has told that the first message went out: nobody waits for a report any more.
#[test]
fn a_revision_says_that_another_message_was_sent() {
    let house = published();
    let first = house.published("actions", "action_id").join("");
    house.write(
        "contact_log",
        &format!("event_id action_id debtor_id channel occurred_at status regua step_id\nE1 {first} D1 email 2026-06-30T15:00:00Z sent b2b d+5"),
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-21 40.00");
    ok(house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of(), "--revise", "--reason", "a late payment"]));
    let held = house.published("decisions", "reason detail").join("");
    assert_eq!(held, "min_gap revision: it was sent with other words");
}

#[test]
fn a_date_is_revised_only_with_a_reason_and_only_once_it_is_published() {
    let house = house();
    let run = |more: &[&str]| house.regua(&[&["run", "pipelines/daily.toml", "--as-of", as_of()], more].concat());
    let nothing = run(&["--revise", "--reason", "x"]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.stderr.contains("there is nothing to revise; leave --revise out"), "{}", nothing.stderr);
    assert_eq!(run(&["--revise"]).code, 2, "no reason");
    ok(run(&[]));
    paid(&house);
    let conflict = run(&[]);
    assert_eq!(conflict.code, 4);
    assert!(conflict.stderr.contains("--revise --reason"), "{}", conflict.stderr);
    let plan = ok(house.regua(&["plan", "pipelines/daily.toml", "--as-of", as_of(), "--revise"]));
    let note = "revision 1 of 2026-06-30: 0 new actions, 0 kept, 1 taken back";
    assert!(plan["notes"].to_string().contains(note), "{plan}");
}

#[test]
fn of_a_date_before_the_newest_only_the_position_is_published() {
    let house = published();
    let current =
        |table: &str| fs::read(house.path(&format!("output/kpi_current/{table}.parquet"))).expect("a KPI table");
    let before = current("kpi_aging");
    let told = ok(house.run("2026-06-29"));
    assert_eq!((&told["kind"], &told["outcome"]), (&"kpi_only".into(), &"published".into()));
    for table in ["actions", "decisions", "kpi_actions", "kpi_holds"] {
        assert_eq!(told["counts"][table], Value::Null, "{table}");
    }
    assert_eq!(told["counts"]["items"], 1);
    assert_eq!(outbox(&house).len(), 1, "nobody is written to");
    assert!(house.path("output/kpi/kpi_aging/dt=2026-06-29").exists());
    assert!(!house.path("output/kpi/kpi_actions/dt=2026-06-29").exists());
    assert_eq!(current("kpi_aging"), before, "the newest date stays the present one");
    sound(&house);
    let text = house.regua(&["run", "pipelines/daily.toml", "--as-of", "2026-06-28", "--output", "text"]);
    assert!(text.stderr.contains("2026-06-30 is already published"), "{}", text.stderr);
    for part in [
        "nothing decided, 0 quarantined rows",
        "No decisions: with --kpi-only, or once a later date has been published",
    ] {
        assert!(text.stdout.contains(part), "no {part:?} in {}", text.stdout);
    }
    for never in ["outbox/", "What goes out", "Why the others", "0 actions"] {
        assert!(!text.stdout.contains(never), "{never:?} in {}", text.stdout);
    }
    // What was published for the date itself still counts the day after.
    ok(house.run("2026-07-01"));
    assert_eq!(house.published("decisions", "reason"), ["previous_unreported"]);
}

#[test]
fn an_earlier_date_does_not_see_what_was_published_later() {
    let house = published();
    paid(&house);
    assert_eq!(revise(&house, as_of())["kind"], "void");
    ok(house.run("2026-07-01"));
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    let told = revise(&house, as_of());
    assert_eq!((&told["kind"], &told["revision"]), (&"kpi_only".into(), &2.into()));
    assert_eq!(told["counts"]["voids"], Value::Null);
    sound(&house);
}

fn files(house: &House, pattern: &str) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = glob::glob(&house.path(pattern).to_string_lossy())
        .expect("a pattern")
        .flatten()
        .filter(|p| p.is_file())
        .collect();
    found.sort();
    found
}

#[test]
fn every_copy_follows_from_the_log() {
    let house = published();
    ok(house.run("2026-07-01"));
    let copies: Vec<_> = ["output/outbox/**/*", "output/kpi/**/*", "output/kpi_current/*"]
        .iter()
        .flat_map(|pattern| files(&house, pattern))
        .collect();
    let before: Vec<Vec<u8>> = copies.iter().map(|file| fs::read(file).expect("bytes")).collect();
    assert!(copies.len() > 10, "{copies:?}");
    for folder in ["outbox", "kpi", "kpi_current"] {
        fs::remove_dir_all(house.path("output").join(folder)).expect("removed");
    }
    let told = ok(verify(&house));
    assert_eq!(told["outcome"], "copies_missing");
    assert_eq!(told["copies_missing"].as_array().map(Vec::len), Some(copies.len()));
    let made = ok(house.regua(&["log", "output", "--repair"]));
    assert_eq!(made["copies"].as_array().map(Vec::len), Some(copies.len()));
    let after: Vec<Vec<u8>> = copies.iter().map(|file| fs::read(file).expect("bytes")).collect();
    assert!(before == after, "the same bytes");
    sound(&house);
    fs::write(&copies[0], "torn").expect("written");
    assert_eq!(ok(house.regua(&["log", "output", "--repair"]))["copies"].as_array().map(Vec::len), Some(1));
    assert_eq!(ok(house.regua(&["log", "output", "--repair"]))["copies"], Value::Array(Vec::new()));
}

/// A process that died after its record left the gateways without their batch, and the next date did not make it.
#[test]
fn the_next_date_makes_the_copies_that_the_last_one_lacks() {
    let house = published();
    fs::remove_dir_all(house.path("output/outbox")).expect("removed");
    fs::remove_dir_all(house.path("output/kpi/kpi_aging")).expect("removed");
    ok(house.run("2026-07-01"));
    assert_eq!(outbox(&house)[0].0, "dt=2026-06-30/channel=email/part-00000.ndjson");
    sound(&house);
}

/// A run that died after its record ended with 75 and was tried again; the gateway had reported meanwhile, so it was a
/// conflict, and the copies that 75 had promised were never made.
#[test]
fn a_conflict_makes_the_copies_that_were_promised() {
    let house = published();
    fs::remove_dir_all(house.path("output/outbox")).expect("removed");
    house.write("contact_log", "event_id debtor_id channel occurred_at status\nE1 D2 email 2026-06-29T15:00:00Z sent");
    let planned = house.regua(&["plan", "pipelines/daily.toml", "--as-of", as_of()]);
    assert_eq!((planned.code, outbox(&house).len()), (4, 0), "a plan writes nothing: {}", planned.stderr);
    fs::write(house.path("output/_control/HALT"), "stop").expect("written");
    assert_eq!((house.run(as_of()).code, outbox(&house).len()), (4, 0), "nor does anything while somebody says halt");
    fs::remove_file(house.path("output/_control/HALT")).expect("removed");
    assert_eq!((house.run(as_of()).code, outbox(&house).len()), (4, 1));
    sound(&house);
}

/// The same run again made the batch of a halted date appear.
#[test]
fn nothing_appears_in_the_outbox_while_somebody_says_halt() {
    let house = published();
    fs::remove_dir_all(house.path("output/outbox")).expect("removed");
    fs::write(house.path("output/_control/HALT"), "stop").expect("written");
    assert_eq!(ok(house.run(as_of()))["outcome"], "already_published");
    assert_eq!(house.run("2026-07-01").code, 75);
    assert_eq!(outbox(&house), []);
    fs::remove_file(house.path("output/_control/HALT")).expect("removed");
    ok(house.run(as_of()));
    assert_eq!(outbox(&house).len(), 1);
}

#[test]
fn verify_finds_what_was_changed_or_lost() {
    let flip = |file: &Path| {
        let mut bytes = fs::read(file).expect("bytes");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(file, bytes).expect("written");
    };
    type Row<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);
    let table: &[Row<'_>] = &[
        ("output/runs/*/*/items/*.parquet", &flip, "has another SHA-256: it was changed"),
        ("output/runs/*/*/run_results.json", &flip, "has another SHA-256: it was changed"),
        ("output/runs/*/*/actions/*.parquet", &|file| fs::remove_file(file).expect("removed"), "is gone"),
        ("output/runs/*/*/kpi/kpi_aging.parquet", &|file| fs::write(file, "x").expect("written"), "has 1 bytes, not"),
    ];
    for (pattern, harm, expected) in table {
        let house = published();
        harm(&files(&house, pattern)[0]);
        let ended = verify(&house);
        assert_eq!(ended.code, 3, "{pattern}: {}", ended.stdout);
        assert!(
            ended.stderr.contains(expected) && ended.stderr.contains("restore it from a backup"),
            "{}",
            ended.stderr
        );
    }
}

/// The log is a chain: a record that was edited is known by the next one, and a gap by its number.
#[test]
fn verify_finds_a_log_that_was_edited() {
    let house = published();
    ok(house.run("2026-07-01"));
    let first = house.path("output/_log/00000000000000000001.json");
    let text = fs::read_to_string(&first).expect("a record");
    fs::write(&first, text.replace("\"actions\": 1", "\"actions\": 2")).expect("written");
    let edited = verify(&house);
    assert_eq!(edited.code, 3);
    assert!(edited.stderr.contains("the chain is broken"), "{}", edited.stderr);
    fs::remove_file(&first).expect("removed");
    let gap = verify(&house);
    assert_eq!(gap.code, 3);
    assert!(gap.stderr.contains("a record before it is missing"), "{}", gap.stderr);
}

/// Of the newest record no other knows the hash: what it says is held against the tables.
#[test]
fn verify_holds_the_record_against_the_tables() {
    for (from, to, expected) in [
        ("\"items\": 1", "\"items\": 2", "rows of items: the record says 2, the table holds 1"),
        (
            "\"BRL\": \"100.00\"",
            "\"BRL\": \"100.01\"",
            "open amount in BRL: the record says 100.01, the table holds 100.00",
        ),
    ] {
        let house = published();
        let record = house.path("output/_log/00000000000000000001.json");
        let text = fs::read_to_string(&record).expect("a record");
        assert!(text.contains(from), "{text}");
        fs::write(&record, text.replace(from, to)).expect("written");
        let ended = verify(&house);
        assert_eq!(ended.code, 3, "{}", ended.stdout);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn the_log_is_listed_and_shown() {
    let house = published();
    paid(&house);
    revise(&house, as_of());
    let listed = ok(house.regua(&["log", "output"]));
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(2));
    let text = house.regua(&["log", "output", "--output", "text"]).stdout;
    assert!(text.contains("2026-06-30") && text.contains("actions") && text.contains("BRL 100.00"), "{text}");
    for which in ["2", as_of()] {
        let shown = house.regua(&["log", "output", "--show", which]);
        assert!(shown.stdout.contains("\"reason\": \"late export\""), "{which}: {}", shown.stdout);
    }
    let missing = house.regua(&["log", "output", "--show", "3"]);
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.contains("is not a published date or record; `regua log output` lists them"),
        "{}",
        missing.stderr
    );
    for more in [&[][..], &["--verify"], &["--repair"]] {
        let ended = house.regua(&[&["log", "elsewhere"], more].concat());
        assert_eq!(ended.code, 2, "a monitor with a mistyped path must not stay green: {}", ended.stdout);
        assert!(
            ended.stderr.contains("nothing is published there; correct the path, or publish with `regua run`"),
            "{}",
            ended.stderr
        );
    }
}

fn age(file: &Path, days: u64) {
    let when = SystemTime::now() - Duration::from_secs(days * 86_400);
    File::options().write(true).open(file).and_then(|f| f.set_modified(when)).expect("a date of its own");
}

#[test]
fn gc_deletes_what_no_record_names_and_nothing_else() {
    let house = published();
    let attempt = |name: &str, days: u64| {
        let file = house.path(&format!("output/runs/2026-06-30/{name}/actions/part-00000.parquet"));
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, "half").expect("written");
        age(&file, days);
        file
    };
    let (old, young) = (attempt("dead-1", 8), attempt("alive-2", 6));
    let probe = house.path("output/_control/probe-00ff");
    fs::write(&probe, "1").expect("written");
    age(&probe, 8);
    // A write to a local file that was killed: the store lists no such objects, and what is in it is personal.
    let staged = house.path("output/outbox/dt=2026-06-30/channel=email/part-00000.ndjson#1");
    fs::write(&staged, "half").expect("written");
    age(&staged, 8);
    fs::write(house.path("output/_control/HALT"), "stop").expect("written");
    age(&house.path("output/_control/HALT"), 800);
    for file in files(&house, "output/runs/*/*/*/*") {
        if file != young && file != old {
            age(&file, 800);
        }
    }
    let listed = ok(house.regua(&["gc", "output"]));
    let cut = "outbox/dt=2026-06-30/channel=email/part-00000.ndjson#1";
    assert_eq!(listed["folders"], serde_json::json!(["_control/probe-00ff", cut, "runs/2026-06-30/dead-1"]));
    assert!(old.exists(), "it only lists");
    let text = house.regua(&["gc", "output", "--output", "text"]).stdout;
    assert!(text.contains("could be deleted with --delete"), "{text}");
    assert_eq!(ok(house.regua(&["gc", "output", "--delete"]))["objects"], 3);
    assert!(
        !old.exists()
            && !staged.exists()
            && !probe.exists()
            && young.exists()
            && house.path("output/_control/HALT").exists()
    );
    assert_eq!(ok(house.regua(&["gc", "output"]))["objects"], 0);
    fs::remove_file(house.path("output/_control/HALT")).expect("removed");
    sound(&house);
}

/// The ids are made with the tenant's name: under another one everything would go out again.
#[test]
fn a_log_of_another_tenant_is_left_alone() {
    let house = published();
    house.edit("pipelines/daily.toml", "tenant = \"demo\"", "tenant = \"other\"");
    for more in [&["run"][..], &["plan"]] {
        let ended = house.regua(&[more, &["pipelines/daily.toml", "--as-of", "2026-07-01"]].concat());
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        let whose = "belongs to tenant \\\"demo\\\", but the pipeline says \\\"other\\\"";
        assert!(ended.stderr.contains(whose), "{}", ended.stderr);
    }
    house.edit("pipelines/daily.toml", "tenant = \"other\"", "tenant = \"demo\"");
    sound(&house);
}

#[test]
fn secrets_in_an_address_are_refused_and_not_repeated() {
    let house = House::new();
    for address in ["s3://KEY:se/cret@bucket/x", "s3://KEY:secret@bucket/x", "az://c/x?sig=secret", "x://a:secret@b"] {
        for command in [&["log"][..], &["gc"], &["log", "--verify"]] {
            let ended = house.regua(&[command, &[address]].concat());
            assert_eq!(ended.code, 2, "{address}: {}", ended.stderr);
            assert!(ended.stderr.contains("a URL with credentials is refused"), "{}", ended.stderr);
            assert!(!ended.stderr.contains("cret"), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_mistyped_output_is_told_and_not_made() {
    let house = house();
    house.write_file("file", "");
    for command in [&["log", "outptu"][..], &["gc", "outptu", "--delete"], &["log", "file"], &["gc", "file"]] {
        let ended = house.regua(command);
        assert_eq!(ended.code, 2, "{command:?}: {}", ended.stderr);
    }
    assert!(!house.path("outptu").exists());
    let blank = ["run", "pipelines/daily.toml", "--as-of", as_of(), "--accept-volume", " "];
    assert_eq!(house.regua(&blank).code, 2, "a reason has words");
}

/// The result of another run was there, and a scheduler took it for this one's.
#[test]
fn a_result_file_is_of_this_run_whatever_came_of_it() {
    let house = published();
    let run = |more: &[&str]| {
        house.regua(&[&["run", "pipelines/daily.toml", "--as-of", as_of(), "--result-file"], more].concat())
    };
    house.write_file("result.json", "stale");
    assert_eq!(run(&["result.json", "--skip-if-unchanged"]).code, 99);
    assert!(house.read("result.json").contains("already_published"));
    let before = fs::read_dir(house.path("output/runs")).expect("runs").count();
    let unwritable =
        house.regua(&["run", "pipelines/daily.toml", "--as-of", "2026-07-01", "--result-file", "no/x.json"]);
    assert_eq!(unwritable.code, 2, "it is of no use to try again");
    assert!(unwritable.stderr.contains("--result-file no/x.json: "), "{}", unwritable.stderr);
    for flag in ["--result-file", "--report"] {
        let planned = house.regua(&["plan", "pipelines/daily.toml", "--as-of", "2026-07-01", flag, "no/x"]);
        assert_eq!((planned.code, planned.stdout.as_str()), (2, ""), "before any work: {}", planned.stderr);
        assert!(planned.stderr.contains(&format!("{flag} no/x: ")), "{}", planned.stderr);
    }
    assert_eq!(fs::read_dir(house.path("output/runs")).expect("runs").count(), before, "nothing was begun");
}

/// Where the log cannot be read, nothing can be told apart, and nothing is deleted.
#[test]
fn gc_deletes_nothing_beside_a_damaged_log() {
    let house = published();
    fs::write(house.path("output/_log/00000000000000000001.json"), "{}").expect("written");
    files(&house, "output/runs/*/*/*/*").iter().for_each(|file| age(file, 800));
    let now = house.regua(&["gc", "output", "--older-than", "0", "--delete"]);
    assert_eq!(now.code, 2, "a run that is under way may be that old: {}", now.stderr);
    let ended = house.regua(&["gc", "output", "--delete"]);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert!(!files(&house, "output/runs/*/*/items/*").is_empty());
}

/// Whoever halved a threshold by mistake would write to everybody.
#[test]
fn far_more_actions_than_usual_need_a_reason() {
    let house = house();
    // The position grows with the actions here, and has a limit of its own.
    house.edit("pipelines/daily.toml", "[limits]", "[limits]\nposition_percent_max = 1000");
    for (day, name, debtors) in [("2026-06-26", "A", 10), ("2026-06-29", "B", 20), ("2026-06-30", "C", 17)] {
        crowd(&house, name, debtors);
        assert_eq!(ok(house.run(day))["counts"]["actions"], debtors);
    }
    crowd(&house, "E", 51);
    assert_eq!(ok(house.run("2026-07-01"))["counts"]["actions"], 51, "three times 17");
    crowd(&house, "F", 61);
    let stopped = house.run("2026-07-02");
    assert_eq!(stopped.code, 3, "{}", stopped.stdout);
    for part in
        ["61 actions, but 20 are usual and at most 60 are allowed", "--accept-volume", "limits.volume_percent_max"]
    {
        assert!(stopped.stderr.contains(part), "no {part:?} in {}", stopped.stderr);
    }
    let plan = ok(house.regua(&["plan", "pipelines/daily.toml", "--as-of", "2026-07-02"]));
    assert!(plan["notes"].to_string().contains("would stop: 61 actions"), "{plan}");
    let run = ["run", "pipelines/daily.toml", "--as-of", "2026-07-02", "--accept-volume", "a new company"];
    assert_eq!(ok(house.regua(&run))["counts"]["actions"], 61);
    let shown = house.regua(&["log", "output", "--show", "2026-07-02"]).stdout;
    assert!(shown.contains("\"volume\": \"a new company (61 actions"), "{shown}");
}

#[test]
fn nothing_to_do_is_99_where_it_is_asked_for() {
    let house = house();
    let run = || house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of(), "--skip-if-unchanged"]);
    assert_eq!(run().code, 0);
    let again = run();
    assert_eq!(again.code, 99, "{}", again.stderr);
    assert!(again.stderr.contains("there is nothing to do"), "{}", again.stderr);
}

/// As a sensor asks: 75 until everything is there and young enough, 3 where waiting does not help.
#[test]
fn inputs_are_waited_for_or_given_up() {
    let house = house();
    let ask = || house.regua(&["inputs", "pipelines/daily.toml", "--as-of", as_of()]);
    let told = ok(ask());
    assert_eq!((&told["outcome"], &told["inputs"][0]["rows"]), (&"ready".into(), &1.into()));
    house.edit("pipelines/daily.toml", "max_age_days = 7", "max_age_days = 1");
    ok(ask());
    let invoices = house.path("input/invoices.parquet");
    let days = |date: &str| {
        let date: chrono::NaiveDate = date.parse().expect("a date");
        let noon = date.and_hms_opt(15, 0, 0).expect("an hour").and_utc();
        File::options()
            .write(true)
            .open(&invoices)
            .and_then(|f| f.set_modified(noon.into()))
            .expect("a date of its own");
    };
    days("2026-06-29");
    ok(ask());
    days("2026-06-28");
    for ended in [ask(), house.run(as_of())] {
        assert_eq!(ended.code, 75, "{}", ended.stderr);
        for part in
            ["last written on 2026-06-28", "max_age_days = 1 needs one from 2026-06-29 or later; wait for the export"]
        {
            assert!(ended.stderr.contains(part), "no {part:?} in {}", ended.stderr);
        }
    }
    fs::remove_file(&invoices).expect("removed");
    let missing = ask();
    assert_eq!(missing.code, 75);
    assert!(missing.stdout.contains("\"outcome\":\"not_ready\""), "{}", missing.stdout);
    fs::write(&invoices, "PAR1 is not enough").expect("written");
    house.write("payments", "payment_id debtor_id invoice_id amount");
    let off = ask();
    assert_eq!(off.code, 3, "{}", off.stdout);
    for part in ["it is not a Parquet file", "paid_on"] {
        assert!(off.stderr.contains(part), "all at once: no {part:?} in {}", off.stderr);
    }
    let text = house.regua(&["inputs", "pipelines/daily.toml", "--as-of", as_of(), "--output", "text"]).stdout;
    assert!(text.contains("off contract") && text.contains("ready"), "{text}");
}

/// Copied, touched, or named from another folder, the same bytes were other inputs, and the date a conflict.
#[test]
fn local_inputs_are_known_by_what_is_in_them() {
    let house = published();
    age(&house.path("input/invoices.parquet"), 3);
    let copied = house.path("input/payments.parquet");
    let bytes = fs::read(&copied).expect("bytes");
    fs::remove_file(&copied).expect("removed");
    fs::write(&copied, bytes).expect("written");
    let absolute = house.path("pipelines/daily.toml").to_string_lossy().into_owned();
    for pipeline in ["pipelines/daily.toml", "./pipelines/daily.toml", &absolute] {
        let told = ok(house.regua(&["run", pipeline, "--as-of", as_of()]));
        assert_eq!(told["outcome"], "already_published", "{pipeline}");
    }
    paid(&house);
    assert_eq!(house.run(as_of()).code, 4, "other rows are other inputs");
}
