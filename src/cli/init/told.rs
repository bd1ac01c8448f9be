//! What `regua init` tells: what it proposes and why, what it could not find and what that means, and what to do next.

use std::path::Path;

use comfy_table::ContentArrangement;
use serde_json::{Value, json};

use crate::cli::Voice;
use crate::cli::show::plain_table;
use crate::proposal::{Answer, ColumnProposal, InputProposal, Proposal, TODO, loss};
use crate::report::grouped;
use crate::text::plural;

/// Characters of a line of the table; what is longer goes on below.
const TABLE_WIDTH: u16 = 150;

/// A proposal, and where it was written.
pub(super) struct Told<'a> {
    pub(super) proposal: &'a Proposal,
    pub(super) file: &'a Path,
    /// The text of the pipeline, where it was not written.
    pub(super) pipeline: Option<&'a str>,
}

impl Told<'_> {
    /// For a person.
    pub(super) fn text(&self, voice: Voice) -> String {
        let (read, all) = self.proposal.rows();
        let from = match self.proposal.systems.is_empty() {
            true => String::new(),
            false => format!("; it looks like an export of {}", self.proposal.systems.join(" and ")),
        };
        let count = |rows: u64| grouped(rows as i64);
        let mut parts = vec![format!("{} of {} rows were read{from}.", count(read), count(all))];
        let section = |title: &str, lines: Vec<String>| {
            let lines: Vec<String> = lines.into_iter().map(|line| format!("  {line}")).collect();
            (!lines.is_empty()).then(|| format!("{}\n{}", voice.bold(title), lines.join("\n")))
        };
        parts.push(format!("{}\n{}", voice.bold("How each input would be read"), self.table()));
        parts.extend(section("What you have to decide (TODO in the file)", self.proposal.todos()));
        parts.extend(section("What to prepare in the export", self.proposal.upstream.clone()));
        parts.extend(section("What was not found, and what that means", self.losses()));
        let unused = self.proposal.unused.iter().map(|(file, why)| format!("{file}: {why}"));
        parts.extend(section("Files that are not used", unused.collect()));
        parts.extend(section("What your files do not say", self.assumed()));
        if let Some(pipeline) = self.pipeline {
            parts.push(format!("{}\n{pipeline}", voice.bold("The pipeline, which was not written (--dry-run)")));
        } else {
            let beside = "what it names (calendars, rates, réguas, templates, words) stands beside it";
            parts.push(format!("Wrote {}; {beside}", self.file.display()));
        }
        let todos = self.proposal.todos().len() as u64;
        let again = "once the export is prepared, run this again with --replace".to_owned();
        let again = (!self.proposal.upstream.is_empty()).then_some(again);
        let decide = format!("decide the {} in {}", plural(todos, "TODO", "TODOs"), self.file.display());
        parts.extend(section(
            "Next",
            again.into_iter().chain((todos > 0).then_some(decide)).chain(self.next()).collect(),
        ));
        parts.join("\n\n")
    }

    fn table(&self) -> String {
        let mut table = plain_table(&["input", "file", "our column", "your column", "how sure", "why"]);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(TABLE_WIDTH);
        for input in &self.proposal.inputs {
            let mut is_first = true;
            for [ours, theirs, sure, why] in rows(input) {
                let (name, file) = if is_first { (input.table.name, input.file.as_str()) } else { ("", "") };
                table.add_row([name, file, &ours, &theirs, &sure, &why]);
                is_first = false;
            }
        }
        table.to_string()
    }

    fn losses(&self) -> Vec<String> {
        // Of a column that several inputs have, one line.
        let mut lost: Vec<(&str, String)> = Vec::new();
        for input in &self.proposal.inputs {
            let name = input.table.name;
            for column in input.columns.iter().filter(|column| column.answer == Answer::Absent) {
                let ours = format!("{name}.{}", column.column.name);
                match (loss(name, column.column.name), lost.iter_mut()) {
                    ("", _) => {}
                    (loss, mut lost_yet) => match lost_yet.find(|(other, _)| *other == loss) {
                        Some((_, names)) => names.push_str(&format!(", {ours}")),
                        None => lost.push((loss, ours)),
                    },
                }
            }
        }
        let inputs = self.proposal.absent.iter().map(|table| {
            let needed = if table.required { "needed" } else { "optional" };
            format!("{} ({needed}): {}", table.name, loss(table.name, "(file)"))
        });
        inputs.chain(lost.into_iter().map(|(loss, names)| format!("{names} (optional): {loss}"))).collect()
    }

    /// Keys of the shipped pipeline that no export answers.
    fn assumed(&self) -> Vec<String> {
        let has = |name: &str| {
            let mut columns = self.proposal.inputs.iter().flat_map(|input| &input.columns);
            columns.any(|c| c.column.name == name && matches!(c.answer, Answer::Theirs { .. }))
        };
        let defaults = [
            ("currency", "every amount is taken as BRL: `currency` of [defaults]"),
            ("language", "every debtor is written to in pt-BR: `language` of [defaults]"),
            ("company_id", "every row is of company 1: `company` of [defaults]"),
        ];
        let silent = defaults.iter().filter(|(column, _)| !has(column)).map(|(_, told)| *told);
        let own = "who writes, and for which tenant: [creditors.default] and `tenant` are still samples";
        silent.chain([own]).map(str::to_owned).collect()
    }

    fn next(&self) -> Vec<String> {
        let (file, as_of) = (self.file.display(), self.proposal.as_of);
        vec![
            format!("regua check {file}"),
            format!("regua inputs {file} --as-of {as_of} --profile"),
            format!("regua plan {file} --as-of {as_of}"),
        ]
    }

    /// For a machine.
    pub(super) fn as_json(&self) -> Value {
        let proposal = self.proposal;
        let (rows_read, rows) = proposal.rows();
        let outcome = match self.pipeline {
            Some(_) => "proposed",
            None => "written",
        };
        let unused: Vec<Value> = proposal.unused.iter().map(|(file, why)| json!({"file": file, "why": why})).collect();
        let absent: Vec<Value> = proposal.absent.iter().map(|table| {
            json!({"input": table.name, "required": table.required, "without_it": loss(table.name, "(file)")})
        }).collect();
        json!({
            "outcome": outcome, "file": self.file, "rows": rows, "rows_read": rows_read, "systems": proposal.systems,
            "inputs": proposal.inputs.iter().map(input_as_json).collect::<Vec<Value>>(), "absent": absent,
            "unused": unused, "to_decide": proposal.todos(), "prepare": proposal.upstream, "as_of": proposal.as_of,
            "next": self.next(), "pipeline": self.pipeline,
        })
    }
}

/// Ours, theirs, how sure, and why: keys of the input, then columns, each followed by its codes.
fn rows(input: &InputProposal) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    let is_ours = |c: &ColumnProposal| matches!(&c.answer, Answer::Theirs { name, .. } if name == c.column.name);
    let is_plain = |c: &ColumnProposal| c.answer == Answer::Absent || (is_ours(c) && c.values.is_empty());
    if input.keys.is_empty() && input.rivals.is_empty() && input.columns.iter().all(is_plain) {
        let count = input.columns.iter().filter(|c| is_ours(c)).count();
        let why = "all have Régua's own names, so nothing is mapped".to_owned();
        return vec![[format!("{count} columns"), "the same".to_owned(), "sure".to_owned(), why]];
    }
    if !input.rivals.is_empty() {
        let why = "these files fit equally well".to_owned();
        rows.push(["path".to_owned(), input.rivals.join(" or "), "to decide".to_owned(), why]);
    }
    for key in &input.keys {
        let sure = key.level.map_or("to decide", |level| level.word()).to_owned();
        rows.push([key.key.to_owned(), key.value.clone(), sure, key.why.clone()]);
    }
    for column in &input.columns {
        let or = if column.others.is_empty() { String::new() } else { format!("; or {}", column.others.join(", ")) };
        let ours = column.column.name.to_owned();
        match &column.answer {
            Answer::Theirs { name, level } => {
                rows.push([ours, name.clone(), level.word().to_owned(), format!("{}{or}", column.why)]);
            }
            Answer::Todo(what) => rows.push([ours, "?".to_owned(), "to decide".to_owned(), format!("{what}{or}")]),
            Answer::Absent => continue,
        }
        for (code, ours) in &column.values {
            let (ours, sure, why) = match (ours.as_str(), ours.strip_prefix(TODO)) {
                ("", _) => ("none", "", ""),
                (_, Some(choice)) => ("?", "to decide", choice.trim()),
                (ours, None) => (ours, "", ""),
            };
            rows.push([format!("  {ours}"), code.clone(), sure.to_owned(), why.to_owned()]);
        }
    }
    rows
}

fn input_as_json(input: &InputProposal) -> Value {
    let column = |column: &ColumnProposal| {
        let (theirs, sure) = match &column.answer {
            Answer::Theirs { name, level } => (Some(name.as_str()), level.word()),
            Answer::Todo(_) => (None, "to decide"),
            Answer::Absent => (None, "absent"),
        };
        let values: serde_json::Map<String, Value> =
            column.values.iter().map(|(code, ours)| (code.clone(), json!(ours))).collect();
        let what = match &column.answer {
            Answer::Todo(what) => what.clone(),
            _ => column.why.clone(),
        };
        json!({"column": column.column.name, "required": column.column.required, "theirs": theirs, "sure": sure,
            "why": what, "others": column.others, "values": values})
    };
    let keys = input.keys.iter().map(|key| {
        let sure = key.level.map_or("to decide", |level| level.word());
        json!({"key": key.key, "value": key.value, "sure": sure, "why": key.why})
    });
    json!({
        "input": input.table.name, "path": input.path, "rivals": input.rivals, "rows": input.rows,
        "rows_read": input.rows_read, "keys": keys.collect::<Vec<Value>>(),
        "columns": input.columns.iter().map(column).collect::<Vec<Value>>(),
    })
}
