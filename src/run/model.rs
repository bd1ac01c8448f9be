//! Which model of payment a run uses: the newest that was trained before its date, and of a date that is published that which was used then.

use chrono::NaiveDate;

use crate::config::{ModelChoice, Plan};
use crate::error::{Error, Result};
use crate::io::learnt::{self, Stored};
use crate::io::log::{InputObject, Log, Record};
use crate::io::store::Store;

/// What the record and lineage call the input that a model is.
const MODEL: &str = "model";

/// The model that a run of a date uses; `None` = none is there, or none is wanted.
///
/// # Errors
/// `NoModel` where the pipeline names one that it cannot be; `OtherTenant`, `PublishedDamaged`, `Unavailable`.
pub(super) fn used(plan: &Plan, output: &Store, as_of: NaiveDate) -> Result<Option<Stored>> {
    let date = match plan.model {
        ModelChoice::Nothing => None,
        ModelChoice::Newest => match published(output, as_of)? {
            Some(of_record) => of_record,
            None => learnt::dates(output)?.into_iter().rfind(|date| *date < as_of),
        },
        ModelChoice::Of(named) => {
            let dates = learnt::dates(output)?;
            if named >= as_of || !dates.contains(&named) {
                return Err(Error::NoModel { named, is_late: dates.contains(&named), dates });
            }
            Some(named)
        }
    };
    match date.map(|date| learnt::read(output, date)).transpose()?.flatten() {
        Some(other) if other.model.tenant != plan.rules.tenant => Err(Error::OtherTenant {
            output: other.url,
            published: other.model.tenant,
            configured: plan.rules.tenant.clone(),
        }),
        stored => Ok(stored),
    }
}

/// What the published run of a date used, so that the date stays what it is, whatever was trained since; `None` = the date is not
/// published.
fn published(output: &Store, as_of: NaiveDate) -> Result<Option<Option<NaiveDate>>> {
    let tells = |log: &Log| log.of_date(as_of).is_some() || log.newest_date().is_none_or(|newest| newest < as_of);
    let log = Log::read_until(output, tells)?;
    let used = |record: &Record| {
        record.inputs.iter().find(|input| input.table == MODEL).and_then(|input| learnt::date_of(&input.url))
    };
    Ok(log.of_date(as_of).map(used))
}

/// As the record names it.
pub(super) fn input(stored: &Stored) -> InputObject {
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

/// What whoever reads the run is told of it.
pub(super) fn note(stored: &Stored) -> Option<String> {
    let (as_of, why) = (stored.model.as_of, stored.model.refusal()?);
    Some(format!(
        "the model of {as_of} was refused ({why}): chances are those of the share of late bills of each account"
    ))
}
