//! The report as one page of HTML: no script, no network, every text escaped. The page is `plan.html.j2`.

use std::collections::BTreeMap;

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::{Report, grouped};
use crate::domain::message::money_text;
use crate::domain::money::Minor;
use crate::error::{Error, Result};

const PAGE: &str = include_str!("plan.html.j2");

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
    items: i64,
    accounts: i64,
    amount: String,
    /// Of what is open, in percent; credits have none.
    share: f64,
    is_credit: bool,
}

pub(super) fn page(report: &Report) -> Result<String> {
    let failed = |e: minijinja::Error| Error::Damaged { object: "the report's page".to_owned(), what: e.to_string() };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("money", |amount: String, currency: String| money(&currency, &amount));
    environment.add_filter("grouped", grouped);
    environment.add_template("plan", PAGE).map_err(failed)?;
    let fields = context! {
        report => Value::from_serialize(report),
        steps => bars(report, |row| (format!("{} {}", row.step_id, row.channel), format!("{}, {}", row.regua, row.step_kind))),
        segments => bars(report, |row| (row.segment.clone(), String::new())),
        holds => holds(report),
        ages => ages(report),
    };
    environment.get_template("plan").and_then(|page| page.render(fields)).map_err(failed)
}

fn money(currency: &str, amount: &str) -> String {
    amount.parse::<Minor>().map_or_else(|_| amount.to_owned(), |minor| money_text("en", currency, minor))
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
        let bar = || Bar { label: row.reason.clone(), note: row.why.to_owned(), value: 0, share: 0.0 };
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

fn ages(report: &Report) -> Vec<Age> {
    let mut ages: Vec<Age> = Vec::new();
    for row in &report.aging {
        let of_currency = report.aging.iter().filter(|r| r.currency == row.currency && r.open_amount > Minor::ZERO);
        let open: i128 = of_currency.map(|r| i128::from(r.open_amount.0)).sum();
        let part = Part {
            bucket: row.bucket.clone(),
            items: row.items,
            accounts: row.accounts,
            amount: money_text("en", &row.currency, row.open_amount),
            share: percent(i128::from(row.open_amount.0), open),
            is_credit: row.open_amount < Minor::ZERO,
        };
        match ages.last_mut().filter(|age| age.currency == row.currency) {
            Some(age) => age.parts.push(part),
            None => ages.push(Age { currency: row.currency.clone(), parts: vec![part] }),
        }
    }
    ages
}
