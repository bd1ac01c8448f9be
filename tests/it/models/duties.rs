//! What is owed after a payment: listings and placements with what they name, episodes that have just ended.

use crate::spec::spec;

#[test]
fn a_removal_that_is_asked_for_later_is_not_asked_for_yet() {
    spec(
        "
        listings: listing_id invoice_id kind bureau included_on removal_requested_on
            L1 I1 negativacao serasa 2026-06-10 2026-06-30
            L2 I1 negativacao serasa 2026-06-10 2026-07-01
            L3 I1 negativacao serasa - 2026-06-20
        stg_listings = listing_id removal_requested_on
            L1 2026-06-30
            L2 -
    ",
    );
}

#[test]
fn a_listing_is_done_when_all_that_it_names_is_paid() {
    spec("
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-04-20 100.00
            I1 2 2026-05-20 100.00
            I2 1 2026-05-20 100.00
        payments: payment_id invoice_id installment_no paid_on amount
            P1 I1 1 2026-06-20 100.00
            P2 I2 1 2026-06-25 100.00
        listings: listing_id invoice_id installment_no kind bureau included_on removal_requested_on
            whole I1 - negativacao serasa 2026-06-10 -
            first I1 1 negativacao serasa 2026-06-10 2026-06-21
            second I1 2 protesto cartorio 2026-06-10 -
            other I2 - protesto cartorio 2026-06-10 -
            unknown I9 - negativacao serasa 2026-06-10 -
        int_listing_items = listing_id invoice_id installment_no kind bureau included_on requested_on open_amount settled_on done_on
            whole I1 1 negativacao serasa 2026-06-10 - 0.00 2026-06-20 -
            whole I1 2 negativacao serasa 2026-06-10 - 100.00 - -
            unknown I9 1 negativacao serasa 2026-06-10 - 0.00 - -
            first I1 1 negativacao serasa 2026-06-10 2026-06-21 0.00 2026-06-20 2026-06-20
            second I1 2 protesto cartorio 2026-06-10 - 100.00 - -
            other I2 1 protesto cartorio 2026-06-10 - 0.00 2026-06-25 2026-06-25
    ");
}

#[test]
fn a_credit_note_and_a_write_off_end_a_debt_and_a_chargeback_reopens_it() {
    let listed = |payments: &str| {
        format!(
            "
        invoices: invoice_id due_date amount
            I1 2026-05-20 100.00
        listings: listing_id invoice_id kind bureau included_on
            L1 I1 negativacao serasa 2026-06-10
        payments: payment_id invoice_id kind reverses paid_on amount
            {payments}
        int_listing_items = listing_id done_on
            "
        )
    };
    spec(&format!("{} L1 2026-06-20", listed("P1 I1 payment - 2026-06-20 100.00")));
    // Nobody would ask for less than the tolerance of 5.00.
    spec(&format!("{} L1 2026-06-20", listed("P1 I1 payment - 2026-06-20 95.01")));
    spec(&format!("{} L1 -", listed("P1 I1 payment - 2026-06-20 95.00")));
    spec(&format!("{} L1 2026-06-20", listed("P1 I1 write_off - 2026-06-20 100.00")));
    spec(&format!("{} L1 2026-06-20", listed("P1 I1 credit_note - 2026-06-20 100.00")));
    spec(&format!("{} L1 -", listed("P1 I1 payment - 2026-06-20 100.00\nP2 I1 chargeback P1 2026-06-25 100.00")));
    spec(&format!("{} L1 -", listed("P1 I1 payment - 2026-07-01 100.00")));
}

#[test]
fn a_placement_of_an_invoice_is_done_when_all_of_it_is_paid_or_disputed() {
    spec(
        "
        invoices: invoice_id installment_no due_date amount
            I1 1 2026-04-20 100.00
            I1 2 2026-05-20 100.00
            I2 1 2026-05-20 100.00
            I3 1 2026-05-20 100.00
        payments: payment_id invoice_id installment_no paid_on amount
            P1 I1 1 2026-06-20 100.00
            P3 I3 1 2026-06-22 100.00
        disputes: dispute_id invoice_id kind opened_on closed_on
            X1 I2 goods_return 2026-06-24 -
            X2 I2 dispute 2026-06-26 -
            X3 I1 dispute 2026-06-20 2026-06-25
        placements: placement_id invoice_id agency_id placed_on
            K1 I1 A 2026-06-10
            K2 I2 A 2026-06-10
            K3 I3 B 2026-06-10
        int_placement_items = placement_id invoice_id installment_no agency_id placed_on open_amount done_on is_paid
            K1 I1 1 A 2026-06-10 0.00 - false
            K1 I1 2 A 2026-06-10 100.00 - false
            K2 I2 1 A 2026-06-10 100.00 2026-06-24 false
            K3 I3 1 B 2026-06-10 0.00 2026-06-22 true
        disputes: dispute_id invoice_id kind opened_on
            X4 - dispute 2026-06-28
        int_placement_items = placement_id invoice_id installment_no done_on
            K1 I1 1 2026-06-28
            K1 I1 2 2026-06-28
            K2 I2 1 2026-06-24
            K3 I3 1 2026-06-22
    ",
    );
}

#[test]
fn a_placement_of_all_the_debtor_owes_is_about_what_was_late() {
    spec(
        "
        invoices: invoice_id company_id due_date amount
            early 1 2026-04-01 100.00
            ontime 1 2026-06-20 100.00
            late 2 2026-05-20 100.00
            older 1 2026-05-10 100.00
            future 1 2026-07-20 100.00
        payments: payment_id invoice_id paid_on amount
            P1 early 2026-06-01 100.00
            P2 ontime 2026-06-20 100.00
            P3 older 2026-06-21 100.00
        placements: placement_id agency_id placed_on
            K1 A 2026-06-10
        int_placed_items = invoice_id is_late disputed_on
            early true -
            ontime false -
            late true -
            older true -
            future false -
        int_placements_of_all = placement_id company_id done_on is_paid
            K1 1 - false
        int_placement_items = placement_id company_id invoice_id done_on
            K1 1 older -
        payments: payment_id invoice_id paid_on amount
            P4 late 2026-06-25 100.00
        int_placement_items = placement_id company_id invoice_id done_on is_paid
            K1 1 older 2026-06-25 true
    ",
    );
}

#[test]
fn an_episode_ends_when_everything_due_is_paid() {
    let ended = "int_ended_episodes = company_id episode_start ended_on";
    spec(&format!(
        "
        invoices: invoice_id company_id due_date amount
            A1 1 2026-03-01 100.00
            A2 1 2026-05-01 100.00
            A3 1 2026-05-20 100.00
            A4 1 2026-07-01 100.00
            B1 2 2026-05-01 100.00
            B2 2 2026-06-30 100.00
            C1 3 2026-05-01 100.00
            D1 4 2026-06-29 100.00
        payments: payment_id invoice_id paid_on amount
            P1 A1 2026-03-20 100.00
            P2 A2 2026-06-28 100.00
            P3 A3 2026-06-10 100.00
            P4 B1 2026-06-29 100.00
            P5 C1 2026-06-26 100.00
            P6 D1 2026-06-29 100.00
        {ended}
            1 2026-05-01 2026-06-28
        as of 2026-06-29
        {ended}
            1 2026-05-01 2026-06-28
            2 2026-05-01 2026-06-29
            3 2026-05-01 2026-06-26
    "
    ));
}

#[test]
fn who_owes_nothing_is_looked_at_where_something_is_owed_to_it() {
    spec("
        invoices: invoice_id debtor_id company_id due_date amount
            I1 D1 1 2026-05-20 100.00
            I2 D1 2 2026-05-20 100.00
            I3 D2 1 2026-05-20 100.00
            I4 D3 1 2026-06-20 100.00
            I5 D4 1 2026-05-20 100.00
            I6 D5 1 2026-01-20 100.00
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-06-01 100.00
            P3 D2 I3 2026-06-01 100.00
            P4 D3 I4 2026-06-29 100.00
            P5 D4 I5 2026-06-01 100.00
            P6 D5 I6 2026-02-01 100.00
            P7 D2 - 2026-06-01 30.00
        listings: listing_id debtor_id invoice_id kind bureau included_on
            L1 D1 I1 negativacao serasa 2026-05-25
            L3 D2 I3 negativacao serasa 2026-05-25
        placements: placement_id debtor_id invoice_id agency_id placed_on
            K1 D4 I5 A 2026-05-25
        int_accounts = debtor_id company_id open_items oldest_due_date credit_amount
            D1 1 0 - 0.00
            D1 2 1 2026-05-20 0.00
            D2 1 0 - 30.00
            D3 1 0 - 0.00
            D4 1 0 - 0.00
        int_episodes = debtor_id company_id episode_start
            D1 1 2026-06-30
            D1 2 2026-05-20
            D2 1 2026-06-30
            D3 1 2026-06-30
            D4 1 2026-06-30
        cnd_entries == debtor_id kind entry_id counterpart since_on requested_on done_on is_paid invoice_id days_past_due open_amount
            D1 negativacao L1 serasa 2026-05-25 - 2026-06-01 true I1 41 0.00
            D2 negativacao L3 serasa 2026-05-25 - 2026-06-01 true I3 41 0.00
            D4 agency K1 A 2026-05-25 - 2026-06-01 true I5 41 0.00
        cnd_paid_items == debtor_id episode_start ended_on invoice_id installment_no days_past_due original_amount open_amount
            D3 2026-06-20 2026-06-29 I4 1 10 100.00 0.00
    ");
}

/// The row stands in the export before the bureau has entered it: it is not asked for again, and there is nothing to remove.
#[test]
fn what_is_asked_for_and_not_entered_yet_is_in_the_way_of_the_next_instruction() {
    let listings = "
        invoices: invoice_id debtor_id installment_no due_date
            I1 D1 1 2026-04-20
            I1 D1 2 2026-05-20
            I2 D1 1 2026-04-20
            I3 D1 1 2026-04-20
            I4 D2 1 2026-04-20
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D1 I3 2026-06-01 100.00
        listings: listing_id debtor_id invoice_id installment_no kind bureau included_on removal_requested_on removed_on
            ONE D1 I1 2 negativacao serasa - - -
            ALL D1 I2 - protesto cartorio - - -
            PAID D1 I3 - negativacao serasa - - -
            WITHDRAWN D2 I4 - negativacao serasa - 2026-06-01 -
            GONE D2 I4 - negativacao serasa - - 2026-06-01
            LOST D2 I9 - negativacao serasa - - -
        debtors: debtor_id
            D1
            D2
        fct_listings == kind bureau listings
    ";
    spec(&format!("{listings}
        stg_listings_asked == listing_id
            ONE
            ALL
            PAID
            LOST
        cnd_entries == debtor_id kind entry_id counterpart done_on invoice_id installment_no open_amount is_unknown is_asked
            D1 negativacao ONE serasa - I1 2 100.00 false true
            D1 protesto ALL cartorio - I2 1 100.00 false true
            D2 negativacao LOST serasa - I9 1 0.00 true true
    "));
    spec(&format!(
        "open items only
        {listings}
        cnd_entries == debtor_id kind entry_id invoice_id is_asked
            D1 negativacao ONE I1 true
            D1 protesto ALL I2 true
    "
    ));
}

#[test]
fn listings_in_sums() {
    spec("
        listings: listing_id invoice_id kind bureau included_on
            U1 I9 negativacao serasa 2026-06-10
            U2 I9 protesto outro 2026-06-10
        out_listings: company_id currency kind bureau items listed_amount paid_on requested_on overdue_days
            1 BRL negativacao serasa 1 100.00 - - 0
            1 BRL negativacao serasa 2 50.00 2026-06-01 - 22
            1 BRL negativacao serasa 1 10.00 2026-06-10 2026-06-12 13
            1 BRL negativacao serasa 1 5.00 2026-06-29 - 0
            1 BRL protesto cartorio 1 7.00 - - 0
        fct_listings = kind bureau listings items listed_amount paid_while_listed removals_due removals_overdue overdue_days_max unknown_items
            negativacao serasa 4 5 165.00 3 2 2 22 1
            protesto cartorio 1 1 7.00 0 0 0 0 0
            protesto outro 1 0 0.00 0 0 0 0 1
        fct_listings: company_id currency kind bureau listings items listed_amount paid_while_listed removals_due removals_overdue overdue_days_max unknown_items
            1 BRL negativacao serasa 4 5 165.00 3 2 2 22 1
            1 BRL negativacao serasa 1 1 5.00 1 1 1 30 1
            2 BRL negativacao serasa 1 1 5.00 0 0 0 0 0
        kpi_listings == as_of_date company_id kind bureau listings items listed_amount paid_while_listed removals_due removals_overdue overdue_days_max unknown_items
            2026-06-30 1 negativacao serasa 5 6 170.00 4 3 3 30 2
            2026-06-30 2 negativacao serasa 1 1 5.00 0 0 0 0 0
    ");
}

/// Most exports hold open items only: what is gone was paid, and its listing is to be removed.
#[test]
fn of_open_items_only_a_listing_of_what_is_gone_is_due_for_removal() {
    spec(
        "
        open items only
        invoices: invoice_id debtor_id installment_no due_date
            I1 D1 2 2026-05-20
        listings: listing_id debtor_id invoice_id installment_no company_id kind bureau included_on
            gone D1 I9 - 2 negativacao serasa 2026-06-10
            paid D1 I1 1 1 protesto cartorio 2026-06-10
            open D1 I1 - 1 negativacao serasa 2026-06-10
            nobody D2 I8 - - negativacao serasa 2026-06-10
        placements: placement_id debtor_id invoice_id agency_id placed_on
            K1 D1 I9 A 2026-06-10
            K2 D2 - A 2026-06-10
            K3 D1 - A 2026-06-10
        int_listing_items = listing_id debtor_id company_id invoice_id installment_no original_amount done_on is_unknown
            gone D1 2 I9 1 0.00 2026-06-30 true
            paid D1 1 I1 1 0.00 2026-06-30 true
            open D1 1 I1 2 100.00 - false
            nobody D2 1 I8 1 0.00 2026-06-30 true
        int_placement_items = placement_id debtor_id company_id invoice_id done_on is_paid is_unknown
            K1 D1 1 I9 2026-06-30 true true
            K2 D2 1 - 2026-06-30 true true
            K3 D1 1 I1 - false false
        int_accounts = debtor_id company_id open_items
            D1 1 1
            D1 2 0
            D2 1 0
        debtors: debtor_id
            D1
            D2
        cnd_entries = debtor_id company_id kind entry_id invoice_id days_past_due done_on is_unknown
            D1 1 agency K1 I9 20 2026-06-30 true
            D1 1 agency K3 I1 41 - false
            D1 1 negativacao open I1 41 - false
            D1 1 protesto paid I1 20 2026-06-30 true
            D1 2 negativacao gone I9 20 2026-06-30 true
            D2 1 agency K2 - 20 2026-06-30 true
            D2 1 negativacao nobody I8 20 2026-06-30 true
    ",
    );
}

/// Of an export of all, nobody knows what became of it: it is told, and nothing is asked for.
#[test]
fn of_all_invoices_a_listing_of_an_unknown_one_is_told_and_not_removed() {
    spec(
        "
        listings: listing_id invoice_id kind bureau included_on
            L1 I9 negativacao serasa 2026-06-10
        placements: placement_id invoice_id agency_id placed_on
            K1 I9 A 2026-06-10
            K2 - A 2026-06-10
        debtors: debtor_id
            D1
        int_accounts = debtor_id company_id currency open_items
            D1 1 BRL 0
        cnd_entries = kind entry_id invoice_id done_on is_unknown
            agency K1 I9 - true
            negativacao L1 I9 - true
        fct_listings = company_id currency kind bureau listings unknown_items
            1 BRL negativacao serasa 1 1
    ",
    );
}

/// "We received your payment" is said of payments, of no write-off and no credit note.
#[test]
fn nobody_is_thanked_for_what_was_written_off_or_credited() {
    spec(
        "
        invoices: invoice_id debtor_id installment_no due_date amount
            PAID D1 1 2026-06-20 100.00
            OFF D2 1 2026-06-20 100.00
            NOTE D3 1 2026-06-20 100.00
            PART D4 1 2026-06-20 100.00
            BOTH D5 1 2026-06-20 100.00
            ELSE D5 1 2026-06-20 100.00
            BACK D6 1 2026-06-20 100.00
            RATE D7 1 2026-06-10 50.00
            RATE D7 2 2026-06-20 50.00
            EARLY D8 1 2026-06-10 50.00
            LATER D8 1 2026-06-20 50.00
        payments: payment_id debtor_id invoice_id installment_no kind reverses paid_on amount
            P1 D1 PAID - payment - 2026-06-29 100.00
            P2 D2 OFF - write_off - 2026-06-29 100.00
            P3 D3 NOTE - credit_note - 2026-06-29 100.00
            P4 D4 PART - payment - 2026-06-29 60.00
            P5 D4 PART - write_off - 2026-06-29 40.00
            P6 D5 BOTH - write_off - 2026-06-28 100.00
            P7 D5 ELSE - payment - 2026-06-29 100.00
            P8 D6 BACK - write_off - 2026-06-27 100.00
            P9 D6 BACK - write_off P8 2026-06-28 100.00
            Pa D6 BACK - payment - 2026-06-29 100.00
            Pb D7 RATE 1 write_off - 2026-06-12 50.00
            Pc D7 RATE 2 payment - 2026-06-29 50.00
            Pd D8 EARLY - write_off - 2026-06-12 50.00
            Pe D8 LATER - payment - 2026-06-29 50.00
        int_ended_episodes = debtor_id episode_start ended_on
            D1 2026-06-20 2026-06-29
            D6 2026-06-20 2026-06-29
            D7 2026-06-20 2026-06-29
            D8 2026-06-20 2026-06-29
        int_profiles = debtor_id paid_late
            D1 1
            D6 1
            D7 2
            D8 2
    ",
    );
}

/// Listings and placements of two debtors under one number are two; instalment and whole invoice stand side by side.
#[test]
fn entries_of_one_number_do_not_mix() {
    spec(
        "
        invoices: invoice_id debtor_id installment_no due_date
            I1 D1 1 2026-05-20
            I1 D1 2 2026-05-20
            I2 D2 1 2026-05-20
        listings: listing_id debtor_id invoice_id installment_no kind bureau included_on
            L1 D1 I1 - negativacao serasa 2026-06-10
            L1 D2 I2 1 negativacao serasa 2026-06-10
            L2 D1 I1 1 negativacao serasa 2026-06-10
        agreements: agreement_id due_date amount
            G1 2026-07-20 50.00
        agreement_items: agreement_id invoice_id installment_no
            G1 I1 -
            G1 I1 1
        payments: payment_id debtor_id invoice_id paid_on amount
            P1 D2 I2 2026-06-20 100.00
        int_listing_items = debtor_id listing_id installment_no done_on
            D1 L1 1 -
            D1 L1 2 -
            D1 L2 1 -
            D2 L1 1 2026-06-20
        int_items_aged = debtor_id installment_no in_kept_agreement is_listed
            D1 1 true true
            D1 2 true true
    ",
    );
}

/// A head office signs, disputes and promises for its branches: it is about whoever owes.
#[test]
fn an_agreement_protects_whoever_owes_what_it_covers() {
    spec(
        "
        invoices: invoice_id debtor_id due_date
            I1 D1 2026-05-20
            I2 D2 2026-05-20
            I3 D2 2026-05-20
        agreements: agreement_id debtor_id due_date amount
            G1 H9 2026-07-20 50.00
            G1 D2 2026-06-01 50.00
            G2 H9 2026-06-01 50.00
        agreement_items: agreement_id debtor_id actor_id invoice_id
            G1 D1 H9 I1
            G1 D2 D2 I2
            G2 D2 H9 I3
        int_items_aged = invoice_id in_kept_agreement agreement_broken
            I1 true false
            I2 false true
            I3 false true
        int_broken_agreements = debtor_id broken_agreements
            D2 2
            H9 1
    ",
    );
}
