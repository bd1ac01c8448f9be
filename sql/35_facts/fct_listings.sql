-- Purpose: the shard's part of what is listed or protested, and of what should be no longer.
-- Grain: company_id, currency, kind, bureau
-- Reads: out_listings
-- Units: amounts in units of currency; days in calendar days after the deadline
-- Nulls: none
-- Kind: table
with
    listings as (select * from out_listings),
    grouped as (
        select
            company_id,
            currency,
            kind,
            bureau,
            count(*) as listings,
            sum(items) as items,
            cast(sum(listed_amount) as decimal(18, 2)) as listed_amount,
            count(paid_on) as paid_while_listed,
            count(case when paid_on is not null and requested_on is null then 1 end) as removals_due,
            count(case when overdue_days > 0 then 1 end) as removals_overdue,
            max(overdue_days) as overdue_days_max
        from listings
        group by company_id, currency, kind, bureau
    )
select * from grouped
