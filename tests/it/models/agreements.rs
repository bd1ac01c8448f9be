//! Agreements: kept, broken, or paid to the end, as the source and the ledger know it.

use crate::spec::spec;

#[test]
fn agreements_are_kept_until_an_instalment_is_late_beyond_the_grace_and_once_they_are_paid_to_the_end() {
    spec(
        "
        agreements: agreement_id installment_no due_date amount paid_on cancelled_on
            G1 1 2026-06-01 50.00 2026-06-01 -
            G1 2 2026-06-28 50.00 - -
            G2 1 2026-06-27 50.00 - -
            G2 2 2026-07-27 50.00 - -
            G3 1 2026-06-01 50.00 2026-06-20 -
            G4 1 2026-07-01 50.00 - 2026-06-30
            G4 2 2026-08-01 50.00 - -
            G7 1 2026-06-01 50.00 2026-06-01 -
            G7 2 2026-07-01 50.00 - 2026-06-30
            G5 1 2026-07-01 50.00 - 2026-07-01
            G6 1 2026-06-01 50.00 2026-07-01 -
        stg_agreements = agreement_id is_kept
            G1 true
            G2 false
            G3 true
            G4 true
            G5 true
            G6 false
            G7 true
    ",
    );
}

/// What the ledger shows paid since it was agreed keeps it: on what it covers, fine and interest too, or on nothing known.
#[test]
fn an_instalment_that_the_ledger_shows_paid_keeps_its_agreement() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-05-01 500.00
            I2 D2 2026-05-01 500.00
            I3 D3 2026-05-01 500.00
            J3 D3 2026-05-01 500.00
        agreements: agreement_id debtor_id installment_no agreed_on due_date amount
            G1 D1 1 2026-06-01 2026-06-20 550.00
            G2 D2 1 2026-06-01 2026-06-20 550.00
            G3 D3 1 2026-06-01 2026-06-20 550.00
        agreement_items: agreement_id debtor_id actor_id invoice_id
            G1 D1 D1 I1
            G2 D2 D2 I2
            G3 D3 D3 I3
        payments: payment_id debtor_id invoice_id kind paid_on amount
            P1 D1 I1 - 2026-06-10 500.00
            Q1 D1 I1 charges 2026-06-10 50.00
            P2 D2 - - 2026-06-10 300.00
            Q2 D2 G2 - 2026-06-11 250.00
            P3 D3 J3 - 2026-06-10 500.00
            Q3 D3 I3 - 2026-05-31 50.00
        payments: payment_id debtor_id invoice_id reverses root_id kind paid_on amount
            P4 D2 I9 - P4 - 2026-05-10 900.00
            R4 D2 - P4 P4 - 2026-06-12 900.00
        int_agreements = agreement_id group_key has_items is_owed is_kept
            G1 1 true true true
            G2 2 true true true
            G3 3 true true false
        int_broken_agreements = debtor_id broken_agreements
            D3 1
    ",
    );
}

/// What was paid in the week before the day on which it was agreed, or was first due: who pays the entry signs later.
#[test]
fn a_down_payment_before_an_agreement_is_written_counts_for_it() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-05-01 500.00
            I2 D2 2026-05-01 500.00
            I3 D3 2026-05-01 500.00
        agreements: agreement_id debtor_id installment_no agreed_on due_date amount has_items
            G1 D1 1 2026-06-10 2026-06-10 100.00 true
            G2 D2 1 2026-06-10 2026-06-10 100.00 true
            G3 D3 1 2026-06-20 2026-06-10 100.00 true
            H3 D3 1 2026-06-09 2026-06-11 50.00 false
        agreement_items: agreement_id debtor_id actor_id invoice_id
            G1 D1 D1 I1
            G2 D2 D2 I2
            G3 D3 D3 I3
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-08 100.00
            P2 D2 I2 2026-06-02 100.00
            P3 D3 - 2026-06-08 60.00
            Q3 D3 I9 2026-06-09 40.00
            R3 D3 - 2026-06-01 900.00
        int_agreements = agreement_id has_items is_kept
            G1 true true
            G2 true false
            G3 true true
            H3 false true
    ",
    );
}

/// Each group that signed it or owes what it covers is judged by what it has paid itself, by whichever debtor of it: whoever
/// is worked on together.
#[test]
fn an_agreement_is_kept_for_the_group_that_has_paid() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-05-01 500.00
            I2 D2 2026-05-01 500.00
        agreements: agreement_id debtor_id installment_no agreed_on due_date amount
            G1 D1 1 2026-06-01 2026-06-20 200.00
            G2 D3 1 2026-06-01 2026-06-20 200.00
        agreement_items: agreement_id debtor_id actor_id invoice_id
            G1 D1 D1 I1
            G1 D2 D1 I2
        payments: payment_id debtor_id group_key invoice_id paid_on amount
            P1 H1 1 - 2026-06-10 200.00
            P3 D3 3 I7 2026-06-10 200.00
        int_agreements = agreement_id group_key is_kept
            G1 1 true
            G1 2 false
            G2 3 true
        int_item_flags = debtor_id invoice_id in_kept_agreement agreement_broken
            D1 I1 true false
            D2 I2 false true
    ",
    );
}

/// Cents count for each instalment; the whole of a small one does not. Paid in another currency, nobody can compare.
#[test]
fn what_is_short_by_less_than_the_tolerance_or_paid_in_another_currency_keeps_its_agreement() {
    spec(
        "
        invoices: invoice_id debtor_id currency due_date amount
            I1 D1 BRL 2026-05-01 500.00
            I2 D2 BRL 2026-05-01 500.00
            I3 D3 USD 2026-05-01 500.00
            I4 D4 BRL 2026-05-01 500.00
        agreements: agreement_id debtor_id installment_no agreed_on due_date currency amount
            G1 D1 1 2026-06-01 2026-06-05 BRL 100.00
            G1 D1 2 2026-06-01 2026-06-10 BRL 100.00
            G2 D2 1 2026-06-01 2026-06-05 BRL 5.00
            G3 D3 1 2026-06-01 2026-06-05 BRL 2500.00
            G4 D4 1 2026-06-01 2026-06-05 BRL 100.00
        agreement_items: agreement_id debtor_id actor_id invoice_id
            G1 D1 D1 I1
            G2 D2 D2 I2
            G3 D3 D3 I3
            G4 D4 D4 I4
        payments: payment_id debtor_id invoice_id currency paid_on amount
            P1 D1 I1 BRL 2026-06-05 97.00
            Q1 D1 I1 BRL 2026-06-10 97.00
            P3 D3 I3 USD 2026-06-05 500.00
            P4 D4 I4 BRL 2026-06-05 95.00
        int_agreements = agreement_id is_kept
            G1 true
            G2 false
            G3 true
            G4 false
    ",
    );
}
