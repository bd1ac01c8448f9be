//! What is expected of a contact, case by case; and the choice beside others where the truth is known.

use super::*;
use proptest::prelude::*;

use Channel::{Email, Phone, Whatsapp};

const CHANNELS: [Channel; 3] = [Email, Whatsapp, Phone];
const HOURS: [u32; 4] = [9, 12, 15, 18];

/// Contacts on a channel at an hour, and how many of them succeeded.
fn outcomes(contacts: &[(Channel, Option<u32>, u32, u32)]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for (channel, hour, of, successes) in contacts {
        (0..*of).for_each(|n| outcomes.add(*channel, *hour, n < *successes));
    }
    outcomes
}

/// Everybody succeeds with 20 % by e-mail and 30 % by WhatsApp, where 40 % do from 14 to 17.
fn learnt(weights: Weights) -> Responses {
    let way = |channel, part, contacts, rate| LearntWay {
        channel,
        part,
        tally: Tally { contacts, successes: contacts / 5 },
        rate,
    };
    let ways = vec![
        way(Email, None, 1_000, 2_000),
        way(Email, Some(0), 900, 2_000),
        way(Email, Some(14), 99, 5_000),
        way(Whatsapp, None, 1_000, 3_000),
        way(Whatsapp, Some(0), 500, 2_500),
        way(Whatsapp, Some(14), 500, 4_000),
    ];
    Responses { days: 7, debtors: 100, rate: 2_500, weights, ways }
}

const TEN: Weights = Weights { debtor: 10, channel: 10, part: 10 };

#[test]
fn hours_and_the_parts_of_the_day() {
    let parts: Vec<u32> = [0, 10, 11, 13, 14, 16, 17, 23].map(part_of).to_vec();
    assert_eq!(parts, [0, 0, 11, 11, 14, 14, 17, 17]);
    assert_eq!(PARTS.map(part_text), ["before 11", "from 11 to 14", "from 14 to 17", "from 17 on"]);
}

/// Debtor, channel, open parts: the rate in basis points and the part.
#[test]
fn what_is_expected_of_a_debtor() {
    type Own = &'static [(Channel, Option<u32>, u32, u32)];
    type Row = (&'static str, Own, Channel, &'static [u32], (u32, Option<u32>));
    let table: &[Row] = &[
        ("nothing known, no hour to choose: as everybody", &[], Whatsapp, &[], (3_000, None)),
        ("at the best part of the day", &[], Whatsapp, &PARTS, (4_000, Some(14))),
        ("which must be open", &[], Whatsapp, &[0, 11, 17], (3_000, None)),
        ("and have contacts enough", &[], Email, &PARTS, (2_000, None)),
        ("a channel that nobody was contacted on: as all", &[], Phone, &PARTS, (2_500, None)),
        // Of ten nothing came: it pays about half as readily as others, and its own ten halve that again for e-mail.
        ("never by e-mail", &[(Email, None, 10, 0)], Email, &[], (548, None)),
        ("which says something of other channels", &[(Email, None, 10, 0)], Whatsapp, &[], (1_741, None)),
        ("as often as everybody: as everybody", &[(Email, None, 10, 2)], Email, &[], (2_000, None)),
        ("on other channels too", &[(Email, None, 10, 2)], Whatsapp, &[], (3_000, None)),
        ("always by e-mail", &[(Email, None, 10, 10)], Email, &[], (7_947, None)),
        ("and so more by others", &[(Email, None, 10, 10)], Whatsapp, &[], (7_110, None)),
    ];
    for (name, own, channel, parts, expected) in table {
        let Expected { rate, part, .. } = learnt(TEN).expected(&outcomes(own), *channel, parts);
        assert_eq!((rate.basis_points(), part), *expected, "{name}");
    }
}

/// A debtor's own hours count once it has shown them.
#[test]
fn a_debtor_that_pays_in_the_morning_is_contacted_in_the_morning() {
    let own = outcomes(&[(Whatsapp, Some(9), 10, 8), (Whatsapp, Some(15), 10, 0)]);
    let part = |weights| learnt(weights).expected(&own, Whatsapp, &PARTS).part;
    assert_eq!(part(TEN), Some(0));
    assert_eq!(part(Weights { part: 500, ..TEN }), Some(14), "not where debtors do not differ by it");
}

/// Whoever pays well and was only ever mailed does not seem to prefer mail.
#[test]
fn a_good_payer_is_no_friend_of_the_channel_that_was_used() {
    let own = outcomes(&[(Email, Some(9), 30, 24)]);
    let rate = |channel, weights| learnt(weights).expected(&own, channel, &[]).rate;
    let alike = Weights { debtor: 5, channel: 500, part: 500 };
    assert!(rate(Whatsapp, alike) > rate(Email, alike), "debtors differ by how readily they pay alone");
    let choosy = Weights { debtor: 500, channel: 5, part: 500 };
    assert!(rate(Email, choosy) > rate(Whatsapp, choosy), "debtors differ by channel");
}

#[test]
fn of_few_contacts_nothing_is_said_of_how_debtors_differ() {
    let mut sums = ResponseSums::default();
    sums.add(&outcomes(&[(Email, Some(9), 3, 1), (Whatsapp, None, 1, 1)]));
    sums.add(&outcomes(&[]));
    let learnt = sums.learn(7);
    assert_eq!(learnt.weights, Weights { debtor: WEIGHT_MAX, channel: WEIGHT_MAX, part: WEIGHT_MAX });
    assert_eq!((learnt.debtors, learnt.contacts(), learnt.days), (1, 4, 7));
    assert!(learnt.is_whole());
    let nothing = ResponseSums::default().learn(7);
    assert!(nothing.is_whole() && nothing.contacts() == 0);
}

#[test]
fn a_model_that_was_written_by_hand_is_not_whole() {
    let faults: [fn(&mut LearntWay); 3] =
        [|way| way.rate = 10_001, |way| way.tally.successes = 9_999, |way| way.part = Some(9)];
    for fault in faults {
        let mut learnt = learnt(TEN);
        fault(&mut learnt.ways[1]);
        assert!(!learnt.is_whole(), "{:?}", learnt.ways[1]);
    }
    assert!(learnt(TEN).is_whole());
}

#[test]
fn what_is_learnt_reads_as_it_was_written() {
    let learnt = learnt(TEN);
    let text = serde_json::to_string(&learnt).unwrap();
    assert!(text.contains(r#"{"channel":"email","part":null,"contacts":1000,"successes":200,"rate":2000}"#), "{text}");
    assert_eq!(serde_json::from_str::<Responses>(&text).unwrap(), learnt);
}

/// A portfolio whose truth is known: the chance of each debtor by channel and hour, and a history in which chance chose.
struct World {
    chances: Vec<[[f64; 4]; 3]>,
    histories: Vec<Outcomes>,
    learnt: Responses,
}

/// By channel and part of the day, of everybody.
const CHANCES: [[f64; 4]; 3] = [[0.18, 0.20, 0.22, 0.20], [0.24, 0.26, 0.32, 0.25], [0.15, 0.20, 0.18, 0.12]];

/// Numbers from 0 to 1, the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.roll() * of.len() as f64) as usize]
    }
}

impl World {
    /// The odds of a debtor differ by one of `ready`, on each channel by one of `choosy`, and at each part of the day by one of `timed`. Of
    /// its contacts a share of `habit` went by one channel.
    fn of(seed: u64, [ready, choosy, timed]: [&[f64]; 3], habit: f64) -> World {
        let mut dice = Dice(seed);
        let (mut chances, mut histories, mut sums) = (Vec::new(), Vec::new(), ResponseSums::default());
        for _ in 0..400 {
            let (odds, usual) = (dice.pick(ready), dice.pick(&[0, 1, 2]));
            let own = CHANCES.map(|parts| {
                let odds = odds * dice.pick(choosy);
                parts.map(|chance| {
                    let odds = chance / (1.0 - chance) * odds * dice.pick(timed);
                    odds / (1.0 + odds)
                })
            });
            let mut history = Outcomes::default();
            for _ in 0..20 {
                let channel = if dice.roll() < habit { usual } else { dice.pick(&[0, 1, 2]) };
                let part = dice.pick(&[0, 1, 2, 3]);
                history.add(CHANNELS[channel], Some(HOURS[part]), dice.roll() < own[channel][part]);
            }
            sums.add(&history);
            chances.push(own);
            histories.push(history);
        }
        World { chances, histories, learnt: sums.learn(7) }
    }

    /// What a choice of channel and part of the day brings on average.
    fn brings(&self, choose: impl Fn(&Outcomes) -> (usize, usize)) -> f64 {
        let each = self.chances.iter().zip(&self.histories).map(|(own, history)| {
            let (channel, part) = choose(history);
            own[channel][part]
        });
        each.sum::<f64>() / self.chances.len() as f64
    }

    fn shrunk(&self) -> f64 {
        self.brings(|history| {
            let expected = |channel: &usize| self.learnt.expected(history, CHANNELS[*channel], &PARTS);
            let best = (0..3).rev().max_by_key(|channel| expected(channel).rate).unwrap();
            let part = expected(&best).part.unwrap();
            (best, PARTS.iter().position(|first| *first == part).unwrap())
        })
    }

    /// The best of the debtor's own shares, as they are.
    fn raw(&self) -> f64 {
        self.brings(|history| {
            let share = |(channel, part): &(usize, usize)| {
                let Tally { contacts, successes } = history.on(CHANNELS[*channel], Some(PARTS[*part]));
                (successes * 1_000).checked_div(contacts).unwrap_or(0)
            };
            each_way().rev().max_by_key(share).unwrap()
        })
    }

    /// The one way that is best for all together, by their true chances.
    fn best_single(&self) -> f64 {
        each_way().map(|way| self.brings(|_| way)).fold(0.0, f64::max)
    }
}

fn each_way() -> impl DoubleEndedIterator<Item = (usize, usize)> {
    (0..3).flat_map(|channel| (0..4).map(move |part| (channel, part)))
}

/// learning.md, "Gates": the shrunk choice of channel and hour beats raw rates, and is within .01 of the best single one where debtors do
/// not differ, or differ in nothing that a choice could use.
#[test]
fn the_shrunk_choice_beats_raw_rates_and_loses_nothing_where_debtors_do_not_differ() {
    const ALIKE: &[f64] = &[1.0];
    let table: &[(&str, [&[f64]; 3], f64, bool)] = &[
        ("all alike", [ALIKE, ALIKE, ALIKE], 0.0, false),
        ("they pay more or less readily", [&[0.4, 1.0, 2.5], ALIKE, ALIKE], 0.0, false),
        ("and each was contacted by one channel", [&[0.4, 1.0, 2.5], ALIKE, ALIKE], 0.8, false),
        ("they differ by channel", [&[0.7, 1.0, 1.4], &[0.3, 1.0, 3.0], ALIKE], 0.0, true),
        ("and by the hour", [&[0.5, 1.0, 2.0], &[0.4, 1.0, 2.5], &[0.5, 1.0, 2.0]], 0.0, true),
    ];
    for (name, differ, habit, gains) in table {
        for seed in 1..=5 {
            let world = World::of(seed, *differ, *habit);
            let (shrunk, raw, single) = (world.shrunk(), world.raw(), world.best_single());
            let told = format!(
                "{name}, {seed}: shrunk {shrunk:.3}, raw {raw:.3}, single {single:.3}; {:?}",
                world.learnt.weights
            );
            assert!(shrunk > raw + 0.01, "{told}");
            assert!(shrunk >= single - 0.01, "{told}");
            assert!(!gains || shrunk > single + 0.01, "{told}");
        }
    }
}

#[test]
fn the_weights_say_at_which_level_debtors_differ() {
    const ALIKE: &[f64] = &[1.0];
    let weights = |differ: [&[f64]; 3]| World::of(7, differ, 0.0).learnt.weights;
    let alike = weights([ALIKE, ALIKE, ALIKE]);
    assert!(alike.debtor > 50 && alike.channel > 50 && alike.part > 50, "{alike:?}");
    let ready = weights([&[0.3, 1.0, 3.0], ALIKE, ALIKE]);
    assert!(ready.debtor < 20 && ready.channel > 30, "{ready:?}");
    let choosy = weights([ALIKE, &[0.2, 1.0, 5.0], ALIKE]);
    assert!(choosy.channel < 15 && choosy.debtor > 30, "{choosy:?}");
}

fn any_outcomes() -> impl Strategy<Value = Outcomes> {
    let contact = (prop::sample::select(&CHANNELS[..]), prop::option::of(0u32..24), any::<bool>());
    prop::collection::vec(contact, 0..30).prop_map(|contacts| {
        let mut outcomes = Outcomes::default();
        contacts.into_iter().for_each(|(channel, hour, has_succeeded)| outcomes.add(channel, hour, has_succeeded));
        outcomes
    })
}

proptest! {
    /// Shards, threads and the order of rows.
    #[test]
    fn no_order_and_no_grouping_changes_what_is_learnt(debtors in prop::collection::vec(any_outcomes(), 0..20), at in 0usize..20) {
        let add = |debtors: &[Outcomes]| {
            let mut sums = ResponseSums::default();
            debtors.iter().for_each(|of_debtor| sums.add(of_debtor));
            sums
        };
        let whole = add(&debtors).learn(7);
        let (one, other) = debtors.split_at(at.min(debtors.len()));
        let mut parts = add(other);
        parts.merge(&add(one));
        prop_assert_eq!(&parts.learn(7), &whole);
        let reversed: Vec<Outcomes> = debtors.iter().rev().cloned().collect();
        prop_assert_eq!(&add(&reversed).learn(7), &whole);
    }

    #[test]
    fn what_is_expected_is_a_share_and_one_more_success_never_lowers_it(own in any_outcomes(), debtors in prop::collection::vec(any_outcomes(), 0..20)) {
        let mut sums = ResponseSums::default();
        debtors.iter().for_each(|of_debtor| sums.add(of_debtor));
        let learnt = sums.learn(7);
        prop_assert!(learnt.is_whole());
        let (mut paid, mut unpaid) = (own.clone(), own);
        paid.add(Email, Some(9), true);
        unpaid.add(Email, Some(9), false);
        for channel in CHANNELS {
            let [paid, unpaid] = [&paid, &unpaid].map(|own| learnt.expected(own, channel, &PARTS).rate.basis_points());
            prop_assert!(unpaid <= paid && paid <= RATE_WHOLE, "{channel:?}: {unpaid} {paid}");
        }
    }
}
