//! A run as OpenLineage tells of it: what it reads, what it publishes, and which column is made of which.
//!
//! An event says names, types, counts and digests; no value of a cell is in it.

mod datasets;
mod names;

use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use crate::domain::action::sha256_hex;
use crate::io::log::Record;

pub use datasets::{Described, Read};
pub use names::DatasetName;

/// The version of the specification, and where its facets are described.
const EVENT_SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
const FACETS: &str = "https://openlineage.io/spec/facets";
/// The job namespace where nobody names one, as the clients of OpenLineage have it.
pub const NAMESPACE: &str = "default";

/// Who tells: a run of a pipeline, for a date.
#[derive(Clone, Debug)]
pub struct Teller {
    /// Of the job.
    pub namespace: String,
    /// Whose pipeline it is.
    pub tenant: String,
    /// The date of the run, in the time zone of the pipeline.
    pub as_of: NaiveDate,
    /// Of the pipeline.
    pub zone: Tz,
    /// Of this attempt: its record names it too.
    pub nonce: String,
    /// What started it.
    pub parent: Option<Parent>,
    /// When something is told.
    pub clock: fn() -> DateTime<Utc>,
}

/// The run that started this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Of its job.
    pub namespace: String,
    /// Its job.
    pub job: String,
    /// Its UUID.
    pub run_id: String,
}

impl FromStr for Parent {
    type Err = String;

    fn from_str(text: &str) -> Result<Parent, String> {
        let parts = text.rsplit_once('/').and_then(|(rest, run_id)| Some((rest.rsplit_once('/')?, run_id)));
        match parts {
            Some(((namespace, job), run_id)) if !namespace.is_empty() && !job.is_empty() && is_uuid(run_id) => {
                Ok(Parent { namespace: namespace.to_owned(), job: job.to_owned(), run_id: run_id.to_owned() })
            }
            _ => Err(format!("{text:?} is not NAMESPACE/JOB/RUN-UUID, as Airflow's lineage_parent_id gives it")),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

impl Teller {
    /// The UUID of the run: whoever has the record can work it out.
    pub fn run_id(&self) -> String {
        let hex = sha256_hex(format!("regua run {} {} {}", self.tenant, self.as_of, self.nonce).as_bytes());
        // Version 8: made by a rule of our own.
        format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }

    /// The run begins.
    pub fn start(&self) -> Value {
        self.event("START", json!({}), &Described::default(), None)
    }

    /// The run is published, or was before.
    pub fn complete(&self, record: &Record, described: &Described) -> Value {
        self.event("COMPLETE", json!({}), described, Some(record))
    }

    /// The run failed; the message is that of the log, which holds no personal data.
    pub fn fail(&self, message: &str) -> Value {
        self.event("FAIL", error(message), &Described::default(), None)
    }

    /// Somebody ended the run.
    pub fn abort(&self, message: &str) -> Value {
        self.event("ABORT", error(message), &Described::default(), None)
    }

    fn event(&self, kind: &str, more: Value, described: &Described, record: Option<&Record>) -> Value {
        let mut facets = self.run_facets();
        facets.extend(more.as_object().cloned().unwrap_or_default());
        let (inputs, outputs) = record.map_or_else(Default::default, |record| described.datasets(record));
        let job_type = json!({"processingType": "BATCH", "integration": "REGUA", "jobType": "JOB"});
        json!({
            "eventType": kind,
            "eventTime": (self.clock)().to_rfc3339_opts(SecondsFormat::Millis, true),
            "producer": producer(),
            "schemaURL": EVENT_SCHEMA,
            "run": {"runId": self.run_id(), "facets": facets},
            "job": {
                "namespace": self.namespace,
                "name": format!("regua.{}", self.tenant),
                "facets": {"jobType": facet("JobTypeJobFacet", "2-0-4", job_type)},
            },
            "inputs": inputs,
            "outputs": outputs,
        })
    }

    fn run_facets(&self) -> Map<String, Value> {
        let version = env!("CARGO_PKG_VERSION");
        let midnight = |date: NaiveDate| {
            let local = self.zone.from_local_datetime(&date.and_time(chrono::NaiveTime::MIN)).earliest();
            local.map_or_else(|| format!("{date}T00:00:00Z"), |at| at.to_rfc3339())
        };
        let nominal = json!({
            "nominalStartTime": midnight(self.as_of),
            "nominalEndTime": midnight(self.as_of + Days::new(1)),
        });
        let engine = json!({"name": "regua", "version": version, "openlineageAdapterVersion": version});
        let mut facets = Map::new();
        facets.insert("nominalTime".into(), facet("NominalTimeRunFacet", "1-0-1", nominal));
        facets.insert("processing_engine".into(), facet("ProcessingEngineRunFacet", "1-1-1", engine));
        facets.extend(self.parent.as_ref().map(|parent| {
            let body = json!({
                "run": {"runId": parent.run_id},
                "job": {"namespace": parent.namespace, "name": parent.job},
            });
            ("parent".to_owned(), facet("ParentRunFacet", "1-2-0", body))
        }));
        facets
    }
}

fn error(message: &str) -> Value {
    let body = json!({"message": message, "programmingLanguage": "Rust"});
    json!({"errorMessage": facet("ErrorMessageRunFacet", "1-0-1", body)})
}

fn producer() -> String {
    format!("urn:regua:{}", env!("CARGO_PKG_VERSION"))
}

/// A facet with what each must have.
fn facet(kind: &str, version: &str, mut body: Value) -> Value {
    body["_producer"] = producer().into();
    body["_schemaURL"] = format!("{FACETS}/{version}/{kind}.json#/$defs/{kind}").into();
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_a_namespace_a_job_and_a_uuid() {
        let uuid = "0197c1a0-7c2e-7d3c-9a51-3f2f6c2b8a10";
        let parent = |namespace: &str, job: &str| {
            Ok(Parent { namespace: namespace.to_owned(), job: job.to_owned(), run_id: uuid.to_owned() })
        };
        assert_eq!(format!("default/regua_daily.run/{uuid}").parse(), parent("default", "regua_daily.run"));
        assert_eq!(format!("airflow://a/b/regua_daily.run/{uuid}").parse(), parent("airflow://a/b", "regua_daily.run"));
        for wrong in ["", uuid, &format!("/job/{uuid}"), &format!("job/{uuid}"), "default/regua_daily.run/1"] {
            assert!(wrong.parse::<Parent>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_run_has_a_uuid_of_its_own_and_its_day_is_that_of_its_zone() {
        let of = |nonce: &str| Teller {
            namespace: NAMESPACE.to_owned(),
            tenant: "demo".to_owned(),
            as_of: NaiveDate::from_ymd_opt(2026, 6, 30).unwrap(),
            zone: chrono_tz::America::Sao_Paulo,
            nonce: nonce.to_owned(),
            parent: None,
            clock: || DateTime::UNIX_EPOCH,
        };
        let (one, other) = (of("0a1b2c3d"), of("0a1b2c3e"));
        assert!(is_uuid(&one.run_id()) && one.run_id() == of("0a1b2c3d").run_id() && one.run_id() != other.run_id());
        let event = one.start();
        assert_eq!(event["eventTime"], "1970-01-01T00:00:00.000Z");
        let nominal = &event["run"]["facets"]["nominalTime"];
        assert_eq!(nominal["nominalStartTime"], "2026-06-30T00:00:00-03:00");
        assert_eq!(nominal["nominalEndTime"], "2026-07-01T00:00:00-03:00");
    }
}
