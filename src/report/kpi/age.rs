//! How old is the debt? One bar for all companies and one for each, and the table of buckets behind them.

use super::data::{at_least_of_accounts, count, sum};
use super::model::{Card, Cell, Part, Picture, Section, Stack, Table};
use super::sentences;
use super::suppress::withheld;
use super::view::{COMPANIES_MAX, View};
use crate::io::tables::Row;
use crate::report::numbers::ratio;
use crate::report::page::isolated;
use crate::report::words;

/// A part of a bar is labelled from this share on: below it the label would not fit.
const LABEL_SHARE_MIN: f64 = 0.055;
const SLIM_SHARE: f64 = 0.12;

/// What a column of the table adds up: all companies, one, or those that are not named.
struct Column {
    name: String,
    /// The company; none of all, and of the others together.
    company: Option<String>,
    is_all: bool,
    /// By bucket: amount, items, debtors.
    cells: Vec<(i128, i64, i64)>,
    few: Vec<bool>,
}

impl Column {
    fn total(&self) -> i128 {
        self.cells.iter().map(|(amount, ..)| amount).sum()
    }
}

pub fn section(view: &View<'_>) -> Section {
    let question = view.say("Qual é a idade da dívida?", "How old is the debt?");
    let rows: Vec<Row<'_>> = view.rows("kpi_aging").into_iter().filter(|row| row.int("bucket_no") >= 0).collect();
    let buckets = view.data.buckets();
    let card = if sum(&rows, "open_amount").is_none_or(|open| open <= 0) {
        Card::missing("", view.why_missing("kpi_aging"))
    } else {
        card(view, &buckets, &columns(view, &buckets, &rows))
    };
    Section { id: "age".to_owned(), question, answer: answer(view), cards: vec![card.wide()] }
}

fn answer(view: &View<'_>) -> String {
    let (language, now) = (view.language, &view.now);
    let Some((overdue, open)) = now.overdue.zip(now.open).filter(|(_, open)| *open > 0) else { return String::new() };
    let share = |part: i128| ratio(part, open).map_or(String::new(), |rate| view.share(rate));
    let old = now.over_90.unwrap_or(0);
    let (current, old_share, old) = (share(open - overdue), share(old), view.short(old));
    let all = match now.hides_a_bucket() {
        true => language.pick(format!("{current} ainda não venceram."), format!("{current} is not due yet.")),
        false => language.pick(
            format!("{current} ainda não venceram; {old_share} estão vencidos há mais de 90 dias ({old})."),
            format!("{current} is not due yet; {old_share} has been overdue for more than 90 days ({old})."),
        ),
    };
    format!("{all}{}", worst_company(view))
}

/// The company of the largest figure, where it is larger than every other, as far as its digits show.
fn first_alone(mut figures: Vec<(&str, f64, String)>) -> Option<(&str, String)> {
    figures.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let (company, figure, said) = figures.first()?;
    let is_alone = figures.get(1).is_some_and(|(_, _, next)| next != said);
    (is_alone && *figure > 0.0).then(|| (*company, said.clone()))
}

/// Which company has the largest overdue amount and which the largest share, where there are several.
fn worst_company(view: &View<'_>) -> String {
    let rows = view.rows("kpi_portfolio");
    let owing: Vec<&Row<'_>> = rows.iter().filter(|row| row.amount("open_amount") > 0).collect();
    let amount = |row: &&Row<'_>| row.amount("overdue_amount");
    let share = |row: &&Row<'_>| ratio(amount(row), row.amount("open_amount")).unwrap_or(0.0);
    let amounts = owing.iter().map(|row| (row.str("company_id"), amount(row) as f64, view.short(amount(row))));
    let shares = owing.iter().map(|row| (row.str("company_id"), share(row), view.share(share(row))));
    let (most, highest) = (first_alone(amounts.collect()), first_alone(shares.collect()));
    let named = |found: Option<(&str, String)>| found.map(|(company, said)| (isolated(company), said));
    sentences::worst_company(view.language, named(most), named(highest))
}

fn columns(view: &View<'_>, buckets: &[String], rows: &[Row<'_>]) -> Vec<Column> {
    let of = |name: String, company: Option<String>, is_all: bool, rows: &[Row<'_>]| {
        let cell = |bucket: &String| {
            let rows: Vec<Row<'_>> = rows.iter().filter(|row| row.str("bucket") == bucket).copied().collect();
            (sum(&rows, "open_amount").unwrap_or(0), count(&rows, "items"), at_least_of_accounts(&rows, "debtors"))
        };
        let cells: Vec<_> = buckets.iter().map(cell).collect();
        Column { name, company, is_all, few: vec![false; cells.len()], cells }
    };
    let companies = view.companies();
    let mut columns = vec![of(view.say("Todas", "All"), None, true, rows)];
    if companies.len() > 1 {
        let rows_of = |fits: &dyn Fn(&str) -> bool| -> Vec<Row<'_>> {
            rows.iter().filter(|row| fits(row.str("company_id"))).copied().collect()
        };
        let named = &companies[..companies.len().min(COMPANIES_MAX)];
        columns.extend(named.iter().map(|company| {
            of((*company).to_owned(), Some((*company).to_owned()), false, &rows_of(&|id| id == *company))
        }));
        if companies.len() > COMPANIES_MAX {
            let number = companies.len() - COMPANIES_MAX;
            let name = view.language.pick(format!("outras {number}"), format!("{number} others"));
            columns.push(of(name, None, false, &rows_of(&|id| !named.contains(&id))));
        }
    }
    hide_few(&mut columns, &view.now.hidden_buckets, view.options.min_cell);
    columns
}

/// The companies first, for their sum is shown; then the sum itself, where all of a bucket is withheld.
fn hide_few(columns: &mut [Column], all: &[bool], least: i64) {
    let debtors: Vec<Vec<i64>> =
        (0..all.len()).map(|bucket| columns[1..].iter().map(|column| column.cells[bucket].2).collect()).collect();
    let each = withheld(&debtors, least);
    for (number, column) in columns.iter_mut().enumerate() {
        for (bucket, is_hidden) in all.iter().enumerate() {
            column.few[bucket] = *is_hidden || (number > 0 && each[bucket][number - 1]);
        }
    }
}

fn card(view: &View<'_>, buckets: &[String], columns: &[Column]) -> Card {
    let legend = buckets.iter().enumerate().map(|(n, name)| (format!("b{n}"), words::bucket(view.language, name)));
    let few = columns.iter().any(|column| column.few.contains(&true));
    let few = few.then(|| ("few".to_owned(), view.of_few_debtors()));
    let stacks = columns.iter().map(|column| stack(view, buckets, column)).collect();
    Card {
        picture: Picture::Stacks { legend: legend.chain(few).collect(), stacks },
        source: view.say(
            "kpi_aging: dias corridos desde o vencimento; títulos em aberto pelo valor contábil, sem créditos não aplicados.",
            "kpi_aging: calendar days past due; open items at book value, without unapplied credits.",
        ),
        fold: Some((
            view.say("Tabela por faixa e empresa", "Table by bucket and company"),
            table(view, buckets, columns),
        )),
        ..Card::default()
    }
}

fn stack(view: &View<'_>, buckets: &[String], column: &Column) -> Stack {
    let (language, total) = (view.language, column.total());
    let (mut parts, mut said, mut hidden) = (Vec::new(), Vec::new(), 0);
    // One part stands for them all, in the place of the youngest.
    let (mut place, mut names) = (0, Vec::new());
    for (n, (name, (amount, ..))) in buckets.iter().zip(&column.cells).enumerate() {
        if column.few[n] {
            if hidden == 0 {
                place = parts.len();
            }
            hidden += amount;
            names.extend((*amount > 0).then(|| words::bucket(language, name)));
            continue;
        }
        let (name, share) = (words::bucket(language, name), ratio(*amount, total).unwrap_or(0.0));
        let percent = language.percent_whole(share);
        let title = format!("{}, {name}: {} ({})", column.name, view.money(*amount), language.percent(share));
        said.push(format!("{name} {percent}"));
        let text = if share >= LABEL_SHARE_MIN { percent } else { String::new() };
        // On a phone a label needs more of the bar.
        let class = if share < SLIM_SHARE { format!("b{n} slim") } else { format!("b{n}") };
        parts.push(Part { class, width: (share * 1000.0).round() as i64, text, title });
    }
    if hidden > 0 {
        let share = ratio(hidden, total).unwrap_or(0.0);
        let title = format!("{} ({})", view.few(), names.join(", "));
        let (class, width) = ("few".to_owned(), (share * 1000.0).round() as i64);
        parts.insert(place, Part { class, width, text: String::new(), title });
    }
    parts.retain(|part| part.width > 0);
    let keys: Vec<(&str, &str)> = column.company.iter().map(|company| ("company_id", company.as_str())).collect();
    let note = match (column.is_all, &column.company) {
        (false, None) => Cell::text(view.short(total)),
        _ => view.short_cell("kpi_portfolio.open_amount", &keys, Some(total)),
    };
    Stack { label: format!("{}: {}", column.name, said.join(", ")), name: column.name.clone(), note, parts }
}

fn table(view: &View<'_>, buckets: &[String], columns: &[Column]) -> Table {
    let all = &columns[0];
    let named = [("Dias de atraso", "Days past due"), ("Títulos", "Items"), ("Em aberto", "Open"), ("Parte", "Share")];
    let mut head = view.heads(1, &named);
    head.extend(columns[1..].iter().map(|column| Cell::number(&*column.name)));
    let row = |(n, name): (usize, &String)| {
        let (amount, items, _) = all.cells[n];
        let bucket = ("bucket", name.as_str());
        let share = view.percent_cell("", &[], ratio(amount, all.total()));
        let mut row = vec![
            Cell::text(words::bucket(view.language, name)).with_key(format!("b{n}")),
            view.count_cell("kpi_aging.items", &[bucket], items),
        ];
        row.push(view.unless(all.few[n], view.money_cell("kpi_aging.open_amount", &[bucket], Some(amount))));
        row.push(view.unless(all.few[n], Cell { kpi: String::new(), ..share }));
        row.extend(columns[1..].iter().map(|column| {
            let amount = Some(column.cells[n].0);
            let cell = match &column.company {
                Some(company) => view.money_cell("kpi_aging.open_amount", &[("company_id", company), bucket], amount),
                None => Cell::number(view.money(column.cells[n].0)),
            };
            view.unless(column.few[n], cell)
        }));
        row
    };
    let rows = buckets.iter().enumerate().map(row).collect();
    let items: i64 = all.cells.iter().map(|(_, items, _)| items).sum();
    let mut foot = vec![
        Cell::text("Total"),
        Cell::number(view.language.count(items)),
        Cell::number(view.money(all.total())),
        Cell::number(view.language.percent(1.0)),
    ];
    foot.extend(columns[1..].iter().map(|column| Cell::number(view.money(column.total()))));
    let caption = view.say("Em aberto por faixa de atraso e empresa", "Open amount by bucket and company");
    Table { caption, head, rows, foot, ..Table::default() }
}
