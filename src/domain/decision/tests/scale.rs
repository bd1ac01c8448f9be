//! Size: what is decided for many debtors of one group, or for many items of one debtor, takes as many steps. Each of
//! these would take hours if it were the square of its size, and nobody would wait for it.

use super::super::{Outcome, Step};
use super::duties::listing;
use super::support::*;
use crate::domain::portfolio::{Contact, Escalation, NamedItem};
use crate::domain::procedure::{CapScope, Channel, LevelOf, StepKind, Trigger};

const DEBTORS: usize = 20_000;
const ITEMS: usize = 50_000;

fn acted(decisions: &[Vec<super::super::Decision>]) -> usize {
    decisions.iter().flatten().filter(|d| matches!(d.outcome, Outcome::Act(_))).count()
}

/// So many items, one due each day of a month, whose older half was named by a letter.
fn many_items(case: &mut Case) {
    case.rules.templates = short_templates();
    let items = (0..ITEMS).map(|n| item(&format!("I{n}"), 6 + n as i64 % 30)).collect();
    *case.account() = account("1", items);
    case.account().episode_start = days_ago(40);
    let named = |n: usize| NamedItem {
        invoice_id: format!("I{n}"),
        installment_no: Some(1),
        step_id: Some("d+1".to_owned()),
        left_due: None,
    };
    let letter = Contact { items: (0..ITEMS / 2).map(named).collect(), ..contact("d+1", Channel::Email, 9) };
    case.group.contacts.push(letter);
}

#[test]
fn a_group_of_many_debtors() {
    let case = Case::of(&[10]).with(|c| {
        let debtors = (0..DEBTORS).map(|n| (debtor(&format!("D{n}")), vec![account("1", vec![item("A", 10)])]));
        c.group.debtors = debtors.collect();
        let contacts =
            (0..DEBTORS).map(|n| Contact { debtor_id: format!("D{n}"), ..contact("d+1", Channel::Email, 8) });
        c.group.contacts = contacts.collect();
        c.rules.caps = vec![cap(CapScope::Group, DEBTORS as u32 + 5, 30), cap(CapScope::Debtor, 3, 30)];
    });
    let decisions = case.decide();
    assert_eq!(decisions.len(), DEBTORS);
    assert_eq!(acted(&decisions), 5, "what is decided for one counts under the cap of the next");
}

#[test]
fn an_account_of_many_items() {
    let case = Case::of(&[10]).with(many_items);
    assert_eq!(case.action().items.len(), ITEMS);
    let params: serde_json::Value = serde_json::from_str(case.action().template_params.expose()).unwrap();
    let told = (params["items"].as_array().unwrap().len(), params["items_count"].as_u64());
    assert_eq!(told, (500, Some(ITEMS as u64)), "a template is given no more than it was tried with");
}

#[test]
fn an_account_whose_many_items_climb_on_their_own() {
    let case = Case::of(&[10]).with(many_items).with(|c| c.procedure().level_of = LevelOf::Item);
    assert_eq!(case.action().items.len(), ITEMS);
}

#[test]
fn an_account_of_many_items_that_are_held() {
    let case = Case::of(&[10]).with(many_items).with(|c| {
        c.account().items.iter_mut().for_each(|item| (item.is_disputed, item.promise_pending) = (true, true));
    });
    let hold = case.hold();
    assert_eq!(hold.reason.as_str(), "dispute_open");
    assert!(hold.trace.iter().map(String::len).sum::<usize>() < 4_000, "{:?}", hold.trace.len());
}

/// The step that lists is due, and each item is entered already, by itself.
fn listed_each(case: &mut Case) {
    many_items(case);
    case.steps(vec![step("list", StepKind::Negativacao, past_due(5), &[])]);
    let escalation = |n: usize| Escalation { source_id: format!("L{n}"), items: vec![case_item(n)], ..listing(None) };
    case.account().escalations = (0..ITEMS).map(escalation).collect();
}

fn case_item(n: usize) -> super::super::Item {
    item(&format!("I{n}"), 6 + n as i64 % 30)
}

#[test]
fn an_account_of_many_listings() {
    for level_of in [LevelOf::Account, LevelOf::Item] {
        let hold = Case::of(&[10]).with(listed_each).with(|c| c.procedure().level_of = level_of).hold();
        assert_eq!(hold.reason.as_str(), "step_exhausted");
        let length: usize = hold.trace.iter().map(String::len).sum();
        assert!(length < 6_000, "{length} characters of trace");
        assert!(hold.detail.unwrap().len() < 400);
    }
}

#[test]
fn a_debtor_with_many_duties() {
    let duties = 20_000;
    let case = Case::of(&[]).with(|c| {
        let mut steps = ladder().steps;
        steps.push(Step {
            template: "order".to_owned(),
            ..step("removal", StepKind::NegativacaoRemoval, Trigger::PaidWhileListed, &[])
        });
        c.steps(steps);
        let escalation = |n: usize| Escalation { source_id: format!("L{n}"), ..listing(Some(1)) };
        c.account().escalations = (0..duties).map(escalation).collect();
    });
    let decision = case.first();
    assert_eq!(decision.duties.len(), duties);
    let longest = decision.duties.iter().map(|duty| duty.action.rule_trace.len()).max();
    assert!(longest.is_some_and(|lines| lines < 10), "{longest:?}");
    let Outcome::Hold(hold) = decision.outcome else { panic!("nothing is open") };
    assert!(hold.trace.len() < 40, "{}", hold.trace.len());
}
