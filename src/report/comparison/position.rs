//! From what was owed then to what is owed now, account by account: the parts add up to the difference.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::account_of;
use crate::domain::action::as_text;
use crate::domain::money::Amount;
use crate::error::Result;
use crate::io::tables::Tables;
use crate::report::difference::ACCOUNT;

/// The accounts of one currency: `then` + `new` + `grown` - `shrunk` - `gone` = `now`.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bridge {
    pub currency: String,
    pub then: Sum,
    /// Accounts that owed nothing then.
    pub new: Sum,
    /// Accounts that owe more, and how much more.
    pub grown: Sum,
    /// Accounts that owe less, and how much less.
    pub shrunk: Sum,
    /// Accounts that owe nothing now, and what they owed.
    pub gone: Sum,
    pub now: Sum,
}

/// How many there are, and an amount of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    pub count: u64,
    #[serde(serialize_with = "as_text")]
    pub amount: Amount,
}

impl Sum {
    fn add(&mut self, minor: i64) {
        self.count += 1;
        self.amount = Amount(self.amount.0.saturating_add(minor));
    }
}

/// Currency = what became of its accounts.
#[derive(Default)]
struct Bridges(BTreeMap<String, Bridge>);

impl Bridges {
    fn of(&mut self, currency: &str) -> &mut Bridge {
        let bridge = || Bridge { currency: currency.to_owned(), ..Bridge::default() };
        self.0.entry(currency.to_owned()).or_insert_with(bridge)
    }
}

/// Compares the accounts that owe something in one of two runs.
pub(super) fn bridges([then, now]: [&Tables; 2]) -> Result<Vec<Bridge>> {
    let mut bridges = Bridges::default();
    let mut owed: HashMap<u128, (i64, u32)> = HashMap::new();
    let mut currencies: Vec<String> = Vec::new();
    let columns = [&ACCOUNT[..], &["open_amount"]].concat();
    then.for_each_row("debtors", &columns, |row| {
        let (currency, open) = (row.str("currency"), row.minor("open_amount").0);
        if open != 0 {
            let place = currencies.iter().position(|known| known == currency).unwrap_or_else(|| {
                currencies.push(currency.to_owned());
                currencies.len() - 1
            });
            owed.insert(account_of(row), (open, place as u32));
            bridges.of(currency).then.add(open);
        }
        Ok(())
    })?;
    now.for_each_row("debtors", &columns, |row| {
        let (bridge, open) = (bridges.of(row.str("currency")), row.minor("open_amount").0);
        let before = owed.remove(&account_of(row)).map_or(0, |(open, _)| open);
        if open != 0 {
            bridge.now.add(open);
        }
        match (before, open) {
            (0, 0) => {}
            (0, open) => bridge.new.add(open),
            (before, 0) => bridge.gone.add(before),
            (before, open) if open > before => bridge.grown.add(open - before),
            (before, open) if open < before => bridge.shrunk.add(before - open),
            _ => {}
        }
        Ok(())
    })?;
    for (open, place) in owed.into_values() {
        bridges.of(&currencies[place as usize]).gone.add(open);
    }
    Ok(bridges
        .0
        .into_values()
        .filter(|bridge| *bridge != Bridge { currency: bridge.currency.clone(), ..Bridge::default() })
        .collect())
}
