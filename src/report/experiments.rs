//! What experiments have shown, as `kpi_experiments` has it: the arms, their differences to the champion, what they were put to, and
//! the verdict, or from which day there is one. The command and the page of a run say the same, because both ask here.

mod sizes;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::kpi::{by, is_true};
use crate::domain::action::as_text;
use crate::domain::experiment::Terms;
use crate::domain::experiment::comparison::{
    Adjusted, Before, Clustering, Estimate, Evidence, GROUPS_MIN, Rate, SampleRatio, Verdict, adjusted, clustering,
    difference, interval_errors, is_more, least_detectable, sample_ratio, verdict,
};
use crate::domain::money::Amount;
use crate::io::tables::Row;

pub use sizes::{Design, Detectable, Needed, Sizes, Window, designs, sizes};

/// An experiment with one company in one currency.
#[derive(Clone, Debug, Serialize)]
pub struct Experiment {
    pub experiment: String,
    pub company_id: String,
    pub currency: String,
    /// None where an earlier version published it.
    pub starts_on: Option<NaiveDate>,
    /// None = nobody set one, so there is no verdict.
    pub ends_on: Option<NaiveDate>,
    /// The champion first.
    pub arms: Vec<Arm>,
    /// None where the arms have too few groups to tell, or one is not configured any more.
    pub sample_ratio: Option<SampleRatio>,
    /// Of each challenger with the champion.
    pub comparisons: Vec<Comparison>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// What an arm should have paid and paid, and what it was put to.
#[derive(Clone, Debug, Serialize)]
pub struct Arm {
    pub arm: String,
    pub is_champion: bool,
    /// Per cent of the groups that it is to have.
    pub share: Option<u32>,
    pub groups: u64,
    pub items: u64,
    #[serde(serialize_with = "as_text")]
    pub collectable_amount: Amount,
    #[serde(serialize_with = "as_text")]
    pub collected_amount: Amount,
    pub collection_rate: f64,
    pub standard_error: Option<f64>,
    pub before_collection_rate: Option<f64>,
    pub clustering: Option<Clustering>,
    pub harms: Harms,
    /// How many groups of one size tell as much.
    pub effective_groups: f64,
    #[serde(skip)]
    rate: Option<Rate>,
    /// The same of the window before; the least of both where it is taken into account.
    #[serde(skip)]
    effective_groups_of_both: f64,
}

/// What may harm a debtor, since the experiment began.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Harms {
    pub contacts_per_group: f64,
    pub contacts_error: Option<f64>,
    pub disputing_groups: u64,
    pub opted_out_groups: u64,
    pub complaining_groups: u64,
    pub bounced_groups: u64,
}

/// A challenger less the champion.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub arm: String,
    /// None where either arm has fewer than 30 groups.
    pub difference: Option<Interval>,
    /// The least effect that this error finds four times out of five.
    pub least_detectable: Option<f64>,
    /// With what the groups paid before taken into account (CUPED); none where that is not known.
    pub adjusted: Option<Interval>,
    pub variance_left: Option<f64>,
    pub least_detectable_adjusted: Option<f64>,
    /// What the verdict goes by: with the time before taken into account where it is known, and wide enough to hold for all challengers
    /// of the experiment at once (Bonferroni). Nobody chooses it afterwards.
    pub judged_by: Option<Interval>,
    /// In what the challenger's groups fare worse than chance explains.
    pub worse_in: Vec<&'static str>,
    pub verdict: Verdict,
}

/// A difference of rates with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The experiments of some rows of `kpi_experiments`, each with one company in one currency; `began` = with what they began.
pub fn experiments(rows: &[Row<'_>], as_of: NaiveDate, began: &BTreeMap<String, Terms>) -> Vec<Experiment> {
    let key = |row: &Row<'_>| (row.text("experiment"), row.text("company_id"), row.text("currency"));
    let mut found: Vec<Experiment> =
        by(rows, key).into_iter().map(|(key, rows)| experiment(key, &rows, as_of, began)).collect();
    found.sort_by(|a, b| (&a.experiment, &a.company_id, &a.currency).cmp(&(&b.experiment, &b.company_id, &b.currency)));
    found
}

fn experiment(
    key: (String, String, String),
    rows: &[Row<'_>],
    as_of: NaiveDate,
    began: &BTreeMap<String, Terms>,
) -> Experiment {
    let (experiment, company_id, currency) = key;
    let date = |name: &str| rows.first().and_then(|row| row.date(name));
    let (starts_on, ends_on) = (date("starts_on"), date("ends_on"));
    let mut arms: Vec<Arm> = rows.iter().map(arm).collect();
    arms.sort_by_key(|arm| !arm.is_champion);
    let drawn: Option<Vec<(u32, u64)>> = arms.iter().map(|arm| Some((arm.share?, arm.groups))).collect();
    let ratio = drawn.as_deref().and_then(sample_ratio);
    let champion = arms.iter().find(|arm| arm.is_champion);
    let comparisons =
        rows.iter().filter(|row| !is_true(**row, "is_champion")).zip(arms.iter().filter(|arm| !arm.is_champion));
    let began = began.get(&experiment);
    let moved = began.map(|began| moved(began, starts_on, ends_on)).unwrap_or_default();
    let late = began.and_then(late);
    let absent = began.and_then(Terms::was_absent).map(|days| {
        format!("on {days} of its days it was not in the pipeline, so nobody was in an arm, and whoever holds out was written to")
    });
    let changed = began.and_then(|began| began.arms_changed_on).map(|day| {
        format!("since the run of {day} its arms do something else than they began with, or stand in another order")
    });
    // An earlier version told no shares.
    let has_shares = rows.iter().any(|row| row.0.column_by_name("share").is_some());
    let spoilt = [
        (Verdict::ArmsChanged, has_shares && drawn.is_none() || changed.is_some()),
        (Verdict::Moved, !moved.is_empty()),
        (Verdict::BeganLate, late.is_some()),
        (Verdict::WasAbsent, absent.is_some()),
    ];
    let spoilt = spoilt.into_iter().find(|(_, is_so)| *is_so).map(|(verdict, _)| verdict);
    let notes = moved.into_iter().chain(late).chain(absent).chain(changed).collect();
    let evidence = Evidence { ends_on, as_of, spoilt, ratio, interval: None };
    let challengers = arms.len().saturating_sub(1);
    let comparisons = comparisons.map(|(row, arm)| comparison(row, (champion, arm), challengers, evidence)).collect();
    Experiment { experiment, company_id, currency, starts_on, ends_on, arms, sample_ratio: ratio, comparisons, notes }
}

/// Days that are not those with which it began, in words.
fn moved(began: &Terms, starts_on: Option<NaiveDate>, ends_on: Option<NaiveDate>) -> Vec<String> {
    let why = "one that is chosen after a look decides nothing";
    let first = starts_on
        .filter(|day| *day != began.starts_on)
        .map(|day| format!("its first day was {} when it began, and is {day} now: {why}", began.starts_on));
    let is = ends_on.map_or("has none now".to_owned(), |day| format!("is {day} now"));
    let last = (began.ends_on != ends_on).then(|| match began.ends_on {
        Some(day) => format!("its last day was {day} when it began, and {is}: {why}"),
        None => format!("it began without a last day, which {is}: {why}"),
    });
    first.into_iter().chain(last).collect()
}

/// Days on which nobody was in an arm, in words.
fn late(began: &Terms) -> Option<String> {
    let since = began.starts_on;
    let said = |day| {
        format!("the first run that drew anybody was that of {day}: from {since} until then nobody was in an arm")
    };
    began.began_late().map(said)
}

fn arm(row: &Row<'_>) -> Arm {
    let count = |name: &str| row.int(name).unsigned_abs();
    let estimate = |value: &str, error: &str| Some(Estimate { value: row.float(value)?, error: row.float(error)? });
    let before = || {
        let rate = estimate("before_collection_rate", "before_standard_error")?;
        // Of a few groups the time before goes with the rate by chance, and the difference would be moved anywhere.
        row.float("before_effective_groups").filter(|groups| *groups >= GROUPS_MIN as f64)?;
        Some(Before { rate, covariance: row.float("covariance")? })
    };
    let groups = count("groups");
    let effective_groups = row.float("effective_groups").unwrap_or(groups as f64);
    let effective_before = row.float("before_effective_groups").unwrap_or(effective_groups);
    Arm {
        arm: row.text("arm"),
        is_champion: is_true(*row, "is_champion"),
        share: row.array("share").and_then(|_| u32::try_from(row.int("share")).ok()),
        groups,
        items: count("items"),
        collectable_amount: row.minor("collectable_amount"),
        collected_amount: row.minor("collected_amount"),
        collection_rate: row.float("collection_rate").unwrap_or(0.0),
        standard_error: row.float("standard_error"),
        before_collection_rate: row.float("before_collection_rate"),
        clustering: clustered(row),
        harms: Harms {
            contacts_per_group: count("contacts") as f64 / groups.max(1) as f64,
            contacts_error: row.float("contacts_error"),
            disputing_groups: count("disputing_groups"),
            opted_out_groups: count("opted_out_groups"),
            complaining_groups: count("complaining_groups"),
            bounced_groups: count("bounced_groups"),
        },
        effective_groups,
        effective_groups_of_both: effective_groups.min(effective_before),
        rate: estimate("collection_rate", "standard_error").map(|since| Rate { since, before: before() }),
    }
}

/// How alike the items of its groups are paid.
fn clustered(row: &Row<'_>) -> Option<Clustering> {
    clustering(row.float("standard_error")?, row.float("item_standard_error")?, row.float("items_per_group")?)
}

fn comparison(
    row: &Row<'_>,
    (champion, arm): (Option<&Arm>, &Arm),
    challengers: usize,
    evidence: Evidence,
) -> Comparison {
    // The table has no interval where an arm has too few groups for one.
    let rates = row.float("difference_low").and_then(|_| champion?.rate.zip(arm.rate));
    let plain = rates.map(|(champion, challenger)| difference(champion.since, challenger.since));
    let found: Option<Adjusted> = rates.and_then(|(champion, challenger)| adjusted(&champion, &challenger));
    let least = |of: fn(&Arm) -> f64| champion.map_or(of(arm), of).min(of(arm));
    let groups = [least(|arm| arm.effective_groups), least(|arm| arm.effective_groups_of_both)];
    let [one, one_adjusted] = groups.map(|groups| interval_errors(groups, 1));
    let [all, all_adjusted] = groups.map(|groups| interval_errors(groups, challengers));
    let judged_by = match found {
        Some(found) => Some(Interval::of(found.difference, all_adjusted)),
        None => plain.map(|plain| Interval::of(plain, all)),
    };
    Comparison {
        arm: arm.arm.clone(),
        difference: plain.map(|plain| Interval::of(plain, one)),
        least_detectable: plain.map(|plain| least_detectable(plain.error, one)),
        adjusted: found.map(|found| Interval::of(found.difference, one_adjusted)),
        variance_left: found.map(|found| found.variance_left),
        least_detectable_adjusted: found.map(|found| least_detectable(found.difference.error, one_adjusted)),
        judged_by,
        worse_in: champion.map(|champion| worse_in(champion, arm)).unwrap_or_default(),
        verdict: verdict(&Evidence { interval: judged_by.map(|found| (found.low, found.high)), ..evidence }),
    }
}

/// Harm needs no last day: whoever sees it may stop.
fn worse_in(champion: &Arm, challenger: &Arm) -> Vec<&'static str> {
    let contacts = |arm: &Arm| Some(Estimate { value: arm.harms.contacts_per_group, error: arm.harms.contacts_error? });
    let pair = contacts(champion).zip(contacts(challenger));
    let pair = pair.filter(|_| champion.groups.min(challenger.groups) >= GROUPS_MIN);
    let has_more_contacts = pair.is_some_and(|(champion, challenger)| difference(champion, challenger).low() > 0.0);
    let pairs = champion.harms.groups().into_iter().zip(challenger.harms.groups());
    let is_worse = |((_, of_champion), (_, of_challenger))| {
        is_more((of_champion, champion.groups), (of_challenger, challenger.groups))
    };
    let worse = pairs.filter(|pair| is_worse(*pair)).map(|((name, _), _)| name);
    has_more_contacts.then_some("contacts").into_iter().chain(worse).collect()
}

impl Harms {
    /// Groups to which it happened.
    fn groups(&self) -> [(&'static str, u64); 4] {
        [
            ("disputes", self.disputing_groups),
            ("opt-outs", self.opted_out_groups),
            ("complaints", self.complaining_groups),
            ("bounces", self.bounced_groups),
        ]
    }
}

impl Interval {
    fn of(found: Estimate, errors: f64) -> Interval {
        let (low, high) = found.interval(errors);
        Interval { value: found.value, low, high }
    }
}
