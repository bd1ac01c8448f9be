//! Standing: how old an item is, what speaks for leaving it alone, and how the account has paid.

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
            M4 - 2026-06-01 2026-06-10 60.01
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
        invoices: invoice_id due_date
            I1 2026-06-20
            I2 2026-06-20
            I3 2026-06-20
            I4 2026-06-20
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

#[test]
fn a_profile_counts_what_fell_due_in_the_window_and_weighs_delays_by_amount() {
    spec("
        invoices: invoice_id issue_date due_date amount
            I1 2024-06-01 2024-06-29 900.00
            I2 2024-06-01 2024-06-30 100.00
            I3 2025-06-01 2025-06-30 300.00
            I4 2025-06-01 2025-07-30 100.00
            I5 2026-06-01 2026-06-29 100.00
            I6 2026-06-01 2026-06-30 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2025-06-29 900.00
            P2 I2 2024-06-30 100.00
            P3 I3 2025-07-10 300.00
            P4 I4 2025-08-19 100.00
        int_profiles = items_due paid_on_time paid_late late_ratio days_late_avg days_late_max last_payment_on largest_payment
            4 1 2 0.75 10.0 20 2025-08-19 900.00
    ");
}

#[test]
fn without_history_a_profile_is_null_and_not_zero() {
    spec("
        invoices: invoice_id due_date
            I1 2026-07-20
        int_profiles = items_due paid_on_time paid_late late_ratio days_late_avg days_late_max last_payment_on largest_payment broken_promises
            0 0 0 - - - - - 0
    ");
}

/// What earlier runs saw open and is gone was settled: on the day of its payment, else by the first run without it. What
/// may be an invoice that cannot be read is settled for nobody, and is not forgotten.
#[test]
fn of_open_items_only_the_profile_knows_what_earlier_runs_saw() {
    spec(
        "
        open items only
        invoices: debtor_id invoice_id due_date
            D1 I1 2026-06-20
            D2 I6 2026-06-20
        payments: debtor_id payment_id invoice_id paid_on amount
            D1 P2 I2 2026-06-10 40.00
            D1 P2 I2 2026-06-15 60.00
        held_debtors: debtor_id
            D2
        last_items: debtor_id invoice_id due_date payable_on original_amount
            D1 I1 2026-06-20 2026-06-20 100.00
            D1 I2 2026-06-10 2026-06-10 100.00
            D1 I3 2026-06-25 2026-06-25 300.00
            D1 I9 2020-06-25 2020-06-25 300.00
            D2 I7 2026-06-25 2026-06-25 100.00
        settled_items: debtor_id invoice_id due_date payable_on original_amount settled_on
            D1 I4 2026-05-10 2026-05-11 100.00 2026-05-11
            D1 I1 2026-06-20 2026-06-20 100.00 2026-06-27
        int_settled_items = debtor_id invoice_id settled_on
            D1 I2 2026-06-15
            D1 I3 2026-06-30
            D1 I4 2026-05-11
            D2 I7 -
        cnd_settled_items == debtor_id invoice_id settled_on
            D1 I2 2026-06-15
            D1 I3 2026-06-30
            D1 I4 2026-05-11
            D2 I7 -
        int_profiles = debtor_id items_due paid_on_time paid_late late_ratio days_late_avg days_late_max
            D1 4 1 2 0.75 4.0 5
            D2 1 0 0 - - -
    ",
    );
}

#[test]
fn of_an_export_of_all_nothing_is_settled_by_being_gone() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        last_items: debtor_id invoice_id due_date payable_on
            D1 I2 2026-06-10 2026-06-10
        int_settled_items = debtor_id
        int_profiles = items_due late_ratio
            1 1.0
    ",
    );
}

#[test]
fn open_items_alone_give_a_ratio_and_no_average() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        int_profiles = items_due late_ratio days_late_avg days_late_max
            1 1.0 - -
    ",
    );
}

#[test]
fn a_payment_that_bounced_shows_no_capacity_to_pay() {
    spec(
        "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
            I2 2026-05-20 900.00
        payments: payment_id invoice_id kind reverses paid_on amount
            P1 I1 payment - 2026-06-01 60.00
            P1 I2 payment - 2026-06-01 10.00
            P2 I2 payment - 2026-06-09 900.00
            R2 - chargeback P2 2026-06-12 900.00
            W3 I2 write_off - 2026-06-15 500.00
        int_payments = payment_id invoice_id paid_on amount
            P1 I1 2026-06-01 60.00
            P1 I2 2026-06-01 10.00
        int_profiles = last_payment_on largest_payment
            2026-06-01 70.00
    ",
    );
}

#[test]
fn broken_promises_count_in_the_window() {
    spec(
        "
        invoices: invoice_id issue_date due_date
            I1 2020-01-01 2020-05-20
        promises: promise_id promised_on pay_by
            M1 2024-06-29 2024-07-10
            M2 2024-06-30 2024-07-10
            M3 2026-06-01 2026-06-10
            M4 2026-06-01 2026-06-29
        int_profiles = broken_promises
            2
    ",
    );
}

#[test]
fn profiles_are_of_one_company_and_currency() {
    spec(
        "
        invoices: invoice_id company_id currency due_date amount
            I1 1 BRL 2026-05-20 100.00
            I2 1 BRL 2026-06-20 100.00
            I3 2 BRL 2026-06-20 100.00
            I4 1 USD 2026-06-20 100.00
        payments: payment_id invoice_id currency paid_on amount
            P1 I1 BRL 2026-05-20 100.00
            P2 I4 USD 2026-05-20 40.00
        int_profiles = company_id currency items_due paid_on_time largest_payment
            1 BRL 2 1 100.00
            1 USD 1 0 40.00
            2 BRL 1 0 -
    ",
    );
}

// Since when does the account owe something due, without a break?

#[test]
fn an_episode_starts_with_the_first_item_of_the_chain_though_it_is_paid() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-04-01
            I2 2026-04-20
            I3 2026-05-10
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-01 100.00
            P2 I2 2026-06-01 100.00
        as of 2026-04-15
        int_episodes = episode_start
            2026-04-01
        as of 2026-05-05
        int_episodes = episode_start
            2026-04-01
        as of 2026-06-30
        int_episodes = episode_start
            2026-04-01
    ",
    );
}

#[test]
fn an_account_that_was_clear_starts_a_new_episode() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-04-01
            I2 2026-04-20
            I3 2026-05-10
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-04-19 100.00
            P2 I2 2026-04-20 100.00
        int_episodes = episode_start
            2026-05-10
    ",
    );
}

/// On the due date itself nothing is late yet: the account was clear at the end of that day.
#[test]
fn settled_exactly_on_the_next_due_date_ends_the_episode_and_a_day_later_does_not() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-04-01
            I2 D1 2026-05-10
            I3 D2 2026-04-01
            I4 D2 2026-05-10
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-05-10 100.00
            P3 D2 I3 2026-05-11 100.00
        int_episodes = debtor_id episode_start
            D1 2026-05-10
            D2 2026-04-01
    ",
    );
}

#[test]
fn a_long_open_item_carries_the_episode_over_everything_after_it() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-01-01
            I2 2026-04-01
            I3 2026-05-10
        payments: payment_id invoice_id paid_on amount
            P2 I2 2026-04-05 100.00
        int_episodes = episode_start
            2026-01-01
    ",
    );
}

#[test]
fn a_reversed_payment_brings_the_old_episode_back() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-04-01
            I2 2026-05-10
        payments: payment_id invoice_id reverses paid_on amount
            P1 I1 - 2026-04-05 100.00
            R1 I1 P1 2026-06-05 100.00
        as of 2026-06-04
        int_episodes = episode_start
            2026-05-10
        as of 2026-06-05
        int_episodes = episode_start
            2026-04-01
    ",
    );
}

#[test]
fn an_account_without_arrears_starts_with_its_earliest_open_due_date() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-04-01
            I2 2026-06-30
            I3 2026-07-10
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-04-05 100.00
        int_episodes = episode_start
            2026-06-30
    ",
    );
}

#[test]
fn episodes_are_of_one_account() {
    spec(
        "
        invoices: invoice_id company_id currency due_date
            I1 1 BRL 2026-01-01
            I2 2 BRL 2026-05-10
            I3 1 USD 2026-06-10
        int_episodes = company_id currency episode_start
            1 BRL 2026-01-01
            1 USD 2026-06-10
            2 BRL 2026-05-10
    ",
    );
}
