//! Experiments as a person reads them on a terminal: how large one has to be, and what one has shown.

use chrono::NaiveDate;
use comfy_table::Table;

use super::{amount, grouped, plain_table, right_aligned, titled};
use crate::cli::Voice;
use crate::domain::experiment::comparison::{GROUPS_MIN, Verdict};
use crate::domain::language::Language;
use crate::domain::money::Amount;
use crate::report::experiments::{Arm, Comparison, Design, Detectable, Experiment, Interval, Needed, Sizes, Window};

/// How many groups, and what the arms find.
pub(in crate::cli) fn sizes(
    voice: Voice,
    (effect, as_of): (f64, NaiveDate),
    designs: &[Design],
    found: &[Sizes],
) -> String {
    let mut parts = vec![format!(
        "Groups of debtors on {as_of}, and how many of them each of two equal arms needs to find {effect} points of the collection \
         rate four times out of five, at 5 %\n"
    )];
    for one in found {
        let title = format!("Company {}, {}", one.company_id, one.currency);
        parts.push(titled(voice, &title, needed(&one.windows)));
        if designs.iter().any(Design::is_of_all) {
            parts.push(titled(voice, "The least effect that an arm finds, in points", detectable(&one.windows)));
        }
        let is_small = |window: &Window| window.detectable.iter().any(|one| one.effect.is_none());
        if one.windows.iter().any(is_small) {
            parts.push(format!(
                "! An arm with fewer than {GROUPS_MIN} effective groups gets no verdict, so its effect is shown as -. Effective groups are how \
                 many groups of equal size would tell as much: where a few groups owe most of the money, they are few\n"
            ));
        }
    }
    parts.extend(designs.iter().filter(|design| !design.is_of_all()).map(|design| {
        format!(
            "! {} takes the segments {} alone, and kpi_group_rates counts all groups, so what its arms can find is not said: less than of \
             all groups. An arm needs as many groups as above if these segments pay as all do\n",
            design.experiment.as_deref().unwrap_or("-"),
            design.segments.join(", ")
        )
    }));
    parts.push(
        "days: the window that is worked out: the longest that fits into the experiment, or 30. ICC: how similarly the invoices of a \
         group are paid, from 0 % (each by itself) to 100 % (all the same). explained: how much of what groups differ by their past explains. of all: both arms, of the groups with anything to \
         pay in so many days; above 100 % there are not enough: run longer, or look for a larger effect. CUPED: with what the groups \
         paid before taken into account, as the report does. none: not even the whole rate."
            .to_owned(),
    );
    parts.join("\n")
}

fn needed(windows: &[Window]) -> Option<Table> {
    let head = ["days", "groups", "rate", "ICC", "explained", "an arm needs", "of all", "with CUPED", "of all"];
    let mut table = plain_table(&head);
    for window in windows {
        let of = |needed: Option<Needed>| match needed {
            Some(needed) => [grouped(needed.groups_per_arm as i64), share_of_groups(needed.share_of_groups)],
            None => ["-".to_owned(), "-".to_owned()],
        };
        let correlation = window.clustering.and_then(|clustering| clustering.correlation);
        let explained = window.variance_left.map(|left| 1.0 - left);
        let numbers = [
            window.days.to_string(),
            grouped(window.groups as i64),
            percent(window.collection_rate),
            or_dash(correlation, percent_whole),
            or_dash(explained, percent_whole),
        ];
        let groups = of(Some(window.needed)).into_iter().chain(of(window.needed_adjusted));
        table.add_row(numbers.into_iter().chain(groups).collect::<Vec<_>>());
    }
    (!windows.is_empty()).then(|| right_aligned(table, 0..9))
}

fn detectable(windows: &[Window]) -> Option<Table> {
    let mut table = plain_table(&["experiment", "arm", "share", "days", "effect", "with CUPED"]);
    let rows: Vec<(&Window, &Detectable)> =
        windows.iter().flat_map(|window| window.detectable.iter().map(move |one| (window, one))).collect();
    for (window, one) in &rows {
        table.add_row([
            one.experiment.clone().unwrap_or_else(|| "-".to_owned()),
            one.arm.clone(),
            format!("{} %", one.share),
            window.days.to_string(),
            or_dash(one.effect, effect),
            or_dash(one.effect_adjusted, effect),
        ]);
    }
    (!rows.is_empty()).then(|| right_aligned(table, 2..6))
}

/// Ten times as many groups as there are, or more, are simply too many.
fn share_of_groups(share: f64) -> String {
    if share < 10.0 { percent_whole(share) } else { ">999%".to_owned() }
}

/// No rate differs by more than all of it.
fn effect(rate: f64) -> String {
    if rate <= 1.0 { points(rate) } else { "none".to_owned() }
}

/// What an experiment has shown.
pub(in crate::cli) fn experiment(voice: Voice, found: &Experiment, as_of: NaiveDate) -> String {
    let day = |day: Option<NaiveDate>| day.map_or("open end".to_owned(), |day| day.to_string());
    let title = format!(
        "{} of company {} in {}, {} to {}, as of {as_of}",
        found.experiment,
        found.company_id,
        found.currency,
        day(found.starts_on),
        day(found.ends_on)
    );
    let mut parts = vec![titled(voice, &title, arms(found)), format!("  {}\n", draw(found))];
    parts.push(titled(voice, "Difference to the champion, in points", differences(&found.comparisons)));
    parts.push(titled(voice, "What the groups were put to since it began", harms(&found.arms)));
    parts.extend(found.notes.iter().map(|note| format!("  ! {note}\n")));
    for comparison in &found.comparisons {
        parts.extend((!comparison.worse_in.is_empty()).then(|| format!("  ! {}\n", harm(comparison))));
        parts.push(format!("  {}\n", voice.bold(&verdict(found, comparison))));
    }
    if found.comparisons.is_empty() {
        parts.push("  there is nothing to compare: of one arm alone had groups anything to pay\n".to_owned());
    }
    parts.join("\n")
}

fn arms(found: &Experiment) -> Option<Table> {
    let head =
        ["arm", "share", "groups", "items", "collectable", "collected", "rate", "before", "ICC", "design effect"];
    let mut table = plain_table(&head);
    let money = |minor: Amount| amount(&found.currency, minor);
    for arm in &found.arms {
        let clustering = arm.clustering;
        table.add_row([
            arm.arm.clone(),
            or_dash(arm.share, |share| format!("{share} %")),
            grouped(arm.groups as i64),
            grouped(arm.items as i64),
            money(arm.collectable_amount),
            money(arm.collected_amount),
            percent(arm.collection_rate),
            or_dash(arm.before_collection_rate, percent),
            or_dash(clustering.and_then(|one| one.correlation), percent_whole),
            or_dash(clustering.map(|one| one.design_effect), |effect| Language::En.tenth(effect)),
        ]);
    }
    Some(right_aligned(table, 1..10))
}

fn draw(found: &Experiment) -> String {
    match found.sample_ratio {
        Some(ratio) if ratio.holds() => format!(
            "The arms are as large as their shares say, but for chance (chi-square {:.1}, at most {:.1})",
            ratio.chi_square, ratio.most
        ),
        Some(ratio) => format!(
            "! The arms are not as large as their shares say (chi-square {:.1}, at most {:.1}): shares were changed, or something \
             takes groups out of an arm",
            ratio.chi_square, ratio.most
        ),
        None if found.arms.iter().any(|arm| arm.share.is_none()) => {
            "An arm is not configured any more, so the arms cannot be compared with their shares".to_owned()
        }
        None => "Too few groups to compare the arms with their shares".to_owned(),
    }
}

fn differences(comparisons: &[Comparison]) -> Option<Table> {
    let head = ["arm", "difference", "95 % interval", "finds", "with CUPED", "95 % interval", "finds", "variance left"];
    let mut table = plain_table(&head);
    for one in comparisons {
        table.add_row([
            one.arm.clone(),
            or_dash(one.difference, |found| points(found.value)),
            or_dash(one.difference, interval),
            or_dash(one.least_detectable, points),
            or_dash(one.adjusted, |found| points(found.value)),
            or_dash(one.adjusted, interval),
            or_dash(one.least_detectable_adjusted, points),
            or_dash(one.variance_left, percent_whole),
        ]);
    }
    (!comparisons.is_empty()).then(|| right_aligned(table, 1..8))
}

fn harms(arms: &[Arm]) -> Option<Table> {
    let mut table = plain_table(&["arm", "contacts a group", "disputes", "opt-outs", "complaints", "bounces"]);
    for arm in arms {
        let of =
            |groups: u64| format!("{} ({})", grouped(groups as i64), percent(groups as f64 / arm.groups.max(1) as f64));
        let harms = arm.harms;
        table.add_row([
            arm.arm.clone(),
            Language::En.tenth(harms.contacts_per_group),
            of(harms.disputing_groups),
            of(harms.opted_out_groups),
            of(harms.complaining_groups),
            of(harms.bounced_groups),
        ]);
    }
    Some(right_aligned(table, 1..6))
}

fn harm(comparison: &Comparison) -> String {
    format!("{}: more {} than chance explains", comparison.arm, comparison.worse_in.join(", "))
}

/// The verdict in a sentence, or why there is none.
pub(in crate::cli) fn verdict(found: &Experiment, comparison: &Comparison) -> String {
    let arm = &comparison.arm;
    let by = comparison.judged_by.map_or(String::new(), |by| {
        let cuped = if comparison.adjusted.is_some() { ", with CUPED" } else { "" };
        let all = match found.comparisons.len() {
            0 | 1 => String::new(),
            challengers => format!(", wide enough for {challengers} challengers"),
        };
        format!("{} points ({}{cuped}{all})", points(by.value), interval(by))
    });
    let champion = match found.arms.iter().find(|one| one.is_champion) {
        Some(champion) if champion.arm != "champion" => format!("{}, the champion", champion.arm),
        _ => "the champion".to_owned(),
    };
    let is_unpaid = found.arms.iter().all(|arm| arm.collected_amount == Amount::ZERO);
    match comparison.verdict {
        Verdict::NoLastDay => format!(
            "{arm}: no verdict without a last day: whoever has looked can choose one that suits, so begin a new experiment under another id \
             than {}, with ends_on = \"YYYY-MM-DD\"",
            found.experiment
        ),
        Verdict::NotYet { on } => format!("{arm}: no verdict before {on}"),
        Verdict::ArmsChanged => {
            format!(
                "{arm}: no verdict: an arm was renamed, removed or made to do something else while the experiment ran"
            )
        }
        Verdict::Moved => {
            format!("{arm}: no verdict: the first or last day was set or moved after the experiment began")
        }
        Verdict::BeganLate => {
            format!("{arm}: no verdict: the first run came more than a week after the first day")
        }
        Verdict::WasAbsent => {
            format!("{arm}: no verdict: the experiment was out of the pipeline for more than a week of its days")
        }
        Verdict::Skewed => format!("{arm}: no verdict: the arms are not as large as their shares say; find out why"),
        Verdict::TooFewGroups => {
            format!("{arm}: no verdict: an arm has fewer than 30 groups, or few of its groups owe most")
        }
        Verdict::Better => format!("{arm} collects more than {champion}: {by}"),
        Verdict::Worse => format!("{arm} collects less than {champion}: {by}"),
        Verdict::NoDifference if is_unpaid => format!("{arm}: no difference was found: nothing was paid in either arm"),
        Verdict::NoDifference => format!("{arm}: no difference was found: {by}"),
    }
}

fn interval(found: Interval) -> String {
    format!("{} to {}", points(found.low), points(found.high))
}

/// `-2.3`: percentage points.
fn points(rate: f64) -> String {
    Language::En.tenth(rate * 100.0)
}

fn percent(rate: f64) -> String {
    Language::En.percent(rate)
}

fn percent_whole(rate: f64) -> String {
    Language::En.percent_whole(rate)
}

fn or_dash<T>(value: Option<T>, say: impl Fn(T) -> String) -> String {
    value.map_or("-".to_owned(), say)
}
