//! The integration tests: one binary, because each would link all of DataFusion again.

mod audits;
mod choosing;
mod cli;
mod days;
mod determinism;
mod explain;
mod gateway;
mod inputs;
mod ledger;
mod messages;
mod models;
mod plan;
mod readme;
mod schemas;
mod smoke;
mod spec;
mod stores;
mod support;
mod tidy;
