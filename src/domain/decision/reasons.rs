//! Why an account is held: every reason that applies, and the first of them, which is published.

use super::{Hold, HoldReason, Step};

/// The reasons found so far, kept in their order of precedence.
#[derive(Default)]
pub(super) struct Reasons(pub(super) Vec<(HoldReason, Option<String>)>);

impl Reasons {
    pub(super) fn note(&mut self, applies: bool, reason: HoldReason) {
        if applies {
            self.0.push((reason, None));
        }
    }

    pub(super) fn because(&mut self, reason: HoldReason, why: Option<String>) {
        self.0.push((reason, why));
    }

    /// The first by precedence, with the others as its detail.
    pub(super) fn into_hold(mut self, step: Option<&Step>, mut trace: Vec<String>) -> Option<Hold> {
        self.0.sort_by_key(|(reason, _)| *reason);
        self.0.dedup_by_key(|(reason, _)| *reason);
        trace.extend(self.texts());
        let (reason, why) = self.0.first()?.clone();
        let others: Vec<&str> = self.0[1..].iter().map(|(r, _)| r.as_str()).collect();
        let also = (!others.is_empty()).then(|| format!("also {}", others.join(", ")));
        let detail = match (why, also) {
            (Some(why), Some(also)) => Some(format!("{why}; {also}")),
            (why, also) => why.or(also),
        };
        Some(Hold { reason, step_id: step.map(|s| s.id.clone()), detail, trace })
    }
}
