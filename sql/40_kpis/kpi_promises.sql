-- Purpose: promises to pay: pending, and of those whose day has come lately, kept or broken.
-- Grain: company_id, currency
-- Reads: fct_promises
-- Units: amounts in units of currency; rates from 0 to 1
-- Nulls: a rate where no promise has come due
-- Kind: table
with
    facts as (select * from fct_promises),
    summed as (
        select
            company_id,
            currency,
            sum(pending) as pending,
            cast(sum(pending_amount) as decimal(18, 2)) as pending_amount,
            sum(kept) as kept,
            sum(broken) as broken,
            cast(sum(promised_amount) as decimal(18, 2)) as promised_amount,
            cast(sum(kept_amount) as decimal(18, 2)) as kept_amount
        from facts
        group by company_id, currency
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            pending,
            pending_amount,
            kept,
            broken,
            cast(kept as double) / nullif(cast(kept + broken as double), 0.0) as kept_rate,
            promised_amount,
            kept_amount,
            cast(kept_amount as double) / nullif(cast(promised_amount as double), 0.0) as kept_amount_rate
        from summed
    )
select * from stated
order by company_id, currency
