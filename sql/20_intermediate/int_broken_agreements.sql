-- Purpose: how many agreements a debtor has broken in the profile window, those cancelled since among them.
-- Grain: debtor_id
-- Reads: raw_agreements
-- Units: grace days are those of promises
-- Nulls: none
-- Kind: table
with
    snapshot as (select * from raw_agreements),
    ends as (
        -- What was not due when the agreement was cancelled was not broken.
        select agreement_id, least(coalesce(min(cancelled_on), @as_of), @as_of) as ended_on
        from snapshot
        group by agreement_id
    ),
    instalments as (
        select
            snapshot.debtor_id,
            snapshot.agreement_id,
            cast(snapshot.due_date as int) + @promise_grace_days < cast(ends.ended_on as int)
                and coalesce(snapshot.paid_on > ends.ended_on, true) as is_late
        from snapshot
        inner join ends on snapshot.agreement_id = ends.agreement_id
        where snapshot.due_date >= @window_from
    ),
    broken as (
        select debtor_id, count(distinct agreement_id) as broken_agreements
        from instalments
        where is_late
        group by debtor_id
    )
select * from broken
