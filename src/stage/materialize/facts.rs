//! What the facts of all shards add up to, as gates and records ask for it.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::{Decimal128Type, Int64Type};

use super::{Facts, trimmed};
use crate::error::Result;

/// How many items a company billed in a month and how many fell due in it, and how many payments it got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthCounts {
    /// By the issue date.
    pub billed: u64,
    /// By the first day on which they were late; those that are open still.
    pub late: u64,
    /// Payments on items, by their day.
    pub paid: u64,
}

/// Company = its months, as 12 x year + month.
pub type Months = BTreeMap<String, BTreeMap<i64, MonthCounts>>;

/// How much of a company was paid on a day, and what of it became late then and is open still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCounts {
    /// Main payments.
    pub paid: u64,
    /// Items that became late, and are open still.
    pub late: u64,
}

/// Company = its days of the last year, by how many days ago they were.
pub type Days = BTreeMap<String, BTreeMap<i64, DayCounts>>;

/// Adds those of a shard; shards come in order.
///
/// # Errors
/// `Internal` where a batch does not fit its own schema.
pub fn add(all: &mut Facts, of_shard: Facts) -> Result<()> {
    for (name, (schema, batches)) in of_shard {
        let of_all = &mut all.entry(name).or_insert_with(|| (schema, Vec::new())).1;
        of_all.extend(batches.into_iter().map(trimmed).collect::<Result<Vec<_>>>()?);
    }
    Ok(())
}

/// Sum of a column of the ledger in a currency, in minor units.
pub fn ledger_sum(facts: &Facts, column: &str, currency: &str) -> i128 {
    ledger_sums(facts, column).get(currency).copied().unwrap_or(0)
}

/// Currency = sum of a column of the ledger, in minor units.
pub(super) fn ledger_sums(facts: &Facts, column: &str) -> BTreeMap<String, i128> {
    let mut totals: BTreeMap<String, i128> = BTreeMap::new();
    for batch in facts.get("fct_ledger").into_iter().flat_map(|(_, batches)| batches) {
        let currencies = batch.column_by_name("currency").and_then(|c| c.as_string_opt::<i32>());
        let amounts = batch.column_by_name(column).and_then(|c| c.as_primitive_opt::<Decimal128Type>());
        let Some((currencies, amounts)) = currencies.zip(amounts) else { continue };
        for (currency, amount) in currencies.iter().zip(amounts.iter()) {
            *totals.entry(currency.unwrap_or_default().to_owned()).or_default() += amount.unwrap_or(0);
        }
    }
    totals
}

/// What each month brought each company; nothing where the models do not count it.
pub fn months_of(facts: &Facts) -> Months {
    let mut months = Months::new();
    for batch in facts.get("fct_months").into_iter().flat_map(|(_, batches)| batches) {
        let companies = batch.column_by_name("company_id").and_then(|c| c.as_string_opt::<i32>());
        let int = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        let keys = companies.zip(int("month_key"));
        let counts = int("billed_items").zip(int("late_items")).zip(int("paid_items"));
        let Some(((companies, keys), ((billed, late), paid))) = keys.zip(counts) else { continue };
        for row in 0..batch.num_rows() {
            let of_company = months.entry(companies.value(row).to_owned()).or_default();
            let counts = of_company.entry(keys.value(row)).or_default();
            counts.billed += billed.value(row) as u64;
            counts.late += late.value(row) as u64;
            counts.paid += paid.value(row) as u64;
        }
    }
    months
}

/// The last year of each company; nothing where the models do not count it.
pub fn days_of(facts: &Facts) -> Days {
    let mut days = Days::new();
    for batch in facts.get("fct_paid_days").into_iter().flat_map(|(_, batches)| batches) {
        let companies = batch.column_by_name("company_id").and_then(|c| c.as_string_opt::<i32>());
        let int = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        let counts = int("days_ago").zip(int("paid_items")).zip(int("late_items"));
        let Some((companies, ((ago, paid), late))) = companies.zip(counts) else { continue };
        for row in 0..batch.num_rows() {
            let of_company = days.entry(companies.value(row).to_owned()).or_default();
            let counts = of_company.entry(ago.value(row)).or_default();
            counts.paid += paid.value(row) as u64;
            counts.late += late.value(row) as u64;
        }
    }
    days
}
