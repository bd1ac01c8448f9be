-- Purpose: what debtors owe: invoices and debit notes issued by the as-of date.
-- Grain: company_id, debtor_id, invoice_id, installment_no
-- Reads: raw_invoices
-- Units: amount in units of currency; payable_on is the due date, or the business day that stands for it
-- Columns: item_key, account_key, book_key, invoice_key = the item, its account, its company and currency, and its invoice as
--   one number each, within the run
-- Nulls: company and currency fall back to the defaults, instalment to 1, document type to invoice
-- Kind: view
with
    snapshot as (select * from raw_invoices),
    renamed as (
        select
            source_row as item_key,
            account_key,
            book_key,
            invoice_key,
            group_key,
            debtor_id,
            coalesce(company_id, @default_company) as company_id,
            coalesce(currency, @default_currency) as currency,
            invoice_id,
            coalesce(installment_no, 1) as installment_no,
            coalesce(document_type, 'invoice') as document_type,
            original_invoice_id,
            issue_date,
            due_date,
            payable_on,
            amount,
            payment_reference,
            payment_link,
            dunning_block,
            grace_until,
            regua,
            step_override,
            collector_id
        from snapshot
    ),
    owed as (
        select * from renamed
        where document_type in ('invoice', 'debit_note') and issue_date <= @as_of
    )
select * from owed
