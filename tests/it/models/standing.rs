//! Standing: how old an item is, what speaks for leaving it alone, and what became of promises, placements and listings.

use chrono::{Days, NaiveDate};

use crate::spec::spec;

/// Days past due, and the name of the bucket that they fall in.
const EDGES: [(i64, &str); 17] = [
    (-400, "not_due"),
    (-1, "not_due"),
    (0, "not_due"),
    (1, "1-30"),
    (30, "1-30"),
    (31, "31-60"),
    (60, "31-60"),
    (61, "61-90"),
    (90, "61-90"),
    (91, "91-120"),
    (120, "91-120"),
    (121, "121-180"),
    (180, "121-180"),
    (181, "181-360"),
    (360, "181-360"),
    (361, "over_360"),
    (9_000, "over_360"),
];

#[test]
fn days_past_due_and_buckets_at_their_edges() {
    let as_of = NaiveDate::from_ymd_opt(2026, 6, 30).expect("a date");
    let due = |days: i64| match u64::try_from(days) {
        Ok(days) => as_of - Days::new(days),
        Err(_) => as_of + Days::new(days.unsigned_abs()),
    };
    let invoice = |(days, _): &(i64, &str)| format!("I{days} 1990-01-01 {}", due(*days));
    let aged = |(days, bucket): &(i64, &str)| format!("I{days} {days} {bucket}");
    let invoices = EDGES.iter().map(invoice).collect::<Vec<_>>().join("\n");
    let expected = EDGES.iter().map(aged).collect::<Vec<_>>().join("\n");
    spec(&format!(
        "invoices: invoice_id issue_date due_date\n{invoices}\nint_items_aged = invoice_id days_past_due bucket\n{expected}"
    ));
}

#[test]
fn disputes_are_open_from_their_first_day_until_the_day_they_are_closed() {
    spec(
        "
        disputes: dispute_id invoice_id kind opened_on closed_on
            X1 I1 dispute 2026-06-10 2026-06-20
            X2 - goods_return 2026-06-12 -
        as of 2026-06-09
        stg_disputes = dispute_id
        as of 2026-06-10
        stg_disputes = dispute_id invoice_id kind
            X1 I1 dispute
        as of 2026-06-19
        stg_disputes = dispute_id invoice_id kind
            X1 I1 dispute
            X2 - goods_return
        as of 2026-06-20
        stg_disputes = dispute_id
            X2
    ",
    );
}

#[test]
fn promises_are_pending_through_their_grace_and_past_the_day_after() {
    spec(
        "
        promises: promise_id promised_on pay_by
            M1 2026-06-10 2026-06-20
        as of 2026-06-09
        stg_promises = promise_id
        as of 2026-06-10
        stg_promises = promise_id is_pending
            M1 true
        as of 2026-06-22
        stg_promises = promise_id is_pending
            M1 true
        as of 2026-06-23
        stg_promises = promise_id is_pending
            M1 false
    ",
    );
}

#[test]
fn a_promise_of_an_amount_is_kept_by_payments_of_that_amount_in_time() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
            I2 2026-05-20 100.00
        promises: promise_id invoice_id promised_on pay_by amount
            M1 I1 2026-06-01 2026-06-10 50.00
            M2 I2 2026-06-01 2026-06-10 50.00
            M3 - 2026-06-01 2026-06-10 60.00
            M4 - 2026-06-01 2026-06-10 65.01
            M5 I1 2026-06-03 2026-06-10 50.00
            M6 I1 2026-06-01 2026-06-29 99.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-02 20.00
            P2 I1 2026-06-12 30.00
            P3 I2 2026-06-01 10.00
            P4 I2 2026-06-13 90.00
        int_promises = promise_id state
            M1 kept
            M2 broken
            M3 kept
            M4 broken
            M5 broken
            M6 pending
    ",
    );
}

#[test]
fn a_promise_without_an_amount_is_kept_when_all_that_was_due_is_paid_in_time() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-05-01 2026-05-20 100.00
            I2 2026-05-01 2026-05-21 100.00
            I3 2026-06-02 2026-06-05 100.00
            I4 2026-05-01 2026-07-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-12 100.00
            P2 I2 2026-06-13 100.00
        promises: promise_id invoice_id promised_on pay_by
            M1 I1 2026-06-01 2026-06-10
            M2 I2 2026-06-01 2026-06-10
            M3 I2 2026-06-01 2026-06-11
            M4 - 2026-06-01 2026-06-10
            M5 - 2026-06-01 2026-06-11
        int_promises = promise_id state
            M1 kept
            M2 broken
            M3 kept
            M4 broken
            M5 kept
    ",
    );
}

#[test]
fn a_promise_is_broken_by_a_payment_that_bounced() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
        promises: promise_id promised_on pay_by amount
            M1 2026-06-01 2026-06-10 100.00
        payments: payment_id invoice_id reverses paid_on amount
            P1 I1 - 2026-06-09 100.00
            R1 I1 P1 2026-06-20 -100.00
        int_promises = promise_id state
            M1 broken
    ",
    );
}

#[test]
fn an_item_is_with_an_agency_until_it_is_recalled() {
    spec(
        "
        placements: placement_id invoice_id agency_id placed_on recalled_on
            L1 I1 A 2026-06-10 2026-06-20
            L2 - B 2026-06-15 -
        as of 2026-06-09
        stg_placements = placement_id
        as of 2026-06-19
        stg_placements = placement_id invoice_id agency_id
            L1 I1 A
            L2 - B
        as of 2026-06-20
        stg_placements = placement_id
            L2
    ",
    );
}

#[test]
fn an_item_is_listed_from_its_inclusion_until_its_removal() {
    spec(
        "
        listings: listing_id invoice_id kind bureau included_on removed_on
            L1 I1 negativacao serasa 2026-06-10 2026-06-20
            L2 I1 protesto cartorio - -
        as of 2026-06-09
        stg_listings = listing_id
        as of 2026-06-10
        stg_listings = listing_id kind bureau included_on
            L1 negativacao serasa 2026-06-10
        as of 2026-06-20
        stg_listings = listing_id
    ",
    );
}

#[test]
fn flags_by_item_invoice_and_debtor() {
    spec("
        invoices: invoice_id installment_no due_date
            I1 1 2026-06-20
            I2 1 2026-06-20
            I3 2 2026-06-20
            I4 1 2026-06-20
            I5 1 2026-06-20
        disputes: dispute_id invoice_id kind opened_on
            X1 I1 dispute 2026-06-10
            X2 I2 goods_return 2026-06-10
        promises: promise_id invoice_id promised_on pay_by
            M1 I1 2026-06-10 2026-06-21
            M2 I1 2026-06-10 2026-06-25
            M3 I1 2026-06-10 2026-06-28
        agreements: agreement_id due_date amount
            G1 2026-07-20 50.00
            G2 2026-06-20 50.00
        agreement_items: agreement_id invoice_id installment_no
            G1 I3 2
            G2 I4 -
            G1 I5 2
        placements: placement_id invoice_id agency_id placed_on
            L1 I1 B 2026-06-10
            L2 I1 A 2026-06-10
        listings: listing_id invoice_id installment_no kind bureau included_on
            N1 I1 - negativacao serasa 2026-06-10
            N2 I2 1 protesto cartorio 2026-06-10
        int_item_flags = invoice_id installment_no promise_pending promise_broken_by is_disputed is_returned in_kept_agreement agreement_broken agency_id is_listed
             I1 0 true 2026-06-25 true false false false A true
             I2 0 false - false true false false - false
             I2 1 false - false false false false - true
             I3 2 false - false false true false - false
             I4 0 false - false false false true - false
             I5 0 false - false false true false - false
    ");
}

#[test]
fn an_item_bears_the_flags_of_its_instalment_its_invoice_and_its_debtor() {
    spec("
        invoices: invoice_id debtor_id installment_no due_date
            I1 D1 1 2026-05-20
            I1 D1 2 2026-06-20
            I2 D1 1 2026-06-20
            I3 D2 1 2026-06-20
        disputes: dispute_id debtor_id invoice_id kind opened_on
            X1 D1 I1 dispute 2026-06-10
            X2 D2 - goods_return 2026-06-10
        agreements: agreement_id due_date amount
            G1 2026-07-20 50.00
        agreement_items: agreement_id invoice_id installment_no
            G1 I1 2
        promises: promise_id debtor_id promised_on pay_by
            M1 D2 2026-06-10 2026-06-28
        placements: placement_id debtor_id invoice_id agency_id placed_on
            L1 D1 - A 2026-06-10
            L2 D1 I2 B 2026-06-10
        listings: listing_id invoice_id installment_no kind bureau included_on
            N1 I1 1 negativacao serasa 2026-06-10
        int_items_aged = invoice_id installment_no is_disputed is_returned in_kept_agreement promise_pending agency_id is_listed
            I1 1 true false false false A true
            I1 2 true false true false A false
            I2 1 false false false false B false
            I3 1 false true false true - false
    ");
}

#[test]
fn of_two_promises_the_later_holds_the_item() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-05-20
            I2 D1 2026-05-20
        promises: promise_id debtor_id invoice_id promised_on pay_by
            M1 D1 - 2026-06-20 2026-07-01
            M2 D1 I1 2026-06-20 2026-07-05
            M3 D1 I1 2026-06-20 2026-07-03
            M4 D1 I2 2026-05-20 2026-06-01
        int_items_aged = invoice_id promise_pending promise_until
            I1 true 2026-07-07
            I2 true 2026-07-03
        cnd_items == invoice_id promise_until
            I1 2026-07-07
            I2 2026-07-03
    ",
    );
}

#[test]
fn a_broken_promise_marks_what_was_due_by_it() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-05-20
            I2 D1 2026-06-10
            I3 D1 2026-06-11
            I4 D2 2026-05-20
            I5 D2 2026-05-20
        promises: promise_id debtor_id invoice_id promised_on pay_by
            M1 D1 - 2026-06-01 2026-06-10
            M2 D2 I4 2026-06-01 2026-06-10
        as of 2026-06-12
        int_items_aged = invoice_id promise_pending promise_until promise_broken
            I1 true 2026-06-12 false
            I2 true 2026-06-12 false
            I3 true 2026-06-12 false
            I4 true 2026-06-12 false
            I5 false - false
        as of 2026-06-13
        int_items_aged = invoice_id promise_pending promise_broken
            I1 false true
            I2 false true
            I3 false false
            I4 false true
            I5 false false
        int_accounts = debtor_id promise_broken agreement_broken
            D1 true false
            D2 true false
    ",
    );
}

#[test]
fn a_kept_promise_of_a_part_does_not_mark_the_rest_as_broken() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
        promises: promise_id promised_on pay_by amount
            M1 2026-06-01 2026-06-10 60.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-10 60.00
        int_items_aged = open_amount promise_broken
            40.00 false
        int_profiles = broken_promises
            0
    ",
    );
}
