//! What each day changed on each item, apart by payments, credit notes and write-offs.

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
/// let posting = |on, family, amount| Posting { on, family, installment: None, amount };
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
    found.chunk_by_mut(|a, b| a.key == b.key).for_each(keep);
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
    let mut level = 0;
    for posted in postings.chunk_by(of_family_and_day) {
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
    }
}

/// All items are looked at after each step.
fn step_by_step(items: &[Installment], postings: &[Posting], found: &mut Vec<Change>) {
    let mut paid = Paid { named: vec![0; items.len()], pooled: 0 };
    let mut before = paid.applied(items);
    for posted in postings.chunk_by(of_family_and_day) {
        posted.iter().for_each(|posting| paid.add(items, posting, 1));
        let after = paid.applied(items);
        let moved = items.iter().zip(after.iter().zip(&before));
        found.extend(moved.filter_map(|(item, (after, before))| change(item, posted, after - before)));
        before = after;
    }
}

/// What was taken back is of the youngest that was there.
fn keep(of_item: &mut [Change]) {
    let mut taken = [0; 3];
    for change in of_item.iter_mut().rev() {
        let taken = &mut taken[change.family as usize];
        change.kept = (change.amount - *taken).max(0);
        *taken = (*taken - change.amount).max(0);
    }
}
