-- Purpose: every item ever owed, with what was applied to it by the as-of date.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: stg_invoices, int_payment_applications, run_tolerances
-- Units: amounts in units of currency; applied_amount is between 0 and amount
-- Nulls: settled_on null = not paid in full; else the day since which it has been; paid_up_on as settled_on, where what is
--   left is below the tolerance too: nobody asks for it, so listings and placements end
-- Kind: table
with
    invoices as (select * from stg_invoices),
    applications as (select * from int_payment_applications),
    tolerances as (select * from run_tolerances),
    summed as (
        select item_key, sum(applied_amount) as applied_amount, max(paid_on) as last_on
        from applications
        where applied_amount > 0
        group by item_key
    ),
    applied as (
        select invoices.*, coalesce(summed.applied_amount, 0) as applied_amount, summed.last_on
        from invoices
        left join summed on invoices.item_key = summed.item_key
    ),
    settled as (
        select
            item_key,
            account_key,
            invoice_key,
            group_key,
            book_key,
            debtor_id,
            company_id,
            applied.currency,
            invoice_id,
            installment_no,
            issue_date,
            due_date,
            payable_on,
            amount as original_amount,
            cast(applied_amount as decimal(18, 2)) as applied_amount,
            cast(amount - applied_amount as decimal(18, 2)) as open_amount,
            case when applied_amount >= amount then last_on end as settled_on,
            case
                when applied_amount >= amount or amount - applied_amount < tolerances.tolerance_amount then last_on
            end as paid_up_on
        from applied
        left join tolerances on applied.currency = tolerances.currency
    )
select * from settled
