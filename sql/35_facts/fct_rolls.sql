-- Purpose: the shard's part of where the money of one period ago is now.
-- Grain: company_id, currency, from_state, to_state
-- Reads: int_item_positions, run_buckets, raw_books
-- Units: amount in units of currency; items counts each once per from_state, where most of it went
-- Nulls: none
-- Kind: table
with
    positions as (select * from int_item_positions),
    buckets as (select * from run_buckets),
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
        inner join buckets as former
            on split.days_past_due_before >= former.from_days
            and split.days_past_due_before <= former.to_days
        inner join buckets as latter
            on split.days_past_due >= latter.from_days
            and split.days_past_due <= latter.to_days
    ),
    parts as (
        select book_key, from_state, to_bucket as to_state, stayed_amount as amount, most = 'stayed' as is_most
        from placed
        union all
        select book_key, from_state, 'paid', paid_amount, most = 'paid' from placed
        union all
        select book_key, from_state, 'credited', credited_amount, most = 'credited' from placed
        union all
        select book_key, from_state, 'written_off', written_off_amount, most = 'written_off' from placed
        union all
        select book_key, 'reopened', to_bucket, reopened_amount, true from placed
    ),
    grouped as (
        select
            book_key,
            from_state,
            to_state,
            cast(sum(amount) as decimal(28, 2)) as amount,
            count(case when is_most then 1 end) as items
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
