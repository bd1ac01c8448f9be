//! The rules of dunning: which régua, tolerances, caps, creditors.

use std::collections::BTreeMap;

use super::charges::KnownRates;
use super::offers::OfferNames;
use super::reach::{Choosing, Known};
use super::{Document, PlanBuilder, messages, unknown};
use crate::config::raw::{RawCap, RawCreditor, RawPipeline, RawRegua};
use crate::domain::decision::{Cap, Creditor, REGUA_NONE, Rules};
use crate::domain::fx::Quotes;
use crate::domain::message::LANGUAGES;
use crate::domain::money::{Amount, Currency};
use crate::domain::procedure::{Channel, Procedure};
use crate::domain::segment::{Rule, Scorecard};

/// Days for which a rate of exchange counts: over a weekend with holidays on both sides.
const FX_DAYS_MAX: u32 = 7;

impl PlanBuilder<'_> {
    pub(super) fn rules(&mut self, document: &Document, raw: RawPipeline) -> Option<Rules> {
        let RawPipeline { pipeline, defaults, dunning, creditors, tone, aging, inputs, .. } = raw;
        let rates = self.rates(document, &pipeline.rates);
        let known = KnownRates { table: &rates, has_input: inputs.contains_key("index_rates") };
        let charges = self.company_charges(document, &raw.charges, &known);
        let default_language = self.default_language(document, defaults.language);
        let languages = self.languages(document, defaults.languages.as_deref(), &default_language);
        let segments = self.segments(document, "/segments", &raw.segments);
        let tiers = self.segments(document, "/tiers", &raw.tiers);
        let scorecard = self.scorecard(document, &raw.risk);
        let segment_names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
        let reguas = self.procedures(document, &pipeline.reguas, &segment_names, &known);
        let procedures: BTreeMap<String, Procedure> = reguas.iter().map(|(_, p)| (p.id.clone(), p.clone())).collect();
        let offers = self.offers(document, &raw.offers, &offer_names(&segments, &tiers, &scorecard, &procedures));
        let names: Vec<&str> = procedures.keys().map(String::as_str).chain([REGUA_NONE]).collect();
        self.known_regua(document, "/dunning/regua", &dunning.regua, &names);
        let tier_names: Vec<&str> = tiers.iter().map(|t| t.name.as_str()).collect();
        let known = Known { segments: &segment_names, tiers: &tier_names, reguas: &names };
        let Choosing { choices, experiments, response_windows, response_model } =
            self.choosing(document, &dunning, &raw.channels, &raw.experiments, &known);
        let tolerance = self.amounts(document, "/dunning/tolerance", &dunning.tolerance);
        let caps = self.caps(document, &dunning.caps, &segment_names);
        let (slot_days, unreported_days) = (dunning.slot_days.unwrap_or(1), dunning.unreported_days.unwrap_or(3));
        if slot_days > unreported_days.max(1) {
            let message = "slot_days above unreported_days: tomorrow's run could write on the same day as today's";
            self.refuse(document, "/dunning/slot_days", message);
        }
        let creditors = self.creditors(document, creditors);
        self.kinds_fit(document, &procedures, &creditors);
        let calendar = self.calendar(document, &pipeline.calendars);
        let (dir, words) = (&pipeline.templates, pipeline.words.as_deref());
        let messages = self.messages(document, dir, words, &procedures, &languages, &creditors);
        self.steps_have_templates(&reguas, &messages, &languages);
        self.note_unused(&procedures, &messages);
        Some(Rules {
            tenant: pipeline.tenant,
            default_language,
            halted: dunning.halted,
            procedures,
            regua: dunning.regua,
            regua_by_group: dunning.by_group,
            regua_by_choice: choices,
            regua_by_company: dunning.by_company,
            tolerance,
            unapplied_credits: aging.unapplied_credits,
            credit_hold_percent: aging.credit_hold_percent.unwrap_or(50),
            unreported_days,
            response_window_days: dunning.response_window_days.unwrap_or(2),
            response_windows,
            payment_window_days: dunning.payment_window_days.unwrap_or(3),
            attempts_max: dunning.attempts_max.unwrap_or(2),
            slot_days,
            caps,
            segments,
            tiers,
            scorecard,
            experiments,
            model: None,
            models_told: Vec::new(),
            response_model,
            creditors,
            charges,
            rates,
            offers,
            quotes: Quotes::new(dunning.fx_days_max.unwrap_or(FX_DAYS_MAX)),
            calendar: calendar?,
            tone: messages::tone(&tone),
            templates: messages.templates,
        })
    }

    fn default_language(&mut self, document: &Document, named: Option<String>) -> String {
        let language = named.unwrap_or_else(|| "pt-BR".to_owned());
        if !LANGUAGES.contains(&language.as_str()) {
            self.refuse(document, "/defaults/language", unknown("language", &language, LANGUAGES.into_iter()));
        }
        language
    }

    pub(super) fn known_regua(&mut self, document: &Document, at: &str, name: &str, names: &[&str]) {
        if !names.contains(&name) && !self.has_unread_regua {
            self.refuse(document, at, unknown("régua", name, names.iter().copied()));
        }
    }

    /// Currency = amount.
    pub(super) fn amounts(
        &mut self,
        document: &Document,
        at: &str,
        raw: &BTreeMap<String, String>,
    ) -> BTreeMap<Currency, Amount> {
        let mut amounts = BTreeMap::new();
        for (code, amount) in raw {
            let at = format!("{at}/{code}");
            let currency = self.parse::<Currency>(document, &at, code);
            let amount = self.parse::<Amount>(document, &at, amount);
            if amount.is_some_and(|amount| amount < Amount(0)) {
                self.refuse(document, &at, "an amount here cannot be below zero".to_owned());
            }
            amounts.extend(currency.zip(amount));
        }
        amounts
    }

    pub(super) fn caps(&mut self, document: &Document, raw: &[RawCap], segments: &[&str]) -> Vec<Cap> {
        let mut caps = Vec::new();
        for (position, cap) in raw.iter().enumerate() {
            let at = format!("/dunning/caps/{position}");
            let channel =
                cap.channel.as_deref().and_then(|name| self.channel(document, &format!("{at}/channel"), name));
            if let Some(segment) = cap.segment.as_deref().filter(|s| !segments.contains(s)) {
                let message = unknown("segment", segment, segments.iter().copied());
                self.refuse(document, &format!("{at}/segment"), message);
            }
            let (scope, segment) = (cap.scope, cap.segment.clone());
            caps.push(Cap { scope, channel, segment, contacts_max: cap.contacts_max, days: cap.days });
        }
        caps
    }

    pub(super) fn channel(&mut self, document: &Document, at: &str, name: &str) -> Option<Channel> {
        let channel = Channel::parse(name);
        if channel.is_none() {
            self.refuse(document, at, unknown("channel", name, Channel::ALL.into_iter().map(Channel::as_str)));
        }
        channel
    }

    pub(super) fn creditors(
        &mut self,
        document: &Document,
        raw: BTreeMap<String, RawCreditor>,
    ) -> BTreeMap<String, Creditor> {
        if !raw.contains_key("default") {
            self.refuse(document, "/creditors", "[creditors.default] is missing: messages need a sender".to_owned());
        }
        for (company, creditor) in &raw {
            if !creditor.opt_out.contains_key("default") {
                let at = format!("/creditors/{company}");
                self.refuse(document, &at, "`opt_out` lacks `default`: every message says how to stop it".to_owned());
            }
            self.creditor_fits(document, company, creditor);
        }
        let convert = |c: RawCreditor| Creditor {
            name: c.name,
            email: c.email,
            phone: c.phone,
            opt_out: c.opt_out,
            portal_link: c.portal_link,
        };
        raw.into_iter().map(|(company, c)| (company, convert(c))).collect()
    }

    pub(super) fn procedures(
        &mut self,
        document: &Document,
        files: &[String],
        segments: &[&str],
        known: &KnownRates<'_>,
    ) -> Vec<(Document, Procedure)> {
        let mut procedures: Vec<(Document, Procedure)> = Vec::new();
        for (position, file) in files.iter().enumerate() {
            let at = format!("/pipeline/reguas/{position}");
            let unread = std::mem::replace(&mut self.has_unread_regua, true);
            let Some(regua) = self.open(&self.path(file), Some((document, &at))) else { continue };
            let Some(raw) = self.read::<RawRegua>(&regua) else { continue };
            self.has_unread_regua = unread;
            let procedure = self.procedure(&regua, raw, segments, known);
            if procedure.id == REGUA_NONE || procedures.iter().any(|(_, p)| p.id == procedure.id) {
                self.refuse(&regua, "/id", format!("the id `{}` is taken", procedure.id));
            }
            procedures.push((regua, procedure));
        }
        procedures
    }
}

/// What the conditions of offers may name.
fn offer_names<'a>(
    segments: &'a [Rule],
    tiers: &'a [Rule],
    scorecard: &'a Scorecard,
    procedures: &'a BTreeMap<String, Procedure>,
) -> OfferNames<'a> {
    let names = |rules: &'a [Rule]| rules.iter().map(|rule| rule.name.as_str()).collect();
    OfferNames {
        segments: names(segments),
        tiers: names(tiers),
        risk_bands: scorecard.bands.iter().map(|(_, name)| name.as_str()).collect(),
        steps: procedures.values().flat_map(|p| &p.steps).map(|step| step.id.as_str()).collect(),
    }
}
