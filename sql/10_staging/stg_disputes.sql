-- Purpose: disputes and returns of goods that are open at the as-of date, of whoever owes what they are about.
-- Grain: debtor_id, actor_id, dispute_id
-- Reads: raw_disputes
-- Units: none
-- Nulls: invoice_id null = all the debtor owes, to company_id where that is not null; closed_on null = open
-- Kind: view
with
    snapshot as (
        select * from raw_disputes
        where opened_on <= @as_of and coalesce(closed_on > @as_of, true)
    ),
    renamed as (select dispute_id, debtor_id, actor_id, company_id, invoice_id, kind, opened_on from snapshot)
select * from renamed
