-- Purpose: the shard's part of what became of a year's items that have had the loss days to be paid: in which bucket.
-- Grain: company_id, currency, bucket_no
-- Reads: int_item_flows, run_buckets, raw_books
-- Units: amounts in units of currency; cohort_amount = billed less credited; paid_amount = paid within the loss days and never
--   taken back
-- Nulls: bucket_no null = of the cohort as a whole, with the first payable day of it; no rows where nobody knows so
--   long a past
-- Kind: table
with
    flows as (
        select
            *,
            case
                when kept_amount > 0 and cast(flowed_on as int) <= cast(payable_on as int) + @loss_days
                    then
                        cast(
                            case
                                when payable_on < flowed_on then cast(flowed_on as int) - cast(due_date as int)
                                else least(cast(flowed_on as int) - cast(due_date as int), 0)
                            end
                            as bigint
                        )
            end as paid_days_past_due
        from int_item_flows
        where payable_on > @losses_from and payable_on <= @losses_to and @known_from <= @losses_from
    ),
    by_day as (
        -- The day is null of what is not paid in time.
        select
            book_key,
            paid_days_past_due,
            sum(billed_amount - credited_amount) as cohort_amount,
            sum(kept_amount) as paid_amount,
            min(payable_on) as cohort_from
        from flows
        group by book_key, paid_days_past_due
    ),
    by_bucket as (
        select by_day.book_key, buckets.bucket_no, sum(by_day.paid_amount) as paid_amount
        from by_day
        inner join run_buckets as buckets
            on by_day.paid_days_past_due >= buckets.from_days
            and by_day.paid_days_past_due <= buckets.to_days
        group by by_day.book_key, buckets.bucket_no
    ),
    stated as (
        select
            book_key,
            cast(null as bigint) as bucket_no,
            cast(sum(cohort_amount) as decimal(28, 2)) as cohort_amount,
            cast(0 as decimal(28, 2)) as paid_amount,
            min(cohort_from) as cohort_from
        from by_day
        group by book_key
        union all
        select
            book_key,
            bucket_no,
            cast(0 as decimal(28, 2)),
            cast(paid_amount as decimal(28, 2)),
            cast(null as date)
        from by_bucket
    ),
    named as (
        select
            books.company_id,
            books.currency,
            stated.bucket_no,
            stated.cohort_amount,
            stated.paid_amount,
            stated.cohort_from
        from stated
        inner join raw_books as books on stated.book_key = books.book_key
    )
select * from named
