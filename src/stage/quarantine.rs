//! The quarantine table: bad rows with their place, their class and the debtor that they hold, never their value.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use chrono::NaiveDate;

use super::{BadRow, Clash, Snapshots, date_column};
use crate::contract::QUARANTINE;
use crate::error::{Error, Result};

/// One quarantined row: its place and its class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The input.
    pub table: &'static str,
    /// Its object, as the record names it.
    pub file: String,
    /// From 0, in its file.
    pub row: i64,
    /// The column that is wrong.
    pub column: &'static str,
    /// What stands there, never the value.
    pub value_class: String,
    /// Of the contract's reasons for quarantine.
    pub reason: &'static str,
    /// Whom it names.
    pub debtor_id: Option<String>,
}

impl Row {
    /// A row that could not be read.
    pub fn of_bad_row(bad: &BadRow, snapshots: &Snapshots) -> Row {
        Row {
            table: bad.table,
            file: snapshots.get(bad.table).map_or("", |s| s.url(bad.file_no)).to_owned(),
            row: bad.row_no,
            column: bad.column,
            value_class: bad.value_class.clone(),
            reason: bad.reason,
            debtor_id: bad.debtor_id.clone(),
        }
    }

    /// A row that contradicts another.
    pub fn of_clash(clash: &Clash, snapshots: &Snapshots) -> Row {
        let (file_no, row) = ((clash.source_row >> 40) as usize, clash.source_row & 0xff_ffff_ffff);
        let snapshot = snapshots.get(clash.table);
        let is_key = clash.reason == "conflicting_rows";
        let key = snapshot.and_then(|s| s.table.key.first().copied()).unwrap_or("key");
        let column = match clash.reason {
            _ if is_key => key,
            "nobody_meant" => "debtor_id",
            "negative_payment" => "amount",
            "reversal_chain" | "split_reversal" | "unknown_reversal" => "reverses",
            _ => "invoice_id",
        };
        Row {
            table: clash.table,
            file: snapshot.map_or("", |s| s.url(file_no)).to_owned(),
            row,
            column,
            value_class: clash.value_class.to_owned(),
            reason: clash.reason,
            debtor_id: clash.debtor_id.clone(),
        }
    }
}

/// The rows of the table.
pub(super) fn rows(as_of: NaiveDate, rows: &[Row]) -> Result<RecordBatch> {
    let text =
        |value: fn(&Row) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(value))) };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(date_column(as_of, rows.len())),
        text(|r| r.table),
        text(|r| &r.file),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.row))),
        text(|r| r.column),
        text(|r| &r.value_class),
        text(|r| r.reason),
        Arc::new(StringArray::from_iter(rows.iter().map(|r| r.debtor_id.as_deref()))),
    ];
    let failed = |e: arrow::error::ArrowError| Error::columns("quarantine", &e);
    RecordBatch::try_new(QUARANTINE.schema(), columns).map_err(failed)
}
