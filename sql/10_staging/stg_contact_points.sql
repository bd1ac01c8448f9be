-- Purpose: addresses of debtors, with what the whole portfolio knows of each address.
-- Grain: debtor_id, channel, address
-- Reads: raw_contact_points
-- Units: none
-- Nulls: an address is taken as valid and authorised unless the source says otherwise
-- Kind: view
with
    snapshot as (select * from raw_contact_points),
    renamed as (
        select
            group_key,
            debtor_id,
            channel,
            address,
            contact_name,
            coalesce(is_authorized, true) as is_authorized,
            coalesce(opted_out_on <= @as_of, false) or coalesce(not opted_in, false) or address_opted_out as opted_out,
            coalesce(is_valid, true) and not address_bounced as is_valid,
            address_opted_out,
            address_bounced,
            preference_rank
        from snapshot
    )
select * from renamed
