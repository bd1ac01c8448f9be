//! The page of a run, made from its KPI tables before they are published.

use crate::config::Plan;
use crate::error::Result;
use crate::report::kpi::{self, Kpis, Options, OwnCard, Run, Sources, Told, own_cards, rows_read};
use crate::stage::Audited;
use crate::stage::publish::{self, Provenance, Revision};

/// Makes the page and adds it to what is published. It is told only what this revision publishes: of an earlier date than
/// the newest nothing that was decided.
pub(super) fn add(
    plan: &Plan,
    (provenance, revision): (&Provenance, &Revision),
    audited: &mut Audited,
    told: &Told,
) -> Result<()> {
    let run = run(provenance, revision, audited, &told.notes);
    let kpis = published(revision, audited);
    let report = plan.report;
    let options = Options {
        language: report.language,
        company: None,
        min_cell: i64::from(report.min_cell),
        collectors: report.collectors,
    };
    let html = kpi::page(&Sources {
        run: &run,
        kpis: &kpis,
        before: None,
        own: &told.cards,
        debtors: &[],
        options: &options,
    })?;
    audited.add_page(&html)
}

/// The cards of KPI tables that the pipeline's SQL adds.
///
/// # Errors
/// `Model` for a header that says what no card can be.
pub(super) fn own(plan: &Plan) -> Result<Vec<OwnCard>> {
    own_cards(plan.own_sql())
}

fn published(revision: &Revision, audited: &Audited) -> Kpis {
    let tables = publish::to_publish(revision, audited).filter_map(|output_file| {
        let name = output_file.path.strip_prefix("kpi/")?.strip_suffix(".parquet")?;
        Some((name.to_owned(), audited.materialized().kpis.get(name)?.clone()))
    });
    tables.collect()
}

fn run(provenance: &Provenance, revision: &Revision, audited: &Audited, notes: &[String]) -> Run {
    let (kind, counts) = publish::told(revision, audited);
    Run {
        tenant: provenance.tenant.clone(),
        as_of: provenance.as_of,
        kind,
        revision: revision.number,
        counts,
        notes: notes.to_vec(),
        experiments: revision.experiments.clone(),
        audits: audited.audits().len(),
        inputs: rows_read(&provenance.inputs),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        input_digest: provenance.input_digest.clone(),
        config_digest: provenance.config_digest.clone(),
    }
}
