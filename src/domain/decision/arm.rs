//! Which arm of which experiment an account is in, and what follows for its régua.

use chrono::NaiveDate;

use super::{Debtor, REGUA_NONE, Rules};
use crate::domain::experiment::{Arm, Experiment};

/// Scopes named by hand, for this debtor or its group: whoever is named there is in no experiment.
const BY_HAND: [&str; 3] = ["item", "debtor", "group"];

/// The arm of an account whose régua came from this scope.
///
/// An experiment never overrules a person, and never wakes what the configuration leaves alone: a régua named for an
/// item, a debtor or a group keeps the account out, and so does `none`. Whoever was drawn once stays in its arm, whatever
/// its segment is now and whatever shares are written now: who is compared must not depend on what came of it.
pub(super) fn arm<'r>(
    (rules, as_of): (&'r Rules, NaiveDate),
    debtor: &Debtor,
    segment: &str,
    regua: &str,
    scope: &str,
) -> Option<(&'r Experiment, &'r Arm)> {
    if regua == REGUA_NONE || BY_HAND.contains(&scope) {
        return None;
    }
    let stays = |e: &'r Experiment| Some((e, e.arm_since(as_of, &debtor.arms)?));
    rules.experiments.iter().find_map(stays).or_else(|| {
        let experiment = rules.experiments.iter().find(|e| e.takes(as_of, segment))?;
        Some((experiment, experiment.arm_of(&debtor.group_id)?))
    })
}
