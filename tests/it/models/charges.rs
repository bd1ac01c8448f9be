//! Charges: what they are left on, and what was paid on them.

use crate::spec::spec;

#[test]
fn charges_are_left_on_what_was_paid_late_in_the_episode() {
    // The account has owed something due since 10 March; I0 belongs to an earlier episode, I3 was paid in time.
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I0 1 2026-01-10 100.00
            I1 1 2026-03-10 100.00
            I2 1 2026-03-20 100.00
            I3 1 2026-04-10 100.00
            I4 1 2026-03-30 60.00
            I4 2 2026-04-30 60.00
            I5 1 2026-03-11 80.00
            I6 1 2026-03-12 90.00
            I9 1 2026-03-10 500.00
        payments: payment_id invoice_id paid_on amount kind
            P0 I0 2026-02-01 100.00 payment
            P1 I1 2026-04-01 100.00 payment
            P2 I2 2026-03-15 30.00 payment
            P3 I2 2026-04-02 40.00 payment
            P4 I2 2026-05-01 35.00 payment
            P5 I3 2026-04-10 100.00 payment
            P6 I4 2026-04-05 70.00 payment
            P7 I4 2026-05-05 50.00 payment
            P8 I5 2026-04-05 80.00 payment
            P9 I6 2026-04-05 50.00 payment
            P10 I6 2026-04-06 40.00 write_off
        payments: payment_id invoice_id paid_on amount kind reverses
            R8 I5 2026-04-20 80.00 chargeback P8
            P11 I5 2026-05-20 80.00 payment -
        cnd_late_payments == company_id currency invoice_id installment_no due_date paid_on principal_amount
            1 BRL I1 1 2026-03-10 2026-04-01 100.00
            1 BRL I5 1 2026-03-11 2026-05-20 80.00
            1 BRL I2 1 2026-03-20 2026-03-15 30.00
            1 BRL I2 1 2026-03-20 2026-04-02 40.00
            1 BRL I2 1 2026-03-20 2026-05-01 30.00
            1 BRL I4 1 2026-03-30 2026-04-05 60.00
            1 BRL I4 2 2026-04-30 2026-04-05 10.00
            1 BRL I4 2 2026-04-30 2026-05-05 50.00
        ",
    );
}

#[test]
fn what_was_paid_on_fine_and_interest() {
    // C3 was taken back; C5 names no invoice and came before the episode, C6 within it.
    spec(
        "
        invoices: invoice_id installment_no company_id due_date amount
            I1 1 1 2026-03-10 100.00
            I1 2 1 2026-04-10 100.00
            I2 1 2 2026-05-10 100.00
        payments: payment_id invoice_id paid_on amount kind
            C1 I1 2026-04-01 2.00 charges
            C2 I1 2026-05-01 1.50 charges
            C3 I2 2026-06-01 9.00 charges
            C5 - 2026-03-09 4.00 charges
            C6 - 2026-03-10 5.00 charges
        payments: payment_id invoice_id paid_on amount kind reverses
            R3 I2 2026-06-02 9.00 chargeback C3
        cnd_charges_paid = company_id currency invoice_id paid_amount
            1 BRL I1 3.50
            1 BRL - 5.00
        ",
    );
}

/// Charges of an instalment that was late last year were taken off the fine of the next one.
#[test]
fn charges_of_an_earlier_episode_are_no_charges_of_this_one() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2025-11-10 100.00
            I1 2 2026-06-10 100.00
        payments: payment_id invoice_id paid_on amount kind
            P1 I1 2025-12-01 100.00 payment
            C1 I1 2025-12-01 7.00 charges
            C2 I1 2026-06-20 1.00 charges
        cnd_charges_paid = invoice_id paid_amount
            I1 1.00
    ",
    );
}

/// A bank tells of one payment: what it holds beyond the invoice is the fine and interest of paying late, and no fine of
/// what was paid in time.
#[test]
fn what_was_paid_on_a_late_invoice_beyond_it_was_paid_on_its_charges() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I0 1 2026-06-01 50.00
            I1 1 2026-06-05 100.00
            I1 2 2026-06-10 100.00
            I2 1 2026-06-20 100.00
            I3 1 2026-06-15 100.00
        payments: payment_id invoice_id paid_on amount kind
            P1 I1 2026-06-20 203.50 payment
            P2 I2 2026-06-18 104.00 payment
            P3 I3 2026-06-25 100.00 payment
            C4 I1 2026-06-20 1.00 charges
        cnd_charges_paid = invoice_id paid_amount
            I1 4.50
    ",
    );
}

/// One taken back whole paid no charges, one taken back in part did.
#[test]
fn charges_that_were_taken_back_were_not_paid() {
    spec(
        "
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 charges - 2026-06-10 25.00
            P2 I1 charges - 2026-06-10 25.00
            R2 - payment P2 2026-06-12 25.00
            P3 I1 charges - 2026-06-10 25.00
            R3 - payment P3 2026-06-12 10.00
            P4 I1 payment - 2026-06-10 100.00
        int_charge_payments = payment_id amount
            P1 25.00
            P3 25.00
    ",
    );
}
