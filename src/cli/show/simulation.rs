//! What a simulation came to, for a person: two policies side by side, then where they part.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use comfy_table::Table;

use super::{Voice, amount, grouped, plain_table, right_aligned, titled};
use crate::domain::money::Amount;
use crate::report::simulation::{Differences, Peak, PolicyTold, Simulation};

/// Collectors that are shown, those with most to do first.
const COLLECTORS: usize = 10;

/// The whole of it; `out` = where the rows are.
pub(in crate::cli) fn simulation(voice: Voice, told: &Simulation, out: Option<&Path>) -> String {
    let policies = &told.policies;
    let names: Vec<&str> = policies.iter().map(|policy| policy.pipeline.as_str()).collect();
    let title = format!("{} to {}: {}", told.from, told.to, names.join(" against "));
    let mut parts = vec![
        format!("{}\n{}\n", voice.bold(&title), overview(policies)),
        titled(voice, "What goes out", steps(policies)),
        titled(voice, "Why accounts are left alone, each counted on each day", holds(policies)),
    ];
    let of_collectors = collectors(policies);
    parts.extend(of_collectors.map(|table| titled(voice, "Most actions of a collector in a day", Some(table))));
    parts.extend(told.differences.as_ref().map(|d| differences(voice, d)));
    parts.push(recovery(voice, told));
    let findings =
        policies.iter().flat_map(|policy| policy.findings.iter().map(|f| format!("{}: {f}", policy.pipeline)));
    let findings: Vec<String> = findings.collect();
    parts.extend((!findings.is_empty()).then(|| format!("{}\n{}\n", voice.bold("Violations"), findings.join("\n"))));
    parts.extend(out.map(|path| format!("The rows are in {}", path.display())));
    parts.join("\n").trim_end().to_owned()
}

/// A row for each figure, a column for each policy.
fn figures(head: &str, policies: &[PolicyTold], rows: Vec<(String, Vec<String>)>) -> Table {
    let header: Vec<&str> = std::iter::once(head).chain(policies.iter().map(|p| p.pipeline.as_str())).collect();
    let mut table = plain_table(&header);
    for (name, cells) in rows {
        table.add_row(std::iter::once(name).chain(cells));
    }
    right_aligned(table, 1..1 + policies.len())
}

fn of_each(policies: &[PolicyTold], text: impl Fn(&PolicyTold) -> String) -> Vec<String> {
    policies.iter().map(text).collect()
}

fn count(number: u64) -> String {
    grouped(number as i64)
}

fn overview(policies: &[PolicyTold]) -> Table {
    let peak = |peak: Option<&Peak>| peak.map_or("-".to_owned(), |p| format!("{} on {}", count(p.actions), p.day));
    let mut rows = vec![
        ("days".to_owned(), of_each(policies, |p| count(p.days))),
        ("actions".to_owned(), of_each(policies, |p| count(p.actions))),
        ("accounts written to".to_owned(), of_each(policies, |p| count(p.accounts))),
        ("most actions in a day".to_owned(), of_each(policies, |p| peak(p.peak.as_ref()))),
        ("violations".to_owned(), of_each(policies, |p| count(p.violations))),
    ];
    let channels: BTreeSet<&String> = policies.iter().flat_map(|policy| policy.costs.keys()).collect();
    rows.extend(channels.into_iter().map(|channel| {
        let cost = |p: &PolicyTold| money(&p.currency, p.costs.get(channel).copied().unwrap_or(0));
        (format!("cost of {channel}"), of_each(policies, cost))
    }));
    figures("", policies, rows)
}

fn money(currency: &str, minor: i128) -> String {
    amount(currency, Amount(i64::try_from(minor).unwrap_or(i64::MAX)))
}

fn steps(policies: &[PolicyTold]) -> Option<Table> {
    let key = |policy: &PolicyTold| -> BTreeMap<String, u64> {
        let steps = policy.steps.iter();
        steps.map(|s| (format!("{} {} by {}", s.regua, s.step_id, s.channel), s.actions)).collect()
    };
    side_by_side("step", policies, &policies.iter().map(key).collect::<Vec<_>>())
}

fn holds(policies: &[PolicyTold]) -> Option<Table> {
    side_by_side("reason", policies, &policies.iter().map(|policy| policy.holds.clone()).collect::<Vec<_>>())
}

fn side_by_side(head: &str, policies: &[PolicyTold], counts: &[BTreeMap<String, u64>]) -> Option<Table> {
    let names: BTreeSet<&String> = counts.iter().flat_map(BTreeMap::keys).collect();
    let row = |name: &String| {
        (name.clone(), counts.iter().map(|of| count(of.get(name).copied().unwrap_or(0))).collect::<Vec<_>>())
    };
    let rows: Vec<_> = names.into_iter().map(row).collect();
    (!rows.is_empty()).then(|| figures(head, policies, rows))
}

/// Those with most to do in a day, by any of the policies.
fn collectors(policies: &[PolicyTold]) -> Option<Table> {
    let mut most: BTreeMap<&String, u64> = BTreeMap::new();
    for (id, peak) in policies.iter().flat_map(|policy| &policy.collectors) {
        let known = most.entry(id).or_default();
        *known = peak.actions.max(*known);
    }
    let mut ids: Vec<(&String, u64)> = most.into_iter().collect();
    ids.sort_by_key(|(id, actions)| (std::cmp::Reverse(*actions), *id));
    let peak = |policy: &PolicyTold, id: &String| {
        policy.collectors.get(id).map_or("-".to_owned(), |p| format!("{} on {}", count(p.actions), p.day))
    };
    let rows = ids.into_iter().take(COLLECTORS).map(|(id, _)| (id.clone(), of_each(policies, |p| peak(p, id))));
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| figures("collector", policies, rows))
}

fn differences(voice: Voice, told: &Differences) -> String {
    if told.is_none() {
        return format!("{}\n  none: both do the same with every invoice on every day\n", voice.bold("Differences"));
    }
    let mut table = plain_table(&["  day", "debtor", "invoice", "here", "there"]);
    for parting in &told.first {
        let text = |act: &Option<String>| act.clone().unwrap_or_else(|| "-".to_owned());
        table.add_row([
            format!("  {}", parting.day),
            parting.debtor_id.clone(),
            parting.invoice_id.clone(),
            text(&parting.here),
            text(&parting.there),
        ]);
    }
    format!(
        "{}\n  {} invoices: {} actions of the first alone, {} of the other alone, {} by another step or channel; the earliest:\n{table}\n",
        voice.bold("Differences"),
        count(told.invoices),
        count(told.only_here),
        count(told.only_there),
        count(told.otherwise),
    )
}

/// What is assumed, and why nothing else is said.
fn recovery(voice: Voice, told: &Simulation) -> String {
    let policies = &told.policies;
    let mut rows = Vec::new();
    let currencies: BTreeSet<&String> = policies.iter().flat_map(|policy| policy.asked.keys()).collect();
    let minor = |of: &BTreeMap<String, i128>, currency: &String| of.get(currency).copied().unwrap_or(0);
    for currency in currencies {
        let asked = of_each(policies, |policy| money(currency, minor(&policy.asked, currency)));
        rows.push((format!("{currency} asked for, each invoice once"), asked));
        for assumed in &told.recovery.under_uplift {
            let recovered = assumed.recovered.iter().map(|of| money(currency, minor(of, currency))).collect();
            rows.push((format!("{currency} more, if {} % of it is paid for being asked", assumed.percent), recovered));
        }
    }
    let table = (!rows.is_empty()).then(|| figures("", policies, rows));
    let by = &told.recovery;
    format!(
        "{}  By propensity: {}.\n  By experiment: {}.\n",
        titled(voice, "What would be recovered: assumed, not measured", table),
        by.by_propensity,
        by.by_experiment
    )
}
