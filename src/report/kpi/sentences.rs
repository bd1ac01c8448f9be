//! The sentences of the page: arithmetic in words, never a cause. Each is a template with cases, in both languages.

use crate::domain::language::Language;

/// How a figure moved since it was measured before, as far as its digits show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Move {
    /// There is nothing before.
    First,
    Same,
    Rose(f64),
    Fell(f64),
}

impl Move {
    /// `digit` is the last one that is shown: between the figures as they are shown lies the distance that a reader finds.
    pub fn of(before: Option<f64>, now: f64, digit: f64) -> Move {
        let Some(before) = before else { return Move::First };
        let steps = (now / digit).round() - (before / digit).round();
        match steps {
            0.0 => Move::Same,
            up if up > 0.0 => Move::Rose(up * digit),
            down => Move::Fell(-down * digit),
        }
    }

    /// The distance in words, and an arrow before it.
    pub fn arrow(self, language: Language, distance: impl Fn(f64) -> String) -> String {
        match self {
            Move::First => language.pick("primeira medição", "measured for the first time").to_owned(),
            Move::Same => language.pick("= sem mudança", "= unchanged").to_owned(),
            Move::Rose(by) => format!("▲ {}", distance(by)),
            Move::Fell(by) => format!("▼ {}", distance(by)),
        }
    }
}

/// Where a figure stands among those of the months before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extreme {
    #[default]
    Neither,
    Highest(usize),
    Lowest(usize),
}

impl Extreme {
    /// Of the last figure among all; three months are the least that can say anything.
    pub fn of(figures: &[f64], digit: f64) -> Extreme {
        let Some((last, before)) = figures.split_last().filter(|(_, before)| before.len() >= 2) else {
            return Extreme::Neither;
        };
        let months = figures.len();
        match (
            before.iter().all(|figure| *figure < last - digit / 2.0),
            before.iter().all(|figure| *figure > last + digit / 2.0),
        ) {
            (true, _) => Extreme::Highest(months),
            (_, true) => Extreme::Lowest(months),
            _ => Extreme::Neither,
        }
    }
}

/// "R$ 6,58 mi em aberto, 27,7 % vencidos."
pub fn owed(language: Language, open: Option<&str>, overdue_share: Option<&str>) -> String {
    match (language, open, overdue_share) {
        (Language::PtBr, Some(open), Some(share)) => format!("{open} em aberto, {share} vencidos."),
        (Language::En, Some(open), Some(share)) => format!("{open} is open, {share} of it overdue."),
        (Language::PtBr, ..) => "Nada está em aberto nesta data.".to_owned(),
        (Language::En, ..) => "Nothing is open on this date.".to_owned(),
    }
}

/// "Em junho foram estornados R$ 50,00 a mais do que entrou."
pub fn went_back(language: Language, month: &str, amount: &str) -> String {
    language.pick(
        format!("Em {month} foram estornados {amount} a mais do que entrou."),
        format!("In {month}, {amount} more was taken back than came in."),
    )
}

/// "Em junho entraram R$ 2,81 mi, 61 % do que se podia receber."
pub fn came_in(language: Language, month: Option<(&str, &str)>, share: Option<&str>, is_partial: bool) -> String {
    match (language, month, share) {
        (Language::PtBr, None, _) => "O que entrou não se sabe: falta o histórico de pagamentos.".to_owned(),
        (Language::En, None, _) => "What came in is not known: there is no history of payments.".to_owned(),
        (Language::PtBr, Some((month, amount)), _) if is_partial => format!("Em {month} entraram até agora {amount}."),
        (Language::En, Some((month, amount)), _) if is_partial => format!("{amount} came in so far in {month}."),
        (Language::PtBr, Some((month, amount)), Some(share)) => {
            format!("Em {month} entraram {amount}, {share} do que se podia receber.")
        }
        (Language::En, Some((month, amount)), Some(share)) => {
            format!("{amount} came in during {month}, {share} of what could be collected.")
        }
        (Language::PtBr, Some((month, amount)), None) => format!("Em {month} entraram {amount}."),
        (Language::En, Some((month, amount)), None) => format!("{amount} came in during {month}."),
    }
}

/// "O prazo médio de recebimento (DSO) é de 80 dias, 22 acima do melhor DSO possível."
pub fn dso(language: Language, days: Option<&str>, above_best: Option<&str>) -> String {
    match (language, days, above_best) {
        (Language::PtBr, None, _) => {
            "O prazo médio de recebimento (DSO) não se sabe: faltam as vendas do período.".to_owned()
        }
        (Language::En, None, _) => {
            "Days sales outstanding (DSO) is not known: there are no sales of the period.".to_owned()
        }
        (Language::PtBr, Some(days), Some(above)) => {
            format!("O prazo médio de recebimento (DSO) é de {days}, {above} acima do melhor DSO possível.")
        }
        (Language::En, Some(days), Some(above)) => {
            format!("Days sales outstanding (DSO) is {days}, {above} above the best possible DSO.")
        }
        (Language::PtBr, Some(days), None) => format!("O prazo médio de recebimento (DSO) é de {days}."),
        (Language::En, Some(days), None) => format!("Days sales outstanding (DSO) is {days}."),
    }
}

/// What moves, in both languages.
const OPEN: (&str, &str) = ("o valor em aberto", "the open amount");
const DSO: (&str, &str) = ("o DSO", "DSO");
const SHARE: (&str, &str) = ("a parte vencida", "the overdue share");
const OVERDUE: (&str, &str) = ("o valor vencido", "the overdue amount");

/// "o DSO caiu 3,5 dias"; nothing where there is nothing to compare with.
fn moved(language: Language, what: (&str, &str), by: Move, distance: &dyn Fn(f64) -> String) -> Option<String> {
    let name = language.pick(what.0, what.1);
    Some(match (language, by) {
        (_, Move::First) => return None,
        (Language::PtBr, Move::Same) => format!("{name} não mudou"),
        (Language::En, Move::Same) => format!("{name} was unchanged"),
        (Language::PtBr, Move::Rose(by)) => format!("{name} subiu {}", distance(by)),
        (Language::En, Move::Rose(by)) => format!("{name} rose by {}", distance(by)),
        (Language::PtBr, Move::Fell(by)) => format!("{name} caiu {}", distance(by)),
        (Language::En, Move::Fell(by)) => format!("{name} fell by {}", distance(by)),
    })
}

/// A capital in front and a full stop behind; "p.p." has its own.
fn stop(text: &str) -> String {
    let text = capital(text);
    if text.ends_with('.') { text } else { text + "." }
}

/// "O valor em aberto caiu R$ 827 mil; a parte vencida subiu 3,0 p.p.; o DSO caiu 3,5 dias."
pub fn changed(language: Language, open: (Move, &str), share: Option<Move>, dso: Option<Move>) -> String {
    let open = moved(language, OPEN, open.0, &|_| open.1.to_owned());
    let share = share.and_then(|by| moved(language, SHARE, by, &|rate| language.points(rate)));
    let dso = dso.and_then(|by| moved(language, DSO, by, &|days| language.days_exact(days)));
    let clauses: Vec<String> = open.into_iter().chain(share).chain(dso).collect();
    if clauses.is_empty() { String::new() } else { stop(&clauses.join("; ")) }
}

/// What a month has moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trend<'a> {
    /// The overdue amount, with the distance in words.
    pub overdue: Option<(Move, &'a str)>,
    pub share: Option<Move>,
    pub share_among: Extreme,
    pub dso: Option<Move>,
    /// The distance of DSO to the best possible.
    pub gap: Option<Move>,
}

/// "Em junho, o valor vencido não mudou; a parte vencida subiu 3,0 p.p. e é a maior em 13 meses; o DSO caiu 3,5 dias e está 1,5
/// dia mais longe do melhor possível."
pub fn trend(language: Language, month: &str, trend: Trend<'_>) -> String {
    let overdue = trend.overdue.and_then(|(by, distance)| moved(language, OVERDUE, by, &|_| distance.to_owned()));
    let share = trend.share.and_then(|by| moved(language, SHARE, by, &|rate| language.points(rate)));
    let among = match (language, trend.share_among) {
        (_, Extreme::Neither) => String::new(),
        (Language::PtBr, Extreme::Highest(months)) => format!(" e é a maior em {months} meses"),
        (Language::En, Extreme::Highest(months)) => format!(" and is the highest in {months} months"),
        (Language::PtBr, Extreme::Lowest(months)) => format!(" e é a menor em {months} meses"),
        (Language::En, Extreme::Lowest(months)) => format!(" and is the lowest in {months} months"),
    };
    let dso = trend.dso.and_then(|by| moved(language, DSO, by, &|days| language.days_exact(days)));
    let gap = trend.gap.and_then(|by| {
        Some(match (language, by) {
            (_, Move::First | Move::Same) => return None,
            (Language::PtBr, Move::Rose(by)) => {
                format!(" e está {} mais longe do melhor possível", language.days_exact(by))
            }
            (Language::PtBr, Move::Fell(by)) => {
                format!(" e está {} mais perto do melhor possível", language.days_exact(by))
            }
            (Language::En, Move::Rose(by)) => {
                format!(" and is {} further from the best possible", language.days_exact(by))
            }
            (Language::En, Move::Fell(by)) => {
                format!(" and is {} closer to the best possible", language.days_exact(by))
            }
        })
    });
    let dso = dso.map(|dso| dso + &gap.unwrap_or_default());
    let clauses: Vec<String> = overdue.into_iter().chain(share.map(|share| share + &among)).chain(dso).collect();
    match (clauses.is_empty(), language) {
        (true, Language::PtBr) => "Ainda não há mês anterior com que comparar.".to_owned(),
        (true, Language::En) => "There is no earlier month to compare with yet.".to_owned(),
        (false, _) => stop(&format!("{} {month}, {}", language.pick("em", "in"), clauses.join("; "))),
    }
}

/// "O faturado, R$ 2,00 mi, foi o menor em 13 meses; o recebido, R$ 2,81 mi, o maior." Only what stands out.
pub fn standing_out(language: Language, billed: (&str, Extreme), collected: (&str, Extreme)) -> String {
    let clause = |(pt, en): (&str, &str), (amount, among): (&str, Extreme)| {
        let (pt_most, en_most, months) = match among {
            Extreme::Neither => return None,
            Extreme::Highest(months) => ("o maior", "the most", months),
            Extreme::Lowest(months) => ("o menor", "the least", months),
        };
        Some(language.pick(
            format!("o {pt}, {amount}, foi {pt_most} em {months} meses"),
            format!("{amount} was {en}, {en_most} in {months} months"),
        ))
    };
    let clauses = [clause(("faturado", "billed"), billed), clause(("recebido", "collected"), collected)];
    let clauses: Vec<String> = clauses.into_iter().flatten().collect();
    if clauses.is_empty() { String::new() } else { format!(" {}", stop(&clauses.join("; "))) }
}

/// "Nos próximos sete dias devem entrar R$ 612 mil; em quatro semanas, R$ 2,45 mi; em treze, R$ 4,59 mi. Espera-se perder R$ 1,10 mi, 16,7 % do que está em aberto."
pub fn cash(language: Language, expected: Option<[&str; 3]>, loss: Option<(&str, &str)>) -> String {
    let expected = expected.map(|[week, weeks, all]| {
        language.pick(
            format!("Nos próximos sete dias devem entrar {week}; em quatro semanas, {weeks}; em treze, {all}."),
            format!("{week} should come in over the next seven days, {weeks} in four weeks and {all} in thirteen."),
        )
    });
    let loss = loss.map(|(loss, share)| {
        language.pick(
            format!("A perda esperada é de {loss}, {share} do que está em aberto."),
            format!("The expected loss is {loss}, {share} of what is open."),
        )
    });
    let known: Vec<String> = expected.into_iter().chain(loss).collect();
    if known.is_empty() {
        return language
            .pick(
                "Ainda não há histórico para dizer o que vai entrar e o que se vai perder.",
                "There is not yet enough history to say what will come in and what will be lost.",
            )
            .to_owned();
    }
    known.join(" ")
}

/// "De cada R$ 100 que tinham 1–30 dias, 55 foram pagos e 45 envelheceram; dos de 31–60, 59 envelheceram."
pub fn roll(language: Language, symbol: &str, first: Option<(&str, i64, i64)>, next: Option<(&str, i64)>) -> String {
    let Some((bucket, paid, older)) = first else {
        return language
            .pick("Nada estava vencido naquela data, ou não se sabe.", "Nothing was overdue then, or it is not known.")
            .to_owned();
    };
    let next = next.map_or(String::new(), |(bucket, older)| {
        language.pick(
            format!("; dos que tinham {bucket}, {older} envelheceram"),
            format!("; of those at {bucket}, {older} aged further"),
        )
    });
    language.pick(
        format!("De cada {symbol}\u{a0}100 que tinham {bucket} dias de atraso, {paid} foram pagos e {older} envelheceram{next}."),
        format!("Of every {symbol}\u{a0}100 that was {bucket} days late, {paid} was paid and {older} aged further{next}."),
    )
}

/// The first letter of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, PtBr};

    fn plain(text: &str) -> String {
        text.replace('\u{a0}', " ")
    }

    #[test]
    fn what_moves_by_less_than_its_last_digit_has_not_moved() {
        let cases = [
            (None, 80.0, Move::First),
            (Some(80.04), 80.0, Move::Same),
            (Some(80.0), 80.0, Move::Same),
            (Some(83.5), 80.0, Move::Fell(3.5)),
            (Some(80.0), 83.5, Move::Rose(3.5)),
            // As 83.9 and 80.3 are shown.
            (Some(83.87), 80.33, Move::Fell(3.6)),
        ];
        for (before, now, expected) in cases {
            let tenths = |by: f64| (by * 10.0).round() / 10.0;
            let found = match Move::of(before, now, 0.1) {
                Move::Rose(by) => Move::Rose(tenths(by)),
                Move::Fell(by) => Move::Fell(tenths(by)),
                other => other,
            };
            assert_eq!(found, expected);
        }
        let arrow = |by: Move, language| by.arrow(language, |days| format!("{days} d"));
        assert_eq!(arrow(Move::Fell(3.5), PtBr), "▼ 3.5 d");
        assert_eq!(arrow(Move::Rose(1.0), En), "▲ 1 d");
        assert_eq!(
            (arrow(Move::Same, PtBr), arrow(Move::First, En)),
            ("= sem mudança".into(), "measured for the first time".into())
        );
        for (figures, expected) in [
            (&[0.2, 0.25, 0.28][..], Extreme::Highest(3)),
            (&[0.3, 0.25, 0.2], Extreme::Lowest(3)),
            (&[0.2, 0.28, 0.28], Extreme::Neither),
            (&[0.2, 0.28], Extreme::Neither),
            (&[], Extreme::Neither),
        ] {
            assert_eq!(Extreme::of(figures, 0.001), expected, "{figures:?}");
        }
    }

    #[test]
    fn rose_fell_the_same_and_the_first_run() {
        use Extreme::{Highest, Lowest, Neither};
        let all = Trend {
            overdue: Some((Move::Same, "R$ 0")),
            share: Some(Move::Rose(0.023)),
            share_among: Highest(13),
            dso: Some(Move::Fell(3.5)),
            gap: Some(Move::Rose(1.5)),
        };
        let cases = [
            (
                all,
                "Em junho, o valor vencido não mudou; a parte vencida subiu 2,3 p.p. e é a maior em 13 meses; o DSO caiu 3,5 dias \
                 e está 1,5 dia mais longe do melhor possível.",
                "In June, the overdue amount was unchanged; the overdue share rose by 2.3 points and is the highest in 13 months; \
                 DSO fell by 3.5 days and is 1.5 days further from the best possible.",
            ),
            (
                Trend {
                    overdue: Some((Move::Fell(1.0), "R$ 5 mil")),
                    share: Some(Move::Fell(0.01)),
                    share_among: Lowest(3),
                    dso: Some(Move::Rose(1.0)),
                    gap: Some(Move::Fell(1.0)),
                },
                "Em junho, o valor vencido caiu R$ 5 mil; a parte vencida caiu 1,0 p.p. e é a menor em 3 meses; o DSO subiu 1,0 dia \
                 e está 1,0 dia mais perto do melhor possível.",
                "In June, the overdue amount fell by R$ 5 mil; the overdue share fell by 1.0 point and is the lowest in 3 months; \
                 DSO rose by 1.0 day and is 1.0 day closer to the best possible.",
            ),
            (
                Trend { share: Some(Move::Same), dso: Some(Move::Same), gap: Some(Move::Same), ..Trend::default() },
                "Em junho, a parte vencida não mudou; o DSO não mudou.",
                "In June, the overdue share was unchanged; DSO was unchanged.",
            ),
            (
                Trend { share: Some(Move::Rose(0.5)), share_among: Neither, ..Trend::default() },
                "Em junho, a parte vencida subiu 50,0 p.p.",
                "In June, the overdue share rose by 50.0 points.",
            ),
            (
                Trend { dso: Some(Move::First), ..Trend::default() },
                "Ainda não há mês anterior com que comparar.",
                "There is no earlier month to compare with yet.",
            ),
        ];
        for (moved, pt, en) in cases {
            assert_eq!(plain(&trend(PtBr, "junho", moved)), pt);
            assert_eq!(plain(&trend(En, "June", moved)), en);
        }
    }

    #[test]
    fn what_stands_out_of_the_months_is_said_and_nothing_else() {
        use Extreme::{Highest, Lowest, Neither};
        let (billed, collected) = ("R$ 2,00 mi", "R$ 2,81 mi");
        assert_eq!(
            standing_out(PtBr, (billed, Lowest(13)), (collected, Highest(13))),
            " O faturado, R$ 2,00 mi, foi o menor em 13 meses; o recebido, R$ 2,81 mi, foi o maior em 13 meses."
        );
        assert_eq!(
            standing_out(En, (billed, Neither), (collected, Highest(13))),
            " R$ 2,81 mi was collected, the most in 13 months."
        );
        assert_eq!(standing_out(En, (billed, Neither), (collected, Neither)), "");
    }

    #[test]
    fn two_dates_are_told_apart_in_one_sentence() {
        let (fell, rose) = ((Move::Fell(1.0), "R$ 827 mil"), Some(Move::Rose(0.03)));
        assert_eq!(
            plain(&changed(PtBr, fell, rose, Some(Move::Fell(3.5)))),
            "O valor em aberto caiu R$ 827 mil; a parte vencida subiu 3,0 p.p.; o DSO caiu 3,5 dias."
        );
        assert_eq!(
            plain(&changed(En, fell, rose, None)),
            "The open amount fell by R$ 827 mil; the overdue share rose by 3.0 points."
        );
        assert_eq!(changed(En, (Move::First, ""), None, Some(Move::First)), "");
    }

    #[test]
    fn the_first_sentences_say_what_is_known() {
        assert_eq!(owed(PtBr, Some("R$ 6,58 mi"), Some("27,7 %")), "R$ 6,58 mi em aberto, 27,7 % vencidos.");
        assert_eq!(owed(En, Some("R$ 6.58 m"), Some("27.7%")), "R$ 6.58 m is open, 27.7% of it overdue.");
        assert_eq!(owed(En, None, None), "Nothing is open on this date.");
        let june = Some(("junho", "R$ 2,81 mi"));
        assert_eq!(
            came_in(PtBr, june, Some("61 %"), false),
            "Em junho entraram R$ 2,81 mi, 61 % do que se podia receber."
        );
        assert_eq!(came_in(PtBr, june, Some("61 %"), true), "Em junho entraram até agora R$ 2,81 mi.");
        assert_eq!(came_in(En, Some(("June", "R$ 1")), None, false), "R$ 1 came in during June.");
        assert!(came_in(En, None, None, false).contains("not known"));
        assert_eq!(went_back(PtBr, "abril", "R$ 50,00"), "Em abril foram estornados R$ 50,00 a mais do que entrou.");
        assert_eq!(went_back(En, "April", "R$ 50.00"), "In April, R$ 50.00 more was taken back than came in.");
        assert_eq!(
            dso(En, Some("80 days"), Some("22")),
            "Days sales outstanding (DSO) is 80 days, 22 above the best possible DSO."
        );
        assert!(dso(PtBr, None, None).contains("não se sabe"));
        assert_eq!(
            cash(PtBr, Some(["R$ 612 mil", "R$ 2,45 mi", "R$ 4,59 mi"]), None),
            "Nos próximos sete dias devem entrar R$ 612 mil; em quatro semanas, R$ 2,45 mi; em treze, R$ 4,59 mi."
        );
        assert_eq!(cash(En, None, Some(("R$ 1", "2%"))), "The expected loss is R$ 1, 2% of what is open.");
        assert!(cash(En, None, None).contains("not yet"));
        assert_eq!(
            plain(&roll(PtBr, "R$", Some(("1–30", 55, 45)), Some(("31–60", 59)))),
            "De cada R$ 100 que tinham 1–30 dias de atraso, 55 foram pagos e 45 envelheceram; dos que tinham 31–60, 59 envelheceram."
        );
        assert!(roll(En, "$", None, None).contains("not known"));
    }
}
