//! How items are paid: on time or late, in one sum or in parts, taken back, charged back, written off, or never.
//!
//! Every movement is booked on its item when its row is written, so that no row can pay more than is open. Movements
//! of an item come in the order of their days; those later than a few days past the as-of date are not written.

use super::DemoError;
use super::debtor::{Debtor, Habit};
use super::dice::Dice;
use super::ledger::{Counters, Document, Item, Ledger};
use super::rows::PaymentRow;
use super::sink::Sink;
use super::values::{Day, Id};
use crate::domain::money::Amount;

/// The ledger goes on for so many days after the as-of date, which is one of its past then: the pipeline must not see them.
const FUTURE_DAYS: i32 = 30;
/// Items that fall due within so many days may be paid by one payment.
const MERGE_DAYS: i32 = 6;

/// What a payment row does to its item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Payment,
    CreditNote,
    WriteOff,
    Refund,
    Chargeback,
    Charges,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::CreditNote => "credit_note",
            Self::WriteOff => "write_off",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
            Self::Charges => "charges",
        }
    }

    fn effect(self, amount: i64) -> i64 {
        match self {
            Self::Payment | Self::CreditNote | Self::WriteOff => -amount,
            Self::Refund | Self::Chargeback => amount,
            Self::Charges => 0,
        }
    }
}

/// How one item comes to be paid on its day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    TwoParts,
    Reversed,
    ChargedBack,
    Discounted,
    Refunded,
    SmallRest,
}

const SHAPES: &[(Shape, u32)] = &[
    (Shape::Plain, 934),
    (Shape::TwoParts, 26),
    (Shape::Reversed, 8),
    (Shape::ChargedBack, 2),
    (Shape::Discounted, 13),
    (Shape::Refunded, 5),
    (Shape::SmallRest, 12),
];

/// The cash book of one debtor: writes payment rows and books them.
pub(super) struct CashBook<'a> {
    pub debtor: &'a Debtor,
    pub as_of: Day,
    pub counters: &'a mut Counters,
    pub sink: &'a mut Sink,
}

impl CashBook<'_> {
    pub(super) fn next_id(&mut self) -> Id {
        self.counters.payments += 1;
        Id::new("PG", self.counters.payments, 10)
    }

    /// Writes one movement under a new number, unless it is too far ahead, and returns the number.
    fn book(
        &mut self,
        document: &Document,
        item: &mut Item,
        on: Day,
        kind: Kind,
        amount: i64,
    ) -> Result<Id, DemoError> {
        let id = self.next_id();
        self.book_as(id, document, item, on, kind, amount, None)?;
        Ok(id)
    }

    #[allow(clippy::too_many_arguments, reason = "one argument per column that differs")]
    pub(super) fn book_as(
        &mut self,
        id: Id,
        document: &Document,
        item: &mut Item,
        on: Day,
        kind: Kind,
        amount: i64,
        reverses: Option<Id>,
    ) -> Result<(), DemoError> {
        if on > self.as_of.plus(FUTURE_DAYS) {
            return Ok(());
        }
        item.move_by(kind.effect(amount), on, self.as_of);
        self.sink.push(&PaymentRow {
            payment_id: id.as_str(),
            debtor_id: self.debtor.id.as_str(),
            company_id: None,
            invoice_id: Some(document.id.as_str()),
            installment_no: document.names_installments.then_some(item.installment_no),
            paid_on: on,
            currency: document.currency,
            amount: Amount(amount),
            kind: kind.word(),
            reverses: reverses.as_ref().map(Id::as_str),
        })
    }

    /// Money that names no invoice.
    fn book_unapplied(&mut self, on: Day, amount: i64) -> Result<(), DemoError> {
        let id = self.next_id();
        self.sink.push(&PaymentRow {
            payment_id: id.as_str(),
            debtor_id: self.debtor.id.as_str(),
            company_id: None,
            invoice_id: None,
            installment_no: None,
            paid_on: on,
            currency: self.debtor.currency,
            amount: Amount(amount),
            kind: Kind::Payment.word(),
            reverses: None,
        })
    }
}

impl Document {
    /// Its instalments can only be filled in order of due date, which leaves no room for anything but plain payments.
    pub(super) fn is_filled_in_order(&self) -> bool {
        !self.names_installments && self.installments > 1
    }
}

/// Decides for every item the day on which it is paid in full, if ever.
pub(super) fn plan(ledger: &mut Ledger, debtor: &Debtor, dice: &mut Dice) {
    let mut previous: Option<(usize, Option<Day>)> = None;
    for item in &mut ledger.items {
        let document = &ledger.documents[item.document];
        if !document.kind.is_owed() {
            continue;
        }
        let on = days_late(debtor.habit, dice).map(|days| item.due.plus(days).max(document.issued).or_monday());
        item.pays_on = match previous {
            // The earlier instalment is filled first: later ones cannot be paid before it.
            Some((same, earlier)) if same == item.document && document.is_filled_in_order() => {
                earlier.zip(on).map(|(earlier, on)| earlier.max(on))
            }
            _ => on,
        };
        previous = Some((item.document, item.pays_on));
    }
}

/// Days between due date and payment; none = never paid.
fn days_late(habit: Habit, dice: &mut Dice) -> Option<i32> {
    let (on_time, slightly, clearly, badly) = match habit {
        Habit::Punctual => (0.910, 0.983, 0.9960, 0.9980),
        Habit::Occasional => (0.740, 0.900, 0.9680, 0.9850),
        Habit::Recurrent => (0.260, 0.540, 0.8300, 0.9450),
        Habit::Bad => (0.130, 0.280, 0.5000, 0.7200),
    };
    match dice.unit() {
        x if x < on_time => Some(-dice.weighted(&[(0, 60), (1, 20), (2, 10), (5, 7), (12, 3)])),
        x if x < slightly => Some(dice.between(1, 15)),
        x if x < clearly => Some(dice.between(10, 60)),
        x if x < badly => Some(dice.between(40, 240)),
        _ => None,
    }
}

/// Writes all payments of the debtor but those of agreements.
pub(super) fn settle(ledger: &mut Ledger, book: &mut CashBook<'_>, dice: &mut Dice) -> Result<(), DemoError> {
    let mut plain: Vec<(Day, usize)> = Vec::with_capacity(ledger.items.len());
    for position in 0..ledger.items.len() {
        let item = &mut ledger.items[position];
        let document = &ledger.documents[item.document];
        if !document.kind.is_owed() || item.balance == 0 {
            continue;
        }
        let shape = if document.is_filled_in_order() { Shape::Plain } else { dice.weighted(SHAPES) };
        match item.pays_on {
            Some(on) if shape == Shape::Plain => plain.push((on, position)),
            Some(on) => pay_in_shape(shape, document, item, on, book, dice)?,
            None if document.is_filled_in_order() => {}
            None => leave_unpaid(document, item, book, dice)?,
        }
    }
    plain.sort_unstable();
    pay_plainly(&plain, ledger, book, dice)?;
    let chances = 1 + ledger.items.len() / 100;
    for _ in 0..chances {
        if dice.chance(0.02) {
            let on = book.as_of.plus(-dice.between(0, 120)).or_monday().max(book.debtor.since);
            book.book_unapplied(on, dice.log_normal(90_000.0, 0.8).max(100.0) as i64)?;
        }
    }
    Ok(())
}

/// One payment per item, or one payment for several items that are paid in the same days.
fn pay_plainly(
    plain: &[(Day, usize)],
    ledger: &mut Ledger,
    book: &mut CashBook<'_>,
    dice: &mut Dice,
) -> Result<(), DemoError> {
    let mut running: Option<(Id, Day, &'static str, &'static str)> = None;
    for &(planned, position) in plain {
        let item = &mut ledger.items[position];
        let document = &ledger.documents[item.document];
        if document.is_filled_in_order() {
            book.book(document, item, planned, Kind::Payment, item.balance)?;
            continue;
        }
        let joined = running.filter(|&(_, on, company, currency)| {
            planned.since(on) <= MERGE_DAYS
                && on >= document.issued
                // A credit note must not come after the payment of what it leaves.
                && on >= item.last_movement
                && (company, currency) == (document.company, document.currency)
        });
        let (id, on) = match joined {
            Some((id, on, ..)) if dice.chance(0.35) => (id, on),
            _ => (book.next_id(), planned),
        };
        running = Some((id, on, document.company, document.currency));
        let balance = item.balance;
        book.book_as(id, document, item, on, Kind::Payment, balance, None)?;
        let days = on.since(item.due);
        if days > 2 && dice.chance(0.3) {
            // Fine of 2 % and interest of 1 % a month, as most contracts have it.
            let charges = balance / 50 + balance * i64::from(days) / 3_000;
            book.book_as(id, document, item, on, Kind::Charges, charges.max(1), None)?;
        }
    }
    Ok(())
}

/// The unusual ways to be paid on `on`.
fn pay_in_shape(
    shape: Shape,
    document: &Document,
    item: &mut Item,
    on: Day,
    book: &mut CashBook<'_>,
    dice: &mut Dice,
) -> Result<(), DemoError> {
    let balance = item.balance;
    match shape {
        Shape::TwoParts => {
            let part = dice.share(balance, 0.2, 0.8);
            let earlier = on.plus(-dice.between(3, 25)).or_friday().max(item.last_movement);
            book.book(document, item, earlier.min(on), Kind::Payment, part)?;
            book.book(document, item, on, Kind::Payment, balance - part)?;
        }
        Shape::Reversed => {
            let first = book.book(document, item, on, Kind::Payment, balance)?;
            let back = on.plus(dice.between(1, 4)).or_monday();
            let reversal = book.next_id();
            book.book_as(reversal, document, item, back, Kind::Payment, -balance, Some(first))?;
            if dice.chance(0.85) {
                book.book(document, item, back.plus(dice.between(3, 20)).or_monday(), Kind::Payment, balance)?;
            }
        }
        Shape::ChargedBack => {
            book.book(document, item, on, Kind::Payment, balance)?;
            let back = on.plus(dice.between(10, 40)).or_monday();
            book.book(document, item, back, Kind::Chargeback, balance)?;
            if dice.chance(0.6) {
                book.book(document, item, back.plus(dice.between(10, 60)).or_monday(), Kind::Payment, balance)?;
            }
        }
        Shape::Discounted => {
            let discount = dice.share(balance, 0.01, 0.06);
            let id = book.next_id();
            book.book_as(id, document, item, on, Kind::Payment, balance - discount, None)?;
            book.book_as(id, document, item, on, Kind::CreditNote, discount, None)?;
        }
        Shape::Refunded => {
            book.book(document, item, on, Kind::Payment, balance)?;
            // Goods came back: their price is credited, and paid out on the same day.
            let part = dice.share(balance, 0.05, 0.5);
            let back = on.plus(dice.between(5, 20)).or_monday();
            book.book(document, item, back, Kind::Refund, part)?;
            book.book(document, item, back, Kind::CreditNote, part)?;
        }
        Shape::SmallRest | Shape::Plain => {
            let rest = dice.share(balance, 0.002, 0.02);
            book.book(document, item, on, Kind::Payment, balance - rest)?;
            book.book(document, item, on.plus(dice.between(10, 30)).or_monday(), Kind::WriteOff, rest)?;
        }
    }
    Ok(())
}

/// What is never paid in full: sometimes in part, and written off when it is old.
fn leave_unpaid(
    document: &Document,
    item: &mut Item,
    book: &mut CashBook<'_>,
    dice: &mut Dice,
) -> Result<(), DemoError> {
    if dice.chance(0.15) {
        let on = item.due.plus(dice.between(0, 40)).or_monday().max(item.last_movement);
        let part = dice.share(item.balance, 0.1, 0.8);
        book.book(document, item, on, Kind::Payment, part)?;
    }
    let written_off = item.due.plus(dice.between(200, 400)).or_monday();
    if written_off <= book.as_of && dice.chance(0.65) {
        let balance = item.balance;
        book.book(document, item, written_off, Kind::WriteOff, balance)?;
    }
    Ok(())
}
