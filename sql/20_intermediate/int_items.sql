-- Purpose: every item ever owed, with what was applied to it by the as-of date.
-- Grain: debtor_id, invoice_id, installment_no
-- Reads: stg_invoices, int_item_days
-- Units: amounts in units of currency; applied_amount is between 0 and amount
-- Nulls: settled_on null = not paid in full; else the day since which it has been
-- Kind: table
with
    invoices as (select * from stg_invoices),
    days as (select * from int_item_days),
    summed as (
        -- The day after the last one on which something was missing, or the first one of all.
        select
            debtor_id,
            invoice_id,
            installment_no,
            max(case when next_on is null then applied_amount end) as applied_amount,
            coalesce(max(case when applied_amount < amount then next_on end), min(paid_on)) as full_since
        from days
        group by debtor_id, invoice_id, installment_no
    ),
    applied as (
        select invoices.*, coalesce(summed.applied_amount, 0) as applied_amount, summed.full_since
        from invoices
        left join summed
            on invoices.debtor_id = summed.debtor_id
            and invoices.invoice_id = summed.invoice_id
            and invoices.installment_no = summed.installment_no
    ),
    settled as (
        select
            group_key,
            debtor_id,
            company_id,
            currency,
            invoice_id,
            installment_no,
            issue_date,
            due_date,
            amount as original_amount,
            cast(applied_amount as decimal(18, 2)) as applied_amount,
            cast(amount - applied_amount as decimal(18, 2)) as open_amount,
            case when applied_amount >= amount then full_since end as settled_on,
            payment_reference,
            payment_link,
            dunning_block,
            grace_until,
            regua,
            step_override,
            collector_id
        from applied
    )
select * from settled
