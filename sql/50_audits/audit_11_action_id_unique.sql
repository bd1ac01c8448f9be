-- Purpose: an action_id stands once in the batch and never before in the log.
-- Grain: none; one row per finding
-- Reads: out_actions, raw_actions
-- Units: numbers of actions
-- Nulls: none
-- Kind: audit
with
    actions as (select action_id from out_actions),
    published as (select action_id from raw_actions),
    all_ids as (
        select action_id from actions
        union all
        select published.action_id
        from published
        left semi join actions on published.action_id = actions.action_id
    ),
    findings as (
        select
            action_id as subject,
            '1' as expected,
            cast(count(*) as varchar) as actual,
            cast(count(*) - 1 as varchar) as difference
        from all_ids
        group by action_id
        having count(*) > 1
    )
select * from findings
