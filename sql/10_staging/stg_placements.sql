-- Purpose: what is with a collection agency at the as-of date, of whoever owes it.
-- Grain: debtor_id, actor_id, placement_id
-- Reads: raw_placements
-- Units: none
-- Nulls: invoice_id null = all the debtor owes, to company_id where that is not null; recalled_on null = still there
-- Kind: view
with
    snapshot as (
        select * from raw_placements
        where placed_on <= @as_of and coalesce(recalled_on > @as_of, true)
    ),
    renamed as (
        select group_key, placement_id, debtor_id, actor_id, company_id, invoice_id, agency_id, placed_on
        from snapshot
    )
select * from renamed
