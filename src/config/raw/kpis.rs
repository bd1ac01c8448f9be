//! Windows of the KPI tables.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Windows of the KPI tables.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawKpis {
    /// Days of net sales behind DSO; default 90.
    #[schemars(range(min = 1, max = 366))]
    pub sales_days: Option<u32>,
    /// Days between the two positions of roll rates and cures; default 30, so that an unpaid item moves by one bucket.
    #[schemars(range(min = 1, max = 366))]
    pub roll_days: Option<u32>,
    /// Days after a contact in which a payment counts as recovered by it; default 7.
    #[schemars(range(min = 1, max = 90))]
    pub recovery_days: Option<u32>,
    /// Days of contacts that kpi_recovery counts, before the recovery days; default 90.
    #[schemars(range(min = 30, max = 366))]
    pub recovery_window_days: Option<u32>,
    /// Days back in which a promise came due to be counted as kept or broken; default 90.
    #[schemars(range(min = 1, max = 3650))]
    pub promise_window_days: Option<u32>,
    /// Days after the payable day from which an unpaid item counts as lost; default 360.
    #[schemars(range(min = 30, max = 3650))]
    pub loss_days: Option<u32>,
    /// Months that kpi_collection_effectiveness shows, with that of the as-of date; default 13.
    #[schemars(range(min = 1, max = 60))]
    pub months: Option<u32>,
    /// Currency to which fx_rate in every table with amounts converts; default `defaults.currency`.
    pub reporting_currency: Option<String>,
    /// Factor on the loss rates of the past, for what is expected of the year to come; default 1.0.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub forward_looking: Option<f64>,
    /// For each bucket: another factor.
    pub forward_looking_by_bucket: BTreeMap<String, f64>,
}
