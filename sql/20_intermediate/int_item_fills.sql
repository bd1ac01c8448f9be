-- Purpose: what was applied to each item of an invoice into which money only flowed: filled in order of due date.
-- Grain: debtor_id, invoice_id, installment_no
-- Reads: stg_invoices, int_payment_parts, int_entangled_invoices
-- Units: amounts in units of currency; applied_amount is between 0 and the item's amount
-- Nulls: full_since null = not filled
-- Kind: table
with
    flowing as (select debtor_id, invoice_id from int_entangled_invoices where is_flowing),
    items as (
        select
            invoices.debtor_id,
            invoices.invoice_id,
            installment_no,
            currency,
            amount,
            sum(amount) over (
                partition by invoices.debtor_id, invoices.invoice_id
                order by due_date, installment_no
                rows between unbounded preceding and current row
            ) as filled_to
        from stg_invoices as invoices
        left semi join flowing
            on invoices.debtor_id = flowing.debtor_id
            and invoices.invoice_id = flowing.invoice_id
    ),
    posted as (
        select parts.debtor_id, parts.invoice_id, parts.currency, parts.paid_on, sum(parts.effect_amount) as amount
        from int_payment_parts as parts
        left semi join flowing
            on parts.debtor_id = flowing.debtor_id
            and parts.invoice_id = flowing.invoice_id
        group by parts.debtor_id, parts.invoice_id, parts.currency, parts.paid_on
    ),
    flows as (
        select
            *,
            sum(amount) over (
                partition by debtor_id, invoice_id, currency
                order by paid_on
                rows between unbounded preceding and current row
            ) as flowed_to
        from posted
    ),
    reached as (
        select
            items.debtor_id,
            items.invoice_id,
            items.installment_no,
            max(items.amount) as amount,
            max(items.filled_to) as filled_to,
            max(flows.flowed_to) as flowed_to,
            min(case when flows.flowed_to >= items.filled_to then flows.paid_on end) as full_since
        from items
        inner join flows
            on items.debtor_id = flows.debtor_id
            and items.invoice_id = flows.invoice_id
            and items.currency = flows.currency
        group by items.debtor_id, items.invoice_id, items.installment_no
    ),
    filled as (
        select
            debtor_id,
            invoice_id,
            installment_no,
            cast(least(greatest(flowed_to - (filled_to - amount), 0), amount) as decimal(18, 2)) as applied_amount,
            full_since
        from reached
    )
select * from filled
