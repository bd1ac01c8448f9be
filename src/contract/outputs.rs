//! The tables a run publishes. No clock, host or run id stands in a row: the same run gives the same bytes.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};

use super::Kind::{Bool, Date, Float, Int, Items, Money, NamedItems, Offer, Rate, Str, Ts};
use super::{Column, MONEY_PRECISION, MONEY_SCALE, Table, opt, req};

fn money() -> DataType {
    DataType::Decimal128(MONEY_PRECISION, MONEY_SCALE)
}

/// One cited item of an action.
pub(super) fn item_type() -> DataType {
    DataType::Struct(Fields::from(vec![
        Field::new("invoice_id", DataType::Utf8, false),
        Field::new("installment_no", DataType::Int64, false),
        Field::new("due_date", DataType::Date32, false),
        Field::new("open_amount", money(), false),
        Field::new("days_past_due", DataType::Int64, false),
        Field::new("step_id", DataType::Utf8, true),
    ]))
}

/// One item that an action named, as it is carried forward.
pub(super) fn named_item_type() -> DataType {
    DataType::Struct(Fields::from(vec![
        Field::new("invoice_id", DataType::Utf8, false),
        Field::new("installment_no", DataType::Int64, false),
        Field::new("step_id", DataType::Utf8, true),
        Field::new("due_date", DataType::Date32, true),
    ]))
}

/// The offer of an action.
pub(super) fn offer_type() -> DataType {
    let instalment = DataType::Struct(Fields::from(vec![
        Field::new("due_date", DataType::Date32, false),
        Field::new("amount", money(), false),
    ]));
    DataType::Struct(Fields::from(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("total", money(), false),
        Field::new("discount", money(), false),
        Field::new("interest", money(), false),
        Field::new("down_payment", money(), false),
        Field::new("valid_until", DataType::Date32, false),
        Field::new("instalments", DataType::List(Arc::new(Field::new("item", instalment, false))), false),
    ]))
}

const AS_OF: Column = req("as_of_date", Date, "the date the run was asked for");
const COMPANY: Column = req("company_id", Str, "creditor company");
const CURRENCY: Column = req("currency", Str, "ISO 4217");

/// What gateways send; the Parquet archive of the NDJSON batches.
pub const ACTIONS: Table = Table {
    name: "actions",
    row: "action: one message, task or instruction",
    key: &["action_id"],
    required: true,
    columns: &[
        req(
            "action_id",
            Str,
            "128 bits of SHA-256 over tenant, company, debtor, currency, cycle, step, occurrence and channel; never the date, the run or the amount",
        ),
        req(
            "payload_sha256",
            Str,
            "of the whole line: the same action_id with another payload is a conflict, not a second send",
        ),
        AS_OF,
        COMPANY,
        req("debtor_id", Str, "who is addressed"),
        req("regua", Str, "the régua that applied"),
        req("step_id", Str, "its step"),
        req("step_kind", Str, "reminder, notice, verification, call ..."),
        req("level", Int, "position of the step, from 1"),
        req("occurrence", Int, "1, and more only where the step repeats"),
        req("cycle_id", Str, "the arrears episode; of a duty the listing or placement that it ends"),
        req(
            "channel",
            Str,
            "how it goes out; `phone` is a task for a person, `instruction` is for bureau, registry or agency",
        ),
        opt("destination", Str, "address on that channel").personal(),
        opt("contact_name", Str, "whom to greet").personal(),
        req("language", Str, "of the message"),
        req("tone", Str, "gentle, firm or formal"),
        opt("template_id", Str, "template; none for instructions"),
        opt("template_version", Str, "first 12 hex digits of the SHA-256 of the template's text"),
        req("template_params", Str, "JSON of the values given to the template").personal(),
        opt("subject", Str, "rendered subject; never an amount").personal(),
        req("body", Str, "rendered text").personal(),
        CURRENCY,
        req("open_amount", Money, "sum of the cited items"),
        req("fine_amount", Money, "multa"),
        req("interest_amount", Money, "juros de mora"),
        req("fee_amount", Money, "fixed sums of a statute, and the fee of the step"),
        req("residual_amount", Money, "charges left on items that were paid late, claimed"),
        req("waived_amount", Money, "the same where they are waived; in no total"),
        req("total_due", Money, "open amount, fine, interest, fee and residual charges"),
        opt("dunning_currency", Str, "currency in which the debtor is dunned, where it is another"),
        opt("dunning_amount", Money, "the total due in that currency"),
        opt("fx_rate", Rate, "units of dunning_currency for one of currency"),
        opt("fx_date", Date, "day of that rate"),
        req("oldest_due_date", Date, "of the cited items"),
        req("days_past_due_max", Int, "of the cited items; negative before the due date"),
        req(
            "items",
            Items,
            "every cited item; `step_id` is the step that it takes, null where it is only listed; duties and receipts cite what is paid, with nothing open",
        ),
        opt("offer", Offer, "way out offered: down payment (due on valid_until) and instalments are its total"),
        req("segment", Str, "segment of the account"),
        opt("risk_band", Str, "risk band of the account"),
        req(
            "priority",
            Int,
            "greater is more urgent: open amount in whole units × chance of recovery (90 % to 30 %, by risk band, else by late ratio) × urgency (once more for every 30 days past due, up to 180)",
        ),
        opt("collector_id", Str, "person in charge"),
        opt("agency_id", Str, "agency in charge"),
        req("not_before", Ts, "not earlier"),
        req("expires_at", Ts, "not later"),
        req("rule_trace", Str, "JSON list of the rules that led here"),
    ],
};

/// Why something was done, or was not.
pub const DECISIONS: Table = Table {
    name: "decisions",
    row: "candidate (debtor, company, currency and step considered), and one per duty after a payment",
    key: &["debtor_id", "company_id", "currency", "step_id", "outcome", "action_id"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        req("debtor_id", Str, "candidate"),
        CURRENCY,
        req("regua", Str, "the régua that applied"),
        opt("step_id", Str, "step considered; none where no step came into question"),
        req("outcome", Str, "`action` or `hold`"),
        req("reason", Str, "`step_due`, `duty` (a removal, release or recall that is owed) or the hold reason"),
        opt("detail", Str, "the other reasons that apply, and what was looked at; of a duty since when and by when"),
        opt("action_id", Str, "of the action"),
        opt("channel", Str, "of the action"),
        req("segment", Str, "segment of the account"),
        opt("experiment", Str, "the experiment that the account is in"),
        opt("arm", Str, "its arm, drawn by the group"),
        req("open_amount", Money, "of the account"),
        req("overdue_amount", Money, "of the account"),
        req("items", Int, "open items of the account"),
        req("days_past_due_max", Int, "of the account's open items"),
        req("rule_trace", Str, "JSON list of the rules that led here"),
    ],
};

/// The position: one row per open item.
pub const ITEMS: Table = Table {
    name: "items",
    row: "open item at the as-of date",
    key: &["debtor_id", "company_id", "invoice_id", "installment_no"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        req("debtor_id", Str, "who owes it"),
        req("invoice_id", Str, "identifier in the source system"),
        req("installment_no", Int, "instalment"),
        CURRENCY,
        req("issue_date", Date, "of the invoice"),
        req("due_date", Date, "contractual due date"),
        req(
            "payable_on",
            Date,
            "last day to pay on time: the due date, or the next business day after a weekend or a national or bank holiday",
        ),
        req(
            "days_past_due",
            Int,
            "as-of date − due date, in calendar days; never above 0 before the payable day is over",
        ),
        req("bucket_no", Int, "order of the bucket, from 0"),
        req("bucket", Str, "aging bucket"),
        req("original_amount", Money, "of the instalment"),
        req("applied_amount", Money, "payments, credit notes and write-offs on it"),
        req("open_amount", Money, "what is still owed"),
        opt("item_hold", Str, "why this item is left out of messages"),
        req("segment", Str, "segment of the account"),
    ],
};

/// The position: one row per account with its profile.
pub const DEBTORS: Table = Table {
    name: "debtors",
    row: "account with an open item or a credit: debtor, company and currency",
    key: &["debtor_id", "company_id", "currency"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        req("debtor_id", Str, "who owes"),
        CURRENCY,
        req("segment", Str, "first segment rule that fits"),
        opt("previous_segment", Str, "in the last published run; none where the account was not in it"),
        req("tier", Str, "value tier"),
        opt("risk_band", Str, "from the scorecard"),
        opt("regua", Str, "the régua that applied"),
        opt("dunning_state", Str, "highest step whose trigger holds now, sent or not; null = clear"),
        opt("experiment", Str, "the experiment that the account is in"),
        opt("arm", Str, "its arm, drawn by the group"),
        req("open_items", Int, "open items"),
        req("open_amount", Money, "what is owed"),
        req("overdue_items", Int, "items past their payable day"),
        req("overdue_amount", Money, "what is owed and late"),
        req(
            "credit_amount",
            Money,
            "overpayments, unapplied payments and stand-alone credit notes; a credit without a company counts for the \
             debtor's account with the oldest open item",
        ),
        opt("oldest_due_date", Date, "of the open items"),
        req("days_past_due_max", Int, "of the open items"),
        opt("months_as_customer", Int, "whole calendar months since the relationship began"),
        req("items_due_in_window", Int, "items that fell due in the profile window"),
        req("paid_on_time", Int, "of them, paid by their payable day"),
        req("paid_late", Int, "of them, paid later"),
        opt("late_ratio", Float, "late or overdue items over items due; null without history"),
        opt("days_late_avg", Float, "of what was paid, weighted by amount; null without history"),
        opt("days_late_max", Int, "worst delay of what was paid"),
        opt("last_payment_on", Date, "of the account"),
        opt("largest_payment", Money, "single payment of the account"),
        req("broken_promises", Int, "in the window"),
        req("broken_agreements", Int, "in the window"),
        req("contacts", Int, "with the debtor in the window that reached it, or may have"),
        opt("answer_ratio", Float, "of them, answered; null where there was none"),
        req("bounces", Int, "contacts in the window that bounced"),
        req("is_held", Bool, "quarantined input can touch this debtor"),
    ],
};

/// Rows that could not be read as the contract asks.
pub const QUARANTINE: Table = Table {
    name: "quarantine",
    row: "bad input row",
    key: &[],
    required: true,
    columns: &[
        AS_OF,
        req("table", Str, "input table"),
        req("file", Str, "object it came from"),
        req("row", Int, "row in that object, from 0"),
        req("column", Str, "offending column"),
        req("value_class", Str, "what was found, never the value itself: null, negative, scale 4 ..."),
        req("reason", Str, "rule that it broke"),
        opt(
            "debtor_id",
            Str,
            "debtor in the row, who is held; null where the row names none (whoever owes the invoice that it names is held all \
             the same), and for a warning, whose row is read",
        ),
    ],
};

/// What still matters of all that was ever published: Régua's own memory, carried forward from run to run.
pub const CONTACT_STATE: Table = Table {
    name: "contact_state",
    row: "action of this or an earlier run that the next run needs",
    key: &["action_id"],
    required: true,
    columns: &[
        req("action_id", Str, "as published"),
        COMPANY,
        req("debtor_id", Str, "who was addressed"),
        CURRENCY,
        req("regua", Str, "the régua that applied"),
        req("step_id", Str, "its step"),
        req("occurrence", Int, "as published"),
        req("cycle_id", Str, "as published"),
        req("channel", Str, "how it went out"),
        opt("destination", Str, "address on that channel").personal(),
        req("published_on", Date, "as-of date of the run that published it"),
        req("needed_on", Date, "last as-of date on which it concerned anything open, listed or placed"),
        req("items", NamedItems, "the items that it named; `step_id` = the step that each took"),
    ],
};

/// Of an export of open items: what earlier runs saw open and is gone. How an account has paid is known by it.
pub const SETTLED_ITEMS: Table = Table {
    name: "settled_items",
    row: "item that an earlier run saw open and that an export of open items no longer holds; none of an export of all",
    key: &["debtor_id", "company_id", "invoice_id", "installment_no"],
    required: true,
    columns: &[
        COMPANY,
        req("debtor_id", Str, "who owed it"),
        req("invoice_id", Str, "identifier in the source system"),
        req("installment_no", Int, "instalment"),
        CURRENCY,
        req("due_date", Date, "contractual due date"),
        req("payable_on", Date, "last day to pay on time"),
        req("original_amount", Money, "of the instalment"),
        opt(
            "settled_on",
            Date,
            "last payment that names it, else the as-of date of the first run without it; null while an invoice of the \
             debtor cannot be read",
        ),
    ],
};

/// KPI tables; `kpis` in the README explains each formula.
pub const KPIS: &[Table] = &[
    Table {
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
            req("items", Int, "open items"),
            req("debtors", Int, "accounts with an item in the bucket"),
            req("open_amount", Money, "what is owed; credits are negative"),
        ],
    },
    Table {
        name: "kpi_portfolio",
        row: "company and currency",
        key: &["company_id", "currency"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("debtors", Int, "accounts with an open item"),
            req("items", Int, "open items"),
            req("open_amount", Money, "what is owed"),
            req("current_amount", Money, "not due yet"),
            req("overdue_amount", Money, "past the payable day"),
            req("overdue_30_amount", Money, "more than 30 days late"),
            req("overdue_60_amount", Money, "more than 60 days late"),
            req("overdue_90_amount", Money, "more than 90 days late"),
            opt("delinquency_rate", Float, "overdue over open; null where nothing is open"),
            req("credit_amount", Money, "unapplied credits, including those of debtors who owe nothing"),
            req("disputed_amount", Money, "items in an open dispute or return"),
            req("promised_amount", Money, "items under a pending promise"),
            req("agreement_amount", Money, "items in an agreement that is kept"),
            req("agency_amount", Money, "items with an agency"),
            req("listed_amount", Money, "items listed with a bureau or protested"),
            req("unidentified_amount", Money, "payments that name neither a debtor nor a known invoice"),
        ],
    },
    Table {
        name: "kpi_actions",
        row: "company, currency, régua, step and channel",
        key: &["company_id", "currency", "regua", "step_id", "channel"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("regua", Str, "régua"),
            req("step_id", Str, "step"),
            req("step_kind", Str, "kind of step"),
            req("channel", Str, "channel"),
            req("actions", Int, "actions that this run decided; of a revision, those that it keeps too"),
            req("debtors", Int, "debtors addressed"),
            req("open_amount", Money, "of the cited items"),
        ],
    },
    Table {
        name: "kpi_holds",
        row: "company, currency, reason, régua and step",
        key: &["company_id", "currency", "reason", "regua", "step_id"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("reason", Str, "why nothing was done"),
            req("regua", Str, "régua"),
            req("step_id", Str, "step considered, or `-`"),
            req("debtors", Int, "accounts"),
            req("open_amount", Money, "of those accounts"),
        ],
    },
    Table {
        name: "kpi_channels",
        row: "company, currency, segment and channel: how debtors answer",
        key: &["company_id", "currency", "segment", "channel"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("segment", Str, "segment of the account; `-` = it no longer owes anything"),
            req("channel", Str, "channel"),
            req("accounts", Int, "accounts whose debtor was contacted on it in the profile window"),
            req("contacts", Int, "contacts with them that arrived, or may have"),
            req("answered", Int, "of them, answered"),
            req("bounced", Int, "contacts that bounced"),
            opt("answer_rate", Float, "answered over contacts: what to write in `[channels]`; null without contacts"),
        ],
    },
    Table {
        name: "kpi_experiments",
        row: "company, currency, experiment and arm",
        key: &["company_id", "currency", "experiment", "arm"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("experiment", Str, "experiment"),
            req("arm", Str, "its arm"),
            req("accounts", Int, "accounts in the arm with a decision, including cured ones"),
            req("contacted", Int, "of them, with an action of this run other than a duty"),
            req("open_amount", Money, "what is owed"),
            req("overdue_amount", Money, "what is owed and late"),
        ],
    },
    Table {
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
            req("accounts", Int, "accounts that moved, or stayed"),
            req("open_amount", Money, "what they owe now"),
        ],
    },
    Table {
        name: "kpi_listings",
        row: "company, currency, kind and bureau: what is listed or protested",
        key: &["company_id", "currency", "kind", "bureau"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("kind", Str, "`negativacao` or `protesto`"),
            req("bureau", Str, "bureau or registry"),
            req("listings", Int, "in force at the as-of date"),
            req("items", Int, "items that they name"),
            req("listed_amount", Money, "original amount of those items"),
            req("paid_while_listed", Int, "listings of what is paid in full"),
            req("removals_due", Int, "of them, those whose removal the source has not asked for"),
            req(
                "removals_overdue",
                Int,
                "of them, those still listed after the deadline (Súmula 548: five business days)",
            ),
            req("overdue_days_max", Int, "calendar days after the deadline, of the worst"),
            req("unknown_items", Int, "listings whose invoice is not in the snapshot: check them by hand"),
        ],
    },
    Table {
        name: "kpi_collection_effectiveness",
        row: "company, currency and month; add months of one date, never over dates; no rows with `scope = \"open\"`",
        key: &["company_id", "currency", "month"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("month", Date, "first day of the month"),
            req("is_partial", Bool, "the month was not over at the as-of date"),
            req("opening_amount", Money, "open at the end of the month before"),
            req("billed_amount", Money, "issued in the month"),
            req("collected_amount", Money, "paid in the month, less what was taken back"),
            req("credited_amount", Money, "by credit notes"),
            req("written_off_amount", Money, "written off"),
            req("closing_amount", Money, "opening + billed − collected − credited − written off: open at the end"),
            req("closing_overdue_amount", Money, "of it, past the payable day"),
            opt(
                "cei",
                Float,
                "collection effectiveness index (CRF), per cent: (collected + written off) over (opening + billed − \
                 credited − what is not due at the end); null where that is not above 0",
            ),
            opt("cei_cash", Float, "the same of what was collected alone: a write-off is no collection"),
            opt("delinquency_rate", Float, "overdue over open at the end"),
            opt("dso_days", Float, "days sales outstanding at the end; null without net sales"),
            opt("best_possible_dso_days", Float, "the same of what is not due"),
            opt("days_to_pay_avg", Float, "since issue, weighted by amount, of payments that were not taken back"),
            opt("days_late_avg", Float, "since the payable day, never below 0; who never pays is not in it"),
        ],
    },
    Table {
        name: "kpi_dso",
        row: "company and currency: days sales outstanding",
        key: &["company_id", "currency"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("open_amount", Money, "what is owed, without unapplied credits"),
            req("current_amount", Money, "of it, not overdue"),
            req("credit_amount", Money, "unapplied credits, for who takes them off"),
            opt("sales_amount", Money, "billed less credited in the sales days; null with `scope = \"open\"`"),
            opt("sales_days", Int, "`kpis.sales_days`, or fewer if the first invoice is younger"),
            opt("dso_days", Float, "open over sales × sales days (CRF); null without net sales"),
            opt("best_possible_dso_days", Float, "not overdue over sales × sales days"),
            opt("delinquent_days", Float, "dso less best possible"),
            opt(
                "countback_dso_days",
                Float,
                "month by month back until the net sales reach what is open; null where they never do",
            ),
        ],
    },
    Table {
        name: "kpi_vintage",
        row: "company, currency, month of issue and age: how much was paid by then; no rows with `scope = \"open\"`",
        key: &["company_id", "currency", "issue_month", "days_after_due"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("issue_month", Date, "first day of the month; the last 25"),
            req("days_after_due", Int, "0, 30, 60, 90 or 180 days after the payable day"),
            req("billed_amount", Money, "issued in the month"),
            req("matured_amount", Money, "of it, what is old enough"),
            req("paid_amount", Money, "of that, paid by then"),
            req("credited_amount", Money, "of that, credited by then"),
            req("written_off_amount", Money, "of that, written off by then"),
            opt("paid_rate", Float, "paid over matured; null where nothing is old enough"),
            req("is_complete", Bool, "all of it is old enough"),
        ],
    },
    Table {
        name: "kpi_roll_rates",
        row: "company, currency, state then and state now; no rows with `scope = \"open\"`",
        key: &["company_id", "currency", "from_state", "to_state"],
        required: true,
        columns: &[
            AS_OF,
            req("from_date", Date, "as-of date less `kpis.roll_days`"),
            COMPANY,
            CURRENCY,
            req("from_state", Str, "bucket then; `new` = issued since, `reopened` = a payment that was taken back"),
            req("to_state", Str, "bucket now; or `paid`, `credited`, `written_off`"),
            req("amount", Money, "what moved, or stayed"),
            req("items", Int, "items of which most went there"),
            req("rate", Float, "amount over all that was in from_state"),
        ],
    },
    Table {
        name: "kpi_cures",
        row: "company and currency: accounts that are late no more; no rows with `scope = \"open\"`",
        key: &["company_id", "currency"],
        required: true,
        columns: &[
            AS_OF,
            req("from_date", Date, "as-of date less `kpis.roll_days`"),
            COMPANY,
            CURRENCY,
            req("accounts_overdue_before", Int, "accounts with something overdue then"),
            req("accounts_cured", Int, "of them, with nothing overdue now; a write-off cures too"),
            opt("cure_rate", Float, "cured over overdue"),
            req("accounts_cured_before", Int, "overdue two periods ago, and not one period ago"),
            req("accounts_redefaulted", Int, "of them, overdue again now"),
            opt("redefault_rate", Float, "overdue again over cured before"),
        ],
    },
    Table {
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
            req("open_amount", Money, "what is owed"),
            req("reached_amount", Money, "of the cohort, still open when the bucket began"),
            req("lost_amount", Money, "of the cohort, not paid within `kpis.loss_days`"),
            opt("cohort_from", Date, "first payable day of the cohort: how much history there is"),
            opt("loss_rate", Float, "lost over reached; 1 in buckets that begin later; null where nothing reached it"),
            req("forward_factor", Float, "`kpis.forward_looking` of the bucket"),
            opt("expected_loss_amount", Money, "open × loss rate × factor, at most open"),
        ],
    },
    Table {
        name: "kpi_concentration",
        row: "company, currency and part of the groups, the largest first",
        key: &["company_id", "currency", "part"],
        required: true,
        columns: &[
            AS_OF,
            COMPANY,
            CURRENCY,
            req("part", Str, "`top1`, `top5`, `top10`, `top20`, `decile_01` to `decile_10`"),
            req("groups", Int, "groups in it (group_id, else CNPJ root, else debtor)"),
            req("open_amount", Money, "what they owe"),
            req("open_share", Float, "of all that is owed"),
            req("overdue_amount", Money, "of it, overdue"),
            opt("overdue_share", Float, "of all that is overdue"),
        ],
    },
];

/// Every published table but the KPI tables.
pub const OUTPUTS: &[Table] = &[ACTIONS, DECISIONS, ITEMS, DEBTORS, CONTACT_STATE, SETTLED_ITEMS, QUARANTINE];
