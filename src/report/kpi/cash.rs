//! What will come in, and what will not? Thirteen weeks as columns, and the expected loss by bucket.

use super::data::{by, count, money, sum};
use super::model::{Card, Cell, Picture, Section, Table};
use super::sentences;
use super::view::View;
use crate::domain::message::currency_symbol;
use crate::io::tables::Row;
use crate::report::chart::{self, Series};
use crate::report::numbers::ratio;
use crate::report::words::{self, Kind};

const FORECAST: &str = "kpi_cash_forecast";
const LOSSES: &str = "kpi_ecl";
/// Where cash comes from, in the order in which the parts stand on each other.
const SOURCES: [&str; 4] = ["not_due", "overdue", "promise", "agreement"];
const WEEKS: i64 = 4;

pub fn section(view: &View<'_>) -> Section {
    let now = &view.now;
    let expected = [1, WEEKS, i64::MAX].map(|weeks| now.expected(weeks).map(|amount| view.short(amount)));
    let loss = now.loss.zip(now.loss_share()).map(|(loss, share)| (view.short(loss), view.language.percent(share)));
    let answer = sentences::cash(
        view.language,
        match &expected {
            [Some(week), Some(weeks), Some(all)] => Some([week.as_str(), weeks, all]),
            _ => None,
        },
        loss.as_ref().map(|(loss, share)| (loss.as_str(), share.as_str())),
    );
    Section {
        id: "cash".to_owned(),
        question: view.say("O que vai entrar, e o que não vai?", "What will come in, and what will not?"),
        answer,
        cards: vec![forecast(view), losses(view)],
    }
}

/// A week of the forecast, over companies.
struct Week {
    name: String,
    no: i64,
    expected: Vec<Option<i128>>,
    due: Option<i128>,
}

impl Week {
    fn total(&self) -> Option<i128> {
        let known: Vec<i128> = self.expected.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum())
    }
}

fn weeks(view: &View<'_>) -> Vec<Week> {
    let mut weeks = by(&view.rows(FORECAST), |row| row.int("week_no"));
    weeks.sort_by_key(|(no, _)| *no);
    let of = |(no, rows): (i64, Vec<Row<'_>>)| {
        let part = |source: &&str| {
            let rows: Vec<Row<'_>> = rows.iter().filter(|row| row.str("source") == *source).copied().collect();
            sum(&rows, "expected_amount")
        };
        let name = rows.first().and_then(|row| row.date("week_from")).map(|day| view.language.date_short(day));
        Week {
            name: name.unwrap_or_default(),
            no,
            expected: SOURCES.iter().map(part).collect(),
            due: sum(&rows, "due_amount"),
        }
    };
    weeks.into_iter().map(of).collect()
}

fn forecast(view: &View<'_>) -> Card {
    let symbol = currency_symbol(view.language.code(), view.currency);
    let title = view
        .language
        .pick(format!("Entradas esperadas por semana, em {symbol}"), format!("Cash expected by week, in {symbol}"));
    let weeks = weeks(view);
    let points: Vec<String> = weeks.iter().map(|week| week.name.clone()).collect();
    let values: Vec<Vec<Option<f64>>> = (0..SOURCES.len())
        .map(|source| weeks.iter().map(|week| week.expected[source].map(|amount| amount as f64)).collect())
        .collect();
    let due: Vec<Option<f64>> = weeks.iter().map(|week| week.due.map(|amount| amount as f64)).collect();
    let names: Vec<String> = SOURCES.iter().map(|source| words::of(view.language, Kind::Source, source)).collect();
    let classes = ["s1", "s2", "s4", "s5"];
    let parts: Vec<Series<'_>> =
        names.iter().zip(&values).zip(classes).map(|((name, values), class)| Series { name, class, values }).collect();
    let mark = view.say("vence na semana", "falls due that week");
    let marks = Series { name: &mark, class: "mark", values: &due };
    let say = |amount: f64| view.short(amount.round() as i128);
    let axis = |amount: f64| view.language.amount_short(view.currency, amount.round() as i128);
    let told = weeks.iter().filter_map(|week| Some(format!("{} {}", week.name, view.short(week.total()?))));
    let label = format!("{title}: {}", told.collect::<Vec<_>>().join(", "));
    let picture = chart::Picture { label, points: &points, axis: &axis, say: &say };
    let Some(svg) = chart::columns(&picture, &parts, &marks).filter(|_| !view.now.weeks.is_empty()) else {
        return Card::missing(title, view.why_missing(FORECAST));
    };
    let shown = names.iter().zip(classes).zip(&values).filter(|(_, values)| values.iter().flatten().any(|v| *v > 0.0));
    let mut legend: Vec<(String, String)> =
        shown.map(|((name, class), _)| (format!("key {class}"), name.clone())).collect();
    legend.push(("key mark".to_owned(), mark.clone()));
    Card {
        title,
        picture: Picture::Drawing { svg, legend },
        source: source(view),
        fold: Some((view.say("Semana a semana", "Week by week"), table(view, &weeks, &names))),
        ..Card::default()
    }
}

fn source(view: &View<'_>) -> String {
    let said = view.say(
        "kpi_cash_forecast: o que foi pago em cada idade nas últimas 26 semanas, aplicado ao que está em aberto; só o que já \
         foi faturado.",
        "kpi_cash_forecast: what was paid at each age in the last 26 weeks, applied to what is open; only what is billed.",
    );
    let without = &view.now.without_forecast;
    if without.is_empty() {
        return said;
    }
    let names = without.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    view.language.pick(
        format!("{said} Sem previsão, por falta de histórico: {names}."),
        format!("{said} Without a forecast, for want of history: {names}."),
    )
}

fn table(view: &View<'_>, weeks: &[Week], names: &[String]) -> Table {
    let mut head = vec![Cell::text(view.say("Semana de", "Week of"))];
    head.extend(names.iter().map(Cell::number));
    head.push(Cell::number(view.say("Esperado", "Expected")));
    head.push(Cell::number(view.say("Vence", "Falls due")));
    let row = |week: &Week| {
        let no = week.no.to_string();
        let keys = [("week_no", no.as_str())];
        let mut row = vec![Cell::text(&*week.name)];
        row.extend(SOURCES.iter().zip(&week.expected).map(|(source, amount)| {
            view.money_cell("kpi_cash_forecast.expected_amount", &[keys[0], ("source", source)], *amount)
        }));
        row.push(view.money_cell("kpi_cash_forecast.expected_amount", &keys, week.total()));
        row.push(view.money_cell("kpi_cash_forecast.due_amount", &keys, week.due));
        row
    };
    let caption = view.say("Entradas esperadas por semana e origem", "Cash expected by week and source");
    let mut foot = vec![Cell::text("Total")];
    foot.extend(SOURCES.iter().enumerate().map(|(n, source)| {
        let amounts: Vec<i128> = weeks.iter().filter_map(|week| week.expected[n]).collect();
        let all = (!amounts.is_empty()).then(|| amounts.iter().sum());
        view.money_cell("kpi_cash_forecast.expected_amount", &[("source", source)], all)
    }));
    let totals: Vec<i128> = weeks.iter().filter_map(Week::total).collect();
    let all = (!totals.is_empty()).then(|| totals.iter().sum());
    foot.push(view.money_cell("kpi_cash_forecast.expected_amount", &[], all));
    let due: Vec<i128> = weeks.iter().filter_map(|week| week.due).collect();
    foot.push(view.money_cell("kpi_cash_forecast.due_amount", &[], (!due.is_empty()).then(|| due.iter().sum())));
    Table { caption, head, rows: weeks.iter().map(row).collect(), foot, ..Table::default() }
}

fn losses(view: &View<'_>) -> Card {
    let title = view.say("Perda esperada por faixa", "Expected loss by bucket");
    let rows = view.rows(LOSSES);
    if view.now.loss.is_none() {
        return Card::missing(title, view.why_missing(LOSSES));
    }
    let mut buckets = by(&rows, |row| (row.int("bucket_no"), row.text("bucket")));
    buckets.sort_by_key(|((no, _), _)| *no);
    let debtors = |bucket: &str| {
        let aging = view.rows("kpi_aging");
        let rows: Vec<Row<'_>> = aging.iter().filter(|row| row.str("bucket") == bucket).copied().collect();
        count(&rows, "debtors")
    };
    let hidden = view.hidden(buckets.iter().map(|((_, bucket), _)| debtors(bucket)));
    let row = |(n, ((_, bucket), rows)): (usize, &((i64, String), Vec<Row<'_>>))| {
        let keys = [("bucket", bucket.as_str())];
        let amount = |column: &str| {
            let cell = view.short_cell(&format!("{LOSSES}.{column}"), &keys, sum(rows, column));
            view.unless(hidden[n], cell)
        };
        // Of what lies in a bucket, over companies: its expected loss over what is open there.
        let rate = known_share(rows);
        vec![
            Cell::text(words::bucket(view.language, bucket)).with_key(format!("b{n}")),
            amount("open_amount"),
            Cell::number(rate.map_or("–".to_owned(), |rate| view.language.percent(rate))),
            amount("expected_loss_amount"),
        ]
    };
    let head =
        [("Dias de atraso", "Days past due"), ("Em aberto", "Open"), ("Perda", "Rate"), ("Esperada", "Expected")];
    let table = Table {
        caption: title.clone(),
        head: view.heads(1, &head),
        rows: buckets.iter().enumerate().map(row).collect(),
        foot: vec![
            Cell::text("Total"),
            Cell::number(view.now.open.map_or("–".to_owned(), |open| view.short(open))),
            Cell::number(view.now.loss_share().map_or("–".to_owned(), |rate| view.language.percent(rate))),
            view.short_cell(&format!("{LOSSES}.expected_loss_amount"), &[], view.now.loss),
        ],
        ..Table::default()
    };
    let source = view.say(
        "kpi_ecl: do que chegou a cada faixa, o que não foi pago, pelo próprio histórico. Base para o CPC 48 (IFRS 9), não um \
         lançamento contábil.",
        "kpi_ecl: of what reached each bucket, what was not paid, from your own payment history. A basis for IFRS 9 (CPC 48), not a \
         journal entry.",
    );
    Card { title, picture: Picture::Table { table }, source, ..Card::default() }
}

/// Expected loss over what is open, of the companies whose loss is known.
fn known_share(rows: &[Row<'_>]) -> Option<f64> {
    let known: Vec<Row<'_>> =
        rows.iter().filter(|row| money(**row, "expected_loss_amount").is_some()).copied().collect();
    let rate = ratio(sum(&known, "expected_loss_amount")?, sum(&known, "open_amount")?);
    // Of a bucket in which nothing lies the rate of the past is all there is, where there is one company.
    rate.or_else(|| known.first().filter(|_| known.len() == 1).and_then(|row| row.float("loss_rate")))
}
