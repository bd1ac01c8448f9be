-- Purpose: negativações and protestos in force at the as-of date, of whoever owes what they are about.
-- Grain: debtor_id, actor_id, listing_id
-- Reads: raw_listings
-- Units: none
-- Nulls: removed_on null = still listed; removal_requested_on null = nobody asked for the removal yet. Days before the
--   inclusion are of an earlier listing with the same number
-- Kind: view
with
    snapshot as (
        select * from raw_listings
        where included_on <= @as_of and coalesce(removed_on > @as_of or removed_on < included_on, true)
    ),
    renamed as (
        select
            group_key,
            listing_id,
            debtor_id,
            actor_id,
            company_id,
            invoice_id,
            installment_no,
            kind,
            bureau,
            included_on,
            case when removal_requested_on between included_on and @as_of then removal_requested_on end as removal_requested_on
        from snapshot
    )
select * from renamed
