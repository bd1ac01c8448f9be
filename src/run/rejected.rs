//! The rows of all shards that count for nothing, and what is said of them.

use std::collections::BTreeMap;

use super::notes;
use crate::stage::shard::Shards;
use crate::stage::{Clash, QuarantinedRow, Snapshots, Totals, gates};

/// The rows of a shard that count for nothing: what contradicts, repeats, or belongs to no debtor.
#[derive(Default)]
pub(super) struct RejectedRows {
    pub(super) clashes: Vec<Clash>,
    /// Rows that say again what another says, by table.
    pub(super) repeated: BTreeMap<&'static str, u64>,
    pub(super) set_aside: Totals,
    /// Company and currency = payments that cannot be attributed to a debtor.
    pub(super) unidentified: gates::Unidentified,
}

impl RejectedRows {
    pub(super) fn add(&mut self, of_shard: RejectedRows) {
        self.clashes.extend(of_shard.clashes);
        for (table, rows) in of_shard.repeated {
            *self.repeated.entry(table).or_default() += rows;
        }
        for (key, sum) in of_shard.set_aside {
            *self.set_aside.entry(key).or_default() += sum;
        }
        for (key, sum) in of_shard.unidentified {
            *self.unidentified.entry(key).or_default() += sum;
        }
    }

    pub(super) fn copies_of(&self, table: &str) -> u64 {
        self.repeated.get(table).copied().unwrap_or(0)
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let copies = notes::copies(&self.repeated);
        copies.into_iter().chain(gates::unidentified_notes(&self.unidentified)).collect()
    }
}

/// What stands in `quarantine`, in a fixed order.
pub(super) fn quarantined(shards: &Shards, rejected: &RejectedRows, snapshots: &Snapshots) -> Vec<QuarantinedRow> {
    let bad = shards.bad.iter().map(|b| QuarantinedRow::of_bad_row(b, snapshots));
    let clashes = rejected.clashes.iter().map(|c| QuarantinedRow::of_clash(c, snapshots));
    let mut rows: Vec<QuarantinedRow> = bad.chain(clashes).collect();
    rows.sort();
    rows
}
