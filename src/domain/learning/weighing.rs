//! Weighing: what contacts of the past would have come to, had their channels been those of another policy.
//!
//! Where chance had a share in the choice of a channel, and its chance is known, a contact that the policy would make by the same channel
//! stands for as many as one over that chance (Horvitz and Thompson 1952), of all that weigh anything (Hájek 1971). Contacts of a
//! debtor go together, so the interval is that of debtors.

use std::collections::BTreeMap;

use crate::domain::experiment::comparison::INTERVAL_ERRORS;

/// Below so many contacts of equal weight, or debtors, there is no telling.
pub const CONTACTS_MIN: u64 = 30;
/// The same of debtors.
pub const DEBTORS_MIN: u64 = 20;

/// A contact of the past where the policy makes one too.
#[derive(Clone, Copy, Debug)]
pub struct Contact<'c> {
    /// Whose contacts go together.
    pub debtor_id: &'c str,
    /// The chance with which its channel was chosen, above 0.
    pub propensity: f64,
    /// The policy takes the same channel.
    pub is_same: bool,
    /// It led to payment or a promise.
    pub has_succeeded: bool,
}

/// What they would have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weighed {
    /// Contacts of the past where the policy makes one too.
    pub contacts: u64,
    /// Of them by the same channel.
    pub same: u64,
    /// Debtors of those.
    pub debtors: u64,
    /// As many contacts of equal weight would say as much.
    pub effective: f64,
    /// Share that would have succeeded, from 0 to 1.
    pub share: f64,
    /// The ends of its 95 % interval.
    pub low: f64,
    /// The upper one.
    pub high: f64,
    /// Share that did succeed of all of them.
    pub past_share: f64,
}

/// Weighs contacts; in the same order they come to the same bits.
pub fn weigh<'c>(contacts: impl IntoIterator<Item = Contact<'c>>) -> Weighed {
    let mut debtors: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let (mut weighed, mut succeeded, mut squares) = (Weighed::default(), 0u64, 0.0);
    for contact in contacts {
        weighed.contacts += 1;
        succeeded += u64::from(contact.has_succeeded);
        if contact.is_same {
            weighed.same += 1;
            let weight = 1.0 / contact.propensity;
            squares += weight * weight;
            let (weights, successes) = debtors.entry(contact.debtor_id).or_default();
            *weights += weight;
            *successes += if contact.has_succeeded { weight } else { 0.0 };
        }
    }
    weighed.debtors = debtors.len() as u64;
    if weighed.same == 0 {
        return weighed;
    }
    let (weights, successes) = debtors.values().fold((0.0, 0.0), |(w, s), (weight, success)| (w + weight, s + success));
    let share = successes / weights;
    let spread: f64 = debtors.values().map(|(weight, success)| (success - share * weight).powi(2)).sum();
    let of_debtors = weighed.debtors as f64;
    let error = (spread * of_debtors / (of_debtors - 1.0).max(1.0)).sqrt() / weights;
    Weighed {
        effective: weights * weights / squares,
        share,
        low: (share - INTERVAL_ERRORS * error).max(0.0),
        high: (share + INTERVAL_ERRORS * error).min(1.0),
        past_share: succeeded as f64 / weighed.contacts as f64,
        ..weighed
    }
}

impl Weighed {
    /// Is there enough to say anything?
    pub fn is_enough(&self) -> bool {
        self.effective >= CONTACTS_MIN as f64 && self.debtors >= DEBTORS_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(debtor_id: &str, propensity: f64, is_same: bool, has_succeeded: bool) -> Contact<'_> {
        Contact { debtor_id, propensity, is_same, has_succeeded }
    }

    #[test]
    fn a_contact_stands_for_as_many_as_one_over_its_chance() {
        let weighed = weigh([
            contact("D1", 0.25, true, true),
            contact("D2", 0.5, true, false),
            contact("D3", 0.5, true, false),
            contact("D4", 0.75, false, true),
        ]);
        assert_eq!((weighed.contacts, weighed.same, weighed.debtors), (4, 3, 3));
        // 4 of 4 + 2 + 2; 8² ÷ (16 + 4 + 4).
        assert_eq!((weighed.share, weighed.past_share), (0.5, 0.5));
        assert!((weighed.effective - 64.0 / 24.0).abs() < 1e-12, "{weighed:?}");
        assert!(weighed.low < 0.5 && weighed.high > 0.5 && !weighed.is_enough(), "{weighed:?}");
    }

    #[test]
    fn nothing_in_common_says_nothing() {
        assert_eq!(weigh([]), Weighed::default());
        let weighed = weigh([contact("D1", 0.5, false, true)]);
        assert_eq!((weighed.contacts, weighed.same, weighed.effective), (1, 0, 0.0));
        assert!(!weighed.is_enough());
    }

    /// Mail leads to payment three times in ten, the phone six times; it is mailed nine times out of ten. The past looks like mail, and the
    /// policy that calls is seen for what it is.
    #[test]
    fn a_policy_is_seen_through_what_chance_chose() {
        let ids: Vec<String> = (0..4_000).map(|n| format!("D{n}")).collect();
        let past = |n: usize| {
            let is_called = n.is_multiple_of(10);
            (is_called, if is_called { (n / 10) % 10 < 6 } else { n % 10 < 4 && n % 40 < 37 })
        };
        let of = |calls: bool| {
            let contacts = ids.iter().enumerate().map(|(n, id)| {
                let (is_called, has_succeeded) = past(n);
                contact(id, if is_called { 0.1 } else { 0.9 }, is_called == calls, has_succeeded)
            });
            weigh(contacts)
        };
        let (mail, phone) = (of(false), of(true));
        assert!((phone.share - 0.6).abs() < 1e-9 && (mail.share - mail.past_share).abs() < 0.05, "{mail:?} {phone:?}");
        assert!(phone.low < 0.6 && phone.high > 0.6 && phone.low > mail.high, "{mail:?} {phone:?}");
        assert!((phone.effective - 400.0).abs() < 1e-9 && (mail.effective - 3_600.0).abs() < 1e-9);
        assert!(phone.is_enough() && mail.is_enough());
    }

    /// Many contacts of one debtor are not as many debtors.
    #[test]
    fn contacts_of_a_debtor_go_together() {
        let ids: Vec<String> = (0..40).map(|n| format!("D{n}")).collect();
        let many = |each: usize| {
            let contacts = ids
                .iter()
                .enumerate()
                .flat_map(|(n, id)| std::iter::repeat_n(contact(id, 0.5, true, n % 2 == 0), each));
            weigh(contacts)
        };
        let width = |weighed: Weighed| weighed.high - weighed.low;
        assert!((width(many(1)) - width(many(25))).abs() < 1e-9);
    }
}
