//! Where the time of a run goes, and how much memory it held.
//!
//! A stage is also a span, for whoever collects them. The log shows none: its lines stay what they are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::Span;
use tracing::field::Empty;

use crate::error::Result;

/// The target of spans, by which a collector asks for them.
pub const SPANS: &str = "regua::spans";

/// Wall-clock seconds by stage, and the memory at its end.
#[derive(Default)]
pub struct StageTimings {
    stages: Mutex<BTreeMap<String, StageTiming>>,
    /// The run that the stages are spans of; none where what is timed is no stage.
    run: Option<Span>,
}

#[derive(Default)]
struct StageTiming {
    seconds: f64,
    peak_megabytes: Option<f64>,
}

impl StageTimings {
    /// Of the stages of a run: each is a span too.
    pub fn of_stages() -> StageTimings {
        StageTimings { run: Some(Span::current()), ..StageTimings::default() }
    }

    /// As `time`; the span of the stage says how many rows it has made, or worked on.
    ///
    /// # Errors
    /// Those of the work.
    pub fn count<T>(&self, stage: &str, rows: impl Fn(&T) -> u64, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let counted = |done: &T| {
            // What collects spans takes signed numbers alone for numbers.
            Span::current().record("rows", rows(done) as i64);
        };
        self.time(stage, || work().inspect(counted))
    }

    /// Adds the time that some work takes to a stage.
    pub fn time<T>(&self, stage: &str, work: impl FnOnce() -> T) -> T {
        let span = self.run.as_ref().map_or_else(Span::none, |run| {
            tracing::debug_span!(target: SPANS, parent: run, "stage", otel.name = stage, rows = Empty, seconds = Empty)
        });
        let start = Instant::now();
        let done = span.in_scope(work);
        let seconds = start.elapsed().as_secs_f64();
        span.record("seconds", seconds);
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let timing = stages.entry(stage.to_owned()).or_default();
        timing.seconds += seconds;
        // Nobody asks for it where what is timed is no stage, and some of that ends a hundred times a second.
        timing.peak_megabytes = self.run.as_ref().and_then(|_| peak_megabytes());
        done
    }

    /// Seconds to the millisecond.
    pub fn seconds(&self) -> BTreeMap<String, f64> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.iter().map(|(stage, m)| (stage.clone(), (m.seconds * 1000.0).round() / 1000.0)).collect()
    }

    /// The most memory that the process had held when each stage of a run last ended, in megabytes; Linux only.
    pub fn peaks(&self) -> BTreeMap<String, f64> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.iter().filter_map(|(stage, m)| Some((stage.clone(), m.peak_megabytes?))).collect()
    }
}

/// `VmHWM`: the largest resident set so far.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some((kilobytes / 1024.0).round())
}
