//! The rules: pure values and functions. No table, no file, no clock, no randomness; what comes in decides what comes out.

pub mod action;
pub mod address;
pub mod calendar;
pub mod charge;
pub mod decision;
pub mod experiment;
pub mod fx;
pub(crate) mod hold;
pub mod language;
pub mod learning;
pub mod message;
pub mod money;
pub mod names;
pub mod offer;
pub mod pii;
pub mod portfolio;
pub mod procedure;
pub mod responses;
pub mod segment;
pub(crate) mod sessions;
pub mod settlement;
pub mod tax_id;
