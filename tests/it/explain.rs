//! `regua explain`: decisions as a person would tell them, word for word.

use crate::support::{House, as_of};

/// The sentences about the only account of D1, without ids that are digests.
fn told(house: &House) -> String {
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let text = house.regua(&["explain", "D1", "--from", "output", "--output", "text"]).stdout;
    let sentences =
        text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ") && !line.starts_with("  |"));
    let told: Vec<&str> = sentences.map(str::trim).filter(|line| !line.starts_with("action ")).collect();
    let cycle =
        told.iter().find_map(|line| line.split_once("(cycle ")?.1.split_once(')')).map_or("no cycle", |(id, _)| id);
    told.join("\n").replace(cycle, "C")
}

fn house(due: &str) -> House {
    let house = House::new();
    house.write(
        "invoices",
        &format!("invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-05-01 {due} 1234.56\nI2 D1 2026-05-01 2026-07-31 100.00"),
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP");
    house.write("contact_points", "debtor_id channel address\nD1 email finance@acme.example");
    house
}

const OWES: &str = "\
D1 owes company 1 R$1,334.56 in 2 items, R$1,234.56 of it past due in 1 item; the oldest since 2026-06-20 (10 days).
Segment novo (items_due < 4), tier C, risk medium: 1 item due in the window, 100 % late.
The régua is b2b (by default).
The arrears episode counts from 2026-06-20 (cycle C).";

const STEPS: &str =
    "Steps: d-3 too late, d-1 for other segments, d+1 too late, d+5 due, d+15 not due, d+30 not due, d+45 not due, d+60 not due, d+70 not due, d+80 not due, d+90 not due.
Step d+5 due at 10 days past due.";

#[test]
fn a_message() {
    let expected = format!(
        "{OWES}\n{STEPS}
Channel email: 0 of 0 answered, smoothed 20 %.
Charges default: fine 2 % half_up, interest 1 % per month half_up.
Offer prazo: extension, total 1263.37, valid until 2026-07-03.
Step d+5 goes out by email in pt-BR, tone gentle, between 2026-06-30T11:00Z and 2026-06-30T23:00Z, over R$1,263.37."
    );
    assert_eq!(told(&house("2026-06-20")), expected);
}

#[test]
fn a_promise_with_its_end() {
    let house = house("2026-06-20");
    house.write("promises", "promise_id debtor_id invoice_id promised_on pay_by\nM1 D1 I1 2026-06-25 2026-07-01");
    let told = told(&house);
    let expected = format!(
        "{OWES}
Left out of any message: I1 / 1 until 2026-07-03; a promise to pay is pending (promise_pending).
Steps: d-3 not due, d-1 for other segments, d+1 not due, d+5 not due, d+15 not due, d+30 not due, d+45 not due, d+60 not due, d+70 not due, d+80 not due, d+90 not due.
Nothing is sent: a promise to pay is pending (promise_pending: until 2026-07-03).
Besides: the next step is not due yet (no_step_due: next is d-3 from 2026-07-28).
A message can be sent from 2026-07-04 on, if nothing else changes."
    );
    assert_eq!(told, expected);
}

#[test]
fn a_dispute_without_an_end_and_an_address_that_is_missing() {
    let house = house("2026-06-20");
    house.write("disputes", "dispute_id debtor_id invoice_id kind opened_on\nX1 D1 - dispute 2026-06-25");
    house.write("contact_points", "debtor_id channel address\nD1 phone +5511900000001");
    let told = told(&house);
    let end = "\
Nothing is sent: what is due is disputed (dispute_open).
A message can be sent once that changes; no date is known for dispute_open.";
    assert!(told.ends_with(end), "{told}");

    house.write("disputes", "dispute_id debtor_id invoice_id kind opened_on");
    let _ = std::fs::remove_dir_all(house.path("output"));
    let told = self::told(&house);
    let end = "\
Nothing is sent: no usable address for the step (no_contact_point: looked at email, whatsapp, sms).
Step d+5 can be sent once that changes; no date is known for no_contact_point: add an address to contact_points.";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn too_soon_after_a_contact_and_an_answer() {
    let house = house("2026-06-14");
    house.write(
        "contact_log",
        "event_id action_id debtor_id channel occurred_at status regua step_id
        E1 A1 D1 email 2026-06-29T15:00:00Z sent b2b d+5
        E2 A1 D1 email 2026-06-30T12:00:00Z replied b2b d+5",
    );
    let told = told(&house);
    let end = "\
Step d+15 due at 16 days past due.
Channel email: 1 of 1 answered, smoothed 27 %.
Nothing is sent: the last contact is too recent (min_gap: last contact on 2026-06-29, until 2026-07-01).
Besides: the debtor answered or paid recently (response_window: answered on 2026-06-30, until 2026-07-01).
Step d+15 can be sent from 2026-07-02 on, if nothing else changes.";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn nothing_due_yet_and_nothing_to_be_done() {
    let quiet = told(&house("2026-07-20"));
    let begin =
        "D1 owes company 1 R$1,334.56 in 2 items, none of it past due; the next falls due on 2026-07-20 (in 20 days).";
    let end = "\
Nothing is sent: nothing is due and no step before the due date has come (not_due).
Besides: the next step is not due yet (no_step_due: next is d-3 from 2026-07-17).
Step d-3 can be sent from 2026-07-17 on, if nothing else changes.";
    assert!(quiet.starts_with(begin) && quiet.ends_with(end), "{quiet}");

    let house = house("2026-06-20");
    house.write("debtors", "debtor_id legal_name state regua is_insolvent\nD1 Acme SP none true");
    let told = told(&house);
    let end = "\
The régua is none (by debtor).
The arrears episode counts from 2026-06-20 (cycle C).
Nothing is sent: insolvency or legal proceedings (insolvent_or_legal).
Besides: the régua says do nothing (regua_none).
A message can be sent once that changes; no date is known for insolvent_or_legal, regua_none: name a régua for it, if that is not meant.";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn machines_get_the_same_sentences_and_the_trace() {
    let house = house("2026-06-20");
    assert_eq!(house.run(as_of()).code, 0);
    let line = house.regua(&["explain", "D1", "--from", "output"]).stdout;
    let json: serde_json::Value = serde_json::from_str(line.trim()).expect("JSON");
    let decision = &json["decisions"][0];
    let trace: Vec<&str> = decision["trace"].as_array().unwrap().iter().filter_map(|t| t.as_str()).collect();
    let words =
        ["segment ", "régua ", "cycle ", "steps: ", "step ", "channel ", "charges ", "offer ", "slot ", "template "];
    assert_eq!(trace.len(), words.len(), "{trace:?}");
    assert!(trace.iter().zip(words).all(|(text, word)| text.starts_with(word)), "{trace:?}");
    assert!(decision["sentences"][0].as_str().unwrap().starts_with("D1 owes company 1 R$1,334.56"));
}

/// What holds a debtor by a row that cannot be read is named with its place.
#[test]
fn a_quarantined_row_is_told_with_its_place() {
    let house = house("2026-06-20");
    house.write("promises", "promise_id debtor_id invoice_id promised_on pay_by\nM1 D1 I1 2026-06-25 -");
    let told = told(&house);
    assert!(told.contains("Nothing is sent:") && told.contains("(quarantined_input"), "{told}");
    let row = told.lines().last().unwrap();
    assert!(row.starts_with("quarantine: promises, row 0 of "), "{row}");
    assert!(row.ends_with("input/promises.parquet: pay_by (null, missing_value)"), "{row}");
}

/// The newest edition of an older date decided nothing: the one before it did.
#[test]
fn of_an_older_date_the_edition_that_decided_is_told() {
    let house = house("2026-06-20");
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(house.run("2026-07-01").code, 0);
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 1.00");
    let revised = house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of(), "--revise", "--reason", "late"]);
    assert_eq!(revised.code, 0, "{}", revised.stderr);
    let told = house.regua(&["explain", "D1", "--from", "output", "--as-of", as_of(), "--output", "text"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("Step d+5 goes out by email"), "{}", told.stdout);
}

/// An action that was taken back was told as one that goes out.
#[test]
fn an_action_that_a_revision_took_back_is_told_so() {
    let house = house("2026-06-20");
    assert_eq!(house.run(as_of()).code, 0);
    let action = house.published("actions", "action_id").join("");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 100.00");
    let revised = house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of(), "--revise", "--reason", "late"]);
    assert_eq!(revised.code, 0, "{}", revised.stderr);
    // The debtor owes nothing any more, and so has no account.
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount
        I1 D1 2026-01-05 2026-06-20 100.00
        I2 D1 2026-01-05 2026-06-29 50.00",
    );
    let again = house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of(), "--revise", "--reason", "another"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let told = house.regua(&["explain", "D1", "--from", "output", "--output", "text"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let line = format!("action {action} (step d+5, by email) was published and a revision took it back");
    assert!(told.stdout.contains(&line), "{}", told.stdout);
}

/// The newest record was of a date that decided nothing, and an action was looked for in the newest record alone.
#[test]
fn after_an_earlier_date_was_made_up_for_the_newest_that_decided_is_told() {
    let house = house("2026-06-20");
    assert_eq!(house.run(as_of()).code, 0);
    let action = house.published("actions", "action_id").join("");
    for date in ["2026-07-01", "2026-06-28"] {
        assert_eq!(house.run(date).code, 0);
    }
    let explain = |subject: &str, more: &[&str]| {
        house.regua(&[&["explain", subject, "--from", "output", "--output", "text"], more].concat())
    };
    let newest = explain("D1", &[]);
    assert!(newest.stdout.starts_with("D1 on 2026-07-01 (run "), "{}{}", newest.stdout, newest.stderr);
    let told = explain(&action, &[]);
    assert!(told.stdout.starts_with("D1 on 2026-06-30 (run "), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("Step d+5 goes out by email") && told.stdout.contains(&action), "{}", told.stdout);
    assert_eq!(explain(&action, &["--as-of", as_of()]).stdout, told.stdout);
    let other = explain(&action, &["--as-of", "2026-07-01"]);
    assert_eq!(other.code, 2, "{}", other.stdout);
    assert!(other.stderr.contains("without --as-of an action_id is looked up in every date"), "{}", other.stderr);
    let nothing = explain("D1", &["--as-of", "2026-06-28"]);
    assert!(nothing.stderr.contains("nothing was decided for 2026-06-28"), "{}", nothing.stderr);
}

#[test]
fn what_is_nothing_is_not_told() {
    let house = house("2026-06-20");
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-03-02 100.00");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 100.00");
    let listings = "listing_id debtor_id invoice_id kind bureau included_on\nL1 D1 I1 negativacao serasa 2026-05-04";
    house.write("listings", listings);
    let text = |house: &House| {
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        house.regua(&["explain", "D1", "--from", "output", "--output", "text"]).stdout
    };
    let removal = text(&house);
    assert!(removal.contains("Step removal goes out by instruction in pt-BR, tone firm, between "), "{removal}");
    for never in ["R$0.00", "asks for", "The arrears episode counts"] {
        assert!(!removal.contains(never), "{never:?} in {removal}");
    }
    let reminder = text(&self::house("2026-07-03"));
    let asked = reminder.lines().find_map(|line| line.trim().strip_prefix("asks for "));
    assert_eq!(asked, Some("R$1,234.56"), "{reminder}");
}
