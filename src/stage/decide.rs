//! Decide: the candidates of one shard become actions and holds, in parallel over its groups.
//!
//! The rules are in `domain`; here rows become cases, cases become rows, and rayon does the rest. It is called from a
//! thread of its own, never from inside an async task.

mod read;
mod write;

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use rayon::prelude::*;

use super::Revision;
use crate::domain::decision::revision::{Fate, Published, reconcile};
use crate::domain::decision::{Decision, Rules, decide as decide_group};
use crate::domain::message::MessageError;
use crate::domain::portfolio::Group;
use crate::error::{Error, Result};
use crate::io::engine::Session;

/// One shard, decided: rows of the published tables, in their order, and the lines of the gateway batches.
#[derive(Debug)]
pub struct Decided {
    /// What stands: what is new, and what a revision keeps as it was published.
    pub actions: RecordBatch,
    /// What is published now.
    pub new_actions: RecordBatch,
    /// One row for each account, under the contract.
    pub decisions: RecordBatch,
    /// One row for each open item, under the contract.
    pub items: RecordBatch,
    /// One row for each account with its position, under the contract.
    pub debtors: RecordBatch,
    /// The cited items of the actions, flat: the audits join them with the position.
    pub action_items: RecordBatch,
    /// What is listed or protested, with what should be no longer.
    pub listings: RecordBatch,
    /// The payments of the offers, flat, for the audits too.
    pub action_offers: RecordBatch,
    /// Channel (or `voids`), and one JSON line per new action in their order.
    pub lines: Vec<(&'static str, String)>,
}

impl Decided {
    /// Accounts and duties that were decided about.
    pub fn rows(&self) -> u64 {
        self.decisions.num_rows() as u64
    }
}

/// A group with the decisions on the accounts of each of its debtors, and the action_ids that a revision keeps.
type DecidedGroup = (Group, Vec<Vec<Decision>>, BTreeSet<String>);

/// Decides every account of a shard.
///
/// # Errors
/// `Message` where a template cannot be rendered: `regua check` finds that before.
pub fn decide(rules: &Rules, as_of: NaiveDate, revision: &Revision, session: &Session) -> Result<Decided> {
    let groups = read::groups(session, rules, as_of)?;
    let published = read::published(session, &revision.voided)?;
    let decide = |(key, group)| {
        let published = published.get(&key).map_or(&[][..], Vec::as_slice);
        decide_one(rules, as_of, (group, revision.forgotten_on), published)
    };
    let decided = groups.into_par_iter().map(decide).collect::<std::result::Result<Vec<DecidedGroup>, _>>();
    let decided = decided.map_err(Error::Message)?;
    let voided = voided(&published, &decided);
    write::rows(rules, as_of, decided, write::Voids { revision, action_ids: &voided })
}

/// One group. A revision decides as if nothing of its date had been published, and then looks at what was.
fn decide_one(
    rules: &Rules,
    as_of: NaiveDate,
    (mut group, forgotten_on): (Group, Option<NaiveDate>),
    published: &[Published],
) -> std::result::Result<DecidedGroup, MessageError> {
    group.forgotten_on = forgotten_on;
    let of_today: HashSet<&str> =
        published.iter().filter(|p| p.fate != Fate::NotSent).map(|p| p.action_id.as_str()).collect();
    group.contacts.retain(|contact| !contact.action_id.as_deref().is_some_and(|id| of_today.contains(id)));
    let mut decisions = decide_group(rules, as_of, &group)?;
    let kept = reconcile(&mut decisions, published, &write::payload_sha256);
    Ok((group, decisions, kept))
}

/// What was published and does not hold any more, whether or not its debtor still owes anything.
fn voided(published: &HashMap<i64, Vec<Published>>, decided: &[DecidedGroup]) -> BTreeSet<String> {
    let kept: BTreeSet<&String> = decided.iter().flat_map(|(_, _, kept)| kept).collect();
    let taken_back = published.values().flatten().filter(|p| p.can_be_voided() && !kept.contains(&p.action_id));
    taken_back.map(|p| p.action_id.clone()).collect()
}
