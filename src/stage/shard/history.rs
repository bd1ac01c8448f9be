//! What earlier runs published, as tables of a shard: the actions, the items that each named, and where the accounts
//! stood in the last run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::{cast, filter_record_batch, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono::NaiveDate;
use foldhash::HashMap;

use super::{hash_of, replaced};
use crate::contract;
use crate::error::{Error, Result};
use crate::io::parquet::{Source, conformed};

/// What earlier runs published.
#[derive(Debug, Default)]
pub struct History {
    /// Every action that may still matter.
    pub actions: Vec<Source>,
    /// The accounts of the last run.
    pub positions: Vec<Source>,
    /// What the runs saw of every item; of an export of open items alone.
    pub flows: Vec<Source>,
    /// As-of date of the first of them; none = nothing was seen before.
    pub seen_from: Option<NaiveDate>,
    /// Who is in which arm of an experiment.
    pub members: Vec<Source>,
    /// Actions of earlier dates that revisions took back, as far as the log is read.
    pub voided: BTreeSet<String>,
}

impl History {
    /// Rows that are read: they count for the number of shards like those of the inputs.
    pub fn rows(&self) -> u64 {
        let all = [&self.actions, &self.positions, &self.flows, &self.members].into_iter().flatten();
        all.map(Source::rows).sum()
    }
}

impl History {
    /// The published tables that it is read from, each with its files.
    pub fn tables(&self) -> BTreeMap<&str, Vec<&Source>> {
        let mut tables: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
        for source in [&self.actions, &self.positions, &self.flows, &self.members].into_iter().flatten() {
            // Their folder has the name of the table.
            let table = source.object.url.rsplit('/').nth(1).unwrap_or_default();
            tables.entry(table).or_default().push(source);
        }
        tables
    }
}

/// What is known of each published action; every row travels with its group. `payload_sha256` and `level` are known only of what
/// this very date published: nothing else is compared with it.
pub fn actions_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("action_id"),
        text("payload_sha256"),
        text("company_id"),
        text("debtor_id"),
        text("currency"),
        text("regua"),
        text("step_id"),
        Field::new("occurrence", DataType::Int64, true),
        text("cycle_id"),
        text("channel"),
        text("destination"),
        Field::new("published_on", DataType::Date32, true),
        Field::new("needed_on", DataType::Date32, true),
        text("template_id"),
        text("segment"),
        Field::new("level", DataType::Int64, true),
        Field::new("group_key", DataType::Int64, true),
    ]))
}

/// What it says of each item that an action named.
pub fn action_items_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("action_id"),
        text("debtor_id"),
        text("invoice_id"),
        Field::new("installment_no", DataType::Int64, true),
        text("step_id"),
        Field::new("due_date", DataType::Date32, true),
        Field::new("group_key", DataType::Int64, true),
    ]))
}

/// What the last published run says of each account.
pub fn positions_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let group = Field::new("group_key", DataType::Int64, true);
    Arc::new(Schema::new(vec![text("company_id"), text("debtor_id"), text("currency"), text("segment"), group]))
}

/// What the runs saw of the items of an export of open items.
pub fn item_flows_schema() -> SchemaRef {
    keyed(&contract::ITEM_FLOWS)
}

/// Who is in which arm of an experiment.
pub fn experiment_members_schema() -> SchemaRef {
    keyed(&contract::EXPERIMENT_MEMBERS)
}

/// A published table, every row with its group.
fn keyed(table: &contract::Table) -> SchemaRef {
    let mut fields = table.schema().fields().to_vec();
    fields.push(Arc::new(Field::new("group_key", DataType::Int64, true)));
    Arc::new(Schema::new(fields))
}

/// Columns of a published table that are read again, of the schema that they have here.
pub(super) fn columns_of(schema: &SchemaRef) -> Vec<String> {
    without_key(schema).fields().iter().map(|f| f.name().clone()).collect()
}

/// The rows of a batch of a published table, without their group.
pub(super) fn rows_of(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    conformed(batch, &without_key(schema)).map_err(damaged)
}

/// Columns that are read again of the published `actions`, and of what was carried forward of them.
pub(super) fn columns() -> Vec<String> {
    let of_actions = without_key(&actions_schema());
    let names = of_actions.fields().iter().map(|f| f.name().clone());
    names.chain(["as_of_date".to_owned(), "items".to_owned()]).collect()
}

/// The actions of a batch of either, without their group: an action of a run has mattered on its own date.
///
/// # Errors
/// `Internal` where a published table has other columns than its contract.
pub fn actions(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = without_key(&actions_schema());
    let column = |field: &Arc<Field>| {
        let own = batch.column_by_name(field.name());
        let of_run = || match field.name().as_str() {
            "published_on" | "needed_on" => batch.column_by_name("as_of_date"),
            _ => None,
        };
        match own.or_else(of_run) {
            Some(column) => cast(column, field.data_type()),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        }
    };
    let columns = schema.fields().iter().map(column).collect::<arrow::error::Result<Vec<_>>>();
    columns.and_then(|columns| RecordBatch::try_new(Arc::clone(&schema), columns)).map_err(damaged)
}

/// The items that they named, one row each, without their group.
///
/// # Errors
/// As `actions`.
pub fn action_items(batch: &RecordBatch) -> Result<RecordBatch> {
    flattened(batch).and_then(|b| conformed(&b, &without_key(&action_items_schema()))).map_err(damaged)
}

/// Events of an action under the debtor of the action, whoever stands in their rows; an echo stays with whom it names, as an
/// event of no action, unless that is the debtor of the action by now.
pub(super) fn under_their_actions(tables: &mut BTreeMap<&'static str, Vec<RecordBatch>>) -> Result<()> {
    let text =
        |batch: &'_ RecordBatch, name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).cloned();
    let mut debtors: HashMap<u64, String> = HashMap::default();
    for batch in tables.get("actions").into_iter().flatten() {
        let Some((ids, owners)) = text(batch, "action_id").zip(text(batch, "debtor_id")) else { continue };
        let known = ids.iter().flatten().zip(owners.iter().flatten());
        debtors.extend(known.map(|(id, debtor)| (hash_of(id), debtor.to_owned())));
    }
    for batch in tables.get_mut("contact_log").into_iter().flatten() {
        *batch = without_action(batch, &debtors)?;
        let Some((actions, own)) = text(batch, "action_id").zip(text(batch, "debtor_id")) else { continue };
        let debtor = |row: usize| {
            let action = actions.is_valid(row).then(|| actions.value(row));
            action
                .and_then(|id| debtors.get(&hash_of(id)))
                .map(String::as_str)
                .or_else(|| own.is_valid(row).then(|| own.value(row)))
        };
        if (0..batch.num_rows()).any(|row| own.is_null(row) || debtor(row) != Some(own.value(row))) {
            let named: ArrayRef = Arc::new((0..batch.num_rows()).map(debtor).collect::<StringArray>());
            *batch = replaced(batch, "debtor_id", named)?;
        }
    }
    Ok(())
}

fn without_action(batch: &RecordBatch, debtors: &HashMap<u64, String>) -> Result<RecordBatch> {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    let is_echo = batch.column_by_name("is_echo").and_then(|c| c.as_boolean_opt());
    let Some(((actions, own), is_echo)) = text("action_id").zip(text("debtor_id")).zip(is_echo) else {
        return Ok(batch.clone());
    };
    let echoes = |row: usize| is_echo.is_valid(row) && is_echo.value(row);
    if !(0..batch.num_rows()).any(echoes) {
        return Ok(batch.clone());
    }
    let is_twice = |row: usize| {
        let debtor = debtors.get(&hash_of(actions.value(row)));
        echoes(row) && debtor.is_some_and(|debtor| own.is_valid(row) && debtor == own.value(row))
    };
    let stays: BooleanArray = (0..batch.num_rows()).map(|row| Some(!is_twice(row))).collect();
    let named =
        (0..batch.num_rows()).map(|row| Some(actions.value(row)).filter(|_| actions.is_valid(row) && !echoes(row)));
    let named: ArrayRef = Arc::new(named.collect::<StringArray>());
    let batch = replaced(batch, "action_id", named)?;
    filter_record_batch(&batch, &stays).map_err(damaged)
}

fn flattened(batch: &RecordBatch) -> arrow::error::Result<RecordBatch> {
    let column = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("column {name} is missing")))
    };
    let lists = column("items")?;
    let lists = lists.as_list_opt::<i32>().ok_or_else(|| ArrowError::SchemaError("items is not a list".to_owned()))?;
    let rows = 0..batch.num_rows() as u32;
    let parents = rows.flat_map(|row| std::iter::repeat_n(row, lists.value_length(row as usize) as usize));
    let parents = UInt32Array::from_iter_values(parents);
    let (first, last) = (lists.value_offsets()[0], lists.value_offsets()[batch.num_rows()]);
    let items = lists.values().slice(first as usize, (last - first) as usize);
    let items =
        items.as_struct_opt().ok_or_else(|| ArrowError::SchemaError("items is not a list of rows".to_owned()))?;
    let mut fields: Vec<_> = items.fields().iter().cloned().collect();
    let mut columns = items.columns().to_vec();
    // Earlier versions remembered no due dates.
    if items.column_by_name("due_date").is_none() {
        fields.push(Arc::new(Field::new("due_date", DataType::Date32, true)));
        columns.push(new_null_array(&DataType::Date32, items.len()));
    }
    for name in ["action_id", "debtor_id"] {
        let of_items = take(column(name)?, &parents, None)?;
        fields.push(Arc::new(Field::new(name, of_items.data_type().clone(), true)));
        columns.push(of_items);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn without_key(schema: &SchemaRef) -> SchemaRef {
    Arc::new(Schema::new(schema.fields()[..schema.fields().len() - 1].to_vec()))
}

fn damaged(error: ArrowError) -> Error {
    Error::columns("the action log", &error)
}
