//! The rows of `actions`, and their cited items one by one.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Array, Decimal128Builder, Float64Array, Int64Builder, ListArray, ListBuilder,
    RecordBatch, StringBuilder, StructArray, StructBuilder, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Fields};
use chrono::NaiveDate;

use super::{Act, amounts, dates, failed, ints, maybe_text, table, text, trace};
use crate::contract::{self, MONEY_PRECISION, MONEY_SCALE, RATE_PRECISION, RATE_SCALE};
use crate::domain::action::Action;
use crate::domain::money::Amount;
use crate::domain::offer::Offer;
use crate::domain::pii::exposed;
use crate::error::Result;
use crate::stage::day_number;

pub(super) fn actions(as_of: NaiveDate, acts: &[Act<'_>]) -> Result<RecordBatch> {
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
        maybe_text(all().map(|a| exposed(&a.destination))),
        maybe_text(all().map(|a| exposed(&a.contact_name))),
        text(all().map(|a| a.language.as_str())),
        text(all().map(|a| a.tone)),
        maybe_text(all().map(|a| a.template_id.as_deref())),
        maybe_text(all().map(|a| a.template_version.as_deref())),
        text(all().map(|a| a.template_params.expose().as_str())),
        maybe_text(all().map(|a| exposed(&a.subject))),
        text(all().map(|a| a.body.expose().as_str())),
        text(all().map(|a| a.currency.as_str())),
        amounts(all().map(|a| Some(a.open())))?,
        amounts(all().map(|a| Some(a.fine)))?,
        amounts(all().map(|a| Some(a.interest)))?,
        amounts(all().map(|a| Some(a.fee)))?,
        amounts(all().map(|a| Some(a.residual)))?,
        amounts(all().map(|a| Some(a.waived)))?,
        amounts(all().map(|a| Some(a.total_due())))?,
        maybe_text(all().map(|a| a.dunned.as_ref().map(|d| d.currency.as_str()))),
        amounts(all().map(|a| a.dunned.map(|d| d.amount)))?,
        rates(all().map(|a| a.dunned.map(|d| d.quote.rate_units)))?,
        dates(all().map(|a| a.dunned.map(|d| d.quote.on))),
        dates(all().map(|a| Some(a.oldest_due_date()))),
        ints(all().map(Action::days_past_due_max)),
        cited_items(acts),
        offers(acts)?,
        text(all().map(|a| a.segment.as_str())),
        maybe_text(all().map(|a| a.risk_band.as_deref())),
        ints(all().map(|a| a.priority)),
        maybe_text(all().map(|a| a.collector_id.as_deref())),
        maybe_text(all().map(|a| a.agency_id.as_deref())),
        times(|a| a.validity.not_before.timestamp_micros()),
        times(|a| a.validity.expires_at.timestamp_micros()),
        text(traces.iter().map(String::as_str)),
        Arc::new(all().map(|a| a.propensity).collect::<Float64Array>()),
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
fn cited_items(acts: &[Act<'_>]) -> ArrayRef {
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

fn rates(units: impl Iterator<Item = Option<i64>>) -> Result<ArrayRef> {
    let array: Decimal128Array = units.map(|u| u.map(i128::from)).collect();
    let array = array.with_precision_and_scale(RATE_PRECISION, RATE_SCALE);
    array.map(|a| Arc::new(a) as ArrayRef).map_err(failed)
}

/// The cited items of every action, one row each.
pub(super) fn action_items(acts: &[Act<'_>]) -> Result<RecordBatch> {
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

/// The payments of every offer, one row each; the down payment is part 0.
pub(super) fn action_offers(acts: &[Act<'_>]) -> Result<RecordBatch> {
    let mut parts: Vec<(&Action, &Offer, i64, NaiveDate, Amount)> = Vec::new();
    for (action, _, _) in acts {
        let Some(offer) = &action.offer else { continue };
        let down = (offer.down_payment != Amount::ZERO).then_some((0, offer.valid_until, offer.down_payment));
        let later = offer.instalments.iter().zip(1..).map(|((on, amount), part_no)| (part_no, *on, *amount));
        parts.extend(down.into_iter().chain(later).map(|(no, on, amount)| (*action, offer, no, on, amount)));
    }
    let all = || parts.iter().copied();
    let columns: [(&str, ArrayRef); 7] = [
        ("action_id", text(all().map(|(a, ..)| a.action_id.as_str()))),
        ("total_amount", amounts(all().map(|(_, o, ..)| Some(o.total)))?),
        ("discount_amount", amounts(all().map(|(_, o, ..)| Some(o.discount)))?),
        ("interest_amount", amounts(all().map(|(_, o, ..)| Some(o.interest)))?),
        ("part_no", ints(all().map(|(_, _, no, ..)| no))),
        ("due_date", dates(all().map(|(.., on, _)| Some(on)))),
        ("amount", amounts(all().map(|(.., amount)| Some(amount)))?),
    ];
    RecordBatch::try_from_iter(columns).map_err(failed)
}

/// The offer of every action; null where there is none.
fn offers(acts: &[Act<'_>]) -> Result<ArrayRef> {
    let made: Vec<Option<&Offer>> = acts.iter().map(|(action, _, _)| action.offer.as_ref()).collect();
    let all = || made.iter().copied();
    let fields = struct_fields(&column_type("offer"));
    let zero = |amount: Option<Amount>| Some(amount.unwrap_or(Amount::ZERO));
    let columns = vec![
        text(all().map(|o| o.map_or("", |o| o.kind.as_str()))),
        amounts(all().map(|o| zero(o.map(|o| o.total))))?,
        amounts(all().map(|o| zero(o.map(|o| o.discount))))?,
        amounts(all().map(|o| zero(o.map(|o| o.interest))))?,
        amounts(all().map(|o| zero(o.map(|o| o.down_payment))))?,
        dates(all().map(|o| Some(o.map_or(NaiveDate::default(), |o| o.valid_until)))),
        instalments(&fields, &made)?,
    ];
    let valid: NullBuffer = all().map(|o| o.is_some()).collect();
    StructArray::try_new(fields, columns, Some(valid)).map(|a| Arc::new(a) as ArrayRef).map_err(failed)
}

/// The instalments of each offer; an empty list where there is none.
fn instalments(fields: &Fields, made: &[Option<&Offer>]) -> Result<ArrayRef> {
    let lists = || made.iter().map(|o| o.map_or(&[][..], |o| &o.instalments));
    let flat = || lists().flatten().copied();
    let kind = fields.find("instalments").map_or(DataType::Null, |(_, field)| field.data_type().clone());
    let DataType::List(item) = &kind else { return Ok(arrow::array::new_null_array(&kind, made.len())) };
    let columns = vec![dates(flat().map(|(on, _)| Some(on))), amounts(flat().map(|(_, amount)| Some(amount)))?];
    let values = StructArray::try_new(struct_fields(&kind), columns, None).map_err(failed)?;
    let offsets = OffsetBuffer::from_lengths(lists().map(<[_]>::len));
    let list = ListArray::try_new(Arc::clone(item), offsets, Arc::new(values), None);
    list.map(|a| Arc::new(a) as ArrayRef).map_err(failed)
}
