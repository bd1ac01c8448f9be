//! Arrears episodes: since when an account has always owed something past its payable day.

use crate::spec::spec;

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
