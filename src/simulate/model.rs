//! Which model of payment a simulated day uses: the one that a run of that day would, had its date not been published.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::past::Start;
use super::{Policy, Request};
use crate::config::{ModelChoice, Plan};
use crate::error::{Error, Result};
use crate::io::learnt::{self, Stored};
use crate::stage::drift;

const LOOKS_AT_CHANCES: &str = "its rules look at late_chance or late_30_chance";

/// The models that a policy may use, and the one that it uses now.
pub(super) struct Learnt<'s> {
    start: &'s Start,
    choice: ModelChoice,
    /// When each was trained, the oldest first.
    dates: Vec<NaiveDate>,
    /// The newest before the day; outer `None` = no day has come yet.
    newest: Option<Option<NaiveDate>>,
    told: BTreeSet<String>,
}

impl<'s> Learnt<'s> {
    /// # Errors
    /// `Unavailable`.
    pub(super) fn of(plan: &Plan, start: &'s Start) -> Result<Learnt<'s>> {
        let choice = plan.model;
        let dates = if choice == ModelChoice::Nothing { Vec::new() } else { learnt::dates(&start.output)? };
        Ok(Learnt { start, choice, dates, newest: None, told: BTreeSet::new() })
    }

    /// Gives the plan the model of a day; sentences that were not said before.
    ///
    /// # Errors
    /// `NoModel` where the pipeline names one that was not trained before the day, `PublishedDamaged` where that cannot be read,
    /// `Unavailable`.
    pub(super) fn give(&mut self, plan: &mut Plan, day: NaiveDate) -> Result<Vec<String>> {
        let newest = self.dates.iter().rev().find(|date| **date < day).copied();
        if self.newest == Some(newest) {
            return Ok(Vec::new());
        }
        let (output, tenant) = (&self.start.output, plan.rules.tenant.as_str());
        let (mut stored, mut notes) = match self.choice {
            ModelChoice::Nothing => (None, Vec::new()),
            ModelChoice::Newest => learnt::newest(output, tenant, day)?,
            ModelChoice::Of(named) => (learnt::named(output, tenant, named, day)?, Vec::new()),
        };
        notes.extend(stored.as_ref().and_then(Stored::refusal));
        notes.extend(match &mut stored {
            Some(used) => drift::judge(output, &self.start.log, day, used)?,
            None => None,
        });
        plan.rules.model = stored.map(|stored| stored.model);
        self.newest = Some(newest);
        notes.retain(|note| self.told.insert(note.clone()));
        Ok(notes)
    }
}

/// Rules that look at chances are tried with chances, or not at all: a trigger that never holds would say nothing of the policy.
/// What to tell of the days before there is a model; `first` is the pipeline in whose output models are.
///
/// # Errors
/// `Argument` where a policy looks at chances, and no day has a model; else as `Learnt::give`.
pub(super) fn refuse_blind(
    policy: &mut Policy<'_>,
    (start, first): (&Start, &str),
    request: &Request,
) -> Result<Option<String>> {
    let mut learnt = Learnt::of(policy.plan, start)?;
    learnt.give(policy.plan, request.from)?;
    let is_there_at_first = policy.plan.rules.model.is_some();
    learnt.give(policy.plan, request.to)?;
    let is_there = policy.plan.rules.model.is_some();
    if !policy.plan.rules.looks_at_chances() || is_there_at_first {
        return Ok(None);
    }
    let (file, from) = (policy.plan.file.display(), request.from);
    let before = from.pred_opt().unwrap_or(from);
    let train = format!("`regua train {first} --as-of {before}` makes one of what was known then");
    if !is_there {
        return Err(Error::Argument {
            given: file.to_string(),
            why: match policy.plan.model {
                ModelChoice::Nothing => {
                    format!("{LOOKS_AT_CHANCES}, and its [model].use is \"none\"; write \"newest\"")
                }
                _ => format!("{LOOKS_AT_CHANCES}, and no model of payment was trained before {}; {train}", request.to),
            },
        });
    }
    Ok(Some(format!(
        "{file}: the first days have no model of payment, so rules that look at chances fit nobody then; {train}"
    )))
}
