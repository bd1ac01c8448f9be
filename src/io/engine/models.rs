//! Models: SQL files with a header that says what a file makes, of what, and what becomes of it.
//!
//! A `table` is computed once, a `view` is inlined, and a `fold` selects rows that a rule goes through in order.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};

/// The folders of `sql/`, in path order: which stage runs which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Inputs renamed and cast, nothing joined.
    Staging,
    /// Facts about items and accounts, of a shard.
    Intermediate,
    /// What the rules are given, of a shard.
    Candidates,
    /// Sums of a shard, with what was decided in it.
    Facts,
    /// Published tables, of all shards together.
    Kpis,
    /// Checks: any row stops the run.
    Audits,
}

impl Layer {
    /// In the order in which they run, with the folder of each.
    pub const ALL: [(Layer, &'static str); 6] = [
        (Layer::Staging, "10_staging"),
        (Layer::Intermediate, "20_intermediate"),
        (Layer::Candidates, "30_candidates"),
        (Layer::Facts, "35_facts"),
        (Layer::Kpis, "40_kpis"),
        (Layer::Audits, "50_audits"),
    ];
}

/// What becomes of a model's query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// Its rows are computed once.
    Table,
    /// It stands in the queries of those that read it.
    View,
    /// Its rows are made by a rule from those of the query.
    Fold,
    /// Its rows are breaches.
    Audit,
}

impl ModelKind {
    const ALL: [(ModelKind, &'static str); 4] = [
        (ModelKind::Table, "table"),
        (ModelKind::View, "view"),
        (ModelKind::Fold, "fold"),
        (ModelKind::Audit, "audit"),
    ];

    /// Is it computed once, so that its grain can be checked?
    pub fn has_rows(self) -> bool {
        matches!(self, ModelKind::Table | ModelKind::Fold)
    }
}

/// One SQL file: the view name is the file stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// From its folder.
    pub layer: Layer,
    /// The file without `.sql`, and the table that it makes.
    pub name: String,
    /// The first line of what the header says it is for.
    pub purpose: String,
    /// The columns that identify a row; empty where the header says `none`.
    pub grain: Vec<String>,
    /// Tables and models that must be there before it.
    pub reads: Vec<String>,
    /// From its header.
    pub kind: ModelKind,
    /// Sums of its columns that must equal those of other KPI tables.
    pub ties: Vec<Tie>,
    /// One query.
    pub sql: String,
    /// Tables that no model of a shard reads after it.
    pub last_reads: Vec<String>,
}

/// `old_amount = kpi_portfolio.overdue_90_amount`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Of the model's own table.
    pub column: String,
    /// The other KPI table.
    pub table: String,
    /// Its column.
    pub other: String,
}

impl Tie {
    /// `kpi_old_debt.old_amount ties to kpi_portfolio.overdue_90_amount`
    pub fn name(&self, model: &str) -> String {
        format!("{model}.{} ties to {}.{}", self.column, self.table, self.other)
    }

    fn parse(text: &str) -> Option<Tie> {
        let (column, other) = text.split_once('=')?;
        let (table, other) = other.trim().split_once('.')?;
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let [column, table, other] = [column.trim(), table, other];
        let is_tie = [column, table, other].into_iter().all(is_name);
        is_tie.then(|| Tie { column: column.to_owned(), table: table.to_owned(), other: other.to_owned() })
    }
}

/// Every model, each after the models that it reads.
#[derive(Clone, Debug, Default)]
pub struct Models(pub(super) Vec<Model>);

const HEADER: [&str; 6] = ["Purpose", "Grain", "Reads", "Units", "Nulls", "Kind"];

impl Models {
    /// Reads `(path, text)`.
    ///
    /// ```
    /// use regua::io::engine::Models;
    /// let head = "-- Purpose: p\n-- Grain: none\n-- Reads: t\n-- Units: none\n-- Nulls: none\n-- Kind: table\n";
    /// let read = |sql: &str| Models::read([("40_kpis/kpi_own.sql", format!("{head}{sql}").as_str())]);
    /// assert!(read("select a from t").is_ok());
    /// let refused = read("select now() as a from t").unwrap_err();
    /// assert!(refused.to_string().contains("a run knows no clock"), "{refused}");
    /// assert!(Models::read([("40_kpis/kpi_own.sql", "select a from t")]).is_err(), "a model has a header");
    /// ```
    ///
    /// # Errors
    /// `Model` for a file outside the known folders, an incomplete header, or models that read each other in a ring.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Models> {
        let mut waiting = Vec::new();
        for (path, text) in files {
            waiting.push(model(path, text)?);
        }
        waiting.sort_by(|a, b| (a.layer, &a.name).cmp(&(b.layer, &b.name)));
        let mut ordered: Vec<Model> = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let is_ready = |m: &Model| {
                waiting
                    .iter()
                    .all(|other| other.name == m.name || !m.reads.contains(&other.name) || other.layer > m.layer)
            };
            let Some(next) = waiting.iter().position(is_ready) else {
                let names: Vec<&str> = waiting.iter().map(|m| m.name.as_str()).collect();
                let what = "these models read each other in a ring; break it".to_owned();
                return Err(Error::Model { model: names.join(", "), what });
            };
            ordered.push(waiting.remove(next));
        }
        Ok(Models::in_order(ordered))
    }

    fn in_order(mut ordered: Vec<Model>) -> Models {
        ordered.iter_mut().for_each(|model| model.last_reads.clear());
        for (at, table) in last_readers(&ordered) {
            ordered[at].last_reads.push(table);
        }
        Models(ordered)
    }

    /// Some of the models, and all that they read, themselves or by others.
    pub fn leading_to(&self, is_wanted: impl Fn(&Model) -> bool) -> Models {
        let mut read: BTreeSet<&str> = BTreeSet::new();
        let mut leading: Vec<Model> = Vec::new();
        // Each stands after all that it reads.
        for model in self.0.iter().rev() {
            if is_wanted(model) || read.contains(model.name.as_str()) {
                read.extend(model.reads.iter().map(String::as_str));
                leading.push(model.clone());
            }
        }
        leading.reverse();
        Models::in_order(leading)
    }

    /// Does a model read one of these tables, itself or by another model?
    pub fn depends_on(&self, name: &str, tables: &[&str]) -> bool {
        let reads = self.0.iter().filter(|m| m.name == name).flat_map(|m| &m.reads);
        reads.into_iter().any(|read| tables.contains(&read.as_str()) || self.depends_on(read, tables))
    }

    /// The models of a layer, in the order in which they run.
    pub fn of(&self, layer: Layer) -> impl Iterator<Item = &Model> {
        self.0.iter().filter(move |m| m.layer == layer)
    }
}

/// What is remembered of earlier runs is read again once the models are done.
const STAYS: [&str; 2] = ["raw_actions", "raw_action_items"];

/// Table = the model that is the last to read it, by itself or by a view. Candidates, facts and what was decided stay to the
/// end of the shard.
fn last_readers(ordered: &[Model]) -> Vec<(usize, String)> {
    let mut views: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, model) in ordered.iter().enumerate() {
        let reads = model.reads.iter().flat_map(|table| {
            let of_view = views.get(table.as_str()).cloned().unwrap_or_default();
            of_view.into_iter().chain([table.as_str()])
        });
        let reads: Vec<&str> = reads.collect();
        if model.kind == ModelKind::View {
            views.insert(&model.name, reads);
        } else {
            last.extend(reads.into_iter().map(|table| (table, at)));
        }
    }
    let is_passing =
        |table: &str| !STAYS.contains(&table) && ["raw_", "stg_", "int_"].iter().any(|of| table.starts_with(of));
    last.into_iter().filter(|(table, _)| is_passing(table)).map(|(table, at)| (at, table.to_owned())).collect()
}

/// Functions by which the same run would give other rows, where they are called.
const OF_CHANCE: [&str; 4] = ["now", "today", "random", "uuid"];
/// Such functions that SQL calls without brackets.
const CLOCKS: [&str; 4] = ["current_date", "current_time", "current_timestamp", "localtimestamp"];

/// What asks for the time or for chance. A column may be called `today`, and a parameter `@today`.
fn asks_for(sql: &str) -> Option<String> {
    let words = words_of(sql);
    let is_call = |at: usize| words.get(at + 1).is_some_and(|next| next == "(");
    let is_name = |at: usize| at > 0 && words[at - 1] == "@";
    let asks = |(at, word): &(usize, &String)| {
        let is_asked = (OF_CHANCE.contains(&word.as_str()) && is_call(*at)) || CLOCKS.contains(&word.as_str());
        is_asked && !is_name(*at)
    };
    words.iter().enumerate().find(asks).map(|(_, word)| word.clone())
}

/// The words and marks of a query, in small letters, without its comments and texts.
fn words_of(sql: &str) -> Vec<String> {
    let code: String =
        sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let code: String = code.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let mut words: Vec<String> = vec![String::new()];
    for letter in code.to_lowercase().chars() {
        let last = words.last_mut();
        match (letter.is_alphanumeric() || letter == '_', last) {
            (true, Some(word)) if !word.ends_with(['(', '@']) => word.push(letter),
            (true, _) => words.push(letter.to_string()),
            (false, _) if ['(', '@'].contains(&letter) => words.extend([letter.to_string()]),
            (false, _) => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn model(path: &str, text: &str) -> Result<Model> {
    let refuse = |what: String| Error::Model { model: path.to_owned(), what };
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let layer = Layer::ALL.iter().find(|(_, name)| *name == folder).map(|(layer, _)| *layer);
    let names = Layer::ALL.map(|(_, name)| name).join(", ");
    let layer = layer.ok_or_else(|| refuse(format!("it is not in a known folder; use one of {names}")))?;
    if let Some(word) = asks_for(text) {
        return Err(refuse(format!("it asks for {word}(): a run knows no clock and no chance; the date is @as_of")));
    }
    let mut header = BTreeMap::new();
    for line in text.lines().map_while(|l| l.strip_prefix("-- ")) {
        if let Some((key, value)) = line.split_once(": ") {
            header.insert(key, value.trim());
        }
    }
    let missing: Vec<&str> = HEADER.into_iter().filter(|key| !header.contains_key(key)).collect();
    if !missing.is_empty() {
        return Err(refuse(format!(
            "its header lacks {}; it opens with lines such as `-- Grain: debtor_id`",
            missing.join(", ")
        )));
    }
    let kind = ModelKind::ALL.iter().find(|(_, name)| *name == header["Kind"]).map(|(kind, _)| *kind);
    let kinds = ModelKind::ALL.map(|(_, name)| name).join(", ");
    let kind = kind.ok_or_else(|| refuse(format!("its Kind must be one of {kinds}")))?;
    let words = |key: &str| -> Vec<String> { header[key].split(',').map(|w| w.trim().to_owned()).collect() };
    if words("Reads").iter().any(String::is_empty) {
        return Err(refuse("its Reads has an empty name; write all that it reads on one line".to_owned()));
    }
    let mut ties = Vec::new();
    for text in header.get("Ties").into_iter().flat_map(|ties| ties.split(',')).map(str::trim) {
        let tie = Tie::parse(text).filter(|_| layer == Layer::Kpis);
        ties.push(tie.ok_or_else(|| {
            refuse(format!("its Ties is {text:?}; in a KPI file write `amount = kpi_portfolio.open_amount`"))
        })?);
    }
    let grain = if header["Grain"].starts_with("none") { Vec::new() } else { words("Grain") };
    Ok(Model {
        layer,
        name: file.trim_end_matches(".sql").to_owned(),
        purpose: header["Purpose"].to_owned(),
        grain,
        reads: words("Reads"),
        kind,
        ties,
        sql: text.to_owned(),
        last_reads: Vec::new(),
    })
}
