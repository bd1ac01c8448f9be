-- Purpose: invoices whose balance is more than a sum: several postings, or one to several instalments.
-- Grain: debtor_id, company_id, invoice_id
-- Reads: stg_invoices, int_item_postings
-- Units: none
-- Nulls: none; is_flowing = money only came in, all of it by the names of instalments (is_by_name) or none of it
-- Kind: table
with
    postings as (select * from int_item_postings),
    in_instalments as (
        -- Keys are unique, so an invoice in several instalments has one that is not the first.
        select distinct debtor_id, company_id, invoice_id
        from stg_invoices
        where installment_no <> 1
    ),
    by_invoice as (
        select
            debtor_id,
            company_id,
            invoice_id,
            bool_or(first_on <> last_on or least_amount < 0) as on_several_days,
            bool_or(least_amount < 0) as takes_back,
            bool_or(installment_no is null) as has_pooled,
            bool_or(installment_no is not null) as has_named
        from postings
        group by debtor_id, company_id, invoice_id
    ),
    with_instalments as (
        select by_invoice.*, in_instalments.invoice_id is not null as has_instalments
        from by_invoice
        left join in_instalments
            on by_invoice.debtor_id = in_instalments.debtor_id
            and by_invoice.company_id = in_instalments.company_id
            and by_invoice.invoice_id = in_instalments.invoice_id
    ),
    entangled as (
        select
            debtor_id,
            company_id,
            invoice_id,
            not takes_back and not (has_instalments and has_named and has_pooled) as is_flowing,
            has_instalments and has_named as is_by_name
        from with_instalments
        where on_several_days or (has_pooled and (has_instalments or has_named))
    )
select * from entangled
