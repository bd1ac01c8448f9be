//! What lineage tells of a run besides its record: names, columns, and where they come from.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use super::origins;
use crate::config::Plan;
use crate::io::engine::{Engine, Models};
use crate::io::parquet::Source;
use crate::report::lineage::{DatasetName, Described, Read};
use crate::stage::{Audited, History, Snapshots};

/// Where the pipeline reads and publishes, with no file opened: all that is known of a run that was published before.
pub(super) fn named(plan: &Plan) -> Described {
    let read = |input: &crate::config::InputPlan| {
        let (table, name) = (input.table.name, Some(DatasetName::of(&input.path)));
        (origins::input(table), Read { input: Some(table), name, ..Read::default() })
    };
    let reads = plan.inputs.iter().map(read).collect();
    Described { output: Some(DatasetName::of(&plan.output)), reads, ..Described::default() }
}

/// All that is known once everything was worked out.
pub(super) fn described(
    plan: &Plan,
    snapshots: &Snapshots,
    history: &History,
    (engine, models): (&Engine, &Models),
    audited: &Audited,
) -> Described {
    let mut described = named(plan);
    for snapshot in &snapshots.tables {
        let Some(read) = described.reads.get_mut(&origins::input(snapshot.table.name)) else { continue };
        (read.fields, read.renamed) = snapshot.columns_of_files();
    }
    for (table, sources) in history.tables() {
        let name = described.output.as_ref().map(|output| output.below(&format!("runs/{table}")));
        described.reads.insert(origins::remembered(table), Read { name, ..remembered(&sources) });
    }
    let own = |batches: &Vec<RecordBatch>| Some(batches.first()?.schema());
    let kpis = audited.materialized().kpis.iter();
    described.schemas = kpis.filter_map(|(table, batches)| Some((table.clone(), own(batches)?))).collect();
    described.columns = origins::traced(engine, models);
    described
}

fn remembered(sources: &[&Source]) -> Read {
    let fields: BTreeMap<String, String> = sources
        .iter()
        .flat_map(|source| source.schema().fields())
        .map(|field| (field.name().clone(), field.data_type().to_string()))
        .collect();
    let (rows, size) = (sources.iter().map(|s| s.rows()).sum(), sources.iter().map(|s| s.object.size).sum());
    Read { fields: fields.into_iter().collect(), counted: (rows, size, sources.len() as u64), ..Read::default() }
}
