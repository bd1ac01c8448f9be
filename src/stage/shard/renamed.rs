//! Debtors and companies whose id has changed overnight: a new ERP, a merged customer master. A message to the old id
//! counts as one to whoever owes those invoices now and has that address: nobody is dunned twice because a number
//! changed.
//!
//! Earlier actions of debtors who owe nothing any more are kept back until it is known who owes what they named. It
//! does not matter whether the old master record is still there. Actions of a company that bills nobody any more count
//! as those of the company that bills these invoices now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::Date32Type;
use foldhash::{HashMap, HashSet};

use super::addresses::address_hash;
use super::carry::Carried;
use super::claims::{Companies, each_owner};
use super::outcome::Outcome;
use super::owners::Owner;
use super::segments::{Records, RowsWriter};
use super::writers::Writers;
use super::{Groups, failed, hash_of, replaced, text, with_column};
use crate::error::Result;
use crate::runtime::progress::Silent;

/// What was published for debtors who owe nothing any more.
pub(super) struct Renamed {
    actions: RowsWriter,
    items: RowsWriter,
    pub(super) sought: Sought,
    /// By the day: the actions, and those of debtors whom the debtors snapshot does not have.
    written: BTreeMap<i32, (u64, u64)>,
}

/// So many actions, of which so many are for debtors who are in the debtors snapshot no more; those of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vanished {
    /// Of the newest day with any.
    pub actions: u64,
    /// Of them, those whose debtor is gone, and whom nobody follows.
    pub gone: u64,
}

/// What they named, and where it went, by hashes.
#[derive(Default)]
pub(super) struct Sought {
    invoices: HashSet<u64>,
    pub(super) addresses: HashSet<u64>,
}

/// Who owes now what an action named; `None`: several do.
type Heir = Option<Owner>;

impl Renamed {
    pub(super) fn new(folder: &Path) -> Result<Renamed> {
        let (actions, items) =
            (RowsWriter::create(folder, "actions-gone", 1)?, RowsWriter::create(folder, "action_items-gone", 1)?);
        Ok(Renamed { actions, items, sought: Sought::default(), written: BTreeMap::new() })
    }

    /// Counts whose debtors are gone.
    pub(super) fn count(&mut self, actions: &RecordBatch, groups: &Groups) {
        let days = actions.column_by_name("published_on").and_then(|c| c.as_primitive_opt::<Date32Type>());
        let Some((days, debtors)) = days.zip(text(actions, "debtor_id")) else { return };
        for (day, debtor) in days.iter().zip(debtors) {
            let of_day = self.written.entry(day.unwrap_or(i32::MIN)).or_default();
            of_day.0 += 1;
            of_day.1 += u64::from(debtor.is_some_and(|debtor| !groups.knows(debtor)));
        }
    }

    /// Keeps back the actions of debtors who are not `owing` (by their hashes), and what they named; gives back the rest.
    pub(super) fn keep_back(
        &mut self,
        actions: RecordBatch,
        items: RecordBatch,
        owing: &HashSet<u64>,
    ) -> Result<(RecordBatch, RecordBatch)> {
        let is_gone = |batch: &RecordBatch| -> BooleanArray {
            let debtors = text(batch, "debtor_id").into_iter().flat_map(|ids| ids.iter());
            debtors.map(|id| Some(id.is_some_and(|id| !owing.contains(&hash_of(id))))).collect()
        };
        let (gone, gone_items) = (is_gone(&actions), is_gone(&items));
        if gone.true_count() == 0 {
            return Ok((actions, items));
        }
        let take = |batch: &RecordBatch, of: &BooleanArray| filter_record_batch(batch, of).map_err(failed);
        let (old, old_items) = (take(&actions, &gone)?, take(&items, &gone_items)?);
        let invoices = text(&old_items, "invoice_id").into_iter().flat_map(|ids| ids.iter());
        self.sought.invoices.extend(invoices.flatten().map(hash_of));
        self.sought.addresses.extend((0..old.num_rows()).filter_map(|row| destination(&old, row)));
        self.actions.write(0, &old)?;
        self.items.write(0, &old_items)?;
        let rest = |of: &BooleanArray| not(of).map_err(failed);
        Ok((take(&actions, &rest(&gone)?)?, take(&items, &rest(&gone_items)?)?))
    }

    /// Carries every action to its heir; one without stays with the old id, where nobody owes anything.
    pub(super) fn carry(
        self,
        (folder, shards): (&Path, u32),
        outcome: &Outcome,
        companies: &Companies,
        carried: &mut Carried,
    ) -> Result<(u64, Vanished)> {
        let Renamed { actions, items, sought, written } = self;
        let (all, gone) = written.last_key_value().map_or((0, 0), |(_, counts)| *counts);
        let vanished = |moved: u64| Vanished { actions: all, gone: gone.saturating_sub(moved) };
        if sought.invoices.is_empty() {
            return Ok((0, vanished(0)));
        }
        let owners = owners(shards, &outcome.claims, &sought.invoices)?;
        let items = items.finish()?;
        let mut heirs: HashMap<u64, Heir> = HashMap::default();
        items.for_each(0, |batch| {
            let [Some(ids), Some(invoices)] = ["action_id", "invoice_id"].map(|name| text(&batch, name)) else {
                return Ok(());
            };
            for (id, invoice) in ids.iter().flatten().zip(invoices.iter().flatten()) {
                let Some(owner) = owners.get(&hash_of(invoice)) else { continue };
                let heir = heirs.entry(hash_of(id)).or_insert(*owner);
                if heir.map(|h| h.debtor) != owner.map(|o| o.debtor) {
                    *heir = None;
                }
            }
            Ok(())
        })?;
        let (mut moved, mut moved_lately) = (0, 0);
        let newest = written.last_key_value().map(|(day, _)| *day);
        let mut writer = Writers::create(folder, "actions", "actions-carried", shards, &Silent)?;
        actions.finish()?.for_each(0, |batch| {
            let ids: Vec<u64> = ids(&batch);
            for (row, id) in ids.iter().enumerate() {
                let address = destination(&batch, row);
                let is_there = |heir: &Owner| {
                    address.is_none_or(|address| {
                        outcome.at_address.get(&address).is_some_and(|at| at.contains(&heir.debtor))
                    })
                };
                if !heirs.get(id).is_some_and(|heir| heir.is_some_and(|heir| is_there(&heir))) {
                    heirs.remove(id);
                }
            }
            moved += ids.iter().filter(|id| heirs.contains_key(id)).count() as u64;
            let days = batch.column_by_name("published_on").and_then(|c| c.as_primitive_opt::<Date32Type>());
            let on = |row: usize| days.map(|days| days.value(row));
            let followed = (0..ids.len()).filter(|row| on(*row) == newest && heirs.contains_key(&ids[*row]));
            moved_lately += followed.count() as u64;
            push(&batch, &ids, &heirs, &outcome.groups, Some(companies), &mut writer)
        })?;
        carried.tables.insert("actions", writer.rows()?);
        let mut writer = Writers::create(folder, "action_items", "action_items-carried", shards, &Silent)?;
        items.for_each(0, |batch| push(&batch, &ids(&batch), &heirs, &outcome.groups, None, &mut writer))?;
        carried.tables.insert("action_items", writer.rows()?);
        Ok((moved, vanished(moved_lately)))
    }
}

fn destination(actions: &RecordBatch, row: usize) -> Option<u64> {
    let value = |name| text(actions, name).filter(|c| c.is_valid(row)).map(|c| c.value(row));
    Some(address_hash(value("channel")?, value("destination")?))
}

fn ids(batch: &RecordBatch) -> Vec<u64> {
    text(batch, "action_id").into_iter().flat_map(|ids| ids.iter()).map(|id| id.map_or(0, hash_of)).collect()
}

/// The one debtor of each invoice that is sought.
fn owners(shards: u32, claims: &[(usize, Records<5>)], sought: &HashSet<u64>) -> Result<HashMap<u64, Heir>> {
    let mut owners: HashMap<u64, Heir> = HashMap::default();
    each_owner(shards, claims, |invoice, owner| {
        if sought.contains(&invoice) {
            let known = owners.entry(invoice).or_insert(Some(owner));
            if known.is_some_and(|known| known != owner) {
                *known = None;
            }
        }
    })?;
    Ok(owners)
}

/// Adds rows with the hash of the debtor that they go to, under the company of its invoice.
fn push(
    batch: &RecordBatch,
    ids: &[u64],
    heirs: &HashMap<u64, Heir>,
    groups: &Groups,
    companies: Option<&Companies>,
    writer: &mut Writers<'_>,
) -> Result<()> {
    let heir = |row: usize| heirs.get(&ids[row]).copied().flatten();
    let rows = || 0..batch.num_rows();
    let own = text(batch, "debtor_id");
    let own_key = |row: usize| own.map_or(0, |ids| groups.key_of(ids.value(row)));
    let keys = rows().map(|row| heir(row).map_or_else(|| own_key(row), |heir| heir.group_key)).collect();
    let hashes: ArrayRef = Arc::new(rows().map(|row| heir(row).map(|heir| heir.debtor as i64)).collect::<Int64Array>());
    let mut batch = with_column(batch, "owner_hash", hashes)?;
    if let (Some(companies), Some(own)) = (companies, text(&batch, "company_id").cloned()) {
        let company = |row: usize| match heir(row) {
            Some(heir) => Some(companies.name(heir.company)),
            None => own.is_valid(row).then(|| own.value(row).to_owned()),
        };
        let named: ArrayRef = Arc::new(rows().map(company).collect::<StringArray>());
        batch = replaced(&batch, "company_id", named)?;
    }
    writer.push(batch, keys)
}

/// The tables of a shard, by name.
type Tables = BTreeMap<&'static str, Vec<RecordBatch>>;

/// Reads the actions of companies that bill nobody any more as of the one that bills what they named.
pub(super) fn under_todays_companies(tables: &mut Tables, billing: &HashSet<u32>, companies: &Companies) -> Result<()> {
    let batches = tables.get("actions").map_or(&[][..], Vec::as_slice);
    let names: BTreeSet<&str> =
        batches.iter().filter_map(|batch| text(batch, "company_id")).flat_map(|c| c.iter().flatten()).collect();
    let gone: BTreeSet<String> =
        names.into_iter().filter(|name| !billing.contains(&companies.number(name))).map(str::to_owned).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let billed = billed(tables);
    let heirs = companies_of_actions(tables, &billed);
    for batch in tables.get_mut("actions").into_iter().flatten() {
        let (Some(own), ids) = (text(batch, "company_id"), ids(batch)) else { continue };
        let company = |(row, name): (usize, Option<&str>)| {
            let heir = || heirs.get(&ids[row]).cloned().flatten();
            let name = name?;
            Some(if gone.contains(name) { heir().unwrap_or_else(|| name.to_owned()) } else { name.to_owned() })
        };
        let named: ArrayRef = Arc::new(own.iter().enumerate().map(company).collect::<StringArray>());
        *batch = replaced(batch, "company_id", named)?;
    }
    Ok(())
}

/// The one company of each debtor and invoice, by their hashes; `None`: several.
fn billed(tables: &Tables) -> HashMap<(u64, u64), Option<String>> {
    let mut billed: HashMap<(u64, u64), Option<String>> = HashMap::default();
    for batch in tables.get("invoices").into_iter().flatten() {
        let columns = ["debtor_id", "invoice_id", "company_id"].map(|name| text(batch, name));
        let [Some(debtors), Some(invoices), Some(companies)] = columns else { continue };
        for row in (0..batch.num_rows()).filter(|row| companies.is_valid(*row)) {
            let key = (hash_of(debtors.value(row)), hash_of(invoices.value(row)));
            let known = billed.entry(key).or_insert_with(|| Some(companies.value(row).to_owned()));
            if known.as_deref() != Some(companies.value(row)) {
                *known = None;
            }
        }
    }
    billed
}

/// The one company that bills what each action named; `None`: several.
fn companies_of_actions(tables: &Tables, billed: &HashMap<(u64, u64), Option<String>>) -> HashMap<u64, Option<String>> {
    let mut found: HashMap<u64, Option<String>> = HashMap::default();
    for batch in tables.get("action_items").into_iter().flatten() {
        let [Some(debtors), Some(invoices)] = ["debtor_id", "invoice_id"].map(|name| text(batch, name)) else {
            continue;
        };
        for (row, id) in ids(batch).into_iter().enumerate() {
            let Some(company) = billed.get(&(hash_of(debtors.value(row)), hash_of(invoices.value(row)))) else {
                continue;
            };
            let known = found.entry(id).or_insert_with(|| company.clone());
            if known != company {
                *known = None;
            }
        }
    }
    found
}
