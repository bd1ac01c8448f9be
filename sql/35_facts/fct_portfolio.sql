-- Purpose: the shard's part of the portfolio's totals.
-- Grain: company_id, currency
-- Reads: cnd_items, out_items, out_debtors
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    items as (select * from cnd_items),
    debtors as (select * from out_debtors),
    of_items as (
        select
            company_id,
            currency,
            count(*) as items,
            sum(open_amount) as open_amount,
            sum(case when days_past_due <= 0 then open_amount else 0 end) as current_amount,
            sum(case when days_past_due > 0 then open_amount else 0 end) as overdue_amount,
            sum(case when days_past_due > 30 then open_amount else 0 end) as overdue_30_amount,
            sum(case when days_past_due > 60 then open_amount else 0 end) as overdue_60_amount,
            sum(case when days_past_due > 90 then open_amount else 0 end) as overdue_90_amount,
            sum(case when is_disputed or is_returned then open_amount else 0 end) as disputed_amount,
            sum(case when promise_pending then open_amount else 0 end) as promised_amount,
            sum(case when in_kept_agreement then open_amount else 0 end) as agreement_amount,
            sum(case when agency_id is not null then open_amount else 0 end) as agency_amount,
            sum(case when is_listed then open_amount else 0 end) as listed_amount
        from items
        group by company_id, currency
    ),
    of_debtors as (
        select company_id, currency, count(*) as debtors, sum(credit_amount) as credit_amount
        from debtors
        group by company_id, currency
    ),
    joined as (
        select
            of_items.*,
            of_debtors.debtors,
            of_debtors.credit_amount
        from of_items
        inner join of_debtors
            on of_items.company_id = of_debtors.company_id
            and of_items.currency = of_debtors.currency
    )
select * from joined
