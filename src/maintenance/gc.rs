//! Garbage collection: what attempts left behind that never published.
//!
//! A run that died, lost a race or was refused leaves files below `runs/` that no record names. They are invisible to
//! every reader and only cost space. The clock is the store's own, so a machine whose clock is wrong deletes nothing
//! that is young.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Utc};

use crate::error::{Error, Result};
use crate::io::log::{FOLDERS, Log};
use crate::io::store::{Listed, Store, is_staged};
use crate::runtime::progress::Progress;

/// One folder that no record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// `runs/{as_of}/{run_id}`, or the key of a probe or of a write that was cut short.
    pub folder: String,
    /// Of every object in it.
    pub keys: Vec<String>,
    /// Of all of them.
    pub bytes: u64,
    /// When the last of it was written.
    pub modified: DateTime<Utc>,
}

/// Attempts that no record names and that nobody has written to for so many days.
///
/// # Errors
/// `PublishedDamaged` where the log cannot be read: then nothing can be told apart. `Unavailable`.
pub fn orphans(output: &Store, days: u32, nonce: &str) -> Result<Vec<Orphan>> {
    let before =
        clock_of(output, nonce)?.checked_sub_days(Days::new(u64::from(days))).unwrap_or(DateTime::<Utc>::MIN_UTC);
    // Listed before the log is read: what is published in between is named by the log.
    let mut objects = output.list("runs")?;
    objects.extend(output.list("_control")?);
    for folder in FOLDERS {
        objects.extend(output.staged(folder)?);
    }
    let log = Log::read(output)?;
    let published: BTreeSet<&str> =
        log.records.iter().flat_map(|r| &r.files).filter_map(|file| folder_of(&file.path)).collect();
    let mut orphans: BTreeMap<String, Orphan> = BTreeMap::new();
    for Listed { key, size, modified } in objects {
        let Some(folder) = folder_of(&key).filter(|folder| !published.contains(folder)) else { continue };
        let orphan = orphans.entry(folder.to_owned()).or_insert_with(|| Orphan {
            folder: folder.to_owned(),
            keys: Vec::new(),
            bytes: 0,
            modified,
        });
        orphan.keys.push(key.clone());
        orphan.bytes += size;
        orphan.modified = orphan.modified.max(modified);
    }
    Ok(orphans.into_values().filter(|orphan| orphan.modified < before).collect())
}

/// `runs/2026-06-30/3f0c-1` of a file in it; a probe, and a write that was cut short, stand for themselves; `None` = not
/// ours to delete.
fn folder_of(key: &str) -> Option<&str> {
    if key.starts_with("_control/probe-") || key.starts_with("_control/clock-") || is_staged(key) {
        return Some(key);
    }
    let rest = key.strip_prefix("runs/")?;
    let (date, rest) = rest.split_once('/')?;
    let (run_id, _) = rest.split_once('/')?;
    Some(&key[.."runs/".len() + date.len() + 1 + run_id.len()])
}

/// Deletes orphans, whole folders at a time.
///
/// # Errors
/// `Unavailable`; what is deleted by then stays deleted, and the next call goes on.
pub fn delete(output: &Store, orphans: &[Orphan], progress: &dyn Progress) -> Result<()> {
    progress.begin("delete", orphans.iter().map(|l| l.keys.len() as u64).sum());
    for key in orphans.iter().flat_map(|l| &l.keys) {
        output.delete(key)?;
        progress.advance(1);
    }
    Ok(())
}

/// The time by the clock of the store: when an object that is written now was written.
fn clock_of(output: &Store, nonce: &str) -> Result<DateTime<Utc>> {
    let key = format!("_control/clock-{nonce}");
    output.put(&key, "".into())?;
    let listed = output.list("_control")?;
    output.delete(&key)?;
    let written = listed.into_iter().find(|object| object.key == key);
    let what = "what was written is not listed".to_owned();
    written.map(|object| object.modified).ok_or(Error::Unavailable { object: output.url_of(&key), what })
}

#[cfg(test)]
mod tests {
    use super::folder_of;

    #[test]
    fn only_attempts_and_probes_are_ever_deleted() {
        for (key, folder) in [
            ("runs/2026-06-30/ab-1/actions/part-00000.parquet", Some("runs/2026-06-30/ab-1")),
            ("runs/2026-06-30/ab-1/run_results.json", Some("runs/2026-06-30/ab-1")),
            ("_control/probe-00ff", Some("_control/probe-00ff")),
            ("outbox/dt=2026-06-30/part-00000.ndjson#1", Some("outbox/dt=2026-06-30/part-00000.ndjson#1")),
            ("models/2026-06-28.json#1", Some("models/2026-06-28.json#1")),
            ("models/2026-06-28.json", None),
            ("_control/HALT", None),
            ("_log/00000000000000000001.json", None),
            ("outbox/dt=2026-06-30/channel=email/part-00000.ndjson", None),
            ("kpi_current/kpi_aging.parquet", None),
            ("runs/readme.txt", None),
            ("runs/2026-06-30/notes.txt", None),
        ] {
            assert_eq!(folder_of(key), folder, "{key}");
        }
    }
}
