//! What a message asks for beside the principal: charges, what is left of them, offers, and the dunning currency.

use super::super::Outcome;
use super::support::*;
use crate::domain::charge::{
    Caps, ChargePolicy, ChargeRule, ChargeTerms, Fine, Interest, InterestPeriod, Percent, PrincipalPayment, RateTable,
    ResidualCharges, Statute, Statutory, StepFee,
};
use crate::domain::decision::HoldReason;
use crate::domain::fx::{DunningCurrency, Quote};
use crate::domain::money::{Amount, Currency, Rounding};
use crate::domain::offer::{OfferCondition, OfferPolicy, OfferRule, OfferTerms};
use crate::domain::portfolio::{ContactState, LateItem, NamedItem};
use crate::domain::procedure::StepKind;
use crate::domain::segment::Comparison;
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

fn policy(terms: ChargeTerms) -> ChargePolicy {
    let rule = ChargeRule::new(terms, Caps::default()).unwrap();
    ChargePolicy { name: "default".to_owned(), rule, residual: ResidualCharges::Waive }
}

/// A fine of 2 % and 1 % a month.
fn contract(rounding: Rounding) -> ChargePolicy {
    let fine = Some(Fine { percent: percent("2"), rounding });
    let interest = Interest::Simple { percent: percent("1"), period: InterestPeriod::PerMonth, rounding };
    policy(ChargeTerms { fine, interest: Some(interest), fee: None })
}

fn statutory(statute: Statute) -> ChargePolicy {
    let law = Statutory::of(statute, statute.index(), Rounding::HalfUp);
    policy(ChargeTerms { interest: Some(Interest::Statutory(law)), ..ChargeTerms::default() })
}

fn rates() -> RateTable {
    let row = |index: &str, from: &str, rate: &str| (index.to_owned(), day(from), percent(rate));
    let mut table = RateTable::default();
    let rows = [
        row("boe", "2025-12-31", "4.5"),
        row("ecb", "2026-07-01", "2.15"),
        row("taxa_legal", "2026-10-01", "0.9"),
        row("taxa_legal", "2026-11-01", "0.6"),
    ];
    table.extend(rows).unwrap();
    table
}

/// One item so many days past due, in a currency, charged by a policy.
fn charged(policy: ChargePolicy, code: &str, open: &str, days: i64) -> Case {
    Case::of(&[days]).with(|c| {
        c.rules.charges.insert("default".to_owned(), policy);
        c.rules.rates = rates();
        c.account().currency = currency(code);
        c.item(0).open = minor(open);
    })
}

/// `fine interest fee total` of the action.
fn asked(case: &Case) -> String {
    let action = case.action();
    format!("{} {} {} {}", action.fine, action.interest, action.fee, action.total_due())
}

#[test]
fn charges_by_contract_and_by_law() {
    use Statute::{BrTaxaLegal, EuLatePayment, IeLatePayment};
    let half_up = || contract(Rounding::HalfUp);
    for (name, case, expected) in [
        ("cut off", charged(contract(Rounding::Truncate), "BRL", "100.00", 5), "2.00 0.16 0.00 102.16"),
        ("half up", charged(half_up(), "BRL", "100.00", 5), "2.00 0.17 0.00 102.17"),
        ("R$ 3,000", charged(half_up(), "BRL", "3000.00", 10), "60.00 10.00 0.00 3070.00"),
        ("the first day", charged(half_up(), "BRL", "3000.00", 1), "60.00 1.00 0.00 3061.00"),
        ("not before the due date", charged(half_up(), "BRL", "3000.00", -3), "0.00 0.00 0.00 3000.00"),
        ("yen have no cents", charged(half_up(), "JPY", "10010.00", 5), "200.00 17.00 0.00 10227.00"),
        // 14 days of October at 0.9 / 31, 17 of November at 0.6 / 30.
        ("taxa legal", charged(statutory(BrTaxaLegal), "BRL", "10000.00", 31), "0.00 74.65 0.00 10074.65"),
        ("EU", charged(statutory(EuLatePayment), "EUR", "1000.00", 10), "0.00 2.78 40.00 1042.78"),
        ("Ireland", charged(statutory(IeLatePayment), "EUR", "1000.01", 10), "0.00 2.78 70.00 1072.79"),
        (
            "no sum of euros in crowns",
            charged(statutory(EuLatePayment), "SEK", "1000.00", 10),
            "0.00 2.78 0.00 1002.78",
        ),
    ] {
        assert_eq!(asked(&case), expected, "{name}");
    }
}

/// GBP 5,000.00 due on 21 May 2026, as of 20 June, base rate 4.5: interest 51.37 and a fixed sum of 70.00.
#[test]
fn the_british_statute() {
    let uk = |open: &str| {
        charged(statutory(Statute::UkLatePayment), "GBP", open, 30).with(|c| {
            c.as_of = day("2026-06-19");
            c.item(0).due_date = day("2026-05-20");
        })
    };
    for (open, expected) in [
        ("5000.00", "0.00 51.37 70.00 5121.37"),
        ("999.99", "0.00 10.27 40.00 1050.26"),
        ("1000.00", "0.00 10.27 70.00 1080.27"),
        ("9999.99", "0.00 102.74 70.00 10172.73"),
        ("10000.00", "0.00 102.74 100.00 10202.74"),
    ] {
        assert_eq!(asked(&uk(open)), expected, "{open}");
    }
}

#[test]
fn each_item_bears_its_own_and_only_what_is_overdue_bears_any() {
    let case = charged(contract(Rounding::HalfUp), "BRL", "100.00", 20).with(|c| {
        c.account().items.push(item("B", 5));
        c.account().items.push(item("C", 0));
    });
    assert_eq!(asked(&case), "4.00 0.84 0.00 204.84");
    // Due on Sunday 15 November: payable on Monday, overdue on Tuesday, and then from the original date.
    let mut sunday = charged(contract(Rounding::HalfUp), "BRL", "300.00", 1).with(|c| {
        c.item(0).payable_on = day(TODAY);
        c.later(0);
    });
    assert!(matches!(sunday.first().outcome, Outcome::Hold(_)), "payable today");
    sunday.later(1);
    assert_eq!(asked(&sunday), "6.00 0.20 0.00 306.20");
}

#[test]
fn the_closest_terms_apply_whole() {
    let with = |case: Case, change: fn(&mut Case)| asked(&case.with(change));
    let case = || charged(contract(Rounding::HalfUp), "BRL", "100.00", 5);
    let free: fn(&mut Case) = |c| drop(c.rules.charges.insert("1".to_owned(), statutory(Statute::BrTaxaLegal)));
    assert_eq!(with(case(), free), "0.00 0.10 0.00 100.10", "the company's");
    let own: fn(&mut Case) = |c| c.procedure().charges = Some(statutory(Statute::BrTaxaLegal));
    assert_eq!(with(case(), own), "0.00 0.10 0.00 100.10", "the régua's");
    assert_eq!(with(case(), |c| c.rules.charges.clear()), "0.00 0.00 0.00 100.00", "nobody's");
    let trace = case().action().rule_trace;
    let expected = "charges default: fine 2 % half_up, interest 1 % per month half_up";
    assert!(trace.iter().any(|rule| rule == expected), "{trace:?}");
    let trace = charged(statutory(Statute::BrTaxaLegal), "BRL", "100.00", 5).action().rule_trace;
    let expected = "charges default: interest by br_taxa_legal on taxa_legal 0.6 % of 2026-11-13 half_up";
    assert!(trace.iter().any(|rule| rule == expected), "{trace:?}");
}

#[test]
fn a_rate_that_is_missing_holds_the_account_and_nothing_else_is_said_of_it() {
    let late = || charged(statutory(Statute::BrTaxaLegal), "BRL", "100.00", 60);
    let hold = late().hold();
    assert_eq!((hold.reason, hold.step_id.as_deref()), (HoldReason::QuarantinedInput, Some("d+5")));
    assert_eq!(
        hold.detail.as_deref(),
        Some("index \"taxa_legal\" has no rate for 2026-09-19; add it to the rate table")
    );
    // What holds it anyway is the reason; a removal of charges does not need the rate.
    assert_eq!(late().with(|c| c.debtor().is_insolvent = true).hold().reason, HoldReason::InsolventOrLegal);
    assert_eq!(charged(statutory(Statute::BrTaxaLegal), "BRL", "100.00", -2).outcome(), "d-3 by email: A");
}

#[test]
fn fees_of_steps() {
    let fee = |code: &str, fixed: &str, share: &str| StepFee {
        fixed: [(currency(code), minor(fixed))].into(),
        percent: percent(share),
        rounding: Rounding::HalfUp,
    };
    let with = |fee: StepFee| Case::of(&[20, 10]).with(|c| c.step("d+5").fee = Some(fee));
    assert_eq!(asked(&with(fee("BRL", "10.00", "0"))), "0.00 0.00 10.00 210.00", "once per message");
    assert_eq!(asked(&with(fee("BRL", "0.00", "15"))), "0.00 0.00 30.00 230.00", "of the principal of each item");
    let quoted = |c: &mut Case| {
        let quote = Quote { rate_units: 550_000_000, on: day(TODAY) };
        c.rules.quotes.add(vec![(currency("USD"), brl(), quote)], day(TODAY)).unwrap();
    };
    assert_eq!(asked(&with(fee("USD", "5.00", "0")).with(quoted)), "0.00 0.00 27.50 227.50", "converted");
    assert_eq!(with(fee("USD", "5.00", "0")).hold().reason, HoldReason::QuarantinedInput, "without a rate");
}

/// Item Z, due so many days ago and paid since.
fn late_item(days: i64, payments: Vec<PrincipalPayment>) -> LateItem {
    let due_date = days_ago(days);
    LateItem { invoice_id: "Z".to_owned(), installment_no: 1, due_date, payable_on: due_date, payments }
}

/// 100.00 paid 20 days late: a fine of 2.00 and interest of 0.67 are left.
fn left(residual: ResidualCharges) -> Case {
    charged(contract(Rounding::HalfUp), "BRL", "100.00", 5).with(|c| {
        c.rules.charges.get_mut("default").unwrap().residual = residual;
        let payments = vec![PrincipalPayment { principal: minor("100.00"), paid_on: days_ago(10) }];
        let late = late_item(30, payments);
        c.account().late_items.push(late);
    })
}

#[test]
fn charges_left_on_what_was_paid_late_are_claimed_or_waived() {
    let said = |case: Case| {
        let action = case.action();
        format!("{} {} {} {}", action.fine + action.interest, action.residual, action.waived, action.total_due())
    };
    let claimed = || left(ResidualCharges::Claim);
    assert_eq!(said(claimed()), "2.17 2.67 0.00 104.84");
    assert_eq!(said(left(ResidualCharges::Waive)), "2.17 0.00 2.67 102.17");
    let paid = |invoice: &str, amount: &str| {
        let (invoice, amount) = (invoice.to_owned(), minor(amount));
        claimed().with(|c| c.account().charges_paid = [(invoice, amount)].into())
    };
    assert_eq!(said(paid("Z", "2.00")), "2.17 0.67 0.00 102.84", "paid on that invoice");
    assert_eq!(said(paid("Z", "9.00")), "2.17 0.00 0.00 102.17", "and never below nothing");
    assert_eq!(said(paid("A", "2.10")), "0.07 2.67 0.00 102.74", "paid on the open one: the fine first");
    assert_eq!(said(paid("", "3.00")), "1.84 0.00 0.00 101.84", "paid without a name: what is left first");
    let both = [("Z".to_owned(), minor("2.00")), (String::new(), minor("1.00"))];
    let both = claimed().with(|c| c.account().charges_paid = both.into());
    assert_eq!(said(both), "1.84 0.00 0.00 101.84", "with a name first, and the rest of the other is not lost");
    let trace = claimed().with(|c| {
        // Another one whose charges were paid has nothing left.
        let of_z = c.account().late_items[0].clone();
        c.account().late_items.push(LateItem { invoice_id: "Y".to_owned(), ..of_z });
        c.account().charges_paid = [("Y".to_owned(), minor("2.67"))].into();
    });
    let trace = trace.action().rule_trace;
    assert!(trace.contains(&"charges left on items paid late (1): 2.67 claimed".to_owned()), "{trace:?}");
}

/// D+5 cost a fee and named Z, which was paid after it; another message is due now.
fn fee_left(change: Change) -> String {
    let case = left(ResidualCharges::Claim).with(|c| {
        let fee =
            StepFee { fixed: [(brl(), minor("10.00"))].into(), percent: percent("1"), rounding: Rounding::HalfUp };
        c.step("d+1").fee = Some(fee);
        let (invoice_id, step_id) = ("Z".to_owned(), Some("d+1".to_owned()));
        let named = NamedItem { invoice_id, installment_no: Some(1), step_id, left_due: None };
        c.account().episode_start = days_ago(30);
        c.sent("d+1", 20).items = vec![named];
        change(c);
    });
    case.action().residual.to_string()
}

#[test]
fn the_fee_of_the_message_that_was_paid_after_is_left_with_the_other_charges() {
    let table: &[(&str, Change, &str)] = &[
        ("fine, interest, 10.00 and a hundredth", |_| {}, "13.67"),
        ("on the day of the payment", |c| c.group.contacts[0].on = days_ago(10), "2.67"),
        ("the message may not have been sent", |c| c.group.contacts[0].state = ContactState::Unreported, "2.67"),
        ("it named another", |c| c.group.contacts[0].items[0].invoice_id = "Y".to_owned(), "2.67"),
        ("before it was overdue", |c| c.group.contacts[0].on = days_ago(30), "2.67"),
        ("paid with it", |c| c.account().charges_paid = [("Z".to_owned(), minor("13.67"))].into(), "0.00"),
        (
            "a later message without a fee asked for no fee",
            |c| {
                let items = c.group.contacts[0].items.clone();
                c.sent("d+5", 15).items = items;
                c.item(0).due_date = days_ago(5);
            },
            "2.67",
        ),
        (
            "two items: the fixed amount once",
            |c| {
                let second = LateItem { installment_no: 2, ..c.account().late_items[0].clone() };
                c.account().late_items.push(second);
                c.group.contacts[0].items[0].installment_no = None;
            },
            "17.34",
        ),
    ];
    for (name, change, expected) in table {
        assert_eq!(fee_left(*change), *expected, "{name}");
    }
}

#[test]
fn what_was_paid_by_its_payable_day_leaves_no_charges() {
    let case = |ago: i64| left(ResidualCharges::Claim).with(|c| c.account().late_items[0].payable_on = days_ago(ago));
    assert_eq!(case(10).action().residual, Amount::ZERO, "on the day");
    assert_eq!(case(11).action().residual, minor("2.67"), "a day later, and then from the due date");
}

/// What a template is told: open, fine, interest, fee, residual, waived, total, and whether there are charges.
fn told(case: Case) -> String {
    let params: serde_json::Value = serde_json::from_str(case.action().template_params.expose()).unwrap();
    let amounts = ["open", "fine", "interest", "fee", "residual", "waived"].map(|name| format!("{name}_amount"));
    let amounts = amounts.iter().map(|name| params[name].to_string());
    let amounts: Vec<String> = amounts.chain([params["total_due"].to_string()]).collect();
    format!("{} {}", amounts.join(" "), params["has_charges"])
}

#[test]
fn a_message_shows_each_charge_apart_and_all_of_them_in_its_total() {
    let with_fee = |case: Case| {
        let fee =
            StepFee { fixed: [(brl(), minor("10.00"))].into(), percent: Percent::ZERO, rounding: Rounding::HalfUp };
        case.with(|c| c.step("d+5").fee = Some(fee))
    };
    assert_eq!(told(with_fee(left(ResidualCharges::Claim))), "10000 200 17 1000 267 0 11484 true");
    assert_eq!(told(with_fee(left(ResidualCharges::Waive))), "10000 200 17 1000 0 267 11217 true");
    assert_eq!(told(with_fee(Case::of(&[5]))), "10000 0 0 1000 0 0 11000 true");
    assert_eq!(told(Case::of(&[5])), "10000 0 0 0 0 0 10000 false");
}

fn offering(name: &str, terms: OfferTerms, when: OfferCondition) -> OfferPolicy {
    let rule = OfferRule::new(terms).unwrap();
    OfferPolicy { name: name.to_owned(), when, by_currency: Default::default(), other: Some(rule) }
}

fn discount() -> OfferTerms {
    OfferTerms::Discount { percent: percent("10"), percent_max: percent("10"), pay_min: Amount::ZERO, valid_days: 5 }
}

fn plan() -> OfferTerms {
    OfferTerms::Instalments {
        count_max: 3,
        instalment_min: minor("20.00"),
        down_payment: Percent::ZERO,
        interest_per_month: Percent::ZERO,
        rounding: Rounding::HalfUp,
        valid_days: 5,
    }
}

/// The name of the offer that is made under a condition, by its kind; a discount follows for all.
fn offered(when: OfferCondition, change: Change) -> &'static str {
    let case = Case::of(&[10]).with(|c| {
        c.rules.offers = vec![offering("first", plan(), when)];
        change(c);
    });
    case.action().offer.map_or("none", |made| made.kind.as_str())
}

#[test]
fn the_first_offer_that_fits_and_can_be_made() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let none = OfferCondition::default;
    let open = |text: &str| [(brl(), vec![Comparison::parse(text).unwrap()])].into();
    let days = |text: &str| vec![Comparison::parse(text).unwrap()];
    for (name, when, change, expected) in [
        ("always", none(), (|_| {}) as Change, "instalments"),
        ("its segment", OfferCondition { segments: names(&["unassigned"]), ..none() }, |_| {}, "instalments"),
        ("another segment", OfferCondition { segments: names(&["novo"]), ..none() }, |_| {}, "none"),
        (
            "its tier",
            OfferCondition { tiers: names(&["A"]), ..none() },
            |c| c.debtor().tier = Some("A".into()),
            "instalments",
        ),
        ("another tier", OfferCondition { tiers: names(&["B"]), ..none() }, |_| {}, "none"),
        ("no risk band at all", OfferCondition { risk_bands: names(&["low"]), ..none() }, |_| {}, "none"),
        ("its step", OfferCondition { steps: names(&["d+1", "d+5"]), ..none() }, |_| {}, "instalments"),
        ("another step", OfferCondition { steps: names(&["d+15"]), ..none() }, |_| {}, "none"),
        ("late enough", OfferCondition { days_past_due: days(">= 10"), ..none() }, |_| {}, "instalments"),
        ("not late enough", OfferCondition { days_past_due: days(">= 11"), ..none() }, |_| {}, "none"),
        ("enough is owed", OfferCondition { open_amount: open(">= 100"), ..none() }, |_| {}, "instalments"),
        ("too little is owed", OfferCondition { open_amount: open("> 100"), ..none() }, |_| {}, "none"),
        ("within its capacity", none(), |c| c.account().profile.largest_payment = Some(minor("33.34")), "instalments"),
        ("beyond its capacity", none(), |c| c.account().profile.largest_payment = Some(minor("33.33")), "none"),
        ("not to a bureau", none(), placed, "none"),
        ("not before the due date", none(), |c| c.later(-12), "none"),
    ] {
        assert_eq!(offered(when, change), expected, "{name}");
    }
}

fn placed(case: &mut Case) {
    let step = case.step("d+5");
    (step.kind, step.template) = (StepKind::AgencyPlacement, "order".to_owned());
}

#[test]
fn an_offer_is_made_on_principal_and_charges_and_the_next_rule_has_its_turn() {
    let case = charged(contract(Rounding::HalfUp), "BRL", "3000.00", 10).with(|c| {
        c.account().profile.largest_payment = Some(minor("100.00"));
        c.rules.offers = vec![
            offering("plan", plan(), OfferCondition::default()),
            offering("at once", discount(), OfferCondition::default()),
        ];
    });
    let action = case.action();
    let made = action.offer.clone().unwrap();
    assert_eq!((made.discount, made.total), (minor("307.00"), minor("2763.00")), "10 % of 3,070.00");
    let trace: Vec<&str> = action.rule_trace.iter().map(String::as_str).filter(|t| t.starts_with("offer ")).collect();
    let expected = [
        "offer plan fits, but cannot be made",
        "offer at once: discount, total 2763.00, discount 307.00, valid until 2026-11-22",
    ];
    assert_eq!(trace, expected);
    let yen = charged(contract(Rounding::HalfUp), "JPY", "1000.00", 10)
        .with(|c| c.rules.offers = vec![offering("plan", plan(), OfferCondition::default())]);
    let amounts: Vec<Amount> = yen.action().offer.unwrap().instalments.iter().map(|(_, amount)| *amount).collect();
    assert_eq!(amounts, [minor("341.00"), minor("341.00"), minor("341.00")], "1,023 yen, in whole ones");
}

/// 100.00 EUR dunned in francs at 1.5.
fn francs(change: Change) -> Case {
    Case::of(&[10]).with(|c| {
        c.account().currency = currency("EUR");
        c.procedure().minimum.clear();
        c.procedure().dunning_currency =
            Some(DunningCurrency { currency: currency("CHF"), rounding: Rounding::HalfUp });
        let quote = Quote { rate_units: 150_000_000, on: days_ago(2) };
        c.rules.quotes.add(vec![(currency("EUR"), currency("CHF"), quote)], day(TODAY)).unwrap();
        change(c);
    })
}

#[test]
fn an_account_is_dunned_in_the_currency_of_the_regua() {
    let dunned = |change: Change| {
        let action = francs(change).action();
        action
            .dunned
            .map_or("-".to_owned(), |d| format!("{} {} at {} of {}", d.currency, d.amount, d.quote, d.quote.on))
    };
    assert_eq!(dunned(|_| {}), "CHF 150.00 at 1.5 of 2026-11-15");
    assert_eq!(dunned(|c| c.account().currency = currency("CHF")), "-", "its own");
    assert_eq!(dunned(|c| c.procedure().dunning_currency = None), "-", "none asked for");
    let charges: Change = |c| drop(c.rules.charges.insert("default".to_owned(), contract(Rounding::HalfUp)));
    assert_eq!(dunned(charges), "CHF 153.50 at 1.5 of 2026-11-15", "102.33 with charges, 153.495");
    assert_eq!(francs(|_| {}).action().currency, currency("EUR"), "the ledger stays");
    let missing = francs(|c| c.as_of = day("2026-11-23")).hold();
    assert_eq!(missing.reason, HoldReason::QuarantinedInput);
    let expected = "fx_rates has no rate from EUR to CHF from 2026-11-16 to 2026-11-23; add it to the input";
    assert_eq!(missing.detail.as_deref(), Some(expected));
}

#[test]
fn thresholds_in_the_dunning_currency_count_for_the_converted_amount() {
    let minimum = |code: &str, amount: &str| {
        let (code, amount) = (currency(code), minor(amount));
        francs(|_| {}).with(|c| c.procedure().minimum = [(code, amount)].into()).outcome()
    };
    assert_eq!(minimum("CHF", "150.01"), "below_minimum");
    assert_eq!(minimum("CHF", "150.00"), "d+5 by email: A");
    assert_eq!(minimum("EUR", "100.01"), "below_minimum");
    let own = francs(|c| {
        c.procedure().minimum = [(currency("EUR"), minor("100.00")), (currency("CHF"), minor("999.00"))].into()
    });
    assert_eq!(own.outcome(), "d+5 by email: A", "its own currency goes before");
    let tolerance = |amount: &str| {
        let amount = minor(amount);
        francs(|_| {}).with(|c| c.rules.tolerance = [(currency("CHF"), amount)].into()).outcome()
    };
    assert_eq!(tolerance("150.01"), "below_tolerance");
    assert_eq!(tolerance("150.00"), "d+5 by email: A");
}

proptest! {
    #[test]
    fn every_sum_is_exact_to_the_cent(
        opens in prop::collection::vec(1..1_000_000_000_i64, 1..6),
        paid in prop::collection::vec((0..6_usize, 0..100_000_i64), 0..4),
        late in 0..1_000_000_i64,
        residual in prop_oneof![Just(ResidualCharges::Claim), Just(ResidualCharges::Waive)],
    ) {
        let days: Vec<i64> = (0..opens.len() as i64).map(|n| 5 + n * 7).collect();
        let case = Case::of(&days).with(|c| {
            let mut policy = contract(Rounding::HalfUp);
            policy.residual = residual;
            c.rules.charges.insert("default".to_owned(), policy);
            c.rules.offers = vec![offering("plan", plan(), OfferCondition::default())];
            c.account().items.iter_mut().zip(&opens).for_each(|(item, open)| item.open = Amount(5_000 + open));
            let names = ["A", "B", "C", "", "Z", "Y"];
            c.account().charges_paid = paid.iter().map(|(n, amount)| (names[*n].to_owned(), Amount(*amount))).collect();
            let payments = vec![PrincipalPayment { principal: Amount(late), paid_on: days_ago(1) }];
            c.account().late_items.push(late_item(40, payments));
        });
        let action = case.action();
        let of_items: i64 = opens.iter().map(|open| 5_000 + open).sum();
        let charges = [action.fine, action.interest, action.fee, action.residual, action.waived];
        prop_assert!(charges.iter().all(|amount| *amount >= Amount::ZERO));
        prop_assert_eq!(action.total_due(), Amount(of_items) + action.fine + action.interest + action.fee + action.residual);
        // What was paid on charges lowers what is asked for by no more than was paid.
        let without = case.clone_without_payments();
        let all = |a: &crate::domain::action::Action| a.fine + a.interest + a.residual + a.waived;
        let taken = all(&without.action()) - all(&action);
        let paid: i64 = case.group.debtors[0].1[0].charges_paid.values().map(|amount| amount.0).sum();
        prop_assert!(taken >= Amount::ZERO && taken.0 <= paid);
        let made = action.offer.clone().unwrap();
        let parts: Amount = made.instalments.iter().map(|(_, amount)| *amount).sum();
        prop_assert_eq!(made.down_payment + parts, made.total);
        prop_assert_eq!(made.total, action.total_due() + made.interest - made.discount);
    }
}

impl Case {
    /// The same, had nothing been paid on charges.
    fn clone_without_payments(&self) -> Case {
        let mut group = self.group.clone();
        group.debtors[0].1[0].charges_paid.clear();
        let mut rules = rules();
        rules.charges = self.rules.charges.clone();
        Case { rules, as_of: self.as_of, group }
    }
}
