//! House style as a test: who may import whom, what is banned, and how long a function or a file may be.

mod source;

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::root;
use source::{code_of, functions, is_word, line_of, paths, without_tests};

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 500;

/// Part of the crate, and the parts it may import; the first line that fits a file is its rule.
const LAYERS: &[(&str, &[&str])] = &[
    // The rules are pure: nothing but themselves.
    ("src/domain", &["domain"]),
    ("src/error.rs", &["domain"]),
    ("src/contract", &["domain"]),
    // The edge hashes what it writes as the domain hashes identities: `domain::action::{hex, sha256_hex}`.
    ("src/io", &["contract", "error", "domain", "runtime::panics"]),
    // Of the configuration a stage sees the plan; progress, interruption and threads are tools without rules.
    ("src/stage", &["domain", "io", "contract", "error", "config", "stage", "runtime", "text"]),
    // The contract names the inputs and columns that a pipeline may map.
    ("src/config", &["domain", "error", "contract", "config"]),
    // Lineage names the tables of the contract.
    ("src/run", &["config", "contract", "stage", "io", "error", "report", "runtime", "text", "run"]),
    ("src/simulate", &["config", "contract", "domain", "stage", "io", "error", "report", "runtime", "simulate"]),
    ("src/rehearsal.rs", &["config", "stage", "io", "error", "contract", "runtime"]),
    ("src/specification", &["config", "stage", "io", "error", "contract", "specification"]),
    ("src/demo", &["contract", "domain", "demo"]),
    // A proposal comes before there is a plan: it sees files and the contract.
    ("src/proposal", &["io", "contract", "domain", "error", "text", "proposal"]),
    ("src/runtime", &["error"]),
    ("src/text.rs", &[]),
    ("src/main.rs", &[]),
    ("src/lib.rs", &[]),
    // The commands see everything but the stages: what a run does is `run.rs`.
    (
        "src/cli",
        &[
            "config",
            "run",
            "rehearsal",
            "simulate",
            "specification",
            "report",
            "maintenance",
            "error",
            "io",
            "contract",
            "domain",
            "demo",
            "proposal",
            "runtime",
            "text",
            "cli",
        ],
    ),
    ("src/report", &["io", "contract", "domain", "error", "report"]),
    ("src/maintenance", &["io", "contract", "domain", "error", "runtime::progress", "maintenance"]),
];

/// A crate, and the only files that may name it.
const CRATES: &[(&str, &[&str])] = &[
    (
        "datafusion",
        &[
            "src/io/engine.rs",
            "src/io/engine/bound.rs",
            "src/io/engine/functions.rs",
            "src/io/engine/leaf.rs",
            "src/io/engine/plans.rs",
            "src/io/engine/rules.rs",
            "src/io/engine/trace.rs",
        ],
    ),
    ("deltalake_core", &["src/io/delta"]),
    ("object_store", &["src/io/"]),
    ("object_store::aws", &["src/io/store.rs"]),
    ("object_store::azure", &["src/io/store.rs"]),
    ("object_store::gcp", &["src/io/store.rs"]),
    ("object_store::local", &["src/io/store.rs"]),
    ("object_store::memory", &["src/io/store.rs"]),
    ("parquet", &["src/io/", "src/demo"]),
    ("reqwest", &["src/io/events.rs", "src/cli/spans.rs"]),
    ("opentelemetry", &["src/cli/spans.rs"]),
    ("opentelemetry_http", &["src/cli/spans.rs"]),
    ("opentelemetry_otlp", &["src/cli/spans.rs"]),
    ("opentelemetry_sdk", &["src/cli/spans.rs"]),
    ("tracing_opentelemetry", &["src/cli/spans.rs"]),
    ("rayon", &["src/stage/decide.rs", "src/config/templates.rs", "src/io/delta.rs"]),
    ("rand", &["src/cli/run.rs", "src/demo"]),
    ("rand_chacha", &["src/demo"]),
    (
        "tokio",
        &[
            "src/io/",
            "src/cli",
            "src/run.rs",
            "src/run/train.rs",
            "src/rehearsal.rs",
            "src/simulate",
            "src/specification",
            "src/stage/load.rs",
            "src/proposal",
        ],
    ),
    ("clap", &["src/cli"]),
    ("indicatif", &["src/cli"]),
    ("comfy_table", &["src/cli"]),
    ("tracing", &["src/cli", "src/runtime/signals.rs", "src/runtime/timings.rs"]),
    ("tracing_subscriber", &["src/cli"]),
    ("toml", &["src/config"]),
    ("jsonschema", &["src/config"]),
];

/// All that the domain may name besides itself.
const DOMAIN_CRATES: &[&str] = &[
    "std",
    "core",
    "crate",
    "super",
    "self",
    "chrono",
    "chrono_tz",
    "serde",
    "schemars",
    "thiserror",
    "minijinja",
    "sha2",
    "serde_json",
    "strsim",
];

/// Phrases that read as translated, or that had two words for one thing, and what to write in messages and pages.
const TICS: &[(&str, &str)] = &[
    ("stands twice", "is there twice"),
    ("stand twice", "are there twice"),
    ("is published already", "is already published"),
    ("are published already", "are already published"),
    ("is no part of", "is not part of"),
    ("it is no Parquet file", "it is not a Parquet file"),
    ("is no comparison", "is not a comparison"),
    ("is no date;", "is not a date;"),
    ("is no list", "is not a list"),
    ("is no record", "is not a record"),
    ("is no ranking", "is not a ranking"),
    ("is no invariant", "is not an invariant"),
    ("They are no legal", "They are not legal"),
    ("where it is not given", "[default: …]"),
    ("where it is not said", "default …"),
    ("is under way so long", "counts as under way for this many days"),
    ("`regua explain` tells", "shows, says or explains"),
    ("tells of a debt", "mentions a debt"),
    ("is told with its line", "is reported with its line"),
    ("did not move", "was unchanged"),
    ("what dead attempts left", "orphans"),
    ("what attempts left", "orphans"),
    ("fit the memory", "fit into memory"),
    ("outside of its own notice", "outside its prior notice"),
    ("makes false urgency", "creates false urgency"),
    ("on contract?", "as the contract says"),
];

/// What must not stand in code, where, and what to use.
const BANNED: &[(&str, &[&str], &str)] = &[
    (".unwrap()", &[], "`?`, or `expect` with the reason why it cannot fail"),
    ("todo!", &[], "finished code"),
    ("unimplemented!", &[], "finished code"),
    ("dbg!", &[], "tracing"),
    ("println!", &["src/cli"], "Progress, or `say` in src/cli"),
    ("print!", &["src/cli"], "Progress, or `say` in src/cli"),
    ("eprintln!", &["src/cli"], "Progress, or tracing"),
    ("eprint!", &["src/cli"], "Progress, or tracing"),
    ("Utc::now", &["src/cli"], "the as-of date"),
    ("Local::now", &["src/cli"], "the as-of date"),
    ("SystemTime::now", &["src/cli"], "the as-of date"),
    ("Instant::now", &["src/cli", "src/runtime/timings.rs"], "StageTimings"),
    // Scratch folders are the one thing besides the commands that asks the environment.
    ("env::var", &["src/cli"], "an argument; src/cli reads the environment"),
    ("env::var_os", &["src/cli"], "an argument; src/cli reads the environment"),
];

const SQL_HEADER: [&str; 6] = ["Purpose", "Grain", "Reads", "Units", "Nulls", "Kind"];
const SQL_WORDS: &[&str] = &[
    "select",
    "from",
    "where",
    "with",
    "as",
    "join",
    "left",
    "right",
    "inner",
    "full",
    "outer",
    "cross",
    "on",
    "using",
    "group",
    "order",
    "by",
    "having",
    "limit",
    "union",
    "all",
    "distinct",
    "case",
    "when",
    "then",
    "else",
    "end",
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "exists",
    "between",
    "over",
    "partition",
    "rows",
    "cast",
    "coalesce",
    "sum",
    "count",
    "min",
    "max",
    "least",
    "greatest",
    "true",
    "false",
    "date",
    "interval",
    "asc",
    "desc",
    "values",
];
/// A run is a function of its inputs: SQL knows no clock and no dice.
const SQL_BANNED: &[&str] = &["now", "current_date", "current_timestamp", "current_time", "today", "random", "uuid"];

fn breach(file: &str, line: usize, what: &str, instead: &str) -> String {
    format!("{file}:{line}: {what} is banned, use {instead}")
}

/// What a Rust file under `src/` does against the style.
fn check_rust(file: &str, text: &str, stages: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(breach(file, 1, "a file without a head", "`//!` lines that say what it owns and why"));
    }
    let whole = code_of(text);
    let is_test = file.ends_with("/tests.rs") || file.contains("/tests/");
    let code = if is_test { String::new() } else { without_tests(&whole) };
    let last = code.trim_end().matches('\n').count() + 1;
    if last > FILE_LINES_MAX {
        found.push(breach(file, last, &format!("a file of {last} lines"), "two files"));
    }
    for (line, lines) in functions(&code).into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES_MAX) {
        found.push(breach(file, line, &format!("a function of {lines} lines"), "several of at most 70 lines"));
    }
    for (words, homes, instead) in BANNED {
        for (at, _) in code.match_indices(words).filter(|_| !homes.iter().any(|home| file.starts_with(home))) {
            let starts = !code[..at].ends_with(is_word) || words.starts_with('.');
            let ends = !code[at + words.len()..].starts_with(is_word);
            if starts && ends {
                found.push(breach(file, line_of(&code, at), &format!("`{words}`"), instead));
            }
        }
    }
    for (line, path) in paths(&code) {
        found.extend(check_path(file, &path, stages).map(|(what, instead)| breach(file, line, &what, &instead)));
    }
    found
}

/// What is wrong with naming this path in this file, and what to name instead.
fn check_path(file: &str, path: &str, stages: &BTreeSet<String>) -> Option<(String, String)> {
    let mut names = path.split("::");
    let first = names.next().unwrap_or_default();
    let second = names.next().unwrap_or_default();
    let is_lower = first.starts_with(|c: char| c.is_lowercase());
    if file.starts_with("src/domain") && is_lower && !DOMAIN_CRATES.contains(&first) && is_dependency(first) {
        return Some((format!("`{path}` in the domain"), "std and the domain's own types".to_owned()));
    }
    let is_of = |name: &str| path == name || path.starts_with(&format!("{name}::"));
    for (name, homes) in CRATES.iter().filter(|(name, _)| is_of(name)) {
        if !homes.iter().any(|home| file.starts_with(home)) {
            return Some((format!("`{name}` here"), format!("what {} offers", homes.join(" or "))));
        }
    }
    if let Some(other) = other_stage(file, path, stages) {
        return Some((
            format!("the stage `{other}` in another"),
            "a hand-over type that src/stage.rs lists".to_owned(),
        ));
    }
    if path.starts_with("crate::config::raw") && !file.starts_with("src/config") && !file.starts_with("src/cli") {
        return Some((format!("`{path}`"), "the validated plan".to_owned()));
    }
    let (_, may) = LAYERS.iter().find(|(part, _)| file.starts_with(part))?;
    let is_import = first == "crate" && second.starts_with(|c: char| c.is_lowercase());
    let own = file.strip_prefix("src/").and_then(|f| f.split(['/', '.']).next()).unwrap_or_default();
    let module = format!("{second}::{}", names.next().unwrap_or_default());
    (is_import && second != own && !may.contains(&second) && !may.contains(&module.as_str()))
        .then(|| (format!("`crate::{second}` in {own}"), format!("only {}", may.join(", "))))
}

/// The stage that this path reaches into from another stage.
fn other_stage<'a>(file: &str, path: &'a str, stages: &BTreeSet<String>) -> Option<&'a str> {
    let own = file.strip_prefix("src/stage/")?;
    let depth = own.matches('/').count();
    let inside = format!("{}::", vec!["super"; depth + 1].join("::"));
    let rest = path.strip_prefix("crate::stage::").or_else(|| path.strip_prefix(inside.as_str()))?;
    let name = rest.split("::").next().unwrap_or(rest);
    let own = own.split(['/', '.']).next().unwrap_or(own);
    (stages.contains(name) && name != own).then_some(name)
}

fn is_dependency(name: &str) -> bool {
    let manifest = include_str!("../../Cargo.toml");
    manifest.lines().filter_map(|line| line.split_once(" = ")).any(|(key, _)| key.replace('-', "_") == name)
}

/// What an SQL model does against the style.
fn check_sql(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let head: Vec<&str> = text.lines().map_while(|l| l.strip_prefix("-- ")).collect();
    for key in SQL_HEADER {
        let is_there = head.iter().any(|l| l.strip_prefix(key).is_some_and(|l| l.trim_start_matches(':').trim() != ""));
        if !is_there {
            found.push(breach(file, 1, &format!("a model without `{key}`"), &format!("a line `-- {key}: ...`")));
        }
    }
    for (position, line) in text.lines().enumerate() {
        let code = line.split("--").next().unwrap_or_default();
        // Every other part stands between quotes: a text, where anything may stand.
        for word in code.split('\'').step_by(2).flat_map(|part| part.split(|c| !is_word(c))) {
            let lower = word.to_lowercase();
            if word != lower && SQL_WORDS.contains(&lower.as_str()) {
                found.push(breach(file, position + 1, &format!("`{word}`"), &format!("`{lower}`")));
            }
            if SQL_BANNED.contains(&lower.as_str()) {
                found.push(breach(file, position + 1, &format!("`{word}`"), "@as_of"));
            }
        }
    }
    found
}

fn files(pattern: &str) -> Vec<(String, String)> {
    let pattern = root().join(pattern);
    let paths = glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten();
    let name = |path: &Path| path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    let read = |path: &Path| std::fs::read_to_string(path).expect("a readable file");
    let files: Vec<_> = paths.map(|path| (name(&path), read(&path))).collect();
    assert!(!files.is_empty(), "nothing matches {}", pattern.display());
    files
}

fn stages() -> BTreeSet<String> {
    let stem = |(file, _): (String, String)| file["src/stage/".len()..].trim_end_matches(".rs").to_owned();
    files("src/stage/*.rs").into_iter().map(stem).collect()
}

#[test]
fn the_source_keeps_the_style() {
    let stages = stages();
    let found: Vec<String> =
        files("src/**/*.rs").iter().flat_map(|(file, text)| check_rust(file, text, &stages)).collect();
    assert!(found.is_empty(), "{} breaches of style\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_models_keep_the_style() {
    let found: Vec<String> = files("sql/**/*.sql").iter().flat_map(|(file, text)| check_sql(file, text)).collect();
    assert!(found.is_empty(), "{} breaches of style\n{}", found.len(), found.join("\n"));
}

#[test]
fn messages_and_pages_have_no_tics() {
    let mut found = Vec::new();
    let patterns = ["src/**/*.rs", "docs/**/*.md", "pipelines/**/*.md", "pipelines/**/*.toml", "*.md"];
    for (file, text) in patterns.iter().flat_map(|pattern| files(pattern)) {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (position, line) in lines {
            let tics = TICS.iter().filter(|(tic, _)| line.contains(tic));
            found.extend(tics.map(|(tic, instead)| breach(&file, position + 1, &format!("`{tic}`"), instead)));
        }
    }
    assert!(found.is_empty(), "{} tics\n{}", found.len(), found.join("\n"));
}

/// File, code, and what the checker says of it; nothing where it is fine.
const CASES: &[(&str, &str, &str)] = &[
    ("src/domain/x.rs", "use std::fmt;\nuse chrono::NaiveDate;\nuse super::money::Amount;", ""),
    ("src/domain/x.rs", "use arrow::array::Array;", ":2: `arrow::array::Array` in the domain is banned, use std"),
    ("src/domain/x.rs", "use crate::{domain::money, io::log};", ":2: `crate::io` in domain is banned, use only domain"),
    ("src/domain/x.rs", "fn f() { Utc::now() }", ":2: `Utc::now` is banned, use the as-of date"),
    ("src/domain/x.rs", "fn f() { rand::rng() }", ":2: `rand::rng` in the domain is banned"),
    ("src/domain/x.rs", "fn f() { std::env::var(name) }", ":2: `env::var` is banned, use an argument"),
    (
        "src/io/log.rs",
        "use crate::config::Plan;",
        ":2: `crate::config` in io is banned, use only contract, error, domain",
    ),
    ("src/stage/load.rs", "use datafusion::prelude::*;", ":2: `datafusion` here is banned, use what src/io/engine.rs"),
    ("src/io/engine.rs", "use datafusion::prelude::*;", ""),
    (
        "src/io/log.rs",
        "use object_store::{ObjectStore, aws::AmazonS3Builder};",
        ":2: `object_store::aws` here is banned",
    ),
    ("src/io/parquet.rs", "use object_store::ObjectStore;", ""),
    (
        "src/stage/audit.rs",
        "use rayon::prelude::*;",
        ":2: `rayon` here is banned, use what src/stage/decide.rs or src/config/templates.rs or src/io/delta.rs offers",
    ),
    ("src/stage/audit.rs", "use super::load::Snapshot;", ":2: the stage `load` in another is banned, use a hand-over"),
    ("src/stage/audit.rs", "use super::{Decided, materialize};", ":2: the stage `materialize` in another is banned"),
    ("src/stage/audit.rs", "fn f() { crate::stage::load::load() }", ":2: the stage `load` in another is banned"),
    ("src/stage/load/rows.rs", "use super::super::audit::x;", ":2: the stage `audit` in another is banned"),
    ("src/stage/load/rows.rs", "use super::columns::Columns;\nuse crate::stage::{BadRow, load::rows};", ""),
    ("src/stage/load.rs", "use crate::config::raw::RawInput;", ":2: `crate::config::raw::RawInput` is banned, use the"),
    ("src/run.rs", "use crate::cli::Voice;", ":2: `crate::cli` in run is banned"),
    ("src/run.rs", "\nfn f() { x.unwrap() }", ":3: `.unwrap()` is banned, use `?`"),
    ("src/run.rs", "// x.unwrap()\n/// x.unwrap()\nconst A: &str = \".unwrap()\";\nconst B: &str = r#\"dbg!\"#;", ""),
    ("src/run.rs", "fn f() { x.unwrap_or(1) }\n#[cfg(test)]\nmod tests {\n    fn g() { x.unwrap() }\n}", ""),
    ("src/run.rs", "#[cfg(test)]\nmod tests {}\nfn f() { todo!() }", ":4: `todo!` is banned, use finished code"),
    ("src/run.rs", "fn f() -> char { '\"' }\nfn g<'a>() { dbg!(1) }", ":3: `dbg!` is banned, use tracing"),
    ("src/run.rs", "fn f() { println!() }", ":2: `println!` is banned, use Progress"),
    ("src/cli/run.rs", "fn f() { println!() }", ""),
    ("src/cli/show.rs", "fn f() { eprintln!() }", ""),
    ("src/io/log.rs", "fn f() { eprintln!() }", ":2: `eprintln!` is banned, use Progress"),
];

#[test]
fn the_checker_finds_what_it_looks_for() {
    let stages = stages();
    for (file, code, expected) in CASES {
        let found = check_rust(file, &format!("//! Head.\n{code}"), &stages).join("\n");
        let expected = if expected.is_empty() { String::new() } else { format!("{file}{expected}") };
        let holds = if expected.is_empty() { found.is_empty() } else { found.starts_with(&expected) };
        assert!(holds, "{file}\n{code}\nexpected: {expected}\nfound:    {found}");
    }
}

#[test]
fn the_checker_counts_lines() {
    let body = |lines: usize| format!("//! Head.\nfn long(\n    x: [u8; 2],\n) {{\n{}}}\n", "    f();\n".repeat(lines));
    let check = |text: &str| check_rust("src/run.rs", text, &BTreeSet::new()).join("\n");
    assert_eq!(check(&body(66)), "");
    assert_eq!(check(&body(67)), "src/run.rs:2: a function of 71 lines is banned, use several of at most 70 lines");
    assert_eq!(check(&format!("//! Head.\n{}", "use a;\n".repeat(499))), "");
    assert_eq!(
        check(&format!("//! Head.\n{}", "use a;\n".repeat(500))),
        "src/run.rs:501: a file of 501 lines is banned, use two files"
    );
    assert_eq!(
        check("use a;"),
        "src/run.rs:1: a file without a head is banned, use `//!` lines that say what it owns and why"
    );
}

#[test]
fn the_checker_reads_models() {
    let head = "-- Purpose: a\n-- Grain: b\n-- Reads: c\n-- Units: d\n-- Nulls: e\n-- Kind: view\n";
    let check = |sql: &str| check_sql("sql/x.sql", &format!("{head}{sql}")).join("\n");
    assert_eq!(check("-- FROM here\nselect 'FROM' as a, current_amount from t"), "");
    assert_eq!(check("select a\nFROM t"), "sql/x.sql:8: `FROM` is banned, use `from`");
    assert_eq!(check("select now()"), "sql/x.sql:7: `now` is banned, use @as_of");
    let headless = check_sql("sql/x.sql", "-- Purpose: a\n-- Grain:\nselect 1");
    assert_eq!(headless.len(), 5, "{headless:?}");
    assert_eq!(headless[0], "sql/x.sql:1: a model without `Grain` is banned, use a line `-- Grain: ...`");
}
