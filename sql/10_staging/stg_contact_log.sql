-- Purpose: contact events by the as-of date.
-- Grain: debtor_id, event_id
-- Reads: raw_contact_log
-- Units: occurred_at in UTC; occurred_on is the date in the pipeline's time zone; has_address = what it says of an
--   address is known by that address already
-- Nulls: direction falls back to outbound
-- Kind: view
with
    snapshot as (select * from raw_contact_log where occurred_on <= @as_of),
    renamed as (
        select
            group_key,
            event_id,
            action_id,
            debtor_id,
            company_id,
            invoice_id,
            channel,
            address,
            coalesce(direction, 'outbound') as direction,
            occurred_at,
            occurred_on,
            status,
            regua,
            step_id,
            has_address
        from snapshot
    )
select * from renamed
