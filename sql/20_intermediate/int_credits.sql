-- Purpose: credit of a debtor that is applied to nothing: unapplied payments, stand-alone credit notes, overpayments.
-- Grain: debtor_id, currency
-- Reads: int_payment_parts, int_items
-- Units: amounts in units of currency; unmatched_amount names invoices that the snapshot does not hold
-- Nulls: none
-- Kind: table
with
    parts as (select * from int_payment_parts),
    items as (select * from int_items),
    invoices as (
        select debtor_id, invoice_id, sum(applied_amount) as applied_amount
        from items
        group by debtor_id, invoice_id
    ),
    by_invoice as (
        select debtor_id, currency, invoice_id, sum(effect_amount) as effect_amount
        from parts
        group by debtor_id, currency, invoice_id
    ),
    matched as (
        select
            by_invoice.debtor_id,
            by_invoice.currency,
            case
                when by_invoice.invoice_id is null then by_invoice.effect_amount
                when invoices.invoice_id is null then 0
                else by_invoice.effect_amount - invoices.applied_amount
            end as credit_amount,
            case
                when by_invoice.invoice_id is not null and invoices.invoice_id is null then by_invoice.effect_amount
                else 0
            end as unmatched_amount,
            by_invoice.effect_amount
        from by_invoice
        left join invoices
            on by_invoice.debtor_id = invoices.debtor_id
            and by_invoice.invoice_id = invoices.invoice_id
    ),
    summed as (
        select
            debtor_id,
            currency,
            cast(sum(credit_amount) as decimal(18, 2)) as credit_amount,
            cast(sum(unmatched_amount) as decimal(18, 2)) as unmatched_amount,
            cast(sum(effect_amount) as decimal(18, 2)) as effect_amount
        from matched
        group by debtor_id, currency
    )
select * from summed
