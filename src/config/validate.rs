//! From what the user wrote to the plan: every name resolved, every number read, every error gathered.

mod calendar;
mod messages;
mod regua;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use chrono_tz::Tz;
use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::document::{Document, Variables, unknown};
use super::raw::{RawCap, RawCreditor, RawInput, RawPipeline, RawRegua, RawSegment};
use super::{InputPlan, Limits, Plan, SqlFile, buckets};
use crate::contract;
use crate::domain::action::hex;
use crate::domain::decision::{Cap, Creditor, REGUA_NONE, Rules};
use crate::domain::message::LANGUAGES;
use crate::domain::money::{Currency, Minor};
use crate::domain::procedure::{Channel, Procedure};
use crate::domain::segment::{Comparison, Condition, Field, Rule, Scorecard};
use crate::error::Fault;

/// The shipped models; `sql_dir` replaces them.
static SQL: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/sql");

const BUCKET_EDGES: [i64; 7] = [0, 30, 60, 90, 120, 180, 360];
const BUCKETS_MAX: usize = 100;
const MEGABYTE: u64 = 1_000_000;

/// Gathers faults, files and their digest while the plan is put together.
struct Workshop<'a> {
    variables: Variables<'a>,
    base: PathBuf,
    faults: Vec<Fault>,
    hasher: Sha256,
}

pub(super) fn load(file: &Path, variables: Variables<'_>) -> Result<Plan, Vec<Fault>> {
    let base = file.parent().unwrap_or(Path::new("")).to_owned();
    let mut shop = Workshop { variables, base, faults: Vec::new(), hasher: Sha256::new() };
    let document = shop.open(file, None);
    let raw = document.as_ref().and_then(|d| shop.read::<RawPipeline>(d));
    let (Some(document), Some(raw)) = (document, raw) else { return Err(shop.faults) };
    shop.plan(file, &document, raw)
}

impl Workshop<'_> {
    /// Reads a file's text; a fault at `named_at` where it cannot be read.
    fn text(&mut self, path: &Path, named_at: Option<(&Document, &str)>) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let name = path.strip_prefix(&self.base).unwrap_or(path).to_string_lossy().into_owned();
                for part in [name.as_bytes(), text.as_bytes()] {
                    self.hasher.update((part.len() as u64).to_be_bytes());
                    self.hasher.update(part);
                }
                Some(text)
            }
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                self.faults.push(match named_at {
                    Some((document, pointer)) => document.fault(pointer, message),
                    None => Fault { file: path.to_owned(), line: 0, message },
                });
                None
            }
        }
    }

    fn open(&mut self, path: &Path, named_at: Option<(&Document, &str)>) -> Option<Document> {
        let text = self.text(path, named_at)?;
        match Document::parse(path, &text, self.variables) {
            Ok(mut document) => {
                self.faults.append(&mut document.faults);
                Some(document)
            }
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    fn read<T: JsonSchema + DeserializeOwned>(&mut self, document: &Document) -> Option<T> {
        let (raw, faults) = document.read();
        self.faults.extend(faults);
        raw
    }

    /// Parses a text by `FromStr`, with the type's own words as the fault.
    fn parse<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        document: &Document,
        pointer: &str,
        text: &str,
    ) -> Option<T> {
        text.parse().map_err(|e: T::Err| self.faults.push(document.fault(pointer, e.to_string()))).ok()
    }

    fn refuse(&mut self, document: &Document, pointer: &str, message: impl Into<String>) {
        self.faults.push(document.fault(pointer, message));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    fn plan(mut self, file: &Path, document: &Document, raw: RawPipeline) -> Result<Plan, Vec<Fault>> {
        let zone = self.zone(document, "/pipeline/time_zone", &raw.pipeline.time_zone);
        let currency = raw.defaults.currency.as_deref().unwrap_or("BRL");
        let default_currency = self.parse::<Currency>(document, "/defaults/currency", currency);
        let inputs = self.inputs(document, &raw.inputs);
        let edges = self.edges(document, raw.aging.buckets.as_deref());
        let sql = self.sql(document, raw.pipeline.sql_dir.as_deref());
        let limits = limits(&raw, |name| self.path(name));
        let output = self.located(&raw.output.path);
        self.refuse_credentials(document, "/output/path", &output);
        let (due_on_business_day, window_months) =
            (raw.aging.due_on_business_day, raw.profile.window_months.unwrap_or(24));
        let promise_grace_days = raw.dunning.promise_grace_days.unwrap_or(1);
        let default_company = raw.defaults.company.clone().unwrap_or_else(|| "default".to_owned());
        let rules = self.rules(document, raw);
        let digest = hex(&self.hasher.finalize());
        match (zone, default_currency, rules) {
            (Some(zone), Some(default_currency), Some(rules)) if self.faults.is_empty() => Ok(Plan {
                file: file.to_owned(),
                zone,
                default_company,
                default_currency,
                inputs,
                output,
                buckets: buckets(&edges),
                due_on_business_day,
                window_months,
                promise_grace_days,
                limits,
                rules,
                sql,
                digest,
            }),
            _ => Err(self.faults),
        }
    }

    fn zone(&mut self, document: &Document, pointer: &str, name: &str) -> Option<Tz> {
        let zone = name.parse().ok();
        if zone.is_none() {
            self.refuse(document, pointer, format!("{name:?} is no IANA time zone, such as America/Sao_Paulo"));
        }
        zone
    }

    /// A path beside the pipeline file, or a URL as it is.
    fn located(&self, path: &str) -> String {
        if path.contains("://") || Path::new(path).is_absolute() {
            path.to_owned()
        } else {
            plain(&self.path(path)).to_string_lossy().into_owned()
        }
    }

    fn refuse_credentials(&mut self, document: &Document, pointer: &str, path: &str) {
        let has_user = url::Url::parse(path).is_ok_and(|u| !u.username().is_empty() || u.password().is_some());
        if has_user || path.contains('?') && path.contains("://") {
            let message =
                "a URL with credentials is refused: they come from the environment or the workload's identity";
            self.refuse(document, pointer, message);
        }
    }

    fn inputs(&mut self, document: &Document, raw: &BTreeMap<String, RawInput>) -> Vec<InputPlan> {
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

    fn input(&mut self, document: &Document, table: &'static contract::Table, raw: &RawInput) -> InputPlan {
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
        }
    }

    fn edges(&mut self, document: &Document, raw: Option<&[i64]>) -> Vec<i64> {
        let edges = raw.unwrap_or(&BUCKET_EDGES).to_vec();
        if edges.is_empty() || edges.len() > BUCKETS_MAX || !edges.is_sorted_by(|a, b| a < b) {
            let message = format!("buckets are 1 to {BUCKETS_MAX} edges in ascending order, such as [0, 30, 60, 90]");
            self.refuse(document, "/aging/buckets", message);
        }
        edges
    }

    /// The SQL models in path order.
    fn sql(&mut self, document: &Document, dir: Option<&str>) -> Vec<SqlFile> {
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
    fn files_below(&mut self, document: &Document, at: &str, dir: &str, ending: &str) -> Vec<(String, String)> {
        let root = self.path(dir);
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

    fn rules(&mut self, document: &Document, raw: RawPipeline) -> Option<Rules> {
        let RawPipeline { pipeline, defaults, dunning, creditors, segments, tiers, risk, aging, .. } = raw;
        let default_language = defaults.language.unwrap_or_else(|| "pt-BR".to_owned());
        if !LANGUAGES.contains(&default_language.as_str()) {
            self.refuse(document, "/defaults/language", unknown("language", &default_language, LANGUAGES.into_iter()));
        }
        let segments = self.segments(document, "/segments", &segments);
        let tiers = self.segments(document, "/tiers", &tiers);
        let scorecard = self.scorecard(document, &risk);
        let segment_names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
        let procedures = self.procedures(document, &pipeline.reguas, &segment_names);
        let names: Vec<&str> = procedures.keys().map(String::as_str).chain([REGUA_NONE]).collect();
        self.known_regua(document, "/dunning/regua", &dunning.regua, &names);
        for (segment, regua) in &dunning.by_segment {
            let at = format!("/dunning/by_segment/{segment}");
            if !segment_names.contains(&segment.as_str()) {
                self.refuse(document, &at, unknown("segment", segment, segment_names.iter().copied()));
            }
            self.known_regua(document, &at, regua, &names);
        }
        for (company, regua) in &dunning.by_company {
            self.known_regua(document, &format!("/dunning/by_company/{company}"), regua, &names);
        }
        let tolerance = self.amounts(document, "/dunning/tolerance", &dunning.tolerance);
        let caps = self.caps(document, &dunning.caps, &segment_names);
        let (slot_days, unreported_days) = (dunning.slot_days.unwrap_or(1), dunning.unreported_days.unwrap_or(3));
        if slot_days > unreported_days.max(1) {
            let message = "slot_days above unreported_days: tomorrow's run could write on the same day as today's";
            self.refuse(document, "/dunning/slot_days", message);
        }
        let creditors = self.creditors(document, creditors);
        let calendar = self.calendar(document, &pipeline.calendars);
        let templates = self.templates(document, &pipeline.templates, &default_language);
        if let Some(words) = &pipeline.words {
            self.words(document, words, &pipeline.templates);
        }
        if let Some(templates) = &templates {
            self.steps_have_templates(document, &procedures, templates, &default_language);
        }
        Some(Rules {
            tenant: pipeline.tenant,
            default_language,
            halted: false,
            procedures,
            regua: dunning.regua,
            regua_by_segment: dunning.by_segment,
            regua_by_company: dunning.by_company,
            tolerance,
            unapplied_credits: aging.unapplied_credits,
            unreported_days,
            response_window_days: dunning.response_window_days.unwrap_or(2),
            slot_days,
            caps,
            segments,
            tiers,
            scorecard,
            creditors,
            calendar: calendar?,
            templates: templates?,
        })
    }

    fn known_regua(&mut self, document: &Document, at: &str, name: &str, names: &[&str]) {
        if !names.contains(&name) {
            self.refuse(document, at, unknown("régua", name, names.iter().copied()));
        }
    }

    fn segments(&mut self, document: &Document, at: &str, raw: &[RawSegment]) -> Vec<Rule> {
        let mut names = BTreeSet::new();
        let mut rules = Vec::new();
        for (position, segment) in raw.iter().enumerate() {
            let at = format!("{at}/{position}");
            if !names.insert(&segment.name) {
                self.refuse(document, &at, format!("`{}` stands twice", segment.name));
            }
            let when = self.condition(document, &format!("{at}/when"), &segment.when);
            rules.push(Rule { name: segment.name.clone(), when });
        }
        rules
    }

    fn condition(&mut self, document: &Document, at: &str, raw: &BTreeMap<String, String>) -> Condition {
        let mut parts = Vec::new();
        for (name, text) in raw {
            let at = format!("{at}/{name}");
            let Some(field) = Field::parse(name) else {
                let message = unknown("profile field", name, Field::ALL.iter().map(|(_, name)| *name));
                self.refuse(document, &at, message);
                continue;
            };
            for part in text.split(',') {
                match Comparison::parse(part) {
                    Some(comparison) => parts.push((field, comparison)),
                    None => self.refuse(document, &at, format!("{part:?} is no comparison, such as \">= 0.1, < 0.5\"")),
                }
            }
        }
        Condition(parts)
    }

    fn scorecard(&mut self, document: &Document, raw: &super::raw::RawRisk) -> Scorecard {
        let mut lines = Vec::new();
        for (position, line) in raw.points.iter().enumerate() {
            lines.push((line.points, self.condition(document, &format!("/risk/points/{position}/when"), &line.when)));
        }
        let mut bands: Vec<(i64, String)> = raw.bands.iter().map(|(name, least)| (*least, name.clone())).collect();
        bands.sort();
        Scorecard { lines, bands }
    }

    /// Currency = amount.
    fn amounts(&mut self, document: &Document, at: &str, raw: &BTreeMap<String, String>) -> BTreeMap<Currency, Minor> {
        let mut amounts = BTreeMap::new();
        for (code, amount) in raw {
            let at = format!("{at}/{code}");
            let currency = self.parse::<Currency>(document, &at, code);
            let amount = self.parse::<Minor>(document, &at, amount);
            amounts.extend(currency.zip(amount));
        }
        amounts
    }

    fn caps(&mut self, document: &Document, raw: &[RawCap], segments: &[&str]) -> Vec<Cap> {
        let mut caps = Vec::new();
        for (position, cap) in raw.iter().enumerate() {
            let at = format!("/dunning/caps/{position}");
            let channel =
                cap.channel.as_deref().and_then(|name| self.channel(document, &format!("{at}/channel"), name));
            if let Some(segment) = cap.segment.as_deref().filter(|s| !segments.contains(s)) {
                let message = unknown("segment", segment, segments.iter().copied());
                self.refuse(document, &format!("{at}/segment"), message);
            }
            let (scope, segment) = (cap.scope, cap.segment.clone());
            caps.push(Cap { scope, channel, segment, contacts_max: cap.contacts_max, days: cap.days });
        }
        caps
    }

    fn channel(&mut self, document: &Document, at: &str, name: &str) -> Option<Channel> {
        let channel = Channel::parse(name);
        if channel.is_none() {
            self.refuse(document, at, unknown("channel", name, Channel::ALL.into_iter().map(Channel::as_str)));
        }
        channel
    }

    fn creditors(&mut self, document: &Document, raw: BTreeMap<String, RawCreditor>) -> BTreeMap<String, Creditor> {
        if !raw.contains_key("default") {
            self.refuse(document, "/creditors", "[creditors.default] is missing: messages need a sender".to_owned());
        }
        for (company, creditor) in &raw {
            if !creditor.opt_out.contains_key("default") {
                let at = format!("/creditors/{company}");
                self.refuse(document, &at, "`opt_out` lacks `default`: every message says how to stop it".to_owned());
            }
        }
        let convert = |c: RawCreditor| Creditor {
            name: c.name,
            email: c.email,
            phone: c.phone,
            opt_out: c.opt_out,
            portal_link: c.portal_link,
        };
        raw.into_iter().map(|(company, c)| (company, convert(c))).collect()
    }

    fn procedures(&mut self, document: &Document, files: &[String], segments: &[&str]) -> BTreeMap<String, Procedure> {
        let mut procedures = BTreeMap::new();
        for (position, file) in files.iter().enumerate() {
            let at = format!("/pipeline/reguas/{position}");
            let Some(regua) = self.open(&self.path(file), Some((document, &at))) else { continue };
            let Some(raw) = self.read::<RawRegua>(&regua) else { continue };
            let procedure = self.procedure(&regua, raw, segments);
            if procedure.id == REGUA_NONE || procedures.contains_key(&procedure.id) {
                self.refuse(&regua, "/id", format!("the id `{}` is taken", procedure.id));
            }
            procedures.insert(procedure.id.clone(), procedure);
        }
        procedures
    }
}

/// `pipelines/../output` as `output`: that is how a person would name it.
fn plain(path: &Path) -> PathBuf {
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

fn shipped(dir: &'static Dir<'static>) -> Vec<SqlFile> {
    let mut files: Vec<SqlFile> = dir.dirs().flat_map(shipped).collect();
    files.extend(dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "sql")).map(|f| SqlFile {
        path: f.path().to_string_lossy().into_owned(),
        text: f.contents_utf8().unwrap_or_default().to_owned(),
    }));
    files
}

fn limits(raw: &RawPipeline, path: impl Fn(&str) -> PathBuf) -> Limits {
    let raw = &raw.limits;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Limits {
        memory_bytes_max: raw.memory_mb_max.unwrap_or(4_000).saturating_mul(MEGABYTE),
        shard_rows_max: raw.shard_rows_max.unwrap_or(400_000),
        shards: raw.shards,
        workers: raw.workers.map_or(cores, |n| n as usize),
        quarantine_share_max: raw.quarantine_share_max.unwrap_or(0.01),
        history_days: raw.history_days.unwrap_or(730),
        scratch_dir: raw.scratch_dir.as_deref().map(path),
    }
}
