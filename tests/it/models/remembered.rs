//! What is remembered of all that was ever published.

use crate::spec::spec;

/// The last that named what is open, and all that hangs together with it.
#[test]
fn what_still_matters() {
    spec(
        "as of 2026-12-31
        invoices: invoice_id issue_date due_date
            I1 2026-11-01 2026-12-01
        actions: action_id step_id occurrence cycle_id published_on needed_on
            A1 d+1 1 C0 2026-02-01 2026-03-01
            A2 d+1 1 C1 2026-05-01 2026-05-20
            A3 d+1 2 C1 2026-05-10 2026-05-20
            A4 d+5 1 C1 2026-05-15 2026-05-20
            A5 d+9 1 C1 2026-05-20 2026-05-20
            A6 d+1 1 C2 2026-06-01 2026-11-01
            A7 d+1 1 C3 2026-12-02 2026-12-02
            A8 d+1 1 C4 2026-02-01 2026-03-01
            A9 d+1 1 duty-1 2026-02-01 2026-03-01
        action_items: action_id invoice_id installment_no
            A4 I1 1
            A5 I0 1
        contact_log: event_id action_id occurred_at direction status
            E1 A8 2026-02-01T12:00:00Z outbound delivered
        cnd_remembered = action_id is_remembered needed_on
            A1 false 2026-03-01
            A2 false 2026-05-20
            A3 true 2026-12-31
            A4 true 2026-12-31
            A5 true 2026-12-31
            A6 true 2026-11-01
            A7 true 2026-12-31
            A8 true 2026-03-01
            A9 false 2026-03-01
        listings: listing_id invoice_id kind included_on
            L1 I0 negativacao 2026-01-01
        cnd_remembered = action_id is_remembered needed_on
            A1 false 2026-03-01
            A2 false 2026-05-20
            A3 true 2026-12-31
            A4 true 2026-12-31
            A5 true 2026-12-31
            A6 true 2026-11-01
            A7 true 2026-12-31
            A8 true 2026-03-01
            A9 true 2026-12-31",
    );
}

/// So many of its contacts are counted as a step may be repeated: none of them is lost to the count. In other states it is
/// another matter: what failed does not hide what was sent before it.
#[test]
fn of_a_cycle_that_goes_on_the_last_of_every_step_in_each_state() {
    spec(
        "as of 2026-12-31
        invoices: invoice_id issue_date due_date
            I1 2026-01-01 2026-02-01
            I2 2026-01-01 2026-12-01
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-12-15 100.00
        actions: action_id step_id occurrence cycle_id published_on needed_on
            A1 d+1 1 C1 2026-02-02 2026-02-02
            A2 d+1 2 C1 2026-03-02 2026-03-02
            A3 d+1 3 C1 2026-03-09 2026-03-09
            A4 d+5 1 C1 2026-01-15 2026-01-15
        contact_log: event_id action_id occurred_at direction status
            E1 A2 2026-03-02T12:00:00Z outbound delivered
        cnd_remembered = action_id is_remembered needed_on
            A1 false 2026-02-02
            A2 true 2026-12-31
            A3 true 2026-12-31
            A4 true 2026-12-31",
    );
}
