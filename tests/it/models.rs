//! What each SQL model says, as rows in and rows out; `spec` explains the notation.

mod agreements;
mod answers;
mod balances;
mod chains;
mod charges;
mod companies;
mod contacts;
mod duties;
mod episodes;
mod experiments;
mod forecast;
mod habits;
mod history;
mod observed;
mod payable;
mod profiles;
mod promises;
mod recovery;
mod remembered;
mod reversals;
mod settlement;
mod standing;
mod told;
mod totals;
