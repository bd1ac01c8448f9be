//! Balances: what is owed, what was applied to it, and what is left over.

use crate::spec::spec;

#[test]
fn drafts_and_credit_notes_are_not_owed_and_what_the_source_leaves_out_falls_back() {
    spec(
        "
        invoices: invoice_id document_type due_date
            I1 - 2026-06-20
            I2 invoice 2026-06-20
            I3 debit_note 2026-06-20
            I4 draft 2026-06-20
            I5 credit_note 2026-06-20
        invoices: invoice_id company_id currency installment_no due_date
            I6 2 USD 3 2026-06-20
        stg_invoices = invoice_id company_id currency installment_no document_type
            I1 1 BRL 1 invoice
            I2 1 BRL 1 invoice
            I3 1 BRL 1 debit_note
            I6 2 USD 3 invoice
    ",
    );
}

#[test]
fn what_is_dated_after_the_day_does_not_exist() {
    spec(
        "
        invoices: invoice_id document_type original_invoice_id issue_date due_date amount
            I1 invoice - 2026-06-01 2026-06-20 100.00
            I2 invoice - 2026-07-01 2026-07-20 100.00
            N1 credit_note I1 2026-07-01 2026-07-01 10.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-30 40.00
            P2 I1 2026-07-01 60.00
        as of 2026-06-29
        int_items = invoice_id open_amount
            I1 100.00
        as of 2026-06-30
        int_items = invoice_id open_amount
            I1 60.00
        as of 2026-07-01
        int_items = invoice_id open_amount
            I1 0.00
            I2 100.00
        int_credits = credit_amount
            10.00
    ",
    );
}

#[test]
fn effects_of_payments_by_kind_and_sign() {
    spec(
        "
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 - - 2026-06-20 10.00
            P2 I1 payment - 2026-06-20 -10.00
            P3 I1 credit_note - 2026-06-20 10.00
            P4 I1 write_off - 2026-06-20 10.00
            P5 I1 refund - 2026-06-20 10.00
            P6 I1 refund - 2026-06-20 -10.00
            P7 I1 chargeback - 2026-06-20 10.00
            P8 I1 payment P1 2026-06-20 10.00
            P9 I1 payment P1 2026-06-20 -10.00
            PA I1 charges - 2026-06-20 10.00
        stg_payments = payment_id kind currency effect_amount
            P1 payment BRL 10.00
            P2 payment BRL -10.00
            P3 credit_note BRL 10.00
            P4 write_off BRL 10.00
            P5 refund BRL -10.00
            P6 refund BRL -10.00
            P7 chargeback BRL -10.00
            P8 payment BRL -10.00
            P9 payment BRL -10.00
            PA charges BRL 0.00
    ",
    );
}

#[test]
fn credit_notes_by_the_day_with_the_invoice_they_reduce() {
    spec(
        "
        invoices: invoice_id document_type original_invoice_id issue_date due_date amount
            N1 credit_note I1 2026-06-30 2026-06-30 10.00
            N2 credit_note - 2026-06-01 2026-06-01 20.00
            N3 credit_note I1 2026-07-01 2026-07-01 30.00
            I1 invoice - 2026-06-01 2026-06-01 40.00
        stg_credit_notes = credit_note_id company_id currency original_invoice_id amount
            N1 1 BRL I1 10.00
            N2 1 BRL - 20.00
    ",
    );
}

#[test]
fn a_payment_in_full_settles_the_item_on_its_day() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-25 100.00
        int_items = invoice_id installment_no applied_amount open_amount settled_on
            I1 1 100.00 0.00 2026-06-25
    ",
    );
}

#[test]
fn a_partial_payment_leaves_the_rest_open() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-25 99.99
        int_items = invoice_id original_amount applied_amount open_amount settled_on
            I1 100.00 99.99 0.01 -
    ",
    );
}

#[test]
fn a_split_payment_pays_each_invoice_that_it_names() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
            I2 2026-06-21 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-25 100.00
            P1 I2 2026-06-25 30.00
            P1 - 2026-06-25 7.00
        int_items = invoice_id open_amount
            I1 0.00
            I2 70.00
        int_credits = debtor_id currency credit_amount unmatched_amount effect_amount
            D1 BRL 7.00 0.00 137.00
    ",
    );
}

#[test]
fn a_payment_that_names_no_instalment_fills_them_in_order_of_due_date() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-08-20 50.00
            I1 2 2026-06-20 50.00
            I1 3 2026-07-20 50.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-25 70.00
        int_items = installment_no due_date applied_amount open_amount
            1 2026-08-20 0.00 50.00
            2 2026-06-20 50.00 0.00
            3 2026-07-20 20.00 30.00
    ",
    );
}

#[test]
fn named_instalments_are_paid_first_and_the_rest_fills_around_them() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-06-20 50.00
            I1 2 2026-07-20 50.00
            I1 3 2026-08-20 50.00
        payments: payment_id invoice_id installment_no paid_on amount
            P1 I1 2 2026-06-25 40.00
            P2 I1 - 2026-06-25 70.00
        int_items = installment_no applied_amount open_amount
            1 50.00 0.00
            2 50.00 0.00
            3 10.00 40.00
    ",
    );
}

#[test]
fn too_much_for_one_instalment_is_credit_and_does_not_pay_the_next() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-06-20 50.00
            I1 2 2026-07-20 50.00
        payments: payment_id invoice_id installment_no paid_on amount
            P1 I1 1 2026-06-25 80.00
        int_items = installment_no applied_amount
            1 50.00
            2 0.00
        int_credits = credit_amount unmatched_amount
            30.00 0.00
    ",
    );
}

#[test]
fn an_overpayment_becomes_credit() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-25 120.00
        int_items = invoice_id applied_amount open_amount
            I1 100.00 0.00
        int_credits = credit_amount unmatched_amount effect_amount
            20.00 0.00 120.00
    ",
    );
}

#[test]
fn a_payment_of_an_unknown_invoice_is_unmatched_and_no_credit() {
    spec(
        "
        payments: payment_id invoice_id paid_on amount
            P1 I9 2026-06-25 120.00
        int_credits = credit_amount unmatched_amount effect_amount
            0.00 120.00 120.00
    ",
    );
}

#[test]
fn a_payment_without_an_invoice_is_credit_until_it_is_taken_back() {
    spec(
        "
        payments: payment_id kind reverses paid_on amount
            P1 payment - 2026-06-20 100.00
            R1 refund P1 2026-06-25 100.00
        as of 2026-06-24
        int_credits = credit_amount
            100.00
        as of 2026-06-25
        int_credits = credit_amount
            0.00
    ",
    );
}

#[test]
fn charges_never_reduce_principal_and_are_no_credit() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id kind paid_on amount
            P1 I1 charges 2026-06-25 3.00
            P1 I1 payment 2026-06-25 60.00
            P2 - charges 2026-06-25 5.00
        int_items = invoice_id applied_amount
            I1 60.00
        int_credits = credit_amount effect_amount
            0.00 60.00
    ",
    );
}

#[test]
fn a_reversal_of_charges_does_not_reopen_principal() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-25 100.00
            C1 I1 charges - 2026-06-25 3.00
            R1 I1 payment C1 2026-06-26 -3.00
            R2 - chargeback C1 2026-06-26 3.00
        int_items = invoice_id applied_amount open_amount
            I1 100.00 0.00
        int_credits = credit_amount unmatched_amount
            0.00 0.00
    ",
    );
}

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
        int_credits = credit_amount unmatched_amount effect_amount
            0.00 0.00 0.00
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
        int_credits = credit_amount unmatched_amount effect_amount
            0.00 0.00 120.00
    ",
    );
}

#[test]
fn a_payment_is_not_taken_back_twice() {
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
        int_credits = credit_amount unmatched_amount effect_amount
            30.00 0.00 30.00
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
        int_credits = credit_amount unmatched_amount effect_amount
            10.00 -20.00 -10.00
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
        int_credits = credit_amount unmatched_amount
            5.00 0.00
        as of 2026-06-26
        int_credits = credit_amount unmatched_amount
            0.00 -3.00
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

#[test]
fn a_credit_note_reduces_the_invoice_it_names_and_is_credit_where_it_names_none() {
    spec(
        "
        invoices: invoice_id document_type original_invoice_id issue_date due_date amount
            I1 invoice - 2026-06-01 2026-06-20 100.00
            N1 credit_note I1 2026-06-10 2026-06-10 30.00
            N2 credit_note - 2026-06-10 2026-06-10 25.00
            N3 credit_note I9 2026-06-10 2026-06-10 5.00
        int_items = invoice_id applied_amount open_amount
            I1 30.00 70.00
        int_credits = credit_amount unmatched_amount effect_amount
            25.00 5.00 60.00
    ",
    );
}

#[test]
fn a_write_off_settles_what_it_covers() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id kind paid_on amount
            P1 I1 payment 2026-06-21 60.00
            W1 I1 write_off 2026-06-28 40.00
        int_items = invoice_id open_amount settled_on
            I1 0.00 2026-06-28
    ",
    );
}

#[test]
fn parts_name_the_invoice_instalment_and_day_of_every_effect() {
    spec(
        "
        invoices: invoice_id document_type original_invoice_id issue_date due_date amount
            N1 credit_note I1 2026-06-10 2026-06-10 30.00
        payments: payment_id invoice_id installment_no kind reverses paid_on amount
            P1 I1 1 payment - 2026-06-21 60.00
            P1 I1 - charges - 2026-06-21 2.00
            R1 - - chargeback P1 2026-06-25 60.00
        int_payment_parts = payment_id invoice_id installment_no paid_on effect_amount
            N1 I1 - 2026-06-10 30.00
            P1 I1 1 2026-06-21 60.00
            R1 I1 1 2026-06-25 -60.00
    ",
    );
}

#[test]
fn credits_belong_to_one_account_of_the_debtor() {
    spec(
        "
        invoices: invoice_id company_id currency due_date amount
            I1 2 BRL 2026-06-10 100.00
            I2 1 BRL 2026-06-20 100.00
            I3 1 BRL 2026-06-25 50.00
            I4 1 USD 2026-06-01 100.00
        payments: payment_id currency paid_on amount
            P1 BRL 2026-06-21 60.00
        int_accounts = company_id currency open_items oldest_due_date credit_amount
            1 BRL 2 2026-06-20 0.00
            1 USD 1 2026-06-01 0.00
            2 BRL 1 2026-06-10 60.00
    ",
    );
}

// When was an item settled?

#[test]
fn the_balance_of_every_day_with_a_posting() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-05-20 50.00
            I1 2 2026-06-20 50.00
            I2 1 2026-06-20 50.00
        payments: payment_id invoice_id installment_no kind paid_on amount
            P1 I1 - payment 2026-05-19 70.00
            P2 I1 2 payment 2026-05-25 10.00
            R3 I1 - refund 2026-06-01 60.00
        int_item_days = invoice_id installment_no paid_on next_on applied_amount
            I1 1 2026-05-19 2026-05-25 50.00
            I1 2 2026-05-19 2026-05-25 20.00
            I1 1 2026-05-25 2026-06-01 50.00
            I1 2 2026-05-25 2026-06-01 30.00
            I1 1 2026-06-01 - 10.00
            I1 2 2026-06-01 - 10.00
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

/// Replaying days is dear, so only invoices that need it are replayed; both ways give the same.
#[test]
fn only_what_is_posted_to_more_than_once_is_entangled() {
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
        int_item_postings = invoice_id installment_no amount least_amount first_on last_on
            ONCE - 100.00 100.00 2026-06-10 2026-06-10
            PART 1 40.00 40.00 2026-06-10 2026-06-10
            OVER - 130.00 130.00 2026-06-10 2026-06-10
            TWICE - 100.00 40.00 2026-06-10 2026-06-11
            BACK 1 -10.00 -10.00 2026-06-10 2026-06-10
            MIXED - 10.00 10.00 2026-06-10 2026-06-10
            MIXED 1 20.00 20.00 2026-06-10 2026-06-10
            POOL - 70.00 70.00 2026-06-10 2026-06-10
            NAMED 1 60.00 60.00 2026-06-10 2026-06-10
            NAMED 2 10.00 10.00 2026-06-11 2026-06-11
            LAST - 60.00 60.00 2026-06-10 2026-06-10
            PARTS 1 10.00 10.00 2026-06-11 2026-06-11
            PARTS 2 70.00 20.00 2026-06-10 2026-06-12
        int_entangled_invoices = invoice_id is_flowing
            TWICE true
            BACK false
            MIXED true
            POOL true
            LAST true
            PARTS true
        int_item_fills = invoice_id installment_no applied_amount full_since
            TWICE 1 100.00 2026-06-11
            MIXED 1 30.00 -
            POOL 1 60.00 2026-06-10
            POOL 2 10.00 -
            LAST 2 60.00 2026-06-10
            PARTS 1 10.00 -
            PARTS 2 60.00 2026-06-12
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
