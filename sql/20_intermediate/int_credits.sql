-- Purpose: credit of a debtor that is applied to nothing: unapplied payments, stand-alone credit notes, overpayments.
-- Grain: debtor_id, currency
-- Reads: int_payment_parts, int_items
-- Units: amounts in units of currency; credit_amount is never below zero
-- Nulls: none; unmatched_amount is what the snapshot cannot place: payments of invoices that it does not hold, and what
--   was taken back of payments that it does not hold, below zero
-- Kind: table
with
    parts as (select * from int_payment_parts),
    items as (select * from int_items),
    invoices as (
        select debtor_id, invoice_id, currency, sum(applied_amount) as applied_amount
        from items
        group by debtor_id, invoice_id, currency
    ),
    by_invoice as (
        select debtor_id, currency, invoice_id, sum(effect_amount) as effect_amount
        from parts
        group by debtor_id, currency, invoice_id
    ),
    left_over as (
        select
            by_invoice.debtor_id,
            by_invoice.currency,
            by_invoice.effect_amount,
            by_invoice.effect_amount - coalesce(invoices.applied_amount, 0) as left_amount,
            by_invoice.invoice_id is null or invoices.invoice_id is not null as is_matched,
            by_invoice.invoice_id is null as is_unapplied
        from by_invoice
        left join invoices
            on by_invoice.debtor_id = invoices.debtor_id
            and by_invoice.invoice_id = invoices.invoice_id
            and by_invoice.currency = invoices.currency
    ),
    summed as (
        select
            debtor_id,
            currency,
            sum(effect_amount) as effect_amount,
            sum(left_amount) as left_amount,
            sum(case when is_unapplied or (is_matched and left_amount > 0) then left_amount else 0 end) as credit_amount
        from left_over
        group by debtor_id, currency
    ),
    stated as (
        select
            debtor_id,
            currency,
            cast(greatest(credit_amount, 0) as decimal(18, 2)) as credit_amount,
            cast(left_amount - greatest(credit_amount, 0) as decimal(18, 2)) as unmatched_amount,
            cast(effect_amount as decimal(18, 2)) as effect_amount
        from summed
    )
select * from stated
