//! Ridge regression by its normal equations: sums of products in whole numbers, then one Cholesky decomposition.

use serde::{Deserialize, Serialize};

use super::features::{FEATURES, Features, PARTS};

const SIZE: usize = FEATURES.len();
/// How strongly coefficients are drawn to zero, in rows.
const PENALTY: f64 = 50.0;

/// Sums over the rows that a regression learns from. They are exact: whoever adds them in whatever order has the same.
#[derive(Clone, Debug)]
pub struct Moments {
    rows: i128,
    /// Of pairs of features, in 1/1024²; the upper triangle.
    products: Box<[[i128; SIZE]; SIZE]>,
    /// Of each feature and the days late, in 1/1024.
    with_delay: [i128; SIZE],
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { rows: 0, products: Box::new([[0; SIZE]; SIZE]), with_delay: [0; SIZE] }
    }
}

impl Moments {
    /// One row: features and days late.
    pub fn add(&mut self, features: &Features, delay: i64) {
        self.rows += 1;
        for (at, value) in features.values.iter().enumerate().filter(|(_, value)| **value != 0) {
            self.with_delay[at] += i128::from(value * delay);
            for (sum, other) in self.products[at][at..].iter_mut().zip(&features.values[at..]) {
                *sum += i128::from(value * other);
            }
        }
    }

    /// Those of other rows.
    pub fn merge(&mut self, other: &Moments) {
        self.rows += other.rows;
        self.with_delay.iter_mut().zip(other.with_delay).for_each(|(sum, other)| *sum += other);
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

    /// The coefficients that fit best; those of features that never vary are zero.
    pub fn fit(&self) -> Coefficients {
        let rows = self.rows.max(1) as f64;
        let delays = self.with_delay[0] / i128::from(PARTS);
        let deviations: Vec<f64> = (0..SIZE).map(|at| self.covariance(at, at).max(0.0).sqrt()).collect();
        let used: Vec<usize> = (1..SIZE).filter(|at| deviations[*at] > 0.0).collect();
        let matrix = |a: usize, b: usize| {
            let correlation = self.covariance(used[a], used[b]) / (deviations[used[a]] * deviations[used[b]]);
            rows * correlation + if a == b { PENALTY } else { 0.0 }
        };
        let with_delay = |at: usize| (self.rows * self.with_delay[at] - self.sum(at) * delays) as f64;
        let target: Vec<f64> = used.iter().map(|at| with_delay(*at) / deviations[*at]).collect();
        let mut fitted = Coefficients { average: delays as f64 / rows, days: vec![0.0; SIZE], means: vec![0.0; SIZE] };
        for (at, weight) in used.iter().zip(solve(matrix, target)) {
            fitted.days[*at] = weight * rows * PARTS as f64 / deviations[*at];
            fitted.means[*at] = self.sum(*at) as f64 / (rows * PARTS as f64);
        }
        fitted
    }
}

/// What a regression has learnt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coefficients {
    /// Days late of an average bill.
    average: f64,
    /// Days more for each unit of each feature.
    days: Vec<f64>,
    /// The average bill.
    means: Vec<f64>,
}

impl Coefficients {
    /// Days late that are expected of a bill.
    pub fn predict(&self, features: &Features) -> f64 {
        (0..SIZE).fold(self.average, |days, at| days + self.contribution(features, at))
    }

    /// What one feature adds to the days late of an average bill: they add up to what is expected.
    pub fn contribution(&self, features: &Features, at: usize) -> f64 {
        self.days[at] * (features.values[at] as f64 / PARTS as f64 - self.means[at])
    }

    /// Days late of an average bill.
    pub fn average(&self) -> f64 {
        self.average
    }

    /// Has it a coefficient and a mean for each feature, all of them numbers?
    pub fn is_whole(&self) -> bool {
        let are_numbers = |values: &[f64]| values.len() == SIZE && values.iter().all(|value| value.is_finite());
        self.average.is_finite() && are_numbers(&self.days) && are_numbers(&self.means)
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
