-- Purpose: the shard's part of the arms of experiments.
-- Grain: company_id, currency, experiment, arm
-- Reads: out_decisions
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    decisions as (select * from out_decisions where arm is not null),
    grouped as (
        select
            company_id,
            currency,
            experiment,
            arm,
            count(*) as accounts,
            count(case when outcome = 'action' then 1 end) as contacted,
            sum(open_amount) as open_amount,
            sum(overdue_amount) as overdue_amount
        from decisions
        group by company_id, currency, experiment, arm
    )
select * from grouped
