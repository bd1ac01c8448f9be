//! Profiles: how an account has paid, as far back as the window and what earlier runs saw reach.

use crate::spec::spec;

#[test]
fn a_profile_counts_what_fell_due_in_the_window_and_weighs_delays_by_amount() {
    spec("
        invoices: invoice_id issue_date due_date amount
            I1 2024-06-01 2024-06-29 900.00
            I2 2024-06-01 2024-06-30 100.00
            I3 2025-06-01 2025-06-30 300.00
            I4 2025-06-01 2025-07-30 100.00
            I5 2026-06-01 2026-06-29 100.00
            I6 2026-06-01 2026-06-30 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2025-06-29 900.00
            P2 I2 2024-06-30 100.00
            P3 I3 2025-07-10 300.00
            P4 I4 2025-08-19 100.00
        int_profiles = items_due paid_on_time paid_late late_ratio days_late_avg days_late_max last_payment_on largest_payment
            4 1 2 0.75 10.0 20 2025-08-19 900.00
    ");
}

#[test]
fn without_history_a_profile_is_null_and_not_zero() {
    spec("
        invoices: invoice_id due_date
            I1 2026-07-20
        int_profiles = items_due paid_on_time paid_late late_ratio days_late_avg days_late_max last_payment_on largest_payment broken_promises
            0 0 0 - - - - - 0
    ");
}

/// What earlier runs saw open and is gone was settled: on the day of its payment, else by the first run without it. What
/// may be an invoice that cannot be read is settled for nobody, and is not forgotten.
#[test]
fn of_open_items_only_the_profile_knows_what_earlier_runs_saw() {
    spec(
        "
        open items only
        invoices: debtor_id invoice_id due_date
            D1 I1 2026-06-20
            D2 I6 2026-06-20
        payments: debtor_id payment_id invoice_id paid_on amount
            D1 P2 I2 2026-06-10 40.00
            D1 P2 I2 2026-06-15 60.00
        held_debtors: debtor_id
            D2
        item_flows: debtor_id invoice_id due_date payable_on flowed_on billed_amount paid_amount
            D1 I1 2026-06-20 2026-06-20 2026-01-01 100.00   0.00
            D1 I2 2026-06-10 2026-06-10 2026-01-01 100.00   0.00
            D1 I3 2026-06-25 2026-06-25 2026-01-01 300.00   0.00
            D1 I4 2026-05-10 2026-05-11 2026-01-01 100.00   0.00
            D1 I4 2026-05-10 2026-05-11 2026-05-11   0.00 100.00
            D1 I9 2020-06-25 2020-06-25 2020-01-01 300.00   0.00
            D2 I7 2026-06-25 2026-06-25 2026-01-01 100.00   0.00
        int_settled_items = debtor_id invoice_id settled_on
            D1 I2 2026-06-15
            D1 I3 2026-06-30
            D1 I4 2026-05-11
            D2 I7 -
        int_profiles = debtor_id items_due paid_on_time paid_late late_ratio days_late_avg days_late_max
            D1 4 1 2 0.75 4.0 5
            D2 1 0 0 - - -
    ",
    );
}

#[test]
fn of_an_export_of_all_nothing_is_settled_by_being_gone() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        item_flows: debtor_id invoice_id due_date billed_amount
            D1 I2 2026-06-10 100.00
        int_settled_items = debtor_id
        int_profiles = items_due late_ratio
            1 1.0
    ",
    );
}

#[test]
fn open_items_alone_give_a_ratio_and_no_average() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        int_profiles = items_due late_ratio days_late_avg days_late_max
            1 1.0 - -
    ",
    );
}

#[test]
fn a_payment_that_bounced_shows_no_capacity_to_pay() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
            I2 2026-05-20 900.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-01 60.00
            P1 I2 payment - 2026-06-01 10.00
            P2 I2 payment - 2026-06-09 900.00
            R2 - chargeback P2 2026-06-12 900.00
            W3 I2 write_off - 2026-06-15 500.00
        int_payments = payment_id invoice_id paid_on amount
            P1 I1 2026-06-01 60.00
            P1 I2 2026-06-01 10.00
        int_profiles = last_payment_on largest_payment
            2026-06-01 70.00
    ",
    );
}

#[test]
fn broken_promises_count_in_the_window() {
    spec(
        "
        invoices: invoice_id issue_date due_date
            I1 2020-01-01 2020-05-20
        promises: promise_id promised_on pay_by
            M1 2024-06-29 2024-07-10
            M2 2024-06-30 2024-07-10
            M3 2026-06-01 2026-06-10
            M4 2026-06-01 2026-06-29
        int_profiles = broken_promises
            2
    ",
    );
}

#[test]
fn profiles_are_of_one_company_and_currency() {
    spec(
        "
        invoices: invoice_id company_id currency due_date amount
            I1 1 BRL 2026-05-20 100.00
            I2 1 BRL 2026-06-20 100.00
            I3 2 BRL 2026-06-20 100.00
            I4 1 USD 2026-06-20 100.00
        payments: payment_id invoice_id currency paid_on amount
            P1 I1 BRL 2026-05-20 100.00
            P2 I4 USD 2026-05-20 40.00
        int_profiles = company_id currency items_due paid_on_time largest_payment
            1 BRL 2 1 100.00
            1 USD 1 0 40.00
            2 BRL 1 0 -
    ",
    );
}

// Since when does the account owe something due, without a break?

/// As of June 30 with a room of three days: what is dated later than that, was taken back, or is a credit note is not on its way.
#[test]
fn payments_that_are_dated_after_the_day_are_on_their_way() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-06-20 100.00
            I2 D2 2026-06-20 100.00
            I3 D3 2026-06-20 100.00
            I4 D4 2026-06-20 100.00
        payments: payment_id debtor_id invoice_id kind paid_on amount reverses
            P1 D1 I1 payment 2026-07-02 60.00 -
            Q1 D1 I1 payment 2026-07-01 40.00 -
            P2 D2 - payment 2026-07-03 100.00 -
            P3 D3 I3 payment 2026-07-04 100.00 -
            P4 D4 I4 credit_note 2026-07-01 100.00 -
            R4 D4 I4 chargeback 2026-07-01 50.00 P0
        stg_coming_payments = next_payment_on
            2026-07-01
            2026-07-03
        int_profiles = debtor_id last_payment_on next_payment_on
            D1 - 2026-07-01
            D2 - 2026-07-03
            D3 - -
            D4 - -
    ",
    );
}
