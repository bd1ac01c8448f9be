//! Two runs as a person compares them on a terminal.

use comfy_table::Table;

use super::{amount, difference, grouped, plain_table, right_aligned, titled};
use crate::cli::Voice;
use crate::report::{Bridge, Comparison, Count, Letters, Move, Reading, Run, StepChange, Sum};

/// Moves that are named; the others are counted.
const MOVES_MAX: usize = 20;

/// Everything that the comparison says.
pub(in crate::cli) fn comparison(voice: Voice, c: &Comparison) -> String {
    let mut parts = vec![headline(voice, c)];
    parts.push(titled(voice, "What is owed", owed(&c.owed)));
    let rows = [("read", &c.rows_read), ("published", &c.rows_published)];
    parts.push(titled(voice, "Rows that were read and published", counts(&rows)));
    if let Some(accounts) = &c.accounts {
        parts.push(titled(voice, "What goes out", steps(&c.steps)));
        parts.push(format!(
            "{}\n{}\n",
            voice.bold("Accounts that get an action"),
            difference::lines(accounts).join("\n")
        ));
        parts.push(titled(voice, "Decisions that changed", moves(&c.moves)));
        parts.push(stayed(&c.moves));
    }
    parts.extend(c.letters.as_ref().map(|letters| messages(voice, letters)));
    parts.join("\n")
}

fn headline(voice: Voice, c: &Comparison) -> String {
    let [then, now] = c.names();
    let title = voice.bold(&format!("\nFrom {then} to {now}"));
    let run = |run: &Run| format!("{} (record {}, run {})", run.output, run.seq, run.run_id);
    let said = |is_same: bool| if is_same { "the same" } else { "different" };
    let program = match c.same_program {
        true => format!("both by version {}", c.now.code_version),
        false => format!("by versions {} and {}", c.then.code_version, c.now.code_version),
    };
    let notes: String = c.notes.iter().map(|note| format!("\n  ! {note}")).collect();
    format!(
        "{title}\n  then: {}\n  now:  {}\n  inputs {}, configuration {}, {program}{notes}\n",
        run(&c.then),
        run(&c.now),
        said(c.same_inputs),
        said(c.same_configuration),
    )
}

fn owed(rows: &[Bridge]) -> Option<Table> {
    let mut table = plain_table(&["", "", "then", "new", "grown", "shrunk", "gone", "now"]);
    for row in rows {
        let parts = [row.then, row.new, row.grown, row.shrunk, row.gone, row.now];
        let signs = ["", "+", "+", "-", "-", ""];
        let of = |part: &Sum, sign: &str| match part.count {
            0 => "-".to_owned(),
            _ => format!("{sign}{}", amount(&row.currency, part.amount)),
        };
        let amounts = parts.iter().zip(signs).map(|(part, sign)| of(part, sign));
        let accounts = parts.iter().map(|part| grouped(part.count as i64));
        table.add_row([row.currency.clone(), "amount".to_owned()].into_iter().chain(amounts).collect::<Vec<_>>());
        table.add_row([String::new(), "accounts".to_owned()].into_iter().chain(accounts).collect::<Vec<_>>());
    }
    (!rows.is_empty()).then(|| right_aligned(table, 2..8))
}

fn counts(kinds: &[(&str, &Vec<Count>)]) -> Option<Table> {
    let mut table = plain_table(&["", "table", "then", "now", "difference"]);
    let rows = kinds.iter().flat_map(|(kind, rows)| rows.iter().map(move |row| (*kind, row)));
    for (kind, row) in rows.filter(|(_, row)| row.then != row.now) {
        let difference = row.now as i64 - row.then as i64;
        let sign = if difference > 0 { "+" } else { "" };
        let numbers = [grouped(row.then as i64), grouped(row.now as i64), format!("{sign}{}", grouped(difference))];
        table.add_row([kind.to_owned(), row.name.clone()].into_iter().chain(numbers).collect::<Vec<_>>());
    }
    let is_empty = table.is_empty();
    (!is_empty).then(|| right_aligned(table, 2..5))
}

fn steps(rows: &[StepChange]) -> Option<Table> {
    let mut table = plain_table(&["", "régua", "step", "channel", "actions then", "now", "amount then", "now"]);
    for row in rows {
        let texts = [&row.currency, &row.regua, &row.step_id, &row.channel].map(String::clone);
        let actions = [row.then, row.now].map(|part| grouped(part.count as i64));
        let asked = |part: Sum| if part.count == 0 { "-".to_owned() } else { amount(&row.currency, part.amount) };
        let amounts = [row.then, row.now].map(asked);
        table.add_row(texts.into_iter().chain(actions).chain(amounts).collect::<Vec<_>>());
    }
    (!rows.is_empty()).then(|| right_aligned(table, 4..8))
}

fn moves(rows: &[Move]) -> Option<Table> {
    let mut table = plain_table(&["", "then", "now", "accounts", "amount"]);
    let moved: Vec<&Move> = rows.iter().filter(|row| !row.is_same()).collect();
    for row in moved.iter().take(MOVES_MAX) {
        let numbers = [grouped(row.accounts as i64), amount(&row.currency, row.open_amount)];
        let texts = [&row.currency, &row.then, &row.now].map(String::clone);
        table.add_row(texts.into_iter().chain(numbers).collect::<Vec<_>>());
    }
    if let Some(others) = moved.get(MOVES_MAX..).filter(|others| !others.is_empty()) {
        let accounts: u64 = others.iter().map(|row| row.accounts).sum();
        table.add_row(["", "others", "", &grouped(accounts as i64), ""]);
    }
    (!moved.is_empty()).then(|| right_aligned(table, 3..5))
}

fn stayed(rows: &[Move]) -> String {
    let accounts: u64 = rows.iter().filter(|row| row.is_same()).map(|row| row.accounts).sum();
    format!("  the same decision for {} accounts\n", grouped(accounts as i64))
}

fn messages(voice: Voice, letters: &Letters) -> String {
    let mut parts = vec![titled(voice, "Messages", readings(&letters.readings))];
    if letters.in_both == 0 {
        parts.push("  no action is in both runs\n".to_owned());
    } else {
        let aspects: Vec<String> =
            letters.aspects.iter().map(|(name, n)| format!("{name} {}", grouped(*n as i64))).collect();
        let [both, different] = [letters.in_both, letters.different].map(|n| grouped(n as i64));
        let detail = if aspects.is_empty() { String::new() } else { format!(" ({})", aspects.join(", ")) };
        parts.push(format!("  {both} actions are in both runs; {different} of them differ{detail}\n"));
    }
    for letter in letters.examples.iter().filter(|letter| letter.then.is_some() || letter.now.is_some()) {
        let title = format!("Action {}: {}", letter.action_id, letter.aspects.join(", "));
        parts.push(voice.bold(&title));
        for (when, message) in [("then", &letter.then), ("now", &letter.now)] {
            parts.extend(message.as_ref().map(|message| format!("{when}, {}", super::plan::letter(voice, message))));
        }
    }
    parts.join("\n")
}

fn readings(rows: &[Reading]) -> Option<Table> {
    let mut table = plain_table(&["template", "language", "version", "actions then", "now"]);
    for row in rows {
        let texts = [&row.template_id, &row.language, &row.version].map(String::clone);
        let actions = [row.actions_then, row.actions_now].map(|n| grouped(n as i64));
        table.add_row(texts.into_iter().chain(actions).collect::<Vec<_>>());
    }
    (!rows.is_empty()).then(|| right_aligned(table, 3..5))
}
