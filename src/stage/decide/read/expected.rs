//! What is expected of the open items of an account, by how it has paid.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::Rows;
use super::escalations::{Key, key};
use crate::domain::learning::Bill;
use crate::domain::learning::habits::Habits;
use crate::domain::learning::model::PaymentModel;
use crate::domain::portfolio::Item;
use crate::error::Result;
use crate::io::engine::Session;
use crate::stage::{day_number, habits_of};

/// The habits of every account of the shard; none where no model is used.
pub(super) struct HabitsOf(HashMap<Key, Habits>);

impl HabitsOf {
    pub(super) fn of(session: &Session) -> Result<HabitsOf> {
        let rows = Rows::of(session, "cnd_habits")?;
        let (id, company, currency) = (rows.texts("debtor_id")?, rows.texts("company_id")?, rows.texts("currency")?);
        let keys = (0..rows.len()).map(|row| key(id.get(row), company.get(row), currency.get(row)));
        Ok(HabitsOf(keys.zip(habits_of(rows.name, &rows.batch)?).collect()))
    }

    /// Of an account without any bill nothing is known.
    pub(super) fn take(&mut self, account: &Key) -> Habits {
        self.0.remove(account).unwrap_or_default()
    }
}

/// Says of each item what is expected of it.
pub(super) fn expect((model, as_of): (&PaymentModel, NaiveDate), habits: &Habits, items: &mut [Item]) {
    for item in items {
        let bill = Bill {
            issued: day_number(item.issue_date),
            payable: day_number(item.payable_on),
            amount: item.original.0,
            ended: None,
            is_paid: false,
        };
        item.expected = Some(model.expect(habits, &bill, day_number(as_of)));
    }
}
