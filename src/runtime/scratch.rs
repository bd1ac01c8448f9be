//! Scratch folders. They hold personal data, so only their owner may read them, and they go with their process.
//!
//! A folder is removed when its value is dropped, or when a signal ends the process. If the process was killed, the
//! next one removes it: every process holds a lock in its own folders as long as it lives.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::runtime::signals;

const PREFIX: &str = "regua-";
const LOCK: &str = "lock";

/// A folder of this process.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes one in this folder, or in the system's for temporary files, and removes those of the dead beside it.
    ///
    /// # Errors
    /// `Location` where the folder that is named is not there or not writable, else `File` where it cannot be made.
    pub fn new(dir: Option<&Path>) -> Result<Scratch> {
        let folder = dir.map_or_else(std::env::temp_dir, Path::to_owned);
        remove_dead(&folder);
        make(&folder).map_err(|error| match (dir, error.kind()) {
            (Some(dir), kind @ (ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied)) => {
                let why = format!("{kind}; create it where regua may write, or correct limits.scratch_dir");
                Error::Location { location: dir.display().to_string(), why }
            }
            _ => Error::file(folder)(error),
        })
    }

    /// Where to write; it is gone once the value is dropped.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn make(dir: &Path) -> std::io::Result<Scratch> {
    let own = Permissions::from_mode(0o700);
    let folder =
        signals::removed_on_signal(|| tempfile::Builder::new().prefix(PREFIX).permissions(own).tempdir_in(dir))?;
    // It is locked before it has its name, so nobody ever finds it free while this process lives. On a file system
    // without locks it never gets the name, and nobody takes the folder for dead.
    let unnamed = folder.path().join("unnamed");
    let lock = File::create(&unnamed)?;
    if lock.lock().is_ok() {
        std::fs::rename(&unnamed, folder.path().join(LOCK))?;
    }
    Ok(Scratch { folder, _lock: lock })
}

/// What cannot be looked into or removed is somebody else's.
fn remove_dead(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_scratch = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if !is_scratch || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let is_dead = File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if is_dead {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_dead_are_removed_and_those_of_the_living_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let alive = Scratch::new(Some(dir.path())).unwrap();
        let dead = dir.path().join("regua-dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join(LOCK), "").unwrap();
        for other in ["regua-without-a-lock", "another"] {
            std::fs::create_dir(dir.path().join(other)).unwrap();
        }
        std::fs::write(dir.path().join("another").join(LOCK), "").unwrap();
        let second = Scratch::new(Some(dir.path())).unwrap();
        assert!(!dead.exists());
        assert!(alive.path().exists() && second.path().exists());
        assert!(dir.path().join("regua-without-a-lock").exists() && dir.path().join("another").exists());
        let path = alive.path().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(alive);
        assert!(!path.exists());
    }
}
