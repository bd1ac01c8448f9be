//! What the user wrote about choosing: réguas by group, segment and tier, arms of experiments, channels and hours.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A régua for the accounts of a segment, of a tier, or of both at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawChoice {
    /// None = every segment.
    pub segment: Option<String>,
    /// None = every tier. A tier that comes with the debtors' table is named in `[[tiers]]` too.
    pub tier: Option<String>,
    /// Id of a régua, or `none`: nobody is written to.
    pub regua: String,
}

/// Arms over the accounts of some segments, drawn by the debtor's group.
///
/// A régua that was named by hand (for an item, a debtor or a group) keeps an account out of the experiment, and so
/// does `none`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExperiment {
    /// Enters the draw: another id draws anew. Whoever was drawn stays in its arm, whatever shares and segments say later.
    pub id: String,
    /// Its first day, as 2026-07-01: before it nobody is in an arm, and what was paid before it counts for none.
    /// If it changes after the experiment has begun, there is no verdict.
    pub starts_on: String,
    /// Its last day, as 2026-09-30: payments up to it count, and once it is over there is a verdict. After it nobody is in an arm. None =
    /// it goes on until it is taken out, and there is no verdict.
    pub ends_on: Option<String>,
    /// Segments that take part; none = all.
    pub segments: Option<Vec<String>>,
    /// The first is the champion, with which the others are compared; ten at most.
    pub arms: Vec<RawArm>,
}

/// One arm of an experiment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawArm {
    /// Unique in its experiment.
    pub name: String,
    /// Per cent of the groups; the shares of all arms add up to 100.
    #[schemars(range(min = 1, max = 100))]
    pub share: u32,
    /// Régua of this arm; none = the one that applies without the experiment.
    pub regua: Option<String>,
    /// Nothing goes out, to see what comes in by itself.
    #[serde(default)]
    pub hold_out: bool,
}

/// What is expected of each channel before a debtor has shown anything, and the hours of messages.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawChannels {
    /// Contacts that a prior rate counts for, beside the debtor's own.
    #[schemars(range(min = 1, max = 1000))]
    pub prior_weight: Option<u32>,
    /// Answers at one hour that make it the hour of an account.
    #[schemars(range(min = 1, max = 1000))]
    pub hour_answers_min: Option<u32>,
    /// Segment = local hour of messages to accounts without an hour of their own; none = as the window opens.
    pub best_hours: BTreeMap<String, u32>,
    /// Days after a contact within which a payment or a promise to pay counts for it, when `regua train` learns of contacts; 7 by default.
    #[schemars(range(min = 1, max = 90))]
    pub outcome_days: Option<u32>,
    /// Contacts whose outcome days are over that a model must have learnt from to choose channels and hours; 200 by default. With fewer the rates here are used.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub contacts_min: Option<u64>,
    /// Share of the choices between channels that are left to chance, from 0 (none, the default) to 0.2; `propensity` of `actions` says the chance.
    #[schemars(range(min = 0.0, max = 0.2))]
    pub explore: Option<f64>,
    /// Messages by e-mail.
    pub email: RawChannel,
    /// Messages by WhatsApp.
    pub whatsapp: RawChannel,
    /// Short messages.
    pub sms: RawChannel,
    /// Calls: tasks for a person.
    pub phone: RawChannel,
    /// Letters on paper.
    pub letter: RawChannel,
    /// The self-service portal of the creditor.
    pub portal: RawChannel,
}

/// One channel: what to expect of it, and what it costs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawChannel {
    /// Share of contacts answered, from 0 to 1, by a debtor of whom nothing is known; `kpi_channels` shows it.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub answer_rate: Option<f64>,
    /// Segment = share, where it differs.
    pub by_segment: BTreeMap<String, f64>,
    /// Of one contact, in the default currency: between channels that promise the same, the cheaper one is taken.
    pub cost: Option<String>,
}
