//! What a message is made of: the fields that are composed are those of the table, and who may be told of a debt.

use serde_json::{Map, Value};

use super::super::compose::{
    CreditorFields, DebtorFields, DunningFields, Fields, InstalmentFields, ItemFields, OfferFields,
};
use super::super::duty::DutyFields;
use super::support::*;
use crate::domain::message::fields::{FIELDS, Field, Kind};
use crate::domain::message::{NAMES_NO_DEBT, Templates, ToneRule};
use crate::domain::procedure::Channel;

/// Every field set, or every field that can be without a value without one.
fn fields(is_set: bool, duty: &DutyFields) -> Fields<'_> {
    let text = |value: &'static str| is_set.then_some(value);
    let instalments = vec![InstalmentFields { due_date: "2026-12-15".into(), amount: 1 }];
    let offer = OfferFields {
        kind: "discount",
        total: 1,
        discount: 1,
        interest: 1,
        down_payment: 1,
        valid_until: "2026-12-15".into(),
        instalments,
    };
    let (currency, rate) = ("CHF".into(), "1.5".into());
    let dunning = DunningFields { currency, amount: 1, rate, date: "2026-11-01".into() };
    let item = ItemFields {
        invoice_id: "A",
        installment_no: 1,
        due_date: "2026-11-01".into(),
        open_amount: 1,
        days_past_due: 1,
        payment_reference: text("1"),
        payment_link: text("https://x.example"),
    };
    Fields {
        debtor: DebtorFields { name: "D".into(), contact_name: text("Ana") },
        creditor: CreditorFields { name: "C", email: "c@c.example", phone: "1", opt_out: "SAIR" },
        items: vec![item],
        items_count: 1,
        open_amount: 1,
        fine_amount: 0,
        interest_amount: 0,
        fee_amount: 0,
        residual_amount: 0,
        waived_amount: 0,
        credit_amount: 0,
        is_credit_netted: false,
        total_due: 1,
        has_charges: false,
        oldest_due_date: "2026-11-01".into(),
        days_past_due: 1,
        as_of: "2026-11-17".into(),
        currency: "BRL",
        tone: "firm",
        portal_link: text("https://x.example"),
        offer: is_set.then_some(offer),
        dunning: is_set.then_some(dunning),
        notice_days: is_set.then_some(10),
        bureau: text("serasa"),
        agency_id: text("agency-1"),
        duty: is_set.then_some(duty),
    }
}

/// Names, types and nulls are those of the table, in both directions.
fn compare(table: &[Field], map: &Map<String, Value>, is_set: bool) {
    let mut names: Vec<&str> = table.iter().map(|f| f.name).collect();
    names.sort_unstable();
    let mut found: Vec<&str> = map.keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, names, "domain::message::fields lists what compose.rs fills, and nothing else");
    for field in table {
        let value = &map[field.name];
        assert_eq!(value.is_null(), field.nullable && !is_set, "{}: {value}", field.name);
        match (field.kind, value) {
            (_, Value::Null) => {}
            (Kind::Record(inner), Value::Object(map)) => compare(inner, map, is_set),
            (Kind::List(inner), Value::Array(list)) => {
                list.iter().for_each(|entry| compare(inner, entry.as_object().unwrap(), is_set));
            }
            (Kind::Text(_), Value::String(_)) | (Kind::Flag, Value::Bool(_)) => {}
            (Kind::Word(words), Value::String(word)) => assert!(words.contains(&word.as_str()), "{word}"),
            (Kind::Date, Value::String(date)) => drop(day(date)),
            (Kind::Count(..) | Kind::Amount(_), Value::Number(number)) => assert!(number.is_i64(), "{number}"),
            (kind, value) => panic!("{}: {value} is no {}", field.name, kind.word()),
        }
    }
}

#[test]
fn what_is_composed_is_what_the_table_says() {
    for is_set in [true, false] {
        let duty = DutyFields {
            entry_id: "L1".to_owned(),
            since: "2026-10-01".to_owned(),
            done_on: "2026-11-16".to_owned(),
            deadline: Some("2026-11-24".to_owned()),
            overdue_days: 0,
        };
        let value = serde_json::to_value(fields(is_set, &duty)).unwrap();
        compare(FIELDS, value.as_object().unwrap(), is_set);
    }
}

#[test]
fn what_a_template_saw_is_what_is_published() {
    let case = Case::of(&[10]).with(|c| c.debtor().legal_name = "Acme\r\nLtda".into());
    let params: Value = serde_json::from_str(case.action().template_params.expose()).unwrap();
    assert_eq!(params["debtor"]["name"], "Acme  Ltda");
    assert_eq!(params["total_due"], 10_000);
}

/// `Dear N/A` is written by nobody.
#[test]
fn who_has_no_name_in_the_register_is_a_customer_with_its_number() {
    for name in ["N/A", "-", "0", "NÃO INFORMADO", "12345678000195", "ap@acme.example"] {
        let case = Case::of(&[10]).with(|c| c.debtor().legal_name = name.into());
        let params: Value = serde_json::from_str(case.action().template_params.expose()).unwrap();
        assert_eq!(params["debtor"]["name"], format!("cliente {}", case.action().debtor_id), "{name}");
    }
}

#[test]
fn a_message_that_names_no_debt_may_go_to_anyone() {
    for (first_line, expected) in [(NAMES_NO_DEBT, "email"), ("", "no_contact_point")] {
        let case = Case::of(&[10]).with(|c| {
            c.debtor().points = vec![point(Channel::Email)];
            c.debtor().points[0].is_authorized = false;
        });
        let file = ("pt-BR".to_owned(), "letter.email.j2".to_owned(), format!("{first_line}\nOlá"));
        let mut case = case;
        case.rules.templates = Templates::compile([file], "pt-BR").unwrap();
        let outcome = case.outcomes().remove(0);
        assert!(outcome.contains(expected), "{first_line:?}: {outcome}");
    }
}

#[test]
fn who_is_a_long_time_customer_is_configuration() {
    for (rule, expected) in [
        (ToneRule::default(), "firm"),
        (ToneRule { long_time_months: 12, clean_late_ratio_max: 0.1 }, "firm"),
        (ToneRule { long_time_months: 12, clean_late_ratio_max: 0.2 }, "gentle"),
    ] {
        let mut case = Case::of(&[10]);
        case.account().profile.months_as_customer = Some(12);
        case.account().profile.late_ratio = Some(0.2);
        case.rules.tone = rule;
        assert_eq!(case.action().tone, expected, "{rule:?}");
    }
}
