//! What a simulation came to, for a person: two policies side by side, then where they part.

use std::path::Path;

use super::{Voice, plain_table, right_aligned};
use crate::report::simulation::{Section, Simulation};

/// The whole of it; `out` = where the rows are.
pub(in crate::cli) fn simulation(voice: Voice, told: &Simulation, out: Option<&Path>) -> String {
    let mut parts = vec![voice.bold(&told.title())];
    parts.extend(told.sections().iter().map(|section| shown(voice, section)));
    parts.extend(out.map(|path| format!("The rows are in {}", path.display())));
    parts.join("\n\n")
}

fn shown(voice: Voice, section: &Section) -> String {
    let mut lines = vec![voice.bold(section.title)];
    if !section.rows.is_empty() {
        let header: Vec<&str> =
            std::iter::once(section.head).chain(section.columns.iter().map(String::as_str)).collect();
        let mut table = plain_table(&header);
        for row in &section.rows {
            table.add_row(std::iter::once(&row.name).chain(&row.cells));
        }
        lines.push(right_aligned(table, 1..header.len()).to_string());
    } else if section.notes.is_empty() {
        lines.push("  nothing".to_owned());
    }
    lines.extend(section.notes.iter().map(|note| format!("  {note}")));
    lines.join("\n")
}
