//! Receipts: thanks to a debtor who was reminded and has paid everything that was due, once per arrears episode.
//!
//! A receipt is a message like any other: address, hour, caps and opt-out apply. It is no duty, and it goes out only
//! where the ladder has nothing to send.

use super::charges::Claim;
use super::ladder::Rung;
use super::{AccountContext, Hold, MessageError, Outcome, Procedure, Reasons, Step};
use crate::domain::action;
use crate::domain::portfolio::{Contact, Ended};
use crate::domain::procedure::StepKind;

impl<'a> AccountContext<'a> {
    /// The outcome, or in place of a hold the thanks for an episode that has just ended.
    pub(super) fn thanks(&mut self, regua: &str, outcome: Outcome) -> Result<Outcome, MessageError> {
        let account = self.account;
        let debtor = self.debtor;
        let is_silent = self.rules.halted || debtor.is_held || debtor.is_insolvent || debtor.dunning_block.is_some();
        let (Outcome::Hold(hold), Some(ended), false) = (&outcome, &account.ended, is_silent) else {
            return Ok(outcome);
        };
        let Some((procedure, step)) = self.receipt_step(regua, ended) else { return Ok(outcome) };
        let Some((cycle_id, occurrence)) = self.unthanked(procedure, step, ended) else { return Ok(outcome) };
        let mut reasons = Reasons::default();
        self.trace = hold.trace.clone();
        self.trace.push(format!("all paid on {}: step {}", ended.on, step.id));
        self.note_cap(&mut reasons);
        let route = self.route(step, &mut reasons);
        let trace = std::mem::take(&mut self.trace);
        match route {
            Some(route) if reasons.0.is_empty() => {
                let rung = Rung::about(step, occurrence, &ended.items);
                let compose = |context: &mut Self| context.compose(procedure, rung, route, Claim::default());
                self.compose_as(cycle_id, trace, compose).map(|a| Outcome::Act(Box::new(a)))
            }
            _ => Ok(unthanked_hold(hold, step, reasons, trace)),
        }
    }

    /// The step of the account's régua, within its days.
    fn receipt_step(&self, regua: &str, ended: &Ended) -> Option<(&'a Procedure, &'a Step)> {
        let procedure = self.rules.procedures.get(regua)?;
        let is_right = |s: &&Step| s.kind == StepKind::Receipt && s.is_for(&self.classification.segment);
        let step = procedure.steps.iter().find(is_right)?;
        let days = (self.as_of - ended.on).num_days();
        (days <= i64::from(step.catch_up_days.unwrap_or(0))).then_some((procedure, step))
    }

    /// The episode's cycle and the number of the receipt; `None` where nobody was reminded, or thanks were said.
    fn unthanked(&self, procedure: &Procedure, step: &Step, ended: &Ended) -> Option<(String, u32)> {
        let is_after_due = |id: &String| {
            let known = procedure.step(id);
            known.is_none_or(|s| s.kind.is_rung() && s.trigger.days_past_due().is_none_or(|days| days > 0))
        };
        let is_reminder = |c: &&Contact| {
            c.was_sent()
                && c.on >= ended.start
                && c.channel.addresses_debtor()
                && c.step_id.as_ref().is_some_and(is_after_due)
        };
        let own = || self.past.of_account.iter().copied();
        let last = own().filter(is_reminder).max_by_key(|c| (c.on, c.occurrence, c.action_id.as_deref()))?;
        let named = || {
            let (tenant, account) = (&self.rules.tenant, self.account);
            action::cycle_id(tenant, &account.company_id, &self.debtor.debtor_id, account.currency, ended.start)
        };
        let cycle_id = last.cycle_id.clone().unwrap_or_else(named);
        let receipts =
            || own().filter(|c| c.step_id.as_ref() == Some(&step.id) && c.cycle_id.as_ref() == Some(&cycle_id));
        if receipts().any(|c| c.counts()) {
            return None;
        }
        let last = receipts().map(|c| c.occurrence).max().unwrap_or(0);
        Some((cycle_id, u32::try_from(last.max(0)).unwrap_or(u32::MAX).saturating_add(1)))
    }
}

/// The reason stays what it was; the detail says why nobody is thanked.
fn unthanked_hold(hold: &Hold, step: &Step, reasons: Reasons, trace: Vec<String>) -> Outcome {
    let mut hold = Hold { trace, ..hold.clone() };
    let why = reasons.into_hold(None, Vec::new()).map_or(String::new(), |h| h.reason.as_str().to_owned());
    let also = format!("no {}: {why}", step.id);
    hold.detail = Some(hold.detail.map_or(also.clone(), |detail| format!("{detail}; {also}")));
    Outcome::Hold(hold)
}
