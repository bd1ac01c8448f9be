//! Repair: makes the copies that the log asks for and that do not stand.

use crate::error::{Error, Result};
use crate::io::log::{Log, halt};
use crate::io::projection::{copies, follow, repair};
use crate::io::store::Store;
use crate::progress::Progress;

/// Makes what is missing or differs in `outbox/`, `kpi/` and `kpi_current/`; gives the keys that it made.
///
/// # Errors
/// `Damaged` where the file that a copy follows from is gone or changed itself; `Halted`.
pub fn make_again(output: &Store, progress: &dyn Progress) -> Result<Vec<String>> {
    if let Some(object) = halt(output)? {
        return Err(Error::Halted { object });
    }
    progress.begin("repair", copies(&Log::read(output)?).len() as u64);
    let mut made = Vec::new();
    follow(output, |copy| {
        if repair(output, &copy)? {
            made.push(copy.key);
        }
        progress.advance(1);
        Ok(())
    })?;
    Ok(made)
}
