//! How an account climbs: step after step over days and runs, and what happens when items are paid on the way.

use super::super::{Procedure, Step};
use super::support::*;
use crate::domain::portfolio::ContactState;
use crate::domain::procedure::{Advance, Channel, LevelOf, Repeat, Trigger};

/// Runs every day and publishes; what came out, by days past due of the first item.
fn diary(case: &mut Case, days: i64) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..days {
        let outcome = case.outcome();
        if outcome.contains(" by ") {
            lines.push(format!("{:+}: {outcome}", case.item(0).days_past_due));
        }
        case.publish();
        case.later(1);
    }
    lines
}

#[test]
fn a_quarter_of_a_debtor_who_never_pays() {
    let mut case = Case::of(&[-10]).with(|c| {
        c.debtor().points.extend([point(Channel::Whatsapp), point(Channel::Letter)]);
        c.rules.slot_days = 2;
    });
    let expected = [
        "-3: d-3 by whatsapp: A",
        "+1: d+1 by whatsapp: A",
        "+5: d+5 by email: A",
        "+15: d+15 by email: A",
        "+30: d+30 by email: A",
        "+45: d+45 by letter: A",
        "+60: d+60 by instruction: A",
        "+90: d+90 by instruction: A",
    ];
    assert_eq!(diary(&mut case, 130), expected);
    assert_eq!(case.outcome(), "step_exhausted");
}

#[test]
fn an_account_that_comes_late_catches_up_with_the_gap_between() {
    let mut case = Case::of(&[40]).with(|c| c.rules.slot_days = 2);
    let expected = [
        "+40: d+5 by email: A",
        "+43: d+15 by email: A",
        "+46: d+30 by email: A",
        "+49: d+45 by email: A",
        "+60: d+60 by instruction: A",
        "+90: d+90 by instruction: A",
    ];
    assert_eq!(diary(&mut case, 60), expected);
}

#[test]
fn a_step_that_repeats() {
    let mut case = Case::of(&[1]).with(|c| {
        c.rules.slot_days = 2;
        let step = ladder().steps.remove(3);
        c.steps(vec![Step { repeat: Some(Repeat { every_days: 10, strictly: true, max: 3 }), ..step }]);
    });
    let expected = ["+5: d+5 by email: A", "+16: d+5 #2 by email: A", "+27: d+5 #3 by email: A"];
    assert_eq!(diary(&mut case, 60), expected);
}

#[test]
fn which_step_comes_next() {
    check(&[
        ("sequential begins below", &[40], |_| {}, "d+5 by email: A"),
        ("highest due", &[40], highest_due, "d+30 by email: A"),
        ("highest due, then nothing below it", &[40], highest_sent, "no_step_due"),
        ("failed: again", &[16], |c| c.sent("d+5", 4).state = ContactState::NotSent, "d+5 #2 by email: A"),
        ("failed twice: the next one that is due", &[16], failed_twice, "d+15 by email: A"),
        ("failed twice, and nothing else is due", &[14], failed_twice, "no_contact_point"),
        ("never sent, twice: nothing is wrong with the address", &[14], ignored_twice, "d+5 #3 by email: A"),
        ("under way for long: it may have been sent", &[16], |c| unreported(c, 5), "d+15 by email: A"),
        ("logged without régua, company or cycle", &[16], |c| only_logged(c), "d+15 by email: A"),
        ("a logged contact without a step", &[16], |c| c.was_sent("", 5), "d+5 by email: A"),
        ("a step of another debtor", &[16], |c| c.sent("d+5", 5).debtor_id = "E".into(), "d+5 by email: A"),
        ("a step with another company", &[16], |c| c.sent("d+5", 5).company_id = Some("2".into()), "d+5 by email: A"),
        ("a step in another currency", &[16], |c| c.sent("d+5", 5).currency = Some("USD".into()), "d+5 by email: A"),
        ("a step of an older cycle", &[16], |c| c.sent("d+5", 400).cycle_id = Some("old".into()), "d+5 by email: A"),
        ("a step of an older episode, without cycle", &[16], |c| c.was_sent("d+5", 400), "d+5 by email: A"),
    ]);
}

fn highest_due(case: &mut Case) {
    case.procedure().advance = Advance::HighestDue;
}

fn highest_sent(case: &mut Case) {
    highest_due(case);
    case.was_sent("d+30", 5);
}

fn failed_twice(case: &mut Case) {
    case.sent("d+5", 4).state = ContactState::NotSent;
    let second = case.sent("d+5", 3);
    (second.state, second.occurrence) = (ContactState::NotSent, 2);
}

fn ignored_twice(case: &mut Case) {
    failed_twice(case);
    case.group.contacts.iter_mut().for_each(|contact| contact.state = ContactState::Ignored);
}

fn unreported(case: &mut Case, ago: i64) {
    case.sent("d+5", ago).state = ContactState::Unreported;
}

fn only_logged(case: &mut Case) {
    let contact = case.sent("d+5", 5);
    (contact.regua, contact.company_id, contact.currency) = (None, None, None);
}

#[test]
fn steps_that_look_at_the_whole_account() {
    let with =
        |trigger: Trigger| Case::of(&[10, 6, -9]).with(|c| c.steps(vec![Step { trigger, ..ladder().steps.remove(3) }]));
    let balance = |text: &str| Trigger::OverdueBalance { least: [(brl(), minor(text))].into(), strictly: false };
    assert_eq!(with(balance("200.00")).outcome(), "d+5 by email: A, B", "what is due, together");
    assert_eq!(with(balance("200.01")).outcome(), "no_step_due", "what is not due does not count");
    let open = |text: &str| Trigger::OpenBalance { least: [(brl(), minor(text))].into(), strictly: false };
    assert_eq!(with(open("300.00")).outcome(), "d+5 by email: A, B", "all that is open; what is due is named");
    assert_eq!(with(open("300.01")).outcome(), "no_step_due");
    assert_eq!(
        with(balance("200.00")).with(|c| c.item(1).is_disputed = true).outcome(),
        "no_step_due",
        "nor what is held"
    );
    assert_eq!(with(Trigger::OverdueItems { least: 2 }).outcome(), "d+5 by email: A, B");
    assert_eq!(with(Trigger::OverdueItems { least: 3 }).outcome(), "no_step_due");
    assert_eq!(with(Trigger::OpenItems { least: 3 }).outcome(), "d+5 by email: A, B");
    assert_eq!(with(Trigger::OpenItems { least: 4 }).outcome(), "no_step_due");
    assert_eq!(with(Trigger::PromiseBroken).outcome(), "no_step_due");
    assert_eq!(
        with(Trigger::PromiseBroken).with(|c| c.account().promise_broken = true).outcome(),
        "d+5 by email: A, B"
    );
    assert_eq!(
        with(Trigger::AgreementBroken).with(|c| c.account().agreement_broken = true).outcome(),
        "d+5 by email: A, B"
    );
}

/// The oldest item is paid; the episode goes on.
fn pay_oldest(case: &mut Case) {
    case.account().items.remove(0);
}

#[test]
fn paying_the_oldest_item_re_anchors_at_once() {
    check(&[
        ("before: the oldest leads", &[20, 7], |c| c.was_sent("d+5", 9), "d+15 by email: A, B"),
        (
            "after: the next at its own level",
            &[20, 7],
            |c| {
                c.was_sent("d+5", 9);
                pay_oldest(c)
            },
            "d+5 #2 by email: B",
        ),
        (
            "what was sent since it was due counts",
            &[40, 16],
            |c| {
                c.was_sent("d+30", 10);
                c.was_sent("d+5", 8);
                pay_oldest(c)
            },
            "d+15 by email: B",
        ),
        (
            "what it heard too early does not",
            &[40, 16],
            |c| {
                c.was_sent("d+30", 10);
                pay_oldest(c)
            },
            "d+5 by email: B",
        ),
        (
            "not due yet: nothing",
            &[40, -9],
            |c| {
                c.was_sent("d+30", 10);
                pay_oldest(c)
            },
            "not_due",
        ),
        (
            "a step on the balance was for the oldest",
            &[40, 16],
            |c| {
                balance_sent(c);
                pay_oldest(c)
            },
            "d+5 #2 by email: B",
        ),
    ]);
}

fn balance_sent(case: &mut Case) {
    let trigger = Trigger::OpenBalance { least: [(brl(), minor("1.00"))].into(), strictly: false };
    let first = ladder().steps.remove(3);
    case.steps(vec![first.clone(), Step { id: "balance".to_owned(), trigger, ..first }]);
    case.was_sent("d+5", 35);
    case.was_sent("balance", 20);
}

#[test]
fn a_regua_that_changes_does_not_begin_anew() {
    // Segments move with every payment; the account was taken through the same words again.
    check(&[
        ("same step, other régua", &[16], |c| c.sent("d+5", 4).regua = Some("gentle".into()), "d+15 by email: A"),
        (
            "a step that only the other one has",
            &[16],
            |c| c.sent("welcome", 4).regua = Some("gentle".into()),
            "d+5 by email: A",
        ),
    ]);
}

#[test]
fn a_reminder_is_not_repeated_when_an_earlier_item_is_paid_before_it_is_due() {
    // A due in 2 days, B in 3: both stood in the reminder of yesterday, whose cycle was named after A.
    let mut case = Case::of(&[-3, -4]).with(|c| {
        c.procedure().min_gap_days = 0;
        c.step("d-3").catch_up_days = None;
        c.step("d-3").trigger = past_due(-5);
    });
    assert_eq!(case.outcome(), "d-3 by email: A, B");
    case.publish();
    case.later(1);
    case.account().items.remove(0);
    case.account().episode_start = case.item(0).due_date;
    assert_eq!(case.outcome(), "not_due");
    case.later(5);
    assert_eq!(case.outcome(), "d+1 by email: B", "and it climbs on from there");
}

#[test]
fn an_item_without_a_regua_does_not_silence_the_others() {
    let two = |c: &mut Case| {
        let other = Procedure { id: "vip".to_owned(), ..ladder() };
        c.rules.procedures.insert("vip".to_owned(), other);
        c.rules.regua_by_company.insert("1".to_owned(), "vip".to_owned());
    };
    let regua = |days: &[i64], change: Change| Case::of(days).with(two).with(change).first().regua;
    assert_eq!(regua(&[10], |_| {}), "vip", "by company");
    assert_eq!(regua(&[10], |c| c.debtor().regua = Some("b2b".into())), "b2b", "by debtor");
    assert_eq!(regua(&[10, 5], |c| c.item(1).regua = Some("b2b".into())), "b2b", "by item");
    assert_eq!(
        regua(&[10, -5], |c| c.item(1).regua = Some("b2b".into())),
        "vip",
        "an item that is not due does not lead"
    );
    let both: Change = |c| (c.item(0).regua, c.item(1).regua) = (Some("b2b".into()), Some("vip".into()));
    assert_eq!(regua(&[10, -5], both), "b2b", "of two the one that is due");
    assert_eq!(regua(&[5, 10], both), "vip", "and of those the oldest");
    assert_eq!(regua(&[-5], |c| c.item(0).regua = Some("b2b".into())), "b2b", "unless nothing is due");
    assert_eq!(regua(&[10], |c| c.debtor().regua = Some("nobody".into())), "none", "unknown at the debtor");
    for name in ["none", "nobody"] {
        let case = Case::of(&[10, 6]).with(|c| c.item(0).regua = Some(name.to_owned()));
        assert_eq!(case.outcome(), "d+5 by email: B", "{name}");
    }
}

#[test]
fn due_on_a_saturday_is_dunned_from_tuesday() {
    // 14 November 2026 is a Saturday: payable on Monday the 16th, overdue on Tuesday, then counted from Saturday.
    let on = |text: &str| {
        Case::of(&[0]).with(|c| {
            let payable_on = c.rules.calendar.payable_on(day("2026-11-14"), true);
            (c.item(0).due_date, c.item(0).payable_on) = (day("2026-11-14"), payable_on);
            c.later((day(text) - c.as_of).num_days());
        })
    };
    assert_eq!(on("2026-11-16").outcome(), "not_due");
    assert_eq!(on("2026-11-17").outcome(), "d+1 by email: A");
    assert_eq!(on("2026-11-17").action().days_past_due_max(), 3);
}

#[test]
fn a_step_on_the_balance_is_not_sent_every_day_before_the_due_date() {
    let mut case = Case::of(&[-10]).with(|c| {
        c.rules.slot_days = 2;
        let trigger = Trigger::OpenBalance { least: [(brl(), minor("1.00"))].into(), strictly: false };
        let first = ladder().steps.remove(3);
        c.steps(vec![Step { id: "balance".to_owned(), trigger, ..first.clone() }, first]);
    });
    assert_eq!(diary(&mut case, 30), ["-10: balance by email: A", "+5: d+5 by email: A"]);
}

#[test]
fn a_rest_of_cents_leads_only_where_there_is_nothing_else() {
    let rest: Change = |c| {
        c.item(0).open = minor("0.50");
        highest_due(c);
    };
    check(&[
        ("the invoice leads, the rest is named", &[200, 2], rest, "d+1 by email: A, B"),
        ("alone it is left out, and the next is reminded of", &[200, -2], rest, "d-3 by email: B"),
        (
            "rests that add up lead by the oldest",
            &[40, 35],
            |c| {
                highest_due(c);
                small(c)
            },
            "d+30 by email: A, B",
        ),
        (
            "on its own an item is below by itself",
            &[40, 35],
            |c| {
                c.procedure().level_of = LevelOf::Item;
                small(c)
            },
            "below_tolerance",
        ),
    ]);
}

/// Two rests, each below the tolerance, together not; and no minimum.
fn small(case: &mut Case) {
    case.procedure().minimum.clear();
    (case.item(0).open, case.item(1).open) = (minor("4.00"), minor("4.00"));
}
