//! How groups pay, and the arms of experiments: who stays in one, what it should have paid, what it paid, what it was put to, and by how
//! much arms differ.

use crate::spec::spec;

/// Two groups that should have paid 100 each and paid 50 and 70: 0.6, with a variance of 2 x (100 + 100) / 40,000 = 0.01.
#[test]
fn the_rate_of_an_arm_and_its_error() {
    spec(
        r#"
        run_experiments: experiment starts_on champion
            tone 2026-06-01 champion
        experiment_members: experiment debtor_id arm entered_on
            tone D1 champion 2026-06-01
            tone D2 champion 2026-06-01
            tone D3 hold_out 2026-06-01
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-01-01 2026-06-10 100.00
            I2 D2 2026-01-01 2026-06-10 100.00
            I3 D3 2026-01-01 2026-06-10 100.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-20 50.00
            P2 D2 I2 2026-06-20 70.00
            P3 D3 I3 2026-06-20 20.00
        contact_log: event_id debtor_id occurred_at status
            E1 D1 2026-06-02T12:00:00 sent
            E2 D2 2026-05-31T12:00:00 sent
        fct_group_rates = arm days groups contacted_groups collectable_amount collected_amount collectable_squares collected_squares products
            champion 30 2 1 200.00 120.00 20000.0000 7400.0000 12000.0000
            hold_out 30 1 0 100.00 20.00 10000.0000 400.0000 2000.0000
            "" 30 3 0 300.00 140.00 30000.0000 7800.0000 14000.0000
            "" 60 3 0 300.00 140.00 30000.0000 7800.0000 14000.0000
            "" 90 3 0 300.00 140.00 30000.0000 7800.0000 14000.0000
            "" 180 3 0 300.00 140.00 30000.0000 7800.0000 14000.0000
        kpi_experiments == experiment arm is_champion groups contacted_groups collection_rate standard_error difference difference_low
            tone champion true 2 1 0.6 0.1 - -
            tone hold_out false 1 0 0.2 - -0.39999999999999997 -
        open items only
        fct_group_rates = arm groups
    "#,
    );
}

/// I1 was open when it began, I2 fell due since, I3 will; I4 was half paid before, I5 is of a debtor that nobody drew. A credit note is
/// no payment, and who has paid it all stays.
#[test]
fn everybody_who_was_drawn_counts_from_the_first_day_on() {
    spec(
        "
        run_experiments: experiment starts_on champion
            tone 2026-06-01 a
        experiment_members: experiment debtor_id arm entered_on
            tone D1 a 2026-06-01
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-01-01 2026-05-10 100.00
            I2 D1 2026-06-05 2026-06-30 200.00
            I3 D1 2026-06-05 2026-07-01 400.00
            I4 D1 2026-01-01 2026-05-10 80.00
            I5 D2 2026-01-01 2026-05-10 1.00
        payments: payment_id debtor_id invoice_id kind paid_on amount
            P1 D1 I1 payment 2026-06-01 100.00
            P2 D1 I2 payment 2026-06-28 150.00
            P3 D1 I2 credit_note 2026-06-28 50.00
            P4 D1 I4 payment 2026-05-31 40.00
            P5 D1 I4 payment 2026-06-29 40.00
        kpi_experiments = arm groups collectable_amount collected_amount
            a 1 290.00 290.00
    ",
    );
}

/// I1 was paid in advance, and the cheque bounced since; I2 was paid twice over; I3 was paid and taken back since it began.
#[test]
fn an_arm_pays_no_more_than_it_should_have_and_loses_nothing_that_it_should_not_have() {
    spec(
        "
        run_experiments: experiment starts_on champion
            tone 2026-06-01 a
        experiment_members: experiment debtor_id arm entered_on
            tone D1 a 2026-06-01
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-01-01 2026-05-20 1000.00
            I2 D1 2026-06-05 2026-06-10 1000.00
            I3 D1 2026-01-01 2026-05-20 300.00
        payments: payment_id debtor_id invoice_id kind paid_on amount reverses
            P1 D1 I1 payment 2026-05-20 1000.00 -
            P2 D1 I1 chargeback 2026-06-10 1000.00 P1
            P3 D1 I2 payment 2026-06-12 600.00 -
            P4 D1 I3 payment 2026-06-03 300.00 -
            P5 D1 I3 chargeback 2026-06-09 300.00 P4
        kpi_experiments = arm collectable_amount collected_amount
            a 1300.00 600.00
    ",
    );
}

#[test]
fn whoever_was_drawn_once_stays_in_its_arm() {
    spec(
        "
        run_experiments: experiment starts_on champion
            tone 2026-06-01 champion
        experiment_members: experiment debtor_id arm entered_on
            tone D1 champion 2026-06-10
            tone D2 hold_out 2026-06-10
            over D2 hold_out 2026-01-10
            long_over D2 hold_out 2024-06-29
        debtors: debtor_id
            D1
            D2
            D3
        out_decisions: debtor_id company_id experiment arm
            D1 1 tone hold_out
            D3 1 tone champion
            D3 2 tone champion
            D4 1 - -
        cnd_debtors: group_key debtor_id
            1 D1
            3 D3
            4 D4
        cnd_experiment_members = debtor_id experiment arm
            D1 tone champion
        fct_experiment_members == experiment debtor_id arm entered_on
            tone D1 champion 2026-06-10
            over D2 hold_out 2026-01-10
            tone D2 hold_out 2026-06-10
            tone D3 champion 2026-06-30
    ",
    );
}

/// Standard errors of 0.1 each: 0.2 more, give or take t x 0.1414, where t of 38 degrees of freedom is 2.0244. Of fewer than 30 groups there is no interval, nor of 40 that tell as much
/// as 25 because few of them owe most: (sum of x)² / sum of x².
#[test]
fn a_difference_has_an_interval_where_both_arms_have_thirty_groups() {
    let facts = |groups: u32, effective: u32| {
        let squares = 1_000_000.0 / f64::from(effective);
        // groups / (groups - 1) x spread = 10,000
        let spread = 10_000.0 * f64::from(groups - 1) / f64::from(groups);
        let (products, test) = (squares / 4.0, spread - 0.14 * squares);
        format!(
            "
        run_experiments: experiment starts_on champion
            tone 2026-06-01 champion
        fct_group_rates: company_id currency experiment arm days groups items collectable_amount collected_amount collectable_squares collected_squares products item_collectable_squares item_collected_squares item_products
            1 BRL tone champion 30 {groups} {groups} 1000.00 500.00 {squares:.4} {spread:.4} {products:.4} {squares:.4} {spread:.4} {products:.4}
            1 BRL tone test 30 {groups} {groups} 1000.00 700.00 {squares:.4} {test:.4} {products:.4} {squares:.4} {test:.4} {products:.4}"
        )
    };
    let of = |groups, effective, columns: &str| {
        crate::support::rows(&crate::spec::given(&facts(groups, effective)).batches_of("kpi_experiments"), columns)
    };
    let lines = of(40, 40, "arm difference difference_low difference_high");
    let numbers: Vec<f64> = lines[1].split(' ').skip(1).map(|text| text.parse().expect("a number")).collect();
    let expected = [0.2, 0.2 - 2.0244 * 0.02_f64.sqrt(), 0.2 + 2.0244 * 0.02_f64.sqrt()];
    assert!(numbers.iter().zip(expected).all(|(found, wanted)| (found - wanted).abs() < 1e-5), "{lines:?}");
    for (groups, effective) in [(20, 20), (40, 25)] {
        let lines = of(groups, effective, "arm difference_low difference_high effective_groups");
        assert_eq!(lines, [format!("champion - - {effective}.0"), format!("test - - {effective}.0")]);
    }
}

/// It began on the 20th: eleven days, and from the 9th on as many before. Without an experiment the windows look back from the date.
#[test]
fn every_window_has_one_of_its_length_before_it() {
    spec(
        r#"
        run_experiments: experiment starts_on champion
            tone 2026-06-20 a
        experiment_members: experiment debtor_id arm entered_on
            tone D1 a 2026-06-20
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-01-01 2026-06-10 100.00
            I2 D1 2026-01-01 2026-07-01 10.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-20 40.00
        int_window_collections = experiment days is_before items collectable_amount collected_amount item_collectable_squares item_collected_squares item_products
            tone 11 true 1 100.00 0.00 10000.0000 0.0000 0.0000
            tone 11 false 1 100.00 40.00 10000.0000 1600.0000 4000.0000
            "" 30 false 1 100.00 40.00 10000.0000 1600.0000 4000.0000
            "" 60 false 1 100.00 40.00 10000.0000 1600.0000 4000.0000
            "" 90 false 1 100.00 40.00 10000.0000 1600.0000 4000.0000
            "" 180 false 1 100.00 40.00 10000.0000 1600.0000 4000.0000
        all_group_rates = experiment arm days groups collection_rate standard_error before_collection_rate
            tone a 11 1 0.4 - 0.0
            "" "" 30 1 0.4 - -
            "" "" 60 1 0.4 - -
            "" "" 90 1 0.4 - -
            "" "" 180 1 0.4 - -
    "#,
    );
}

/// Floats of a model, row by row.
fn numbers(text: &str, model: &str, columns: &str) -> Vec<Vec<f64>> {
    let lines = crate::support::rows(&crate::spec::given(text).batches_of(model), columns);
    let number = |cell: &str| cell.parse().unwrap_or(f64::NAN);
    lines.iter().map(|line| line.split(' ').map(number).collect()).collect()
}

fn are_near(found: &[f64], expected: &[f64]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(found, wanted)| (found - wanted).abs() < 1e-9)
}

/// Residuals of 10 and -10 since, and of 10 and -10 before: the time before foretells all. Of the items 20, -30, 20 and -10 are left:
/// 4/3 x 1,800 / 40,000 = 0.06.
const BEFORE: &str = "
    run_experiments: experiment starts_on champion
        tone 2026-06-01 champion
    run_arms: experiment arm share
        tone champion 80
    experiment_members: experiment debtor_id arm entered_on
        tone D1 champion 2026-06-01
        tone D2 champion 2026-06-01
    invoices: invoice_id debtor_id issue_date due_date amount
        I1 D1 2026-01-01 2026-06-10 50.00
        I2 D1 2026-01-01 2026-06-10 50.00
        I3 D2 2026-01-01 2026-06-10 50.00
        I4 D2 2026-01-01 2026-06-10 50.00
        B1 D1 2026-01-01 2026-05-10 100.00
        B2 D2 2026-01-01 2026-05-10 100.00
        B3 D2 2026-01-01 2026-04-10 70.00
    payments: payment_id debtor_id invoice_id kind paid_on amount
        P1 D1 I1 payment 2026-06-20 50.00
        P3 D2 I3 payment 2026-06-20 50.00
        P4 D2 I4 payment 2026-06-30 20.00
        P5 D1 B1 payment 2026-05-02 40.00
        P6 D2 B2 payment 2026-05-31 60.00
        P7 D1 B1 write_off 2026-05-31 60.00
        P8 D2 B2 write_off 2026-05-31 40.00
        P9 D2 B3 payment 2026-05-01 70.00
";

#[test]
fn the_window_before_is_as_long_and_ends_on_the_eve() {
    let exact =
        "groups items share collectable_amount collected_amount before_collectable_amount before_collected_amount";
    spec(&format!("{BEFORE}\n    kpi_experiments = {exact}\n        2 4 80 200.00 120.00 200.00 100.00"));
    let errors = "collection_rate standard_error item_standard_error items_per_group before_collection_rate \
                  before_standard_error covariance";
    let found = numbers(BEFORE, "kpi_experiments", errors);
    assert!(are_near(&found[0], &[0.6, 0.1, 0.06_f64.sqrt(), 2.0, 0.5, 0.1, 0.01]), "{found:?}");
    // Of everybody the last 30 days are the same, and what was paid on May 1 is in the 60.
    spec(&format!(
        "{BEFORE}
        kpi_group_rates == days groups items collectable_amount collected_amount before_collectable_amount before_collected_amount
            30 2 4 200.00 120.00 200.00 100.00
            60 2 6 400.00 220.00 70.00 70.00
            90 2 7 470.00 290.00 0.00 0.00
            180 2 7 470.00 290.00 0.00 0.00"
    ));
    let found = numbers(BEFORE, "kpi_group_rates", errors);
    assert!(are_near(&found[0], &[0.6, 0.1, 0.06_f64.sqrt(), 2.0, 0.5, 0.1, 0.01]), "{found:?}");
    assert!(found[2][4..].iter().all(|number| number.is_nan()), "nothing was due before: {found:?}");
}

/// Of an export of open items June is known and May is not, so there is no time before; and longer windows are not known at all.
#[test]
fn what_nobody_has_seen_before_is_null_and_not_zero() {
    spec(
        "
        open items since 2026-06-01
        run_experiments: experiment starts_on champion
            tone 2026-06-01 a
            late 2026-06-20 a
        experiment_members: experiment debtor_id arm entered_on
            tone D1 a 2026-06-01
            late D1 a 2026-06-20
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-01-01 2026-06-10 100.00
        item_flows: invoice_id debtor_id due_date billed_amount
            I1 D1 2026-06-10 100.00
        kpi_experiments = experiment collectable_amount before_collectable_amount before_collection_rate basis
            tone 100.00 - - observed
            late 100.00 100.00 0.0 observed
        kpi_group_rates = days collectable_amount before_collectable_amount before_collected_amount
            30 100.00 - -
    ",
    );
}

/// P1 is paid after the last day, and I2 falls due after it; D2 was drawn. The window before has 15 days as well.
#[test]
fn what_comes_after_the_last_day_is_not_of_the_experiment() {
    spec(
        "
        run_experiments: experiment starts_on ends_on champion
            tone 2026-06-01 2026-06-15 a
        experiment_members: experiment debtor_id arm entered_on
            tone D1 a 2026-06-01
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-01-01 2026-06-10 100.00
            I2 D1 2026-01-01 2026-06-16 400.00
            I3 D1 2026-01-01 2026-06-15 50.00
            B1 D1 2026-01-01 2026-05-16 30.00
            B2 D1 2026-01-01 2026-05-17 20.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-16 100.00
            P2 D1 I3 2026-06-15 50.00
            P3 D1 B1 2026-05-16 30.00
            P4 D1 B2 2026-05-31 20.00
        contact_log: event_id debtor_id occurred_at status
            E1 D1 2026-06-15T12:00:00 sent
            E2 D1 2026-06-16T12:00:00 sent
        disputes: dispute_id debtor_id invoice_id opened_on kind
            T1 D1 I1 2026-06-16 dispute
        kpi_experiments = ends_on collectable_amount collected_amount before_collectable_amount before_collected_amount contacts disputing_groups
            2026-06-15 150.00 50.00 20.00 20.00 1 0
    ",
    );
}

/// D1 was reached twice and opted out; D2 once, after one that bounced, and complained. What was before counts for none.
#[test]
fn what_groups_are_put_to_counts_since_it_began() {
    spec(
        "
        run_experiments: experiment starts_on champion
            tone 2026-06-01 a
        experiment_members: experiment debtor_id arm entered_on
            tone D1 a 2026-06-01
            tone D2 a 2026-06-01
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-01-01 2026-06-10 100.00
            I2 D2 2026-01-01 2026-06-10 100.00
        contact_log: event_id debtor_id occurred_at status
            E1 D1 2026-06-02T12:00:00 sent
            E2 D1 2026-06-10T12:00:00 sent
            E3 D1 2026-06-11T12:00:00 opted_out
            E4 D2 2026-06-03T12:00:00 sent
            E5 D2 2026-06-04T12:00:00 bounced
            E6 D2 2026-06-20T12:00:00 sent
            E7 D2 2026-06-21T12:00:00 complained
            E8 D1 2026-05-30T12:00:00 sent
            E9 D1 2026-05-31T12:00:00 complained
        disputes: dispute_id debtor_id invoice_id opened_on closed_on kind
            T1 D1 I1 2026-06-05 2026-06-08 dispute
            T2 D1 I1 2026-06-20 - goods_return
            T3 D2 I2 2026-05-31 - dispute
        stg_disputes_opened = dispute_id opened_on
            T1 2026-06-05
            T2 2026-06-20
            T3 2026-05-31
        kpi_experiments = contacts contacted_groups contacts_error disputing_groups opted_out_groups complaining_groups bounced_groups
            3 2 0.5 1 1 1 1
    ",
    );
}
