-- Purpose: what an earlier edition of this very date published, and what became of it: only a revision finds any.
-- Grain: action_id
-- Reads: raw_actions, stg_contact_log
-- Units: none
-- Nulls: fate is null where nobody has reported on it
-- Kind: table
with
    published as (select * from raw_actions where published_on = @as_of),
    reports as (
        select
            action_id,
            -- Of events of one instant, the one that says more comes last.
            last_value(
                case when is_failure then 'not_sent' else 'sent' end
                order by occurred_at, case when status = 'sent' then 0 else 1 end, event_id
            ) as fate
        from stg_contact_log
        where action_id is not null and status <> 'queued'
        group by action_id
    ),
    stated as (
        select
            published.group_key,
            published.action_id,
            published.payload_sha256,
            published.level,
            published.channel,
            reports.fate
        from published
        left join reports on published.action_id = reports.action_id
    )
select * from stated
order by group_key, action_id
