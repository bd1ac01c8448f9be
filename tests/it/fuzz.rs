//! Random changes to what people and other programs write: it is read, or refused with a message; nothing panics.
//!
//! The targets are those of the fuzzers (tests/fuzz), which are guided by what a try reaches. These tries are not, and
//! need no build of their own.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use regua::io::log::key_of;

use crate::support::{House, as_of, root};

#[path = "../fuzz/targets.rs"]
mod targets;

/// How long each target is tried.
const TIME: Duration = Duration::from_secs(2);

/// What a random change may put in: what parsers stumble over.
const PIECES: [&str; 24] = [
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "{%",
    "%}",
    "=",
    "\n",
    "\0",
    "é",
    "🦀",
    "-1",
    "9999999999999999999",
    "1e999",
    "0.5",
    "true",
    "null",
    "..",
    "//",
    "${X}",
];

/// Tries until the time is over; a panic fails, and says with which bytes.
fn fuzz(name: &str, target: fn(&[u8]), seeds: &[Vec<u8>]) {
    let (begin, mut tried, mut dice) = (Instant::now(), 0, ChaCha8Rng::seed_from_u64(17));
    while begin.elapsed() < TIME {
        let bytes = changed(&seeds[dice.random_range(0..seeds.len())], &mut dice);
        assert!(catch_unwind(|| target(&bytes)).is_ok(), "{name} panics at\n{}", String::from_utf8_lossy(&bytes));
        tried += 1;
    }
    println!("faults: random changes to {name}: {tried} tried, no crash");
}

/// A few places are cut out, doubled or overwritten.
fn changed(seed: &[u8], dice: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..dice.random_range(1..6) {
        let at = dice.random_range(0..=bytes.len());
        let end = (at + dice.random_range(0..12)).min(bytes.len());
        let piece = PIECES[dice.random_range(0..PIECES.len())].bytes();
        match dice.random_range(0..4) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.splice(at..at, piece).for_each(drop),
            2 => bytes.splice(at..end, piece).for_each(drop),
            _ => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
        }
    }
    bytes
}

fn shipped(file: &str) -> [Vec<u8>; 1] {
    [std::fs::read(root().join(file)).expect("a shipped file")]
}

#[test]
fn configuration() {
    fuzz("a pipeline", targets::pipeline, &shipped("pipelines/daily.toml"));
    fuzz("a régua", targets::procedure, &shipped("pipelines/reguas/b2b.toml"));
    fuzz("a calendar", targets::calendar, &shipped("pipelines/calendars/br.toml"));
}

#[test]
fn templates() {
    fuzz("a template", targets::template, &shipped("pipelines/templates/pt-BR/overdue_first.email.j2"));
}

#[test]
fn inputs_and_records() {
    let house = House::new();
    let ended = house.regua(&["demo", "--invoices", "50", "--dir", ".", "--as-of", as_of(), "--months", "0"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let record = std::fs::read(house.path("output").join(key_of(1))).expect("a record");
    fuzz("a commit record", targets::log_record, &[record]);
    let inputs = glob::glob(&house.path("input/*.parquet").to_string_lossy()).expect("a pattern").flatten();
    let inputs: Vec<Vec<u8>> = inputs.map(|file| std::fs::read(file).expect("bytes")).collect();
    fuzz("an input", targets::input, &inputs);
}

#[test]
fn paths() {
    let seeds =
        ["s3://bucket/in/{as_of}/*.parquet", "az://c/x", "gs://b", "file:///tmp/a/../b", "/data/x?.parquet", "a/[b]"];
    fuzz("a path", targets::path, &seeds.map(|seed| seed.as_bytes().to_vec()));
}
