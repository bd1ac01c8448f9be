-- Purpose: what was applied to each item on which day, and never taken back since: balances, days of settlement and
--   lateness follow from it. The rule is src/domain/settlement.rs; this query names the items and postings that it is about.
-- Grain: item_key, paid_on
-- Reads: stg_invoices, int_payment_parts
-- Units: applied_amount in units of currency, above zero; at most the item's amount in sum
-- Nulls: none; of the query: item_key null = a posting, installment_no null = a posting that names none
-- Kind: fold
with
    postings as (select * from int_payment_parts where invoice_key is not null and company_id is not null),
    listed as (
        select item_key, invoice_key, installment_no, due_date as on_day, amount
        from stg_invoices
        union all
        select cast(null as bigint), invoice_key, installment_no, paid_on, effect_amount
        from postings
    )
select * from listed
