-- Purpose: the shard's part of what each month brought: billed, paid, credited, written off; and what of it was late.
-- Grain: company_id, currency, month_key
-- Reads: int_item_flows, raw_books
-- Units: amounts in units of currency; late_change = by how much what is late grew in the month; paid_days and late_days in
--   units of currency x days: of what was paid and never taken back, since the issue date and since the payable day
-- Columns: billed_items = items that were billed; late_items = those that became late, and are open still; paid_items = main payments
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
                when late_from <= @as_of then month_key(late_from)
            end as late_month_key,
            billed_amount,
            paid_amount,
            credited_amount,
            written_off_amount,
            kept_amount,
            kept_amount * (cast(flowed_on as int) - cast(issue_date as int)) as paid_days,
            kept_amount * greatest(cast(flowed_on as int) - cast(payable_on as int), 0) as late_days,
            case when billed_amount > 0 then 1 else 0 end as billed_items,
            case when billed_amount > 0 and open_until is null then 1 else 0 end as open_items,
            case when is_main_payment then 1 else 0 end as paid_items
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
            sum(open_items) as open_items,
            sum(paid_items) as paid_items
        from dated
        group by book_key, month_key, late_month_key
    ),
    brought as (
        -- Every change counts in the month in which it came, and in the one in which it is late.
        select
            by_both.book_key,
            case when whens.is_late then by_both.late_month_key else by_both.month_key end as month_key,
            case when not whens.is_late then by_both.billed_amount end as billed_amount,
            case when not whens.is_late then by_both.paid_amount end as paid_amount,
            case when not whens.is_late then by_both.credited_amount end as credited_amount,
            case when not whens.is_late then by_both.written_off_amount end as written_off_amount,
            case
                when whens.is_late
                    then by_both.billed_amount - by_both.paid_amount - by_both.credited_amount - by_both.written_off_amount
            end as late_change,
            case when not whens.is_late then by_both.kept_amount end as kept_amount,
            case when not whens.is_late then by_both.paid_days end as paid_days,
            case when not whens.is_late then by_both.late_days end as late_days,
            case when not whens.is_late then by_both.billed_items end as billed_items,
            case when whens.is_late then by_both.open_items end as late_items,
            case when not whens.is_late then by_both.paid_items end as paid_items
        from (values (false), (true)) as whens (is_late)
        cross join by_both
        where not whens.is_late or by_both.late_month_key is not null
    ),
    grouped as (
        select
            book_key,
            month_key,
            coalesce(cast(sum(billed_amount) as decimal(28, 2)), cast(0 as decimal(28, 2))) as billed_amount,
            coalesce(cast(sum(paid_amount) as decimal(28, 2)), cast(0 as decimal(28, 2))) as paid_amount,
            coalesce(cast(sum(credited_amount) as decimal(28, 2)), cast(0 as decimal(28, 2))) as credited_amount,
            coalesce(cast(sum(written_off_amount) as decimal(28, 2)), cast(0 as decimal(28, 2))) as written_off_amount,
            coalesce(cast(sum(late_change) as decimal(28, 2)), cast(0 as decimal(28, 2))) as late_change,
            coalesce(cast(sum(kept_amount) as decimal(28, 2)), cast(0 as decimal(28, 2))) as kept_amount,
            coalesce(cast(sum(paid_days) as decimal(28, 2)), cast(0 as decimal(28, 2))) as paid_days,
            coalesce(cast(sum(late_days) as decimal(28, 2)), cast(0 as decimal(28, 2))) as late_days,
            coalesce(sum(billed_items), 0) as billed_items,
            coalesce(sum(late_items), 0) as late_items,
            coalesce(sum(paid_items), 0) as paid_items
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
