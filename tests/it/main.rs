//! The integration tests: one binary, because each would link all of DataFusion again.

mod cli;
mod smoke;
mod stores;
mod support;
mod tidy;
