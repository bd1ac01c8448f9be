//! The decision: for every account one action, or one named reason to leave it alone.
//!
//! A group (the companies of one CNPJ root) is decided together, account by account and the most urgent first, so that
//! what is decided for one counts under the caps of the next. Nothing here knows a table, a clock or a file.

mod arm;
mod charges;
mod compose;
mod duty;
mod explore;
mod history;
mod ladder;
mod listing;
mod past;
mod priority;
mod reasons;
mod receipt;
pub mod revision;
mod route;
mod rules;
mod select;
mod trace;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::action::Action;
use super::experiment::Draw;
use super::hold::HoldReason;
use super::message::MessageError;
use super::money::Amount;
use super::portfolio::{Account, Debtor, Group, Item, UnappliedCredits};
use super::procedure::{Next, Procedure, Step};
use super::segment::{Rule, first_fit, first_rule};
use charges::Credit;
pub use duty::Duty;
use ladder::{Climb, Waiting};
use listing::Escalated;
use past::{ByInvoice, Contacts, Past};
use reasons::Reasons;
pub use rules::{Cap, Choice, Creditor, REGUA_NONE, Rules};

/// What came out for one account.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Name of the first rule that fits; `unassigned` where none does.
    pub segment: String,
    /// As the source says, else the name of the first rule that fits, else `unassigned`.
    pub tier: String,
    /// `None` where there is no scorecard, or the points reach no band.
    pub risk_band: Option<String>,
    /// Id of the régua that applies; `none` where nobody is to be written to.
    pub regua: String,
    /// The state of the customer by what it owes now: the highest step whose trigger holds, sent or not.
    pub state: Option<String>,
    /// The experiment and its arm; `None` = in no experiment.
    pub draw: Option<Draw>,
    /// Why each item (in the order of the account's items) is left out of messages.
    pub item_holds: Vec<Option<HoldReason>>,
    /// What is published of the account itself.
    pub outcome: Outcome,
    /// What is owed to the debtor after a payment: it goes out beside the outcome, not instead of it.
    pub duties: Vec<Duty>,
    /// By when each escalation (in the order of the account's) has to have ended; `None`: nothing is owed, or no term runs.
    pub deadlines: Vec<Option<NaiveDate>>,
}

/// One action, or one reason.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A message or an instruction goes out.
    Act(Box<Action>),
    /// Nothing goes out, for this reason.
    Hold(Hold),
}

/// A reason with what else applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The first by precedence of all that apply.
    pub reason: HoldReason,
    /// The step that came into question.
    pub step_id: Option<String>,
    /// The other reasons that apply, and what was looked at.
    pub detail: Option<String>,
    /// One sentence for each rule that led here, in order.
    pub trace: Vec<String>,
}

/// The segment, tier and band of an account.
struct Classification {
    segment: String,
    tier: String,
    risk_band: Option<String>,
    is_held_out: bool,
}

/// One account under decision, with all that was worked out about it on the way.
struct AccountContext<'a> {
    rules: &'a Rules,
    as_of: NaiveDate,
    debtor: &'a Debtor,
    account: &'a Account,
    /// Its items, net of credits where the configuration says so.
    items: &'a [Item],
    classification: Classification,
    /// Day of issue of the oldest item: what was sent before it was about other debts.
    first_issued: Option<NaiveDate>,
    /// Earlier contacts, and what of them is looked up by invoice.
    past: &'a Past<'a>,
    by_invoice: OnceCell<ByInvoice<'a>>,
    escalated: OnceCell<Escalated<'a>>,
    /// What a message names in the debtor's favour.
    credit: Credit,
    cycle_id: String,
    state: Option<&'a Step>,
    forgotten_on: Option<NaiveDate>,
    /// What templates are told of the duty that is being composed.
    duty: Option<duty::DutyFields>,
    trace: Vec<String>,
    /// Lines of the kind that is being traced.
    asides: usize,
}

/// Decides every account of a group; the decisions stand in the order of its debtors and their accounts.
///
/// # Errors
/// When a message cannot be rendered: a fault of the configuration that `regua check` finds, and that stops a run.
pub fn decide(rules: &Rules, as_of: NaiveDate, group: &Group) -> Result<Vec<Vec<Decision>>, MessageError> {
    let mut order: Vec<(usize, usize)> = Vec::new();
    for (d, (_, accounts)) in group.debtors.iter().enumerate() {
        order.extend((0..accounts.len()).map(|a| (d, a)));
    }
    // Who owes nothing comes last: thanks take no room from a reminder.
    order.sort_by_cached_key(|&(d, a)| {
        let account = &group.debtors[d].1[a];
        (account.items.is_empty(), std::cmp::Reverse(account.overdue()))
    });
    let mut contacts = Contacts::of(group);
    let mut decided: Vec<Vec<Option<Decision>>> = group.debtors.iter().map(|(_, a)| vec![None; a.len()]).collect();
    for (d, a) in order {
        let (debtor, accounts) = &group.debtors[d];
        let past = (&contacts.past(debtor, &accounts[a], accounts), group.forgotten_on);
        let decision = decide_account(rules, as_of, debtor, &accounts[a], past)?;
        if let Outcome::Act(action) = &decision.outcome
            && let Some(contact) = history::contact_of(action)
        {
            contacts.add(contact);
        }
        decided[d][a] = Some(decision);
    }
    Ok(decided.into_iter().map(|of_debtor| of_debtor.into_iter().flatten().collect()).collect())
}

fn decide_account(
    rules: &Rules,
    as_of: NaiveDate,
    debtor: &Debtor,
    account: &Account,
    (past, forgotten_on): (&Past<'_>, Option<NaiveDate>),
) -> Result<Decision, MessageError> {
    let mut classification = classification_of(rules, debtor, account);
    let (mut regua, mut scope) = select::regua(rules, debtor, account, &classification.segment, &classification.tier);
    let drawn = arm::arm((rules, as_of), debtor, &classification.segment, &regua, scope);
    if let Some((_, arm)) = drawn {
        classification.is_held_out = arm.hold_out;
        (regua, scope) = arm.regua.clone().map_or((regua, scope), |regua| (regua, "experiment"));
    }
    let draw = drawn.map(|(experiment, arm)| Draw { experiment: experiment.id.clone(), arm: arm.name.clone() });
    let start = history::cycle_start(rules, as_of, account, forgotten_on);
    let cycle_id = history::cycle_of(rules, debtor, account, past, start);
    let trace = beginning(rules, account, &classification, (&regua, scope), draw.as_ref(), &cycle_id);
    let procedure = rules.procedures.get(&regua);
    let items;
    let mut context = AccountContext {
        rules,
        as_of,
        debtor,
        account,
        items: &account.items,
        classification,
        first_issued: account.items.iter().map(|i| i.issue_date).min(),
        past,
        by_invoice: OnceCell::new(),
        escalated: OnceCell::new(),
        credit: Credit::default(),
        cycle_id,
        state: None,
        forgotten_on,
        duty: None,
        trace,
        asides: 0,
    };
    let (duties, deadlines) = context.duties(&regua)?;
    let spoken_for = context.spoken_for(procedure);
    let before_credit = select::asked_for(context.items, &spoken_for);
    let netted;
    (items, netted) = select::netted(rules, account, &spoken_for);
    context.items = &items;
    context.credit = context.credit_named(netted);
    let item_holds = context.item_holds(procedure, spoken_for);
    context.trace_left_out(&item_holds);
    let outcome = context.settle(&regua, &item_holds, before_credit)?;
    let outcome = context.thanks(&regua, outcome)?;
    let item_holds = item_holds.iter().map(|reasons| reasons.first().copied()).collect();
    let state = context.state.map(|step| step.id.clone());
    let Classification { segment, tier, risk_band, .. } = context.classification;
    Ok(Decision { segment, tier, risk_band, regua, draw, state, item_holds, outcome, duties, deadlines })
}

/// The first lines of the trace: what the account is, and which régua it is under.
fn beginning(
    rules: &Rules,
    account: &Account,
    classification: &Classification,
    (regua, scope): (&str, &str),
    draw: Option<&Draw>,
    cycle_id: &str,
) -> Vec<String> {
    let rule = first_rule(&rules.segments, account).map(|r| r.when.to_string());
    let segment = &classification.segment;
    let mut trace = vec![
        match rule.as_deref() {
            Some("") => format!("segment {segment}: whatever no rule before it fits"),
            Some(when) => format!("segment {segment}: {when}"),
            None => format!("segment {segment}: no rule fits"),
        },
        format!("régua {regua} by {scope}"),
    ];
    trace.extend(draw.map(|d| format!("experiment {}, arm {}", d.experiment, d.arm)));
    trace.push(format!("cycle {cycle_id} since {}", account.episode_start));
    trace
}

fn classification_of(rules: &Rules, debtor: &Debtor, account: &Account) -> Classification {
    let named = |rules: &[Rule]| first_fit(rules, account).unwrap_or("unassigned").to_owned();
    Classification {
        segment: named(&rules.segments),
        tier: debtor.tier.clone().unwrap_or_else(|| named(&rules.tiers)),
        risk_band: rules.scorecard.band(account).map(str::to_owned),
        is_held_out: false,
    }
}

impl<'a> AccountContext<'a> {
    /// From the régua to one action or one reason. `before_credit` is what would be asked for if nothing were netted.
    fn settle(
        &mut self,
        regua: &str,
        item_holds: &[Vec<HoldReason>],
        before_credit: Amount,
    ) -> Result<Outcome, MessageError> {
        let mut reasons = Reasons::default();
        let procedure = self.rules.procedures.get(regua);
        self.note_standing_reasons(procedure, &mut reasons);
        let asked = match self.rules.unapplied_credits {
            UnappliedCredits::Net => before_credit,
            _ => select::asked_for(self.items, item_holds),
        };
        self.note_credit(asked, &mut reasons);
        let Some(procedure) = procedure else {
            self.note_item_reasons(item_holds, &mut reasons);
            reasons.because(HoldReason::ReguaNone, self.unknown_regua());
            return Ok(self.hold(reasons, None));
        };
        self.note_contact_reasons(procedure, &mut reasons);
        let items = self.items.iter().zip(item_holds);
        let eligible: Vec<&'a Item> = items.filter(|(_, holds)| holds.is_empty()).map(|(item, _)| item).collect();
        let rung = match self.climb(procedure, &eligible) {
            Some(Climb::Due(rung)) => rung,
            Some(Climb::Wait(waiting)) => return Ok(self.wait(waiting, item_holds, reasons)),
            None => {
                self.note_cap(&mut reasons);
                self.note_item_reasons(item_holds, &mut reasons);
                return Ok(self.hold(reasons, None));
            }
        };
        let days = if rung.days_past_due == 1 { "day" } else { "days" };
        self.trace.push(format!("step {} due at {} {days} past due", rung.step.id, rung.days_past_due));
        let rung = self.announced(procedure, rung, &mut reasons);
        if self.rules.unapplied_credits == UnappliedCredits::Hold {
            // The message may name less than all that is owed: it is what the credit is compared with.
            self.note_credit(rung.cited.iter().map(|cited| cited.item.open).sum(), &mut reasons);
        }
        let step = rung.step;
        if !step.kind.is_instruction() {
            self.note_cap(&mut reasons);
        }
        self.note_minimum(procedure, &rung, &mut reasons);
        let route = self.route(step, &mut reasons).filter(|_| reasons.0.is_empty());
        let claim = route.as_ref().and_then(|_| self.claim(procedure, &rung, &mut reasons));
        match route.zip(claim) {
            Some((route, claim)) => self.compose(procedure, rung, route, claim).map(|a| Outcome::Act(Box::new(a))),
            None => Ok(self.hold(reasons, Some(step))),
        }
    }

    /// No step is due: because it is not its time, or because nothing overdue is left to speak of.
    fn wait(
        &mut self,
        Waiting { next, lead, facts, passed }: Waiting<'a>,
        item_holds: &[Vec<HoldReason>],
        mut reasons: Reasons,
    ) -> Outcome {
        self.note_cap(&mut reasons);
        if !lead.is_overdue() {
            let any_overdue = self.items.iter().any(Item::is_overdue);
            reasons.note(!any_overdue, HoldReason::NotDue);
            if any_overdue {
                self.note_item_reasons(item_holds, &mut reasons);
            }
        }
        let step = match next {
            Next::NotYet { step } | Next::Due { step, .. } => {
                let also = passed.map_or(String::new(), |why| format!("; {why}"));
                reasons.because(HoldReason::NoStepDue, Some(self.next_text(step, &facts) + &also));
                Some(step)
            }
            Next::Exhausted => {
                reasons.because(HoldReason::StepExhausted, passed);
                None
            }
        };
        self.hold(reasons, step)
    }

    /// Why the items are left out: those that are overdue or, where none is, all.
    fn note_item_reasons(&self, item_holds: &[Vec<HoldReason>], reasons: &mut Reasons) {
        let any_overdue = self.items.iter().any(Item::is_overdue);
        let items = self.items.iter().zip(item_holds).filter(|(item, _)| item.is_overdue() || !any_overdue);
        let found: BTreeSet<HoldReason> = items.flat_map(|(_, holds)| holds).copied().collect();
        for reason in found {
            let unknown = (reason == HoldReason::ReguaNone).then(|| self.unknown_regua()).flatten();
            reasons.because(reason, unknown.or_else(|| self.until_of_items(reason, item_holds)));
        }
        // What a held debtor owes may be what cannot be read.
        reasons.note(self.items.is_empty() && !self.debtor.is_held, HoldReason::Settled);
    }

    /// # Panics
    /// Never: it is called only once a reason was noted.
    fn hold(&mut self, reasons: Reasons, step: Option<&Step>) -> Outcome {
        let trace = std::mem::take(&mut self.trace);
        let hold = reasons.into_hold(step, trace);
        Outcome::Hold(hold.expect("an account without an eligible item has the reason of its items"))
    }

    /// What speaks against any contact, whatever is due.
    fn note_standing_reasons(&self, procedure: Option<&Procedure>, reasons: &mut Reasons) {
        let account = self.account;
        let open = account.open();
        reasons.note(self.rules.halted, HoldReason::Halted);
        if self.debtor.is_held {
            let is_unknown = self.debtor.legal_name.expose().is_empty();
            let why = is_unknown.then(|| "no readable row of it in the debtors snapshot".to_owned());
            reasons.because(HoldReason::QuarantinedInput, why);
        }
        reasons.note(open <= Amount::ZERO && !self.debtor.is_held, HoldReason::Settled);
        let is_below = self.is_below(procedure, &self.rules.tolerance, open);
        reasons.note(open > Amount::ZERO && is_below, HoldReason::BelowTolerance);
        reasons.note(self.debtor.is_insolvent, HoldReason::InsolventOrLegal);
        reasons.note(self.debtor.dunning_block.is_some(), HoldReason::BlockedDebtor);
        reasons.note(self.classification.is_held_out, HoldReason::HoldOutArm);
    }

    /// Does a credit cover what would be asked for, or a great part of it? What is disputed, blocked or promised would
    /// not be asked for.
    ///
    /// Netted, it counts once, against the account that it stands at. Held, all of it counts that may be this account's.
    fn note_credit(&self, asked: Amount, reasons: &mut Reasons) {
        let (credit, percent) = match self.rules.unapplied_credits {
            UnappliedCredits::Ignore => return,
            UnappliedCredits::Net => (self.account.credit, 100),
            UnappliedCredits::Hold => (self.account.credit_reach, self.rules.credit_hold_percent),
        };
        let reaches = i128::from(credit.0) * 100 >= i128::from(asked.0) * i128::from(percent);
        if credit > Amount::ZERO && asked > Amount::ZERO && reaches {
            let share = if percent == 100 { String::new() } else { format!(", hold from {percent} %") };
            reasons
                .because(HoldReason::CreditCovers, Some(format!("credit {credit} against a claim of {asked}{share}")));
        }
    }

    /// The credit that a message names beside its items.
    fn credit_named(&self, netted: Amount) -> Credit {
        match self.rules.unapplied_credits {
            UnappliedCredits::Ignore => Credit::default(),
            UnappliedCredits::Net => Credit { amount: netted, is_netted: true },
            UnappliedCredits::Hold => Credit { amount: self.account.credit_reach.max(Amount::ZERO), is_netted: false },
        }
    }

    /// The contacts of the account by what they named; made once, for those who ask item by item.
    fn by_invoice(&self) -> &ByInvoice<'a> {
        self.by_invoice.get_or_init(|| ByInvoice::of(&self.past.own))
    }
}

#[cfg(test)]
mod tests;
