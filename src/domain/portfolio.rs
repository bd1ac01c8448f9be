//! The portfolio as a decision sees it: groups, their debtors, accounts, items and contacts, as of one date.
//!
//! SQL gathers it (`sql/30_candidates`), `stage/decide.rs` reads it into these types, and nothing else of the
//! world reaches the rules. Amounts are in the account's currency.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Deserialize;

use super::address::normalised_address;
use super::calendar::Whereabouts;
use super::charge::PrincipalPayment;
use super::experiment::Draw;
use super::learning::model::Expected;
use super::learning::responses::Outcomes;
use super::money::{Amount, Currency};
use super::pii::Pii;
use super::procedure::Channel;
use super::responses::ResponseHistory;

/// What happens to credits that are not applied to any item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnappliedCredits {
    /// Take them off, oldest item first, for the purpose of dunning.
    Net,
    /// Leave the account alone while its credit covers what is due.
    #[default]
    Hold,
    /// Ask for everything, as if there were no credit.
    Ignore,
}

/// A debtor and how to reach it.
#[derive(Clone, Debug)]
pub struct Debtor {
    /// Identifier of the source.
    pub debtor_id: String,
    /// Companies of one group or CNPJ root share caps and experiment arms.
    pub group_id: String,
    /// As messages address it.
    pub legal_name: Pii<String>,
    /// ISO 639-1, or as the source writes it out; `None` = the pipeline's default.
    pub language: Option<String>,
    /// ISO 3166 alpha-2, or as the source writes it out.
    pub country: Option<String>,
    /// Code or name of the state.
    pub state: Option<String>,
    /// IBGE code or name.
    pub city: Option<String>,
    /// IANA name, where the source knows better than country and state.
    pub time_zone: Option<String>,
    /// The régua that it is under, whatever the segment says.
    pub regua: Option<String>,
    /// Why nobody writes to it; `None` = no block.
    pub dunning_block: Option<String>,
    /// It, or another branch of the same legal person, is insolvent.
    pub is_insolvent: bool,
    /// Quarantined input can touch this debtor.
    pub is_held: bool,
    /// The person who looks after it.
    pub collector_id: Option<String>,
    /// As the source says; `None` = by the rules.
    pub tier: Option<String>,
    /// Every address, usable or not.
    pub points: Vec<ContactPoint>,
    /// What it answered over the profile window.
    pub responses: ResponseHistory,
    /// What its contacts led to; empty where no model is used.
    pub outcomes: Outcomes,
    /// Arms in which earlier runs drew it.
    pub arms: Vec<Draw>,
}

impl Debtor {
    /// Where it says it is.
    pub fn whereabouts(&self) -> Whereabouts<'_> {
        Whereabouts {
            country: self.country.as_deref(),
            state: self.state.as_deref(),
            city: self.city.as_deref(),
            time_zone: self.time_zone.as_deref(),
        }
    }
}

/// An address on a channel.
#[derive(Clone, Debug)]
pub struct ContactPoint {
    /// The channel on which it is used.
    pub channel: Channel,
    /// E-mail address or telephone number, as the source writes it.
    pub address: Pii<String>,
    /// The person there.
    pub contact_name: Option<Pii<String>>,
    /// That person may be told about the debt.
    pub is_authorized: bool,
    /// It asked to be left alone, here or wherever else the address stands.
    pub opted_out: bool,
    /// Not known to be wrong, and nothing bounced there.
    pub is_valid: bool,
    /// 1 = the address that the debtor likes best; `None` = no preference is known.
    pub preference_rank: Option<i64>,
}

impl ContactPoint {
    /// The same address on the same channel, however it is written.
    pub fn is_same_address(&self, other: &ContactPoint) -> bool {
        self.channel == other.channel && self.is_at(&other.address)
    }

    /// `X@Y.com` is `x@y.com`, and `+55 11 90000-0001` is `+5511900000001`.
    pub fn is_at(&self, address: &Pii<String>) -> bool {
        normalised_address(self.address.expose()) == normalised_address(address.expose())
    }
}

/// What is known of an account's past; `None` = no history, which is not the same as zero.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Since `customer_since` of the input.
    pub months_as_customer: Option<i64>,
    /// Items of the window whose payable day is over.
    pub items_due: i64,
    /// Of them, those paid by their payable day.
    pub paid_on_time: i64,
    /// Of them, those paid after it.
    pub paid_late: i64,
    /// Share of them paid late, or not yet, from 0 to 1.
    pub late_ratio: Option<f64>,
    /// Weighted by amount, over those that are paid; in time counts as 0.
    pub days_late_avg: Option<f64>,
    /// Of those that are paid.
    pub days_late_max: Option<i64>,
    /// Day of the last payment, whatever it paid.
    pub last_payment_on: Option<NaiveDate>,
    /// Days since then.
    pub last_payment_days: Option<i64>,
    /// Day of the first payment that is dated shortly after the as-of date: a bank credits on the next working day.
    pub next_payment_on: Option<NaiveDate>,
    /// The largest single payment that is known.
    pub largest_payment: Option<Amount>,
    /// Promises of the window that were not kept.
    pub broken_promises: i64,
    /// Agreements of the window that were not kept.
    pub broken_agreements: i64,
    /// Contacts with the debtor that reached it, or may have.
    pub contacts: i64,
    /// Share of those contacts that the debtor answered.
    pub answer_ratio: Option<f64>,
    /// Messages of the window that came back.
    pub bounces: i64,
}

/// One open instalment.
#[derive(Clone, Debug)]
pub struct Item {
    /// Identifier of the source.
    pub invoice_id: String,
    /// From 1; 1 where the invoice has no instalments.
    pub installment_no: i64,
    /// The item does not exist before it.
    pub issue_date: NaiveDate,
    /// As the contract has it.
    pub due_date: NaiveDate,
    /// Paid on this day it is paid in time: the due date, or the business day that stands for it.
    pub payable_on: NaiveDate,
    /// From the due date, by the calendar; never above 0 before the payable day is over.
    pub days_past_due: i64,
    /// Position of its aging bucket, from 0.
    pub bucket_no: i64,
    /// Name of its aging bucket.
    pub bucket: String,
    /// What was billed.
    pub original: Amount,
    /// What payments and credit notes have taken off it.
    pub applied: Amount,
    /// What is still to be paid, without charges.
    pub open: Amount,
    /// What is expected of it; `None` where no model is used.
    pub expected: Option<Expected>,
    /// The régua that it is under, whatever its debtor's is.
    pub regua: Option<String>,
    /// The step that a person set for it.
    pub step_override: Option<String>,
    /// Boleto line or Pix code.
    pub payment_reference: Option<Pii<String>>,
    /// Where the debtor can pay.
    pub payment_link: Option<Pii<String>>,
    /// The person who looks after it.
    pub collector_id: Option<String>,
    /// The source says to leave it alone.
    pub is_blocked: bool,
    /// Last day on which nothing is asked for it.
    pub grace_until: Option<NaiveDate>,
    /// A dispute about it is open.
    pub is_disputed: bool,
    /// Goods of it are on their way back, and no credit note says so yet.
    pub is_returned: bool,
    /// An agreement covers it, and is kept.
    pub in_kept_agreement: bool,
    /// A promise covers it, and its day and grace have not passed.
    pub promise_pending: bool,
    /// Last day that the pending promise holds, its grace included.
    pub promise_until: Option<NaiveDate>,
    /// The agency that has it.
    pub agency_id: Option<String>,
}

impl Item {
    /// Past its payable day.
    pub fn is_overdue(&self) -> bool {
        self.days_past_due > 0
    }
}

/// How far a claim has been taken beyond letters, and who has it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscalationKind {
    /// A credit bureau.
    BureauListing,
    /// A protest registry.
    Protest,
    /// A collection agency.
    AgencyPlacement,
}

impl EscalationKind {
    /// The names under which SQL knows them.
    pub const ALL: [(EscalationKind, &'static str); 3] = [
        (EscalationKind::BureauListing, "negativacao"),
        (EscalationKind::Protest, "protesto"),
        (EscalationKind::AgencyPlacement, "agency"),
    ];

    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// By its name in SQL.
    pub fn parse(text: &str) -> Option<EscalationKind> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind)
    }
}

/// A listing, a protest or a placement that is in force, or a listing or protest that is asked for.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// listing_id or placement_id of the source; a protest stands among the listings.
    pub source_id: String,
    /// Who stood in the row: its ids are the source's own for each of them. Mostly the debtor itself.
    pub actor_id: String,
    /// Who has it now.
    pub kind: EscalationKind,
    /// The bureau, registry or agency.
    pub counterpart: String,
    /// Listed, protested or placed on this day.
    pub since: NaiveDate,
    /// Somebody has asked for it, and nobody has entered it yet: there is nothing to end.
    pub is_asked: bool,
    /// Somebody has asked for its end.
    pub requested_on: Option<NaiveDate>,
    /// Since when all that it names is paid (for an agency: paid or disputed); `None` = something is still owed.
    pub done_on: Option<NaiveDate>,
    /// False: what an agency has is disputed rather than paid.
    pub is_paid: bool,
    /// Something that it names is not in the snapshot: nobody knows which item that is, or was.
    pub names_unknown: bool,
    /// What it names, open or paid.
    pub items: Vec<Item>,
}

/// An arrears episode that has just ended: everything that was due is paid.
#[derive(Clone, Debug)]
pub struct Ended {
    /// First day of the episode.
    pub start: NaiveDate,
    /// Day of the last payment.
    pub on: NaiveDate,
    /// What was paid late in it.
    pub items: Vec<Item>,
}

/// What became of an earlier contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactState {
    /// Published, nothing reported yet: it may have been sent.
    Unreported,
    /// It went out; nothing says that it failed.
    Sent,
    /// The debtor answered, promised or disputed on it.
    Answered,
    /// It reached somebody else: a contact that tells the debtor nothing, and gives no notice.
    WrongParty,
    /// Reported as delivered, and then as failed: it is not sent again, and gives no notice.
    Undelivered,
    /// Known not to have reached anybody: bounced or failed.
    NotSent,
    /// It was never sent, for a reason that is not the address's.
    Ignored,
}

impl ContactState {
    const ALL: [(ContactState, &'static str); 7] = [
        (ContactState::Unreported, "unreported"),
        (ContactState::Sent, "sent"),
        (ContactState::Answered, "answered"),
        (ContactState::WrongParty, "wrong_party"),
        (ContactState::Undelivered, "undelivered"),
        (ContactState::NotSent, "not_sent"),
        (ContactState::Ignored, "ignored"),
    ];

    /// By its name in SQL.
    pub fn parse(word: &str) -> Option<ContactState> {
        ContactState::ALL.iter().find(|(_, name)| *name == word).map(|(state, _)| *state)
    }

    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        ContactState::ALL.iter().find(|(state, _)| *state == self).map_or("unreported", |(_, name)| name)
    }
}

/// One outbound contact: from contact_log, or a published action that nobody reported on yet.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Identifier of the source.
    pub debtor_id: String,
    /// `None`: the source does not say; it counts for every account of the debtor.
    pub company_id: Option<String>,
    /// `None`: as of the company.
    pub currency: Option<String>,
    /// The arrears episode, or the duty, that it was part of.
    pub cycle_id: Option<String>,
    /// The régua that asked for it.
    pub regua: Option<String>,
    /// Its step.
    pub step_id: Option<String>,
    /// From 1; a step that is repeated counts up.
    pub occurrence: i64,
    /// How it went out.
    pub channel: Channel,
    /// Day in the pipeline's zone.
    pub on: NaiveDate,
    /// What is known of it.
    pub state: ContactState,
    /// The action that it was; `None` = it is not ours.
    pub action_id: Option<String>,
    /// The address that it went to; `None`: not known.
    pub destination: Option<Pii<String>>,
    /// Last answer of the debtor to it.
    pub answered_on: Option<NaiveDate>,
    /// What it named; empty = not known.
    pub items: Vec<NamedItem>,
}

/// An item that a contact named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedItem {
    /// Identifier of the source.
    pub invoice_id: String,
    /// `None`: the whole invoice.
    pub installment_no: Option<i64>,
    /// The step that the item took with it; `None`: it was listed beside others.
    pub step_id: Option<String>,
    /// When it was due, where the account that the contact was about holds its invoice no more.
    pub left_due: Option<NaiveDate>,
}

impl NamedItem {
    /// Does it mean this item?
    pub fn is(&self, item: &Item) -> bool {
        self.invoice_id == item.invoice_id && self.takes_in(item.installment_no)
    }

    /// Does it speak of this instalment of its invoice?
    pub fn takes_in(&self, installment_no: i64) -> bool {
        self.installment_no.is_none_or(|no| no == installment_no)
    }
}

/// An item of the present arrears episode that was paid in full, at least in part after its payable day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateItem {
    /// Identifier of the source.
    pub invoice_id: String,
    /// From 1.
    pub installment_no: i64,
    /// As the contract has it.
    pub due_date: NaiveDate,
    /// Paid on this day it would have been in time.
    pub payable_on: NaiveDate,
    /// What settled it, by day.
    pub payments: Vec<PrincipalPayment>,
}

/// A debtor with one company in one currency.
#[derive(Clone, Debug)]
pub struct Account {
    /// The creditor.
    pub company_id: String,
    /// Of every amount here.
    pub currency: Currency,
    /// Its open items.
    pub items: Vec<Item>,
    /// Unapplied payments and stand-alone credit notes. What names no company stands at one account of the debtor.
    pub credit: Amount,
    /// What may cover this account: its own credit, and all that names no company.
    pub credit_reach: Amount,
    /// How it has paid.
    pub profile: Profile,
    /// In the last published run; `None` = the account was not in it.
    pub previous_segment: Option<String>,
    /// What carried fine and interest, and owes no principal any more.
    pub late_items: Vec<LateItem>,
    /// What was paid on fine and interest, by invoice; `""` = names none, paid in the present episode.
    pub charges_paid: BTreeMap<String, Amount>,
    /// First day of the present arrears episode; without arrears the earliest open due date.
    pub episode_start: NaiveDate,
    /// A promise was broken in this episode.
    pub promise_broken: bool,
    /// An agreement was broken in this episode.
    pub agreement_broken: bool,
    /// Listings, protests and placements in force.
    pub escalations: Vec<Escalation>,
    /// The episode that has just ended, if one did.
    pub ended: Option<Ended>,
}

impl Account {
    /// Sum of its open items.
    pub fn open(&self) -> Amount {
        self.items.iter().map(|i| i.open).sum()
    }

    /// Sum of those past their payable day.
    pub fn overdue(&self) -> Amount {
        self.items.iter().filter(|i| i.is_overdue()).map(|i| i.open).sum()
    }

    /// The highest chance of being late among the items that are not late yet; `None` without a model or such an item.
    pub fn late_chance(&self) -> Option<f64> {
        let coming = self.items.iter().filter(|item| !item.is_overdue());
        coming.filter_map(|item| Some(item.expected.as_ref()?.late)).reduce(f64::max)
    }

    /// The highest chance of being more than 30 days late among all items; `None` without a model.
    pub fn late_30_chance(&self) -> Option<f64> {
        self.items.iter().filter_map(|item| Some(item.expected.as_ref()?.late_30)).reduce(f64::max)
    }

    /// Of its oldest item; 0 without items.
    pub fn days_past_due_max(&self) -> i64 {
        self.items.iter().map(|i| i.days_past_due).max().unwrap_or(0)
    }
}

/// All debtors of one group with their accounts and contacts: the unit that is decided at once, because caps span it.
#[derive(Clone, Debug)]
pub struct Group {
    /// Each with its accounts.
    pub debtors: Vec<(Debtor, Vec<Account>)>,
    /// With any of its debtors.
    pub contacts: Vec<Contact>,
    /// The last day on which any contact mattered that is not among them: it is forgotten. `None`: all are known.
    pub forgotten_on: Option<NaiveDate>,
}

/// When an action may go out; UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// It waits until then.
    pub not_before: DateTime<Utc>,
    /// From then on it may not go out any more.
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escalation_is_read_under_the_name_that_sql_gives_it() {
        for (kind, name) in EscalationKind::ALL {
            assert_eq!((EscalationKind::parse(name), kind.as_str()), (Some(kind), name));
        }
        assert_eq!(EscalationKind::parse("agencia"), None);
    }
}
