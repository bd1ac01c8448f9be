//! What can go wrong while a run publishes, and what must not come of it: nothing lost, nothing twice, nothing half.
//!
//! `tests/faults --full` runs all of it; in `tests/run` the numbers are smaller (`Scale::OF_CI`).

pub mod desk;
mod flaky;
mod processes;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use regua::config::Plan;
use regua::error::Error;
use regua::io::log::{Appended, Log, Record, append, key_of};
use regua::io::projection::follow;
use regua::io::store::{Created, Store};
use regua::maintenance::verify::verify;
use regua::runtime::progress::Silent;
use regua::stage::load;

use crate::support::{House, as_of};
use desk::Desk;
use flaky::{Fault, Flaky};

/// How much is tried.
pub struct Scale {
    pub seeds: u64,
    /// The same for large uploads, which are slow to hash where nothing is optimised.
    pub seeds_of_large: u64,
    pub kills: usize,
    pub races: usize,
    pub flips: usize,
    pub canaries: usize,
    pub commits: usize,
}

impl Scale {
    const OF_CI: Scale =
        Scale { seeds: 2, seeds_of_large: 1, kills: 12, races: 3, flips: 300, canaries: 300, commits: 40 };
    const FULL: Scale = Scale {
        seeds: 20,
        seeds_of_large: 20,
        kills: 1_000,
        races: 500,
        flips: 10_000,
        canaries: 10_000,
        commits: 1_000,
    };

    pub fn wanted() -> Scale {
        if std::env::var_os("REGUA_FAULTS").is_some_and(|v| v == "full") { Scale::FULL } else { Scale::OF_CI }
    }
}

/// One line for the README: what was tried and what came of it.
pub fn tell(what: &str, tried: usize, detail: &str) {
    println!("faults: {what}: {tried} tried, 0 lost, 0 doubled, 0 half published{detail}");
}

/// What any reader may see at any time: records whose files are whole, and no action twice.
fn sound(output: &Store, name: &str) -> Log {
    let verified = verify(output, &Silent).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(verified.findings, Vec::<String>::new(), "{name}");
    Log::read(output).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Every operation of a publication fails once, in each of four ways; then another attempt comes, which may fail too.
#[test]
fn any_operation_may_fail() {
    let scale = Scale::wanted();
    let mut tried = 0;
    for has_large in [false, true] {
        let desk = Desk::new(has_large);
        let dry = Flaky::new(Arc::new(InMemory::new()), Vec::new());
        desk.attempt(&desk.store(Arc::new(dry.clone())), "dry").expect("published");
        let operations = dry.done();
        // The large file is slow to hash: its own operations are what matters then.
        let of_interest = |at: &usize| !has_large || operations[*at].ends_with("large.bin");
        for seed in 0..if has_large { scale.seeds_of_large } else { scale.seeds } {
            for at in (0..operations.len()).filter(of_interest) {
                for fault in Fault::ALL {
                    trial(&desk, seed, at, fault, &operations[at]);
                    tried += 1;
                }
            }
        }
    }
    tell("store operations that fail", tried, "");
}

fn trial(desk: &Desk, seed: u64, at: usize, fault: Fault, operation: &str) {
    let name = format!("seed {seed}, operation {at} ({operation}), {fault:?}");
    let mut dice = ChaCha8Rng::seed_from_u64(seed << 32 | (at as u64) << 2 | fault as u64);
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let calm = desk.store(Arc::clone(&inner));
    // The second attempt fails at random as well; the third does not.
    let second = (dice.random_range(0..60), Fault::ALL[dice.random_range(0..4)]);
    let mut said: Option<Record> = None;
    for (attempt, faults) in [vec![(at, fault)], vec![second], Vec::new()].into_iter().enumerate() {
        let flaky = Flaky::new(Arc::clone(&inner), faults);
        match desk.attempt(&desk.store(Arc::new(flaky)), &format!("{attempt}")) {
            Ok(record) => {
                assert!(said.as_ref().is_none_or(|before| *before == record), "{name}: published twice");
                said = Some(record);
            }
            Err(Error::Conflict { .. }) => panic!("{name}: a run is no conflict with itself"),
            Err(error) => assert!(attempt < 2, "{name}: it never recovers: {error}"),
        }
        let log = sound(&calm, &name);
        assert!(
            said.is_none() || log.records == said.clone().into_iter().collect::<Vec<_>>(),
            "{name}: said and not so"
        );
    }
    assert_eq!(sound(&calm, &name).records.len(), 1, "{name}");
    assert!(verify(&calm, &Silent).expect("a log").copies.is_empty(), "{name}: every copy stands");
}

/// A run that was stopped for days, and whose files were collected meanwhile, committed a record of nothing.
#[test]
fn a_record_never_names_what_is_gone() {
    let desk = Desk::new(false);
    let mut store = Flaky::new(Arc::new(InMemory::new()), Vec::new());
    store.deleted_after = Some(("_control", "/runs/"));
    let output = desk.store(Arc::new(store));
    let error = desk.attempt(&output, "x").expect_err("its files are gone");
    assert!(matches!(&error, Error::Torn { what, .. } if what == "it is gone"), "{error}");
    assert!(Log::read(&output).expect("a log").records.is_empty());
}

/// A halt that somebody takes away again while a run looks: the last batch lacked its copies then, and for good.
#[test]
fn a_halt_that_was_seen_once_stops_the_run() {
    let desk = Desk::new(false);
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let calm = desk.store(Arc::clone(&inner));
    desk.attempt(&calm, "x").expect("published");
    calm.put("_control/HALT", "stop".into()).expect("written");
    let mut store = Flaky::new(inner, Vec::new());
    store.deleted_after = Some(("_control", "_control/HALT"));
    let tomorrow = as_of().parse::<chrono::NaiveDate>().expect("a date").succ_opt().expect("a date");
    let halted = desk.attempt_on(tomorrow, &desk.store(Arc::new(store)), "y").expect_err("it is halted");
    assert!(matches!(halted, Error::Halted { .. }), "{halted}");
    assert_eq!(Log::read(&calm).expect("a log").records.len(), 1);
}

/// What fails after the record is no failure of the publication, and says so.
#[test]
fn what_fails_after_the_record_says_that_it_is_published() {
    let desk = Desk::new(false);
    let dry = Flaky::new(Arc::new(InMemory::new()), Vec::new());
    desk.attempt(&desk.store(Arc::new(dry.clone())), "x").expect("published");
    let last_put = dry.done().iter().rposition(|operation| operation.starts_with("put ")).expect("a copy");
    let output = desk.store(Arc::new(Flaky::new(Arc::new(InMemory::new()), vec![(last_put, Fault::Before)])));
    let error = desk.attempt(&output, "x").expect_err("a copy is missing");
    assert!(matches!(error, Error::Unfinished { seq: 1, .. }), "{error}");
    assert!(error.to_string().starts_with("it is published as record 1, but some of its copies"), "{error}");
    assert_eq!(error.exit_code(), 75);
    assert_eq!(sound(&output, "unfinished").records.len(), 1);
    desk.attempt(&output, "y").expect("the same again");
    assert!(verify(&output, &Silent).expect("a log").copies.is_empty(), "every copy stands");
}

/// What is asked of the store does not grow with the age of the output: the log is read once, back to what tells
/// enough, and of the past one object is opened.
#[test]
fn an_old_output_asks_no_more_of_the_store() {
    let desk = Desk::new(false);
    let first: chrono::NaiveDate = as_of().parse().expect("a date");
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let mut asked: Vec<Vec<String>> = Vec::new();
    for day in 0..80 {
        let store = Flaky::new(Arc::clone(&inner), Vec::new());
        let output = desk.store(Arc::new(store.clone()));
        desk.attempt_on(first + chrono::Days::new(day), &output, &format!("{day}")).expect("published");
        asked.push(store.done());
    }
    let count = |day: usize, verb: &str| asked[day].iter().filter(|operation| operation.starts_with(verb)).count();
    let of_log = |day: usize| count(day, "get output/_log/");
    let of_log_lists = count(10, "list output/_log");
    assert_eq!(of_log_lists, 3, "before the work, before the record, after the copies: {:?}", asked[10]);
    let halts = count(10, "list output/_control");
    assert_eq!(halts, 2, "before the copies and before the record: {:?}", asked[10]);
    assert_eq!(count(10, "list output/outbox"), 1, "is anything newer than the log? {:?}", asked[10]);
    assert_eq!(count(10, "list"), 6, "{:?}", asked[10]);
    assert_eq!((of_log(10), of_log(30), of_log(79)), (10 + 3, 24 + 3, 24 + 3), "and the record itself is read back");
    let others = |day: usize| asked[day].len() - of_log(day);
    assert_eq!((others(10), others(30)), (others(79), others(79)), "{:?} and {:?}", asked[10], asked[79]);
    println!("faults: store operations of a run: {} on day 10, {} on day 79", asked[10].len(), asked[79].len());
    assert!(asked[79].len() * 10 <= asked[10].len() * 12);
}

/// Inputs that were exchanged after they were read: what was decided is about nobody any more.
#[test]
fn inputs_that_move_before_the_record_publish_nothing() {
    let house = House::of_one_invoice();
    let desk = Desk::new(false);
    let plan = Plan::load(&house.path("pipelines/daily.toml"), &|_| None).expect("a plan");
    let load = || load::load(&plan, as_of().parse().expect("a date"), desk.runtime.handle()).expect("inputs");
    let output = desk.store(Arc::new(InMemory::new()));
    let (read, file) = (load(), house.path("input/debtors.parquet"));
    let bytes = std::fs::read(&file).expect("bytes");
    std::fs::remove_file(&file).expect("removed");
    std::fs::write(&file, &bytes[..]).expect("written");
    let error = desk.attempt_from(read, &output, "x").expect_err("they moved");
    assert!(matches!(error, Error::Moved { .. }), "{error}");
    assert!(Log::read(&output).expect("a log").records.is_empty());
    desk.attempt_from(load(), &output, "y").expect("published");
}

/// Copies that are made from a log that moves on end as the newest log has them.
#[test]
fn what_is_copied_slowly_is_never_yesterdays() {
    let house = House::of_one_invoice();
    assert_eq!(house.run(as_of()).code, 0);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let output = Store::open(&house.path("output").to_string_lossy(), runtime.handle()).expect("the output");
    let mut was_overtaken = false;
    let log = Log::read(&output).expect("a log");
    let copied = follow(&output, log, |copy| {
        if !was_overtaken {
            was_overtaken = true;
            assert_eq!(house.run("2026-07-01").code, 0);
        }
        copy.make(&output).map(|()| true)
    });
    copied.expect("copied");
    assert_eq!(sound(&output, "overtaken").records.len(), 2);
    let yesterdays = verify(&output, &Silent).expect("a log").copies;
    assert!(yesterdays.is_empty(), "{:?}", yesterdays.iter().map(|copy| &copy.key).collect::<Vec<_>>());
}

/// `Exists` as the first answer to a probe says nothing of the store; its client may have written twice.
#[test]
fn a_probe_that_was_answered_late_refuses_nobody() {
    let desk = Desk::new(false);
    for (before, key) in [("1", "_control/probe-x-0"), ("0", "_control/probe-x-0")] {
        let output = desk.store(Arc::new(InMemory::new()));
        output.put(key, before.into()).expect("written");
        regua::io::log::probe(&output, "x").expect("a sound store");
        assert!(output.list("_control").expect("listed").is_empty(), "no probe stays");
    }
    let mut careless = Flaky::new(Arc::new(InMemory::new()), Vec::new());
    careless.ignores_conditions = true;
    let refused = regua::io::log::probe(&desk.store(Arc::new(careless)), "x");
    assert!(matches!(refused, Err(Error::StoreRefused { .. })), "{refused:?}");
}

/// What a store may answer to the create of a record, and what became of it: {yes, exists, lost} by {landed, not}.
#[test]
fn the_record_that_is_read_decides_and_no_answer() {
    let desk = Desk::new(false);
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let record = desk.attempt(&desk.store(inner), "ours").expect("published");
    let other = Record { nonce: "other".to_owned(), ..record.clone() };
    // (what stands there before, the fault of the create, what append must say, what believing the answer would say)
    type Row<'a> = (&'a str, Option<&'a Record>, Option<Fault>, bool, bool);
    let table: [Row<'_>; 5] = [
        ("it lands and says so", None, None, true, true),
        ("it lands and the answer is lost", None, Some(Fault::After), true, false),
        ("it does not land; it is written again", None, Some(Fault::Before), true, false),
        ("another's stands there", Some(&other), None, false, false),
        ("ours stands there: the store's own retry landed before", Some(&record), None, true, false),
    ];
    let mut differences = 0;
    for (name, before, fault, is_ours, believed) in table {
        let store = || {
            let inner = InMemory::new();
            if let Some(record) = before {
                let body = serde_json::to_vec_pretty(record).expect("JSON");
                desk.runtime
                    .block_on(inner.put(&format!("output/{}", key_of(1)).into(), body.into()))
                    .expect("written");
            }
            desk.store(Arc::new(Flaky::new(Arc::new(inner), fault.map(|f| (0, f)).into_iter().collect())))
        };
        assert_eq!(append(&store(), &record).expect("an answer") == Appended::Ours, is_ours, "{name}");
        assert_eq!(believing(&store(), &record), believed, "{name}");
        differences += usize::from(is_ours != believed);
    }
    assert_eq!(differences, 3, "without the read-back, a published run would be told as lost or another's");
}

/// How it must not be done: the answer of the store is taken for the truth.
fn believing(store: &Store, record: &Record) -> bool {
    let body = serde_json::to_vec_pretty(record).expect("JSON");
    matches!(store.create(&key_of(record.seq), body.into()), Ok(Created::Yes))
}

/// Two runs of one date from different inputs: the one that comes second must not publish.
fn race(ignores_conditions: bool) -> Result<(), String> {
    let (first, second) = (Desk::new(false), Desk::new(false).of("two", as_of()));
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let flaky = |inner: &Arc<dyn ObjectStore>| {
        let mut flaky = Flaky::new(Arc::clone(inner), Vec::new());
        flaky.ignores_conditions = ignores_conditions;
        flaky
    };
    // Both have looked before either has published: the second is held where it creates its record.
    let rival = first.attempt_unprobed(&first.store(Arc::new(flaky(&inner))), "first").expect("published");
    let log_of_second = InMemory::new();
    let late = second.attempt_unprobed(&second.store(Arc::new(log_of_second)), "second").expect("published elsewhere");
    let outcome = append(&second.store(Arc::new(flaky(&inner))), &late);
    let log = Log::read(&first.store(inner)).map_err(|e| e.to_string())?;
    match outcome.map_err(|e| e.to_string())? {
        Appended::Ours => Err(format!("both say that they have published; the log holds {}", log.records[0].nonce)),
        Appended::Other(found) if *found == rival => Ok(()),
        Appended::Other(found) => Err(format!("the record of {} is not the first one's", found.nonce)),
    }
}

#[test]
fn of_two_runs_that_race_one_publishes() {
    assert_eq!(race(false), Ok(()));
}

/// A test of the harness: where a create overwrites, the race is noticed, and such a store is refused by the probe.
#[test]
fn the_race_test_fails_where_a_create_overwrites() {
    assert!(race(true).is_err_and(|what| what.contains("both say that they have published")));
    let desk = Desk::new(false);
    let mut flaky = Flaky::new(Arc::new(InMemory::new()), Vec::new());
    flaky.ignores_conditions = true;
    let refused = desk.attempt(&desk.store(Arc::new(flaky)), "x").expect_err("refused");
    assert!(matches!(refused, Error::StoreRefused { .. }) && refused.exit_code() == 2, "{refused}");
}

/// A flipped bit anywhere in what is published is found.
#[test]
fn every_flipped_bit_is_found() {
    let scale = Scale::wanted();
    let desk = Desk::new(false);
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let output = desk.store(Arc::clone(&inner));
    let record = desk.attempt(&output, "x").expect("published");
    // A second record, so that the chain covers the first.
    let log = Log::read(&output).expect("a log");
    let next = Record {
        seq: 2,
        prev_sha256: log.head_sha256,
        as_of: record.as_of.succ_opt().expect("a date"),
        files: Vec::new(),
        counts: Default::default(),
        control_totals: Default::default(),
        ..record.clone()
    };
    assert_eq!(append(&output, &next).expect("an answer"), Appended::Ours);
    sound(&output, "before");
    let mut paths: Vec<String> = record.files.iter().map(|file| file.path.clone()).collect();
    paths.push(key_of(1));
    let copies: Vec<String> = output.list("outbox").expect("a listing").into_iter().map(|object| object.key).collect();
    paths.extend(copies.iter().cloned());
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    for flip in 0..scale.flips {
        let path = &paths[dice.random_range(0..paths.len())];
        let whole = output.get(path).expect("readable").expect("there");
        let mut bytes = whole.to_vec();
        let at = dice.random_range(0..bytes.len());
        bytes[at] ^= 1 << dice.random_range(0..8);
        output.put(path, bytes.into()).expect("written");
        let is_found = match verify(&output, &Silent) {
            Err(_) => true,
            Ok(verified) => !verified.findings.is_empty() || verified.copies.iter().any(|copy| copy.key == *path),
        };
        assert!(is_found, "flip {flip}: bit of byte {at} of {path}");
        output.put(path, whole).expect("mended");
    }
    println!("faults: flipped bits of what is published: {} tried, all found", scale.flips);
}

/// Somebody reads all the while: at any moment the log is a chain of whole runs, and the present KPI tables are those of
/// one of them.
#[test]
fn readers_see_whole_runs_only() {
    let commits = Scale::wanted().commits;
    let desk = Desk::new(false);
    let folder = tempfile::tempdir().expect("a folder");
    let output = Store::open(&folder.path().to_string_lossy(), desk.runtime.handle()).expect("a folder");
    let first: chrono::NaiveDate = as_of().parse().expect("a date");
    let is_done = AtomicBool::new(false);
    let looks = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0;
            while !is_done.load(Ordering::SeqCst) {
                look_at(&output);
                looks += 1;
            }
            looks
        });
        for day in 0..commits {
            let date = first + chrono::Days::new(day as u64);
            desk.attempt_on(date, &output, &format!("{day}")).expect("published");
        }
        is_done.store(true, Ordering::SeqCst);
        reader.join().expect("no half run was seen")
    });
    assert_eq!(Log::read(&output).expect("a log").records.len(), commits);
    tell("commits under the eyes of a reader", commits, &format!("; {looks} looks"));
}

fn look_at(output: &Store) {
    let log = Log::read(output).expect("a log at any time");
    let Some(newest) = log.head() else { return };
    for file in &newest.files {
        let found = output.digest(&file.path).expect("readable");
        assert_eq!(found, Some((file.size, file.sha256.clone())), "{}", file.path);
    }
    if let Some((_, sha256)) = output.digest("kpi_current/kpi_aging.parquet").expect("readable") {
        let is_published = log.records.iter().flat_map(|r| &r.files).any(|file| file.sha256 == sha256);
        assert!(is_published, "half a table of KPIs");
    }
}
