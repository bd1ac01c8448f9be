//! Which column of its export each column of an input is, and what to do where that cannot be told.

use super::content::Facts;
use super::exports::Export;
use super::inputs::{Match, Slot};
use super::names::{self, BALANCE, BASELINE, KNOWN, SYSTEM_PLACES};
use super::score::{Content, Fit, Level, is_amount, is_in_two_ways};
use super::{Answer, ColumnProposal, InputProposal, KeyProposal, status, values};
use crate::contract::Kind;

/// Columns that keep somebody from being dunned.
const PROTECT: [&str; 4] = ["dunning_block", "grace_until", "is_insolvent", "opted_out_on"];
/// What to do about several marks: each alone would let some be dunned.
pub const BOTH: &str = ": each keeps somebody from being dunned, and one column says all; write one that is filled where any of them \
                        blocks, name it here, and leave it empty elsewhere; or name one, or remove this line";
/// How the reason for a column begins that takes another's place.
pub const STANDS_IN: &str = "takes its place";
/// Columns that stand in for one that no export has: ours, whose column, and what that means.
const STAND_INS: [(&str, &str, &str, &str); 2] = [
    ("invoices", "issue_date", "due_date", "nobody is reminded before an invoice is due, for it is not known before"),
    ("debtors", "legal_name", "debtor_id", "messages would greet the debtor by its number"),
];

/// The proposal for an input.
pub fn input(m: &Match, exports: &[Export]) -> InputProposal {
    let export = &exports[m.export];
    let read = m.slots.iter().filter(|slot| !slot.column.is_unread || slot.taken.is_some());
    let mut columns: Vec<ColumnProposal> = read.map(|slot| column(m, slot, &export.columns)).collect();
    stand_in(m, &mut columns);
    for column in &mut columns {
        values::map(m.table, column, &export.columns);
    }
    if m.table.name == "invoices" {
        status::spare(&mut columns, &export.columns);
        amounts(&mut columns, &export.columns);
    }
    let keys = values::keys(m.table, &mut columns, export);
    InputProposal {
        table: m.table,
        path: export.path.clone(),
        file: export.name().to_owned(),
        rivals: m.rivals.iter().map(|at| exports[*at].name().to_owned()).collect(),
        rows: export.rows,
        rows_read: export.rows_read,
        unread: unread(&columns, &keys, &export.columns),
        columns,
        keys,
        is_shared: m.is_shared,
    }
}

/// What no answer, no reason and no key speaks of: one of them may say that somebody is to be left alone.
fn unread(columns: &[ColumnProposal], keys: &[KeyProposal], facts: &[Facts]) -> Vec<String> {
    let of_column = |c: &ColumnProposal| match &c.answer {
        Answer::Theirs { name, .. } | Answer::Todo(name) => format!("{name} {} {}", c.why, c.others.join(" ")),
        Answer::Absent => c.why.clone(),
    };
    let said: Vec<String> = columns.iter().map(of_column).chain(keys.iter().map(|key| key.why.clone())).collect();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let speaks = |text: &String, name: &str| match name.chars().all(is_part) {
        true => text.split(|c| !is_part(c)).any(|word| word == name),
        false => text.contains(name),
    };
    let names = facts.iter().map(|column| &column.name);
    names.filter(|name| !said.iter().any(|text| speaks(text, name))).cloned().collect()
}

fn column(m: &Match, slot: &Slot, columns: &[Facts]) -> ColumnProposal {
    let is_used = |at: usize| m.slots.iter().any(|other| other.chosen().is_some_and(|(used, _)| *used == at));
    let is_open = |(at, fit): &&(usize, Fit)| !matches!(fit.content, Content::Unfit(_)) && !is_used(*at);
    let rivals: Vec<&(usize, Fit)> =
        slot.candidates.iter().filter(is_open).filter(|(_, fit)| Level::of(fit.points).is_some()).collect();
    let Some((at, fit)) = slot.chosen() else { return missing(m, slot, columns) };
    if m.is_shared && slot.column.name == "paid_on" && columns[*at].filled < columns[*at].rows {
        let what = format!(
            "{} is empty where nothing was paid; write the paid rows to a file of their own",
            columns[*at].name
        );
        return proposal(slot, Answer::Todo(what), String::new());
    }
    let name = |at: &usize| columns[*at].name.clone();
    let level = Level::of(fit.points).unwrap_or(Level::Guess);
    let others: Vec<String> = rivals.iter().map(|(at, _)| name(at)).collect();
    let marks: Vec<&(usize, Fit)> =
        rivals.iter().copied().filter(|(at, other)| is_mark(other, &columns[*at])).collect();
    let is_due = |(other, fit): &&(usize, Fit)| fit.name.points == KNOWN || is_mostly(&columns[*at], &columns[*other]);
    let dates: Vec<&(usize, Fit)> = rivals.iter().copied().filter(is_due).collect();
    let equal: Vec<&(usize, Fit)> = rivals.into_iter().filter(|(_, other)| other.points >= fit.points).collect();
    let theirs = |at: &usize, level| Answer::Theirs { name: name(at), level };
    let is = |name: &str| slot.column.name == name;
    let mut chosen = match equal.is_empty() || fit.name.place == 0 {
        _ if is("due_date") && !dates.is_empty() && !are_alike(*at, &dates, columns) => {
            latest(slot, &(*at, fit), &dates, columns)
        }
        _ if is("dunning_block") && !marks.is_empty() && !are_alike(*at, &marks, columns) => {
            let all = std::iter::once(at).chain(marks.iter().map(|(at, _)| at)).map(name).collect::<Vec<_>>();
            proposal(slot, Answer::Todo(format!("{}{BOTH}", all.join(" or "))), String::new())
        }
        true => proposal(slot, theirs(at, level), fit.why()),
        false if are_alike(*at, &equal, columns) => {
            let why = format!("{}; {} holds the same", fit.why(), others.join(", "));
            proposal(slot, theirs(at, level.min(Level::Likely)), why)
        }
        // Both stand in the list, which has an order. But who owes and who pays may be two.
        false if is_preferred(slot, fit, &equal) => proposal(slot, theirs(at, level.min(Level::Likely)), fit.why()),
        false => {
            let what =
                format!("{} or {}", name(at), equal.iter().map(|(at, _)| name(at)).collect::<Vec<_>>().join(" or "));
            undecided(slot, what)
        }
    };
    chosen.others = match &chosen.answer {
        Answer::Theirs { .. } if chosen.why.ends_with("holds the same") => Vec::new(),
        Answer::Theirs { name: taken, .. } => {
            std::iter::once(name(at)).chain(others).filter(|other| other != taken).collect()
        }
        _ => Vec::new(),
    };
    chosen
}

/// Is it known as a mark that keeps somebody from being dunned, with anything in it?
fn is_mark(fit: &Fit, facts: &Facts) -> bool {
    fit.name.points == KNOWN && facts.filled > 0
}

/// Are they the same day in most rows? A due date that was put off is, and a date of something else is not.
fn is_mostly(due: &Facts, other: &Facts) -> bool {
    let pairs = || due.days.iter().zip(&other.days).filter_map(|(one, other)| one.zip(*other));
    let same = pairs().filter(|(one, other)| one == other).count();
    same > 0 && 2 * same >= pairs().count()
}

/// Do they hold the same in every row that was read? Where none was, nobody knows.
fn are_alike(at: usize, equal: &[&(usize, Fit)], columns: &[Facts]) -> bool {
    columns[at].filled > 0 && equal.iter().all(|(other, _)| columns[*other].hashes() == columns[at].hashes())
}

/// Does the list say which of several known names goes first?
fn is_preferred(slot: &Slot, fit: &Fit, equal: &[&(usize, Fit)]) -> bool {
    let is_clear = slot.column.name != "debtor_id" || fit.name.place <= SYSTEM_PLACES;
    is_clear && fit.name.points == KNOWN && equal.iter().all(|(_, other)| other.name.place != fit.name.place)
}

fn proposal(slot: &Slot, answer: Answer, why: String) -> ColumnProposal {
    ColumnProposal { column: slot.column, answer, why, others: Vec::new(), values: Vec::new() }
}

/// Which it is cannot be told: where the column is needed, somebody has to decide.
fn undecided(slot: &Slot, what: String) -> ColumnProposal {
    let is_named = slot.candidates.iter().any(|(_, fit)| fit.name.points == KNOWN && fit.content.is_unknown());
    // A credit note that is read as an invoice is dunned.
    let protects = PROTECT.contains(&slot.column.name) || (slot.column.name == "document_type" && is_named);
    match (slot.column.required, protects) {
        (true, _) => proposal(slot, Answer::Todo(what), String::new()),
        (_, true) => proposal(slot, Answer::Todo(format!("{what}; or remove this line")), String::new()),
        _ => proposal(slot, Answer::Absent, what),
    }
}

/// Of several due dates the one that is never before the others: doubt protects the debtor.
fn latest(slot: &Slot, chosen: &(usize, &Fit), equal: &[&(usize, Fit)], columns: &[Facts]) -> ColumnProposal {
    let all: Vec<usize> = std::iter::once(chosen.0).chain(equal.iter().map(|(at, _)| *at)).collect();
    let is_never_before = |at: &usize, other: &usize| {
        let mut pairs = columns[*at].days.iter().zip(&columns[*other].days);
        pairs.all(|(one, other)| one.zip(*other).is_none_or(|(one, other)| one >= other))
    };
    let are_clear = all.iter().all(|at| columns[*at].filled > 0 && !is_in_two_ways(&columns[*at].formats));
    let is_whole = |at: &usize| all.iter().all(|other| columns[*at].filled >= columns[*other].filled);
    let latest = all.iter().find(|at| is_whole(at) && all.iter().all(|other| is_never_before(at, other)));
    let names = |at: &[usize]| at.iter().map(|at| columns[*at].name.clone()).collect::<Vec<_>>();
    match latest {
        Some(at) if are_clear => {
            let others: Vec<usize> = all.iter().copied().filter(|other| other != at).collect();
            let why = format!("never before {}, and the later date spares the debtor", names(&others).join(", "));
            let answer = Answer::Theirs { name: columns[*at].name.clone(), level: Level::Likely };
            proposal(slot, answer, why)
        }
        _ => {
            let what = format!("{}: write the later of them to one column of the export", names(&all).join(" or "));
            proposal(slot, Answer::Todo(what), String::new())
        }
    }
}

/// No column is it.
fn missing(m: &Match, slot: &Slot, columns: &[Facts]) -> ColumnProposal {
    let named = |special: &str| {
        let is_it = |facts: &&Facts| names::name_fit(m.table.name, special, &facts.name).points == KNOWN;
        columns.iter().find(is_it)
    };
    if let ("invoices", "amount", Some(balance)) = (m.table.name, slot.column.name, named(BALANCE))
        && is_amount(slot.column, balance)
    {
        let why = "what is left of it; a part that was paid must not be in payments too".to_owned();
        return proposal(slot, Answer::Theirs { name: balance.name.clone(), level: Level::Likely }, why);
    }
    let unfit = slot.candidates.iter().find_map(|(at, fit)| match &fit.content {
        Content::Unfit(why) => Some(format!("{}: {why}", columns[*at].name)),
        _ => None,
    });
    let what = match (slot.column.name, named(BASELINE), unfit) {
        ("due_date", Some(base), _) if m.table.name == "invoices" => {
            format!(
                "{} is where terms of payment begin, not when it is due: work the due date out in the export",
                base.name
            )
        }
        (_, _, Some(unfit)) => unfit,
        _ if slot.column.required => match slot.column.kind {
            Kind::Enum(words) => format!("no column fits; add one to the export that says {}", words.join(" or ")),
            _ => "no column fits".to_owned(),
        },
        _ => String::new(),
    };
    match slot.column.required || !what.is_empty() {
        true => undecided(slot, what),
        false => proposal(slot, Answer::Absent, what),
    }
}

/// What else there is to say of the amounts of invoices.
fn amounts(columns: &mut [ColumnProposal], of_export: &[Facts]) {
    let has_types = columns.iter().any(|c| c.column.name == "document_type" && c.answer != Answer::Absent);
    let Some(amount) = columns.iter_mut().find(|c| c.column.name == "amount") else { return };
    let Some(facts) = values::facts(of_export, amount) else { return };
    if facts.negative > 0 && facts.negative < facts.filled && !has_types {
        let below = format!("; {} of {} are below zero", facts.negative, facts.filled);
        amount.why.push_str(&format!("{below}, and hold their debtors unless document_type calls them credit notes"));
    }
    let is_balance = |facts: &&Facts| names::name_fit("invoices", BALANCE, &facts.name).points == KNOWN;
    let balance = of_export.iter().filter(is_balance).map(|facts| &facts.name);
    let taken = facts.name.clone();
    amount.others.extend(balance.filter(|name| **name != taken).map(|name| format!("{name} (what is left)")));
}

/// A column that is needed and that no export has, where another can take its place without harm to a debtor.
fn stand_in(m: &Match, columns: &mut [ColumnProposal]) {
    for (_, missing, other, means) in STAND_INS.iter().filter(|(table, ..)| *table == m.table.name) {
        let found = columns.iter().find(|c| c.column.name == *other).map(|c| c.answer.clone());
        let Some(Answer::Theirs { name, .. }) = found else { continue };
        let Some(column) = columns.iter_mut().find(|c| c.column.name == *missing) else { continue };
        if matches!(&column.answer, Answer::Todo(what) if !what.contains(" or ")) {
            column.answer = Answer::Theirs { name, level: Level::Guess };
            column.why = format!("{STANDS_IN}, as the file has none: {means}");
        }
    }
}
