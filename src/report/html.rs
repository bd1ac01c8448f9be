//! A plan, two runs side by side, and a simulation, as pages of HTML that look like the report: the same CSS, colours, words and numbers.

use std::collections::BTreeMap;

use minijinja::value::Value;
use minijinja::{Environment, context};
use serde::Serialize;

use super::simulation::Simulation;
use super::{Comparison, Report, grouped, page, ramp, words};
use crate::domain::language::Language;
use crate::domain::message::money_text;
use crate::domain::money::Amount;
use crate::error::Result;

/// The words of a plan are English, as those of the command are.
const LANGUAGE: Language = Language::En;
/// Below this share, in percent, a part of a bar has no room for its label.
const LABEL_PERCENT_MIN: f64 = 5.5;

/// One bar: its length is a share of the longest of its kind, in percent.
#[derive(Serialize)]
struct Bar {
    label: String,
    note: String,
    value: i64,
    share: f64,
}

/// The aging of one currency, as one bar of many parts.
#[derive(Serialize)]
struct Age {
    currency: String,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    bucket: String,
    /// Of its colour: the place of the bucket among all that the page shows.
    place: usize,
    items: i64,
    accounts: i64,
    amount: String,
    /// Of what is open, in percent; credits have none.
    share: f64,
    label: String,
    is_credit: bool,
}

pub(super) fn page(report: &Report) -> Result<String> {
    let buckets = buckets(report);
    let step = |row: &super::Actions| {
        let kind = words::of(LANGUAGE, words::Kind::Step, &row.step_kind);
        (format!("{} {}", row.step_id, row.channel), format!("{}, {kind}", row.regua))
    };
    let fields = context! {
        report => Value::from_serialize(report),
        css => page::CSS,
        ramp => ramp::css(buckets.len()),
        legend => buckets.iter().map(|name| words::bucket(LANGUAGE, name)).collect::<Vec<_>>(),
        steps => bars(report, step),
        segments => bars(report, |row| (row.segment.clone(), String::new())),
        holds => holds(report),
        ages => ages(report, &buckets),
    };
    page::render(&environment()?, "plan", fields)
}

/// Two runs side by side.
pub(super) fn comparison(comparison: &Comparison) -> Result<String> {
    let (moved, same): (Vec<_>, Vec<_>) = comparison.moves.iter().partition(|m| !m.is_same());
    let fields = context! {
        c => Value::from_serialize(comparison),
        names => comparison.names(),
        css => page::CSS,
        moved => Value::from_serialize(moved),
        stayed => same.iter().map(|m| m.accounts).sum::<u64>(),
    };
    page::render(&environment()?, "comparison", fields)
}

/// What a policy would have done, or two.
pub(super) fn simulation(simulation: &Simulation) -> Result<String> {
    let fields = context! {
        title => simulation.title(),
        css => page::CSS,
        sections => Value::from_serialize(simulation.sections()),
    };
    page::render(&environment()?, "simulation", fields)
}

/// With the numbers and words of both pages.
fn environment() -> Result<Environment<'static>> {
    let mut environment = page::environment()?;
    environment.add_filter("money", |amount: String, currency: String| money(&currency, &amount));
    environment.add_filter("short", |amount: String, currency: String| short(&currency, &amount));
    environment.add_filter("grouped", grouped);
    environment.add_filter("channel", |code: String| words::of(LANGUAGE, words::Kind::Channel, &code));
    environment.add_filter("kind", |code: String| words::of(LANGUAGE, words::Kind::Step, &code));
    environment.add_filter("hold", |code: String| words::of(LANGUAGE, words::Kind::Hold, &code));
    environment.add_filter("decision", |code: String| words::decision(LANGUAGE, &code));
    Ok(environment)
}

fn money(currency: &str, amount: &str) -> String {
    amount.parse::<Amount>().map_or_else(|_| amount.to_owned(), |minor| money_text("en", currency, minor))
}

/// In three figures: what has to fit a tile.
fn short(currency: &str, amount: &str) -> String {
    let minor = amount.parse::<Amount>();
    minor.map_or_else(|_| amount.to_owned(), |minor| LANGUAGE.money_short(currency, i128::from(minor.0)))
}

/// Buckets of every currency in the order of age; credits are none.
fn buckets(report: &Report) -> Vec<String> {
    let mut buckets: Vec<(i64, String)> =
        report.aging.iter().filter(|row| row.bucket_no >= 0).map(|row| (row.bucket_no, row.bucket.clone())).collect();
    buckets.sort();
    buckets.dedup();
    buckets.into_iter().map(|(_, name)| name).collect()
}

/// Actions by what a row is labelled with, in the order in which the labels first come.
fn bars(report: &Report, label: impl Fn(&super::Actions) -> (String, String)) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for row in &report.actions {
        let (label, note) = label(row);
        match bars.iter_mut().find(|bar| bar.label == label && bar.note == note) {
            Some(bar) => bar.value += row.actions,
            None => bars.push(Bar { label, note, value: row.actions, share: 0.0 }),
        }
    }
    shared(bars)
}

fn holds(report: &Report) -> Vec<Bar> {
    let mut by_reason: BTreeMap<&str, Bar> = BTreeMap::new();
    for row in &report.holds {
        let label = words::of(LANGUAGE, words::Kind::Hold, &row.reason);
        let bar = || Bar { label, note: row.reason.clone(), value: 0, share: 0.0 };
        by_reason.entry(&row.reason).or_insert_with(bar).value += row.accounts;
    }
    let mut bars: Vec<Bar> = by_reason.into_values().collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    shared(bars)
}

fn shared(mut bars: Vec<Bar>) -> Vec<Bar> {
    let longest = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    bars.iter_mut().for_each(|bar| bar.share = percent(bar.value as i128, i128::from(longest)));
    bars
}

/// To a tenth, so that the page is the same wherever it is made.
fn percent(part: i128, whole: i128) -> f64 {
    if whole <= 0 { 0.0 } else { (part.max(0) * 1000 / whole) as f64 / 10.0 }
}

fn ages(report: &Report, buckets: &[String]) -> Vec<Age> {
    let mut ages: Vec<Age> = Vec::new();
    for row in &report.aging {
        let of_currency = report.aging.iter().filter(|r| r.currency == row.currency && r.open_amount > Amount::ZERO);
        let open: i128 = of_currency.map(|r| i128::from(r.open_amount.0)).sum();
        let share = percent(i128::from(row.open_amount.0), open);
        let part = Part {
            bucket: words::bucket(LANGUAGE, &row.bucket),
            place: buckets.iter().position(|name| *name == row.bucket).unwrap_or(0),
            items: row.items,
            accounts: row.accounts,
            amount: money_text("en", &row.currency, row.open_amount),
            share,
            label: if share >= LABEL_PERCENT_MIN { format!("{share:.0}%") } else { String::new() },
            is_credit: row.open_amount < Amount::ZERO,
        };
        match ages.last_mut().filter(|age| age.currency == row.currency) {
            Some(age) => age.parts.push(part),
            None => ages.push(Age { currency: row.currency.clone(), parts: vec![part] }),
        }
    }
    ages
}
