//! How debtors answer, what agreements they broke, how long they are customers, and which segment they come from.

use crate::spec::spec;

#[test]
fn a_contact_has_reached_bounced_or_says_nothing() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: action_id channel occurred_at status
            A1 email 2026-06-01T10:00:00 queued
            A1 email 2026-06-01T10:05:00 sent
            A2 email 2026-06-02T10:00:00 queued
            A3 email 2026-06-03T10:00:00 sent
            A3 email 2026-06-03T10:01:00 bounced
            A4 sms 2026-06-04T10:00:00 sent
            A4 sms 2026-06-04T11:00:00 failed
            A5 phone 2026-06-05T10:00:00 no_answer
            A6 phone 2026-06-06T10:00:00 answered
            A6 phone 2026-06-06T10:05:00 promised
            A7 whatsapp 2026-06-07T10:00:00 read
            A8 letter 2026-06-08T10:00:00 bounced
            A8 letter 2026-06-09T10:00:00 delivered
            A9 letter 2026-06-10T10:00:00 opted_out
        int_asked = channel has_reached has_bounced answered_at
            email true false -
            email false true -
            sms false false -
            phone true false -
            phone true false 2026-06-06T10:00:00Z
            whatsapp true false -
            letter true false -
            letter true false -
        int_answers = debtor_id channel contacts answered bounced
            D1 email 1 0 1
            D1 sms 0 0 0
            D1 phone 2 1 0
            D1 whatsapp 1 0 0
            D1 letter 2 0 0
    ",
    );
}

#[test]
fn an_answer_counts_once_for_its_action_however_late_it_comes() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: action_id direction channel occurred_at status
            A1 outbound email 2026-06-01T10:00:00 sent
            A1 inbound email 2026-06-04T15:00:00 replied
            A1 inbound email 2026-06-05T16:00:00 disputed
        int_answers = channel contacts answered
            email 1 1
        cnd_answer_times == debtor_id answered_at
            D1 2026-06-04T15:00:00Z
    ",
    );
}

/// Whoever answers an action has got it, though no event of its sending is in the log.
#[test]
fn an_answer_shows_that_its_action_went_out() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: action_id direction channel occurred_at status
            A1 inbound email 2026-06-04T15:00:00 replied
            - inbound sms 2026-06-05T15:00:00 replied
        int_answers = channel contacts answered
            email 1 1
            sms 0 0
    ",
    );
}

/// Without an action_id each day of a channel is one contact, and answers are never more than contacts.
#[test]
fn contacts_that_name_no_action_count_by_their_day() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: direction channel occurred_at status
            outbound whatsapp 2026-06-01T10:00:00 sent
            outbound whatsapp 2026-06-01T12:00:00 delivered
            outbound whatsapp 2026-06-08T10:00:00 sent
            inbound whatsapp 2026-06-09T09:00:00 replied
            outbound sms 2026-06-01T10:00:00 sent
            inbound sms 2026-06-02T10:00:00 replied
            inbound sms 2026-06-03T10:00:00 replied
            inbound email 2026-06-03T10:00:00 replied
        int_answers = channel contacts answered
            whatsapp 2 1
            sms 1 1
            email 0 0
    ",
    );
}

#[test]
fn answers_are_of_the_window_whether_or_not_anything_is_owed_still() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-20
        debtors: debtor_id
            D1
            D2
        contact_log: debtor_id occurred_at status
            D1 2024-06-29T10:00:00 answered
            D1 2024-06-30T10:00:00 answered
            D1 2026-06-30T23:00:00 answered
            D1 2026-07-01T00:00:00 answered
            D2 2026-06-01T10:00:00 answered
        int_answers = debtor_id contacts answered
            D1 2 2
            D2 1 1
        cnd_answers == debtor_id channel contacts answered bounced
            D1 email 2 2 0
        cnd_answer_times == debtor_id answered_at
            D1 2024-06-30T10:00:00Z
            D1 2026-06-30T23:00:00Z
    ",
    );
}

#[test]
fn a_profile_has_the_answers_of_its_debtor_on_all_channels() {
    spec(
        "
        invoices: invoice_id debtor_id company_id due_date
            I1 D1 1 2026-06-20
            I2 D1 2 2026-06-20
            I3 D2 1 2026-06-20
        int_answers: debtor_id channel contacts answered bounced
            D1 email 3 1 2
            D1 sms 1 0 1
            D2 sms 0 0 4
        int_profiles = debtor_id company_id contacts answer_ratio bounces
            D1 1 4 0.25 3
            D1 2 4 0.25 3
            D2 1 0 - 4
    ",
    );
}

#[test]
fn days_since_the_last_payment() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-20
            I2 D2 2026-06-20
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-05-31 10.00
            P2 D1 I1 2026-06-13 10.00
        int_profiles = debtor_id last_payment_on last_payment_days
            D1 2026-06-13 17
            D2 - -
    ",
    );
}

/// Two days of grace, as for promises.
#[test]
fn an_agreement_is_broken_by_an_instalment_that_is_late_while_it_stands() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        agreements: debtor_id agreement_id installment_no due_date paid_on cancelled_on
            D1 late 1 2026-06-27 - -
            D2 in_grace 1 2026-06-28 - -
            D3 paid_late 1 2026-06-01 2026-06-20 -
            D4 paid_tomorrow 1 2026-06-01 2026-07-01 -
            D5 twice_late 1 2026-05-01 - -
            D5 twice_late 2 2026-06-01 - -
            D5 another 1 2026-05-01 - -
            D6 broken_then_cancelled 1 2026-05-01 - 2026-05-04
            D7 cancelled_in_grace 1 2026-05-01 - 2026-05-03
            D8 paid_after_the_end 1 2026-05-01 2026-05-10 2026-05-04
            D9 cancelled_tomorrow 1 2026-05-01 - 2026-07-01
            D10 before_the_window 1 2024-06-29 - -
            D11 first_of_the_window 1 2024-06-30 - -
            D12 replaced 1 2026-05-01 - 2026-05-20
            D12 replaced 2 2026-07-20 - -
            D13 replaced_and_paid 1 2026-05-01 - 2026-05-20
            D13 replaced_and_paid 2 2026-06-01 2026-06-01 -
            D14 given_up_after_one 1 2026-05-01 2026-05-01 -
            D14 given_up_after_one 2 2026-06-01 - 2026-06-20
        int_broken_agreements = debtor_id broken_agreements
            D1 1
            D4 1
            D5 2
            D6 1
            D8 1
            D9 1
            D11 1
            D14 1
        int_profiles = debtor_id broken_agreements
            D1 1
    ",
    );
}

#[test]
fn months_as_a_customer_are_whole_calendar_months() {
    for (as_of, since, months) in [
        ("2026-06-30", "2026-06-30", "0"),
        ("2026-06-30", "2026-06-01", "0"),
        ("2026-06-30", "2026-05-30", "1"),
        ("2026-06-30", "2026-05-31", "1"), // June has no 31st: its last day is the whole month
        ("2026-06-29", "2026-05-30", "0"),
        ("2026-07-30", "2026-05-31", "1"),
        ("2026-07-31", "2026-05-31", "2"),
        ("2026-02-28", "2026-01-31", "1"),
        ("2028-02-28", "2028-01-29", "0"),
        ("2028-02-29", "2028-01-31", "1"),
        ("2026-01-01", "2025-12-31", "0"),
        ("2026-01-31", "2025-12-31", "1"),
        ("2026-06-30", "2023-06-30", "36"),
        ("2026-06-30", "2023-07-01", "35"),
        ("2026-06-30", "2026-07-01", "-"), // not a customer yet
        ("2026-06-30", "-", "-"),
    ] {
        spec(&format!(
            "
            as of {as_of}
            invoices: invoice_id issue_date due_date
                I1 2020-01-01 2020-02-01
            debtors: debtor_id customer_since
                D1 {since}
            cnd_accounts = months_as_customer
                {months}
        "
        ));
    }
}

#[test]
fn an_account_knows_its_segment_of_the_last_run() {
    spec(
        "
        invoices: invoice_id debtor_id company_id due_date
            I1 D1 1 2026-06-20
            I2 D1 2 2026-06-20
        debtors: debtor_id
            D1
        positions: debtor_id company_id currency segment
            D1 1 BRL novo
            D1 2 USD pontual
        cnd_accounts = company_id previous_segment
            1 novo
            2 -
    ",
    );
}

#[test]
fn who_moved_who_came_and_who_went() {
    spec(
        "
        out_debtors: debtor_id company_id currency segment previous_segment open_amount
            D1 1 BRL recorrente pontual 100.00
            D2 1 BRL recorrente pontual 50.00
            D3 1 BRL pontual pontual 10.00
            D4 1 BRL novo - 5.00
            D4 1 USD novo - 7.00
        positions: debtor_id company_id currency segment
            D1 1 BRL pontual
            D2 1 BRL pontual
            D3 1 BRL pontual
            D5 1 BRL em_dia
            D4 2 BRL em_dia
        fct_segment_moves = company_id currency from_segment to_segment accounts open_amount
            1 BRL pontual recorrente 2 150.00
            1 BRL pontual pontual 1 10.00
            1 BRL - novo 1 5.00
            1 USD - novo 1 7.00
            1 BRL em_dia - 1 0.00
            2 BRL em_dia - 1 0.00
    ",
    );
    spec(
        "
        fct_segment_moves: company_id currency from_segment to_segment accounts open_amount
            1 BRL pontual recorrente 2 150.00
            1 BRL em_dia novo 1 5.00
        fct_segment_moves: company_id currency from_segment to_segment accounts open_amount
            1 BRL pontual recorrente 1 1.00
        fct_segment_moves: company_id currency from_segment to_segment accounts open_amount overdue_amount
            1 BRL pontual recorrente 0 0.00 7.00
        kpi_segment_moves = from_segment overdue_amount
            em_dia -
            pontual 7.00
        kpi_segment_moves == as_of_date company_id currency from_segment to_segment accounts open_amount
            2026-06-30 1 BRL em_dia novo 1 5.00
            2026-06-30 1 BRL pontual recorrente 3 151.00
    ",
    );
}

#[test]
fn answers_by_segment_and_channel() {
    spec(
        "
        out_debtors: debtor_id company_id currency segment
            D1 1 BRL novo
            D1 2 BRL pontual
            D2 1 BRL novo
            D3 1 BRL novo
        int_answers: debtor_id channel contacts answered bounced
            D1 email 4 1 1
            D2 email 4 2 0
            D2 sms 0 0 2
            D9 email 9 9 9
        fct_channels = company_id segment channel accounts contacts answered bounced
            1 novo email 2 8 3 1
            1 novo sms 1 0 0 2
            2 pontual email 1 4 1 1
    ",
    );
    spec(
        "
        fct_channels: company_id currency segment channel accounts contacts answered bounced
            1 BRL novo email 2 6 3 1
            1 BRL novo sms 1 0 0 2
        fct_channels: company_id currency segment channel accounts contacts answered bounced
            1 BRL novo email 1 2 1 0
        kpi_channels == as_of_date company_id currency segment channel accounts contacts answered bounced answer_rate
            2026-06-30 1 BRL novo email 3 8 4 1 0.5
            2026-06-30 1 BRL novo sms 1 0 0 2 -
    ",
    );
}

/// Of 30 June those up to 22 June have had their seven days. A payment of the day of the contact counts, one that bounced does not.
#[test]
fn a_contact_succeeds_by_a_payment_or_a_promise_within_its_days() {
    spec(
        "
        invoices: invoice_id debtor_id due_date amount
            I1 D1 2026-05-20 100.00
            I2 D2 2026-05-20 100.00
            I3 D3 2026-05-20 100.00
            I4 D4 2026-05-20 100.00
        payments: payment_id debtor_id invoice_id paid_on amount kind reverses
            P1 D1 I1 2026-06-08 10.00 payment -
            P2 D2 I2 2026-06-02 10.00 payment -
            R2 D2 I2 2026-06-04 10.00 chargeback P2
            C2 D2 I2 2026-06-03 10.00 credit_note -
        promises: promise_id debtor_id promised_on pay_by
            Q3 D3 2026-06-03 2026-07-20
        contact_log: action_id debtor_id channel occurred_at status
            A1 D1 email 2026-05-31T13:00:00 sent
            A2 D1 sms 2026-06-01T13:00:00 sent
            A2 D1 sms 2026-06-01T15:00:00 delivered
            A3 D1 email 2026-06-08T20:00:00 delivered
            A4 D1 email 2026-06-09T13:00:00 delivered
            A5 D1 email 2026-06-22T13:00:00 delivered
            A6 D1 email 2026-06-23T13:00:00 delivered
            A7 D1 sms 2026-06-01T18:00:00 failed
            A8 D2 email 2026-06-01T13:00:00 delivered
            A9 D3 whatsapp 2026-06-01T13:00:00 read
            A10 D4 phone 2026-06-10T13:00:00 answered
            A10 D4 phone 2026-06-10T13:05:00 promised
        int_responses = debtor_id channel contacted_at has_succeeded
            D1 email 2026-05-31T13:00:00Z false
            D1 sms 2026-06-01T13:00:00Z true
            D1 email 2026-06-08T20:00:00Z true
            D1 email 2026-06-09T13:00:00Z false
            D1 email 2026-06-22T13:00:00Z false
            D2 email 2026-06-01T13:00:00Z false
            D3 whatsapp 2026-06-01T13:00:00Z true
            D4 phone 2026-06-10T13:00:00Z true
        cnd_responses = debtor_id channel contacted_at has_succeeded
            D1 email 2026-05-31T13:00:00Z false
            D1 sms 2026-06-01T13:00:00Z true
            D1 email 2026-06-08T20:00:00Z true
            D1 email 2026-06-09T13:00:00Z false
            D1 email 2026-06-22T13:00:00Z false
            D2 email 2026-06-01T13:00:00Z false
            D3 whatsapp 2026-06-01T13:00:00Z true
            D4 phone 2026-06-10T13:00:00Z true
    ",
    );
}

/// Payments to another company than the one that wrote count for contacts that name none.
#[test]
fn a_contact_of_a_company_succeeds_by_what_is_paid_to_that_company() {
    spec(
        "
        invoices: invoice_id company_id due_date amount
            I1 1 2026-05-20 100.00
            I2 2 2026-05-20 100.00
        payments: payment_id company_id invoice_id paid_on amount
            P1 1 I1 2026-06-03 10.00
        contact_log: action_id company_id channel occurred_at status
            A1 1 email 2026-06-01T13:00:00 sent
            A2 2 email 2026-06-01T13:00:00 sent
            A3 - sms 2026-06-01T13:00:00 sent
            A4 - sms 2026-06-01T13:00:00 sent
        int_responses = company_id channel has_succeeded
            1 email true
            2 email false
            - sms true
    ",
    );
}

/// A call that nobody took in the morning has no part in what the one of the afternoon led to.
#[test]
fn the_hour_of_a_contact_is_that_of_the_one_that_was_taken() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: action_id direction channel occurred_at status
            - outbound phone 2026-06-04T12:00:00 failed
            - outbound phone 2026-06-04T19:00:00 answered
            - outbound phone 2026-06-05T12:00:00 failed
            A3 outbound email 2026-06-06T12:00:00 bounced
            A3 outbound email 2026-06-06T19:00:00 delivered
        int_asked = channel contacted_at has_reached
            phone 2026-06-04T19:00:00Z true
            phone 2026-06-05T12:00:00Z false
            email 2026-06-06T19:00:00Z true
    ",
    );
}

/// A server that takes a message may send it back hours later.
#[test]
fn what_comes_back_after_it_was_delivered_has_bounced() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: action_id direction channel occurred_at status
            A1 outbound email 2026-06-04T12:00:00 sent
            A1 outbound email 2026-06-04T12:00:05 delivered
            A1 outbound email 2026-06-04T15:00:00 bounced
            A2 outbound email 2026-06-05T12:00:00 bounced
            A2 outbound email 2026-06-05T13:00:00 delivered
            A3 outbound email 2026-06-06T12:00:00 read
            A3 outbound email 2026-06-06T13:00:00 bounced
            A4 outbound email 2026-06-07T12:00:00 delivered
            A4 inbound email 2026-06-07T12:30:00 replied
            A4 outbound email 2026-06-07T13:00:00 bounced
        int_asked = contacted_on has_reached has_bounced
            2026-06-04 false true
            2026-06-05 true false
            2026-06-06 false true
            2026-06-07 true false
        int_outreach = contacted_on has_reached is_delivered has_bounced
            2026-06-04 false false true
            2026-06-05 true true false
            2026-06-06 false false true
            2026-06-07 true true false
    ",
    );
}

/// What answers an action shows that it went out, but not when.
#[test]
fn a_contact_whose_time_is_not_known_says_nothing_of_hours() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: action_id direction channel occurred_at status
            A1 inbound email 2026-06-04T15:00:00 replied
            A2 outbound email 2026-06-04T16:00:00 sent
        int_asked = contacted_at contacted_on answered_at
            - - 2026-06-04T15:00:00Z
            2026-06-04T16:00:00Z 2026-06-04 -
        int_responses = contacted_at
            2026-06-04T16:00:00Z
    ",
    );
}
