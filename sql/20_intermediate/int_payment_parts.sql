-- Purpose: every effect on an invoice: payments, credit notes and what takes them back.
-- Grain: none; one row per effect
-- Reads: stg_payments, stg_credit_notes
-- Units: effect_amount in units of currency, below zero where it takes back
-- Nulls: invoice_id null = unapplied; installment_no null = fills the instalments in order of due date
-- Kind: table
with
    payments as (select * from stg_payments where kind <> 'charges'),
    credit_notes as (select * from stg_credit_notes),
    direct as (
        select payment_id, debtor_id, invoice_id, installment_no, paid_on, currency, effect_amount
        from payments
        where reverses is null or invoice_id is not null
    ),
    reversed_whole as (
        -- A reversal that names no invoice takes back every part of the payment that it names.
        select
            reversal.payment_id,
            original.debtor_id,
            original.invoice_id,
            original.installment_no,
            reversal.paid_on,
            original.currency,
            cast(-original.effect_amount as decimal(18, 2)) as effect_amount
        from payments as reversal
        inner join payments as original
            on reversal.reverses = original.payment_id
            and reversal.debtor_id = original.debtor_id
        where reversal.reverses is not null and reversal.invoice_id is null and original.reverses is null
    ),
    noted as (
        select
            credit_note_id as payment_id,
            debtor_id,
            original_invoice_id as invoice_id,
            cast(null as bigint) as installment_no,
            issue_date as paid_on,
            currency,
            amount as effect_amount
        from credit_notes
    ),
    parts as (
        select * from direct
        union all select * from reversed_whole
        union all select * from noted
    )
select * from parts
