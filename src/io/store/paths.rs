//! Paths and URLs as text: globs, dots, and the names that a local store gives to unfinished files.

use std::path::{Component, Path, PathBuf};

/// Splits a path or URL with globs into the folder to open and the pattern below it.
///
/// ```
/// use regua::io::store::split_glob;
/// assert_eq!(split_glob("s3://b/in/dt=2026-01-01/*.parquet"), ("s3://b/in/dt=2026-01-01".into(), "*.parquet".into()));
/// assert_eq!(split_glob("/data/invoices.parquet"), ("/data".into(), "invoices.parquet".into()));
/// ```
pub fn split_glob(path: &str) -> (String, String) {
    let first = path.find(['*', '?', '[']).unwrap_or(path.len());
    match path[..first].rfind('/') {
        Some(0) => ("/".to_owned(), path[1..].to_owned()),
        Some(cut) => (path[..cut].to_owned(), path[cut + 1..].to_owned()),
        None => (".".to_owned(), path.to_owned()),
    }
}

/// A path of this machine in full, without dots.
pub fn absolute(path: &str) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    without_dots(&path).to_string_lossy().into_owned()
}

/// `part-00000.ndjson#1`: what `object_store` calls a local file until it is whole.
pub fn is_staged(key: &str) -> bool {
    key.rsplit_once('#').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// `a/./b/../c` as `a/c`: object paths know no dots.
pub(super) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
