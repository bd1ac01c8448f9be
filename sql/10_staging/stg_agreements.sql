-- Purpose: agreements in force at the as-of date: kept, or broken by an instalment that is late; and those of which anything
--   was paid, for what they cover may stay open in the ledger for a while, or for its rest.
-- Grain: debtor_id, agreement_id
-- Reads: raw_agreements
-- Units: paid_since in days since 1970; amounts in units of currency: due_amount of the instalments that should be paid by
--   now, said_amount of those that it says are paid
-- Nulls: agreed_on = the first due date where nobody says when; paid_on null = not paid; cancelled_on null = in force
-- Kind: view
with
    snapshot as (select * from raw_agreements where coalesce(agreed_on <= @as_of, true)),
    instalments as (
        select
            group_key,
            debtor_id,
            agreement_id,
            coalesce(has_items, true) as has_items,
            agreed_on,
            due_date,
            coalesce(currency, @default_currency) as currency,
            amount,
            -- What was paid or cancelled says nothing of the others: one that was replaced stands beside what replaced it.
            coalesce(paid_on > @as_of, true) and coalesce(cancelled_on > @as_of, true) as is_owed,
            kept_until < @as_of as is_past,
            -- Many close an agreement by a date on every row: what was paid was paid.
            case when paid_on <= @as_of then paid_on end as paid_on,
            case when cancelled_on <= @as_of and coalesce(paid_on > @as_of, true) then cancelled_on end as cancelled_on
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
            -- A down payment is often made some days before the agreement is written, and where nobody says when that was,
            -- any time before the first date.
            cast(least(min(agreed_on), min(due_date), min(paid_on)) as int)
                - case when min(agreed_on) is null then 31 else 7 end as paid_since,
            min(currency) as currency,
            sum(case when is_past and cancelled_on is null then amount else 0 end) as due_amount,
            count(case when is_past and cancelled_on is null then 1 end) as due_instalments,
            sum(case when paid_on is not null then amount else 0 end) as said_amount,
            not bool_or(is_owed) and coalesce(max(paid_on) > max(cancelled_on), max(paid_on) is not null) as is_paid
        from instalments
        group by debtor_id, agreement_id
    ),
    stated as (
        select
            group_key, debtor_id, agreement_id, has_items, is_owed, is_paid, not is_late as is_kept, agreed_on, paid_since,
            currency, due_amount, due_instalments, said_amount
        from summed
        where is_owed or said_amount > 0
    )
select * from stated
