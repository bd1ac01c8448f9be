//! Two published runs side by side: what they were made of, what is owed, what goes out, why the others are left alone,
//! and how the messages read. They may be two dates of one output, two revisions, or two outputs.
//!
//! It is worked out from published tables alone, which are streamed. Of an account or an action some forty bytes are
//! kept while the other run is read: ten million accounts take 400 MB.

mod letters;
mod moves;
mod position;
mod steps;

use std::collections::BTreeMap;
use std::hash::Hasher;

use chrono::NaiveDate;
use serde::Serialize;
use twox_hash::XxHash64;

use super::difference::{Difference, account};
use super::html;
use crate::error::{Damage, Error, Result};
use crate::io::log::{Log, Record, RecordKind};
use crate::io::store::Store;
use crate::io::tables::{Row, Tables};

pub use letters::{Letters, Reading};
pub use moves::Move;
pub use position::{Bridge, Sum};
pub use steps::StepChange;

/// The tables that a comparison reads.
const READ: [&str; 4] = ["debtors/", "decisions/", "actions/", "kpi_actions."];

/// A published run, with the earlier revisions of its date whose actions it may keep.
#[derive(Debug)]
pub struct Published<'a> {
    store: &'a Store,
    revisions: Vec<&'a Record>,
}

/// What a run is known by, and what it was made of.
#[derive(Debug, Serialize)]
pub struct Run {
    pub output: String,
    pub tenant: String,
    pub as_of: NaiveDate,
    pub revision: u32,
    pub seq: u64,
    pub run_id: String,
    pub kind: RecordKind,
    pub code_version: String,
}

/// Two runs, the one called `then` first.
#[derive(Debug, Serialize)]
pub struct Comparison {
    pub then: Run,
    pub now: Run,
    /// Both read the same objects.
    pub same_inputs: bool,
    pub same_configuration: bool,
    /// Both were made by the same version of the program.
    pub same_program: bool,
    /// Rows that were read of each input, and that were published in each table.
    pub rows_read: Vec<Count>,
    pub rows_published: Vec<Count>,
    pub owed: Vec<Bridge>,
    /// None where one of the two decided nothing, as with `--kpi-only`; nor is what follows.
    pub accounts: Option<Difference>,
    pub steps: Vec<StepChange>,
    pub moves: Vec<Move>,
    pub letters: Option<Letters>,
    pub notes: Vec<String>,
}

/// How many there were then, and are now.
#[derive(Debug, Serialize)]
pub struct Count {
    pub name: String,
    pub then: u64,
    pub now: u64,
}

impl<'a> Published<'a> {
    /// A record of this log. A revision publishes what is new in it; what it keeps, those before it have published.
    pub fn of(store: &'a Store, log: &'a Log, record: &'a Record) -> Published<'a> {
        let mut revisions: Vec<&Record> =
            log.revisions(record.as_of).into_iter().filter(|before| before.seq < record.seq).collect();
        revisions.push(record);
        Published { store, revisions }
    }

    fn record(&self) -> &'a Record {
        self.revisions[self.revisions.len() - 1]
    }

    fn run(&self) -> Run {
        let record = self.record();
        Run {
            output: self.store.url().to_owned(),
            tenant: record.tenant.clone(),
            as_of: record.as_of,
            revision: record.revision,
            seq: record.seq,
            run_id: record.run_id.clone(),
            kind: record.kind,
            code_version: record.code_version.clone(),
        }
    }

    /// Whoever compares believes what is there: it must be what was published.
    fn check(&self) -> Result<()> {
        let is_read = |path: &str| READ.iter().any(|table| path.contains(&format!("/{table}")));
        for file in self.revisions.iter().flat_map(|record| &record.files).filter(|file| is_read(&file.path)) {
            let damaged = |damage| Error::PublishedDamaged { object: self.store.url_of(&file.path), damage };
            match self.store.digest(&file.path)? {
                None => return Err(damaged(Damage::Gone)),
                Some(found) if found != (file.size, file.sha256.clone()) => return Err(damaged(Damage::Changed)),
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn tables(&self) -> Vec<Tables> {
        self.revisions.iter().map(|record| Tables::of_record(self.store, record)).collect()
    }
}

impl Comparison {
    /// Reads both runs, and as many of the messages that read otherwise as are asked for.
    ///
    /// # Errors
    /// `PublishedDamaged` where a file that the log names is gone or unreadable.
    pub fn of(then: &Published<'_>, now: &Published<'_>, messages: usize) -> Result<Comparison> {
        then.check()?;
        now.check()?;
        let (before, after) = (then.record(), now.record());
        let (then_tables, now_tables) = (then.tables(), now.tables());
        let sides = [then_tables.iter().collect::<Vec<_>>(), now_tables.iter().collect::<Vec<_>>()];
        let last = [sides[0][sides[0].len() - 1], sides[1][sides[1].len() - 1]];
        let mut comparison = Comparison {
            then: then.run(),
            now: now.run(),
            same_inputs: before.input_digest == after.input_digest,
            same_configuration: before.config_digest == after.config_digest,
            same_program: before.code_version == after.code_version,
            rows_read: counts(&read(before), &read(after)),
            rows_published: counts(&before.counts, &after.counts),
            owed: position::bridges(last)?,
            accounts: None,
            steps: Vec::new(),
            moves: Vec::new(),
            letters: None,
            notes: notes(before, after),
        };
        if [before, after].iter().all(|record| record.kind != RecordKind::KpiOnly) {
            comparison.accounts = Some(Difference::of(&sides[0], &sides[1], before, None)?);
            comparison.steps = steps::changes(last)?;
            comparison.moves = moves::moves(last)?;
            comparison.letters = Some(letters::letters(&sides, messages)?);
        }
        Ok(comparison)
    }

    /// What tells the two apart for a person: their dates; of one date the outputs or the revisions.
    pub fn names(&self) -> [String; 2] {
        let is_one_date = self.then.as_of == self.now.as_of;
        let is_one_output = self.then.output == self.now.output;
        [&self.then, &self.now].map(|run| match (is_one_output, is_one_date) {
            (true, true) => format!("{} revision {}", run.as_of, run.revision),
            (true, false) => run.as_of.to_string(),
            (false, _) => format!("{} {}", run.output, run.as_of),
        })
    }

    /// One page that needs nothing else: no script, no network.
    ///
    /// # Errors
    /// Where the page cannot be rendered, which a test rules out.
    pub fn html(&self) -> Result<String> {
        html::comparison(self)
    }
}

/// What a reader should know before the figures.
fn notes(then: &Record, now: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if then.run_id == now.run_id {
        notes.push("both are the same run".to_owned());
    }
    if then.tenant != now.tenant {
        notes.push(format!("the runs are of two tenants, {} and {}", then.tenant, now.tenant));
    }
    if then.as_of > now.as_of {
        notes.push(format!("the second run is of an earlier date, {}, than the first, {}", now.as_of, then.as_of));
    }
    for record in [then, now].iter().filter(|record| record.revision > 0 && record.kind != RecordKind::KpiOnly) {
        notes.push(format!(
            "revision {} of {} publishes only the actions that are new; what it keeps stands in the revisions before it",
            record.revision, record.as_of
        ));
    }
    for record in [then, now].iter().filter(|record| record.kind == RecordKind::KpiOnly) {
        notes.push(format!("nothing was decided for {}: only the position is compared", record.as_of));
    }
    notes
}

fn read(record: &Record) -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    record
        .inputs
        .iter()
        .filter(|object| object.is_export())
        .for_each(|object| *rows.entry(object.table.clone()).or_insert(0) += object.rows);
    rows
}

fn counts(then: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Vec<Count> {
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let of = |counts: &BTreeMap<String, u64>, name: &String| counts.get(name).copied().unwrap_or(0);
    names.into_iter().map(|name| Count { name: name.clone(), then: of(then, name), now: of(now, name) }).collect()
}

/// 128 bits of hash: enough to tell accounts apart, in a fifth of the room of their ids.
fn told_apart(text: &str) -> u128 {
    let half = |seed| {
        let mut hasher = XxHash64::with_seed(seed);
        hasher.write(text.as_bytes());
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// The account that a row is about.
fn account_of(row: Row<'_>) -> u128 {
    told_apart(&account(row))
}

#[cfg(test)]
mod tests;
