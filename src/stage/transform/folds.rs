//! Folds: models whose rows come from a rule that walks other rows in order, which SQL can say only at length and
//! slowly.
//!
//! The query of such a model selects the rows to walk; the rule in `domain` that belongs to the model's name makes its
//! rows of them.

pub(in crate::stage) mod bills;
pub(in crate::stage) mod habits;
mod outreach;
mod payments;
mod receipts;
pub(in crate::stage) mod responses;
mod sessions;
mod told;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray, RecordBatch, StringArray};
use arrow::datatypes::ArrowPrimitiveType;

use crate::domain::decision::Rules;
use crate::error::{Error, Result};

/// The rows of a fold, from those that its query selected; the as-of date in days since 1970.
///
/// # Errors
/// `Model` where no rule has that name, or the query lacks a column.
pub(super) fn rows((rules, as_of): (&Rules, i32), model: &str, selected: &[RecordBatch]) -> Result<RecordBatch> {
    let columns = Columns::new(model, selected);
    match model {
        "int_payment_applications" => payments::applications(&columns),
        "int_contact_sessions" => sessions::contacts(&columns),
        "int_expected_receipts" => receipts::receipts(&columns, rules.model.as_ref(), as_of),
        "int_habits" => habits::habits(&columns, as_of),
        "int_outreach_days" => outreach::days(&columns),
        "int_told_chances" => told::chances(&columns, &rules.models_told, as_of),
        _ => Err(refused(model, "its Kind is fold, but no rule has its name; make it a table")),
    }
}

fn refused(model: &str, what: impl Into<String>) -> Error {
    Error::Model { model: model.to_owned(), what: what.into() }
}

/// What the query of a model selected.
pub(super) struct Columns<'b> {
    model: &'b str,
    batches: &'b [RecordBatch],
}

impl<'b> Columns<'b> {
    pub(super) fn new(model: &'b str, batches: &'b [RecordBatch]) -> Columns<'b> {
        Columns { model, batches }
    }

    fn array(&self, batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
        batch.column_by_name(name).ok_or_else(|| self.lacks(name))
    }

    fn lacks(&self, name: &str) -> Error {
        refused(self.model, format!("it lacks the column {name}, or has it under another type"))
    }

    fn of<T: ArrowPrimitiveType>(&self, batch: &'b RecordBatch, name: &str) -> Result<&'b PrimitiveArray<T>> {
        self.array(batch, name)?.as_primitive_opt().ok_or_else(|| self.lacks(name))
    }

    fn failed(&self, error: &arrow::error::ArrowError) -> Error {
        refused(self.model, error.to_string())
    }

    fn texts(&self, batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray> {
        self.array(batch, name)?.as_string_opt().ok_or_else(|| self.lacks(name))
    }
}
