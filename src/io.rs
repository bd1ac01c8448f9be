//! The edge to the world: object stores, Parquet files, the SQL engine and the log of published runs.

pub mod engine;
pub mod log;
pub mod parquet;
pub mod store;
pub mod tables;
