//! The shortest way through everything.

use crate::support::{House, as_of};

#[test]
fn one_overdue_invoice_is_one_action() {
    let house = House::of_one_invoice();
    let run = house.run(as_of());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let actions = house.published("actions", "debtor_id step_id channel open_amount days_past_due_max");
    assert_eq!(actions, ["D1 d+5 email 100.00 10"]);
}
