-- Purpose: the shard's part of what became of a year's items that have had the loss days to be paid: in which bucket.
-- Grain: company_id, currency, bucket_no
-- Reads: int_item_flows, run_buckets
-- Units: amounts in units of currency; cohort_amount = billed less credited; paid_amount = paid within the loss days and never
--   taken back
-- Nulls: bucket_no null = of the cohort as a whole, with the first payable day of it; no rows where nobody knows so
--   long a past
-- Kind: table
with
    flows as (
        select * from int_item_flows
        where payable_on > @losses_from and payable_on <= @losses_to and @known_from <= @losses_from
    ),
    buckets as (select * from run_buckets),
    cohorts as (
        select
            company_id,
            currency,
            sum(billed_amount - credited_amount) as cohort_amount,
            min(payable_on) as cohort_from
        from flows
        group by company_id, currency
    ),
    paid as (
        select
            company_id,
            currency,
            cast(
                case
                    when payable_on < flowed_on then cast(flowed_on as int) - cast(due_date as int)
                    else least(cast(flowed_on as int) - cast(due_date as int), 0)
                end
                as bigint
            ) as days_past_due,
            kept_amount
        from flows
        where kept_amount > 0 and cast(flowed_on as int) <= cast(payable_on as int) + @loss_days
    ),
    by_day as (
        select company_id, currency, days_past_due, sum(kept_amount) as paid_amount
        from paid
        group by company_id, currency, days_past_due
    ),
    by_bucket as (
        select by_day.company_id, by_day.currency, buckets.bucket_no, sum(by_day.paid_amount) as paid_amount
        from by_day
        inner join buckets
            on by_day.days_past_due >= buckets.from_days
            and by_day.days_past_due <= buckets.to_days
        group by by_day.company_id, by_day.currency, buckets.bucket_no
    ),
    stated as (
        select
            company_id,
            currency,
            cast(null as bigint) as bucket_no,
            cast(cohort_amount as decimal(28, 2)) as cohort_amount,
            cast(0 as decimal(28, 2)) as paid_amount,
            cohort_from
        from cohorts
        union all
        select
            company_id,
            currency,
            bucket_no,
            cast(0 as decimal(28, 2)),
            cast(paid_amount as decimal(28, 2)),
            cast(null as date)
        from by_bucket
    )
select * from stated
