//! The weeks of the forecast, and which of its sources may stand alone: a week may hold one promise, or one instalment.

use super::data::NOT_DUE;
use super::data::{at_least, at_least_of_accounts, by, sum};
use super::view::{FORECAST, View};
use crate::io::tables::Row;
use crate::report::words::{self, Kind};

/// Where cash comes from, in the order in which the parts stand on each other.
pub const SOURCES: [&str; 4] = ["not_due", "overdue", "promise", "agreement"];
const CLASSES: [&str; 4] = ["s1", "s2", "s4", "s5"];
/// Sources beside which the others may stand: what is expected of them is a share of much, and of no debtor what they owe.
const BROAD: [usize; 2] = [1, 0];

/// A week of the forecast, over companies.
pub struct Week {
    pub name: String,
    pub no: i64,
    /// By source.
    pub expected: Vec<Option<i128>>,
    due: Vec<Option<i128>>,
    /// Of what is not due and what is overdue, as the model of payment expects it; none where none is in use.
    pub modelled: Option<i128>,
}

impl Week {
    pub fn total(&self) -> Option<i128> {
        self.expected.iter().flatten().copied().reduce(|a, b| a + b)
    }

    pub fn of(&self, part: &Part) -> Option<i128> {
        part.sources.iter().filter_map(|source| self.expected[*source]).reduce(|a, b| a + b)
    }

    /// What falls due in it, of all sources.
    pub fn due(&self) -> Option<i128> {
        self.due.iter().flatten().copied().reduce(|a, b| a + b)
    }

    fn has_due(&self, source: usize) -> bool {
        self.due[source].is_some_and(|amount| amount > 0)
    }

    fn has(&self, source: usize) -> bool {
        self.expected[source].is_some_and(|amount| amount > 0)
    }
}

/// Sources that are shown together.
pub struct Part {
    pub sources: Vec<usize>,
    pub name: String,
    pub class: &'static str,
}

pub fn weeks(view: &View<'_>) -> Vec<Week> {
    let mut weeks = by(&view.rows(FORECAST), |row| row.int("week_no"));
    weeks.sort_by_key(|(no, _)| *no);
    let of = |(no, rows): (i64, Vec<Row<'_>>)| {
        let by_source = |column: &str| {
            let of = |source: &str| rows.iter().filter(|row| row.str("source") == source).copied().collect::<Vec<_>>();
            SOURCES.iter().map(|source| sum(&of(source), column)).collect::<Vec<_>>()
        };
        let name = rows.first().and_then(|row| row.date("week_from")).map(|day| view.language.date_short(day));
        Week {
            name: name.unwrap_or_default(),
            no,
            expected: by_source("expected_amount"),
            due: by_source("due_amount"),
            modelled: sum(&rows, "model_amount"),
        }
    };
    weeks.into_iter().map(of).collect()
}

fn not_due(view: &View<'_>) -> i64 {
    let rows: Vec<Row<'_>> = view.rows("kpi_aging").into_iter().filter(|row| row.str("bucket") == NOT_DUE).collect();
    at_least_of_accounts(&rows, "debtors")
}

/// Which sources are of so few that a week of theirs tells what one debtor pays. The table counts nobody: a promise and an
/// instalment come in one week each, so there must be enough of them for each of their weeks.
fn few(view: &View<'_>, weeks: &[Week]) -> [bool; 4] {
    let overdue = at_least_of_accounts(&view.rows("kpi_portfolio"), "overdue_debtors");
    let exact = |source: usize, number: i64| {
        let weeks = weeks.iter().filter(|week| week.has(source) || week.has_due(source)).count() as i64;
        number < view.options.min_cell * weeks
    };
    [
        view.is_few(not_due(view)),
        view.is_few(overdue),
        exact(2, at_least(&view.rows("kpi_promises"), "pending")),
        exact(3, at_least(&view.rows("kpi_agreements"), "active")),
    ]
}

/// The columns of the forecast: those of few stand together with one of many that has something in each of their weeks;
/// none where there is nothing beside which they could stand.
pub fn parts(view: &View<'_>, weeks: &[Week]) -> Option<Vec<Part>> {
    let few = few(view, weeks);
    let (mut hidden, shown): (Vec<usize>, Vec<usize>) = (0..SOURCES.len()).partition(|source| few[*source]);
    let part = |sources: Vec<usize>| Part {
        name: named(view, &sources),
        class: CLASSES[*sources.first().unwrap_or(&0)],
        sources,
    };
    if hidden.is_empty() {
        return Some(shown.into_iter().map(|source| part(vec![source])).collect());
    }
    // What is expected of a broad source is a share of what it holds: it hides others wherever it has something.
    let covers = |of: &[usize]| {
        let is_exact = |n: &&usize| !BROAD.contains(n);
        let is_bare =
            |week: &Week| hidden.iter().filter(is_exact).any(|n| week.has(*n)) && !of.iter().any(|n| week.has(*n));
        !weeks.iter().any(is_bare)
    };
    let Some(beside) = BROAD.into_iter().find(|source| !few[*source] && covers(&[*source])) else {
        return covers(&shown).then(|| vec![part((0..SOURCES.len()).collect())]);
    };
    hidden.push(beside);
    hidden.sort_unstable();
    let alone = shown.into_iter().filter(|source| *source != beside).map(|source| vec![source]);
    let mut all: Vec<Vec<usize>> = alone.chain([hidden]).collect();
    all.sort();
    Some(all.into_iter().map(part).collect())
}

/// "vencido e acordos"
fn named(view: &View<'_>, sources: &[usize]) -> String {
    if sources.len() == SOURCES.len() {
        return view.say("esperado", "expected");
    }
    let names: Vec<String> =
        sources.iter().map(|source| words::of(view.language, Kind::Source, SOURCES[*source])).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => {
            let others = others.join(", ");
            view.language.pick(format!("{others} e {last}"), format!("{others} and {last}"))
        }
        None => String::new(),
    }
}

/// May it be told what falls due each week? Only where there are enough accounts for each of them, and where what a few have
/// promised or agreed on falls due beside invoices.
pub fn shows_due(view: &View<'_>, weeks: &[Week]) -> bool {
    let [.., promises, agreements] = few(view, weeks);
    let is_bare = |week: &Week| {
        let is_few = |(source, few): (usize, bool)| few && week.has_due(source);
        !week.has_due(0) && [(2, promises), (3, agreements)].into_iter().any(is_few)
    };
    let due: Vec<&Week> = weeks.iter().filter(|week| (0..SOURCES.len()).any(|source| week.has_due(source))).collect();
    let accounts_min = view.options.min_cell * due.len() as i64;
    !due.is_empty() && not_due(view) >= accounts_min && !due.into_iter().any(is_bare)
}
