//! Other currencies, each in a part of its own: amounts of different currencies are never added.

use super::data::{Headline, at_least, count, dso, sum};
use super::model::{Card, Cell, Picture, Section, Table};
use super::view::{COMPANIES_MAX, View};
use crate::io::tables::Row;
use crate::report::numbers::ratio;

/// Nothing where there is one currency.
pub fn section(view: &View<'_>, currencies: &[String]) -> Option<Section> {
    if currencies.is_empty() {
        return None;
    }
    let cards = currencies.iter().map(|currency| card(view, currency)).collect();
    Some(Section {
        id: "currencies".to_owned(),
        question: view.say("E as outras moedas?", "And the other currencies?"),
        answer: view.language.pick(
            format!("Moedas não são somadas: tudo acima é em {}.", view.currency),
            format!("Currencies are never added together: all of the above is in {}.", view.currency),
        ),
        cards,
    })
}

fn card(view: &View<'_>, currency: &str) -> Card {
    let view = View {
        language: view.language,
        data: view.data,
        run: view.run,
        options: view.options,
        currency,
        now: Headline::of(&view.data, currency, view.options.min_cell),
    };
    let source = view.say("kpi_portfolio, kpi_dso, por empresa.", "kpi_portfolio, kpi_dso, by company.");
    let card = Card { title: currency.to_owned(), source, ..Card::default() }.wide();
    let companies = view.companies();
    if companies.is_empty() {
        let why =
            view.say("Só créditos não aplicados; nada está em aberto.", "Unapplied credits alone; nothing is open.");
        return Card { picture: Picture::Missing { why }, ..card };
    }
    Card { picture: Picture::Table { table: table(&view, &companies) }, ..card }
}

fn table(view: &View<'_>, companies: &[&str]) -> Table {
    let heads = [
        ("Empresa", "Company"),
        ("Em aberto", "Open"),
        ("Vencido", "Overdue"),
        ("Parte vencida", "Overdue share"),
        ("DSO", "DSO"),
        ("Contas", "Accounts"),
    ];
    let shown = &companies[..companies.len().min(COMPANIES_MAX)];
    let rows = |table: &str, company: &str| -> Vec<Row<'_>> {
        view.rows(table).into_iter().filter(|row| row.str("company_id") == company).collect()
    };
    let hidden = view.hidden(shown.iter().map(|company| count(&rows("kpi_portfolio", company), "debtors")));
    let line = |(company, is_hidden): (&&str, bool)| {
        let keys = [("company_id", *company)];
        let (portfolio, sales) = (rows("kpi_portfolio", company), rows("kpi_dso", company));
        figures(view, (Cell::text(*company), is_hidden), &keys, &portfolio, &sales)
    };
    let (portfolio, sales) = (view.rows("kpi_portfolio"), view.rows("kpi_dso"));
    let is_few = view.is_few(at_least(&portfolio, "debtors"));
    let foot = figures(view, (Cell::text("Total"), is_few), &[], &portfolio, &sales);
    let cut = companies.len() - shown.len();
    Table {
        caption: view.currency.to_owned(),
        head: view.heads(1, &heads),
        rows: shown.iter().zip(hidden).map(line).collect(),
        foot: if companies.len() > 1 { foot } else { Vec::new() },
        cut: if cut > 0 {
            view.language.pick(format!("… e outras {cut}"), format!("… and {cut} others"))
        } else {
            String::new()
        },
        ..Table::default()
    }
}

fn figures(
    view: &View<'_>,
    (name, is_hidden): (Cell, bool),
    keys: &[(&str, &str)],
    portfolio: &[Row<'_>],
    sales: &[Row<'_>],
) -> Vec<Cell> {
    let accounts = count(portfolio, "debtors");
    let (open, overdue) = (sum(portfolio, "open_amount"), sum(portfolio, "overdue_amount"));
    let share = overdue.zip(open).and_then(|(overdue, open)| ratio(overdue, open));
    let (days, _) = dso(sales);
    vec![
        name,
        view.unless(is_hidden, view.money_cell("kpi_portfolio.open_amount", keys, open)),
        view.unless(is_hidden, view.money_cell("kpi_portfolio.overdue_amount", keys, overdue)),
        // With the totals below, two ratios would give the amounts away.
        view.unless(is_hidden, view.percent_cell("kpi_portfolio.overdue_amount/open_amount", keys, share)),
        view.unless(is_hidden, view.days_cell("kpi_dso.dso_days", keys, days)),
        view.count_cell("kpi_portfolio.debtors", keys, accounts),
    ]
}
