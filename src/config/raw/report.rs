//! How the report of a run is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::language::Language;

/// The page that is written with each run.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawReport {
    /// Language of the page; default pt-BR.
    pub language: Option<Language>,
    /// Amounts of fewer debtors than this are withheld on the page; default 5, 0 withholds nothing.
    #[schemars(range(max = 1000))]
    pub min_cell: Option<u32>,
    /// Show collectors and agencies by id; default true.
    pub collectors: Option<bool>,
}
