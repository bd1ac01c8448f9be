-- Purpose: the items and the postings of the invoices that one running sum fills, on one scale: up to which level each item
--   is filled, and which level was reached at the end of each day.
-- Grain: debtor_id, company_id, invoice_id, currency, lane, installment_no, paid_on
-- Reads: stg_invoices, int_payment_parts, int_entangled_invoices
-- Units: level in units of currency from the bottom of the lane
-- Nulls: paid_on null = an item; installment_no null = a day; next_on null = nothing was posted later
-- Kind: table
with
    laned as (select debtor_id, company_id, invoice_id, is_by_name from int_entangled_invoices where is_laned),
    items as (
        select
            invoices.debtor_id,
            invoices.company_id,
            invoices.invoice_id,
            invoices.currency,
            -- Items of one lane share what flows in: all of an invoice, or each instalment for itself.
            case when laned.is_by_name then invoices.installment_no else 0 end as lane,
            invoices.installment_no,
            invoices.due_date,
            invoices.amount
        from stg_invoices as invoices
        inner join laned
            on invoices.debtor_id = laned.debtor_id
            and invoices.company_id = laned.company_id
            and invoices.invoice_id = laned.invoice_id
    ),
    posted as (
        select
            parts.debtor_id,
            parts.company_id,
            parts.invoice_id,
            parts.currency,
            case when laned.is_by_name then parts.installment_no else 0 end as lane,
            parts.paid_on,
            sum(parts.effect_amount) as amount
        from int_payment_parts as parts
        inner join laned
            on parts.debtor_id = laned.debtor_id
            and parts.company_id = laned.company_id
            and parts.invoice_id = laned.invoice_id
        group by
            parts.debtor_id,
            parts.company_id,
            parts.invoice_id,
            parts.currency,
            case when laned.is_by_name then parts.installment_no else 0 end,
            parts.paid_on
    ),
    marks as (
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            lane,
            sum(amount) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by due_date, installment_no
                rows between unbounded preceding and current row
            ) as level,
            installment_no,
            amount as item_amount,
            cast(null as decimal(28, 2)) as posted_amount,
            cast(null as date) as paid_on,
            cast(null as date) as next_on
        from items
        union all
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            lane,
            sum(amount) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by paid_on
                rows between unbounded preceding and current row
            ),
            cast(null as bigint),
            cast(null as decimal(18, 2)),
            amount,
            paid_on,
            lead(paid_on) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by paid_on
            )
        from posted
    )
select * from marks
