//! A few messages as they would go out: one for each step and channel, the most frequent first.
//!
//! The choice depends on nothing but the actions: within a step and channel it is the smallest action_id. So the same
//! plan shows the same messages, and a plan after a change of a template shows the same people.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::domain::action::as_text;
use crate::domain::money::Amount;
use crate::error::Result;
use crate::io::tables::{Row, Tables};

/// A rendered message. Personal data, as it would leave the house: it is shown only where it was asked for.
#[derive(Debug, Serialize)]
pub struct Message {
    pub action_id: String,
    pub debtor_id: String,
    pub company_id: String,
    pub regua: String,
    pub step_id: String,
    pub channel: String,
    pub destination: String,
    pub language: String,
    pub tone: String,
    pub template_id: String,
    pub template_version: String,
    pub subject: String,
    pub body: String,
    pub currency: String,
    #[serde(serialize_with = "as_text")]
    pub total_due: Amount,
}

const COLUMNS: [&str; 15] = [
    "action_id",
    "debtor_id",
    "company_id",
    "regua",
    "step_id",
    "channel",
    "destination",
    "language",
    "tone",
    "template_id",
    "template_version",
    "subject",
    "body",
    "currency",
    "total_due",
];

/// What was seen of one step and channel: how many actions, and the smallest ids among them.
#[derive(Default)]
struct Kind {
    actions: u64,
    ids: Vec<String>,
}

/// The messages to show, in their order.
pub(super) fn sample(tables: &Tables, messages: usize) -> Result<Vec<Message>> {
    if messages == 0 {
        return Ok(Vec::new());
    }
    let places = chosen(tables, messages)?;
    let mut found: BTreeMap<usize, Message> = BTreeMap::new();
    tables.for_each_row("actions", &COLUMNS, |row| {
        if let Some(place) = places.get(row.str("action_id")) {
            found.insert(*place, message(row));
        }
        Ok(())
    })?;
    Ok(found.into_values().collect())
}

/// The messages with these ids, by id, of the revisions of a date.
pub(super) fn of(revisions: &[&Tables], ids: &BTreeSet<String>) -> Result<BTreeMap<String, Message>> {
    let mut found = BTreeMap::new();
    for tables in revisions.iter().filter(|_| !ids.is_empty()) {
        tables.for_each_row("actions", &COLUMNS, |row| {
            if ids.contains(row.str("action_id")) {
                found.insert(row.text("action_id"), message(row));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// action_id = its place among the messages to show.
fn chosen(tables: &Tables, messages: usize) -> Result<BTreeMap<String, usize>> {
    let mut kinds: BTreeMap<[String; 3], Kind> = BTreeMap::new();
    tables.for_each_row("actions", &["action_id", "regua", "step_id", "channel"], |row| {
        let kind = kinds.entry(["regua", "step_id", "channel"].map(|name| row.text(name))).or_default();
        kind.actions += 1;
        kind.offer(row.str("action_id"), messages);
        Ok(())
    })?;
    let mut kinds: Vec<([String; 3], Kind)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.actions));
    let rounds = (0..messages).flat_map(|round| kinds.iter().filter_map(move |(_, kind)| kind.ids.get(round)));
    Ok(rounds.take(messages).enumerate().map(|(place, id)| (id.clone(), place)).collect())
}

impl Kind {
    fn offer(&mut self, id: &str, most: usize) {
        let place = self.ids.partition_point(|known| known.as_str() < id);
        if place < most {
            self.ids.insert(place, id.to_owned());
            self.ids.truncate(most);
        }
    }
}

fn message(row: Row<'_>) -> Message {
    Message {
        action_id: row.text("action_id"),
        debtor_id: row.text("debtor_id"),
        company_id: row.text("company_id"),
        regua: row.text("regua"),
        step_id: row.text("step_id"),
        channel: row.text("channel"),
        destination: row.text("destination"),
        language: row.text("language"),
        tone: row.text("tone"),
        template_id: row.text("template_id"),
        template_version: row.text("template_version"),
        subject: row.text("subject"),
        body: row.text("body"),
        currency: row.text("currency"),
        total_due: row.minor("total_due"),
    }
}
