//! Promises: kept only where something was paid, of everybody who made one, and each over its own day.

use crate::spec::spec;

/// Due in July, promised by 10 June, and nothing came.
#[test]
fn a_promise_over_what_is_due_later_is_broken_when_nothing_was_paid() {
    spec(
        "
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-05-01 2026-07-20 100.00
            I2 D2 2026-05-01 2026-07-20 100.00
            I3 D3 2026-05-01 2026-07-20 100.00
            I4 D4 2026-05-01 2026-07-20 100.00
            I5 D5 2026-05-01 2026-07-20 100.00
        promises: promise_id debtor_id invoice_id promised_on pay_by
            M1 D1 I1 2026-06-01 2026-06-10
            M2 D2 - 2026-06-01 2026-06-10
            M3 D3 I3 2026-06-01 2026-06-10
            M4 D4 - 2026-06-01 2026-06-10
            M5 D5 I5 2026-06-01 2026-06-10
        payments: payment_id debtor_id invoice_id paid_on amount
            P3 D3 I3 2026-06-12 10.00
            P4 D4 - 2026-06-05 10.00
            P5 D5 I5 2026-05-20 100.00
        int_promises = promise_id state
            M1 broken
            M2 broken
            M3 kept
            M4 kept
            M5 kept
        int_items_aged = invoice_id promise_broken
            I1 true
            I2 false
            I3 false
            I4 false
        int_accounts = debtor_id promise_broken credit_amount
            D1 true 0.00
            D2 false 0.00
            D3 false 0.00
            D4 false 10.00
    ",
    );
}

/// As for whoever decides: a payment that was taken back kept nothing.
#[test]
fn a_promise_paid_by_what_was_taken_back_is_broken() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
        promises: promise_id invoice_id promised_on pay_by amount
            M1 I1 2026-06-01 2026-06-10 100.00
        payments: payment_id invoice_id paid_on amount reverses
            P1 I1 2026-06-05 100.00 -
            R2 I1 2026-06-20 100.00 P1
        int_promises = promise_id state
            M1 broken
        int_promise_outcomes = promise_id outcome kept_amount
            M1 broken 0.00
    ",
    );
}

#[test]
fn whoever_has_paid_it_all_has_kept_its_promise_too() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-05-20 100.00
            I2 D2 2026-05-20 100.00
        promises: promise_id debtor_id promised_on pay_by amount
            M1 D1 2026-06-01 2026-06-10 100.00
            M2 D2 2026-06-01 2026-06-10 -
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-12 100.00
            P2 D2 I2 2026-06-13 100.00
        int_promises = promise_id state
            M1 kept
            M2 broken
        int_payments = debtor_id payment_id amount
            D1 P1 100.00
            D2 P2 100.00
        int_items_aged = invoice_id
    ",
    );
}

/// Settled by a credit note in time: nobody is owed a payment any more.
#[test]
fn what_was_credited_in_time_breaks_no_promise() {
    spec(
        "
        invoices: invoice_id document_type original_invoice_id issue_date due_date amount
            I1 invoice - 2026-05-01 2026-05-20 100.00
            N1 credit_note I1 2026-06-05 2026-06-05 100.00
        promises: promise_id invoice_id promised_on pay_by
            M1 I1 2026-06-01 2026-06-10
        int_promises = promise_id state
            M1 kept
    ",
    );
}

/// A promise is of whoever made it: two of one number are two.
#[test]
fn promises_of_two_actors_under_one_number_are_two() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
            I2 2026-05-20 100.00
        promises: promise_id actor_id invoice_id promised_on pay_by amount
            M1 H1 I1 2026-06-01 2026-06-10 50.00
            M1 D1 I2 2026-06-01 2026-06-10 50.00
        payments: payment_id actor_id invoice_id paid_on amount
            P1 H1 I1 2026-06-05 50.00
        int_promises = promise_id actor_id invoice_id state
            M1 H1 I1 kept
            M1 D1 I2 broken
    ",
    );
}

/// Every promise looks at its own days, however many there are.
#[test]
fn each_promise_counts_what_was_paid_between_its_days() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-04-20 100.00
            I2 2026-04-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-01 10.00
            P2 I1 2026-05-12 20.00
            P3 - 2026-05-12 5.00
            P4 I2 2026-05-12 40.00
            P5 I1 2026-05-20 30.00
        promises: promise_id invoice_id promised_on pay_by amount
            M1 I1 2026-05-01 2026-05-09 10.00
            M2 I1 2026-05-02 2026-05-09 10.00
            M3 I1 2026-05-02 2026-05-10 25.00
            M4 I1 2026-05-02 2026-05-10 30.01
            M5 I2 2026-05-12 2026-05-12 45.00
            M6 - 2026-05-01 2026-05-20 105.00
            M7 - 2026-05-02 2026-05-20 100.01
        int_promiser_payments = invoice_id moved_on amount settled_items
            I1 2026-05-01 10.00 0
            I1 2026-05-12 20.00 0
            - 2026-05-12 5.00 0
            I2 2026-05-12 40.00 0
            I1 2026-05-20 30.00 0
        int_promised_payments = promise_id paid_amount settled_items
            M1 10.00 0
            M2 0.00 0
            M3 25.00 0
            M4 25.00 0
            M5 45.00 0
            M6 105.00 0
            M7 95.00 0
        int_promises = promise_id state
            M1 kept
            M2 broken
            M3 kept
            M4 broken
            M5 kept
            M6 kept
            M7 broken
    ",
    );
}
