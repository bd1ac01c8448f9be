//! The edge to the world: object stores, Parquet files, the SQL engine, the log of published runs, and
//! what other systems read of it.

#[cfg_attr(not(feature = "delta"), path = "io/delta/absent.rs")]
pub mod delta;
pub mod engine;
pub mod events;
pub mod learnt;
pub mod log;
pub mod outbox;
pub mod parquet;
pub mod projection;
pub mod store;
pub mod tables;
