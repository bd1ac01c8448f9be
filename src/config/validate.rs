//! From what the user wrote to the plan: every name resolved, every number read, every error gathered.

mod calendar;
mod charges;
mod dunning;
mod kinds;
mod kpis;
mod messages;
mod offers;
mod profile;
mod reach;
mod regua;
mod sources;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::document::{Document, Variables, unknown};
use super::raw::{RawPipeline, RawReport};
use super::{Limits, ModelChoice, Plan, ReportPlan, buckets};
use crate::domain::action::hex;
use crate::domain::decision::Rules;
use crate::domain::money::Currency;
use crate::error::Fault;

const BUCKET_EDGES: [i64; 7] = [0, 30, 60, 90, 120, 180, 360];
/// No bucket begins or ends further away than so many days.
const BUCKET_EDGE_MAX: u64 = 10_000;
const BUCKETS_MAX: usize = 100;
const MEGABYTE: u64 = 1_000_000;

/// Gathers faults, files and their digest while the plan is put together.
struct PlanBuilder<'a> {
    variables: Variables<'a>,
    base: PathBuf,
    faults: Vec<Fault>,
    /// Notes: not errors, but worth knowing.
    notes: Vec<Fault>,
    /// A régua file could not be read: that its name is unknown is no second fault.
    has_unread_regua: bool,
    hasher: Sha256,
}

pub(super) fn load(file: &Path, variables: Variables<'_>) -> Result<Plan, Vec<Fault>> {
    let base = sources::plain(file.parent().unwrap_or(Path::new("")));
    let mut builder = PlanBuilder {
        variables,
        base,
        faults: Vec::new(),
        notes: Vec::new(),
        has_unread_regua: false,
        hasher: Sha256::new(),
    };
    let document = builder.open(file, None);
    if document.as_ref().is_some_and(|document| document.has("steps") && !document.has("pipeline")) {
        let message = "this is a régua; check the pipeline that names it, such as pipelines/daily.toml".to_owned();
        return Err(vec![Fault { file: file.to_owned(), line: 0, message }]);
    }
    let raw = document.as_ref().and_then(|d| builder.read::<RawPipeline>(d));
    let (Some(document), Some(raw)) = (document, raw) else { return Err(builder.faults) };
    builder.plan(file, &document, raw)
}

impl PlanBuilder<'_> {
    /// Reads a file's text; a fault at `named_at` where it cannot be read.
    fn text(&mut self, path: &Path, named_at: Option<(&Document, &str)>) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                // However the pipeline was named, its files have the same names below it.
                let plain = sources::plain(path);
                let name = plain.strip_prefix(&self.base).unwrap_or(&plain).to_string_lossy().into_owned();
                for part in [name.as_bytes(), text.as_bytes()] {
                    self.hasher.update((part.len() as u64).to_be_bytes());
                    self.hasher.update(part);
                }
                // Some editors begin a file with a byte order mark: no header is found behind it, and a block would send it.
                Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
            }
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::InvalidData => "it is not UTF-8; save it as UTF-8".to_owned(),
                    _ if path.is_dir() => "it is a folder".to_owned(),
                    _ => error.to_string(),
                };
                self.faults.push(match named_at {
                    Some((document, pointer)) if error.kind() == ErrorKind::InvalidData => {
                        document.fault(pointer, format!("cannot read {}: {why}", path.display()))
                    }
                    Some((document, pointer)) => {
                        document.fault(pointer, format!("cannot read {}: {why}; correct the path", path.display()))
                    }
                    None => {
                        let message = format!("{why}; name a pipeline file, such as pipelines/daily.toml");
                        Fault { file: path.to_owned(), line: 0, message }
                    }
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
        let buckets = buckets(&edges);
        let kpis = self.kpis(document, &raw.kpis, &buckets);
        let sql = self.sql(document, raw.pipeline.sql_dir.as_deref());
        let specifications = self.specifications(raw.pipeline.sql_dir.as_deref());
        let limits = limits(&raw, |name| self.path(name));
        let report = report(&raw.report);
        let model = self.model(document, raw.model.used.as_deref());
        let (output, delta) = self.output(document, &raw.output);
        let (due_on_business_day, window_months) =
            (raw.aging.due_on_business_day, raw.profile.window_months.unwrap_or(24));
        let promise_grace_days = raw.dunning.promise_grace_days.unwrap_or(1);
        let default_company = raw.defaults.company.clone().unwrap_or_else(|| "default".to_owned());
        let rules = self.rules(document, raw);
        if let Some(longest) = rules.as_ref().map(Rules::contact_days).filter(|days| *days > limits.history_days) {
            let message = format!(
                "limits.history_days = {} is less than the longest window of caps, gaps and answers, which is {longest}: what is older \
                 would be forgotten",
                limits.history_days
            );
            self.refuse(document, "/limits/history_days", message);
        }
        let digest = hex(&self.hasher.finalize());
        match (zone, default_currency, rules) {
            (Some(zone), Some(default_currency), Some(rules)) if self.faults.is_empty() => Ok(Plan {
                file: file.to_owned(),
                zone,
                default_company,
                default_currency,
                inputs,
                output,
                delta,
                buckets,
                due_on_business_day,
                window_months,
                kpis,
                model,
                report,
                promise_grace_days,
                limits,
                rules,
                sql,
                notes: self.notes,
                specifications,
                digest,
            }),
            _ => Err(self.faults),
        }
    }

    fn zone(&mut self, document: &Document, pointer: &str, name: &str) -> Option<Tz> {
        let zone = name.parse().ok();
        if zone.is_none() {
            self.refuse(document, pointer, format!("{name:?} is not an IANA time zone, such as America/Sao_Paulo"));
        }
        zone
    }

    fn model(&mut self, document: &Document, used: Option<&str>) -> ModelChoice {
        match used {
            None | Some("newest") => ModelChoice::Newest,
            Some("none") => ModelChoice::Nothing,
            Some(date) => match date.parse() {
                Ok(date) => ModelChoice::Of(date),
                Err(_) => {
                    let message = format!(
                        "{date:?} names no model; write \"newest\", \"none\", or the date of one, such as \"2026-06-28\""
                    );
                    self.refuse(document, "/model/use", message);
                    ModelChoice::Nothing
                }
            },
        }
    }

    fn edges(&mut self, document: &Document, raw: Option<&[i64]>) -> Vec<i64> {
        let edges = raw.unwrap_or(&BUCKET_EDGES).to_vec();
        if edges.is_empty() || edges.len() > BUCKETS_MAX || !edges.is_sorted_by(|a, b| a < b) {
            let message = format!("buckets are 1 to {BUCKETS_MAX} edges in ascending order, such as [0, 30, 60, 90]");
            self.refuse(document, "/aging/buckets", message);
        } else if let Some(edge) = edges.iter().find(|edge| edge.unsigned_abs() > BUCKET_EDGE_MAX) {
            let message = format!(
                "edges are days past due, from -{BUCKET_EDGE_MAX} to {BUCKET_EDGE_MAX}; {edge} is further away"
            );
            self.refuse(document, "/aging/buckets", message);
        } else if !edges.contains(&0) {
            let message = "no bucket ends at 0, so that what is not due shares one with what is late; add 0";
            self.notes.push(document.fault("/aging/buckets", message));
        }
        edges
    }
}

fn report(raw: &RawReport) -> ReportPlan {
    ReportPlan {
        language: raw.language.unwrap_or_default(),
        min_cell: raw.min_cell.unwrap_or(5),
        collectors: raw.collectors.unwrap_or(true),
    }
}

fn limits(raw: &RawPipeline, path: impl Fn(&str) -> PathBuf) -> Limits {
    let raw = &raw.limits;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Limits {
        memory_bytes_max: raw.memory_mb_max.unwrap_or(4_000).saturating_mul(MEGABYTE),
        shard_rows_max: raw.shard_rows_max.unwrap_or(200_000),
        shards: raw.shards,
        workers: raw.workers.map_or(cores, |n| n as usize),
        quarantine_share_max: raw.quarantine_share_max.unwrap_or(0.01),
        quarantine_rows_min: raw.quarantine_rows_min.unwrap_or(20),
        rows_percent_min: raw.rows_percent_min.unwrap_or(80),
        position_percent_max: raw.position_percent_max.unwrap_or(50),
        unmatched_percent_max: raw.unmatched_percent_max.unwrap_or(5),
        unpaid_start_percent_max: raw.unpaid_start_percent_max.unwrap_or(50),
        group_debtors_percent_max: raw.group_debtors_percent_max.unwrap_or(5),
        history_days: raw.history_days.unwrap_or(730),
        remembered_days: raw.remembered_days.unwrap_or(90),
        volume_percent_max: raw.volume_percent_max.unwrap_or(200),
        scratch_dir: raw.scratch_dir.as_deref().map(path),
    }
}
