-- Purpose: the last arrears episode of the accounts that have just paid all that was due.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items
-- Units: dates; episode_start is the due date that began it, ended_on the day of the last payment
-- Nulls: none
-- Kind: table
with
    items as (select * from int_items),
    recent as (
        select distinct debtor_id, company_id, currency
        from items
        where settled_on >= @receipts_from and settled_on > due_date
    ),
    owing as (
        -- What is due today counts: its episode may begin tomorrow, under a name of its own.
        select distinct debtor_id, company_id, currency
        from items
        where settled_on is null and due_date <= @as_of
    ),
    clear as (
        select recent.*
        from recent
        left anti join owing
            on recent.debtor_id = owing.debtor_id
            and recent.company_id = owing.company_id
            and recent.currency = owing.currency
    ),
    late_items as (
        select items.group_key, items.debtor_id, items.company_id, items.currency, items.due_date, items.settled_on
        from items
        left semi join clear
            on items.debtor_id = clear.debtor_id
            and items.company_id = clear.company_id
            and items.currency = clear.currency
        where items.settled_on > items.due_date
    ),
    with_end_before as (
        select
            *,
            max(settled_on) over (
                partition by debtor_id, company_id, currency
                order by due_date
                rows between unbounded preceding and 1 preceding
            ) as end_before
        from late_items
    ),
    starts as (
        select debtor_id, company_id, currency, max(due_date) as episode_start
        from with_end_before
        where coalesce(due_date >= end_before, true)
        group by debtor_id, company_id, currency
    ),
    episodes as (
        select
            min(late_items.group_key) as group_key,
            late_items.debtor_id,
            late_items.company_id,
            late_items.currency,
            min(starts.episode_start) as episode_start,
            max(late_items.settled_on) as ended_on
        from late_items
        inner join starts
            on late_items.debtor_id = starts.debtor_id
            and late_items.company_id = starts.company_id
            and late_items.currency = starts.currency
            and late_items.due_date >= starts.episode_start
        group by late_items.debtor_id, late_items.company_id, late_items.currency
    ),
    just_ended as (select * from episodes where ended_on >= @receipts_from)
select * from just_ended
