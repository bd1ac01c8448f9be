-- Purpose: the open items of the accounts to decide on, in the order of the accounts.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: int_items_aged, cnd_debtors
-- Units: amounts in units of currency; days_past_due as in int_items_aged
-- Nulls: as in int_items_aged
-- Kind: table
with
    items as (select * from int_items_aged),
    debtors as (select group_key, group_id, debtor_id from cnd_debtors),
    joined as (
        select
            debtors.group_key,
            debtors.group_id,
            items.debtor_id,
            items.company_id,
            items.currency,
            items.invoice_id,
            items.installment_no,
            items.issue_date,
            items.due_date,
            items.payable_on,
            items.days_past_due,
            items.bucket_no,
            items.bucket,
            items.original_amount,
            items.applied_amount,
            items.open_amount,
            items.payment_reference,
            items.payment_link,
            items.dunning_block,
            items.grace_until,
            items.regua,
            items.step_override,
            items.collector_id,
            items.is_disputed,
            items.is_returned,
            items.in_kept_agreement,
            items.promise_pending,
            items.promise_until,
            items.agency_id,
            items.is_listed
        from items
        inner join debtors on items.debtor_id = debtors.debtor_id
    )
select * from joined
order by group_key, group_id, debtor_id, company_id, currency, due_date, invoice_id, installment_no
