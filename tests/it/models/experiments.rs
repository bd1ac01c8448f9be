//! Arms of experiments: who stays in one, what it should have paid, what it paid, and by how much arms differ.

use crate::spec::spec;

/// Two groups that should have paid 100 each and paid 50 and 70: 0.6, with a variance of 2 x (100 + 100) / 40,000 = 0.01.
#[test]
fn the_rate_of_an_arm_and_its_error() {
    spec(
        "
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
        fct_experiments = arm groups contacted_groups collectable_amount collected_amount collectable_squares collected_squares products
            champion 2 1 200.00 120.00 20000.0000 7400.0000 12000.0000
            hold_out 1 0 100.00 20.00 10000.0000 400.0000 2000.0000
        kpi_experiments == experiment arm is_champion groups contacted_groups collection_rate standard_error difference difference_low
            tone champion true 2 1 0.6 0.1 - -
            tone hold_out false 1 0 0.2 - -0.39999999999999997 -
        open items only
        fct_experiments = arm groups
    ",
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
        fct_experiments = arm groups collectable_amount collected_amount
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
        fct_experiments = arm collectable_amount collected_amount
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
            tone D2 hold_out 2026-06-10
            tone D3 champion 2026-06-30
    ",
    );
}

/// Standard errors of 0.1 each: 0.2 more, give or take 1.96 x 0.1414. Of fewer than 30 groups there is no interval.
#[test]
fn a_difference_has_an_interval_where_both_arms_have_thirty_groups() {
    let facts = |groups: u32| {
        format!(
            "
        run_experiments: experiment starts_on champion
            tone 2026-06-01 champion
        fct_experiments: company_id currency experiment arm groups contacted_groups collectable_amount collected_amount collectable_squares collected_squares products
            1 BRL tone champion {groups} 0 1000.00 500.00 40000.0000 {champion} 10000.0000
            1 BRL tone test {groups} 0 1000.00 700.00 40000.0000 {test} 10000.0000",
            // groups / (groups - 1) x spread = 10,000
            champion = format_args!("{:.4}", 10_000.0 * f64::from(groups - 1) / f64::from(groups)),
            test = format_args!("{:.4}", 10_000.0 * f64::from(groups - 1) / f64::from(groups) - 5_600.0),
        )
    };
    let given = crate::spec::given(&facts(40));
    let lines =
        crate::support::rows(&given.batches_of("kpi_experiments"), "arm difference difference_low difference_high");
    let numbers: Vec<f64> = lines[1].split(' ').skip(1).map(|text| text.parse().expect("a number")).collect();
    let expected = [0.2, 0.2 - 1.96 * 0.02_f64.sqrt(), 0.2 + 1.96 * 0.02_f64.sqrt()];
    assert!(numbers.iter().zip(expected).all(|(found, wanted)| (found - wanted).abs() < 1e-6), "{lines:?}");
    let few = crate::spec::given(&facts(20));
    let lines = crate::support::rows(&few.batches_of("kpi_experiments"), "arm difference_low difference_high");
    assert_eq!(lines, ["champion - -", "test - -"]);
}
