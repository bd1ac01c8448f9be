//! Cash application: which money settled which item of an invoice, and on which day.
//!
//! - A posting that names an instalment pays that one; if the invoice has no such instalment, it settles nothing.
//! - A posting that names none fills the instalments in order of due date.
//! - What is taken back without an instalment, or beyond what was paid on the one that it names, comes first out of
//!   payments that name none, then out of what was paid beyond an instalment, then out of the other instalments, the
//!   last one first.
//!
//! Balances, days of settlement and lateness follow from [`settle`]: what was applied on each day and never taken back.
//! The position on any day of the past, and what came in by payments alone, follow from [`changes`]: what each day
//! changed.

mod changes;

pub use changes::{Change, Family, changes};

/// One instalment of an invoice. Amounts here are in minor units, days are counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installment {
    /// What the caller knows the item by.
    pub key: i64,
    /// From 1; what a posting names it by.
    pub number: i64,
    /// Instalments are filled in this order.
    pub due_on: i32,
    /// What was billed.
    pub amount: i128,
}

/// What flowed to the invoice on a day; below zero it was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The day on which it counts.
    pub on: i32,
    /// Payment, credit note or write-off.
    pub family: Family,
    /// The instalment that it names, if any.
    pub installment: Option<i64>,
    /// Below zero where it takes something back.
    pub amount: i128,
    /// The day of the payment that it takes back, where it names one.
    pub of: Option<i32>,
}

/// What was applied to an item on a day and never taken back since; above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Application {
    /// Of the item, as its [`Installment`] has it.
    pub key: i64,
    /// The day from which it was there.
    pub on: i32,
    /// Of the item's amount; all of an item's together never exceed it.
    pub amount: i128,
}

/// Applies the postings of one invoice to its items, and leaves both in order. The applications of an item never exceed
/// its amount; one that they reach was settled on the day of the last.
///
/// ```
/// use regua::domain::settlement::{Application, Family, Installment, Posting, settle};
/// let item = |key, due_on| Installment { key, number: key, due_on, amount: 50_00 };
/// let posting = |on, amount| Posting { on, family: Family::Paid, installment: None, amount, of: None };
/// let (mut items, mut postings) = ([item(1, 30), item(2, 60)], [posting(20, 70_00), posting(40, -30_00)]);
/// // Of the 70.00 of day 20 the 40.00 that stayed are on the first instalment.
/// assert_eq!(settle(&mut items, &mut postings), [Application { key: 1, on: 20, amount: 40_00 }]);
/// // A payment that bounced has paid nothing, though its bounce was posted after the item was paid again.
/// let bounce = Posting { of: Some(20), ..posting(60, -70_00) };
/// let mut postings = [posting(20, 70_00), posting(50, 70_00), bounce];
/// assert_eq!(settle(&mut items, &mut postings)[0], Application { key: 1, on: 50, amount: 50_00 });
/// ```
pub fn settle(items: &mut [Installment], postings: &mut [Posting]) -> Vec<Application> {
    postings.iter_mut().for_each(|posting| posting.on = posting.of.unwrap_or(posting.on));
    arrange(items, postings);
    let mut found = Vec::new();
    let is_apart = by_lines(items, postings, &mut |items, own| fill(items, day_ends(own), &mut found));
    if is_apart { found } else { mixed(items, postings) }
}

fn arrange(items: &mut [Installment], postings: &mut [Posting]) {
    items.sort_by_key(|item| (item.due_on, item.number));
    postings.sort_by_key(|posting| (posting.on, posting.family, posting.installment));
}

/// Calls `each` with the items that one running sum fills, and with the postings that make it: all of an invoice where
/// no instalment is named, and one where each posting names its own. `false`, and no call, where there are no such lines:
/// some postings name instalments and others do not, or more was taken back from one than was paid on it.
fn by_lines(items: &[Installment], postings: &[Posting], each: &mut impl FnMut(&[Installment], &[Posting])) -> bool {
    let names_none = |posting: &Posting| posting.installment.is_none();
    if postings.iter().all(names_none) {
        each(items, postings);
        return true;
    }
    if let [item] = items {
        let is_own = |p: &&Posting| p.installment.is_none_or(|number| number == item.number);
        each(items, &postings.iter().filter(is_own).copied().collect::<Vec<_>>());
        return true;
    }
    if postings.iter().any(names_none) {
        return false;
    }
    let mut by_number = postings.to_vec();
    by_number.sort_by_key(|posting| posting.installment);
    let own = |item: &Installment| {
        let own = &by_number[by_number.partition_point(|p| p.installment < Some(item.number))..];
        &own[..own.partition_point(|p| p.installment == Some(item.number))]
    };
    if items.iter().any(|item| day_ends(own(item)).iter().any(|(_, level)| *level < 0)) {
        return false;
    }
    items.iter().for_each(|item| each(std::slice::from_ref(item), own(item)));
    true
}

/// What had flowed in by the end of each day, from postings in order.
fn day_ends(postings: &[Posting]) -> Vec<(i32, i128)> {
    let mut ends: Vec<(i32, i128)> = Vec::new();
    for posting in postings {
        let level = ends.last().map_or(0, |(_, level)| *level) + posting.amount;
        match ends.last_mut().filter(|(on, _)| *on == posting.on) {
            Some(end) => end.1 = level,
            None => ends.push((posting.on, level)),
        }
    }
    ends
}

/// One running sum fills the items from the first to the last.
fn fill(items: &[Installment], mut levels: Vec<(i32, i128)>, found: &mut Vec<Application>) {
    // Of what had flowed in by the end of a day, what was never taken back: the least from then on.
    for day in (1..levels.len()).rev() {
        levels[day - 1].1 = levels[day - 1].1.min(levels[day].1);
    }
    let (mut open, mut filled) = (items.iter().map(|item| (item.key, item.amount)).peekable(), 0);
    for (on, level) in levels {
        let mut flow = level - filled;
        filled = filled.max(level);
        while let Some((key, left)) = open.peek_mut().filter(|_| flow > 0) {
            let amount = flow.min(*left);
            if amount > 0 {
                found.push(Application { key: *key, on, amount });
            }
            flow -= amount;
            *left -= amount;
            if *left == 0 {
                open.next();
            }
        }
    }
}

/// Some postings name instalments and others do not, or more was taken back from one than was paid on it. Goes from the
/// last day to the first, so that what was kept since is known.
fn mixed(items: &[Installment], postings: &[Posting]) -> Vec<Application> {
    let mut paid = Paid { named: vec![0; items.len()], pooled: 0 };
    postings.iter().for_each(|posting| paid.add(items, posting, 1));
    let mut kept = paid.applied(items);
    let mut found = Vec::new();
    for of_day in postings.chunk_by(|a, b| a.on == b.on).rev() {
        of_day.iter().for_each(|posting| paid.add(items, posting, -1));
        for ((item, kept), before) in items.iter().zip(&mut kept).zip(paid.applied(items)) {
            let before = before.min(*kept);
            if *kept > before {
                found.push(Application { key: item.key, on: of_day[0].on, amount: *kept - before });
            }
            *kept = before;
        }
    }
    found.reverse();
    found
}

/// What was paid by the end of a day: on each item by its number, and without a number.
struct Paid {
    named: Vec<i128>,
    pooled: i128,
}

impl Paid {
    fn add(&mut self, items: &[Installment], posting: &Posting, sign: i128) {
        match posting.installment {
            None => self.pooled += sign * posting.amount,
            Some(number) => {
                if let Some(place) = items.iter().position(|item| item.number == number) {
                    self.named[place] += sign * posting.amount;
                }
            }
        }
    }

    /// What is applied to each item.
    fn applied(&self, items: &[Installment]) -> Vec<i128> {
        let stated = || self.named.iter().zip(items);
        let mut applied: Vec<i128> = stated().map(|(named, item)| (*named).clamp(0, item.amount)).collect();
        let short: i128 = self.named.iter().map(|named| (*named).min(0)).sum();
        let beyond: i128 = stated().map(|(named, item)| (named - item.amount).max(0)).sum();
        let mut to_fill = (self.pooled + short).max(0);
        for (applied, item) in applied.iter_mut().zip(items) {
            let part = to_fill.min(item.amount - *applied);
            *applied += part;
            to_fill -= part;
        }
        let mut to_empty = -(self.pooled + short + beyond).min(0);
        for applied in applied.iter_mut().rev() {
            let part = to_empty.min(*applied);
            *applied -= part;
            to_empty -= part;
        }
        applied
    }
}

#[cfg(test)]
mod tests;
