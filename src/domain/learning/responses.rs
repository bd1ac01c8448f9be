//! What contacts lead to: what `regua train` learns of channels and parts of the day, and what a run expects of them.
//!
//! A contact succeeds if a payment or a promise follows within some days. Debtors differ in how readily they pay at all, by which
//! channel they are reached, and at which hour; but few have contacts enough to show it. So what a debtor shows is drawn towards
//! the level above it: its part of the day towards its channel, its channel towards what that channel gives everybody, raised or
//! lowered by how readily the debtor pays, and that towards the portfolio. Without the level of the debtor, whoever pays well would
//! seem to prefer the channel that was used.
//!
//! How strongly each level draws is learnt by pairs of contacts of one debtor (the method of moments): if debtors were all
//! alike, both would succeed as often as chance has it. Sums are of whole numbers, and rates are kept in basis points.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::procedure::Channel;
use crate::domain::responses::{RATE_WHOLE, ResponseRate};

/// The parts of a debtor's own day, by their first hour.
pub const PARTS: [u32; 4] = [0, 11, 14, 17];
/// A part of the day is compared with another where the portfolio has so many contacts in both.
pub const PART_CONTACTS_MIN: u64 = 100;
/// Contacts that the level above counts for in the rates of the portfolio.
const PORTFOLIO_WEIGHT: u32 = 50;
/// A debtor's own contacts never count for all, nor for nothing.
const WEIGHT_MIN: u32 = 5;
/// See `WEIGHT_MIN`.
const WEIGHT_MAX: u32 = 500;
/// Pairs of which fewer are expected to succeed say nothing of how debtors differ.
const PAIRS_MIN: f64 = 20.0;

/// The part of the day that an hour is in.
pub fn part_of(hour: u32) -> u32 {
    PARTS.into_iter().rev().find(|first| *first <= hour).unwrap_or(0)
}

/// A part of the day as a person says it.
pub fn part_text(part: u32) -> String {
    match PARTS.into_iter().find(|next| *next > part) {
        Some(next) if part == 0 => format!("before {next}"),
        Some(next) => format!("from {part} to {next}"),
        None => format!("from {part} on"),
    }
}

/// A channel, at a part of the day or (`None`) at any hour.
type Way = (Channel, Option<u32>);

/// Contacts whose days are over, and how many of them succeeded; or pairs of them, and in how many both did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub contacts: u64,
    /// Of them, those that a payment or a promise followed.
    pub successes: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.contacts += other.contacts;
        self.successes += other.successes;
    }

    /// Beside `weight` contacts that succeeded at a rate in basis points.
    fn beside(self, rate: u32, weight: u32) -> ResponseRate {
        ResponseRate::beside((self.successes, self.contacts), rate, weight)
    }

    /// Of two different contacts, the first of these and the second of others.
    fn pairs(self, other: Tally) -> Tally {
        Tally { contacts: self.contacts * other.contacts, successes: self.successes * other.successes }
    }

    /// Of two different contacts of these.
    fn own_pairs(self) -> Tally {
        let among = |n: u64| n * n.saturating_sub(1);
        Tally { contacts: among(self.contacts), successes: among(self.successes) }
    }
}

/// What the contacts of a debtor, or of everybody, came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes(BTreeMap<Way, Tally>);

impl Outcomes {
    /// Adds a contact; the hour is that of the debtor's own day, `None` where it is not known.
    pub fn add(&mut self, channel: Channel, hour: Option<u32>, has_succeeded: bool) {
        let one = Tally { contacts: 1, successes: u64::from(has_succeeded) };
        self.0.entry((channel, None)).or_default().add(one);
        if let Some(hour) = hour {
            self.0.entry((channel, Some(part_of(hour)))).or_default().add(one);
        }
    }

    fn merge(&mut self, other: &Outcomes) {
        other.0.iter().for_each(|(way, tally)| self.0.entry(*way).or_default().add(*tally));
    }

    /// On a channel, at a part of the day or (`None`) at any hour.
    pub fn on(&self, channel: Channel, part: Option<u32>) -> Tally {
        self.0.get(&(channel, part)).copied().unwrap_or_default()
    }

    /// The channels, each with all of its contacts.
    fn channels(&self) -> impl Iterator<Item = (Channel, Tally)> {
        self.0.iter().filter(|((_, part), _)| part.is_none()).map(|((channel, _), tally)| (*channel, *tally))
    }

    fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.channels().for_each(|(_, tally)| total.add(tally));
        total
    }
}

/// What the contacts of all debtors add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseSums {
    debtors: u64,
    all: Outcomes,
    /// Pairs of contacts of one debtor, by their ways: two channels, one channel, or one part of the day on one channel.
    pairs: BTreeMap<(Way, Way), Tally>,
}

impl ResponseSums {
    /// Adds the contacts of one debtor.
    pub fn add(&mut self, of_debtor: &Outcomes) {
        self.debtors += u64::from(of_debtor.total().contacts > 0);
        self.all.merge(of_debtor);
        for (way, tally) in &of_debtor.0 {
            self.pair((*way, *way), tally.own_pairs());
            let is_after = |(other, _): &(Channel, Tally)| way.1.is_none() && *other > way.0;
            for (other, others) in of_debtor.channels().filter(is_after) {
                self.pair((*way, (other, None)), tally.pairs(others));
            }
        }
    }

    fn pair(&mut self, ways: (Way, Way), pairs: Tally) {
        if pairs.contacts > 0 {
            self.pairs.entry(ways).or_default().add(pairs);
        }
    }

    /// Those of other debtors.
    pub fn merge(&mut self, other: &ResponseSums) {
        self.debtors += other.debtors;
        self.all.merge(&other.all);
        other.pairs.iter().for_each(|(ways, pairs)| self.pair(*ways, *pairs));
    }

    /// What they teach; `days` is how long a payment or promise may take to count for a contact.
    pub fn learn(&self, days: u32) -> Responses {
        let rate = self.all.total().beside(RATE_WHOLE / 5, 1).basis_points();
        let mut ways: Vec<LearntWay> = Vec::new();
        for (channel, whole) in self.all.channels() {
            let of_channel = whole.beside(rate, PORTFOLIO_WEIGHT).basis_points();
            ways.push(LearntWay { channel, part: None, tally: whole, rate: of_channel });
            for part in PARTS.map(Some) {
                let tally = self.all.on(channel, part);
                let rate = tally.beside(of_channel, PORTFOLIO_WEIGHT).basis_points();
                ways.push(LearntWay { channel, part, tally, rate });
            }
        }
        let mut learnt = Responses { days, debtors: self.debtors, rate, weights: Weights::default(), ways };
        learnt.weights = self.weights(&learnt);
        learnt
    }

    /// How much more often than by chance both of two contacts succeed: on two channels, for that debtors differ; on one, for that
    /// they differ by channel as well; at one part of the day on one channel, for that they differ by that too.
    fn weights(&self, learnt: &Responses) -> Weights {
        let excess = |is_meant: fn(Way, Way) -> bool| {
            let (mut both, mut by_chance) = (0u64, 0u128);
            for (&(one, other), pairs) in self.pairs.iter().filter(|((one, other), _)| is_meant(*one, *other)) {
                both += pairs.successes;
                let [one, other] = [one, other].map(|(channel, part)| u128::from(learnt.rate_of(channel, part)));
                by_chance += u128::from(pairs.contacts) * one * other;
            }
            let by_chance = by_chance as f64 / (f64::from(RATE_WHOLE) * f64::from(RATE_WHOLE));
            (by_chance >= PAIRS_MIN).then(|| both as f64 / by_chance)
        };
        let channels = excess(|one, other| one.0 != other.0);
        let channel = excess(|one, other| one == other && one.1.is_none());
        let part = excess(|one, other| one == other && one.1.is_some());
        // What cannot be told apart is put down to the level above.
        let of_channel = channel.or(part).unwrap_or(1.0);
        let of_debtor = channels.unwrap_or(of_channel);
        let of_part = part.unwrap_or(of_channel);
        Weights {
            debtor: weight(of_debtor - 1.0, learnt.rate),
            channel: weight(of_channel - of_debtor.max(1.0), learnt.rate),
            part: weight(of_part - of_channel.max(of_debtor).max(1.0), learnt.rate),
        }
    }
}

/// Contacts that the level above counts for, where rates differ by this variance, relative to the rate squared: that of one contact
/// over that between debtors.
fn weight(variance: f64, rate: u32) -> u32 {
    let rate = f64::from(rate) / f64::from(RATE_WHOLE);
    if variance <= 0.0 || rate <= 0.0 {
        return WEIGHT_MAX;
    }
    let contacts = (1.0 - rate) / (variance * rate) - 1.0;
    contacts.round().clamp(f64::from(WEIGHT_MIN), f64::from(WEIGHT_MAX)) as u32
}

/// Contacts that the level above counts for, beside a debtor's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// The portfolio, beside all contacts of a debtor.
    pub debtor: u32,
    /// What a channel gives everybody, as readily as the debtor pays, beside its contacts on that channel.
    pub channel: u32,
    /// The channel, beside its contacts at a part of the day.
    pub part: u32,
}

/// A channel, or a part of the day on it, as everybody responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearntWay {
    /// How contacts went out.
    pub channel: Channel,
    /// First hour of the part of the day; `None` = at any hour.
    pub part: Option<u32>,
    /// What they came to.
    #[serde(flatten)]
    pub tally: Tally,
    /// In basis points, drawn towards that of the channel, and that of a channel towards that of all.
    pub rate: u32,
}

/// What was learnt of contacts; without any where the history has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responses {
    /// Days after a contact within which a payment or a promise counts for it.
    pub days: u32,
    /// Debtors with a contact whose days are over.
    pub debtors: u64,
    /// Of all contacts, in basis points.
    pub rate: u32,
    /// How strongly each level is drawn towards the one above.
    pub weights: Weights,
    /// Each channel, followed by the parts of the day on it.
    pub ways: Vec<LearntWay>,
}

/// What is expected of a contact on a channel.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// The share of such contacts that succeed.
    pub rate: ResponseRate,
    /// What the debtor has shown.
    pub own: Tally,
    /// The part of the day that promises most; `None` where the portfolio does not tell them apart.
    pub part: Option<u32>,
}

impl Responses {
    /// Contacts that it was learnt from.
    pub fn contacts(&self) -> u64 {
        self.channels().map(|way| way.tally.contacts).sum()
    }

    /// The channels, each at any hour.
    pub fn channels(&self) -> impl Iterator<Item = &LearntWay> {
        self.ways.iter().filter(|way| way.part.is_none())
    }

    /// Are all of its numbers what they should be?
    pub fn is_whole(&self) -> bool {
        let is_whole = |way: &LearntWay| {
            way.tally.successes <= way.tally.contacts
                && way.rate <= RATE_WHOLE
                && way.part.is_none_or(|part| PARTS.contains(&part))
        };
        self.rate <= RATE_WHOLE && self.ways.iter().all(is_whole)
    }

    fn way(&self, channel: Channel, part: Option<u32>) -> Option<&LearntWay> {
        self.ways.iter().find(|way| way.channel == channel && way.part == part)
    }

    /// Of everybody, in basis points; of a channel that nobody was contacted on that of all.
    fn rate_of(&self, channel: Channel, part: Option<u32>) -> u32 {
        self.way(channel, part).map_or(self.rate, |way| way.rate)
    }

    /// What is expected of a debtor on a channel, at the best of these parts of its day where two or more of them have contacts enough
    /// to be compared, the earliest of equals.
    pub fn expected(&self, own: &Outcomes, channel: Channel, parts: &[u32]) -> Expected {
        let everybody = self.rate_of(channel, None);
        let tally = own.on(channel, None);
        let rate = tally.beside(self.as_ready(everybody, own), self.weights.channel);
        let is_known = |way: &&LearntWay| way.tally.contacts >= PART_CONTACTS_MIN;
        let known = |part: &u32| self.way(channel, Some(*part)).filter(is_known).map(|way| (*part, way));
        let at_part = |(part, way): (u32, &LearntWay)| {
            let prior = shifted(way.rate, [rate.basis_points(), everybody, RATE_WHOLE].map(u128::from));
            (own.on(channel, Some(part)).beside(prior, self.weights.part), Reverse(part))
        };
        let compared: Vec<(ResponseRate, Reverse<u32>)> = parts.iter().filter_map(known).map(at_part).collect();
        match compared.iter().max() {
            Some((best, Reverse(part))) if compared.len() > 1 => {
                Expected { rate: *best, own: tally, part: Some(*part) }
            }
            _ => Expected { rate, own: tally, part: None },
        }
    }

    /// A rate of everybody for a debtor who succeeds more or less often than everybody would on the channels it was contacted on.
    fn as_ready(&self, rate: u32, own: &Outcomes) -> u32 {
        let (weight, whole) = (u128::from(self.weights.debtor), u128::from(RATE_WHOLE));
        let beside = |own: u128| own + weight * u128::from(self.rate);
        let of_channel =
            |(channel, tally): (Channel, Tally)| u128::from(tally.contacts) * u128::from(self.rate_of(channel, None));
        let total = own.total();
        let came = beside(u128::from(total.successes) * whole);
        let expected = beside(own.channels().map(of_channel).sum());
        shifted(rate, [came, expected, (u128::from(total.contacts) + weight) * whole])
    }
}

/// A rate whose odds are raised as much as those of what came are above those of what was expected, of so many.
fn shifted(rate: u32, [came, expected, all]: [u128; 3]) -> u32 {
    let whole = u128::from(RATE_WHOLE);
    let yes = u128::from(rate) * came * (all - expected);
    let no = (whole - u128::from(rate)) * expected * (all - came);
    (whole * yes).checked_div(yes + no).map_or(rate, |shifted| shifted as u32)
}

#[cfg(test)]
mod tests;
