//! Where did the debt of a month ago go? A matrix, shaded: from each bucket to where its money is now.

use super::data::{by, count, sum};
use super::model::{Card, Cell, Picture, Section, Table};
use super::sentences::{self, Rolled};
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
    let matrix = Matrix::of(view, &rows);
    let from = rows.first().and_then(|row| row.date("from_date"));
    let days = from.map_or(30, |from| (view.run.as_of - from).num_days());
    let question = view.language.pick(
        format!("Para onde foi a dívida de {days} dias atrás?"),
        format!("Where did the debt of {days} days ago go?"),
    );
    let card = match from {
        None => Card::missing("", view.why_missing(TABLE)),
        Some(from) => card(view, &matrix, &view.language.date_short(from), &view.language.date_short(view.run.as_of)),
    };
    Section { id: "roll".to_owned(), question, answer: answer(view, &matrix), cards: vec![card.wide()] }
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

/// The rows by where their money was and where it is, and which cells are withheld.
struct Matrix<'a> {
    sources: Vec<String>,
    targets: Vec<String>,
    /// The rows of each source.
    from: Vec<Vec<Row<'a>>>,
    hidden: Vec<Vec<bool>>,
}

impl<'a> Matrix<'a> {
    fn of(view: &View<'a>, rows: &[Row<'a>]) -> Matrix<'a> {
        let (sources, targets) = (states(view, rows, "from_state", &SOURCES), states(view, rows, "to_state", &ENDS));
        let groups = by(rows, |row| row.text("from_state"));
        let of = |source| groups.iter().find(|(state, _)| state == source).map_or(Vec::new(), |(_, rows)| rows.clone());
        let from: Vec<Vec<Row<'a>>> = sources.iter().map(of).collect();
        // The total of a row is shown, and that of a column is the aging.
        let cells = |of: &Vec<Row<'_>>| targets.iter().map(|target| count(&into(of, target), "items")).collect();
        let items: Vec<Vec<i64>> = from.iter().map(cells).collect();
        let hidden = withheld(&items, view.options.min_cell);
        Matrix { sources, targets, from, hidden }
    }

    /// What part of a source's money went to the states that fit, in whole percent; none where one of the cells is withheld.
    fn share(&self, source: usize, fits: impl Fn(&str) -> bool) -> Option<i64> {
        let places: Vec<usize> = (0..self.targets.len()).filter(|n| fits(&self.targets[*n])).collect();
        if places.iter().any(|n| self.hidden[source][*n]) {
            return None;
        }
        let part = places.iter().filter_map(|n| sum(&into(&self.from[source], &self.targets[*n]), "amount")).sum();
        ratio(part, sum(&self.from[source], "amount")?).map(|rate| (rate * 100.0).round() as i64)
    }
}

/// Of the first two overdue buckets of which anything may be told: how much was paid, and how much grew older.
fn answer(view: &View<'_>, matrix: &Matrix<'_>) -> String {
    let buckets = view.data.buckets();
    let place = |state: &str| buckets.iter().position(|bucket| bucket == state);
    let overdue = |source: &usize| place(&matrix.sources[*source]).is_some_and(|place| place > 0);
    let rolled = |source: usize| {
        let from = place(&matrix.sources[source]);
        Rolled {
            bucket: words::bucket(view.language, &matrix.sources[source]),
            paid: matrix.share(source, |state| state == "paid"),
            older: matrix.share(source, |state| place(state) > from),
        }
    };
    let found: Vec<Rolled> = (0..matrix.sources.len()).filter(overdue).map(rolled).collect();
    let symbol = currency_symbol(view.language.code(), view.currency);
    sentences::roll(view.language, symbol, &found, !found.is_empty())
}

fn card(view: &View<'_>, matrix: &Matrix<'_>, from: &str, to: &str) -> Card {
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
    let table = table(view, matrix, from);
    Card { picture: Picture::Matrix { legend: key, table }, source: said, ..Card::default() }
}

fn table(view: &View<'_>, matrix: &Matrix<'_>, from: &str) -> Table {
    let Matrix { sources, targets, hidden, .. } = matrix;
    let buckets = view.data.buckets();
    let name = |state: &String| words::state(view.language, state);
    let head = [
        Cell::text(view.language.pick(format!("em {from}"), format!("on {from}"))),
        Cell::number(view.say("valor", "amount")),
    ];
    let head = head.into_iter().chain(targets.iter().map(|state| Cell::number(name(state))));
    let row = |(n, source): (usize, &String)| {
        let of = &matrix.from[n];
        let total = sum(of, "amount");
        // A cell that is alone in its row is the total of it.
        let is_alone = hidden[n].iter().filter(|is_hidden| **is_hidden).count() == 1;
        let is_hidden = is_alone || view.is_few(count(of, "items"));
        let cell = view.short_cell(&format!("{TABLE}.amount"), &[("from_state", source)], total);
        let mut row = vec![Cell::text(name(source)), view.unless(is_hidden, cell)];
        row.extend(targets.iter().enumerate().map(|(m, target)| match hidden[n][m] {
            true => Cell::number(HIDDEN).with_class("shade stay").with_title(view.few()),
            false => moved(view, (source, target), &buckets, &into(of, target), total.unwrap_or(0)),
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
