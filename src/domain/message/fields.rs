//! The fields that a message may name, in one place: what `regua check` knows of them, what the samples are made of,
//! and how a value that came in with the data is fitted before it meets a template.

use serde::Serialize;
use serde_json::{Map, Value};

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text of at most so many characters; a longer one is cut, or is null where the field can be null.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, at most the second one; the first is a usual one.
    Count(i64, i64),
    /// Minor units of the message's currency: printed by `| money` alone.
    Amount(i64),
    /// `2026-11-20`, printed by `| date`.
    Date,
    /// True or false.
    Flag,
    /// Fields of its own, as in `creditor.name`.
    Record(&'static [Field]),
    /// Records, which a template goes through by `{% for %}`.
    List(&'static [Field]),
}

impl Kind {
    /// One word for the reference of fields.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Text(_) | Kind::Word(_) => "text",
            Kind::Count(..) => "number",
            Kind::Amount(_) => "amount",
            Kind::Date => "date",
            Kind::Flag => "flag",
            Kind::Record(_) => "record",
            Kind::List(_) => "list",
        }
    }
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Within its record.
    pub name: &'static str,
    /// What it holds, and how long it may be.
    pub kind: Kind,
    /// Null where there is none: a template asks `{% if %}`, or says `| default("...", true)`.
    pub nullable: bool,
    /// Tells that there is a debt: not for eyes that are not authorised.
    pub names_debt: bool,
    /// For the reference of fields and for messages of `regua check`.
    pub meaning: &'static str,
    /// A usual text, for samples.
    pub example: &'static str,
}

const fn open(name: &'static str, kind: Kind, meaning: &'static str, example: &'static str) -> Field {
    Field { name, kind, nullable: false, names_debt: false, meaning, example }
}

const fn debt(name: &'static str, kind: Kind, meaning: &'static str, example: &'static str) -> Field {
    Field { name, kind, nullable: false, names_debt: true, meaning, example }
}

const fn or_null(field: Field) -> Field {
    Field { nullable: true, ..field }
}

/// Items that a template is given at most, and that the longest message is tried with; templates show the first ones
/// and say how many more there are.
pub const ITEMS_MAX: usize = 500;

const DEBTOR: &[Field] = &[
    open("name", Kind::Text(80), "legal name of the debtor", "Comercial São João de Alimentos Ltda."),
    or_null(open("contact_name", Kind::Text(60), "person behind the address", "Maria da Conceição Souza")),
];

const CREDITOR: &[Field] = &[
    open("name", Kind::Text(80), "who writes", "Distribuidora Exemplo Ltda."),
    open("email", Kind::Text(80), "address for questions", "financeiro@exemplo.example"),
    open("phone", Kind::Text(30), "telephone for questions", "+55 11 4000-0000"),
    open("opt_out", Kind::Text(160), "how to stop messages on this channel", "Para sair, responda SAIR."),
];

const ITEM: &[Field] = &[
    debt("invoice_id", Kind::Text(60), "number of the invoice", "NF-2026-000481"),
    debt("installment_no", Kind::Count(1, 360), "instalment of the invoice, from 1", ""),
    debt("due_date", Kind::Date, "when it was due", "2026-10-30"),
    debt("open_amount", Kind::Amount(123_456), "what is still open of it", ""),
    debt("days_past_due", Kind::Count(21, 1_800), "days since the due date; below 0 before it", ""),
    or_null(debt("payment_reference", Kind::Text(150), "line of the boleto, or Pix code", REFERENCE)),
    or_null(debt("payment_link", Kind::Text(250), "where to pay it", "https://pay.exemplo.example/i/8f3a61")),
];

const REFERENCE: &str = "34191.79001 01043.510047 91020.150008 1 94270000123456";

const INSTALMENT: &[Field] = &[
    debt("due_date", Kind::Date, "when it would be due", "2026-12-15"),
    debt("amount", Kind::Amount(61_728), "what would be paid then", ""),
];

const OFFER: &[Field] = &[
    debt("kind", Kind::Word(&["discount", "instalments", "extension"]), "what is offered", ""),
    debt("total", Kind::Amount(234_567), "what would be paid in all", ""),
    debt("discount", Kind::Amount(12_345), "what would be waived; 0 = nothing", ""),
    debt("interest", Kind::Amount(2_469), "what the instalments bear, in the total; 0 = nothing", ""),
    debt("down_payment", Kind::Amount(50_000), "what would be paid at once; 0 = nothing", ""),
    debt("valid_until", Kind::Date, "last day on which it is valid", "2026-11-30"),
    debt("instalments", Kind::List(INSTALMENT), "the payments, in order of their dates; may be empty", ""),
];

const DUTY: &[Field] = &[
    debt("entry_id", Kind::Text(60), "listing_id or placement_id of the source", "LS-000481"),
    debt("since", Kind::Date, "listed, protested or placed on", "2026-09-15"),
    debt("done_on", Kind::Date, "paid in full on; for a placement also: disputed on", "2026-11-16"),
    or_null(debt("deadline", Kind::Date, "by when it has to be done", "2026-11-24")),
    debt("overdue_days", Kind::Count(7, 1_800), "calendar days after the deadline; 0 = in time", ""),
];

const DUNNING: &[Field] = &[
    debt("currency", Kind::Text(3), "code of the currency in which the debtor is dunned", "USD"),
    debt("amount", Kind::Amount(47_144), "the total due in it: `| money(dunning.currency)`", ""),
    debt("rate", Kind::Text(24), "units of it for one of the account's currency", "0.1852"),
    debt("date", Kind::Date, "day of that rate", "2026-11-19"),
];

/// Every field that a template may name, in the order in which they are printed.
pub const FIELDS: &[Field] = &[
    open("debtor", Kind::Record(DEBTOR), "to whom the message goes", ""),
    open("creditor", Kind::Record(CREDITOR), "who writes, from [creditors] of the pipeline", ""),
    debt("items", Kind::List(ITEM), "the items that the message names: at least one, at most 500", ""),
    debt("items_count", Kind::Count(2, 99_999), "number of items, including those beyond 500", ""),
    debt("open_amount", Kind::Amount(246_912), "what is open of all items", ""),
    debt("fine_amount", Kind::Amount(4_938), "fine (multa); 0 = none", ""),
    debt("interest_amount", Kind::Amount(1_728), "interest (juros de mora); 0 = none", ""),
    debt("fee_amount", Kind::Amount(1_000), "costs of collection; 0 = none", ""),
    debt("residual_amount", Kind::Amount(1_500), "charges left on items paid late, claimed; 0 = none", ""),
    debt("waived_amount", Kind::Amount(700), "the same where they are waived, in no total; 0 = none", ""),
    debt(
        "credit_amount",
        Kind::Amount(12_300),
        "credit in the debtor's favour that is not applied to any item; 0 = none",
        "",
    ),
    debt("is_credit_netted", Kind::Flag, "whether that credit is already deducted from the amounts", ""),
    debt("total_due", Kind::Amount(256_078), "open amount and all charges", ""),
    debt("has_charges", Kind::Flag, "whether anything besides the open amount is claimed", ""),
    debt("oldest_due_date", Kind::Date, "due date of the oldest item", "2026-10-30"),
    debt("days_past_due", Kind::Count(21, 1_800), "of the oldest item; below 0 before it is due", ""),
    open("as_of", Kind::Date, "date of the message", "2026-11-20"),
    open("currency", Kind::Text(3), "code of the currency of all amounts", "BRL"),
    open("tone", Kind::Word(&["gentle", "firm", "formal"]), "how to speak", ""),
    or_null(open(
        "portal_link",
        Kind::Text(200),
        "self-service portal of the creditor",
        "https://portal.exemplo.example",
    )),
    or_null(debt("offer", Kind::Record(OFFER), "what is offered, if anything", "")),
    or_null(debt("dunning", Kind::Record(DUNNING), "the total in another currency, where the régua duns in it", "")),
    or_null(debt("notice_days", Kind::Count(10, 365), "days that a notice gives", "")),
    or_null(debt("bureau", Kind::Text(40), "where a listing goes", "serasa")),
    or_null(debt("agency_id", Kind::Text(40), "agency that takes over", "agency-1")),
    or_null(debt(
        "duty",
        Kind::Record(DUTY),
        "what a removal, a release or a recall ends, and since when it is owed",
        "",
    )),
];

/// The table as rows of `(name, type, can be null, meaning)`; fields of records and lists by their full name.
pub fn rows() -> Vec<(String, &'static str, bool, &'static str)> {
    let mut rows = Vec::new();
    gather(FIELDS, "", &mut rows);
    rows
}

fn gather(fields: &[Field], before: &str, rows: &mut Vec<(String, &'static str, bool, &'static str)>) {
    for field in fields {
        let name = format!("{before}{}", field.name);
        rows.push((name.clone(), field.kind.word(), field.nullable, field.meaning));
        match field.kind {
            Kind::Record(inner) => gather(inner, &format!("{name}."), rows),
            Kind::List(inner) => gather(inner, &format!("{name}[]."), rows),
            _ => {}
        }
    }
}

/// The fields as a template sees them: no text holds control characters or is longer than the table says.
///
/// A text that is too long is cut and ends with `…`; where it can be null it is null instead, because half a link or
/// half a payment line is worse than none.
pub fn fitted(fields: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(fields).unwrap_or_default();
    if let Value::Object(map) = &mut value {
        fit(FIELDS, map);
    }
    value
}

fn fit(fields: &[Field], map: &mut Map<String, Value>) {
    for field in fields {
        let Some(value) = map.get_mut(field.name) else { continue };
        match (field.kind, value) {
            (Kind::Text(chars_max), value) => fit_text(field.nullable, chars_max, value),
            (Kind::Record(inner), Value::Object(map)) => fit(inner, map),
            (Kind::List(inner), Value::Array(list)) => {
                list.iter_mut().filter_map(Value::as_object_mut).for_each(|map| fit(inner, map));
            }
            _ => {}
        }
    }
}

fn fit_text(nullable: bool, chars_max: usize, value: &mut Value) {
    let Value::String(text) = value else { return };
    if text.contains(char::is_control) {
        *text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    }
    if text.chars().nth(chars_max).is_some() {
        if nullable {
            *value = Value::Null;
        } else {
            *text = text.chars().take(chars_max - 1).chain(['…']).collect();
        }
    } else if nullable && text.trim().is_empty() {
        *value = Value::Null;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_change_the_shape_of_a_message() {
        for (name, contact, fitted_name, fitted_contact) in [
            ("Acme", Some("Ana"), "Acme".to_owned(), Some("Ana")),
            ("Acme\r\nBcc: x@y.example", Some("An\u{0}a"), "Acme  Bcc: x@y.example".to_owned(), Some("An a")),
            (&"ç".repeat(80), None, "ç".repeat(80), None),
            (&"ç".repeat(81), Some(&*"x".repeat(61)), "ç".repeat(79) + "…", None),
            ("", Some(" \n "), String::new(), None),
        ] {
            let found = fitted(&serde_json::json!({"debtor": {"name": name, "contact_name": contact}}));
            let expected = serde_json::json!({"debtor": {"name": fitted_name, "contact_name": fitted_contact}});
            assert_eq!(found, expected);
        }
        let at_most = "x".repeat(250);
        let found = fitted(&serde_json::json!({"items": [{"payment_link": at_most}]}));
        assert_eq!(found, serde_json::json!({"items": [{"payment_link": at_most}]}), "as long as it may be");
        let long = "https://pay.example/".to_owned() + &"x".repeat(300);
        let found = fitted(&serde_json::json!({"items": [{"invoice_id": "A\tB", "payment_link": long}]}));
        assert_eq!(found, serde_json::json!({"items": [{"invoice_id": "A B", "payment_link": null}]}));
    }

    #[test]
    fn every_field_is_listed_under_its_full_name() {
        let rows = rows();
        for (name, kind, nullable) in [
            ("debtor", "record", false),
            ("debtor.name", "text", false),
            ("debtor.contact_name", "text", true),
            ("items", "list", false),
            ("items[].due_date", "date", false),
            ("items[].open_amount", "amount", false),
            ("items_count", "number", false),
            ("has_charges", "flag", false),
            ("tone", "text", false),
            ("offer", "record", true),
            ("offer.instalments[].amount", "amount", false),
        ] {
            let found = rows.iter().find(|(found, ..)| found == name).map(|(_, kind, nullable, _)| (*kind, *nullable));
            assert_eq!(found, Some((kind, nullable)), "{name}");
        }
        assert!(rows.iter().all(|(_, _, _, meaning)| !meaning.is_empty()));
    }
}
