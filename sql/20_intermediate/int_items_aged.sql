-- Purpose: the open items with their days past due, their bucket and what speaks for leaving them alone.
-- Grain: debtor_id, invoice_id, installment_no
-- Reads: int_items, int_item_flags, run_buckets
-- Units: days_past_due in calendar days from the contractual due date; amounts in units of currency
-- Nulls: agency_id null = with no agency; promise_until null = no pending promise
-- Kind: table
with
    items as (select * from int_items where open_amount > 0),
    item_flags as (select * from int_item_flags where installment_no <> 0),
    flags as (select * from int_item_flags where invoice_id <> '' and installment_no = 0),
    debtor_flags as (select * from int_item_flags where invoice_id = ''),
    buckets as (select * from run_buckets),
    aged as (
        select *, cast(@as_of_day - cast(due_date as int) as bigint) as days_past_due
        from items
    ),
    flagged as (
        select
            aged.*,
            coalesce(flags.is_disputed, false) or coalesce(debtor_flags.is_disputed, false) as is_disputed,
            coalesce(flags.is_returned, false) or coalesce(debtor_flags.is_returned, false) as is_returned,
            coalesce(flags.in_kept_agreement, false) or coalesce(item_flags.in_kept_agreement, false) as in_kept_agreement,
            coalesce(flags.agreement_broken, false) or coalesce(item_flags.agreement_broken, false) as agreement_broken,
            coalesce(flags.promise_pending, false) or coalesce(debtor_flags.promise_pending, false) as promise_pending,
            -- The later of the two, where only one may be there.
            greatest(flags.promise_until, debtor_flags.promise_until) as promise_until,
            coalesce(aged.due_date <= flags.promise_broken_by, false)
                or coalesce(aged.due_date <= debtor_flags.promise_broken_by, false) as promise_broken,
            coalesce(flags.agency_id, debtor_flags.agency_id) as agency_id,
            coalesce(flags.is_listed, false) or coalesce(item_flags.is_listed, false) as is_listed
        from aged
        left join item_flags
            on aged.debtor_id = item_flags.debtor_id
            and aged.invoice_id = item_flags.invoice_id
            and aged.installment_no = item_flags.installment_no
        left join flags on aged.debtor_id = flags.debtor_id and aged.invoice_id = flags.invoice_id
        left join debtor_flags on aged.debtor_id = debtor_flags.debtor_id
    ),
    bucketed as (
        select flagged.*, buckets.bucket_no, buckets.bucket
        from flagged
        inner join buckets
            on flagged.days_past_due >= buckets.from_days
            and flagged.days_past_due <= buckets.to_days
    )
select * from bucketed
