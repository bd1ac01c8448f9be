-- Purpose: the contacts of the log, each with what it came to. Of an action every event is one contact; the other outbound
--   events become contacts in order. The rule is src/domain/sessions.rs; this query names the events that it is about.
-- Grain: none; one row per action_id, or per contact of a debtor, channel and step
-- Reads: int_contact_events, raw_actions
-- Units: occurred_on and answered_on are dates in the pipeline's time zone
-- Nulls: company_id, invoice_id and destination where the events do not all name the same; occurred_on where all are inbound
-- Kind: fold
with
    events as (select * from int_contact_events where action_id is not null or direction = 'outbound'),
    actions as (select distinct action_id, channel from raw_actions)
select
    events.group_key,
    events.event_id,
    events.action_id,
    actions.channel as action_channel,
    events.debtor_id,
    events.company_id,
    events.channel,
    events.address,
    events.regua,
    events.step_id,
    events.invoice_id,
    events.direction,
    events.status,
    cast(events.occurred_at as bigint) as occurred_at,
    events.occurred_on
from events
left join actions on events.action_id = actions.action_id
