//! The rows of `decisions`, `items` and `debtors`: what was decided, and the position it was decided on.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch};
use chrono::NaiveDate;

use super::{Row, amounts, dates, ints, maybe_text, table, text, trace};
use crate::contract;
use crate::domain::case::Account;
use crate::domain::decision::Outcome;
use crate::domain::experiment::Draw;
use crate::error::Result;

pub(super) fn decisions(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
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
        drawn(rows, |d| &d.experiment),
        drawn(rows, |d| &d.arm),
        amounts(rows.iter().map(|r| Some(r.account.open())))?,
        amounts(rows.iter().map(|r| Some(r.account.overdue())))?,
        ints(rows.iter().map(|r| r.account.items.len() as i64)),
        ints(rows.iter().map(|r| r.account.days_past_due_max())),
        text(traces.iter().map(String::as_str)),
    ];
    table(&contract::DECISIONS, columns)
}

/// Of the arm that each account is in.
fn drawn(rows: &[Row<'_>], name: fn(&Draw) -> &String) -> ArrayRef {
    maybe_text(rows.iter().map(|r| r.decision.draw.as_ref().map(|draw| name(draw).as_str())))
}

pub(super) fn items(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
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

pub(super) fn debtors(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
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
        maybe_text(rows.iter().map(|r| r.account.previous_segment.as_deref())),
        text(rows.iter().map(|r| r.decision.tier.as_str())),
        maybe_text(rows.iter().map(|r| r.decision.risk_band.as_deref())),
        maybe_text(rows.iter().map(|r| Some(r.decision.regua.as_str()))),
        maybe_text(rows.iter().map(|r| r.decision.state.as_deref())),
        drawn(rows, |d| &d.experiment),
        drawn(rows, |d| &d.arm),
        ints(rows.iter().map(|r| r.account.items.len() as i64)),
        amounts(rows.iter().map(|r| Some(r.account.open())))?,
        ints(rows.iter().map(|r| overdue(r.account))),
        amounts(rows.iter().map(|r| Some(r.account.overdue())))?,
        amounts(rows.iter().map(|r| Some(r.account.credit)))?,
        dates(rows.iter().map(|r| r.account.items.iter().map(|i| i.due_date).min())),
        ints(rows.iter().map(|r| r.account.days_past_due_max())),
        Arc::new(rows.iter().map(|r| r.account.profile.months_as_customer).collect::<Int64Array>()),
        ints(rows.iter().map(|r| r.account.profile.items_due)),
        ints(rows.iter().map(|r| r.account.profile.paid_on_time)),
        ints(rows.iter().map(|r| r.account.profile.paid_late)),
        ratios(|a| a.profile.late_ratio),
        ratios(|a| a.profile.days_late_avg),
        Arc::new(rows.iter().map(|r| r.account.profile.days_late_max).collect::<Int64Array>()),
        dates(rows.iter().map(|r| r.account.profile.last_payment_on)),
        amounts(rows.iter().map(|r| r.account.profile.largest_payment))?,
        ints(rows.iter().map(|r| r.account.profile.broken_promises)),
        ints(rows.iter().map(|r| r.account.profile.broken_agreements)),
        ints(rows.iter().map(|r| r.account.profile.contacts)),
        ratios(|a| a.profile.answer_ratio),
        ints(rows.iter().map(|r| r.account.profile.bounces)),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|r| Some(r.debtor.is_held)))),
    ];
    table(&contract::DEBTORS, columns)
}
