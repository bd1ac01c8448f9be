//! Which model of payment a run uses: one that was trained before its date, so that the same date again finds the same model.

use chrono::NaiveDate;

use crate::config::{ModelChoice, Plan};
use crate::error::{Error, Result};
use crate::io::learnt::{self, Stored};
use crate::io::log::InputObject;
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
        ModelChoice::Newest => learnt::dates(output)?.into_iter().rfind(|date| *date < as_of),
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

/// As the record names it.
pub(super) fn input(stored: &Stored) -> InputObject {
    InputObject {
        table: MODEL.to_owned(),
        url: stored.url.clone(),
        size: stored.size,
        e_tag: None,
        version: None,
        rows: 1,
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
