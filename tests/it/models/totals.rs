//! Candidates, facts and KPI tables: what goes to the decisions, and what comes out of them in sums.

use arrow::datatypes::DataType;
use regua::io::engine::Layer;

use crate::spec::{given, models, spec};

/// A sum of sums has as many digits as there can be; where the engine widens it further, it drops the cents without a word.
#[test]
fn money_keeps_its_cents_in_every_model() {
    let all: Vec<&str> =
        Layer::ALL.iter().flat_map(|(layer, _)| models().of(*layer)).map(|m| m.name.as_str()).collect();
    let session = given("").session(&all);
    let mut without = Vec::new();
    for model in all {
        let (schema, _) = session.table(model).unwrap_or_else(|e| panic!("{model}: {e}"));
        let is_money = |name: &str| name.ends_with("amount") || name.ends_with("balance");
        let has_cents = |kind: &DataType| matches!(kind, DataType::Decimal128(_, scale) if *scale >= 2);
        let cut = schema.fields().iter().filter(|field| is_money(field.name()) && !has_cents(field.data_type()));
        without.extend(cut.map(|field| format!("{model}.{}: {}", field.name(), field.data_type())));
    }
    assert_eq!(without, [""; 0]);
}

#[test]
fn debtors_with_their_group_and_fallbacks() {
    spec(
        "
        debtors: debtor_id group_text legal_name is_insolvent dunning_block regua tier customer_since
            D1 cnpj:1 Acme - - - - -
            D2 group:2 Bolt true law none A 2020-01-01
        stg_debtors = debtor_id group_id legal_name is_insolvent dunning_block regua tier customer_since
            D1 cnpj:1 Acme false - - - -
            D2 group:2 Bolt true law none A 2020-01-01
    ",
    );
}

#[test]
fn candidates_are_debtors_that_owe_and_the_unknown_and_quarantined_are_held() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-06-20
            I2 D2 2026-06-20
            I3 D3 2026-06-20
        debtors: debtor_id group_text legal_name
            D1 g1 Acme
            D2 g2 Bolt
            D4 g4 Corp
        held_debtors: debtor_id
            D2
            D2
        cnd_debtors == debtor_id group_id legal_name is_insolvent is_held
            D1 g1 Acme false false
            D2 g2 Bolt false true
            D3 D3 - false true
    ",
    );
}

#[test]
fn candidate_accounts_come_in_order_with_profile_and_episode() {
    spec("
        invoices: invoice_id debtor_id company_id due_date
            I1 D2 1 2026-06-20
            I2 D1 2 2026-06-20
            I3 D1 1 2026-07-20
        debtors: debtor_id customer_since
            D1 2026-05-31
            D2 -
        cnd_accounts == debtor_id company_id currency months_as_customer credit_amount items_due episode_start promise_broken
            D1 1 BRL 1 0.00 0 2026-07-20 false
            D1 2 BRL 1 0.00 1 2026-06-20 false
            D2 1 BRL - 0.00 1 2026-06-20 false
    ");
}

#[test]
fn candidate_items_come_in_the_order_of_the_accounts_oldest_first() {
    spec("
        invoices: invoice_id debtor_id company_id installment_no due_date amount dunning_block grace_until regua
            I4 D2 1 1 2026-06-20 10.00 - - -
            I3 D1 2 1 2026-06-20 10.00 - - -
            I2 D1 1 2 2026-06-21 10.00 law 2026-07-01 none
            I2 D1 1 1 2026-06-21 10.00 - - -
            I1 D1 1 1 2026-06-22 10.00 - - -
            I0 D1 1 1 2026-06-01 10.00 - - -
        payments: payment_id invoice_id paid_on amount
            P1 I0 2026-06-25 10.00
        cnd_items == debtor_id company_id invoice_id installment_no days_past_due bucket open_amount dunning_block grace_until regua
            D1 1 I2 1 9 1-30 10.00 - - -
            D1 1 I2 2 9 1-30 10.00 law 2026-07-01 none
            D1 1 I1 1 8 1-30 10.00 - - -
            D1 2 I3 1 10 1-30 10.00 - - -
            D2 1 I4 1 10 1-30 10.00 - - -
    ");
}

#[test]
fn the_ledger_ties_inputs_to_buckets_by_currency() {
    spec("
        invoices: invoice_id document_type currency due_date amount
            I1 invoice BRL 2026-06-20 100.00
            I2 invoice USD 2026-06-20 80.00
            N1 credit_note BRL 2026-06-20 7.00
            F1 draft BRL 2026-06-20 9.00
        payments: payment_id invoice_id currency paid_on amount
            P1 I1 BRL 2026-06-21 30.00
            P2 I9 BRL 2026-06-21 5.00
            P3 - EUR 2026-06-21 3.00
        fct_ledger = currency original_amount applied_amount open_amount bucket_amount effect_amount credit_amount unmatched_amount
            BRL 100.00 30.00 70.00 70.00 42.00 12.00 0.00
            EUR 0.00 0.00 0.00 0.00 3.00 3.00 0.00
            USD 80.00 0.00 80.00 80.00 0.00 0.00 0.00
    ");
}

/// Every payment of the file, by kind: charges and reversals too, and credit notes that are documents.
#[test]
fn what_payments_say_by_kind_and_currency() {
    spec(
        "
        invoices: invoice_id document_type currency due_date amount
            I1 invoice BRL 2026-06-20 100.00
            N1 credit_note USD 2026-06-20 -7.00
        payments: payment_id invoice_id kind currency reverses paid_on amount
            P1 I1 - - - 2026-06-21 30.00
            P2 I9 payment BRL - 2026-06-21 5.00
            P3 I1 charges BRL - 2026-06-21 2.00
            P4 - write_off EUR - 2026-06-21 3.00
            R1 I1 chargeback BRL P1 2026-06-22 -30.00
            P5 I1 payment BRL - 2026-07-01 9.00
        fct_payments = kind_and_currency stated_amount
            payment_BRL 35.00
            charges_BRL 2.00
            write_off_EUR 3.00
            chargeback_BRL -30.00
            credit_note_document_USD -7.00
        stg_credit_notes = credit_note_id amount
            N1 7.00
    ",
    );
}

#[test]
fn aging_by_segment_and_bucket_with_credits_below_zero_in_a_row_of_their_own() {
    spec(
        "
        out_items: company_id currency debtor_id invoice_id segment bucket_no bucket open_amount
            1 BRL D1 I1 novo 0 not_due 10.00
            1 BRL D1 I2 novo 0 not_due 20.00
            1 BRL D2 I3 novo 0 not_due 30.00
            1 BRL D2 I4 novo 1 1-30 40.00
            1 USD D2 I5 novo 1 1-30 50.00
            2 BRL D3 I6 em_dia 1 1-30 60.00
        out_debtors: company_id currency debtor_id segment credit_amount
            1 BRL D1 novo 5.00
            1 BRL D2 novo 0.00
            2 BRL D3 em_dia 7.50
        fct_aging = company_id currency segment bucket_no bucket items debtors open_amount
            1 BRL novo 0 not_due 3 2 60.00
            1 BRL novo 1 1-30 1 1 40.00
            1 USD novo 1 1-30 1 1 50.00
            2 BRL em_dia 1 1-30 1 1 60.00
            1 BRL novo -1 credits 0 1 -5.00
            2 BRL em_dia -1 credits 0 1 -7.50
    ",
    );
}

#[test]
fn portfolio_amounts_by_age_and_flag() {
    spec("
        cnd_items: company_id currency days_past_due open_amount is_disputed is_returned promise_pending in_kept_agreement agency_id is_listed
            1 BRL -1 1.00 false false false false - false
            1 BRL 0 2.00 false false true false - false
            1 BRL 1 4.00 true false false false - false
            1 BRL 30 8.00 false true false true - false
            1 BRL 31 16.00 true true false false A false
            1 BRL 61 32.00 false false false false - true
            1 BRL 91 64.00 false false false false - false
            2 BRL 91 1.00 false false false false - false
        out_debtors: company_id currency debtor_id open_items credit_amount
            1 BRL D1 6 3.00
            1 BRL D2 1 0.00
            1 BRL D3 0 4.00
            2 BRL D2 1 0.00
            3 BRL D4 0 9.00
        unidentified: company_id currency amount
            4 BRL 5.00
            - - 1.00
            1 BRL 2.00
        fct_portfolio = company_id items debtors open_amount current_amount overdue_amount overdue_30_amount overdue_60_amount overdue_90_amount credit_amount
            1 7 2 127.00 3.00 124.00 112.00 96.00 64.00 7.00
            2 1 1 1.00 0.00 1.00 1.00 1.00 1.00 0.00
            3 0 0 0.00 0.00 0.00 0.00 0.00 0.00 9.00
            4 0 0 0.00 0.00 0.00 0.00 0.00 0.00 0.00
        fct_portfolio = company_id disputed_amount promised_amount agreement_amount agency_amount listed_amount unidentified_amount
            1 28.00 2.00 8.00 16.00 32.00 3.00
            2 0.00 0.00 0.00 0.00 0.00 0.00
            3 0.00 0.00 0.00 0.00 0.00 0.00
            4 0.00 0.00 0.00 0.00 0.00 5.00
    ");
}

#[test]
fn actions_and_holds_in_sums() {
    spec(
        "
        out_actions: company_id currency debtor_id regua step_id step_kind channel open_amount
            1 BRL D1 b2b d+5 reminder email 10.00
            1 BRL D2 b2b d+5 reminder email 20.00
            1 BRL D3 b2b d+5 reminder sms 30.00
        out_decisions: company_id currency debtor_id regua step_id outcome reason open_amount
            1 BRL D1 b2b d+5 action step_due 10.00
            1 BRL D4 b2b - hold not_due 40.00
            1 BRL D5 b2b - hold not_due 50.00
            1 BRL D6 b2b d+5 hold min_gap 60.00
        fct_actions = regua step_id step_kind channel actions debtors open_amount
            b2b d+5 reminder email 2 2 30.00
            b2b d+5 reminder sms 1 1 30.00
        fct_holds = reason regua step_id debtors open_amount
            min_gap b2b d+5 1 60.00
            not_due b2b - 2 90.00
    ",
    );
}

#[test]
fn published_actions_that_nobody_reported_on() {
    spec(
        "
        actions: action_id published_on
            A1 2026-06-28
            A2 2026-06-29
            A3 2026-06-29
            A4 2026-06-29
            A5 2026-06-29
        contact_log: event_id action_id occurred_at status
            E1 A2 2026-06-29T15:00:00Z sent
            E2 A2 2026-06-29T16:00:00Z delivered
            E3 A3 2026-06-29T15:00:00Z queued
            E4 A4 2026-07-01T15:00:00Z sent
            E5 A6 2026-06-29T15:00:00Z sent
            E6 - 2026-06-29T15:00:00Z sent
        fct_reports = published_on actions unreported
            2026-06-28 1 1
            2026-06-29 4 3
    ",
    );
}

#[test]
fn kpis_add_up_the_facts_of_all_shards_and_nothing_across_companies_or_currencies() {
    spec(
        "
        fct_aging: company_id currency segment bucket_no bucket items debtors open_amount
            1 BRL novo 0 not_due 1 1 10.00
            1 USD novo 0 not_due 1 1 5.00
        fct_aging: company_id currency segment bucket_no bucket items debtors open_amount
            1 BRL novo 0 not_due 2 1 30.00
            1 BRL novo -1 credits 0 1 -3.00
        fct_actions: company_id currency regua step_id step_kind channel actions debtors open_amount
            1 BRL b2b d+5 reminder email 2 2 30.00
            1 BRL b2b d+5 reminder email 1 1 12.00
            2 BRL b2b d+5 reminder email 1 1 1.00
        fct_holds: company_id currency reason regua step_id debtors open_amount
            1 BRL not_due b2b - 2 90.00
            1 BRL not_due b2b - 1 5.00
            1 BRL min_gap b2b d+5 1 1.00
        kpi_aging == as_of_date company_id currency segment bucket_no bucket items debtors open_amount
            2026-06-30 1 BRL novo -1 credits 0 1 -3.00
            2026-06-30 1 BRL novo 0 not_due 3 2 40.00
            2026-06-30 1 USD novo 0 not_due 1 1 5.00
        kpi_actions == as_of_date company_id regua step_id step_kind channel actions debtors open_amount
            2026-06-30 1 b2b d+5 reminder email 3 3 42.00
            2026-06-30 2 b2b d+5 reminder email 1 1 1.00
        kpi_holds == as_of_date company_id reason regua step_id debtors open_amount
            2026-06-30 1 min_gap b2b d+5 1 1.00
            2026-06-30 1 not_due b2b - 3 95.00
    ",
    );
}

/// 400.00 overdue by 10 days and 600.00 by 50: (4,000 + 30,000) / 1,000 = 34 days.
#[test]
fn days_past_due_are_weighted_by_what_is_overdue() {
    spec(
        "
        cnd_items: company_id currency days_past_due open_amount
            1 BRL 10 400.00
            1 BRL 50 600.00
            1 BRL -20 900.00
            2 BRL 0 5.00
        fct_portfolio = company_id overdue_amount overdue_days
            1 1000.00 34000.00
            2 0.00 0.00
        kpi_portfolio = company_id overdue_amount days_past_due_avg
            1 1000.00 34.0
            2 0.00 -
    ",
    );
}

#[test]
fn delinquency_is_overdue_over_open_and_null_when_nothing_is_open() {
    spec("
        fct_portfolio: company_id currency debtors items open_amount current_amount overdue_amount overdue_30_amount overdue_60_amount overdue_90_amount credit_amount disputed_amount promised_amount agreement_amount agency_amount listed_amount unidentified_amount
            1 BRL 1 2 100.00 75.00 25.00 20.00 15.00 10.00 1.00 2.00 3.00 4.00 5.00 6.00 7.00
            1 BRL 2 2 100.00 75.00 25.00 20.00 15.00 10.00 1.00 2.00 3.00 4.00 5.00 6.00 0.00
            2 BRL 1 0 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00
        kpi_portfolio == as_of_date company_id debtors items open_amount current_amount overdue_amount overdue_30_amount overdue_60_amount overdue_90_amount delinquency_rate
            2026-06-30 1 3 4 200.00 150.00 50.00 40.00 30.00 20.00 0.25
            2026-06-30 2 1 0 0.00 0.00 0.00 0.00 0.00 0.00 -
        kpi_portfolio == credit_amount disputed_amount promised_amount agreement_amount agency_amount listed_amount unidentified_amount
            2.00 4.00 6.00 8.00 10.00 12.00 7.00
            0.00 0.00 0.00 0.00 0.00 0.00 0.00
    ");
}
