//! The kinds of step and the channels that there are, with the names that the configuration and the tables give them.

use serde::{Deserialize, Serialize};

use crate::domain::portfolio::EscalationKind;

/// The ways an action goes out. `Phone` is a task for a person, and `Instruction` addresses no debtor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An e-mail, with a subject.
    Email,
    /// A WhatsApp message, at most 4,096 characters.
    Whatsapp,
    /// A short message, on one line.
    Sms,
    /// A task for a person who calls.
    Phone,
    /// A letter on paper.
    Letter,
    /// A notice in the creditor's self-service portal.
    Portal,
    /// Bureau, registry or agency: no debtor is addressed.
    Instruction,
}

impl Channel {
    /// In the order of their declaration.
    pub const ALL: [Channel; 7] = [
        Channel::Email,
        Channel::Whatsapp,
        Channel::Sms,
        Channel::Phone,
        Channel::Letter,
        Channel::Portal,
        Channel::Instruction,
    ];

    /// As the configuration, the tables and the names of templates write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Whatsapp => "whatsapp",
            Channel::Sms => "sms",
            Channel::Phone => "phone",
            Channel::Letter => "letter",
            Channel::Portal => "portal",
            Channel::Instruction => "instruction",
        }
    }

    /// By its name; `None` for any other text.
    pub fn parse(text: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|c| c.as_str() == text)
    }

    /// Reaches the debtor, and so needs an address, a lawful hour and room under the caps.
    pub fn addresses_debtor(self) -> bool {
        self != Channel::Instruction
    }
}

/// What comes out of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StepKind {
    /// Asks for payment, or calls to mind a due date to come.
    Reminder,
    /// Asks for payment formally, and may announce what comes next (`notice_days`).
    Notice,
    /// Asks whether invoice and goods have arrived, and for no money.
    Verification,
    /// A task for a person.
    Call,
    /// Looks for a way to pay, by an offer or a call.
    Negotiation,
    /// The notice that must precede a listing with a credit bureau.
    NegativacaoNotice,
    /// The instruction to list the items with a bureau.
    Negativacao,
    /// The instruction to end a listing whose items are paid.
    NegativacaoRemoval,
    /// The notice that must precede a protest.
    ProtestoNotice,
    /// The instruction to protest the items.
    Protesto,
    /// The instruction to release a protest whose items are paid.
    ProtestoRelease,
    /// The instruction to hand the items to an agency.
    AgencyPlacement,
    /// The instruction to take back items that are paid or disputed.
    AgencyRecall,
    /// Sends the link of the creditor's portal.
    Portal,
    /// Thanks, once everything that was due is paid.
    Receipt,
}

impl StepKind {
    /// Each with its name in the configuration and the tables.
    pub const ALL: [(StepKind, &'static str); 15] = [
        (StepKind::Reminder, "reminder"),
        (StepKind::Notice, "notice"),
        (StepKind::Verification, "verification"),
        (StepKind::Call, "call"),
        (StepKind::Negotiation, "negotiation"),
        (StepKind::NegativacaoNotice, "negativacao_notice"),
        (StepKind::Negativacao, "negativacao"),
        (StepKind::NegativacaoRemoval, "negativacao_removal"),
        (StepKind::ProtestoNotice, "protesto_notice"),
        (StepKind::Protesto, "protesto"),
        (StepKind::ProtestoRelease, "protesto_release"),
        (StepKind::AgencyPlacement, "agency_placement"),
        (StepKind::AgencyRecall, "agency_recall"),
        (StepKind::Portal, "portal"),
        (StepKind::Receipt, "receipt"),
    ];

    /// As the configuration and the tables write it.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(k, _)| *k == self).map_or("", |(_, name)| name)
    }

    /// By its name; `None` for any other text.
    pub fn parse(text: &str) -> Option<StepKind> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(k, _)| *k)
    }

    /// An instruction to a bureau, registry or agency rather than a message to the debtor.
    pub fn is_instruction(self) -> bool {
        use StepKind::*;
        matches!(self, Negativacao | NegativacaoRemoval | Protesto | ProtestoRelease | AgencyPlacement | AgencyRecall)
    }

    /// One of the rungs that an account climbs; duties and thanks follow a payment and stand beside the ladder.
    pub fn is_rung(self) -> bool {
        !self.is_duty() && self != StepKind::Receipt
    }

    /// What a notice announces, or an instruction asks for: no item is escalated twice in the same way.
    pub fn escalation(self) -> Option<EscalationKind> {
        match self {
            StepKind::NegativacaoNotice | StepKind::Negativacao => Some(EscalationKind::BureauListing),
            StepKind::ProtestoNotice | StepKind::Protesto => Some(EscalationKind::Protest),
            _ => None,
        }
    }

    /// It speaks of what is overdue, or acts on it: it never comes before the due date has passed.
    pub fn is_of_arrears(self) -> bool {
        use StepKind::{AgencyPlacement, Negativacao, NegativacaoNotice, Notice, Protesto, ProtestoNotice};
        matches!(self, Notice | NegativacaoNotice | Negativacao | ProtestoNotice | Protesto | AgencyPlacement)
    }

    /// Its message says what is true of this kind alone: that something was paid, or what the law lets be announced or done.
    pub fn is_bound(self) -> bool {
        use StepKind::{NegativacaoNotice, ProtestoNotice, Receipt};
        self.is_instruction() || matches!(self, NegativacaoNotice | ProtestoNotice | Receipt)
    }

    /// Owed to the debtor (or a recall): goes out whatever else holds the account, unless everything is halted.
    pub fn is_duty(self) -> bool {
        matches!(self, StepKind::NegativacaoRemoval | StepKind::ProtestoRelease | StepKind::AgencyRecall)
    }
}
