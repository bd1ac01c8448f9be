//! Which debtor a row applies to: a row that names an invoice applies to whoever owes it, whatever its `debtor_id`.
//!
//! A head office pays, signs and disputes for its branches, a treasury or a factor for its clients. Rows travel by the
//! debtor that they name, so while they are spread each one that names an invoice leaves a claim, spread by invoice.
//! Afterwards each partition is resolved in memory. Where the invoice is not plainly the debtor's own there is a ruling:
//! it is another debtor's, or not of the default company, or unclear, and then everybody concerned is held.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use arrow::array::{Array, AsArray, Decimal128Array, RecordBatch, StringArray};
use arrow::datatypes::{Decimal128Type, Int64Type};
use foldhash::{HashMap, HashSet};
use twox_hash::XxHash64;

use super::doubts::Doubt;
use super::owners::{OWNERS_MAX, Owner, Owners};
use super::segments::{Records, RecordsWriter};
use super::totals::Cash;
use super::{hash_of, shard_of};
use crate::error::Result;

/// The tables whose rows name an invoice; the first owns the invoices.
pub(super) const CLAIMING: [&str; 7] =
    ["invoices", "payments", "promises", "disputes", "listings", "placements", "agreement_items"];

/// Hashes of invoice and debtor, the packed rest, the row in its source, and the group of the debtor.
type Claim = [u64; 5];

const COMPANY_BITS: u32 = 28;
const TABLE_SHIFT: u32 = COMPANY_BITS + 24;
const OWNS: u64 = 1 << 60;
const IS_DOUBTFUL: u64 = 1 << 61;
/// Of a payment: above zero, and no refund or chargeback.
const PAYS: u64 = 1 << 62;
/// Of the ledger: the number is there, of something that nobody can be asked for. A payment that names it is not lost.
const IS_KNOWN: u64 = 1 << 63;

/// The companies of all rows by a small number; 0 = the row names none.
#[derive(Debug)]
pub(super) struct Companies(Mutex<(Vec<String>, HashMap<String, u32>)>);

impl Companies {
    /// The default company is number 1.
    pub(super) fn new(default: &str) -> Companies {
        let numbers = HashMap::from_iter([(default.to_owned(), DEFAULT_COMPANY)]);
        Companies(Mutex::new((vec![String::new(), default.to_owned()], numbers)))
    }

    pub(super) fn number(&self, name: &str) -> u32 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.1.get(name) {
            return *number;
        }
        // Beyond what fits, companies share the last number: their claims are ambiguous then, and hold.
        let number = known.0.len().min((1 << COMPANY_BITS) - 1) as u32;
        known.0.push(name.to_owned());
        known.1.insert(name.to_owned(), number);
        number
    }

    pub(super) fn name(&self, number: u32) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.0.get(number as usize).cloned().unwrap_or_default()
    }
}

pub(super) const NO_COMPANY: u32 = 0;
const DEFAULT_COMPANY: u32 = 1;

/// What was found out about a row that does not say itself whom it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It is about an invoice of this debtor (its hash, its group) and this company; `NO_COMPANY` = about none.
    Of { debtor: u64, group_key: i64, company: u32 },
    /// It cannot be told whom it applies to, and why.
    Unclear(Doubt),
}

impl Ruling {
    /// It goes on with its own debtor, and as that company's.
    fn of_its_debtor([_, debtor, _, _, group]: Claim, company: u32) -> Ruling {
        Ruling::Of { debtor, group_key: group as i64, company }
    }

    fn is_of_another_group(self, claim: Claim) -> bool {
        let names_one = claim[1] != 0;
        matches!(self, Ruling::Of { debtor, group_key, .. } if names_one && debtor != claim[1] && group_key != claim[4] as i64)
    }
}

/// The rulings on the rows of one shard.
pub(super) type Rulings = HashMap<u64, Ruling>;

/// The name of a row in the rulings.
pub(super) fn row_key(table: usize, source_row: i64, debtor: u64) -> u64 {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&(table as u64).to_le_bytes());
    bytes[8..16].copy_from_slice(&source_row.to_le_bytes());
    bytes[16..].copy_from_slice(&debtor.to_le_bytes());
    XxHash64::oneshot(1, &bytes)
}

/// The claims of one table, spread by invoice.
pub(super) struct ClaimWriter<'a> {
    table: usize,
    companies: &'a Companies,
    default_currency: u32,
    partitions: u32,
    records: RecordsWriter<5>,
}

/// Hash of a debtor; 0 where the row names none.
pub(super) fn debtor_hash(debtors: Option<&StringArray>, row: usize) -> u64 {
    debtors.filter(|d| d.is_valid(row)).map_or(0, |d| hash_of(d.value(row)))
}

/// 0.00, which owes and pays nothing.
pub(super) fn is_nought(amounts: Option<&Decimal128Array>, row: usize) -> bool {
    amounts.is_some_and(|c| c.is_valid(row) && c.value(row) == 0)
}

/// A currency is three letters.
fn currency_number(code: &str) -> u32 {
    code.bytes().take(3).fold(0, |number, byte| number << 8 | u32::from(byte))
}

fn currency_text(number: u32) -> String {
    [16, 8, 0].map(|shift| char::from((number >> shift) as u8)).into_iter().collect()
}

/// Remembers the last id: neighbouring rows mostly share company and currency.
#[derive(Default)]
struct Last<'b>(Option<(&'b str, u32)>);

impl<'b> Last<'b> {
    fn or(&mut self, text: &'b str, number: impl FnOnce(&str) -> u32) -> u32 {
        match self.0 {
            Some((known, found)) if known == text => found,
            _ => {
                let found = number(text);
                self.0 = Some((text, found));
                found
            }
        }
    }
}

impl<'a> ClaimWriter<'a> {
    /// `None` for a table whose rows name no invoice.
    pub(super) fn new(
        folder: &Path,
        table: &str,
        partitions: u32,
        companies: &'a Companies,
        default_currency: &str,
    ) -> Result<Option<ClaimWriter<'a>>> {
        let Some(number) = CLAIMING.iter().position(|name| *name == table) else { return Ok(None) };
        let records = RecordsWriter::create(folder, &format!("{table}-claims"), partitions)?;
        let default_currency = currency_number(default_currency);
        Ok(Some(ClaimWriter { table: number, companies, default_currency, partitions, records }))
    }

    /// Every good row of a batch that names an invoice; `group_keys` are those of its debtors.
    pub(super) fn push(&mut self, batch: &RecordBatch, group_keys: &[i64]) -> Result<()> {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let is_ledger = self.table == 0;
        let (Some(invoices), debtors) = (text("invoice_id"), text("debtor_id")) else { return Ok(()) };
        let (companies, currencies) = (text("company_id"), text("currency"));
        let (kinds, originals) = (text("document_type"), text("original_invoice_id"));
        let rows = batch.column_by_name("source_row").and_then(|c| c.as_primitive_opt::<Int64Type>());
        let Some(rows) = rows else { return Ok(()) };
        let (mut company_of, mut currency_of) = (Last::default(), Last::default());
        let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let of_payments = text("kind");
        let pays = |row: usize| {
            let takes =
                of_payments.is_some_and(|c| c.is_valid(row) && ["refund", "chargeback"].contains(&c.value(row)));
            !takes && amounts.is_some_and(|c| c.is_valid(row) && c.value(row) > 0)
        };
        for row in 0..batch.num_rows() {
            let kind = kinds.filter(|k| is_ledger && k.is_valid(row)).map_or("invoice", |k| k.value(row));
            let own = || Some(invoices).filter(|i| i.is_valid(row)).map(|i| i.value(row));
            let company = companies.filter(|c| c.is_valid(row)).map(|c| c.value(row));
            if is_ledger && matches!(kind, "draft" | "credit_note") {
                let company = company.map_or(DEFAULT_COMPANY, |name| self.companies.number(name));
                let packed = u64::from(company) | IS_KNOWN;
                let known = own().map(|id| [hash_of(id), debtor_hash(debtors, row), packed, 0, 0]);
                known.map_or(Ok(()), |claim| self.write(claim))?;
            }
            let (named, owns) = match kind {
                "draft" => continue,
                "credit_note" => (originals.filter(|o| o.is_valid(row)).map(|o| o.value(row)), false),
                _ => (own(), is_ledger),
            };
            let Some(invoice) = named else { continue };
            if owns && is_nought(amounts, row) {
                continue;
            }
            let company = company.map_or(if owns { DEFAULT_COMPANY } else { 0 }, |name| {
                company_of.or(name, |name| self.companies.number(name))
            });
            let currency = match currencies {
                Some(codes) if codes.is_valid(row) => currency_of.or(codes.value(row), currency_number),
                Some(_) => self.default_currency,
                None => 0,
            };
            let packed = u64::from(company)
                | u64::from(currency) << COMPANY_BITS
                | (self.table as u64) << TABLE_SHIFT
                | if owns { OWNS } else { 0 }
                | if pays(row) { PAYS } else { 0 };
            let group = group_keys.get(row).copied().unwrap_or(0) as u64;
            self.write([hash_of(invoice), debtor_hash(debtors, row), packed, rows.value(row) as u64, group])?;
        }
        Ok(())
    }

    /// A bad row: whoever owes the invoice that it names is held.
    pub(super) fn push_doubtful(
        &mut self,
        invoice_id: &str,
        company_id: Option<&str>,
        debtor: u64,
        group_key: i64,
    ) -> Result<()> {
        let company = company_id.map_or(0, |name| self.companies.number(name));
        let known = if self.table == 0 { IS_KNOWN } else { 0 };
        let packed = u64::from(company) | (self.table as u64) << TABLE_SHIFT | IS_DOUBTFUL | known;
        self.write([hash_of(invoice_id), debtor, packed, 0, group_key as u64])
    }

    fn write(&mut self, claim: Claim) -> Result<()> {
        self.records.push((claim[0] % u64::from(self.partitions)) as u32, claim)
    }

    pub(super) fn finish(self) -> Result<(usize, Records<5>)> {
        Ok((self.table, self.records.finish()?))
    }
}

/// Hands out every invoice (its hash) with who owes it.
pub(super) fn each_owner(
    partitions: u32,
    claims: &[(usize, Records<5>)],
    mut each: impl FnMut(u64, Owner),
) -> Result<()> {
    (0..partitions).try_for_each(|partition| owners_in(partition, claims, &mut each))
}

fn owners_in(partition: u32, claims: &[(usize, Records<5>)], mut each: impl FnMut(u64, Owner)) -> Result<()> {
    for (_, records) in claims.iter().filter(|(table, _)| *table == 0) {
        records.for_each(partition, |[invoice, debtor, packed, _, group]| {
            if packed & OWNS != 0 {
                let (company, currency) = (company_of(packed), currency_of(packed));
                each(invoice, Owner { debtor, group_key: group as i64, company, currency });
            }
        })?;
    }
    Ok(())
}

/// Numbers of the ledger that stand for drafts, credit notes and rows that cannot be read.
#[derive(Default)]
struct Known {
    numbers: HashSet<u64>,
    /// By number and debtor, where that can be told.
    companies: HashMap<(u64, u64), u32>,
}

impl Known {
    fn of(partition: u32, claims: &[(usize, Records<5>)]) -> Result<Known> {
        let mut known = Known::default();
        for (_, records) in claims.iter().filter(|(table, _)| *table == 0) {
            records.for_each(partition, |[invoice, debtor, packed, ..]| {
                if packed & IS_KNOWN == 0 {
                    return;
                }
                known.numbers.insert(invoice);
                if packed & IS_DOUBTFUL == 0 {
                    known.companies.insert((invoice, debtor), company_of(packed));
                }
            })?;
        }
        Ok(known)
    }
}

/// What came of all claims.
#[derive(Debug)]
pub(super) struct Resolved {
    rulings: Records<4>,
    /// Hashes of debtors that a doubtful row can touch.
    pub(super) held: HashSet<u64>,
    /// Invoices (their hash and company) that several debtors of one company owe.
    pub(super) contested: HashSet<(u64, u32)>,
    /// Companies that anybody owes an invoice.
    pub(super) billing: HashSet<u32>,
    /// Rows about an invoice of a debtor of another group than the one that acted, by table.
    pub(super) by_others: BTreeMap<&'static str, u64>,
    /// Payments above zero that name an invoice which is not there, by the number of their currency.
    pub(super) unknown_payments: BTreeMap<u32, u64>,
}

/// Resolves the claims, partition by partition: the first of the tables is the one that owns. A payment of an unknown
/// invoice `may_be_credit` of its debtor: of which company, it has to say itself.
pub(super) fn resolve(
    folder: &Path,
    partitions: u32,
    claims: &[(usize, Records<5>)],
    may_be_credit: bool,
) -> Result<Resolved> {
    let mut rulings = RecordsWriter::<4>::create(folder, "rulings", partitions)?;
    let (mut held, mut contested) = (HashSet::default(), HashSet::default());
    let (mut by_others, mut unknown_payments) = (BTreeMap::new(), BTreeMap::new());
    let mut billing = HashSet::default();
    for partition in 0..partitions {
        let mut owners = Owners::default();
        owners_in(partition, claims, |invoice, owner| {
            billing.insert(owner.company);
            owners.add(invoice, owner);
        })?;
        for (invoice, company, debtors) in owners.contested() {
            held.extend(debtors);
            contested.insert((invoice, company));
        }
        let known = Known::of(partition, claims)?;
        let mut crowded: HashSet<u64> = HashSet::default();
        let mut push = |claim: Claim, ruling: Ruling| {
            rulings.push(shard_of(claim[4] as i64, partitions), encoded(key_of(claim), ruling))
        };
        for (table, records) in claims {
            let mut outcome = Ok(());
            records.for_each(partition, |claim| {
                let is_no_claim = claim[2] & OWNS != 0 || claim[2] & (IS_KNOWN | IS_DOUBTFUL) == IS_KNOWN;
                if is_no_claim || outcome.is_err() {
                    return;
                }
                if owners.count(claim[0]) > OWNERS_MAX && owners.of_debtor(claim[0], claim[1]).is_empty() {
                    crowded.insert(claim[0]);
                }
                if claim[2] & IS_DOUBTFUL != 0 {
                    return hold(&owners, claim, &mut held);
                }
                match rule(&owners, claim, &mut held) {
                    Verdict::AsWritten => {}
                    Verdict::Nobodys if CLAIMING[*table] == "payments" => {
                        let is_lost = claim[2] & PAYS != 0 && !known.numbers.contains(&claim[0]);
                        *unknown_payments.entry(currency_of(claim[2])).or_default() += u64::from(is_lost);
                        let company = known.companies.get(&(claim[0], claim[1])).copied();
                        let names_none = company_of(claim[2]) == NO_COMPANY;
                        if names_none && (may_be_credit || company.is_some()) {
                            outcome = push(claim, Ruling::of_its_debtor(claim, company.unwrap_or(NO_COMPANY)));
                        }
                    }
                    Verdict::Nobodys => {}
                    Verdict::Ruled(ruling) => {
                        if ruling.is_of_another_group(claim) {
                            *by_others.entry(CLAIMING[*table]).or_default() += 1;
                        }
                        outcome = push(claim, ruling);
                    }
                }
            })?;
            outcome?;
        }
        for invoice in crowded {
            held.extend(owners.of(invoice).iter().map(|owner| owner.debtor));
        }
    }
    Ok(Resolved { rulings: rulings.finish()?, held, contested, billing, by_others, unknown_payments })
}

fn company_of(packed: u64) -> u32 {
    (packed & ((1 << COMPANY_BITS) - 1)) as u32
}

fn currency_of(packed: u64) -> u32 {
    ((packed >> COMPANY_BITS) & 0xff_ffff) as u32
}

/// What comes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The row says itself whom it means.
    AsWritten,
    /// Nobody owes what it names.
    Nobodys,
    Ruled(Ruling),
}

/// The name in the rulings of the row that made a claim.
fn key_of([_, debtor, packed, source_row, _]: Claim) -> u64 {
    row_key(((packed >> TABLE_SHIFT) & 0xf) as usize, source_row as i64, debtor)
}

fn rule(owners: &Owners, claim: Claim, held: &mut HashSet<u64>) -> Verdict {
    let [invoice, debtor, packed, _, group] = claim;
    let (company, currency) = (company_of(packed), currency_of(packed));
    let is_of_company = |o: &Owner| company == 0 || o.company == company;
    let own = owners.of_debtor(invoice, debtor);
    let mut found: Vec<Owner> = match own.iter().any(is_of_company) {
        true => own.iter().copied().filter(is_of_company).collect(),
        // Whoever they are, they are held once for all such rows.
        false if own.is_empty() && owners.count(invoice) > OWNERS_MAX => {
            return Verdict::Ruled(Ruling::Unclear(Doubt::Ambiguous));
        }
        false => owners.of(invoice).into_iter().filter(is_of_company).collect(),
    };
    let doubt = if found.is_empty() && !own.is_empty() {
        found = own;
        Some(Doubt::OtherCompany)
    } else {
        narrow(&mut found, |o| o.group_key == group as i64);
        let is_foreign = currency != 0 && !narrow(&mut found, |o| o.currency == currency);
        let Some(first) = found.first() else { return Verdict::Nobodys };
        let is_one = found.iter().all(|o| (o.debtor, o.company) == (first.debtor, first.company));
        match (is_foreign, is_one) {
            (true, _) => Some(Doubt::OtherCurrency),
            (false, false) => Some(Doubt::Ambiguous),
            (false, true) => None,
        }
    };
    if let Some(doubt) = doubt {
        held.extend(found.iter().map(|o| o.debtor));
        return Verdict::Ruled(Ruling::Unclear(doubt));
    }
    let Owner { debtor: owner, group_key, company: of_invoice, .. } = found[0];
    let stated = if company == 0 { DEFAULT_COMPANY } else { company };
    let says_so = owner == debtor && of_invoice == stated;
    if says_so {
        Verdict::AsWritten
    } else {
        Verdict::Ruled(Ruling::Of { debtor: owner, group_key, company: of_invoice })
    }
}

/// A bad row holds its own debtor where that owes the invoice, else whoever does: in the company that it names, if any
/// does there.
fn hold(owners: &Owners, [invoice, debtor, packed, ..]: Claim, held: &mut HashSet<u64>) {
    let company = company_of(packed);
    let is_of_company = |o: &Owner| company == 0 || o.company == company;
    let mut found = owners.of_debtor(invoice, debtor);
    if !found.iter().any(is_of_company) && owners.count(invoice) <= OWNERS_MAX {
        found = owners.of(invoice);
    }
    narrow(&mut found, is_of_company);
    held.extend(found.iter().map(|o| o.debtor));
}

/// Keeps those that fit, where any do.
fn narrow(owners: &mut Vec<Owner>, fits: impl Fn(&Owner) -> bool) -> bool {
    let any = owners.iter().any(&fits);
    if any {
        owners.retain(fits);
    }
    any
}

/// A ruling as four numbers: the row, the debtor, company or doubt, the group.
fn encoded(key: u64, ruling: Ruling) -> [u64; 4] {
    match ruling {
        Ruling::Of { debtor, group_key, company } => [key, debtor, u64::from(company), group_key as u64],
        Ruling::Unclear(doubt) => [key, 0, u64::MAX - doubt as u64, 0],
    }
}

impl Resolved {
    /// Adds how many payments name an invoice that nobody owes.
    pub(super) fn add_unknown(&self, cash: &mut BTreeMap<String, Cash>) {
        for (currency, rows) in &self.unknown_payments {
            cash.entry(currency_text(*currency)).or_default().unknown_rows += rows;
        }
    }

    pub(super) fn has_rulings(&self, shard: u32) -> bool {
        !self.rulings.is_empty(shard)
    }

    /// The rulings on rows whose debtor travels with this shard.
    pub(super) fn rulings(&self, shard: u32) -> Result<Rulings> {
        let mut rulings = Rulings::default();
        self.rulings.for_each(shard, |[key, debtor, what, group]| {
            let doubt = Doubt::RULED.iter().find(|doubt| u64::MAX - **doubt as u64 == what);
            let of = Ruling::Of { debtor, group_key: group as i64, company: what as u32 };
            rulings.insert(key, doubt.map_or(of, |doubt| Ruling::Unclear(*doubt)));
        })?;
        Ok(rulings)
    }

    /// Is it an invoice that several debtors of its company owe?
    pub(super) fn is_contested(&self, invoice_id: &str, company: u32) -> bool {
        !self.contested.is_empty() && self.contested.contains(&(hash_of(invoice_id), company))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: i64 = 7;

    fn owner(debtor: u64, company: u32) -> Owner {
        Owner { debtor, group_key: if debtor < 10 { GROUP } else { debtor as i64 }, company, currency: 1 }
    }

    /// Owners of invoice 100; who claims it, with which company and currency; what comes of it, and who is held.
    #[test]
    fn a_row_about_an_invoice_is_about_whoever_owes_it() {
        use Doubt::{Ambiguous, OtherCompany, OtherCurrency};
        let of = |debtor, company| {
            let Owner { group_key, .. } = owner(debtor, company);
            Some(Ruling::Of { debtor, group_key, company })
        };
        let unclear = |doubt| Some(Ruling::Unclear(doubt));
        type Row = (&'static str, Vec<Owner>, (u64, i64, u32, u32), Option<Ruling>, Vec<u64>);
        let table: Vec<Row> = vec![
            ("its own", vec![owner(1, 1)], (1, GROUP, 0, 1), None, vec![]),
            ("its own, company stated", vec![owner(1, 2)], (1, GROUP, 2, 1), None, vec![]),
            ("its own, of another company than the default", vec![owner(1, 2)], (1, GROUP, 0, 1), of(1, 2), vec![]),
            ("of a branch", vec![owner(2, 1)], (1, GROUP, 0, 1), of(2, 1), vec![]),
            ("of a stranger", vec![owner(20, 1)], (1, GROUP, 0, 1), of(20, 1), vec![]),
            ("nobody's", vec![], (1, GROUP, 0, 1), None, vec![]),
            ("its own before a stranger's", vec![owner(20, 2), owner(1, 1)], (1, GROUP, 0, 1), None, vec![]),
            ("a branch's before a stranger's", vec![owner(20, 2), owner(2, 1)], (1, GROUP, 0, 1), of(2, 1), vec![]),
            ("the company says which", vec![owner(1, 1), owner(1, 2)], (1, GROUP, 2, 1), None, vec![]),
            ("two of its own", vec![owner(1, 1), owner(1, 2)], (1, GROUP, 0, 1), unclear(Ambiguous), vec![1]),
            ("two strangers'", vec![owner(20, 1), owner(30, 2)], (1, GROUP, 0, 1), unclear(Ambiguous), vec![20, 30]),
            ("another currency", vec![owner(2, 1)], (1, GROUP, 0, 9), unclear(OtherCurrency), vec![2]),
            ("no currency", vec![owner(1, 1)], (1, GROUP, 0, 0), None, vec![]),
            ("its own under another company", vec![owner(1, 1)], (1, GROUP, 3, 1), unclear(OtherCompany), vec![1]),
            ("a stranger's under another company", vec![owner(20, 1)], (1, GROUP, 3, 1), None, vec![]),
            ("nobody acted", vec![owner(20, 1)], (0, 0, 0, 1), of(20, 1), vec![]),
        ];
        for (name, all, (debtor, group, company, currency), expected, expected_held) in table {
            let mut owners = Owners::default();
            all.into_iter().for_each(|owner| owners.add(100, owner));
            let packed = u64::from(company) | u64::from(currency) << COMPANY_BITS | 1 << TABLE_SHIFT;
            let mut held = HashSet::default();
            let ruling = match rule(&owners, [100, debtor, packed, 5, group as u64], &mut held) {
                Verdict::Ruled(ruling) => Some(ruling),
                Verdict::AsWritten | Verdict::Nobodys => None,
            };
            let mut held: Vec<u64> = held.into_iter().collect();
            held.sort();
            assert_eq!((ruling, held), (expected, expected_held), "{name}");
        }
    }

    /// Owners of invoice 100; who stands in the bad row, and its company; who is held.
    #[test]
    fn a_bad_row_holds_whoever_owes_what_it_names() {
        type Row = (&'static str, Vec<Owner>, (u64, u32), Vec<u64>);
        let table: Vec<Row> = vec![
            ("a stranger's", vec![owner(20, 1)], (1, 0), vec![20]),
            ("its own", vec![owner(1, 1), owner(20, 2)], (1, 0), vec![1]),
            (
                "its own number, but another's in the company that it names",
                vec![owner(1, 1), owner(2, 2)],
                (1, 2),
                vec![2],
            ),
            ("several of that number", vec![owner(2, 1), owner(20, 2)], (1, 0), vec![2, 20]),
            ("the company says whose", vec![owner(2, 1), owner(20, 2)], (1, 2), vec![20]),
            ("in no such company", vec![owner(2, 1), owner(20, 2)], (1, 3), vec![2, 20]),
            ("nobody's", vec![], (1, 0), vec![]),
        ];
        for (name, all, (debtor, company), expected) in table {
            let mut owners = Owners::default();
            all.into_iter().for_each(|owner| owners.add(100, owner));
            let mut held = HashSet::default();
            let packed = u64::from(company) | 1 << TABLE_SHIFT | IS_DOUBTFUL;
            hold(&owners, [100, debtor, packed, 0, GROUP as u64], &mut held);
            let mut held: Vec<u64> = held.into_iter().collect();
            held.sort();
            assert_eq!(held, expected, "{name}");
        }
    }

    #[test]
    fn a_currency_is_read_as_it_was_written() {
        assert_eq!(currency_text(currency_number("BRL")), "BRL");
    }

    #[test]
    fn a_ruling_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut rulings = RecordsWriter::<4>::create(folder.path(), "rulings", 2).unwrap();
        let of = Ruling::Of { debtor: u64::MAX, group_key: i64::MAX, company: 3 };
        rulings.push(1, encoded(1, of)).unwrap();
        rulings.push(1, encoded(2, Ruling::Unclear(Doubt::OtherCompany))).unwrap();
        let resolved = Resolved {
            rulings: rulings.finish().unwrap(),
            held: HashSet::default(),
            contested: HashSet::default(),
            billing: HashSet::default(),
            by_others: BTreeMap::new(),
            unknown_payments: BTreeMap::new(),
        };
        assert!(!resolved.has_rulings(0) && resolved.has_rulings(1));
        let expected = Rulings::from_iter([(1, of), (2, Ruling::Unclear(Doubt::OtherCompany))]);
        assert_eq!(resolved.rulings(1).unwrap(), expected);
    }
}
