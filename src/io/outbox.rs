//! The outbox: where a gateway finds the lines of one channel, and the manifest that stands beside them.
//!
//! ```text
//! outbox/dt={as_of}/channel={channel}/                          the first publication of a date
//! outbox/dt={as_of}/revision={r}/channel={channel}/             what revision r adds
//! outbox/dt={as_of}/revision={r}/voids/                         what revision r takes back
//! ```

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::log::{FORMAT_VERSION, Record};

/// Stands for a channel where actions are taken back.
pub const VOIDS: &str = "voids";

/// What stands beside the parts of one folder, so that a gateway needs nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// A reader stops at a version that it does not know.
    #[schemars(extend("const" = FORMAT_VERSION))]
    pub format_version: u32,
    /// The commit record that names these parts.
    pub seq: u64,
    /// The run that decided them.
    pub run_id: String,
    /// The date that they were decided for.
    pub as_of: NaiveDate,
    /// 0 = the first publication of the date.
    pub revision: u32,
    /// The channel of every line, or `voids`.
    pub channel: String,
    /// In the order of their names; a gateway reads them all.
    pub parts: Vec<Part>,
}

/// One file beside the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// `part-00000.ndjson`
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Of the file, as hex.
    #[schemars(pattern("^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Lines.
    pub actions: u64,
}

/// `outbox/dt=2026-06-30`, or below it the folder of a revision.
pub fn revision_folder(as_of: NaiveDate, revision: u32) -> String {
    match revision {
        0 => format!("outbox/dt={as_of}"),
        revision => format!("outbox/dt={as_of}/revision={revision}"),
    }
}

/// The folder of a channel below that.
pub fn folder(channel: &str) -> String {
    if channel == VOIDS { VOIDS.to_owned() } else { format!("channel={channel}") }
}

/// The manifests of a record by the key that each is created under.
pub fn manifests(record: &Record) -> BTreeMap<String, Manifest> {
    let mut manifests = BTreeMap::new();
    for file in &record.files {
        let copy = file.copy_to.as_deref().filter(|key| key.starts_with("outbox/"));
        let Some((folder, name)) = copy.and_then(|key| key.rsplit_once('/')) else { continue };
        let last = folder.rsplit('/').next().unwrap_or_default();
        let manifest = manifests.entry(format!("{folder}/_manifest.json")).or_insert_with(|| Manifest {
            format_version: FORMAT_VERSION,
            seq: record.seq,
            run_id: record.run_id.clone(),
            as_of: record.as_of,
            revision: record.revision,
            channel: last.strip_prefix("channel=").unwrap_or(last).to_owned(),
            parts: Vec::new(),
        });
        let (name, sha256) = (name.to_owned(), file.sha256.clone());
        manifest.parts.push(Part { name, size: file.size, sha256, actions: file.rows });
    }
    manifests
}
