//! A simulation as a person reads it: sections with a row for each figure and a column for each policy. The command shows
//! them as text, the page as tables.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::{ByPropensity, Differences, Parting, Peak, PolicyTold, Simulation};
use crate::domain::message::money_text;
use crate::domain::money::Amount;
use crate::report::grouped;

/// Collectors that are shown, those with most to do first.
const COLLECTORS: usize = 10;
const NOTHING: &str = "-";

/// Some figures under a title.
#[derive(Debug, Serialize)]
pub struct Section {
    pub title: &'static str,
    /// What the rows are.
    pub head: &'static str,
    /// What the cells are of.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// What is said below it.
    pub notes: Vec<String>,
}

/// A name and its cells.
#[derive(Debug, Serialize)]
pub struct Row {
    pub name: String,
    pub cells: Vec<String>,
}

impl Simulation {
    /// `2026-01-01 to 2026-06-30: pipelines/daily.toml against pipelines/gentle.toml`
    pub fn title(&self) -> String {
        format!("{} to {}: {}", self.from, self.to, self.names().join(" against "))
    }

    /// All that is shown, in order.
    pub fn sections(&self) -> Vec<Section> {
        let steps = |policy: &PolicyTold| {
            let name = |s: &super::StepTold| format!("{} {} by {}", s.regua, s.step_id, s.channel);
            policy.steps.iter().map(|step| (name(step), step.actions)).collect()
        };
        let mut sections = vec![
            self.section("What it comes to", "", self.overview()),
            self.section("What goes out", "step", self.counts(steps)),
            self.section(
                "Why accounts are left alone, each counted on each day",
                "reason",
                self.counts(|policy| policy.holds.clone()),
            ),
        ];
        let collectors = self.collectors();
        if !collectors.is_empty() {
            sections.push(self.section("Most actions of a collector in a day", "collector", collectors));
        }
        sections.extend(self.differences.as_ref().map(differences));
        sections.push(Section {
            notes: self.how_measured(),
            ..self.section("What would be recovered: assumed, not measured", "", self.recovered())
        });
        let findings = self.policies.iter().flat_map(|p| p.findings.iter().map(|f| format!("{}: {f}", p.pipeline)));
        let notes: Vec<String> = findings.collect();
        if !notes.is_empty() {
            sections.push(Section { notes, ..self.section("Violations", "", Vec::new()) });
        }
        sections
    }

    /// By the choices of the past, of each policy where they differ, and by an experiment.
    fn how_measured(&self) -> Vec<String> {
        let mut by: Vec<String> = self.recovery.by_propensity.iter().map(ByPropensity::in_words).collect();
        match &by[..] {
            [one, other] if one == other => by.truncate(1),
            [_, _] => by = by.iter().zip(self.names()).map(|(what, name)| format!("{name}: {what}")).collect(),
            _ => {}
        }
        by.iter_mut().for_each(|what| *what = format!("By propensity: {what}."));
        by.push(format!("By experiment: {}.", self.recovery.by_experiment));
        by
    }

    fn names(&self) -> Vec<String> {
        self.policies.iter().map(|policy| policy.pipeline.clone()).collect()
    }

    fn section(&self, title: &'static str, head: &'static str, rows: Vec<Row>) -> Section {
        Section { title, head, columns: self.names(), rows, notes: Vec::new() }
    }

    fn row(&self, name: impl Into<String>, cell: impl Fn(&PolicyTold) -> String) -> Row {
        Row { name: name.into(), cells: self.policies.iter().map(cell).collect() }
    }

    fn overview(&self) -> Vec<Row> {
        let mut rows = vec![
            self.row("days", |p| count(p.days)),
            self.row("actions", |p| count(p.actions)),
            self.row("accounts written to", |p| count(p.accounts)),
            self.row("most actions in a day", |p| peak(p.peak.as_ref())),
            self.row("violations", |p| count(p.violations)),
        ];
        let channels: BTreeSet<&String> = self.policies.iter().flat_map(|policy| policy.costs.keys()).collect();
        if self.policies.iter().any(|policy| !policy.models.is_empty()) {
            rows.push(self.row("models of payment", |p| models(&p.models)));
        }
        rows.extend(
            channels
                .into_iter()
                .map(|channel| self.row(format!("cost of {channel}"), |p| money(&p.currency, &p.costs, channel))),
        );
        rows
    }

    /// A row for each name that any policy has.
    fn counts(&self, of: impl Fn(&PolicyTold) -> BTreeMap<String, u64>) -> Vec<Row> {
        let counts: Vec<BTreeMap<String, u64>> = self.policies.iter().map(of).collect();
        let names: BTreeSet<&String> = counts.iter().flat_map(BTreeMap::keys).collect();
        let cells = |name: &String| counts.iter().map(|of| count(of.get(name).copied().unwrap_or(0))).collect();
        names.into_iter().map(|name| Row { name: name.clone(), cells: cells(name) }).collect()
    }

    /// Those with most to do in a day, by any of the policies.
    fn collectors(&self) -> Vec<Row> {
        let mut most: BTreeMap<&String, u64> = BTreeMap::new();
        for (id, peak) in self.policies.iter().flat_map(|policy| &policy.collectors) {
            let known = most.entry(id).or_default();
            *known = peak.actions.max(*known);
        }
        let mut ids: Vec<(&String, u64)> = most.into_iter().collect();
        ids.sort_by_key(|(id, actions)| (Reverse(*actions), *id));
        ids.into_iter().take(COLLECTORS).map(|(id, _)| self.row(id, |p| peak(p.collectors.get(id)))).collect()
    }

    /// What is assumed, by currency.
    fn recovered(&self) -> Vec<Row> {
        let currencies: BTreeSet<&String> = self.policies.iter().flat_map(|policy| policy.asked.keys()).collect();
        let mut rows = Vec::new();
        for currency in currencies {
            let asked = format!("{currency} asked for, each invoice once");
            rows.push(self.row(asked, |policy| money(currency, &policy.asked, currency)));
            rows.extend(self.recovery.under_uplift.iter().map(|assumed| Row {
                name: format!("{currency} more, if {} % of it is paid for being asked", assumed.percent),
                cells: assumed.recovered.iter().map(|of| money(currency, of, currency)).collect(),
            }));
        }
        rows
    }
}

fn differences(told: &Differences) -> Section {
    let act = |act: &Option<String>| act.clone().unwrap_or_else(|| NOTHING.to_owned());
    let item = |parting: &Parting| match parting.installment_no {
        ..=1 => parting.invoice_id.clone(),
        no => format!("{} / {no}", parting.invoice_id),
    };
    let rows = told.first.iter().map(|parting| Row {
        name: parting.day.to_string(),
        cells: vec![parting.debtor_id.clone(), item(parting), act(&parting.here), act(&parting.there)],
    });
    let note = match told.is_none() {
        true => "none: both take the same step by the same channel with every invoice on every day".to_owned(),
        false => format!(
            "{} items: {} times the first alone acts on one, {} times the other alone, {} times they take another step or channel; the \
             earliest are shown",
            count(told.items),
            count(told.only_here),
            count(told.only_there),
            count(told.otherwise),
        ),
    };
    Section {
        title: "Differences",
        head: "day",
        columns: ["debtor", "invoice", "here", "there"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        notes: vec![note],
    }
}

fn count(number: u64) -> String {
    grouped(number as i64)
}

fn peak(peak: Option<&Peak>) -> String {
    peak.map_or(NOTHING.to_owned(), |peak| format!("{} on {}", count(peak.actions), peak.day))
}

/// The days that used each; those without one are not named.
fn models(of: &BTreeMap<NaiveDate, u64>) -> String {
    match (of.first_key_value(), of.last_key_value()) {
        (Some((first, _)), Some((last, _))) if first != last => {
            format!("{} ({first} to {last})", count(of.len() as u64))
        }
        (Some((only, _)), _) => format!("that of {only}"),
        _ => NOTHING.to_owned(),
    }
}

fn money(currency: &str, of: &BTreeMap<String, i128>, name: &str) -> String {
    let minor = of.get(name).copied().unwrap_or(0);
    money_text("en", currency, Amount(i64::try_from(minor).unwrap_or(i64::MAX)))
}
