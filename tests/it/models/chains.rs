//! Chains: a reversal of a reversal puts back what was taken, and nothing is taken back that was not paid.

use crate::spec::spec;

#[test]
fn a_reversal_of_a_reversal_puts_back_what_was_taken() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id reverses root_id takes_back paid_on amount
            P1 I1 - P1 false 2026-06-15 100.00
            R1 I1 P1 P1 true 2026-06-18 -100.00
            R2 I1 R1 P1 false 2026-06-22 100.00
        as of 2026-06-17
        int_items = open_amount settled_on
            0.00 2026-06-15
        as of 2026-06-18
        int_items = open_amount settled_on
            100.00 -
        as of 2026-06-22
        int_items = open_amount settled_on
            0.00 2026-06-22
        int_credits = credit_amount unmatched_amount effect_amount
            0.00 0.00 100.00
        int_payments = payment_id amount
            P1 100.00
    ",
    );
}

#[test]
fn the_sign_alternates_along_a_chain_that_names_no_invoice() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-21 50.00
        payments: payment_id invoice_id reverses root_id takes_back paid_on amount
            P1 I1 - P1 false 2026-06-10 100.00
            P1 I2 - P1 false 2026-06-10 30.00
            P1 - - P1 false 2026-06-10 5.00
            R1 - P1 P1 true 2026-06-12 135.00
            R2 - R1 P1 false 2026-06-14 135.00
            R3 - R2 P1 true 2026-06-16 25.00
            R4 - R3 P1 false 2026-06-18 15.00
        as of 2026-06-12
        int_items = invoice_id open_amount
            I1 100.00
            I2 50.00
        as of 2026-06-14
        int_items = invoice_id open_amount
            I1 0.00
            I2 20.00
        int_credits = company_id credit_amount
            1 0.00
            - 5.00
        as of 2026-06-16
        int_items = invoice_id open_amount
            I1 0.00
            I2 40.00
        as of 2026-06-18
        int_items = invoice_id open_amount
            I1 0.00
            I2 25.00
        int_reversed_payments = payment_id invoice_id effect_amount
            P1 I1 100.00
            P1 I2 30.00
            P1 - 5.00
        int_named_reversals = payment_id
        int_reversals = payment_id invoice_id effect_amount is_unplaced
            R1 - -5.00 false
            R1 I2 -30.00 false
            R1 I1 -100.00 false
            R2 - 5.00 false
            R2 I2 30.00 false
            R2 I1 100.00 false
            R3 - -5.00 false
            R3 I2 -20.00 false
            R4 I2 15.00 false
        int_payments = payment_id invoice_id amount
            P1 I1 100.00
            P1 I2 25.00
    ",
    );
}

/// A chargeback that names an invoice but no payment stands for itself; the bank gives the money back.
#[test]
fn a_chargeback_that_was_taken_back_itself_puts_back() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-20 100.00
        payments: payment_id invoice_id kind reverses root_id takes_back paid_on amount
            P1 I1 payment - P1 false 2026-06-10 100.00
            C1 I1 chargeback - C1 false 2026-06-12 100.00
            R1 I1 chargeback C1 C1 true 2026-06-14 100.00
            P2 I2 payment - P2 false 2026-06-10 100.00
            C2 I2 chargeback - C2 false 2026-06-12 100.00
            R2 - payment C2 C2 true 2026-06-14 100.00
        int_items = invoice_id open_amount
            I1 0.00
            I2 0.00
        int_credits = credit_amount unmatched_amount
            0.00 0.00
    ",
    );
}

/// The bank and the gateway tell of one chargeback, each under an id of its own; then the debtor pays again.
#[test]
fn a_chargeback_that_is_told_twice_takes_back_once() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-20 100.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-10 100.00
            R1 I1 chargeback P1 2026-06-12 100.00
            R2 I1 chargeback P1 2026-06-12 100.00
            P2 I1 payment - 2026-06-14 100.00
            P3 I2 payment - 2026-06-10 100.00
            R3 I2 chargeback P3 2026-06-12 100.00
            R4 - chargeback P3 2026-06-13 100.00
            P4 I2 payment - 2026-06-14 100.00
        int_items = invoice_id open_amount settled_on
            I1 0.00 2026-06-14
            I2 0.00 2026-06-14
        int_credits = company_id credit_amount unmatched_amount
            1 0.00 0.00
            - 0.00 -200.00
    ",
    );
}

/// A reversal of a payment with its charges reopens the principal, no more.
#[test]
fn charges_that_are_taken_back_with_a_payment_are_no_principal() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 60.00
            I2 2026-06-20 60.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-10 60.00
            P1 I1 charges - 2026-06-10 2.00
            R1 I1 chargeback P1 2026-06-12 62.00
            P2 I2 payment - 2026-06-10 60.00
            P2 - charges - 2026-06-10 2.00
            R2 - chargeback P2 2026-06-12 62.00
            P3 I1 payment - 2026-06-14 60.00
        int_named_reversals = payment_id invoice_id taken_amount back_amount charges_back_amount
            R1 I1 62.00 60.00 2.00
        int_items = invoice_id open_amount
            I1 0.00
            I2 60.00
        int_credits = credit_amount unmatched_amount
            0.00 0.00
    ",
    );
}

#[test]
fn a_reversal_of_a_payment_that_is_not_there_is_unmatched() {
    spec(
        "
        payments: payment_id reverses paid_on amount
            R1 GONE 2026-06-12 40.00
        int_credits = company_id credit_amount unmatched_amount
            - 0.00 -40.00
        int_accounts = debtor_id
    ",
    );
}

#[test]
fn charges_put_back_count_as_paid_again() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-10 100.00
        payments: payment_id invoice_id kind reverses root_id takes_back paid_on amount
            C1 I1 charges - C1 false 2026-06-12 3.00
            R1 I1 charges C1 C1 true 2026-06-13 3.00
            R2 I1 charges R1 C1 false 2026-06-14 3.00
        as of 2026-06-13
        cnd_charges_paid = invoice_id paid_amount
        as of 2026-06-14
        cnd_charges_paid = invoice_id paid_amount
            I1 3.00
    ",
    );
}

/// Two head offices gave their payments one number; each takes back its own.
#[test]
fn payments_of_two_payers_under_one_number_are_two() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-20 100.00
        payments: payment_id actor_id invoice_id reverses paid_on amount
            P1 H1 I1 - 2026-06-10 100.00
            P1 D1 I2 - 2026-06-10 40.00
            R1 D1 - P1 2026-06-12 40.00
        int_items = invoice_id open_amount
            I1 0.00
            I2 100.00
    ",
    );
}
