//! Learning when bills are paid: the gates of the design on the real ledger, and `regua train` with the runs after it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use regua::domain::learning::Bill;
use regua::domain::learning::backtest::{Backtest, Figures, Window};
use regua::domain::learning::habits::walk;
use regua::domain::learning::model::{Basis, Learnt, Leftover, Lesson};

use crate::support::root;

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
