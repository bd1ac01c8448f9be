//! Which keys each kind of step takes, and which kinds need each other.
//!
//! A key that would be read but have no effect is refused, and so is a régua that lists debtors and could never take
//! them off the list again.

use std::collections::BTreeMap;

use super::{Document, PlanBuilder};
use crate::config::raw::{RawStep, RawTrigger};
use crate::domain::decision::Creditor;
use crate::domain::procedure::{Procedure, StepKind};

/// What is entered against a debtor, and what ends it.
const ENDINGS: [(StepKind, StepKind); 3] = [
    (StepKind::Negativacao, StepKind::NegativacaoRemoval),
    (StepKind::Protesto, StepKind::ProtestoRelease),
    (StepKind::AgencyPlacement, StepKind::AgencyRecall),
];

const DUTIES: &str = "negativacao_removal, protesto_release and agency_recall";

impl RawTrigger {
    fn names(&self, flag: fn(&RawTrigger) -> bool) -> bool {
        flag(self) || self.all.iter().chain(&self.any).any(|part| part.names(flag))
    }
}

impl PlanBuilder<'_> {
    /// The keys that a step of this kind has, and its trigger.
    pub(super) fn keys_of_kind(&mut self, document: &Document, at: &str, raw: &RawStep, kind: StepKind) {
        let is_duty = kind.is_duty();
        let keys = [
            ("channels", !raw.channels.is_empty(), kind.is_instruction()),
            ("segments", raw.segments.is_some(), is_duty),
            ("catch_up_days", raw.catch_up_days.is_some(), is_duty),
            ("repeat", raw.repeat.is_some(), !kind.is_rung()),
            ("notice_days", raw.notice_days.is_some(), !kind.is_rung()),
            ("after_notice", raw.after_notice.is_some(), !kind.is_rung()),
            ("bureau", raw.bureau.is_some(), !kind.is_rung()),
            ("agency", raw.agency.is_some(), !kind.is_rung()),
            ("deadline_business_days", raw.deadline_business_days.is_some(), !is_duty),
            ("listing_years_max", raw.listing_years_max.is_some(), kind.escalation().is_none()),
        ];
        for (key, _, _) in keys.into_iter().filter(|(_, is_given, has_no_effect)| *is_given && *has_no_effect) {
            let message = format!("`{key}` has no effect on a step of kind {}; take it out", kind.as_str());
            self.refuse(document, &format!("{at}/{key}"), message);
        }
        self.trigger_of_kind(document, &format!("{at}/trigger"), &raw.trigger, kind);
        if kind == StepKind::Negativacao && raw.after_notice.is_none() {
            let message = "nobody is listed without a notice before (CDC art. 43 § 2): add `after_notice`, the id of an earlier step with `notice_days`";
            self.refuse(document, &format!("{at}/kind"), message);
        }
    }

    /// What follows a payment has a trigger of its own and no other; nothing else has it.
    fn trigger_of_kind(&mut self, document: &Document, at: &str, raw: &RawTrigger, kind: StepKind) {
        let (paid_while_listed, all_paid) = (Some(true), Some(true));
        let of_duties = RawTrigger { paid_while_listed, ..RawTrigger::default() };
        let of_thanks = RawTrigger { all_paid, ..RawTrigger::default() };
        let names_duties = raw.names(|t| t.paid_while_listed.is_some());
        let names_thanks = raw.names(|t| t.all_paid.is_some());
        let triggers = [
            ("paid_while_listed", kind.is_duty(), of_duties, names_duties, DUTIES),
            ("all_paid", kind == StepKind::Receipt, of_thanks, names_thanks, "receipt"),
        ];
        for (name, is_asked, only, is_named, kinds) in triggers {
            if is_asked && *raw != only {
                let message =
                    format!("a step of kind {} has the trigger {{ {name} = true }} and no other", kind.as_str());
                self.refuse(document, at, message);
            }
            if !is_asked && is_named {
                self.refuse(document, at, format!("`{name}` triggers steps of kind {kinds} only"));
            }
        }
    }

    /// Every listing, protest and placement can be ended, and every portal step has a link to send.
    pub(super) fn kinds_fit(
        &mut self,
        document: &Document,
        procedures: &BTreeMap<String, Procedure>,
        creditors: &BTreeMap<String, Creditor>,
    ) {
        let has = |kind: StepKind| procedures.values().find(|p| p.steps.iter().any(|s| s.kind == kind));
        for (entering, ending) in ENDINGS {
            if let (Some(procedure), None) = (has(entering), has(ending)) {
                let message = format!(
                    "régua `{}` has a step of kind {} and no régua one of kind {}: what is paid would never be ended; add a step with trigger = {{ paid_while_listed = true }}",
                    procedure.id,
                    entering.as_str(),
                    ending.as_str()
                );
                self.refuse(document, "/pipeline/reguas", message);
            }
        }
        let Some(procedure) = has(StepKind::Portal) else { return };
        for company in creditors.iter().filter(|(_, c)| c.portal_link.is_none()).map(|(company, _)| company) {
            let message = format!("régua `{}` sends the portal's link: add `portal_link`", procedure.id);
            self.refuse(document, &format!("/creditors/{company}"), message);
        }
    }
}
