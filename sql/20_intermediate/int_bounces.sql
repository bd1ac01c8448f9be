-- Purpose: channels on which a debtor's last news was a bounce, or on which it opted out, as far as nobody knows at
--   which address: what names one is about that address alone, and stands in stg_contact_points.
-- Grain: debtor_id, channel
-- Reads: stg_contact_log
-- Units: none
-- Nulls: none
-- Kind: table
with
    events as (
        select debtor_id, channel, status, occurred_at
        from stg_contact_log
        where not has_address
            and status in ('bounced', 'wrong_party', 'delivered', 'read', 'replied', 'answered', 'opted_out', 'complained')
    ),
    grouped as (
        select
            debtor_id,
            channel,
            max(case when status in ('bounced', 'wrong_party') then occurred_at end) as bounced_at,
            max(case when status in ('delivered', 'read', 'replied', 'answered') then occurred_at end) as reached_at,
            bool_or(status in ('opted_out', 'complained')) as opted_out
        from events
        group by debtor_id, channel
    ),
    stated as (
        select
            debtor_id,
            channel,
            coalesce(bounced_at > reached_at, bounced_at is not null) as has_bounced,
            opted_out
        from grouped
    )
select * from stated
where has_bounced or opted_out
