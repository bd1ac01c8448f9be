//! What is missing of the payments, as far as the ledger tells it: whoever paid would be asked again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};

use super::{ROWS_MIN, vanished};
use crate::config::Plan;
use crate::domain::money::Amount;
use crate::error::{Error, Lines, Result};
use crate::stage::{
    Cash, DayCounts, Facts, MonthCounts, PaidDays, Snapshots, Vanished, days_of, ledger_sum, months_of,
};
use crate::text::plural;

/// Fewer payments than these that match nothing are no sign of anything, whatever share of all they are.
const ODD_PAYMENTS_MIN: u64 = 3;
/// A week without payments is no sign of anything.
const SILENT_DAYS: usize = 7;
/// Months of due dates that are looked at before payments begin. The month just before may hold what is merely late.
const MONTHS_BEFORE: i64 = 3;
/// So long a past says what is usual.
const USUAL_DAYS: i64 = 182;
/// Days in which a company's payments are compared with those of as many days of the year before.
const WEAK_DAYS: [i64; 3] = [7, 14, 28];

/// Says so where nobody has paid for longer than ever in the year before: whoever paid since the export would be asked again,
/// and a copied file is as young as its copy.
fn silence(paid: &PaidDays, as_of: NaiveDate) -> Option<String> {
    let (silent, longest) = paid.silence()?;
    let newest = as_of.checked_sub_days(Days::new(silent as u64))?;
    (silent > SILENT_DAYS && silent > 2 * longest).then(|| {
        format!(
            "the newest payment is of {newest}, {silent} days before {as_of}, and in the year before it payments were never \
             more than {longest} days apart: the payments snapshot may be of an earlier day; wait for the export, or \
             correct --as-of"
        )
    })
}

/// What is missing of the payments, as far as they tell it themselves: they end too early, begin too late, or pause.
/// `companies` = those to which it matters; none = all.
pub fn gaps(
    seen: &Seen<'_>,
    (facts, companies): (&Facts, Option<&BTreeSet<String>>),
    as_of: NaiveDate,
    plan: &Plan,
) -> Vec<String> {
    let mut found: Vec<String> = silence(seen.paid, as_of).into_iter().chain(vanished(seen.vanished)).collect();
    // Of open items nobody expects the payments of what is settled.
    if plan.has_open_scope() {
        found.extend(seen.invoices.and_then(two_snapshots));
        return found;
    }
    let percent_max = plan.limits.unpaid_start_percent_max;
    let matters = |company: &String| companies.is_none_or(|companies| companies.contains(company));
    for (company, months) in months_of(facts).iter().filter(|(company, _)| matters(company)) {
        found.extend(late_start(company, months, as_of, percent_max));
        found.extend(pauses(company, months, as_of, percent_max));
    }
    for (company, days) in days_of(facts).iter().filter(|(company, _)| matters(company)) {
        found.extend(weak_end(company, days));
    }
    found
}

/// What the pass over the inputs saw that tells of payments, or of debtors, which are not there.
pub struct Seen<'s> {
    paid: &'s PaidDays,
    invoices: Option<Copies>,
    vanished: Vanished,
}

impl<'s> Seen<'s> {
    /// `copies`: rows of the invoices that say again what another says.
    pub fn of((paid, vanished): (&'s PaidDays, Vanished), snapshots: &Snapshots, copies: u64) -> Seen<'s> {
        let invoices = snapshots.get("invoices").map(|invoices| Copies { rows: invoices.rows(), copies });
        Seen { paid, invoices, vanished }
    }
}

/// Rows of an input, and how many of them say again what another says.
#[derive(Clone, Copy, Debug)]
struct Copies {
    /// With those that are copies.
    rows: u64,
    copies: u64,
}

/// Says so where half of the open items or more stand twice, and not all: a path that matches the exports of several days. What
/// was paid between them is open in the older ones.
fn two_snapshots(Copies { rows, copies }: Copies) -> Option<String> {
    let different = rows.saturating_sub(copies);
    // An export that stands there twice, or three times, is one.
    let is_whole = different > 0 && rows % different == 0;
    (copies > ROWS_MIN && copies * 2 >= different && !is_whole).then(|| {
        format!(
            "invoices snapshot: {copies} of its {rows} rows are exact copies of others, but not all are: its path may match the \
             exports of several days, and what was paid between them is open in the older ones; name one file, or put {{as_of}} into \
             the path"
        )
    })
}

/// Says so where a company has next to no payments of late, fewer than in any days of the year before, while its items fall
/// due as ever: a part of its payments is not in the export, or none.
fn weak_end(company: &str, days: &BTreeMap<i64, DayCounts>) -> Option<String> {
    let first = days.iter().rev().find(|(_, counts)| counts.paid > 0).map(|(ago, _)| *ago)?;
    let sum = |from: i64, length: i64, of: fn(&DayCounts) -> u64| -> u64 {
        days.range(from..from + length).map(|(_, counts)| of(counts)).sum()
    };
    if first < USUAL_DAYS {
        return None;
    }
    let weak = WEAK_DAYS.into_iter().find_map(|length| {
        let weakest = (length..=first + 1 - length).map(|from| sum(from, length, |counts| counts.paid)).min()?;
        let (paid, late) = (sum(0, length, |counts| counts.paid), sum(0, length, |counts| counts.late));
        (late > ROWS_MIN && paid * 5 < weakest).then_some((length, paid, late, weakest))
    });
    weak.map(|(length, paid, late, weakest)| {
        format!(
            "company {company} has {} in the last {length} days, and never had fewer than {weakest} in so many days of the year \
             before, while {} fell due in them and are open: its payments may be missing. Wait for the export, or \
             --accept-volume \"why\"",
            plural(paid, "payment", "payments"),
            plural(late, "item", "items"),
        )
    })
}

/// Months in which a company was paid, or next to nothing: a few strays are no payments.
fn is_paid(months: &BTreeMap<i64, MonthCounts>) -> impl Fn(&MonthCounts) -> bool + use<> {
    let most = months.values().map(|counts| counts.paid).max().unwrap_or(0);
    move |counts| counts.paid > 0 && counts.paid * 10 >= most
}

/// The name of a month that is given as 12 x year + month.
fn name(month: i64) -> String {
    format!("{}-{:02}", (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1)
}

/// "in 2026-02", "from 2026-02 to 2026-03".
fn span(from: i64, to: i64) -> String {
    if from == to { format!("in {}", name(from)) } else { format!("from {} to {}", name(from), name(to)) }
}

/// Items that are billed in so many months, by the three from the first on, as far as they have passed.
fn billed_from(months: &BTreeMap<i64, MonthCounts>, (first, this): (i64, i64), length: i64) -> u64 {
    let to = (first + MONTHS_BEFORE - 1).min(this - 1).max(first);
    let billed: u64 = months.range(first..=to).map(|(_, counts)| counts.billed).sum();
    billed * length as u64 / (to - first + 1) as u64
}

/// Says so where a company has next to no payments in months between others, though its items fell due in them.
fn pauses(company: &str, months: &BTreeMap<i64, MonthCounts>, as_of: NaiveDate, percent_max: u32) -> Vec<String> {
    let this = i64::from(as_of.year()) * 12 + i64::from(as_of.month());
    let is_paid = is_paid(months);
    let paid: Vec<i64> = months.iter().filter(|(_, counts)| is_paid(counts)).map(|(month, _)| *month).collect();
    let pauses = paid.windows(2).filter_map(|pair| {
        let (from, to) = (pair[0] + 1, pair[1] - 1);
        if from > to {
            return None;
        }
        let late: u64 = months.range(from..=to).map(|(_, counts)| counts.late).sum();
        let usual = billed_from(months, (to + 1, this), to - from + 1);
        (late > ROWS_MIN && late * 100 > usual * u64::from(percent_max) && percent_max < 100).then(|| {
            format!(
                "company {company} has next to no payments {}, in which {late} items fell due that are open, and has \
                 some before and after: whoever paid then would be asked again. Export the payments of all that the invoices hold; if \
                 they are complete, set limits.unpaid_start_percent_max = 100 (it is {percent_max})",
                span(from, to),
            )
        })
    });
    pauses.collect()
}

/// Says so where nearly all that fell due before a company's first payments stands as if it had never been paid. Of a ledger
/// that begins there, and of one that took over what was open in another system, little fell due before its first payment;
/// of an export of the newest payments alone, as much as ever.
fn late_start(
    company: &str,
    months: &BTreeMap<i64, MonthCounts>,
    as_of: NaiveDate,
    percent_max: u32,
) -> Option<String> {
    let this = i64::from(as_of.year()) * 12 + i64::from(as_of.month());
    let is_paid = is_paid(months);
    let begins = months.iter().find(|(_, counts)| is_paid(counts)).map(|(month, _)| *month);
    let first = begins.unwrap_or(this);
    let sum = |from: i64, to: i64, of: fn(&MonthCounts) -> u64| -> u64 {
        months.iter().filter(|(month, _)| (from..=to).contains(*month)).map(|(_, counts)| of(counts)).sum()
    };
    let (from, to) = (first - 1 - MONTHS_BEFORE, first - 2);
    let (late, paid) = (sum(from, to, |counts| counts.late), sum(from, to, |counts| counts.paid));
    // In as many months since, as far as they have passed.
    let since = begins.map_or(late, |first| billed_from(months, (first, this), MONTHS_BEFORE));
    if late <= ROWS_MIN || paid * 10 >= late || late * 100 <= since * u64::from(percent_max) || percent_max >= 100 {
        return None;
    }
    let has = begins.map_or("no payments".to_owned(), |first| format!("payments only from {} on", name(first)));
    Some(format!(
        "company {company} has {has}, and {late} of its items that fell due from {} to {} are open: whoever paid them would be \
         asked again. Export the payments of all that the invoices hold; if they are complete, set \
         limits.unpaid_start_percent_max = 100 (it is {percent_max})",
        name(from),
        name(to),
    ))
}

/// Payments that pay nothing here: too many of them, and the portfolio would be dunned for what it has paid.
///
/// # Errors
/// `Contract` where more of what was paid than the limit allows matches no invoice, or where cash is unidentified and the
/// pipeline stops on that.
pub fn cash(plan: &Plan, paid: &BTreeMap<String, Cash>, unidentified: &Unidentified, facts: &Facts) -> Result<()> {
    let mut errors = Vec::new();
    if plan.stops_on_unidentified() {
        let remedy = "correct the export, or set unidentified = \"count\" in [inputs.payments]";
        errors.extend(unidentified_notes(unidentified).into_iter().map(|what| format!("{what}; {remedy}")));
    }
    // Where the invoices hold open items only, what was paid earlier names invoices that are gone.
    for (currency, cash) in paid.iter().filter(|_| !plan.has_open_scope()) {
        // One odd payment speaks of itself, and so do a few of thousands.
        let odd_rows = cash.unknown_rows + cash.negative_rows;
        if odd_rows < ODD_PAYMENTS_MIN || (odd_rows <= ROWS_MIN && odd_rows * 100 <= cash.rows) {
            continue;
        }
        let unknown = ledger_sum(facts, "unknown_amount", currency).unsigned_abs();
        errors.extend(unmatched(currency, *cash, unknown, plan.limits.unmatched_percent_max));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Contract(Lines(errors))) }
}

fn unmatched(currency: &str, cash: Cash, unknown: u128, percent_max: u32) -> Option<String> {
    let negative = cash.negative.unsigned_abs();
    let all = cash.paid.unsigned_abs() + negative;
    if (unknown + negative) * 100 <= all.max(unknown) * u128::from(percent_max) {
        return None;
    }
    let text = |minor: u128| Amount(i64::try_from(minor).unwrap_or(i64::MAX)).to_string();
    Some(format!(
        "payments snapshot: of {currency} {} paid, {currency} {} is for invoices that are not in the invoices snapshot, \
         and {currency} {} is negative but reverses nothing: more than limits.unmatched_percent_max = {percent_max} \
         allows. Likely causes: payments are written below zero (set sign = \"negative\" in [inputs.payments]), invoice \
         numbers lost their leading zeros, or paid invoices are no longer exported (set scope = \"open\" in \
         [inputs.invoices]). `regua inputs --profile` shows the shares",
        text(all),
        text(unknown),
        text(negative),
    ))
}

/// Company and currency = payments that name neither a debtor nor a known invoice, in minor units.
pub type Unidentified = BTreeMap<(String, String), i128>;

/// Notes about payments that name neither a debtor nor a known invoice.
pub fn unidentified_notes(sums: &Unidentified) -> Vec<String> {
    let text = |((company, currency), minor): (&(String, String), &i128)| {
        let amount = Amount(i64::try_from(*minor).unwrap_or(i64::MAX));
        format!(
            "payments snapshot: {currency} {amount} of company {company} name neither a debtor nor a known invoice and \
             pay nothing (unidentified_amount in kpi_portfolio)"
        )
    };
    sums.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A working week with payments on each day, up to so many days before the date; is it an earlier export?
    #[test]
    fn payments_that_stopped_are_those_of_an_earlier_export() {
        let as_of = NaiveDate::from_ymd_opt(2026, 6, 30).expect("a date");
        let paid = |from: i32, every: usize, days: i32| {
            let mut paid = PaidDays::default();
            (from..from + days).step_by(every).for_each(|day| paid.add(day));
            paid
        };
        for (case, paid, stops) in [
            ("paid today", paid(0, 1, 300), false),
            ("a week ago", paid(7, 1, 300), false),
            ("eight days ago", paid(8, 1, 300), true),
            ("a month ago", paid(31, 1, 300), true),
            ("every ten days, and the last twenty days ago", paid(20, 10, 300), false),
            ("every ten days, and the last three weeks ago", paid(21, 10, 300), true),
            ("too few to say", paid(31, 1, 19), false),
            ("nothing for more than a year", paid(400, 1, 300), false),
            ("payments to come are none yet", paid(-5, 1, 300), false),
        ] {
            assert_eq!(silence(&paid, as_of).is_some(), stops, "{case}: {:?}", paid.silence());
        }
    }

    /// What fell due and was billed each month, and from which month on it was paid; is it an export of the newest payments?
    #[test]
    fn payments_that_begin_too_late_are_those_of_a_window() {
        let as_of = NaiveDate::from_ymd_opt(2026, 6, 30).expect("a date");
        let this = 2026 * 12 + 6;
        let ledger = |(before, since): (u64, u64), paid: &[(i64, u64)]| {
            let mut months: BTreeMap<i64, MonthCounts> = (this - 11..=this)
                .map(|month| {
                    let due = if month < this - 5 { before } else { since };
                    (month, MonthCounts { billed: due, late: due, paid: 0 })
                })
                .collect();
            for (ago, payments) in paid {
                months.entry(this - ago).or_default().paid = *payments;
            }
            months
        };
        // Nine payments a month, and a hundred in the last: nine are less than a tenth.
        let grown: Vec<(i64, u64)> = (1..12).map(|ago| (ago, 9)).chain([(0, 100)]).collect();
        let half: Vec<(i64, u64)> = (0..6).map(|ago| (ago, 90)).collect();
        let whole: Vec<(i64, u64)> = (0..12).map(|ago| (ago, 90)).collect();
        for (case, due, paid, percent_max, stops) in [
            ("paid from the first month on", (100, 100), &whole[..], 50, false),
            ("half of the year was never paid", (100, 100), &half, 50, true),
            ("with a stray payment before", (100, 100), &[&half[..], &[(11, 1)]].concat(), 50, true),
            ("what was open was taken over from another system", (20, 100), &half, 50, false),
            ("a portfolio that grew", (60, 100), &half, 50, true),
            ("few payments that became many", (10, 10), &grown, 50, false),
            ("the limit is raised", (60, 100), &half, 60, false),
            ("too few to say", (6, 6), &half, 50, false),
            ("nothing was ever paid", (100, 100), &[], 50, true),
            ("nothing was ever paid, and that is right", (100, 100), &[], 100, false),
            ("all of it fell due long ago", (100, 0), &[], 50, false),
        ] {
            let months = ledger(due, paid);
            assert_eq!(late_start("C1", &months, as_of, percent_max).is_some(), stops, "{case}");
        }
    }

    /// Payments of each of the last months, from this one backwards, beside a hundred items that are billed and fall due in each.
    #[test]
    fn payments_that_pause_are_missing() {
        let as_of = NaiveDate::from_ymd_opt(2026, 6, 10).expect("a date");
        let this = 2026 * 12 + 6;
        let stops = |paid: &[u64], due: &[u64], percent_max: u32| {
            let months = paid.iter().zip(due).enumerate();
            let months = months
                .map(|(ago, (paid, due))| (this - ago as i64, MonthCounts { billed: *due, late: *due, paid: *paid }));
            !pauses("C1", &months.collect(), as_of, percent_max).is_empty()
        };
        let due = [100; 8];
        for (case, paid, due, percent_max, is_gap) in [
            ("paid in every month", [30, 90, 90, 90, 90, 90, 90, 90], due, 50, false),
            ("two months are missing", [30, 90, 0, 0, 90, 90, 90, 90], due, 50, true),
            ("but for a few strays", [30, 90, 5, 0, 90, 90, 90, 90], due, 50, true),
            ("the last month", [30, 0, 90, 90, 90, 90, 90, 90], due, 50, true),
            (
                "little falls due in them",
                [30, 90, 0, 0, 90, 90, 90, 90],
                [100, 100, 9, 9, 100, 100, 100, 100],
                50,
                false,
            ),
            ("a business of one season", [0, 0, 0, 0, 0, 90, 90, 0], due, 50, false),
            ("too few to say", [5, 5, 0, 5, 5, 5, 5, 5], [6; 8], 50, false),
            ("they are complete", [30, 90, 0, 0, 90, 90, 90, 90], due, 100, false),
        ] {
            assert_eq!(stops(&paid, &due, percent_max), is_gap, "{case}");
        }
    }

    /// Payments a day of the last days, and of the others of the year, beside so many items a day that are late and open.
    #[test]
    fn payments_that_became_few_are_missing() {
        let stops = |(last, few): (i64, u64), usual: u64, late: u64| {
            let of = |ago: i64| DayCounts { paid: if ago < last { few } else { usual }, late };
            weak_end("C1", &(0..365).map(|ago| (ago, of(ago))).collect()).is_some()
        };
        for (case, last, usual, late, is_weak) in [
            ("as ever", (0, 0), 10, 10, false),
            ("none for six days", (6, 0), 10, 10, true),
            ("none for five days", (5, 0), 10, 10, false),
            ("one a day", (14, 1), 10, 10, true),
            ("a third of them", (14, 3), 10, 10, false),
            ("nothing falls due", (28, 0), 10, 0, false),
            ("a small company, none for two weeks", (14, 0), 1, 2, true),
        ] {
            assert_eq!(stops(last, usual, late), is_weak, "{case}");
        }
        // A weaker week of the year before says that this one may be weak.
        let mut days: BTreeMap<i64, DayCounts> = (0..365).map(|ago| (ago, DayCounts { paid: 10, late: 10 })).collect();
        (0..7).chain(180..187).for_each(|ago| days.entry(ago).or_default().paid = 0);
        assert_eq!(weak_end("C1", &days), None);
        // A short past says nothing.
        let young = (0..100).map(|ago| (ago, DayCounts { paid: if ago < 28 { 0 } else { 10 }, late: 10 }));
        assert_eq!(weak_end("C1", &young.collect()), None);
    }

    #[test]
    fn open_items_that_mostly_stand_twice_are_those_of_two_days() {
        for (case, rows, copies, stops) in [
            ("one file", 1000, 0, false),
            ("a few rows twice", 1000, 50, false),
            ("one file, exported twice", 2000, 1000, false),
            ("two days", 1990, 960, true),
            ("one file, three times", 3000, 2000, false),
            ("three days", 3000, 1900, true),
            ("too few to say", 39, 18, false),
        ] {
            assert_eq!(two_snapshots(Copies { rows, copies }).is_some(), stops, "{case}");
        }
    }

    /// Paid, below zero, unknown; does it stop a run at 5 per cent?
    #[test]
    fn payments_that_match_nothing_stop_a_run_above_their_share() {
        let table = [
            (10_000, 0, 0, false),
            (10_000, 0, 500, false),
            (10_000, 0, 501, true),
            (0, -10_000, 0, true),
            (9500, -500, 0, false),
            (9500, -500, 1, true),
            // Refunds do not make what was paid less.
            (100_000, 0, 500, false),
            (0, 0, 0, false),
            // Nothing but what takes back payments that are not there.
            (0, 0, 1, true),
        ];
        for (paid, negative, unknown, stops) in table {
            let cash = Cash { paid, negative, ..Cash::default() };
            assert_eq!(unmatched("BRL", cash, unknown, 5).is_some(), stops, "{cash:?} {unknown}");
        }
    }
}
