//! Contact sessions: which events of the contact log make up one contact, and the state that it ends in.
//!
//! Events that name an action belong to the contact of that action. The others are told apart by what they are about, and
//! each thread is cut into contacts in order of time: a day of sending is one contact, and so is every call.

use std::borrow::Cow;

use super::address::normalised_address;
use super::portfolio::ContactState;

/// What an event of the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Queued,
    Sent,
    NoAnswer,
    Answered,
    WrongParty,
    Bounced,
    Failed,
    Ignored,
    Delivered,
    Read,
    Replied,
    Promised,
    Disputed,
    OptedOut,
    Complained,
}

impl Status {
    const ALL: [(Status, &'static str); 15] = [
        (Status::Queued, "queued"),
        (Status::Sent, "sent"),
        (Status::NoAnswer, "no_answer"),
        (Status::Answered, "answered"),
        (Status::WrongParty, "wrong_party"),
        (Status::Bounced, "bounced"),
        (Status::Failed, "failed"),
        (Status::Ignored, "ignored"),
        (Status::Delivered, "delivered"),
        (Status::Read, "read"),
        (Status::Replied, "replied"),
        (Status::Promised, "promised"),
        (Status::Disputed, "disputed"),
        (Status::OptedOut, "opted_out"),
        (Status::Complained, "complained"),
    ];

    /// A word of the contract.
    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.iter().find(|(_, name)| *name == word).map(|(status, _)| *status)
    }

    /// Of events of one instant the one that says more comes last.
    pub fn rank(self) -> u8 {
        use Status::{Answered, Bounced, Failed, Ignored, NoAnswer, Queued, Sent};
        match self {
            Queued => 0,
            Sent | NoAnswer | Answered => 1,
            Bounced | Failed => 2,
            Ignored => 3,
            _ => 4,
        }
    }

    fn is_send(self) -> bool {
        matches!(self, Status::Queued | Status::Sent)
    }

    fn is_call(self) -> bool {
        matches!(self, Status::Answered | Status::NoAnswer | Status::WrongParty)
    }

    /// Has the debtor said something?
    pub fn answers(self) -> bool {
        matches!(self, Status::Replied | Status::Answered | Status::Promised | Status::Disputed)
    }
}

/// An event, as far as it says what a contact came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Microseconds since 1970, in UTC.
    pub at: i64,
    /// The day in the pipeline's time zone, counted from 1970-01-01.
    pub on: i32,
    pub status: Status,
}

/// What an event says that it is about; what it does not say may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About<'b> {
    company: Option<&'b str>,
    invoice: Option<&'b str>,
    /// As addresses are compared: one is one, however it is written.
    address: Option<Cow<'b, str>>,
}

impl<'b> About<'b> {
    pub fn of(company: Option<&'b str>, invoice: Option<&'b str>, address: Option<&'b str>) -> About<'b> {
        About { company, invoice, address: address.map(normalised_address) }
    }

    /// Can both be about the same contact?
    pub fn agrees(&self, other: &About<'_>) -> bool {
        let agrees = |one: Option<&str>, other: Option<&str>| one.zip(other).is_none_or(|(one, other)| one == other);
        agrees(self.company, other.company)
            && agrees(self.invoice, other.invoice)
            && agrees(self.address.as_deref(), other.address.as_deref())
    }

    /// What both say together.
    fn add(&mut self, other: &About<'b>) {
        self.company = self.company.or(other.company);
        self.invoice = self.invoice.or(other.invoice);
        self.address = self.address.take().or_else(|| other.address.clone());
    }
}

/// The thread of each event, in order: one goes on with the thread that was heard of last and says nothing else of its
/// company, invoice or address. That a letter about one invoice failed takes no letter about another one back, and that it
/// arrived is no news of the other.
pub fn threads(events: &[About<'_>]) -> Vec<usize> {
    let mut known: Vec<About<'_>> = Vec::new();
    // The threads by when they were heard of, the last one last.
    let mut order: Vec<usize> = Vec::new();
    let mut found = Vec::with_capacity(events.len());
    for about in events {
        let place = order.iter().rposition(|thread| known[*thread].agrees(about));
        let thread = match place {
            Some(place) => order.remove(place),
            None => {
                known.push(About::default());
                known.len() - 1
            }
        };
        known[thread].add(about);
        order.push(thread);
        found.push(thread);
    }
    found
}

/// What the log tells of a day of one debtor on one channel, where no action is named.
#[derive(Clone, Copy, Debug)]
pub struct ContactDay<'b> {
    /// Counted from 1970-01-01.
    pub on: i32,
    /// Who wrote or called; none where nobody says.
    pub company: Option<&'b str>,
    /// Something was sent, or somebody was called.
    pub opens: bool,
}

/// The contact to which each day belongs, in order: the day on which that was opened, and its thread. It is the one that was
/// opened last, by the same company where both days say which; what follows nothing is a contact of its day.
pub fn contact_days(days: &[ContactDay<'_>]) -> Vec<(i32, usize)> {
    let abouts: Vec<About<'_>> = days.iter().map(|day| About::of(day.company, None, None)).collect();
    let mut opened: Vec<Option<i32>> = vec![None; days.len()];
    let place = |(day, thread): (&ContactDay<'_>, usize)| {
        if day.opens {
            opened[thread] = Some(day.on);
        }
        (opened[thread].unwrap_or(day.on), thread)
    };
    days.iter().zip(threads(&abouts)).map(place).collect()
}

/// Where each contact ends in the outbound events of one debtor, channel and step that name no action, in order. Every
/// day of sending is one contact, and so is every call; what follows belongs to the contact that was opened last, and
/// what follows nothing is a contact of its day.
pub fn session_ends(events: &[Event]) -> Vec<usize> {
    let mut ends = Vec::new();
    let (mut sent_on, mut is_open) = (None, false);
    for (place, event) in events.iter().enumerate() {
        let is_send = event.status.is_send();
        let opens = event.status.is_call() || (is_send && sent_on != Some(event.on));
        let is_other_day = !is_open && place > 0 && events[place - 1].on != event.on;
        if place > 0 && (opens || is_other_day) {
            ends.push(place);
        }
        is_open |= opens;
        sent_on = sent_on.max(is_send.then_some(event.on));
    }
    ends.extend((!events.is_empty()).then_some(events.len()));
    ends
}

/// What the events of one contact come to: those on the channel by which it was to go, and those elsewhere, where a
/// provider fell back to another.
pub fn outcome(own: &[Event], elsewhere: &[Event]) -> ContactState {
    let of_own = |is: fn(Status) -> bool| own.iter().any(|event| is(event.status));
    let of_others = |is: fn(Status) -> bool| elsewhere.iter().any(|event| is(event.status));
    let any = |is: fn(Status) -> bool| of_own(is) || of_others(is);
    if any(|s| s.answers() || matches!(s, Status::OptedOut | Status::Complained)) {
        return ContactState::Answered;
    }
    if of_own(|s| s == Status::WrongParty) {
        return ContactState::WrongParty;
    }
    let last_of = |is: fn(Status) -> bool| own.iter().filter(|event| is(event.status)).map(|event| event.at).max();
    let (arrived, lost) =
        (last_of(|s| s == Status::Delivered), last_of(|s| matches!(s, Status::Bounced | Status::Failed)));
    let has_arrived_elsewhere = of_others(|s| matches!(s, Status::Sent | Status::Delivered));
    if arrived.is_some() && lost >= arrived && !has_arrived_elsewhere && !any(|s| s == Status::Read) {
        return ContactState::Undelivered;
    }
    // What has arrived was sent, whatever a webhook said afterwards.
    let is_sent = any(|s| matches!(s, Status::Delivered | Status::Read)) || of_others(|s| s == Status::Sent);
    match own.iter().max_by_key(|event| (event.at, event.status.rank())).map(|event| event.status) {
        Some(Status::Bounced | Status::Failed) if !is_sent => ContactState::NotSent,
        // What was sent was not ignored.
        Some(Status::Ignored) if !is_sent && !of_own(|s| s == Status::Sent) => ContactState::Ignored,
        // What became of it elsewhere says nothing of the channel by which it was to go.
        Some(Status::Queued) | None if !is_sent => ContactState::Unreported,
        _ => ContactState::Sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Event {
        let (on, status) = text.split_once(' ').unwrap();
        let on: i32 = on.parse().unwrap();
        Event { at: i64::from(on), on, status: Status::parse(status).unwrap() }
    }

    #[test]
    fn a_log_without_actions_is_cut_where_something_begins() {
        let table: [(&[&str], &[usize]); 8] = [
            (&[], &[]),
            (&["1 queued", "1 sent", "2 delivered", "4 read"], &[4]),
            (&["1 sent", "2 sent", "3 bounced"], &[1, 3]),
            (&["1 delivered", "1 read", "2 read"], &[2, 3]),
            (&["1 delivered", "2 sent", "3 read"], &[1, 3]),
            (&["1 no_answer", "1 answered", "1 promised"], &[1, 3]),
            (&["1 queued", "1 answered", "1 sent"], &[1, 3]),
            (&["1 sent", "2 failed", "2 sent"], &[2, 3]),
        ];
        for (events, ends) in table {
            let read: Vec<Event> = events.iter().map(|text| event(text)).collect();
            assert_eq!(session_ends(&read), ends, "{events:?}");
        }
    }

    #[test]
    fn what_is_about_another_invoice_or_address_is_another_thread() {
        let about = |text: &'static str| {
            let mut words = text.split(' ').map(|word| Some(word).filter(|word| *word != "-"));
            let mut next = || words.next().flatten();
            About::of(next(), next(), next())
        };
        let table: [(&[&str], &[usize]); 7] = [
            // One address, however it is written.
            (&["- - Ana@Acme.example", "- - b@acme.example", "- - mailto:ana@acme.example"], &[0, 1, 0]),
            (&["1 A a", "1 A a", "- - -"], &[0, 0, 0]),
            (&["- A -", "- B -", "- B -", "- A -"], &[0, 1, 1, 0]),
            (&["1 A -", "3 B -", "3 - -"], &[0, 1, 1]),
            // What says nothing is of the one that was heard of last.
            (&["- A -", "- B -", "- - -", "- A -", "- - -"], &[0, 1, 1, 0, 0]),
            (&["- - a", "- - b", "- A b", "- B b"], &[0, 1, 1, 2]),
            (&[], &[]),
        ];
        for (events, expected) in table {
            let read: Vec<About<'_>> = events.iter().map(|text| about(text)).collect();
            assert_eq!(threads(&read), expected, "{events:?}");
        }
    }

    /// Day, company and whether anything was sent; the day of the contact, and its thread.
    #[test]
    fn a_day_belongs_to_the_contact_that_its_company_opened_last() {
        type Days = &'static [(i32, &'static str, bool)];
        let table: [(Days, &[(i32, usize)]); 5] = [
            (&[(1, "A", true), (2, "A", false), (3, "A", true), (5, "A", false)], &[(1, 0), (1, 0), (3, 0), (3, 0)]),
            (&[(1, "A", true), (1, "B", true), (2, "A", false)], &[(1, 0), (1, 1), (1, 0)]),
            (&[(1, "A", true), (1, "B", true), (2, "", false)], &[(1, 0), (1, 1), (1, 1)]),
            (&[(1, "", true), (2, "B", false)], &[(1, 0), (1, 0)]),
            (&[(1, "A", false), (2, "A", false)], &[(1, 0), (2, 0)]),
        ];
        for (days, expected) in table {
            let company = |name: &'static str| Some(name).filter(|name| !name.is_empty());
            let day = |(on, name, opens): &(i32, &'static str, bool)| ContactDay {
                on: *on,
                company: company(name),
                opens: *opens,
            };
            let read: Vec<ContactDay<'_>> = days.iter().map(day).collect();
            assert_eq!(contact_days(&read), expected, "{days:?}");
        }
    }

    #[test]
    fn a_contact_comes_to_one_state() {
        use ContactState::{Answered, Ignored, NotSent, Sent, Undelivered, Unreported, WrongParty};
        let table: [(&[&str], &[&str], ContactState); 21] = [
            (&["1 queued"], &[], Unreported),
            (&["1 queued", "2 sent"], &[], Sent),
            (&["1 sent", "2 bounced"], &[], NotSent),
            (&["1 sent", "2 failed"], &["3 sent"], Sent),
            (&["1 failed"], &["2 failed"], NotSent),
            (&[], &["2 failed"], Unreported),
            (&["1 queued"], &["2 failed"], Unreported),
            (&[], &["2 sent"], Sent),
            (&["1 delivered", "2 bounced"], &[], Undelivered),
            (&["1 delivered", "1 failed"], &[], Undelivered),
            (&["1 bounced", "2 delivered"], &[], Sent),
            (&["1 read", "2 bounced"], &[], Sent),
            (&["1 delivered", "2 failed"], &["3 delivered"], Sent),
            (&["1 sent", "2 ignored"], &[], Sent),
            (&["1 queued", "2 ignored"], &[], Ignored),
            (&["1 sent", "2 wrong_party"], &[], WrongParty),
            (&["1 delivered", "1 wrong_party"], &[], WrongParty),
            (&["1 wrong_party", "2 read"], &[], WrongParty),
            (&["1 wrong_party", "2 replied"], &[], Answered),
            (&["1 opted_out", "2 failed"], &[], Answered),
            (&["1 failed", "1 sent"], &[], NotSent),
        ];
        for (own, elsewhere, state) in table {
            let [read, read_elsewhere] =
                [own, elsewhere].map(|events| events.iter().map(|text| event(text)).collect::<Vec<Event>>());
            assert_eq!(outcome(&read, &read_elsewhere), state, "{own:?} {elsewhere:?}");
        }
    }
}
