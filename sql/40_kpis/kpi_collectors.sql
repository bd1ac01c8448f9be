-- Purpose: what collectors and agencies are in charge of, and what they did and brought lately, in-house beside outsourced. The ages
--   of what they were given differ, so it ranks nobody.
-- Grain: company_id, currency, owner_kind, owner_id
-- Reads: fct_collectors
-- Units: amounts in units of currency; rates from 0 to 1
-- Nulls: a rate without a denominator; the cost where none is known, or one is in a currency
--   that nobody quotes; with the scope "open" what was
--   collected
-- Kind: table
with
    facts as (select * from fct_collectors),
    summed as (
        select
            company_id,
            currency,
            owner_kind,
            owner_id,
            sum(debtors) as debtors,
            sum(items) as items,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount,
            cast(sum(collected_amount) as decimal(18, 2)) as collected_amount,
            sum(tasks) as tasks,
            sum(contacts) as contacts,
            sum(answered) as answered,
            sum(promises_kept) as promises_kept,
            sum(promises_broken) as promises_broken,
            cast(round(case when sum(foreign_costs) = 0 then sum(cost_amount) end, 2) as decimal(18, 2)) as cost_amount
        from facts
        group by company_id, currency, owner_kind, owner_id
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            owner_kind,
            owner_id,
            debtors,
            items,
            open_amount,
            overdue_amount,
            collected_amount,
            tasks,
            contacts,
            answered,
            cast(answered as double) / nullif(cast(contacts as double), 0.0) as answered_rate,
            promises_kept,
            promises_broken,
            cast(promises_kept as double) / nullif(cast(promises_kept + promises_broken as double), 0.0) as kept_rate,
            cost_amount
        from summed
    )
select * from stated
order by company_id, currency, owner_kind, owner_id
