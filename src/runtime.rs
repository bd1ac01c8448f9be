//! What a program needs that has no rules of receivables: threads, timings, scratch folders, signals, panics, progress.

pub mod panics;
pub(crate) mod parallel;
pub mod progress;
pub mod scratch;
pub(crate) mod signals;
pub(crate) mod timings;
