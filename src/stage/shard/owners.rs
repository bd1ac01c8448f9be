//! Who owes which invoice: mostly one debtor for a number, but where numbers begin at 1 for each debtor it can be all
//! of them.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet};

/// Who owes an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) debtor: u64,
    pub(super) group_key: i64,
    pub(super) company: u32,
    pub(super) currency: u32,
}

/// The invoices of one partition by the hash of their number; mostly one owner each.
#[derive(Default)]
pub(super) struct Owners {
    first: HashMap<u64, Owner>,
    /// By invoice and debtor: where everybody's first invoice is number 1, nobody looks through all of them.
    others: BTreeMap<(u64, u64), Vec<Owner>>,
    /// How many of the others there are.
    counts: HashMap<u64, usize>,
}

/// More owners of one number than these are not told apart for a row that none of them wrote: it holds all of them.
pub(super) const OWNERS_MAX: usize = 1_000;

impl Owners {
    pub(super) fn add(&mut self, invoice: u64, owner: Owner) {
        match self.first.get(&invoice) {
            None => drop(self.first.insert(invoice, owner)),
            Some(first) if *first == owner => {}
            Some(_) => {
                let others = self.others.entry((invoice, owner.debtor)).or_default();
                if !others.contains(&owner) {
                    others.push(owner);
                    *self.counts.entry(invoice).or_default() += 1;
                }
            }
        }
    }

    pub(super) fn of(&self, invoice: u64) -> Vec<Owner> {
        let others = self.others.range((invoice, 0)..=(invoice, u64::MAX)).flat_map(|(_, owners)| owners);
        self.first.get(&invoice).into_iter().chain(others).copied().collect()
    }

    pub(super) fn count(&self, invoice: u64) -> usize {
        let first = usize::from(self.first.contains_key(&invoice));
        first + self.counts.get(&invoice).copied().unwrap_or(0)
    }

    pub(super) fn of_debtor(&self, invoice: u64, debtor: u64) -> Vec<Owner> {
        let others = self.others.get(&(invoice, debtor)).into_iter().flatten();
        self.first.get(&invoice).into_iter().chain(others).filter(|o| o.debtor == debtor).copied().collect()
    }

    /// The numbers that several debtors of one company use, each with who they are.
    pub(super) fn contested(&self) -> Vec<(u64, u32, HashSet<u64>)> {
        let numbers: BTreeSet<u64> = self.others.keys().map(|(invoice, _)| *invoice).collect();
        let mut contested = Vec::new();
        for invoice in numbers {
            let mut debtors: BTreeMap<u32, HashSet<u64>> = BTreeMap::new();
            for owner in self.of(invoice) {
                debtors.entry(owner.company).or_default().insert(owner.debtor);
            }
            let several = debtors.into_iter().filter(|(_, debtors)| debtors.len() > 1);
            contested.extend(several.map(|(company, debtors)| (invoice, company, debtors)));
        }
        contested
    }
}
