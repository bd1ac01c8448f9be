//! Who owes: one debtor with its name, number, place and habits, and its row of the debtors table.
//!
//! The habit of paying is latent: no column says it. A pipeline has to find it in the payments, which is what the
//! segments are for.

use super::cnpj::{self, Root};
use super::dice::Dice;
use super::ledger::HISTORY_DAYS;
use super::rows::DebtorRow;
use super::values::{Day, Id};
use super::words::{ABROAD, Abroad, CREATURES, FANCIES, FORMS, PLACES, Place, TRADES};
use crate::domain::money::Amount;

/// Streams of dice below this number belong to what is no debtor.
pub(super) const FIRST_STREAM: u64 = 16;
pub(super) const COMPANIES: [&str; 3] = ["BR01", "BR02", "BR03"];
pub(super) const COLLECTORS: u64 = 24;

const BRANCH_SHARE: f64 = 0.062;
const FOREIGN_SHARE: f64 = 0.025;
const ALPHANUMERIC_SHARE: f64 = 0.03;
const NEW_SHARE: f64 = 0.12;
/// Domestic debtors who are invoiced in both currencies: two accounts under one name.
const MIXED_CURRENCY_SHARE: f64 = 0.012;

/// How a debtor pays, if nothing special happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    Punctual,
    Occasional,
    Recurrent,
    Bad,
}

const HABITS: &[(Habit, u32)] =
    &[(Habit::Punctual, 55), (Habit::Occasional, 25), (Habit::Recurrent, 13), (Habit::Bad, 7)];

/// Where a debtor sits.
#[derive(Clone, Copy)]
pub(super) enum Home {
    Brazil(&'static Place),
    Abroad(&'static Abroad),
}

/// The companies under one CNPJ root, as far as they are known.
pub(super) struct Family {
    root: Root,
    name: String,
    branches: u32,
    group_id: Option<Id>,
}

/// One debtor and what drives its ledger.
pub(super) struct Debtor {
    pub no: u64,
    pub id: Id,
    pub habit: Habit,
    pub home: Home,
    /// First day of business; no invoice is older.
    pub since: Day,
    pub currency: &'static str,
    pub is_mixed_currency: bool,
    /// The company that most invoices come from, and another one that some debtors buy from too.
    pub companies: (&'static str, &'static str),
    /// Factor on the amounts of its invoices.
    pub scale: f64,
    pub collector: Option<Id>,
    /// An earlier system wrote down what it sent in the episodes that are open now.
    pub logs_open_episodes: bool,
    name: String,
    tax_id: String,
    group_id: Option<Id>,
}

impl Debtor {
    /// Draws debtor `no`. `is_giant` asks for an old domestic customer of middling habits, because everything about
    /// it weighs on the whole portfolio. `family` is that of the domestic debtor before, and is kept up to date.
    pub(super) fn draw(no: u64, as_of: Day, is_giant: bool, family: &mut Option<Family>, dice: &mut Dice) -> Self {
        let is_foreign = !is_giant && dice.chance(FOREIGN_SHARE);
        let is_branch = !is_giant && !is_foreign && family.is_some() && dice.chance(BRANCH_SHARE);
        let is_alphanumeric = !is_giant && !is_foreign && !is_branch && dice.chance(ALPHANUMERIC_SHARE);
        // Alphanumeric numbers are given to newly founded companies only.
        let is_new = !is_giant && (is_alphanumeric || dice.chance(NEW_SHARE));
        let since = as_of.plus(-match (is_alphanumeric, is_new) {
            (true, _) => dice.between(15, 120),
            (false, true) => dice.between(15, 200),
            (false, false) => dice.between(735, 6_000),
        });
        let home = match is_foreign {
            true => Home::Abroad(dice.weighted(ABROAD)),
            false => Home::Brazil(dice.weighted(PLACES)),
        };
        let (name, tax_id, group_id) = match home {
            Home::Abroad(abroad) => foreign_identity(no, abroad, dice),
            Home::Brazil(_) => match family.as_mut().filter(|_| is_branch) {
                Some(parent) => branch_identity(parent),
                None => new_identity(no, is_alphanumeric, family, dice),
            },
        };
        let main_company = dice.weighted(&[(0_usize, 55), (1, 30), (2, 15)]);
        let other_company = if dice.chance(0.15) { (main_company + 1) % COMPANIES.len() } else { main_company };
        Debtor {
            no,
            id: Id::new("D", no, 8),
            habit: if is_giant { Habit::Occasional } else { dice.weighted(HABITS) },
            home,
            since,
            currency: if is_foreign { "USD" } else { "BRL" },
            is_mixed_currency: !is_giant && !is_foreign && dice.chance(MIXED_CURRENCY_SHARE),
            companies: (COMPANIES[main_company], COMPANIES[other_company]),
            scale: if is_giant { 1.0 } else { dice.log_normal(1.0, 0.5) },
            collector: dice.chance(0.8).then(|| Id::new("C", 1 + dice.below(COLLECTORS), 2)),
            logs_open_episodes: dice.chance(0.6),
            name,
            tax_id,
            group_id,
        }
    }

    /// How much of the ledger's time this debtor has been a customer.
    pub(super) fn history_days(&self, as_of: Day) -> i32 {
        as_of.since(self.since).min(HISTORY_DAYS)
    }

    /// The debtors row. What is drawn here matters to no other table.
    pub(super) fn row<'a>(&'a self, dice: &mut Dice) -> DebtorRow<'a> {
        let is_bad = self.habit == Habit::Bad;
        let (language, country, state, city, time_zone) = match self.home {
            Home::Brazil(place) => {
                let language = dice.chance(0.6).then_some("pt-BR");
                (language, "BR", Some(place.state), dice.chance(0.97).then_some(place.city), None)
            }
            Home::Abroad(abroad) => {
                (Some(abroad.language), abroad.country, None, Some(abroad.city), Some(abroad.time_zone))
            }
        };
        let block = dice.weighted(&[("cliente estratégico", 40), ("negociação da diretoria", 35), ("jurídico", 25)]);
        let limit = (dice.log_normal(40.0 * self.scale, 0.9).max(1.0) as i64) * 100_000;
        DebtorRow {
            debtor_id: self.id.as_str(),
            legal_name: &self.name,
            tax_id: dice.chance(0.995).then_some(self.tax_id.as_str()),
            group_id: self.group_id.as_ref().map(Id::as_str),
            language,
            country,
            state,
            city,
            time_zone,
            customer_since: dice.chance(0.98).then_some(self.since),
            regua: dice.chance(0.003).then_some("none"),
            dunning_block: dice.chance(0.006).then_some(block),
            is_insolvent: if is_bad && dice.chance(0.06) { Some(true) } else { dice.chance(0.7).then_some(false) },
            credit_limit: dice.chance(0.65).then_some(Amount(limit)),
            collector_id: self.collector.as_ref().map(Id::as_str),
            tier: dice.chance(0.2).then(|| dice.weighted(&[("A", 20), ("B", 30), ("C", 50)])),
        }
    }
}

type Identity = (String, String, Option<Id>);

fn company_name(form: &str, dice: &mut Dice) -> String {
    format!("{} {} {} {form}", dice.pick(TRADES), dice.pick(CREATURES), dice.pick(FANCIES))
}

fn foreign_identity(no: u64, abroad: &Abroad, dice: &mut Dice) -> Identity {
    (company_name(abroad.form, dice), format!("{}{no:09}", abroad.country), None)
}

fn new_identity(no: u64, is_alphanumeric: bool, family: &mut Option<Family>, dice: &mut Dice) -> Identity {
    let form = dice.weighted(FORMS);
    let name = company_name(form, dice);
    let root = if is_alphanumeric { cnpj::alphanumeric_root(no) } else { cnpj::numeric_root(no) };
    // Companies of one owner but different roots: the group is the only sign of it.
    let group_id = match family.as_ref().and_then(|f| f.group_id) {
        Some(group) if dice.chance(0.5) => Some(group),
        _ => dice.chance(0.02).then(|| Id::new("G", no, 7)),
    };
    let tax_id = cnpj::with_check_digits(&root, 1);
    *family = Some(Family { root, name: name.clone(), branches: 1, group_id });
    (name, tax_id, group_id)
}

fn branch_identity(family: &mut Family) -> Identity {
    family.branches += 1;
    let tax_id = cnpj::with_check_digits(&family.root, family.branches);
    (format!("{} - Filial {}", family.name, family.branches), tax_id, family.group_id)
}
