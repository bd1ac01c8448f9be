-- Purpose: what was paid on fine and interest, and not taken back.
-- Grain: none; one row per part of a payment
-- Reads: stg_payments
-- Units: amount in units of currency
-- Nulls: as in stg_payments
-- Kind: table
with
    payments as (select * from stg_payments),
    charge_payments as (select * from payments where kind = 'charges' and reverses is null),
    reversals as (
        -- A reversal of a reversal puts back.
        select debtor_id, root_id as payment_id, sum(case when takes_back then abs(amount) else -abs(amount) end) as taken_amount
        from payments
        where reverses is not null
        group by debtor_id, root_id
    ),
    originals as (
        select payments.debtor_id, payments.payment_id, sum(payments.amount) as amount
        from payments
        left semi join reversals
            on payments.debtor_id = reversals.debtor_id
            and payments.payment_id = reversals.payment_id
        where payments.reverses is null
        group by payments.debtor_id, payments.payment_id
    ),
    taken_back as (
        -- A payment that was taken back whole paid no charges; one taken back in part did, in the debtor's favour.
        select originals.debtor_id, originals.payment_id
        from originals
        inner join reversals
            on originals.debtor_id = reversals.debtor_id
            and originals.payment_id = reversals.payment_id
        where reversals.taken_amount >= originals.amount
    ),
    kept as (
        select charge_payments.*
        from charge_payments
        left anti join taken_back
            on charge_payments.debtor_id = taken_back.debtor_id
            and charge_payments.payment_id = taken_back.payment_id
    )
select group_key, debtor_id, payment_id, company_id, invoice_id, installment_no, currency, paid_on, amount from kept
