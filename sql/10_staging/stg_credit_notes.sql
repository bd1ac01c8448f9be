-- Purpose: credit notes issued by the as-of date, with the invoice that they reduce where they name one.
-- Grain: company_id, debtor_id, credit_note_id, installment_no
-- Reads: raw_invoices
-- Units: amount in units of currency, above zero; stated_amount with the sign that the source gives it
-- Nulls: original_invoice_id null = a credit of the account
-- Kind: view
with
    snapshot as (select * from raw_invoices where document_type = 'credit_note' and issue_date <= @as_of),
    renamed as (
        select
            account_key,
            group_key,
            debtor_id,
            actor_id,
            coalesce(company_id, @default_company) as company_id,
            coalesce(currency, @default_currency) as currency,
            invoice_id as credit_note_id,
            invoice_key as credit_note_key,
            coalesce(installment_no, 1) as installment_no,
            original_invoice_id,
            original_invoice_key,
            issue_date,
            amount as stated_amount,
            abs(amount) as amount
        from snapshot
    )
select * from renamed
