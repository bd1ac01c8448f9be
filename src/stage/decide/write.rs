//! Decisions become rows of the published tables, and one line for the gateways per action.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Date32Builder, Decimal128Array, Decimal128Builder, Float64Array, Int64Array,
    Int64Builder, ListBuilder, RecordBatch, StringArray, StringBuilder, StructBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Fields};
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{Decided, DecidedGroup};
use crate::contract::{self, MONEY_PRECISION, MONEY_SCALE, Table};
use crate::domain::action::{Action, sha256_hex};
use crate::domain::case::{Account, Debtor};
use crate::domain::decision::{Decision, Outcome, Rules};
use crate::domain::money::Minor;
use crate::error::{Error, Result};
use crate::stage::day_number;

/// One account with what was decided about it.
struct Row<'a> {
    debtor: &'a Debtor,
    account: &'a Account,
    decision: &'a Decision,
}

pub(super) fn rows(rules: &Rules, as_of: NaiveDate, decided: Vec<DecidedGroup>) -> Result<Decided> {
    let mut rows = Vec::new();
    for (group, decisions) in &decided {
        for ((debtor, accounts), decisions) in group.debtors.iter().zip(decisions) {
            let of_debtor = accounts.iter().zip(decisions);
            rows.extend(of_debtor.map(|(account, decision)| Row { debtor, account, decision }));
        }
    }
    let acts: Vec<(&Action, Value)> = rows
        .iter()
        .filter_map(|r| match &r.decision.outcome {
            Outcome::Act(action) => Some((action.as_ref(), payload(action))),
            Outcome::Hold(_) => None,
        })
        .collect();
    let acts: Vec<(&Action, Value, String)> = acts
        .into_iter()
        .map(|(action, payload)| {
            let sha256 = sha256_hex(payload.to_string().as_bytes());
            (action, payload, sha256)
        })
        .collect();
    let lines = acts.iter().map(|(action, payload, sha256)| (action.channel, line(rules, action, payload, sha256)));
    Ok(Decided {
        lines: lines.collect(),
        actions: actions(as_of, &acts)?,
        decisions: decisions(as_of, &rows)?,
        items: items(as_of, &rows)?,
        debtors: debtors(as_of, &rows)?,
        action_items: action_items(&acts)?,
    })
}

/// The action as gateways read it; amounts are decimal text.
fn payload(action: &Action) -> Value {
    json!({
        "action_id": action.action_id,
        "as_of_date": action.as_of,
        "company_id": action.company_id,
        "debtor_id": action.debtor_id,
        "regua": action.regua,
        "step_id": action.step_id,
        "step_kind": action.step_kind,
        "level": action.level,
        "occurrence": action.occurrence,
        "cycle_id": action.cycle_id,
        "channel": action.channel,
        "destination": action.destination,
        "contact_name": action.contact_name,
        "language": action.language,
        "tone": action.tone,
        "template_id": action.template_id,
        "template_version": action.template_version,
        "subject": action.subject,
        "body": action.body,
        "currency": action.currency.as_str(),
        "open_amount": action.open().to_string(),
        "fine_amount": action.fine.to_string(),
        "interest_amount": action.interest.to_string(),
        "fee_amount": action.fee.to_string(),
        "total_due": action.total_due().to_string(),
        "oldest_due_date": action.oldest_due_date(),
        "days_past_due_max": action.days_past_due_max(),
        "items": action.items,
        "segment": action.segment,
        "risk_band": action.risk_band,
        "priority": action.priority,
        "collector_id": action.collector_id,
        "agency_id": action.agency_id,
        "not_before": action.validity.not_before.to_rfc3339(),
        "expires_at": action.validity.expires_at.to_rfc3339(),
    })
}

/// One CloudEvents 1.0 line.
fn line(rules: &Rules, action: &Action, payload: &Value, sha256: &str) -> String {
    let event = json!({
        "specversion": "1.0",
        "type": "regua.action.v1",
        "source": format!("/regua/{}", rules.tenant),
        "id": action.action_id,
        "datacontenttype": "application/json",
        "payloadsha256": sha256,
        "data": payload,
    });
    event.to_string()
}

fn text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn maybe_text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values))
}

fn ints(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn amounts(values: impl Iterator<Item = Option<Minor>>) -> Result<ArrayRef> {
    let array: Decimal128Array = values.map(|v| v.map(|m| i128::from(m.0))).collect();
    let array = array.with_precision_and_scale(MONEY_PRECISION, MONEY_SCALE);
    array.map(|a| Arc::new(a) as ArrayRef).map_err(failed)
}

fn dates(values: impl Iterator<Item = Option<NaiveDate>>) -> ArrayRef {
    Arc::new(values.map(|d| d.map(day_number)).collect::<Date32Array>())
}

fn failed(error: arrow::error::ArrowError) -> Error {
    Error::Damaged { object: "decided rows".to_owned(), what: error.to_string() }
}

fn table(table: &Table, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(table.schema(), columns).map_err(failed)
}

fn actions(as_of: NaiveDate, acts: &[(&Action, Value, String)]) -> Result<RecordBatch> {
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
            row.append(true);
        }
        list.append(true);
    }
    Arc::new(list.finish())
}

/// The cited items of every action, one row each.
fn action_items(acts: &[(&Action, Value, String)]) -> Result<RecordBatch> {
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

fn trace(rules: &[String]) -> String {
    serde_json::to_string(rules).unwrap_or_default()
}

fn decisions(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
    let acted = |r: &Row<'_>| match &r.decision.outcome {
        Outcome::Act(action) => Some(action.clone()),
        Outcome::Hold(_) => None,
    };
    let actions: Vec<_> = rows.iter().map(acted).collect();
    let holds: Vec<_> = rows
        .iter()
        .map(|r| match &r.decision.outcome {
            Outcome::Hold(hold) => Some(hold),
            Outcome::Act(_) => None,
        })
        .collect();
    let both = || actions.iter().zip(&holds);
    let traces: Vec<String> = both()
        .map(|(action, hold)| {
            trace(action.as_ref().map_or_else(|| hold.map_or(&[][..], |h| &h.trace), |a| &a.rule_trace))
        })
        .collect();
    let columns = vec![
        dates(rows.iter().map(|_| Some(as_of))),
        text(rows.iter().map(|r| r.account.company_id.as_str())),
        text(rows.iter().map(|r| r.debtor.debtor_id.as_str())),
        text(rows.iter().map(|r| r.account.currency.as_str())),
        text(rows.iter().map(|r| r.decision.regua.as_str())),
        maybe_text(both().map(|(action, hold)| match action {
            Some(action) => Some(action.step_id.as_str()),
            None => hold.and_then(|h| h.step_id.as_deref()),
        })),
        text(actions.iter().map(|a| if a.is_some() { "action" } else { "hold" })),
        text(holds.iter().map(|h| h.map_or("step_due", |h| h.reason.as_str()))),
        maybe_text(holds.iter().map(|h| h.and_then(|h| h.detail.as_deref()))),
        maybe_text(actions.iter().map(|a| a.as_ref().map(|a| a.action_id.as_str()))),
        maybe_text(actions.iter().map(|a| a.as_ref().map(|a| a.channel))),
        text(rows.iter().map(|r| r.decision.segment.as_str())),
        amounts(rows.iter().map(|r| Some(r.account.open())))?,
        amounts(rows.iter().map(|r| Some(r.account.overdue())))?,
        ints(rows.iter().map(|r| r.account.items.len() as i64)),
        ints(rows.iter().map(|r| r.account.days_past_due_max())),
        text(traces.iter().map(String::as_str)),
    ];
    table(&contract::DECISIONS, columns)
}

fn items(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
    let all: Vec<_> = rows
        .iter()
        .flat_map(|r| r.account.items.iter().zip(&r.decision.item_holds).map(move |(item, hold)| (r, item, hold)))
        .collect();
    let columns = vec![
        dates(all.iter().map(|_| Some(as_of))),
        text(all.iter().map(|(r, _, _)| r.account.company_id.as_str())),
        text(all.iter().map(|(r, _, _)| r.debtor.debtor_id.as_str())),
        text(all.iter().map(|(_, i, _)| i.invoice_id.as_str())),
        ints(all.iter().map(|(_, i, _)| i.installment_no)),
        text(all.iter().map(|(r, _, _)| r.account.currency.as_str())),
        dates(all.iter().map(|(_, i, _)| Some(i.issue_date))),
        dates(all.iter().map(|(_, i, _)| Some(i.due_date))),
        ints(all.iter().map(|(_, i, _)| i.days_past_due)),
        ints(all.iter().map(|(_, i, _)| i.bucket_no)),
        text(all.iter().map(|(_, i, _)| i.bucket.as_str())),
        amounts(all.iter().map(|(_, i, _)| Some(i.original)))?,
        amounts(all.iter().map(|(_, i, _)| Some(i.applied)))?,
        amounts(all.iter().map(|(_, i, _)| Some(i.open)))?,
        maybe_text(all.iter().map(|(_, _, hold)| hold.map(|h| h.as_str()))),
        text(all.iter().map(|(r, _, _)| r.decision.segment.as_str())),
    ];
    table(&contract::ITEMS, columns)
}

fn debtors(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
    let overdue = |a: &Account| a.items.iter().filter(|i| i.days_past_due > 0).count() as i64;
    let ratios = |value: fn(&Account) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(|r| value(r.account)).collect::<Float64Array>())
    };
    let columns = vec![
        dates(rows.iter().map(|_| Some(as_of))),
        text(rows.iter().map(|r| r.account.company_id.as_str())),
        text(rows.iter().map(|r| r.debtor.debtor_id.as_str())),
        text(rows.iter().map(|r| r.account.currency.as_str())),
        text(rows.iter().map(|r| r.decision.segment.as_str())),
        text(rows.iter().map(|r| r.decision.tier.as_str())),
        maybe_text(rows.iter().map(|r| r.decision.risk_band.as_deref())),
        maybe_text(rows.iter().map(|r| Some(r.decision.regua.as_str()))),
        ints(rows.iter().map(|r| r.account.items.len() as i64)),
        amounts(rows.iter().map(|r| Some(r.account.open())))?,
        ints(rows.iter().map(|r| overdue(r.account))),
        amounts(rows.iter().map(|r| Some(r.account.overdue())))?,
        amounts(rows.iter().map(|r| Some(r.account.credit)))?,
        dates(rows.iter().map(|r| r.account.items.iter().map(|i| i.due_date).min())),
        ints(rows.iter().map(|r| r.account.days_past_due_max())),
        ints(rows.iter().map(|r| r.account.profile.items_due)),
        ints(rows.iter().map(|r| r.account.profile.paid_on_time)),
        ints(rows.iter().map(|r| r.account.profile.paid_late)),
        ratios(|a| a.profile.late_ratio),
        ratios(|a| a.profile.days_late_avg),
        Arc::new(rows.iter().map(|r| r.account.profile.days_late_max).collect::<Int64Array>()),
        dates(rows.iter().map(|r| r.account.profile.last_payment_on)),
        amounts(rows.iter().map(|r| r.account.profile.largest_payment))?,
        ints(rows.iter().map(|r| r.account.profile.broken_promises)),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|r| Some(r.debtor.is_held)))),
    ];
    table(&contract::DEBTORS, columns)
}
