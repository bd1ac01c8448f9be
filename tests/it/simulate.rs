//! `regua simulate`: a policy replayed over history, day by day, and another beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::learning::{house_paying, train};
use crate::support::{Ended, House, as_of, read_parquet, rows};

const DAILY: &str = "pipelines/daily.toml";
const OUT: &str = "day debtor_id invoice_id installment_no regua step_id channel";

/// Six debtors at different places of the régua, some of whom pay, promise or dispute on the way.
const INVOICES: &str = "invoice_id debtor_id issue_date due_date amount
    I1 D1 2026-05-01 2026-06-20 100.00
    I2 D2 2026-05-01 2026-06-26 200.00
    I3 D3 2026-05-01 2026-06-12 300.00
    I4 D4 2026-05-01 2026-07-02 400.00
    I5 D5 2026-05-01 2026-06-24 500.00
    I6 D6 2026-05-01 2026-06-22 600.00
    I7 D1 2026-06-29 2026-07-01 700.00";

const PAYMENTS: &str =
    "payment_id debtor_id invoice_id paid_on amount\nP1 D2 I2 2026-07-02 200.00\nP2 D6 I6 2026-07-03 50.00";

fn house() -> House {
    let house = House::new();
    house.write("invoices", INVOICES);
    house.write("payments", PAYMENTS);
    house.write(
        "debtors",
        "debtor_id legal_name state\nD1 Acme SP\nD2 Bolt SP\nD3 Corp RJ\nD4 Dado SP\nD5 Eixo SP\nD6 Faro MG",
    );
    house.write(
        "contact_points",
        "debtor_id channel address
        D1 email a@acme.example
        D2 email b@bolt.example
        D3 whatsapp +5511900000003
        D4 email d@dado.example
        D5 email e@eixo.example
        D6 email f@faro.example",
    );
    house.write("promises", "promise_id debtor_id promised_on pay_by\nR1 D3 2026-07-01 2026-07-06");
    house.write("disputes", "dispute_id debtor_id invoice_id kind opened_on\nX1 D5 I5 dispute 2026-07-02");
    house
}

fn simulate(house: &House, from: &str, to: &str, more: &[&str]) -> Ended {
    house.regua(&[&["simulate", DAILY, "--from", from, "--to", to], more].concat())
}

fn told(house: &House, from: &str, to: &str, more: &[&str]) -> Value {
    let ended = simulate(house, from, to, more);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(ended.stdout.lines().last().unwrap_or_default()).expect("a simulation")
}

/// `day debtor invoice instalment régua step channel` of every simulated action.
fn simulated(house: &House, from: &str, to: &str) -> Vec<String> {
    told(house, from, to, &["--out", "out.parquet"]);
    out(house)
}

/// The file of the simulation, in the order of its lines.
fn out(house: &House) -> Vec<String> {
    let mut lines = rows(&read_parquet(&house.path("out.parquet")), OUT);
    lines.sort();
    lines
}

/// The same of what a real run published, in the same order.
fn published(house: &House) -> Vec<String> {
    let mut lines = Vec::new();
    let pattern = house.path("output/runs/*/*/actions/*.parquet");
    for file in glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten() {
        for batch in read_parquet(&file) {
            let items = batch.column_by_name("items").expect("items").clone();
            let items = arrow::array::AsArray::as_list::<i32>(&items).clone();
            for row in 0..batch.num_rows() {
                let action = rows(&[batch.slice(row, 1)], "as_of_date debtor_id regua step_id channel").join("");
                let [day, debtor, regua, step, channel] = action.split(' ').collect::<Vec<_>>()[..] else {
                    panic!("{action}")
                };
                let cited = arrow::record_batch::RecordBatch::from(arrow::array::AsArray::as_struct(&items.value(row)));
                for item in rows(&[cited], "invoice_id installment_no") {
                    lines.push(format!("{day} {debtor} {item} {regua} {step} {channel}"));
                }
            }
        }
    }
    lines.sort();
    lines
}

/// Reason = accounts that a run held.
fn held(house: &House) -> BTreeMap<String, u64> {
    let mut held = BTreeMap::new();
    for line in house.published("decisions", "outcome reason") {
        if let Some(reason) = line.strip_prefix("hold ") {
            *held.entry(reason.to_owned()).or_default() += 1;
        }
    }
    held
}

fn holds_of(told: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(told["policies"][0]["holds"].clone()).expect("holds")
}

/// What gateways would report of the newest run: all of it delivered at the hour that it was for.
fn delivered(house: &House, log: &mut String) {
    let columns = "action_id debtor_id company_id channel destination not_before regua step_id";
    for line in house.published("actions", columns) {
        let cells: Vec<&str> = line.split(' ').collect();
        let [action, debtor, company, channel, address, at, regua, step] = cells[..] else { panic!("{line}") };
        log.push_str(&format!(
            "\n{action} {action} {debtor} {company} {channel} outbound {address} {at} delivered {regua} {step}"
        ));
    }
}

#[test]
fn one_day_of_the_demo_is_the_run_of_that_day() {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "300", "--dir", "."]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let told = told(&house, as_of(), as_of(), &["--out", "out.parquet"]);
    let out = out(&house);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(out.len() > 5, "{out:?}");
    assert_eq!(out, published(&house));
    assert_eq!(holds_of(&told), held(&house));
    assert_eq!(told["policies"][0]["violations"], 0);
    // What was published since the first day does not count, and over several days the plans are kept.
    let of_day = simulated(&house, as_of(), "2026-07-02").into_iter().filter(|line| line.starts_with(as_of()));
    assert_eq!(of_day.collect::<Vec<_>>(), published(&house));
}

/// A simulated message is delivered on its day and unanswered: so are those of the real runs here.
#[test]
fn consecutive_days_are_consecutive_runs_of_which_every_message_was_delivered() {
    let house = house();
    let (from, to) = ("2026-06-30", "2026-07-04");
    let out = simulated(&house, from, to);
    let mut log =
        "event_id action_id debtor_id company_id channel direction address occurred_at status regua step_id".to_owned();
    let mut holds: BTreeMap<String, u64> = BTreeMap::new();
    for day in ["2026-06-30", "2026-07-01", "2026-07-02", "2026-07-03", "2026-07-04"] {
        // The export of a day holds no payment of a later one.
        let known = PAYMENTS.lines().filter(|line| !line.starts_with('P') || line.split(' ').nth(3) <= Some(day));
        house.write("payments", &known.collect::<Vec<_>>().join("\n"));
        let ended = house.regua(&["run", DAILY, "--as-of", day, "--accept-volume", "a test"]);
        assert_eq!(ended.code, 0, "{day}: {}", ended.stderr);
        held(&house).into_iter().for_each(|(reason, accounts)| *holds.entry(reason).or_default() += accounts);
        if house.published("actions", "as_of_date").iter().any(|of| of == day) {
            delivered(&house, &mut log);
        }
        house.write("contact_log", &log);
    }
    assert!(out.iter().map(|line| &line[..10]).collect::<BTreeSet<_>>().len() > 2, "{out:?}");
    assert_eq!(out, published(&house));
    std::fs::remove_dir_all(house.path("output")).expect("the runs are gone");
    std::fs::remove_file(house.path("input/contact_log.parquet")).expect("the log is gone");
    assert_eq!(holds_of(&told(&house, from, to, &[])), holds);
}

/// What was published before the first day counts; what was published since does not, nor what the log says of it.
#[test]
fn history_begins_before_the_first_day_and_is_the_policys_own_from_then_on() {
    let house = house();
    let from_nothing = simulated(&house, "2026-07-01", "2026-07-03");
    assert_eq!(house.run("2026-06-30").code, 0);
    let mut log =
        "event_id action_id debtor_id company_id channel direction address occurred_at status regua step_id".to_owned();
    delivered(&house, &mut log);
    house.write("contact_log", &log);
    let after = simulated(&house, "2026-07-01", "2026-07-03");
    assert_ne!(from_nothing, after, "what went out on the day before counts");
    assert_eq!(house.run("2026-07-01").code, 0);
    delivered(&house, &mut log);
    house.write("contact_log", &log);
    assert_eq!(simulated(&house, "2026-07-01", "2026-07-03"), after, "what went out since does not");
}

#[test]
fn the_same_policy_twice_differs_in_nothing() {
    let house = house();
    let told = told(&house, "2026-06-28", "2026-07-03", &["--against", DAILY, "--out", "out.csv"]);
    let counts = ["items", "only_here", "only_there", "otherwise"].map(|name| told["differences"][name].clone());
    assert_eq!(counts, [0, 0, 0, 0]);
    assert_eq!(told["policies"][0], told["policies"][1]);
    assert!(told["policies"][0]["actions"].as_u64() > Some(0));
    let out = house.read("out.csv");
    assert_eq!(
        out.trim_end(),
        "day,company_id,debtor_id,invoice_id,installment_no,regua,step_id,channel,other_regua,other_step_id,other_channel"
    );
    let shown = simulate(&house, "2026-06-28", "2026-07-03", &["--against", DAILY, "--output", "text"]);
    assert!(
        shown.stdout.contains("none: both take the same step by the same channel with every invoice on every day"),
        "{}",
        shown.stdout
    );
}

/// Whatever is dated later, and however broken it is, no earlier day knows of it.
#[test]
fn what_is_dated_after_a_day_changes_nothing_of_it() {
    let house = house();
    let (from, to, day) = ("2026-06-29", "2026-07-04", "2026-07-01");
    let before = simulated(&house, from, to);
    house.write(
        "invoices",
        &format!(
            "{INVOICES}
            I4 D5 2026-07-02 2026-07-02 400.00
            I1 D1 2026-07-02 2026-06-20 100.00
            I8 D9 2026-07-02 2026-07-03 -
            I9 - 2026-07-03 2026-07-03 1.00"
        ),
    );
    house.write(
        "payments",
        "payment_id debtor_id invoice_id paid_on amount
        P1 D6 I1 2026-07-02 200.00
        P1 D2 I2 2026-07-02 7.00
        P3 D1 I3 2026-07-03 -
        P4 D4 I6 2026-07-04 600.00",
    );
    house.write("promises", "promise_id debtor_id promised_on pay_by\nR1 D3 2026-07-01 2026-07-06\nR2 D4 2026-07-02 2026-07-09\nR3 D1 2026-07-02 -");
    house.write(
        "disputes",
        "dispute_id debtor_id invoice_id kind opened_on\nX2 D1 - dispute 2026-07-02\nX3 D6 I6 dispute 2026-07-03",
    );
    house.write("agreements", "agreement_id debtor_id installment_no agreed_on due_date amount\nG1 D2 1 2026-07-02 2026-07-20 200.00\nG1 D3 2 2026-07-03 2026-07-21 -");
    house.write("agreement_items", "agreement_id invoice_id\nG1 I2\nG1 I3");
    house.write(
        "listings",
        "listing_id debtor_id invoice_id kind bureau included_on\nL1 D1 I1 negativacao serasa 2026-07-02",
    );
    house.write("placements", "placement_id debtor_id agency_id placed_on\nA1 D6 AG 2026-07-02");
    house.write(
        "contact_log",
        "event_id debtor_id channel address occurred_at status
        E1 D1 email a@acme.example 2026-07-02T12:00:00Z opted_out
        E2 D4 email - 2026-07-02T12:00:00Z complained
        E3 D6 email f@faro.example 2026-07-03T12:00:00Z bounced
        E4 D2 email b@bolt.example 2026-07-03T12:00:00Z wrong_party",
    );
    let after = simulated(&house, from, to);
    let until = |lines: &[String]| lines.iter().filter(|line| line[..10] <= *day).cloned().collect::<Vec<_>>();
    assert!(!until(&before).is_empty());
    assert_eq!(until(&before), until(&after));
    assert_ne!(before, after, "the days after it know");
}

/// An opt-out in answer to the messages of the past stands, whoever wrote them.
#[test]
fn what_debtors_did_stays_and_what_was_sent_does_not() {
    let house = house();
    let (from, to) = ("2026-06-28", "2026-07-04");
    let before = simulated(&house, from, to);
    let head = "event_id debtor_id channel address occurred_at status";
    house.write("contact_log", &format!("{head}\nE1 D1 email a@acme.example 2026-06-28T12:00:00Z delivered"));
    assert_eq!(simulated(&house, from, to), before, "another policy's message is no contact of this one");
    house.write("contact_log", &format!("{head}\nE1 D1 email a@acme.example 2026-06-28T12:00:00Z opted_out"));
    let after = simulated(&house, from, to);
    assert!(
        before.iter().any(|line| line.contains(" D1 ")) && !after.iter().any(|line| line.contains(" D1 ")),
        "{after:?}"
    );
    // A chat's export calls what came in read: whoever has written is given the days of the response window.
    let came_in = format!("{head} direction\nE1 D1 email a@acme.example 2026-06-27T23:00:00Z read inbound");
    house.write("contact_log", &came_in);
    let waiting = simulated(&house, "2026-06-27", to);
    house.write("contact_log", &came_in.replace("inbound", "outbound"));
    assert_ne!(waiting, simulated(&house, "2026-06-27", to), "{waiting:?}");
}

#[test]
fn a_later_first_step_gives_fewer_contacts_by_invoice() {
    let house = house();
    std::fs::copy(house.path(DAILY), house.path("pipelines/gentle.toml")).expect("a copy");
    std::fs::copy(house.path("pipelines/reguas/b2b.toml"), house.path("pipelines/reguas/gentle.toml")).expect("a copy");
    house.edit("pipelines/gentle.toml", "reguas/b2b.toml", "reguas/gentle.toml");
    house.edit("pipelines/reguas/gentle.toml", "trigger = { days_past_due = 5 }", "trigger = { days_past_due = 12 }");
    let more = ["--against", "pipelines/gentle.toml", "--out", "out.csv", "--uplift", "2.5", "--report", "both.html"];
    let told = told(&house, "2026-06-24", "2026-07-03", &more);
    let actions = |policy: usize| told["policies"][policy]["actions"].as_u64().expect("actions");
    assert!(actions(1) < actions(0), "{told}");
    let differences = &told["differences"];
    assert!(differences["only_here"].as_u64() > Some(0), "{differences}");
    let line = "2026-06-27,1,D1,I1,1,b2b,d+5,email,,,";
    assert!(house.read("out.csv").lines().any(|found| found == line), "{}", house.read("out.csv"));
    let page = house.read("both.html");
    for words in ["gentle.toml", "b2b d+5 by email", "<td class=\"n\">D1</td>", "if 2.5 % of it is paid"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let uplifts = told["recovery"]["under_uplift"].as_array().expect("uplifts");
    assert_eq!(uplifts.iter().map(|u| u["percent"].as_str().unwrap_or_default()).collect::<Vec<_>>(), ["0", "2.5"]);
    assert_eq!(uplifts[0]["recovered"][0]["BRL"], "0.00");
    let why = told["recovery"]["by_propensity"][0]["refused"].as_str().unwrap_or_default();
    assert!(why.starts_with("no propensities were logged in these days"), "{told}");
}

/// Where chance had a share in what was sent, the past says what other choices would have led to, as far as it holds them.
#[test]
fn past_contacts_that_chance_chose_are_weighed() {
    let house = House::new();
    let of_debtors = |head: &str, row: &dyn Fn(usize) -> String| {
        std::iter::once(head.to_owned()).chain((0..150).map(row)).collect::<Vec<_>>().join("\n")
    };
    let debtors = of_debtors("debtor_id legal_name state", &|n| format!("D{n} Debtor_{n} SP"));
    let invoices = of_debtors("invoice_id debtor_id issue_date due_date amount", &|n| {
        format!("I{n} D{n} 2026-05-01 2026-06-24 {}.00", 100 + n)
    });
    let points = of_debtors("debtor_id channel address", &|n| {
        format!("D{n} email d{n}@acme.example\nD{n} whatsapp +5511900{n:06}")
    });
    for (table, rows) in [("debtors", debtors), ("invoices", invoices), ("contact_points", points)] {
        house.write(table, &rows);
    }
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    let explore = |share: &str| format!("hour_answers_min = 3\nexplore = {share}");
    house.edit(DAILY, "hour_answers_min = 3", &explore("0.2"));
    let run = house.run("2026-06-25");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let sent = house.published("actions", "debtor_id channel propensity");
    let by_mail = sent.iter().filter(|line| line.contains(" email 0.1")).count();
    assert!(sent.len() == 150 && (5..30).contains(&by_mail), "{by_mail} {sent:?}");
    let mut log =
        "event_id action_id debtor_id company_id channel direction address occurred_at status regua step_id".to_owned();
    delivered(&house, &mut log);
    house.write("contact_log", &log);
    let paid = |debtor: &str| debtor[1..].parse::<usize>().is_ok_and(|n| n % 3 == 0);
    let payments = of_debtors("payment_id debtor_id invoice_id paid_on amount", &|n| {
        // In time for a contact of the 25th, or a day too late for it.
        format!("P{n} D{n} I{n} {} {}.00", if n % 3 == 0 { "2026-07-02" } else { "2026-07-03" }, 100 + n)
    });
    house.write("payments", &payments);

    let weighed = |policy: usize, told: &Value| told["recovery"]["by_propensity"][policy].clone();
    let drawing = told(&house, "2026-06-25", "2026-07-03", &[]);
    let why = weighed(0, &drawing)["refused"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("simulate it with [channels].explore = 0"), "{drawing}");

    house.edit(DAILY, &explore("0.2"), &explore("0"));
    std::fs::copy(house.path(DAILY), house.path("pipelines/mail.toml")).expect("a copy");
    std::fs::copy(house.path("pipelines/reguas/b2b.toml"), house.path("pipelines/reguas/mail.toml")).expect("a copy");
    house.edit("pipelines/mail.toml", "reguas/b2b.toml", "reguas/mail.toml");
    let first = "trigger = { days_past_due = 1 }\nchannels = [\"whatsapp\", \"email\", \"sms\"]";
    house.edit(
        "pipelines/reguas/mail.toml",
        first,
        &first.replace("\"whatsapp\", \"email\"", "\"email\", \"whatsapp\""),
    );
    let told = told(&house, "2026-06-25", "2026-07-03", &["--against", "pipelines/mail.toml", "--report", "both.html"]);
    let same: Vec<&String> = sent.iter().filter(|line| line.contains(" whatsapp ")).collect();
    let percent = |lines: &[&String]| {
        let succeeded = lines.iter().filter(|line| line.split(' ').next().is_some_and(paid)).count();
        (succeeded as f64 / lines.len() as f64 * 1_000.0).round() / 10.0
    };
    let own = weighed(0, &told)["weighed"].clone();
    let figures =
        ["drawn", "contacts", "same", "effective", "succeeded_percent", "past_percent", "unsupported_percent"];
    let figures = figures.map(|name| own[name].as_f64().unwrap_or(f64::NAN));
    let (count, all) = (same.len() as f64, sent.iter().collect::<Vec<_>>());
    assert_eq!(figures, [150.0, 150.0, count, count, percent(&same), percent(&all), 0.0], "{told}");
    let ends = ["low_percent", "high_percent"].map(|name| own[name].as_f64().unwrap_or(f64::NAN));
    assert!(ends[0] < figures[4] && figures[4] < ends[1], "{own}");
    // Of the policy that mails, too few were drawn.
    let why = weighed(1, &told)["refused"].as_str().unwrap_or_default().to_owned();
    let words = format!("{by_mail} of them would be the policy's own too, by account, day, step and channel");
    assert!(why.contains(&words) && why.contains("At least 30 of 20 debtors are needed"), "{why}");
    let page = house.read("both.html");
    assert!(page.contains("% of contacts lead to payment or a promise within 7 days (95 % interval"), "{page}");
}

/// One shard or several, one worker or several: the same simulation.
#[test]
fn the_number_of_shards_changes_nothing() {
    let house = house();
    let before = told(&house, "2026-06-29", "2026-07-02", &["--out", "out.csv"]);
    let rows = house.read("out.csv");
    house.edit(DAILY, "[limits]\n", "[limits]\nshards = 5\nworkers = 3\n");
    assert_eq!(told(&house, "2026-06-29", "2026-07-02", &["--out", "out.csv"]), before);
    assert_eq!(house.read("out.csv"), rows);
}

/// One cheque for December made five months known of which no export says anything, and payments scheduled week by week did so too.
#[test]
fn payments_alone_make_the_ledger_no_longer() {
    let house = house();
    for payments in ["P3 D4 I4 2026-12-10 400.00", "P3 D4 I4 2026-07-20 10.00\nP4 D4 I4 2026-08-10 10.00"] {
        house.write("payments", &format!("{PAYMENTS}\n{payments}"));
        let paid = payments.split(' ').rev().nth(1).expect("a day");
        for (from, to) in [("2026-07-01", "2026-07-31"), ("2026-08-10", "2026-08-10")] {
            let ended = simulate(&house, from, to, &[]);
            assert_eq!(ended.code, 2, "{from}: {}", ended.stderr);
            let words =
                format!("the exports say nothing after 2026-06-29 but payments (to {paid}), which may be scheduled");
            assert!(ended.stderr.contains(&words), "{from}: {}", ended.stderr);
        }
        let note = "after 2026-06-29 there are no invoices and no contacts, only payments";
        for (day, is_noted) in [("2026-06-29", false), ("2026-07-30", true)] {
            let ended = simulate(&house, day, day, &[]);
            assert_eq!((ended.code, ended.stderr.contains(note)), (0, is_noted), "{day}: {}", ended.stderr);
        }
    }
}

/// A remedy names no flag that the command lacks.
#[test]
fn exports_that_are_too_old_for_the_last_day_ask_for_no_as_of() {
    let ended = simulate(&house(), "2026-07-01", "2999-01-01", &[]);
    assert_eq!(ended.code, 75, "{}", ended.stderr);
    assert!(ended.stderr.contains("wait for the export, or name an earlier date"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("--as-of"), "{}", ended.stderr);
}

/// They change what earlier days decide, and nothing in the export says when they came.
#[test]
fn rows_without_a_date_are_told() {
    let house = house();
    house.write(
        "listings",
        "listing_id debtor_id invoice_id kind bureau included_on
        L1 D1 I1 negativacao serasa 2026-06-30
        L2 D2 I2 negativacao serasa -",
    );
    let ended = simulate(&house, "2026-06-30", "2026-06-30", &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let note = "listings: 1 row without included_on counts from the first day on";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    assert!(!ended.stderr.contains("payments: "), "{}", ended.stderr);
}

/// A policy that looks at chances is tried with chances: those of the model that a run of the day would use.
#[test]
fn a_simulated_day_uses_the_model_that_its_run_would() {
    let house = house_paying(60, 40, |debtor, _, _| (debtor as i64 % 9 - 3) * 4);
    let risk = "[[steps]]\nid = \"d-5-risk\"\nkind = \"verification\"\ntrigger = { days_past_due = -5, late_chance = 0.6 }\n\
                channels = [\"phone\"]\ntemplate = \"verification\"\ntone = \"gentle\"\ncatch_up_days = 1\n\n";
    house.edit("pipelines/reguas/b2b.toml", "[[steps]]\nid = \"d-3\"", &format!("{risk}[[steps]]\nid = \"d-3\""));
    let blind = simulate(&house, "2026-06-15", "2026-06-15", &[]);
    let remedy =
        "no model of payment was trained before 2026-06-15; `regua train pipelines/daily.toml --as-of 2026-06-14`";
    assert!(blind.code == 2 && blind.stderr.contains(remedy), "{} {}", blind.code, blind.stderr);

    train(&house, "2026-06-14");
    let told = told(&house, "2026-06-15", "2026-06-15", &["--out", "out.parquet"]);
    assert_eq!(told["policies"][0]["models"], serde_json::json!({ "2026-06-14": 1 }));
    let out = out(&house);
    assert!(out.iter().any(|line| line.contains(" d-5-risk phone")), "{out:?}");
    let run = house.run("2026-06-15");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(out, published(&house));

    // A model says nothing of its own day, nor of those before it.
    let early = simulate(&house, "2026-06-13", "2026-06-15", &["--out", "out.parquet"]);
    assert_eq!(early.code, 0, "{}", early.stderr);
    assert!(early.stderr.contains("the first days have no model of payment"), "{}", early.stderr);
    let days: BTreeSet<String> = self::out(&house).into_iter().filter(|line| line.contains("d-5-risk")).collect();
    assert!(!days.is_empty() && days.iter().all(|line| line.starts_with("2026-06-15")), "{days:?}");

    house.edit(DAILY, "[output]", "[model]\nuse = \"none\"\n\n[output]");
    let none = simulate(&house, "2026-06-15", "2026-06-15", &[]);
    assert!(none.code == 2 && none.stderr.contains("and its [model].use is"), "{}", none.stderr);
}

#[test]
fn what_cannot_be_simulated_is_refused_with_what_to_do() {
    let house = house();
    let refused = |from: &str, to: &str, more: &[&str]| {
        let ended = simulate(&house, from, to, more);
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        ended.stderr
    };
    for (from, to, more, words) in [
        ("2026-07-02", "2026-07-01", &[][..], "--from 2026-07-02: it is after --to 2026-07-01"),
        ("2026-04-30", "2026-07-01", &[], "the first invoice is of 2026-05-01"),
        ("2026-07-01", "2026-09-01", &[], "the exports say nothing after 2026-06-29 but payments (to 2026-07-03)"),
        ("2026-07-01", "2026-07-02", &["--out", "out.txt"], "name a file that ends with .csv or .parquet"),
        ("2026-07-01", "2026-07-02", &["--uplift", "two"], "write 0 to 100"),
        ("2026-07-01", "2026-07-02", &["--uplift", "-2"], "write 0 to 100"),
        ("2026-07-01", "2026-07-02", &["--out", "kept.csv", "--report", "kept.csv"], "--out names that file too"),
        (
            "2026-07-01",
            "2026-07-02",
            &["--out", "pipelines/../input/payments.parquet"],
            "an export, a pipeline or a template stands there",
        ),
        ("2026-07-02", "2026-07-01", &["--out", "kept.csv"], "swap them"),
    ] {
        house.write_file("kept.csv", "of an earlier simulation");
        let payments = std::fs::read(house.path("input/payments.parquet")).expect("an export");
        let said = refused(from, to, more);
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(house.read("kept.csv"), "of an earlier simulation", "nothing is emptied before the days are known");
        assert_eq!(std::fs::read(house.path("input/payments.parquet")).ok(), Some(payments), "an export stays");
    }
    std::fs::copy(house.path(DAILY), house.path("pipelines/other.toml")).expect("a copy");
    std::fs::copy(house.path("input/payments.parquet"), house.path("input/paid.parquet")).expect("a copy");
    house.edit("pipelines/other.toml", "input/payments.parquet", "input/paid.parquet");
    let said = refused("2026-07-01", "2026-07-02", &["--against", "pipelines/other.toml"]);
    assert!(said.contains("it reads other files (payments)"), "{said}");
    house.edit(
        DAILY,
        "path = \"${REGUA_DATA:-..}/input/invoices.parquet\"",
        "path = \"${REGUA_DATA:-..}/input/invoices.parquet\"\nscope = \"open\"",
    );
    assert!(refused("2026-07-01", "2026-07-02", &[]).contains("an export of open items"));
}

/// Whoever reads the earlier file, or is left with it by a kill, has all of it; and what is no earlier file stays.
#[test]
fn out_replaces_an_earlier_one_at_once_and_no_other_parquet_file() {
    let house = house();
    // Told before the days are simulated, with the flag.
    std::fs::create_dir(house.path("folder.csv")).expect("a folder");
    let folder = simulate(&house, "2026-07-01", "2026-07-02", &["--out", "folder.csv"]);
    assert!(
        folder.stderr.contains("--out folder.csv") && folder.stderr.contains("it is a folder"),
        "{}",
        folder.stderr
    );
    let simulate =
        |out: &str, more: &[&str]| simulate(&house, "2026-06-28", "2026-06-30", &[&["--out", out], more].concat());
    let files = || std::fs::read_dir(house.path(".")).expect("a folder").count();
    for name in ["out.csv", "out.parquet"] {
        assert_eq!(simulate(name, &[]).code, 0, "{name}");
        let (before, there) = (std::fs::read(house.path(name)).expect("a file"), files());
        let mut earlier = std::fs::File::open(house.path(name)).expect("a file");
        assert_eq!(simulate(name, &["--against", DAILY]).code, 0, "{name}");
        let mut kept = Vec::new();
        std::io::Read::read_to_end(&mut earlier, &mut kept).expect("the earlier file");
        assert_eq!(kept, before, "{name}");
        assert_ne!(std::fs::read(house.path(name)).expect("a file"), before, "{name}");
        assert_eq!(files(), there, "nothing is left beside it");
        assert_eq!(simulate(name, &[]).code, 0, "{name}: of one policy where one of two stood");
        assert_eq!(std::fs::read(house.path(name)).expect("a file"), before, "{name}");
    }
    std::fs::create_dir(house.path("elsewhere")).expect("a folder");
    std::fs::copy(house.path("input/payments.parquet"), house.path("elsewhere/paid.parquet")).expect("a copy");
    house.write_file("elsewhere/text.parquet", "no Parquet");
    std::os::unix::fs::symlink(house.path("input/payments.parquet"), house.path("link.parquet")).expect("a link");
    for name in ["elsewhere/paid.parquet", "elsewhere/text.parquet", "link.parquet"] {
        let before = std::fs::read(house.path(name)).expect("a file");
        let ended = simulate(name, &[]);
        assert!(ended.code == 2 && ended.stderr.contains("an export, a pipeline"), "{name}: {}", ended.stderr);
        assert_eq!(std::fs::read(house.path(name)).expect("a file"), before, "{name}");
    }
    let twice = simulate("out.csv", &["--result-file", "elsewhere/../out.csv"]);
    assert!(twice.code == 2 && twice.stderr.contains("--out names that file too"), "{}", twice.stderr);
}
