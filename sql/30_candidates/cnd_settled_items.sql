-- Purpose: what the next run must know of items that an export of open items no longer holds.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: int_settled_items
-- Units: original_amount in units of currency
-- Nulls: as in int_settled_items
-- Kind: table
with
    settled as (select * from int_settled_items)
select * from settled
order by group_key, debtor_id, company_id, invoice_id, installment_no
