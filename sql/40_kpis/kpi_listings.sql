-- Purpose: what is listed or protested, and what should be no longer.
-- Grain: company_id, currency, kind, bureau
-- Reads: fct_listings
-- Units: amounts in units of currency; days in calendar days after the deadline
-- Nulls: none
-- Kind: table
with
    facts as (select * from fct_listings),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            kind,
            bureau,
            sum(listings) as listings,
            sum(items) as items,
            cast(sum(listed_amount) as decimal(18, 2)) as listed_amount,
            sum(paid_while_listed) as paid_while_listed,
            sum(removals_due) as removals_due,
            sum(removals_overdue) as removals_overdue,
            max(overdue_days_max) as overdue_days_max,
            sum(unknown_items) as unknown_items
        from facts
        group by company_id, currency, kind, bureau
    )
select * from summed
order by company_id, currency, kind, bureau
