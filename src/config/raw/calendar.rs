//! One calendar file: holidays, contact windows, and the zones of states.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// One calendar file, such as `pipelines/calendars/br.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCalendar {
    #[serde(default)]
    pub holidays: Vec<RawHoliday>,
    pub windows: Option<RawWindows>,
    /// State = IANA zone; `default` for all others.
    #[serde(default)]
    pub zones: BTreeMap<String, String>,
    /// Every name for the country of these states and hours that occurs in `country` of debtors; none = Brazil.
    #[serde(default)]
    pub countries: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHoliday {
    pub date: String,
    /// `national`, `bank`, `state:SP`, `city:3550308` or `city:Santos`.
    pub scope: String,
    pub name: String,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWindows {
    pub default: RawWeek,
    #[serde(default)]
    pub states: BTreeMap<String, RawWeek>,
}

/// Hours in which contacts are allowed: `["08:00", "20:00"]`, or `[]` for none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWeek {
    pub source: Option<String>,
    pub mon: Vec<String>,
    pub tue: Vec<String>,
    pub wed: Vec<String>,
    pub thu: Vec<String>,
    pub fri: Vec<String>,
    pub sat: Vec<String>,
    pub sun: Vec<String>,
    pub holiday: Vec<String>,
}
