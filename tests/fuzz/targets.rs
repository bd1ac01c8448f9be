//! Any bytes, where people and other programs write: they are read, or refused with a message; nothing panics.
//!
//! One function a target. `tests/faults --full` gives each a minute of libFuzzer, and `tests/it/fuzz.rs` feeds them
//! random changes of real files in every run of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use regua::config::Plan;
use regua::error::Error;
use regua::io::log::{Log, key_of};
use regua::io::projection::project;
use regua::io::store::{Store, split_glob};
use regua::maintenance::verify::verify;
use regua::runtime::progress::Silent;
use regua::stage::load;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Rows of one input that are read: a file may claim any number.
const ROWS_MAX: usize = 100_000;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime"));

thread_local! {
    /// A copy of the shipped pipelines in one language, one file of which the thread's target overwrites.
    static HOUSE: TempDir = house();
}

fn house() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = here.ancestors().map(|folder| folder.join("pipelines")).find(|folder| folder.is_dir());
    let pipelines = folder.path().join("pipelines");
    copy(&shipped.expect("the shipped pipelines"), &pipelines);
    // Every template is tried with every sample: with one language there are three times as many tries.
    let daily = fs::read_to_string(pipelines.join("daily.toml")).expect("a pipeline");
    let languages = r#"languages = ["pt-BR", "en", "es"]"#;
    assert!(daily.contains(languages));
    fs::write(pipelines.join("daily.toml"), daily.replace(languages, r#"languages = ["pt-BR"]"#)).expect("written");
    for language in ["en", "es"] {
        fs::remove_dir_all(pipelines.join("templates").join(language)).expect("templates");
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy(&path, &to) } else { fs::copy(&path, &to).map(drop).expect("a file") }
    }
}

fn path_of(file: &str) -> PathBuf {
    HOUSE.with(|house| house.path().join(file))
}

/// The plan of the house, or what is wrong with it, which is never nothing.
fn plan() -> Option<Plan> {
    match Plan::load(&path_of("pipelines/daily.toml"), &|_| None) {
        Ok(plan) => Some(plan),
        Err(Error::Configuration(faults)) => {
            assert!(!faults.0.is_empty() && !faults.to_string().is_empty());
            None
        }
        Err(other) => panic!("{other}"),
    }
}

fn configured_with(file: &str, bytes: &[u8]) {
    fs::write(path_of(file), bytes).expect("written");
    plan();
}

pub fn pipeline(bytes: &[u8]) {
    configured_with("pipelines/daily.toml", bytes);
}

pub fn procedure(bytes: &[u8]) {
    configured_with("pipelines/reguas/b2b.toml", bytes);
}

pub fn calendar(bytes: &[u8]) {
    configured_with("pipelines/calendars/br.toml", bytes);
}

pub fn template(bytes: &[u8]) {
    configured_with("pipelines/templates/pt-BR/overdue_first.email.j2", bytes);
}

/// The same file as every input: what is on contract is read to its end.
pub fn input(bytes: &[u8]) {
    thread_local! {
        static PLAN: Plan = {
            let mut plan = plan().expect("a sound pipeline");
            let path = path_of("any.parquet").to_string_lossy().into_owned();
            plan.inputs.iter_mut().for_each(|input| input.path.clone_from(&path));
            plan
        };
    }
    fs::write(path_of("any.parquet"), bytes).expect("written");
    let seen = PLAN.with(|plan| load::input_statuses(plan, NaiveDate::default(), RUNTIME.handle())).expect("looked at");
    for input in seen.iter().filter(|input| input.errors.is_empty()) {
        let mut rows = 0;
        let read = input.snapshot.for_each_batch(|conformed| {
            rows += conformed.batch.num_rows() + conformed.bad.len();
            if rows > ROWS_MAX { Err(Error::LocationCredentials) } else { Ok(()) }
        });
        assert!(read.err().is_none_or(|error| !error.to_string().is_empty()));
    }
}

/// The first record of a log, and all that follows from what it says.
pub fn log_record(bytes: &[u8]) {
    let output = Store::of(Arc::new(InMemory::new()), "output", RUNTIME.handle());
    output.put(&key_of(1), bytes.to_vec().into()).expect("written");
    match Log::read(&output) {
        Ok(log) => {
            verify(&output, &Silent).expect("a log that can be read can be verified");
            let projected = log.head().map_or(Ok(()), |record| project(&output, log.clone(), record));
            assert!(projected.err().is_none_or(|error| matches!(error, Error::PublishedDamaged { .. })));
        }
        Err(error) => assert!(matches!(error, Error::PublishedDamaged { .. }), "{error}"),
    }
}

/// A path that somebody configured, and a key that somebody put into a record: it stays in its folder.
pub fn path(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Opened, not listed: a random path may be any folder of this machine.
    if let Ok(store) = Store::open(&split_glob(&text).0, RUNTIME.handle()) {
        assert!(store.url_of("x").ends_with("/x"));
    }
    let memory = Arc::new(InMemory::new());
    let output = Store::of(Arc::clone(&memory) as Arc<dyn ObjectStore>, "output", RUNTIME.handle());
    if output.put(&text, "x".into()).is_ok() {
        assert_eq!(output.get(&text).expect("readable").as_deref(), Some(&b"x"[..]));
        let top = RUNTIME.block_on(memory.list_with_delimiter(None)).expect("listed");
        let names = top.common_prefixes.into_iter().chain(top.objects.into_iter().map(|object| object.location));
        assert_eq!(names.collect::<Vec<_>>(), [Key::from("output")]);
    }
}
