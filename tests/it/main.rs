//! The integration tests: one binary, because each would link all of DataFusion again.

mod days;
mod determinism;
mod inputs;
mod ledger;
mod smoke;
mod support;
