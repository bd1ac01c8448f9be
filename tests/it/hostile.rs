//! Hostile inputs: files that are cut short, overwritten or lie about themselves. The program says what is wrong and
//! publishes nothing, or it publishes something that ties; it never dies.

use std::path::PathBuf;
use std::process::Command;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::faults::Scale;
use crate::support::{House, as_of};

/// Kibibytes of address space: a file that claims to hold gigabytes gets none of them.
const MEMORY_KIB: u64 = 3 * 1024 * 1024;

/// A generated portfolio: rows in every input.
fn house() -> House {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "200", "--dir", "."]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    house
}

fn inputs(house: &House) -> Vec<PathBuf> {
    let found = glob::glob(&house.path("input/*.parquet").to_string_lossy()).expect("a pattern").flatten();
    let mut files: Vec<PathBuf> = found.collect();
    files.sort();
    files
}

/// Runs within a limit of memory; whether it published.
fn survives(house: &House, name: &str) -> bool {
    let script = format!("ulimit -v {MEMORY_KIB}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_regua"), "run", "pipelines/daily.toml"]);
    let ended = command.args(["--as-of", as_of(), "--output", "text"]).current_dir(house.folder.path()).output();
    let ended = ended.expect("bash");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let code = ended.status.code();
    assert!(matches!(code, Some(0 | 3)), "{name}: {:?} {stderr}", ended.status);
    assert!(!stderr.contains("panicked"), "{name}: {stderr}");
    assert!(code == Some(0) || stderr.contains("error: "), "{name}: {stderr}");
    let is_published = house.path("output/_log/00000000000000000001.json").exists();
    assert_eq!(is_published, code == Some(0), "{name}");
    let _ = std::fs::remove_dir_all(house.path("output"));
    is_published
}

#[test]
fn every_input_cut_short_is_refused() {
    let house = house();
    let cuts = if Scale::wanted().seeds > 2 { 8 } else { 1 };
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    for file in inputs(&house) {
        let whole = std::fs::read(&file).expect("bytes");
        let random = (0..cuts).map(|_| dice.random_range(8..whole.len() - 1));
        for length in [0, whole.len() - 1].into_iter().take(if cuts > 1 { 2 } else { 0 }).chain(random) {
            std::fs::write(&file, &whole[..length]).expect("written");
            let name = format!("{} cut to {length} of {}", file.display(), whole.len());
            assert!(!survives(&house, &name), "{name}: half an input is no input");
        }
        std::fs::write(&file, &whole).expect("mended");
    }
    assert!(survives(&house, "whole"));
}

/// Sizes, counts and offsets stand in the head of a page and in the footer: bytes there are overwritten at random.
#[test]
fn an_input_that_lies_about_itself_is_survived() {
    let house = house();
    let scale = Scale::wanted();
    let rounds = if scale.seeds > 2 { 200 } else { 12 };
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let files = inputs(&house);
    let mut published = 0;
    for round in 0..rounds {
        let file = &files[dice.random_range(0..files.len())];
        let whole = std::fs::read(file).expect("bytes");
        let mut bytes = whole.clone();
        let footer = bytes.len().saturating_sub(600);
        for _ in 0..dice.random_range(1..4) {
            let at =
                if dice.random_bool(0.5) { dice.random_range(4..40) } else { dice.random_range(footer..bytes.len()) };
            bytes[at] = [0xff, 0x80, 0x7f, 0x00, dice.random()][dice.random_range(0..5)];
        }
        std::fs::write(file, &bytes).expect("written");
        published += usize::from(survives(&house, &format!("round {round}, {}", file.display())));
        std::fs::write(file, &whole).expect("mended");
    }
    println!("faults: inputs that lie about themselves: {rounds} tried, {published} of them read as whole, no crash");
}
