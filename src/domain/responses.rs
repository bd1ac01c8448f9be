//! How a debtor answers: what is known of each channel and hour, and what to expect of the next contact.
//!
//! Counts and shares are integers, and two expectations are compared by multiplying across: the order of channels
//! never depends on a rounding.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::money::Amount;
use super::procedure::Channel;

/// Parts of a whole in which rates are kept: basis points.
pub const RATE_WHOLE: u32 = 10_000;
/// Preference ranks above this are ignored.
const RANK_MAX: i64 = 100;
/// Contacts above this weigh no more against a preference.
const CONTACTS_MAX: u64 = 1_000_000;

/// What a debtor answered over the profile window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHistory {
    /// Channels without any contact are left out.
    pub by_channel: Vec<ChannelResponses>,
    /// Answers by the hour of the debtor's own day.
    pub by_hour: [u32; 24],
}

/// Contacts on one channel that reached the debtor, or may have, and how many of them it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelResponses {
    /// Where they went.
    pub channel: Channel,
    /// How many.
    pub contacts: u32,
    /// Of them; never more than there are contacts.
    pub answered: u32,
}

impl ResponseHistory {
    /// What it answered on this channel; noughts where nothing went there.
    pub fn on(&self, channel: Channel) -> ChannelResponses {
        let nothing = ChannelResponses { channel, contacts: 0, answered: 0 };
        self.by_channel.iter().find(|a| a.channel == channel).copied().unwrap_or(nothing)
    }

    /// The hour with the most answers, and how many, where there are at least so many; the earliest of equals.
    pub fn best_hour(&self, answers_min: u32) -> Option<(u32, u32)> {
        let hours = (0u32..).zip(self.by_hour).filter(|(_, answers)| *answers >= answers_min.max(1));
        hours.max_by_key(|&(hour, answers)| (answers, std::cmp::Reverse(hour)))
    }
}

/// What is expected of a channel before a debtor has shown anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponsePrior {
    /// Share of contacts answered, in basis points.
    pub answer_rate: u32,
    /// Segment = share, in basis points.
    pub by_segment: BTreeMap<String, u32>,
    /// Of one contact.
    pub cost: Amount,
}

impl Default for ResponsePrior {
    fn default() -> ResponsePrior {
        ResponsePrior { answer_rate: RATE_WHOLE / 5, by_segment: BTreeMap::new(), cost: Amount::ZERO }
    }
}

/// What the configuration says of channels and hours.
#[derive(Clone, Debug)]
pub struct ResponseModel {
    /// Contacts that a prior rate counts for; at least 1.
    pub prior_weight: u32,
    /// Answers at one hour that make it the best of an account.
    pub hour_answers_min: u32,
    /// Of a channel that is not here the default.
    pub priors: Vec<(Channel, ResponsePrior)>,
    /// Segment = hour.
    pub best_hours: BTreeMap<String, u32>,
    /// Days after a contact within which a payment or a promise counts for it.
    pub outcome_days: u32,
    /// What was learnt of fewer contacts is not used.
    pub contacts_min: u64,
    /// Share of choices between channels that are left to chance, in basis points; 0 = none.
    pub explore: u32,
}

impl Default for ResponseModel {
    fn default() -> ResponseModel {
        ResponseModel {
            prior_weight: 10,
            hour_answers_min: 3,
            priors: Vec::new(),
            best_hours: BTreeMap::new(),
            outcome_days: 7,
            contacts_min: 200,
            explore: 0,
        }
    }
}

impl ResponseModel {
    fn prior(&self, channel: Channel) -> Option<&ResponsePrior> {
        self.priors.iter().find(|(c, _)| *c == channel).map(|(_, prior)| prior)
    }

    /// Of one contact on this channel.
    pub fn cost(&self, channel: Channel) -> Amount {
        self.prior(channel).map_or(Amount::ZERO, |prior| prior.cost)
    }

    /// The share of contacts on this channel that the debtor is expected to answer.
    ///
    /// Its own answers, beside `prior_weight` contacts answered at the prior rate, so that two answers do not beat two
    /// hundred. A stated preference is evidence too: of rank 1 it weighs as `prior_weight` contacts that were all
    /// answered, of rank 2 as half of them, and so on. It gives way to as much experience, never to noise.
    ///
    /// ```
    /// use regua::domain::responses::{ChannelResponses, ResponseModel};
    /// use regua::domain::procedure::Channel;
    /// let rate = |answered, contacts, rank| {
    ///     let known = ChannelResponses { channel: Channel::Email, contacts, answered };
    ///     ResponseModel::default().expected_rate(known, "novo", rank)
    /// };
    /// assert_eq!(rate(0, 0, None).percent(), 20);
    /// assert!(rate(2, 2, None) < rate(150, 200, None));
    /// assert!(rate(2, 2, None) < rate(0, 0, Some(1)));
    /// ```
    pub fn expected_rate(&self, known: ChannelResponses, segment: &str, preference_rank: Option<i64>) -> ResponseRate {
        let rate = self
            .prior(known.channel)
            .map_or(RATE_WHOLE / 5, |prior| prior.by_segment.get(segment).copied().unwrap_or(prior.answer_rate));
        let own = (u64::from(known.answered), u64::from(known.contacts));
        ResponseRate::beside(own, rate, self.prior_weight).preferred(preference_rank, own.1, self.prior_weight)
    }
}

/// An exact ratio: answered (or paid) over contacts, above zero below the line.
#[derive(Clone, Copy, Debug)]
pub struct ResponseRate {
    answered: i128,
    contacts: i128,
}

impl ResponseRate {
    /// So many answered of so many contacts, beside `weight` contacts (at least 1) answered at a rate in basis points.
    pub fn beside((answered, contacts): (u64, u64), rate: u32, weight: u32) -> ResponseRate {
        let (whole, weight) = (i128::from(RATE_WHOLE), i128::from(weight.max(1)));
        let (answered, contacts) = (i128::from(answered), i128::from(contacts));
        ResponseRate { answered: answered * whole + i128::from(rate) * weight, contacts: (contacts + weight) * whole }
    }

    /// The same by a channel that the debtor has stated to prefer: of rank 1 as if `weight` contacts more had all been answered
    /// beside the debtor's own and as many by the rate; of rank 2 as half of them, and so on.
    pub fn preferred(self, rank: Option<i64>, contacts: u64, weight: u32) -> ResponseRate {
        let Some(rank) = rank else { return self };
        let weight = i128::from(weight.max(1));
        let evidence = (i128::from(contacts.min(CONTACTS_MAX)) + weight) * i128::from(rank.clamp(1, RANK_MAX));
        ResponseRate {
            answered: self.answered * evidence + weight * self.contacts,
            contacts: self.contacts * (evidence + weight),
        }
    }

    /// Rounded half up.
    pub fn basis_points(self) -> u32 {
        ((self.answered * i128::from(2 * RATE_WHOLE) + self.contacts) / (2 * self.contacts)) as u32
    }

    /// For people: rounded half up to a whole per cent.
    pub fn percent(self) -> i128 {
        (self.answered * 200 + self.contacts) / (2 * self.contacts)
    }
}

impl Ord for ResponseRate {
    fn cmp(&self, other: &ResponseRate) -> Ordering {
        (self.answered * other.contacts).cmp(&(other.answered * self.contacts))
    }
}

impl PartialOrd for ResponseRate {
    fn partial_cmp(&self, other: &ResponseRate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ResponseRate {
    fn eq(&self, other: &ResponseRate) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ResponseRate {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Answered, contacts, rank of the preference.
    type Known = (u32, u32, Option<i64>);

    fn rate((answered, contacts, rank): Known) -> ResponseRate {
        ResponseModel::default().expected_rate(
            ChannelResponses { channel: Channel::Email, contacts, answered },
            "novo",
            rank,
        )
    }

    #[test]
    fn what_beats_what_with_a_prior_of_one_in_five_that_counts_for_ten() {
        let table: &[(&str, Known, Known)] = &[
            ("what is not known beats what never answered", (0, 0, None), (0, 1, None)),
            ("one answer beats nothing known", (1, 1, None), (0, 0, None)),
            ("two hundred beat two", (150, 200, None), (2, 2, None)),
            ("and are beaten by two hundred better ones", (160, 200, None), (150, 200, None)),
            ("a preference beats two answers", (0, 0, Some(1)), (2, 2, None)),
            ("and nine in a row", (0, 0, Some(1)), (9, 9, None)),
            ("but not eleven in a row", (11, 11, None), (0, 0, Some(1))),
            ("the first preference beats the second", (0, 0, Some(1)), (0, 0, Some(2))),
            ("the second beats none", (0, 0, Some(2)), (0, 0, None)),
            (
                "a preference that never answers lasts ten contacts beside ten of twenty",
                (10, 20, None),
                (0, 11, Some(1)),
            ),
            ("and not fewer", (0, 9, Some(1)), (10, 20, None)),
            ("a rank of zero is the first", (0, 0, Some(0)), (0, 0, Some(2))),
        ];
        for (name, better, worse) in table {
            assert!(
                rate(*better) > rate(*worse),
                "{name}: {} %, {} %",
                rate(*better).percent(),
                rate(*worse).percent()
            );
        }
        assert_eq!(rate((1, 5, None)), rate((2, 10, None)), "at the prior rate, more of the same changes nothing");
    }

    #[test]
    fn a_prior_is_of_its_channel_and_segment() {
        let prior =
            ResponsePrior { answer_rate: 5_000, by_segment: [("novo".to_owned(), 1_000)].into(), cost: Amount(5) };
        let model = ResponseModel { priors: vec![(Channel::Sms, prior)], ..ResponseModel::default() };
        let percent = |channel, segment| {
            model.expected_rate(ChannelResponses { channel, contacts: 0, answered: 0 }, segment, None).percent()
        };
        assert_eq!((percent(Channel::Sms, "novo"), percent(Channel::Sms, "x")), (10, 50));
        assert_eq!(percent(Channel::Email, "novo"), 20);
        assert_eq!((model.cost(Channel::Sms), model.cost(Channel::Email)), (Amount(5), Amount::ZERO));
    }

    #[test]
    fn the_best_hour_has_enough_answers_and_is_the_earliest_of_equals() {
        let answers = |hours: &[(usize, u32)]| {
            let mut answers = ResponseHistory::default();
            hours.iter().for_each(|(hour, n)| answers.by_hour[*hour] = *n);
            answers
        };
        type Hours = &'static [(usize, u32)];
        let table: &[(Hours, Option<(u32, u32)>)] = &[
            (&[], None),
            (&[(9, 2), (14, 2)], None),
            (&[(9, 3)], Some((9, 3))),
            (&[(9, 3), (14, 4)], Some((14, 4))),
            (&[(9, 4), (14, 4), (23, 3)], Some((9, 4))),
            (&[(0, 3)], Some((0, 3))),
        ];
        for (hours, expected) in table {
            assert_eq!(answers(hours).best_hour(3), *expected, "{hours:?}");
        }
        assert_eq!(answers(&[]).best_hour(0), None, "no answer is no best hour");
    }

    proptest! {
        #[test]
        fn one_more_answer_never_makes_a_channel_worse(contacts in 0u32..1_000, share in 0u32..=100, rank in prop::option::of(1i64..5)) {
            let answered = contacts * share / 100;
            prop_assert!(rate((answered + 1, contacts + 1, rank)) >= rate((answered, contacts, rank)));
            prop_assert!(rate((answered, contacts + 1, rank)) <= rate((answered, contacts, rank)));
        }
    }
}
