//! Listings and protests, one row each, for the KPI tables and the report: since when it is paid, when its end was asked
//! for, and how many days that is overdue.

use arrow::array::{ArrayRef, RecordBatch};
use chrono::NaiveDate;

use super::{Row, amounts, dates, failed, ints, text};
use crate::domain::money::Amount;
use crate::domain::portfolio::{Escalation, EscalationKind};
use crate::error::Result;

/// The listings and protests of every account that are entered; placements are no listings.
pub(super) fn listings(as_of: NaiveDate, rows: &[Row<'_>]) -> Result<RecordBatch> {
    let of_row = |r| -> Vec<(&Row<'_>, &Escalation, Option<NaiveDate>)> {
        let r: &Row<'_> = r;
        let with_deadline = r.account.escalations.iter().zip(&r.decision.deadlines);
        let listed = with_deadline.filter(|(e, _)| e.kind != EscalationKind::AgencyPlacement && !e.is_asked);
        listed.map(|(escalation, deadline)| (r, escalation, *deadline)).collect()
    };
    let all: Vec<_> = rows.iter().flat_map(of_row).collect();
    let amount = |escalation: &Escalation| escalation.items.iter().map(|i| i.original).sum::<Amount>();
    let overdue = |deadline: Option<NaiveDate>| deadline.map_or(0, |day| (as_of - day).num_days().max(0));
    let columns: [(&str, ArrayRef); 9] = [
        ("company_id", text(all.iter().map(|(r, _, _)| r.account.company_id.as_str()))),
        ("currency", text(all.iter().map(|(r, _, _)| r.account.currency.as_str()))),
        ("kind", text(all.iter().map(|(_, e, _)| e.kind.as_str()))),
        ("bureau", text(all.iter().map(|(_, e, _)| e.counterpart.as_str()))),
        ("items", ints(all.iter().map(|(_, e, _)| e.items.len() as i64))),
        ("listed_amount", amounts(all.iter().map(|(_, e, _)| Some(amount(e))))?),
        ("paid_on", dates(all.iter().map(|(_, e, _)| e.done_on))),
        ("requested_on", dates(all.iter().map(|(_, e, _)| e.requested_on))),
        ("overdue_days", ints(all.iter().map(|(_, _, deadline)| overdue(*deadline)))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).map_err(failed)
}
