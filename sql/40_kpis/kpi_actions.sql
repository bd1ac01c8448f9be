-- Purpose: what this run publishes, by step and channel.
-- Grain: company_id, currency, regua, step_id, channel
-- Reads: fct_actions
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    facts as (select * from fct_actions),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            regua,
            step_id,
            step_kind,
            channel,
            sum(actions) as actions,
            sum(debtors) as debtors,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount
        from facts
        group by company_id, currency, regua, step_id, step_kind, channel
    )
select * from summed
order by company_id, currency, regua, step_id, channel
