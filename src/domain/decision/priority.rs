//! How urgent an action is, so that a person who calls begins with what is worth most.
//!
//! Priority = open amount in whole units × chance of recovery × urgency, in integers. The chance is a share of 100,
//! from `CHANCE_BEST` for the least risky to `CHANCE_WORST` for the riskiest: by the rank of the risk band where there
//! is a scorecard, else by the share of items that were late, else (no history) half-way. Urgency grows by one for
//! every 30 days past due and stops growing after `URGENT_DAYS_MAX`, when waiting longer changes little.

use super::{AccountContext, Amount, Item};

const CHANCE_BEST: i64 = 90;
const CHANCE_WORST: i64 = 30;
const URGENT_DAYS_MAX: i64 = 180;

impl AccountContext<'_> {
    pub(super) fn priority(&self, cited: &[&Item]) -> i64 {
        let open: Amount = cited.iter().map(|i| i.open).sum();
        let days = cited.iter().map(|i| i.days_past_due).max().unwrap_or(0).clamp(0, URGENT_DAYS_MAX);
        let weighted = i128::from(open.0 / 100) * i128::from(self.chance()) * i128::from(30 + days) / (100 * 30);
        i64::try_from(weighted).unwrap_or(i64::MAX)
    }

    /// In per cent.
    fn chance(&self) -> i64 {
        let bands = &self.rules.scorecard.bands;
        let rank =
            self.classification.risk_band.as_ref().and_then(|band| bands.iter().position(|(_, name)| name == band));
        let profile = &self.account.profile;
        let (worse, of) = match rank {
            Some(rank) if bands.len() > 1 => (rank as i64, bands.len() as i64 - 1),
            _ if profile.items_due > 0 => (profile.items_due - profile.paid_on_time, profile.items_due),
            _ => (1, 2),
        };
        CHANCE_BEST - (CHANCE_BEST - CHANCE_WORST) * worse.clamp(0, of) / of
    }
}
