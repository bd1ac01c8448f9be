//! Which model of payment a run uses.

use schemars::JsonSchema;
use serde::Deserialize;

/// What is expected of open items, by what `regua train` has learnt.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawModel {
    /// `newest` (default) = the newest model trained before the date of the run, if there is one; a date = the model of that date;
    /// `none` = nothing is expected of anybody.
    #[serde(rename = "use")]
    pub used: Option<String>,
}
