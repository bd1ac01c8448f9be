-- Purpose: how many agreements a debtor has broken in the profile window, those cancelled since among them: of who signed
--   it, and of who owes what it covers.
-- Grain: debtor_id
-- Reads: raw_agreements, raw_agreement_items, int_agreements
-- Units: none
-- Nulls: none
-- Kind: table
with
    snapshot as (select * from raw_agreements),
    instalments as (
        select
            group_key,
            debtor_id,
            agreement_id,
            due_date,
            coalesce(cancelled_on > @as_of, true) and coalesce(paid_on > @as_of, true) as is_owed,
            case when cancelled_on <= @as_of then cancelled_on end as cancelled_on,
            case when coalesce(cancelled_on > @as_of, true) and paid_on <= @as_of then paid_on end as paid_on,
            -- What was not due when it was cancelled was not broken.
            kept_until < least(coalesce(cancelled_on, @as_of), @as_of)
                and coalesce(paid_on > least(coalesce(cancelled_on, @as_of), @as_of), true) as is_late
        from snapshot
    ),
    ends as (
        -- An agreement is cancelled when nothing of it is owed and nothing was paid since; else what was cancelled was replaced.
        select
            debtor_id,
            agreement_id,
            not bool_or(is_owed) and coalesce(max(cancelled_on) >= max(paid_on), max(paid_on) is null) as was_cancelled
        from instalments
        group by debtor_id, agreement_id
    ),
    broken as (
        select distinct instalments.group_key, instalments.debtor_id, instalments.agreement_id
        from instalments
        inner join ends
            on instalments.debtor_id = ends.debtor_id
            and instalments.agreement_id = ends.agreement_id
        where instalments.is_late
            and instalments.due_date >= @window_from
            and (instalments.is_owed or ends.was_cancelled)
    ),
    sides as (
        select debtor_id, agreement_id, debtor_id as actor_id, group_key from broken
        union
        select items.debtor_id, broken.agreement_id, broken.debtor_id, items.group_key
        from broken
        inner join raw_agreement_items as items
            on broken.agreement_id = items.agreement_id
            and broken.debtor_id = items.actor_id
    ),
    touched as (
        select sides.*
        from sides
        left anti join (select * from int_agreements where is_kept) as kept
            on sides.actor_id = kept.debtor_id
            and sides.agreement_id = kept.agreement_id
            and sides.group_key = kept.group_key
    ),
    counted as (
        select debtor_id, count(*) as broken_agreements
        from touched
        group by debtor_id
    )
select * from counted
