-- Purpose: the shard's part of what payments and credit notes say, to tie the file to the ledger.
-- Grain: kind_and_currency
-- Reads: stg_payments, stg_credit_notes
-- Units: stated_amount in units of currency, with the sign that the source gives it
-- Nulls: none
-- Kind: table
with
    stated as (
        select kind, currency, amount from stg_payments
        union all
        select 'credit_note_document', currency, stated_amount from stg_credit_notes
    ),
    grouped as (
        select concat(kind, '_', currency) as kind_and_currency, cast(sum(amount) as decimal(28, 2)) as stated_amount
        from stated
        group by kind, currency
    )
select * from grouped
