//! The accounts that two runs treat differently, as a plan and a comparison show them.

use comfy_table::Table;

use super::{amount, grouped, plain_table};
use crate::report::{Act, Change, Changes, Difference};

/// Accounts that are the same, new, gone and changed, and the largest of each.
pub(super) fn lines(d: &Difference) -> Vec<String> {
    let count = |n: u64| grouped(n as i64);
    let reasons: Vec<String> = d.gone_reasons.iter().map(|(reason, n)| format!("{reason} {}", count(*n))).collect();
    let aspects = format!(
        "step {}, channel {}, amount {}",
        count(d.changed_step),
        count(d.changed_channel),
        count(d.changed_amount)
    );
    let mut lines = vec![format!("  the same for {} accounts", count(d.same))];
    for (name, changes, detail) in
        [("new", &d.new, String::new()), ("gone", &d.gone, reasons.join(", ")), ("changed", &d.changed, aspects)]
    {
        let detail = if detail.is_empty() || changes.accounts == 0 { String::new() } else { format!(" ({detail})") };
        lines.push(format!("  {name}: {} accounts{detail}", count(changes.accounts)));
        lines.extend(examples(changes).map(|table| table.to_string()));
        let others = changes.accounts.saturating_sub(changes.examples.len() as u64);
        lines.extend((others > 0).then(|| format!("   and {} with less", count(others))));
    }
    lines
}

fn examples(changes: &Changes) -> Option<Table> {
    let mut table = plain_table(&["  debtor", "company", "then", "now"]);
    for change in &changes.examples {
        let now = match (&change.reason, &change.detail) {
            (Some(reason), Some(detail)) => format!("{reason}: {detail}"),
            (Some(reason), None) => reason.clone(),
            (None, _) => acts(change, &change.now),
        };
        table.add_row([format!("  {}", change.debtor_id), change.company_id.clone(), acts(change, &change.then), now]);
    }
    (!changes.examples.is_empty()).then_some(table)
}

fn acts(change: &Change, acts: &[Act]) -> String {
    let text = |act: &Act| format!("{} {} {}", act.step_id, act.channel, amount(&change.currency, act.open_amount));
    if acts.is_empty() { "-".to_owned() } else { acts.iter().map(text).collect::<Vec<_>>().join(", ") }
}
