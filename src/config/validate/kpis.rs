//! Windows of the KPI tables, and the outlook on losses by bucket.

use super::{Document, PlanBuilder, unknown};
use crate::config::raw::RawKpis;
use crate::config::{Bucket, Kpis};

/// A factor beyond this is mistyped.
const FACTOR_MAX: f64 = 10.0;

impl PlanBuilder<'_> {
    pub(super) fn kpis(&mut self, document: &Document, raw: &RawKpis, buckets: &[Bucket]) -> Kpis {
        for (name, factor) in &raw.forward_looking_by_bucket {
            let at = format!("/kpis/forward_looking_by_bucket/{name}");
            if !buckets.iter().any(|bucket| bucket.name == *name) {
                self.refuse(document, &at, unknown("bucket", name, buckets.iter().map(|bucket| bucket.name.as_str())));
            }
            if !(0.0..=FACTOR_MAX).contains(factor) {
                self.refuse(document, &at, format!("{factor} is not a factor from 0 to {FACTOR_MAX}"));
            }
        }
        let currency = raw.reporting_currency.as_deref();
        let reporting_currency = currency.and_then(|code| self.parse(document, "/kpis/reporting_currency", code));
        let of = |bucket: &Bucket| raw.forward_looking_by_bucket.get(&bucket.name).copied().or(raw.forward_looking);
        Kpis {
            sales_days: raw.sales_days.unwrap_or(90),
            roll_days: raw.roll_days.unwrap_or(30),
            recovery_days: raw.recovery_days.unwrap_or(7),
            recovery_window_days: raw.recovery_window_days.unwrap_or(90),
            promise_window_days: raw.promise_window_days.unwrap_or(90),
            loss_days: raw.loss_days.unwrap_or(360),
            months: raw.months.unwrap_or(13),
            reporting_currency,
            forward_looking: buckets.iter().map(|bucket| of(bucket).unwrap_or(1.0)).collect(),
        }
    }
}
