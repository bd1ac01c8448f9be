-- Purpose: the arms of each experiment side by side.
-- Grain: company_id, currency, experiment, arm
-- Reads: fct_experiments
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    facts as (select * from fct_experiments),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            experiment,
            arm,
            sum(accounts) as accounts,
            sum(contacted) as contacted,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount
        from facts
        group by company_id, currency, experiment, arm
    )
select * from summed
order by company_id, currency, experiment, arm
