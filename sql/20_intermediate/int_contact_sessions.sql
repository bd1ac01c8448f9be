-- Purpose: the contacts of the log, each with what it came to. Of an action every event is one contact; the other outbound
--   events become contacts in order. The rule is src/domain/sessions.rs; this query names the events that it is about.
-- Grain: none; one row per action_id, or per contact of a debtor, channel and step
-- Reads: int_contact_events
-- Units: occurred_on and answered_on are dates in the pipeline's time zone
-- Columns: channel and last_channel = the first and the last by name of those that the events name
-- Nulls: company_id, invoice_id and destination where the events do not all name the same; occurred_on where all are inbound
-- Kind: fold
with
    events as (select * from int_contact_events where action_id is not null or direction = 'outbound')
select
    group_key,
    event_id,
    action_id,
    debtor_id,
    company_id,
    channel,
    address,
    regua,
    step_id,
    invoice_id,
    direction,
    status,
    cast(occurred_at as bigint) as occurred_at,
    occurred_on
from events
