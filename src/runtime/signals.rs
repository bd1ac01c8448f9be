//! SIGINT and SIGTERM: stop before anything is published, or finish publishing, and never half.
//!
//! A thread waits for the signal. It takes the gate that publication holds while it commits, so that "nothing was
//! published" is true when it is said, removes the scratch folders, and ends the process: everything that a run writes
//! before its record is invisible, so there is nothing to undo.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tempfile::TempDir;

/// Whether this process has committed its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    Open,
    Done,
}

static GATE: Mutex<Commit> = Mutex::new(Commit::Open);
static SCRATCH: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static FAREWELL: Mutex<Option<Farewell>> = Mutex::new(None);
static IS_ENDING: AtomicBool = AtomicBool::new(false);

const AFTER_PUBLICATION: &str = "interrupted after publication: the record is there; run again to complete its copies";
/// Times that a scratch folder is removed again, because a worker wrote into it meanwhile.
const REMOVALS_MAX: u32 = 20;
const REMOVAL_PAUSE: Duration = Duration::from_millis(50);

/// Tells others, of an exit code and a message, that the process ends.
type Farewell = Box<dyn FnOnce(u8, &str) + Send>;

/// Has somebody told, once, before a signal ends the process.
pub fn told_on_signal(tell: impl FnOnce(u8, &str) + Send + 'static) {
    *FAREWELL.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(tell));
}

/// Held by publication from its last look at the log until it knows what became of its record.
pub fn committing() -> MutexGuard<'static, Commit> {
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a folder that a signal removes before it ends the process; once it does, no more are made.
///
/// # Errors
/// That of `make`.
pub fn removed_on_signal(make: impl FnOnce() -> std::io::Result<TempDir>) -> std::io::Result<TempDir> {
    let mut known = SCRATCH.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = make()?;
    known.push(folder.path().to_owned());
    Ok(folder)
}

/// Leaves the last word to a signal that is being handled: the work fails because its scratch folder is gone.
pub fn let_finish() {
    while IS_ENDING.load(Ordering::SeqCst) {
        std::thread::sleep(REMOVAL_PAUSE);
    }
}

/// Ends the process with 128 + signal on the first SIGINT or SIGTERM, once no commit is under way.
///
/// # Errors
/// Where the handler or its thread cannot be set up.
pub fn watch() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let gate = committing();
            IS_ENDING.store(true, Ordering::SeqCst);
            let interrupted = crate::error::Error::Interrupted { signal };
            let exit_code = interrupted.exit_code();
            let message = match *gate {
                Commit::Open => interrupted.to_string(),
                Commit::Done => AFTER_PUBLICATION.to_owned(),
            };
            tracing::error!(exit_code, "{message}");
            if let Some(tell) = FAREWELL.lock().unwrap_or_else(PoisonError::into_inner).take() {
                tell(exit_code, &message);
            }
            let known = SCRATCH.lock().unwrap_or_else(PoisonError::into_inner);
            known.iter().for_each(|folder| remove(folder));
            std::process::exit(exit_code.into());
        }
    })?;
    Ok(())
}

fn remove(folder: &Path) {
    for _ in 0..REMOVALS_MAX {
        match std::fs::remove_dir_all(folder) {
            Ok(()) => return,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return,
            Err(_) => std::thread::sleep(REMOVAL_PAUSE),
        }
    }
}
