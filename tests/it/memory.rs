//! What is carried forward of all that was ever published: bounded, and enough for the same decisions and for new ids.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::{Days, NaiveDate};
use serde_json::Value;

use crate::support::House;

const DEBTORS: u64 = 16;
/// So many that what is carried has stood still for a while: every debtor then has an action for each of its steps.
const DAYS: u64 = 30;
/// A steady portfolio: every debtor gets an invoice as often as this, and pays it so many days late.
const EVERY_DAYS: u64 = 4;
const PAID_LATE_DAYS: u64 = 6;
/// A paid invoice leaves the export, and an event the contact log, after so many days.
const EXPORTED_DAYS: u64 = 1;

fn first_day() -> NaiveDate {
    "2026-06-01".parse().expect("a date")
}

fn day(number: u64) -> NaiveDate {
    first_day() + Days::new(number)
}

/// A house that forgets what has not mattered for four days.
fn house() -> House {
    let house = House::new();
    house.edit("pipelines/daily.toml", "remembered_days = 90", "remembered_days = 4\nrows_percent_min = 0");
    for (from, to) in [("days = 14", "days = 2"), ("days = 7\n", "days = 2\n"), ("days = 30\n", "days = 2\n")] {
        house.edit("pipelines/daily.toml", from, to);
    }
    house.edit("pipelines/daily.toml", "{ pontual = 5, recorrente = 1 }", "{ recorrente = 1 }");
    house.edit("pipelines/reguas/b2b.toml", "min_gap_days = 3", "min_gap_days = 2");
    let rows = |row: &dyn Fn(u64) -> String| (0..DEBTORS).map(row).collect::<Vec<_>>().join("\n");
    house.write("debtors", &format!("debtor_id legal_name state\n{}", rows(&|d| format!("D{d} Acme SP"))));
    let point = |d| format!("D{d} email d{d}@acme.example");
    house.write("contact_points", &format!("debtor_id channel address\n{}", rows(&point)));
    house
}

/// The exports of a day: what is open, and what was paid a few days ago.
fn export(house: &House, today: u64) {
    let mut invoices = "invoice_id debtor_id issue_date due_date amount".to_owned();
    let mut payments = "payment_id debtor_id invoice_id paid_on amount".to_owned();
    for d in 0..DEBTORS {
        // Invoices from before the first day too, so that it is a day like any other.
        for n in 0..(today + 60) / EVERY_DAYS {
            let due = (n * EVERY_DAYS + d % EVERY_DAYS).checked_sub(30);
            let Some(due) = due.filter(|due| *due <= today + 5) else { continue };
            let paid = due + PAID_LATE_DAYS;
            if paid + EXPORTED_DAYS < today {
                continue;
            }
            let issue = day(due) - Days::new(20);
            invoices.push_str(&format!("\nI{d}-{n} D{d} {issue} {} 100.00", day(due)));
            if paid <= today {
                payments.push_str(&format!("\nP{d}-{n} D{d} I{d}-{n} {} 100.00", day(paid)));
            }
        }
    }
    house.write("invoices", &invoices);
    house.write("payments", &payments);
}

/// What the gateway tells of the actions of the last days: of every third nothing.
fn report(house: &House, sent: &[(u64, String)], today: u64) {
    let mut log = "event_id action_id debtor_id channel occurred_at status regua step_id".to_owned();
    for (position, (on, line)) in
        sent.iter().enumerate().filter(|(p, (on, _))| p % 3 > 0 && on + EXPORTED_DAYS >= today)
    {
        let (id, rest) = line.split_once(' ').expect("an action");
        let (debtor, step) = rest.split_once(' ').expect("its step");
        log.push_str(&format!("\nE{position} {id} {debtor} email {}T15:00:00Z delivered b2b {step}", day(*on)));
    }
    house.write("contact_log", &log);
}

/// Makes an output look like one of a program that carried nothing forward: every run reads every action there is.
fn without_state(house: &House) {
    let mut logs: Vec<_> =
        fs::read_dir(house.path("output/_log")).expect("a log").flatten().map(|e| e.path()).collect();
    logs.sort();
    let mut head = String::new();
    for path in logs {
        let mut record: Value = serde_json::from_slice(&fs::read(&path).expect("bytes")).expect("JSON");
        let files = record["files"].as_array_mut().expect("files");
        files.retain(|file| !file["path"].as_str().is_some_and(|path| path.contains("/contact_state/")));
        record["counts"].as_object_mut().expect("counts").remove("contact_state");
        record["prev_sha256"] = head.into();
        let body = serde_json::to_vec_pretty(&record).expect("JSON");
        head = regua::domain::action::sha256_hex(&body);
        fs::write(&path, body).expect("written");
    }
}

fn decided(house: &House) -> Vec<String> {
    // Reminders before the due date are numbered through all that is known, so their ids may differ.
    let decisions = house.published("decisions", "debtor_id company_id outcome reason step_id detail");
    decisions.into_iter().chain(house.published("actions", "debtor_id step_id channel cycle_id items")).collect()
}

/// Every decision is that of a run which reads all that was ever published, and what is carried does not grow.
#[test]
fn what_is_carried_forward_decides_as_all_of_the_past_and_does_not_grow() {
    let (bounded, whole) = (house(), house());
    let (mut sent, mut carried) = (Vec::new(), BTreeMap::new());
    let mut ids = BTreeSet::new();
    for today in 0..DAYS {
        for house in [&bounded, &whole] {
            export(house, today);
            report(house, &sent, today);
            let ended = house.run(&day(today).to_string());
            assert_eq!(ended.code, 0, "day {today}: {}", ended.stderr);
        }
        assert_eq!(decided(&bounded), decided(&whole), "day {today}");
        without_state(&whole);
        let actions = bounded.published("actions", "action_id debtor_id step_id");
        for line in &actions {
            assert!(ids.insert(line.split(' ').next().map(str::to_owned)), "day {today}: {line} was published before");
        }
        sent.extend(actions.into_iter().map(|line| (today, line)));
        carried.insert(today, bounded.published("contact_state", "action_id").len());
    }
    assert!(sent.len() > 3 * DEBTORS as usize, "{} actions", sent.len());
    let most = |days: std::ops::Range<u64>| days.filter_map(|today| carried.get(&today)).max().copied().unwrap_or(0);
    let (before, last) = (most(DAYS - 8..DAYS - 4), most(DAYS - 4..DAYS));
    assert!(last * 10 <= before * 11, "it grows: {carried:?}");
    assert!(last * 4 < sent.len() * 3, "nothing is forgotten: {carried:?} of {}", sent.len());
    let verified = bounded.regua(&["log", "output", "--verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

/// Debtor D1 was written to, paid, and has been forgotten since; then the payment is taken back.
fn reopened(remembered_days: u32) -> (House, String) {
    let house = House::of_one_invoice();
    let limit = format!("remembered_days = {remembered_days}");
    house.edit("pipelines/daily.toml", "remembered_days = 90", &limit);
    house.edit("pipelines/daily.toml", "max_age_days = 7", "max_age_days = 3650");
    assert_eq!(house.run("2026-06-30").code, 0);
    let first = house.published("actions", "action_id step_id").join("");
    let paid = "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-07-01 100.00";
    house.write("payments", paid);
    for date in ["2026-07-02", "2026-08-15", "2026-08-16"] {
        let ended = house.run(date);
        assert_eq!(ended.code, 0, "{date}: {}", ended.stderr);
    }
    let taken_back = "payment_id debtor_id invoice_id paid_on amount reverses\n\
                      P1 D1 I1 2026-07-01 100.00 -\nR1 D1 I1 2026-08-17 100.00 P1";
    house.write("payments", taken_back);
    (house, first)
}

#[test]
fn what_was_sent_stays_sent_when_an_invoice_is_reopened() {
    let (house, first) = reopened(90);
    assert_eq!(house.published("contact_state", "action_id step_id"), [first.as_str()]);
    assert_eq!(house.run("2026-08-17").code, 0);
    assert_eq!(house.published("actions", "step_id occurrence"), ["d+15 1"]);
}

/// It begins its steps anew, and under ids that nobody has seen, whatever they were before.
#[test]
fn what_is_forgotten_never_gives_an_id_twice() {
    let (house, first) = reopened(31);
    assert_eq!(house.published("contact_state", "action_id"), Vec::<String>::new());
    let mut ids = BTreeSet::from([first.split(' ').next().expect("an id").to_owned()]);
    let mut cycles = BTreeSet::new();
    for date in ["2026-08-17", "2026-08-21", "2026-09-01"] {
        let ended = house.run(date);
        assert_eq!(ended.code, 0, "{date}: {}", ended.stderr);
        let actions = house.published("actions", "action_id cycle_id");
        let (id, cycle) = actions.first().and_then(|line| line.split_once(' ')).unwrap_or_default();
        assert!(ids.insert(id.to_owned()), "{date}: {actions:?}");
        cycles.insert(cycle.to_owned());
    }
    assert_eq!(cycles.len(), 1, "one cycle from then on");
    let verified = house.regua(&["log", "output", "--verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

/// A date before the newest, and one that is revised, know what was known then and no more.
#[test]
fn a_date_reads_what_was_carried_before_it() {
    let house = House::of_one_invoice();
    for date in ["2026-06-30", "2026-07-06", "2026-07-07"] {
        assert_eq!(house.run(date).code, 0, "{date}");
    }
    let carried = || {
        let mut rows = house.published("contact_state", "published_on step_id needed_on");
        rows.sort();
        rows
    };
    let first = carried();
    assert_eq!(first, ["2026-06-30 d+5 2026-07-07", "2026-07-06 d+15 2026-07-07"]);
    // Of an earlier date nothing is decided, so nothing is carried.
    let told = house.run("2026-07-01");
    assert!(told.stdout.contains("kpi_only") && !told.stdout.contains("contact_state"), "{}", told.stdout);
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-06-20 90.00");
    let revised = ["run", "pipelines/daily.toml", "--as-of", "2026-07-07", "--revise", "--reason", "late"];
    assert_eq!(house.regua(&revised).code, 0);
    assert_eq!(carried(), first);
    assert_eq!(house.regua(&["log", "output", "--verify"]).code, 0);
}
