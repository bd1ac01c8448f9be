//! Same inputs, same bytes: whatever the number of shards, workers, files, and the order of rows.

use std::collections::BTreeMap;

use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;

use crate::support::{House, as_of, read_parquet, write_parquet};

/// A house with a generated portfolio.
fn portfolio() -> House {
    let house = House::new();
    let ended = house.regua(&["demo", "--dir", ".", "--invoices", "3000", "--generate-only"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    house
}

/// Path below the run = SHA-256, without `run_results.json`, which has a clock.
fn digests(house: &House) -> BTreeMap<String, String> {
    let record = std::fs::read(house.path("output/_log/00000000000000000001.json")).expect("a record");
    let record: regua::io::log::Record = serde_json::from_slice(&record).expect("a commit record");
    assert!(record.logical_digests.len() > 8, "{:?}", record.logical_digests.keys());
    record.logical_digests
}

fn run_again(house: &House) -> BTreeMap<String, String> {
    let _ = std::fs::remove_dir_all(house.path("output"));
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    digests(house)
}

#[test]
fn one_shard_or_a_hundred_give_the_same_bytes() {
    let house = portfolio();
    house.edit("pipelines/daily.toml", "history_days = 730", "history_days = 730\nshards = 1\nworkers = 1");
    let one = run_again(&house);
    for (shards, workers) in [(2, 2), (7, 3), (100, 4)] {
        let limits = format!("history_days = 730\nshards = {shards}\nworkers = {workers}");
        let text = std::fs::read_to_string(house.path("pipelines/daily.toml")).unwrap();
        let head = text.split("history_days").next().unwrap();
        std::fs::write(house.path("pipelines/daily.toml"), format!("{head}{limits}\n")).unwrap();
        assert_eq!(run_again(&house), one, "{shards} shards, {workers} workers");
    }
}

#[test]
fn the_order_of_rows_and_the_split_into_files_do_not_matter() {
    let house = portfolio();
    let ordered = run_again(&house);
    for table in ["invoices", "payments", "contact_points", "contact_log", "debtors"] {
        let batches = read_parquet(&house.path(&format!("input/{table}.parquet")));
        std::fs::remove_file(house.path(&format!("input/{table}.parquet"))).unwrap();
        std::fs::create_dir(house.path(&format!("input/{table}"))).unwrap();
        let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        let rows = batch.num_rows() as u32;
        // Every row once, far from its neighbours: 7919 is prime and divides no row count here.
        assert!(!rows.is_multiple_of(7919));
        let shuffled =
            UInt32Array::from_iter_values((0..rows).map(|i| ((u64::from(i) * 7919) % u64::from(rows)) as u32));
        let shuffled = take_record_batch(&batch, &shuffled).unwrap();
        let half = batch.num_rows() / 2;
        write_parquet(&house.path(&format!("input/{table}/b.parquet")), &shuffled.slice(0, half));
        write_parquet(&house.path(&format!("input/{table}/a.parquet")), &shuffled.slice(half, batch.num_rows() - half));
        house.edit("pipelines/daily.toml", &format!("/input/{table}.parquet"), &format!("/input/{table}/*.parquet"));
    }
    assert_eq!(run_again(&house), ordered);
}

#[test]
fn the_zone_and_clock_of_the_machine_do_not_matter() {
    let house = portfolio();
    let here = run_again(&house);
    let _ = std::fs::remove_dir_all(house.path("output"));
    let arguments = ["run", "pipelines/daily.toml", "--as-of", as_of()];
    let ended = house.regua_with(&arguments, &[("TZ", "Pacific/Auckland"), ("LANG", "tr_TR.UTF-8")]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(digests(&house), here);
}
