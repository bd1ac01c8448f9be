//! How large an experiment has to be, as `kpi_group_rates` says how groups pay.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::super::kpi::{by, is_true};
use super::clustered;
use crate::domain::experiment::comparison::{Clustering, Estimate, GROUPS_MIN};
use crate::domain::experiment::size::{Spread, correlation, variance_left};
use crate::domain::experiment::{Experiment, SHARES_WHOLE, Terms};
use crate::io::tables::Row;

/// Arms that somebody has or wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Design {
    /// The experiment; none = nobody has begun or configured it.
    pub experiment: Option<String>,
    /// From its first to its last day; none = not fixed.
    pub days: Option<i64>,
    /// Segments that take part; empty = all.
    pub segments: Vec<String>,
    /// Name and share in per cent, the champion first.
    pub arms: Vec<(String, u32)>,
}

/// How groups of a company in a currency pay, and what follows for experiments over all of them; of those over some segments nothing does.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    pub company_id: String,
    pub currency: String,
    /// By length, the shortest first.
    pub windows: Vec<Window>,
}

/// An experiment of so many days.
#[derive(Clone, Debug, Serialize)]
pub struct Window {
    pub days: i64,
    /// That had anything to pay in the last so many days.
    pub groups: u64,
    pub items: u64,
    pub collection_rate: f64,
    /// Standard deviation of a group's part in the rate.
    pub deviation: f64,
    /// Of the rate with that of the window before; none where that is not known.
    pub correlation: Option<f64>,
    /// The share of the variance that the window before does not explain.
    pub variance_left: Option<f64>,
    pub clustering: Option<Clustering>,
    /// For the effect that was asked for.
    pub needed: Needed,
    pub needed_adjusted: Option<Needed>,
    /// What the arms of each design find.
    pub detectable: Vec<Detectable>,
}

/// Groups of two equal arms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Needed {
    pub groups_per_arm: u64,
    /// Of both arms, of all groups; above 1 there are not so many.
    pub share_of_groups: f64,
}

/// The least effect that a challenger's arm finds four times out of five.
#[derive(Clone, Debug, Serialize)]
pub struct Detectable {
    pub experiment: Option<String>,
    pub arm: String,
    /// Per cent of the groups.
    pub share: u32,
    /// None where it or the champion has fewer than 30 effective groups: the report would give no verdict.
    pub effect: Option<f64>,
    pub effect_adjusted: Option<f64>,
}

/// The arms of the experiments in some rows of `kpi_experiments`; one with an arm that is not configured any more is left out. `began` =
/// with what they began.
pub fn designs(rows: &[Row<'_>], began: &BTreeMap<String, Terms>) -> Vec<Design> {
    let design = |(experiment, rows): (String, Vec<Row<'_>>)| {
        let shares: BTreeMap<(bool, String), Option<u32>> = rows
            .iter()
            .map(|row| {
                let share = row.array("share").and_then(|_| u32::try_from(row.int("share")).ok());
                ((!is_true(*row, "is_champion"), row.text("arm")), share)
            })
            .collect();
        let arms: Option<Vec<(String, u32)>> =
            shares.into_iter().map(|((_, arm), share)| Some((arm, share?))).collect();
        let date = |name: &str| rows.first().and_then(|row| row.date(name));
        let segments = began.get(&experiment).map(|began| began.segments.clone()).unwrap_or_default();
        let days = days(date("starts_on"), date("ends_on"));
        Some(Design { experiment: Some(experiment), days, segments, arms: arms? })
    };
    by(rows, |row| row.text("experiment")).into_iter().filter_map(design).collect()
}

impl Design {
    /// Arms of these shares, which somebody thinks of.
    pub fn of_shares(shares: &[u32]) -> Design {
        let name = |n: usize| if n == 0 { "champion".to_owned() } else { format!("challenger {n}") };
        let arms = shares.iter().enumerate().map(|(n, share)| (name(n), *share)).collect();
        Design { experiment: None, days: None, segments: Vec::new(), arms }
    }

    /// The arms of an experiment that is configured.
    pub fn of(experiment: &Experiment) -> Design {
        Design {
            experiment: Some(experiment.id.clone()),
            days: days(Some(experiment.starts_on), experiment.ends_on),
            segments: experiment.segments.clone(),
            arms: experiment.arms.iter().map(|arm| (arm.name.clone(), arm.share)).collect(),
        }
    }

    /// `kpi_group_rates` counts everybody: of fewer it does not say how many they are, nor how they pay.
    pub fn is_of_all(&self) -> bool {
        self.segments.is_empty()
    }
}

/// From the first to the last day.
fn days(starts_on: Option<NaiveDate>, ends_on: Option<NaiveDate>) -> Option<i64> {
    Some((ends_on? - starts_on?).num_days() + 1)
}

/// What rows of `kpi_group_rates` say of an effect (0.03 = three points), by company and currency; nothing of one with a single group.
pub fn sizes(rows: &[Row<'_>], effect: f64, designs: &[Design]) -> Vec<Sizes> {
    let of_book = |((company_id, currency), rows): ((String, String), Vec<Row<'_>>)| {
        let lengths: Vec<i64> = rows.iter().map(|row| row.int("days")).collect();
        let window = |row: &Row<'_>| {
            let own =
                designs.iter().filter(|design| design.is_of_all() && is_of(design.days, row.int("days"), &lengths));
            window(row, effect, &own.collect::<Vec<_>>())
        };
        Sizes { company_id, currency, windows: rows.iter().filter_map(window).collect() }
    };
    let books = by(rows, |row| (row.text("company_id"), row.text("currency")));
    books.into_iter().map(of_book).filter(|sizes| !sizes.windows.is_empty()).collect()
}

/// Does the window stand for an experiment of so many days? The longest that is not longer, else the shortest.
fn is_of(days: Option<i64>, length: i64, lengths: &[i64]) -> bool {
    let Some(days) = days else { return true };
    let fitting = lengths.iter().copied().filter(|length| *length <= days).max();
    fitting.or(lengths.iter().copied().min()) == Some(length)
}

/// None where there is but one group.
fn window(row: &Row<'_>, effect: f64, designs: &[&Design]) -> Option<Window> {
    let estimate = |value: &str, error: &str| Some(Estimate { value: row.float(value)?, error: row.float(error)? });
    let rate = estimate("collection_rate", "standard_error")?;
    let before = estimate("before_collection_rate", "before_standard_error").zip(row.float("covariance"));
    let correlation = before.and_then(|(before, covariance)| correlation(rate, before, covariance));
    let groups = row.int("groups").unsigned_abs();
    let spread = Spread::of(groups, rate);
    let adjusted = correlation.map(|correlation| spread.adjusted(correlation));
    let needed = |spread: Spread| {
        let groups_per_arm = spread.needed(effect).max(GROUPS_MIN);
        Needed { groups_per_arm, share_of_groups: 2.0 * groups_per_arm as f64 / groups as f64 }
    };
    let effective = row.float("effective_groups").unwrap_or(groups as f64);
    let is_judged = |champion: u32, share: u32| {
        effective * f64::from(champion.min(share)) >= GROUPS_MIN as f64 * f64::from(SHARES_WHOLE)
    };
    let detectable = |design: &&Design| {
        let (_, champion) = design.arms.first().cloned().unwrap_or_default();
        let found = |(arm, share): &(String, u32)| Detectable {
            experiment: design.experiment.clone(),
            arm: arm.clone(),
            share: *share,
            effect: is_judged(champion, *share).then(|| spread.least_detectable(champion, *share)),
            effect_adjusted: adjusted
                .filter(|_| is_judged(champion, *share))
                .map(|spread| spread.least_detectable(champion, *share)),
        };
        design.arms.iter().skip(1).map(found).collect::<Vec<_>>()
    };
    Some(Window {
        days: row.int("days"),
        groups,
        items: row.int("items").unsigned_abs(),
        collection_rate: rate.value,
        deviation: spread.deviation,
        correlation,
        variance_left: correlation.map(variance_left),
        clustering: clustered(row),
        needed: needed(spread),
        needed_adjusted: adjusted.map(needed),
        detectable: designs.iter().flat_map(detectable).collect(),
    })
}
