//! Random changes to what people and other programs write: it is read, or refused with a message; nothing panics.
//!
//! In `tests/faults --full` every target gets a minute, in `tests/run` a second or two.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::memory::InMemory;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use regua::config::Plan;
use regua::error::Error;
use regua::io::log::{Log, key_of};
use regua::io::store::{Store, split_glob};

use crate::faults::Scale;
use crate::faults::desk::Desk;
use crate::support::House;

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

/// Tries until the time is over; a panic fails, and says with which text.
fn fuzz(target: &str, seeds: &[String], mut read: impl FnMut(&str)) {
    let time = if Scale::wanted().seeds > 2 { Duration::from_secs(60) } else { Duration::from_secs(2) };
    let (begin, mut tried, mut dice) = (Instant::now(), 0, ChaCha8Rng::seed_from_u64(17));
    while begin.elapsed() < time {
        let text = changed(&seeds[dice.random_range(0..seeds.len())], &mut dice);
        let read = catch_unwind(AssertUnwindSafe(|| read(&text)));
        assert!(read.is_ok(), "{target} panics at\n{text}");
        tried += 1;
    }
    println!("faults: random changes to {target}: {tried} tried, no crash");
}

/// A few places are cut out, doubled or overwritten.
fn changed(seed: &str, dice: &mut ChaCha8Rng) -> String {
    let mut chars: Vec<char> = seed.chars().collect();
    for _ in 0..dice.random_range(1..6) {
        let at = dice.random_range(0..=chars.len());
        let end = (at + dice.random_range(0..12)).min(chars.len());
        match dice.random_range(0..4) {
            0 => drop(chars.drain(at..end)),
            1 => chars.splice(at..at, PIECES[dice.random_range(0..PIECES.len())].chars()).for_each(drop),
            2 => chars.splice(at..end, PIECES[dice.random_range(0..PIECES.len())].chars()).for_each(drop),
            _ => {
                let piece = chars[at..end].to_vec();
                chars.splice(at..at, piece).for_each(drop);
            }
        }
    }
    chars.into_iter().collect()
}

fn loads(house: &House, file: &str) {
    let path = house.path(file);
    let seed = std::fs::read_to_string(&path).expect("text");
    fuzz(file, std::slice::from_ref(&seed), |text| {
        std::fs::write(&path, text).expect("written");
        match Plan::load(&house.path("pipelines/daily.toml"), &|_| None) {
            Ok(_) => {}
            Err(Error::Configuration(faults)) => assert!(!faults.0.is_empty() && !faults.to_string().is_empty()),
            Err(other) => panic!("{other}"),
        }
    });
}

#[test]
fn configuration() {
    for file in ["pipelines/daily.toml", "pipelines/reguas/b2b.toml", "pipelines/calendars/br.toml"] {
        loads(&House::new(), file);
    }
}

#[test]
fn templates() {
    loads(&House::new(), "pipelines/templates/pt-BR/overdue_first.email.j2");
}

#[test]
fn the_log() {
    let desk = Desk::new(false);
    let output = desk.store(Arc::new(InMemory::new()));
    desk.attempt(&output, "x").expect("published");
    let seed = output.get(&key_of(1)).expect("readable").expect("there");
    fuzz("a commit record", &[String::from_utf8_lossy(&seed).into_owned()], |text| {
        output.put(&key_of(1), text.to_owned().into()).expect("written");
        if let Err(error) = Log::read(&output) {
            assert!(matches!(error, Error::Damaged { .. }), "{error}");
        }
    });
}

#[test]
fn paths() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let seeds =
        ["s3://bucket/in/{as_of}/*.parquet", "az://c/x", "gs://b", "file:///tmp/a/../b", "/data/x?.parquet", "a/[b]"];
    fuzz("a path", &seeds.map(str::to_owned), |text| {
        let (folder, _) = split_glob(text);
        if let Ok(store) = Store::open(&folder, runtime.handle()) {
            let _ = PathBuf::from(store.url_of("x"));
        }
    });
}
