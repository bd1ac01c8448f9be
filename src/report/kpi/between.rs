//! What changed between two dates: their headline figures side by side.

use chrono::NaiveDate;

use super::cash;
use super::data::Headline;
use super::head::WEEKS;
use super::model::{Card, Cell, Picture, Section, Table};
use super::sentences::{self, Move};
use super::view::View;
use crate::report::numbers::NONE;

/// The last digits that are shown: one rounding for a figure and for how far it moved, so that they agree.
const TENTH: f64 = 0.1;

pub fn section(view: &View<'_>, date: NaiveDate, before: &Headline) -> Section {
    let (language, now) = (view.language, &view.now);
    // Where one of the two shares is in whole percent, both are.
    let share_digit = before.share_digit().max(now.share_digit());
    let rows = rows(view, before, share_digit);
    let (then, today) = (language.date(date), language.date(view.run.as_of));
    let caption = language.pick(format!("De {then} a {today}"), format!("From {then} to {today}"));
    let head = vec![
        Cell::text(""),
        Cell::number(then),
        Cell::number(today),
        Cell::number(view.say("Diferença", "Difference")),
    ];
    let table = Table { caption: caption.clone(), head, rows, ..Table::default() };
    let by = |before: Option<f64>, now: Option<f64>, digit: f64| now.map(|now| Move::of(before, now, digit));
    let (open_then, open_now) = (before.open.unwrap_or(0), now.open.unwrap_or(0));
    let open = Move::of(Some(open_then as f64), open_now as f64, 1.0);
    let answer = sentences::changed(
        language,
        (open, &view.short((open_now - open_then).abs())),
        by(before.overdue_share(), now.overdue_share(), share_digit),
        by(before.dso, now.dso, TENTH),
    );
    let source = view.say(
        "Cada data como foi publicada, com os dados que havia então.",
        "Each date as it was published, from the data that there were then.",
    );
    let card = Card { title: caption, picture: Picture::Table { table }, source, ..Card::default() };
    Section {
        id: "between".to_owned(),
        question: view.say("O que mudou entre as duas datas?", "What changed between the two dates?"),
        answer,
        cards: vec![card.wide()],
    }
}

/// The distance of two figures as they are shown.
fn distance(before: f64, now: f64, digit: f64) -> f64 {
    match Move::of(Some(before), now, digit) {
        Move::Rose(by) => by,
        Move::Fell(by) => -by,
        Move::First | Move::Same => 0.0,
    }
}

type Say<'a> = &'a dyn Fn(f64) -> String;

fn rows(view: &View<'_>, before: &Headline, share_digit: f64) -> Vec<Vec<Cell>> {
    let (language, now) = (view.language, &view.now);
    let money = |names: (&str, &str), of: &dyn Fn(&Headline) -> Option<i128>, hides: &dyn Fn(&Headline) -> bool| {
        let one = |headline: &Headline| match of(headline) {
            Some(_) if hides(headline) => view.withheld(),
            amount => Cell::number(amount.map_or(NONE.to_owned(), |amount| view.money(amount))),
        };
        let by = of(before).zip(of(now)).map_or(NONE.to_owned(), |(then, now)| view.money(now - then));
        let by = view.unless(hides(before) || hides(now), Cell::number(by));
        vec![Cell::text(view.say(names.0, names.1)), one(before), one(now), by]
    };
    let rate = |names: (&str, &str), then: Option<f64>, now: Option<f64>, digit: f64, one: Say<'_>, by: Say<'_>| {
        let text = |figure: Option<f64>, say: Say<'_>| Cell::number(figure.map_or(NONE.to_owned(), say));
        let moved = then.zip(now).map(|(then, now)| distance(then, now, digit));
        vec![Cell::text(view.say(names.0, names.1)), text(then, one), text(now, one), text(moved, by)]
    };
    let counted = |names: (&str, &str), then: i64, now: i64| {
        let text = |number: i64| Cell::number(language.count(number));
        vec![Cell::text(view.say(names.0, names.1)), text(then), text(now), text(now - then)]
    };
    let percent = |rate: f64| if share_digit > 0.005 { language.percent_whole(rate) } else { language.percent(rate) };
    let (points, days) = (|rate: f64| language.points(rate), |days: f64| language.days_exact(days));
    let (share_then, share) = (before.overdue_share(), now.overdue_share());
    let never = |_: &Headline| false;
    // Of other companies it is another figure.
    let loss = |headline: &Headline| headline.loss.filter(|_| headline.without_loss == now.without_loss);
    let is_few = cash::is_withheld(view);
    vec![
        money(("Em aberto", "Open"), &|h| h.open, &never),
        money(("Vencido", "Overdue"), &|h| h.overdue, &|h| h.hides_overdue),
        rate(("Parte vencida", "Overdue share"), share_then, share, share_digit, &percent, &points),
        money(
            ("Vencido há mais de 90 dias", "Overdue for more than 90 days"),
            &|h| h.over_90,
            &Headline::hides_a_bucket,
        ),
        rate(("DSO", "DSO"), before.dso, now.dso, TENTH, &days, &days),
        rate(("Melhor DSO possível", "Best possible DSO"), before.best, now.best, TENTH, &days, &days),
        money(("Perda esperada", "Expected loss"), &loss, &never),
        money(("Entra em 4 semanas", "Expected in 4 weeks"), &|h| h.expected(WEEKS), &|_| is_few),
        counted(("Contas com título em aberto", "Accounts with an open item"), before.accounts, now.accounts),
        counted(("Títulos em aberto", "Open items"), before.items, now.items),
    ]
}
