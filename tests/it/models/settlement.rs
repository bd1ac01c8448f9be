//! Settlement: the balance day by day, and since when an item has been paid in full.

use crate::spec::spec;

/// Taken back later, it was never applied; the rest stays on the day on which it came.
#[test]
fn what_is_applied_on_a_day_is_what_stayed() {
    spec(
        "
        invoices: source_row invoice_id installment_no due_date amount
            1 I1 1 2026-05-20 50.00
            2 I1 2 2026-06-20 50.00
        payments: payment_id invoice_id installment_no kind paid_on amount
            P1 I1 - payment 2026-05-19 70.00
            P2 I1 2 payment 2026-05-25 10.00
            R3 I1 - refund 2026-06-01 60.00
        int_payment_applications = item_key paid_on applied_amount paid_amount kept_amount
            1 2026-05-19 10.00 50.00 10.00
            1 2026-06-01 0.00 -40.00 0.00
            2 2026-05-19 10.00 20.00 10.00
            2 2026-05-25 0.00 10.00 0.00
            2 2026-06-01 0.00 -20.00 0.00
        as of 2026-05-31
        int_payment_applications = item_key paid_on applied_amount
            1 2026-05-19 50.00
            2 2026-05-19 20.00
            2 2026-05-25 10.00
    ",
    );
}

/// On one day payments count before credit notes, and these before write-offs; a reversal is of what it takes back.
#[test]
fn what_a_day_changed_is_of_the_family_of_its_postings() {
    spec(
        "
        invoices: source_row invoice_id due_date amount
            1 I1 2026-05-20 100.00
        payments: payment_id invoice_id kind paid_on amount reverses
            P1 I1 write_off 2026-05-19 90.00 -
            P2 I1 credit_note 2026-05-19 30.00 -
            P3 I1 payment 2026-05-19 40.00 -
            R4 I1 payment 2026-05-25 40.00 P3
        int_payment_applications = paid_on applied_amount paid_amount kept_amount credited_amount written_off_amount
            2026-05-19 100.00 40.00 0.00 30.00 30.00
            2026-05-25 0.00 -40.00 0.00 0.00 40.00
    ",
    );
}

/// Bad debt that is recovered: the write-off is reversed when the money is there, or some days later.
#[test]
fn what_was_paid_after_a_write_off_is_paid_once_that_is_reversed() {
    spec(
        "
        invoices: source_row invoice_id due_date amount
            1 I1 2026-01-20 100.00
            2 I2 2026-01-20 100.00
        payments: payment_id invoice_id kind paid_on amount reverses
            W1 I1 write_off 2026-03-31 100.00 -
            P1 I1 payment 2026-05-19 100.00 -
            R1 I1 write_off 2026-05-19 100.00 W1
            W2 I2 write_off 2026-03-31 100.00 -
            P2 I2 payment 2026-05-19 70.00 -
            R2 I2 write_off 2026-05-25 100.00 W2
        int_payment_applications = item_key paid_on paid_amount kept_amount written_off_amount applied_amount
            1 2026-03-31 0.00 0.00 100.00 0.00
            1 2026-05-19 100.00 100.00 -100.00 100.00
            2 2026-03-31 0.00 0.00 100.00 0.00
            2 2026-05-19 0.00 0.00 0.00 70.00
            2 2026-05-25 70.00 70.00 -100.00 0.00
    ",
    );
}

/// A boleto bounces after the item was paid again, or before: the payment that bounced has paid nothing, and the other was late.
#[test]
fn a_payment_that_bounced_has_paid_nothing_whenever_its_bounce_was_posted() {
    spec(
        "
        invoices: source_row invoice_id due_date amount
            1 I1 2026-05-20 100.00
            2 I2 2026-05-20 100.00
        payments: payment_id invoice_id kind paid_on amount reverses
            P1 I1 payment 2026-05-19 100.00 -
            Q1 I1 payment 2026-06-10 100.00 -
            R1 I1 chargeback 2026-06-20 100.00 P1
            P2 I2 payment 2026-05-19 100.00 -
            R2 I2 chargeback 2026-05-25 100.00 P2
            Q2 I2 payment 2026-06-10 100.00 -
        int_items = invoice_id settled_on open_amount
            I1 2026-06-10 0.00
            I2 2026-06-10 0.00
    ",
    );
}

/// Of two payments that stood the one that bounced is gone, not the youngest.
#[test]
fn a_bounce_takes_back_the_payment_that_it_names() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 1000.00
        payments: payment_id invoice_id kind paid_on amount reverses
            P1 I1 payment 2026-01-15 300.00 -
            P2 I1 payment 2026-02-12 300.00 -
            R1 I1 chargeback 2026-02-15 300.00 P1
        int_payment_applications = paid_on applied_amount paid_amount kept_amount
            2026-01-15 0.00 300.00 0.00
            2026-02-12 300.00 300.00 300.00
            2026-02-15 0.00 -300.00 0.00
    ",
    );
}

#[test]
fn each_instalment_is_settled_by_the_payment_that_filled_it() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-05-20 50.00
            I1 2 2026-06-20 50.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-19 50.00
            P2 I1 2026-06-19 50.00
        int_items = installment_no settled_on
            1 2026-05-19
            2 2026-06-19
    ",
    );
}

#[test]
fn a_later_overpayment_does_not_move_the_day_of_settlement() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 50.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-01 20.00
            P2 I1 2026-05-19 30.00
            P3 I1 2026-06-19 50.00
        int_items = invoice_id settled_on
            I1 2026-05-19
    ",
    );
}

#[test]
fn a_reversed_and_repeated_payment_settles_when_repeated() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 50.00
        payments: payment_id invoice_id reverses paid_on amount
            P1 I1 - 2026-05-19 50.00
            R1 I1 P1 2026-05-22 -50.00
            P2 I1 - 2026-05-29 50.00
        as of 2026-05-21
        int_items = invoice_id settled_on
            I1 2026-05-19
        as of 2026-05-28
        int_items = invoice_id settled_on open_amount
            I1 - 50.00
        as of 2026-06-30
        int_items = invoice_id settled_on open_amount
            I1 2026-05-29 0.00
    ",
    );
}

#[test]
fn a_payment_reversed_on_the_same_day_never_settled_anything() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 50.00
        payments: payment_id invoice_id reverses paid_on amount
            P1 I1 - 2026-05-19 50.00
            R1 - P1 2026-05-19 50.00
            P2 I1 - 2026-05-29 50.00
        int_items = invoice_id settled_on
            I1 2026-05-29
    ",
    );
}

#[test]
fn a_payment_before_the_invoice_settles_it_before_it_is_due() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-05-01 2026-05-20 50.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-04-01 50.00
        int_items = invoice_id settled_on
            I1 2026-04-01
    ",
    );
}

#[test]
fn invoices_are_settled_by_whatever_is_posted_to_them() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            ONCE 1 2026-06-20 100.00
            PART 1 2026-06-20 100.00
            NONE 1 2026-06-20 100.00
            OVER 1 2026-06-20 100.00
            TWICE 1 2026-06-20 100.00
            BACK 1 2026-06-20 100.00
            MIXED 1 2026-06-20 100.00
            POOL 1 2026-06-20 60.00
            POOL 2 2026-07-20 60.00
            NAMED 1 2026-06-20 60.00
            NAMED 2 2026-07-20 60.00
            PARTS 1 2026-06-20 60.00
            PARTS 2 2026-07-20 60.00
            LAST 2 2026-06-20 60.00
        payments: payment_id invoice_id installment_no paid_on amount
            P1 ONCE - 2026-06-10 100.00
            P2 PART 1 2026-06-10 40.00
            P3 OVER - 2026-06-10 130.00
            P4 TWICE - 2026-06-10 40.00
            P5 TWICE - 2026-06-11 60.00
            P6 BACK 1 2026-06-10 -10.00
            P7 MIXED - 2026-06-10 10.00
            P8 MIXED 1 2026-06-10 20.00
            P9 POOL - 2026-06-10 70.00
            P10 NAMED 1 2026-06-10 60.00
            P11 NAMED 2 2026-06-11 10.00
            P12 LAST - 2026-06-10 60.00
            P13 PARTS 2 2026-06-10 20.00
            P14 PARTS 2 2026-06-12 50.00
            P15 PARTS 1 2026-06-11 10.00
        int_items = invoice_id installment_no applied_amount settled_on
            ONCE 1 100.00 2026-06-10
            PART 1 40.00 -
            NONE 1 0.00 -
            OVER 1 100.00 2026-06-10
            TWICE 1 100.00 2026-06-11
            BACK 1 0.00 -
            MIXED 1 30.00 -
            POOL 1 60.00 2026-06-10
            POOL 2 10.00 -
            NAMED 1 60.00 2026-06-10
            NAMED 2 10.00 -
            LAST 2 60.00 2026-06-10
            PARTS 1 10.00 -
            PARTS 2 60.00 2026-06-12
    ",
    );
}
