//! The arithmetic by hand, and what it says of portfolios whose truth is known.

use super::*;
use crate::domain::experiment::size::{Spread, correlation, variance_left};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn is_near(found: f64, expected: f64, within: f64) -> bool {
    (found - expected).abs() <= within
}

/// Errors of 0.03 and 0.04 (0.05 together) since, and of 0.06 and 0.08 (0.1) before; covariances of 0.0018 and 0.0022: the factor is
/// 0.004 / 0.01 = 0.4, and of the variance of 0.0025 there are 0.4 x 0.004 = 0.0016 less.
#[test]
fn what_the_time_before_explains_is_taken_off() {
    let rate = |since: (f64, f64), before: (f64, f64), covariance| Rate {
        since: Estimate { value: since.0, error: since.1 },
        before: Some(Before { rate: Estimate { value: before.0, error: before.1 }, covariance }),
    };
    let champion = rate((0.50, 0.03), (0.40, 0.06), 0.0018);
    let challenger = rate((0.60, 0.04), (0.50, 0.08), 0.0022);
    let found = adjusted(&champion, &challenger).expect("both are known");
    assert!(is_near(found.difference.value, 0.10 - 0.4 * 0.10, 1e-12), "{found:?}");
    assert!(is_near(found.difference.error, 0.03, 1e-12), "√0.0009: {found:?}");
    assert!(is_near(found.variance_left, 0.36, 1e-12), "{found:?}");
    assert_eq!(adjusted(&champion, &Rate { before: None, ..challenger }), None);
    let alike = rate((0.60, 0.04), (0.50, 0.0), 0.0);
    assert_eq!(adjusted(&alike, &alike), None, "what is the same for all explains nothing");
}

/// An error of 0.06 where independent items would have 0.03: four times the variance. Of 7 items a group, 4 = 1 + 6 x 0.5.
#[test]
fn how_alike_the_items_of_a_group_are_paid() {
    let found = clustering(0.06, 0.03, 7.0).expect("a spread");
    assert!(is_near(found.design_effect, 4.0, 1e-12) && is_near(found.correlation.expect("more than one"), 0.5, 1e-12));
    assert_eq!(clustering(0.03, 0.03, 1.0).expect("a spread").correlation, None, "one item each");
    assert_eq!(clustering(0.0, 0.0, 7.0), None);
}

/// Share and groups of an arm.
type Drawn = (u32, u64);

/// Shares and groups; chi-square by hand; whether it holds.
#[test]
fn arms_are_as_large_as_their_shares_but_for_chance() {
    let cases: &[(&[Drawn], Option<f64>, bool)] = &[
        (&[(50, 500), (50, 500)], Some(0.0), true),
        // 50² / 500 twice
        (&[(50, 550), (50, 450)], Some(10.0), true),
        (&[(50, 553), (50, 447)], Some(2.0 * 53.0 * 53.0 / 500.0), false),
        (&[(80, 800), (15, 150), (5, 50)], Some(0.0), true),
        (&[(80, 840), (15, 150), (5, 10)], Some(2.0 + 0.0 + 32.0), false),
        // Nobody is in the third arm, which is missing here.
        (&[(80, 800), (15, 200)], Some(0.0 + 50.0 * 50.0 / 150.0 + 50.0), false),
        (&[(95, 60), (5, 3)], None, true),
        (&[(100, 60)], None, true),
        (&[], None, true),
    ];
    for (arms, chi_square, holds) in cases {
        let found = sample_ratio(arms);
        match (found, chi_square) {
            (Some(found), Some(expected)) => {
                assert!(is_near(found.chi_square, *expected, 1e-9), "{arms:?}: {found:?}");
                assert_eq!(found.holds(), *holds, "{arms:?}: {found:?}");
            }
            (found, expected) => assert!(found.is_none() && expected.is_none(), "{arms:?}: {found:?}"),
        }
    }
}

#[test]
fn a_harm_is_told_where_chance_does_not_explain_it() {
    // 10 of 100 against 20 of 100: 0.1 with an error of √(0.15 x 0.85 x 0.02) = 0.0505, so 0.099 are needed.
    let cases = [
        ((10, 100), (20, 100), true),
        ((10, 100), (19, 100), false),
        ((20, 100), (10, 100), false),
        ((0, 800), (4, 150), false),
        ((0, 800), (5, 150), true),
        ((0, 0), (5, 150), false),
    ];
    for (champion, challenger, expected) in cases {
        assert_eq!(is_more(champion, challenger), expected, "{champion:?} {challenger:?}");
    }
}

#[test]
fn a_verdict_waits_for_the_last_day_and_for_sound_arms() {
    let of = |value| Some(Estimate { value, error: 0.01 }.interval(INTERVAL_ERRORS));
    let (last, before, after) = (Some(day("2026-09-30")), day("2026-09-29"), day("2026-10-01"));
    let not_yet = Verdict::NotYet { on: after };
    let (sound, skewed) = (sample_ratio(&[(50, 500), (50, 500)]), sample_ratio(&[(50, 600), (50, 400)]));
    let cases = [
        (None, after, sound, of(0.1), Verdict::NoLastDay),
        (last, before, skewed, of(0.1), not_yet),
        // What is paid on the last day is in the exports of the day after.
        (last, day("2026-09-30"), sound, of(0.1), not_yet),
        (last, after, sound, of(0.1), Verdict::Better),
        (last, after, None, of(0.1), Verdict::Better),
        (last, after, skewed, of(0.1), Verdict::Skewed),
        (last, after, skewed, None, Verdict::Skewed),
        (last, after, sound, None, Verdict::TooFewGroups),
        (last, after, sound, of(-0.1), Verdict::Worse),
        (last, after, sound, of(0.0195), Verdict::NoDifference),
        (last, after, sound, of(-0.0195), Verdict::NoDifference),
    ];
    for (ends_on, as_of, ratio, interval, expected) in cases {
        let evidence = Evidence { ends_on, as_of, spoilt: None, ratio, interval };
        assert_eq!(verdict(&evidence), expected, "{evidence:?}");
    }
    // Whoever changed it after it began is told so at once, and not to wait for a day.
    for spoilt in [Verdict::Moved, Verdict::ArmsChanged, Verdict::BeganLate, Verdict::WasAbsent] {
        for (as_of, ratio) in [(after, sound), (after, skewed), (last.unwrap(), sound)] {
            let evidence = Evidence { ends_on: last, as_of, spoilt: Some(spoilt), ratio, interval: of(0.1) };
            assert_eq!(verdict(&evidence), spoilt, "{evidence:?}");
        }
    }
}

/// Quantiles of Student's t and of the normal distribution (NIST/SEMATECH e-Handbook, 1.3.6.7.1 and .2), of 0.025 by the challengers.
#[test]
fn an_interval_is_wider_for_few_groups_and_for_more_challengers() {
    for (groups, challengers, expected) in [
        (1e9, 1, 1.960),
        (1e9, 2, 2.241),
        (1e9, 5, 2.576),
        (1e9, 9, 2.773),
        (30.0, 1, 2.048),
        (42.0, 1, 2.021),
        (122.0, 1, 1.980),
        (30.0, 5, 2.763),
        (42.0, 5, 2.704),
        (122.0, 5, 2.617),
    ] {
        let found = interval_errors(groups, challengers);
        assert!(is_near(found, expected, 1e-3), "{groups} groups, {challengers} challengers: {found}");
    }
}

/// Figures of the design: a group's part deviates by 0.2443, and the time before leaves 34 % of the variance.
#[test]
fn three_points_need_a_thousand_debtors_an_arm_or_a_third_of_them() {
    let spread = Spread { groups: 10_000, deviation: 0.2443 };
    assert_eq!(spread.needed(0.03), 1_041);
    assert_eq!(spread.needed(0.5), 30, "an interval needs as many");
    let explained = (1.0_f64 - 0.34).sqrt();
    assert!(is_near(variance_left(explained), 0.34, 1e-12));
    assert_eq!(spread.adjusted(explained).needed(0.03), 354);
    // What so many groups find is what they were asked for.
    let all = Spread { groups: 2 * 1_041, ..spread };
    assert!(is_near(all.least_detectable(50, 50), 0.03, 1e-5));
    // A twentieth of 1,000 groups against four fifths: 2.8016 x 0.2443 x √(1/50 + 1/800).
    assert!(is_near(Spread { groups: 1_000, ..spread }.least_detectable(80, 5), 0.0998, 1e-4));
    let one = Estimate { value: 0.5, error: 0.02 };
    assert!(is_near(Spread::of(100, one).deviation, 0.2, 1e-12));
    assert_eq!(correlation(one, Estimate { value: 0.5, error: 0.05 }, 0.0008), Some(0.8));
    assert_eq!(correlation(one, Estimate { value: 0.5, error: 0.0 }, 0.0), None);
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// An item: what should be paid, and what is.
type Item = (f64, f64);

/// A group: its items since, and those before.
struct Group {
    since: Vec<Item>,
    before: Vec<Item>,
}

/// The same of groups of which none owes more than twice what another does.
fn portfolio(groups: usize, dice: &mut Dice) -> Vec<Group> {
    portfolio_of(groups, |size| 1.0 + size, dice)
}

/// Groups that pay most of what they owe, and groups that pay little: of each item all or nothing, and before as since. So the truth
/// is known: a rate of (0.9 + 0.2) / 2, whatever the arm. Their sizes are of numbers from 0 to below 1.
fn portfolio_of(groups: usize, size: impl Fn(f64) -> f64, dice: &mut Dice) -> Vec<Group> {
    let items = |chance: f64, size: f64, dice: &mut Dice| -> Vec<Item> {
        let number = 4 + dice.next() % 7;
        let item = |_| {
            let amount = size * (50.0 + 100.0 * dice.share());
            (amount, if dice.share() < chance { amount } else { 0.0 })
        };
        (0..number).map(item).collect()
    };
    let group = |_| {
        let chance = if dice.next().is_multiple_of(2) { 0.9 } else { 0.2 };
        let size = size(dice.share());
        Group { since: items(chance, size, dice), before: items(chance, size, dice) }
    };
    (0..groups).map(group).collect()
}

/// Σ of 1, X, Y, U, V and of their squares and products, as `fct_group_rates` adds them up.
#[derive(Clone, Copy, Default)]
struct Sums([f64; 15]);

impl Sums {
    fn of((x, y): Item, (u, v): Item) -> Sums {
        Sums([1.0, x, y, u, v, x * x, x * y, y * y, u * u, u * v, v * v, x * u, x * v, y * u, y * v])
    }

    fn add(&mut self, other: &Sums) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    fn less(&self, other: &Sums) -> Sums {
        Sums(std::array::from_fn(|n| self.0[n] - other.0[n]))
    }

    /// How many groups of one size tell as much, in both windows.
    fn effective_groups(&self) -> f64 {
        let [_, x, _, u, _, xx, _, _, uu, ..] = self.0;
        (x * x / xx).min(u * u / uu)
    }

    /// As `all_group_rates` makes it.
    fn rate(&self) -> Rate {
        let [n, x, y, u, v, xx, xy, yy, uu, uv, vv, xu, xv, yu, yv] = self.0;
        let (now, then, spread) = (y / x, v / u, n / (n - 1.0));
        let error = |squares: f64, of: f64| (spread * squares).sqrt() / of;
        Rate {
            since: Estimate { value: now, error: error(yy - 2.0 * now * xy + now * now * xx, x) },
            before: Some(Before {
                rate: Estimate { value: then, error: error(vv - 2.0 * then * uv + then * then * uu, u) },
                covariance: spread * (yv - then * yu - now * xv + now * then * xu) / (x * u),
            }),
        }
    }
}

fn whole(items: &[Item]) -> Item {
    items.iter().fold((0.0, 0.0), |(x, y), item| (x + item.0, y + item.1))
}

/// The groups that are drawn into one of two equal arms.
fn half_of(groups: &[Sums], dice: &mut Dice) -> Sums {
    let mut half = Sums::default();
    for chunk in groups.chunks(64) {
        let bits = dice.next();
        let drawn = chunk.iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1);
        drawn.for_each(|(_, group)| half.add(group));
    }
    half
}

fn is_clear(found: Estimate, errors: f64) -> bool {
    let (low, high) = found.interval(errors);
    low > 0.0 || high < 0.0
}

/// Arms of 30 to 50 effective groups, the largest of which owe some 27 times what the smallest do: by 1.96 errors 6.2 of 100 differ, and 6.4
/// with what they paid before.
#[test]
fn few_groups_of_different_sizes_differ_one_time_in_twenty_too() {
    let mut dice = Dice(23);
    let (mut draws, mut clear, mut clear_adjusted) = (0, 0, 0);
    for _ in 0..400 {
        let size = |share: f64| (1.0 + 2.0 * share) * (1.0 + 2.0 * share) * (1.0 + 2.0 * share);
        let groups = portfolio_of(130, size, &mut dice);
        let groups: Vec<Sums> =
            groups.iter().map(|group| Sums::of(whole(&group.since), whole(&group.before))).collect();
        let mut all = Sums::default();
        groups.iter().for_each(|group| all.add(group));
        for _ in 0..50 {
            let drawn = half_of(&groups, &mut dice);
            let others = all.less(&drawn);
            let least = drawn.effective_groups().min(others.effective_groups());
            if !(GROUPS_MIN as f64..=50.0).contains(&least) {
                continue;
            }
            let (champion, challenger, errors) = (others.rate(), drawn.rate(), interval_errors(least, 1));
            draws += 1;
            clear += u32::from(is_clear(difference(champion.since, challenger.since), errors));
            let found = adjusted(&champion, &challenger).expect("both are known");
            clear_adjusted += u32::from(is_clear(found.difference, errors));
        }
    }
    assert!(draws > 15_000, "{draws} draws have 30 to 50 effective groups");
    for (what, clear) in [("plain", clear), ("adjusted", clear_adjusted)] {
        let rejected = f64::from(clear) / f64::from(draws);
        assert!((0.04..=0.06).contains(&rejected), "{what}: {rejected}");
    }
}

/// 20,000 times half of 400 groups are drawn into an arm in which nothing is different, and then in one that pays 5 points more.
#[test]
fn arms_that_are_alike_differ_one_time_in_twenty_and_the_time_before_moves_nothing() {
    const DRAWS: u32 = 20_000;
    let mut dice = Dice(7);
    let groups: Vec<Sums> =
        portfolio(400, &mut dice).iter().map(|group| Sums::of(whole(&group.since), whole(&group.before))).collect();
    let mut all = Sums::default();
    groups.iter().for_each(|group| all.add(group));
    let (mut clear, mut clear_adjusted, mut left, mut mean, mut mean_adjusted) = (0, 0, 0.0, 0.0, 0.0);
    for _ in 0..DRAWS {
        let drawn = half_of(&groups, &mut dice);
        let others = all.less(&drawn);
        let errors = interval_errors(drawn.effective_groups().min(others.effective_groups()), 1);
        let (champion, challenger) = (others.rate(), drawn.rate());
        let plain = difference(champion.since, challenger.since);
        let found = adjusted(&champion, &challenger).expect("both are known");
        clear += u32::from(is_clear(plain, errors));
        clear_adjusted += u32::from(is_clear(found.difference, errors));
        left += found.variance_left;
        mean += plain.value;
        // Whoever pays 5 points more of each X has the same residuals, and so the same factor.
        let more = Rate { since: Estimate { value: challenger.since.value + 0.05, ..challenger.since }, ..challenger };
        mean_adjusted += adjusted(&champion, &more).expect("both are known").difference.value;
    }
    let per_draw = |sum: f64| sum / f64::from(DRAWS);
    for (what, clear) in [("plain", clear), ("adjusted", clear_adjusted)] {
        let rejected = per_draw(f64::from(clear));
        assert!((0.04..=0.06).contains(&rejected), "{what}: {rejected}");
    }
    assert!(per_draw(left) <= 0.40, "{}", per_draw(left));
    assert!(is_near(per_draw(mean), 0.0, 0.001), "{}", per_draw(mean));
    assert!(is_near(per_draw(mean_adjusted), 0.05, 0.001), "{}", per_draw(mean_adjusted));
}

/// Of 2,000 portfolios of 200 groups: how often the interval holds the true rate, with groups and with items as what is drawn.
#[test]
fn intervals_of_groups_hold_the_truth_where_those_of_items_do_not() {
    let mut dice = Dice(11);
    let (mut by_groups, mut by_items, mut correlations) = (0, 0, 0.0);
    let holds = |rate: Estimate| u32::from(rate.low() <= 0.55 && 0.55 <= rate.high());
    for _ in 0..2_000 {
        let (mut groups, mut items) = (Sums::default(), Sums::default());
        for group in portfolio(200, &mut dice) {
            groups.add(&Sums::of(whole(&group.since), whole(&group.before)));
            group.since.iter().for_each(|item| items.add(&Sums::of(*item, (1.0, 0.5))));
        }
        let (of_groups, of_items) = (groups.rate().since, items.rate().since);
        by_groups += holds(of_groups);
        by_items += holds(of_items);
        let found = clustering(of_groups.error, of_items.error, groups.0[5] / items.0[5]).expect("a spread");
        correlations += found.correlation.expect("several items");
    }
    let (by_groups, by_items) = (f64::from(by_groups) / 2_000.0, f64::from(by_items) / 2_000.0);
    assert!((0.93..=0.97).contains(&by_groups), "{by_groups}");
    assert!(by_items < 0.80, "{by_items}");
    // Between groups 0.35², of 0.55 x 0.45 in all.
    assert!(is_near(correlations / 2_000.0, 0.1225 / 0.2475, 0.03), "{}", correlations / 2_000.0);
}

/// A sound draw hardly ever counts as skewed, and one that loses a fifth of an arm does.
#[test]
fn a_lost_fifth_of_an_arm_is_found() {
    let mut dice = Dice(13);
    let (mut sound, mut lost) = (0, 0);
    for _ in 0..1_000 {
        let drawn = (0..4_000).filter(|_| dice.next().is_multiple_of(2)).count() as u64;
        let is_skewed = |groups: u64| sample_ratio(&[(50, 4_000 - drawn), (50, groups)]).is_some_and(|r| !r.holds());
        sound += u32::from(is_skewed(drawn));
        lost += u32::from(is_skewed(drawn * 4 / 5));
    }
    assert!(sound <= 5, "{sound} of 1,000 sound draws");
    assert!(lost >= 990, "{lost} of 1,000 draws that lost a fifth");
}

/// Arms that are alike, looked at in each of six weeks, and stopped at the first difference.
#[test]
fn whoever_looks_every_week_finds_a_difference_that_is_none() {
    let mut dice = Dice(17);
    let looked = |dice: &mut Dice| {
        let mut sum = 0.0;
        (1..=6).any(|week| {
            // Twelve uniform numbers less six: nearly normal, with a variance of 1.
            sum += (0..12).map(|_| dice.share()).sum::<f64>() - 6.0;
            let found = Estimate { value: sum, error: f64::from(week).sqrt() };
            found.low() > 0.0 || found.high() < 0.0
        })
    };
    let false_alarms = (0..10_000).filter(|_| looked(&mut dice)).count();
    assert!((1_350..=1_750).contains(&false_alarms), "{false_alarms} of 10,000");
}
