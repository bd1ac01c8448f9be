-- Purpose: every item ever owed, with what was applied to it by the as-of date.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: stg_invoices, int_item_days, int_item_fills, int_item_postings, int_entangled_invoices
-- Units: amounts in units of currency; applied_amount is between 0 and amount
-- Nulls: settled_on null = not paid in full; else the day since which it has been
-- Kind: table
with
    invoices as (select * from stg_invoices),
    days as (select * from int_item_days),
    postings as (select * from int_item_postings),
    entangled as (select * from int_entangled_invoices),
    plain as (
        -- Most items: one posting on one day, which names the item or whose invoice has no other.
        select
            postings.debtor_id,
            postings.company_id,
            postings.invoice_id,
            coalesce(postings.installment_no, 1) as installment_no,
            postings.currency,
            postings.amount,
            postings.last_on
        from postings
        left anti join entangled
            on postings.debtor_id = entangled.debtor_id
            and postings.company_id = entangled.company_id
            and postings.invoice_id = entangled.invoice_id
    ),
    summed as (
        -- The day after the last one on which something was missing, or the first one of all.
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            max(case when next_on is null then applied_amount end) as applied_amount,
            coalesce(max(case when applied_amount < amount then next_on end), min(paid_on)) as full_since
        from days
        group by debtor_id, company_id, invoice_id, installment_no
        union all
        select debtor_id, company_id, invoice_id, installment_no, applied_amount, full_since from int_item_fills
    ),
    applied as (
        select
            invoices.*,
            coalesce(
                summed.applied_amount,
                -- Not least(): it passes over nulls, and an item without a posting would look paid.
                case when plain.amount > invoices.amount then invoices.amount else plain.amount end,
                0
            ) as applied_amount,
            coalesce(summed.full_since, plain.last_on) as full_since
        from invoices
        left join plain
            on invoices.debtor_id = plain.debtor_id
            and invoices.company_id = plain.company_id
            and invoices.invoice_id = plain.invoice_id
            and invoices.installment_no = plain.installment_no
            and invoices.currency = plain.currency
        left join summed
            on invoices.debtor_id = summed.debtor_id
            and invoices.company_id = summed.company_id
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
            payable_on,
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
