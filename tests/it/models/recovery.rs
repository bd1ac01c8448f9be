//! What followed a contact, and who is in charge of what.

use crate::spec::spec;

/// 800 open on March 1, a letter by mail on March 2, 300 paid on March 6: 0.375 after 4 days. Had a call followed on March 5, the 300
/// would be the call's.
#[test]
fn a_payment_belongs_to_the_youngest_contact_before_it() {
    let before = "
        as of 2026-03-31
        invoices: invoice_id issue_date due_date amount
            I1 2026-01-10 2026-02-10 800.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-03-06 300.00
        contact_log: event_id channel occurred_at status step_id
            E1 email 2026-03-02T12:00:00 sent d+15
    ";
    spec(&format!(
        "{before}
        kpi_recovery = step_id channel contacts contacted_amount recovered_amount recovery_rate days_to_cash_avg
            d+15 email 1 800.00 300.00 0.375 4.0
    "
    ));
    spec(&format!(
        "{before}
            E2 phone 2026-03-05T12:00:00 answered d+20
        kpi_recovery = step_id channel contacts answered contacted_amount recovered_amount recovery_rate days_to_cash_avg
            d+15 email 1 0 800.00 0.00 0.0 -
            d+20 phone 1 1 800.00 300.00 0.375 1.0
    "
    ));
}

/// What was issued on the day of the contact, or falls due after its recovery days, it was not about. A payment on the day of the
/// contact counts (Pix), one eight days later does not.
#[test]
fn a_contact_is_about_what_was_open_the_evening_before() {
    spec(
        "
        as of 2026-03-31
        invoices: invoice_id issue_date due_date amount
            I1 2026-01-10 2026-02-10 100.00
            I2 2026-03-01 2026-03-09 200.00
            I3 2026-03-01 2026-03-10 400.00
            I4 2026-03-02 2026-03-03 800.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-03-02 40.00
            P2 I1 2026-03-09 5.00
            P3 I1 2026-03-10 1.00
            P4 I2 2026-02-20 50.00
            P5 I2 2026-03-02 150.00
            P6 I4 2026-03-03 800.00
        contact_log: event_id occurred_at status
            E1 2026-03-02T12:00:00 delivered
        fct_recovery = contacts contacted_amount recovered_amount attributed_amount recovered_days
            1 250.00 195.00 195.00 35.00
        open items only
        kpi_recovery = contacts delivered contacted_amount recovered_amount recovery_rate
            1 1 - - -
    ",
    );
}

/// Those of the last seven days have not had their time. Who has paid it all since was contacted too; what bounced was not.
#[test]
fn contacts_count_once_they_have_had_their_time_whoever_still_owes() {
    spec(
        "
        invoices: invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-05-01 2026-06-01 100.00
            I2 D2 2026-05-01 2026-06-01 100.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-23 100.00
        contact_log: event_id debtor_id channel occurred_at status
            E1 D1 email 2026-06-22T12:00:00 read
            E2 D1 email 2026-06-22T13:00:00 sent
            E3 D2 email 2026-06-22T12:00:00 bounced
            E4 D2 sms 2026-06-24T12:00:00 sent
            E5 D2 sms 2026-06-22T12:00:00 opted_out
            E6 D2 phone 2026-03-25T12:00:00 answered
            E7 D2 phone 2026-03-26T12:00:00 answered
        kpi_recovery = channel contacts maturing_contacts debtors delivered read answered bounced opted_out contacted_amount recovered_amount
            email 1 0 1 1 1 0 1 0 100.00 100.00
            phone 1 0 1 1 1 1 0 0 0.00 0.00
            sms 1 1 1 1 0 0 0 1 100.00 0.00
    ",
    );
}

/// Its template and segment are those of the action, whether or not the gateway has reported; an event without an action is about
/// the account of its invoice, or every account of its debtor.
#[test]
fn a_contact_is_about_the_account_of_its_action_or_invoice_else_about_all() {
    spec(
        "
        invoices: invoice_id company_id issue_date due_date amount
            I1 1 2026-01-01 2026-02-01 100.00
            I2 2 2026-01-01 2026-02-01 100.00
        actions: action_id company_id step_id channel published_on template_id segment
            A1 1 d+30 email 2026-06-01 firm mid
            A2 1 d+30 email 2026-06-02 firm mid
        contact_log: event_id action_id invoice_id company_id channel occurred_at status
            E1 A1 - - email 2026-06-01T12:00:00 delivered
            E3 - I2 - sms 2026-06-01T12:00:00 sent
            E4 - I9 2 sms 2026-06-02T12:00:00 sent
            E5 - - - whatsapp 2026-06-01T12:00:00 sent
        out_debtors: debtor_id company_id currency segment
            D1 1 BRL large
        kpi_recovery = company_id step_id channel template_id segment contacts
            1 d+30 email firm mid 2
            2 - sms - - 2
            1 - whatsapp - large 1
            2 - whatsapp - - 1
    ",
    );
}

/// The largest of the events of one contact; a contact about two accounts costs once.
#[test]
fn what_a_contact_costs_counts_once_and_in_its_currency() {
    spec(
        "
        invoices: invoice_id company_id currency issue_date due_date amount
            I1 1 BRL 2026-01-01 2026-02-01 100.00
            I2 2 BRL 2026-01-01 2026-02-01 100.00
        contact_log: event_id channel occurred_at status cost cost_currency
            E1 sms 2026-06-01T12:00:00 sent 0.125 -
            E2 sms 2026-06-01T12:10:00 delivered 0.125 BRL
            E3 email 2026-06-01T12:00:00 sent 0.01 USD
            E4 phone 2026-06-01T12:00:00 answered - -
            E5 letter 2026-06-01T12:00:00 sent -9.80 -
            E6 portal 2026-06-01T12:00:00 sent 9999999999.00 -
        kpi_recovery = company_id channel contacts cost_amount
            1 sms 1 0.13
            2 sms 1 -
            1 email 1 -
            2 email 1 -
            1 phone 1 -
            2 phone 1 -
            1 letter 1 -
            2 letter 1 -
            1 portal 1 -
            2 portal 1 -
    ",
    );
}

/// 0.35 USD at 5.20; of euros nobody quotes anything.
#[test]
fn a_cost_in_another_currency_counts_at_the_rate_of_the_day() {
    spec(
        "
        run_rates: from_currency to_currency rate
            USD BRL 5.20000000
        invoices: invoice_id issue_date due_date amount
            I1 2026-01-01 2026-02-01 100.00
        contact_log: event_id channel occurred_at status cost cost_currency
            E1 sms 2026-06-01T12:00:00 sent 0.35 USD
            E2 email 2026-06-01T12:00:00 sent 0.35 EUR
        kpi_recovery = channel cost_amount
            sms 1.82
            email -
    ",
    );
}

#[test]
fn each_item_has_one_owner_the_agency_before_the_collector() {
    spec(
        "
        debtors: debtor_id collector_id
            D1 ana
        invoices: invoice_id debtor_id issue_date due_date amount collector_id
            I1 D1 2026-05-01 2026-06-01 100.00 -
            I2 D1 2026-05-01 2026-07-30 200.00 bia
            I3 D2 2026-05-01 2026-06-01 400.00 -
            I4 D2 2026-05-01 2026-06-01 800.00 -
            I5 D1 2026-05-01 2026-06-01 50.00 -
            I6 D2 2026-05-01 2026-06-01 60.00 -
        placements: placement_id debtor_id invoice_id agency_id placed_on
            L1 D2 I3 agency-1 2026-06-10
            L2 D2 I6 agency-1 2026-06-10
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-10 10.00
            P5 D1 I5 2026-06-01 50.00
            P6 D2 I6 2026-06-01 60.00
            P7 D2 I4 2026-05-31 100.00
        promises: promise_id debtor_id invoice_id promised_on pay_by amount
            M1 D1 I1 2026-05-20 2026-06-10 90.00
            M2 D2 - 2026-05-20 2026-06-10 700.00
        out_actions: debtor_id company_id currency channel collector_id agency_id
            D1 1 BRL phone ana -
            D1 1 BRL email ana -
        contact_log: event_id debtor_id channel occurred_at status agent_id agency_id cost
            E1 D1 phone 2026-06-01T12:00:00 answered ana - 2.50
            E2 D1 phone 2026-06-02T12:00:00 no_answer ana - 1.00
            E3 D2 phone 2026-06-01T12:00:00 answered x agency-1 -
            E4 D1 phone 2026-05-31T12:00:00 answered ana - 9.00
            E5 D1 email 2026-06-01T12:00:00 sent - - 0.01
        int_item_owners = debtor_id owner_kind owner_id open_amount is_overdue
            D1 collector ana 90.00 true
            D1 collector bia 200.00 false
            D2 agency agency-1 400.00 true
            D2 none - 700.00 true
            D1 collector ana 0.00 false
            D2 agency agency-1 0.00 false
        int_promise_outcomes = promise_id invoice_id outcome promised_amount kept_amount
            M1 I1 broken 90.00 10.00
            M2 - broken 700.00 160.00
        kpi_collectors = owner_kind owner_id debtors items open_amount overdue_amount collected_amount tasks contacts answered answered_rate promises_kept promises_broken kept_rate cost_amount
            agency agency-1 1 1 400.00 400.00 60.00 0 1 1 1.0 0 1 0.0 -
            collector ana 1 1 90.00 90.00 60.00 1 2 1 0.5 0 1 0.0 3.50
            collector bia 1 1 200.00 0.00 0.00 0 0 0 - 0 0 - -
            none - 1 1 700.00 700.00 0.00 0 0 0 - 0 0 - -
        fct_collectors = owner_id collected_amount
            agency-1 60.00
            ana 60.00
            bia 0.00
            - 0.00
    ",
    );
}

/// The next day it was read, the day after somebody said stop: one contact all the same, until the next is sent.
#[test]
fn what_follows_a_contact_without_an_action_belongs_to_it() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-01-01 2026-02-01 100.00
        contact_log: event_id channel direction occurred_at status
            E1 email outbound 2026-06-01T12:00:00 sent
            E2 email outbound 2026-06-02T12:00:00 read
            E3 email inbound 2026-06-03T12:00:00 replied
            E4 email inbound 2026-06-04T12:00:00 opted_out
            E5 email outbound 2026-06-10T12:00:00 sent
            E6 email outbound 2026-06-11T12:00:00 bounced
            E7 sms outbound 2026-06-01T12:00:00 delivered
            E8 sms outbound 2026-06-02T12:00:00 delivered
            E9 phone inbound 2026-06-02T12:00:00 replied
        kpi_recovery = channel contacts delivered read answered opted_out bounced contacted_amount
            email 1 1 1 1 1 1 100.00
            sms 2 2 0 0 0 0 200.00
    ",
    );
}

#[test]
fn who_was_asked_and_about_which_accounts() {
    spec(
        "
        invoices: invoice_id
            I1
        contact_log: event_id channel occurred_at status
            E1 email 2026-06-01T12:00:00 sent
            E2 email 2026-06-01T13:00:00 read
            E3 email 2026-06-02T12:00:00 queued
            E4 instruction 2026-06-02T12:00:00 sent
            E5 sms 2026-03-25T12:00:00 sent
        int_outreach = contact_no channel contacted_on has_reached is_read
            1 email 2026-06-01 true true
        int_outreach_accounts = contact_no company_id currency is_first
            1 1 BRL true
    ",
    );
}

/// Two companies call the same debtor: each has its contacts. What answers and names no company is of the one that called last.
#[test]
fn contacts_of_two_companies_on_a_channel_are_two() {
    spec(
        "
        invoices: company_id invoice_id due_date amount
            A I1 2026-06-01 100.00
            B I2 2026-06-01 300.00
        payments: payment_id company_id invoice_id paid_on amount
            P1 B I2 2026-06-04 300.00
        contact_log: event_id company_id channel direction occurred_at status
            E1 A phone outbound 2026-06-02T12:00:00 no_answer
            E2 B phone outbound 2026-06-02T13:00:00 no_answer
            E3 B phone outbound 2026-06-03T12:00:00 no_answer
            E4 - phone inbound 2026-06-04T12:00:00 replied
            E5 - sms outbound 2026-06-02T12:00:00 sent
            E6 B sms inbound 2026-06-05T12:00:00 replied
        int_outreach_days = channel occurred_on contact_day thread_no
            phone 2026-06-02 2026-06-02 0
            phone 2026-06-02 2026-06-02 1
            phone 2026-06-03 2026-06-03 1
            phone 2026-06-04 2026-06-03 1
            sms 2026-06-02 2026-06-02 0
            sms 2026-06-05 2026-06-02 0
        int_outreach = company_id channel contacted_on is_answered
            A phone 2026-06-02 false
            B phone 2026-06-02 false
            B phone 2026-06-03 true
            B sms 2026-06-02 true
        kpi_recovery = company_id channel contacts answered recovered_amount
            A phone 1 0 0.00
            B phone 2 1 300.00
            B sms 1 1 0.00
    ",
    );
}
