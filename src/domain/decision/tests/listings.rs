//! What may not be listed or protested: what is entered already, was asked for, is too old, or comes back.

use super::super::*;
use super::duties::listing;
use super::support::*;
use crate::domain::portfolio::{ContactState, Escalation, EscalationKind, NamedItem};
use crate::domain::procedure::{Channel, DisputeScope, LevelOf, StepKind};

/// Item A is listed with serasa, and the notice was sent.
fn announced(case: &mut Case) {
    case.was_sent("d+45", 12);
    case.account().escalations = vec![Escalation { items: vec![item("A", 62)], ..listing(None) }];
}

#[test]
fn nothing_is_listed_twice_with_the_same_bureau() {
    let table: &[(&str, &[i64], Change, &str)] = &[
        ("not listed", &[62], |c| c.was_sent("d+45", 12), "d+60 by instruction: A"),
        ("listed: the step is passed by", &[62], announced, "no_step_due"),
        ("the other item is left", &[64, 62], announced, "d+60 by instruction: B"),
        (
            "and the other instalment",
            &[64, 62],
            |c| {
                announced(c);
                c.item(1).invoice_id = "A".into();
                c.item(1).installment_no = 2;
            },
            "d+60 by instruction: A",
        ),
        (
            "with another bureau than the step's",
            &[62],
            |c| {
                announced(c);
                c.step("d+60").bureau = Some("boa-vista".into());
            },
            "d+60 by instruction: A",
        ),
        (
            "with the step's",
            &[62],
            |c| {
                announced(c);
                c.step("d+60").bureau = Some("serasa".into());
            },
            "no_step_due",
        ),
        (
            "with the step's, in other words",
            &[62],
            |c| {
                announced(c);
                c.step("d+60").bureau = Some("serasa".into());
                c.account().escalations[0].counterpart = "SERASA Experian S.A.".into();
            },
            "no_step_due",
        ),
        (
            "under a number that nobody knows any more",
            &[62],
            |c| {
                announced(c);
                c.account().escalations[0].items[0].invoice_id = "OLD-A".into();
                c.account().escalations[0].names_unknown = true;
            },
            "no_step_due",
        ),
        (
            "asked for and not entered yet",
            &[62],
            |c| {
                announced(c);
                c.account().escalations[0].is_asked = true;
            },
            "no_step_due",
        ),
        (
            "protested, not listed",
            &[62],
            |c| {
                announced(c);
                c.account().escalations[0].kind = EscalationKind::Protest;
            },
            "d+60 by instruction: A",
        ),
        ("nor is it announced again", &[50], listed_only, "no_step_due"),
        ("the ladder goes on behind it", &[95], announced, "d+90 by instruction: A"),
    ];
    check(table);
    let hold = Case::of(&[62]).with(announced).hold();
    let detail = "next is d+90 from 2026-12-15; d+60 passed by: A/1 is with serasa since 2026-10-08";
    assert_eq!(hold.detail.as_deref(), Some(detail));
    let asked = |c: &mut Case| {
        announced(c);
        c.account().escalations[0].is_asked = true;
    };
    let detail = "next is d+90 from 2026-12-15; d+60 passed by: A/1 is asked for at serasa and not entered yet";
    assert_eq!(Case::of(&[62]).with(asked).hold().detail.as_deref(), Some(detail));
}

#[test]
fn what_a_bureau_was_asked_to_list_is_not_asked_again() {
    // A and B fell due together; the listing of both was asked for, then A was paid and B leads.
    fn asked(case: &mut Case, state: ContactState) {
        case.was_sent("d+45", 12);
        let named = |invoice_id: &str| NamedItem {
            invoice_id: invoice_id.to_owned(),
            installment_no: Some(1),
            step_id: Some("d+60".to_owned()),
            left_due: None,
        };
        let mut contact = contact("d+60", Channel::Instruction, 5);
        contact.items = vec![named("A"), named("Z")];
        contact.state = state;
        contact.occurrence = 2;
        case.group.contacts.push(contact);
        // As if the instruction had been for another step of the ladder: only what it named counts.
        case.step("d+60").id = "again".to_owned();
        let mut steps = case.procedure().steps.clone();
        let position = steps.iter().position(|s| s.id == "again").unwrap();
        steps.insert(
            position,
            Step {
                segments: Some(vec!["nobody".to_owned()]),
                ..step("d+60", StepKind::Negativacao, past_due(60), &[])
            },
        );
        case.steps(steps);
    }
    let table: &[(&str, &[i64], Change, &str)] = &[
        ("under way", &[62], |c| asked(c, ContactState::Unreported), "no_step_due"),
        ("reported", &[62], |c| asked(c, ContactState::Sent), "no_step_due"),
        ("failed", &[62], |c| asked(c, ContactState::NotSent), "again by instruction: A"),
        ("not the other item", &[62, 62], |c| asked(c, ContactState::Sent), "again by instruction: B"),
    ];
    check(table);
    let hold = Case::of(&[62]).with(|c| asked(c, ContactState::Sent)).hold();
    assert_eq!(
        hold.detail.as_deref(),
        Some("next is d+90 from 2026-12-15; again passed by: A/1 was instructed on 2026-11-12")
    );
}

#[test]
fn items_that_climb_on_their_own_pass_a_listing_by_on_their_own() {
    let by_item = |c: &mut Case| {
        c.procedure().level_of = LevelOf::Item;
        announced(c);
    };
    let case = Case::of(&[62, 62]).with(by_item);
    assert_eq!(case.outcome(), "d+60 by instruction: B");
    assert_eq!(Case::of(&[62]).with(by_item).outcome(), "no_step_due");
}

fn listed_only(case: &mut Case) {
    case.was_sent("d+30", 12);
    announced(case);
    case.group.contacts.pop();
}

#[test]
fn nothing_is_protested_twice_at_the_same_registry() {
    fn protested(case: &mut Case) {
        case.steps(vec![step("p", StepKind::Protesto, past_due(60), &[])]);
        case.account().escalations =
            vec![Escalation { kind: EscalationKind::Protest, items: vec![item("A", 62)], ..listing(None) }];
    }
    check(&[
        ("protested", &[62], protested, "step_exhausted"),
        ("the other item is left", &[64, 62], protested, "p by instruction: B"),
        (
            "listed, not protested",
            &[62],
            |c| {
                protested(c);
                c.account().escalations[0].kind = EscalationKind::BureauListing;
            },
            "p by instruction: A",
        ),
    ]);
}

#[test]
fn what_was_due_more_than_five_years_ago_is_never_listed() {
    fn due(case: &mut Case, on: &str) {
        case.was_sent("d+45", 12);
        case.item(0).due_date = day(on);
        case.item(0).issue_date = day(on);
        case.procedure().steps.retain(|s| s.id != "d+90");
    }
    let table: &[(&str, &[i64], Change, &str)] = &[
        ("five years to the day", &[1826], |c| due(c, "2021-11-17"), "d+60 by instruction: A"),
        ("one day more", &[1827], |c| due(c, "2021-11-16"), "step_exhausted"),
        (
            "a longer term",
            &[1827],
            |c| {
                due(c, "2021-11-16");
                c.step("d+60").listing_years_max = Some(6);
            },
            "d+60 by instruction: A",
        ),
        ("a younger item is listed", &[1827, 62], |c| due(c, "2021-11-16"), "d+60 by instruction: B"),
    ];
    check(table);
    let hold = Case::of(&[1827]).with(|c| due(c, "2021-11-16")).hold();
    assert_eq!(hold.detail.as_deref(), Some("d+60 passed by: A/1 was due more than 5 years ago"));
}

#[test]
fn no_protest_while_goods_are_being_returned() {
    fn protest(case: &mut Case) {
        let notice =
            Step { notice_days: Some(5), ..step("n", StepKind::ProtestoNotice, past_due(70), &[Channel::Email]) };
        let after_notice = Some(("n".to_owned(), 5));
        case.steps(vec![notice, Step { after_notice, ..step("p", StepKind::Protesto, past_due(80), &[]) }]);
        case.was_sent("n", 10);
    }
    let table: &[(&str, &[i64], Change, &str)] = &[
        ("after the notice", &[85, 84], protest, "p by instruction: A, B"),
        (
            "not what is returned",
            &[85, 84],
            |c| {
                protest(c);
                c.item(0).is_returned = true;
            },
            "p by instruction: B",
        ),
        (
            "nor anything, if all is",
            &[85],
            |c| {
                protest(c);
                c.item(0).is_returned = true;
                c.procedure().dispute_scope = DisputeScope::Account;
            },
            "goods_return_open",
        ),
    ];
    check(table);
}

/// A notice that nobody reported on may never have been sent: it protects from a second letter, and begins no days.
#[test]
fn nobody_is_listed_on_a_notice_without_a_report() {
    let table: &[(&str, ContactState, &str)] = &[
        ("sent", ContactState::Sent, "d+60 by instruction: A"),
        ("answered", ContactState::Answered, "d+60 by instruction: A"),
        ("not reported", ContactState::Unreported, "notice_period"),
        ("read by somebody else", ContactState::WrongParty, "d+45 #2 by email: A"),
        ("delivered, and then it bounced", ContactState::Undelivered, "d+45 #2 by email: A"),
        ("failed", ContactState::NotSent, "d+5 by email: A"),
    ];
    for (name, state, expected) in table {
        let case = Case::of(&[62]).with(|c| c.sent("d+45", 12).state = *state);
        assert_eq!(case.outcome(), *expected, "{name}");
    }
    let case = Case::of(&[62]).with(|c| c.sent("d+45", 12).state = ContactState::WrongParty);
    let trace = &case.action().rule_trace;
    assert!(
        trace.iter().any(|line| line == "d+45 of 2026-11-05 did not reach the debtor: it is given anew"),
        "{trace:?}"
    );
    // Each try counts, or a provider that says `failed` after every `delivered` would have it sent for ever.
    let case = Case::of(&[62]).with(|c| {
        [12, 20].into_iter().for_each(|ago| c.sent("d+45", ago).state = ContactState::Undelivered);
    });
    assert_eq!(case.outcome(), "no_contact_point");
    let case = Case::of(&[62]).with(|c| c.sent("d+45", 12).state = ContactState::Unreported);
    let why = case.hold().detail.unwrap();
    assert!(why.contains("d+45 of 2026-11-05 was not reported as sent"), "{why}");
}

/// The item that led to the step is listed already: what is left is not as late, and is not listed in its place.
#[test]
fn an_item_that_is_left_out_leads_no_other_to_the_bureau() {
    let case = Case::of(&[64, 20]).with(announced);
    assert_eq!(case.outcome(), "no_step_due");
    assert!(
        case.hold().trace.iter().any(|line| line.contains("nothing else is 60 days late")),
        "{:?}",
        case.hold().trace
    );
}

/// The notice spoke of what is paid by now: it held the account for ever.
#[test]
fn a_notice_is_given_anew_for_what_it_did_not_name() {
    let other = |c: &mut Case| {
        let named = NamedItem {
            invoice_id: "PAID".into(),
            installment_no: Some(1),
            step_id: Some("d+45".into()),
            left_due: None,
        };
        c.sent("d+45", 12).items = vec![named];
    };
    let mut case = Case::of(&[62]).with(other);
    assert_eq!(case.outcome(), "d+45 #2 by email: A");
    case.publish();
    case.later(5);
    assert_eq!(case.outcome(), "notice_period", "its own days run");
    case.later(5);
    assert_eq!(case.outcome(), "d+60 by instruction: A");
}
