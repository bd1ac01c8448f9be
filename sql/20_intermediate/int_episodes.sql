-- Purpose: first day of the present arrears episode: since then the account has always owed something due.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items, int_accounts
-- Units: dates
-- Nulls: none; an account without arrears starts with its earliest open due date, one that owes nothing today
-- Kind: table
with
    accounts as (select debtor_id, company_id, currency, oldest_due_date from int_accounts),
    late_items as (
        -- Items paid on time were never in arrears.
        select items.debtor_id, items.company_id, items.currency, items.due_date, items.settled_on
        from int_items as items
        where items.due_date < @as_of and coalesce(items.settled_on > items.due_date, true)
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
                order by due_date
                rows between unbounded preceding and 1 preceding
            ) as end_before
        from of_accounts
    ),
    starts as (
        select debtor_id, company_id, currency, max(due_date) as episode_start
        from with_end_before
        where coalesce(due_date >= end_before, true)
        group by debtor_id, company_id, currency
    ),
    episodes as (
        select
            accounts.debtor_id,
            accounts.company_id,
            accounts.currency,
            case
                when accounts.oldest_due_date < @as_of then coalesce(starts.episode_start, accounts.oldest_due_date)
                else coalesce(accounts.oldest_due_date, @as_of)
            end as episode_start
        from accounts
        left join starts
            on accounts.debtor_id = starts.debtor_id
            and accounts.company_id = starts.company_id
            and accounts.currency = starts.currency
    )
select * from episodes
