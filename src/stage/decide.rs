//! Decide: the candidates of one shard become actions and holds, in parallel over its groups.
//!
//! The rules are in `domain`; here rows become cases, cases become rows, and rayon does the rest. It is called from a
//! thread of its own, never from inside an async task.

mod read;
mod write;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::case::Group;
use crate::domain::decision::{Decision, Rules, decide as decide_group};
use crate::error::{Error, Result};
use crate::io::engine::Session;

/// One shard, decided: rows of the published tables, in their order, and the lines of the gateway batches.
#[derive(Debug)]
pub struct Decided {
    pub actions: RecordBatch,
    pub decisions: RecordBatch,
    pub items: RecordBatch,
    pub debtors: RecordBatch,
    /// The cited items of the actions, flat: the audits join them with the position.
    pub action_items: RecordBatch,
    /// What is listed or protested, with what should be no longer.
    pub listings: RecordBatch,
    /// The payments of the offers, flat, for the audits too.
    pub action_offers: RecordBatch,
    /// Channel, and one JSON line per action in the order of `actions`.
    pub lines: Vec<(&'static str, String)>,
}

/// A group with the decisions on the accounts of each of its debtors.
type DecidedGroup = (Group, Vec<Vec<Decision>>);

/// Decides every account of a shard.
///
/// # Errors
/// `Message` where a template cannot be rendered: `regua check` finds that before.
pub fn decide(rules: &Rules, as_of: NaiveDate, due_on_business_day: bool, session: &Session) -> Result<Decided> {
    let groups =
        read::groups(session, &rules.calendar, &|due| rules.calendar.legally_overdue(due, as_of, due_on_business_day))?;
    let decide = |group| decide_group(rules, as_of, &group).map(|decisions| (group, decisions));
    let decided = groups.into_par_iter().map(decide).collect::<std::result::Result<Vec<DecidedGroup>, _>>();
    write::rows(rules, as_of, decided.map_err(Error::Message)?)
}
