//! Where the time of a run goes, and how much memory it held.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Wall-clock seconds by stage, and the memory at its end.
#[derive(Default)]
pub struct StageTimings(Mutex<BTreeMap<String, StageTiming>>);

#[derive(Default)]
struct StageTiming {
    seconds: f64,
    peak_megabytes: Option<f64>,
}

impl StageTimings {
    /// Adds the time that some work takes to a stage.
    pub fn time<T>(&self, stage: &str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        let mut stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let timing = stages.entry(stage.to_owned()).or_default();
        timing.seconds += start.elapsed().as_secs_f64();
        timing.peak_megabytes = peak_megabytes();
        done
    }

    /// Seconds to the millisecond.
    pub fn seconds(&self) -> BTreeMap<String, f64> {
        let stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stages.iter().map(|(stage, m)| (stage.clone(), (m.seconds * 1000.0).round() / 1000.0)).collect()
    }

    /// The most memory that the process had held when each stage last ended, in megabytes; Linux only.
    pub fn peaks(&self) -> BTreeMap<String, f64> {
        let stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
