//! What a reader sees first: three sentences, six figures with their change, and what asks for a decision.

use chrono::{Days, NaiveDate};

use super::cash;
use super::data::{Headline, Month, at_least, count, sum};
use super::model::{Alert, Cell, Tile};
use super::sentences::{self, Extreme, Missing, Move};
use super::view::View;
use crate::domain::language::Language;
use crate::io::tables::Row;
use crate::report::chart::spark;
use crate::report::numbers::ratio;
use crate::report::page::isolated;

/// Lines that ask for a decision.
const ALERTS_MAX: usize = 5;
/// Companies that are named where a figure lacks them.
pub const NAMES_MAX: usize = 5;
/// Weeks of the forecast that a tile adds up.
pub const WEEKS: i64 = 4;
/// Steps that take back a listing or a protest.
const REMOVALS: [&str; 2] = ["negativacao_removal", "protesto_release"];

/// Three sentences that say whether it is good.
pub fn lede(view: &View<'_>) -> Vec<String> {
    let (language, now) = (view.language, &view.now);
    let open = now.open.filter(|open| *open > 0).map(|open| view.short(open));
    let share = now.overdue_share().map(|share| view.share(share));
    let month = now.months.last();
    let amount = month.map(|month| (language.month_name(month.month), view.short(month.collected)));
    let collected = month.and_then(Month::cei_cash).map(|rate| language.percent_whole(rate));
    let above = now.dso.zip(now.best).map(|(dso, best)| language.count((dso.round() - best.round()) as i64));
    let days = now.dso.map(|days| language.days(days));
    let mut said = vec![
        sentences::owed(language, open.as_deref(), share.as_deref()),
        match month.filter(|month| month.collected < 0) {
            Some(month) => {
                sentences::went_back(language, language.month_name(month.month), &view.short(-month.collected))
            }
            None => sentences::applied(
                language,
                amount.as_ref().map(|(month, amount)| (*month, amount.as_str())),
                collected.as_deref(),
                month.is_some_and(|month| month.is_partial),
            ),
        },
        sentences::dso(language, days.as_deref().ok_or(now.why_no_dso()), above.as_deref()),
    ];
    said.retain(|sentence| !sentence.is_empty());
    said
}

/// Is a rise good or bad?
#[derive(Clone, Copy, PartialEq)]
enum Wish {
    Up,
    Down,
    Neither,
}

/// What is compared with: the figures of another date, and its name.
struct Before {
    open: Option<i128>,
    share: Option<f64>,
    dso: Option<f64>,
    name: String,
    since: String,
}

fn before(view: &View<'_>, other: Option<&(NaiveDate, Headline)>) -> Option<Before> {
    let language = view.language;
    if let Some((date, headline)) = other {
        let (name, open) = (language.date(*date), headline.open);
        return Some(Before { open, share: headline.overdue_share(), dso: headline.dso, since: name.clone(), name });
    }
    let month = view.now.last_month()?;
    let end = view.now.months.last()?.month - Days::new(1);
    Some(Before {
        open: Some(month.closing),
        share: month.overdue_share(),
        dso: month.dso,
        name: language.month_name(month.month).to_owned(),
        since: language.date_short(end),
    })
}

/// Six figures, what they were before, and their last thirteen months.
pub fn tiles(view: &View<'_>, other: Option<&(NaiveDate, Headline)>) -> Vec<Tile> {
    let before = before(view, other);
    let (language, now) = (view.language, &view.now);
    let line = |of: &dyn Fn(&Month) -> Option<f64>| spark(&now.months.iter().map(of).collect::<Vec<_>>());
    let past = |of: &dyn Fn(&Before) -> Option<f64>| before.as_ref().and_then(of);
    let change = |by: Option<Move>, is_first: bool, why: Missing, say: &dyn Fn(f64) -> String, wish: Wish| {
        changed(view, before.as_ref(), Compared { by, is_first, why }, say, wish)
    };
    // Earlier than the month that is compared with.
    let is_first =
        |of: &dyn Fn(&Month) -> Option<f64>| now.months.iter().rev().skip(1).all(|month| of(month).is_none());
    let open = now.open.map(|open| Move::of(past(&|b| b.open.map(|open| open as f64)), open as f64, 1.0));
    let open = change(open, true, now.why_no_part(), &|by| view.short(by.round() as i128), Wish::Neither);
    let digit = other.map_or(view.share_digit(), |(_, headline)| headline.share_digit().max(view.share_digit()));
    let share = now.overdue_share().map(|share| Move::of(past(&|b| b.share), share, digit));
    let is_first_share = is_first(&Month::overdue_share);
    let share = change(share, is_first_share, now.why_no_part(), &|by| language.points(by), Wish::Down);
    let dso = now.dso.map(|dso| Move::of(past(&|b| b.dso), dso, 0.1));
    let dso = change(dso, is_first(&|m| m.dso), now.why_no_dso(), &|by| language.days_exact(by), Wish::Down);
    let portfolio = "kpi_portfolio.open_amount";
    let tied = view.percent_cell("kpi_portfolio.overdue_amount/open_amount", &[], now.overdue_share());
    // Less the buckets that are shown it would be those that are not.
    let overdue = now.overdue.filter(|_| !now.hides_overdue);
    let amount = overdue.map_or(String::new(), |overdue| format!(": {}", view.short(overdue)));
    let overdue = (format!("Vencido{amount}"), format!("Overdue{amount}"));
    vec![
        tile(
            view,
            ("Em aberto", "Open"),
            view.short_cell(portfolio, &[], now.open),
            open,
            line(&|m| Some(m.closing as f64)),
        ),
        tile(
            view,
            (&overdue.0, &overdue.1),
            view.rate_of_overdue(tied, now.overdue_share()),
            share,
            line(&Month::overdue_share),
        ),
        tile(
            view,
            ("Prazo médio (DSO)", "DSO"),
            view.days_cell("kpi_dso.dso_days", &[], now.dso),
            dso,
            line(&|m| m.dso),
        ),
        cei(view, other),
        incoming(view, other),
        loss(view, other),
    ]
}

fn tile(
    view: &View<'_>,
    name: (&str, &str),
    figure: Cell,
    change: (String, String, &'static str),
    spark: String,
) -> Tile {
    let (change, verdict, class) = change;
    Tile { name: view.say(name.0, name.1), figure, change, verdict, class, spark }
}

/// A figure beside an earlier one.
struct Compared {
    /// None where the figure is not known.
    by: Option<Move>,
    /// Was it never known before?
    is_first: bool,
    /// Why it is not known.
    why: Missing,
}

/// The change in words: an arrow and by how much, since when, and whether that is better.
fn changed(
    view: &View<'_>,
    before: Option<&Before>,
    compared: Compared,
    distance: &dyn Fn(f64) -> String,
    wish: Wish,
) -> (String, String, &'static str) {
    let language = view.language;
    let Some(by) = compared.by else { return (compared.why.words(language).to_owned(), String::new(), "same") };
    let name = before.map_or("", |before| before.name.as_str());
    let text = match before.filter(|_| by == Move::First && !compared.is_first) {
        Some(_) => language.pick(
            format!("sem valor em {name} para comparar"),
            format!("no figure {} to compare with", on(language, name)),
        ),
        None => by.arrow(language, distance),
    };
    let is_good = match by {
        Move::Rose(_) => wish == Wish::Up,
        Move::Fell(_) => wish == Wish::Down,
        Move::First | Move::Same => return (text, String::new(), "same"),
    };
    match (wish, is_good) {
        (Wish::Neither, _) => {
            let since = before.map_or("", |before| before.since.as_str());
            (text, language.pick(format!("desde {since}"), format!("since {since}")), "same")
        }
        (_, true) => (
            text,
            language.pick(format!("melhor que em {name}"), format!("better than {name}", name = on(language, name))),
            "good",
        ),
        (_, false) => (
            text,
            language.pick(format!("pior que em {name}"), format!("worse than {name}", name = on(language, name))),
            "bad",
        ),
    }
}

/// "in May", "on 31 May 2026".
fn on(language: Language, name: &str) -> String {
    let is_date = name.chars().any(|letter| letter.is_ascii_digit());
    language.pick(name.to_owned(), format!("{} {name}", if is_date { "on" } else { "in" }))
}

/// CEI of the newest month that is over: that of a month under way compares with nothing.
fn cei(view: &View<'_>, other: Option<&(NaiveDate, Headline)>) -> Tile {
    let language = view.language;
    let (month, last) = view.now.whole_months();
    let is_earlier = |past: &&Month| month.is_some_and(|month| past.month < month.month);
    // Two dates may have the same newest month: then it is compared with the one before it.
    let past = other.and_then(|(_, headline)| headline.whole_months().0).filter(is_earlier).or(last);
    let name = month.map_or(String::new(), |month| format!(" {}", language.month(month.month)));
    let rate = month.and_then(Month::cei);
    let by = rate.map(|rate| Move::of(past.and_then(Month::cei), rate, 0.001));
    let before = past.map(|past| Before {
        open: None,
        share: None,
        dso: None,
        name: language.month_name(past.month).to_owned(),
        since: String::new(),
    });
    let keys = month.map_or(String::new(), |month| month.month.to_string());
    let figure = view.percent_cell("kpi_collection_effectiveness.cei", &[("month", &keys)], rate);
    // With the amounts of its month it gives the overdue amount, to the cent.
    let figure = if view.now.hides_overdue { Cell::number(figure.text) } else { figure };
    let values: Vec<Option<f64>> = view.now.months.iter().filter(|m| !m.is_partial).map(Month::cei).collect();
    let is_first = values.iter().rev().skip(1).all(Option::is_none);
    let why = if month.is_some() { Missing::NothingToCollect } else { Missing::History };
    let compared = Compared { by, is_first, why };
    let change = changed(view, before.as_ref(), compared, &|by| language.points(by), Wish::Up);
    let name = format!("CEI{name}");
    tile(view, (&name, &name), figure, change, spark(&values))
}

/// What is expected in the next weeks; where no forecast can be made, what came in during the last whole month.
fn incoming(view: &View<'_>, other: Option<&(NaiveDate, Headline)>) -> Tile {
    let (language, now) = (view.language, &view.now);
    let Some(expected) = now.expected(WEEKS) else { return collected(view) };
    if cash::is_withheld(view) {
        let why = (view.of_few_debtors(), String::new(), "same");
        return tile(view, ("Entra em 4 semanas", "Expected in 4 weeks"), view.withheld(), why, String::new());
    }
    let of_open =
        now.open.and_then(|open| ratio(expected, open)).map_or(String::new(), |rate| language.percent_whole(rate));
    let mut change = (
        language.pick(format!("{of_open} do que está em aberto"), format!("{of_open} of what is open")),
        String::new(),
        "same",
    );
    if let Some((date, past)) = other.and_then(|(date, headline)| Some((date, headline.expected(WEEKS)?))) {
        let by = Move::of(Some(past as f64), expected as f64, 1.0);
        let since = language.date(*date);
        let verdict = language.pick(format!("desde {since}"), format!("since {since}"));
        change = (by.arrow(language, |by| view.short(by.round() as i128)), verdict, "same");
    }
    let figure = view.short_cell("kpi_cash_forecast.expected_amount", &[("week_no", "1-4")], Some(expected));
    tile(view, ("Entra em 4 semanas", "Expected in 4 weeks"), figure, change, String::new())
}

fn collected(view: &View<'_>) -> Tile {
    let (language, (month, last)) = (view.language, view.now.whole_months());
    let by = month.map(|month| Move::of(last.map(|last| last.collected as f64), month.collected as f64, 1.0));
    let before = last.map(|last| {
        let name = language.month_name(last.month).to_owned();
        Before { open: None, share: None, dso: None, since: name.clone(), name }
    });
    let compared = Compared { by, is_first: true, why: Missing::History };
    let change = changed(view, before.as_ref(), compared, &|by| view.short(by.round() as i128), Wish::Up);
    let keys = month.map_or(String::new(), |month| month.month.to_string());
    let amount = month.map(|month| month.collected);
    let figure = view.short_cell("kpi_collection_effectiveness.collected_amount", &[("month", &keys)], amount);
    let name = month.map_or(String::new(), |month| language.month(month.month));
    let names = (format!("Recebido {name}"), format!("Collected {name}"));
    let values: Vec<Option<f64>> =
        view.now.months.iter().filter(|m| !m.is_partial).map(|m| Some(m.collected as f64)).collect();
    tile(view, (names.0.trim(), names.1.trim()), figure, change, spark(&values))
}

fn loss(view: &View<'_>, other: Option<&(NaiveDate, Headline)>) -> Tile {
    let (language, now) = (view.language, &view.now);
    let without = now.without_loss.iter().take(NAMES_MAX).map(|name| isolated(name)).collect::<Vec<_>>().join(", ");
    let share = match now.loss_share().map(|rate| language.percent(rate)) {
        None => now.why_no_part().words(language).to_owned(),
        Some(share) if without.is_empty() => {
            language.pick(format!("{share} do que está em aberto"), format!("{share} of what is open"))
        }
        Some(share) => language.pick(
            format!("{share} do que está em aberto, sem contar {without}"),
            format!("{share} of what is open, leaving out {without}"),
        ),
    };
    let mut change = (share, String::new(), "same");
    let is_like = |headline: &&Headline| headline.without_loss == now.without_loss;
    let other = other.map(|(date, headline)| (date, headline)).filter(|(_, headline)| is_like(headline));
    if let Some((date, (past, loss))) = other.and_then(|(date, headline)| Some((date, headline.loss.zip(now.loss)?))) {
        let by = Move::of(Some(past as f64), loss as f64, 1.0);
        let before = Before { open: None, share: None, dso: None, name: language.date(*date), since: String::new() };
        let compared = Compared { by: Some(by), is_first: true, why: Missing::History };
        change = changed(view, Some(&before), compared, &|by| view.short(by.round() as i128), Wish::Down);
    }
    let figure = match now.loss.filter(|_| !without.is_empty()) {
        Some(loss) => Cell::number(view.short(loss)),
        None => view.short_cell("kpi_ecl.expected_loss_amount", &[], now.loss),
    };
    tile(view, ("Perda esperada", "Expected loss"), figure, change, String::new())
}

/// What needs a decision, the most pressing first.
pub fn alerts(view: &View<'_>) -> Vec<Alert> {
    let found = [removals(view), quarantine(view), worst_share(view), promises(view), unidentified(view), notes(view)];
    found.into_iter().flatten().take(ALERTS_MAX).collect()
}

/// The run writes its notes in English; they stand at the end of the page.
fn notes(view: &View<'_>) -> Option<Alert> {
    let number = view.run.notes.len() as i64;
    let what = plural(
        view.language,
        number,
        ("aviso da execução.", "avisos da execução."),
        ("note of the run.", "notes of the run."),
    );
    let more = match number {
        1 => view.say("Está no fim da página.", "It is at the end of the page."),
        _ => view.say("Estão no fim da página.", "They are at the end of the page."),
    };
    (number > 0).then_some(Alert { to: "whence", what: Cell::text(what), more })
}

/// One thing, or so many.
/// `1 conta`, `2 contas`.
pub fn plural(language: Language, number: i64, pt_br: (&str, &str), en: (&str, &str)) -> String {
    let (one, many) = language.pick(pt_br, en);
    format!("{} {}", language.count(number), if number == 1 { one } else { many })
}

/// Of every currency: the law does not ask in which one was paid.
fn removals(view: &View<'_>) -> Option<Alert> {
    let language = view.language;
    let rows: Vec<_> = view.data.all("kpi_listings").collect();
    let overdue = count(&rows, "removals_overdue");
    let what = plural(
        view.language,
        overdue,
        ("dívida quitada continua negativada fora do prazo", "dívidas quitadas continuam negativadas fora do prazo"),
        ("paid debt is still listed past the deadline", "paid debts are still listed past the deadline"),
    );
    let worst = rows.iter().map(|row| row.int("overdue_days_max")).max().unwrap_or(0);
    let worst = language.days(worst as f64);
    let what = language.pick(format!("{what}, a mais antiga há {worst}."), format!("{what}, the worst by {worst}."));
    let not_yet = count(&rows, "removals_due");
    let paid = count(&rows, "paid_while_listed");
    let asked = language.count((paid - not_yet).max(0));
    let paid = language.count(paid);
    let due = language.count(not_yet);
    let is_removal = |row: &Row<'_>| REMOVALS.contains(&row.str("step_kind"));
    let sent: Vec<_> = view.data.all("kpi_actions").filter(is_removal).collect();
    let law = language.pick(
        format!("São cinco dias úteis depois do pagamento (Súmula 548 do STJ). De {paid} negativações e protestos já quitados, {asked} tiveram a exclusão pedida antes e {due} não"),
        format!("The deadline is five business days after full payment (STJ, Súmula 548). Of {paid} listings and protests that are paid, removal was already requested for {asked}, and not for {due}"),
    );
    let today = plural(
        language,
        count(&sent, "actions"),
        ("instrução de exclusão sai hoje", "instruções de exclusão saem hoje"),
        ("instruction goes out today", "instructions go out today"),
    );
    let today = format!("; {today}");
    // Where nothing was decided, nothing is known of what goes out.
    let more = format!("{law}{}.", if view.is_kpi_only() { "" } else { &today });
    let tied = view.count_cell("kpi_listings.removals_overdue", &[("currency", "*")], overdue);
    let what = Cell { text: what, class: String::new(), ..tied };
    (overdue > 0).then_some(Alert { to: "care", what, more })
}

fn quarantine(view: &View<'_>) -> Option<Alert> {
    let rows = i64::try_from(view.run.counts.get("quarantine").copied().unwrap_or(0)).unwrap_or(i64::MAX);
    let what = plural(
        view.language,
        rows,
        ("linha das entradas está em quarentena.", "linhas das entradas estão em quarentena."),
        ("input row is in quarantine.", "input rows are in quarantine."),
    );
    let more = view.say(
        "Quem elas podem tocar fica sem cobrança até a fonte ser corrigida.",
        "Whoever they may touch is left alone until the source is corrected.",
    );
    (rows > 0).then_some(Alert { to: "whence", what: Cell::text(what), more })
}

fn worst_share(view: &View<'_>) -> Option<Alert> {
    let (language, now) = (view.language, &view.now);
    let shares: Vec<f64> = now.months.iter().filter_map(Month::overdue_share).collect();
    let Extreme::Highest(months) = Extreme::of(&shares, view.share_digit()) else { return None };
    let share = view.share(now.overdue_share()?);
    let text = language.pick(
        format!("O vencido é {share} do que está em aberto, a maior proporção em {months} meses."),
        format!("{share} of what is open is overdue, the highest share in {months} months."),
    );
    let tied = view.percent_cell("kpi_portfolio.overdue_amount/open_amount", &[], now.overdue_share());
    let tied = view.rate_of_overdue(tied, now.overdue_share());
    let (overdue, old) = (view.short(now.overdue?), view.short(now.over_90?));
    let more = match (now.hides_overdue, now.hides_a_bucket()) {
        (true, _) => String::new(),
        (_, true) => language.pick(format!("São {overdue}."), format!("That is {overdue}.")),
        _ => language.pick(
            format!("São {overdue}, dos quais {old} há mais de 90 dias."),
            format!("That is {overdue}, of which {old} for more than 90 days."),
        ),
    };
    Some(Alert { to: "age", what: Cell { text, class: String::new(), ..tied }, more })
}

fn promises(view: &View<'_>) -> Option<Alert> {
    let language = view.language;
    let rows = view.rows("kpi_promises");
    let (broken, kept, pending) = (count(&rows, "broken"), count(&rows, "kept"), count(&rows, "pending"));
    let text = plural(
        language,
        broken,
        ("promessa de pagamento não foi cumprida", "promessas de pagamento não foram cumpridas"),
        ("promise to pay was broken", "promises to pay were broken"),
    );
    let were_kept = plural(language, kept, ("foi", "foram"), ("was kept", "were kept"));
    let text = format!("{text}, {were_kept}.");
    let is_few = view.is_few(at_least(&rows, "pending"));
    let amount = sum(&rows, "pending_amount").filter(|_| !is_few).map(|amount| view.short(amount));
    let amount = amount
        .map_or(String::new(), |amount| language.pick(format!(", no valor de {amount}"), format!(", worth {amount}")));
    let pending = language.count(pending);
    let more =
        language.pick(format!("Ainda no prazo: {pending}{amount}."), format!("Still pending: {pending}{amount}."));
    let tied = view.count_cell("kpi_promises.broken", &[], broken);
    (broken > kept).then_some(Alert { to: "works", what: Cell { text, class: String::new(), ..tied }, more })
}

fn unidentified(view: &View<'_>) -> Option<Alert> {
    let language = view.language;
    let amount = sum(&view.rows("kpi_portfolio"), "unidentified_amount").filter(|amount| *amount != 0)?;
    let (short, tied) = (view.short(amount), view.short_cell("kpi_portfolio.unidentified_amount", &[], Some(amount)));
    let text = language.pick(
        format!("{short} em pagamentos não identificados."),
        format!("{short} in payments that nobody can place."),
    );
    let more = view.say(
        "Não citam nem cliente nem fatura conhecida: quem pagou pode estar sendo cobrado.",
        "They name neither a debtor nor a known invoice: whoever paid may still be dunned.",
    );
    Some(Alert { to: "whence", what: Cell { text, class: String::new(), ..tied }, more })
}
