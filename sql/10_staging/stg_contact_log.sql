-- Purpose: contact events by the as-of date.
-- Grain: debtor_id, event_id
-- Reads: raw_contact_log
-- Units: occurred_at in UTC; occurred_on is the date in the pipeline's time zone; has_address = what it says of an
--   address is known by that address already; cost in units of cost_currency
-- Columns: is_echo = an event of an action for another debtor, which counts for whom it names as well, and for no figure;
--   is_answer = the debtor said something; is_failure = it was sent in vain, or not at all
-- Nulls: direction falls back to outbound; the cost where nobody says, and what of it cannot be read
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
            status in ('replied', 'answered', 'promised', 'disputed') as is_answer,
            status in ('bounced', 'failed', 'ignored') as is_failure,
            regua,
            step_id,
            has_address,
            is_echo,
            cost,
            cost_currency,
            agent_id,
            agency_id
        from snapshot
    )
select * from renamed
