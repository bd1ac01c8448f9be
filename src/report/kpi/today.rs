//! What goes out today, and why is nothing sent to the others? A date for which nothing was decided has no such
//! section.

use super::data::{at_least, at_least_of_accounts, by, count, sum};
use super::head::plural;
use super::model::{Card, Cell, Picture, Section, Table};
use super::view::View;
use crate::io::tables::Row;
use crate::report::words::{self, Kind};

/// Lines of a picture; the others are in the table behind it.
const LINES_MAX: usize = 9;

/// One line of bars: its name, how many, of how many debtors, and the amount behind them.
struct Line {
    code: String,
    name: String,
    number: i64,
    debtors: i64,
    amount: Option<i128>,
}

/// What the lines of a card come from.
struct Lines<'a> {
    table: &'a str,
    key: &'a str,
    kind: Kind,
    /// Column that is counted.
    number: &'a str,
    /// How many debtors its rows are of for certain.
    debtors: fn(&[Row<'_>], &str) -> i64,
}

impl Lines<'_> {
    fn of(&self, view: &View<'_>) -> Vec<Line> {
        let line = |(code, rows): (String, Vec<Row<'_>>)| Line {
            name: words::of(view.language, self.kind, &code),
            number: count(&rows, self.number),
            debtors: (self.debtors)(&rows, "debtors"),
            amount: sum(&rows, "open_amount"),
            code,
        };
        let mut lines: Vec<Line> = by(&view.rows(self.table), |row| row.text(self.key)).into_iter().map(line).collect();
        lines.sort_by(|a, b| (b.number, &a.code).cmp(&(a.number, &b.code)));
        lines
    }
}

pub fn section(view: &View<'_>) -> Option<Section> {
    if view.is_kpi_only() {
        return None;
    }
    let (actions, holds) = (
        Lines { table: "kpi_actions", key: "step_kind", kind: Kind::Step, number: "actions", debtors: at_least },
        // An account is left alone for one reason.
        Lines { table: "kpi_holds", key: "reason", kind: Kind::Hold, number: "debtors", debtors: at_least_of_accounts },
    );
    let (sent, held) = (actions.of(view), holds.of(view));
    let cards = vec![
        card(
            view,
            &actions,
            &sent,
            ("Ações por tipo", "Actions by kind"),
            (
                "kpi_actions: ações que valem para esta data; valor dos títulos citados.",
                "kpi_actions: actions of this date; amount of the cited items.",
            ),
            "s1",
        ),
        card(
            view,
            &holds,
            &held,
            ("Por que não se age", "Why nothing is sent today"),
            (
                "kpi_holds: contas sem ação, cada uma com um só motivo; o que devem.",
                "kpi_holds: accounts without an action, each with one reason; what they owe.",
            ),
            "s3",
        ),
        channels(view),
    ];
    Some(Section {
        id: "today".to_owned(),
        question: view.say(
            "O que sai hoje, e por que os outros não são cobrados?",
            "What goes out today, and why is nothing sent to the others?",
        ),
        answer: answer(view, &sent, &held),
        cards,
    })
}

fn answer(view: &View<'_>, sent: &[Line], held: &[Line]) -> String {
    let language = view.language;
    let total = |lines: &[Line]| lines.iter().map(|line| line.number).sum::<i64>();
    if sent.is_empty() && held.is_empty() {
        return view.say("Não há conta a decidir nesta data.", "There is no account to decide on.");
    }
    let actions = plural(language, total(sent), ("ação", "ações"), ("action", "actions"));
    let (pt_br, en) = (("conta sem ação", "contas sem ação"), ("account without one", "accounts without one"));
    let accounts = plural(language, total(held), pt_br, en);
    let most = held.first().map_or(String::new(), |line| {
        let number = language.count(line.number);
        language.pick(
            format!(": o mais comum é “{}” ({number})", line.name),
            format!("; most often “{}” ({number})", line.name),
        )
    });
    language.pick(
        format!("{actions}; {accounts}, cada uma com seu motivo{most}."),
        format!("{actions}; {accounts}, each with its reason{most}."),
    )
}

fn card(
    view: &View<'_>,
    lines: &Lines<'_>,
    all: &[Line],
    title: (&str, &str),
    source: (&str, &str),
    bars: &'static str,
) -> Card {
    let title = view.say(title.0, title.1);
    if all.is_empty() {
        return Card::missing(title, view.why_missing(lines.table));
    }
    let longest = all.iter().map(|line| line.number).max().unwrap_or(1).max(1) as f64;
    let shown = if all.len() > LINES_MAX + 1 { &all[..LINES_MAX] } else { all };
    let mut rows: Vec<Vec<Cell>> = shown.iter().map(|line| row(view, lines, line, longest)).collect();
    let rest = &all[shown.len()..];
    if !rest.is_empty() {
        let number = rest.iter().map(|line| line.number).sum::<i64>();
        let name = view.language.pick(format!("outros {}", rest.len()), format!("{} others", rest.len()));
        let bar = Cell::number(view.language.count(number)).with_bar(number as f64 / longest);
        rows.push(vec![Cell::text(name), bar, Cell::number("")]);
    }
    let class = if bars == "s3" { "bars quiet" } else { "bars" };
    let picture = Picture::Table { table: Table { caption: title.clone(), class, rows, ..Table::default() } };
    let fold = (!rest.is_empty()).then(|| {
        let head = [("Motivo", "Reason"), ("Número", "Number"), ("Em aberto", "Open")];
        let rows = all.iter().map(|line| full(view, lines, line)).collect();
        (
            view.say("Todos em tabela", "All as a table"),
            Table { caption: title.clone(), head: view.heads(1, &head), rows, ..Table::default() },
        )
    });
    Card { title, picture, source: view.say(source.0, source.1), fold, ..Card::default() }
}

fn row(view: &View<'_>, lines: &Lines<'_>, line: &Line, longest: f64) -> Vec<Cell> {
    let keys = [(lines.key, line.code.as_str())];
    let number = view.count_cell(&format!("{}.{}", lines.table, lines.number), &keys, line.number);
    let amount = view.short_cell(&format!("{}.open_amount", lines.table), &keys, line.amount).with_class("soft");
    vec![Cell::text(&*line.name), number.with_bar(line.number as f64 / longest), view.unless_few(line.debtors, amount)]
}

fn full(view: &View<'_>, lines: &Lines<'_>, line: &Line) -> Vec<Cell> {
    let keys = [(lines.key, line.code.as_str())];
    let amount = view.money_cell(&format!("{}.open_amount", lines.table), &keys, line.amount);
    vec![
        Cell::text(&*line.name),
        view.count_cell(&format!("{}.{}", lines.table, lines.number), &keys, line.number),
        view.unless_few(line.debtors, amount),
    ]
}

/// Régua, step and channel, and their rows.
type Step<'a> = ((String, String, String), Vec<Row<'a>>);

/// The same actions by the way they take.
fn channels(view: &View<'_>) -> Card {
    let title = view.say("Ações por passo e canal", "Actions by step and channel");
    let rows = view.rows("kpi_actions");
    if rows.is_empty() {
        return Card::default();
    }
    let mut steps = by(&rows, |row| (row.text("regua"), row.text("step_id"), row.text("channel")));
    steps.sort_by(|a, b| a.0.cmp(&b.0));
    // The sum of each kind stands above.
    let kind = |of: &[Row<'_>]| of.first().map(|row| row.text("step_kind"));
    let of_kinds: Vec<_> = steps.iter().map(|(_, of)| (kind(of), at_least(of, "debtors"))).collect();
    let hidden = view.hidden_within(&of_kinds);
    let line = |(((regua, step, channel), of), is_hidden): (&Step<'_>, bool)| {
        let keys = [("regua", regua.as_str()), ("step_id", step), ("channel", channel)];
        let amount = view.money_cell("kpi_actions.open_amount", &keys, sum(of, "open_amount"));
        vec![
            Cell::text(&**step).with_note(&**regua),
            Cell::text(words::of(view.language, Kind::Channel, channel)),
            view.count_cell("kpi_actions.actions", &keys, count(of, "actions")),
            view.unless(is_hidden, amount),
        ]
    };
    let head = [("Passo", "Step"), ("Canal", "Channel"), ("Ações", "Actions"), ("Valor", "Amount")];
    let table = Table {
        caption: title.clone(),
        head: view.heads(2, &head),
        rows: steps.iter().zip(hidden).map(line).collect(),
        ..Table::default()
    };
    Card { fold: Some((title, table)), is_wide: true, ..Card::default() }
}
