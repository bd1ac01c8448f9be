//! Which model of payment a run uses: the newest that was trained before its date, and of a date that is published that which was used then.

use chrono::NaiveDate;

use super::told;
use crate::config::{ModelChoice, Plan};
use crate::error::{Damage, Error, Result};
use crate::io::learnt::{self, MODEL, Stored};
use crate::io::log::{InputObject, Log, Record};
use crate::io::store::Store;

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
        let earlier = model.as_ref().map_or(Ok(Vec::new()), |model| told::before(output, as_of, model))?;
        Ok(InUse { model, earlier, notes })
    }

    /// As the record names them.
    pub(super) fn inputs(&self) -> impl Iterator<Item = InputObject> {
        self.earlier.iter().chain(&self.model).map(input)
    }

    /// Gives them to the rules of the plan; what whoever reads the run is told of them.
    ///
    /// # Errors
    /// As `told::judge`.
    pub(super) fn give(mut self, plan: &mut Plan, output: &Store, log: &Log, as_of: NaiveDate) -> Result<Vec<String>> {
        plan.rules.models_told = self.earlier.iter().chain(&self.model).map(|stored| stored.model.clone()).collect();
        let lost = self.model.as_mut().map_or(Ok(None), |model| told::judge(output, log, as_of, model))?;
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
        (ModelChoice::Newest, None) => newest(output, tenant, as_of)?,
        (ModelChoice::Of(named), Some(Some(input))) if is_of(named, &input) => {
            (Some(same(output, &input)?), Vec::new())
        }
        (ModelChoice::Of(named), _) => {
            let dates = learnt::dates(output)?;
            if named >= as_of || !dates.contains(&named) {
                let is_late = dates.contains(&named);
                let dates = dates.into_iter().filter(|date| *date < as_of).collect();
                return Err(Error::NoModel { named, is_late, dates });
            }
            (learnt::read(output, named)?.map(|stored| of_tenant(stored, tenant)).transpose()?, Vec::new())
        }
    };
    notes.extend(stored.as_ref().and_then(refusal));
    Ok((stored, notes))
}

/// The newest of those trained before the date that can be read and were not refused, else the newest that was: a model orders and
/// selects, and doubt about one keeps nobody from being decided on. A training on half an export does not push a good model aside.
fn newest(output: &Store, tenant: &str, as_of: NaiveDate) -> Result<(Option<Stored>, Vec<String>)> {
    let (mut stored, mut refused, mut passed_over) = (None, None, Vec::new());
    for date in learnt::dates(output)?.into_iter().rev().filter(|date| *date < as_of) {
        let read = learnt::read(output, date);
        match read.and_then(|read| read.map(|stored| of_tenant(stored, tenant)).transpose()) {
            Err(Error::PublishedDamaged { object, damage }) => {
                passed_over.push(format!("{object} was passed over: {damage}"))
            }
            read => match read? {
                Some(one) if one.model.refusal().is_none() => stored = Some(one),
                Some(one) if refused.is_none() => refused = Some(one),
                _ => {}
            },
        }
        if stored.is_some() {
            break;
        }
    }
    if let Some((one, why)) =
        refused.as_ref().filter(|_| stored.is_some()).and_then(|one| Some((one, one.model.refusal()?)))
    {
        passed_over.push(format!("the model of {} was refused ({why})", one.model.as_of));
    }
    let stored = stored.or(refused);
    let next =
        stored.as_ref().map_or("No other is there, so nothing is expected of any item".to_owned(), |next: &Stored| {
            format!("The one before it is the model of {}", next.model.as_of)
        });
    Ok((stored, passed_over.into_iter().map(|what| format!("{what}. {next}")).collect()))
}

/// A model that was copied here from the output of another tenant says nothing of these accounts.
fn of_tenant(stored: Stored, tenant: &str) -> Result<Stored> {
    let found = stored.model.tenant.clone();
    match found == tenant {
        true => Ok(stored),
        false => Err(Error::PublishedDamaged { object: stored.url, damage: Damage::ModelOfTenant { found } }),
    }
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
    Ok(log_of(output, as_of)?.of_date(as_of).map(|record| newest_input(record).cloned()))
}

/// As much of the log as tells whether a date is published.
fn log_of(output: &Store, as_of: NaiveDate) -> Result<Log> {
    Log::read_until(output, |log| log.of_date(as_of).is_some() || log.newest_date().is_none_or(|newest| newest < as_of))
}

/// The dates of all models that the published run of a date looked at; `None` = the date is not published.
pub(super) fn looked_at(output: &Store, as_of: NaiveDate) -> Result<Option<Vec<NaiveDate>>> {
    let dates = |record: &Record| inputs_of(record).filter_map(|input| learnt::date_of(&input.url)).collect();
    Ok(log_of(output, as_of)?.of_date(as_of).map(dates))
}

/// The newest model that a run used: the others are those that earlier runs used, which it looks back on.
pub(super) fn newest_used(record: &Record) -> Option<NaiveDate> {
    newest_input(record).and_then(|input| learnt::date_of(&input.url))
}

fn newest_input(record: &Record) -> Option<&InputObject> {
    inputs_of(record).max_by_key(|input| learnt::date_of(&input.url))
}

fn inputs_of(record: &Record) -> impl Iterator<Item = &InputObject> {
    record.inputs.iter().filter(|input| input.table == MODEL)
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

/// Why its chances are not used, where they are not.
fn refusal(stored: &Stored) -> Option<String> {
    let (as_of, why) = (stored.model.as_of, stored.model.refusal()?);
    Some(format!(
        "the model of {as_of} was refused ({why}): chances are those of the share of late bills of each account"
    ))
}
