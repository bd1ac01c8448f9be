//! Which offer an account gets: ordered rules, of which the first that fits and can be made wins.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Offer, OfferRule, OfferTerms, offer};
use crate::domain::money::{Amount, Currency};
use crate::domain::segment::Comparison;

/// What must hold for an offer to be made; what is empty does not bind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfferCondition {
    /// Names of segments.
    pub segments: Vec<String>,
    /// Names of tiers.
    pub tiers: Vec<String>,
    /// Names of bands; an account without one fits none of them.
    pub risk_bands: Vec<String>,
    /// Ids of steps.
    pub steps: Vec<String>,
    /// Of the oldest cited item; all must hold.
    pub days_past_due: Vec<Comparison>,
    /// Of the cited items, in units of the currency; all must hold, and other currencies do not fit.
    pub open_amount: BTreeMap<Currency, Vec<Comparison>>,
}

/// What a message asks for, as the rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Prospect<'a> {
    /// Of the account.
    pub segment: &'a str,
    /// Of the account.
    pub tier: &'a str,
    /// `None` = the account has none.
    pub risk_band: Option<&'a str>,
    /// The step that is due.
    pub step_id: &'a str,
    /// Of the oldest cited item.
    pub days_past_due: i64,
    /// Of the amounts here.
    pub currency: Currency,
    /// Principal of the cited items.
    pub open: Amount,
    /// Principal and charges: what the offer is made on.
    pub total: Amount,
    /// Largest single payment of the account; `None` = none is known, which bounds nothing.
    pub largest_payment: Option<Amount>,
}

/// One rule with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferPolicy {
    /// As the configuration has it, for the trace.
    pub name: String,
    /// Who gets it.
    pub when: OfferCondition,
    /// In the currencies whose amounts the rule gives.
    pub by_currency: BTreeMap<Currency, OfferRule>,
    /// In all others; none where the rule gives amounts.
    pub other: Option<OfferRule>,
}

impl OfferCondition {
    fn holds(&self, prospect: &Prospect<'_>) -> bool {
        let Prospect { segment, tier, risk_band, step_id, days_past_due, currency, open, .. } = *prospect;
        let names = |list: &[String], name: &str| list.is_empty() || list.iter().any(|listed| listed == name);
        let open_fits = || {
            let comparisons = self.open_amount.get(&currency);
            comparisons.is_some_and(|all| all.iter().all(|c| c.holds(open.0 as f64 / 100.0)))
        };
        names(&self.segments, segment)
            && names(&self.tiers, tier)
            && (self.risk_bands.is_empty() || risk_band.is_some_and(|band| names(&self.risk_bands, band)))
            && names(&self.steps, step_id)
            && self.days_past_due.iter().all(|c| c.holds(days_past_due as f64))
            && (self.open_amount.is_empty() || open_fits())
    }
}

impl OfferPolicy {
    /// The offer of the first rule that fits and can be made, with the rules that were looked at, in words.
    pub fn first_fit(
        policies: &[OfferPolicy],
        prospect: &Prospect<'_>,
        as_of: NaiveDate,
    ) -> (Option<Offer>, Vec<String>) {
        let mut words = Vec::new();
        for policy in policies.iter().filter(|policy| policy.when.holds(prospect)) {
            match policy.make(prospect, as_of) {
                Some(made) => {
                    words.push(format!("offer {}: {}", policy.name, in_words(&made)));
                    return (Some(made), words);
                }
                None => words.push(format!("offer {} fits, but cannot be made", policy.name)),
            }
        }
        (None, words)
    }

    fn make(&self, prospect: &Prospect<'_>, as_of: NaiveDate) -> Option<Offer> {
        let rule = self.by_currency.get(&prospect.currency).or(self.other.as_ref())?;
        let coin = prospect.currency.coin();
        if coin == 1 {
            return offer(rule, prospect.total, prospect.largest_payment, as_of);
        }
        // A currency without cents: the offer is worked out in its coins, so that no part of it has any.
        let coins = |amount: Amount| Amount(amount.0 / coin);
        let made = offer(&in_coins(rule, coin), coins(prospect.total), prospect.largest_payment.map(coins), as_of)?;
        let minor = |amount: Amount| amount.0.checked_mul(coin).map(Amount);
        let instalments = made.instalments.iter().map(|(on, amount)| Some((*on, minor(*amount)?)));
        Some(Offer {
            total: minor(made.total)?,
            discount: minor(made.discount)?,
            interest: minor(made.interest)?,
            down_payment: minor(made.down_payment)?,
            instalments: instalments.collect::<Option<_>>()?,
            ..made
        })
    }
}

/// The rule with its amounts in coins; a floor is rounded up, so that it stays one.
fn in_coins(rule: &OfferRule, coin: i64) -> OfferRule {
    let up = |amount: &mut Amount| amount.0 = amount.0 / coin + i64::from(amount.0 % coin > 0);
    let mut terms = *rule.terms();
    match &mut terms {
        OfferTerms::Discount { pay_min, .. } => up(pay_min),
        OfferTerms::Instalments { instalment_min, .. } => up(instalment_min),
        OfferTerms::Extension { .. } => {}
    }
    OfferRule(terms)
}

fn in_words(made: &Offer) -> String {
    let Offer { kind, total, discount, interest, down_payment, valid_until, instalments } = made;
    let part = |what: &str, amount: Amount| {
        if amount == Amount::ZERO { String::new() } else { format!(", {what} {amount}") }
    };
    let count = if instalments.len() > 1 { format!(" in {}", instalments.len()) } else { String::new() };
    let (kind, discount) = (kind.as_str(), part("discount", *discount));
    let (interest, down) = (part("interest", *interest), part("down payment", *down_payment));
    format!("{kind}, total {total}{count}{discount}{interest}{down}, valid until {valid_until}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::charge::Percent;
    use crate::domain::money::Rounding;

    fn minor(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn discount(pay_min: &str) -> OfferTerms {
        let percent = Percent::points(10);
        OfferTerms::Discount { percent, percent_max: percent, pay_min: minor(pay_min), valid_days: 5 }
    }

    fn plan(instalment_min: &str, down: u8, rate: u8) -> OfferTerms {
        OfferTerms::Instalments {
            count_max: 3,
            instalment_min: minor(instalment_min),
            down_payment: Percent::points(down),
            interest_per_month: Percent::points(rate),
            rounding: Rounding::HalfUp,
            valid_days: 5,
        }
    }

    fn policy(terms: OfferTerms) -> OfferPolicy {
        let other = Some(OfferRule::new(terms).unwrap());
        OfferPolicy { name: "p".to_owned(), when: OfferCondition::default(), by_currency: BTreeMap::new(), other }
    }

    /// What is offered on so much, in the words of the trace, with its instalments.
    fn offered(policy: OfferPolicy, code: &str, total: &str, largest: Option<&str>) -> String {
        let prospect = Prospect {
            segment: "novo",
            tier: "A",
            risk_band: None,
            step_id: "d+5",
            days_past_due: 10,
            currency: code.parse().unwrap(),
            open: minor(total),
            total: minor(total),
            largest_payment: largest.map(minor),
        };
        let (made, words) = OfferPolicy::first_fit(&[policy], &prospect, "2026-11-17".parse().unwrap());
        let parts: Vec<String> = made.iter().flat_map(|m| &m.instalments).map(|(_, part)| part.to_string()).collect();
        let words = words.join("").replace("offer p: ", "").replace(", valid until 2026-11-22", "");
        format!("{words}: {}", parts.join(" "))
    }

    #[test]
    fn an_offer_in_a_currency_without_cents_has_none_in_any_of_its_parts() {
        for (name, code, terms, total, expected) in [
            ("with cents", "BRL", discount("0"), "1005.00", "discount, total 904.50, discount 100.50: 904.50"),
            ("without", "JPY", discount("0"), "1005.00", "discount, total 905.00, discount 100.00: 905.00"),
            ("a floor", "JPY", discount("950.00"), "1005.00", "discount, total 950.00, discount 55.00: 950.00"),
            ("is rounded up", "JPY", discount("950.50"), "1005.00", "discount, total 951.00, discount 54.00: 951.00"),
            ("thirds", "JPY", plan("333.00", 0, 0), "1000.00", "instalments, total 1000.00 in 3: 334.00 333.00 333.00"),
            ("the least", "JPY", plan("333.01", 0, 0), "1000.00", "instalments, total 1000.00 in 2: 500.00 500.00"),
            (
                // 10 % of 1,005; of 904 the interest of 1 % for 1, 2 and 3 months in thirds is 18.08.
                "all parts",
                "JPY",
                plan("0", 10, 1),
                "1005.00",
                "instalments, total 1023.00 in 3, interest 18.00, down payment 101.00: 308.00 307.00 307.00",
            ),
            (
                "one after a down payment",
                "JPY",
                plan("800.00", 10, 1),
                "1005.00",
                "instalments, total 1014.00, interest 9.00, down payment 101.00: 913.00",
            ),
        ] {
            assert_eq!(offered(policy(terms), code, total, None), expected, "{name}");
        }
        let bounded = |largest| offered(policy(plan("0", 0, 0)), "JPY", "1000.00", Some(largest));
        assert_eq!(bounded("334.00"), "instalments, total 1000.00 in 3: 334.00 333.00 333.00");
        assert_eq!(bounded("333.99"), "offer p fits, but cannot be made: ", "what it has paid, in whole ones");
    }

    #[test]
    fn a_rule_with_amounts_is_of_the_currencies_that_it_gives_them_in() {
        let of_reais = || {
            let rule = policy(discount("0")).other.unwrap();
            OfferPolicy { by_currency: [("BRL".parse().unwrap(), rule)].into(), other: None, ..policy(discount("0")) }
        };
        assert_eq!(offered(of_reais(), "BRL", "100.00", None), "discount, total 90.00, discount 10.00: 90.00");
        assert_eq!(offered(of_reais(), "EUR", "100.00", None), "offer p fits, but cannot be made: ");
    }
}
