-- Purpose: why nothing was done.
-- Grain: company_id, currency, reason, regua, step_id
-- Reads: fct_holds
-- Units: amounts in units of currency
-- Nulls: step_id is - where no step came into question
-- Kind: table
with
    facts as (select * from fct_holds),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            reason,
            regua,
            step_id,
            sum(debtors) as debtors,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount
        from facts
        group by company_id, currency, reason, regua, step_id
    )
select * from summed
order by company_id, currency, reason, regua, step_id
