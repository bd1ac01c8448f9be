//! The integration tests: one binary, because each would link all of DataFusion again.

mod smoke;
mod support;
