//! Payments that stay in the ledger and hold their debtor, because nobody can tell what they are about.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, Decimal128Array, PrimitiveArray, RecordBatch, StringArray};
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

    /// Is that what is left of it, or one of its instalments, where nothing was posted on any?
    fn may_be(&self, amount: i128) -> bool {
        self.left() == amount || (self.posted == 0 && self.instalments.contains(&amount))
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
    for rows in paid().map(|(_, rows)| rows).chain(ledger()) {
        for (row, invoice) in rows.posted().filter(|(row, _)| sought.contains(rows.debtors.value(*row))) {
            let of_account = owed.get_mut(&rows.account(row, default_currency));
            if let Some(owed) = of_account.and_then(|invoices| invoices.get_mut(invoice)) {
                owed.posted += rows.effect(row);
            }
        }
    }
    let may_be_open = |(_, rows, row): &&(usize, Rows<'_>, usize)| {
        let (amount, on) = (rows.amounts.value(*row).abs(), rows.days.value(*row));
        let of_account = owed.get(&rows.account(*row, default_currency)).into_iter().flat_map(BTreeMap::values);
        let open: Vec<&Owed> = of_account.filter(|owed| owed.issued_on <= on && owed.left() > 0).collect();
        open.iter().any(|owed| owed.may_be(amount)) || open.iter().map(|owed| owed.left()).sum::<i128>() == amount
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

    /// What it takes off an invoice, or puts back; fine and interest are none of it.
    fn effect(&self, row: usize) -> i128 {
        let amount = self.amounts.value(row);
        let takes_back = self.reverses.is_some_and(|c| c.is_valid(row));
        match self.kinds.filter(|c| c.is_valid(row)).map(|c| c.value(row)) {
            Some("charges") => 0,
            Some("refund" | "chargeback") => -amount.abs(),
            _ if takes_back => -amount.abs(),
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
