//! The state of an invoice: the contract has no such column, because payments say what is paid. But a row that the ERP
//! calls paid or cancelled must not be dunned, whatever the payments say.

use super::columns::BOTH;
use super::content::Facts;
use super::names::{self, KNOWN, STATUS};
use super::score::Level;
use super::{Answer, ColumnProposal};
use crate::text::plural;

/// Beside the state stand marks that keep an invoice from being dunned as well: one column cannot be both.
fn keeps_marks(block: &mut ColumnProposal, status: &str) -> bool {
    let marks = match &block.answer {
        Answer::Absent => return false,
        Answer::Theirs { name, .. } => name.clone(),
        Answer::Todo(what) => what.split(BOTH).next().unwrap_or_default().to_owned(),
    };
    block.answer = Answer::Todo(format!("{status} or {marks}{BOTH}"));
    (block.why, block.others, block.values) = (String::new(), Vec::new(), Vec::new());
    true
}

/// Takes the state as a reason to leave an invoice alone, and what was cancelled or is a draft for one that does not count.
pub fn spare(columns: &mut [ColumnProposal], of_export: &[Facts]) {
    let is_status = |facts: &&Facts| names::name_fit("invoices", STATUS, &facts.name).points == KNOWN;
    let Some(status) = of_export.iter().filter(is_status).find(|facts| facts.codes().are_few()) else { return };
    let read = status.codes().read(|code| names::meaning(STATUS, &status.name, code));
    if read.known.is_empty() {
        // Those that are paid may be among them, and would be dunned.
        if let Some(block) = columns.iter_mut().find(|c| c.column.name == "dunning_block") {
            block.answer = Answer::Todo(format!(
                "{}: none of its states is known; name it here and map the open ones to \"\"; or remove this line",
                status.name
            ));
        }
        return;
    }
    let is_open = read.known.iter().any(|(_, of)| *of == "open");
    let level = if is_open { Level::Likely } else { Level::Guess };
    let theirs = Answer::Theirs { name: status.name.clone(), level };
    let of = |means: &'static str| read.known.iter().filter(move |(_, of)| *of == means).map(|(code, _)| code.clone());
    if let Some(block) = columns.iter_mut().find(|c| c.column.name == "dunning_block")
        && !keeps_marks(block, &status.name)
    {
        block.answer = theirs.clone();
        let unknown = match read.unknown.len() + read.hidden {
            0 => String::new(),
            unknown => {
                let states = plural(unknown as u64, "state that is not known does", "states that are not known do");
                format!("; {states} too")
            }
        };
        block.why = match is_open {
            true => format!("any state but an open one keeps the invoice from being dunned{unknown}"),
            false => "no state in it is known as an open one, so no invoice would be dunned".to_owned(),
        };
        block.values = of("open").map(|code| (code, String::new())).collect();
    }
    let never_counts: Vec<String> = of("cancelled").chain(of("draft")).collect();
    // A column that calls every row an invoice says nothing that this one does not say.
    let says_nothing = |kind: &&mut ColumnProposal| {
        kind.answer == Answer::Absent || kind.values.iter().all(|(_, ours)| ours == "invoice")
    };
    let kind = columns.iter_mut().find(|c| c.column.name == "document_type").filter(says_nothing);
    if let Some(kind) = kind.filter(|_| !never_counts.is_empty()) {
        if let Answer::Theirs { name, .. } = &kind.answer {
            kind.others.insert(0, name.clone());
        }
        let counts = of("open").chain(of("paid")).map(|code| (code, "invoice".to_owned()));
        kind.values = never_counts.into_iter().map(|code| (code, "draft".to_owned())).chain(counts).collect();
        kind.values.extend(read.unknown.iter().map(|code| (code.clone(), format!("{} invoice or draft", super::TODO))));
        kind.answer = theirs;
        kind.why = "what is cancelled never counts".to_owned();
    }
}
