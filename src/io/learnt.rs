//! Models of payment in an output: one object for each date that somebody trained on, `models/2026-06-28.json`.
//!
//! An object is created once and never written again, so a run of a date is the same run for ever. One conditional create is all
//! there is to commit: a commit record in the log would say no more than the object itself.

use bytes::Bytes;
use chrono::NaiveDate;

use super::log::{InputObject, Record};
use super::store::{Created, Store};
use crate::domain::action::sha256_hex;
use crate::domain::learning::model::{MODEL_VERSION, PaymentModel};
use crate::error::{Damage, Error, Result};

const FOLDER: &str = "models";
/// What records and lineage call the input that a model is.
pub const MODEL: &str = "model";

/// A model with where it stands.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What was learnt.
    pub model: PaymentModel,
    /// Its object.
    pub url: String,
    /// Bytes of the object.
    pub size: u64,
    /// Of the object.
    pub sha256: String,
}

impl Stored {
    /// What whoever reads a run is told where its chances are not used.
    pub fn refusal(&self) -> Option<String> {
        let (as_of, why) = (self.model.as_of, self.model.refusal()?);
        Some(format!(
            "the model of {as_of} was refused ({why}): chances are those of the share of late bills of each account"
        ))
    }
}

/// Where the model of a date stands, below the output.
pub fn key_of(as_of: NaiveDate) -> String {
    format!("{FOLDER}/{as_of}.json")
}

/// The date of the model at such a key or URL; `None` = nothing of ours stands there.
pub fn date_of(key: &str) -> Option<NaiveDate> {
    let (_, file) = key.rsplit_once('/')?;
    let date = file.strip_suffix(".json")?.parse().ok()?;
    key.ends_with(&key_of(date)).then_some(date)
}

/// The dates on which a model was trained, the oldest first; what is not named like a model is somebody else's.
///
/// # Errors
/// `Unavailable`.
pub fn dates(output: &Store) -> Result<Vec<NaiveDate>> {
    let mut dates: Vec<NaiveDate> = output.list(FOLDER)?.iter().filter_map(|object| date_of(&object.key)).collect();
    dates.sort_unstable();
    Ok(dates)
}

/// The model of a date; `None` where there is none.
///
/// # Errors
/// `PublishedDamaged` where it cannot be read, or is of another date or version, `Unavailable`.
pub fn read(output: &Store, as_of: NaiveDate) -> Result<Option<Stored>> {
    let key = key_of(as_of);
    let Some(bytes) = output.get(&key)? else { return Ok(None) };
    let url = output.url_of(&key);
    let model: Option<PaymentModel> = serde_json::from_slice(&bytes).ok();
    match model.filter(|model| model.is_whole() && model.as_of == as_of) {
        Some(model) => Ok(Some(Stored { model, url, size: bytes.len() as u64, sha256: sha256_hex(&bytes) })),
        None => Err(Error::PublishedDamaged { object: url, damage: damage(&bytes) }),
    }
}

/// Why it cannot be used. The version is read alone: another one may have any other fields.
fn damage(bytes: &[u8]) -> Damage {
    let object: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    let version: Option<u32> = object.and_then(|object| object.get("model_version")?.as_u64()?.try_into().ok());
    match version {
        Some(found) if found != MODEL_VERSION => Damage::ModelVersion { found, known: MODEL_VERSION },
        _ => Damage::NotAModel,
    }
}

/// The model of a date that somebody names, for a run of a later one; `None` = it is gone since it was listed.
///
/// # Errors
/// `NoModel` where it was not trained, or not before the run; `PublishedDamaged` where it cannot be read or is of another tenant;
/// `Unavailable`.
pub fn named(output: &Store, tenant: &str, named: NaiveDate, as_of: NaiveDate) -> Result<Option<Stored>> {
    let dates = dates(output)?;
    if named >= as_of || !dates.contains(&named) {
        let is_late = dates.contains(&named);
        let dates = dates.into_iter().filter(|date| *date < as_of).collect();
        return Err(Error::NoModel { named, is_late, dates });
    }
    read(output, named)?.map(|stored| of_tenant(stored, tenant)).transpose()
}

/// The newest of those trained before the date that can be read and were not refused, else the newest that was: a model orders and
/// selects, and doubt about one keeps nobody from being decided on. A training on half an export does not push a good model aside.
///
/// # Errors
/// `Unavailable`.
pub fn newest(output: &Store, tenant: &str, as_of: NaiveDate) -> Result<(Option<Stored>, Vec<String>)> {
    let (mut stored, mut refused, mut passed_over) = (None, None, Vec::new());
    for date in dates(output)?.into_iter().rev().filter(|date| *date < as_of) {
        let read = read(output, date);
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

/// The models that the record of a run names: the newest it used, the others are those of earlier runs, which it looked back on.
pub fn inputs_of(record: &Record) -> impl Iterator<Item = &InputObject> {
    record.inputs.iter().filter(|input| input.table == MODEL)
}

/// The model that a run used.
pub fn used_by(record: &Record) -> Option<&InputObject> {
    inputs_of(record).max_by_key(|input| date_of(&input.url))
}

/// Publishes a model; says whether it was there already.
///
/// # Errors
/// `ModelStands` where another model of its date stands there, `PublishedDamaged` where something else does, `Unavailable`.
pub fn publish(output: &Store, model: &PaymentModel) -> Result<(Stored, bool)> {
    let key = key_of(model.as_of);
    let failed = |e: serde_json::Error| Error::Internal { object: key.clone(), what: e.to_string() };
    let bytes = Bytes::from(serde_json::to_vec_pretty(model).map_err(failed)?);
    let (url, size, sha256) = (output.url_of(&key), bytes.len() as u64, sha256_hex(&bytes));
    let stored = Stored { model: model.clone(), url: url.clone(), size, sha256 };
    match output.create(&key, bytes.clone())? {
        Created::Yes => Ok((stored, false)),
        Created::Exists if output.get(&key)?.is_some_and(|there| there == bytes) => Ok((stored, true)),
        // What is no model of this version is told as what it is.
        Created::Exists => {
            Err(read(output, model.as_of).err().unwrap_or(Error::ModelStands { as_of: model.as_of, object: url }))
        }
    }
}
