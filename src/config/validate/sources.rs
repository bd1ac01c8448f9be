//! Where inputs, models and templates come from.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::{Document, Workshop, unknown};
use crate::config::raw::RawInput;
use crate::config::{InputPlan, SqlFile};
use crate::contract;
use crate::domain::pii::has_credentials;

/// The shipped models; `sql_dir` replaces them.
static SQL: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/sql");

impl Workshop<'_> {
    /// A path beside the pipeline file, or a URL as it is.
    pub(super) fn located(&self, path: &str) -> String {
        if path.contains("://") || Path::new(path).is_absolute() {
            path.to_owned()
        } else {
            plain(&self.path(path)).to_string_lossy().into_owned()
        }
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
            let Some(contract::Kind::Enum(words)) = table.column(name).map(|c| c.kind) else { continue };
            for (from, to) in values.iter().filter(|(_, to)| !words.contains(&to.as_str())) {
                let message = unknown("value", to, words.iter().copied());
                self.refuse(document, &format!("{at}/values/{name}/{from}"), message);
            }
        }
        let path = self.located(&raw.path);
        self.refuse_credentials(document, &format!("{at}/path"), &path);
        InputPlan {
            table,
            path,
            columns: raw.columns.clone(),
            values: raw.values.clone(),
            amount_from_float: raw.amount_from_float,
            max_age_days: raw.max_age_days,
        }
    }

    /// The SQL models in path order.
    pub(super) fn sql(&mut self, document: &Document, dir: Option<&str>) -> Vec<SqlFile> {
        let mut files = match dir {
            None => shipped(&SQL),
            Some(dir) => self
                .files_below(document, "/pipeline/sql_dir", dir, "sql")
                .into_iter()
                .map(|(path, text)| SqlFile { path, text })
                .collect(),
        };
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// Every file with that ending one folder deep: `folder/name.ending` and its text, in path order.
    pub(super) fn files_below(
        &mut self,
        document: &Document,
        at: &str,
        dir: &str,
        ending: &str,
    ) -> Vec<(String, String)> {
        let root = plain(&self.path(dir));
        let pattern = format!("{}/*/*.{ending}", glob::Pattern::escape(&root.to_string_lossy()));
        let paths: Vec<PathBuf> = glob::glob(&pattern).into_iter().flatten().flatten().collect();
        if paths.is_empty() {
            self.refuse(document, at, format!("no */*.{ending} below {}", root.display()));
        }
        let mut files = Vec::new();
        for path in paths {
            let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
            files.extend(self.text(&path, Some((document, at))).map(|text| (name, text)));
        }
        files
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

pub(super) fn shipped(dir: &'static Dir<'static>) -> Vec<SqlFile> {
    let mut files: Vec<SqlFile> = dir.dirs().flat_map(shipped).collect();
    files.extend(dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "sql")).map(|f| SqlFile {
        path: f.path().to_string_lossy().into_owned(),
        text: f.contents_utf8().unwrap_or_default().to_owned(),
    }));
    files
}
