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

pub(super) const AS_OF: Column = req("as_of_date", Date, "the date the run was asked for");
pub(super) const COMPANY: Column = req("company_id", Str, "creditor company");
pub(super) const CURRENCY: Column = req("currency", Str, "ISO 4217");

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
        req("cycle_id", Str, "the arrears episode; for a duty, the listing or placement that it ends"),
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
        opt(
            "template_version",
            Str,
            "first 12 hex digits of the SHA-256 of the template's text and that of its blocks",
        ),
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
        opt(
            "propensity",
            Float,
            "chance that this channel was chosen of those that the step could use; null where `[channels].explore` is 0 or there was \
             no choice",
        ),
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
        opt("detail", Str, "the other reasons that apply, and what was looked at; for a duty, since when and by when"),
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
        opt(
            "late_chance",
            Float,
            "chance that it is paid after its payable day, 1 where that is over; null without a model of payment",
        ),
        opt("late_15_chance", Float, "chance that it is paid more than 15 days after it"),
        opt("late_30_chance", Float, "chance that it is paid more than 30 days after it"),
        opt(
            "expected_from",
            Date,
            "day by which it is paid with a chance of one in ten; null beyond two years, or by counting",
        ),
        opt("expected_on", Date, "day by which it is paid with a chance of one in two"),
        opt("expected_to", Date, "day by which it is paid with a chance of nine in ten"),
        opt(
            "expected_by",
            Str,
            "`model`, or `counting` where the model was refused: the share of late bills of its account",
        ),
        opt("late_reason", Str, "what the expected days late are made of, in words"),
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
        opt(
            "late_chance",
            Float,
            "highest of the items that are not late yet; null without a model of payment or such an item",
        ),
        opt("late_30_chance", Float, "highest of all open items; null without a model of payment"),
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
        opt("template_id", Str, "as published; none for instructions, and for what earlier versions published"),
        opt("segment", Str, "as published; none for what earlier versions published"),
    ],
};

/// Of an export of open items: what the runs saw of every item. What was paid, and how fast, is known by it.
pub const ITEM_FLOWS: Table = Table {
    name: "item_flows",
    row: "item of an export of open items, day that changed it and run that saw it: all of what is open, and 25 months of \
          what is settled; none of an export of all",
    key: &["debtor_id", "company_id", "currency", "invoice_id", "installment_no", "flowed_on", "seen_on"],
    required: true,
    columns: &[
        COMPANY,
        req("debtor_id", Str, "who owes it, or owed it"),
        req("invoice_id", Str, "identifier in the source system"),
        req("installment_no", Int, "instalment"),
        CURRENCY,
        req("issue_date", Date, "of the invoice"),
        req("due_date", Date, "contractual due date"),
        req("payable_on", Date, "last day to pay on time"),
        req(
            "flowed_on",
            Date,
            "issue date of what was billed; day of the payment that shows a change, else the as-of date of the first run that \
             saw it, as of an item that is gone",
        ),
        req("seen_on", Date, "as-of date of the run that saw it"),
        req("billed_amount", Money, "of the instalment, where it was seen for the first time"),
        req(
            "paid_amount",
            Money,
            "less open by then, and not known to be credited or written off; below zero = open again",
        ),
        req("credited_amount", Money, "less open by a credit note"),
        req("written_off_amount", Money, "less open by a write-off"),
    ],
};

/// Who is in which arm of an experiment, carried forward from run to run.
pub const EXPERIMENT_MEMBERS: Table = Table {
    name: "experiment_members",
    row: "debtor that was ever drawn into an experiment that runs",
    key: &["experiment", "debtor_id"],
    required: true,
    columns: &[
        req("experiment", Str, "experiment"),
        req("debtor_id", Str, "who was drawn"),
        req("arm", Str, "its arm, for as long as the experiment runs"),
        req("entered_on", Date, "as-of date of the run that drew it"),
    ],
};

/// Every published table but the KPI tables.
pub const OUTPUTS: &[Table] =
    &[ACTIONS, DECISIONS, ITEMS, DEBTORS, CONTACT_STATE, ITEM_FLOWS, EXPERIMENT_MEMBERS, QUARANTINE];
