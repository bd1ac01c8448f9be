-- Purpose: contact events by the as-of date.
-- Grain: event_id
-- Reads: raw_contact_log
-- Units: occurred_at in UTC; occurred_on is the date in the pipeline's time zone
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
            invoice_id,
            channel,
            coalesce(direction, 'outbound') as direction,
            occurred_at,
            occurred_on,
            status,
            regua,
            step_id
        from snapshot
    )
select * from renamed
