-- Purpose: the bucket follows from the due date, the payable day and the as-of date alone; by the payable day nothing is late.
-- Grain: none; one row per finding
-- Reads: out_items, run_buckets
-- Units: days
-- Nulls: none
-- Kind: audit
with
    items as (
        select
            *,
            case
                when @as_of_day > cast(payable_on as int) or @as_of_day < cast(due_date as int)
                    then cast(@as_of_day - cast(due_date as int) as bigint)
                else cast(0 as bigint)
            end as days
        from out_items
    ),
    buckets as (select * from run_buckets),
    findings as (
        select
            items.invoice_id as subject,
            case
                when buckets.bucket_no is null then 'a bucket'
                else concat(cast(buckets.from_days as varchar), ' to ', cast(buckets.to_days as varchar))
            end as expected,
            cast(items.days as varchar) as actual,
            cast(items.days - items.days_past_due as varchar) as difference
        from items
        left join buckets on items.bucket_no = buckets.bucket_no
        where buckets.bucket_no is null
            or items.days < buckets.from_days
            or items.days > buckets.to_days
            or items.days <> items.days_past_due
            or items.payable_on < items.due_date
            or items.bucket <> buckets.bucket
    )
select * from findings
