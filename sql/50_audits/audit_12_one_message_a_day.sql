-- Purpose: at most one message per debtor, channel and day.
-- Grain: none; one row per finding
-- Reads: out_actions
-- Units: numbers of messages
-- Nulls: none
-- Kind: audit
with
    messages as (select debtor_id, channel from out_actions where channel <> 'instruction'),
    findings as (
        select
            concat(debtor_id, ' ', channel) as subject,
            '1' as expected,
            cast(count(*) as varchar) as actual,
            cast(count(*) - 1 as varchar) as difference
        from messages
        group by debtor_id, channel
        having count(*) > 1
    )
select * from findings
