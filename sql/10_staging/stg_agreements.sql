-- Purpose: agreements in force at the as-of date: kept, or broken by an instalment that is late.
-- Grain: debtor_id, agreement_id
-- Reads: raw_agreements
-- Units: grace days are those of promises
-- Nulls: paid_on null = not paid; cancelled_on null = in force
-- Kind: view
with
    snapshot as (select * from raw_agreements),
    still_owed as (
        -- What was paid or cancelled says nothing of the others: one that was replaced stands beside what replaced it.
        select
            debtor_id,
            agreement_id,
            cast(payable_on as int) + @promise_grace_days < @as_of_day as is_late
        from snapshot
        where coalesce(paid_on > @as_of, true) and coalesce(cancelled_on > @as_of, true)
    ),
    stated as (
        -- An agreement whose instalments are all paid or cancelled is neither kept nor broken: it is over.
        select debtor_id, agreement_id, not bool_or(is_late) as is_kept
        from still_owed
        group by debtor_id, agreement_id
    )
select * from stated
