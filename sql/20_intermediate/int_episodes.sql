-- Purpose: first day of the present arrears episode: since then the account has always owed something past its payable
--   day, or that was payable by the day on which the last such was paid.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items, int_settled_items, int_accounts
-- Units: dates
-- Nulls: none; an account without arrears starts with its earliest open due date, one that owes nothing today
-- Kind: table
with
    accounts as (
        select account_key, debtor_id, company_id, currency, oldest_due_date, oldest_payable_on from int_accounts
    ),
    all_items as (
        select account_key, due_date, payable_on, settled_on from int_items
        union all
        select account_key, due_date, payable_on, settled_on from int_settled_items where settled_on is not null
    ),
    late_items as (
        -- Items paid by their payable day were never in arrears.
        select items.*
        from all_items as items
        left semi join accounts on items.account_key = accounts.account_key
        where items.payable_on < @as_of and coalesce(items.settled_on > items.payable_on, true)
    ),
    with_end_before as (
        select
            *,
            max(coalesce(settled_on, date '9999-12-31')) over (
                partition by account_key
                order by payable_on, due_date
                rows between unbounded preceding and 1 preceding
            ) as end_before
        from late_items
    ),
    starts as (
        select account_key, max(due_date) as episode_start
        from with_end_before
        where coalesce(payable_on >= end_before, true)
        group by account_key
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
        left join starts on accounts.account_key = starts.account_key
    )
select * from episodes
