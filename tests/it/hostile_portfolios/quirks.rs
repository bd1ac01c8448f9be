//! What the rows of real exports say: doubt about one debtor, another who acts for it, rows about nobody. Each quirk
//! befalls a debtor of its own, so that any of them can be put together.

use super::base::{add_debtor, invoice_of};
use super::portfolio::{Portfolio, Row};

/// Rows that a quirk adds, and whom nobody may dun from then on.
struct Added {
    name: &'static str,
    protects: &'static [&'static str],
    rows: &'static [(&'static str, &'static str)],
}

/// Whoever owes nothing any more once its quirk has befallen it needs no decision.
const SETTLED: [&str; 5] = ["208", "212", "214", "215", "218"];

const ADDED: &[Added] = &[
    Added {
        name: "a stranger pays it all",
        protects: &["212"],
        rows: &[("payments", "payment_id debtor_id invoice_id paid_on amount\n3212 9002 5212 2026-06-16 1000.00")],
    },
    Added {
        name: "the head office agrees",
        protects: &["213"],
        rows: &[
            ("agreements", "agreement_id debtor_id installment_no due_date amount\n3213 9001 1 2026-07-15 1000.00"),
            ("agreement_items", "agreement_id invoice_id\n3213 5213"),
        ],
    },
    Added {
        name: "a credit note below zero",
        protects: &["214"],
        rows: &[(
            "invoices",
            "invoice_id debtor_id document_type original_invoice_id issue_date due_date amount\n\
             7214 214 credit_note 5214 2026-06-15 2026-06-15 -1000.00",
        )],
    },
    Added {
        name: "a credit note under the head office",
        protects: &["215"],
        rows: &[(
            "invoices",
            "invoice_id debtor_id document_type original_invoice_id issue_date due_date amount\n\
             7215 9001 credit_note 5215 2026-06-15 2026-06-15 1000.00",
        )],
    },
    Added {
        name: "noughts",
        protects: &[],
        rows: &[
            (
                "invoices",
                "invoice_id debtor_id document_type issue_date due_date amount\n7001 201 - 2026-05-10 2026-06-10 0.00\n\
                 7002 202 credit_note 2026-05-10 2026-06-10 0.00",
            ),
            ("payments", "payment_id debtor_id invoice_id paid_on amount\n3001 201 5201 2026-06-20 0.00"),
        ],
    },
    Added {
        name: "a fax and a visit",
        protects: &[],
        rows: &[
            ("contact_points", "debtor_id channel address\n201 fax +551140000000\n202 telex 12345"),
            (
                "contact_log",
                "event_id debtor_id channel occurred_at status\n3002 201 fax 2026-06-29T15:00:00Z sent\n3003 202 visit 2026-06-29T15:00:00Z answered",
            ),
        ],
    },
    Added {
        name: "a debtor twice, in two groups, once blocked",
        protects: &["216"],
        rows: &[("debtors", "debtor_id legal_name state group_id dunning_block\n216 Debtor_216 SP 6216 court")],
    },
    Added {
        name: "a payment told twice with other amounts",
        protects: &["217"],
        rows: &[(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount\n3217 217 5217 2026-06-16 1000.00\n3217 217 5217 2026-06-16 10.00",
        )],
    },
    Added {
        name: "a reversal of a reversal",
        protects: &["218"],
        rows: &[(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount reverses\n3218 218 5218 2026-06-16 1000.00 -\n\
             4218 218 5218 2026-06-17 1000.00 3218\n5218 218 5218 2026-06-18 1000.00 4218",
        )],
    },
    Added {
        name: "a chain that bites its tail",
        protects: &["219"],
        rows: &[(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount reverses\n3219 219 5219 2026-06-16 10.00 4219\n4219 219 5219 2026-06-17 10.00 3219",
        )],
    },
    Added {
        name: "events about nobody",
        protects: &[],
        rows: &[(
            "contact_log",
            "event_id debtor_id channel direction occurred_at status\n3004 - whatsapp inbound 2026-06-29T15:00:00Z replied\n\
             3005 9003 email outbound 2026-06-29T15:00:00Z bounced\n3006 - phone inbound 2026-06-29T15:00:00Z answered",
        )],
    },
    Added {
        name: "a wrong party was reached",
        protects: &[],
        rows: &[(
            "contact_log",
            "event_id debtor_id channel occurred_at status address\n3007 203 whatsapp 2026-06-20T15:00:00Z wrong_party +5511900000203",
        )],
    },
    Added {
        name: "the head office promises",
        protects: &["220"],
        rows: &[(
            "promises",
            "promise_id debtor_id invoice_id promised_on pay_by\n3220 9001 5220 2026-06-20 2026-07-10",
        )],
    },
    Added {
        name: "a dispute of a kind that nobody knows",
        protects: &["221"],
        rows: &[("disputes", "dispute_id debtor_id invoice_id opened_on kind\n3221 221 5221 2026-06-20 complaint")],
    },
    Added {
        name: "another company with the same number, and who paid which",
        protects: &["222", "223"],
        rows: &[
            (
                "invoices",
                "invoice_id company_id debtor_id issue_date due_date amount\n5222 2 223 2026-05-10 2026-06-10 800.00",
            ),
            ("payments", "payment_id debtor_id invoice_id paid_on amount\n3222 9001 5222 2026-06-16 800.00"),
        ],
    },
    Added {
        name: "two debtors with one number",
        protects: &["224", "225"],
        rows: &[(
            "invoices",
            "invoice_id debtor_id issue_date due_date amount\n7224 224 2026-05-10 2026-06-10 80.00\n7224 225 2026-05-10 2026-06-10 80.00",
        )],
    },
    Added {
        name: "instalments of nought",
        protects: &["227"],
        rows: &[
            ("agreements", "agreement_id debtor_id installment_no due_date amount\n3227 227 1 2026-07-15 1000.00"),
            ("agreement_items", "agreement_id invoice_id installment_no\n3227 5227 0"),
        ],
    },
    Added {
        name: "cash that nobody claims",
        protects: &[],
        rows: &[(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount\n3008 - - 2026-06-16 70.00\n3009 - - 2026-06-17 5.00",
        )],
    },
    Added {
        name: "instalments that were replaced",
        protects: &["228"],
        rows: &[
            (
                "agreements",
                "agreement_id debtor_id installment_no due_date amount cancelled_on paid_on\n3228 228 1 2026-06-15 500.00 2026-06-14 -\n\
                 3228 228 2 2026-06-16 500.00 - 2026-06-16\n3228 228 3 2026-07-16 500.00 - -",
            ),
            ("agreement_items", "agreement_id invoice_id\n3228 5228\n3228 5228\n3228 5228"),
        ],
    },
    Added {
        name: "a credit of half",
        protects: &["229"],
        rows: &[("payments", "payment_id debtor_id invoice_id paid_on amount\n3229 229 - 2026-06-16 500.00")],
    },
    Added {
        name: "an address with two minds",
        protects: &["231"],
        rows: &[(
            "contact_points",
            "debtor_id channel address opted_out_on\n231 email D231@example.com 2026-06-01\n231 whatsapp +5511900000231 2026-06-01",
        )],
    },
    Added {
        name: "listings and placements of what is not there",
        protects: &[],
        rows: &[
            (
                "listings",
                "listing_id debtor_id invoice_id kind bureau included_on\n3010 209 5777 negativacao serasa 2026-06-12\n3011 - 5778 protesto serasa 2026-06-12",
            ),
            (
                "placements",
                "placement_id debtor_id invoice_id agency_id placed_on\n3012 210 5777 31 2026-06-12\n3013 - - 31 2026-06-12",
            ),
        ],
    },
    Added {
        name: "agreement items of nothing",
        protects: &[],
        rows: &[("agreement_items", "agreement_id invoice_id\n3014 5777\n- 5201\n3014 -")],
    },
    Added {
        name: "payments of what is not there",
        protects: &[],
        rows: &[(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount\n3015 201 5777 2026-06-16 7.00\n3016 9003 5778 2026-06-16 7.00",
        )],
    },
    Added {
        name: "ids that two debtors share",
        protects: &["226"],
        rows: &[
            (
                "contact_log",
                "event_id debtor_id channel occurred_at status\n3017 204 email 2026-04-29T15:00:00Z sent\n3017 205 email 2026-04-28T15:00:00Z read",
            ),
            ("promises", "promise_id debtor_id promised_on pay_by\n1121 226 2026-06-20 2026-07-11"),
        ],
    },
    Added {
        name: "an invoice with two amounts",
        protects: &["232"],
        rows: &[("invoices", "invoice_id debtor_id issue_date due_date amount\n5232 232 2026-05-10 2026-06-10 10.00")],
    },
    Added {
        name: "what is dated tomorrow",
        protects: &[],
        rows: &[
            ("payments", "payment_id debtor_id invoice_id paid_on amount\n3018 201 5201 2026-07-01 1000.00"),
            ("disputes", "dispute_id debtor_id invoice_id opened_on kind\n3019 202 5202 2026-07-01 dispute"),
            ("invoices", "invoice_id debtor_id issue_date due_date amount\n7003 203 2026-07-01 2026-07-31 10.00"),
        ],
    },
    Added {
        name: "a promise told twice with other days",
        protects: &["210"],
        rows: &[(
            "promises",
            "promise_id debtor_id promised_on pay_by\n3210 210 2026-06-12 2026-06-15\n3210 210 2026-06-12 2026-07-15",
        )],
    },
    Added {
        name: "an agreement of two signers",
        protects: &["211"],
        rows: &[
            (
                "agreements",
                "agreement_id debtor_id installment_no due_date amount\n3211 9001 1 2026-07-15 500.00\n3211 101 2 2026-08-15 500.00",
            ),
            ("agreement_items", "agreement_id invoice_id\n3211 5211"),
        ],
    },
    Added {
        name: "placed under the head office",
        protects: &["209"],
        rows: &[("placements", "placement_id debtor_id invoice_id agency_id placed_on\n3209 9001 5209 31 2026-06-20")],
    },
    Added {
        name: "a payment without a debtor",
        protects: &["208"],
        rows: &[("payments", "payment_id debtor_id invoice_id paid_on amount\n3208 - 5208 2026-06-16 1000.00")],
    },
    Added {
        name: "an event of a status that nobody knows",
        protects: &["207"],
        rows: &[(
            "contact_log",
            "event_id debtor_id channel occurred_at status\n3207 207 email 2026-06-20T15:00:00Z unsubscribed",
        )],
    },
    Added {
        name: "a document that nobody knows",
        protects: &["206"],
        rows: &[(
            "invoices",
            "invoice_id debtor_id document_type issue_date due_date amount\n7206 206 pro_forma 2026-05-10 2026-06-10 10.00",
        )],
    },
    Added {
        name: "an instalment below zero, signed by the head office",
        protects: &["205"],
        rows: &[
            ("agreements", "agreement_id debtor_id installment_no due_date amount\n3205 9001 1 2026-07-15 -1000.00"),
            ("agreement_items", "agreement_id invoice_id\n3205 5205"),
        ],
    },
];

/// A quirk by its name.
#[derive(Clone, Copy)]
pub enum Quirk {
    Added(usize),
    Other(&'static str, fn(&mut Portfolio)),
}

impl Quirk {
    pub fn name(&self) -> &'static str {
        match self {
            Quirk::Added(at) => ADDED[*at].name,
            Quirk::Other(name, _) => name,
        }
    }

    pub fn befall(&self, all: &mut Portfolio) {
        match self {
            Quirk::Added(at) => {
                let added = &ADDED[*at];
                added.rows.iter().for_each(|(table, text)| all.add(table, text));
                added.protects.iter().for_each(|debtor| all.protect(debtor));
                added.protects.iter().filter(|debtor| SETTLED.contains(debtor)).for_each(|debtor| {
                    all.decided.remove(*debtor);
                });
            }
            Quirk::Other(_, change) => change(all),
        }
    }
}

/// What rows say, and how they are written.
pub fn all() -> Vec<Quirk> {
    let mut quirks: Vec<Quirk> = (0..ADDED.len()).map(Quirk::Added).collect();
    quirks.push(Quirk::Other("an address that another opted out of", shared_address));
    quirks.push(Quirk::Other("abroad without a zone", abroad));
    quirks.push(Quirk::Other("a zone that nobody knows", unknown_zone));
    quirks.extend(super::twins::TWINS.iter().map(|(name, change)| Quirk::Other(name, *change)));
    quirks
}

fn of<'a>(all: &'a mut Portfolio, table: &str, debtor: &'a str) -> impl Iterator<Item = &'a mut Row> {
    all.rows(table).iter_mut().filter(move |row| row.get("debtor_id").is_some_and(|id| id == debtor))
}

/// Not by its invoices, which it shares with nobody: by the addresses of a branch that wants to hear no more.
fn shared_address(all: &mut Portfolio) {
    add_debtor(all, "301", "8301");
    let last = all.rows("invoices").pop();
    assert_eq!(last.and_then(|row| row.get("invoice_id").cloned()), Some(invoice_of("301")));
    for row in of(all, "contact_points", "301") {
        let address = row["address"].replace("301", "230").replace("d230@example", "D230@Example");
        row.insert("address".to_owned(), address);
        row.insert("opted_out_on".to_owned(), "2026-06-01".to_owned());
    }
    all.protect("230");
}

fn abroad(all: &mut Portfolio) {
    for row in of(all, "debtors", "203") {
        row.insert("country".to_owned(), "US".to_owned());
        row.insert("state".to_owned(), "AL".to_owned());
    }
    all.protect("203");
}

fn unknown_zone(all: &mut Portfolio) {
    for row in of(all, "debtors", "204") {
        row.insert("time_zone".to_owned(), "GMT-5".to_owned());
        row.insert("state".to_owned(), "sp".to_owned());
    }
}
