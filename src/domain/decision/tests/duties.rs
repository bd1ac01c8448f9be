//! What is owed after a payment, and thanks.

use super::super::*;
use super::support::*;
use crate::domain::portfolio::{ContactState, Ended, Escalation, EscalationKind};
use crate::domain::procedure::{CapScope, Channel, StepKind, Trigger};
use crate::domain::segment::Scorecard;
use chrono::Days;

/// Listing L1 with serasa of item P, paid that many days ago.
pub(super) fn listing(paid_ago: Option<i64>) -> Escalation {
    let paid = Item { open: Amount::ZERO, ..item("P", 100) };
    Escalation {
        source_id: "L1".to_owned(),
        actor_id: "D".to_owned(),
        kind: EscalationKind::BureauListing,
        counterpart: "serasa".to_owned(),
        since: days_ago(40),
        requested_on: None,
        done_on: paid_ago.map(days_ago),
        is_paid: true,
        names_unknown: false,
        is_asked: false,
        items: vec![paid],
    }
}

fn escalation(kind: EscalationKind, id: &str, paid_ago: i64) -> Escalation {
    Escalation { kind, source_id: id.to_owned(), counterpart: format!("{id}-with"), ..listing(Some(paid_ago)) }
}

fn ending(id: &str, kind: StepKind) -> Step {
    step(id, kind, Trigger::PaidWhileListed, &[])
}

/// The ladder with a removal, a release and a recall after it, and the debtor's items so many days past due.
pub(super) fn listed(days_past_due: &[i64], escalations: Vec<Escalation>) -> Case {
    Case::of(days_past_due).with(|c| {
        let mut steps = ladder().steps;
        steps.push(ending("removal", StepKind::NegativacaoRemoval));
        steps.push(ending("release", StepKind::ProtestoRelease));
        steps.push(ending("recall", StepKind::AgencyRecall));
        c.steps(steps);
        c.account().escalations = escalations;
    })
}

/// A listing of what was paid on the Monday before, and nothing else.
fn paid() -> Case {
    listed(&[], vec![listing(Some(1))])
}

fn duties(case: &Case) -> Vec<Duty> {
    case.first().duties
}

/// `removal by instruction: P` for each duty.
fn owed(case: &Case) -> String {
    let line = |d: &Duty| {
        let items: Vec<&str> = d.action.items.iter().map(|i| i.invoice_id.as_str()).collect();
        let again = if d.action.occurrence > 1 { format!(" #{}", d.action.occurrence) } else { String::new() };
        format!("{}{again} by {}: {}", d.action.step_id, d.action.channel, items.join(", "))
    };
    duties(case).iter().map(line).collect::<Vec<_>>().join("; ")
}

/// As a later run finds it: the duties were published, and that became of them.
fn publish(case: &mut Case, state: ContactState) {
    for Duty { action, .. } in duties(case) {
        let mut contact = contact(&action.step_id, Channel::Instruction, 0);
        contact.cycle_id = Some(action.cycle_id);
        contact.occurrence = i64::from(action.occurrence);
        contact.on = case.as_of;
        contact.state = state;
        case.group.contacts.push(contact);
    }
}

#[test]
fn one_instruction_for_each_escalation_that_is_paid() {
    use EscalationKind::{AgencyPlacement, BureauListing, Protest};
    let table: &[(&str, Vec<Escalation>, &str)] = &[
        ("nothing is listed", vec![], ""),
        ("listed and paid", vec![listing(Some(1))], "removal by instruction: P"),
        ("paid in part, or reopened by a chargeback", vec![listing(None)], ""),
        ("protested and paid", vec![escalation(Protest, "T1", 1)], "release by instruction: P"),
        ("with an agency and paid", vec![escalation(AgencyPlacement, "A1", 1)], "recall by instruction: P"),
        (
            "with two bureaus",
            vec![escalation(BureauListing, "L1", 1), escalation(BureauListing, "L2", 1)],
            "removal by instruction: P; removal by instruction: P",
        ),
        ("asked for already", vec![Escalation { requested_on: Some(days_ago(0)), ..listing(Some(1)) }], ""),
    ];
    for (name, escalations, expected) in table {
        assert_eq!(owed(&listed(&[], escalations.clone())), *expected, "{name}");
    }
    let two = listed(&[], vec![escalation(BureauListing, "L1", 1), escalation(BureauListing, "L2", 1)]);
    let [first, second] = &duties(&two)[..] else { panic!("two duties") };
    assert_ne!(first.action.action_id, second.action.action_id);
}

#[test]
fn a_listing_and_a_protest_with_the_same_number_are_each_ended() {
    // The source numbers its listings and protests apart, and what was asked about one says nothing of the other.
    let escalations =
        vec![escalation(EscalationKind::BureauListing, "1", 1), escalation(EscalationKind::Protest, "1", 1)];
    let mut case = listed(&[], escalations[..1].to_vec());
    publish(&mut case, ContactState::Sent);
    case.account().escalations = escalations;
    assert_eq!(owed(&case), "release by instruction: P");
}

#[test]
fn a_duty_passes_every_hold_but_halted() {
    let table: &[(&str, Change, &str)] = &[
        ("halted", |c| c.rules.halted = true, ""),
        ("quarantined input", |c| c.debtor().is_held = true, "removal by instruction: P"),
        ("insolvent", |c| c.debtor().is_insolvent = true, "removal by instruction: P"),
        ("blocked", |c| c.debtor().dunning_block = Some("law".into()), "removal by instruction: P"),
        ("opted out", |c| c.debtor().points[0].opted_out = true, "removal by instruction: P"),
        ("no address", |c| c.debtor().points.clear(), "removal by instruction: P"),
        ("a holiday", |c| c.later(3), "removal by instruction: P"),
        ("a Sunday", |c| c.later(5), "removal by instruction: P"),
        ("the régua none", |c| c.debtor().regua = Some("none".into()), "removal by instruction: P"),
        ("a cap", |c| c.rules.caps = vec![cap(CapScope::Group, 0, 30)], "removal by instruction: P"),
        ("a contact yesterday", |c| c.was_sent("d+5", 1), "removal by instruction: P"),
        ("a fresh answer", |c| c.sent("d+5", 1).answered_on = Some(days_ago(0)), "removal by instruction: P"),
        ("no régua with such a step", |c| c.steps(ladder().steps), ""),
    ];
    for (name, change, expected) in table {
        assert_eq!(owed(&paid().with(change)), *expected, "{name}");
    }
}

#[test]
fn five_business_days_from_full_payment() {
    // Paid on Monday 16 November; the 20th is a holiday, so the fifth business day is Tuesday the 24th.
    let table = [
        ("2026-11-17", "paid on 2026-11-16, remove by 2026-11-24"),
        ("2026-11-24", "paid on 2026-11-16, remove by 2026-11-24"),
        ("2026-11-25", "paid on 2026-11-16, remove by 2026-11-24, overdue by 1 day"),
        ("2026-12-01", "paid on 2026-11-16, remove by 2026-11-24, overdue by 7 days"),
    ];
    for (as_of, expected) in table {
        let case = paid().with(|c| c.as_of = day(as_of));
        let [duty] = &duties(&case)[..] else { panic!("{as_of}: one duty") };
        assert_eq!(duty.detail, format!("listing L1 with serasa: {expected}"));
        assert!(duty.action.rule_trace.contains(&duty.detail));
        assert_eq!(case.first().deadlines, [Some(day("2026-11-24"))]);
        let end = std::cmp::max(case.as_of + Days::new(5), day("2026-11-25"));
        assert_eq!(duty.action.validity.expires_at.date_naive(), end, "never less than five days");
    }
}

#[test]
fn the_term_is_the_steps_and_only_a_removal_has_one_by_law() {
    let table: &[(&str, EscalationKind, Change, Option<&str>)] = &[
        ("by law", EscalationKind::BureauListing, |_| {}, Some("2026-11-24")),
        (
            "the step's",
            EscalationKind::BureauListing,
            |c| c.step("removal").deadline_business_days = Some(2),
            Some("2026-11-18"),
        ),
        ("by law without a step", EscalationKind::BureauListing, |c| c.steps(ladder().steps), Some("2026-11-24")),
        ("a protest", EscalationKind::Protest, |_| {}, None),
        (
            "a protest, by the step",
            EscalationKind::Protest,
            |c| c.step("release").deadline_business_days = Some(1),
            Some("2026-11-17"),
        ),
        ("a placement", EscalationKind::AgencyPlacement, |_| {}, None),
    ];
    for (name, kind, change, expected) in table {
        let case = listed(&[], vec![escalation(*kind, "E", 1)]).with(change);
        assert_eq!(case.first().deadlines, [expected.map(day)], "{name}");
    }
}

#[test]
fn once_for_ever_unless_it_is_known_to_have_failed() {
    use ContactState::{Answered, NotSent, Sent, Unreported};
    for (state, expected) in [(Sent, ""), (Answered, ""), (Unreported, ""), (NotSent, "removal #2 by instruction: P")] {
        let mut case = paid();
        publish(&mut case, state);
        assert_eq!(owed(&case), expected, "{state:?} on the same day");
        case.later(400);
        assert_eq!(owed(&case), expected, "{state:?} 400 days later");
    }
    let mut case = paid();
    let first = duties(&case)[0].action.action_id.clone();
    assert_eq!(
        duties(&case.with(|c| c.rules.procedures.get_mut("b2b").unwrap().id = "b".into()))[0].action.action_id,
        first
    );
    case = paid();
    publish(&mut case, NotSent);
    publish(&mut case, NotSent);
    assert_eq!(owed(&case), "removal #3 by instruction: P");
    let another = paid().with(|c| c.account().escalations[0].source_id = "L2".into());
    assert_ne!(duties(&another)[0].action.action_id, first);
}

#[test]
fn duties_stand_beside_the_dunning_of_what_is_open() {
    let case = listed(&[10], vec![listing(Some(1))]);
    assert_eq!((case.outcome().as_str(), owed(&case).as_str()), ("d+5 by email: A", "removal by instruction: P"));
    let mut next = listed(&[10], vec![listing(Some(1))]);
    publish(&mut next, ContactState::Unreported);
    next.later(1);
    assert_eq!(next.outcome(), "d+5 by email: A", "an instruction under way holds nothing up");
    let cycle = |c: &Case| c.action().cycle_id;
    assert_eq!(cycle(&next), cycle(&case), "and does not rename the arrears");
    assert_eq!(paid().outcome(), "settled");
}

#[test]
fn what_a_removal_names_and_says() {
    let action = duties(&paid()).remove(0).action;
    assert_eq!((action.step_kind, action.open()), ("negativacao_removal", Amount::ZERO));
    assert_eq!(action.destination, None);
    let params: serde_json::Value = serde_json::from_str(action.template_params.expose()).unwrap();
    let duty = serde_json::json!({"entry_id": "L1", "since": "2026-10-08", "done_on": "2026-11-16",
        "deadline": "2026-11-24", "overdue_days": 0});
    assert_eq!((&params["duty"], &params["bureau"]), (&duty, &serde_json::json!("serasa")));
    let disputed = Escalation { is_paid: false, ..escalation(EscalationKind::AgencyPlacement, "A1", 3) };
    let recall = duties(&listed(&[], vec![disputed])).remove(0);
    assert_eq!(recall.action.agency_id.as_deref(), Some("A1-with"));
    assert_eq!(recall.detail, "placement A1 with A1-with: disputed since 2026-11-14");
    let held = duties(&paid().with(|c| c.debtor().is_held = true)).remove(0);
    assert!(held.detail.ends_with("; a bad input row can touch this debtor"), "{}", held.detail);
}

#[test]
fn what_was_done_about_an_entry_is_traced() {
    let table: &[(&str, Change, &str)] = &[
        ("asked for", |c| c.account().escalations[0].requested_on = Some(days_ago(0)), "asked for on 2026-11-17"),
        ("instructed", |c| publish(c, ContactState::Sent), "instructed on 2026-11-17"),
        ("halted", |c| c.rules.halted = true, "halted"),
        ("no step", |c| c.steps(ladder().steps), "no régua has a step of kind negativacao_removal"),
    ];
    for (name, change, expected) in table {
        let hold = paid().with(change).hold();
        let line = format!("listing L1 with serasa: paid on 2026-11-16, remove by 2026-11-24; {expected}");
        assert!(hold.trace.contains(&line), "{name}: {:?}", hold.trace);
    }
}

/// Reminded twenty days ago by d+5 of an episode that began 30 days ago and was paid so many days ago.
fn thanked(paid_ago: i64) -> Case {
    Case::of(&[]).with(|c| {
        let mut steps = ladder().steps;
        let receipt = step("receipt", StepKind::Receipt, Trigger::AllPaid, &[Channel::Email]);
        steps.push(Step { catch_up_days: Some(3), ..receipt });
        c.steps(steps);
        let items = vec![Item { open: Amount::ZERO, ..item("P", 30) }];
        c.account().ended = Some(Ended { start: days_ago(30), on: days_ago(paid_ago), items });
        c.sent("d+5", 20).cycle_id = Some("C1".to_owned());
    })
}

#[test]
fn thanks_once_for_each_episode_to_whom_was_reminded() {
    let table: &[(&str, i64, Change, &str)] = &[
        ("paid today", 0, |_| {}, "receipt by email: P"),
        ("three days ago", 3, |_| {}, "receipt by email: P"),
        ("four days ago", 4, |_| {}, "settled"),
        ("nothing was due", 0, |c| c.account().ended = None, "settled"),
        ("nobody was reminded", 0, |c| c.group.contacts.clear(), "settled"),
        ("the reminder failed", 0, |c| c.group.contacts[0].state = ContactState::NotSent, "settled"),
        ("nobody knows whether it was sent", 0, |c| c.group.contacts[0].state = ContactState::Unreported, "settled"),
        ("it was of an earlier episode", 0, |c| c.group.contacts[0].on = days_ago(31), "settled"),
        ("it was before the due date", 0, |c| c.group.contacts[0].step_id = Some("d-3".into()), "settled"),
        ("it was on the due date", 0, |c| c.step("d+5").trigger = past_due(0), "settled"),
        ("an instruction reminded nobody", 0, |c| c.group.contacts[0].channel = Channel::Instruction, "settled"),
        ("not due yet is no debt", 0, |c| c.account().items = vec![item("N", -10)], "receipt by email: P"),
        ("opted out", 0, |c| c.debtor().points[0].opted_out = true, "settled"),
        ("a holiday", 0, |c| c.later(3), "settled"),
        ("a cap", 0, |c| c.rules.caps = vec![cap(CapScope::Debtor, 1, 30)], "settled"),
        ("blocked", 0, |c| c.debtor().dunning_block = Some("law".into()), "settled"),
        ("insolvent", 0, |c| c.debtor().is_insolvent = true, "settled"),
        ("quarantined input", 0, |c| c.debtor().is_held = true, "quarantined_input"),
        ("halted", 0, |c| c.rules.halted = true, "halted"),
        ("the régua none", 0, |c| c.debtor().regua = Some("none".into()), "settled"),
        ("another segment", 0, |c| c.step("receipt").segments = Some(vec!["em_dia".into()]), "settled"),
    ];
    for (name, paid_ago, change, expected) in table {
        let case = thanked(*paid_ago).with(change);
        assert_eq!(case.outcome(), *expected, "{name}: {:?}", case.first().outcome);
    }
    let silent = thanked(0).with(|c| c.debtor().points[0].opted_out = true).hold();
    assert_eq!(silent.detail.as_deref(), Some("no receipt: opted_out"));
    assert!(silent.trace.contains(&"all paid on 2026-11-17: step receipt".to_owned()), "{:?}", silent.trace);
}

#[test]
fn thanks_bear_the_name_of_the_episode_and_are_said_once() {
    let mut case = thanked(0);
    let action = case.action();
    assert_eq!((action.cycle_id.as_str(), action.occurrence, action.open()), ("C1", 1, Amount::ZERO));
    case.publish();
    case.later(1);
    assert_eq!(case.outcome(), "settled");
    case.group.contacts.last_mut().unwrap().state = ContactState::NotSent;
    assert_eq!(case.outcome(), "receipt #2 by email: P");
    let unnamed = thanked(0).with(|c| c.group.contacts[0].cycle_id = None).action();
    assert_eq!(unnamed.cycle_id.len(), 16, "only the log knew of the reminder");
}

#[test]
fn priority_is_amount_times_chance_times_urgency() {
    fn profile(case: &mut Case, on_time: i64, due: i64) {
        case.account().profile.items_due = due;
        case.account().profile.paid_on_time = on_time;
    }
    fn band(case: &mut Case, name: &str) {
        let bands = [(0, "low"), (30, "medium"), (60, "high")].map(|(least, name)| (least, name.to_owned()));
        let least = bands.iter().find(|(_, n)| n == name).map_or(0, |(least, _)| *least);
        case.rules.scorecard = Scorecard { lines: vec![(least, Default::default())], bands: bands.to_vec() };
    }
    // 100.00 each: 100 × chance × (30 + days) / 30.
    let table: &[(&str, &[i64], Change, i64)] = &[
        ("no history: half-way", &[30], |_| {}, 120),
        ("never late", &[30], |c| profile(c, 10, 10), 180),
        ("always late", &[30], |c| profile(c, 0, 10), 60),
        ("half of them late", &[30], |c| profile(c, 5, 10), 120),
        ("a low band", &[30], |c| band(c, "low"), 180),
        ("a medium band", &[30], |c| band(c, "medium"), 120),
        (
            "a high band, whatever the history",
            &[30],
            |c| {
                profile(c, 10, 10);
                band(c, "high")
            },
            60,
        ),
        (
            "a scorecard of one band tells nobody apart",
            &[30],
            |c| {
                profile(c, 10, 10);
                c.rules.scorecard.bands = vec![(0, "all".to_owned())]
            },
            180,
        ),
        ("two items", &[30, 10], |_| {}, 240),
        ("180 days", &[180], |_| {}, 420),
        ("older is no more urgent", &[400], |_| {}, 420),
    ];
    for (name, days, change, expected) in table {
        let call = |c: &mut Case| c.steps(vec![step("call", StepKind::Call, past_due(1), &[Channel::Email])]);
        assert_eq!(Case::of(days).with(change).with(call).action().priority, *expected, "{name}");
    }
}
