//! The datasets of a run: what the record names, with columns, versions, counts, and where each column comes from.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::{DataType, SchemaRef};
use serde_json::{Map, Value, json};

use super::{DatasetName, facet};
use crate::contract::{self, Table};
use crate::domain::action::sha256_hex;
use crate::io::engine::{Flow, Sources, TableColumn, Traced};
use crate::io::log::{InputObject, Record};

/// What the record does not say of the datasets of a run.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// The folder that is published to.
    pub output: Option<DatasetName>,
    /// What was read, by the name that `columns` calls it by.
    pub reads: BTreeMap<String, Read>,
    /// Columns of the tables that the contract does not have.
    pub schemas: BTreeMap<String, SchemaRef>,
    /// Published table = where its columns come from; empty where the run was published before.
    pub columns: BTreeMap<String, Traced>,
}

/// A dataset that was read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The input of the contract; none for what an earlier run published.
    pub input: Option<&'static str>,
    /// What OpenLineage calls it.
    pub name: Option<DatasetName>,
    /// Name and type of each column of its files; empty where no file was opened.
    pub fields: Vec<(String, String)>,
    /// Column of the contract = column of the files, where it has another name there.
    pub renamed: BTreeMap<String, String>,
    /// Rows, bytes and files; of an input the record says them.
    pub counted: (u64, u64, u64),
}

impl Described {
    /// Inputs and outputs of a COMPLETE event.
    pub(super) fn datasets(&self, record: &Record) -> (Vec<Value>, Vec<Value>) {
        let inputs = self.reads.values().filter_map(|read| self.input(read, record)).collect();
        let outputs =
            published(record).into_iter().filter_map(|(table, of)| self.output(&table, &of, record)).collect();
        (inputs, outputs)
    }

    /// An input; `None` for one that is named and has no file.
    fn input(&self, read: &Read, record: &Record) -> Option<Value> {
        let name = read.name.as_ref()?;
        let objects: Vec<&InputObject> =
            record.inputs.iter().filter(|o| Some(o.table.as_str()) == read.input).collect();
        let (rows, size, files) = match read.input {
            Some(_) => {
                (objects.iter().map(|o| o.rows).sum(), objects.iter().map(|o| o.size).sum(), objects.len() as u64)
            }
            None => read.counted,
        };
        if files == 0 {
            return None;
        }
        let mut facets = Map::new();
        if !read.fields.is_empty() {
            let fields: Vec<Value> =
                read.fields.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
            facets.insert("schema".into(), facet("SchemaDatasetFacet", "1-2-0", json!({"fields": fields})));
        }
        if read.input.is_some() {
            let version = json!({"datasetVersion": version(&objects)});
            facets.insert("version".into(), facet("DatasetVersionDatasetFacet", "1-0-1", version));
        }
        let counted = json!({"rowCount": rows, "size": size, "fileCount": files});
        Some(json!({
            "namespace": name.namespace,
            "name": name.name,
            "facets": facets,
            "inputFacets": {"inputStatistics": facet("InputStatisticsInputDatasetFacet", "1-0-0", counted)},
        }))
    }

    fn output(&self, table: &str, of: &Files, record: &Record) -> Option<Value> {
        let name = self.output.as_ref()?.below(&of.folder);
        let mut facets = Map::new();
        facets.insert("schema".into(), facet("SchemaDatasetFacet", "1-2-0", json!({"fields": self.fields(table)})));
        let version = json!({"datasetVersion": record.run_id});
        facets.insert("version".into(), facet("DatasetVersionDatasetFacet", "1-0-1", version));
        let lineage = self.columns.get(table).map(|traced| self.column_lineage(table, traced));
        facets.extend(lineage.map(|lineage| ("columnLineage".to_owned(), lineage)));
        let counted = json!({"rowCount": of.rows, "size": of.size, "fileCount": of.files});
        Some(json!({
            "namespace": name.namespace,
            "name": name.name,
            "facets": facets,
            "outputFacets": {"outputStatistics": facet("OutputStatisticsOutputDatasetFacet", "1-0-2", counted)},
        }))
    }

    /// The columns of a published table; a batch for gateways has those of its events.
    fn fields(&self, table: &str) -> Vec<Value> {
        let field = |name: &str, kind: &DataType, doc: &str| json!({"name": name, "type": kind.to_string(), "description": doc});
        let known = contract::OUTPUTS.iter().find(|of| of.name == table).or_else(|| contract::kpi(table));
        let of_contract = known.into_iter().flat_map(|of: &Table| of.columns);
        let of_contract = of_contract.map(|column| field(column.name, &column.data_type(), column.doc));
        let own = self.schemas.get(table).filter(|_| known.is_none()).into_iter().flat_map(|schema| schema.fields());
        let own = own.map(|of| json!({"name": of.name(), "type": of.data_type().to_string()}));
        let events = EVENT_FIELDS.into_iter().filter(|_| table == OUTBOX).map(|name| json!({"name": name}));
        of_contract.chain(own).chain(events).collect()
    }

    /// Of each column the columns that its values are made of; of the table as a whole those that decide about its rows.
    fn column_lineage(&self, table: &str, traced: &Traced) -> Value {
        let own: BTreeSet<String> =
            self.fields(table).iter().filter_map(|f| Some(f["name"].as_str()?.to_owned())).collect();
        let of_column = |(name, sources): &(String, Sources)| {
            let found: Vec<Value> =
                sources.iter().filter_map(|(source, flow)| self.field(source, direct(*flow))).collect();
            (own.contains(name) && !found.is_empty()).then(|| (name.clone(), json!({"inputFields": found})))
        };
        let fields: Map<String, Value> = traced.columns.iter().filter_map(of_column).collect();
        let dataset = traced.influences.iter().filter_map(|source| self.field(source, json!({"type": "INDIRECT"})));
        let body = json!({"fields": fields, "dataset": dataset.collect::<Vec<_>>()});
        facet("ColumnLineageDatasetFacet", "1-2-0", body)
    }

    /// A column of what was read; `None` where no file has it.
    fn field(&self, source: &TableColumn, how: Value) -> Option<Value> {
        let read = self.reads.get(&source.table)?;
        let name = read.name.as_ref()?;
        let field = read.renamed.get(&source.column).unwrap_or(&source.column);
        read.fields.iter().find(|(known, _)| known == field)?;
        Some(json!({"namespace": name.namespace, "name": name.name, "field": field, "transformations": [how]}))
    }
}

fn direct(flow: Flow) -> Value {
    let subtype = match flow {
        Flow::Identity => "IDENTITY",
        Flow::Transformation => "TRANSFORMATION",
        Flow::Aggregation => "AGGREGATION",
    };
    json!({"type": "DIRECT", "subtype": subtype})
}

/// What its store tells an object apart by; of several the SHA-256 over all of them.
fn version(objects: &[&InputObject]) -> String {
    let of = |o: &InputObject| o.version.clone().or(o.sha256.clone()).or(o.e_tag.clone()).unwrap_or_default();
    match objects {
        [only] => of(only),
        several => {
            let all: Vec<String> = several.iter().map(|o| format!("{} {} {}", o.url, o.size, of(o))).collect();
            sha256_hex(all.join("\n").as_bytes())
        }
    }
}

/// The dataset that all batches for gateways are.
const OUTBOX: &str = "outbox";
/// What a line of it has.
const EVENT_FIELDS: [&str; 7] = ["specversion", "type", "source", "id", "datacontenttype", "payloadsha256", "data"];

/// The files of a published table.
#[derive(Default)]
struct Files {
    /// Below the output, without what names the date and the run.
    folder: String,
    rows: u64,
    size: u64,
    files: u64,
}

/// Table = its files. What has a copy by a name that stays is called by that: `kpi/kpi_aging`, `outbox`; the rest by where it
/// is found without the date and the run: `runs/items`.
fn published(record: &Record) -> BTreeMap<String, Files> {
    let mut tables: BTreeMap<String, Files> = BTreeMap::new();
    for file in &record.files {
        let Some((_, path)) = file.path.split_once(&format!("{}/", record.run_id)) else { continue };
        let Some((folder, rest)) = path.split_once('/') else { continue };
        let (table, folder) = match folder {
            "kpi" => (rest.trim_end_matches(".parquet"), format!("kpi/{}", rest.trim_end_matches(".parquet"))),
            OUTBOX => (OUTBOX, OUTBOX.to_owned()),
            table => (table, format!("runs/{table}")),
        };
        let of = tables.entry(table.to_owned()).or_default();
        of.folder = folder;
        of.rows += file.rows;
        of.size += file.size;
        of.files += 1;
    }
    tables
}
