-- Purpose: negativações and protestos that somebody has asked for and nobody has entered yet, of whoever owes what they
--   are about.
-- Grain: debtor_id, actor_id, listing_id
-- Reads: raw_listings
-- Units: none
-- Nulls: none
-- Kind: view
with
    snapshot as (
        select * from raw_listings
        where included_on is null and removal_requested_on is null and removed_on is null
    ),
    renamed as (
        select
            listing_id,
            debtor_id,
            actor_id,
            company_id,
            invoice_id,
            installment_no,
            kind,
            bureau
        from snapshot
    )
select * from renamed
