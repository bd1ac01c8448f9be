//! What the pass over the inputs found, besides the rows themselves.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use foldhash::{HashMap, HashSet};

use super::addresses::AddressBook;
use super::doubts::{self, Strangers};
use super::renamed::Renamed;
use super::segments::{Records, Rows};
use super::totals::Paid;
use super::{Groups, Totals, shard_of};
use crate::stage::BadRow;

/// Columns in which a value protects somebody: that all of them are empty overnight is the export's doing.
const STATED: [(&str, &str); 6] = [
    ("debtors", "is_insolvent"),
    ("debtors", "dunning_block"),
    ("debtors", "regua"),
    ("contact_points", "opted_out_on"),
    ("invoices", "dunning_block"),
    ("invoices", "regua"),
];

/// What the pass found.
#[derive(Default)]
pub(super) struct Outcome {
    pub bad: Vec<BadRow>,
    pub totals: Totals,
    pub rounded: u64,
    /// What was passed over, by input and by what it was, in rows.
    pub passed_over: BTreeMap<(&'static str, &'static str), u64>,
    pub tables: BTreeMap<&'static str, Rows>,
    pub claims: Vec<(usize, Records<5>)>,
    pub groups: Groups,
    /// Debtors whose rows name different groups: none of them is right.
    pub conflicted: BTreeSet<String>,
    pub addresses: AddressBook,
    /// Agreements, by their hash, that name what they cover.
    pub covering: HashSet<u64>,
    /// Whom a row can touch that is bad, or of which it cannot be told whom it is about: whoever signed an agreement, or
    /// may have made the payment that it takes back.
    pub touched: BTreeSet<String>,
    /// Earlier actions of debtors that are gone.
    pub renamed: Option<Renamed>,
    /// Hash of an address to which those went = hashes of the debtors who have it.
    pub at_address: HashMap<u64, HashSet<u64>>,
    /// What of the inputs that protect somebody names debtors that nobody knows.
    pub strangers: BTreeMap<&'static str, Strangers>,
    /// Payer and payment of reversals that cannot be read, and name another debtor.
    pub unread_reversals: BTreeSet<(String, String)>,
    /// Reversals that name another debtor than the one who paid.
    pub readdressed: u64,
    /// Persons of whom any row says that they are insolvent: by CNPJ root, or the whole number.
    pub insolvent: BTreeSet<String>,
    /// What was paid, and when.
    pub paid: Paid,
    /// Table and column = rows that state something in it that protects somebody.
    pub stated: BTreeMap<String, u64>,
}

impl Outcome {
    pub(super) fn take(
        &mut self,
        table: &'static str,
        bad: Vec<BadRow>,
        rounded: u64,
        passed_over: BTreeMap<&'static str, u64>,
    ) {
        self.bad.extend(bad);
        self.rounded += rounded;
        for (what, rows) in passed_over {
            *self.passed_over.entry((table, what)).or_default() += rows;
        }
    }

    pub(super) fn count_strangers(
        &mut self,
        table: &'static str,
        batch: &RecordBatch,
        groups: &Groups,
        knows: &dyn Fn(&str) -> bool,
    ) {
        if doubts::SPEAKING.contains(&table) {
            self.strangers.entry(table).or_default().count(table, batch, groups, knows);
        }
    }

    pub(super) fn merge(&mut self, other: Outcome) {
        self.bad.extend(other.bad);
        self.rounded += other.rounded;
        for (key, rows) in other.passed_over {
            *self.passed_over.entry(key).or_default() += rows;
        }
        for (key, sum) in other.totals {
            *self.totals.entry(key).or_default() += sum;
        }
        self.paid.merge(other.paid);
        self.tables.extend(other.tables);
        self.claims.extend(other.claims);
        self.addresses.merge(other.addresses);
        self.covering.extend(other.covering);
        self.touched.extend(other.touched);
        self.unread_reversals.extend(other.unread_reversals);
        self.at_address.extend(other.at_address);
        self.strangers.extend(other.strangers);
        self.readdressed += other.readdressed;
        for (column, rows) in other.stated {
            *self.stated.entry(column).or_default() += rows;
        }
    }

    /// Counts what the rows of a batch state in the columns that protect somebody.
    pub(super) fn count_stated(&mut self, table: &'static str, batch: &RecordBatch) {
        for (_, name) in STATED.iter().filter(|(of, _)| *of == table) {
            let Some(column) = batch.column_by_name(name) else { continue };
            let rows = match column.as_boolean_opt() {
                Some(flags) => flags.true_count(),
                None => column.len() - column.null_count(),
            };
            *self.stated.entry(format!("{table}.{name}")).or_default() += rows as u64;
        }
    }
}

/// Names by the shard of their group.
pub(super) fn by_shard(names: BTreeSet<String>, groups: &Groups, shards: u32) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new(); shards as usize];
    for name in names {
        found[shard_of(groups.key_of(&name), shards) as usize].push(name);
    }
    found
}
