//! Looking after what is published: is it whole, are the copies there, what may be thrown away.
//!
//! Nothing here decides anything or changes the log. `verify` only reads, `repair` makes copies that follow from the
//! log, `gc` deletes what no record names.

pub mod gc;
pub mod repair;
pub mod verify;
