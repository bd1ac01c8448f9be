//! A date that is decided again: what was published stands, is taken back, or keeps anything else from going out.

use super::super::revision::{Fate, Published, reconcile};
use super::duties::{listed, listing};
use super::support::*;
use crate::domain::action::Action;
use crate::domain::procedure::Channel;

/// Stands for the hash of what gateways read: the cited items and the amount.
fn words(action: &Action, _: u32) -> String {
    let items: Vec<&str> = action.items.iter().map(|i| i.invoice_id.as_str()).collect();
    format!("{} {}", items.join(","), action.total_due())
}

/// What the first revision published of a case.
fn published(case: &Case, fate: Fate) -> Vec<Published> {
    let decisions = case.decide();
    let acts = decisions.iter().flatten().filter_map(|decision| match &decision.outcome {
        super::super::Outcome::Act(action) => Some(action.as_ref()),
        super::super::Outcome::Hold(_) => None,
    });
    let of = |action: &Action| Published {
        action_id: action.action_id.clone(),
        payload_sha256: words(action, action.level),
        level: action.level,
        channel: action.channel.to_owned(),
        fate,
        is_voided: false,
    };
    acts.map(of).collect()
}

/// What the revision says of every account, and of what was published: `kept`, `voided` or `left`.
fn revised(case: &Case, published: &[Published]) -> String {
    let mut decisions = case.decide();
    let kept = reconcile(&mut decisions, published, &words);
    let outcomes = decisions.iter().flatten().map(|decision| match &decision.outcome {
        super::super::Outcome::Hold(hold) if hold.detail.as_ref().is_some_and(|d| d.starts_with("revision")) => {
            hold.detail.clone().unwrap()
        }
        _ => said(decision),
    });
    let fates = published.iter().map(|p| match (kept.contains(&p.action_id), p.can_be_voided()) {
        (true, _) => "kept".to_owned(),
        (false, true) => "voided".to_owned(),
        (false, false) => "left".to_owned(),
    });
    outcomes.chain(fates).collect::<Vec<_>>().join(" | ")
}

#[test]
fn what_was_published_stands_is_taken_back_or_bars_everything_else() {
    use Fate::{NotSent, Sent, Unreported};
    let table: &[(&str, Fate, Change, &str)] = &[
        ("nothing has changed", Unreported, |_| {}, "d+5 by email: A | kept"),
        ("nor is it sent twice", Sent, |_| {}, "d+5 by email: A | kept"),
        ("it is paid", Unreported, |c| c.item(0).open = minor("0.00"), "settled | voided"),
        ("it is paid, but the message is out", Sent, |c| c.item(0).open = minor("0.00"), "settled | left"),
        ("it is disputed", Unreported, |c| c.item(0).is_disputed = true, "dispute_open | voided"),
        (
            "a part is paid: the message says too much",
            Unreported,
            |c| c.item(0).open = minor("60.00"),
            "revision: it was published with other words | voided",
        ),
        (
            "the words are wrong, and are out",
            Sent,
            |c| c.item(0).open = minor("60.00"),
            "revision: it was sent with other words | left",
        ),
        (
            "another channel would be another message",
            Unreported,
            |c| c.debtor().points = vec![point(Channel::Sms)],
            "revision: another message of this date may have been sent | voided",
        ),
        (
            "what is known not to have left bars nothing",
            NotSent,
            |c| c.debtor().points = vec![point(Channel::Sms)],
            "d+5 by sms: A | left",
        ),
    ];
    for (name, fate, change, expected) in table {
        let before = published(&Case::of(&[10]), *fate);
        assert_eq!(revised(&Case::of(&[10]).with(change), &before), *expected, "{name}");
    }
}

#[test]
fn a_message_bars_the_whole_group() {
    let mut case = Case::of(&[10]);
    case.group.debtors.push((debtor("E"), vec![account("1", Vec::new())]));
    let before = published(&case, Fate::Unreported);
    case.group.debtors[1].1[0] = account("1", vec![item("B", 20)]);
    let barred = "revision: another message of this date may have been sent";
    assert_eq!(revised(&case, &before), format!("d+5 by email: A | {barred} | kept"));
}

#[test]
fn an_instruction_bars_no_message_and_none_bars_it() {
    let mut case = Case::of(&[61]);
    case.was_sent("d+45", 12);
    assert_eq!(case.outcome(), "d+60 by instruction: A");
    let message = Published { channel: "email".to_owned(), ..published(&Case::of(&[10]), Fate::Sent).remove(0) };
    assert_eq!(revised(&case, &[message]), "d+60 by instruction: A | left");
    let instruction = published(&case, Fate::Unreported);
    assert_eq!(revised(&Case::of(&[10]), &instruction), "d+5 by email: A | voided");
}

#[test]
fn what_was_taken_back_once_never_goes_out_under_the_same_id() {
    let case = Case::of(&[10]);
    let voided: Vec<Published> =
        published(&case, Fate::Unreported).into_iter().map(|p| Published { is_voided: true, ..p }).collect();
    assert_eq!(revised(&case, &voided), "revision: an earlier revision took it back | left");
}

#[test]
fn a_removal_goes_out_beside_what_was_published_unless_it_was_taken_back() {
    let case = listed(&[10], vec![listing(Some(1))]);
    let removal = &case.first().duties[0].action;
    let of_removal = |payload_sha256: &str, is_voided| Published {
        action_id: removal.action_id.clone(),
        payload_sha256: payload_sha256.to_owned(),
        level: removal.level,
        channel: removal.channel.to_owned(),
        fate: Fate::Unreported,
        is_voided,
    };
    for (name, published, duties, kept) in [
        ("nothing was published of it", published(&case, Fate::Sent), 1, 1),
        ("it was, and is the same", vec![of_removal(&words(removal, removal.level), false)], 1, 1),
        ("it was, in other words", vec![of_removal("other", false)], 1, 1),
        ("it was taken back", vec![of_removal(&words(removal, removal.level), true)], 0, 0),
    ] {
        let mut decisions = case.decide();
        let stands = reconcile(&mut decisions, &published, &words);
        assert_eq!((decisions[0][0].duties.len(), stands.len()), (duties, kept), "{name}");
    }
}
