//! The integration tests: one binary, because each would link all of DataFusion again.

mod cli;
mod days;
mod determinism;
mod inputs;
mod ledger;
mod readme;
mod smoke;
mod stores;
mod support;
mod tidy;
