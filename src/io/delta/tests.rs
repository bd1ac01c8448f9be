//! A log, and the Delta table that follows it, as its own JSON has it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::*;
use crate::error::DeltaFault;
use crate::io::log::append;

const TABLE: &str = "kpi_own";

/// An output, and a prefix whose name no URL would have as it is.
struct Desk {
    folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
    output: Store,
    delta: Delta,
    log: Log,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let output = Store::open(&at("output"), runtime.handle()).expect("an output");
        let delta = Delta::open(&at("of 100% #1"), runtime.handle()).expect("a prefix");
        Desk { folder, _runtime: runtime, output, delta, log: Log::default() }
    }

    /// A record of one table with two rows and this column.
    fn record(&self, as_of: &str, revision: u32, (name, values): (&str, ArrayRef)) -> Record {
        let seq = self.log.length() + 1;
        let day: Date32Array = [Some(20_000), Some(20_000)].into_iter().collect();
        let rows =
            RecordBatch::try_from_iter([("as_of_date", Arc::new(day) as ArrayRef), (name, values)]).expect("rows");
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), None).expect("a writer");
        writer.write(&rows).expect("written");
        writer.close().expect("closed");
        let path = format!("runs/{as_of}/r{seq}/kpi/{TABLE}.parquet");
        let file = json!({"path": path, "copy_to": null, "size": bytes.len(), "sha256": sha256_hex(&bytes), "rows": 2});
        self.output.put(&path, bytes.into()).expect("put");
        let record = json!({
            "format_version": 1, "seq": seq, "prev_sha256": self.log.head_sha256, "tenant": "t", "as_of": as_of,
            "revision": revision, "kind": "kpi_only", "run_id": format!("r{seq}"), "nonce": "n", "input_digest": "",
            "config_digest": "", "code_version": "", "inputs": [], "files": [file], "logical_digests": {}, "counts": {},
            "control_totals": {}, "audits": [], "ran_by": {},
        });
        serde_json::from_value(record).expect("a record")
    }

    fn publish(&mut self, as_of: &str, revision: u32, column: (&str, ArrayRef)) {
        let record = self.record(as_of, revision, column);
        append(&self.output, &record).expect("appended");
        self.log = self.log.with(&record).expect("a log");
    }

    fn project(&self) -> Result<()> {
        self.delta.project(&self.output, &self.log)
    }

    fn table<'a>(&'a self, log_id: &'a str) -> Table<'a> {
        self.delta.table(TABLE, Some(log_id)).expect("a table")
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("of 100% #1").join(TABLE)
    }

    /// The actions of each version.
    fn commits(&self) -> Vec<Vec<Value>> {
        let entry = |version: usize| self.place().join(format!("_delta_log/{version:020}.json"));
        let texts = (0..).map_while(|version| std::fs::read_to_string(entry(version)).ok());
        texts.map(|text| text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()).collect()
    }

    /// The paths of the files in the newest version.
    fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        for action in self.commits().iter().flatten() {
            files.extend(action["add"]["path"].as_str().map(str::to_owned));
            action["remove"]["path"].as_str().map(|path| files.remove(path));
        }
        files
    }

    /// The newest columns.
    fn columns(&self) -> Vec<String> {
        let commits = self.commits();
        let newest = commits.iter().flatten().rev().find_map(|action| action["metaData"]["schemaString"].as_str());
        let schema: Value = serde_json::from_str(newest.expect("a schema")).expect("JSON");
        let fields = schema["fields"].as_array().expect("fields");
        fields.iter().map(|f| format!("{} {}", f["name"], f["type"]).replace('"', "")).collect()
    }
}

fn numbers() -> (&'static str, ArrayRef) {
    ("share", Arc::new(Float64Array::from(vec![0.5, 1.5])))
}

fn texts() -> (&'static str, ArrayRef) {
    ("share", Arc::new(StringArray::from(vec!["a", "b"])))
}

fn path(as_of: &str, seq: u64) -> String {
    format!("as_of_date={as_of}/r{seq}-{TABLE}.parquet")
}

fn paths<const N: usize>(of: [(&str, u64); N]) -> BTreeSet<String> {
    of.into_iter().map(|(as_of, seq)| path(as_of, seq)).collect()
}

fn fault(result: Result<()>) -> DeltaFault {
    match result {
        Err(Error::DeltaTable { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_record_is_one_commit_with_its_number() {
    let mut desk = Desk::new();
    for (as_of, revision) in [("2026-06-29", 0), ("2026-06-30", 0)] {
        desk.publish(as_of, revision, numbers());
        desk.project().expect("projected");
    }
    desk.project().expect("nothing to do");
    let commits = desk.commits();
    assert_eq!(commits.len(), 2);
    for (commit, seq) in commits.iter().zip(1..) {
        let of = |kind: &str| commit.iter().find(|action| !action[kind].is_null()).map(|action| action[kind].clone());
        assert_eq!(of("txn"), Some(json!({"appId": "regua", "version": seq})));
        assert_eq!(of("commitInfo").expect("told")["run_id"], json!(format!("r{seq}")));
        let add = of("add").expect("a file");
        assert_eq!(add["partitionValues"], json!({"as_of_date": desk.log.records[seq - 1].as_of}));
        assert_eq!(add["stats"], "{\"numRecords\":2}", "bounds of one column alone lead readers astray");
    }
    let copied = std::fs::read(desk.place().join(path("2026-06-30", 2))).expect("a copy");
    assert_eq!(sha256_hex(&copied), desk.log.records[1].files[0].sha256);
}

#[test]
fn a_revision_takes_the_place_of_its_date() {
    let mut desk = Desk::new();
    for (as_of, revision) in [("2026-06-29", 0), ("2026-06-30", 0), ("2026-06-29", 1)] {
        desk.publish(as_of, revision, numbers());
        desk.project().expect("projected");
    }
    assert_eq!(desk.files(), paths([("2026-06-30", 2), ("2026-06-29", 3)]));
}

#[test]
fn a_new_prefix_gets_every_record_however_little_of_the_log_was_read() {
    let mut desk = Desk::new();
    for as_of in ["2026-06-28", "2026-06-29", "2026-06-30"] {
        desk.publish(as_of, 0, numbers());
    }
    desk.log.records.drain(..2);
    desk.project().expect("projected");
    assert_eq!(desk.files(), paths([("2026-06-28", 1), ("2026-06-29", 2), ("2026-06-30", 3)]));
}

#[test]
fn whoever_was_overtaken_finds_the_record_committed() {
    let mut desk = Desk::new();
    for as_of in ["2026-06-29", "2026-06-30"] {
        desk.publish(as_of, 0, numbers());
        let id = log_id(&desk.output).expect("read").expect("a first record");
        // Both have read the table before either commits: no version of it at first, then one.
        let (first, second) = (desk.table(&id), desk.table(&id));
        first.follow(&desk.output, &desk.log).expect("committed");
        second.follow(&desk.output, &desk.log).expect("nothing to do");
    }
    assert_eq!(desk.commits().len(), 2);
    assert_eq!(desk.files(), paths([("2026-06-29", 1), ("2026-06-30", 2)]));
}

#[test]
fn many_at_once_commit_each_record_once() {
    let mut desk = Desk::new();
    let days: Vec<String> = (1..=12).map(|day| format!("2026-06-{day:02}")).collect();
    days.iter().for_each(|as_of| desk.publish(as_of, 0, numbers()));
    std::thread::scope(|scope| {
        (0..6).for_each(|_| drop(scope.spawn(|| desk.project().expect("projected"))));
    });
    assert_eq!(desk.commits().len(), days.len());
    assert_eq!(desk.files().len(), days.len());
    let checkpoint = desk.place().join("_delta_log/00000000000000000009.checkpoint.parquet");
    assert!(checkpoint.exists(), "every tenth version has one");
}

#[test]
fn a_column_more_widens_the_table() {
    let mut desk = Desk::new();
    desk.publish("2026-06-29", 0, numbers());
    desk.publish("2026-06-30", 0, ("rank", Arc::new(Int64Array::from(vec![1, 2]))));
    desk.project().expect("projected");
    assert_eq!(desk.columns(), ["as_of_date date", "share double", "rank long"]);
    assert_eq!(desk.files().len(), 2);
}

#[test]
fn another_type_of_a_column_is_refused_before_it_is_published() {
    let mut desk = Desk::new();
    desk.publish("2026-06-29", 0, numbers());
    desk.project().expect("projected");
    let check = |column| desk.delta.check(&desk.output, &desk.record("2026-06-30", 0, column));
    let (column, found, expected) = ("share".to_owned(), "string".to_owned(), "double".to_owned());
    assert_eq!(fault(check(texts())), DeltaFault::ColumnType { column, found, expected });
    let (column, found) = ("rank".to_owned(), "UInt64".to_owned());
    let unsigned = ("rank", Arc::new(UInt64Array::from(vec![1, 2])) as ArrayRef);
    assert_eq!(fault(check(unsigned)), DeltaFault::NoSuchType { column, found });
    check(numbers()).expect("it fits");
}

/// There was no table yet that could have refused it, and the log cannot be changed.
#[test]
fn where_another_type_is_published_the_table_begins_anew() {
    let mut desk = Desk::new();
    desk.publish("2026-06-28", 0, numbers());
    desk.publish("2026-06-29", 0, texts());
    desk.publish("2026-06-30", 0, texts());
    desk.project().expect("projected");
    assert_eq!(desk.columns(), ["as_of_date date", "share string"]);
    assert_eq!(desk.files(), paths([("2026-06-29", 2), ("2026-06-30", 3)]));
}

#[test]
fn a_table_that_follows_another_log_is_left_alone() {
    let (mut desk, mut other) = (Desk::new(), Desk::new());
    desk.publish("2026-06-29", 0, numbers());
    desk.project().expect("projected");
    let first = other.record("2026-06-29", 0, numbers());
    assert_eq!(fault(desk.delta.check(&other.output, &first)), DeltaFault::Foreign);
    other.publish("2026-06-29", 0, texts());
    assert_eq!(fault(desk.delta.project(&other.output, &other.log)), DeltaFault::Foreign);
    assert_eq!(desk.commits().len(), 1);
}

#[test]
fn a_table_that_is_ahead_of_a_restored_log_is_left_alone() {
    let mut desk = Desk::new();
    desk.publish("2026-06-29", 0, numbers());
    let restored = desk.log.clone();
    desk.publish("2026-06-30", 0, numbers());
    desk.project().expect("projected");
    desk.log = restored;
    let second = desk.record("2026-06-30", 0, numbers());
    desk.delta.check(&desk.output, &second).expect("another process may have published it");
    desk.output.delete(&key_of(2)).expect("deleted");
    assert_eq!(fault(desk.delta.check(&desk.output, &second)), DeltaFault::Foreign);
}

#[test]
fn what_was_changed_since_it_was_published_is_not_committed() {
    let mut desk = Desk::new();
    desk.publish("2026-06-29", 0, numbers());
    let file = &desk.log.records[0].files[0];
    let mut bytes = desk.output.get(&file.path).expect("read").expect("a file").to_vec();
    bytes[8] ^= 1;
    desk.output.put(&file.path, bytes.into()).expect("put");
    let refused = desk.project().expect_err("a changed file").to_string();
    assert!(refused.ends_with("a published file was changed; restore it from a backup"), "{refused}");
    assert_eq!(desk.commits().len(), 0);
    assert!(!desk.place().join(path("2026-06-29", 1)).exists(), "nor is it copied");
}

#[test]
fn only_the_kpi_tables_and_the_position_follow() {
    let file = |path: &str| PublishedFile {
        path: format!("runs/2026-06-30/r1/{path}"),
        copy_to: None,
        size: 0,
        sha256: String::new(),
        rows: 0,
    };
    for (path, table) in [
        ("kpi/kpi_aging.parquet", Some("kpi_aging")),
        ("items/part-00000.parquet", Some("items")),
        ("debtors/part-00000.parquet", Some("debtors")),
        ("actions/part-00000.parquet", None),
        ("outbox/channel=email/part-00000.ndjson", None),
        ("contact_state/part-00000.parquet", None),
        ("run_results.json", None),
    ] {
        assert_eq!(table_of(&file(path)), table, "{path}");
    }
}
