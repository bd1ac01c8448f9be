//! Doubts: why it cannot be told whom a row concerns, and what points to a broken export rather than to single bad
//! rows.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use foldhash::{HashMap, HashSet};

use super::claims::Resolved;
use super::outcome::Outcome;
use super::{Groups, hash_of, shard_of, spelling, text};
use crate::config::Limits;
use crate::domain::address::is_address;
use crate::domain::procedure::Procedure;
use crate::error::{Error, Lines, Result};
use crate::stage::{BadRow, NO_ADDRESS, Snapshots, UNKNOWN_REGUA, UNKNOWN_STEP};
use crate::text::plural;

/// Why nobody can tell whom a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Several invoices go by that number.
    Ambiguous,
    /// The invoice is in another currency.
    OtherCurrency,
    /// The debtor's invoice of that number is another company's.
    OtherCompany,
    /// Its key stands more than once, with different values.
    Conflict,
    /// It is of a chain of reversals that nobody can resolve.
    Chain,
    /// It takes back a part of what was paid on the invoices of several debtors.
    SplitReversal,
    /// It names neither a debtor nor an invoice that anybody owes.
    Nobody,
}

impl Doubt {
    pub(super) const RULED: [Doubt; 3] = [Doubt::Ambiguous, Doubt::OtherCurrency, Doubt::OtherCompany];

    /// The class of the value and the rule that it breaks, as the quarantine has them.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Doubt::Ambiguous => ("a number that several invoices share", "ambiguous_invoice"),
            Doubt::OtherCurrency => ("an invoice in another currency", "other_currency"),
            Doubt::OtherCompany => ("an invoice of another company", "other_company"),
            Doubt::Conflict => ("repeated with different values", "conflicting_rows"),
            Doubt::Chain => ("a chain of reversals that cannot be resolved", "reversal_chain"),
            Doubt::SplitReversal => ("a partial reversal of a payment for several debtors", "split_reversal"),
            Doubt::Nobody => ("null, and the row names no known invoice", "nobody_meant"),
        }
    }
}

/// Smaller groups are never taken for a placeholder.
const GROUP_DEBTORS_MIN: usize = 100;

/// A `group_id` of "0" for everybody would let one message through and cap all others.
pub(super) fn refuse_placeholders(groups: &Groups, percent_max: u32) -> Result<()> {
    let mut sizes: HashMap<i64, usize> = HashMap::default();
    groups.0.values().for_each(|key| *sizes.entry(*key).or_default() += 1);
    let (largest, all) = (sizes.values().max().copied().unwrap_or(0), groups.0.len());
    if largest <= GROUP_DEBTORS_MIN || largest * 100 <= all * percent_max as usize {
        return Ok(());
    }
    Err(Error::Contract(Lines(vec![format!(
        "debtors snapshot: {largest} of {all} debtors are in one group (one value of group_id, or one CNPJ root), more \
         than limits.group_debtors_percent_max = {percent_max} allows: it looks like a placeholder, and all of them \
         would share one cap on contacts. Leave it null in the export, or map it to \"\" in \
         [inputs.debtors.values.group_id]; if they really are one group, raise the limit. `regua inputs --profile` \
         shows it"
    )])))
}

/// What the inputs hold that is not wrong, but that an operator should know.
pub(super) fn notes(
    resolved: &Resolved,
    readdressed: u64,
    inherited: u64,
    strangers: &BTreeMap<&'static str, Strangers>,
) -> Vec<String> {
    let others = resolved.by_others.iter().map(|(table, rows)| {
        let rows = plural(
            *rows,
            "row names an invoice of a debtor in another group, and applies",
            "rows name an invoice of a debtor in another group, and apply",
        );
        format!("{table} snapshot: {rows} to that debtor")
    });
    let reversals = (readdressed > 0).then(|| {
        let rows = plural(
            readdressed,
            "row takes back a payment of another debtor than it names, and applies",
            "rows take back payments of other debtors than they name, and apply",
        );
        format!("payments snapshot: {rows} to whoever paid")
    });
    let actions = (inherited > 0).then(|| {
        let actions = plural(
            inherited,
            "earlier action of a debtor who owes nothing any more counts",
            "earlier actions of debtors who owe nothing any more count",
        );
        format!("{actions} for whoever owes the same invoices at the same address now")
    });
    let unknown = strangers.iter().filter(|(_, s)| s.unknown > 0).map(|(table, s)| {
        let rows = plural(s.unknown, "row names a debtor that is", "rows name debtors that are");
        match *table {
            "payments" => {
                format!("payments snapshot: {rows} not in the debtors snapshot, and no invoice: no open item is paid by that")
            }
            "contact_log" => {
                let rows = plural(s.unknown, "opt-out names a debtor that is", "opt-outs name debtors that are");
                format!(
                    "contact_log snapshot: {rows} not in the debtors snapshot, and no address: they silence nobody, and whoever is spelt alike is held"
                )
            }
            "invoices" => format!("invoices snapshot: {rows} not in the debtors snapshot: who owes them is held, and whoever is spelt alike"),
            "contact_points" => {
                format!("contact_points snapshot: {rows} not in the debtors snapshot: an opt-out there holds for its address alone")
            }
            _ => format!("{table} snapshot: {rows} not in the debtors snapshot, and no invoice: they protect nobody, and whoever is spelt alike is held"),
        }
    });
    others.chain(reversals).chain(actions).chain(unknown).collect()
}

/// Rows of each input that are bad, by table and by column and rule; more than the limits allow stop a run.
#[derive(Debug, Default)]
pub struct BadShare(BTreeMap<&'static str, BTreeMap<(&'static str, &'static str), u64>>);

impl BadShare {
    /// Counts what was found bad while the rows were read.
    pub fn of(bad: &[BadRow]) -> BadShare {
        let mut share = BadShare::default();
        bad.iter().filter(|bad| !bad.is_warning).for_each(|bad| share.add(bad.table, bad.column, bad.reason));
        share
    }

    /// Counts one more.
    pub fn add(&mut self, table: &'static str, column: &'static str, reason: &'static str) {
        *self.0.entry(table).or_default().entry((column, reason)).or_default() += 1;
    }

    /// # Errors
    /// `Contract` where so many rows of an input are bad that the export is broken.
    pub fn check(&self, limits: &Limits, snapshots: &Snapshots) -> Result<()> {
        let (share_max, rows_min) = (limits.quarantine_share_max, limits.quarantine_rows_min);
        let mut errors = Vec::new();
        for (table, reasons) in &self.0 {
            let (rows, bad) = (snapshots.get(table).map_or(0, |s| s.rows()), reasons.values().sum::<u64>());
            // Of several the first in the order of their names, so that the sentence is always the same.
            let most = reasons.iter().rev().max_by_key(|(_, rows)| **rows);
            let Some((&(column, reason), of_it)) = most.filter(|_| bad > rows_min) else { continue };
            if bad as f64 > share_max * rows as f64 {
                errors.push(format!(
                    "{table} snapshot: {bad} of {rows} rows are bad or contradict each other, more than \
                     limits.quarantine_share_max = {share_max} allows; most of all {column} ({reason}, {of_it}): {}; \
                     `regua inputs --profile` shows all",
                    remedy(table, column, reason)
                ));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
    }
}

fn remedy(table: &str, column: &str, reason: &str) -> String {
    match reason {
        "unknown_value" => {
            format!("map the words that it holds to those of the contract in [inputs.{table}.values.{column}]")
        }
        "conflicting_rows" if table == "contact_log" => {
            "event_id has to tell the events of a message apart, one for each status".to_owned()
        }
        "conflicting_rows" | "contested_invoice" | "ambiguous_invoice" => {
            "look for a path that matches two snapshots, and for companies that share numbers".to_owned()
        }
        _ => "correct the export".to_owned(),
    }
}

/// Rows of an input that speak for their debtor alone, and those of them whose debtor nobody knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Strangers {
    pub(super) rows: u64,
    pub(super) unknown: u64,
    /// Plain spellings of those whom nobody knows, by hash: whoever is spelt alike may be meant.
    pub(super) spelt: HashSet<u64>,
}

impl Strangers {
    /// Counts the rows of a batch, and those that name a debtor whom nobody knows, and no invoice. Of payments it is about
    /// those without an invoice; of the contact log about opt-outs and complaints without an address or an action, which say
    /// themselves who is meant.
    pub(super) fn count(&mut self, table: &str, batch: &RecordBatch, groups: &Groups, knows: &dyn Fn(&str) -> bool) {
        let Some(debtors) = text(batch, "debtor_id") else { return };
        let [invoices, addresses, actions, statuses] =
            ["invoice_id", "address", "action_id", "status"].map(|name| text(batch, name));
        let has = |column: Option<&StringArray>, row: usize| column.is_some_and(|c| c.is_valid(row));
        let asks = |row: usize| {
            statuses.is_some_and(|c| c.is_valid(row) && matches!(c.value(row), "opted_out" | "complained"))
        };
        let speaks = |row: &usize| match table {
            "payments" => debtors.is_valid(*row) && !has(invoices, *row),
            "contact_log" => debtors.is_valid(*row) && asks(*row) && !has(addresses, *row) && !has(actions, *row),
            _ => true,
        };
        let is_stranger = |row: &usize| {
            let names_invoice = has(invoices, *row) && !matches!(table, "contact_log" | "invoices");
            debtors.is_valid(*row) && !names_invoice && !groups.knows(debtors.value(*row))
        };
        let is_of_action = |row: usize| actions.is_some_and(|c| c.is_valid(row) && knows(c.value(row)));
        let rows = || (0..debtors.len()).filter(speaks);
        self.rows += rows().count() as u64;
        self.unknown += rows().filter(is_stranger).count() as u64;
        // What is paid on a known invoice is paid, whoever stands there. Of the others it is not known yet whether the invoice is.
        let counts = |row: usize| match table {
            "payments" => speaks(&row) && is_stranger(&row),
            _ => !is_of_action(row),
        };
        self.spelt.extend(spelling::strange(batch, groups, counts));
    }
}

/// Inputs whose rows speak for a debtor, or say what it owes.
pub(super) const SPEAKING: [&str; 9] = [
    "agreements",
    "promises",
    "disputes",
    "listings",
    "placements",
    "contact_points",
    "payments",
    "contact_log",
    "invoices",
];
/// Fewer rows than these say nothing of an export.
const STRANGERS_MIN: u64 = 3;
/// Inputs that keep what was: their rows may be of debtors who are gone.
const HISTORIES: [&str; 3] = ["payments", "contact_log", "invoices"];
const OF_HISTORIES_MIN: u64 = 20;

/// What protects somebody, or pays, and names debtors that nobody knows, does so for nobody: the ids are of another form.
pub(super) fn refuse_strangers(strangers: &BTreeMap<&'static str, Strangers>) -> Result<()> {
    let min = |table: &str| if HISTORIES.contains(&table) { OF_HISTORIES_MIN } else { STRANGERS_MIN };
    let all = strangers.iter().filter(|(table, s)| s.unknown == s.rows && s.rows >= min(table));
    let errors = all.map(|(table, s)| {
        let what = match *table {
            "payments" => format!("none of the debtors of its {} payments without an invoice", s.rows),
            "contact_log" => format!("none of the debtors of its {} opt-outs without an address", s.rows),
            "invoices" => format!("none of the debtors of its {} rows", s.rows),
            _ => format!("none of its {} debtors", s.rows),
        };
        let effect = match *table {
            "payments" => "they would pay nothing",
            "invoices" => "everybody would be held",
            _ => "nobody would be protected",
        };
        format!(
            "{table} snapshot: {what} is in the debtors snapshot, so {effect}; write debtor_id as in the debtors snapshot \
             (were leading zeros lost?)"
        )
    });
    let errors: Vec<String> = errors.collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
}

/// Debtors that a bad row can touch, by name: its own, and whoever signed the agreement that it is about.
pub(super) fn named_held(outcome: &Outcome) -> BTreeSet<String> {
    let of_bad = outcome.bad.iter().filter_map(|bad| bad.debtor_id.clone());
    of_bad.chain(outcome.conflicted.iter().cloned()).chain(outcome.touched.iter().cloned()).collect()
}

/// Hashes of some names.
pub(super) fn hashes(names: &BTreeSet<String>) -> HashSet<u64> {
    names.iter().map(|name| hash_of(name)).collect()
}

/// Debtor and payment of reversals that cannot be read, by the shard of the debtor.
pub(super) fn unread_reversals(
    outcome: &Outcome,
    groups: &Groups,
    shards: u32,
) -> HashMap<u32, HashSet<(String, String)>> {
    let mut unread: HashMap<u32, HashSet<(String, String)>> = HashMap::default();
    let of_bad = |row: &BadRow| Some((row.debtor_id.clone().unwrap_or_default(), row.reverses.clone()?));
    let all = outcome.bad.iter().filter_map(of_bad).chain(outcome.unread_reversals.iter().cloned());
    for (debtor, reverses) in all {
        let key = if debtor.is_empty() { 0 } else { groups.key_of(&debtor) };
        unread.entry(shard_of(key, shards)).or_default().insert((debtor, reverses));
    }
    unread
}

/// Debtors with an invoice that cannot be read.
pub(super) fn unread_invoices(bad: &[BadRow]) -> BTreeSet<String> {
    bad.iter().filter(|bad| bad.table == "invoices").filter_map(|bad| bad.debtor_id.clone()).collect()
}

/// Columns that name a régua or a step, by table, and what to say of a name that the pipeline does not have.
const NAMES: [(&str, &str, &str); 3] = [
    ("debtors", "regua", UNKNOWN_REGUA),
    ("invoices", "regua", UNKNOWN_REGUA),
    ("invoices", "step_override", UNKNOWN_STEP),
];

/// Counts rows that name a régua or a step that the pipeline does not have: what they are about is left alone, so somebody
/// must know.
pub(super) fn count_unknown_names(
    (table, batch): (&'static str, &RecordBatch),
    procedures: &BTreeMap<String, Procedure>,
    counts: &mut BTreeMap<(&'static str, &'static str), u64>,
) {
    let is_step = |id: &str| procedures.values().any(|procedure| procedure.step(id).is_some());
    let is_known = |what: &str, name: &str| match what {
        UNKNOWN_STEP => is_step(name),
        _ => name == "none" || procedures.contains_key(name),
    };
    for (_, column, what) in NAMES.iter().filter(|(of, ..)| *of == table) {
        let names = batch.column_by_name(column).and_then(|c| c.as_string_opt::<i32>());
        let unknown = names.into_iter().flatten().flatten().filter(|name| !is_known(what, name)).count();
        if unknown > 0 {
            *counts.entry((table, *what)).or_default() += unknown as u64;
        }
    }
}

/// Counts contact points at which nothing can arrive, however well the row is written: a person would go on expecting letters.
pub(super) fn count_no_addresses(batch: &RecordBatch, counts: &mut BTreeMap<(&'static str, &'static str), u64>) {
    let [channels, addresses] = ["channel", "address"].map(|name| text(batch, name));
    let (Some(channels), Some(addresses)) = (channels, addresses) else { return };
    let points = channels.iter().zip(addresses).filter_map(|(channel, address)| channel.zip(address));
    let none = points.filter(|(channel, address)| !is_address(channel, address)).count() as u64;
    if none > 0 {
        *counts.entry(("contact_points", NO_ADDRESS)).or_default() += none;
    }
}
