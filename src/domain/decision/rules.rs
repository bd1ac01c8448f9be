//! The rules of a decision: what the configuration says, validated. They are the same for every account of a run.

use std::collections::BTreeMap;

use crate::domain::calendar::Calendar;
use crate::domain::charge::{ChargePolicy, RateTable};
use crate::domain::experiment::Experiment;
use crate::domain::fx::Quotes;
use crate::domain::message::{Templates, ToneRule};
use crate::domain::money::{Amount, Currency};
use crate::domain::offer::OfferPolicy;
use crate::domain::portfolio::UnappliedCredits;
use crate::domain::procedure::{CapScope, Channel, Procedure};
use crate::domain::responses::ResponseModel;
use crate::domain::segment::{Rule, Scorecard};

/// A cap on contacts over a rolling window.
#[derive(Clone, Debug)]
pub struct Cap {
    pub scope: CapScope,
    pub channel: Option<Channel>,
    pub segment: Option<String>,
    pub contacts_max: u32,
    pub days: u32,
}

/// A régua for the accounts of a segment, a tier, or both; `None` = every one.
#[derive(Clone, Debug)]
pub struct Choice {
    pub segment: Option<String>,
    pub tier: Option<String>,
    pub regua: String,
}

/// Who writes to the debtor.
#[derive(Clone, Debug)]
pub struct Creditor {
    pub name: String,
    pub email: String,
    pub phone: String,
    /// How to stop messages, by language; `default` for all others.
    pub opt_out: BTreeMap<String, String>,
    pub portal_link: Option<String>,
}

/// Everything a decision depends on besides the case.
#[derive(Debug)]
pub struct Rules {
    pub tenant: String,
    pub default_language: String,
    pub halted: bool,
    /// By id; `none` is not among them.
    pub procedures: BTreeMap<String, Procedure>,
    pub regua: String,
    /// By group, or CNPJ root.
    pub regua_by_group: BTreeMap<String, String>,
    /// The first that fits wins.
    pub regua_by_choice: Vec<Choice>,
    pub regua_by_company: BTreeMap<String, String>,
    pub tolerance: BTreeMap<Currency, Amount>,
    pub unapplied_credits: UnappliedCredits,
    /// An account whose credit is at least this share of what it would be asked for, in per cent, is left alone.
    pub credit_hold_percent: u32,
    pub unreported_days: u32,
    pub response_window_days: u32,
    /// Segment = days, where they differ.
    pub response_windows: BTreeMap<String, u32>,
    /// Room after a payment.
    pub payment_window_days: u32,
    /// Times that a step may fail at one address before it goes on by the next; at least 1.
    pub attempts_max: u32,
    pub slot_days: u32,
    pub caps: Vec<Cap>,
    pub segments: Vec<Rule>,
    pub tiers: Vec<Rule>,
    pub scorecard: Scorecard,
    pub experiments: Vec<Experiment>,
    pub response_model: ResponseModel,
    /// By company; `default` for all others.
    pub creditors: BTreeMap<String, Creditor>,
    /// By company; `default` for all others, none where nothing is charged.
    pub charges: BTreeMap<String, ChargePolicy>,
    pub rates: RateTable,
    /// In order: the first that fits and can be made wins.
    pub offers: Vec<OfferPolicy>,
    pub quotes: Quotes,
    pub calendar: Calendar,
    pub tone: ToneRule,
    pub templates: Templates,
}

impl Rules {
    /// Days before its due date on which an item may first be spoken of.
    pub fn lead_days(&self) -> u32 {
        let days = self.procedures.values().flat_map(|p| &p.steps).filter_map(|s| s.trigger.days_past_due());
        days.map(|days| u32::try_from(-days).unwrap_or(0)).max().unwrap_or(0)
    }

    /// Days back for which any contact matters, whatever it was about: the longest of all windows.
    pub fn contact_days(&self) -> u32 {
        let gaps = self.procedures.values().map(|p| p.min_gap_days);
        let responses = self.response_windows.values().copied();
        let windows = self.caps.iter().map(|c| c.days).chain(gaps).chain(responses);
        windows.chain([self.unreported_days, self.response_window_days]).max().unwrap_or(0)
    }
}

/// The régua that means: do nothing, and say so.
pub const REGUA_NONE: &str = "none";
