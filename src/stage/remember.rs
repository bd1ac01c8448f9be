//! Remember: what the next run must know of all that was ever published.
//!
//! If a run read every action that was ever published, each run would cost more than the one before. So each run writes
//! a checkpoint of the log beside its other tables: the past actions that still matter, and the ones that it publishes
//! itself. `cnd_remembered` says which actions still matter.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, RecordBatch, StructArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{concat_batches, filter_record_batch, not, take, take_record_batch};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::{Decided, published_actions, published_items};
use crate::contract;
use crate::error::{Error, Result};
use crate::io::engine::Session;
use crate::io::parquet::conformed;

/// What one shard carries forward.
#[derive(Debug)]
pub struct Remembered {
    /// Rows of `contact_state`, by group and action: one shard or a hundred give the same file.
    pub state: RecordBatch,
    /// Rows of `item_flows`, in the order of the groups.
    pub flows: RecordBatch,
    /// The last day, as Arrow counts it, on which anything mattered that is forgotten here.
    pub forgotten_on: Option<i32>,
}

/// What of the past and of this run's own actions is carried forward.
///
/// # Errors
/// `Model` where `cnd_remembered` or `cnd_debtors` lack a column.
pub fn remember(session: &Session, decided: &Decided) -> Result<Remembered> {
    let known = table(session, "cnd_remembered")?;
    let matters = known.column_by_name("is_remembered").and_then(|c| c.as_boolean_opt().cloned());
    let matters = matters.ok_or_else(|| lacks("cnd_remembered", "is_remembered"))?;
    let actions = with_new(session, &known, &matters, decided)?;
    let items = concatenated(&[table(session, "raw_action_items")?, published_items(&decided.new_actions)?])?;
    let forgotten = filter_record_batch(&known, &not(&matters).map_err(failed)?).map_err(failed)?;
    let needed = forgotten.column_by_name("needed_on").and_then(|c| c.as_primitive_opt::<Date32Type>());
    Ok(Remembered {
        state: state(&actions, &items)?,
        flows: conformed(&table(session, "cnd_item_flows")?, &contract::ITEM_FLOWS.schema()).map_err(failed)?,
        forgotten_on: needed.and_then(|days| days.iter().flatten().max()),
    })
}

/// What is remembered and what is new, with their groups.
fn with_new(session: &Session, known: &RecordBatch, matters: &BooleanArray, decided: &Decided) -> Result<RecordBatch> {
    let remembered = filter_record_batch(known, matters).map_err(failed)?;
    let new = published_actions(&decided.new_actions)?;
    let debtors = table(session, "cnd_debtors")?;
    let ids = debtors.column_by_name("debtor_id").and_then(|c| c.as_string_opt::<i32>());
    let keys = debtors.column_by_name("group_key").and_then(|c| c.as_primitive_opt::<Int64Type>());
    let (ids, keys) = ids.zip(keys).ok_or_else(|| lacks("cnd_debtors", "group_key"))?;
    let groups: HashMap<&str, i64> = ids.iter().flatten().zip(keys.values().iter().copied()).collect();
    let of_new = new.column_by_name("debtor_id").and_then(|c| c.as_string_opt::<i32>());
    let key = |id: Option<&str>| id.and_then(|id| groups.get(id).copied());
    let keys: Int64Array = of_new.into_iter().flat_map(|ids| ids.iter().map(key)).collect();
    let mut fields = new.schema().fields().to_vec();
    fields.push(Arc::new(Field::new("group_key", DataType::Int64, true)));
    let columns = new.columns().iter().cloned().chain([Arc::new(keys) as ArrayRef]).collect();
    let new = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(failed)?;
    concatenated(&[conformed(&remembered, &new.schema()).map_err(failed)?, new])
}

/// The rows in their order, each with the list of what it named.
fn state(actions: &RecordBatch, items: &RecordBatch) -> Result<RecordBatch> {
    let texts = |batch: &RecordBatch| {
        let ids = batch.column_by_name("action_id").and_then(|c| c.as_string_opt::<i32>().cloned());
        ids.ok_or_else(|| lacks("raw_actions", "action_id"))
    };
    let ids = texts(actions)?;
    let keys = actions.column_by_name("group_key").and_then(|c| c.as_primitive_opt::<Int64Type>());
    let keys = keys.ok_or_else(|| lacks("raw_actions", "group_key"))?;
    let mut order: Vec<u32> = (0..actions.num_rows() as u32).collect();
    order.sort_unstable_by_key(|row| (keys.value(*row as usize), ids.value(*row as usize)));
    let place: HashMap<&str, u32> =
        order.iter().zip(0..).map(|(row, place)| (ids.value(*row as usize), place)).collect();
    let of_items = texts(items)?;
    let placed = (0..items.num_rows() as u32).filter_map(|row| Some((*place.get(of_items.value(row as usize))?, row)));
    let mut placed: Vec<(u32, u32)> = placed.collect();
    placed.sort_unstable();
    let mut lengths = vec![0usize; order.len()];
    placed.iter().for_each(|(place, _)| lengths[*place as usize] += 1);
    let lists = lists(items, &UInt32Array::from_iter_values(placed.iter().map(|(_, row)| *row)), lengths)?;
    let sorted = take_record_batch(actions, &UInt32Array::from(order)).map_err(failed)?;
    let schema = contract::CONTACT_STATE.schema();
    let column = |field: &Arc<Field>| match field.name().as_str() {
        "items" => Ok(Arc::clone(&lists)),
        name => sorted.column_by_name(name).cloned().ok_or_else(|| lacks("raw_actions", name)),
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema, columns).map_err(failed)
}

/// These rows of the items, cut into lists of these lengths.
fn lists(items: &RecordBatch, rows: &UInt32Array, lengths: Vec<usize>) -> Result<ArrayRef> {
    let kind = contract::CONTACT_STATE.column("items").map_or(DataType::Null, |c| c.data_type());
    let DataType::List(item) = &kind else { return Err(lacks("contact_state", "items")) };
    let DataType::Struct(fields) = item.data_type() else { return Err(lacks("contact_state", "items")) };
    let column = |field: &Arc<Field>| {
        let column = items.column_by_name(field.name()).ok_or_else(|| lacks("raw_action_items", field.name()))?;
        take(column, rows, None).map_err(failed)
    };
    let columns = fields.iter().map(column).collect::<Result<Vec<_>>>()?;
    let values = StructArray::try_new(fields.clone(), columns, None).map_err(failed)?;
    let list = ListArray::try_new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), Arc::new(values), None);
    list.map(|list| Arc::new(list) as ArrayRef).map_err(failed)
}

fn table(session: &Session, name: &str) -> Result<RecordBatch> {
    let (schema, batches) = session.table(name)?;
    concat_batches(&schema, &batches).map_err(failed)
}

/// Batches of the same columns under the schema of the last.
fn concatenated(batches: &[RecordBatch]) -> Result<RecordBatch> {
    let schema: SchemaRef = batches.last().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    let alike = batches.iter().map(|batch| conformed(batch, &schema)).collect::<arrow::error::Result<Vec<_>>>();
    alike.and_then(|alike| concat_batches(&schema, &alike)).map_err(failed)
}

fn lacks(model: &str, column: &str) -> Error {
    let what = format!("it lacks the column {column}; compare it with the shipped model");
    Error::Model { model: model.to_owned(), what }
}

fn failed(error: ArrowError) -> Error {
    Error::columns("contact_state", &error)
}
