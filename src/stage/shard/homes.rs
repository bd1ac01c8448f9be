//! Where each row of a shard belongs: to the debtor that it names, to that debtor under another company, or to whoever
//! owes the invoice that it names. A row that cannot be placed is set aside and holds every debtor that it may concern.
//!
//! The same plan is made twice from the same rows: once to carry rows to their shard, and once when a shard is opened,
//! to leave out what was carried away.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray, StringBuilder,
};
use arrow::compute::{concat_batches, interleave_record_batch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use foldhash::{HashMap, HashSet};

use super::claims::{CLAIMING, Companies, NO_COMPANY, Ruling, Rulings, debtor_hash, is_nought, row_key};
use super::doubts::Doubt;
use super::reversals::{At, Part, Payments, reached};
use super::{failed, replaced, with_column};
use crate::error::Result;

const PAYMENTS: &str = "payments";

/// A row as it goes on: with whom, under which company, and about which part of a payment.
#[derive(Clone, Debug, Default)]
pub(super) struct Pick {
    pub(super) at: At,
    /// Hash and group of the debtor that it goes to; `None` = it stays with its own.
    pub(super) to: Option<(u64, i64)>,
    company: Option<u32>,
    /// A reversal: the part that it takes back, with the amount of it. Few rows have one, and there is a pick for each.
    part: Option<Box<Part>>,
}

/// What a shard's rows of one table come to.
#[derive(Default)]
pub(super) struct Homes {
    /// Rows that go on, in order.
    pub(super) picks: Vec<Pick>,
    /// Rows that nobody can place.
    pub(super) set_aside: Vec<(At, Doubt)>,
    /// Rows that are another's copy, equal in every column.
    pub(super) repeated: Vec<At>,
    /// Hashes of the debtors of other shards that what is set aside can touch.
    pub(super) touched: HashSet<u64>,
    /// Who takes back what; of payments alone.
    pub(super) payments: Payments,
}

/// One table of a shard with what decides where its rows belong.
pub(super) struct Table<'a> {
    pub(super) name: &'static str,
    pub(super) batches: &'a [RecordBatch],
    pub(super) rulings: &'a Rulings,
}

/// What a row of a batch goes by in the rulings.
struct Keys<'b> {
    source_rows: Option<&'b Int64Array>,
    debtors: Option<&'b StringArray>,
}

impl Keys<'_> {
    fn of(batch: &RecordBatch) -> Keys<'_> {
        Keys { source_rows: ints(batch, "source_row"), debtors: text(batch, "debtor_id") }
    }
}

fn text<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>())
}

fn ints<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b Int64Array> {
    batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>())
}

impl Table<'_> {
    fn number(&self) -> Option<usize> {
        CLAIMING.iter().position(|name| *name == self.name)
    }

    /// Places every row.
    pub(super) fn homes(&self) -> Homes {
        let mut homes = Homes::default();
        let conflicts = self.conflicts(&mut homes);
        if self.name == PAYMENTS {
            let is_other = |at: At| conflicts.contains_key(&at);
            homes.payments = Payments::of(self.batches, &is_other);
        }
        let mut doubtful: HashSet<(String, String)> = HashSet::default();
        let mut moved: HashMap<At, Pick> = HashMap::default();
        let mut unnamed: Vec<At> = Vec::new();
        for (number, batch) in self.batches.iter().enumerate() {
            let keys = Keys::of(batch);
            let debtors = keys.debtors;
            let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
            for row in 0..batch.num_rows() {
                let at = (number, row);
                let found = if conflicts.is_empty() { None } else { conflicts.get(&at).copied() };
                let reversal = homes.payments.reversal(at);
                if found == Some(Found::Repeated) || (found.is_none() && is_nought(amounts, row)) {
                    continue;
                }
                let doubt = match (found, reversal) {
                    (Some(_), _) => Some(Doubt::Conflict),
                    (None, Some(reversal)) if reversal.is_unclear => Some(Doubt::Chain),
                    _ => None,
                };
                if let Some(doubt) = doubt {
                    self.set_aside(at, doubt, &mut homes, &mut doubtful);
                    continue;
                }
                if reversal.is_some() && !self.names_an_invoice(at) {
                    unnamed.push(at);
                    continue;
                }
                match self.ruling_in(&keys, row) {
                    Some(Ruling::Unclear(doubt)) => homes.set_aside.push((at, doubt)),
                    Some(Ruling::Of { debtor, group_key, company }) => {
                        let to = (debtor != debtor_hash(debtors, row)).then_some((debtor, group_key));
                        let pick = Pick { at, to, company: Some(company), part: None };
                        moved.insert(at, pick.clone());
                        homes.picks.push(pick);
                    }
                    None if self.name != PAYMENTS && debtors.is_some_and(|d| d.is_null(row)) => {
                        homes.set_aside.push((at, Doubt::Nobody));
                    }
                    None => homes.picks.push(Pick { at, ..Pick::default() }),
                }
            }
        }
        for at in unnamed {
            self.place_reversal(at, &moved, &mut homes, &mut doubtful);
        }
        homes.touched.extend(self.owners_behind(doubtful));
        homes
    }

    /// Who owes what some reversals may be about.
    pub(super) fn owners_behind(&self, reversals: HashSet<(String, String)>) -> HashSet<u64> {
        let reached = reached(self.batches, reversals);
        reached.into_iter().filter_map(|at| self.ruling(at).and_then(owner_of)).collect()
    }

    /// Takes a row out, and holds whoever it can touch: who owes the invoice that it names, or that a payment was for
    /// which it takes back.
    fn set_aside(&self, at: At, doubt: Doubt, homes: &mut Homes, doubtful: &mut HashSet<(String, String)>) {
        homes.touched.extend(self.ruling(at).and_then(owner_of));
        let value =
            |name| text(&self.batches[at.0], name).filter(|c| c.is_valid(at.1)).map(|c| c.value(at.1).to_owned());
        if self.name == PAYMENTS {
            doubtful.extend(value("reverses").map(|reverses| (value("debtor_id").unwrap_or_default(), reverses)));
        }
        homes.set_aside.push((at, doubt));
    }

    /// The parts of the payment that a row takes back.
    fn parts<'p>(&self, payments: &'p Payments, at: At, root_id: &str) -> &'p [Part] {
        let debtor = text(&self.batches[at.0], "debtor_id").filter(|d| d.is_valid(at.1));
        payments.parts(debtor.map_or("", |d| d.value(at.1)), root_id)
    }

    fn ruling(&self, (number, row): At) -> Option<Ruling> {
        self.ruling_in(&Keys::of(&self.batches[number]), row)
    }

    fn ruling_in(&self, keys: &Keys<'_>, row: usize) -> Option<Ruling> {
        if self.rulings.is_empty() {
            return None;
        }
        let key = row_key(self.number()?, keys.source_rows?.value(row), debtor_hash(keys.debtors, row));
        self.rulings.get(&key).copied()
    }

    fn names_an_invoice(&self, (number, row): At) -> bool {
        text(&self.batches[number], "invoice_id").is_some_and(|c| c.is_valid(row))
    }

    /// A reversal that names no invoice is about the parts of what it reverses, wherever they belong.
    fn place_reversal(
        &self,
        at: At,
        moved: &HashMap<At, Pick>,
        homes: &mut Homes,
        doubtful: &mut HashSet<(String, String)>,
    ) {
        let Some(reversal) = homes.payments.reversal(at) else { return };
        let parts = self.parts(&homes.payments, at, &reversal.root_id);
        let batch = &self.batches[at.0];
        let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let amount = amounts.map_or(0, |c| c.value(at.1));
        // Either sign takes back; the parts keep that of the row, so that its sum stays what the file says.
        let (sign, amount) = (if amount < 0 { -1 } else { 1 }, amount.abs());
        let home = |part: &Part| moved.get(&part.at).cloned().unwrap_or_default();
        let of_part = |part: &Part, amount: i128| {
            let Pick { to, company, .. } = home(part);
            Pick { at, to, company, part: Some(Box::new(Part { amount: sign * amount, ..part.clone() })) }
        };
        let currency = text(batch, "currency").filter(|c| c.is_valid(at.1)).map(|c| c.value(at.1));
        let currencies: HashSet<&str> =
            parts.iter().filter_map(|part| part.currency.as_deref()).chain(currency).collect();
        let total: i128 = parts.iter().map(|part| part.amount.abs()).sum();
        match parts {
            [] => homes.picks.push(Pick { at, ..Pick::default() }),
            _ if currencies.len() > 1 => self.set_aside(at, Doubt::OtherCurrency, homes, doubtful),
            [part] => homes.picks.push(of_part(part, amount)),
            // The parts are all here: SQL takes back from the last to the first.
            parts if parts.iter().all(|part| home(part).to.is_none()) => {
                homes.picks.push(Pick { at, ..Pick::default() });
            }
            parts if amount >= total => {
                homes.picks.extend(parts.iter().map(|part| of_part(part, part.amount.abs())));
                let rest = Box::new(Part { amount: sign * (amount - total), ..Part::of_nothing(at) });
                homes.picks.extend((amount > total).then(|| Pick { at, part: Some(rest), ..Pick::default() }));
            }
            _ => self.set_aside(at, Doubt::SplitReversal, homes, doubtful),
        }
    }

    /// The rows whose key is repeated: exact copies count once; of rows that differ it cannot be told which is right.
    fn conflicts(&self, homes: &mut Homes) -> HashMap<At, Found> {
        // Of each key the first row; of each key and content whether it was seen.
        let mut first: HashMap<(i64, u64), At> = HashMap::default();
        let mut seen: HashMap<(i64, u64, i64), At> = HashMap::default();
        let mut found: HashMap<At, Found> = HashMap::default();
        let several = self.keys_of_several();
        if several.is_empty() {
            return found;
        }
        for (number, batch) in self.batches.iter().enumerate() {
            let (Some(keys), Some(contents)) = (ints(batch, "key_hash"), ints(batch, "content_hash")) else { continue };
            // Items of an agreement stand here once for each who signed it.
            let signers = text(batch, "debtor_id").filter(|_| self.name == "agreement_items");
            for row in (0..batch.num_rows()).filter(|row| several.contains(&keys.value(*row))) {
                let at = (number, row);
                let (key, signer) = (keys.value(row), signers.map_or(0, |_| debtor_hash(signers, row)));
                let kept = seen.entry((key, signer, contents.value(row))).or_insert(at);
                if *kept != at {
                    let repeated = if self.is_before(at, *kept) { std::mem::replace(kept, at) } else { at };
                    if repeated != at {
                        // The row that is kept now stands for the other in every way.
                        if let Some(role) = found.remove(&repeated) {
                            found.insert(at, role);
                        }
                        if let Some(first) = first.get_mut(&(key, signer)).filter(|first| **first == repeated) {
                            *first = at;
                        }
                    }
                    found.insert(repeated, Found::Repeated);
                    homes.repeated.push(repeated);
                    continue;
                }
                let first_at = *first.entry((key, signer)).or_insert(at);
                if first_at != at {
                    found.insert(first_at, Found::Conflicting);
                    found.insert(at, Found::Conflicting);
                }
            }
        }
        found
    }

    /// The keys that more than one row has: mostly none.
    fn keys_of_several(&self) -> HashSet<i64> {
        let of_batches = self.batches.iter().filter_map(|batch| ints(batch, "key_hash"));
        let mut keys: Vec<i64> = of_batches.flat_map(|keys| keys.values().iter().copied()).collect();
        keys.sort_unstable();
        keys.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
    }

    /// Which of two rows that say the same is kept? Only addresses may differ in anything: in whom to greet and how
    /// gladly.
    fn is_before(&self, at: At, other: At) -> bool {
        if self.name != "contact_points" {
            return false;
        }
        let place = |(number, row): At| {
            let batch = &self.batches[number];
            let rank = ints(batch, "preference_rank").filter(|c| c.is_valid(row)).map(|c| c.value(row));
            let value = |name| text(batch, name).filter(|c| c.is_valid(row)).map(|c| c.value(row));
            (rank.is_none(), rank, value("address"), value("contact_name"))
        };
        place(at) < place(other)
    }
}

/// What is the matter with a row whose key stands more than once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Repeated,
    Conflicting,
}

fn owner_of(ruling: Ruling) -> Option<u64> {
    match ruling {
        Ruling::Of { debtor, .. } => Some(debtor),
        Ruling::Unclear(_) => None,
    }
}

/// Builds the picked rows as the models read them: with `actor_id`, who acted; and for payments `root_id`, the payment
/// at the end of a chain of reversals, and whether the row takes back.
pub(super) fn build(
    table: &Table<'_>,
    payments: &Payments,
    picks: &[Pick],
    companies: &Companies,
) -> Result<Option<RecordBatch>> {
    let Some(first) = table.batches.first() else { return Ok(None) };
    let rows = || {
        table.batches.iter().enumerate().flat_map(|(number, batch)| (0..batch.num_rows()).map(move |row| (number, row)))
    };
    let batch = if picks.iter().map(|pick| pick.at).eq(rows()) {
        match table.batches {
            [only] => only.clone(),
            batches => concat_batches(first.schema_ref(), batches).map_err(failed)?,
        }
    } else {
        let indices: Vec<At> = picks.iter().map(|pick| pick.at).collect();
        interleave_record_batch(&table.batches.iter().collect::<Vec<_>>(), &indices).map_err(failed)?
    };
    if table.number().is_none() {
        return Ok(Some(batch));
    }
    let mut batch = with_column(&batch, "actor_id", actors(&batch))?;
    if table.name == PAYMENTS {
        batch = with_reversals(batch, payments, picks)?;
    }
    if picks.iter().any(|pick| pick.part.is_some()) {
        batch = with_parts(batch, picks)?;
    }
    batch = with_companies(batch, picks, companies)?;
    Ok(Some(batch))
}

/// Who stands in each row; an empty text where nobody does, for a null is no key.
fn actors(batch: &RecordBatch) -> ArrayRef {
    match batch.column_by_name("debtor_id") {
        Some(debtors) if debtors.null_count() == 0 => Arc::clone(debtors),
        Some(debtors) => {
            let named = debtors.as_string::<i32>().iter().map(Option::unwrap_or_default);
            Arc::new(StringArray::from_iter_values(named))
        }
        None => arrow::array::new_null_array(&DataType::Utf8, batch.num_rows()),
    }
}

fn with_reversals(batch: RecordBatch, payments: &Payments, picks: &[Pick]) -> Result<RecordBatch> {
    let ids = batch.column_by_name("payment_id").cloned();
    let ids = ids.unwrap_or_else(|| arrow::array::new_null_array(&DataType::Utf8, batch.num_rows()));
    if payments.is_empty() {
        let none: ArrayRef = Arc::new(BooleanArray::from(vec![false; batch.num_rows()]));
        return with_column(&with_column(&batch, "root_id", ids)?, "takes_back", none);
    }
    let own = ids.as_string::<i32>();
    let root = |row: usize| payments.reversal(picks[row].at).map_or_else(|| own.value(row), |r| &r.root_id);
    let roots: ArrayRef = Arc::new(StringArray::from_iter_values((0..batch.num_rows()).map(root)));
    let takes = |pick: &Pick| Some(payments.reversal(pick.at).is_some_and(|r| r.takes_back));
    let takes: ArrayRef = Arc::new(picks.iter().map(takes).collect::<BooleanArray>());
    with_column(&with_column(&batch, "root_id", roots)?, "takes_back", takes)
}

/// The part that each reversal was given, in place of its own words.
fn with_parts(batch: RecordBatch, picks: &[Pick]) -> Result<RecordBatch> {
    let (invoices, instalments) = (text(&batch, "invoice_id"), ints(&batch, "installment_no"));
    let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
    let (Some(invoices), Some(instalments), Some(amounts)) = (invoices, instalments, amounts) else { return Ok(batch) };
    let rows = || picks.iter().enumerate();
    let invoice = |(row, pick): (usize, &Pick)| match &pick.part {
        Some(part) => part.invoice_id.clone(),
        None => invoices.is_valid(row).then(|| invoices.value(row).to_owned()),
    };
    let instalment = |(row, pick): (usize, &Pick)| match &pick.part {
        Some(part) => part.installment_no,
        None => instalments.is_valid(row).then(|| instalments.value(row)),
    };
    let amount = |(row, pick): (usize, &Pick)| pick.part.as_ref().map_or(amounts.value(row), |part| part.amount);
    let with = Decimal128Array::from_iter_values(rows().map(amount)).with_data_type(amounts.data_type().clone());
    let invoices: ArrayRef = Arc::new(rows().map(invoice).collect::<StringArray>());
    let instalments: ArrayRef = Arc::new(rows().map(instalment).collect::<Int64Array>());
    let batch = replaced(&batch, "invoice_id", invoices)?;
    replaced(&replaced(&batch, "installment_no", instalments)?, "amount", Arc::new(with))
}

/// The company of the invoice, where a row names one; else its own words.
fn with_companies(batch: RecordBatch, picks: &[Pick], companies: &Companies) -> Result<RecordBatch> {
    let (Some(own), Some(invoices)) = (text(&batch, "company_id"), text(&batch, "invoice_id")) else {
        return Ok(batch);
    };
    let default = companies.name(1);
    let mut names: HashMap<u32, String> = HashMap::default();
    let mut filled = StringBuilder::with_capacity(batch.num_rows(), batch.num_rows());
    for (row, pick) in picks.iter().enumerate() {
        let of_part = pick.part.as_ref().and_then(|part| part.company_id.as_deref());
        match pick.company {
            None if of_part.is_some() => filled.append_option(of_part),
            Some(NO_COMPANY) => filled.append_null(),
            Some(number) => filled.append_value(names.entry(number).or_insert_with(|| companies.name(number))),
            None if own.is_valid(row) => filled.append_value(own.value(row)),
            None if invoices.is_valid(row) => filled.append_value(&default),
            None => filled.append_null(),
        }
    }
    replaced(&batch, "company_id", Arc::new(filled.finish()))
}
