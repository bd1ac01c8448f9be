//! Where inputs, models and templates come from.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use chrono::format::StrftimeItems;
use chrono::{NaiveDate, NaiveTime};

use super::{Document, PlanBuilder, unknown};
use crate::config::raw::{RawDateFormats, RawInput, RawOutput};
use crate::config::{InputPlan, SqlFile, shipped};
use crate::contract::{self, TODO};
use crate::domain::pii::has_credentials;
use crate::error::Fault;

/// How the models of a folder are called: what is in 40_kpis is published, and what is in 35_facts is not.
const PREFIXES: [(&str, &[&str]); 2] = [("35_facts/", &["fct_"]), ("40_kpis/", &["kpi_", "all_"])];

/// The folders in which a run keeps what it publishes.
const KEPT: [&str; 6] = ["/_log", "/_control", "/runs", "/outbox", "/kpi", "/kpi_current"];

const WITHOUT_DELTA: &str = "this regua was built without Delta Lake; build it with `cargo install --path . --features delta`, or take the key out";

/// The ending of a file that says what a model makes of given rows.
const SPECIFICATION: &str = "spec";

impl PlanBuilder<'_> {
    /// A path beside the pipeline file, or a URL as it is.
    pub(super) fn located(&self, path: &str) -> String {
        if path.contains("://") || Path::new(path).is_absolute() {
            path.to_owned()
        } else {
            plain(&self.path(path)).to_string_lossy().into_owned()
        }
    }

    /// Where runs publish, and where Delta tables follow.
    pub(super) fn output(&mut self, document: &Document, raw: &RawOutput) -> (String, Option<String>) {
        let output = self.located(&raw.path);
        self.refuse_credentials(document, "/output/path", &output);
        let delta = raw.delta.as_deref().map(|path| self.located(path));
        if let Some(delta) = &delta {
            self.refuse_credentials(document, "/output/delta", delta);
            if !cfg!(feature = "delta") {
                self.refuse(document, "/output/delta", WITHOUT_DELTA);
            }
            if raw.delta.as_deref().is_some_and(|path| path.trim().is_empty()) {
                self.refuse(document, "/output/delta", "it is empty; name a folder or a URL, or take the key out");
            }
            if delta.contains('%') {
                self.refuse(document, "/output/delta", "a prefix of Delta tables has no % in it; name another");
            }
            if is_kept(&output, delta) || is_below(delta, &output) {
                let message = "Delta tables want a prefix of their own: other files are kept here; name another, such as ../delta";
                self.refuse(document, "/output/delta", message);
            }
        }
        (output, delta)
    }

    pub(super) fn refuse_credentials(&mut self, document: &Document, pointer: &str, path: &str) {
        if has_credentials(path) {
            let message =
                "a URL with credentials is refused: they come from the environment or the workload's identity";
            self.refuse(document, pointer, message);
        }
    }

    pub(super) fn inputs(&mut self, document: &Document, raw: &BTreeMap<String, RawInput>) -> Vec<InputPlan> {
        let names: Vec<&str> = contract::INPUTS.iter().map(|t| t.name).collect();
        for name in raw.keys().filter(|name| !names.contains(&name.as_str())) {
            self.refuse(document, &format!("/inputs/{name}"), unknown("input", name, names.iter().copied()));
        }
        for table in contract::INPUTS.iter().filter(|t| t.required && !raw.contains_key(t.name)) {
            self.refuse(
                document,
                "/inputs",
                format!("the input `{}` is required; name it in [inputs.{0}]", table.name),
            );
        }
        let known = contract::INPUTS.iter().filter_map(|table| Some((table, raw.get(table.name)?)));
        known.map(|(table, input)| self.input(document, table, input)).collect()
    }

    pub(super) fn input(&mut self, document: &Document, table: &'static contract::Table, raw: &RawInput) -> InputPlan {
        let at = format!("/inputs/{}", table.name);
        if raw.path.is_empty() {
            self.refuse(document, &at, format!("`{}` lacks the key `path`", table.name));
        }
        let columns = || table.columns.iter().map(|c| c.name);
        let mapped = raw.columns.keys().map(|c| ("columns", c)).chain(raw.values.keys().map(|c| ("values", c)));
        for (section, name) in mapped.filter(|(_, name)| table.column(name).is_none()) {
            self.refuse(document, &format!("{at}/{section}/{name}"), unknown("column", name, columns()));
        }
        for (name, values) in &raw.values {
            let words = match table.column(name).map(|c| c.kind) {
                Some(contract::Kind::Enum(words)) => words,
                Some(contract::Kind::Bool) => &["true", "false"],
                _ => continue,
            };
            let is_wrong = |to: &str| !words.contains(&to) && !to.starts_with(TODO);
            for (from, to) in values.iter().filter(|(_, to)| is_wrong(to)) {
                let message = unknown("value", to, words.iter().copied());
                self.refuse(document, &format!("{at}/values/{name}/{from}"), message);
            }
        }
        if raw.path.replace("{as_of}", "").contains(['{', '}']) {
            let message = "the only name in braces that a path may hold is {as_of}, the date of the run".to_owned();
            self.refuse(document, &format!("{at}/path"), message);
        }
        self.refuse_undecided(document, &at, raw);
        let path = self.located(&raw.path);
        self.refuse_credentials(document, &format!("{at}/path"), &path);
        self.refuse_elsewhere(document, &at, table.name, raw);
        let plain = InputPlan::new(table, path);
        InputPlan {
            columns: raw.columns.clone(),
            values: raw.values.clone(),
            amount_from_float: raw.amount_from_float,
            sign: raw.sign.unwrap_or_default(),
            date_formats: self.date_formats(document, &format!("{at}/date_format"), raw),
            null_dates: match &raw.null_dates {
                None => plain.null_dates,
                Some(dates) => self.null_dates(document, &format!("{at}/null_dates"), dates),
            },
            scope: raw.scope.unwrap_or_default(),
            unidentified: raw.unidentified.unwrap_or_default(),
            max_age_days: raw.max_age_days,
            lag_days_max: raw.lag_days_max.or(plain.lag_days_max),
            ..plain
        }
    }

    /// What `regua init` could not tell, and nobody has decided yet.
    fn refuse_undecided(&mut self, document: &Document, at: &str, raw: &RawInput) {
        let undecided =
            |value: &str| value.strip_prefix(TODO).map(|what| what.trim_start_matches([':', ' ']).to_owned());
        let mut refuse = |pointer: String, key: &str, what: String| {
            let what = if what.is_empty() { what } else { format!(" ({what})") };
            self.refuse(
                document,
                &pointer,
                format!("`{key}` is still to be decided{what}; write your answer in its place"),
            );
        };
        if let Some(what) = undecided(&raw.path) {
            refuse(format!("{at}/path"), "path", what);
        }
        for (column, theirs) in &raw.columns {
            if let Some(what) = undecided(theirs) {
                refuse(format!("{at}/columns/{column}"), column, what);
            }
        }
        for (column, code, ours) in raw.values.iter().flat_map(|(c, values)| values.iter().map(move |(k, v)| (c, k, v)))
        {
            if let Some(what) = undecided(ours) {
                refuse(format!("{at}/values/{column}/{code}"), &format!("{column}: {code}"), what);
            }
        }
    }

    /// Keys that mean something in some inputs only.
    fn refuse_elsewhere(&mut self, document: &Document, at: &str, table: &str, raw: &RawInput) {
        let keys: [(&str, bool, &[&str]); 3] = [
            ("sign", raw.sign.is_some(), &["invoices", "payments"]),
            ("scope", raw.scope.is_some(), &["invoices"]),
            ("unidentified", raw.unidentified.is_some(), &["payments"]),
        ];
        for (key, is_set, homes) in keys {
            if is_set && !homes.contains(&table) {
                let message = format!("`{key}` does not apply to {table}, only to {}; remove it", homes.join(" and "));
                self.refuse(document, &format!("{at}/{key}"), message);
            }
        }
        if raw.lag_days_max.is_some() && table == "invoices" {
            let message = "the other inputs are compared with invoices; set it in their sections instead";
            self.refuse(document, &format!("{at}/lag_days_max"), message);
        }
    }

    /// A format is one that reads back the date that it has written.
    fn date_formats(&mut self, document: &Document, at: &str, raw: &RawInput) -> Vec<String> {
        let formats = raw.date_format.as_ref().map(RawDateFormats::as_slice).unwrap_or_default();
        for (position, format) in formats.iter().enumerate().filter(|(_, format)| !is_date_format(format)) {
            let message = match format.strip_prefix(TODO) {
                Some(what) => {
                    format!("`date_format` is still to be decided ({}); write your answer in its place", what.trim())
                }
                None => format!("{format:?} is not the format of a whole date; write it in strftime form: %d/%m/%Y"),
            };
            let is_list = matches!(raw.date_format, Some(RawDateFormats::Many(_)));
            self.refuse(document, &if is_list { format!("{at}/{position}") } else { at.to_owned() }, message);
        }
        if raw.date_format.is_some() && formats.is_empty() {
            self.refuse(document, at, "the list of formats is empty; name at least one, such as %d/%m/%Y");
        }
        formats.to_vec()
    }

    fn null_dates(&mut self, document: &Document, at: &str, dates: &[String]) -> Vec<NaiveDate> {
        let mut read = Vec::with_capacity(dates.len());
        for (position, date) in dates.iter().enumerate() {
            match date.parse() {
                Ok(date) => read.push(date),
                Err(_) => {
                    let message = format!("{date:?} is not a date; write it like 9999-12-31");
                    self.refuse(document, &format!("{at}/{position}"), message);
                }
            }
        }
        read
    }

    /// The SQL models in path order: the shipped ones, and over them those of `sql_dir`.
    pub(super) fn sql(&mut self, document: &Document, dir: Option<&str>) -> Vec<SqlFile> {
        let mut files: BTreeMap<String, SqlFile> = shipped::models().map(|f| (f.path.clone(), f)).collect();
        let at = "/pipeline/sql_dir";
        for (path, text) in dir.map(|dir| self.files_below(document, at, dir, &["*/*.sql"])).unwrap_or_default() {
            let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            if let Some(other) = files.keys().find(|other| **other != path && name(other) == name(&path)) {
                let message =
                    format!("{path} has the name of {other}; to replace it, put it into the folder of that name");
                self.refuse(document, at, message);
            }
            if files.contains_key(&path) && path.starts_with(shipped::AUDITS) {
                let message = format!(
                    "{path} is one of the program's audits, and those hold for every run; name yours otherwise"
                );
                self.refuse(document, at, message);
            }
            let stem = name(&path).trim_end_matches(".sql").to_owned();
            let prefixes = PREFIXES.iter().find(|(folder, _)| path.starts_with(folder)).map(|(_, prefixes)| *prefixes);
            let prefixes =
                prefixes.filter(|prefixes| !files.contains_key(&path) && !prefixes.iter().any(|p| stem.starts_with(p)));
            if let Some(prefixes) = prefixes {
                let message =
                    format!("{path}: the name of a model in that folder begins with {}", prefixes.join(" or "));
                self.refuse(document, at, message);
            }
            if !files.contains_key(&path) && is_reserved(&stem) {
                let message = format!("{path} has the name of a table that the program makes itself; give it another");
                self.refuse(document, at, message);
            }
            if calls_itself(&text) && !files.get(&path).is_some_and(|shipped| calls_itself(&shipped.text)) {
                let message = format!(
                    "{path}: a query that calls itself (`with recursive`) may never end; join a table of numbers"
                );
                self.refuse(document, at, message);
            }
            files.insert(path.clone(), SqlFile { path, text, is_own: true });
        }
        files.into_values().collect()
    }

    /// What the user's own models should make of given rows: no part of what a run is made of, so it is not read here.
    pub(super) fn specifications(&self, dir: Option<&str>) -> Vec<PathBuf> {
        let Some(dir) = dir else { return Vec::new() };
        let folder = glob::Pattern::escape(&plain(&self.path(dir)).to_string_lossy());
        glob::glob(&format!("{folder}/*/*.{SPECIFICATION}")).into_iter().flatten().flatten().collect()
    }

    /// Every file that one of the patterns fits: its path below `dir` and its text, in the order of patterns and paths.
    pub(super) fn files_below(
        &mut self,
        document: &Document,
        at: &str,
        dir: &str,
        patterns: &[&str],
    ) -> Vec<(String, String)> {
        let root = plain(&self.path(dir));
        let folder = glob::Pattern::escape(&root.to_string_lossy());
        let fitting = |pattern: &&str| glob::glob(&format!("{folder}/{pattern}")).into_iter().flatten().flatten();
        let paths: Vec<PathBuf> = patterns.iter().flat_map(fitting).collect();
        if paths.is_empty() {
            let message = match at.ends_with("/templates") {
                true => format!(
                    "there are no templates below {}; correct `templates`, or copy one there with `regua eject`",
                    root.display()
                ),
                false => format!("there is no {} below {}; correct the path", patterns.join(" or "), root.display()),
            };
            self.refuse(document, at, message);
        }
        self.note_unread(&root, &folder, &paths);
        let mut files = Vec::new();
        for path in paths {
            let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
            files.extend(self.text(&path, Some((document, at))).map(|text| (name, text)));
        }
        files
    }

    /// What stands below a folder and fits none of its patterns: somebody may think that it is used.
    fn note_unread(&mut self, root: &Path, folder: &str, read: &[PathBuf]) {
        let all = glob::glob(&format!("{folder}/**/*")).into_iter().flatten().flatten().filter(|path| path.is_file());
        let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_tried = |path: &Path| path.extension().is_some_and(|ending| ending == SPECIFICATION);
        let unread: Vec<String> = all
            .filter(|path| !read.contains(path) && !is_hidden(path) && !is_tried(path))
            .map(|path| path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned())
            .collect();
        if !unread.is_empty() {
            let message =
                format!("nothing reads {}: neither its folder nor its ending is one that counts", unread.join(", "));
            self.notes.push(Fault { file: root.to_owned(), line: 0, message });
        }
    }
}

fn is_date_format(format: &str) -> bool {
    if format.starts_with(TODO) {
        return false;
    }
    let Ok(items) = StrftimeItems::new(format).parse() else { return false };
    let samples = [(2026, 12, 31), (2026, 2, 3)].map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day));
    samples.into_iter().flatten().all(|sample| {
        let written = sample.and_time(NaiveTime::MIN).and_utc().format_with_items(items.iter()).to_string();
        NaiveDate::parse_from_str(&written, format) == Ok(sample)
    })
}

/// Is it the output itself, or a folder in which a run keeps what it publishes?
fn is_kept(output: &str, path: &str) -> bool {
    let below = path.trim_end_matches('/').strip_prefix(output.trim_end_matches('/'));
    let is_in = |below: &str| KEPT.iter().any(|folder| below == *folder || below.starts_with(&format!("{folder}/")));
    below.is_some_and(|below| below.is_empty() || is_in(below))
}

/// Is the output in the prefix, where a table's folder may be deleted at any time?
fn is_below(folder: &str, path: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    match folder {
        // Where the program runs.
        "" | "." => !path.starts_with('/') && !path.contains("://"),
        _ => path.strip_prefix(folder).is_some_and(|below| below.starts_with('/')),
    }
}

/// `pipelines/../output` as `output`: that is how a person would name it.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        let can_go_up = plain.components().next_back().is_some_and(|c| matches!(c, Component::Normal(_)));
        match part {
            Component::ParentDir if can_go_up => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// Has it a common table expression that reads itself?
fn calls_itself(sql: &str) -> bool {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default().to_lowercase());
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    code.into_iter().any(|line| line.split(|c| !is_of_word(c)).any(|word| word == "recursive"))
}

/// The names of what a run reads, of what it decides, and of what it publishes beside the KPI tables.
fn is_reserved(model: &str) -> bool {
    let name = model.to_lowercase();
    ["raw_", "run_", "out_"].iter().any(|of| name.starts_with(of))
        || crate::contract::OUTPUTS.iter().any(|table| table.name == name)
}
