//! KPI tables about what is owed, how fast it comes in, and how it ages.

use super::super::Kind::{Bool, Date, Float, Int, Money, Str};
use super::super::outputs::{AS_OF, COMPANY, CURRENCY};
use super::super::{Table, opt, req};
use super::{BASIS, FX_RATE, REPORTING_CURRENCY};

/// What a month had to collect (CRF): all that was open or came, less what is not due at its end.
const COLLECTABLE: &str = "opening_amount + billed_amount - credited_amount - closing_amount + closing_overdue_amount";

pub const AGING: Table = Table {
    name: "kpi_aging",
    row: "company, currency, segment and bucket; credits in a row of their own",
    key: &["company_id", "currency", "segment", "bucket_no"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("segment", Str, "segment of the account"),
        req("bucket_no", Int, "order of the bucket; −1 for credits"),
        req("bucket", Str, "aging bucket, or `credits`"),
        req("items", Int, "open items").adds(),
        req("debtors", Int, "accounts with an item in the bucket").adds_within(&["bucket_no"]),
        req("open_amount", Money, "what is owed; credits are negative").adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const PORTFOLIO: Table = Table {
    name: "kpi_portfolio",
    row: "company and currency",
    key: &["company_id", "currency"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("debtors", Int, "accounts with an open item").adds(),
        req("items", Int, "open items").adds(),
        req("open_amount", Money, "what is owed").adds(),
        req("current_amount", Money, "not due yet").adds(),
        req("overdue_amount", Money, "past the payable day").adds(),
        req("overdue_30_amount", Money, "more than 30 days late").adds(),
        req("overdue_60_amount", Money, "more than 60 days late").adds(),
        req("overdue_90_amount", Money, "more than 90 days late").adds(),
        opt("delinquency_rate", Float, "overdue over open; null where nothing is open")
            .ratio("overdue_amount", "open_amount"),
        req("credit_amount", Money, "unapplied credits, including those of debtors who owe nothing").adds(),
        req("disputed_amount", Money, "items in an open dispute or return").adds(),
        req("promised_amount", Money, "items under a pending promise").adds(),
        req("agreement_amount", Money, "items in an agreement that is kept").adds(),
        req("agency_amount", Money, "items with an agency").adds(),
        req("listed_amount", Money, "items listed with a bureau or protested").adds(),
        req("unidentified_amount", Money, "payments that name neither a debtor nor a known invoice").adds(),
        opt("days_past_due_avg", Float, "of what is overdue, weighted by amount; null where nothing is")
            .average("overdue_amount"),
        req("overdue_debtors", Int, "accounts with something past the payable day").adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const CONCENTRATION: Table = Table {
    name: "kpi_concentration",
    row: "company, currency and part of the groups, the largest first",
    key: &["company_id", "currency", "part"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("part", Str, "`top1`, `top5`, `top10`, `top20`, `decile_01` to `decile_10`"),
        req("groups", Int, "groups in it (group_id, else CNPJ root, else debtor)").distinct("groups"),
        req("open_amount", Money, "what they owe").adds_within(&["part"]),
        req("open_share", Float, "of all that is owed").ratio("open_amount", "kpi_portfolio.open_amount"),
        req("overdue_amount", Money, "of it, overdue").adds_within(&["part"]),
        opt("overdue_share", Float, "of all that is overdue").ratio("overdue_amount", "kpi_portfolio.overdue_amount"),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const DSO: Table = Table {
    name: "kpi_dso",
    row: "company and currency: days sales outstanding",
    key: &["company_id", "currency"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("open_amount", Money, "what is owed, without unapplied credits").adds(),
        req("current_amount", Money, "of it, not overdue").adds(),
        req("credit_amount", Money, "unapplied credits, for who takes them off").adds(),
        opt("sales_amount", Money, "billed less credited in the sales days; null where not all of them were observed")
            .adds(),
        opt("sales_days", Int, "`kpis.sales_days`, or fewer if the first invoice is younger").alone(),
        opt("dso_days", Float, "open over sales × sales days (CRF); null without net sales")
            .ratio("open_amount * sales_days", "sales_amount"),
        opt("best_possible_dso_days", Float, "not overdue over sales × sales days")
            .ratio("current_amount * sales_days", "sales_amount"),
        opt("delinquent_days", Float, "dso less best possible")
            .ratio("(open_amount - current_amount) * sales_days", "sales_amount"),
        opt(
            "countback_dso_days",
            Float,
            "month by month back until the net sales reach what is open; null where they never do, or where nothing was sold of late",
        )
        .alone(),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const COLLECTION_EFFECTIVENESS: Table = Table {
    name: "kpi_collection_effectiveness",
    row: "company, currency and month; add months of one date, never over dates; with `scope = \"open\"` months that were observed from their first day",
    key: &["company_id", "currency", "month"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("month", Date, "first day of the month"),
        req("is_partial", Bool, "the month was not over at the as-of date"),
        req("opening_amount", Money, "open at the end of the month before").adds_within(&["month"]),
        req("billed_amount", Money, "issued in the month").adds(),
        req("collected_amount", Money, "paid in the month, less what was taken back").adds(),
        req("credited_amount", Money, "by credit notes").adds(),
        req("written_off_amount", Money, "written off").adds(),
        req("closing_amount", Money, "opening + billed − collected − credited − written off: open at the end")
            .adds_within(&["month"]),
        req("closing_overdue_amount", Money, "of it, past the payable day").adds_within(&["month"]),
        opt(
            "cei",
            Float,
            "collection effectiveness index (CRF), per cent: (collected + written off) over (opening + billed − \
             credited − what is not due at the end); null where that is not above 0",
        )
        .ratio("100 * (collected_amount + written_off_amount)", COLLECTABLE),
        opt("cei_cash", Float, "the same of what was collected alone: a write-off is not collection")
            .ratio("100 * collected_amount", COLLECTABLE),
        opt("delinquency_rate", Float, "overdue over open at the end")
            .ratio("closing_overdue_amount", "closing_amount"),
        opt("dso_days", Float, "days sales outstanding at the end; null without net sales").alone(),
        opt("best_possible_dso_days", Float, "the same of what is not due").alone(),
        opt("days_to_pay_avg", Float, "since issue, weighted by amount, of payments that were not taken back").alone(),
        opt("days_late_avg", Float, "since the payable day, never below 0; who never pays is not in it").alone(),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const VINTAGE: Table = Table {
    name: "kpi_vintage",
    row: "company, currency, month of issue and age: how much was paid by then; with `scope = \"open\"` months that were observed from their first day",
    key: &["company_id", "currency", "issue_month", "days_after_due"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("issue_month", Date, "first day of the month; the last 25"),
        req("days_after_due", Int, "0, 30, 60, 90 or 180 days after the payable day"),
        req("billed_amount", Money, "issued in the month").adds_within(&["days_after_due"]),
        req("matured_amount", Money, "of it, what is old enough").adds_within(&["days_after_due"]),
        req("paid_amount", Money, "of that, paid by then").adds_within(&["days_after_due"]),
        req("credited_amount", Money, "of that, credited by then").adds_within(&["days_after_due"]),
        req("written_off_amount", Money, "of that, written off by then").adds_within(&["days_after_due"]),
        opt("paid_rate", Float, "paid over matured; null where nothing is old enough")
            .ratio("paid_amount", "matured_amount"),
        req("is_complete", Bool, "all of it is old enough"),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const ROLL_RATES: Table = Table {
    name: "kpi_roll_rates",
    row: "company, currency, state then and state now; with `scope = \"open\"` no rows until one period was observed",
    key: &["company_id", "currency", "from_state", "to_state"],
    required: true,
    columns: &[
        AS_OF,
        req("from_date", Date, "as-of date less `kpis.roll_days`"),
        COMPANY,
        CURRENCY,
        req("from_state", Str, "bucket then; `new` = issued since, `reopened` = settled then, open now"),
        req("to_state", Str, "bucket now; or `paid`, `credited`, `written_off`"),
        req("amount", Money, "what moved, or stayed").adds(),
        req("items", Int, "items of which most went there").adds_within(&["from_state"]),
        req("rate", Float, "amount over all that was in from_state")
            .share("amount", &["company_id", "currency", "from_state"]),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const CURES: Table = Table {
    name: "kpi_cures",
    row: "company and currency: accounts that are late no more; with `scope = \"open\"` no rows until one period was observed",
    key: &["company_id", "currency"],
    required: true,
    columns: &[
        AS_OF,
        req("from_date", Date, "as-of date less `kpis.roll_days`"),
        COMPANY,
        CURRENCY,
        req("accounts_overdue_before", Int, "accounts with something overdue then").adds(),
        req("accounts_cured", Int, "of them, with nothing overdue now; a write-off cures too").adds(),
        opt("cure_rate", Float, "cured over overdue").ratio("accounts_cured", "accounts_overdue_before"),
        opt(
            "accounts_cured_before",
            Int,
            "overdue two periods ago, and not one period ago; null until two were observed",
        )
        .adds(),
        opt("accounts_redefaulted", Int, "of them, overdue again now").adds(),
        opt("redefault_rate", Float, "overdue again over cured before")
            .ratio("accounts_redefaulted", "accounts_cured_before"),
        BASIS,
    ],
};

pub const ECL: Table = Table {
    name: "kpi_ecl",
    row: "company, currency and bucket: expected credit loss (IFRS 9 B5.5.35, CPC 48), an indication and no booking",
    key: &["company_id", "currency", "bucket_no"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("bucket_no", Int, "order of the bucket"),
        req("bucket", Str, "aging bucket"),
        req("open_amount", Money, "what is owed").adds(),
        req("reached_amount", Money, "of the cohort, still open when the bucket began").adds_within(&["bucket_no"]),
        req("lost_amount", Money, "of the cohort, not paid within `kpis.loss_days`").adds_within(&["bucket_no"]),
        opt("cohort_from", Date, "first payable day of the cohort: how much history there is"),
        opt("loss_rate", Float, "lost over reached; 1 in buckets that begin later; null where nothing reached it")
            .alone(),
        req("forward_factor", Float, "`kpis.forward_looking` of the bucket").alone(),
        opt("expected_loss_amount", Money, "open × loss rate × factor, at most open").adds(),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const SEGMENT_MOVES: Table = Table {
    name: "kpi_segment_moves",
    row: "company, currency, segment before and segment now",
    key: &["company_id", "currency", "from_segment", "to_segment"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("from_segment", Str, "in the last published run; `-` = the account was not in it"),
        req("to_segment", Str, "now; `-` = no longer an account: nothing open and no credit"),
        req("accounts", Int, "accounts that moved, or stayed").adds(),
        req("open_amount", Money, "what they owe now").adds(),
        req("overdue_amount", Money, "of it, late").adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const CASH_FORECAST: Table = Table {
    name: "kpi_cash_forecast",
    row: "company, currency, week and source: what is billed today and may come in; no row where that is nothing",
    key: &["company_id", "currency", "week_no", "source"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("week_no", Int, "1 to 13"),
        req("week_from", Date, "its first day; the first week begins on the day after the as-of date"),
        req("week_to", Date, "its last day"),
        req("source", Str, "`not_due`, `overdue`, `promise` (pending) or `agreement` (that is kept)"),
        req("due_amount", Money, "what falls due, or is promised or agreed, in the week; of `overdue` nothing").adds(),
        opt(
            "expected_amount",
            Money,
            "by the weekly roll-off of the last 26 weeks; of promises × kept rate by amount, of agreements × (1 − \
             first-payment defaults); null without eight weeks of history, or without any promise or agreement that \
             has come due",
        )
        .adds(),
        opt(
            "model_amount",
            Money,
            "of `not_due` and `overdue`: open × the chance of being paid in the week, as the model of payment tells it \
             of each item; null where none is used, or it was refused",
        )
        .adds(),
        opt("model_low_amount", Money, "the least of what holds eight in ten; null where the model could not be tried")
            .alone(),
        opt("model_high_amount", Money, "the most of it; never above what is open").alone(),
        opt(
            "model_coverage",
            Float,
            "share of the weeks in which the model was tried that such a band held, over all companies of the currency",
        )
        .alone(),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const MODEL: Table = Table {
    name: "kpi_model",
    row: "company, currency, instant and part of the bills: what models told while they were in use, beside what came",
    key: &["company_id", "currency", "seen", "part"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("seen", Str, "`at_issue`, or `before_due`: seven days before it, of what was unpaid then"),
        req(
            "part",
            Str,
            "`all`, `in_use` (of them, what the model in use told), or `tenth_01` (the lowest chances) to `tenth_10`",
        ),
        req("bills", Int, "bills that fell due in the last 182 days").adds_within(&["seen", "part"]),
        req("late_bills", Int, "of them, paid after their payable day or not yet").adds_within(&["seen", "part"]),
        req("chance_avg", Float, "chance of being late that was told, on average").alone(),
        req("late_share", Float, "late bills over bills").ratio("late_bills", "bills"),
        req("squared_error", Float, "of the chances told, on average (Brier score); lower is better").alone(),
        req("counting_squared_error", Float, "the same of the share of late bills that each account had before")
            .alone(),
        opt(
            "late_auc",
            Float,
            "chance that of a late bill and one in time the late one was told the higher chance; of `all`",
        )
        .alone(),
    ],
};
