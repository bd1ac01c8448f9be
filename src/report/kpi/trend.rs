//! Is it getting better? Thirteen months of DSO, overdue share and CEI, and what led from the opening to the closing
//! balance of the last month.

use chrono::Days;

use super::data::Month;
use super::head::plural;
use super::model::{Card, Cell, Picture, Section, Table};
use super::sentences::{self, Extreme, Move, Trend};
use super::view::View;
use crate::domain::message::currency_symbol;
use crate::report::chart::{self, Series, Step};

pub fn section(view: &View<'_>) -> Section {
    let question = view.say("Está melhorando?", "Is it getting better?");
    let id = "trend".to_owned();
    let months = &view.now.months;
    let Some(last) = months.last() else {
        let card = Card::missing("", view.why_missing("kpi_collection_effectiveness"));
        return Section { id, question, answer: String::new(), cards: vec![card.wide()] };
    };
    let cards = vec![
        days(view, months),
        share(view, months),
        effectiveness(view, months),
        way(view, last),
        Card { fold: Some((folded(view, months.len()), table(view, months))), ..Card::default() }.wide(),
    ];
    Section { id, question, answer: answer(view, months, last), cards }
}

fn answer(view: &View<'_>, months: &[Month], last: &Month) -> String {
    let before = view.now.last_month();
    let dso = last.dso.map(|now| Move::of(before.and_then(|month| month.dso), now, 0.1));
    let digit = view.share_digit();
    let share = last.overdue_share().map(|now| Move::of(before.and_then(Month::overdue_share), now, digit));
    let shares: Vec<f64> = months.iter().filter_map(Month::overdue_share).collect();
    let tenths = |days: f64| (days * 10.0).round() / 10.0;
    let gap = |month: &Month| Some(tenths(month.dso?) - tenths(month.best?));
    let overdue = before.map(|month| last.closing_overdue - month.closing_overdue);
    let told = before.filter(|_| !view.now.hides_overdue);
    // What does not show in the short form has not moved.
    let amount_digit = 10f64.powi((last.closing_overdue.max(1) as f64).log10() as i32 - 2);
    let distance = view.short(overdue.unwrap_or(0).abs());
    let moved = Trend {
        overdue: told.map(|month| {
            (Move::of(Some(month.closing_overdue as f64), last.closing_overdue as f64, amount_digit), distance.as_str())
        }),
        share,
        share_among: Extreme::of(&shares, view.share_digit()),
        dso,
        gap: gap(last).map(|now| Move::of(before.and_then(gap), now, 0.1)),
    };
    let month = view.language.month_name(last.month);
    let among = |amount: fn(&Month) -> i128| {
        let all: Vec<f64> = months.iter().map(|month| amount(month) as f64).collect();
        let among = if last.is_partial { Extreme::Neither } else { Extreme::of(&all, 1.0) };
        (view.short(amount(last)), among)
    };
    let (billed, collected) = (among(|month| month.billed), among(|month| month.collected));
    let out = sentences::standing_out(view.language, (&billed.0, billed.1), (&collected.0, collected.1));
    sentences::trend(view.language, month, moved) + &out
}

/// A line, or what says why there is none.
struct Lines<'a> {
    title: (&'a str, &'a str),
    series: Vec<(String, &'a str, Vec<Option<f64>>)>,
    say: chart::Say<'a>,
    axis: chart::Say<'a>,
    from_zero: bool,
    source: (&'a str, &'a str),
}

impl Lines<'_> {
    /// A reader takes the lower edge for nought, so that the page says where it is not.
    fn hides_zero(&self) -> bool {
        let values = self.series.iter().flat_map(|(_, _, values)| values.iter().flatten()).copied();
        let lowest = chart::floor(values, self.from_zero);
        lowest.is_some_and(|lowest| (self.axis)(lowest) != (self.axis)(0.0))
    }
}

fn drawn(view: &View<'_>, months: &[Month], lines: &Lines<'_>) -> Card {
    let points: Vec<String> = months.iter().map(|month| view.language.month(month.month)).collect();
    let title = view.say(lines.title.0, lines.title.1);
    let series: Vec<Series<'_>> =
        lines.series.iter().map(|(name, class, values)| Series { name, class, values }).collect();
    let label = format!("{title}: {}", told(view, &points, lines));
    let not_zero = view.say(" O eixo não começa em zero.", " The axis does not begin at zero.");
    let not_zero = if lines.hides_zero() { not_zero } else { String::new() };
    let picture = chart::Picture { label, points: &points, axis: lines.axis, say: lines.say };
    match chart::lines(&picture, &series, lines.from_zero) {
        Some(svg) => Card {
            title,
            picture: Picture::Drawing { svg, legend: Vec::new() },
            source: view.say(lines.source.0, lines.source.1) + &not_zero,
            ..Card::default()
        },
        None => Card::missing(
            title,
            view.say(
                "Pede vendas e pagamentos que ainda não existem.",
                "It needs sales and payments that are not there yet.",
            ),
        ),
    }
}

/// The first and the last figure of each line, for who cannot see it.
fn told(view: &View<'_>, points: &[String], lines: &Lines<'_>) -> String {
    let one = |(name, _, values): &(String, &str, Vec<Option<f64>>)| {
        let known: Vec<(usize, f64)> =
            values.iter().enumerate().filter_map(|(n, value)| Some((n, (*value)?))).collect();
        let ((first, from), (last, to)) = (*known.first()?, *known.last()?);
        let (from, to) = ((lines.say)(from), (lines.say)(to));
        Some(view.language.pick(
            format!("{name} {from} em {}, {to} em {}", points[first], points[last]),
            format!("{name} {from} in {}, {to} in {}", points[first], points[last]),
        ))
    };
    lines.series.iter().filter_map(one).collect::<Vec<_>>().join("; ")
}

fn days(view: &View<'_>, months: &[Month]) -> Card {
    let language = view.language;
    let lines = Lines {
        title: ("DSO, em dias", "DSO, in days"),
        series: vec![
            ("DSO".to_owned(), "s1", months.iter().map(|month| month.dso).collect()),
            (view.say("melhor possível", "best possible"), "s3", months.iter().map(|month| month.best).collect()),
        ],
        say: &|days| language.days(days),
        axis: &|days| language.fixed(days.round() as i128, 0),
        from_zero: false,
        source: (
            "Em aberto ÷ vendas líquidas dos últimos dias (kpi_dso.sales_days diz quantos) × esses dias (Credit Research Foundation); o melhor possível conta só \
             o que não venceu.",
            "Open ÷ net sales of the last days (kpi_dso.sales_days says how many) × those days (Credit Research Foundation); the best possible counts what is not \
             overdue.",
        ),
    };
    drawn(view, months, &lines)
}

fn share(view: &View<'_>, months: &[Month]) -> Card {
    let language = view.language;
    let lines = Lines {
        title: ("Vencido, em % do que está em aberto", "Overdue, in % of what is open"),
        series: vec![(view.say("vencido", "overdue"), "s2", months.iter().map(Month::overdue_share).collect())],
        say: &|rate| view.share(rate),
        axis: &|rate| language.percent_whole(rate),
        from_zero: true,
        source: (
            "Valor vencido ÷ valor em aberto, no fim de cada mês.",
            "Overdue amount ÷ open amount, at the end of each month.",
        ),
    };
    drawn(view, months, &lines)
}

fn effectiveness(view: &View<'_>, months: &[Month]) -> Card {
    let language = view.language;
    let whole: Vec<Month> = months.iter().filter(|month| !month.is_partial).cloned().collect();
    let lines = Lines {
        title: ("Efetividade da cobrança (CEI), em %", "Collection effectiveness (CEI), in %"),
        series: vec![("CEI".to_owned(), "s1", whole.iter().map(Month::cei).collect())],
        say: &|rate| language.percent(rate),
        axis: &|rate| language.percent_whole(rate),
        from_zero: true,
        source: (
            "Recebido e baixado como perda no mês ÷ o que se podia receber nele (Credit Research Foundation).",
            "Collected and written off in the month ÷ what could be collected in it (Credit Research Foundation).",
        ),
    };
    drawn(view, &whole, &lines)
}

/// From the opening of the last month to its closing.
fn way(view: &View<'_>, month: &Month) -> Card {
    let name = view.language.month_name(month.month);
    let symbol = currency_symbol(view.language.code(), view.currency);
    let title =
        view.language.pick(format!("O mês de {name}, em {symbol}"), format!("The month of {name}, in {symbol}"));
    let opened = month.month - Days::new(1);
    let step = |name: String, amount: i128, is_total: bool| Step {
        amount: amount as f64,
        is_total,
        short: view.language.amount_short(view.currency, amount),
        title: format!("{name}: {}", view.money(amount)),
        name,
    };
    let steps = [
        step(view.language.date_short(opened), month.opening, true),
        step(view.say("Faturado", "Billed"), month.billed, false),
        step(view.say("Recebido", "Collected"), -month.collected, false),
        step(view.say("Abatido", "Credited"), -month.credited, false),
        step(view.say("Baixado como perda", "Written off"), -month.written_off, false),
        step(
            if month.is_partial { view.say("até agora", "so far") } else { view.say("Fechamento", "Closing") },
            month.closing,
            true,
        ),
    ];
    let label = steps.iter().map(|step| step.title.as_str()).collect::<Vec<_>>().join("; ");
    match chart::waterfall(&format!("{title}: {label}"), &steps) {
        Some(svg) => Card {
            title,
            picture: Picture::Drawing { svg, legend: Vec::new() },
            source: view.say(
                "Abertura + faturado − recebido − abatido − baixado como perda = fechamento, ao centavo. Recebido é o que se pagou em títulos.",
                "Opening + billed − collected − credited − written off = closing, to the cent. Collected is what was applied to invoices.",
            ),
            ..Card::default()
        },
        None => {
            Card::missing(title, view.say("Nada estava em aberto nem foi faturado.", "Nothing was open or billed."))
        }
    }
}

fn folded(view: &View<'_>, months: usize) -> String {
    let months = plural(view.language, months as i64, ("mês", "meses"), ("month", "months"));
    view.language.pick(format!("{months} em tabela"), format!("{months} as a table"))
}

fn table(view: &View<'_>, months: &[Month]) -> Table {
    let heads = [
        ("Mês", "Month"),
        ("Abertura", "Opening"),
        ("Faturado", "Billed"),
        ("Recebido", "Collected"),
        ("Abatido", "Credited"),
        ("Baixado como perda", "Written off"),
        ("Fechamento", "Closing"),
        ("Vencido", "Overdue"),
        ("DSO", "DSO"),
        ("Melhor possível", "Best possible"),
        ("CEI", "CEI"),
        ("CEI só caixa", "CEI, cash only"),
    ];
    let table = "kpi_collection_effectiveness";
    let row = |month: &Month| {
        let day = month.month.to_string();
        let keys = [("month", day.as_str())];
        let amount = |column: &str, amount| view.money_cell(&format!("{table}.{column}"), &keys, Some(amount));
        let name = view.language.month(month.month);
        let name = if month.is_partial { format!("{name}*") } else { name };
        // With the other amounts of its month, an exact rate gives the overdue amount.
        let rate = |column: &str, rate: Option<f64>| {
            let cell = view.percent_cell(&format!("{table}.{column}"), &keys, rate);
            if view.now.hides_overdue { Cell::number(cell.text) } else { cell }
        };
        let share = rate("closing_overdue_amount/closing_amount", month.overdue_share());
        let tenth = |days: Option<f64>| Cell::number(days.map_or("–".to_owned(), |days| view.language.tenth(days)));
        vec![
            Cell::text(name),
            amount("opening_amount", month.opening),
            amount("billed_amount", month.billed),
            amount("collected_amount", month.collected),
            amount("credited_amount", month.credited),
            amount("written_off_amount", month.written_off),
            amount("closing_amount", month.closing),
            view.rate_of_overdue(share, month.overdue_share()),
            tenth(month.dso),
            tenth(month.best),
            rate("cei", month.cei()),
            rate("cei_cash", month.cei_cash()),
        ]
    };
    let partial = view.say(" * o mês ainda não acabou.", " * the month is not over.");
    let cut = if months.iter().any(|month| month.is_partial) { partial.trim().to_owned() } else { String::new() };
    Table {
        caption: view.say("Mês a mês", "Month by month"),
        head: view.heads(1, &heads),
        rows: months.iter().map(row).collect(),
        cut,
        ..Table::default()
    }
}
