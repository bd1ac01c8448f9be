//! What a simulated day knows of the days before it: at first what was published before the simulation, then what the
//! simulation itself carried forward, in the files in which runs carry it forward.

use std::collections::{BTreeSet, HashSet};

use arrow::array::{AsArray, RecordBatch};
use chrono::{Days, NaiveDate};
use tokio::runtime::Handle;

use super::propensity::Drawn;
use super::{DoneShard, Request};
use crate::config::Plan;
use crate::contract::{CONTACT_STATE, DEBTORS, EXPERIMENT_MEMBERS, Table};
use crate::error::{Error, Result};
use crate::io::log::Log;
use crate::io::parquet::{Source, TableWriter, conformed};
use crate::io::store::Store;
use crate::runtime::scratch::Scratch;
use crate::stage::{History, publish};

/// What was published before the first day.
pub(super) struct Start {
    pub(super) output: Store,
    /// The records of earlier dates.
    pub(super) log: Log,
    from: NaiveDate,
    pub(super) known_actions: HashSet<String>,
    /// What was published of the simulated days and had a propensity.
    pub(super) drawn: Drawn,
}

impl Start {
    /// # Errors
    /// `PublishedDamaged`, `Unavailable`.
    pub(super) fn before(plan: &Plan, request: &Request, runtime: &Handle) -> Result<Start> {
        let from = request.from;
        let output = Store::open(&plan.output, runtime)?;
        let mut log = Log::read(&output)?;
        let drawn = Drawn::of(&output, &log, request)?;
        log.records.retain(|record| record.as_of < from);
        let mut start = Start { output, log, from, known_actions: HashSet::new(), drawn };
        for source in &start.history()?.actions {
            let Ok(at) = source.schema().index_of("action_id") else { continue };
            source.for_each_batch(&[at], |batch| {
                let ids = batch.column(0).as_string_opt::<i32>();
                start.known_actions.extend(ids.into_iter().flatten().flatten().map(str::to_owned));
                Ok(())
            })?;
        }
        Ok(start)
    }

    /// The ids of actions are made with the name of the tenant.
    pub(super) fn refuse_other_tenant(&self, plan: &Plan) -> Result<()> {
        let owners = self.log.records.iter().map(|record| record.tenant.as_str());
        self.output.refuse_other_tenant(owners, &plan.rules.tenant)
    }

    fn history(&self) -> Result<History> {
        publish::history(&self.output, &self.log, self.from, false)
    }
}

/// What the next day knows.
pub(super) struct Past {
    scratch: Scratch,
    store: Store,
    /// Days that were remembered.
    days: usize,
    pub(super) history: History,
    /// The last day on which anything mattered that is forgotten by now.
    pub(super) forgotten_on: Option<NaiveDate>,
}

impl Past {
    /// # Errors
    /// `File` where scratch cannot be written; else as `Start::before`.
    pub(super) fn after(start: &Start, plan: &Plan, runtime: &Handle) -> Result<Past> {
        let scratch = Scratch::new(plan.limits.scratch_dir.as_deref())?;
        let store = Store::open(&scratch.path().to_string_lossy(), runtime)?;
        let forgotten_on = start.log.records.iter().filter_map(|record| record.forgotten_on).max();
        Ok(Past { scratch, store, days: 0, history: start.history()?, forgotten_on })
    }

    /// Carries forward what a day came to.
    ///
    /// # Errors
    /// `File` where the disk is full, `Internal` where rows do not fit their table.
    pub(super) fn remember(&mut self, done: &[DoneShard]) -> Result<()> {
        self.days += 1;
        let of = |what: fn(&DoneShard) -> &RecordBatch| done.iter().map(what).cloned().collect::<Vec<_>>();
        let actions = self.written(&CONTACT_STATE, &of(|shard| &shard.remembered.state))?;
        let positions = self.written(&DEBTORS, &of(|shard| &shard.decided.debtors))?;
        let members: Vec<RecordBatch> = done.iter().flat_map(|shard| shard.members.iter().cloned()).collect();
        let members = self.written(&EXPERIMENT_MEMBERS, &members)?;
        // Where nobody is in an experiment any more, the last who were stay.
        let members = if members.is_empty() { std::mem::take(&mut self.history.members) } else { members };
        let voided: BTreeSet<String> = std::mem::take(&mut self.history.voided);
        self.history = History { actions, positions, members, voided, ..History::default() };
        let forgotten = done.iter().filter_map(|shard| shard.remembered.forgotten_on).max();
        self.forgotten_on = self.forgotten_on.max(forgotten.and_then(date_of));
        Ok(())
    }

    /// The rows as a file; none where there are no rows. Of two days each has its own, for one is read while the other is written.
    fn written(&self, table: &Table, batches: &[RecordBatch]) -> Result<Vec<Source>> {
        let name = format!("{}-{}.parquet", table.name, self.days % 2);
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(Vec::new());
        }
        let mut writer = TableWriter::create(&self.scratch.path().join(&name), table.schema())?;
        for batch in batches {
            let batch = conformed(batch, &table.schema()).map_err(|e| Error::columns(table.name, &e))?;
            writer.write(&batch)?;
        }
        writer.finish()?;
        let file = self.store.pin_one(&name)?;
        file.into_iter().map(|object| Source::open_published(&self.store, object)).collect()
    }
}

fn date_of(day: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_days(Days::new(u64::try_from(day).ok()?))
}
