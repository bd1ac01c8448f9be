-- Purpose: first day of the present arrears episode: since then the account has always owed something past its payable
--   day, or that was payable by the day on which the last such was paid.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items, int_settled_items, int_accounts
-- Units: dates
-- Nulls: none; an account without arrears starts with its earliest open due date, one that owes nothing today
-- Kind: table
with
    accounts as (select debtor_id, company_id, currency, oldest_due_date, oldest_payable_on from int_accounts),
    all_items as (
        select debtor_id, company_id, currency, due_date, payable_on, settled_on from int_items
        union all
        select debtor_id, company_id, currency, due_date, payable_on, settled_on
        from int_settled_items
        where settled_on is not null
    ),
    late_items as (
        -- Items paid by their payable day were never in arrears.
        select items.debtor_id, items.company_id, items.currency, items.due_date, items.payable_on, items.settled_on
        from all_items as items
        where items.payable_on < @as_of and coalesce(items.settled_on > items.payable_on, true)
    ),
    of_accounts as (
        select late_items.*
        from late_items
        left semi join accounts
            on late_items.debtor_id = accounts.debtor_id
            and late_items.company_id = accounts.company_id
            and late_items.currency = accounts.currency
    ),
    with_end_before as (
        select
            *,
            max(coalesce(settled_on, date '9999-12-31')) over (
                partition by debtor_id, company_id, currency
                order by payable_on, due_date
                rows between unbounded preceding and 1 preceding
            ) as end_before
        from of_accounts
    ),
    starts as (
        select debtor_id, company_id, currency, max(due_date) as episode_start
        from with_end_before
        where coalesce(payable_on >= end_before, true)
        group by debtor_id, company_id, currency
    ),
    episodes as (
        select
            accounts.debtor_id,
            accounts.company_id,
            accounts.currency,
            case
                when accounts.oldest_payable_on < @as_of then coalesce(starts.episode_start, accounts.oldest_due_date)
                else coalesce(accounts.oldest_due_date, @as_of)
            end as episode_start
        from accounts
        left join starts
            on accounts.debtor_id = starts.debtor_id
            and accounts.company_id = starts.company_id
            and accounts.currency = starts.currency
    )
select * from episodes
