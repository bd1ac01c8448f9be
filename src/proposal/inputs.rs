//! Which export is which input: each input takes the export whose columns fit it best.

use std::cmp::Reverse;

use super::content::Facts;
use super::exports::Export;
use super::names::is_file_of;
use super::score::{Content, Fit, Ids, Level, Others, fit};
use crate::contract::{self, Column, Table};

/// Points of a file that is named as the input.
const FILE_NAMED: u32 = 25;
/// Points of the number by which payments name an invoice: more than any other can have.
const REFERENCED: u32 = 120;
/// Of a hundred payments, so many must name an invoice by a number for it to be the invoice's.
const REFERENCES_PERCENT_MIN: usize = 80;
/// Tables of which figures follow, or days: half of one is none.
const WHOLE_OR_NONE: [&str; 3] = ["fx_rates", "index_rates", "holidays"];
/// Columns that many inputs have: by them alone no file is an input.
const COMMON: [&str; 9] = [
    "debtor_id",
    "invoice_id",
    "company_id",
    "installment_no",
    "amount",
    "currency",
    "kind",
    "collector_id",
    "agency_id",
];
/// Two files whose points differ by less fit an input equally well.
const POINTS_APART: u32 = 15;

/// One column of an input, and every column of the export that might be it.
#[derive(Debug)]
pub struct Slot {
    /// Of the contract.
    pub column: &'static Column,
    /// Position in the export and how it fits, the best first.
    pub candidates: Vec<(usize, Fit)>,
    /// Candidate that it takes.
    pub taken: Option<usize>,
}

impl Slot {
    /// The column of the export that it takes.
    pub fn chosen(&self) -> Option<&(usize, Fit)> {
        self.candidates.get(self.taken?)
    }
}

/// An input, the export that it takes, and how its columns fit.
#[derive(Debug)]
pub struct Match {
    pub table: &'static Table,
    /// Position among the exports.
    pub export: usize,
    pub slots: Vec<Slot>,
    /// Other exports that fit as well.
    pub rivals: Vec<usize>,
    /// Other inputs take this export too: one file holds several.
    pub is_shared: bool,
}

/// How every column of an input is best found in an export. A column of the export is taken once.
pub fn slots(table: &'static Table, columns: &[Facts], others: &Others) -> Vec<Slot> {
    let candidates = |column: &'static Column| {
        let fits = columns.iter().enumerate().filter_map(|(at, facts)| {
            let fit = fit(table, column, facts, others)?;
            (!column.is_unread || fit.name.place == 0).then_some((at, fit))
        });
        let mut fits: Vec<(usize, Fit)> = fits.collect();
        fits.sort_by_key(|(at, fit)| (Reverse(fit.points), fit.name.place, *at));
        Slot { column, candidates: fits, taken: None }
    };
    let mut slots: Vec<Slot> = table.columns.iter().map(candidates).collect();
    let mut pairs: Vec<(usize, usize)> =
        slots.iter().enumerate().flat_map(|(slot, s)| (0..s.candidates.len()).map(move |at| (slot, at))).collect();
    pairs.sort_by_key(|(slot, at)| {
        let (_, fit) = &slots[*slot].candidates[*at];
        (Reverse(fit.points), !slots[*slot].column.required, fit.name.place, *slot)
    });
    let mut is_used = vec![false; columns.len()];
    for (slot, at) in pairs {
        let (column, fit) = &slots[slot].candidates[at];
        let can_be = !matches!(fit.content, Content::Unfit(_)) && Level::of(fit.points).is_some();
        if can_be && !is_used[*column] && slots[slot].taken.is_none() {
            is_used[*column] = true;
            slots[slot].taken = Some(at);
        }
    }
    slots
}

/// How well an export fits an input; none where it does not.
fn points(table: &Table, export: &Export, slots: &[Slot]) -> Option<u32> {
    let required = || slots.iter().filter(|slot| slot.column.required);
    let of_taken = |slot: &Slot| slot.chosen().map_or(0, |(_, fit)| fit.points);
    let (all, taken) = (required().count(), required().filter(|slot| slot.taken.is_some()).count());
    let share = required().map(of_taken).sum::<u32>() / all.max(1) as u32;
    let optional = slots.iter().filter(|slot| !slot.column.required && slot.taken.is_some()).count().min(10) as u32;
    let is_named = is_file_of(table.name, &export.stem);
    let is_own = |slot: &&Slot| table.key.first() == Some(&slot.column.name);
    // Invoices look much like agreements but for the number: an input that need not be there must have its own.
    let has_id = slots.iter().find(is_own).is_some_and(|slot| slot.taken.is_some());
    let fits = match table.required {
        _ if WHOLE_OR_NONE.contains(&table.name) => taken == all,
        true => taken * 2 >= all || (is_named && taken > 0),
        false => (taken * 3 >= all * 2 && has_id) || (is_named && taken > 0),
    };
    fits.then_some(share + 2 * optional + if is_named { FILE_NAMED } else { 0 })
}

/// Does it have more of the input than columns that many inputs have, or its name?
fn is_told_apart(m: &Match, export: &Export) -> bool {
    let has_own = m.slots.iter().any(|slot| slot.taken.is_some() && !COMMON.contains(&slot.column.name));
    has_own || is_file_of(m.table.name, &export.stem)
}

/// Which export is which input.
pub fn matches(exports: &[Export]) -> Vec<Match> {
    let none = Others::default();
    let mut found: Vec<(u32, usize, Match)> = Vec::new();
    for (order, table) in contract::INPUTS.iter().enumerate() {
        for (export, of) in exports.iter().enumerate() {
            let slots = slots(table, &of.columns, &none);
            if let Some(points) = points(table, of, &slots) {
                found.push((points, order, Match { table, export, slots, rivals: Vec::new(), is_shared: false }));
            }
        }
    }
    found.sort_by_key(|(points, order, m)| (Reverse(*points), *order, m.export));
    let mut taken: Vec<(u32, Match)> = Vec::new();
    let mut left: Vec<(u32, Match)> = Vec::new();
    for (points, _, m) in found {
        let is_free = !taken.iter().any(|(_, other)| other.table.name == m.table.name || other.export == m.export);
        if is_free && is_told_apart(&m, &exports[m.export]) { taken.push((points, m)) } else { left.push((points, m)) }
    }
    let is_taken = |export: usize, taken: &[(u32, Match)]| taken.iter().any(|(_, m)| m.export == export);
    let is_rival = |m: &Match| !is_taken(m.export, &taken) && is_told_apart(m, &exports[m.export]);
    for (points, rival) in left.iter().filter(|(_, m)| is_rival(m)).collect::<Vec<_>>() {
        let (of_best, best) = match taken.iter_mut().find(|(_, m)| m.table.name == rival.table.name) {
            Some((of_best, best)) => (*of_best, best),
            None => continue,
        };
        if of_best < points + POINTS_APART {
            best.rivals.push(rival.export);
        }
    }
    // A debtor without a name is known by its number.
    let can_lack = |slot: &Slot| slot.taken.is_some() || !slot.column.required || slot.column.name == "legal_name";
    let has_all = |m: &Match| m.slots.iter().all(can_lack);
    for (points, shared) in left {
        // Nothing else is it, and this file holds all of it beside what it is already.
        let is_missing = !taken.iter().any(|(_, m)| m.table.name == shared.table.name);
        let is_used = is_taken(shared.export, &taken);
        if shared.table.required && is_missing && is_used && has_all(&shared) {
            taken.push((points, shared));
        }
    }
    let mut matches: Vec<Match> = taken.into_iter().map(|(_, m)| m).collect();
    let used: Vec<usize> = matches.iter().map(|m| m.export).collect();
    matches.iter_mut().for_each(|m| m.is_shared = used.iter().filter(|at| **at == m.export).count() > 1);
    matches.sort_by_key(|m| contract::INPUTS.iter().position(|table| table.name == m.table.name));
    look_again(exports, &mut matches);
    matches
}

/// The input that an export comes nearest to: its columns that are there, and those that are not.
pub fn nearest(export: &Export) -> Option<(&'static str, Vec<&'static str>, Vec<&'static str>)> {
    let of = |table: &'static Table| {
        let slots = slots(table, &export.columns, &Others::default());
        let required = slots.iter().filter(|slot| slot.column.required);
        let (there, lacking): (Vec<&Slot>, Vec<&Slot>) = required.partition(|slot| slot.taken.is_some());
        let names = |slots: &[&Slot]| slots.iter().map(|slot| slot.column.name).collect::<Vec<_>>();
        (table.name, names(&there), names(&lacking))
    };
    let all = contract::INPUTS.iter().filter(|table| table.required).map(of);
    all.filter(|(_, there, _)| !there.is_empty())
        .min_by_key(|(_, there, lacking)| (Reverse(there.len()), lacking.len()))
}

/// Now that it is known where the debtors and the invoices stand, ids are compared between the files.
fn look_again(exports: &[Export], matches: &mut [Match]) {
    let references = references(exports, matches);
    matches.iter_mut().for_each(|m| prefer(m, references));
    let ids = |matches: &[Match], table: &str, column: &str| {
        let found = matches.iter().find(|m| m.table.name == table && !m.is_shared)?;
        let (at, _) = found.slots.iter().find(|slot| slot.column.name == column)?.chosen()?;
        let export = &exports[found.export];
        let ids = export.columns[*at].ids();
        (!ids.is_empty()).then(|| Ids { ids, file: export.name().to_owned(), is_whole: export.is_whole() })
    };
    let others =
        Others { debtors: ids(matches, "debtors", "debtor_id"), invoices: ids(matches, "invoices", "invoice_id") };
    let none = Others::default();
    for m in matches.iter_mut() {
        // A file proves nothing about itself.
        m.slots = slots(m.table, &exports[m.export].columns, if m.is_shared { &none } else { &others });
        prefer(m, references);
    }
}

/// Of several numbers that an invoice has, the column that payments name it by; none where that is clear, or cannot be told.
fn references(exports: &[Export], matches: &[Match]) -> Option<usize> {
    let of = |table: &str| matches.iter().find(|m| m.table.name == table && !m.is_shared);
    let candidates = |m: &'_ Match| {
        let slot = m.slots.iter().find(|slot| slot.column.name == "invoice_id")?;
        let can_be = |(at, fit): &(usize, Fit)| (!matches!(fit.content, Content::Unfit(_))).then_some(*at);
        Some(slot.candidates.iter().filter_map(can_be).collect::<Vec<usize>>())
    };
    let (invoices, payments) = (of("invoices")?, of("payments")?);
    let (ours, theirs) = (&exports[invoices.export].columns, &exports[payments.export].columns);
    let named = candidates(payments)?;
    let percent = |at: usize| {
        let ids = ours[at].ids();
        named.iter().map(|by| theirs[*by].percent_in(&ids)).max().unwrap_or(0)
    };
    let all = candidates(invoices)?;
    let best = all.iter().copied().max_by_key(|at| (percent(*at), Reverse(*at)))?;
    (all.len() > 1 && percent(best) >= REFERENCES_PERCENT_MIN).then_some(best)
}

/// Takes the column by which payments name an invoice for its number.
fn prefer(m: &mut Match, references: Option<usize>) {
    let Some(at) = references.filter(|_| m.table.name == "invoices") else { return };
    let is_number = |slot: &Slot| slot.column.name == "invoice_id";
    if m.slots.iter().any(|slot| !is_number(slot) && slot.chosen().is_some_and(|(used, _)| *used == at)) {
        return;
    }
    let Some(slot) = m.slots.iter_mut().find(|slot| is_number(slot)) else { return };
    let Some(candidate) = slot.candidates.iter().position(|(of, _)| *of == at) else { return };
    let (at, mut fit) = slot.candidates.remove(candidate);
    fit.content = Content::Confirms("payments name invoices by it".to_owned());
    fit.points = REFERENCED;
    slot.candidates.insert(0, (at, fit));
    slot.taken = Some(0);
}
