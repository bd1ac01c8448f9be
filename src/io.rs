//! The edge to the world: object stores, Parquet files, the SQL engine, the log of published runs and
//! the outbox.

pub mod engine;
pub mod log;
pub mod outbox;
pub mod parquet;
pub mod store;
pub mod tables;
