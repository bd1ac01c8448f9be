//! What each day changed on each item, apart by payments, credit notes and write-offs.
//!
//! What comes when an item is full changes nothing of it. Where something else is taken back later, it takes that one's
//! place: an item that was written off and paid afterwards is paid from the day on which the write-off is reversed.

use std::collections::{HashMap, HashSet};

use super::{Installment, Paid, Posting, arrange, by_lines};

/// What a posting is of, in the order in which those of one day count; a reversal is of what it takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Payments and their reversals.
    Paid,
    /// Credit notes.
    Credited,
    /// Write-offs.
    WrittenOff,
}

/// What the postings of one family changed of an item on one day; below zero they took back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Of the item, as its [`Installment`] has it.
    pub key: i64,
    /// The day of the postings.
    pub on: i32,
    /// Payment, credit note or write-off.
    pub family: Family,
    /// Minor units, never zero.
    pub amount: i128,
    /// What of it nothing of that family took back later; never below zero.
    pub kept: i128,
}

/// What the postings of one invoice changed of its items, by item and day. What was open of an item on any day is its
/// amount less all changes up to then.
///
/// ```
/// use regua::domain::settlement::{Change, Family, Installment, Posting, changes};
/// let mut items = [Installment { key: 1, number: 1, due_on: 30, amount: 100_00 }];
/// let posting = |on, family, amount| Posting { on, family, installment: None, amount, of: None };
/// let mut postings = [posting(20, Family::Paid, 70_00), posting(40, Family::WrittenOff, 90_00)];
/// // Of the write-off only what was still open.
/// let of = |on, family, amount| Change { key: 1, on, family, amount, kept: amount };
/// assert_eq!(
///     changes(&mut items, &mut postings),
///     [of(20, Family::Paid, 70_00), of(40, Family::WrittenOff, 30_00)]
/// );
/// ```
pub fn changes(items: &mut [Installment], postings: &mut [Posting]) -> Vec<Change> {
    arrange(items, postings);
    let mut found = Vec::new();
    if !by_lines(items, postings, &mut |items, own| along(items, own, &mut found)) {
        step_by_step(items, postings, &mut found);
    }
    found.sort_by_key(|change| (change.key, change.on, change.family));
    found.dedup_by(|next, first| {
        let is_same = (next.key, next.on, next.family) == (first.key, first.on, first.family);
        first.amount += if is_same { next.amount } else { 0 };
        is_same
    });
    found.retain(|change| change.amount != 0);
    let mut named = Named::of(postings);
    found.chunk_by_mut(|a, b| a.key == b.key).for_each(|of_item| keep(of_item, &mut named));
    found
}

fn of_family_and_day(a: &Posting, b: &Posting) -> bool {
    (a.on, a.family) == (b.on, b.family)
}

fn change(item: &Installment, posted: &[Posting], amount: i128) -> Option<Change> {
    let Posting { on, family, .. } = *posted.first()?;
    (amount != 0).then_some(Change { key: item.key, on, family, amount, kept: 0 })
}

/// One running sum rises and falls through the items.
fn along(items: &[Installment], postings: &[Posting], found: &mut Vec<Change>) {
    let mut end = 0;
    // Where each item ends on the way that the sum goes.
    let ends: Vec<i128> = items.iter().map(|item| (end += item.amount, end).1).collect();
    let (mut level, mut shares) = (0, Shares::of(items, postings));
    for posted in postings.chunk_by(of_family_and_day) {
        let first = found.len();
        let before = level.clamp(0, end);
        level += posted.iter().map(|posting| posting.amount).sum::<i128>();
        let after = level.clamp(0, end);
        let (low, high, sign) = if before < after { (before, after, 1) } else { (after, before, -1) };
        for (item, end) in items.iter().zip(&ends).skip(ends.partition_point(|end| *end <= low)) {
            let begin = end - item.amount;
            if begin >= high {
                break;
            }
            found.extend(change(item, posted, sign * (high.min(*end) - low.max(begin))));
        }
        if let Some(shares) = &mut shares {
            shares.follow(posted, first, found);
        }
    }
}

/// All items are looked at after each step.
fn step_by_step(items: &[Installment], postings: &[Posting], found: &mut Vec<Change>) {
    let mut paid = Paid { named: vec![0; items.len()], pooled: 0 };
    let (mut before, mut shares) = (paid.applied(items), Shares::of(items, postings));
    for posted in postings.chunk_by(of_family_and_day) {
        let first = found.len();
        posted.iter().for_each(|posting| paid.add(items, posting, 1));
        let after = paid.applied(items);
        let moved = items.iter().zip(after.iter().zip(&before));
        found.extend(moved.filter_map(|(item, (after, before))| change(item, posted, after - before)));
        before = after;
        if let Some(shares) = &mut shares {
            shares.follow(posted, first, found);
        }
    }
}

const FAMILIES: [Family; 3] = [Family::Paid, Family::Credited, Family::WrittenOff];

/// What is of whom: what was posted of each family so far, and what of it is on the items.
struct Shares {
    posted: [i128; FAMILIES.len()],
    /// What is on all items together.
    placed: [i128; FAMILIES.len()],
    /// What is on each item, by its key.
    applied: Vec<(i64, [i128; FAMILIES.len()])>,
    places: HashMap<i64, usize>,
    numbers: HashSet<i64>,
}

impl Shares {
    /// None where nothing can take another's place: there is one family, or nothing is taken back.
    fn of(items: &[Installment], postings: &[Posting]) -> Option<Shares> {
        let is_mixed = postings.iter().any(|posting| posting.family != postings[0].family);
        let takes_back = postings.iter().any(|posting| posting.amount < 0);
        (is_mixed && takes_back).then(|| Shares {
            posted: [0; FAMILIES.len()],
            placed: [0; FAMILIES.len()],
            applied: items.iter().map(|item| (item.key, [0; FAMILIES.len()])).collect(),
            places: items.iter().enumerate().map(|(place, item)| (item.key, place)).collect(),
            numbers: items.iter().map(|item| item.number).collect(),
        })
    }

    /// Adds the postings of one family and day and what they changed, and lets others take the place of what was taken
    /// back, from the last item to the first.
    fn follow(&mut self, posted: &[Posting], first: usize, found: &mut Vec<Change>) {
        let Some(Posting { on, family, .. }) = posted.first().copied() else { return };
        // What names an instalment that is not there settles nothing.
        let counts = posted.iter().filter(|p| p.installment.is_none_or(|number| self.numbers.contains(&number)));
        self.posted[family as usize] += counts.map(|posting| posting.amount).sum::<i128>();
        for change in &found[first..] {
            self.add(change.key, family, change.amount);
        }
        for other in FAMILIES.into_iter().filter(|other| *other != family) {
            let mut moved = (-self.surplus(family)).min(self.surplus(other)).max(0);
            for place in (0..self.applied.len()).rev() {
                if moved == 0 {
                    break;
                }
                let (key, applied) = self.applied[place];
                let amount = moved.min(applied[family as usize]).max(0);
                if amount > 0 {
                    moved -= amount;
                    for (family, amount) in [(family, -amount), (other, amount)] {
                        self.add(key, family, amount);
                        found.push(Change { key, on, family, amount, kept: 0 });
                    }
                }
            }
        }
    }

    fn add(&mut self, key: i64, family: Family, amount: i128) {
        if let Some(place) = self.places.get(&key) {
            self.applied[*place].1[family as usize] += amount;
            self.placed[family as usize] += amount;
        }
    }

    /// What was posted of a family beyond what is on the items; below zero more is on them than there is.
    fn surplus(&self, family: Family) -> i128 {
        self.posted[family as usize].max(0) - self.placed[family as usize]
    }
}

/// What is taken back of a payment that is named.
struct Named {
    on: i32,
    family: Family,
    /// The day of the payment.
    of: i32,
    /// Not yet found on an item.
    left: i128,
}

impl Named {
    fn of(postings: &[Posting]) -> Vec<Named> {
        let backs = postings.iter().filter(|posting| posting.amount < 0);
        let named = backs.filter_map(|Posting { on, family, amount, of, .. }| {
            Some(Named { on: *on, family: *family, of: (*of)?, left: -amount })
        });
        named.collect()
    }
}

/// What was taken back is of the payment that it names, else of the youngest that was there.
fn keep(of_item: &mut [Change], named: &mut [Named]) {
    for at in 0..of_item.len() {
        let (before, rest) = of_item.split_at_mut(at);
        let change = &mut rest[0];
        change.kept = change.amount.max(0);
        let mut taken = (-change.amount).max(0);
        if taken == 0 {
            continue;
        }
        let (on, family) = (change.on, change.family);
        let mut take = |from: &mut Change, most: i128| {
            let amount = taken.min(most).min(from.kept);
            from.kept -= amount;
            taken -= amount;
            amount
        };
        for back in named.iter_mut().filter(|back| (back.on, back.family) == (on, family)) {
            let paid = before.iter_mut().filter(|change| (change.on, change.family) == (back.of, family));
            paid.for_each(|change| back.left -= take(change, back.left));
        }
        before.iter_mut().rev().filter(|change| change.family == family).for_each(|change| {
            take(change, i128::MAX);
        });
    }
}
