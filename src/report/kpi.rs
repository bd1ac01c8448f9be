//! The report: what is owed, whether it gets better, what works and what asks for a decision, from KPI tables alone.
//!
//! A figure of the page is a figure of BI: every one is tied to the table and column that it comes from (`data-kpi`). The
//! page is a pure function of its sources, so a run makes it from memory and `regua report` from what is published.

mod age;
mod between;
mod care;
mod cash;
mod chances;
mod cohorts;
mod data;
mod debtors;
mod experiments;
mod foot;
mod head;
mod model;
mod others;
mod own;
mod published;
mod roll;
mod sentences;
mod suppress;
mod today;
mod trend;
mod view;
mod weeks;
mod works;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{page, ramp};
use crate::domain::experiment::Terms;
use crate::domain::language::Language;
use crate::error::Result;
use crate::io::log::RecordKind;
pub use data::Kpis;
use data::{Data, Headline};
pub(super) use data::{by, is_true};
pub use debtors::{TopDebtor, top_debtors};
use model::{Page, Section};
#[cfg(test)]
use own::{Format, Shape};
pub use own::{OwnCard, own_cards};
pub use published::{Published, Told, published, rows_read};
use view::View;

/// A page is at most so long; the longest tables are cut before it is longer.
const BYTES_MAX: usize = 2_000_000;
/// Rows to which they are cut.
const ROWS_WHERE_CUT: usize = 50;

/// The run whose figures they are: what the page says of it besides.
#[derive(Clone, Debug)]
pub struct Run {
    pub tenant: String,
    pub as_of: NaiveDate,
    /// `KpiOnly`: nothing was decided for the date.
    pub kind: RecordKind,
    /// 0 = the first publication of the date.
    pub revision: u32,
    /// Table = rows published.
    pub counts: BTreeMap<String, u64>,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// Experiment = what it began with.
    pub experiments: BTreeMap<String, Terms>,
    /// Audits that held: what did not pass them is not published.
    pub audits: usize,
    /// Input = rows read; none where it is not known.
    pub inputs: BTreeMap<String, u64>,
    pub code_version: String,
    pub input_digest: String,
    pub config_digest: String,
}

/// How the page is written, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub language: Language,
    /// One company alone.
    pub company: Option<String>,
    /// Amounts of fewer debtors than this are withheld; 0 = none.
    pub min_cell: i64,
    /// Collectors and agencies by their ids.
    pub collectors: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { language: Language::default(), company: None, min_cell: 5, collectors: true }
    }
}

/// All that a page is made of.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub run: &'a Run,
    pub kpis: &'a Kpis,
    /// An earlier date to compare with; none = the month before, as the tables of this date know it.
    pub before: Option<(NaiveDate, &'a Kpis)>,
    /// KPI tables of the user's own.
    pub own: &'a [OwnCard],
    /// The accounts to show by id; none where nobody asked for them.
    pub debtors: &'a [TopDebtor],
    pub options: &'a Options,
}

/// The page as HTML: the same sources give the same bytes.
///
/// # Errors
/// Where the template does not fit the model, which a test rules out.
pub fn page(sources: &Sources<'_>) -> Result<String> {
    let language = sources.options.language;
    let buckets = Data { kpis: sources.kpis, company: None }.buckets().len();
    let mut model = model(sources);
    model.name_tables();
    let html = page::kpi(&model, language, &ramp::css(buckets))?;
    if html.len() <= BYTES_MAX {
        return Ok(html);
    }
    model.cut(ROWS_WHERE_CUT, |rows| {
        let rows = language.count(rows as i64);
        language.pick(format!("… e mais {rows} linhas, nas tabelas"), format!("… and {rows} more rows, in the tables"))
    });
    page::kpi(&model, language, &ramp::css(buckets))
}

fn model(sources: &Sources<'_>) -> Page {
    let data = Data { kpis: sources.kpis, company: sources.options.company.as_deref() };
    let currencies = data.currencies();
    let (main, others) = currencies.split_first().map_or(("", &[][..]), |(main, others)| (main.as_str(), others));
    let view = View {
        language: sources.options.language,
        data,
        run: sources.run,
        options: sources.options,
        currency: main,
        now: Headline::of(&data, main, sources.options.min_cell),
    };
    let least = sources.options.min_cell;
    let before = sources.before.map(|(date, kpis)| (date, Headline::of(&Data { kpis, ..data }, main, least)));
    let mut sections = vec![];
    sections.extend(before.as_ref().map(|(date, before)| between::section(&view, *date, before)));
    sections.extend([
        age::section(&view),
        trend::section(&view),
        roll::section(&view),
        cash::section(&view),
        works::section(&view),
    ]);
    sections.extend(today::section(&view));
    sections.push(care::section(&view));
    sections.push(cohorts::section(&view));
    sections.extend(debtors::section(&view, sources.debtors));
    sections.extend(experiments::section(&view));
    sections.extend(own::section(&view, sources.own));
    sections.extend(others::section(&view, others));
    let warning = if sources.debtors.is_empty() { String::new() } else { debtors::warning(&view) };
    Page { warning, ..finish(&view, before.as_ref(), sections, others) }
}

fn finish(view: &View<'_>, before: Option<&(NaiveDate, Headline)>, sections: Vec<Section>, others: &[String]) -> Page {
    let date = view.language.date_long(view.run.as_of);
    let company =
        view.options.company.as_ref().map_or(String::new(), |company| format!(", {}", page::isolated(company)));
    let heading =
        view.language.pick(format!("Recebíveis em {date}{company}"), format!("Receivables on {date}{company}"));
    Page {
        title: format!("{heading} – {}", view.run.tenant),
        tenant: view.run.tenant.clone(),
        meta: foot::meta(view, others),
        chip: foot::chip(view),
        heading,
        warning: String::new(),
        lede: head::lede(view),
        tiles: head::tiles(view, before),
        alerts: head::alerts(view),
        sections,
        footer: foot::notes(view),
        provenance: foot::provenance(view),
    }
}

#[cfg(test)]
mod tests;
