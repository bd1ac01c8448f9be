//! Rules over several columns of a row: signs, currencies, the order of dates, instalments, amounts of zero.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array, StringArray};
use arrow::datatypes::{Date32Type, Decimal128Type, TimestampMicrosecondType};

use super::rows::{Faults, RowRules, Tally, ZERO_AMOUNT};
use crate::config::Sign;
use crate::contract::{Column, MONEY_PRECISION, MONEY_SCALE};
use crate::domain::money::Currency;
use crate::domain::tax_id::{CNPJ_LENGTH, Cnpj};

/// Inputs whose rows of 0.00 are skipped: they owe, pay, agree and promise nothing.
const ZERO_SAYS_NOTHING: [&str; 4] = ["invoices", "payments", "agreements", "promises"];
/// Inputs whose rows name an instalment of an invoice, or all of them.
const NAME_AN_INSTALMENT: [&str; 3] = ["payments", "listings", "agreement_items"];
/// A day that does not come before the other.
const IN_ORDER: [(&str, &str); 6] = [
    ("issue_date", "due_date"),
    ("issue_date", "grace_until"),
    ("promised_on", "pay_by"),
    ("agreed_on", "cancelled_on"),
    ("opened_on", "closed_on"),
    ("placed_on", "recalled_on"),
];

/// A due date on or before this day, 1970-01-01, is what a system writes that knows none.
const NO_DUE_DATE_MAX: i32 = 0;

/// Columns that say when something happened, and are not seen before.
pub(super) const HAPPENED: [&str; 9] = [
    "issue_date",
    "paid_on",
    "opened_on",
    "promised_on",
    "agreed_on",
    "placed_on",
    "included_on",
    "opted_out_on",
    "occurred_at",
];

/// Columns that say what is to come, though not in another generation.
const AHEAD: [&str; 2] = ["due_date", "pay_by"];
const DAY_MICROS: i64 = 86_400_000_000;

/// Row, column, class and reason of what is reported and holds nobody.
pub(super) type Warning = (usize, &'static str, &'static str, &'static str);

impl RowRules {
    /// Brings what may be written in two ways into one, and finds what is wrong between the columns of a row.
    pub(super) fn check_rows(&self, arrays: &mut [ArrayRef], tally: &mut Tally) {
        self.normalise(arrays);
        let find = |name: &str| self.columns.iter().copied().zip(arrays.iter()).find(|(c, _)| c.name == name);
        for (column, array) in
            self.columns.iter().zip(arrays.iter()).filter(|(c, _)| c.name.ends_with("currency") && !c.is_figure)
        {
            check_currency(column, array, find("amount").map(|(_, a)| a), &mut tally.faults);
        }
        if let Some((column, array)) = find("amount") {
            self.check_amounts(column, array, find("document_type").map(|(_, types)| types), tally);
        }
        if let Some((column, array)) = find("due_date") {
            check_due_dates(column, array, find("document_type").map(|(_, types)| types), &mut tally.faults);
        }
        if let Some((column, array)) = find("installment_no") {
            for (row, _) in Self::numbers(array).iter().enumerate().filter(|(_, no)| no.is_some_and(|no| no < 0)) {
                tally.faults.add(row, column, "below 0", "installment_out_of_range");
            }
        }
        for (column, array) in self.columns.iter().zip(arrays.iter()) {
            let (last_day, class) = match column.name {
                name if HAPPENED.contains(&name) => (self.defaults.last_day, "years after the as-of date"),
                name if AHEAD.contains(&name) => (self.defaults.last_due_day, "decades after the as-of date"),
                _ => continue,
            };
            for row in rows_after(array, last_day) {
                tally.faults.add(row, column, class, "date_out_of_range");
            }
        }
        // A credit note is due to nobody: some systems give it the due date of its invoice.
        let types = find("document_type").map(|(_, types)| types.as_string::<i32>());
        let is_note = |row: usize| types.is_some_and(|t| t.is_valid(row) && t.value(row) == "credit_note");
        for (first, then) in IN_ORDER {
            let (Some((_, first)), Some((column, then))) = (find(first), find(then)) else { continue };
            let days = first.as_primitive::<Date32Type>().iter().zip(then.as_primitive::<Date32Type>().iter());
            for (row, (first, then)) in days.enumerate() {
                if first.zip(then).is_some_and(|(first, then)| then < first) && !is_note(row) {
                    tally.faults.add(row, column, "earlier than the date that must come first", "dates_out_of_order");
                }
            }
        }
    }

    fn check_amounts(&self, column: &Column, amounts: &ArrayRef, types: Option<&ArrayRef>, tally: &mut Tally) {
        let table = self.input.table.name;
        let types = types.map(|types| types.as_string::<i32>());
        // Sources write what takes back a payment with either sign, and drafts count for nothing.
        let is_draft = |row: usize| types.is_some_and(|types| types.is_valid(row) && types.value(row) == "draft");
        let may_be_negative = table == "payments";
        for (row, amount) in amounts.as_primitive::<Decimal128Type>().iter().enumerate() {
            match amount {
                Some(0) if ZERO_SAYS_NOTHING.contains(&table) => tally.pass_over(row, ZERO_AMOUNT),
                Some(v) if v < 0 && !may_be_negative && !is_draft(row) => {
                    tally.faults.add(row, column, "negative", "amount_out_of_range");
                }
                _ => {}
            }
        }
    }

    fn normalise(&self, arrays: &mut [ArrayRef]) {
        let position = |name: &str| self.columns.iter().position(|c| c.name == name);
        if let Some(at) = position("installment_no") {
            let numbers = Self::numbers(&arrays[at]);
            if self.input.table.name == "invoices" && numbers.iter().any(|no| no.unwrap_or(0) == 0) {
                let first = numbers.iter().map(|no| no.filter(|no| *no != 0).or(Some(1)));
                arrays[at] = Arc::new(first.collect::<Int64Array>());
            } else if NAME_AN_INSTALMENT.contains(&self.input.table.name) && numbers.iter().any(|no| no == Some(0)) {
                arrays[at] = Arc::new(numbers.iter().map(|no| no.filter(|no| *no != 0)).collect::<Int64Array>());
            }
        }
        if let Some(at) = position("action_id") {
            arrays[at] = action_ids(&arrays[at]);
        }
        let Some(at) = position("amount") else { return };
        let types = position("document_type").map(|types| arrays[types].as_string::<i32>());
        let is_note = |row: usize| types.is_some_and(|types| types.is_valid(row) && types.value(row) == "credit_note");
        let negated = self.input.sign == Sign::Negative;
        let amounts = arrays[at].as_primitive::<Decimal128Type>();
        if !negated && (types.is_none() || amounts.iter().flatten().all(|amount| amount >= 0)) {
            return;
        }
        let signed = |(row, amount): (usize, Option<i128>)| {
            let signed = amount.map(|amount| if negated { -amount } else { amount });
            if is_note(row) { signed.map(i128::abs) } else { signed }
        };
        let signed: Decimal128Array = amounts.iter().enumerate().map(signed).collect();
        // The same digits as before: they fit.
        if let Ok(signed) = signed.with_precision_and_scale(MONEY_PRECISION, MONEY_SCALE) {
            arrays[at] = Arc::new(signed);
        }
    }

    /// What looks like a CNPJ and is none: its company is not known by it, so it stands alone under the caps.
    pub(super) fn warnings(&self, arrays: &[ArrayRef]) -> Vec<Warning> {
        let tax_id = self.columns.iter().zip(arrays).find(|(c, _)| c.name == "tax_id");
        let Some((column, array)) = tax_id else { return Vec::new() };
        let looks_like_one = |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).count() == CNPJ_LENGTH;
        let is_wrong = |text: &str| looks_like_one(text) && Cnpj::read(text).is_none();
        let texts = array.as_string::<i32>().iter().enumerate();
        let wrong = texts.filter(|(_, text)| text.is_some_and(is_wrong));
        wrong.map(|(row, _)| (row, column.name, "not a CNPJ: wrong check digits", "wrong_check_digits")).collect()
    }
}

/// Rows of a column of dates or instants that lie after a day.
fn rows_after(array: &ArrayRef, last_day: i32) -> Vec<usize> {
    let after = |values: &[i64], last: i64| -> Vec<usize> {
        let rows = values.iter().enumerate().filter(|(row, value)| **value > last && array.is_valid(*row));
        rows.map(|(row, _)| row).collect()
    };
    match array.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(instants) => after(instants.values(), (i64::from(last_day) + 1) * DAY_MICROS - 1),
        None => {
            let days = array.as_primitive::<Date32Type>().values();
            after(&days.iter().map(|day| i64::from(*day)).collect::<Vec<i64>>(), i64::from(last_day))
        }
    }
}

/// Nobody reads when a credit note or a draft is due.
fn check_due_dates(column: &Column, array: &ArrayRef, types: Option<&ArrayRef>, faults: &mut Faults) {
    let types = types.map(|types| types.as_string::<i32>());
    let owes = |row: usize| types.is_none_or(|t| t.is_null(row) || !["credit_note", "draft"].contains(&t.value(row)));
    for (row, day) in array.as_primitive::<Date32Type>().iter().enumerate() {
        if day.is_some_and(|day| day <= NO_DUE_DATE_MAX) && owes(row) {
            faults.add(row, column, "before 1970: no due date", "date_out_of_range");
        }
    }
}

fn check_currency(column: &Column, array: &ArrayRef, amounts: Option<&ArrayRef>, faults: &mut Faults) {
    let texts = array.as_string::<i32>();
    let amounts = amounts.map(|a| a.as_primitive::<Decimal128Type>());
    let mut last: Option<(&str, Option<Currency>)> = None;
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else { continue };
        let currency = match last {
            Some((known, currency)) if known == text => currency,
            _ => text.parse().ok(),
        };
        last = Some((text, currency));
        match currency {
            None => faults.add(row, column, "not a known currency", "unknown_currency"),
            Some(currency) => {
                let has_cents = |v: i128| v % 100 != 0;
                if currency.decimals() == 0 && amounts.is_some_and(|a| a.is_valid(row) && has_cents(a.value(row))) {
                    faults.add(row, column, "decimals in a currency that has none", "too_much_scale");
                }
            }
        }
    }
}
/// Ids of actions as they were published, where a gateway kept them in capitals or as UUIDs.
fn action_ids(array: &ArrayRef) -> ArrayRef {
    const LENGTH: usize = 32;
    let texts = array.as_string::<i32>();
    let is_plain = |id: &str| id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    if texts.iter().flatten().all(is_plain) {
        return Arc::clone(array);
    }
    let plain = |id: &str| {
        let hex: String = id.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        let is_one = hex.len() == LENGTH && hex.bytes().all(|b| b.is_ascii_hexdigit());
        if is_one { hex } else { id.to_owned() }
    };
    Arc::new(texts.iter().map(|id| id.map(plain)).collect::<StringArray>())
}
