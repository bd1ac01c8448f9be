-- Purpose: what is left of each payment once its reversals are taken off, for debtors that still owe something.
-- Grain: debtor_id, payment_id, invoice_id, currency
-- Reads: int_payment_parts, int_items
-- Units: amount in units of currency, above zero; charges are left out
-- Nulls: invoice_id null = unapplied
-- Kind: table
with
    parts as (select * from int_payment_parts),
    owing as (select distinct debtor_id from int_items where open_amount > 0),
    of_owing as (
        select parts.*
        from parts
        left semi join owing on parts.debtor_id = owing.debtor_id
    ),
    netted as (
        select
            debtor_id,
            coalesce(reverses, payment_id) as payment_id,
            invoice_id,
            currency,
            min(case when reverses is null then paid_on end) as paid_on,
            cast(sum(effect_amount) as decimal(18, 2)) as amount
        from of_owing
        group by debtor_id, coalesce(reverses, payment_id), invoice_id, currency
        having bool_or(kind = 'payment' and reverses is null) and sum(effect_amount) > 0
    )
select * from netted
