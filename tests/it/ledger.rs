//! The real ledger: 2,466 invoices of 100 customers, as exported, by mapping alone.
//!
//! The data is not ours to ship. Where `../shared/data` is absent these tests say so and pass; the numbers they expect
//! stand here, and those of other dates are worked out from the CSV of the same export, row by row.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDate;

use crate::support::{House, read_parquet, root, rows};

fn data() -> Option<PathBuf> {
    let folder = root().parent()?.join("shared/data");
    let is_there = folder.join("invoices.parquet").exists();
    if !is_there {
        eprintln!("{} is not here: the real ledger is not tested", folder.display());
    }
    is_there.then_some(folder)
}

/// Bucket = (items, amount), as published for a date.
fn aging(folder: &std::path::Path, as_of: &str) -> BTreeMap<String, (i64, String)> {
    let house = House::new();
    let pipeline = root().join("tests/ledger/ibm.toml");
    let output = house.path("output");
    let environment = [("LEDGER", folder.to_str().unwrap()), ("OUTPUT", output.to_str().unwrap())];
    let ended = house.regua_with(&["run", pipeline.to_str().unwrap(), "--as-of", as_of], &environment);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let batches = read_parquet(&house.path("output/kpi_current/kpi_aging.parquet"));
    let mut aging: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for line in rows(&batches, "bucket items open_amount") {
        let cells: Vec<&str> = line.split(' ').collect();
        let sum = aging.entry(cells[0].to_owned()).or_default();
        sum.0 += cells[1].parse::<i64>().unwrap();
        sum.1 += cells[2].replace('.', "").parse::<i64>().unwrap();
    }
    aging.into_iter().map(|(b, (items, minor))| (b, (items, format!("{}.{:02}", minor / 100, minor % 100)))).collect()
}

fn expected(cells: &[(&str, i64, &str)]) -> BTreeMap<String, (i64, String)> {
    cells.iter().map(|(bucket, items, amount)| ((*bucket).to_owned(), (*items, (*amount).to_owned()))).collect()
}

#[test]
fn the_aging_of_2012_03_31_and_2013_06_30() {
    let Some(folder) = data() else { return };
    let march = expected(&[("1-30", 9, "569.23"), ("not_due", 98, "5613.87")]);
    assert_eq!(aging(&folder, "2012-03-31"), march);
    let june = expected(&[("1-30", 12, "835.56"), ("not_due", 72, "4284.29")]);
    assert_eq!(aging(&folder, "2013-06-30"), june);
}

/// Open = issued by the date and settled after it; worked out here without the program.
fn by_hand(folder: &std::path::Path, as_of: NaiveDate) -> BTreeMap<String, (i64, String)> {
    let text = std::fs::read_to_string(folder.join("accounts_receivable.csv")).unwrap();
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let day = |i: usize| NaiveDate::parse_from_str(cells[i], "%d/%m/%Y").unwrap();
        let (issued, due, settled) = (day(4), day(5), day(8));
        if issued > as_of || settled <= as_of {
            continue;
        }
        let bucket = match (as_of - due).num_days() {
            ..=0 => "not_due",
            1..=30 => "1-30",
            31..=60 => "31-60",
            61..=90 => "61-90",
            _ => "over_90",
        };
        let minor = (cells[6].parse::<f64>().unwrap() * 100.0).round() as i64;
        let sum = sums.entry(bucket).or_default();
        *sum = (sum.0 + 1, sum.1 + minor);
    }
    let text = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
    sums.into_iter().map(|(b, (items, minor))| (b.to_owned(), (items, text(minor)))).collect()
}

#[test]
fn any_other_date_is_as_right() {
    let Some(folder) = data() else { return };
    for as_of in ["2012-01-03", "2012-07-15", "2012-12-31", "2013-02-28", "2013-11-30", "2014-03-01"] {
        assert_eq!(aging(&folder, as_of), by_hand(&folder, as_of.parse().unwrap()), "{as_of}");
    }
}
