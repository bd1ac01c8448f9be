-- Purpose: of an export of open items: the instalments that earlier runs saw and that are gone, of invoices of which another is still
--   there. Payments that name the invoice were theirs first. Of an export of all items it is empty.
-- Grain: item_key
-- Reads: raw_item_flows, stg_invoices
-- Units: amount in units of currency
-- Columns: item_key = below zero, apart from those of int_observed_flows
-- Nulls: none
-- Kind: table
with
    seen as (
        select
            invoice_key,
            installment_no,
            min(company_id) as company_id,
            min(currency) as currency,
            min(due_date) as due_date,
            cast(sum(billed_amount) as decimal(18, 2)) as amount
        from raw_item_flows
        where @scope_open = 1
        group by invoice_key, installment_no
    ),
    gone as (
        select seen.*
        from seen
        left anti join stg_invoices as invoices
            on seen.invoice_key = invoices.invoice_key
            and seen.installment_no = invoices.installment_no
    ),
    numbered as (
        select
            -2 - cast(row_number() over (order by gone.invoice_key, gone.installment_no) as bigint) as item_key,
            gone.invoice_key,
            gone.installment_no,
            gone.company_id,
            gone.currency,
            gone.due_date,
            gone.amount
        from gone
        left semi join stg_invoices as invoices on gone.invoice_key = invoices.invoice_key
    )
select * from numbered
