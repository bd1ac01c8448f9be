"""What each additive number of the KPI tables adds up to, asked of the position, the decisions and the inputs instead.

`items`, `debtors`, `decisions` and `actions` are what the runs published beside the KPI tables, `in_*` the inputs; `days` has
each published date, and the published date 30 days before it.
"""

ACCOUNT = "(debtor_id, company_id, currency)"

# Table, the numbers (or a sum of them), what is left out of the table, and the query: the columns of the mark, then the numbers.
TIED = [
    ("kpi_aging", ["items"], "", "select as_of_date, count(*) from items group by all"),
    ("kpi_aging", ["debtors"], "", f"""
        select as_of_date, bucket_no, count(distinct {ACCOUNT}) from items group by all
        union all select as_of_date, -1, count(*) from debtors where credit_amount <> 0 group by all"""),
    ("kpi_aging", ["open_amount"], "", """
        select as_of_date, currency, sum(amount) from (
            select as_of_date, currency, open_amount as amount from items
            union all select as_of_date, currency, -credit_amount from debtors) group by all"""),
    ("kpi_portfolio", ["debtors", "overdue_debtors"], "", """
        select as_of_date, count_if(open_items > 0), count_if(overdue_amount > 0) from debtors group by all"""),
    ("kpi_portfolio", ["items"], "", "select as_of_date, count(*) from items group by all"),
    ("kpi_portfolio", ["open_amount", "current_amount", "overdue_amount", "overdue_30_amount", "overdue_60_amount", "overdue_90_amount"], "", """
        select
            as_of_date, currency, sum(open_amount), sum(open_amount) filter (days_past_due <= 0),
            sum(open_amount) filter (days_past_due > 0), sum(open_amount) filter (days_past_due > 30),
            sum(open_amount) filter (days_past_due > 60), sum(open_amount) filter (days_past_due > 90)
        from items group by all"""),
    ("kpi_portfolio", ["credit_amount"], "", "select as_of_date, currency, sum(credit_amount) from debtors group by all"),
    ("kpi_portfolio", ["listed_amount"], "", """
        select as_of_date, currency, sum(open_amount) from items
        where exists (
            select 1 from in_listings l
            where l.debtor_id = items.debtor_id and l.invoice_id = items.invoice_id and l.included_on <= as_of_date
                and coalesce(l.installment_no = items.installment_no, true)
                and coalesce(l.removed_on > as_of_date, true)) group by all"""),
    ("kpi_portfolio", ["disputed_amount"], "", """
        select as_of_date, currency, sum(open_amount) from items
        where exists (
            select 1 from in_disputes d
            where d.debtor_id = items.debtor_id and coalesce(d.invoice_id = items.invoice_id, true)
                and d.opened_on <= as_of_date and coalesce(d.closed_on > as_of_date, true)) group by all"""),
    ("kpi_portfolio", ["agency_amount"], "", """
        select as_of_date, currency, sum(open_amount) from owned where owner_kind = 'agency' group by all"""),
    # Who was in charge of what on an earlier day nobody knows.
    ("kpi_collectors", ["items"], "", "select as_of_date, count(*) from items where as_of_date >= '2026-06-30' group by all"),
    ("kpi_collectors", ["debtors"], "", f"""
        select as_of_date, owner_kind, owner_id, count(distinct {ACCOUNT}) from owned where as_of_date >= '2026-06-30' group by all"""),
    ("kpi_collectors", ["open_amount", "overdue_amount"], "", """
        select as_of_date, currency, sum(open_amount), sum(open_amount) filter (days_past_due > 0) from items where as_of_date >= '2026-06-30' group by all"""),
    ("kpi_collectors", ["tasks"], "", "select count(*) from actions where channel = 'phone'"),
    ("kpi_collectors", ["promises_kept", "promises_broken"], "", """
        select as_of_date, sum(kept), sum(broken) from kpi_promises where as_of_date >= '2026-06-30' group by all"""),
    ("kpi_concentration", ["open_amount", "overdue_amount"], "part like 'top%'", """
        with
            grouped as (
                select as_of_date, company_id, currency, group_key, sum(open_amount) as open_amount,
                    sum(case when days_past_due > 0 then open_amount else 0 end) as overdue_amount
                from items join group_keys using (debtor_id) group by all),
            ranked as (
                select *, row_number() over (
                    partition by as_of_date, company_id, currency order by open_amount desc, group_key) as place
                from grouped)
        select as_of_date, currency, 'top' || top, sum(open_amount), sum(overdue_amount)
        from ranked join (values (1), (5), (10), (20)) as tops (top) on place <= top group by all"""),
    ("kpi_dso", ["open_amount", "current_amount"], "", """
        select as_of_date, currency, sum(open_amount), sum(open_amount) filter (days_past_due <= 0) from items group by all"""),
    ("kpi_dso", ["credit_amount"], "", "select as_of_date, currency, sum(credit_amount) from debtors group by all"),
    ("kpi_ecl", ["open_amount"], "", "select as_of_date, currency, sum(open_amount) from items group by all"),
    ("kpi_collection_effectiveness", ["billed_amount"], "", """
        select as_of_date, currency, sum(amount)
        from billed join days on issue_date <= as_of_date and issue_date >= date_trunc('month', as_of_date) - interval 12 month
        group by all"""),
    # What was owed at the end of the month before is what that day's run published.
    ("kpi_collection_effectiveness", ["opening_amount"], "month = date_trunc('month', as_of_date) and as_of_date = '2026-06-30'", """
        select date '2026-06-30', currency, date '2026-06-01', sum(open_amount)
        from items where as_of_date = '2026-05-31' group by all"""),
    ("kpi_collection_effectiveness", ["closing_amount", "closing_overdue_amount"], "month = date_trunc('month', as_of_date)", """
        select as_of_date, currency, cast(date_trunc('month', as_of_date) as date), sum(open_amount), sum(open_amount) filter (days_past_due > 0)
        from items group by all"""),
    ("kpi_collection_effectiveness", ["collected_amount + credited_amount + written_off_amount"], "", """
        with first_months as (
            select as_of_date, currency, sum(opening_amount) as amount from kpi_collection_effectiveness
            where month = date_trunc('month', as_of_date) - interval 12 month group by all)
        select as_of_date, currency, f.amount + b.amount - i.amount
        from first_months f
        join (select as_of_date, currency, sum(open_amount) as amount from items group by all) i using (as_of_date, currency)
        join (select as_of_date, currency, sum(amount) as amount from billed join days on issue_date <= as_of_date
            and issue_date >= date_trunc('month', as_of_date) - interval 12 month group by all) b using (as_of_date, currency)"""),
    ("kpi_vintage", ["billed_amount"], "", """
        select as_of_date, currency, days_after_due, sum(amount)
        from billed join days on issue_date <= as_of_date and issue_date >= date_trunc('month', as_of_date) - interval 24 month
        cross join (values (0), (30), (60), (90), (180)) as ages (days_after_due) group by all"""),
    ("kpi_roll_rates", ["amount"], "from_state not in ('new', 'reopened') and as_of_date in (select as_of_date from days where before is not null)", """
        select days.as_of_date, currency, sum(open_amount) from items join days on items.as_of_date = days.before group by all"""),
    ("kpi_roll_rates", ["items"], "from_state not in ('new', 'reopened') and as_of_date in (select as_of_date from days where before is not null)", """
        select days.as_of_date, bucket, count(*) from items join days on items.as_of_date = days.before group by all"""),
    ("kpi_cures", ["accounts_overdue_before", "accounts_cured"], "as_of_date in (select as_of_date from days where before is not null)", """
        select days.as_of_date, count(*), count_if(coalesce(now.overdue_amount, 0) = 0)
        from debtors join days on debtors.as_of_date = days.before
        left join debtors as now on now.as_of_date = days.as_of_date and now.debtor_id = debtors.debtor_id
            and now.company_id = debtors.company_id and now.currency = debtors.currency
        where debtors.overdue_amount > 0 group by all"""),
    ("kpi_segment_moves", ["accounts"], "", f"""
        select date '2026-07-01', count(distinct {ACCOUNT}) from debtors where as_of_date > '2026-06-01'"""),
    ("kpi_segment_moves", ["open_amount", "overdue_amount"], "", """
        select as_of_date, currency, sum(open_amount), sum(overdue_amount) from debtors
        where as_of_date = '2026-07-01' group by all"""),
    ("kpi_actions", ["actions"], "", "select count(*) from actions"),
    ("kpi_actions", ["debtors"], "", f"""
        select as_of_date, regua, step_id, channel, count(distinct {ACCOUNT}) from actions group by all"""),
    ("kpi_actions", ["open_amount"], "", "select as_of_date, currency, sum(open_amount) from actions group by all"),
    ("kpi_holds", ["debtors"], "", "select as_of_date, count(*) from decisions where outcome = 'hold' group by all"),
    ("kpi_holds", ["open_amount"], "", """
        select as_of_date, currency, sum(open_amount) from decisions where outcome = 'hold' group by all"""),
    ("kpi_channels", ["contacts"], "segment <> '-'", """
        select as_of_date, company_id, currency, sum(contacts) from debtors group by all"""),
    ("kpi_contact_pressure", ["debtors"], "channel = '*'", """
        select as_of_date, '*', count(*) from debtors where open_items > 0 group by all"""),
    ("kpi_listings", ["listings"], "", "select as_of_date, count(*) from listed group by all"),
    ("kpi_listings", ["items"], "", "select as_of_date, kind, bureau, count(*) from listed group by all"),
    ("kpi_listings", ["listed_amount"], "", """
        select as_of_date, currency, kind, bureau, sum(amount) from listed group by all"""),
    ("kpi_listings", ["paid_while_listed", "removals_due"], "", """
        select as_of_date, count_if(is_paid), count_if(is_paid and coalesce(removal_requested_on > as_of_date, true))
        from listed group by all"""),
    ("kpi_agreements", ["active + fulfilled + broken + cancelled"], "", """
        select as_of_date, count(distinct (debtor_id, agreement_id))
        from in_agreements join days on coalesce(agreed_on <= as_of_date, true) group by all"""),
]

# Made of the same rows, each in one group, as a number that is tied.
ALIKE = {
    "kpi_portfolio": {"promised_amount": "items", "agreement_amount": "items"},
    "kpi_collection_effectiveness": {"opening_amount": "closing_amount"},
    "kpi_vintage": dict.fromkeys(["matured_amount", "paid_amount", "credited_amount", "written_off_amount"], "billed_amount"),
    "kpi_cures": dict.fromkeys(["accounts_cured_before", "accounts_redefaulted"], "accounts_cured"),
    "kpi_ecl": {"expected_loss_amount": "open_amount"},
    "kpi_channels": {"accounts": "contacts", "answered": "contacts", "bounced": "contacts"},
    "kpi_listings": {"removals_overdue": "listings", "unknown_items": "listings"},
    "kpi_collectors": {"collected_amount": "items"},
    "kpi_agreements": dict.fromkeys(
        ["active_amount", "fulfilled_amount", "broken_amount", "cancelled_amount", "first_due", "first_payment_defaults",
         "redefaults"], "active"),
}

# What only a model of days can say: tests/it/kpis.rs and the tables of sql/ have it; the demo has no experiment.
ELSEWHERE = {
    "kpi_portfolio": ["unidentified_amount"],
    "kpi_dso": ["sales_amount"],
    "kpi_ecl": ["reached_amount", "lost_amount"],
    "kpi_cash_forecast": ["due_amount", "expected_amount", "model_amount"],
    "kpi_promises": ["pending", "pending_amount", "kept", "broken", "promised_amount", "kept_amount"],
    "kpi_recovery": ["contacts", "maturing_contacts", "delivered", "read", "answered", "bounced", "opted_out", "complained",
                     "contacted_amount", "recovered_amount", "cost_amount"],
    "kpi_collectors": ["contacts", "answered", "cost_amount"],
    "kpi_experiments": ["groups", "contacted_groups", "collectable_amount", "collected_amount", "items", "before_collectable_amount",
                        "before_collected_amount", "contacts", "disputing_groups", "opted_out_groups", "complaining_groups",
                        "bounced_groups"],
    "kpi_group_rates": ["items", "collectable_amount", "collected_amount", "before_collectable_amount", "before_collected_amount"],
    "kpi_model": ["bills", "late_bills"],
}

# Over rows that are not alike a sum is wrong: what it would be, and what is true.
WRONG = [
    ("select sum(debtors) from kpi_aging where as_of_date = '2026-06-30' and bucket_no >= 0",
     f"select count(distinct {ACCOUNT}) from items where as_of_date = '2026-06-30'"),
    ("select sum(open_amount) from kpi_portfolio where currency = 'BRL'",
     "select sum(open_amount) from items where currency = 'BRL' and as_of_date = '2026-06-30'"),
    ("select sum(closing_amount) from kpi_collection_effectiveness where as_of_date = '2026-06-30' and currency = 'BRL'",
     "select sum(open_amount) from items where currency = 'BRL' and as_of_date = '2026-06-30'"),
    ("select sum(billed_amount) from kpi_vintage where as_of_date = '2026-06-30'",
     "select sum(amount) from billed where issue_date between '2024-06-01' and '2026-06-30'"),
    ("select sum(contacts) from kpi_channels where as_of_date = '2026-06-30' and segment <> '-'",
     "select sum(contacts) from (select distinct debtor_id, contacts from debtors where as_of_date = '2026-06-30')"),
]
