-- Purpose: what models told of bills while they were in use, beside what became of them: of all, of what the model in use
--   told, and by tenths of the bills, the lowest chances first. Bills are those that have fallen due in the last 182 days; each is looked at as at its issue and, if it was unpaid
--   then, as seven days before its due date.
-- Grain: company_id, currency, seen, part
-- Reads: fct_told_chances
-- Units: chances and shares from 0 to 1; squared errors from 0 to 1, lower is better
-- Columns: part = all, in_use (what the model in use told of them), or tenth_01 to tenth_10; late_auc = the chance that of a late bill and one in time the late one was told the
--   higher chance
-- Nulls: late_auc of in_use and the tenths, and where no bill was late or none in time
-- Kind: table
with
    facts as (
        select
            company_id,
            currency,
            seen,
            chance,
            sum(bills) as bills,
            sum(case when is_late then bills else 0 end) as late_bills,
            sum(counting_errors) as counting_errors
        from fct_told_chances
        group by company_id, currency, seen, chance
    ),
    ranked as (
        select
            *,
            bills - late_bills as timely_bills,
            sum(bills) over book as all_bills,
            sum(bills) over lower - bills as bills_below,
            sum(bills - late_bills) over lower - (bills - late_bills) as timely_below
        from facts
        window
            book as (partition by company_id, currency, seen),
            lower as (partition by company_id, currency, seen order by chance rows between unbounded preceding and current row)
    ),
    in_use as (
        select
            company_id,
            currency,
            seen,
            chance,
            sum(bills) as bills,
            sum(case when is_late then bills else 0 end) as late_bills,
            sum(counting_errors) as counting_errors
        from fct_told_chances
        where is_in_use
        group by company_id, currency, seen, chance
    ),
    parts as (
        select *, 'all' as part from ranked
        union all
        select *, bills - late_bills, 0, 0, 0, 'in_use' from in_use
        union all
        select *, 'tenth_' || lpad(cast(least(10 * bills_below / all_bills, 9) + 1 as varchar), 2, '0') from ranked
    ),
    summed as (
        select
            company_id,
            currency,
            seen,
            part,
            cast(sum(bills) as bigint) as bills,
            cast(sum(late_bills) as bigint) as late_bills,
            cast(sum(bills) as double) as count,
            cast(sum(late_bills) as double) as late,
            cast(sum(timely_bills) as double) as timely,
            cast(sum(bills * chance) as double) as chances,
            cast(sum(late_bills * (1000 - chance) * (1000 - chance) + timely_bills * chance * chance) as double) as errors,
            cast(sum(counting_errors) as double) as counting_errors,
            -- Pairs of a late bill and one in time: those ranked right, and half of those ranked alike.
            cast(sum(cast(late_bills as double) * (2.0 * cast(timely_below as double) + cast(timely_bills as double))) as double)
                as pairs
        from parts
        group by company_id, currency, seen, part
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            seen,
            part,
            bills,
            late_bills,
            chances / (1000.0 * count) as chance_avg,
            late / count as late_share,
            errors / (1000000.0 * count) as squared_error,
            counting_errors / (1000000.0 * count) as counting_squared_error,
            case when part = 'all' then pairs / nullif(2.0 * late * timely, 0.0) end as late_auc
        from summed
    )
select * from stated
order by company_id, currency, seen, part
