//! The integration tests: one binary, because each would link all of DataFusion again.

mod audits;
mod cases;
mod cli;
mod days;
mod determinism;
mod inputs;
mod ledger;
mod messages;
mod models;
mod readme;
mod smoke;
mod spec;
mod stores;
mod support;
mod tidy;
