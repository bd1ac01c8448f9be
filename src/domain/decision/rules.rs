//! The rules of a decision: what the configuration says, validated. They are the same for every account of a run.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::calendar::Calendar;
use crate::domain::charge::{ChargePolicy, RateTable};
use crate::domain::experiment::{Experiment, Terms};
use crate::domain::fx::Quotes;
use crate::domain::learning::model::PaymentModel;
use crate::domain::learning::responses::Responses;
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
    /// Whose contacts are counted together.
    pub scope: CapScope,
    /// `None` = contacts on all channels.
    pub channel: Option<Channel>,
    /// `None` = accounts of every segment.
    pub segment: Option<String>,
    /// Contacts within the window; the next one is held.
    pub contacts_max: u32,
    /// Length of the window, the as-of date included.
    pub days: u32,
}

/// A régua for the accounts of a segment, a tier, or both; `None` = every one.
#[derive(Clone, Debug)]
pub struct Choice {
    /// By name; `None` = every segment.
    pub segment: Option<String>,
    /// By name; `None` = every tier.
    pub tier: Option<String>,
    /// Id of a régua, or `none`.
    pub regua: String,
}

/// The creditor, as messages name it.
#[derive(Clone, Debug)]
pub struct Creditor {
    /// Messages are signed with it.
    pub name: String,
    /// Where the debtor can ask questions.
    pub email: String,
    /// Where the debtor can ask questions.
    pub phone: String,
    /// How to stop messages, by language; `default` for all others.
    pub opt_out: BTreeMap<String, String>,
    /// Self-service portal; `None` = there is none, and no step of kind portal.
    pub portal_link: Option<String>,
}

/// Everything a decision depends on besides the case.
#[derive(Debug)]
pub struct Rules {
    /// Part of every action_id: two tenants never share an action.
    pub tenant: String,
    /// Of debtors that name none, or one without templates.
    pub default_language: String,
    /// Every account is held and no duty goes out, while positions and KPI tables are made. `_control/HALT` stops those too.
    pub halted: bool,
    /// By id; the régua `none` is not among them.
    pub procedures: BTreeMap<String, Procedure>,
    /// Id of the régua for accounts to which no closer rule assigns one.
    pub regua: String,
    /// By group, or CNPJ root.
    pub regua_by_group: BTreeMap<String, String>,
    /// The first that fits wins.
    pub regua_by_choice: Vec<Choice>,
    /// By company.
    pub regua_by_company: BTreeMap<String, String>,
    /// By currency: an account that owes less is left alone; a currency that is not here has no tolerance.
    pub tolerance: BTreeMap<Currency, Amount>,
    /// What to do with money that is not applied to any item.
    pub unapplied_credits: UnappliedCredits,
    /// An account whose credit is at least this share of what it would be asked for, in per cent, is left alone.
    pub credit_hold_percent: u32,
    /// Days for which an action that nobody reported on counts as under way.
    pub unreported_days: u32,
    /// Days to wait after the debtor has answered.
    pub response_window_days: u32,
    /// Segment = days, where they differ.
    pub response_windows: BTreeMap<String, u32>,
    /// Days to wait after a payment.
    pub payment_window_days: u32,
    /// Times that a step may fail at one address before it goes on by the next; at least 1.
    pub attempts_max: u32,
    /// Days, from the as-of date on, in which a lawful hour is looked for; 1 = that day only.
    pub slot_days: u32,
    /// All must hold.
    pub caps: Vec<Cap>,
    /// The first that fits names the segment.
    pub segments: Vec<Rule>,
    /// The first that fits names the value tier, where the source names none.
    pub tiers: Vec<Rule>,
    /// For the risk band.
    pub scorecard: Scorecard,
    /// An account is in the first that takes it.
    pub experiments: Vec<Experiment>,
    /// What is expected of open items; `None` = nobody has learnt it, or it is not to be used.
    pub model: Option<PaymentModel>,
    /// The models that runs have used, as they were trained, the one in use the last.
    pub models_told: Vec<PaymentModel>,
    /// Which channels and hours promise an answer.
    pub response_model: ResponseModel,
    /// By company; `default` for all others.
    pub creditors: BTreeMap<String, Creditor>,
    /// By company; `default` for all others, none where nothing is charged.
    pub charges: BTreeMap<String, ChargePolicy>,
    /// Reference rates for statutory interest, from files and from the input index_rates.
    pub rates: RateTable,
    /// In order: the first that fits and can be made wins.
    pub offers: Vec<OfferPolicy>,
    /// Rates of exchange, from the input fx_rates.
    pub quotes: Quotes,
    /// Holidays, contact windows and zones.
    pub calendar: Calendar,
    /// Who is addressed gently whatever the step says, unless it is formal.
    pub tone: ToneRule,
    /// All messages of all languages.
    pub templates: Templates,
}

impl Rules {
    /// Days before its due date on which an item may first be spoken of.
    pub fn lead_days(&self) -> u32 {
        let days = self.procedures.values().flat_map(|p| &p.steps).filter_map(|s| s.trigger.days_past_due());
        days.map(|days| u32::try_from(-days).unwrap_or(0)).max().unwrap_or(0)
    }

    /// Adds what the experiments that have begun by a day begin with; of those that began earlier that is there already, and is compared
    /// with what they are until their last day.
    pub fn begin_experiments(&self, began: &mut BTreeMap<String, Terms>, day: NaiveDate) {
        for experiment in self.experiments.iter().filter(|experiment| experiment.starts_on <= day) {
            let terms = began.entry(experiment.id.clone()).or_insert_with(|| experiment.terms(day));
            terms.is_back(day);
            if experiment.ends_on.is_none_or(|last| day <= last) {
                terms.look_at(experiment, day);
            }
        }
        let is_known = |id: &String| self.experiments.iter().any(|experiment| experiment.id == *id);
        began.iter_mut().filter(|(id, _)| !is_known(id)).for_each(|(_, terms)| terms.is_absent(day));
    }

    /// Does any rule look at what a model expects?
    pub fn looks_at_chances(&self) -> bool {
        let steps = || self.procedures.values().flat_map(|p| &p.steps);
        let conditions = self.segments.iter().chain(&self.tiers).map(|rule| &rule.when);
        let mut conditions = conditions.chain(self.scorecard.lines.iter().map(|(_, when)| when));
        steps().any(|step| step.trigger.looks_at_chances()) || conditions.any(|when| when.looks_at_chances())
    }

    /// What was learnt of contacts, where it is of contacts enough to be used.
    pub fn responses(&self) -> Option<&Responses> {
        let learnt = self.model.as_ref().map(|model| &model.responses);
        learnt.filter(|learnt| learnt.contacts() >= self.response_model.contacts_min.max(1))
    }

    /// Days after a contact within which a payment or a promise counts for it: as what was learnt counts them, where it is used.
    pub fn outcome_days(&self) -> u32 {
        self.responses().map_or(self.response_model.outcome_days, |learnt| learnt.days)
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
