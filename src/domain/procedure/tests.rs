//! Triggers and the climb from step to step, without any of the holds around them.

use super::trigger::plus_days;
use super::*;

const TODAY: &str = "2026-11-17";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn brl() -> Currency {
    "BRL".parse().unwrap()
}

/// One item of 100.00, that many days past due, issued 30 days before.
fn facts(days_past_due: i64) -> Facts {
    let due_date = plus_days(day(TODAY), -days_past_due).unwrap();
    Facts {
        as_of: day(TODAY),
        days_past_due,
        due_date,
        issue_date: plus_days(due_date, -30).unwrap(),
        own_since: plus_days(due_date, -30).unwrap(),
        currency: brl(),
        open: Amount(10_000),
        open_items: 1,
        overdue: Amount(10_000),
        overdue_items: 1,
        begins_at: None,
        previous_on: None,
        late_chance: None,
        promise_broken: false,
        agreement_broken: false,
    }
}

fn past_due(days: i64) -> Trigger {
    Trigger::DaysPastDue { days, strictly: false }
}

fn balance(units: i64) -> Trigger {
    Trigger::OpenBalance { least: [(brl(), Amount(units * 100))].into(), strictly: false }
}

fn since_previous(days: i64) -> Trigger {
    Trigger::DaysSincePrevious { days, strictly: false }
}

fn step(id: &str, trigger: Trigger) -> Step {
    Step {
        id: id.to_owned(),
        level: 0,
        kind: StepKind::Reminder,
        trigger,
        channels: vec![Channel::Email],
        template: String::new(),
        tone: None,
        catch_up_days: None,
        repeat: None,
        segments: None,
        notice_days: None,
        after_notice: None,
        bureau: None,
        agency: None,
        deadline_business_days: None,
        listing_years_max: None,
        fee: None,
    }
}

fn procedure(advance: Advance, steps: Vec<Step>) -> Procedure {
    let steps = steps.into_iter().zip(1..).map(|(step, level)| Step { level, ..step }).collect();
    Procedure {
        id: "p".to_owned(),
        level_of: LevelOf::Account,
        advance,
        carrier: Carrier::MaxLevel,
        min_gap_days: 0,
        minimum: BTreeMap::new(),
        dispute_scope: DisputeScope::Item,
        charges: None,
        dunning_currency: None,
        steps,
    }
}

/// Steps that went out so many days ago; with `!` in front, that did not arrive.
fn history<'a>(sent: &[(&'a str, i64)]) -> Vec<Sent<'a>> {
    let sent = sent.iter().map(|(id, ago)| (id.trim_start_matches('!'), !id.starts_with('!'), *ago));
    sent.map(|(id, counts, ago)| Sent {
        was_heard: false,
        step_id: id,
        on: plus_days(day(TODAY), -ago).unwrap(),
        counts,
        is_named: false,
    })
    .collect()
}

fn said(procedure: &Procedure, facts: &Facts, sent: &[(&str, i64)]) -> String {
    let history = history(sent);
    let facts = Facts { previous_on: procedure.previous_on(facts, &history), ..facts.clone() };
    match procedure.next_step(&facts, "pontual", &history) {
        Next::Due { step, occurrence: 1 } => step.id.clone(),
        Next::Due { step, occurrence } => format!("{} #{occurrence}", step.id),
        Next::NotYet { step } => format!("wait for {}", step.id),
        Next::Exhausted => "exhausted".to_owned(),
    }
}

fn d1_d5_d15(advance: Advance) -> Procedure {
    procedure(advance, vec![step("d+1", past_due(1)), step("d+5", past_due(5)), step("d+15", past_due(15))])
}

#[test]
fn kinds_and_channels_are_read_under_the_names_that_are_published() {
    for (kind, name) in StepKind::ALL {
        assert_eq!((StepKind::parse(name), kind.as_str()), (Some(kind), name));
    }
    for channel in Channel::ALL {
        assert_eq!(Channel::parse(channel.as_str()), Some(channel));
    }
    assert_eq!((StepKind::parse("fax"), Channel::parse("fax")), (None, None));
}

#[test]
fn triggers_equal_or_exceed_unless_strict() {
    let strict = |days| Trigger::DaysPastDue { days, strictly: true };
    let issue = |days, strictly| Trigger::DaysSinceIssue { days, strictly };
    let strict_balance = Trigger::OpenBalance { least: [(brl(), Amount(10_000))].into(), strictly: true };
    let dollars = Trigger::OpenBalance { least: [("USD".parse().unwrap(), Amount(1))].into(), strictly: false };
    for (name, trigger, days, holds) in [
        ("a day before", past_due(5), 4, false),
        ("on the day", past_due(5), 5, true),
        ("after", past_due(5), 6, true),
        ("strictly: on the day", strict(5), 5, false),
        ("strictly: after", strict(5), 6, true),
        ("before the due date", past_due(-3), -4, false),
        ("three days before it", past_due(-3), -3, true),
        ("34 days since issue", issue(35, false), 4, false),
        ("35 days since issue", issue(35, false), 5, true),
        ("strictly 35 days since issue", issue(35, true), 5, false),
        ("at the balance", balance(100), 5, true),
        ("below it", balance(101), 5, false),
        ("strictly above it", strict_balance, 5, false),
        ("another currency than the account's", dollars, 5, false),
        ("items", Trigger::OpenItems { least: 1 }, 5, true),
        ("overdue items", Trigger::OverdueItems { least: 2 }, 5, false),
        ("more items", Trigger::OpenItems { least: 2 }, 5, false),
        ("nothing before", since_previous(0), 5, false),
        ("no model", Trigger::LateChance { least: 0.0 }, -5, false),
        ("no promise", Trigger::PromiseBroken, 5, false),
        ("no agreement", Trigger::AgreementBroken, 5, false),
        ("a duty is no rung", Trigger::PaidWhileListed, 5, false),
        ("nor are thanks", Trigger::AllPaid, 5, false),
        ("all", Trigger::All(vec![past_due(5), balance(100)]), 5, true),
        ("all but one", Trigger::All(vec![past_due(5), balance(101)]), 5, false),
        ("any", Trigger::Any(vec![past_due(9), balance(100)]), 5, true),
        ("none of any", Trigger::Any(vec![past_due(9), balance(101)]), 5, false),
    ] {
        assert_eq!(trigger.holds(&facts(days)), holds, "{name}");
    }
    for (chance, holds) in [(0.59, false), (0.6, true), (1.0, true)] {
        let before_due = Trigger::All(vec![past_due(-5), Trigger::LateChance { least: 0.6 }]);
        assert_eq!(before_due.holds(&Facts { late_chance: Some(chance), ..facts(-5) }), holds, "{chance}");
    }
    let broken = Facts { promise_broken: true, agreement_broken: true, ..facts(5) };
    for trigger in [Trigger::PromiseBroken, Trigger::AgreementBroken] {
        assert!(trigger.holds(&broken), "{trigger:?}");
    }
}

#[test]
fn the_end_of_the_month_after() {
    for (due, as_of, days, holds) in [
        ("2026-10-20", "2026-10-30", 5, false),
        ("2026-10-20", "2026-10-31", 5, true),
        ("2026-10-28", "2026-10-31", 5, false), // 2 November: its month ends on the 30th
        ("2026-10-28", "2026-11-29", 5, false),
        ("2026-10-28", "2026-11-30", 5, true),
        ("2027-12-31", "2028-01-31", 1, true),
        ("2028-02-10", "2028-02-28", 0, false), // a leap year
        ("2028-02-10", "2028-02-29", 0, true),
    ] {
        let facts = Facts { due_date: day(due), as_of: day(as_of), ..facts(0) };
        assert_eq!(Trigger::EndOfMonthAfter { days }.holds(&facts), holds, "{due} {as_of}");
    }
}

#[test]
fn the_first_day_of_a_trigger_and_its_days_past_due_where_they_say() {
    let strict = Trigger::DaysPastDue { days: 5, strictly: true };
    let issue = |strictly| Trigger::DaysSinceIssue { days: 5, strictly };
    let both = || vec![past_due(5), past_due(9), issue(false)];
    // Issued on 28 October, due on 27 November.
    for (name, trigger, first_day, days) in [
        ("days past due", past_due(5), Some("2026-12-02"), Some(5)),
        ("strictly", strict, Some("2026-12-03"), Some(6)),
        ("days since issue", issue(false), Some("2026-11-02"), None),
        ("strictly", issue(true), Some("2026-11-03"), None),
        ("the end of a month", Trigger::EndOfMonthAfter { days: 5 }, Some("2026-12-31"), None),
        ("all: the last", Trigger::All(both()), Some("2026-12-06"), Some(9)),
        ("all: of those that have one", Trigger::All(vec![past_due(5), balance(100)]), Some("2026-12-02"), Some(5)),
        ("any: the first", Trigger::Any(vec![past_due(9), past_due(5)]), Some("2026-12-02"), Some(5)),
        ("any: the first, of whatever kind", Trigger::Any(both()), Some("2026-11-02"), None),
        ("any: what happens on any day has none", Trigger::Any(vec![past_due(5), balance(100)]), None, None),
        ("a balance", balance(100), None, None),
        ("days since the previous", since_previous(5), None, None),
    ] {
        assert_eq!(trigger.first_day(&facts(-10)), first_day.map(day), "{name}");
        assert_eq!(trigger.days_past_due(), days, "{name}");
    }
}

#[test]
fn one_after_the_other_or_the_highest_that_is_due() {
    // (days past due, sent, sequential, highest due)
    for (days, sent, sequential, highest) in [
        (0, &[][..], "wait for d+1", "wait for d+1"),
        (1, &[], "d+1", "d+1"),
        (5, &[], "d+1", "d+5"),
        (40, &[], "d+1", "d+15"),
        (4, &[("d+1", 3)], "wait for d+5", "wait for d+5"),
        (5, &[("d+1", 4)], "d+5", "d+5"),
        (40, &[("d+1", 4)], "d+5", "d+15"),
        (40, &[("d+5", 4)], "d+15", "d+15"),
        (40, &[("d+15", 4)], "exhausted", "exhausted"),
        // Failed or ignored: again, under a new number, and no higher.
        (6, &[("!d+1", 4)], "d+1 #2", "d+5"),
        (6, &[("d+1", 5), ("!d+5", 1)], "d+5 #2", "d+5 #2"),
        (6, &[("d+1", 5), ("!d+5", 1), ("!d+5", 0)], "d+5 #3", "d+5 #3"),
        (6, &[("somebody else's", 1)], "d+1", "d+5"),
    ] {
        assert_eq!(said(&d1_d5_d15(Advance::Sequential), &facts(days), sent), sequential, "{days} {sent:?}");
        assert_eq!(said(&d1_d5_d15(Advance::HighestDue), &facts(days), sent), highest, "{days} {sent:?}");
    }
}

#[test]
fn a_step_missed_by_more_than_its_days_is_passed_by() {
    let first = Step { catch_up_days: Some(2), ..step("d-3", past_due(-3)) };
    let ladder = procedure(Advance::Sequential, vec![first, step("d+5", past_due(5))]);
    for (days, expected) in [(-4, "wait for d-3"), (-3, "d-3"), (-1, "d-3"), (0, "wait for d+5"), (10, "d+5")] {
        assert_eq!(said(&ladder, &facts(days), &[]), expected, "{days}");
    }
    // What happens on any day (a broken promise) is never too late, whatever else would have triggered it.
    let any = Trigger::Any(vec![past_due(5), Trigger::PromiseBroken]);
    let ladder = procedure(Advance::Sequential, vec![Step { catch_up_days: Some(2), ..step("s", any) }]);
    assert_eq!(said(&ladder, &Facts { promise_broken: true, ..facts(60) }, &[]), "s");
}

#[test]
fn the_same_step_again() {
    let ladder = |strictly, max| {
        let repeat = Some(Repeat { every_days: 7, strictly, max });
        procedure(Advance::Sequential, vec![Step { repeat, ..step("d+5", past_due(5)) }, step("d+60", past_due(60))])
    };
    for (name, days, strictly, max, sent, expected) in [
        ("six days", 12, false, 3, &[("d+5", 6)][..], "wait for d+5"),
        ("seven days", 12, false, 3, &[("d+5", 7)], "d+5 #2"),
        ("strictly, seven days", 12, true, 3, &[("d+5", 7)], "wait for d+5"),
        ("strictly, eight days", 13, true, 3, &[("d+5", 8)], "d+5 #2"),
        ("the third", 20, false, 3, &[("d+5", 14), ("d+5", 7)], "d+5 #3"),
        ("no fourth", 30, false, 3, &[("d+5", 21), ("d+5", 14), ("d+5", 7)], "wait for d+60"),
        (
            "one that failed does not count, and its number is gone",
            30,
            false,
            3,
            &[("d+5", 21), ("!d+5", 14), ("d+5", 7)],
            "d+5 #4",
        ),
        ("the next step comes first", 60, false, 9, &[("d+5", 30)], "d+60"),
    ] {
        assert_eq!(said(&ladder(strictly, max), &facts(days), sent), expected, "{name}");
    }
    let mut others = ladder(false, 3);
    others.steps[0].segments = Some(vec!["recorrente".to_owned()]);
    assert_eq!(said(&others, &facts(12), &[("d+5", 7)]), "wait for d+60", "no repeat for another segment");
}

#[test]
fn days_since_the_previous_step() {
    let ladder = procedure(Advance::Sequential, vec![step("d+5", past_due(5)), step("+10", since_previous(10))]);
    for (days, sent, expected) in [
        (20, &[][..], "d+5"),
        (20, &[("d+5", 9)], "wait for +10"),
        (20, &[("d+5", 10)], "+10"),
        (20, &[("!d+5", 10)], "d+5 #2"),
        (30, &[("d+5", 20), ("+10", 10)], "exhausted"),
    ] {
        assert_eq!(said(&ladder, &facts(days), sent), expected, "{days} {sent:?}");
    }
}

#[test]
fn a_step_of_another_regua_is_a_previous_one_if_it_can_have_been_for_the_item() {
    let ladder = procedure(Advance::Sequential, vec![step("+10", since_previous(10))]);
    for (name, days, sent, expected) in [
        ("nine days ago", 20, &[("somebody else's", 9)][..], "wait for +10"),
        ("ten days ago", 20, &[("somebody else's", 10)], "+10"),
        ("on the day of issue", 20, &[("somebody else's", 50)], "+10"),
        ("before the item was issued", 20, &[("somebody else's", 51)], "wait for +10"),
        ("it failed", 20, &[("!somebody else's", 10)], "wait for +10"),
    ] {
        assert_eq!(said(&ladder, &facts(days), sent), expected, "{name}");
    }
    let named = Sent { is_named: true, ..history(&[("somebody else's", 51)]).remove(0) };
    let on = named.on;
    assert_eq!(ladder.previous_on(&facts(20), &[named]), Some(on), "it named the item itself");
}

#[test]
fn paying_the_oldest_item_re_anchors_and_repeats_nothing() {
    // The next item is 6 days past due; within the episode another one led until it fell due.
    let next = Facts { own_since: facts(6).due_date, ..facts(6) };
    for (name, sent, expected) in [
        ("a step above its own age is not inherited", &[("d+15", 2)][..], "d+1"),
        ("its own steps are not repeated", &[("d+1", 3)], "d+5"),
        ("what was sent before it fell due was for another", &[("d+1", 9), ("d+5", 6)], "d+1 #2"),
        ("what was sent since was for it too", &[("d+1", 5), ("d+5", 0)], "wait for d+15"),
    ] {
        assert_eq!(said(&d1_d5_d15(Advance::Sequential), &next, sent), expected, "{name}");
    }
}

#[test]
fn the_next_item_does_not_inherit_the_gap_of_an_older_one() {
    // `+10` held at once for an item on its first day, because the older item had its `d+5` ten days before.
    let ladder = procedure(Advance::HighestDue, vec![step("d+5", past_due(5)), step("+10", since_previous(10))]);
    let next = Facts { own_since: facts(2).due_date, ..facts(2) };
    assert_eq!(said(&ladder, &next, &[("d+5", 12)]), "wait for d+5");
}

#[test]
fn repeats_for_an_older_item_leave_the_next_one_its_own() {
    let repeat = Some(Repeat { every_days: 2, strictly: false, max: 2 });
    let ladder = procedure(Advance::Sequential, vec![Step { repeat, ..step("d+5", past_due(5)) }]);
    let next = Facts { own_since: facts(8).due_date, ..facts(8) };
    assert_eq!(said(&ladder, &next, &[("d+5", 9), ("d+5", 7), ("d+5", 2)]), "d+5 #4");
}

#[test]
fn a_step_without_a_day_past_due_is_not_sent_again_every_day() {
    // Sent before the due date, it never counted as sent for this item and came again with every run.
    for (name, trigger) in [
        ("days since issue", Trigger::DaysSinceIssue { days: 5, strictly: false }),
        ("balance", balance(100)),
        ("items", Trigger::OpenItems { least: 1 }),
        ("either", Trigger::Any(vec![past_due(30), balance(100)])),
        ("end of a month before", Trigger::EndOfMonthAfter { days: -60 }),
    ] {
        let ladder = procedure(Advance::Sequential, vec![step("s", trigger), step("d+5", past_due(5))]);
        assert_eq!(said(&ladder, &facts(-10), &[]), "s", "{name}");
        assert_eq!(said(&ladder, &facts(-10), &[("s", 4)]), "wait for d+5", "{name}");
        assert_eq!(said(&ladder, &facts(4), &[("s", 18)]), "wait for d+5", "{name}: nor once it is due");
    }
}

#[test]
fn a_condition_that_time_will_not_fulfil_does_not_block_the_ladder() {
    let large = Trigger::All(vec![past_due(5), balance(1_000)]);
    for (name, condition) in [
        ("balance", large),
        ("promise", Trigger::PromiseBroken),
        ("agreement", Trigger::AgreementBroken),
        ("items", Trigger::OpenItems { least: 2 }),
    ] {
        let steps = vec![step("d+1", past_due(1)), step("if", condition), step("d+15", past_due(15))];
        let ladder = procedure(Advance::Sequential, steps);
        assert_eq!(said(&ladder, &facts(8), &[("d+1", 7)]), "wait for d+15", "{name}");
        assert_eq!(said(&ladder, &facts(16), &[("d+1", 7)]), "d+15", "{name}");
        let met =
            Facts { promise_broken: true, agreement_broken: true, open: Amount(100_000), open_items: 2, ..facts(16) };
        assert_eq!(said(&ladder, &met, &[("d+1", 7)]), "if", "{name}");
    }
    // What time will fulfil is waited for, though a later step would be due.
    for (name, condition) in [
        ("all", Trigger::All(vec![past_due(9), balance(100)])),
        ("any", Trigger::Any(vec![past_due(9), Trigger::PromiseBroken])),
        ("the previous one", since_previous(8)),
    ] {
        let steps = vec![step("d+1", past_due(1)), step("if", condition), step("d+5", past_due(5))];
        let ladder = procedure(Advance::Sequential, steps);
        assert_eq!(said(&ladder, &facts(8), &[("d+1", 7)]), "wait for if", "{name}");
        assert_eq!(said(&ladder, &facts(9), &[("d+1", 8)]), "if", "{name}");
    }
    // A ladder whose first step was passed by has no previous one; it goes on with what has a day of its own.
    let first = Step { catch_up_days: Some(2), ..step("d+1", past_due(1)) };
    let ladder = procedure(Advance::Sequential, vec![first, step("+4", since_previous(4)), step("d+15", past_due(15))]);
    assert_eq!(said(&ladder, &facts(16), &[]), "d+15");
}

#[test]
fn steps_for_other_segments_and_duties_are_no_rungs() {
    let mut ladder = d1_d5_d15(Advance::Sequential);
    ladder.steps[0].segments = Some(vec!["recorrente".to_owned()]);
    ladder.steps[1].kind = StepKind::NegativacaoRemoval;
    assert_eq!(said(&ladder, &facts(9), &[]), "wait for d+15");
    ladder.steps[0].segments = Some(vec!["pontual".to_owned()]);
    assert_eq!(said(&ladder, &facts(9), &[]), "d+1");
}

#[test]
fn the_trace_has_a_word_on_every_step() {
    let mut ladder = d1_d5_d15(Advance::Sequential);
    ladder.steps[0].catch_up_days = Some(1);
    ladder.steps.push(Step { segments: Some(vec!["novo".to_owned()]), level: 4, ..step("d+30", past_due(30)) });
    let text = ladder.considered(&facts(9), "pontual", &history(&[("d+5", 2)]));
    assert_eq!(text, "steps: d+1 too late, d+5 sent 2026-11-15, d+15 not due, d+30 for other segments");
}

#[test]
fn the_ends_of_time_do_not_panic() {
    assert_eq!(days_before(day("2028-03-01"), 1), day("2028-02-29"));
    assert_eq!(days_before(day("2028-03-01"), u32::MAX), NaiveDate::MIN);
    for days in [i64::MIN, i64::MAX] {
        let triggers = vec![
            past_due(days),
            Trigger::DaysPastDue { days, strictly: true },
            Trigger::DaysSinceIssue { days, strictly: true },
            Trigger::EndOfMonthAfter { days },
            since_previous(days),
        ];
        for trigger in triggers {
            let ladder =
                procedure(Advance::Sequential, vec![Step { catch_up_days: Some(u32::MAX), ..step("s", trigger) }]);
            said(&ladder, &facts(9), &[("s", 2)]);
        }
    }
}

/// The audits know a scope by the word that configuration has for it.
#[test]
fn a_scope_is_called_what_it_is_written_as() {
    for (scope, word) in [(CapScope::Account, "account"), (CapScope::Debtor, "debtor"), (CapScope::Group, "group")] {
        assert_eq!(scope.as_str(), word);
        assert_eq!(serde_json::from_value::<CapScope>(word.into()).unwrap(), scope);
    }
}
