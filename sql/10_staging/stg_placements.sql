-- Purpose: what is with a collection agency at the as-of date.
-- Grain: placement_id
-- Reads: raw_placements
-- Units: none
-- Nulls: invoice_id null = all the debtor owes; recalled_on null = still there
-- Kind: view
with
    snapshot as (
        select * from raw_placements
        where placed_on <= @as_of and coalesce(recalled_on > @as_of, true)
    ),
    renamed as (select placement_id, debtor_id, invoice_id, agency_id, placed_on from snapshot)
select * from renamed
