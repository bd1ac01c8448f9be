//! Repair: makes the copies that the log asks for and that are missing.

use crate::error::{Error, Result};
use crate::io::log::{Log, halt};
use crate::io::projection::{copies, follow, repair};
use crate::io::store::Store;
use crate::runtime::progress::Progress;

/// Makes what is missing or differs in `outbox/`, `kpi/` and `kpi_current/`; gives the keys that it made.
///
/// # Errors
/// `PublishedDamaged` where the file that a copy follows from is gone or changed itself; `Halted`.
pub fn make_again(output: &Store, progress: &dyn Progress) -> Result<Vec<String>> {
    if let Some(object) = halt(output)? {
        return Err(Error::Halted { object });
    }
    let log = Log::read(output)?;
    progress.begin("repair", copies(&log).len() as u64);
    let mut made = Vec::new();
    follow(output, log, |copy| {
        let has_made = repair(output, &copy)?;
        if has_made {
            made.push(copy.key);
        }
        progress.advance(1);
        Ok(has_made)
    })?;
    Ok(made)
}
