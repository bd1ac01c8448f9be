//! Carries rows to the shard of whoever owes the invoice that they name. The items of an agreement take the agreement
//! with them, so that a branch is protected by what its head office has signed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use foldhash::{HashMap, HashSet};

use super::claims::{CLAIMING, Companies, Resolved, Rulings, debtor_hash};
use super::homes::{Pick, Table, build};
use super::segments::Rows;
use super::writers::Writers;
use super::{failed, hash_of, replaced, shard_of, with_column, without_column};
use crate::error::Result;
use crate::runtime::progress::Silent;

/// What was carried, by table, and whom a row that could not be carried can touch.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub(super) tables: BTreeMap<&'static str, Rows>,
    pub(super) held: HashSet<u64>,
}

/// An agreement of a debtor (both by their hashes) that covers something in another shard.
type Covers = BTreeSet<(u64, u64, u32)>;

/// The portfolio as it was spread.
pub(super) struct Carrier<'a> {
    pub(super) folder: &'a Path,
    pub(super) shards: u32,
    pub(super) tables: &'a BTreeMap<&'static str, Rows>,
    pub(super) resolved: &'a Resolved,
    pub(super) companies: &'a Companies,
    /// Debtor and payment of reversals that cannot be read, by shard.
    pub(super) unread: HashMap<u32, HashSet<(String, String)>>,
}

impl Carrier<'_> {
    /// Carries every row that a ruling sends to another debtor.
    pub(super) fn carry(&self) -> Result<Carried> {
        let mut writers: BTreeMap<&'static str, Writers<'_>> = BTreeMap::new();
        let mut carried = Carried::default();
        let names = || CLAIMING.into_iter().chain(["agreements"]);
        for name in names() {
            let file = format!("{name}-carried");
            writers.insert(name, Writers::create(self.folder, name, &file, self.shards, &Silent)?);
        }
        for shard in (0..self.shards).filter(|shard| self.resolved.has_rulings(*shard)) {
            let rulings = self.resolved.rulings(shard)?;
            let (mut covers, agreements) = (Covers::new(), self.agreements(shard)?);
            for name in CLAIMING {
                let Some(rows) = self.tables.get(name) else { continue };
                let batches = rows.read(shard)?;
                let table = Table { name, batches: &batches, rulings: &rulings };
                let homes = table.homes();
                carried.held.extend(&homes.touched);
                if name == "payments" {
                    let unread = self.unread.get(&shard).cloned().unwrap_or_default();
                    carried.held.extend(table.owners_behind(unread));
                }
                let going: Vec<Pick> = homes.picks.iter().filter(|pick| pick.to.is_some()).cloned().collect();
                let Some(batch) =
                    build(&table, &homes.payments, &going, self.companies)?.filter(|batch| batch.num_rows() > 0)
                else {
                    continue;
                };
                if name == "agreement_items" {
                    self.note_covers(&batch, &going, shard, &agreements, (&mut covers, &mut carried.held));
                }
                let (batch, keys) = addressed(batch, &going)?;
                writers.get_mut(name).map_or(Ok(()), |writer| writer.push(batch, keys))?;
            }
            if let (Some(rows), Some(writer)) = (&agreements.rows, writers.get_mut("agreements")) {
                self.carry_agreements(rows, &covers, writer)?;
            }
        }
        for (name, writer) in writers {
            carried.tables.insert(name, writer.rows()?);
        }
        Ok(carried)
    }

    /// Which agreements have to go along; whoever is covered by a doubtful one is held.
    fn note_covers(
        &self,
        batch: &RecordBatch,
        going: &[Pick],
        shard: u32,
        agreements: &Agreements,
        (covers, held): (&mut Covers, &mut HashSet<u64>),
    ) {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let (Some(ids), signers) = (text("agreement_id"), text("debtor_id")) else { return };
        for (row, pick) in going.iter().enumerate().filter(|(row, _)| ids.is_valid(*row)) {
            let Some((owner, group_key)) = pick.to else { continue };
            let (id, signer) = (hash_of(ids.value(row)), debtor_hash(signers, row));
            if agreements.doubtful.contains(&(signer, id)) {
                held.insert(owner);
            }
            let to = shard_of(group_key, self.shards);
            if to != shard {
                covers.insert((signer, id, to));
            }
        }
    }

    /// The agreements of a shard, and which of them contradict themselves.
    fn agreements(&self, shard: u32) -> Result<Agreements> {
        let mut agreements = Agreements::default();
        let Some(rows) = self.tables.get("agreements") else { return Ok(agreements) };
        let batches = rows.read(shard)?;
        let table = Table { name: "agreements", batches: &batches, rulings: &Rulings::default() };
        let homes = table.homes();
        agreements.rows = build(&table, &homes.payments, &homes.picks, self.companies)?;
        for ((number, row), _) in homes.set_aside {
            agreements.doubtful.extend(agreement_at(&batches[number], row));
        }
        Ok(agreements)
    }

    fn carry_agreements(&self, rows: &RecordBatch, covers: &Covers, writer: &mut Writers<'_>) -> Result<()> {
        let mut shards: HashMap<(u64, u64), BTreeSet<u32>> = HashMap::default();
        for (signer, id, to) in covers {
            shards.entry((*signer, *id)).or_default().insert(*to);
        }
        let targets = |row: usize| agreement_at(rows, row).and_then(|key| shards.get(&key));
        let all: BTreeSet<u32> = (0..rows.num_rows()).filter_map(targets).flatten().copied().collect();
        for to in all {
            let goes = |row| Some(targets(row).is_some_and(|shards| shards.contains(&to)));
            let mask: BooleanArray = (0..rows.num_rows()).map(goes).collect();
            let copies = filter_record_batch(rows, &mask).map_err(failed)?;
            // Any key of that shard will do: a copy is read by its signer, never by its group.
            let keys = vec![first_key_of(to, self.shards); copies.num_rows()];
            writer.push(without_column(&copies, "group_key")?, keys)?;
        }
        Ok(())
    }
}

/// The agreements of one shard.
#[derive(Default)]
struct Agreements {
    rows: Option<RecordBatch>,
    /// Signer and agreement of those that contradict themselves.
    doubtful: HashSet<(u64, u64)>,
}

/// Signer and agreement of a row, by their hashes.
fn agreement_at(batch: &RecordBatch, row: usize) -> Option<(u64, u64)> {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    let ids = text("agreement_id").filter(|ids| ids.is_valid(row))?;
    Some((debtor_hash(text("debtor_id"), row), hash_of(ids.value(row))))
}

/// The least group key of a shard.
fn first_key_of(shard: u32, shards: u32) -> i64 {
    let least = (u128::from(shard) << 63).div_ceil(u128::from(shards));
    i64::try_from(least).unwrap_or(i64::MAX)
}

/// The rows with the hash of the debtor that they go to, and the groups that they travel by now.
fn addressed(batch: RecordBatch, going: &[Pick]) -> Result<(RecordBatch, Vec<i64>)> {
    let to = || going.iter().filter_map(|pick| pick.to);
    let owners: ArrayRef = Arc::new(Int64Array::from_iter_values(to().map(|(debtor, _)| debtor as i64)));
    let keys = to().map(|(_, group_key)| group_key).collect();
    Ok((with_column(&without_column(&batch, "group_key")?, "owner_hash", owners)?, keys))
}

/// Hashes of the debtors that carried rows went to.
pub(super) fn heirs(batch: &RecordBatch) -> Vec<u64> {
    let owners = batch.column_by_name("owner_hash").and_then(|c| c.as_primitive_opt::<arrow::datatypes::Int64Type>());
    owners.into_iter().flatten().flatten().map(|hash| hash as u64).collect()
}

/// Carried rows under the names of the debtors that they went to.
pub(super) fn received(batch: &RecordBatch, names: &HashMap<u64, String>) -> Result<RecordBatch> {
    let Some(owners) = batch.column_by_name("owner_hash") else { return Ok(batch.clone()) };
    let owners = owners.as_primitive::<arrow::datatypes::Int64Type>();
    let own = batch.column_by_name("debtor_id").and_then(|c| c.as_string_opt::<i32>());
    let name = |(row, hash): (usize, Option<i64>)| match hash {
        Some(hash) => names.get(&(hash as u64)).map(String::as_str),
        None => own.filter(|own| own.is_valid(row)).map(|own| own.value(row)),
    };
    let debtors: ArrayRef = Arc::new(owners.iter().enumerate().map(name).collect::<StringArray>());
    replaced(&without_column(batch, "owner_hash")?, "debtor_id", debtors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_of_a_shard_is_in_it() {
        for shards in [1, 2, 3, 7, 64, 755, 4096] {
            for shard in [0, 1, shards / 2, shards - 1].into_iter().filter(|shard| *shard < shards) {
                assert_eq!(shard_of(first_key_of(shard, shards), shards), shard, "{shard} of {shards}");
            }
        }
    }
}
