//! What models told while they were in use, beside what came.

use crate::spec::spec;

/// Ten bills, two of them late; the last was told by the model in use. Of 16 pairs of a late bill and one in time 7 + 8 are ranked
/// right, and one is alike. Errors of the chances: 0.1² for the seven told 0.1 and for the late one told 0.9, 0.5² for the two between.
#[test]
fn chances_are_compared_with_what_came() {
    spec(
        "
        fct_told_chances: company_id currency is_in_use seen chance is_late bills counting_errors
            1 BRL false at_issue 100 false 4 40000
            1 BRL false at_issue 100 false 3 30000
            1 BRL false at_issue 500 false 1 250000
            1 BRL false at_issue 500 true 1 250000
            1 BRL true at_issue 900 true 1 10000
            1 BRL false before_due 300 false 2 180000
        kpi_model = seen part bills late_bills chance_avg late_share squared_error counting_squared_error late_auc
            at_issue all 10 2 0.26 0.2 0.058 0.058 0.96875
            at_issue in_use 1 1 0.9 1.0 0.01 0.01 -
            at_issue tenth_01 7 0 0.1 0.0 0.01 0.01 -
            at_issue tenth_08 2 1 0.5 0.5 0.25 0.25 -
            at_issue tenth_10 1 1 0.9 1.0 0.01 0.01 -
            before_due all 2 0 0.3 0.0 0.09 0.09 -
            before_due tenth_01 2 0 0.3 0.0 0.09 0.09 -
    ",
    );
}

#[test]
fn without_a_model_nothing_was_told() {
    spec(
        "
        invoices: invoice_id issue_date due_date amount
            I1 2026-05-01 2026-06-01 400.00
        int_told_chances = seen chance is_late bills
        fct_told_chances = seen chance is_late bills
        kpi_model = seen part bills
    ",
    );
}
