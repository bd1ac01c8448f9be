//! One calendar file: holidays, contact windows, and the zones of states.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// One calendar file, such as `pipelines/calendars/br.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCalendar {
    /// In any order; the same one twice counts once.
    #[serde(default)]
    pub holidays: Vec<RawHoliday>,
    /// Hours in which messages are lawful. At least one calendar of the pipeline must have them; the last that does
    /// counts.
    pub windows: Option<RawWindows>,
    /// State = IANA zone; `default` for all others.
    #[serde(default)]
    pub zones: BTreeMap<String, String>,
    /// Every name for the country of these states and hours that occurs in `country` of debtors; none = Brazil.
    #[serde(default)]
    pub countries: Vec<String>,
}

/// A day without business, for a country, its banks, a state or a city.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHoliday {
    /// Such as 2026-12-25.
    pub date: String,
    /// `national`, `bank`, `state:SP`, `city:3550308` or `city:Santos`.
    pub scope: String,
    /// For the reader of the file.
    pub name: String,
    /// The law that sets it; for the reader of the file.
    pub source: Option<String>,
}

/// Contact hours by local time.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWindows {
    /// For states that have no week of their own.
    pub default: RawWeek,
    /// State = a week in place of the default one, as a whole.
    #[serde(default)]
    pub states: BTreeMap<String, RawWeek>,
}

/// Hours in which contacts are allowed: `["08:00", "20:00"]`, or `[]` for none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWeek {
    /// The law or practice that sets the hours; for the reader of the file.
    pub source: Option<String>,
    /// Monday.
    pub mon: Vec<String>,
    /// Tuesday.
    pub tue: Vec<String>,
    /// Wednesday.
    pub wed: Vec<String>,
    /// Thursday.
    pub thu: Vec<String>,
    /// Friday.
    pub fri: Vec<String>,
    /// Saturday.
    pub sat: Vec<String>,
    /// Sunday.
    pub sun: Vec<String>,
    /// A national, state or city holiday on a weekday that has hours of its own.
    pub holiday: Vec<String>,
}
