//! What will come in, and what will not? Thirteen weeks as columns, and the expected loss by bucket.

use super::chances;
use super::data::{at_least_of_accounts, by, by_known_loss, companies_of, money, sum};
use super::head::NAMES_MAX;
use super::model::{Card, Cell, Picture, Section, Table};
use super::sentences;
use super::view::{FORECAST, View};
use super::weeks::{self, Part, SOURCES, Week};
use crate::domain::message::currency_symbol;
use crate::io::tables::Row;
use crate::report::chart::{self, Series};
use crate::report::numbers::{NONE, ratio};
use crate::report::page::isolated;
use crate::report::words;

const LOSSES: &str = "kpi_ecl";
const WEEKS: i64 = 4;

pub fn section(view: &View<'_>) -> Section {
    Section {
        id: "cash".to_owned(),
        question: view.say("O que vai entrar, e o que não vai?", "What will come in, and what will not?"),
        answer: answer(view),
        cards: [forecast(view), losses(view)].into_iter().chain(chances::card(view)).collect(),
    }
}

fn answer(view: &View<'_>) -> String {
    let (language, now) = (view.language, &view.now);
    if now.owes_nothing {
        return view.say(
            "Nada está em aberto: nada há a receber nem a perder.",
            "Nothing is open, so nothing is expected and nothing can be lost.",
        );
    }
    let amounts = [1, WEEKS, i64::MAX].map(|weeks| now.expected(weeks).map(|amount| view.short(amount)));
    let expected =
        match &amounts {
            _ if now.expects_nothing => Some(view.say(
                "Nada se espera receber em treze semanas.",
                "Nothing is expected to come in within thirteen weeks.",
            )),
            [Some(week), Some(weeks), Some(all)] if !is_withheld(view) => {
                Some(sentences::expected(language, [week.as_str(), weeks, all]))
            }
            _ => None,
        };
    let loss = now.loss.zip(now.loss_share()).map(|(loss, share)| {
        let without: Vec<String> = now.without_loss.iter().take(NAMES_MAX).map(|name| isolated(name)).collect();
        sentences::loss(language, &view.short(loss), &language.percent(share), &without)
    });
    sentences::cash(language, expected, loss)
}

fn forecast(view: &View<'_>) -> Card {
    let symbol = currency_symbol(view.language.code(), view.currency);
    let title = match symbol.is_empty() {
        true => view.say("Entradas esperadas por semana", "Cash expected by week"),
        false => view
            .language
            .pick(format!("Entradas esperadas por semana, em {symbol}"), format!("Cash expected by week, in {symbol}")),
    };
    if view.now.weeks.is_empty() {
        return Card::missing(title, view.why_missing(FORECAST));
    }
    let weeks = weeks::weeks(view);
    let Some(parts) = weeks::parts(view, &weeks) else {
        let few = view.of_few_debtors();
        let why = view
            .language
            .pick(format!("Oculto: seriam valores de {few}."), format!("Withheld: these would be amounts of {few}."));
        return Card::missing(title, why);
    };
    let due_is_shown = weeks::shows_due(view, &weeks);
    let points: Vec<String> = weeks.iter().map(|week| week.name.clone()).collect();
    let amounts =
        |of: &dyn Fn(&Week) -> Option<i128>| weeks.iter().map(|week| of(week).map(|amount| amount as f64)).collect();
    let values: Vec<Vec<Option<f64>>> = parts.iter().map(|part| amounts(&|week| week.of(part))).collect();
    let due: Vec<Option<f64>> = amounts(&|week| week.due().filter(|_| due_is_shown));
    let series: Vec<Series<'_>> = parts
        .iter()
        .zip(&values)
        .map(|(part, values)| Series { name: &part.name, class: part.class, values })
        .collect();
    let mark = view.say("vence na semana", "falls due that week");
    let marks = Series { name: &mark, class: "mark", values: &due };
    let say = |amount: f64| view.short(amount.round() as i128);
    let axis = |amount: f64| view.language.amount_short(view.currency, amount.round() as i128);
    let told = weeks.iter().filter_map(|week| Some(format!("{} {}", week.name, view.short(week.total()?))));
    let label = format!("{title}: {}", told.collect::<Vec<_>>().join(", "));
    let picture = chart::Picture { label, points: &points, axis: &axis, say: &say };
    let Some(svg) = chart::columns(&picture, &series, &marks) else {
        return Card::missing(title, view.why_missing(FORECAST));
    };
    let shown = parts.iter().zip(&values).filter(|(_, values)| values.iter().flatten().any(|v| *v > 0.0));
    let mut legend: Vec<(String, String)> =
        shown.map(|(part, _)| (format!("key {}", part.class), part.name.clone())).collect();
    if due_is_shown {
        legend.push(("key mark".to_owned(), mark.clone()));
    }
    Card {
        title,
        picture: Picture::Drawing { svg, legend },
        source: source(view),
        fold: Some((view.say("Semana a semana", "Week by week"), table(view, &weeks, &parts, due_is_shown))),
        ..Card::default()
    }
}

/// Is all that is expected of a few debtors?
pub fn is_withheld(view: &View<'_>) -> bool {
    !view.now.weeks.is_empty() && weeks::parts(view, &weeks::weeks(view)).is_none()
}

/// Where it comes from, and which companies lack which part of it. Of what is not due and what is overdue a company has a
/// forecast or none; of promises and agreements it may lack one where none has come due.
fn source(view: &View<'_>) -> String {
    let said = view.say(
        "kpi_cash_forecast: o que foi pago em cada idade nas últimas 26 semanas, aplicado ao que está em aberto; só o que já \
         foi faturado.",
        "kpi_cash_forecast: what was paid at each age in the last 26 weeks, applied to what is open; only what is billed.",
    );
    let rows = view.rows(FORECAST);
    let lacking = |sources: &[&str]| {
        let is_unknown =
            |row: &&Row<'_>| sources.contains(&row.str("source")) && money(**row, "expected_amount").is_none();
        let unknown: Vec<Row<'_>> = rows.iter().filter(is_unknown).copied().collect();
        let names: Vec<String> = companies_of(&unknown).iter().take(NAMES_MAX).map(|name| isolated(name)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let all = lacking(&["not_due", "overdue"]).map(|names| {
        view.language.pick(
            format!(" Sem previsão, por falta de histórico: {names}."),
            format!(" Without a forecast, for want of history: {names}."),
        )
    });
    let part = |(source, pt_br, en): (&str, &str, &str)| {
        lacking(&[source]).map(|names| view.language.pick(format!("{pt_br} de {names}"), format!("{en} of {names}")))
    };
    let parts: Vec<String> = [("promise", "promessas", "promises"), ("agreement", "acordos", "agreements")]
        .into_iter()
        .filter_map(part)
        .collect();
    let parts = (!parts.is_empty()).then(|| parts.join("; ")).map(|parts| {
        view.language.pick(
            format!(" Ainda sem taxa de cumprimento, pois nada venceu até aqui, e por isso de fora: {parts}."),
            format!(" Left out, as nothing has come due by which to tell how much is kept: {parts}."),
        )
    });
    said + &all.unwrap_or_default() + &parts.unwrap_or_default()
}

fn table(view: &View<'_>, weeks: &[Week], parts: &[Part], due_is_shown: bool) -> Table {
    // Where a source is of few, what the model expects of it may be one debtor's.
    let has_model = parts.len() == SOURCES.len() && weeks.iter().any(|week| week.modelled.is_some());
    // Where all stands in one column, it is what is expected.
    let parts = if parts.len() > 1 { parts } else { &[] };
    let mut head = vec![Cell::text(view.say("Semana de", "Week of"))];
    head.extend(parts.iter().map(|part| Cell::number(&*part.name)));
    head.push(Cell::number(view.say("Esperado", "Expected")));
    head.extend(has_model.then(|| {
        Cell::number(view.say("Pelo modelo, sem promessas e acordos", "By the model, without promises and agreements"))
    }));
    head.extend(due_is_shown.then(|| Cell::number(view.say("Vence", "Falls due"))));
    let cells = |weeks: &[Week], keys: &[(&str, &str)]| {
        let total = |of: &dyn Fn(&Week) -> Option<i128>| weeks.iter().filter_map(of).reduce(|a, b| a + b);
        let tied = |column: &str, keys: &[(&str, &str)], amount| {
            view.money_cell(&format!("{FORECAST}.{column}"), keys, amount)
        };
        let mut cells: Vec<Cell> = parts
            .iter()
            .map(|part| match (part.sources.as_slice(), total(&|week| week.of(part))) {
                ([source], amount) => {
                    tied("expected_amount", &[keys, &[("source", SOURCES[*source])]].concat(), amount)
                }
                (_, amount) => Cell::number(amount.map_or(NONE.to_owned(), |amount| view.money(amount))),
            })
            .collect();
        cells.push(tied("expected_amount", keys, total(&Week::total)));
        cells.extend(has_model.then(|| tied("model_amount", keys, total(&|week| week.modelled))));
        cells.extend(due_is_shown.then(|| tied("due_amount", keys, total(&Week::due))));
        cells
    };
    let row = |week: &Week| {
        let no = week.no.to_string();
        let cells = cells(std::slice::from_ref(week), &[("week_no", no.as_str())]);
        std::iter::once(Cell::text(&*week.name)).chain(cells).collect()
    };
    Table {
        caption: view.say("Entradas esperadas por semana e origem", "Cash expected by week and source"),
        head,
        rows: weeks.iter().map(row).collect(),
        foot: std::iter::once(Cell::text("Total")).chain(cells(weeks, &[])).collect(),
        ..Table::default()
    }
}

fn losses(view: &View<'_>) -> Card {
    let title = view.say("Perda esperada por faixa", "Expected loss by bucket");
    let (rows, _) = by_known_loss(&view.rows(LOSSES));
    if rows.is_empty() {
        return Card::missing(title, why_no_loss(view));
    }
    let mut buckets = by(&rows, |row| (row.int("bucket_no"), row.text("bucket")));
    buckets.sort_by_key(|((no, _), _)| *no);
    let hidden = hidden_losses(view, &buckets.iter().map(|((_, bucket), _)| bucket.as_str()).collect::<Vec<_>>());
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
            // With the totals below, rates of two hidden buckets would give both amounts.
            view.unless(hidden[n], Cell::number(rate.map_or(NONE.to_owned(), |rate| view.language.percent(rate)))),
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
            Cell::number(sum(&rows, "open_amount").map_or(NONE.to_owned(), |open| view.short(open))),
            Cell::number(view.now.loss_share().map_or(NONE.to_owned(), |rate| view.language.percent(rate))),
            match view.now.loss.filter(|_| !view.now.without_loss.is_empty()) {
                Some(loss) => Cell::number(view.short(loss)),
                None => view.short_cell(&format!("{LOSSES}.expected_loss_amount"), &[], view.now.loss),
            },
        ],
        ..Table::default()
    };
    let source = view.say(
        "kpi_ecl: do que chegou a cada faixa, o que não foi pago, pelo próprio histórico. Base para o CPC 48 (IFRS 9), não um \
         lançamento contábil.",
        "kpi_ecl: of what reached each bucket, what was not paid, from your own payment history. A basis for IFRS 9 (CPC 48), not a \
         journal entry.",
    );
    let source = source + &without_loss(view);
    Card { title, picture: Picture::Table { table }, source, ..Card::default() }
}

/// Companies of which too little is known.
fn without_loss(view: &View<'_>) -> String {
    let names = view.now.without_loss.iter().take(NAMES_MAX).map(|name| isolated(name)).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return String::new();
    }
    view.language.pick(
        format!(" Não inclui, por falta de histórico: {names}."),
        format!(" Not included, for want of history: {names}."),
    )
}

fn why_no_loss(view: &View<'_>) -> String {
    if view.now.without_loss.is_empty() || view.now.owes_nothing {
        return view.why_missing(LOSSES);
    }
    view.say(
        "Pede um histórico de pagamentos que ainda não existe.",
        "It needs a history of payments that is not there yet.",
    )
}

/// What the aging withholds. Where a company is left out, the amount of the others and that of all give its own, so that its
/// few debtors count too.
fn hidden_losses(view: &View<'_>, buckets: &[&str]) -> Vec<bool> {
    let aging = view.rows("kpi_aging");
    let all = view.data.buckets();
    let is_left_out = |row: &&Row<'_>| view.now.without_loss.iter().any(|name| name == row.str("company_id"));
    let debtors = |bucket: &&str| {
        let of: Vec<Row<'_>> = aging.iter().filter(|row| row.str("bucket") == *bucket).copied().collect();
        let (left_out, counted): (Vec<Row<'_>>, Vec<Row<'_>>) = of.iter().partition(is_left_out);
        let few = [left_out, counted].map(|rows| at_least_of_accounts(&rows, "debtors"));
        few.into_iter().filter(|debtors| *debtors > 0).min().unwrap_or(0)
    };
    let hidden = view.hidden(buckets.iter().map(debtors));
    let is_hidden =
        |bucket: &str| all.iter().position(|name| name == bucket).is_some_and(|n| view.now.hidden_buckets[n]);
    buckets.iter().zip(hidden).map(|(bucket, few)| few || is_hidden(bucket)).collect()
}

/// Expected loss over what is open, of the companies whose loss is known.
fn known_share(rows: &[Row<'_>]) -> Option<f64> {
    let known: Vec<Row<'_>> =
        rows.iter().filter(|row| money(**row, "expected_loss_amount").is_some()).copied().collect();
    let rate = ratio(sum(&known, "expected_loss_amount")?, sum(&known, "open_amount")?);
    // Of a bucket in which nothing lies the rate of the past is all there is, where there is one company.
    rate.or_else(|| known.first().filter(|_| known.len() == 1).and_then(|row| row.float("loss_rate")))
}
