-- Purpose: agreements with their state at the as-of date: kept, or broken by an instalment that is late.
-- Grain: agreement_id
-- Reads: raw_agreements
-- Units: grace days are those of promises
-- Nulls: paid_on null = not paid; cancelled_on null = in force
-- Kind: view
with
    snapshot as (select * from raw_agreements),
    instalments as (
        select
            agreement_id,
            debtor_id,
            coalesce(cancelled_on <= @as_of, false) as is_cancelled,
            cast(due_date as int) + @promise_grace_days < @as_of_day
                and coalesce(paid_on > @as_of, true) as is_late
        from snapshot
    ),
    stated as (
        select agreement_id, debtor_id, not bool_or(is_late) as is_kept
        from instalments
        group by agreement_id, debtor_id
        having not bool_or(is_cancelled)
    )
select * from stated
