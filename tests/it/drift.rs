//! What models told while they were in use, and the cash that they expect: with the runs that measure it.

use crate::learning::{house_paying, train};
use crate::support::House;

/// Large bills are paid three weeks late and small ones early, until the month of the turn; from then on it is the other way about.
fn turning(turn: u32) -> House {
    let house = house_paying(60, 28, move |_, month, amount| if (amount >= 300) == (month < turn) { 21 } else { -10 });
    // Months lie between its runs.
    house.edit(
        "pipelines/daily.toml",
        "[limits]",
        "[limits]\nposition_percent_max = 1000\nvolume_percent_max = 100000",
    );
    house
}

fn run(house: &House, as_of: &str) -> String {
    let ended = house.run(as_of);
    assert_eq!(ended.code, 0, "{as_of}: {}", ended.stderr);
    ended.stderr
}

/// Rows of `kpi_model` that are of all bills of a view.
fn of_view(house: &House, view: &str) -> Vec<f64> {
    let columns = "seen part bills chance_avg late_share squared_error counting_squared_error late_auc";
    let rows = house.published("kpi_model", columns);
    let row =
        rows.iter().find_map(|row| row.strip_prefix(&format!("{view} all "))).unwrap_or_else(|| panic!("{rows:?}"));
    row.split(' ').map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn what_a_model_told_is_compared_with_what_came() {
    let house = turning(99);
    train(&house, "2025-12-31");
    run(&house, "2026-01-01");
    assert!(house.published("kpi_model", "seen part bills").is_empty(), "nothing that it told can have come");
    run(&house, "2026-06-15");
    for view in ["at_issue", "before_due"] {
        let [bills, chance, late, error, counting, auc] = of_view(&house, view)[..] else { panic!() };
        assert!(bills >= 150.0 && (chance - late).abs() < 0.1, "{view}: {bills} {chance} {late}");
        assert!(error < counting && auc > 0.9, "{view}: {error} {counting} {auc}");
    }
    let tenths = house.published("kpi_model", "seen part chance_avg late_share");
    assert!(tenths.iter().any(|row| row.starts_with("at_issue tenth_01 ")), "{tenths:?}");
    let record = house.read("output/_log/00000000000000000002.json");
    assert!(record.contains("models/2025-12-31.json"), "{record}");
}

/// A model that has gone wrong is told, the next run counts, and goes on counting until a better one is trained.
#[test]
fn a_model_that_has_drifted_is_refused_until_a_better_one_is_trained() {
    let house = turning(17);
    train(&house, "2025-11-30");
    let told = run(&house, "2026-06-15");
    assert!(
        told.contains("the model of payment is far from what came") && told.contains("the next run will count instead"),
        "{told}"
    );
    assert!(house.published("items", "expected_by").contains(&"model".to_owned()));
    for (before, next) in [("2026-06-15", "2026-06-16"), ("2026-06-16", "2026-06-17")] {
        let told = run(&house, next);
        assert!(
            told.contains(&format!("the model of 2025-11-30 is not used any more. The run of {before} found: of "))
                && told.contains("one share for all"),
            "{next}: {told}"
        );
        assert!(house.published("items", "expected_by").iter().all(|by| by == "counting"), "{next}");
        assert!(house.published("kpi_cash_forecast", "model_amount").iter().all(|amount| amount == "-"), "{next}");
    }
    // A day on which nobody wanted a model forgets nothing.
    house.edit("pipelines/daily.toml", "[limits]", "[model]\nuse = \"none\"\n\n[limits]");
    run(&house, "2026-06-18");
    house.edit("pipelines/daily.toml", "[model]\nuse = \"none\"\n\n[limits]", "[limits]");
    let told = run(&house, "2026-06-19");
    assert!(told.contains("the model of 2025-11-30 is not used any more"), "{told}");
    // One that knows the time before the turn and is tried after it is refused by its own trial: counting goes on.
    train(&house, "2026-06-19");
    let told = run(&house, "2026-06-20");
    assert!(told.contains("the model of 2026-06-19 was refused (its chances are no nearer to what came"), "{told}");
    assert!(house.published("items", "expected_by").iter().all(|by| by == "counting"));
}

/// All weeks together are never more than is open, whoever owes it, and every band holds what is expected.
#[test]
fn the_cash_that_a_model_expects_is_never_more_than_is_open() {
    let house = turning(99);
    train(&house, "2026-06-14");
    run(&house, "2026-06-15");
    let rows = house.published(
        "kpi_cash_forecast",
        "source week_no model_amount model_low_amount model_high_amount model_coverage",
    );
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split(' ').collect()).collect();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let open: f64 = house.published("items", "open_amount").iter().map(|amount| number(amount)).sum();
    let expected: f64 = cells.iter().map(|cells| number(cells[2])).sum();
    assert!(expected > 0.8 * open && expected <= open, "{expected} of {open}");
    for cells in &cells {
        let [amount, low, high, coverage] = [2, 3, 4, 5].map(|at| number(cells[at]));
        assert!(0.0 <= low && low <= amount && amount <= high + 0.01 && (0.0..=1.0).contains(&coverage), "{cells:?}");
    }
}
