//! What publication asks of a store, asked of every store: memory, local files, S3 (moto) and Azure (azurite); and the
//! store that must be refused (s3rver).

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use regua::error::Error;
use regua::io::log::{Log, probe};
use regua::io::parquet::Source;
use regua::io::store::{Created, Store};
use regua::maintenance::gc::orphans;
use regua::maintenance::verify::verify;
use regua::runtime::progress::Silent;

use crate::faults::desk::Desk;
use crate::servers::{AZURE_ACCOUNT, AZURE_KEY, BUCKET, Server, azure_client, s3_client};
use crate::support::{House, as_of, batch, write_parquet};

/// Threads that create one key at once.
const RACERS: usize = 8;

fn conforms(desk: &Desk, store: &Store) {
    reads_and_writes(store);
    creates_once(store);
    lists(store);
    pins(store);
    publishes(desk, store);
}

fn reads_and_writes(store: &Store) {
    assert_eq!(store.get("a/none").expect("an answer"), None);
    assert_eq!(store.digest("a/none").expect("an answer"), None);
    store.put("a/b.txt", "one".into()).expect("written");
    store.put("a/b.txt", "two".into()).expect("overwritten");
    assert_eq!(store.get("a/b.txt").expect("an answer").as_deref(), Some(&b"two"[..]));
    store.delete("a/b.txt").expect("deleted");
    store.delete("a/b.txt").expect("what is not there is deleted too");
    assert_eq!(store.get("a/b.txt").expect("an answer"), None);
}

fn creates_once(store: &Store) {
    assert_eq!(store.create("once", "first".into()).expect("an answer"), Created::Yes);
    assert_eq!(store.create("once", "second".into()).expect("an answer"), Created::Exists);
    assert_eq!(store.get("once").expect("an answer").as_deref(), Some(&b"first"[..]));
    for round in 0..5 {
        let key = format!("race-{round}");
        let created: Vec<Created> = std::thread::scope(|scope| {
            let racer = |n: usize| store.create(&key, n.to_string().into()).expect("an answer");
            let key_racers: Vec<_> = (0..RACERS).map(|n| scope.spawn(move || racer(n))).collect();
            key_racers.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(created.iter().filter(|c| **c == Created::Yes).count(), 1, "{created:?}");
        let winner = created.iter().position(|c| *c == Created::Yes).expect("one").to_string();
        assert_eq!(store.get(&key).expect("an answer").as_deref(), Some(winner.as_bytes()));
    }
    probe(store, "00").expect("it honours conditions");
    assert_eq!(store.list("_control").expect("a listing"), Vec::new(), "the probe is gone");
}

fn lists(store: &Store) {
    for key in ["list/b", "list/a/2", "list/a/1", "listing"] {
        store.put(key, key.into()).expect("written");
    }
    let listed = store.list("list").expect("a listing");
    let keys: Vec<(&str, u64)> = listed.iter().map(|object| (object.key.as_str(), object.size)).collect();
    assert_eq!(keys, [("list/a/1", 8), ("list/a/2", 8), ("list/b", 6)]);
    assert_eq!(store.list("nothing").expect("a listing"), Vec::new());
}

/// A snapshot that changes while it is read is noticed.
fn pins(store: &Store) {
    let house = House::new();
    let upload = |amount: &str| {
        let text = format!("payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-01 {amount}");
        let file = house.path("payments.parquet");
        write_parquet(&file, &batch("payments", &text));
        store.put("in/payments.parquet", std::fs::read(file).expect("bytes").into()).expect("written");
    };
    upload("10.00");
    let pinned = store.pin_one("in/payments.parquet").expect("an answer").expect("there");
    let matching = store.pin(&glob::Pattern::new("in/*.parquet").expect("a pattern")).expect("a listing");
    assert_eq!(matching.iter().map(|p| p.url.as_str()).collect::<Vec<_>>(), [pinned.url.as_str()]);
    let source = Source::open(store, pinned).expect("a Parquet file");
    assert_eq!(source.rows(), 1);
    source.for_each_batch(&[0], |_| Ok(())).expect("as it was");
    // Local files tell a change by their time, too: it must be another one.
    std::thread::sleep(std::time::Duration::from_millis(20));
    upload("2000000.00");
    let moved = source.for_each_batch(&[0], |_| Ok(())).expect_err("another object");
    assert!(matches!(moved, Error::Moved { .. }), "{moved}");
}

fn publishes(desk: &Desk, store: &Store) {
    let record = desk.attempt(store, "a").expect("published");
    assert_eq!(desk.attempt(store, "b").expect("published before"), record);
    let verified = verify(store, &Silent).expect("a log");
    assert_eq!((verified.findings.as_slice(), verified.copies.len()), (&[][..], 0));
    assert_eq!(Log::read(store).expect("a log").records, [record]);
    assert_eq!(orphans(store, 0, "cc").expect("a listing").len(), 0, "nothing is left over");
}

#[test]
fn memory() {
    let desk = Desk::new(true);
    conforms(&desk, &desk.store(Arc::new(InMemory::new())));
}

#[test]
fn local_files() {
    let desk = Desk::new(true);
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().to_string_lossy(), desk.runtime.handle()).expect("a folder");
    conforms(&desk, &store);
}

#[test]
fn s3() {
    let (desk, server) = (Desk::new(true), Server::moto());
    conforms(&desk, &desk.store(Arc::new(s3_client(&server))));
}

#[test]
fn azure() {
    let (desk, server) = (Desk::new(true), Server::azurite());
    conforms(&desk, &desk.store(Arc::new(azure_client(&server))));
    the_program_runs_on_azure(&server);
}

/// With nothing but the environment to say where it is.
fn the_program_runs_on_azure(server: &Server) {
    let house = House::of_one_invoice();
    let (output, endpoint) = (format!("az://{BUCKET}/house"), format!("{}/{AZURE_ACCOUNT}", server.endpoint()));
    let environment = [
        ("AZURE_STORAGE_ACCOUNT_NAME", AZURE_ACCOUNT),
        ("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY),
        ("AZURE_STORAGE_ENDPOINT", &endpoint),
        ("AZURE_ALLOW_HTTP", "true"),
        ("NO_PROXY", "127.0.0.1"),
        ("REGUA_OUTPUT", &output),
    ];
    let run = || house.regua_with(&["run", "pipelines/daily.toml", "--as-of", as_of()], &environment);
    let first = run();
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(run().stdout.contains("already_published"));
    let verified = house.regua_with(&["log", &output, "--verify"], &environment);
    assert!(verified.stdout.contains("\"outcome\":\"sound\""), "{} {}", verified.stdout, verified.stderr);
}

/// It answers every conditional create with yes, and overwrites.
#[test]
fn a_store_that_ignores_conditions_is_refused() {
    let (desk, server) = (Desk::new(false), Server::s3rver());
    let store = desk.store(Arc::new(s3_client(&server)) as Arc<dyn ObjectStore>);
    let refused = desk.attempt(&store, "a").expect_err("refused");
    assert!(matches!(refused, Error::StoreRefused { .. }), "{refused}");
    assert_eq!(refused.exit_code(), 2);
    assert_eq!(store.list("_log").expect("a listing"), Vec::new());
}
