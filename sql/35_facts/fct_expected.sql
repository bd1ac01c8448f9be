-- Purpose: the shard's part of what may come in of what is open: by what stands behind it, by age, and by the week in which it
--   is due.
-- Grain: company_id, currency, source, age_weeks, week_no
-- Reads: cnd_items
-- Units: open_amount in units of currency; age_weeks = whole weeks since the due date, from -26 to 78, with all that is younger
--   or older at the ends; week_no = 1 for the seven days after the as-of date
-- Columns: source = not_due, overdue, promise (under a pending one) or agreement (in one that is kept)
-- Nulls: week_no null = overdue, or due in no week that the forecast shows
-- Kind: table
with
    items as (
        select
            *,
            case
                when in_kept_agreement then 'agreement'
                -- One over all that is owed is over what is due by its day.
                when promise_pending and due_date <= promise_until then 'promise'
                when days_past_due > 0 then 'overdue'
                else 'not_due'
            end as source
        from cnd_items
    ),
    dated as (
        select
            company_id,
            currency,
            source,
            open_amount,
            least(greatest(cast(floor(cast(@as_of_day - cast(due_date as int) as double) / 7.0) as bigint), -26), 78)
                as age_weeks,
            case
                when source = 'promise'
                    then greatest(cast(promise_until as int) - @promise_grace_days - @as_of_day, 1)
                -- Payable on a later day than it is due.
                when source = 'not_due' then greatest(cast(due_date as int) - @as_of_day, 1)
            end as due_in_days
        from items
    ),
    grouped as (
        select
            company_id,
            currency,
            source,
            age_weeks,
            case when due_in_days <= 91 then cast((due_in_days + 6) / 7 as bigint) end as week_no,
            cast(sum(open_amount) as decimal(28, 2)) as open_amount
        from dated
        group by
            company_id,
            currency,
            source,
            age_weeks,
            case when due_in_days <= 91 then cast((due_in_days + 6) / 7 as bigint) end
    )
select * from grouped
