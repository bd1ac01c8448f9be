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
        int_credits = debtor_id company_id currency credit_amount unmatched_amount effect_amount
            D1 1 BRL 0.00 0.00 130.00
            D1 - BRL 7.00 0.00 7.00
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

/// A mistyped number, or an archived invoice: nobody can tell, but what was paid before anything open was issued was not
/// meant for it.
#[test]
fn a_payment_of_an_unknown_invoice_is_credit_where_it_may_be_meant_for_what_is_open() {
    let text = "
        invoices: debtor_id invoice_id currency issue_date due_date amount
            D1 I1 BRL 2026-06-01 2026-06-20 100.00
            D2 I2 BRL 2026-06-01 2026-06-20 100.00
        payments: debtor_id payment_id company_id invoice_id currency paid_on amount
            D1 P1 - I9 BRL 2026-06-25 120.00
            D1 P2 c2 I8 BRL 2026-06-25 30.00
            D1 P3 c3 I7 BRL 2026-05-31 7.00
            D1 P4 c4 I6 USD 2026-06-25 3.00
            D2 P5 1 I2 BRL 2026-06-25 100.00
            D2 P6 c5 I5 BRL 2026-06-25 5.00
    ";
    let credits = "
        int_credits = company_id credit_amount unmatched_amount unknown_amount
            - 120.00 0.00 120.00
            c2 30.00 0.00 30.00
            c3 0.00 7.00 7.00
            c4 0.00 3.00 3.00
            c5 0.00 5.00 5.00
            1 0.00 0.00 0.00
    ";
    spec(&(text.to_owned() + credits));
    let gone = credits.replace("- 120.00 0.00", "- 0.00 120.00").replace("c2 30.00 0.00", "c2 0.00 30.00");
    spec(&format!("open items only\n{text}{gone}"));
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
            30.00 0.00 60.00
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
            I1 invoice - 2026-06-01 2026-06-20 100.00
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
            P1 BRL 2026-06-21 60.55
        int_open_accounts = company_id currency open_items oldest_due_date first_invoice_id
            1 BRL 2 2026-06-20 I2
            1 USD 1 2026-06-01 I4
            2 BRL 1 2026-06-10 I1
        int_unapplied_amounts = company_id currency effect_amount balance
            - BRL 60.55 60.55
        int_accounts = company_id currency open_items oldest_due_date credit_amount
            1 BRL 2 2026-06-20 0.00
            1 USD 1 2026-06-01 0.00
            2 BRL 1 2026-06-10 60.55
    ",
    );
}

/// A sum of sums has as many digits as there can be, and lost its cents where it met a plain 0.
#[test]
fn credit_keeps_its_cents_where_another_company_was_refunded_too_much() {
    spec(
        "
        invoices: invoice_id company_id due_date amount
            I1 1 2026-06-10 100.00
        payments: payment_id company_id invoice_id kind paid_on amount
            P1 1 I1 payment 2026-06-01 100.30
            F1 1 I1 refund 2026-06-02 0.85
            P2 - - payment 2026-06-03 10.25
            F2 2 - refund 2026-06-04 3.55
        int_credits = company_id credit_amount
            - 6.70
            1 0.00
            2 0.00
    ",
    );
}
