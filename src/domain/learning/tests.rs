//! Learning from portfolios whose truth is known.

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::backtest::{Backtest, Figures, Window};
use super::habits::{Habits, size, walk};
use super::model::{Basis, Learnt, Leftover, Lesson, PaymentModel, Quality};
use super::responses::Responses;
use super::*;
use crate::domain::money::Currency;

fn brl() -> Currency {
    "BRL".parse().unwrap()
}

fn bill(issued: i32, payable: i32, ended: Option<i32>) -> Bill {
    Bill { issued, payable, amount: 10_000, ended, is_paid: ended.is_some() }
}

fn learn(accounts: &[Vec<Bill>], known: i32) -> Learnt {
    let lesson = lesson(accounts, known);
    let fitted = lesson.fit();
    let mut leftover = Leftover::default();
    accounts.iter().for_each(|bills| leftover.add(&known_on(bills, known), known, &fitted));
    Learnt::of(&lesson, fitted, &leftover)
}

fn lesson(accounts: &[Vec<Bill>], known: i32) -> Lesson {
    let mut lesson = Lesson::default();
    accounts.iter().for_each(|bills| lesson.add(&known_on(bills, known), known));
    lesson.debtors = accounts.len() as u64;
    lesson
}

fn known_on(bills: &[Bill], day: i32) -> Vec<Bill> {
    bills.iter().filter_map(|bill| bill.known_on(day)).collect()
}

fn tried(accounts: &[Vec<Bill>], learnt: &Learnt, (from, known): (i32, i32)) -> Figures {
    let mut tried = Backtest::default();
    let window = Window { from, to: known, known };
    accounts.iter().for_each(|bills| tried.add(&known_on(bills, known), brl(), learnt, window));
    tried.figures()
}

/// A normal draw, near enough: twelve uniform ones.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// Accounts that pay so many days late on average, each with its own spread, over 720 days: a bill every month or so, large ones and those of
/// the first three months of a year later. Everything is paid in the end, also after the last day of the history.
fn portfolio(seed: u64, accounts: usize) -> Vec<Vec<Bill>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let account = |_| {
        let (mean, spread) = (normal(&mut rng) * 8.0 - 5.0, 6.0 + 6.0 * rng.random::<f64>());
        let mut bills = Vec::new();
        let mut day = rng.random_range(0..30);
        while day < 720 {
            let payable = day + 30;
            let (large, early) = (rng.random_range(0..12), payable % 365 < 90);
            let amount = 1_000 << large;
            let late = mean + f64::from(large) - 6.0 + if early { 8.0 } else { 0.0 };
            let delay = (late + spread * normal(&mut rng)).round() as i32;
            bills.push(Bill { issued: day, payable, amount, ended: Some((payable + delay).max(day)), is_paid: true });
            day += rng.random_range(20..40);
        }
        bills
    };
    (0..accounts).map(account).collect()
}

#[test]
fn habits_are_what_was_known_before_the_day() {
    // Paid 3 days late; paid 2 days early; open and late; issued on the very day.
    let bills =
        [bill(0, 10, Some(13)), bill(5, 15, Some(13)), bill(8, 12, None), bill(20, 40, None), bill(1, 30, Some(20))];
    let mut seen = Vec::new();
    walk(&bills, &[13, 14, 20], |at, habits| seen.push((at, *habits)));
    let of = |at: usize| seen.iter().find(|(question, _)| *question == at).unwrap().1;
    // On day 13 itself nothing of that day is known: three bills are open besides the one of day 1, two of them past due.
    assert_eq!((of(0).paid, of(0).open, of(0).overdue, of(0).oldest), (0, 4, 2, [Some(10), Some(12)]));
    let two_paid = of(1);
    assert_eq!((two_paid.paid, two_paid.delays, two_paid.late, two_paid.days_late), (2, 1, 1, 3));
    assert_eq!((two_paid.recent, two_paid.recent_delays, two_paid.recent_late), (2, 1, 1));
    assert_eq!((two_paid.open, two_paid.overdue, two_paid.oldest), (2, 1, [Some(12), Some(30)]));
    assert_eq!(of(2).paid, 2, "what is paid on day 20 is known on day 21");
}

/// Whoever has paid nothing has no paid bill that was late, and is late with every one.
#[test]
fn bills_that_stand_late_count_as_late() {
    // Five that fell due 148, 60, 31, 16 and 3 days ago, none of them paid, and one that was paid in time.
    let mut bills: Vec<Bill> = [148, 60, 31, 16, 3].map(|days| bill(0, 300 - days, None)).to_vec();
    bills.push(bill(0, 100, Some(100)));
    let share = |bills: &[Bill], days: i32, asked: bool| {
        let mut found = f64::NAN;
        walk(bills, &[301], |_, habits| found = habits.late_share(days, 0.4, asked));
        found
    };
    let table = [
        ("none paid", &bills[..5], 0, false, (5.0 + 0.8) / 7.0),
        ("by more than 15 days", &bills[..5], 15, false, (4.0 + 0.8) / 6.0),
        ("by more than 30 days", &bills[..5], 30, false, (3.0 + 0.8) / 5.0),
        ("and one paid in time", &bills[..], 0, false, (5.0 + 0.8) / 8.0),
        ("one of them is asked about", &bills[..5], 0, true, (4.0 + 0.8) / 6.0),
        ("a new account", &[], 0, false, 0.4),
    ];
    for (name, bills, days, asked, expected) in table {
        let found = share(bills, days, asked);
        assert!((found - expected).abs() < 1e-12, "{name}: {found}, not {expected}");
    }
    // Not before they are late, and not after they are paid.
    let paid = [bill(0, 100, Some(120))];
    for (day, expected) in [(100, 0.4), (101, 1.8 / 3.0), (116, 1.8 / 3.0), (121, 1.8 / 3.0)] {
        walk(&paid, &[day], |_, habits| assert_eq!(habits.late_share(0, 0.4, false), expected, "{day}"));
    }
    for (day, expected) in [(115, 0.4), (116, 1.8 / 3.0), (121, 1.8 / 3.0)] {
        walk(&paid, &[day], |_, habits| assert_eq!(habits.late_share(15, 0.4, false), expected, "15: {day}"));
    }
}

#[test]
fn a_write_off_ends_a_bill_and_says_nothing_of_payment() {
    let written_off = Bill { is_paid: false, ..bill(0, 10, Some(50)) };
    let mut seen = Habits::default();
    walk(&[written_off], &[60], |_, habits| seen = *habits);
    assert_eq!(seen, Habits::default());
    assert_eq!(written_off.delay(), None);
}

#[test]
fn sizes_are_binary_logarithms() {
    for (amount, parts) in [(1, 0), (2, 1024), (3, 1536), (4, 2048), (1 << 40, 40 * 1024), (0, 0), (-5, 0)] {
        assert_eq!(size(amount), parts, "{amount}");
    }
}

#[test]
fn a_model_of_a_known_truth_ranks_and_is_calibrated() {
    let accounts = portfolio(7, 300);
    let learnt = learn(&accounts, 540);
    let figures = tried(&accounts, &learnt, (540, 760));
    for view in [&figures.at_issue, &figures.before_due] {
        assert!(view.bills > 1_000, "{}", view.bills);
        assert!(view.brier.unwrap() < view.counting_brier.unwrap(), "{view:?}");
        assert!(view.brier.unwrap() < view.base_brier.unwrap(), "{view:?}");
        assert!(view.missed_days.unwrap() < view.missed_days_by_due.unwrap(), "{view:?}");
        assert!((0.76..=0.88).contains(&view.coverage.unwrap()), "{view:?}");
    }
    assert!(figures.at_issue.auc.unwrap() > figures.at_issue.counting_auc.unwrap(), "{:?}", figures.at_issue);
    for tenth in &figures.at_issue.tenths {
        // Four standard deviations of a binomial, and what a straight line cannot follow.
        let spread = 4.0 * (tenth.told * (1.0 - tenth.told) / tenth.bills as f64).sqrt() + 0.05;
        assert!((tenth.told - tenth.came).abs() <= spread, "{tenth:?}");
    }
    let cash = &figures.cash["BRL"];
    assert!(cash.missed_7_days.unwrap() < 0.15 && cash.missed_30_days.unwrap() < 0.06, "{cash:?}");
}

/// Young bills are known to be paid only where they are paid early: whoever looks at the paid ones alone sees few late ones.
#[test]
fn bills_that_are_open_count_as_unpaid_so_far() {
    let accounts = portfolio(11, 300);
    let known = 90;
    let learnt = learn(&accounts, known);
    let (mut told, mut truth, mut settled, mut settled_late, mut bills) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for of_account in &accounts {
        let seen: Vec<Bill> = known_on(of_account, known);
        let days: Vec<i32> = seen.iter().map(|bill| bill.issued).collect();
        walk(&seen, &days, |at, habits| {
            told += learnt.outlook(habits, &seen[at], seen[at].issued - 1, Basis::Model).late(5);
        });
        for bill in of_account.iter().filter(|bill| bill.issued <= known) {
            let is_late = f64::from(u8::from(bill.delay().unwrap() > 5));
            bills += 1.0;
            truth += is_late;
            if bill.ended.unwrap() <= known {
                settled += 1.0;
                settled_late += is_late;
            }
        }
    }
    let (told, truth, naive) = (told / bills, truth / bills, settled_late / settled);
    assert!(naive < truth - 0.02, "the trap is there: {naive} of {truth}");
    assert!((told - truth).abs() < 0.03, "told {told}, true {truth}, of paid ones alone {naive}");
}

#[test]
fn what_is_too_small_or_no_better_than_counting_is_refused() {
    let accounts = portfolio(3, 12);
    let figures = tried(&accounts, &learn(&accounts, 540), (540, 760));
    let (quality, remarks) = PaymentModel::judge(&lesson(&accounts, 540), &figures);
    assert_eq!(quality, Quality::Refused);
    assert!(
        remarks[0].contains("debtors who have paid and 30 late bills are needed, and there are 12 and"),
        "{remarks:?}"
    );
    let enough = portfolio(3, 200);
    let figures = tried(&enough, &learn(&enough, 540), (540, 760));
    assert_eq!(PaymentModel::judge(&lesson(&enough, 540), &figures), (Quality::Good, Vec::new()));
    let mut worse = figures;
    for view in [&mut worse.at_issue, &mut worse.before_due] {
        view.brier = view.counting_brier;
    }
    let (quality, remarks) = PaymentModel::judge(&lesson(&enough, 540), &worse);
    assert!(quality == Quality::Refused && remarks[0].contains("no nearer to what came"), "{remarks:?}");
}

/// All terms were of about thirty days, and a day more went with being five days later: of sixty days or a hundred nobody has learnt.
#[test]
fn what_no_bill_ever_had_is_not_drawn_out_in_a_line() {
    let of_account = |account: i32| -> Vec<Bill> {
        (0..20)
            .map(|n| (n * 25 + account % 7, 29 + (n + account) % 3))
            .map(|(issued, term)| bill(issued, issued + term, Some(issued + term + (term - 30) * 5 + account % 3)))
            .collect()
    };
    let learnt = learn(&(0..40).map(of_account).collect::<Vec<_>>(), 700);
    let late =
        |term: i32| learnt.outlook(&Habits::default(), &bill(690, 690 + term, None), 690, Basis::Model).reasons();
    let of_term = |term: i32| {
        late(term)
            .into_iter()
            .find_map(|(topic, days)| (topic == super::features::Topic::Term).then_some(days))
            .unwrap()
    };
    assert!(of_term(31) > of_term(30), "{} {}", of_term(31), of_term(30));
    assert_eq!(of_term(60), of_term(150));
    assert!(of_term(150) < 15.0, "{}", of_term(150));
}

#[test]
fn what_can_be_told_too_well_is_a_leak() {
    let figures = Figures::default();
    let view = backtest::ViewFigures {
        bills: 9,
        auc: Some(0.97),
        brier: Some(0.02),
        counting_brier: Some(0.1),
        ..figures.at_issue.clone()
    };
    let enough = lesson(&portfolio(3, 200), 540);
    let (quality, remarks) = PaymentModel::judge(&enough, &Figures { at_issue: view, ..figures });
    assert_eq!(quality, Quality::Good);
    assert!(remarks[0].contains("0.970") && remarks[0].contains("what came later"), "{remarks:?}");
}

#[test]
fn the_order_of_rows_and_how_they_are_shared_out_changes_no_bit() {
    let accounts = portfolio(5, 60);
    let bytes = |learnt: &Learnt| serde_json::to_string(learnt).unwrap();
    let wanted = bytes(&learn(&accounts, 540));
    let mut turned: Vec<Vec<Bill>> = accounts.clone();
    turned.reverse();
    turned.iter_mut().for_each(|bills| bills.reverse());
    assert_eq!(bytes(&learn(&turned, 540)), wanted);
    let (mut all, mut left) = (Lesson::default(), Leftover::default());
    let shards: Vec<Lesson> = accounts.chunks(7).map(|shard| lesson(shard, 540)).collect();
    shards.iter().rev().for_each(|shard| all.merge(shard));
    let fitted = all.fit();
    for shard in accounts.chunks(13) {
        let mut of_shard = Leftover::default();
        shard.iter().for_each(|bills| of_shard.add(&known_on(bills, 540), 540, &fitted));
        left.merge(&of_shard);
    }
    assert_eq!(bytes(&Learnt::of(&all, fitted, &left)), wanted);
}

#[test]
fn what_comes_later_changes_no_bit() {
    let accounts = portfolio(5, 60);
    let later: Vec<Vec<Bill>> = accounts
        .iter()
        .map(|bills| {
            let spoilt = |bill: &Bill| match bill.ended {
                // Of a bill that is open, when and how it ends is unknown.
                Some(ended) if ended > 540 => Bill { ended: Some(541), is_paid: false, ..*bill },
                _ => *bill,
            };
            let known = bills.iter().filter(|bill| bill.issued <= 540).map(spoilt);
            known.chain([bill(600, 610, Some(900))]).collect()
        })
        .collect();
    let bytes = |accounts: &[Vec<Bill>]| serde_json::to_string(&learn(accounts, 540)).unwrap();
    assert_eq!(bytes(&later), bytes(&accounts));
}

/// A model that has been tried and is good, whatever that is.
fn good_model(learnt: Learnt) -> PaymentModel {
    PaymentModel {
        model_version: model::MODEL_VERSION,
        tenant: "t".to_owned(),
        as_of: chrono::NaiveDate::default(),
        quality: Quality::Good,
        remarks: Vec::new(),
        accepted: None,
        debtors: 60,
        bills: 0,
        late_bills: 0,
        tried_from: chrono::NaiveDate::default(),
        figures: Figures::default(),
        input_digest: String::new(),
        features: model::feature_names(),
        learnt,
        responses: Responses::default(),
    }
}

/// The model of day 540 is used by the runs of later days, until that of day 560 is; what is not due yet tells nothing.
#[test]
fn each_bill_was_told_of_by_the_model_of_its_day() {
    use told::told;
    let accounts = portfolio(5, 60);
    let (old, new) = (good_model(learn(&accounts, 540)), good_model(learn(&accounts, 560)));
    let models = [(540, &old), (560, &new)];
    // Issued on these days, payable ten days later, so that each is seen again on the third.
    let bills = [
        bill(541, 551, Some(551)),
        bill(542, 552, Some(552)),
        bill(560, 570, Some(580)),
        bill(562, 572, None),
        bill(590, 600, None),
    ];
    let found: Vec<(bool, View, bool)> =
        told(&bills, &models, 600).into_iter().map(|told| (told.is_in_use, told.view, told.is_late)).collect();
    let mut wanted = vec![
        // The run of day 540 did not use what was learnt from that very day.
        (false, View::BeforeDue, false),
        (false, View::AtIssue, false),
        (false, View::BeforeDue, false),
        (false, View::AtIssue, true),
        (true, View::BeforeDue, true),
        (true, View::AtIssue, true),
        (true, View::BeforeDue, true),
    ];
    let sorted = |mut of: Vec<(bool, View, bool)>| {
        of.sort_unstable();
        of
    };
    wanted.sort_unstable();
    assert_eq!(sorted(found), wanted);
    assert_eq!(told(&bills, &[], 600), Vec::new());
    assert!(told(&bills, &models, 800).iter().all(|told| told.is_late), "of the last 182 days alone");
}

/// What is payable today may be paid today; tomorrow it is late.
#[test]
fn what_is_payable_today_is_not_late_yet() {
    let accounts = portfolio(5, 60);
    let model = good_model(learn(&accounts, 540));
    let open = bill(500, 541, None);
    let late = |as_of| model.expect(&Habits::default(), &open, as_of).late;
    assert!(late(540) < 1.0 && late(541) < 1.0 && late(540) <= late(541), "{} {}", late(540), late(541));
    assert_eq!(late(542), 1.0);
}

#[test]
fn a_reason_is_told_as_a_person_would_say_it() {
    use super::features::Topic;
    let mut expected =
        learn(&portfolio(5, 60), 540).outlook(&Habits::default(), &bill(541, 571, None), 541, Basis::Model).reasons();
    assert_eq!(expected[0].0, Topic::Usual);
    let model = |reasons| model::Expected {
        late: 0.5,
        late_15: 0.1,
        late_30: 0.0,
        from: None,
        on: None,
        to: None,
        basis: Basis::Model,
        paid: 24,
        delays: 139,
        overdue: 0,
        reasons,
    };
    expected = vec![(Topic::Usual, 6.2), (Topic::Lately, -2.4), (Topic::Debts, 0.3), (Topic::Month, 2.6)];
    assert_eq!(
        model(expected).in_words("December"),
        "24 bills paid, 6 days late on average; the model starts from 6 days late, 3 later in December, 2 earlier lately"
    );
    assert_eq!(
        model(vec![(Topic::Usual, -0.7)]).in_words("May"),
        "24 bills paid, 6 days late on average; the model starts from 1 day early"
    );
    assert_eq!(
        model(vec![(Topic::Usual, 0.2)]).in_words("May"),
        "24 bills paid, 6 days late on average; the model starts from the payable day"
    );
    let told = |paid, overdue| model::Expected { paid, overdue, delays: -paid, ..model(Vec::new()) }.in_words("May");
    assert_eq!(told(24, 0), "24 bills paid, 1 day early on average; by the share of them that were late");
    assert_eq!(told(1, 0), "1 bill paid, 1 day early on average; by the share of them that were late");
    assert_eq!(
        (told(0, 0).as_str(), told(0, 2).as_str()),
        ("a new account: as everybody pays", "none of its bills is paid yet: as everybody pays")
    );
}

fn any_bill() -> impl Strategy<Value = Bill> {
    let ended = proptest::option::of(-100..900i32);
    (0..700i32, -10..200i32, any::<i64>(), ended, any::<bool>()).prop_map(|(issued, term, amount, ended, is_paid)| {
        let ended = ended.map(|day| day.max(issued));
        Bill { issued, payable: issued + term, amount, ended, is_paid: is_paid && ended.is_some() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the bills are, chances are numbers from 0 to 1 that never rise with the days, and the days of payment are in order and to come.
    #[test]
    fn chances_never_rise(accounts in prop::collection::vec(prop::collection::vec(any_bill(), 0..12), 0..12), as_of in 100..800i32) {
        let learnt = learn(&accounts, as_of);
        prop_assert!(learnt.is_whole());
        let read: Learnt = serde_json::from_str(&serde_json::to_string(&learnt).unwrap()).unwrap();
        prop_assert_eq!(&read, &learnt);
        for of_account in &accounts {
            let known = known_on(of_account, as_of);
            let open: Vec<Bill> = known.iter().filter(|bill| bill.ended.is_none()).copied().collect();
            let mut habits = Habits::default();
            walk(&known, &[as_of + 1], |_, known| habits = *known);
            for (bill, basis) in open.iter().flat_map(|bill| [(bill, Basis::Model), (bill, Basis::Counting)]) {
                let outlook = learnt.outlook(&habits, bill, as_of, basis);
                let chances: Vec<f64> = (-70..400).map(|days| outlook.late(days)).collect();
                prop_assert!(chances.iter().all(|chance| (0.0..=1.0).contains(chance)), "{:?}", chances);
                prop_assert!(chances.windows(2).all(|pair| pair[1] <= pair[0]), "{:?}", chances);
                let weeks = outlook.paid_in_weeks(as_of);
                prop_assert!(weeks.iter().all(|chance| *chance >= 0.0), "{:?}", weeks);
                prop_assert!(weeks.iter().sum::<f64>() <= 1.0 + 1e-9, "more is expected than is open: {:?}", weeks);
                let days = [0.1, 0.5, 0.9].map(|chance| outlook.paid_within(chance));
                let told: Vec<i32> = days.into_iter().flatten().collect();
                prop_assert!(told.is_sorted() && told.iter().all(|day| bill.payable + day > as_of), "{:?}", days);
            }
        }
    }
}
