//! What departs from the ordinary course: agreements, promises, disputes, listings and placements.
//!
//! Agreements come first, because their instalments pay the items that they cover.

use super::DemoError;
use super::contacts::{Subject, write_reply};
use super::debtor::{Debtor, Habit};
use super::dice::Dice;
use super::ledger::{Document, Item, Ledger};
use super::payments::{CashBook, Kind};
use super::rows::{AgreementItemRow, AgreementRow, DisputeRow, ListingRow, PlacementRow, PromiseRow};
use super::sink::Sink;
use super::values::{Day, Id};
use crate::domain::money::Amount;

/// An agreement covers at most so many items.
const AGREED_ITEMS_MAX: usize = 40;
/// Promises and disputes are logged as contacts as far back as the log goes.
const LOG_DAYS: i32 = 365;

/// Draws at most one agreement over the debtor's late items, and pays what was paid of it.
pub(super) fn agree(ledger: &mut Ledger, book: &mut CashBook<'_>, dice: &mut Dice) -> Result<(), DemoError> {
    let as_of = book.as_of;
    let may_be_agreed = |item: &Item, document: &Document, signed_on: Day| {
        document.kind.is_owed()
            && !document.is_filled_in_order()
            && document.currency == book.debtor.currency
            && item.open > 0
            // Nothing is booked on it after the as-of date or after the signature.
            && item.balance == item.open
            && item.last_movement <= signed_on
            && signed_on.since(item.due) >= 15
    };
    let candidates_by = |day: Day, ledger: &Ledger| -> Vec<usize> {
        let is_covered = |&p: &usize| may_be_agreed(&ledger.items[p], &ledger.documents[ledger.items[p].document], day);
        (0..ledger.items.len()).filter(is_covered).take(AGREED_ITEMS_MAX).collect()
    };
    if !ledger.items.iter().any(|i| i.open > 0 && as_of.since(i.due) > 30) {
        return Ok(());
    }
    let share = match book.debtor.habit {
        Habit::Bad => 0.30,
        Habit::Recurrent => 0.20,
        _ => 0.10,
    };
    if !dice.chance(share) {
        return Ok(());
    }
    let days_ago = if dice.chance(0.5) { dice.between(2, 60) } else { dice.between(60, 300) };
    let mut signed_on = as_of.plus(-days_ago).or_friday();
    let mut covered = candidates_by(signed_on, ledger);
    if covered.is_empty() {
        signed_on = as_of.plus(-dice.between(2, 20)).or_friday();
        covered = candidates_by(signed_on, ledger);
    }
    if covered.is_empty() { Ok(()) } else { write_agreement(&covered, signed_on, ledger, book, dice) }
}

fn write_agreement(
    covered: &[usize],
    signed_on: Day,
    ledger: &mut Ledger,
    book: &mut CashBook<'_>,
    dice: &mut Dice,
) -> Result<(), DemoError> {
    let id = Id::new("AC", book.debtor.no, 8);
    for &position in covered {
        let item = &mut ledger.items[position];
        let document = &ledger.documents[item.document];
        item.is_agreed = true;
        let installment_no = (document.installments > 1).then_some(item.installment_no);
        let invoice_id = document.id.as_str();
        book.sink.push(&AgreementItemRow {
            agreement_id: id.as_str(),
            company_id: None,
            invoice_id,
            installment_no,
        })?;
    }
    let total: i64 = covered.iter().map(|&p| ledger.items[p].open).sum();
    let installments = i64::from(dice.between(2, 8)).min(total);
    let first_due = signed_on.plus(dice.between(4, 10));
    let due = |no: i64| first_due.plus(30 * (no as i32 - 1));
    let already_due = (1..=installments).filter(|&no| due(no) <= book.as_of).count() as i32;
    let is_broken = already_due > 0 && dice.chance(0.4);
    let paid = if is_broken { dice.between(0, already_due - 1) } else { already_due };
    let is_cancelled = is_broken && dice.chance(0.35);
    let cancelled_on = is_cancelled.then(|| due(i64::from(paid) + 1).plus(dice.between(10, 40)).min(book.as_of));
    for no in 1..=installments {
        let amount = total / installments + if no == 1 { total % installments } else { 0 };
        let paid_on = (no <= i64::from(paid)).then(|| due(no).plus(-dice.between(0, 3)));
        if let Some(on) = paid_on {
            pay_covered(covered, amount, on, ledger, book)?;
        }
        book.sink.push(&AgreementRow {
            agreement_id: id.as_str(),
            debtor_id: book.debtor.id.as_str(),
            agreed_on: Some(signed_on),
            installment_no: no,
            due_date: due(no),
            amount: Amount(amount),
            currency: book.debtor.currency,
            paid_on,
            cancelled_on,
        })?;
    }
    Ok(())
}

/// Spreads one instalment of the agreement over the covered items, oldest first, under one payment number.
fn pay_covered(
    covered: &[usize],
    amount: i64,
    on: Day,
    ledger: &mut Ledger,
    book: &mut CashBook<'_>,
) -> Result<(), DemoError> {
    let id = book.next_id();
    let mut left = amount;
    for &position in covered {
        let item = &mut ledger.items[position];
        let part = left.min(item.balance);
        if part > 0 {
            book.book_as(id, &ledger.documents[item.document], item, on, Kind::Payment, part, None)?;
            left -= part;
        }
    }
    Ok(())
}

/// Writes promises, disputes, listings and placements of the debtor.
pub(super) fn write(
    ledger: &Ledger,
    debtor: &Debtor,
    as_of: Day,
    dice: &mut Dice,
    sink: &mut Sink,
) -> Result<(), DemoError> {
    for item in &ledger.items {
        let document = &ledger.documents[item.document];
        if !document.kind.is_owed() || document.issued >= as_of {
            continue;
        }
        let case = Case { debtor, document, item, as_of };
        case.write_promise(dice, sink)?;
        case.write_dispute(dice, sink)?;
        case.write_listing(dice, sink)?;
    }
    write_placement(ledger, debtor, as_of, dice, sink)
}

/// One item with what is needed to tell its story.
struct Case<'a> {
    debtor: &'a Debtor,
    document: &'a Document,
    item: &'a Item,
    as_of: Day,
}

impl Case<'_> {
    /// Days past due while the item is open; none when it is paid or not due.
    fn days_overdue(&self) -> Option<i32> {
        let days = self.as_of.since(self.item.due);
        (self.item.open > 0 && days > 0).then_some(days)
    }

    fn log(
        &self,
        channel: &'static str,
        status: &'static str,
        on: Day,
        dice: &mut Dice,
        sink: &mut Sink,
    ) -> Result<(), DemoError> {
        // The open episodes of some debtors are not logged at all.
        let is_logged = self.item.open == 0 || self.debtor.logs_open_episodes;
        if !is_logged || self.as_of.since(on) >= LOG_DAYS || on >= self.as_of {
            return Ok(());
        }
        let subject = Subject { debtor: self.debtor, invoice_id: Some(self.document.id), step: None };
        write_reply(&subject, channel, status, on, dice, sink)
    }

    fn write_promise(&self, dice: &mut Dice, sink: &mut Sink) -> Result<(), DemoError> {
        let promised_on = match (self.item.days_late_when_cleared(), self.days_overdue()) {
            (Some(late), _) if late > 4 && dice.chance(0.06) => self.item.due.plus(dice.between(1, late - 1)),
            (_, Some(late)) if !self.item.is_agreed && dice.chance(0.12) => {
                // Half of them were made in the last days and are still to be kept.
                let ago = if dice.chance(0.5) { dice.between(0, late.min(5) - 1) } else { dice.between(0, late - 1) };
                self.as_of.plus(-ago)
            }
            _ => return Ok(()),
        };
        let promised_on = promised_on.or_friday().max(self.item.due);
        self.log(dice.weighted(&[("phone", 70), ("whatsapp", 30)]), "promised", promised_on, dice, sink)?;
        let amount = if self.item.open > 0 { self.item.open } else { self.item.amount };
        sink.push(&PromiseRow {
            promise_id: Id::new("PR", sink.rows::<PromiseRow>() + 1, 9).as_str(),
            debtor_id: self.debtor.id.as_str(),
            company_id: None,
            invoice_id: dice.chance(0.85).then_some(self.document.id.as_str()),
            promised_on,
            pay_by: promised_on.plus(dice.between(2, 10)).or_monday(),
            amount: dice.chance(0.6).then_some(Amount(amount)),
        })
    }

    fn write_dispute(&self, dice: &mut Dice, sink: &mut Sink) -> Result<(), DemoError> {
        let (opened_on, closed_on) =
            match (self.item.days_late_when_cleared(), self.item.cleared_on, self.days_overdue()) {
                (Some(late), Some(cleared), _) if late > 2 && dice.chance(0.03) => {
                    let opened_on = self.item.due.plus(dice.between(1, late - 1));
                    (opened_on, Some(cleared.plus(-dice.between(0, 3)).max(opened_on)))
                }
                (_, _, Some(late)) if !self.item.is_agreed && dice.chance(0.05) => {
                    let opened_on = self.item.due.plus(dice.between(0, late - 1));
                    let closed_on = opened_on.plus(dice.between(5, 40));
                    (opened_on, (dice.chance(0.25) && closed_on <= self.as_of).then_some(closed_on))
                }
                (_, _, None) if self.item.open > 0 && dice.chance(0.004) => {
                    (self.as_of.plus(-dice.between(0, self.as_of.since(self.document.issued) - 1)), None)
                }
                _ => return Ok(()),
            };
        self.log("email", "disputed", opened_on, dice, sink)?;
        let is_partial = dice.chance(0.3);
        sink.push(&DisputeRow {
            dispute_id: Id::new("DI", sink.rows::<DisputeRow>() + 1, 9).as_str(),
            debtor_id: self.debtor.id.as_str(),
            company_id: None,
            invoice_id: dice.chance(0.96).then_some(self.document.id.as_str()),
            opened_on,
            closed_on,
            kind: dice.weighted(&[("dispute", 70), ("goods_return", 30)]),
            amount: is_partial.then(|| Amount(dice.share(self.item.amount, 0.1, 0.9))),
        })
    }

    fn write_listing(&self, dice: &mut Dice, sink: &mut Sink) -> Result<(), DemoError> {
        let (is_paid, days) = match (self.item.days_late_when_cleared(), self.days_overdue()) {
            (Some(late), _) => (true, late),
            (None, Some(late)) if !self.item.is_agreed => (false, late),
            _ => return Ok(()),
        };
        if days < 50 || self.debtor.currency != "BRL" || !dice.chance(0.15) {
            return Ok(());
        }
        let noticed_on = self.item.due.plus(dice.between(30, days - 12)).or_monday();
        let listed_on = noticed_on.plus(dice.between(10, 14)).or_monday();
        let included_on = (listed_on <= self.item.cleared_on.unwrap_or(self.as_of)).then_some(listed_on);
        // Súmula 548 gives five business days after payment; some listings are forgotten, and must be found.
        let after_payment = |days: i32| self.item.cleared_on.map(|on| on.plus(days).or_monday());
        let is_removal_asked = is_paid && included_on.is_some() && dice.chance(0.9);
        let requested_on = after_payment(dice.between(0, 3)).filter(|&on| is_removal_asked && on <= self.as_of);
        let is_removed = requested_on.is_some() && dice.chance(0.92);
        let removed_on = after_payment(dice.between(4, 7)).filter(|&on| is_removed && on <= self.as_of);
        let (kind, bureau) = dice.weighted(&[
            (("negativacao", "bureau-a"), 45),
            (("negativacao", "bureau-b"), 25),
            (("protesto", "cartorio-exemplo-1"), 18),
            (("protesto", "cartorio-exemplo-2"), 12),
        ]);
        let names_installment = self.document.installments > 1 || dice.chance(0.7);
        sink.push(&ListingRow {
            listing_id: Id::new("LS", sink.rows::<ListingRow>() + 1, 9).as_str(),
            debtor_id: self.debtor.id.as_str(),
            company_id: None,
            invoice_id: self.document.id.as_str(),
            installment_no: names_installment.then_some(self.item.installment_no),
            kind,
            bureau,
            notice_sent_on: Some(noticed_on),
            included_on,
            removal_requested_on: requested_on,
            removed_on,
        })
    }
}

/// At most one placement: of the oldest item that was very late, or of all the debtor owes.
fn write_placement(
    ledger: &Ledger,
    debtor: &Debtor,
    as_of: Day,
    dice: &mut Dice,
    sink: &mut Sink,
) -> Result<(), DemoError> {
    let days_late = |item: &Item| item.cleared_on.unwrap_or(as_of).since(item.due);
    let is_placeable =
        |item: &&Item| ledger.documents[item.document].kind.is_owed() && !item.is_agreed && days_late(item) > 110;
    let Some(item) = ledger.items.iter().find(is_placeable) else { return Ok(()) };
    if !dice.chance(0.2) {
        return Ok(());
    }
    let placed_on = item.due.plus(dice.between(90, days_late(item) - 5)).or_friday();
    let recalled_on = match item.cleared_on {
        Some(cleared) => Some(cleared.plus(dice.between(0, 4)).min(as_of)),
        None => dice.chance(0.15).then(|| placed_on.plus(dice.between(20, 90))).filter(|&on| on <= as_of),
    };
    let document = &ledger.documents[item.document];
    sink.push(&PlacementRow {
        placement_id: Id::new("PL", sink.rows::<PlacementRow>() + 1, 9).as_str(),
        debtor_id: debtor.id.as_str(),
        company_id: None,
        invoice_id: dice.chance(0.6).then_some(document.id.as_str()),
        agency_id: dice.weighted(&[("agency-1", 60), ("agency-2", 40)]),
        placed_on,
        recalled_on,
    })
}
