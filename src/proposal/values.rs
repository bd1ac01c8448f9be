//! What the values of an export mean: codes, and the keys of an input that say how dates and amounts are written.

use super::content::{Carrier, Facts};
use super::exports::Export;
use super::names;
use super::score::{Level, is_in_two_ways, meaning};
use super::{Answer, ColumnProposal, KeyProposal, TODO};
use crate::contract::{Column, Kind, Table};
use crate::domain::money::Currency;

/// Words of a file name that say that it holds open items alone.
const OPEN: [&str; 9] =
    ["open", "aberto", "abertos", "aberta", "abertas", "abiertas", "pendientes", "pendentes", "bsid"];
/// Of a hundred amounts, so many must be below zero to turn the sign of all.
const NEGATIVE_PERCENT_MIN: usize = 80;

/// The export's column of that name.
pub fn facts<'a>(columns: &'a [Facts], column: &ColumnProposal) -> Option<&'a Facts> {
    let Answer::Theirs { name, .. } = &column.answer else { return None };
    columns.iter().find(|facts| facts.name == *name)
}

/// Maps the codes of a column, and says which of them nobody knows.
pub fn map(table: &Table, column: &mut ColumnProposal, of_export: &[Facts]) {
    let Some(facts) = facts(of_export, column) else { return };
    let is_coded = matches!(column.column.kind, Kind::Enum(_) | Kind::Bool)
        || matches!(column.column.name, "currency" | "language" | "dunning_block" | "installment_no");
    if !is_coded || !facts.codes().are_few() || facts.carrier == Carrier::Bool {
        return;
    }
    let name = column.column.name;
    let read = facts.codes().read(|code| match is_read_as_it_is(column.column, code) {
        true => Some(""),
        false => meaning(column.column, &facts.name, code),
    });
    let is_block = name == "dunning_block";
    for (code, means) in read.known.into_iter().filter(|(code, means)| !means.is_empty() && code != means) {
        column.values.push((code, if is_block { String::new() } else { means.to_owned() }));
    }
    // What the rows that were read do not hold may come tomorrow.
    let is_lettered = name == "installment_no" && !column.values.is_empty();
    let others = if is_lettered { names::letters() } else { names::codes_of(name, &facts.name) };
    for (code, means) in others.into_iter().filter(|(code, means)| code != means) {
        if !column.values.iter().any(|(known, _)| known == code) {
            column.values.push((code.to_owned(), if is_block { String::new() } else { means.to_owned() }));
        }
    }
    if is_block {
        column.why.push_str("; any text blocks, even one that is not known");
        return;
    }
    let ask = ask(column.column);
    // A language that nobody knows becomes the pipeline's, and an unknown channel is skipped and counted.
    let needs_answer = !matches!(name, "language" | "channel");
    if needs_answer {
        column.values.extend(read.unknown.into_iter().map(|code| (code, format!("{TODO} {ask}"))));
    }
    if read.hidden > 0 && needs_answer {
        let rows = "rows with them are bad, and their debtors are held";
        let of = crate::text::plural(read.hidden as u64, "further value is", "further values are");
        column.why.push_str(&format!("; {of} unknown and may be personal, so not shown: {rows} ({})", table.name));
    }
}

fn ask(column: &Column) -> String {
    match column.kind {
        Kind::Enum(words) => words.join(", "),
        Kind::Bool => "true or false".to_owned(),
        Kind::Int => "a whole number".to_owned(),
        _ if column.name == "currency" => "an ISO 4217 code".to_owned(),
        _ => "what it means".to_owned(),
    }
}

/// Does the run read this value without a mapping?
fn is_read_as_it_is(column: &Column, code: &str) -> bool {
    match column.kind {
        Kind::Enum(words) => words.iter().any(|word| word.eq_ignore_ascii_case(code)),
        Kind::Bool => ["0", "1", "true", "false"].contains(&code.to_lowercase().as_str()),
        Kind::Int => code.parse::<u16>().is_ok(),
        _ if column.name == "currency" => code.parse::<Currency>().is_ok(),
        _ if column.name == "language" => code.len() > 1 && names::meaning("language", "", code).is_none(),
        _ => false,
    }
}

/// The keys of the input beside `path`.
pub fn keys(table: &Table, columns: &mut [ColumnProposal], export: &Export) -> Vec<KeyProposal> {
    let mut keys = Vec::new();
    keys.extend(date_format(columns, &export.columns));
    let amounts: Vec<&Facts> = columns
        .iter()
        .filter(|c| c.column.kind == Kind::Money && !c.column.is_unread)
        .filter_map(|c| facts(&export.columns, c))
        .collect();
    if amounts.iter().any(|facts| facts.carrier == Carrier::Float) {
        let why = "amounts are floats; decimals would be exact".to_owned();
        keys.push(key("amount_from_float", "\"half_even\"", Level::Likely, why));
    }
    let is_negative = |facts: &&Facts| facts.is_mostly(facts.negative, NEGATIVE_PERCENT_MIN);
    if matches!(table.name, "invoices" | "payments") && amounts.first().is_some_and(is_negative) {
        keys.push(key("sign", "\"negative\"", Level::Sure, "amounts are below zero".to_owned()));
    }
    if table.name == "invoices" {
        keys.extend(scope(columns, export));
    }
    keys
}

fn key(key: &'static str, value: &str, level: Level, why: String) -> KeyProposal {
    KeyProposal { key, value: value.to_owned(), level: Some(level), why }
}

/// Does the export hold open items alone?
fn scope(columns: &[ColumnProposal], export: &Export) -> Option<KeyProposal> {
    let stem = names::plain(&export.stem);
    let is_open = stem.split('_').any(|word| OPEN.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())));
    let amount = columns.iter().find(|c| c.column.name == "amount");
    let is_balance = amount.is_some_and(|amount| amount.why.starts_with("what is left"));
    let why = match (is_open, is_balance) {
        (true, _) => "the name of the file says that it holds open items alone",
        (_, true) => "an amount of what is left is known of open items alone",
        _ => return None,
    };
    Some(key("scope", "\"open\"", Level::Likely, why.to_owned()))
}

/// How the dates of an input are written that are texts or numbers. All its columns share the key.
fn date_format(columns: &mut [ColumnProposal], of_export: &[Facts]) -> Option<KeyProposal> {
    let is_text = |facts: &&Facts| matches!(facts.carrier, Carrier::Text | Carrier::Integer);
    let is_day = |c: &&ColumnProposal| matches!(c.column.kind, Kind::Date);
    let dates: Vec<&Facts> =
        columns.iter().filter(is_day).filter_map(|c| facts(of_export, c)).filter(is_text).collect();
    if dates.is_empty() {
        return None;
    }
    let written: Vec<&Facts> = dates.iter().copied().filter(|facts| facts.filled > 0).collect();
    let Some(first) = written.first() else {
        let why = "its dates are texts, and no row says how they are written".to_owned();
        return Some(KeyProposal { key: "date_format", value: format!("\"{TODO} %d/%m/%Y\""), level: None, why });
    };
    let is_shared = |format: &&&str| written.iter().all(|facts| facts.formats.contains(format));
    let shared: Vec<&str> = first.formats.iter().filter(is_shared).copied().collect();
    let list = |formats: &[&str]| formats.iter().map(|format| format!("{format:?}")).collect::<Vec<_>>().join(", ");
    if is_in_two_ways(&shared) {
        let why = "every date may be read with the day or with the month first".to_owned();
        let value = format!("\"{TODO} {}\"", shared.join(" or "));
        return Some(KeyProposal { key: "date_format", value, level: None, why });
    }
    if let Some(format) = shared.first() {
        let rows = written.iter().map(|facts| facts.filled).sum::<usize>();
        return Some(key(
            "date_format",
            &format!("{format:?}"),
            Level::Sure,
            format!("reads all {rows} dates of the rows read"),
        ));
    }
    // Each column has its own way; a list is tried in order, and must not read one in the way of another.
    let mut formats: Vec<&str> = Vec::new();
    for facts in &written {
        let known = facts.formats.iter().find(|format| formats.contains(format)).or(facts.formats.first());
        formats.extend(known.filter(|format| !formats.contains(format)));
    }
    if is_in_two_ways(&formats) || written.iter().any(|facts| is_in_two_ways(&facts.formats)) {
        let why = "its columns write dates in different ways, and day and month may be either way round".to_owned();
        let value = format!("\"{TODO} {}\"", formats.join(" or "));
        return Some(KeyProposal { key: "date_format", value, level: None, why });
    }
    let why = "its columns write dates in different ways".to_owned();
    Some(key("date_format", &format!("[{}]", list(&formats)), Level::Likely, why))
}
