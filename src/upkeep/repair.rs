//! Repair: makes the copies that the log asks for and that do not stand.

use crate::error::Result;
use crate::io::log::Log;
use crate::io::projection::{self, copies};
use crate::io::store::Store;
use crate::progress::Progress;

/// Makes what is missing or differs in `outbox/`, `kpi/` and `kpi_current/`; gives the keys that it made.
///
/// # Errors
/// `Damaged` where the file that a copy follows from is gone or changed itself.
pub fn repair(output: &Store, progress: &dyn Progress) -> Result<Vec<String>> {
    let copies = copies(&Log::read(output)?);
    progress.begin("repair", copies.len() as u64);
    let mut made = Vec::new();
    for copy in copies {
        if projection::repair(output, &copy)? {
            made.push(copy.key);
        }
        progress.advance(1);
    }
    Ok(made)
}
