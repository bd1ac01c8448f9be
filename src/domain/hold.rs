//! Why an account is left alone. The order of the enum is the order of precedence: the first reason that applies is the
//! one that is published.

/// A named reason to leave an account, or an item, in peace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldReason {
    Halted,
    QuarantinedInput,
    Settled,
    BelowTolerance,
    NotDue,
    InsolventOrLegal,
    BlockedDebtor,
    BlockedItem,
    GraceUntil,
    DisputeOpen,
    GoodsReturnOpen,
    AgreementKept,
    PromisePending,
    CreditCovers,
    ReguaNone,
    HoldOutArm,
    WithAgency,
    BelowMinimum,
    PreviousUnreported,
    MinGap,
    ResponseWindow,
    FrequencyCap,
    NoticePeriod,
    StepExhausted,
    NoStepDue,
    OptedOut,
    NoContactPoint,
    NoLegalSlot,
}

impl HoldReason {
    /// Every reason with the word it is published under and what it says to a person, in order of precedence.
    pub const ALL: [(HoldReason, &'static str, &'static str); 28] = [
        (HoldReason::Halted, "halted", "dunning is halted in the pipeline"),
        (
            HoldReason::QuarantinedInput,
            "quarantined_input",
            "a bad input row can touch this debtor, or a rate that its amount needs is missing",
        ),
        (HoldReason::Settled, "settled", "nothing is owed"),
        (HoldReason::BelowTolerance, "below_tolerance", "what is owed is below the tolerance"),
        (HoldReason::NotDue, "not_due", "nothing is due and no step before the due date has come"),
        (HoldReason::InsolventOrLegal, "insolvent_or_legal", "insolvency or legal proceedings"),
        (HoldReason::BlockedDebtor, "blocked_debtor", "the debtor has a dunning block"),
        (HoldReason::BlockedItem, "blocked_item", "what is due has a dunning block"),
        (HoldReason::GraceUntil, "grace_until", "a grace period is running"),
        (HoldReason::DisputeOpen, "dispute_open", "what is due is disputed"),
        (HoldReason::GoodsReturnOpen, "goods_return_open", "goods are being returned"),
        (
            HoldReason::AgreementKept,
            "agreement_kept",
            "an agreement is being kept, or a payment it reports is not yet in the ledger",
        ),
        (HoldReason::PromisePending, "promise_pending", "a promise to pay is pending"),
        (HoldReason::CreditCovers, "credit_covers", "unapplied credit covers the claim, or a large part of it"),
        (HoldReason::ReguaNone, "regua_none", "the régua says do nothing"),
        (HoldReason::HoldOutArm, "hold_out_arm", "hold-out arm of an experiment"),
        (HoldReason::WithAgency, "with_agency", "a collection agency has it"),
        (HoldReason::BelowMinimum, "below_minimum", "what is due is below the régua's minimum"),
        (HoldReason::PreviousUnreported, "previous_unreported", "an earlier action is under way and not reported on"),
        (HoldReason::MinGap, "min_gap", "the last contact is too recent"),
        (HoldReason::ResponseWindow, "response_window", "the debtor answered or paid recently"),
        (HoldReason::FrequencyCap, "frequency_cap", "a cap on contacts is reached"),
        (HoldReason::NoticePeriod, "notice_period", "the notice period has not ended"),
        (HoldReason::StepExhausted, "step_exhausted", "every step has been taken or missed"),
        (HoldReason::NoStepDue, "no_step_due", "the next step is not due yet"),
        (HoldReason::OptedOut, "opted_out", "no address of the step may be used, and at least one of them opted out"),
        (HoldReason::NoContactPoint, "no_contact_point", "no usable address for the step"),
        (HoldReason::NoLegalSlot, "no_legal_slot", "no lawful hour on this day"),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The sentence shown to people.
    pub fn text(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    pub fn parse(text: &str) -> Option<HoldReason> {
        Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(r, _, _)| *r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_order_of_precedence() {
        for (position, (reason, name, text)) in HoldReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, position, "{name}");
            assert_eq!((reason.as_str(), reason.text()), (*name, *text));
            assert_eq!(HoldReason::parse(name), Some(*reason));
        }
        assert!(
            HoldReason::Halted < HoldReason::QuarantinedInput && HoldReason::NoContactPoint < HoldReason::NoLegalSlot
        );
    }
}
