//! How the messages read: by which templates, and which of the actions that stand in both runs say something else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hasher;

use arrow::util::display::array_value_to_string;
use serde::Serialize;
use twox_hash::XxHash64;

use super::told_apart;
use crate::error::Result;
use crate::io::tables::{Row, Tables};
use crate::report::difference::for_each_standing;
use crate::report::messages::{self, Message};

/// Actions that are named as examples.
const EXAMPLES_MAX: usize = 10;

/// What an action says and does, and the columns that say so.
const ASPECTS: [(&str, &[&str]); 8] = [
    ("text", &["subject", "body"]),
    ("address", &["destination", "contact_name"]),
    ("hour", &["not_before", "expires_at"]),
    ("amount", &["total_due", "dunning_currency", "dunning_amount"]),
    ("items", &["items"]),
    ("offer", &["offer"]),
    ("template", &["template_id", "template_version", "language", "tone"]),
    ("owner", &["collector_id", "agency_id"]),
];

/// The messages of two runs.
#[derive(Debug, Serialize)]
pub struct Letters {
    pub readings: Vec<Reading>,
    /// Actions with the same id in both, as of revisions of a date or of two outputs.
    pub in_both: u64,
    /// Of them, those that say or do something else.
    pub different: u64,
    /// Aspect = actions that differ in it; one can differ in several.
    pub aspects: BTreeMap<&'static str, u64>,
    pub examples: Vec<Letter>,
}

/// One version of a template.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    pub template_id: String,
    pub language: String,
    /// Digest of its text and its blocks; another for each state or tone that has blocks of its own.
    pub version: String,
    pub actions_then: u64,
    pub actions_now: u64,
}

/// An action that says something else.
#[derive(Debug, Serialize)]
pub struct Letter {
    pub action_id: String,
    /// In what it differs.
    pub aspects: Vec<&'static str>,
    /// Personal data, only where messages are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Message>,
}

type Digests = [u64; ASPECTS.len()];

/// Reads the actions that stand in each run.
pub(super) fn letters(sides: &[Vec<&Tables>; 2], messages: usize) -> Result<Letters> {
    let mut readings = BTreeMap::new();
    let mut before: HashMap<u128, Digests> = HashMap::new();
    let columns = columns();
    for_each_standing(&sides[0], &columns, |row| {
        read(&mut readings, row, 0);
        before.insert(told_apart(row.str("action_id")), digests(row));
    })?;
    let (mut in_both, mut different, mut aspects) = (0, 0, BTreeMap::new());
    let mut examples: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for_each_standing(&sides[1], &columns, |row| {
        read(&mut readings, row, 1);
        let Some(then) = before.get(&told_apart(row.str("action_id"))) else { return };
        let differing = differing(then, &digests(row));
        in_both += 1;
        different += u64::from(!differing.is_empty());
        differing.iter().for_each(|aspect| *aspects.entry(*aspect).or_insert(0) += 1);
        if !differing.is_empty() {
            examples.insert(row.text("action_id"), differing);
            // The smallest ids: the same comparison names the same actions.
            examples.len().gt(&EXAMPLES_MAX.max(messages)).then(|| examples.pop_last());
        }
    })?;
    let shown = |(action_id, aspects)| Letter { action_id, aspects, then: None, now: None };
    let mut examples: Vec<Letter> = examples.into_iter().map(shown).collect();
    show(sides, &mut examples[..], messages)?;
    let reading = |([template_id, language, version], [actions_then, actions_now]): ([String; 3], [u64; 2])| Reading {
        template_id,
        language,
        version,
        actions_then,
        actions_now,
    };
    Ok(Letters { readings: readings.into_iter().map(reading).collect(), in_both, different, aspects, examples })
}

fn columns() -> Vec<&'static str> {
    let named = ASPECTS.iter().flat_map(|(_, columns)| columns.iter().copied());
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Counts an action for its template; an instruction has none.
fn read(readings: &mut BTreeMap<[String; 3], [u64; 2]>, row: Row<'_>, side: usize) {
    let key = ["template_id", "language", "template_version"].map(|name| row.text(name));
    if !key[0].is_empty() {
        readings.entry(key).or_default()[side] += 1;
    }
}

/// The first messages that differ, as they read in each run.
fn show(sides: &[Vec<&Tables>; 2], examples: &mut [Letter], messages: usize) -> Result<()> {
    let ids: BTreeSet<String> = examples.iter().take(messages).map(|letter| letter.action_id.clone()).collect();
    let [mut then, mut now] = [messages::of(&sides[0], &ids)?, messages::of(&sides[1], &ids)?];
    for letter in examples.iter_mut().take(messages) {
        (letter.then, letter.now) = (then.remove(&letter.action_id), now.remove(&letter.action_id));
    }
    Ok(())
}

fn digests(row: Row<'_>) -> Digests {
    ASPECTS.map(|(_, columns)| {
        let mut hasher = XxHash64::default();
        for column in columns {
            // A null is told from an empty text.
            let shown = row.array(column).map(|array| array_value_to_string(array, row.1).unwrap_or_default());
            hasher.write_u8(u8::from(shown.is_some()));
            hasher.write(shown.unwrap_or_default().as_bytes());
            hasher.write_u8(0);
        }
        hasher.finish()
    })
}

fn differing(then: &Digests, now: &Digests) -> Vec<&'static str> {
    let pairs = ASPECTS.iter().zip(then.iter().zip(now));
    pairs.filter(|(_, (then, now))| then != now).map(|((name, _), _)| *name).collect()
}
