-- Purpose: disputes and returns of goods that were ever opened, by the as-of date, whether or not they are closed since.
-- Grain: debtor_id, actor_id, dispute_id
-- Reads: raw_disputes
-- Units: none
-- Nulls: none
-- Kind: view
with
    snapshot as (select * from raw_disputes where opened_on <= @as_of),
    renamed as (select dispute_id, debtor_id, actor_id, opened_on from snapshot)
select * from renamed
