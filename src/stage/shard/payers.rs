//! Who made the payment that a reversal takes back. A bank that returns a direct debit names itself, or nobody; the
//! payment was made by somebody else, and is found by its `payment_id`.
//!
//! Reversals are kept back while the payments are spread, and then go to the shard of whoever paid.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, RecordBatch, StringArray};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::{Decimal128Type, Int64Type};
use foldhash::{HashMap, HashSet};

use super::claims::debtor_hash;
use super::reversals::LINKS_MAX;
use super::segments::RowsWriter;
use super::{Groups, failed, hash_of, replaced, text};
use crate::error::Result;
use crate::stage::{BadRow, Snapshot};

/// A number under which so many have paid says nothing of who did.
const PAYERS_MAX: usize = 100;

/// Who paid under a number, and how much in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Payer {
    /// `None`: the payment names nobody.
    debtor_id: Option<String>,
    group_key: i64,
    amount: i128,
}

/// The payments that something reverses, and the reversals.
pub(super) struct Payers {
    /// Hashes of the payments that something reverses.
    reversed: HashSet<u64>,
    paid: HashMap<u64, Vec<Payer>>,
    /// By the hash of a reversal that is itself reversed: its debtor, and what it reverses.
    links: HashMap<u64, Vec<(u64, u64)>>,
    waiting: RowsWriter,
}

/// A reversal with what is known of it.
struct Row<'b> {
    debtor: u64,
    group_key: i64,
    reverses: u64,
    amount: i128,
    names: Option<&'b str>,
}

/// Whom a reversal is about.
#[derive(Debug, PartialEq, Eq)]
enum Verdict<'p> {
    /// Whoever it names, or nobody knows.
    AsWritten,
    Of(&'p Payer),
    /// It may take back what these have paid.
    MayBeOf(&'p [Payer]),
}

/// Reversals that go on, with what was found out about them.
pub(super) struct Addressed {
    pub(super) batch: RecordBatch,
    /// Rows that go on with another debtor than they name.
    pub(super) readdressed: u64,
    pub(super) bad: Vec<BadRow>,
    /// Whoever may have paid what a row takes back.
    pub(super) touched: BTreeSet<String>,
}

impl Payers {
    /// `None` where no payment is reversed.
    pub(super) fn of(folder: &Path, payments: &Snapshot) -> Result<Option<Payers>> {
        let mut reversed = HashSet::default();
        payments.for_each_text("reverses", |column| reversed.extend(column.iter().flatten().map(hash_of)))?;
        if reversed.is_empty() {
            return Ok(None);
        }
        let waiting = RowsWriter::create(folder, "payments-reversals", 1)?;
        Ok(Some(Payers { reversed, paid: HashMap::default(), links: HashMap::default(), waiting }))
    }

    /// Takes down who paid in a batch what something reverses, keeps its reversals back, and gives back the rest.
    pub(super) fn keep_back(&mut self, batch: &RecordBatch, group_keys: &[i64]) -> Result<RecordBatch> {
        let [Some(ids), Some(reverses)] = ["payment_id", "reverses"].map(|name| text(batch, name)) else {
            return Ok(batch.clone());
        };
        let (debtors, amounts) = (text(batch, "debtor_id"), amounts(batch));
        for (row, group_key) in group_keys.iter().enumerate() {
            let id = hash_of(ids.value(row));
            if !self.reversed.contains(&id) {
                continue;
            }
            if reverses.is_valid(row) {
                let link = (debtor_hash(debtors, row), hash_of(reverses.value(row)));
                let links = self.links.entry(id).or_default();
                if links.len() <= PAYERS_MAX && !links.contains(&link) {
                    links.push(link);
                }
                continue;
            }
            let amount = amounts.map_or(0, |c| c.value(row));
            let debtor_id = debtors.filter(|d| d.is_valid(row)).map(|d| d.value(row));
            add(self.paid.entry(id).or_default(), debtor_id, *group_key, amount);
        }
        let is_reversal: BooleanArray = reverses.iter().map(|reverses| Some(reverses.is_some())).collect();
        if is_reversal.true_count() == 0 {
            return Ok(batch.clone());
        }
        self.waiting.write(0, &filter_record_batch(batch, &is_reversal).map_err(failed)?)?;
        not(&is_reversal).and_then(|rest| filter_record_batch(batch, &rest)).map_err(failed)
    }

    /// Who paid what a bad row may take back, or put back; nothing where it is the debtor that it names.
    pub(super) fn behind(&self, bad: &BadRow, groups: &Groups) -> BTreeSet<String> {
        let names = bad.debtor_id.as_deref();
        let (debtor, group_key) = names.map_or((0, 0), |id| (hash_of(id), groups.key_of(id)));
        let Some(reverses) = bad.reverses.as_deref().map(hash_of) else { return BTreeSet::new() };
        let row = Row { debtor, group_key, reverses, amount: 0, names };
        let payers = match row.verdict(&self.paid, &self.links) {
            Verdict::AsWritten => &[][..],
            Verdict::Of(payer) => std::slice::from_ref(payer),
            Verdict::MayBeOf(payers) => payers,
        };
        payers.iter().filter_map(|payer| payer.debtor_id.clone()).collect()
    }

    /// The reversals, each with the debtor that it is about.
    pub(super) fn for_each(self, groups: &Groups, mut each: impl FnMut(Addressed) -> Result<()>) -> Result<()> {
        let Payers { paid, links, waiting, .. } = self;
        waiting.finish()?.for_each(0, |batch| each(addressed(&paid, &links, groups, batch)?))
    }
}

fn amounts(batch: &RecordBatch) -> Option<&Decimal128Array> {
    batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>())
}

fn add(payers: &mut Vec<Payer>, debtor_id: Option<&str>, group_key: i64, amount: i128) {
    match payers.iter().position(|payer| payer.debtor_id.as_deref() == debtor_id) {
        Some(at) => payers[at].amount += amount,
        None if payers.len() > PAYERS_MAX => {}
        None => payers.push(Payer { debtor_id: debtor_id.map(str::to_owned), group_key, amount }),
    }
}

fn addressed(
    paid: &HashMap<u64, Vec<Payer>>,
    links: &HashMap<u64, Vec<(u64, u64)>>,
    groups: &Groups,
    batch: RecordBatch,
) -> Result<Addressed> {
    let mut found = Addressed { batch, readdressed: 0, bad: Vec::new(), touched: BTreeSet::new() };
    let batch = &found.batch;
    let (debtors, invoices) = (text(batch, "debtor_id"), text(batch, "invoice_id"));
    let places = batch.column_by_name("source_row").and_then(|c| c.as_primitive_opt::<Int64Type>());
    let (Some(debtors), Some(reverses), Some(places)) = (debtors, text(batch, "reverses"), places) else {
        return Ok(found);
    };
    let mut named: Vec<Option<&str>> = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let names = debtors.is_valid(row).then(|| debtors.value(row));
        let reversal = Row {
            debtor: debtor_hash(Some(debtors), row),
            group_key: names.map_or(0, |id| groups.key_of(id)),
            reverses: hash_of(reverses.value(row)),
            amount: amounts(batch).map_or(0, |c| c.value(row)),
            names,
        };
        match reversal.verdict(paid, links) {
            Verdict::AsWritten => named.push(names),
            Verdict::Of(payer) => {
                found.readdressed += 1;
                named.push(payer.debtor_id.as_deref());
            }
            // What it is about is said by its invoice.
            Verdict::MayBeOf(_) if invoices.is_some_and(|c| c.is_valid(row)) => named.push(names),
            Verdict::MayBeOf(payers) => {
                let class = "the number of a payment of another debtor";
                found.bad.push(BadRow::warning("payments", places.value(row), "reverses", class, "unclear_payer"));
                found.touched.extend(payers.iter().filter_map(|payer| payer.debtor_id.clone()));
                named.push(names);
            }
        }
    }
    if found.readdressed > 0 {
        let named: ArrayRef = Arc::new(StringArray::from(named));
        found.batch = replaced(batch, "debtor_id", named)?;
    }
    Ok(found)
}

impl Row<'_> {
    /// Payers count their payments alike now and then: another's payment of that number is what is meant only where the
    /// row names nobody, or a debtor of the same group, or takes back the very amount.
    fn verdict<'p>(&self, paid: &'p HashMap<u64, Vec<Payer>>, links: &HashMap<u64, Vec<(u64, u64)>>) -> Verdict<'p> {
        let Some(payers) = self.root(paid, links) else { return Verdict::AsWritten };
        if payers.len() > PAYERS_MAX || payers.iter().any(|payer| self.is_own(payer)) {
            return Verdict::AsWritten;
        }
        let is_of_group = |payer: &&Payer| self.names.is_some() && payer.group_key == self.group_key;
        let mut of_group = payers.iter().filter(is_of_group);
        match (of_group.next(), of_group.next(), payers) {
            (Some(payer), None, _) => Verdict::Of(payer),
            (None, None, [payer]) if self.names.is_none() || payer.amount.abs() == self.amount.abs() => {
                Verdict::Of(payer)
            }
            _ => Verdict::MayBeOf(payers),
        }
    }

    /// Who paid what stands at the end of the chain.
    fn root<'p>(
        &self,
        paid: &'p HashMap<u64, Vec<Payer>>,
        links: &HashMap<u64, Vec<(u64, u64)>>,
    ) -> Option<&'p [Payer]> {
        let mut id = self.reverses;
        for _ in 0..LINKS_MAX {
            let payers = paid.get(&id).map(Vec::as_slice);
            let known = links.get(&id).map_or(&[][..], Vec::as_slice);
            let own = known.iter().find(|(debtor, _)| *debtor == self.debtor);
            let is_own = payers.is_some_and(|payers| payers.iter().any(|payer| self.is_own(payer)));
            id = match (payers, own, known) {
                (Some(payers), _, _) if is_own => return Some(payers),
                (_, Some((_, reverses)), _) => *reverses,
                (Some(payers), None, _) => return Some(payers),
                (None, None, [(_, reverses)]) => *reverses,
                (None, None, _) => return None,
            };
        }
        None
    }

    fn is_own(&self, payer: &Payer) -> bool {
        payer.debtor_id.as_deref() == self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: i64 = 7;

    /// Who paid 100.00 under the number that a row reverses; who stands in the row, its group and amount; of whom it is.
    #[test]
    fn a_reversal_is_of_whoever_paid() {
        type Case = (&'static str, Vec<(&'static str, i64)>, (Option<&'static str>, i64, i128), &'static str);
        let table: Vec<Case> = vec![
            ("its own", vec![("D", GROUP)], (Some("D"), GROUP, 100), "as written"),
            ("its own beside another's", vec![("D", GROUP), ("E", 9)], (Some("D"), GROUP, 100), "as written"),
            ("nobody's payment", vec![], (Some("D"), GROUP, 100), "as written"),
            ("it names nobody", vec![("D", GROUP)], (None, 0, 40), "D"),
            ("it names nobody, two have paid", vec![("D", GROUP), ("E", 9)], (None, 0, 100), "may be of D E"),
            ("by the head office", vec![("D", GROUP)], (Some("head"), GROUP, 40), "D"),
            ("by the head office of one of two", vec![("D", GROUP), ("E", 9)], (Some("head"), GROUP, 40), "D"),
            ("by a bank, all of it", vec![("D", GROUP)], (Some("bank"), 3, -100), "D"),
            ("by a bank, a part of it", vec![("D", GROUP)], (Some("bank"), 3, 40), "may be of D"),
        ];
        for (name, payers, (names, group_key, amount), expected) in table {
            let mut of_id = Vec::new();
            payers.iter().for_each(|(debtor, group)| add(&mut of_id, Some(debtor), *group, 100));
            let paid = HashMap::from_iter((!of_id.is_empty()).then_some((1, of_id)));
            // The row reverses a reversal of the payment.
            let links = HashMap::from_iter([(2, vec![(hash_of("bank"), 1)])]);
            for reverses in [1, 2] {
                let debtor = names.map_or(0, hash_of);
                let row = Row { debtor, group_key, reverses, amount, names };
                let text = |payer: &Payer| payer.debtor_id.clone().unwrap_or_default();
                let found = match row.verdict(&paid, &links) {
                    Verdict::AsWritten => "as written".to_owned(),
                    Verdict::Of(payer) => text(payer),
                    Verdict::MayBeOf(payers) => {
                        format!("may be of {}", payers.iter().map(text).collect::<Vec<_>>().join(" "))
                    }
                };
                assert_eq!(found, expected, "{name}");
            }
        }
    }

    #[test]
    fn a_number_of_everybody_says_nothing() {
        let mut payers = Vec::new();
        (0..200).for_each(|n| add(&mut payers, Some(&format!("D{n}")), n, 100));
        let row = Row { debtor: 0, group_key: 0, reverses: 1, amount: 100, names: None };
        assert_eq!(row.verdict(&HashMap::from_iter([(1, payers)]), &HashMap::default()), Verdict::AsWritten);
    }
}
