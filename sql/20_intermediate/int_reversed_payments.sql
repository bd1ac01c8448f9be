-- Purpose: the parts of the payments that some reversal takes back, at the end of its chain.
-- Grain: none; one row per part
-- Reads: stg_payments
-- Units: effect_amount in units of currency
-- Nulls: as in stg_payments
-- Kind: table
with
    payments as (select * from stg_payments),
    roots as (
        select distinct debtor_id, root_id
        from payments
        where reverses is not null and kind <> 'charges'
    ),
    parts as (
        select payments.*
        from roots
        right semi join payments on roots.debtor_id = payments.debtor_id and roots.root_id = payments.payment_id
        where payments.reverses is null
    )
select * from parts
