//! Drift: whether the model in use goes on being right, by the rows of `kpi_model`.
//!
//! A run tells what it measured; the runs after it read that, and count instead where it is bad.

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use chrono::NaiveDate;

use super::Materialized;
use crate::domain::learning::VIEWS;
use crate::domain::learning::model::{PaymentModel, Quality};
use crate::domain::learning::told::{Drift, Standing};
pub use crate::domain::learning::told::{MODELS_MAX, TOLD_DAYS};
use crate::error::Result;
use crate::io::learnt::{self, Stored};
use crate::io::log::{Log, Record};
use crate::io::store::Store;
use crate::io::tables::Tables;

/// What is measured of models.
const TABLE: &str = "kpi_model";
/// The part of its rows that is of the model in use.
const IN_USE: &str = "in_use";
/// The columns that are looked at.
const COLUMNS: [&str; 7] =
    ["part", "seen", "bills", "late_bills", "chance_avg", "squared_error", "counting_squared_error"];

/// Refuses the model in use where the newest run that looked at it as its newest found it far from what came; what whoever reads the run is
/// told of that.
///
/// # Errors
/// `PublishedDamaged` where that run's table cannot be read, `Unavailable`.
pub fn judge(output: &Store, log: &Log, as_of: NaiveDate, used: &mut Stored) -> Result<Option<String>> {
    let used_by = |record: &Record| learnt::used_by(record).and_then(|input| learnt::date_of(&input.url));
    let has_used = |record: &&Record| record.as_of < as_of && used_by(record) == Some(used.model.as_of);
    let Some(record) = log.records.iter().filter(has_used).max_by_key(|r| (r.as_of, r.seq)) else { return Ok(None) };
    let mut batches = Vec::new();
    let keep = |batch| {
        batches.push(batch);
        Ok(())
    };
    Tables::of_record(output, record).for_each_batch(TABLE, &COLUMNS, keep)?;
    let (of, found_on) = (used.model.as_of, record.as_of);
    Ok(refuse(&mut used.model, &batches).map(|why| {
        format!(
            "the model of {of} is not used any more. The run of {found_on} found: {why}. Chances are those of the share of late bills of each account, until \
             another is trained"
        )
    }))
}

/// Refuses a model that these rows of an earlier run find far from what came; why, where they do.
fn refuse(model: &mut PaymentModel, batches: &[RecordBatch]) -> Option<String> {
    let standing = standing(batches);
    (model.quality == Quality::Good && standing.drift() == Drift::Lost).then(|| {
        let why = standing.in_words();
        (model.quality, model.remarks) = (Quality::Refused, vec![why.clone()]);
        why
    })
}

/// What whoever reads the run is told of the model in use, by what this run measured.
pub fn note(materialized: &Materialized, used: Option<&PaymentModel>) -> Option<String> {
    used.filter(|model| model.quality == Quality::Good)?;
    let standing = standing(materialized.kpis.get(TABLE)?);
    let (how, what) = match standing.drift() {
        Drift::Steady => return None,
        Drift::Drifting => ("further from what came than counting", "train again, and look at kpi_model"),
        Drift::Lost => ("far from what came", "the next run will count instead; train again"),
    };
    Some(format!("the model of payment is {how}: {}; {what}", standing.in_words()))
}

/// Of the rows of `kpi_model` that are of what the model in use told: those before it may have gone wrong as it has not.
fn standing(batches: &[RecordBatch]) -> Standing {
    let mut standing = Standing::default();
    for batch in batches {
        let column = |name| batch.column_by_name(name);
        let int = |name| column(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
        let float = |name| column(name).and_then(|c| c.as_primitive_opt::<Float64Type>());
        let text = |name| column(name).and_then(|c| c.as_string_opt::<i32>());
        let [Some(parts), Some(views)] = [COLUMNS[0], COLUMNS[1]].map(text) else { continue };
        let [Some(bills), Some(late)] = [COLUMNS[2], COLUMNS[3]].map(int) else { continue };
        let [Some(chances), Some(errors), Some(counting)] = [COLUMNS[4], COLUMNS[5], COLUMNS[6]].map(float) else {
            continue;
        };
        for row in (0..batch.num_rows()).filter(|row| parts.value(*row) == IN_USE) {
            let count = |of: &Int64Array| u64::try_from(of.value(row)).unwrap_or(0);
            let means = (chances.value(row), errors.value(row), counting.value(row));
            let view = VIEWS.into_iter().find(|view| view.as_str() == views.value(row));
            view.into_iter().for_each(|view| standing.add(view, (count(bills), count(late)), means));
        }
    }
    standing
}
