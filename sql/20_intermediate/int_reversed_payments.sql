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
        from payments
        left semi join roots on payments.debtor_id = roots.debtor_id and payments.payment_id = roots.root_id
        where payments.reverses is null
    )
select * from parts
