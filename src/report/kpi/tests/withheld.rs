//! What a page must not tell of few debtors, neither itself nor by what it is worked out from.

use super::*;

fn page_of(kpis: &Kpis) -> String {
    text_of(&made(&run(), kpis, &options(Language::En)))
}

/// The same without anything withheld: what is looked for is there.
fn shown(kpis: &Kpis) -> String {
    text_of(&made(&run(), kpis, &Options { min_cell: 0, ..options(Language::En) }))
}

fn assert_hides(kpis: &Kpis, figures: &[&str]) {
    let (all, text) = (shown(kpis), page_of(kpis));
    for figure in figures {
        assert!(all.contains(figure), "{figure} is looked for in vain in\n{all}");
        assert!(!text.contains(figure), "{figure} in\n{text}");
    }
}

/// A letter costs 9.80: cost per 100 gave back what one debtor had paid, and a dash beside "hidden" said that it was nothing.
#[test]
fn days_to_payment_and_cost_per_100_are_withheld_with_the_amount() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_recovery",
        "company_id currency step_id channel contacts debtors contacted_amount recovered_amount days_to_cash_avg cost_amount
        1 BRL d+1 email 90 80 900.00 300.00 2.5 3.00
        1 BRL d-1 letter 1 1 300.00 227.65 1.5 9.80
        1 BRL d+1 phone 3 3 300.00 0.00 - 3.00",
    );
    assert_hides(&kpis, &["1.5 days", "R$ 4.30", "letter 1 R$ 228"]);
    let text = page_of(&kpis);
    for row in ["letter 1 hidden hidden hidden hidden", "phone 3 hidden hidden hidden hidden", "2.5 days R$ 1.00"] {
        assert!(text.contains(row), "no {row:?} in\n{text}");
    }
}

/// The answer said that 67 of each 100 aged further, of one item, and the table below it said `*`.
#[test]
fn the_answer_of_the_roll_rates_says_nothing_that_the_table_withholds() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_roll_rates",
        "from_date company_id currency from_state to_state amount items
        2026-05-31 1 BRL 1-30 over_30 4000.00 4
        2026-05-31 1 BRL 1-30 paid 2000.00 9",
    );
    assert_hides(&kpis, &["67 aged further", "33 was paid"]);
    assert!(page_of(&kpis).contains("Of what was overdue, each part is of few items and withheld."));
}

/// What was billed since and is not due was withheld, and was all of its row: with the aging it gave another cell.
#[test]
fn a_cell_alone_in_its_row_is_withheld_with_the_total() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_roll_rates",
        "from_date company_id currency from_state to_state amount items
        2026-05-31 1 BRL not_due not_due 102.00 1
        2026-05-31 1 BRL not_due 1-30 18678.00 11
        2026-05-31 1 BRL not_due paid 587.00 2
        2026-05-31 1 BRL new not_due 1914.00 7",
    );
    assert_hides(&kpis, &["R$ 1,914"]);
    assert!(page_of(&kpis).contains("billed since hidden *"));
}

const FORECAST: &str = "company_id currency week_no week_from source due_amount expected_amount";

/// A single promise stood in a column of the forecast, and a single instalment in what falls due.
#[test]
fn a_single_promise_or_agreement_does_not_stand_in_the_forecast() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_promises",
        "company_id currency pending pending_amount kept broken promised_amount kept_amount
        1 BRL 1 7777.00 1 2 1000.00 553.29",
    );
    table(
        &mut kpis,
        "kpi_agreements",
        "company_id currency active active_amount fulfilled broken\n1 BRL 1 2222.00 0 0",
    );
    let rows = "
        1 BRL 1 2026-07-01 not_due 50.00 40.00
        1 BRL 1 2026-07-01 overdue 0.00 233.00
        1 BRL 1 2026-07-01 promise 7777.00 4302.91
        1 BRL 2 2026-07-08 not_due 0.00 41.00
        1 BRL 2 2026-07-08 overdue 0.00 864.00
        1 BRL 2 2026-07-08 agreement 2222.00 1777.60";
    table(&mut kpis, "kpi_cash_forecast", &format!("{FORECAST}{rows}"));
    // The rate of three promises gives what one of them was worth.
    assert_hides(&kpis, &["R$ 4,302.91", "R$ 1,777.60", "R$ 2,222.00", "55.3%", "R$ 233.00"]);
    let text = page_of(&kpis);
    for part in ["overdue, promises and agreements", "R$ 4,535.91", "R$ 4,575.91", "by amount hidden"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }

    // Where nothing else is expected in its week, it would stand alone in the sum.
    let rows = "
        1 BRL 1 2026-07-01 promise 7777.00 4302.91
        1 BRL 2 2026-07-08 overdue 0.00 864.00";
    table(&mut kpis, "kpi_cash_forecast", &format!("{FORECAST}{rows}"));
    assert_hides(&kpis, &["R$ 4,302.91", "R$ 4,303"]);
    assert!(page_of(&kpis).contains("Withheld: these would be amounts of fewer than 5 debtors."));
}

/// 61 promises in two weeks are many, and 23 agreements in thirteen may be two in one of them.
#[test]
fn many_promises_stand_in_a_column_of_their_own() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_promises",
        "company_id currency pending pending_amount kept broken promised_amount kept_amount
        1 BRL 61 900.00 17 37 1000.00 577.00",
    );
    table(
        &mut kpis,
        "kpi_agreements",
        "company_id currency active active_amount fulfilled fulfilled_amount broken
        1 BRL 9 300.00 7 70.00 0",
    );
    let week = |no: i64| {
        format!(
            "\n1 BRL {no} 2026-07-0{no} overdue 0.00 20.0{no}
            1 BRL {no} 2026-07-0{no} promise 80.00 50.0{no}
            1 BRL {no} 2026-07-0{no} agreement 8.00 5.0{no}"
        )
    };
    table(&mut kpis, "kpi_cash_forecast", &format!("{FORECAST}{}{}", week(1), week(2)));
    let text = page_of(&kpis);
    for part in ["R$ 50.01", "R$ 25.02", "overdue and agreements", "Agreements up to date, not yet paid off 9"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_hides(&kpis, &["R$ 5.01", "R$ 20.02"]);
    // Those that were paid to the end were nowhere.
    assert!(text.contains("Agreements paid off 7 R$ 70.00"), "{text}");
}

/// 18.4% of what is open was the amount of the one listing that the table withheld.
#[test]
fn of_a_few_listings_their_share_is_withheld_too() {
    let mut kpis = portfolio();
    let listings = |number: i64| {
        format!("company_id currency kind bureau listings items listed_amount paid_while_listed removals_due removals_overdue overdue_days_max unknown_items
        1 BRL protesto b {number} {number} 90.00 0 0 0 0 0")
    };
    table(&mut kpis, "kpi_listings", &listings(1));
    assert_hides(&kpis, &["2.3% of what is open is listed"]);
    table(&mut kpis, "kpi_listings", &listings(6));
    assert!(page_of(&kpis).contains("2.3% of what is open is listed"));
}

/// What is not due is of four debtors: the overdue amount, its exact share and what the month says of it give theirs.
#[test]
fn the_overdue_amount_is_withheld_everywhere_or_nowhere() {
    let aging = |current: i64, late: i64| {
        format!(
            "company_id currency segment bucket_no bucket items debtors open_amount
            1 BRL novo 0 not_due 40 {current} 2000.00
            1 BRL novo 1 1-30 10 8 299.00
            1 BRL novo 2 over_30 5 {late} 701.00"
        )
    };
    let mut kpis = portfolio();
    let alone = "\n1 BRL 30 60 3000.00 2000.00 1000.00 500.00 300.00 200.00 10.00 90.00 0.00";
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{alone}"));
    table(&mut kpis, "kpi_aging", &aging(4, 9));
    table(
        &mut kpis,
        "kpi_collectors",
        "company_id currency owner_kind owner_id debtors items open_amount overdue_amount
        1 BRL none - 30 60 3000.00 1000.00",
    );
    assert_hides(&kpis, &["Overdue: R$ 1,000", "That is R$ 1,000", "33.3%", "the overdue amount rose by"]);
    let html = made(&run(), &kpis, &options(Language::En));
    assert!(!html.contains("data-kpi=\"kpi_portfolio.overdue_amount&#x2f;open_amount\""), "the exact share");
    assert!(!html.contains("data-value=\"0.3333"), "the exact share");
    for follows in ["kpi_collection_effectiveness.cei", "kpi_collectors.overdue_amount"] {
        assert!(!html.contains(&format!("data-kpi=\"{follows}")), "from {follows} it follows");
    }
    let text = page_of(&kpis);
    assert!(text.contains("R$ 3,000 is open, 33% of it overdue."), "{text}");

    // Few in an overdue bucket hide behind another one; both are withheld, and their sum is not.
    table(&mut kpis, "kpi_aging", &aging(20, 2));
    let text = page_of(&kpis);
    for part in ["Overdue: R$ 1,000", "That is R$ 1,000.", "33.3%", "not due 40 R$ 2,000.00", "1–30 10 hidden"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_hides(&kpis, &["R$ 299.00", "R$ 701.00", "of which R$ 200"]);
}

/// One debtor called in six steps was six debtors, and one of six companies was six accounts.
#[test]
fn one_debtor_in_many_rows_is_one() {
    let mut kpis = portfolio();
    let steps: String = (0..6).map(|n| format!("\n1 BRL s{n} phone 1 1 5000.00 1019.17")).collect();
    table(
        &mut kpis,
        "kpi_recovery",
        &format!("company_id currency step_id channel contacts debtors contacted_amount recovered_amount{steps}"),
    );
    let companies: String =
        (0..6).map(|n| format!("\nC{n} BRL 1 1 1000.00 0.00 1000.00 0.00 0.00 0.00 0.00 0.00 0.00")).collect();
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{companies}"));
    let rows: String =
        (0..6).map(|n| format!("\nC{n} BRL novo 1 1-30 9 9 700.00\nC{n} BRL novo 2 over_30 1 1 300.00")).collect();
    table(
        &mut kpis,
        "kpi_aging",
        &format!("company_id currency segment bucket_no bucket items debtors open_amount{rows}"),
    );
    let holds: String = (0..6).map(|n| format!("\nC{n} BRL dispute_open b2b - 1 111.00")).collect();
    table(&mut kpis, "kpi_holds", &format!("company_id currency reason regua step_id debtors open_amount{holds}"));
    assert_hides(&kpis, &["R$ 6,115", "R$ 1,800.00", "R$ 4,200.00", "R$ 666"]);
    assert!(page_of(&kpis).contains("phone 6 hidden hidden hidden hidden"));
}

/// Rates, the total that is open and the total that is expected were two equations for two hidden buckets.
#[test]
fn the_loss_of_a_withheld_bucket_is_withheld_with_its_rate() {
    let mut kpis = portfolio();
    let alone = "\n1 BRL 30 60 3000.00 2000.00 1000.00 500.00 300.00 200.00 10.00 90.00 0.00";
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{alone}"));
    table(
        &mut kpis,
        "kpi_aging",
        "company_id currency segment bucket_no bucket items debtors open_amount
        1 BRL novo 0 not_due 40 20 2000.00
        1 BRL novo 1 1-30 1 1 432.10
        1 BRL novo 2 over_30 1 1 567.90",
    );
    table(
        &mut kpis,
        "kpi_ecl",
        "company_id currency bucket_no bucket open_amount loss_rate expected_loss_amount
        1 BRL 0 not_due 2000.00 0.05 100.00
        1 BRL 1 1-30 432.10 0.234 101.11
        1 BRL 2 over_30 567.90 0.412 233.97",
    );
    assert_hides(&kpis, &["23.4%", "41.2%", "R$ 432", "R$ 568", "R$ 101 ", "R$ 234"]);
    let text = page_of(&kpis);
    for part in ["not due R$ 2,000 5.0% R$ 100", "1–30 hidden hidden hidden", "Total R$ 3,000 14.5% R$ 435"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

/// Of six groups the share of five gives that of the sixth; and credits of one debtor are an amount of one debtor.
#[test]
fn the_rest_of_a_concentration_is_not_of_few_groups() {
    let mut kpis = portfolio();
    let parts = |groups: i64| {
        format!(
            "company_id currency part groups open_amount open_share
            1 BRL top1 1 1000.00 0.333
            1 BRL top5 5 2700.00 0.901
            1 BRL top10 {0} 3000.00 1.0
            1 BRL top20 {0} 3000.00 1.0",
            groups
        )
    };
    table(&mut kpis, "kpi_concentration", &parts(6));
    assert_hides(&kpis, &["90.1%", "33.3% 90.1% 100.0% 100.0%", "unapplied credits of R$ 10.00"]);
    assert!(page_of(&kpis).contains("1 hidden hidden 100.0% 100.0%"));
    table(&mut kpis, "kpi_concentration", &parts(10));
    assert!(page_of(&kpis).contains("1 hidden 90.1% 100.0% 100.0%"));
}

/// The sum of a kind stands above its steps: less the others it was the step that was withheld.
#[test]
fn the_sum_of_a_kind_gives_no_step_away() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_actions",
        "company_id currency regua step_id step_kind channel actions debtors open_amount
        1 BRL b2b d+5 reminder email 30 30 700.00
        1 BRL b2b d+5 reminder sms 9 9 95.00
        1 BRL b2b d-3 reminder sms 1 1 33.33
        1 BRL b2b d+15 notice email 8 8 88.00",
    );
    assert_hides(&kpis, &["R$ 33.33", "R$ 95.00"]);
    let text = page_of(&kpis);
    assert!(text.contains("reminder 40 R$ 828") && text.contains("R$ 700.00") && text.contains("R$ 88.00"), "{text}");
}
