//! Models of payment in an output: one object for each date that somebody trained on, `models/2026-06-28.json`.
//!
//! An object is created once and never written again, so a run of a date is the same run for ever. One conditional create is all
//! there is to commit: a commit record in the log would say no more than the object itself.

use bytes::Bytes;
use chrono::NaiveDate;

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
