//! What each SQL model says, as rows in and rows out; `spec` explains the notation.

mod answers;
mod balances;
mod charges;
mod contacts;
mod duties;
mod remembered;
mod reversals;
mod settlement;
mod standing;
mod totals;
