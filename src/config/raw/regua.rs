//! One régua file: how an account climbs, and the steps that it climbs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::charges::{RawCharges, RawFee};
use crate::domain::money::Rounding;
use crate::domain::procedure::{Advance, Carrier, DisputeScope, LevelOf};

/// One régua file, such as `pipelines/reguas/b2b.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRegua {
    /// Unique among the pipeline's réguas, and not `none`; actions carry it.
    pub id: String,
    /// What climbs the steps: the account by its oldest item, or every item on its own.
    #[serde(default)]
    pub level_of: LevelOf,
    /// The next step after the last that was sent, or the highest whose trigger holds.
    #[serde(default)]
    pub advance: Advance,
    /// With `level_of = "item"`: which item sets the step of the one message.
    pub carrier: Option<Carrier>,
    /// Days between two steps.
    #[serde(default)]
    pub min_gap_days: u32,
    /// A step missed by more days than this is skipped; none = never skipped.
    pub catch_up_days: Option<u32>,
    /// Currency = least sum of due items for which the régua acts.
    #[serde(default)]
    pub minimum: BTreeMap<String, String>,
    /// What an open dispute holds.
    #[serde(default)]
    pub dispute_scope: DisputeScope,
    /// Terms of its own, in place of those of the company.
    pub charges: Option<RawCharges>,
    /// Accounts in other currencies are dunned in this one, converted by fx_rates; needs `fx_rounding`.
    pub dunning_currency: Option<String>,
    /// half_up or half_even.
    pub fx_rounding: Option<Rounding>,
    /// In order: the first is level 1. From 1 to 200.
    #[serde(default)]
    pub steps: Vec<RawStep>,
}

/// One rung of the ladder, or a duty or receipt beside it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStep {
    /// Part of every action_id: never reuse or rename one that was published.
    pub id: String,
    /// reminder, notice, verification, call, negotiation, negativacao_notice ...
    pub kind: String,
    /// When it is due.
    pub trigger: RawTrigger,
    /// Channels in order; instructions and placements need none.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Template; none = the step's kind names it.
    pub template: Option<String>,
    /// gentle, firm or formal; default firm. Long-time customers with a clean history are addressed gently unless it is
    /// formal.
    pub tone: Option<String>,
    /// Overrides the régua's.
    pub catch_up_days: Option<u32>,
    /// Send it again while nothing else is due; none = once.
    pub repeat: Option<RawRepeat>,
    /// Only for accounts of these segments; none = all.
    pub segments: Option<Vec<String>>,
    /// Notices: days the debtor has before the step that the notice announces.
    #[schemars(range(min = 1))]
    pub notice_days: Option<u32>,
    /// Step whose notice must have been sent, and whose notice_days must have passed.
    pub after_notice: Option<String>,
    /// negativacao, protesto: where the instruction goes.
    pub bureau: Option<String>,
    /// agency_placement: to whom.
    pub agency: Option<String>,
    /// Duties: business days from full payment; default 5 for negativacao_removal (Súmula 548), no term for the others.
    #[schemars(range(min = 1, max = 60))]
    pub deadline_business_days: Option<u32>,
    /// negativacao, protesto and their notices: nothing due longer ago than this many years; default 5 (CDC art. 43).
    #[schemars(range(min = 1, max = 20))]
    pub listing_years_max: Option<u32>,
    /// What the step costs the debtor.
    pub fee: Option<RawFee>,
}

/// When a step is due; the keys of one table must all hold.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTrigger {
    /// Days past the due date; negative = before it.
    pub days_past_due: Option<i64>,
    /// Calendar days since the day of issue.
    pub days_since_issue: Option<i64>,
    /// The last day of the month in which due date + n falls.
    pub end_of_month_after: Option<i64>,
    /// Days since the step before it was sent.
    pub days_since_previous: Option<i64>,
    /// Currency = amount: all that is open reaches it, due or not.
    pub open_balance: Option<BTreeMap<String, String>>,
    /// Currency = amount: what is overdue reaches it.
    pub overdue_balance: Option<BTreeMap<String, String>>,
    /// At least this many items are open, due or not.
    pub open_items: Option<u32>,
    /// At least this many items are overdue.
    pub overdue_items: Option<u32>,
    /// At least this chance, from 0 to 1, that the item is paid late, by the model of `regua train`: beside a `days_past_due` below zero, a
    /// call before the due date for those at risk. Without a model it never holds.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub late_chance: Option<f64>,
    /// `true`: a promise was broken in this arrears episode.
    pub promise_broken: Option<bool>,
    /// `true`: an agreement was broken in this arrears episode.
    pub agreement_broken: Option<bool>,
    /// Duties (removal, release, recall), and only they: what is listed, protested or with an agency is paid.
    pub paid_while_listed: Option<bool>,
    /// Receipts, and only they: everything that was due is paid, at most `catch_up_days` (default 3) ago.
    pub all_paid: Option<bool>,
    /// Exceed, not equal.
    pub strictly: bool,
    /// Triggers that must all hold, beside the keys of this table.
    pub all: Vec<RawTrigger>,
    /// Triggers of which one must hold, beside the keys of this table.
    pub any: Vec<RawTrigger>,
}

/// The same step again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRepeat {
    /// Days since it was last sent.
    #[schemars(range(min = 1))]
    pub every_days: u32,
    /// `true`: more than `every_days`; `false`: `every_days` is enough.
    #[serde(default)]
    pub strictly: bool,
    /// Occurrences at the most, the first included.
    #[schemars(range(min = 1))]
    pub max: u32,
}
