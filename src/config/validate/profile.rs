//! Segments, tiers and the scorecard: ordered rules over an account.

use std::collections::{BTreeMap, BTreeSet};

use super::{Document, PlanBuilder, unknown};
use crate::config::raw::{RawRisk, RawSegment};
use crate::domain::segment::{Comparison, Condition, Field, Rule, Scorecard};

impl PlanBuilder<'_> {
    pub(super) fn segments(&mut self, document: &Document, at: &str, raw: &[RawSegment]) -> Vec<Rule> {
        let mut names = BTreeSet::new();
        let mut rules = Vec::new();
        for (position, segment) in raw.iter().enumerate() {
            let at = format!("{at}/{position}");
            if !names.insert(&segment.name) {
                self.refuse(document, &at, format!("there are two segments named `{}`; rename one", segment.name));
            }
            let when = self.condition(document, &format!("{at}/when"), &segment.when);
            rules.push(Rule { name: segment.name.clone(), when });
        }
        self.note_order(document, at, &rules);
        rules
    }

    /// The first rule that fits names the segment: one without conditions belongs at the end, and a list of segments needs it.
    fn note_order(&mut self, document: &Document, at: &str, rules: &[Rule]) {
        let fits_all = |rule: &Rule| rule.when.0.is_empty();
        let last = rules.len().saturating_sub(1);
        if let Some(first) = rules.iter().position(fits_all).filter(|first| *first < last) {
            let message =
                format!("nobody gets past `{}`, which has no condition; move it to the end", rules[first].name);
            self.notes.push(document.fault(&format!("{at}/{}", first + 1), message));
        }
        if at == "/segments" && !rules.is_empty() && !rules.iter().any(fits_all) {
            let message = "whom no segment fits is `unassigned`; end the list with a segment that has no condition";
            self.notes.push(document.fault(&format!("{at}/{last}"), message));
        }
    }

    pub(super) fn condition(&mut self, document: &Document, at: &str, raw: &BTreeMap<String, String>) -> Condition {
        let mut parts = Vec::new();
        for (name, text) in raw {
            let at = format!("{at}/{name}");
            let Some(field) = Field::parse(name) else {
                let message = unknown("profile field", name, Field::ALL.iter().map(|(_, name)| *name));
                self.refuse(document, &at, message);
                continue;
            };
            for part in text.split(',') {
                match Comparison::parse(part) {
                    Some(comparison) if field.is_ratio() && comparison.bound().abs() > 1.0 => {
                        let message = format!("{text:?}: {name} is a ratio from 0 to 1; 40 % is 0.4");
                        self.refuse(document, &at, message);
                        break;
                    }
                    Some(comparison) => parts.push((field, comparison)),
                    None => {
                        let message = format!(
                            "{text:?} is not a comparison: write \">= 0.1, < 0.5\", with a point before decimals and no mark between \
                             thousands"
                        );
                        self.refuse(document, &at, message);
                        break;
                    }
                }
            }
        }
        Condition(parts)
    }

    pub(super) fn scorecard(&mut self, document: &Document, raw: &RawRisk) -> Scorecard {
        let mut lines = Vec::new();
        for (position, line) in raw.points.iter().enumerate() {
            lines.push((line.points, self.condition(document, &format!("/risk/points/{position}/when"), &line.when)));
        }
        let mut bands: Vec<(i64, String)> = raw.bands.iter().map(|(name, least)| (*least, name.clone())).collect();
        bands.sort();
        Scorecard { lines, bands }
    }
}
