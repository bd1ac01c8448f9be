-- Purpose: the shard's part of the last year, day by day: the payments of items, and the items that became late and are open
--   still.
-- Grain: company_id, currency, days_ago
-- Reads: int_item_flows, raw_books
-- Units: days_ago = days from then to the as-of date, below 366
-- Columns: paid_items = main payments
-- Nulls: none
-- Kind: table
with
    days as (
        select book_key, @as_of_day - cast(flowed_on as int) as days_ago, 1 as paid_items, 0 as late_items
        from int_item_flows
        where is_main_payment and cast(flowed_on as int) > @as_of_day - 366
        union all
        select book_key, @as_of_day - cast(late_from as int), 0, 1
        from int_item_flows
        where billed_amount > 0
            and open_until is null
            and cast(late_from as int) > @as_of_day - 366
            and late_from <= @as_of
    ),
    grouped as (
        select book_key, cast(days_ago as bigint) as days_ago, sum(paid_items) as paid_items, sum(late_items) as late_items
        from days
        group by book_key, days_ago
    ),
    named as (
        select books.company_id, books.currency, grouped.days_ago, grouped.paid_items, grouped.late_items
        from grouped
        inner join raw_books as books on grouped.book_key = books.book_key
    )
select * from named
