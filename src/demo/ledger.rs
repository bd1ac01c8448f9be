//! What a debtor was invoiced: documents, their instalments, and the balance of each as payments come in.
//!
//! The whole ledger of one debtor is in memory while that debtor is written, and of no other.

use super::DemoError;
use super::debtor::Debtor;
use super::dice::Dice;
use super::rows::InvoiceRow;
use super::sink::Sink;
use super::values::{Day, Id};
use crate::domain::money::Amount;

/// How far the ledger looks back, and how far it runs past the as-of date.
pub(super) const HISTORY_DAYS: i32 = 730;
const FUTURE_DAYS: i32 = 10;
/// By how much more is invoiced at the end of the history than at its start.
const GROWTH: f64 = 0.9;
const MEDIAN_UNITS: f64 = 1_800.0;
const AMOUNT_HUNDREDTHS_MIN: i64 = 5_000;
const AMOUNT_HUNDREDTHS_MAX: i64 = 9_000_000_000;
/// Amounts in US dollars are smaller by about the rate of exchange.
const USD_FACTOR: f64 = 0.2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DocumentType {
    Invoice,
    DebitNote,
    CreditNote,
    Draft,
}

impl DocumentType {
    fn word(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::DebitNote => "debit_note",
            Self::CreditNote => "credit_note",
            Self::Draft => "draft",
        }
    }

    pub(super) fn is_owed(self) -> bool {
        matches!(self, Self::Invoice | Self::DebitNote)
    }
}

/// An invoice or note with all its instalments.
pub(super) struct Document {
    pub id: Id,
    pub kind: DocumentType,
    /// Credit note: the item that it reduces, by position.
    pub original: Option<usize>,
    pub issued: Day,
    pub company: &'static str,
    pub currency: &'static str,
    pub installments: i64,
    /// `false`: payments name the document only, and its instalments are filled in order of due date.
    pub names_installments: bool,
}

/// One instalment, and what has become of it.
pub(super) struct Item {
    pub document: usize,
    pub installment_no: i64,
    pub due: Day,
    pub amount: i64,
    /// The day on which all of it is paid; none = never.
    pub pays_on: Option<Day>,
    /// What is left after every movement, also those after the as-of date.
    pub balance: i64,
    /// What is left as seen on the as-of date.
    pub open: i64,
    /// The movement that last brought `open` to zero.
    pub cleared_on: Option<Day>,
    pub last_movement: Day,
    /// Covered by an agreement.
    pub is_agreed: bool,
}

/// The documents and items of one debtor; cleared and used again for the next.
#[derive(Default)]
pub(super) struct Ledger {
    pub documents: Vec<Document>,
    pub items: Vec<Item>,
}

/// Running numbers of what is numbered across debtors.
#[derive(Default)]
pub(super) struct Counters {
    pub documents: u64,
    pub payments: u64,
}

impl Ledger {
    /// Draws `count` items, oldest first, without their payments.
    pub(super) fn draw(&mut self, debtor: &Debtor, count: u64, as_of: Day, counters: &mut Counters, dice: &mut Dice) {
        self.documents.clear();
        self.items.clear();
        let mut issue_days: Vec<Day> = (0..count).map(|_| issue_day(debtor.since, as_of, dice)).collect();
        issue_days.sort_unstable();
        let mut next_day = 0;
        while self.items.len() < count as usize {
            let left = count as usize - self.items.len();
            // A document of several items uses up as many days, so that documents stay spread over the history.
            let issued = issue_days[next_day.min(issue_days.len() - 1)];
            let before = self.items.len();
            self.add_document(debtor, issued, as_of, left, counters, dice);
            next_day += self.items.len() - before;
        }
    }

    fn add_document(
        &mut self,
        debtor: &Debtor,
        issued: Day,
        as_of: Day,
        items_max: usize,
        counters: &mut Counters,
        dice: &mut Dice,
    ) {
        let kind = match dice.unit() {
            x if x < 0.010 => DocumentType::CreditNote,
            x if x < 0.020 => DocumentType::DebitNote,
            // A draft that is old is an oversight; most are of the last days.
            x if x < 0.023 || (x < 0.15 && issued > as_of.plus(-8)) => DocumentType::Draft,
            _ => DocumentType::Invoice,
        };
        let installments = match kind {
            DocumentType::Invoice => dice.weighted(&[(1, 57), (2, 11), (3, 15), (4, 8), (5, 3), (6, 6)]),
            _ => 1,
        };
        let installments = installments.min(items_max as i64);
        let is_usd = debtor.currency == "USD" || (debtor.is_mixed_currency && dice.chance(0.5));
        let document = self.documents.len();
        self.documents.push(Document {
            id: next_document_id(counters),
            kind,
            original: None,
            issued,
            company: if dice.chance(0.7) { debtor.companies.0 } else { debtor.companies.1 },
            currency: if is_usd { "USD" } else { "BRL" },
            installments,
            names_installments: dice.chance(0.85),
        });
        let first_due = match kind {
            DocumentType::CreditNote => issued,
            _ => issued.plus(dice.weighted(&[(14, 8), (28, 22), (30, 32), (45, 19), (60, 19)])),
        };
        let total = document_amount(debtor.scale * installments as f64, is_usd, dice);
        for no in 1..=installments {
            let part = total / installments + if no == 1 { total % installments } else { 0 };
            let due = first_due.plus((no as i32 - 1) * 30);
            self.items.push(new_item(document, no, due, part, issued));
        }
        let may_be_reduced = kind == DocumentType::Invoice && installments == 1 && items_max > 1;
        if may_be_reduced && dice.chance(0.025) {
            self.add_credit_note(document, counters, dice);
        }
    }

    /// A credit note on the only item of `original`; its day is set once the day of payment is known.
    fn add_credit_note(&mut self, original: usize, counters: &mut Counters, dice: &mut Dice) {
        let reduced = self.items.len() - 1;
        let full = self.items[reduced].amount;
        let amount = if dice.chance(0.2) { full } else { dice.share(full, 0.03, 0.4) };
        let Document { issued, company, currency, .. } = self.documents[original];
        self.documents.push(Document {
            id: next_document_id(counters),
            kind: DocumentType::CreditNote,
            original: Some(reduced),
            issued,
            company,
            currency,
            installments: 1,
            names_installments: true,
        });
        self.items.push(new_item(self.documents.len() - 1, 1, issued, amount, issued));
    }

    /// Dates every credit note on an invoice no later than the payment, and takes it off what is left to pay.
    pub(super) fn apply_credit_notes(&mut self, as_of: Day, dice: &mut Dice) {
        for position in 0..self.items.len() {
            let note = self.items[position].document;
            let Some(reduced) = self.documents[note].original else { continue };
            let amount = self.items[position].amount;
            let item = &mut self.items[reduced];
            let horizon = as_of.plus(FUTURE_DAYS);
            let latest = item.pays_on.map_or(horizon, |on| on.min(horizon));
            let issued = self.documents[note].issued.plus(dice.between(0, 12)).min(latest);
            item.move_by(-amount, issued, as_of);
            self.documents[note].issued = issued;
            self.items[position].due = issued;
        }
    }

    /// Writes the rows of the invoices table.
    pub(super) fn write(
        &self,
        debtor: &Debtor,
        as_of: Day,
        dice: &mut Dice,
        texts: &mut Texts,
        sink: &mut Sink,
    ) -> Result<(), DemoError> {
        for item in &self.items {
            let document = &self.documents[item.document];
            let original = document.original.map(|reduced| &self.documents[self.items[reduced].document].id);
            let is_owed = document.kind.is_owed();
            let method = is_owed
                .then(|| dice.weighted(&[(Some("boleto"), 70), (Some("pix"), 17), (Some("transfer"), 10), (None, 3)]));
            let method = method.flatten();
            if method == Some("boleto") {
                texts.set_boleto_line(item.due, item.amount, dice);
            }
            let has_link = matches!(method, Some("boleto" | "pix")) && dice.chance(0.6);
            if has_link {
                texts.set_link(document.id.as_str(), item.installment_no);
            }
            let is_late = is_owed && item.open > 0 && item.due < as_of;
            let collector = if dice.chance(0.03) { debtor.collector.as_ref() } else { None };
            sink.push(&InvoiceRow {
                invoice_id: document.id.as_str(),
                installment_no: item.installment_no,
                company_id: document.company,
                debtor_id: debtor.id.as_str(),
                document_type: document.kind.word(),
                original_invoice_id: original.map(Id::as_str),
                issue_date: document.issued,
                due_date: item.due,
                currency: document.currency,
                amount: Amount(item.amount),
                payment_method: method,
                payment_reference: (method == Some("boleto")).then_some(texts.boleto_line.as_str()),
                payment_link: has_link.then_some(texts.link.as_str()),
                dunning_block: dice.chance(0.002).then_some("conferência de preço"),
                grace_until: (is_late && dice.chance(0.01)).then(|| as_of.plus(dice.between(-10, 15)).max(item.due)),
                regua: dice.chance(0.0005).then_some("none"),
                step_override: (is_late && dice.chance(0.002)).then_some("d+15"),
                collector_id: collector.map(Id::as_str),
            })?;
        }
        Ok(())
    }
}

impl Item {
    /// Books a change of what is owed. Movements come in the order of their days.
    pub(super) fn move_by(&mut self, amount: i64, on: Day, as_of: Day) {
        self.balance += amount;
        self.last_movement = self.last_movement.max(on);
        if on <= as_of {
            self.open += amount;
            self.cleared_on = (self.open == 0).then_some(on);
        }
    }

    /// Days between due date and payment in full, as seen on the as-of date; none while it is open.
    pub(super) fn days_late_when_cleared(&self) -> Option<i32> {
        self.cleared_on.map(|day| day.since(self.due))
    }
}

fn new_item(document: usize, installment_no: i64, due: Day, amount: i64, issued: Day) -> Item {
    Item {
        document,
        installment_no,
        due,
        amount,
        pays_on: None,
        balance: amount,
        open: amount,
        cleared_on: None,
        last_movement: issued,
        is_agreed: false,
    }
}

fn next_document_id(counters: &mut Counters) -> Id {
    counters.documents += 1;
    Id::new("NF", counters.documents, 10)
}

/// A weekday of the history, or of the first days after the as-of date, more likely late than early.
fn issue_day(since: Day, as_of: Day, dice: &mut Dice) -> Day {
    let first = since.max(as_of.plus(-HISTORY_DAYS));
    let days = f64::from(as_of.plus(FUTURE_DAYS + 1).since(first));
    // The inverse of a distribution whose density rises linearly by GROWTH.
    let along = ((1.0 + dice.unit() * (2.0 * GROWTH + GROWTH * GROWTH)).sqrt() - 1.0) / GROWTH;
    first.plus((along * days) as i32).or_friday().max(first)
}

fn document_amount(factor: f64, is_usd: bool, dice: &mut Dice) -> i64 {
    let median = MEDIAN_UNITS * factor * if is_usd { USD_FACTOR } else { 1.0 };
    let amount = dice.log_normal(median * 100.0, 0.8) as i64;
    amount.clamp(AMOUNT_HUNDREDTHS_MIN, AMOUNT_HUNDREDTHS_MAX)
}

/// Buffers for the two long texts of an invoice row, so that ten million rows allocate two strings.
#[derive(Default)]
pub(super) struct Texts {
    boleto_line: String,
    link: String,
}

impl Texts {
    /// Forty-seven digits in the shape of a boleto line: bank, free field, due factor, amount. No bank has code 000.
    fn set_boleto_line(&mut self, due: Day, amount: i64, dice: &mut Dice) {
        self.boleto_line.clear();
        self.boleto_line.push_str("0009");
        push_digits(&mut self.boleto_line, dice.below(10_u64.pow(15)), 15);
        push_digits(&mut self.boleto_line, dice.below(10_u64.pow(14)), 14);
        push_digits(&mut self.boleto_line, due.0.rem_euclid(9_000) as u64 + 1_000, 4);
        push_digits(&mut self.boleto_line, amount as u64, 10);
    }

    fn set_link(&mut self, invoice_id: &str, installment_no: i64) {
        self.link.clear();
        self.link.push_str("https://pay.example/");
        self.link.push_str(invoice_id);
        self.link.push('/');
        push_digits(&mut self.link, installment_no as u64, 1);
    }
}

/// The last `width` digits of a number, with leading zeros.
fn push_digits(text: &mut String, number: u64, width: u32) {
    for place in (0..width).rev() {
        text.push(char::from(b'0' + (number / 10_u64.pow(place) % 10) as u8));
    }
}
