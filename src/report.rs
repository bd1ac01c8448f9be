//! What a plan tells: what would be sent and to whom, what is different from the last published run, why the others
//! are left alone, and how the messages read; and what two published runs did differently (`comparison`). One value each,
//! told as text, as JSON or as a page of HTML.
//!
//! It is worked out from the tables of a run alone, so it says what would be published and nothing else. Beside it stands
//! what others are told of a run: its page, its results, its metrics and its lineage.

mod chart;
mod comparison;
mod difference;
pub mod experiments;
mod html;
pub mod kpi;
pub mod lineage;
mod messages;
pub mod metrics;
mod numbers;
mod page;
mod ramp;
pub mod results;
pub mod simulation;
mod sums;
mod words;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::error::Result;
use crate::io::log::{Record, RecordKind};
use crate::io::tables::Tables;

pub use comparison::{Bridge, Comparison, Count, Letters, Move, Published, Reading, Run, StepChange, Sum};
pub use difference::{Act, Before, Change, Changes, Difference};
pub use messages::Message;
pub use sums::{Actions, Aging, Holds, Quarantined, Sums, actions, aging, grouped, holds, quarantined, sums};

/// Everything that a plan says.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `planned`, or `already_published`: then nothing else is said.
    pub outcome: &'static str,
    pub as_of: NaiveDate,
    /// `kpi_only` where a later date is published, or no more is asked for: then nothing is decided.
    pub kind: RecordKind,
    /// 0 = the first publication of the date.
    pub revision: u32,
    /// Actions of earlier revisions of the date that a revision leaves as they are; none where it is no revision.
    pub kept: Option<u64>,
    pub tenant: String,
    /// Table = rows that would be published.
    pub counts: BTreeMap<String, u64>,
    /// Currency = open amount.
    pub control_totals: BTreeMap<String, String>,
    /// Table = SHA-256 of its file: a run that follows on the same inputs publishes these very bytes. Not of what is
    /// taken back, for that holds the reason.
    pub logical_digests: BTreeMap<String, String>,
    pub aging: Vec<Aging>,
    pub actions: Vec<Actions>,
    pub holds: Vec<Holds>,
    /// Against the newest date that decided; none where nothing is published yet, or nothing would be decided.
    pub difference: Option<Difference>,
    pub quarantine: Vec<Quarantined>,
    pub messages: Vec<Message>,
    pub notes: Vec<String>,
}

/// What a report is made of.
pub struct Sources<'a> {
    pub as_of: NaiveDate,
    pub kind: RecordKind,
    pub revision: u32,
    pub kept: Option<u64>,
    pub tenant: &'a str,
    pub counts: BTreeMap<String, u64>,
    pub control_totals: BTreeMap<String, String>,
    pub logical_digests: BTreeMap<String, String>,
    pub tables: Tables,
    pub before: Before<'a>,
    /// Actions of that date, and how many of them nobody has reported on.
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
        let mut report = Report {
            outcome: "planned",
            as_of: sources.as_of,
            kind: sources.kind,
            revision: sources.revision,
            kept: sources.kept,
            tenant: sources.tenant.to_owned(),
            counts: sources.counts,
            aging: aging(tables)?,
            actions: Vec::new(),
            holds: Vec::new(),
            difference: None,
            quarantine: quarantined(tables)?,
            messages: Vec::new(),
            control_totals: sources.control_totals,
            logical_digests: sources.logical_digests,
            notes: sources.notes,
        };
        // Of an earlier date than the newest what was decided is not published, so it is not told either.
        if report.kind != RecordKind::KpiOnly {
            report.actions = actions(tables)?;
            report.holds = holds(tables)?;
            report.difference = Difference::between(&sources.before, report.as_of, tables, sources.reports)?;
            report.messages = messages::sample(tables, sources.messages)?;
        }
        Ok(report)
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
            kind: record.kind,
            revision: record.revision,
            kept: None,
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
