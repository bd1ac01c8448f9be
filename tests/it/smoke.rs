//! The shortest way through everything.

use crate::support::{House, as_of};

#[test]
fn one_overdue_invoice_is_one_action() {
    let house = House::new();
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-05-01 2026-06-20 100.00");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP");
    house.write("contact_points", "debtor_id channel address\nD1 email finance@acme.example");
    let run = house.run(as_of());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let actions = house.published("actions", "debtor_id step_id channel open_amount days_past_due_max");
    assert_eq!(actions, ["D1 d+5 email 100.00 10"]);
}
