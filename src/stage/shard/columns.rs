//! The columns of a shard's tables: which of them the models read, and batches with columns added, replaced or left
//! out.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use foldhash::HashSet;

use super::history::{
    action_items_schema, actions_schema, experiment_members_schema, item_flows_schema, positions_schema,
};
use super::{hash_of, text};
use crate::domain::names::says_insolvent;
use crate::domain::tax_id::legal_person;
use crate::error::{Error, Result};
use crate::io::parquet::conformed;

pub(super) fn with_column(batch: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let mut fields = batch.schema().fields().to_vec();
    fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
    let columns = batch.columns().iter().cloned().chain([column]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(failed)
}

pub(super) fn without_column(batch: &RecordBatch, name: &str) -> Result<RecordBatch> {
    let kept: Vec<usize> = (0..batch.num_columns()).filter(|at| batch.schema().field(*at).name() != name).collect();
    batch.project(&kept).map_err(failed)
}

/// The batch with other values in one column, in its place; the column is added where it is not there.
pub(super) fn replaced(batch: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let Ok(at) = batch.schema().index_of(name) else { return with_column(batch, name, column) };
    let (mut fields, mut columns) = (batch.schema().fields().to_vec(), batch.columns().to_vec());
    fields[at] = Arc::new(Field::new(name, column.data_type().clone(), true));
    columns[at] = column;
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(failed)
}

/// Agreements with whether anything names what they cover, in their shard or another.
pub(super) fn with_coverage(batch: &RecordBatch, covering: &HashSet<u64>) -> Result<RecordBatch> {
    let ids = text(batch, "agreement_id").into_iter().flat_map(|ids| ids.iter());
    let covers = ids.map(|id| Some(id.is_some_and(|id| covering.contains(&hash_of(id)))));
    with_column(batch, "has_items", Arc::new(covers.collect::<BooleanArray>()))
}

/// Of whom a row of the debtors says that it is insolvent, by its flag or by its name.
pub(super) fn insolvent(batch: &RecordBatch) -> BooleanArray {
    let flags = batch.column_by_name("is_insolvent").and_then(|c| c.as_boolean_opt());
    let names = text(batch, "legal_name");
    let is_insolvent = |row: usize| {
        flags.is_some_and(|c| c.is_valid(row) && c.value(row))
            || names.is_some_and(|c| c.is_valid(row) && says_insolvent(c.value(row)))
    };
    (0..batch.num_rows()).map(|row| Some(is_insolvent(row))).collect()
}

/// Debtors with the insolvency of any establishment of their legal person, given by whom those are.
pub(super) fn with_insolvency(batch: &RecordBatch, insolvent: &BTreeSet<String>) -> Result<RecordBatch> {
    let flags = batch.column_by_name("is_insolvent").and_then(|c| c.as_boolean_opt());
    let Some((flags, tax_ids)) = flags.zip(text(batch, "tax_id")).filter(|_| !insolvent.is_empty()) else {
        return Ok(batch.clone());
    };
    let is_one = |tax_id| legal_person(tax_id).is_some_and(|person| insolvent.contains(&person));
    let marked =
        flags.iter().zip(tax_ids).map(|(flag, tax_id)| if tax_id.is_some_and(is_one) { Some(true) } else { flag });
    replaced(batch, "is_insolvent", Arc::new(marked.collect::<BooleanArray>()))
}

pub(super) fn failed(error: ArrowError) -> Error {
    Error::columns("scratch", &error)
}

/// What the models read of a table: the columns of its contract, and those that the spreading pass adds.
pub(super) fn schema_of(table: &str) -> SchemaRef {
    match table {
        "actions" => actions_schema(),
        "action_items" => action_items_schema(),
        "positions" => positions_schema(),
        "item_flows" => item_flows_schema(),
        "experiment_members" => experiment_members_schema(),
        table => input_schema(table),
    }
}

/// The batch under a schema; a column that it lacks is null.
pub(super) fn filled(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut batch = batch.clone();
    for field in schema.fields().iter().filter(|f| batch.column_by_name(f.name()).is_none()).collect::<Vec<_>>() {
        let nulls = arrow::array::new_null_array(field.data_type(), batch.num_rows());
        batch = with_column(&batch, field.name(), nulls)?;
    }
    conformed(&batch, schema).map_err(failed)
}

/// The columns of an input's contract, and those that the spreading pass adds.
fn input_schema(table: &str) -> SchemaRef {
    let columns = crate::contract::input(table).map_or(&[][..], |t| t.columns);
    let mut fields: Vec<Field> = columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect();
    let ints = ["source_row", "key_hash", "content_hash", "group_key"];
    fields.extend(ints.map(|name| Field::new(name, DataType::Int64, true)));
    fields.extend(["occurred_on", "payable_on", "kept_until"].map(|name| Field::new(name, DataType::Date32, true)));
    fields.extend(["group_text", "actor_id", "root_id"].map(|name| Field::new(name, DataType::Utf8, true)));
    if fields.iter().all(|f| f.name() != "debtor_id") {
        fields.push(Field::new("debtor_id", DataType::Utf8, true));
    }
    let flags = ["takes_back", "has_address", "is_echo", "address_opted_out", "address_bounced", "has_items"];
    fields.extend(flags.map(|name| Field::new(name, DataType::Boolean, true)));
    Arc::new(Schema::new(fields))
}
