//! The action: what is published, under which identity.
//!
//! `action_id` names the intention, never the attempt: the same step of the same arrears episode has the same id
//! today, tomorrow and in a revision, so a gateway with a unique table cannot send it twice.

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::fx::Dunned;
use super::money::{Amount, Currency};
use super::offer::Offer;
use super::pii::Pii;
use super::portfolio::{EscalationKind, Item, Validity};

/// SHA-256 over the parts, each preceded by its length, as hex.
fn digest_of(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)] as char, DIGITS[usize::from(b & 15)] as char]).collect()
}

/// SHA-256 of some bytes, as hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The parts that make an action the same action.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// `tenant` of the pipeline.
    pub tenant: &'a str,
    /// The creditor.
    pub company_id: &'a str,
    /// As the source has it.
    pub debtor_id: &'a str,
    /// The arrears episode, whose id is made of its currency and first day; of a duty the listing or placement that it
    /// ends.
    pub cycle_id: &'a str,
    /// As the régua has it, which is why a step is never renamed.
    pub step_id: &'a str,
    /// From 1; a step that is repeated counts up.
    pub occurrence: u32,
    /// By its name in the configuration: the same step on another channel is another action.
    pub channel: &'a str,
}

impl Identity<'_> {
    /// The first 128 bits of the digest over the length-prefixed parts, as 32 hex digits.
    ///
    /// ```
    /// use regua::domain::action::Identity;
    /// let id = Identity { tenant: "t", company_id: "1", debtor_id: "D", cycle_id: "c", step_id: "d+5", occurrence: 1, channel: "email" };
    /// assert_eq!(id.action_id().len(), 32);
    /// assert_ne!(id.action_id(), Identity { debtor_id: "Dc", cycle_id: "", ..id }.action_id(), "lengths keep parts apart");
    /// ```
    pub fn action_id(&self) -> String {
        let Identity { tenant, company_id, debtor_id, cycle_id, step_id, occurrence, channel } = self;
        let occurrence = occurrence.to_string();
        let mut id = digest_of(&[tenant, company_id, debtor_id, cycle_id, step_id, &occurrence, channel]);
        id.truncate(32);
        id
    }
}

/// The name of an arrears episode that starts on this day.
pub fn cycle_id(tenant: &str, company_id: &str, debtor_id: &str, currency: Currency, start: NaiveDate) -> String {
    let mut id = digest_of(&[tenant, company_id, debtor_id, currency.as_str(), &start.to_string()]);
    id.truncate(16);
    id
}

/// The name under which what ends a listing, a protest or a placement is published: one for ever, however often the
/// account falls into arrears. It reads differently from any arrears episode, so neither is taken for the other.
pub fn duty_cycle_id(tenant: &str, kind: EscalationKind, actor_id: &str, source_id: &str) -> String {
    let mut id = digest_of(&[tenant, kind.as_str(), actor_id, source_id]);
    id.truncate(16);
    format!("{DUTY_PREFIX}{id}")
}

const DUTY_PREFIX: &str = "duty-";

/// Is it the name of a duty rather than of an arrears episode?
pub fn is_duty_cycle(cycle_id: &str) -> bool {
    cycle_id.starts_with(DUTY_PREFIX)
}

/// One action, complete. Amounts in minor units of `currency`.
#[derive(Clone, Debug)]
pub struct Action {
    /// 32 hex digits, the same for the same step of the same episode on every date; see [`Identity`].
    pub action_id: String,
    /// The date of the run that decided it.
    pub as_of: NaiveDate,
    /// The creditor.
    pub company_id: String,
    /// Who is addressed, or whom an instruction is about.
    pub debtor_id: String,
    /// Id of the régua that applied.
    pub regua: String,
    /// The step that is due.
    pub step_id: String,
    /// By its name in the configuration: `reminder`, `notice`, `negativacao` ...
    pub step_kind: &'static str,
    /// Position of the step in its régua, from 1.
    pub level: u32,
    /// From 1; a step that is repeated counts up.
    pub occurrence: u32,
    /// 16 hex digits for an arrears episode; `duty-` and 16 more for what ends a listing, a protest or a placement.
    pub cycle_id: String,
    /// By its name in the configuration; `instruction` addresses no debtor.
    pub channel: &'static str,
    /// As the source writes it; `None` for instructions.
    pub destination: Option<Pii<String>>,
    /// Whom to greet; `None` where the address names nobody.
    pub contact_name: Option<Pii<String>>,
    /// The one that the message is in, not the one that was asked for.
    pub language: String,
    /// `gentle`, `firm` or `formal`.
    pub tone: &'static str,
    /// Name of the template, without language and channel.
    pub template_id: Option<String>,
    /// 12 hex digits over the template's text and that of its blocks.
    pub template_version: Option<String>,
    /// JSON object of every field that the template could use, amounts in minor units.
    pub template_params: Pii<String>,
    /// One line; `None` where the template has none.
    pub subject: Option<Pii<String>>,
    /// The words as they are sent.
    pub body: Pii<String>,
    /// The template of a provider that the text stands for; `None` where a text is sent as it is.
    pub provider: Option<ProviderTemplate>,
    /// Currency of every amount except `dunned`.
    pub currency: Currency,
    /// Multa on the cited items, less what was paid on it.
    pub fine: Amount,
    /// Juros de mora on the cited items to the as-of date, less what was paid on them.
    pub interest: Amount,
    /// Fixed sums of a statute and the fee of the step, less what was paid on them.
    pub fee: Amount,
    /// Charges left on items that were paid late, claimed.
    pub residual: Amount,
    /// The same where they are waived; not part of any total.
    pub waived: Amount,
    /// The total in the dunning currency, where that is another.
    pub dunned: Option<Dunned>,
    /// The cited items; a duty or receipt cites paid items, with nothing open.
    pub items: Vec<CitedItem>,
    /// On principal and charges together; `None` where no rule fits.
    pub offer: Option<Offer>,
    /// Of the account.
    pub segment: String,
    /// `None` where there is no scorecard, or the points reach no band.
    pub risk_band: Option<String>,
    /// Greater is more urgent; only for the order in which people work.
    pub priority: i64,
    /// The person in charge of the first cited item that has one, else of the debtor.
    pub collector_id: Option<String>,
    /// Where a placement or recall goes; `None` for all other steps.
    pub agency_id: Option<String>,
    /// When it may go out.
    pub validity: Validity,
    /// The chance that this channel was chosen of those that the step could use; `None` = nothing was left to chance.
    pub propensity: Option<f64>,
    /// One sentence for each rule that led here, in order.
    pub rule_trace: Vec<String>,
}

/// The template of a provider that a message stands for, with what goes into its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderTemplate {
    /// What the provider calls it.
    pub name: String,
    /// In the order of its placeholders; each is one line.
    pub parameters: Pii<Vec<String>>,
}

/// An open item that an action names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CitedItem {
    /// As the source has it.
    pub invoice_id: String,
    /// From 1; 1 where the invoice has no instalments.
    pub installment_no: i64,
    /// As the contract has it.
    pub due_date: NaiveDate,
    /// Principal, in minor units; decimal text in JSON.
    #[serde(serialize_with = "as_text")]
    pub open_amount: Amount,
    /// Calendar days since the due date; never above 0 before the payable day is over.
    pub days_past_due: i64,
    /// The step that the item takes with this action; `None`: it is listed beside others.
    pub step_id: Option<String>,
}

impl CitedItem {
    /// An item of the portfolio, with the step that it takes.
    pub fn of(item: &Item, step_id: Option<&str>) -> Self {
        CitedItem {
            invoice_id: item.invoice_id.clone(),
            installment_no: item.installment_no,
            due_date: item.due_date,
            open_amount: item.open,
            days_past_due: item.days_past_due,
            step_id: step_id.map(str::to_owned),
        }
    }
}

/// Amounts travel as decimal text in JSON: a double cannot carry them.
///
/// # Errors
/// As the serializer does.
pub fn as_text<S: serde::Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

impl Action {
    /// Principal of the cited items.
    pub fn open(&self) -> Amount {
        self.items.iter().map(|i| i.open_amount).sum()
    }

    /// Open amount, fine, interest, fee and residual; waived charges and offers are not in it.
    pub fn total_due(&self) -> Amount {
        self.open() + self.fine + self.interest + self.fee + self.residual
    }

    /// Of the cited items; the as-of date where it cites none.
    pub fn oldest_due_date(&self) -> NaiveDate {
        self.items.iter().map(|i| i.due_date).min().unwrap_or(self.as_of)
    }

    /// Of the cited items; 0 where it cites none.
    pub fn days_past_due_max(&self) -> i64 {
        self.items.iter().map(|i| i.days_past_due).max().unwrap_or(0)
    }
}
