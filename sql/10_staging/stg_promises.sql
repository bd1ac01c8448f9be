-- Purpose: promises to pay made by the as-of date: pending, or past their date and grace.
-- Grain: debtor_id, actor_id, promise_id
-- Reads: raw_promises
-- Units: amount in units of the account's currency; last_day is the last one on which the promise can be kept
-- Nulls: invoice_id null = all the debtor owes, to company_id where that is not null; amount null = all of it
-- Kind: view
with
    snapshot as (select * from raw_promises where promised_on <= @as_of),
    stated as (
        select
            promise_id,
            debtor_id,
            actor_id,
            company_id,
            invoice_id,
            promised_on,
            pay_by,
            amount,
            kept_until as last_day,
            kept_until >= @as_of as is_pending
        from snapshot
    )
select * from stated
