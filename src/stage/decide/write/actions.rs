//! The rows of `actions`, and their cited items one by one.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, Int64Builder, ListBuilder, RecordBatch, StringBuilder, StructBuilder,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Fields};
use chrono::NaiveDate;
use serde_json::Value;

use super::{amounts, dates, failed, ints, maybe_text, table, text, trace};
use crate::contract::{self, MONEY_PRECISION, MONEY_SCALE};
use crate::domain::action::Action;
use crate::error::Result;
use crate::stage::day_number;

pub(super) fn actions(as_of: NaiveDate, acts: &[(&Action, Value, String)]) -> Result<RecordBatch> {
    let all = || acts.iter().map(|(a, _, _)| *a);
    let times = |value: fn(&Action) -> i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(all().map(value)).with_timezone("UTC"))
    };
    let traces: Vec<String> = all().map(|a| trace(&a.rule_trace)).collect();
    let columns = vec![
        text(all().map(|a| a.action_id.as_str())),
        text(acts.iter().map(|(_, _, sha256)| sha256.as_str())),
        dates(all().map(|_| Some(as_of))),
        text(all().map(|a| a.company_id.as_str())),
        text(all().map(|a| a.debtor_id.as_str())),
        text(all().map(|a| a.regua.as_str())),
        text(all().map(|a| a.step_id.as_str())),
        text(all().map(|a| a.step_kind)),
        ints(all().map(|a| i64::from(a.level))),
        ints(all().map(|a| i64::from(a.occurrence))),
        text(all().map(|a| a.cycle_id.as_str())),
        text(all().map(|a| a.channel)),
        maybe_text(all().map(|a| a.destination.as_deref())),
        maybe_text(all().map(|a| a.contact_name.as_deref())),
        text(all().map(|a| a.language.as_str())),
        text(all().map(|a| a.tone)),
        maybe_text(all().map(|a| a.template_id.as_deref())),
        maybe_text(all().map(|a| a.template_version.as_deref())),
        text(all().map(|a| a.template_params.as_str())),
        maybe_text(all().map(|a| a.subject.as_deref())),
        text(all().map(|a| a.body.as_str())),
        text(all().map(|a| a.currency.as_str())),
        amounts(all().map(|a| Some(a.open())))?,
        amounts(all().map(|a| Some(a.fine)))?,
        amounts(all().map(|a| Some(a.interest)))?,
        amounts(all().map(|a| Some(a.fee)))?,
        amounts(all().map(|a| Some(a.total_due())))?,
        dates(all().map(|a| Some(a.oldest_due_date()))),
        ints(all().map(Action::days_past_due_max)),
        cited_items(acts),
        offers(acts),
        text(all().map(|a| a.segment.as_str())),
        maybe_text(all().map(|a| a.risk_band.as_deref())),
        ints(all().map(|a| a.priority)),
        maybe_text(all().map(|a| a.collector_id.as_deref())),
        maybe_text(all().map(|a| a.agency_id.as_deref())),
        times(|a| a.validity.not_before.timestamp_micros()),
        times(|a| a.validity.expires_at.timestamp_micros()),
        text(traces.iter().map(String::as_str)),
    ];
    table(&contract::ACTIONS, columns)
}

fn struct_fields(kind: &DataType) -> Fields {
    match kind {
        DataType::Struct(fields) => fields.clone(),
        DataType::List(item) => struct_fields(item.data_type()),
        _ => Fields::empty(),
    }
}

fn column_type(name: &str) -> DataType {
    contract::ACTIONS.column(name).map_or(DataType::Null, |c| c.data_type())
}

fn money_builder() -> Decimal128Builder {
    Decimal128Builder::new().with_data_type(DataType::Decimal128(MONEY_PRECISION, MONEY_SCALE))
}

/// The list of cited items of every action.
fn cited_items(acts: &[(&Action, Value, String)]) -> ArrayRef {
    let kind = column_type("items");
    let fields = struct_fields(&kind);
    let builders: Vec<Box<dyn arrow::array::ArrayBuilder>> = vec![
        Box::new(StringBuilder::new()),
        Box::new(Int64Builder::new()),
        Box::new(Date32Builder::new()),
        Box::new(money_builder()),
        Box::new(Int64Builder::new()),
        Box::new(StringBuilder::new()),
    ];
    let item_field = match &kind {
        DataType::List(field) => Arc::clone(field),
        _ => unreachable!("the contract has items as a list"),
    };
    let mut list = ListBuilder::new(StructBuilder::new(fields, builders)).with_field(item_field);
    for (action, _, _) in acts {
        for item in &action.items {
            let row = list.values();
            field::<StringBuilder>(row, 0).append_value(&item.invoice_id);
            field::<Int64Builder>(row, 1).append_value(item.installment_no);
            field::<Date32Builder>(row, 2).append_value(day_number(item.due_date));
            field::<Decimal128Builder>(row, 3).append_value(i128::from(item.open_amount.0));
            field::<Int64Builder>(row, 4).append_value(item.days_past_due);
            field::<StringBuilder>(row, 5).append_option(item.step_id.as_deref());
            row.append(true);
        }
        list.append(true);
    }
    Arc::new(list.finish())
}

/// The cited items of every action, one row each.
pub(super) fn action_items(acts: &[(&Action, Value, String)]) -> Result<RecordBatch> {
    let cited = acts.iter().flat_map(|(action, _, _)| action.items.iter().map(move |item| (*action, item)));
    let cited: Vec<_> = cited.collect();
    let all = || cited.iter().copied();
    let columns: [(&str, ArrayRef); 7] = [
        ("action_id", text(all().map(|(a, _)| a.action_id.as_str()))),
        ("company_id", text(all().map(|(a, _)| a.company_id.as_str()))),
        ("debtor_id", text(all().map(|(a, _)| a.debtor_id.as_str()))),
        ("currency", text(all().map(|(a, _)| a.currency.as_str()))),
        ("invoice_id", text(all().map(|(_, i)| i.invoice_id.as_str()))),
        ("installment_no", ints(all().map(|(_, i)| i.installment_no))),
        ("open_amount", amounts(all().map(|(_, i)| Some(i.open_amount)))?),
    ];
    RecordBatch::try_from_iter(columns).map_err(failed)
}

/// # Panics
/// Where a builder is not of the type that its column was given two functions above.
fn field<T: arrow::array::ArrayBuilder>(row: &mut StructBuilder, position: usize) -> &mut T {
    row.field_builder(position).expect("the builder of this column")
}

/// The offer of every action; null where there is none.
fn offers(acts: &[(&Action, Value, String)]) -> ArrayRef {
    arrow::array::new_null_array(&column_type("offer"), acts.len())
}
