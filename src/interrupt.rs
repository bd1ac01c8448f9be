//! SIGINT and SIGTERM: stop before anything is published, or finish publishing, and never half.
//!
//! A thread waits for the signal. It takes the gate that publication holds while it commits, so that "nothing was
//! published" is true when it is said, and ends the process: everything that a run writes before its record is
//! invisible, so there is nothing to undo.

use std::sync::{Mutex, MutexGuard, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static GATE: Mutex<()> = Mutex::new(());

/// Held by publication from its last look at the log until it knows what became of its record.
pub fn committing() -> MutexGuard<'static, ()> {
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the process with 128 + signal on the first SIGINT or SIGTERM, once no commit is under way.
pub fn watch() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _gate = committing();
            eprintln!("{}", crate::error::Error::Interrupted { signal });
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}
