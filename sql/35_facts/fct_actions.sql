-- Purpose: the shard's part of what is published.
-- Grain: company_id, currency, regua, step_id, channel
-- Reads: out_actions
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    actions as (select * from out_actions),
    grouped as (
        select
            company_id,
            currency,
            regua,
            step_id,
            step_kind,
            channel,
            count(*) as actions,
            count(distinct debtor_id) as debtors,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount
        from actions
        group by company_id, currency, regua, step_id, step_kind, channel
    )
select * from grouped
