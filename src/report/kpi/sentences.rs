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

/// "Em junho foram estornados R$ 50,00 a mais do que se pagou em títulos."
pub fn went_back(language: Language, month: &str, amount: &str) -> String {
    language.pick(
        format!("Em {month} foram estornados {amount} a mais do que se pagou em títulos."),
        format!("In {month}, {amount} more was taken back from invoices than was applied to them."),
    )
}

/// "Em junho foram pagos R$ 2,81 mi em títulos, 61 % do que se podia receber.": what was applied to invoices. What came in
/// besides, for no invoice that is known, does not count.
pub fn applied(language: Language, month: Option<(&str, &str)>, share: Option<&str>, is_partial: bool) -> String {
    match (language, month, share) {
        (Language::PtBr, None, _) => "O que foi pago não se sabe: falta o histórico de pagamentos.".to_owned(),
        (Language::En, None, _) => "What was paid is not known: the history of payments is missing.".to_owned(),
        (Language::PtBr, Some((month, amount)), _) if is_partial => {
            format!("Em {month} foram pagos até agora {amount} em títulos.")
        }
        (Language::En, Some((month, amount)), _) if is_partial => {
            format!("So far in {month}, {amount} was applied to invoices.")
        }
        (Language::PtBr, Some((month, amount)), Some(share)) => {
            format!("Em {month} foram pagos {amount} em títulos, {share} do que se podia receber.")
        }
        (Language::En, Some((month, amount)), Some(share)) => {
            format!("In {month}, {amount} was applied to invoices, {share} of what could be collected.")
        }
        (Language::PtBr, Some((month, amount)), None) => format!("Em {month} foram pagos {amount} em títulos."),
        (Language::En, Some((month, amount)), None) => format!("In {month}, {amount} was applied to invoices."),
    }
}

/// Why a figure is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The tables do not reach back far enough.
    History,
    NothingOpen,
    /// Billed less credited is nought, or less.
    NetSales,
    /// Nothing could be collected in the month.
    NothingToCollect,
}

impl Missing {
    /// What stands under the dash of a tile.
    pub fn words(self, language: Language) -> &'static str {
        match self {
            Missing::History => {
                language.pick("pede histórico que ainda não existe", "needs history that is not there yet")
            }
            Missing::NothingOpen => language.pick("nada está em aberto", "nothing is open"),
            Missing::NetSales => language.pick("as vendas líquidas não passam de zero", "net sales are not above zero"),
            Missing::NothingToCollect => {
                language.pick("nada se podia receber no mês", "nothing could be collected in the month")
            }
        }
    }
}

/// "O prazo médio de recebimento (DSO) é de 80 dias, 22 acima do melhor DSO possível."
pub fn dso(language: Language, days: Result<&str, Missing>, above_best: Option<&str>) -> String {
    let name = language.pick("O prazo médio de recebimento (DSO)", "Days sales outstanding (DSO)");
    match (days, above_best) {
        (Err(Missing::NothingOpen), _) => String::new(),
        (Err(Missing::NetSales), _) => language.pick(
            format!(
                "{name} não se calcula: as vendas líquidas do período (faturado menos abatido) não passam de zero."
            ),
            format!("{name} cannot be worked out: net sales of the period (billed less credited) are not above zero."),
        ),
        (Err(_), _) => language.pick(
            format!("{name} não se sabe: faltam as vendas do período."),
            format!("{name} is not known: the sales of the period are missing."),
        ),
        (Ok(days), Some(above)) => language.pick(
            format!("{name} é de {days}, {above} acima do melhor DSO possível."),
            format!("{name} is {days}, {above} above the best possible DSO."),
        ),
        (Ok(days), None) => language.pick(format!("{name} é de {days}."), format!("{name} is {days}.")),
    }
}

/// Which company has the largest overdue amount, and which the highest overdue share: each with its figure, and only where
/// no other company has the same.
pub fn worst_company(language: Language, most: Option<(String, String)>, highest: Option<(String, String)>) -> String {
    match (most, highest) {
        (None, None) => String::new(),
        (Some((company, amount)), Some((same, share))) if company == same => language.pick(
            format!(" Quem mais tem vencido é a empresa {company}, em valor ({amount}) e em relação ao que tem em aberto ({share})."),
            format!(" Company {company} has the largest overdue amount ({amount}), and the highest overdue share too ({share} of what it is owed)."),
        ),
        (Some((company, amount)), Some((other, share))) => language.pick(
            format!(" A empresa {company} tem o maior valor vencido ({amount}); a {other}, o maior percentual vencido: {share} do seu saldo."),
            format!(" Company {company} has the largest overdue amount ({amount}); {other} has the highest overdue share, {share} of what it is owed."),
        ),
        (Some((company, amount)), None) => language.pick(
            format!(" A empresa {company} tem o maior valor vencido ({amount})."),
            format!(" Company {company} has the largest overdue amount ({amount})."),
        ),
        (None, Some((company, share))) => language.pick(
            format!(" A empresa {company} tem o maior percentual vencido: {share} do seu saldo."),
            format!(" Company {company} has the highest overdue share, {share} of what it is owed."),
        ),
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

/// "Nos próximos sete dias devem entrar R$ 612 mil; em quatro semanas, R$ 2,45 mi; em treze, R$ 4,59 mi."
pub fn expected(language: Language, [week, weeks, all]: [&str; 3]) -> String {
    language.pick(
        format!("Nos próximos sete dias devem entrar {week}; em quatro semanas, {weeks}; em treze, {all}."),
        format!("{week} should come in over the next seven days, {weeks} in four weeks and {all} in thirteen."),
    )
}

/// "A perda esperada é de R$ 1,10 mi, 16,7 % do que está em aberto." `without` are companies of which it is not known.
pub fn loss(language: Language, loss: &str, share: &str, without: &[String]) -> String {
    if without.is_empty() {
        return language.pick(
            format!("A perda esperada é de {loss}, {share} do que está em aberto."),
            format!("The expected loss is {loss}, {share} of what is open."),
        );
    }
    let without = without.join(", ");
    language.pick(
        format!(
            "A perda esperada é de {loss}, {share} do que está em aberto, sem contar {without}, por falta de histórico."
        ),
        format!("The expected loss is {loss}, {share} of what is open, leaving out {without} for want of history."),
    )
}

/// What will come in and what will be lost, as far as it is known.
pub fn cash(language: Language, expected: Option<String>, loss: Option<String>) -> String {
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

/// A bucket of a month ago: of a hundred that was in it, how much was paid and how much grew older; none where the table
/// withholds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rolled {
    pub bucket: String,
    pub paid: Option<i64>,
    pub older: Option<i64>,
}

/// "De cada R$ 100 que tinham 1–30 dias, 55 foram pagos e 45 envelheceram; dos de 31–60, 59 envelheceram." Of the first two
/// buckets of which anything may be told; `is_withheld` where something was overdue and nothing may.
pub fn roll(language: Language, symbol: &str, rolled: &[Rolled], is_withheld: bool) -> String {
    let told = |one: &Rolled| {
        let paid = one.paid.map(|paid| language.pick(format!("{paid} foram pagos"), format!("{paid} was paid")));
        let older =
            one.older.map(|older| language.pick(format!("{older} envelheceram"), format!("{older} aged further")));
        let parts: Vec<String> = paid.into_iter().chain(older).collect();
        parts.join(language.pick(" e ", " and "))
    };
    let mut known = rolled.iter().filter(|one| [one.paid, one.older].into_iter().flatten().any(|part| part > 0));
    let Some(first) = known.next() else {
        let none = language
            .pick("Nada estava vencido naquela data, ou não se sabe.", "Nothing was overdue then, or it is not known.");
        let few = language.pick(
            "Do que estava vencido, cada parte é de poucos títulos e fica oculta.",
            "Of what was overdue, each part is of few items and withheld.",
        );
        return if is_withheld { few.to_owned() } else { none.to_owned() };
    };
    let next = known.next().map_or(String::new(), |next| {
        let (bucket, told) =
            (&next.bucket, told(&Rolled { paid: next.paid.filter(|_| next.older.is_none()), ..next.clone() }));
        language.pick(format!("; dos que tinham {bucket}, {told}"), format!("; of those at {bucket}, {told}"))
    });
    let (bucket, told) = (&first.bucket, told(first));
    language.pick(
        format!("De cada {symbol}\u{a0}100 que tinham {bucket} dias de atraso, {told}{next}."),
        format!("Of every {symbol}\u{a0}100 that was {bucket} days late, {told}{next}."),
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
            applied(PtBr, june, Some("61 %"), false),
            "Em junho foram pagos R$ 2,81 mi em títulos, 61 % do que se podia receber."
        );
        assert_eq!(applied(PtBr, june, Some("61 %"), true), "Em junho foram pagos até agora R$ 2,81 mi em títulos.");
        assert_eq!(applied(En, Some(("June", "R$ 1")), None, false), "In June, R$ 1 was applied to invoices.");
        assert!(applied(En, None, None, false).contains("not known"));
        assert_eq!(
            went_back(PtBr, "abril", "R$ 50,00"),
            "Em abril foram estornados R$ 50,00 a mais do que se pagou em títulos."
        );
        assert_eq!(
            went_back(En, "April", "R$ 50.00"),
            "In April, R$ 50.00 more was taken back from invoices than was applied to them."
        );
        assert_eq!(
            dso(En, Ok("80 days"), Some("22")),
            "Days sales outstanding (DSO) is 80 days, 22 above the best possible DSO."
        );
        assert!(dso(PtBr, Err(Missing::History), None).contains("não se sabe"));
        assert_eq!(
            expected(PtBr, ["R$ 612 mil", "R$ 2,45 mi", "R$ 4,59 mi"]),
            "Nos próximos sete dias devem entrar R$ 612 mil; em quatro semanas, R$ 2,45 mi; em treze, R$ 4,59 mi."
        );
        assert_eq!(cash(En, None, Some(loss(En, "R$ 1", "2%", &[]))), "The expected loss is R$ 1, 2% of what is open.");
        assert!(cash(En, None, None).contains("not yet"));
    }

    fn rolled(bucket: &str, paid: Option<i64>, older: Option<i64>) -> Rolled {
        Rolled { bucket: bucket.to_owned(), paid, older }
    }

    /// The sentence said what the table below it withheld.
    #[test]
    fn of_the_roll_rates_the_sentence_says_what_the_table_shows() {
        let cases = [
            (
                vec![rolled("1–30", Some(55), Some(45)), rolled("31–60", Some(40), Some(59))],
                "De cada R$ 100 que tinham 1–30 dias de atraso, 55 foram pagos e 45 envelheceram; dos que tinham 31–60, 59 envelheceram.",
                "Of every R$ 100 that was 1–30 days late, 55 was paid and 45 aged further; of those at 31–60, 59 aged further.",
            ),
            (
                vec![rolled("1–30", Some(52), None), rolled("31–60", None, None), rolled("61–90", Some(7), None)],
                "De cada R$ 100 que tinham 1–30 dias de atraso, 52 foram pagos; dos que tinham 61–90, 7 foram pagos.",
                "Of every R$ 100 that was 1–30 days late, 52 was paid; of those at 61–90, 7 was paid.",
            ),
            (
                vec![rolled("1–30", Some(0), None)],
                "Do que estava vencido, cada parte é de poucos títulos e fica oculta.",
                "Of what was overdue, each part is of few items and withheld.",
            ),
        ];
        for (all, pt, en) in cases {
            assert_eq!(plain(&roll(PtBr, "R$", &all, true)), pt);
            assert_eq!(plain(&roll(En, "R$", &all, true)), en);
        }
        assert!(roll(En, "$", &[], false).contains("not known"));
    }

    /// Net sales of nought were called a lack of history, and a lack of sales.
    #[test]
    fn why_a_figure_is_not_told_is_told_apart() {
        assert_eq!(
            dso(En, Err(Missing::NetSales), None),
            "Days sales outstanding (DSO) cannot be worked out: net sales of the period (billed less credited) are not above zero."
        );
        assert!(dso(PtBr, Err(Missing::NetSales), None).contains("não passam de zero"));
        assert_eq!(dso(En, Err(Missing::NothingOpen), None), "");
        let words = [Missing::History, Missing::NothingOpen, Missing::NetSales, Missing::NothingToCollect];
        for language in [PtBr, En] {
            let said: std::collections::BTreeSet<&str> = words.iter().map(|why| why.words(language)).collect();
            assert_eq!(said.len(), words.len());
        }
    }

    #[test]
    fn of_the_worst_company_only_what_sets_it_apart_is_said() {
        let one = |company: &str, figure: &str| Some((company.to_owned(), figure.to_owned()));
        let cases = [
            (
                one("A", "R$ 9"),
                one("A", "50%"),
                " Company A has the largest overdue amount (R$ 9), and the highest overdue share too (50% of what it is owed).",
            ),
            (
                one("A", "R$ 9"),
                one("B", "50%"),
                " Company A has the largest overdue amount (R$ 9); B has the highest overdue share, 50% of what it is owed.",
            ),
            (one("A", "R$ 9"), None, " Company A has the largest overdue amount (R$ 9)."),
            (None, one("B", "50%"), " Company B has the highest overdue share, 50% of what it is owed."),
            (None, None, ""),
        ];
        for (most, highest, expected) in cases {
            assert_eq!(worst_company(En, most, highest), expected);
        }
        assert!(loss(En, "R$ 1", "2%", &["B".to_owned()]).contains("leaving out B for want of history"));
    }
}
