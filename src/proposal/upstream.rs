//! What the configuration cannot say: it is to be prepared in the export, before Régua reads it. Where that is a short
//! statement of SQL, it is told as one for DuckDB.

use std::collections::HashSet;

use super::content::{Carrier, Facts};
use super::exports::Export;
use super::inputs::{Match, Slot};
use super::names::{self, BASELINE, KNOWN};
use super::score::Content;
use super::values::facts;
use super::{Answer, InputProposal};
use crate::text::plural;

/// A column that names something only together with another: input, column, the other, and why.
const COMPOSITE: [(&str, &str, &str, &str); 8] = [
    ("invoices", "BELNR", "GJAHR", "SAP numbers documents anew each year"),
    ("payments", "BELNR", "GJAHR", "SAP numbers documents anew each year"),
    ("invoices", "E1_NUM", "E1_PREFIXO", "Protheus uses a number again under another prefix"),
    ("payments", "E5_NUMERO", "E5_PREFIXO", "Protheus uses a number again under another prefix"),
    ("invoices", "E1_CLIENTE", "E1_LOJA", "Protheus names a customer by code and store"),
    ("payments", "E5_CLIFOR", "E5_LOJA", "Protheus names a customer by code and store"),
    ("payments", "E5_CLIENTE", "E5_LOJA", "Protheus names a customer by code and store"),
    ("debtors", "A1_COD", "A1_LOJA", "Protheus names a customer by code and store"),
];
/// A column by which rows are to be left out: input, column, is it equal to the code, the code, and why.
const ROWS: [(&str, &str, bool, &str, &str); 7] = [
    ("payments", "E5_RECPAG", true, "R", "SE5 also holds what you pay"),
    ("payments", "E5_SITUACA", false, "C", "cancelled movements would count as paid"),
    (
        "payments",
        "SHKZG",
        true,
        "S",
        "a cleared invoice is paid; the documents that cleared it are not payments once more",
    ),
    ("payments", "cStatus", false, "CANCELADO", "cancelled movements would count as paid"),
    ("invoices", "D_E_L_E_T_", false, "*", "Protheus marks deleted rows so, and they would be dunned"),
    ("payments", "D_E_L_E_T_", false, "*", "Protheus marks deleted rows so, and they would count as paid"),
    ("debtors", "D_E_L_E_T_", false, "*", "Protheus marks deleted rows so"),
];
/// Of a hundred rows read, so many may repeat a key without a word.
const REPEATED_PERCENT_MAX: usize = 1;

/// All that is to be prepared, a sentence each.
pub fn all(inputs: &[InputProposal], matches: &[Match], exports: &[Export]) -> Vec<String> {
    let mut all = Vec::new();
    for (input, m) in inputs.iter().zip(matches) {
        let export = &exports[m.export];
        all.extend(in_path(input));
        all.extend(unmatched(input, m, export));
        all.extend(composites(input, export));
        all.extend(rows(input, export));
        all.extend(repeated(input, export));
        all.extend(baseline(input, export));
        all.extend(shared(input, export));
        all.extend(unfit(input, m, export));
    }
    all.dedup();
    all.extend(no_payments(inputs, matches, exports));
    all.extend(contact_points(inputs, matches, exports));
    all
}

/// Ids that are not those of the table that they refer to.
fn unmatched(input: &InputProposal, m: &Match, export: &Export) -> Vec<String> {
    // Of open items alone, what was paid is gone, and so is what payments name.
    let refers = |slot: &&Slot| slot.column.name == "debtor_id";
    let weak =
        m.slots.iter().filter(refers).filter_map(|slot| slot.chosen()).filter_map(|(at, fit)| match &fit.content {
            Content::Weak(told) if told.contains("of its values are among") => Some((&export.columns[*at].name, told)),
            _ => None,
        });
    let sentence = |(name, told): (&String, &String)| {
        format!("{}: {name}: {told}; zeros may be lost in one of them, so write both alike", input.file)
    };
    weak.map(sentence).collect()
}

/// What stands in the path and in no column.
fn in_path(input: &InputProposal) -> Option<String> {
    let part = input.path.split('/').find(|part| part.contains("=*"))?;
    let column = part.trim_end_matches("=*");
    Some(format!("{}: {column} stands in the path alone, and is not read: write it as a column", input.file))
}

fn theirs<'a>(input: &'a InputProposal, column: &str) -> Option<&'a str> {
    let found = input.columns.iter().find(|c| c.column.name == column)?;
    match &found.answer {
        Answer::Theirs { name, .. } => Some(name),
        _ => None,
    }
}

fn named<'a>(export: &'a Export, name: &str) -> Option<&'a Facts> {
    export.columns.iter().find(|facts| facts.name.eq_ignore_ascii_case(name))
}

fn quoted(name: &str) -> String {
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Ids that are one only with the columns beside them.
fn composites(input: &InputProposal, export: &Export) -> Vec<String> {
    let is_taken = |column: &str| {
        let mut names = ["invoice_id", "debtor_id"].into_iter().filter_map(|ours| theirs(input, ours));
        names.any(|name| name.eq_ignore_ascii_case(column))
    };
    let of = COMPOSITE.iter().filter(|(table, column, ..)| *table == input.table.name && is_taken(column));
    let sentence = |(_, column, other, why): &(&str, &str, &str, &str)| {
        // Where it is the same in every row there is nothing to tell apart.
        let differs = |facts: &&Facts| !export.is_whole() || facts.distinct > 1;
        let other = named(export, other).filter(differs)?;
        let joined = format!("{column} || '-' || {}", other.name);
        Some(format!("{}: {why}: write {joined} as one column, alike in every file that has them", input.file))
    };
    of.filter_map(sentence).collect()
}

/// Rows that must not be read.
fn rows(input: &InputProposal, export: &Export) -> Vec<String> {
    let of = ROWS.iter().filter(|(table, ..)| *table == input.table.name);
    let sentence = |(_, column, is_equal, code, why): &(&str, &str, bool, &str, &str)| {
        let goes = |found: &str| (found == *code) != *is_equal;
        let may_hold = |facts: &&Facts| !export.is_whole() || facts.codes().may_hold(goes);
        let facts = named(export, column).filter(may_hold)?;
        let sign = if *is_equal { "=" } else { "<>" };
        Some(format!("{}: keep only the rows with {} {sign} '{code}': {why}", input.file, facts.name))
    };
    of.filter_map(sentence).collect()
}

/// How many different rows these columns have.
fn different(columns: &[&Facts], rows: usize) -> usize {
    let of_row = |row: usize| columns.iter().map(move |facts| facts.hashes().get(row).copied().unwrap_or(0));
    (0..rows).map(|row| of_row(row).collect::<Vec<u64>>()).collect::<HashSet<_>>().len()
}

/// Rows of one key.
fn repeated(input: &InputProposal, export: &Export) -> Option<String> {
    let of_key = |name: &&str| input.columns.iter().find(|c| c.column.name == *name);
    let key: Vec<&Facts> =
        input.table.key.iter().filter_map(of_key).filter_map(|column| facts(&export.columns, column)).collect();
    let keys = different(&key, export.rows_read);
    let repeated = export.rows_read - keys;
    let has_id = input.table.key.first().is_some_and(|id| theirs(input, id).is_some());
    // One file of invoices names each debtor many times.
    let is_of_many = input.is_shared && input.table.name == "debtors";
    let mapped: Vec<&Facts> = input.columns.iter().filter_map(|column| facts(&export.columns, column)).collect();
    let conflicting = different(&mapped, export.rows_read) - keys.min(different(&mapped, export.rows_read));
    if is_of_many && conflicting > 0 {
        return Some(format!(
            "{}: its rows do not say the same of a debtor ({}), and such debtors are held: export one row for each debtor",
            input.file,
            plural(conflicting as u64, "row differs", "rows differ")
        ));
    }
    let is_usual = repeated * 100 <= export.rows_read * REPEATED_PERCENT_MAX || is_of_many;
    (has_id && !is_usual).then(|| {
        let names: Vec<&str> = key.iter().map(|facts| facts.name.as_str()).collect();
        format!(
            "{}: {repeated} of {} rows read repeat the key {}. Equal rows count once; those that differ hold their debtors. \
             Export a column that tells them apart",
            input.file,
            export.rows_read,
            names.join(" + ")
        )
    })
}

/// Terms of payment that begin somewhere and end nowhere.
fn baseline(input: &InputProposal, export: &Export) -> Option<String> {
    let is_open = input.columns.iter().any(|c| c.column.name == "due_date" && matches!(c.answer, Answer::Todo(_)));
    let is_base = |facts: &&Facts| names::name_fit(input.table.name, BASELINE, &facts.name).points == KNOWN;
    let base = export.columns.iter().find(is_base).filter(|_| is_open)?;
    let days = ["ZBD3T", "ZBD2T", "ZBD1T"].into_iter().filter(|days| named(export, days).is_some());
    let days: Vec<String> = days.map(|days| format!("nullif({days}, 0)")).collect();
    let first_day = match base.formats.first() {
        Some(format) => format!("cast(strptime({}, '{format}') as date)", quoted(&base.name)),
        None => quoted(&base.name),
    };
    let sum = match days.is_empty() {
        true => "the days of its terms".to_owned(),
        false => format!("cast(coalesce({}, 0) as integer)", days.join(", ")),
    };
    Some(format!("{}: write the due date as a column NETDT: {first_day} + {sum}", input.file))
}

/// One file that holds invoices and what was paid of them.
fn shared(input: &InputProposal, export: &Export) -> Option<String> {
    let is_payments = input.is_shared && input.table.name == "payments";
    let is_open = |c: &super::ColumnProposal| c.column.name == "paid_on" && matches!(c.answer, Answer::Todo(_));
    let column = input.columns.iter().find(|c| is_open(c)).filter(|_| is_payments)?;
    let Answer::Todo(what) = &column.answer else { return None };
    let paid_on = what.split(" is empty").next().unwrap_or_default();
    let paid_on = quoted(paid_on);
    Some(format!(
        "{}: what was paid is to be a file of its own, which [inputs.payments] names:\n      copy (select * from '{}' where \
         {paid_on} is not null) to 'payments.parquet' (format parquet)",
        input.file, export.path
    ))
}

/// Payments are needed, and no file holds them: they may stand in the invoices, or be none.
fn no_payments(inputs: &[InputProposal], matches: &[Match], exports: &[Export]) -> Option<String> {
    if inputs.iter().any(|input| input.table.name == "payments") {
        return None;
    }
    let (invoices, m) = inputs.iter().zip(matches).find(|(input, _)| input.table.name == "invoices")?;
    let export = &exports[m.export];
    let named = |column: &str| {
        let is_it = |facts: &&Facts| names::name_fit("payments", column, &facts.name).points == KNOWN;
        export.columns.iter().filter(is_it).min_by_key(|facts| names::name_fit("payments", column, &facts.name).place)
    };
    let id = theirs(invoices, "invoice_id").map(quoted);
    let debtor = theirs(invoices, "debtor_id").map(quoted);
    if let (Some(paid_on), Some(id), Some(debtor)) = (named("paid_on"), id, debtor) {
        let amount = named("amount").map(|facts| facts.name.as_str()).or(theirs(invoices, "amount")).unwrap_or("0.00");
        let amount = if amount == "0.00" { amount.to_owned() } else { quoted(amount) };
        let paid_on = quoted(&paid_on.name);
        return Some(format!(
            "{}: {paid_on} says when an invoice was paid, and payments has a row for each:\n      copy (select {id} as payment_id, \
             {debtor} as debtor_id, {id} as invoice_id, {paid_on} as paid_on, {amount} as amount from '{}' where {paid_on} is \
             not null) to 'payments.parquet' (format parquet)",
            invoices.file, export.path
        ));
    }
    let empty = "copy (select '' as payment_id, '' as debtor_id, date '2000-01-01' as paid_on, 0.00::decimal(18, 2) as amount \
                 where false) to 'payments.parquet' (format parquet)";
    Some(format!(
        "payments: without them whoever has paid is dunned. Only where paid invoices leave the export at once, an empty file \
         will do, with scope = \"open\" in [inputs.invoices]:\n      {empty}"
    ))
}

/// Columns that are named right and cannot be read.
fn unfit(input: &InputProposal, m: &Match, export: &Export) -> Vec<String> {
    let is_todo =
        |name: &str| input.columns.iter().any(|c| c.column.name == name && matches!(c.answer, Answer::Todo(_)));
    let open = m.slots.iter().filter(|slot| slot.taken.is_none() && is_todo(slot.column.name));
    let found = open.filter_map(|slot| {
        let (at, why) = slot.candidates.iter().find_map(|(at, fit)| match &fit.content {
            Content::Unfit(why) => Some((*at, why)),
            _ => None,
        })?;
        let facts = &export.columns[at];
        let name = quoted(&facts.name);
        let sql = match (slot.column.name, facts.carrier) {
            ("amount", Carrier::Integer | Carrier::Decimal(_)) if why.contains("counts cents") => {
                format!(": cast({name} / 100.0 as decimal(18, 2))")
            }
            ("amount", Carrier::Integer | Carrier::Decimal(0)) => {
                format!(
                    ": cast({name} as decimal(18, 2)), or cast({name} / 100.0 as decimal(18, 2)) if it counts cents"
                )
            }
            ("amount", Carrier::Text) => {
                format!(
                    ": cast(replace(replace({name}, '.', ''), ',', '.') as decimal(18, 2)) where it is written 1.234,56"
                )
            }
            ("dunning_block", Carrier::Bool) => format!(": case when {name} then 'blocked' end"),
            _ => String::new(),
        };
        Some(format!("{}: {}.{} from {}: {why}{sql}", input.file, input.table.name, slot.column.name, facts.name))
    });
    found.collect()
}

/// Addresses that stand side by side, where Régua reads a row for each.
fn contact_points(inputs: &[InputProposal], matches: &[Match], exports: &[Export]) -> Option<String> {
    let of = |table: &str| inputs.iter().zip(matches).find(|(input, _)| input.table.name == table);
    let (beside, m) = match of("contact_points") {
        // It names its channel, so it has a row for each.
        Some((points, _)) if theirs(points, "channel").is_some() => return None,
        Some(points) => points,
        None => of("debtors")?,
    };
    let export = &exports[m.export];
    let id = quoted(theirs(beside, "debtor_id")?);
    let of = |special: &'static str, channel: &'static str| {
        let is_it = move |facts: &&Facts| names::name_fit("debtors", special, &facts.name).points == KNOWN;
        export.columns.iter().filter(is_it).map(move |facts| (quoted(&facts.name), channel))
    };
    let select = |(name, channel): (String, &str)| {
        let columns = format!("{id} as debtor_id, '{channel}' as channel, {name} as address");
        format!("select {columns} from '{}' where {name} <> ''", export.path)
    };
    let selects: Vec<String> = of("(email)", "email").chain(of("(phone)", "phone")).map(select).collect();
    (!selects.is_empty()).then(|| {
        format!(
            "{}: addresses stand side by side, and contact_points has a row for each:\n      copy ({}) to \
             'contact_points.parquet' (format parquet)",
            beside.file,
            selects.join(" union all ")
        )
    })
}
