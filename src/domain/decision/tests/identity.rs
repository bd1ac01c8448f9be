//! The same intention has the same id, another one has another.

use super::support::*;
use crate::domain::portfolio::ContactState;

fn id_after(change: Change) -> String {
    Case::of(&[10]).with(change).action().action_id
}

#[test]
fn the_id_does_not_hang_on_date_amount_or_words() {
    let table: &[(&str, Change)] = &[
        ("a day later", |c| c.later(1)),
        ("another amount", |c| c.item(0).open = minor("77.00")),
        ("one more item", |c| c.account().items.push(item("B", 2))),
        ("another invoice number", |c| c.item(0).invoice_id = "X".to_owned()),
        ("another template", |c| c.step("d+5").template = "order".to_owned()),
        ("another régua with this step", |c| c.procedure().id = "vip".to_owned()),
        ("another address", |c| c.debtor().points[0].address = "b@example.com".into()),
    ];
    let with_templates = |change: &Change| Case::of(&[10]).with(change).first();
    for (name, change) in table {
        if let super::super::Outcome::Act(action) = with_templates(change).outcome {
            assert_eq!(action.action_id, id_after(|_| {}), "{name}");
        }
    }
}

#[test]
fn the_id_hangs_on_who_whom_which_step_and_how_often() {
    let table: &[(&str, Change)] = &[
        ("tenant", |c| c.rules.tenant = "u".to_owned()),
        ("company", |c| c.account().company_id = "2".to_owned()),
        ("debtor", |c| c.debtor().debtor_id = "E".to_owned()),
        ("currency, by the cycle", |c| c.account().currency = "USD".parse().unwrap()),
        ("step", |c| c.step("d+5").id = "d+6".to_owned()),
        ("occurrence", |c| c.sent("d+5", 4).state = ContactState::NotSent),
        ("channel", |c| c.debtor().points = vec![point(crate::domain::procedure::Channel::Sms)]),
        ("a new episode", |c| c.account().episode_start = days_ago(9)),
    ];
    for (name, change) in table {
        assert_ne!(id_after(*change), id_after(|_| {}), "{name}");
    }
}

#[test]
fn the_cycle_lives_on_while_anything_is_due() {
    let mut case = Case::of(&[10, 6]);
    let first = case.action();
    case.publish();
    case.later(10);
    case.account().items.remove(0);
    // The payment was posted late: seen from today the episode began with the second item.
    case.account().episode_start = case.item(0).due_date;
    let second = case.action();
    assert_eq!(second.step_id, "d+15");
    assert_eq!(second.cycle_id, first.cycle_id);
}

#[test]
fn the_cycle_is_that_of_the_accounts_own_last_action_in_the_episode() {
    let own = Case::of(&[10]).action().cycle_id;
    // A contact eight days ago, in an episode that began ten days ago.
    let table: &[(&str, Change, bool)] = &[
        ("its own", |_| {}, true),
        ("on the first day of the episode", |c| c.group.contacts[0].on = days_ago(10), true),
        ("before it", |c| c.group.contacts[0].on = days_ago(11), false),
        ("of another debtor", |c| c.group.contacts[0].debtor_id = "E".to_owned(), false),
        ("with another company", |c| c.group.contacts[0].company_id = Some("2".to_owned()), false),
        ("in another currency", |c| c.group.contacts[0].currency = Some("USD".to_owned()), false),
        ("a removal", |c| c.group.contacts[0].cycle_id = Some("duty-1".to_owned()), false),
        ("only logged", |c| c.group.contacts[0].cycle_id = None, false),
    ];
    for (name, change, is_taken) in table {
        let case = Case::of(&[10]).with(|c| c.sent("d+1", 8).cycle_id = Some("C1".to_owned())).with(change);
        assert_eq!(case.action().cycle_id, if *is_taken { "C1" } else { own.as_str() }, "{name}");
    }
}

#[test]
fn a_new_cycle_begins_after_being_clear() {
    let mut case = Case::of(&[10]);
    let first = case.action();
    case.publish();
    case.later(41);
    *case.account() = account("1", vec![Item::due(&case, 6)]);
    let second = case.action();
    assert_eq!((second.step_id.as_str(), second.occurrence), ("d+5", 1));
    assert_ne!(second.cycle_id, first.cycle_id);
    assert_ne!(second.action_id, first.action_id);
}

/// Items as of the date of a case.
struct Item;

impl Item {
    fn due(case: &Case, days_past_due: i64) -> super::super::Item {
        let due_date = case.as_of - chrono::TimeDelta::days(days_past_due);
        super::super::Item { due_date, ..item("N", days_past_due) }
    }
}

#[test]
fn an_id_is_never_used_twice_whatever_became_of_the_first() {
    for state in [ContactState::NotSent, ContactState::Sent, ContactState::Answered, ContactState::Unreported] {
        let mut case = Case::of(&[10]);
        let mut ids = vec![case.action().action_id];
        for _ in 0..30 {
            case.publish();
            case.group.contacts.last_mut().unwrap().state = state;
            case.later(1);
            case.rules.slot_days = 3;
            if let super::super::Outcome::Act(action) = case.first().outcome {
                assert!(!ids.contains(&action.action_id), "{state:?}");
                ids.push(action.action_id);
            }
        }
    }
}

#[test]
fn the_number_follows_the_highest_that_was_published() {
    // Two earlier ones lie beyond the history that is looked at.
    let mut case = Case::of(&[10]).with(|c| c.sent("d+5", 4).state = ContactState::NotSent);
    case.group.contacts[0].occurrence = 3;
    assert_eq!(case.action().occurrence, 4);
}
