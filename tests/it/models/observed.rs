//! An export of open items forgets what was paid; the runs remember what they saw.

use crate::spec::spec;

#[test]
fn what_is_seen_first_has_the_life_that_its_payments_tell() {
    spec(
        "
        open items only
        invoices: invoice_id issue_date due_date amount
            I1 2026-05-02 2026-06-20 100.00
        payments: payment_id invoice_id paid_on amount kind
            P1 I1 2026-05-20 30.00 payment
            P2 I1 2026-06-03 10.00 credit_note
        int_observed_flows = invoice_id flowed_on seen_on billed_amount paid_amount credited_amount is_present is_known
            I1 2026-05-02 2026-06-30 100.00  0.00  0.00 true true
            I1 2026-05-20 2026-06-30   0.00 30.00  0.00 true true
            I1 2026-06-03 2026-06-30   0.00  0.00 10.00 true true
    ",
    );
}

#[test]
fn what_is_less_open_than_before_was_paid_on_the_day_that_a_payment_tells_else_today() {
    spec(
        "
        open items since 2026-06-01
        invoices: invoice_id due_date amount
            told    2026-06-20 100.00
            untold  2026-06-20  70.00
            same    2026-06-20 100.00
            more    2026-06-20 150.00
        payments: payment_id invoice_id paid_on amount
            P1 told 2026-06-28 40.00
        item_flows: invoice_id due_date billed_amount
            told    2026-06-20 100.00
            untold  2026-06-20 100.00
            same    2026-06-20 100.00
            more    2026-06-20 100.00
        int_observed_flows = invoice_id flowed_on seen_on billed_amount paid_amount
            told    2026-01-01 2026-06-01 100.00   0.00
            told    2026-06-28 2026-06-30   0.00  40.00
            untold  2026-01-01 2026-06-01 100.00   0.00
            untold  2026-06-30 2026-06-30   0.00  30.00
            same    2026-01-01 2026-06-01 100.00   0.00
            more    2026-01-01 2026-06-01 100.00   0.00
            more    2026-06-30 2026-06-30   0.00 -50.00
    ",
    );
}

/// A payment of 990 and a credit note of 10: which of the two had the later number made 1,000 of it.
#[test]
fn what_is_gone_was_settled_by_each_of_its_rows() {
    for ids in [["P1", "P2", "P3"], ["P3", "P1", "P2"]] {
        let [paid, credited, lost] = ids;
        spec(&format!(
            "
            open items since 2026-06-01
            payments: payment_id invoice_id paid_on amount kind
                {paid} I1 2026-06-28 985.00 payment
                {credited} I1 2026-06-28 10.00 credit_note
                {lost} I1 2026-06-29 5.00 write_off
                Q1 I2 2026-06-28 120.00 payment
                Q2 I2 2026-06-28 30.00 credit_note
                R1 I3 2026-06-28 40.00 credit_note
            item_flows: invoice_id installment_no due_date flowed_on billed_amount
                I1 1 2026-06-20 2026-01-01 1000.00
                I2 1 2026-06-20 2026-01-01  100.00
                I2 2 2026-07-20 2026-01-01  100.00
                I3 1 2026-06-20 2026-01-01  100.00
            int_observed_flows = invoice_id installment_no seen_on billed_amount paid_amount credited_amount written_off_amount
                I1 1 2026-06-01 1000.00   0.00  0.00 0.00
                I1 1 2026-06-30    0.00 985.00 10.00 5.00
                I2 1 2026-06-01  100.00   0.00  0.00 0.00
                I2 1 2026-06-30    0.00 100.00  0.00 0.00
                I2 2 2026-06-01  100.00   0.00  0.00 0.00
                I2 2 2026-06-30    0.00  70.00 30.00 0.00
                I3 1 2026-06-01  100.00   0.00  0.00 0.00
                I3 1 2026-06-30    0.00  60.00 40.00 0.00
        "
        ));
    }
}

#[test]
fn what_is_gone_was_settled_by_what_its_payments_tell_else_paid() {
    spec(
        "
        open items since 2026-06-01
        payments: payment_id invoice_id paid_on amount kind
            P1 paid     2026-06-28 100.00 payment
            P2 credited 2026-06-27 100.00 credit_note
            P3 lost     2026-06-26 100.00 write_off
            P4 partly   2026-05-05  40.00 payment
        item_flows: invoice_id due_date flowed_on billed_amount paid_amount
            paid     2026-06-20 2026-01-01 100.00  0.00
            credited 2026-06-20 2026-01-01 100.00  0.00
            lost     2026-06-20 2026-01-01 100.00  0.00
            partly   2026-06-20 2026-01-01 100.00  0.00
            partly   2026-06-20 2026-05-05   0.00 40.00
            settled  2026-05-20 2026-01-01 100.00  0.00
            settled  2026-05-20 2026-05-18   0.00 100.00
        int_item_flows = flowed_on billed_amount paid_amount credited_amount written_off_amount kept_amount
            2026-01-01 100.00   0.00   0.00   0.00   0.00
            2026-06-28   0.00 100.00   0.00   0.00 100.00
            2026-01-01 100.00   0.00   0.00   0.00   0.00
            2026-06-27   0.00   0.00 100.00   0.00   0.00
            2026-01-01 100.00   0.00   0.00   0.00   0.00
            2026-06-26   0.00   0.00   0.00 100.00   0.00
            2026-01-01 100.00   0.00   0.00   0.00   0.00
            2026-05-05   0.00  40.00   0.00   0.00  40.00
            2026-06-30   0.00  60.00   0.00   0.00  60.00
            2026-01-01 100.00   0.00   0.00   0.00   0.00
            2026-05-18   0.00 100.00   0.00   0.00 100.00
    ",
    );
}

#[test]
fn what_comes_back_was_never_paid() {
    spec(
        "
        open items since 2026-06-01
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        item_flows: invoice_id due_date flowed_on seen_on billed_amount paid_amount
            I1 2026-06-20 2026-01-01 2026-06-01 100.00   0.00
            I1 2026-06-20 2026-06-10 2026-06-10   0.00 100.00
        int_item_flows = flowed_on billed_amount paid_amount kept_amount
            2026-01-01 100.00    0.00 0.00
            2026-06-10   0.00  100.00 0.00
            2026-06-30   0.00 -100.00 0.00
    ",
    );
}

#[test]
fn an_invoice_that_cannot_be_read_may_be_the_one_that_is_gone() {
    spec(
        "
        open items since 2026-06-01
        invoices: debtor_id invoice_id due_date
            D2 I6 2026-06-20
        held_debtors: debtor_id
            D2
        item_flows: debtor_id invoice_id due_date billed_amount
            D2 I7 2026-06-25 100.00
        int_observed_flows = invoice_id flowed_on paid_amount is_present is_known
            I6 2026-01-01 0.00 true  true
            I7 2026-01-01 0.00 false false
        int_item_flows = billed_amount
            100.00
        cnd_item_flows == invoice_id billed_amount
            I6 100.00
            I7 100.00
    ",
    );
}

#[test]
fn dates_that_are_corrected_hold_for_the_whole_life() {
    spec(
        "
        open items since 2026-06-01
        invoices: invoice_id issue_date due_date amount
            I1 2026-02-01 2026-07-20 100.00
        item_flows: invoice_id issue_date due_date billed_amount
            I1 2026-01-01 2026-06-20 100.00
        cnd_item_flows == invoice_id issue_date due_date payable_on flowed_on seen_on billed_amount
            I1 2026-02-01 2026-07-20 2026-07-20 2026-02-01 2026-06-01 100.00
    ",
    );
}

#[test]
fn what_was_settled_is_remembered_for_25_months() {
    spec(
        "
        open items since 2026-06-01
        item_flows: invoice_id due_date issue_date flowed_on billed_amount paid_amount
            long_ago 2024-05-01 2024-01-01 2024-01-01 100.00   0.00
            long_ago 2024-05-01 2024-01-01 2024-05-29   0.00 100.00
            younger  2024-05-01 2024-01-01 2024-01-01 100.00   0.00
            younger  2024-05-01 2024-01-01 2024-05-30   0.00 100.00
        cnd_item_flows == invoice_id flowed_on
            younger 2024-01-01
            younger 2024-05-30
    ",
    );
}

#[test]
fn no_figure_goes_further_back_than_the_first_run() {
    let portfolio = "
        invoices: invoice_id issue_date due_date amount
            I1 2026-05-10 2026-06-10 100.00
            I2 2026-04-10 2026-05-10 300.00
        item_flows: invoice_id issue_date due_date flowed_on seen_on billed_amount paid_amount
            I1 2026-05-10 2026-06-10 2026-05-10 2026-04-01 100.00   0.00
            I2 2026-04-10 2026-05-10 2026-04-10 2026-04-01 300.00   0.00
            I3 2026-05-12 2026-06-12 2026-05-12 2026-04-01 200.00   0.00
            I3 2026-05-12 2026-06-12 2026-06-15 2026-04-01   0.00 200.00
    ";
    spec(&format!(
        "
        open items since 2026-05-31
        {portfolio}
        kpi_collection_effectiveness = month opening_amount billed_amount collected_amount closing_amount dso_days basis
            2026-06-01 600.00 0.00 200.00 400.00 - observed
        kpi_roll_rates = from_state to_state amount basis
            1-30 31-60 300.00 observed
            not_due 1-30 100.00 observed
            not_due paid 200.00 observed
        kpi_cures = accounts_overdue_before accounts_cured accounts_cured_before accounts_redefaulted basis
            1 0 - - observed
        kpi_vintage = issue_month
        kpi_dso = open_amount sales_amount dso_days countback_dso_days basis
            400.00 - - - observed
    "
    ));
    spec(&format!(
        "
        open items since 2026-04-01
        {portfolio}
        kpi_collection_effectiveness = month opening_amount billed_amount collected_amount closing_amount
            2026-05-01 300.00 300.00   0.00 600.00
            2026-06-01 600.00   0.00 200.00 400.00
        kpi_vintage = issue_month days_after_due billed_amount matured_amount paid_amount
            2026-04-01   0 300.00 300.00   0.00
            2026-04-01  30 300.00 300.00   0.00
            2026-04-01  60 300.00   0.00   0.00
            2026-04-01  90 300.00   0.00   0.00
            2026-04-01 180 300.00   0.00   0.00
            2026-05-01   0 300.00 300.00   0.00
            2026-05-01  30 300.00   0.00   0.00
            2026-05-01  60 300.00   0.00   0.00
            2026-05-01  90 300.00   0.00   0.00
            2026-05-01 180 300.00   0.00   0.00
        kpi_dso = sales_amount sales_days dso_days
            600.00 82 54.666666666666664
    "
    ));
}

/// Instalment 1 was paid and is gone; its payment was used again for instalment 2, or came as a credit.
#[test]
fn the_payment_of_an_instalment_that_is_gone_pays_no_other() {
    spec(
        "
        open items since 2026-06-01
        invoices: debtor_id invoice_id installment_no due_date amount
            D1 A 2 2026-06-20 1000.00
            D2 B 2 2026-06-20 1000.00
            D3 C 2 2026-06-20 1000.00
        payments: debtor_id payment_id invoice_id installment_no paid_on amount
            D1 P1 A - 2026-06-10 100.00
            D2 P2 B 1 2026-06-10 100.00
            D3 P3 C 1 2026-06-10 100.00
        item_flows: debtor_id invoice_id installment_no due_date billed_amount
            D1 A 1 2026-06-12 100.00
            D2 B 1 2026-06-12 100.00
        int_gone_items = installment_no amount
            1 100.00
            1 100.00
        int_items = debtor_id installment_no applied_amount open_amount
            D1 2 0.00 1000.00
            D2 2 0.00 1000.00
            D3 2 0.00 1000.00
        int_unapplied_amounts = debtor_id company_id balance unknown_amount
            D1 1 0.00 0.00
            D2 1 0.00 0.00
            D3 1 0.00 100.00
    ",
    );
}

/// Instalment 1 was settled on June 10, as far as anybody knows without a payment: what is paid later, on the invoice as a whole, is
/// not asked for again.
#[test]
fn what_is_paid_after_an_instalment_is_gone_pays_the_next() {
    spec(
        "
        open items since 2026-06-01
        invoices: debtor_id invoice_id installment_no due_date amount
            D1 A 2 2026-06-20 1000.00
            D2 B 3 2026-06-20 1000.00
        payments: debtor_id payment_id invoice_id paid_on amount
            D1 P1 A 2026-06-25 40.00
            D2 P2 B 2026-06-08 130.00
            D2 P3 B 2026-06-25 40.00
        item_flows: debtor_id invoice_id installment_no due_date flowed_on billed_amount paid_amount
            D1 A 1 2026-06-05 2026-05-01 100.00   0.00
            D1 A 1 2026-06-05 2026-06-10   0.00 100.00
            D2 B 1 2026-06-04 2026-05-01 100.00   0.00
            D2 B 1 2026-06-04 2026-06-10   0.00 100.00
            D2 B 2 2026-06-05 2026-05-01 100.00   0.00
            D2 B 2 2026-06-05 2026-06-10   0.00 100.00
        int_gone_items = installment_no amount
            1 0.00
            1 100.00
            2 30.00
        int_items = debtor_id applied_amount open_amount
            D1 40.00 960.00
            D2 40.00 960.00
    ",
    );
}

/// It showed months in which nobody had seen anything of it: nothing was collected, and nothing would ever be.
#[test]
fn a_company_that_joins_later_is_known_from_then_on() {
    spec(
        "
        open items since 2026-01-01
        invoices: invoice_id company_id issue_date due_date amount
            I1 1 2026-03-10 2026-04-10 100.00
            I2 2 2026-03-10 2026-04-10 100.00
        item_flows: invoice_id company_id issue_date due_date seen_on billed_amount
            I1 1 2026-03-10 2026-04-10 2026-03-10 100.00
            I2 2 2026-03-10 2026-04-10 2026-05-20 100.00
        all_known = company_id known_from
            1 2026-03-10
            2 2026-05-20
        fct_observed = company_id seen_from
            1 2026-03-10
            2 2026-05-20
        kpi_collection_effectiveness = company_id month
            1 2026-04-01
            1 2026-05-01
            1 2026-06-01
            2 2026-06-01
        kpi_roll_rates = company_id from_state to_state
            1 31-60 61-90
            2 31-60 61-90
        kpi_cures = company_id accounts_cured_before
            1 0
            2 -
        kpi_dso = company_id sales_amount
            1 0.00
            2 -
        kpi_vintage = company_id
    ",
    );
}
