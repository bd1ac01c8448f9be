//! What holds for any group: the invariants of publication that can be decided here, by their numbers there.

use super::super::*;
use super::support::*;
use crate::domain::learning::model::{Basis, Expected};
use crate::domain::portfolio::{Contact, ContactPoint, ContactState};
use crate::domain::procedure::{Advance, CapScope, Channel, LevelOf, StepKind, Trigger};
use chrono::Datelike;
use proptest::prelude::*;

const STEPS: [&str; 8] = ["d-3", "d+1", "d+5", "d+15", "d+30", "d+45", "d+60", ""];

/// One item in four has something that speaks for leaving it alone.
fn any_item() -> impl Strategy<Value = Item> {
    (-10i64..100, 1i64..50_000, 0u8..40).prop_map(|(days, open, what)| {
        let mut item = item("", days);
        item.open = Amount(open);
        match what {
            0 => item.is_blocked = true,
            1 => item.grace_until = Some(day(TODAY)),
            2 | 3 => item.is_disputed = true,
            4 => item.is_returned = true,
            5 => item.in_kept_agreement = true,
            6 => item.promise_pending = true,
            7 => item.agency_id = Some("agency-1".to_owned()),
            8 => item.regua = Some("none".to_owned()),
            _ => {}
        }
        item
    })
}

fn any_account() -> impl Strategy<Value = Account> {
    (prop::collection::vec(any_item(), 1..5), 0i64..30_000, any::<bool>()).prop_map(|(items, credit, broken)| {
        let mut account = account("", items);
        account.credit = Amount(if credit < 20_000 { 0 } else { credit });
        account.credit_reach = account.credit;
        account.promise_broken = broken;
        account
    })
}

fn any_point() -> impl Strategy<Value = ContactPoint> {
    let channels = [Channel::Email, Channel::Whatsapp, Channel::Sms, Channel::Letter, Channel::Phone];
    (prop::sample::select(channels.to_vec()), 0u8..8, prop::option::of(1i64..4)).prop_map(|(channel, what, rank)| {
        let point = ContactPoint { preference_rank: rank, ..point(channel) };
        match what {
            0 => ContactPoint { opted_out: true, ..point },
            1 => ContactPoint { is_valid: false, ..point },
            2 => ContactPoint { is_authorized: false, ..point },
            _ => point,
        }
    })
}

fn any_contact() -> impl Strategy<Value = Contact> {
    let states = [ContactState::Sent, ContactState::NotSent, ContactState::Unreported, ContactState::Answered];
    let channels = [Channel::Email, Channel::Whatsapp, Channel::Sms];
    let drawn = (
        prop::sample::select(STEPS.to_vec()),
        prop::sample::select(channels.to_vec()),
        0i64..60,
        prop::sample::select(states.to_vec()),
        0usize..3,
        prop::option::of(0usize..2),
    );
    drawn.prop_map(|(step, channel, ago, state, debtor, company)| Contact {
        debtor_id: format!("D{debtor}"),
        company_id: company.map(|c| c.to_string()),
        state,
        answered_on: (state == ContactState::Answered).then(|| days_ago(ago)),
        ..contact(step, channel, ago)
    })
}

/// One to three debtors with one or two accounts each, contacts of any kind, and caps.
fn any_case() -> impl Strategy<Value = Case> {
    let debtors = prop::collection::vec(
        (prop::collection::vec(any_account(), 1..3), prop::collection::vec(any_point(), 0..4), 0u8..12),
        1..4,
    );
    let contacts = prop::collection::vec(any_contact(), 0..6);
    let policies = [UnappliedCredits::Hold, UnappliedCredits::Net, UnappliedCredits::Ignore];
    let rules = (1u32..5, 1u32..30, prop::sample::select(policies.to_vec()), any::<bool>(), any::<bool>(), 0u32..5);
    let explored = prop::sample::select(vec![0u32, 2_000]);
    (debtors, contacts, rules, explored).prop_map(
        |(debtors, contacts, (most, days, credits, highest, by_item, gap), explored)| {
            let mut case = Case::of(&[]);
            case.rules.response_model.explore = explored;
            case.group = Group {
                debtors: debtors.into_iter().enumerate().map(with_ids).collect(),
                contacts,
                forgotten_on: None,
            };
            case.rules.unapplied_credits = credits;
            let scopes = [CapScope::Account, CapScope::Debtor, CapScope::Group];
            case.rules.caps = scopes.map(|scope| cap(scope, most, days)).to_vec();
            case.rules.caps.push(Cap { channel: Some(Channel::Email), ..cap(CapScope::Debtor, 1, 7) });
            case.procedure().min_gap_days = gap;
            if highest {
                case.procedure().advance = Advance::HighestDue;
            }
            if by_item {
                case.procedure().level_of = LevelOf::Item;
            }
            case
        },
    )
}

type Drawn = (Vec<Account>, Vec<ContactPoint>, u8);

fn with_ids((d, (mut accounts, points, what)): (usize, Drawn)) -> (Debtor, Vec<Account>) {
    for (a, account) in accounts.iter_mut().enumerate() {
        account.company_id = a.to_string();
        for (i, item) in account.items.iter_mut().enumerate() {
            item.invoice_id = format!("{d}-{a}-{i}");
        }
    }
    let mut debtor = Debtor { points, ..debtor(&format!("D{d}")) };
    match what {
        0 => debtor.dunning_block = Some("x".to_owned()),
        1 => debtor.is_insolvent = true,
        2 => debtor.is_held = true,
        _ => {}
    }
    (debtor, accounts)
}

fn actions(decisions: &[Vec<Decision>]) -> Vec<&Action> {
    let outcomes = decisions.iter().flatten().map(|d| &d.outcome);
    outcomes.filter_map(|o| if let Outcome::Act(action) = o { Some(&**action) } else { None }).collect()
}

/// One of the accounts, with nothing around it that shares its caps.
fn alone(case: Case, pick: usize) -> Case {
    let (debtor, accounts) = &case.group.debtors[pick % case.group.debtors.len()];
    let accounts = vec![accounts[pick % accounts.len()].clone()];
    let group =
        Group { debtors: vec![(debtor.clone(), accounts)], contacts: case.group.contacts.clone(), forgotten_on: None };
    Case { group, ..case }
}

/// The outcome of a lone account after a change.
fn after(case: &Case, change: impl FnOnce(&mut Debtor, &mut Account)) -> Outcome {
    let mut group = case.group.clone();
    let (debtor, accounts) = &mut group.debtors[0];
    change(debtor, &mut accounts[0]);
    decide(&case.rules, case.as_of, &group).unwrap()[0][0].outcome.clone()
}

fn acts(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Act(_))
}

/// The level of the step that came into question.
fn level(case: &Case) -> Option<u32> {
    let id = match case.first().outcome {
        Outcome::Act(action) => Some(action.step_id),
        Outcome::Hold(hold) => hold.step_id,
    };
    case.rules.procedures["b2b"].step(&id?).map(|step| step.level)
}

/// What the most pessimistic model would say.
fn surely_late() -> Expected {
    Expected {
        late: 1.0,
        late_15: 1.0,
        late_30: 1.0,
        from: None,
        on: None,
        to: None,
        basis: Basis::Model,
        paid: 0,
        delays: 0,
        overdue: 0,
        reasons: Vec::new(),
    }
}

type ItemChange = fn(&mut Account, usize);

/// Ways in which an item leaves the messages.
const LEAVES: [ItemChange; 7] = [
    |account, i| drop(account.items.remove(i)),
    |account, i| account.items[i].is_disputed = true,
    |account, i| account.items[i].is_blocked = true,
    |account, i| account.items[i].is_returned = true,
    |account, i| account.items[i].promise_pending = true,
    |account, i| account.items[i].in_kept_agreement = true,
    |account, i| account.items[i].agency_id = Some("agency-1".to_owned()),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// (19) Every account has one outcome, and (9, 10, 16, 17) an action cites what is its own, free and enough.
    #[test]
    fn every_account_has_one_outcome_and_every_action_a_right(case in any_case()) {
        let decisions = case.decide();
        prop_assert_eq!(decisions.len(), case.group.debtors.len());
        for ((debtor, accounts), of_debtor) in case.group.debtors.iter().zip(&decisions) {
            prop_assert_eq!(of_debtor.len(), accounts.len());
            for (account, decision) in accounts.iter().zip(of_debtor) {
                prop_assert_eq!(decision.item_holds.len(), account.items.len());
                let Outcome::Act(action) = &decision.outcome else { continue };
                prop_assert!(!debtor.is_held && !debtor.is_insolvent && debtor.dunning_block.is_none());
                prop_assert_eq!((&action.debtor_id, &action.company_id), (&debtor.debtor_id, &account.company_id));
                prop_assert_eq!(action.open(), action.items.iter().map(|i| i.open_amount).sum::<Amount>());
                prop_assert!(action.open() >= minor("50.00"));
                prop_assert!(action.open() <= account.open());
                for cited in &action.items {
                    let at = account.items.iter().position(|i| i.invoice_id == cited.invoice_id).unwrap();
                    prop_assert_eq!(decision.item_holds[at], None);
                    let item = &account.items[at];
                    prop_assert!(!item.is_disputed && !item.is_blocked && !item.promise_pending && !item.in_kept_agreement);
                    prop_assert!(cited.open_amount > Amount::ZERO && cited.open_amount <= item.open);
                }
            }
        }
    }

    /// A score orders and selects: however sure a model is that all is paid late, nothing that is held goes out for it, and what goes out is
    /// what would go out without it.
    #[test]
    fn the_highest_chance_of_being_late_passes_no_hold(mut case in any_case()) {
        let decided = |case: &Case| case.decide().iter().flatten().map(said).collect::<Vec<_>>();
        let without = decided(&case);
        case.group.debtors.iter_mut().flat_map(|(_, accounts)| accounts).for_each(|account| {
            account.items.iter_mut().for_each(|item| item.expected = Some(surely_late()));
        });
        prop_assert_eq!(&decided(&case), &without);
        // A rung of its own for those at risk, before all others: it is one more way to act, and none to act on what is held.
        let at_risk = Trigger::All(vec![past_due(-30), Trigger::LateChance { least: 1.0 }]);
        let rung = step("at-risk", StepKind::Reminder, at_risk, &[Channel::Email, Channel::Phone]);
        let steps = std::mem::take(&mut case.procedure().steps);
        case.steps([vec![rung], steps].concat());
        for (of_debtor, (debtor, accounts)) in case.decide().iter().zip(&case.group.debtors) {
            let items = || accounts.iter().flat_map(|account| &account.items);
            for action in actions(std::slice::from_ref(of_debtor)) {
                prop_assert!(!debtor.is_held && !debtor.is_insolvent && debtor.dunning_block.is_none());
                for cited in &action.items {
                    let item = items().find(|item| item.invoice_id == cited.invoice_id).unwrap();
                    prop_assert!(!item.is_disputed && !item.is_blocked && !item.promise_pending && !item.in_kept_agreement);
                }
            }
        }
    }

    /// Nor does chance: of an account by itself the same goes out or is held, on one of the channels of its step that may be used.
    #[test]
    fn exploration_changes_the_channel_alone(case in any_case(), pick in 0usize..8) {
        let mut case = alone(case, pick);
        case.rules.response_model.explore = 0;
        let without = case.first().outcome;
        case.rules.response_model.explore = 2_000;
        match (&without, &case.first().outcome) {
            (Outcome::Hold(before), Outcome::Hold(after)) => {
                prop_assert_eq!((before.reason, &before.step_id), (after.reason, &after.step_id));
            }
            (Outcome::Act(before), Outcome::Act(after)) => {
                prop_assert_eq!((&before.step_id, before.open()), (&after.step_id, after.open()));
                prop_assert_eq!(before.propensity, None);
                prop_assert!(before.channel == after.channel || after.propensity.is_some_and(|chance| chance <= 0.1));
                let is_usable = |p: &&ContactPoint| !p.opted_out && p.is_valid && p.channel.as_str() == after.channel;
                prop_assert!(after.channel == "instruction" || case.group.debtors[0].0.points.iter().any(|p| is_usable(&p)));
                // On that channel it is what would go out if it were the only one.
                let step = case.rules.procedures["b2b"].step(&after.step_id).map(|s| s.id.clone()).unwrap();
                if let Some(channel) = Channel::parse(after.channel).filter(|c| c.addresses_debtor()) {
                    case.step(&step).channels = vec![channel];
                    prop_assert_eq!(case.action().action_id, after.action_id.clone());
                }
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// (11, 12, 13) One message per debtor, channel and day; no cap is passed by what a group gets in one run.
    #[test]
    fn caps_hold_over_all_accounts_of_a_group(case in any_case()) {
        let decisions = case.decide();
        let actions = actions(&decisions);
        let mut contacts = case.group.contacts.clone();
        for action in &actions {
            contacts.extend(history::contact_of(action));
        }
        let mut ids: Vec<&str> = actions.iter().map(|a| a.action_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), actions.len());
        for action in actions.iter().filter(|a| a.channel != "instruction") {
            let same = |c: &&Contact| c.debtor_id == action.debtor_id && c.on == case.as_of && c.channel.as_str() == action.channel;
            let counts = |c: &&Contact| c.state != ContactState::NotSent;
            prop_assert_eq!(contacts.iter().filter(counts).filter(same).count(), 1);
            for cap in &case.rules.caps {
                let in_scope = |c: &&Contact| match cap.scope {
                    CapScope::Group => true,
                    CapScope::Debtor => c.debtor_id == action.debtor_id,
                    CapScope::Account => c.debtor_id == action.debtor_id && c.company_id.as_ref().is_none_or(|id| *id == action.company_id),
                };
                let of_channel = |c: &&Contact| cap.channel.is_none_or(|channel| c.channel == channel);
                let in_window = |c: &&Contact| (case.as_of - c.on).num_days() < i64::from(cap.days);
                let concerned = cap.channel.is_none_or(|channel| channel.as_str() == action.channel);
                let found = contacts.iter().filter(counts).filter(in_scope).filter(of_channel).filter(in_window).count();
                prop_assert!(!concerned || found <= cap.contacts_max as usize, "{:?} {}", cap, found);
            }
        }
    }

    /// (14) Steps come in order, and never sooner after a contact than the gap.
    #[test]
    fn steps_come_in_order_and_with_their_gap(mut case in any_case(), pick in 0usize..9) {
        case.procedure().level_of = LevelOf::Account;
        let case = alone(case, pick);
        let (debtor, accounts) = &case.group.debtors[0];
        let Outcome::Act(action) = case.first().outcome else { return Ok(()) };
        let procedure = &case.rules.procedures["b2b"];
        // A reminder before the due date belongs to its item, and comes again for the next one.
        let is_dunning = |step: &&Step| step.trigger.days_past_due().is_some_and(|days| days > 0);
        // A rest of some cents leads only where there is nothing else.
        let tolerance = case.rules.tolerance.get(&accounts[0].currency).copied().unwrap_or_default();
        let leading = action.items.iter().filter(|item| item.open_amount >= tolerance).map(|item| item.due_date).min();
        let lead_due_date = leading.unwrap_or(action.oldest_due_date());
        let own = case.group.contacts.iter().filter(|c| c.counts() && c.is_of(debtor, &accounts[0]));
        for contact in own {
            let age = (case.as_of - contact.on).num_days();
            prop_assert!(age >= i64::from(procedure.min_gap_days), "{} days after {:?}", age, contact);
            // Was it due then, for what leads now?
            let was_due = |step: &&Step| {
                let age = (contact.on - lead_due_date).num_days();
                step.trigger.days_past_due().is_some_and(|days| age >= days)
            };
            let step = |id: &String| procedure.step(id).filter(is_dunning);
            let sent = contact.step_id.as_ref().and_then(step).filter(was_due);
            let later = step(&action.step_id).filter(|_| sent.is_some());
            prop_assert!(later.is_none_or(|step| sent.is_some_and(|sent| sent.level < step.level)), "{} after {:?}", action.step_id, sent);
        }
    }

    /// (15) A message goes out within the hours of its day, and (18) to an address of its channel, with words in it.
    #[test]
    fn messages_go_out_in_lawful_hours_to_a_usable_address(mut case in any_case(), days in 0i64..10) {
        case.later(days);
        let decisions = case.decide();
        for action in actions(&decisions).iter().filter(|a| a.channel != "instruction") {
            let local = |time: chrono::DateTime<chrono::Utc>| time.with_timezone(&chrono_tz::America::Sao_Paulo).naive_local();
            let (from, to) = (local(action.validity.not_before), local(action.validity.expires_at));
            prop_assert!(from < to && from.date() == case.as_of && to.date() == case.as_of, "{} to {}", from, to);
            let hours = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
            prop_assert!(from.time() >= hours(8) && to.time() <= hours(20), "{} to {}", from, to);
            let is_free = case.as_of.weekday() == chrono::Weekday::Sun || case.as_of == day("2026-11-20");
            prop_assert!(!is_free, "nobody is written to on {}", case.as_of);
            let (debtor, _) = case.group.debtors.iter().find(|(d, _)| d.debtor_id == action.debtor_id).unwrap();
            let usable = debtor.points.iter().filter(|p| p.is_valid && !p.opted_out && p.is_authorized);
            let mut on_channel = usable.filter(|p| p.channel.as_str() == action.channel);
            prop_assert!(on_channel.any(|p| Some(&p.address) == action.destination.as_ref()));
            prop_assert!(!action.body.expose().is_empty() && action.template_id.is_some());
        }
    }

    /// (25) A replay gives the same; the next run, with the first one published, gives no id again.
    #[test]
    fn a_replay_gives_the_same_ids_and_the_next_run_none_of_them(mut case in any_case()) {
        let first = case.decide();
        let ids = |decisions: &[Vec<Decision>]| actions(decisions).iter().map(|a| a.action_id.clone()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&first), ids(&case.decide()));
        let published = ids(&first);
        case.publish();
        prop_assert!(ids(&case.decide()).iter().all(|id| !published.contains(id)), "the same day");
        case.later(1);
        prop_assert!(ids(&case.decide()).iter().all(|id| !published.contains(id)), "the day after");
    }

    /// (24) Groups are decided alone: a debtor that shares no contact and no cap changes nothing.
    #[test]
    fn debtors_without_a_common_cap_are_decided_alone(mut case in any_case()) {
        case.rules.caps.retain(|c| c.scope != CapScope::Group);
        let together = case.outcomes();
        let mut alone = Vec::new();
        for debtor in &case.group.debtors {
            let of_debtor = |c: &&Contact| c.debtor_id == debtor.0.debtor_id;
            let contacts = case.group.contacts.iter().filter(of_debtor).cloned().collect();
            let group = Group { debtors: vec![debtor.clone()], contacts, forgotten_on: None };
            alone.extend(decide(&case.rules, case.as_of, &group).unwrap().iter().flatten().map(said));
        }
        prop_assert_eq!(together, alone);
    }

    /// (22) A block, an insolvency or a quarantine leaves the debtor in peace; an opt-out ends all messages.
    #[test]
    fn a_debtor_that_is_blocked_or_opts_out_hears_nothing(case in any_case(), pick in 0usize..9) {
        let case = alone(case, pick);
        let peace: [fn(&mut Debtor); 3] =
            [|d| d.dunning_block = Some("x".to_owned()), |d| d.is_insolvent = true, |d| d.is_held = true];
        for change in peace {
            prop_assert!(!acts(&after(&case, |debtor, _| change(debtor))));
        }
        let opted_out = after(&case, |debtor, _| debtor.points.iter_mut().for_each(|p| p.opted_out = true));
        if let Outcome::Act(action) = opted_out {
            prop_assert_eq!(action.channel, "instruction");
        }
    }

    /// (22) One more opt-out never adds an action.
    #[test]
    fn one_more_opt_out_adds_nothing(case in any_case(), pick in 0usize..9) {
        let case = alone(case, pick);
        let before = acts(&case.first().outcome);
        for point in 0..case.group.debtors[0].0.points.len() {
            let outcome = after(&case, |debtor, _| debtor.points[point].opted_out = true);
            prop_assert!(before || !acts(&outcome));
        }
    }

    /// (21, 22) What is paid, disputed, promised or blocked is never cited again, and lifts nobody to a higher step.
    /// The account may go on with its next item, which leads it then at its own, lower level.
    #[test]
    fn an_item_less_is_never_a_step_more(case in any_case(), pick in 0usize..9) {
        let case = alone(case, pick);
        let before = level(&case);
        let items = &case.group.debtors[0].1[0].items;
        let position = pick % items.len();
        for change in LEAVES {
            if let Outcome::Act(action) = after(&case, |_, account| change(account, position)) {
                prop_assert!(action.items.iter().all(|i| i.invoice_id != items[position].invoice_id));
                prop_assert!(before.is_none_or(|before| action.level <= before), "{} above {before:?}", action.step_id);
            }
        }
    }

    /// (21, 22) Where there is one item, its payment or dispute ends everything.
    #[test]
    fn the_only_item_paid_or_disputed_ends_everything(case in any_case(), pick in 0usize..9) {
        let mut case = alone(case, pick);
        case.account().items.truncate(1);
        for change in LEAVES {
            prop_assert!(!acts(&after(&case, |_, account| change(account, 0))));
        }
    }

    /// (21, 22) While the item that leads the account stays, another one that is paid or disputed adds no action.
    #[test]
    fn a_younger_item_less_adds_nothing(mut case in any_case(), pick in 0usize..9) {
        case.procedure().level_of = LevelOf::Account;
        // A rest of cents that stays alone is left out as a whole, and the next item leads.
        case.rules.tolerance.clear();
        // What was netted from the item that leaves is netted from the others.
        case.rules.unapplied_credits = UnappliedCredits::Ignore;
        let case = alone(case, pick);
        let decision = case.first();
        let items = &case.group.debtors[0].1[0].items;
        let free = (0..items.len()).filter(|i| decision.item_holds[*i].is_none());
        let leader = free.min_by_key(|i| (!items[*i].is_overdue(), items[*i].due_date));
        for position in (0..items.len()).filter(|i| Some(*i) != leader) {
            for change in LEAVES {
                let outcome = after(&case, |_, account| change(account, position));
                prop_assert!(acts(&decision.outcome) || !acts(&outcome), "{position}");
            }
        }
    }
}
