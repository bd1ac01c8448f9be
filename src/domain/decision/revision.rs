//! A revision: a date that is already published is decided again, from corrected inputs or rules.
//!
//! Between two publications a gateway may have sent any message of the first. So a revision never writes to a group
//! that a message of that date may have reached. It takes back what no longer holds, keeps what still does, word for
//! word, and adds what is due to groups that nobody has written to. What it took back is decided anew on the next date,
//! once the gateway has reported that it was not sent.

use std::collections::{BTreeSet, HashMap};

use super::{Decision, Hold, HoldReason, Outcome};
use crate::domain::action::Action;
use crate::domain::procedure::Channel;

/// What is known of a published action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody has reported on it: it may have been sent, now or later.
    Unreported,
    /// It went out.
    Sent,
    /// It is known not to have reached anybody.
    NotSent,
}

/// An action that an earlier revision of the same date published.
#[derive(Clone, Debug)]
pub struct Published {
    /// 32 hex digits.
    pub action_id: String,
    /// 64 hex digits over its whole line in the outbox: every word that was published.
    pub payload_sha256: String,
    /// The place of its step in the régua then.
    pub level: u32,
    /// By its name in the configuration.
    pub channel: String,
    /// What gateways have reported of it until now.
    pub fate: Fate,
    /// An earlier revision took it back.
    pub is_voided: bool,
}

impl Published {
    fn addresses_debtor(&self) -> bool {
        Channel::parse(&self.channel).is_some_and(Channel::addresses_debtor)
    }

    /// To be taken back, unless the revision keeps it.
    pub fn can_be_voided(&self) -> bool {
        self.fate == Fate::Unreported && !self.is_voided
    }
}

/// What becomes of an action that is decided again.
#[derive(Debug, PartialEq, Eq)]
enum RevisionVerdict {
    /// Published before, and the same: it stands as it is.
    Kept,
    New,
    /// It may not go out, and why.
    Barred(HoldReason, &'static str),
}

/// Compares the decisions on a group with what was published of it on the same date; what may not go out becomes a
/// hold. Returns the action_ids that stand as they were published.
pub fn reconcile(
    decisions: &mut [Vec<Decision>],
    published: &[Published],
    payload_sha256: &dyn Fn(&Action, u32) -> String,
) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    let before = Before::of(published);
    for decision in decisions.iter_mut().flatten() {
        // What the law asks for stands, in whatever words it was published: without it the debtor stays listed.
        decision.duties.retain(|duty| match before.by_id.get(duty.action.action_id.as_str()) {
            Some(published) if published.is_voided => false,
            Some(published) => {
                kept.insert(published.action_id.clone());
                true
            }
            None => true,
        });
        let Outcome::Act(action) = &decision.outcome else { continue };
        match before.verdict(action, payload_sha256) {
            RevisionVerdict::Kept => _ = kept.insert(action.action_id.clone()),
            RevisionVerdict::New => {}
            RevisionVerdict::Barred(reason, why) => decision.outcome = Outcome::Hold(barred(action, reason, why)),
        }
    }
    kept
}

/// What was published of a group, to be asked of every action.
struct Before<'p> {
    by_id: HashMap<&'p str, &'p Published>,
    may_have_been_sent: bool,
    /// Nothing of it is unreported.
    is_reported: bool,
}

impl<'p> Before<'p> {
    fn of(published: &'p [Published]) -> Before<'p> {
        // Of one id the first counts.
        let by_id = published.iter().rev().map(|p| (p.action_id.as_str(), p)).collect();
        let may_have_been_sent = published.iter().any(|p| p.fate != Fate::NotSent && p.addresses_debtor());
        let is_reported = !published.iter().any(|p| p.fate == Fate::Unreported && p.addresses_debtor());
        Before { by_id, may_have_been_sent, is_reported }
    }

    fn verdict(&self, action: &Action, payload_sha256: &dyn Fn(&Action, u32) -> String) -> RevisionVerdict {
        use HoldReason::{MinGap, PreviousUnreported};
        match self.by_id.get(action.action_id.as_str()) {
            Some(p) if p.is_voided => RevisionVerdict::Barred(PreviousUnreported, "an earlier revision took it back"),
            Some(p) if p.payload_sha256 != payload_sha256(action, p.level) => match p.fate {
                Fate::Sent => RevisionVerdict::Barred(MinGap, "it was sent with other words"),
                _ => RevisionVerdict::Barred(PreviousUnreported, "it was published with other words"),
            },
            Some(_) => RevisionVerdict::Kept,
            None => {
                let reaches_debtor = Channel::parse(action.channel).is_some_and(Channel::addresses_debtor);
                match (reaches_debtor && self.may_have_been_sent, self.is_reported) {
                    (false, _) => RevisionVerdict::New,
                    (true, true) => RevisionVerdict::Barred(MinGap, "another message of this date was sent"),
                    (true, false) => {
                        RevisionVerdict::Barred(PreviousUnreported, "another message of this date may have been sent")
                    }
                }
            }
        }
    }
}

fn barred(action: &Action, reason: HoldReason, why: &str) -> Hold {
    let mut trace = action.rule_trace.clone();
    trace.push(format!("revision: {why}; the next date decides again"));
    Hold { reason, step_id: Some(action.step_id.clone()), detail: Some(format!("revision: {why}")), trace }
}
