//! Habits: how an account has paid, as the model of payment looks at it.

use crate::spec::spec;

#[test]
fn a_bill_ends_when_nothing_is_asked_of_it_and_is_paid_if_most_of_it_was() {
    spec(
        "
        invoices: invoice_id due_date payable_on amount
            I1 2026-05-02 2026-05-04 100.00
            I2 2026-05-10 2026-05-10 100.00
            I3 2026-05-20 2026-05-20 100.00
            I4 2026-06-20 2026-06-20 100.00
            I5 2026-06-21 2026-06-21 100.00
        payments: payment_id invoice_id paid_on amount kind
            P1 I1 2026-05-04 100.00 payment
            P2 I2 2026-05-15 40.00 payment
            P3 I2 2026-05-16 60.00 write_off
            P4 I3 2026-05-21 60.00 payment
            P5 I3 2026-05-25 40.00 credit_note
            P6 I4 2026-06-21 60.00 payment
            P7 I5 2026-06-22 99.99 payment
        int_bills = payable_on amount ended_on is_paid
            2026-05-04 100.00 2026-05-04 true
            2026-05-10 100.00 2026-05-16 false
            2026-05-20 100.00 2026-05-21 true
            2026-06-20 100.00 - -
            2026-06-21 100.00 2026-06-22 true
    ",
    );
}

/// Paid on the payable day is in time; what was written off says nothing; the bill that is open is overdue since the 20th.
#[test]
fn habits_count_days_from_the_payable_day() {
    spec(
        "
        invoices: debtor_id invoice_id issue_date due_date payable_on amount
            D1 I1 2026-04-02 2026-05-02 2026-05-04 1.00
            D1 I2 2026-04-10 2026-05-10 2026-05-10 2.00
            D1 I3 2026-04-20 2026-05-20 2026-05-20 4.00
            D1 I4 2026-05-20 2026-06-20 2026-06-20 100.00
            D1 I5 2026-06-20 2026-07-20 2026-07-20 100.00
            D2 J1 2026-06-01 2026-07-01 2026-07-01 100.00
        payments: debtor_id payment_id invoice_id paid_on amount kind
            D1 P1 I1 2026-05-04 1.00 payment
            D1 P2 I2 2026-06-10 2.00 payment
            D1 P3 I3 2026-05-25 4.00 write_off
        cnd_habits = debtor_id paid delays delay_squares days_late late late_15 late_30 recent recent_delays recent_late open overdue overdue_15 overdue_30 oldest_payable_on second_payable_on
            D1 2 31 961 31 1 1 1 2 31 1 2 1 0 0 2026-06-20 2026-07-20
            D2 0 0 0 0 0 0 0 0 0 0 1 0 0 0 2026-07-01 -
        int_habits = paid sizes
            2 14464
            0 0
    ",
    );
}
