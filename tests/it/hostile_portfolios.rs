//! Hostile portfolios: what ERPs, banks and CRMs really export, generated, and run through the real program.
//!
//! A portfolio in which everybody is protected by a row or plainly due (`base`) is written with the quirks of real
//! exports (`quirks` change what the rows say, `shape` how they are written, `odd` adds one bad value for every column
//! of every table). Of every run it must hold that nobody whom a row protects is dunned, that everybody has a decision,
//! that no odd row stops the others, and that the bytes depend on nothing but what the rows say (`properties`). Twins
//! say the same in other words and are decided alike (`twins`); `doubts` are rows that may mean somebody, and protect whom they may mean; `gates` is
//! about exports that are broken as a whole.
//!
//! `REGUA_HOSTILE=full` runs every quirk alone and every pair of them; else a seeded choice is run.

mod base;
mod doubts;
mod gates;
mod letters;
mod odd;
mod portfolio;
mod properties;
mod quirks;
mod shape;
mod twins;
