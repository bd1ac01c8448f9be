-- Purpose: the shard's part of what each month brought: billed, paid, credited, written off; and what of it was late.
-- Grain: company_id, currency, month_key
-- Reads: int_item_flows, raw_books
-- Units: amounts in units of currency; month_key = 12 x year + month; late_change = by how much what is late grew in the month;
--   paid_days and late_days in units of currency x days: of what was paid and never taken back, since the issue date and since
--   the payable day
-- Columns: billed_items, late_items and paid_items = items that were billed, that were late before they were paid, and payments
-- Nulls: none; months before @known_from lack what was settled before it
-- Kind: table
with
    flows as (select * from int_item_flows),
    dated as (
        select
            book_key,
            month_key,
            -- What changes before it is late is late later, and so much more or less.
            case
                when late_from <= flowed_on then month_key
                when late_from <= @as_of then cast(date_part('year', late_from) * 12 + date_part('month', late_from) as bigint)
            end as late_month_key,
            billed_amount,
            paid_amount,
            credited_amount,
            written_off_amount,
            kept_amount,
            kept_amount * (cast(flowed_on as int) - cast(issue_date as int)) as paid_days,
            kept_amount * greatest(cast(flowed_on as int) - cast(payable_on as int), 0) as late_days,
            case when billed_amount > 0 then 1 else 0 end as billed_items,
            case when paid_amount > 0 then 1 else 0 end as paid_items
        from flows
    ),
    by_both as (
        select
            book_key,
            month_key,
            late_month_key,
            sum(billed_amount) as billed_amount,
            sum(paid_amount) as paid_amount,
            sum(credited_amount) as credited_amount,
            sum(written_off_amount) as written_off_amount,
            sum(kept_amount) as kept_amount,
            sum(paid_days) as paid_days,
            sum(late_days) as late_days,
            sum(billed_items) as billed_items,
            sum(paid_items) as paid_items
        from dated
        group by book_key, month_key, late_month_key
    ),
    brought as (
        select
            book_key,
            month_key,
            billed_amount,
            paid_amount,
            credited_amount,
            written_off_amount,
            cast(0 as decimal(28, 2)) as late_change,
            kept_amount,
            paid_days,
            late_days,
            billed_items,
            cast(0 as bigint) as late_items,
            paid_items
        from by_both
        union all
        select
            book_key,
            late_month_key,
            cast(0 as decimal(28, 2)),
            cast(0 as decimal(28, 2)),
            cast(0 as decimal(28, 2)),
            cast(0 as decimal(28, 2)),
            billed_amount - paid_amount - credited_amount - written_off_amount,
            cast(0 as decimal(28, 2)),
            cast(0 as decimal(28, 2)),
            cast(0 as decimal(28, 2)),
            cast(0 as bigint),
            billed_items as late_items,
            cast(0 as bigint)
        from by_both
        where late_month_key is not null
    ),
    grouped as (
        select
            book_key,
            month_key,
            cast(sum(billed_amount) as decimal(28, 2)) as billed_amount,
            cast(sum(paid_amount) as decimal(28, 2)) as paid_amount,
            cast(sum(credited_amount) as decimal(28, 2)) as credited_amount,
            cast(sum(written_off_amount) as decimal(28, 2)) as written_off_amount,
            cast(sum(late_change) as decimal(28, 2)) as late_change,
            cast(sum(kept_amount) as decimal(28, 2)) as kept_amount,
            cast(sum(paid_days) as decimal(28, 2)) as paid_days,
            cast(sum(late_days) as decimal(28, 2)) as late_days,
            sum(billed_items) as billed_items,
            sum(late_items) as late_items,
            sum(paid_items) as paid_items
        from brought
        group by book_key, month_key
    ),
    named as (
        select
            books.company_id,
            books.currency,
            grouped.month_key,
            grouped.billed_amount,
            grouped.paid_amount,
            grouped.credited_amount,
            grouped.written_off_amount,
            grouped.late_change,
            grouped.kept_amount,
            grouped.paid_days,
            grouped.late_days,
            grouped.billed_items,
            grouped.late_items,
            grouped.paid_items
        from grouped
        inner join raw_books as books on grouped.book_key = books.book_key
    )
select * from named
