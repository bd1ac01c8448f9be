//! Items that climb on their own, who carries the message, and the step at which a person lets an item begin.

use super::super::{Decision, Outcome};
use super::support::*;
use crate::domain::portfolio::{ContactState, NamedItem};
use crate::domain::procedure::{Advance, Carrier, LevelOf};

/// `d+15 by email: A d+15, B d+5, C -`: the step of the message, then of each item that it names.
fn climbed(case: &Case) -> String {
    said_by_item(&case.first())
}

fn said_by_item(decision: &Decision) -> String {
    match &decision.outcome {
        Outcome::Hold(hold) => hold.reason.as_str().to_owned(),
        Outcome::Act(action) => {
            let item = |i: &crate::domain::action::CitedItem| {
                format!("{} {}", i.invoice_id, i.step_id.as_deref().unwrap_or("-"))
            };
            let items: Vec<String> = action.items.iter().map(item).collect();
            format!("{} by {}: {}", action.step_id, action.channel, items.join(", "))
        }
    }
}

fn by_item(days: &[i64], carrier: Carrier) -> Case {
    Case::of(days).with(|c| {
        let procedure = c.procedure();
        (procedure.level_of, procedure.carrier) = (LevelOf::Item, carrier);
    })
}

/// The step went out that many days ago and named these items, each with its own step.
fn sent(case: &mut Case, step_id: &str, ago: i64, items: &[(&str, Option<&str>)]) {
    let named = |(invoice, step): &(&str, Option<&str>)| NamedItem {
        invoice_id: (*invoice).to_owned(),
        installment_no: Some(1),
        step_id: step.map(str::to_owned),
        left_due: None,
    };
    case.sent(step_id, ago).items = items.iter().map(named).collect();
}

fn highest(case: &mut Case) {
    case.procedure().advance = Advance::HighestDue;
}

#[test]
fn every_item_takes_its_own_step_in_the_message_of_the_carrier() {
    use Carrier::{LargestItem, MaxLevel, OldestItem};
    type Change = fn(&mut Case);
    let table: &[(&str, Carrier, &[i64], Change, &str)] = &[
        ("each begins below", MaxLevel, &[40, 6], |_| {}, "d+5 by email: A d+5, B d+5"),
        ("highest due, each its own", MaxLevel, &[40, 6], highest, "d+30 by email: A d+30, B d+5"),
        ("one is listed beside", MaxLevel, &[40, 3], highest, "d+30 by email: A d+30, B d+1"),
        ("one that took its step is listed", MaxLevel, &[20, 6], took_five, "d+15 by email: A d+15, B -"),
        ("not what is not due", MaxLevel, &[20, -10], highest, "d+15 by email: A d+15"),
        (
            "the younger one carries where the older waits",
            MaxLevel,
            &[13, 6],
            older_took_five,
            "d+5 by email: A -, B d+5",
        ),
        ("the oldest carries, and waits", OldestItem, &[13, 6], older_took_five, "no_step_due"),
        ("the oldest carries", OldestItem, &[40, 6], highest, "d+30 by email: A d+30, B d+5"),
        ("the oldest that is due carries", OldestItem, &[40, -20], highest, "d+30 by email: A d+30"),
        (
            "before the due date, those whose step has come",
            OldestItem,
            &[-3, -2, -9],
            |_| {},
            "d-3 by email: A d-3, B d-3",
        ),
        ("the largest carries; no item climbs above it", LargestItem, &[40, 6], larger_b, "d+5 by email: A -, B d+5"),
        ("the largest carries; of equals the oldest", LargestItem, &[40, 6], highest, "d+30 by email: A d+30, B d+5"),
        ("the largest that is due", LargestItem, &[40, -20], larger_b, "d+30 by email: A d+30"),
        ("a disputed carrier is none", OldestItem, &[40, 6], disputed_a, "d+5 by email: B d+5"),
    ];
    for (name, carrier, days, change, expected) in table {
        let case = by_item(days, *carrier).with(change);
        assert_eq!(climbed(&case), *expected, "{name}: {:?}", case.first().outcome);
    }
}

fn took_five(case: &mut Case) {
    sent(case, "d+5", 4, &[("A", Some("d+5")), ("B", Some("d+5"))]);
}

fn older_took_five(case: &mut Case) {
    sent(case, "d+5", 4, &[("A", Some("d+5"))]);
}

fn larger_b(case: &mut Case) {
    highest(case);
    case.item(1).open = minor("500.00");
}

fn disputed_a(case: &mut Case) {
    case.item(0).is_disputed = true;
}

#[test]
fn what_was_sent_is_known_by_item() {
    use ContactState::NotSent;
    let of = |change: fn(&mut Case)| climbed(&by_item(&[20, 18], Carrier::MaxLevel).with(change));
    assert_eq!(of(took_five), "d+15 by email: A d+15, B d+15");
    assert_eq!(of(older_took_five), "d+15 by email: A d+15, B d+5", "the other begins");
    let listed: fn(&mut Case) = |c| sent(c, "d+5", 4, &[("A", Some("d+5")), ("B", None)]);
    assert_eq!(of(listed), "d+15 by email: A d+15, B d+5", "to be listed is no step");
    let only_logged: fn(&mut Case) = |c| c.was_sent("d+5", 4);
    assert_eq!(of(only_logged), "d+15 by email: A d+15, B d+15", "a log without items counts for all");
    let one_logged: fn(&mut Case) = |c| {
        let named =
            NamedItem { invoice_id: "B".into(), installment_no: None, step_id: Some("d+5".into()), left_due: None };
        c.sent("d+5", 4).items = vec![named];
    };
    assert_eq!(of(one_logged), "d+15 by email: A d+5, B d+15", "a log with an invoice counts for that one");
    let ignored: fn(&mut Case) = |c| {
        took_five(c);
        c.group.contacts[0].state = NotSent;
    };
    assert_eq!(of(ignored), "d+5 by email: A d+5, B d+5", "what was ignored is proposed again");
}

#[test]
fn a_listing_and_its_notice_are_about_those_items_alone_that_came_so_far() {
    let mut case = by_item(&[61, 20], Carrier::MaxLevel).with(highest);
    case.step("d+60").after_notice = Some(("d+45".into(), 10));
    sent(&mut case, "d+45", 12, &[("A", Some("d+45"))]);
    assert_eq!(climbed(&case), "d+60 by instruction: A d+60");
    let notice = by_item(&[50, 20], Carrier::MaxLevel).with(highest);
    assert_eq!(climbed(&notice), "d+45 by email: A d+45");
    // The notice named another item: A was never announced.
    case.group.contacts.clear();
    sent(&mut case, "d+45", 12, &[("B", Some("d+45"))]);
    assert_eq!(climbed(&case), "d+45 by email: A d+45", "it is given anew, and once");
    sent(&mut case, "d+45", 4, &[("A", Some("d+45"))]);
    assert_eq!(climbed(&case), "notice_period");
    let why = case.hold().detail.unwrap();
    assert!(why.contains("d+45 was sent on 2026-11-13, 10 days"), "{why}");
}

#[test]
fn a_notice_announces_what_it_named_and_each_item_from_its_own_day() {
    let of = |days: &[i64], notices: &[(i64, &[&str])]| {
        let mut case = Case::of(days).with(|c| c.rules.slot_days = 2);
        for (ago, items) in notices {
            let named: Vec<(&str, Option<&str>)> = items.iter().map(|i| (*i, Some("d+45"))).collect();
            sent(&mut case, "d+45", *ago, &named);
        }
        said(&case.first())
    };
    assert_eq!(of(&[61, 58], &[(12, &["A", "B"])]), "d+60 by instruction: A, B");
    assert_eq!(of(&[61, 58], &[(12, &["A"])]), "d+60 by instruction: A", "B was held when the notice went out");
    assert_eq!(of(&[61, 58], &[(12, &["A"]), (4, &["B"])]), "d+60 by instruction: A", "B has days left");
    assert_eq!(of(&[61, 58], &[(12, &["A"]), (10, &["B"])]), "d+60 by instruction: A, B");
    assert_eq!(of(&[61, 58], &[(9, &["A"])]), "notice_period");
}

#[test]
fn a_person_lets_an_item_begin_at_a_step() {
    let account = |days: &[i64], change: fn(&mut Case)| Case::of(days).with(change).outcome();
    let begins: fn(&mut Case) = |c| c.item(0).step_override = Some("d+30".into());
    assert_eq!(account(&[2], begins), "d+30 by email: A", "at once, whatever its day");
    assert_eq!(account(&[-2], begins), "not_due", "never before the item is overdue");
    assert_eq!(account(&[0], begins), "not_due", "nor on the day");
    let sent_since: fn(&mut Case) = |c| {
        c.item(0).step_override = Some("d+30".into());
        c.was_sent("d+30", 4);
    };
    assert_eq!(account(&[8], sent_since), "no_step_due", "once; then it climbs on");
    assert_eq!(account(&[46], sent_since), "d+45 by email: A");
    let above: fn(&mut Case) = |c| {
        c.item(0).step_override = Some("d+1".into());
        c.was_sent("d+15", 4);
    };
    assert_eq!(account(&[20], above), "no_step_due", "what was sent is not taken back");
    let unknown: fn(&mut Case) = |c| c.item(0).step_override = Some("d+31".into());
    assert_eq!(account(&[40], unknown), "regua_none", "a step that the régua does not have");
    assert_eq!(account(&[40, 6], unknown), "d+5 by email: B", "the others go on");
    let second: fn(&mut Case) = |c| c.item(1).step_override = Some("d+30".into());
    let by_item = by_item(&[6, 2], Carrier::MaxLevel).with(second);
    assert_eq!(climbed(&by_item), "d+30 by email: A d+5, B d+30", "each item its own");
}

#[test]
fn the_state_of_a_customer_follows_what_it_owes_now() {
    let state = |case: &Case| case.first().state.unwrap_or_else(|| "clear".to_owned());
    for (days, expected) in [(-10, "clear"), (-3, "d-3"), (0, "d-3"), (1, "d+1"), (29, "d+15"), (400, "d+90")] {
        assert_eq!(state(&Case::of(&[days])), expected, "{days}");
    }
    let mut case = Case::of(&[40, 6]);
    case.was_sent("d+30", 4);
    assert_eq!(state(&case), "d+30", "sent or not");
    case.item(0).open = minor("0.00");
    case.item(0).is_blocked = true;
    assert_eq!(state(&case), "d+5", "the oldest is out: the next one says");
    assert_eq!(state(&by_item(&[40, 6], Carrier::OldestItem)), "d+30", "of items, the highest");
    let segments = Case::of(&[40]).with(|c| {
        c.step("d+30").segments = Some(vec!["recorrente".into()]);
    });
    assert_eq!(state(&segments), "d+15", "steps for other segments are none of this account's");
    let mut none = Case::of(&[40]);
    none.debtor().regua = Some("none".into());
    assert_eq!(state(&none), "clear");
}

#[test]
fn items_on_their_own_go_through_the_ladder_once_each() {
    let mut case = by_item(&[-1, -6], Carrier::MaxLevel).with(|c| c.rules.slot_days = 2);
    let mut lines = Vec::new();
    for _ in 0..40 {
        let outcome = climbed(&case);
        if outcome.contains(" by ") {
            lines.push(format!("{:+}: {outcome}", case.item(0).days_past_due));
        }
        case.publish();
        case.later(1);
    }
    let expected = [
        "+1: d+1 by email: A d+1",
        "+5: d+5 by email: A d+5",
        "+8: d+1 by email: A -, B d+1",
        "+11: d+5 by email: A -, B d+5",
        "+15: d+15 by email: A d+15, B -",
        "+20: d+15 by email: A -, B d+15",
        "+30: d+30 by email: A d+30, B -",
        "+35: d+30 by email: A -, B d+30",
    ];
    assert_eq!(lines, expected);
}
