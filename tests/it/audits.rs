//! The audits: silent on sound tables, and on tables broken in just one way a finding that says what and by how much.

use regua::error::Error;
use regua::io::engine::Layer;
use regua::stage::audit::check_shard;

use crate::spec::{Given, QUIET, calendar, given, models};
use crate::support::rows;

/// One debtor, two items in two buckets, one message about both.
const SOUND: &str = "
    invoices: invoice_id due_date amount
        I1 2026-05-20 100.00
        I2 2026-06-20 50.00
        I3 2026-06-20 70.00
    payments: payment_id invoice_id paid_on amount
        P1 I1 2026-06-01 40.00
        P3 I3 2026-06-25 70.00
    debtors: debtor_id
        D1
    contact_points: address
        ana@acme
    out_items: company_id debtor_id currency invoice_id installment_no due_date payable_on days_past_due bucket_no bucket original_amount applied_amount open_amount segment
        1 D1 BRL I1 1 2026-05-20 2026-05-20 41 2 31-60 100.00 40.00 60.00 novo
        1 D1 BRL I2 1 2026-06-20 2026-06-22 10 1 1-30 50.00 0.00 50.00 novo
    out_debtors: company_id debtor_id currency segment open_amount credit_amount
        1 D1 BRL novo 110.00 0.00
    out_decisions: company_id debtor_id currency regua outcome reason action_id open_amount
        1 D1 BRL b2b action step_due A1 110.00
    out_actions: action_id company_id debtor_id currency channel destination language subject body open_amount fine_amount interest_amount fee_amount residual_amount waived_amount total_due dunning_currency dunning_amount fx_rate not_before expires_at
        A1 1 D1 BRL email ana@acme pt Subject Body 110.00 2.00 1.00 0.50 4.00 7.00 117.50 USD 21.15 0.18 2026-06-30T11:00:00Z 2026-06-30T23:00:00Z
    out_action_items: action_id company_id debtor_id currency invoice_id installment_no open_amount
        A1 1 D1 BRL I1 1 60.00
        A1 1 D1 BRL I2 1 50.00
    out_action_offers: action_id total_amount discount_amount interest_amount part_no due_date amount
        A1 118.50 0.00 1.00 0 2026-07-05 18.50
        A1 118.50 0.00 1.00 1 2026-08-05 50.00
        A1 118.50 0.00 1.00 2 2026-09-05 50.00
";

/// Sound tables with one text replaced, and more rows after them.
fn broken(from: &str, to: &str, more: &str) -> Given {
    assert!(SOUND.contains(from), "{from:?} is not in the sound tables");
    given(&format!("{}{more}", SOUND.replacen(from, to, 1)))
}

/// The findings of an audit: subject, expected, actual and difference, separated by bars.
fn findings(given: &Given, audit: &str) -> Vec<String> {
    let batches = given.batches_of(audit);
    let cells = ["subject", "expected", "actual", "difference"].map(|column| rows(&batches, column));
    let line = |row: usize| cells.iter().map(|cell| cell[row].as_str()).collect::<Vec<_>>().join(" | ");
    (0..cells[0].len()).map(line).collect()
}

#[track_caller]
fn finds(audit: &str, given: &Given, expected: &[&str]) {
    let mut found = findings(given, audit);
    found.sort();
    assert_eq!(found, expected, "{audit}");
}

#[test]
fn sound_tables_pass_every_audit() {
    let names: Vec<&str> = models().of(Layer::Audits).map(|m| m.name.as_str()).collect();
    let session = given(SOUND).session(&names);
    for name in names {
        let (_, batches) = session.table(name).expect("an audit that runs");
        assert_eq!(rows(&batches, "subject"), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_audit_has_a_test_here() {
    let tests = include_str!("audits.rs");
    let untested = models().of(Layer::Audits).filter(|m| !tests.contains(&format!("finds(\"{}\"", m.name)));
    assert_eq!(untested.map(|m| m.name.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn open_lies_between_nothing_and_the_amount() {
    let of = |amounts: &str| broken("100.00 40.00 60.00 novo", &format!("{amounts} novo"), "");
    finds("audit_03_open_within_amount", &of("100.00 40.00 60.01"), &["I1 | 0 to 100.00 | 60.01 | 0.01"]);
    finds("audit_03_open_within_amount", &of("100.00 101.00 -1.00"), &["I1 | 0 to 100.00 | -1.00 | -1.00"]);
    finds("audit_03_open_within_amount", &of("100.00 -20.00 120.00"), &["I1 | 0 to 100.00 | 120.00 | 20.00"]);
}

#[test]
fn every_item_of_the_ledger_stands_in_one_bucket() {
    let twice = "\nout_items: debtor_id company_id invoice_id installment_no\nD1 1 I2 1\nD1 1 I3 1";
    let given = broken("D1 BRL I1 1 2026-05-20", "D1 BRL I1 2 2026-05-20", twice);
    let expected = ["I1 | 0 | 1 | 1", "I1 | 1 | 0 | -1", "I2 | 1 | 2 | 1", "I3 | 0 | 1 | 1"];
    finds("audit_04_one_bucket_each", &given, &expected);
}

#[test]
fn the_bucket_follows_from_the_dates() {
    let of = |cells: &str| broken("2026-05-20 2026-05-20 41 2 31-60", &format!("2026-05-20 {cells}"), "");
    finds("audit_05_bucket_by_dates", &of("2026-05-20 41 1 1-30"), &["I1 | 1 to 30 | 41 | 0"]);
    finds("audit_05_bucket_by_dates", &of("2026-05-20 40 2 31-60"), &["I1 | 31 to 60 | 41 | 1"]);
    finds("audit_05_bucket_by_dates", &of("2026-05-20 41 2 1-30"), &["I1 | 31 to 60 | 41 | 0"]);
    finds("audit_05_bucket_by_dates", &of("2026-05-20 41 99 31-60"), &["I1 | a bucket | 41 | 0"]);
    // Payable today: nothing is late, whatever the due date.
    finds("audit_05_bucket_by_dates", &of("2026-06-30 41 2 31-60"), &["I1 | 31 to 60 | 0 | -41"]);
    finds("audit_05_bucket_by_dates", &of("2026-06-30 0 0 not_due"), &[]);
    finds("audit_05_bucket_by_dates", &of("2026-05-19 41 2 31-60"), &["I1 | 31 to 60 | 41 | 0"]);
}

#[test]
fn items_accounts_and_decisions_have_the_same_totals() {
    let accounts = broken("novo 110.00 0.00", "novo 110.01 0.00", "");
    let of_accounts = "1 BRL | 110.00 | 110.01 in accounts, 110.00 in decisions | 0.01";
    finds("audit_06_totals_agree", &accounts, &[of_accounts]);
    let decisions = broken("step_due A1 110.00", "step_due A1 100.00", "");
    let of_decisions = "1 BRL | 110.00 | 110.00 in accounts, 100.00 in decisions | -10.00";
    finds("audit_06_totals_agree", &decisions, &[of_decisions]);
    let of_nobody = broken("D1", "D1", "\nout_items: company_id currency open_amount\n2 BRL 5.00");
    let expected = "2 BRL | 5.00 | 0.00 in accounts, 0.00 in decisions | -5.00";
    finds("audit_06_totals_agree", &of_nobody, &[expected]);
}

#[test]
fn an_action_mixes_no_companies_and_no_currencies() {
    let company = broken("1 D1 BRL I1 1 2026", "2 D1 BRL I1 1 2026", "");
    finds("audit_07_nothing_mixed", &company, &["A1 | 1 BRL | 2 BRL | I1"]);
    let currency = broken("1 D1 BRL I2 1 2026", "1 D1 USD I2 1 2026", "");
    finds("audit_07_nothing_mixed", &currency, &["A1 | 1 BRL | 1 USD | I2"]);
    let cited = broken("A1 1 D1 BRL I2 1 50.00", "A1 2 D1 BRL I2 1 50.00", "");
    finds("audit_07_nothing_mixed", &cited, &["A1 | 1 BRL | 2 BRL | I2", "A1 | 2 BRL | 1 BRL | I2"]);
    let alike = "\nout_items: company_id debtor_id currency invoice_id installment_no\n2 D1 BRL I2 1";
    finds("audit_07_nothing_mixed", &broken("D1", "D1", alike), &[]);
}

/// Every effect of a payment is in the parts, and everything in the parts is applied, credit or unmatched.
#[test]
fn nothing_that_was_paid_is_lost() {
    let audit = "audit_02_nothing_paid_is_lost";
    let columns = "debtor_id company_id currency credit_amount unmatched_amount effect_amount";
    let credits = format!("\nint_credits: {columns}\nD1 1 BRL 5.00 0.00 110.00\nD1 - EUR 0.00 1.00 1.00");
    let expected = ["- EUR | 0.00 | 1.00 | 1.00", "1 BRL | 110.00 | 115.00 | 5.00"];
    finds("audit_02_nothing_paid_is_lost", &broken("D1", "D1", &credits), &expected);
    let parts =
        "\nint_payment_parts: account_key payment_id root_id debtor_id company_id invoice_id paid_on currency kind \
        root_kind effect_amount is_unplaced is_reversal
        0 P3 P3 D1 1 I3 2026-06-25 BRL payment payment 70.00 false false";
    finds(audit, &broken("D1", "D1", parts), &["payment P1 | 40.00 | 0.00 | -40.00"]);
    let odd = "\npayments: payment_id invoice_id kind reverses root_id takes_back paid_on amount
        P4 I1 charges - P4 false 2026-06-02 2.00
        P4 I1 payment - P4 false 2026-06-02 5.00
        R4 - chargeback P4 P4 true 2026-06-03 7.00
        R5 - chargeback R4 P4 false 2026-06-04 7.00
        R6 - chargeback P4 P4 true 2026-06-05 7.00
        C7 I1 charges - C7 false 2026-06-02 2.00
        R7 I1 chargeback C7 C7 true 2026-06-03 2.00
        R8 I1 chargeback C7 C7 true 2026-06-04 2.00
        R9 - refund GONE GONE true 2026-06-04 3.00
        N1 I9 payment - N1 false 2026-06-04 4.00";
    finds(audit, &broken("D1", "D1", odd), &[]);
}

#[test]
fn what_was_paid_to_a_company_pays_no_other() {
    let audit = "audit_20_nothing_crosses_companies";
    let items = "\nint_items: debtor_id company_id currency invoice_id installment_no applied_amount
        D1 2 BRL I1 1 40.00
        D1 1 BRL I3 1 70.01";
    let expected = ["I1 | at most 0.00 | 40.00 | 40.00", "I3 | at most 70.00 | 70.01 | 0.01"];
    finds("audit_20_nothing_crosses_companies", &broken("D1", "D1", items), &expected);
    let accounts = "\nint_accounts: debtor_id company_id currency account_rank credit_amount\nD1 1 BRL 1 3.00";
    finds(audit, &broken("D1", "D1", accounts), &["D1 | 0.00 | 3.00 | 3.00"]);
    let to_another = "\npayments: payment_id invoice_id company_id paid_on amount\nP5 - 2 2026-06-01 9.00
        int_accounts: debtor_id company_id currency account_rank credit_amount\nD1 1 BRL 1 9.00\nD1 2 BRL 2 9.00";
    finds(audit, &broken("D1", "D1", to_another), &["D1 | 0.00 | 9.00 | 9.00"]);
}

#[test]
fn no_charges_are_claimed_of_what_is_payable_still_or_was_paid_in_time() {
    let audit = "audit_21_no_charges_in_time";
    let of = |i1: &str, i2: &str, i3: &str| {
        let from = "invoices: invoice_id due_date amount
        I1 2026-05-20 100.00
        I2 2026-06-20 50.00
        I3 2026-06-20 70.00";
        let to = format!(
            "invoices: invoice_id due_date payable_on amount
        I1 2026-05-20 {i1} 100.00
        I2 2026-06-20 {i2} 50.00
        I3 2026-06-20 {i3} 70.00"
        );
        broken(from, &to, "")
    };
    finds("audit_21_no_charges_in_time", &of("2026-06-29", "2026-06-30", "2026-06-24"), &[]);
    let fine = "A1 | no fine and no interest: nothing cited is past its payable day | 3.00 | 3.00";
    finds(audit, &of("2026-06-30", "2026-06-30", "2026-06-24"), &[fine]);
    let left = "A1 | no charges left: all that was paid was paid in time | 11.00 | 11.00";
    finds(audit, &of("2026-06-29", "2026-06-30", "2026-06-25"), &[left]);
}

#[test]
fn no_action_cites_an_item_that_is_spoken_for() {
    let spoken_for = [
        ("dispute_open", "disputes: dispute_id invoice_id kind opened_on\nX1 I1 dispute 2026-06-30"),
        ("goods_return_open", "disputes: dispute_id invoice_id kind opened_on\nX1 I1 goods_return 2026-06-30"),
        ("promise_pending", "promises: promise_id invoice_id promised_on pay_by\nM1 I1 2026-06-20 2026-06-28"),
        ("with_agency", "placements: placement_id invoice_id agency_id placed_on\nL1 I1 A 2026-06-30"),
        (
            "agreement_kept",
            "agreements: agreement_id due_date amount\nG1 2026-07-20 50.00\nagreement_items: agreement_id invoice_id\nG1 I1",
        ),
    ];
    for (reason, rows) in spoken_for {
        let expected = format!("A1 | no action | {reason} | I1");
        finds("audit_09_no_held_item", &broken("D1", "D1", &format!("\n{rows}")), &[&expected]);
    }
    let invoice = |column: &str, value: &str| {
        let head = format!("invoice_id {column} due_date amount\nI1 {value} 2026-05-20");
        let to = format!("{head} 100.00\ninvoices: invoice_id due_date amount");
        broken("invoice_id due_date amount\n        I1 2026-05-20 100.00", &to, "")
    };
    finds("audit_09_no_held_item", &invoice("dunning_block", "law"), &["A1 | no action | blocked_item | I1"]);
    finds("audit_09_no_held_item", &invoice("grace_until", "2026-06-30"), &["A1 | no action | grace_until | I1"]);
    finds("audit_09_no_held_item", &invoice("grace_until", "2026-06-29"), &[]);
    let position = broken("open_amount segment\n        1 D1 BRL I1", "open_amount item_hold\n        1 D1 BRL I1", "");
    let expected = ["A1 | no action | novo | I1", "A1 | no action | novo | I2"];
    finds("audit_09_no_held_item", &position, &expected);
}

#[test]
fn no_action_reaches_a_debtor_or_an_address_that_is_to_be_left_alone() {
    let quarantined = broken("D1", "D1", "\nheld_debtors: debtor_id\nD1");
    finds("audit_10_no_held_debtor", &quarantined, &["A1 | no action | quarantined_input | 1"]);
    let debtor = |column: &str, value: &str| {
        let to = format!("debtors: debtor_id {column}\n        D1 {value}\n");
        broken("debtors: debtor_id\n        D1\n", &to, "")
    };
    let insolvent = debtor("is_insolvent", "true");
    finds("audit_10_no_held_debtor", &insolvent, &["A1 | no action | insolvent_or_legal | 1"]);
    let blocked = debtor("dunning_block", "law");
    finds("audit_10_no_held_debtor", &blocked, &["A1 | no action | blocked_debtor | 1"]);
    let unknown = broken("debtors: debtor_id\n        D1\n", "debtors: debtor_id\n        D2\n", "");
    finds("audit_10_no_held_debtor", &unknown, &["A1 | no action | quarantined_input | 1"]);
    for (column, value) in [("opted_out_on", "2026-06-30"), ("is_valid", "false"), ("is_authorized", "false")] {
        let to = format!("address {column}\n        ana@acme {value}\n");
        let given = broken("address\n        ana@acme\n", &to, "");
        let expected = "A1 | another address | opted out, invalid or not authorised | 1";
        finds("audit_10_no_held_debtor", &given, &[expected]);
    }
}

/// A debt is told to nobody who may not hear of it; what names none may go to whoever has not opted out.
#[test]
fn only_what_names_a_debt_needs_an_authorised_address() {
    let with_version = |version: &str, column: &str, value: &str| {
        let columns = "out_actions: action_id company_id";
        let text = SOUND
            .replacen(columns, "out_actions: action_id template_version company_id", 1)
            .replacen("A1 1 D1 BRL email", &format!("A1 {version} 1 D1 BRL email"), 1)
            .replacen("address\n        ana@acme\n", &format!("address {column}\n        ana@acme {value}\n"), 1);
        given(&text)
    };
    let refused = "A1 | another address | opted out, invalid or not authorised | 1";
    finds("audit_10_no_held_debtor", &with_version(QUIET, "is_authorized", "false"), &[]);
    finds("audit_10_no_held_debtor", &with_version("0123456789ab", "is_authorized", "false"), &[refused]);
    finds("audit_10_no_held_debtor", &with_version(QUIET, "opted_out_on", "2026-06-30"), &[refused]);
    finds("audit_10_no_held_debtor", &with_version(QUIET, "is_valid", "false"), &[refused]);
}

/// The message of the sound tables as an action of another kind, citing I3, which is paid, and nothing open.
fn about_paid(kind: &str, more: &str) -> Given {
    let columns = "out_actions: action_id company_id debtor_id currency channel";
    let amounts = "110.00 2.00 1.00 0.50 4.00 7.00 117.50 USD 21.15 0.18";
    assert!(SOUND.contains(amounts), "{amounts:?} is not in the sound tables");
    let text = SOUND
        .replacen("A1 1 D1 BRL I1 1 60.00", "A1 1 D1 BRL I3 1 0.00", 1)
        .replacen("        A1 1 D1 BRL I2 1 50.00\n", "", 1)
        .replacen(columns, &columns.replace("action_id", "action_id step_kind regua"), 1)
        .replacen("A1 1 D1 BRL email", &format!("A1 {kind} b2b 1 D1 BRL email"), 1)
        .replacen(amounts, "0.00 0.00 0.00 0.00 0.00 0.00 0.00 - - -", 1);
    given(&format!("{text}{more}"))
}

#[test]
fn what_is_owed_to_the_debtor_passes_the_holds_and_cites_what_is_paid() {
    let held = "
        held_debtors: debtor_id
            D1
        disputes: dispute_id invoice_id kind opened_on
            X1 I3 dispute 2026-06-30";
    for kind in ["negativacao_removal", "protesto_release", "agency_recall"] {
        let duty = about_paid(kind, held);
        finds("audit_09_no_held_item", &duty, &[]);
        finds("audit_10_no_held_debtor", &duty, &[]);
        finds("audit_16_amount_is_sum_of_items", &duty, &[]);
        finds("audit_17_items_of_that_debtor", &duty, &[]);
    }
    let thanks = about_paid("receipt", held);
    finds("audit_10_no_held_debtor", &thanks, &["A1 | no action | quarantined_input | 1"]);
    finds("audit_16_amount_is_sum_of_items", &thanks, &[]);
    finds("audit_17_items_of_that_debtor", &thanks, &[]);
    let reminder = about_paid("reminder", "");
    let below = ["A1 | at least 50.00 | 0.00 | -50.00", "A1 | more than 0 | 0.00 | 0.00"];
    finds("audit_16_amount_is_sum_of_items", &reminder, &below);
    finds("audit_17_items_of_that_debtor", &reminder, &["A1 | an open item of the debtor | none such | I3"]);
}

#[test]
fn nothing_is_removed_or_thanked_for_while_it_is_owed() {
    let open = "
        out_action_items: action_id company_id debtor_id currency invoice_id installment_no open_amount
            A1 1 D1 BRL I1 1 60.00
            A1 1 D1 BRL I9 1 0.00";
    for kind in ["negativacao_removal", "protesto_release", "receipt"] {
        let none_such = |invoice: &str| format!("A1 | a paid item of the debtor | none such | {invoice}");
        finds("audit_17_items_of_that_debtor", &about_paid(kind, open), &[&none_such("I1"), &none_such("I9")]);
    }
    let unknown = "A1 | an item of the debtor | none such | I9";
    finds("audit_17_items_of_that_debtor", &about_paid("agency_recall", open), &[unknown]);
}

#[test]
fn a_duty_is_a_row_of_its_own_and_no_second_decision() {
    let rows = |reason: &str| {
        format!("\nout_decisions: company_id debtor_id currency reason open_amount\n1 D1 BRL {reason} 110.00")
    };
    let duty = broken("D1", "D1", &rows("duty"));
    finds("audit_06_totals_agree", &duty, &[]);
    finds("audit_19_everybody_decided", &duty, &[]);
    let twice = broken("D1", "D1", &rows("settled"));
    finds("audit_19_everybody_decided", &twice, &["D1 | one decision | 2 | 1"]);
    let only_a_duty = broken("action step_due A1", "action duty A1", "");
    finds("audit_19_everybody_decided", &only_a_duty, &["D1 | an action or a reason | neither | 1"]);
}

#[test]
fn an_action_id_stands_once_in_the_batch_and_the_log() {
    let twice = broken("D1", "D1", "\nout_actions: action_id\nA1\nA2");
    finds("audit_11_action_id_unique", &twice, &["A1 | 1 | 2 | 1"]);
    let published =
        broken("D1", "D1", "\nactions: action_id published_on\nA1 2026-06-20\nA2 2026-06-20\nA2 2026-06-21");
    finds("audit_11_action_id_unique", &published, &["A1 | 1 | 2 | 1"]);
    let kept = "\nout_actions: action_id payload_sha256\nA2 same\nA3 new
        actions: action_id payload_sha256 published_on\nA2 same 2026-06-30\nA3 old 2026-06-30";
    finds("audit_11_action_id_unique", &broken("D1", "D1", kept), &["A3 | 1 | 2 | 1"]);
}

#[test]
fn one_message_per_debtor_channel_and_day() {
    let more = "\nout_actions: action_id debtor_id channel
        A2 D1 email
        A3 D1 sms
        A4 D2 email
        A5 D1 instruction
        A6 D1 instruction";
    finds("audit_12_one_message_a_day", &broken("D1", "D1", more), &["D1 email | 1 | 2 | 1"]);
}

#[test]
fn the_amount_is_the_sum_of_the_items_and_above_the_minimum() {
    let audit = "audit_16_amount_is_sum_of_items";
    let wrong_sum = broken("110.00 2.00 1.00 0.50", "109.00 2.00 1.00 0.50", "");
    finds("audit_16_amount_is_sum_of_items", &wrong_sum, &["A1 | 110.00 | 109.00 | -1.00"]);
    let nothing = broken("D1", "D1", "\nout_actions: action_id open_amount\nA2 0.00");
    finds(audit, &nothing, &["A2 | more than 0 | 0.00 | 0.00"]);
    let below = broken("D1", "D1", "\nout_actions: action_id regua currency open_amount\nA2 b2b BRL 49.99");
    finds(audit, &below, &["A2 | 0.00 | 49.99 | 49.99", "A2 | at least 50.00 | 49.99 | -0.01"]);
}

#[test]
fn the_total_has_the_charges_and_an_offer_adds_up_to_it() {
    let audit = "audit_16_total_and_offer";
    let amounts = "110.00 2.00 1.00 0.50 4.00 7.00 117.50 USD 21.15 0.18";
    for (changed, expected) in [
        ("110.00 2.00 1.00 0.50 4.00 7.00 117.51 USD 21.15 0.18", "A1 | 117.50 | 117.51 | 0.01"),
        ("110.00 2.00 1.00 0.50 3.99 7.00 117.50 USD 21.15 0.18", "A1 | 117.49 | 117.50 | 0.01"),
        ("110.00 3.00 1.00 -0.50 4.00 7.00 117.50 USD 21.15 0.18", "A1 | no charge below 0 | -0.50 | -0.50"),
        ("110.00 2.00 1.00 0.50 4.00 7.00 117.50 USD 21.16 0.18", "A1 | 21.1500000000 | 21.16 | 0.0100000000"),
    ] {
        let found = findings(&broken(amounts, changed, ""), audit);
        assert!(found.contains(&expected.to_owned()), "{changed}: {found:?}");
    }
    // Half a unit is what rounding to a currency without cents may take, and no more.
    let yen = |amount: &str| broken("USD 21.15 0.18", &format!("JPY {amount} 27.5"), "");
    finds(audit, &yen("3231.00"), &[]);
    finds(audit, &yen("3232.00"), &["A1 | 3231.2500000000 | 3232.00 | 0.7500000000"]);
    let part = broken("0 2026-07-05 18.50", "0 2026-07-05 18.49", "");
    finds("audit_16_total_and_offer", &part, &["A1 | 118.50 | 118.49 | -0.01"]);
    let more =
        given(&SOUND.replace("118.50 0.00 1.00", "119.00 0.00 1.00").replace("2026-07-05 18.50", "2026-07-05 19.00"));
    finds(audit, &more, &["A1 | 118.50 | 119.00 | 0.50"]);
}

#[test]
fn cited_items_are_open_items_of_that_very_debtor() {
    let of_another = broken("A1 1 D1 BRL I2 1 50.00", "A1 1 D2 BRL I2 1 50.00", "");
    let none_such = |invoice: &str| format!("A1 | an open item of the debtor | none such | {invoice}");
    finds("audit_17_items_of_that_debtor", &of_another, &[&none_such("I2")]);
    let paid = broken("A1 1 D1 BRL I2 1 50.00", "A1 1 D1 BRL I3 1 50.00", "");
    finds("audit_17_items_of_that_debtor", &paid, &[&none_such("I3")]);
}

#[test]
fn a_message_has_a_text_a_subject_and_an_address_of_the_debtor() {
    let without_subject = broken("pt Subject Body", "pt - Body", "");
    finds("audit_18_message_resolves", &without_subject, &["A1 | a text | none | 1"]);
    for address in ["bia@acme", "-"] {
        let given = broken("email ana@acme", &format!("email {address}"), "");
        finds("audit_18_message_resolves", &given, &["A1 | an address of the debtor | none such | 1"]);
    }
    let instruction = broken("email ana@acme pt Subject", "instruction - pt -", "");
    finds("audit_18_message_resolves", &instruction, &[]);
}

#[test]
fn everybody_who_owes_has_an_action_or_a_reason() {
    let more = "\ninvoices: invoice_id debtor_id company_id due_date\nI8 D1 2 2026-06-20\nI9 D2 1 2026-06-20";
    let expected = ["D1 | an action or a reason | neither | 1", "D2 | an action or a reason | neither | 1"];
    finds("audit_19_everybody_decided", &broken("D1", "D1", more), &expected);
    let only_a_credit = "\npayments: payment_id debtor_id paid_on amount\nP9 D2 2026-06-20 10.00";
    let neither = "D2 | an action or a reason | neither | 1";
    finds("audit_19_everybody_decided", &broken("D1", "D1", only_a_credit), &[neither]);
    let duty = format!("{only_a_credit}\nout_decisions: company_id debtor_id currency reason\n1 D2 BRL duty");
    finds("audit_19_everybody_decided", &broken("D1", "D1", &duty), &[]);
    let held = broken("D1", "D1", "\nheld_debtors: debtor_id\nD2");
    finds("audit_19_everybody_decided", &held, &[neither]);
    let lost = "\nheld_debtors: debtor_id\nD2\nint_accounts: debtor_id company_id currency open_items\n1 1 BRL 0";
    let expected =
        ["1 | an action or a reason | neither | 1", "D2 | an action or a reason | neither, and it is held | 1"];
    finds("audit_19_everybody_decided", &broken("D1", "D1", lost), &expected);
}

/// The message of the sound tables as another step, after contacts of its account.
fn after(step: &str, contacts: &str) -> Given {
    let columns = "out_actions: action_id company_id";
    let text = SOUND.replacen(columns, "out_actions: action_id regua step_id segment company_id", 1);
    let text = text.replacen("A1 1 D1 BRL email", &format!("A1 b2b {step} novo 1 D1 BRL email"), 1);
    given(&format!("{text}\n{contacts}"))
}

/// The shipped caps: three contacts of an account in 14 days, five of a group in 7, two by SMS of a debtor in 30.
#[test]
fn caps_hold_over_what_went_out_and_what_goes_out_together() {
    let published = |rows: &str| format!("actions: action_id step_id published_on channel debtor_id\n{rows}");
    let three = "P1 x 2026-06-17 email D1\nP2 x 2026-06-20 sms D1\nP3 x 2026-06-24 phone D1";
    finds("audit_13_caps_hold", &after("d+5", &published(three)), &["A1 | at most 3 by cap 1 | 4 | 1"]);
    let older = three.replace("2026-06-17", "2026-06-16");
    finds("audit_13_caps_hold", &after("d+5", &published(&older)), &[]);
    let instruction = three.replace("phone", "instruction");
    finds("audit_13_caps_hold", &after("d+5", &published(&instruction)), &[]);
    let bounced = "contact_log: event_id action_id channel occurred_at direction status
        E1 P3 phone 2026-06-24T12:00:00 outbound bounced";
    finds("audit_13_caps_hold", &after("d+5", &format!("{}\n{bounced}", published(three))), &[]);
    // What a revision decides anew is not counted beside itself.
    let of_today = three.replace("P3 x 2026-06-24", "A1 x 2026-06-30");
    finds("audit_13_caps_hold", &after("d+5", &published(&of_today)), &[]);
    let group = "
        invoices: invoice_id debtor_id due_date
            J1 D2 2026-06-20
        debtors: debtor_id group_key
            D2 1
        actions: action_id debtor_id group_key published_on
            P1 D2 1 2026-06-24
            P2 D2 1 2026-06-25
            P3 D2 1 2026-06-26
            P4 D2 1 2026-06-27
            P5 D2 1 2026-06-28";
    let group = group.replace("invoice_id debtor_id due_date\n", "invoice_id debtor_id group_key due_date\n");
    let group = group.replace("J1 D2 2026", "J1 D2 1 2026");
    finds("audit_13_caps_hold", &after("d+5", &group), &["A1 | at most 5 by cap 2 | 6 | 1"]);
    let sms = after("d+5", &published("P1 x 2026-06-01 sms D1\nP2 x 2026-06-05 sms D1"));
    finds("audit_13_caps_hold", &sms, &[]);
    let more = "\nout_actions: action_id company_id debtor_id currency channel segment\nA2 1 D1 BRL sms novo";
    let sms = after("d+5", &format!("{}{more}", published("P1 x 2026-06-02 sms D1\nP2 x 2026-06-05 sms D1")));
    finds("audit_13_caps_hold", &sms, &["A2 | at most 2 by cap 3 | 3 | 1"]);
}

#[test]
fn the_gap_holds_between_any_two_steps() {
    let on = |step: &str, day: &str| format!("actions: action_id step_id published_on\nP1 {step} {day}");
    let expected = "A1 | 3 days or more | 2 | -1";
    finds("audit_14_gap_holds", &after("d+5", &on("d+1", "2026-06-28")), &[expected]);
    finds("audit_14_gap_holds", &after("d+5", &on("d+1", "2026-06-27")), &[]);
    // Another company's, or a duty, holds nothing up.
    let of_another = "actions: action_id company_id published_on\nP1 2 2026-06-28";
    finds("audit_14_gap_holds", &after("d+5", of_another), &[]);
    let duty = "actions: action_id cycle_id published_on\nP1 duty-1 2026-06-28";
    finds("audit_14_gap_holds", &after("d+5", duty), &[]);
    finds("audit_14_gap_holds", &after("removal", &on("d+1", "2026-06-28")), &[]);
    let kept = "actions: action_id step_id published_on\nP1 d+1 2026-06-28\nA1 d+5 2026-06-30";
    finds("audit_14_gap_holds", &after("d+5", kept), &[]);
}

/// From 8 to 20 in São Paulo, on a Tuesday; a city's holiday, a night and a message that never expires are findings.
#[test]
fn a_message_goes_out_in_the_hours_of_its_debtor() {
    checked(&given(SOUND)).expect("sound hours");
    let hours = "2026-06-30T11:00:00Z 2026-06-30T23:00:00Z";
    for wrong in [
        "2026-06-30T10:59:59Z 2026-06-30T23:00:00Z",
        "2026-06-30T11:00:00Z 2026-06-30T23:00:01Z",
        "2026-06-30T11:00:00Z 2026-07-01T15:00:00Z",
        "2026-06-28T15:00:00Z 2026-06-28T16:00:00Z",
        "2026-06-30T15:00:00Z 2026-06-30T15:00:00Z",
        "2026-06-30T15:00:00Z -",
    ] {
        let error = checked(&broken(hours, wrong, "")).expect_err(wrong).to_string();
        assert!(error.contains("audit 15 lawful hours (A1): expected the hours of its debtor's day"), "{error}");
    }
    let instruction = broken("email ana@acme pt Subject", "instruction - pt -", "");
    let instruction = checked(&instruction).map_err(|error| error.to_string());
    assert_eq!(instruction, Ok(()));
    let elsewhere = "debtors: debtor_id time_zone\n        D1 Asia/Tokyo\n";
    checked(&broken("debtors: debtor_id\n        D1\n", elsewhere, "")).expect_err("night in Tokyo");
}

fn checked(given: &Given) -> Result<(), Error> {
    let all = Layer::ALL.iter().flat_map(|(layer, _)| models().of(*layer)).map(|m| m.name.as_str());
    check_shard(models(), calendar(), &given.session(&all.collect::<Vec<_>>()))
}

#[test]
fn a_sound_shard_passes_and_a_finding_stops_the_run_with_exit_code_3() {
    checked(&given(SOUND)).expect("sound tables pass");
    let error = checked(&broken("step_due A1 110.00", "step_due A1 100.00", "")).expect_err("a finding");
    assert!(matches!(error, Error::Audit(_)), "{error}");
    assert_eq!(error.exit_code(), 3);
    let text = "nothing was published: an audit failed\naudit 06_totals_agree (1 BRL): expected 110.00, \
        actual 110.00 in accounts, 100.00 in decisions, difference -10.00";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_key_that_stands_twice_is_a_finding_of_its_model() {
    let twice = "
    int_credits: debtor_id company_id currency credit_amount unmatched_amount effect_amount
        D1 1 BRL 0.00 0.00 110.00
        D9 1 BRL 0.00 0.00 0.00
        D9 1 BRL 0.00 0.00 0.00
        D8 1 BRL 0.00 0.00 0.00";
    let model = models().of(Layer::Intermediate).find(|model| model.name == "int_credits").expect("a model");
    let check = |more: &str| broken("D1", "D1", more).session(&["int_credits"]).finish(model);
    check("").expect("sound tables pass");
    let error = check(twice).expect_err("a finding");
    assert_eq!(error.exit_code(), 3);
    let text = "audit grain of int_credits (debtor_id, company_id, currency): expected one row each, actual more than one, \
        difference 1 key occurs more than once";
    assert!(error.to_string().contains(text), "{error}");
}

// Reading models.

#[test]
fn the_months_and_the_roll_rates_end_with_what_is_open() {
    let less = broken("40.00 60.00 novo", "40.00 59.00 novo", "");
    let expected = [
        "1 BRL late by months | 109.00 | 110.00 | 1.00",
        "1 BRL open by months | 109.00 | 110.00 | 1.00",
        "1 BRL open by roll rates | 109.00 | 110.00 | 1.00",
    ];
    finds("audit_22_history_ends_with_the_position", &less, &expected);
    let not_late = broken("41 2 31-60", "0 0 not_due", "");
    finds("audit_22_history_ends_with_the_position", &not_late, &["1 BRL late by months | 50.00 | 110.00 | 60.00"]);
}

#[test]
fn what_is_in_charge_forecast_and_recovered_is_what_was_open() {
    let less = broken("40.00 60.00 novo", "40.00 59.00 novo", "");
    let expected = [
        "1 BRL open by collectors | 109.00 | 110.00 | 1.00",
        "1 BRL open by the forecast | 109.00 | 110.00 | 1.00",
        "1 BRL overdue by collectors | 109.00 | 110.00 | 1.00",
    ];
    finds("audit_23_figures_add_up", &less, &expected);
    let more = broken(
        "D1",
        "D1",
        "
    fct_recovery: company_id currency step_id channel contacted_amount recovered_amount
        1 BRL d+5 email 10.00 11.00",
    );
    finds("audit_23_figures_add_up", &more, &["1 BRL recovered by d+5 email | 10.00 | 11.00 | 1.00"]);
}
