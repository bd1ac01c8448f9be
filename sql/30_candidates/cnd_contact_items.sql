-- Purpose: what the published actions among the contacts named.
-- Grain: action_id, invoice_id, installment_no
-- Reads: raw_action_items, int_contacts
-- Units: none
-- Nulls: step_id null = the item was listed beside others and took no step
-- Kind: table
with
    named as (select * from raw_action_items),
    contacts as (select action_id from int_contacts where action_id is not null),
    of_contacts as (
        select named.action_id, named.invoice_id, named.installment_no, named.step_id
        from named
        left semi join contacts on named.action_id = contacts.action_id
    )
select * from of_contacts
order by action_id, invoice_id, installment_no
