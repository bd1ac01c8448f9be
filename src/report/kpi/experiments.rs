//! Who won? The difference of each arm to the champion with its interval, where an experiment runs.

use super::data::{by, count, int, sum};
use super::model::{Card, Cell, Picture, Section, Table};
use super::view::View;
use crate::domain::experiment::comparison::Verdict;
use crate::io::tables::Row;
use crate::report::chart::{self, Interval};
use crate::report::experiments::{Comparison, Experiment, Interval as Judged, experiments};
use crate::report::numbers::ratio;

const TABLE: &str = "kpi_experiments";

/// Nothing where no experiment runs.
pub fn section(view: &View<'_>) -> Option<Section> {
    let rows = view.rows(TABLE);
    if rows.is_empty() || view.is_kpi_only() {
        return None;
    }
    let found = experiments(&rows, view.run.as_of, &view.run.experiments);
    let by_id = by(&rows, |row| row.text("experiment"));
    let cards = by_id.iter().map(|(id, rows)| {
        let own: Vec<&Experiment> = found.iter().filter(|one| one.experiment == *id).collect();
        card(view, id, rows, &own).wide()
    });
    let cards = cards.collect();
    Some(Section {
        id: "experiments".to_owned(),
        question: view.say("Qual variante ganhou?", "Which variant won?"),
        answer: answer(view, &found),
        cards,
    })
}

/// The verdicts that there are, as `regua experiment report` gives them; else the day of the next, or what is missing.
fn answer(view: &View<'_>, found: &[Experiment]) -> String {
    let verdicts: Vec<Verdict> =
        found.iter().flat_map(|one| &one.comparisons).map(|comparison| comparison.verdict).collect();
    let count = |wanted: &[Verdict]| verdicts.iter().filter(|verdict| wanted.contains(verdict)).count();
    let clear = count(&[Verdict::Better, Verdict::Worse]);
    let judged = clear + count(&[Verdict::NoDifference]);
    let next = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::NotYet { on } => Some(*on),
        _ => None,
    });
    if judged > 0 {
        return view.language.pick(
            format!("{clear} de {judged} diferenças são claras: o intervalo não contém o zero."),
            format!("{clear} of {judged} differences are clear: their interval does not hold zero."),
        );
    }
    if let Some(on) = next.min() {
        let day = view.language.date_long(on);
        return view.language.pick(
            format!("Ainda não se julga: o veredito vem em {day}, quando o último dia do experimento já passou."),
            format!("It is not judged yet: the verdict comes on {day}, once the last day of the experiment is over."),
        );
    }
    match verdicts.first() {
        Some(first) if verdicts.iter().all(|verdict| verdict == first) => unjudged(view, *first),
        _ => view.say(
            "Sem veredito, por motivos diferentes: `regua experiment report` diz o de cada experimento.",
            "There is no verdict, for different reasons: `regua experiment report` says that of each experiment.",
        ),
    }
}

/// Why there is no verdict.
fn unjudged(view: &View<'_>, verdict: Verdict) -> String {
    let (pt_br, en) = match verdict {
        Verdict::ArmsChanged => (
            "Sem veredito: uma variante foi renomeada, retirada ou passou a fazer outra coisa durante o experimento.",
            "There is no verdict: an arm was renamed, removed or made to do something else while the experiment ran.",
        ),
        Verdict::Moved => (
            "Sem veredito: o primeiro ou o último dia foi mudado depois que o experimento começou.",
            "There is no verdict: the first or last day was set or moved after the experiment began.",
        ),
        Verdict::BeganLate => (
            "Sem veredito: a primeira execução veio mais de uma semana depois do primeiro dia.",
            "There is no verdict: the first run came more than a week after the first day.",
        ),
        Verdict::WasAbsent => (
            "Sem veredito: o experimento ficou fora da configuração por mais de uma semana.",
            "There is no verdict: the experiment was out of the pipeline for more than a week of its days.",
        ),
        Verdict::Skewed => (
            "Não se pode dizer: as variantes não têm o tamanho das suas partes, e algo além do sorteio decide quem se compara.",
            "It cannot be said: the arms are not as large as their shares say, so something besides the draw decides who is compared.",
        ),
        Verdict::NoLastDay => (
            "Sem veredito: o experimento não tem último dia (`ends_on`).",
            "There is no verdict: the experiment has no last day (`ends_on`).",
        ),
        _ => (
            "Não se pode dizer: cada variante precisa de pelo menos 30 grupos.",
            "It cannot be said: each arm needs at least 30 groups.",
        ),
    };
    view.say(pt_br, en)
}

fn card(view: &View<'_>, name: &str, rows: &[Row<'_>], found: &[&Experiment]) -> Card {
    // A company at a time: an interval over companies is none that the table can give.
    let is_one = rows.iter().all(|other| other.str("company_id") == rows[0].str("company_id"));
    let label = |company: &str, arm: &str| if is_one { arm.to_owned() } else { format!("{company} {arm}") };
    let points = |rate: f64| view.language.points(rate);
    let compared: Vec<(&Experiment, &Comparison)> =
        found.iter().flat_map(|one| one.comparisons.iter().map(|comparison| (*one, comparison))).collect();
    // The interval that the verdict goes by, and no other.
    let interval = |(one, comparison): &(&Experiment, &Comparison)| {
        let Judged { value, low, high } = comparison.judged_by?;
        let name = label(&one.company_id, &comparison.arm);
        let title = format!("{name}: {} ({} – {})", points(value), points(low), points(high));
        Some(Interval { name, low, middle: value, high, title })
    };
    let intervals: Vec<Interval> = compared.iter().filter_map(interval).collect();
    let told = intervals.iter().map(|one| one.title.as_str()).collect::<Vec<_>>().join("; ");
    let axis = |rate: f64| view.language.tenth(rate * 100.0);
    let difference = |row: &Row<'_>| {
        let is_of = |(one, comparison): &&(&Experiment, &Comparison)| {
            one.company_id == row.str("company_id")
                && one.currency == row.str("currency")
                && comparison.arm == row.str("arm")
        };
        compared.iter().find(is_of).and_then(|(_, comparison)| comparison.judged_by).map(|judged| judged.value)
    };
    let table = table(view, name, rows, (|row: &Row<'_>| label(&row.text("company_id"), &row.text("arm")), difference));
    let source = view.say(
        "kpi_experiments: taxa de recebimento por intenção de tratar; diferença para o campeão em pontos percentuais, com o \
         intervalo pelo qual se julga: 95 % para todas as variantes ao mesmo tempo, descontado o que os grupos já pagavam antes, onde se sabe. Antes de \
         passar o último dia ela ainda oscila e não decide; `regua experiment report` mostra o resto.",
        "kpi_experiments: collection rate by intention to treat; difference to the champion in percentage points, with the interval that \
         the verdict goes by: 95% for all arms at once, less what the groups paid before, where that is known. Until the last day is over it still wavers and \
         decides nothing; `regua experiment report` shows the rest.",
    );
    let title = name.to_owned();
    match chart::intervals(&format!("{name}: {told}"), &intervals, &axis) {
        Some(svg) => Card {
            picture: Picture::Drawing { svg, legend: Vec::new() },
            fold: Some((view.say("Em tabela", "As a table"), table)),
            title,
            source,
            ..Card::default()
        },
        None => Card { title, picture: Picture::Table { table }, source, ..Card::default() },
    }
}

fn table(
    view: &View<'_>,
    name: &str,
    rows: &[Row<'_>],
    (label, difference): (impl Fn(&Row<'_>) -> String, impl Fn(&Row<'_>) -> Option<f64>),
) -> Table {
    let heads = [
        ("Variante", "Arm"),
        ("Grupos", "Groups"),
        ("A receber", "Collectable"),
        ("Recebido", "Collected"),
        ("Taxa", "Rate"),
        ("Diferença", "Difference"),
    ];
    let row = |row: &Row<'_>| {
        let (company, arm) = (row.str("company_id"), row.str("arm"));
        let keys = [("company_id", company), ("experiment", name), ("arm", arm)];
        let one = [*row];
        // Before its groups were counted, an arm had accounts.
        let column = if int(*row, "groups").is_some() { "groups" } else { "accounts" };
        let groups = count(&one, column);
        let amount = |column: &str| {
            let cell = view.short_cell(&format!("{TABLE}.{column}"), &keys, sum(&one, column));
            view.unless_few(groups, cell)
        };
        let rate =
            sum(&one, "collected_amount").zip(sum(&one, "collectable_amount")).and_then(|(paid, all)| ratio(paid, all));
        let difference = difference(row).map_or("–".to_owned(), |rate| view.language.points(rate));
        let tie = format!("{TABLE}.collected_amount/collectable_amount");
        vec![
            Cell::text(label(row)),
            view.count_cell(&format!("{TABLE}.{column}"), &keys, groups),
            amount("collectable_amount"),
            amount("collected_amount"),
            view.unless_few(groups, view.percent_cell(&tie, &keys, rate)),
            view.unless_few(groups, Cell::number(difference)),
        ]
    };
    Table {
        caption: name.to_owned(),
        head: view.heads(1, &heads),
        rows: rows.iter().map(row).collect(),
        ..Table::default()
    }
}
