//! What each SQL model says, as rows in and rows out; `spec` explains the notation.

mod balances;
mod charges;
mod contacts;
mod standing;
mod totals;
