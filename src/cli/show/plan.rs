//! A plan as a person reads it on a terminal: what would go out, what is different, and how it would read.

use comfy_table::Table;

use super::{
    POSITION_ONLY, acted, aging, amount, difference, grouped, holds, numbers, plain_table, right_aligned, titled,
};
use crate::cli::Voice;
use crate::io::log::RecordKind;
use crate::io::outbox::VOIDS;
use crate::report::{Actions, Difference, Message, Quarantined, Report};

/// Everything that the report says, and the command that would publish it.
pub(in crate::cli) fn plan(voice: Voice, report: &Report, command: &str) -> String {
    let mut parts = vec![headline(voice, report)];
    parts.extend((!report.notes.is_empty()).then(|| bullets(&report.notes)));
    if report.outcome == "planned" {
        parts.push(titled(voice, "What is owed", aging(&report.aging)));
        match report.kind {
            RecordKind::KpiOnly => parts.push(POSITION_ONLY.to_owned()),
            RecordKind::Actions | RecordKind::Void => parts.extend(decided(voice, report)),
        }
        if !report.quarantine.is_empty() {
            parts.push(titled(voice, "Quarantined rows, whose debtors are left alone", quarantine(&report.quarantine)));
        }
        parts.extend((!report.messages.is_empty()).then(|| voice.bold("Messages, as they would go out") + "\n"));
        parts.extend(report.messages.iter().map(|message| letter(voice, message)));
        parts.push(format!("Nothing was sent and nothing was written. `{command}` would publish this."));
    }
    parts.join("\n")
}

fn decided(voice: Voice, report: &Report) -> [String; 3] {
    let title = if report.kept.is_some() { "What would go out that is new" } else { "What would go out" };
    [
        titled(voice, title, actions(&report.actions)),
        titled(voice, "Why the others would be left alone", holds(&report.holds)),
        since_last(voice, report.difference.as_ref()),
    ]
}

fn headline(voice: Voice, report: &Report) -> String {
    let title = voice.bold(&format!("\nPlan for {}", report.as_of));
    let acted = acted(report.kind, report.count("actions"), report.kept, report.count(VOIDS));
    format!("{title}: {}\n", numbers(&|table| report.count(table), &acted))
}

fn bullets(notes: &[String]) -> String {
    notes.iter().map(|note| format!("  ! {note}\n")).collect()
}

/// Steps and channels below one another, segments side by side.
fn actions(rows: &[Actions]) -> Option<Table> {
    let mut segments: Vec<&str> = rows.iter().map(|row| row.segment.as_str()).collect();
    segments.sort_unstable();
    segments.dedup();
    let header =
        ["", "régua", "step", "channel"].into_iter().chain(segments.iter().copied()).chain(["actions", "amount"]);
    let mut table = plain_table(&header.collect::<Vec<_>>());
    let key = |row: &Actions| [&row.currency, &row.regua, &row.step_id, &row.channel].map(String::clone);
    for same in rows.chunk_by(|a, b| key(a) == key(b)) {
        let of = |segment: &&str| same.iter().filter(|row| row.segment == *segment).map(|row| row.actions).sum::<i64>();
        let counts = segments.iter().map(of).map(|n| if n == 0 { "-".to_owned() } else { grouped(n) });
        let open = same.iter().map(|row| row.open_amount).sum();
        let total = [grouped(same.iter().map(|row| row.actions).sum()), amount(&same[0].currency, open)];
        table.add_row(key(&same[0]).into_iter().chain(counts).chain(total).collect::<Vec<_>>());
    }
    (!rows.is_empty()).then(|| right_aligned(table, 4..segments.len() + 6))
}

fn quarantine(rows: &[Quarantined]) -> Option<Table> {
    let mut table = plain_table(&["table", "column", "found", "rule", "rows"]);
    for row in rows {
        let texts = [&row.table, &row.column, &row.value_class, &row.reason].map(String::clone);
        table.add_row(texts.into_iter().chain([grouped(row.rows)]).collect::<Vec<_>>());
    }
    (!rows.is_empty()).then(|| right_aligned(table, 4..5))
}

fn since_last(voice: Voice, difference: Option<&Difference>) -> String {
    let title = voice.bold("Different from the last published run");
    let Some(d) = difference else { return format!("{title}\n  nothing is published yet\n") };
    let count = |n: u64| grouped(n as i64);
    let unreported = d.unreported.map_or(String::new(), |n| format!(", {} of them unreported", count(n)));
    let against = format!(
        "  against {}: {} actions now, {} then{unreported}",
        d.against,
        count(d.actions_now),
        count(d.actions_then)
    );
    [vec![title, against], difference::lines(d), vec![String::new()]].concat().join("\n")
}

/// A message, whole.
pub(super) fn letter(voice: Voice, message: &Message) -> String {
    let to = if message.destination.is_empty() { "no address" } else { &message.destination };
    let title = voice.bold(&format!("{} by {} to {to}", message.step_id, message.channel));
    let mut lines = vec![format!(
        "{title}: {}, {}, {}, {}, template {} {}, action {}",
        message.debtor_id,
        amount(&message.currency, message.total_due),
        message.language,
        message.tone,
        message.template_id,
        message.template_version,
        message.action_id
    )];
    if !message.subject.is_empty() {
        lines.push(format!("  | {}\n  |", message.subject));
    }
    lines.extend(message.body.lines().map(|line| format!("  | {line}")));
    lines.push(String::new());
    lines.join("\n")
}
