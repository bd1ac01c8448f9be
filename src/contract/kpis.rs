//! The KPI tables, for BI.

mod done;
mod owed;

use super::Kind::{Rate, Str};
use super::{Column, Table, opt, req};

/// What every table with amounts ends with. No model has them: they are added to its rows, at one rate for all dates of a
/// table, so that a trend is not the exchange's.
pub const REPORTING_CURRENCY: Column = opt("reporting_currency", Str, "`kpis.reporting_currency`");
/// What one unit of the row's currency is in `reporting_currency`; null where no rate is known.
pub const FX_RATE: Column =
    opt("fx_rate", Rate, "units of it for one of currency, as of the as-of date; null where no rate is young enough");

/// What every table ends with that needs history, before those.
pub const BASIS: Column = req(
    "basis",
    Str,
    "`ledger` = from the payments; `observed` = with `scope = \"open\"`, from what the runs saw change since the first of them",
);

/// KPI tables; docs/kpis.md explains each formula.
pub const KPIS: &[Table] = &[
    owed::AGING,
    owed::PORTFOLIO,
    done::ACTIONS,
    done::HOLDS,
    done::CHANNELS,
    done::EXPERIMENTS,
    done::GROUP_RATES,
    owed::SEGMENT_MOVES,
    done::LISTINGS,
    owed::COLLECTION_EFFECTIVENESS,
    owed::DSO,
    owed::VINTAGE,
    owed::ROLL_RATES,
    owed::CURES,
    owed::ECL,
    owed::CONCENTRATION,
    done::PROMISES,
    done::AGREEMENTS,
    done::CONTACT_PRESSURE,
    owed::CASH_FORECAST,
    owed::MODEL,
    done::RECOVERY,
    done::COLLECTORS,
];
