-- Purpose: the day from which on everything is known of a company in a currency that was not seen as long as others: one that
--   joined an export of open items later. Of the others it is @known_from.
-- Grain: company_id, currency
-- Reads: fct_observed
-- Units: dates
-- Nulls: none
-- Kind: view
with
    facts as (select * from fct_observed),
    grouped as (
        select company_id, currency, greatest(min(seen_from), @known_from) as known_from
        from facts
        group by company_id, currency
    )
select * from grouped
