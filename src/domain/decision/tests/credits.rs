//! Credits that are applied to nothing: what they are compared with, from when they hold, and what the message says.

use super::super::Outcome;
use super::support::*;
use crate::domain::portfolio::UnappliedCredits::{self, Hold, Ignore, Net};

/// Items so many days past due, a credit of the account itself, and what else is changed.
fn credited(days: &[i64], policy: UnappliedCredits, credit: &str, change: Change) -> Case {
    Case::of(days).with(|c| {
        c.rules.unapplied_credits = policy;
        (c.account().credit, c.account().credit_reach) = (minor(credit), minor(credit));
        change(c);
    })
}

/// `d+5 by email: A, B 200.00 -99.99`: what came out, what is asked for, and the credit that the message names.
fn asked(case: &Case) -> String {
    match case.first().outcome {
        Outcome::Hold(hold) => hold.reason.as_str().to_owned(),
        Outcome::Act(action) => {
            let params: serde_json::Value = serde_json::from_str(action.template_params.expose()).unwrap();
            let credit = Amount(params["credit_amount"].as_i64().unwrap());
            let netted = if params["is_credit_netted"] == true { " netted" } else { "" };
            let named = if credit == Amount::ZERO { String::new() } else { format!(", credit {credit}{netted}") };
            format!("{} {}{named}", said(&case.first()), action.open())
        }
    }
}

use super::super::Amount;

#[test]
fn a_credit_holds_from_half_of_what_would_be_asked_for_and_is_named_below_it() {
    let none: Change = |_| {};
    let table: &[(&str, UnappliedCredits, &str, Change, &str)] = &[
        ("a cent below half", Hold, "99.99", none, "d+5 by email: A, B 200.00, credit 99.99"),
        ("half", Hold, "100.00", none, "credit_covers"),
        ("all", Hold, "200.00", none, "credit_covers"),
        (
            "from all only",
            Hold,
            "199.99",
            |c| c.rules.credit_hold_percent = 100,
            "d+5 by email: A, B 200.00, credit 199.99",
        ),
        ("from a tenth", Hold, "20.00", |c| c.rules.credit_hold_percent = 10, "credit_covers"),
        ("none", Hold, "0.00", none, "d+5 by email: A, B 200.00"),
        ("a negative one is none", Hold, "-10.00", none, "d+5 by email: A, B 200.00"),
        ("ignored", Ignore, "500.00", none, "d+5 by email: A, B 200.00"),
        ("net: all of it", Net, "200.00", none, "credit_covers"),
        ("net: the oldest is covered", Net, "100.00", none, "d+5 by email: B 100.00, credit 100.00 netted"),
        ("net: the oldest in part", Net, "60.00", none, "d+5 by email: A, B 140.00, credit 60.00 netted"),
        ("net: a rest below the tolerance is not asked for", Net, "197.00", none, "below_tolerance"),
        ("net: a negative credit is none", Net, "-10.00", none, "d+5 by email: A, B 200.00"),
    ];
    for (name, policy, credit, change, expected) in table {
        assert_eq!(asked(&credited(&[20, 7], *policy, credit, *change)), *expected, "{name}");
    }
}

#[test]
fn the_hold_says_both_figures() {
    let why = |policy, credit| credited(&[20, 7], policy, credit, |_| {}).hold().detail.unwrap();
    assert!(why(Hold, "120.00").starts_with("credit 120.00 against a claim of 200.00, hold from 50 %"));
    assert!(why(Net, "200.00").starts_with("credit 200.00 against a claim of 200.00"));
}

#[test]
fn a_credit_is_compared_with_what_would_be_named_and_not_with_what_is_disputed_blocked_or_promised() {
    let leave: &[(&str, Change)] = &[
        ("disputed", |c| c.item(0).is_disputed = true),
        ("blocked", |c| c.item(0).is_blocked = true),
        ("promised", |c| c.item(0).promise_pending = true),
        ("in an agreement", |c| c.item(0).in_kept_agreement = true),
        ("returned", |c| c.item(0).is_returned = true),
        ("in grace", |c| c.item(0).grace_until = Some(c.as_of)),
    ];
    for (name, change) in leave {
        let of = |policy, credit| asked(&credited(&[20, 7], policy, credit, *change));
        assert_eq!(of(Hold, "50.00"), "credit_covers", "{name}: half of what is left");
        assert_eq!(of(Hold, "49.99"), "d+5 by email: B 100.00, credit 49.99", "{name}");
        assert_eq!(
            of(Net, "40.00"),
            "d+5 by email: B 60.00, credit 40.00 netted",
            "{name}: it does not eat the credit"
        );
        for credit in ["100.00", "150.00"] {
            let hold = credited(&[20, 7], Net, credit, *change).hold();
            assert!(hold.detail.unwrap().contains("credit_covers"), "{name}: nothing is left to ask for");
        }
    }
    let all_disputed = credited(&[20], Hold, "100.00", |c| c.item(0).is_disputed = true);
    assert_eq!(asked(&all_disputed), "dispute_open", "nothing would be asked for");
}

#[test]
fn a_credit_is_compared_with_what_the_message_names() {
    let table: &[(&str, &[i64], &str, &str)] = &[
        ("a cent less than half of what is due", &[20, -9], "49.99", "d+5 by email: A 100.00, credit 49.99"),
        ("half of what is due, not of what is open", &[20, -9], "50.00", "credit_covers"),
        (
            "a reminder: a cent less than half of the one item that it names",
            &[-3, -9],
            "49.99",
            "d-3 by email: A 100.00, credit 49.99",
        ),
        ("a reminder: half of what it names, not of all that is open", &[-3, -9], "50.00", "credit_covers"),
    ];
    for (name, days, credit, expected) in table {
        assert_eq!(asked(&credited(days, Hold, credit, |_| {})), *expected, "{name}");
    }
}

#[test]
fn a_credit_that_names_no_company_holds_every_account_that_it_would_cover_and_is_netted_once() {
    let case = |policy| {
        Case::of(&[20]).with(|c| {
            c.rules.unapplied_credits = policy;
            c.debtor().points.push(point(crate::domain::procedure::Channel::Whatsapp));
            let mut second = account("2", vec![item("B", 15)]);
            // It stands at the account with the oldest item, and reaches both.
            (c.account().credit, c.account().credit_reach) = (minor("60.00"), minor("60.00"));
            (second.credit, second.credit_reach) = (minor("0.00"), minor("60.00"));
            c.group.debtors[0].1.push(second);
        })
    };
    assert_eq!(case(Hold).outcomes(), ["credit_covers", "credit_covers"]);
    let netted = case(Net).decide();
    let open: Vec<String> = netted[0]
        .iter()
        .map(|d| match &d.outcome {
            Outcome::Act(action) => action.open().to_string(),
            Outcome::Hold(hold) => hold.reason.as_str().to_owned(),
        })
        .collect();
    assert_eq!(open, ["below_minimum", "100.00"]);
}

#[test]
fn a_partly_paid_oldest_item_does_not_leave_its_credit_to_a_younger_one() {
    // Credit 60.00 against 100.00 and 50.00: 90.00 are owed. It used to cover the younger item and ask for 100.00.
    let case = credited(&[20, 7], Net, "60.00", |c| c.item(1).open = minor("50.00"));
    assert_eq!(case.action().open(), minor("90.00"));
}
