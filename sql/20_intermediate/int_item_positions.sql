-- Purpose: the items that were open at any time since two periods of roll rates ago, with what was open then, one period ago
--   and now, and what changed since.
-- Grain: item_key
-- Reads: int_item_flows
-- Units: amounts in units of currency; days_past_due_before as of the day one period ago, never above 0 before the payable day
--   is over; billed_since and so on = after that day
-- Columns: book_key as in int_item_flows
-- Nulls: none; no rows where nobody knows what was open one period ago
-- Kind: table
with
    flows as (
        select
            *,
            billed_amount - paid_amount - credited_amount - written_off_amount as open_change
        from int_item_flows
        where coalesce(open_until > @rolled_twice_from, true) and @known_from <= @rolled_from
    ),
    summed as (
        select
            item_key,
            account_key,
            book_key,
            due_date,
            payable_on,
            sum(open_change) as open_amount,
            sum(case when flowed_on <= @rolled_from then open_change else 0 end) as open_before,
            sum(case when flowed_on <= @rolled_twice_from then open_change else 0 end) as open_twice_before,
            sum(case when flowed_on > @rolled_from then billed_amount else 0 end) as billed_since,
            sum(case when flowed_on > @rolled_from then credited_amount else 0 end) as credited_since,
            sum(case when flowed_on > @rolled_from then written_off_amount else 0 end) as written_off_since
        from flows
        group by item_key, account_key, book_key, due_date, payable_on
    ),
    positions as (
        select
            item_key,
            account_key,
            book_key,
            due_date,
            payable_on,
            cast(open_amount as decimal(18, 2)) as open_amount,
            cast(open_before as decimal(18, 2)) as open_before,
            cast(open_twice_before as decimal(18, 2)) as open_twice_before,
            cast(billed_since as decimal(18, 2)) as billed_since,
            cast(credited_since as decimal(18, 2)) as credited_since,
            cast(written_off_since as decimal(18, 2)) as written_off_since,
            cast(
                case
                    when payable_on < @rolled_from then cast(@rolled_from as int) - cast(due_date as int)
                    else least(cast(@rolled_from as int) - cast(due_date as int), 0)
                end
                as bigint
            ) as days_past_due_before
        from summed
    )
select * from positions
