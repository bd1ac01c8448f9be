//! Balances: what is owed, what was applied to it, and what is left over.

use crate::spec::spec;

#[test]
fn a_payment_in_full_settles_the_item_on_its_day() {
    spec("
        invoices: invoice_id due_date amount
            I1 2026-06-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 I1 2026-06-25 100.00
        int_items = invoice_id installment_no applied_amount open_amount settled_on
            I1 1 100.00 0.00 2026-06-25
    ");
}
