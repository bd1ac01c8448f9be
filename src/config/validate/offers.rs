//! Offers: whom they are made to, and on which terms.

use std::collections::{BTreeMap, BTreeSet};

use super::{Document, PlanBuilder, unknown};
use crate::config::raw::charges::{RawOffer, RawOfferCondition};
use crate::domain::charge::Percent;
use crate::domain::money::{Amount, Currency};
use crate::domain::offer::{OfferCondition, OfferPolicy, OfferRule, OfferTerms};
use crate::domain::segment::Comparison;

/// The names that the conditions of offers may use.
pub(super) struct OfferNames<'a> {
    pub segments: Vec<&'a str>,
    pub tiers: Vec<&'a str>,
    pub risk_bands: Vec<&'a str>,
    pub steps: Vec<&'a str>,
}

/// The terms of an offer in a currency; the amount is its floor.
type Terms = Box<dyn Fn(Amount) -> OfferTerms>;

impl PlanBuilder<'_> {
    pub(super) fn offers(&mut self, document: &Document, raw: &[RawOffer], names: &OfferNames<'_>) -> Vec<OfferPolicy> {
        let mut known = BTreeSet::new();
        let mut policies = Vec::new();
        for (position, raw) in raw.iter().enumerate() {
            let at = format!("/offers/{position}");
            if !known.insert(&raw.name) {
                self.refuse(document, &at, format!("there are two offers named `{}`; rename one", raw.name));
            }
            let when = self.offer_condition(document, &format!("{at}/when"), &raw.when, names);
            let given = [raw.discount.is_some(), raw.instalments.is_some(), raw.extension.is_some()];
            if given.into_iter().filter(|is_given| *is_given).count() != 1 {
                self.refuse(document, &at, "an offer has one of `discount`, `instalments` and `extension`");
                continue;
            }
            let Some((key, floors, terms)) = self.offer_terms(document, &at, raw) else { continue };
            let (mut by_currency, mut refused) = (BTreeMap::new(), BTreeSet::new());
            let floored = floors.iter().map(|(currency, floor)| (Some(*currency), *floor));
            let other = floors.is_empty().then_some((None, Amount::ZERO));
            let mut for_others = None;
            for (currency, floor) in floored.chain(other) {
                match (OfferRule::new(terms(floor)), currency) {
                    (Ok(rule), Some(currency)) => drop(by_currency.insert(currency, rule)),
                    (Ok(rule), None) => for_others = Some(rule),
                    (Err(errors), _) => refused.extend(errors.iter().map(ToString::to_string)),
                }
            }
            refused.into_iter().for_each(|message| self.refuse(document, &format!("{at}/{key}"), message));
            policies.push(OfferPolicy { name: raw.name.clone(), when, by_currency, other: for_others });
        }
        policies
    }

    /// The kind of an offer, its floor by currency, and its terms for a floor.
    fn offer_terms(
        &mut self,
        document: &Document,
        at: &str,
        raw: &RawOffer,
    ) -> Option<(&'static str, BTreeMap<Currency, Amount>, Terms)> {
        let percent = |builder: &mut Self, key: &str, text: Option<&String>| match text {
            Some(text) => builder.parse::<Percent>(document, &format!("{at}/{key}"), text),
            None => Some(Percent::ZERO),
        };
        if let Some(discount) = &raw.discount {
            let floors = self.coins(document, &format!("{at}/discount/pay_min"), &discount.pay_min);
            let share = percent(self, "discount/percent", Some(&discount.percent));
            let cap = discount.percent_max.as_ref().map(|text| percent(self, "discount/percent_max", Some(text)));
            let (percent, percent_max, valid_days) = (share?, cap.unwrap_or(share)?, discount.valid_days);
            let terms = move |pay_min| OfferTerms::Discount { percent, percent_max, pay_min, valid_days };
            return Some(("discount", floors, Box::new(terms)));
        }
        if let Some(raw) = &raw.instalments {
            let floors = self.coins(document, &format!("{at}/instalments/instalment_min"), &raw.instalment_min);
            let down = percent(self, "instalments/down_payment", raw.down_payment.as_ref());
            let interest = percent(self, "instalments/interest_per_month", raw.interest_per_month.as_ref());
            let (down_payment, interest_per_month) = down.zip(interest)?;
            let (count_max, rounding, valid_days) = (raw.count_max, raw.rounding, raw.valid_days);
            let terms = move |instalment_min| OfferTerms::Instalments {
                count_max,
                instalment_min,
                down_payment,
                interest_per_month,
                rounding,
                valid_days,
            };
            return Some(("instalments", floors, Box::new(terms)));
        }
        let (extension_days, valid_days) = raw.extension.as_ref().map(|raw| (raw.days, raw.valid_days))?;
        let terms = move |_| OfferTerms::Extension { extension_days, valid_days };
        Some(("extension", BTreeMap::new(), Box::new(terms)))
    }

    fn offer_condition(
        &mut self,
        document: &Document,
        at: &str,
        raw: &RawOfferCondition,
        names: &OfferNames<'_>,
    ) -> OfferCondition {
        for (key, what, listed, known) in [
            ("segments", "segment", &raw.segments, &names.segments),
            ("tiers", "tier", &raw.tiers, &names.tiers),
            ("risk_bands", "risk band", &raw.risk_bands, &names.risk_bands),
            ("steps", "step", &raw.steps, &names.steps),
        ] {
            for (position, name) in listed.iter().enumerate().filter(|(_, name)| !known.contains(&name.as_str())) {
                self.refuse(document, &format!("{at}/{key}/{position}"), unknown(what, name, known.iter().copied()));
            }
        }
        let days = raw.days_past_due.as_deref();
        let days_past_due =
            days.map_or(Vec::new(), |text| self.comparisons(document, &format!("{at}/days_past_due"), text));
        let mut open_amount = BTreeMap::new();
        for (code, text) in &raw.open_amount {
            let at = format!("{at}/open_amount/{code}");
            let currency = self.parse::<Currency>(document, &at, code);
            let comparisons = self.comparisons(document, &at, text);
            open_amount.extend(currency.map(|currency| (currency, comparisons)));
        }
        OfferCondition {
            segments: raw.segments.clone(),
            tiers: raw.tiers.clone(),
            risk_bands: raw.risk_bands.clone(),
            steps: raw.steps.clone(),
            days_past_due,
            open_amount,
        }
    }

    /// `">= 15, < 60"`
    fn comparisons(&mut self, document: &Document, at: &str, text: &str) -> Vec<Comparison> {
        let mut comparisons = Vec::new();
        for part in text.split(',') {
            match Comparison::parse(part) {
                Some(comparison) => comparisons.push(comparison),
                None => {
                    let message = format!(
                        "{text:?} is not a comparison: write \">= 15, < 60\", with a point before decimals and no mark between thousands"
                    );
                    self.refuse(document, at, message);
                    break;
                }
            }
        }
        comparisons
    }
}
