-- Purpose: the shard's part of what earlier runs published, and how much of it nobody has reported on.
-- Grain: published_on
-- Reads: raw_actions, stg_contact_log
-- Units: counts of actions
-- Nulls: none
-- Kind: table
with
    published as (select * from raw_actions),
    -- Queued says that a gateway has it, not what became of it.
    reported as (select distinct action_id from stg_contact_log where action_id is not null and status <> 'queued'),
    stated as (
        select published.published_on, reported.action_id is null as is_unreported
        from published
        left join reported on published.action_id = reported.action_id
    ),
    grouped as (
        select
            published_on,
            count(*) as actions,
            sum(case when is_unreported then 1 else 0 end) as unreported
        from stated
        group by published_on
    )
select * from grouped
