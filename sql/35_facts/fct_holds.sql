-- Purpose: the shard's part of why nothing was done.
-- Grain: company_id, currency, reason, regua, step_id
-- Reads: out_decisions
-- Units: amounts in units of currency
-- Nulls: step_id is - where no step came into question
-- Kind: table
with
    decisions as (select * from out_decisions where outcome = 'hold'),
    grouped as (
        select
            company_id,
            currency,
            reason,
            regua,
            coalesce(step_id, '-') as step_id,
            count(*) as debtors,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount
        from decisions
        group by company_id, currency, reason, regua, coalesce(step_id, '-')
    )
select * from grouped
