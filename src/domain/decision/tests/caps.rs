//! Caps on contacts, what instructions are exempt from, and what a notice allows.

use super::super::{Cap, Step};
use super::support::*;
use crate::domain::portfolio::ContactState;
use crate::domain::procedure::{CapScope, Channel};

#[test]
fn caps_over_rolling_windows() {
    use CapScope::{Account, Debtor, Group};
    let free = "d+15 by email: A";
    let table: &[(&str, CapScope, u32, Change, &str)] = &[
        ("three in fourteen days", Account, 14, |_| {}, "frequency_cap"),
        ("the oldest of them leaves the window", Account, 13, |_| {}, free),
        ("of the debtor", Debtor, 14, |_| {}, "frequency_cap"),
        ("of another company, by account", Account, 14, of_company_2, free),
        ("of another company, by debtor", Debtor, 14, of_company_2, "frequency_cap"),
        ("of another debtor, by debtor", Debtor, 14, of_debtor_e, free),
        ("of another debtor, by group", Group, 14, of_debtor_e, "frequency_cap"),
        ("one did not arrive", Account, 14, |c| c.group.contacts[1].state = ContactState::NotSent, free),
        (
            "one may have been sent",
            Account,
            14,
            |c| c.group.contacts[1].state = ContactState::Unreported,
            "frequency_cap",
        ),
        ("one was an instruction", Account, 14, |c| c.group.contacts[1].channel = Channel::Instruction, free),
        ("of a company not stated", Account, 14, |c| c.group.contacts[1].company_id = None, "frequency_cap"),
        ("for another segment", Account, 14, |c| c.rules.caps[0].segment = Some("novo".into()), free),
        ("for its segment", Account, 14, |c| c.rules.caps[0].segment = Some("unassigned".into()), "frequency_cap"),
    ];
    for (name, scope, days, change, expected) in table {
        let case = Case::of(&[16]).with(|c| three_contacts(c, *scope, *days)).with(change);
        assert_eq!(case.outcome(), *expected, "{name}");
    }
}

/// Contacts 13, 8 and 5 days ago, and at most three in so many days.
fn three_contacts(case: &mut Case, scope: CapScope, days: u32) {
    for (step, ago) in [("", 13), ("", 8), ("d+5", 5)] {
        case.sent(step, ago);
    }
    case.rules.caps = vec![cap(scope, 3, days)];
}

fn of_company_2(case: &mut Case) {
    case.group.contacts[0].company_id = Some("2".to_owned());
}

fn of_debtor_e(case: &mut Case) {
    case.group.contacts[0].debtor_id = "E".to_owned();
}

#[test]
fn caps_of_one_channel_leave_the_others() {
    let capped = |c: &mut Case| {
        c.debtor().points.push(point(Channel::Whatsapp));
        c.sent("", 5);
        c.rules.caps = vec![Cap { channel: Some(Channel::Email), ..cap(CapScope::Debtor, 1, 7) }];
    };
    let case = Case::of(&[10]).with(capped);
    assert_eq!(case.outcome(), "d+5 by whatsapp: A");
    assert!(case.action().rule_trace.contains(&"email passed over: cap reached".to_owned()));
    let only_email = Case::of(&[10]).with(capped).with(|c| drop(c.debtor().points.pop()));
    assert_eq!(only_email.outcome(), "frequency_cap");
}

#[test]
fn an_instruction_reaches_no_debtor_and_is_not_held_by_a_cap() {
    check(&[
        (
            "listing",
            &[62],
            |c| {
                c.was_sent("d+45", 12);
                c.rules.caps = vec![cap(CapScope::Account, 1, 30)];
            },
            "d+60 by instruction: A",
        ),
        (
            "a message is",
            &[16],
            |c| {
                c.was_sent("d+5", 11);
                c.rules.caps = vec![cap(CapScope::Account, 1, 30)];
            },
            "frequency_cap",
        ),
    ]);
}

#[test]
fn two_steps_keep_their_gap_where_one_is_an_instruction() {
    let listed = |ago| move |c: &mut Case| c.sent("d+60", ago).channel = Channel::Instruction;
    assert_eq!(Case::of(&[95]).with(listed(1)).outcome(), "min_gap", "agency the day after the listing");
    assert_eq!(Case::of(&[95]).with(listed(3)).outcome(), "d+90 by instruction: A");
}

#[test]
fn an_item_that_the_notice_did_not_name_is_not_listed() {
    let noticed = |c: &mut Case| c.was_sent("d+45", 12);
    check(&[
        ("overdue when the notice went out", &[62, 20], noticed, "d+60 by instruction: A, B"),
        ("due on that day", &[62, 12], noticed, "d+60 by instruction: A"),
        ("due since", &[62, 5], noticed, "d+60 by instruction: A"),
        ("due the Friday before, the notice on a Thursday", &[62, 13], noticed, "d+60 by instruction: A, B"),
        ("a reminder before the notice is none", &[62], noticed_after_a_reminder, "notice_period"),
        ("no notice that counts", &[62], notice_failed, "d+45 #2 by email: A"),
        ("notice of another debt last year", &[62], last_years_notice, "notice_period"),
    ]);
}

fn noticed_after_a_reminder(case: &mut Case) {
    case.was_sent("d+30", 20);
    case.was_sent("d+45", 5);
}

fn notice_failed(case: &mut Case) {
    case.was_sent("d+30", 20);
    case.sent("d+45", 12).state = ContactState::NotSent;
}

fn last_years_notice(case: &mut Case) {
    case.steps(vec![step_60()]);
    case.sent("d+45", 300);
}

fn step_60() -> Step {
    ladder().steps.into_iter().find(|s| s.id == "d+60").unwrap()
}

#[test]
fn the_end_of_the_ladder_and_the_wait_for_the_next_step() {
    check(&[
        ("the next is not due", &[12], |c| c.was_sent("d+5", 7), "no_step_due"),
        ("every step was taken", &[100], |c| c.sent("d+90", 9).channel = Channel::Instruction, "step_exhausted"),
        ("all too late", &[10], |c| c.steps(vec![Step { catch_up_days: Some(2), ..step_5() }]), "step_exhausted"),
    ]);
    let waiting = Case::of(&[12]).with(|c| c.was_sent("d+5", 7)).hold();
    assert_eq!(
        (waiting.step_id.as_deref(), waiting.detail.as_deref()),
        (Some("d+15"), Some("next is d+15 from 2026-11-20"))
    );
}

fn step_5() -> Step {
    ladder().steps.into_iter().find(|s| s.id == "d+5").unwrap()
}
