-- Purpose: the shard's part of what may come in of what is open: by what stands behind it, by age, and by the week in which it
--   is due.
-- Grain: company_id, currency, source, age_weeks, week_no
-- Reads: int_items_aged, int_promised_items, int_promise_outcomes
-- Units: open_amount in units of currency; age_weeks = whole weeks since the due date, from -26 to 78, with all that is younger
--   or older at the ends; week_no = 1 for the seven days after the as-of date
-- Columns: source = not_due, overdue, promise (pending) or agreement (in one that is kept)
-- Nulls: age_weeks null = promised; week_no null = overdue, or due in no week that the forecast shows
-- Kind: table
with
    promises as (
        select
            debtor_id,
            company_id,
            currency,
            greatest(cast(pay_by as int) - @as_of_day, 1) as due_in_days,
            sum(left_amount) as left_amount
        from int_promise_outcomes
        where left_amount > 0
        group by debtor_id, company_id, currency, greatest(cast(pay_by as int) - @as_of_day, 1)
    ),
    split as (
        select
            items.debtor_id,
            items.company_id,
            items.currency,
            items.due_date,
            items.days_past_due,
            items.in_kept_agreement,
            items.open_amount,
            coalesce(promised.promised_amount, 0) as promised_part
        from int_items_aged as items
        left join int_promised_items as promised on items.item_key = promised.item_key
    ),
    able as (
        -- What is promised beyond what is open is promised of nothing.
        select debtor_id, company_id, currency, sum(promised_part) as promised_part
        from split
        where promised_part > 0
        group by debtor_id, company_id, currency
    ),
    by_day as (
        select
            promises.*,
            able.promised_part,
            sum(promises.left_amount) over (
                partition by promises.debtor_id, promises.company_id, promises.currency
                order by promises.due_in_days
                rows between unbounded preceding and current row
            ) as left_so_far
        from promises
        inner join able
            on promises.debtor_id = able.debtor_id
            and promises.company_id = able.company_id
            and promises.currency = able.currency
    ),
    parts as (
        select
            company_id,
            currency,
            'promise' as source,
            cast(null as bigint) as age_weeks,
            due_in_days,
            least(greatest(promised_part - (left_so_far - left_amount), 0), left_amount) as open_amount
        from by_day
        union all
        select
            company_id,
            currency,
            case when in_kept_agreement then 'agreement' when days_past_due > 0 then 'overdue' else 'not_due' end,
            least(cast((greatest(@as_of_day - cast(due_date as int), -182) + 182) / 7 as bigint) - 26, 78),
            -- Payable on a later day than it is due.
            case when days_past_due <= 0 and not in_kept_agreement then greatest(cast(due_date as int) - @as_of_day, 1) end,
            open_amount - promised_part
        from split
    ),
    weekly as (
        select
            company_id,
            currency,
            source,
            age_weeks,
            case when due_in_days <= 91 then cast((due_in_days + 6) / 7 as bigint) end as week_no,
            open_amount
        from parts
        where open_amount > 0
    ),
    grouped as (
        select company_id, currency, source, age_weeks, week_no, cast(sum(open_amount) as decimal(28, 2)) as open_amount
        from weekly
        group by company_id, currency, source, age_weeks, week_no
    )
select * from grouped
