//! What may come in week by week, and how far from it the receipts of a week are.
//!
//! Bills of a debtor are paid together, so the receipts of a week scatter more than those of bills that have nothing to do with one another.
//! How much more (the dispersion of a quasi-likelihood) is measured where a model was tried, and widens the band.

use serde::{Deserialize, Serialize};

/// Weeks ahead that are forecast.
pub const WEEKS: usize = 13;
/// Standard deviations on either side that hold eight in ten of a normal distribution.
const BAND_DEVIATIONS: f64 = 1.281_551_565_544_6;
/// Parts of a chance by which an amount is weighed: sums are of whole numbers, in whatever order they are added.
pub const PARTS: f64 = 1_048_576.0;

/// What is expected of a week, added up over bills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// In parts of minor units.
    expected: i128,
    /// If no bill had to do with another: in parts of squared units of currency.
    variance: i128,
}

impl Receipts {
    /// An amount, in minor units, that is paid in the week with this chance.
    pub fn add(&mut self, amount: i64, chance: f64) {
        let units = i128::from(amount / 100);
        // Cut off, as below: all weeks together are never more than is open.
        self.expected += i128::from(amount) * (chance * PARTS).floor() as i128;
        // Of amounts that no ledger has, the band is as wide as may be.
        let squared = (units * units).saturating_mul((chance * (1.0 - chance) * PARTS).round() as i128);
        self.variance = self.variance.saturating_add(squared);
    }

    /// Those of other bills.
    pub fn merge(&mut self, other: &Receipts) {
        self.expected += other.expected;
        self.variance = self.variance.saturating_add(other.variance);
    }

    /// In minor units, cut off.
    pub fn expected(&self) -> i128 {
        self.expected.div_euclid(PARTS as i128)
    }

    /// In squared units of currency, rounded half up.
    pub fn variance(&self) -> i128 {
        let parts = PARTS as i128;
        self.variance.saturating_add(parts / 2).div_euclid(parts)
    }
}

/// A week that was forecast, and is over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Week {
    /// What was expected of it.
    pub receipts: Receipts,
    /// In minor units.
    pub came: i128,
}

impl Week {
    /// Those of other bills.
    pub fn merge(&mut self, other: &Week) {
        self.receipts.merge(&other.receipts);
        self.came += other.came;
    }

    /// Square of what it missed, over what bills that have nothing to do with one another would miss; none where nothing was expected.
    fn dispersion(&self) -> Option<f64> {
        let missed = (self.came as f64 - self.receipts.expected as f64 / PARTS) / 100.0;
        (self.receipts.variance > 0).then(|| missed * missed / (self.receipts.variance as f64 / PARTS))
    }
}

/// How far from what is expected the receipts of a week are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// By how much the variance is above that of bills that have nothing to do with one another; at least 1.
    pub dispersion: f64,
    /// Share of the weeks whose receipts were within the band for eight in ten.
    pub coverage: f64,
    /// Weeks that were tried.
    pub weeks: u64,
}

impl Band {
    /// `None` where nothing was expected of any week.
    pub fn of<'w>(weeks: impl Iterator<Item = &'w Week>) -> Option<Band> {
        let found: Vec<f64> = weeks.filter_map(Week::dispersion).collect();
        if found.is_empty() {
            return None;
        }
        let count = found.len() as f64;
        let dispersion = (found.iter().sum::<f64>() / count).max(1.0);
        let within = found.iter().filter(|own| **own <= BAND_DEVIATIONS * BAND_DEVIATIONS * dispersion).count();
        Some(Band { dispersion, coverage: within as f64 / count, weeks: found.len() as u64 })
    }

    /// How far on either side of what is expected eight weeks in ten are, in deviations of bills that have nothing to do with one another.
    pub fn width(&self) -> f64 {
        BAND_DEVIATIONS * self.dispersion.sqrt()
    }

    /// Is it made of numbers?
    pub fn is_whole(&self) -> bool {
        self.dispersion >= 1.0 && self.dispersion.is_finite() && (0.0..=1.0).contains(&self.coverage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(amount: i64, chance: f64, bills: usize, came: i128) -> Week {
        let mut week = Week { came, ..Week::default() };
        (0..bills).for_each(|_| week.receipts.add(amount, chance));
        week
    }

    #[test]
    fn receipts_are_worked_out_by_hand() {
        let mut sums = Receipts::default();
        sums.add(10_000, 0.5);
        sums.add(30_000, 0.25);
        // 50 + 75; 100² × 1/4 + 300² × 3/16.
        assert_eq!((sums.expected(), sums.variance()), (12_500, 2_500 + 16_875));
        let mut of_two = Receipts::default();
        [Receipts::default(), sums].iter().for_each(|other| of_two.merge(other));
        assert_eq!(of_two, sums);
    }

    /// Of bills that are paid together all or none comes: the band is as wide as that needs.
    #[test]
    fn a_band_is_as_wide_as_the_weeks_were() {
        let alone = |came: i128| week(10_000, 0.5, 100, came * 10_000);
        let quiet = [alone(50), alone(45), alone(55), alone(50)];
        let band = Band::of(quiet.iter()).unwrap();
        assert_eq!((band.dispersion, band.coverage, band.weeks), (1.0, 1.0, 4));
        assert!((band.width() - 1.2816).abs() < 1e-4, "{}", band.width());
        let wild = [alone(0), alone(100), alone(100), alone(50)];
        let band = Band::of(wild.iter()).unwrap();
        assert!((band.dispersion - 75.0).abs() < 1e-9, "{band:?}");
        assert_eq!(band.coverage, 1.0);
        let mostly = [alone(50), alone(50), alone(50), alone(50), alone(0)];
        assert_eq!(Band::of(mostly.iter()).unwrap().coverage, 0.8);
        assert_eq!(Band::of([week(10_000, 0.0, 3, 0)].iter()), None, "nothing was expected");
    }
}
