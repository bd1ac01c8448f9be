//! What an experiment has shown: by how much two arms differ and how sure that is, with and without what their groups paid before it
//! began; whether the arms are drawn as they should be; and when there is a verdict.
//!
//! Groups are the clusters: of one group all invoices are in one arm, and one that pays late pays them all late. The errors come from
//! `kpi_experiments`, whose sums are exact; here they are only put together, by + − × ÷ √ alone, so that every machine says the same.

use chrono::NaiveDate;
use serde::Serialize;

use super::SHARES_WHOLE;

/// Standard errors on either side of a 95 % interval of many groups: the 97.5 % quantile of the normal distribution (NIST/SEMATECH
/// e-Handbook, 1.3.6.7.1).
pub const INTERVAL_ERRORS: f64 = 1.96;
/// The same where 1 to 9 challengers are asked about at once: its quantiles at 1 − 0.025 ÷ challengers (Bonferroni).
const BONFERRONI_ERRORS: [f64; 9] = [INTERVAL_ERRORS, 2.2414, 2.3940, 2.4977, 2.5758, 2.6383, 2.6901, 2.7344, 2.7729];
/// Its 80 % quantile: an effect so many errors beyond the interval's end is found four times out of five.
const POWER_ERRORS: f64 = 0.8416;
/// The 99.9 % quantiles of chi-square for 1 to 9 degrees of freedom (same handbook, 1.3.6.7.4). A sound draw is above them once in a
/// thousand experiments.
const CHI_SQUARE_MOST: [f64; 9] = [10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.125, 27.877];
/// Groups that an arm should have for chi-square to be what its table says.
const EXPECTED_MIN: f64 = 5.0;
/// Groups that an arm has to have for an interval, as in `kpi_experiments`.
pub const GROUPS_MIN: u64 = 30;
/// Below so many groups in both arms a harm is not told from chance.
const HARMED_MIN: u64 = 5;

/// A number that is estimated, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// What it most likely is.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// What an arm paid of what it should have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// From 0 to 1.
    pub since: Estimate,
    /// None = nobody knows, or nobody should have paid anything then.
    pub before: Option<Before>,
}

/// The same of the window of equal length before the experiment began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before {
    /// From 0 to 1.
    pub rate: Estimate,
    /// Of this estimate and that since: how closely they go together.
    pub covariance: f64,
}

/// A difference after what the groups paid before is taken into account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// Of the rates, without the part that the time before explains.
    pub difference: Estimate,
    /// The share of the variance that is left: 1 = the time before says nothing.
    pub variance_left: f64,
}

/// How alike the items of a group are paid.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clustering {
    /// How many times the variance is that of independent items.
    pub design_effect: f64,
    /// From 0 (nothing to do with each other) to 1 (all alike); none where groups have one item each.
    pub correlation: Option<f64>,
}

/// Groups per arm against the shares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SampleRatio {
    /// Σ (found − expected)² ÷ expected.
    pub chi_square: f64,
    /// Above it, something other than the draw decides who is compared.
    pub most: f64,
}

/// What an experiment says of one challenger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// No last day was fixed, so no day is the one to judge on.
    NoLastDay,
    /// Its last day is not over: whoever looks every week for six weeks reports a difference where there is none 16 times out of 100.
    NotYet {
        /// The first day with a verdict: a run of the last day does not know yet what is paid on it.
        on: NaiveDate,
    },
    /// An arm with groups is not configured any more, or an arm does something else than it began with.
    ArmsChanged,
    /// The arms are not as large as they were to be.
    Skewed,
    /// Its first or last day was set or moved after it began: whoever has looked can choose the days that suit.
    Moved,
    /// The first run that drew anybody came more than a week after its first day.
    BeganLate,
    /// Runs of more than a week of its days knew nothing of it.
    WasAbsent,
    /// Fewer than 30 effective groups in either arm.
    TooFewGroups,
    /// The challenger collects more.
    Better,
    /// It collects less.
    Worse,
    /// It may be either.
    NoDifference,
}

impl Estimate {
    /// Low end of its 95 % interval.
    pub fn low(&self) -> f64 {
        self.value - INTERVAL_ERRORS * self.error
    }

    /// High end of it.
    pub fn high(&self) -> f64 {
        self.value + INTERVAL_ERRORS * self.error
    }

    /// Both ends of the interval of so many errors on either side.
    pub fn interval(&self, errors: f64) -> (f64, f64) {
        (self.value - errors * self.error, self.value + errors * self.error)
    }
}

/// The least effect that a difference with this error shows four times out of five, by an interval of so many errors on either side.
pub fn least_detectable(error: f64, errors: f64) -> f64 {
    (errors + POWER_ERRORS) * error
}

/// Errors on either side of an interval that holds for all of so many challengers at once at 95 %, where the smallest arm tells as
/// much as so many groups of one size. Of few groups the error is itself uncertain, so it is a quantile of Student's t, with two degrees
/// of freedom fewer than groups, by its expansion around the normal one (Abramowitz and Stegun, 26.7.5); `kpi_experiments` has the same of
/// one challenger.
///
/// ```
/// use regua::domain::experiment::comparison::interval_errors;
/// assert!((interval_errors(62.0, 1) - 2.0003).abs() < 1e-4, "t of 60 degrees of freedom at 97.5 %");
/// assert!((interval_errors(32.0, 5) - 2.7500).abs() < 1e-3, "t of 30 at 99.5 %");
/// ```
pub fn interval_errors(effective_groups: f64, challengers: usize) -> f64 {
    let normal = BONFERRONI_ERRORS[challengers.clamp(1, BONFERRONI_ERRORS.len()) - 1];
    let (square, freedom) = (normal * normal, (effective_groups - 2.0).max(1.0));
    let terms = [
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) * normal / 384.0,
        ((5.0 * square + 16.0) * square + 3.0) * normal / 96.0,
        (square + 1.0) * normal / 4.0,
    ];
    normal + terms.iter().fold(0.0, |sum, term| (sum + term) / freedom)
}

/// The challenger less the champion.
///
/// ```
/// use regua::domain::experiment::comparison::{Estimate, difference};
/// let [champion, challenger] = [(0.5, 0.03), (0.6, 0.04)].map(|(value, error)| Estimate { value, error });
/// let found = difference(champion, challenger);
/// assert!((found.value - 0.1).abs() < 1e-12 && (found.error - 0.05).abs() < 1e-12);
/// assert!(found.low() > 0.0, "0.1 less 1.96 x 0.05");
/// ```
pub fn difference(champion: Estimate, challenger: Estimate) -> Estimate {
    let variance = champion.error * champion.error + challenger.error * challenger.error;
    Estimate { value: challenger.value - champion.value, error: variance.sqrt() }
}

/// The difference less what the time before explains of it (CUPED: Deng, Xu, Kohavi, Walker, WSDM 2013): the difference of the rates
/// before, times the factor that leaves the least variance. An arm has no hand in what was paid before it was drawn, so this moves no
/// expected value.
///
/// None where the time before is not known of both, or was the same for everybody.
pub fn adjusted(champion: &Rate, challenger: &Rate) -> Option<Adjusted> {
    let (was, were) = (champion.before?, challenger.before?);
    let before = difference(was.rate, were.rate);
    let since = difference(champion.since, challenger.since);
    let (variance, variance_before) = (since.error * since.error, before.error * before.error);
    if variance <= 0.0 || variance_before <= 0.0 {
        return None;
    }
    let covariance = was.covariance + were.covariance;
    let factor = covariance / variance_before;
    let left = (variance - factor * covariance).max(0.0);
    let difference = Estimate { value: since.value - factor * before.value, error: left.sqrt() };
    Some(Adjusted { difference, variance_left: left / variance })
}

/// From the error of a rate, what it would be of independent items, and the items per group (weighted by amount: Σ X² of the groups
/// over Σ x² of the items). Kish: design effect = 1 + (items per group − 1) × correlation.
pub fn clustering(error: f64, item_error: f64, items_per_group: f64) -> Option<Clustering> {
    if item_error <= 0.0 {
        return None;
    }
    let design_effect = (error * error) / (item_error * item_error);
    let more = items_per_group - 1.0;
    let correlation = (more > 0.0).then(|| ((design_effect - 1.0) / more).clamp(-1.0, 1.0));
    Some(Clustering { design_effect, correlation })
}

/// Share in per cent and groups of every arm. What the shares lack of 100 is of arms that have no groups at all.
///
/// None where an arm should have too few groups to tell, or there is but one arm.
pub fn sample_ratio(arms: &[(u32, u64)]) -> Option<SampleRatio> {
    let shares: u64 = arms.iter().map(|(share, _)| u64::from(*share)).sum();
    let rest = SHARES_WHOLE.checked_sub(u32::try_from(shares).ok()?).filter(|rest| *rest > 0).map(|share| (share, 0));
    let arms: Vec<(u32, u64)> = arms.iter().copied().chain(rest).collect();
    let all: u64 = arms.iter().map(|(_, groups)| groups).sum();
    let whole = shares.max(SHARES_WHOLE.into()) as f64;
    let expected = |share: u32| all as f64 * f64::from(share) / whole;
    let most = *CHI_SQUARE_MOST.get(arms.len().checked_sub(2)?)?;
    if arms.iter().any(|(share, _)| expected(*share) < EXPECTED_MIN) {
        return None;
    }
    let part = |(share, groups): &(u32, u64)| {
        let off = *groups as f64 - expected(*share);
        off * off / expected(*share)
    };
    Some(SampleRatio { chi_square: arms.iter().map(part).sum(), most })
}

impl SampleRatio {
    /// Are the arms as large as their shares say, but for chance?
    pub fn holds(&self) -> bool {
        self.chi_square <= self.most
    }
}

/// Groups to which something happened, and all of them, by arm: are those of the challenger more than chance explains?
///
/// It is one of forty such questions that chance answers with yes.
pub fn is_more(champion: (u64, u64), challenger: (u64, u64)) -> bool {
    let (hit, all) = (champion.0 + challenger.0, champion.1 + challenger.1);
    if champion.1 == 0 || challenger.1 == 0 || hit < HARMED_MIN {
        return false;
    }
    let share = |(hit, all): (u64, u64)| hit as f64 / all as f64;
    let both = share((hit, all));
    let error = (both * (1.0 - both) * (1.0 / champion.1 as f64 + 1.0 / challenger.1 as f64)).sqrt();
    Estimate { value: share(challenger) - share(champion), error }.low() > 0.0
}

/// What a verdict on a challenger goes by.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    /// The last day; None = none was fixed.
    pub ends_on: Option<NaiveDate>,
    /// The date of the run whose figures they are.
    pub as_of: NaiveDate,
    /// What cannot be mended by waiting: `ArmsChanged`, `Moved`, `BeganLate` or `WasAbsent`.
    pub spoilt: Option<Verdict>,
    /// None where the arms have too few groups to tell.
    pub ratio: Option<SampleRatio>,
    /// Both ends of the interval of the difference; None where an arm has too few groups for one.
    pub interval: Option<(f64, f64)>,
}

/// The verdict on a challenger.
pub fn verdict(evidence: &Evidence) -> Verdict {
    let Some(last) = evidence.ends_on else { return Verdict::NoLastDay };
    // Before the last day too: a day for a verdict would be a promise.
    if let Some(spoilt) = evidence.spoilt {
        return spoilt;
    }
    if evidence.as_of <= last {
        return Verdict::NotYet { on: last.succ_opt().unwrap_or(last) };
    }
    match evidence.interval {
        _ if evidence.ratio.is_some_and(|ratio| !ratio.holds()) => Verdict::Skewed,
        None => Verdict::TooFewGroups,
        Some((low, _)) if low > 0.0 => Verdict::Better,
        Some((_, high)) if high < 0.0 => Verdict::Worse,
        Some(_) => Verdict::NoDifference,
    }
}

#[cfg(test)]
mod tests;
