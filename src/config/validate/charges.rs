//! Charges, fees, rate tables and the dunning currency: from texts to rules that have passed every check.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Document, PlanBuilder};
use crate::config::raw::charges::{RawCharges, RawFee, RawInterest, RawRates};
use crate::domain::charge::{
    Caps, ChargePolicy, ChargeRule, ChargeRuleError, ChargeTerms, Fee, Fine, Interest, Percent, RateTable,
    ResidualCharges, Statutory, StepFee,
};
use crate::domain::fx::DunningCurrency;
use crate::domain::money::{Amount, Currency, Rounding};

impl PlanBuilder<'_> {
    /// The rates of every file of `pipeline.rates`.
    pub(super) fn rates(&mut self, document: &Document, files: &[String]) -> RateTable {
        let mut table = RateTable::default();
        for (position, file) in files.iter().enumerate() {
            let at = format!("/pipeline/rates/{position}");
            let Some(rates) = self.open(&self.path(file), Some((document, &at))) else { continue };
            let Some(raw) = self.read::<RawRates>(&rates) else { continue };
            for (position, index) in raw.indices.iter().enumerate() {
                let at = format!("/indices/{position}");
                let mut series: Vec<(NaiveDate, Percent)> = Vec::new();
                for (position, rate) in index.rates.iter().enumerate() {
                    let at = format!("{at}/rates/{position}");
                    let from = self.parse::<NaiveDate>(&rates, &format!("{at}/from"), &rate.from);
                    let percent = self.parse::<Percent>(&rates, &format!("{at}/percent"), &rate.percent);
                    series.extend(from.zip(percent));
                }
                let known_until = match &index.known_until {
                    Some(day) => self.parse::<NaiveDate>(&rates, &format!("{at}/known_until"), day),
                    None => series.last().map(|(from, _)| *from),
                };
                if let Err(error) = table.insert(&index.index, series, known_until) {
                    self.refuse(&rates, &at, error.to_string());
                }
            }
        }
        table
    }

    /// What every company charges. An index without any rate is refused, unless the input can bring some.
    pub(super) fn company_charges(
        &mut self,
        document: &Document,
        raw: &BTreeMap<String, RawCharges>,
        known: &KnownRates<'_>,
    ) -> BTreeMap<String, ChargePolicy> {
        let mut policies = BTreeMap::new();
        for (company, raw) in raw {
            let policy = self.charges(document, &format!("/charges/{company}"), company, raw, known);
            policies.extend(policy.map(|policy| (company.clone(), policy)));
        }
        policies
    }

    pub(super) fn charges(
        &mut self,
        document: &Document,
        at: &str,
        name: &str,
        raw: &RawCharges,
        known: &KnownRates<'_>,
    ) -> Option<ChargePolicy> {
        let faults = self.faults.len();
        if raw.fine.is_none() && raw.interest.is_none() {
            self.refuse(document, at, "charges need a `fine` or `interest`; without either, leave the table out");
        }
        let fine = raw.fine.as_ref().and_then(|fine| {
            let percent = self.parse(document, &format!("{at}/fine/percent"), &fine.percent)?;
            Some(Fine { percent, rounding: fine.rounding })
        });
        let interest = raw.interest.as_ref();
        let interest = interest.and_then(|raw| self.interest(document, &format!("{at}/interest"), raw, known));
        let cap = |builder: &mut Self, key: &str, text: Option<&String>| {
            builder.parse::<Percent>(document, &format!("{at}/caps/{key}"), text?)
        };
        let caps = Caps {
            fine_max: cap(self, "fine_max", raw.caps.fine_max.as_ref()),
            interest_max_per_month: cap(self, "interest_max_per_month", raw.caps.interest_max_per_month.as_ref()),
        };
        for (key, is_idle) in [
            ("fine_max", raw.caps.fine_max.is_some() && raw.fine.is_none()),
            ("interest_max_per_month", raw.caps.interest_max_per_month.is_some() && raw.interest.is_none()),
        ] {
            if is_idle {
                self.refuse(document, &format!("{at}/caps/{key}"), format!("`{key}` caps nothing; leave it out"));
            }
        }
        match ChargeRule::new(ChargeTerms { fine, interest, fee: None }, caps) {
            Ok(rule) if self.faults.len() == faults => {
                let residual = raw.residual_charges.unwrap_or(ResidualCharges::Waive);
                Some(ChargePolicy { name: name.to_owned(), rule, residual })
            }
            Ok(_) => None,
            Err(errors) => {
                errors.iter().for_each(|e| self.refuse(document, &format!("{at}/{}", key_of(e)), e.to_string()));
                None
            }
        }
    }

    fn interest(
        &mut self,
        document: &Document,
        at: &str,
        raw: &RawInterest,
        known: &KnownRates<'_>,
    ) -> Option<Interest> {
        let rounding = raw.rounding;
        let of_law = [
            ("index", raw.index.is_some()),
            ("margin", raw.margin.is_some()),
            ("fixed_sum", !raw.fixed_sum.is_empty()),
        ];
        match (&raw.percent, raw.per, raw.statutory) {
            (Some(percent), Some(period), None) => {
                for (key, _) in of_law.iter().filter(|(_, is_set)| *is_set) {
                    let message = format!("`{key}` belongs to `statutory` interest; leave it out");
                    self.refuse(document, &format!("{at}/{key}"), message);
                }
                let percent = self.parse(document, &format!("{at}/percent"), percent)?;
                Some(Interest::Simple { percent, period, rounding })
            }
            (None, None, Some(statute)) => {
                let index = raw.index.clone().unwrap_or_else(|| statute.index().to_owned());
                if !known.has(&index) {
                    let message = format!(
                        "there is no rate of the index `{index}`; name a file with it in pipeline.rates, or the input index_rates"
                    );
                    self.refuse(document, at, message);
                }
                let margin = raw.margin.as_ref().map(|text| self.parse(document, &format!("{at}/margin"), text));
                let sums = self.amounts(document, &format!("{at}/fixed_sum"), &raw.fixed_sum);
                if sums.len() > 1 {
                    let message = "a member state sets one sum in one currency; write a [charges.<company>] for each";
                    self.refuse(document, &format!("{at}/fixed_sum"), message);
                }
                let fixed_sum = sums.into_iter().next();
                let margin = match margin {
                    Some(margin) => Some(margin?),
                    None => None,
                };
                Some(Interest::Statutory(Statutory { statute, index, margin, fixed_sum, rounding }))
            }
            _ => {
                let message = "interest is { percent, per, rounding } by contract, or { statutory, rounding } by law";
                self.refuse(document, at, message);
                None
            }
        }
    }

    /// The fee of a step.
    pub(super) fn fee(&mut self, document: &Document, at: &str, raw: &RawFee) -> Option<StepFee> {
        let faults = self.faults.len();
        let fixed = self.coins(document, &format!("{at}/fixed"), &raw.fixed);
        let percent = raw
            .percent
            .as_ref()
            .map_or(Some(Percent::ZERO), |text| self.parse(document, &format!("{at}/percent"), text))?;
        if percent == Percent::ZERO && fixed.values().all(|amount| *amount == Amount::ZERO) {
            self.refuse(document, at, "this fee is always 0; give `fixed` or `percent`, or leave it out");
        }
        let amounts = fixed.values().copied().chain((fixed.is_empty()).then_some(Amount::ZERO));
        let fees = amounts.map(|fixed| Fee { fixed, percent, rounding: raw.rounding });
        let refused = fees.filter_map(|fee| {
            ChargeRule::new(ChargeTerms { fee: Some(fee), ..ChargeTerms::default() }, Caps::default()).err()
        });
        let messages: BTreeSet<String> = refused.flatten().map(|e| e.to_string()).collect();
        messages.into_iter().for_each(|message| self.refuse(document, at, message));
        (self.faults.len() == faults).then_some(StepFee { fixed, percent, rounding: raw.rounding })
    }

    /// Currency = amount, in whole coins of the currency.
    pub(super) fn coins(
        &mut self,
        document: &Document,
        at: &str,
        raw: &BTreeMap<String, String>,
    ) -> BTreeMap<Currency, Amount> {
        let amounts = self.amounts(document, at, raw);
        for (currency, _) in amounts.iter().filter(|(currency, amount)| amount.0 % currency.coin() != 0) {
            self.refuse(
                document,
                &format!("{at}/{currency}"),
                format!("{currency} has no decimals; write a whole number"),
            );
        }
        amounts
    }

    /// The currency of a régua, with the rounding that it needs.
    pub(super) fn dunning_currency(
        &mut self,
        document: &Document,
        code: Option<&String>,
        rounding: Option<Rounding>,
    ) -> Option<DunningCurrency> {
        match (code, rounding) {
            (None, None) => None,
            (Some(_), None) => {
                let message = "`dunning_currency` needs `fx_rounding`: \"half_up\" or \"half_even\"";
                self.refuse(document, "/dunning_currency", message);
                None
            }
            (None, Some(_)) => {
                self.refuse(document, "/fx_rounding", "`fx_rounding` rounds nothing without `dunning_currency`");
                None
            }
            (Some(_), Some(Rounding::Truncate)) => {
                let message = "amounts are converted \"half_up\" or \"half_even\", not cut off";
                self.refuse(document, "/fx_rounding", message);
                None
            }
            (Some(code), Some(rounding)) => {
                let currency = self.parse(document, "/dunning_currency", code)?;
                Some(DunningCurrency { currency, rounding })
            }
        }
    }
}

/// Where rates can come from.
pub(super) struct KnownRates<'a> {
    pub table: &'a RateTable,
    /// The input index_rates is named: what it brings is seen at run time only.
    pub has_input: bool,
}

impl KnownRates<'_> {
    fn has(&self, index: &str) -> bool {
        self.has_input || self.table.has(index)
    }
}

/// The key that a fault of the terms is about.
fn key_of(error: &ChargeRuleError) -> &'static str {
    match error {
        ChargeRuleError::FineAboveCap { .. } => "fine/percent",
        ChargeRuleError::InterestAboveCap { .. } => "interest/percent",
        ChargeRuleError::MarginBelowDirective { .. } => "interest/margin",
        ChargeRuleError::FixedByStatute { what: "the margin", .. } => "interest/margin",
        ChargeRuleError::FixedByStatute { .. } => "interest/fixed_sum",
        ChargeRuleError::Negative { what } => match *what {
            "the fine" => "fine/percent",
            "the interest" => "interest/percent",
            "the fixed sum" => "interest/fixed_sum",
            "the cap of the fine" => "caps/fine_max",
            "the cap of the interest" => "caps/interest_max_per_month",
            _ => "",
        },
    }
}
