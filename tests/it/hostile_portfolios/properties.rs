//! What holds of every run, whatever befell the portfolio.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use regua::contract;
use serde_json::json;

use super::base;
use super::portfolio::{Outcome, Portfolio, outcome, run};
use super::quirks::{self, Quirk};

/// Quirks that are put together where not every pair is run.
const TOGETHER: usize = 9;

/// Does `REGUA_HOSTILE` ask for every quirk and every pair?
pub fn is_full() -> bool {
    std::env::var("REGUA_HOSTILE").is_ok_and(|wanted| wanted == "full")
}

/// After so many cases somebody who waits for all pairs is told how far they are.
const TOLD_AFTER: usize = 100;

/// What fails in some cases, several at once, in the order of the cases; each failure is told at once as well.
pub fn in_parallel<T: Sync>(cases: &[T], check: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let found = check(case);
                    found.iter().for_each(|failure| println!("hostile: {failure}"));
                    if at % TOLD_AFTER == TOLD_AFTER - 1 {
                        println!("hostile: {} of {} cases", at + 1, cases.len());
                    }
                    failures.lock().expect("no worker fails").push((at, found));
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no worker fails");
    failures.sort();
    failures.into_iter().flat_map(|(_, lines)| lines).collect()
}

/// Nobody who is protected is dunned, and nobody is lost.
pub fn check_outcome(portfolio: &Portfolio, outcome: &Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let dunned: Vec<&String> = portfolio.protected.intersection(&outcome.dunned).collect();
    if !dunned.is_empty() {
        failures.push(format!("protected, and dunned: {dunned:?}"));
    }
    let owed: Vec<&String> = portfolio.decided.difference(&outcome.decided).collect();
    if !owed.is_empty() {
        failures.push(format!("no decision, although something of theirs is open or bad: {owed:?}"));
    }
    let lost: Vec<&String> = outcome.concerned.difference(&outcome.decided).collect();
    if !lost.is_empty() {
        failures.push(format!("published as open or bad, and without a decision: {lost:?}"));
    }
    failures
}

/// The same rows in another order and in other files.
fn dealt_anew(portfolio: &Portfolio, seed: u64) -> Portfolio {
    let mut dealt = portfolio.clone();
    for (at, table) in contract::INPUTS.iter().enumerate() {
        let shape = dealt.shape(table.name);
        shape.order = shape.order * 1_000 + seed + at as u64 + 1;
        shape.more_files = (shape.more_files + at + seed as usize) % 3;
    }
    dealt
}

/// Every property of one portfolio; with a seed it is also dealt anew over many shards.
pub fn check(name: &str, portfolio: &Portfolio, seed: Option<u64>) -> Vec<String> {
    let told = |lines: Vec<String>| lines.into_iter().map(|line| format!("{name}: {line}")).collect::<Vec<_>>();
    let house = portfolio.house(json!({"shards": 1, "workers": 1}));
    let ended = run(&house);
    if ended.code != 0 {
        return told(vec![format!("exit {}: {}", ended.code, ended.stderr)]);
    }
    let first = outcome(&house);
    let mut failures = check_outcome(portfolio, &first);
    if let Some(seed) = seed {
        // Every shard costs the time of its plans: a hundred of them are tried elsewhere.
        let shards = if seed.is_multiple_of(4) { 7 } else { 3 };
        let house = dealt_anew(portfolio, seed).house(json!({"shards": shards, "workers": 3}));
        let ended = run(&house);
        if ended.code != 0 {
            failures.push(format!("{shards} shards: exit {}: {}", ended.code, ended.stderr));
            return told(failures);
        }
        failures
            .extend(differences(&first, &outcome(&house)).map(|what| format!("{shards} shards, dealt anew: {what}")));
    }
    told(failures)
}

/// In which tables two runs differ that must not; bad rows are compared without the file and row that they stand in.
fn differences<'a>(first: &'a Outcome, second: &'a Outcome) -> impl Iterator<Item = String> + 'a {
    let tables = first.digests.iter().filter(|(table, digest)| second.digests.get(*table) != Some(*digest));
    let decisions = first.decisions.iter().filter(|row| !second.decisions.contains(row));
    // Where files overlap, a bad row may stand in one of them or in both.
    let bad = |outcome: &'a Outcome| outcome.quarantined.iter().collect::<BTreeSet<_>>();
    let is_same = bad(first) == bad(second);
    tables
        .map(|(table, _)| format!("{table} differs"))
        .chain(decisions.map(|row| format!("no more: {row}")))
        .chain((!is_same).then(|| format!("bad rows were {:?}, are {:?}", first.quarantined, second.quarantined)))
}

#[test]
fn the_portfolio_itself_is_in_order() {
    let portfolio = base::portfolio();
    let house = portfolio.house(json!({}));
    let ended = run(&house);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let found = outcome(&house);
    assert_eq!(check_outcome(&portfolio, &found), [""; 0]);
    let spared: Vec<&String> = portfolio.due.difference(&found.dunned).collect();
    assert!(spared.is_empty(), "plainly due, and nobody says a word: {spared:?}\n{}", found.decisions.join("\n"));
    assert_eq!(found.quarantined, [""; 0]);
}

/// With every quirk at once, and the files as they are: not even the table of bad rows differs.
#[test]
fn one_shard_or_many_give_the_same_bytes_of_any_portfolio() {
    let mut portfolio = base::portfolio();
    quirks::all()
        .iter()
        .filter(|quirk| matches!(quirk, Quirk::Added(_)))
        .for_each(|quirk| quirk.befall(&mut portfolio));
    let digests = |shards: u32, workers: u32| {
        let house = portfolio.house(json!({"shards": shards, "workers": workers}));
        let ended = run(&house);
        assert_eq!(ended.code, 0, "{shards} shards: {}", ended.stderr);
        let found = outcome(&house);
        (found.digests, found.quarantine_digests, found.decisions)
    };
    let one = digests(1, 1);
    for (shards, workers) in [(7, 2), (64, 4)] {
        let many = digests(shards, workers);
        assert_eq!(many.2, one.2, "{shards} shards decide otherwise");
        assert_eq!((many.0, many.1), (one.0.clone(), one.1.clone()), "{shards} shards");
    }
}

/// Quirks together, each of them twice and beside others.
fn chosen() -> Vec<Vec<Quirk>> {
    let mut groups = Vec::new();
    for seed in [1, 2] {
        let mut quirks = quirks::all();
        quirks.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        groups.extend(quirks.chunks(TOGETHER).map(<[Quirk]>::to_vec));
    }
    groups
}

fn singles_and_pairs() -> Vec<Vec<Quirk>> {
    let quirks = quirks::all();
    let mut groups: Vec<Vec<Quirk>> = quirks.iter().map(|quirk| vec![*quirk]).collect();
    for (at, first) in quirks.iter().enumerate() {
        groups.extend(quirks[at + 1..].iter().map(|second| vec![*first, *second]));
    }
    groups
}

#[test]
fn no_quirk_duns_loses_or_stops_anybody() {
    let groups = if is_full() { singles_and_pairs() } else { chosen() };
    let numbered: Vec<(usize, Vec<Quirk>)> = groups.into_iter().enumerate().collect();
    let failures = in_parallel(&numbered, |(number, quirks)| {
        let mut portfolio = base::portfolio();
        quirks.iter().for_each(|quirk| quirk.befall(&mut portfolio));
        let names: Vec<&str> = quirks.iter().map(Quirk::name).collect();
        check(&names.join(" + "), &portfolio, Some(*number as u64))
    });
    println!("hostile: {} portfolios, {} of them failed somehow", numbered.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
