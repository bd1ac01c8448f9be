-- Purpose: the contacts of the groups to decide on, oldest first.
-- Grain: none; one row per contact
-- Reads: int_contacts
-- Units: contacted_on is a date in the pipeline's time zone
-- Nulls: as in int_contacts
-- Kind: table
with
    contacts as (select * from int_contacts)
select * from contacts
order by group_key, contacted_on, debtor_id, channel, step_id, occurrence, action_id
