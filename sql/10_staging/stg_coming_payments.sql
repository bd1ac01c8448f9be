-- Purpose: payments that are dated after the as-of date, within the room that a payment gives: they settle nothing yet, but
--   the money is on its way. Nothing where the ledger goes on long after that date, which is one of the past.
-- Grain: account_key
-- Reads: raw_payments
-- Units: next_payment_on is a date
-- Nulls: none
-- Kind: view
with
    coming as (
        select account_key, paid_on
        from raw_payments
        where paid_on > @as_of
            and paid_on <= @coming_to
            and coalesce(kind, 'payment') in ('payment', 'charges')
            and reverses is null
            and amount > 0
    ),
    grouped as (
        select account_key, min(paid_on) as next_payment_on
        from coming
        group by account_key
    )
select * from grouped
