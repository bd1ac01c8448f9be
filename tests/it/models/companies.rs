//! Companies: cash stays with the company that it was paid to, and two companies of one debtor may number alike.

use crate::spec::spec;

const ALIKE: &str = "
        invoices: invoice_id company_id due_date amount
            1001 1 2026-05-20 100.00
            1001 2 2026-06-20 80.00";

#[test]
fn two_companies_with_one_number_are_two_invoices() {
    spec(&format!(
        "{ALIKE}
        payments: payment_id invoice_id company_id paid_on amount
            P1 1001 2 2026-06-10 80.00
            P2 1001 1 2026-06-11 30.00
        int_items = company_id invoice_id applied_amount open_amount settled_on
            1 1001 30.00 70.00 -
            2 1001 80.00 0.00 2026-06-10
        int_credits = company_id credit_amount unmatched_amount
            1 0.00 0.00
            2 0.00 0.00
        int_accounts = company_id open_items
            1 1
    "
    ));
    // In instalments, taken back, and filled: every way to a balance keeps them apart.
    spec(
        "
        invoices: invoice_id company_id installment_no due_date amount
            1001 1 1 2026-05-20 50.00
            1001 1 2 2026-06-20 50.00
            1001 2 1 2026-05-20 50.00
            1001 2 2 2026-06-20 50.00
        payments: payment_id invoice_id company_id reverses paid_on amount
            P1 1001 1 - 2026-06-10 30.00
            P2 1001 1 - 2026-06-11 40.00
            P3 1001 2 - 2026-06-10 100.00
            R3 1001 2 P3 2026-06-12 -60.00
        int_items = company_id installment_no open_amount
            1 1 0.00
            1 2 30.00
            2 1 10.00
            2 2 50.00
        payments: payment_id invoice_id company_id installment_no paid_on amount
            P4 1001 2 2 2026-06-13 7.00
        int_items = company_id installment_no applied_amount
            1 1 50.00
            1 2 20.00
            2 1 40.00
            2 2 7.00
    ",
    );
}

#[test]
fn flags_are_of_the_invoice_of_their_company() {
    spec(&format!(
        "{ALIKE}
        disputes: dispute_id invoice_id company_id kind opened_on
            X1 1001 2 dispute 2026-06-10
        agreements: agreement_id due_date amount
            G1 2026-07-20 50.00
        agreement_items: agreement_id invoice_id company_id
            G1 1001 1
        int_items_aged = company_id is_disputed in_kept_agreement
            1 false true
            2 true false
        disputes: dispute_id invoice_id company_id kind opened_on
            X2 - 1 goods_return 2026-06-10
        int_items_aged = company_id is_disputed is_returned
            1 false true
            2 true false
        disputes: dispute_id invoice_id company_id kind opened_on
            X3 - - goods_return 2026-06-10
        int_items_aged = company_id is_returned
            1 true
            2 true
    "
    ));
}

#[test]
fn listings_and_placements_are_of_the_invoice_of_their_company() {
    spec(&format!(
        "{ALIKE}
        payments: payment_id invoice_id company_id paid_on amount
            P1 1001 2 2026-06-25 80.00
        listings: listing_id invoice_id company_id kind bureau included_on
            L1 1001 1 negativacao serasa 2026-06-10
            L2 1001 2 negativacao serasa 2026-06-10
        placements: placement_id invoice_id company_id agency_id placed_on
            K1 1001 1 A 2026-06-10
            K2 1001 2 A 2026-06-10
            K3 - 2 A 2026-06-10
        int_listing_items = listing_id company_id done_on
            L1 1 -
            L2 2 2026-06-25
        int_placement_items = placement_id company_id done_on
            K1 1 -
            K2 2 2026-06-25
            K3 2 2026-06-25
    "
    ));
}

#[test]
fn credit_belongs_to_the_company_that_was_overpaid_or_issued_the_note() {
    spec(
        "
        invoices: invoice_id company_id document_type original_invoice_id due_date amount
            I1 1 invoice - 2026-06-10 100.00
            I2 2 invoice - 2026-06-20 100.00
            I3 2 invoice - 2026-05-01 40.00
            N1 1 credit_note - 2026-06-12 7.00
            N2 2 credit_note GONE 2026-06-12 9.00
        payments: payment_id invoice_id company_id paid_on amount
            P1 I3 2 2026-05-01 45.00
            P2 - 1 2026-06-01 3.00
            P3 - - 2026-06-01 11.00
            P4 GONE 2 2026-06-01 13.00
            P5 GONE - 2026-06-01 17.00
        int_credits = company_id credit_amount unmatched_amount
            1 10.00 0.00
            2 27.00 0.00
            - 28.00 0.00
        int_accounts = company_id account_rank credit_amount shared_credit_amount
            1 1 38.00 28.00
            2 2 27.00 28.00
    ",
    );
}

/// What names no company is counted once, and seen from every account in its currency.
#[test]
fn shared_credit_is_seen_by_every_account_of_its_currency() {
    spec(
        "
        invoices: invoice_id company_id currency due_date amount
            I1 1 BRL 2026-06-20 100.00
            I2 2 BRL 2026-06-10 100.00
            I3 1 USD 2026-06-01 100.00
        payments: payment_id currency paid_on amount
            P1 BRL 2026-06-21 60.00
        int_accounts = company_id currency credit_amount shared_credit_amount
            1 BRL 0.00 60.00
            1 USD 0.00 0.00
            2 BRL 60.00 60.00
        debtors: debtor_id
            D1
        cnd_accounts = company_id currency credit_amount shared_credit_amount
            1 BRL 0.00 60.00
            1 USD 0.00 0.00
            2 BRL 60.00 60.00
    ",
    );
}

#[test]
fn who_holds_only_a_credit_has_an_account() {
    spec(
        "
        invoices: invoice_id debtor_id company_id currency due_date amount
            I1 D1 2 BRL 2026-06-10 100.00
            I2 D3 1 BRL 2026-06-10 100.00
        payments: payment_id debtor_id invoice_id company_id currency paid_on amount
            P1 D1 I1 2 BRL 2026-06-10 130.00
            P2 D2 - - USD 2026-06-10 20.00
            P3 D3 I2 1 BRL 2026-06-10 50.00
            P4 D3 - 2 BRL 2026-06-10 5.00
            P5 D4 GONE - BRL 2026-06-10 5.00
        debtors: debtor_id
            D1
            D2
            D3
        int_accounts = group_key debtor_id company_id currency open_items account_rank credit_amount shared_credit_amount
            1 D1 2 BRL 0 1 30.00 0.00
            2 D2 1 USD 0 1 20.00 20.00
            3 D3 1 BRL 1 1 0.00 0.00
            3 D3 2 BRL 0 2 5.00 0.00
        cnd_accounts == debtor_id company_id credit_amount episode_start items_due
            D1 2 30.00 2026-06-30 1
            D2 1 20.00 2026-06-30 0
            D3 1 0.00 2026-06-10 1
            D3 2 5.00 2026-06-30 0
    ",
    );
}

#[test]
fn who_is_held_has_an_account_though_it_owes_nothing() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-10
        debtors: debtor_id legal_name
            D1 Acme
            D2 Bolt
        payments: payment_id debtor_id paid_on amount
            P1 D4 2026-06-10 5.00
        held_debtors: debtor_id
            D1
            D2
            D3
            D4
        int_accounts = group_key debtor_id company_id currency open_items credit_amount
            1 D1 1 BRL 1 0.00
            2 D2 1 BRL 0 0.00
            3 D3 1 BRL 0 0.00
            4 D4 1 BRL 0 5.00
        cnd_debtors == group_key debtor_id legal_name is_held
            1 D1 Acme true
            2 D2 Bolt true
            3 D3 - true
            4 D4 - true
    ",
    );
}

#[test]
fn a_credit_note_in_another_currency_than_its_invoice_is_a_credit_of_its_own() {
    spec(
        "
        invoices: invoice_id document_type original_invoice_id currency due_date amount
            I1 invoice - BRL 2026-06-10 100.00
            N1 credit_note I1 USD 2026-06-12 7.00
        int_items = invoice_id open_amount
            I1 100.00
        int_credits = company_id currency credit_amount unmatched_amount
            1 USD 7.00 0.00
    ",
    );
}

#[test]
fn payments_to_one_company_are_no_history_with_another() {
    spec(
        "
        invoices: invoice_id company_id due_date amount
            I1 1 2026-05-20 100.00
            I2 2 2026-06-20 100.00
            I3 1 2026-06-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-20 100.00
        payments: payment_id invoice_id company_id paid_on amount
            P2 - - 2026-05-01 30.00
        int_profiles = company_id last_payment_on largest_payment
            2 2026-05-01 30.00
            1 2026-05-20 100.00
        payments: payment_id invoice_id paid_on amount
            P3 I2 2026-05-25 10.00
        int_profiles = company_id last_payment_on largest_payment
            1 2026-05-20 100.00
            2 2026-05-25 30.00
    ",
    );
}

#[test]
fn what_was_paid_on_fine_and_interest_goes_to_its_company() {
    spec(
        "
        invoices: invoice_id company_id due_date amount
            1001 1 2026-03-10 100.00
            1001 2 2026-03-20 100.00
        payments: payment_id invoice_id company_id paid_on amount kind
            C1 1001 2 2026-04-01 2.00 charges
            C2 - 2 2026-04-01 3.00 charges
            C3 - - 2026-04-01 4.00 charges
        cnd_charges_paid = company_id invoice_id paid_amount
            2 1001 2.00
            2 - 3.00
            1 - 4.00
    ",
    );
}

#[test]
fn a_promise_to_one_company_is_kept_by_payments_to_it() {
    spec(
        "
        invoices: invoice_id company_id due_date amount
            I1 1 2026-05-20 100.00
            I2 2 2026-05-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-05 100.00
        promises: promise_id company_id promised_on pay_by amount
            M1 1 2026-06-01 2026-06-10 100.00
            M2 2 2026-06-01 2026-06-10 100.00
            M3 - 2026-06-01 2026-06-10 100.00
            M4 1 2026-06-01 2026-06-10 -
            M5 2 2026-06-01 2026-06-10 -
            M6 - 2026-06-01 2026-06-10 -
        int_promises = promise_id state
            M1 kept
            M2 broken
            M3 kept
            M4 kept
            M5 broken
            M6 broken
        int_items_aged = company_id promise_broken
            2 true
    ",
    );
    // Broken towards one company, it is no reason to be stern in the name of another.
    spec(
        "
        invoices: invoice_id company_id due_date
            I1 1 2026-05-20
            I2 2 2026-05-20
        promises: promise_id company_id promised_on pay_by
            M1 2 2026-06-01 2026-06-10
        int_items_aged = company_id promise_broken
            1 false
            2 true
    ",
    );
}
