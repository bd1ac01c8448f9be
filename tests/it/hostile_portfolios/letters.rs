//! What a letter says of a credit, and whom it may go to.

use serde_json::json;

use super::portfolio::configure;
use crate::support::{House, as_of};

/// Below the share that holds the account, what is not yet applied is named.
#[test]
fn a_letter_names_the_credit_that_is_not_applied() {
    let house = House::of_one_invoice();
    let payments = "payment_id debtor_id invoice_id paid_on amount\nP1 D1 - 2026-06-15 37.25";
    house.write("payments", payments);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let bodies = house.published("actions", "open_amount body");
    assert!(matches!(&bodies[..], [body] if body.starts_with("100.00 ") && body.contains("37,25")), "{bodies:?}");
}

/// A message that names no debt may go to whoever is not authorised to hear about one.
#[test]
fn whoever_is_not_authorised_gets_the_message_that_names_no_debt() {
    let house = House::of_one_invoice();
    house.write("contact_points", "debtor_id channel address is_authorized\nD1 email a@acme.example false");
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(house.published("decisions", "outcome reason"), ["hold no_contact_point"]);
    let text = "{# names-debt: no #}\nSubject: {{ creditor.name }}\n\nOlá.\n\n{{ creditor.opt_out }}\n";
    for language in ["pt-BR", "en", "es"] {
        house.write_file(&format!("pipelines/templates/{language}/overdue_second.email.j2"), text);
    }
    let _ = std::fs::remove_dir_all(house.path("output"));
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(house.published("decisions", "outcome reason"), ["action step_due"]);
}

/// Half of what would be asked for is enough, and the figure is told.
#[test]
fn a_credit_is_no_reason_to_write_where_it_covers_half() {
    let house = House::of_one_invoice();
    configure(&house, |pipeline| pipeline["aging"]["unapplied_credits"] = json!("hold"));
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 - 2026-06-15 50.00");
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(house.published("decisions", "outcome reason"), ["hold credit_covers"]);
    assert!(house.published("decisions", "detail").join("").contains("50.00"));
}
