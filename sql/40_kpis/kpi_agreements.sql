-- Purpose: agreements: active, fulfilled, broken or cancelled, and how they began.
-- Grain: company_id, currency
-- Reads: all_agreements
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    agreements as (select * from all_agreements),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            count(case when state = 'active' then 1 end) as active,
            cast(sum(case when state = 'active' then owed_amount else 0 end) as decimal(18, 2)) as active_amount,
            count(case when state = 'fulfilled' then 1 end) as fulfilled,
            cast(sum(case when state = 'fulfilled' then whole_amount else 0 end) as decimal(18, 2)) as fulfilled_amount,
            count(case when state = 'broken' then 1 end) as broken,
            cast(sum(case when state = 'broken' then unpaid_amount else 0 end) as decimal(18, 2)) as broken_amount,
            count(case when state = 'cancelled' then 1 end) as cancelled,
            cast(sum(case when state = 'cancelled' then unpaid_amount else 0 end) as decimal(18, 2)) as cancelled_amount,
            count(case when is_judged then 1 end) as first_due,
            count(case when is_first_payment_default then 1 end) as first_payment_defaults,
            count(case when state = 'broken' and has_paid then 1 end) as redefaults
        from agreements
        group by company_id, currency
    )
select * from summed
order by company_id, currency
