//! What goes out by step and channel, then and now: what stands after the last revision of each date, new or kept.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Sum;
use crate::domain::money::Amount;
use crate::error::Result;
use crate::io::tables::Tables;
use crate::report::sums::{Sums, sums};

/// One step by one channel.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct StepChange {
    pub currency: String,
    pub regua: String,
    pub step_id: String,
    pub channel: String,
    /// Actions, and what they ask for.
    pub then: Sum,
    pub now: Sum,
}

const KEYS: [&str; 4] = ["currency", "regua", "step_id", "channel"];

/// Every step and channel that one of two runs used.
pub(super) fn changes([then, now]: [&Tables; 2]) -> Result<Vec<StepChange>> {
    let of = |tables: &Tables| sums(tables, "kpi_actions", &KEYS, &["actions"], "open_amount");
    let (then, now) = (of(then)?, of(now)?);
    let keys: BTreeSet<&Vec<String>> = then.keys().chain(now.keys()).collect();
    let change = |key: &Vec<String>| {
        let [currency, regua, step_id, channel] = [0, 1, 2, 3].map(|i: usize| key[i].clone());
        StepChange { currency, regua, step_id, channel, then: part(&then, key), now: part(&now, key) }
    };
    Ok(keys.into_iter().map(change).collect())
}

fn part(sums: &Sums, key: &Vec<String>) -> Sum {
    let (actions, amount) = sums.get(key).map_or((0, 0), |(numbers, amount)| (numbers[0], *amount));
    Sum { count: actions.unsigned_abs(), amount: Amount(i64::try_from(amount).unwrap_or(i64::MAX)) }
}
