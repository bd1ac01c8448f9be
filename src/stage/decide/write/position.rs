//! The rows of `decisions`, `items` and `debtors`: what was decided, and the position it was decided on.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch};
use chrono::NaiveDate;

use super::{Row, amounts, dates, ints, maybe_text, table, text, trace};
use crate::contract;
use crate::domain::action::Action;
use crate::domain::decision::{Decision, Duty, Hold, Outcome};
use crate::domain::experiment::Draw;
use crate::domain::learning::model::Expected;
use crate::domain::money::Amount;
use crate::domain::portfolio::{Account, Item};
use crate::error::Result;

/// One line of `decisions`: what was decided about an account, or a duty beside it.
struct Line<'a> {
    row: &'a Row<'a>,
    action: Option<&'a Action>,
    hold: Option<&'a Hold>,
    reason: &'static str,
    detail: Option<&'a str>,
}

impl Line<'_> {
    fn step_id(&self) -> Option<&str> {
        self.action.map(|a| a.step_id.as_str()).or_else(|| self.hold.and_then(|h| h.step_id.as_deref()))
    }

    fn trace(&self) -> String {
        trace(self.action.map_or_else(|| self.hold.map_or(&[][..], |h| &h.trace), |a| &a.rule_trace))
    }
}

/// One line per account and one per duty; of an account that owes nothing its duties say all there is to say.
fn lines<'a>(row: &'a Row<'a>) -> impl Iterator<Item = Line<'a>> {
    let Decision { outcome, duties, .. } = row.decision;
    let of_account = match outcome {
        Outcome::Act(action) => Some(Line { row, action: Some(action), hold: None, reason: "step_due", detail: None }),
        Outcome::Hold(_) if row.account.items.is_empty() && !duties.is_empty() => None,
        Outcome::Hold(hold) => {
            let (reason, detail) = (hold.reason.as_str(), hold.detail.as_deref());
            Some(Line { row, action: None, hold: Some(hold), reason, detail })
        }
    };
    let of_duty = move |duty: &'a Duty| {
        let (action, detail) = (Some(&duty.action), Some(duty.detail.as_str()));
        Line { row, action, hold: None, reason: "duty", detail }
    };
    of_account.into_iter().chain(duties.iter().map(of_duty))
}

pub(super) fn decisions(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
    let lines: Vec<Line<'_>> = rows.iter().flat_map(lines).collect();
    let all = || lines.iter();
    let traces: Vec<String> = all().map(Line::trace).collect();
    let columns = vec![
        dates(all().map(|_| Some(as_of))),
        text(all().map(|l| l.row.account.company_id.as_str())),
        text(all().map(|l| l.row.debtor.debtor_id.as_str())),
        text(all().map(|l| l.row.account.currency.as_str())),
        text(all().map(|l| l.action.map_or(l.row.decision.regua.as_str(), |a| a.regua.as_str()))),
        maybe_text(all().map(Line::step_id)),
        text(all().map(|l| if l.action.is_some() { "action" } else { "hold" })),
        text(all().map(|l| l.reason)),
        maybe_text(all().map(|l| l.detail)),
        maybe_text(all().map(|l| l.action.map(|a| a.action_id.as_str()))),
        maybe_text(all().map(|l| l.action.map(|a| a.channel))),
        text(all().map(|l| l.row.decision.segment.as_str())),
        drawn(all().map(|l| l.row), |d| &d.experiment),
        drawn(all().map(|l| l.row), |d| &d.arm),
        amounts(all().map(|l| Some(l.row.position.open)))?,
        amounts(all().map(|l| Some(l.row.position.overdue)))?,
        ints(all().map(|l| l.row.account.items.len() as i64)),
        ints(all().map(|l| l.row.position.days_past_due_max)),
        text(traces.iter().map(String::as_str)),
    ];
    table(&contract::DECISIONS, columns)
}

/// Of the arm that each account is in.
fn drawn<'a>(rows: impl Iterator<Item = &'a Row<'a>>, name: fn(&Draw) -> &String) -> ArrayRef {
    maybe_text(rows.map(|r| r.decision.draw.as_ref().map(|draw| name(draw).as_str())))
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
        dates(all.iter().map(|(_, i, _)| Some(i.payable_on))),
        ints(all.iter().map(|(_, i, _)| i.days_past_due)),
        ints(all.iter().map(|(_, i, _)| i.bucket_no)),
        text(all.iter().map(|(_, i, _)| i.bucket.as_str())),
        amounts(all.iter().map(|(_, i, _)| Some(i.original)))?,
        amounts(all.iter().map(|(_, i, _)| Some(i.applied)))?,
        amounts(all.iter().map(|(_, i, _)| Some(i.open)))?,
        maybe_text(all.iter().map(|(_, _, hold)| hold.map(|h| h.as_str()))),
        text(all.iter().map(|(r, _, _)| r.decision.segment.as_str())),
    ];
    let items: Vec<&Item> = all.iter().map(|(_, item, _)| *item).collect();
    table(&contract::ITEMS, columns.into_iter().chain(expected(&items)).collect())
}

/// What is expected of each item; nulls where no model is used.
fn expected(items: &[&Item]) -> Vec<ArrayRef> {
    let chances = |of: fn(&Expected) -> f64| -> ArrayRef {
        Arc::new(items.iter().map(|item| item.expected.as_ref().map(of)).collect::<Float64Array>())
    };
    let days = |of: fn(&Expected) -> Option<i32>| -> ArrayRef {
        Arc::new(items.iter().map(|item| item.expected.as_ref().and_then(of)).collect::<Date32Array>())
    };
    let reasons = items.iter().map(|item| {
        let month = item.payable_on.format("%B").to_string();
        item.expected.as_ref().map(|expected| expected.in_words(&month))
    });
    let reasons: Vec<Option<String>> = reasons.collect();
    vec![
        chances(|expected| expected.late),
        chances(|expected| expected.late_15),
        chances(|expected| expected.late_30),
        days(|expected| expected.from),
        days(|expected| expected.on),
        days(|expected| expected.to),
        maybe_text(items.iter().map(|item| item.expected.as_ref().map(|expected| expected.basis.as_str()))),
        maybe_text(reasons.iter().map(Option::as_deref)),
    ]
}

/// The position: who owes nothing and holds no credit has none, though a duty or thanks may be due.
pub(super) fn debtors(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
    let rows: Vec<&Row<'_>> =
        rows.iter().filter(|r| !r.account.items.is_empty() || r.account.credit > Amount::ZERO).collect();
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
        drawn(rows.iter().copied(), |d| &d.experiment),
        drawn(rows.iter().copied(), |d| &d.arm),
        ints(rows.iter().map(|r| r.account.items.len() as i64)),
        amounts(rows.iter().map(|r| Some(r.position.open)))?,
        ints(rows.iter().map(|r| r.position.overdue_items)),
        amounts(rows.iter().map(|r| Some(r.position.overdue)))?,
        amounts(rows.iter().map(|r| Some(r.account.credit)))?,
        dates(rows.iter().map(|r| r.account.items.iter().map(|i| i.due_date).min())),
        ints(rows.iter().map(|r| r.position.days_past_due_max)),
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
        ratios(Account::late_chance),
        ratios(Account::late_30_chance),
    ];
    table(&contract::DEBTORS, columns)
}
