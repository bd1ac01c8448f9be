//! KPI tables about what was done, and what came of it.

use super::super::Kind::{Bool, Date, Float, Int, Money, Str};
use super::super::outputs::{AS_OF, COMPANY, CURRENCY};
use super::super::{Table, opt, req};
use super::{BASIS, FX_RATE, REPORTING_CURRENCY};

/// A contact about several accounts stands in the rows of each.
const ACCOUNTS: &[&str] = &["company_id", "currency"];

pub const ACTIONS: Table = Table {
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
        req("actions", Int, "actions that this run decided; for a revision, those that it keeps too").additive(),
        req("debtors", Int, "debtors addressed").adds_within(&["regua", "step_id", "channel"]),
        req("open_amount", Money, "of the cited items").adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const HOLDS: Table = Table {
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
        req("debtors", Int, "accounts").adds(),
        req("open_amount", Money, "of those accounts").adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const CHANNELS: Table = Table {
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
        req("accounts", Int, "accounts whose debtor was contacted on it in the profile window")
            .adds_within(&["channel"]),
        req("contacts", Int, "contacts with them that arrived, or may have").adds_within(ACCOUNTS),
        req("answered", Int, "of them, answered").adds_within(ACCOUNTS),
        req("bounced", Int, "contacts that bounced").adds_within(ACCOUNTS),
        opt("answer_rate", Float, "answered over contacts: what to write in `[channels]`; null without contacts")
            .ratio("answered", "contacts"),
    ],
};

/// A group may owe to several companies, and stand in an arm of each experiment.
const GROUPS: &[&str] = &["company_id", "currency", "experiment"];

pub const EXPERIMENTS: Table = Table {
    name: "kpi_experiments",
    row: "company, currency, experiment and arm: everybody who was ever drawn; with `scope = \"open\"` of those that began after the first run",
    key: &["company_id", "currency", "experiment", "arm"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("experiment", Str, "experiment"),
        req("arm", Str, "its arm"),
        req("is_champion", Bool, "the first arm of the experiment, with which the others are compared"),
        req("groups", Int, "groups of debtors drawn into the arm that had anything to pay here").adds_within(GROUPS),
        req(
            "contacted_groups",
            Int,
            "of them, contacted since it began, as far as `kpis.recovery_window_days` reaches",
        )
        .adds_within(GROUPS),
        req(
            "collectable_amount",
            Money,
            "open when it began of what was due before, and what fell due since, net of credits",
        )
        .adds_within(&["experiment"]),
        req("collected_amount", Money, "paid on it since").adds_within(&["experiment"]),
        req("collection_rate", Float, "collected over collectable").ratio("collected_amount", "collectable_amount"),
        opt("standard_error", Float, "of that rate, the groups being the clusters; null for a single group").alone(),
        opt("difference", Float, "from that rate to the champion's; null for the champion").alone(),
        opt(
            "difference_low",
            Float,
            "low end of its 95 % interval; null where either arm has fewer than 30 effective groups",
        )
        .alone(),
        opt("difference_high", Float, "high end of it").alone(),
        req("starts_on", Date, "its first day"),
        opt(
            "ends_on",
            Date,
            "its last day: what comes after it is not counted, and once it is over there is a verdict; null = none",
        ),
        opt("share", Int, "per cent of the groups that the arm is to have; null = the arm is not configured any more")
            .alone(),
        req("items", Int, "items of these groups that had anything to pay").adds_within(&["experiment"]),
        opt(
            "item_standard_error",
            Float,
            "what standard_error would be if the items of a group had nothing to do with each other",
        )
        .alone(),
        req("items_per_group", Float, "weighted by amount: squares of the groups over those of the items").alone(),
        req("effective_groups", Float, "how many groups of one size tell as much: fewer where few owe most").alone(),
        opt(
            "before_collectable_amount",
            Money,
            "collectable_amount in the window of equal length before it began; null where it is not known",
        )
        .adds_within(&["experiment"]),
        opt("before_collected_amount", Money, "paid on it in that window").adds_within(&["experiment"]),
        opt(
            "before_collection_rate",
            Float,
            "collected over collectable before; null where nothing was, or it is not known",
        )
        .ratio("before_collected_amount", "before_collectable_amount"),
        opt("before_standard_error", Float, "of that rate").alone(),
        opt("covariance", Float, "of the estimates of both rates: what the time before foretells").alone(),
        opt("before_effective_groups", Float, "as effective_groups, of that window; CUPED takes 30").alone(),
        req(
            "contacts",
            Int,
            "contacts of these groups since it began, by whichever company, as far as contacted_groups reaches",
        )
        .adds_within(GROUPS),
        opt("contacts_error", Float, "standard error of the contacts per group").alone(),
        req("disputing_groups", Int, "groups with a dispute or a return opened since it began").adds_within(GROUPS),
        req("opted_out_groups", Int, "groups that opted out after a contact since it began").adds_within(GROUPS),
        req("complaining_groups", Int, "groups that complained of one").adds_within(GROUPS),
        req("bounced_groups", Int, "groups of which one bounced").adds_within(GROUPS),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

/// Windows overlap: what is in one is in the longer ones.
const DAYS: &[&str] = &["days"];

pub const GROUP_RATES: Table = Table {
    name: "kpi_group_rates",
    row: "company, currency and window of 30, 60, 90 or 180 days: how groups of debtors pay, from which the size of an experiment \
          follows",
    key: &["company_id", "currency", "days"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("days", Int, "length of the window, which ends with the as-of date"),
        req("groups", Int, "groups of debtors that had anything to pay in it").distinct("groups of debtors"),
        req("items", Int, "items that they had to pay").adds_within(DAYS),
        req(
            "collectable_amount",
            Money,
            "open when it began of what was due before, and what fell due in it, net of credits",
        )
        .adds_within(DAYS),
        req("collected_amount", Money, "paid on it in the window").adds_within(DAYS),
        req("collection_rate", Float, "collected over collectable").ratio("collected_amount", "collectable_amount"),
        opt("standard_error", Float, "of that rate, the groups being the clusters; null for a single group").alone(),
        opt("item_standard_error", Float, "what it would be if the items of a group had nothing to do with each other")
            .alone(),
        req("items_per_group", Float, "weighted by amount: squares of the groups over those of the items").alone(),
        req("effective_groups", Float, "how many groups of one size tell as much: fewer where few owe most").alone(),
        opt(
            "before_collectable_amount",
            Money,
            "collectable_amount in the window of equal length before; null where it is not known",
        )
        .adds_within(DAYS),
        opt("before_collected_amount", Money, "paid on it in that window").adds_within(DAYS),
        opt(
            "before_collection_rate",
            Float,
            "collected over collectable before; null where nothing was, or it is not known",
        )
        .ratio("before_collected_amount", "before_collectable_amount"),
        opt("before_standard_error", Float, "of that rate").alone(),
        opt("covariance", Float, "of the estimates of both rates: what the time before foretells").alone(),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const LISTINGS: Table = Table {
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
        req("listings", Int, "in force at the as-of date").adds(),
        req("items", Int, "items that they name").adds_within(&["kind", "bureau"]),
        req("listed_amount", Money, "original amount of those items").adds_within(&["kind", "bureau"]),
        req("paid_while_listed", Int, "listings of what is paid in full").adds(),
        req("removals_due", Int, "of them, those whose removal the source has not asked for").adds(),
        req("removals_overdue", Int, "of them, those still listed after the deadline (Súmula 548: five business days)")
            .adds(),
        req("overdue_days_max", Int, "calendar days after the deadline, of the worst").highest(),
        req("unknown_items", Int, "listings whose invoice is not in the snapshot: check them by hand").adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const PROMISES: Table = Table {
    name: "kpi_promises",
    row: "company and currency: promises to pay",
    key: &["company_id", "currency"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("pending", Int, "promises whose day and grace are not over, and not paid yet").adds(),
        req("pending_amount", Money, "what they promise").adds(),
        req("kept", Int, "of those due in the last `kpis.promise_window_days`, or paid before their day: kept").adds(),
        req("broken", Int, "of those due in that time: not kept").adds(),
        opt("kept_rate", Float, "kept over kept and broken").ratio("kept", "kept + broken"),
        req(
            "promised_amount",
            Money,
            "what these promised: their amount, else what was open of the invoice, or due by the day, when it was made",
        )
        .adds(),
        req("kept_amount", Money, "what was paid of it in time").adds(),
        opt("kept_amount_rate", Float, "kept over promised amount").ratio("kept_amount", "promised_amount"),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const AGREEMENTS: Table = Table {
    name: "kpi_agreements",
    row: "company of the covered invoices and currency",
    key: &["company_id", "currency"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("active", Int, "agreements in force and kept").adds(),
        req("active_amount", Money, "their instalments that are neither paid nor cancelled").adds(),
        req("fulfilled", Int, "agreements paid to the end").adds(),
        req("fulfilled_amount", Money, "their instalments, those apart that were cancelled").adds(),
        req("broken", Int, "with an instalment unpaid after its day and grace, and before it was cancelled").adds(),
        req("broken_amount", Money, "their unpaid instalments").adds(),
        req("cancelled", Int, "given up before any instalment was late").adds(),
        req("cancelled_amount", Money, "their unpaid instalments").adds(),
        req("first_due", Int, "agreements whose first instalment is paid, or late").adds(),
        req("first_payment_defaults", Int, "of them, those whose first instalment is late").adds(),
        req("redefaults", Int, "broken after at least one instalment was paid").adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const CONTACT_PRESSURE: Table = Table {
    name: "kpi_contact_pressure",
    row: "company, currency, channel and number of contacts in the last seven days",
    key: &["company_id", "currency", "channel", "contacts"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("channel", Str, "channel; `*` = all together"),
        req("contacts", Int, "contacts that reached the debtor, or may have; 0 too"),
        req("debtors", Int, "debtors with an open item who had this many; of two companies, in both")
            .adds_within(&["channel"]),
    ],
};

pub const RECOVERY: Table = Table {
    name: "kpi_recovery",
    row: "company, currency, régua, step, channel, template and segment: what followed the contacts; no proof of effect",
    key: &["company_id", "currency", "regua", "step_id", "channel", "template_id", "segment"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("regua", Str, "régua of the contact; `-` = the log names none"),
        req("step_id", Str, "step of the contact; `-` = the log names none"),
        req("channel", Str, "channel"),
        req("template_id", Str, "template of the published action; `-` = none is known"),
        req("segment", Str, "segment of the published action, else today's; `-` = no account now"),
        req(
            "contacts",
            Int,
            "messages and calls that arrived, or may have, and have had `kpis.recovery_days`; one about several \
             accounts counts in each",
        )
        .adds_within(ACCOUNTS),
        req("maturing_contacts", Int, "those that have not had them yet; nothing else counts them")
            .adds_within(ACCOUNTS),
        req("debtors", Int, "debtors contacted").distinct("debtors"),
        req("delivered", Int, "of the contacts, known to have arrived").adds_within(ACCOUNTS),
        req("read", Int, "of them, read or answered").adds_within(ACCOUNTS),
        req("answered", Int, "of them, answered").adds_within(ACCOUNTS),
        req("bounced", Int, "besides these, those that bounced").adds_within(ACCOUNTS),
        req("opted_out", Int, "of the contacts, followed by an opt-out").adds_within(ACCOUNTS),
        req("complained", Int, "of the contacts, followed by a complaint").adds_within(ACCOUNTS),
        opt("contacted_amount", Money, "open on the evening before, of what was due by the end of the recovery days")
            .adds(),
        opt(
            "recovered_amount",
            Money,
            "of it, paid in the recovery days and never taken back; a payment belongs to the newest contact alone",
        )
        .adds(),
        opt("recovery_rate", Float, "recovered over contacted; null where nothing was open")
            .ratio("recovered_amount", "contacted_amount"),
        opt("days_to_cash_avg", Float, "from contact to payment, weighted by amount").alone(),
        opt(
            "cost_amount",
            Money,
            "of those whose cost the log knows; null where it knows none, or one in a currency that nobody quotes",
        )
        .adds(),
        opt("cost_per_recovered", Float, "cost over recovered").ratio("cost_amount", "recovered_amount"),
        BASIS,
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};

pub const COLLECTORS: Table = Table {
    name: "kpi_collectors",
    row: "company, currency and who is in charge: in-house alongside outsourced; the rows add up to kpi_portfolio",
    key: &["company_id", "currency", "owner_kind", "owner_id"],
    required: true,
    columns: &[
        AS_OF,
        COMPANY,
        CURRENCY,
        req("owner_kind", Str, "`agency`, `collector` or `none`"),
        req("owner_id", Str, "agency of the item, else its collector, else its debtor's, else `-`"),
        req("debtors", Int, "debtors with an open item there; one with two owners counts with both")
            .adds_within(&["owner_kind", "owner_id"]),
        req("items", Int, "open items").adds(),
        req("open_amount", Money, "what is owed").adds(),
        req("overdue_amount", Money, "of it, past the payable day").adds(),
        opt("collected_amount", Money, "paid in the last 30 days on what is theirs now; null with `scope = \"open\"`")
            .adds(),
        req("tasks", Int, "calls that this run asks of them").additive(),
        req("contacts", Int, "contacts of the last 30 days that name them, and reached somebody or may have")
            .adds_within(ACCOUNTS),
        req("answered", Int, "of them, answered, by whoever it was").adds_within(ACCOUNTS),
        opt("answered_rate", Float, "answered over contacts").ratio("answered", "contacts"),
        req("promises_kept", Int, "promises of their items, as in kpi_promises").adds(),
        req("promises_broken", Int, "the same").adds(),
        opt("kept_rate", Float, "kept over kept and broken").ratio("promises_kept", "promises_kept + promises_broken"),
        opt(
            "cost_amount",
            Money,
            "of those contacts; null where the log knows none, or one in a currency that nobody quotes",
        )
        .adds(),
        REPORTING_CURRENCY,
        FX_RATE,
    ],
};
