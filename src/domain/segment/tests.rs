//! Segments, tiers and bands of one account, field by field and rule by rule.

use std::collections::BTreeMap;

use super::*;
use crate::domain::money::Amount;
use crate::domain::portfolio::Item;
use chrono::NaiveDate;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn item(days_past_due: i64, open: i64) -> Item {
    Item {
        invoice_id: "A".to_owned(),
        installment_no: 1,
        issue_date: day("2026-01-01"),
        due_date: day("2026-02-01"),
        payable_on: day("2026-02-01"),
        days_past_due,
        bucket_no: 0,
        bucket: String::new(),
        original: Amount(open),
        applied: Amount::ZERO,
        open: Amount(open),
        expected: None,
        regua: None,
        step_override: None,
        payment_reference: None,
        payment_link: None,
        collector_id: None,
        is_blocked: false,
        grace_until: None,
        is_disputed: false,
        is_returned: false,
        in_kept_agreement: false,
        promise_pending: false,
        promise_until: None,
        agency_id: None,
    }
}

/// 1,000.00 that is 45 days past due, and 500.00 that is not due.
fn account(profile: Profile) -> Account {
    Account {
        company_id: "1".to_owned(),
        currency: "BRL".parse().unwrap(),
        items: vec![item(45, 100_000), item(-5, 50_000)],
        credit: Amount::ZERO,
        credit_reach: Amount::ZERO,
        profile,
        previous_segment: None,
        late_items: Vec::new(),
        charges_paid: BTreeMap::new(),
        episode_start: day("2026-02-01"),
        promise_broken: false,
        agreement_broken: false,
        escalations: Vec::new(),
        ended: None,
    }
}

fn known() -> Profile {
    Profile {
        months_as_customer: Some(30),
        items_due: 10,
        paid_on_time: 8,
        paid_late: 2,
        late_ratio: Some(0.2),
        days_late_avg: Some(6.5),
        days_late_max: Some(12),
        last_payment_on: None,
        next_payment_on: None,
        largest_payment: Some(Amount(123_456)),
        broken_promises: 1,
        broken_agreements: 3,
        last_payment_days: Some(17),
        contacts: 8,
        answer_ratio: Some(0.25),
        bounces: 2,
    }
}

fn condition(parts: &[(&str, &str)]) -> Condition {
    let part = |(field, text): &(&str, &str)| (Field::parse(field).unwrap(), Comparison::parse(text).unwrap());
    Condition(parts.iter().map(part).collect())
}

#[test]
fn every_field_has_its_value_and_its_name() {
    for (field, value) in [
        ("months_as_customer", "= 30"),
        ("items_due", "= 10"),
        ("paid_on_time", "= 8"),
        ("paid_late", "= 2"),
        ("late_ratio", "= 0.2"),
        ("days_late_avg", "= 6.5"),
        ("days_late_max", "= 12"),
        ("broken_promises", "= 1"),
        ("broken_agreements", "= 3"),
        ("largest_payment", "= 1234.56"),
        ("open_items", "= 2"),
        ("open_amount", "= 1500"),
        ("overdue_items", "= 1"),
        ("overdue_amount", "= 1000"),
        ("days_past_due_max", "= 45"),
        ("last_payment_days", "= 17"),
        ("contacts", "= 8"),
        ("answer_ratio", "= 0.25"),
        ("bounces", "= 2"),
    ] {
        assert!(condition(&[(field, value)]).holds(&account(known())), "{field} {value}");
        assert_eq!(Field::parse(field).unwrap().to_string(), field);
    }
    assert_eq!(Field::parse("mood"), None);
}

#[test]
fn comparisons_at_their_edges() {
    for (text, below, at, above) in [
        ("< 5", true, false, false),
        ("<= 5", true, true, false),
        ("= 5", false, true, false),
        (">= 5", false, true, true),
        ("> 5", false, false, true),
        ("  >=5.0 ", false, true, true),
    ] {
        let comparison = Comparison::parse(text).unwrap();
        assert_eq!([4.9, 5.0, 5.1].map(|value| comparison.holds(value)), [below, at, above], "{text}");
    }
    for text in ["", "5", "== 5", "=> 5", "> five", "> NaN", "< inf", "<", "!= 5", "> 5 %"] {
        assert_eq!(Comparison::parse(text), None, "{text:?}");
    }
}

#[test]
fn a_field_without_a_value_fits_no_comparison() {
    let new = account(Profile::default());
    for field in
        ["months_as_customer", "late_ratio", "days_late_avg", "days_late_max", "largest_payment", "answer_ratio"]
    {
        for text in ["< 1", ">= 0", "= 0"] {
            assert!(!condition(&[(field, text)]).holds(&new), "{field} {text}");
        }
    }
    assert!(condition(&[("items_due", "< 4")]).holds(&new), "counts are zero, not unknown");
    assert!(condition(&[]).holds(&new), "no condition always holds");
    assert!(!condition(&[("items_due", "< 4"), ("late_ratio", ">= 0")]).holds(&new), "all must hold");
}

#[test]
fn the_first_rule_that_fits_names_the_segment() {
    // The shipped segments.
    let rules = [
        ("novo", &[("items_due", "< 4")][..]),
        ("recorrente", &[("late_ratio", ">= 0.4")]),
        ("ocasional", &[("late_ratio", ">= 0.15")]),
        ("pontual", &[("late_ratio", "> 0")]),
        ("em_dia", &[]),
    ]
    .map(|(name, when)| Rule { name: name.to_owned(), when: condition(when) });
    for (items_due, late_ratio, expected) in [
        (0, None, "novo"),
        (3, Some(1.0), "novo"), // too little history to judge
        (4, Some(0.4), "recorrente"),
        (4, Some(0.39), "ocasional"),
        (20, Some(0.15), "ocasional"),
        (20, Some(0.05), "pontual"),
        (20, Some(0.0), "em_dia"),
        (20, None, "em_dia"),
    ] {
        let account = account(Profile { items_due, late_ratio, ..Profile::default() });
        assert_eq!(first_fit(&rules, &account), Some(expected), "{items_due} {late_ratio:?}");
    }
    assert_eq!(first_fit(&rules[..1], &account(known())), None, "no rule fits");
}

#[test]
fn points_add_up_to_a_band() {
    let line = |points, parts: &[(&str, &str)]| (points, condition(parts));
    let bands = [(0, "low"), (30, "medium"), (60, "high")].map(|(least, name)| (least, name.to_owned()));
    let card = Scorecard {
        lines: vec![
            line(30, &[("late_ratio", ">= 0.4")]),
            line(29, &[("days_late_avg", "> 15")]),
            line(1, &[("broken_promises", ">= 1")]),
            line(-40, &[("months_as_customer", ">= 60")]),
        ],
        bands: bands.to_vec(),
    };
    for (ratio, average, promises, months, expected) in [
        (None, None, 0, None, Some("low")),
        (None, Some(16.0), 0, None, Some("low")),          // 29
        (None, Some(16.0), 1, None, Some("medium")),       // 30
        (Some(0.4), Some(16.0), 0, None, Some("medium")),  // 59
        (Some(0.4), Some(16.0), 1, None, Some("high")),    // 60
        (Some(0.4), Some(16.0), 1, Some(60), Some("low")), // 20
        (None, None, 0, Some(60), None),                   // below the lowest band
    ] {
        let profile = Profile {
            late_ratio: ratio,
            days_late_avg: average,
            broken_promises: promises,
            months_as_customer: months,
            ..Profile::default()
        };
        assert_eq!(card.band(&account(profile)), expected, "{ratio:?} {average:?} {promises} {months:?}");
    }
    assert_eq!(Scorecard::default().band(&account(known())), None, "no scorecard, no band");
}

#[test]
fn a_rule_is_read_back_as_it_was_written() {
    let compared = |field, text| (field, Comparison::parse(text).unwrap());
    let rule = Condition(vec![compared(Field::LateRatio, ">=0.4"), compared(Field::ItemsDue, "< 4")]);
    assert_eq!(rule.to_string(), "late_ratio >= 0.4 and items_due < 4");
    assert_eq!(Condition::default().to_string(), "");
    for text in ["< 1", "<= 1", "= 1.5", ">= 1", "> 1"] {
        assert_eq!(Comparison::parse(text).unwrap().to_string(), text);
    }
}
