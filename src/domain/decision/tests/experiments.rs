//! Arms of experiments: who is in one, what it changes, and what it never overrules.

use super::super::*;
use super::support::*;
use crate::domain::experiment::{Arm, Experiment};
use crate::domain::procedure::Channel;

fn arm(name: &str, share: u32, regua: Option<&str>, hold_out: bool) -> Arm {
    Arm { name: name.to_owned(), share, regua: regua.map(str::to_owned), hold_out }
}

/// Everybody is in this arm.
fn only(arm: Arm) -> Experiment {
    Experiment {
        id: "e".to_owned(),
        starts_on: NaiveDate::default(),
        ends_on: None,
        segments: Vec::new(),
        arms: vec![arm],
    }
}

fn in_arm(regua: Option<&str>, hold_out: bool) -> Case {
    Case::of(&[10]).with(|c| {
        c.rules.procedures.insert("test".to_owned(), Procedure { id: "test".to_owned(), ..ladder() });
        c.rules.procedures.insert("vip".to_owned(), Procedure { id: "vip".to_owned(), ..ladder() });
        c.rules.experiments = vec![only(arm("a", 100, regua, hold_out))];
    })
}

/// `regua arm outcome`.
fn told(case: &Case) -> String {
    let first = case.first();
    let arm = first.draw.as_ref().map_or("-", |d| &d.arm);
    format!("{} {arm} {}", first.regua, said(&first))
}

#[test]
fn what_an_arm_changes_and_what_it_never_overrules() {
    let sent = "d+5 by email: A";
    let table: &[(&str, Option<&str>, bool, Change, String)] = &[
        ("a champion goes by the régua that applies", None, false, |_| {}, format!("b2b a {sent}")),
        ("a challenger by its own", Some("test"), false, |_| {}, format!("test a {sent}")),
        ("a hold-out hears nothing", None, true, |_| {}, "b2b a hold_out_arm".to_owned()),
        (
            "company and segment give way to the arm",
            Some("test"),
            false,
            |c| drop(c.rules.regua_by_company.insert("1".into(), "vip".into())),
            format!("test a {sent}"),
        ),
        (
            "a régua of the debtor keeps it out",
            Some("test"),
            false,
            |c| c.debtor().regua = Some("vip".into()),
            format!("vip - {sent}"),
        ),
        ("of an item too", None, true, |c| c.item(0).regua = Some("vip".into()), format!("vip - {sent}")),
        (
            "and of the group",
            None,
            true,
            |c| drop(c.rules.regua_by_group.insert("12345678".into(), "vip".into())),
            format!("vip - {sent}"),
        ),
        ("none is not woken", Some("test"), false, |c| c.rules.regua = "none".into(), "none - regua_none".to_owned()),
        (
            "another segment takes no part",
            Some("test"),
            false,
            |c| c.rules.experiments[0].segments = vec!["novo".into()],
            format!("b2b - {sent}"),
        ),
        (
            "its own does",
            Some("test"),
            false,
            |c| c.rules.experiments[0].segments = vec!["unassigned".into()],
            format!("test a {sent}"),
        ),
        (
            "whoever was drawn stays in another segment",
            Some("test"),
            false,
            |c| {
                c.rules.experiments[0].segments = vec!["novo".into()];
                c.debtor().arms = vec![Draw { experiment: "e".into(), arm: "a".into() }];
            },
            format!("test a {sent}"),
        ),
        (
            "of an arm that is no more, or another experiment, nobody is",
            Some("test"),
            false,
            |c| {
                c.rules.experiments[0].segments = vec!["novo".into()];
                let drawn = [("e", "b"), ("f", "a")];
                c.debtor().arms = drawn.map(|(e, arm)| Draw { experiment: e.into(), arm: arm.into() }).to_vec();
            },
            format!("b2b - {sent}"),
        ),
        (
            "before its first day nobody is",
            Some("test"),
            false,
            |c| {
                c.rules.experiments[0].starts_on = NaiveDate::MAX;
                c.debtor().arms = vec![Draw { experiment: "e".into(), arm: "a".into() }];
            },
            format!("b2b - {sent}"),
        ),
        (
            "after its last day nobody is any more",
            Some("test"),
            false,
            |c| {
                c.rules.experiments[0].ends_on = Some(NaiveDate::default());
                c.debtor().arms = vec![Draw { experiment: "e".into(), arm: "a".into() }];
            },
            format!("b2b - {sent}"),
        ),
        (
            "a dispute comes before the arm",
            None,
            true,
            |c| c.debtor().is_insolvent = true,
            "b2b a insolvent_or_legal".to_owned(),
        ),
    ];
    for (name, regua, hold_out, change, expected) in table {
        assert_eq!(told(&in_arm(*regua, *hold_out).with(change)), *expected, "{name}");
    }
}

#[test]
fn the_trace_names_the_arm() {
    let trace = in_arm(Some("test"), false).action().rule_trace;
    assert_eq!((trace[1].as_str(), trace[2].as_str()), ("régua test by experiment", "experiment e, arm a"));
    let held = in_arm(None, true).hold();
    assert_eq!(
        (held.reason, held.step_id.as_deref()),
        (HoldReason::HoldOutArm, Some("d+5")),
        "what would have gone out"
    );
}

#[test]
fn all_companies_of_a_group_are_in_one_arm_on_every_day() {
    for group in 0..50 {
        let mut case = Case::of(&[10]).with(|c| {
            let arms = vec![arm("a", 50, None, false), arm("b", 50, None, false)];
            c.rules.experiments = vec![Experiment {
                id: "e".to_owned(),
                starts_on: NaiveDate::default(),
                ends_on: None,
                segments: Vec::new(),
                arms,
            }];
            let mut other = debtor("E");
            other.points = vec![point(Channel::Sms)];
            c.group.debtors.push((other, vec![account("2", vec![item("Z", 40)])]));
            c.group.debtors.iter_mut().for_each(|(d, _)| d.group_id = format!("cnpj:{group:08}"));
        });
        let draws = |c: &Case| c.decide().into_iter().flatten().map(|d| d.draw.unwrap().arm).collect::<Vec<_>>();
        let first = draws(&case);
        assert_eq!(first[0], first[1], "group {group}");
        case.later(30);
        assert_eq!(draws(&case), first, "group {group}, a month later");
        case.group.debtors.pop();
        assert_eq!(draws(&case), first[..1], "group {group}, without the other debtor");
    }
}

#[test]
fn one_more_experiment_leaves_the_others_alone() {
    let arms = || vec![arm("a", 50, None, false), arm("b", 50, None, false)];
    let experiment = |id: &str, segment: &str| Experiment {
        id: id.to_owned(),
        starts_on: NaiveDate::default(),
        ends_on: None,
        segments: vec![segment.to_owned()],
        arms: arms(),
    };
    for group in 0..50 {
        let case = Case::of(&[10]).with(|c| {
            c.debtor().group_id = format!("cnpj:{group:08}");
            c.rules.experiments = vec![experiment("e", "unassigned")];
        });
        let before = case.first().draw;
        let after = case.with(|c| c.rules.experiments.insert(0, experiment("new", "novo"))).first().draw;
        assert_eq!(before, after, "group {group}");
    }
}
