//! What a decision leaves behind: every rule that spoke, and until when each hold holds.

use super::support::*;
use crate::domain::decision::*;
use crate::domain::portfolio::ContactState;
use crate::domain::procedure::{CapScope, Repeat, Trigger};
use crate::domain::segment::{Comparison, Condition, Field};

fn trace(case: &Case) -> Vec<String> {
    match case.first().outcome {
        Outcome::Act(action) => action.rule_trace,
        Outcome::Hold(hold) => hold.trace,
    }
}

/// The texts that begin with these words, without them.
fn texts(case: &Case, begin: &str) -> Vec<String> {
    trace(case).iter().filter_map(|text| text.strip_prefix(begin)).map(str::to_owned).collect()
}

#[test]
fn an_action_names_every_rule_on_its_way() {
    let case = Case::of(&[10]).with(|c| {
        let when = Condition(vec![(Field::OpenItems, Comparison::AtLeast(1.0))]);
        c.rules.segments = vec![Rule { name: "some".to_owned(), when }];
    });
    let (version, cycle) = (case.action().template_version.unwrap(), case.action().cycle_id);
    let expected = [
        "segment some: open_items >= 1".to_owned(),
        "régua b2b by default".to_owned(),
        format!("cycle {cycle} since 2026-11-07"),
        "steps: d-3 too late, d-1 for other segments, d+1 too late, d+5 due, d+15 not due, d+30 not due, d+45 not due, d+60 not due, d+90 not due".to_owned(),
        "step d+5 due at 10 days past due".to_owned(),
        "channel email: 0 of 0 answered, smoothed 20 %".to_owned(),
        "slot 2026-11-17T11:00Z to 2026-11-17T23:00Z".to_owned(),
        format!("template letter {version} in pt-BR"),
    ];
    assert_eq!(trace(&case), expected);
}

#[test]
fn a_hold_with_a_known_end_says_when() {
    let table: &[(&str, &[i64], Change, &[&str])] = &[
        (
            "grace, that day included",
            &[10],
            |c| c.item(0).grace_until = Some(day("2026-11-20")),
            &["grace_until: until 2026-11-20", "no_step_due"],
        ),
        (
            "promise, its grace included",
            &[10],
            |c| promised(c, 0, "2026-11-19"),
            &["promise_pending: until 2026-11-19"],
        ),
        (
            "of two promises the first that ends",
            &[10, 9],
            |c| {
                promised(c, 0, "2026-11-25");
                promised(c, 1, "2026-11-19");
            },
            &["promise_pending: until 2026-11-19"],
        ),
        ("a dispute has no end", &[10], |c| c.item(0).is_disputed = true, &["dispute_open"]),
        (
            "the gap of three days",
            &[16],
            |c| c.was_sent("d+5", 1),
            &["min_gap: last contact on 2026-11-16, until 2026-11-18"],
        ),
        (
            "unreported for three days",
            &[16],
            |c| c.sent("d+5", 2).state = ContactState::Unreported,
            &[
                "previous_unreported: published on 2026-11-15, until 2026-11-17",
                "min_gap: last contact on 2026-11-15, until 2026-11-17",
            ],
        ),
        (
            "room to answer",
            &[16],
            |c| c.sent("d+5", 9).answered_on = Some(days_ago(1)),
            &["response_window: answered on 2026-11-16, until 2026-11-17"],
        ),
        (
            "a cap, until the oldest that fills it leaves",
            &[16],
            |c| {
                c.rules.caps = vec![cap(CapScope::Account, 2, 10)];
                c.was_sent("d+5", 4);
                c.was_sent("", 7);
                c.was_sent("", 9);
            },
            &["frequency_cap: 2 contacts in 10 days, until 2026-11-19"],
        ),
        (
            "ten days of notice",
            &[62],
            |c| c.was_sent("d+45", 9),
            &["notice_period: d+45 was sent on 2026-11-08, 10 days, until 2026-11-17"],
        ),
        ("the next step", &[8], |c| c.was_sent("d+5", 3), &["no_step_due: next is d+15 from 2026-11-24"]),
        ("before anything is due", &[-20], |_| {}, &["not_due", "no_step_due: next is d-3 from 2026-12-04"]),
        (
            "the same step again",
            &[8],
            |c| {
                c.step("d+5").repeat = Some(Repeat { every_days: 6, strictly: true, max: 3 });
                c.procedure().steps.retain(|s| s.id == "d+5");
                c.was_sent("d+5", 3);
            },
            &["no_step_due: next is d+5 from 2026-11-21"],
        ),
        (
            "its day has come, and it waits for more than time",
            &[5],
            |c| {
                let least = [(c.account().currency, Amount(1_000_000))].into();
                let parts = vec![past_due(5), Trigger::OpenBalance { least, strictly: false }];
                c.step("d+5").trigger = Trigger::All(parts);
                c.procedure().steps.retain(|s| s.id == "d+5");
            },
            &["no_step_due: next is d+5"],
        ),
        ("no lawful hour on a Sunday", &[10], |c| c.later(5), &["no_legal_slot: next lawful hour from 2026-11-23"]),
    ];
    for (name, days, change, expected) in table {
        let found = texts(&Case::of(days).with(change), "hold ");
        let expected: Vec<&str> = expected.iter().copied().filter(|e| *e != "no_step_due").collect();
        let found: Vec<&str> = found.iter().map(String::as_str).filter(|f| *f != "no_step_due").collect();
        assert_eq!(found, expected, "{name}");
    }
}

fn promised(case: &mut Case, item: usize, until: &str) {
    case.item(item).promise_pending = true;
    case.item(item).promise_until = Some(day(until));
}

/// A hold that says "until" a day is over on the next, if nothing else has changed.
#[test]
fn what_is_said_of_the_end_is_true() {
    let table: &[(&str, &[i64], Change)] = &[
        ("gap", &[16], |c| c.was_sent("d+5", 1)),
        ("unreported", &[16], |c| c.sent("d+5", 1).state = ContactState::Unreported),
        ("answer", &[16], |c| c.sent("d+5", 9).answered_on = Some(days_ago(0))),
        ("notice", &[62], |c| c.was_sent("d+45", 9)),
        ("grace", &[10], |c| c.item(0).grace_until = Some(day("2026-11-18"))),
        ("cap", &[16], |c| {
            c.rules.caps = vec![cap(CapScope::Account, 1, 6)];
            c.was_sent("d+5", 4);
        }),
    ];
    for (name, days, change) in table {
        let case = Case::of(days).with(change);
        let ends = texts(&case, "hold ").iter().filter_map(|t| t.rsplit_once("until ")?.1.parse().ok()).max();
        let end: NaiveDate = ends.unwrap_or_else(|| panic!("{name} has no end: {:?}", trace(&case)));
        let wait = (end - case.as_of).num_days();
        assert!(
            matches!(Case::of(days).with(change).with(|c| c.later(wait)).first().outcome, Outcome::Hold(_)),
            "{name}"
        );
        assert!(matches!(case.with(|c| c.later(wait + 1)).first().outcome, Outcome::Act(_)), "{name}");
    }
}

#[test]
fn items_left_out_are_named_with_their_ends() {
    let case = Case::of(&[10, 9, 8]).with(|c| {
        promised(c, 0, "2026-11-19");
        c.item(1).is_disputed = true;
        c.item(0).is_disputed = true;
    });
    assert_eq!(texts(&case, "left out by "), ["dispute_open: A / 1, B / 1", "promise_pending: A / 1 until 2026-11-19"]);
    let many = Case::of(&[10; 9]).with(|c| c.account().items.iter_mut().for_each(|item| item.is_disputed = true));
    assert_eq!(texts(&many, "left out by "), ["dispute_open: A / 1, B / 1, C / 1, D / 1, E / 1 and 4 more"]);
}
