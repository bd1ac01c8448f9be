//! What a message asks for beside the principal: charges, charges left on items paid late, an offer, and the currency
//! in which the account is dunned.
//!
//! Charges are worked out last, for an action that nothing else holds. A missing rate holds it: a guessed amount is
//! worse than a message that comes a day later.

use std::collections::{BTreeMap, HashSet};

use super::ladder::Rung;
use super::{AccountContext, Amount, HoldReason, Item, Procedure, Reasons, Rules, Step};
use crate::domain::charge::{
    ChargeError, ChargePolicy, ChargeRule, Charges, Fee, PrincipalPayment, ResidualCharges, StepFee, charges,
    charges_of_items, residual,
};
use crate::domain::fx::{Dunned, DunningCurrency, FxError};
use crate::domain::money::Currency;
use crate::domain::offer::{Offer, OfferPolicy, Prospect};
use crate::domain::portfolio::{Contact, LateItem};

/// What an action asks for beside the open amount of its items, in minor units of the account's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    pub charges: Charges,
    /// Charges left on items that were paid late, claimed with this message.
    pub residual: Amount,
    /// The same, where they are waived; in no total.
    pub waived: Amount,
    /// In the debtor's favour, and named to it.
    pub credit: Credit,
    pub offer: Option<Offer>,
    /// The total in the dunning currency, where it is another than the account's.
    pub dunned: Option<Dunned>,
}

/// A credit that is not applied to any item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    pub amount: Amount,
    /// Already deducted from the cited items.
    pub is_netted: bool,
}

/// Why a claim cannot be worked out.
#[derive(Debug, thiserror::Error)]
enum ClaimError {
    #[error(transparent)]
    Charge(#[from] ChargeError),
    #[error(transparent)]
    Exchange(#[from] FxError),
}

/// What was paid on charges and not yet used up, by invoice; `""` names none.
struct Paid<'a>(BTreeMap<&'a str, Amount>);

impl Paid<'_> {
    /// Takes up to `owed` from what was paid on the invoice, then from what names none.
    fn take(&mut self, invoice_id: &str, owed: Amount) -> Amount {
        let mut taken = Amount::ZERO;
        for name in [invoice_id, ""] {
            if let Some(left) = self.0.get_mut(name) {
                let part = (*left).min(owed - taken).max(Amount::ZERO);
                *left = *left - part;
                taken = taken + part;
            }
        }
        taken
    }

    /// What remains of an item's charges: the fine is paid first, then the interest, then the fee.
    fn settle(&mut self, invoice_id: &str, owed: Charges) -> Charges {
        let mut rest = |amount: Amount| amount - self.take(invoice_id, amount);
        Charges { fine: rest(owed.fine), interest: rest(owed.interest), fee: rest(owed.fee) }
    }
}

/// The régua's own terms, else the company's, else the default ones.
fn policy_of<'p>(rules: &'p Rules, company_id: &str, procedure: &'p Procedure) -> Option<&'p ChargePolicy> {
    let of_company = || rules.charges.get(company_id).or_else(|| rules.charges.get("default"));
    procedure.charges.as_ref().or_else(of_company)
}

impl AccountContext<'_> {
    /// Charges, offer and dunning currency of an action on the cited items; `None` with the reason noted where a
    /// rate is missing.
    pub(super) fn claim(&mut self, procedure: &Procedure, rung: &Rung<'_>, reasons: &mut Reasons) -> Option<Claim> {
        let cited: Vec<&Item> = rung.cited.iter().map(|cited| cited.item).collect();
        match self.try_claim(procedure, rung.step, &cited) {
            Ok(claim) => Some(claim),
            Err(error) => {
                reasons.because(HoldReason::QuarantinedInput, Some(error.to_string()));
                None
            }
        }
    }

    fn try_claim(&mut self, procedure: &Procedure, step: &Step, cited: &[&Item]) -> Result<Claim, ClaimError> {
        let mut claim = Claim { credit: self.credit, ..Claim::default() };
        // A rung of the ladder: duties and thanks are composed without a claim.
        let is_overdue = cited.iter().any(|item| item.is_overdue());
        if is_overdue {
            self.charge(procedure, step, cited, &mut claim)?;
        }
        let total = self.total(cited, &claim)?;
        if is_overdue && !step.kind.is_instruction() {
            let (offer, words) =
                OfferPolicy::first_fit(&self.rules.offers, &self.prospect(step, cited, total), self.as_of);
            claim.offer = offer;
            self.trace.extend(words);
        }
        if let Some(to) = self.foreign(procedure) {
            let from = self.account.currency;
            let dunned = self.rules.quotes.convert(total, from, to, self.as_of)?;
            let Dunned { currency, amount, quote } = dunned;
            let rounding = to.rounding.as_str();
            self.trace.push(format!("dunned in {currency}: {amount} at {quote} of {} {rounding}", quote.on));
            claim.dunned = Some(dunned);
        }
        Ok(claim)
    }

    fn total(&self, cited: &[&Item], claim: &Claim) -> Result<Amount, ChargeError> {
        let open: Amount = cited.iter().map(|item| item.open).sum();
        let charges = claim.charges.total().and_then(|charges| charges.checked_add(claim.residual));
        charges.and_then(|charges| open.checked_add(charges)).ok_or(ChargeError::TooLarge)
    }

    fn prospect<'p>(&'p self, step: &'p Step, cited: &[&Item], total: Amount) -> Prospect<'p> {
        Prospect {
            segment: &self.classification.segment,
            tier: &self.classification.tier,
            risk_band: self.classification.risk_band.as_deref(),
            step_id: &step.id,
            days_past_due: cited.iter().map(|item| item.days_past_due).max().unwrap_or(0),
            currency: self.account.currency,
            open: cited.iter().map(|item| item.open).sum(),
            total,
            largest_payment: self.account.profile.largest_payment,
        }
    }

    fn charge(
        &mut self,
        procedure: &Procedure,
        step: &Step,
        cited: &[&Item],
        claim: &mut Claim,
    ) -> Result<(), ClaimError> {
        let (account, rules, as_of) = (self.account, self.rules, self.as_of);
        let fee = step.fee.as_ref().map(|fee| self.fee(fee)).transpose()?;
        let policy = policy_of(rules, &account.company_id, procedure);
        let mut paid = Paid(account.charges_paid.iter().map(|(invoice, amount)| (invoice.as_str(), *amount)).collect());
        if let Some(policy) = policy {
            let rule = policy.rule.for_message(account.currency, None);
            let left = self.left_over(&rule, &mut paid)?;
            self.claim_or_waive(policy, left, claim);
        }
        let none = ChargeRule::default();
        let rule = policy.map_or(&none, |policy| &policy.rule).for_message(account.currency, fee);
        let overdue: Vec<&Item> = cited.iter().copied().filter(|item| item.is_overdue()).collect();
        let owed = charges_of_items(&rule, &rules.rates, overdue.iter().map(|i| (i.open, i.due_date)), as_of)?;
        for (item, owed) in overdue.iter().zip(owed) {
            let sum = claim.charges.checked_add(paid.settle(&item.invoice_id, owed));
            claim.charges = sum.ok_or(ChargeError::TooLarge)?;
        }
        if let (Some(policy), Some(oldest)) = (policy, overdue.iter().map(|item| item.due_date).min()) {
            self.trace.push(policy.in_words(&rules.rates, oldest, as_of));
        }
        if let Some(fee) = fee {
            self.trace.push(format!("fee of the step: {} and {} % {}", fee.fixed, fee.percent, fee.rounding.as_str()));
        }
        Ok(())
    }

    /// The fee in the account's currency; the one amount of a fee in another currency is converted.
    fn fee(&self, fee: &StepFee) -> Result<Fee, FxError> {
        let to = DunningCurrency { currency: self.account.currency, rounding: fee.rounding };
        let fixed = match (fee.fixed.get(&to.currency), fee.fixed.len(), fee.fixed.first_key_value()) {
            (Some(fixed), _, _) => *fixed,
            (None, 1, Some((from, fixed))) => self.rules.quotes.convert(*fixed, *from, to, self.as_of)?.amount,
            _ => Amount::ZERO,
        };
        Ok(Fee { fixed, percent: fee.percent, rounding: fee.rounding })
    }

    /// What is left of the charges on items that were paid late in the present episode, and how many have any.
    ///
    /// What was paid by the payable day bears none. The fee of the last message that asked for an item before it was
    /// paid is among its charges: with the item gone no later message claims it.
    fn left_over(&self, rule: &ChargeRule, paid: &mut Paid<'_>) -> Result<(Amount, usize), ClaimError> {
        let (mut left, mut items) = (Amount::ZERO, 0);
        let mut charged: HashSet<*const Contact> = HashSet::new();
        for late in &self.account.late_items {
            let LateItem { invoice_id, due_date, payable_on, payments, .. } = late;
            let payments: Vec<PrincipalPayment> =
                payments.iter().filter(|p| p.paid_on > *payable_on).copied().collect();
            let none_paid = Amount::ZERO;
            let claim = ResidualCharges::Claim;
            let accrued = residual(claim, rule, &self.rules.rates, *due_date, &payments, none_paid)?.claimed;
            let fee = self.fee_left(late, &payments, &mut charged)?;
            let accrued = accrued.checked_add(fee).ok_or(ChargeError::TooLarge)?;
            let rest = accrued - paid.take(invoice_id, accrued);
            items += usize::from(rest > Amount::ZERO);
            left = left.checked_add(rest).ok_or(ChargeError::TooLarge)?;
        }
        Ok((left, items))
    }

    /// The fee that the last message charged for an item which was paid after it; its fixed amount once per message.
    fn fee_left(
        &self,
        late: &LateItem,
        payments: &[PrincipalPayment],
        charged: &mut HashSet<*const Contact>,
    ) -> Result<Amount, ClaimError> {
        let fees = |c: &Contact| {
            let procedure = self.rules.procedures.get(c.regua.as_ref()?)?;
            procedure.step(c.step_id.as_ref()?)?.fee.as_ref()
        };
        let last_paid = payments.iter().map(|p| p.paid_on).max();
        let asked = |c: &&Contact| c.was_sent() && c.on > late.payable_on && Some(c.on) < last_paid;
        let about = self.by_invoice().about(&late.invoice_id, late.installment_no).into_iter().map(|(c, _)| c);
        let Some(message) = about.filter(asked).max_by_key(|c| (c.on, c.occurrence, c.action_id.as_deref())) else {
            return Ok(Amount::ZERO);
        };
        let Some(fee) = fees(message) else { return Ok(Amount::ZERO) };
        let principal: Amount = payments.iter().filter(|p| p.paid_on > message.on).map(|p| p.principal).sum();
        let fee = self.fee(fee)?;
        let is_first = charged.insert(std::ptr::from_ref(message));
        let fee = Fee { fixed: if is_first { fee.fixed } else { Amount::ZERO }, ..fee };
        let rule = ChargeRule::default().for_message(self.account.currency, Some(fee));
        Ok(charges(&rule, &self.rules.rates, principal, late.due_date, message.on)?.fee)
    }

    fn claim_or_waive(&mut self, policy: &ChargePolicy, (left, items): (Amount, usize), claim: &mut Claim) {
        if left == Amount::ZERO {
            return;
        }
        let (amount, word) = match policy.residual {
            ResidualCharges::Claim => (&mut claim.residual, "claimed"),
            ResidualCharges::Waive => (&mut claim.waived, "waived"),
        };
        *amount = left;
        self.trace.push(format!("charges left on items paid late ({items}): {left} {word}"));
    }

    /// The dunning currency of the régua, where the account has another.
    fn foreign(&self, procedure: &Procedure) -> Option<DunningCurrency> {
        procedure.dunning_currency.filter(|dunning| dunning.currency != self.account.currency)
    }

    /// Is an amount below its threshold? One in the account's own currency counts; where there is none, the one in
    /// the dunning currency, for the converted amount. Without a quote nothing is below: the missing rate itself
    /// holds the account when its step is due.
    pub(super) fn is_below(
        &self,
        procedure: Option<&Procedure>,
        thresholds: &BTreeMap<Currency, Amount>,
        amount: Amount,
    ) -> bool {
        let own = self.account.currency;
        if let Some(threshold) = thresholds.get(&own) {
            return amount < *threshold;
        }
        let Some(to) = procedure.and_then(|procedure| self.foreign(procedure)) else { return false };
        let Some(threshold) = thresholds.get(&to.currency) else { return false };
        let converted = self.rules.quotes.convert(amount, own, to, self.as_of);
        converted.is_ok_and(|converted| converted.amount < *threshold)
    }
}
