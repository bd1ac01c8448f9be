//! A group with one debtor, one account and the ladder of `pipelines/reguas/b2b.toml`, to be changed case by case.

use super::super::history::named_item;
use super::super::*;
use crate::domain::calendar::{Calendar, DayWindow, Scope, WeekWindows, Windows, Zones};
use crate::domain::charge::RateTable;
use crate::domain::fx::Quotes;
use crate::domain::learning::backtest::Figures;
use crate::domain::learning::model::{Learnt, MODEL_VERSION, PaymentModel, Quality};
use crate::domain::learning::responses::{Outcomes, Responses};
use crate::domain::message::{Templates, ToneRule};
use crate::domain::money::Currency;
use crate::domain::portfolio::{Contact, ContactPoint, ContactState, Profile};
use crate::domain::procedure::{Advance, CapScope, Carrier, Channel, DisputeScope, LevelOf, StepKind, Trigger};
use crate::domain::responses::{ResponseHistory, ResponseModel};
use crate::domain::segment::Scorecard;
use chrono::{Days, NaiveTime};
use std::collections::BTreeMap;

/// A Tuesday.
pub(super) const TODAY: &str = "2026-11-17";

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn brl() -> Currency {
    "BRL".parse().unwrap()
}

pub(super) fn minor(text: &str) -> Amount {
    text.parse().unwrap()
}

pub(super) fn days_ago(days: i64) -> NaiveDate {
    day(TODAY) - chrono::TimeDelta::days(days)
}

pub(super) fn step(id: &str, kind: StepKind, trigger: Trigger, channels: &[Channel]) -> Step {
    Step {
        id: id.to_owned(),
        level: 0,
        kind,
        trigger,
        channels: channels.to_vec(),
        template: if kind.is_instruction() { "order" } else { "letter" }.to_owned(),
        tone: None,
        catch_up_days: None,
        repeat: None,
        segments: None,
        notice_days: None,
        after_notice: None,
        bureau: None,
        agency: None,
        deadline_business_days: None,
        listing_years_max: None,
        fee: None,
    }
}

pub(super) fn past_due(days: i64) -> Trigger {
    Trigger::DaysPastDue { days, strictly: false }
}

fn on_day(days: i64, kind: StepKind, channels: &[Channel]) -> Step {
    step(&format!("d{days:+}"), kind, past_due(days), channels)
}

/// D−3, D−1, D+1, D+5, D+15, D+30, notice at D+45, listing at D+60 after ten days' notice, agency at D+90.
pub(super) fn ladder() -> Procedure {
    use Channel::{Email, Letter, Phone, Sms, Whatsapp};
    let mut steps = vec![
        Step { catch_up_days: Some(1), ..on_day(-3, StepKind::Reminder, &[Whatsapp, Email, Sms]) },
        Step {
            catch_up_days: Some(0),
            segments: Some(vec!["recorrente".to_owned()]),
            ..on_day(-1, StepKind::Verification, &[Phone])
        },
        Step { catch_up_days: Some(3), ..on_day(1, StepKind::Reminder, &[Whatsapp, Email, Sms]) },
        on_day(5, StepKind::Reminder, &[Email, Whatsapp, Sms]),
        on_day(15, StepKind::Notice, &[Email, Whatsapp, Phone]),
        on_day(30, StepKind::Notice, &[Email, Letter]),
        Step { notice_days: Some(10), ..on_day(45, StepKind::NegativacaoNotice, &[Letter, Email]) },
        Step { after_notice: Some(("d+45".to_owned(), 10)), ..on_day(60, StepKind::Negativacao, &[]) },
        on_day(90, StepKind::AgencyPlacement, &[]),
    ];
    number(&mut steps);
    Procedure {
        id: "b2b".to_owned(),
        level_of: LevelOf::Account,
        advance: Advance::Sequential,
        carrier: Carrier::MaxLevel,
        min_gap_days: 3,
        minimum: [(brl(), minor("50.00"))].into(),
        dispute_scope: DisputeScope::Item,
        charges: None,
        dunning_currency: None,
        steps,
    }
}

pub(super) fn number(steps: &mut [Step]) {
    for (position, step) in steps.iter_mut().enumerate() {
        step.level = position as u32 + 1;
    }
}

fn calendar() -> Calendar {
    calendar_of(NaiveTime::from_hms_opt(8, 0, 0).unwrap(), NaiveTime::from_hms_opt(20, 0, 0).unwrap())
}

/// A model of payment that has learnt nothing but what contacts lead to.
pub(super) fn model(responses: Responses) -> PaymentModel {
    PaymentModel {
        model_version: MODEL_VERSION,
        tenant: "t".to_owned(),
        as_of: days_ago(1),
        quality: Quality::Refused,
        remarks: Vec::new(),
        accepted: None,
        debtors: 0,
        bills: 0,
        late_bills: 0,
        tried_from: days_ago(1),
        figures: Figures::default(),
        input_digest: String::new(),
        features: Vec::new(),
        learnt: Learnt::default(),
        responses,
    }
}

/// Every day but Sunday and a holiday.
pub(super) fn calendar_of(opens: NaiveTime, closes: NaiveTime) -> Calendar {
    let hours = DayWindow { opens, closes };
    let mut week = WeekWindows { days: [Some(hours); 7], holiday: None };
    week.days[6] = None;
    let zones = Zones { default: chrono_tz::America::Sao_Paulo, by_state: BTreeMap::new() };
    let holidays = [(day("2026-11-20"), Scope::National)];
    Calendar::new(holidays, Windows { default: week, by_state: BTreeMap::new() }, zones).unwrap()
}

fn templates() -> Templates {
    let text = "{% for item in items %}{{ item.invoice_id }} {{ item.open_amount | money }};{% endfor %} {{ total_due | money }}";
    let files = Channel::ALL.map(|channel| {
        let name = if channel == Channel::Instruction { "order" } else { "letter" };
        ("pt-BR".to_owned(), format!("{name}.{}.j2", channel.as_str()), text.to_owned())
    });
    Templates::compile(files, "pt-BR").unwrap()
}

/// Of a message over many items.
pub(super) fn short_templates() -> Templates {
    let files = Channel::ALL.map(|channel| {
        let name = if channel == Channel::Instruction { "order" } else { "letter" };
        (
            "pt-BR".to_owned(),
            format!("{name}.{}.j2", channel.as_str()),
            "{{ items_count }} {{ total_due | money }}".to_owned(),
        )
    });
    Templates::compile(files, "pt-BR").unwrap()
}

pub(super) fn rules() -> Rules {
    Rules {
        tenant: "t".to_owned(),
        default_language: "pt-BR".to_owned(),
        halted: false,
        procedures: [("b2b".to_owned(), ladder())].into(),
        regua: "b2b".to_owned(),
        regua_by_group: BTreeMap::new(),
        regua_by_choice: Vec::new(),
        regua_by_company: BTreeMap::new(),
        tolerance: [(brl(), minor("5.00"))].into(),
        unapplied_credits: UnappliedCredits::Hold,
        credit_hold_percent: 50,
        unreported_days: 3,
        response_window_days: 2,
        response_windows: BTreeMap::new(),
        payment_window_days: 3,
        attempts_max: 2,
        slot_days: 1,
        caps: Vec::new(),
        segments: Vec::new(),
        tiers: Vec::new(),
        scorecard: Scorecard::default(),
        experiments: Vec::new(),
        model: None,
        models_told: Vec::new(),
        response_model: ResponseModel::default(),
        creditors: BTreeMap::new(),
        charges: BTreeMap::new(),
        rates: RateTable::default(),
        offers: Vec::new(),
        quotes: Quotes::new(7),
        calendar: calendar(),
        tone: ToneRule::default(),
        templates: templates(),
    }
}

/// An item of 100.00 that many days past due (below zero: not due yet), issued 30 days before its due date.
pub(super) fn item(invoice_id: &str, days_past_due: i64) -> Item {
    let due_date = days_ago(days_past_due);
    Item {
        invoice_id: invoice_id.to_owned(),
        installment_no: 1,
        issue_date: due_date - Days::new(30),
        due_date,
        payable_on: due_date,
        days_past_due,
        bucket_no: 0,
        bucket: String::new(),
        original: Amount(10_000),
        applied: Amount::ZERO,
        open: Amount(10_000),
        expected: None,
        regua: None,
        step_override: None,
        payment_reference: None,
        payment_link: None,
        collector_id: None,
        is_blocked: false,
        grace_until: None,
        is_disputed: false,
        is_returned: false,
        in_kept_agreement: false,
        promise_pending: false,
        promise_until: None,
        agency_id: None,
    }
}

pub(super) fn point(channel: Channel) -> ContactPoint {
    ContactPoint {
        channel,
        address: format!("{}@example.com", channel.as_str()).into(),
        contact_name: None,
        is_authorized: true,
        opted_out: false,
        is_valid: true,
        preference_rank: None,
    }
}

pub(super) fn debtor(debtor_id: &str) -> Debtor {
    Debtor {
        debtor_id: debtor_id.to_owned(),
        group_id: "12345678".to_owned(),
        legal_name: "Acme Ltda.".into(),
        language: None,
        country: None,
        state: None,
        city: None,
        time_zone: None,
        regua: None,
        dunning_block: None,
        is_insolvent: false,
        is_held: false,
        collector_id: None,
        tier: None,
        points: vec![point(Channel::Email)],
        responses: ResponseHistory::default(),
        outcomes: Outcomes::default(),
        arms: Vec::new(),
    }
}

pub(super) fn account(company_id: &str, items: Vec<Item>) -> Account {
    let earliest = items.iter().map(|i| i.due_date).min();
    Account {
        company_id: company_id.to_owned(),
        currency: brl(),
        items,
        credit: Amount::ZERO,
        credit_reach: Amount::ZERO,
        profile: Profile::default(),
        previous_segment: None,
        late_items: Vec::new(),
        charges_paid: BTreeMap::new(),
        episode_start: earliest.unwrap_or(day(TODAY)),
        promise_broken: false,
        agreement_broken: false,
        escalations: Vec::new(),
        ended: None,
    }
}

/// A contact of debtor D with company 1, sent that many days ago.
pub(super) fn contact(step_id: &str, channel: Channel, ago: i64) -> Contact {
    Contact {
        debtor_id: "D".to_owned(),
        company_id: Some("1".to_owned()),
        currency: Some("BRL".to_owned()),
        cycle_id: None,
        regua: Some("b2b".to_owned()),
        step_id: (!step_id.is_empty()).then(|| step_id.to_owned()),
        occurrence: 1,
        channel,
        on: days_ago(ago),
        state: ContactState::Sent,
        action_id: None,
        destination: None,
        answered_on: None,
        items: Vec::new(),
    }
}

/// Everything that goes into a decision; the first debtor's first account is the one looked at.
#[derive(Debug)]
pub(super) struct Case {
    pub rules: Rules,
    pub as_of: NaiveDate,
    pub group: Group,
}

/// A change to a case, for tables of them.
pub(super) type Change = fn(&mut Case);

impl Case {
    /// Debtor D with company 1 and items A, B, C, ... so many days past due.
    pub fn of(days_past_due: &[i64]) -> Case {
        let items = days_past_due.iter().zip('A'..='Z').map(|(days, name)| item(&name.to_string(), *days)).collect();
        let group =
            Group { debtors: vec![(debtor("D"), vec![account("1", items)])], contacts: Vec::new(), forgotten_on: None };
        Case { rules: rules(), as_of: day(TODAY), group }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Case)) -> Case {
        change(&mut self);
        self
    }

    pub fn debtor(&mut self) -> &mut Debtor {
        &mut self.group.debtors[0].0
    }

    pub fn account(&mut self) -> &mut Account {
        &mut self.group.debtors[0].1[0]
    }

    pub fn item(&mut self, position: usize) -> &mut Item {
        &mut self.account().items[position]
    }

    pub fn procedure(&mut self) -> &mut Procedure {
        self.rules.procedures.get_mut("b2b").unwrap()
    }

    pub fn steps(&mut self, mut steps: Vec<Step>) {
        number(&mut steps);
        self.procedure().steps = steps;
    }

    pub fn step(&mut self, id: &str) -> &mut Step {
        self.procedure().steps.iter_mut().find(|s| s.id == id).unwrap()
    }

    /// Notes that a step went out by e-mail that many days ago.
    pub fn sent(&mut self, step_id: &str, ago: i64) -> &mut Contact {
        self.group.contacts.push(contact(step_id, Channel::Email, ago));
        self.group.contacts.last_mut().unwrap()
    }

    pub fn was_sent(&mut self, step_id: &str, ago: i64) {
        self.sent(step_id, ago);
    }

    /// So many days later, with all that depends on the date.
    pub fn later(&mut self, days: i64) {
        self.as_of += chrono::TimeDelta::days(days);
        for item in self.group.debtors.iter_mut().flat_map(|(_, a)| a).flat_map(|a| &mut a.items) {
            let past = (self.as_of - item.due_date).num_days();
            item.days_past_due = if self.as_of > item.payable_on { past } else { past.min(0) };
        }
    }

    /// As a later run finds it: what this one decided was published, and then sent.
    pub fn publish(&mut self) {
        for decision in self.decide().iter().flatten() {
            if let Outcome::Act(action) = &decision.outcome {
                let channel = Channel::parse(action.channel).unwrap();
                let mut contact = Contact { on: action.as_of, ..contact(&action.step_id, channel, 0) };
                contact.debtor_id.clone_from(&action.debtor_id);
                contact.company_id = Some(action.company_id.clone());
                contact.cycle_id = Some(action.cycle_id.clone());
                contact.occurrence = i64::from(action.occurrence);
                contact.items = action.items.iter().map(named_item).collect();
                self.group.contacts.push(contact);
            }
        }
    }

    pub fn decide(&self) -> Vec<Vec<Decision>> {
        decide(&self.rules, self.as_of, &self.group).unwrap()
    }

    pub fn first(&self) -> Decision {
        self.decide()[0][0].clone()
    }

    /// `d+5 by email: A, B` or `min_gap`.
    pub fn outcome(&self) -> String {
        said(&self.first())
    }

    /// The outcome of every account, in order.
    pub fn outcomes(&self) -> Vec<String> {
        self.decide().iter().flatten().map(said).collect()
    }

    pub fn action(&self) -> Action {
        match self.first().outcome {
            Outcome::Act(action) => *action,
            Outcome::Hold(hold) => panic!("no action but {hold:?}"),
        }
    }

    pub fn hold(&self) -> Hold {
        match self.first().outcome {
            Outcome::Hold(hold) => hold,
            Outcome::Act(action) => panic!("no hold but {} {:?}", action.step_id, action.items),
        }
    }
}

pub(super) fn said(decision: &Decision) -> String {
    match &decision.outcome {
        Outcome::Hold(hold) => hold.reason.as_str().to_owned(),
        Outcome::Act(action) => {
            let items: Vec<&str> = action.items.iter().map(|i| i.invoice_id.as_str()).collect();
            let again = if action.occurrence > 1 { format!(" #{}", action.occurrence) } else { String::new() };
            format!("{}{again} by {}: {}", action.step_id, action.channel, items.join(", "))
        }
    }
}

pub(super) fn cap(scope: CapScope, contacts_max: u32, days: u32) -> Cap {
    Cap { scope, channel: None, segment: None, contacts_max, days }
}

/// Checks a table: items' days past due, what is changed, what comes out.
pub(super) fn check(table: &[(&str, &[i64], Change, &str)]) {
    for (name, days, change, expected) in table {
        let case = Case::of(days).with(change);
        assert_eq!(case.outcome(), *expected, "{name}: {:?}", case.first().outcome);
    }
}
