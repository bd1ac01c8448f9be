//! What a simulation tells: of each policy what it did, where two part, and what may be said of the money.

mod sections;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::html;
use crate::domain::learning::weighing::{CONTACTS_MIN, DEBTORS_MIN, Weighed};
use crate::domain::money::Amount;
use crate::error::Result as Told;

pub use sections::Section;

/// What a simulation came to, as JSON has it.
#[derive(Debug, Serialize)]
pub struct Simulation {
    /// The first day that was simulated.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// The policy, and the one that it is compared with.
    pub policies: Vec<PolicyTold>,
    /// Where they part.
    pub differences: Option<Differences>,
    /// What may be said of the money, in the order of the policies.
    pub recovery: Recovery,
}

/// What one policy did.
#[derive(Debug, Serialize)]
pub struct PolicyTold {
    /// Its file, as it was named.
    pub pipeline: String,
    pub days: u64,
    pub actions: u64,
    /// Accounts that a message went to at least once.
    pub accounts: u64,
    pub steps: Vec<StepTold>,
    /// Reason = accounts left alone for it, each counted on each day.
    pub holds: BTreeMap<String, u64>,
    /// Of the costs.
    pub currency: String,
    /// Channel = what its contacts cost; channels without a cost are left out.
    #[serde(serialize_with = "amounts")]
    pub costs: BTreeMap<String, i128>,
    /// What the audits found; 0, or the policy breaks its own rules.
    pub violations: u64,
    /// The first of them.
    pub findings: Vec<String>,
    /// The day with most actions.
    pub peak: Option<Peak>,
    /// Collector = the day on which it had most to do.
    pub collectors: BTreeMap<String, Peak>,
    /// Currency = what was open of the invoices that were written about, each when it was for the first time.
    #[serde(serialize_with = "amounts")]
    pub asked: BTreeMap<String, i128>,
    /// The as-of date of a model of payment = days that used it.
    pub models: BTreeMap<NaiveDate, u64>,
}

/// A step on a channel.
#[derive(Debug, Serialize)]
pub struct StepTold {
    pub regua: String,
    pub step_id: String,
    pub channel: String,
    pub actions: u64,
}

/// A day with most actions.
#[derive(Debug, Serialize)]
pub struct Peak {
    pub day: NaiveDate,
    pub actions: u64,
}

/// Where two policies part, an item on a day counted once for each action that names it: one message may be about many.
#[derive(Debug, Serialize)]
pub struct Differences {
    /// Items (an invoice, or an instalment of one) that they treat otherwise on any day.
    pub items: u64,
    /// An action of the first alone names it.
    pub only_here: u64,
    /// An action of the other alone does.
    pub only_there: u64,
    /// Another step or channel.
    pub otherwise: u64,
    /// The earliest of them.
    pub first: Vec<Parting>,
}

/// What two policies do with an item on a day; `None` = nothing.
#[derive(Debug, Serialize)]
pub struct Parting {
    pub day: NaiveDate,
    pub debtor_id: String,
    pub invoice_id: String,
    pub installment_no: i64,
    pub here: Option<String>,
    pub there: Option<String>,
}

/// What would have been recovered is not in the history: it is assumed, or it is measured by an experiment.
#[derive(Debug, Serialize)]
pub struct Recovery {
    /// What is assumed, 0 first.
    pub under_uplift: Vec<UpliftTold>,
    /// What the contacts of the past would have come to by the channels of each policy.
    pub by_propensity: Vec<ByPropensity>,
    /// How to measure it.
    pub by_experiment: &'static str,
}

/// What past contacts in which chance had a share would have come to by the channels of a policy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ByPropensity {
    /// Why nothing can be said.
    Refused(String),
    /// What can.
    Weighed(WeighedTold),
}

/// The figures of it; shares in per cent.
#[derive(Debug, Serialize)]
pub struct WeighedTold {
    /// Past contacts in which chance had a share and whose outcome is known.
    pub drawn: u64,
    /// Those where the policy makes one too: the account, day and step are the same.
    pub contacts: u64,
    /// Those by the same channel.
    pub same: u64,
    /// As many contacts of equal weight would say as much.
    pub effective: f64,
    /// That would have led to payment or a promise, and the ends of a 95 % interval.
    pub succeeded_percent: f64,
    pub low_percent: f64,
    pub high_percent: f64,
    /// That did.
    pub past_percent: f64,
    /// Messages of the policy that no past contact stands for.
    pub unsupported_percent: f64,
    /// Days within which a payment or a promise counts.
    pub outcome_days: u32,
}

/// What an uplift would come to.
#[derive(Debug, Serialize)]
pub struct UpliftTold {
    pub percent: String,
    /// Of each policy: currency = amount.
    #[serde(serialize_with = "each_amounts")]
    pub recovered: Vec<BTreeMap<String, i128>>,
}

const UNDRAWN: &str = "no propensities were logged in these days. Every past action followed from its rules without chance, so the \
    history does not show what another choice would have led to; [channels].explore leaves a share to chance";
const DRAWS_ITSELF: &str = "the policy leaves choices to chance itself; simulate it with [channels].explore = 0, which says what its best \
    choices come to";
const BY_EXPERIMENT: &str = "put both policies in [[experiments]]: kpi_experiments compares their arms";
const HUNDREDTHS: i128 = 100;

/// A share in hundredths of a per cent: `2.5` is 250.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uplift(u32);

impl FromStr for Uplift {
    type Err = String;

    fn from_str(text: &str) -> Result<Uplift, String> {
        let refused = || format!("{text:?} is not a percentage; write 0 to 100 with at most two decimals, such as 2.5");
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > 2 || whole.len() > 3 {
            return Err(refused());
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| refused());
        let hundredths = number(whole)? * 100 + number(&format!("{decimals:0<2}"))?;
        if hundredths > 10_000 { Err(refused()) } else { Ok(Uplift(hundredths)) }
    }
}

impl fmt::Display for Uplift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, rest) => write!(f, "{whole}.{}", format!("{rest:02}").trim_end_matches('0')),
        }
    }
}

impl Uplift {
    /// The share of an amount, rounded down to the minor unit.
    fn of(self, minor: i128) -> i128 {
        minor * i128::from(self.0) / (100 * HUNDREDTHS)
    }
}

impl Differences {
    /// Of how many what is done is shown.
    pub const EXAMPLES: usize = 10;

    /// Do the policies act alike?
    pub fn is_none(&self) -> bool {
        self.only_here + self.only_there + self.otherwise == 0
    }
}

impl ByPropensity {
    /// Chance had no share in anything.
    pub fn undrawn() -> ByPropensity {
        ByPropensity::Refused(UNDRAWN.to_owned())
    }

    /// The policy's own choices are not the only ones that it could have made.
    pub fn draws_itself() -> ByPropensity {
        ByPropensity::Refused(DRAWS_ITSELF.to_owned())
    }

    /// Of so many past contacts and messages of the policy.
    pub fn weighed(drawn: u64, outcome_days: u32, messages: u64, weighed: &Weighed) -> ByPropensity {
        let Weighed { contacts, same, debtors, effective, .. } = *weighed;
        if !weighed.is_enough() {
            return ByPropensity::Refused(format!(
                "too few past contacts. Chance had a share in {drawn} of which the outcome is known, and {same} of them would be the policy's own \
                 too, by account, day, step and channel (debtors: {debtors}); they weigh as much as {effective:.0}. At least {CONTACTS_MIN} \
                 of {DEBTORS_MIN} debtors are needed",
            ));
        }
        let percent = |share: f64| (share * 1_000.0).round() / 10.0;
        let unsupported = 1.0 - contacts as f64 / messages.max(contacts) as f64;
        ByPropensity::Weighed(WeighedTold {
            drawn,
            contacts,
            same,
            effective: effective.round(),
            succeeded_percent: percent(weighed.share),
            low_percent: percent(weighed.low),
            high_percent: percent(weighed.high),
            past_percent: percent(weighed.past_share),
            unsupported_percent: percent(unsupported),
            outcome_days,
        })
    }

    /// `refused: …`, or the figures in a sentence.
    fn in_words(&self) -> String {
        match self {
            ByPropensity::Refused(why) => format!("refused: {why}"),
            ByPropensity::Weighed(told) => format!(
                "{:.1} % of contacts lead to payment or a promise within {} days (95 % interval {:.1} to {:.1} %), where the past has \
                 {:.1} %; from {} past contacts, {} of them by its channel, which weigh as much as {:.0}. For {:.1} % of its messages \
                 there is no such contact",
                told.succeeded_percent,
                told.outcome_days,
                told.low_percent,
                told.high_percent,
                told.past_percent,
                told.contacts,
                told.same,
                told.effective,
                told.unsupported_percent,
            ),
        }
    }
}

impl Simulation {
    /// What is told of one policy or two.
    pub fn new(
        (from, to): (NaiveDate, NaiveDate),
        policies: Vec<PolicyTold>,
        differences: Option<Differences>,
        (uplift, by_propensity): (Option<Uplift>, Vec<ByPropensity>),
    ) -> Simulation {
        let under = |uplift: Uplift| UpliftTold {
            percent: uplift.to_string(),
            recovered: policies
                .iter()
                .map(|policy| {
                    policy.asked.iter().map(|(currency, minor)| (currency.clone(), uplift.of(*minor))).collect()
                })
                .collect(),
        };
        // What nobody assumes is nothing, and stands beside what is assumed.
        let assumed = [Some(Uplift(0)), uplift.filter(|uplift| uplift.0 > 0)].into_iter().flatten();
        let under_uplift = assumed.map(under).collect();
        let recovery = Recovery { under_uplift, by_propensity, by_experiment: BY_EXPERIMENT };
        Simulation { from, to, policies, differences, recovery }
    }

    /// One page.
    ///
    /// # Errors
    /// Where the page cannot be rendered, which a test rules out.
    pub fn html(&self) -> Told<String> {
        html::simulation(self)
    }
}

/// Minor units as decimal text.
fn decimals(of: &BTreeMap<String, i128>) -> BTreeMap<&String, String> {
    let text = |minor: i128| Amount(i64::try_from(minor).unwrap_or(i64::MAX)).to_string();
    of.iter().map(|(name, minor)| (name, text(*minor))).collect()
}

fn amounts<S: Serializer>(of: &BTreeMap<String, i128>, serializer: S) -> Result<S::Ok, S::Error> {
    decimals(of).serialize(serializer)
}

fn each_amounts<S: Serializer>(of: &[BTreeMap<String, i128>], serializer: S) -> Result<S::Ok, S::Error> {
    of.iter().map(decimals).collect::<Vec<_>>().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uplift_is_a_percentage_with_at_most_two_decimals() {
        let read = |text: &str| text.parse::<Uplift>().map(|uplift| (uplift.0, uplift.to_string()));
        for (text, hundredths, again) in
            [("0", 0, "0"), ("5", 500, "5"), ("2.5", 250, "2.5"), ("0.05", 5, "0.05"), ("100", 10_000, "100")]
        {
            assert_eq!(read(text), Ok((hundredths, again.to_owned())), "{text}");
        }
        for text in ["", "-1", "1e2", "100.01", "2.505", "5%", ".5", "5.", "1000"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_uplift_is_rounded_down_and_nothing_stands_beside_it() {
        let policy = |minor| PolicyTold {
            pipeline: "a.toml".to_owned(),
            days: 1,
            actions: 1,
            accounts: 1,
            steps: Vec::new(),
            holds: BTreeMap::new(),
            currency: "BRL".to_owned(),
            costs: BTreeMap::new(),
            violations: 0,
            findings: Vec::new(),
            peak: None,
            collectors: BTreeMap::new(),
            asked: [("BRL".to_owned(), minor)].into(),
            models: BTreeMap::new(),
        };
        let day = NaiveDate::default();
        let told = Simulation::new((day, day), vec![policy(10_001), policy(99)], None, (Some(Uplift(250)), Vec::new()));
        let shown: Vec<(String, Vec<i128>)> = (told.recovery.under_uplift.iter())
            .map(|u| (u.percent.clone(), u.recovered.iter().map(|of| of["BRL"]).collect()))
            .collect();
        assert_eq!(shown, [("0".to_owned(), vec![0, 0]), ("2.5".to_owned(), vec![250, 2])]);
        let unassumed = Simulation::new((day, day), vec![policy(10_001)], None, (None, Vec::new()));
        assert_eq!(unassumed.recovery.under_uplift.len(), 1);
    }
}
