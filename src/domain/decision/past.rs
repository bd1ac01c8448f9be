//! Earlier contacts, indexed so that a question about one account never scans the contacts of others: the work grows
//! with the number of debtors in a group, or of items of a debtor, and not with its square.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::history::days_between;
use crate::domain::portfolio::{Account, Contact, Debtor, Group, Item, NamedItem};
use crate::domain::procedure::Channel;

/// The contacts of a group; what is decided for one account is added for the next.
pub(super) struct Contacts<'g> {
    by_debtor: HashMap<&'g str, OfDebtor<'g>>,
    days: Days,
}

#[derive(Default)]
struct OfDebtor<'g> {
    contacts: Vec<Cow<'g, Contact>>,
    days: Days,
}

impl<'g> Contacts<'g> {
    pub(super) fn of(group: &'g Group) -> Contacts<'g> {
        let mut by_debtor: HashMap<&'g str, OfDebtor<'g>> = HashMap::with_capacity(group.debtors.len());
        for (debtor, _) in &group.debtors {
            by_debtor.insert(&debtor.debtor_id, OfDebtor::default());
        }
        for contact in &group.contacts {
            by_debtor.entry(&contact.debtor_id).or_default().contacts.push(Cow::Borrowed(contact));
        }
        for of_debtor in by_debtor.values_mut() {
            of_debtor.days = Days::of(of_debtor.contacts.iter().map(AsRef::as_ref));
        }
        Contacts { by_debtor, days: Days::of(group.contacts.iter()) }
    }

    /// Adds a contact that this run decided, so that caps count it.
    pub(super) fn add(&mut self, contact: Contact) {
        self.days.add(&contact);
        if let Some(of_debtor) = self.by_debtor.get_mut(contact.debtor_id.as_str()) {
            of_debtor.days.add(&contact);
            of_debtor.contacts.push(Cow::Owned(contact));
        }
    }

    /// The past as one account sees it.
    /// `accounts` are all of the debtor.
    pub(super) fn past<'a>(&'a self, debtor: &Debtor, account: &Account, accounts: &[Account]) -> Past<'a> {
        let of_debtor = self.by_debtor.get(debtor.debtor_id.as_str());
        let contacts = of_debtor.map_or(&[][..], |of| &of.contacts);
        let came = Came::of(account, contacts.iter().map(AsRef::as_ref));
        let is_own = |c: &&Contact| c.is_of(debtor, account) || came.is_with(c);
        let of_account: Vec<&'a Contact> = contacts.iter().map(AsRef::as_ref).filter(is_own).collect();
        let own: Vec<&'a Contact> = of_account.iter().copied().filter(|c| !c.is_duty()).collect();
        let mut duties: HashMap<&'a str, Vec<&'a Contact>> = HashMap::new();
        for contact in contacts.iter().map(AsRef::as_ref).filter(|c: &&Contact| c.is_duty()) {
            duties.entry(contact.cycle_id.as_deref().unwrap_or_default()).or_default().push(contact);
        }
        let days = Days::of(of_account.iter().copied());
        let debtor_days = of_debtor.map(|of| &of.days);
        let is_sole = accounts.len() == 1;
        let is_sole_of_company = accounts.iter().filter(|other| other.company_id == account.company_id).count() == 1;
        Past { own, of_account, duties, days, debtor_days, group_days: &self.days, is_sole, is_sole_of_company }
    }
}

/// Items that came to an account from the books of another company, or in another currency: what was sent for them there
/// was sent.
struct Came<'a>(HashSet<(&'a str, i64, NaiveDate)>);

impl<'a> Came<'a> {
    fn of<'c>(account: &'a Account, mut contacts: impl Iterator<Item = &'c Contact>) -> Came<'a> {
        // Mostly nothing has left any account, and nothing is looked up.
        if !contacts.any(|contact| contact.items.iter().any(|named| named.left_due.is_some())) {
            return Came(HashSet::new());
        }
        let item = |item: &'a Item| (item.invoice_id.as_str(), item.installment_no, item.due_date);
        Came(account.items.iter().map(item).collect())
    }

    fn is_with(&self, contact: &Contact) -> bool {
        let place = |named: &NamedItem| Some((named.installment_no?, named.left_due?));
        let is_here = |named: &NamedItem| {
            place(named).is_some_and(|(number, due)| self.0.contains(&(named.invoice_id.as_str(), number, due)))
        };
        !self.0.is_empty() && contact.items.iter().any(is_here)
    }
}

/// What one account may look at.
pub(super) struct Past<'a> {
    /// Contacts about the account, or about any of the debtor's; without removals, releases and recalls, which are no
    /// step against the debtor and hold none up.
    pub(super) own: Vec<&'a Contact>,
    /// Those too.
    pub(super) of_account: Vec<&'a Contact>,
    /// Removals, releases and recalls of the debtor, by the name of what they end.
    duties: HashMap<&'a str, Vec<&'a Contact>>,
    pub(super) days: Days,
    debtor_days: Option<&'a Days>,
    pub(super) group_days: &'a Days,
    /// The debtor has no other account that a contact without a company could have been about.
    is_sole: bool,
    /// Nor one with the same company, in another currency.
    is_sole_of_company: bool,
}

impl<'a> Past<'a> {
    /// Is it known that a contact was about this very account?
    pub(super) fn is_surely_of(&self, contact: &Contact) -> bool {
        match (&contact.company_id, &contact.currency) {
            (None, _) => self.is_sole,
            (Some(_), None) => self.is_sole_of_company,
            (Some(_), Some(_)) => true,
        }
    }

    /// What was published to end an escalation.
    pub(super) fn of_duty(&self, cycle_id: &str) -> &[&'a Contact] {
        self.duties.get(cycle_id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn debtor_days(&self) -> &Days {
        self.debtor_days.unwrap_or(&NO_DAYS)
    }
}

/// The days of the contacts that a cap counts, in order, of all channels and of each.
#[derive(Debug, Default)]
pub(super) struct Days {
    any: Vec<NaiveDate>,
    by_channel: BTreeMap<Channel, Vec<NaiveDate>>,
}

static NO_DAYS: Days = Days { any: Vec::new(), by_channel: BTreeMap::new() };

impl Days {
    fn of<'c>(contacts: impl Iterator<Item = &'c Contact>) -> Days {
        let mut days = Days::default();
        // Of a day of sending that a log tells invoice by invoice a cap counts one.
        let mut told: HashSet<(&str, Channel, NaiveDate, Option<&str>)> = HashSet::new();
        let mut is_new = |c: &'c Contact| {
            let is_day = c.action_id.is_none() && c.channel != Channel::Phone;
            !is_day || told.insert((&c.debtor_id, c.channel, c.on, c.step_id.as_deref()))
        };
        for contact in contacts.filter(|c| c.is_counted() && is_new(c)) {
            days.any.push(contact.on);
            days.by_channel.entry(contact.channel).or_default().push(contact.on);
        }
        days.any.sort_unstable();
        days.by_channel.values_mut().for_each(|days| days.sort_unstable());
        days
    }

    /// Of the day on which is decided, or before it: mostly the last of all.
    fn add(&mut self, contact: &Contact) {
        if contact.is_counted() {
            for days in [&mut self.any, self.by_channel.entry(contact.channel).or_default()] {
                let place = days.partition_point(|day| *day <= contact.on);
                days.insert(place, contact.on);
            }
        }
    }

    /// The days of the last so many, today included; in order.
    pub(super) fn within(&self, channel: Option<Channel>, as_of: NaiveDate, days: u32) -> &[NaiveDate] {
        let all = match channel {
            None => &self.any[..],
            Some(channel) => self.by_channel.get(&channel).map_or(&[][..], Vec::as_slice),
        };
        let first = all.partition_point(|day| days_between(*day, as_of) >= i64::from(days));
        &all[first..]
    }
}

/// Which contacts named an invoice, and those of which it is not known what they named.
pub(super) struct ByInvoice<'a> {
    named: HashMap<&'a str, Vec<(&'a Contact, &'a NamedItem)>>,
    pub(super) unnamed: Vec<&'a Contact>,
}

impl<'a> ByInvoice<'a> {
    pub(super) fn of(contacts: &[&'a Contact]) -> ByInvoice<'a> {
        let mut named: HashMap<&'a str, Vec<(&'a Contact, &'a NamedItem)>> = HashMap::new();
        for contact in contacts.iter().copied() {
            for item in &contact.items {
                named.entry(&item.invoice_id).or_default().push((contact, item));
            }
        }
        let unnamed = contacts.iter().copied().filter(|c| c.items.is_empty()).collect();
        ByInvoice { named, unnamed }
    }

    /// The contacts that named an instalment, each with what it said of it, in their order; the first mention counts.
    pub(super) fn about(&self, invoice_id: &str, installment_no: i64) -> Vec<(&'a Contact, &'a NamedItem)> {
        let mut found: Vec<(&'a Contact, &'a NamedItem)> = self.named.get(invoice_id).map_or_else(Vec::new, |all| {
            all.iter().copied().filter(|(_, named)| named.takes_in(installment_no)).collect()
        });
        found.dedup_by(|later, first| std::ptr::eq(later.0, first.0));
        found
    }
}

/// What one contact named, to be asked of many items.
pub(super) struct Named<'a> {
    pub(super) contact: &'a Contact,
    items: HashMap<&'a str, Vec<&'a NamedItem>>,
}

impl<'a> Named<'a> {
    pub(super) fn by(contact: &'a Contact) -> Named<'a> {
        let mut items: HashMap<&'a str, Vec<&'a NamedItem>> = HashMap::with_capacity(contact.items.len());
        for item in &contact.items {
            items.entry(&item.invoice_id).or_default().push(item);
        }
        Named { contact, items }
    }

    /// Did the contact name the item? Where that is not known: what was not overdue on its day was not in it.
    pub(super) fn has(&self, item: &Item) -> bool {
        match self.items.is_empty() {
            true => item.payable_on < self.contact.on,
            false => self.items.get(item.invoice_id.as_str()).is_some_and(|named| named.iter().any(|n| n.is(item))),
        }
    }
}
