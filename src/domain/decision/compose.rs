//! Makes an action of a step that is due and its route: tone, fields, words.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::Serialize;

use super::charges::Claim;
use super::duty::DutyFields;
use super::ladder::Rung;
use super::route::Route;
use super::{AccountContext, Action, Amount, Item, MessageError, Procedure, Step};
use crate::domain::action::{CitedItem, Identity};
use crate::domain::fx::Dunned;
use crate::domain::message::Tone;
use crate::domain::message::fields::{ITEMS_MAX, fitted};
use crate::domain::names::{is_name, is_placeholder};
use crate::domain::offer::Offer;
use crate::domain::pii::{Pii, exposed};

/// What a debtor is called whose register holds no name, by the beginning of the language.
const CUSTOMER: [(&str, &str); 3] = [("pt", "cliente"), ("es", "cliente"), ("en", "customer")];

/// The fields that a template may name, as `domain::message::fields` lists them; anything else is refused.
#[derive(Serialize)]
pub(super) struct Fields<'a> {
    pub(super) debtor: DebtorFields<'a>,
    pub(super) creditor: CreditorFields<'a>,
    pub(super) items: Vec<ItemFields<'a>>,
    pub(super) items_count: usize,
    pub(super) open_amount: i64,
    pub(super) fine_amount: i64,
    pub(super) interest_amount: i64,
    pub(super) fee_amount: i64,
    pub(super) residual_amount: i64,
    pub(super) waived_amount: i64,
    pub(super) credit_amount: i64,
    pub(super) is_credit_netted: bool,
    pub(super) total_due: i64,
    pub(super) has_charges: bool,
    pub(super) oldest_due_date: String,
    pub(super) days_past_due: i64,
    pub(super) as_of: String,
    pub(super) currency: &'a str,
    pub(super) tone: &'static str,
    pub(super) portal_link: Option<&'a str>,
    pub(super) offer: Option<OfferFields>,
    pub(super) dunning: Option<DunningFields>,
    pub(super) notice_days: Option<u32>,
    pub(super) bureau: Option<&'a str>,
    pub(super) agency_id: Option<&'a str>,
    pub(super) duty: Option<&'a DutyFields>,
}

#[derive(Serialize)]
pub(super) struct DebtorFields<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) contact_name: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct CreditorFields<'a> {
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: &'a str,
    pub(super) opt_out: &'a str,
}

#[derive(Serialize)]
pub(super) struct ItemFields<'a> {
    pub(super) invoice_id: &'a str,
    pub(super) installment_no: i64,
    pub(super) due_date: String,
    pub(super) open_amount: i64,
    pub(super) days_past_due: i64,
    pub(super) payment_reference: Option<&'a str>,
    pub(super) payment_link: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct OfferFields {
    pub(super) kind: &'static str,
    pub(super) total: i64,
    pub(super) discount: i64,
    pub(super) interest: i64,
    pub(super) down_payment: i64,
    pub(super) valid_until: String,
    pub(super) instalments: Vec<InstalmentFields>,
}

#[derive(Serialize)]
pub(super) struct InstalmentFields {
    pub(super) due_date: String,
    pub(super) amount: i64,
}

/// What is asked for in the dunning currency.
#[derive(Serialize)]
pub(super) struct DunningFields {
    pub(super) currency: String,
    pub(super) amount: i64,
    pub(super) rate: String,
    pub(super) date: String,
}

impl<'a> AccountContext<'a> {
    pub(super) fn language(&self) -> &'a str {
        let asked = self.debtor.language.as_deref().and_then(|language| self.rules.templates.language_like(language));
        asked.unwrap_or(&self.rules.default_language)
    }

    /// What the debtor is called: the name of the register, or where that holds none a word and the debtor's number.
    fn name(&self) -> Cow<'a, str> {
        let name = self.debtor.legal_name.expose();
        if is_name(name) && !is_placeholder(name) {
            return Cow::Borrowed(name);
        }
        let word =
            CUSTOMER.iter().find(|(language, _)| self.language().starts_with(language)).map_or("", |(_, word)| word);
        Cow::Owned(format!("{word} {}", self.debtor.debtor_id).trim_start().to_owned())
    }

    fn tone(&self, step: &Step) -> Tone {
        let profile = &self.account.profile;
        let rule = &self.rules.tone;
        let is_clean = profile.months_as_customer.is_some_and(|m| m >= rule.long_time_months)
            && profile.late_ratio.is_some_and(|r| r <= rule.clean_late_ratio_max);
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
        claim: Claim,
    ) -> Result<Action, MessageError> {
        let Rung { step, occurrence, .. } = rung;
        let cited: Vec<&Item> = rung.cited.iter().map(|c| c.item).collect();
        let (rules, debtor, account) = (self.rules, self.debtor, self.account);
        let tone = self.tone(step);
        let fields = self.fields(step, &cited, &route, tone, &claim);
        let params = fitted(&fields);
        let rendered = rules.templates.render(self.language(), &step.template, route.channel, &params)?;
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
            template_params: params.to_string().into(),
            subject: rendered.subject.map(Pii::from),
            body: rendered.body.into(),
            provider: rendered.provider,
            currency: account.currency,
            fine: claim.charges.fine,
            interest: claim.charges.interest,
            fee: claim.charges.fee,
            residual: claim.residual,
            waived: claim.waived,
            dunned: claim.dunned,
            segment: self.classification.segment.clone(),
            risk_band: self.classification.risk_band.clone(),
            priority: self.priority(&cited),
            collector_id: cited.iter().find_map(|i| i.collector_id.clone()).or_else(|| debtor.collector_id.clone()),
            agency_id: step.agency.clone(),
            items: rung.cited.iter().map(|c| CitedItem::of(c.item, c.takes.map(|s| s.id.as_str()))).collect(),
            offer: claim.offer,
            validity: route.validity,
            propensity: route.propensity,
            rule_trace: std::mem::take(&mut self.trace),
        })
    }

    fn fields<'f>(
        &'f self,
        step: &'f Step,
        cited: &[&'f Item],
        route: &Route<'f>,
        tone: Tone,
        claim: &Claim,
    ) -> Fields<'f> {
        let rules = self.rules;
        let creditor = rules.creditors.get(&self.account.company_id).or_else(|| rules.creditors.get("default"));
        let language = self.language();
        let opt_out = creditor.and_then(|c| c.opt_out.get(language).or_else(|| c.opt_out.get("default")));
        let open: Amount = cited.iter().map(|i| i.open).sum();
        let Claim { charges, residual, waived, credit, .. } = *claim;
        let added = charges.fine + charges.interest + charges.fee + residual;
        let oldest = cited.iter().map(|i| i.due_date).min().unwrap_or(self.as_of);
        Fields {
            debtor: DebtorFields {
                name: self.name(),
                contact_name: route.point.and_then(|p| exposed(&p.contact_name)),
            },
            creditor: CreditorFields {
                name: creditor.map_or("", |c| &c.name),
                email: creditor.map_or("", |c| &c.email),
                phone: creditor.map_or("", |c| &c.phone),
                opt_out: opt_out.map_or("", String::as_str),
            },
            items: cited.iter().take(ITEMS_MAX).map(|i| item_fields(i)).collect(),
            items_count: cited.len(),
            open_amount: open.0,
            fine_amount: charges.fine.0,
            interest_amount: charges.interest.0,
            fee_amount: charges.fee.0,
            residual_amount: residual.0,
            waived_amount: waived.0,
            credit_amount: credit.amount.0,
            is_credit_netted: credit.is_netted,
            total_due: (open + added).0,
            has_charges: added > Amount::ZERO,
            oldest_due_date: oldest.to_string(),
            days_past_due: cited.iter().map(|i| i.days_past_due).max().unwrap_or(0),
            as_of: self.as_of.to_string(),
            currency: self.account.currency.as_str(),
            tone: tone.as_str(),
            portal_link: creditor.and_then(|c| c.portal_link.as_deref()),
            offer: claim.offer.as_ref().map(offer_fields),
            dunning: claim.dunned.as_ref().map(dunning_fields),
            notice_days: step.notice_days,
            bureau: step.bureau.as_deref(),
            agency_id: step.agency.as_deref(),
            duty: self.duty.as_ref(),
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
        payment_reference: exposed(&item.payment_reference),
        payment_link: exposed(&item.payment_link),
    }
}

fn offer_fields(offer: &Offer) -> OfferFields {
    let instalment =
        |(on, amount): &(NaiveDate, Amount)| InstalmentFields { due_date: on.to_string(), amount: amount.0 };
    OfferFields {
        kind: offer.kind.as_str(),
        total: offer.total.0,
        discount: offer.discount.0,
        interest: offer.interest.0,
        down_payment: offer.down_payment.0,
        valid_until: offer.valid_until.to_string(),
        instalments: offer.instalments.iter().map(instalment).collect(),
    }
}

fn dunning_fields(dunned: &Dunned) -> DunningFields {
    DunningFields {
        currency: dunned.currency.to_string(),
        amount: dunned.amount.0,
        rate: dunned.quote.to_string(),
        date: dunned.quote.on.to_string(),
    }
}
