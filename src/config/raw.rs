//! What the user wrote: the pipeline, régua and calendar files, key by key.
//!
//! These types say only what may stand where. Their JSON Schema (`regua schema pipeline`) is also what finds the
//! structural errors, all at once; `validate` turns them into the plan that travels.

mod calendar;
pub mod charges;
mod kpis;
mod limits;
mod model;
mod reach;
mod regua;
mod report;

use std::collections::BTreeMap;

pub use calendar::{RawCalendar, RawHoliday, RawWeek, RawWindows};
pub use kpis::RawKpis;
pub use limits::RawLimits;
pub use model::RawModel;
pub use reach::{RawChannel, RawChannels, RawChoice, RawExperiment};
pub use regua::{RawRegua, RawRepeat, RawStep, RawTrigger};
pub use report::RawReport;
use schemars::JsonSchema;
use serde::Deserialize;

use self::charges::{RawCharges, RawOffer};
use super::{InvoiceScope, Sign, Unidentified};
use crate::domain::money::Rounding;
use crate::domain::portfolio::UnappliedCredits;
use crate::domain::procedure::CapScope;

/// One pipeline file, such as `pipelines/daily.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPipeline {
    /// Whose pipeline it is, and where its other files are.
    pub pipeline: RawHead,
    /// Company, currency and language of rows that do not name their own.
    #[serde(default)]
    pub defaults: RawDefaults,
    /// One section per input table.
    pub inputs: BTreeMap<String, RawInput>,
    /// Where its runs publish.
    pub output: RawOutput,
    /// Buckets by age, the payable day, and unapplied credits.
    #[serde(default)]
    pub aging: RawAging,
    /// How far back an account's behaviour counts.
    #[serde(default)]
    pub profile: RawProfile,
    /// Ordered rules: the first that fits names the segment.
    #[serde(default)]
    pub segments: Vec<RawSegment>,
    /// Ordered rules: the first that fits names the value tier.
    #[serde(default)]
    pub tiers: Vec<RawSegment>,
    /// Points and the bands that they add up to.
    #[serde(default)]
    pub risk: RawRisk,
    /// Which régua an account is under, and what keeps messages back.
    pub dunning: RawDunning,
    /// How likely an answer is on each channel, what a contact costs, and the best hours.
    #[serde(default)]
    pub channels: RawChannels,
    /// An account is in one experiment at a time.
    #[serde(default)]
    pub experiments: Vec<RawExperiment>,
    /// What overdue items bear, by company; `default` for all others, none = nothing.
    #[serde(default)]
    pub charges: BTreeMap<String, RawCharges>,
    /// Ordered rules: the first that fits and can be made is offered.
    #[serde(default)]
    pub offers: Vec<RawOffer>,
    /// Who writes to the debtor, by company; `default` for all others.
    pub creditors: BTreeMap<String, RawCreditor>,
    /// Who is addressed gently.
    #[serde(default)]
    pub tone: RawTone,
    /// What is expected of open items, by what `regua train` has learnt.
    #[serde(default)]
    pub model: RawModel,
    /// Windows of the KPI tables.
    #[serde(default)]
    pub kpis: RawKpis,
    /// How the page of each run is written.
    #[serde(default)]
    pub report: RawReport,
    /// When the run stops, and what it may use.
    #[serde(default)]
    pub limits: RawLimits,
}

/// Whose pipeline it is, and the files that belong to it; paths count from the folder of this file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHead {
    /// Enters every action_id: two tenants never share an action.
    pub tenant: String,
    /// IANA zone in which timestamps become dates.
    pub time_zone: String,
    /// Folder of SQL models: each replaces the shipped one of its path, or is added to them.
    pub sql_dir: Option<String>,
    /// Files of holidays and contact windows.
    pub calendars: Vec<String>,
    /// Folder of message templates, one folder per language in it; a file replaces the shipped one of its name.
    pub templates: String,
    /// Folder with lists of forbidden words, one file per language.
    pub words: Option<String>,
    /// Régua files.
    pub reguas: Vec<String>,
    /// Files of reference rates, for statutory interest; the input index_rates adds to them.
    #[serde(default)]
    pub rates: Vec<String>,
}

/// Company, currency and language of rows that do not name their own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawDefaults {
    /// Company of rows that name none.
    pub company: Option<String>,
    /// Currency of rows that name none.
    pub currency: Option<String>,
    /// Language of debtors that name none.
    pub language: Option<String>,
    /// Languages in which every step must have its messages; none = the one above.
    pub languages: Option<Vec<String>>,
}

/// Who is addressed gently whatever the step says, unless it is formal.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTone {
    /// A customer for at least this many months; default 24.
    #[schemars(range(max = 1200))]
    pub long_time_months: Option<u32>,
    /// Late with at most this share of its items; default 0.1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub clean_late_ratio_max: Option<f64>,
}

/// Where an input comes from, and how its export writes what the contract asks for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawInput {
    /// Object, or glob of objects; `{as_of}` stands for the date.
    pub path: String,
    /// Column of the contract = column of the file.
    pub columns: BTreeMap<String, String>,
    /// For each column of the contract: value of the file = value of the contract; `true` or `false` for a boolean.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Accept float amounts, rounded by this name and counted.
    pub amount_from_float: Option<Rounding>,
    /// Its newest object must have been written at most this many days before the as-of date; none = any age.
    #[schemars(range(max = 3650))]
    pub max_age_days: Option<u32>,
    /// Its newest object may be at most this many days older than that of the invoices. Default: 1 for payments,
    /// disputes, agreements, promises, contact_log and listings, which protect debtors; any for the others.
    #[schemars(range(max = 3650))]
    pub lag_days_max: Option<u32>,
    /// Only for invoices and payments. `negative`: the source writes their amounts below zero, and they are negated as
    /// they are read.
    pub sign: Option<Sign>,
    /// The strftime format of dates that are texts (or numbers such as 20260630), for example `%d/%m/%Y`; the formats
    /// of a list are tried in order.
    pub date_format: Option<RawDateFormats>,
    /// Dates that mean "no date" in an optional column. Default: 9999-12-31, 2199-12-31, 1900-01-01, 1899-12-30,
    /// 1753-01-01 and 0001-01-01; `[]` = none does.
    pub null_dates: Option<Vec<String>>,
    /// Only for invoices: `all`, or `open` if the export holds open items only. Then an invoice that is no longer there
    /// was settled.
    pub scope: Option<InvoiceScope>,
    /// Only for payments: `count` those that name neither a debtor nor a known invoice, or `stop` the run.
    pub unidentified: Option<Unidentified>,
}

/// One format, or several that are tried in order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawDateFormats {
    /// Every date is written so.
    One(String),
    /// They are tried in this order; the first that reads the text counts.
    Many(Vec<String>),
}

impl RawDateFormats {
    /// In the order in which they are tried.
    pub fn as_slice(&self) -> &[String] {
        match self {
            RawDateFormats::One(format) => std::slice::from_ref(format),
            RawDateFormats::Many(formats) => formats,
        }
    }
}

/// Where a run publishes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOutput {
    /// Folder or bucket prefix that holds `_log`, `runs`, `outbox` and `kpi`.
    pub path: String,
    /// Folder or bucket prefix for Delta tables of the KPI tables and the position; none = there are none. Only in a build
    /// with the feature `delta`.
    pub delta: Option<String>,
}

/// Buckets by age, the payable day, and unapplied credits.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawAging {
    /// Upper edges of the buckets in days past due, ascending; 0 = not due.
    pub buckets: Option<Vec<i64>>,
    /// Brazil, Lei 7.089/1983: due on a non-business day = payable on the next business day.
    pub due_on_business_day: bool,
    /// What to do with money that is not applied to any item; default `hold`.
    pub unapplied_credits: UnappliedCredits,
    /// With `unapplied_credits = "hold"`: an account is left alone if its credit is at least this percentage of the
    /// claim; default 50. Below that, the message names the credit.
    #[schemars(range(min = 1, max = 100))]
    pub credit_hold_percent: Option<u32>,
}

/// The history behind late ratios, largest payments and all else that segments look at.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawProfile {
    /// Months of history that the profile looks at.
    #[schemars(range(min = 1, max = 120))]
    pub window_months: Option<u32>,
}

/// A name for the accounts that fit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSegment {
    /// Unique in its list; tables and other rules use it.
    pub name: String,
    /// Profile field = comparison, such as `late_ratio = ">= 0.1, < 0.5"`; all must hold; none = always.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
}

/// A scorecard.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRisk {
    /// Points are added up over every line that holds.
    pub points: Vec<RawPoints>,
    /// Band name = minimum points; the highest band reached wins.
    pub bands: BTreeMap<String, i64>,
}

/// One line of the scorecard.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPoints {
    /// Added where the line holds; may be below zero.
    pub points: i64,
    /// As in segments: profile field = comparison; all must hold.
    pub when: BTreeMap<String, String>,
}

/// Which régua an account is under, and what keeps messages back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawDunning {
    /// Hold every account, and keep duties back too, while figures go on; default false.
    #[serde(default)]
    pub halted: bool,
    /// Régua of accounts for which no closer rule names one.
    pub regua: String,
    /// Group (`group_id`, or the CNPJ root where the source names none) = régua.
    pub by_group: BTreeMap<String, String>,
    /// Réguas by segment and tier, in order: the first that fits wins.
    pub choose: Vec<RawChoice>,
    /// Company = régua.
    pub by_company: BTreeMap<String, String>,
    /// Currency = amount: below it an account is left alone.
    pub tolerance: BTreeMap<String, String>,
    /// Days for which a published action that nobody reported on counts as under way.
    #[schemars(range(max = 365))]
    pub unreported_days: Option<u32>,
    /// Business days after the date of a promise or of an instalment before it counts as broken.
    #[schemars(range(max = 90))]
    pub promise_grace_days: Option<u32>,
    /// Days of room after the debtor answered.
    #[schemars(range(max = 90))]
    pub response_window_days: Option<u32>,
    /// Segment = days, where they differ.
    pub response_windows: BTreeMap<String, u32>,
    /// Days to wait after a payment before the régua goes on with other items; default 3.
    #[schemars(range(max = 90))]
    pub payment_window_days: Option<u32>,
    /// Times that a step may fail at one address before it goes on to the next address or channel; default 2.
    #[schemars(range(min = 1, max = 100))]
    pub attempts_max: Option<u32>,
    /// Days from the as-of date in which a slot is looked for; 1 = that day only.
    #[schemars(range(min = 1, max = 14))]
    pub slot_days: Option<u32>,
    /// Days for which a rate of fx_rates counts, its own day included as 0; default 7.
    #[schemars(range(max = 365))]
    pub fx_days_max: Option<u32>,
    /// Caps over rolling windows; all must hold.
    pub caps: Vec<RawCap>,
}

/// The most contacts in a rolling window.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCap {
    /// Whose contacts are counted together.
    pub scope: CapScope,
    /// Only contacts on this channel; none = all channels.
    pub channel: Option<String>,
    /// Only accounts of this segment; none = all.
    pub segment: Option<String>,
    /// Contacts in the window, that of today included; 0 = none at all.
    pub contacts_max: u32,
    /// Length of the window, the as-of date included.
    #[schemars(range(min = 1, max = 365))]
    pub days: u32,
}

/// The creditor, as messages name it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCreditor {
    /// Messages are signed with it.
    pub name: String,
    /// Where the debtor can ask questions.
    pub email: String,
    /// Where the debtor can ask questions.
    pub phone: String,
    /// How to stop messages: `default`, in the language of the pipeline, and a text for each other language that has
    /// templates.
    pub opt_out: BTreeMap<String, String>,
    /// Link to the self-service portal.
    pub portal_link: Option<String>,
}

/// One list of forbidden words, such as `pipelines/words/pt-BR.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWords {
    /// Words that no message may have.
    pub forbidden: Vec<RawForbidden>,
    /// Words that tell of a debt: not for messages that say that they name none.
    #[serde(default)]
    pub names_debt: Vec<String>,
}

/// Words of one kind; case and accents do not matter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawForbidden {
    /// What is wrong with them, such as "shames the debtor".
    pub reason: String,
    /// The law or practice that it comes from; for the reader of the file.
    pub source: String,
    /// Kinds of steps whose messages are about just this and may say it; `negativacao*` = all that begin so.
    #[serde(default)]
    pub except: Vec<String>,
    /// Whole words or phrases; `caloteir*` = every word that begins so.
    pub words: Vec<String>,
}
