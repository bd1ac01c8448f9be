-- Purpose: the shard's part of when the runs first saw anything of a company in a currency; of an export of all items nothing.
-- Grain: company_id, currency
-- Reads: int_observed_flows
-- Units: dates
-- Nulls: none
-- Kind: table
with
    flows as (select * from int_observed_flows),
    grouped as (
        select company_id, currency, min(seen_on) as seen_from
        from flows
        group by company_id, currency
    )
select * from grouped
