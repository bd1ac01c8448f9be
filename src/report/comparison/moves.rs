//! Where the decision on each account went: from an action to a reason, from one reason to another, or to an action.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::account_of;
use crate::domain::action::as_text;
use crate::domain::money::Amount;
use crate::error::Result;
use crate::io::tables::{Row, Tables};
use crate::report::difference::{ABSENT, ACCOUNT};

/// What is said of an account that got an action.
const ACTED: &str = "action";
/// Of what is owed beside the decision on an account, such as the removal of a listing.
const DUTY: &str = "duty";

/// Accounts of one currency that went the same way; those with one decision both times too.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    pub currency: String,
    /// `action`, a hold reason, or `absent` where the run had no decision on the account.
    pub then: String,
    pub now: String,
    pub accounts: u64,
    /// What the accounts owe now; where they are absent now, what they owed then.
    #[serde(serialize_with = "as_text")]
    pub open_amount: Amount,
}

impl Move {
    /// The same decision both times.
    pub fn is_same(&self) -> bool {
        self.then == self.now
    }
}

/// Codes by number: there are some forty, and millions of accounts.
#[derive(Default)]
struct Codes(Vec<String>);

impl Codes {
    fn number(&mut self, code: &str) -> u16 {
        let known = self.0.iter().position(|known| known == code);
        known.unwrap_or_else(|| {
            self.0.push(code.to_owned());
            self.0.len() - 1
        }) as u16
    }
}

/// Where every account went, the most first; those that stayed come last.
pub(super) fn moves([then, now]: [&Tables; 2]) -> Result<Vec<Move>> {
    let mut codes = Codes::default();
    let mut decided: HashMap<u128, (u16, u16, i64)> = HashMap::new();
    let mut moves: BTreeMap<[u16; 3], (u64, i64)> = BTreeMap::new();
    let mut add = |key: [u16; 3], open: i64| {
        let sum = moves.entry(key).or_default();
        *sum = (sum.0 + 1, sum.1.saturating_add(open));
    };
    let absent = codes.number(ABSENT);
    for_each_decision(then, |row| {
        let (currency, decision) = (codes.number(row.str("currency")), codes.number(decision(row)));
        decided.insert(account_of(row), (currency, decision, row.minor("open_amount").0));
    })?;
    for_each_decision(now, |row| {
        let before = decided.remove(&account_of(row)).map_or(absent, |(_, decision, _)| decision);
        let key = [codes.number(row.str("currency")), before, codes.number(decision(row))];
        add(key, row.minor("open_amount").0);
    })?;
    decided.into_values().for_each(|(currency, decision, open)| add([currency, decision, absent], open));
    let text = |number: u16| codes.0[usize::from(number)].clone();
    let mut moves: Vec<Move> = moves
        .into_iter()
        .map(|([currency, then, now], (accounts, open))| Move {
            currency: text(currency),
            then: text(then),
            now: text(now),
            accounts,
            open_amount: Amount(open),
        })
        .collect();
    let rank =
        |m: &Move| (m.is_same(), std::cmp::Reverse(m.accounts), [&m.currency, &m.then, &m.now].map(String::clone));
    moves.sort_by_key(rank);
    Ok(moves)
}

/// The decision on each account; duties stand beside it.
fn for_each_decision(tables: &Tables, mut each: impl FnMut(Row<'_>)) -> Result<()> {
    let columns = [&ACCOUNT[..], &["outcome", "reason", "open_amount"]].concat();
    tables.for_each_row("decisions", &columns, |row| {
        if row.str("reason") != DUTY {
            each(row);
        }
        Ok(())
    })
}

fn decision(row: Row<'_>) -> &str {
    if row.str("outcome") == "action" { ACTED } else { row.str("reason") }
}
