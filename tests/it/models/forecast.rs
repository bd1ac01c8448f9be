//! What may come in: by the weekly roll-off of the past, by promises and by agreements.

use crate::spec::spec;

/// 1,000 open that is due today; of what was of that age a fifth was paid within a week, of what was a week older half.
#[test]
fn an_item_comes_in_as_items_of_its_age_came_in() {
    spec(
        "
        fct_expected: company_id currency source age_weeks week_no open_amount
            1 BRL not_due 0 1 1000.00
        fct_roll_off: company_id currency age_weeks open_amount paid_amount left_amount
            1 BRL 0 100.00 20.00 0.00
            1 BRL 1 100.00 50.00 0.00
            1 BRL 3 100.00 10.00 40.00
            1 BRL 4 100.00 10.00 0.00
            1 BRL 7 200.00 0.00 0.00
        fct_sales: company_id currency sold_on net_sales_amount first_issue_date
            1 BRL - 0.00 2026-05-05
        kpi_cash_forecast == week_no week_from week_to source due_amount expected_amount
            1 2026-07-01 2026-07-07 not_due 1000.00 200.00
            2 2026-07-08 2026-07-14 not_due 0.00 400.00
            4 2026-07-22 2026-07-28 not_due 0.00 40.00
            5 2026-07-29 2026-08-04 not_due 0.00 20.00
    ",
    );
}

/// It is null in every week in which something may come: nobody knows how much.
#[test]
fn without_eight_weeks_of_history_nothing_is_forecast() {
    let expected: String = (1..=13).map(|week| format!("{week} overdue 0.00 -\n")).collect();
    spec(&format!(
        "
        fct_expected: company_id currency source age_weeks week_no open_amount
            1 BRL overdue 2 - 1000.00
        fct_roll_off: company_id currency age_weeks open_amount paid_amount left_amount
            1 BRL 2 100.00 20.00 0.00
        fct_sales: company_id currency sold_on net_sales_amount first_issue_date
            1 BRL - 0.00 2026-05-06
        kpi_cash_forecast = week_no source due_amount expected_amount
        {expected}"
    ));
}

/// I1 was open at two week ends, and was paid in the week after the second. I2 was paid in the week in which it was issued, so it
/// was open at none. Of I3 half is paid and half credited; I4 is older than the scale.
#[test]
fn the_roll_off_counts_every_week_end_at_which_an_item_was_open() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-06-10 2026-06-10 100.00
            I2 2026-06-24 2026-06-24 10.00
            I3 2026-06-20 2026-10-30 40.00
            I4 2026-06-22 2025-01-01 7.00
        payments: payment_id invoice_id kind paid_on amount
            P1 I1 payment 2026-06-26 100.00
            P2 I2 payment 2026-06-25 10.00
            P3 I3 payment 2026-06-30 20.00
            P4 I3 credit_note 2026-06-24 20.00
        fct_roll_off = age_weeks open_amount paid_amount left_amount
            -1 0.00 0.00 0.00
            0 100.00 0.00 0.00
            1 100.00 100.00 0.00
            -13 40.00 20.00 20.00
            52 7.00 0.00 0.00
        open items only
        fct_roll_off = age_weeks open_amount paid_amount left_amount
    ",
    );
}

/// Of the same age Y was paid; Z was settled, and its cheque bounced in the same week: that says nothing of who still owes.
#[test]
fn what_is_taken_back_lowers_no_rate() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            Y 2026-06-10 2026-06-10 100.00
            Z 2026-06-10 2026-06-10 100.00
        payments: payment_id invoice_id kind paid_on amount reverses
            P1 Y payment 2026-06-26 40.00 -
            P2 Z payment 2026-06-11 100.00 -
            P3 Z chargeback 2026-06-26 100.00 P2
        fct_roll_off = age_weeks open_amount paid_amount left_amount
            -1 0.00 0.00 0.00
            0 100.00 0.00 0.00
            1 100.00 40.00 0.00
    ",
    );
}

/// The grace of a Friday ends on Tuesday; expected is what was said, and not the grace.
#[test]
fn a_promise_comes_in_the_week_of_its_day_whatever_its_grace() {
    spec(
        "
        as of 2026-06-26
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-05-01 2026-06-01 100.00
            I2 D2 2026-05-01 2026-06-01 200.00
        promises: promise_id debtor_id invoice_id promised_on pay_by
            M1 D1 I1 2026-06-25 2026-07-03
            M2 D2 I2 2026-06-25 2026-07-04
        fct_expected = source week_no open_amount
            promise 1 100.00
            promise 2 200.00
    ",
    );
}

/// What is promised or agreed leaves the other sources; a promise over all is over what is due by its day.
#[test]
fn what_may_come_in_stands_in_the_week_in_which_it_is_due() {
    spec(
        "
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-05-01 2026-06-01 100.00
            I2 D1 2026-05-01 2026-07-07 200.00
            I3 D1 2026-05-01 2026-07-08 300.00
            I4 D1 2026-05-01 2026-12-01 400.00
            I5 D2 2026-05-01 2026-06-20 500.00
            I6 D2 2026-05-01 2026-07-20 600.00
            I7 D3 2026-05-01 2026-06-10 700.00
        promises: promise_id debtor_id invoice_id promised_on pay_by
            M1 D2 - 2026-06-25 2026-07-09
        agreements: agreement_id debtor_id installment_no due_date amount paid_on
            A1 D3 1 2026-06-29 70.00 2026-06-28
            A1 D3 2 2026-06-30 80.00 -
            A1 D3 3 2026-07-15 90.00 -
            A1 D3 4 2026-11-15 95.00 -
        agreement_items: agreement_id debtor_id actor_id invoice_id
            A1 D3 D3 I7
        fct_expected = source age_weeks week_no open_amount
            overdue 4 - 100.00
            not_due -1 1 200.00
            not_due -2 2 300.00
            not_due -22 - 400.00
            promise - 2 500.00
            not_due -3 3 600.00
            agreement 2 - 700.00
        fct_instalments = debtor_id agreement_id week_no owed_amount
            D3 A1 1 80.00
            D3 A1 3 90.00
        all_agreements = agreement_id state is_judged is_first_payment_default
            A1 active true false
    ",
    );
}

/// 300 of the 900 are promised, and of another 900 three times 300; what is paid already is promised no more; and a promise over more
/// than is open is one of what is open.
#[test]
fn only_what_is_promised_comes_in_by_its_day() {
    spec(
        "
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-05-01 2026-06-01 400.00
            I2 D1 2026-05-01 2026-06-08 500.00
            I3 D2 2026-05-01 2026-06-01 900.00
            I4 D3 2026-05-01 2026-06-01 900.00
            I5 D4 2026-05-01 2026-06-01 80.00
            I6 D5 2026-05-01 2026-07-30 70.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D3 I4 2026-06-29 250.00
        promises: promise_id debtor_id invoice_id promised_on pay_by amount
            M1 D1 - 2026-06-20 2026-07-03 300.00
            M2 D2 I3 2026-06-20 2026-07-03 300.00
            M3 D2 I3 2026-06-20 2026-07-17 300.00
            M4 D2 I3 2026-06-20 2026-10-31 300.00
            M5 D3 I4 2026-06-20 2026-07-03 300.00
            M6 D4 I5 2026-06-20 2026-07-03 90.00
            M7 D5 I6 2026-06-20 2026-07-10 70.00
        fct_expected = source age_weeks week_no open_amount
            overdue 4 - 700.00
            overdue 3 - 500.00
            promise - 1 730.00
            promise - 2 70.00
            promise - 3 300.00
            promise - - 300.00
    ",
    );
}

/// Promises at the kept rate by amount, agreements at one less the rate of first-payment defaults; where none has come due,
/// nobody knows. Shards that both know of an agreement count it once.
#[test]
fn promises_and_agreements_come_in_as_they_were_kept() {
    spec(
        "
        fct_expected: company_id currency source age_weeks week_no open_amount
            1 BRL promise - 1 100.00
            2 BRL promise - 1 100.00
            2 BRL agreement 2 - 100.00
        fct_promises: company_id currency pending pending_amount kept broken promised_amount kept_amount
            1 BRL 1 100.00 1 1 300.00 100.00
            1 BRL 0 0.00 0 1 100.00 100.00
        fct_agreements: debtor_id agreement_id covered_company_id own_company_id currency has_paid has_owed is_late was_late is_paid_to_the_end whole_amount unpaid_amount owed_amount is_judged is_in_default is_kept
            D1 A1 1 1 BRL true true false false false 90.00 60.00 60.00 true false true
            D1 A1 - 1 BRL true true false false false 90.00 60.00 60.00 true false true
            D2 A2 1 1 BRL false true true true false 90.00 60.00 60.00 true true false
            D3 A3 2 2 BRL false true false false false 90.00 90.00 90.00 false false true
        fct_instalments: debtor_id agreement_id week_no owed_amount
            D1 A1 2 60.00
            D1 A1 2 60.00
            D2 A2 3 60.00
            D3 A3 4 90.00
        kpi_cash_forecast == company_id week_no source due_amount expected_amount
            1 1 promise 100.00 50.00
            1 2 agreement 60.00 30.00
            2 1 promise 100.00 -
            2 4 agreement 90.00 -
    ",
    );
}

/// Beside the roll-off what the model expects of each item, as wide as the weeks in which it was tried: of a variance of 2,500 and a width
/// of 2.5, 50 x 2.5 on either side, never below nothing or above what is open. Of a currency in which it was never tried nobody knows.
#[test]
fn what_the_model_expects_stands_beside_the_roll_off() {
    spec(
        "
        fct_expected: company_id currency source age_weeks week_no open_amount
            1 BRL not_due 0 1 1000.00
            1 BRL overdue 4 - 150.00
            1 BRL promise - 1 80.00
            1 USD not_due 0 1 10.00
        fct_expected_receipts: company_id currency source week_no expected_amount variance
            1 BRL not_due 1 400.00 1500
            1 BRL not_due 1 100.00 1000
            1 BRL not_due 2 20.00 2500
            1 BRL overdue 1 120.00 2500
            1 BRL overdue 2 0.00 0
            1 USD not_due 1 5.00 10
        run_bands: currency width coverage
            BRL 2.5 0.75
        fct_sales: company_id currency sold_on net_sales_amount first_issue_date
            1 BRL - 0.00 2026-05-05
            1 USD - 0.00 2026-05-05
        kpi_cash_forecast = currency week_no source due_amount expected_amount model_amount model_low_amount model_high_amount model_coverage
            BRL 1 not_due 1000.00 0.00 500.00 375.00 625.00 0.75
            BRL 2 not_due 0.00 0.00 20.00 0.00 145.00 0.75
            BRL 1 overdue 0.00 0.00 120.00 0.00 150.00 0.75
            BRL 1 promise 80.00 - - - - -
            USD 1 not_due 10.00 0.00 5.00 - - -
    ",
    );
}

/// The oldest items first. Without a model nobody says when the rest comes.
#[test]
fn of_each_item_so_much_is_promised() {
    spec(
        "
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-05-01 2026-06-01 400.00
            I2 D1 2026-05-01 2026-06-08 500.00
            I3 D1 2026-05-01 2026-06-09 100.00
        promises: promise_id debtor_id invoice_id promised_on pay_by amount
            M1 D1 - 2026-06-20 2026-07-03 450.00
        int_promised_items = promised_amount
            400.00
            50.00
        int_expected_receipts = source week_no expected_amount
        fct_expected_receipts = source week_no expected_amount
    ",
    );
}
