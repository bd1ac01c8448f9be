//! What a KPI file says must agree with another table: `-- Ties: old_amount = kpi_portfolio.overdue_90_amount` in its head.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};

use super::{finding, money};
use crate::error::{Error, Finding, Result};
use crate::io::engine::{Layer, Models, Tie};

/// Columns by which two tables are compared, where both have them.
const KEYS: [&str; 2] = ["company_id", "currency"];
/// A bucket of the aging that is none: credits stand beside what is open.
const CREDITS: &str = "credits";

/// Key = sum, of a column of a table.
struct Sums {
    by_key: BTreeMap<String, i128>,
    is_amount: bool,
}

/// Every tie that does not hold, by company and currency.
///
/// # Errors
/// `Model` where a head names a table or column that is not there, or one that cannot be added up.
pub fn ties(models: &Models, kpis: &BTreeMap<String, Vec<RecordBatch>>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for model in models.of(Layer::Kpis) {
        let refuse = |what: String| Error::Model { model: model.name.clone(), what };
        for tie in &model.ties {
            let Tie { column, table, other } = tie;
            let of = |name: &str| {
                kpis.get(name)
                    .ok_or_else(|| refuse(format!("its Ties names {name}, which is not a KPI table of this run")))
            };
            let (own, others) = (of(&model.name)?, of(table)?);
            let shared: Vec<&str> = KEYS.into_iter().filter(|key| has(own, key) && has(others, key)).collect();
            let actual = sums(own, &model.name, column, &shared).map_err(refuse)?;
            let expected = sums(others, table, other, &shared).map_err(refuse)?;
            let is_amount = actual.is_amount;
            if is_amount != expected.is_amount {
                return Err(refuse(format!("its Ties compares an amount with a number: {column} and {table}.{other}")));
            }
            let keys: BTreeSet<&String> = actual.by_key.keys().chain(expected.by_key.keys()).collect();
            for key in keys {
                let of = |sums: &Sums| sums.by_key.get(key).copied().unwrap_or(0);
                let (expected, actual) = (of(&expected), of(&actual));
                if expected != actual {
                    let said = |sum: i128| if is_amount { money(sum) } else { sum.to_string() };
                    findings.push(finding(
                        &tie.name(&model.name),
                        key,
                        said(expected),
                        said(actual),
                        said(actual - expected),
                    ));
                }
            }
        }
    }
    Ok(findings)
}

fn has(batches: &[RecordBatch], column: &str) -> bool {
    batches.first().is_some_and(|batch| batch.schema_ref().index_of(column).is_ok())
}

fn sums(batches: &[RecordBatch], table: &str, column: &str, keys: &[&str]) -> std::result::Result<Sums, String> {
    let mut sums = Sums { by_key: BTreeMap::new(), is_amount: false };
    for batch in batches {
        let array = batch.column_by_name(column);
        let array = array.ok_or_else(|| format!("its Ties names {table}.{column}, which is not there"))?;
        let values: Vec<Option<i128>> = match array.data_type() {
            DataType::Decimal128(_, 2) => {
                sums.is_amount = true;
                array.as_primitive::<Decimal128Type>().iter().collect()
            }
            DataType::Int64 => array.as_primitive::<Int64Type>().iter().map(|value| value.map(i128::from)).collect(),
            _ => {
                return Err(format!(
                    "its Ties names {table}.{column}, which is neither decimal(18, 2) nor bigint: only those are compared"
                ));
            }
        };
        let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let columns: Vec<_> = keys.iter().filter_map(|key| text(key)).collect();
        let buckets = text("bucket");
        for (row, value) in values.into_iter().enumerate() {
            if buckets.is_some_and(|buckets| buckets.value(row) == CREDITS) {
                continue;
            }
            let key =
                columns.iter().map(|c| if c.is_valid(row) { c.value(row) } else { "-" }).collect::<Vec<_>>().join(" ");
            *sums.by_key.entry(key).or_default() += value.unwrap_or(0);
        }
    }
    Ok(sums)
}
