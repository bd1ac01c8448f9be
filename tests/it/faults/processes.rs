//! The program itself on local files: killed at random times, racing with itself, stopped and woken, on a full disk.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use regua::io::log::{Log, Record};
use regua::io::store::Store;
use regua::maintenance::verify::verify;
use regua::runtime::progress::Silent;
use tokio::runtime::Runtime;

use super::{Scale, tell};
use crate::servers::{BUCKET, Server, s3_client};
use crate::support::{House, as_of};

const RACERS: usize = 8;

/// A house whose program may be killed, with a look at what any reader sees.
struct Yard {
    house: House,
    runtime: Runtime,
}

/// How a process ended: its exit code, and what it said of the run.
struct Said {
    code: Option<i32>,
    outcome: String,
}

impl Yard {
    fn new() -> Yard {
        let house = House::of_one_invoice();
        // It is run far into the future, day by day, on inputs of today.
        house.edit("pipelines/daily.toml", "max_age_days = 7", "max_age_days = 3650");
        // The program checks every template each time it starts; publication does not depend on their languages.
        house.edit("pipelines/daily.toml", r#"languages = ["pt-BR", "en", "es"]"#, r#"languages = ["pt-BR"]"#);
        for language in ["en", "es"] {
            std::fs::remove_dir_all(house.path("pipelines/templates").join(language)).expect("templates");
        }
        std::fs::create_dir(house.path("scratch")).expect("a folder");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Yard { house, runtime: runtime.expect("a runtime") }
    }

    fn command(&self, pipeline: &str, as_of: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regua"));
        command.args(["run", pipeline, "--as-of", as_of]).current_dir(self.house.folder.path());
        command.env("TMPDIR", self.house.path("scratch")).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    fn start(&self, as_of: &str) -> Child {
        self.command("pipelines/daily.toml", as_of).spawn().expect("the program starts")
    }

    fn run(&self, as_of: &str) -> Said {
        said(self.start(as_of))
    }

    fn output(&self) -> Store {
        Store::open(&self.house.path("output").to_string_lossy(), self.runtime.handle()).expect("the output")
    }

    /// What any reader sees at this moment.
    fn records(&self, name: &str) -> Vec<Record> {
        let verified = verify(&self.output(), &Silent).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(verified.findings, Vec::<String>::new(), "{name}");
        let records = Log::read(&self.output()).unwrap_or_else(|e| panic!("{name}: {e}")).records;
        let dates: BTreeSet<_> = records.iter().map(|r| r.as_of).collect();
        assert_eq!(dates.len(), records.len(), "{name}: a date stands twice");
        records
    }

    fn copies_stand(&self, name: &str) {
        let missing = verify(&self.output(), &Silent).expect("a log").copies;
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

fn said(process: Child) -> Said {
    let output = process.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let result: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or("null")).unwrap_or_default();
    Said { code: output.status.code(), outcome: result["outcome"].as_str().unwrap_or_default().to_owned() }
}

fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.id().to_string()]).status();
    assert!(sent.expect("kill").success(), "{name}");
}

/// The day after: a portfolio is run day by day.
fn next(day: &str) -> String {
    let day: chrono::NaiveDate = day.parse().expect("a date");
    day.succ_opt().expect("a date").to_string()
}

/// SIGKILL at a random time, and the next run; whatever was said to be published stays, and the log is whole.
#[test]
fn killed_at_any_time() {
    let kills = Scale::wanted().kills;
    let mut dice = ChaCha8Rng::seed_from_u64(11);
    let (mut done, mut finished, mut published) = (0, 0, 0);
    while done < kills {
        let yard = Yard::new();
        let begin = Instant::now();
        let mut day = as_of().to_owned();
        assert_eq!(yard.run(&day).code, Some(0));
        let mut usual = begin.elapsed();
        let mut standing = yard.records("at first");
        // A fresh output now and then: a long log makes every look at it slow.
        for _ in 0..25.min(kills - done) {
            day = if standing.iter().any(|r| r.as_of.to_string() == day) { next(&day) } else { day };
            let name = format!("kill {done} of {day}");
            let process = yard.start(&day);
            std::thread::sleep(usual.mul_f64(dice.random_range(0.0..1.0)));
            signal(&process, "KILL");
            let ended = said(process);
            let seen = yard.records(&name);
            assert_eq!(seen[..standing.len()], standing[..], "{name}: what was published is gone");
            assert!(ended.code != Some(0) || seen.len() == standing.len() + 1, "{name}: said and not so");
            // The signal should come while it works: the machine is faster or slower from one minute to the next.
            usual = usual.mul_f64(if ended.code == Some(0) { 0.8 } else { 1.03 });
            finished += usize::from(ended.code == Some(0));
            standing = seen;
            done += 1;
        }
        let last = yard.run(&day);
        assert_eq!(last.code, Some(0), "after so many kills");
        published += yard.records("at last").len();
        yard.copies_stand("at last");
    }
    let detail = format!("; {finished} had ended before the signal, {published} dates published");
    tell("SIGKILL at a random time", done, &detail);
}

/// The same against a real S3, where a killed client leaves half an upload behind and nobody to abort it.
#[test]
fn killed_at_any_time_on_s3() {
    let kills = (Scale::wanted().kills / 5).clamp(4, 200);
    let server = Server::moto();
    let endpoint = server.endpoint();
    let yard = Yard::new();
    let start = |as_of: &str, folder: usize| {
        let mut command = yard.command("pipelines/daily.toml", as_of);
        command.env("REGUA_OUTPUT", format!("s3://{BUCKET}/out-{folder}")).env("AWS_ENDPOINT_URL", &endpoint);
        command.envs([("AWS_ALLOW_HTTP", "true"), ("AWS_REGION", "us-east-1"), ("NO_PROXY", "127.0.0.1")]);
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.spawn().expect("the program starts")
    };
    let mut dice = ChaCha8Rng::seed_from_u64(19);
    let (mut done, mut finished) = (0, 0);
    while done < kills {
        let folder = done;
        let output = Store::of(Arc::new(s3_client(&server)), &format!("out-{folder}"), yard.runtime.handle());
        let records = |name: &str| {
            let verified = verify(&output, &Silent).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(verified.findings, Vec::<String>::new(), "{name}");
            Log::read(&output).expect("a log").records
        };
        let begin = Instant::now();
        assert_eq!(said(start(as_of(), folder)).code, Some(0));
        let mut usual = begin.elapsed();
        let (mut day, mut standing) = (as_of().to_owned(), records("at first"));
        for _ in 0..10.min(kills - done) {
            day = if standing.iter().any(|r| r.as_of.to_string() == day) { next(&day) } else { day };
            let name = format!("kill {done} of {day}");
            let process = start(&day, folder);
            std::thread::sleep(usual.mul_f64(dice.random_range(0.0..1.0)));
            signal(&process, "KILL");
            let ended = said(process);
            let seen = records(&name);
            assert_eq!(seen[..standing.len()], standing[..], "{name}: what was published is gone");
            assert!(ended.code != Some(0) || seen.len() == standing.len() + 1, "{name}: said and not so");
            usual = usual.mul_f64(if ended.code == Some(0) { 0.8 } else { 1.03 });
            finished += usize::from(ended.code == Some(0));
            (standing, done) = (seen, done + 1);
        }
        assert_eq!(said(start(&day, folder)).code, Some(0), "after so many kills");
        records("at last");
        assert!(verify(&output, &Silent).expect("a log").copies.is_empty(), "every copy stands");
    }
    tell("SIGKILL at a random time on S3", done, &format!("; {finished} had ended before the signal"));
}

/// Eight processes run one date at once: one publishes it, and the others say that it is published.
#[test]
fn eight_at_once() {
    let rounds = Scale::wanted().races;
    let mut day = as_of().to_owned();
    let mut yard = Yard::new();
    for round in 0..rounds {
        if round % 25 == 0 {
            yard = Yard::new();
        }
        let name = format!("round {round}");
        let before = yard.records(&name).len();
        let racers: Vec<Child> = (0..RACERS).map(|_| yard.start(&day)).collect();
        let said: Vec<Said> = racers.into_iter().map(said).collect();
        assert!(
            said.iter().all(|s| s.code == Some(0)),
            "{name}: {:?}",
            said.iter().map(|s| s.code).collect::<Vec<_>>()
        );
        assert_eq!(said.iter().filter(|s| s.outcome == "published").count(), 1, "{name}");
        assert_eq!(yard.records(&name).len(), before + 1, "{name}");
        yard.copies_stand(&name);
        day = next(&day);
    }
    tell("eight processes racing for a date", rounds, "");
}

/// A date and the next one at once: each is published, or told to come again, and then the order is right.
#[test]
fn a_date_against_the_next() {
    let rounds = Scale::wanted().races.div_ceil(2).min(200);
    let mut days = (as_of().to_owned(), next(as_of()));
    let (mut yard, mut retried, mut late) = (Yard::new(), 0, 0);
    for round in 0..rounds {
        if round % 20 == 0 {
            yard = Yard::new();
        }
        let name = format!("round {round}");
        let (first, second) = (yard.start(&days.0), yard.start(&days.1));
        let ended = [(&days.0, said(first)), (&days.1, said(second))];
        assert!(ended.iter().any(|(_, said)| said.code == Some(0)), "{name}: one of them goes through");
        for (day, said) in ended {
            assert!(matches!(said.code, Some(0 | 75)), "{name}: {day} ended with {:?}", said.code);
            if said.code == Some(75) {
                retried += 1;
                assert_eq!(yard.run(day).code, Some(0), "{name}: {day} again");
            }
        }
        let records = yard.records(&name);
        let of = |day: &str| records.iter().find(|r| r.as_of.to_string() == day).expect("both are published").clone();
        let (first, second) = (of(&days.0), of(&days.1));
        // Whichever came second knew of the first: an earlier date that comes late sends nothing.
        assert_eq!(second.kind, regua::io::log::RecordKind::Actions, "{name}");
        late += usize::from(first.seq > second.seq);
        assert_eq!(first.seq > second.seq, first.kind == regua::io::log::RecordKind::KpiOnly, "{name}");
        days = (next(&days.1), next(&next(&days.1)));
    }
    tell(
        "a date against the next",
        rounds,
        &format!("; {retried} told to come again, {late} came late and sent nothing"),
    );
}

/// A process is stopped in the middle, another does its work, and then it wakes.
#[test]
fn a_zombie_that_wakes_publishes_nothing() {
    let rounds = Scale::wanted().races.min(50);
    let mut dice = ChaCha8Rng::seed_from_u64(13);
    let yard = Yard::new();
    let begin = Instant::now();
    let mut day = as_of().to_owned();
    assert_eq!(yard.run(&day).code, Some(0));
    let usual = begin.elapsed();
    for round in 0..rounds {
        day = next(&day);
        let name = format!("round {round}");
        let zombie = yard.start(&day);
        std::thread::sleep(usual.mul_f64(dice.random_range(0.0..0.9)));
        signal(&zombie, "STOP");
        let retry = yard.run(&day);
        assert_eq!(retry.code, Some(0), "{name}");
        // Others have moved on meanwhile, every other time.
        let moved_on = round % 2 == 1;
        if moved_on {
            day = next(&day);
            assert_eq!(yard.run(&day).code, Some(0), "{name}");
        }
        let before = yard.records(&name);
        signal(&zombie, "CONT");
        let woken = said(zombie);
        assert!(matches!(woken.code, Some(0 | 75)), "{name}: {:?}", woken.code);
        assert_ne!((woken.outcome.as_str(), retry.outcome.as_str()), ("published", "published"), "{name}");
        assert_eq!(yard.records(&name), before, "{name}: it has added nothing");
    }
    tell("a stopped process that wakes after its retry", rounds, "");
}

/// No file may grow beyond so many kibibytes: as on a full disk, some write fails, sooner or later.
#[test]
fn a_full_disk() {
    let mut failed = 0;
    let limits = [1, 2, 4, 8, 16, 24, 32, 48, 64];
    let yard = Yard::new();
    for limit in limits {
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
        let mut command = Command::new("bash");
        command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_regua"), "run", "pipelines/daily.toml"]);
        command.args(["--as-of", as_of(), "--output", "text"]).current_dir(yard.house.folder.path());
        let ended = command.env("TMPDIR", yard.house.path("scratch")).output().expect("bash");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        if ended.status.code() != Some(0) {
            failed += 1;
            assert!(matches!(ended.status.code(), Some(1 | 3 | 75)), "{limit}: {:?} {stderr}", ended.status);
            assert!(stderr.contains("error: "), "{limit}: {stderr}");
        }
        yard.records(&format!("{limit} KiB"));
    }
    assert!(failed >= 2, "{failed} of {} did not fit", limits.len());
    assert_eq!(yard.run(as_of()).code, Some(0));
    assert_eq!(yard.records("at last").len(), 1);
    yard.copies_stand("at last");
    tell("files that may not grow", limits.len(), &format!("; {failed} failed"));
}

/// What the program asks for the time is ten years off.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(clock, time);
    if (clock == CLOCK_REALTIME) time->tv_sec += atol(getenv("CLOCK_OFFSET"));
    return answer;
}
"#;

#[test]
fn the_clock_is_no_input() {
    let yards = ["-315576000", "315576000"].map(|offset| {
        let yard = Yard::new();
        let (source, library) = (yard.house.path("clock.c"), yard.house.path("clock.so"));
        std::fs::write(&source, CLOCK).expect("written");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
        assert!(built.expect("cc, which Rust needs too").success());
        // The clock is really off, or this would prove nothing.
        let date = Command::new("date").arg("+%Y").env("LD_PRELOAD", &library).env("CLOCK_OFFSET", offset).output();
        let year = String::from_utf8_lossy(&date.expect("date").stdout).trim().parse::<i32>().expect("a year");
        assert!(!(2020..2030).contains(&year), "{year}");
        let mut command = yard.command("pipelines/daily.toml", as_of());
        let ended = command.env("LD_PRELOAD", &library).env("CLOCK_OFFSET", offset).status();
        assert!(ended.expect("it ends").success());
        yard
    });
    let digests = yards.each_ref().map(|yard| yard.records("once").remove(0).logical_digests);
    assert_eq!(digests[0], digests[1]);
}

/// The zone of the machine and its language are no inputs.
#[test]
fn zone_and_language_are_no_inputs() {
    let environments: [&[(&str, &str)]; 3] = [
        &[("TZ", "UTC")],
        &[("TZ", "Pacific/Kiritimati"), ("LANG", "tr_TR.UTF-8")],
        &[("TZ", "Etc/GMT+12"), ("LC_ALL", "C")],
    ];
    let digests = environments.map(|environment| {
        let yard = Yard::new();
        let ended = yard.command("pipelines/daily.toml", as_of()).envs(environment.iter().copied()).status();
        assert!(ended.expect("it ends").success());
        yard.records("once").remove(0).logical_digests
    });
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{digests:#?}");
}
