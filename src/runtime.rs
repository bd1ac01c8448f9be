//! What a program needs that has no rules of receivables: threads, timings, scratch folders, signals, panics, progress.

pub mod panics;
pub mod parallel;
pub mod progress;
pub mod scratch;
pub mod signals;
pub mod timings;
