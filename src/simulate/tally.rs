//! What a policy did, added up day by day; and where two of them part, by invoice.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use chrono::NaiveDate;

use super::DoneShard;
use crate::config::Plan;
use crate::domain::learning::model::PaymentModel;
use crate::domain::procedure::Channel;
use crate::error::{Error, Result};
use crate::io::tables::{Row, rows};
use crate::report::simulation::{Differences, Parting, Peak, PolicyTold, StepTold};
use crate::stage::{day_number, published_items};

/// What goes to a bureau or an agency is no contact of a debtor.
const INSTRUCTION: &str = "instruction";
/// Findings that are listed; more say no more.
const FINDINGS_MAX: usize = 20;

/// An invoice, or one instalment of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Item {
    company_id: String,
    debtor_id: String,
    invoice_id: String,
    installment_no: i64,
}

/// What is done with an invoice: régua, step and channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Act {
    regua: String,
    step_id: String,
    channel: String,
}

/// Items and acts by small numbers, the same for both policies.
#[derive(Debug, Default)]
pub(super) struct Names {
    items: Numbers<Item>,
    acts: Numbers<Act>,
}

#[derive(Debug)]
struct Numbers<T> {
    of: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Numbers<T> {
        Numbers { of: HashMap::new(), all: Vec::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn number(&mut self, name: T) -> u32 {
        let all = &mut self.all;
        *self.of.entry(name).or_insert_with_key(|name| {
            all.push(name.clone());
            all.len() as u32 - 1
        })
    }

    fn name(&self, number: u32) -> &T {
        &self.all[number as usize]
    }
}

/// An action about an item on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Touch {
    day: NaiveDate,
    item: u32,
    act: u32,
}

/// What a policy did.
#[derive(Debug, Default)]
pub(super) struct Tally {
    days: BTreeSet<NaiveDate>,
    actions_by_day: BTreeMap<NaiveDate, u64>,
    actions_by_collector: BTreeMap<String, BTreeMap<NaiveDate, u64>>,
    steps: BTreeMap<(String, String, String), u64>,
    /// Accounts that a message went to.
    accounts: BTreeSet<(String, String, String)>,
    /// Reason = accounts on days.
    holds: BTreeMap<String, u64>,
    findings: Vec<String>,
    breaches: u64,
    /// Currency = what the invoices owed that were written about, each when it was for the first time, in minor units.
    asked: BTreeMap<String, i128>,
    asked_items: HashSet<u32>,
    /// The date of a model of payment = days that used it.
    models: BTreeMap<NaiveDate, u64>,
    touches: Vec<Touch>,
}

impl Tally {
    /// Adds a shard of a day.
    pub(super) fn add(&mut self, day: NaiveDate, done: &DoneShard, names: &mut Names) -> Result<()> {
        self.days.insert(day);
        let mut acts: HashMap<String, Act> = HashMap::new();
        for action in rows(std::slice::from_ref(&done.decided.new_actions)) {
            let [regua, step_id, channel] = ["regua", "step_id", "channel"].map(|name| action.text(name));
            *self.actions_by_day.entry(day).or_default() += 1;
            *self.steps.entry((regua.clone(), step_id.clone(), channel.clone())).or_default() += 1;
            let collector = action.str("collector_id");
            if !collector.is_empty() {
                *self.actions_by_collector.entry(collector.to_owned()).or_default().entry(day).or_default() += 1;
            }
            if channel != INSTRUCTION {
                let [company, debtor, currency] = ["company_id", "debtor_id", "currency"].map(|name| action.text(name));
                self.accounts.insert((company, debtor, currency));
            }
            acts.insert(action.text("action_id"), Act { regua, step_id, channel });
        }
        // A message may take several items along, each at a step of its own.
        let item_of = |item: &Row<'_>| (item.text("action_id"), item.text("invoice_id"), item.int("installment_no"));
        let published = published_items(&done.decided.new_actions)?;
        let steps: HashMap<_, String> = rows(std::slice::from_ref(&published))
            .map(|item| (item_of(&item), item.text("step_id")))
            .filter(|(_, step_id)| !step_id.is_empty())
            .collect();
        for cited in rows(std::slice::from_ref(&done.decided.action_items)) {
            let Some(act) = acts.get(cited.str("action_id")) else { continue };
            let step_id = steps.get(&item_of(&cited)).cloned().unwrap_or_else(|| act.step_id.clone());
            let act = names.acts.number(Act { step_id, ..act.clone() });
            let [company_id, debtor_id, invoice_id] =
                ["company_id", "debtor_id", "invoice_id"].map(|name| cited.text(name));
            let installment_no = cited.int("installment_no");
            let item = names.items.number(Item { company_id, debtor_id, invoice_id, installment_no });
            self.touches.push(Touch { day, item, act });
            if names.acts.name(act).channel != INSTRUCTION && self.asked_items.insert(item) {
                *self.asked.entry(cited.text("currency")).or_default() += cited.amount("open_amount");
            }
        }
        for decision in rows(std::slice::from_ref(&done.decided.decisions)) {
            if decision.str("outcome") == "hold" {
                *self.holds.entry(decision.text("reason")).or_default() += 1;
            }
        }
        self.breaches += done.findings.len() as u64;
        let room = FINDINGS_MAX.saturating_sub(self.findings.len());
        self.findings.extend(done.findings.iter().take(room).map(|finding| format!("{day}: {finding}")));
        Ok(())
    }

    /// Counts the model of payment that a day uses.
    pub(super) fn uses(&mut self, model: Option<&PaymentModel>) {
        model.into_iter().for_each(|model| *self.models.entry(model.as_of).or_default() += 1);
    }

    /// What is told of it; costs are in the currency of the pipeline.
    pub(super) fn told(&self, plan: &Plan) -> PolicyTold {
        let cost_of = |channel: &str| Channel::parse(channel).map_or(0, |c| plan.rules.response_model.cost(c).0);
        let steps = self.steps.iter().map(|((regua, step_id, channel), actions)| StepTold {
            regua: regua.clone(),
            step_id: step_id.clone(),
            channel: channel.clone(),
            actions: *actions,
        });
        let mut costs: BTreeMap<String, i128> = BTreeMap::new();
        for ((_, _, channel), actions) in &self.steps {
            let cost = i128::from(cost_of(channel)) * i128::from(*actions);
            if cost > 0 {
                *costs.entry(channel.clone()).or_default() += cost;
            }
        }
        let collectors = self.actions_by_collector.iter();
        PolicyTold {
            pipeline: plan.file.display().to_string(),
            days: self.days.len() as u64,
            actions: self.actions_by_day.values().sum(),
            accounts: self.accounts.len() as u64,
            steps: steps.collect(),
            holds: self.holds.clone(),
            currency: plan.default_currency.to_string(),
            costs,
            violations: self.breaches,
            findings: self.findings.clone(),
            peak: peak(&self.actions_by_day),
            collectors: collectors.filter_map(|(id, days)| Some((id.clone(), peak(days)?))).collect(),
            asked: self.asked.clone(),
            models: self.models.clone(),
        }
    }
}

/// The day with most actions, the first of several.
fn peak(days: &BTreeMap<NaiveDate, u64>) -> Option<Peak> {
    let most = days.iter().rev().max_by_key(|(_, actions)| **actions);
    most.map(|(day, actions)| Peak { day: *day, actions: *actions })
}

/// A day and an item, with what is done there; of two policies what only one of them does.
struct Line {
    day: NaiveDate,
    item: u32,
    acts: [Option<u32>; 2],
}

/// By invoice and day: every action of one policy, or those in which two part; and how many.
pub(super) fn compared(tallies: &[Tally], names: &Names) -> Result<(RecordBatch, Option<Differences>)> {
    let sorted =
        |tally: &Tally| -> Vec<Touch> { tally.touches.iter().copied().collect::<BTreeSet<_>>().into_iter().collect() };
    let is_pair = tallies.len() > 1;
    let mut lines = match tallies {
        [one] => {
            sorted(one).into_iter().map(|t| Line { day: t.day, item: t.item, acts: [Some(t.act), None] }).collect()
        }
        [one, other, ..] => parted(&sorted(one), &sorted(other)),
        [] => Vec::new(),
    };
    lines.sort_by_key(|line| {
        (line.day, names.items.name(line.item), line.acts.map(|act| act.map(|a| names.acts.name(a))))
    });
    let differences = is_pair.then(|| told(&lines, names));
    Ok((batch(&lines, names, is_pair)?, differences))
}

/// Where only one of two acts on an item, or they act otherwise.
fn parted(one: &[Touch], other: &[Touch]) -> Vec<Line> {
    let (ours, theirs): (BTreeSet<Touch>, BTreeSet<Touch>) =
        (one.iter().copied().collect(), other.iter().copied().collect());
    let mut acts: BTreeMap<(NaiveDate, u32), [Vec<u32>; 2]> = BTreeMap::new();
    for (side, touch) in ours.difference(&theirs).map(|t| (0, t)).chain(theirs.difference(&ours).map(|t| (1, t))) {
        acts.entry((touch.day, touch.item)).or_default()[side].push(touch.act);
    }
    let lines = acts.into_iter().flat_map(|((day, item), [ours, theirs])| {
        let at = |acts: &[u32], no: usize| acts.get(no).copied();
        let count = ours.len().max(theirs.len());
        (0..count).map(|no| Line { day, item, acts: [at(&ours, no), at(&theirs, no)] }).collect::<Vec<_>>()
    });
    lines.collect()
}

fn told(lines: &[Line], names: &Names) -> Differences {
    let count = |is: fn(&Line) -> bool| lines.iter().filter(|line| is(line)).count() as u64;
    let text =
        |act: Option<u32>| act.map(|act| names.acts.name(act)).map(|act| format!("{} {}", act.step_id, act.channel));
    let example = |line: &Line| {
        let item = names.items.name(line.item);
        let [here, there] = line.acts.map(text);
        Parting {
            day: line.day,
            debtor_id: item.debtor_id.clone(),
            invoice_id: item.invoice_id.clone(),
            installment_no: item.installment_no,
            here,
            there,
        }
    };
    Differences {
        items: lines.iter().map(|line| line.item).collect::<HashSet<_>>().len() as u64,
        only_here: count(|line| line.acts[1].is_none()),
        only_there: count(|line| line.acts[0].is_none()),
        otherwise: count(|line| line.acts.iter().all(Option::is_some)),
        first: lines.iter().take(Differences::EXAMPLES).map(example).collect(),
    }
}

/// The columns of the rows, the last three only where there are two policies.
const COLUMNS: [&str; 11] = [
    "day",
    "company_id",
    "debtor_id",
    "invoice_id",
    "installment_no",
    "regua",
    "step_id",
    "channel",
    "other_regua",
    "other_step_id",
    "other_channel",
];

/// The columns of a simulation's rows, in order, of one policy or two.
pub fn rows_columns(is_pair: bool) -> &'static [&'static str] {
    if is_pair { &COLUMNS } else { &COLUMNS[..8] }
}

fn batch(lines: &[Line], names: &Names, is_pair: bool) -> Result<RecordBatch> {
    let item = |line: &Line| names.items.name(line.item);
    let of_item = |text: fn(&Item) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(lines.iter().map(|line| text(item(line)).to_owned())))
    };
    let of_act = |side: usize, text: fn(&Act) -> &str| -> ArrayRef {
        let act = |line: &Line| line.acts[side].map(|act| text(names.acts.name(act)).to_owned());
        Arc::new(lines.iter().map(act).collect::<StringArray>())
    };
    let columns: [ArrayRef; COLUMNS.len()] = [
        Arc::new(Date32Array::from_iter_values(lines.iter().map(|line| day_number(line.day)))),
        of_item(|item| &item.company_id),
        of_item(|item| &item.debtor_id),
        of_item(|item| &item.invoice_id),
        Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| item(line).installment_no))),
        of_act(0, |act| &act.regua),
        of_act(0, |act| &act.step_id),
        of_act(0, |act| &act.channel),
        of_act(1, |act| &act.regua),
        of_act(1, |act| &act.step_id),
        of_act(1, |act| &act.channel),
    ];
    let columns = rows_columns(is_pair).iter().zip(columns).map(|(name, column)| (*name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns).map_err(|e| Error::columns("the simulated actions", &e))
}
