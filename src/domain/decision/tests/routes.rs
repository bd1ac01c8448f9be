//! The channel by what the debtor answers, prefers and costs, and the hour at which it answers.

use super::super::{Cap, Outcome};
use super::support::*;
use crate::domain::learning::responses::{LearntWay, Responses, Tally, Weights};
use crate::domain::portfolio::{Contact, ContactPoint};
use crate::domain::procedure::{CapScope, Channel, Channel::*, StepKind};
use crate::domain::responses::{ChannelResponses, ResponsePrior};
use chrono::Timelike;
use std::collections::BTreeMap;

fn answered(case: &mut Case, channel: Channel, answered: u32, contacts: u32) {
    case.debtor().responses.by_channel.push(ChannelResponses { channel, contacts, answered });
}

fn prior(case: &mut Case, channel: Channel, percent: u32, cost: &str) {
    let prior = ResponsePrior { answer_rate: percent * 100, by_segment: BTreeMap::new(), cost: minor(cost) };
    case.rules.response_model.priors.push((channel, prior));
}

fn prefers(case: &mut Case, channel: Channel, rank: i64) {
    let points = case.debtor().points.iter_mut().filter(|p| p.channel == channel);
    points.for_each(|p| p.preference_rank = Some(rank));
}

/// D+5 goes by e-mail, WhatsApp or SMS, in this order, and the debtor has all three.
fn three_channels() -> Case {
    Case::of(&[10]).with(|c| c.debtor().points = [Sms, Whatsapp, Email].map(point).to_vec())
}

/// The line of the trace on the channel.
fn why(case: &Case) -> String {
    let trace = case.action().rule_trace;
    trace.into_iter().find(|line| line.starts_with("channel ")).unwrap()
}

#[test]
fn the_channel_that_is_answered_most_and_why_it_won() {
    let table: &[(&str, Change, &str)] = &[
        (
            "nothing known: the step's order",
            |_| {},
            "channel email: 0 of 0 answered, smoothed 20 %; whatsapp as much, but later in the step",
        ),
        (
            "its own answers",
            |c| answered(c, Whatsapp, 3, 4),
            "channel whatsapp: 3 of 4 answered, smoothed 36 %; email 20 %",
        ),
        (
            "two answers do not beat two hundred",
            |c| {
                answered(c, Sms, 2, 2);
                answered(c, Whatsapp, 120, 200);
            },
            "channel whatsapp: 120 of 200 answered, smoothed 58 %; sms 33 %",
        ),
        (
            "what is never answered comes last",
            |c| {
                answered(c, Email, 0, 12);
                answered(c, Whatsapp, 0, 1);
            },
            "channel sms: 0 of 0 answered, smoothed 20 %; whatsapp 18 %",
        ),
        (
            "a preference",
            |c| prefers(c, Sms, 1),
            "channel sms: preferred (1), 0 of 0 answered, smoothed 60 %; email 20 %",
        ),
        (
            "which a few answers do not overrule",
            |c| {
                prefers(c, Sms, 1);
                answered(c, Whatsapp, 3, 3);
            },
            "channel sms: preferred (1), 0 of 0 answered, smoothed 60 %; whatsapp 38 %",
        ),
        (
            "but many do",
            |c| {
                prefers(c, Sms, 1);
                answered(c, Whatsapp, 30, 30);
            },
            "channel whatsapp: 30 of 30 answered, smoothed 80 %; sms 60 %",
        ),
        (
            "ranks in their order",
            |c| [(Email, 3), (Whatsapp, 1), (Sms, 2)].into_iter().for_each(|(channel, rank)| prefers(c, channel, rank)),
            "channel whatsapp: preferred (1), 0 of 0 answered, smoothed 60 %; sms 47 %",
        ),
        (
            "between equals the cheaper",
            |c| {
                [(Email, "0.30"), (Whatsapp, "0.10"), (Sms, "0.20")]
                    .into_iter()
                    .for_each(|(ch, cost)| prior(c, ch, 20, cost))
            },
            "channel whatsapp: 0 of 0 answered, smoothed 20 %; sms as much, but dearer",
        ),
        (
            "but not the cheap before the good",
            |c| {
                prior(c, Email, 20, "0.00");
                prior(c, Whatsapp, 21, "9.00");
            },
            "channel whatsapp: 0 of 0 answered, smoothed 21 %; email 20 %",
        ),
    ];
    for (name, change, expected) in table {
        assert_eq!(why(&three_channels().with(change)), *expected, "{name}");
    }
}

#[test]
fn the_prior_is_of_the_segment() {
    let case = three_channels().with(|c| {
        prior(c, Sms, 10, "0.00");
        c.rules.response_model.priors[0].1.by_segment.insert("unassigned".to_owned(), 5_000);
    });
    assert_eq!(why(&case), "channel sms: 0 of 0 answered, smoothed 50 %; email 20 %");
}

#[test]
fn the_best_channel_that_cannot_be_used_is_passed_over() {
    let case = three_channels().with(|c| {
        answered(c, Sms, 9, 10);
        answered(c, Whatsapp, 5, 10);
        c.debtor().points[0].opted_out = true;
        c.debtor().points[1].is_valid = false;
        c.debtor().points[1].address = "+5511900000001".to_owned().into();
    });
    let trace = case.action().rule_trace;
    let route: Vec<&String> = trace.iter().filter(|l| l.contains("passed over") || l.starts_with("channel")).collect();
    let expected = [
        "sms passed over: opted out",
        "whatsapp passed over: bounced or known to be wrong",
        "channel email: 0 of 0 answered, smoothed 20 %",
    ];
    assert_eq!(route, expected);
}

#[test]
fn a_notice_that_the_law_asks_for_goes_by_the_steps_order() {
    for kind in [StepKind::NegativacaoNotice, StepKind::ProtestoNotice, StepKind::Notice] {
        let case = three_channels().with(|c| {
            answered(c, Whatsapp, 30, 30);
            prefers(c, Sms, 1);
            c.step("d+5").kind = kind;
        });
        let expected = if kind == StepKind::Notice {
            "channel whatsapp: 30 of 30 answered, smoothed 80 %; sms 60 %"
        } else {
            "channel email: by the step's order"
        };
        assert_eq!(why(&case), expected, "{kind:?}");
    }
}

#[test]
fn of_two_addresses_on_a_channel_the_preferred_one() {
    let two = |ranks: [Option<i64>; 2]| {
        let case = Case::of(&[10]).with(|c| {
            let address = |name: &str, rank| crate::domain::portfolio::ContactPoint {
                address: name.into(),
                preference_rank: rank,
                ..point(Email)
            };
            c.debtor().points = vec![address("b@x", ranks[0]), address("a@x", ranks[1])];
        });
        case.action().destination.unwrap().expose().clone()
    };
    assert_eq!(two([None, None]), "a@x");
    assert_eq!(two([Some(1), None]), "b@x");
    assert_eq!(two([Some(2), Some(1)]), "a@x");
}

/// `08:00 hour 9: 3 answers`: the local time of the slot, and what the trace says of the hour.
fn hour(case: &Case) -> String {
    let action = case.action();
    let place = case.rules.calendar.place_of(case.group.debtors[0].0.whereabouts()).unwrap();
    let zone = place.zone().unwrap();
    let local = action.validity.not_before.with_timezone(&zone);
    let why = action.rule_trace.iter().find(|line| line.starts_with("hour ")).map_or("opens", String::as_str);
    format!("{:02}:{:02} {why}", local.hour(), local.minute())
}

fn answers_at(case: &mut Case, hours: &[(usize, u32)]) {
    hours.iter().for_each(|(hour, answers)| case.debtor().responses.by_hour[*hour] = *answers);
}

#[test]
fn the_hour_of_the_account_else_of_its_segment_else_as_the_window_opens() {
    let of_segment = |c: &mut Case| c.rules.response_model.best_hours = [("unassigned".to_owned(), 14)].into();
    type Hours = &'static [(usize, u32)];
    let table: &[(&str, Hours, bool, &str)] = &[
        ("nothing known", &[], false, "08:00 opens"),
        ("three answers", &[(16, 3)], false, "16:00 hour 16: 3 answers"),
        ("two are not enough", &[(16, 2)], false, "08:00 opens"),
        ("the segment's then", &[(16, 2)], true, "14:00 hour 14: best of the segment"),
        ("its own before the segment's", &[(16, 3)], true, "16:00 hour 16: 3 answers"),
        ("early birds as early as may be", &[(6, 5)], true, "08:00 hour 6: 5 answers"),
        ("not after the window has closed", &[(21, 5)], true, "14:00 hour 14: best of the segment"),
        ("nor as it closes", &[(20, 5)], false, "08:00 opens"),
        ("the last hour of the window", &[(19, 5)], false, "19:00 hour 19: 5 answers"),
    ];
    for (name, hours, has_segment, expected) in table {
        let case = Case::of(&[10]).with(|c| answers_at(c, hours));
        let case = if *has_segment { case.with(of_segment) } else { case };
        assert_eq!(hour(&case), *expected, "{name}");
    }
    let other = Case::of(&[10]).with(|c| c.rules.response_model.best_hours = [("novo".to_owned(), 14)].into());
    assert_eq!(hour(&other), "08:00 opens", "of another segment");
}

/// The hour is the debtor's own, whatever its clocks do.
#[test]
fn the_hour_across_daylight_saving_and_the_end_of_the_year() {
    let table: &[(&str, &str, &str)] = &[
        ("America/New_York", "2026-03-07", "2026-03-07 15:00:00 UTC"),
        ("America/New_York", "2026-03-09", "2026-03-09 14:00:00 UTC"),
        ("America/New_York", "2026-10-31", "2026-10-31 14:00:00 UTC"),
        ("America/New_York", "2026-11-02", "2026-11-02 15:00:00 UTC"),
        ("America/Sao_Paulo", "2026-12-31", "2026-12-31 13:00:00 UTC"),
        ("America/Sao_Paulo", "2027-01-01", "2027-01-01 13:00:00 UTC"),
        ("Pacific/Auckland", "2026-12-31", "2026-12-30 21:00:00 UTC"),
        ("Asia/Kolkata", "2026-12-31", "2026-12-31 04:30:00 UTC"),
        ("not a zone", "2026-12-31", "2026-12-31 13:00:00 UTC"),
    ];
    for (zone, on, expected) in table {
        let case = Case::of(&[10]).with(|c| {
            c.as_of = day(on);
            c.item(0).due_date = day(on) - chrono::Days::new(10);
            c.debtor().time_zone = Some((*zone).to_owned());
            answers_at(c, &[(10, 4)]);
        });
        assert_eq!(case.action().validity.not_before.to_string(), *expected, "{zone} {on}");
        let local = zone.parse().unwrap_or(chrono_tz::America::Sao_Paulo);
        assert_eq!(case.action().validity.not_before.with_timezone(&local).hour(), 10, "{zone} {on}");
    }
}

/// An address that opted out was written to where it stood there once more, written otherwise.
#[test]
fn an_opt_out_is_of_the_address_however_it_is_written() {
    let written = |channel, address: &str| ContactPoint { address: address.into(), ..point(channel) };
    for (channel, out, other) in [
        (Channel::Email, "X@Y.com", "x@y.com"),
        (Channel::Sms, "+55 11 90000-0001", "+5511900000001"),
        (Channel::Sms, "+55 (11) 90000.0001", "+5511900000001"),
    ] {
        let mut case = Case::of(&[10]);
        case.debtor().points = vec![ContactPoint { opted_out: true, ..written(channel, out) }, written(channel, other)];
        assert_eq!(case.outcome(), "opted_out", "{out} and {other}");
        case.debtor().points[1] = written(channel, "+5511900000002@z.com");
        assert!(case.outcome().starts_with("d+5"), "another address");
    }
}

/// Everybody pays or promises after 20 % of e-mails, 30 % of WhatsApp messages and 25 % of short messages; from 14 to 17 after more.
fn learnt(case: &mut Case) {
    let way = |channel, part: Option<u32>, rate| LearntWay {
        channel,
        part,
        tally: Tally { contacts: if part.is_some() { 250 } else { 1_000 }, successes: 0 },
        rate: if part == Some(14) { rate + 500 } else { rate },
    };
    let of_channel = |(channel, rate)| {
        [None, Some(0), Some(11), Some(14), Some(17)].map(move |part| way(channel, part, rate)).into_iter()
    };
    let ways = [(Email, 2_000), (Whatsapp, 3_000), (Sms, 2_500)].into_iter().flat_map(of_channel).collect();
    let weights = Weights { debtor: 10, channel: 10, part: 10 };
    case.rules.model = Some(model(Responses { days: 7, debtors: 500, rate: 2_500, weights, ways }));
}

fn led_to(case: &mut Case, channel: Channel, hour: u32, successes: u32, contacts: u32) {
    (0..contacts).for_each(|n| case.debtor().outcomes.add(channel, Some(hour), n < successes));
}

#[test]
fn the_channel_that_leads_to_payment_and_why_it_won() {
    let table: &[(&str, Change, &str)] = &[
        (
            "nothing known of the debtor: as everybody",
            |_| {},
            "channel whatsapp: 0 of 0 paid or promised within 7 days, smoothed 35 %; sms 30 %",
        ),
        (
            "what it answers says nothing where payments do",
            |c| answered(c, Email, 20, 20),
            "channel whatsapp: 0 of 0 paid or promised within 7 days, smoothed 35 %; sms 30 %",
        ),
        (
            "its own payments",
            |c| {
                led_to(c, Sms, 15, 8, 10);
                led_to(c, Whatsapp, 15, 0, 10);
            },
            "channel sms: 8 of 10 paid or promised within 7 days, smoothed 71 %; email 33 %",
        ),
        (
            "a preference weighs as it does for answers",
            |c| prefers(c, Email, 1),
            "channel email: preferred (1), 0 of 0 paid or promised within 7 days, smoothed 63 %; whatsapp 35 %",
        ),
        (
            "between equals the cheaper",
            |c| {
                let ways = &mut c.rules.model.as_mut().unwrap().responses.ways;
                ways.iter_mut().for_each(|way| way.rate = 2_500);
                prior(c, Email, 20, "0.30");
            },
            "channel whatsapp: 0 of 0 paid or promised within 7 days, smoothed 25 %; sms as much, but later in the step",
        ),
        (
            "learnt of too few: by answers",
            |c| {
                c.rules.response_model.contacts_min = 3_001;
                answered(c, Sms, 9, 10);
            },
            "channel sms: 9 of 10 answered, smoothed 55 %; email 20 %",
        ),
        (
            "a notice that the law asks for goes by the step's order",
            |c| c.step("d+5").kind = StepKind::NegativacaoNotice,
            "channel email: by the step's order",
        ),
    ];
    for (name, change, expected) in table {
        assert_eq!(why(&three_channels().with(learnt).with(change)), *expected, "{name}");
    }
}

#[test]
fn what_leads_to_payment_is_passed_over_where_it_may_not_be_used() {
    let case = three_channels().with(learnt).with(|c| {
        let whatsapp = c.debtor().points.iter_mut().find(|point| point.channel == Whatsapp);
        whatsapp.unwrap().opted_out = true;
    });
    assert!(why(&case).starts_with("channel sms: "), "{}", why(&case));
    assert_eq!(case.action().propensity, None);
}

/// The window of the calendar opens at 8 and closes at 20.
#[test]
fn the_hour_is_in_the_part_of_the_day_that_promises_most() {
    fn in_window(c: &mut Case, opens: u32, closes: u32) {
        let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        c.rules.calendar = calendar_of(time(opens), time(closes));
    }
    let table: &[(&str, Change, &str)] = &[
        ("as everybody", |_| {}, "14:00 hour from 14 to 17: the best part of its day on whatsapp"),
        (
            "its own, before the hour of its answers",
            |c| {
                led_to(c, Whatsapp, 9, 9, 10);
                answers_at(c, &[(16, 5)]);
            },
            "08:00 hour before 11: the best part of its day on whatsapp",
        ),
        (
            "only where the window is open",
            |c| in_window(c, 8, 14),
            "08:00 hour before 11: the best part of its day on whatsapp",
        ),
        (
            "as late as it opens",
            |c| in_window(c, 15, 20),
            "15:00 hour from 14 to 17: the best part of its day on whatsapp",
        ),
        (
            "one part alone is not compared: as its answers say",
            |c| {
                in_window(c, 8, 11);
                answers_at(c, &[(9, 5)]);
            },
            "09:00 hour 9: 5 answers",
        ),
        (
            "of too few contacts: as the window opens",
            |c| {
                let ways = &mut c.rules.model.as_mut().unwrap().responses.ways;
                ways.iter_mut().filter(|way| way.part.is_some()).for_each(|way| way.tally.contacts = 99);
            },
            "08:00 opens",
        ),
    ];
    for (name, change, expected) in table {
        assert_eq!(hour(&three_channels().with(learnt).with(change)), *expected, "{name}");
    }
}

/// The channel of many accounts that differ by nothing but their names, with how many took it, and the propensities that were told.
fn explored(share: u32, change: impl Fn(&mut Case)) -> BTreeMap<&'static str, (u32, f64)> {
    let mut taken = BTreeMap::new();
    for n in 0..600 {
        let case = three_channels().with(|c| {
            c.debtor().debtor_id = format!("D{n}");
            c.rules.response_model.explore = share;
            change(c);
        });
        if let Outcome::Act(action) = case.first().outcome {
            let (count, propensity) = taken.entry(action.channel).or_insert((0, 0.0));
            *count += 1;
            *propensity = action.propensity.unwrap_or(f64::NAN);
        }
    }
    taken
}

#[test]
fn a_share_of_the_choices_is_left_to_chance_and_its_propensity_is_told() {
    let all = explored(2_000, |_| {});
    let told: Vec<(&str, f64)> = all.iter().map(|(channel, (_, propensity))| (*channel, *propensity)).collect();
    let tried = 0.2 / 3.0;
    for ((channel, propensity), expected) in told.iter().zip([1.0 - 0.2 + tried, tried, tried]) {
        assert!((propensity - expected).abs() < 1e-12, "{channel}: {propensity}");
    }
    assert!((told.iter().map(|(_, propensity)| propensity).sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(all["sms"].0 > 10 && all["whatsapp"].0 > 10 && all["email"].0 > 450, "{all:?}");
    let case = (0..100).map(|n| {
        three_channels().with(|c| {
            c.debtor().debtor_id = format!("D{n}");
            c.rules.response_model.explore = 2_000;
        })
    });
    let why = case.map(|case| why(&case)).find(|why| why.contains("drawn")).unwrap();
    let end = ": drawn to be tried, with a chance of 6.7 %; email would be the best, smoothed 20 %";
    assert!(why.ends_with(end), "{why}");
}

#[test]
fn chance_reaches_nobody_that_is_held_and_no_channel_that_is_refused() {
    let refused = explored(2_000, |c| {
        c.debtor().points[0].opted_out = true;
        c.debtor().points[0].address = "+5511900000009".to_owned().into();
        c.rules.caps = vec![Cap { channel: Some(Whatsapp), ..cap(CapScope::Debtor, 1, 7) }];
        let debtor_id = c.debtor().debtor_id.clone();
        c.group.contacts.push(Contact { debtor_id, ..contact("", Whatsapp, 5) });
    });
    assert_eq!(refused.keys().copied().collect::<Vec<_>>(), ["email"], "one channel is left: no choice");
    assert!(refused["email"].1.is_nan(), "and no propensity");
    assert!(explored(2_000, |c| c.debtor().dunning_block = Some("legal".to_owned())).is_empty());
    let by_law = explored(2_000, |c| c.step("d+5").kind = StepKind::ProtestoNotice);
    assert!(by_law.len() == 1 && by_law["email"].1.is_nan(), "{by_law:?}");
}
