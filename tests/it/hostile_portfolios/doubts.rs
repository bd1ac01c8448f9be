//! Rows that may mean somebody protect whom they may mean.

use crate::support::{House, as_of};

/// Debtor 0011, ten days late, and others around it.
fn house() -> House {
    let house = House::new();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount
        I1 0011 2026-01-05 2026-06-20 100.00
        I2 0022 2026-01-05 2026-06-20 100.00",
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", "debtor_id legal_name state\n0011 Acme SP\n0022 Beta SP");
    house.write("contact_points", "debtor_id channel address\n0011 email a@acme.example\n0022 email b@beta.example");
    house
}

fn decided(house: &House) -> Vec<String> {
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut decided = house.published("decisions", "debtor_id reason");
    decided.sort();
    decided
}

/// Zeros lost, other capitals: what is written of `11` may be about `0011`, which is left alone; the other is written to.
#[test]
fn whoever_is_spelt_otherwise_in_another_input_is_left_alone() {
    for (table, rows) in [
        ("disputes", "dispute_id debtor_id kind opened_on status\nX1 11 dispute 2026-06-01 open"),
        ("promises", "promise_id debtor_id promised_on pay_by\nX1 11 2026-06-01 2026-07-10"),
        ("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 11.0 - 2026-06-25 100.00"),
        ("contact_log", "event_id debtor_id channel occurred_at status\nE1 11 email 2026-06-30T12:00:00 sent"),
        (
            "contact_log",
            "event_id debtor_id channel address occurred_at status\nE1 11 email a@acme.example 2026-06-30T12:00:00 sent",
        ),
        ("contact_log", "event_id debtor_id channel occurred_at status\nE1 011. email 2026-06-30T12:00:00 opted_out"),
        // A row that cannot be read.
        ("disputes", "dispute_id debtor_id kind opened_on status\nX1 11 dispute 2026-06-01 odd"),
    ] {
        let house = house();
        house.write(table, rows);
        let decided: Vec<String> = decided(&house).into_iter().filter(|row| !row.starts_with("11")).collect();
        assert_eq!(decided, ["0011 quarantined_input", "0022 step_due"], "{table}: {rows}");
        let quarantine = house.published("quarantine", "table column reason");
        assert!(quarantine.contains(&"debtors debtor_id spelt_otherwise".to_owned()), "{quarantine:?}");
    }
}

/// What names an invoice is about whoever owes it, however its debtor is spelt; what names somebody else is about nobody.
#[test]
fn another_debtor_is_not_one_that_is_spelt_otherwise() {
    for (table, rows) in [
        ("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 11 I2 2026-06-25 10.00"),
        ("disputes", "dispute_id debtor_id kind opened_on status\nX1 110 dispute 2026-06-01 open"),
    ] {
        let house = house();
        house.write(table, rows);
        assert!(decided(&house).contains(&"0011 step_due".to_owned()), "{table}: {rows}");
    }
}

/// In Brazil the name must say so; the flag may be forgotten.
#[test]
fn a_name_that_says_insolvent_is_believed() {
    for (name, reason) in [
        ("Acme_Ltda_-_Em_Recuperação_Judicial", "insolvent_or_legal"),
        ("MASSA_FALIDA_DE_ACME_LTDA", "insolvent_or_legal"),
        ("Espólio_de_João_da_Silva", "insolvent_or_legal"),
        ("Consultoria_em_Recuperação_Judicial_Ltda", "step_due"),
    ] {
        let house = house();
        house.write("debtors", &format!("debtor_id legal_name state\n0011 {name} SP\n0022 Beta SP"));
        assert_eq!(decided(&house)[0], format!("0011 {reason}"), "{name}");
    }
}

/// The money is on its way: a bank credits on the next working day.
#[test]
fn a_payment_that_is_dated_tomorrow_gives_room() {
    for (row, reason) in [
        ("P1 0011 I1 2026-07-01 100.00", "response_window"),
        ("P1 0011 - 2026-07-02 100.00", "response_window"),
        ("P1 0011 I1 2026-07-10 100.00", "step_due"),
    ] {
        let house = house();
        house.write("payments", &format!("payment_id debtor_id invoice_id paid_on amount\n{row}"));
        assert_eq!(decided(&house)[0], format!("0011 {reason}"), "{row}");
    }
    // The date is one of the past: what came after it is not known yet.
    let house = house();
    let later = "P1 0011 I1 2026-07-01 100.00\nP2 0022 I2 2026-08-01 5.00\nP3 0022 I2 2026-08-02 5.00";
    house.write("payments", &format!("payment_id debtor_id invoice_id paid_on amount\n{later}"));
    assert_eq!(decided(&house)[0], "0011 step_due");
}

/// After a migration the log gives the new debtor beside the action of the old one: it counts for both.
#[test]
fn an_event_of_an_action_counts_for_the_debtor_that_it_names_as_well() {
    for (event, date, reason) in [
        ("opted_out inbound", "2026-07-06", "opted_out"),
        ("replied inbound", "2026-07-01", "response_window"),
        ("sent outbound", "2026-07-01", "min_gap"),
    ] {
        let house = house();
        house
            .write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 0011 2026-01-05 2026-06-20 100.00");
        assert_eq!(decided(&house), ["0011 step_due"]);
        let action = house.published("actions", "action_id").remove(0);
        house.write(
            "invoices",
            "invoice_id debtor_id issue_date due_date amount
            I1 0011 2026-01-05 2026-06-20 100.00
            N1 0022 2026-01-05 2026-06-21 100.00",
        );
        house.write(
            "contact_log",
            &format!(
                "event_id debtor_id action_id channel occurred_at status direction
                E1 0022 {action} email 2026-07-01T12:00:00 {event}"
            ),
        );
        let ended = house.regua(&["run", "pipelines/daily.toml", "--as-of", date, "--accept-volume", "migration"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let decided = house.published("decisions", "debtor_id reason");
        assert!(decided.contains(&format!("0022 {reason}")), "{event}: {decided:?}");
        assert_eq!(
            house.published("kpi_recovery", "channel contacts maturing_contacts").len(),
            1,
            "one contact, not two"
        );
    }
}
