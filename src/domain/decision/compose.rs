//! From a step that is due to an action: channel, address, hour, words.

use serde::Serialize;

use super::{Action, Contact, Debtor, HoldReason, Item, Matter, MessageError, Minor, Procedure, Reasons, Step};
use crate::domain::action::{CitedItem, Identity};
use crate::domain::calendar::Place;
use crate::domain::case::{ContactPoint, Validity};
use crate::domain::message::Tone;
use crate::domain::procedure::Channel;

/// Days for which an instruction to a bureau, registry or agency may be carried out.
const INSTRUCTION_DAYS: u64 = 5;
/// A customer of so many months, late with at most this share of its items, is always addressed gently.
const LONG_TIME_MONTHS: i64 = 24;
const CLEAN_LATE_RATIO: f64 = 0.1;

/// How an action goes out.
pub(super) struct Route<'a> {
    channel: Channel,
    point: Option<&'a ContactPoint>,
    validity: Validity,
}

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
    /// Channel, address and hour; where there is none, every reason is noted.
    pub(super) fn route(&mut self, step: &Step, contacts: &[Contact], reasons: &mut Reasons) -> Option<Route<'a>> {
        if step.kind.is_instruction() {
            let validity = instruction_validity(self.as_of);
            return Some(Route { channel: Channel::Instruction, point: None, validity });
        }
        let address = self.address(step, contacts);
        let debtor = self.debtor;
        let calendar = &self.rules.calendar;
        let zone = calendar.zone_of(debtor.time_zone.as_deref(), debtor.state.as_deref());
        let place = Place { state: debtor.state.as_deref(), city: debtor.city.as_deref(), zone };
        let slot = calendar.slot(self.as_of, self.rules.slot_days, &place, None);
        if slot.is_none() {
            reasons.because(HoldReason::NoLegalSlot, Some(format!("from {}", self.as_of)));
        }
        let (channel, point) = address.map_err(|(reason, why)| reasons.because(reason, why)).ok()?;
        let slot = slot?;
        let validity = Validity { not_before: slot.not_before, expires_at: slot.expires_at };
        Some(Route { channel, point: Some(point), validity })
    }

    /// The address to use: what the debtor prefers, then what the step names first. What is passed over is traced.
    fn address(
        &mut self,
        step: &Step,
        contacts: &[Contact],
    ) -> Result<(Channel, &'a ContactPoint), (HoldReason, Option<String>)> {
        let debtor: &'a Debtor = self.debtor;
        let position = |p: &ContactPoint| step.channels.iter().position(|c| *c == p.channel);
        let mut points: Vec<&ContactPoint> = debtor.points.iter().filter(|p| position(p).is_some()).collect();
        points.sort_by_key(|p| (p.preference_rank.unwrap_or(i64::MAX), position(p), &p.address));
        let (mut opted_out, mut capped) = (false, false);
        for point in points {
            let channel = point.channel;
            let refusal = match point {
                p if p.opted_out => "opted out",
                p if !p.is_valid => "bounced or known to be wrong",
                p if !p.is_authorized => "not authorised to hear about the debt",
                _ if !self.has_template(step, channel) => "no template",
                _ if self.is_channel_capped(channel, contacts) => "cap reached",
                _ => {
                    self.trace.push(format!("channel {}", channel.as_str()));
                    return Ok((channel, point));
                }
            };
            opted_out |= point.opted_out;
            capped |= refusal == "cap reached";
            self.trace.push(format!("{} passed over: {refusal}", channel.as_str()));
        }
        let names: Vec<&str> = step.channels.iter().map(|c| c.as_str()).collect();
        let reason = match (capped, opted_out) {
            (true, _) => HoldReason::FrequencyCap,
            (false, true) => HoldReason::OptedOut,
            (false, false) => HoldReason::NoContactPoint,
        };
        Err((reason, Some(format!("looked at {}", names.join(", ")))))
    }

    fn has_template(&self, step: &Step, channel: Channel) -> bool {
        let templates = &self.rules.templates;
        templates.has(self.language(), &step.template, channel)
            || templates.has(&self.rules.default_language, &step.template, channel)
    }

    fn language(&self) -> &'a str {
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
        step: &Step,
        occurrence: u32,
        cited: Vec<&Item>,
        route: Route<'_>,
    ) -> Result<Action, MessageError> {
        let (rules, debtor, account) = (self.rules, self.debtor, self.account);
        let tone = self.tone(step);
        let fields = self.fields(step, &cited, &route, tone);
        let rendered = rules.templates.render(self.language(), &step.template, route.channel, &fields)?;
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
            template_params: serde_json::to_string(&fields).unwrap_or_default(),
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
            items: cited.into_iter().map(CitedItem::from).collect(),
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

/// No debtor is addressed, so no contact window binds: from the start of the day, for some days.
fn instruction_validity(as_of: chrono::NaiveDate) -> Validity {
    let midnight = as_of.and_time(chrono::NaiveTime::MIN).and_utc();
    Validity { not_before: midnight, expires_at: midnight + chrono::Days::new(INSTRUCTION_DAYS) }
}
