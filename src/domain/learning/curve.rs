//! Curves: how many bills are still unpaid so many days after their payable day, among bills of about the same rank.
//!
//! Kaplan and Meier's estimate with delayed entry. A bill that is open counts as unpaid so far; one that was first seen when it had been
//! open for a while counts from there. So neither recent bills nor those paid early bend it. Every rank has days of its own, because where most
//! pay on the very day, as by boleto, no one curve of deviations from what is expected fits.

use serde::{Deserialize, Serialize};

use super::features::PARTS;

/// Days after the payable day that are told apart.
const FROM: i32 = -120;
const TO: i32 = 400;
const DAYS: usize = (TO - FROM + 1) as usize;
/// Ranks are told apart by so many to one, between -6 and 6; bills of neighbouring ranks share a curve.
const RANKS_TO_ONE: f64 = 8.0;
const RANK_MAX: f64 = 6.0;
const RANKS: usize = 97;
/// There are at most so many curves, of at least so many payments each.
const CURVES: u64 = 14;
const PAYMENTS_MIN: u64 = 100;
/// Of fewer bills that stand so long a rank says nothing of its own.
const AT_RISK_MIN: u64 = 10;

/// How long bills of one rank stood, counted by days.
#[derive(Clone, Debug)]
struct Spells {
    entered: Vec<u64>,
    paid: Vec<u64>,
    left: Vec<u64>,
    /// Ranks of all, added up, in 1/1024.
    ranks: i128,
}

impl Default for Spells {
    fn default() -> Spells {
        Spells { entered: vec![0; DAYS], paid: vec![0; DAYS], left: vec![0; DAYS], ranks: 0 }
    }
}

/// How long bills stood, by their rank: whole numbers, in whatever order they are added.
#[derive(Clone, Debug)]
pub struct SpellsByRank(Vec<Spells>);

impl Default for SpellsByRank {
    fn default() -> SpellsByRank {
        SpellsByRank(vec![Spells::default(); RANKS])
    }
}

impl SpellsByRank {
    /// A bill that was unpaid at the end of one day and was paid on another, or was last seen unpaid at its end.
    pub fn add(&mut self, rank: f64, (from, to): (i32, i32), is_paid: bool) {
        let at = ((rank.clamp(-RANK_MAX, RANK_MAX) + RANK_MAX) * RANKS_TO_ONE).floor() as usize;
        let spells = &mut self.0[at];
        let to = position(to);
        // Unpaid at the end of one day, it can be paid on the next.
        spells.entered[(position(from) + 1).min(to)] += 1;
        if is_paid {
            spells.paid[to] += 1
        } else {
            spells.left[to] += 1
        }
        spells.ranks += (rank * PARTS as f64).round() as i128;
    }

    /// Those of other rows.
    pub fn merge(&mut self, other: &SpellsByRank) {
        self.0.iter_mut().zip(&other.0).for_each(|(sums, others)| sums.merge(others));
    }

    /// A curve for each part of the ranks that has about as many payments as every other.
    pub fn curves(&self) -> Curves {
        let payments: u64 = self.0.iter().map(Spells::payments).sum();
        let least = (payments / CURVES).max(PAYMENTS_MIN);
        let mut parts: Vec<Spells> = Vec::new();
        let mut is_full = true;
        for spells in self.0.iter().filter(|spells| spells.count() > 0) {
            if is_full {
                parts.push(Spells::default());
            }
            if let Some(part) = parts.last_mut() {
                part.merge(spells);
                is_full = part.payments() >= least;
            }
        }
        // The last has too few of its own: it goes with the one before.
        if let Some(rest) = parts.pop_if(|part| part.payments() < least) {
            match parts.last_mut() {
                Some(last) => last.merge(&rest),
                None => parts.push(rest),
            }
        }
        let mut all = Spells::default();
        self.0.iter().for_each(|spells| all.merge(spells));
        let of_all = all.stays(1);
        Curves(parts.iter().map(|part| (part.rank(), Curve::of(&part.stays(AT_RISK_MIN), &of_all))).collect())
    }
}

impl Spells {
    fn merge(&mut self, other: &Spells) {
        let pairs = [(&mut self.entered, &other.entered), (&mut self.paid, &other.paid), (&mut self.left, &other.left)];
        pairs.into_iter().flat_map(|(sums, others)| sums.iter_mut().zip(others)).for_each(|(sum, other)| *sum += other);
        self.ranks += other.ranks;
    }

    fn payments(&self) -> u64 {
        self.paid.iter().sum()
    }

    fn count(&self) -> u64 {
        self.entered.iter().sum()
    }

    /// Their mean.
    fn rank(&self) -> f64 {
        self.ranks as f64 / (self.count().max(1) as f64 * PARTS as f64)
    }

    /// Of those that are unpaid when a day begins, the share that still is when it ends; `None` where fewer than so many are.
    fn stays(&self, at_risk_min: u64) -> Vec<Option<f64>> {
        let mut at_risk = 0;
        let of_day = |at: usize| {
            at_risk += self.entered[at];
            // Never quite zero: of those who come later nobody knows that all have paid.
            let stay = ((at_risk - self.paid[at]) as f64 / at_risk as f64).max(1.0 / (at_risk + 1) as f64);
            let known = (at_risk >= at_risk_min).then_some(stay);
            at_risk -= self.paid[at] + self.left[at];
            known
        };
        (0..DAYS).map(of_day).collect()
    }
}

fn position(day: i32) -> usize {
    (day.clamp(FROM, TO) - FROM) as usize
}

/// Share of bills that are unpaid after so many days: it never rises.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Curve {
    /// The first day on which anything was paid.
    from: i32,
    /// At the end of that day and of each after it.
    unpaid: Vec<f64>,
}

impl Curve {
    /// From the first day on which anybody paid to the last. Where a rank has too few bills that stood so long, all ranks together say
    /// how they went on.
    fn of(own: &[Option<f64>], of_all: &[Option<f64>]) -> Curve {
        let pays = |at: &usize| of_all[*at].is_some_and(|stay| stay < 1.0);
        let first = (0..DAYS).find(pays).unwrap_or(0);
        let last = (0..DAYS).rfind(pays).unwrap_or(0);
        let mut left = 1.0;
        let unpaid = |at: usize| {
            left *= own[at].or(of_all[at]).unwrap_or(1.0);
            left
        };
        Curve { from: FROM + first as i32, unpaid: (first..=last).map(unpaid).collect() }
    }

    fn unpaid(&self, day: i32) -> f64 {
        let Ok(at) = usize::try_from(day - self.from) else { return 1.0 };
        self.unpaid.get(at).or(self.unpaid.last()).copied().unwrap_or(1.0)
    }

    fn is_whole(&self) -> bool {
        let in_range = self.unpaid.iter().all(|share| (0.0..=1.0).contains(share));
        let falls = self.unpaid.windows(2).all(|pair| pair[1] <= pair[0]);
        in_range && falls && self.unpaid.len() <= DAYS && (FROM..=TO).contains(&self.from)
    }
}

/// Curves by the mean rank of their bills, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves(Vec<(f64, Curve)>);

impl Curves {
    /// The share that is unpaid at the end of a day, straight between the curves of the ranks on either side.
    pub fn unpaid(&self, rank: f64, day: i32) -> f64 {
        let above = self.0.partition_point(|(mean, _)| *mean <= rank);
        match (above.checked_sub(1).and_then(|below| self.0.get(below)), self.0.get(above)) {
            (Some((low, below)), Some((high, above))) => {
                let (one, other) = (below.unpaid(day), above.unpaid(day));
                one + (other - one) * ((rank - low) / (high - low))
            }
            (Some((_, only)), None) | (None, Some((_, only))) => only.unpaid(day),
            (None, None) => 1.0,
        }
    }

    /// Do all fall from at most one, in numbers, by ranks in order?
    pub fn is_whole(&self) -> bool {
        self.0.iter().all(|(rank, curve)| rank.is_finite() && curve.is_whole())
            && self.0.windows(2).all(|pair| pair[0].0 <= pair[1].0)
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
        let mut spells = SpellsByRank::default();
        // Ten bills: four paid on the first day, three still open after the next, three paid on the third day.
        (0..4).for_each(|_| spells.add(0.0, (-5, 0), true));
        (0..3).for_each(|_| spells.add(0.0, (-5, 1), false));
        (0..3).for_each(|_| spells.add(0.0, (-5, 3), true));
        let curves = spells.curves();
        assert!(near(curves.unpaid(0.0, -1), 1.0));
        assert!(near(curves.unpaid(0.0, 0), 0.6) && near(curves.unpaid(0.0, 2), 0.6));
        // The three that are left are all paid, and still nobody knows that of whoever comes later.
        assert!(near(curves.unpaid(0.0, 9), 0.6 / 4.0));
        assert!(curves.is_whole());
    }

    #[test]
    fn who_is_seen_late_counts_from_there() {
        let mut spells = SpellsByRank::default();
        // Of a hundred seen from the start half are paid at 0; a hundred more are only seen after it, and none of them before.
        (0..50).for_each(|_| spells.add(0.0, (-5, 0), true));
        (0..50).for_each(|_| spells.add(0.0, (-5, 5), true));
        (0..100).for_each(|_| spells.add(0.0, (1, 5), true));
        assert!(near(spells.curves().unpaid(0.0, 2), 0.5));
    }

    #[test]
    fn ranks_with_payments_enough_have_curves_of_their_own() {
        let mut spells = SpellsByRank::default();
        (0..100).for_each(|_| spells.add(-1.0, (-5, -3), true));
        (0..100).for_each(|_| spells.add(2.0, (-5, 10), true));
        // Too few for a curve.
        (0..3).for_each(|_| spells.add(3.9, (-5, 90), true));
        let curves = spells.curves();
        assert_eq!(curves.0.len(), 2);
        assert!(near(curves.unpaid(-1.0, 0), 1.0 / 101.0) && near(curves.unpaid(-9.0, 0), 1.0 / 101.0));
        assert!(curves.unpaid(4.0, 0) > 0.99);
        // Half way between the means of both.
        let half = (-1.0 + (200.0 + 3.0 * 3.9) / 103.0) / 2.0;
        assert!((curves.unpaid(half, 0) - (1.0 / 101.0 + 1.0) / 2.0).abs() < 0.001, "{}", curves.unpaid(half, 0));
    }

    /// A bill that is later than all of its rank were is expected to go on as late ones do, not for ever.
    #[test]
    fn what_stands_longer_than_its_rank_goes_on_like_all_others() {
        let mut spells = SpellsByRank::default();
        (0..100).for_each(|n| spells.add(-1.0, (-5, n % 10), true));
        (0..100).for_each(|n| spells.add(2.0, (-5, 20 + n % 20), true));
        let curves = spells.curves();
        let goes_on = |rank: f64| curves.unpaid(rank, 30) / curves.unpaid(rank, 25);
        assert!(near(goes_on(2.0), 45.0 / 70.0), "{}", goes_on(2.0));
        assert!(near(goes_on(-1.0), goes_on(2.0)), "{}", goes_on(-1.0));
        assert!(curves.unpaid(-1.0, 9) > 0.0 && curves.unpaid(-1.0, 9) < 0.03 && curves.is_whole());
    }

    #[test]
    fn no_rows_make_a_curve_that_knows_nothing() {
        assert!(near(Curves::default().unpaid(0.0, 3), 1.0));
        assert!(near(SpellsByRank::default().curves().unpaid(0.0, 3), 1.0));
    }
}
