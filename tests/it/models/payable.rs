//! The payable day: what is due on a Saturday and paid on the Monday is paid in time, in every table.

use crate::spec::spec;

/// Due on Saturday 20 June, payable on Monday the 22nd: overdue on Tuesday, and then counted from the Saturday.
#[test]
fn nothing_is_past_due_before_its_payable_day_is_over() {
    spec(
        "
        invoices: invoice_id due_date payable_on
            I1 2026-06-20 2026-06-22
        as of 2026-06-18
        int_items_aged = payable_on days_past_due bucket
            2026-06-22 -2 not_due
        as of 2026-06-20
        int_items_aged = days_past_due bucket
            0 not_due
        as of 2026-06-22
        int_items_aged = days_past_due bucket
            0 not_due
        as of 2026-06-23
        int_items_aged = days_past_due bucket
            3 1-30
        cnd_items = payable_on days_past_due
            2026-06-22 3
    ",
    );
}

#[test]
fn paid_by_the_payable_day_is_in_time_and_has_no_days_late() {
    spec(
        "
        invoices: invoice_id due_date payable_on amount
            I1 2026-05-02 2026-05-04 100.00
            I2 2026-05-09 2026-05-11 100.00
            I3 2026-05-16 2026-05-18 100.00
            I4 2026-06-27 2026-06-29 100.00
            I5 2026-06-28 2026-06-30 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-04 100.00
            P2 I2 2026-05-12 100.00
        int_profiles = items_due paid_on_time paid_late late_ratio days_late_avg days_late_max
            4 1 1 0.75 1.5 3
    ",
    );
}

/// Paid on the Monday, the account never owed anything late: its episode begins with the next item.
#[test]
fn an_item_paid_by_its_payable_day_is_in_no_episode() {
    spec(
        "
        invoices: invoice_id debtor_id due_date payable_on
            I1 D1 2026-05-02 2026-05-04
            I2 D1 2026-06-10 2026-06-10
            J1 D2 2026-05-02 2026-05-04
            J2 D2 2026-05-09 2026-05-11
            K1 D3 2026-06-27 2026-06-30
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-05-04 100.00
            P2 D2 J1 2026-05-11 100.00
        int_episodes = debtor_id episode_start
            D1 2026-06-10
            D2 2026-05-09
            D3 2026-06-27
        cnd_late_payments = invoice_id
    ",
    );
}

/// On the payable day of the next item nothing of it is late: the account was clear at the end of that day.
#[test]
fn an_episode_goes_on_only_past_the_payable_day_of_the_next_item() {
    spec(
        "
        invoices: invoice_id due_date payable_on
            I1 2026-05-02 2026-05-04
            I2 2026-05-09 2026-05-11
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-12 100.00
        int_episodes = episode_start
            2026-05-02
    ",
    );
}

#[test]
fn charges_are_left_on_nothing_that_was_paid_by_its_payable_day() {
    spec(
        "
        invoices: invoice_id due_date payable_on amount
            I0 2026-05-01 2026-05-01 10.00
            I1 2026-05-02 2026-05-04 100.00
            I2 2026-05-09 2026-05-11 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-05-04 100.00
            P2 I2 2026-05-11 40.00
            P3 I2 2026-05-12 60.00
        cnd_late_payments == invoice_id due_date payable_on paid_on principal_amount
            I2 2026-05-09 2026-05-11 2026-05-11 40.00
            I2 2026-05-09 2026-05-11 2026-05-12 60.00
    ",
    );
}

#[test]
fn who_paid_by_the_payable_day_is_not_thanked_for_being_late() {
    spec(
        "
        invoices: invoice_id debtor_id due_date payable_on
            I1 D1 2026-06-27 2026-06-29
            I2 D2 2026-06-27 2026-06-29
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-29 100.00
            P2 D2 I2 2026-06-30 100.00
        debtors: debtor_id
            D1
            D2
        int_ended_episodes = debtor_id episode_start ended_on
            D2 2026-06-27 2026-06-30
        cnd_paid_items = debtor_id invoice_id due_date payable_on
            D2 I2 2026-06-27 2026-06-29
    ",
    );
}

/// Carnival: due on Saturday 14 February, payable on Ash Wednesday the 18th, with two business days of grace.
#[test]
fn agreements_and_promises_hold_through_their_payable_day_and_grace() {
    spec(
        "
        agreements: agreement_id due_date kept_until amount
            G1 2026-02-14 2026-02-20 50.00
        promises: promise_id promised_on pay_by kept_until
            M1 2026-02-02 2026-02-14 2026-02-20
        as of 2026-02-20
        stg_agreements = agreement_id is_kept
            G1 true
        stg_promises = promise_id is_pending last_day
            M1 true 2026-02-20
        int_broken_agreements = debtor_id
        as of 2026-02-21
        stg_agreements = agreement_id is_kept
            G1 false
        stg_promises = promise_id is_pending
            M1 false
        int_broken_agreements = debtor_id broken_agreements
            D1 1
    ",
    );
}

/// All that a debtor owes is placed: what was paid by its payable day was never late.
#[test]
fn a_placement_is_about_nothing_that_was_paid_by_its_payable_day() {
    spec(
        "
        invoices: invoice_id due_date payable_on
            I1 2026-06-13 2026-06-15
            I2 2026-06-20 2026-06-22
            I3 2026-06-27 2026-06-30
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-15 100.00
            P2 I2 2026-06-23 100.00
        placements: placement_id agency_id placed_on
            K1 A 2026-06-10
        int_placement_items = placement_id invoice_id payable_on done_on is_paid
            K1 I2 2026-06-22 2026-06-23 true
    ",
    );
}
