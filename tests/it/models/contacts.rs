//! Contacts: what was published or logged, what became of it, and what it taught about an address.

use crate::spec::spec;

#[test]
fn events_after_the_day_are_not_seen() {
    spec(
        "
        contact_log: event_id direction occurred_at status
            E1 - 2026-06-30T10:00:00 sent
            E2 inbound 2026-07-01T10:00:00 replied
        stg_contact_log = event_id direction occurred_on status
            E1 outbound 2026-06-30 sent
    ",
    );
}

#[test]
fn a_published_action_without_a_report_is_unreported() {
    spec("
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id step_id published_on
            A1 d+5 2026-06-25
        int_contacts = action_id company_id currency cycle_id regua step_id occurrence channel contacted_on state answered_on
            A1 1 BRL C1 b2b d+5 1 email 2026-06-25 unreported -
    ");
}

#[test]
fn the_log_says_what_became_of_an_action() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id published_on
            A1 2026-06-20
            A2 2026-06-20
            A3 2026-06-20
            A4 2026-06-20
            A5 2026-06-20
            A6 2026-06-20
            A7 2026-06-20
        contact_log: action_id occurred_at status
            A1 2026-06-21T10:00:00 queued
            A2 2026-06-21T10:00:00 sent
            A3 2026-06-21T10:00:00 no_answer
            A4 2026-06-21T10:00:00 failed
            A5 2026-06-21T10:00:00 ignored
            A6 2026-06-21T10:00:00 bounced
            A7 2026-06-21T10:00:00 answered
        int_contacts = action_id contacted_on state answered_on
            A1 2026-06-21 unreported -
            A2 2026-06-21 sent -
            A3 2026-06-21 sent -
            A4 2026-06-21 not_sent -
            A5 2026-06-21 ignored -
            A6 2026-06-21 not_sent -
            A7 2026-06-21 answered 2026-06-21
    ",
    );
}

#[test]
fn one_action_is_one_contact_on_however_many_days_and_channels_it_was_logged() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id step_id published_on
            A1 d+5 2026-06-20
        contact_log: action_id step_id channel occurred_at status
            A1 d+5 email 2026-06-20T10:00:00 sent
            A1 - email 2026-06-21T10:00:00 delivered
            A1 d+5 whatsapp 2026-06-22T10:00:00 read
            A1 - email 2026-06-23T10:00:00 promised
        int_contacts = action_id step_id channel contacted_on state answered_on
            A1 d+5 email 2026-06-20 answered 2026-06-23
    ",
    );
}

#[test]
fn the_last_news_of_a_contact_counts() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id published_on
            A1 2026-06-20
            A2 2026-06-20
            A3 2026-06-20
            A4 2026-06-20
        contact_log: action_id occurred_at status
            A1 2026-06-20T10:00:00 failed
            A1 2026-06-20T11:00:00 sent
            A2 2026-06-20T10:00:00 sent
            A2 2026-06-20T11:00:00 bounced
            A3 2026-06-20T10:00:00 bounced
            A3 2026-06-22T11:00:00 delivered
            A4 2026-06-20T00:00:00 failed
            A4 2026-06-20T00:00:00 sent
        int_contacts = action_id state
            A1 sent
            A2 not_sent
            A3 sent
            A4 not_sent
    ",
    );
}

/// Of an action all events are one contact, inbound ones too; without one, what a debtor writes by itself is none.
#[test]
fn events_become_contacts_with_what_they_came_to() {
    spec(
        "
        invoices: invoice_id issue_date due_date
            I1 2026-06-01 2026-06-20
        contact_log: event_id action_id direction channel occurred_at status
            E1 A1 outbound email 2026-06-20T10:00:00 sent
            E2 A1 inbound email 2026-06-21T10:00:00 replied
            E3 - outbound sms 2026-06-20T10:00:00 sent
            E4 - inbound sms 2026-06-21T10:00:00 replied
            E5 A2 outbound whatsapp 2026-06-20T10:00:00 failed
            E6 A2 outbound sms 2026-06-20T11:00:00 sent
            E7 - outbound email 2024-01-01T10:00:00 sent
        int_contact_events = event_id
            E1
            E2
            E3
            E4
            E5
            E6
        int_contact_sessions = action_id channel occurred_on answered_on state
            A1 email 2026-06-20 2026-06-21 answered
            A2 sms 2026-06-20 - sent
            - sms 2026-06-20 - sent
    ",
    );
}

/// A webhook of the second provider, or a gateway that was asked again, says nothing against what the first one did.
#[test]
fn what_was_sent_is_not_unsent_by_a_later_word() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id channel published_on
            A1 email 2026-06-20
            A2 whatsapp 2026-06-20
            A3 whatsapp 2026-06-20
            A4 email 2026-06-20
            A5 email 2026-06-20
        contact_log: action_id channel occurred_at status
            A1 email 2026-06-20T10:00:00 sent
            A1 email 2026-06-20T11:00:00 ignored
            A2 whatsapp 2026-06-20T10:00:00 sent
            A2 sms 2026-06-20T11:00:00 failed
            A3 whatsapp 2026-06-20T10:00:00 failed
            A3 sms 2026-06-20T11:00:00 failed
            A4 email 2026-06-20T10:00:00 queued
            A4 email 2026-06-20T11:00:00 ignored
            A5 sms 2026-06-20T10:00:00 failed
        int_contacts = action_id state
            A1 sent
            A2 sent
            A3 not_sent
            A4 ignored
            A5 unreported
    ",
    );
}

#[test]
fn a_contact_that_only_the_log_knows() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: action_id regua step_id channel occurred_at status
            X9 b2b d+5 phone 2026-06-21T10:00:00 no_answer
            - - - sms 2026-06-22T10:00:00 sent
        int_contacts = action_id company_id cycle_id regua step_id occurrence channel contacted_on state
            X9 - - b2b d+5 1 phone 2026-06-21 sent
            - - - - - 1 sms 2026-06-22 sent
    ",
    );
}

#[test]
fn what_follows_a_sent_message_is_no_second_contact() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: step_id occurred_at status
            d+5 2026-06-20T10:00:00 queued
            d+5 2026-06-20T10:01:00 sent
            d+5 2026-06-21T10:00:00 delivered
            d+5 2026-06-23T10:00:00 read
            d+9 2026-06-24T10:00:00 sent
            d+9 2026-06-25T10:00:00 bounced
            d+9 2026-06-26T10:00:00 sent
        int_contacts = step_id contacted_on state
            d+5 2026-06-20 sent
            d+9 2026-06-24 not_sent
            d+9 2026-06-26 sent
    ",
    );
}

#[test]
fn without_an_action_every_day_of_sending_and_every_call_is_a_contact() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: channel invoice_id occurred_at status
            email I1 2026-06-20T10:00:00 sent
            email I2 2026-06-20T10:00:00 sent
            email I1 2026-06-21T10:00:00 sent
            phone - 2026-06-21T10:00:00 no_answer
            phone - 2026-06-21T15:00:00 answered
            phone - 2026-06-21T15:05:00 promised
            sms - 2026-06-21T10:00:00 delivered
            sms - 2026-06-22T10:00:00 delivered
        int_contacts = channel contacted_on state answered_on
            email 2026-06-20 sent -
            email 2026-06-20 sent -
            email 2026-06-21 sent -
            phone 2026-06-21 sent -
            phone 2026-06-21 answered 2026-06-21
            sms 2026-06-21 sent -
            sms 2026-06-22 sent -
    ",
    );
}

/// It gives room, but it is no contact that a cap would count.
#[test]
fn a_debtor_who_writes_by_itself_has_answered() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: direction channel occurred_at status
            inbound email 2026-06-27T10:00:00 replied
            inbound email 2026-06-29T10:00:00 replied
            inbound email 2026-06-30T10:00:00 bounced
        int_contacts = channel step_id contacted_on state answered_on
            email - 2026-06-29 not_sent 2026-06-29
    ",
    );
}

#[test]
fn an_inbound_answer_to_an_action_answers_it() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id published_on
            A1 2026-06-25
        contact_log: action_id direction occurred_at status
            A1 inbound 2026-06-26T10:00:00 replied
        int_contacts = action_id contacted_on state answered_on
            A1 2026-06-25 answered 2026-06-26
            - 2026-06-26 not_sent 2026-06-26
    ",
    );
}

#[test]
fn contacts_of_groups_without_an_open_item_and_of_long_ago_are_left_out() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: debtor_id group_key occurred_at status
            D1 1 2020-06-20T10:00:00 sent
            D2 2 2026-06-20T10:00:00 sent
            D3 1 2026-06-20T10:00:00 sent
        actions: action_id debtor_id group_key published_on
            A2 D2 2 2026-06-20
            A3 D3 1 2026-06-21
        int_contacts = debtor_id action_id contacted_on
            D3 - 2026-06-20
            D3 A3 2026-06-21
    ",
    );
}

#[test]
fn addresses_by_their_state_on_the_day() {
    spec(
        "
        contact_points: address opted_out_on opted_in is_valid is_authorized
            a - - - -
            b 2026-06-30 - - -
            c 2026-07-01 - - -
            d - false - -
            e - true false false
        stg_contact_points = address opted_out is_valid is_authorized
            a false true true
            b true true true
            c false true true
            d true true true
            e false false false
    ",
    );
}

#[test]
fn a_channel_bounced_until_something_is_delivered_on_it() {
    spec(
        "
        contact_log: channel occurred_at status
            email 2026-06-20T10:00:00 bounced
            email 2026-06-25T10:00:00 delivered
            sms 2026-06-25T10:00:00 delivered
            sms 2026-06-25T11:00:00 bounced
            letter 2026-06-20T10:00:00 sent
            letter 2026-06-25T10:00:00 bounced
            whatsapp 2026-06-25T10:00:00 bounced
            whatsapp 2026-06-25T11:00:00 read
        as of 2026-06-24
        int_bounces = channel has_bounced opted_out
            email true false
        as of 2026-06-30
        int_bounces = channel has_bounced opted_out
            letter true false
            sms true false
    ",
    );
}

#[test]
fn who_opted_out_or_complained_on_a_channel_stays_out_however_long_ago() {
    spec(
        "
        contact_log: channel direction occurred_at status
            email inbound 2016-06-20T10:00:00 opted_out
            email outbound 2026-06-20T10:00:00 delivered
            sms outbound 2026-06-20T10:00:00 complained
        int_bounces = channel has_bounced opted_out
            email false true
            sms false true
    ",
    );
}

#[test]
fn candidates_carry_what_was_learnt_about_their_addresses() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-20
        debtors: debtor_id
            D1
            D2
        contact_points: debtor_id channel address contact_name preference_rank
            D1 email z@acme Ana 2
            D1 email a@acme - 1
            D1 sms +5511 - -
            D1 phone +5512 - -
            D2 email d2@acme - -
        contact_log: channel occurred_at status
            email 2026-06-20T10:00:00 bounced
            sms 2026-06-20T10:00:00 opted_out
        cnd_contact_points == debtor_id channel address contact_name opted_out is_valid preference_rank
            D1 email a@acme - false false 1
            D1 email z@acme Ana false false 2
            D1 phone +5512 - false true -
            D1 sms +5511 - true true -
    ",
    );
}

#[test]
fn candidate_contacts_come_oldest_first_by_group() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-20
            I2 D2 2026-06-20
        actions: action_id debtor_id published_on
            A3 D2 2026-06-20
            A2 D1 2026-06-25
            A1 D1 2026-06-21
        cnd_contacts == debtor_id action_id contacted_on
            D1 A1 2026-06-21
            D1 A2 2026-06-25
            D2 A3 2026-06-20
    ",
    );
}

#[test]
fn a_logged_contact_is_about_an_invoice_where_all_its_events_name_that_one() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        contact_log: event_id step_id invoice_id occurred_at status
            E1 d+1 I1 2026-06-21T10:00:00 sent
            E2 d+1 I1 2026-06-21T11:00:00 delivered
            E3 d+5 I1 2026-06-25T10:00:00 sent
            E4 d+5 I2 2026-06-25T10:00:00 delivered
            E5 d+6 I1 2026-06-26T10:00:00 sent
            E6 d+6 - 2026-06-26T10:00:00 delivered
        int_contacts = step_id contacted_on invoice_id
            d+1 2026-06-21 I1
            d+5 2026-06-25 I1
            d+5 2026-06-25 I2
            d+6 2026-06-26 -
    ",
    );
}

#[test]
fn what_an_action_named_goes_with_its_contact() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id step_id published_on
            A2 d+5 2026-06-25
            A1 d+1 2026-06-21
        action_items: action_id invoice_id installment_no step_id
            A2 I1 1 d+5
            A2 I0 2 -
            A1 I1 1 d+1
            A9 I1 1 d+1
        cnd_contact_items == action_id invoice_id installment_no step_id
            A1 I1 1 d+1
            A2 I0 2 -
            A2 I1 1 d+5
        int_contacts = action_id invoice_id
            A1 -
            A2 -
    ",
    );
}

/// Only a revision finds any: what was published on the very date, and the last that was told of it.
#[test]
fn what_an_earlier_edition_of_the_date_published() {
    spec(
        "
        actions: action_id published_on
            A1 2026-06-29
            A2 2026-06-30
            A3 2026-06-30
            A4 2026-06-30
            A5 2026-06-30
            A6 2026-06-30
        contact_log: event_id action_id occurred_at status
            E1 A1 2026-06-30T10:00:00 sent
            E2 A3 2026-06-30T10:00:00 queued
            E3 A4 2026-06-30T10:00:00 sent
            E4 A5 2026-06-30T10:00:00 sent
            E5 A5 2026-06-30T11:00:00 bounced
            E6 A6 2026-06-30T10:00:00 ignored
        cnd_published = action_id fate
            A2 -
            A3 -
            A4 sent
            A5 not_sent
            A6 not_sent
    ",
    );
}

/// It counted for every company of the debtor, and another company's first letter was a formal one.
#[test]
fn a_logged_contact_that_names_an_invoice_is_of_its_company_and_currency() {
    spec(
        "
        invoices: invoice_id company_id currency due_date
            I1 1 BRL 2026-06-20
            I2 2 USD 2026-06-20
        contact_log: event_id invoice_id step_id occurred_at status
            E1 I1 d+5 2026-06-25T10:00:00 sent
            E2 X9 d+1 2026-06-21T10:00:00 sent
        int_contacts = step_id company_id currency
            d+5 1 BRL
            d+1 - -
    ",
    );
}

/// The debtor was reached, and it was somebody else: no answer of its own, and no room for it.
#[test]
fn a_wrong_party_reached_somebody_and_answered_nothing() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id published_on
            A1 2026-06-20
        contact_log: event_id action_id channel occurred_at status
            E1 A1 email 2026-06-21T10:00:00 wrong_party
            E2 - phone 2026-06-22T10:00:00 wrong_party
            E3 - phone 2026-06-22T11:00:00 wrong_party
        int_contacts = action_id channel contacted_on state answered_on
            A1 email 2026-06-21 wrong_party -
            - phone 2026-06-22 wrong_party -
            - phone 2026-06-22 wrong_party -
        int_answers = channel contacts answered bounced
            email 1 0 0
            phone 1 0 0
    ",
    );
}

#[test]
fn a_contact_knows_the_address_that_it_went_to() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-06-20
        actions: action_id published_on destination
            A1 2026-06-20 published@x.example
            A2 2026-06-20 published@x.example
            A3 2026-06-20 -
            A4 2026-06-20 published@x.example
        contact_log: event_id action_id occurred_at status address direction
            E0 A4 2026-06-21T10:00:00 failed odd@x.example -
            E1 A2 2026-06-21T10:00:00 sent logged@x.example -
            E2 A2 2026-06-21T12:00:00 replied other@x.example inbound
            E3 - 2026-06-22T10:00:00 sent a@x.example -
            E4 - 2026-06-22T11:00:00 failed b@x.example -
        int_contacts = action_id state destination
            A1 unreported published@x.example
            A2 answered logged@x.example
            A3 unreported -
            A4 not_sent published@x.example
            - not_sent -
            - sent a@x.example
            - not_sent b@x.example
    ",
    );
}

/// A letter about one invoice that failed took the letter about another back, and its arrival was taken for that of a notice
/// that was only queued: the debtor was dunned twice, and listed without having been told.
#[test]
fn what_became_of_one_letter_says_nothing_of_another() {
    spec(
        "
        invoices: invoice_id company_id due_date
            I1 1 2026-05-20
            I2 1 2026-05-28
            I3 3 2026-05-28
        contact_log: step_id channel company_id invoice_id address occurred_at status
            d+5 email - I1 - 2026-06-15T13:00:00 sent
            d+5 email - I2 - 2026-06-15T13:05:00 sent
            d+5 email - I2 - 2026-06-15T13:10:00 failed
            d+15 email 1 I1 - 2026-06-15T13:00:00 sent
            d+15 email 3 I3 - 2026-06-15T14:00:00 failed
            d+30 email - - a@x.example 2026-06-15T13:00:00 sent
            d+30 email - - b@x.example 2026-06-15T13:05:00 bounced
            d+60 email - I1 mailto:a@x.example 2026-06-15T13:00:00 sent
            d+60 email - I1 A@x.example 2026-06-16T13:05:00 bounced
            d+45 letter - I1 - 2026-06-01T13:00:00 queued
            d+45 letter - I2 - 2026-06-02T13:00:00 delivered
        int_contacts = step_id company_id invoice_id contacted_on state
            d+5 1 I1 2026-06-15 sent
            d+5 1 I2 2026-06-15 not_sent
            d+15 1 I1 2026-06-15 sent
            d+15 3 I3 2026-06-15 not_sent
            d+30 - - 2026-06-15 sent
            d+30 - - 2026-06-15 not_sent
            d+60 1 I1 2026-06-15 not_sent
            d+45 1 I1 2026-06-01 unreported
            d+45 1 I2 2026-06-02 sent
    ",
    );
}

/// It may be of the last letter: that one counts, so that nobody is written to twice, and has announced nothing.
#[test]
fn a_loss_that_names_no_step_is_of_the_last_letter_of_its_channel() {
    spec(
        "
        invoices: invoice_id due_date
            I1 2026-05-20
        contact_log: step_id channel invoice_id occurred_at status
            d+30 letter I1 2026-06-01T13:00:00 sent
            d+45 letter I1 2026-06-10T13:00:00 sent
            - letter - 2026-06-20T13:00:00 bounced
            d+45 email I1 2026-06-10T13:00:00 sent
            - email I9 2026-06-20T13:00:00 bounced
        int_contacts = step_id channel contacted_on state
            d+30 letter 2026-06-01 sent
            d+45 letter 2026-06-10 undelivered
            - letter 2026-06-20 not_sent
            d+45 email 2026-06-10 sent
            - email 2026-06-20 not_sent
    ",
    );
}

#[test]
fn what_is_known_by_its_address_marks_no_channel() {
    spec(
        "
        contact_log: event_id debtor_id occurred_at status has_address
            E1 D1 2026-06-21T10:00:00 bounced false
            E2 D2 2026-06-21T10:00:00 bounced true
            E3 D3 2026-06-21T10:00:00 opted_out true
            E4 D4 2026-06-21T10:00:00 opted_out false
        int_bounces = debtor_id has_bounced opted_out
            D1 true false
            D4 false true
    ",
    );
}

/// Providers number their events by themselves: one number of two debtors is two events.
#[test]
fn event_ids_repeat_between_debtors() {
    spec(
        "
        debtors: debtor_id
            D1
            D2
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-20
            I2 D2 2026-06-20
        contact_log: event_id debtor_id occurred_at status
            E1 D1 2026-06-21T10:00:00 sent
            E2 D1 2026-06-21T12:00:00 sent
            E2 D2 2026-06-21T10:00:00 sent
            E1 D2 2026-06-21T12:00:00 sent
        int_contacts = debtor_id contacted_on state
            D1 2026-06-21 sent
            D2 2026-06-21 sent
    ",
    );
}

#[test]
fn a_logged_contact_that_names_its_company_is_of_that_one() {
    spec(
        "
        invoices: invoice_id company_id currency due_date
            I1 1 BRL 2026-06-20
            I1 2 USD 2026-06-20
            I2 1 BRL 2026-06-20
        contact_log: event_id invoice_id company_id occurred_at status
            E1 I1 2 2026-06-21T10:00:00 sent
            E2 I1 - 2026-06-22T10:00:00 sent
            E3 I2 - 2026-06-23T10:00:00 sent
            E4 I2 2 2026-06-24T10:00:00 sent
        int_contacts = contacted_on company_id currency
            2026-06-21 2 USD
            2026-06-22 - -
            2026-06-23 1 BRL
            2026-06-24 1 BRL
    ",
    );
}
