-- Purpose: the shard's part of the portfolio's totals: of open items, of credits, and of cash that nobody knows whose it is.
-- Grain: company_id, currency
-- Reads: cnd_items, out_debtors, raw_unidentified
-- Units: amounts in units of currency; overdue_days in units of currency x days
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
            sum(case when days_past_due > 0 then open_amount * days_past_due else 0 end) as overdue_days,
            sum(case when is_disputed or is_returned then open_amount else 0 end) as disputed_amount,
            sum(case when promise_pending then open_amount else 0 end) as promised_amount,
            sum(case when in_kept_agreement then open_amount else 0 end) as agreement_amount,
            sum(case when agency_id is not null then open_amount else 0 end) as agency_amount,
            sum(case when is_listed then open_amount else 0 end) as listed_amount
        from items
        group by company_id, currency
    ),
    of_debtors as (
        -- A debtor that holds only a credit owes nothing; its credit counts.
        select
            company_id,
            currency,
            count(case when open_items > 0 then 1 end) as debtors,
            count(case when overdue_amount > 0 then 1 end) as overdue_debtors,
            sum(credit_amount) as credit_amount
        from debtors
        group by company_id, currency
    ),
    of_nobody as (
        select
            coalesce(company_id, @default_company) as company_id,
            coalesce(currency, @default_currency) as currency,
            sum(amount) as unidentified_amount
        from raw_unidentified
        group by coalesce(company_id, @default_company), coalesce(currency, @default_currency)
    ),
    keys as (
        select company_id, currency from of_items
        union select company_id, currency from of_debtors
        union select company_id, currency from of_nobody
    ),
    joined as (
        select
            keys.company_id,
            keys.currency,
            coalesce(of_items.items, 0) as items,
            coalesce(of_items.open_amount, 0) as open_amount,
            coalesce(of_items.current_amount, 0) as current_amount,
            coalesce(of_items.overdue_amount, 0) as overdue_amount,
            coalesce(of_items.overdue_30_amount, 0) as overdue_30_amount,
            coalesce(of_items.overdue_60_amount, 0) as overdue_60_amount,
            coalesce(of_items.overdue_90_amount, 0) as overdue_90_amount,
            cast(coalesce(cast(of_items.overdue_days as decimal(38, 2)), 0) as decimal(38, 2)) as overdue_days,
            coalesce(of_items.disputed_amount, 0) as disputed_amount,
            coalesce(of_items.promised_amount, 0) as promised_amount,
            coalesce(of_items.agreement_amount, 0) as agreement_amount,
            coalesce(of_items.agency_amount, 0) as agency_amount,
            coalesce(of_items.listed_amount, 0) as listed_amount,
            coalesce(of_debtors.debtors, 0) as debtors,
            coalesce(of_debtors.overdue_debtors, 0) as overdue_debtors,
            coalesce(of_debtors.credit_amount, 0) as credit_amount,
            coalesce(of_nobody.unidentified_amount, 0) as unidentified_amount
        from keys
        left join of_items on keys.company_id = of_items.company_id and keys.currency = of_items.currency
        left join of_debtors on keys.company_id = of_debtors.company_id and keys.currency = of_debtors.currency
        left join of_nobody on keys.company_id = of_nobody.company_id and keys.currency = of_nobody.currency
    )
select * from joined
-- Who has nothing, owes nothing and is owed a removal at most is no portfolio.
where items > 0 or credit_amount <> 0 or unidentified_amount <> 0
