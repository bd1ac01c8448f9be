//! Charges against worked numbers, statute by statute, and the properties that hold for any amount.

use super::*;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

fn minor(text: &str) -> Amount {
    text.parse().unwrap()
}

fn contract(fine: &str, interest: &str, period: InterestPeriod, rounding: Rounding) -> ChargeRule {
    let fine = Some(Fine { percent: percent(fine), rounding });
    let interest = Some(Interest::Simple { percent: percent(interest), period, rounding });
    ChargeRule::new(ChargeTerms { fine, interest, fee: None }, Caps::default()).unwrap()
}

fn statutory(law: Statutory, caps: Caps) -> ChargeRule {
    ChargeRule::new(ChargeTerms { interest: Some(Interest::Statutory(law)), ..ChargeTerms::default() }, caps).unwrap()
}

fn law(statute: Statute, index: &str) -> ChargeRule {
    statutory(Statutory::of(statute, index, Rounding::HalfUp), Caps::default())
}

fn fee(fixed: &str, share: &str) -> ChargeRule {
    let fee = Some(Fee { fixed: minor(fixed), percent: percent(share), rounding: Rounding::HalfUp });
    ChargeRule::new(ChargeTerms { fee, ..ChargeTerms::default() }, Caps::default()).unwrap()
}

fn rates() -> RateTable {
    let mut table = RateTable::default();
    let mut insert = |index: &str, rates: &[(&str, &str)], known_until: Option<&str>| {
        let rates = rates.iter().map(|(from, rate)| (day(from), percent(rate))).collect();
        table.insert(index, rates, known_until.map(day)).unwrap();
    };
    insert("boe", &[("2025-08-07", "4.5"), ("2026-06-30", "4.25")], Some("2027-12-31"));
    insert("ecb", &[("2025-06-11", "2.15"), ("2026-06-20", "2.40"), ("2026-07-02", "3")], None);
    let months = [("2026-01-01", "0.9"), ("2026-02-01", "0.8"), ("2026-03-01", "0.62"), ("2026-04-01", "-0.1")];
    insert("taxa_legal", &months, None);
    insert("first_month", &[("2024-08-30", "0.62")], None);
    table
}

fn owed(rule: &ChargeRule, open: &str, due: &str, as_of: &str) -> (String, String, String) {
    let owed = charges(rule, &rates(), minor(open), day(due), day(as_of)).unwrap();
    (owed.fine.to_string(), owed.interest.to_string(), owed.fee.to_string())
}

fn text(fine: &str, interest: &str, fee: &str) -> (String, String, String) {
    (fine.to_owned(), interest.to_owned(), fee.to_owned())
}

#[test]
fn contracts() {
    use InterestPeriod::{PerMonth, PerYear};
    for (open, days, fine, interest, period, rounding, expected) in [
        ("100.00", 5, "2", "1", PerMonth, Rounding::Truncate, ("2.00", "0.16")),
        ("100.00", 5, "2", "1", PerMonth, Rounding::HalfUp, ("2.00", "0.17")),
        ("3000.00", 10, "2", "1", PerMonth, Rounding::HalfUp, ("60.00", "10.00")),
        ("100.00", 15, "0", "10", PerYear, Rounding::HalfUp, ("0.00", "0.41")),
        ("100.00", 365, "0", "10", PerYear, Rounding::Truncate, ("0.00", "10.00")),
        ("0.25", 1, "2", "0", PerMonth, Rounding::HalfUp, ("0.01", "0.00")),
        ("0.25", 1, "2", "0", PerMonth, Rounding::HalfEven, ("0.00", "0.00")),
        ("100.00", 0, "2", "1", PerMonth, Rounding::HalfUp, ("0.00", "0.00")),
        ("100.00", -5, "2", "1", PerMonth, Rounding::HalfUp, ("0.00", "0.00")),
        ("0.00", 5, "2", "1", PerMonth, Rounding::HalfUp, ("0.00", "0.00")),
        ("-100.00", 5, "2", "1", PerMonth, Rounding::HalfUp, ("0.00", "0.00")),
    ] {
        let as_of = day("2026-11-10") + chrono::TimeDelta::days(days);
        let found = owed(&contract(fine, interest, period, rounding), open, "2026-11-10", as_of.to_string().as_str());
        assert_eq!(found, text(expected.0, expected.1, "0.00"), "{open} {days} {fine} {interest} {rounding:?}");
    }
}

#[test]
fn fees_of_steps() {
    // A fixed fee with the first step, then 15 % of the principal with the second.
    assert_eq!(owed(&fee("10.00", "0"), "200.00", "2026-11-10", "2026-11-15"), text("0.00", "0.00", "10.00"));
    assert_eq!(owed(&fee("0.00", "15"), "200.00", "2026-11-10", "2026-12-15"), text("0.00", "0.00", "30.00"));
    assert_eq!(owed(&fee("10.00", "15"), "200.00", "2026-11-10", "2026-12-15"), text("0.00", "0.00", "40.00"));
    assert_eq!(owed(&fee("10.00", "15"), "200.00", "2026-11-10", "2026-11-10"), text("0.00", "0.00", "0.00"));
}

#[test]
fn a_message_claims_the_fixed_fee_once() {
    let items = [("100.00", "2026-11-20"), ("100.00", "2026-11-10"), ("200.00", "2026-11-01")];
    let items = items.map(|(open, due)| (minor(open), day(due)));
    let owed = charges_of_items(&fee("10.00", "15"), &rates(), items, day("2026-11-15")).unwrap();
    let fees: Vec<String> = owed.iter().map(|charges| charges.fee.to_string()).collect();
    assert_eq!(fees, ["0.00", "25.00", "30.00"], "the first is not due");
}

#[test]
fn what_is_paid_in_full_bears_no_fixed_sum_and_takes_the_fee_from_no_other() {
    let none = text("0.00", "0.00", "0.00");
    assert_eq!(owed(&law(Statute::UkLatePayment, "boe"), "0.00", "2026-05-21", "2026-06-20"), none);
    let items = [("0.00", "2026-11-10"), ("100.00", "2026-11-10")].map(|(open, due)| (minor(open), day(due)));
    let owed = charges_of_items(&fee("10.00", "0"), &rates(), items, day("2026-11-15")).unwrap();
    assert_eq!(owed.iter().map(|charges| charges.fee).collect::<Vec<_>>(), [Amount::ZERO, minor("10.00")]);
}

#[test]
fn statutes() {
    use Statute::{BrTaxaLegal, EuLatePayment, IeLatePayment, UkLatePayment};
    for (statute, index, open, due, as_of, interest, fee) in [
        (UkLatePayment, "boe", "5000.00", "2026-05-21", "2026-06-20", "51.37", "70.00"),
        (UkLatePayment, "boe", "5000.00", "2026-05-21", "2026-05-21", "0.00", "0.00"),
        // Interest starts to run the day after: on 30 June the base rate of 31 December counts, on 1 July the new one.
        (UkLatePayment, "boe", "1000.00", "2026-06-29", "2027-06-29", "125.00", "70.00"),
        (UkLatePayment, "boe", "1000.00", "2026-06-30", "2027-06-30", "122.50", "70.00"),
        (UkLatePayment, "boe", "1000.00", "2026-12-31", "2027-12-31", "122.50", "70.00"),
        (UkLatePayment, "boe", "999.99", "2026-05-21", "2026-05-22", "0.34", "40.00"),
        (UkLatePayment, "boe", "9999.99", "2026-05-21", "2026-05-22", "3.42", "70.00"),
        (UkLatePayment, "boe", "10000.00", "2026-05-21", "2026-05-22", "3.42", "100.00"),
        // Ten days at 10.15 and ten at 10.40; what the ECB decides within a half-year waits for the next.
        (EuLatePayment, "ecb", "1000.00", "2026-06-20", "2026-07-10", "5.63", "40.00"),
        (EuLatePayment, "ecb", "50000.00", "2026-06-20", "2026-06-21", "13.90", "40.00"),
        (IeLatePayment, "ecb", "1000.00", "2026-06-20", "2026-07-10", "5.56", "40.00"),
        (IeLatePayment, "ecb", "1000.01", "2026-06-20", "2026-06-21", "0.28", "70.00"),
        (IeLatePayment, "ecb", "10000.00", "2026-06-20", "2026-06-21", "2.78", "70.00"),
        (IeLatePayment, "ecb", "10000.01", "2026-06-20", "2026-06-21", "2.78", "100.00"),
        // 0.9 × 11/31 + 0.8 + 0.62 × 10/31; a month below zero adds nothing.
        (BrTaxaLegal, "taxa_legal", "10000.00", "2026-01-20", "2026-03-10", "131.94", "0.00"),
        (BrTaxaLegal, "taxa_legal", "10000.00", "2026-01-31", "2026-02-28", "80.00", "0.00"),
        (BrTaxaLegal, "taxa_legal", "10000.00", "2026-03-31", "2026-04-30", "0.00", "0.00"),
        (BrTaxaLegal, "first_month", "10000.00", "2024-08-29", "2024-08-31", "4.00", "0.00"),
    ] {
        let found = owed(&law(statute, index), open, due, as_of);
        assert_eq!(found, text("0.00", interest, fee), "{statute:?} {open} {due} {as_of}");
    }
}

#[test]
fn no_rate_is_an_error_that_names_the_index_and_the_day() {
    use Statute::{BrTaxaLegal, EuLatePayment, UkLatePayment};
    for (statute, index, due, as_of, on) in [
        (BrTaxaLegal, "taxa_legal", "2026-04-20", "2026-05-10", "2026-05-01"), // May is missing: not April's rate
        (BrTaxaLegal, "first_month", "2024-08-20", "2024-08-31", "2024-08-21"), // the law did not yet stand
        (EuLatePayment, "ecb", "2025-01-10", "2025-02-10", "2025-01-01"),
        (UkLatePayment, "boe", "2028-07-10", "2028-08-10", "2028-06-30"),
        (EuLatePayment, "missing", "2026-01-10", "2026-02-10", "2026-01-01"),
    ] {
        let found = charges(&law(statute, index), &rates(), minor("1.00"), day(due), day(as_of));
        assert_eq!(found, Err(ChargeError::NoRate { index: index.to_owned(), on: day(on) }));
    }
    let vouched_until = day("2027-12-31");
    assert_eq!(rates().rate_on("boe", vouched_until), Ok(percent("4.25")), "the last day vouched for is in");
    assert!(rates().rate_on("boe", vouched_until + chrono::Days::new(1)).is_err());
}

#[test]
fn a_statutory_rate_is_cut_to_the_cap_and_its_choices_are_kept() {
    let caps = Caps { fine_max: None, interest_max_per_month: Some(percent("0.8")) };
    let british = statutory(Statutory::of(Statute::UkLatePayment, "boe", Rounding::HalfUp), caps);
    assert_eq!(owed(&british, "5000.00", "2026-05-21", "2026-06-20"), text("0.00", "39.45", "70.00"));
    let brazilian = statutory(Statutory::of(Statute::BrTaxaLegal, "taxa_legal", Rounding::HalfUp), caps);
    assert_eq!(owed(&brazilian, "100.00", "2025-12-31", "2026-01-31"), text("0.00", "0.80", "0.00"));
    let national = Statutory {
        margin: Some(percent("9.2")),
        fixed_sum: Some(("EUR".parse().unwrap(), minor("45.00"))),
        ..Statutory::of(Statute::EuLatePayment, "ecb", Rounding::HalfUp)
    };
    let national = statutory(national, Caps::default());
    assert_eq!(owed(&national, "365.00", "2026-01-10", "2026-01-20"), text("0.00", "1.14", "45.00"));
}

#[test]
fn a_fixed_sum_is_claimed_only_in_the_currency_of_its_law() {
    let national = Statutory {
        fixed_sum: Some(("SEK".parse().unwrap(), minor("450.00"))),
        ..Statutory::of(Statute::EuLatePayment, "ecb", Rounding::HalfUp)
    };
    for (rule, currency, expected) in [
        (law(Statute::EuLatePayment, "ecb"), "EUR", "40.00"),
        (law(Statute::EuLatePayment, "ecb"), "SEK", "0.00"),
        (statutory(national.clone(), Caps::default()), "SEK", "450.00"),
        (statutory(national, Caps::default()), "EUR", "0.00"),
        (law(Statute::IeLatePayment, "ecb"), "EUR", "40.00"),
        (law(Statute::IeLatePayment, "ecb"), "GBP", "0.00"),
        (law(Statute::UkLatePayment, "boe"), "GBP", "40.00"),
        (law(Statute::UkLatePayment, "boe"), "EUR", "0.00"),
    ] {
        let of_message = rule.for_message(currency.parse().unwrap(), None);
        assert_eq!(owed(&of_message, "100.00", "2026-06-20", "2026-06-21").2, expected, "{rule:?} {currency}");
    }
}

#[test]
fn the_trace_says_at_which_rate_the_last_day_was_charged() {
    use Statute::{BrTaxaLegal, EuLatePayment, IeLatePayment, UkLatePayment};
    let said = |rule: ChargeRule, due: &str, as_of: &str| {
        let policy = ChargePolicy { name: "x".to_owned(), rule, residual: ResidualCharges::Waive };
        policy.in_words(&rates(), day(due), day(as_of)).strip_prefix("charges x: ").unwrap().to_owned()
    };
    let contract = |period, rounding| contract("2", "1.5", period, rounding);
    let monthly = said(contract(InterestPeriod::PerMonth, Rounding::HalfEven), "2026-05-21", "2026-06-20");
    assert_eq!(monthly, "fine 2 % half_even, interest 1.5 % per month half_even");
    let yearly = said(contract(InterestPeriod::PerYear, Rounding::Truncate), "2026-05-21", "2026-06-20");
    assert_eq!(yearly, "fine 2 % truncate, interest 1.5 % per year truncate");
    for (statute, index, due, as_of, expected) in [
        // Brazil: the month of the last day, from its first day or the first day in arrears.
        (BrTaxaLegal, "taxa_legal", "2026-01-20", "2026-03-10", "br_taxa_legal on taxa_legal 0.62 % of 2026-03-01"),
        (BrTaxaLegal, "taxa_legal", "2026-03-05", "2026-03-10", "br_taxa_legal on taxa_legal 0.62 % of 2026-03-06"),
        (BrTaxaLegal, "taxa_legal", "2026-04-20", "2026-05-10", "br_taxa_legal on taxa_legal"),
        // EU: the half-year of the last day; Ireland: of the first; both without the margin.
        (EuLatePayment, "ecb", "2026-06-20", "2026-06-30", "eu_late_payment on ecb 2.15 % of 2026-01-01"),
        (EuLatePayment, "ecb", "2026-06-20", "2026-07-10", "eu_late_payment on ecb 2.4 % of 2026-07-01"),
        (IeLatePayment, "ecb", "2026-06-20", "2026-07-10", "ie_late_payment on ecb 2.15 % of 2026-01-01"),
        (IeLatePayment, "ecb", "2026-06-30", "2026-07-10", "ie_late_payment on ecb 2.4 % of 2026-07-01"),
        // United Kingdom: the day before the half-year of the first.
        (UkLatePayment, "boe", "2026-06-29", "2026-07-10", "uk_late_payment on boe 4.5 % of 2025-12-31"),
        (UkLatePayment, "boe", "2026-06-30", "2026-07-10", "uk_late_payment on boe 4.25 % of 2026-06-30"),
    ] {
        let found = said(law(statute, index), due, as_of);
        assert_eq!(found, format!("interest by {expected} half_up"), "{statute:?} {due} {as_of}");
    }
}

#[test]
fn rates_are_a_series_that_vouches_for_its_days() {
    let rate = |from: &str, rate: &str| (day(from), percent(rate));
    let mut table = rates();
    let mut refused = |index: &str, rates: Vec<(NaiveDate, Percent)>| table.insert(index, rates, None).unwrap_err();
    let index = || "new".to_owned();
    assert_eq!(
        refused("ecb", vec![rate("2026-01-01", "2")]),
        RateTableError::DuplicateIndex { index: "ecb".to_owned() }
    );
    assert_eq!(refused("new", Vec::new()), RateTableError::NoRates { index: index() });
    for from in ["2026-01-01", "2025-12-31"] {
        let rates = vec![rate("2026-01-01", "2"), rate(from, "3")];
        assert_eq!(refused("new", rates), RateTableError::NotAscending { index: index(), from: day(from) });
    }
    assert!(table.has("ecb") && !table.has("new"), "what was refused is not there");
}

#[test]
fn rates_that_came_with_the_data_vouch_for_their_days_and_contradict_nobody() {
    let row = |index: &str, from: &str, rate: &str| (index.to_owned(), day(from), percent(rate));
    let mut table = rates();
    table
        .extend([row("new", "2026-03-01", "3"), row("new", "2026-01-01", "1"), row("new", "2026-02-01", "2")])
        .unwrap();
    for (on, expected) in [
        ("2025-12-31", None),
        ("2026-01-01", Some("1")),
        ("2026-01-31", Some("1")),
        ("2026-02-01", Some("2")),
        ("2026-03-01", Some("3")),
        ("2026-03-02", None),
    ] {
        assert_eq!(table.rate_on("new", day(on)).ok(), expected.map(percent), "{on}");
    }
    table.extend([row("new", "2026-02-01", "2"), row("ecb", "2026-09-01", "3.5")]).unwrap();
    assert_eq!(table.rate_on("ecb", day("2030-01-01")), Ok(percent("3.5")), "its last one holds for ever, as before");
    let other = table.extend([row("new", "2026-02-01", "2.5")]).unwrap_err();
    let (one, other_rate) = (percent("2"), percent("2.5"));
    let expected =
        RateTableError::Contradiction { index: "new".to_owned(), from: day("2026-02-01"), one, other: other_rate };
    assert_eq!(other, expected);
}

#[test]
fn terms_are_refused_all_at_once() {
    let rounding = Rounding::HalfUp;
    let terms = |fine: &str, interest: &str, period, fixed: &str| ChargeTerms {
        fine: Some(Fine { percent: percent(fine), rounding }),
        interest: Some(Interest::Simple { percent: percent(interest), period, rounding }),
        fee: Some(Fee { fixed: minor(fixed), percent: Percent::ZERO, rounding }),
    };
    let caps = Caps { fine_max: Some(percent("2")), interest_max_per_month: Some(percent("1")) };
    let count = |terms| ChargeRule::new(terms, caps).err().map_or(0, |errors| errors.len());
    assert_eq!(count(terms("2", "1", InterestPeriod::PerMonth, "0")), 0);
    assert_eq!(count(terms("2", "12", InterestPeriod::PerYear, "0")), 0);
    assert_eq!(count(terms("2", "12.00000001", InterestPeriod::PerYear, "0")), 1);
    assert_eq!(count(terms("2.1", "1.1", InterestPeriod::PerMonth, "-1")), 3);
    assert_eq!(count(terms("-1", "-1", InterestPeriod::PerMonth, "-1")), 3);
    for (statute, margin, fixed_sum, refused) in [
        (Statute::EuLatePayment, Some("8"), Some("40"), 0),
        (Statute::EuLatePayment, Some("7.99"), Some("-40"), 2),
        (Statute::EuLatePayment, None, Some("0"), 0),
        (Statute::UkLatePayment, Some("8"), Some("40"), 2),
    ] {
        let fixed_sum = fixed_sum.map(|sum| ("EUR".parse().unwrap(), minor(sum)));
        let margin = margin.map(percent);
        let law = Statutory { margin, fixed_sum, ..Statutory::of(statute, "i", rounding) };
        let terms = ChargeTerms { interest: Some(Interest::Statutory(law)), ..ChargeTerms::default() };
        assert_eq!(count(terms), refused, "{statute:?} {margin:?}");
    }
}

#[test]
fn residual_charges_are_claimed_or_waived_and_shown() {
    let rule = contract("2", "1", InterestPeriod::PerMonth, Rounding::HalfUp);
    let payments = [("500.00", "2026-11-10"), ("1000.00", "2026-11-20"), ("500.00", "2026-12-10")]
        .map(|(principal, paid_on)| PrincipalPayment { principal: minor(principal), paid_on: day(paid_on) });
    for (policy, paid, claimed, waived) in [
        (ResidualCharges::Claim, "0.00", "38.33", "0.00"), // 20.00 + 10.00, 3.33 + 5.00; the first was in time
        (ResidualCharges::Claim, "30.00", "8.33", "0.00"),
        (ResidualCharges::Claim, "50.00", "0.00", "0.00"),
        (ResidualCharges::Waive, "30.00", "0.00", "8.33"),
    ] {
        let left = residual(policy, &rule, &rates(), day("2026-11-10"), &payments, minor(paid)).unwrap();
        assert_eq!((left.claimed, left.waived), (minor(claimed), minor(waived)), "{policy:?} {paid}");
        assert_eq!(left.accrued.total(), Some(minor("38.33")));
    }
    let british = law(Statute::UkLatePayment, "boe");
    let payments = payments.map(|p| PrincipalPayment { paid_on: day("2026-11-11"), ..p });
    let left =
        residual(ResidualCharges::Claim, &british, &rates(), day("2026-11-10"), &payments, Amount::ZERO).unwrap();
    assert_eq!(left.accrued.fee, minor("70.00"), "one fixed sum on 2,000.00");
    let in_time = payments.map(|p| PrincipalPayment { paid_on: day("2026-11-10"), ..p });
    let left = residual(ResidualCharges::Claim, &british, &rates(), day("2026-11-10"), &in_time, Amount::ZERO).unwrap();
    assert_eq!(left, Residual::default(), "and none where all was paid in time");
}

#[test]
fn the_largest_amounts_and_the_ends_of_time_are_errors_not_panics() {
    for rule in [
        contract("1000", "1000", InterestPeriod::PerMonth, Rounding::HalfEven),
        law(Statute::UkLatePayment, "boe"),
        law(Statute::BrTaxaLegal, "taxa_legal"),
        fee("92233720368547758.07", "15"),
    ] {
        let found = charges(&rule, &rates(), Amount(i64::MAX), NaiveDate::MIN, NaiveDate::MAX);
        assert!(found.is_err(), "{found:?}");
        assert_eq!(charges(&rule, &rates(), Amount(1), NaiveDate::MAX, NaiveDate::MAX), Ok(Charges::default()));
    }
}

#[test]
fn percentages_print_as_they_are_read() {
    for text in ["0", "2.5", "-0.1", "0.00000001", "1000", "12"] {
        assert_eq!(percent(text).to_string(), text);
    }
}

proptest! {
    #[test]
    fn charges_are_never_negative_and_grow_with_time(
        open in 1..100_000_000_000_i64, fine in 0..=1_000u32, interest in 0..=1_000u32, days in 1..4_000u64,
    ) {
        let rule = contract(&fine.to_string(), &interest.to_string(), InterestPeriod::PerMonth, Rounding::HalfEven);
        let due = day("2026-01-31");
        let at = |days| charges(&rule, &rates(), Amount(open), due, due + chrono::Days::new(days)).unwrap();
        let (sooner, later) = (at(days), at(days + 1));
        prop_assert!(sooner.fine >= Amount::ZERO && sooner.interest >= Amount::ZERO && sooner.fee == Amount::ZERO);
        prop_assert_eq!(sooner.fine, later.fine);
        prop_assert!(sooner.interest <= later.interest);
    }

    #[test]
    fn statutory_interest_is_the_sum_of_its_days(offset in 0..600u64, days in 1..500u64) {
        let law = Statutory::of(Statute::EuLatePayment, "ecb", Rounding::HalfUp);
        let due = day("2025-07-01") + chrono::Days::new(offset);
        let rates = rates();
        let sum_of = |from: NaiveDate, days| {
            law.accrued(&rates, from, from + chrono::Days::new(days), None).unwrap().0
        };
        let daily: i128 = (0..days).map(|n| sum_of(due + chrono::Days::new(n), 1)).sum();
        prop_assert_eq!(sum_of(due, days), daily);
    }
}
