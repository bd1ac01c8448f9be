-- Purpose: how a debtor answers on each channel.
-- Grain: debtor_id, channel
-- Reads: int_asked
-- Units: contacts of the profile window
-- Nulls: none
-- Kind: table
with
    asked as (select * from int_asked),
    counted as (
        select
            debtor_id,
            channel,
            count(case when has_reached then 1 end) as contacts,
            count(answered_at) as answered,
            count(case when has_bounced then 1 end) as bounced
        from asked
        group by debtor_id, channel
    ),
    bounded as (
        -- Days of answers that name no action may be more than the contacts they answer.
        select debtor_id, channel, contacts, least(answered, contacts) as answered, bounced
        from counted
    )
select * from bounded
