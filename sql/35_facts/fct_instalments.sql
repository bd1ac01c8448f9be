-- Purpose: what is to be paid of each agreement in each week to come, by all of its instalments. An agreement stands in every
--   shard of which it covers anything, so the shards' rows become one of each later.
-- Grain: debtor_id, agreement_id, week_no
-- Reads: raw_agreements
-- Units: owed_amount in units of currency; week_no = 1 for the seven days after the as-of date, with what is due and in its grace
-- Nulls: none
-- Kind: table
with
    instalments as (
        select
            debtor_id,
            agreement_id,
            amount,
            greatest(cast(due_date as int) - @as_of_day, 1) as due_in_days
        from raw_agreements
        -- What is later than its grace was paid as only the ledger knows, or the agreement is broken.
        where kept_until >= @as_of
            and coalesce(paid_on > @as_of, true)
            and coalesce(cancelled_on > @as_of, true)
    ),
    grouped as (
        select
            debtor_id,
            agreement_id,
            cast((due_in_days + 6) / 7 as bigint) as week_no,
            cast(sum(amount) as decimal(28, 2)) as owed_amount
        from instalments
        where due_in_days <= 91
        group by debtor_id, agreement_id, cast((due_in_days + 6) / 7 as bigint)
    )
select * from grouped
