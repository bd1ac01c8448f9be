-- Purpose: of an export of open items: what earlier runs saw open and is gone, with the day on which it was settled. It is
--   how an account has paid; of an export of all items it is empty, for they are there.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: raw_last_items, raw_settled_items, raw_held_debtors, stg_invoices, stg_payments
-- Units: original_amount in units of currency
-- Nulls: settled_on null = gone, but of a debtor with an invoice that cannot be read: it may be this one
-- Kind: table
with
    seen as (
        select
            account_key, group_key, debtor_id, company_id, currency, invoice_id, installment_no, due_date, payable_on, original_amount,
            cast(null as date) as settled_on
        from raw_last_items
        where @scope_open = 1
        union all
        select
            account_key, group_key, debtor_id, company_id, currency, invoice_id, installment_no, due_date, payable_on, original_amount,
            settled_on
        from raw_settled_items
        where @scope_open = 1
    ),
    gone as (
        select seen.*
        from seen
        left anti join stg_invoices as invoices
            on seen.debtor_id = invoices.debtor_id
            and seen.company_id = invoices.company_id
            and seen.invoice_id = invoices.invoice_id
            and seen.installment_no = invoices.installment_no
        where seen.due_date >= @window_from
    ),
    unread as (select distinct debtor_id from raw_held_debtors where by_invoices),
    paid as (
        -- The payment says the day better than the first run that misses the item.
        select debtor_id, invoice_id, max(paid_on) as paid_on
        from stg_payments
        where invoice_id is not null and effect_amount > 0
        group by debtor_id, invoice_id
    ),
    stated as (
        select
            min(gone.group_key) as group_key,
            gone.debtor_id,
            gone.company_id,
            min(gone.currency) as currency,
            first_value(gone.account_key order by gone.currency) as account_key,
            gone.invoice_id,
            gone.installment_no,
            min(gone.due_date) as due_date,
            min(gone.payable_on) as payable_on,
            max(gone.original_amount) as original_amount,
            min(
                case
                    when gone.settled_on is not null then gone.settled_on
                    when unread.debtor_id is null then coalesce(paid.paid_on, @as_of)
                end
            ) as settled_on
        from gone
        left join unread on gone.debtor_id = unread.debtor_id
        left join paid on gone.debtor_id = paid.debtor_id and gone.invoice_id = paid.invoice_id
        group by gone.debtor_id, gone.company_id, gone.invoice_id, gone.installment_no
    )
select * from stated
