//! Charges, offers, fees and rate tables, as they are written.
//!
//! Percentages and amounts are texts: `"2.5"`, never a float.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::charge::{InterestPeriod, ResidualCharges, Statute};
use crate::domain::money::Rounding;

/// What an overdue item bears: `[charges.default]`, `[charges.<company>]`, or `[charges]` in a régua file.
/// The closest table applies whole; nothing is merged.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawCharges {
    /// Once, on the open amount; none = no fine.
    pub fine: Option<RawFine>,
    /// Simple, on the open amount from the original due date; none = no interest.
    pub interest: Option<RawInterest>,
    /// The most that may be charged.
    pub caps: RawChargeCaps,
    /// Charges left on items that were paid late: `claim` adds them to the next message, `waive` (the default) says
    /// what is waived.
    pub residual_charges: Option<ResidualCharges>,
}

/// A fine (multa), once per item.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFine {
    /// Of the open amount, such as "2".
    pub percent: String,
    /// To the smallest coin of the currency.
    pub rounding: Rounding,
}

/// By contract (`percent`, `per`) or by law (`statutory`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawInterest {
    /// By contract: the rate, such as "1".
    pub percent: Option<String>,
    /// By contract: a thirtieth of the monthly rate a day, or a 365th of the yearly one.
    pub per: Option<InterestPeriod>,
    /// By law: rates come from `pipeline.rates` and the input index_rates.
    pub statutory: Option<Statute>,
    /// By law: the index; default taxa_legal, ecb or boe.
    pub index: Option<String>,
    /// eu_late_payment: points above the reference rate; default 8.
    pub margin: Option<String>,
    /// eu_late_payment: what the member state sets, such as { SEK = "450.00" }; default 40.00 euros. Other currencies
    /// bear no fixed sum.
    #[serde(default)]
    pub fixed_sum: BTreeMap<String, String>,
    /// To the smallest coin of the currency.
    pub rounding: Rounding,
}

/// A contract above a cap is refused; a statutory rate is cut to it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawChargeCaps {
    /// Per cent of the open amount, such as "2"; none = no cap.
    pub fine_max: Option<String>,
    /// A yearly rate may be twelve times as high.
    pub interest_max_per_month: Option<String>,
}

/// What a step costs the debtor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFee {
    /// Currency = amount, once per message. The one amount of a fee in another currency is converted by fx_rates;
    /// of several, none applies to a currency that is not among them.
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
    /// Of the principal of each overdue item; default 0.
    pub percent: Option<String>,
    /// Of the share of each item's principal.
    pub rounding: Rounding,
}

/// A way out that a message may offer. Rules are tried in order; the first that fits and can be made wins.
/// The offer is made on principal and charges together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOffer {
    /// Unique; traces name the offer by it.
    pub name: String,
    /// Who gets it; none = everybody.
    #[serde(default)]
    pub when: RawOfferCondition,
    /// One of discount, instalments and extension.
    pub discount: Option<RawDiscount>,
    /// The whole in monthly parts.
    pub instalments: Option<RawInstalments>,
    /// The whole, later.
    pub extension: Option<RawExtension>,
}

/// All given conditions must hold.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawOfferCondition {
    /// Names of segments; empty = all.
    pub segments: Vec<String>,
    /// Names of tiers; empty = all.
    pub tiers: Vec<String>,
    /// Names of risk bands; empty = all, and accounts without a band too.
    pub risk_bands: Vec<String>,
    /// Ids of steps.
    pub steps: Vec<String>,
    /// Of the oldest cited item, such as ">= 15, < 60".
    pub days_past_due: Option<String>,
    /// Currency = comparison with the open amount of the cited items; other currencies do not fit.
    pub open_amount: BTreeMap<String, String>,
}

/// Less for payment at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDiscount {
    /// Of the total, cut off to whole cents.
    pub percent: String,
    /// The most that any discount may be; default `percent` itself.
    pub percent_max: Option<String>,
    /// Currency = least amount left to pay; the discount shrinks to keep it. Where any is given, other currencies
    /// get no such offer.
    #[serde(default)]
    pub pay_min: BTreeMap<String, String>,
    /// Days from the as-of date on which it can be accepted, from 0 to 366.
    pub valid_days: u32,
}

/// Monthly instalments, as many as fit; none is above the largest payment that the account has ever made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawInstalments {
    /// The most instalments, from 2; the down payment not counted.
    pub count_max: u32,
    /// Currency = least instalment. Where any is given, other currencies get no such offer.
    #[serde(default)]
    pub instalment_min: BTreeMap<String, String>,
    /// Share of the total that is due when the offer is accepted; default 0.
    pub down_payment: Option<String>,
    /// Simple interest on each share until it is due; default 0.
    pub interest_per_month: Option<String>,
    /// Of the down payment and of the interest.
    pub rounding: Rounding,
    /// Days from the as-of date on which it can be accepted, from 0 to 366; the down payment is due on the last.
    pub valid_days: u32,
}

/// The same total, later.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExtension {
    /// Days from the as-of date.
    pub days: u32,
    /// Days from the as-of date on which it can be accepted; no more than `days`.
    pub valid_days: u32,
}

/// One file of rates, such as `pipelines/rates/eu.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRates {
    /// One entry for each index.
    pub indices: Vec<RawIndex>,
}

/// The series of one reference rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIndex {
    /// As charges and the input index_rates name it.
    pub index: String,
    /// Last day for which the list is complete; none = the day of its last rate. A reference rate is never used
    /// beyond it.
    pub known_until: Option<String>,
    /// In order of date, one per date.
    pub rates: Vec<RawRate>,
}

/// A rate and the day from which it holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRate {
    /// First day on which it holds; monthly indices: the first of the month.
    pub from: String,
    /// Per cent, without any margin.
    pub percent: String,
    /// Who published it, and where it can be looked up.
    #[schemars(length(min = 1))]
    pub source: String,
}
