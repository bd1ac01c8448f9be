//! The bills of each account, from the rows that a query selected.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};

use super::Columns;
use crate::domain::learning::Bill;
use crate::domain::money::Currency;
use crate::error::Result;

/// The bills of one account.
#[derive(Clone, Debug)]
pub(in crate::stage) struct AccountBills {
    /// Of the shard.
    pub key: i64,
    /// Of all of them.
    pub currency: Currency,
    /// In order.
    pub bills: Vec<Bill>,
}

/// Of the rows that `transform::bills` gave.
///
/// # Errors
/// `Model` where a column is not there.
pub(in crate::stage) fn account_bills(batches: &[RecordBatch]) -> Result<Vec<AccountBills>> {
    by_account(&Columns::new("int_bills", batches))
}

/// In the order of the keys, whatever that of the rows.
pub(super) fn by_account(selected: &Columns<'_>) -> Result<Vec<AccountBills>> {
    let mut rows: Vec<(i64, Currency, Bill)> = Vec::new();
    for batch in selected.batches {
        let (keys, currencies) = (selected.of::<Int64Type>(batch, "account_key")?, selected.texts(batch, "currency")?);
        let days = |name| selected.of::<Date32Type>(batch, name);
        let (issued, payable, ended) = (days("issue_date")?, days("payable_on")?, days("ended_on")?);
        let amounts = selected.of::<Int64Type>(batch, "amount")?;
        let paid = selected.array(batch, "is_paid")?.as_boolean_opt().ok_or_else(|| selected.lacks("is_paid"))?;
        for row in 0..batch.num_rows() {
            let currency = currencies.value(row).parse().map_err(|_| selected.lacks("currency"))?;
            let bill = Bill {
                issued: issued.value(row),
                payable: payable.value(row),
                amount: amounts.value(row),
                ended: ended.is_valid(row).then(|| ended.value(row)),
                is_paid: paid.value(row),
            };
            rows.push((keys.value(row), currency, bill));
        }
    }
    rows.sort_unstable();
    let of_account = rows.chunk_by(|(key, ..), (next, ..)| key == next);
    Ok(of_account
        .map(|rows| AccountBills {
            key: rows[0].0,
            currency: rows[0].1,
            bills: rows.iter().map(|(_, _, bill)| *bill).collect(),
        })
        .collect())
}
