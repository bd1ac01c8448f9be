//! The portfolio as a whole: its bytes, its schemas, its keys, its balances and its shares.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

use super::*;
use crate::contract::{INPUTS, input};

/// 2026-11-20, a Friday.
const AS_OF: i32 = 20_777;

fn write(invoices: u64, seed: u64) -> (TempDir, DemoSummary) {
    let dir = tempfile::tempdir().unwrap();
    let as_of = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let demo = Demo { dir: dir.path().to_owned(), invoices, seed, as_of };
    let summary = demo.write(&mut |_| ()).unwrap();
    (dir, summary)
}

fn bytes(dir: &Path, table: &str) -> Vec<u8> {
    std::fs::read(dir.join(format!("input/{table}.parquet"))).unwrap()
}

fn batches(dir: &Path, table: &str) -> Vec<RecordBatch> {
    let file = File::open(dir.join(format!("input/{table}.parquet"))).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

/// One cell as a number or text, for comparing: dates in days, amounts in hundredths.
fn cell(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch.column_by_name(column).unwrap();
    if array.is_null(row) {
        return None;
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Some(texts.value(row).to_owned());
    }
    int(batch, column, row).map(|v| v.to_string())
}

fn int(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let array = batch.column_by_name(column).unwrap();
    if array.is_null(row) {
        return None;
    }
    if let Some(days) = array.as_primitive_opt::<Date32Type>() {
        return Some(days.value(row).into());
    }
    if let Some(amounts) = array.as_primitive_opt::<Decimal128Type>() {
        return i64::try_from(amounts.value(row)).ok();
    }
    array.as_primitive_opt::<Int64Type>().map(|numbers| numbers.value(row))
}

fn each_row(dir: &Path, table: &str, mut visit: impl FnMut(&RecordBatch, usize)) {
    for batch in batches(dir, table) {
        (0..batch.num_rows()).for_each(|row| visit(&batch, row));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let (first, again, other) = (write(1_500, 7), write(1_500, 7), write(1_500, 8));
    for table in INPUTS {
        assert_eq!(bytes(first.0.path(), table.name), bytes(again.0.path(), table.name), "{}", table.name);
    }
    for table in ["invoices", "payments", "debtors", "contact_points", "contact_log", "fx_rates"] {
        assert_ne!(bytes(first.0.path(), table), bytes(other.0.path(), table), "{table}");
    }
}

#[test]
fn there_are_exactly_as_many_invoices_as_asked_for() {
    for invoices in [0, 1, 2, 37, 1_000, 20_001] {
        let (dir, summary) = write(invoices, 3);
        assert_eq!(summary.rows_of("invoices"), Some(invoices));
        let mut rows = 0;
        each_row(dir.path(), "invoices", |_, _| rows += 1);
        assert_eq!(rows, invoices);
    }
}

#[test]
fn progress_ends_with_the_number_of_invoices() {
    let dir = tempfile::tempdir().unwrap();
    let as_of = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let mut seen = Vec::new();
    let demo = Demo { dir: dir.path().to_owned(), invoices: 25_000, seed: 1, as_of };
    demo.write(&mut |invoices| seen.push(invoices)).unwrap();
    assert!(seen.is_sorted() && seen.len() >= 3, "{seen:?}");
    assert_eq!(seen.last(), Some(&25_000));
}

#[test]
fn rows_and_files_have_the_columns_of_the_contract() {
    let (dir, summary) = write(300, 5);
    assert_eq!(rows::ALL.len(), INPUTS.len());
    assert_eq!(summary.rows.iter().map(|r| r.0).collect::<Vec<_>>(), INPUTS.iter().map(|t| t.name).collect::<Vec<_>>());
    for (name, columns) in rows::ALL {
        let table = input(name).unwrap();
        assert_eq!(table.columns.iter().map(|c| c.name).collect::<Vec<_>>(), *columns, "{name}");
        let file = File::open(dir.path().join(format!("input/{name}.parquet"))).unwrap();
        let schema = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().schema().clone();
        assert_eq!(schema.fields(), table.schema().fields(), "{name}");
    }
}

#[test]
fn keys_are_unique_and_words_are_those_of_the_contract() {
    let (dir, summary) = write(30_000, 11);
    for table in INPUTS {
        assert!(summary.rows_of(table.name).unwrap() > 0, "{} is empty", table.name);
        let mut seen = HashSet::new();
        each_row(dir.path(), table.name, |batch, row| {
            let key: Vec<_> = table.key.iter().map(|column| cell(batch, column, row)).collect();
            assert!(seen.insert(key.clone()), "{}: {key:?} is there twice", table.name);
            for column in table.columns {
                if let crate::contract::Kind::Enum(words) = column.kind
                    && let Some(word) = cell(batch, column.name, row)
                {
                    assert!(words.contains(&word.as_str()), "{}.{}: {word}", table.name, column.name);
                }
            }
        });
    }
}

#[test]
fn check_digits_of_domestic_debtors_are_right_and_some_share_a_root() {
    let (dir, _) = write(30_000, 13);
    let mut roots: HashMap<String, u32> = HashMap::new();
    let (mut alphanumeric, mut foreign) = (0, 0);
    each_row(dir.path(), "debtors", |batch, row| {
        let Some(tax_id) = cell(batch, "tax_id", row) else { return };
        if cell(batch, "country", row).as_deref() != Some("BR") {
            foreign += 1;
            return;
        }
        assert_eq!(tax_id.len(), 14);
        let values: Vec<u32> = tax_id.bytes().map(|b| u32::from(b - b'0')).collect();
        for digit in [12, 13] {
            let sum: u32 = values[..digit].iter().rev().enumerate().map(|(i, v)| v * (2 + i as u32 % 8)).sum();
            let expected = if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
            assert_eq!(values[digit], expected, "{tax_id}");
        }
        alphanumeric += u32::from(tax_id.bytes().any(|b| b.is_ascii_uppercase()));
        *roots.entry(tax_id[..8].to_owned()).or_default() += 1;
    });
    assert!(alphanumeric > 20 && foreign > 20, "{alphanumeric} alphanumeric, {foreign} foreign");
    assert!(roots.values().any(|&n| n > 2), "no group of three companies");
}

/// An item of the files with its balance as seen on the as-of date.
struct Balance {
    issued: i64,
    due: i64,
    amount: i64,
    open: i64,
}

/// What is owed per invoice and instalment; fails where more was paid than was owed.
fn balances(dir: &Path, until: i64) -> BTreeMap<String, BTreeMap<i64, Balance>> {
    let mut books: BTreeMap<String, BTreeMap<i64, Balance>> = BTreeMap::new();
    let mut movements: Vec<(i64, String, Option<i64>, i64)> = Vec::new();
    each_row(dir, "invoices", |batch, row| {
        let id = cell(batch, "invoice_id", row).unwrap();
        let (issued, due) = (int(batch, "issue_date", row).unwrap(), int(batch, "due_date", row).unwrap());
        let amount = int(batch, "amount", row).unwrap();
        assert!(amount > 0 && due >= issued, "{id}");
        match cell(batch, "document_type", row).as_deref() {
            Some("invoice" | "debit_note") => {
                let no = int(batch, "installment_no", row).unwrap();
                books.entry(id).or_default().insert(no, Balance { issued, due, amount, open: amount });
            }
            Some("credit_note") => {
                let original = cell(batch, "original_invoice_id", row);
                movements.extend(original.map(|original| (issued, original, None, -amount)));
            }
            _ => {}
        }
    });
    each_row(dir, "payments", |batch, row| {
        let amount = int(batch, "amount", row).unwrap();
        let effect = match cell(batch, "kind", row).as_deref() {
            Some("payment" | "credit_note" | "write_off") => -amount,
            Some("refund" | "chargeback") => amount,
            _ => 0,
        };
        let Some(id) = cell(batch, "invoice_id", row) else { return };
        movements.push((int(batch, "paid_on", row).unwrap(), id, int(batch, "installment_no", row), effect));
    });
    // Within a day, what reopens an item comes before what pays it again.
    movements.sort_by_key(|(on, _, _, effect)| (*on, -effect));
    for (on, id, no, effect) in movements.into_iter().filter(|m| m.0 <= until) {
        apply(books.get_mut(&id).unwrap_or_else(|| panic!("{id} is not owed")), &id, no, on, effect);
    }
    books
}

fn apply(items: &mut BTreeMap<i64, Balance>, id: &str, no: Option<i64>, on: i64, effect: i64) {
    let mut left = effect;
    for (_, item) in items.iter_mut().filter(|(n, _)| no.is_none_or(|no| no == **n)) {
        assert!(on >= item.issued, "{id} is paid before it is issued");
        let moved = if left < 0 { -(-left).min(item.open) } else { left.min(item.amount - item.open) };
        item.open += moved;
        left -= moved;
    }
    assert_eq!(left, 0, "{id}: more was paid, or taken back, than there was");
}

#[test]
fn nothing_is_paid_twice_and_the_shares_are_those_of_a_healthy_portfolio() {
    let (dir, _) = write(60_000, 42);
    let _ = balances(dir.path(), i64::MAX);
    let (mut billed, mut open, mut overdue, mut very_late) = (0.0, 0.0, 0.0, 0.0);
    for item in balances(dir.path(), AS_OF.into()).values().flat_map(BTreeMap::values) {
        if item.issued > AS_OF.into() {
            continue;
        }
        let days = i64::from(AS_OF) - item.due;
        billed += item.amount as f64;
        open += item.open as f64;
        overdue += if days > 0 { item.open as f64 } else { 0.0 };
        very_late += if days > 180 { item.open as f64 } else { 0.0 };
    }
    assert!((0.115..0.155).contains(&(open / billed)), "open: {}", open / billed);
    assert!((0.23..0.37).contains(&(overdue / open)), "overdue: {}", overdue / open);
    assert!((0.02..0.15).contains(&(very_late / open)), "later than 180 days: {}", very_late / open);
}

#[test]
fn debtors_are_skewed_and_one_is_a_giant() {
    let (dir, _) = write(30_000, 17);
    let mut items: HashMap<String, u64> = HashMap::new();
    each_row(dir.path(), "invoices", |batch, row| {
        *items.entry(cell(batch, "debtor_id", row).unwrap()).or_default() += 1;
    });
    assert_eq!(items.values().filter(|&&n| n >= 1_000).count(), 1);
    let mean = 30_000.0 / items.len() as f64;
    assert!((7.0..13.0).contains(&mean), "{mean} items per debtor");
    let small = items.values().filter(|&&n| n <= 2).count() as f64 / items.len() as f64;
    assert!(small > 0.25, "{small} of the debtors have one or two items");
}

#[test]
fn payments_belong_to_the_debtor_and_the_currency_of_what_they_pay() {
    let (dir, _) = write(20_000, 19);
    let mut owners = HashMap::new();
    each_row(dir.path(), "invoices", |batch, row| {
        let owner = (cell(batch, "debtor_id", row), cell(batch, "currency", row));
        owners.insert(cell(batch, "invoice_id", row), owner);
    });
    each_row(dir.path(), "payments", |batch, row| {
        if let Some(owner) = owners.get(&cell(batch, "invoice_id", row)) {
            assert_eq!(*owner, (cell(batch, "debtor_id", row), cell(batch, "currency", row)));
        }
    });
}

#[test]
fn a_folder_that_cannot_be_created_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let as_of = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let demo = Demo { dir: file.path().to_owned(), invoices: 1, seed: 1, as_of };
    let message = demo.write(&mut |_| ()).unwrap_err().to_string();
    assert!(message.contains(&file.path().display().to_string()), "{message}");
}
