//! Do cohorts pay alike, and on whom do we depend? A shaded table of cohorts, and a curve of concentration.

use super::data::{by, is_true, sum};
use super::model::{Card, Cell, Picture, Section, Table};
use super::view::{COMPANIES_MAX, View};
use crate::io::tables::Row;
use crate::report::chart::{self, Point};
use crate::report::numbers::ratio;
use crate::report::page::isolated;

const VINTAGE: &str = "kpi_vintage";
const CONCENTRATION: &str = "kpi_concentration";
/// Cohorts that are shown, the newest.
const COHORTS_MAX: usize = 13;
/// Share of a month that has to have reached an age before it is shown.
const MATURED_MIN: f64 = 0.2;
/// The part that is named first, and those that take its place where it is of too few groups.
const TOP: [&str; 4] = ["top20", "top10", "top5", "top1"];

pub fn section(view: &View<'_>) -> Section {
    Section {
        id: "cohorts".to_owned(),
        question: view.say(
            "As safras pagam igual, e de quem depende a carteira?",
            "Do recent invoices pay as well as older ones, and who owes most?",
        ),
        answer: answer(view),
        cards: vec![vintages(view), concentration(view)],
    }
}

/// The parts of a company that may be told, the largest first: neither they, nor what is between two of them, nor what is
/// left of all, may be of a few groups.
fn parts<'a>(view: &View<'a>, company: &str) -> Vec<Row<'a>> {
    let rows: Vec<Row<'a>> =
        view.rows(CONCENTRATION).into_iter().filter(|row| row.str("company_id") == company).collect();
    let groups = |row: &Row<'_>| row.int("groups");
    // Fewer than ten groups have no tenths, and are all in the twenty largest.
    let tenths: i64 = rows.iter().filter(|row| row.str("part").starts_with("decile_")).map(groups).sum();
    let mut above = if tenths > 0 { tenths } else { rows.iter().map(groups).max().unwrap_or(0) };
    let part = |name: &&str| rows.iter().find(|row| row.str("part") == *name).copied();
    let mut parts: Vec<Row<'a>> = TOP.iter().filter_map(part).collect();
    parts.retain(|row| {
        let is_told = !view.is_few(groups(row)) && !view.is_few(above - groups(row));
        above = if is_told { groups(row) } else { above };
        is_told
    });
    parts
}

/// The largest part of a company that may be told: its groups, and their share.
fn top(view: &View<'_>, company: &str) -> Option<(i64, f64)> {
    let row = parts(view, company).first().copied()?;
    Some((row.int("groups"), row.float("open_share")?))
}

fn answer(view: &View<'_>) -> String {
    let companies = view.companies();
    let Some((groups, share)) = companies.first().and_then(|company| top(view, company)) else {
        return String::new();
    };
    let share = view.language.percent_whole(share);
    let of = match companies.as_slice() {
        [company, _, ..] => {
            let company = isolated(company);
            view.language.pick(format!("Na empresa {company}, os"), format!("In company {company}, the"))
        }
        _ => view.say("Os", "The"),
    };
    if groups == 1 {
        return String::new();
    }
    view.language.pick(
        format!("{of} {groups} maiores grupos de clientes devem {share} do que está em aberto."),
        format!("{of} {groups} largest groups of debtors owe {share} of what is open."),
    )
}

fn vintages(view: &View<'_>) -> Card {
    let title = view.say("Parte paga de cada mês de faturamento, em %", "Share paid, by billing month, in %");
    let rows = view.rows(VINTAGE);
    if rows.is_empty() {
        return Card::missing(title, view.why_missing(VINTAGE));
    }
    let mut ages: Vec<i64> = rows.iter().map(|row| row.int("days_after_due")).collect();
    ages.sort_unstable();
    ages.dedup();
    let mut cohorts = by(&rows, |row| row.date("issue_month").unwrap_or_default());
    cohorts.sort_by_key(|(month, _)| *month);
    let first = cohorts.len().saturating_sub(COHORTS_MAX);
    let mut head = vec![Cell::text(view.say("faturado em", "billed in")), Cell::number(view.say("valor", "amount"))];
    head.extend(
        ages.iter().map(|days| {
            Cell::number(if *days == 0 { view.say("até vencer", "when due") } else { format!("+{days}") })
        }),
    );
    let row = |(month, rows): &(chrono::NaiveDate, Vec<Row<'_>>)| {
        let day = month.to_string();
        let of_age =
            |days: i64| rows.iter().filter(|row| row.int("days_after_due") == days).copied().collect::<Vec<_>>();
        let billed = sum(&of_age(ages[0]), "billed_amount");
        let youngest = ages[0].to_string();
        let keys = [("issue_month", day.as_str()), ("days_after_due", youngest.as_str())];
        let mut cells =
            vec![Cell::text(view.language.month(*month)), view.short_cell("kpi_vintage.billed_amount", &keys, billed)];
        cells.extend(ages.iter().map(|days| cohort(view, &day, *days, &of_age(*days))));
        cells
    };
    let table = Table {
        caption: title.clone(),
        class: "heat",
        head,
        rows: cohorts[first..].iter().map(row).collect(),
        ..Table::default()
    };
    let source = view.say(
        "kpi_vintage: pago ÷ o que já chegou a essa idade, em dias depois do vencimento. * parte da safra ainda não chegou; · quase nada chegou.",
        "kpi_vintage: paid ÷ what has reached that age, in days after it was due. * only part of the month has reached that age; · too little has to show.",
    );
    Card { title, picture: Picture::Matrix { legend: Vec::new(), table }, source, ..Card::default() }
}

/// How much of a month was paid by an age. Shades begin where half is paid: few cells are lower.
fn cohort(view: &View<'_>, month: &str, days: i64, rows: &[Row<'_>]) -> Cell {
    let paid = sum(rows, "paid_amount").zip(sum(rows, "matured_amount"));
    // What little of a month has reached an age says nothing of it.
    let matured = sum(rows, "matured_amount").zip(sum(rows, "billed_amount")).and_then(|(part, all)| ratio(part, all));
    let is_enough = matured.is_some_and(|share| share >= MATURED_MIN);
    let Some(rate) = paid.and_then(|(paid, matured)| ratio(paid, matured)).filter(|_| is_enough) else {
        return Cell::number("·").with_class("soft");
    };
    let days = days.to_string();
    let keys = [("issue_month", month), ("days_after_due", days.as_str())];
    let tied = view.percent_cell("kpi_vintage.paid_amount/matured_amount", &keys, Some(rate));
    let whole = view.language.count((rate * 100.0).round() as i64);
    let is_complete = rows.iter().all(|row| is_true(*row, "is_complete"));
    let text = if is_complete { whole } else { format!("{whole}*") };
    let title = tied.text.clone();
    let shade = format!("{:.2}", ((rate - 0.5) * 2.0).clamp(0.0, 1.0));
    Cell { text, shade, title, ..tied }.with_class("shade good")
}

fn concentration(view: &View<'_>) -> Card {
    let title = view.say("Concentração", "Concentration");
    let companies = view.companies();
    let Some(company) = companies.first().filter(|_| !view.rows(CONCENTRATION).is_empty()) else {
        return Card::missing(title, view.why_missing(CONCENTRATION));
    };
    let title = if companies.len() > 1 { format!("{title}, {}", isolated(company)) } else { title };
    let source = view.say(
        "kpi_concentration: grupos de clientes (grupo, raiz do CNPJ ou cliente), do maior para o menor, por empresa; sem nomes.",
        "kpi_concentration: groups of debtors (group, CNPJ root or debtor), the largest first, by company; no names.",
    );

    match curve(view, company) {
        Some(svg) => {
            let below = Some(table(view, &companies));
            Card { title, picture: Picture::Drawing { svg, legend: Vec::new() }, below, source, ..Card::default() }
        }
        None => {
            let table = table(view, &companies);
            Card { title, picture: Picture::Table { table }, source, ..Card::default() }
        }
    }
}

/// Through the parts at the top and the tenths, each as far as it reaches.
fn curve(view: &View<'_>, company: &str) -> Option<String> {
    let rows: Vec<Row<'_>> =
        view.rows(CONCENTRATION).into_iter().filter(|row| row.str("company_id") == company).collect();
    let mut tenths: Vec<Row<'_>> = rows.iter().filter(|row| row.str("part").starts_with("decile_")).copied().collect();
    tenths.sort_by_key(|row| row.text("part"));
    let all: i64 = tenths.iter().map(|row| row.int("groups")).sum();
    if all == 0 {
        return None;
    }
    let top = rows.iter().filter(|row| row.str("part").starts_with("top") && !view.is_few(row.int("groups")));
    let mut reached: Vec<(i64, f64)> =
        top.filter_map(|row| Some((row.int("groups"), row.float("open_share")?))).collect();
    let (mut groups, mut share) = (0, 0.0);
    for row in &tenths {
        groups += row.int("groups");
        share += row.float("open_share").unwrap_or(0.0);
        if !view.is_few(groups) {
            reached.push((groups, share));
        }
    }
    reached.sort_by(|a, b| (a.0).cmp(&b.0).then(a.1.total_cmp(&b.1)));
    // Between two points there are never so few groups that their amounts could be told.
    let mut last = 0;
    reached.retain(|(groups, _)| {
        let is_far = *groups - last >= view.options.min_cell.max(1);
        last = if is_far { *groups } else { last };
        is_far && !view.is_few(all - groups)
    });
    let (named, named_share) = self::top(view, company)?;
    let language = view.language;
    let say = |rate: f64| language.percent_whole(rate);
    let text = |groups: i64, share: f64| {
        language.pick(format!("{groups} maiores: {}", say(share)), format!("{groups} largest: {}", say(share)))
    };
    let point = |(groups, share): &(i64, f64)| Point {
        x: *groups as f64 / all as f64,
        y: share.min(1.0),
        title: text(*groups, *share),
    };
    let points: Vec<Point> = reached.iter().map(point).collect();
    let label = text(named, named_share);
    let at = reached.iter().position(|(groups, _)| *groups == named).map(|n| (n, label.as_str()));
    let (middle, end) = (language.count(all / 2), language.count(all));
    let end = language.pick(format!("{end} grupos"), format!("{end} groups"));
    let aria = language.pick(format!("Concentração: os {label}"), format!("Concentration: the {label}"));
    chart::curve(&aria, &points, at, ["0", &middle, &end], &say)
}

fn table(view: &View<'_>, companies: &[&str]) -> Table {
    let rows = view.rows(CONCENTRATION);
    let row = |company: &&str| {
        let told = parts(view, company);
        let mut cells = vec![Cell::text(*company)];
        cells.extend(TOP.iter().rev().map(|part| {
            let found = rows.iter().find(|row| row.str("company_id") == *company && row.str("part") == *part);
            let Some(row) = found else { return Cell::number("–") };
            let keys = [("company_id", *company), ("part", *part)];
            let cell = view.percent_cell("kpi_concentration.open_share", &keys, row.float("open_share"));
            view.unless(!told.iter().any(|row| row.str("part") == *part), cell)
        }));
        cells
    };
    let mut head = vec![Cell::text(view.say("Empresa", "Company"))];
    head.extend(TOP.iter().rev().map(|part| Cell::number(part.replace("top", "top\u{a0}"))));
    let caption = view.say("Parte do que está em aberto, por empresa", "Share of what is open, by company");
    let shown = &companies[..companies.len().min(COMPANIES_MAX)];
    Table { caption, head, rows: shown.iter().map(row).collect(), ..Table::default() }
}
