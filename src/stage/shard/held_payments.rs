//! Payments that stay in the ledger and hold their debtor, because nobody can tell what they are about.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, BooleanArray, Decimal128Array, PrimitiveArray, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Decimal128Type};
use foldhash::{HashMap, HashSet};

use super::claims::Rulings;
use super::doubts::Doubt;
use super::homes::Table;
use super::reversals::{self, At};
use super::{Clash, NEGATIVE_PAYMENT, clash};

/// What has to be known to look at the payments of a shard.
pub(super) struct Look<'a> {
    pub(super) default_currency: &'a str,
    /// Some came from debtors of other shards.
    pub(super) has_carried: bool,
    /// The invoices are the open ones alone: what was written off is gone.
    pub(super) is_open_scope: bool,
}

impl Look<'_> {
    /// What is below zero and takes back more than was paid, what may take back something else, chains whose links stand
    /// under several payers, and write-offs that may be of something open.
    pub(super) fn at(&self, tables: &BTreeMap<&'static str, Vec<RecordBatch>>) -> Vec<Clash> {
        let of = |name: &str| tables.get(name).map_or(&[][..], Vec::as_slice);
        let (payments, invoices) = (of("payments"), of("invoices"));
        let mut found: Vec<(Vec<At>, (&'static str, &'static str))> = Vec::new();
        if reversals::has_negative(payments) {
            found.push((reversals::overdrawn(payments), ("below zero, by more than was paid", NEGATIVE_PAYMENT)));
        }
        let words = ("takes back what may not be what was paid there", "unknown_reversal");
        found.push((reversals::unfounded(payments, invoices), words));
        if self.has_carried {
            found.push((reversals::dangling(payments), Doubt::Chain.words()));
        }
        if !self.is_open_scope {
            let words = ("may write off another invoice, of its amount", "unknown_write_off");
            found.push((misplaced(payments, invoices, self.default_currency), words));
        }
        let nothing = Rulings::default();
        let table = Table { name: "payments", batches: payments, rulings: &nothing };
        let all = found.into_iter().flat_map(|(rows, words)| rows.into_iter().map(move |at| (at, words)));
        all.filter_map(|(at, words)| clash(&table, at, words)).collect()
    }
}

/// Debtor and currency.
type Account<'b> = (&'b str, &'b str);
/// Debtor and invoice.
type Name<'b> = (&'b str, &'b str);

/// An invoice that may still be open.
#[derive(Default)]
struct Owed {
    /// The first day of any of its instalments.
    issued_on: i32,
    instalments: Vec<i128>,
    posted: i128,
}

impl Owed {
    fn left(&self) -> i128 {
        self.instalments.iter().sum::<i128>() - self.posted
    }
}

/// What is left of the invoices of an account, looked up by amount and day.
#[derive(Default)]
struct Open {
    /// What is left of an invoice, or an instalment of one on which nothing was posted; since when there is any such.
    since: HashMap<i128, i32>,
    /// Day of issue and all that is left of what was issued by then, in order.
    sums: Vec<(i32, i128)>,
}

impl Open {
    fn of(invoices: &BTreeMap<&str, Owed>) -> Open {
        let mut open = Open::default();
        let mut left: Vec<(i32, i128)> = Vec::new();
        for owed in invoices.values().filter(|owed| owed.left() > 0) {
            let untouched = owed.instalments.iter().copied().filter(|_| owed.posted == 0);
            for amount in untouched.chain([owed.left()]) {
                let first = open.since.entry(amount).or_insert(i32::MAX);
                *first = owed.issued_on.min(*first);
            }
            left.push((owed.issued_on, owed.left()));
        }
        left.sort_unstable();
        let mut sum = 0;
        open.sums = left.into_iter().map(|(on, left)| (on, (sum += left, sum).1)).collect();
        open
    }

    /// Is it the amount of one of them, or of all, as of a day?
    fn may_be(&self, amount: i128, on: i32) -> bool {
        let by_then = self.sums.partition_point(|(issued, _)| *issued <= on);
        let all = by_then.checked_sub(1).map(|last| self.sums[last].1);
        all == Some(amount) || self.since.get(&amount).is_some_and(|issued| *issued <= on)
    }
}

/// The write-offs that name no invoice, or one that is not there, of what is left of an invoice of the debtor, or of all
/// that are left: somebody may have given them up.
fn misplaced(payments: &[RecordBatch], invoices: &[RecordBatch], default_currency: &str) -> Vec<At> {
    let paid = || payments.iter().enumerate().filter_map(|(number, batch)| Some((number, Rows::of(batch, "paid_on")?)));
    let ledger = || invoices.iter().filter_map(|batch| Rows::of(batch, "issue_date"));
    let write_offs: Vec<(usize, Rows<'_>, usize)> =
        paid().flat_map(|(number, rows)| rows.write_offs().map(move |row| (number, rows, row))).collect();
    if write_offs.is_empty() {
        return Vec::new();
    }
    let reversed: HashSet<Name<'_>> = paid().flat_map(|(_, rows)| rows.pairs(rows.reverses)).collect();
    let known: HashSet<Name<'_>> = ledger().flat_map(|rows| rows.pairs(Some(rows.invoices))).collect();
    let is_odd = |(_, rows, row): &&(usize, Rows<'_>, usize)| {
        let names_nothing = rows.invoices.is_null(*row) || !known.contains(&rows.name(*row));
        names_nothing && rows.ids.is_none_or(|ids| !reversed.contains(&(rows.debtors.value(*row), ids.value(*row))))
    };
    let odd: Vec<&(usize, Rows<'_>, usize)> = write_offs.iter().filter(is_odd).collect();
    let sought: HashSet<&str> = odd.iter().map(|(_, rows, row)| rows.debtors.value(*row)).collect();
    let mut owed: HashMap<Account<'_>, BTreeMap<&str, Owed>> = HashMap::default();
    for rows in ledger() {
        for row in (0..rows.amounts.len()).filter(|row| rows.is_owed(*row) && sought.contains(rows.debtors.value(*row)))
        {
            let of_account = owed.entry(rows.account(row, default_currency)).or_default();
            let invoice =
                of_account.entry(rows.invoices.value(row)).or_insert(Owed { issued_on: i32::MAX, ..Owed::default() });
            invoice.issued_on = invoice.issued_on.min(rows.days.value(row));
            invoice.instalments.push(rows.amounts.value(row).abs());
        }
    }
    let charges: HashSet<Name<'_>> = paid().flat_map(|(_, rows)| rows.charges()).collect();
    for rows in paid().map(|(_, rows)| rows).chain(ledger()) {
        for (row, invoice) in rows.posted().filter(|(row, _)| sought.contains(rows.debtors.value(*row))) {
            let of_account = owed.get_mut(&rows.account(row, default_currency));
            if let Some(owed) = of_account.and_then(|invoices| invoices.get_mut(invoice)) {
                owed.posted += rows.effect(row, &charges);
            }
        }
    }
    let open: HashMap<Account<'_>, Open> =
        owed.iter().map(|(account, invoices)| (*account, Open::of(invoices))).collect();
    let may_be_open = |(_, rows, row): &&(usize, Rows<'_>, usize)| {
        let of_account = open.get(&rows.account(*row, default_currency));
        of_account.is_some_and(|open| open.may_be(rows.amounts.value(*row).abs(), rows.days.value(*row)))
    };
    odd.into_iter().filter(may_be_open).map(|(number, _, row)| (*number, *row)).collect()
}

/// The columns of payments or invoices that say whose, which, when and how much.
#[derive(Clone, Copy)]
struct Rows<'b> {
    /// Of payments.
    ids: Option<&'b StringArray>,
    debtors: &'b StringArray,
    invoices: &'b StringArray,
    currencies: Option<&'b StringArray>,
    kinds: Option<&'b StringArray>,
    reverses: Option<&'b StringArray>,
    /// What a chain of reversals ends in, and whether this row takes it back or puts it back.
    roots: Option<&'b StringArray>,
    takes_back: Option<&'b BooleanArray>,
    /// Of the ledger: what kind of document it is, and what a credit note reduces.
    documents: Option<&'b StringArray>,
    originals: Option<&'b StringArray>,
    days: &'b PrimitiveArray<Date32Type>,
    amounts: &'b Decimal128Array,
}

impl<'b> Rows<'b> {
    fn of(batch: &'b RecordBatch, day: &str) -> Option<Rows<'b>> {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        Some(Rows {
            ids: text("payment_id"),
            debtors: text("debtor_id")?,
            invoices: text("invoice_id")?,
            currencies: text("currency"),
            kinds: text("kind"),
            reverses: text("reverses"),
            roots: text("root_id"),
            takes_back: batch.column_by_name("takes_back").and_then(|c| c.as_boolean_opt()),
            documents: text("document_type"),
            originals: text("original_invoice_id"),
            days: batch.column_by_name(day)?.as_primitive_opt()?,
            amounts: batch.column_by_name("amount")?.as_primitive_opt::<Decimal128Type>()?,
        })
    }

    fn write_offs(self) -> impl Iterator<Item = usize> {
        let is_null = |column: Option<&StringArray>, row| column.is_none_or(|c: &StringArray| c.is_null(row));
        let is_one = move |row: &usize| {
            self.kinds.is_some_and(|c| c.is_valid(*row) && c.value(*row) == "write_off") && is_null(self.reverses, *row)
        };
        (0..self.amounts.len()).filter(is_one)
    }

    /// Drafts and credit notes are owed by nobody.
    fn is_owed(&self, row: usize) -> bool {
        self.documents.is_none_or(|c| c.is_null(row) || !matches!(c.value(row), "draft" | "credit_note"))
    }

    /// Debtor and what a column names, of the rows in which it names anything.
    fn pairs(self, column: Option<&'b StringArray>) -> impl Iterator<Item = (&'b str, &'b str)> {
        let named = column.into_iter().flat_map(|c| c.iter().enumerate());
        named.filter_map(move |(row, value)| Some((self.debtors.value(row), value?)))
    }

    /// What is posted on an invoice that it names: payments by their invoice, credit notes by what they reduce.
    fn posted(self) -> impl Iterator<Item = (usize, &'b str)> {
        let named = self.ids.map_or(self.originals, |_| Some(self.invoices));
        named.into_iter().flat_map(|c| c.iter().enumerate()).filter_map(|(row, value)| Some((row, value?)))
    }

    /// Payments of fine and interest.
    fn charges(self) -> impl Iterator<Item = Name<'b>> {
        let of_kind = self.kinds.zip(self.ids).into_iter().flat_map(|(kinds, ids)| kinds.iter().zip(ids).enumerate());
        let charges = of_kind.filter(|(_, (kind, _))| *kind == Some("charges"));
        charges.filter_map(move |(row, (_, id))| Some((self.debtors.value(row), id?)))
    }

    /// What it takes off an invoice, or puts back; fine and interest are none of it.
    fn effect(&self, row: usize, charges: &HashSet<Name<'_>>) -> i128 {
        let amount = self.amounts.value(row);
        let root = self.roots.filter(|c| c.is_valid(row)).map(|c| (self.debtors.value(row), c.value(row)));
        let is_reversal = self.reverses.is_some_and(|c| c.is_valid(row));
        let puts_back = is_reversal && self.takes_back.is_some_and(|c| c.is_valid(row) && !c.value(row));
        match self.kinds.filter(|c| c.is_valid(row)).map(|c| c.value(row)) {
            Some("charges") => 0,
            _ if is_reversal && root.is_some_and(|root| charges.contains(&root)) => 0,
            _ if puts_back => amount.abs(),
            Some("refund" | "chargeback") => -amount.abs(),
            _ if is_reversal => -amount.abs(),
            _ if self.documents.is_some() => amount.abs(),
            _ => amount,
        }
    }

    fn name(&self, row: usize) -> Name<'b> {
        (self.debtors.value(row), self.invoices.value(row))
    }

    fn account<'c>(&self, row: usize, default_currency: &'c str) -> Account<'c>
    where
        'b: 'c,
    {
        let currency = self.currencies.filter(|c| c.is_valid(row)).map_or(default_currency, |c| c.value(row));
        (self.debtors.value(row), currency)
    }
}
