//! KPI tables that follow from the history of payments: the worked examples of the field, and the edges of each formula.

use crate::spec::spec;

/// 3,000 open of which 900 are not due; net sales of 1,000 in June, 1,500 in May and 2,000 in April.
#[test]
fn days_sales_outstanding_by_the_book_and_by_countback() {
    spec(
        "
        invoices: invoice_id document_type original_invoice_id issue_date due_date amount
            I1 invoice - 2026-04-02 2026-05-02 2000.00
            I2 invoice - 2026-05-10 2026-06-10 1600.00
            N3 credit_note I2 2026-05-20 2026-05-20 100.00
            I4 invoice - 2026-06-05 2026-07-05 1000.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-30 1400.00
            P2 I4 2026-06-20 100.00
        fct_sales = sold_on net_sales_amount first_issue_date
            - 0.00 2026-04-02
            2026-04-02 2000.00 -
            2026-05-10 1600.00 -
            2026-05-20 -100.00 -
            2026-06-05 1000.00 -
        kpi_dso = open_amount current_amount sales_amount sales_days dso_days best_possible_dso_days delinquent_days countback_dso_days
            3000.00 900.00 4500.00 90 60.0 18.0 42.0 68.5
    ",
    );
}

/// A ledger that is younger than the sales days has fewer; what was open before its first month cannot be counted back.
#[test]
fn days_sales_outstanding_of_a_young_ledger_and_without_sales() {
    spec(
        "
        invoices: invoice_id company_id issue_date due_date amount
            I1 1 2026-06-21 2026-07-21 100.00
            I2 2 2025-12-01 2026-01-01 100.00
        kpi_dso = company_id sales_amount sales_days dso_days countback_dso_days
            1 100.00 10 10.0 10.0
            2 0.00 90 - -
        open items only
        kpi_dso = company_id open_amount sales_amount sales_days dso_days countback_dso_days
            1 100.00 - - - -
            2 100.00 - - - -
    ",
    );
}

#[test]
fn collection_effectiveness_of_a_month() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-05-01 2026-05-31 2000.00
            I2 2026-06-02 2026-07-02 700.00
            I3 2026-06-03 2026-06-20 300.00
        payments: payment_id invoice_id kind paid_on amount
            P1 I1 payment 2026-06-05 1200.00
            P2 I1 credit_note 2026-06-06 50.00
            P3 I1 write_off 2026-06-07 150.00
        int_item_flows = flowed_on late_from billed_amount paid_amount credited_amount written_off_amount kept_amount
            2026-05-01 2026-06-01 2000.00 0.00 0.00 0.00 0.00
            2026-06-02 2026-07-03 700.00 0.00 0.00 0.00 0.00
            2026-06-03 2026-06-21 300.00 0.00 0.00 0.00 0.00
            2026-06-05 2026-06-01 0.00 1200.00 0.00 0.00 1200.00
            2026-06-06 2026-06-01 0.00 0.00 50.00 0.00 0.00
            2026-06-07 2026-06-01 0.00 0.00 0.00 150.00 0.00
        fct_months = month_key billed_amount paid_amount late_change kept_amount paid_days late_days billed_items late_items paid_items
            24317 2000.00 0.00 0.00 0.00 0.00 0.00 1 0 0
            24318 1000.00 1200.00 900.00 1200.00 42000.00 6000.00 2 2 1
        kpi_collection_effectiveness = month is_partial opening_amount billed_amount collected_amount closing_amount closing_overdue_amount cei days_to_pay_avg days_late_avg
            2026-05-01 false 0.00 2000.00 0.00 2000.00 0.00 - - -
            2026-06-01 false 2000.00 1000.00 1200.00 1600.00 900.00 60.0 35.0 5.0
        as of 2026-06-29
        kpi_collection_effectiveness = month is_partial
            2026-05-01 false
            2026-06-01 true
        open items only
        kpi_collection_effectiveness = month is_partial
    ",
    );
}

/// Its month has less, and it is in no average; the month of the payment stands as it was.
#[test]
fn what_was_taken_back_makes_the_month_smaller_in_which_that_was_done() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-04-01 2026-05-01 100.00
        payments: payment_id invoice_id paid_on amount reverses
            P1 I1 2026-05-05 100.00 -
            R2 I1 2026-06-03 100.00 P1
            P3 I1 2026-06-10 40.00 -
        kpi_collection_effectiveness = month collected_amount closing_amount closing_overdue_amount days_late_avg
            2026-04-01 0.00 100.00 0.00 -
            2026-05-01 100.00 0.00 0.00 -
            2026-06-01 -60.00 60.00 60.00 40.0
    ",
    );
}

/// Paid before the invoice was written, and before a cut-off that lies before it: the month of the invoice has both.
#[test]
fn what_was_paid_in_advance_counts_with_its_invoice() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-06-10 2026-07-10 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-20 30.00
        kpi_collection_effectiveness = month billed_amount collected_amount closing_amount days_to_pay_avg
            2026-06-01 100.00 30.00 70.00 0.0
    ",
    );
}

/// Nobody has had the loss days to pay: then nothing is known, and not the whole is lost.
#[test]
fn a_loss_that_nobody_can_know_is_null() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-06-01 2026-07-30 100.00
        fct_aging: company_id currency bucket_no open_amount
            1 BRL 0 100.00
        kpi_ecl = bucket open_amount reached_amount loss_rate expected_loss_amount
            not_due 100.00 0.00 - -
            1-30 0.00 0.00 - -
            31-60 0.00 0.00 - -
            61-90 0.00 0.00 - -
            91-120 0.00 0.00 - -
            121-180 0.00 0.00 - -
            181-360 0.00 0.00 - -
            over_360 0.00 0.00 1.0 0.00
        open items only
        kpi_ecl = bucket expected_loss_amount
            not_due -
            1-30 -
            31-60 -
            61-90 -
            91-120 -
            121-180 -
            181-360 -
            over_360 0.00
    ",
    );
}

#[test]
fn vintages_look_at_what_is_old_enough() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-04-10 2026-05-10 900.00
            I2 2026-04-20 2026-06-20 600.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-25 300.00
        fct_vintage = month_key matured_no flowed_no billed_amount paid_amount
            24316 1 0 600.00 0.00
            24316 2 0 900.00 0.00
            24316 2 1 0.00 300.00
        kpi_vintage = issue_month days_after_due billed_amount matured_amount paid_amount paid_rate is_complete
            2026-04-01 0 1500.00 1500.00 0.00 0.0 true
            2026-04-01 30 1500.00 900.00 300.00 0.3333333333333333 false
            2026-04-01 60 1500.00 0.00 0.00 - false
            2026-04-01 90 1500.00 0.00 0.00 - false
            2026-04-01 180 1500.00 0.00 0.00 - false
        open items only
        kpi_vintage = issue_month days_after_due
    ",
    );
}

#[test]
fn roll_rates_tell_where_the_money_of_a_bucket_went() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-03-01 2026-04-21 1000.00
            I2 2026-06-20 2026-07-20 500.00
            I3 2026-01-01 2026-02-01 80.00
            I4 2026-06-15 2026-07-15 90.00
        payments: payment_id invoice_id kind paid_on amount reverses
            P0 I4 payment 2026-04-01 90.00 -
            P1 I1 payment 2026-06-05 250.00 -
            P2 I1 credit_note 2026-06-06 100.00 -
            P3 I2 payment 2026-06-25 200.00 -
            P4 I3 payment 2026-03-01 80.00 -
            R5 I3 payment 2026-06-10 80.00 P4
        int_item_positions = days_past_due_before open_amount open_before open_twice_before billed_since credited_since
            -50 300.00 0.00 0.00 500.00 0.00
            -45 0.00 0.00 0.00 90.00 0.00
            40 650.00 1000.00 1000.00 0.00 100.00
            119 80.00 0.00 0.00 0.00 0.00
        fct_rolls = from_state to_state amount items
            31-60 61-90 650.00 1
            31-60 credited 100.00 0
            31-60 paid 250.00 0
            new not_due 300.00 1
            new paid 290.00 1
            reopened 121-180 80.00 1
        kpi_roll_rates = from_date from_state to_state amount items rate
            2026-05-31 31-60 61-90 650.00 1 0.65
            2026-05-31 31-60 credited 100.00 0 0.1
            2026-05-31 31-60 paid 250.00 0 0.25
            2026-05-31 new not_due 300.00 1 0.5084745762711864
            2026-05-31 new paid 290.00 1 0.4915254237288136
            2026-05-31 reopened 121-180 80.00 1 1.0
        open items only
        kpi_roll_rates = from_state
    ",
    );
}

/// D1 pays, D2 does not; D3 was cured a month ago and is late again, D4 was not late then.
#[test]
fn cures_are_accounts_that_are_late_no_more() {
    spec(
        "
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-03-01 2026-05-01 100.00
            I2 D2 2026-03-01 2026-05-01 100.00
            I3 D3 2026-03-01 2026-04-01 100.00
            I4 D3 2026-03-01 2026-06-20 100.00
            I5 D4 2026-03-01 2026-06-20 100.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-10 100.00
            P3 D3 I3 2026-05-20 100.00
        fct_cures = accounts_overdue_before accounts_cured accounts_cured_before accounts_redefaulted
            2 1 1 1
        kpi_cures = accounts_overdue_before accounts_cured cure_rate accounts_cured_before accounts_redefaulted redefault_rate
            2 1 0.5 1 1 1.0
    ",
    );
}

/// A cohort of 10,000: 6,000 paid by the due date, 2,000 by day 30, 1,000 on day 70, 1,000 lost.
#[test]
fn expected_loss_is_the_share_of_a_bucket_that_was_not_paid_in_a_year() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2025-01-01 2025-02-01 10500.00
            I2 2026-03-01 2026-05-20 300.00
        payments: payment_id invoice_id kind paid_on amount
            P1 I1 credit_note 2025-01-10 500.00
            P2 I1 payment 2025-02-01 6000.00
            P3 I1 payment 2025-03-03 2000.00
            P4 I1 payment 2025-04-12 1000.00
            P5 I1 payment 2026-03-01 400.00
            P6 I1 write_off 2026-03-02 600.00
        out_items: company_id currency segment bucket_no bucket debtor_id open_amount
            1 BRL ocasional 2 31-60 D1 300.00
        fct_losses = bucket_no cohort_amount paid_amount cohort_from
            - 10000.00 0.00 2025-02-01
            0 0.00 6000.00 -
            1 0.00 2000.00 -
            3 0.00 1000.00 -
        kpi_ecl = bucket open_amount reached_amount lost_amount cohort_from loss_rate expected_loss_amount
            not_due 0.00 10000.00 1000.00 2025-02-01 0.1 0.00
            1-30 0.00 4000.00 1000.00 2025-02-01 0.25 0.00
            31-60 300.00 2000.00 1000.00 2025-02-01 0.5 150.00
            61-90 0.00 2000.00 1000.00 2025-02-01 0.5 0.00
            91-120 0.00 1000.00 1000.00 2025-02-01 1.0 0.00
            121-180 0.00 1000.00 1000.00 2025-02-01 1.0 0.00
            181-360 0.00 1000.00 1000.00 2025-02-01 1.0 0.00
            over_360 0.00 1000.00 1000.00 2025-02-01 1.0 0.00
    ",
    );
}

#[test]
fn concentration_is_by_group_the_largest_first() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-06-20 60.00
            I2 D2 2026-07-20 20.00
            I3 D2 2026-06-20 10.00
            I4 D3 2026-06-20 10.00
        fct_groups = group_key open_amount overdue_amount
            1 60.00 60.00
            2 30.00 10.00
            3 10.00 10.00
        kpi_concentration = part groups open_amount open_share overdue_amount overdue_share
            top1 1 60.00 0.6 60.00 0.75
            top5 3 100.00 1.0 80.00 1.0
            top10 3 100.00 1.0 80.00 1.0
            top20 3 100.00 1.0 80.00 1.0
            decile_04 1 60.00 0.6 60.00 0.75
            decile_07 1 30.00 0.3 10.00 0.125
            decile_10 1 10.00 0.1 10.00 0.125
    ",
    );
}

/// Instalments of March 5, paid on the 4th, and of April 5, unpaid: broken after a payment. The first of A2 was never paid;
/// of A3 the ledger knows a payment that the agreement does not; A4 is paid to the end and A5 was given up in time. A6 was
/// given up after it was late, A7 in time, and an instalment of A8 was replaced by one that was paid.
/// What is short by less than the tolerance is asked of nobody, and breaks no promise; and an agreement is over once nothing that it
/// covers is owed, whoever was told of the payments.
#[test]
fn what_is_paid_but_for_the_tolerance_is_kept_and_over() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-05-10 100.00
            I2 D2 2026-05-10 100.00
            I3 D3 2026-05-10 300.00
            I4 D4 2026-05-10 300.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-05 99.50
            P2 D2 I2 2026-06-05 90.00
            P3 D3 I3 2026-06-05 300.00
            P4 D4 I4 2026-06-05 150.00
        promises: promise_id debtor_id invoice_id promised_on pay_by
            M1 D1 I1 2026-06-01 2026-06-08
            M2 D2 I2 2026-06-01 2026-06-08
        int_promise_outcomes = debtor_id outcome
            D1 kept
            D2 broken
        agreements: agreement_id debtor_id installment_no due_date amount
            A3 D3 1 2026-07-05 150.00
            A3 D3 2 2026-08-05 150.00
            A4 D4 1 2026-07-05 150.00
            A4 D4 2 2026-08-05 150.00
        agreement_items: agreement_id debtor_id invoice_id
            A3 D3 I3
            A4 D4 I4
        all_agreements = agreement_id state
            A3 fulfilled
            A4 active
    ",
    );
}

#[test]
fn agreements_by_what_became_of_them() {
    spec(
        "
        as of 2026-04-30
        invoices: invoice_id debtor_id company_id due_date amount
            I1 D1 2 2026-01-10 500.00
            I3 D3 1 2026-01-10 100.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-03-04 100.00
            P3 D3 I3 2026-04-02 30.00
        agreements: agreement_id debtor_id installment_no due_date amount paid_on cancelled_on has_items
            A1 D1 1 2026-03-05 100.00 2026-03-04 - true
            A1 D1 2 2026-04-05 100.00 - - true
            A2 D2 1 2026-04-05 70.00 - - false
            A2 D2 2 2026-05-05 70.00 - - false
            A3 D3 1 2026-04-05 30.00 - - true
            A3 D3 2 2026-05-05 30.00 - - true
            A4 D4 1 2026-03-05 40.00 2026-03-05 - false
            A5 D5 1 2026-06-05 50.00 - 2026-04-10 false
            A6 D6 1 2026-03-05 10.00 2026-03-05 - false
            A6 D6 2 2026-03-20 10.00 - 2026-04-20 false
            A7 D7 1 2026-03-05 10.00 2026-03-05 - false
            A7 D7 2 2026-06-05 10.00 - 2026-04-20 false
            A8 D8 1 2026-03-05 10.00 - 2026-03-01 false
            A8 D8 2 2026-03-10 12.00 2026-03-10 - false
        agreements: agreement_id debtor_id agreed_on due_date amount has_items
            A9 D9 2026-05-01 2026-06-10 900.00 false
        agreement_items: agreement_id debtor_id invoice_id
            A1 D1 I1
            A3 D3 I3
        fct_agreements = debtor_id covered_company_id own_company_id is_late is_kept owed_amount
            D1 2 2 true false 100.00
            D2 - - true false 140.00
            D3 1 1 true true 60.00
            D4 - - false true 0.00
            D5 - - false false 0.00
            D6 - - false true 0.00
            D7 - - false true 0.00
            D8 - - false true 0.00
        kpi_agreements = company_id active active_amount fulfilled fulfilled_amount broken broken_amount cancelled cancelled_amount first_due first_payment_defaults redefaults
            1 1 60.00 2 52.00 2 150.00 2 60.00 5 1 1
            2 0 0.00 0 0.00 1 100.00 0 0.00 1 0 1
    ",
    );
}

#[test]
fn contact_pressure_counts_those_too_whom_nobody_contacted() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-20
            I2 D2 2026-06-20
            I3 D3 2026-06-20
        out_debtors: debtor_id company_id currency open_items
            D1 1 BRL 1
            D2 1 BRL 1
            D3 1 BRL 1
            D4 1 BRL 0
        contact_log: event_id debtor_id channel occurred_at status
            E1 D1 email 2026-06-24T12:00:00 delivered
            E2 D1 email 2026-06-26T12:00:00 sent
            E3 D1 phone 2026-06-27T12:00:00 no_answer
            E4 D2 email 2026-06-23T12:00:00 delivered
            E5 D2 email 2026-06-28T12:00:00 bounced
            E6 D3 sms 2026-06-30T12:00:00 delivered
        fct_contact_pressure = channel contacts debtors
            * 0 1
            * 1 1
            * 3 1
            email 2 1
            phone 1 1
            sms 1 1
        kpi_contact_pressure = channel contacts debtors
            * 0 1
            * 1 1
            * 3 1
            email 0 2
            email 2 1
            phone 0 2
            phone 1 1
            sms 0 2
            sms 1 1
    ",
    );
}

/// 900 promised by June 8 and paid on the last day of grace; 300 by June 5, 100 paid; all that is due by June 20, of which
/// half was paid; a pending one, one paid before its day, and one of what was credited: nothing was paid of that.
#[test]
fn promises_by_what_was_paid_in_their_days() {
    spec(
        "
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-04-01 2026-05-01 900.00
            I2 D2 2026-04-01 2026-05-01 500.00
            I3 D3 2026-04-01 2026-05-01 80.00
            I4 D3 2026-04-01 2026-07-20 70.00
            I5 D4 2026-04-01 2026-05-01 60.00
            I6 D5 2026-04-01 2026-05-01 50.00
            I7 D6 2026-04-01 2026-05-01 40.00
        promises: promise_id debtor_id invoice_id promised_on pay_by kept_until amount
            V1 D1 I1 2026-06-01 2026-06-08 2026-06-10 900.00
            V2 D2 - 2026-06-01 2026-06-05 2026-06-07 300.00
            V3 D3 - 2026-06-01 2026-06-20 2026-06-22 -
            V4 D4 I5 2026-06-25 2026-07-05 2026-07-07 -
            V5 D5 I6 2026-06-25 2026-07-05 2026-07-07 -
            V7 D6 I7 2026-06-01 2026-06-05 2026-06-07 -
            V6 D1 I1 2026-01-01 2026-01-08 2026-01-10 900.00
        payments: payment_id debtor_id invoice_id kind paid_on amount
            N7 D6 I7 credit_note 2026-06-03 40.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-10 900.00
            P2 D2 I2 2026-06-04 100.00
            P3 D3 I3 2026-06-15 40.00
            P5 D5 I6 2026-06-28 50.00
        fct_promises = company_id pending pending_amount kept broken promised_amount kept_amount
            1 1 60.00 2 3 1370.00 1090.00
        kpi_promises = pending pending_amount kept broken kept_rate promised_amount kept_amount
            1 60.00 2 3 0.4 1370.00 1090.00
    ",
    );
}

/// A tax that is withheld is no payment of an item; what is paid in full is not late.
#[test]
fn days_of_payments_and_of_what_became_late() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-05-01 2026-06-20 100.00
            I2 2026-05-01 2026-06-20 100.00
            I3 2026-05-01 2026-06-25 100.00
            I4 2026-05-01 2026-07-10 100.00
            I5 2024-05-01 2024-06-10 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-26 100.00
            P2 I2 2026-06-26 4.65
            P3 I3 2026-06-27 25.00
        fct_paid_days = days_ago paid_items late_items
            3 1 0
            4 1 1
            9 0 1
    ",
    );
}
