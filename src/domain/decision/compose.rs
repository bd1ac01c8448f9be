//! From a step that is due and its route to an action: tone, fields, words.

use serde::Serialize;

use super::ladder::Rung;
use super::route::Route;
use super::{Action, Item, Matter, MessageError, Minor, Procedure, Step};
use crate::domain::action::{CitedItem, Identity};
use crate::domain::message::Tone;

/// A customer of so many months, late with at most this share of its items, is always addressed gently.
const LONG_TIME_MONTHS: i64 = 24;
const CLEAN_LATE_RATIO: f64 = 0.1;

/// The fields that a template may name; anything else is refused.
#[derive(Serialize)]
struct Fields<'a> {
    debtor: DebtorFields<'a>,
    creditor: CreditorFields<'a>,
    items: Vec<ItemFields<'a>>,
    items_count: usize,
    open_amount: i64,
    fine_amount: i64,
    interest_amount: i64,
    fee_amount: i64,
    total_due: i64,
    has_charges: bool,
    oldest_due_date: String,
    days_past_due: i64,
    as_of: String,
    currency: &'a str,
    tone: &'static str,
    portal_link: Option<&'a str>,
    offer: Option<OfferFields>,
    notice_days: Option<u32>,
    bureau: Option<&'a str>,
    agency_id: Option<&'a str>,
}

#[derive(Serialize)]
struct DebtorFields<'a> {
    name: String,
    contact_name: Option<&'a str>,
}

#[derive(Serialize)]
struct CreditorFields<'a> {
    name: &'a str,
    email: &'a str,
    phone: &'a str,
    opt_out: &'a str,
}

#[derive(Serialize)]
struct ItemFields<'a> {
    invoice_id: &'a str,
    installment_no: i64,
    due_date: String,
    open_amount: i64,
    days_past_due: i64,
    payment_reference: Option<&'a str>,
    payment_link: Option<&'a str>,
}

#[derive(Serialize)]
struct OfferFields {
    kind: &'static str,
    total: i64,
    discount: i64,
    down_payment: i64,
    valid_until: String,
    instalments: Vec<InstalmentFields>,
}

#[derive(Serialize)]
struct InstalmentFields {
    due_date: String,
    amount: i64,
}

impl<'a> Matter<'a> {
    pub(super) fn language(&self) -> &'a str {
        self.debtor.language.as_deref().unwrap_or(&self.rules.default_language)
    }

    fn tone(&self, step: &Step) -> Tone {
        let profile = &self.account.profile;
        let is_clean = profile.months_as_customer.is_some_and(|m| m >= LONG_TIME_MONTHS)
            && profile.late_ratio.is_some_and(|r| r <= CLEAN_LATE_RATIO);
        match step.tone {
            Some(Tone::Formal) => Tone::Formal,
            _ if is_clean => Tone::Gentle,
            tone => tone.unwrap_or(Tone::Firm),
        }
    }

    pub(super) fn compose(
        &mut self,
        procedure: &Procedure,
        rung: Rung<'_>,
        route: Route<'_>,
    ) -> Result<Action, MessageError> {
        let Rung { step, occurrence, .. } = rung;
        let cited: Vec<&Item> = rung.cited.iter().map(|c| c.item).collect();
        let (rules, debtor, account) = (self.rules, self.debtor, self.account);
        let tone = self.tone(step);
        let fields = self.fields(step, &cited, &route, tone);
        let rendered = rules.templates.render(self.language(), &step.template, route.channel, &fields)?;
        let template_params = serde_json::to_string(&fields).unwrap_or_default();
        self.trace_message(&route, &step.template, &rendered);
        let identity = Identity {
            tenant: &rules.tenant,
            company_id: &account.company_id,
            debtor_id: &debtor.debtor_id,
            cycle_id: &self.cycle_id,
            step_id: &step.id,
            occurrence,
            channel: route.channel.as_str(),
        };
        Ok(Action {
            action_id: identity.action_id(),
            as_of: self.as_of,
            company_id: account.company_id.clone(),
            debtor_id: debtor.debtor_id.clone(),
            regua: procedure.id.clone(),
            step_id: step.id.clone(),
            step_kind: step.kind.as_str(),
            level: step.level,
            occurrence,
            cycle_id: self.cycle_id.clone(),
            channel: route.channel.as_str(),
            destination: route.point.map(|p| p.address.clone()),
            contact_name: route.point.and_then(|p| p.contact_name.clone()),
            language: rendered.language,
            tone: tone.as_str(),
            template_id: Some(step.template.clone()),
            template_version: Some(rendered.version),
            template_params,
            subject: rendered.subject,
            body: rendered.body,
            currency: account.currency,
            fine: Minor::ZERO,
            interest: Minor::ZERO,
            fee: Minor::ZERO,
            segment: self.standing.segment.clone(),
            risk_band: self.standing.risk_band.clone(),
            priority: priority(&cited),
            collector_id: cited.iter().find_map(|i| i.collector_id.clone()).or_else(|| debtor.collector_id.clone()),
            agency_id: step.agency.clone(),
            items: rung.cited.iter().map(|c| CitedItem::of(c.item, c.takes.map(|s| s.id.as_str()))).collect(),
            offer: None,
            validity: route.validity,
            rule_trace: std::mem::take(&mut self.trace),
        })
    }

    fn fields<'f>(&'f self, step: &'f Step, cited: &[&'f Item], route: &Route<'f>, tone: Tone) -> Fields<'f> {
        let rules = self.rules;
        let creditor = rules.creditors.get(&self.account.company_id).or_else(|| rules.creditors.get("default"));
        let language = self.language();
        let opt_out = creditor.and_then(|c| c.opt_out.get(language).or_else(|| c.opt_out.get("default")));
        let open: Minor = cited.iter().map(|i| i.open).sum();
        let oldest = cited.iter().map(|i| i.due_date).min().unwrap_or(self.as_of);
        Fields {
            debtor: DebtorFields {
                name: without_controls(&self.debtor.legal_name),
                contact_name: route.point.and_then(|p| p.contact_name.as_deref()),
            },
            creditor: CreditorFields {
                name: creditor.map_or("", |c| &c.name),
                email: creditor.map_or("", |c| &c.email),
                phone: creditor.map_or("", |c| &c.phone),
                opt_out: opt_out.map_or("", String::as_str),
            },
            items: cited.iter().map(|i| item_fields(i)).collect(),
            items_count: cited.len(),
            open_amount: open.0,
            fine_amount: 0,
            interest_amount: 0,
            fee_amount: 0,
            total_due: open.0,
            has_charges: false,
            oldest_due_date: oldest.to_string(),
            days_past_due: cited.iter().map(|i| i.days_past_due).max().unwrap_or(0),
            as_of: self.as_of.to_string(),
            currency: self.account.currency.as_str(),
            tone: tone.as_str(),
            portal_link: creditor.and_then(|c| c.portal_link.as_deref()),
            offer: None,
            notice_days: step.notice_days,
            bureau: step.bureau.as_deref(),
            agency_id: step.agency.as_deref(),
        }
    }
}

fn item_fields(item: &Item) -> ItemFields<'_> {
    ItemFields {
        invoice_id: &item.invoice_id,
        installment_no: item.installment_no,
        due_date: item.due_date.to_string(),
        open_amount: item.open.0,
        days_past_due: item.days_past_due,
        payment_reference: item.payment_reference.as_deref(),
        payment_link: item.payment_link.as_deref(),
    }
}

/// Line breaks that came with the data would change the shape of a message.
fn without_controls(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Open amount in whole units, once more for every 30 days past due: large and old first.
fn priority(cited: &[&Item]) -> i64 {
    let open: Minor = cited.iter().map(|i| i.open).sum();
    let days = cited.iter().map(|i| i.days_past_due).max().unwrap_or(0).max(0);
    (open.0 / 100).saturating_mul(30 + days) / 30
}
