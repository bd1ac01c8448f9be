-- Purpose: an action_id stands once in the batch and never before in the log.
-- Grain: none; one row per finding
-- Reads: out_actions, raw_actions, run_steps
-- Units: numbers of actions
-- Nulls: none
-- Kind: audit
with
    actions as (
        select actions.action_id, actions.payload_sha256, actions.level, coalesce(steps.is_duty, false) as is_duty
        from out_actions as actions
        left join run_steps as steps on actions.regua = steps.regua and actions.step_id = steps.step_id
    ),
    published as (
        select raw_actions.action_id
        from raw_actions
        inner join actions on raw_actions.action_id = actions.action_id
        -- A revision keeps what this very date published with the same words, wherever its step stands by now, and what the law
        -- asks for in any; it is not published again.
        where raw_actions.published_on <> @as_of
            or (
                raw_actions.payload_sha256 <> actions.payload_sha256
                and coalesce(raw_actions.level = actions.level, true)
                and not actions.is_duty
            )
    ),
    all_ids as (
        select action_id from actions
        union all
        select action_id from published
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
