-- Purpose: of an export of open items: what earlier runs saw open and is gone, with the day on which it was settled. It is
--   how an account has paid; of an export of all items it is empty, for they are there.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: int_observed_flows, stg_invoices
-- Units: original_amount in units of currency
-- Nulls: settled_on null = gone, but of a debtor with an invoice that cannot be read: it may be this one
-- Kind: table
with
    gone as (
        select flows.*
        from int_observed_flows as flows
        -- What is there in another currency is not gone.
        left anti join stg_invoices as invoices
            on flows.debtor_id = invoices.debtor_id
            and flows.company_id = invoices.company_id
            and flows.invoice_id = invoices.invoice_id
            and flows.installment_no = invoices.installment_no
        where not flows.is_present and flows.due_date >= @window_from
    ),
    items as (
        select
            account_key,
            invoice_key,
            installment_no,
            min(group_key) as group_key,
            min(debtor_id) as debtor_id,
            min(company_id) as company_id,
            min(currency) as currency,
            min(invoice_id) as invoice_id,
            min(due_date) as due_date,
            min(payable_on) as payable_on,
            cast(sum(billed_amount) as decimal(18, 2)) as original_amount,
            case when bool_and(is_known) then max(flowed_on) end as settled_on
        from gone
        group by account_key, invoice_key, installment_no
    ),
    stated as (
        select
            min(group_key) as group_key,
            debtor_id,
            company_id,
            min(currency) as currency,
            first_value(account_key order by currency) as account_key,
            invoice_id,
            installment_no,
            min(due_date) as due_date,
            min(payable_on) as payable_on,
            max(original_amount) as original_amount,
            min(settled_on) as settled_on
        from items
        group by debtor_id, company_id, invoice_id, installment_no
    )
select * from stated
