//! Why nothing is done: the order of the reasons, then each reason with its boundary days and amounts.

use super::support::*;
use crate::domain::hold::HoldReason;
use crate::domain::portfolio::{ContactPoint, ContactState};
use crate::domain::procedure::{CapScope, Channel, DisputeScope, StepKind};
use chrono::Days;

/// A debtor to whom every reason applies that can apply together with a step that is due.
fn worst_case() -> Case {
    Case::of(&[62]).with(|c| {
        c.rules.halted = true;
        c.debtor().is_held = true;
        c.rules.tolerance.insert(brl(), minor("200.00"));
        c.debtor().is_insolvent = true;
        c.debtor().dunning_block = Some("juridico".to_owned());
        c.account().credit_reach = minor("100.00");
        c.item(0).is_blocked = true;
        c.item(0).grace_until = Some(c.as_of);
        c.item(0).is_disputed = true;
        c.item(0).is_returned = true;
        c.item(0).in_kept_agreement = true;
        c.item(0).promise_pending = true;
        c.item(0).agency_id = Some("agency-1".to_owned());
        c.procedure().minimum.insert(brl(), minor("150.00"));
        c.sent("d+45", 2).state = ContactState::Unreported;
        c.group.contacts[0].answered_on = Some(days_ago(1));
        c.rules.caps = vec![cap(CapScope::Account, 1, 30)];
        c.step("d+60").kind = StepKind::Notice;
        c.step("d+60").channels = vec![Channel::Email];
        c.step("d+60").template = "letter".to_owned();
        c.debtor().points[0].opted_out = true;
        c.rules.slot_days = 0;
    })
}

#[test]
fn each_reason_gives_way_to_the_next_in_order() {
    let mut case = worst_case();
    let mends: &[(&str, Change)] = &[
        ("halted", |c| c.rules.halted = false),
        ("quarantined_input", |c| c.debtor().is_held = false),
        ("below_tolerance", |c| c.rules.tolerance = [(brl(), minor("5.00"))].into()),
        ("insolvent_or_legal", |c| c.debtor().is_insolvent = false),
        ("blocked_debtor", |c| c.debtor().dunning_block = None),
        ("blocked_item", |c| c.item(0).is_blocked = false),
        ("grace_until", |c| c.item(0).grace_until = None),
        ("dispute_open", |c| c.item(0).is_disputed = false),
        ("goods_return_open", |c| c.item(0).is_returned = false),
        ("agreement_kept", |c| c.item(0).in_kept_agreement = false),
        ("promise_pending", |c| c.item(0).promise_pending = false),
        ("with_agency", |c| c.item(0).agency_id = None),
        ("credit_covers", |c| c.account().credit_reach = minor("0.00")),
        ("below_minimum", |c| c.procedure().minimum.clear()),
        ("previous_unreported", |c| c.group.contacts[0].state = ContactState::Sent),
        ("min_gap", |c| c.procedure().min_gap_days = 0),
        ("response_window", |c| c.group.contacts[0].answered_on = None),
        ("frequency_cap", |c| c.rules.caps.clear()),
        ("notice_period", |c| c.step("d+60").after_notice = None),
        ("opted_out", |c| c.debtor().points[0] = bounced(Channel::Email)),
        ("no_contact_point", |c| c.debtor().points[0].is_valid = true),
        ("no_legal_slot", |c| c.rules.slot_days = 1),
    ];
    for (position, (expected, mend)) in mends.iter().enumerate() {
        let hold = case.hold();
        assert_eq!(hold.reason.as_str(), *expected);
        let detail = hold.detail.unwrap_or_default();
        if let Some((next, _)) = mends.get(position + 1).filter(|(next, _)| !hides(expected, next)) {
            assert!(detail.contains(next), "{expected} names {next} among the others: {detail}");
        }
        mend(&mut case);
    }
    assert_eq!(case.outcome(), "d+60 by email: A");
}

/// Reasons that can only be known once the one before is out of the way: a credit is held against an item that may be
/// named, and of two addresses the first is looked at.
fn hides(reason: &str, next: &str) -> bool {
    matches!((reason, next), ("with_agency", "credit_covers") | ("opted_out", "no_contact_point"))
}

fn bounced(channel: Channel) -> ContactPoint {
    ContactPoint { is_valid: false, ..point(channel) }
}

#[test]
fn the_others_go_to_the_detail_in_order() {
    let case = Case::of(&[10]).with(|c| {
        c.debtor().dunning_block = Some("x".to_owned());
        c.item(0).is_disputed = true;
        c.item(0).promise_pending = true;
        c.sent("d+5", 1).answered_on = Some(days_ago(0));
    });
    let hold = case.hold();
    assert_eq!(hold.reason, HoldReason::BlockedDebtor);
    assert_eq!(hold.detail.as_deref(), Some("also dispute_open, promise_pending, min_gap, response_window"));
}

#[test]
fn who_is_left_alone_whatever_is_due() {
    check(&[
        ("nothing speaks against it", &[10], |_| {}, "d+5 by email: A"),
        ("an operator halted everything", &[10], |c| c.rules.halted = true, "halted"),
        ("a bad row can touch it", &[10], |c| c.debtor().is_held = true, "quarantined_input"),
        ("insolvent", &[10], |c| c.debtor().is_insolvent = true, "insolvent_or_legal"),
        ("blocked", &[10], |c| c.debtor().dunning_block = Some("x".into()), "blocked_debtor"),
        ("nothing open", &[], |_| {}, "settled"),
        ("a long way to the due date", &[-20], |_| {}, "not_due"),
        ("insolvent, nothing due: not due is the reason", &[-20], |c| c.debtor().is_insolvent = true, "not_due"),
        ("insolvent, a reminder due", &[-3], |c| c.debtor().is_insolvent = true, "insolvent_or_legal"),
        ("régua none", &[10], |c| c.rules.regua = "none".into(), "regua_none"),
        ("each item with none", &[10], |c| c.item(0).regua = Some("none".into()), "regua_none"),
        ("an unknown régua in the data", &[10], |c| c.debtor().regua = Some("nobody".into()), "regua_none"),
        ("an unknown régua at the item", &[10], |c| c.item(0).regua = Some("nobody".into()), "regua_none"),
    ]);
}

#[test]
fn items_left_out_one_by_one() {
    let until = "until 2026-11-17; ";
    let unknown = "no régua file is named \"nobody\"; ";
    let table: &[(&str, Change)] = &[
        ("blocked_item", |c| c.item(0).is_blocked = true),
        ("grace_until", |c| c.item(0).grace_until = Some(c.as_of)),
        ("dispute_open", |c| c.item(0).is_disputed = true),
        ("goods_return_open", |c| c.item(0).is_returned = true),
        ("agreement_kept", |c| c.item(0).in_kept_agreement = true),
        ("promise_pending", |c| c.item(0).promise_pending = true),
        ("regua_none", |c| c.item(0).regua = Some("none".to_owned())),
        ("regua_none", |c| c.item(0).regua = Some("nobody".to_owned())),
        ("with_agency", |c| c.item(0).agency_id = Some("x".to_owned())),
    ];
    for (reason, change) in table {
        assert_eq!(Case::of(&[20]).with(change).outcome(), *reason, "alone");
        let both = Case::of(&[20, 7]).with(change);
        assert_eq!(both.outcome(), "d+5 by email: B", "{reason}: the rest goes on, at its own level");
        let holds = both.first().item_holds;
        assert_eq!(holds.iter().map(|h| h.map(HoldReason::as_str)).collect::<Vec<_>>(), [Some(*reason), None]);
        let before = Case::of(&[20, -3]).with(change);
        assert_eq!(before.outcome(), "d-3 by email: B", "{reason}: a reminder of another item goes out");
        let later = Case::of(&[20, -9]).with(change);
        assert_eq!(later.outcome(), *reason, "what is overdue is the reason, not what is not due");
        let is_unknown = later.group.debtors[0].1[0].items[0].regua.as_deref() == Some("nobody");
        let why = match *reason {
            "grace_until" => until,
            "regua_none" if is_unknown => unknown,
            _ => "",
        };
        assert_eq!(later.hold().detail, Some(format!("{why}also no_step_due")));
    }
}

#[test]
fn a_dispute_holds_the_account_where_the_regua_says_so() {
    check(&[
        ("by item", &[20, 7], |c| c.item(1).is_disputed = true, "d+5 by email: A"),
        ("by account", &[20, 7], disputed_by_account, "dispute_open"),
        ("a disputed item that is not due counts too", &[20, -9], disputed_by_account, "dispute_open"),
    ]);
}

fn disputed_by_account(case: &mut Case) {
    case.procedure().dispute_scope = DisputeScope::Account;
    case.item(1).is_disputed = true;
}

#[test]
fn boundary_days() {
    check(&[
        ("grace: on the day", &[10], |c| c.item(0).grace_until = Some(c.as_of), "grace_until"),
        ("grace: the day after", &[10], |c| c.item(0).grace_until = Some(c.as_of - Days::new(1)), "d+5 by email: A"),
        ("gap of 3: two days after", &[16], |c| c.was_sent("d+5", 2), "min_gap"),
        ("gap of 3: exactly reached", &[16], |c| c.was_sent("d+5", 3), "d+15 by email: A"),
        ("a contact that is no step counts too", &[16], |c| c.was_sent("", 1), "min_gap"),
        ("gap 0: on the same day", &[16], same_day_without_gap, "frequency_cap"),
        (
            "what did not arrive leaves no gap",
            &[16],
            |c| c.sent("d+5", 1).state = ContactState::NotSent,
            "d+5 #2 by email: A",
        ),
        ("unreported for 2 days of 3", &[16], |c| unreported(c, 2), "previous_unreported"),
        ("unreported for 3 days: it may have been sent", &[16], |c| unreported(c, 3), "d+15 by email: A"),
        ("answered today", &[16], |c| c.sent("d+5", 9).answered_on = Some(day(TODAY)), "response_window"),
        ("answered yesterday", &[16], |c| c.sent("d+5", 9).answered_on = Some(days_ago(1)), "response_window"),
        ("answered two days ago", &[16], |c| c.sent("d+5", 9).answered_on = Some(days_ago(2)), "d+15 by email: A"),
        ("nine days of notice", &[62], |c| c.was_sent("d+45", 9), "notice_period"),
        ("ten days of notice", &[62], |c| c.was_sent("d+45", 10), "d+60 by instruction: A"),
        ("no lawful hour: a Sunday", &[10], |c| c.later(5), "no_legal_slot"),
        (
            "a slot within two days",
            &[10],
            |c| {
                c.later(5);
                c.rules.slot_days = 2;
            },
            "d+5 by email: A",
        ),
    ]);
}

fn unreported(case: &mut Case, ago: i64) {
    case.sent("d+5", ago).state = ContactState::Unreported;
}

fn same_day_without_gap(case: &mut Case) {
    case.procedure().min_gap_days = 0;
    case.sent("d+5", 0);
}

#[test]
fn boundary_amounts() {
    check(&[
        ("a cent below the tolerance", &[10], |c| c.item(0).open = minor("4.99"), "below_tolerance"),
        ("at the tolerance, below the minimum", &[10], |c| c.item(0).open = minor("5.00"), "below_minimum"),
        ("a cent below the minimum", &[10], |c| c.item(0).open = minor("49.99"), "below_minimum"),
        ("at the minimum", &[10], |c| c.item(0).open = minor("50.00"), "d+5 by email: A"),
        (
            "two items reach it together",
            &[10, 2],
            |c| (c.item(0).open, c.item(1).open) = (minor("25"), minor("25")),
            "d+5 by email: A, B",
        ),
        ("what is not due does not count", &[10, -9], |c| c.item(0).open = minor("25"), "below_minimum"),
        (
            "nor what is held",
            &[10, 2],
            |c| (c.item(0).open, c.item(1).is_disputed) = (minor("25"), true),
            "below_minimum",
        ),
        (
            "no minimum in this currency",
            &[10],
            |c| {
                c.item(0).open = minor("9");
                c.procedure().minimum.clear();
            },
            "d+5 by email: A",
        ),
    ]);
}

#[test]
fn a_rest_of_some_cents_is_not_dunned_because_other_invoices_are_not_due_yet() {
    check(&[
        ("the rest alone is below the tolerance", &[20, -9], cents_left, "below_tolerance"),
        ("and does not stop a reminder of the other", &[20, -3], cents_left, "d-3 by email: B"),
        ("with others that are due it is named", &[20, 7], cents_left, "d+5 by email: A, B"),
        (
            "nor do others that are disputed lift it",
            &[20, 7],
            |c| {
                cents_left(c);
                c.item(1).is_disputed = true;
            },
            "below_tolerance",
        ),
    ]);
}

fn cents_left(case: &mut Case) {
    case.procedure().minimum.clear();
    case.item(0).open = minor("0.50");
}

/// A dispute was hidden behind a régua of `none`: it comes first, and the régua goes to the detail.
#[test]
fn what_holds_the_items_is_said_under_a_regua_of_none_too() {
    let none = |c: &mut Case| c.debtor().regua = Some("none".to_owned());
    let table: &[(&str, Change, &str)] = &[
        ("nothing else", |_| {}, "regua_none"),
        ("a dispute", |c| c.item(0).is_disputed = true, "dispute_open"),
        ("a promise", |c| c.item(0).promise_pending = true, "promise_pending"),
    ];
    for (name, change, expected) in table {
        let hold = Case::of(&[10]).with(none).with(change).hold();
        assert_eq!(hold.reason.as_str(), *expected, "{name}");
        let is_said = hold.detail.as_deref().is_some_and(|detail| detail.contains("regua_none"));
        assert!(*expected == "regua_none" || is_said, "{name}: {:?}", hold.detail);
    }
}
