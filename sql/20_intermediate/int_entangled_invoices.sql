-- Purpose: invoices whose balance must be worked out day by day: several postings, or one to several instalments.
-- Grain: debtor_id, invoice_id
-- Reads: stg_invoices, int_item_postings
-- Units: none
-- Nulls: none
-- Kind: table
with
    postings as (select * from int_item_postings),
    in_instalments as (
        -- Keys are unique, so an invoice in several instalments has one that is not the first.
        select distinct debtor_id, invoice_id
        from stg_invoices
        where installment_no <> 1
    ),
    on_several_days as (
        select debtor_id, invoice_id
        from postings
        where first_on <> last_on or least_amount < 0
    ),
    pooled as (select * from postings where installment_no is null),
    pooled_over_instalments as (
        select pooled.debtor_id, pooled.invoice_id
        from pooled
        left semi join in_instalments
            on pooled.debtor_id = in_instalments.debtor_id
            and pooled.invoice_id = in_instalments.invoice_id
    ),
    pooled_and_named as (
        select pooled.debtor_id, pooled.invoice_id
        from pooled
        left semi join (select * from postings where installment_no is not null) as named
            on pooled.debtor_id = named.debtor_id
            and pooled.invoice_id = named.invoice_id
            and pooled.currency = named.currency
    ),
    entangled as (
        select debtor_id, invoice_id from on_several_days
        union select debtor_id, invoice_id from pooled_over_instalments
        union select debtor_id, invoice_id from pooled_and_named
    )
select * from entangled
