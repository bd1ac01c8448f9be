-- Purpose: the shard's part of where the money of one period ago is now.
-- Grain: company_id, currency, from_state, to_state
-- Reads: int_item_positions, run_ages, raw_books
-- Units: amount in units of currency; items counts each once per from_state, where most of it went
-- Nulls: none
-- Kind: table
with
    positions as (select * from int_item_positions),
    ages as (select * from run_ages),
    compared as (
        -- What was issued since stands for itself; what was settled before and is open again comes from nowhere.
        select *, open_before + billed_since as base_amount
        from positions
    ),
    reduced as (
        select
            *,
            least(base_amount, open_amount) as stayed_amount,
            greatest(open_amount - base_amount, 0) as reopened_amount,
            greatest(base_amount - open_amount, 0) as reduction
        from compared
    ),
    written_off as (
        select *, least(greatest(written_off_since, 0), reduction) as written_off_amount
        from reduced
    ),
    credited as (
        select *, least(greatest(credited_since, 0), reduction - written_off_amount) as credited_amount
        from written_off
    ),
    split as (
        select
            *,
            reduction - written_off_amount - credited_amount as paid_amount,
            cast(
                case
                    when payable_on < @as_of then @as_of_day - cast(due_date as int)
                    else least(@as_of_day - cast(due_date as int), 0)
                end
                as bigint
            ) as days_past_due
        from credited
    ),
    placed as (
        select
            split.*,
            case when billed_since > 0 then 'new' else former.bucket end as from_state,
            latter.bucket as to_bucket,
            case
                when stayed_amount >= greatest(paid_amount, credited_amount, written_off_amount) then 'stayed'
                when paid_amount >= greatest(credited_amount, written_off_amount) then 'paid'
                when credited_amount >= written_off_amount then 'credited'
                else 'written_off'
            end as most
        from split
        inner join ages as former
            on least(greatest(split.days_past_due_before, @age_min), @age_max) = former.days_past_due
        inner join ages as latter on least(greatest(split.days_past_due, @age_min), @age_max) = latter.days_past_due
    ),
    by_bucket as (
        select
            book_key,
            from_state,
            to_bucket,
            sum(stayed_amount) as stayed_amount,
            sum(paid_amount) as paid_amount,
            sum(credited_amount) as credited_amount,
            sum(written_off_amount) as written_off_amount,
            sum(reopened_amount) as reopened_amount,
            count(case when most = 'stayed' and stayed_amount > 0 then 1 end) as stayed_items,
            count(case when most = 'paid' then 1 end) as paid_items,
            count(case when most = 'credited' then 1 end) as credited_items,
            count(case when most = 'written_off' then 1 end) as written_off_items,
            count(case when reopened_amount > 0 then 1 end) as reopened_items
        from placed
        group by book_key, from_state, to_bucket
    ),
    parts as (
        select
            by_bucket.book_key,
            case when ways.way = 'reopened' then ways.way else by_bucket.from_state end as from_state,
            case when ways.way in ('stayed', 'reopened') then by_bucket.to_bucket else ways.way end as to_state,
            case ways.way
                when 'stayed' then by_bucket.stayed_amount
                when 'paid' then by_bucket.paid_amount
                when 'credited' then by_bucket.credited_amount
                when 'written_off' then by_bucket.written_off_amount
                else by_bucket.reopened_amount
            end as amount,
            case ways.way
                when 'stayed' then by_bucket.stayed_items
                when 'paid' then by_bucket.paid_items
                when 'credited' then by_bucket.credited_items
                when 'written_off' then by_bucket.written_off_items
                else by_bucket.reopened_items
            end as items
        from (values ('stayed'), ('paid'), ('credited'), ('written_off'), ('reopened')) as ways (way)
        cross join by_bucket
    ),
    grouped as (
        select
            book_key,
            from_state,
            to_state,
            cast(sum(amount) as decimal(28, 2)) as amount,
            cast(sum(items) as bigint) as items
        from parts
        where amount > 0
        group by book_key, from_state, to_state
    ),
    named as (
        select
            books.company_id,
            books.currency,
            grouped.from_state,
            grouped.to_state,
            grouped.amount,
            grouped.items
        from grouped
        inner join raw_books as books on grouped.book_key = books.book_key
    )
select * from named
