//! Shard: spreads the snapshots over shards by a stable hash of the debtor's group, so that each shard is a small
//! portfolio of its own.
//!
//! One streaming pass reads every input once and writes Arrow IPC into a scratch folder. A shard is a range of the
//! hash, so the shards in order are the portfolio in order, and one shard or a hundred give the same bytes. On the
//! way, control totals are taken from the rows themselves: the audits compare what SQL made of them.

mod addresses;
mod carry;
mod claims;
mod columns;
mod doubts;
mod held_payments;
mod history;
mod homes;
mod outcome;
mod owners;
mod payers;
mod renamed;
mod reversals;
mod segments;
mod signers;
mod spelling;
mod spread;
mod totals;
mod writers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{filter_record_batch, take_record_batch};
use arrow::datatypes::{Decimal128Type, Int64Type, SchemaRef};
use chrono::NaiveDate;
use foldhash::{HashMap, HashSet};
use twox_hash::XxHash64;

pub use doubts::BadShare;
pub use history::{
    History, action_items, action_items_schema, actions, actions_schema, experiment_members_schema, item_flows_schema,
    positions_schema,
};
pub use renamed::Vanished;
pub use totals::{Cash, Paid, PaidDays, Totals};

use self::addresses::AddressBook;
use self::carry::Carried;
use self::claims::{Companies, Resolved};
use self::columns::{failed, filled, replaced, schema_of, with_column, with_coverage, with_insolvency, without_column};
use self::doubts::Doubt;
use self::homes::{Pick, Table, build};
use self::reversals::At;
use self::segments::Rows;
use super::{BadRow, Snapshots, day_number};
use crate::config::{Limits, Plan};
use crate::domain::tax_id::Cnpj;
use crate::error::Result;
use crate::runtime::progress::Progress;
use crate::runtime::scratch::Scratch;

const SHARDS_MAX: u64 = 4_096;
const NEGATIVE_PAYMENT: &str = "negative_payment";

/// The spread portfolio, in a scratch folder that goes when this value goes.
#[derive(Debug)]
pub struct Shards {
    _folder: Scratch,
    count: u32,
    tables: BTreeMap<&'static str, Rows>,
    carried: Carried,
    resolved: Resolved,
    companies: Companies,
    addresses: AddressBook,
    /// Agreements, by their hash, that name what they cover.
    covering: HashSet<u64>,
    /// CNPJ roots of which any establishment is insolvent.
    insolvent: BTreeSet<String>,
    groups: Groups,
    /// Debtors whose rows name different groups.
    conflicted: BTreeSet<String>,
    /// Debtors that a doubtful row can touch: by name, for each shard, and by hash.
    held_names: Vec<Vec<String>>,
    held: HashSet<u64>,
    /// Debtors with an invoice that cannot be read.
    unread_invoices: BTreeSet<String>,
    /// Rows that could not be read, of all inputs.
    pub bad: Vec<BadRow>,
    /// What the inputs hold, for the audits to tie the result to.
    pub totals: Totals,
    /// Amounts that were floats and were rounded.
    pub rounded: u64,
    /// What was paid, and when.
    pub paid: Paid,
    /// Input and why = rows that were skipped.
    pub passed_over: BTreeMap<(&'static str, &'static str), u64>,
    /// Of the newest actions, those whose debtors are gone.
    pub vanished: Vanished,
    /// Table and column = rows that state something in it that protects somebody.
    pub stated: BTreeMap<String, u64>,
    /// What a person should know of the inputs.
    pub notes: Vec<String>,
    default_currency: String,
    is_open_scope: bool,
    default_company: String,
    as_of_day: i32,
}

/// One shard's tables in memory.
#[derive(Debug, Default)]
pub struct Shard {
    /// From 0.
    pub number: u32,
    /// Name, schema and rows of every table that the models read.
    pub tables: Vec<(&'static str, SchemaRef, Vec<RecordBatch>)>,
    /// Rows that nobody can place.
    pub clashes: Vec<Clash>,
    /// Rows that say again what another says, by table.
    pub repeated: BTreeMap<&'static str, u64>,
    /// What the rows that no model sees would have added to the control totals.
    pub set_aside: Totals,
    /// Payments that name neither a debtor nor a known invoice: company, currency and minor units.
    pub unidentified: BTreeMap<(String, String), i128>,
    /// Debtors of this shard that a doubtful row can touch.
    pub held: Vec<Held>,
    /// Actions of earlier dates, of any shard, that revisions took back.
    pub voided: Vec<String>,
}

/// Tables without a debtor: every shard would need all of them, and no shard model reads them.
pub(super) const SHARED: [&str; 3] = ["fx_rates", "index_rates", "holidays"];

impl Shard {
    /// Rows of all its tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().flat_map(|(_, _, batches)| batches).map(|batch| batch.num_rows() as u64).sum()
    }

    /// A shard of nobody, with every table that the models read.
    pub fn empty() -> Shard {
        let published = ["actions", "action_items", "positions", "item_flows", "experiment_members"];
        let inputs = crate::contract::INPUTS.iter().map(|table| table.name).filter(|name| !SHARED.contains(name));
        let names = inputs.chain(published);
        Shard { tables: names.map(|name| (name, schema_of(name), Vec::new())).collect(), ..Shard::default() }
    }
}

/// A debtor that a doubtful row can touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who is held.
    pub debtor_id: String,
    /// Hash of its group, by which its rows travel.
    pub group_key: i64,
    /// One of the rows is an invoice: what the debtor owes is not known to the full.
    pub by_invoices: bool,
}

/// A row that is bad only beside others: another has its key, or it cannot be told whom it applies to.
#[derive(Clone, Debug)]
pub struct Clash {
    /// The input.
    pub table: &'static str,
    /// File and row in one number.
    pub source_row: i64,
    /// Whom the row names.
    pub debtor_id: Option<String>,
    /// What stands there, never the value.
    pub value_class: &'static str,
    /// Of the contract's reasons for quarantine.
    pub reason: &'static str,
}

/// Which group a debtor belongs to: the hash by which its rows travel.
#[derive(Debug, Default)]
pub(super) struct Groups(HashMap<u64, i64>);

impl Groups {
    fn knows(&self, debtor_id: &str) -> bool {
        self.0.contains_key(&hash_of(debtor_id))
    }

    fn key_of(&self, debtor_id: &str) -> i64 {
        let hash = hash_of(debtor_id);
        self.0.get(&hash).copied().unwrap_or_else(|| group_key(&format!("debtor:{debtor_id}")))
    }
}

fn hash_of(text: &str) -> u64 {
    XxHash64::oneshot(0, text.as_bytes())
}

/// 63 bits, so that the order of the signed column is the order of the shards.
fn group_key(group: &str) -> i64 {
    (hash_of(group) >> 1) as i64
}

/// The shard of a key: shards are equal ranges of the hash.
fn shard_of(group_key: i64, shards: u32) -> u32 {
    ((group_key as u128 * u128::from(shards)) >> 63) as u32
}

/// Group of a debtor: the one the source names, else the CNPJ root, else itself.
fn group_text(debtor_id: &str, group_id: Option<&str>, tax_id: Option<&str>) -> String {
    match (group_id, tax_id.and_then(Cnpj::read)) {
        (Some(group), _) => format!("group:{group}"),
        (None, Some(cnpj)) => format!("cnpj:{}", cnpj.root()),
        (None, None) => format!("debtor:{debtor_id}"),
    }
}

/// Number of shards: as the configuration says, else so many that one holds `shard_rows_max` rows.
fn shard_count(rows: u64, limits: &Limits) -> u32 {
    let count = rows.div_ceil(limits.shard_rows_max).clamp(1, SHARDS_MAX) as u32;
    limits.shards.unwrap_or(count)
}

/// Spreads every input, the actions published earlier, and the accounts of the last published run.
///
/// # Errors
/// `Contract` where there are more bad rows than the limits allow, or one group holds too many debtors to be one.
pub fn spread(
    plan: &Plan,
    as_of: NaiveDate,
    snapshots: &Snapshots,
    history: &History,
    progress: &dyn Progress,
) -> Result<Shards> {
    let folder = Scratch::new(plan.limits.scratch_dir.as_deref())?;
    let count = shard_count(snapshots.rows() + history.rows(), &plan.limits);
    progress.begin("spread", snapshots.rows());
    let default_currency = plan.default_currency.to_string();
    let companies = Companies::new(&plan.default_company);
    let spreader = spread::Spreader {
        folder: folder.path(),
        shards: count,
        progress,
        default_currency: &default_currency,
        as_of_day: day_number(as_of),
        companies: &companies,
        calendar: &plan.rules.calendar,
        due_on_business_day: plan.due_on_business_day,
        promise_grace_days: plan.promise_grace_days,
        procedures: &plan.rules.procedures,
    };
    let mut outcome = spreader.all(snapshots, history, plan.limits.workers)?;
    doubts::refuse_placeholders(&outcome.groups, plan.limits.group_debtors_percent_max)?;
    doubts::refuse_strangers(&outcome.strangers)?;
    let resolved = claims::resolve(folder.path(), count, &outcome.claims, !plan.has_open_scope())?;
    let (carried, (inherited, vanished)) = carried(folder.path(), count, &mut outcome, &resolved, &companies)?;
    let names = doubts::named_held(&outcome);
    let mut held = doubts::hashes(&names);
    held.extend(resolved.held.iter().chain(&carried.held));
    let held_names = outcome::by_shard(names, &outcome.groups, count);
    resolved.add_unknown(&mut outcome.paid.cash);
    Ok(Shards {
        _folder: folder,
        count,
        tables: outcome.tables,
        carried,
        notes: doubts::notes(&resolved, outcome.readdressed, inherited, &outcome.strangers),
        vanished,
        stated: outcome.stated,
        resolved,
        companies,
        addresses: outcome.addresses,
        covering: outcome.covering,
        insolvent: outcome.insolvent,
        groups: outcome.groups,
        conflicted: outcome.conflicted,
        held_names,
        held,
        unread_invoices: doubts::unread_invoices(&outcome.bad),
        bad: outcome.bad,
        totals: outcome.totals,
        rounded: outcome.rounded,
        paid: outcome.paid,
        passed_over: outcome.passed_over,
        default_currency,
        is_open_scope: plan.has_open_scope(),
        default_company: plan.default_company.clone(),
        as_of_day: day_number(as_of),
    })
}

/// Carries rows to the shard of whoever owes what they name; also how many earlier actions found an heir.
fn carried(
    folder: &Path,
    shards: u32,
    outcome: &mut outcome::Outcome,
    resolved: &Resolved,
    companies: &Companies,
) -> Result<(Carried, (u64, Vanished))> {
    let unread = doubts::unread_reversals(outcome, &outcome.groups, shards);
    let carrier = carry::Carrier { folder, shards, tables: &outcome.tables, resolved, companies, unread };
    let mut carried = carrier.carry()?;
    let Some(renamed) = outcome.renamed.take() else { return Ok((carried, (0, Vanished::default()))) };
    renamed.carry((folder, shards), outcome, companies, &mut carried).map(|moved| (carried, moved))
}

impl Clash {
    /// Does it speak of a broken export? What payments below zero amount to is looked at as a whole.
    pub fn is_bad(&self) -> bool {
        self.reason != NEGATIVE_PAYMENT
    }
}

impl Shards {
    /// How many shards there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Reads one shard: every row with whom it means, and without those that nobody can place.
    ///
    /// # Errors
    /// `Scratch` where what was spread cannot be read back.
    pub fn open(&self, number: u32) -> Result<Shard> {
        let rulings = self.resolved.rulings(number)?;
        let mut shard = Shard { number, ..Shard::default() };
        let mut tables: BTreeMap<&'static str, Vec<RecordBatch>> = BTreeMap::new();
        for (name, rows) in &self.tables {
            let batches = rows.read(number)?;
            let is_input = crate::contract::input(name).is_some();
            let placed = match is_input {
                true => self.placed(&Table { name, batches: &batches, rulings: &rulings }, &mut shard)?,
                false => batches,
            };
            tables.insert(name, placed);
        }
        let names = self.names(number)?;
        for (name, rows) in &self.carried.tables {
            let received =
                rows.read(number)?.iter().map(|batch| carry::received(batch, &names)).collect::<Result<Vec<_>>>()?;
            tables.entry(name).or_default().extend(received);
        }
        renamed::under_todays_companies(&mut tables, &self.resolved.billing, &self.companies)?;
        history::under_their_actions(&mut tables)?;
        self.look_at_contested(&tables, &mut shard);
        self.set_unidentified(&mut tables, &mut shard)?;
        let has_carried = self.carried.tables.get("payments").is_some_and(|rows| rows.has_any(number));
        let look = held_payments::Look {
            default_currency: &self.default_currency,
            has_carried,
            is_open_scope: self.is_open_scope,
        };
        shard.clashes.extend(look.at(&tables));
        shard.held = self.held_in(number, &tables, &shard.clashes);
        for (name, batches) in tables {
            let schema = schema_of(name);
            let batches = batches.iter().filter(|batch| batch.num_rows() > 0);
            let batches = batches.map(|batch| filled(batch, &schema)).collect::<Result<Vec<_>>>()?;
            shard.tables.push((name, schema, batches));
        }
        Ok(shard)
    }

    /// The rows of a table that stay in their shard; what nobody can place goes into the shard's clashes.
    fn placed(&self, table: &Table<'_>, shard: &mut Shard) -> Result<Vec<RecordBatch>> {
        let mut homes = table.homes();
        if table.name == "debtors" && !self.conflicted.is_empty() {
            let of_row = |(number, row): At| text(&table.batches[number], "debtor_id").map(|c| c.value(row).to_owned());
            let is_conflicted = |at: At| of_row(at).is_some_and(|id| self.conflicted.contains(&id));
            let out = homes.picks.iter().map(|pick| pick.at).filter(|at| is_conflicted(*at));
            homes.set_aside.extend(out.map(|at| (at, Doubt::Conflict)).collect::<Vec<_>>());
            homes.picks.retain(|pick| !is_conflicted(pick.at));
        }
        for (at, doubt) in &homes.set_aside {
            shard.clashes.extend(clash(table, *at, doubt.words()));
        }
        if !homes.repeated.is_empty() {
            *shard.repeated.entry(table.name).or_default() += homes.repeated.len() as u64;
        }
        let unseen = homes.set_aside.iter().map(|(at, _)| *at).chain(homes.repeated.iter().copied());
        self.add_set_aside(table, unseen, shard)?;
        let staying: Vec<Pick> = homes.picks.iter().filter(|pick| pick.to.is_none()).cloned().collect();
        let built = build(table, &homes.payments, &staying, &self.companies)?;
        let marked = built.map(|batch| match table.name {
            "contact_points" => self.addresses.mark(&batch),
            "agreements" => with_coverage(&batch, &self.covering),
            "debtors" => with_insolvency(&batch, &self.insolvent),
            _ => Ok(batch),
        });
        marked.into_iter().collect()
    }

    fn add_set_aside(&self, table: &Table<'_>, rows: impl Iterator<Item = At>, shard: &mut Shard) -> Result<()> {
        let mut by_batch: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        rows.for_each(|(number, row)| by_batch.entry(number).or_default().push(row as u32));
        for (number, rows) in by_batch {
            let batch = take_record_batch(&table.batches[number], &UInt32Array::from(rows)).map_err(failed)?;
            totals::add(table.name, &batch, self.as_of_day, &self.default_currency, &mut shard.set_aside);
        }
        Ok(())
    }

    /// The debtors to whom rows were carried, by their hash: of all invoices of the shard, also of those that contradict
    /// each other.
    fn names(&self, number: u32) -> Result<HashMap<u64, String>> {
        let mut wanted: HashSet<u64> = HashSet::default();
        for rows in self.carried.tables.values() {
            rows.for_each(number, |batch| {
                wanted.extend(carry::heirs(&batch));
                Ok(())
            })?;
        }
        let mut names = HashMap::default();
        let Some(rows) = self.tables.get("invoices").filter(|_| !wanted.is_empty()) else { return Ok(names) };
        rows.for_each(number, |batch| {
            let debtors = text(&batch, "debtor_id").into_iter().flat_map(|c| c.iter().flatten());
            for (hash, debtor) in debtors.map(|debtor| (hash_of(debtor), debtor)) {
                if wanted.contains(&hash) {
                    names.entry(hash).or_insert_with(|| debtor.to_owned());
                }
            }
            Ok(())
        })?;
        Ok(names)
    }

    /// Invoices that several debtors of one company owe stay in the position; who owes them is held.
    fn look_at_contested(&self, tables: &BTreeMap<&'static str, Vec<RecordBatch>>, shard: &mut Shard) {
        if self.resolved.contested.is_empty() {
            return;
        }
        let batches = tables.get("invoices").map_or(&[][..], Vec::as_slice);
        let nothing = claims::Rulings::default();
        let table = Table { name: "invoices", batches, rulings: &nothing };
        for (number, batch) in batches.iter().enumerate() {
            let (Some(ids), Some(companies), kinds) =
                (text(batch, "invoice_id"), text(batch, "company_id"), text(batch, "document_type"))
            else {
                continue;
            };
            let owes =
                |row: usize| kinds.is_none_or(|k| k.is_null(row) || ["invoice", "debit_note"].contains(&k.value(row)));
            let is_contested = |row: &usize| {
                owes(*row) && self.resolved.is_contested(ids.value(*row), self.companies.number(companies.value(*row)))
            };
            let words = ("also the number of another debtor's invoice", "contested_invoice");
            let rows = (0..batch.num_rows()).filter(is_contested);
            shard.clashes.extend(rows.filter_map(|row| clash(&table, (number, row), words)));
        }
    }

    /// Takes out payments that name neither a debtor nor a known invoice: they are counted, and pay nothing here.
    fn set_unidentified(&self, tables: &mut BTreeMap<&'static str, Vec<RecordBatch>>, shard: &mut Shard) -> Result<()> {
        let Some(batches) = tables.get_mut("payments") else { return Ok(()) };
        for batch in batches.iter_mut() {
            let Some(debtors) = text(batch, "debtor_id").filter(|d| d.null_count() > 0).cloned() else { continue };
            let unknown: BooleanArray = debtors.iter().map(|debtor| Some(debtor.is_none())).collect();
            let nobodys = filter_record_batch(batch, &unknown).map_err(failed)?;
            totals::add("payments", &nobodys, self.as_of_day, &self.default_currency, &mut shard.set_aside);
            let [companies, currencies] = ["company_id", "currency"].map(|name| text(&nobodys, name));
            let amounts = nobodys.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
            let paid_on =
                nobodys.column_by_name("paid_on").and_then(|c| c.as_primitive_opt::<arrow::datatypes::Date32Type>());
            let (Some(amounts), Some(paid_on)) = (amounts, paid_on) else { continue };
            for row in (0..nobodys.num_rows()).filter(|row| paid_on.value(*row) <= self.as_of_day) {
                let or = |c: Option<&StringArray>, default: &str| {
                    c.filter(|c| c.is_valid(row)).map_or(default.to_owned(), |c| c.value(row).to_owned())
                };
                let key = (or(companies, &self.default_company), or(currencies, &self.default_currency));
                *shard.unidentified.entry(key).or_default() += amounts.value(row);
            }
            let known: BooleanArray = debtors.iter().map(|debtor| Some(debtor.is_some())).collect();
            *batch = filter_record_batch(batch, &known).map_err(failed)?;
        }
        Ok(())
    }

    /// Who is held in this shard, whether or not it owes anything.
    fn held_in(&self, number: u32, tables: &BTreeMap<&'static str, Vec<RecordBatch>>, clashes: &[Clash]) -> Vec<Held> {
        let mut held: BTreeSet<&str> = self.held_names[number as usize].iter().map(String::as_str).collect();
        held.extend(clashes.iter().filter_map(|clash| clash.debtor_id.as_deref()));
        if !self.held.is_empty() {
            let batches = tables.get("invoices").into_iter().flatten();
            let owing = batches.filter_map(|batch| text(batch, "debtor_id")).flat_map(|c| c.iter().flatten());
            held.extend(owing.filter(|debtor| self.held.contains(&hash_of(debtor))));
        }
        let clashing = clashes.iter().filter(|clash| clash.table == "invoices");
        let unclear: HashSet<&str> = clashing.filter_map(|clash| clash.debtor_id.as_deref()).collect();
        let of_name = |debtor: &str| Held {
            debtor_id: debtor.to_owned(),
            group_key: self.groups.key_of(debtor),
            by_invoices: unclear.contains(debtor) || self.unread_invoices.contains(debtor),
        };
        held.into_iter().map(of_name).filter(|held| shard_of(held.group_key, self.count) == number).collect()
    }
}

fn text<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>())
}

fn clash(table: &Table<'_>, (number, row): At, (value_class, reason): (&'static str, &'static str)) -> Option<Clash> {
    let batch = &table.batches[number];
    let source_row = batch.column_by_name("source_row")?.as_primitive::<Int64Type>().value(row);
    let debtor_id = text(batch, "debtor_id").filter(|d| d.is_valid(row)).map(|d| d.value(row).to_owned());
    Some(Clash { table: table.name, source_row, debtor_id, value_class, reason })
}
