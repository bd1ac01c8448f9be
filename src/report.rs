//! What a plan tells: what would be sent and to whom, what is different from the last published run, why the others
//! are left alone, and how the messages read. One value, told as text, as JSON or as a page of HTML.
//!
//! It is worked out from the tables of a run alone, so it says what would be published and nothing else.

mod difference;
mod html;
mod messages;
mod sums;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::error::Result;
use crate::io::log::Record;
use crate::io::store::Store;
use crate::io::tables::Tables;

pub use difference::{Act, Change, Changes, Difference};
pub use messages::Message;
pub use sums::{Actions, Aging, Holds, Quarantined, Sums, actions, aging, grouped, holds, quarantined, sums};

/// Everything that a plan says.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `planned`, or `already_published`: then nothing else is said.
    pub outcome: &'static str,
    pub as_of: NaiveDate,
    pub tenant: String,
    /// Table = rows that would be published.
    pub counts: BTreeMap<String, u64>,
    /// Currency = open amount.
    pub control_totals: BTreeMap<String, String>,
    /// Table = SHA-256 of its file: a run that follows on the same inputs publishes these very bytes.
    pub logical_digests: BTreeMap<String, String>,
    pub aging: Vec<Aging>,
    pub actions: Vec<Actions>,
    pub holds: Vec<Holds>,
    /// Against the newest published run; none where nothing is published yet.
    pub difference: Option<Difference>,
    pub quarantine: Vec<Quarantined>,
    pub messages: Vec<Message>,
    pub notes: Vec<String>,
}

/// What a report is made of.
pub struct Sources<'a> {
    pub as_of: NaiveDate,
    pub tenant: &'a str,
    pub counts: &'a BTreeMap<String, u64>,
    pub control_totals: BTreeMap<String, String>,
    pub logical_digests: BTreeMap<String, String>,
    pub tables: Tables,
    /// The output folder, with the newest run that is published there.
    pub previous: Option<(&'a Store, &'a Record)>,
    /// Actions of that run, and how many of them nobody has reported on.
    pub reports: Option<(u64, u64)>,
    pub notes: Vec<String>,
    /// Messages to show.
    pub messages: usize,
}

impl Report {
    /// Reads what the report needs of the tables.
    ///
    /// # Errors
    /// Where a table cannot be read.
    pub fn of(sources: Sources<'_>) -> Result<Report> {
        let tables = &sources.tables;
        let difference = match sources.previous {
            Some((store, record)) => Some(Difference::between(store, record, tables, sources.reports)?),
            None => None,
        };
        Ok(Report {
            outcome: "planned",
            as_of: sources.as_of,
            tenant: sources.tenant.to_owned(),
            counts: sources.counts.clone(),
            aging: aging(tables)?,
            actions: actions(tables)?,
            holds: holds(tables)?,
            difference,
            quarantine: quarantined(tables)?,
            messages: messages::sample(tables, sources.messages)?,
            control_totals: sources.control_totals,
            logical_digests: sources.logical_digests,
            notes: sources.notes,
        })
    }

    /// Of a date whose identical run is published: another would publish nothing.
    pub fn of_published(record: &Record) -> Report {
        let note = format!(
            "{} is published from the same inputs and configuration: `regua run` would publish nothing",
            record.as_of
        );
        Report {
            outcome: "already_published",
            as_of: record.as_of,
            tenant: record.tenant.clone(),
            counts: record.counts.clone(),
            control_totals: record.control_totals.clone(),
            logical_digests: record.logical_digests.clone(),
            aging: Vec::new(),
            actions: Vec::new(),
            holds: Vec::new(),
            difference: None,
            quarantine: Vec::new(),
            messages: Vec::new(),
            notes: vec![note],
        }
    }

    /// One page that needs nothing else: no script, no network.
    ///
    /// # Errors
    /// Where the page cannot be rendered, which a test rules out.
    pub fn html(&self) -> Result<String> {
        html::page(self)
    }

    pub fn count(&self, table: &str) -> u64 {
        self.counts.get(table).copied().unwrap_or(0)
    }
}
