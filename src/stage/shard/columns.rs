//! The columns of a shard's tables: those that the models read, and batches with other ones.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::history::{action_items_schema, actions_schema, positions_schema};
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

pub(super) fn failed(error: ArrowError) -> Error {
    Error::columns("scratch", &error)
}

/// What the models read of a table: the columns of its contract, and those that the spreading pass adds.
pub(super) fn schema_of(table: &str) -> SchemaRef {
    match table {
        "actions" => actions_schema(),
        "action_items" => action_items_schema(),
        "positions" => positions_schema(),
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
    fields.extend(["occurred_on", "payable_on", "payable_by"].map(|name| Field::new(name, DataType::Date32, true)));
    fields.extend(["group_text", "actor_id", "root_id"].map(|name| Field::new(name, DataType::Utf8, true)));
    if fields.iter().all(|f| f.name() != "debtor_id") {
        fields.push(Field::new("debtor_id", DataType::Utf8, true));
    }
    let flags = ["takes_back", "has_address", "address_opted_out", "address_bounced", "has_items"];
    fields.extend(flags.map(|name| Field::new(name, DataType::Boolean, true)));
    Arc::new(Schema::new(fields))
}
