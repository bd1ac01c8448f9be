//! What two runs do differently: accounts that have an action now and had none then, the other way round, or have another
//! one.
//!
//! One map holds the accounts that have an action in either run, some hundred bytes each; accounts without one are only
//! streamed past. Of each kind of change the largest are named and the others counted.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::action::as_text;
use crate::domain::hold::HoldReason;
use crate::domain::money::Amount;
use crate::error::Result;
use crate::io::log::Record;
use crate::io::store::Store;
use crate::io::tables::{Row, Tables};

/// Accounts that are named of each kind of change.
const EXAMPLES_MAX: usize = 10;

/// Of an account that a run has no decision on.
pub(super) const ABSENT: &str = "absent";
const WHY_ABSENT: &str = "it owes nothing any more, or goes by another id";

/// What is published of the newest date that decided.
#[derive(Debug)]
pub struct Before<'a> {
    pub store: &'a Store,
    /// Its revisions, the newest last; none where nothing is published yet.
    pub revisions: Vec<&'a Record>,
}

/// Two runs side by side.
#[derive(Debug, Serialize)]
pub struct Difference {
    pub against: NaiveDate,
    pub run_id: String,
    pub actions_then: u64,
    pub actions_now: u64,
    /// Actions of that run that nobody has reported on; none where it is too old to be known.
    pub unreported: Option<u64>,
    /// Accounts with the same steps, channels and amounts.
    pub same: u64,
    pub new: Changes,
    pub gone: Changes,
    /// Reason = accounts that were acted on then and are left alone now.
    pub gone_reasons: BTreeMap<String, u64>,
    pub changed: Changes,
    /// Accounts of `changed` with another step, another channel, another amount; one can be in all three.
    pub changed_step: u64,
    pub changed_channel: u64,
    pub changed_amount: u64,
}

/// Accounts that changed in one way, and the largest of them.
#[derive(Debug, Default, Serialize)]
pub struct Changes {
    pub accounts: u64,
    pub examples: Vec<Change>,
}

/// One account, then and now.
#[derive(Debug, Serialize)]
pub struct Change {
    pub debtor_id: String,
    pub company_id: String,
    pub currency: String,
    pub then: Vec<Act>,
    pub now: Vec<Act>,
    /// Why it is left alone now; none where it is not.
    pub reason: Option<String>,
    /// The same for a person.
    pub why: Option<&'static str>,
    /// What was looked at, and until when it holds.
    pub detail: Option<String>,
}

/// An action in short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Act {
    pub step_id: String,
    pub channel: String,
    #[serde(serialize_with = "as_text")]
    pub open_amount: Amount,
}

/// An action with its words as numbers: there may be millions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Brief {
    step: u32,
    channel: u32,
    open: i64,
}

#[derive(Default)]
struct Pair {
    then: Vec<Brief>,
    now: Vec<Brief>,
    /// Why it is left alone now, as an index into the table of reasons; kept only where there is no action now.
    held: Option<(u32, String)>,
}

/// Words by number.
#[derive(Default)]
struct Words {
    numbers: HashMap<String, u32>,
    words: Vec<String>,
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = self.words.len() as u32;
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        number
    }

    fn word(&self, number: u32) -> String {
        self.words.get(number as usize).cloned().unwrap_or_default()
    }
}

/// What an account is told by.
pub(super) const ACCOUNT: [&str; 3] = ["debtor_id", "company_id", "currency"];

/// Debtor, company and currency behind one another, with a sign between them that no id keeps.
pub(super) fn account(row: Row<'_>) -> String {
    ACCOUNT.map(|name| row.str(name).replace('\u{1f}', "\u{fffd}")).join("\u{1f}")
}

/// The accounts of two runs that have an action in one of them.
#[derive(Default)]
struct Ledger {
    accounts: HashMap<String, Pair>,
    words: Words,
    counted: [u64; 2],
}

impl Ledger {
    fn add(&mut self, row: Row<'_>, is_now: bool) {
        let brief = Brief {
            step: self.words.number(row.str("step_id")),
            channel: self.words.number(row.str("channel")),
            open: row.minor("open_amount").0,
        };
        self.counted[usize::from(is_now)] += 1;
        let pair = self.accounts.entry(account(row)).or_default();
        if is_now { pair.now.push(brief) } else { pair.then.push(brief) }
    }

    fn add_standing(&mut self, revisions: &[&Tables], is_now: bool) -> Result<()> {
        let columns = [&ACCOUNT[..], &["step_id", "channel", "open_amount"]].concat();
        for_each_standing(revisions, &columns, |row| self.add(row, is_now))
    }

    /// The reason of an account that had an action then and has none now.
    fn note_hold(&mut self, row: Row<'_>) {
        if let Some(pair) = self.accounts.get_mut(&account(row)).filter(|pair| pair.now.is_empty()) {
            let reason = self.words.number(row.str("reason"));
            pair.held = Some((reason, row.text("detail")));
        }
    }

    fn act(&self, brief: &Brief) -> Act {
        let (step_id, channel) = (self.words.word(brief.step), self.words.word(brief.channel));
        Act { step_id, channel, open_amount: Amount(brief.open) }
    }

    fn change(&self, key: &str, pair: &Pair) -> Change {
        let mut parts = key.split('\u{1f}').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let acts = |briefs: &[Brief]| briefs.iter().map(|brief| self.act(brief)).collect();
        let is_gone = pair.now.is_empty();
        Change {
            debtor_id: part(),
            company_id: part(),
            currency: part(),
            then: acts(&pair.then),
            now: acts(&pair.now),
            why: is_gone.then(|| HoldReason::parse(&self.reason(pair)).map_or(WHY_ABSENT, HoldReason::text)),
            reason: is_gone.then(|| self.reason(pair)),
            detail: pair
                .held
                .as_ref()
                .filter(|(_, detail)| is_gone && !detail.is_empty())
                .map(|(_, detail)| detail.clone()),
        }
    }

    fn reason(&self, pair: &Pair) -> String {
        pair.held.as_ref().map_or_else(|| ABSENT.to_owned(), |(reason, _)| self.words.word(*reason))
    }

    /// The accounts that fit, the largest named.
    fn changes(&self, fits: impl Fn(&Pair) -> bool) -> Changes {
        let open = |briefs: &[Brief]| briefs.iter().map(|b| i128::from(b.open)).sum::<i128>();
        let rank = |pair: &Pair| std::cmp::Reverse(open(&pair.now).max(open(&pair.then)));
        let mut found: Vec<(&String, &Pair)> = self.accounts.iter().filter(|(_, pair)| fits(pair)).collect();
        let accounts = found.len() as u64;
        found.sort_by(|a, b| (rank(a.1), a.0).cmp(&(rank(b.1), b.0)));
        let examples = found.into_iter().take(EXAMPLES_MAX).map(|(key, pair)| self.change(key, pair)).collect();
        Changes { accounts, examples }
    }

    /// Accounts acted on both times of which some aspect differs.
    fn differing<T: PartialEq>(&self, aspect: impl Fn(&Brief) -> T) -> u64 {
        let of = |briefs: &[Brief]| briefs.iter().map(&aspect).collect::<Vec<T>>();
        let both = self.accounts.values().filter(|p| !p.then.is_empty() && !p.now.is_empty());
        both.filter(|pair| of(&pair.then) != of(&pair.now)).count() as u64
    }
}

/// The actions that stand after the last of these revisions of one date; `action_id` is read besides.
pub(super) fn for_each_standing(revisions: &[&Tables], columns: &[&str], mut each: impl FnMut(Row<'_>)) -> Result<()> {
    let standing = standing(revisions)?;
    let columns = [columns, &["action_id"]].concat();
    for tables in revisions {
        tables.for_each_row("actions", &columns, |row| {
            if standing.as_ref().is_none_or(|ids| ids.contains(row.str("action_id"))) {
                each(row);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The ids of the actions that stand after the last of these revisions: its decisions name them, whichever revision
/// published them. `None` where there is one revision: all that it published stand.
fn standing(revisions: &[&Tables]) -> Result<Option<HashSet<String>>> {
    let [_, .., last] = revisions else { return Ok(None) };
    let mut ids = HashSet::new();
    last.for_each_row("decisions", &["action_id"], |row| {
        ids.insert(row.text("action_id"));
        Ok(())
    })?;
    Ok(Some(ids))
}

impl Difference {
    /// What these tables of a date would do beside what was done before; `None` where nothing was.
    pub(super) fn between(
        before: &Before<'_>,
        as_of: NaiveDate,
        tables: &Tables,
        reports: Option<(u64, u64)>,
    ) -> Result<Option<Difference>> {
        let Some(record) = before.revisions.last() else { return Ok(None) };
        let published: Vec<Tables> = before.revisions.iter().map(|r| Tables::of_record(before.store, r)).collect();
        let then: Vec<&Tables> = published.iter().collect();
        // A revision publishes what is new in it; what it keeps, earlier revisions of its date have published.
        let kept_of = if record.as_of == as_of { &then[..] } else { &[][..] };
        Difference::of(&then, &[kept_of, &[tables]].concat(), record, reports).map(Some)
    }

    /// What the last of the revisions `now` does otherwise than the last of the revisions `then`, whose record this is.
    pub(super) fn of(
        then: &[&Tables],
        now: &[&Tables],
        record: &Record,
        reports: Option<(u64, u64)>,
    ) -> Result<Difference> {
        let mut ledger = Ledger::default();
        ledger.add_standing(then, false)?;
        ledger.add_standing(now, true)?;
        let columns = [&ACCOUNT[..], &["outcome", "reason", "detail"]].concat();
        now[now.len() - 1].for_each_row("decisions", &columns, |row| {
            if row.str("outcome") == "hold" {
                ledger.note_hold(row);
            }
            Ok(())
        })?;
        ledger.accounts.values_mut().for_each(|pair| {
            pair.then.sort_unstable();
            pair.now.sort_unstable();
        });
        let is_gone = |pair: &Pair| !pair.then.is_empty() && pair.now.is_empty();
        let mut gone_reasons = BTreeMap::new();
        for pair in ledger.accounts.values().filter(|pair| is_gone(pair)) {
            *gone_reasons.entry(ledger.reason(pair)).or_insert(0) += 1;
        }
        Ok(Difference {
            against: record.as_of,
            run_id: record.run_id.clone(),
            actions_then: ledger.counted[0],
            actions_now: ledger.counted[1],
            unreported: reports.filter(|(actions, _)| *actions == ledger.counted[0]).map(|(_, unreported)| unreported),
            same: ledger.accounts.values().filter(|pair| pair.then == pair.now).count() as u64,
            new: ledger.changes(|pair| pair.then.is_empty()),
            gone: ledger.changes(is_gone),
            gone_reasons,
            changed: ledger.changes(|pair| !pair.then.is_empty() && !pair.now.is_empty() && pair.then != pair.now),
            changed_step: ledger.differing(|brief| brief.step),
            changed_channel: ledger.differing(|brief| brief.channel),
            changed_amount: ledger.differing(|brief| brief.open),
        })
    }
}
