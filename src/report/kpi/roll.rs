//! Where did the debt of a month ago go? A matrix, shaded: from each bucket to where its money is now.

use super::data::{by, count, sum};
use super::model::{Card, Cell, Picture, Section, Table};
use super::sentences;
use super::suppress::withheld;
use super::view::View;
use crate::domain::message::currency_symbol;
use crate::io::tables::Row;
use crate::report::numbers::ratio;
use crate::report::words;

const TABLE: &str = "kpi_roll_rates";
/// Stands for a cell of few items.
const HIDDEN: &str = "*";
/// Where money can come from besides a bucket, and what can become of it.
const SOURCES: [&str; 2] = ["new", "reopened"];
const ENDS: [&str; 3] = ["paid", "credited", "written_off"];

pub fn section(view: &View<'_>) -> Section {
    let rows = view.rows(TABLE);
    let from = rows.first().and_then(|row| row.date("from_date"));
    let days = from.map_or(30, |from| (view.run.as_of - from).num_days());
    let question = view.language.pick(
        format!("Para onde foi a dívida de {days} dias atrás?"),
        format!("Where did the debt of {days} days ago go?"),
    );
    let card = match from {
        None => Card::missing("", view.why_missing(TABLE)),
        Some(from) => card(view, &rows, &view.language.date_short(from), &view.language.date_short(view.run.as_of)),
    };
    Section { id: "roll".to_owned(), question, answer: answer(view, &rows), cards: vec![card.wide()] }
}

/// Every state from which something comes, or to which something goes, in the order of age.
fn states(view: &View<'_>, rows: &[Row<'_>], column: &str, besides: &[&str]) -> Vec<String> {
    let buckets = view.data.buckets();
    let mut known: Vec<String> = buckets;
    known.extend(besides.iter().map(|name| (*name).to_owned()));
    for row in rows {
        // A bucket that is empty now and has other edges than today's comes last.
        if !known.iter().any(|name| name == row.str(column)) {
            known.push(row.text(column));
        }
    }
    known.retain(|name| rows.iter().any(|row| row.str(column) == name));
    known
}

fn shares(rows: &[Row<'_>]) -> impl Fn(&dyn Fn(&str) -> bool) -> Option<i64> {
    let total = sum(rows, "amount").unwrap_or(0);
    let parts: Vec<(String, i128)> = rows.iter().map(|row| (row.text("to_state"), row.amount("amount"))).collect();
    move |fits| {
        let part = parts.iter().filter(|(state, _)| fits(state)).map(|(_, amount)| amount).sum();
        ratio(part, total).map(|rate| (rate * 100.0).round() as i64)
    }
}

/// Of the first two overdue buckets in which anything was: how much was paid, and how much grew older.
fn answer(view: &View<'_>, rows: &[Row<'_>]) -> String {
    let buckets = view.data.buckets();
    let of = |n: usize| -> Option<(String, i64, i64)> {
        let name = buckets.get(n)?;
        let from: Vec<Row<'_>> = rows.iter().filter(|row| row.str("from_state") == name).copied().collect();
        let share = shares(&from);
        let is_older = |state: &str| buckets.iter().position(|bucket| bucket == state).is_some_and(|to| to > n);
        Some((words::bucket(view.language, name), share(&|state| state == "paid")?, share(&is_older)?))
    };
    let mut found = (1..buckets.len()).filter_map(of);
    let (first, next) = (found.next(), found.next());
    let first = first.as_ref().map(|(bucket, paid, older)| (bucket.as_str(), *paid, *older));
    let next = next.as_ref().map(|(bucket, _, older)| (bucket.as_str(), *older));
    sentences::roll(view.language, currency_symbol(view.language.code(), view.currency), first, next)
}

fn card(view: &View<'_>, rows: &[Row<'_>], from: &str, to: &str) -> Card {
    let legend = [
        ("shade bad", "piorou", "aged further"),
        ("shade stay", "ficou ou melhorou", "stayed or improved"),
        ("shade good", "pago", "paid"),
        ("shade credit", "abatido", "credited"),
        ("shade lost", "baixado como perda", "written off"),
    ];
    let said = view.language.pick(
        format!("{TABLE}: de cada faixa em {from}, quanto por cento está onde em {to}. Cada linha soma 100 %, salvo arredondamento. Por título e líquido: um abatimento sobre o que já foi pago não aparece. * = poucos títulos, ou o que os revelaria."),
        format!("{TABLE}: where each bucket of {from} was on {to}, in %. Each row adds up to 100%, but for rounding. Net by item: a credit on what was paid already does not show. * = few items, or what they could be worked out from."),
    );
    let key = legend.iter().map(|(class, pt, en)| ((*class).to_owned(), view.say(pt, en))).collect();
    let table = table(view, rows, from);
    Card { picture: Picture::Matrix { legend: key, table }, source: said, ..Card::default() }
}

fn table(view: &View<'_>, rows: &[Row<'_>], from: &str) -> Table {
    let (sources, targets) = (states(view, rows, "from_state", &SOURCES), states(view, rows, "to_state", &ENDS));
    let buckets = view.data.buckets();
    let name = |state: &String| words::state(view.language, state);
    let head = [
        Cell::text(view.language.pick(format!("em {from}"), format!("on {from}"))),
        Cell::number(view.say("valor", "amount")),
    ];
    let head = head.into_iter().chain(targets.iter().map(|state| Cell::number(name(state))));
    let groups = by(rows, |row| row.text("from_state"));
    let from =
        |source: &String| groups.iter().find(|(state, _)| state == source).map_or(Vec::new(), |(_, rows)| rows.clone());
    // The total of a row is shown, and that of a column is the aging.
    let items: Vec<Vec<i64>> = sources
        .iter()
        .map(|source| targets.iter().map(|target| count(&into(&from(source), target), "items")).collect())
        .collect();
    let hidden = withheld(&items, view.options.min_cell);
    let row = |(n, source): (usize, &String)| {
        let of = from(source);
        let total = sum(&of, "amount");
        let cell = view.short_cell(&format!("{TABLE}.amount"), &[("from_state", source)], total);
        let mut row = vec![Cell::text(name(source)), view.unless_few(count(&of, "items"), cell)];
        row.extend(targets.iter().enumerate().map(|(m, target)| match hidden[n][m] {
            true => Cell::number(HIDDEN).with_class("shade stay").with_title(view.few()),
            false => moved(view, (source, target), &buckets, &into(&of, target), total.unwrap_or(0)),
        }));
        row
    };
    let caption = view.say("Matriz de rolagem, em %", "Roll rates, in %");
    Table {
        caption,
        class: "heat",
        head: head.collect(),
        rows: sources.iter().enumerate().map(row).collect(),
        ..Table::default()
    }
}

/// The rows that went to a state.
fn into<'a>(rows: &[Row<'a>], target: &str) -> Vec<Row<'a>> {
    rows.iter().filter(|row| row.str("to_state") == target).copied().collect()
}

/// What moved from one state to another: its share, shaded by what that means.
fn moved(view: &View<'_>, (source, target): (&str, &str), buckets: &[String], rows: &[Row<'_>], total: i128) -> Cell {
    let Some((rate, amount)) = sum(rows, "amount").and_then(|amount| Some((ratio(amount, total)?, amount))) else {
        return Cell::number("");
    };
    let place = |state: &str| buckets.iter().position(|bucket| bucket == state);
    let class = match target {
        "paid" => "good",
        "credited" => "credit",
        "written_off" => "lost",
        _ if place(target) > place(source) && place(source).is_some() => "bad",
        _ => "stay",
    };
    let whole = (rate * 100.0).round() as i64;
    let text = if whole == 0 && amount > 0 { "<1".to_owned() } else { view.language.count(whole) };
    let way = format!("{} → {}", words::state(view.language, source), words::state(view.language, target));
    let title = format!("{way}: {}", view.money(amount));
    let cell = Cell::number(text).with_class("shade").with_class(class).with_title(title);
    // The square root: small shares would not be seen at all.
    Cell { shade: format!("{:.2}", rate.clamp(0.0, 1.0).sqrt()), ..cell }
}
