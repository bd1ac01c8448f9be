//! Room after a payment, attempts that failed, and what an invoice heard before it was reopened.

use super::super::Step;
use super::duties::listing;
use super::support::*;
use crate::domain::portfolio::{Contact, ContactPoint, ContactState, NamedItem};
use crate::domain::procedure::{Channel, LevelOf, Repeat, StepKind, Trigger};

fn paid(case: &mut Case, ago: i64) {
    case.account().profile.last_payment_on = Some(days_ago(ago));
}

fn coming(case: &mut Case, days: i64) {
    case.account().profile.next_payment_on = Some(days_ago(-days));
}

/// A bank credits a boleto on the next working day, and an ERP may book it with that date.
#[test]
fn a_payment_that_is_dated_after_the_date_gives_room_as_well() {
    check(&[
        ("tomorrow", &[10], |c| coming(c, 1), "response_window"),
        ("after the weekend", &[10], |c| coming(c, 3), "response_window"),
        ("none", &[10], |_| {}, "d+5 by email: A"),
    ]);
    let hold = Case::of(&[10]).with(|c| coming(c, 1)).hold();
    assert_eq!(hold.detail.unwrap(), "a payment is dated 2026-11-18, until 2026-11-20");
}

#[test]
fn a_payment_gives_room_before_the_ladder_goes_on() {
    check(&[
        ("never paid", &[10], |_| {}, "d+5 by email: A"),
        ("paid today", &[10], |c| paid(c, 0), "response_window"),
        ("two days ago", &[10], |c| paid(c, 2), "response_window"),
        ("three days ago", &[10], |c| paid(c, 3), "d+5 by email: A"),
        ("a reminder before the due date waits too", &[-3], |c| paid(c, 1), "response_window"),
        ("an instruction waits too", &[62], |c| (c.was_sent("d+45", 12), paid(c, 1)).0, "response_window"),
        ("no window", &[10], |c| (c.rules.payment_window_days = 0, paid(c, 0)).1, "d+5 by email: A"),
        ("a longer one", &[10], |c| (c.rules.payment_window_days = 10, paid(c, 9)).1, "response_window"),
    ]);
    let detail = |change: Change| Case::of(&[10]).with(change).hold().detail.unwrap();
    assert_eq!(detail(|c| paid(c, 1)), "paid on 2026-11-16, until 2026-11-18");
    let answered: Change = |c| {
        paid(c, 1);
        c.sent("d+1", 8).answered_on = Some(days_ago(0));
    };
    assert_eq!(detail(answered), "answered on 2026-11-17, until 2026-11-18", "both end on one day");
    let earlier: Change = |c| {
        paid(c, 0);
        c.sent("d+1", 8).answered_on = Some(days_ago(1));
    };
    assert_eq!(detail(earlier), "paid on 2026-11-17, until 2026-11-19", "the one that ends last");
}

#[test]
fn what_is_owed_to_the_debtor_does_not_wait_for_a_window() {
    let case = Case::of(&[10]).with(|c| {
        paid(c, 0);
        let mut steps = ladder().steps;
        steps.push(step("removal", StepKind::NegativacaoRemoval, Trigger::PaidWhileListed, &[]));
        c.steps(steps);
        c.account().escalations = vec![listing(Some(0))];
    });
    assert_eq!((case.outcome().as_str(), case.first().duties.len()), ("response_window", 1));
}

/// The step failed that many days ago, at this address.
fn failed<'c>(case: &'c mut Case, channel: Channel, ago: i64, address: Option<&str>) -> &'c mut Contact {
    let contact = Contact { channel, ..contact("d+5", channel, ago) };
    case.group.contacts.push(Contact {
        state: ContactState::NotSent,
        destination: address.map(|text| text.to_owned().into()),
        ..contact
    });
    case.group.contacts.last_mut().unwrap()
}

fn failed_twice(case: &mut Case, channel: Channel, address: Option<&str>) {
    failed(case, channel, 4, address);
    failed(case, channel, 3, address).occurrence = 2;
}

fn with_whatsapp(case: &mut Case) {
    case.debtor().points.push(point(Channel::Whatsapp));
}

#[test]
fn a_step_that_failed_goes_on_by_the_next_address_and_never_repeats_for_ever() {
    let email = Some("email@example.com");
    type Change = fn(&mut Case);
    let table: &[(&str, Change, &str)] = &[
        ("once: again", |c| failed(c, Channel::Email, 4, None).occurrence = 1, "d+5 #2 by email: A"),
        ("twice, and there is no other", |c| failed_twice(c, Channel::Email, None), "no_contact_point"),
        ("twice at the address", |c| failed_twice(c, Channel::Email, Some(" EMAIL@example.com")), "no_contact_point"),
        (
            "twice at one that was corrected",
            |c| failed_twice(c, Channel::Email, Some("old@example.com")),
            "d+5 #3 by email: A",
        ),
        (
            "a third attempt where it is allowed",
            |c| (failed_twice(c, Channel::Email, None), c.rules.attempts_max = 3).0,
            "d+5 #3 by email: A",
        ),
        (
            "twice: the next channel",
            |c| (with_whatsapp(c), failed_twice(c, Channel::Email, None)).0,
            "d+5 #3 by whatsapp: A",
        ),
        (
            "twice on each",
            |c| {
                with_whatsapp(c);
                failed_twice(c, Channel::Email, None);
                failed_twice(c, Channel::Whatsapp, None);
            },
            "no_contact_point",
        ),
        (
            "another step failed",
            |c| {
                failed_twice(c, Channel::Email, None);
                c.group.contacts.iter_mut().for_each(|contact| contact.step_id = Some("d+1".to_owned()));
            },
            "d+5 by email: A",
        ),
        (
            "in another episode",
            |c| {
                failed_twice(c, Channel::Email, None);
                c.group.contacts.iter_mut().for_each(|contact| contact.cycle_id = Some("old".to_owned()));
                c.account().episode_start = days_ago(2);
            },
            "d+5 by email: A",
        ),
    ];
    for (name, change, expected) in table {
        assert_eq!(Case::of(&[10]).with(change).outcome(), *expected, "{name}");
    }
    let second = Case::of(&[10]).with(|c| {
        c.debtor().points.push(ContactPoint { address: "second@example.com".into(), ..point(Channel::Email) });
        failed_twice(c, Channel::Email, email);
    });
    assert_eq!(second.action().destination.unwrap().expose(), "second@example.com");
    let hold = Case::of(&[10]).with(|c| {
        with_whatsapp(c);
        failed_twice(c, Channel::Email, email);
        c.debtor().points[1].opted_out = true;
    });
    let why = "tried: email failed 2 times; looked at email, whatsapp, sms";
    assert_eq!((hold.outcome().as_str(), hold.hold().detail.as_deref()), ("no_contact_point", Some(why)));
}

#[test]
fn a_step_that_always_fails_ends() {
    let mut case = Case::of(&[10]).with(|c| (c.rules.slot_days = 3, with_whatsapp(c)).1);
    let mut lines = Vec::new();
    for _ in 0..12 {
        lines.push(case.outcome());
        case.publish();
        case.group.contacts.iter_mut().for_each(|c| c.state = ContactState::NotSent);
        case.later(1);
    }
    let tries = |step: &str| {
        [" by email", " #2 by email", " #3 by whatsapp", " #4 by whatsapp"].map(|how| format!("{step}{how}: A"))
    };
    let expected = [&tries("d+5")[..], &["no_contact_point".to_owned()], &tries("d+15")].concat();
    assert_eq!(lines[..9], expected, "a step that was tried often enough is passed by where a later one is due");
    assert!(lines[9..].iter().all(|line| line == "no_contact_point"), "{lines:?}");
}

/// The step went out in an episode that is over, and named these items.
fn of_old(case: &mut Case, step_id: &str, ago: i64, invoices: &[&str]) {
    let contact = case.sent(step_id, ago);
    contact.cycle_id = Some("old".to_owned());
    let named = |invoice_id: &&str| NamedItem {
        invoice_id: (*invoice_id).to_owned(),
        installment_no: Some(1),
        step_id: Some(step_id.to_owned()),
        left_due: None,
    };
    contact.items = invoices.iter().map(named).collect();
}

/// The payment of A was taken back: a new episode begins, and A counts from its own date again.
fn reopened(case: &mut Case) {
    case.account().episode_start = days_ago(1);
}

#[test]
fn an_invoice_that_is_reopened_has_heard_what_it_heard() {
    let table: &[(&str, &[i64], Change, &str)] = &[
        ("nothing was sent for it", &[20], reopened, "d+5 by email: A"),
        ("the next step, not the same", &[20], |c| (of_old(c, "d+5", 14, &["A"]), reopened(c)).1, "d+15 by email: A"),
        ("not before its day", &[14], |c| (of_old(c, "d+5", 8, &["A"]), reopened(c)).1, "no_step_due"),
        (
            "what named another is another's",
            &[20],
            |c| (of_old(c, "d+5", 14, &["B"]), reopened(c)).1,
            "d+5 by email: A",
        ),
        (
            "nothing gentler so soon after what it heard beside an older one",
            &[20],
            |c| (of_old(c, "d+30", 14, &["A", "Z"]), reopened(c)).1,
            "no_step_due",
        ),
        (
            "what it heard beside an older one long ago is not its own",
            &[20],
            |c| (of_old(c, "d+30", 30, &["A", "Z"]), reopened(c)).1,
            "d+5 by email: A",
        ),
        (
            "another instalment",
            &[20],
            |c| {
                of_old(c, "d+5", 14, &["A"]);
                c.item(0).installment_no = 2;
                reopened(c);
            },
            "d+5 by email: A",
        ),
        (
            "where items climb on their own",
            &[20],
            |c| {
                c.procedure().level_of = LevelOf::Item;
                of_old(c, "d+5", 14, &["A"]);
                reopened(c);
            },
            "d+15 by email: A",
        ),
        (
            "a repeat that the régua allows",
            &[40],
            |c| {
                of_old(c, "d+5", 34, &["A"]);
                reopened(c);
                let step = ladder().steps.remove(3);
                c.steps(vec![Step { repeat: Some(Repeat { every_days: 10, strictly: false, max: 2 }), ..step }]);
            },
            "d+5 #2 by email: A",
        ),
        ("its notice was given", &[62], |c| (of_old(c, "d+45", 12, &["A"]), reopened(c)).1, "d+60 by instruction: A"),
    ];
    check(table);
}

#[test]
fn a_step_sent_again_in_another_episode_has_another_id() {
    let mut case = Case::of(&[10]);
    let first = case.action();
    case.publish();
    // Paid, and taken back: the episode has another name, and the next step its own number.
    case.later(10);
    case.account().episode_start = case.as_of;
    let next = case.action();
    assert_eq!((first.step_id.as_str(), next.step_id.as_str()), ("d+5", "d+15"));
    assert_ne!((first.cycle_id, first.action_id), (next.cycle_id, next.action_id));
}
