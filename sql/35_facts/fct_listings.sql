-- Purpose: the shard's part of what is listed or protested, and of what should be no longer.
-- Grain: company_id, currency, kind, bureau
-- Reads: out_listings, int_listing_items
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
            sum(listed_amount) as listed_amount,
            count(paid_on) as paid_while_listed,
            count(case when paid_on is not null and requested_on is null then 1 end) as removals_due,
            count(case when overdue_days > 0 then 1 end) as removals_overdue,
            max(overdue_days) as overdue_days_max
        from listings
        group by company_id, currency, kind, bureau
    ),
    unknown as (
        -- Listings whose invoice is not there, one row each.
        select company_id, currency, kind, bureau, count(*) as unknown_items
        from int_listing_items
        where is_unknown
        group by company_id, currency, kind, bureau
    ),
    keys as (
        select company_id, currency, kind, bureau from grouped
        union select company_id, currency, kind, bureau from unknown
    ),
    joined as (
        select
            keys.*,
            coalesce(grouped.listings, unknown.unknown_items) as listings,
            coalesce(grouped.items, 0) as items,
            cast(coalesce(grouped.listed_amount, 0) as decimal(18, 2)) as listed_amount,
            coalesce(grouped.paid_while_listed, 0) as paid_while_listed,
            coalesce(grouped.removals_due, 0) as removals_due,
            coalesce(grouped.removals_overdue, 0) as removals_overdue,
            coalesce(grouped.overdue_days_max, 0) as overdue_days_max,
            coalesce(unknown.unknown_items, 0) as unknown_items
        from keys
        left join grouped
            on keys.company_id = grouped.company_id
            and keys.currency = grouped.currency
            and keys.kind = grouped.kind
            and keys.bureau = grouped.bureau
        left join unknown
            on keys.company_id = unknown.company_id
            and keys.currency = unknown.currency
            and keys.kind = unknown.kind
            and keys.bureau = unknown.bureau
    )
select * from joined
