-- Purpose: promises to pay made by the as-of date: pending, or past their date and grace.
-- Grain: promise_id
-- Reads: raw_promises
-- Units: amount in units of the account's currency
-- Nulls: invoice_id null = all the debtor owes; amount null = all of it
-- Kind: view
with
    snapshot as (select * from raw_promises where promised_on <= @as_of),
    stated as (
        select
            promise_id,
            debtor_id,
            invoice_id,
            promised_on,
            pay_by,
            amount,
            cast(pay_by as int) + @promise_grace_days >= @as_of_day as is_pending
        from snapshot
    )
select * from stated
