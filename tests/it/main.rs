//! The integration tests: one binary, because each would link all of DataFusion again.

mod audits;
mod models;
mod smoke;
mod spec;
mod support;
