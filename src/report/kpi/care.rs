//! Do we treat customers well? How often they hear from us, who asked not to, and what must be removed by when.

use super::data::{at_least, by, count, sum};
use super::model::{Card, Cell, Picture, Section, Table};
use super::view::View;
use crate::io::tables::Row;
use crate::report::numbers::ratio;
use crate::report::words::{self, Kind};

const PRESSURE: &str = "kpi_contact_pressure";
const LISTINGS: &str = "kpi_listings";
/// All channels together.
const ALL: &str = "*";
/// From so many contacts on they are one line.
const CONTACTS_MAX: i64 = 6;

pub fn section(view: &View<'_>) -> Section {
    let pressure = pressed(view);
    Section {
        id: "care".to_owned(),
        question: view.say("Estamos respeitando os clientes?", "Do we treat customers well?"),
        answer: answer(view, &pressure),
        cards: vec![pressure_card(view, &pressure), silence(view), listings(view).wide()],
    }
}

/// Number of contacts in the last seven days = debtors, over all channels.
fn pressed(view: &View<'_>) -> Vec<(i64, i64)> {
    let rows: Vec<Row<'_>> = view.rows(PRESSURE).into_iter().filter(|row| row.str("channel") == ALL).collect();
    let mut numbers = by(&rows, |row| row.int("contacts"));
    numbers.sort_by_key(|(contacts, _)| *contacts);
    numbers
        .into_iter()
        .map(|(contacts, rows)| (contacts, count(&rows, "debtors")))
        .filter(|(_, debtors)| *debtors > 0)
        .collect()
}

fn answer(view: &View<'_>, pressure: &[(i64, i64)]) -> String {
    let language = view.language;
    let all: i64 = pressure.iter().map(|(_, debtors)| debtors).sum();
    let Some((most, _)) = pressure.last().filter(|_| all > 0) else { return String::new() };
    let none = pressure.iter().filter(|(contacts, _)| *contacts == 0).map(|(_, debtors)| debtors).sum::<i64>();
    if *most == 0 {
        return view.say(
            "Nenhum cliente com título em aberto foi contatado em sete dias.",
            "No debtor with an open item was contacted in seven days.",
        );
    }
    let (some, everybody) = (language.count(all - none), language.count(all));
    let number = language.count(*most);
    let times = language.pick(
        if *most == 1 { "uma vez".to_owned() } else { format!("{number} vezes") },
        if *most == 1 { "once".to_owned() } else { format!("{number} times") },
    );
    language.pick(
        format!( "Em sete dias, {some} de {everybody} clientes com título em aberto foram contatados, e nenhum mais de {times}."),
        format!("In seven days, {some} of {everybody} debtors with an open item were contacted, and none more than {times}."),
    )
}

fn pressure_card(view: &View<'_>, pressure: &[(i64, i64)]) -> Card {
    let title = view.say("Contatos nos últimos 7 dias, por cliente", "Contacts in the last 7 days, by debtor");
    let all: i64 = pressure.iter().map(|(_, debtors)| debtors).sum();
    if all == 0 {
        return Card::missing(title, view.why_missing(PRESSURE));
    }
    let longest = pressure.iter().map(|(_, debtors)| *debtors).max().unwrap_or(1) as f64;
    let (few, many): (Vec<_>, Vec<_>) = pressure.iter().partition(|(contacts, _)| *contacts < CONTACTS_MAX);
    let row = |name: String, cell: Cell, debtors: i64| {
        let share = view.language.percent_whole(debtors as f64 / all as f64);
        vec![Cell::text(name), cell.with_bar(debtors as f64 / longest), Cell::number(share).with_class("soft")]
    };
    let mut rows: Vec<Vec<Cell>> = few
        .iter()
        .map(|(contacts, debtors)| {
            let number = contacts.to_string();
            let keys = [("channel", ALL), ("contacts", number.as_str())];
            row(number.clone(), view.count_cell(&format!("{PRESSURE}.debtors"), &keys, *debtors), *debtors)
        })
        .collect();
    let more: i64 = many.iter().map(|(_, debtors)| debtors).sum();
    if more > 0 {
        let name = view.language.pick(format!("{CONTACTS_MAX} ou mais"), format!("{CONTACTS_MAX} or more"));
        rows.push(row(name, Cell::number(view.language.count(more)), more));
    }
    let table = Table { caption: title.clone(), class: "bars", rows, ..Table::default() };
    let source = view.say(
        "kpi_contact_pressure: clientes com título em aberto, todos os canais; por empresa, quem deve a duas conta nas duas.",
        "kpi_contact_pressure: debtors with an open item, all channels; a debtor of two companies counts in both.",
    );
    Card { title, picture: Picture::Table { table }, source, ..Card::default() }
}

/// Opt-outs and failed deliveries.
fn silence(view: &View<'_>) -> Card {
    let title = view.say("Descadastros e mensagens não entregues", "Opt-outs and failed deliveries");
    let groups = by(&view.rows("kpi_recovery"), |row| row.text("channel"));
    if groups.is_empty() {
        return Card::missing(title, view.why_missing("kpi_recovery"));
    }
    let row = |(channel, rows): &(String, Vec<Row<'_>>)| {
        let keys = [("channel", channel.as_str())];
        let mut cells = vec![Cell::text(words::of(view.language, Kind::Channel, channel))];
        cells.extend(
            ["contacts", "bounced", "opted_out", "complained"]
                .map(|column| view.count_cell(&format!("kpi_recovery.{column}"), &keys, count(rows, column))),
        );
        cells
    };
    let heads = [
        ("Canal", "Channel"),
        ("contatos", "contacts"),
        ("devolvidos", "bounced"),
        ("descadastros", "opted out"),
        ("reclamações", "complaints"),
    ];
    let mut groups = groups;
    groups.sort_by(|a, b| (count(&b.1, "contacts"), &a.0).cmp(&(count(&a.1, "contacts"), &b.0)));
    let table = Table {
        caption: title.clone(),
        head: view.heads(1, &heads),
        rows: groups.iter().map(row).collect(),
        ..Table::default()
    };
    let source = view.say(
        "kpi_recovery: contatos dos últimos meses que já tiveram seu prazo.",
        "kpi_recovery: contacts whose follow-up window has closed.",
    );
    Card { title, picture: Picture::Table { table }, source, ..Card::default() }
}

/// What is listed or protested, and what must be removed.
fn listings(view: &View<'_>) -> Card {
    let title = view.say("Negativações e protestos", "Listings and protests");
    let groups = by(&view.rows(LISTINGS), |row| row.text("kind"));
    if groups.is_empty() {
        return Card::missing(title, view.why_missing(LISTINGS));
    }
    let row = |(kind, rows): &(String, Vec<Row<'_>>)| {
        let keys = [("kind", kind.as_str())];
        let number = |column: &str| view.count_cell(&format!("{LISTINGS}.{column}"), &keys, count(rows, column));
        let overdue = number("removals_overdue");
        let worst = rows.iter().map(|row| row.int("overdue_days_max")).max().unwrap_or(0);
        let amount = view.money_cell(&format!("{LISTINGS}.listed_amount"), &keys, sum(rows, "listed_amount"));
        vec![
            Cell::text(words::of(view.language, Kind::Listing, kind)),
            number("listings"),
            view.unless_few(at_least(rows, "listings"), amount),
            number("paid_while_listed"),
            number("removals_due"),
            if count(rows, "removals_overdue") > 0 { overdue.with_class("bad") } else { overdue },
            Cell::number(if worst > 0 { view.language.days(worst as f64) } else { "–".to_owned() }),
            number("unknown_items"),
        ]
    };
    let heads = [
        ("", ""),
        ("ativas", "in force"),
        ("valor", "amount"),
        ("já pagas", "paid"),
        ("exclusão a pedir", "removal not yet requested"),
        ("fora do prazo", "overdue"),
        ("pior atraso", "worst"),
        ("título desconhecido", "item unknown"),
    ];
    let table = Table {
        caption: title.clone(),
        head: view.heads(1, &heads),
        rows: groups.iter().map(row).collect(),
        ..Table::default()
    };
    let listed =
        sum(&view.rows("kpi_portfolio"), "listed_amount").zip(view.now.open).and_then(|(part, all)| ratio(part, all));
    // Of a kind that is withheld, what is listed in all would tell.
    let is_few = groups.iter().any(|(_, rows)| view.is_few(at_least(rows, "listings")));
    let share = listed.filter(|_| !is_few).map_or(String::new(), |rate| {
        let share = view.language.percent(rate);
        view.language.pick(
            format!(" {share} do que está em aberto está negativado ou protestado; um título que está nos dois conta uma vez."),
            format!(" {share} of what is open is listed or protested; an item that is both counts once."),
        )
    });
    let source = view.say(
        "kpi_listings: depois de pago tudo, a exclusão da negativação é devida em cinco dias úteis (Súmula 548 do STJ).",
        "kpi_listings: once all is paid, a bureau listing must be removed within five business days (STJ, Súmula 548).",
    );
    Card { title, picture: Picture::Table { table }, source: source + &share, ..Card::default() }
}
