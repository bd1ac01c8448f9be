//! What a run says of itself, in files beside what it publishes.

use super::RunResults;
use crate::error::{Error, Result};
use crate::io::log::Record;
use crate::report::lineage::{Described, Teller};
use crate::report::metrics;
use crate::stage::publish::OwnFiles;

/// Its results and metrics, and its lineage where somebody is told of it.
///
/// # Errors
/// `Internal` where the results cannot be written as JSON.
pub(super) fn files(
    record: &Record,
    results: &RunResults,
    (teller, described): (Option<&Teller>, &Described),
) -> Result<OwnFiles> {
    let failed = |e: serde_json::Error| Error::Internal { object: "run_results.json".to_owned(), what: e.to_string() };
    let mut files = vec![
        ("run_results.json", serde_json::to_vec_pretty(results).map_err(failed)?),
        ("metrics.prom", metrics::of_run(record, Some(results)).into_bytes()),
    ];
    let lineage = teller.map(|teller| format!("{}\n", teller.complete(record, described)));
    files.extend(lineage.map(|event| ("lineage.ndjson", event.into_bytes())));
    Ok(files)
}
