//! Sentences that were false, or said another thing than the table below them.

use super::*;

fn page_of(kpis: &Kpis) -> String {
    text_of(&made(&run(), kpis, &options(Language::En)))
}

fn assert_says(kpis: &Kpis, said: &[&str], never: &[&str]) {
    let text = page_of(kpis);
    for part in said {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    for part in never {
        assert!(!text.contains(part), "{part:?} in\n{text}");
    }
}

const MONTHS: &str = "company_id currency month is_partial opening_amount billed_amount collected_amount credited_amount written_off_amount closing_amount closing_overdue_amount dso_days";
const SALES: &str = "company_id currency open_amount current_amount credit_amount sales_amount sales_days dso_days";

/// April lacks a figure, and February and March have one.
#[test]
fn a_month_without_a_figure_makes_no_first_measurement() {
    let mut kpis = portfolio();
    let rows = "
        1 BRL 2026-03-01 false 1000.00 0.00 500.00 0.00 0.00 500.00 500.00 50.0
        1 BRL 2026-04-01 false 500.00 0.00 0.00 0.00 0.00 500.00 0.00 -
        1 BRL 2026-05-01 false 500.00 0.00 100.00 0.00 0.00 400.00 400.00 60.0";
    table(&mut kpis, "kpi_collection_effectiveness", &format!("{MONTHS}{rows}"));
    assert_says(
        &kpis,
        &["CEI May 26 20.0% no figure in April to compare with", "DSO 60 days no figure in April to compare with"],
        &["measured for the first time"],
    );
    let first = "\n1 BRL 2026-04-01 false 500.00 0.00 0.00 0.00 0.00 500.00 0.00 -\n1 BRL 2026-05-01 false 500.00 0.00 100.00 0.00 0.00 400.00 400.00 60.0";
    table(&mut kpis, "kpi_collection_effectiveness", &format!("{MONTHS}{first}"));
    assert_says(&kpis, &["CEI May 26 20.0% measured for the first time"], &[]);
}

/// 500 billed and 500 credited: there were sales, and there is history.
#[test]
fn net_sales_of_nought_are_told_from_a_lack_of_history() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_dso",
        &format!("{SALES}\n1 BRL 3000.00 2000.00 10.00 0.00 90 -\n2 BRL 1000.00 900.00 0.00 0.00 90 -"),
    );
    assert_says(
        &kpis,
        &[
            "DSO – net sales are not above zero",
            "Days sales outstanding (DSO) cannot be worked out: net sales of the period (billed less credited) are not above zero.",
        ],
        &["no sales"],
    );
}

#[test]
fn an_axis_that_begins_at_zero_is_not_said_to_begin_elsewhere() {
    let mut kpis = portfolio();
    let not_zero = "The axis does not begin at zero.";
    assert_says(&kpis, &[not_zero], &[]);
    let rows = "
        1 BRL 2026-05-01 false 500.00 500.00 500.00 0.00 0.00 500.00 500.00 6.0
        1 BRL 2026-06-01 false 500.00 500.00 500.00 0.00 0.00 500.00 500.00 60.0";
    table(&mut kpis, "kpi_collection_effectiveness", &format!("{MONTHS}{rows}"));
    assert_says(&kpis, &[], &[not_zero]);
}

/// Two and a half years of payments, and none in the last 26 weeks: nothing is expected, and that is known.
#[test]
fn a_forecast_of_nothing_is_told_from_a_lack_of_history() {
    let mut kpis = portfolio();
    kpis.remove("kpi_promises");
    table(&mut kpis, "kpi_cash_forecast", "company_id currency week_no source due_amount expected_amount");
    assert_says(
        &kpis,
        &[
            "What will come in, and what will not? Nothing is expected to come in within thirteen weeks.",
            "in the last 26 weeks, nothing was paid of what was as old as what is open now.",
            "Expected in 4 weeks R$ 0 0% of what is open",
        ],
        &["There is not yet enough history"],
    );
    // A week without a row brings nothing: the first payment is expected in the fifth.
    table(
        &mut kpis,
        "kpi_cash_forecast",
        "company_id currency week_no week_from source due_amount expected_amount\n1 BRL 5 2026-07-29 overdue 0.00 90.00",
    );
    assert_says(
        &kpis,
        &["R$ 0 should come in over the next seven days, R$ 0 in four weeks and R$ 90.00 in thirteen."],
        &[],
    );
}

/// A has its forecast; of its agreements none has come due.
#[test]
fn what_a_forecast_lacks_is_named_by_its_source() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_cash_forecast",
        "company_id currency week_no week_from source due_amount expected_amount
        1 BRL 1 2026-07-01 overdue 0.00 90.00
        1 BRL 1 2026-07-01 agreement 50.00 -
        2 BRL 1 2026-07-01 overdue 0.00 -",
    );
    assert_says(
        &kpis,
        &[
            "Without a forecast, for want of history: 2.",
            "Left out, as nothing has come due by which to tell how much is kept: agreements of 1.",
        ],
        &["history: 1"],
    );
}

/// A small company without history took the loss of all others from the page.
#[test]
fn the_loss_that_is_known_is_shown_without_the_company_that_lacks_it() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_ecl",
        "company_id currency bucket_no bucket open_amount loss_rate expected_loss_amount
        1 BRL 0 not_due 2000.00 0.05 100.00
        1 BRL 1 1-30 500.00 0.1 50.00
        1 BRL 2 over_30 500.00 0.5 250.00
        2 BRL 0 not_due 900.00 - -
        2 BRL 1 1-30 60.00 - -
        2 BRL 2 over_30 40.00 - -",
    );
    assert_says(
        &kpis,
        &[
            "Expected loss R$ 400 13.3% of what is open, leaving out 2",
            "The expected loss is R$ 400, 13.3% of what is open, leaving out 2 for want of history.",
            "Total R$ 3,000 13.3% R$ 400",
            "Not included, for want of history: 2.",
        ],
        &[],
    );
}

/// Seven companies with the same amount and share, and the first of them was named for both.
#[test]
fn a_company_is_named_only_where_it_is_ahead() {
    let mut kpis = portfolio();
    let company =
        |name: &str, overdue: i64| format!("\n{name} BRL 9 9 1000.00 0.00 {overdue}.00 0.00 0.00 0.00 0.00 0.00 0.00");
    let rows: String = ["A", "B", "C"].map(|name| company(name, 500)).concat();
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{rows}"));
    assert_says(&kpis, &[], &["has the largest", "has the highest", "has most"]);
    let rows = [rows, company("D", 700)].concat();
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{rows}"));
    let said = "Company D has the largest overdue amount (R$ 700), and the highest overdue share too (70.0% of what it is owed).";
    assert_says(&kpis, &[said], &[]);
}

#[test]
fn one_channel_is_not_compared_with_others() {
    let mut kpis = portfolio();
    let head = "company_id currency step_id channel contacts debtors contacted_amount recovered_amount";
    table(&mut kpis, "kpi_recovery", &format!("{head}\n1 BRL d+1 email 90 80 900.00 300.00"));
    assert_says(
        &kpis,
        &["R$ 300 was paid after contacts by e-mail, 33.3% of the amount contacted."],
        &["any other channel"],
    );
    let two = "\n1 BRL d+1 email 90 80 900.00 300.00\n1 BRL d+1 sms 90 80 900.00 200.00";
    table(&mut kpis, "kpi_recovery", &format!("{head}{two}"));
    assert_says(&kpis, &["More was paid after e-mail than after any other channel: R$ 300"], &[]);
    let tied = "\n1 BRL d+1 email 90 80 900.00 300.00\n1 BRL d+1 sms 90 80 900.00 300.00";
    table(&mut kpis, "kpi_recovery", &format!("{head}{tied}"));
    assert_says(&kpis, &[], &["any other channel"]);
}

/// Nought is known of a portfolio in which nothing is open; it was said to need history.
#[test]
fn where_nothing_is_open_no_history_is_asked_for() {
    let mut kpis = Kpis::new();
    for known in KPIS {
        kpis.insert(known.name.to_owned(), vec![RecordBatch::new_empty(known.schema())]);
    }
    let nothing = [
        "Open – nothing is open",
        "Overdue – nothing is open",
        "DSO – nothing is open",
        "Expected loss – nothing is open",
    ];
    assert_says(&kpis, &nothing, &["no sales", "Cash expected by week, in"]);
    assert_says(&kpis, &["Nothing is open, so nothing is expected and nothing can be lost."], &[]);
    // All was paid: DSO was nought in the month before too.
    table(
        &mut kpis,
        "kpi_portfolio",
        &format!("{PORTFOLIO}\n1 BRL 0 0 0.00 0.00 0.00 0.00 0.00 0.00 200.00 0.00 0.00"),
    );
    table(&mut kpis, "kpi_dso", &format!("{SALES}\n1 BRL 0.00 0.00 200.00 100.00 90 0.0"));
    let rows = "
        1 BRL 2026-05-01 false 0.00 100.00 100.00 0.00 0.00 0.00 0.00 0.0
        1 BRL 2026-06-01 false 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.0";
    table(&mut kpis, "kpi_collection_effectiveness", &format!("{MONTHS}{rows}"));
    let said = [
        "DSO 0 days = unchanged",
        "CEI Jun 26 – nothing could be collected in the month",
        "Expected loss R$ 0 nothing is open",
    ];
    assert_says(&kpis, &said, &["measured for the first time"]);
}

/// The tile said 3.6 days and the table 3.5, of 83.9 and 80.3.
#[test]
fn a_difference_lies_between_the_figures_that_are_shown() {
    let kpis_of = |days: &str| {
        let mut kpis = portfolio();
        let sales = |open: &str| format!("{SALES}\n1 BRL {open} 0.00 0.00 1000.00 10 {days}");
        table(&mut kpis, "kpi_dso", &sales(days));
        kpis
    };
    let (then, now) = (kpis_of("8387.00"), kpis_of("8033.00"));
    let options = options(Language::En);
    let before = Some(("2026-05-31".parse().expect("a date"), &then));
    let html = page(&Sources { run: &run(), kpis: &now, before, own: &[], debtors: &[], options: &options });
    let text = text_of(&html.expect("a page"));
    for part in ["DSO 80 days ▼ 3.6 days", "DSO fell by 3.6 days", "DSO 83.9 days 80.3 days −3.6 days"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    // Both dates have June as their newest month: it is compared with May.
    assert!(
        text.contains("CEI Jun 26 48.7% ▼ 9.6 points worse than in May")
            && !text.contains("measured for the first time"),
        "{text}"
    );
}

/// A letter that turns text round is taken out; a name that is written from right to left does not turn what follows it.
#[test]
fn a_name_does_not_turn_round_what_follows_it() {
    let mut kpis = portfolio();
    let turned = "A\u{202e}B";
    let arabic = "\u{634}\u{631}\u{643}\u{629}\u{200f}";
    let rows = format!(
        "\n{turned} BRL 9 9 1000.00 500.00 500.00 0.00 0.00 0.00 0.00 0.00 0.00\n{arabic} BRL 9 9 1000.00 100.00 900.00 0.00 0.00 0.00 0.00 0.00 0.00"
    );
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{rows}"));
    let html = made(&run(), &kpis, &options(Language::En));
    assert!(!html.contains('\u{202e}') && html.contains("A\u{fffd}B"));
    assert!(html.contains(&format!("Company \u{2068}{arabic}\u{2069} has the largest overdue amount")), "{html}");
}
