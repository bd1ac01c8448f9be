-- Purpose: the shard's part of what became of promises to pay: of those of the last days, and of those that are pending.
-- Grain: company_id, currency
-- Reads: int_promise_outcomes
-- Units: amounts in units of currency; kept_amount = what was paid of what was promised
-- Nulls: none
-- Kind: table
with
    outcomes as (select * from int_promise_outcomes),
    grouped as (
        select
            company_id,
            currency,
            count(case when outcome = 'pending' then 1 end) as pending,
            cast(sum(case when outcome = 'pending' then promised_amount else 0 end) as decimal(28, 2)) as pending_amount,
            count(case when outcome = 'kept' then 1 end) as kept,
            count(case when outcome = 'broken' then 1 end) as broken,
            cast(sum(case when outcome <> 'pending' then promised_amount else 0 end) as decimal(28, 2)) as promised_amount,
            cast(sum(case when outcome <> 'pending' then kept_amount else 0 end) as decimal(28, 2)) as kept_amount
        from outcomes
        group by company_id, currency
    )
select * from grouped
