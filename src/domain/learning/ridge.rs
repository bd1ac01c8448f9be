//! Ridge regression by its normal equations: sums of products in whole numbers, then one Cholesky decomposition.

use serde::{Deserialize, Serialize};

use super::features::{FEATURES, Features, PARTS};

const SIZE: usize = FEATURES.len();
/// How strongly coefficients are drawn to zero, in rows.
const PENALTY: f64 = 50.0;
/// No regression over days has a weight like this; whoever wrote it did not train it.
const WEIGHT_MAX: f64 = 1e9;
/// A bill is looked at as if no feature of it were further from the average than this many standard deviations: where all terms
/// were thirty days, nobody has learnt what sixty do, and a straight line through them would still say something.
const SPREADS_MAX: f64 = 3.0;
/// Beyond so many days late or early bills rank alike.
const RANK_DAYS: i64 = 30;

/// Sums over the rows that a regression learns from. They are exact: whoever adds them in whatever order has the same.
#[derive(Clone, Debug)]
pub struct Moments {
    rows: i128,
    /// Of pairs of features, in 1/1024²; the upper triangle.
    products: Box<[[i128; SIZE]; SIZE]>,
    /// Of each feature, in 1/1024, and the days late.
    with_delay: [i128; SIZE],
    /// Of each feature and the rank of those days, in 1/1024².
    with_rank: [i128; SIZE],
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { rows: 0, products: Box::new([[0; SIZE]; SIZE]), with_delay: [0; SIZE], with_rank: [0; SIZE] }
    }
}

impl Moments {
    /// One row: features and days late.
    pub fn add(&mut self, features: &Features, delay: i64) {
        let rank = rank(delay);
        self.rows += 1;
        for (at, value) in features.values.iter().enumerate().filter(|(_, value)| **value != 0) {
            self.with_delay[at] += i128::from(value * delay);
            self.with_rank[at] += i128::from(value * rank);
            for (sum, other) in self.products[at][at..].iter_mut().zip(&features.values[at..]) {
                *sum += i128::from(value * other);
            }
        }
    }

    /// Those of other rows.
    pub fn merge(&mut self, other: &Moments) {
        self.rows += other.rows;
        self.with_delay.iter_mut().zip(other.with_delay).for_each(|(sum, other)| *sum += other);
        self.with_rank.iter_mut().zip(other.with_rank).for_each(|(sum, other)| *sum += other);
        for (sums, others) in self.products.iter_mut().zip(other.products.iter()) {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
        }
    }

    /// Rows added.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.rows).unwrap_or(u64::MAX)
    }

    /// Sum of one feature, in parts: it is that of its products with the first, which is always one.
    fn sum(&self, at: usize) -> i128 {
        self.products[0][at] / i128::from(PARTS)
    }

    /// Covariance of two features in parts, times the square of the rows: exact.
    fn covariance(&self, one: usize, other: usize) -> f64 {
        let products = self.products[one.min(other)][one.max(other)];
        (self.rows * products - self.sum(one) * self.sum(other)) as f64
    }

    /// What fits the days late best, and what fits their rank.
    pub fn fit(&self) -> Fit {
        Fit { days: self.coefficients(&self.with_delay, 1), rank: self.coefficients(&self.with_rank, PARTS) }
    }

    /// The coefficients that fit a target best, which is a whole number of parts; those of features that never vary are zero.
    fn coefficients(&self, with_target: &[i128; SIZE], parts: i64) -> Coefficients {
        let rows = self.rows.max(1) as f64;
        let targets = with_target[0] / i128::from(PARTS);
        let deviations: Vec<f64> = (0..SIZE).map(|at| self.covariance(at, at).max(0.0).sqrt()).collect();
        let used: Vec<usize> = (1..SIZE).filter(|at| deviations[*at] > 0.0).collect();
        let matrix = |a: usize, b: usize| {
            let correlation = self.covariance(used[a], used[b]) / (deviations[used[a]] * deviations[used[b]]);
            rows * correlation + if a == b { PENALTY } else { 0.0 }
        };
        let with = |at: usize| (self.rows * with_target[at] - self.sum(at) * targets) as f64 / parts as f64;
        let wanted: Vec<f64> = used.iter().map(|at| with(*at) / deviations[*at]).collect();
        let average = targets as f64 / (rows * parts as f64);
        let mut fitted =
            Coefficients { average, weights: vec![0.0; SIZE], means: vec![0.0; SIZE], spreads: vec![0.0; SIZE] };
        for (at, weight) in used.iter().zip(solve(matrix, wanted)) {
            fitted.weights[*at] = weight * rows * PARTS as f64 / deviations[*at];
            fitted.means[*at] = self.sum(*at) as f64 / (rows * PARTS as f64);
            fitted.spreads[*at] = deviations[*at] / (rows * PARTS as f64);
        }
        fitted
    }
}

/// Days late as they order bills, in 1/1024: the root of up to thirty days, so that a bill that is months late counts for a few and
/// not for a hundred.
fn rank(delay: i64) -> i64 {
    let root = (delay.abs().min(RANK_DAYS) as f64).sqrt();
    delay.signum() * (root * PARTS as f64).round() as i64
}

/// Both regressions over the same rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Days late that are expected: they are told to people.
    pub days: Coefficients,
    /// The rank by which the curve is chosen.
    pub rank: Coefficients,
}

/// What a regression has learnt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coefficients {
    /// Of an average bill.
    average: f64,
    /// What each unit of each feature adds.
    weights: Vec<f64>,
    /// The average bill.
    means: Vec<f64>,
    /// Standard deviations of the features.
    spreads: Vec<f64>,
}

impl Coefficients {
    /// What is expected of a bill.
    pub fn predict(&self, features: &Features) -> f64 {
        (0..SIZE).fold(self.average, |sum, at| sum + self.contribution(features, at))
    }

    /// What one feature adds to an average bill: they add up to what is expected.
    pub fn contribution(&self, features: &Features, at: usize) -> f64 {
        let most = SPREADS_MAX * self.spreads[at];
        self.weights[at] * (features.values[at] as f64 / PARTS as f64 - self.means[at]).clamp(-most, most)
    }

    /// What is expected of an average bill.
    pub fn average(&self) -> f64 {
        self.average
    }

    /// Has it a weight, a mean and a spread for each feature, all of them numbers?
    pub fn is_whole(&self) -> bool {
        let are_numbers = |values: &[f64]| values.len() == SIZE && values.iter().all(|value| value.abs() < WEIGHT_MAX);
        let are_spreads = are_numbers(&self.spreads) && self.spreads.iter().all(|spread| *spread >= 0.0);
        self.average.abs() < WEIGHT_MAX && are_numbers(&self.weights) && are_numbers(&self.means) && are_spreads
    }
}

/// Solves a symmetric, positive definite system by Cholesky's decomposition, in a fixed order.
fn solve(matrix: impl Fn(usize, usize) -> f64, mut target: Vec<f64>) -> Vec<f64> {
    let size = target.len();
    let mut lower = vec![vec![0.0; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let known = (0..column).fold(0.0, |sum, at| sum + lower[row][at] * lower[column][at]);
            let left: f64 = matrix(row, column) - known;
            // The penalty keeps it well above zero; rounding must not make a root of less.
            lower[row][column] = if row == column { left.max(1e-9).sqrt() } else { left / lower[column][column] };
        }
    }
    for row in 0..size {
        let known = (0..row).fold(0.0, |sum, at| sum + lower[row][at] * target[at]);
        target[row] = (target[row] - known) / lower[row][row];
    }
    for row in (0..size).rev() {
        let known = (row + 1..size).fold(0.0, |sum, at| sum + lower[at][row] * target[at]);
        target[row] = (target[row] - known) / lower[row][row];
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved() {
        let matrix = [[4.0, 2.0, 0.0], [2.0, 5.0, 1.0], [0.0, 1.0, 3.0]];
        // By hand: x = (1, 2, 3).
        let solved = solve(|a, b| matrix[a][b], vec![8.0, 15.0, 11.0]);
        for (found, wanted) in solved.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - wanted).abs() < 1e-12, "{solved:?}");
        }
    }
}
