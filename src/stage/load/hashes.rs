//! Two 64-bit hashes of every row: one of its key, to find repeated rows, and one of its content, to tell copies from
//! contradictions. Defaults are filled in first: a null currency is the default currency.
//!
//! Columns are hashed one after the other, each into the state of its row; a text that repeats its neighbour is not
//! hashed again.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use twox_hash::XxHash64;

use super::rows::RowRules;
use crate::contract::Column;
use crate::domain::address::normalised_address;

const KEY_SEED: u64 = 0;
const CONTENT_SEED: u64 = 0x9e37_79b9_7f4a_7c15;
/// What a null without a default is hashed as.
const NULL: u64 = 0x6e75_6c6c_2d76_616c;
/// Columns of contact_points that contradict nobody: whom to greet there, and how gladly.
const BESIDE_AN_ADDRESS: [&str; 2] = ["contact_name", "preference_rank"];

impl RowRules {
    /// `key_hash` and `content_hash` of every row.
    pub(super) fn hashes(&self, arrays: &[ArrayRef], rows: usize) -> (Int64Array, Int64Array) {
        let table = self.input.table;
        let is_key = |column: &Column| table.key.contains(&column.name);
        let columns = || self.columns.iter().copied().zip(arrays);
        let mut states = vec![KEY_SEED; rows];
        for (column, array) in columns().filter(|(column, _)| is_key(column)) {
            self.mix(&mut states, column, array);
        }
        let keys = Int64Array::from_iter_values(states.iter().map(|state| *state as i64));
        states.iter_mut().for_each(|state| *state = mixed(*state, CONTENT_SEED));
        // Figures contradict nobody.
        for (column, array) in columns().filter(|(column, _)| !column.spoils_no_row()) {
            if table.name == "agreement_items" && column.name == "company_id" {
                // The key takes none for the default company, and yet it may turn out to be another's invoice.
                states.iter_mut().enumerate().for_each(|(row, s)| *s = mixed(*s, u64::from(array.is_null(row))));
            } else if !(is_key(column) || table.name == "contact_points" && BESIDE_AN_ADDRESS.contains(&column.name)) {
                self.mix(&mut states, column, array);
            }
        }
        (keys, Int64Array::from_iter_values(states.into_iter().map(|state| state as i64)))
    }

    /// Mixes a column into the state of each row.
    fn mix(&self, states: &mut [u64], column: &Column, array: &ArrayRef) {
        let default = self.default_of(column.name);
        let fixed = |value: Option<i64>| value.map_or(default, |value| value as u64);
        let rows = states.iter_mut();
        match array.data_type() {
            DataType::Utf8 => {
                let is_address = self.input.table.name == "contact_points" && column.name == "address";
                let hash = |text: &str| match is_address {
                    true => hash_of(&normalised_address(text)),
                    false => hash_of(text),
                };
                let mut last: Option<(&str, u64)> = None;
                for (state, text) in rows.zip(array.as_string::<i32>().iter()) {
                    let value = match (text, last) {
                        (None, _) => default,
                        (Some(text), Some((known, value))) if text == known => value,
                        (Some(text), _) => hash(text),
                    };
                    last = text.map(|text| (text, value)).or(last);
                    *state = mixed(*state, value);
                }
            }
            DataType::Int64 => {
                let values = array.as_primitive::<Int64Type>().iter();
                rows.zip(values).for_each(|(state, value)| *state = mixed(*state, fixed(value)));
            }
            DataType::Date32 => {
                let values = array.as_primitive::<Date32Type>().iter();
                rows.zip(values).for_each(|(state, value)| *state = mixed(*state, fixed(value.map(i64::from))));
            }
            DataType::Timestamp(..) => {
                let values = array.as_primitive::<TimestampMicrosecondType>().iter();
                rows.zip(values).for_each(|(state, value)| *state = mixed(*state, fixed(value)));
            }
            DataType::Decimal128(..) => {
                let values = array.as_primitive::<Decimal128Type>().iter();
                let folded = |value: i128| (value ^ (value >> 64)) as i64;
                rows.zip(values).for_each(|(state, value)| *state = mixed(*state, fixed(value.map(folded))));
            }
            DataType::Boolean => {
                let values = array.as_boolean().iter();
                rows.zip(values).for_each(|(state, value)| *state = mixed(*state, fixed(value.map(i64::from))));
            }
            _ => {}
        }
    }

    /// What a null in this column is the same as.
    fn default_of(&self, column: &str) -> u64 {
        match (self.input.table.name, column) {
            ("invoices" | "agreement_items", "company_id") => hash_of(&self.defaults.company),
            (_, "currency") => hash_of(&self.defaults.currency),
            ("invoices", "document_type") => hash_of("invoice"),
            ("payments", "kind") => hash_of("payment"),
            ("contact_log", "direction") => hash_of("outbound"),
            ("contact_points", "is_authorized" | "is_valid") => 1,
            ("debtors", "is_insolvent") => 0,
            _ => NULL,
        }
    }
}

fn hash_of(text: &str) -> u64 {
    XxHash64::oneshot(0, text.as_bytes())
}

/// One value more in a state; two values never give one state the same successor.
fn mixed(state: u64, value: u64) -> u64 {
    let mixed = (state.rotate_left(23) ^ value).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 29)
}
