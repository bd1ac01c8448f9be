//! Metamorphic twins: the same portfolio in other words. Whoever is decided one way is decided that way in each of
//! them, step and action_id included.

use regua::contract::{self, Kind};

use super::base::{self, STRANGER};
use super::portfolio::{Portfolio, Row, outcome, run};
use super::properties::in_parallel;
use super::shape::{Dates, Shape};

type Change = fn(&mut Portfolio);

/// What leaves every decision as it is.
pub const TWINS: &[(&str, Change)] = &[
    ("every row twice", doubled),
    ("rows in another order", |all| reshape(all, |shape| shape.order = 17)),
    ("two files for one", |all| reshape(all, |shape| shape.more_files = 1)),
    ("files that overlap", |all| {
        reshape(all, |shape| {
            shape.more_files = 2;
            shape.overlap = true;
        })
    }),
    ("ids as integers", |all| reshape(all, |shape| shape.integer_ids = true)),
    ("days as UTC midnights", |all| reshape(all, |shape| shape.dates = Dates::UtcMidnights)),
    ("days as midnights without a zone", |all| reshape(all, |shape| shape.dates = Dates::Midnights)),
    ("days as texts", |all| reshape(all, |shape| shape.dates = Dates::Texts)),
    ("whole floats, 0 and 1, and a column that nothing reads", |all| {
        reshape(all, |shape| {
            shape.whole_floats = true;
            shape.zero_or_one = true;
            shape.unread = true;
        })
    }),
    ("open ends as dates", open_ended),
    ("defaults written out", defaults_written_out),
    ("empty texts for nulls", empty_texts),
    ("padded ids", padded),
    ("a stranger pays", strangers_pay),
];

fn reshape(all: &mut Portfolio, change: fn(&mut Shape)) {
    for table in contract::INPUTS {
        change(all.shape(table.name));
    }
}

fn doubled(all: &mut Portfolio) {
    for rows in all.tables.values_mut() {
        rows.extend(rows.clone());
    }
}

/// In the rows of every table, sets what is null in the columns that are of this kind.
fn fill(all: &mut Portfolio, value: impl Fn(&'static str, &contract::Column, usize) -> Option<String>) {
    for (table, rows) in &mut all.tables {
        let columns = contract::input(table).map_or(&[][..], |t| t.columns);
        for column in columns.iter().filter(|c| !c.required) {
            for (at, row) in rows.iter_mut().enumerate().filter(|(_, row)| !row.contains_key(column.name)) {
                row.extend(value(table, column, at).map(|value| (column.name.to_owned(), value)));
            }
        }
    }
}

fn open_ended(all: &mut Portfolio) {
    const ENDS: [&str; 6] = ["9999-12-31", "2199-12-31", "1900-01-01", "1899-12-30", "1753-01-01", "0001-01-01"];
    fill(all, |_, column, at| (column.kind == Kind::Date).then(|| ENDS[at % ENDS.len()].to_owned()));
}

fn defaults_written_out(all: &mut Portfolio) {
    let default = |table: &str, column: &str| {
        Some(match (table, column) {
            ("invoices", "installment_no") => "1",
            ("invoices", "company_id") => "1",
            ("invoices", "document_type") => "invoice",
            (_, "currency") => "BRL",
            ("payments", "kind") => "payment",
            ("contact_log", "direction") => "outbound",
            ("contact_points", "is_authorized" | "is_valid") => "true",
            ("debtors", "language") => "pt-BR",
            ("debtors", "country") => "BR",
            ("debtors", "is_insolvent") => "false",
            _ => return None,
        })
    };
    fill(all, |table, column, _| default(table, column.name).map(str::to_owned));
}

fn empty_texts(all: &mut Portfolio) {
    fill(all, |_, column, at| {
        let is_text = matches!(column.kind, Kind::Str | Kind::Enum(_));
        is_text.then(|| if at % 2 == 0 { String::new() } else { " ".to_owned() })
    });
}

fn padded(all: &mut Portfolio) {
    let pad = |row: &mut Row| {
        let ids = row.iter_mut().filter(|(name, _)| name.ends_with("_id"));
        ids.for_each(|(_, id)| *id = format!(" {id}  "));
    };
    all.tables.values_mut().flatten().for_each(pad);
}

/// Whoever pays for an invoice, it is the invoice that is paid.
fn strangers_pay(all: &mut Portfolio) {
    // Blanks for nulls name no invoice: what was paid on account stays its own debtor's.
    let names_one = |row: &&mut Row| row.get("invoice_id").is_some_and(|id| !id.trim().is_empty());
    let named = all.rows("payments").iter_mut().filter(names_one);
    named.for_each(|row| drop(row.insert("debtor_id".to_owned(), STRANGER.to_owned())));
}

fn decided(portfolio: &Portfolio) -> Result<Vec<String>, String> {
    let house = portfolio.house(serde_json::json!({"shards": 3}));
    let ended = run(&house);
    if ended.code == 0 { Ok(outcome(&house).decisions) } else { Err(format!("exit {}: {}", ended.code, ended.stderr)) }
}

#[test]
fn twins_are_decided_alike() {
    let base = base::portfolio();
    let expected = decided(&base).expect("the base portfolio is in order");
    let failures = in_parallel(TWINS, |(name, change)| {
        let mut twin = base.clone();
        change(&mut twin);
        let found = match decided(&twin) {
            Ok(found) => found,
            Err(why) => return vec![format!("{name}: {why}")],
        };
        let lost = expected.iter().filter(|row| !found.contains(row)).map(|row| format!("    - {row}"));
        let new = found.iter().filter(|row| !expected.contains(row)).map(|row| format!("    + {row}"));
        let lines: Vec<String> = lost.chain(new).collect();
        if lines.is_empty() { Vec::new() } else { [vec![format!("{name}:")], lines].concat() }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
