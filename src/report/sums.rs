//! Sums for people: what is owed by age, what goes out by step, channel and segment, why the others are left alone,
//! what is quarantined.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::action::as_text;
use crate::domain::hold::HoldReason;
use crate::domain::money::Amount;
use crate::error::Result;
use crate::io::tables::Tables;

/// Whole numbers and one amount, added up by some text columns.
pub type Sums = BTreeMap<Vec<String>, (Vec<i64>, i128)>;

/// Open items of one currency in one bucket.
#[derive(Debug, Serialize)]
pub struct Aging {
    pub currency: String,
    pub bucket: String,
    /// Its order; −1 = credits.
    #[serde(skip)]
    pub bucket_no: i64,
    pub items: i64,
    pub accounts: i64,
    #[serde(serialize_with = "as_text")]
    pub open_amount: Amount,
}

/// Actions of one step by one channel to one segment.
#[derive(Debug, Serialize)]
pub struct Actions {
    pub currency: String,
    pub regua: String,
    pub step_id: String,
    pub step_kind: String,
    pub channel: String,
    pub segment: String,
    pub actions: i64,
    #[serde(serialize_with = "as_text")]
    pub open_amount: Amount,
}

/// Accounts that are left alone for one reason.
#[derive(Debug, Serialize)]
pub struct Holds {
    pub reason: String,
    pub why: &'static str,
    pub currency: String,
    pub accounts: i64,
    #[serde(serialize_with = "as_text")]
    pub open_amount: Amount,
}

/// Bad input rows of one kind.
#[derive(Debug, Serialize)]
pub struct Quarantined {
    pub table: String,
    pub column: String,
    pub value_class: String,
    pub reason: String,
    pub rows: i64,
}

fn minor(amount: i128) -> Amount {
    Amount(i64::try_from(amount).unwrap_or(i64::MAX))
}

/// Adds up whole numbers, or the rows themselves where none are named, and one amount.
///
/// # Errors
/// Where the table cannot be read.
pub fn sums(tables: &Tables, table: &str, keys: &[&str], ints: &[&str], amount: &str) -> Result<Sums> {
    let mut sums = Sums::new();
    let amounts = [amount];
    let amounts = if amount.is_empty() { &[][..] } else { &amounts[..] };
    tables.for_each_row(table, &[keys, ints, amounts].concat(), |row| {
        let key = keys.iter().map(|key| row.text(key)).collect();
        let sum = sums.entry(key).or_insert_with(|| (vec![0; ints.len().max(1)], 0));
        if ints.is_empty() {
            sum.0[0] += 1;
        }
        sum.0.iter_mut().zip(ints).for_each(|(sum, name)| *sum += row.int(name));
        sum.1 += row.amount(amount);
        Ok(())
    })?;
    Ok(sums)
}

/// What is owed, by currency and age; credits come last.
///
/// # Errors
/// Where the table cannot be read.
pub fn aging(tables: &Tables) -> Result<Vec<Aging>> {
    let mut order = BTreeMap::new();
    tables.for_each_row("kpi_aging", &["bucket", "bucket_no"], |row| {
        order.insert(row.text("bucket"), row.int("bucket_no"));
        Ok(())
    })?;
    let sums = sums(tables, "kpi_aging", &["currency", "bucket"], &["items", "debtors"], "open_amount")?;
    let mut rows: Vec<Aging> = sums
        .into_iter()
        .map(|(key, (numbers, amount))| Aging {
            currency: key[0].clone(),
            bucket_no: order.get(&key[1]).copied().unwrap_or(0),
            bucket: key[1].clone(),
            items: numbers[0],
            accounts: numbers[1],
            open_amount: minor(amount),
        })
        .collect();
    // Credits come first by number and last for a person.
    rows.sort_by_key(|r| (r.currency.clone(), if r.bucket_no < 0 { i64::MAX } else { r.bucket_no }));
    Ok(rows)
}

/// What goes out, in the order of the steps.
///
/// # Errors
/// Where the table cannot be read.
pub fn actions(tables: &Tables) -> Result<Vec<Actions>> {
    let mut levels = BTreeMap::new();
    tables.for_each_row("actions", &["regua", "step_id", "level"], |row| {
        if !levels.contains_key(&(row.str("regua").to_owned(), row.str("step_id").to_owned())) {
            levels.insert((row.text("regua"), row.text("step_id")), row.int("level"));
        }
        Ok(())
    })?;
    let keys = ["currency", "regua", "step_id", "step_kind", "channel", "segment"];
    let mut rows: Vec<Actions> = sums(tables, "actions", &keys, &[], "open_amount")?
        .into_iter()
        .map(|(key, (numbers, amount))| {
            let [currency, regua, step_id, step_kind, channel, segment] =
                [0, 1, 2, 3, 4, 5].map(|i: usize| key[i].clone());
            let (actions, open_amount) = (numbers[0], minor(amount));
            Actions { currency, regua, step_id, step_kind, channel, segment, actions, open_amount }
        })
        .collect();
    // By currency, then as an account climbs; what stands there already is in the order of its names.
    rows.sort_by_key(|r| {
        (r.currency.clone(), r.regua.clone(), levels.get(&(r.regua.clone(), r.step_id.clone())).copied())
    });
    Ok(rows)
}

/// Why the others are left alone, the most frequent reason first.
///
/// # Errors
/// Where the table cannot be read.
pub fn holds(tables: &Tables) -> Result<Vec<Holds>> {
    let sums = sums(tables, "kpi_holds", &["reason", "currency"], &["debtors"], "open_amount")?;
    let mut rows: Vec<Holds> = sums
        .into_iter()
        .map(|(key, (numbers, amount))| Holds {
            why: HoldReason::parse(&key[0]).map_or("", HoldReason::text),
            reason: key[0].clone(),
            currency: key[1].clone(),
            accounts: numbers[0],
            open_amount: minor(amount),
        })
        .collect();
    rows.sort_by_key(|r| std::cmp::Reverse(r.accounts));
    Ok(rows)
}

/// Which rows of the inputs were refused, and what for; never a value.
///
/// # Errors
/// Where the table cannot be read.
pub fn quarantined(tables: &Tables) -> Result<Vec<Quarantined>> {
    let sums = sums(tables, "quarantine", &["table", "column", "value_class", "reason"], &[], "")?;
    let row = |(key, (numbers, _)): (Vec<String>, (Vec<i64>, i128))| {
        let [table, column, value_class, reason] = [0, 1, 2, 3].map(|i: usize| key[i].clone());
        Quarantined { table, column, value_class, reason, rows: numbers[0] }
    };
    Ok(sums.into_iter().map(row).collect())
}

/// Digits in groups of three.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
