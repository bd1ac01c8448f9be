//! How many groups an experiment needs, and what it can find with those that there are.

use super::comparison::{Estimate, GROUPS_MIN, INTERVAL_ERRORS, least_detectable};

/// How differently groups pay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Groups that there are.
    pub groups: u64,
    /// Standard deviation of a group's part in the rate.
    pub deviation: f64,
}

impl Spread {
    /// Of groups whose rate has this error: that of a mean, so the deviation of one is √groups times it.
    pub fn of(groups: u64, rate: Estimate) -> Spread {
        Spread { groups, deviation: rate.error * (groups as f64).sqrt() }
    }

    /// What is left of it once the time before is taken into account.
    pub fn adjusted(&self, correlation: f64) -> Spread {
        Spread { deviation: self.deviation * variance_left(correlation).sqrt(), ..*self }
    }

    /// Groups that each of two arms of one size needs to find an effect four times out of five, at 5 %; never fewer than an
    /// interval takes.
    ///
    /// ```
    /// use regua::domain::experiment::size::Spread;
    /// // Half of the groups pay all and half nothing: 2 x (2.8016 x 0.5 / 0.03)².
    /// assert_eq!(Spread { groups: 10_000, deviation: 0.5 }.needed(0.03), 4_361);
    /// ```
    pub fn needed(&self, effect: f64) -> u64 {
        let errors = least_detectable(self.deviation, INTERVAL_ERRORS) / effect;
        ((2.0 * errors * errors).ceil() as u64).max(GROUPS_MIN)
    }

    /// The least effect that arms of these shares, in per cent, find four times out of five, at 5 %.
    pub fn least_detectable(&self, champion: u32, challenger: u32) -> f64 {
        let arm = |share: u32| 100.0 / (f64::from(share) * self.groups as f64);
        least_detectable(self.deviation * (arm(champion) + arm(challenger)).sqrt(), INTERVAL_ERRORS)
    }
}

/// How closely a rate goes with that of the time before; none where either was the same for everybody.
pub fn correlation(since: Estimate, before: Estimate, covariance: f64) -> Option<f64> {
    let spread = since.error * before.error;
    (spread > 0.0).then(|| (covariance / spread).clamp(-1.0, 1.0))
}

/// The share of the variance that the time before does not explain.
pub fn variance_left(correlation: f64) -> f64 {
    1.0 - correlation * correlation
}
