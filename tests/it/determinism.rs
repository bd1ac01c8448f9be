//! Same inputs, same bytes: whatever the number of shards, workers, files, and the order of rows.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};

use crate::support::{House, as_of, read_parquet, rows, write_parquet};

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
fn one_shard_or_a_hundred_and_much_memory_or_little_give_the_same_bytes() {
    let house = portfolio();
    house.edit("pipelines/daily.toml", "history_days = 730", "history_days = 730\nshards = 1\nworkers = 1");
    let one = run_again(&house);
    for (shards, workers, memory_mb) in [(2, 2, 4_000), (7, 3, 1_000), (100, 4, 256)] {
        let limits = format!("history_days = 730\nshards = {shards}\nworkers = {workers}");
        let text = std::fs::read_to_string(house.path("pipelines/daily.toml")).unwrap();
        let head = text.split("history_days").next().unwrap();
        std::fs::write(house.path("pipelines/daily.toml"), format!("{head}{limits}\n")).unwrap();
        house.edit("pipelines/daily.toml", "memory_mb_max = ", &format!("memory_mb_max = {memory_mb} # "));
        assert_eq!(run_again(&house), one, "{shards} shards, {workers} workers, {memory_mb} MB");
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

/// The portfolio of these debtors alone.
fn part_of(house: &House, debtors: &BTreeSet<String>) -> House {
    let part = House::new();
    let tables = glob::glob(&house.path("input/*.parquet").to_string_lossy()).unwrap().flatten();
    for file in tables {
        let batches = read_parquet(&file);
        let Some(first) = batches.first() else { continue };
        let all = concat_batches(&first.schema(), &batches).unwrap();
        let of_part = match all.column_by_name("debtor_id") {
            None => all,
            Some(column) => {
                let ids = column.as_string::<i32>().iter();
                let mask: BooleanArray = ids.map(|id| Some(id.is_some_and(|id| debtors.contains(id)))).collect();
                filter_record_batch(&all, &mask).unwrap()
            }
        };
        write_parquet(&part.path("input").join(file.file_name().unwrap()), &of_part);
    }
    part
}

/// Debtors by what groups them: their stated group, the root of their CNPJ, or nothing but themselves.
fn groups(debtors: &[RecordBatch]) -> BTreeMap<String, BTreeSet<String>> {
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows(debtors, "debtor_id group_id tax_id") {
        let [id, group, tax_id] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let root: String = tax_id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let key = [group, &root, id].into_iter().find(|key| key.len() > 1).unwrap();
        groups.entry(key.to_owned()).or_default().insert(id.to_owned());
    }
    groups
}

/// Invariant 24: what is decided for some groups depends on no other.
#[test]
fn two_halves_decided_alone_are_the_whole() {
    let house = portfolio();
    let decided = |house: &House| {
        run_again(house);
        let mut all =
            house.published("decisions", "company_id debtor_id currency regua outcome reason action_id open_amount");
        all.extend(house.published("actions", "action_id payload_sha256"));
        all
    };
    let groups = groups(&read_parquet(&house.path("input/debtors.parquet")));
    assert!(groups.values().any(|g| g.len() > 1), "a group of several companies");
    let half = |odd: usize| groups.values().skip(odd).step_by(2).flatten().cloned().collect::<BTreeSet<String>>();
    let mut whole = decided(&house);
    let mut halves: Vec<String> = [0, 1].iter().flat_map(|odd| decided(&part_of(&house, &half(*odd)))).collect();
    whole.sort();
    halves.sort();
    assert!(whole.len() > 150, "{}", whole.len());
    assert_eq!(halves, whole);
}
