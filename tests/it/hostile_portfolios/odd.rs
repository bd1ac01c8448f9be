//! One odd value for every column of every input, each in a row of its own and about a debtor of its own: it stops
//! nobody else, and loses nobody.

use regua::contract::{self, Column, Kind, Table};

use super::base::{self, add_debtor, invoice_of};
use super::portfolio::{Portfolio, Row};
use super::properties::{check, in_parallel, is_full};

/// A row without a debtor, where nothing else says whom it is about: the page does not say that the run goes on.
const NAMELESS: &[&str] = &["invoices", "debtors", "agreements", "promises", "disputes"];

/// A row of a table that is in order, about a debtor and its invoice.
fn row_about(table: &str, debtor: &str) -> Row {
    let (invoice, id) = (invoice_of(debtor), format!("6{debtor}"));
    let cells: Vec<(&str, &str)> = match table {
        "invoices" => {
            vec![("invoice_id", &id), ("issue_date", "2026-05-10"), ("due_date", "2026-07-20"), ("amount", "3.00")]
        }
        "payments" => {
            vec![("payment_id", &id), ("invoice_id", &invoice), ("paid_on", "2026-06-20"), ("amount", "3.00")]
        }
        "debtors" => vec![("legal_name", "Debtor"), ("state", "SP")],
        "contact_points" => vec![("channel", "sms"), ("address", "+5511911111111")],
        "contact_log" => vec![
            ("event_id", &id),
            ("channel", "email"),
            ("occurred_at", "2026-03-20T12:00:00Z"),
            ("status", "delivered"),
        ],
        "agreements" => {
            vec![("agreement_id", &id), ("installment_no", "1"), ("due_date", "2026-07-20"), ("amount", "3.00")]
        }
        "agreement_items" => vec![("agreement_id", &id), ("invoice_id", &invoice)],
        "promises" => vec![("promise_id", &id), ("promised_on", "2026-06-20"), ("pay_by", "2026-07-20")],
        "disputes" => vec![("dispute_id", &id), ("opened_on", "2026-06-20"), ("kind", "dispute")],
        "listings" => vec![
            ("listing_id", &id),
            ("invoice_id", &invoice),
            ("kind", "negativacao"),
            ("bureau", "serasa"),
            ("included_on", "2026-06-20"),
        ],
        "placements" => vec![("placement_id", &id), ("agency_id", "31"), ("placed_on", "2026-06-20")],
        "fx_rates" => {
            vec![("date", "2019-07-09"), ("from_currency", "USD"), ("to_currency", "BRL"), ("rate", "3.80")]
        }
        "index_rates" => vec![("date", "2019-07-01"), ("index", "ipca"), ("rate", "0.30")],
        "holidays" => vec![("date", "2019-07-09"), ("scope", "state:SP"), ("name", "Long ago")],
        other => panic!("no row of {other}"),
    };
    let mut row: Row = cells.into_iter().map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect();
    if contract::input(table).is_some_and(|t| t.column("debtor_id").is_some_and(|c| c.required)) {
        row.insert("debtor_id".to_owned(), debtor.to_owned());
    }
    row
}

/// What no column of this kind should hold; `None` = null.
fn odd_value(column: &Column) -> Option<&'static str> {
    match column.kind {
        Kind::Str if column.required => None,
        Kind::Str | Kind::Enum(_) => Some("??"),
        Kind::Int => Some("-7"),
        Kind::Date => Some("2999-01-01"),
        Kind::Ts => Some("2999-01-01T00:00:00Z"),
        Kind::Money => Some("-3.00"),
        Kind::Rate => Some("-1"),
        _ => None,
    }
}

fn is_tried(table: &Table, column: &Column) -> bool {
    !(column.name == "debtor_id" && NAMELESS.contains(&table.name))
}

/// The base with an odd row for each of these columns.
fn with_odd(table: &Table, columns: &[&Column]) -> Portfolio {
    let mut portfolio = base::portfolio();
    for (number, column) in columns.iter().enumerate() {
        let victim = format!("{}", 401 + number);
        add_debtor(&mut portfolio, &victim, &format!("8{victim}"));
        portfolio.decided.insert(victim.clone());
        let mut row = row_about(table.name, &victim);
        match odd_value(column) {
            Some(odd) => row.insert(column.name.to_owned(), odd.to_owned()),
            None => row.remove(column.name),
        };
        if table.name == "debtors" {
            let is_own = |row: &Row| row.get("debtor_id") == Some(&victim);
            portfolio.rows("debtors").retain(|row| !is_own(row));
        }
        portfolio.rows(table.name).push(row);
    }
    portfolio
}

#[test]
fn an_odd_value_in_any_column_stops_and_loses_nobody() {
    let mut cases: Vec<(String, Portfolio, Option<u64>)> = Vec::new();
    for (at, table) in contract::INPUTS.iter().enumerate() {
        let columns: Vec<&Column> = table.columns.iter().filter(|c| is_tried(table, c)).collect();
        // Half of the tables are dealt anew as well.
        let seed = (is_full() || at % 2 == 0).then_some(at as u64);
        cases.push((format!("{}, every column", table.name), with_odd(table, &columns), seed));
        if is_full() {
            let one = |column: &&Column| (format!("{}.{}", table.name, column.name), with_odd(table, &[*column]), seed);
            cases.extend(columns.iter().map(one));
        }
    }
    let failures = in_parallel(&cases, |(name, portfolio, seed)| check(name, portfolio, *seed));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
