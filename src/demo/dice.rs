//! Chance: the only source of randomness of the sample portfolio.
//!
//! Every debtor draws from a stream of its own, so that what one debtor does never depends on how many numbers
//! another one used.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded stream of random numbers.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Dice(rng)
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform over 0 <= x < 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Uniform over `low..=high`; `low` where `high` is below it.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        self.0.random_range(low..=high.max(low))
    }

    /// A number below `bound`, which is above zero.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.random_range(0..bound)
    }

    /// One of `choices`, which is not empty.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len() as u32) as usize]
    }

    /// One of `choices`, each as likely as its weight says.
    pub(super) fn weighted<T: Copy>(&mut self, choices: &[(T, u32)]) -> T {
        let total: u32 = choices.iter().map(|c| c.1).sum();
        let mut left = self.0.random_range(0..total);
        for &(choice, weight) in choices {
            if left < weight {
                return choice;
            }
            left -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }

    /// Log-normal: half of the draws are below `median`.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        // Box-Muller; 1 - u is above zero, so its logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
        median * (sigma * normal).exp()
    }

    /// That share of `amount`, at least one hundredth and less than all of it.
    pub(super) fn share(&mut self, amount: i64, low: f64, high: f64) -> i64 {
        let share = low + (high - low) * self.unit();
        ((amount as f64 * share) as i64).clamp(1, (amount - 1).max(1))
    }
}
