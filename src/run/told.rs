//! Which models a run looks back on, and whether the run before it found the one in use far worse than counting.

use chrono::{Days, NaiveDate};

use super::model::{self, newest_used};
use crate::error::{Error, Result};
use crate::io::learnt::{self, Stored};
use crate::io::log::{Log, Record};
use crate::io::store::Store;
use crate::io::tables::Tables;
use crate::stage::drift::{self, MODELS_MAX, TOLD_DAYS};

/// The models that runs have used of late before the one in use, the oldest first. One that nobody can read, or that is of another
/// tenant, has told nothing that can be looked at.
///
/// # Errors
/// `Unavailable`.
pub(super) fn before(output: &Store, as_of: NaiveDate, used: &Stored) -> Result<Vec<Stored>> {
    let first = as_of.checked_sub_days(Days::new(TOLD_DAYS as u64)).unwrap_or(NaiveDate::MIN);
    // A date that is published goes on with those that it looked at, whatever was trained since.
    let known = match model::looked_at(output, as_of)? {
        Some(dates) => dates,
        None => learnt::dates(output)?,
    };
    let mut dates: Vec<NaiveDate> =
        known.into_iter().filter(|date| *date >= first && *date < used.model.as_of).collect();
    dates.sort_unstable();
    let mut found = Vec::new();
    for date in &dates[dates.len().saturating_sub(MODELS_MAX - 1)..] {
        match learnt::read(output, *date) {
            Err(Error::PublishedDamaged { .. }) => {}
            stored => found.extend(stored?.filter(|stored| stored.model.tenant == used.model.tenant)),
        }
    }
    Ok(found)
}

/// Refuses the model in use where the newest run that looked at it as its newest found it far from what came; what whoever reads the run is
/// told of that.
///
/// # Errors
/// `PublishedDamaged` where that run's table cannot be read, `Unavailable`.
pub(super) fn judge(output: &Store, log: &Log, as_of: NaiveDate, used: &mut Stored) -> Result<Option<String>> {
    let has_used = |record: &&Record| record.as_of < as_of && newest_used(record) == Some(used.model.as_of);
    let Some(record) = log.records.iter().filter(has_used).max_by_key(|r| (r.as_of, r.seq)) else { return Ok(None) };
    let mut batches = Vec::new();
    let keep = |batch| {
        batches.push(batch);
        Ok(())
    };
    Tables::of_record(output, record).for_each_batch(drift::TABLE, &drift::COLUMNS, keep)?;
    let of = used.model.as_of;
    Ok(drift::refuse(&mut used.model, &batches).map(|why| {
        format!(
            "the model of {of} is not used any more ({why}): chances are those of the share of late bills of each account, until \
             another is trained"
        )
    }))
}
