//! How sure it is that a column of an export is a column of an input.
//!
//! Points of its name and points of its content are added. A name of the list has 60, one much like it 40. Content that
//! only this column has (a CNPJ with right check digits, ids of the debtors' file, known codes) has 40, content that fits
//! has 20, content that may be read in two ways has none; what cannot be read as the column is no candidate. 80 points are
//! sure, 60 are likely, 40 are a guess; below that nothing is proposed.

use std::collections::HashSet;

use super::content::{Carrier, Facts};
use super::names::{self, NameFit};
use crate::contract::{Column, Kind, Table};
use crate::domain::money::Currency;

const CONFIRMS: u32 = 40;
const FITS: u32 = 20;
const SURE_MIN: u32 = 80;
const LIKELY_MIN: u32 = 60;
const GUESS_MIN: u32 = 40;
/// Of a hundred values, so many must be as expected.
const NEARLY_ALL: usize = 95;
const MOST: usize = 80;
/// Fewer different values say nothing about matching ids.
const IDS_MIN: usize = 2;

/// Codes, and nobody knows what they mean.
const UNKNOWN: &str = "none of its codes is known";

/// How sure it is, as the table says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Guess,
    Likely,
    Sure,
}

impl Level {
    /// Of so many points; none where they are too few.
    pub fn of(points: u32) -> Option<Level> {
        match points {
            SURE_MIN.. => Some(Level::Sure),
            LIKELY_MIN.. => Some(Level::Likely),
            GUESS_MIN.. => Some(Level::Guess),
            _ => None,
        }
    }

    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Level::Sure => "sure",
            Level::Likely => "likely",
            Level::Guess => "guess",
        }
    }
}

/// Ids of a table that others refer to.
#[derive(Debug)]
pub struct Ids {
    pub ids: HashSet<u64>,
    /// The file that has them.
    pub file: String,
    /// Were all of them read?
    pub is_whole: bool,
}

/// What is known of the other exports.
#[derive(Debug, Default)]
pub struct Others {
    pub debtors: Option<Ids>,
    pub invoices: Option<Ids>,
}

/// What the values say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Confirms(String),
    Fits(String),
    /// It may be read in two ways, or nothing is known.
    Weak(String),
    /// It cannot be read as this column, and what can be done about it.
    Unfit(String),
}

impl Content {
    fn fits() -> Content {
        Content::Fits(String::new())
    }

    /// Does it hold codes that nobody knows?
    pub fn is_unknown(&self) -> bool {
        self.why() == UNKNOWN
    }

    fn points(&self) -> u32 {
        match self {
            Content::Confirms(_) => CONFIRMS,
            Content::Fits(_) => FITS,
            Content::Weak(_) | Content::Unfit(_) => 0,
        }
    }

    fn why(&self) -> &str {
        match self {
            Content::Confirms(why) | Content::Fits(why) | Content::Weak(why) | Content::Unfit(why) => why,
        }
    }
}

/// A column of an export as a column of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    pub points: u32,
    pub name: NameFit,
    pub content: Content,
}

impl Fit {
    /// In words.
    pub fn why(&self) -> String {
        let parts = [self.name.why.as_str(), self.content.why()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

/// How a column of an export fits a column of an input; none where neither its name nor its content says so.
pub fn fit(table: &Table, column: &Column, facts: &Facts, others: &Others) -> Option<Fit> {
    let mut name = names::name_fit(table.name, column.name, &facts.name);
    if name.points == 0 && names::plain(&facts.name) == "id" && is_own_id(table, column) {
        name = NameFit { points: names::ALIKE, place: usize::MAX, why: "the id of its rows".to_owned() };
    }
    let content = content(table, column, facts, others);
    let is_told_by_content = matches!(column.name, "tax_id" | "currency" | "debtor_id" | "invoice_id")
        && matches!(content, Content::Confirms(_))
        && !is_own_id(table, column);
    if name.points == 0 && !is_told_by_content {
        return None;
    }
    Some(Fit { points: name.points + content.points(), name, content })
}

/// Is it the id of the table's own rows, and not of what they are about?
fn is_own_id(table: &Table, column: &Column) -> bool {
    let is_of_others = matches!(table.name, "contact_points" | "agreement_items");
    !is_of_others && table.key.first() == Some(&column.name) && column.name.ends_with("_id")
}

fn content(table: &Table, column: &Column, facts: &Facts, others: &Others) -> Content {
    if let Some(why) = unreadable(column, facts) {
        return Content::Unfit(why);
    }
    if facts.rows == 0 {
        return Content::Fits("no rows to look at".to_owned());
    }
    if facts.filled == 0 {
        let why = "empty in the rows read".to_owned();
        return if column.required { Content::Unfit(why) } else { Content::Weak(why) };
    }
    match column.kind {
        Kind::Date => dates(facts),
        Kind::Ts => instants(facts),
        Kind::Money => amounts(facts),
        Kind::Enum(words) => coded(column, facts, |code| words.iter().any(|word| word.eq_ignore_ascii_case(code))),
        Kind::Bool if facts.carrier == Carrier::Bool => Content::fits(),
        Kind::Bool => coded(column, facts, |code| ["0", "1", "true", "false"].contains(&code.to_lowercase().as_str())),
        Kind::Int => whole_numbers(column, facts),
        Kind::Str => texts(table, column, facts, others),
        _ => Content::fits(),
    }
}

/// Why no value of this type can be read as the column.
fn unreadable(column: &Column, facts: &Facts) -> Option<String> {
    use Carrier::{Bool, Date, Decimal, Float, Instant, Integer, Null, Other, Text};
    let name = names::plain(&facts.name);
    let is_in_cents = ["cents", "centavos", "centimos"].iter().any(|word| name.split('_').any(|part| part == *word));
    if facts.name.contains("${") || facts.name.starts_with(super::TODO) {
        return Some("a pipeline cannot hold this name; rename it in the export".to_owned());
    }
    let why = match (column.kind, facts.carrier) {
        (_, Null) => return None,
        (_, Other) => "its type cannot be read",
        (Kind::Money, Integer | Decimal(0)) if is_in_cents => "it counts cents; divide it by 100 in the export",
        (Kind::Money, Integer | Decimal(0)) => {
            "whole numbers, which may be cents; write it as a decimal with two places in the export"
        }
        (Kind::Money, _) if is_in_cents => "it counts cents; divide it by 100 in the export",
        (Kind::Money, Text) => "an amount as text; write it as a decimal in the export",
        (Kind::Money, Decimal(_) | Float) => return None,
        (Kind::Money, _) => "not an amount",
        (Kind::Date, Date | Instant) => return None,
        (Kind::Date, Text | Integer) if facts.filled == 0 || !facts.formats.is_empty() => return None,
        (Kind::Date, _) => "its values are no dates",
        (Kind::Ts, Date | Instant | Text) => return None,
        (Kind::Ts, _) => "its values are no instants",
        (Kind::Bool, Date | Instant) => "neither true nor false",
        (Kind::Str | Kind::Enum(_) | Kind::Int, Date | Instant) => "its values are dates",
        (Kind::Str | Kind::Enum(_) | Kind::Int, Bool) => "true and false; write it as text in the export",
        (Kind::Rate, Decimal(_) | Float) => return None,
        (Kind::Rate, _) => "not a decimal",
        _ => return None,
    };
    Some(why.to_owned())
}

/// Can this column be read as an amount?
pub fn is_amount(column: &Column, facts: &Facts) -> bool {
    unreadable(column, facts).is_none()
}

fn dates(facts: &Facts) -> Content {
    match facts.carrier {
        Carrier::Date | Carrier::Instant => Content::Fits("dates".to_owned()),
        _ if is_in_two_ways(&facts.formats) => Content::Weak("day and month may be either way round".to_owned()),
        _ => Content::Fits(format!("dates as {}", facts.formats.first().copied().unwrap_or_default())),
    }
}

/// Does a date read with the day first, and with the month first?
pub fn is_in_two_ways(formats: &[&str]) -> bool {
    formats.iter().any(|format| format.starts_with("%d")) && formats.iter().any(|format| format.starts_with("%m"))
}

fn instants(facts: &Facts) -> Content {
    let is_text = facts.carrier == Carrier::Text;
    match is_text && facts.formats.is_empty() {
        // ISO 8601 with an offset is read too, and stands in no list of dates.
        true => Content::Weak("as text; it must be ISO 8601".to_owned()),
        false => Content::fits(),
    }
}

fn amounts(facts: &Facts) -> Content {
    match facts.carrier {
        Carrier::Float => Content::Weak("floats, rounded half to even".to_owned()),
        _ => Content::Fits("decimals".to_owned()),
    }
}

/// A column of codes, some of which mean something.
fn coded(column: &Column, facts: &Facts, is_own: impl Fn(&str) -> bool) -> Content {
    let codes = facts.codes();
    if !codes.are_few() {
        return Content::Unfit("more values than a code has".to_owned());
    }
    let read = codes.read(|code| if is_own(code) { Some("") } else { meaning(column, &facts.name, code) });
    let unknown = read.unknown.len() + read.hidden;
    match (read.known.len(), unknown) {
        (0, _) if column.required => Content::Weak(UNKNOWN.to_owned()),
        (0, _) => Content::Unfit(UNKNOWN.to_owned()),
        (_, 0) => Content::Confirms("all its codes are known".to_owned()),
        (known, unknown) => Content::Fits(format!("{known} of its {} codes are known", known + unknown)),
    }
}

/// What a code of the export means as a value of the column.
pub fn meaning(column: &Column, theirs: &str, code: &str) -> Option<&'static str> {
    let words: &[&str] = match column.kind {
        Kind::Enum(words) => words,
        Kind::Bool => {
            let is = |word| names::meaning(word, theirs, code);
            return is("true").or_else(|| is("false"));
        }
        _ => return names::meaning(column.name, theirs, code),
    };
    names::meaning(column.name, theirs, code).filter(|means| words.contains(means))
}

fn whole_numbers(column: &Column, facts: &Facts) -> Content {
    if facts.is_mostly(facts.small_numbers, NEARLY_ALL) {
        return Content::Fits("whole numbers".to_owned());
    }
    let read = facts.codes().read(|code| match code.parse::<u16>() {
        Ok(_) => Some(""),
        Err(_) => names::meaning(column.name, &facts.name, code),
    });
    match facts.is_mostly(read.rows_known, 100) {
        true => Content::Fits("letters that count instalments".to_owned()),
        false => Content::Unfit("its values are no whole numbers up to 999".to_owned()),
    }
}

fn texts(table: &Table, column: &Column, facts: &Facts, others: &Others) -> Content {
    let is_text = facts.carrier == Carrier::Text;
    let is_id = column.name.ends_with("_id") && column.name != "tax_id";
    if is_id && is_text && !facts.formats.is_empty() && facts.formats != ["%Y%m%d"] && facts.formats != ["%d%m%Y"] {
        return Content::Unfit("its values are dates".to_owned());
    }
    if is_id && facts.is_mostly(facts.spaced, 30) {
        return Content::Unfit("its values are several words each".to_owned());
    }
    let match_of = |ids: &Option<Ids>, what: &str| ids.as_ref().map(|ids| matched(facts, ids, what));
    let is_own = is_own_id(table, column);
    let codes = |is_own: &dyn Fn(&str) -> bool| coded(column, facts, is_own);
    match column.name {
        "debtor_id" if !is_own => match_of(&others.debtors, "debtors").unwrap_or_else(Content::fits),
        "invoice_id" if !is_own => match_of(&others.invoices, "invoices").unwrap_or_else(Content::fits),
        _ if is_own => unique(facts),
        "tax_id" if facts.is_mostly(facts.cnpjs, NEARLY_ALL) => Content::Confirms("CNPJs".to_owned()),
        "tax_id" => Content::Fits(String::new()),
        "currency" | "from_currency" | "to_currency" => codes(&|code| code.parse::<Currency>().is_ok()),
        "state" if facts.is_mostly(facts.pairs, NEARLY_ALL) => Content::Fits("codes of two letters".to_owned()),
        "country" if facts.is_mostly(facts.pairs, NEARLY_ALL) => Content::Fits("codes of two letters".to_owned()),
        "country" => {
            codes(&|code| ["brasil", "brazil", "bra", "1058", "01058", "076"].contains(&&*code.to_lowercase()))
        }
        "language" => codes(&|code| ["pt", "en", "es"].contains(&names::plain(code).get(..2).unwrap_or_default())),
        "address" if facts.is_mostly(facts.emails, MOST) => Content::Confirms("e-mail addresses".to_owned()),
        "legal_name" if !is_text => Content::Unfit("numbers are no names".to_owned()),
        "dunning_block" if !facts.codes().are_few() => Content::Fits("any text blocks".to_owned()),
        _ => Content::fits(),
    }
}

/// Do its values stand in the table that they refer to?
fn matched(facts: &Facts, ids: &Ids, what: &str) -> Content {
    let percent = facts.percent_in(&ids.ids);
    let told = format!("{percent} % of its values are among the {what} in {}", ids.file);
    match percent {
        MOST.. if facts.distinct >= IDS_MIN || facts.rows < 3 => Content::Confirms(told),
        // What was not read may hold the others.
        _ if !ids.is_whole => Content::fits(),
        0..10 => Content::Weak(told),
        _ => Content::Fits(told),
    }
}

fn unique(facts: &Facts) -> Content {
    match facts.distinct == facts.filled {
        true => Content::Confirms("no value comes twice".to_owned()),
        false => Content::fits(),
    }
}
