//! Who owes most, by id: only where it is asked for, because the page is personal data then.

use std::cmp::Reverse;

use chrono::NaiveDate;

use super::model::{Card, Cell, Picture, Section, Table};
use super::view::View;
use crate::error::Result;
use crate::io::tables::{Row, Tables};
use crate::report::numbers::{NONE, ratio};

const TABLE: &str = "debtors";
const COLUMNS: [&str; 8] = [
    "company_id",
    "debtor_id",
    "currency",
    "open_amount",
    "overdue_amount",
    "days_past_due_max",
    "last_payment_on",
    "segment",
];

/// An account, as far as the page shows it.
#[derive(Clone, Debug)]
pub struct TopDebtor {
    company_id: String,
    debtor_id: String,
    currency: String,
    segment: String,
    open: i128,
    overdue: i128,
    days_past_due: i64,
    last_payment_on: Option<NaiveDate>,
}

impl TopDebtor {
    fn of(row: Row<'_>) -> TopDebtor {
        TopDebtor {
            company_id: row.text("company_id"),
            debtor_id: row.text("debtor_id"),
            currency: row.text("currency"),
            segment: row.text("segment"),
            open: row.amount("open_amount"),
            overdue: row.amount("overdue_amount"),
            days_past_due: row.int("days_past_due_max"),
            last_payment_on: row.date("last_payment_on"),
        }
    }

    /// What is late counts most, then what is open.
    fn place(&self) -> (&str, Reverse<(i128, i128)>, &str, &str) {
        (&self.currency, Reverse((self.overdue, self.open)), &self.debtor_id, &self.company_id)
    }
}

/// The accounts of each currency to which most is late, so many at most, of one company or of all.
///
/// # Errors
/// `PublishedDamaged` where the published position cannot be read.
pub fn top_debtors(tables: &Tables, number: usize, company: Option<&str>) -> Result<Vec<TopDebtor>> {
    let mut found: Vec<TopDebtor> = Vec::new();
    tables.for_each_batch(TABLE, &COLUMNS, |batch| {
        let rows = (0..batch.num_rows()).map(|row| TopDebtor::of(Row(&batch, row)));
        found.extend(rows.filter(|d| d.overdue > 0 && company.is_none_or(|company| d.company_id == company)));
        keep(&mut found, number);
        Ok(())
    })?;
    Ok(found)
}

/// Leaves the first of each currency.
fn keep(found: &mut Vec<TopDebtor>, number: usize) {
    found.sort_by(|a, b| a.place().cmp(&b.place()));
    let of_currency = found.chunk_by(|a, b| a.currency == b.currency);
    *found = of_currency.flat_map(|chunk| &chunk[..number.min(chunk.len())]).cloned().collect();
}

/// Nothing where nobody asked for it.
pub fn section(view: &View<'_>, debtors: &[TopDebtor]) -> Option<Section> {
    let own: Vec<&TopDebtor> = debtors.iter().filter(|debtor| debtor.currency == view.currency).collect();
    let late: i128 = own.iter().map(|debtor| debtor.overdue).sum();
    (!own.is_empty()).then(|| Section {
        id: "debtors".to_owned(),
        question: view.say("Quem mais deve?", "Who owes most?"),
        answer: answer(view, own.len(), late),
        cards: vec![card(view, &own)],
    })
}

fn answer(view: &View<'_>, number: usize, late: i128) -> String {
    let (number, amount) = (view.language.count(number as i64), view.short(late));
    let share = view.now.overdue.and_then(|all| ratio(late, all)).map(|share| view.language.percent_whole(share));
    match share {
        Some(share) => view.language.pick(
            format!("As {number} maiores contas têm {amount} em atraso, {share} de tudo o que está atrasado."),
            format!("The {number} largest accounts owe {amount} that is overdue, {share} of all that is."),
        ),
        None => view.language.pick(
            format!("As {number} maiores contas têm {amount} em atraso."),
            format!("The {number} largest accounts owe {amount} that is overdue."),
        ),
    }
}

fn card(view: &View<'_>, debtors: &[&TopDebtor]) -> Card {
    let title = view.say("Contas com maior atraso", "Accounts with the most overdue");
    let heads = [
        ("cliente", "debtor"),
        ("empresa", "company"),
        ("segmento", "segment"),
        ("em atraso", "overdue"),
        ("em aberto", "open"),
        ("dias", "days"),
        ("último pagamento", "last payment"),
    ];
    let row = |debtor: &&TopDebtor| {
        let paid_on = debtor.last_payment_on.map_or(NONE.to_owned(), |day| view.language.date(day));
        vec![
            Cell::text(debtor.debtor_id.as_str()),
            Cell::text(debtor.company_id.as_str()),
            Cell::text(debtor.segment.as_str()),
            Cell::number(view.money(debtor.overdue)),
            Cell::number(view.money(debtor.open)),
            Cell::number(view.language.count(debtor.days_past_due.max(0))),
            Cell::number(paid_on),
        ]
    };
    let table = Table {
        caption: title.clone(),
        head: view.heads(3, &heads),
        rows: debtors.iter().map(row).collect(),
        ..Table::default()
    };
    let source = view.say(
        "debtors: contas (cliente, empresa e moeda) por valor em atraso. `regua explain` diz o que foi decidido de cada uma, e por quê.",
        "debtors: accounts (debtor, company and currency) by what is overdue. `regua explain` says what was decided of each, and why.",
    );
    Card { title, picture: Picture::Table { table }, source, ..Card::default() }.wide()
}

/// What stands in red above the page.
pub fn warning(view: &View<'_>) -> String {
    view.say(
        "Esta página identifica clientes: só para quem pode ver esses dados.",
        "This page identifies debtors: only for those who may see such data.",
    )
}
