//! What a message names, by which channel and address it goes, and at which hour.

use super::super::Outcome;
use super::support::*;
use crate::domain::message::Templates;
use crate::domain::portfolio::ContactState;
use crate::domain::procedure::{CapScope, Channel};

#[test]
fn one_message_names_all_that_is_due_and_nothing_else() {
    check(&[
        ("all overdue items", &[20, 10, 1], |_| {}, "d+5 by email: A, B, C"),
        ("not what is not due", &[20, 0, -3], |_| {}, "d+5 by email: A"),
        ("a reminder names what falls due by then", &[-2, -3, -4], |_| {}, "d-3 by email: A, B"),
        ("not another item that is held", &[20, 10, 1], |c| c.item(1).is_disputed = true, "d+5 by email: A, C"),
        ("nor the oldest that is held", &[20, 10, 1], |c| c.item(0).promise_pending = true, "d+5 by email: B, C"),
    ]);
    let action = Case::of(&[20, 10]).action();
    assert_eq!(action.open(), minor("200.00"));
    assert_eq!((action.oldest_due_date(), action.days_past_due_max()), (days_ago(20), 20));
    assert_eq!(action.body.expose(), "A R$ 100,00;B R$ 100,00; R$ 200,00");
}

#[test]
fn a_language_without_the_template_has_the_default_ones_words() {
    for language in [None, Some("pt-BR"), Some("en")] {
        let case = Case::of(&[10]).with(|c| c.debtor().language = language.map(str::to_owned));
        assert_eq!((case.outcome(), case.action().language), ("d+5 by email: A".to_owned(), "pt-BR".to_owned()));
    }
    let english = |default_language: &str| {
        Case::of(&[10]).with(|c| {
            let file = ("en".to_owned(), "letter.email.j2".to_owned(), "Hello".to_owned());
            c.rules.default_language = default_language.to_owned();
            c.rules.templates = Templates::compile([file], default_language).unwrap();
            c.debtor().language = Some("en".to_owned());
        })
    };
    assert_eq!(english("pt-BR").action().language, "en", "which the default language does not have");
    assert_eq!(english("pt-BR").with(|c| c.debtor().language = None).outcome(), "no_contact_point");
}

/// E-mail and WhatsApp, in the order in which the data holds them.
fn two_channels(case: &mut Case) {
    case.debtor().points = vec![point(Channel::Whatsapp), point(Channel::Email)];
}

fn two_with(change: Change) -> Case {
    Case::of(&[10]).with(two_channels).with(change)
}

#[test]
fn the_channel_and_what_is_passed_over() {
    let table: &[(&str, Change, &str, &[&str])] = &[
        ("the step's first", |_| {}, "email", &["channel email"]),
        (
            "the debtor's preference",
            |c| c.debtor().points[0].preference_rank = Some(1),
            "whatsapp",
            &["channel whatsapp"],
        ),
        ("opted out", |c| c.debtor().points[1].opted_out = true, "whatsapp", &["email passed over: opted out"]),
        (
            "bounced",
            |c| c.debtor().points[1].is_valid = false,
            "whatsapp",
            &["email passed over: bounced or known to be wrong"],
        ),
        (
            "two addresses in one cell",
            |c| {
                c.debtor().points[1].address = "a@acme.example; b@acme.example".to_owned().into();
                c.debtor().points[1].is_valid = false;
            },
            "whatsapp",
            &["email passed over: what stands there is no address, or several in one"],
        ),
        (
            "not authorised",
            |c| c.debtor().points[1].is_authorized = false,
            "whatsapp",
            &["email passed over: not authorised to hear about the debt"],
        ),
        (
            "no such template",
            |c| c.step("d+5").template = "none".into(),
            "no_contact_point",
            &["email passed over: no template", "whatsapp passed over: no template"],
        ),
        ("used today for another company", used_today, "whatsapp", &["email passed over: written to today already"]),
        ("used today, but it did not arrive", used_in_vain, "email", &["channel email"]),
    ];
    for (name, change, expected, trace) in table {
        let case = two_with(*change);
        let (found, said) = match case.first().outcome {
            Outcome::Act(action) => (action.channel.to_owned(), action.rule_trace),
            Outcome::Hold(hold) => (hold.reason.as_str().to_owned(), hold.trace),
        };
        assert_eq!(found, *expected, "{name}");
        for line in *trace {
            assert!(said.iter().any(|l| l.starts_with(line)), "{name}: {said:?}");
        }
    }
}

fn used_today(case: &mut Case) {
    case.sent("d+5", 0).company_id = Some("2".to_owned());
}

fn used_in_vain(case: &mut Case) {
    used_today(case);
    case.group.contacts[0].state = ContactState::NotSent;
}

#[test]
fn without_a_channel_the_reason_is_named() {
    check(&[
        ("opted out of the only one", &[10], |c| c.debtor().points[0].opted_out = true, "opted_out"),
        (
            "of all",
            &[10],
            |c| {
                two_channels(c);
                c.debtor().points.iter_mut().for_each(|p| p.opted_out = true)
            },
            "opted_out",
        ),
        (
            "out of one, the other bounced",
            &[10],
            |c| {
                two_channels(c);
                c.debtor().points[0].opted_out = true;
                c.debtor().points[1].is_valid = false
            },
            "opted_out",
        ),
        ("no address", &[10], |c| c.debtor().points.clear(), "no_contact_point"),
        (
            "none on a channel of the step",
            &[10],
            |c| c.debtor().points = vec![point(Channel::Letter)],
            "no_contact_point",
        ),
        ("a letter that is not due yet", &[20], by_letter_alone, "no_contact_point"),
        ("a letter that is due", &[30], by_letter_alone, "d+30 by letter: A"),
        ("a letter, for the e-mail has bounced", &[30], by_letter_after_a_bounce, "d+30 by letter: A"),
        ("no address, though an agency is due", &[95], |c| c.debtor().points.clear(), "no_contact_point"),
        ("all bounced", &[10], |c| c.debtor().points[0].is_valid = false, "no_contact_point"),
        ("nobody who may know", &[10], |c| c.debtor().points[0].is_authorized = false, "no_contact_point"),
        ("a holiday", &[10], |c| c.later(3), "no_legal_slot"),
    ]);
    let hold = Case::of(&[10])
        .with(|c| {
            c.later(3);
            c.debtor().points.clear()
        })
        .hold();
    assert_eq!(hold.detail.as_deref(), Some("looked at email, whatsapp, sms; also no_legal_slot"));
}

fn by_letter_alone(case: &mut Case) {
    case.debtor().points = vec![point(Channel::Letter)];
}

fn by_letter_after_a_bounce(case: &mut Case) {
    case.debtor().points[0].is_valid = false;
    case.debtor().points.push(point(Channel::Letter));
}

#[test]
fn an_instruction_needs_no_address_and_no_hour() {
    let case = Case::of(&[62]).with(|c| {
        c.was_sent("d+45", 12);
        c.debtor().points.clear();
        c.rules.slot_days = 0;
    });
    let action = case.action();
    assert_eq!((action.channel, action.destination.clone()), ("instruction", None));
    assert_eq!(action.validity.not_before.to_rfc3339(), "2026-11-17T00:00:00+00:00");
}

#[test]
fn a_message_goes_out_within_the_hours() {
    let validity = Case::of(&[10]).action().validity;
    assert_eq!(validity.not_before.to_rfc3339(), "2026-11-17T11:00:00+00:00");
    assert_eq!(validity.expires_at.to_rfc3339(), "2026-11-17T23:00:00+00:00");
}

/// A second account of debtor D, with company 2.
fn second_account(case: &mut Case) {
    let other = account("2", vec![item("Z", 8)]);
    case.group.debtors[0].1.push(other);
}

/// Debtor E of the same group, with one account at company 1.
fn second_debtor(case: &mut Case) {
    case.group.debtors.push((debtor("E"), vec![account("1", vec![item("Z", 8)])]));
}

#[test]
fn several_accounts_share_what_a_debtor_and_a_group_can_bear() {
    let table: &[(&str, Change, [&str; 2])] = &[
        ("one channel: one message a day", second_account, ["d+5 by email: A, B", "frequency_cap"]),
        (
            "another channel takes the second",
            |c| {
                two_channels(c);
                second_account(c)
            },
            ["d+5 by email: A, B", "d+5 by whatsapp: Z"],
        ),
        ("two debtors have a channel each", second_debtor, ["d+5 by email: A, B", "d+5 by email: Z"]),
        (
            "a cap of the group",
            |c| {
                second_debtor(c);
                c.rules.caps = vec![cap(CapScope::Group, 1, 7)]
            },
            ["d+5 by email: A, B", "frequency_cap"],
        ),
        (
            "a cap by debtor leaves the other",
            |c| {
                second_debtor(c);
                c.rules.caps = vec![cap(CapScope::Debtor, 1, 7)]
            },
            ["d+5 by email: A, B", "d+5 by email: Z"],
        ),
        (
            "the larger debt goes first",
            |c| {
                second_debtor(c);
                c.rules.caps = vec![cap(CapScope::Group, 1, 7)];
                c.group.debtors[1].1[0].items[0].open = minor("200.01")
            },
            ["frequency_cap", "d+5 by email: Z"],
        ),
        (
            "what falls due today is no debt in arrears",
            |c| {
                second_debtor(c);
                c.rules.caps = vec![cap(CapScope::Group, 1, 7)];
                c.account().items.push(item("C", 0));
                c.group.debtors[1].1[0].items[0].open = minor("200.01")
            },
            ["frequency_cap", "d+5 by email: Z"],
        ),
        (
            "what is held takes no room",
            |c| {
                second_debtor(c);
                c.rules.caps = vec![cap(CapScope::Group, 1, 7)];
                c.debtor().is_insolvent = true
            },
            ["insolvent_or_legal", "d+5 by email: Z"],
        ),
    ];
    for (name, change, expected) in table {
        assert_eq!(Case::of(&[10, 7]).with(change).outcomes(), *expected, "{name}");
    }
}

#[test]
fn an_answer_to_one_company_is_no_answer_to_another() {
    let case = Case::of(&[10]).with(|c| {
        two_channels(c);
        second_account(c);
        c.sent("", 4).answered_on = Some(days_ago(1))
    });
    assert_eq!(case.outcomes(), ["response_window", "d+5 by email: Z"]);
}

#[test]
fn who_has_always_paid_is_addressed_gently() {
    use crate::domain::message::Tone;
    for (months, ratio, tone, expected) in [
        (None, None, None, "firm"),
        (Some(24), Some(0.1), None, "gentle"),
        (Some(24), Some(0.1), Some(Tone::Firm), "gentle"),
        (Some(24), Some(0.1), Some(Tone::Formal), "formal"),
        (Some(23), Some(0.1), Some(Tone::Firm), "firm"),
        (Some(24), Some(0.11), Some(Tone::Firm), "firm"),
        (Some(24), None, Some(Tone::Firm), "firm"),
    ] {
        let case = Case::of(&[10]).with(|c| {
            c.account().profile.months_as_customer = months;
            c.account().profile.late_ratio = ratio;
            c.step("d+5").tone = tone;
        });
        assert_eq!(case.action().tone, expected, "{months:?} {ratio:?} {tone:?}");
    }
}
