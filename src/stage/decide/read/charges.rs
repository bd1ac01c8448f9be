//! What charges can be left on: items paid late, and what was paid on fine and interest.

use std::collections::{BTreeMap, HashMap};

use super::Rows;
use crate::domain::charge::PrincipalPayment;
use crate::domain::money::Amount;
use crate::domain::portfolio::LateItem;
use crate::error::Result;
use crate::io::engine::Session;

/// Debtor, company and currency.
type Key = (String, String, String);

/// Late items and charges already paid, by account.
#[derive(Default)]
pub(super) struct Left {
    late_items: HashMap<Key, Vec<LateItem>>,
    charges_paid: HashMap<Key, BTreeMap<String, Amount>>,
}

impl Left {
    pub(super) fn of(session: &Session) -> Result<Left> {
        let mut left = Left::default();
        left.read_late_items(&Rows::of(session, "cnd_late_payments")?)?;
        left.read_charges_paid(&Rows::of(session, "cnd_charges_paid")?)?;
        Ok(left)
    }

    /// The table comes in order: the payments of an item follow each other.
    fn read_late_items(&mut self, rows: &Rows) -> Result<()> {
        let key = key_of(rows)?;
        let (invoice, number) = (rows.texts("invoice_id")?, rows.ints("installment_no")?);
        let (due, payable) = (rows.dates("due_date")?, rows.dates("payable_on")?);
        let (paid_on, principal) = (rows.dates("paid_on")?, rows.amounts("principal_amount")?);
        let is_next = |row: usize| {
            row > 0
                && key(row) == key(row - 1)
                && invoice.get(row) == invoice.get(row - 1)
                && number.value(row) == number.value(row - 1)
        };
        for row in 0..rows.len() {
            let values = due(row).zip(payable(row)).zip(paid_on(row)).zip(principal(row));
            let (((due_date, payable_on), paid_on), principal) =
                values.ok_or_else(|| rows.lacks("a value that may not be null"))?;
            let payment = PrincipalPayment { principal, paid_on };
            let items = self.late_items.entry(key(row)).or_default();
            match items.last_mut().filter(|_| is_next(row)) {
                Some(item) => item.payments.push(payment),
                None => {
                    let (invoice_id, installment_no) = (invoice.get(row).to_owned(), number.value(row));
                    let payments = vec![payment];
                    items.push(LateItem { invoice_id, installment_no, due_date, payable_on, payments });
                }
            }
        }
        Ok(())
    }

    fn read_charges_paid(&mut self, rows: &Rows) -> Result<()> {
        let key = key_of(rows)?;
        let (invoice, paid) = (rows.texts("invoice_id")?, rows.amounts("paid_amount")?);
        for row in 0..rows.len() {
            let of_account = self.charges_paid.entry(key(row)).or_default();
            of_account.insert(invoice.owned(row).unwrap_or_default(), paid(row).unwrap_or_default());
        }
        Ok(())
    }

    /// What there is of an account.
    pub(super) fn take(
        &mut self,
        debtor: &str,
        company: &str,
        currency: &str,
    ) -> (Vec<LateItem>, BTreeMap<String, Amount>) {
        let key = (debtor.to_owned(), company.to_owned(), currency.to_owned());
        let late_items = self.late_items.remove(&key).unwrap_or_default();
        (late_items, self.charges_paid.remove(&key).unwrap_or_default())
    }
}

fn key_of(rows: &Rows) -> Result<impl Fn(usize) -> Key + '_> {
    let (debtor, company, currency) = (rows.texts("debtor_id")?, rows.texts("company_id")?, rows.texts("currency")?);
    Ok(move |row| (debtor.get(row).to_owned(), company.get(row).to_owned(), currency.get(row).to_owned()))
}
