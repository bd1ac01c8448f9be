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
    pub tenant: &'a str,
    pub company_id: &'a str,
    pub debtor_id: &'a str,
    pub cycle_id: &'a str,
    pub step_id: &'a str,
    pub occurrence: u32,
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
    pub action_id: String,
    pub as_of: NaiveDate,
    pub company_id: String,
    pub debtor_id: String,
    pub regua: String,
    pub step_id: String,
    pub step_kind: &'static str,
    pub level: u32,
    pub occurrence: u32,
    pub cycle_id: String,
    pub channel: &'static str,
    pub destination: Option<Pii<String>>,
    pub contact_name: Option<Pii<String>>,
    pub language: String,
    pub tone: &'static str,
    pub template_id: Option<String>,
    pub template_version: Option<String>,
    pub template_params: Pii<String>,
    pub subject: Option<Pii<String>>,
    pub body: Pii<String>,
    /// The template of a provider that the text stands for.
    pub provider: Option<ProviderTemplate>,
    pub currency: Currency,
    pub fine: Amount,
    pub interest: Amount,
    pub fee: Amount,
    /// Charges left on items that were paid late, claimed.
    pub residual: Amount,
    /// The same, where they are waived: in no total.
    pub waived: Amount,
    /// The total in the dunning currency, where that is another.
    pub dunned: Option<Dunned>,
    pub items: Vec<CitedItem>,
    pub offer: Option<Offer>,
    pub segment: String,
    pub risk_band: Option<String>,
    pub priority: i64,
    pub collector_id: Option<String>,
    pub agency_id: Option<String>,
    pub validity: Validity,
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
    pub invoice_id: String,
    pub installment_no: i64,
    pub due_date: NaiveDate,
    #[serde(serialize_with = "as_text")]
    pub open_amount: Amount,
    pub days_past_due: i64,
    /// The step that the item takes with this action; `None`: it is listed beside others.
    pub step_id: Option<String>,
}

impl CitedItem {
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
    pub fn open(&self) -> Amount {
        self.items.iter().map(|i| i.open_amount).sum()
    }

    pub fn total_due(&self) -> Amount {
        self.open() + self.fine + self.interest + self.fee + self.residual
    }

    pub fn oldest_due_date(&self) -> NaiveDate {
        self.items.iter().map(|i| i.due_date).min().unwrap_or(self.as_of)
    }

    pub fn days_past_due_max(&self) -> i64 {
        self.items.iter().map(|i| i.days_past_due).max().unwrap_or(0)
    }
}
