//! What is expected of the open items of an account, by how it has paid.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, Int64Array};
use arrow::datatypes::Date32Type;
use chrono::NaiveDate;

use super::Rows;
use super::escalations::{Key, key};
use crate::domain::learning::Bill;
use crate::domain::learning::habits::Habits;
use crate::domain::learning::model::PaymentModel;
use crate::domain::portfolio::Item;
use crate::error::Result;
use crate::io::engine::Session;
use crate::stage::day_number;

/// The habits of every account of the shard; none where no model is used.
pub(super) struct HabitsOf(HashMap<Key, Habits>);

impl HabitsOf {
    pub(super) fn of(session: &Session) -> Result<HabitsOf> {
        let rows = Rows::of(session, "cnd_habits")?;
        let (id, company, currency) = (rows.texts("debtor_id")?, rows.texts("company_id")?, rows.texts("currency")?);
        let ints = |name| rows.ints(name);
        let [paid, delays, squares, days_late] =
            [ints("paid")?, ints("delays")?, ints("delay_squares")?, ints("days_late")?];
        let [late, late_15, late_30, sizes] = [ints("late")?, ints("late_15")?, ints("late_30")?, ints("sizes")?];
        let [recent, recent_delays, recent_late] = [ints("recent")?, ints("recent_delays")?, ints("recent_late")?];
        let [open, overdue] = [ints("open")?, ints("overdue")?];
        let days = |name| rows.array(name)?.as_primitive_opt::<Date32Type>().ok_or_else(|| rows.lacks(name));
        let oldest = [days("oldest_payable_on")?, days("second_payable_on")?];
        let of = |row: usize| {
            let int = |column: &Int64Array| column.value(row);
            Habits {
                paid: int(paid),
                delays: int(delays),
                delay_squares: int(squares),
                days_late: int(days_late),
                late: int(late),
                late_15: int(late_15),
                late_30: int(late_30),
                sizes: int(sizes),
                recent: int(recent),
                recent_delays: int(recent_delays),
                recent_late: int(recent_late),
                open: int(open),
                overdue: int(overdue),
                oldest: oldest.map(|days| days.is_valid(row).then(|| days.value(row))),
            }
        };
        let keyed = (0..rows.len()).map(|row| (key(id.get(row), company.get(row), currency.get(row)), of(row)));
        Ok(HabitsOf(keyed.collect()))
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
