-- Purpose: agreements in force at the as-of date: kept, or broken by an instalment that is late; and those that were paid to
--   the end, for what they cover may stay open in the ledger for a while, or for its rest.
-- Grain: debtor_id, agreement_id
-- Reads: raw_agreements
-- Units: grace days are those of promises; paid_since in days since 1970; due_amount in units of currency: of the instalments that should be paid by now
-- Nulls: agreed_on = the first due date where nobody says when; paid_on null = not paid; cancelled_on null = in force
-- Kind: view
with
    snapshot as (select * from raw_agreements),
    instalments as (
        select
            group_key,
            debtor_id,
            agreement_id,
            coalesce(has_items, true) as has_items,
            agreed_on,
            due_date,
            amount,
            -- What was paid or cancelled says nothing of the others: one that was replaced stands beside what replaced it.
            coalesce(paid_on > @as_of, true) and coalesce(cancelled_on > @as_of, true) as is_owed,
            cast(payable_on as int) + @promise_grace_days < @as_of_day as is_past,
            case when coalesce(cancelled_on > @as_of, true) and paid_on <= @as_of then paid_on end as paid_on,
            case when cancelled_on <= @as_of then cancelled_on end as cancelled_on
        from snapshot
    ),
    summed as (
        select
            min(group_key) as group_key,
            debtor_id,
            agreement_id,
            bool_and(has_items) as has_items,
            bool_or(is_owed) as is_owed,
            bool_or(is_owed and is_past) as is_late,
            coalesce(min(agreed_on), min(due_date)) as agreed_on,
            -- A down payment is often made some days before the agreement is written.
            cast(least(min(agreed_on), min(due_date)) as int) - @promise_grace_days as paid_since,
            sum(case when is_past and cancelled_on is null then amount else 0 end) as due_amount,
            coalesce(max(paid_on) > max(cancelled_on), max(paid_on) is not null) as is_paid
        from instalments
        group by debtor_id, agreement_id
    ),
    stated as (
        select group_key, debtor_id, agreement_id, has_items, is_owed, not is_late as is_kept, agreed_on, paid_since, due_amount
        from summed
        where is_owed or is_paid
    )
select * from stated
