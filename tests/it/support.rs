//! What the tests share: a house with inputs and a pipeline in it, tables written as text, and what came out as text.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use regua::contract;

/// The date of most tests: a Tuesday without a holiday.
pub fn as_of() -> &'static str {
    "2026-06-30"
}

/// A folder with `input/`, a pipeline and, after a run, `output/`.
pub struct House {
    pub folder: tempfile::TempDir,
}

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The root of the project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Python environment that tests/run makes: stores to run against, and readers of what is published.
pub fn test_venv() -> PathBuf {
    let venv = std::env::var_os("REGUA_TEST_VENV");
    PathBuf::from(
        venv.expect("REGUA_TEST_VENV is not set: start the tests by tests/run, which installs what they need"),
    )
}

impl House {
    /// A house with the shipped pipelines, reading `input/` and publishing to `output/`.
    pub fn new() -> House {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&root().join("pipelines"), &folder.path().join("pipelines"));
        std::fs::create_dir(folder.path().join("input")).expect("input");
        House { folder }
    }

    /// The smallest portfolio with something to say: debtor D1, ten days late with invoice I1 on the date of most tests.
    pub fn of_one_invoice() -> House {
        let house = House::new();
        house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-06-20 100.00");
        house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
        house.write("debtors", "debtor_id legal_name state\nD1 Acme SP");
        house.write("contact_points", "debtor_id channel address\nD1 email a@acme.example");
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes an input table from text: a line of column names, then a line a row; `-` is null, `_` a space.
    pub fn write(&self, table: &str, text: &str) {
        write_parquet(&self.path(&format!("input/{table}.parquet")), &batch(table, text));
    }

    /// Writes a file of text.
    pub fn write_file(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).expect("written");
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("a file to read")
    }

    /// Replaces a text in a file of the house.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = std::fs::read_to_string(&path).expect("a file to edit");
        assert!(text.contains(from), "{file} has no {from:?}");
        std::fs::write(&path, text.replace(from, to)).expect("written");
    }

    /// Runs the daily pipeline for a date.
    pub fn run(&self, as_of: &str) -> Ended {
        self.regua(&["run", "pipelines/daily.toml", "--as-of", as_of])
    }

    /// Runs the program in the house.
    pub fn regua(&self, arguments: &[&str]) -> Ended {
        self.regua_with(arguments, &[])
    }

    /// Runs the program in the house with more in its environment.
    pub fn regua_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regua"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("REGUA_DATA").env_remove("REGUA_OUTPUT");
        command.envs(environment.iter().copied());
        let output = command.output().expect("the program starts");
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Rows of a published table of the newest run, as text, columns separated by a space, null as `-`.
    pub fn published(&self, table: &str, columns: &str) -> Vec<String> {
        let pattern = self.path(&format!("output/runs/*/*/{table}/*.parquet"));
        let kpi = self.path(&format!("output/runs/*/*/kpi/{table}.parquet"));
        let find = |p: &Path| glob::glob(&p.to_string_lossy()).expect("a pattern").flatten().collect::<Vec<_>>();
        let mut files = find(&pattern);
        files.extend(find(&kpi));
        let newest = files.iter().max_by_key(|p| std::fs::metadata(p).and_then(|m| m.modified()).ok());
        let Some(file) = newest else { return Vec::new() };
        rows(&read_parquet(file), columns)
    }
}

/// A batch of a contract table from text; columns that the contract does not know are texts.
pub fn batch(table: &str, text: &str) -> RecordBatch {
    let table = contract::input(table).unwrap_or_else(|| panic!("no input {table}"));
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let names: Vec<&str> = lines.next().expect("a line of column names").split_whitespace().collect();
    let rows: Vec<Vec<&str>> = lines.map(|l| l.split_whitespace().collect()).collect();
    let column = |(position, name): (usize, &&str)| -> (String, ArrayRef) {
        let kind = table.column(name).map_or(DataType::Utf8, |c| c.data_type());
        let cell = |row: &Vec<&str>| match row.get(position) {
            Some(&"-") | None => None,
            Some(text) => Some(text.replace('_', " ")),
        };
        let keep_underscores = |row: &Vec<&str>| row.get(position).filter(|t| **t != "-").map(|t| (*t).to_owned());
        let is_enum = table.column(name).is_some_and(|c| matches!(c.kind, contract::Kind::Enum(_)));
        let texts: Vec<Option<String>> =
            rows.iter().map(|row| if is_enum { keep_underscores(row) } else { cell(row) }).collect();
        let texts: ArrayRef = Arc::new(arrow::array::StringArray::from(texts));
        ((*name).to_owned(), cast(&texts, &kind).unwrap_or_else(|e| panic!("{name}: {e}")))
    };
    let columns: Vec<(String, ArrayRef)> = names.iter().enumerate().map(column).collect();
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("a batch")
}

pub fn write_parquet(path: &Path, batch: &RecordBatch) {
    let file = std::fs::File::create(path).expect("a file to write");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(batch).expect("rows written");
    writer.close().expect("a finished file");
}

pub fn read_parquet(path: &Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(path).expect("a file to read");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|b| b.build()).expect("a Parquet file");
    reader.collect::<Result<Vec<_>, _>>().expect("readable rows")
}

/// The named columns of some rows, a line each.
pub fn rows(batches: &[RecordBatch], columns: &str) -> Vec<String> {
    let line = |batch: &RecordBatch, row: usize| {
        let cell = |name: &str| {
            let array = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
            let is_null = arrow::array::Array::is_null(array, row);
            if is_null { "-".to_owned() } else { array_value_to_string(array, row).expect("a value") }
        };
        columns.split_whitespace().map(cell).collect::<Vec<_>>().join(" ")
    };
    batches.iter().flat_map(|b| (0..b.num_rows()).map(move |row| line(b, row))).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}
