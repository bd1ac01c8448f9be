//! The files of an export: found, put together where they are one table in parts or one of each day, and a bounded
//! sample of their rows read.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use tokio::runtime::Handle;

use super::content::Facts;
use crate::error::{Error, Result};
use crate::io::parquet::Source;
use crate::io::store::{Store, split_glob};

/// Rows of an export that are read, at most: half from its first file, half from its last.
pub const ROWS_MAX: usize = 10_000;
/// Files of an export whose footers are read; what is said of its rows is of these.
const FOOTERS_MAX: usize = 50;
/// Files of a folder that are looked at.
const FILES_MAX: usize = 20_000;
const ENDINGS: [&str; 3] = [".parquet", ".parq", ".pq"];
/// Endings of tables that are no Parquet files: they may be what is missing.
const OTHER_TABLES: [&str; 6] = [".csv", ".xlsx", ".xls", ".txt", ".json", ".avro"];
/// Characters of a path that is shown whole.
const PATH_SHOWN_MAX: usize = 60;
const AS_OF: &str = "{as_of}";

/// One table of the user's: a file, or several that are read together.
#[derive(Debug)]
pub struct Export {
    /// As `[inputs.X] path` would name it, from where `regua init` runs.
    pub path: String,
    /// Of its newest file, without folder and ending.
    pub stem: String,
    /// As the footers say.
    pub rows: u64,
    /// That were read.
    pub rows_read: usize,
    /// Are there files that were not looked at?
    pub has_more: bool,
    /// Its columns, in the order of the file.
    pub columns: Vec<Facts>,
    /// The date in its path.
    pub dated: Option<NaiveDate>,
    /// When its youngest file was written.
    pub written: NaiveDate,
}

impl Export {
    /// The last part of its path, for tables.
    pub fn name(&self) -> &str {
        let shown = self.path.rsplit('/').next().unwrap_or(&self.path);
        // Of parts the folder says what they are parts of.
        let is_told_by_folder = shown.contains(['*', '{']) || shown.starts_with("part-");
        if is_told_by_folder && self.path.len() < PATH_SHOWN_MAX { &self.path } else { shown }
    }

    /// Were all its rows read?
    pub fn is_whole(&self) -> bool {
        self.rows_read as u64 == self.rows && !self.has_more
    }
}

/// What there is to look at.
#[derive(Debug, Default)]
pub struct Found {
    /// Tables that can be read.
    pub exports: Vec<Export>,
    /// Files that are no such table, and why.
    pub left: Left,
}

/// Files that are no table that can be read, and why.
type Left = Vec<(String, String)>;

/// One file, before it is opened.
struct Candidate {
    folder: String,
    key: String,
}

impl Candidate {
    fn path(&self) -> String {
        if self.folder.is_empty() { self.key.clone() } else { format!("{}/{}", self.folder, self.key) }
    }
}

/// Finds and samples every table below the folders and files.
///
/// # Errors
/// `NoExports` where a place holds nothing at all, `Unavailable` where a store does not answer, as `Store::open`.
pub fn find(places: &[String], runtime: &Handle) -> Result<Found> {
    let mut found = Found::default();
    let mut candidates = Vec::new();
    for place in places {
        let (of_place, left) = look(place, runtime)?;
        if of_place.is_empty() && left.is_empty() {
            return Err(Error::NoExports { place: place.clone() });
        }
        candidates.extend(of_place);
        found.left.extend(left);
    }
    candidates.sort_by_key(Candidate::path);
    candidates.dedup_by_key(|candidate| candidate.path());
    let all: Vec<String> = candidates.iter().map(Candidate::path).collect();
    let mut groups: BTreeMap<(String, String), Vec<Opened>> = BTreeMap::new();
    for (pattern, files) in by_pattern(candidates, &mut found.left) {
        for file in open(&newest(files), runtime, &mut found.left)? {
            let schema: Vec<String> = file.source.schema().fields().iter().map(|f| f.name().clone()).collect();
            groups.entry((pattern.clone(), schema.join("\u{1f}"))).or_default().push(file);
        }
    }
    for files in groups.into_values() {
        match export(files, &all) {
            Ok(exports) => found.exports.extend(exports),
            // The footer can be read, and the rows cannot.
            Err(Error::InputUnreadable { object, why }) => found.left.push((object, format!("{why}; export it again"))),
            Err(error) => return Err(error),
        }
    }
    if found.exports.is_empty() && found.left.is_empty() {
        return Err(Error::NoExports { place: places.join(", ") });
    }
    Ok(found)
}

/// The files of a place, and those among them that are no Parquet files.
fn look(place: &str, runtime: &Handle) -> Result<(Vec<Candidate>, Left)> {
    let place = place.trim_end_matches('/');
    if Path::new(place).is_file() && is_other_table(place) {
        return Ok((Vec::new(), vec![(place.to_owned(), not_parquet(place))]));
    }
    let is_file = ENDINGS.iter().any(|ending| place.ends_with(ending)) || Path::new(place).is_file();
    if is_file && !Path::new(place).is_dir() {
        let (folder, key) = split_glob(place);
        let is_there = Store::open(&folder, runtime)?.pin_one(&key)?.is_some();
        let folder = place.strip_suffix(&key).unwrap_or_default().trim_end_matches('/').to_owned();
        return Ok((is_there.then_some(Candidate { folder, key }).into_iter().collect(), Vec::new()));
    }
    let (mut files, mut left) = (Vec::new(), Vec::new());
    for listed in Store::open(place, runtime)?.list("")?.into_iter().take(FILES_MAX) {
        // What begins so is a tool's own: `_delta_log`, `_SUCCESS`, Régua's `_log`.
        if listed.key.split('/').any(|part| part.starts_with(['.', '_'])) || is_published(&listed.key) {
            continue;
        }
        let lower = listed.key.to_lowercase();
        if ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
            files.push(Candidate { folder: place.to_owned(), key: listed.key });
        } else if is_other_table(&lower) {
            let path = format!("{place}/{}", listed.key);
            left.push((path.clone(), not_parquet(&path)));
        }
    }
    Ok((files, left))
}

fn is_other_table(path: &str) -> bool {
    let lower = path.to_lowercase();
    OTHER_TABLES.iter().any(|ending| lower.ends_with(ending))
}

/// Why it is left, and what to do.
fn not_parquet(path: &str) -> String {
    match path.strip_suffix(".csv") {
        Some(stem) => format!(
            "it is not a Parquet file; DuckDB makes one of it: copy (from '{path}') to '{stem}.parquet' (format parquet)"
        ),
        None => "it is not a Parquet file; export it as Parquet".to_owned(),
    }
}

/// Is it what a run of Régua has published?
fn is_published(key: &str) -> bool {
    let framed = format!("/{key}");
    ["/runs/", "/outbox/", "/kpi/", "/kpi_current/"].iter().any(|folder| framed.contains(folder))
}

/// Files under one pattern: those whose paths differ in digits alone, or in what follows `part-`.
fn by_pattern(files: Vec<Candidate>, left: &mut Left) -> BTreeMap<String, Vec<Candidate>> {
    let mut groups: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for file in files {
        let path = file.path();
        if path.contains(['{', '}', '$', '*', '?', '[']) {
            let why = "a path in a pipeline cannot hold { } $ * ? or [; rename it".to_owned();
            left.push((path, why));
            continue;
        }
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let name = if name.starts_with("part-") { "part-" } else { name };
        groups.entry(format!("{}/{}", without_digits(dir), without_digits(name))).or_default().push(file);
    }
    groups
}

fn without_digits(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if plain.ends_with('#') => {}
            true => plain.push('#'),
            false => plain.push(c),
        }
    }
    plain
}

/// A file whose footer has been read.
struct Opened {
    path: String,
    source: Source,
}

fn open(files: &[Candidate], runtime: &Handle, left: &mut Left) -> Result<Vec<Opened>> {
    let mut opened = Vec::new();
    // The newest names come last.
    for file in files.iter().rev().take(FOOTERS_MAX).rev() {
        let path = file.path();
        let (folder, key) = split_glob(&path);
        let store = Store::open(&folder, runtime)?;
        let Some(pinned) = store.pin_one(&key)? else { continue };
        match Source::open(&store, pinned) {
            Ok(source) => opened.push(Opened { path, source }),
            Err(Error::InputUnreadable { why, .. }) => left.push((path, format!("{why}; export it again"))),
            Err(error) => return Err(error),
        }
    }
    Ok(opened)
}

/// Of an export of each day the files of the newest.
fn newest(files: Vec<Candidate>) -> Vec<Candidate> {
    let dated = |file: &Candidate| date_in(&file.path()).map(|(date, _)| date);
    let newest = files.iter().filter_map(dated).max();
    files.into_iter().filter(|file| dated(file) == newest).collect()
}

/// The export that these files make.
fn export(files: Vec<Opened>, all: &[String]) -> Result<Vec<Export>> {
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let Some(path) = path_of(&paths, all) else {
        // No path names these and no others: each is a table of its own.
        let alone = |file: Opened| sampled(path_of(&[&file.path], all).unwrap_or_default(), vec![file]);
        return files.into_iter().map(alone).collect();
    };
    Ok(if files.is_empty() { Vec::new() } else { vec![sampled(path, files)?] })
}

fn sampled(path: String, files: Vec<Opened>) -> Result<Export> {
    let (first, last) = (&files[0], &files[files.len() - 1]);
    let fields = first.source.schema().fields();
    let is_flat = |kind: &DataType| !kind.is_nested();
    let flat: Vec<usize> = (0..fields.len()).filter(|at| is_flat(fields[*at].data_type())).collect();
    let share = if files.len() > 1 { ROWS_MAX / 2 } else { ROWS_MAX };
    let mut batches = first.source.sample(&flat, share)?;
    if files.len() > 1 {
        batches.extend(last.source.sample(&flat, share)?);
    }
    let columns = flat.iter().enumerate().map(|(position, at)| {
        let arrays: Vec<_> = batches.iter().filter_map(|batch| batch.columns().get(position).cloned()).collect();
        Facts::of(fields[*at].name(), fields[*at].data_type(), &arrays)
    });
    let written = files.iter().map(|file| file.source.object.modified.date_naive()).max().unwrap_or_default();
    let stem = first.path.rsplit('/').next().unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or_default();
    // Of parts the folder says what they are parts of.
    let folder = first.path.rsplit('/').nth(1).unwrap_or_default();
    let folder = if folder.contains('=') { first.path.rsplit('/').nth(2).unwrap_or_default() } else { folder };
    let stem = if stem.starts_with("part-") || files.len() > 1 { format!("{folder} {stem}") } else { stem.to_owned() };
    Ok(Export {
        path,
        stem,
        rows: files.iter().map(|file| file.source.rows()).sum(),
        rows_read: batches.iter().map(|batch| batch.num_rows()).sum(),
        columns: columns.collect(),
        dated: date_in(&first.path).map(|(date, _)| date),
        has_more: files.len() == FOOTERS_MAX,
        written,
    })
}

/// The one path under which all these are found, and none of the others: a glob where they are several, with `{as_of}` for
/// a date. None where there is no such path.
fn path_of(paths: &[&str], all: &[String]) -> Option<String> {
    let dateless = |path: &str| date_in(path).map_or_else(|| path.to_owned(), |(_, text)| path.replace(&text, AS_OF));
    let dateless: Vec<String> = paths.iter().map(|path| dateless(path)).collect();
    let [first, .., last] = &dateless[..] else { return Some(dateless.concat()) };
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(dir, _)| format!("{dir}/"));
    let folders: Vec<String> = dateless.iter().map(|path| folder(path)).collect();
    let dir = folder_of(&folders)?;
    let (name, other) = (&first[folder(first).len()..], &last[folder(last).len()..]);
    let head: String = name.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    if dateless.iter().all(|path| path.ends_with(&format!("/{name}"))) && !name.starts_with("part-") {
        return Some(format!("{dir}{name}"));
    }
    let head = if name.starts_with("part-") { "part-".to_owned() } else { head };
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    // The next month is to be found, too: `a_2026_0*` would not find it.
    let heads = [head.trim_end_matches(|c: char| c.is_ascii_digit()), head.as_str()];
    let is_theirs = |glob: &String| {
        let pattern = glob::Pattern::new(&glob.replace(AS_OF, "????-??-??")).ok();
        let is_other = |path: &&String| !paths.contains(&path.as_str()) && date_in(path) == date_in(paths[0]);
        let options = glob::MatchOptions { require_literal_separator: true, ..Default::default() };
        pattern.is_some_and(|pattern| !all.iter().filter(is_other).any(|path| pattern.matches_with(path, options)))
    };
    heads.into_iter().map(|head| format!("{dir}{head}*{ending}")).find(is_theirs)
}

/// The folder of files that are read together; `*` stands for the one part in which their folders differ.
fn folder_of(folders: &[String]) -> Option<String> {
    let parts: Vec<Vec<&str>> = folders.iter().map(|folder| folder.split('/').collect()).collect();
    let first = parts.first()?;
    if parts.iter().any(|other| other.len() != first.len()) {
        return None;
    }
    let differs = |at: &usize| parts.iter().any(|other| other[*at] != first[*at]);
    let apart: Vec<usize> = (0..first.len()).filter(differs).collect();
    let [at] = apart[..] else { return apart.is_empty().then(|| folders[0].clone()) };
    // `company=1` and `company=2` are `company=*`.
    let key = first[at].split_once('=').map_or(String::new(), |(key, _)| format!("{key}="));
    let any = format!("{key}*");
    let glob = first.iter().enumerate().map(|(part, text)| if part == at { any.as_str() } else { text });
    Some(glob.collect::<Vec<_>>().join("/"))
}

/// The date in a path, as ISO 8601 writes it.
fn date_in(path: &str) -> Option<(NaiveDate, String)> {
    const LENGTH: usize = 10;
    let starts = (0..path.len().saturating_sub(LENGTH - 1)).filter(|at| path.is_char_boundary(*at));
    let mut dates = starts.filter_map(|at| {
        let text = path.get(at..at + LENGTH)?;
        Some((NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?, text.to_owned()))
    });
    dates.rfind(|(date, text)| date.to_string() == *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_read_together_have_one_path() {
        let cases: &[(&[&str], &str)] = &[
            (&["in/a.parquet"], "in/a.parquet"),
            (&["in/2026-06-30/a.parquet"], "in/{as_of}/a.parquet"),
            (&["in/a_2026-06-30.parquet"], "in/a_{as_of}.parquet"),
            (&["in/part-00000-x.parquet", "in/part-00001-x.parquet"], "in/part-*.parquet"),
            (&["in/a_2026_01.parquet", "in/a_2026_12.parquet"], "in/a_2026_*.parquet"),
            (&["a1.parquet", "a2.parquet"], "a*.parquet"),
        ];
        for (paths, expected) in cases {
            assert_eq!(path_of(paths, &[]).as_deref(), Some(*expected));
        }
        // `SE*` would read the payments as invoices.
        let others = ["SE1010.parquet", "SE1020.parquet", "SE5010.parquet"].map(str::to_owned);
        assert_eq!(path_of(&["SE1010.parquet", "SE1020.parquet"], &others).as_deref(), Some("SE10*.parquet"));
        assert_eq!(path_of(&["a/b/x1.parquet", "c/d/x2.parquet"], &[]), None);
        let parts = ["in/company=1/part-0.parquet", "in/company=2/part-0.parquet"];
        assert_eq!(path_of(&parts, &[]).as_deref(), Some("in/company=*/part-*.parquet"));
        assert_eq!(without_digits("SE1010_2026"), "SE#_#");
        assert!(is_published("output/runs/2026-06-30/x/items/part-0.parquet") && !is_published("in/a.parquet"));
    }
}
