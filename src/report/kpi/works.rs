//! What works? Recovery by channel and step, promises, agreements and cures, and who collects what.

use super::data::{at_least, by, count, money, sum};
use super::head::plural;
use super::model::{Card, Cell, Picture, Section, Table};
use super::view::View;
use crate::domain::message::currency_symbol;
use crate::io::tables::Row;
use crate::report::numbers::{GAP, NONE, ratio};
use crate::report::words::{self, Kind};

const RECOVERY: &str = "kpi_recovery";
const COLLECTORS: &str = "kpi_collectors";
/// Between a step and the channel by which it went.
const STEP_BY: &str = " · ";

pub fn section(view: &View<'_>) -> Section {
    let recovery = Recovered::by(view, |row| row.text("channel"));
    let cards = vec![channels(view, &recovery), outcomes(view), collectors(view).wide()];
    Section {
        id: "works".to_owned(),
        question: view.say("O que funciona?", "What works?"),
        answer: answer(view, &recovery),
        cards,
    }
}

/// What contacts of one kind brought.
struct Recovered {
    name: String,
    contacts: i64,
    debtors: i64,
    contacted: Option<i128>,
    recovered: Option<i128>,
    days: Option<f64>,
    cost: Option<i128>,
}

impl Recovered {
    /// By a text of the rows, the most contacts first: an order by amounts would say between which two a withheld one lies.
    fn by(view: &View<'_>, key: impl Fn(&Row<'_>) -> String) -> Vec<Recovered> {
        let mut kinds: Vec<Recovered> =
            by(&view.rows(RECOVERY), key).into_iter().map(|(name, rows)| Recovered::of(name, &rows)).collect();
        kinds.retain(|kind| kind.contacts > 0);
        kinds.sort_by(|a, b| (b.contacts, &a.name).cmp(&(a.contacts, &b.name)));
        kinds
    }

    fn of(name: String, rows: &[Row<'_>]) -> Recovered {
        let weighted =
            rows.iter().filter_map(|row| Some((money(*row, "recovered_amount")?, row.float("days_to_cash_avg")?)));
        let (mut weight, mut days) = (0.0, 0.0);
        for (amount, average) in weighted {
            weight += amount as f64;
            days += amount as f64 * average;
        }
        let has_all_costs = rows.iter().all(|row| money(*row, "cost_amount").is_some() || row.int("contacts") == 0);
        Recovered {
            name,
            contacts: count(rows, "contacts"),
            debtors: at_least(rows, "debtors"),
            contacted: sum(rows, "contacted_amount"),
            recovered: sum(rows, "recovered_amount"),
            days: (weight > 0.0).then(|| days / weight),
            cost: sum(rows, "cost_amount").filter(|_| has_all_costs),
        }
    }

    fn rate(&self) -> Option<f64> {
        ratio(self.recovered?, self.contacted?)
    }

    /// What a hundred units of money that came in have cost, in minor units.
    fn cost_of_hundred(&self) -> Option<i128> {
        let (cost, recovered) = self.cost.zip(self.recovered).filter(|(_, recovered)| *recovered > 0)?;
        Some((cost as f64 / recovered as f64 * 10_000.0).round() as i128)
    }
}

/// After which contacts the most was paid, and how many promises were kept.
fn answer(view: &View<'_>, recovery: &[Recovered]) -> String {
    let language = view.language;
    let best = best_channel(view, recovery);
    let rows = view.rows("kpi_promises");
    let (kept, broken) = (count(&rows, "kept"), count(&rows, "broken"));
    let promises = (kept + broken > 0).then(|| {
        let kept_or_not = kept + broken;
        let rate =
            sum(&rows, "kept_amount").zip(sum(&rows, "promised_amount")).and_then(|(part, all)| ratio(part, all));
        // Of a few promises, the rate and one amount give the other.
        let is_few = view.is_few(at_least(&rows, "kept") + at_least(&rows, "broken"));
        let by_amount = rate
            .filter(|_| !is_few)
            .map(|rate| language.percent(rate))
            .map_or(String::new(), |rate| language.pick(format!(", {rate} do valor"), format!(", {rate} by amount")));
        let kept = plural(language, kept, ("foi cumprida", "foram cumpridas"), ("was kept", "were kept"));
        let promises = plural(
            language,
            kept_or_not,
            ("promessa de pagamento vencida", "promessas de pagamento vencidas"),
            ("promise to pay that came due", "promises to pay that came due"),
        );
        language.pick(format!("De {promises}, {kept}{by_amount}."), format!("Of {promises}, {kept}{by_amount}."))
    });
    best.into_iter().chain(promises).collect::<Vec<_>>().join(" ")
}

/// The channel after which the most was paid: of several, where one is ahead.
fn best_channel(view: &View<'_>, recovery: &[Recovered]) -> Option<String> {
    let language = view.language;
    let best = recovery.iter().max_by_key(|kind| kind.recovered).filter(|best| !view.is_few(best.debtors))?;
    let recovered = best.recovered.filter(|recovered| *recovered > 0)?;
    let (amount, rate) = (view.short(recovered), language.percent(best.rate()?));
    let name = words::of(language, Kind::Channel, &best.name);
    if recovery.len() == 1 {
        return Some(language.pick(
            format!("Após contatos por {name} entraram {amount}, {rate} do valor contatado."),
            format!("{amount} was paid after contacts by {name}, {rate} of the amount contacted."),
        ));
    }
    let is_ahead = recovery.iter().filter(|kind| kind.recovered == best.recovered).count() == 1;
    is_ahead.then(|| {
        language.pick(
            format!("O canal após o qual mais entrou é {name}: {amount}, {rate} do valor contatado."),
            format!(
                "More was paid after {name} than after any other channel: {amount}, {rate} of the amount contacted."
            ),
        )
    })
}

fn channels(view: &View<'_>, recovery: &[Recovered]) -> Card {
    let title = view.say("Recuperação por canal", "Recovery by channel");
    if recovery.is_empty() {
        return if view.data.has(RECOVERY) { Card::missing(title, view.why_missing(RECOVERY)) } else { answers(view) };
    }
    let steps = Recovered::by(view, |row| {
        format!("{}{STEP_BY}{}", row.str("step_id"), words::of(view.language, Kind::Channel, row.str("channel")))
    });
    let named = |code: &str| Cell::text(words::of(view.language, Kind::Channel, code));
    let step = |name: &str| {
        let (step, channel) = name.split_once(STEP_BY).unwrap_or((name, ""));
        Cell::text(step).with_note(channel)
    };
    Card {
        picture: Picture::Table { table: recovered(view, &title, ("Canal", "Channel"), recovery, named, "channel") },
        source: view.say(
            "kpi_recovery: um pagamento conta para o último contato antes dele; só contatos cuja janela já se encerrou. Um valor \
             contatado duas vezes conta duas vezes. Último contato não é causa. Do passo com mais contatos ao com menos.",
            "kpi_recovery: a payment counts for the last contact before it; only contacts whose follow-up window has closed. An amount \
             contacted twice counts twice. The last contact is not proof of cause. Most contacts first.",
        ),
        fold: Some((
            view.say("Por passo e canal", "By step and channel"),
            recovered(view, &title, ("Passo", "Step"), &steps, step, ""),
        )),
        title,
        ..Card::default()
    }
}

fn recovered(
    view: &View<'_>,
    caption: &str,
    first: (&str, &str),
    kinds: &[Recovered],
    named: impl Fn(&str) -> Cell,
    key: &str,
) -> Table {
    let hundred = format!("{}{GAP}100", currency_symbol(view.language.code(), view.currency));
    let heads = [
        view.say(first.0, first.1),
        view.say("contatos", "contacts"),
        view.say("recuperado", "recovered"),
        view.say("taxa", "rate"),
        view.say("até pagar", "days to payment"),
        view.language.pick(format!("custo por {hundred}"), format!("cost per {hundred}")),
    ];
    // Of the steps of a channel the sum is shown.
    let channel = |kind: &Recovered| kind.name.split_once(STEP_BY).map(|(_, channel)| channel.to_owned());
    let of_channels: Vec<_> = kinds.iter().map(|kind| (channel(kind), kind.debtors)).collect();
    let hidden = view.hidden_within(&of_channels);
    let shown = kinds.iter().zip(&hidden).filter(|(_, is_hidden)| !**is_hidden);
    let highest = shown.filter_map(|(kind, _)| kind.rate()).fold(0.0, f64::max);
    let row = |(kind, is_hidden): (&Recovered, &bool)| {
        let keys: Vec<(&str, &str)> = if key.is_empty() { Vec::new() } else { vec![(key, kind.name.as_str())] };
        let tie = |column: &str| if key.is_empty() { String::new() } else { format!("{RECOVERY}.{column}") };
        let rate = view.percent_cell(&tie("recovered_amount/contacted_amount"), &keys, kind.rate());
        let bar = kind.rate().filter(|_| highest > 0.0).map(|rate| rate / highest);
        let days = kind.days.map_or(NONE.to_owned(), |days| view.language.days_exact(days));
        let cost = kind.cost_of_hundred().map_or(NONE.to_owned(), |cost| view.money(cost));
        vec![
            named(&kind.name),
            view.count_cell(&tie("contacts"), &keys, kind.contacts),
            view.unless(*is_hidden, view.short_cell(&tie("recovered_amount"), &keys, kind.recovered)),
            match bar {
                // A rate of one or two contacts says nothing, and much of them.
                _ if *is_hidden => view.withheld(),
                Some(bar) => rate.with_bar(bar),
                None => rate,
            },
            // What a contact costs is known: with this it gives the amount, and a dash says that it is nought.
            view.unless(*is_hidden, Cell::number(days)),
            view.unless(*is_hidden, Cell::number(cost)),
        ]
    };
    Table {
        caption: caption.to_owned(),
        class: "rates",
        head: heads
            .into_iter()
            .enumerate()
            .map(|(n, text)| if n == 0 { Cell::text(text) } else { Cell::number(text) })
            .collect(),
        rows: kinds.iter().zip(&hidden).map(row).collect(),
        ..Table::default()
    }
}

/// How debtors answer, where nothing says what contacts brought.
fn answers(view: &View<'_>) -> Card {
    let title = view.say("Respostas por canal", "Answers by channel");
    let groups = by(&view.rows("kpi_channels"), |row| row.text("channel"));
    if groups.is_empty() {
        return Card::missing(title, view.why_missing("kpi_channels"));
    }
    let row = |(channel, rows): &(String, Vec<Row<'_>>)| {
        let keys = [("channel", channel.as_str())];
        let (contacts, answered) = (count(rows, "contacts"), count(rows, "answered"));
        let rate = ratio(i128::from(answered), i128::from(contacts));
        let cell = view.percent_cell("kpi_channels.answered/contacts", &keys, rate);
        vec![
            Cell::text(words::of(view.language, Kind::Channel, channel)),
            view.count_cell("kpi_channels.contacts", &keys, contacts),
            view.count_cell("kpi_channels.answered", &keys, answered),
            view.count_cell("kpi_channels.bounced", &keys, count(rows, "bounced")),
            match rate {
                Some(rate) => cell.with_bar(rate),
                None => cell,
            },
        ]
    };
    let heads = [
        ("Canal", "Channel"),
        ("contatos", "contacts"),
        ("respondidos", "answered"),
        ("devolvidos", "bounced"),
        ("taxa", "rate"),
    ];
    let table = Table {
        caption: title.clone(),
        class: "rates",
        head: view.heads(1, &heads),
        rows: groups.iter().map(row).collect(),
        ..Table::default()
    };
    let source = view.say(
        "kpi_channels: contatos que chegaram, ou podem ter chegado, na janela do perfil.",
        "kpi_channels: contacts that arrived, or may have, in the window of the profile.",
    );
    Card { title, picture: Picture::Table { table }, source, ..Card::default() }
}

/// "15 de 54"
fn of(view: &View<'_>, part: i64, whole: i64) -> String {
    let (part, whole) = (view.language.count(part), view.language.count(whole));
    view.language.pick(format!("{part} de {whole}"), format!("{part} of {whole}"))
}

/// Promises, agreements and cures: what was promised and what came of it.
fn outcomes(view: &View<'_>) -> Card {
    let title = view.say("Promessas, acordos e curas", "Promises, agreements and cures");
    let rows: Vec<Vec<Cell>> = promises(view).into_iter().chain(agreements(view)).chain(cures(view)).collect();
    if rows.is_empty() {
        return Card::missing(title, view.why_missing("kpi_promises"));
    }
    let table = Table { caption: title.clone(), class: "list", rows, ..Table::default() };
    let source = view.say(
        "kpi_promises, kpi_agreements, kpi_cures. Cumprida: paga até a data prometida e mais a carência. Baixa por \
         perda também conta como regularização.",
        "kpi_promises, kpi_agreements, kpi_cures. Kept: paid by the promised date plus the grace period. A written-off account counts as back to current too.",
    );
    Card { title, picture: Picture::Table { table }, source, ..Card::default() }
}

/// A count with the amount behind it, or what stands for that of a few. A debtor may have one with each company.
fn with_amount(view: &View<'_>, rows: &[Row<'_>], (table, column, amount): (&str, &str, &str)) -> Cell {
    let number = count(rows, column);
    let cell = view.count_cell(&format!("{table}.{column}"), &[], number);
    let note = match sum(rows, amount).filter(|_| number > 0) {
        Some(_) if view.is_few(at_least(rows, column)) => view.few(),
        Some(amount) => view.short(amount),
        None => String::new(),
    };
    cell.with_note(note)
}

fn promises(view: &View<'_>) -> Vec<Vec<Cell>> {
    let rows = view.rows("kpi_promises");
    let (kept, broken, pending) = (count(&rows, "kept"), count(&rows, "broken"), count(&rows, "pending"));
    if kept + broken + pending == 0 {
        return Vec::new();
    }
    let by_amount =
        sum(&rows, "kept_amount").zip(sum(&rows, "promised_amount")).and_then(|(kept, all)| ratio(kept, all));
    let is_few = view.is_few(at_least(&rows, "kept") + at_least(&rows, "broken"));
    let rate = view.percent_cell("kpi_promises.kept_amount/promised_amount", &[], by_amount);
    vec![
        vec![Cell::text(view.say("Promessas cumpridas", "Promises kept")), Cell::number(of(view, kept, kept + broken))],
        vec![Cell::text(view.say("em valor", "by amount")).with_class("sub"), view.unless(is_few, rate)],
        vec![
            Cell::text(view.say("Promessas no prazo", "Promises pending")),
            with_amount(view, &rows, ("kpi_promises", "pending", "pending_amount")),
        ],
    ]
}

fn agreements(view: &View<'_>) -> Vec<Vec<Cell>> {
    let rows = view.rows("kpi_agreements");
    if rows.is_empty() {
        return Vec::new();
    }
    let line = |name: (&str, &str), column: &str, amount: &str| {
        vec![Cell::text(view.say(name.0, name.1)), with_amount(view, &rows, ("kpi_agreements", column, amount))]
    };
    let defaults = of(view, count(&rows, "first_payment_defaults"), count(&rows, "first_due"));
    vec![
        line(
            ("Acordos em dia, ainda não quitados", "Agreements up to date, not yet paid off"),
            "active",
            "active_amount",
        ),
        line(("Acordos quitados", "Agreements paid off"), "fulfilled", "fulfilled_amount"),
        line(("Acordos quebrados", "Agreements broken"), "broken", "broken_amount"),
        vec![
            Cell::text(view.say("na primeira parcela", "at the first instalment")).with_class("sub"),
            Cell::number(defaults),
        ],
    ]
}

fn cures(view: &View<'_>) -> Vec<Vec<Cell>> {
    let rows = view.rows("kpi_cures");
    let (before, cured) = (count(&rows, "accounts_overdue_before"), count(&rows, "accounts_cured"));
    if before == 0 {
        return Vec::new();
    }
    let rate = ratio(i128::from(cured), i128::from(before));
    let again = of(view, count(&rows, "accounts_redefaulted"), count(&rows, "accounts_cured_before"));
    vec![
        vec![
            Cell::text(view.say(
                "Contas em atraso há 30 dias que hoje estão em dia",
                "Accounts overdue 30 days ago that are current today",
            )),
            view.percent_cell("kpi_cures.accounts_cured/accounts_overdue_before", &[], rate)
                .with_note(of(view, cured, before)),
        ],
        vec![
            Cell::text(view.say("regularizadas antes e de novo em atraso", "current before, overdue again"))
                .with_class("sub"),
            Cell::number(again),
        ],
    ]
}

/// In-house beside agencies; nobody is ranked, for the ages of what each was given differ.
fn collectors(view: &View<'_>) -> Card {
    let title = view.say("Equipe própria e assessorias", "In-house and agencies");
    let rows = view.rows(COLLECTORS);
    if rows.is_empty() {
        return Card::missing(title, view.why_missing(COLLECTORS));
    }
    let order = |kind: &str| ["collector", "agency", "none"].iter().position(|known| *known == kind).unwrap_or(9);
    let mut kinds = by(&rows, |row| row.text("owner_kind"));
    kinds.sort_by_key(|(kind, _)| (order(kind), kind.clone()));
    let hidden = view.hidden(kinds.iter().map(|(_, of)| at_least(of, "debtors")));
    let line = |((kind, of), is_hidden): (&(String, Vec<Row<'_>>), bool)| {
        let keys = [("owner_kind", kind.as_str())];
        owner(view, (Cell::text(words::of(view.language, Kind::Owner, kind)), is_hidden), &keys, of)
    };
    let fold = view.options.collectors.then(|| {
        let owners = kinds.iter().filter(|(kind, _)| kind != "none").flat_map(|(kind, of)| owners(view, kind, of));
        (view.say("Por responsável", "By owner"), owners_table(view, &title, owners.collect()))
    });
    let table = owners_table(view, &title, kinds.iter().zip(hidden).map(line).collect());
    let source = view.say(
        "kpi_collectors: cada título tem um responsável; recebido nos últimos 30 dias do que é seu hoje. A idade do que cada um \
         recebeu difere: não é um ranking.",
        "kpi_collectors: each item has one owner; collected in the last 30 days on what it owns now. The ages of what each was \
         given differ: this is not a ranking.",
    );
    Card { picture: Picture::Table { table }, title, source, fold, ..Card::default() }
}

/// Those of one kind, the one with the most first.
fn owners(view: &View<'_>, kind: &str, rows: &[Row<'_>]) -> Vec<Vec<Cell>> {
    let mut owners = by(rows, |row| row.text("owner_id"));
    owners.sort_by_key(|(id, of)| (std::cmp::Reverse(sum(of, "open_amount")), id.clone()));
    let hidden = view.hidden(owners.iter().map(|(_, of)| at_least(of, "debtors")));
    let row = |((id, of), is_hidden): (&(String, Vec<Row<'_>>), bool)| {
        let name = Cell::text(&**id).with_note(words::of(view.language, Kind::Owner, kind));
        owner(view, (name, is_hidden), &[("owner_kind", kind), ("owner_id", id)], of)
    };
    owners.iter().zip(hidden).map(row).collect()
}

fn owners_table(view: &View<'_>, caption: &str, rows: Vec<Vec<Cell>>) -> Table {
    let heads = [
        ("Responsável", "Owner"),
        ("Títulos", "Items"),
        ("Em aberto", "Open"),
        ("Vencido", "Overdue"),
        ("Recebido", "Collected"),
        ("Contatos", "Contacts"),
        ("Com resposta", "Answered"),
        ("Promessas cumpridas", "Promises kept"),
        ("Custo", "Cost"),
    ];
    Table { caption: caption.to_owned(), head: view.heads(1, &heads), rows, ..Table::default() }
}

fn owner(view: &View<'_>, (name, is_hidden): (Cell, bool), keys: &[(&str, &str)], rows: &[Row<'_>]) -> Vec<Cell> {
    let amount = |column: &str| {
        view.unless(is_hidden, view.short_cell(&format!("{COLLECTORS}.{column}"), keys, sum(rows, column)))
    };
    let (kept, broken) = (count(rows, "promises_kept"), count(rows, "promises_broken"));
    let promises = if kept + broken > 0 { of(view, kept, kept + broken) } else { "–".to_owned() };
    vec![
        name,
        view.count_cell(&format!("{COLLECTORS}.items"), keys, count(rows, "items")),
        amount("open_amount"),
        // The owners have all that is overdue between them.
        view.unless(view.now.hides_overdue, amount("overdue_amount")),
        amount("collected_amount"),
        view.count_cell(&format!("{COLLECTORS}.contacts"), keys, count(rows, "contacts")),
        view.count_cell(&format!("{COLLECTORS}.answered"), keys, count(rows, "answered")),
        Cell::number(promises),
        amount("cost_amount"),
    ]
}
