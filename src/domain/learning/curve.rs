//! The curve of what a regression leaves over: how many bills are still unpaid so much later than expected.
//!
//! Kaplan and Meier's estimate with delayed entry. A bill that is open counts as unpaid so far; one that was first seen when it had been
//! open for a while counts from there. So neither recent bills nor those paid early bend it.

use serde::{Deserialize, Serialize};

/// Steps of the curve to a unit; a unit is a day for an account whose days late spread as usual.
const STEPS: f64 = 4.0;
const FROM: i64 = -800;
const TO: i64 = 1_600;
const LENGTH: usize = (TO - FROM + 1) as usize;
/// Where fewer are left, nothing is learnt.
const AT_RISK_MIN: u64 = 5;

/// How long bills stood, counted by steps: exact, in whatever order they are added.
#[derive(Clone, Debug)]
pub struct Spells {
    entered: Vec<u64>,
    paid: Vec<u64>,
    left: Vec<u64>,
}

impl Default for Spells {
    fn default() -> Spells {
        Spells { entered: vec![0; LENGTH], paid: vec![0; LENGTH], left: vec![0; LENGTH] }
    }
}

impl Spells {
    /// A bill that was unpaid at one point and was paid at another, or was last seen unpaid there.
    pub fn add(&mut self, from: f64, to: f64, is_paid: bool) {
        let to = step(to);
        self.entered[step(from).min(to)] += 1;
        if is_paid { self.paid[to] += 1 } else { self.left[to] += 1 }
    }

    /// Those of other rows.
    pub fn merge(&mut self, other: &Spells) {
        let pairs = [(&mut self.entered, &other.entered), (&mut self.paid, &other.paid), (&mut self.left, &other.left)];
        pairs.into_iter().flat_map(|(sums, others)| sums.iter_mut().zip(others)).for_each(|(sum, other)| *sum += other);
    }

    /// The share that is unpaid after each step.
    pub fn curve(&self) -> Curve {
        let (mut at_risk, mut unpaid) = (0, 1.0);
        let mut shares = Vec::new();
        let first = self.paid.iter().position(|paid| *paid > 0).unwrap_or(0);
        let last = self.paid.iter().rposition(|paid| *paid > 0).unwrap_or(0);
        for at in 0..=last {
            at_risk += self.entered[at];
            if at_risk >= AT_RISK_MIN {
                // Never quite zero: of those who come later nobody knows that all have paid.
                unpaid *= 1.0 - self.paid[at] as f64 / (at_risk + 1) as f64;
            }
            at_risk -= self.paid[at] + self.left[at];
            if at >= first {
                shares.push(unpaid);
            }
        }
        Curve { from: FROM + first as i64, unpaid: shares }
    }
}

fn step(value: f64) -> usize {
    ((value * STEPS).floor().clamp(FROM as f64, TO as f64) as i64 - FROM) as usize
}

/// Share of bills that are unpaid so much later than expected: it never rises.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The first step.
    from: i64,
    /// At the end of each step.
    unpaid: Vec<f64>,
}

impl Curve {
    /// The share at this point, straight between the ends of steps.
    pub fn unpaid(&self, at: f64) -> f64 {
        // The end of step n is the start of step n + 1.
        let position = (at * STEPS).clamp(FROM as f64 - 1.0, TO as f64 + 1.0) - (self.from + 1) as f64;
        let before = position.floor();
        let share = |n: f64| {
            if n < 0.0 { 1.0 } else { self.unpaid.get(n as usize).or(self.unpaid.last()).copied().unwrap_or(1.0) }
        };
        let (one, other) = (share(before), share(before + 1.0));
        one + (other - one) * (position - before)
    }

    /// Does it fall from at most one and never rise, in numbers?
    pub fn is_whole(&self) -> bool {
        let in_range = self.unpaid.iter().all(|share| (0.0..=1.0).contains(share));
        in_range
            && self.unpaid.len() <= LENGTH
            && (FROM..=TO).contains(&self.from)
            && self.unpaid.windows(2).all(|pair| pair[1] <= pair[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() < 1e-9
    }

    #[test]
    fn what_is_open_counts_as_unpaid_so_far() {
        let mut spells = Spells::default();
        // Ten bills: four paid on the first day, three still open after it, three paid on the third day.
        (0..4).for_each(|_| spells.add(-5.0, 0.0, true));
        (0..3).for_each(|_| spells.add(-5.0, 1.0, false));
        (0..3).for_each(|_| spells.add(-5.0, 3.0, true));
        let curve = spells.curve();
        assert!(near(curve.unpaid(-1.0), 1.0));
        assert!(near(curve.unpaid(0.25), 1.0 - 4.0 / 11.0));
        assert!(near(curve.unpaid(2.0), 1.0 - 4.0 / 11.0));
        // Three are fewer than five: of them nothing is learnt.
        assert!(near(curve.unpaid(9.0), 1.0 - 4.0 / 11.0));
        assert!(curve.is_whole());
    }

    #[test]
    fn who_is_seen_late_counts_from_there() {
        let mut spells = Spells::default();
        // Of a hundred seen from the start half are paid at 0; a hundred more are only seen after it, and none of them before.
        (0..50).for_each(|_| spells.add(-5.0, 0.0, true));
        (0..50).for_each(|_| spells.add(-5.0, 5.0, true));
        (0..100).for_each(|_| spells.add(1.0, 5.0, true));
        assert!(near(spells.curve().unpaid(2.0), 1.0 - 50.0 / 101.0));
    }

    #[test]
    fn no_rows_make_a_curve_that_knows_nothing() {
        assert!(near(Curve::default().unpaid(3.0), 1.0));
        assert!(near(Spells::default().curve().unpaid(3.0), 1.0));
    }
}
