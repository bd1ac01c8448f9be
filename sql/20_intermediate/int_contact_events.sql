-- Purpose: the events of the contact log that may still count.
-- Grain: debtor_id, event_id
-- Reads: stg_contact_log, int_accounts
-- Units: occurred_at in UTC; occurred_on is the date in the pipeline's time zone
-- Nulls: as in stg_contact_log
-- Kind: view
with
    groups as (
        -- Older than every open item and every window: it was about other debts, and counts for nothing.
        select group_key, least(min(first_issue_date), @contacts_from) as since_on
        from int_accounts
        group by group_key
    ),
    events as (
        select log.*
        from stg_contact_log as log
        inner join groups on log.group_key = groups.group_key and log.occurred_on >= groups.since_on
        where cast(log.occurred_on as int) >= @history_from_day
    )
select * from events
