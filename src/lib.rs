//! Régua: from snapshots of receivables to one action, or one named reason, for every debtor.
//!
//! ```text
//! load ──► shard ──► transform ──► decide ──► materialize ──► audit ──► publish
//! ```
//!
//! | module | owns |
//! |---|---|
//! | `run` | the one path above |
//! | [`stage`] | each stage of it |
//! | [`domain`] | the rules, pure: money, calendar, segments, steps, holds, messages, actions |
//! | [`config`] | what the user wrote, validated into one plan |
//! | [`contract`] | every table that enters or leaves |
//! | [`io`] | object stores, Parquet, the SQL engine, the log |
//! | `proposal` | how an export that nobody has mapped yet might be read |
//! | `rehearsal` | that path over empty tables, for SQL of the user's own |
//! | `simulate` | a policy replayed over history, and another beside it |
//! | [`specification`] | rows in, rows out: models tried with given rows |
//! | `report` | what a plan shows, as text, JSON or a page; the report of a run, made of its KPI tables; its lineage and metrics |
//! | [`cli`] | the commands |
//! | [`demo`] | the seeded sample portfolio |
//! | [`maintenance`] | looking after what is published: verify, repair, gc |
//! | [`runtime`] | threads, timings, scratch folders, signals, panics, progress |
//! | [`error`] | what can go wrong, with its exit code |

pub mod cli;
pub mod config;
pub mod contract;
pub mod demo;
pub mod domain;
pub mod error;
pub mod io;
pub mod maintenance;
pub(crate) mod proposal;
pub(crate) mod rehearsal;
pub(crate) mod report;
pub(crate) mod run;
pub mod runtime;
pub(crate) mod simulate;
pub mod specification;
pub mod stage;
pub mod text;
