//! Which model of payment a run uses: the newest that was trained before its date, and of a date that is published that which was used then.

use chrono::{Days, NaiveDate};

use crate::config::{ModelChoice, Plan};
use crate::error::{Damage, Error, Result};
use crate::io::learnt::{self, MODEL, Stored};
use crate::io::log::{InputObject, Log, Record};
use crate::io::store::Store;
use crate::stage::drift::{self, MODELS_MAX, TOLD_DAYS};

/// The model that a run uses, with those that earlier runs used, which it looks back on.
pub(super) struct InUse {
    model: Option<Stored>,
    earlier: Vec<Stored>,
    notes: Vec<String>,
}

impl InUse {
    /// Of a run of this date.
    ///
    /// # Errors
    /// As `used`.
    pub(super) fn of(plan: &Plan, output: &Store, as_of: NaiveDate) -> Result<InUse> {
        let (model, notes) = used(plan, output, as_of)?;
        let earlier = model.as_ref().map_or(Ok(Vec::new()), |model| before(output, as_of, model))?;
        Ok(InUse { model, earlier, notes })
    }

    /// As the record names them.
    pub(super) fn inputs(&self) -> impl Iterator<Item = InputObject> {
        self.earlier.iter().chain(&self.model).map(input)
    }

    /// Gives them to the rules of the plan; what whoever reads the run is told of them.
    ///
    /// # Errors
    /// As `drift::judge`.
    pub(super) fn give(mut self, plan: &mut Plan, output: &Store, log: &Log, as_of: NaiveDate) -> Result<Vec<String>> {
        plan.rules.models_told = self.earlier.iter().chain(&self.model).map(|stored| stored.model.clone()).collect();
        let lost = self.model.as_mut().map_or(Ok(None), |model| drift::judge(output, log, as_of, model))?;
        plan.rules.model = self.model.map(|stored| stored.model);
        Ok(self.notes.into_iter().chain(lost).collect())
    }
}

/// The model that a run of a date uses, and what whoever reads the run is told of it; `None` = none is there, or none is wanted.
///
/// # Errors
/// `NoModel` where the pipeline names one that it cannot be; `PublishedDamaged` where one that it names, or that the published run of
/// the date used, cannot be read or is of another tenant; `Unavailable`.
fn used(plan: &Plan, output: &Store, as_of: NaiveDate) -> Result<(Option<Stored>, Vec<String>)> {
    let is_of = |named: NaiveDate, input: &InputObject| learnt::date_of(&input.url) == Some(named);
    let published = match plan.model {
        ModelChoice::Nothing => None,
        _ => published(output, as_of)?,
    };
    // Open items do not say when bills were paid, so every account would look like a new one. A published date stays what it is.
    if plan.has_open_scope() && published.is_none() {
        let is_wanted = plan.model != ModelChoice::Nothing && !learnt::dates(output)?.is_empty();
        let note = is_wanted.then(|| {
            "no model of payment is used: [inputs.invoices].scope = \"open\" does not say how accounts have paid"
                .to_owned()
        });
        return Ok((None, note.into_iter().collect()));
    }
    let tenant = plan.rules.tenant.as_str();
    let (stored, mut notes) = match (plan.model, published) {
        (ModelChoice::Nothing, _) => (None, Vec::new()),
        (ModelChoice::Newest, Some(of_record)) => {
            (of_record.map(|input| same(output, &input)).transpose()?, Vec::new())
        }
        (ModelChoice::Newest, None) => learnt::newest(output, tenant, as_of)?,
        (ModelChoice::Of(named), Some(Some(input))) if is_of(named, &input) => {
            (Some(same(output, &input)?), Vec::new())
        }
        (ModelChoice::Of(named), _) => (learnt::named(output, tenant, named, as_of)?, Vec::new()),
    };
    notes.extend(stored.as_ref().and_then(Stored::refusal));
    Ok((stored, notes))
}

/// The model that a published run used, byte by byte: another in its place, or none, would take messages back without a word.
fn same(output: &Store, input: &InputObject) -> Result<Stored> {
    let damaged = |damage| Error::PublishedDamaged { object: input.url.clone(), damage };
    let date = learnt::date_of(&input.url).ok_or_else(|| damaged(Damage::NotAModel))?;
    let stored = match learnt::read(output, date) {
        Err(Error::PublishedDamaged { .. }) => return Err(damaged(Damage::Changed)),
        read => read?.ok_or_else(|| damaged(Damage::Gone))?,
    };
    if input.sha256.as_ref().is_some_and(|sha256| *sha256 != stored.sha256) {
        return Err(damaged(Damage::Changed));
    }
    Ok(stored)
}

/// What the published run of a date used, so that the date stays what it is, whatever was trained since; `None` = the date is not
/// published.
fn published(output: &Store, as_of: NaiveDate) -> Result<Option<Option<InputObject>>> {
    Ok(log_of(output, as_of)?.of_date(as_of).map(|record| learnt::used_by(record).cloned()))
}

/// As much of the log as tells whether a date is published.
fn log_of(output: &Store, as_of: NaiveDate) -> Result<Log> {
    Log::read_until(output, |log| log.of_date(as_of).is_some() || log.newest_date().is_none_or(|newest| newest < as_of))
}

/// The models that runs have used of late before the one in use, the oldest first. One that nobody can read, or that is of another
/// tenant, has told nothing that can be looked at.
///
/// # Errors
/// `Unavailable`.
fn before(output: &Store, as_of: NaiveDate, used: &Stored) -> Result<Vec<Stored>> {
    let first = as_of.checked_sub_days(Days::new(TOLD_DAYS as u64)).unwrap_or(NaiveDate::MIN);
    // A date that is published goes on with those that it looked at, whatever was trained since.
    let known = match looked_at(output, as_of)? {
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

/// The dates of all models that the published run of a date looked at; `None` = the date is not published.
fn looked_at(output: &Store, as_of: NaiveDate) -> Result<Option<Vec<NaiveDate>>> {
    let dates = |record: &Record| learnt::inputs_of(record).filter_map(|input| learnt::date_of(&input.url)).collect();
    Ok(log_of(output, as_of)?.of_date(as_of).map(dates))
}

/// As the record names it.
fn input(stored: &Stored) -> InputObject {
    InputObject {
        table: MODEL.to_owned(),
        url: stored.url.clone(),
        size: stored.size,
        e_tag: None,
        version: None,
        rows: 0,
        sha256: Some(stored.sha256.clone()),
    }
}
