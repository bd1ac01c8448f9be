//! Decisions as tables: one line is one case, and reads like a sentence of the specification.

mod caps;
mod charges;
mod credits;
mod duties;
mod experiments;
mod fields;
mod holds;
mod identity;
mod items;
mod ladder;
mod listings;
mod messages;
mod places;
mod properties;
mod revisions;
mod room;
mod routes;
mod scale;
mod scopes;
mod support;
mod traces;
