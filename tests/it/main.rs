//! The integration tests: one binary, because each would link all of DataFusion again.

mod audits;
mod cases;
mod choosing;
mod cli;
mod conformance;
mod days;
mod determinism;
mod explain;
mod faults;
mod gateway;
mod inputs;
mod kinds;
mod ledger;
mod messages;
mod models;
mod money;
mod plan;
mod readme;
mod schemas;
mod servers;
mod smoke;
mod spec;
mod stores;
mod support;
mod tidy;
mod upkeep;
