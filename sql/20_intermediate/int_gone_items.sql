-- Purpose: of an export of open items: the instalments that earlier runs saw and that are gone, of invoices of which another is still
--   there. What was paid on the invoice by the day on which they were settled was theirs first, and what was paid later is not.
--   Of an export of all items it is empty.
-- Grain: item_key
-- Reads: raw_item_flows, stg_invoices, int_payment_parts
-- Units: amount in units of currency: of the instalment, as far as payments tell of it
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
            cast(sum(billed_amount) as decimal(18, 2)) as billed_amount,
            -- What this run is the first to miss was settled by now.
            case
                when sum(billed_amount - paid_amount - credited_amount - written_off_amount) = 0 then max(flowed_on)
                else @as_of
            end as settled_on
        from raw_item_flows
        where @scope_open = 1
        group by invoice_key, installment_no
    ),
    missed as (
        select seen.*
        from seen
        left anti join stg_invoices as invoices
            on seen.invoice_key = invoices.invoice_key
            and seen.installment_no = invoices.installment_no
    ),
    gone as (
        select
            missed.*,
            sum(missed.billed_amount) over (
                partition by missed.invoice_key
                order by missed.due_date, missed.installment_no
                rows between unbounded preceding and current row
            ) as billed_so_far
        from missed
        left semi join stg_invoices as invoices on missed.invoice_key = invoices.invoice_key
    ),
    paid as (
        select gone.invoice_key, gone.installment_no, cast(sum(parts.effect_amount) as decimal(18, 2)) as paid_amount
        from gone
        inner join (select * from int_payment_parts where @scope_open = 1) as parts
            on gone.invoice_key = parts.invoice_key
            and parts.paid_on <= gone.settled_on
        group by gone.invoice_key, gone.installment_no
    ),
    told as (
        -- The earliest are filled first.
        select
            gone.*,
            cast(
                least(
                    greatest(coalesce(paid.paid_amount, 0) - (gone.billed_so_far - gone.billed_amount), 0),
                    gone.billed_amount
                )
                as decimal(18, 2)
            ) as amount
        from gone
        left join paid on gone.invoice_key = paid.invoice_key and gone.installment_no = paid.installment_no
    ),
    numbered as (
        select
            -2 - cast(row_number() over (order by invoice_key, installment_no) as bigint) as item_key,
            invoice_key,
            installment_no,
            company_id,
            currency,
            due_date,
            amount
        from told
    )
select * from numbered
