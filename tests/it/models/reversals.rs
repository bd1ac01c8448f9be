//! Reversals: what takes a payment back, in part or as a whole, and what is left of it.

use crate::spec::spec;

#[test]
fn a_reversed_payment_reopens_the_item_at_its_original_due_date() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-20 100.00
            I3 2026-06-20 100.00
            I4 2026-06-20 100.00
            I5 2026-06-20 100.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-21 100.00
            P2 I2 payment - 2026-06-21 100.00
            P3 I3 payment - 2026-06-21 100.00
            P4 I4 payment - 2026-06-21 100.00
            P5 I5 payment - 2026-06-21 100.00
            R1 I1 payment P1 2026-06-25 -100.00
            R2 I2 payment P2 2026-06-25 100.00
            R3 - chargeback P3 2026-06-25 100.00
            R4 I4 refund - 2026-06-25 40.00
            R5 I5 chargeback - 2026-06-25 -40.00
        as of 2026-06-24
        int_items_aged = invoice_id
        as of 2026-06-30
        int_items_aged = invoice_id due_date days_past_due open_amount
            I1 2026-06-20 10 100.00
            I2 2026-06-20 10 100.00
            I3 2026-06-20 10 100.00
            I4 2026-06-20 10 40.00
            I5 2026-06-20 10 40.00
        int_credits = credit_amount unmatched_amount
            0.00 0.00
    ",
    );
}

#[test]
fn a_reversal_without_an_invoice_takes_back_every_part_of_the_payment() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-21 100.00
        payments: payment_id invoice_id reverses paid_on amount
            P1 I1 - 2026-06-21 100.00
            P1 I2 - 2026-06-21 30.00
            P1 - - 2026-06-21 5.00
            R1 - P1 2026-06-25 -135.00
        int_items = invoice_id open_amount
            I1 100.00
            I2 100.00
        int_credits = company_id credit_amount unmatched_amount effect_amount
            1 0.00 0.00 0.00
            - 0.00 0.00 0.00
    ",
    );
}

/// The part that paid nothing goes back first, then what was paid last; never more than the refund.
#[test]
fn a_partial_refund_that_names_the_payment_does_not_take_back_all_of_it() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-21 100.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-21 100.00
            P1 I2 payment - 2026-06-21 30.00
            P1 - payment - 2026-06-21 5.00
            R1 - refund P1 2026-06-25 15.00
        int_items = invoice_id open_amount
            I1 0.00
            I2 80.00
        int_credits = company_id credit_amount unmatched_amount effect_amount
            1 0.00 0.00 120.00
            - 0.00 0.00 0.00
    ",
    );
}

#[test]
fn a_payment_is_not_taken_back_twice_and_what_is_too_much_is_unmatched() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-21 100.00
            P2 - payment - 2026-06-21 30.00
            R1 - chargeback P1 2026-06-25 100.00
            R2 - chargeback P1 2026-06-26 105.00
        int_items = invoice_id open_amount
            I1 100.00
        int_credits = company_id credit_amount unmatched_amount effect_amount
            1 0.00 0.00 0.00
            - 30.00 -105.00 -75.00
    ",
    );
}

#[test]
fn a_reversal_that_names_an_instalment_reopens_it_though_the_payment_named_none() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-06-20 50.00
            I1 2 2026-07-20 50.00
        payments: payment_id invoice_id installment_no reverses paid_on amount
            P1 I1 - - 2026-06-21 100.00
            R1 I1 2 P1 2026-06-25 -50.00
        int_items = installment_no open_amount
            1 0.00
            2 50.00
        int_credits = credit_amount unmatched_amount
            0.00 0.00
    ",
    );
}

#[test]
fn a_reversal_that_names_no_instalment_reopens_the_one_that_the_payment_named() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-06-20 50.00
            I1 2 2026-07-20 50.00
        payments: payment_id invoice_id installment_no reverses paid_on amount
            P1 I1 1 - 2026-06-21 50.00
            P2 I1 2 - 2026-06-21 50.00
            R1 I1 - P1 2026-06-25 -50.00
        int_items = installment_no open_amount
            1 50.00
            2 0.00
    ",
    );
}

#[test]
fn a_refund_that_names_neither_payment_nor_instalment_empties_the_last_due_first() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-06-20 50.00
            I1 2 2026-07-20 50.00
        payments: payment_id invoice_id installment_no kind paid_on amount
            P1 I1 1 payment 2026-06-21 50.00
            P2 I1 2 payment 2026-06-21 60.00
            R1 I1 - refund 2026-06-25 40.00
        int_items = installment_no open_amount
            1 0.00
            2 30.00
        int_credits = credit_amount unmatched_amount
            0.00 0.00
    ",
    );
}

/// The item is open in full, so more than that cannot be owed: the payment itself is not in the snapshot.
#[test]
fn taking_back_more_than_was_paid_is_unmatched_and_no_negative_credit() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id kind paid_on amount
            P1 I1 payment 2026-06-21 30.00
            R1 I1 chargeback 2026-06-25 50.00
            P2 - payment 2026-06-21 10.00
        int_items = invoice_id applied_amount open_amount
            I1 0.00 100.00
        int_credits = company_id credit_amount unmatched_amount effect_amount
            1 0.00 -20.00 -20.00
            - 10.00 0.00 10.00
    ",
    );
}

#[test]
fn a_refund_of_credit_is_unmatched_beyond_the_credit() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id kind paid_on amount
            P1 I1 payment 2026-06-21 120.00
            R1 - refund 2026-06-25 15.00
            R2 - refund 2026-06-26 8.00
        as of 2026-06-25
        int_credits = company_id credit_amount unmatched_amount
            1 5.00 15.00
            - 0.00 -15.00
        fct_ledger = applied_amount credit_amount unmatched_amount
            100.00 5.00 0.00
        as of 2026-06-26
        int_credits = company_id credit_amount unmatched_amount
            1 0.00 20.00
            - 0.00 -23.00
        fct_ledger = applied_amount credit_amount unmatched_amount
            100.00 0.00 -3.00
    ",
    );
}

#[test]
fn a_payment_in_another_currency_pays_nothing_and_is_unmatched() {
    spec(
        "
        invoices: invoice_id currency due_date amount
            I1 BRL 2026-06-20 100.00
        payments: payment_id invoice_id currency paid_on amount
            P1 I1 BRL 2026-06-21 60.00
            P2 I1 USD 2026-06-21 40.00
        int_items = invoice_id currency applied_amount open_amount
            I1 BRL 60.00 40.00
        int_credits = currency credit_amount unmatched_amount effect_amount
            BRL 0.00 0.00 60.00
            USD 0.00 40.00 40.00
    ",
    );
}

#[test]
fn a_reversal_is_in_the_currency_of_its_payment_where_it_says_none() {
    spec(
        "
        invoices: invoice_id currency due_date amount
            I1 USD 2026-06-20 100.00
            I2 USD 2026-06-20 100.00
        payments: payment_id invoice_id currency reverses paid_on amount
            P1 I1 USD - 2026-06-21 60.00
            P2 I2 USD - 2026-06-21 60.00
            R1 I1 - P1 2026-06-22 60.00
            R2 - - P2 2026-06-22 60.00
        int_items = invoice_id open_amount
            I1 100.00
            I2 100.00
        int_credits = currency credit_amount unmatched_amount
            USD 0.00 0.00
    ",
    );
}
