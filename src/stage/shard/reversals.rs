//! Chains of reversals, followed to the payment at their end.
//!
//! A reversal of a reversal restores what the first one took back, so the sign alternates along the chain. A chain that
//! loops cannot be resolved, and its debtor is held.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, BooleanArray, Decimal128Array, RecordBatch, StringArray};
use arrow::datatypes::{Decimal128Type, Int64Type};
use foldhash::{HashMap, HashSet};

/// Links of a chain at the most; real ones have two or three.
pub(super) const LINKS_MAX: usize = 64;

/// A row in the batches of a table: batch and row.
pub(super) type At = (usize, usize);

/// A row of a payment that names no reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) at: At,
    pub(super) invoice_id: Option<String>,
    pub(super) installment_no: Option<i64>,
    pub(super) company_id: Option<String>,
    pub(super) currency: Option<String>,
    /// Minor units.
    pub(super) amount: i128,
}

impl Part {
    /// What a reversal takes back beyond the parts that are known.
    pub(super) fn of_nothing(at: At) -> Part {
        Part { at, invoice_id: None, installment_no: None, company_id: None, currency: None, amount: 0 }
    }
}

/// What a reversal takes back, or puts back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reversal {
    /// The payment at the end of the chain, which the snapshot may lack.
    pub(super) root_id: String,
    pub(super) takes_back: bool,
    /// The chain has no end or several, or nobody knows what of a payment in several parts it puts back.
    pub(super) is_unclear: bool,
}

/// By debtor and payment, what it reverses; several, where its rows name different payments.
type Links<'b> = HashMap<(&'b str, &'b str), BTreeSet<&'b str>>;

/// The payments of one shard: who reverses what.
#[derive(Debug, Default)]
pub(super) struct Payments {
    reversals: HashMap<At, Reversal>,
    /// By debtor and payment, where something reverses it.
    parts: HashMap<(String, String), Vec<Part>>,
}

#[derive(Clone, Copy)]
struct Columns<'b> {
    ids: &'b StringArray,
    debtors: &'b StringArray,
    reverses: &'b StringArray,
}

fn columns(batch: &RecordBatch) -> Option<Columns<'_>> {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    Some(Columns { ids: text("payment_id")?, debtors: text("debtor_id")?, reverses: text("reverses")? })
}

/// A row that takes back, or puts back.
struct Reversing<'b> {
    at: At,
    debtor: &'b str,
    id: &'b str,
    reverses: &'b str,
    names_an_invoice: bool,
}

fn reversing<'b>(
    batches: &'b [RecordBatch],
    is_other: &'b dyn Fn(At) -> bool,
) -> impl Iterator<Item = Reversing<'b>> + 'b {
    let of_batch = move |(number, batch): (usize, &'b RecordBatch)| {
        let invoices = batch.column_by_name("invoice_id").and_then(|c| c.as_string_opt::<i32>());
        columns(batch).into_iter().flat_map(move |columns| {
            let is_one = move |row: &usize| columns.reverses.is_valid(*row) && !is_other((number, *row));
            (0..columns.ids.len()).filter(is_one).map(move |row| Reversing {
                at: (number, row),
                debtor: some(columns.debtors, row).unwrap_or_default(),
                id: columns.ids.value(row),
                reverses: columns.reverses.value(row),
                names_an_invoice: invoices.is_some_and(|c| c.is_valid(row)),
            })
        })
    };
    batches.iter().enumerate().flat_map(of_batch)
}

/// What the links to one payment look like.
#[derive(Debug, Default)]
struct Forms {
    named: bool,
    unnamed: bool,
    puts_back: bool,
}

impl Forms {
    fn add(&mut self, names_an_invoice: bool, takes_back: bool) {
        self.named |= names_an_invoice;
        self.unnamed |= !names_an_invoice;
        self.puts_back |= !takes_back;
    }

    fn are_mixed(&self) -> bool {
        self.named && self.unnamed && self.puts_back
    }
}

fn some(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

impl Payments {
    /// Follows every chain in the payments of some debtors, but for rows that repeat or contradict others.
    pub(super) fn of(batches: &[RecordBatch], is_other: &dyn Fn(At) -> bool) -> Payments {
        let mut links = Links::default();
        for row in reversing(batches, is_other) {
            links.entry((row.debtor, row.id)).or_default().insert(row.reverses);
        }
        let mut payments = Payments::default();
        if links.is_empty() {
            return payments;
        }
        let mut roots: HashMap<(String, String), Forms> = HashMap::default();
        for row in reversing(batches, is_other) {
            let reversal = follow(&links, row.debtor, row.reverses);
            let forms = roots.entry((row.debtor.to_owned(), reversal.root_id.clone())).or_default();
            forms.add(row.names_an_invoice, reversal.takes_back);
            payments.reversals.insert(row.at, reversal);
        }
        for (number, batch) in batches.iter().enumerate() {
            payments.gather(number, batch, &roots, is_other);
        }
        // Some links say which part they are about and some do not: what a link puts back is anybody's guess.
        for row in reversing(batches, is_other) {
            let Some(reversal) = payments.reversals.get_mut(&row.at) else { continue };
            let key = (row.debtor.to_owned(), reversal.root_id.clone());
            let has_parts = payments.parts.get(&key).is_some_and(|parts| parts.len() > 1);
            reversal.is_unclear |= has_parts && roots.get(&key).is_some_and(Forms::are_mixed);
        }
        payments
    }

    /// The parts of the payments that something reverses.
    fn gather(
        &mut self,
        number: usize,
        batch: &RecordBatch,
        roots: &HashMap<(String, String), Forms>,
        is_other: &dyn Fn(At) -> bool,
    ) {
        let Some(columns) = columns(batch) else { return };
        let [invoices, companies, currencies] = ["invoice_id", "company_id", "currency"]
            .map(|name| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()));
        let instalments = batch.column_by_name("installment_no").and_then(|c| c.as_primitive_opt::<Int64Type>());
        let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let is_original = |row: &usize| columns.reverses.is_null(*row) && !is_other((number, *row));
        for row in (0..columns.ids.len()).filter(is_original) {
            let debtor = some(columns.debtors, row).unwrap_or_default();
            let key = (debtor.to_owned(), columns.ids.value(row).to_owned());
            if !roots.contains_key(&key) {
                continue;
            }
            self.parts.entry(key).or_default().push(Part {
                at: (number, row),
                invoice_id: invoices.and_then(|c| some(c, row)).map(str::to_owned),
                company_id: companies.and_then(|c| some(c, row)).map(str::to_owned),
                currency: currencies.and_then(|c| some(c, row)).map(str::to_owned),
                installment_no: instalments.filter(|c| c.is_valid(row)).map(|c| c.value(row)),
                amount: amounts.map_or(0, |c| c.value(row)),
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reversals.is_empty()
    }

    pub(super) fn reversal(&self, at: At) -> Option<&Reversal> {
        self.reversals.get(&at)
    }

    /// The rows of the payment at the end of a chain.
    pub(super) fn parts(&self, debtor: &str, root_id: &str) -> &[Part] {
        self.parts.get(&(debtor.to_owned(), root_id.to_owned())).map_or(&[], Vec::as_slice)
    }
}

/// Rows below zero that name no payment to reverse, and leave less than nothing paid on an invoice: they may be payments
/// of the other sign, or reversals of payments that are not in the snapshot.
pub(super) fn overdrawn(batches: &[RecordBatch]) -> Vec<At> {
    let mut negative: Vec<(At, (&str, &str, &str))> = Vec::new();
    let mut paid: HashMap<(&str, &str, &str), i128> = HashMap::default();
    for (number, batch) in batches.iter().enumerate() {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let [debtors, companies, invoices] = ["debtor_id", "company_id", "invoice_id"].map(text);
        let (Some(debtors), Some(companies), Some(invoices)) = (debtors, companies, invoices) else { continue };
        let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let Some(amounts) = amounts else { continue };
        for row in (0..batch.num_rows()).filter(|row| invoices.is_valid(*row)) {
            let value = |column: Option<&'_ StringArray>| column.is_some_and(|c| c.is_valid(row));
            let kind = text("kind").and_then(|c| some(c, row)).unwrap_or("payment");
            if value(text("reverses")) || matches!(kind, "charges" | "refund" | "chargeback") {
                continue;
            }
            let or_none = |column| some(column, row).unwrap_or_default();
            let key = (or_none(debtors), or_none(companies), invoices.value(row));
            *paid.entry(key).or_default() += amounts.value(row);
            if amounts.value(row) < 0 {
                negative.push(((number, row), key));
            }
        }
    }
    negative.retain(|(_, key)| paid.get(key).is_some_and(|sum| *sum < 0));
    negative.into_iter().map(|(at, _)| at).collect()
}

/// Rows that take something back from an invoice, or put it back, of which nobody knows whether it is about what was paid
/// there: their payment is not here, or was for another invoice, or a credit note or write-off would be taken back with it.
pub(super) fn unfounded(payments: &[RecordBatch], invoices: &[RecordBatch]) -> Vec<At> {
    let mut taking: Vec<(At, Taking<'_>)> = Vec::new();
    for (number, batch) in payments.iter().enumerate() {
        let Some(row) = PaymentRow::of(batch) else { continue };
        taking.extend((0..batch.num_rows()).filter_map(|at| Some(((number, at), row.taking(at)?))));
    }
    if taking.is_empty() {
        return Vec::new();
    }
    let roots: HashSet<PaymentKey<'_>> = taking.iter().filter_map(|(_, taking)| taking.root).collect();
    let invoices_of = |batch| notes(batch).into_iter().flatten();
    let mut settled: HashSet<InvoiceKey<'_>> = invoices.iter().flat_map(invoices_of).collect();
    let mut paid: HashMap<InvoiceKey<'_>, i128> = HashMap::default();
    let mut paid_by: HashMap<PaymentKey<'_>, Vec<Option<InvoiceKey<'_>>>> = HashMap::default();
    for batch in payments {
        let Some(row) = PaymentRow::of(batch) else { continue };
        for at in (0..batch.num_rows()).filter(|at| row.reverses.is_null(*at)) {
            let invoice = row.invoices.is_valid(at).then(|| row.invoice(at));
            if roots.contains(&row.root(at)) {
                paid_by.entry(row.root(at)).or_default().push(invoice);
            }
            match (row.kind(at), invoice) {
                ("payment", Some(invoice)) => *paid.entry(invoice).or_default() += row.amounts.value(at).max(0),
                ("credit_note" | "write_off", Some(invoice)) => drop(settled.insert(invoice)),
                _ => {}
            }
        }
    }
    let is_unfounded = |taking: &Taking<'_>| {
        let paid = paid.get(&taking.invoice).copied().unwrap_or(0);
        let is_settled_otherwise = settled.contains(&taking.invoice);
        match taking.root.map(|root| paid_by.get(&root)) {
            Some(Some(parts)) => parts.iter().all(|part| part.is_some_and(|invoice| invoice != taking.invoice)),
            Some(None) => taking.puts_back || taking.looks_like_payment || paid > 0 || is_settled_otherwise,
            None => paid < taking.amount && is_settled_otherwise,
        }
    };
    taking.retain(|(_, taking)| is_unfounded(taking));
    taking.into_iter().map(|(at, _)| at).collect()
}

/// A row that takes something back from an invoice, or puts it back.
struct Taking<'b> {
    invoice: InvoiceKey<'b>,
    /// The payment at the end of its chain; none where the row names none.
    root: Option<PaymentKey<'b>>,
    puts_back: bool,
    /// But for what it says that it reverses, it is a payment: that may be a flag or a number of something else.
    looks_like_payment: bool,
    amount: i128,
}

/// The invoices that credit notes reduce.
fn notes(invoices: &RecordBatch) -> Option<Vec<InvoiceKey<'_>>> {
    let text = |name: &str| invoices.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    let (kinds, originals) = (text("document_type")?, text("original_invoice_id")?);
    let (debtors, companies) = (text("debtor_id")?, text("company_id")?);
    let is_note = |row: &usize| some(kinds, *row) == Some("credit_note") && originals.is_valid(*row);
    let key = |row: usize| {
        let [debtor, company, invoice] =
            [debtors, companies, originals].map(|column| some(column, row).unwrap_or_default());
        (debtor, company, invoice)
    };
    Some((0..invoices.num_rows()).filter(is_note).map(key).collect())
}

/// Debtor and payment.
type PaymentKey<'b> = (&'b str, &'b str);
/// Debtor, company and invoice.
type InvoiceKey<'b> = (&'b str, &'b str, &'b str);

/// The columns of a batch of payments that say what a row takes back, and from where.
struct PaymentRow<'b> {
    debtors: &'b StringArray,
    companies: &'b StringArray,
    invoices: &'b StringArray,
    roots: &'b StringArray,
    reverses: &'b StringArray,
    kinds: Option<&'b StringArray>,
    takes_back: Option<&'b BooleanArray>,
    amounts: &'b Decimal128Array,
}

impl<'b> PaymentRow<'b> {
    fn of(batch: &'b RecordBatch) -> Option<PaymentRow<'b>> {
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        Some(PaymentRow {
            debtors: text("debtor_id")?,
            companies: text("company_id")?,
            invoices: text("invoice_id")?,
            roots: text("root_id")?,
            reverses: text("reverses")?,
            kinds: text("kind"),
            takes_back: batch.column_by_name("takes_back").and_then(|c| c.as_boolean_opt()),
            amounts: batch.column_by_name("amount")?.as_primitive_opt::<Decimal128Type>()?,
        })
    }

    fn kind(&self, at: usize) -> &'b str {
        self.kinds.and_then(|kinds| some(kinds, at)).unwrap_or("payment")
    }

    fn taking(&self, at: usize) -> Option<Taking<'b>> {
        let has_root = self.reverses.is_valid(at);
        let is_one = has_root || matches!(self.kind(at), "refund" | "chargeback");
        if !is_one || self.invoices.is_null(at) || self.kind(at) == "charges" {
            return None;
        }
        let puts_back = has_root && self.takes_back.is_some_and(|takes| takes.is_valid(at) && !takes.value(at));
        let (root, amount) = (has_root.then(|| self.root(at)), self.amounts.value(at));
        let looks_like_payment = self.kind(at) == "payment" && amount > 0;
        Some(Taking { invoice: self.invoice(at), root, puts_back, looks_like_payment, amount: amount.abs() })
    }

    fn root(&self, at: usize) -> PaymentKey<'b> {
        (some(self.debtors, at).unwrap_or_default(), some(self.roots, at).unwrap_or_default())
    }

    fn invoice(&self, at: usize) -> InvoiceKey<'b> {
        let [debtor, company, invoice] =
            [self.debtors, self.companies, self.invoices].map(|column| some(column, at).unwrap_or_default());
        (debtor, company, invoice)
    }
}

/// Is anything below zero in a column of amounts? Most shards have none, and are not looked at row by row.
pub(super) fn has_negative(batches: &[RecordBatch]) -> bool {
    let amounts = batches.iter().filter_map(|b| b.column_by_name("amount")?.as_primitive_opt::<Decimal128Type>());
    amounts.into_iter().any(|column| column.iter().flatten().any(|amount| amount < 0))
}

fn follow(links: &Links<'_>, debtor: &str, reverses: &str) -> Reversal {
    let (mut root, mut takes_back) = (reverses, true);
    for _ in 0..LINKS_MAX {
        let Some(targets) = links.get(&(debtor, root)) else {
            return Reversal { root_id: root.to_owned(), takes_back, is_unclear: false };
        };
        let Some(next) = targets.first().filter(|_| targets.len() == 1) else { break };
        (root, takes_back) = (next, !takes_back);
    }
    Reversal { root_id: reverses.to_owned(), takes_back: true, is_unclear: true }
}

/// Every row that some reversals may be about, each given by its debtor and what it reverses: all that can be reached,
/// whichever of several rows is right.
pub(super) fn reached(batches: &[RecordBatch], from: HashSet<(String, String)>) -> Vec<At> {
    if from.is_empty() {
        return Vec::new();
    }
    let mut links = Links::default();
    for row in reversing(batches, &|_| false) {
        links.entry((row.debtor, row.id)).or_default().insert(row.reverses);
    }
    let mut next: Vec<(&str, &str)> = from.iter().map(|(debtor, id)| (debtor.as_str(), id.as_str())).collect();
    let mut seen: HashSet<(&str, &str)> = next.iter().copied().collect();
    while let Some((debtor, id)) = next.pop() {
        let targets = links.get(&(debtor, id)).into_iter().flatten().map(|target| (debtor, *target));
        next.extend(targets.filter(|target| seen.insert(*target)));
    }
    let of_batch = |(number, batch): (usize, &RecordBatch)| {
        let Some(columns) = columns(batch) else { return Vec::new() };
        let key = |row: usize| (some(columns.debtors, row).unwrap_or_default(), columns.ids.value(row));
        (0..columns.ids.len()).filter(|row| seen.contains(&key(*row))).map(|row| (number, row)).collect()
    };
    batches.iter().enumerate().flat_map(of_batch).collect()
}

/// Rows of a debtor that follow a chain to what is itself a reversal there: its other links stand under another payer.
pub(super) fn dangling(batches: &[RecordBatch]) -> Vec<At> {
    let text =
        |batch: &'_ RecordBatch, name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).cloned();
    let all: Vec<(At, String, String, String)> = batches
        .iter()
        .enumerate()
        .flat_map(|(number, batch)| {
            let columns = ["debtor_id", "payment_id", "root_id", "reverses"].map(|name| text(batch, name));
            let [Some(debtors), Some(ids), Some(roots), Some(reverses)] = columns else { return Vec::new() };
            let is_one = |row: &usize| reverses.is_valid(*row) && debtors.is_valid(*row);
            let value = |c: &StringArray, row: usize| c.value(row).to_owned();
            let rows = (0..ids.len()).filter(is_one);
            rows.map(|row| ((number, row), value(&debtors, row), value(&ids, row), value(&roots, row))).collect()
        })
        .collect();
    let reversals: HashSet<(&str, &str)> =
        all.iter().map(|(_, debtor, id, _)| (debtor.as_str(), id.as_str())).collect();
    let is_dangling =
        |(_, debtor, _, root): &&(At, String, String, String)| reversals.contains(&(debtor.as_str(), root.as_str()));
    all.iter().filter(is_dangling).map(|(at, ..)| *at).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;

    use super::*;

    /// Payment and what it reverses; root, and whether it takes back.
    #[test]
    fn the_sign_alternates_along_a_chain() {
        let rows = [("P", None), ("R1", Some("P")), ("R2", Some("R1")), ("R3", Some("R2")), ("X", Some("gone"))];
        let loops = [("L1", Some("L2")), ("L2", Some("L1")), ("S", Some("S"))];
        let all: Vec<(&str, Option<&str>)> = rows.into_iter().chain(loops).collect();
        let column = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
        let ids = column(all.iter().map(|(id, _)| Some(*id)).collect());
        let debtors = column(vec![Some("D"); all.len()]);
        let reverses = column(all.iter().map(|(_, reverses)| *reverses).collect());
        let columns = [("payment_id", ids, true), ("debtor_id", debtors, true), ("reverses", reverses, true)];
        let payments = Payments::of(&[RecordBatch::try_from_iter_with_nullable(columns).unwrap()], &|_| false);
        let found: Vec<Option<(&str, bool, bool)>> = (0..all.len())
            .map(|row| payments.reversal((0, row)).map(|r| (r.root_id.as_str(), r.takes_back, r.is_unclear)))
            .collect();
        let expected = [
            None,
            Some(("P", true, false)),
            Some(("P", false, false)),
            Some(("P", true, false)),
            Some(("gone", true, false)),
            Some(("L2", true, true)),
            Some(("L1", true, true)),
            Some(("S", true, true)),
        ];
        assert_eq!(found, expected);
        assert_eq!(payments.parts("D", "P").len(), 1);
    }
}
