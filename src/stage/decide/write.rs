//! Decisions become rows of the published tables, and one line for the gateways per action.

mod actions;
mod listings;
mod position;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{Decided, DecidedGroup};
use crate::contract::{MONEY_PRECISION, MONEY_SCALE, Table};
use crate::domain::action::{Action, ProviderTemplate, sha256_hex};
use crate::domain::decision::{Decision, Outcome, Rules};
use crate::domain::message::provider;
use crate::domain::money::Amount;
use crate::domain::offer::Offer;
use crate::domain::pii::exposed;
use crate::domain::portfolio::{Account, Debtor};
use crate::error::{Error, Result};
use crate::io::outbox::VOIDS;
use crate::stage::{Revision, day_number};

/// One account with what was decided about it.
struct Row<'a> {
    debtor: &'a Debtor,
    account: &'a Account,
    decision: &'a Decision,
    position: Position,
}

/// What an account owes, added up once: of an account with many duties every line says it.
#[derive(Clone, Copy)]
struct Position {
    open: Amount,
    overdue: Amount,
    overdue_items: i64,
    days_past_due_max: i64,
}

impl Position {
    fn of(account: &Account) -> Position {
        Position {
            open: account.open(),
            overdue: account.overdue(),
            overdue_items: account.items.iter().filter(|item| item.is_overdue()).count() as i64,
            days_past_due_max: account.days_past_due_max(),
        }
    }
}

/// What a revision takes back.
pub(super) struct Voids<'a> {
    pub(super) revision: &'a Revision,
    pub(super) action_ids: &'a BTreeSet<String>,
}

/// One action, as gateways read it, with the hash of that.
type Act<'a> = (&'a Action, Value, String);

pub(super) fn rows(rules: &Rules, as_of: NaiveDate, decided: Vec<DecidedGroup>, voids: Voids<'_>) -> Result<Decided> {
    let mut rows = Vec::new();
    for (group, decisions, _) in &decided {
        for ((debtor, accounts), decisions) in group.debtors.iter().zip(decisions) {
            let of_debtor = accounts.iter().zip(decisions);
            let row = |(account, decision)| Row { debtor, account, decision, position: Position::of(account) };
            rows.extend(of_debtor.map(row));
        }
    }
    let acts: Vec<Act<'_>> = rows.iter().flat_map(|row| acts_of(row.decision)).map(act).collect();
    let kept: BTreeSet<&String> = decided.iter().flat_map(|(_, _, kept)| kept).collect();
    let is_new: BooleanArray = acts.iter().map(|(action, ..)| Some(!kept.contains(&action.action_id))).collect();
    let actions = actions::actions(as_of, &acts)?;
    Ok(Decided {
        lines: lines(rules, &acts, &is_new, &voids),
        new_actions: filter_record_batch(&actions, &is_new).map_err(failed)?,
        actions,
        listings: listings::listings(as_of, &rows)?,
        decisions: position::decisions(as_of, &rows)?,
        items: position::items(as_of, &rows)?,
        debtors: position::debtors(as_of, &rows)?,
        action_items: actions::action_items(&acts)?,
        action_offers: actions::action_offers(&acts)?,
    })
}

fn acts_of(decision: &Decision) -> impl Iterator<Item = &Action> {
    let acted = match &decision.outcome {
        Outcome::Act(action) => Some(action.as_ref()),
        Outcome::Hold(_) => None,
    };
    acted.into_iter().chain(decision.duties.iter().map(|duty| &duty.action))
}

fn act(action: &Action) -> Act<'_> {
    let payload = payload(action, action.level);
    let sha256 = sha256_hex(payload.to_string().as_bytes());
    (action, payload, sha256)
}

/// The hash of what gateways read of an action, had its step this place in its régua: the same action with another one would be
/// another message. A step that is put before others moves them, and their messages stay what they are.
pub(super) fn payload_sha256(action: &Action, level: u32) -> String {
    sha256_hex(payload(action, level).to_string().as_bytes())
}

/// What gateways read: the new actions, and what is taken back.
fn lines(rules: &Rules, acts: &[Act<'_>], is_new: &BooleanArray, voids: &Voids<'_>) -> Vec<(&'static str, String)> {
    let new = acts.iter().zip(is_new.values()).filter(|(_, is_new)| *is_new).map(|(act, _)| act);
    let mut lines: Vec<(&'static str, String)> =
        new.map(|(action, payload, sha256)| (action.channel, line(rules, action, payload, sha256))).collect();
    lines.extend(voids.action_ids.iter().map(|id| (VOIDS, void_line(rules, id, voids.revision))));
    lines
}

/// The action as gateways read it; amounts are decimal text.
fn payload(action: &Action, level: u32) -> Value {
    let mut payload = json!({
        "action_id": action.action_id,
        "as_of_date": action.as_of,
        "company_id": action.company_id,
        "debtor_id": action.debtor_id,
        "regua": action.regua,
        "step_id": action.step_id,
        "step_kind": action.step_kind,
        "level": level,
        "occurrence": action.occurrence,
        "cycle_id": action.cycle_id,
        "channel": action.channel,
        "destination": exposed(&action.destination),
        "contact_name": exposed(&action.contact_name),
        "language": action.language,
        "tone": action.tone,
        "template_id": action.template_id,
        "template_version": action.template_version,
        "subject": exposed(&action.subject),
        "body": action.body.expose(),
        "currency": action.currency.as_str(),
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
    });
    if let (Some(payload), Value::Object(amounts)) = (payload.as_object_mut(), amounts_of(action)) {
        payload.extend(amounts);
        payload.extend(provider_of(action));
    }
    payload
}

/// Provider-template fields, only if the message has one; otherwise the line is unchanged for readers.
fn provider_of(action: &Action) -> Map<String, Value> {
    let fields = |provider: &ProviderTemplate| {
        [
            (provider::TEMPLATE.to_owned(), provider.name.as_str().into()),
            (provider::PARAMETERS.to_owned(), provider.parameters.expose().as_slice().into()),
        ]
    };
    action.provider.iter().flat_map(fields).collect()
}

/// What is asked for, with the offer.
fn amounts_of(action: &Action) -> Value {
    json!({
        "open_amount": action.open().to_string(),
        "fine_amount": action.fine.to_string(),
        "interest_amount": action.interest.to_string(),
        "fee_amount": action.fee.to_string(),
        "residual_amount": action.residual.to_string(),
        "waived_amount": action.waived.to_string(),
        "total_due": action.total_due().to_string(),
        "dunning_currency": action.dunned.map(|d| d.currency.to_string()),
        "dunning_amount": action.dunned.map(|d| d.amount.to_string()),
        "fx_rate": action.dunned.map(|d| d.quote.to_string()),
        "fx_date": action.dunned.map(|d| d.quote.on),
        "offer": action.offer.as_ref().map(offer),
    })
}

/// The offer as gateways read it.
fn offer(offer: &Offer) -> Value {
    let instalment = |(on, amount): &(NaiveDate, Amount)| json!({"due_date": on, "amount": amount.to_string()});
    json!({
        "kind": offer.kind.as_str(),
        "total": offer.total.to_string(),
        "discount": offer.discount.to_string(),
        "interest": offer.interest.to_string(),
        "down_payment": offer.down_payment.to_string(),
        "valid_until": offer.valid_until,
        "instalments": offer.instalments.iter().map(instalment).collect::<Vec<_>>(),
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

/// The line that takes an action back.
fn void_line(rules: &Rules, action_id: &str, revision: &Revision) -> String {
    let event = json!({
        "specversion": "1.0",
        "type": "regua.void.v1",
        "source": format!("/regua/{}", rules.tenant),
        "id": format!("void-{action_id}"),
        "datacontenttype": "application/json",
        "data": {
            "action_id": action_id,
            "voided_by_revision": revision.number,
            "reason": revision.reason,
        },
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

fn amounts(values: impl Iterator<Item = Option<Amount>>) -> Result<ArrayRef> {
    let array: Decimal128Array = values.map(|v| v.map(|m| i128::from(m.0))).collect();
    let array = array.with_precision_and_scale(MONEY_PRECISION, MONEY_SCALE);
    array.map(|a| Arc::new(a) as ArrayRef).map_err(failed)
}

fn dates(values: impl Iterator<Item = Option<NaiveDate>>) -> ArrayRef {
    Arc::new(values.map(|d| d.map(day_number)).collect::<Date32Array>())
}

fn failed(error: arrow::error::ArrowError) -> Error {
    Error::columns("decided rows", &error)
}

fn table(table: &Table, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(table.schema(), columns).map_err(failed)
}

fn trace(rules: &[String]) -> String {
    serde_json::to_string(rules).unwrap_or_default()
}
