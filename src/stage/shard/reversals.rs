//! Chains of reversals, followed to the payment at their end.
//!
//! A reversal of a reversal restores what the first one took back, so the sign alternates along the chain. A chain that
//! loops cannot be resolved, and its debtor is held.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{Decimal128Type, Int64Type};

/// Links of a chain at the most; real ones have two or three.
const LINKS_MAX: usize = 64;

/// A row in the batches of a table: batch and row.
pub(super) type At = (usize, usize);

/// A row of a payment that names no reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) at: At,
    pub(super) invoice_id: Option<String>,
    pub(super) installment_no: Option<i64>,
    /// Minor units.
    pub(super) amount: i128,
}

/// What a reversal takes back, or puts back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reversal {
    /// The payment at the end of the chain, which the snapshot may lack.
    pub(super) root_id: String,
    pub(super) takes_back: bool,
    /// The chain has no end.
    pub(super) is_loop: bool,
}

/// The payments of one shard: who reverses what.
pub(super) struct Payments {
    reversals: HashMap<At, Reversal>,
    /// By debtor and payment, where something reverses it.
    parts: HashMap<(String, String), Vec<Part>>,
}

struct Columns<'b> {
    ids: &'b StringArray,
    debtors: &'b StringArray,
    reverses: &'b StringArray,
}

fn columns(batch: &RecordBatch) -> Option<Columns<'_>> {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    Some(Columns { ids: text("payment_id")?, debtors: text("debtor_id")?, reverses: text("reverses")? })
}

fn some(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

impl Payments {
    /// Follows every chain in the payments of some debtors.
    pub(super) fn of(batches: &[RecordBatch]) -> Payments {
        // Of each payment that reverses: what it reverses. Rows of one payment that reverse different ones loop.
        let mut links: HashMap<(&str, &str), &str> = HashMap::new();
        for columns in batches.iter().filter_map(columns) {
            for row in (0..columns.ids.len()).filter(|row| columns.reverses.is_valid(*row)) {
                let debtor = some(columns.debtors, row).unwrap_or_default();
                links.entry((debtor, columns.ids.value(row))).or_insert(columns.reverses.value(row));
            }
        }
        let mut payments = Payments { reversals: HashMap::new(), parts: HashMap::new() };
        if links.is_empty() {
            return payments;
        }
        let mut roots: HashSet<(String, String)> = HashSet::new();
        for (number, columns) in batches.iter().enumerate().filter_map(|(n, b)| Some((n, columns(b)?))) {
            for row in (0..columns.ids.len()).filter(|row| columns.reverses.is_valid(*row)) {
                let debtor = some(columns.debtors, row).unwrap_or_default();
                let reversal = follow(&links, debtor, columns.reverses.value(row));
                roots.insert((debtor.to_owned(), reversal.root_id.clone()));
                payments.reversals.insert((number, row), reversal);
            }
        }
        for (number, batch) in batches.iter().enumerate() {
            payments.gather(number, batch, &roots);
        }
        payments
    }

    /// The parts of the payments that something reverses.
    fn gather(&mut self, number: usize, batch: &RecordBatch, roots: &HashSet<(String, String)>) {
        let Some(columns) = columns(batch) else { return };
        let invoices = batch.column_by_name("invoice_id").and_then(|c| c.as_string_opt::<i32>());
        let instalments = batch.column_by_name("installment_no").and_then(|c| c.as_primitive_opt::<Int64Type>());
        let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        for row in (0..columns.ids.len()).filter(|row| columns.reverses.is_null(*row)) {
            let debtor = some(columns.debtors, row).unwrap_or_default();
            let key = (debtor.to_owned(), columns.ids.value(row).to_owned());
            if !roots.contains(&key) {
                continue;
            }
            self.parts.entry(key).or_default().push(Part {
                at: (number, row),
                invoice_id: invoices.and_then(|c| some(c, row)).map(str::to_owned),
                installment_no: instalments.filter(|c| c.is_valid(row)).map(|c| c.value(row)),
                amount: amounts.map_or(0, |c| c.value(row)),
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reversals.is_empty()
    }

    pub(super) fn reversal(&self, at: At) -> Option<&Reversal> {
        self.reversals.get(&at)
    }

    /// The rows of the payment at the end of a chain.
    pub(super) fn parts(&self, debtor: &str, root_id: &str) -> &[Part] {
        self.parts.get(&(debtor.to_owned(), root_id.to_owned())).map_or(&[], Vec::as_slice)
    }
}

/// Rows below zero that name no payment to reverse, and leave less than nothing paid on an invoice: they may be payments
/// of the other sign, or reversals of payments that are not in the snapshot.
pub(super) fn overdrawn(batches: &[RecordBatch]) -> Vec<At> {
    let mut negative: Vec<(At, (&str, &str, &str))> = Vec::new();
    let mut paid: HashMap<(&str, &str, &str), i128> = HashMap::new();
    for (number, batch) in batches.iter().enumerate() {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let [debtors, companies, invoices] = ["debtor_id", "company_id", "invoice_id"].map(text);
        let (Some(debtors), Some(companies), Some(invoices)) = (debtors, companies, invoices) else { continue };
        let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let Some(amounts) = amounts else { continue };
        for row in (0..batch.num_rows()).filter(|row| invoices.is_valid(*row)) {
            let value = |column: Option<&'_ StringArray>| column.is_some_and(|c| c.is_valid(row));
            let kind = text("kind").and_then(|c| some(c, row)).unwrap_or("payment");
            if value(text("reverses")) || matches!(kind, "charges" | "refund" | "chargeback") {
                continue;
            }
            let or_none = |column| some(column, row).unwrap_or_default();
            let key = (or_none(debtors), or_none(companies), invoices.value(row));
            *paid.entry(key).or_default() += amounts.value(row);
            if amounts.value(row) < 0 {
                negative.push(((number, row), key));
            }
        }
    }
    negative.retain(|(_, key)| paid.get(key).is_some_and(|sum| *sum < 0));
    negative.into_iter().map(|(at, _)| at).collect()
}

/// Is anything below zero in a column of amounts? Most shards have none, and are not looked at row by row.
pub(super) fn has_negative(batches: &[RecordBatch]) -> bool {
    let amounts = batches.iter().filter_map(|b| b.column_by_name("amount")?.as_primitive_opt::<Decimal128Type>());
    amounts.into_iter().any(|column| column.iter().flatten().any(|amount| amount < 0))
}

fn follow(links: &HashMap<(&str, &str), &str>, debtor: &str, reverses: &str) -> Reversal {
    let (mut root, mut takes_back) = (reverses, true);
    for _ in 0..LINKS_MAX {
        match links.get(&(debtor, root)) {
            None => return Reversal { root_id: root.to_owned(), takes_back, is_loop: false },
            Some(next) => (root, takes_back) = (next, !takes_back),
        }
    }
    Reversal { root_id: reverses.to_owned(), takes_back: true, is_loop: true }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;

    use super::*;

    /// Payment and what it reverses; root, and whether it takes back.
    #[test]
    fn the_sign_alternates_along_a_chain() {
        let rows = [("P", None), ("R1", Some("P")), ("R2", Some("R1")), ("R3", Some("R2")), ("X", Some("gone"))];
        let loops = [("L1", Some("L2")), ("L2", Some("L1")), ("S", Some("S"))];
        let all: Vec<(&str, Option<&str>)> = rows.into_iter().chain(loops).collect();
        let column = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
        let ids = column(all.iter().map(|(id, _)| Some(*id)).collect());
        let debtors = column(vec![Some("D"); all.len()]);
        let reverses = column(all.iter().map(|(_, reverses)| *reverses).collect());
        let columns = [("payment_id", ids, true), ("debtor_id", debtors, true), ("reverses", reverses, true)];
        let payments = Payments::of(&[RecordBatch::try_from_iter_with_nullable(columns).unwrap()]);
        let found: Vec<Option<(&str, bool, bool)>> = (0..all.len())
            .map(|row| payments.reversal((0, row)).map(|r| (r.root_id.as_str(), r.takes_back, r.is_loop)))
            .collect();
        let expected = [
            None,
            Some(("P", true, false)),
            Some(("P", false, false)),
            Some(("P", true, false)),
            Some(("gone", true, false)),
            Some(("L2", true, true)),
            Some(("L1", true, true)),
            Some(("S", true, true)),
        ];
        assert_eq!(found, expected);
        assert_eq!(payments.parts("D", "P").len(), 1);
    }
}
