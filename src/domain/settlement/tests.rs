//! The balance of every day by the definition, beside the ways that are linear in what was posted.

use proptest::prelude::*;

use super::*;

/// Applied to each item by the end of each day, from what was posted up to then alone.
fn balances(items: &[Installment], postings: &[Posting]) -> Vec<(i32, Vec<i128>)> {
    let mut days: Vec<i32> = postings.iter().map(|p| p.on).collect();
    days.sort_unstable();
    days.dedup();
    let of_day = |day: i32| {
        let by_then = || postings.iter().filter(|p| p.on <= day);
        let named = |item: &Installment| -> i128 {
            by_then().filter(|p| p.installment == Some(item.number)).map(|p| p.amount).sum()
        };
        let pooled = by_then().filter(|p| p.installment.is_none()).map(|p| p.amount).sum();
        balance(items, &items.iter().map(named).collect::<Vec<_>>(), pooled)
    };
    days.into_iter().map(|day| (day, of_day(day))).collect()
}

/// One unit after the other: into the first item with room, out of the last that has any.
fn balance(items: &[Installment], named: &[i128], pooled: i128) -> Vec<i128> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|at| (items[*at].due_on, items[*at].number));
    let mut held: Vec<i128> = named.iter().zip(items).map(|(n, item)| (*n).clamp(0, item.amount)).collect();
    let mut spare: i128 = named.iter().zip(items).map(|(n, item)| (n - item.amount).max(0)).sum();
    let mut purse = pooled + named.iter().map(|n| (*n).min(0)).sum::<i128>();
    while purse > 0 {
        let Some(at) = order.iter().find(|at| held[**at] < items[**at].amount) else { break };
        held[*at] += 1;
        purse -= 1;
    }
    while purse < 0 {
        purse += 1;
        if spare > 0 {
            spare -= 1;
        } else if let Some(at) = order.iter().rev().find(|at| held[**at] > 0) {
            held[*at] -= 1;
        }
    }
    held
}

/// What was never taken back of the balances, by item and day.
fn kept(items: &[Installment], postings: &[Posting]) -> Vec<Application> {
    let days = balances(items, postings);
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut before = 0;
        for (day, (on, _)) in days.iter().enumerate() {
            let least = days[day..].iter().map(|(_, of)| of[at]).min().unwrap_or(0);
            if least > before {
                found.push(Application { key: item.key, on: *on, amount: least - before });
            }
            before = before.max(least);
        }
    }
    found.sort();
    found
}

fn invoice() -> impl Strategy<Value = (Vec<Installment>, Vec<Posting>)> {
    let items = proptest::collection::vec((0..4_i32, 1..9_i128), 1..5);
    let amount = prop_oneof![4 => 1..12_i128, 1 => -9..0_i128];
    let named = prop_oneof![Just(0_u8), Just(1), Just(2)];
    let family = prop_oneof![4 => Just(Family::Paid), 1 => Just(Family::Credited), 1 => Just(Family::WrittenOff)];
    let postings = proptest::collection::vec((0..6_i32, family, 1..6_i64, amount, any::<bool>()), 0..7);
    (items, postings, named).prop_map(|(items, postings, named)| {
        let item = |(n, (due_on, amount))| Installment { key: 100 - n, number: n, due_on, amount };
        let items = (1..).zip(items).map(item).collect();
        // Nobody names an instalment, everybody does, or some do.
        let posting = |(on, family, number, amount, names)| {
            let names = named == 1 || (named == 2 && names);
            Posting { on, family, installment: names.then_some(number), amount, of: None }
        };
        (items, postings.into_iter().map(posting).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn what_is_applied_is_what_the_balance_of_every_day_keeps((items, postings) in invoice()) {
        let mut found = settle(&mut items.clone(), &mut postings.clone());
        found.sort();
        prop_assert_eq!(found, kept(&items, &postings));
    }

    #[test]
    fn changes_add_up_to_the_balance_of_every_day((items, postings) in invoice()) {
        let found = changes(&mut items.clone(), &mut postings.clone());
        for (day, held) in balances(&items, &postings) {
            for (item, held) in items.iter().zip(held) {
                let by_then = found.iter().filter(|c| c.key == item.key && c.on <= day);
                prop_assert_eq!(by_then.map(|c| c.amount).sum::<i128>(), held);
            }
        }
    }

    #[test]
    fn of_each_family_what_is_kept_is_what_is_left_of_it((items, postings) in invoice()) {
        let found = changes(&mut items.clone(), &mut postings.clone());
        for family in [Family::Paid, Family::Credited, Family::WrittenOff] {
            for item in &items {
                let own = || found.iter().filter(|c| (c.key, c.family) == (item.key, family));
                prop_assert!(own().all(|c| (0..=c.amount.max(0)).contains(&c.kept)));
                let (kept, amount) = (own().map(|c| c.kept).sum::<i128>(), own().map(|c| c.amount).sum::<i128>());
                // What takes back more than there was of its family took it from another.
                prop_assert!(kept >= amount, "{kept} kept of {amount}");
                if own().all(|c| c.amount > 0) {
                    prop_assert_eq!(kept, amount);
                }
            }
        }
    }

    /// What came when an item was full takes the place of what is taken back: no family has more on the items than it brought.
    #[test]
    fn no_family_has_more_than_it_brought((items, postings) in invoice()) {
        let families = [Family::Paid, Family::Credited, Family::WrittenOff];
        let is_one = |number: i64| items.iter().any(|item| item.number == number);
        let own = |family: Family, day: i32| {
            postings.iter().filter(move |p| p.family == family && p.on <= day && p.installment.is_none_or(is_one))
        };
        let brought = |family, day| own(family, day).map(|p| p.amount).sum::<i128>();
        // Where a family takes back what it did not bring, or not there, it is taken from the others.
        let lines = || [None].into_iter().chain((1..6).map(Some));
        let of_line = |family, day, line| own(family, day).filter(|p| p.installment == line).map(|p| p.amount).sum::<i128>();
        let takes_its_own = |day| families.iter().all(|family| lines().all(|line| of_line(*family, day, line) >= 0));
        if !(0..6).all(takes_its_own) {
            return Ok(());
        }
        let found = changes(&mut items.clone(), &mut postings.clone());
        for (day, family) in (0..6).flat_map(|day| families.map(|family| (day, family))) {
            let there: i128 = found.iter().filter(|c| c.family == family && c.on <= day).map(|c| c.amount).sum();
            prop_assert!(there <= brought(family, day), "{family:?} on day {day}: {there}");
        }
    }
}
