//! The integration tests: one binary, because each would link all of DataFusion again.

mod audits;
mod cli;
mod days;
mod determinism;
mod inputs;
mod ledger;
mod messages;
mod models;
mod money;
mod readme;
mod smoke;
mod spec;
mod stores;
mod support;
mod tidy;
