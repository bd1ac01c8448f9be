//! Exploration: a small share of the choices between channels is left to chance, and the chance of what was chosen is kept.
//!
//! Of a policy that always takes the best channel nobody can tell what the others would have brought. Where chance had a part, and is
//! known, they can be compared. The draw is a hash of the account, the date and the step: the same run draws the same.

use sha2::{Digest, Sha256};

use crate::domain::responses::RATE_WHOLE;

/// Which of so many choices, the best being the first, is taken; and the chance that it was to be, `None` where there was nothing to draw.
/// `share` of the choices, in basis points, is drawn from all of them alike.
pub(super) fn draw(share: u32, choices: usize, identity: &[&str]) -> (usize, Option<f64>) {
    if share == 0 || choices < 2 {
        return (0, None);
    }
    let [ticket, pick] = numbers(identity);
    let is_tried = below(ticket, u64::from(RATE_WHOLE)) < u64::from(share);
    let taken = if is_tried { below(pick, choices as u64) as usize } else { 0 };
    (taken, Some(propensity(share, choices, taken)))
}

/// The chance that this one is taken.
fn propensity(share: u32, choices: usize, taken: usize) -> f64 {
    let (choices, whole) = (choices as u64, u64::from(RATE_WHOLE));
    let best = if taken == 0 { (whole - u64::from(share)) * choices } else { 0 };
    (best + u64::from(share)) as f64 / (whole * choices) as f64
}

/// A number below this one, each as likely as the next.
fn below(number: u64, bound: u64) -> u64 {
    ((u128::from(number) * u128::from(bound)) >> 64) as u64
}

fn numbers(identity: &[&str]) -> [u64; 2] {
    let mut hasher = Sha256::new();
    for part in ["explore"].iter().chain(identity) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    [0, 8].map(|from| u64::from_be_bytes(digest[from..from + 8].try_into().expect("SHA-256 has 32 bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(share: u32, choices: usize) -> Vec<(usize, Option<f64>)> {
        (0..10_000).map(|n| draw(share, choices, &["t", "1", &format!("D{n}"), "BRL", "2026-06-30", "d+5"])).collect()
    }

    #[test]
    fn each_choice_is_taken_as_often_as_its_propensity_says() {
        for (share, choices) in [(500, 2), (500, 3), (2_000, 4)] {
            let all = drawn(share, choices);
            for choice in 0..choices {
                let chance = propensity(share, choices, choice);
                let taken = all.iter().filter(|(taken, _)| *taken == choice).count() as f64;
                // Four standard deviations of a binomial.
                let spread = 4.0 * (10_000.0 * chance * (1.0 - chance)).sqrt();
                assert!((taken - 10_000.0 * chance).abs() <= spread, "{choice} of {choices}: {taken}, {chance}");
                assert!(all.iter().all(|(taken, told)| *taken != choice || *told == Some(chance)));
            }
        }
    }

    #[test]
    fn without_a_share_or_a_choice_nothing_is_drawn() {
        for (share, choices) in [(0, 3), (500, 1), (2_000, 1)] {
            assert!(drawn(share, choices).iter().all(|drawn| *drawn == (0, None)), "{share} {choices}");
        }
    }

    /// A revision draws what the date has drawn, and another date, step or account anew.
    #[test]
    fn the_draw_is_of_the_account_the_date_and_the_step() {
        let numbers_of = |parts: [&str; 3]| numbers(&parts);
        let first = numbers_of(["D1", "2026-06-30", "d+5"]);
        assert_eq!(first, numbers_of(["D1", "2026-06-30", "d+5"]));
        for other in [["D2", "2026-06-30", "d+5"], ["D1", "2026-07-01", "d+5"], ["D1", "2026-06-30", "d+15"]] {
            assert_ne!(first, numbers_of(other));
        }
    }

    proptest! {
        #[test]
        fn the_propensities_of_a_choice_add_up_to_one(share in 1u32..=2_000, choices in 2usize..=6) {
            let sum: f64 = (0..choices).map(|taken| propensity(share, choices, taken)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        }
    }
}
