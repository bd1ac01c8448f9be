//! Which régua applies: one more scope a line, and each is more specific than the one before it.

use super::super::{Choice, Procedure, Rule};
use super::support::*;
use crate::domain::segment::{Comparison, Condition, Field};

const REGUAS: [&str; 8] = ["default", "company", "tier", "segment", "both", "group", "debtor", "item"];

/// An account of segment `late` and tier `A`, and a régua for each scope.
fn scoped() -> Case {
    Case::of(&[10, 6]).with(|c| {
        let late = Condition(vec![(Field::OverdueItems, Comparison::AtLeast(1.0))]);
        c.rules.segments = vec![Rule { name: "late".to_owned(), when: late }];
        c.debtor().tier = Some("A".to_owned());
        c.debtor().group_id = "cnpj:12345678".to_owned();
        for id in REGUAS {
            c.rules.procedures.insert(id.to_owned(), Procedure { id: id.to_owned(), ..ladder() });
        }
        c.rules.regua = "default".to_owned();
    })
}

fn choice(segment: Option<&str>, tier: Option<&str>, regua: &str) -> Choice {
    Choice { segment: segment.map(str::to_owned), tier: tier.map(str::to_owned), regua: regua.to_owned() }
}

/// Puts a choice before those that are there.
fn choose(case: &mut Case, segment: Option<&str>, tier: Option<&str>, regua: &str) {
    case.rules.regua_by_choice.insert(0, choice(segment, tier, regua));
}

#[test]
fn the_most_specific_scope_wins() {
    let table: [(Change, &str, &str); 12] = [
        (|_| {}, "default", "default"),
        (|c| drop(c.rules.regua_by_company.insert("1".into(), "company".into())), "company", "company"),
        (|c| choose(c, None, Some("A"), "tier"), "tier", "segment and tier"),
        (|c| choose(c, Some("late"), None, "segment"), "segment", "segment and tier"),
        (|c| choose(c, Some("late"), Some("A"), "both"), "both", "segment and tier"),
        (|c| choose(c, Some("late"), Some("B"), "none"), "both", "segment and tier"),
        (|c| choose(c, Some("novo"), None, "none"), "both", "segment and tier"),
        (|c| drop(c.rules.regua_by_group.insert("99999999".into(), "none".into())), "both", "segment and tier"),
        (|c| drop(c.rules.regua_by_group.insert("12345678".into(), "group".into())), "group", "group"),
        (|c| c.debtor().regua = Some("debtor".into()), "debtor", "debtor"),
        (|c| c.item(1).regua = Some("item".into()), "item", "item"),
        (|c| c.item(0).regua = Some("debtor".into()), "debtor", "item"),
    ];
    let mut case = scoped();
    for (position, (change, regua, scope)) in table.into_iter().enumerate() {
        case = case.with(change);
        let action = case.action();
        assert_eq!(action.regua, regua, "line {position}");
        assert!(
            action.rule_trace.contains(&format!("régua {regua} by {scope}")),
            "{position}: {:?}",
            action.rule_trace
        );
    }
}

#[test]
fn none_does_nothing_and_says_so_at_every_scope() {
    let table: [(&str, Change); 6] = [
        ("default", |c| c.rules.regua = "none".into()),
        ("company", |c| drop(c.rules.regua_by_company.insert("1".into(), "none".into()))),
        ("tier", |c| choose(c, None, Some("A"), "none")),
        ("segment", |c| choose(c, Some("late"), None, "none")),
        ("group", |c| drop(c.rules.regua_by_group.insert("12345678".into(), "none".into()))),
        ("debtor", |c| c.debtor().regua = Some("none".into())),
    ];
    for (scope, change) in table {
        assert_eq!(scoped().with(change).outcome(), "regua_none", "{scope}");
    }
}

#[test]
fn a_group_goes_by_the_name_that_the_source_gave_it() {
    for (group_id, named) in [("group:Acme", "Acme"), ("cnpj:12345678", "12345678"), ("group:a:b", "a:b")] {
        let case = scoped().with(|c| {
            c.debtor().group_id = group_id.to_owned();
            c.rules.regua_by_group.insert(named.to_owned(), "group".to_owned());
        });
        assert_eq!(case.first().regua, "group", "{group_id}");
    }
}

#[test]
fn room_after_an_answer_is_of_the_segment() {
    let answered = |days: i64, windows: &[(&str, u32)]| {
        scoped().with(|c| {
            c.sent("d+1", 20).answered_on = Some(days_ago(days));
            c.rules.response_windows = windows.iter().map(|(s, days)| ((*s).to_owned(), *days)).collect();
        })
    };
    let free = "d+5 by email: A, B";
    type Windows = &'static [(&'static str, u32)];
    let table: &[(&str, i64, Windows, &str)] = &[
        ("two days for all", 1, &[], "response_window"),
        ("and no longer", 2, &[], free),
        ("five for this segment", 4, &[("late", 5)], "response_window"),
        ("and no longer", 5, &[("late", 5)], free),
        ("one for this segment", 1, &[("late", 1)], free),
        ("none for this segment", 0, &[("late", 0)], free),
        ("five for another", 2, &[("novo", 5)], free),
    ];
    for (name, days, windows, expected) in table {
        assert_eq!(answered(*days, windows).outcome(), *expected, "{name}");
    }
    assert_eq!(answered(4, &[("late", 40)]).rules.contact_days(), 40, "contacts are read back that far");
}
