//! The portfolio that the quirks befall: some dozens of debtors of several groups and two companies, each of them
//! protected by one row, or plainly due. It is in order as it stands.

use super::portfolio::Portfolio;

/// Signs, promises, disputes and pays for others; owes nothing itself.
pub const HEAD: &str = "9001";
/// Is in no table but where it acts.
pub const STRANGER: &str = "9002";

/// Inputs and their rows as text.
type Rows = &'static [(&'static str, &'static str)];

/// Whoever is protected, why, and the rows that protect: `$D` stands for the debtor, `$I` for its invoice.
const PROTECTED: &[(&str, &str, Rows)] = &[
    ("101", "paid", &[("payments", "payment_id debtor_id invoice_id paid_on amount\n1$D $D $I 2026-06-15 1000.00")]),
    (
        "102",
        "paid in two parts",
        &[(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount\n1$D $D $I 2026-06-12 400.00\n2$D $D $I 2026-06-15 600.00",
        )],
    ),
    (
        "103",
        "paid by the head office",
        &[("payments", "payment_id debtor_id invoice_id paid_on amount\n1$D 9001 $I 2026-06-15 1000.00")],
    ),
    (
        "104",
        "paid by a stranger",
        &[("payments", "payment_id debtor_id invoice_id paid_on amount\n1$D 9002 $I 2026-06-15 1000.00")],
    ),
    (
        "105",
        "written off",
        &[("payments", "payment_id debtor_id invoice_id paid_on amount kind\n1$D $D $I 2026-06-15 1000.00 write_off")],
    ),
    (
        "106",
        "credited",
        &[(
            "invoices",
            "invoice_id debtor_id document_type original_invoice_id issue_date due_date amount\n77$D $D credit_note $I 2026-06-15 2026-06-15 1000.00",
        )],
    ),
    (
        "107",
        "reversed, and that reversed",
        &[(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount reverses\n1$D $D $I 2026-06-12 1000.00 -\n2$D $D $I 2026-06-13 1000.00 1$D\n3$D $D $I 2026-06-14 1000.00 2$D",
        )],
    ),
    (
        "108",
        "paid on account",
        &[("payments", "payment_id debtor_id invoice_id paid_on amount\n1$D $D - 2026-06-15 1000.00")],
    ),
    (
        "109",
        "a credit note of its own",
        &[(
            "invoices",
            "invoice_id debtor_id document_type issue_date due_date amount\n77$D $D credit_note 2026-06-15 2026-06-15 900.00",
        )],
    ),
    (
        "111",
        "agreed",
        &[
            (
                "agreements",
                "agreement_id debtor_id installment_no due_date amount\n1$D $D 1 2026-07-15 500.00\n1$D $D 2 2026-08-14 500.00",
            ),
            ("agreement_items", "agreement_id invoice_id\n1$D $I"),
        ],
    ),
    (
        "112",
        "agreed by the head office",
        &[
            ("agreements", "agreement_id debtor_id installment_no due_date amount\n1$D 9001 1 2026-07-15 1000.00"),
            ("agreement_items", "agreement_id invoice_id installment_no\n1$D $I 1"),
        ],
    ),
    (
        "113",
        "agreed anew",
        &[
            (
                "agreements",
                "agreement_id debtor_id installment_no due_date amount cancelled_on\n1$D $D 1 2026-06-15 500.00 2026-06-14\n1$D $D 2 2026-07-15 1000.00 -",
            ),
            ("agreement_items", "agreement_id invoice_id\n1$D $I"),
        ],
    ),
    ("121", "promised", &[("promises", "promise_id debtor_id promised_on pay_by\n1$D $D 2026-06-20 2026-07-10")]),
    (
        "122",
        "promised by the head office",
        &[("promises", "promise_id debtor_id invoice_id promised_on pay_by\n1$D 9001 $I 2026-06-20 2026-07-10")],
    ),
    (
        "123",
        "disputed",
        &[("disputes", "dispute_id debtor_id invoice_id opened_on kind\n1$D $D $I 2026-06-18 dispute")],
    ),
    (
        "124",
        "disputed by the head office",
        &[("disputes", "dispute_id debtor_id invoice_id opened_on kind\n1$D 9001 $I 2026-06-18 dispute")],
    ),
    (
        "125",
        "sent back",
        &[("disputes", "dispute_id debtor_id opened_on closed_on kind\n1$D $D 2026-06-18 2026-08-01 goods_return")],
    ),
    (
        "126",
        "with an agency",
        &[("placements", "placement_id debtor_id agency_id placed_on recalled_on\n1$D $D 31 2026-06-25 -")],
    ),
    (
        "127",
        "written to yesterday",
        &[(
            "contact_log",
            "event_id debtor_id channel direction occurred_at status regua step_id\n1$D $D email outbound 2026-06-29T15:00:00Z sent b2b d+5",
        )],
    ),
    (
        "128",
        "said stop",
        &[
            (
                "contact_log",
                "event_id debtor_id channel direction occurred_at status address\n1$D $D email inbound 2026-06-20T15:00:00Z opted_out d128@example.com",
            ),
            (
                "contact_log",
                "event_id debtor_id channel direction occurred_at status address\n2$D $D whatsapp inbound 2026-06-20T15:00:00Z opted_out +5511900000128",
            ),
            (
                "contact_log",
                "event_id debtor_id channel direction occurred_at status\n3$D $D phone inbound 2026-06-20T15:00:00Z opted_out",
            ),
        ],
    ),
];

/// Protected by a column of its own row: debtor, why, column of the table, value.
const BY_COLUMN: &[(&str, &str, &str, &str)] = &[
    ("131", "debtors", "dunning_block", "court"),
    ("132", "debtors", "is_insolvent", "true"),
    ("133", "debtors", "regua", "none"),
    ("134", "invoices", "dunning_block", "query"),
    ("135", "invoices", "grace_until", "2026-07-10"),
    ("136", "invoices", "regua", "none"),
    ("137", "contact_points", "opted_out_on", "2026-06-01"),
    ("138", "contact_points", "is_valid", "false"),
    ("139", "contact_points", "is_authorized", "false"),
];

/// Those who have paid everything: nothing of theirs is open.
const SETTLED: &[&str] = &["101", "102", "103", "104", "105", "106", "107"];

/// Whoever is plainly due: the quirks that protect somebody take one each.
pub const DUE: std::ops::Range<u32> = 201..233;

/// An invoice of a debtor, ten thousand and its number.
pub fn invoice_of(debtor: &str) -> String {
    format!("5{debtor}")
}

pub fn portfolio() -> Portfolio {
    let mut all = Portfolio::default();
    let protected = PROTECTED.iter().map(|(id, _, _)| (*id).to_owned());
    let by_column = BY_COLUMN.iter().map(|(id, _, _, _)| (*id).to_owned());
    for id in protected.chain(by_column) {
        add_debtor(&mut all, &id, &format!("8{id}"));
        all.protected.insert(id);
    }
    for number in DUE {
        // Three to a group, so that a group has a cap to keep, and a shard has some of several.
        add_debtor(&mut all, &number.to_string(), &format!("7{}", number / 3));
        all.due.insert(number.to_string());
    }
    for (id, _, tables) in PROTECTED {
        for (table, text) in *tables {
            all.add(table, &text.replace("$D", id).replace("$I", &invoice_of(id)));
        }
    }
    for (id, table, column, value) in BY_COLUMN {
        let rows = all.rows(table).iter_mut().filter(|row| row.get("debtor_id").is_some_and(|of| of == id));
        rows.for_each(|row| drop(row.insert((*column).to_owned(), (*value).to_owned())));
    }
    add_others(&mut all);
    all.decided = all.due.union(&all.protected).filter(|id| !SETTLED.contains(&id.as_str())).cloned().collect();
    all
}

/// A debtor with an address on two channels and an invoice that is twenty days past due.
pub fn add_debtor(all: &mut Portfolio, id: &str, group: &str) {
    let invoice = invoice_of(id);
    all.add(
        "debtors",
        &format!("debtor_id legal_name state group_id customer_since\n{id} Debtor_{id} SP {group} 2020-01-01"),
    );
    all.add(
        "contact_points",
        &format!("debtor_id channel address\n{id} email d{id}@example.com\n{id} whatsapp +5511900000{id}"),
    );
    all.add(
        "invoices",
        &format!("invoice_id debtor_id issue_date due_date amount\n{invoice} {id} 2026-05-10 2026-06-10 1000.00"),
    );
}

/// What is in every export besides: a head office, items not due, in instalments and of another company, disputes that
/// were closed, agreements that were cancelled, listings, quotes and holidays.
fn add_others(all: &mut Portfolio) {
    all.add("debtors", &format!("debtor_id legal_name state tax_id\n{HEAD} Head_office RJ 11222333000181"));
    all.add("contact_points", &format!("debtor_id channel address\n{HEAD} email head@example.com"));
    all.add(
        "invoices",
        "invoice_id installment_no company_id debtor_id issue_date due_date currency amount\n\
         5301 1 2 201 2026-05-10 2026-06-11 BRL 300.00\n5301 2 2 201 2026-05-10 2026-07-11 BRL 300.00\n\
         5302 1 2 101 2026-05-10 2026-07-20 BRL 500.00\n5303 1 1 202 2026-05-10 2026-06-12 BRL 150.00",
    );
    all.add(
        "payments",
        "payment_id debtor_id invoice_id paid_on amount kind\n1202 202 5202 2026-06-20 250.00 payment\n\
         1203 203 5203 2026-06-20 100.00 charges\n1204 204 5204 2026-06-20 100.00 -\n2204 204 5204 2026-06-24 100.00 chargeback",
    );
    all.add(
        "disputes",
        "dispute_id debtor_id invoice_id opened_on closed_on kind\n1205 205 5205 2026-06-12 2026-06-20 dispute",
    );
    all.add(
        "agreements",
        "agreement_id debtor_id installment_no due_date amount cancelled_on\n1206 206 1 2026-07-20 1000.00 2026-06-20",
    );
    all.add("agreement_items", "agreement_id invoice_id\n1206 5206");
    all.add("promises", "promise_id debtor_id promised_on pay_by\n1207 207 2026-06-12 2026-06-15");
    all.add("placements", "placement_id debtor_id agency_id placed_on recalled_on\n1208 208 31 2026-06-12 2026-06-20");
    all.add(
        "listings",
        "listing_id debtor_id invoice_id kind bureau included_on removed_on\n1101 101 5101 negativacao serasa 2026-06-12 -\n\
         1209 209 5209 negativacao serasa 2026-06-12 2026-06-20",
    );
    all.add(
        "contact_log",
        "event_id debtor_id channel direction occurred_at status\n1210 210 email - 2026-03-02T15:00:00Z delivered\n\
         1211 211 whatsapp inbound 2026-03-02T15:00:00Z replied",
    );
    all.add("fx_rates", "date from_currency to_currency rate\n2026-06-29 USD BRL 5.40\n2026-06-26 USD BRL 5.41");
    all.add("index_rates", "date index rate\n2026-05-01 taxa_legal 0.9\n2026-06-01 taxa_legal 0.91");
    all.add("holidays", "date scope name\n2026-07-09 state:SP Revolução\n2026-09-08 city:3550308 Made_up");
}
