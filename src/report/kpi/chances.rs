//! Were the chances of being late right? What models told while they were in use beside what came, by tenths of the bills.

use super::data::{by, count};
use super::model::{Card, Cell, Picture, Table};
use super::view::View;
use crate::io::tables::Row;

const TABLE: &str = "kpi_model";
/// As the call before the due date sees them.
const SHOWN: &str = "before_due";

/// Nothing where no model told anything that can be looked at.
pub fn card(view: &View<'_>) -> Option<Card> {
    let rows = view.rows(TABLE).into_iter().filter(|row| row.str("seen") == SHOWN);
    let rows = rows.filter(|row| row.str("part") != "in_use");
    let (all, tenths): (Vec<Row<'_>>, Vec<Row<'_>>) = rows.partition(|row| row.str("part") == "all");
    if all.is_empty() {
        return None;
    }
    let title = view.say("As chances de atraso estavam certas?", "Were the chances of being late right?");
    let heads = [("Chance dita", "Chance told"), ("Atrasaram", "Were late"), ("Faturas", "Bills")];
    let row = |rows: &[Row<'_>]| {
        let bills = count(rows, "bills");
        let share = |part: f64| view.language.percent(part / bills.max(1) as f64);
        let told: f64 = rows.iter().map(|row| row.int("bills") as f64 * row.float("chance_avg").unwrap_or(0.0)).sum();
        let late = count(rows, "late_bills");
        vec![Cell::text(share(told)), Cell::number(share(late as f64)), Cell::number(view.language.count(bills))]
    };
    let mut parts = by(&tenths, |row| row.text("part"));
    parts.sort_by(|(one, _), (other, _)| one.cmp(other));
    let table = Table {
        caption: title.clone(),
        head: view.heads(1, &heads),
        rows: parts.iter().map(|(_, rows)| row(rows)).collect(),
        foot: row(&all),
        ..Table::default()
    };
    let source = view.say(
        "kpi_model: faturas vencidas nos últimos 182 dias que um modelo já em uso viu sete dias antes do vencimento; cada linha é um \
         décimo delas em cada empresa. Onde 30 % foi dito, três em dez devem ter atrasado.",
        "kpi_model: bills that fell due in the last 182 days and that a model in use saw seven days before; each row is a tenth of those of each company. \
         Where 30% was told, three in ten should have been late.",
    );
    Some(Card { title, picture: Picture::Table { table }, source, ..Card::default() })
}
