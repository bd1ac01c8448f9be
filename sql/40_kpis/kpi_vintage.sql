-- Purpose: vintages: what was billed in each month, and how much of it was paid so many days after it was payable.
-- Grain: company_id, currency, issue_month, days_after_due
-- Reads: fct_vintage, run_months, all_known
-- Units: amounts in units of currency; paid_rate from 0 to 1
-- Nulls: paid_rate where nothing is old enough; with the scope "open" months that were not observed from their first day have no row
-- Kind: table
with
    facts as (
        select
            facts.*,
            months.month_from
        from fct_vintage as facts
        inner join run_months as months on facts.month_key = months.month_key
        left join all_known as known on facts.company_id = known.company_id and facts.currency = known.currency
        where months.month_no <= 24 and months.month_from >= coalesce(known.known_from, @known_from)
    ),
    ages as (select * from (values (0, 0), (1, 30), (2, 60), (3, 90), (4, 180)) as ages (age_no, days_after_due)),
    by_age as (
        select
            facts.company_id,
            facts.currency,
            facts.month_from,
            ages.days_after_due,
            facts.matured_no > ages.age_no as is_matured,
            facts.matured_no > ages.age_no and facts.flowed_no <= ages.age_no as is_in_time,
            facts.billed_amount,
            facts.paid_amount,
            facts.credited_amount,
            facts.written_off_amount
        from ages
        cross join facts
    ),
    summed as (
        select
            company_id,
            currency,
            month_from,
            days_after_due,
            cast(sum(billed_amount) as decimal(18, 2)) as billed_amount,
            cast(sum(case when is_matured then billed_amount else 0 end) as decimal(18, 2)) as matured_amount,
            cast(sum(case when is_in_time then paid_amount else 0 end) as decimal(18, 2)) as paid_amount,
            cast(sum(case when is_in_time then credited_amount else 0 end) as decimal(18, 2)) as credited_amount,
            cast(sum(case when is_in_time then written_off_amount else 0 end) as decimal(18, 2)) as written_off_amount
        from by_age
        group by company_id, currency, month_from, days_after_due
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            month_from as issue_month,
            cast(days_after_due as bigint) as days_after_due,
            billed_amount,
            matured_amount,
            paid_amount,
            credited_amount,
            written_off_amount,
            cast(paid_amount as double) / nullif(cast(matured_amount as double), 0.0) as paid_rate,
            matured_amount = billed_amount as is_complete,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from summed
    )
select * from stated
order by company_id, currency, issue_month, days_after_due
