//! Something to publish: what a real run of one small portfolio published, audited again, ready for any store.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use chrono::NaiveDate;
use object_store::ObjectStore;
use regua::error::Result;
use regua::io::log::{Log, Record};
use regua::io::parquet::Written;
use regua::io::projection::{Target, voided};
use regua::io::store::Store;
use regua::runtime::scratch::Scratch;
use regua::stage::publish::{DateStatus, Provenance, complete, date_status, history, probe, publish};
use regua::stage::{Audited, Materialized, OutputFile, Snapshots, audit};
use tokio::runtime::Runtime;

use crate::spec::models;
use crate::support::{House, as_of};

/// Bytes of a file that goes up in parts: two whole ones and a rest.
const LARGE_BYTES: usize = 17 * 1024 * 1024;

pub struct Desk {
    pub runtime: Runtime,
    audited: Audited,
    inputs: String,
    as_of: String,
    /// Keeps the files.
    _house: House,
}

impl Desk {
    /// `has_large` = one of its files goes up in parts.
    pub fn new(has_large: bool) -> Desk {
        let house = House::of_one_invoice();
        let ran = house.run(as_of());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let output = Store::open(&house.path("output").to_string_lossy(), runtime.handle()).expect("the output");
        let record = Log::read(&output).expect("a log").records.remove(0);
        let mut files = files(&house, &record);
        if has_large {
            files.push(large(&house));
        }
        let audited = audited(&record, files);
        Desk { runtime, audited, inputs: "one".to_owned(), as_of: as_of().to_owned(), _house: house }
    }

    /// The same, as if it had been made from other inputs, or for another date.
    pub fn of(mut self, inputs: &str, as_of: &str) -> Desk {
        (self.inputs, self.as_of) = (inputs.to_owned(), as_of.to_owned());
        self
    }

    pub fn store(&self, inner: Arc<dyn ObjectStore>) -> Store {
        self.folder(inner, "output")
    }

    pub fn folder(&self, inner: Arc<dyn ObjectStore>, folder: &str) -> Store {
        Store::of(inner, folder, self.runtime.handle())
    }

    fn provenance(&self, nonce: &str) -> Provenance {
        Provenance {
            tenant: "demo".to_owned(),
            as_of: self.as_of.parse().expect("a date"),
            inputs: Vec::new(),
            snapshots: Snapshots::default(),
            input_digest: self.inputs.clone(),
            config_digest: "config".to_owned(),
            nonce: nonce.to_owned(),
            ran_by: BTreeMap::new(),
        }
    }

    /// One attempt, as `regua run` makes it.
    pub fn attempt(&self, output: &Store, nonce: &str) -> Result<Record> {
        probe(output, nonce)?;
        self.attempt_unprobed(output, nonce)
    }

    pub fn attempt_unprobed(&self, output: &Store, nonce: &str) -> Result<Record> {
        self.attempt_on(self.as_of.parse().expect("a date"), output, nonce)
    }

    /// An attempt that has read these inputs.
    pub fn attempt_from(&self, snapshots: Snapshots, output: &Store, nonce: &str) -> Result<Record> {
        self.attempt_of(Provenance { snapshots, ..self.provenance(nonce) }, output)
    }

    /// The same for another date.
    pub fn attempt_on(&self, as_of: NaiveDate, output: &Store, nonce: &str) -> Result<Record> {
        self.attempt_of(Provenance { as_of, ..self.provenance(nonce) }, output)
    }

    fn attempt_of(&self, provenance: Provenance, output: &Store) -> Result<Record> {
        let target = Target { output: output.clone(), delta: None };
        match date_status(output, &provenance, None, false)? {
            DateStatus::Published(record) => complete(&target, &record).map(|()| *record),
            DateStatus::Open(log, mut revision) => {
                revision.voided = voided(output, &log, provenance.as_of)?;
                let history = history(output, &log, provenance.as_of, false)?;
                for source in history.actions.iter().chain(&history.positions) {
                    let all: Vec<usize> = (0..source.schema().fields().len()).collect();
                    source.for_each_batch(&all, |_| Ok(()))?;
                }
                publish(&target, (&log, &revision), &provenance, &self.audited, |_| Ok(Vec::new()))
            }
        }
    }
}

fn files(house: &House, record: &Record) -> Vec<OutputFile> {
    let is_own = |path: &str| path.ends_with("run_results.json") || path.ends_with("metrics.prom");
    let named = record.files.iter().filter(|file| !is_own(&file.path));
    let below = |path: &str| path.split_once(&format!("{}/", record.run_id)).expect("below the run").1.to_owned();
    let output_file = |file: &regua::io::log::PublishedFile| OutputFile {
        written: Written {
            path: house.path("output").join(&file.path),
            rows: file.rows,
            size: file.size,
            sha256: file.sha256.clone(),
        },
        path: below(&file.path),
        copy_to: file.copy_to.clone(),
        is_of_decisions: false,
    };
    named.map(output_file).collect()
}

fn large(house: &House) -> OutputFile {
    let bytes: Vec<u8> = (0..LARGE_BYTES).map(|n| (n % 251) as u8).collect();
    let path = house.path("large.bin");
    std::fs::write(&path, &bytes).expect("written");
    let sha256 = regua::domain::action::sha256_hex(&bytes);
    let written = Written { path, rows: 0, size: bytes.len() as u64, sha256 };
    OutputFile { written, path: "large.bin".to_owned(), copy_to: None, is_of_decisions: false }
}

/// Audits what a real run has materialized: its totals are those that its record states.
fn audited(record: &Record, files: Vec<OutputFile>) -> Audited {
    let totals: Vec<(&String, i128)> = record
        .control_totals
        .iter()
        .map(|(currency, amount)| (currency, amount.replace('.', "").parse().expect("minor units")))
        .collect();
    let amounts = || -> ArrayRef {
        let array = Decimal128Array::from_iter_values(totals.iter().map(|(_, minor)| *minor));
        Arc::new(array.with_precision_and_scale(18, 2).expect("money"))
    };
    let currencies: ArrayRef = Arc::new(StringArray::from_iter_values(totals.iter().map(|(currency, _)| currency)));
    let kpi = RecordBatch::try_from_iter([
        ("currency", Arc::clone(&currencies)),
        ("open_amount", amounts()),
        ("overdue_amount", amounts()),
    ]);
    let kpi = kpi.expect("a KPI table");
    let ledger = RecordBatch::try_from_iter([
        ("currency", currencies),
        ("original_amount", amounts()),
        ("bucket_amount", amounts()),
    ]);
    let ledger = ledger.expect("a ledger");
    let counts = record.counts.iter().filter(|(table, _)| *table != "decisions");
    let materialized = Materialized {
        scratch: Scratch::new(None).expect("a folder"),
        files,
        facts: [("fct_ledger".to_owned(), (ledger.schema(), vec![ledger]))].into(),
        kpis: ["kpi_portfolio", "kpi_aging"].map(|table| (table.to_owned(), vec![kpi.clone()])).into(),
        counts: counts.map(|(table, rows)| (table.clone(), *rows)).collect(),
        rows_quarantined: 0,
        stated: BTreeMap::new(),
        forgotten_on: None,
    };
    let inputs = totals.iter().map(|(currency, minor)| (("invoices.invoice".to_owned(), (*currency).clone()), *minor));
    audit::audit(models(), (&inputs.collect(), &BTreeMap::new()), materialized).expect("it ties")
}
