-- Purpose: the items and the daily postings of the invoices that one running sum fills, in numbered lanes: items of one lane
--   share what flows in.
-- Grain: lane_no, is_day, installment_no, on_day
-- Reads: stg_invoices, int_payment_parts, int_entangled_invoices
-- Units: amount in units of currency: of the item, or posted on the day; on_day is the due date of an item
-- Nulls: installment_no null = a day
-- Kind: table
with
    laned as (select debtor_id, company_id, invoice_id, is_by_name from int_entangled_invoices where is_laned),
    lane_rows as (
        select
            invoices.debtor_id,
            invoices.company_id,
            invoices.invoice_id,
            invoices.currency,
            -- All of an invoice, or each instalment for itself.
            case when laned.is_by_name then invoices.installment_no else 0 end as lane,
            invoices.installment_no,
            invoices.due_date as on_day,
            invoices.amount,
            false as is_day
        from stg_invoices as invoices
        inner join laned
            on invoices.debtor_id = laned.debtor_id
            and invoices.company_id = laned.company_id
            and invoices.invoice_id = laned.invoice_id
        union all
        select
            parts.debtor_id,
            parts.company_id,
            parts.invoice_id,
            parts.currency,
            case when laned.is_by_name then parts.installment_no else 0 end as lane,
            cast(null as bigint),
            parts.paid_on,
            cast(sum(parts.effect_amount) as decimal(18, 2)),
            true
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
    numbered as (
        select
            *,
            cast(dense_rank() over (order by debtor_id, company_id, invoice_id, currency, lane) as bigint) as lane_no
        from lane_rows
    )
select * from numbered
