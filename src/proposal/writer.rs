//! The pipeline that a proposal makes: the shipped one, with its inputs in place of the demo's, each line with its reason.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::{Answer, ColumnProposal, InputProposal, Level, Proposal, TODO};
use crate::contract::PROPOSED_TENANT;

/// What stands around the inputs in the shipped pipeline.
const FIRST: &str = "# Each input may map columns";
const NEXT: &str = "[output]";
/// Inputs that may not be older than this, as in the shipped pipeline.
const RECENT: [&str; 7] = ["invoices", "payments", "contact_log", "agreements", "promises", "disputes", "listings"];
const AGE_DAYS: u32 = 7;
/// Where comments begin.
const COMMENT_AT: usize = 34;

/// The text of the pipeline, from the shipped one; `folder` is where it will stand.
pub fn pipeline(proposal: &Proposal, shipped: &str, folder: &Path) -> String {
    let (head, rest) = shipped.split_once(FIRST).unwrap_or((shipped, ""));
    let (_, tail) = rest.split_once(NEXT).unwrap_or(("", rest));
    let todos = proposal.todos().len();
    let mut text = String::from(
        "# Proposed by `regua init`, which has read some rows of each file: \"sure\", \"likely\" and \"guess\" say how far to \
         trust a\n# line. Read every line that is not sure. Before the first run, give your own `tenant`, [defaults] and \
         [creditors.default].\n",
    );
    if todos > 0 {
        let _ =
            writeln!(text, "# A value that begins with {TODO} is yours to decide: `regua check` names each of them.");
    }
    text.push('\n');
    text.push_str(&head.replacen("tenant = \"demo\"", &format!("tenant = {PROPOSED_TENANT:?}"), 1));
    text.push_str(
        "# How each input is read: its column = yours, its values = yours. `regua inputs --profile` shows what comes of it.\n",
    );
    for input in &proposal.inputs {
        text.push_str(&of_input(input, folder));
    }
    for table in &proposal.absent {
        let loss = super::loss(table.name, "(file)");
        if table.required {
            let _ = writeln!(text, "[inputs.{}]   # no file was found, and without it {loss}", table.name);
            let _ = writeln!(text, "path = \"{TODO} where the file of your {} is\"\n", table.name);
        } else {
            let _ = writeln!(text, "# No file of {} was found: {loss}.\n# [inputs.{0}]\n# path = \"\"\n", table.name);
        }
    }
    text.push_str(NEXT);
    // Beside the pipeline, where it stands in no folder of its own.
    let is_here = folder.as_os_str().is_empty();
    text.push_str(&if is_here { tail.replace(":-../output}", ":-output}") } else { tail.to_owned() });
    text
}

fn of_input(input: &InputProposal, folder: &Path) -> String {
    let name = input.table.name;
    let rows = format!("{} of {} rows read", input.rows_read, input.rows);
    let mut text = format!("# {name}: {} ({rows})\n[inputs.{name}]\n", input.file);
    let path = relative(&input.path, folder);
    if input.rivals.is_empty() {
        let _ = writeln!(text, "path = {}", quoted(&path));
    } else {
        let rivals = input.rivals.join(" or ");
        let value = quoted(&format!("{TODO} {path} or {rivals}"));
        let _ = writeln!(text, "path = {value}   # these fit equally well; one path reads several files with *");
    }
    if RECENT.contains(&name) {
        let _ = writeln!(text, "max_age_days = {AGE_DAYS}");
    }
    for key in &input.keys {
        let level = key.level.map_or("to decide", Level::word);
        text.push_str(&commented(&format!("{} = {}", key.key, key.value), &format!("{level}: {}", key.why)));
    }
    text.push_str(&columns(input));
    if !input.unread.is_empty() {
        let names = input.unread.join(", ");
        let _ = writeln!(
            text,
            "# Nothing reads: {names}. If one of them says that somebody is to be left alone, name it above."
        );
    }
    for column in input.columns.iter().filter(|column| !column.values.is_empty()) {
        let _ = writeln!(text, "[inputs.{name}.values.{}]", column.column.name);
        for (code, ours) in &column.values {
            let _ = writeln!(text, "{} = {}", quoted(code), quoted(ours));
        }
    }
    text.push('\n');
    text
}

/// `[inputs.X.columns]`: what is mapped, and what else might be.
fn columns(input: &InputProposal) -> String {
    let (mut text, mut absent) = (String::new(), Vec::new());
    let mut is_mapped = false;
    for column in &input.columns {
        let ours = column.column.name;
        match &column.answer {
            Answer::Theirs { name, level } => {
                is_mapped |= name != ours;
                text.push_str(&commented(&format!("{ours} = {}", quoted(name)), &reason(column, level.word())));
            }
            Answer::Todo(what) => {
                is_mapped = true;
                let line = format!("{ours} = {}", quoted(&format!("{TODO} {what}")));
                text.push_str(&commented(&line, &reason(column, "to decide")));
            }
            Answer::Absent if column.why.is_empty() => absent.push(ours),
            Answer::Absent => {
                text.push_str(&commented(&format!("# {ours} = \"\""), &reason(column, "not mapped")));
            }
        }
    }
    if !absent.is_empty() {
        let _ = writeln!(text, "# Not found: {}.", absent.join(", "));
    }
    // Columns under our own names need no mapping.
    let is_ours = |c: &ColumnProposal| matches!(&c.answer, Answer::Theirs { name, .. } if name == c.column.name);
    if !is_mapped && input.columns.iter().all(|c| is_ours(c) || c.answer == Answer::Absent) {
        return "# Its columns have Régua's own names.\n".to_owned();
    }
    format!("[inputs.{}.columns]\n{text}", input.table.name)
}

fn reason(column: &ColumnProposal, level: &str) -> String {
    let others = match column.others.is_empty() {
        true => String::new(),
        false => format!(" | or: {}", column.others.join(", ")),
    };
    let why = if column.why.is_empty() { String::new() } else { format!(": {}", column.why) };
    format!("{level}{why}{others}")
}

fn commented(line: &str, comment: &str) -> String {
    format!("{line:<COMMENT_AT$} # {}\n", comment.replace(['\n', '\r'], " "))
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => drop(write!(quoted, "\\u{:04X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A path as the pipeline names it: from its own folder, where it is neither a URL nor absolute.
fn relative(path: &str, folder: &Path) -> String {
    if path.contains("://") || Path::new(path).is_absolute() || folder.is_absolute() {
        return match path.contains("://") {
            true => path.to_owned(),
            false => std::path::absolute(path).map_or(path.to_owned(), |path| path.to_string_lossy().into_owned()),
        };
    }
    let parts = |path: &Path| -> Vec<String> {
        let normal = |part: Component<'_>| match part {
            Component::CurDir => None,
            part => Some(part.as_os_str().to_string_lossy().into_owned()),
        };
        path.components().filter_map(normal).collect()
    };
    let (path, folder) = (parts(Path::new(path)), parts(folder));
    if folder.iter().any(|part| part == "..") {
        let joined: PathBuf = path.iter().collect();
        return std::path::absolute(joined).map_or_else(|_| path.join("/"), |path| path.to_string_lossy().into_owned());
    }
    let shared = path.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), folder.len() - shared);
    up.chain(path[shared..].iter().cloned()).collect::<Vec<String>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_pipeline() {
        let cases = [
            ("exports/a.parquet", "pipelines", "../exports/a.parquet"),
            ("./exports/a.parquet", "./pipelines", "../exports/a.parquet"),
            ("a.parquet", "", "a.parquet"),
            ("pipelines/in/a.parquet", "pipelines", "in/a.parquet"),
            ("../x/a.parquet", "pipelines", "../../x/a.parquet"),
            ("/data/a.parquet", "pipelines", "/data/a.parquet"),
            ("s3://b/in/{as_of}/a.parquet", "pipelines", "s3://b/in/{as_of}/a.parquet"),
        ];
        for (path, folder, expected) in cases {
            assert_eq!(relative(path, Path::new(folder)), expected, "{path} from {folder}");
        }
    }

    #[test]
    fn texts_are_those_of_toml() {
        assert_eq!(quoted("Nº \"x\"\\\n"), "\"Nº \\\"x\\\"\\\\\\u000A\"");
        assert_eq!(commented("a = 1", "why\nnot"), format!("{:<34} # why not\n", "a = 1"));
    }
}
